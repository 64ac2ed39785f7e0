"""`arun`: a function over configurations as tasks of the running event loop, a bounded number at a time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from functools import partial
from inspect import isawaitable
from time import perf_counter
from types import CodeType
from typing import Any, Final, Generic, Protocol, TypeVar, cast, final, overload

from ..configuration.calls import explain_calls
from ..configuration.errors import ArgumentError, RunError
from ..configuration.extras import require
from ..configuration.late import asyncio
from ..configuration.messages import repr_with_type
from ..journal.journal import Journal, open_ledger
from ..outcomes.outcomes import ErrorInfo, Failure, Outcome
from ..sweep.core import count_configs
from ..sweep.nodes.points import locate_errors
from ..tasks.asyncio_tasks import cancel_tasks, check_asyncio
from ..tasks.attempts import Ending, make_outcome, run_attempt_async, try_task
from ..tasks.signals import find_current_handlers
from ..tasks.task_state import TaskState
from ..tasks.wrapping import is_async, is_count
from ..workers.executors import refuse_time_limit
from .arguments import check_arguments, check_in_flight, require_count, warn_unused
from .late import event_loops, replay

C = TypeVar("C")
T = TypeVar("T")

Work = Callable[[int, Any], Awaitable[Outcome[Any, Any]]]
"""Runs the configuration at a position."""

TASKS_AHEAD: Final = 4
"""How many configurations per task are in flight at most where `in_flight` does not say."""


class Feed(Protocol):
    """The side of a run from which its outcomes come."""

    @property
    def given(self) -> int:
        """How many outcomes have been given out."""
        ...

    @property
    def is_untouched(self) -> bool:
        """True if nothing was ever asked for, nor an end to it."""
        ...

    def finish(self) -> None:
        """Begin nothing more."""


@final
class AsyncOutcomes(AsyncIterator[Outcome[C, T]], Generic[C, T]):
    """The outcomes of an `arun`. Leaving its `async with` block, or `aclose`, cancels what runs and awaits its end.

    `finish()` ends it more gently: what runs already is awaited, its outcomes still come, and nothing else begins.
    """

    def __init__(self, outcomes: AsyncGenerator[Outcome[C, T]], tasks: Feed, size: int | None) -> None:
        self._outcomes = outcomes
        self._tasks = tasks
        self._size = size
        self._is_asked = False
        self._is_taken = False

    def __anext__(self) -> Awaitable[Outcome[C, T]]:
        return anext(self._outcomes)

    def __len__(self) -> int:
        self._is_asked = True
        return require_count(self._size)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{self._tasks.given} outcomes of a run so far>"

    @property
    def given(self) -> int:
        """How many outcomes have been given out."""
        return self._tasks.given

    @property
    def is_untouched(self) -> bool:
        """True if nothing was ever asked for, not even the number, and nobody has closed it: that leaves no frame."""
        return not self._is_asked and self._tasks.is_untouched and cast(Any, self._outcomes).ag_frame is not None

    def mark_taken(self) -> None:
        """Note that other outcomes are made of these, which warn in their place where nobody asks for any."""
        self._is_taken = True

    def finish(self) -> None:
        """Begin nothing more; the outcomes of what has begun still come."""
        self._tasks.finish()

    async def aclose(self) -> None:
        """Cancel what runs, and await its end; what has not begun never will."""
        await self._outcomes.aclose()

    def __del__(self) -> None:
        if self.is_untouched and self._size != 0 and not self._is_taken:
            warn_unused("arun")

    async def __aenter__(self) -> AsyncOutcomes[C, T]:
        return self

    async def __aexit__(self, *_: object) -> None:
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
@explain_calls
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
        ArgumentError: an argument of the wrong kind; a function that cannot be called with a configuration alone; a
            time limit for a plain function; a configuration that was not expanded, when it is reached.
        RunError: no event loop of asyncio runs here, or no thread can be started.
        JournalError: the journal cannot be read or written; what it has already is safe.
        EncodingError: with a journal, a function that says it returns what no journal can keep.
        MissingExtraError: `progress`, and tqdm is not installed.

    See also: `run`.
    """
    configs = check_arguments(fn, configs, "arun")
    if not is_count(limit):
        raise ArgumentError(f"limit is how many may run at the same time, above 0; got {repr_with_type(limit)}")
    if not is_async(fn):
        refuse_time_limit(fn, "a thread of arun")
    work = _await_task(fn, find_current_handlers()) if is_async(fn) else _run_in_thread(fn)
    ledger = open_ledger(journal, fn)
    if ledger is not None:
        work = replay.replay_or_run_async(ledger, work)
    size = count_configs(configs)
    tasks = _Tasks(work, configs, limit, check_in_flight(in_flight) or TASKS_AHEAD * limit, ordered)
    outcomes = tasks.outcomes()
    if progress:
        line = require("spearmint_fp.running.progress", extra="progress", what="progress=True").open_line
        outcomes = _show_progress(outcomes, partial(line, size))
    return AsyncOutcomes(outcomes, tasks, size)


async def _show_progress(
    outcomes: AsyncGenerator[Outcome[Any, Any]], open_line: Callable[[], Any]
) -> AsyncGenerator[Outcome[Any, Any]]:
    """The outcomes as they are, with a line that follows them from the first one that is asked for."""
    async with aclosing(outcomes):
        with open_line() as line:
            async for outcome in outcomes:
                line.note(outcome)
                yield outcome


def _await_task(fn: Callable[..., Any], outer_handlers: frozenset[CodeType]) -> Work:
    return lambda index, config: run_attempt_async(fn, config, index=index, outer_handlers=outer_handlers)


