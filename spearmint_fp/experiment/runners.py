"""Runners: what `Spearmint.run` and `Spearmint.arun` open, to call an experiment and get every outcome."""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from contextvars import copy_context
from math import inf
from typing import Any, final

import attrs

from ..configuration.errors import ExperimentError, RunError
from ..configuration.late import asyncio
from ..outcomes.outcomes import Outcome
from ..running.arun import arun
from ..running.run import run
from ..sweep.core import Sweep
from ..tasks.event_loops import Blocking, EventLoops, start_thread
from ..tasks.wrapping import is_async
from ..workers.executors import threads
from ..workers.pools import INTERRUPTED_SECONDS
from .background import LOG, MOST_AT_ONCE
from .cases import Case, Experiment, get_experiment, is_inside_case, make_case
from .result import ExperimentResult
from .variants import PendingOutcomes


@contextmanager
def open_runner(
    fn: Callable[..., Any], await_variants: bool, executor: Any, journal: Any
) -> Iterator[Callable[..., ExperimentResult[Any]]]:
    """`Spearmint.run`."""
    runner = _Runner(fn, await_variants, executor, journal)
    patience = None
    try:
        yield runner
    except BaseException as error:
        # an interrupt must not wait for a variant that takes long
        patience = None if isinstance(error, Exception) else INTERRUPTED_SECONDS
        for feed in runner.feeds:
            feed.pending.stop()
        raise
    finally:
        runner.ended.set()
        for feed in runner.feeds:
            feed.ended.wait(patience)
        runner.loops.close(interrupted=patience is not None)


@final
class _Runner:
    """Calls an experiment with every case, and gives all outcomes."""

    def __init__(self, fn: Callable[..., Any], await_variants: bool, executor: Any, journal: Any) -> None:
        self._fn, self._experiment = fn, get_experiment(fn)
        self._await_variants, self._options = await_variants, {"executor": executor, "journal": journal}
        self.feeds: list[_Feed] = []
        self.ended = threading.Event()
        self.loops = EventLoops()
        self._threads = _Threads(f"variants of {self._experiment.name}")

    def __call__(self, *args: Any, **kwargs: Any) -> ExperimentResult[Any]:
        _require_open(self.ended, self._experiment)
        case, cases = make_case(self._fn, args, kwargs)
        here = self._options["executor"] is None
        if self._await_variants and here:
            main, variants = self._run_main(case, cases), case.for_variants()
            outcomes = self._run_here(variants, cases[1:])
            return ExperimentResult(main, tuple(map(variants.complete_outcome, outcomes)))
        if self._await_variants:
            main, *others = map(case.complete_outcome, run(case, cases, **self._options))
            return ExperimentResult(main, tuple(others))
        feed = _Feed(case.for_variants() if here else case, cases.size)
        self.feeds = [*(one for one in self.feeds if not one.ended.is_set()), feed]
        if not here:
            self._start(feed, run(case, cases, **self._options))
            return ExperimentResult(feed.wait_for_main(), feed.pending)
        options = {**self._options, "executor": threads(MOST_AT_ONCE)}
        self._start(feed, run(case.for_variants(), cases[1:], **options))
        return ExperimentResult(self._run_main(case, cases), feed.pending)

    def _start(self, feed: _Feed, outcomes: Any) -> None:
        """Have the outcomes taken by a thread, with the caller's context variables."""
        # without a bound inside a variant: its call would wait for variants that wait for it
        most = inf if is_inside_case() else MOST_AT_ONCE
        try:
            self._threads.start(functools.partial(copy_context().run, feed.take_all, outcomes), most)
        except RunError as error:
            outcomes.close()
            feed.end(error)
            raise

    def _run_main(self, case: Case[Any], cases: Sweep[Any]) -> Outcome[Any, Any]:
        """Main's outcome, from the caller's own context, as a plain call has it."""
        [main] = self._run_here(attrs.evolve(case, apart=False), cases[:1])
        return case.complete_outcome(main)

    def _run_here(self, case: Case[Any], cases: Sweep[Any]) -> Iterator[Outcome[Any, Any]]:
        """Outcomes from this thread; coroutines of all calls share the event loop that the block keeps for it."""
        return run(Blocking(case, self.loops) if is_async(case) else case, cases, **self._options)


