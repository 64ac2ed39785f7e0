"""From exceptions to problems: what is wrong, and where."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from spearmint_fp import (
    ABSENT,
    ConversionError,
    structure,
)
from spearmint_fp.conversion import fields
from spearmint_fp.conversion.diagnosis import list_problems
from spearmint_fp.conversion.hook_table import find_hook
from tests.conversion.test_convert import KINDS, AttrsLlm, Checked, refused


@pytest.mark.parametrize("kind", KINDS)
def test_every_bad_path_is_told_at_once(kind: Any) -> None:
    @attrs.frozen
    class Outer:
        llm: kind
        seeds: list[int]

    told = refused(Outer, {"llm": {"temperature": "hot", "modle": "x"}, "seeds": [1, "2", True]})
    assert told[-2:] == ["seeds.1: expected int, got '2' (str)", "seeds.2: expected int, got True (bool)"]
    assert "llm.temperature: expected float, got 'hot' (str)" in told
    assert any(line.startswith("llm.model: missing") for line in told)
    assert any(line.startswith("llm.modle: no such field") for line in told)
    assert len(told) == 5


def test_validators_errors_are_located_at_their_field() -> None:
    @attrs.frozen
    class Outer:
        bounds: list[Checked]

    assert refused(Outer, {"bounds": [{"low": 1, "high": 2}, {"low": -1, "high": -2}]}) == [
        "bounds.1.low: 'low' must be >= 0: -1",
        "bounds.1.high: high must be above low, got -2 (int)",
    ]
    assert refused(Checked, {"low": 1, "high": 99}) == ["the root: 99 is reserved"]
    with pytest.raises(ConversionError) as caught:
        structure(Checked, {"low": 1, "high": 99})
    assert isinstance(caught.value.__cause__, ValueError)  # the class's own traceback is there to be read


def test_problems_are_data() -> None:
    with pytest.raises(ConversionError) as caught:
        structure(AttrsLlm, {"temperature": "hot"})
    error = pickle.loads(pickle.dumps(caught.value))
    missing, bad = error.problems
    assert (missing.path, missing.value) == (("model",), ABSENT)
    assert (bad.path, bad.value, bad.spoils) == (("temperature",), "hot", None)
    assert str(error) == str(caught.value)


def test_a_thousand_problems_are_told_in_part_and_kept_whole() -> None:
    with pytest.raises(ConversionError, match="… and 900 more") as caught:
        structure(list[int], ["x"] * 1000)
    assert len(caught.value.problems) == 1000


@attrs.frozen
class Deep:
    numbers: list[dict[str, int]]
    names: dict[int, str]
    pair: tuple[int, str] = (1, "a")


def test_to_read_what_is_wrong_changes_nothing() -> None:
    """The problems of an exception are the same at a second look, at their paths."""
    data = {"numbers": [{"a": 1}, {"b": "x", "c": None}], "names": {"k": 3}, "pair": ["y", 2]}
    hook = find_hook(Deep, "forbid")
    with pytest.raises(Exception) as told:  # noqa: PT011  # whatever the converter raises
        hook(data, Deep)
    first, second = (list_problems(told.value, data) for _ in range(2))
    assert first == second
    assert {str(problem).split(":")[0] for problem in first} == {
        "numbers.1.b",
        "numbers.1.c",
        "names.k",
        "pair.0",
        "pair.1",
    }


def test_an_error_that_several_fields_raise_is_told_at_each() -> None:
    stored = ValueError("stored")

    def check(value: int) -> int:
        raise stored

    @attrs.frozen
    class Both:
        one: int = attrs.field(validator=lambda _, __, value: check(value))
        two: int = attrs.field(validator=lambda _, __, value: check(value))

    with pytest.raises(ConversionError) as told:
        structure(list[Both], [{"one": 1, "two": 2}, {"one": 1, "two": 2}])
    assert {problem.path for problem in told.value.problems} == {
        (place, name) for place in ("0", "1") for name in ("one", "two")
    }


def test_unknown_keys_are_told_without_reading_the_annotations_again(monkeypatch: pytest.MonkeyPatch) -> None:
    @attrs.frozen
    class Plain:
        steps: int = 0

    with pytest.raises(ConversionError, match="did you mean 'steps'"):
        structure(Plain, {"step": 1})
    read = []
    monkeypatch.setattr(fields, "read_types", lambda kind, *_: read.append(kind))
    for _ in range(3):
        with pytest.raises(ConversionError, match="did you mean 'steps'"):
            structure(Plain, {"step": 1})
    assert read == []
