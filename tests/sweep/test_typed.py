"""Sweeps of the user's own types."""

from __future__ import annotations

import enum
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict, assert_type
from unittest.mock import Mock, patch

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    AbsentError,
    ArgumentError,
    ConversionError,
    DynamicValue,
    SizeError,
    Sweep,
    concat,
    constrain,
    derive,
    distinct,
    expand,
    freeze,
    mapped,
    product,
    shuffled,
    structure,
    structured,
    zipped,
)
from spearmint_fp.sweep.checks import judges_by_types, may_refuse_together
from tests.examples import examples


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
    small = structured(Kept, expand({"x": DynamicValue([0.0, 0, 2, 1]), "y": DynamicValue(["p", None])}))
    for sweep in (small, small[::-1]):
        with patch("spearmint_fp.sweep.typed.structure", Mock(wraps=structure)) as made:
            assert (sweep.index(Kept(2.0)), sweep.count(Kept(0.0))) == (5 if sweep is small else 2, 2)
        assert made.call_count <= 6  # of those that may be equal, and of no others
    scalars = structured(float, expand(DynamicValue([1, 2, 3])))
    assert (scalars.index(2.0), 5.0 in scalars) == (1, False)
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
    for kind in (Absolute, Described):
        signed = structured(kind, expand({"n": DynamicValue([1, -2, 3])}))
        assert [signed.index(config) for config in signed] == [0, 1, 2]
        assert may_refuse_together(kind)
        assert not judges_by_types(kind)


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


# --- against brute force: what is listed is found, at the first place where it stands ---------------------------


class Model(pydantic.BaseModel):
    x: int


class Upper(pydantic.BaseModel):
    x: str

    @pydantic.field_validator("x")
    @classmethod
    def _upper(cls, value: str) -> str:
        return value.upper()


class Struct(msgspec.Struct):
    x: int


class Color(enum.Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return cls.RED if value == "RED" else None


@attrs.frozen
class Lists:
    x: list[int]
    m: Any = None


@attrs.frozen(eq=False)
class Unequal:
    x: list[int] = attrs.field(factory=list)
    m: Model | None = None


@attrs.frozen
class Converted:
    x: str = attrs.field(converter=upper)
    y: set[int] = attrs.field(factory=set)


@attrs.frozen(eq=False)
class ByName:
    """Equal where the names are, whatever else it holds."""

    x: str
    m: Any = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByName) and other.x == self.x

    def __hash__(self) -> int:
        return hash(self.x)


@attrs.frozen
class After:
    x: int
    y: int = 0

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "y", self.x % 2)
        object.__setattr__(self, "x", 0)


