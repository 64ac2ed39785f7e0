"""Task wrappers: functions of one configuration that try again, or end in time."""

from __future__ import annotations

import functools
import math
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from types import CoroutineType, MethodType
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar, cast, final

import attrs

from ..configuration.errors import ArgumentError, TaskTimeoutError, repr_with_type, short_repr
from ..configuration.extras import require
from .attempts import TRACE, Frame, Trace, check_asyncio, is_cancelled, unawaited
from .signals import NO_HANDLERS, ends_run
from .wrapping import Layer, is_async

if TYPE_CHECKING:
    import asyncio

__all__ = [
    "CANCELS",
    "PATIENCE",
    "Retrying",
    "TimedOut",
    "ended",
    "format_seconds",
    "is_seconds",
    "retrying",
    "timed_out",
]

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE: Final = 0.5
"""How many seconds a cancelled coroutine may take to end, before it is cancelled once more."""

CANCELS: Final = 4
"""How often a coroutine is cancelled, before it is left to itself."""

STUBBORN: Final = (CANCELS + 1) * PATIENCE
"""How many seconds after its limit a coroutine ends with its process, where it has one."""


@attrs.frozen(eq=False, repr=False, slots=False)
class _Wrapper(Layer, ABC, Generic[T]):
    """A function around a function: looks like it, pickles by its name where it stands there, binds as a method."""

    function: Callable[..., T]

    def __attrs_post_init__(self) -> None:
        names = {name: getattr(self.function, name, None) for name in functools.WRAPPER_ASSIGNMENTS}
        self.__dict__.update({k: v for k, v in names.items() if v is not None}, __wrapped__=self.function)

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., T]:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> T:
        work = self.awaited if is_async(self.function) else self.called
        return cast(T, work(*args, **kwargs))

    @abstractmethod
    def called(self, *args: Any, **kwargs: Any) -> T:
        """Call the function."""

    @abstractmethod
    async def awaited(self, *args: Any, **kwargs: Any) -> Any:
        """Call the coroutine function, and await what it gives."""

    @abstractmethod
    def options(self) -> tuple[Any, ...]:
        """What the wrapper was made with, beside the function."""

    def __reduce__(self) -> Any:
        module, name = getattr(self, "__module__", None), getattr(self, "__qualname__", "")
        found: Any = sys.modules.get(module or "")
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is self and module != "__main__":
            return name
        return type(self), (self.function, *self.options())

    def __repr__(self) -> str:
        return f"{type(self).__name__}{(self.function, *self.options())}"


# --- trying again ------------------------------------------------------------------------------------


@final
@attrs.frozen(eq=False, repr=False, slots=False)
class Retrying(_Wrapper[T]):
    """`retrying(attempts, on=on, wait=wait)(function)`."""

    attempts: int
    on: Any
    wait: Any

    def options(self) -> tuple[Any, ...]:
        return self.attempts, self.on, self.wait

    def called(self, *args: Any, **kwargs: Any) -> T:
        with _framed(1) as (trace, frame):
            for round_ in self._policy("Retrying"):
                _numbered(round_.retry_state, frame, trace)
                with round_:
                    return _plain(self.function(*args, **kwargs))
        raise AssertionError("a retry policy ends with a result or an error")

    async def awaited(self, *args: Any, **kwargs: Any) -> Any:
        with _framed(1) as (trace, frame):
            async for round_ in self._policy("AsyncRetrying"):
                _numbered(round_.retry_state, frame, trace)
                with round_:
                    return await cast(Awaitable[Any], self.function(*args, **kwargs))
        raise AssertionError("a retry policy ends with a result or an error")

    def _policy(self, kind: str) -> Any:
        """What tenacity goes by, made anew for each task: its objects hold the state of one call."""
        tenacity = _tenacity()
        wait = self.wait if callable(self.wait) else tenacity.wait_fixed(self.wait)
        if not isinstance(wait, tenacity.wait.wait_base):
            wait = functools.partial(_waited, wait)
        stop, retry = tenacity.stop_after_attempt(self.attempts), tenacity.retry_if_exception(self._matches)
        return getattr(tenacity, kind)(stop=stop, wait=wait, retry=retry, reraise=True)

    def _matches(self, error: BaseException) -> bool:
        """Whether an error is one to try again after; one that ends the task itself never is."""
        if not isinstance(error, Exception) and (isinstance(error, GeneratorExit) or is_cancelled()):
            return False
        trace = TRACE.get()
        if ends_run(error, NO_HANDLERS if trace is None else trace.outside):
            return False
        if isinstance(error, KeyboardInterrupt):
            return type(error) in (self.on if isinstance(self.on, tuple) else (self.on,))
        if _is_types(self.on):
            return isinstance(error, self.on)
        return isinstance(error, Exception) and bool(self.on(error))


