"""What a decorated function carries, and the cases that a call of it stands for."""

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
from ..configuration.errors import ArgumentError, ExperimentError, repr_with_type, short_repr
from ..outcomes.outcomes import Outcome
from ..sweep.core import Sweep
from ..sweep.expansion import expand
from ..tasks.injection import Injected, inject
from ..tasks.wrapping import Layer, is_async
from ..workers.wire import travels
from .background import LOG, Behind
from .context import current_context
from .discovery import references
from .strategies import BranchStrategy, branches

__all__ = [
    "UNBOUND", "AsyncCase", "Case", "Experiment", "bound_config", "decorated_of", "described", "inside_a_case",
    "planned", "taking_part",
]  # fmt: skip

T = TypeVar("T")
Fn = Callable[..., Any]


@final
@attrs.frozen(eq=False)
class Experiment(Generic[T]):
    """What a decorated function carries: the function, where its configuration goes, the configurations, and how."""

    call: Injected[T]
    configs: Sweep[Any]
    strategy: BranchStrategy
    uses: tuple[Fn, ...] = ()
    on_outcome: Callable[[Outcome[Any, T]], object] | None = None
    behind: Behind = attrs.field(factory=Behind)

    def __attrs_post_init__(self) -> None:
        if not self.configs:
            blank = [short_repr(path) for path, values in self.configs.axes.items() if not len(values)]
            left = f"nothing is left of {self.configs!r}" if self.configs.axes else "configs is empty"
            why = f"the choice at {', '.join(blank)} is empty" if blank else left
            raise ExperimentError(f"{self.name} has no configurations: {why}. Give it at least one alternative")

    @property
    def name(self) -> str:
        return str(getattr(self.call.function, "__qualname__", self.call.function))

    @property
    def is_async(self) -> bool:
        return is_async(self.call)

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what runs behind, which belongs to this process; so may who is told of outcomes."""
        told = self.on_outcome
        return Experiment, (
            self.call,
            self.configs,
            self.strategy,
            self.uses,
            told if travels(told) else Untold(self.name),
        )


@final
@attrs.frozen
class Untold:
    """In another process, who cannot be told of outcomes there; the log says so with each."""

    name: str

    def __call__(self, outcome: Outcome[Any, Any]) -> None:
        LOG.warning(
            "%s: its on_outcome cannot be sent to a worker process, and is not told of variant %s",
            self.name,
            outcome.index,
        )


def described(fn: Fn) -> Experiment[Any]:
    """The description that a decorated function carries; for a method, with its instance bound."""
    found = getattr(fn, "__experiment__", None)
    if not isinstance(found, Experiment):
        raise ArgumentError(f"{repr_with_type(fn)} is not an experiment. Decorate it with @mint.experiment() first")
    if getattr(fn, "__func__", fn) is not getattr(fn, "__decorated__", None):
        raise ArgumentError(
            f"another decorator stands above the experiment of {repr_with_type(fn)}; put it below @experiment"
        )
    instance = getattr(fn, "__self__", None)
    if instance is None:
        return found
    return attrs.evolve(found, call=inject(functools.partial(found.call.function, instance)))


def decorated_of(fn: Any) -> Fn | None:
    """The decorated function that an object is, is a method of, or wraps; None for anything else."""
    fields = getattr(getattr(fn, "__func__", fn), "__dict__", None)
    return cast(Fn, fields.get("__decorated__")) if isinstance(fields, Mapping) else None


# --- experiments inside experiments --------------------------------------------------------------------


def taking_part(fn: Fn, args: tuple[Any, ...] = ()) -> tuple[Fn, ...]:
    """A decorated function, and those that it calls, in the order in which they are first met, each once.

    A method that is called as a function has its instance as the first of its arguments.
    """
    found: dict[Fn, None] = {}
    waiting: list[Any] = [MethodType(fn, args[0]) if args and _takes_first(fn) else fn]
    while waiting:
        one = waiting.pop()
        plain = decorated_of(one)
        if plain is not None and plain not in found:
            found[plain] = None
            about = described(one if getattr(one, "__func__", one) is plain else plain)
            inner = (*about.uses, *references(about.call.function))
            waiting += [other for other in reversed(inner) if decorated_of(other) is not None]
    return tuple(found)


def _takes_first(fn: Fn) -> bool:
    """Whether the first argument of a call is the function's own first parameter, and no configuration."""
    if not isinstance(fn, FunctionType):
        return False
    call = described(fn).call
    names = [name for name, _ in call.positional]
    return bool(names) and names[0] not in {parameter.name for parameter in call.parameters}


