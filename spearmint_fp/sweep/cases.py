"""Cases: what the configurations go on in that have one of some values at a path, by the exact keys of the values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Mapping
from math import gcd
from typing import Final, final

import attrs

from .diagrams import FALSE, TRUE
from .indices import count_range

MOST_PIECES: Final = 1_000
"""Into how many pieces a range is cut in one go."""


class Cases(ABC):
    """A diagram for each key that may stand at a path: what the configurations that have it go on in."""

    __slots__ = ()

    @abstractmethod
    def find_case(self, key: Hashable) -> int:
        """The diagram for a key."""

    @abstractmethod
    def list_cuts(self, values: range) -> Collection[int] | None:
        """The positions in a range before which the diagram may change; None where they are too many."""


@final
@attrs.frozen(eq=False, repr=False)
class KeyCases(Cases):
    """Cases of single keys; there is nothing for the others."""

    diagrams: Mapping[Hashable, int]

    def find_case(self, key: Hashable) -> int:
        return self.diagrams.get(key, FALSE)

    def list_cuts(self, values: range) -> Collection[int] | None:
        whole = [key[1] for key in self.diagrams if type(key) is tuple and key[0] is int]
        places = {values.index(number) for number in whole if number in values}
        return None if len(places) > MOST_PIECES else {place + more for place in places for more in (0, 1)}


@final
@attrs.frozen(eq=False, repr=False)
class RangeCases(Cases):
    """Everything goes on for the numbers of a range, and nothing for others."""

    values: range

    def find_case(self, key: Hashable) -> int:
        return int(type(key) is tuple and key[0] is int and key[1] in self.values)

    def list_cuts(self, values: range) -> Collection[int] | None:
        places = find_common_places(values, self.values)
        if not places or places.step == 1:
            return (places.start, places.stop)
        few = count_range(places) <= MOST_PIECES
        return {place + more for place in places for more in (0, 1)} if few else None


@final
class AnyCase(Cases):
    """Everything goes on, whatever stands there."""

    __slots__ = ()

    def find_case(self, key: Hashable) -> int:  # noqa: ARG002
        return TRUE

    def list_cuts(self, values: range) -> Collection[int]:  # noqa: ARG002
        return ()


def find_common_places(values: range, others: range) -> range:
    """The positions in one range of the numbers that are in another one as well."""
    up = others if others.step > 0 else others[::-1]
    size = count_range(values)
    if not size or not count_range(up):
        return range(0)
    low, high = max(min(values[0], values[-1]), up[0]), min(max(values[0], values[-1]), up[-1])
    # positions i with low <= start + i * step <= high, and start + i * step = up[0] modulo up.step
    ends = [-((values.start - low) // values.step), (high - values.start) // values.step]
    if values.step < 0:
        ends = [-((values.start - high) // values.step), (low - values.start) // values.step]
    first, last = max(ends[0], 0), min(ends[1], size - 1)
    common = gcd(values.step, up.step)
    if first > last or (up.start - values.start) % common:
        return range(0)
    stride = up.step // common
    residue = (up.start - values.start) // common * pow(values.step // common, -1, stride) % stride if stride > 1 else 0
    return range(first + (residue - first) % stride, last + 1, stride)
