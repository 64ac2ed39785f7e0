"""One attempt at one configuration: what every executor does, wherever it does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from types import CodeType, CoroutineType
from typing import Any, NoReturn, TypeVar

from ..configuration.errors import ArgumentError
from ..outcomes.exceptions import TASK_CALLERS
from ..outcomes.outcomes import ErrorInfo, Failure, Outcome, Success
from .asyncio_tasks import find_current_task
from .signals import NO_HANDLERS, ends_run
from .task_state import TASK_STATE, TaskState

C = TypeVar("C")
T = TypeVar("T")

Ending = tuple[Any, ErrorInfo | None, float, int]
"""How a task ended: a result or an error, the seconds that it took, and the attempts."""


# Bound once: Python calls a method of an imported object more slowly, and each task makes these calls.
_get_state, _set_state, _reset_state = TASK_STATE.get, TASK_STATE.set, TASK_STATE.reset


def try_task(fn: Callable[[C], T], config: C, state: TaskState) -> Ending:
    """How `fn(config)` ends; `SystemExit` is an error of its own, an interrupt or a signal's exit passes through."""
    token = None if _get_state() is state else _set_state(state)
    start = perf_counter()
    try:
        result = fn(config)
        if type(result) is CoroutineType:
            refuse_coroutine(result)
        seconds = perf_counter() - start
        return (result, None, seconds, 1) if state.untouched else (result, None, *state.finish(seconds))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, or a cancellation inside: this configuration's own end
        if ends_run(error, state.outer_handlers):
            raise
        seconds, attempts = state.finish(perf_counter() - start)
        return None, ErrorInfo.of(error), seconds, attempts
    finally:
        if token is not None:
            _reset_state(token)


def refuse_coroutine(coroutine: Any) -> NoReturn:
    """Refuse a coroutine that a plain function returned: it would never be awaited."""
    coroutine.close()
    raise ArgumentError(
        f"a plain function returned the coroutine {coroutine.__qualname__}(...), which nobody awaits. "
        f"Use the coroutine function itself, or write `async def` and await it there"
    )


def make_outcome(config: C, index: int, ending: Ending) -> Outcome[C, T]:
    """The outcome of a configuration whose task ended so."""
    result, error, seconds, attempts = ending
    if error is None:
        return Success(config, result, index, seconds, attempts)
    return Failure(config, error, index, seconds, attempts)


def run_attempt(fn: Callable[[C], T], config: C, *, index: int, state: TaskState | None = None) -> Outcome[C, T]:
    """`Success(config, fn(config))`, or the `Failure` that it raised, `SystemExit` too; an interrupt passes through."""
    return make_outcome(config, index, try_task(fn, config, TaskState() if state is None else state))


async def run_attempt_async(
    fn: Callable[[C], Awaitable[T]], config: C, *, index: int, outer_handlers: frozenset[CodeType] = NO_HANDLERS
) -> Outcome[C, T]:
    """`run_attempt`, for a coroutine function; where the task itself is cancelled, that passes through."""
    state = TaskState(None, outer_handlers)
    _set_state(state)  # in the context of the task, which ends with it
    start = perf_counter()
    try:
        result = await fn(config)
        seconds, attempts = state.finish(perf_counter() - start)
        return Success(config, result, index, seconds, attempts)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        task = find_current_task()
        if task is None or task.cancelling():  # its loop has ended, or it is being cancelled
            raise
        if ends_run(error, outer_handlers):
            raise
        seconds, attempts = state.finish(perf_counter() - start)
        return Failure(config, ErrorInfo.of(error), index, seconds, attempts)


TASK_CALLERS.update((try_task.__code__, run_attempt_async.__code__))
