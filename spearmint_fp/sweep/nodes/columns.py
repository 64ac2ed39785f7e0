"""The columns of a sweep: per path the values that stand there, the types of its records, and its arrays."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final, Protocol, TypeVar, final

import attrs

from ...configuration.fold import Algebra, Steps, fold
from ...configuration.keys import exact_key
from ...configuration.records import Shape, TupleShape
from ..claims import make_flattening
from ..indices import Indices, count_items

A = TypeVar("A")


@final
@attrs.frozen(eq=False, repr=False)
class Column:
    """The values that stand at one path over a sweep, in one or several sequences; and true in `swept` if they vary.

    Where it is `computed`, a function gives values too, which are not among the pieces.
    """

    pieces: tuple[Sequence[Any], ...]
    swept: bool
    computed: bool = False


Columns = dict[Steps, Column]

Kinds = dict[Steps, frozenset[type]]
"""Per path of a record, the types of the records that stand there."""


_FLAT: Final = make_flattening(lambda shape: not isinstance(shape, TupleShape))


def flatten_point(value: Any) -> dict[Steps, Any]:
    """The values of a point by path; tuples and empty records are values, other records are entered."""
    return fold(_FLAT, value)


def join_columns(parts: Iterable[Columns], count: int) -> Columns:
    """The columns of a union of `count` parts: a path is swept where what stands there can differ.

    Of a path that some part derives only the values that others give to it are known.
    """
    gathered: dict[Steps, list[Column]] = {}
    for part in parts:
        for path, column in part.items():
            gathered.setdefault(path, []).append(column)
    return {path: join_column(columns, count) for path, columns in gathered.items()}


def join_column(columns: Sequence[Column], count: int) -> Column:
    """The column of a path, from those that it has in some of `count` parts."""
    pieces = tuple(piece for column in columns for piece in column.pieces)
    if any(column.computed for column in columns):
        return Column(pieces, True, computed=True)
    if len(columns) == count and _hold_one_value(pieces):
        return Column(pieces[:1], any(column.swept for column in columns))
    return Column(pieces, True)


def _hold_one_value(pieces: Sequence[Sequence[Any]]) -> bool:
    """True if each piece is a single value, and that the same one."""
    if not pieces or not all(count_items(piece) == 1 for piece in pieces):
        return False
    first = exact_key(pieces[0][0])
    return all(exact_key(piece[0]) == first for piece in pieces)


def list_static_columns(value: Any) -> Columns:
    """The columns of one point."""
    return {path: Column(((leaf,),), False) for path, leaf in flatten_point(value).items()}


def nest_kinds(shape: Shape, parts: Iterable[tuple[Hashable, Kinds]]) -> Kinds:
    """The types of a record and of the records in it, from those of its children."""
    own: Kinds = {(): frozenset((getattr(shape, "cls", type(shape)),))}
    return own | {(key, *path): kinds for key, part in parts for path, kinds in part.items()}


def _nest_record_kinds(shape: Shape, _: Any, parts: tuple[Kinds, ...]) -> Kinds:
    if not parts or isinstance(shape, TupleShape):
        return {}
    return nest_kinds(shape, zip(shape.keys, parts, strict=True))


_KINDS: Final[Algebra[Kinds]] = Algebra(leaf=lambda _: {}, record=_nest_record_kinds, choice=lambda _node, _parts: {})


def list_kinds(value: Any) -> Kinds:
    """The types of the records in a point, by path."""
    return fold(_KINDS, value)


def join_kinds(parts: Iterable[Kinds]) -> Kinds:
    """The types of records that stand at each path in any of the parts."""
    joined: Kinds = {}
    for part in parts:
        for path, kinds in part.items():
            joined[path] = joined.get(path, kinds) | kinds
    return joined


class Tables(Protocol[A]):
    """Arrays of what stands at each path: how those of a sweep are made from those of its parts.

    `rows` are positions, or None for all points.
    """

    def tabulate(self, node: Any, rows: Any) -> dict[Steps, A]:
        """The arrays of some points of a sweep."""

    def tabulate_points(self, node: Any, rows: Any) -> dict[Steps, A]:
        """The same, point by point."""

    def tabulate_product(self, product: Any, rows: Any) -> list[dict[Steps, A]]:
        """The arrays of each of a node's parts in its points; its `weights` say how far apart the points of one lie."""

    def tabulate_union(self, parts: Sequence[Any], offsets: Sequence[int], rows: Any) -> dict[Steps, A]:
        """The arrays of parts that follow one another, given the position at which each begins."""

    def make_array(self, values: Sequence[Any], rows: Any) -> A:
        """The array of some values."""

    def find_positions(self, indices: Indices, rows: Any) -> Any:
        """The positions in the base at which a selection has its points."""