def planned(fns: tuple[Fn, ...]) -> Sweep[Any]:
    """The cases of a call, main first: what each experiment's strategy chooses, multiplied, the outermost slowest."""
    context = current_context()
    parts = [branches(about.strategy, about.configs, context) for about in map(described, fns)]
    return parts[0] if len(parts) == 1 else expand(tuple(parts))


_BOUND: Final[ContextVar[Mapping[Fn, Any]]] = ContextVar("spearmint_fp_bound", default=MappingProxyType({}))
"""The configuration that each experiment has in the case that is being run."""


@final
@attrs.frozen(eq=False)
class Case(Layer, Generic[T]):
    """A call of a decorated function, still without its case: `Case(...)(case)` runs it, `apart` in its own context.

    It can go to another process: what it refers to is found there by name.
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
        return described(self.fn).call

    @property
    def arguments(self) -> tuple[Any, ...]:
        """What the function is called with besides the configuration."""
        return (list(self.args), dict(self.kwargs)) if self.args or self.kwargs else ()

    def __call__(self, case: Any) -> T:
        return copy_context().run(self.here, case) if self.apart else self.here(case)

    def here(self, case: Any) -> T:
        """Run a case in the context of the caller."""
        with self.bound(case) as config:
            return cast(T, self.function(config, *self.args, **self.kwargs))

    async def awaited(self, case: Any) -> T:
        """Run a case of a coroutine function."""
        with self.bound(case) as config:
            return cast(T, await self.function(config, *self.args, **self.kwargs))

    @contextmanager
    def bound(self, case: Any) -> Iterator[Any]:
        """Each experiment has its configuration of the case; yields the outermost one's."""
        configs = self.split(case)
        token = _BOUND.set(MappingProxyType({**_BOUND.get(), **dict(zip(self.fns, configs, strict=True))}))
        try:
            yield configs[0]
        finally:
            _BOUND.reset(token)

    @property
    def rest(self) -> Case[T]:
        """The same call for the cases after main."""
        return attrs.evolve(self, first=1)

    def split(self, case: Any) -> tuple[Any, ...]:
        return (case,) if len(self.fns) == 1 else tuple(case)

    def told(self, outcome: Outcome[Any, T]) -> Outcome[Any, T]:
        """The outcome of a case as that of the outermost experiment's configuration, with those of all."""
        configs = self.split(outcome.config)
        every = Config(dict(zip(self.fns, configs, strict=True)))
        return attrs.evolve(outcome, config=configs[0], configs=every, index=outcome.index + self.first)


@final
@attrs.frozen(eq=False)
class AsyncCase(Layer, Generic[T]):
    """A `Case` of a coroutine function, as a coroutine function."""

    case: Case[T]

    @property
    def function(self) -> Fn:
        return self.case.function

    @property
    def arguments(self) -> tuple[Any, ...]:
        return self.case.arguments

    @property
    def first(self) -> int:
        return self.case.first

    async def __call__(self, case: Any) -> T:
        return await self.case.awaited(case)


def bound_config(fn: Fn) -> Any:
    """The configuration that an experiment has in the case that is being run; `UNBOUND` outside of any."""
    return _BOUND.get().get(fn, UNBOUND)


def inside_a_case() -> bool:
    """Whether this is called by what a case runs."""
    return bool(_BOUND.get())


class _Unbound(Enum):
    """A value that is found by its name wherever it is copied to, and so is the same object."""

    UNBOUND = 0


UNBOUND: Final = _Unbound.UNBOUND