def _waited(wait: Callable[[int], float], state: Any) -> float:
    """What a function says of how long to wait, where that can be waited for."""
    seconds = wait(state.attempt_number)
    if not is_seconds(seconds):
        raise ArgumentError(
            f"wait is a function that returns a number of seconds; {short_repr(wait)} returned {format_seconds(seconds)}"
        )
    return seconds


def _numbered(state: Any, frame: Frame, trace: Trace) -> None:
    """Number an attempt; the first one of a task that was begun again is the one at which it was ended."""
    if state.attempt_number == 1:
        state.attempt_number = frame.number
    else:
        trace.again(frame, state.attempt_number)


def _plain(result: T) -> T:
    """The result of a plain function, which is no coroutine: its errors come later, where nobody tries again."""
    if type(result) is CoroutineType:
        unawaited(result)
    return result


def _is_types(on: Any) -> bool:
    kinds = on if isinstance(on, tuple) else (on,)
    return all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds)


def _tenacity() -> Any:
    return require("tenacity", extra="retry", what="retrying")


def retrying(
    attempts: int,
    *,
    on: type[BaseException] | tuple[type[BaseException], ...] | Callable[[BaseException], bool] = Exception,
    wait: float | Callable[[int], float] | Any = 0.0,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """`fn -> fn` that calls again where `fn` raises, until it returns or has been called `attempts` times.

    `on` says which errors are tried again: a class, several, or a function of the error. `wait` is how many seconds lie
    between two attempts: a number, a function of the number of the attempt that failed, or a `wait` of tenacity
    (`tenacity.wait_random_exponential(max=60)`). The last error is the one that is raised. The outcome's
    `attempts` says how often the function was called. Coroutine functions are awaited. An interrupt is never
    tried again, unless `on` names its class. Extra: `[retry]`.

    >>> from spearmint_fp import run
    >>> statuses = iter([503, 503, 200])
    >>> @retrying(3, on=ConnectionError)
    ... def fetch(url):
    ...     if (status := next(statuses)) != 200:
    ...         raise ConnectionError(f"{url}: {status}")
    ...     return status
    >>> next(run(fetch, ["example.org"]))
    Success(config='example.org', result=200, index=0, attempts=3, replayed=False)
    >>> never = next(run(retrying(2)(lambda n: 1 / n), [0]))
    >>> never.ok, never.attempts, never.error.type
    (False, 2, 'ZeroDivisionError')

    Raises:
        ArgumentError: `attempts` is no whole number above 0, or `on` or `wait` is of the wrong kind.
        MissingExtraError: tenacity is not installed.

    See also: `timed_out`; the two compose in any order.
    """
    if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 1:
        raise ArgumentError(
            f"retrying takes how often to call at most, a whole number above 0; got {repr_with_type(attempts)}"
        )
    if not _is_types(on) and (isinstance(on, type) or not callable(on)):
        raise ArgumentError(
            f"on is a class of errors, a tuple of them, or a function of an error; got {repr_with_type(on)}"
        )
    if not callable(wait) and not is_seconds(wait):
        raise ArgumentError(
            f"wait is a number of seconds, or a function of the attempt's number; got {format_seconds(wait)}"
        )
    _tenacity()
    return lambda fn: Retrying(_function(fn, "retrying(3)"), attempts, on, wait)


# --- ending in time ----------------------------------------------------------------------------------


@final
@attrs.frozen(eq=False, repr=False, slots=False)
class TimedOut(_Wrapper[T]):
    """`timed_out(seconds)(function)`."""

    seconds: float

    def options(self) -> tuple[Any, ...]:
        return (self.seconds,)

    def called(self, *args: Any, **kwargs: Any) -> T:
        trace = TRACE.get()
        if trace is None or trace.watch is None:
            raise ArgumentError(refusal("this thread"))
        with self._watched(self.seconds):
            return self.function(*args, **kwargs)

    async def awaited(self, *args: Any, **kwargs: Any) -> Any:
        import asyncio

        check_asyncio("timed_out of a coroutine")
        with self._watched(self.seconds + STUBBORN):
            task = asyncio.ensure_future(_kept(cast(Awaitable[Any], self.function(*args, **kwargs))))
            try:
                done, _ = await asyncio.wait({task}, timeout=self.seconds)
            finally:
                await ended(task)
            if not done:
                raise self.error()
            result, error = task.result()
            if error is not None:
                raise error
            return result

    @contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        """In a worker process, have the process ended after so many seconds; raises where that has happened."""
        with _framed(monotonic() + seconds) as (trace, frame):
            if monotonic() >= frame.number:
                raise self.error()
            watch = trace.watch or _unwatched
            watch(trace)
            try:
                yield
            finally:
                frame.number = math.inf
                watch(trace)

    def error(self) -> TaskTimeoutError:
        return TaskTimeoutError(f"took longer than {self.seconds:g} s")


def refusal(where: str) -> str:
    """Why a time limit cannot be held somewhere."""
    return (
        f"timed_out ends a task by ending its process, or by cancelling its coroutine; {where} can do neither. "
        f"Use executor=processes(n), or give it a coroutine function"
    )


def _unwatched(trace: Trace) -> None:
    """Nobody could end the task from outside."""


async def _kept(call: Awaitable[T]) -> tuple[T | None, BaseException | None]:
    """A result, or the error that would end the event loop if a task of its own raised it."""
    try:
        return await call, None
    except (SystemExit, KeyboardInterrupt) as error:
        return None, error


async def ended(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks until they have ended; one that goes on all the same is left to itself, and logged.

    A cancellation of whoever waits counts as one more of theirs, and is passed on when they have ended.
    """
    import asyncio

    pending = {task for task in tasks if not task.done()}
    interrupted = None
    for _ in range(CANCELS if pending else 0):
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=PATIENCE)
        except asyncio.CancelledError as error:
            interrupted = error
        if not (pending := {task for task in pending if not task.done()}):
            break
    _left(pending)
    for task in tasks:
        _ = task.done() and not task.cancelled() and task.exception()  # asked for: asyncio need not tell of it
    if interrupted is not None:
        raise interrupted


def _left(tasks: set[asyncio.Future[Any]]) -> None:
    """Leave tasks to themselves; the end of the event loop does not wait for them either."""
    import asyncio
    import logging

    for task in tasks:
        asyncio.tasks._unregister_task(cast(Any, task))
        logging.getLogger("spearmint_fp").warning(
            "%s went on after it was cancelled %d times; it is left to itself", task, CANCELS
        )


def timed_out(seconds: float) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """`fn -> fn` that fails with `TaskTimeoutError` where `fn` takes longer than `seconds`.

    In worker processes (`executor=processes(n)`) that one worker is ended, whatever it is doing, and a new one takes
    its place. A coroutine is cancelled; one that swallows its cancellation is cancelled again, and then left behind.
    Threads cannot be ended, so a plain function is refused in threads, in serial runs, and on clusters, before
    anything runs. Outside `retrying` the limit is for all attempts together, inside for each.

    >>> import asyncio
    >>> from spearmint_fp import run
    >>> next(run(timed_out(0.01)(asyncio.sleep), [60])).error.message
    'took longer than 0.01 s'

    Raises:
        ArgumentError: `seconds` is no number above 0.

    See also: `retrying`; the two compose in any order.
    """
    if not is_seconds(seconds) or not seconds:
        raise ArgumentError(f"timed_out takes a number of seconds above 0; got {format_seconds(seconds)}")
    return lambda fn: TimedOut(_function(fn, "timed_out(1)"), seconds)


def is_seconds(value: Any) -> bool:
    """True for an int or a float of seconds that can be waited for: up to some centuries."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= threading.TIMEOUT_MAX


def format_seconds(value: Any) -> str:
    """A value that is no number of seconds, as messages name it, with the limit where it is over that."""
    over = isinstance(value, int | float) and value > threading.TIMEOUT_MAX
    return f"{repr_with_type(value)}{f', and the most is {threading.TIMEOUT_MAX:g}' if over else ''}"


def _function(fn: Any, made: str) -> Any:
    if not callable(fn) or isinstance(fn, staticmethod):
        below = ". Write it below @staticmethod or @classmethod" if isinstance(fn, staticmethod | classmethod) else ""
        raise ArgumentError(f"{made} wraps a function: {made}(fn); got {repr_with_type(fn)}{below}")
    return fn


@contextmanager
def _framed(fresh: float) -> Iterator[tuple[Trace, Frame]]:
    """A wrapper's frame on the task's trace; on a trace of its own where nobody asks for one."""
    trace = TRACE.get()
    trace = Trace() if trace is None else trace
    frame = trace.enter(fresh)
    try:
        yield trace, frame
    finally:
        trace.leave(frame)
