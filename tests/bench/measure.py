"""What the benchmarks measure with: medians, of interleaved pairs where two are compared."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: float
    unit: str
    must: float | None
    note: str


def seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def drained(configs: Iterable[Any]) -> None:
    deque(configs, maxlen=0)


def paired(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> float:
    """The median ratio of interleaved runs, each a fair half of the pair."""
    ours(), theirs()
    return median(seconds(ours) / seconds(theirs) for _ in range(rounds))


def middle(step: Callable[[], object], rounds: int) -> float:
    """The median time of a step, in milliseconds."""
    return median(seconds(step) for _ in range(rounds)) * 1e3
