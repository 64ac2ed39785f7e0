"""`Spearmint` holds a sweep, decorates functions, and runs them on a main configuration and its variants."""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import copy_context
from functools import cached_property
from itertools import starmap
from typing import Any, Generic, TypeVar, cast, final, overload

import attrs

from ..configuration.errors import ArgumentError, ExperimentError, said, shown
from ..configuration.tree import dissect
from ..running.injection import Injected, inject
from ..running.outcomes import Failure, Outcome, attempt, attempt_async
from ..sweep.combine import concat
from ..sweep.core import Sweep, expand

__all__ = ["ExperimentResult", "Spearmint", "experiment"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_log = logging.getLogger("spearmint_fp")
_WORKERS = 4
"""How many direct calls of one experiment have their variants run at the same time; further ones queue."""


@final
@attrs.frozen
class ExperimentResult(Generic[T_co]):
    """What one call of a runner gave: the outcome of the main configuration, and those of the variants in order.

    Where the runner does not await variants, `variant_results` is there at once, and each outcome is
    waited for when it is asked for.
    """

    main_result: Outcome[Any, T_co]
    variant_results: Sequence[Outcome[Any, T_co]]


def _as_configs(configs: Any) -> Sweep[Any]:
    """The sweep of everything that `configs` names, one item after the other."""
    if isinstance(configs, Sweep):
        return configs
    if isinstance(configs, str | bytes | Mapping) or not isinstance(configs, Iterable):
        raise ArgumentError(
            f"configs is a sequence of dicts, typed instances or sweeps; got {said(configs)}. Write configs=[...]"
        )
    return concat(*(_as_sweep(position, item) for position, item in enumerate(configs)))


def _as_sweep(position: int, item: Any) -> Sweep[Any]:
    parts = dissect(item)
    if parts is None or (isinstance(item, list | tuple) and not hasattr(item, "_fields")):
        raise ArgumentError(
            f"configs[{position}] is {said(item)}; a configuration is a dict, a Config, a sweep, "
            f"or an instance of an attrs class or dataclass"
        )
    sweep: Sweep[Any] = expand(item)
    return sweep


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


def _decorated(described: Experiment[Any], fn: Callable[..., Any]) -> Callable[..., Any]:
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

    def call(*args: Any) -> Any:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(fn(*args))
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(copy_context().run, asyncio.run, fn(*args)).result()

    return call


def _awaitable(fn: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """A plain function as a coroutine function that runs it in a thread."""
    return functools.partial(asyncio.to_thread, fn)


@contextmanager
def _runner(fn: Callable[..., Any], await_variants: bool) -> Iterator[Callable[..., ExperimentResult[Any]]]:
    described = _described(fn)
    call = _blocking(described.call) if described.is_async else described.call

    with ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"variants of {described.name}") as pool:

        def runner(*args: Any, **kwargs: Any) -> ExperimentResult[Any]:
            def one(index: int, config: Any) -> Outcome[Any, Any]:
                return attempt(lambda c: call(c, *args, **kwargs), config, index=index)

            variants = enumerate(described.configs[1:], 1)
            if await_variants:
                return ExperimentResult(one(0, described.configs[0]), tuple(starmap(one, variants)))
            pending = [pool.submit(copy_context().run, one, *variant) for variant in variants]
            return ExperimentResult(one(0, described.configs[0]), _Pending(pending))

        yield runner


@asynccontextmanager
async def _async_runner(
    fn: Callable[..., Any], await_variants: bool
) -> AsyncIterator[Callable[..., Awaitable[ExperimentResult[Any]]]]:
    described = _described(fn)
    call = described.call if described.is_async else _awaitable(described.call)
    places = asyncio.Semaphore(_WORKERS)

    async with asyncio.TaskGroup() as group:

        async def runner(*args: Any, **kwargs: Any) -> ExperimentResult[Any]:
            async def one(index: int, config: Any) -> Outcome[Any, Any]:
                async with places:
                    return await attempt_async(lambda c: call(c, *args, **kwargs), config, index=index)

            pending = [group.create_task(one(*variant)) for variant in enumerate(described.configs[1:], 1)]
            main = await attempt_async(lambda c: call(c, *args, **kwargs), described.configs[0], index=0)
            variants = [await task for task in pending] if await_variants else None
            return ExperimentResult(main, _Pending(pending) if variants is None else tuple(variants))

        yield runner


# --- the public face ---------------------------------------------------------------------------------


@final
@attrs.frozen
class Spearmint:
    """Configurations, and a decorator that makes a function an experiment over them.

    `configs` is a sequence of dicts, `Config`s, typed instances and sweeps; `.configs` is their `Sweep`,
    one after the other, and nothing is enumerated. The first configuration is main, the rest are variants.

    >>> from spearmint_fp import Config, DynamicValue
    >>> mint = Spearmint(configs=[{"model": DynamicValue(["a", "b"]), "n": 1}])
    >>> len(mint.configs)
    2
    >>> @mint.experiment()
    ... def generate(config: Config, prompt: str) -> str:
    ...     return f"{config.model}: {prompt}"
    >>> with Spearmint.run(generate, await_variants=True) as runner:
    ...     result = runner("hello")
    >>> result.main_result.result, [variant.result for variant in result.variant_results]
    ('a: hello', ['b: hello'])

    Raises:
        ArgumentError: an item that is not a configuration; names its position and value.

    See also: `expand` and `concat`, which make the sweep.
    """

    configs: Sweep[Any] = attrs.field(converter=_as_configs)

    def experiment(self, configs: Any = None) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """`experiment(configs=self.configs)`, or over configurations of its own."""
        return experiment(self.configs if configs is None else configs)

    @staticmethod
    def run(
        fn: Callable[..., T], *, await_variants: bool = False
    ) -> AbstractContextManager[Callable[..., ExperimentResult[Any]]]:
        """A context manager that yields a runner: `runner(*args) -> ExperimentResult(main_result, variant_results)`.

        With `await_variants` the variants run after main, in order, and are all there when the runner returns. Without,
        they run in a bounded number of threads, with the caller's context variables; each is waited for when it
        is asked for, and the block does not end before they have. A failing variant sinks nothing, and a failing
        main is a `Failure` whose `.result` raises. A coroutine function runs from here too.

        Raises:
            ArgumentError: `fn` is not an experiment; says how to make it one.

        See also: `arun`, from async code.
        """
        return _runner(fn, await_variants)

    @staticmethod
    def arun(
        fn: Callable[..., Any], *, await_variants: bool = False
    ) -> AbstractAsyncContextManager[Callable[..., Awaitable[ExperimentResult[Any]]]]:
        """`run`, for async code: `async with Spearmint.arun(fn) as runner: result = await runner()`.

        Variants run as tasks, a bounded number at a time. Without `await_variants` their outcomes are there at the
        latest when the block has ended. A plain function runs in a thread.

        Raises:
            ArgumentError: `fn` is not an experiment; says how to make it one.

        See also: `run`.
        """
        return _async_runner(fn, await_variants)


def experiment(configs: Any) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """A decorator that makes a function, a method or a coroutine function an experiment over `configs`.

    The configuration goes to the parameters that `inject` finds; callers give the others. A direct call returns main's
    plain result, or raises its error, and runs the variants in the background: in a bounded number of threads (as a
    task, for a coroutine function), with the caller's context variables, and failures are logged under
    the logger "spearmint_fp". The function carries its own description; there is no registry.

    >>> from spearmint_fp import Config
    >>> @experiment(configs=[{"n": 2}])
    ... def double(config: Config, x: int) -> int:
    ...     return config.n * x
    >>> double(21)
    42

    Raises:
        ArgumentError: an item that is not a configuration, or a function given without the parentheses.
        ExperimentError: no configurations; names the empty choice.

    See also: `Spearmint`, `inject`.
    """
    if inspect.isroutine(configs):
        raise ArgumentError("write @mint.experiment() or @experiment(configs=[...]), with the parentheses")
    sweep = _as_configs(configs)

    def decorate(fn: Callable[..., T]) -> Callable[..., T]:
        return _decorated(Experiment(inject(fn), sweep), fn)

    return decorate
