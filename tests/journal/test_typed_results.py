# ruff: noqa: E501, UP045
"""A result comes back from a journal equal and of the same types all the way down, or is the failure that says why."""

# mypy: disable-error-code="valid-type, arg-type, call-arg"
# types are made of types here, which no type checker follows

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import math
from collections import Counter, OrderedDict, UserList, defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Generic, NamedTuple, Optional, TypeVar, Union

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import Config, Failure, Journal, Success, run
from spearmint_fp.configuration.errors import ConversionError, EncodingError
from spearmint_fp.journal.encoding import decode_result, encode_result

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    ONE = 1


class Level(enum.IntEnum):
    LOW = 1


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Rank(int):
    """A kind of whole number."""


class Word(str):
    __slots__ = ()


class Rows(list[Any]):
    """A kind of list."""


class Table(dict[str, Any]):
    """A kind of dict."""


@attrs.frozen
class Point:
    x: Any
    many: Sequence[Any] = ()


@dataclass(frozen=True)
class Pair:
    left: Any
    right: list[Any] = dataclasses.field(default_factory=list)


class Named(NamedTuple):
    a: Any
    b: tuple[Any, ...] = ()


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    renamed: Any = pydantic.Field(None, alias="as")
    many: list[Any] = []


class Struct(msgspec.Struct, tag="struct", rename="camel"):
    my_value: Any = None
    many: tuple[Any, ...] = ()


@attrs.frozen
class Alias:
    _hidden: Any = None


@attrs.frozen
class Box(Generic[T]):
    value: T


CLASSES = [Point, Pair, Named, Model, Struct, Alias, Color, Level, Access, Rank, Word, Rows, Table]
leaves = (
    st.sampled_from(
        [None, True, False, 0, 1, 1.0, -0.0, math.nan, math.inf, "", "a", "$x", b"x", 10**30, *Color, *Level]
    )
    | st.sampled_from(
        [Access.READ, Access(0), Access(3), Rank(1), Word("a"), Decimal("1.0"), Decimal("1.00"), Path("a")]
    )
    | st.sampled_from([date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), complex(1, -0.0), range(3)])
)
hashed = leaves.filter(lambda value: value == value)


def built(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, max_size=3)
    by_name = st.dictionaries(st.sampled_from(["a", "b", "$c"]), inner, max_size=2)
    return st.one_of(
        several, several.map(tuple), several.map(deque), several.map(lambda v: deque(v, 3)), several.map(Rows),
        by_name, by_name.map(OrderedDict), by_name.map(lambda d: defaultdict(list, d)), by_name.map(Table), by_name.map(Config),
        st.sets(hashed, max_size=3), st.frozensets(hashed, max_size=3), st.frozensets(st.tuples(hashed), max_size=2),
        st.dictionaries(hashed, inner, max_size=2), st.lists(st.sampled_from("ab"), max_size=3).map(Counter),
        st.builds(Point, inner, several | several.map(tuple)), st.builds(Pair, inner, several | several.map(tuple)),
        st.builds(Named, inner, several), st.builds(Struct, inner, several | several.map(tuple)), st.builds(Alias, inner),
        st.builds(lambda a, b, more: Model(**{"as": a}, many=b, **more), inner, several, by_name),
    )  # fmt: skip


values = st.recursive(leaves, built, max_leaves=6)
types_of_results = st.recursive(
    st.sampled_from([*CLASSES, Any, object, int, str, float, bool, None]),
    lambda inner: (
        st.builds(
            lambda c, t: c[t],
            st.sampled_from([list, set, frozenset, deque, Sequence, Iterable, Collection, Optional, Box]),
            inner,
        )
        | st.builds(lambda c, t: c[str, t], st.sampled_from([dict, Mapping, OrderedDict, defaultdict]), inner)
        | st.builds(lambda t: tuple[t, ...], inner)
        | st.lists(inner, min_size=2, max_size=3).map(lambda ts: Union[tuple(ts)])  # noqa: UP007
    ),
    max_leaves=3,
)


