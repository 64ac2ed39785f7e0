"""Trees: leaves, records and choices; the two nodes that the library adds, and the one fold over all of them.

A new question about trees is a new `Algebra`, never a second recursion.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections import UserString, deque
from collections.abc import (
    Callable,
    Hashable,
    ItemsView,
    Iterable,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from contextlib import suppress
from functools import lru_cache
from itertools import chain, islice, product, repeat, starmap
from math import prod
from numbers import Number
from typing import Any, Final, Generic, TypeVar, final

import attrs

from .errors import (
    ArgumentError,
    ChoiceError,
    CountError,
    Missing,
    MissingAttributeError,
    PathError,
    SizeError,
    SpearmintError,
    TreeError,
    full_repr,
    repr_with_type,
    short_repr,
)
from .opaque import find_inside, is_model
from .records import FieldsShape, Shape, TupleShape, typed_shape
from .tables import is_keyed, table_rows
from .views import show_html

__all__ = [
    "MAX_ALTERNATIVES",
    "MAX_DEPTH",
    "Algebra",
    "Choice",
    "Config",
    "DynamicValue",
    "Layout",
    "are_equal",
    "fold",
    "freeze",
    "holds_records",
    "list_leaves",
    "open_node",
    "rebuild_record",
    "require_expanded",
    "show_path",
    "thaw",
]

R = TypeVar("R")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_DEPTH: Final = 200
"""How many records and choices may stand inside one another."""

MAX_NODES: Final = 5 * 10**6
"""How many records and choices a tree may have, a part that stands in several places counted at each."""

MAX_ALTERNATIVES: Final = 10**7
"""How many values are read from an iterable that does not tell its length."""


# --- records from mappings -------------------------------------------------------------------------


@final
@attrs.frozen
class Layout:
    """The shape of a `Config`: its keys, shared by every configuration of a sweep.

    A configuration is one tuple, its cell: the layout first, then a value per key. So a sweep's
    configurations come out of `itertools.product((layout,), *pools)` without another copy.
    """

    keys: tuple[Hashable, ...]
    slots: dict[Hashable, int] = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        slots = {key: position for position, key in enumerate(self.keys, 1)}
        object.__setattr__(self, "slots", slots)

    def __reduce__(self) -> tuple[Any, ...]:
        return Layout, (self.keys,)

    def build(self, values: Sequence[Any]) -> Config:
        config = _new(Config)
        _set_cell(config, (self, *values))
        return config

    def split(self, value: Any) -> tuple[Any, ...] | None:
        if not isinstance(value, Mapping) or len(value) != len(self.keys):
            return None
        if type(value) is Config and value._cell[0] is self:
            return value._cell[1:]
        return tuple(value[key] for key in self.keys) if all(key in value for key in self.keys) else None

    def stream(self, pools: Sequence[Sequence[Any]]) -> Iterator[Config]:
        cells, count = product((self,), *pools), prod(map(len, pools))
        return _filled(cells) if count < BLOCK // 4 else chain.from_iterable(_blocks(cells, count))

    def build_all(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[Config]:
        configs = list(starmap(_new, repeat((Config,), len(rows))))
        deque(starmap(_set_cell, zip(configs, rows, strict=True)), 0)
        return configs

    @property
    def row_head(self) -> tuple[Any, ...]:
        return (self,)

    def find(self, step: object) -> int | None:
        slot = self.slots.get(step) if isinstance(step, Hashable) else None
        return None if slot is None else slot - 1

    def text(self, parts: Sequence[str]) -> str:
        return "{" + ", ".join(f"{full_repr(key)}: {part}" for key, part in zip(self.keys, parts, strict=True)) + "}"


def layout_of(keys: tuple[Hashable, ...]) -> Layout:
    """`Layout(keys)`, shared where all keys are text: keys of other types may be equal and yet differ, 1 and True."""
    return _text_layout(keys) if {*map(type, keys)} <= _TEXT else Layout(keys)


_TEXT: Final = frozenset({str})
_text_layout: Final = lru_cache(maxsize=1024)(Layout)


BLOCK: Final = 128
"""How many configurations of a long stream are made at once."""


def _filled(cells: Iterator[tuple[Any, ...]]) -> Iterator[Config]:
    """A configuration for each cell."""
    new, set_cell, cls = _new, _set_cell, Config
    for cell in cells:
        config = new(cls)
        set_cell(config, cell)
        yield config


def _blocks(cells: Iterator[tuple[Any, ...]], count: int) -> Iterator[list[Config]]:
    """`_filled(cells)` in blocks, the first of them small; a third cheaper for the `count` of them.

    The interpreter takes no step for each configuration, and `starmap` hands on the tuples of `repeat` and `zip` as
    arguments, where a call would make a new one.
    """
    size = 4
    while count:
        size = min(4 * size, BLOCK, count)
        configs = list(starmap(_new, repeat((Config,), size)))
        deque(starmap(_set_cell, zip(configs, cells, strict=False)), 0)
        yield configs
        count -= size


@final
@attrs.frozen(init=False, eq=False, repr=False)
class Config(Mapping[Any, Any]):
    """`freeze(mapping)`: a frozen mapping whose dicts are `Config`, whose lists are tuples, whose sets are frozensets.

    Keys keep their order; equality and hash do not depend on it. A key is read as `c["llm"]` or `c.llm`;
    a key that collides with a method (`items`) by subscript alone. Leaves are shared with the input, never
    copied. `c | patch` is `override(patch, c)`.

    >>> c = Config({"llm": {"model": "gpt-4"}, "layers": [64, 64]})
    >>> c["llm"]["model"], c.llm.model, c.layers
    ('gpt-4', 'gpt-4', (64, 64))
    >>> c == {"llm": {"model": "gpt-4"}, "layers": [64, 64]}
    True
    >>> Config()
    Config({})

    Raises:
        ArgumentError: `mapping` is not a mapping; names its type.
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `thaw`, the inverse; `freeze`; `override`.
    """

    _cell: tuple[Any, ...]

    def __init__(self, mapping: Mapping[Any, Any] | None = None, /) -> None:
        if mapping is None:
            mapping = {}
        elif not isinstance(mapping, Mapping):
            raise ArgumentError(
                f"Config takes a mapping; got {repr_with_type(mapping)}. For other trees there is freeze(tree)"
            )
        _set_cell(self, freeze(mapping if type(mapping) is not Config else dict(mapping))._cell)

    def __getitem__(self, key: Any) -> Any:
        cell = self._cell
        try:
            return cell[cell[0].slots[key]]
        except KeyError:
            raise PathError(Missing(f"no key {short_repr(key)} in this configuration", key, tuple(self))) from None
        except (TypeError, RecursionError):
            raise _no_key(key) from None

    def __getattr__(self, name: str) -> Any:
        known: tuple[Any, ...] = ()
        if name != "_cell":  # which an instance lacks until it is made
            cell = self._cell
            slot = cell[0].slots.get(name)
            if slot is not None:
                return cell[slot]
            known = tuple(self)
        raise MissingAttributeError(Missing(f"no key {short_repr(name)} in this configuration", name, known))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cell[0].keys)

    def __reversed__(self) -> Iterator[Any]:
        keys: tuple[Any, ...] = self._cell[0].keys
        return iter(keys[::-1])

    def __len__(self) -> int:
        return len(self._cell) - 1

    def __contains__(self, key: object) -> bool:
        try:
            return key in self._cell[0].slots
        except (TypeError, RecursionError):
            raise _no_key(key) from None

    def get(self, key: Any, default: Any = None) -> Any:
        try:
            slot = self._cell[0].slots.get(key)
        except (TypeError, RecursionError):
            raise _no_key(key) from None
        return default if slot is None else self._cell[slot]

    def _dict(self) -> dict[Any, Any]:
        return dict(zip(self._cell[0].keys, self._cell[1:], strict=True))

    def keys(self) -> KeysView[Any]:
        return self._dict().keys()

    def values(self) -> ValuesView[Any]:
        return self._dict().values()

    def items(self) -> ItemsView[Any, Any]:
        return self._dict().items()

    def __or__(self, patch: Mapping[Any, Any]) -> Config:
        return _override(patch, self) if isinstance(patch, Mapping) else NotImplemented

    def __ror__(self, tree: Mapping[Any, Any]) -> Config:
        return _override(self, tree) if isinstance(tree, Mapping) else NotImplemented

    def __eq__(self, other: object) -> bool:
        if type(other) is not Config:
            if not isinstance(other, Mapping):
                return NotImplemented
            try:
                other = Config(other)
            except SpearmintError:  # a cycle, say: not a tree, so not equal to one
                return False
        mine, theirs = self._cell, other._cell
        if mine[0] is theirs[0]:
            return _equal_values(mine[1:], theirs[1:])
        if len(mine) != len(theirs) or mine[0].slots.keys() != theirs[0].slots.keys():
            return False
        return _equal_values(mine[1:], tuple([theirs[theirs[0].slots[key]] for key in mine[0].keys]))

    def __hash__(self) -> int:
        try:
            return hash(frozenset(zip(self._cell[0].keys, self._cell[1:], strict=True)))
        except TypeError:
            parts = (*list_leaves(self), *(((key,), value) for key, value in self.items()))
            path, part = next((path, part) for path, part in parts if not _hashable(part))
            raise ArgumentError(
                f"this configuration is not hashable: {show_path(path)} is {repr_with_type(part)}"
            ) from None

    def __repr__(self) -> str:
        return f"Config({fold(_REPR, self)})"

    def _repr_html_(self) -> str:
        return show_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _thawed_config, (self._cell[0], self._cell[1:])

    def __copy__(self) -> Config:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Config:
        copied: Config = fold(attrs.evolve(_REBUILD, leaf=lambda leaf: copy.deepcopy(leaf, memo)), self)
        return copied

    @property
    def config_id(self) -> str:
        """`config_id(self)`, computed when asked; a `"config_id"` key of the user's own is honoured."""
        from .identity import config_id  # identity is a meaning of trees, so it stands above this module

        return config_id(self)


