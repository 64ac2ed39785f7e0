"""`arun`: a function over configurations as tasks of the running event loop, a bounded number at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from functools import partial
from inspect import isawaitable
from time import perf_counter
from types import CodeType, TracebackType
from typing import Any, Final, Generic, TypeVar, cast, final, overload

from ..configuration.errors import ArgumentError, RunError, repr_with_type
from ..configuration.extras import require
from ..journal.journal import Journal, open_ledger
from ..outcomes.outcomes import ErrorInfo, Failure, Outcome
from ..sweep.core import count_configs
from ..sweep.nodes.points import locate_errors
from ..tasks.attempts import Ending, Trace, check_asyncio, make_outcome, run_attempt_async, try_task
from ..tasks.event_loops import run_in_thread
from ..tasks.signals import current_handlers
from ..tasks.wrappers import ended
from ..tasks.wrapping import is_async
from ..workers.executors import refuse_time_limit
from .arguments import check_arguments, check_in_flight, require_count
from .loop import BATCHES_AHEAD
from .replay import replay_or_run_async

__all__ = ["AsyncOutcomes", "arun"]

C = TypeVar("C")
T = TypeVar("T")

One = Callable[[int, Any], Awaitable[Outcome[Any, Any]]]


@final
class AsyncOutcomes(AsyncIterator[Outcome[C, T]], Generic[C, T]):
    """The outcomes of an `arun`. Leaving its `async with` block, or `aclose`, cancels what runs and awaits its end."""

    def __init__(self, outcomes: AsyncGenerator[Outcome[C, T]], tasks: _Tasks, size: int | None) -> None:
        self._outcomes = outcomes
        self._tasks = tasks
        self._size = size

    def __anext__(self) -> Awaitable[Outcome[C, T]]:
        return anext(self._outcomes)

    def __len__(self) -> int:
        return require_count(self._size)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{self._tasks.given} outcomes of a run so far>"

    async def aclose(self) -> None:
        """Cancel what runs, and await its end; what has not begun never will."""
        await self._outcomes.aclose()

    async def __aenter__(self) -> AsyncOutcomes[C, T]:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.aclose()


@overload
def arun(
    fn: Callable[[C], Awaitable[T]],
    configs: Iterable[C] | AsyncIterable[C],
    *,
    limit: int = ...,
    in_flight: int | None = ...,
    ordered: bool = ...,
    journal: Journal | None = ...,
    progress: bool = ...,
) -> AsyncOutcomes[C, T]: ...
@overload
def arun(
    fn: Callable[[C], T],
    configs: Iterable[C] | AsyncIterable[C],
    *,
    limit: int = ...,
    in_flight: int | None = ...,
    ordered: bool = ...,
    journal: Journal | None = ...,
    progress: bool = ...,
) -> AsyncOutcomes[C, T]: ...
def arun(  # noqa: PLR0913
    fn: Callable[[Any], Any],
    configs: Iterable[Any] | AsyncIterable[Any],
    *,
    limit: int = 8,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> AsyncOutcomes[Any, Any]:
    """`run`, for async code: the outcomes of awaiting `fn(config)` for each, at most `limit` at the same time.

    Lazy: nothing runs before the first outcome is asked for, and at most `in_flight` configurations (by default a few
    for each task) have been taken from `configs` without their outcome having been given out. `configs` may be
    asynchronous too. Structured: leaving an `async with arun(...) as outcomes` block, or cancelling the task that
    iterates, cancels what runs and awaits its end; one that swallows its cancellation is cancelled again, and
    then left behind with a warning in the log. A plain function runs in threads, which nothing can end. `journal`
    replays what it has, and keeps each outcome before it is given out (see `Journal`).

    >>> import asyncio
    >>> async def half(n):
    ...     await asyncio.sleep(0)
    ...     return 1 / n
    >>> async def main():
    ...     async with arun(half, [1, 0, 2], limit=2) as outcomes:
    ...         return [outcome.result if outcome.ok else outcome.error.type async for outcome in outcomes]
    >>> asyncio.run(main())
    [1.0, 'ZeroDivisionError', 0.5]

    Raises:
        ArgumentError: an argument of the wrong kind; a time limit for a plain function; a configuration that was not
            expanded, when it is reached.
        RunError: no event loop of asyncio runs here, or no thread can be started.
        JournalError: the journal cannot be read or written; what it has already is safe.
        MissingExtraError: `progress`, and tqdm is not installed.

    See also: `run`.
    """
    configs = check_arguments(fn, configs, "arun")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ArgumentError(f"limit is how many may run at the same time, above 0; got {repr_with_type(limit)}")
    if not is_async(fn):
        refuse_time_limit(fn, "a thread of arun")
    one = _awaited(fn, current_handlers()) if is_async(fn) else _in_thread(fn)
    ledger = open_ledger(journal, fn)
    if ledger is not None:
        one = replay_or_run_async(ledger, one)
    size = count_configs(configs)
    tasks = _Tasks(one, configs, limit, check_in_flight(in_flight) or BATCHES_AHEAD * limit, ordered)
    outcomes = tasks.outcomes()
    if progress:
        line = require("spearmint_fp.running.progress", extra="progress", what="progress=True").Line
        outcomes = _noted(outcomes, partial(line, size))
    return AsyncOutcomes(outcomes, tasks, size)


async def _noted(
    outcomes: AsyncGenerator[Outcome[Any, Any]], line: Callable[[], Any]
) -> AsyncGenerator[Outcome[Any, Any]]:
    """The outcomes as they are, with a line that follows them from the first one that is asked for."""
    async with aclosing(outcomes):
        with line() as shown:
            async for outcome in outcomes:
                shown.note(outcome)
                yield outcome


def _awaited(fn: Callable[..., Any], outside: frozenset[CodeType]) -> One:
    return lambda index, config: run_attempt_async(fn, config, index=index, outside=outside)


def _in_thread(fn: Callable[[Any], Any]) -> One:
    """`fn` in a thread; where it gives something to await, as `lambda c: fetch(c.url)` does, that is awaited here."""

    async def one(index: int, config: Any) -> Outcome[Any, Any]:
        boxed, *rest = await run_in_thread(partial(try_task, lambda config: (fn(config),), config, Trace()))
        result = None if boxed is None else boxed[0]
        if _is_awaitable(result):
            return await run_attempt_async(lambda _: cast(Awaitable[Any], result), config, index=index)
        return make_outcome(config, index, cast(Ending, (result, *rest)))

    return one


def _is_awaitable(result: Any) -> bool:
    try:
        return isawaitable(result)
    except (Exception, SystemExit):  # whatever a user's object does when it is asked for its class
        return False


_END: Final = object()
"""What stands after the last configuration."""


@final
class _Tasks:
    """The tasks of one `arun`: one for each configuration that runs, and one that pulls configurations and starts them.

    What has come waits in `ready` under the number with which it is given out: its index, or when it came.
    """

    def __init__(self, one: One, configs: Any, limit: int, most: int, ordered: bool) -> None:
        self._one, self._limit, self._most, self._ordered = one, limit, most, ordered
        self._pulled = self._came = self.given = 0
        self._ready: dict[int, Outcome[Any, Any]] = {}
        self._running: dict[asyncio.Task[None], tuple[int, Any, float]] = {}
        self._arrived, self._room = asyncio.Event(), asyncio.Event()
        self._stopped = False
        self._interrupt: BaseException | None = None
        self._later = aiter(configs) if isinstance(configs, AsyncIterable) else None
        self._now = locate_errors(iter(configs), 0) if self._later is None else iter(())

    async def outcomes(self) -> AsyncGenerator[Outcome[Any, Any]]:
        """The outcomes; whichever way this ends, the tasks have ended then."""
        check_asyncio("arun")
        feed = asyncio.create_task(self._feed())
        feed.add_done_callback(lambda _: self._arrived.set())
        try:
            while not feed.done() or self._running or self._ready or self._interrupt is not None:
                while (due := self._ready.pop(self.given, None)) is not None:
                    self.given += 1
                    self._room.set()
                    yield due
                await self._news(feed)
        finally:
            self._stopped = True
            await ended(feed, *self._running)
        feed.result()  # raises what the configurations themselves raised

    async def _news(self, feed: asyncio.Task[None]) -> None:
        """Wait until something has come or ended; raises what ends the run."""
        if self._interrupt is not None and self.given not in self._ready:
            raise self._interrupt
        if feed.cancelled():
            raise RunError("somebody cancelled the task that starts the tasks of this arun; it cannot go on")
        if self.given not in self._ready and not (feed.done() and not self._running):
            self._arrived.clear()
            await self._arrived.wait()

    async def _feed(self) -> None:
        """Pull configurations while there is room for them, and start them."""
        while True:
            while len(self._running) >= self._limit or self._pulled - self.given >= self._most:
                self._room.clear()
                await self._room.wait()
            config = next(self._now, _END) if self._later is None else await anext(self._later, _END)
            if config is _END:
                return
            if self._stopped:  # the configurations have swallowed a cancellation
                return
            task = asyncio.create_task(self._work(self._pulled, config))
            self._running[task] = (self._pulled, config, perf_counter())
            self._pulled += 1
            task.add_done_callback(self._ended)

    async def _work(self, index: int, config: Any) -> None:
        """Run a configuration, and note its outcome."""
        outcome = await self._one(index, config)
        task = cast("asyncio.Task[None]", asyncio.current_task())
        task.remove_done_callback(self._ended)
        self._note(task, outcome)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Note the end of a task that could not do so itself: it was cancelled by somebody else, or ends the run.

        What ends the run (an interrupt, a journal that cannot be written) says nothing of its configuration.
        """
        if task.cancelled():
            index, config, start = self._running[task]
            error = ErrorInfo.of(asyncio.CancelledError())
            self._note(task, Failure(config, error, index, perf_counter() - start))
            return
        del self._running[task]
        interrupt = task.exception()  # of each, or asyncio tells that nobody has asked for it
        self._interrupt = self._interrupt or interrupt
        self._room.set()
        self._arrived.set()

    def _note(self, task: asyncio.Task[None], outcome: Outcome[Any, Any]) -> None:
        del self._running[task]
        self._ready[outcome.index if self._ordered else self._came] = outcome
        self._came += 1
        self._room.set()
        self._arrived.set()
