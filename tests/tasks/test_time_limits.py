"""`timed_out`: alone, with `retrying`, and wherever a task runs."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    Success,
    arun,
    inject,
    processes,
    retrying,
    run,
    threads,
    timed_out,
)
from spearmint_fp.tasks import time_limits
from tests.tasks.calls import Flaky, ahang, arun_one, count_call, describe_failure, fails, fetched_later, hang, run_one
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS


def busy(config: Any) -> None:
    while True:
        math.sqrt(2)


async def afails(config: Any) -> None:
    raise ConnectionError("no answer")


@pytest.mark.parametrize("fn", [hang, busy])
def test_a_process_is_ended_whatever_it_does(fn: Any) -> None:
    limited = timed_out(0.4)(fn)  # alone: the others are not to be late on a busy machine
    before, late, after = run(lambda n: limited(n) if n == 1 else n, range(3), executor=processes(1))
    assert (before, after) == (Success(0, 0, 0), Success(2, 2, 2))
    assert describe_failure(late) == "TaskTimeoutError: took longer than 0.4 s"
    assert late.attempts == 1
    with pytest.raises(TimeoutError, match="took longer"):
        _ = late.result


def test_a_coroutine_is_cancelled_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        time_limits, "STUBBORN_SECONDS", LIMIT_SECONDS
    )  # the process is not ended, however long this takes

    @timed_out(0.05)
    async def late(n: int) -> None:
        try:
            await asyncio.sleep(HANG_SECONDS)
        except asyncio.CancelledError:
            count_call(tmp_path, n)
            raise

    async def patient(n: int) -> None:
        from spearmint_fp.tasks import time_limits

        time_limits.STUBBORN_SECONDS = LIMIT_SECONDS  # type: ignore[misc]  # in a worker too
        await late(n)

    outcomes = [run_one(patient, executor=executor) for executor in (None, threads(1), processes(1))]
    assert {describe_failure(outcome) for outcome in (*outcomes, arun_one(late))} == {
        "TaskTimeoutError: took longer than 0.05 s"
    }
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("swallow", [2, math.inf])
@pytest.mark.parametrize("call", [run_one, arun_one])
def test_a_coroutine_that_swallows_its_cancellation(
    swallow: float, call: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("spearmint_fp.tasks.asyncio_tasks.CANCEL_SECONDS", 0.05)
    swallowed: list[int] = []

    async def stubborn(n: int) -> None:
        while len(swallowed) < swallow:
            try:
                await asyncio.sleep(HANG_SECONDS)
            except asyncio.CancelledError:
                swallowed.append(n)

    assert describe_failure(call(timed_out(0.05)(stubborn))) == "TaskTimeoutError: took longer than 0.05 s"
    left = [record for record in caplog.records if record.name == "spearmint_fp"]
    assert (len(swallowed), len(left)) == ((2, 0) if swallow == 2 else (4, 1))
    assert all("went on after it was cancelled 4 times; it is left to itself" in r.getMessage() for r in left)


@pytest.mark.slow
def test_a_coroutine_that_never_waits_is_ended_with_its_process() -> None:
    async def blocks(n: int) -> None:
        from spearmint_fp.tasks import time_limits

        if n == 0:
            time_limits.STUBBORN_SECONDS = 0.2  # type: ignore[misc]  # in the worker alone
        else:
            busy(n)

    _, late = run(timed_out(0.5)(blocks), [0, 1], executor=processes(1))
    assert describe_failure(late) == "TaskTimeoutError: took longer than 0.5 s"


@pytest.mark.parametrize(
    ("executor", "where"), [(None, "a serial run"), (threads(2), "a thread")], ids=["serial", "threads"]
)
@pytest.mark.parametrize("wrap", [lambda fn: fn, retrying(3), inject, partial, lambda fn: partial(retrying(2)(fn))])
def test_a_plain_function_is_refused_before_anything_runs(executor: Any, where: str, wrap: Any) -> None:
    calls: list[Config] = []

    def note(config: Config) -> None:
        calls.append(config)

    with pytest.raises(ArgumentError, match=rf"{where} can do neither\. Use executor=processes\(n\), or give it a cor"):
        run(wrap(timed_out(1)(note)), [1], executor=executor)
    with pytest.raises(ArgumentError, match="a thread of arun can do neither"):
        arun(wrap(timed_out(1)(note)), [1])
    assert calls == []


def test_a_plain_function_is_refused_by_hand_too() -> None:
    with pytest.raises(ArgumentError, match=r"this thread can do neither\. Use executor=processes\(n\)"):
        timed_out(1)(abs)(-1)
    assert "this thread can do neither" in describe_failure(run_one(lambda n: timed_out(1)(abs)(n)))
    assert asyncio.run(timed_out(1)(fetched_later)(3)) == 3


def test_errors_of_a_limited_function_are_its_own() -> None:
    for fn in (timed_out(60)(afails), timed_out(60)(Flaky(SystemExit(3)).later)):
        assert describe_failure(run_one(fn)) in ("ConnectionError: no answer", "SystemExit: 3")
    assert describe_failure(arun_one(timed_out(60)(Flaky(SystemExit(4)).later))) == "SystemExit: 4"
    assert describe_failure(run_one(timed_out(60)(fails), executor=processes(1))) == "ConnectionError: no answer"
    for call in (run_one, arun_one):
        with pytest.raises(KeyboardInterrupt):
            call(timed_out(60)(Flaky(KeyboardInterrupt()).later))


@pytest.mark.parametrize("bad", [0, -1, 0.0, math.nan, math.inf, True, "1", None, fails])
def test_wrong_seconds(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^timed_out takes a number of seconds above 0; got "):
        timed_out(bad)


# --- together --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_limit_for_each_attempt() -> None:
    for outcome in (
        run_one(retrying(3)(timed_out(0.2)(hang)), executor=processes(1)),
        run_one(retrying(3)(timed_out(0.02)(ahang)), executor=processes(1)),
        run_one(retrying(3)(timed_out(0.02)(ahang))),
        arun_one(retrying(3)(timed_out(0.02)(ahang))),
    ):
        assert describe_failure(outcome).startswith("TaskTimeoutError: took longer than 0")
        assert outcome.attempts == 3


@pytest.mark.slow
def test_an_attempt_that_hung_is_tried_again_and_succeeds(tmp_path: Path) -> None:
    def hangs_twice(n: int) -> int:
        count = count_call(tmp_path, n)
        if count < 3:
            hang(n)
        return count

    outcome = run_one(retrying(1000)(timed_out(0.2)(hangs_twice)), executor=processes(1))
    assert 3 <= outcome.result <= outcome.attempts  # more often where the machine is so busy that others are late


@pytest.mark.slow
def test_a_limit_for_all_attempts_together(tmp_path: Path) -> None:
    def fails_often(n: int) -> None:
        count_call(tmp_path, n)
        fails(n)

    for limited in (
        run_one(timed_out(0.5)(retrying(10**6, wait=0.1)(fails_often)), executor=processes(1)),
        run_one(timed_out(0.1)(retrying(100, wait=HANG_SECONDS)(afails))),
        arun_one(timed_out(0.1)(retrying(100, wait=HANG_SECONDS)(afails))),
    ):
        assert describe_failure(limited).startswith("TaskTimeoutError: took longer than 0.")


@pytest.mark.slow
def test_limits_inside_limits() -> None:
    @timed_out(0.6)
    @retrying(100)
    @timed_out(0.2)
    def inner(n: int) -> None:
        hang(n)

    outcome = run_one(inner, executor=processes(1))
    assert describe_failure(outcome) == "TaskTimeoutError: took longer than 0.6 s"
    assert 1 <= outcome.attempts <= 4


def test_the_log_is_quiet_where_nothing_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "spearmint_fp"):
        run_one(retrying(2)(timed_out(0.01)(ahang)))
    assert [record for record in caplog.records if record.name == "spearmint_fp"] == []


@pytest.mark.parametrize("method", ["forkserver", "fork"])
def test_a_task_that_was_ended_says_how_long_it_took(method: Any) -> None:
    """Its process is gone; the one that tells of it has run it for no time at all."""

    def task(n: int) -> int:
        if n == 1:
            threading.Event().wait(600)
        return n

    executor = processes(1, start_method=method)
    for wrapped, least in ((timed_out(0.3)(task), 0.3), (retrying(2)(timed_out(0.3)(task)), 0.6)):
        first, ended, last = run(wrapped, range(3), executor=executor)
        assert (first.ok, ended.ok, last.ok) == (True, False, True)
        assert least <= ended.seconds < 60
        assert first.seconds < 60
