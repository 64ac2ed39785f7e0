"""Sequences of positions: which points of a sweep another one takes, and in which order.

A slice, a shuffle, a filter and a selection by hand are the same thing, a sequence of positions in a base,
and differ in nothing but the arithmetic that finds the next one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import chain
from math import isqrt
from typing import Any, Final, cast, final

import attrs

from ..configuration.messages import format_count

WINDOW_POINTS: Final = 256
"""How many points of a base are walked at once to take every few of them."""


class Indices(ABC):
    """A finite sequence of distinct positions in a base."""

    __slots__ = ()

    @property
    @abstractmethod
    def size(self) -> int:
        """How many positions there are."""

    @abstractmethod
    def at(self, index: int) -> int:
        """The position that stands at `index`."""

    @abstractmethod
    def rank(self, position: int) -> int | None:
        """The inverse of `at`: where `position` stands, or None."""

    @abstractmethod
    def runs(self, start: int, stop: int) -> Iterator[range]:
        """The positions at `start` to `stop`, in order, as ranges."""

    def count_before(self, position: int) -> int:
        """How many positions are less than `position`, where they ascend."""
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.at(middle) < position else (low, middle)
        return low

    @property
    def ascending(self) -> bool:
        """True if greater indices always mean greater positions."""
        return True

    @property
    @abstractmethod
    def how(self) -> str:
        """The word for the selection in a formula, or `[start:stop:step]`."""

    @property
    def shuffled(self) -> bool:
        """True if the positions stand in a random order."""
        return False

    def count_residues(self, modulus: int, residues: range) -> int | None:  # noqa: ARG002  # only ranges can count them
        """How many positions leave one of these consecutive residues, or None where that takes listing them."""
        return None

    def notes(self) -> Iterable[str]:
        """Lines that `explain` writes of the selection."""
        return ()

    def point(self, base: Any, index: int) -> Any:
        """The point of `base` at the position that stands at `index`."""
        return base.at(self.at(index))

    def walk(self, base: Any, start: int, stop: int) -> Iterator[Any]:
        """The points of `base` at the positions at `start` to `stop`, in order."""
        points = partial(map, base.at) if base.calls else partial(_walk_run, base)
        return chain.from_iterable(map(points, self.runs(start, stop)))

    def columns(self, base: Any) -> Any:
        """The columns of the points: those of the base, narrowed where the positions allow it."""
        return base.columns()


def _walk_run(base: Any, positions: range) -> Iterator[Any]:
    if count_range(positions) <= 3 or abs(positions.step) > 8:
        return map(base.at, positions)
    if positions.step == 1:
        return cast(Iterator[Any], base.walk(positions.start, positions.stop))
    return _walk_strided(base, positions)


def _walk_strided(base: Any, positions: range) -> Iterator[Any]:
    """The points at nearby positions, in windows that are walked rather than looked up one by one."""
    step = positions.step
    first, window = 0, WINDOW_POINTS // abs(step)
    while positions[first : first + window]:
        part = positions[first : first + window]
        low, high = sorted((part[0], part[-1]))
        points = list(base.walk(low, high + 1))[:: abs(step)]
        yield from points if step > 0 else reversed(points)
        first += window


def count_range(positions: range) -> int:
    """`len(positions)`, of any magnitude."""
    return max(
        0, (positions.stop - positions.start + positions.step - (1 if positions.step > 0 else -1)) // positions.step
    )


def count_items(values: Sequence[Any]) -> int:
    """`len(values)`, also of a range beyond `sys.maxsize`."""
    return count_range(values) if isinstance(values, range) else len(values)


@final
@attrs.frozen(repr=False)
class Span(Indices):
    """The positions of a `range`: what slicing leaves."""

    positions: range

    @property
    def size(self) -> int:
        return count_range(self.positions)

    @property
    def ascending(self) -> bool:
        return self.positions.step > 0

    @property
    def how(self) -> str:
        start, stop, step = self.positions.start, self.positions.stop, self.positions.step
        if not self.size:
            return "[0:0]"
        end = "" if stop < 0 else format_count(stop)
        return f"[{format_count(start)}:{end}{f':{format_count(step)}' if step != 1 else ''}]"

    def at(self, index: int) -> int:
        return self.positions[index]

    def rank(self, position: int) -> int | None:
        return self.positions.index(position) if position in self.positions else None

    def count_before(self, position: int) -> int:
        start, step = self.positions.start, self.positions.step
        return min(max(0, -(-(position - start) // step)), self.size)

    def runs(self, start: int, stop: int) -> Iterator[range]:
        yield self.positions[start:stop]

    def count_residues(self, modulus: int, residues: range) -> int:
        positions = self.positions if self.ascending else self.positions[::-1]
        shift = positions.start + modulus  # which keeps what is divided from being negative
        below = [floor_sum(self.size, modulus, positions.step, shift - end) for end in (residues.start, residues.stop)]
        return below[0] - below[1]


def floor_sum(n: int, m: int, a: int, b: int) -> int:
    """`sum((a * i + b) // m for i in range(n))`, in logarithmic time.

    Source: the AtCoder library; after the lattice points below a line.
    """
    total = 0
    while True:
        total += n * (n - 1) // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        top = a * n + b
        if top < m:
            return total
        n, b = divmod(top, m)
        m, a = a, m


@final
@attrs.frozen(repr=False)
class Chosen(Indices):
    """Positions in ascending order, each written down."""

    positions: tuple[int, ...]

    how = "chosen"

    @property
    def size(self) -> int:
        return len(self.positions)

    def at(self, index: int) -> int:
        return self.positions[index]

    def count_before(self, position: int) -> int:
        return bisect_left(self.positions, position)

    def rank(self, position: int) -> int | None:
        index = self.count_before(position)
        return index if index < len(self.positions) and self.positions[index] == position else None

    def runs(self, start: int, stop: int) -> Iterator[range]:
        first = start
        for index in range(start + 1, stop + 1):
            if index == stop or self.positions[index] != self.positions[index - 1] + 1:
                yield range(self.positions[first], self.positions[index - 1] + 1)
                first = index


@final
@attrs.frozen(repr=False)
class Remaining(Indices):
    """All positions below `whole` but some, which are written down in ascending order.

    Of equal points in the base either all are removed or none is.
    """

    how = "remaining"

    whole: int
    removed: tuple[int, ...]

    @property
    def size(self) -> int:
        return self.whole - len(self.removed)

    def at(self, index: int) -> int:
        return index + self._count_removed(index)

    def _count_removed(self, index: int) -> int:
        """How many positions are removed before the one that stands at `index`."""
        return bisect_right(range(len(self.removed)), index, key=lambda k: self.removed[k] - k)

    def count_before(self, position: int) -> int:
        return position - bisect_left(self.removed, position)

    def rank(self, position: int) -> int | None:
        before = bisect_left(self.removed, position)
        is_removed = before < len(self.removed) and self.removed[before] == position
        return None if is_removed else position - before

    def runs(self, start: int, stop: int) -> Iterator[range]:
        before = self._count_removed(start)
        while start < stop:
            end = self.removed[before] - before if before < len(self.removed) else stop
            if start < end:
                yield range(start + before, min(end, stop) + before)
                start = end
            before += 1


_ROUNDS: Final = 8
_SMALL: Final = 10_000  # below it the rounds have few bits to mix, so there are three times as many


@final
@attrs.frozen(repr=False)
class Permutation(Indices):
    """A pseudo-random order of `range(size)` that is computed, not stored: O(1) memory at any size.

    A position is written as two digits of bases `high` and `low`, with `high * low >= size`, and mixed by the
    rounds of a Feistel network; results outside `range(size)` are mixed again until they fall inside.
    The keys come from SHAKE-256 of the seed and the size, so the order is the same on every machine and
    under every Python.

    Source: Black and Rogaway, "Ciphers with arbitrary finite domains" (2002): generalized Feistel, cycle walking.
    """

    how = "shuffled"
    ascending = False
    shuffled = True

    size: int
    seed: int

    @cached_property
    def _bases(self) -> tuple[int, int]:
        low = max(2, isqrt(self.size))
        return -(-self.size // low), low

    @cached_property
    def _keys(self) -> tuple[int, tuple[tuple[int, int], ...]]:
        """The width of the mixing in bits, and per round an odd multiplier and an offset."""
        width = self._bases[0].bit_length() + 64
        stride = -(-width // 8)
        rounds = _ROUNDS * 3 if self.size < _SMALL else _ROUNDS
        from hashlib import shake_256  # loads a shared library, so it waits for the first shuffle

        stream = shake_256(f"spearmint_fp 1 {self.size:x} {self.seed:x}".encode()).digest(2 * stride * rounds)
        words = [int.from_bytes(stream[at : at + stride], "little") for at in range(0, len(stream), stride)]
        return width, tuple(
            (multiplier | 1, offset) for multiplier, offset in zip(words[::2], words[1::2], strict=True)
        )

    def at(self, index: int) -> int:
        if not 0 <= index < self.size:
            raise IndexError(index)
        position = self._mixed(index)
        while position >= self.size:
            position = self._mixed(position)
        return position

    def rank(self, position: int) -> int | None:
        index = self._unmixed(position)
        while index >= self.size:
            index = self._unmixed(index)
        return index

    def runs(self, start: int, stop: int) -> Iterator[range]:
        for index in range(start, stop):
            position = self.at(index)
            yield range(position, position + 1)

    def _mixed(self, position: int) -> int:
        bases, (width, keys) = self._bases, self._keys
        digits = list(divmod(position, bases[1]))
        for number, (multiplier, offset) in enumerate(keys):
            side = number % 2
            digits[side] = (digits[side] + _mix_bits(digits[1 - side], multiplier, offset, width)) % bases[side]
        return digits[0] * bases[1] + digits[1]

    def _unmixed(self, position: int) -> int:
        bases, (width, keys) = self._bases, self._keys
        digits = list(divmod(position, bases[1]))
        for number in reversed(range(len(keys))):
            side = number % 2
            digits[side] = (digits[side] - _mix_bits(digits[1 - side], *keys[number], width)) % bases[side]
        return digits[0] * bases[1] + digits[1]


def _mix_bits(digit: int, multiplier: int, offset: int, width: int) -> int:
    """A number of `width` bits, each of which depends on every bit of `digit`."""
    mask = (1 << width) - 1
    mixed = ((digit + 1) * multiplier + offset) & mask
    mixed = ((mixed ^ (mixed >> (width // 2))) * multiplier) & mask
    return mixed ^ (mixed >> (width // 2))
