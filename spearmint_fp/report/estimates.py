"""The mean of some numbers, with its standard error and interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final, final

import attrs

from ..configuration.extras import require

CONFIDENCE: Final = 0.95
"""The share of intervals that hold the true mean."""


@final
@attrs.frozen(repr=False)
class Estimate:
    """A mean of `n` numbers, its standard error and interval; None where so few numbers do not tell."""

    n: int
    mean: float | None = None
    sem: float | None = None
    low: float | None = None
    high: float | None = None


def are_rates(numbers: Iterable[float | None]) -> bool:
    """True where every number is 0 or 1."""
    return {number for number in numbers if number is not None} <= {0.0, 1.0}


def estimate_numbers(numbers: Sequence[float], *, rates: bool = False) -> Estimate:
    """The mean of numbers with its interval: Wilson's for rates, else that of Student's t."""
    return _estimate_rate(numbers) if rates else _estimate_mean(numbers)


def _estimate_mean(numbers: Sequence[float]) -> Estimate:
    """The mean of numbers, with the interval of Student's t."""
    special = require("scipy.special", extra="stats", what="an interval")
    n = len(numbers)
    if not n:
        return Estimate(0)
    mean = _compute_mean(numbers)
    if n == 1:
        return Estimate(1, mean)
    if not math.isfinite(mean):
        return Estimate(n, mean, math.nan, math.nan, math.nan)
    sem = math.hypot(*(number - mean for number in numbers)) / math.sqrt(n * (n - 1))
    half = float(special.stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * sem
    return Estimate(n, mean, sem, mean - half, mean + half)


def _compute_mean(numbers: Sequence[float]) -> float:
    try:
        mean = math.fsum(numbers) / len(numbers)
        return min(max(mean, min(numbers)), max(numbers))  # rounding does not take it out of their range
    except OverflowError:  # the sum is beyond all floats, the mean is not
        return math.fsum(number / len(numbers) for number in numbers)
    except ValueError:  # infinities of both signs
        return math.nan


def _estimate_rate(numbers: Sequence[float]) -> Estimate:
    """The mean of zeros and ones, with Wilson's interval."""
    special = require("scipy.special", extra="stats", what="an interval")
    n = len(numbers)
    if not n:
        return Estimate(0)
    p, z = sum(numbers) / n, float(special.ndtri((1 + CONFIDENCE) / 2))
    centre, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    low, high = ((centre + side * spread) / (1 + z * z / n) for side in (-1, 1))
    sem = math.sqrt(p * (1 - p) / (n - 1)) if n > 1 else None
    return Estimate(n, p, sem, 0.0 if p == 0 else low, 1.0 if p == 1 else high)
