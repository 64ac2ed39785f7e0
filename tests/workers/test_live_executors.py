"""Workers of somebody else's pool: batches that are late, and workers that end."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from spearmint_fp import WorkerError, run
from spearmint_fp.workers.batches import Batch
from spearmint_fp.workers.live_executors import FuturePool
from spearmint_fp.workers.pickling import Job
from spearmint_fp.workers.wire import MessageReader, write_batch
from spearmint_fp.workers.worker import answer_batch

FATAL: dict[int, int] = {}
"""How many workers each of these configurations ends."""

RAN: Counter[int] = Counter()
DYING: list[int] = []


def mortal(n: int) -> int:
    if not DYING:  # else there is no worker any more
        RAN[n] += 1
        if RAN[n] <= FATAL.get(n, 0):
            DYING.append(n)
    return n


class Mortal(Executor):
    """Runs each call at once; its answer is lost where a worker ended meanwhile."""

    def __init__(self) -> None:
        self.calls = self.deaths = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        DYING.clear()
        self.calls += 1
        future: Future[Any] = Future()
        answer = fn(*args, **kwargs)
        if DYING:
            self.deaths += 1
            future.set_exception(RuntimeError("the worker has ended"))
        else:
            future.set_result(answer)
        return future


@pytest.fixture(autouse=True)
def clean() -> None:
    RAN.clear()
    FATAL.clear()


def test_one_that_ends_its_workers_among_many_takes_two_more_deaths() -> None:
    FATAL[17_000] = 99
    executor = Mortal()
    got = list(run(mortal, range(30_000), executor=executor))
    assert [outcome.index for outcome in got] == list(range(30_000))
    [failed] = [outcome for outcome in got if not outcome.ok]
    assert (failed.index, failed.attempts, executor.deaths) == (17_000, executor.deaths, executor.deaths)
    assert failed.error.type.endswith(WorkerError.__name__)
    assert executor.deaths <= 3
    assert executor.calls < 400
    assert {outcome.index: outcome.attempts for outcome in got} == dict(RAN)


@pytest.mark.parametrize("fatal", [{5: 1}, {5000: 1, 5001: 1}, {0: 99, 29_999: 99}, {7000: 99, 7001: 99, 7100: 2}])
def test_each_is_run_as_often_as_is_said_and_costs_itself_alone(fatal: dict[int, int]) -> None:
    FATAL.update(fatal)
    executor = Mortal()
    got = list(run(mortal, range(30_000), executor=executor))
    assert [outcome.index for outcome in got] == list(range(30_000))
    assert {outcome.index for outcome in got if not outcome.ok} <= {n for n in fatal if fatal[n] > 1}
    assert {n for n in fatal if fatal[n] == 99} <= {outcome.index for outcome in got if not outcome.ok}
    assert executor.calls < 1000


def test_a_batch_is_answered_when_it_is_late_and_the_rest_goes_to_all_workers() -> None:
    batch = Batch(0, 100, None, range(100))
    MessageReader().add_to(batch, answer_batch(Job(abs, None).to_bytes(), write_batch(batch), 0.0))
    assert batch.start == 1

    sizes: list[int] = []

    class Late(Executor):
        """Answers each batch after its first task."""

        def submit(self, fn: Any, job: bytes, data: bytes, seconds: float) -> Future[Any]:  # type: ignore[override]
            future: Future[Any] = Future()
            future.set_result(fn(job, data, 0.0 if len(sizes) < 1 else seconds))
            sizes.append(len(future.result()))
            return future

    pool = FuturePool(Job(abs, None).to_bytes(), Late(), 4, 60.0)
    pool.put(Batch(0, 101, None, range(101)))
    answers = pool.get()
    while sum(map(len, answers)) < 101:  # type: ignore[arg-type]
        answers += pool.get()
    assert len(sizes) == 1 + 4
    assert [o.result for answer in answers for o in answer] == list(range(101))  # type: ignore[union-attr]
