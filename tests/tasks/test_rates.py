"""`throttled`: alone, with other wrappers, and over threads, coroutines and processes together."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import (
    ArgumentError,
    Journal,
    PathError,
    RunError,
    Success,
    arun,
    processes,
    retrying,
    run,
    threads,
    throttled,
    timed_out,
)
from spearmint_fp.tasks import rates
from spearmint_fp.tasks.starts import START_FOLDER
from spearmint_fp.tasks.task_state import TaskState
from tests.running.executors import HERE, OURS, opened
from tests.tasks import calls
from tests.tasks.calls import Flaky, arun_one, describe_failure, run_one
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS

# --- with a clock of the tests -----------------------------------------------------------------------------


class Clock:
    """Time that passes in `sleep` alone."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(rates, "monotonic", made.monotonic)
    monkeypatch.setattr(rates, "sleep", made.sleep)
    return made


def test_so_many_at_once_and_the_others_when_their_time_has_come(clock: Clock) -> None:
    outcomes = run(throttled(2, per=10)(lambda n: (n, clock.now - 1000)), range(5))
    assert [outcome.result for outcome in outcomes] == [(0, 0), (1, 0), (2, 10), (3, 10), (4, 20)]


def test_each_value_at_the_key_has_a_rate_of_its_own(clock: Clock) -> None:
    task = throttled(1, per=10, key="llm.model")(lambda c: clock.now - 1000)
    models = ["a", "b", "a", 1, True, 1.0, "1", 1]
    assert [task({"llm": {"model": model}}) for model in models] == [0, 0, 10, 10, 10, 10, 10, 20]
    assert run_one(throttled(1, key=("a", 0))(lambda c: c), {"a": [5]}).ok
    assert run_one(throttled(1, key=())(abs), -3).result == 3

    def read(_: Any, config: Any) -> Any:
        return config["a"]

    assert run_one(partial(throttled(1, key="a")(read), clock), {"a": 5}).result == 5


def test_a_configuration_without_the_key_is_a_failure_that_says_so(clock: Clock) -> None:
    task = throttled(1, key="llm.model")(lambda c: c)
    assert describe_failure(run_one(task, {"llm": {"modell": 1}})).startswith("PathError: no 'model' at llm")
    with pytest.raises(PathError):
        task({"llm": {}})
    with pytest.raises(
        ArgumentError, match=r"throttled\(key=\('llm', 'model'\)\) reads the configuration, which is the l"
    ):
        task()  # type: ignore[call-arg]
    assert describe_failure(run_one(task, {"llm": {"model": object()}})).startswith("IdentityError: ")


def test_attempts_are_starts_inside_of_retrying_and_only_the_first_outside(clock: Clock) -> None:
    errors = [ConnectionError(), ConnectionError()]
    inside = retrying(3)(throttled(1, per=10)(Flaky(*errors)))
    assert run_one(inside) == Success(0, 3, attempts=3)
    assert clock.slept == 20
    outside = throttled(1, per=10)(retrying(3)(Flaky(*errors)))
    assert run_one(outside) == Success(0, 3, attempts=3)
    assert clock.slept == 20


def test_rates_around_one_another(clock: Clock) -> None:
    task = throttled(4, per=100)(throttled(1, per=10)(lambda n: clock.now - 1000))
    assert [outcome.result for outcome in run(task, range(6))] == [0, 10, 20, 30, 100, 110]


def test_waiting_is_no_part_of_the_seconds(clock: Clock) -> None:
    first, second = run(throttled(1, per=90)(abs), [-1, -2])
    assert clock.slept == 90
    assert first.seconds > 0
    assert second.seconds == 0  # no time has passed for the clock of the machine


def test_the_wrapper_looks_like_its_function(clock: Clock) -> None:
    class Model:
        @throttled(1, per=10)
        def ask(self, config: Any) -> tuple[float, Any]:
            """Ask the model."""
            return clock.now - 1000, config

    assert [Model().ask(1), Model().ask(2)] == [(0, 1), (10, 2)]
    assert Model.ask.__doc__ == "Ask the model."
    assert repr(throttled(1, key="a")(abs)).startswith("Throttled(<built-in function abs>, 1, 1.0, ('a',)")


def test_replayed_outcomes_cost_nothing(clock: Clock, tmp_path: Path) -> None:
    task = throttled(1, per=10)(calls.echo)
    journal = Journal(tmp_path / "runs.db")
    list(run(task, range(3), journal=journal))
    assert clock.slept == 20
    clock.sleep(10)
    assert [outcome.replayed for outcome in run(task, range(4), journal=journal)] == [True, True, True, False]
    assert clock.slept == 30


