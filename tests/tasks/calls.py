"""Tasks to call, and what became of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spearmint_fp import (
    Failure,
    Outcome,
    arun,
    retrying,
    run,
    throttled,
    timed_out,
)
from tests.waiting import HANG_SECONDS


def run_one(fn: Callable[[Any], Any], config: Any = 0, **options: Any) -> Outcome[Any, Any]:
    """The outcome of a single configuration."""
    (outcome,) = run(fn, [config], **options)
    return outcome


def arun_one(fn: Callable[[Any], Any], config: Any = 0) -> Outcome[Any, Any]:
    """The outcome of a single configuration, in an event loop."""

    async def main() -> Outcome[Any, Any]:
        async with arun(fn, [config]) as outcomes:
            return await anext(outcomes)

    return asyncio.run(main())


def describe_failure(outcome: Outcome[Any, Any]) -> str:
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


async def ahang(config: Any) -> None:
    await asyncio.sleep(HANG_SECONDS)


def fails(config: Any) -> None:
    raise ConnectionError("no answer")


def count_call(folder: Path, config: Any) -> int:
    """How often it has been called, by the file that each call leaves."""
    count = len(list(folder.iterdir()))
    (folder / str(count)).touch()
    return count + 1


@timed_out(60)
@retrying(3)
async def fetched_later(n: int) -> int:
    await asyncio.sleep(0)
    return n


def echo(n: int) -> int:
    return n


@throttled(2, per=0.05)
def begin_slowly(n: int) -> int:
    return n


def begin_slowly_inside(n: int) -> int:
    return begin_slowly(n)


@retrying(2)
@throttled(2, per=0.05)
def begin_slowly_again(n: int) -> int:
    return n
