# ruff: noqa: UP006, UP007, UP044, RUF036, PYI061, E501  # on purpose: types as people write them
"""Every annotation is checked, or refused by its name at once: over generated types, against a small oracle."""

# mypy: disable-error-code="valid-type, misc, arg-type, union-attr"
# types are made of types here, which no type checker follows

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import enum
import os
import re
import sys
import types
import typing
from collections import Counter, OrderedDict, defaultdict, deque
from typing import Any, Final, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar, Union, Unpack

import attrs
import msgspec
import pytest
import typing_extensions as more
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import ArgumentError, ConversionError, structure

T = TypeVar("T")
U = TypeVar("U")
Number = TypeVar("Number", bound=int)
Either = TypeVar("Either", int, str)
Usual = more.TypeVar("Usual", default=int)
Ts = typing.TypeVarTuple("Ts")
P = typing.ParamSpec("P")


class Color(enum.Enum):
    RED = "red"
    ONE = 1


class Rank(int):
    """A kind of whole number."""


@attrs.frozen
class Box(Generic[T]):
    v: T


@dataclasses.dataclass(frozen=True)
class Both(Generic[T, U]):
    a: T
    b: list[U] = dataclasses.field(default_factory=list)


@attrs.frozen
class Texts(Box[list[U]], Generic[U]):
    more: U | None = None


class Keyed(TypedDict, Generic[T]):
    k: T
    o: more.NotRequired[more.ReadOnly[T]]


class Named(NamedTuple, Generic[T]):
    n: T


class Struct(msgspec.Struct, Generic[T]):
    s: T


Values = more.TypeAliasType("Values", dict[str, T], type_params=(T,))
Pairs = more.TypeAliasType("Pairs", "list[tuple[T, U]]", type_params=(T, U))
Tree = more.TypeAliasType("Tree", "T | list[Tree[T]]", type_params=(T,))
Json = more.TypeAliasType("Json", "None | int | str | list[Json] | dict[str, Json]")
Row = more.TypeAliasType("Row", tuple[int, Unpack[Ts]], type_params=(Ts,))


# --- types with what is an instance of them ----------------------------------------------------------------------


class Kind:
    """A type, whether a plain value converts to it, and values that do; and whether a set can hold these."""

    def __init__(self, kind: Any, takes: Any, good: st.SearchStrategy[Any], hashes: bool = False) -> None:
        self.kind, self.takes, self.good, self.hashes = kind, takes, good, hashes

    def __repr__(self) -> str:
        return f"Kind({self.kind})"


def exactly(cls: type) -> Any:
    return lambda value: type(value) is cls


whole = st.integers(-3, 3)
word = st.sampled_from(["", "a", "red"])
SCALARS = [
    Kind(int, exactly(int), whole),
    Kind(str, exactly(str), word),
    Kind(bool, exactly(bool), st.booleans()),
    Kind(float, lambda v: type(v) in (int, float), whole | st.floats(allow_nan=False)),
    Kind(bytes, exactly(bytes), st.binary(max_size=2)),
    Kind(None, lambda v: v is None, st.none()),
    Kind(Any, lambda _: True, whole | word),
    Kind(object, lambda _: True, whole | word),
    Kind(typing.LiteralString, exactly(str), word),
    Kind(Color, lambda v: isinstance(v, Color) or (type(v) in (int, str) and v in (1, "red")), st.sampled_from([1, "red"])),
    Kind(Literal[1, "a", None], lambda v: v is None or (type(v) in (int, str) and v in (1, "a")), st.sampled_from([1, None])),
    Kind(Literal[Color.ONE, True], lambda v: v is Color.ONE or v is True or (type(v) is int and v == 1), st.just(1)),
    Kind(type[int], lambda v: isinstance(v, type) and issubclass(v, int), st.sampled_from([int, bool, Rank])),
    Kind(type[int | str], lambda v: isinstance(v, type) and issubclass(v, int | str), st.sampled_from([int, str])),
    Kind(collections.abc.Callable[[int], str], callable, st.sampled_from([len, int])),
    Kind(Number, exactly(int), whole),
    Kind(Either, lambda v: type(v) in (int, str), whole | word),
    Kind(Usual, exactly(int), whole),
    Kind(NewType("New", int), exactly(int), whole),
    Kind(Json, lambda v: is_json(v), whole | st.lists(word, max_size=2)),
]  # fmt: skip


