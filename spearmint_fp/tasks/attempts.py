"""One attempt at one configuration: what every executor does, wherever it does it."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from contextvars import ContextVar, Token
from math import inf
from time import monotonic, perf_counter
from types import CodeType, CoroutineType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, final

from ..configuration.errors import ArgumentError, RunError
from ..outcomes.exceptions import ENTRIES
from ..outcomes.outcomes import ErrorInfo, Failure, Outcome, Success
from .signals import NO_HANDLERS, ends_run

if TYPE_CHECKING:
    import asyncio

__all__ = [
    "TRACE",
    "Ending",
    "Frame",
    "Marks",
    "Trace",
    "check_asyncio",
    "is_cancelled",
    "run_attempt",
    "run_attempt_async",
    "try_task",
    "unawaited",
]

C = TypeVar("C")
T = TypeVar("T")


@final
class Frame:
    """A wrapper at work: its place among those that were begun inside the same attempt of the one around it.

    `number` is which attempt it is for a retry (an int), the deadline for a time limit (a float, by `time.monotonic`).
    `inner` is what it knows of the wrappers inside it from before the task was ended.
    """

    __slots__ = ("begun", "inner", "number", "place")

    def __init__(self, place: int, number: float) -> None:
        self.place, self.number = place, number
        self.begun = 0
        self.inner: Marks = ()

    def begin(self, fresh: float) -> Frame:
        """The frame of the next wrapper inside; its number is the one that it had where the task is begun again."""
        frame = Frame(self.begun, fresh)
        self.begun += 1
        if self.inner and self.inner[0][0] == frame.place and type(self.inner[0][1]) is type(fresh):
            frame.number, frame.inner, self.inner = self.inner[0][1], self.inner[1:], ()
        return frame


Marks = tuple[tuple[int, float], ...]
"""The place and the number of each wrapper at work, the outermost first: a frame as it travels."""


@final
class Trace:
    """What a task's wrappers say while it runs: how often it was tried again, and when it must have ended.

    With `watch`, somebody outside can end the task at its deadline; the task is then begun again with the frames that
    it had (`resume`), so that a deadline that has passed is found again, and no attempt is forgotten.
    `outside` are the handlers of signals whose errors end the run; `since` is when the first wrapper began its work.
    """

    __slots__ = ("_open", "outside", "retries", "since", "untouched", "watch")

    def __init__(
        self, watch: Callable[[Trace], None] | None = None, outside: frozenset[CodeType] = NO_HANDLERS
    ) -> None:
        self.watch, self.outside = watch, outside
        self.since = 0.0
        self.untouched = True
        self.retries = 0
        self._open: list[Frame] = []  # the frame of the task itself stands first, once there is a wrapper in it

    @property
    def frames(self) -> Marks:
        """The wrappers that are at work."""
        return tuple((frame.place, frame.number) for frame in self._open[1:])

    @property
    def deadline(self) -> float:
        """When the task must have ended; infinity where nothing says so."""
        return min((frame.number for frame in self._open if isinstance(frame.number, float)), default=inf)

    def enter(self, fresh: float) -> Frame:
        """Begin a wrapper's work."""
        self._touch()
        frame = self._open[-1].begin(fresh)
        self._open.append(frame)
        return frame

    def leave(self, frame: Frame) -> None:
        """End the work of a wrapper, also of one that a task has left running in a thread."""
        if frame in self._open:
            self._open.remove(frame)

    def again(self, frame: Frame, number: int) -> None:
        """Begin another attempt; whoever watches is told, so that it is not forgotten."""
        frame.number, frame.begun, frame.inner = number, 0, ()
        if frame in self._open:
            self.retries += 1
            if self.watch is not None and self.deadline < inf:
                self.watch(self)

    def resume(self, retries: int, frames: tuple[Any, ...], since: float = inf) -> None:
        """Begin the next task where it was ended; its first wrapper had begun its work at `since`."""
        self._touch()
        self.retries, self._open[0].inner, self.since = retries, frames, since

    def lasted(self, seconds: float) -> float:
        """How long the task has taken: so many seconds here, or more since it was begun by a process that ended."""
        return max(seconds, monotonic() - self.since)

    def ended(self) -> int:
        """How many attempts the task took; the trace is ready for the next one."""
        attempts = self.retries + 1
        self.untouched, self.retries, self._open = True, 0, []
        return attempts

    def _touch(self) -> None:
        self.untouched = False
        if not self._open:
            self._open, self.since = [Frame(0, 0)], monotonic()