@final
class _Threads:
    """Threads that are started for work as it comes, a bounded number; they never keep the program from ending."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], object]] = deque()
        self._count = 0

    def start(self, work: Callable[[], object], most: float) -> None:
        """Have `work` done by a thread of its own while there are fewer than `most`, else by the next that is free."""
        with self._lock:
            self._waiting.append(work)
            if self._count >= most:
                return
            self._count += 1
        try:
            start_thread(threading.Thread(target=self._work, name=self._name, daemon=True))
        except RunError:
            with self._lock:
                self._count -= 1
                if work not in self._waiting or self._count:  # another thread does it
                    return
                self._waiting.remove(work)
            raise

    def _work(self) -> None:
        while (work := self._take_next()) is not None:
            work()

    def _take_next(self) -> Callable[[], object] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._count -= 1
            return None


@final
class _Feed:
    """The outcomes of one call, which a thread takes from its run: main's for the caller, the others for `pending`."""

    def __init__(self, case: Case[Any], size: int) -> None:
        self._case = case
        self._main: Outcome[Any, Any] | None = None
        self._main_ended = threading.Event()
        self._error: BaseException | None = None
        self.ended = threading.Event()
        self.pending: PendingOutcomes[Any] = PendingOutcomes(size - 1, may_wait=True)

    def take_all(self, outcomes: Any) -> None:
        """Take the outcomes of a run until it ends, or the block of its runner does."""
        error: BaseException | None = None
        try:
            with outcomes:
                while not self.pending.stopped and (outcome := next(outcomes, None)) is not None:
                    self._put(self._case.complete_outcome(outcome))
        except BaseException as raised:  # the cause of the errors where outcomes are asked for
            error = raised
            LOG.exception("a variant stopped its run; those that have no outcome will have none")
        self.end(error)

    def _put(self, outcome: Outcome[Any, Any]) -> None:
        if outcome.index:
            self.pending.add(outcome)
        else:
            self._main = outcome
            self._main_ended.set()

    def end(self, error: BaseException | None) -> None:
        """Note that no outcome comes any more, since the run has ended, or an error has ended it."""
        self._error = error
        self.pending.stop(error)
        self._main_ended.set()
        self.ended.set()

    def wait_for_main(self) -> Outcome[Any, Any]:
        """The outcome of main, once it has one."""
        self._main_ended.wait()
        if self._main is not None:
            return self._main
        raise self._error or ExperimentError("main has no outcome: its block ended before it ran")


@asynccontextmanager
async def _open_tasks() -> AsyncIterator[list[asyncio.Task[None]]]:
    """Tasks that have ended when the block ends, and are cancelled when it fails."""
    tasks: list[asyncio.Task[None]] = []
    try:
        yield tasks
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def open_async_runner(
    fn: Callable[..., Any], await_variants: bool, journal: Any
) -> AsyncIterator[Callable[..., Awaitable[ExperimentResult[Any]]]]:
    """`Spearmint.arun`."""
    experiment = get_experiment(fn)
    ended = threading.Event()
    async with _open_tasks() as tasks:

        async def call_all(*args: Any, **kwargs: Any) -> ExperimentResult[Any]:
            _require_open(ended, experiment)
            case, cases = make_case(fn, args, kwargs)
            pending = PendingOutcomes[Any](cases.size - 1, may_wait=False)
            variants = asyncio.create_task(_fill_pending(pending, case.for_variants(), cases[1:], journal))
            tasks.append(variants)
            [main] = [outcome async for outcome in arun(case, cases[:1], limit=1, journal=journal)]
            if await_variants:
                await variants
            return ExperimentResult(case.complete_outcome(main), tuple(pending) if await_variants else pending)

        try:
            yield call_all
        finally:
            ended.set()


async def _fill_pending(pending: PendingOutcomes[Any], case: Case[Any], cases: Sweep[Any], journal: Any) -> None:
    """Run the variants, a bounded number at a time, and add their outcomes to `pending`."""
    stopped_by: BaseException | None = None
    try:
        async with aclosing(arun(case, cases, limit=MOST_AT_ONCE, ordered=False, journal=journal)) as outcomes:
            async for outcome in outcomes:
                pending.add(case.complete_outcome(outcome))
    except Exception as error:
        stopped_by = error
        raise
    finally:
        pending.stop(stopped_by)


def _require_open(ended: threading.Event, experiment: Experiment[Any]) -> None:
    if ended.is_set():
        raise ExperimentError(f"the block of this runner of {experiment.name} has ended; call it inside the block")
