"""`retrying`: which errors are tried again, how often, and after which wait."""

from __future__ import annotations

import asyncio
import math
import pickle
import subprocess
import sys
import time
from typing import Any

import pytest
import tenacity

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    MissingAttributeError,
    MissingExtraError,
    SpearmintError,
    Success,
    collect,
    expand,
    processes,
    retrying,
    run,
    threads,
)
from tests.tasks.calls import Flaky, arun_one, describe_failure, fails, run_one
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS


@pytest.mark.parametrize("errors", range(5))
@pytest.mark.parametrize("attempts", range(1, 4))
def test_it_is_called_until_it_returns_or_has_been_called_often_enough(attempts: int, errors: int) -> None:
    """As a loop over the attempts would do it."""
    for call in (run_one, arun_one):
        flaky = Flaky(*(ValueError(k) for k in range(errors)))
        outcome = call(retrying(attempts)(flaky if call is run_one else flaky.later))
        calls = min(attempts, errors + 1)
        assert (flaky.calls, outcome.attempts, outcome.ok) == (calls, calls, errors < attempts)
        assert outcome.result == calls if outcome.ok else describe_failure(outcome) == f"ValueError: {attempts - 1}"


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
    assert run_one(retrying(2, on=on)(Flaky(ValueError(0)))).attempts == attempts


@pytest.mark.parametrize("on", [MissingAttributeError, SpearmintError, (KeyError, AttributeError)])
def test_a_missing_attribute_is_the_same_error_in_a_listing(on: Any) -> None:
    """Of many configurations it is Python that raises it."""
    one, many = Config({"n": 0}), list(expand({"n": DynamicValue(range(40))}))[:1]
    for configs in ([one], many):
        outcome = next(run(retrying(3, on=on)(lambda c: c.m), configs))
        says = "MissingAttributeError: no key 'm' in this configuration; there is: 'n'"
        assert (outcome.attempts, describe_failure(outcome)) == (3, says)


def test_an_error_that_is_not_tried_again_ends_it() -> None:
    flaky = Flaky(ConnectionError(), ValueError("odd"), ConnectionError())
    assert describe_failure(run_one(retrying(9, on=ConnectionError)(flaky))) == "ValueError: odd"
    assert flaky.calls == 2


def test_waiting_between_attempts() -> None:
    waits: list[int] = []

    def wait(attempt: int) -> float:
        waits.append(attempt)
        return 0.001

    assert run_one(retrying(4, wait=wait)(Flaky(*[ValueError()] * 3))).attempts == 4
    assert waits == [1, 2, 3]
    for other in (0.01, 0, tenacity.wait_fixed(0.01), tenacity.wait_random_exponential(max=0.01)):
        start = time.perf_counter()
        assert run_one(retrying(3, wait=other)(Flaky(*[ValueError()] * 2))).result == 3
        assert time.perf_counter() - start >= (0.02 if other == 0.01 else 0)


def test_an_interrupt_is_not_tried_again_unless_it_is_named() -> None:
    for on in (Exception, lambda error: True):
        for make in (lambda flaky: flaky, lambda flaky: flaky.later):
            flaky = Flaky(KeyboardInterrupt())
            with pytest.raises(KeyboardInterrupt):
                run_one(retrying(3, on=on)(make(flaky)))
            assert flaky.calls == 1
    assert run_one(retrying(2, on=(KeyboardInterrupt, SystemExit))(Flaky(KeyboardInterrupt()))).attempts == 2
    assert describe_failure(run_one(retrying(2)(Flaky(SystemExit(3))))) == "SystemExit: 3"


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

    assert run_one(both) == Success(0, 5, attempts=4)
    assert run_one(retrying(2)(retrying(2)(fails))).attempts == 4  # called four times


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
        assert "returned the coroutine test_a_coroutine" in describe_failure(run_one(fn))
        assert "Use the coroutine function itself" in describe_failure(run_one(fn))


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


def test_a_worker_loads_what_it_needs_before_its_first_task() -> None:
    """Loading takes as long as some time limits."""
    opened = f"import pickle, sys; pickle.loads({pickle.dumps(retrying(2)(len))!r}); assert 'tenacity' in sys.modules"
    subprocess.run([sys.executable, "-c", opened], check=True)