@pytest.mark.parametrize("rate", [0, -1, 0.5, 2.0, True, None, "3", 10**8])
def test_a_rate_is_a_whole_number(rate: Any) -> None:
    with pytest.raises(ArgumentError, match=r"from 1 to 10000000; got .*One in two seconds is throttled\(1, per=2\)"):
        throttled(rate)


def test_other_arguments() -> None:
    for per in (0, -1.0, float("nan"), float("inf"), "1", None, True):
        with pytest.raises(ArgumentError, match="per is a number of seconds above 0; got"):
            throttled(1, per=per)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="a path is"):
        throttled(1, key=1.5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"throttled\(10\) wraps a function"):
        throttled(1)(3)  # type: ignore[arg-type]


# --- interrupts ----------------------------------------------------------------------------------------------


def test_an_interrupt_ends_the_wait_and_gives_up_the_place(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    task = throttled(1, per=HANG_SECONDS)(begun.append)

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rates, "sleep", interrupt)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            list(run(task, range(2)))
    assert begun == [0]
    log = START_FOLDER.open_log(f"{task.token}\n", 1, HANG_SECONDS)  # type: ignore[attr-defined]
    assert log.path.stat().st_size == 16 + 8  # nobody is in the queue


def test_what_is_done_is_given_out_while_the_next_one_waits() -> None:
    with run(retrying(2)(throttled(7, per=HANG_SECONDS)(abs)), itertools.count(), executor=threads(1)) as outcomes:
        assert [next(outcomes).result for _ in range(7)] == [*range(7)]


def test_leaving_an_arun_cancels_what_waits() -> None:
    begun: list[int] = []

    async def note(n: int) -> None:
        begun.append(n)

    async def main() -> None:
        async with arun(throttled(1, per=HANG_SECONDS)(note), range(9), limit=4) as outcomes:
            await anext(outcomes)

    asyncio.run(main())
    assert begun == [0]


