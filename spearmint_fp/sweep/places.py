"""Where a configuration stands in a sweep: ascending positions, computed in order and from any position on.

A value may stand in 2^60 places. So places are never collected: a product of places is read like an odometer, and
every kind begins at a given position, in either direction, without counting up to it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from math import prod
from typing import Final, TypeVar, final

import attrs

from ..configuration.errors import SizeError
from .indices import Indices, Span

T = TypeVar("T")

MOST_PLACES: Final = 1_000_000
"""How many places are listed, or looked at in vain, before a search is refused."""


class Places(ABC):
    """A set of positions."""

    __slots__ = ()

    parts: Sequence[Places] = ()
    """The places that these are found from."""

    @abstractmethod
    def walk(self, start: int, step: int) -> Iterator[int]:
        """The places from `start` on, ascending where `step` is 1, descending where it is -1."""

    def count(self, bound: int) -> int:
        """How many there are; any number above `bound` where there are more."""
        return sum(1 for _ in islice(self.walk(0, 1), bound + 1))

    def check(self) -> None:
        """Raise the error that a walk raises at its end, if any: for a caller that stops walking before that."""
        for part in self.parts:
            part.check()


def list_places(places: Places) -> Iterator[int]:
    """All places, ascending; an error where there are more than `MOST_PLACES`."""
    if places.count(MOST_PLACES) > MOST_PLACES:
        raise _make_refusal()
    return places.walk(0, 1)


def bound_places(places: Iterable[int]) -> Iterator[int]:
    """The places as they come; an error in place of one more than `MOST_PLACES`."""
    for number, place in enumerate(places):
        if number == MOST_PLACES:
            raise _make_refusal()
        yield place


def _make_refusal() -> SizeError:
    return SizeError(f"this configuration stands in more than {MOST_PLACES} places. Make the sweep distinct first")


def _filter_places(places: Iterator[T], is_hit: Callable[[T], bool]) -> Iterator[T]:
    """`filter(is_hit, places)`; an error after more than `MOST_PLACES` misses."""
    misses = 0
    for place in places:
        if is_hit(place):
            yield place
        elif (misses := misses + 1) > MOST_PLACES:
            raise _make_misses_error()


def _make_misses_error() -> SizeError:
    return SizeError(
        f"finding this configuration means looking at more than {MOST_PLACES} places in which a part of it stands. "
        f"Make the sweeps that this one is made of distinct first"
    )


@final
class Known(Places):
    """Places that something else gives in ascending order, read when they are needed and kept."""

    def __init__(self, places: Iterable[int]) -> None:
        self._read: list[int] = []
        self._rest = iter(places)

    def walk(self, start: int, step: int) -> Iterator[int]:
        if step < 0:
            self._read.extend(self._rest)
            return reversed(self._read[: bisect_right(self._read, start)])
        return self._ascend(start)

    def check(self) -> None:
        self._read.extend(self._rest)

    def _ascend(self, start: int) -> Iterator[int]:
        k = bisect_left(self._read, start)
        while k < len(self._read) or self._read_next():
            if self._read[k] >= start:
                yield self._read[k]
            k += 1

    def _read_next(self) -> bool:
        for place in self._rest:
            self._read.append(place)
            return True
        return False


@final
@attrs.frozen(eq=False, repr=False)
class Listed(Places):
    """Places that are known, ascending."""

    places: Sequence[int]

    def walk(self, start: int, step: int) -> Iterator[int]:
        if step < 0:
            return reversed(self.places[: bisect_right(self.places, start)])
        return iter(self.places if start <= 0 else self.places[bisect_left(self.places, start) :])

    def count(self, bound: int) -> int:  # noqa: ARG002  # they are counted already
        return len(self.places)


NOWHERE: Final = Listed(())
"""No place at all."""


@final
@attrs.frozen(eq=False, repr=False)
class Combined(Places):
    """The places of a record: every combination of the places of its children, whose numbers of points are `sizes`."""

    sizes: Sequence[int]
    parts: Sequence[Places]

    def walk(self, start: int, step: int) -> Iterator[int]:
        # An odometer: a wheel begins at its digit of `start` while those before it stand at theirs, else at its end.
        # Wheels are kept on a stack, not in a recursion, as a record may have a thousand children.
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

    def _digits(self, position: int) -> list[int]:
        """A position as one digit per child."""
        digits = []
        for size in reversed(self.sizes):
            position, digit = divmod(position, size)
            digits.append(digit)
        return digits[::-1]


@final
class InOrder(Places):
    """The places of a union: those in each part, one part after the other."""

    def __init__(self, offsets: Sequence[int], part: Callable[[int], Places]) -> None:
        self._offsets, self._part = offsets, part
        self._found: dict[int, Places] = {}

    @property
    def parts(self) -> Sequence[Places]:  # type: ignore[override]  # those that were walked: the others were not left early
        return tuple(self._found.values())

    def walk(self, start: int, step: int) -> Iterator[int]:
        last = len(self._offsets) - 2
        first = min(bisect_right(self._offsets, start) - 1, last)
        for k in range(max(first, 0), last + 1) if step > 0 else range(first, -1, -1):
            offset = self._offsets[k]
            begin = max(start - offset, 0) if step > 0 else min(start, self._offsets[k + 1] - 1) - offset
            for place in self._find_in_part(k).walk(begin, step):
                yield offset + place

    def count(self, bound: int) -> int:
        found = 0
        for k in range(len(self._offsets) - 1):
            found += self._find_in_part(k).count(bound)
            if found > bound:
                break
        return found

    def _find_in_part(self, k: int) -> Places:
        if k not in self._found:
            self._found[k] = self._part(k)
        return self._found[k]


@final
@attrs.frozen(eq=False, repr=False)
class Common(Places):
    """The places that several have in common: a walk that is behind begins again where the furthest one is."""

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
                    return self.check()
                if misses > MOST_PLACES:
                    raise _make_misses_error()
            yield from (head for head in heads[:1] if head is not None)
        return self.check()


@final
@attrs.frozen(eq=False, repr=False)
class AnyOf(Places):
    """The places of several values."""

    parts: Sequence[Places]

    def walk(self, start: int, step: int) -> Iterator[int]:
        before = None
        for place in merge(*(part.walk(start, step) for part in self.parts), reverse=step < 0):
            if place != before:
                yield place
            before = place


@final
class Verified(Places):
    """The possible places that pass a test, which is made once for each."""

    def __init__(self, possible: Places, stands: Callable[[int], bool]) -> None:
        self.parts, self._stands = (possible,), stands
        self._verdicts: dict[int, bool] = {}

    def walk(self, start: int, step: int) -> Iterator[int]:
        return _filter_places(self.parts[0].walk(start, step), self._is_here)

    def _is_here(self, place: int) -> bool:
        if place not in self._verdicts:
            self._verdicts[place] = self._stands(place)
        return self._verdicts[place]


@final
class Selected(Places):
    """The places of a selection: where `indices` put the places of the base."""

    def __init__(self, base: Places, indices: Indices) -> None:
        self.parts, self._indices = (base,), indices
        self._sorted: Known | None = None

    def walk(self, start: int, step: int) -> Iterator[int]:
        size = self._indices.size
        start = max(start, 0) if step > 0 else min(start, size - 1)
        if not 0 <= start < size:
            return iter(())
        if self._indices.ascending:
            return self._walk_in_order(start, step, step)
        if isinstance(self._indices, Span):
            return self._walk_in_order(start, step, -step)
        return self._sort().walk(start, step)

    def _walk_in_order(self, start: int, step: int, base_step: int) -> Iterator[int]:
        """Where greater places of the base are all greater, or all less, in the selection."""
        first, last = self._indices.at(start), self._indices.at(self._indices.size - 1 if step > 0 else 0)
        low, high = min(first, last), max(first, last)
        inside = _walk_inside(self.parts[0], first, base_step, low, high)
        ranks = map(self._indices.rank, inside)
        return (rank for rank in _filter_places(ranks, lambda rank: rank is not None) if rank is not None)

    def _sort(self) -> Known:
        """Where they stand in any order, all of them sorted."""
        if self._sorted is None:
            found = map(self._indices.rank, list_places(self.parts[0]))
            self._sorted = Known(sorted(rank for rank in found if rank is not None))
        return self._sorted


def _walk_inside(places: Places, first: int, step: int, low: int, high: int) -> Iterator[int]:
    for place in places.walk(first, step):
        if not low <= place <= high:
            return places.check()
        yield place
