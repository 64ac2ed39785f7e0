"""Where a configuration stands in a sweep: ascending positions, computed in order and from any position on.

A value may stand in 2^60 places. So places are never collected: a product of places is read like an odometer, and
every kind begins at a given position, in either direction, without counting up to it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from math import prod
from typing import Final, Protocol, TypeVar, final

import attrs

from ..configuration.errors import SizeError
from .indices import Indices, Span

__all__ = [
    "NOWHERE",
    "AnyOf",
    "Combined",
    "Common",
    "InOrder",
    "Known",
    "Listed",
    "Places",
    "Selected",
    "Verified",
    "list_few",
]


T = TypeVar("T")

MOST_PLACES: Final = 1_000_000
"""How many places are listed, or looked at in vain, before a search is refused."""


class Places(Protocol):
    """A set of positions."""

    def walk(self, start: int, step: int) -> Iterator[int]:
        """The places from `start` on, ascending where `step` is 1, descending where it is -1."""

    def count(self, bound: int) -> int:
        """How many there are; any number above `bound` where there are more."""

    def check(self) -> None:
        """An error where there may be others than were given so far: to be asked by who stops before their end."""


def _count(places: Places, bound: int) -> int:
    """How many places there are, one by one."""
    return sum(1 for _ in islice(places.walk(0, 1), bound + 1))


def _check(many: Iterable[Places]) -> None:
    for places in many:
        places.check()


def list_few(places: Places) -> Iterator[int]:
    """All places, ascending; an error where there are more than `MOST_PLACES`."""
    if places.count(MOST_PLACES) > MOST_PLACES:
        raise SizeError(f"this configuration stands in more than {MOST_PLACES} places. Make the sweep distinct first")
    return places.walk(0, 1)


def _filter_places(places: Iterator[T], is_hit: Callable[[T], bool]) -> Iterator[T]:
    """`filter(is_hit, places)`; an error after more than `MOST_PLACES` misses."""
    misses = 0
    for place in places:
        if is_hit(place):
            yield place
        elif (misses := misses + 1) > MOST_PLACES:
            raise _too_many_misses()


def _too_many_misses() -> SizeError:
    return SizeError(
        f"finding this configuration means looking at more than {MOST_PLACES} places in which a part of it stands. "
        f"Make the sweeps that this one is made of distinct first"
    )


@final
class Known:
    """Places that something else gives in ascending order, read when they are needed and kept."""

    def __init__(self, places: Iterable[int]) -> None:
        self._read: list[int] = []
        self._rest = iter(places)

    def walk(self, start: int, step: int) -> Iterator[int]:
        if step < 0:
            self._read.extend(self._rest)
            return reversed(self._read[: bisect_right(self._read, start)])
        return self._ascend(start)

    def count(self, bound: int) -> int:
        return _count(self, bound)

    def check(self) -> None:
        self._read.extend(self._rest)

    def _ascend(self, start: int) -> Iterator[int]:
        k = bisect_left(self._read, start)
        while k < len(self._read) or self._reads_one():
            if self._read[k] >= start:
                yield self._read[k]
            k += 1

    def _reads_one(self) -> bool:
        for place in self._rest:
            self._read.append(place)
            return True
        return False


@final
@attrs.frozen(eq=False, repr=False)
class Listed:
    """Places that are known, ascending."""

    places: Sequence[int]

    def walk(self, start: int, step: int) -> Iterator[int]:
        if step < 0:
            return reversed(self.places[: bisect_right(self.places, start)])
        return iter(self.places if start <= 0 else self.places[bisect_left(self.places, start) :])

    def count(self, bound: int) -> int:  # noqa: ARG002  # they are counted already
        return len(self.places)

    def check(self) -> None:
        """They are all that there are."""


NOWHERE: Final = Listed(())
"""No place at all."""


@final
@attrs.frozen(eq=False, repr=False)
class Combined:
    """The places of a record: every combination of the places of its children, whose numbers of points are `sizes`."""

    sizes: Sequence[int]
    parts: Sequence[Places]

    def walk(self, start: int, step: int) -> Iterator[int]:
        """An odometer: a wheel begins at its digit of `start` while all wheels before it stand at theirs."""
        first = [0 if step > 0 else size - 1 for size in self.sizes]
        size = prod(self.sizes)
        start = max(start, 0) if step > 0 else min(start, size - 1)
        if not 0 <= start < size:
            return
        digits = self._digits(start)
        wheels = [self.parts[0].walk(digits[0], step)]
        ranks, at_start = [0], [True]
        while wheels:
            k = len(wheels) - 1
            digit = next(wheels[k], None)
            if digit is None:
                wheels.pop(), ranks.pop(), at_start.pop()
                continue
            rank, still = ranks[k] * self.sizes[k] + digit, at_start[k] and digit == digits[k]
            if k + 1 == len(self.parts):
                yield rank
                continue
            wheels.append(self.parts[k + 1].walk(digits[k + 1] if still else first[k + 1], step))
            ranks.append(rank)
            at_start.append(still)

    def count(self, bound: int) -> int:
        return prod(part.count(bound) for part in self.parts)

    def check(self) -> None:
        _check(self.parts)

    def _digits(self, position: int) -> list[int]:
        """A position as one digit per child."""
        digits = []
        for size in reversed(self.sizes):
            position, digit = divmod(position, size)
            digits.append(digit)
        return digits[::-1]


@final
class InOrder:
    """The places of a union: those in each part, one part after the other."""

    def __init__(self, offsets: Sequence[int], part: Callable[[int], Places]) -> None:
        self._offsets, self._part = offsets, part
        self._parts: dict[int, Places] = {}

    def walk(self, start: int, step: int) -> Iterator[int]:
        last = len(self._offsets) - 2
        first = min(bisect_right(self._offsets, start) - 1, last)
        for k in range(max(first, 0), last + 1) if step > 0 else range(first, -1, -1):
            offset = self._offsets[k]
            begin = max(start - offset, 0) if step > 0 else min(start, self._offsets[k + 1] - 1) - offset
            for place in self._place(k).walk(begin, step):
                yield offset + place

    def count(self, bound: int) -> int:
        found = 0
        for k in range(len(self._offsets) - 1):
            found += self._place(k).count(bound)
            if found > bound:
                break
        return found

    def check(self) -> None:
        _check(self._parts.values())  # those that were not asked are not those that were left before their end

    def _place(self, k: int) -> Places:
        if k not in self._parts:
            self._parts[k] = self._part(k)
        return self._parts[k]


@final
@attrs.frozen(eq=False, repr=False)
class Common:
    """The places that several have in common: each in turn jumps to where the others are."""

    parts: Sequence[Places]

    def walk(self, start: int, step: int) -> Iterator[int]:
        walks, misses = [part.walk(start, step) for part in self.parts], 0
        while None not in (heads := [next(walk, None) for walk in walks]):
            while heads.count(heads[0]) < len(heads):
                misses += 1
                furthest = (max if step > 0 else min)(head for head in heads if head is not None)
                for k, part in enumerate(self.parts):
                    if heads[k] != furthest:
                        walks[k] = part.walk(furthest, step)
                        heads[k] = next(walks[k], None)
                if None in heads:
                    return _check(self.parts)
                if misses > MOST_PLACES:
                    raise _too_many_misses()
            yield from (head for head in heads[:1] if head is not None)
        return _check(self.parts)

    def count(self, bound: int) -> int:
        return _count(self, bound)

    def check(self) -> None:
        _check(self.parts)


@final
@attrs.frozen(eq=False, repr=False)
class AnyOf:
    """The places of several values."""

    parts: Sequence[Places]

    def walk(self, start: int, step: int) -> Iterator[int]:
        before = None
        for place in merge(*(part.walk(start, step) for part in self.parts), reverse=step < 0):
            if place != before:
                yield place
            before = place

    def count(self, bound: int) -> int:
        return _count(self, bound)

    def check(self) -> None:
        _check(self.parts)


@final
class Verified:
    """The places, out of some that are possible, where a value really stands: each is asked about once."""

    def __init__(self, possible: Places, stands: Callable[[int], bool]) -> None:
        self._possible, self._stands = possible, stands
        self._verdicts: dict[int, bool] = {}

    def walk(self, start: int, step: int) -> Iterator[int]:
        return _filter_places(self._possible.walk(start, step), self._verdict)

    def count(self, bound: int) -> int:
        return _count(self, bound)

    def check(self) -> None:
        self._possible.check()

    def _verdict(self, place: int) -> bool:
        if place not in self._verdicts:
            self._verdicts[place] = self._stands(place)
        return self._verdicts[place]


@final
class Selected:
    """The places of a selection: where `indices` put the places of the base."""

    def __init__(self, base: Places, indices: Indices) -> None:
        self._base, self._indices = base, indices
        self._sorted: Known | None = None

    def walk(self, start: int, step: int) -> Iterator[int]:
        size = self._indices.size
        start = max(start, 0) if step > 0 else min(start, size - 1)
        if not 0 <= start < size:
            return iter(())
        if self._indices.ascending:
            return self._in_order(start, step, step)
        if isinstance(self._indices, Span):
            return self._in_order(start, step, -step)
        return self._in_no_order().walk(start, step)

    def count(self, bound: int) -> int:
        return _count(self, bound)

    def check(self) -> None:
        self._base.check()

    def _in_order(self, start: int, step: int, base_step: int) -> Iterator[int]:
        """Where greater places of the base are all greater, or all less, in the selection."""
        first, last = self._indices.at(start), self._indices.at(self._indices.size - 1 if step > 0 else 0)
        low, high = min(first, last), max(first, last)
        inside = _while_inside(self._base, first, base_step, low, high)
        ranks = map(self._indices.rank, inside)
        return (rank for rank in _filter_places(ranks, lambda rank: rank is not None) if rank is not None)

    def _in_no_order(self) -> Known:
        """Where they stand in any order, all of them sorted."""
        if self._sorted is None:
            found = map(self._indices.rank, list_few(self._base))
            self._sorted = Known(sorted(rank for rank in found if rank is not None))
        return self._sorted


def _while_inside(places: Places, first: int, step: int, low: int, high: int) -> Iterator[int]:
    for place in places.walk(first, step):
        if not low <= place <= high:
            return places.check()
        yield place
