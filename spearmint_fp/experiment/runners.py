"""How an experiment is called: direct calls with variants behind them, and runners that return every outcome."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from contextvars import copy_context
from math import inf
from typing import Any, Final, TypeVar, cast, final

import attrs

from ..configuration.errors import ExperimentError, RunError
from ..outcomes.outcomes import Failure, Outcome
from ..running.arun import arun
from ..running.run import run
from ..sweep.core import Sweep
from ..tasks.event_loops import start_thread
from ..workers.executors import threads
from ..workers.pools import INTERRUPTED_SECONDS
from .background import BACKLOG, LOG, WORKERS
from .cases import (
    UNBOUND,
    AsyncCase,
    Case,
    Experiment,
    bound_config,
    described,
    inside_a_case,
    planned,
    taking_part,
)
from .result import ExperimentResult
from .variants import Pending

__all__ = ["async_runner", "decorated", "runner"]

T = TypeVar("T")


def case_of(fn: Callable[..., T], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Case[T], Sweep[Any]]:
    """A call of a decorated function, and its cases, main first."""
    fns = taking_part(fn, args)
    return Case(fn, fns, args, kwargs), planned(fns)


def task_of(case: Case[T]) -> Callable[[Any], Any]:
    """A case as a function: a coroutine function, if that is what the experiment is."""
    return AsyncCase(case) if described(case.fn).is_async else case


# --- direct calls ------------------------------------------------------------------------------------


def decorated(about: Experiment[Any], fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function as its callers see it: without the injected parameters, main's plain result, variants behind it.

    Inside a case of an experiment that calls it, it is the plain function with its configuration of that case.
    """

    @functools.wraps(fn)
    def direct(*args: Any, **kwargs: Any) -> Any:
        return _call(wrapper, about, args, kwargs)

    @functools.wraps(fn)
    async def direct_async(*args: Any, **kwargs: Any) -> Any:
        return await _await(wrapper, about, args, kwargs)

    wrapper: Any = direct_async if about.is_async else direct
    wrapper.__experiment__ = about
    wrapper.__decorated__ = wrapper
    wrapper.__signature__ = about.call.signature
    return cast(Callable[..., Any], wrapper)


# Where the function of a script goes to another process, `direct` is copied by value, together with the globals that it
# names: all else stands in functions that are found by name there, so that what they compare by identity is one object.


