"""Shapes: how a product node is taken apart and put together again, one class per kind of record.

A shape is the inverse pair `split` and `build`, the names of the children in author order, and `stream`,
which builds every combination of its children's pools.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from itertools import product
from typing import Any, ClassVar, Final, Protocol, Self, TypeVar, final

import attrs

from .errors import STOPS, make_stop_error
from .messages import add_note, full_repr, short_repr

T = TypeVar("T")


class Shape(Protocol):
    """A record without its children: how one is taken apart, and made of others."""

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """The children's names in author order."""

    def build(self, values: Sequence[Any]) -> Any:
        """The record with these children."""

    def split(self, value: Any) -> tuple[Any, ...] | None:
        """The inverse of `build`: the children, or None where `value` has another shape."""

    def stream(self, pools: Sequence[Sequence[Any]]) -> Iterator[Any]:
        """`map(self.build, itertools.product(*pools))`."""

    def build_all(self, rows: Sequence[tuple[Any, ...]]) -> Iterable[Any]:
        """`map(self.build, rows)`, for rows that begin with `row_head`."""

    @property
    def row_head(self) -> tuple[Any, ...]:
        """The beginning of a row, before its values: a configuration keeps its layout there."""

    def find(self, step: object) -> int | None:
        """Where the child that a path's step names stands, or None."""

    def text(self, parts: Sequence[str]) -> str:
        """The record's `repr`, given those of its children."""


are_text: Final = frozenset({str}).issuperset
"""`are_text(map(type, keys))`: then equal keys are the same; of other types there are 1 and True."""


MAX_DISPLAY: Final = 32
"""How many keys a dict may have that is made by a display in code of its own."""


@attrs.frozen(repr=False)
class MappingShape:
    """The keys of a mapping, each with its slot, the first of which is 1; a subclass says which mappings it builds."""

    keys: tuple[Hashable, ...]
    slots: dict[Hashable, int] = attrs.field(init=False, eq=False, repr=False)
    has_text_keys: bool = attrs.field(init=False, eq=False, repr=False)
    make_dict: Callable[..., dict[Any, Any]] = attrs.field(init=False, eq=False, repr=False)
    """`lambda *values: dict(zip(keys, values))`"""

    def __attrs_post_init__(self) -> None:
        slots = {key: position for position, key in enumerate(self.keys, 1)}
        object.__setattr__(self, "slots", slots)
        object.__setattr__(self, "has_text_keys", are_text(map(type, self.keys)))
        object.__setattr__(self, "make_dict", _find_dict_maker(self.keys))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.keys,)

    def with_keys(self, keys: Iterable[Hashable]) -> Self:
        return type(self)(tuple(keys))

    def split(self, value: Any) -> tuple[Any, ...] | None:
        if not isinstance(value, Mapping) or len(value) != len(self.keys):
            return None
        return tuple(value[key] for key in self.keys) if all(key in value for key in self.keys) else None

    def find(self, step: object) -> int | None:
        try:
            slot = self.slots.get(step)
        except TypeError:  # it has no hash
            return None
        return None if slot is None else slot - 1

    def text(self, parts: Sequence[Any], form: str = "%s") -> str:
        """The `repr` of a dict with these keys, given those of its values; given the values where `form` is `%r`."""
        template = (_text_template if self.has_text_keys else _make_template)(self.keys, form)
        return template % tuple(parts)


def _find_dict_maker(keys: tuple[Hashable, ...]) -> Callable[..., dict[Any, Any]]:
    """`MappingShape.make_dict`: a display of these keys, which takes a third of the time of `dict(zip())`."""
    if len(keys) > MAX_DISPLAY:
        return lambda *values: dict(zip(keys, values))  # noqa: B905  # never of two lengths, and asking takes a third
    return partial(_compile_display(len(keys)), *keys)


@lru_cache(maxsize=MAX_DISPLAY + 1)
def _compile_display(length: int) -> Callable[..., dict[Any, Any]]:
    """`lambda k0, k1, v0, v1: {k0: v0, k1: v1}` for a length of 2."""
    places = range(length)
    arguments = ", ".join([*(f"k{place}" for place in places), *(f"v{place}" for place in places)])
    display = ", ".join(f"k{place}: v{place}" for place in places)
    maker: Callable[..., dict[Any, Any]] = eval(f"lambda {arguments}: {{{display}}}", {})  # noqa: S307  # of numbers
    return maker


def _make_template(keys: Iterable[Hashable], form: str) -> str:
    return "{" + ", ".join(f"{full_repr(key).replace('%', '%%')}: {form}" for key in keys) + "}"


_text_template: Final = lru_cache(maxsize=512)(_make_template)


def find_index(step: object, length: int) -> int | None:
    """The position that a path's step (`2`, `"2"`, `-1`) names among `length` children, or None."""
    if isinstance(step, str) and len(step) < 20 and step.removeprefix("-").isdecimal():  # no list is longer
        step = int(step)
    if isinstance(step, int) and not isinstance(step, bool) and -length <= step < length:
        return step % length
    return None


def join_items(parts: Iterable[str]) -> str:
    """The `repr` of a tuple, given those of its items."""
    listed = tuple(parts)
    return f"({', '.join(listed)}{',' if len(listed) == 1 else ''})"


class PlainTuple(tuple[T, ...]):
    """A tuple that a notebook shows otherwise, and that is nothing but its items: in a tree it is what a tuple is."""

    __slots__ = ()