_new: Final = object.__new__
_set_cell: Final = Config._cell.__set__  # type: ignore[attr-defined]  # the slot itself: Config is frozen


def _thawed_config(layout: Layout, values: tuple[Any, ...]) -> Config:
    return layout.build(values)


def _no_key(key: Any) -> ArgumentError:
    return ArgumentError(
        f"a key of a configuration is hashable; got {repr_with_type(key)}. At a path there is get_in(path, config)"
    )


def _override(patch: Any, tree: Any) -> Config:
    from .paths import override  # an operation on trees, so it stands above this module

    merged: Config = override(patch, tree)
    return merged


# --- choices ---------------------------------------------------------------------------------------


class Choice(ABC):
    """A sum node: one of several alternatives. `DynamicValue` is one, and so is a `Sweep` inside a tree."""

    __slots__ = ()

    @property
    @abstractmethod
    def trees(self) -> tuple[Any, ...]:
        """The alternatives that a fold must enter: all of them, or none where every one is a leaf."""

    @abstractmethod
    def over(self, fn: Callable[[Any], Any]) -> Choice:
        """The choice among `fn` of each alternative."""

    @abstractmethod
    def listed(self) -> Sequence[Any]:
        """The alternatives, for an identity; an error where there are too many."""


def _read_alternatives(values: Iterable[T]) -> Sequence[T]:
    return _alternatives(values)


