"""How an experiment is called: direct calls with variants behind them, and runners that return every outcome."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from contextvars import copy_context
from functools import cached_property
from itertools import starmap
from typing import Any, Generic, TypeVar, cast, final, overload

import attrs

from ..configuration.errors import ArgumentError, ExperimentError, said, shown
from ..running.injection import Injected, inject
from ..running.outcomes import Failure, Outcome, attempt, attempt_async
from ..sweep.core import Sweep
from .result import ExperimentResult

__all__ = ["Experiment", "async_runner", "decorated", "runner"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_log = logging.getLogger("spearmint_fp")
_WORKERS = 4
"""How many direct calls of one experiment have their variants run at the same time; further ones queue."""


@final
@attrs.frozen(eq=False)
class Experiment(Generic[T]):
    """What a decorated function carries: the function, where its configuration goes, and the configurations."""

    call: Injected[T]
    configs: Sweep[Any]

    def __attrs_post_init__(self) -> None:
        if not self.configs:
            blank = [shown(path) for path, values in self.configs.axes.items() if not len(values)]
            why = f"the choice at {', '.join(blank)} is empty" if blank else "configs is empty"
            raise ExperimentError(f"{self.name} has no configurations: {why}. Give it at least one alternative")

    @property
    def name(self) -> str:
        return str(getattr(self.call.function, "__qualname__", self.call.function))

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.call.function)

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
    wrapper.__signature__ = described.call.signature
    return cast(Callable[..., Any], wrapper)


def _run_behind(described: Experiment[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    for index, config in enumerate(described.configs[1:], 1):
        _told(described.name, attempt(lambda c: described.call(c, *args, **kwargs), config, index=index))


async def _await_behind(described: Experiment[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    for index, config in enumerate(described.configs[1:], 1):
        try:
            outcome = await attempt_async(lambda c: described.call(c, *args, **kwargs), config, index=index)
        except asyncio.CancelledError:
            _log.warning(
                "%s: cancelled while variant %s ran; it and those after it have no outcome", described.name, config
            )
            raise
        _told(described.name, outcome)


# --- runners -----------------------------------------------------------------------------------------


@final
class _Pending(Sequence[Outcome[Any, T_co]]):
    """The outcomes of variants that are still running: each is waited for when it is asked for."""

    def __init__(self, futures: Sequence[Any]) -> None:
        self._futures = futures

    def __len__(self) -> int:
        return len(self._futures)

    @overload
    def __getitem__(self, index: int) -> Outcome[Any, T_co]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome[Any, T_co]]: ...
    def __getitem__(self, index: int | slice) -> Outcome[Any, T_co] | Sequence[Outcome[Any, T_co]]:
        if isinstance(index, slice):
            return _Pending(self._futures[index])
        outcome: Outcome[Any, T_co] = self._futures[index].result()
        return outcome


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


def _awaitable(fn: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """A plain function as a coroutine function that runs it in a thread."""
    return functools.partial(asyncio.to_thread, fn)


@contextmanager
def _threads(described: Experiment[Any]) -> Iterator[ThreadPoolExecutor]:
    """Threads that have run everything when the block ends, and nothing more when it fails."""
    pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"variants of {described.name}")
    try:
        yield pool
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def runner(fn: Callable[..., Any], await_variants: bool) -> Iterator[Callable[..., ExperimentResult[Any]]]:
    """What `Spearmint.run` yields."""
    described = _described(fn)
    call = _blocking(described.call) if described.is_async else described.call
    with _threads(described) as pool:

        def call_all(*args: Any, **kwargs: Any) -> ExperimentResult[Any]:
            def one(index: int, config: Any) -> Outcome[Any, Any]:
                return attempt(lambda c: call(c, *args, **kwargs), config, index=index)

            variants = enumerate(described.configs[1:], 1)
            if await_variants:
                return ExperimentResult(one(0, described.configs[0]), tuple(starmap(one, variants)))
            pending = [pool.submit(copy_context().run, one, *variant) for variant in variants]
            return ExperimentResult(one(0, described.configs[0]), _Pending(pending))

        yield call_all


@asynccontextmanager
async def _tasks() -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Tasks that have ended when the block ends, and are cancelled when it fails."""
    tasks: list[asyncio.Task[Any]] = []
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
    call = described.call if described.is_async else _awaitable(described.call)
    places = asyncio.Semaphore(_WORKERS)
    async with _tasks() as tasks:

        async def call_all(*args: Any, **kwargs: Any) -> ExperimentResult[Any]:
            async def one(index: int, config: Any) -> Outcome[Any, Any]:
                async with places:
                    return await attempt_async(lambda c: call(c, *args, **kwargs), config, index=index)

            pending = [asyncio.create_task(one(*variant)) for variant in enumerate(described.configs[1:], 1)]
            tasks.extend(pending)
            main = await attempt_async(lambda c: call(c, *args, **kwargs), described.configs[0], index=0)
            if await_variants:
                return ExperimentResult(main, tuple([await task for task in pending]))
            return ExperimentResult(main, _Pending(pending))

        yield call_all
