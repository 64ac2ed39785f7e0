"""`timed_out`: functions of one configuration that end in time."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, Final, ParamSpec, TypeVar, cast, final

import attrs

from ..configuration.errors import ArgumentError, TaskTimeoutError
from ..configuration.late import asyncio
from .asyncio_tasks import CANCEL_SECONDS, MOST_CANCELS, cancel_tasks, check_asyncio
from .task_state import TASK_STATE, ActiveWrapper, enter_wrapper
from .wrapping import Wrapper, check_function, format_seconds, is_seconds

P = ParamSpec("P")
T = TypeVar("T")

STUBBORN_SECONDS: Final = (MOST_CANCELS + 1) * CANCEL_SECONDS
"""How long after its limit a coroutine is ended with its process, where it has one: it did not end when cancelled."""


@final
@attrs.frozen(eq=False, repr=False, slots=False)
class TimedOut(Wrapper[T]):
    """`timed_out(seconds)(function)`."""

    seconds: float

    def call(self, *args: Any, **kwargs: Any) -> T:
        state = TASK_STATE.get()
        if state is None or state.watch is None:
            raise ArgumentError(explain_refusal("this thread"))
        with self._limit_process(self.seconds):
            return self.function(*args, **kwargs)

    async def call_async(self, *args: Any, **kwargs: Any) -> Any:
        check_asyncio("timed_out of a coroutine")
        with self._limit_process(self.seconds + STUBBORN_SECONDS) as wrapper:
            task = asyncio.ensure_future(_catch_exits(cast(Awaitable[Any], self.function(*args, **kwargs))))
            left, done = self.seconds, set[Any]()
            try:
                while not done and left > 0:  # the deadline is later where the task has waited for its turn
                    done, _ = await asyncio.wait({task}, timeout=left)
                    left = wrapper.number - STUBBORN_SECONDS - monotonic()
            finally:
                await cancel_tasks(task)
            if not done:
                raise self._timeout_error()
            result, error = task.result()
            if error is not None:
                raise error
            return result

    @contextmanager
    def _limit_process(self, seconds: float) -> Iterator[ActiveWrapper]:
        """In a worker process, have the process ended after so many seconds; raises where that has happened."""
        with enter_wrapper(monotonic() + seconds) as (state, wrapper):
            if monotonic() >= wrapper.number:
                raise self._timeout_error()
            if state.watch is not None:
                state.watch(state)
            try:
                yield wrapper
            finally:
                wrapper.number = math.inf
                if state.watch is not None:
                    state.watch(state)

    def _timeout_error(self) -> TaskTimeoutError:
        return TaskTimeoutError(f"took longer than {self.seconds:g} s")


def explain_refusal(where: str) -> str:
    """Why a time limit cannot be held somewhere."""
    return (
        f"timed_out ends a task by ending its process, or by cancelling its coroutine; {where} can do neither. "
        f"Use executor=processes(n), or give it a coroutine function"
    )


async def _catch_exits(call: Awaitable[T]) -> tuple[T | None, BaseException | None]:
    """A result, or the error that would end the event loop if a task of its own raised it."""
    try:
        return await call, None
    except (SystemExit, KeyboardInterrupt) as error:
        return None, error


def timed_out(seconds: float) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """`fn -> fn` that fails with `TaskTimeoutError` where `fn` takes longer than `seconds`.

    In worker processes (`executor=processes(n)`) that one worker is ended, whatever it is doing, and a new one takes
    its place; also while no outcome is asked for. A coroutine is cancelled; one that swallows its cancellation is
    cancelled again, and then left behind.
    Threads cannot be ended, so a plain function is refused in threads, in serial runs, and on clusters, before
    anything runs. Outside `retrying` the limit is for all attempts together, inside for each. Waiting for the turn that
    `throttled` gives is not counted.

    >>> import asyncio
    >>> from spearmint_fp import run
    >>> next(run(timed_out(0.01)(asyncio.sleep), [60])).error.message
    'took longer than 0.01 s'

    Raises:
        ArgumentError: `seconds` is no number above 0.

    See also: `retrying` and `throttled`; they compose in any order.
    """
    if not is_seconds(seconds) or not seconds:
        raise ArgumentError(f"timed_out takes a number of seconds above 0; got {format_seconds(seconds)}")
    return lambda fn: TimedOut(check_function(fn, "timed_out(1)"), seconds)
