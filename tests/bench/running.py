"""The cost of running per configuration beside a plain loop, for a trivial function, next to that of peers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any, NamedTuple

from spearmint_fp import DynamicValue, Journal, Sweep, arun, dask_cluster, expand, processes, run, threads

from .measure import Row, drained, quartiles, seconds, worked


def trivial(config: Any) -> Any:
    return config["a"]


async def trivial_async(config: Any) -> Any:
    return config["a"]


async def async_drained(outcomes: AsyncIterable[Any]) -> None:
    async for _ in outcomes:
        pass


async def gathered(sweep: Sweep[Any]) -> None:
    await asyncio.gather(*map(trivial_async, sweep))


def pooled(sweep: Sweep[Any]) -> None:
    """With the start of its workers, as `run` has it too."""
    with ProcessPoolExecutor(2) as pool:
        drained(pool.map(trivial, sweep, chunksize=64))


def joblibbed(backend: str, sweep: Sweep[Any]) -> None:
    import joblib

    joblib.Parallel(n_jobs=2, backend=backend)(joblib.delayed(trivial)(config) for config in sweep)


def joblib_way(backend: str, what: str, sweep: Sweep[Any]) -> list[Way]:
    return [Way(what, partial(joblibbed, backend), sweep)] if find_spec("joblib") else []


class Way(NamedTuple):
    """A way to run `trivial` over a sweep; `most` is its bound, as a part of the cheapest peer in its group."""

    what: str
    work: Callable[[Sweep[Any]], object]
    sweep: Sweep[Any]
    most: float | None = None


def groups(sweep: Sweep[Any]) -> Iterator[list[Way]]:
    """Ways that take turns; those of peers that are slow, or keep every result, get a part of the sweep."""
    with ThreadPoolExecutor(2) as pool:
        yield [
            Way("ThreadPoolExecutor(2).map", lambda s: drained(pool.map(trivial, s)), sweep[: sweep.size // 10]),
            *joblib_way("threading", "joblib, threading, 2 workers", sweep[: sweep.size // 10]),
            Way("threads: run, threads(2)", lambda s: drained(run(trivial, s, executor=threads(2))), sweep, 1),
        ]
    yield [
        Way("ProcessPoolExecutor(2).map, chunksize=64", pooled, sweep),
        *joblib_way("loky", "joblib, loky, 2 workers", sweep),
        Way("processes: run, processes(2)", lambda s: drained(run(trivial, s, executor=processes(2))), sweep, 1),
    ]
    yield [
        Way("asyncio.gather", lambda s: asyncio.run(gathered(s)), sweep[: sweep.size // 10]),
        Way("asyncio: arun", lambda s: asyncio.run(async_drained(arun(trivial_async, s))), sweep, 1.5),
    ]
    if find_spec("distributed"):
        yield from dask_group(sweep)


def dask_group(sweep: Sweep[Any]) -> Iterator[list[Way]]:
    import distributed

    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    with cluster, distributed.Client(cluster, set_as_default=False) as client:

        def mapped(s: Sweep[Any]) -> None:
            client.gather(client.map(trivial, list(s), pure=False))

        yield [
            Way("Dask: Client.map and gather", mapped, sweep[: sweep.size // 100]),
            Way("Dask: run, dask_cluster", lambda s: drained(run(trivial, s, executor=dask_cluster(client))), sweep, 1),
        ]


def running(rounds: int) -> Iterator[Row]:
    """A row for each way: microseconds per configuration above a plain loop, medians of rounds that take turns."""
    sweep = expand({"a": DynamicValue(range(5 if rounds == 1 else 200)), **{x: DynamicValue(range(10)) for x in "bcd"}})
    loop, serial = _loop(sweep), Way("serial: run", lambda s: drained(run(trivial, s)), sweep)
    loops, above = zip(*[(_work(loop), _work(serial) - _work(loop)) for _ in range(rounds)], strict=True)
    yield Row("a plain loop over the sweep", median(loops), "us per config", spread=quartiles(loops))
    yield Row(serial.what, median(above), "us above the loop", 2, spread=quartiles(above))
    yield from journaled(loop, sweep[: sweep.size // 40], rounds)
    for group in groups(sweep):
        costs = list(zip(*[_above(loop, group) for _ in range(min(rounds, 5))], strict=True))
        peer = min(median(cost) for cost, way in zip(costs, group, strict=True) if way.most is None)
        for cost, way in zip(costs, group, strict=True):
            must = peer * way.most if way.most else None
            note = "" if way.sweep.size == sweep.size else f"{way.sweep.size:,} of {sweep.size:,}"
            yield Row(way.what, median(cost), "us above the loop", must, note, spread=quartiles(cost))
    yield from tails(min(rounds, 3))
    yield from (Row(what, None, "us above the loop", None, "not installed") for what in _absent())


QUICK, SLOW, SLOW_SECONDS = 2000, 80, 0.1
"""So many quick configurations, and as many slow ones behind them as make a tail of two seconds for four workers."""


def late(number: int) -> int:
    if number >= QUICK:
        sleep(SLOW_SECONDS)
    return number


def tails(rounds: int) -> Iterator[Row]:
    """The time of a run whose last configurations are slow, in that of handing them out one by one; four workers."""
    numbers = range(QUICK + SLOW)
    with ThreadPoolExecutor(4) as threaded, ProcessPoolExecutor(4) as pool, ExitStack() as stack:
        ways: list[tuple[str, Any, float | None]] = [
            ("threads(4)", threads(4), 1.2),
            ("processes(4)", processes(4), 1.2),
            ("ProcessPoolExecutor(4)", pool, None),
        ]
        if find_spec("distributed"):
            ways.append(("dask_cluster, 4 threads", dask_cluster(stack.enter_context(_dask_here())), None))
        for name, executor, must in ways:
            ratios = [_after_first(executor, numbers) / _one_by_one(threaded, numbers) for _ in range(rounds)]
            note = f"{SLOW} slow ones behind {QUICK:,} quick ones"
            yield Row(f"tail: {name}", median(ratios), "of one by one", must, note, spread=quartiles(ratios))


@contextmanager
def _dask_here() -> Iterator[Any]:
    """A client of Dask with four threads in this process."""
    import distributed

    options: dict[str, Any] = {"processes": False, "dashboard_address": ":0"}
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=4, **options)
    with cluster, distributed.Client(cluster, set_as_default=False) as client:
        yield client


def _after_first(executor: Any, numbers: range) -> float:
    """The seconds from the first outcome on, when workers have started."""
    outcomes = run(late, numbers, executor=executor)
    next(outcomes)
    return seconds(lambda: drained(outcomes))


def _one_by_one(threaded: ThreadPoolExecutor, numbers: range) -> float:
    return seconds(lambda: drained(threaded.map(late, numbers)))


def journaled(loop: Way, sweep: Sweep[Any], rounds: int) -> Iterator[Row]:
    """Serial runs with a journal, in time of the processor, but for the one that waits for the disk."""
    with TemporaryDirectory() as folder:
        paths = (Path(folder, f"{number}.db") for number in count())
        plain = _work(loop)
        note = f"{sweep.size:,} configurations"
        quick, replayed, synced = list[float](), list[float](), list[float]()
        for _ in range(rounds):
            with Journal(next(paths), name="trivial", sync=False) as journal:
                way = Way("with a journal", partial(_journaled, journal), sweep)
                quick.append(_work(way) - plain)
                replayed.append(_work(way) - plain)
            with Journal(next(paths), name="trivial") as journal:
                way = Way("with a journal", partial(_journaled, journal), sweep[: sweep.size // 20])
                synced.append(_cost(way) - plain)
        unit = "us above the loop"
        yield Row("serial, journal, sync=False", median(quick), unit, 100, note, spread=quartiles(quick))
        yield Row("serial, journal, replayed", median(replayed), unit, None, note, spread=quartiles(replayed))
        yield Row("serial, journal", median(synced), unit, None, "by the clock", spread=quartiles(synced))


def _journaled(journal: Journal, sweep: Sweep[Any]) -> None:
    drained(run(trivial, sweep, journal=journal))


def _loop(sweep: Sweep[Any]) -> Way:
    return Way("a plain loop", lambda s: drained(map(trivial, s)), sweep)


def _work(way: Way) -> float:
    """The cost for this process alone, where no other takes part."""
    return worked(lambda: way.work(way.sweep)) / way.sweep.size * 1e6


def _cost(way: Way) -> float:
    return seconds(lambda: way.work(way.sweep)) / way.sweep.size * 1e6


def _above(loop: Way, group: list[Way]) -> list[float]:
    """One round: what each way costs above the loop of the same moment."""
    plain = _cost(loop)
    return [_cost(way) - plain for way in group]


def _absent() -> Iterator[str]:
    if not find_spec("joblib"):
        yield from ("joblib, threading, 2 workers", "joblib, loky, 2 workers")
    if not find_spec("distributed"):
        yield from ("Dask: Client.map and gather", "Dask: run, dask_cluster")
