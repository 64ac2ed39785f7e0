"""Sweeps of the user's own types."""

from __future__ import annotations

import pickle
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypedDict, assert_type

import attrs
import pytest

from spearmint_fp import (
    AbsentError,
    ArgumentError,
    ConversionError,
    DynamicValue,
    SizeError,
    Sweep,
    concat,
    constrain,
    expand,
    mapped,
    structure,
    structured,
    zipped,
)


@attrs.frozen
class Llm:
    model: str
    temperature: float = 0.5
    path: Path = Path("x")


def upper(text: str) -> str:
    return text.upper()


def lower(text: str) -> str:
    return text.lower()


@attrs.frozen
class Settings:
    llm: Llm
    seed: int = attrs.field(default=0, alias="Seed")


TREE = {"llm": {"model": DynamicValue(["a", "b"]), "temperature": DynamicValue([0, 1])}, "seed": DynamicValue(range(3))}


def test_it_lists_as_the_conversion_of_each() -> None:
    sweep = expand(TREE)
    typed = assert_type(structured(Settings, sweep), Sweep[Settings])
    assert list(typed) == [structure(Settings, c) for c in sweep]
    assert typed.size == sweep.size
    assert list(typed[1::2]) == list(typed)[1::2]
    assert repr(typed) == repr(sweep)
    assert typed.axes == sweep.axes
    assert pickle.loads(pickle.dumps(typed)) == typed


def test_positions_are_found_without_enumerating() -> None:
    tree = {**TREE, "seed": DynamicValue(range(10**12)), "llm": {**TREE["llm"], "path": DynamicValue(["p", "q/r"])}}  # type: ignore[dict-item]
    typed = structured(Settings, expand(tree))
    for index in (0, 7, 3 * 10**12 + 5, typed.size - 1):
        assert typed.index(typed[index]) == index
    assert Settings(Llm("c"), 0) not in typed
    assert Settings(Llm("a", 1.0, Path("p")), -1) not in typed
    assert object() not in typed
    assert typed.count(typed[3]) == 1
    with pytest.raises(AbsentError):
        typed.index(Llm("a"))


def test_positions_in_slices_branches_zips_and_constraints() -> None:
    branches = expand({"llm": DynamicValue([{"model": "a"}, {"model": "b", "temperature": DynamicValue([1, 2])}])})
    together = zipped(expand({"llm": {"model": DynamicValue(["a", "b"])}}), expand({"seed": DynamicValue([1, 2])}))
    kept = constrain(lambda n: n % 2 == 0, branches * expand({"seed": DynamicValue(range(9))}), on="seed")
    for sweep in (branches, together, kept, kept[::-2], concat(branches, together)):
        typed = structured(Settings, sweep)
        assert [typed.index(config) for config in typed] == list(range(sweep.size))


def test_what_no_axis_tells_is_searched_up_to_a_bound() -> None:
    sweep = expand({"a": DynamicValue(range(1000)), "b": DynamicValue(range(2000))})
    whole = structured(Llm, mapped(lambda c: {"model": str(c.a), "temperature": c.b}, sweep))
    with pytest.raises(SizeError, match="2000000"):
        whole.index(Llm("3", 4.0))
    assert structured(Llm, mapped(lambda c: {"model": str(c.a)}, sweep[:3])).index(Llm("0")) == 0


def test_other_classes_and_unknown_keys() -> None:
    class Typed(TypedDict):
        model: str

    sweep = expand({"model": DynamicValue(["a", "b"]), "more": 1})
    assert list(structured(Typed, sweep, extra="ignore")) == [{"model": "a"}, {"model": "b"}]
    typed = structured(Typed, sweep)
    with pytest.raises(ConversionError, match="more: no such field"):
        typed[1]
    with pytest.raises(ArgumentError, match="structured takes a sweep"):
        structured(Typed, [{"model": "a"}])  # type: ignore[call-overload]
    with pytest.raises(ArgumentError, match="extra is 'forbid' or 'ignore'"):
        structured(Typed, sweep, extra="drop")  # type: ignore[call-overload]


# --- what hostile testing found ----------------------------------------------------------------------------


def test_positions_where_a_class_hides_what_it_was_made_from() -> None:
    @attrs.frozen
    class Upper:
        text: str = attrs.field(converter=upper)
        when: datetime = datetime(2024, 1, 1)

    sweep = expand({"text": DynamicValue(["q", "r"]), "when": DynamicValue(["2020-01-01T00:00:00", "2020-01-02"])})
    typed = structured(Upper, sweep)
    assert [typed.index(config) for config in typed] == [0, 1, 2, 3]
    numbers = structured(dict[str, int], expand({"x": DynamicValue([1, 2])}))
    assert [numbers.index(config) for config in numbers] == [0, 1]
    lists = structured(list[int], expand([DynamicValue([1, 2]), 3]))
    assert lists.index([2, 3]) == 1


def test_a_class_that_changes_values_is_an_error_not_a_wrong_answer() -> None:
    @attrs.frozen
    class Lower:
        text: str = attrs.field(converter=lower)
        n: int = 0

    typed = structured(Lower, expand({"text": DynamicValue(["A", "B"]), "n": DynamicValue(range(10**5))}))
    with pytest.raises(SizeError, match="their class changes the values"):
        typed.index(typed[3])


def test_unions_of_classes_and_branches_beside_long_axes() -> None:
    sweep = expand({"model": DynamicValue(["a", "b"])})
    for kind in (Llm | Settings, Llm | None, Annotated[Llm, "x"]):
        typed = structured(kind, sweep)
        assert [typed.index(config) for config in typed] == [0, 1]
    long = {"model": "a", "temperature": DynamicValue(range(10**7))}
    branches = structured(Settings, expand({"llm": DynamicValue([long, {"model": "b"}])}))
    assert [branches.index(branches[k]) for k in (0, 7, 10**7)] == [0, 7, 10**7]
