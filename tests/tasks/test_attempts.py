"""One attempt: what returns is a success, what raises is a failure, what ends the run passes through."""

from __future__ import annotations

import asyncio

import pytest

from spearmint_fp import Failure, Success
from spearmint_fp.outcomes.outcomes import ErrorInfo
from spearmint_fp.tasks.attempts import run_attempt, run_attempt_async


def halved(n: int) -> float:
    return 10 / n


def test_what_returns_is_a_success() -> None:
    outcome = run_attempt(halved, 4, index=3)
    assert outcome == Success(4, 2.5, index=3)
    assert outcome.ok
    assert outcome.seconds >= 0
    assert (outcome.attempts, outcome.replayed) == (1, False)


def test_what_raises_is_a_failure_that_raises_again() -> None:
    outcome = run_attempt(halved, 0, index=1)
    assert isinstance(outcome, Failure)
    assert not outcome.ok
    assert outcome == Failure(0, ErrorInfo("ZeroDivisionError", "division by zero", "any"), index=1)
    assert "in halved" in outcome.error.traceback
    with pytest.raises(ZeroDivisionError):
        _ = outcome.result


def test_interrupts_are_no_failures() -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_attempt(stop, 1, index=0)


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError, StopIteration])
def test_what_ends_a_function_is_its_own_failure(error: type[BaseException]) -> None:
    def stop(_: int) -> None:
        raise error

    async def stop_async(_: int) -> None:
        raise asyncio.CancelledError

    assert not run_attempt(stop, 1, index=0).ok
    assert not asyncio.run(run_attempt_async(stop_async, 1, index=0)).ok


def test_a_cancelled_task_is_cancelled() -> None:
    async def go() -> None:
        task = asyncio.create_task(run_attempt_async(lambda _: asyncio.sleep(10), 1, index=0))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(go())


def test_coroutines() -> None:
    async def slow(n: int) -> float:
        await asyncio.sleep(0)
        return halved(n)

    assert asyncio.run(run_attempt_async(slow, 4, index=0)) == run_attempt(halved, 4, index=0)
    assert asyncio.run(run_attempt_async(slow, 0, index=0)) == run_attempt(halved, 0, index=0)
