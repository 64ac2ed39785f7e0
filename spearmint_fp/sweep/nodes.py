"""The kinds of sweep, as values: what `expand` folds a tree into and what the combinators build.

Every kind answers the same five questions: how many points (`size`), which one (`at`), all of them in order
(`walk`), where does this one stand (`ranks`, the inverse of `at`), and what varies in it (`columns`, `outline`).
Points are frozen and shared, nothing is enumerated that was not asked for, and each kind is immutable.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, islice
from math import prod
from operator import attrgetter, mul
from typing import Any, Final, cast, final

import attrs
from toolz import compose, unique

from ..configuration.config import Config, Layout
from ..configuration.equality import are_equal
from ..configuration.errors import STOPS, CallbackError, SizeError, SpearmintError, format_count, short_repr, stop_error
from ..configuration.fold import Algebra, fold, open_node, show_path
from ..configuration.freezing import freeze
from ..configuration.keys import exact_key
from ..configuration.merging import merge_disjoint
from ..configuration.paths import remove_in, set_in
from ..configuration.records import FieldsShape, Shape, TupleShape, find_index
from .claims import NOTHING, UNKNOWN, Claims, any_of, find_conflict, find_filled, of_points, origins_of, together
from .indices import Indices, count_items
from .outline import TERMS, Outline, of_choice, of_product
from .places import NOWHERE, AnyOf, Combined, Common, InOrder, Known, Listed, Places, Selected, Verified, list_few

__all__ = [
    "LIMIT",
    "Axis",
    "Column",
    "Columns",
    "Derive",
    "Image",
    "Map",
    "Merge",
    "Node",
    "Record",
    "Select",
    "Steps",
    "Union",
    "Zip",
    "count_places",
    "exact_key",
    "few",
    "locate_errors",
    "merged",
    "overlap",
    "point_of",
    "possible_point",
    "possible_points",
    "scan",
    "walk_points",
]

LIMIT: Final = 1_000_000
"""How many points an operation enumerates before it refuses and says how many there are."""

POOL: Final = 256
"""How many points of a child are built at once and shared by the configurations of its parent."""

AHEAD: Final = 64
"""How many points of a child that is too large for that are built at once: few, as every level of a tree holds some."""

DEPTH_STEP: Final = 16
"""Every how many levels the points of a deeply nested small record are built at once."""

Steps = tuple[Hashable, ...]


@final
@attrs.frozen(eq=False, repr=False)
class Column:
    """What stands at one path over a sweep: sequences of values, and whether the path is swept.

    Where it is `computed`, a function gives values too, which are not among the pieces.
    """

    pieces: tuple[Sequence[Any], ...]
    swept: bool
    computed: bool = False


Columns = dict[Steps, Column]
Kinds = dict[Steps, frozenset[type]]
"""Per path of a record, the types of the records that stand there."""


class Node(ABC):
    """A finite sequence of points, computed rather than stored."""

    __slots__ = ()

    size: int
    depth: int

    @property
    @abstractmethod
    def children(self) -> tuple[Node, ...]:
        """The sweeps that this one is made of."""

    @property
    def exact(self) -> bool:
        """Whether `columns` names every path of every point."""
        return all(child.exact for child in self.children)

    @property
    def calls(self) -> bool:
        """Whether building a point runs code of the user's, which may refuse points that were not asked for."""
        return any(child.calls for child in self.children)

    @property
    def computed(self) -> bool:
        """True where a function of the user's makes points, which then may be anything."""
        return any(child.computed for child in self.children)

    @abstractmethod
    def at(self, index: int) -> Any:
        """The point at `index`, which is inside `range(size)`."""

    @abstractmethod
    def walk(self, start: int, stop: int) -> Iterator[Any]:
        """`map(self.at, range(start, stop))`, faster."""

    @abstractmethod
    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        """Every index whose point is `value`, ascending; `exact` tells 1, 1.0 and True apart."""

    def places(self, value: Any, exact: bool) -> Places:
        """`ranks`, from any index on and in both directions."""
        return Known(self.ranks(value, exact))

    @abstractmethod
    def columns(self) -> Columns:
        """What stands at each path."""

    def claims(self, exact: bool) -> Claims:
        """The paths at which points have leaves and empty records; unless `exact`, more than those are possible."""
        return _listed_claims(self) if exact else UNKNOWN

    def kinds(self) -> Kinds:
        """The types of the records at each path, as far as the points are seen."""
        return _joined_kinds(child.kinds() for child in self.children)

    @abstractmethod
    def outline(self, path: Steps) -> Outline:
        """The sizes, as a formula and as lines for `explain`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.__reduce__()[1]}"

    def __reduce__(self) -> tuple[Any, ...]:
        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(type(self))  # type: ignore[arg-type]  # every kind is one
        return type(self), tuple(getattr(self, field.name) for field in fields if field.init)


def _derived() -> Any:
    """A field that a node computes from the others when it is made."""
    return attrs.field(init=False, eq=False, repr=False)


def _set(node: Node, **derived: Any) -> None:
    deepest = max(map(attrgetter("depth"), node.children), default=0)
    for name, value in {"depth": 1 + deepest, **derived}.items():
        object.__setattr__(node, name, value)


# --- points, one by one ------------------------------------------------------------------------------


def point_of(node: Node, index: int) -> Any:
    """`node.at(index)`; a `CallbackError` says at which configuration."""
    try:
        return node.at(index)
    except CallbackError as error:
        error.position = index
        raise


def walk_points(node: Node, start: int, stop: int) -> Iterator[Any]:
    """`node.walk(start, stop)`; a `CallbackError` says at which configuration."""
    points = node.walk(start, stop)
    return _locate_errors(points, start) if node.calls else points


def _locate_errors(points: Iterator[Any], start: int) -> Iterator[Any]:
    """The points of a node, whose own functions have been looked after: only the place of an error is to be noted."""
    position = start
    try:
        for point in points:
            yield point
            position += 1
    except CallbackError as error:  # of nested sweeps, the outermost has the last word
        error.position = position
        raise


def locate_errors(points: Iterator[Any], start: int) -> Iterator[Any]:
    """The points of any iterator: all of them, or an error with its place, never an early end without a word."""
    position = start
    while True:
        try:
            point = next(points)
        except StopIteration:
            return
        except (StopAsyncIteration, GeneratorExit) as error:
            told = stop_error(points, error)
            told.position = position
            raise told from error
        except CallbackError as error:
            error.position = position
            raise
        yield point
        position += 1


# --- points, exactly -------------------------------------------------------------------------------


def scan(node: Node, value: Any, exact: bool) -> Iterator[int]:
    """`node.ranks`, by looking at every point."""
    if node.size > LIMIT:
        raise SizeError(
            f"finding a configuration here means computing {format_count(node.size)} points, more than {LIMIT}: "
            f"its function has no inverse. Search the sweep that it was made from"
        )
    same = _matcher(value, exact)
    return (index for index, point in enumerate(walk_points(node, 0, node.size)) if same(point))


def _matcher(value: Any, exact: bool) -> Callable[[Any], bool]:
    """Whether a point is `value`, types told apart or not."""
    if not exact:
        return lambda point: are_equal(point, value) or _is_alike_frozen(point, value)
    key = exact_key(value)
    return lambda point: exact_key(point) == key


def _is_alike_frozen(point: Any, value: Any) -> bool:
    """Whether a point is `value` once it is frozen, as what is looked for was."""
    frozen = freeze(point)
    return frozen is not point and are_equal(frozen, value)


def few(ranks: Iterator[int]) -> Iterator[int]:
    """The ranks, up to a bound: an error where a value stands in too many places to sort or count them."""
    for number, rank in enumerate(ranks):
        if number == LIMIT:
            raise SizeError(f"this configuration stands in more than {LIMIT} places. Make the sweep distinct first")
        yield rank


def count_places(node: Node, value: Any) -> int:
    """How many points are `value`, or equal to it."""
    return sum(1 for _ in list_few(node.places(value, False), LIMIT))


def _listed_claims(node: Node) -> Claims:
    """`node.claims`, by looking at every point."""
    if node.size > LIMIT:
        raise SizeError(
            f"which paths a sweep of {format_count(node.size)} configurations sets can be told only by looking at all of "
            f"them, and they are more than {LIMIT}. Combine the sweeps first, then map, derive or select; or put this "
            f"one under a key of its own"
        )
    return of_points(possible_points(node, node.size))


def possible_points(node: Node, stop: int) -> Iterator[Any]:
    """The points before `stop`, frozen, without those that cannot be built: who asks for one of them is told why."""
    index = 0
    while index < stop:
        try:
            for point in node.walk(index, stop):
                index += 1
                yield from _frozen(point)
        except Exception:  # of a function or a class of the user's
            index += 1


def possible_point(node: Node, index: int) -> tuple[Any, ...]:
    """The point at `index`, frozen; nothing where it cannot be built."""
    try:
        return _frozen(node.at(index))
    except Exception:  # of a function or a class of the user's
        return ()


def _frozen(point: Any) -> tuple[Any, ...]:
    """The point as a tree, in a tuple; nothing where it is none."""
    try:
        return (freeze(point),)
    except SpearmintError:
        return ()


# --- leaves ----------------------------------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class Axis(Node):
    """One point per value; a single value that was not declared as a choice is a static part."""

    values: Sequence[Any]
    swept: bool = attrs.field(eq=False)
    size: int = _derived()
    depth: int = _derived()

    def __attrs_post_init__(self) -> None:
        _set(self, size=count_items(self.values))

    @property
    def children(self) -> tuple[Node, ...]:
        return ()

    @property
    def static(self) -> bool:
        return self.size == 1 and not self.swept

    def at(self, index: int) -> Any:
        return self.values[index]

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        if start == 0 and stop == self.size:
            return iter(self.values)
        return map(self.values.__getitem__, range(start, stop))

    @cached_property
    def _positions(self) -> dict[Hashable, list[int]]:
        positions: dict[Hashable, list[int]] = {}
        for index, value in enumerate(self.values):
            positions.setdefault(exact_key(value), []).append(index)
        return positions

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        if isinstance(self.values, range):
            return self._range_ranks(value, exact)
        if exact:
            return self.places(value, exact).walk(0, 1)
        return (index for index, point in enumerate(self.values) if are_equal(point, value))

    def places(self, value: Any, exact: bool) -> Places:
        if exact and not isinstance(self.values, range):
            return Listed(self._positions.get(exact_key(value), ()))
        return Listed(tuple(self.ranks(value, exact)))

    def _range_ranks(self, value: Any, exact: bool) -> Iterator[int]:
        positions = cast(range, self.values)
        whole = _whole(value, exact, positions)
        return iter((positions.index(whole),)) if whole is not None and whole in positions else iter(())

    @cached_property
    def _records(self) -> bool:
        return not isinstance(self.values, range) and any(map(_is_record, self.values))

    def columns(self) -> Columns:
        if self._records:
            return _merged(map(_static_columns, self.values), self.size)
        return {(): Column((self.values,), self.swept)}

    @cached_property
    def _claims(self) -> Claims:
        records = [] if isinstance(self.values, range) else [value for value in self.values if type(value) is Config]
        return of_points(records if len(records) == self.size else [*records, None])

    def claims(self, exact: bool) -> Claims:  # noqa: ARG002  # they are always exact here
        return self._claims

    def kinds(self) -> Kinds:
        return _joined_kinds(fold(_KINDS, value) for value in self.values) if self._records else {}

    def outline(self, path: Steps) -> Outline:
        if not self.static:
            return Outline.of_axis(show_path(path), self.values)
        leaves = (
            (step, leaf) for step, leaf in flatten_point(self.at(0)).items() if isinstance(leaf, str | int | float)
        )
        return Outline("", mark=next((f"{show_path((*path, *step))}={short_repr(leaf)}" for step, leaf in leaves), ""))


def _whole(value: Any, exact: bool, positions: range) -> int | None:
    """The int that `value` is or, unless `exact`, equals; a range would search for anything else one by one."""
    if type(value) is int:
        return value
    if exact or isinstance(value, str | bytes) or not positions:
        return None
    try:
        low, high = sorted((positions[0], positions[-1]))
        if not low <= value.real <= high:  # asked first: int(Decimal("1e999999999")) is a number that fills the memory
            return None
        floor = int(value.real)
        return floor if bool(floor == value) else None
    except Exception:  # not a number, not finite, or hostile
        return None


def _is_record(value: Any) -> bool:
    parts = open_node(value)
    return parts is not None and bool(parts[1]) and not isinstance(parts[0], TupleShape)


def _flat_record(shape: Shape, node: Any, parts: tuple[dict[Steps, Any], ...]) -> dict[Steps, Any]:
    if not parts or isinstance(shape, TupleShape):
        return {(): node}
    return {(key, *path): leaf for key, part in zip(shape.keys, parts, strict=True) for path, leaf in part.items()}


_FLAT: Final[Algebra[dict[Steps, Any]]] = Algebra(
    leaf=lambda leaf: {(): leaf},
    record=_flat_record,
    choice=lambda node, _: {(): node},
)


def flatten_point(value: Any) -> dict[Steps, Any]:
    """The values of a point by path; tuples and empty records are values, other records are entered."""
    return fold(_FLAT, value)


def _kinds_of(shape: Shape, parts: Iterable[tuple[Hashable, Kinds]]) -> Kinds:
    """The types of a record and of the records in it, from those of its children."""
    own: Kinds = {(): frozenset((getattr(shape, "cls", type(shape)),))}
    return own | {(key, *path): kinds for key, part in parts for path, kinds in part.items()}


def _kinds_of_value(shape: Shape, _: Any, parts: tuple[Kinds, ...]) -> Kinds:
    if not parts or isinstance(shape, TupleShape):
        return {}
    return _kinds_of(shape, zip(shape.keys, parts, strict=True))


_KINDS: Final[Algebra[Kinds]] = Algebra(leaf=lambda _: {}, record=_kinds_of_value, choice=lambda _node, _parts: {})


def _joined_kinds(parts: Iterable[Kinds]) -> Kinds:
    joined: Kinds = {}
    for part in parts:
        for path, kinds in part.items():
            joined[path] = joined.get(path, kinds) | kinds
    return joined


def _static_columns(value: Any) -> Columns:
    return {path: Column(((leaf,),), False) for path, leaf in flatten_point(value).items()}


def _merged(parts: Iterable[Columns], count: int) -> Columns:
    """The columns of a union of `count` parts: a path is swept where what stands there can differ.

    Of a path that some part derives only the values that others give to it are known.
    """
    gathered: dict[Steps, list[Column]] = {}
    for part in parts:
        for path, column in part.items():
            gathered.setdefault(path, []).append(column)
    return {path: _joined(columns, count) for path, columns in gathered.items()}


def _joined(columns: Sequence[Column], count: int) -> Column:
    pieces = tuple(piece for column in columns for piece in column.pieces)
    if any(column.computed for column in columns):
        return Column(pieces, True, computed=True)
    single = all(count_items(piece) == 1 for piece in pieces)
    if single and len({exact_key(piece[0]) for piece in pieces}) == 1 and len(columns) == count:
        return Column(pieces[:1], any(column.swept for column in columns))
    return Column(pieces, True)


# --- products of children ----------------------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class Record(Node):
    """`shape.build` of every combination of the children's points, the leftmost slowest."""

    shape: Shape
    parts: tuple[Node, ...]
    size: int = _derived()
    depth: int = _derived()

    def __attrs_post_init__(self) -> None:
        _set(self, size=prod(part.size for part in self.parts))
        if self.depth % DEPTH_STEP == 0 and self.size <= POOL and not self.calls:
            _ = self._pools  # kept now, so that walking a deep tree later goes down a step at a time

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """Per child, how many points lie from one of its points to the next."""
        return tuple(accumulate((part.size for part in self.parts[:0:-1]), mul, initial=1))[::-1]

    @property
    def calls(self) -> bool:
        return isinstance(self.shape, FieldsShape) or any(part.calls for part in self.parts)

    def at(self, index: int) -> Any:
        points = []
        for part in reversed(self.parts):
            index, digit = divmod(index, part.size)
            points.append(part.at(digit))
        points.reverse()
        return self.shape.build(points)

    @cached_property
    def _first(self) -> int:
        """The first child from which on every pool is kept: the odometer's lowest wheel."""
        return next((k for k in reversed(range(len(self.parts))) if not self._pools[k]), 0)

    @cached_property
    def _pools(self) -> tuple[Sequence[Any], ...]:
        """The points of each child, or none where there are too many to keep, or one that raises when it is built."""
        return tuple([_pool(part) if _poolable(part) else () for part in self.parts])

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        if not self.parts or start >= stop:
            return map(self.at, range(start, stop))
        if start == 0 and stop == self.size and self._pools[self._first]:
            return self.shape.stream(self._pools)
        return chain.from_iterable(self._blocks(start, stop))

    def _blocks(self, start: int, stop: int) -> Iterator[Iterator[Any]]:
        """Runs of points in which the wheels before the k-th stand still and those after it turn whole."""
        pools, weights = self._pools, self.weights
        wheels = range(self._first, len(self.parts))
        while start < stop:
            k = next(k for k in wheels if not start % weights[k] and weights[k] <= stop - start)
            part, weight = self.parts[k], weights[k]
            digit = start // weight % part.size
            count = min(part.size - digit, (stop - start) // weight)
            still = [(_digit(*wheel, start),) for wheel in zip(self.parts[:k], weights[:k], strict=True)]
            turning = pools[k][digit : digit + count]
            for some in (turning,) if turning else _growing(part.walk(digit, digit + count)):
                yield self.shape.stream((*still, some, *pools[k + 1 :]))
            start += count * weight

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        values = self.shape.split(value) if self.size else None
        if values is None:
            return NOWHERE
        return self.combined(part.places(child, exact) for part, child in zip(self.parts, values, strict=True))

    def combined(self, places: Iterable[Places]) -> Places:
        """The places of the records whose children stand at these places."""
        found: list[Places] = []
        rank: int | None = 0
        for part, place in zip(self.parts, places, strict=True):
            if next(place.walk(0, 1), None) is None:
                return NOWHERE
            if rank is not None and isinstance(place, Listed) and len(place.places) == 1:
                rank = rank * part.size + place.places[0]  # mostly each stands in one place, and so do all
            else:
                rank = None
            found.append(place)
        return Combined([part.size for part in self.parts], found) if rank is None else Listed((rank,))

    def columns(self) -> Columns:
        pairs = zip(self.shape.keys, self.parts, strict=True)
        return {(key, *path): column for key, part in pairs for path, column in part.columns().items()}

    def claims(self, exact: bool) -> Claims:
        if not self.size:
            return NOTHING
        if not isinstance(self.shape, Layout):
            return of_points([None])  # a leaf, as far as merging goes
        pairs = zip(self.shape.keys, self.parts, strict=True)
        return together(part.claims(exact).below(key) for key, part in pairs)

    def kinds(self) -> Kinds:
        return _kinds_of(self.shape, ((key, p.kinds()) for key, p in zip(self.shape.keys, self.parts, strict=True)))

    def outline(self, path: Steps) -> Outline:
        pairs = zip(self.shape.keys, self.parts, strict=True)
        return of_product([part.outline((*path, key)) for key, part in pairs])


def _digit(part: Node, weight: int, index: int) -> Any:
    return part.at(index // weight % part.size)


def _growing(points: Iterator[Any]) -> Iterator[tuple[Any, ...]]:
    """The points in tuples of 1, 2, 4 and so on up to `AHEAD`: the first one soon, the others cheaply.

    A function of the user's may raise at a point: the ones before it come first.
    """
    size, error = 1, None
    while error is None:
        some: list[Any] = []
        try:
            some.extend(islice(points, size))
        except Exception as caught:
            error = caught
        if some:
            yield tuple(some)
        if error is None and len(some) < size:
            return
        size = min(2 * size, AHEAD)
    raise error


def _poolable(part: Node) -> bool:
    return part.size <= POOL or (isinstance(part, Axis) and isinstance(part.values, tuple))


def _pool(part: Node) -> tuple[Any, ...]:
    if isinstance(part, Axis) and isinstance(part.values, tuple):
        return part.values
    try:
        return tuple(part.walk(0, part.size))
    except Exception:  # raised anew where that point is due: the configurations before it come first
        return ()


@final
@attrs.frozen(repr=False)
class Zip(Node):
    """The tuples of the children's points at the same index."""

    parts: tuple[Node, ...]
    size: int = _derived()
    depth: int = _derived()

    def __attrs_post_init__(self) -> None:
        _set(self, size=self.parts[0].size)

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    def at(self, index: int) -> tuple[Any, ...]:
        return tuple([part.at(index) for part in self.parts])

    def walk(self, start: int, stop: int) -> Iterator[tuple[Any, ...]]:
        return zip(*[part.walk(start, stop) for part in self.parts], strict=True)

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        return self.combined(part.places(child, exact) for part, child in zip(self.parts, value, strict=True))

    def combined(self, places: Iterable[Places]) -> Places:
        """The places of the tuples whose items stand at these places."""
        return Common(tuple(places), LIMIT)

    def columns(self) -> Columns:
        return {(str(k), *path): column for k, part in enumerate(self.parts) for path, column in part.columns().items()}

    def outline(self, path: Steps) -> Outline:
        outlines = [part.outline(path) for part in self.parts]
        formula = f"zip({', '.join(outline.formula or '1' for outline in outlines)})"
        return Outline.nested(formula, f"{show_path(path)}: zipped, {format_count(self.size)} together", outlines)


@final
@attrs.frozen(repr=False)
class Merge(Node):
    """The deep merge of each tuple of configs that a product or a zip of sweeps holds."""

    inner: Record | Zip
    size: int = _derived()
    depth: int = _derived()

    def __attrs_post_init__(self) -> None:
        _set(self, size=self.inner.size)

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.inner,)

    def at(self, index: int) -> Config:
        return merged(self.inner.at(index))

    def walk(self, start: int, stop: int) -> Iterator[Config]:
        return map(merged, self.inner.walk(start, stop))

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        if not isinstance(value, Mapping) or not self.size:
            return NOWHERE
        origins = origins_of(freeze(value), self._shares) if self._shares else None
        if origins is None:
            return Known(scan(self, value, exact))
        pairs = zip(self.inner.parts, origins, strict=True)
        possible = self.inner.combined(_places_of_any(part, some, exact) for part, some in pairs)
        if not any(share.empties for share in self._shares) and all(share.exact for share in self._shares):
            whole = all(origins) and are_equal(merged(tuple([one for (one,) in origins])), value)
            return possible if whole else NOWHERE
        same = _matcher(value, exact)
        return Verified(possible, lambda rank: same(self.at(rank)), LIMIT)

    @cached_property
    def _shares(self) -> tuple[Claims, ...]:
        """The paths that each part sets; none where parts of a zip set one path by turns."""
        for exact in (False, True):
            shares = tuple(part.claims(exact) for part in self.inner.parts)
            if find_conflict(shares) is None:
                return shares
        return ()

    def columns(self) -> Columns:
        gathered: dict[Steps, list[Column]] = {}
        filled = find_filled([part.claims(exact=False) for part in self.inner.parts])
        for part, hidden in zip(self.inner.parts, filled, strict=True):
            for path, column in part.columns().items():
                if path not in hidden:
                    gathered.setdefault(path, []).append(column)
        return {path: _joined(some, len(some)) if some[1:] else some[0] for path, some in gathered.items()}

    @property
    def fills(self) -> bool:
        """True where one part may have something in what is an empty record of another one."""
        shares = [part.claims(exact=False) for part in self.inner.parts]
        return any(find_filled([attrs.evolve(share, uniform=True) for share in shares]))

    def claims(self, exact: bool) -> Claims:
        return together(part.claims(exact) for part in self.inner.parts) if self.size else NOTHING

    def kinds(self) -> Kinds:
        return _joined_kinds(part.kinds() for part in self.inner.parts)

    def outline(self, path: Steps) -> Outline:
        if isinstance(self.inner, Zip):
            return self.inner.outline(path)
        return of_product([part.outline(path) for part in self.inner.parts])


def merged(points: tuple[Config, ...]) -> Config:
    """The configurations merged into one, by name."""
    whole = points[0]
    for point in points[1:]:
        whole = merge_disjoint(whole, point)
    return whole


def _places_of_any(node: Node, values: Iterable[Any], exact: bool) -> Places:
    """The places of several values, in order."""
    places = [node.places(value, exact) for value in values]
    return places[0] if len(places) == 1 else AnyOf(places)


# --- sums ------------------------------------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class Union(Node):
    """The points of each part, one part after the other."""

    parts: tuple[Node, ...]
    size: int = _derived()
    depth: int = _derived()
    offsets: tuple[int, ...] = _derived()

    def __attrs_post_init__(self) -> None:
        offsets = tuple(accumulate((part.size for part in self.parts), initial=0))
        _set(self, size=offsets[-1], offsets=offsets)

    def ending(self, parts: Sequence[Node]) -> Union:
        """`Union((*self.parts[:-1], *parts))`, where only the new parts are looked at: sums grow by and by."""
        made, end = object.__new__(Union), Union(tuple(parts))
        start = self.offsets[-2]
        fields = {
            "parts": self.parts[:-1] + end.parts,
            "size": start + end.size,
            "depth": max(self.depth, end.depth),
            "offsets": self.offsets[:-2] + tuple([start + offset for offset in end.offsets]),
        }
        for name, value in fields.items():
            object.__setattr__(made, name, value)
        return made

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    @cached_property
    def exact(self) -> bool:  # computed once: there may be very many parts
        return all(part.exact for part in self.parts)

    @cached_property
    def calls(self) -> bool:
        return any(part.calls for part in self.parts)

    def at(self, index: int) -> Any:
        k = bisect_right(self.offsets, index) - 1
        return self.parts[k].at(index - self.offsets[k])

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        if start >= stop:
            return iter(())
        covered = range(bisect_right(self.offsets, start) - 1, bisect_left(self.offsets, stop))
        return chain.from_iterable(
            part.walk(max(start - offset, 0), min(stop - offset, part.size))
            for part, offset in ((self.parts[k], self.offsets[k]) for k in covered)
        )

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        return InOrder(self.offsets, lambda k: self.parts[k].places(value, exact))

    def columns(self) -> Columns:
        return _merged((part.columns() for part in self.parts), len(self.parts))

    def claims(self, exact: bool) -> Claims:
        return any_of(part.claims(exact) for part in self.parts if part.size)

    def outline(self, path: Steps) -> Outline:
        return of_choice(show_path(path), [part.outline(path) for part in self.parts[:TERMS]], len(self.parts))


# --- other sweeps, seen through a function or through positions ------------------------------------------


class Image(Node):
    """Every point of a base, seen through a function of the user's: what `Map`, `Derive` and `Typed` share."""

    __slots__ = ()

    base: Node
    _call: Callable[[Any], Any]
    _function: Any
    """What the user gave, as messages name it."""

    def __attrs_post_init__(self) -> None:
        _set(self, size=self.base.size)

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    @property
    def calls(self) -> bool:
        return True

    @property
    def computed(self) -> bool:
        return True

    def rebased(self, base: Node) -> Node:
        """The same function, of another base."""
        return attrs.evolve(self, base=base)  # type: ignore[misc]  # every kind is an attrs class

    def at(self, index: int) -> Any:
        point = self.base.at(index)
        try:
            return self._call(point)
        except STOPS as error:
            raise stop_error(self._function, error) from error

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        call = self._call
        for point in self.base.walk(start, stop):
            try:
                image = call(point)
            except STOPS as error:
                raise stop_error(self._function, error) from error
            yield image


@final
@attrs.frozen(repr=False)
class Map(Image):
    """The functions, one after the other, of each point."""

    functions: tuple[Callable[[Any], Any], ...]
    base: Node
    size: int = _derived()
    depth: int = _derived()

    @property
    def exact(self) -> bool:
        return False

    @cached_property
    def _call(self) -> Callable[[Any], Any]:  # type: ignore[override]  # computed once
        call: Callable[[Any], Any] = compose(*reversed(self.functions))
        return call

    @property
    def _function(self) -> Any:
        return self.functions[0] if len(self.functions) == 1 else self.functions

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return scan(self, value, exact)

    def columns(self) -> Columns:
        return self.base.columns()

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path)


