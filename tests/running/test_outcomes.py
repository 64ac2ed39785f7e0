"""Outcomes: one value per configuration, whatever its function did."""

from __future__ import annotations

import asyncio
import gc
import pickle
import threading
import weakref
from typing import Any

import attrs
import pytest

from spearmint_fp import Config, Failure, Success, config_id
from spearmint_fp.running.attempts import attempt, attempt_async
from spearmint_fp.running.outcomes import ErrorInfo, Outcome


def halved(n: int) -> float:
    return 10 / n


def test_what_returns_is_a_success() -> None:
    outcome = attempt(halved, 4, index=3)
    assert outcome == Success(4, 2.5, index=3)
    assert outcome.ok
    assert outcome.seconds >= 0
    assert (outcome.attempts, outcome.replayed) == (1, False)


def test_what_raises_is_a_failure_that_raises_again() -> None:
    outcome = attempt(halved, 0, index=1)
    assert isinstance(outcome, Failure)
    assert not outcome.ok
    assert outcome == Failure(0, ErrorInfo("ZeroDivisionError", "division by zero", "any"), index=1)
    assert "in halved" in outcome.error.traceback
    with pytest.raises(ZeroDivisionError):
        _ = outcome.result


def test_an_error_that_did_not_survive_is_told_of() -> None:
    lost = Failure(1, ErrorInfo("lib.CustomError", "bad", "Traceback: ..."))
    with pytest.raises(RuntimeError, match=r"lib\.CustomError: bad"):
        _ = lost.result


def test_errors_without_a_message() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    def fail(_: int) -> None:
        raise Mute

    outcome = attempt(fail, 1, index=0)
    assert isinstance(outcome, Failure)
    assert "message cannot be read" in outcome.error.message
    assert "Mute" in outcome.error.type


def test_interrupts_are_no_failures() -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(stop, 1, index=0)


@pytest.mark.parametrize("error", [SystemExit, asyncio.CancelledError, StopIteration])
def test_what_ends_a_function_is_its_own_failure(error: type[BaseException]) -> None:
    def stop(_: int) -> None:
        raise error

    async def stop_async(_: int) -> None:
        raise asyncio.CancelledError

    assert not attempt(stop, 1, index=0).ok
    assert not asyncio.run(attempt_async(stop_async, 1, index=0)).ok


def test_a_cancelled_task_is_cancelled() -> None:
    async def go() -> None:
        task = asyncio.create_task(attempt_async(lambda _: asyncio.sleep(10), 1, index=0))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(go())


def test_matching_is_exhaustive() -> None:
    def told(outcome: Outcome[int, float]) -> str:
        match outcome:
            case Success(config, result):
                return f"{config}: {result}"
            case Failure(config, error):
                return f"{config}: {error.type}"

    assert [told(attempt(halved, n, index=0)) for n in (4, 0)] == ["4: 2.5", "0: ZeroDivisionError"]


def test_outcomes_are_frozen_values() -> None:
    outcome: Any = attempt(halved, 4, index=0)
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        outcome.result = 5
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    assert Success(1, 2, seconds=1.0) == Success(1, 2, seconds=2.0)
    assert Success(Config({"a": 1}), 2).config_id == config_id({"a": 1})
    assert Failure(Config({"a": 1}), ErrorInfo("E", "", "")).config_id == config_id({"a": 1})


def test_coroutines() -> None:
    async def slow(n: int) -> float:
        await asyncio.sleep(0)
        return halved(n)

    assert asyncio.run(attempt_async(slow, 4, index=0)) == attempt(halved, 4, index=0)
    assert asyncio.run(attempt_async(slow, 0, index=0)) == attempt(halved, 0, index=0)


# --- what a fresh reader found -------------------------------------------------------------------------------


class Locked(Exception):
    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


class Two(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


@pytest.mark.parametrize("error", [Locked(), Two("one", "two")])
def test_failures_survive_pickling_where_their_exception_does_not(error: Exception) -> None:
    def fail(_: int) -> None:
        raise error

    outcome = attempt(fail, 1, index=0)
    back = pickle.loads(pickle.dumps(outcome))
    assert back == outcome
    assert isinstance(back, Failure)
    assert back.error.exception is None or isinstance(back.error.exception, Two)  # Dask, once loaded, helps pickle
    assert "in fail" in back.error.traceback


def test_a_kept_failure_keeps_nothing_else() -> None:
    class Big:
        pass

    seen: list[Any] = []

    def fail(_: int) -> None:
        big = Big()
        seen.append(weakref.ref(big))
        raise ValueError(1)

    outcome = attempt(fail, 1, index=0)
    gc.collect()
    assert seen[0]() is None
    with pytest.raises(ValueError, match="1") as raised:
        _ = outcome.result
    assert "fail" in [entry.name for entry in raised.traceback]


def test_an_exception_that_survives_is_kept() -> None:
    back = pickle.loads(pickle.dumps(attempt(halved, 0, index=0)))
    with pytest.raises(ZeroDivisionError):
        _ = back.result