def _call(fn: Callable[..., Any], about: Experiment[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    config = bound_config(fn)
    if config is not UNBOUND:
        return about.call(config, *args, **kwargs)
    case, cases = case_of(fn, args, kwargs)
    if _goes_behind(about, cases):
        about.behind.start(about.name, functools.partial(_run_behind, about, case.rest, cases[1:], about.behind.turn))
    return case.here(cases[0])


async def _await(
    fn: Callable[..., Any], about: Experiment[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    config = bound_config(fn)
    if config is not UNBOUND:
        return await about.call(config, *args, **kwargs)
    case, cases = case_of(fn, args, kwargs)
    if _goes_behind(about, cases):
        about.behind.start_task(_await_behind(about, case.rest, cases[1:], about.behind.turn))
    return await case.awaited(cases[0])


def _goes_behind(about: Experiment[Any], cases: Sweep[Any]) -> bool:
    """Whether there are variants, and room for them."""
    if cases.size > 1 and about.behind.is_full:
        LOG.warning("%s: the variants of this call do not run, %d calls are waiting already", about.name, BACKLOG)
        return False
    return cases.size > 1


def _run_behind(about: Experiment[Any], case: Case[Any], cases: Sweep[Any], turn: int) -> None:
    """Every variant of a direct call, one after the other, each in a copy of the caller's context."""
    with closing(run(case, cases)) as outcomes:
        left = cases.size
        try:
            while about.behind.turn == turn and (outcome := next(outcomes, None)) is not None:
                left -= 1
                _tell(about, case.told(outcome))
        except BaseException:
            LOG.exception(_CUT_OFF, about.name, "stopped", case.split(cases[-left])[0])
            raise
    if left:
        LOG.warning(_CUT_OFF, about.name, "cancelled", case.split(cases[-left])[0])


async def _await_behind(about: Experiment[Any], case: Case[Any], cases: Sweep[Any], turn: int) -> None:
    """Every variant of a direct await, one after the other."""
    left = cases.size
    try:
        async with about.behind.slot(), aclosing(arun(AsyncCase(case), cases, limit=1)) as outcomes:
            while about.behind.turn == turn and (outcome := await anext(outcomes, None)) is not None:
                left -= 1
                _tell(about, case.told(outcome))
    finally:
        if left:
            LOG.warning(_CUT_OFF, about.name, "cancelled", case.split(cases[-left])[0])


_CUT_OFF: Final = "%s: %s at variant %s; it and those after it have no outcome"


def _tell(about: Experiment[Any], outcome: Outcome[Any, Any]) -> None:
    """Log a failed variant, and give its outcome to who has asked for it."""
    if isinstance(outcome, Failure):
        error, config = outcome.error, _shown_configs(outcome)
        LOG.error("%s: variant %s failed: %s: %s\n%s", about.name, config, error.type, error.message, error.traceback)
    if about.on_outcome is not None:
        try:
            about.on_outcome(outcome)
        except Exception:  # whoever is told must not keep the next variant from running
            LOG.exception("%s: on_outcome failed for variant %s", about.name, outcome.config)


def _shown_configs(outcome: Outcome[Any, Any]) -> Any:
    if len(outcome.configs) == 1:
        return outcome.config
    return ", ".join(f"{fn.__qualname__}: {config}" for fn, config in outcome.configs.items())


# --- runners -----------------------------------------------------------------------------------------


@contextmanager
def runner(
    fn: Callable[..., Any], await_variants: bool, executor: Any, journal: Any
) -> Iterator[Callable[..., ExperimentResult[Any]]]:
    """What `Spearmint.run` yields."""
    made = _Runner(fn, await_variants, executor, journal)
    patience = None
    try:
        yield made
    except BaseException as error:
        patience = None if isinstance(error, Exception) else INTERRUPTED_SECONDS
        for pump in made.pumps:
            pump.pending.stop()
        raise
    finally:
        made.ended.set()
        for pump in made.pumps:
            pump.join(patience)


@final
class _Runner:
    """Calls an experiment with every case, and gives all outcomes."""

    def __init__(self, fn: Callable[..., Any], await_variants: bool, executor: Any, journal: Any) -> None:
        self._fn, self._about = fn, described(fn)
        self._await_variants, self._options = await_variants, {"executor": executor, "journal": journal}
        self.pumps: list[_Pump] = []
        self.ended = threading.Event()
        self._threads = _Threads(f"variants of {self._about.name}")

    def __call__(self, *args: Any, **kwargs: Any) -> ExperimentResult[Any]:
        _check_open(self.ended, self._about)
        case, cases = case_of(self._fn, args, kwargs)
        task = task_of(case)
        if self._await_variants:
            return self._awaited(case, task, cases)
        here = self._options["executor"] is None
        pump = _Pump(case.rest if here else case, cases.size)
        self.pumps = [*(one for one in self.pumps if not one.ended), pump]
        most = inf if inside_a_case() else WORKERS  # a variant's own call must not wait for those that wait for it
        if not here:
            self._start(pump, run(task, cases, **self._options), most)
            return ExperimentResult(pump.main(), pump.pending)
        outcomes = run(task_of(case.rest), cases[1:], **{**self._options, "executor": threads(WORKERS)})
        self._start(pump, outcomes, most)
        return ExperimentResult(self._here(case, cases), pump.pending)

    def _start(self, pump: _Pump, outcomes: Any, most: float) -> None:
        try:
            self._threads.start(pump.taking(outcomes), most)
        except RunError as error:
            pump.end(error)
            raise

    def _awaited(self, case: Case[Any], task: Callable[[Any], Any], cases: Sweep[Any]) -> ExperimentResult[Any]:
        if self._options["executor"] is not None:
            main, *variants = map(case.told, run(task, cases, **self._options))
        else:
            main = self._here(case, cases)
            variants = list(map(case.rest.told, run(task_of(case.rest), cases[1:], **self._options)))
        return ExperimentResult(main, tuple(variants))

    def _here(self, case: Case[Any], cases: Sweep[Any]) -> Outcome[Any, Any]:
        """Main's outcome, from the caller's own context, as a plain call has it."""
        [main] = run(task_of(attrs.evolve(case, apart=False)), cases[:1], **self._options)
        return case.told(main)


@final
class _Threads:
    """Threads that are started for work as it comes, a bounded number; they never keep the program from ending."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], object]] = deque()
        self._count = 0

    def start(self, work: Callable[[], object], most: float) -> None:
        """Have `work` done, by a thread of its own while there are fewer than `most`, else when one has time."""
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
                if work not in self._waiting or self._count:  # others do it
                    return
                self._waiting.remove(work)
            raise

    def _work(self) -> None:
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], object] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._count -= 1
            return None


@final
class _Pump:
    """Takes outcomes as they come, and puts them where they are asked for."""

    def __init__(self, case: Case[Any], size: int) -> None:
        self._case = case
        self._main: Outcome[Any, Any] | None = None
        self._first = threading.Event()
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self.pending: Pending[Any] = Pending(size - 1, may_wait=True)

    def taking(self, outcomes: Any) -> Callable[[], None]:
        """What takes the outcomes of a run, with the caller's context variables."""
        return functools.partial(copy_context().run, self._work, outcomes)

    def _work(self, outcomes: Any) -> None:
        try:
            with outcomes:
                while not self.pending.stopped and (outcome := next(outcomes, None)) is not None:
                    self._put(self._case.told(outcome))
        except BaseException as error:  # told where an outcome is asked for
            self._error = error
            LOG.exception("a variant stopped its run; those that have no outcome will have none")
        self.end(self._error)

    def end(self, error: BaseException | None) -> None:
        """Nothing more will come."""
        self._error = error
        self.pending.stop(error)
        self._first.set()
        self._ended.set()

    def _put(self, outcome: Outcome[Any, Any]) -> None:
        if outcome.index:
            self.pending.put(outcome)
        else:
            self._main = outcome
            self._first.set()

    def main(self) -> Outcome[Any, Any]:
        """The outcome of main, once it has one."""
        self._first.wait()
        if self._main is not None:
            return self._main
        raise self._error or ExperimentError("main has no outcome: its block ended before it ran")

    @property
    def ended(self) -> bool:
        """Whether all that will come has come."""
        return self._ended.is_set()

    def join(self, patience: float | None) -> None:
        self._ended.wait(patience)


@asynccontextmanager
async def _tasks() -> AsyncIterator[list[asyncio.Task[None]]]:
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
async def async_runner(
    fn: Callable[..., Any], await_variants: bool, journal: Any
) -> AsyncIterator[Callable[..., Awaitable[ExperimentResult[Any]]]]:
    """What `Spearmint.arun` yields."""
    about = described(fn)
    ended = threading.Event()
    async with _tasks() as tasks:

        async def call_all(*args: Any, **kwargs: Any) -> ExperimentResult[Any]:
            _check_open(ended, about)
            case, cases = case_of(fn, args, kwargs)
            pending = Pending[Any](cases.size - 1, may_wait=False)
            variants = asyncio.create_task(_filled(pending, case.rest, cases[1:], journal))
            tasks.append(variants)
            [main] = [outcome async for outcome in arun(task_of(case), cases[:1], limit=1, journal=journal)]
            if await_variants:
                await variants
            return ExperimentResult(case.told(main), tuple(pending) if await_variants else pending)

        try:
            yield call_all
        finally:
            ended.set()


async def _filled(pending: Pending[Any], case: Case[Any], cases: Sweep[Any], journal: Any) -> None:
    """Run the variants, a bounded number at a time, and put their outcomes where they are asked for."""
    why: BaseException | None = None
    try:
        async with aclosing(arun(task_of(case), cases, limit=WORKERS, ordered=False, journal=journal)) as outcomes:
            async for outcome in outcomes:
                pending.put(case.told(outcome))
    except Exception as error:
        why = error
        raise
    finally:
        pending.stop(why)


def _check_open(ended: threading.Event, about: Experiment[Any]) -> None:
    if ended.is_set():
        raise ExperimentError(f"the block of this runner of {about.name} has ended; call it inside the block")