@pytest.mark.parametrize("kind", ["threads", "thread pool", "arun"])
def test_a_thread_that_waits_begins_nothing_when_its_run_has_ended(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    begun: list[int] = []
    waiting, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    task = throttled(1, per=HANG_SECONDS)(begun.append)

    def wait(seconds: float) -> None:
        waiting.set()
        assert go_on.wait(LIMIT_SECONDS)

    def attempt(n: int) -> None:
        try:
            task(n)
        except RunError as error:
            if str(error) == "the run has ended while this task waited for its turn":
                ended.set()
            raise

    monkeypatch.setattr(rates, "sleep", wait)
    if kind == "arun":

        async def main() -> None:
            async with arun(attempt, range(9), limit=2, ordered=False) as outcomes:
                await anext(outcomes)
                await asyncio.to_thread(waiting.wait, LIMIT_SECONDS)

        asyncio.run(main())
        go_on.set()
    else:
        with ThreadPoolExecutor(2) as pool:
            executor = threads(2) if kind == "threads" else pool
            outcomes = run(attempt, range(9), executor=executor, ordered=False)
            next(outcomes)
            assert waiting.wait(LIMIT_SECONDS)
            threading.Timer(0.1, go_on.set).start()  # while `close` waits
            outcomes.close()
    assert ended.wait(LIMIT_SECONDS)
    assert len(begun) == 1


# --- with time limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("outside", [True, False])
def test_no_time_limit_counts_the_wait(outside: bool) -> None:
    limited, slowed = timed_out(LIMIT_SECONDS / 2), throttled(1, per=0.3)

    @(lambda fn: limited(slowed(fn)) if outside else slowed(limited(fn)))
    async def task(n: int) -> int:
        return n

    assert [outcome.result for outcome in run(task, range(3))] == [0, 1, 2]
    assert arun_one(task, 4).result == 4


def test_a_task_that_hangs_after_its_wait_is_ended() -> None:
    rate = throttled(1, per=0.2)

    async def nap(n: int) -> None:
        await asyncio.sleep(HANG_SECONDS if n == 2 else 0)

    def block(n: int) -> None:
        time.sleep(HANG_SECONDS if n == 2 else 0)

    async def main() -> list[Any]:
        return [outcome async for outcome in arun(timed_out(0.1)(rate(nap)), range(3), limit=3)]

    for outcomes in (asyncio.run(main()), list(run(timed_out(0.1)(rate(block)), range(3), executor=processes(1)))):
        assert describe_failure(outcomes[2]) == "TaskTimeoutError: took longer than 0.1 s"


def test_a_limit_is_later_by_the_wait_without_a_run_too(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[int]:
        task = timed_out(LIMIT_SECONDS / 2)(throttled(1, per=0.1)(_aecho))
        return [await task(n) for n in range(3)]

    noted: list[float] = []
    plain = TaskState.note_wait

    def note_wait(state: TaskState, seconds: float) -> None:
        noted.append(seconds)
        plain(state, seconds)

    monkeypatch.setattr(TaskState, "note_wait", note_wait)
    assert asyncio.run(main()) == [0, 1, 2]
    assert sum(noted) > 0.1


async def _aecho(n: int) -> int:
    return n


# --- over all of a program's workers together ----------------------------------------------------------------

PER = 0.4
RATE = 3


@contextmanager
def counted_server() -> Iterator[tuple[str, list[float]]]:
    """A server on this machine that notes when it was asked."""
    asked: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(time.monotonic())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def ask(address: str, n: int) -> int:
    connection = HTTPConnection(address, timeout=LIMIT_SECONDS)
    connection.request("GET", f"/{n}")
    status = connection.getresponse().status
    connection.close()
    return status


async def ask_later(address: str, n: int) -> int:
    return await asyncio.to_thread(ask, address, n)


def drive(kind: str, address: str, count: int) -> list[Any]:
    """The outcomes of asking a server so often, no more than `RATE` times in `PER` seconds."""
    plain = throttled(RATE, per=PER)(partial(ask, address))
    awaited = throttled(RATE, per=PER)(partial(ask_later, address))
    if kind == "arun":

        async def main() -> list[Any]:
            return [outcome async for outcome in arun(awaited, range(count), limit=8)]

        return asyncio.run(main())
    where, _, is_awaited = kind.partition(", ")
    with opened("forkserver" if where == "processes" else where) as executor:
        return list(run(awaited if is_awaited else plain, range(count), executor=executor))


@pytest.mark.parametrize(
    "kind",
    [*HERE, "threads, awaited", "arun", *OURS, "processes, awaited", "process pool", "dask"],
)
def test_a_server_is_asked_no_more_often_than_the_rate_allows(kind: str) -> None:
    """An answer that comes late is one more in a later period, and none in an earlier one."""
    with counted_server() as (address, asked):
        begin = time.monotonic()
        outcomes = drive(kind, address, 10)
    assert [outcome.result for outcome in outcomes] == [204] * 10
    by_period = Counter(int((at - begin) / PER) for at in asked)
    assert len(asked) == 10
    for period in range(max(by_period) + 1):
        assert sum(count for other, count in by_period.items() if other <= period) <= RATE * (period + 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fn", "wrapper"),
    [
        (calls.begin_slowly, calls.begin_slowly),
        (calls.begin_slowly_inside, calls.begin_slowly),
        (calls.begin_slowly_again, calls.begin_slowly_again.function),  # type: ignore[attr-defined]
    ],
    ids=["itself", "inside", "layers"],
)
def test_a_function_of_a_module_is_counted_wherever_it_is_imported(fn: Any, wrapper: Any) -> None:
    """Workers import it anew, directly or by way of the function that calls it."""
    before = _count_starts(wrapper)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        for executor in (processes(2), pool, threads(2), None):
            assert all(outcome.ok for outcome in run(fn, range(4), executor=executor))
    assert _count_starts(wrapper) - before == 16


def _count_starts(wrapper: Any) -> int:
    """How many starts of a wrapper this program has counted."""
    log = START_FOLDER.open_log(f"{wrapper._find_name()}\n", wrapper.rate, wrapper.per)
    return int.from_bytes(log.path.read_bytes()[:8], "little") if log.path.exists() else 0


def test_names_that_processes_share() -> None:
    names: list[Any] = [calls.begin_slowly, calls.begin_slowly_again.function]  # type: ignore[attr-defined]
    assert [one._find_name() for one in names] == [
        "tests.tasks.calls.begin_slowly, 0",
        "tests.tasks.calls.begin_slowly_again, 1",
    ]
    made: Any = throttled(1)(calls.echo)
    other: Any = throttled(1)(calls.echo)
    assert made._find_name() == made.token != other._find_name()
    make, arguments = made.__reduce__()
    assert make(*arguments)._find_name() == made.token
