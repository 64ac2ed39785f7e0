"""Task wrappers: they look like what they wrap, pickle, bind as methods, and take numbers of seconds."""

from __future__ import annotations

import asyncio
import inspect
import math
import pickle
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import partial
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
    Spearmint,
    Success,
    experiment,
    inject,
    processes,
    retrying,
    run,
    timed_out,
)
from spearmint_fp.tasks.wrapping import is_async, walk_wrapped
from tests.tasks.calls import ahang, arun_one, describe_failure, fails, fetched_later, hang, run_one


@retrying(3, on=ConnectionError)
def fetched(n: int) -> int:
    """Fetches."""
    if n:
        raise ConnectionError(n)
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
    assert run_one(client.fetch, 5) == Success(5, "client 5", attempts=3)
    assert run_one(client.later, 5) == arun_one(client.later, 5) == Success(5, "client 5")
    assert run_one(client.limited, 5, executor=processes(1)) == Success(5, "client 5")
    assert run_one(Client.plain, 1) == run_one(client.plain, 1) == Success(1, 1)
    assert run_one(Client.of, 1) == run_one(client.of, 1) == Success(1, "Client 1")
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
    assert [type(fn).__name__ for fn in walk_wrapped(timed_out(1)(partial(retrying(2)(hang))))] == [
        "TimedOut", "partial", "Retrying", "function",
    ]  # fmt: skip
    assert run_one(retrying(2)(Called()), 3) == Success(3, 3)


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


@pytest.mark.slow
def test_wrapped_functions_of_every_kind_go_to_processes() -> None:
    factor, wrapped = 3, retrying(2)
    kinds: list[Callable[[int], Any]] = [
        fetched, Client().later, wrapped(partial(max, -1)), timed_out(60)(wrapped(lambda n: n * factor)),
    ]  # fmt: skip
    for fn in kinds:
        assert run_one(fn, executor=processes(1)).ok


@attrs.frozen
class Settings:
    seconds: float


@pytest.mark.slow
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

    late = arun_one(made(slept_async), {"seconds": 600.0})
    assert (describe_failure(late), late.attempts) == ("TaskTimeoutError: took longer than 0.1 s", 2)
    late = run_one(made(slept), {"seconds": 600.0}, executor=processes(1))
    assert (describe_failure(late), late.attempts) == ("TaskTimeoutError: took longer than 0.1 s", 2)


# --- numbers, and how long it took -------------------------------------------------------------------------------

NO_SECONDS: list[Any] = [
    True, False, -1, -0.5, math.nan, math.inf, -math.inf, 10**400, -(10**400), 1e308, Decimal(1), Decimal("NaN"),
    Fraction(1, 2), 1j, "1", b"1", [1], np.int64(1), np.float32(1), np.array(1.0),
]  # fmt: skip


@experiment(configs=[{"n": 1}])
def waits(config: Config) -> int:
    return int(config.n)


@pytest.mark.parametrize("value", NO_SECONDS, ids=repr)
def test_what_is_no_time_that_can_be_waited_for_is_refused(value: Any) -> None:
    for make in (timed_out, lambda v: retrying(2, wait=v), lambda v: Spearmint.join(waits, v)):
        with pytest.raises(ArgumentError, match="a number of seconds") as told:
            make(value)
        assert len(str(told.value)) < 300
    [failed] = run(retrying(2, wait=lambda _: value)(lambda n: n / 0), [1])
    assert isinstance(failed, Failure)
    assert failed.error.type == "spearmint_fp.ArgumentError"


@pytest.mark.parametrize("seconds", [1, 5e-324, threading.TIMEOUT_MAX, int(threading.TIMEOUT_MAX), 1e9])
def test_every_time_that_is_taken_can_be_waited_for(seconds: float) -> None:
    async def at_once(n: int) -> int:
        return n

    [outcome] = run(timed_out(seconds)(at_once), [1])
    assert outcome.ok or "took longer" in outcome.error.message
    if seconds > 1:
        assert [o.result for o in run(timed_out(seconds)(abs), [1, 2], executor=processes(1))] == [1, 2]
