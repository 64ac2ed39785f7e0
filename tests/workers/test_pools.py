"""A new executor is one class: a pool, made from the function and the sweep of a run."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import DynamicValue, Journal, Sweep, collect, expand, run
from spearmint_fp.tasks.attempts import run_attempt
from spearmint_fp.workers.batches import Answer, Batch
from spearmint_fp.workers.pools import Pool


class LastFirst(Pool):
    """Runs the batch that came last, in this thread, when its answer is asked for."""

    workers, seconds = 2, 0.01
    stopped: list[BaseException | None]

    def __init__(self, fn: Callable[[Any], Any], sweep: Sweep[Any] | None) -> None:
        self._fn, self._batches = fn, list[Batch]()

    def put(self, batch: Batch) -> None:
        self._batches.append(batch)

    def get(self) -> list[Answer]:
        batch = self._batches.pop()
        return [[run_attempt(self._fn, config, index=index) for index, config in enumerate(batch, batch.start)]]

    def stop(self, why: BaseException | None) -> None:
        self.stopped.append(why)


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[BaseException | None]:
    reasons: list[BaseException | None] = []
    monkeypatch.setattr(LastFirst, "stopped", reasons, raising=False)
    return reasons


@pytest.mark.parametrize("configs", [range(100), expand({"n": DynamicValue(range(100))})])
@pytest.mark.parametrize("ordered", [True, False])
def test_a_class_of_pools_is_an_executor(configs: Any, ordered: bool, stopped: list[BaseException | None]) -> None:
    outcomes = list(run(str, configs, executor=LastFirst, ordered=ordered))
    assert sorted(outcome.index for outcome in outcomes) == list(range(100))
    assert {outcome.index: outcome.result for outcome in outcomes} == dict(enumerate(map(str, configs)))
    assert not ordered or [outcome.index for outcome in outcomes] == list(range(100))
    assert stopped == [None]


def test_it_replays_a_journal_and_is_stopped_when_the_run_is_left(
    tmp_path: Path, stopped: list[BaseException | None]
) -> None:
    with Journal(tmp_path / "runs.db", name="rest") as journal:
        with run(lambda n: 12 // n, [3, 0, 3, 4], executor=LastFirst, journal=journal) as outcomes:
            assert next(outcomes).result == 4
        assert [type(reason) for reason in stopped] == [GeneratorExit]
        rest = list(run(lambda n: 12 // n, [3, 0, 3, 4], executor=LastFirst, journal=journal))
    assert [outcome.ok and outcome.result for outcome in rest] == [4, False, 4, 3]
    assert rest[0].replayed


def test_an_interrupt_waits_until_a_live_executor_of_threads_has_taken_a_batch() -> None:
    """Else it could keep a lock of the executor, whose `shutdown` would wait for ever."""
    submitted: list[bool] = []

    class Interrupted(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            submitted.append(False)
            signal.raise_signal(signal.SIGINT)
            future = super().submit(fn, *args, **kwargs)
            submitted[-1] = True
            return future

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with Interrupted(2) as executor, pytest.raises(KeyboardInterrupt):
            collect(run(abs, range(100), executor=executor))
    finally:
        signal.signal(signal.SIGINT, handler)
    assert submitted == [True]


@pytest.mark.parametrize("base", [Executor, ThreadPoolExecutor])
def test_a_run_that_is_left_cancels_what_a_live_executor_has_not_begun(base: type[Executor]) -> None:
    futures: list[Future[Any]] = []

    class FirstOnly(base):  # type: ignore[misc,valid-type]  # runs its first call, and begins no other
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            futures.append(Future())
            if len(futures) == 1:
                futures[0].set_result(fn(*args, **kwargs))
            return futures[-1]

    with run(abs, range(100), executor=FirstOnly(), in_flight=8) as outcomes:
        assert next(outcomes).ok
    assert len(futures) > 1
    assert [future.cancelled() for future in futures[1:]] == [True] * (len(futures) - 1)
