"""Conversion: configurations as instances of the user's own classes, and back."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, NewType, Required, TypedDict, TypeVar

import attrs
import msgspec
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    Config,
    ConversionError,
    DynamicValue,
    TreeError,
    expand,
    freeze,
    structure,
    unstructure,
)

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    PAIR = (1, 2)


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2

    @classmethod
    def _missing_(cls, value: object) -> Any:
        return cls[value.upper()] if isinstance(value, str) and value.upper() in cls.__members__ else None


@attrs.frozen
class AttrsLlm:
    model: str
    temperature: float = attrs.field(default=0.5, validator=attrs.validators.le(2))


@dataclasses.dataclass(frozen=True)
class DataLlm:
    model: str
    temperature: float = 0.5


class TypedLlm(TypedDict, total=False):
    model: Required[str]
    temperature: float


class NamedLlm(NamedTuple):
    model: str
    temperature: float = 0.5


class StructLlm(msgspec.Struct, frozen=True):
    model: str
    temperature: float = 0.5


class ModelLlm(pydantic.BaseModel):
    model: str
    temperature: float = pydantic.Field(0.5, le=2)


KINDS = [AttrsLlm, DataLlm, TypedLlm, NamedLlm, StructLlm, ModelLlm]


def refused(cls: Any, config: Any, **options: Any) -> list[str]:
    """The lines of the error."""
    with pytest.raises(ConversionError) as caught:
        structure(cls, config, **options)
    assert [str(problem) if problem.path else problem.reason for problem in caught.value.problems] == [
        line.strip() for line in str(caught.value).removeprefix(f"not a valid {name_of(cls)}:").strip().split("\n")
    ]
    return [str(problem) for problem in caught.value.problems]


def name_of(cls: Any) -> str:
    from spearmint_fp.conversion.problems import format_type

    return format_type(cls)


# --- every kind of class -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_mapping_becomes_an_instance(kind: Any) -> None:
    made = structure(kind, Config({"model": "gpt-4", "temperature": 1}))
    plain = unstructure(made)
    assert plain == {"model": "gpt-4", "temperature": 1.0}
    assert type(plain["temperature"]) is float
    assert structure(kind, plain) == made
    assert kind is TypedLlm or type(made) is kind


@pytest.mark.parametrize("kind", KINDS)
def test_scalars_are_strict(kind: Any) -> None:
    for bad in ("3", True, None, b"1"):
        assert refused(kind, {"model": "x", "temperature": bad}) == [
            f"temperature: expected float, got {bad!r} ({type(bad).__name__})"
        ]
    assert refused(kind, {"model": 5}) == ["model: expected str, got 5 (int)"]


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_keys_are_refused_unless_ignored(kind: Any) -> None:
    extra = {"model": "x", "modle": 1}
    assert refused(kind, extra)[0].startswith("modle: no such field")
    assert structure(kind, extra, extra="ignore") == structure(kind, {"model": "x"})


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not TypedLlm])
def test_instances_pass_through_also_inside_others(kind: Any) -> None:
    @dataclasses.dataclass
    class Outer:
        llm: kind

    inner = structure(kind, {"model": "x"})
    assert structure(kind, inner) is inner
    assert structure(Outer, {"llm": inner}).llm is inner


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [5, "text", None, [[1]]])
def test_no_mapping_no_instance(kind: Any, bad: Any) -> None:
    assert len(refused(kind, bad)) == 1 or kind is NamedLlm


def test_any_other_extra_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="extra is 'forbid' or 'ignore'"):
        structure(AttrsLlm, {"model": "x"}, extra="allow")  # type: ignore[call-overload]


# --- classes with more to them -------------------------------------------------------------------------


@attrs.frozen
class Full:
    a: int
    _hidden: int = 0
    rate: float = attrs.field(default=1.0, alias="lr")
    doubled: int = attrs.field(init=False)
    tags: list[str] = attrs.field(factory=list)

    @doubled.default
    def _doubled(self) -> int:
        return 2 * self.a


def test_attrs_aliases_private_names_and_computed_fields() -> None:
    assert structure(Full, {"a": 1, "hidden": 2, "lr": 3}) == structure(Full, {"a": 1, "_hidden": 2, "rate": 3.0})
    assert structure(Full, {"a": 2}).doubled == 4
    assert unstructure(Full(1)) == {"a": 1, "hidden": 0, "lr": 1.0, "tags": []}
    assert refused(Full, {"a": 1, "doubled": 3}) == ["doubled: the class computes it itself (init=False)"]
    assert refused(Full, {"a": 1, "lr": "x"}) == ["lr: expected float, got 'x' (str)"]
    assert refused(Full, {"a": 1, "rate": "x"}) == ["rate: expected float, got 'x' (str)"]
    assert refused(Full, {"a": 1, "lr": 1, "rate": 2}) == ["lr: given twice, also as 'rate'"]


def _level(value: Level | str) -> Level:
    return Level[value] if isinstance(value, str) else value


@attrs.frozen
class Checked:
    low: int = attrs.field(validator=[attrs.validators.ge(0), attrs.validators.instance_of(int)])
    high: int = attrs.field()
    level: Level = attrs.field(default=Level.LOW, converter=_level)

    @high.validator
    def _above(self, attribute: Any, value: int) -> None:
        if value <= self.low:
            raise ValueError("high must be above low")

    def __attrs_post_init__(self) -> None:
        if self.high == 99:
            raise ValueError("99 is reserved")


def test_a_field_s_own_converter_is_asked_where_the_type_refuses() -> None:
    assert structure(Checked, {"low": 0, "high": 1, "level": "HIGH"}).level is Level.HIGH
    assert refused(Checked, {"low": 0, "high": 1, "level": "NONE"}) == [
        "level: expected Level, one of 1, 2, got 'NONE' (str)"
    ]


@dataclasses.dataclass
class Box(Generic[T]):
    item: T
    items: list[T] = dataclasses.field(default_factory=list)
    made: int = dataclasses.field(init=False, default=7)
    only: dataclasses.KW_ONLY = dataclasses.field(init=False)
    last: T | None = None


def test_generic_dataclasses() -> None:
    assert structure(Box[int], {"item": 1, "items": [2], "last": 3}) == Box(1, [2], last=3)
    assert refused(Box[int], {"item": "1", "items": [2.0]}) == [
        "item: expected int, got '1' (str)",
        "items.0: expected int, got 2.0 (float)",
    ]
    assert structure(Box[Box[str]], {"item": {"item": "x"}}).item.item == "x"


@attrs.frozen
class Tree:
    value: int
    children: tuple[Tree, ...] = ()
    left: Tree | None = None


def test_classes_that_contain_themselves() -> None:
    made = structure(Tree, {"value": 1, "children": [{"value": 2}], "left": {"value": 3}})
    assert made == Tree(1, (Tree(2),), Tree(3))
    assert structure(Tree, unstructure(made)) == made
    assert refused(Tree, {"value": 1, "left": {"value": 2, "children": [{"value": "x"}]}}) == [
        "left.children.0.value: expected int, got 'x' (str)"
    ]


def test_deep_classes_are_an_error_not_a_crash() -> None:
    deep: Any = {"value": 0}
    for value in range(190):
        deep = {"value": value, "left": deep}
    try:
        structure(Tree, deep)
    except ConversionError as error:
        assert "too deeply" in str(error)  # noqa: PT017  # whether the stack is long enough depends on the caller
    cycle: Any = {"value": 1}
    cycle["left"] = cycle
    with pytest.raises(TreeError, match="contains itself"):
        structure(Tree, cycle)


class Pair(NamedTuple):
    x: int
    inner: NamedLlm | None = None


Plain = collections.namedtuple("Plain", ["x", "y"])  # noqa: PYI024  # what has no annotations


def test_named_tuples_from_mappings_and_sequences() -> None:
    assert structure(Pair, {"x": 1, "inner": {"model": "m"}}) == Pair(1, NamedLlm("m"))
    assert structure(Pair, [1, ["m", 2]]) == Pair(1, NamedLlm("m", 2.0))
    assert structure(Plain, {"x": 1, "y": "z"}) == Plain(1, "z")
    assert refused(Pair, [1, 2, 3])[0].startswith("the root: expected at most 2 elements for Pair")
    assert refused(Pair, ["x"]) == ["0: expected int, got 'x' (str)"]
    assert unstructure(Pair(1, NamedLlm("m"))) == {"x": 1, "inner": {"model": "m", "temperature": 0.5}}


# --- scalars, literals, enums ---------------------------------------------------------------------------


UserId = NewType("UserId", int)


class Port(int):
    pass


@pytest.mark.parametrize(
    ("kind", "value", "made"),
    [
        (float, 1, 1.0),
        (float, np.float32(0.5), 0.5),
        (int, np.int64(3), 3),
        (bool, np.bool_(True), True),
        (complex, 1, 1 + 0j),
        (UserId, 3, 3),
        (Port, 80, Port(80)),
        (Path, "a/b", Path("a/b")),
        (datetime.date, "2024-02-29", datetime.date(2024, 2, 29)),
        (datetime.datetime, "2024-02-29T10:00", datetime.datetime(2024, 2, 29, 10)),
        (uuid.UUID, "12345678123456781234567812345678", uuid.UUID(int=0x12345678123456781234567812345678)),
        (decimal.Decimal, "0.10", decimal.Decimal("0.10")),
        (decimal.Decimal, 3, decimal.Decimal(3)),
        (Color, "red", Color.RED),
        (Color, [1, 2], Color.PAIR),
        (Level, 1, Level.LOW),
        (Level, "high", Level.HIGH),
        (Literal["a", 1], 1, 1),
        (Literal[Color.RED], "red", Color.RED),
        (int | str, "3", "3"),
        (int | float, 1.0, 1.0),
        (float | int, 1, 1),
        (Path | None, None, None),
        (Path | str, "a", "a"),
        (str | Path, Path("a"), Path("a")),
        (list[int] | None, (1, 2), [1, 2]),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[int, ...], [], ()),
        (tuple[()], [], ()),
        (set[int], [1, 1, 2], {1, 2}),
        (frozenset[str], {"a"}, frozenset("a")),
        (list[float], np.array([1.0, 2.0]), [1.0, 2.0]),
        (dict[str, list[int]], {"a": (1,)}, {"a": [1]}),
        (Mapping[str, int], {"a": 1}, {"a": 1}),
        (Sequence[int], [1], (1,)),
        (collections.deque[int], [1], collections.deque([1])),
        (collections.Counter[str], {"a": 2}, collections.Counter(a=2)),
        (list, (1, (2,)), [1, [2]]),
        (dict, {"a": {"b": (1,)}}, {"a": {"b": [1]}}),
        (Any, {"a": (1,)}, {"a": [1]}),
        (Config, {"a": 1}, Config({"a": 1})),
        (np.ndarray, array := np.array([1]), array),
        (Callable[[int], int], abs, abs),
        (None, None, None),
    ],
    ids=str,
)
def test_what_is_taken(kind: Any, value: Any, made: Any) -> None:
    got = structure(kind, freeze(value) if not isinstance(value, np.ndarray) else value)
    assert np.array_equal(got, made) if isinstance(made, np.ndarray) else got == made
    assert repr(type(got)) == repr(type(made))


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (int, "3", "expected int, got '3' (str)"),
        (int, True, "expected int, got True (bool)"),
        (int, 1.0, "expected int, got 1.0 (float)"),
        (float, "0.1", "expected float, got '0.1' (str)"),
        (float, False, "expected float, got False (bool)"),
        (float, decimal.Decimal(1), "expected float, got Decimal('1') (Decimal)"),
        (bool, "False", "expected bool, got 'False' (str)"),
        (bool, 1, "expected bool, got 1 (int)"),
        (str, 1, "expected str, got 1 (int)"),
        (str, b"a", "expected str, got b'a' (bytes)"),
        (bytes, "a", "expected bytes, got 'a' (str)"),
        (None, 0, "expected None, got 0 (int)"),
        (Path, 3, "expected Path, also as str, got 3 (int)"),
        (datetime.date, "soon", "expected date, also as str, got 'soon' (str)"),
        (decimal.Decimal, 0.1, "expected Decimal, also as str or int, got 0.1 (float)"),
        (Level, True, "expected Level, one of 1, 2, got True (bool)"),
        (Color, "green", "expected Color, one of 'red', (1, 2), got 'green' (str)"),
        (Literal["a", 1], True, "expected one of 'a', 1, got True (bool)"),
        (Literal[1], 1.0, "expected one of 1, got 1.0 (float)"),
        (int | str, 1.5, "expected int or str, got 1.5 (float)"),
        (float | None, "x", "expected float, got 'x' (str)"),
        (list[str], "abc", "expected list[str], got 'abc' (str)"),
        (list[str], {"a": 1}, "expected list[str], got {'a': 1} (dict)"),
        (dict[str, int], [1], "expected dict[str, int], got [1] (list)"),
        (tuple[int, int], [1], "expected 2 elements, got [1] (list)"),
        (np.ndarray, 3, "expected ndarray, got 3 (int)"),
        (AttrsLlm | DataLlm, 3, "expected AttrsLlm or DataLlm, got 3 (int)"),
        (
            int,
            DynamicValue([1]),
            "expected int, got DynamicValue((1,)) (DynamicValue). It is a choice: expand the tree",
        ),
    ],
    ids=str,
)
def test_what_is_refused(kind: Any, value: Any, reason: str) -> None:
    (told,) = refused(kind, value)
    assert told.removeprefix("the root: ").startswith(reason)


def test_a_union_of_classes_takes_the_one_that_fits() -> None:
    @attrs.frozen
    class Step:
        kind: Literal["step"]
        size: int

    @attrs.frozen
    class Cosine:
        kind: Literal["cosine"]
        period: float = 1.0

    @attrs.frozen
    class Outer:
        schedule: Step | Cosine | None = None

    assert structure(Outer, {"schedule": {"kind": "cosine", "period": 2}}).schedule == Cosine("cosine", 2.0)
    assert refused(Outer, {"schedule": {"kind": "step", "size": "x"}}) == ["schedule.size: expected int, got 'x' (str)"]
    ambiguous = structure(Outer, {"schedule": {"kind": "cosine", "size": 1}}, extra="ignore")
    assert ambiguous.schedule == Cosine("cosine")
    (told,) = refused(Outer, {"schedule": {"kind": "x"}})
    assert told.startswith(
        "schedule: expected Step or Cosine or None, got {'kind': 'x'} (dict). as Step: kind: expected"
    )


def test_hostile_values_are_refused_not_fatal() -> None:
    class Hostile:
        def __repr__(self) -> str:
            raise RuntimeError("no")

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no")

        __hash__ = None  # type: ignore[assignment]

    assert refused(int, Hostile())[0].startswith("the root: expected int, got <")
    assert refused(Literal["a"], Hostile())[0].startswith("the root: expected one of 'a', got <")


# --- there and back ------------------------------------------------------------------------------------


LEAVES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, st.integers()),
    (float, st.floats(allow_nan=False)),
    (str, st.text(max_size=5)),
    (bool, st.booleans()),
    (bytes, st.binary(max_size=3)),
    (Color, st.sampled_from(Color)),
    (Literal["a", 1], st.sampled_from(["a", 1])),
    (Path, st.sampled_from([Path("a"), Path("b/c")])),
    (datetime.date, st.dates()),
    (decimal.Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
]


def grown(inner: st.SearchStrategy[tuple[Any, st.SearchStrategy[Any]]]) -> st.SearchStrategy[Any]:
    """Types made of other types, each with a strategy for its values."""

    def record(draw: Any) -> tuple[Any, st.SearchStrategy[Any]]:
        fields = draw(st.lists(inner, min_size=1, max_size=3))
        names = [f"f{k}" for k in range(len(fields))]
        types = dict(zip(names, [kind for kind, _ in fields], strict=True))
        kinds = ["attrs", "dataclass", "struct", "named", "typed"]
        if all(kind in [leaf for leaf, _ in LEAVES] for kind, _ in fields):
            kinds.append("model")  # which classes of others its fields take is pydantic's matter
        kind = draw(st.sampled_from(kinds))
        values = st.fixed_dictionaries(dict(zip(names, [values for _, values in fields], strict=True)))
        if kind == "typed":
            return TypedDict("Made", types), values  # type: ignore[operator]
        made: Any = {
            "attrs": lambda: attrs.make_class("Made", {n: attrs.field(type=t) for n, t in types.items()}),
            "dataclass": lambda: dataclasses.make_dataclass("Made", list(types.items())),
            "struct": lambda: msgspec.defstruct("Made", list(types.items())),
            "model": lambda: pydantic.create_model(  # type: ignore[call-overload]
                "Made",
                __config__=pydantic.ConfigDict(arbitrary_types_allowed=True),
                **{n: (t, ...) for n, t in types.items()},
            ),
            "named": lambda: NamedTuple("Made", list(types.items())),
        }[kind]()
        return made, values.map(lambda fields: made(**fields))

    def of(make: Callable[[Any], Any], values: Callable[[Any], Any]) -> st.SearchStrategy[Any]:
        return inner.map(lambda pair: (make(pair[0]), values(pair[1])))

    return st.one_of(
        of(lambda kind: list.__class_getitem__(kind), lambda values: st.lists(values, max_size=3)),
        of(lambda kind: tuple.__class_getitem__((kind, ...)), lambda values: st.lists(values, max_size=3).map(tuple)),
        of(lambda kind: kind | None, lambda values: st.none() | values),
        of(
            lambda kind: dict.__class_getitem__((str, kind)),
            lambda values: st.dictionaries(st.text(max_size=2), values, max_size=2),
        ),
        st.composite(record)(),
    )


TYPES = st.recursive(st.sampled_from(LEAVES), grown, max_leaves=5)


@given(st.data())
def test_unstructure_is_the_inverse_of_structure(data: st.DataObject) -> None:
    kind, values = data.draw(TYPES, label="type")
    value = data.draw(values, label="value")
    plain = unstructure(value)
    assert structure(kind, plain) == value
    assert structure(kind, freeze(plain)) == value
    assert unstructure(structure(kind, plain)) == plain


def test_unstructure_gives_plain_new_data() -> None:
    layers = [1, 2]
    plain = unstructure({"a": layers, "b": {1}, "c": (AttrsLlm("x"),), "d": Color.PAIR})
    assert plain == {"a": [1, 2], "b": {1}, "c": [{"model": "x", "temperature": 0.5}], "d": [1, 2]}
    assert plain["a"] is not layers
    assert expand(plain).size == 1


# --- what hostile testing found ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (dict[tuple[int, int], str], {(1, "x"): ""}, "as a key: expected int, got 'x' (str)"),
        (dict[tuple[int, int], int], {(1, "x"): 1}, "as a key: expected int, got 'x' (str)"),
        (dict[frozenset[int], int], {frozenset(["x"]): 2}, "as a key: expected int, got 'x' (str)"),
        (dict[int, str], {"a": "b"}, "as a key: expected int, got 'a' (str)"),
        (dict[str, None], {"a": 3}, "a: expected None, got 3 (int)"),
        (type[AttrsLlm], int, "expected type[AttrsLlm], got <class 'int'> (type)"),
        (set[int] | list[int], [1, "x"], "expected set[int] or list[int], got [1, 'x'] (list)"),
    ],
    ids=str,
)
def test_keys_none_and_types_are_checked(kind: Any, value: Any, told: str) -> None:
    assert told in refused(kind, value)[0]


def test_what_is_no_type_is_the_caller_s_mistake() -> None:
    for bad in ("AttrsLlm", 5, list["AttrsLlm"], AttrsLlm("x")):
        with pytest.raises(ArgumentError):
            structure(bad, [{"model": "x"}])


def test_sets_of_containers_unstructure_to_lists() -> None:
    assert unstructure({(1, 2)}) == [[1, 2]]
    assert structure(frozenset[tuple[int, int]], unstructure(frozenset({(1, 2)}))) == frozenset({(1, 2)})
    assert unstructure({NamedLlm("x")}) == [{"model": "x", "temperature": 0.5}]


class GenericStruct(msgspec.Struct, Generic[T]):
    x: T


class GenericPair(NamedTuple, Generic[T]):
    xs: list[T]
    y: T | None = None


@dataclasses.dataclass
class Initialised:
    a: int
    scale: dataclasses.InitVar[int]
    b: int = dataclasses.field(init=False, default=0)

    def __post_init__(self, scale: int) -> None:
        self.b = self.a * scale


def test_generic_structs_pairs_and_init_vars() -> None:
    assert structure(GenericStruct[int], {"x": 1}).x == 1
    assert refused(GenericStruct[int], {"x": "1"}) == ["x: expected int, got '1' (str)"]
    assert structure(GenericPair[int], {"xs": [1]}) == GenericPair([1])
    assert refused(GenericPair[int], {"xs": ["1"], "y": 2}) == ["xs.0: expected int, got '1' (str)"]
    assert structure(Box, {"item": "anything"}).item == "anything"
    assert structure(Initialised, {"a": 2, "scale": 3}).b == 6
    assert refused(Initialised, {"a": 2}) == ["scale: missing; expected int"]
    assert refused(Initialised, {"a": 2, "scale": 1, "b": 3}) == ["b: the class computes it itself (init=False)"]


class Listed(enum.Enum):
    PAIR = [1, 2]  # noqa: RUF012  # what people write


def test_enums_of_lists_and_what_their_class_finds() -> None:
    class Lenient(enum.Enum):
        ONE = 1

        @classmethod
        def _missing_(cls, value: object) -> Any:
            return cls.ONE if value is False else None

    assert structure(Listed, [1, 2]) is Listed.PAIR
    assert structure(Lenient, False) is Lenient.ONE
    assert refused(Lenient, True) == ["the root: expected Lenient, one of 1, got True (bool)"]


def test_converters_of_attrs_with_more_to_them() -> None:
    @attrs.frozen
    class Converted:  # type: ignore[no-untyped-def]
        level: Level = attrs.field(converter=attrs.Converter(_level))  # type: ignore[misc]
        anything = attrs.field(default=None)  # type: ignore[var-annotated]
        nothing: None = attrs.field(default=None)

    made = structure(Converted, {"level": "HIGH", "anything": 5})
    assert (made.level, made.anything) == (Level.HIGH, 5)
    assert refused(Converted, {"level": 1, "nothing": 3}) == ["nothing: expected None, got 3 (int)"]


class GenericTyped(TypedDict, Generic[T]):
    v: T


class IntTyped(GenericTyped[int]):
    k: int


def test_a_typed_dict_of_a_generic_one_is_checked() -> None:
    assert refused(IntTyped, {"v": "s", "k": 1}) == ["v: expected int, got 's' (str)"]
