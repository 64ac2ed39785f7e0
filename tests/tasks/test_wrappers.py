"""`retrying` and `timed_out`: what they promise alone, together, and wherever a task runs."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
import pickle
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import cloudpickle
import numpy as np
import pytest
import tenacity

from spearmint_fp import (
    ArgumentError,
    Config,
    Failure,
    MissingExtraError,
    Outcome,
    Spearmint,
    Success,
    arun,
    collect,
    experiment,
    inject,
    processes,
    retrying,
    run,
    threads,
    timed_out,
)
from spearmint_fp.tasks import time_limits
from spearmint_fp.tasks.task_state import Trace
from spearmint_fp.tasks.wrapping import is_async, stack
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS


def one(fn: Callable[[Any], Any], config: Any = 0, **options: Any) -> Outcome[Any, Any]:
    """The outcome of a single configuration."""
    (outcome,) = run(fn, [config], **options)
    return outcome


def aone(fn: Callable[[Any], Any], config: Any = 0) -> Outcome[Any, Any]:
    """The outcome of a single configuration, in an event loop."""

    async def main() -> Outcome[Any, Any]:
        async with arun(fn, [config]) as outcomes:
            return await anext(outcomes)

    return asyncio.run(main())


def told(outcome: Outcome[Any, Any]) -> str:
    """The last part of a failure's type, and its message."""
    assert isinstance(outcome, Failure)
    return f"{outcome.error.type.rpartition('.')[2]}: {outcome.error.message}"


