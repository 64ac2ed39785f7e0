"""`Spearmint` holds a sweep, decorates functions, and runs them on a main configuration and its variants."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from inspect import isroutine
from itertools import islice
from os import PathLike
from typing import TYPE_CHECKING, Any, Final, TypeVar, final

import attrs

from ..configuration.calls import explain_calls
from ..configuration.choices import holds_records
from ..configuration.errors import ArgumentError, SizeError, SpearmintError
from ..configuration.messages import repr_with_type
from ..conversion.late import fields
from ..outcomes.outcomes import Outcome
from ..sweep.combine import concat
from ..sweep.core import Sweep
from ..sweep.expansion import expand
from ..sweep.files import load
from .result import ExperimentResult
from .strategies import BranchStrategy, require_strategy, shadow

if TYPE_CHECKING:  # it needs SQLite
    from ..journal.journal import Journal

T = TypeVar("T")

MOST_ITEMS: Final = 1_000_000
"""How many items `configs` may list; a sweep among them may hold any number."""


def _read_configs(configs: Any) -> Sweep[Any]:
    """The sweep of all that `configs` names, one item after the other."""
    if isinstance(configs, Sweep):
        return configs
    scalar = getattr(configs, "shape", None) == ()  # an array without dimensions has `__iter__`, and refuses it
    if isinstance(configs, str | bytes | Mapping) or not isinstance(configs, Iterable) or scalar:
        raise ArgumentError(
            f"configs is a sequence of dicts, typed instances, sweeps or paths; got {repr_with_type(configs)}. "
            f"Use configs=[...]"
        )
    items = list(islice(configs, MOST_ITEMS + 1))
    if len(items) > MOST_ITEMS:
        raise SizeError(f"configs has more than {MOST_ITEMS} items; make a sweep of them with DynamicValue or expand")
    return concat(*(_read_item(position, item) for position, item in enumerate(items)))


def _read_item(position: int, item: Any) -> Sweep[Any]:
    try:
        if isinstance(item, str | PathLike):
            return expand(load(item))
        if isinstance(item, Sweep) or holds_records(item) or holds_records(item, _is_instance):
            return expand(item)
    except SpearmintError as error:
        raise type(error)(f"configs[{position}]: {error}") from error
    raise ArgumentError(
        f"configs[{position}] is {repr_with_type(item)}; a configuration is a dict, a Config, a sweep, the path of a "
        f"file or a folder, or an instance of an attrs class, a dataclass, a pydantic model or a msgspec struct"
    )


def _is_instance(leaf: Any) -> bool:
    """True for a leaf that is an instance of a class with fields, such as a pydantic model."""
    return fields.is_structured(type(leaf))


@explain_calls
@final
@attrs.frozen
class Spearmint:
    """Configurations, and a decorator that makes a function an experiment over them.

    `configs` is a sequence of dicts, `Config`s, typed instances, sweeps, and paths of files or folders that
    `load` reads; `.configs` is their `Sweep`, one after the other, and nothing is enumerated. By default the first
    configuration is main and the rest are variants; `branch_strategy` chooses otherwise. Without configurations it
    decorates pipelines: functions that take none, and call experiments that do.

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

    configs: Sweep[Any] = attrs.field(default=(), converter=_read_configs)
    branch_strategy: BranchStrategy | None = attrs.field(default=None, converter=require_strategy)

    def experiment(
        self,
        configs: Any = None,
        branch_strategy: BranchStrategy | None = None,
        uses: Sequence[Callable[..., Any]] = (),
        *,
        on_outcome: Callable[[Outcome[Any, Any]], object] | None = None,
    ) -> Callable[[Callable[..., T]], Callable[..., T]]:
        """`experiment(self.configs, self.branch_strategy)`, or with what is given here instead."""
        return experiment(
            self.configs if configs is None else configs,
            self.branch_strategy if branch_strategy is None else branch_strategy,
            uses,
            on_outcome=on_outcome,
        )

    @staticmethod
    def run(
        fn: Callable[..., T], await_variants: bool = False, executor: Any = None, *, journal: Journal | None = None
    ) -> AbstractContextManager[Callable[..., ExperimentResult[Any]]]:
        """A context manager that yields a runner: `runner(*args) -> ExperimentResult(main_result, variant_results)`.

        With `await_variants` the variants run after main, in order, and are all there when the runner returns. Without,
        they run in a bounded number of threads, with the caller's context variables; each is waited for when it
        is asked for, and the block does not end before they have. A failing variant sinks nothing, and a failing
        main is a `Failure` whose `.result` raises. A coroutine function runs from here too. With an `executor` (see
        `spearmint_fp.run`) main and the variants run there. With a `journal` what it has for the same
        configuration and the same arguments is replayed, and each outcome is kept.

        Experiments that `fn` calls take part: every combination of their configurations is a case of its own, those of
        `fn` slowest, and an outcome's `configs` tells them all.

        Raises:
            ArgumentError: `fn` is not an experiment; says how to make it one.
            ExperimentError: from the runner, a strategy that does not give what it should.

        See also: `arun`, from async code.
        """
        from .runners import open_runner

        return open_runner(fn, await_variants, executor, journal)

    @staticmethod
    def arun(
        fn: Callable[..., Any], await_variants: bool = False, *, journal: Journal | None = None
    ) -> AbstractAsyncContextManager[Callable[..., Awaitable[ExperimentResult[Any]]]]:
        """`run`, for async code: `async with Spearmint.arun(fn) as runner: result = await runner()`.

        Variants run as tasks, a bounded number at a time. Without `await_variants` their outcomes are there at the
        latest when the block has ended; asking for one earlier is an error. A plain function runs in a thread.

        Raises:
            ArgumentError: `fn` is not an experiment; says how to make it one.

        See also: `run`.
        """
        from .runners import open_async_runner

        return open_async_runner(fn, await_variants, journal)

    @staticmethod
    def join(fn: Callable[..., Any], timeout: float | None = None, *, cancel: bool = False) -> bool:
        """Wait for the variants of `fn`'s direct calls; whether they have all ended within `timeout` seconds.

        With `cancel` those that have not begun never will, which the log tells of. Their outcomes are given to
        `on_outcome`, where the experiment was made with one.

        >>> from spearmint_fp import Config, DynamicValue
        >>> seen = []
        >>> @experiment(configs=[{"n": DynamicValue([1, 2, 3])}], on_outcome=lambda outcome: seen.append(outcome.index))
        ... def tenfold(config: Config) -> int:
        ...     return config.n * 10
        >>> tenfold(), Spearmint.join(tenfold), seen
        (10, True, [1, 2])

        Raises:
            ArgumentError: `fn` is not an experiment, or `timeout` is no number of seconds that can be waited for.

        See also: `ajoin`, from async code.
        """
        from .cases import get_experiment

        return get_experiment(fn).background.wait(timeout, cancel)

    @staticmethod
    async def ajoin(fn: Callable[..., Any], *, cancel: bool = False) -> None:
        """Wait for the variants of `fn`'s direct calls that run in this event loop, and for those in threads.

        Raises:
            ArgumentError: `fn` is not an experiment.

        See also: `join`; `asyncio.timeout`, to wait no longer than so many seconds.
        """
        from .cases import get_experiment

        await get_experiment(fn).background.wait_async(cancel)