TRACE: Final[ContextVar[Trace | None]] = ContextVar("spearmint_fp_trace", default=None)


Ending = tuple[Any, ErrorInfo | None, float, int]
"""A result or an error, the seconds that it took, and the attempts."""


def try_task(fn: Callable[[C], T], config: C, trace: Trace) -> Ending:
    """How `fn(config)` ends; `SystemExit` is an error of its own, an interrupt or a signal's exit passes through.

    The trace is the context's while it runs; a worker makes it that once for all tasks.
    """
    token = None if TRACE.get() is trace else TRACE.set(trace)
    start = perf_counter()
    try:
        result = fn(config)
        if type(result) is CoroutineType:
            unawaited(result)
        seconds = perf_counter() - start
        return (result, None, seconds, 1) if trace.untouched else (result, None, trace.lasted(seconds), trace.ended())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, or a cancellation inside: this configuration's own end
        if ends_run(error, trace.outside):
            raise
        seconds = perf_counter() - start
        if not trace.untouched:
            seconds = trace.lasted(seconds)
        return None, ErrorInfo.of(error), seconds, 1 if trace.untouched else trace.ended()
    finally:
        if token is not None:
            TRACE.reset(token)


def _forgotten(token: Token[Trace | None]) -> None:
    try:
        TRACE.reset(token)
    except ValueError:  # it is closed by somebody else, in whose context it was never set
        return


def unawaited(coroutine: Any) -> NoReturn:
    """Refuse a coroutine that nobody would await."""
    coroutine.close()
    raise ArgumentError(
        f"a plain function returned the coroutine {coroutine.__qualname__}(...), which nobody awaits. "
        f"Use the coroutine function itself, or write `async def` and await it there"
    )


def is_cancelled() -> bool:
    """Whether the running task is being cancelled from outside."""
    task = current_task()
    return task is not None and task.cancelling() > 0


def current_task() -> asyncio.Task[Any] | None:
    """The task that is running; None where no event loop is."""
    import asyncio

    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def check_asyncio(what: str) -> None:
    """Raise an error that says what is missing where this is not called inside an event loop of asyncio."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RunError(f"{what} needs an event loop of asyncio; {_way(_other_library())}") from None


def _way(library: str) -> str:
    if not library:
        return "none runs here. Use asyncio.run(main())"
    thread = "trio.to_thread.run_sync(collect, run(fn, configs))" if library == "trio" else "a thread of its own"
    return f"the one that runs here is {library}'s. There, use run, in a thread: {thread}"


def _other_library() -> str:
    """The name of the library whose task this is called from, if it is not asyncio's."""
    sniffio: Any = sys.modules.get("sniffio")
    if sniffio is None:
        return ""
    try:
        return str(sniffio.current_async_library())
    except Exception:  # none that it knows
        return ""


def make_outcome(config: C, index: int, ending: Ending) -> Outcome[C, T]:
    """What became of a configuration, as a value."""
    result, error, seconds, attempts = ending
    if error is None:
        return Success(config, result, index, seconds, attempts)
    return Failure(config, error, index, seconds, attempts)


def run_attempt(fn: Callable[[C], T], config: C, *, index: int, trace: Trace | None = None) -> Outcome[C, T]:
    """`Success(config, fn(config))`, or the `Failure` that it raised, `SystemExit` too; an interrupt passes through."""
    return make_outcome(config, index, try_task(fn, config, Trace() if trace is None else trace))


async def run_attempt_async(
    fn: Callable[[C], Awaitable[T]], config: C, *, index: int, outside: frozenset[CodeType] = NO_HANDLERS
) -> Outcome[C, T]:
    """`run_attempt`, for a coroutine function; where the task itself is cancelled, that passes through."""
    trace = Trace(outside=outside)
    token = TRACE.set(trace)
    start = perf_counter()
    try:
        result = await fn(config)
        return Success(config, result, index, perf_counter() - start, 1 if trace.untouched else trace.ended())
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if current_task() is None or is_cancelled():  # nobody runs it any more: it is being closed
            raise
        if ends_run(error, outside):
            raise
        seconds, attempts = perf_counter() - start, 1 if trace.untouched else trace.ended()
        return Failure(config, ErrorInfo.of(error), index, seconds, attempts)
    finally:
        _forgotten(token)


ENTRIES.update((try_task.__code__, run_attempt_async.__code__))