@final
@attrs.frozen(repr=False)
class DynamicValue(Choice, Generic[T_co]):
    """`values`, one of which each configuration takes: a choice node of a tree.

    Alternatives keep their order and are trees again: a choice inside an alternative is a conditional
    sub-space. A `range` is kept as it is; any other iterable, a generator too, is read once into a tuple, so
    it can be expanded again; arrays give Python scalars; sets are put into an order that does not
    depend on the process. A table (a data frame of pandas, polars, pyarrow or narwhals, a structured array) is a
    choice among its rows, each a record; a Series gives its values. Alternatives are frozen, leaves are shared.

    >>> DynamicValue(i / 10 for i in range(1, 4))
    DynamicValue((0.1, 0.2, 0.3))
    >>> DynamicValue(range(0, 10**12, 3)).values[-1]
    999999999999
    >>> DynamicValue([{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]).values[1]
    Config({'name': 'adam'})

    Raises:
        ChoiceError: a bare `str`, `bytes`, mapping or something that is not iterable; an iterator with nothing left;
            a table with two columns of one name; an alternative that hides a choice. Shows what was probably meant.
        SizeError: an iterable yields more values than its length, or more than 10^7 where it tells none; names
            `itertools.islice`.

    See also: `expand`; `Sweep`, which is a choice too where it stands in a tree.
    """

    values: Sequence[T_co] = attrs.field(converter=_read_alternatives)
    _entered: bool = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        entered = not isinstance(self.values, range) and any(open_node(v) is not None for v in self.values)
        object.__setattr__(self, "_entered", entered)

    @property
    def trees(self) -> tuple[Any, ...]:
        return tuple(self.values) if self._entered else ()

    def over(self, fn: Callable[[Any], Any]) -> DynamicValue[Any]:
        return DynamicValue([fn(value) for value in self.values])

    def listed(self) -> Sequence[T_co]:
        return self.values

    def __len__(self) -> int:
        try:
            return len(self.values)
        except OverflowError:
            raise CountError(
                f"more alternatives than len() can say: {short_repr(self.values)}; ask expand(...).size"
            ) from None

    def __bool__(self) -> bool:
        return bool(self.values)

    def __contains__(self, value: object) -> bool:
        if isinstance(self.values, range):  # it would look at every one of its numbers for anything but a plain int
            return isinstance(value, int) and int.__int__(value) in self.values
        if type(value) in _SCALARS and _PLAIN.issuperset(map(type, self.values)):
            return value in self.values
        return any(are_equal(value, other) for other in self.values)

    def __eq__(self, other: object) -> bool:
        if type(other) is not DynamicValue:
            return NotImplemented
        if isinstance(self.values, range) or isinstance(other.values, range):
            return self.values == other.values
        return _equal_values(self.values, other.values)

    def __hash__(self) -> int:
        try:
            return hash((DynamicValue, self.values))
        except TypeError:
            value = next(value for value in self.values if not _hashable(value))
            raise ArgumentError(f"this choice is not hashable: an alternative is {repr_with_type(value)}") from None

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.values)

    def __repr__(self) -> str:
        return fold(_REPR, self)

    def __reduce__(self) -> tuple[Any, ...]:
        return DynamicValue, (self.values,)


