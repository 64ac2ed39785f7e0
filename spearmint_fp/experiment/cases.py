"""Experiments as decorated functions carry them, and the cases that a call of one stands for."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from enum import Enum
from types import FunctionType, MappingProxyType, MethodType
from typing import Any, Final, Generic, TypeVar, cast, final

import attrs

from ..configuration.config import Config
from ..configuration.errors import ArgumentError, ExperimentError
from ..configuration.messages import repr_with_type
from ..outcomes.outcomes import Outcome
from ..sweep.core import Sweep
from ..sweep.describe import explain_emptiness
from ..sweep.expansion import expand
from ..tasks.injection import Injected, inject
from ..tasks.wrapping import Layer, is_async
from ..workers.pickling import can_travel
from .background import LOG, Background
from .context import get_context
from .discovery import list_references
from .strategies import BranchStrategy, choose_branches

T = TypeVar("T")
Fn = Callable[..., Any]


@final
@attrs.frozen(eq=False)
class Experiment(Generic[T]):
    """The function, where its configuration goes, the configurations, and how they are run."""

    call: Injected[T]
    configs: Sweep[Any]
    strategy: BranchStrategy
    uses: tuple[Fn, ...] = ()
    on_outcome: Callable[[Outcome[Any, T]], object] | None = None
    background: Background = attrs.field(factory=Background)

    def __attrs_post_init__(self) -> None:
        if not self.configs:
            why = explain_emptiness(self.configs) if self.configs.axes else "configs is empty"
            raise ExperimentError(f"{self.name} has no configurations: {why}. Give it at least one alternative")

    @property
    def name(self) -> str:
        return str(getattr(self.call.function, "__qualname__", self.call.function))

    @property
    def is_async(self) -> bool:
        return is_async(self.call)

    def __reduce__(self) -> tuple[Any, ...]:
        """Leaves out the background, which belongs to this process, and an `on_outcome` that cannot be pickled."""
        callback = self.on_outcome if can_travel(self.on_outcome) else UnsentCallback(self.name)
        return Experiment, (self.call, self.configs, self.strategy, self.uses, callback)


@final
@attrs.frozen
class UnsentCallback:
    """Stands for an `on_outcome` that could not be sent to this process; the log says so with each outcome."""

    name: str

    def __call__(self, outcome: Outcome[Any, Any]) -> None:
        LOG.warning(
            "%s: its on_outcome cannot be sent to a worker process, and is not told of variant %s",
            self.name,
            outcome.index,
        )


def get_experiment(fn: Fn) -> Experiment[Any]:
    """The description that a decorated function carries; for a method, with its instance bound."""
    experiment = getattr(fn, "__experiment__", None)
    if not isinstance(experiment, Experiment):
        raise ArgumentError(f"{repr_with_type(fn)} is not an experiment. Decorate it with @mint.experiment() first")
    if getattr(fn, "__func__", fn) is not getattr(fn, "__decorated__", None):
        raise ArgumentError(
            f"another decorator stands above the experiment of {repr_with_type(fn)}; put it below @experiment"
        )
    instance = getattr(fn, "__self__", None)
    if instance is None:
        return experiment
    return attrs.evolve(experiment, call=inject(functools.partial(experiment.call.function, instance)))


def find_decorated(fn: Any) -> Fn | None:
    """The decorated function that an object is, is a method of, or wraps; None for anything else."""
    fields = getattr(getattr(fn, "__func__", fn), "__dict__", None)
    return cast(Fn, fields.get("__decorated__")) if isinstance(fields, Mapping) else None


# --- experiments inside experiments --------------------------------------------------------------------


def list_participants(fn: Fn, args: tuple[Any, ...] = ()) -> tuple[Fn, ...]:
    """A decorated function, and those that it calls, in the order in which they are first met, each once."""
    participants: dict[Fn, None] = {}
    # a method that is called as a function has its instance as the first of its arguments
    waiting: list[Any] = [MethodType(fn, args[0]) if args and _takes_instance(fn) else fn]
    while waiting:
        one = waiting.pop()
        plain = find_decorated(one)
        if plain is not None and plain not in participants:
            participants[plain] = None
            experiment = get_experiment(one if getattr(one, "__func__", one) is plain else plain)
            inner = (*experiment.uses, *list_references(experiment.call.function))
            waiting += [other for other in reversed(inner) if find_decorated(other) is not None]
    return tuple(participants)


def _takes_instance(fn: Fn) -> bool:
    """True if the first argument of a call goes to the function's own first parameter, and that is no configuration."""
    if not isinstance(fn, FunctionType):
        return False
    call = get_experiment(fn).call
    names = [name for name, _ in call.positional]
    return bool(names) and names[0] not in {parameter.name for parameter in call.parameters}