def experiment(
    configs: Any = (),
    branch_strategy: BranchStrategy | None = None,
    uses: Sequence[Callable[..., Any]] = (),
    *,
    on_outcome: Callable[[Outcome[Any, Any]], object] | None = None,
) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """A decorator that makes a function, a method or a coroutine function an experiment over `configs`.

    The configuration goes to the parameters that `inject` finds; callers give the others. A direct call returns main's
    plain result, or raises its error, and runs the variants in the background, some perhaps before it: in a bounded
    number of threads (tasks, for a coroutine function), with the caller's context variables. Failures are logged under
    the logger "spearmint_fp", each variant's outcome is given to `on_outcome` in the thread that ran it, and
    `Spearmint.join` waits for them. The program does not end before they have: over a large sweep call a `sample`, take
    the strategy `single`, or use `Spearmint.run`. The function carries its own description; there is no registry.

    `branch_strategy(configs, context) -> (main, variants)` chooses; `shadow`, the default, takes the first as main and
    all others as variants. Calling an experiment inside another one multiplies their configurations: which ones take
    part is read from the function's code, and resolved to the objects that it refers to; what cannot be seen
    there (an experiment that is called by a helper, or looked up at run time) is declared in `uses`. A function that
    takes no configuration is an experiment over `unit`: its cases are those of the experiments that it calls.

    >>> from spearmint_fp import Config
    >>> @experiment(configs=[{"n": 2}])
    ... def double(config: Config, x: int) -> int:
    ...     return config.n * x
    >>> double(21)
    42
    >>> @experiment()
    ... def pipeline(x: int) -> str:
    ...     return f"{double(x)}!"
    >>> pipeline(4)
    '8!'

    Raises:
        ArgumentError: an item that is not a configuration, a function given without the parentheses, one that is given
            configurations, takes none, and calls no experiment, or an option of the wrong kind.
        ExperimentError: no configurations; names the empty choice.

    See also: `Spearmint`, `inject`, `runtime_context`.
    """
    from .decorating import make_decorator

    if isroutine(configs):
        raise ArgumentError("write @mint.experiment() or @experiment(configs=[...]), with the parentheses")
    sweep, strategy = _read_configs(configs), require_strategy(branch_strategy) or shadow
    return make_decorator(sweep, strategy, tuple(uses) if isinstance(uses, list | tuple) else (uses,), on_outcome)