class Flaky:
    """Raises the errors one after the other, then returns how often it was called."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self, config: Any) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls

    async def later(self, config: Any) -> int:
        await asyncio.sleep(0)
        return self(config)


def hang(config: Any) -> None:
    time.sleep(HANG_SECONDS)


def busy(config: Any) -> None:
    while True:
        math.sqrt(2)


async def ahang(config: Any) -> None:
    await asyncio.sleep(HANG_SECONDS)


def fails(config: Any) -> None:
    raise ConnectionError("no answer")


async def afails(config: Any) -> None:
    raise ConnectionError("no answer")


def noted(folder: Path, config: Any) -> int:
    """How often it has been called, by the file that each call leaves."""
    count = len(list(folder.iterdir()))
    (folder / str(count)).touch()
    return count + 1


# --- retrying ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("errors", range(5))
@pytest.mark.parametrize("attempts", range(1, 4))
def test_it_is_called_until_it_returns_or_has_been_called_often_enough(attempts: int, errors: int) -> None:
    """As a loop over the attempts would do it."""
    for call in (one, aone):
        flaky = Flaky(*(ValueError(k) for k in range(errors)))
        outcome = call(retrying(attempts)(flaky if call is one else flaky.later))
        calls = min(attempts, errors + 1)
        assert (flaky.calls, outcome.attempts, outcome.ok) == (calls, calls, errors < attempts)
        assert outcome.result == calls if outcome.ok else told(outcome) == f"ValueError: {attempts - 1}"


def test_the_last_error_is_raised_as_it_is() -> None:
    first, last = ValueError("first"), ValueError("last")
    with pytest.raises(ValueError, match="last") as raised:
        retrying(2)(Flaky(first, last))(0)
    assert raised.value is last


@pytest.mark.parametrize(
    ("on", "attempts"),
    [
        (ValueError, 2),
        ((KeyError, ValueError), 2),
        (lambda error: error.args == (0,), 2),
        (LookupError, 1),
        ((), 1),
        (lambda error: False, 1),
    ],
)
def test_on_says_which_errors_are_tried_again(on: Any, attempts: int) -> None:
    assert one(retrying(2, on=on)(Flaky(ValueError(0)))).attempts == attempts


def test_an_error_that_is_not_tried_again_ends_it() -> None:
    flaky = Flaky(ConnectionError(), ValueError("odd"), ConnectionError())
    assert told(one(retrying(9, on=ConnectionError)(flaky))) == "ValueError: odd"
    assert flaky.calls == 2


def test_waiting_between_attempts() -> None:
    waits: list[int] = []

    def wait(attempt: int) -> float:
        waits.append(attempt)
        return 0.001

    assert one(retrying(4, wait=wait)(Flaky(*[ValueError()] * 3))).attempts == 4
    assert waits == [1, 2, 3]
    for other in (0.01, 0, tenacity.wait_fixed(0.01), tenacity.wait_random_exponential(max=0.01)):
        start = time.perf_counter()
        assert one(retrying(3, wait=other)(Flaky(*[ValueError()] * 2))).result == 3
        assert time.perf_counter() - start >= (0.02 if other == 0.01 else 0)


def test_an_interrupt_is_not_tried_again_unless_it_is_named() -> None:
    for on in (Exception, lambda error: True):
        for make in (lambda flaky: flaky, lambda flaky: flaky.later):
            flaky = Flaky(KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                one(retrying(3, on=on)(make(flaky)))
            assert flaky.calls == 1
    assert one(retrying(2, on=(KeyboardInterrupt, SystemExit))(Flaky(KeyboardInterrupt()))).attempts == 2
    assert told(one(retrying(2)(Flaky(SystemExit(3))))) == "SystemExit: 3"


@pytest.mark.parametrize("on", [Exception, BaseException, lambda error: True])
def test_a_cancellation_is_not_tried_again(on: Any) -> None:
    calls = []
    begun = asyncio.Event()

    @retrying(5, on=on)
    async def waits(n: int) -> None:
        calls.append(n)
        begun.set()
        await asyncio.sleep(HANG_SECONDS)

    async def main() -> None:
        task = asyncio.create_task(waits(0))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert calls == [0]


def test_each_configuration_is_counted_on_its_own() -> None:
    failing = {1: 2, 3: 5}

    @retrying(3)
    def flaky(n: int) -> int:
        failing[n] = failing.get(n, 0) - 1
        if failing[n] >= 0:
            raise ValueError(n)
        return n

    outcomes = collect(run(flaky, range(5), executor=threads(3)))
    assert [(outcome.ok, outcome.attempts) for outcome in outcomes] == [
        (True, 1), (True, 3), (True, 1), (False, 3), (True, 1),
    ]  # fmt: skip


def test_retries_inside_the_function_are_counted_too() -> None:
    first, second = Flaky(ValueError()), Flaky(ValueError(), ValueError())

    def both(n: int) -> int:
        return retrying(5)(first)(n) + retrying(5)(second)(n)

    assert one(both) == Success(0, 5, attempts=4)
    assert one(retrying(2)(retrying(2)(fails))).attempts == 4  # called four times


def test_a_thread_that_outlives_its_task_changes_nobodys_count() -> None:
    from contextvars import copy_context
    from threading import Event, Thread

    goes, threads_left = Event(), []
    flaky = Flaky(*[ValueError()] * 5)

    def leaves(n: int) -> int:
        if n == 0:

            def behind(_: int) -> int:
                assert goes.wait(LIMIT_SECONDS)
                return flaky(0)

            thread = Thread(target=copy_context().run, args=(retrying(9)(behind), 0))
            threads_left.append(thread)
            thread.start()
        else:
            goes.set()
            threads_left[0].join()
        return n

    assert [outcome.attempts for outcome in run(leaves, [0, 1])] == [1, 1]
    assert flaky.calls == 6


def test_a_coroutine_that_a_plain_function_returns_is_refused() -> None:
    async def fetch(n: int) -> int:
        return n

    for fn in (lambda n: fetch(n), retrying(2)(lambda n: fetch(n))):
        assert "returned the coroutine test_a_coroutine" in told(one(fn))
        assert "Use the coroutine function itself" in told(one(fn))


@pytest.mark.parametrize("bad", [0, -1, True, 1.5, "3", None, fails])
def test_wrong_attempts(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"how often to call at most, a whole number above 0; got "):
        retrying(bad)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (
            {"on": ValueError("x")},
            r"on is a class of errors, a tuple of them, or a function of an error; got V",
        ),
        ({"on": int}, r"on is a class of errors.*; got <class 'int'>"),
        ({"on": (ValueError, 3)}, r"on is a class of errors.*; got \(<class 'ValueError'>, 3\)"),
        ({"wait": -1}, r"wait is a number of seconds, or a function of the attempt's number; got -1 \(int\)"),
        ({"wait": "1"}, r"wait is a number of seconds.*; got '1' \(str\)"),
        ({"wait": math.nan}, r"wait is a number of seconds.*; got nan"),
        ({"wait": math.inf}, r"wait is a number of seconds.*; got inf"),
        ({"wait": True}, r"wait is a number of seconds.*; got True"),
    ],
)
def test_wrong_options(options: Any, says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        retrying(3, **options)


def test_the_error_names_the_extra_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tenacity", None)
    with pytest.raises(MissingExtraError, match=r"retrying needs .*\(tenacity\): pip install 'spearmint_fp\[retry\]'"):
        retrying(3)
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(Exception, match=r"cloudpickle .*pip install 'spearmint_fp\[processes\]'"):
        run(lambda n: n, [1], executor=processes(1))


# --- both, as functions ----------------------------------------------------------------------------------


@retrying(3, on=ConnectionError)
def fetched(n: int) -> int:
    """Fetches."""
    if n:
        raise ConnectionError(n)
    return n


@timed_out(60)
@retrying(3)
async def fetched_later(n: int) -> int:
    await asyncio.sleep(0)
    return n


class Client:
    def __init__(self, name: str = "client") -> None:
        self.name = name
        self.calls = 0

    @retrying(3)
    def fetch(self, n: int) -> str:
        self.calls += 1
        if self.calls < 3:
            raise ConnectionError(n)
        return f"{self.name} {n}"

    @timed_out(60)
    @retrying(2)
    async def later(self, n: int) -> str:
        return f"{self.name} {n}"

    @timed_out(60)
    def limited(self, n: int) -> str:
        return f"{self.name} {n}"

    @staticmethod
    @retrying(2)
    def plain(n: int) -> int:
        return n

    @classmethod
    @retrying(2)
    def of(cls, n: int) -> str:
        return f"{cls.__name__} {n}"


def test_they_look_like_what_they_wrap() -> None:
    assert fetched.__name__ == fetched.__qualname__ == "fetched"
    assert (fetched.__doc__, fetched.__module__) == ("Fetches.", __name__)
    assert str(inspect.signature(fetched)) == "(n: 'int') -> 'int'"
    assert inspect.unwrap(fetched_later).__name__ == "fetched_later"
    assert repr(timed_out(2)(abs)) == "TimedOut(<built-in function abs>, 2)"
    assert repr(retrying(2)(abs)).startswith("Retrying(<built-in function abs>, 2, ")
    assert isinstance(Client.fetch, type(fetched))


def test_methods_bind() -> None:
    client = Client()
    assert one(client.fetch, 5) == Success(5, "client 5", attempts=3)
    assert one(client.later, 5) == aone(client.later, 5) == Success(5, "client 5")
    assert one(client.limited, 5, executor=processes(1)) == Success(5, "client 5")
    assert one(Client.plain, 1) == one(client.plain, 1) == Success(1, 1)
    assert one(Client.of, 1) == one(client.of, 1) == Success(1, "Client 1")
    assert is_async(client.later)
    assert not is_async(client.fetch)
    with pytest.raises(ArgumentError, match="timed_out ends a task"):
        run(client.limited, [1])


@pytest.mark.parametrize("made", [retrying(3), timed_out(1)])
def test_what_is_no_function_is_refused(made: Any) -> None:
    with pytest.raises(ArgumentError, match=r"wraps a function: \w+\(\d\)\(fn\); got 3 \(int\)$"):
        made(3)
    kind: Any
    for kind in (staticmethod, classmethod):
        with pytest.raises(ArgumentError, match="Write it below @staticmethod or @classmethod"):
            made(kind(abs))


def test_whether_something_is_awaited_is_seen_through_wrappers() -> None:
    class Called:
        async def __call__(self, n: int) -> int:
            return n

    for fn in (ahang, Called(), partial(ahang), inject(ahang), timed_out(1)(partial(retrying(2)(ahang)))):
        assert is_async(fn)
    for plain in (hang, abs, Called, partial(hang), inject(hang), timed_out(1)(partial(retrying(2)(hang)))):
        assert not is_async(plain)
    assert [type(fn).__name__ for fn in stack(timed_out(1)(partial(retrying(2)(hang))))] == [
        "TimedOut", "partial", "Retrying", "function",
    ]  # fmt: skip
    assert one(retrying(2)(Called()), 3) == Success(3, 3)


def test_pickling() -> None:
    assert pickle.loads(pickle.dumps(fetched)) is fetched
    assert pickle.loads(pickle.dumps(fetched_later)) is fetched_later
    assert pickle.loads(pickle.dumps(Client.fetch)) is Client.fetch
    assert pickle.loads(pickle.dumps(Client("other").fetch)).__self__.name == "other"

    bound = pickle.loads(pickle.dumps(retrying(2)(partial(max, 3))))
    assert (bound(5), bound.attempts, bound.on) == (5, 2, Exception)
    again = pickle.loads(pickle.dumps(timed_out(2)(retrying(3, wait=tenacity.wait_fixed(0))(fails))))
    assert (again.seconds, again.function.attempts, again.function.function) == (2, 3, fails)

    factor = 3
    closure = pickle.loads(cloudpickle.dumps(retrying(2, on=lambda error: True)(lambda n: n * factor)))
    assert closure(2) == 6


def test_wrapped_functions_of_every_kind_go_to_processes() -> None:
    factor, wrapped = 3, retrying(2)
    kinds: list[Callable[[int], Any]] = [
        fetched, Client().later, wrapped(partial(max, -1)), timed_out(60)(wrapped(lambda n: n * factor)),
    ]  # fmt: skip
    for fn in kinds:
        assert one(fn, executor=processes(1)).ok


# --- timed_out -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fn", [hang, busy])
def test_a_process_is_ended_whatever_it_does(fn: Any) -> None:
    limited = timed_out(0.4)(fn)  # alone: the others are not to be late on a busy machine
    before, late, after = run(lambda n: limited(n) if n == 1 else n, range(3), executor=processes(1))
    assert (before, after) == (Success(0, 0, 0), Success(2, 2, 2))
    assert told(late) == "TaskTimeoutError: took longer than 0.4 s"
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
            noted(tmp_path, n)
            raise

    async def patient(n: int) -> None:
        from spearmint_fp.tasks import time_limits

        time_limits.STUBBORN_SECONDS = LIMIT_SECONDS  # type: ignore[misc]  # in a worker too
        await late(n)

    outcomes = [one(patient, executor=executor) for executor in (None, threads(1), processes(1))]
    assert {told(outcome) for outcome in (*outcomes, aone(late))} == {"TaskTimeoutError: took longer than 0.05 s"}
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("swallow", [2, math.inf])
@pytest.mark.parametrize("call", [one, aone])
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

    assert told(call(timed_out(0.05)(stubborn))) == "TaskTimeoutError: took longer than 0.05 s"
    left = [record for record in caplog.records if record.name == "spearmint_fp"]
    assert (len(swallowed), len(left)) == ((2, 0) if swallow == 2 else (4, 1))
    assert all("went on after it was cancelled 4 times; it is left to itself" in r.getMessage() for r in left)


def test_a_coroutine_that_never_waits_is_ended_with_its_process() -> None:
    async def blocks(n: int) -> None:
        from spearmint_fp.tasks import time_limits

        if n == 0:
            time_limits.STUBBORN_SECONDS = 0.2  # type: ignore[misc]  # in the worker alone
        else:
            busy(n)

    _, late = run(timed_out(0.5)(blocks), [0, 1], executor=processes(1))
    assert told(late) == "TaskTimeoutError: took longer than 0.5 s"


@pytest.mark.parametrize(
    ("executor", "where"), [(None, "a serial run"), (threads(2), "a thread")], ids=["serial", "threads"]
)
@pytest.mark.parametrize("wrap", [lambda fn: fn, retrying(3), inject, partial, lambda fn: partial(retrying(2)(fn))])
def test_a_plain_function_is_refused_before_anything_runs(executor: Any, where: str, wrap: Any) -> None:
    calls: list[int] = []
    with pytest.raises(ArgumentError, match=rf"{where} can do neither\. Use executor=processes\(n\), or give it a cor"):
        run(wrap(timed_out(1)(calls.append)), [1], executor=executor)
    with pytest.raises(ArgumentError, match="a thread of arun can do neither"):
        arun(wrap(timed_out(1)(calls.append)), [1])
    assert calls == []


def test_a_plain_function_is_refused_by_hand_too() -> None:
    with pytest.raises(ArgumentError, match=r"this thread can do neither\. Use executor=processes\(n\)"):
        timed_out(1)(abs)(-1)
    assert "this thread can do neither" in told(one(lambda n: timed_out(1)(abs)(n)))
    assert asyncio.run(timed_out(1)(fetched_later)(3)) == 3


def test_errors_of_a_limited_function_are_its_own() -> None:
    for fn in (timed_out(60)(afails), timed_out(60)(Flaky(SystemExit(3)).later)):
        assert told(one(fn)) in ("ConnectionError: no answer", "SystemExit: 3")
    assert told(aone(timed_out(60)(Flaky(SystemExit(4)).later))) == "SystemExit: 4"
    assert told(one(timed_out(60)(fails), executor=processes(1))) == "ConnectionError: no answer"
    for call in (one, aone):
        with pytest.raises(KeyboardInterrupt):
            call(timed_out(60)(Flaky(KeyboardInterrupt()).later))


@pytest.mark.parametrize("bad", [0, -1, 0.0, math.nan, math.inf, True, "1", None, fails])
def test_wrong_seconds(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^timed_out takes a number of seconds above 0; got "):
        timed_out(bad)


# --- together --------------------------------------------------------------------------------------------


def test_a_limit_for_each_attempt() -> None:
    for outcome in (
        one(retrying(3)(timed_out(0.2)(hang)), executor=processes(1)),
        one(retrying(3)(timed_out(0.02)(ahang)), executor=processes(1)),
        one(retrying(3)(timed_out(0.02)(ahang))),
        aone(retrying(3)(timed_out(0.02)(ahang))),
    ):
        assert told(outcome).startswith("TaskTimeoutError: took longer than 0")
        assert outcome.attempts == 3


def test_an_attempt_that_hung_is_tried_again_and_succeeds(tmp_path: Path) -> None:
    def hangs_twice(n: int) -> int:
        count = noted(tmp_path, n)
        if count < 3:
            hang(n)
        return count

    outcome = one(retrying(1000)(timed_out(0.2)(hangs_twice)), executor=processes(1))
    assert 3 <= outcome.result <= outcome.attempts  # more often where the machine is so busy that others are late


def test_a_limit_for_all_attempts_together(tmp_path: Path) -> None:
    def fails_often(n: int) -> None:
        noted(tmp_path, n)
        fails(n)

    for limited in (
        one(timed_out(0.5)(retrying(10**6, wait=0.1)(fails_often)), executor=processes(1)),
        one(timed_out(0.1)(retrying(100, wait=HANG_SECONDS)(afails))),
        aone(timed_out(0.1)(retrying(100, wait=HANG_SECONDS)(afails))),
    ):
        assert told(limited).startswith("TaskTimeoutError: took longer than 0.")


def test_no_attempt_is_forgotten_when_the_process_is_ended(tmp_path: Path) -> None:
    slow_from_the_fourth = retrying(100, wait=lambda attempt: 0.0 if attempt < 4 else HANG_SECONDS)
    limited = timed_out(1.0)(slow_from_the_fourth(lambda n: fails(noted(tmp_path, n))))
    warm, outcome = run(lambda n: limited(n) if n else n, [0, 1], executor=processes(1))
    assert (warm.attempts, told(outcome)) == (1, "TaskTimeoutError: took longer than 1 s")
    assert len(list(tmp_path.iterdir())) <= outcome.attempts <= 4  # both 4, but where a second is not enough for them


def test_limits_inside_limits() -> None:
    @timed_out(0.6)
    @retrying(100)
    @timed_out(0.2)
    def inner(n: int) -> None:
        hang(n)

    outcome = one(inner, executor=processes(1))
    assert told(outcome) == "TaskTimeoutError: took longer than 0.6 s"
    assert 1 <= outcome.attempts <= 4


def test_wrappers_one_after_the_other_inside_a_function(tmp_path: Path) -> None:
    """The task is begun again where it was ended, and the deadline that has passed is found by whoever set it."""

    def task(n: int) -> str:
        noted(tmp_path, n)
        timed_out(60)(abs)(n)
        retrying(3)(abs)(n)
        try:
            timed_out(0.2)(hang)(n)
        except TimeoutError:
            return f"{retrying(3)(timed_out(60)(abs))(-7)}, and on it goes"
        return "it did not hang"

    assert one(task, executor=processes(1)) == Success(0, "7, and on it goes")
    assert len(list(tmp_path.iterdir())) == 2


@attrs.frozen
class Settings:
    seconds: float


@pytest.mark.parametrize(
    "made",
    [
        lambda fn: inject(retrying(2)(timed_out(0.1)(fn))),
        lambda fn: retrying(2)(inject(timed_out(0.1)(fn))),
        lambda fn: retrying(2)(timed_out(0.1)(inject(fn))),
    ],
)
def test_with_injection(made: Any) -> None:
    def slept(settings: Settings) -> float:
        time.sleep(settings.seconds)
        return settings.seconds

    async def slept_async(settings: Settings) -> float:
        await asyncio.sleep(settings.seconds)
        return settings.seconds

    late = aone(made(slept_async), {"seconds": 600.0})
    assert (told(late), late.attempts) == ("TaskTimeoutError: took longer than 0.1 s", 2)
    late = one(made(slept), {"seconds": 600.0}, executor=processes(1))
    assert (told(late), late.attempts) == ("TaskTimeoutError: took longer than 0.1 s", 2)


def test_a_trace_is_ready_for_the_next_task() -> None:
    trace = Trace()
    trace.resume(2, ((0, 3), (1, 5.0)))
    outer = trace.begin_wrapper(1)
    assert (outer.number, trace.marks) == (3, ((0, 3),))
    assert [trace.begin_wrapper(9.0).number, trace.deadline] == [9.0, 9.0]  # the place of another
    trace.end_wrapper(trace._active[-1])
    assert trace.begin_wrapper(9.0).number == 5.0
    assert trace.finish(0.0)[1] == 3
    assert (trace.marks, trace.deadline, trace.finish(0.5)) == ((), math.inf, (0.5, 1))
    trace.end_wrapper(outer)
    trace.begin_attempt(outer, 4)
    assert trace.finish(0.5) == (0.5, 1)


def test_the_log_is_quiet_where_nothing_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "spearmint_fp"):
        one(retrying(2)(timed_out(0.01)(ahang)))
    assert [record for record in caplog.records if record.name == "spearmint_fp"] == []


# --- numbers, and how long it took -------------------------------------------------------------------------------

NO_SECONDS: list[Any] = [
    True, False, -1, -0.5, math.nan, math.inf, -math.inf, 10**400, -(10**400), 1e308, Decimal(1), Decimal("NaN"),
    Fraction(1, 2), 1j, "1", b"1", [1], np.int64(1), np.float32(1), np.array(1.0),
]  # fmt: skip


@pytest.mark.parametrize("value", NO_SECONDS, ids=repr)
def test_what_is_no_time_that_can_be_waited_for_is_refused(value: Any) -> None:
    for make in (timed_out, lambda v: retrying(2, wait=v), lambda v: Spearmint.join(waits, v)):
        with pytest.raises(ArgumentError, match="a number of seconds") as told:
            make(value)
        assert len(str(told.value)) < 300
    [failed] = run(retrying(2, wait=lambda _: value)(lambda n: n / 0), [1])
    assert isinstance(failed, Failure)
    assert failed.error.type == "spearmint_fp.configuration.errors.ArgumentError"


@experiment(configs=[{"n": 1}])
def waits(config: Config) -> int:
    return int(config.n)


@pytest.mark.parametrize("seconds", [1, 5e-324, threading.TIMEOUT_MAX, int(threading.TIMEOUT_MAX), 1e9])
def test_every_time_that_is_taken_can_be_waited_for(seconds: float) -> None:
    async def at_once(n: int) -> int:
        return n

    [outcome] = run(timed_out(seconds)(at_once), [1])
    assert outcome.ok or "took longer" in outcome.error.message
    if seconds > 1:
        assert [o.result for o in run(timed_out(seconds)(abs), [1, 2], executor=processes(1))] == [1, 2]


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