def _plan_cases(fns: tuple[Fn, ...]) -> Sweep[Any]:
    """The cases of a call, main first: what each experiment's strategy chooses, multiplied, the outermost slowest."""
    context = get_context()
    parts = [choose_branches(one.strategy, one.configs, context) for one in map(get_experiment, fns)]
    return parts[0] if len(parts) == 1 else expand(tuple(parts))


_BOUND: Final[ContextVar[Mapping[Fn, Any]]] = ContextVar("spearmint_fp_bound", default=MappingProxyType({}))
"""The configuration that each experiment has in the case that is being run."""


@attrs.frozen(eq=False)
class Case(Layer, Generic[T]):
    """A call of a decorated function, still without its configurations: `Case(...)(configs)` runs it.

    With `apart` it runs in a copy of the caller's context. It can go to another process: what it refers to is found
    there by name.
    """

    fn: Fn
    fns: tuple[Fn, ...]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    apart: bool = True
    first: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.fn, self.fns, self.args, self.kwargs, self.apart, self.first)

    @functools.cached_property
    def function(self) -> Fn:
        """The plain function, which takes the configuration of the outermost experiment."""
        return get_experiment(self.fn).call

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the call besides the configuration."""
        return (list(self.args), dict(self.kwargs)) if self.args or self.kwargs else ()

    def __call__(self, case: Any) -> Any:
        return copy_context().run(self.call_here, case) if self.apart else self.call_here(case)

    def call_here(self, case: Any) -> T:
        """Run a case in the context of the caller."""
        with self._bind(case) as config:
            return cast(T, self.function(config, *self.args, **self.kwargs))

    @contextmanager
    def _bind(self, case: Any) -> Iterator[Any]:
        """Set the configuration of each experiment for the block, and yield that of the outermost one."""
        configs = self.split_configs(case)
        token = _BOUND.set(MappingProxyType({**_BOUND.get(), **dict(zip(self.fns, configs, strict=True))}))
        try:
            yield configs[0]
        finally:
            _BOUND.reset(token)

    def for_variants(self) -> Case[T]:
        """The same call for the cases after main."""
        return attrs.evolve(self, first=1)

    def split_configs(self, case: Any) -> tuple[Any, ...]:
        """The configuration that each experiment has in a case."""
        return (case,) if len(self.fns) == 1 else tuple(case)

    def complete_outcome(self, outcome: Outcome[Any, T]) -> Outcome[Any, T]:
        """The outcome of a case as that of the outermost experiment's configuration, with those of all."""
        configs = self.split_configs(outcome.config)
        every = Config(dict(zip(self.fns, configs, strict=True)))
        return attrs.evolve(outcome, config=configs[0], configs=every, index=outcome.index + self.first)


@final
@attrs.frozen(eq=False)
class AsyncCase(Case[T]):
    """A call of a decorated coroutine function, as a coroutine function: it runs in the context of its task."""

    async def __call__(self, case: Any) -> T:
        with self._bind(case) as config:
            return cast(T, await self.function(config, *self.args, **self.kwargs))


def make_case(fn: Callable[..., T], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[Case[T], Sweep[Any]]:
    """A call of a decorated function, and its cases, main first."""
    fns = list_participants(fn, args)
    kind = AsyncCase if get_experiment(fn).is_async else Case
    return kind(fn, fns, args, kwargs), _plan_cases(fns)


def find_bound_config(fn: Fn) -> Any:
    """The configuration that an experiment has in the case that is being run; `UNBOUND` outside of any."""
    return _BOUND.get().get(fn, UNBOUND)


def is_inside_case() -> bool:
    """True if the caller is part of a case that is being run."""
    return bool(_BOUND.get())


class _Unbound(Enum):
    """The class of `UNBOUND`: a member of an enum is pickled by its name, so that each process has one such object."""

    UNBOUND = 0


UNBOUND: Final = _Unbound.UNBOUND
