"""`validate` against brute force: over sweeps of every kind, and classes of many."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, NewType, TypedDict

import attrs
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ConversionError,
    DynamicValue,
    Sweep,
    concat,
    constrain,
    derive,
    expand,
    mapped,
    product,
    sample,
    shuffled,
    structure,
    validate,
    zipped,
)
from spearmint_fp.sweep.checks import may_refuse_together
from tests.examples import examples

from .generated import sweeps


@attrs.frozen
class Loose:
    a: Any = None
    b: str = ""
    w: Any = 0


@attrs.frozen
class Inner:
    c: int
    d: float = 0.0


@attrs.frozen
class Strict:
    a: int
    b: Inner | None = None
    model: str = attrs.field(default="", validator=attrs.validators.max_len(1))


@attrs.frozen
class Crossed:
    a: Any = 0
    b: Any = 0
    w: Any = 0

    def __attrs_post_init__(self) -> None:
        if self.a == self.b:
            raise ValueError("a is b")


@dataclass
class Data:
    a: int | str
    b: list[int]
    z: int = 0


class Typed(TypedDict, total=False):
    a: dict[str, int]
    b: Literal["a", 1]


class Pair(NamedTuple):
    a: int
    b: str = ""


class Model(pydantic.BaseModel):
    a: int
    b: str = "x"

    @pydantic.model_validator(mode="after")
    def _unlike(self) -> Model:
        if self.a == len(self.b):
            raise ValueError("a is the length of b")
        return self


@attrs.frozen
class Left:
    kind: Literal["l"]
    x: int


@attrs.frozen
class Right:
    kind: Literal["r"]
    x: str


@attrs.frozen
class Either:
    a: Left | Right
    b: Any = None


class Color(enum.Enum):
    A = "a"
    ONE = 1


KINDS = [
    Loose, Strict, Crossed, Data, Typed, Pair, Model, Either, Color, int, str, Inner | None, dict[str, str],
    dict[str, int], dict[str, Any], list[int], tuple[int, str], dict[str, dict[str, int]], dict[str, Color | None],
    dict[str, list[int] | list[str]], Any,
]  # fmt: skip

VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [1, 2, "a", "aa", None, True, 1.5, (1, 2), (1, "a"), [], {}, {"c": 1}, {"c": "x", "d": 2}]
)
CHOSEN = VALUES | st.lists(VALUES, max_size=3).map(DynamicValue)
TAGGED = st.fixed_dictionaries({"kind": st.just(DynamicValue(["l", "r"])), "x": CHOSEN})
RECORDS = st.dictionaries(st.sampled_from("cd"), CHOSEN, max_size=2)
BRANCHES = st.lists(RECORDS | VALUES, min_size=1, max_size=3).map(DynamicValue)
TREES = st.fixed_dictionaries({}, optional={"a": CHOSEN | RECORDS | BRANCHES | TAGGED, "b": CHOSEN | RECORDS | BRANCHES,
                                            "model": CHOSEN})  # fmt: skip
ROOTS = TREES | st.lists(TREES, min_size=1, max_size=3).map(DynamicValue)


def refused(kind: Any, sweep: Sweep[Any], extra: Any) -> list[ConversionError | str]:
    """The errors of structuring every configuration."""
    found: list[ConversionError | str] = []
    for position in range(sweep.size):
        try:
            config = sweep[position]
        except Exception as error:
            found.append(repr(error))
            continue
        try:
            structure(kind, config, extra=extra)
        except ConversionError as error:
            found.append(error)
    return found


@examples(300)
@given(
    st.sampled_from(KINDS), sweeps(ROOTS), st.sampled_from(["forbid", "ignore"]), st.sampled_from([10_000, 10, 0, -1])
)
def test_no_refused_configuration_is_passed_over(kind: Any, sweep: Sweep[Any], extra: Any, listed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("spearmint_fp.sweep.validation.MOST_LISTED", listed)  # smaller: as of larger sweeps
        if listed < 0:  # then the axes alone must tell
            patch.setattr("spearmint_fp.sweep.validation.SPREAD_CONFIGS", 0)
        report = validate(kind, sweep, extra=extra)
    bad = refused(kind, sweep, extra)
    str(report)
    if bad:
        assert report.problems or report.unseen, bad[0]
    else:
        assert report.ok, report
    if listed < sweep.size:
        return
    texts, kinds = Counter[Any](), Counter[Any]()
    for error in bad:
        found = error.problems if isinstance(error, ConversionError) else ()
        texts.update({(problem.path, problem.reason) for problem in found})
        kinds.update({(problem.path, problem.kind) for problem in found})
    for problem in report.problems:
        assert problem.spoils is not None
        assert 0 < problem.spoils <= sweep.size
        if problem.kind != "check" and (problem.path, problem.reason) in texts:
            assert problem.spoils in (texts[problem.path, problem.reason], kinds[problem.path, problem.kind])


RECORD = expand({"a": DynamicValue([{"b": 1}, {"b": 2}])})
MAPPED = mapped(lambda c: {"a": c.n}, expand({"n": DynamicValue([1, 2])}))
OTHER = expand({"k": DynamicValue(["x", "y"])})
MANY = expand({"k": DynamicValue([f"k{number}" for number in range(1_500)])})


@pytest.mark.parametrize("listed", [10_000, 0])
@pytest.mark.parametrize(
    ("sweep", "count"),
    [
        (MAPPED * OTHER, 4),
        (OTHER * MAPPED, 4),
        (zipped(MAPPED, OTHER), 2),
        (expand({"a": MAPPED, "k": "x"}), 2),
        (RECORD * OTHER, 4),
        ((RECORD * OTHER)[1:], 3),
        (sample(3, RECORD * OTHER), 3),
        (shuffled(RECORD * OTHER), 4),
        (constrain(lambda k: k == "x", RECORD * OTHER, on="k"), 2),
        (expand({"a": {"b": DynamicValue([1, 2])}})[1:], 1),
        (derive("k", lambda _: "x", RECORD), 2),
        (MAPPED * MANY, 3_000),
        ((expand({"a": {"b": DynamicValue([1, 2])}}) * MANY)[7:], 2_993),
        (derive("a.c", lambda _: 1, RECORD), 2),
    ],
    ids=str,
)
def test_what_is_not_text_is_told(sweep: Sweep[Any], count: int, listed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spearmint_fp.sweep.validation.MOST_LISTED", listed)
    report = validate(dict[str, str], sweep)
    known = [problem.spoils for problem in report.problems]
    assert report.problems
    assert None in known or sum(filter(None, known)) == count


def test_what_is_fine_is_not_refused() -> None:
    mixed = expand({"a": DynamicValue([{"b": 2}, "x"]), "k": DynamicValue([1])})
    for sweep in (
        product(mixed[:1], expand({"a": {"c": 1}})),
        derive("a", lambda _: 1, RECORD),
        derive("a", lambda c: c.a.b, expand({"a": DynamicValue([{"b": 2}, {"b": {"c": 1}}])})),
        zipped(MAPPED, expand({"k": DynamicValue([1, 2])})),
    ):
        report = validate(dict[str, Any], sweep)
        assert report.ok
        assert all("it is derived" in what for what in report.unseen)


Renamed = NewType("Renamed", Crossed)


@pytest.mark.parametrize(
    "kind",
    [Crossed, Model, Either, dict[str, Crossed | None], list[int] | list[str], list[Renamed]],
    ids=str,
)
def test_several_values_together_are_unseen_in_large_sweeps(kind: Any) -> None:
    assert may_refuse_together(kind)
    numbers = DynamicValue(range(200))
    report = validate(Crossed, expand({"a": numbers, "b": numbers, "w": 1}))
    assert report.unseen[-1].startswith("what Crossed says of several values together")


def test_several_values_together_are_told_where_nothing_else_is_wrong() -> None:
    pair = DynamicValue([1, 2])
    (problem,) = validate(Crossed, expand({"a": pair, "b": pair})).problems
    assert (problem.reason, problem.spoils) == ("a is b", 2)
    spread = expand({"a": pair, "b": pair, "w": DynamicValue(range(10_000))})
    (problem,) = validate(Crossed, spread).problems
    assert (problem.reason, problem.spoils) == ("a is b", None)
    both = validate(Crossed, expand({"a": pair, "b": pair, "zz": DynamicValue([1, 2])}))
    assert [problem.path for problem in both.problems] == [("zz",)]


@pytest.mark.parametrize(
    "kind", [Loose, Strict, Inner, Data, Typed, Pair, Color, int, Any, dict[str, list[int]]], ids=str
)
def test_classes_without_code_of_their_own_refuse_values_one_by_one(kind: Any) -> None:
    assert not may_refuse_together(kind)


def test_what_cannot_be_built_has_no_problem_of_another_configuration() -> None:
    base = concat(expand({}), expand({"b": DynamicValue([1])}))
    report = validate(Color, concat(base, derive("b.c", lambda _: 1, base)))
    assert sum("cannot be built" in problem.reason for problem in report.problems) == 1
    assert [problem.spoils for problem in report.problems if problem.value == {"b": 1}] == [3]


def test_a_function_that_refuses_a_configuration_is_told() -> None:
    def refuse(config: Any) -> Any:
        if config.n == 1:
            raise ValueError("no ones")
        return config

    (problem,) = validate(dict[str, int], mapped(refuse, expand({"n": DynamicValue([1, 2])}))).problems
    assert (problem.reason, problem.spoils) == ("cannot be built: 'no ones'", 1)
