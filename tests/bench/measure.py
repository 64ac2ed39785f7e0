"""Ways to measure: medians, of interleaved rounds where several are compared."""

from __future__ import annotations

import gc
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

from spearmint_fp import DynamicValue

__all__ = [
    "TEN",
    "Row",
    "Way",
    "bytes_kept",
    "compared",
    "drained",
    "middle",
    "often",
    "paired",
    "quartiles",
    "repeated",
    "seconds",
    "turns",
    "wide",
    "worked",
]

TEN = list(range(10))


class Row(NamedTuple):
    """One line of a table; `measured` is None where it could not be, and `note` says why."""

    what: str
    measured: float | None
    unit: str
    must: float | None = None
    note: str = ""
    case: str = ""
    """The workload, where one table shows several side by side."""
    spread: tuple[float, float] | None = None
    """The quartiles of what the median is of."""
    points: tuple[tuple[float, float], ...] = ()
    """The measurements at each size, where a row is about growth."""


class Way(NamedTuple):
    """A way to do what its neighbours do as well: `work` does it `times` times.

    `most` marks this library's way: its bound, as a part of the cheapest of the others. `note` is for the table.
    """

    what: str
    work: Callable[[], object]
    times: int = 1
    most: float | None = None
    note: str = ""


def wide(axes: int) -> dict[str, Any]:
    return {f"axis{k}": DynamicValue(TEN) for k in range(axes)}


def seconds(work: Callable[[], object]) -> float:
    """By the clock: for what other threads and processes do, and for moments."""
    start = perf_counter()
    work()
    return perf_counter() - start


def worked(work: Callable[[], object]) -> float:
    """Seconds of the processor for this process: by the clock, what else runs makes the longer of two look longer."""
    start = process_time()
    work()
    return max(process_time() - start, 1e-9)  # where it ticks coarsely, not nothing


def drained(configs: Iterable[Any]) -> None:
    deque(configs, maxlen=0)


def paired(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> list[float]:
    """The ratios of interleaved runs, each a fair half of the pair."""
    ours(), theirs()
    return [worked(ours) / worked(theirs) for _ in range(rounds)]


def middle(step: Callable[[], object], rounds: int) -> float:
    """The median time of a step by the clock, in milliseconds."""
    return median(seconds(step) for _ in range(rounds)) * 1e3


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]


def turns(ways: Sequence[Way], rounds: int, budget: float = 3.0, least: int = 3) -> dict[str, list[float]]:
    """Seconds per unit of each way, of rounds in which all take turns, each round from another start.

    A way that has used up its budget in seconds sits out what is beyond the `least` rounds: the k-th entry of each
    list is of the same round.
    """
    costs: dict[str, list[float]] = {way.what: [] for way in ways}
    spent = dict.fromkeys(costs, 0.0)
    for number in range(rounds):
        first = number % len(ways)
        for way in (*ways[first:], *ways[:first]):
            if spent[way.what] > budget and number >= least:
                continue
            took = worked(way.work)
            spent[way.what] += took
            costs[way.what].append(took / way.times)
    return costs


def compared(ways: Sequence[Way], rounds: int, unit: str = "us") -> Iterator[Row]:
    """A row for each way, of rounds that take turns; the bound of ours is a part of the cheapest other."""
    scale = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[unit]
    costs = {what: [second * scale for second in times] for what, times in turns(ways, rounds).items()}
    peer = min((median(costs[way.what]) for way in ways if way.most is None), default=None)
    for way in ways:
        must = way.most * peer if way.most is not None and peer is not None else None
        cost = costs[way.what]
        yield Row(way.what, median(cost), unit, must, way.note, spread=quartiles(cost))


def often(work: Callable[[], object], least: float = 0.002) -> int:
    """How often to do `work` in one round for the clock to tell how long it takes."""
    took = min(seconds(work), seconds(work)) if (first := seconds(work)) < least else first
    return max(1, min(1000, int(least / max(took, 1e-7))))


def repeated(work: Callable[[], object], times: int) -> Callable[[], object]:
    return lambda: [work() for _ in range(times)]


def bytes_kept(build: Callable[[], object]) -> int:
    """How many bytes what `build` returns holds on to, beyond what was there."""
    build()  # what is made once, made before
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = build()
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        del kept
    finally:
        tracemalloc.stop()
    return after - before
