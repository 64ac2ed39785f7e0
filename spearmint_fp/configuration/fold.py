"""The fold over trees: one walk, whose meaning is an `Algebra`, and what a class says so that its nodes are opened.

A tree is a leaf, a record or a choice. A new question about trees is a new `Algebra`, never a second recursion.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final, Generic, TypeVar, final

import attrs

from .errors import SpearmintError, TreeError
from .messages import full_repr, short_repr
from .records import MappingShape, Shape, TupleShape, join_items, open_instance
from .spacing import COMPUTED_TYPES

R = TypeVar("R")

Steps = tuple[Hashable, ...]
"""A path, parsed: the keys and indices that lead from a tree to a part of it."""

MAX_DEPTH: Final = 200
"""How many records and choices may stand inside one another."""

MAX_NODES: Final = 5 * 10**6
"""How many records and choices a tree may have, a part that stands in several places counted at each."""

TOO_DEEP: Final = "the tree is nested too deeply for the stack that is left here. Flatten it"
"""The end of an error where Python itself recurses, as it does to compare."""

SCALAR_TYPES: Final[frozenset[type]] = frozenset({str, int, float, bool, type(None), bytes, complex, *COMPUTED_TYPES})

are_scalars: Final = SCALAR_TYPES.issuperset
"""`are_scalars(map(type, values))`: then none of them is a tree with parts."""

FROZEN_TYPES: Final[set[type]] = {*SCALAR_TYPES}
"""Types whose values freezing leaves as they are, and which hold no array: their `==` is a truth value."""


class Choice(ABC):
    """A sum node: one of several alternatives. `DynamicValue` is one, and so is a `Sweep` inside a tree."""

    __slots__ = ()

    @property
    @abstractmethod
    def trees(self) -> tuple[Any, ...]:
        """The alternatives that a fold must enter: all of them, or none where every one is a leaf."""

    @property
    def leaves(self) -> Sequence[Any] | None:
        """The alternatives where every one is a leaf; None for a choice among records."""
        return None

    @abstractmethod
    def over(self, fn: Callable[[Any], Any]) -> Choice:
        """The choice among `fn` of each alternative."""

    @abstractmethod
    def listed(self) -> Sequence[Any]:
        """The alternatives, for an identity; an error where there are too many."""

    @property
    def written(self) -> tuple[str, Any]:
        """The tag that makes this choice in a file, and the tree that stands behind it."""
        return "!sweep", self.listed()


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
    keeps_scalars: bool = False
    """True where `leaf` returns values of `SCALAR_TYPES` as they are: then it is not called with them."""
    scalars: Callable[[Shape, Any, tuple[Any, ...]], R] = attrs.field()
    """`record(shape, node, tuple(map(leaf, children)))` for children of `SCALAR_TYPES` alone, where that is quicker."""

    @scalars.default
    def _fold_scalars(self) -> Callable[[Shape, Any, tuple[Any, ...]], R]:
        leaf, record = self.leaf, self.record
        if self.keeps_scalars:
            return record
        return lambda shape, node, children: record(shape, node, tuple(map(leaf, children)))


def keep_choice(node: Any, _parts: Sequence[Any]) -> Any:
    """`node`: the `choice` of an algebra that changes records and leaves alone, and so does not enter choices."""
    return node


# --- opening nodes -----------------------------------------------------------------------------------

Opened = tuple[Shape | None, tuple[Any, ...]]
"""The shape of a record, or None for a choice, and the children."""


class RefusedNodeError(Exception):
    """A node that its opener or an algebra refuses: the fold adds where it stands, and raises it as `error`."""

    def __init__(self, error: type[SpearmintError], text: str) -> None:
        super().__init__(error, text)
        self.error, self.text = error, text

    def at(self, path: Steps) -> SpearmintError:
        return self.error(f"{show_path(path)}: {self.text}" if path else self.text)


_tuple_shape: Final = lru_cache(maxsize=1024)(TupleShape)


def _open_sequence(value: Any) -> Opened:
    return _tuple_shape(len(value)), tuple(value)


_OPENERS: Final[dict[type, Callable[[Any], Opened | None]]] = {tuple: _open_sequence, list: _open_sequence}
"""How the nodes of exactly these types are opened; that of `Mapping` opens every mapping that has none of its own."""


def register_node(kind: type, opener: Callable[[Any], Opened | None], *, frozen: bool = False) -> None:
    """Have the fold open the values of exactly this type; `frozen` where freezing would change nothing in them."""
    _OPENERS[kind] = opener
    if frozen:
        FROZEN_TYPES.add(kind)


def forget_node(kind: type) -> None:
    """The inverse of `register_node`."""
    del _OPENERS[kind]
    FROZEN_TYPES.discard(kind)


def _open_other(value: Any) -> Opened | None:
    """A node of a class that is not registered: opened as what it is one of."""
    if type(value) in SCALAR_TYPES or isinstance(value, type):
        return None
    if isinstance(value, list):
        return _open_sequence(value)
    if isinstance(value, Choice):
        return None, value.trees
    if isinstance(value, Mapping):
        return _OPENERS[Mapping](value)
    return open_instance(value)


def open_node(value: Any) -> Opened | None:
    """The shape (None for a choice) and the children of a node; None for a leaf.

    Raises:
        TreeError: a mapping that cannot be read as one.
    """
    try:
        return _OPENERS.get(type(value), _open_other)(value)
    except RefusedNodeError as refused:
        raise refused.at(()) from None


# --- the fold ----------------------------------------------------------------------------------------


_Level = tuple[Any, Shape | None, Iterator[Any], list[Any]]
"""A node whose children are being folded: itself, its shape, the children to come, the results of those done."""


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
    levels: list[_Level] = []
    try:
        opened = _OPENERS.get(type(tree), _open_other)(tree)
        if opened is None:
            return algebra.leaf(tree)
        shape, children = opened
        if shape is not None and are_scalars(map(type, children)):
            return algebra.scalars(shape, tree, children)
        return _fold_levels(algebra, tree, shape, children, levels)
    except RefusedNodeError as refused:
        raise refused.at(_find_child_path(levels)) from None


def _fold_levels(
    algebra: Algebra[R], node: Any, shape: Shape | None, children: tuple[Any, ...], levels: list[_Level]
) -> R:
    """The fold of one node; it and what is open on the way to a child stand in `levels`."""
    leaf, record, choice, scalars = algebra.leaf, algebra.record, algebra.choice, algebra.scalars
    keeps_scalars, enters_choices, entered = algebra.keeps_scalars, choice is not keep_choice, 0
    rest: Iterator[Any] = iter(children)
    done: list[Any] = []
    levels.append((node, shape, rest, done))
    while True:
        for child in rest:  # an iterator: after a child that was entered, it goes on with the next
            kind = type(child)
            if kind in SCALAR_TYPES:
                done.append(child if keeps_scalars else leaf(child))
                continue
            opened = _OPENERS.get(kind, _open_other)(child)
            if opened is None:
                done.append(leaf(child))
                continue
            inner, children = opened
            if inner is None and not enters_choices:
                children = ()
            if children:
                entered += 1
                if entered > MAX_NODES or len(levels) in _CHECKED_DEPTHS:
                    _check_nesting(child, levels, entered)
            if inner is not None and are_scalars(map(type, children)):
                done.append(scalars(inner, child, children))
                continue
            node, shape, rest, done = child, inner, iter(children), []
            levels.append((node, shape, rest, done))
            break
        else:
            parts = tuple(done)
            result: R = choice(node, parts) if shape is None else record(shape, node, parts)
            levels.pop()
            if not levels:
                return result
            node, shape, rest, done = levels[-1]
            done.append(result)


_CHECKED_DEPTHS: Final = frozenset({16, 64, MAX_DEPTH})
"""The depths at which the fold looks for cycles and for too much nesting: a cycle always reaches the next of them."""


def _check_nesting(node: Any, levels: Sequence[_Level], entered: int) -> None:
    """Raise the error of a node that stands inside itself, too deep, or behind too many others."""
    nodes = [*(level[0] for level in levels), node]
    if len({*map(id, nodes)}) < len(nodes):
        raise _make_cycle_error(nodes, levels)
    if entered <= MAX_NODES and len(levels) < MAX_DEPTH:
        return
    path = show_path(_find_child_path(levels)[:6])
    raise TreeError(
        f"the tree has more than {MAX_NODES} records and choices, the last at {path}…. "
        f"A part that holds another twice, and so on, doubles each time: hide it in an object of your own"
        if entered > MAX_NODES
        else f"the tree is nested deeper than {MAX_DEPTH} at {path}…: {type(node).__qualname__}. "
        f"Flatten it, or hide the inner part in an object of your own"
    )


def _make_cycle_error(nodes: Sequence[Any], levels: Sequence[_Level]) -> TreeError:
    first: dict[int, int] = {}
    again = next(depth for depth, node in enumerate(nodes) if first.setdefault(id(node), depth) < depth)
    there, before = (show_path(_find_child_path(levels[:depth])) for depth in (again, first[id(nodes[again])]))
    return TreeError(
        f"the tree contains itself: {there} is the {type(nodes[again]).__qualname__} that stands at {before}. "
        f"Cut the cycle, or keep the object out of the tree"
    )


def _find_child_path(levels: Iterable[_Level]) -> Steps:
    """The path of the child that is being folded: choices have no step, and a record that is complete neither."""
    shapes = ((shape, len(done)) for _, shape, _, done in levels)
    return tuple(shape.keys[place] for shape, place in shapes if shape is not None and place < len(shape.keys))


def show_path(path: Iterable[Hashable]) -> str:
    """`llm.model`, `layers.0`, `['a.b'].c`: a path as messages write it."""
    steps = map(_show_step, islice(path, MAX_DEPTH))
    return ".".join(steps).replace(".[", "[") or "the root"


def _show_step(step: object) -> str:
    text = str.__str__(step) if issubclass(type(step), str) else ""
    bare = 0 < len(text) < 100 and "." not in text and text.isprintable()
    return text if bare else f"[{short_repr(step)}]"


# --- two meanings that errors and reprs need everywhere ------------------------------------------------

Leaves = list[tuple[Steps, Any]]


def list_leaves(tree: Any) -> Leaves:
    """Every leaf with its path, in author order; an empty record and a choice count as leaves."""
    return fold(_LEAVES, tree)


def _prefix_leaves(shape: Shape, node: Any, parts: tuple[Leaves, ...]) -> Leaves:
    if not parts:
        return [((), node)]
    return [((key, *path), leaf) for key, part in zip(shape.keys, parts, strict=True) for path, leaf in part]


_LEAVES: Final[Algebra[Leaves]] = Algebra(
    leaf=lambda leaf: [((), leaf)],
    record=_prefix_leaves,
    choice=lambda node, _: [((), node)],
)


def repr_tree(tree: Any) -> str:
    """The tree's `repr`, in which a record from a mapping is written as a dict, a choice as the call that makes it."""
    return fold(_REPR, tree)


def _repr_scalars(shape: Shape, _: Any, children: tuple[Any, ...]) -> str:
    if isinstance(shape, MappingShape):
        try:
            return shape.text(children, "%r")
        except ValueError:  # a number of more than 4300 digits
            pass
    return shape.text([*map(full_repr, children)])


_REPR: Final[Algebra[str]] = Algebra(
    leaf=full_repr,
    record=lambda shape, _, parts: shape.text(parts),
    choice=lambda node, parts: f"{type(node).__qualname__}({join_items(parts)})" if parts else repr(node),
    scalars=_repr_scalars,
)
