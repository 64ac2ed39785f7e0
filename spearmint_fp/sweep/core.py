"""`Sweep`: what users see of a node."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, groupby
from operator import index as as_index
from typing import Any, Final, Generic, SupportsIndex, TypeVar, cast, final, overload

import attrs
from toolz import unique

from ..configuration.choices import DynamicValue, require_expanded
from ..configuration.config import Config
from ..configuration.equality import are_equal
from ..configuration.errors import (
    AbsentError,
    ArgumentError,
    CountError,
    IdentityError,
    PositionError,
    SizeError,
    TreeError,
)
from ..configuration.fold import Choice, list_leaves
from ..configuration.freezing import freeze
from ..configuration.keys import exact_key, is_nan
from ..configuration.messages import cut_text, format_count, repr_with_type, short_repr
from ..configuration.paths import join_path
from ..configuration.views import show_html
from .indices import count_items
from .late import counted, merge
from .late import labels as texts
from .late import slugs as file_names
from .nodes.axis import Axis
from .nodes.columns import Column
from .nodes.image import Map
from .nodes.late import places
from .nodes.node import Node
from .nodes.points import get_point, walk_points
from .nodes.select import slice_node
from .nodes.union import Union

S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MOST_LEVELS: Final = 220
"""How many sweeps may be built upon one another: more than a tree may have levels, and far from the stack's end."""

MOST_COMPARED: Final = 10_000
"""Up to this size two sweeps that are built differently are compared point by point."""


