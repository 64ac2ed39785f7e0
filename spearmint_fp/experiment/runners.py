"""How an experiment is called: direct calls with variants behind them, and runners that return every outcome."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from functools import cached_property
from typing import Any, Generic, TypeVar, cast, final, overload

import attrs

from ..configuration.errors import ArgumentError, ExperimentError, counted, said, shown
from ..running.injection import Injected, inject
from ..running.outcomes import Failure, Outcome, attempt, attempt_async
from ..sweep.core import Sweep
from .result import ExperimentResult

__all__ = ["Experiment", "async_runner", "decorated", "runner"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_log = logging.getLogger("spearmint_fp")
_One = Callable[[int, Any], Outcome[Any, Any]]
_here = threading.local()  # whether this thread runs variants of a runner
_WORKERS = 4
"""How many variants of one runner, or direct calls of one experiment, run behind at the same time."""


@final
@attrs.frozen(eq=False)
class Experiment(Generic[T]):
    """What a decorated function carries: the function, where its configuration goes, and the configurations."""

    call: Injected[T]
    configs: Sweep[Any]

    def __attrs_post_init__(self) -> None:
        if not self.configs:
            blank = [shown(path) for path, values in self.configs.axes.items() if not len(values)]
            left = f"nothing is left of {self.configs!r}" if self.configs.axes else "configs is empty"
            why = f"the choice at {', '.join(blank)} is empty" if blank else left
            raise ExperimentError(f"{self.name} has no configurations: {why}. Give it at least one alternative")

    @property
    def name(self) -> str:
        return str(getattr(self.call.function, "__qualname__", self.call.function))

    @property
    def is_async(self) -> bool:
        fn = self.call.function
        return inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(type(fn).__call__)

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        """The threads that run the variants of direct calls; their number is bounded whatever the sweep's size."""
        return ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"variants of {self.name}")

    @cached_property
    def running(self) -> set[asyncio.Task[None]]:
        """The variants of direct awaits: an event loop itself keeps no hold of its tasks."""
        return set()


def _described(fn: Callable[..., Any]) -> Experiment[Any]:
    """The description that a decorated function carries; for a method, with its instance bound."""
    found = getattr(fn, "__experiment__", None)
    if not isinstance(found, Experiment):
        raise ArgumentError(f"{said(fn)} is not an experiment. Decorate it with @mint.experiment() first")
    if getattr(fn, "__func__", fn) is not getattr(fn, "__decorated__", None):
        raise ArgumentError(f"another decorator stands above the experiment of {said(fn)}; put it below @experiment")
    instance = getattr(fn, "__self__", None)
    if instance is None:
        return found
    return attrs.evolve(found, call=inject(functools.partial(found.call.function, instance)))


# --- direct calls ------------------------------------------------------------------------------------


def _told(experiment: str, outcome: Outcome[Any, Any]) -> None:
    """A failed variant is logged where nobody asks for its outcome."""
    if isinstance(outcome, Failure):
        error = outcome.error
        _log.error(
            "%s: variant %s failed: %s: %s\n%s", experiment, outcome.config, error.type, error.message, error.traceback
        )


