"""`spread`: a few configurations that cover every axis evenly."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import Final, TypeVar, final

import attrs

from ...configuration.errors import SizeError
from ...configuration.messages import format_count
from ..choose import require_whole
from ..core import Sweep, as_sweep
from ..indices import Indices
from ..late import descent, sobol
from ..nodes.node import LIMIT, Node
from ..nodes.select import Select

T = TypeVar("T")

SPARE_BITS: Final = 64
"""How many bits more than the longest axis needs a coordinate has, so that all its values are as likely."""


def spread(k: int, sweep: Sweep[T], *, seed: int = 0) -> Sweep[T]:
    """`k` different positions, evenly over every axis: scrambled Sobol points, by exact conditional counts.

    Each value of an axis, and each stretch of values, has nearly as large a part of them as it has of the sweep, and so
    have boxes of several axes; a sample is further off by chance. Prefix-stable: `spread(k, sweep)` begins
    `spread(k + 1, sweep)`. Positions are drawn in order, when they are asked for; `spread(sweep.size, sweep)` has all.
    They are the same for one seed on every machine and under every Python.

    The axes are the author's, the choice of a branch among them; constraints are counted, whatever the size. Slices,
    shuffles and samples are spread over the axes of what they were made from, derived and mapped sweeps over those of
    their base. Tied axes are one axis. So are, by position, a mapped sweep and a cut of a shuffled one inside a record.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(10**30))})
    >>> [(c.model, c.n // (10**30 // 4)) for c in spread(8, s)]
    [('a', 0), ('b', 3), ('a', 2), ('b', 1), ('a', 3), ('b', 0), ('a', 1), ('b', 2)]
    >>> list(spread(3, s)) == list(spread(100, s)[:3]), spread(100, s).index(spread(100, s)[7])
    (True, 7)
    >>> spread(0, s).size
    0

    Raises:
        SizeError: `k` is negative, or greater than the size or 10^6; names both. When something is asked: `sweep` is a
            part of a shuffled one, of more than 10^6 configurations.
        ArgumentError: `k` or `seed` is not a whole number, or `sweep` is not a sweep.

    See also: `covering`, for combinations of values; `sample`, by chance alone.

    Source: Sobol, "On the distribution of points in a cube" (1967); Owen, "Randomly permuted (t,m,s)-nets" (1995).
    """
    node = as_sweep(sweep, "spread")._node
    count, key = require_whole(k, "k"), require_whole(seed, "seed")
    if not 0 <= count <= node.size:
        raise SizeError(
            f"spread(k={format_count(count)}) without replacement takes 0 to {format_count(node.size)} "
            f"configurations, the size of {sweep!r}"
        )
    if count > LIMIT:
        raise SizeError(
            f"spread(k={format_count(count)}) keeps the positions that it draws, at most {LIMIT}. "
            f"For more take sample(k, sweep), which computes them"
        )
    return Sweep(node.through(lambda base: Select(base, Spread(base, count, key))))


@final
@attrs.frozen(repr=False)
class Spread(Indices):
    """The first `size` positions that `draw_positions` gives, drawn when they are asked for."""

    how = "spread"
    ascending = False
    shuffled = True

    base: Node
    size: int
    seed: int

    @cached_property
    def _drawing(self) -> _Drawing:
        return _Drawing(draw_positions(self.base, self.seed))

    @cached_property
    def _ranks(self) -> dict[int, int]:
        return {position: rank for rank, position in enumerate(self._drawing.list_first(self.size))}

    def at(self, index: int) -> int:
        return self._drawing.list_first(index + 1)[index]

    def rank(self, position: int) -> int | None:
        return self._ranks.get(position)

    def runs(self, start: int, stop: int) -> Iterator[range]:
        for position in islice(self._drawing.list_first(stop), start, stop):
            yield range(position, position + 1)


@final
class _Drawing:
    """Positions that are drawn one after the other and kept; several threads may ask."""

    def __init__(self, positions: Iterator[int]) -> None:
        self._drawn: list[int] = []
        self._rest = positions
        self._lock = Lock()

    def list_first(self, number: int) -> Sequence[int]:
        """At least so many of the first positions."""
        with self._lock:
            self._drawn.extend(islice(self._rest, max(0, number - len(self._drawn))))
        return self._drawn


def draw_positions(base: Node, seed: int) -> Iterator[int]:
    """The positions of a sweep, each once: every digit by the coordinate of a Sobol point and the exact counts."""
    ranks = descent.read_ranks(base)
    points = sobol.SobolPoints(seed, ranks.widest.bit_length() + SPARE_BITS)
    drawn: list[int] = []
    for point in range(ranks.size):
        found = _draw_next(ranks, points, point, drawn)
        insort(drawn, found.rank)
        yield found.position


def _draw_next(
    ranks: descent.Ranks, points: sobol.SobolPoints, point: int, drawn: Sequence[int]
) -> descent.Destination:
    """The configuration at a point; where it is drawn already, the nearest that is not."""
    way = ranks.choose_values(0)
    try:
        axis, low, high = next(way)
        while True:
            rank = low + points.scale(point, axis, high - low)
            axis, low, high = way.send(_find_nearest_open(drawn, rank, low, high))
    except StopIteration as end:
        found: descent.Destination = end.value
        return found


def _find_nearest_open(drawn: Sequence[int], rank: int, low: int, high: int) -> int:
    """The rank between two ends that is the nearest to another, and not drawn yet: there is one."""
    place = bisect_left(drawn, rank)
    if place == len(drawn) or drawn[place] != rank:
        return rank
    # ranks that were drawn on both sides without a gap are as far from their places in the list as this one
    places, distance = range(len(drawn)), rank - place
    below = drawn[bisect_left(places, distance, key=lambda k: drawn[k] - k)] - 1
    above = drawn[bisect_right(places, distance, key=lambda k: drawn[k] - k) - 1] + 1
    return above if below < low or (above < high and above - rank < rank - below) else below
