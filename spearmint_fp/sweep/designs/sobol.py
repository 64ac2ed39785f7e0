"""Scrambled Sobol points: whole numbers that cover every axis evenly, however few of them are taken.

The first 2^m points fall one each into the 2^m equal parts of every axis, and nearly so into the boxes of several axes.
Scrambling by the seed keeps that. Everything is arithmetic on whole numbers, so that it is the same everywhere and an
axis may have 10^30 values.

Source: Joe and Kuo, "Constructing Sobol sequences with better two-dimensional projections" (2008), their direction
numbers; Laine and Karras, "Stratified sampling for stochastic transparency" (2011), and Burley, "Practical hash-based
Owen scrambling" (2020), the scrambling, and the order of the points that is shuffled for each further group of axes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, final

_FIRST_NUMBERS: Final = (
    (1,), (3, 1), (7, 1, 3), (11, 1, 3, 1), (13, 1, 1, 1), (19, 1, 1, 3, 3), (25, 1, 3, 5, 13), (37, 1, 1, 5, 5, 17),
    (41, 1, 1, 5, 5, 5), (47, 1, 1, 7, 11, 19), (55, 1, 1, 5, 1, 1), (59, 1, 1, 1, 3, 11), (61, 1, 3, 5, 5, 31),
    (67, 1, 3, 3, 9, 7, 49), (91, 1, 1, 1, 15, 21, 21), (97, 1, 3, 1, 13, 27, 49), (103, 1, 1, 1, 15, 7, 5),
    (109, 1, 3, 1, 15, 13, 25), (115, 1, 1, 5, 5, 19, 61), (131, 1, 3, 7, 11, 23, 15, 103),
    (137, 1, 3, 7, 13, 13, 15, 69), (143, 1, 1, 3, 13, 7, 35, 63), (145, 1, 3, 5, 9, 1, 25, 53),
    (157, 1, 3, 1, 13, 9, 35, 107), (167, 1, 3, 1, 5, 27, 61, 31), (171, 1, 1, 5, 11, 19, 41, 61),
    (185, 1, 3, 5, 3, 3, 13, 69), (191, 1, 1, 7, 13, 1, 19, 1), (193, 1, 3, 7, 5, 13, 19, 59),
    (203, 1, 1, 3, 9, 25, 29, 41), (211, 1, 3, 5, 13, 23, 1, 55), (213, 1, 3, 7, 3, 13, 59, 17),
    (229, 1, 3, 1, 3, 5, 53, 69), (239, 1, 1, 5, 5, 23, 33, 13), (241, 1, 1, 7, 7, 1, 61, 123),
    (247, 1, 1, 7, 9, 13, 61, 49), (253, 1, 3, 3, 5, 3, 55, 33),
)  # fmt: skip
"""Per axis a primitive polynomial over GF(2), its coefficients as bits, and the first direction numbers."""

GROUP_AXES: Final = len(_FIRST_NUMBERS)
"""How many axes have direction numbers of their own."""

_INDEX_BITS: Final = 20
"""How many points there are at most, in bits."""

_MIXING_ROUNDS: Final = 3


@final
class SobolPoints:
    """The points of one seed; `width` is how many bits a coordinate has."""

    def __init__(self, seed: int, width: int) -> None:
        self._seed, self._width = seed, max(width, _INDEX_BITS)
        self._scrambles: dict[int, _Scramble] = {}
        self._orders: dict[int, _Scramble] = {}

    def scale(self, point: int, axis: int, count: int) -> int:
        """The coordinate of a point on an axis as one of `range(count)`: its floor, exactly."""
        group, row = divmod(axis, GROUP_AXES)
        scramble = self._scrambles.get(axis)
        if scramble is None:
            scramble = self._scrambles[axis] = _Scramble(f"axis {axis:x} {self._seed:x}", self._width)
        index = self._shuffle(point, group) if group else point
        digits = 0
        for column in _find_columns(row):
            if index & 1:
                digits ^= column
            index >>= 1
            if not index:
                break
        return reverse_bits(scramble.mix(digits), self._width) * count >> self._width

    def _shuffle(self, point: int, group: int) -> int:
        """The point that stands for another on the axes of a group: each 2^m points in a row keep together."""
        order = self._orders.get(group)
        if order is None:
            order = self._orders[group] = _Scramble(f"group {group:x} {self._seed:x}", _INDEX_BITS)
        return reverse_bits(order.mix(reverse_bits(point, _INDEX_BITS)), _INDEX_BITS)


def reverse_bits(number: int, width: int) -> int:
    """The number whose `width` bits stand the other way round."""
    return int(f"{number:0{width}b}"[::-1], 2)


@lru_cache(maxsize=GROUP_AXES)
def _find_columns(row: int) -> tuple[int, ...]:
    """Per bit of a point's number, what it turns in the coordinate, whose most significant digit is the lowest bit."""
    polynomial, *numbers = _FIRST_NUMBERS[row]
    degree = polynomial.bit_length() - 1
    while len(numbers) < _INDEX_BITS:
        number = numbers[-degree] if degree else 1
        for back in range(1, degree + 1):
            if polynomial >> (degree - back) & 1:
                number ^= numbers[-back] << back
        numbers.append(number)
    return tuple([reverse_bits(number, place) for place, number in enumerate(numbers[:_INDEX_BITS], 1)])


@final
class _Scramble:
    """A permutation of the numbers of `width` bits in which a bit depends on itself and on those below it alone."""

    def __init__(self, name: str, width: int) -> None:
        from hashlib import shake_256  # loads a shared library, so it waits for the first points

        stride = -(-width // 8)
        stream = shake_256(f"spearmint_fp 1 {name}".encode()).digest((2 + _MIXING_ROUNDS) * stride)
        words = [int.from_bytes(stream[at : at + stride], "little") for at in range(0, len(stream), stride)]
        self._mask = (1 << width) - 1
        self._offset, self._factor, self._rounds = words[0], words[1] | 1, [word & ~1 for word in words[2:]]

    def mix(self, number: int) -> int:
        mask = self._mask
        number = (number * self._factor + self._offset) & mask
        for multiplier in self._rounds:  # each is even, so that it carries upwards alone
            number ^= number * multiplier & mask
        return number