def is_json(value: Any) -> bool:
    if type(value) in LISTS:
        return all(map(is_json, value))
    if type(value) is dict:
        return all(type(key) is str and is_json(item) for key, item in value.items())
    return value is None or type(value) in (int, str)


for scalar in SCALARS:
    scalar.hashes = scalar.kind not in (Any, object, Json)
SET_TYPES = (set, frozenset, collections.abc.Set, collections.abc.MutableSet)
LISTS = (list, tuple, deque, range)
SETS = (*LISTS, set, frozenset)


def lists_of(kind: Any, inner: Kind, accepted: Any = LISTS) -> Kind:
    takes = lambda v: isinstance(v, accepted) and all(map(inner.takes, v))  # noqa: E731
    return Kind(kind, takes, st.lists(inner.good, max_size=2))


def mapping_of(kind: Any, inner: Kind) -> Kind:
    takes = lambda v: isinstance(v, dict) and all(type(k) is str for k in v) and all(map(inner.takes, v.values()))  # noqa: E731
    return Kind(kind, takes, st.dictionaries(word, inner.good, max_size=2))


def row_of(kind: Any, before: list[Kind], many: Kind | None, after: list[Kind]) -> Kind:
    least = len(before) + len(after)

    def takes(value: Any) -> bool:
        if not isinstance(value, LISTS) or len(value) < least or (len(value) > least and many is None):
            return False
        repeated = [many] * (len(value) - least)
        return all(k.takes(v) for k, v in zip([*before, *repeated, *after], value, strict=True))

    middle = st.lists(many.good, max_size=2) if many else st.just([])
    parts = st.tuples(st.tuples(*(k.good for k in before)), middle, st.tuples(*(k.good for k in after)))
    return Kind(kind, takes, parts.map(lambda p: [*p[0], *p[1], *p[2]]))


def record_of(kind: Any, cls: Any, fields: dict[str, tuple[Kind, bool]], sequence: bool = False) -> Kind:
    def takes(value: Any) -> bool:
        if isinstance(value, LISTS[:2]) and sequence:
            value = dict(zip(fields, value, strict=False)) if len(value) <= len(fields) else None
        if not isinstance(value, dict) or not value.keys() <= fields.keys():
            return False
        return all(k.takes(value[name]) if name in value else not needed for name, (k, needed) in fields.items())

    good = {name: k.good for name, (k, needed) in fields.items() if needed}
    return Kind(
        kind, takes, st.fixed_dictionaries(good, optional={n: k.good for n, (k, _) in fields.items() if n not in good})
    )


def union_of(*members: Kind) -> Kind:
    kind = Union[tuple(m.kind for m in members)]
    return Kind(kind, lambda v: any(m.takes(v) for m in members), st.one_of([m.good for m in members]))


def same(inner: Kind, kind: Any) -> Kind:
    return Kind(kind, inner.takes, inner.good)