def told(value: Any) -> Any:
    """All of a value and the types of all of it."""
    kind = type(value)
    if isinstance(value, enum.Enum | type):
        return kind, repr(value)
    if isinstance(value, pydantic.BaseModel):
        return kind, told(value.__dict__), told(value.model_extra)
    if attrs.has(kind):
        return kind, [told(getattr(value, f.name)) for f in attrs.fields(kind)]
    if dataclasses.is_dataclass(kind):
        return kind, [told(getattr(value, f.name)) for f in dataclasses.fields(kind)]
    if isinstance(value, msgspec.Struct):
        return kind, [told(getattr(value, name)) for name in value.__struct_fields__]
    if isinstance(value, Mapping):
        factory = getattr(value, "default_factory", None)
        return kind, factory, [(told(key), told(item)) for key, item in value.items()]
    if isinstance(value, collections.abc.Set):
        return kind, sorted(repr(told(element)) for element in value)
    if isinstance(value, list | tuple | deque):
        return kind, getattr(value, "maxlen", None), [told(element) for element in value]
    return kind, repr(value)


@given(values, types_of_results)
def test_a_result_comes_back_as_it_was_or_is_refused(value: Any, kind: Any) -> None:
    try:
        text, typed = encode_result(value, kind)
    except EncodingError:
        return
    back = decode_result(text, kind) if typed else decode_result(text)
    assert told(back) == told(value)


@given(values)
def test_nothing_is_refused_where_the_type_names_the_classes(value: Any) -> None:
    kind = Union[tuple(CLASSES)]  # noqa: UP007
    text, typed = encode_result(value, kind)
    assert told(decode_result(text, kind) if typed else decode_result(text)) == told(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Sequence[Point], [Point(1)]),
        (Sequence[Point], (Point(1),)),
        (Iterable[Point], {Point(1)}),
        (Collection[Point], frozenset({Point(1)})),
        (list[Point], (Point(1),)),
        (tuple[Point, ...], [Point(1)]),
        (Point, Point([1], [2])),
        (Pair, Pair((1,), (2,))),
        (Mapping[str, Point], OrderedDict(a=Point(1))),
        (dict[str, Point], defaultdict(list, a=Point(1))),
        (Point | Pair, Pair(Point(1))),
        (Struct | Model, Model(many=[Struct()])),
        (Optional[float], 1),
        (dict[Color, Point], {Color.RED: Point(1)}),
        (int, Rank),
        (float | Rank, Rank(3)),
    ],
)
def test_a_journal_gives_back_what_the_function_returned(tmp_path: Path, kind: Any, value: Any) -> None:
    def task(_: Any) -> Any:
        return value

    journal = Journal(tmp_path / "a.db", name="task", result=kind)
    (first,) = run(task, [{"n": 1}], journal=journal)
    (again,) = run(task, [{"n": 1}], journal=journal)
    if value is Rank:
        assert isinstance(first, Failure)
        assert first.error.type.endswith("EncodingError")
        return
    assert isinstance(again, Success)
    assert again.replayed
    assert told(again.result) == told(first.result) == told(value)


def test_what_the_type_does_not_name_is_refused_and_said() -> None:
    for value, kind in (([UserList([1])], list[Any]), (Point(Pair(1)), Point), ([Rank(1)], list[int])):
        with pytest.raises(EncodingError):
            encode_result(value, kind)


def test_what_is_kept_by_the_name_of_a_class_needs_the_class() -> None:
    text, typed = encode_result(Point([1]), Point)
    assert typed
    assert decode_result(text) == {"x": [1], "many": []}
    assert decode_result(encode_result([Color.RED, Point((1,))], list[Color | Point])[0]) == [
        "RED",
        {"x": (1,), "many": ()},
    ]
    old = '{"x":1,"many":[2]}'  # as older versions wrote it
    assert decode_result(old, Point) == Point(1, (2,))
    tagged, _ = encode_result(Point(1, [Pair(1)]), Point | Pair)
    with pytest.raises(ConversionError, match=r"Pair names no class .*Point"):
        decode_result(tagged, Pair)
    with pytest.raises(ConversionError, match="it is no Named any more"):
        decode_result(tagged.replace(":Point", ":Named"), Named | Pair)
