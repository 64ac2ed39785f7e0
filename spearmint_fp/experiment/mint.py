"""`Spearmint` holds a sweep, decorates functions, and runs them on a main configuration and its variants."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from itertools import islice
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, final

import attrs

from ..configuration.errors import ArgumentError, SizeError, SpearmintError, said
from ..configuration.tree import DynamicValue, holds_records
from .result import ExperimentResult

if TYPE_CHECKING:  # sweeps, threads and tasks are loaded when something is defined or runs: importing stays cheap
    from ..sweep.core import Sweep

__all__ = ["Spearmint", "experiment"]

T = TypeVar("T")

MOST_ITEMS: Final = 1_000_000
"""How many items `configs` may list; a sweep among them may hold any number."""


def _as_configs(configs: Any) -> Sweep[Any]:
    """The sweep of everything that `configs` names, one item after the other."""
    from ..sweep.combine import concat
    from ..sweep.core import Sweep

    if isinstance(configs, Sweep):
        return configs
    if isinstance(configs, str | bytes | Mapping) or not isinstance(configs, Iterable):
        raise ArgumentError(
            f"configs is a sequence of dicts, typed instances, sweeps or paths; got {said(configs)}. Use configs=[...]"
        )
    items = list(islice(configs, MOST_ITEMS + 1))
    if len(items) > MOST_ITEMS:
        raise SizeError(f"configs has more than {MOST_ITEMS} items; make a sweep of them with DynamicValue or expand")
    return concat(*(_as_sweep(position, item) for position, item in enumerate(items)))


def _as_sweep(position: int, item: Any) -> Sweep[Any]:
    from ..sweep.combine import concat
    from ..sweep.core import Sweep, expand

    from_file = isinstance(item, str | PathLike)
    if not isinstance(item, Sweep) and not from_file and not _is_config(item):
        raise ArgumentError(
            f"configs[{position}] is {said(item)}; a configuration is a dict, a Config, a sweep, the path of a file or "
            f"a folder, or an instance of an attrs class, a dataclass, a pydantic model or a msgspec struct"
        )
    try:
        return concat(*map(expand, _loaded(item) if from_file else (item,)))
    except SpearmintError as error:
        raise type(error)(f"configs[{position}]: {error}") from error


def _loaded(path: Any) -> tuple[Any, ...]:
    from ..configuration.files import load

    return load(path)


def _is_config(item: Any) -> bool:
    """Whether an item is a configuration, or a choice among such."""
    from ..configuration.convert import is_structured

    if isinstance(item, DynamicValue):
        return all(map(_is_config, item.values[:MOST_ITEMS]))
    return holds_records(item) or is_structured(type(item))


@final
@attrs.frozen
class Spearmint:
    """Configurations, and a decorator that makes a function an experiment over them.

    `configs` is a sequence of dicts, `Config`s, typed instances, sweeps, and paths of files or folders that
    `load` reads; `.configs` is their `Sweep`, one after the other, and nothing is enumerated. The first
    configuration is main, the rest are variants.

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
        FileError, FormatError: a path that cannot be read; names the file, the line and the column.

    See also: `load`; `expand` and `concat`, which make the sweep.
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
        from .runners import runner

        return runner(fn, await_variants)

    @staticmethod
    def arun(
        fn: Callable[..., Any], *, await_variants: bool = False
    ) -> AbstractAsyncContextManager[Callable[..., Awaitable[ExperimentResult[Any]]]]:
        """`run`, for async code: `async with Spearmint.arun(fn) as runner: result = await runner()`.

        Variants run as tasks, a bounded number at a time. Without `await_variants` their outcomes are there at the
        latest when the block has ended; asking for one earlier is an error. A plain function runs in a thread.

        Raises:
            ArgumentError: `fn` is not an experiment; says how to make it one.

        See also: `run`.
        """
        from .runners import async_runner

        return async_runner(fn, await_variants)


def experiment(configs: Any) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """A decorator that makes a function, a method or a coroutine function an experiment over `configs`.

    The configuration goes to the parameters that `inject` finds; callers give the others. A direct call returns main's
    plain result, or raises its error, and runs the variants in the background: in a bounded number of threads (as a
    task, for a coroutine function), with the caller's context variables, and failures are logged under
    the logger "spearmint_fp". The program does not end before they have: over a large sweep call a `sample`, or use
    `Spearmint.run`. The function carries its own description; there is no registry.

    >>> from spearmint_fp import Config
    >>> @experiment(configs=[{"n": 2}])
    ... def double(config: Config, x: int) -> int:
    ...     return config.n * x
    >>> double(21)
    42

    Raises:
        ArgumentError: an item that is not a configuration, a function given without the parentheses, or one that
            takes no configuration.
        ExperimentError: no configurations; names the empty choice.

    See also: `Spearmint`, `inject`.
    """
    if inspect.isroutine(configs):
        raise ArgumentError("write @mint.experiment() or @experiment(configs=[...]), with the parentheses")
    sweep = _as_configs(configs)
    from ..running.injection import inject
    from .runners import Experiment, decorated

    def decorate(fn: Callable[..., T]) -> Callable[..., T]:
        if isinstance(fn, classmethod | staticmethod):
            return cast(Callable[..., T], type(fn)(decorate(fn.__func__)))
        if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
            raise ArgumentError(f"{said(fn)} is a generator function, which runs nothing when called; return a list")
        call = inject(fn)
        if not call.parameters:
            raise ArgumentError(
                f"{said(fn)} takes no configuration. Annotate a parameter as Config (config: Config), an attrs class, "
                f"a dataclass, a TypedDict, a pydantic model or a msgspec struct, or with Annotated[T, Bind('path')]"
            )
        return decorated(Experiment(call, sweep), fn)

    return decorate
