"""Trees: leaves, records and choices; the two nodes that the library adds, and the one fold over all of them.

A new question about trees is a new `Algebra`, never a second recursion.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
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
from functools import lru_cache
from itertools import islice, product
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
    said,
    shown,
)
from .records import FieldsShape, Shape, TupleShape, typed_shape

__all__ = [
    "MAX_ALTERNATIVES",
    "MAX_DEPTH",
    "Algebra",
    "Choice",
    "Config",
    "DynamicValue",
    "Layout",
    "dissect",
    "fold",
    "freeze",
    "holds_records",
    "leaves",
    "rebuild",
    "show_path",
    "thaw",
]

R = TypeVar("R")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_DEPTH: Final = 200
"""How many records and choices may stand inside one another."""

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
        new, set_cell, cls = _new, _set_cell, Config
        for cell in product((self,), *pools):
            config = new(cls)
            set_cell(config, cell)
            yield config

    def find(self, step: object) -> int | None:
        slot = self.slots.get(step) if isinstance(step, Hashable) else None
        return None if slot is None else slot - 1

    def text(self, parts: Sequence[str]) -> str:
        return "{" + ", ".join(f"{key!r}: {part}" for key, part in zip(self.keys, parts, strict=True)) + "}"


def layout_of(keys: tuple[Hashable, ...]) -> Layout:
    """`Layout(keys)`, shared where all keys are text: keys of other types may be equal and yet differ, 1 and True."""
    return _text_layout(keys) if {*map(type, keys)} <= _TEXT else Layout(keys)


_TEXT: Final = frozenset({str})
_text_layout: Final = lru_cache(maxsize=1024)(Layout)


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
            raise ArgumentError(f"Config takes a mapping; got {said(mapping)}. For other trees there is freeze(tree)")
        _set_cell(self, freeze(mapping if type(mapping) is not Config else dict(mapping))._cell)

    def __getitem__(self, key: Any) -> Any:
        cell = self._cell
        try:
            return cell[cell[0].slots[key]]
        except KeyError:
            raise PathError(Missing(f"no key {shown(key)} in this configuration", key, tuple(self))) from None

    def __getattr__(self, name: str) -> Any:
        if name == "_cell" or name not in self._cell[0].slots:
            known = () if name == "_cell" else tuple(self)
            raise MissingAttributeError(Missing(f"no key {shown(name)} in this configuration", name, known))
        return self[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cell[0].keys)

    def __reversed__(self) -> Iterator[Any]:
        keys: tuple[Any, ...] = self._cell[0].keys
        return iter(keys[::-1])

    def __len__(self) -> int:
        return len(self._cell) - 1

    def __contains__(self, key: object) -> bool:
        return key in self._cell[0].slots

    def get(self, key: Any, default: Any = None) -> Any:
        slot = self._cell[0].slots.get(key)
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
            return mine[1:] == theirs[1:]
        if len(mine) != len(theirs) or mine[0].slots.keys() != theirs[0].slots.keys():
            return False
        return mine[1:] == tuple([theirs[theirs[0].slots[key]] for key in mine[0].keys])

    def __hash__(self) -> int:
        try:
            return hash(frozenset(zip(self._cell[0].keys, self._cell[1:], strict=True)))
        except TypeError:
            path, leaf = next((path, leaf) for path, leaf in leaves(self) if not _hashable(leaf))
            raise ArgumentError(f"this configuration is not hashable: {show_path(path)} is {said(leaf)}") from None

    def __repr__(self) -> str:
        return f"Config({fold(_REPR, self)})"

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
    depend on the process. Alternatives are frozen, leaves are shared.

    >>> DynamicValue(i / 10 for i in range(1, 4))
    DynamicValue((0.1, 0.2, 0.3))
    >>> DynamicValue(range(0, 10**12, 3)).values[-1]
    999999999999
    >>> DynamicValue([{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]).values[1]
    Config({'name': 'adam'})

    Raises:
        ChoiceError: a bare `str`, `bytes`, mapping or something that is not iterable; shows what was probably meant.
        SizeError: an iterable of unknown length yields more than 10^7 values; names `itertools.islice`.

    See also: `expand`; `Sweep`, which is a choice too where it stands in a tree.
    """

    values: Sequence[T_co] = attrs.field(converter=_read_alternatives)
    _entered: bool = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        entered = not isinstance(self.values, range) and any(dissect(v) is not None for v in self.values)
        object.__setattr__(self, "_entered", entered)

    @property
    def trees(self) -> tuple[Any, ...]:
        return tuple(self.values) if self._entered else ()

    def over(self, fn: Callable[[Any], Any]) -> DynamicValue[Any]:
        return DynamicValue(map(fn, self.values))

    def listed(self) -> Sequence[T_co]:
        return self.values

    def __len__(self) -> int:
        try:
            return len(self.values)
        except OverflowError:
            raise CountError(
                f"more alternatives than len() can say: {shown(self.values)}; ask expand(...).size"
            ) from None

    def __bool__(self) -> bool:
        return bool(self.values)

    def __contains__(self, value: object) -> bool:
        if isinstance(self.values, range) and not isinstance(value, int):
            return False  # a range would look at every one of its numbers
        return value in self.values

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
    if isinstance(values, str | bytes | bytearray | Mapping) or not isinstance(values, Iterable):
        raise ChoiceError(
            f"DynamicValue takes an iterable of alternatives; got {said(values)}. "
            f"For this one alternative write DynamicValue([{shown(values)}])"
        )
    if isinstance(values, Choice) and not isinstance(values, DynamicValue):
        raise ChoiceError(f"{shown(values)} is a choice already: put it into the tree without DynamicValue")
    if isinstance(values, set | frozenset):
        return tuple(map(freeze, _in_stable_order(values)))
    if (
        hasattr(values, "tolist") and getattr(getattr(values, "dtype", None), "kind", "") not in "mM"
    ):  # numpy, pandas, array: Python scalars instead of their own
        values = values.tolist()
        if not isinstance(values, list):
            raise ChoiceError(f"DynamicValue takes a one-dimensional array; got the single value {said(values)}")
    read: Iterable[Any] = values if hasattr(values, "__len__") else _read(values)
    return tuple(freeze(value) for value in read)


