"""Outcomes that wait for their turn are bounded by the size of results, where no `in_flight` says how many may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import Failure, Success, processes, run, threads
from spearmint_fp.outcomes.outcomes import ErrorInfo
from spearmint_fp.running import memory
from spearmint_fp.running.loop import RunLoop
from spearmint_fp.running.memory import HeldMemory
from spearmint_fp.workers.batches import Answer, Batch
from spearmint_fp.workers.pools import Pool
from spearmint_fp.workers.sources import Source
from tests.waiting import wait_until


class SlowFirst(Pool):
    """Answers the first configuration when nothing else is left to do; each result has a size."""

    workers, seconds = 2, 0.01

    def __init__(self, size: int, wire: bool) -> None:
        self.size, self.wire = size, wire
        self.held = self.most_held = 0
        self._batches: list[Batch] = []
        self._first: Batch | None = None

    def put(self, batch: Batch) -> None:
        if batch.start == 0:
            self._first = batch.part(0, 1)
            batch.start = 1
        if batch:
            self._batches.append(batch)

    def get(self) -> list[Answer]:
        if not self._batches and self._first is not None:
            batch, self._first = self._first, None
        else:
            batch = self._batches.pop(0)
        self.held = 0 if self._first is None else self.held + len(batch)
        self.most_held = max(self.most_held, self.held)
        if self.wire:
            self.received += self.size * len(batch)
        result = None if self.wire else bytes(self.size)
        return [[Success(config, result, index) for index, config in enumerate(batch, batch.start)]]

    def stop(self, why: BaseException | None) -> None: ...


@pytest.mark.parametrize("wire", [True, False])
@pytest.mark.parametrize(
    ("size", "in_flight", "low", "high"),
    [(10, None, 2000, 5000), (1000, None, 500, 1200), (10**6, None, 0, 8), (10**6, 200, 150, 200)],
)
def test_what_waits_is_bounded_by_its_size(
    wire: bool, size: int, in_flight: int | None, low: int, high: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MOST_BYTES", 10**6)
    pool = SlowFirst(size, wire)
    loop = RunLoop(pool, Source(range(5000)), in_flight, True, None)
    assert [outcome.index for group in loop.outcomes() for outcome in group] == list(range(5000))
    assert low <= pool.most_held <= high


def test_nothing_is_held_when_all_has_been_given_out() -> None:
    pool = SlowFirst(7, True)
    held = HeldMemory(pool)
    groups: list[list[Any]] = [[Success(n, n, n) for n in range(k, k + 5)] for k in (0, 5)]
    pool.received += 100
    held.add(groups)
    assert held.bytes == 100.0
    for group in groups:
        held.remove(group)
    assert held.bytes == 0.0


class Odd:
    def __sizeof__(self) -> int:
        raise RuntimeError


@pytest.mark.parametrize(
    ("result", "low", "high"),
    [(bytes(10**6), 10**6, 2 * 10**6), ({"a": bytes(10**6)}, 10**6, 2 * 10**6), (Odd(), 0, 0), (7, 0, 100)],
)
def test_results_in_shared_memory_are_measured(result: Any, low: int, high: int) -> None:
    held = HeldMemory(SlowFirst(0, False))
    held.add([[Success(0, result, 0)]])
    assert low <= held.bytes <= high
    held.add([[Failure(1, ErrorInfo("E", "m", "t"), 1)]])
    assert held.bytes <= high + 100


@pytest.mark.parametrize("executor", [threads(2), processes(2)], ids=["threads", "processes"])
def test_a_slow_configuration_holds_back_few_large_results(
    executor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first goes on when as much is held as may be."""
    monkeypatch.setattr(memory, "MOST_BYTES", 4 * 10**6)
    full, most, add = tmp_path / "full", [0.0], HeldMemory.add

    def noted(self: HeldMemory, groups: Any) -> None:
        add(self, groups)
        most[0] = max(most[0], self.bytes)
        if self.bytes > 3 * 10**6:
            full.touch()

    monkeypatch.setattr(HeldMemory, "add", noted)

    def task(n: int) -> bytes:
        if n == 0:
            wait_until(full.exists)
        return bytes(10**5)

    outcomes = list(run(task, range(600), executor=executor))
    assert [outcome.index for outcome in outcomes] == list(range(600))
    assert 3 * 10**6 < most[0] <= 8 * 10**6  # of sixty