def one_around(inner: Kind) -> list[Kind]:
    """The types that have one type inside."""
    t = inner.kind
    tree = Kind(Tree[t], None, inner.good | st.lists(inner.good, max_size=2))
    tree.takes = lambda v: inner.takes(v) or (isinstance(v, LISTS) and all(map(tree.takes, v)))
    number = SCALARS[0]
    return [
        *(
            lists_of(c[t], inner)
            for c in (list, deque, typing.List, collections.abc.Sequence, collections.abc.MutableSequence)
        ),
        *(
            lists_of(c[t], inner, SETS)
            for c in (collections.abc.Iterable, collections.abc.Collection, typing.Collection)
        ),
        *(lists_of(c[t], inner, SETS) for c in (*SET_TYPES,) if inner.hashes),
        *(
            mapping_of(c[str, t], inner)
            for c in (dict, OrderedDict, defaultdict, typing.Mapping, collections.abc.MutableMapping)
        ),
        mapping_of(Values[t], inner),
        mapping_of(more.Annotated[Values[t], "note"], inner),
        lists_of(tuple[t, ...], inner),
        row_of(tuple[t], [inner], None, []),
        row_of(tuple[int, *tuple[t, ...]], [number], inner, []),
        row_of(tuple[Unpack[tuple[t, ...]], int], [], inner, [number]),
        row_of(tuple[Unpack[tuple[t, int]]], [inner, number], None, []),
        row_of(Row[t, int], [number, inner, number], None, []),
        lists_of(Pairs[t, int], row_of(None, [inner, number], None, [])),
        tree,
        record_of(Box[t], Box, {"v": (inner, True)}),
        record_of(Texts[t], Texts, {"v": (lists_of(None, inner), True), "more": (union_of(inner, SCALARS[5]), False)}),
        record_of(Both[int, t], Both, {"a": (number, True), "b": (lists_of(None, inner), False)}),
        record_of(Keyed[t], dict, {"k": (inner, True), "o": (inner, False)}),
        record_of(Named[t], Named, {"n": (inner, True)}, sequence=True),
        record_of(Struct[t], Struct, {"s": (inner, True)}),
        *(same(inner, mark[t]) for mark in (more.Required, more.NotRequired, more.ReadOnly)),
        same(inner, more.Annotated[t, "a note"]),
    ]


def level(inner: st.SearchStrategy[Kind]) -> st.SearchStrategy[Kind]:
    around = inner.flatmap(lambda kind: st.sampled_from(one_around(kind)))
    return around | st.lists(inner, min_size=2, max_size=3).map(lambda members: union_of(*members))


kinds = st.recursive(st.sampled_from(SCALARS), level, max_leaves=4)
anything = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 2, 0.5, "", "a", "red", b"x", int, str, Color.RED, Color.ONE, len]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from(["a", "b", "k", "n", "o", "s", "v", "more", 1]), inner, max_size=2)
    ),
    max_leaves=5,
)


@given(st.data())
def test_structure_takes_what_is_an_instance_and_nothing_else(data: st.DataObject) -> None:
    kind = data.draw(kinds)
    value = data.draw(kind.good | anything)
    try:
        structure(kind.kind, value)
    except ConversionError:
        taken = False
    else:
        taken = True
    assert taken == kind.takes(value)


def test_the_outermost_mark_of_a_key_says_whether_it_is_required() -> None:
    """The argument of a generic TypedDict may bring a mark of its own."""
    assert dict(structure(Keyed[more.Required[int]], {"k": 1})) == {"k": 1}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the `type` statement")
def test_aliases_of_the_type_statement() -> None:
    names: dict[str, Any] = {"__name__": __name__}
    exec("type V[T] = dict[str, T]\ntype Tree[T] = T | list[Tree[T]]\ntype Row[*Ts] = tuple[int, *Ts]", names)
    assert structure(names["V"][int], {"a": 1}) == {"a": 1}
    assert structure(names["Row"][str], [1, "a"]) == (1, "a")
    for kind, bad in ((names["V"][int], {"a": "x"}), (names["Tree"][int], [["x"]]), (names["Row"][str], [1, 2])):
        with pytest.raises(ConversionError):
            structure(kind, bad)


# --- what cannot be checked is refused, at once -------------------------------------------------------------------


class Asked(typing.Protocol):
    x: int


Endless = more.TypeAliasType("Endless", "T | list[Endless[list[T]]]", type_params=(T,))
Nothing = more.TypeAliasType("Nothing", "Nothing")
UNCHECKED = [
    typing.Never, typing.NoReturn, typing.Self, P, Ts, Unpack[Ts], typing.Concatenate[int, P], typing.TypeGuard[int],
    typing.Union, typing.Optional, Literal, typing.TypeAlias, "int", typing.ForwardRef("int"), list["int"], 5, ..., [int],
    collections.abc.Iterator[int], collections.abc.Generator[int, None, None], collections.abc.Awaitable[int],
    collections.abc.KeysView[int], collections.ChainMap[str, int], types.MappingProxyType[str, int], re.Pattern[str],
    os.PathLike[str], Asked, type[Asked], type[Keyed], type[typing.Self], Endless[int], Nothing, list[int, str], dict[str],
    tuple[Unpack[tuple[int, ...]], Unpack[tuple[str, ...]]],
]  # fmt: skip