def _run_in_thread(fn: Callable[[Any], Any]) -> Work:
    """`fn` in a thread; where it gives something to await, as `lambda c: fetch(c.url)` does, that is awaited here."""

    async def work(index: int, config: Any) -> Outcome[Any, Any]:
        # In a tuple, since `try_task` refuses a coroutine that nobody awaits.
        state = TaskState()
        try:
            boxed, *rest = await event_loops.run_in_thread(
                partial(try_task, lambda config: (fn(config),), config, state)
            )
        except asyncio.CancelledError:
            state.is_stopped = True  # where it waits for its turn still, it never begins
            raise
        result = None if boxed is None else boxed[0]
        if _is_awaitable(result):
            return await run_attempt_async(lambda _: cast(Awaitable[Any], result), config, index=index)
        return make_outcome(config, index, cast(Ending, (result, *rest)))

    return work


def _is_awaitable(result: Any) -> bool:
    try:
        return isawaitable(result)
    except (Exception, SystemExit):  # whatever a user's object does when it is asked for its class
        return False


_END: Final = object()
"""Stands for the end of the configurations."""


@final
class _Tasks:
    """The tasks of one `arun`: one for each configuration that runs, and one that pulls configurations and starts them.

    Outcomes wait in `_ready` under the number with which they are given out: the index, or how many came before.
    """

    def __init__(self, work: Work, configs: Any, limit: int, in_flight: int, ordered: bool) -> None:
        self._work, self._limit, self._in_flight, self._ordered = work, limit, in_flight, ordered
        self._pulled = self._noted = self.given = 0
        self._ready: dict[int, Outcome[Any, Any]] = {}
        self._running: dict[asyncio.Task[None], tuple[int, Any, float]] = {}  # position, configuration, start
        self._has_news, self._has_room = asyncio.Event(), asyncio.Event()
        self._is_stopped = self._is_finishing = False
        self._feed: asyncio.Task[None] | None = None
        self._interrupt: BaseException | None = None
        self._async_configs = aiter(configs) if isinstance(configs, AsyncIterable) else None
        self._configs = locate_errors(iter(configs), 0) if self._async_configs is None else iter(())

    async def outcomes(self) -> AsyncGenerator[Outcome[Any, Any]]:
        """The outcomes; whichever way this ends, the tasks have ended then."""
        check_asyncio("arun")
        if self._is_finishing:
            return
        feed = self._feed = asyncio.create_task(self._start_tasks())
        feed.add_done_callback(lambda _: self._has_news.set())
        try:
            while not feed.done() or self._running or self._ready or self._interrupt is not None:
                while (due := self._ready.pop(self.given, None)) is not None:
                    self.given += 1
                    self._has_room.set()
                    yield due
                await self._wait_for_news(feed)
        finally:
            self._is_stopped = True
            await cancel_tasks(feed, *self._running)
        if not (self._is_finishing and feed.cancelled()):
            feed.result()  # raises what the configurations themselves raised

    @property
    def is_untouched(self) -> bool:
        return self._feed is None and not self._is_finishing

    def finish(self) -> None:
        """Start no more tasks; also where the next configuration is still waited for."""
        self._is_finishing = True
        if self._feed is not None:
            self._feed.cancel()

    async def _wait_for_news(self, feed: asyncio.Task[None]) -> None:
        """Wait until an outcome has come or a task has ended, where none is due; raises what ends the run."""
        if self._interrupt is not None:
            raise self._interrupt
        if feed.cancelled() and not self._is_finishing:
            raise RunError("somebody cancelled the task that starts the tasks of this arun; it cannot go on")
        if self._running or not feed.done():
            self._has_news.clear()
            await self._has_news.wait()

    async def _start_tasks(self) -> None:
        """Pull configurations while there is room for them, and start their tasks."""
        while True:
            while len(self._running) >= self._limit or self._pulled - self.given >= self._in_flight:
                self._has_room.clear()
                await self._has_room.wait()
            if self._async_configs is None:
                config = next(self._configs, _END)
            else:
                config = await anext(self._async_configs, _END)
            if config is _END or self._is_stopped:  # stopped and still here: they have swallowed the cancellation
                return
            task = asyncio.create_task(self._run_config(self._pulled, config))
            self._running[task] = (self._pulled, config, perf_counter())
            self._pulled += 1
            task.add_done_callback(self._note_end)

    async def _run_config(self, index: int, config: Any) -> None:
        outcome = await self._work(index, config)
        task = cast("asyncio.Task[None]", asyncio.current_task())
        task.remove_done_callback(self._note_end)
        self._note_outcome(task, outcome)

    def _note_end(self, task: asyncio.Task[None]) -> None:
        """Note the end of a task without an outcome: it was cancelled by somebody else, or its error ends the run.

        What ends the run (an interrupt, a journal that cannot be written) says nothing of its configuration.
        """
        if task.cancelled():
            index, config, start = self._running[task]
            error = ErrorInfo.of(asyncio.CancelledError())
            self._note_outcome(task, Failure(config, error, index, perf_counter() - start))
            return
        del self._running[task]
        interrupt = task.exception()  # of each: asyncio logs an exception that nobody has asked for
        self._interrupt = self._interrupt or interrupt
        self._has_room.set()
        self._has_news.set()

    def _note_outcome(self, task: asyncio.Task[None], outcome: Outcome[Any, Any]) -> None:
        del self._running[task]
        self._ready[outcome.index if self._ordered else self._noted] = outcome
        self._noted += 1
        self._has_room.set()
        self._has_news.set()
