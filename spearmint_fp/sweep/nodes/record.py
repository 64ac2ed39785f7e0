"""A record of sweeps: every combination of the points of its children."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, islice
from math import prod
from operator import mul
from typing import TYPE_CHECKING, Any, Final, final

import attrs

from ...configuration.config import Layout
from ...configuration.fold import Steps, show_path
from ...configuration.freezing import rebuild_record
from ...configuration.messages import short_repr, suggest_keys
from ...configuration.records import FieldsShape, NamedShape, Shape
from ..claims import NOTHING, Claims, claim_points, merge_claims
from ..patterns import Pattern, join_patterns
from .axis import make_point
from .columns import A, Columns, Kinds, Tables, nest_kinds
from .late import outline, places, probes
from .node import ABSENT, Compound, Node, ProductOf, make_derived_field

if TYPE_CHECKING:
    from ..outline import Outline
    from ..places import Places
    from ..probes import Probe
    from ..spots import Spot

POOLED_POINTS: Final = 256
"""How many points of a child are built at once and shared by the configurations of its parent."""

BATCH_POINTS: Final = 64
"""How many points of a child that is too large for that are built at once: few, as every level of a tree holds some."""

GROUPED_PARTS: Final = 32
"""How many children's digits are split from a position at once."""

POOLED_LEVELS: Final = 16
"""Every how many levels the points of a deeply nested small record are built at once."""