def _alternatives(values: Any) -> Sequence[Any]:
    """What `DynamicValue` keeps of its argument: a range as it is, all else as a tuple of frozen trees."""
    if isinstance(values, range):
        return values
    if type(values) in (list, tuple):
        return tuple(map(freeze, values))
    if isinstance(values, _ONE) or is_model(type(values)) or not isinstance(values, Iterable):
        rows = table_rows(values)
        if rows is None:
            raise ChoiceError(
                f"DynamicValue takes an iterable of alternatives; got {repr_with_type(values)}. "
                f"For this one alternative write DynamicValue([{short_repr(values)}])"
            )
        return tuple(map(freeze, rows))
    if isinstance(values, DynamicValue):
        return values.values
    if isinstance(values, Choice):
        raise ChoiceError(f"{short_repr(values)} is a choice already: put it into the tree without DynamicValue")
    if isinstance(values, set | frozenset):
        return tuple(map(freeze, _in_stable_order(values)))
    return tuple(map(freeze, _listed(values)))


_ONE: Final = (str, bytes, bytearray, UserString, Mapping)
"""What can be iterated over and yet is meant as one alternative."""


def _listed(values: Any) -> Sequence[Any]:
    """The alternatives of a table, an array, or any other iterable, as Python's own values."""
    rows = table_rows(values)
    if rows is not None:
        return rows
    if is_keyed(values):
        raise ChoiceError(
            f"DynamicValue takes an iterable of alternatives; {repr_with_type(values)} has keys or columns, and may give "
            f"their names alone. For what it does give write DynamicValue(list(...))"
        )
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if hasattr(values, "tolist") and kind not in ("m", "M"):  # numpy, array: Python scalars, not their own
        values = values.tolist()
        if not isinstance(values, list):
            raise ChoiceError(
                f"DynamicValue takes a one-dimensional array; got the single value {repr_with_type(values)}"
            )
        return values
    return _read(values)


def _read(values: Iterable[Any]) -> list[Any]:
    """The values, up to the length that they tell, or to the bound for those that tell none."""
    most, unread = _length(values), _is_unread(values)
    read = list(islice(values, most + 1))
    if len(read) > most:
        raise SizeError(
            f"DynamicValue read {most} values from {repr_with_type(values)} and it goes on. "
            f"Cut it with itertools.islice(values, n), or pass a range"
        )
    if not read and isinstance(values, Iterator) and not unread:
        raise ChoiceError(
            f"DynamicValue read nothing from {repr_with_type(values)}: an iterator gives its values once, and this one has none "
            f"left. Keep them in a list; for a choice without alternatives write DynamicValue([])"
        )
    return read


def _is_unread(values: Any) -> bool:
    """True for an iterator of a list or a tuple that still has it: empty it may be, but nobody has read it."""
    return type(values) in _OF_SEQUENCES and len(values.__reduce__()) == 3  # the function, its argument, the position


_OF_SEQUENCES: Final[tuple[type, ...]] = (type(iter([])), type(iter(())))


def _length(values: Any) -> int:
    try:
        return len(values)
    except (TypeError, ValueError, OverflowError):  # an iterator, or a length that is none
        return MAX_ALTERNATIVES


def _in_stable_order(values: Iterable[Any]) -> list[Any]:
    """The elements of a set in an order that is equal in every process."""
    kinds = set(map(type, values))
    if kinds <= {int, float, bool} or kinds in ({str}, {bytes}):
        return sorted(values)
    from .identity import encode_tree  # identity is a meaning of trees, so it stands above this module

    return sorted(values, key=encode_tree)


# --- the fold --------------------------------------------------------------------------------------