@final
@attrs.frozen(repr=False)
class TupleShape:
    """A tuple of `length` children, made from a list or a tuple."""

    length: int
    row_head: ClassVar[tuple[Any, ...]] = ()

    @property
    def keys(self) -> tuple[Hashable, ...]:
        return tuple(map(str, range(self.length)))

    def build(self, values: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(values)

    def split(self, value: Any) -> tuple[Any, ...] | None:
        plain = type(value) is tuple or isinstance(value, PlainTuple)
        return value if plain and len(value) == self.length else None

    def stream(self, pools: Sequence[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
        return product(*pools)

    def build_all(self, rows: Sequence[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        return rows

    def find(self, step: object) -> int | None:
        return find_index(step, self.length)

    def text(self, parts: Sequence[str]) -> str:
        return join_items(parts)


@final
@attrs.frozen(repr=False)
class NamedShape:
    """An instance of a NamedTuple class."""

    cls: Any
    row_head: ClassVar[tuple[Any, ...]] = ()

    @property
    def keys(self) -> tuple[Hashable, ...]:
        return tuple(self.cls._fields)

    def build(self, values: Sequence[Any]) -> Any:
        return self.cls._make(values)

    def split(self, value: Any) -> tuple[Any, ...] | None:
        return tuple(value) if type(value) is self.cls else None

    def stream(self, pools: Sequence[Sequence[Any]]) -> Iterator[Any]:
        return map(self.cls._make, product(*pools))

    def build_all(self, rows: Sequence[tuple[Any, ...]]) -> Iterable[Any]:
        return map(self.cls._make, rows)

    def find(self, step: object) -> int | None:
        names = self.cls._fields
        return names.index(step) if step in names else find_index(step, len(names))

    def text(self, parts: Sequence[str]) -> str:
        return format_call(self.cls, self.cls._fields, parts)


class OneByOne(ABC):
    """A shape whose records are built by a class of the user's, one after the other."""

    __slots__ = ()

    row_head: ClassVar[tuple[Any, ...]] = ()

    @property
    @abstractmethod
    def keys(self) -> tuple[str, ...]:
        """The children's names in author order."""

    @abstractmethod
    def build(self, values: Sequence[Any]) -> Any:
        """The record with these children."""

    def find(self, step: object) -> int | None:
        return self.keys.index(step) if step in self.keys else None

    def stream(self, pools: Sequence[Sequence[Any]]) -> Iterator[Any]:
        return map(self.build, product(*pools))

    def build_all(self, rows: Sequence[tuple[Any, ...]]) -> Iterable[Any]:
        return map(self.build, rows)


@final
@attrs.frozen(repr=False)
class FieldsShape(OneByOne):
    """An instance of an attrs class or a dataclass, rebuilt by name through its own `__init__`.

    Fields with `init=False` are not children: the class computes them anew, and its converters and validators run
    again, as with `attrs.evolve` and `dataclasses.replace`. Where they refuse the frozen fields, they are asked again
    with lists, dicts and sets.
    """

    cls: Any
    names: tuple[str, ...]
    arguments: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return self.names

    def build(self, values: Sequence[Any]) -> Any:
        try:
            return self.construct(values)
        except (Exception, GeneratorExit) as error:
            thawed = list(map(_thaw_field, values))
            if any(new is not old for new, old in zip(thawed, values, strict=True)):
                with suppress(Exception, GeneratorExit):  # what else the class refuses, its first error says
                    return self.construct(thawed)
            if isinstance(error, STOPS):
                raise make_stop_error(self.cls, error) from error
            given = ", ".join(f"{n}={short_repr(v)}" for n, v in zip(self.arguments, values, strict=True))
            add_note(error, "while building ", f"{self.cls.__qualname__}({given})")
            raise

    def construct(self, values: Sequence[Any]) -> Any:
        """The instance of exactly these fields."""
        return self.cls(**dict(zip(self.arguments, values, strict=True)))

    def split(self, value: Any) -> tuple[Any, ...] | None:
        return tuple(getattr(value, name) for name in self.names) if type(value) is self.cls else None

    def text(self, parts: Sequence[str]) -> str:
        return format_call(self.cls, self.names, parts)


def _thaw_field(value: Any) -> Any:
    """A frozen field as the container that a class may insist on."""
    if type(value) is tuple:
        return list(value)
    if isinstance(value, frozenset):
        return set(value)
    return dict(value) if isinstance(value, Mapping) else value


def format_call(cls: Any, names: Iterable[str], parts: Iterable[str]) -> str:
    """`Settings(rate=1)`: the `repr` of an instance, given those of its fields."""
    inside = ", ".join(f"{name}={part}" for name, part in zip(names, parts, strict=True))
    return f"{cls.__qualname__}({inside})"


def open_instance(value: Any) -> tuple[Shape, tuple[Any, ...]] | None:
    """The shape and the children of an attrs, dataclass or NamedTuple instance; None for all else."""
    cls = type(value)
    if isinstance(value, PlainTuple):
        return TupleShape(len(value)), tuple(value)
    if isinstance(value, tuple):
        named = isinstance(getattr(cls, "_fields", None), tuple) and hasattr(cls, "_make")
        return (NamedShape(cls), tuple(value)) if named else None
    if isinstance(getattr(cls, "__attrs_attrs__", None), tuple):
        fields = [field for field in attrs.fields(cls) if field.init]
        shape = FieldsShape(cls, tuple(f.name for f in fields), tuple(f.alias or f.name for f in fields))
    elif isinstance(getattr(cls, "__dataclass_fields__", None), dict):
        if any(getattr(f._field_type, "name", "") == "_FIELD_INITVAR" for f in cls.__dataclass_fields__.values()):
            return None  # what it was made from is gone, so it cannot be made again: a leaf
        names = tuple(field.name for field in dataclasses.fields(cls) if field.init)
        shape = FieldsShape(cls, names, names)
    else:
        return None
    try:
        children = shape.split(value)
    except AttributeError:  # an instance whose fields are not all set: there is nothing to enter
        return None
    return None if children is None else (shape, children)