def _read(values: Iterable[Any]) -> list[Any]:
    read = list(islice(values, MAX_ALTERNATIVES + 1))
    if len(read) > MAX_ALTERNATIVES:
        raise SizeError(
            f"DynamicValue read {MAX_ALTERNATIVES} values from {said(values)} and it goes on. "
            f"Cut it with itertools.islice(values, n), or pass a range"
        )
    return read


def _in_stable_order(values: Iterable[Any]) -> list[Any]:
    """The elements of a set in an order that is equal in every process."""
    kinds = set(map(type, values))
    if kinds <= {int, float, bool} or kinds in ({str}, {bytes}):
        return sorted(values)
    from .identity import canonical  # identity is a meaning of trees, so it stands above this module

    return sorted(values, key=canonical)


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


def dissect(value: Any) -> tuple[Shape | None, tuple[Any, ...]] | None:
    """The shape (None for a choice) and the children of a node; None for a leaf."""
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
        return layout_of(tuple(value)), tuple(value.values())
    return typed_shape(value)


_SCALARS: Final = frozenset({str, int, float, bool, type(None), bytes, range, complex})


def fold(algebra: Algebra[R], tree: Any) -> R:
    """`algebra.record(shape, node, tuple(fold(algebra, child) for child in node))`, and so for each kind of node.

    Children come before their parents, in author order. It does not recurse, so it has no limit but its own.

    >>> leaves = Algebra(leaf=lambda _: 1, record=lambda _s, _n, parts: sum(parts), choice=lambda _n, parts: sum(parts))
    >>> fold(leaves, {"a": 1, "b": [2, {"c": 3}]})
    3
    >>> fold(leaves, {})
    0

    Raises:
        TreeError: a cycle, or more than 200 records and choices inside one another; names the path.

    Source: catamorphisms, after Meijer, Fokkinga and Paterson, "Functional programming with bananas, lenses,
    envelopes and barbed wire" (1991).
    """
    leaf = algebra.leaf
    parts = dissect(tree)
    if parts is None:
        return leaf(tree)
    top = _Frame(tree, *parts)
    frames, open_nodes = [top], {id(tree)}
    while True:
        done = top.done
        for child in top.rest:
            if type(child) in _SCALARS or (parts := dissect(child)) is None:
                done.append(leaf(child))
            elif not parts[1]:
                done.append(_close(algebra, child, parts[0], ()))
            else:
                _check_nesting(child, frames, open_nodes)
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


def _check_nesting(node: Any, frames: Sequence[_Frame], open_nodes: set[int]) -> None:
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
    return tuple(frame.shape.keys[len(frame.done)] for frame in frames if frame.shape is not None)


def show_path(path: Iterable[Hashable]) -> str:
    """`llm.model`, `layers.0`, `['a.b'].c`: a path as messages write it."""
    steps = [str(step) if _plain(step) else f"[{shown(step)}]" for step in path]
    return ".".join(steps).replace(".[", "[") or "the root"


def _plain(step: object) -> bool:
    return isinstance(step, str) and step != "" and "." not in step


# --- the algebras that belong to trees themselves ----------------------------------------------------


def rebuild(shape: Shape, node: Any, parts: Sequence[Any]) -> Any:
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
    return list(parts) if isinstance(shape, TupleShape) else rebuild(shape, node, parts)


_REBUILD: Final[Algebra[Any]] = Algebra(
    leaf=lambda leaf: leaf,
    record=rebuild,
    choice=lambda node, _: node,
)


def _frozen_set(leaf: set[Any] | frozenset[Any]) -> frozenset[Any]:
    if any(isinstance(element, Choice) for element in leaf):
        raise ChoiceError(f"a choice inside a set is not seen: {shown(leaf)}. Put the choice among the sets themselves")
    return leaf if isinstance(leaf, frozenset) else frozenset(leaf)


_FREEZE: Final[Algebra[Any]] = attrs.evolve(
    _REBUILD, leaf=lambda leaf: _frozen_set(leaf) if isinstance(leaf, set | frozenset) else leaf
)
_THAW: Final[Algebra[Any]] = Algebra(
    leaf=lambda leaf: set(leaf) if isinstance(leaf, frozenset) else leaf,
    record=_thaw_record,
    choice=lambda node, _: node,
)


def _choice_text(node: Any, parts: tuple[str, ...]) -> str:
    if not isinstance(node, DynamicValue):
        return repr(node)
    return f"DynamicValue({TupleShape(len(parts)).text(parts) if parts else repr(node.values)})"


_REPR: Final[Algebra[str]] = Algebra(
    leaf=repr,
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
        TreeError: a cycle, or nesting deeper than 200; names the path.

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


def holds_records(tree: Any) -> bool:
    """Whether a tree is a record other than a list, or a choice among such: what a configuration can be."""
    parts = dissect(tree)
    if isinstance(tree, DynamicValue):
        return all(map(holds_records, tree.values)) if not isinstance(tree.values, range) else not tree.values
    return parts is not None and not isinstance(parts[0], TupleShape)


def leaves(tree: Any) -> _Leaves:
    """Every leaf with its path, in author order; an empty record and a choice count as leaves."""
    return fold(_LEAVES, tree)


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