@final
@attrs.frozen(eq=False, repr=False)
class Algebra(Generic[R]):
    """One meaning of trees: a function per kind of node, given its children's results in author order.

    `leaf(value)`; `record(shape, node, parts)`; `choice(node, parts)`, where `parts` is empty for a choice
    whose alternatives are all leaves (they are in `node`) or cannot be entered (a `Sweep`).
    """

    leaf: Callable[[Any], R]
    record: Callable[[Shape, Any, tuple[R, ...]], R]
    choice: Callable[[Any, tuple[R, ...]], R]


class _Frame:
    """A record or a choice whose children are being folded."""

    __slots__ = ("done", "node", "rest", "shape")

    def __init__(self, node: Any, shape: Shape | None, children: tuple[Any, ...]) -> None:
        self.node, self.shape, self.rest = node, shape, iter(children)
        self.done: list[Any] = []


def open_node(value: Any) -> tuple[Shape | None, tuple[Any, ...]] | None:
    """The shape (None for a choice) and the children of a node; None for a leaf.

    Raises:
        TreeError: a mapping that cannot be read as one.
    """
    try:
        return _dissected(value)
    except _MappingError as error:
        raise TreeError(f"no tree: {error}. {_AS_DICT}") from None


def _dissected(value: Any) -> tuple[Shape | None, tuple[Any, ...]] | None:
    kind = type(value)
    if kind is dict:
        return layout_of(tuple(value)), tuple(value.values())
    if kind in _SCALARS or isinstance(value, type):
        return None
    if kind is Config:
        return value._cell[0], value._cell[1:]
    if kind is tuple or isinstance(value, list):
        return TupleShape(len(value)), tuple(value)
    if isinstance(value, Choice):
        return None, value.trees
    if isinstance(value, Mapping):
        return _entries(value)
    return typed_shape(value)


_AS_DICT: Final = "Make it a dict first"


class _MappingError(Exception):
    """A mapping that cannot be read as one, on its way to who knows where it stands."""


class _HiddenError(Exception):
    """A value with a choice inside that no fold enters, on its way to who knows where it stands."""


def _entries(mapping: Mapping[Any, Any]) -> tuple[Layout, tuple[Any, ...]]:
    """The layout and the values of a mapping that is no dict: it may be of any kind, and wrong about itself."""
    keys = tuple(islice(mapping, len(mapping) + 1))
    try:
        distinct = len({*keys})
    except (TypeError, RecursionError):
        raise _MappingError(f"{repr_with_type(mapping)} has a key that is not hashable") from None
    if not distinct == len(keys) == len(mapping):
        raise _MappingError(
            f"{repr_with_type(mapping)} has a length of {len(mapping)} and gives at least {len(keys)} keys, {distinct} different"
        )
    return layout_of(keys), tuple(mapping[key] for key in keys)


_SCALARS: Final = frozenset({str, int, float, bool, type(None), bytes, range, complex})
_PLAIN: Final = _SCALARS | {Config}
"""Types whose values are compared as a whole; of all others one may hold an array, which is not."""


def fold(algebra: Algebra[R], tree: Any) -> R:
    """`algebra.record(shape, node, tuple(fold(algebra, child) for child in node))`, and so for each kind of node.

    Children come before their parents, in author order. It does not recurse, so it has no limit but its own.

    >>> leaves = Algebra(leaf=lambda _: 1, record=lambda _s, _n, parts: sum(parts), choice=lambda _n, parts: sum(parts))
    >>> fold(leaves, {"a": 1, "b": [2, {"c": 3}]})
    3
    >>> fold(leaves, {})
    0

    Raises:
        TreeError: a cycle, more than 200 records and choices inside one another, more than 5 * 10^6 in all, or a
            mapping that cannot be read as one; names the path.

    Source: catamorphisms, after Meijer, Fokkinga and Paterson, "Functional programming with bananas, lenses,
    envelopes and barbed wire" (1991).
    """
    parts = open_node(tree)
    frames = [] if parts is None else [_Frame(tree, *parts)]
    try:
        return _folded(algebra, frames) if frames else algebra.leaf(tree)
    except _MappingError as error:
        raise TreeError(f"no tree at {show_path(_path(frames))}: {error}. {_AS_DICT}") from None
    except _HiddenError as error:
        path = _path(frames)
        raise ChoiceError(f"{show_path(path)}: {error}" if path else str(error)) from None