@final
@attrs.frozen(repr=False)
class Derive(Image):
    """Each config with the value at `path` that `function` computes from it."""

    path: Steps
    function: Callable[[Any], Any]
    base: Node
    size: int = _derived()
    depth: int = _derived()

    @property
    def _function(self) -> Any:
        return self.function

    def _call(self, config: Any) -> Any:
        return set_in(self.path, self.function(config), config)

    seen = _call

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        before = [path for path in self.base.columns() if overlap(path, self.path)]
        known = self.exact and before in ([], [self.path]) and self._few_values_before()
        if not known or any(find_index(step, sys.maxsize) is not None for step in self.path):
            return Known(scan(self, value, exact))
        same = _matcher(value, exact)
        possible = _places_of_any(self.base, self._origins(value), exact)
        return Verified(possible, lambda rank: same(self.at(rank)), LIMIT)

    def _few_values_before(self) -> bool:
        """Whether what the base has at the path can be tried value by value."""
        before = self.base.columns().get(self.path)
        return before is None or (not before.computed and sum(map(count_items, before.pieces)) <= POOL)

    def _origins(self, value: Any) -> Iterator[Any]:
        """The configs that may have become `value`: without the path, or with what the base has there."""
        yield from unique((remove_in(self.path, value, prune=prune) for prune in (False, True)), key=exact_key)
        before = self.base.columns().get(self.path)
        for old in chain.from_iterable(before.pieces if before else ()):
            yield from self._with(old, value)

    def _with(self, old: Any, value: Any) -> tuple[Any, ...]:
        """The config that had `old` at the path; nothing where there is no such path, or its class refuses it."""
        try:
            return (set_in(self.path, old, value),)
        except Exception:  # then no point became `value` from it
            return ()

    def columns(self) -> Columns:
        """Those of the base, but that a function computes what stands at the path, and in what holds it.

        Over a path that the base has, the computed values are all that tells of it; at a new one they follow from the
        others.
        """
        columns = self.base.columns()
        over = [path for path in columns if overlap(path, self.path)]
        derived = Column((), bool(over), computed=True)
        kept = {p: derived if p in over else c for p, c in columns.items() if p[: len(self.path)] != self.path}
        return {**kept, self.path: derived}

    def claims(self, exact: bool) -> Claims:
        if exact or not self.size:
            return _listed_claims(self)
        return self.base.claims(exact=False).with_unknown(self.path)

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path).with_line(f"{show_path((*path, *self.path))}: derived")


def overlap(one: Steps, other: Steps) -> bool:
    """Whether one path is the other, or leads to a part of it."""
    return one[: len(other)] == other[: len(one)]


@final
@attrs.frozen(repr=False)
class Select(Node):
    """The points of `base` at the positions that `indices` names, in their order."""

    base: Node
    indices: Indices
    depth: int = _derived()

    def __attrs_post_init__(self) -> None:
        _set(self)

    @property
    def size(self) -> int:  # type: ignore[override]  # asked when it is needed: constraints are counted then
        return self.indices.size

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    def at(self, index: int) -> Any:
        return self.indices.point(self.base, index)

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        return self.indices.walk(self.base, start, stop)

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        return Selected(self.base.places(value, exact), self.indices, LIMIT)

    def columns(self) -> Columns:
        columns: Columns = self.indices.columns(self.base)
        return columns

    def claims(self, exact: bool) -> Claims:
        if not self.size:
            return NOTHING
        whole = self.base.claims(exact and self.size == self.base.size)
        if whole.uniform or self.size == self.base.size:
            return whole
        return _listed_claims(self) if exact else attrs.evolve(whole, exact=False)

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path).selected(self.indices.how, self.size, self.indices.notes)