@pytest.mark.parametrize("kind", UNCHECKED, ids=lambda kind: repr(kind)[:60])
@pytest.mark.parametrize("around", ["itself", "list", "union", "field", "alias"])
def test_what_cannot_be_checked_is_refused_by_its_name_before_any_value_is_seen(kind: Any, around: str) -> None:
    if around != "itself" and isinstance(kind, str | int | list | type(...)):
        pytest.skip("Python itself refuses it there, or reads it")
    wrapped: Any = {
        "itself": lambda: kind,
        "list": lambda: list[kind],
        "union": lambda: Union[None, list[kind]],
        "field": lambda: attrs.make_class("Made", {"a": attrs.field(type=kind, default=None)}),
        "alias": lambda: more.TypeAliasType("Alias", list[kind]),
    }[around]()
    if around == "field" and kind in (typing.Self, type[typing.Self], typing.ForwardRef("int"), list["int"]):
        pytest.skip("which a field may be")
    if around == "alias" and kind in (typing.ForwardRef("int"), list["int"]):
        pytest.skip("which is read in the alias's module")
    if around in ("list", "union", "alias") and kind == Unpack[Ts]:
        pytest.skip("which is no single type")
    with pytest.raises(ArgumentError) as refused:
        structure(wrapped, [] if around == "list" else None if around == "union" else {})
    assert len(str(refused.value)) < 1_000


def test_the_order_of_a_union_is_its_own_whatever_was_asked_before() -> None:
    @attrs.frozen
    class One:
        a: int = 1

    @attrs.frozen
    class Two:
        a: int = 1

    for _ in range(2):
        assert type(structure(One | Two, {})) is One
        assert type(structure(Two | One, {})) is Two
        assert type(structure(list[Two | One], [{}])[0]) is Two
        assert type(structure(list[One | Two], [{}])[0]) is One


def test_the_member_of_exactly_the_value_s_type_comes_first_under_any_name() -> None:
    for member in (
        int,
        NewType("New", int),
        more.TypeAliasType("Alias", int),
        more.Annotated[int, 1],
        Literal[3],
        Number,
    ):
        for union in (float | member, Union[float, None, member]):
            assert type(structure(union, 3)) is int
    nested = more.TypeAliasType("Nested", float | str)
    assert type(structure(Union[nested, int], 3)) is int


def test_containers_come_out_as_what_is_asked_for() -> None:
    assert structure(Counter[str], {"a": 1}) == Counter("a")
    made = structure(defaultdict[str, list[int]], {"a": [1]})
    assert (made.default_factory, made["b"]) == (list, [])
    assert structure(defaultdict[str, int | str], {"a": 1}).default_factory is None


@attrs.frozen
class Marked:
    bare: Final = 1
    said: Final[int] = 2
    kept: typing.ClassVar[int] = 3


def test_final_fields_are_fields() -> None:
    assert structure(Marked, {"bare": "anything"}) == Marked("anything")
    assert structure(Final, "anything") == "anything"
    with pytest.raises(ConversionError, match=r"kept: no such field.*\n.*|said: expected int"):
        structure(Marked, {"said": "x", "kept": 1})


def test_a_typed_dict_of_typing_extensions_is_one() -> None:
    """Python before 3.12 has no other one that pydantic takes."""

    class Options(more.TypedDict, total=False):
        n: more.Required[int]
        names: more.NotRequired[list[str]]

    class Held(more.TypedDict):
        inner: Options

    class Box(more.TypedDict, Generic[T]):
        item: T

    assert structure(Held, {"inner": {"n": 1, "names": ["a"]}}) == {"inner": {"n": 1, "names": ["a"]}}
    refused: list[Any] = [{"inner": {"n": "1"}}, {"inner": {}}, {"inner": {"n": 1, "m": 2}}, {}]
    for config in refused:
        with pytest.raises(ConversionError):
            structure(Held, config)
    assert structure(Box[int], {"item": 1}) == {"item": 1}
    with pytest.raises(ConversionError, match="item: expected int, got 'x'"):
        structure(Box[int], {"item": "x"})
