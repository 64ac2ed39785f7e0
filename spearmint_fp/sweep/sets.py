"""Sweeps as sets: differences, intersections and unions, by the value of configurations."""

from __future__ import annotations

from functools import reduce
from typing import Any, TypeVar

from .combine import empty
from .core import Sweep, as_sweep

T = TypeVar("T")


def difference(sweep: Sweep[T], *others: Sweep[Any]) -> Sweep[T]:
    return reduce(lambda left, other: left - as_sweep(other, "difference"), others, as_sweep(sweep, "difference"))


def intersection(sweep: Sweep[T], *others: Sweep[Any]) -> Sweep[T]:
    return reduce(lambda left, other: left & as_sweep(other, "intersection"), others, as_sweep(sweep, "intersection"))


def union(*sweeps: Sweep[T]) -> Sweep[T]:
    checked = [as_sweep(sweep, "union") for sweep in sweeps]
    return reduce(lambda left, other: left | other, checked) if checked else empty