def _folded(algebra: Algebra[R], frames: list[_Frame]) -> R:
    """The fold of the one node whose frame is given."""
    leaf, top, entered = algebra.leaf, frames[0], 0
    open_nodes = {id(top.node)}
    while True:
        done = top.done
        for child in top.rest:
            if type(child) in _SCALARS or (parts := _dissected(child)) is None:
                done.append(leaf(child))
            elif not parts[1]:
                done.append(_close(algebra, child, parts[0], ()))
            else:
                entered += 1
                _check_nesting(child, frames, open_nodes, entered)
                open_nodes.add(id(child))
                top = _Frame(child, *parts)
                frames.append(top)
                break
        else:
            result: R = _close(algebra, top.node, top.shape, tuple(done))
            open_nodes.discard(id(top.node))
            frames.pop()
            if not frames:
                return result
            top = frames[-1]
            top.done.append(result)


def _close(algebra: Algebra[R], node: Any, shape: Shape | None, parts: tuple[R, ...]) -> R:
    return algebra.choice(node, parts) if shape is None else algebra.record(shape, node, parts)


def _check_nesting(node: Any, frames: Sequence[_Frame], open_nodes: set[int], entered: int) -> None:
    if entered > MAX_NODES:
        raise TreeError(
            f"the tree has more than {MAX_NODES} records and choices, the last at {show_path(_path(frames)[:6])}…. "
            f"A part that holds another twice, and so on, doubles each time: hide it in an object of your own"
        )
    if id(node) in open_nodes:
        depth = next(depth for depth, frame in enumerate(frames) if frame.node is node)
        raise TreeError(
            f"the tree contains itself: {show_path(_path(frames))} is the {type(node).__qualname__} "
            f"that stands at {show_path(_path(frames[:depth]))}. Cut the cycle, or keep the object out of the tree"
        )
    if len(frames) >= MAX_DEPTH:
        raise TreeError(
            f"the tree is nested deeper than {MAX_DEPTH} at {show_path(_path(frames)[:6])}…: "
            f"{type(node).__qualname__}. Flatten it, or hide the inner part in an object of your own"
        )


def _path(frames: Iterable[_Frame]) -> tuple[Hashable, ...]:
    open_records = (frame for frame in frames if frame.shape is not None and len(frame.done) < len(frame.shape.keys))
    return tuple(frame.shape.keys[len(frame.done)] for frame in open_records)  # type: ignore[union-attr]  # see above


def show_path(path: Iterable[Hashable]) -> str:
    """`llm.model`, `layers.0`, `['a.b'].c`: a path as messages write it."""
    steps = map(_step_text, islice(path, MAX_DEPTH))
    return ".".join(steps).replace(".[", "[") or "the root"


def _step_text(step: object) -> str:
    text = str.__str__(step) if issubclass(type(step), str) else ""
    bare = 0 < len(text) < 100 and "." not in text and text.isprintable()
    return text if bare else f"[{short_repr(step)}]"


# --- the algebras that belong to trees themselves ----------------------------------------------------


def rebuild_record(shape: Shape, node: Any, parts: Sequence[Any]) -> Any:
    """`shape.build(parts)`; `node` itself where nothing changed, or where its class refuses frozen fields."""
    if not isinstance(node, list | dict) and _unchanged(shape, node, parts):
        return node
    if not isinstance(shape, FieldsShape):
        return shape.build(parts)
    try:
        return shape.made(parts)
    except Exception:  # its own validators want a list or a dict: then it stays the leaf that the user gave
        return node


def _unchanged(shape: Shape, node: Any, parts: Sequence[Any]) -> bool:
    if isinstance(shape, Layout) and type(node) is not Config:
        return False
    children = shape.split(node) or ()
    return all(part is child for part, child in zip(parts, children, strict=True))


