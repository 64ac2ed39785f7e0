"""Workers of somebody else's pool: batches that are late, and workers that end."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import WorkerError, run
from spearmint_fp.tasks import attempts
from spearmint_fp.workers import worker
from spearmint_fp.workers.batches import Batch
from spearmint_fp.workers.live_executors import FuturePool
from spearmint_fp.workers.pickling import Job
from spearmint_fp.workers.wire import MessageReader, write_batch
from spearmint_fp.workers.worker import answer_batch

FATAL: dict[int, int] = {}
"""How many workers each of these configurations ends."""

RAN: Counter[int] = Counter()
DYING: list[int] = []
HERE = tempfile.gettempdir()


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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the time takes a microsecond: on a busy machine slow tasks would make more, smaller batches."""
    looks = count()
    monkeypatch.setattr(attempts, "perf_counter", lambda: next(looks) * 1e-6)
    monkeypatch.setattr(worker, "monotonic", lambda: next(looks) * 1e-6)


@pytest.mark.usefixtures("clock")
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


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("fatal", [{5: 1}, {5000: 1, 5001: 1}, {0: 99, 29_999: 99}, {7000: 99, 7001: 99, 7100: 2}])
def test_each_is_run_as_often_as_is_said_and_costs_itself_alone(fatal: dict[int, int]) -> None:
    FATAL.update(fatal)
    executor = Mortal()
    got = list(run(mortal, range(30_000), executor=executor))
    assert [outcome.index for outcome in got] == list(range(30_000))
    assert {outcome.index for outcome in got if not outcome.ok} <= {n for n in fatal if fatal[n] > 1}
    assert {n for n in fatal if fatal[n] == 99} <= {outcome.index for outcome in got if not outcome.ok}
    assert executor.calls < 1000


class Forking(Executor):
    """Runs each call in a fork, and in another one where that has ended, as often as a cluster does."""

    def __init__(self, retries: int) -> None:
        self.retries = retries
        self.calls = self.deaths = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        for _ in range(1 + self.retries):
            self.calls += 1
            if (answer := _answer_of_fork(partial(fn, *args, **kwargs))) is not None:
                future.set_result(answer)
                return future
            self.deaths += 1
        future.set_exception(RuntimeError("its workers have ended"))
        return future


def _answer_of_fork(call: Callable[[], bytes]) -> bytes | None:
    with tempfile.TemporaryFile(dir=HERE) as file:
        pid = os.fork()
        if pid == 0:
            file.write(call())
            file.flush()
            os._exit(0)
        if os.waitpid(pid, 0)[1]:
            return None
        file.seek(0)
        return file.read()


def fatal(n: int) -> int:
    if n in FATAL:
        os._exit(9)
    return n


@pytest.mark.slow
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_the_configuration_that_was_running_is_known_by_its_mark(
    retries: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One death says which it was, so no other one is run more than twice; and no mark is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    FATAL[17_000] = 99
    executor = Forking(retries)
    got = list(run(fatal, range(30_000), executor=executor))
    assert [outcome.index for outcome in got] == list(range(30_000))
    [failed] = [outcome for outcome in got if not outcome.ok]
    assert (failed.index, failed.attempts, executor.deaths) == (17_000, 3, 3)
    assert failed.error.type.endswith(WorkerError.__name__)
    assert {outcome.attempts for outcome in got} == {1, 2, 3}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("retries", [0, 1])
def test_several_that_end_their_workers_cost_themselves(retries: int) -> None:
    FATAL.update(dict.fromkeys([0, 1, 500, 501, 502, 29_999], 99))
    executor = Forking(retries)
    got = list(run(fatal, range(30_000), executor=executor))
    assert [outcome.index for outcome in got] == list(range(30_000))
    assert [outcome.index for outcome in got if not outcome.ok] == list(FATAL)
    assert executor.deaths <= len(FATAL) * (3 + retries)  # a single one is run as often as the executor has it


@pytest.mark.slow
def test_without_marks_it_is_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that is not this one, or whose disk is full."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    FATAL[17_000] = 99
    executor = Forking(retries=1)
    got = list(run(fatal, range(30_000), executor=executor))
    assert [outcome.index for outcome in got if not outcome.ok] == [17_000]
    assert executor.deaths == 2 * 3


def test_a_batch_is_answered_when_it_is_late_and_the_rest_goes_to_all_workers() -> None:
    batch = Batch(0, 100, None, range(100))
    MessageReader().add_to(batch, answer_batch(Job(abs, None).to_bytes(), write_batch(batch), 0.0))
    assert batch.start == 1

    sizes: list[int] = []

    class Late(Executor):
        """Answers each batch after its first task."""

        def submit(self, fn: Any, job: bytes, data: bytes, seconds: float, mark: str) -> Future[Any]:  # type: ignore[override]
            future: Future[Any] = Future()
            future.set_result(fn(job, data, 0.0 if len(sizes) < 1 else seconds))
            sizes.append(len(future.result()))
            return future

    pool = FuturePool(Job(abs, None).to_bytes(), Late(), 4, 60.0)
    pool.put(Batch(0, 101, None, range(101)))
    answers = pool.get()
    while sum(map(len, answers)) < 101:  # type: ignore[arg-type]
        answers += pool.get()
    assert len(sizes) == 1 + 19  # of 1, 2, 4, ... configurations, one of each for each worker
    assert [o.result for answer in answers for o in answer] == list(range(101))  # type: ignore[union-attr]
