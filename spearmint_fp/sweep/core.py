"""`Sweep`: the face of a node, and `expand`, which folds a tree into one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import index as as_index
from typing import Any, Final, Generic, SupportsIndex, TypeVar, cast, final, overload

import attrs
from toolz import unique

from ..configuration.errors import (
    AbsentError,
    ArgumentError,
    CountError,
    IdentityError,
    PositionError,
    SizeError,
    TreeError,
    counted,
    said,
    shown,
)
from ..configuration.paths import path_key
from ..configuration.tree import Algebra, Choice, Config, DynamicValue, fold, freeze, leaves, show_path
from .build import point, product_of, record_of, sliced, union_of
from .indices import length
from .nodes import Axis, Column, Map, Node, Record, alike, exact_key, few, point_of, points_of

__all__ = ["Sweep", "as_sweep", "expand"]

S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

DEPTH: Final = 220
"""How many sweeps may be built upon one another: more than a tree may have levels, and far from the stack's end."""

SAME: Final = 10_000
"""Up to this size two sweeps that are built differently are compared point by point."""


@final
@attrs.frozen(eq=False, repr=False)
class Sweep(Choice, Sequence[T_co], Generic[T_co]):
    """A sequence of configurations that is computed, not stored: to configurations what `range` is to integers.

    Immutable, exactly sized, indexable, sliceable, comparable, hashable where its points are, and small to
    pickle, whether it holds six points or 10^30. Made by `expand` and the combinators, never directly.
    Order is author order, the leftmost axis slowest. Points are built when asked for; their static parts and inner
    records are built once and shared.

    `a + b` is `concat(a, b)` and `a * b` is `product(a, b)`. Two sweeps are equal when they list equal points in
    the same order; above 10^4 points, only when they are also built alike.

    >>> s = expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(3))})
    >>> s
    Sweep(2 × 3 = 6)
    >>> s[-1], s[1::2].size, s.index({"model": "b", "n": 0})
    (Config({'model': 'b', 'n': 2}), 3, 3)
    >>> (s * expand({"seed": DynamicValue(range(10**30))})).size
    6000000000000000000000000000000

    See also: `expand`, `explain`, `product`, `concat`, `constrain`, `shuffled`.
    """

    _node: Node

    def __attrs_post_init__(self) -> None:
        if not isinstance(self._node, Node):
            raise ArgumentError(f"a Sweep is made by expand(tree); got {said(self._node)}")
        if self._node.depth > DEPTH:
            raise SizeError(
                f"more than {DEPTH} sweeps built upon one another. Do several steps in one: concat and product take "
                f"many sweeps, and functions that are mapped one after the other join by themselves"
            )

    # --- how many

    @property
    def size(self) -> int:
        """The exact number of configurations, of any magnitude."""
        return self._node.size

    def __len__(self) -> int:
        if self.size > sys.maxsize:
            raise CountError(
                f"this sweep holds {counted(self.size)} configurations, more than len() can say; ask .size"
            )
        return self.size

    def __bool__(self) -> bool:
        return self.size > 0

    # --- which

    @overload
    def __getitem__(self, index: SupportsIndex) -> T_co: ...
    @overload
    def __getitem__(self, index: slice) -> Sweep[T_co]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> T_co | Sweep[T_co]:
        """`list(self)[index]`, without the list: a point, or a sweep for a slice.

        Raises:
            PositionError: outside the sweep; names the position and the size.
            ArgumentError: neither a whole number nor a slice of them.
        """
        if isinstance(index, slice):
            return Sweep(sliced(self._node, index))
        try:
            position = as_index(index)
        except TypeError:
            raise ArgumentError(
                f"a sweep is indexed by a whole number or a slice; got {said(index)}. For an axis ask .axes"
            ) from None
        if position < 0:
            position += self.size
        if not 0 <= position < self.size:
            raise PositionError(f"no configuration {counted(as_index(index))} in a sweep of {counted(self.size)}")
        return cast(T_co, point_of(self._node, position))

    def __iter__(self) -> Iterator[T_co]:
        return points_of(self._node, 0, self._node.size)

    def walk(self, start: int, stop: int) -> Iterator[T_co]:
        """`iter(self[start:stop])`, for a stretch that is known to lie inside: no sweep is made for it."""
        return cast(Iterator[T_co], points_of(self._node, start, stop))

    def __reversed__(self) -> Iterator[T_co]:
        return iter(self[::-1])

    # --- where

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """The first position of `value`: `self[self.index(c)] == c`, without enumerating.

        Equal values of other types (1, 1.0, True) are told apart where the sweep has both. A mapping is
        compared as a `Config`.

        Raises:
            AbsentError: it is not there; names the configuration.
            SizeError: only a search of more than 10^6 points could tell (see `mapped`).

        See also: `s[i]`, the inverse.
        """
        low, high = self._between(start, stop)
        frozen = freeze(value)
        found = self._position(frozen, low, high)
        if found is not None:
            return found
        where = f"at {low} to {high} of " if (low, high) != (0, self.size) else "in "
        raise AbsentError(f"{shown(frozen)} is not {where}{self!r}{_why(self._node, frozen)}")

    def _between(self, start: int, stop: int | None) -> tuple[int, int]:
        try:
            return slice(start, stop).indices(self.size)[:2]
        except TypeError:
            raise ArgumentError(f"start and stop are whole numbers; got {said(start)} and {said(stop)}") from None

    def _position(self, frozen: Any, low: int, high: int) -> int | None:
        """The first position between `low` and `high` of a value, types told apart first."""
        for exact in (True, False):
            found = next((rank for rank in few(self._node.ranks(frozen, exact)) if low <= rank < high), None)
            if found is not None:
                return found
        return None

    def __contains__(self, value: object) -> bool:
        try:
            return self._position(freeze(value), 0, self.size) is not None
        except (AbsentError, TreeError):  # what is no tree is in no sweep
            return False

    def count(self, value: Any) -> int:
        """How many positions hold `value`."""
        return sum(1 for _ in few(self._node.ranks(freeze(value), False)))

    # --- combining and comparing

    def __add__(self, other: Sweep[S]) -> Sweep[T_co | S]:
        if not isinstance(other, Sweep):
            return NotImplemented
        return Sweep(union_of((self._node, other._node)))

    def __mul__(self, other: Sweep[Any]) -> Sweep[Config]:
        if not isinstance(other, Sweep):
            return NotImplemented
        return Sweep(product_of((self._node, other._node)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sweep):
            return NotImplemented
        if self.size != other.size:
            return False
        if alike(self._node, other._node) or not self.size:
            return True
        return self.size <= SAME and all(map(alike, self, other))

    def __hash__(self) -> int:
        ends = (self[0], self[-1]) if self else ()
        try:
            return hash((Sweep, self.size, ends))
        except TypeError as error:
            raise ArgumentError(f"this sweep is not hashable, as its configurations are not: {error}") from None

    # --- looking at it

    @property
    def axes(self) -> dict[str | tuple[Any, ...], Sequence[Any]]:
        """Per swept path what can stand there, in order of appearance; records among alternatives are entered.

        Slices, samples and constraints keep the axes of the sweep that they were made from.

        >>> expand({"opt": DynamicValue([{"name": "sgd", "lr": DynamicValue([1, 2])}, {"name": "adam"}])}).axes
        {'opt.name': ('sgd', 'adam'), 'opt.lr': (1, 2)}
        """
        columns = self._node.columns()
        return {path_key(path): _alternatives(column) for path, column in columns.items() if column.swept}

    def __repr__(self) -> str:
        outline = self._node.outline(())
        size = counted(self.size)
        formula = outline.formula
        return f"Sweep({size})" if formula in ("", size) else f"Sweep({formula} = {size})"

    def _repr_html_(self) -> str:
        from ..report.reprs import sweep_html  # what notebooks ask for: reports stand above all else

        return sweep_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Sweep, (self._node,)

    # --- as a choice in a tree

    @property
    def trees(self) -> tuple[Any, ...]:
        return ()

    def over(self, fn: Callable[[Any], Any]) -> Choice:
        if not self.size or not any(isinstance(leaf, Choice) for _, leaf in leaves(fn(self[0]))):
            return Sweep(Map((fn,), self._node))
        if self.size > SAME:
            raise SizeError(
                f"setting a choice in each of {counted(self.size)} configurations of a sweep, more than {SAME}. "
                f"Set it in the tree that the sweep was made from"
            )
        return DynamicValue(map(fn, self))

    def __copy__(self) -> Sweep[T_co]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Sweep[T_co]:
        return self

    def listed(self) -> Sequence[T_co]:
        if self.size > SAME:
            raise IdentityError(
                f"a sweep of {counted(self.size)} configurations, more than {SAME}. Ask for the id of its tree"
            )
        return tuple(self)


def _alternatives(column: Column) -> Sequence[Any]:
    """A column's pieces as one sequence without repetitions; a sweep of them where they are many."""
    if len(column.pieces) == 1:
        return column.pieces[0]
    if sum(map(length, column.pieces)) > SAME:
        return Sweep(union_of([Axis(piece, swept=True) for piece in column.pieces]))
    return tuple(unique(chain.from_iterable(column.pieces), key=exact_key))


def _why(node: Node, value: Any) -> str:
    """`: n is 7, not one of 0, 1, 2`, for a configuration that a record cannot be."""
    if not isinstance(node, Record):
        return ""
    values = node.shape.split(value)
    if values is None:
        return f": a configuration has the keys {', '.join(show_path((key,)) for key in node.shape.keys[:12])}"
    for key, part, child in zip(node.shape.keys, node.parts, values, strict=True):
        if isinstance(part, Axis) and next(part.ranks(child, False), None) is None:
            known = ", ".join(shown(point) for point in islice(part.values, 6))
            return f": {show_path((key,))} is {said(child)}, not one of {known}{', …' if part.size > 6 else ''}"
    return ""


# --- expanding trees -----------------------------------------------------------------------------------


def _choice(node: Any, parts: tuple[Node, ...]) -> Node:
    if isinstance(node, Sweep):
        return node._node
    if not parts:
        return Axis(node.values, swept=True)
    union = union_of(parts)
    return attrs.evolve(union, swept=True) if isinstance(union, Axis) else union


_EXPAND: Final[Algebra[Node]] = Algebra(leaf=point, record=record_of, choice=_choice)


@overload
def expand(tree: Sweep[T]) -> Sweep[T]: ...
@overload
def expand(tree: DynamicValue[Any]) -> Sweep[Any]: ...
@overload
def expand(tree: Mapping[Any, Any]) -> Sweep[Config]: ...
@overload
def expand(tree: list[Any]) -> Sweep[tuple[Any, ...]]: ...
@overload
def expand(tree: T) -> Sweep[T]: ...
def expand(tree: Any) -> Sweep[Any]:
    """The sweep of every way to take one alternative at each choice of the tree.

    A product of sums becomes a sum of products: records multiply, choices add. Order is author order, the
    leftmost choice slowest. Nothing is enumerated; leaves, static parts and inner records are shared by all
    configurations. Mappings become `Config`; attrs and dataclass instances and NamedTuples are rebuilt as their own
    type.

    >>> list(expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue([1, 2]), "static": "x"}))[1]
    Config({'model': 'a', 'n': 2, 'static': 'x'})
    >>> expand({"opt": DynamicValue([{"name": "sgd", "lr": DynamicValue([1, 2, 3])}, {"name": "adam"}])})
    Sweep(3 + 1 = 4)
    >>> list(expand({}))
    [Config({})]

    Raises:
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `explain`, to look before a run; `concat` and `product`, to combine sweeps.

    Source: the distributive law; counting as in FEAT (Duregard, Jansson, Wang, "Feat: functional enumeration
    of algebraic types", 2012).
    """
    return Sweep(fold(_EXPAND, freeze(tree)))


def as_sweep(value: Any, function: str) -> Sweep[Any]:
    """`value`, or the error that tells a caller of `function` to expand first."""
    if isinstance(value, Sweep):
        return value
    way = "For a tree write expand(tree) first"
    if isinstance(value, list | tuple) and any(isinstance(item, Sweep) for item in value):
        way = f"Write {function}(*sweeps)"
    elif function not in ("product", "concat", "zipped") and (callable(value) or isinstance(value, int)):
        way = "The sweep comes last"
    raise ArgumentError(f"{function} takes a sweep; got {said(value)}. {way}")