def _thaw_record(shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
    if isinstance(shape, Layout):
        return dict(zip(shape.keys, parts, strict=True))
    return list(parts) if isinstance(shape, TupleShape) else rebuild_record(shape, node, parts)


_REBUILD: Final[Algebra[Any]] = Algebra(
    leaf=lambda leaf: leaf,
    record=rebuild_record,
    choice=lambda node, _: node,
)


def _frozen_leaf(leaf: Any) -> Any:
    """The leaf, a set as a frozenset; an error where it hides a choice, which nothing would ever expand."""
    kind = type(leaf)
    if kind in _SCALARS:
        return leaf
    if hasattr(kind, "__next__") and kind.__module__ in ("builtins", "itertools"):
        raise _HiddenError(
            f"{repr_with_type(leaf)} gives its values once, to the first configuration that asks. Keep them in a list, or make a "
            f"choice among them: DynamicValue(...)"
        )
    if (choice := find_inside(Choice, leaf)) is not None:
        raise _HiddenError(_hidden(choice, leaf))
    return frozenset(leaf) if isinstance(leaf, set) else leaf


def _frozen_record(shape: Shape, node: Any, parts: Sequence[Any]) -> Any:
    """The record of frozen parts; an error where its keys hide a choice, or fields that are not its parts."""
    if type(shape) is Layout:
        if not {*map(type, shape.keys)} <= _TEXT and (choice := find_inside(Choice, shape.keys)) is not None:
            raise _HiddenError(
                f"a choice in a key is not seen: {short_repr(choice)}. Choose among whole mappings instead"
            )
    elif type(shape) is not TupleShape:
        children = shape.split(node) or ()
        if find_inside(Choice, node, known=children) is not None:
            seen = [
                leaf for _, leaf in list_leaves(children) if isinstance(leaf, Choice)
            ]  # a field may be made of the others
            if (choice := find_inside(Choice, node, known=(*children, *seen))) is not None:
                raise _HiddenError(_hidden(choice, node))
    return rebuild_record(shape, node, parts)


def _hidden(choice: Any, value: Any) -> str:
    """`a choice inside a deque is not seen: ...`, and the way out."""
    name = type(value).__qualname__
    head = f"a choice inside a {name} is not seen: {short_repr(value)}"
    if isinstance(value, set | frozenset):
        return f"{head}. Put the choice among the sets themselves"
    return (
        f"{head} holds {short_repr(choice)}. Put the choice into a dict, a list, or a field of an attrs class or a "
        f"dataclass that its __init__ takes, or make it a choice of each {name}: DynamicValue([...])"
    )


_FREEZE: Final[Algebra[Any]] = Algebra(leaf=_frozen_leaf, record=_frozen_record, choice=lambda node, _: node)
_THAW: Final[Algebra[Any]] = Algebra(
    leaf=lambda leaf: set(leaf) if isinstance(leaf, frozenset) else leaf,
    record=_thaw_record,
    choice=lambda node, _: node,
)


def _choice_text(node: Any, parts: tuple[str, ...]) -> str:
    if not isinstance(node, DynamicValue):
        return repr(node)
    if isinstance(node.values, range):
        return f"DynamicValue({full_repr(node.values)})"
    return f"DynamicValue({TupleShape(len(node.values)).text(parts or tuple(map(full_repr, node.values)))})"


_REPR: Final[Algebra[str]] = Algebra(
    leaf=full_repr,
    record=lambda shape, _, parts: shape.text(parts),
    choice=_choice_text,
)
_Leaves = list[tuple[tuple[Hashable, ...], Any]]


def _leaves_record(shape: Shape, node: Any, parts: tuple[_Leaves, ...]) -> _Leaves:
    if not parts:
        return [((), node)]
    return [((key, *path), leaf) for key, part in zip(shape.keys, parts, strict=True) for path, leaf in part]


_LEAVES: Final[Algebra[_Leaves]] = Algebra(
    leaf=lambda leaf: [((), leaf)],
    record=_leaves_record,
    choice=lambda node, _: [((), node)],
)


def freeze(tree: Any) -> Any:
    """The tree with mappings as `Config`, lists as tuples and sets as frozensets, all the way down.

    attrs and dataclass instances and NamedTuples are rebuilt as their own type where a field changes, through
    their `__init__`; where their class refuses the frozen field they stay as they are. Choices are frozen
    already. Leaves, and everything that is frozen, are shared; no input is changed.

    >>> freeze([1, {"a": {2}}])
    (1, Config({'a': frozenset({2})}))
    >>> freeze("a leaf")
    'a leaf'

    Raises:
        TreeError: a cycle, nesting deeper than 200, or a mapping that is wrong about its keys; names the path.
        ChoiceError: a choice where nothing would expand it: inside a leaf (a set, a deque, an object of a class of its
            own), in a key, or in a field that `__init__` does not take; names the path.

    See also: `thaw`, the inverse.
    """
    if type(tree) is Config or type(tree) in _SCALARS:
        return tree  # frozen since it was made
    return fold(_FREEZE, tree)


def thaw(config: Any) -> Any:
    """The inverse of `freeze`: mappings as `dict`, tuples as `list`, frozensets as `set`, all the way down.

    Every container is new, so it may be changed; leaves are shared. attrs and dataclass instances and
    NamedTuples stay what they are, and so do choices. `freeze(thaw(config)) == config`.

    >>> thaw(Config({"llm": {"layers": (64, 64)}}))
    {'llm': {'layers': [64, 64]}}
    >>> thaw(Config())
    {}

    Raises:
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `freeze`, the inverse.
    """
    return fold(_THAW, config)


MAX_LOOKED: Final = 2_000
"""How many objects of something that is about to run are looked at for a choice: it may be of any size and kind."""


def require_expanded(config: Any) -> Any:
    """`config`, or the error that names `expand` where a choice is still in it."""
    if type(config) is Config and _SCALARS.issuperset(map(type, config._cell[1:])):
        return config
    choice = config if isinstance(config, Choice) else find_inside(Choice, config, most=MAX_LOOKED)
    if choice is None:
        return config
    path = next((path for path, leaf in _leaves_if_tree(config) if leaf is choice), ())
    where = f" at {show_path(path)}" if path else ""
    raise ArgumentError(
        f"a configuration was not expanded: there is a choice in it{where}, {short_repr(choice)}. Run over expand(tree), or "
        f"over concat(*map(expand, trees))"
    )


def _leaves_if_tree(config: Any) -> _Leaves:
    try:
        return list_leaves(config)
    except TreeError:
        return []


def holds_records(tree: Any) -> bool:
    """Whether a tree is a record other than a list, or a choice among such: what a configuration can be."""
    parts = open_node(tree)
    if isinstance(tree, DynamicValue):
        return all(map(holds_records, tree.values)) if not isinstance(tree.values, range) else not tree.values
    return parts is not None and not isinstance(parts[0], TupleShape)


def list_leaves(tree: Any) -> _Leaves:
    """Every leaf with its path, in author order; an empty record and a choice count as leaves."""
    return fold(_LEAVES, tree)


def are_equal(one: Any, other: Any) -> bool:
    """`one == other`, NaN equal to itself; by content where comparing fails, or is done element by element."""
    if one is other:
        return True
    if type(one) in _SCALARS and type(other) is type(one):
        return bool(one == other or (one != one and other != other))  # noqa: PLR0124
    if type(one) is tuple and type(other) is tuple:
        return len(one) == len(other) and all(map(are_equal, one, other))
    with suppress(Exception):  # a hostile __eq__ says nothing about equality
        equal = one == other
        if _is_truth(equal):
            both = _is_number(one) and _is_number(other) and bool(one != one and other != other)  # noqa: PLR0124
            return bool(equal) or both or _are_alike_in_parts(one, other)
    return type(one) is type(other) and _same_content(one, other)


def _are_alike_in_parts(one: Any, other: Any) -> bool:
    """True for two records, models or sets of one type that are not equal only because there is NaN in them."""
    if type(one) is not type(other) or type(one) in _SCALARS:
        return False
    mine, theirs = open_node(one), open_node(other)
    if mine is None or theirs is None:
        return not callable(one) and _same_content(one, other)
    if mine[0] is None or theirs[0] is None or len(mine[1]) != len(theirs[1]):
        return False
    if mine[0] is theirs[0]:
        return all(map(are_equal, mine[1], theirs[1]))
    parts = dict(zip(theirs[0].keys, theirs[1], strict=True))
    return parts.keys() == {*mine[0].keys} and all(map(are_equal, mine[1], map(parts.__getitem__, mine[0].keys)))


def _is_truth(equal: Any) -> bool:
    """True for a truth value, also NumPy's: an array of one would have a truth value too."""
    return type(equal) is bool or (type(equal).__module__ == "numpy" and type(equal).__name__ in ("bool", "bool_"))


def _is_number(value: Any) -> bool:
    """True where a value that is not equal to itself is NaN, rather than hostile."""
    return isinstance(value, Number) or type(value).__module__ == "numpy"


def _same_content(one: Any, other: Any) -> bool:
    from .keys import same_content  # a meaning of trees, so it stands above this module

    try:
        return same_content(one, other)
    except Exception:  # a tree without end, or hostile in all
        return False


def _equal_values(mine: Sequence[Any], theirs: Sequence[Any]) -> bool:
    """`tuple(mine) == tuple(theirs)`, where arrays and frames are equal by their content."""
    try:
        equal = mine == theirs
    except Exception:  # an array among them has no truth value
        equal = None
    if equal is False:
        return False
    if equal and _PLAIN.issuperset(map(type, mine)) and _PLAIN.issuperset(map(type, theirs)):
        return True
    return len(mine) == len(theirs) and all(map(_equal, mine, theirs))


def _equal(one: Any, other: Any) -> bool:
    """`one == other` as containers ask it, where arrays and frames are equal by their content."""
    if type(one) is tuple and type(other) is tuple:
        return _equal_values(one, other)
    if one is other:
        return True
    equal = NotImplemented
    with suppress(Exception):
        equal = one == other
    return bool(equal) if _is_truth(equal) else type(one) is type(other) and _same_content(one, other)


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