@final
@attrs.frozen(eq=False, repr=False)
class Sweep(Choice, Sequence[T_co], Generic[T_co]):
    """A sequence of configurations that is computed, not stored: to configurations what `range` is to integers.

    Immutable, exactly sized, indexable, sliceable, comparable, hashable where its points are, and small to
    pickle, whether it holds six points or 10^30. Made by `expand` and the combinators, never directly.
    Order is author order, the leftmost axis slowest. Points are built when asked for; their static parts and inner
    records are built once and shared.

    `a + b` is `concat(a, b)` and `a * b` is `product(a, b)`; `a - b`, `a & b` and `a | b` are `difference`,
    `intersection` and `union`. Two sweeps are equal when they list equal points in
    the same order; above 10^4 points, only when they are also built alike.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(3))})
    >>> s
    Sweep(2 × 3 = 6)
    >>> s[-1], s[1::2].size, s.index({"model": "b", "n": 0})
    (Config({'model': 'b', 'n': 2}), 3, 3)
    >>> (s * expand({"seed": DynamicValue(range(10**30))})).size
    6000000000000000000000000000000

    See also: `expand`, `explain`, `product`, `concat`, `difference`, `constrain`, `shuffled`.
    """

    _node: Node
    _source: tuple[str, Any] | None = None
    """The tag and the tree that made it, where a file did."""

    def __attrs_post_init__(self) -> None:
        if not isinstance(self._node, Node):
            raise ArgumentError(f"a Sweep is made by expand(tree); got {repr_with_type(self._node)}")
        if self._node.depth > MOST_LEVELS:
            raise SizeError(
                f"more than {MOST_LEVELS} sweeps built upon one another. Do several steps in one: concat and product "
                f"take many sweeps, and functions that are mapped one after the other join by themselves"
            )

    # --- how many

    @property
    def size(self) -> int:
        """The exact number of configurations, of any magnitude."""
        return self._node.size

    def __len__(self) -> int:
        if self.size > sys.maxsize:
            raise CountError(
                f"this sweep holds {format_count(self.size)} configurations, more than len() can say; ask .size"
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
            return Sweep(slice_node(self._node, index))
        try:
            position = as_index(index)
        except TypeError:
            raise ArgumentError(
                f"a sweep is indexed by a whole number or a slice; got {repr_with_type(index)}. For an axis ask .axes"
            ) from None
        if position < 0:
            position += self.size
        if not 0 <= position < self.size:
            raise PositionError(
                f"no configuration {format_count(as_index(index))} in a sweep of {format_count(self.size)}"
            )
        return cast(T_co, get_point(self._node, position))

    def __iter__(self) -> Iterator[T_co]:
        return walk_points(self._node, 0, self._node.size)

    def walk(self, start: int, stop: int) -> Iterator[T_co]:
        """`iter(self[start:stop])`, for a stretch that is known to lie inside: no sweep is made for it."""
        return cast(Iterator[T_co], walk_points(self._node, start, stop))

    def __reversed__(self) -> Iterator[T_co]:
        return iter(self[::-1])

    # --- where

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """The first position of `value`: `self[self.index(c)] == c`, without enumerating.

        Equal values of other types (1, 1.0, True) are told apart where the sweep has both. A mapping is
        compared as a `Config`.

        Raises:
            AbsentError: it is not there; names the configuration.
            SizeError: only a search of more than 10^6 points could tell (see `mapped`), or a shuffled sweep holds the
                value in more than 10^6 places.

        See also: `s[i]`, the inverse.
        """
        try:
            low, high, _ = slice(start, stop).indices(self.size)
        except TypeError:
            raise ArgumentError(
                f"start and stop are whole numbers; got {repr_with_type(start)} and {repr_with_type(stop)}"
            ) from None
        frozen = freeze(value)
        found = self._find(frozen, low, high)
        if found is not None:
            return found
        where = f"at {low} to {high} of " if (low, high) != (0, self.size) else "in "
        raise AbsentError(f"{short_repr(frozen)} is not {where}{self!r}{self._node.explain_absence(frozen)}")

    def _find(self, frozen: Any, low: int, high: int) -> int | None:
        """The first position between `low` and `high` of a value, types told apart first."""
        for exact in (True, False):
            places = self._node.places(frozen, exact)
            found = next(places.walk(low, 1), None)
            if found is not None and found < high:
                return found
            places.check()
        return None

    def __contains__(self, value: object) -> bool:
        try:
            return self._find(freeze(value), 0, self.size) is not None
        except (AbsentError, TreeError):  # what is no tree is in no sweep
            return False

    def count(self, value: Any) -> int:
        """How many positions hold `value`.

        Raises:
            SizeError: more than 10^6 do.
        """
        return sum(1 for _ in places.list_places(self._node.places(freeze(value), False)))

    # --- combining and comparing

    def __add__(self, other: Sweep[S]) -> Sweep[T_co | S]:
        if not isinstance(other, Sweep):
            return NotImplemented
        return Sweep(Union.of((self._node, other._node)))

    def __mul__(self, other: Sweep[Any]) -> Sweep[Config]:
        if not isinstance(other, Sweep):
            return NotImplemented
        return Sweep(merge.Merge.of_product((self._node, other._node)))

    def __sub__(self, other: Sweep[Any]) -> Sweep[T_co]:
        if not isinstance(other, Sweep):
            return NotImplemented
        return Sweep(counted.keep_members(self._node, other._node, inside=False))

    def __and__(self, other: Sweep[Any]) -> Sweep[T_co]:
        if not isinstance(other, Sweep):
            return NotImplemented
        return Sweep(counted.keep_members(self._node, other._node, inside=True))

    def __or__(self, other: Sweep[S]) -> Sweep[T_co | S]:
        if not isinstance(other, Sweep):
            return NotImplemented
        return self + (other - self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sweep):
            return NotImplemented
        if self.size != other.size:
            return False
        if not self.size or _is_built_alike(self._node, other._node):
            return True
        return self.size <= MOST_COMPARED and all(map(are_equal, self, other))

    def __hash__(self) -> int:
        ends = (self[0], self[-1]) if self else ()
        try:
            return hash((Sweep, self.size, ends)) if _has_one_hash(ends) else hash((Sweep, self.size))
        except TypeError as error:
            raise ArgumentError(f"this sweep is not hashable, as its configurations are not: {error}") from None

    # --- looking at it

    @property
    def axes(self) -> dict[str | tuple[Any, ...], Sequence[Any]]:
        """Per swept path what can stand there, in order of appearance; records among alternatives are entered.

        Slices, samples and constraints keep the axes of the sweep that they were made from; so do `mapped` and
        `structured`, whatever becomes of the values. Values that `derive` computes are not listed: a path that has no
        others is no axis.

        >>> from spearmint_fp import DynamicValue, expand
        >>> expand({"opt": DynamicValue([{"name": "sgd", "lr": DynamicValue([1, 2])}, {"name": "adam"}])}).axes
        {'opt.name': ('sgd', 'adam'), 'opt.lr': (1, 2)}
        """
        columns = self._node.columns()
        return {
            join_path(path): _list_alternatives(column)
            for path, column in columns.items()
            if column.swept and column.pieces
        }

    @cached_property
    def labels(self) -> texts.Labels:
        """The writer of this sweep's labels, made once."""
        return texts.Labels(self._node, texts.LABEL)

    @cached_property
    def slugs(self) -> texts.Labels:
        """The writer of this sweep's labels as file names, made once."""
        return texts.Labels(self._node, file_names.SLUG)

    def __repr__(self) -> str:
        outline = self._node.outline(())
        size = format_count(self.size)
        formula = cut_text(outline.formula, 400)
        return f"Sweep({size})" if formula in ("", size) else f"Sweep({formula} = {size})"

    def _repr_html_(self) -> str:
        return show_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Sweep, (self._node,) if self._source is None else (self._node, self._source)

    # --- as a choice in a tree

    @property
    def trees(self) -> tuple[Any, ...]:
        return ()

    @property
    def written(self) -> tuple[str, Any]:
        return self._source or ("!sweep", self.listed())

    def over(self, fn: Callable[[Any], Any]) -> Choice:
        if not self.size or not any(isinstance(leaf, Choice) for _, leaf in list_leaves(fn(self[0]))):
            return Sweep(Map((fn,), self._node))
        if self.size > MOST_COMPARED:
            raise SizeError(
                f"setting a choice in each of {format_count(self.size)} configurations of a sweep, more than "
                f"{MOST_COMPARED}. Set it in the tree that the sweep was made from"
            )
        return DynamicValue(map(fn, self))

    def __copy__(self) -> Sweep[T_co]:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Sweep[T_co]:
        return self

    def listed(self) -> Sequence[T_co]:
        if self.size > MOST_COMPARED:
            raise IdentityError(
                f"a sweep of {format_count(self.size)} configurations, more than {MOST_COMPARED}. "
                f"Ask for the id of its tree"
            )
        return tuple(self)


def _has_one_hash(ends: tuple[Any, ...]) -> bool:
    """False where points that are equal may have several hashes: each NaN has one of its own."""
    inside = (leaf for _, leaf in list_leaves(ends))
    return not any(isinstance(leaf, frozenset) or is_nan(leaf) for leaf in inside)


def _is_built_alike(one: Node, other: Node) -> bool:
    """True if two nodes are equal; where functions see the values, also in their types: `f(1)` is not `f(True)`."""
    return are_equal(one, other) and (not one.calls or one.has_same_types(other))


def _list_alternatives(column: Column) -> Sequence[Any]:
    """A column's pieces as one sequence without repetitions; a sweep of them where they are many."""
    if len(column.pieces) == 1:
        return column.pieces[0]
    if sum(map(count_items, column.pieces)) > MOST_COMPARED:
        runs = groupby(column.pieces, key=lambda piece: isinstance(piece, tuple))
        joined = [[tuple(chain.from_iterable(run))] if are_tuples else list(run) for are_tuples, run in runs]
        return Sweep(Union.of([Axis(piece, swept=True) for piece in chain.from_iterable(joined)]))
    return tuple(unique(chain.from_iterable(column.pieces), key=exact_key))


def require_expanded_sweep(sweep: Sweep[T]) -> Sweep[T]:
    """The sweep; where a function makes its points, a point that still has a choice in it is an error."""
    return Sweep(Map((require_expanded,), sweep._node)) if sweep._node.computed else sweep


def count_configs(configs: Any) -> int | None:
    """How many there are, of any magnitude, where that is known without looking."""
    if isinstance(configs, Sweep):
        return configs.size
    try:
        return count_items(configs)
    except TypeError:
        return None


_OF_MANY: Final = ("product", "concat", "zipped", "difference", "intersection", "union")
"""Functions of several sweeps."""


def as_sweep(value: Any, function: str) -> Sweep[Any]:
    """`value`, or the error that tells a caller of `function` to expand first."""
    if isinstance(value, Sweep):
        return value
    way = "For a tree write expand(tree) first"
    if isinstance(value, list | tuple) and any(isinstance(item, Sweep) for item in value):
        way = f"Write {function}(*sweeps)"
    elif function not in _OF_MANY and (callable(value) or isinstance(value, int)):
        way = "The sweep comes last"
    raise ArgumentError(f"{function} takes a sweep; got {repr_with_type(value)}. {way}")