@final
@attrs.frozen(repr=False)
class Record(Compound):
    """`shape.build` of every combination of the children's points, the leftmost slowest."""

    shape: Shape
    parts: tuple[Node, ...]
    size: int = make_derived_field()

    @staticmethod
    def of(shape: Shape, node: Any, parts: Sequence[Node]) -> Node:
        """The product of a record's children; one point, built once, where nothing below it varies."""
        if all(part.static for part in parts):
            return make_point(rebuild_record(shape, node, tuple(part.at(0) for part in parts)))
        return Record(shape, tuple(parts))

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        object.__setattr__(self, "size", prod([part.size for part in self.parts]))
        if self.depth % POOLED_LEVELS == 0 and self.size <= POOLED_POINTS and not self.calls:
            _ = self._pools  # kept now, so that walking a deep tree later goes down a step at a time

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    @cached_property
    def weights(self) -> tuple[int, ...]:
        """Per child, how many points lie from one of its points to the next."""
        return tuple(accumulate((part.size for part in self.parts[:0:-1]), mul, initial=1))[::-1]

    @cached_property
    def calls(self) -> bool:  # computed once: there may be very many levels
        return not self.faithful or any(part.calls for part in self.parts)

    def at(self, index: int) -> Any:
        points = []
        for parts, size in self._groups:
            index, rest = divmod(index, size)
            for part in parts:
                rest, digit = divmod(rest, part.size)
                points.append(part.at(digit))
        points.reverse()
        return self.shape.build(points)

    @cached_property
    def _groups(self) -> list[tuple[tuple[Node, ...], int]]:
        """The children from the last on in groups, each with the number of its combinations.

        Of many axes a position is a number of thousands of digits, which is slow to divide: that is done once a group.
        """
        parts = self.parts[::-1]
        groups = [parts[start : start + GROUPED_PARTS] for start in range(0, len(parts), GROUPED_PARTS)]
        return [(group, prod([part.size for part in group])) for group in groups]

    @cached_property
    def _first(self) -> int:
        """The first child from which on every pool is kept: the odometer's lowest wheel."""
        return next((k for k in reversed(range(len(self.parts))) if not self._pools[k]), 0)

    @cached_property
    def _pools(self) -> tuple[Sequence[Any], ...]:
        """The points of each child, or none where there are too many to keep, or one that raises when it is built."""
        return tuple(map(_pool_points, self.parts))

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        if not self.parts or start >= stop:
            return map(self.at, range(start, stop))
        if start == 0 and stop == self.size and self._pools[self._first]:
            return self.shape.stream(self._pools)
        return chain.from_iterable(self._blocks(start, stop))

    def _blocks(self, start: int, stop: int) -> Iterator[Iterator[Any]]:
        """Runs of points in which the children before the k-th stand still and those after it take all their points."""
        # Each run is as long as `start` and `stop` allow, so that the shape builds most points in one call.
        pools, weights = self._pools, self.weights
        wheels = range(self._first, len(self.parts))
        while start < stop:
            k = next(k for k in wheels if not start % weights[k] and weights[k] <= stop - start)
            turned, weight = self.parts[k], weights[k]
            digit = start // weight % turned.size
            count = min(turned.size - digit, (stop - start) // weight)
            still = [(part.at(start // w % part.size),) for part, w in zip(self.parts[:k], weights[:k], strict=True)]
            turning = pools[k][digit : digit + count]
            for some in (turning,) if turning else _batch_points(turned.walk(digit, digit + count)):
                yield self.shape.stream((*still, some, *pools[k + 1 :]))
            start += count * weight

    def explain_absence(self, value: Any) -> str:
        values = self.shape.split(value)
        if values is None:
            known = self.shape.keys
            other = next((key for key in (value if isinstance(value, Mapping) else ()) if key not in known), None)
            if other is not None:
                return f": a configuration has no {short_repr(other)}{suggest_keys(other, known)}"
            return f": a configuration has the keys {', '.join(show_path((key,)) for key in known[:12])}"
        for key, part, child in zip(self.shape.keys, self.parts, values, strict=True):
            reason = part.explain_missing(child)
            if reason:
                return f": {show_path((key,))} is {reason}"
        return ""

    def places(self, value: Any, exact: bool) -> Places:
        values = self.shape.split(value) if self.size else None
        if values is None:
            return places.NOWHERE
        return self.combined(part.places(child, exact) for part, child in zip(self.parts, values, strict=True))

    def combined(self, each: Iterable[Places]) -> Places:
        """The places of the records whose children stand at these places."""
        found: list[Places] = []
        rank: int | None = 0
        for part, place in zip(self.parts, each, strict=True):
            if next(place.walk(0, 1), None) is None:
                return places.NOWHERE
            if rank is not None and isinstance(place, places.Listed) and len(place.places) == 1:
                rank = rank * part.size + place.places[0]  # mostly each stands in one place, and so do all
            else:
                rank = None
            found.append(place)
        return places.Combined([part.size for part in self.parts], found) if rank is None else places.Listed((rank,))

    @property
    def composition(self) -> ProductOf:
        return ProductOf(self.parts, self.weights, self.shape)

    def rebuilt(self, parts: Sequence[Node]) -> Record:
        return attrs.evolve(self, parts=tuple(parts))

    def enter(self, path: Steps) -> Sequence[tuple[int, Steps]]:
        child = self.shape.find(path[0]) if path else None
        return () if child is None else ((child, path[1:]),)

    def peek(self, index: int, path: Steps) -> Any:
        if not path:
            return super().peek(index, path)
        for child, rest in self.enter(path):  # a class may refuse the point as a whole: its parts are still seen
            part = self.parts[child]
            return part.peek(index // self.weights[child] % part.size, rest)
        return ABSENT

    @property
    def faithful(self) -> bool:
        return not isinstance(self.shape, FieldsShape)  # a class may change or refuse what it is given

    def columns(self) -> Columns:
        return {(key, *path): column for key, part in self._items for path, column in part.columns().items()}

    def claims(self, exact: bool) -> Claims:
        if not self.size:
            return NOTHING
        if not isinstance(self.shape, Layout):
            return claim_points([None])  # a leaf, as far as merging goes
        return merge_claims(part.claims(exact).below(key) for key, part in self._items)

    def kinds(self) -> Kinds:
        return nest_kinds(self.shape, ((key, part.kinds()) for key, part in self._items))

    def can_set(self, path: Steps) -> bool:
        position = self.shape.find(path[0]) if path else None
        if position is None:
            return not path or isinstance(self.shape, Layout)
        return self.parts[position].can_set(path[1:])

    def tabulate(self, tables: Tables[A], rows: Any) -> dict[Steps, A]:
        if not self.faithful:
            return tables.tabulate_points(self, rows)
        pairs = zip(self.shape.keys, tables.tabulate_product(self, rows), strict=True)
        return {(key, *path): array for key, part in pairs for path, array in part.items()}

    @property
    def fields(self) -> dict[Hashable, Node] | None:
        return dict(self._items) if isinstance(self.shape, Layout) else None

    def probes(self, spot: Spot) -> Iterator[Probe]:
        if isinstance(self.shape, FieldsShape | NamedShape):  # an instance is looked at as a whole
            yield from super().probes(spot)
            return
        yield probes.RecordProbe(self, spot)
        for k, (key, part) in enumerate(zip(self.shape.keys, self.parts, strict=True)):
            yield from part.probes(spot.in_product(self, k, self.shape.build, (key,)))

    def find_pattern(self) -> Pattern:
        return join_patterns(self.shape, (part.find_pattern() for part in self.parts))

    def outline(self, path: Steps) -> Outline:
        return outline.outline_product([part.outline((*path, key)) for key, part in self._items])

    @property
    def _items(self) -> Iterator[tuple[Hashable, Node]]:
        return zip(self.shape.keys, self.parts, strict=True)


def _batch_points(points: Iterator[Any]) -> Iterator[tuple[Any, ...]]:
    """The points in tuples of 1, 2, 4 and so on up to `BATCH_POINTS`: the first one soon, the others cheaply.

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
        size = min(2 * size, BATCH_POINTS)
    raise error


def _pool_points(part: Node) -> tuple[Any, ...]:
    if part.stored is not None:
        return part.stored
    try:
        return tuple(part.walk(0, part.size)) if part.size <= POOLED_POINTS else ()
    except Exception:  # raised anew where that point is due: the configurations before it come first
        return ()