def _halve(instance: Any, _: Any, value: int) -> None:
    object.__setattr__(instance, "x", value // 2)


@attrs.frozen
class Validated:
    x: int = attrs.field(validator=_halve)


@dataclass(frozen=True)
class Data:
    x: float
    y: tuple[float, ...] = ()


@dataclass
class Absolute:
    n: int

    def __setattr__(self, name: str, value: int) -> None:
        object.__setattr__(self, name, abs(value))


class Magnitude:
    def __get__(self, one: Any, cls: Any) -> Any:
        return 0 if one is None else vars(one)["n"]

    def __set__(self, one: Any, value: int) -> None:
        vars(one)["n"] = abs(value)


@dataclass
class Described:
    n: int = Magnitude()  # type: ignore[assignment]


@attrs.frozen
class Kept:
    x: float = attrs.field(validator=attrs.validators.instance_of(float))
    y: Path | str | None = None


@attrs.frozen
class Enumerated:
    x: Color
    y: Literal["a", 1] = 1


nan = float("nan")
WORDS = ["a", "A", "b"]
EXTRAS: list[Literal["forbid", "ignore"]] = ["forbid", "ignore"]
INSTANCES = [Model(x=1), Model(x=2), Struct(1), {"x": 1}, None, [Model(x=1)], [Struct(1), [1]], Upper(x="a")]
AXES: dict[Any, dict[str, list[Any]]] = {
    Lists: {"x": [[1], [2], [1, 2], []], "m": INSTANCES},
    Unequal: {"x": [[1], [2], []], "m": [Model(x=1), {"x": 1}, {"x": 2}, None]},
    Converted: {"x": WORDS, "y": [[1, 2], [2, 1], [1], []]},
    ByName: {"x": WORDS, "m": INSTANCES},
    After: {"x": [1, 2, 3, 4], "y": [1, 2]},
    Validated: {"x": [1, 2, 3, 4]},
    Data: {"x": [1, 1.0, nan, 2**53, 2**53 + 1, 0.0, -0.0], "y": [[1, 2], [1.0, 2], [nan], []]},
    Kept: {"x": [1, 1.0, nan, 0.0, -0.0, -1, 2**53 + 1], "y": ["a", Path("a"), None]},
    Enumerated: {"x": ["red", "RED", Color.RED], "y": ["a", 1]},
    Model: {"x": [1, 2]},
    Upper: {"x": WORDS},
    Struct: {"x": [1, 2, 1]},
    Lists | Unequal: {"x": [[1], [2]], "m": [None, {"x": 1}]},
    Unequal | None: {"x": [[1], [2]], "m": [None, {"x": 1}]},
    dict[str, Any]: {"x": WORDS, "m": INSTANCES},
    dict[str, Data]: {"x": [{"x": 1}, {"x": nan}], "z": [{"x": 1, "y": [nan]}, {"x": 1.0}]},
}


@st.composite
def typed_sweeps(draw: st.DrawFn) -> Sweep[Any]:
    kind = draw(st.sampled_from(list(AXES)))
    axes = {
        name: DynamicValue(draw(st.lists(st.sampled_from(values), min_size=1, max_size=4)))
        for name, values in AXES[kind].items()
        if name == "x" or draw(st.booleans())
    }
    ignored = draw(st.sampled_from([{}, {"zz": DynamicValue([1, 2])}]))
    base = expand({**axes, **ignored})
    base = draw(st.sampled_from([base, base + base[::-1], shuffled(base), base[1:], mapped(lambda c: c, base)]))
    sweep = structured(kind, base, extra="ignore" if ignored else draw(st.sampled_from(EXTRAS)))
    number = DynamicValue(range(sweep.size))
    made = [
        lambda: sweep,
        lambda: sweep[::-1],
        lambda: sweep[::2],
        lambda: sweep + sweep,
        lambda: expand({"in": sweep, "w": DynamicValue([1, 2])}),
        lambda: expand([DynamicValue([1, sweep, {"x": sweep}])]),
        lambda: mapped(lambda c: c, sweep),
        lambda: mapped(lambda c: [c], sweep),
        lambda: zipped(expand({"in": sweep}), expand({"z": number})),
        lambda: product(expand({"in": sweep}), expand({"z": DynamicValue([1, 2])})),
    ]
    sweep_of: Callable[[], Sweep[Any]] = draw(st.sampled_from(made))
    return sweep_of()


@examples(300)
@given(typed_sweeps(), st.booleans())
def test_what_is_listed_is_found_where_it_first_stands(sweep: Sweep[Any], is_small: bool) -> None:
    texts = []
    for position in range(sweep.size):
        try:
            texts.append(repr(freeze(sweep[position])))
        except ConversionError:
            texts.append("")
    with pytest.MonkeyPatch.context() as patch:
        if not is_small:  # as where there are too many to convert
            patch.setattr("spearmint_fp.sweep.typed.MOST_CONVERTED", 0)
        for position, text in enumerate(texts):
            if not text:
                continue
            with suppress(*(() if is_small else (SizeError,))):
                found = sweep.index(sweep[position])
                assert texts[found] == text
                assert not is_small or found == texts.index(text)
                assert sweep[position] in sweep
                assert sweep.count(sweep[position]) >= 1 or "Unequal" in text  # which is equal to itself alone
    assert sweep == sweep[:]


def test_equal_by_a_class_of_its_own() -> None:
    sweep = structured(ByName, expand({"x": DynamicValue(WORDS), "m": DynamicValue([1, 2])}))
    assert sweep.index(ByName("b", "another")) == 4
    assert sweep.count(ByName("a")) == 2
    assert ByName("c") not in sweep


def test_large_sweeps_of_classes_that_may_change_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spearmint_fp.sweep.typed.MOST_CONVERTED", 1_000)
    numbers = expand({"n": DynamicValue(range(400))})
    for kind, tree in ((Upper, {"x": DynamicValue(WORDS)}), (Converted, {"x": DynamicValue(WORDS)})):
        sweep = structured(kind, expand(tree) * numbers, extra="ignore")
        with pytest.raises(SizeError, match="their class changes"):
            sweep.count(sweep[0])
        assert sweep[700] in sweep[::-1]
        with pytest.raises(SizeError, match="their class changes"):
            _ = sweep[-1] in sweep[::-1]
    floats = structured(dict[str, float], expand({"x": DynamicValue(range(2**53, 2**53 + 10**4))}))
    with pytest.raises(SizeError, match="their class changes"):
        floats.index({"x": 1.0})


def test_sweeps_whose_functions_see_other_types_are_not_equal() -> None:
    @attrs.frozen
    class Text:
        x: str = attrs.field(converter=str)

    ones, truths = expand({"x": DynamicValue([1, 2])}), expand({"x": DynamicValue([True, 2])})
    assert structured(Text, ones) != structured(Text, truths)
    assert mapped(lambda c: repr(c), ones) != mapped(lambda c: repr(c), truths)
    assert mapped(repr, ones) != mapped(repr, truths)
    assert derive("y", repr, ones) != derive("y", repr, truths)
    assert mapped(repr, ones) == mapped(repr, ones)
    assert structured(Unequal, expand({"x": DynamicValue([[1]])})) == structured(
        Unequal, expand({"x": DynamicValue([[1]])})
    )


def test_distinct_keeps_one_of_equal_typed_configurations() -> None:
    sweep = structured(Converted, expand({"x": DynamicValue(WORDS)}))
    assert [config.x for config in distinct(sweep)] == ["A", "B"]