def decorated(described: Experiment[Any], fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function as its callers see it: without the injected parameters, main's plain result, variants behind it."""

    @functools.wraps(fn)
    def direct(*args: Any, **kwargs: Any) -> Any:
        if described.configs.size > 1:
            job = functools.partial(_run_behind, described, args, kwargs)
            described.pool.submit(copy_context().run, job)
        return described.call(described.configs[0], *args, **kwargs)

    @functools.wraps(fn)
    async def direct_async(*args: Any, **kwargs: Any) -> Any:
        if described.configs.size > 1:
            task = asyncio.create_task(_await_behind(described, args, kwargs))
            described.running.add(task)
            task.add_done_callback(described.running.discard)
        return await described.call(described.configs[0], *args, **kwargs)

    wrapper: Any = direct_async if described.is_async else direct
    wrapper.__experiment__ = described
    wrapper.__decorated__ = wrapper
    wrapper.__signature__ = described.call.signature
    return cast(Callable[..., Any], wrapper)


def _run_behind(described: Experiment[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Every variant of a direct call, one after the other, each in a copy of the caller's context."""
    for index, config in enumerate(described.configs[1:], 1):
        task = functools.partial(attempt, lambda c: described.call(c, *args, **kwargs), config, index=index)
        try:
            _told(described.name, copy_context().run(task))
        except BaseException:
            _log.exception("%s: stopped at variant %s; it and those after it have no outcome", described.name, config)
            raise


async def _await_behind(described: Experiment[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Every variant of a direct await, one after the other."""
    for index, config in enumerate(described.configs[1:], 1):
        try:
            outcome = await attempt_async(lambda c: described.call(c, *args, **kwargs), config, index=index)
        except asyncio.CancelledError:
            _log.warning("%s: cancelled at variant %s; it and those after it have no outcome", described.name, config)
            raise
        _told(described.name, outcome)


# --- runners -----------------------------------------------------------------------------------------


@final
class _Pending(Sequence[Outcome[Any, T_co]]):
    """The outcomes of variants that are still running: each is waited for when it is asked for.

    Workers pull the next variant when they have finished one, so nothing is queued, whatever the number. A worker that
    asks for an outcome itself (a variant that calls a runner) does not wait for others, which may all wait as it
    does: it runs the variants that nobody has begun. Without `one` the workers are tasks of an event loop, which
    waiting would stop: then an outcome that is not there yet is an error.
    """

    def __init__(self, variants: Sweep[Any], one: _One | None) -> None:
        self._one = one
        self._size = variants.size
        self._waiting = enumerate(variants, 1)
        self._ready: dict[int, Outcome[Any, T_co]] = {}
        self._change = threading.Condition()
        self._stopped = False

    def pull(self) -> tuple[int, Any] | None:
        """The next variant to run, or None where there is none, or the block has failed."""
        with self._change:
            return None if self._stopped else next(self._waiting, None)

    def put(self, outcome: Outcome[Any, T_co]) -> None:
        """Note the outcome of a variant that was pulled."""
        with self._change:
            self._ready[outcome.index - 1] = outcome
            self._change.notify_all()

    def stop(self) -> None:
        """Hand out no further variants; those that have no outcome will have none."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        return f"<{len(self._ready)} of {counted(self._size)} variants have an outcome>"

    @overload
    def __getitem__(self, index: int) -> Outcome[Any, T_co]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome[Any, T_co]]: ...
    def __getitem__(self, index: int | slice) -> Outcome[Any, T_co] | Sequence[Outcome[Any, T_co]]:
        if isinstance(index, slice):
            return [self[position] for position in range(self._size)[index]]
        position = range(self._size)[index]
        if self._one is not None and getattr(_here, "works", False):
            while position not in self._ready and (variant := self.pull()) is not None:
                self.put(self._one(*variant))
        with self._change:
            self._change.wait_for(lambda: position in self._ready or self._stopped or self._one is None)
            if position in self._ready:
                return self._ready[position]
        if self._one is None and not self._stopped:
            raise ExperimentError(
                f"variant {position} has no outcome yet, and waiting here would stop the event loop that runs it. "
                f"Ask after the block, or pass await_variants=True"
            )
        raise ExperimentError(f"variant {position} has no outcome: its block ended before it ran")


def _blocking(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A coroutine function as a plain one, also where an event loop is running already."""

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(fn(*args, **kwargs))
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(copy_context().run, asyncio.run, fn(*args, **kwargs)).result()

    return call


@contextmanager
def runner(fn: Callable[..., Any], await_variants: bool) -> Iterator[Callable[..., ExperimentResult[Any]]]:
    """What `Spearmint.run` yields."""
    described = _described(fn)
    call = _blocking(described.call) if described.is_async else described.call
    started: list[_Pending[Any]] = []
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"variants of {described.name}")
    ended = threading.Event()

    def call_all(*args: Any, **kwargs: Any) -> ExperimentResult[Any]:
        _check_open(ended, described)

        def one(index: int, config: Any) -> Outcome[Any, Any]:
            return attempt(lambda c: call(c, *args, **kwargs), config, index=index)

        context, variants = copy_context(), described.configs[1:]
        if await_variants:
            main = one(0, described.configs[0])
            outcomes = (context.copy().run(one, *variant) for variant in enumerate(variants, 1))
            return ExperimentResult(main, tuple(outcomes))
        pending = _started(pool, variants, lambda *variant: context.copy().run(one, *variant))
        started.append(pending)
        return ExperimentResult(one(0, described.configs[0]), pending)

    try:
        yield call_all
    except BaseException:
        for unfinished in started:
            unfinished.stop()
        raise
    finally:
        ended.set()
        pool.shutdown()


def _started(pool: ThreadPoolExecutor, variants: Sweep[Any], one: _One) -> _Pending[Any]:
    """The variants' outcomes to come, with threads at work on them."""
    pending: _Pending[Any] = _Pending(variants, one)
    for _ in range(min(_WORKERS, variants.size)):
        pool.submit(_work, pending, one)
    return pending


def _work(pending: _Pending[Any], one: _One) -> None:
    """Run variants until there are no more; where one ends the thread itself, say so and hand out no more."""
    _here.works = True
    try:
        while (variant := pending.pull()) is not None:
            pending.put(one(*variant))
    except BaseException:
        pending.stop()
        _log.exception("a variant stopped its thread; those that have no outcome will have none")
        raise


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
    fn: Callable[..., Any], await_variants: bool
) -> AsyncIterator[Callable[..., Awaitable[ExperimentResult[Any]]]]:
    """What `Spearmint.arun` yields."""
    described = _described(fn)
    ended = threading.Event()
    async with _tasks() as tasks:

        async def call_all(*args: Any, **kwargs: Any) -> ExperimentResult[Any]:
            async def one(index: int, config: Any) -> Outcome[Any, Any]:
                def task(c: Any) -> Any:
                    return described.call(c, *args, **kwargs)

                if described.is_async:
                    return await attempt_async(task, config, index=index)
                return await asyncio.to_thread(attempt, task, config, index=index)

            _check_open(ended, described)

            variants = described.configs[1:]
            pending: _Pending[Any] = _Pending(variants, None)
            workers = [asyncio.create_task(_await_work(pending, one)) for _ in range(min(_WORKERS, variants.size))]
            tasks.extend(workers)
            main = await one(0, described.configs[0])
            if await_variants:
                await asyncio.gather(*workers)
            return ExperimentResult(main, tuple(pending) if await_variants else pending)

        try:
            yield call_all
        finally:
            ended.set()


def _check_open(ended: threading.Event, described: Experiment[Any]) -> None:
    if ended.is_set():
        raise ExperimentError(f"the block of this runner of {described.name} has ended; call it inside the block")


async def _await_work(pending: _Pending[Any], one: Callable[[int, Any], Awaitable[Outcome[Any, Any]]]) -> None:
    try:
        while (variant := pending.pull()) is not None:
            pending.put(await one(*variant))
    except BaseException:
        pending.stop()
        raise
