"""Evenly spaced floats, as sequences that are computed rather than stored: to floats what a range is to whole numbers.

They are numpy's, operation by operation. Its powers of ten are those of the C library, which are taken here; on
processors with AVX-512 numpy has others, of which one in twenty differs in its last bit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import copysign, inf, isfinite, log10, ulp
from operator import index as as_index
from typing import Any, Final, SupportsFloat, SupportsIndex, final, overload

import attrs

from .errors import ArgumentError, PositionError, SizeError
from .messages import format_count, repr_with_type

MOST_VALUES: Final = 2**53
"""How many values there are at most: up to this number every position is a float."""


def linspace(start: SupportsFloat, stop: SupportsFloat, num: SupportsIndex) -> Spacing:
    """`numpy.linspace(start, stop, num).tolist()`, computed value by value: `num` floats at equal distances.

    Nothing is stored: an axis of 10^9 values has exact positions, slices and membership, and a pickle of a few bytes.
    Both ends are among the values; a start above the stop descends. As alternatives the values are kept as they are,
    as a range is.

    >>> from spearmint_fp import DynamicValue, expand
    >>> linspace(0, 1, 5), list(linspace(0, 1, 5))
    (linspace(0, 1, 5), [0.0, 0.25, 0.5, 0.75, 1.0])
    >>> expand({"lr": DynamicValue(linspace(0, 1, 10**9 + 1))}).index({"lr": 0.5})
    500000000
    >>> list(linspace(3, 9, 1)), list(linspace(3, 9, 0))
    ([3.0], [])

    Raises:
        ArgumentError: `start` or `stop` is not a finite number, their distance is beyond all floats, or `num` is not a
            whole number.
        SizeError: `num` is negative or greater than 2^53.

    See also: `geomspace`; `DynamicValue`.

    Source: numpy.
    """
    spacing = Spacing("linspace", *_read_arguments(start, stop, num))
    if not isfinite(spacing.stop - spacing.start):
        raise ArgumentError(f"{spacing!r}: the distance of its ends is beyond all floats")
    return spacing


def geomspace(start: SupportsFloat, stop: SupportsFloat, num: SupportsIndex) -> Spacing:
    """`numpy.geomspace(start, stop, num).tolist()`, value by value: `num` floats, each the same multiple of the last.

    As `linspace`, evenly in the logarithm: nothing is stored, and both ends are among the values, exactly. Both are
    negative or both positive. Values in between are those of numpy up to their last bit, in which numpy's own differ
    from one processor to another.

    >>> geomspace(1, 1000, 4), list(geomspace(1, 1000, 4))
    (geomspace(1, 1000, 4), [1.0, 10.0, 100.0, 1000.0])
    >>> geomspace(-1e-4, -1e-1, 4)[::-1]
    geomspace(-0.0001, -0.1, 4)[::-1]
    >>> list(geomspace(5, 5, 2))
    [5.0, 5.0]

    Raises:
        ArgumentError: `start` or `stop` is not a finite number, one of them is 0, their signs differ, or `num` is not a
            whole number.
        SizeError: `num` is negative or greater than 2^53.

    See also: `linspace`; `DynamicValue`.

    Source: numpy.
    """
    spacing = Spacing("geomspace", *_read_arguments(start, stop, num))
    if not (spacing.start > 0 < spacing.stop or spacing.start < 0 > spacing.stop):
        raise ArgumentError(f"{spacing!r}: both ends are positive, or both negative; no multiple leads from one to 0")
    return spacing


def _read_arguments(start: Any, stop: Any, num: Any) -> tuple[float, float, int]:
    for name, value in (("start", start), ("stop", stop)):
        if isinstance(value, bool) or not _is_finite(value):
            raise ArgumentError(f"{name} is a finite number; got {repr_with_type(value)}")
    try:
        count = as_index(num)
    except TypeError:
        count = None
    if count is None or isinstance(num, bool):
        raise ArgumentError(f"num is a whole number, how many values there are; got {repr_with_type(num)}")
    if not 0 <= count <= MOST_VALUES:
        raise SizeError(f"num is 0 to 2^53, how many values there are; got {format_count(count)}")
    return float(start), float(stop), count


def _is_finite(value: Any) -> bool:
    try:
        return isfinite(value)
    except (TypeError, ValueError, OverflowError):
        return False


def _space_linearly(start: float, stop: float, num: int, position: int) -> float:
    """The value at a position, by the operations of numpy in their order, so that they round alike."""
    if position == num - 1 > 0:
        return stop
    delta = stop - start
    step = delta / (num - 1) if num > 1 else delta
    if step:
        return position * step + start
    return position / max(num - 1, 1) * delta + start  # a step too small for a float


def _space_geometrically(start: float, stop: float, num: int, position: int) -> float:
    if position == 0:
        return start
    if position == num - 1:
        return stop
    exponent = _space_linearly(log10(abs(start)), log10(abs(stop)), num, position)
    try:
        power = 10.0**exponent
    except OverflowError:  # numpy's is infinite: the exponent of the greatest floats may be rounded up
        power = inf
    return copysign(power, start)


_RULES: Final[Mapping[str, Callable[[float, float, int, int], float]]] = {
    "linspace": _space_linearly,
    "geomspace": _space_geometrically,
}


@final
@attrs.frozen(repr=False)
class Spacing(Sequence[float]):
    """The floats of a rule (`linspace` or `geomspace`) between two ends, or those of them at some positions."""

    rule: str
    start: float = attrs.field(eq=float.hex)
    stop: float = attrs.field(eq=float.hex)
    num: int
    positions: range = attrs.field()

    @positions.default
    def _take_all(self) -> range:
        return range(self.num)

    def __len__(self) -> int:
        return len(self.positions)

    @overload
    def __getitem__(self, index: SupportsIndex) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> Spacing: ...
    def __getitem__(self, index: SupportsIndex | slice) -> float | Spacing:
        if isinstance(index, slice):
            return attrs.evolve(self, positions=self.positions[index])
        try:
            position = self.positions[index]
        except IndexError:
            raise PositionError(f"no value {format_count(as_index(index))} in {self!r}") from None
        return self._compute(position)

    def _compute(self, position: int) -> float:
        return _RULES[self.rule](self.start, self.stop, self.num, position)

    def __iter__(self) -> Iterator[float]:
        return map(self._compute, self.positions)

    def __reversed__(self) -> Iterator[float]:
        return iter(self[::-1])

    def __contains__(self, value: object) -> bool:
        return next(self.find_indices(value), None) is not None

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        within = range(len(self))[start:stop]
        found = next((index for index in self.find_indices(value) if index in within), None)
        if found is None:
            raise ValueError(f"{repr_with_type(value)} is not in {self!r}")
        return found

    def count(self, value: Any) -> int:
        return sum(1 for _ in self.find_indices(value))

    @property
    def is_distinct(self) -> bool:
        """True if all values differ; False where rounding may have brought some together."""
        if len(self) < 2:
            return True
        low, high = sorted(map(abs, (self.start, self.stop)))
        least_distance = abs(self.stop - self.start) / (self.num - 1)
        if self.rule == "geomspace":
            exponents = log10(low), log10(high)
            step = (exponents[1] - exponents[0]) / (self.num - 1)
            if step <= 8 * max(map(ulp, exponents)):
                return False
            least_distance, high = low * step, low  # values are the closest at the end that is nearer to 0
        return least_distance > 8 * ulp(high)

    def find_indices(self, value: Any) -> Iterator[int]:
        """Where the values stand that equal a number, ascending, found by halving."""
        try:
            near = float(value.real)
        except Exception:  # no number, or a hostile one
            return iter(())
        # powers that are rounded, one by one, may be out of order in their last bits; the ends are as they were given
        low, high = near - 4 * ulp(near), near + 4 * ulp(near)
        inside = range(1, max(1, len(self) - 1))
        if (self.start <= self.stop) == (self.positions.step > 0):
            first = bisect_left(inside, True, key=lambda index: self[index] >= low)
            last = bisect_left(inside, True, key=lambda index: self[index] > high)
        else:
            first = bisect_left(inside, True, key=lambda index: self[index] <= high)
            last = bisect_left(inside, True, key=lambda index: self[index] < low)
        ends = (range(min(1, len(self))), inside[first:last], range(max(1, len(self) - 1), len(self)))
        return (index for part in ends for index in part if self[index] == value)

    def __repr__(self) -> str:
        return f"{self.rule}({_show_end(self.start)}, {_show_end(self.stop)}, {self.num}){self._show_slice()}"

    def _show_slice(self) -> str:
        if self.positions == range(self.num):
            return ""
        if not self.positions:
            return "[0:0]"
        first, last, step = self.positions[0], self.positions[-1], self.positions.step
        end = last + (1 if step > 0 else -1)
        shown = (
            "" if first == (0 if step > 0 else self.num - 1) else first,
            "" if end in (-1, self.num) else end,
        )
        return f"[{shown[0]}:{shown[1]}{f':{step}' if step != 1 else ''}]"


def _show_end(end: float) -> str:
    """A whole number as one; 0 is none where it is negative."""
    return repr(end) if str(end) == "-0.0" else repr(end).removesuffix(".0")


COMPUTED_TYPES: Final = (range, Spacing)
"""Sequences of scalars that compute their values: kept as they are, however long, and never read through."""
