"""Decorated functions: a direct call gives main's plain result, and runs the variants in the background."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any, Final, TypeVar, cast

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type
from ..outcomes.outcomes import Failure, Outcome
from ..running.arun import arun
from ..running.run import run
from ..sweep.combine import unit
from ..sweep.core import Sweep
from ..tasks.injection import Injected, inject
from .background import LOG, MOST_WAITING
from .cases import UNBOUND, Case, Experiment, find_bound_config, find_decorated, make_case
from .discovery import list_references
from .strategies import BranchStrategy

T = TypeVar("T")


def make_decorator(
    sweep: Sweep[Any],
    strategy: BranchStrategy,
    uses: tuple[Any, ...],
    on_outcome: Callable[[Outcome[Any, Any]], object] | None,
) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """The decorator that `experiment` returns."""
    for fn in uses:
        if find_decorated(fn) is None:
            raise ArgumentError(
                f"uses lists experiments, functions with @experiment above them; got {repr_with_type(fn)}"
            )
    if on_outcome is not None and not callable(on_outcome):
        raise ArgumentError(f"on_outcome is a function that takes an outcome; got {repr_with_type(on_outcome)}")

    def decorate(fn: Callable[..., T]) -> Callable[..., T]:
        if isinstance(fn, classmethod | staticmethod):
            return cast(Callable[..., T], type(fn)(decorate(fn.__func__)))
        if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
            raise ArgumentError(
                f"{repr_with_type(fn)} is a generator function, which runs nothing when called; return a list"
            )
        call = inject(fn)
        own = sweep if call.parameters else _plan_pipeline(call, sweep, uses)
        return _wrap_function(Experiment(call, own, strategy, uses, on_outcome), fn)

    return decorate


def _plan_pipeline(call: Injected[Any], sweep: Sweep[Any], uses: Sequence[Callable[..., Any]]) -> Sweep[Any]:
    """`unit`, for a function that takes no configuration; an error where that seems to be a mistake."""
    if not sweep:
        return sweep if sweep.axes else unit
    parameters = call.signature.parameters.items()
    unread = [name for name, p in parameters if p.annotation is p.empty and name not in ("self", "cls")]
    if unread or not (uses or any(find_decorated(one) is not None for one in list_references(call.function))):
        raise ArgumentError(
            f"{repr_with_type(call.function)} takes no configuration. Annotate a parameter as Config (config: Config), "
            f"an attrs class, a dataclass, a TypedDict, a pydantic model or a msgspec struct, or with "
            f"Annotated[T, Bind('path')]. A pipeline, which calls experiments and takes none itself, is decorated with "
            f"@experiment()"
        )
    return unit


def _wrap_function(experiment: Experiment[Any], fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function as its callers see it: without the injected parameters, main's plain result, variants behind it.

    Inside a case of an experiment that calls it, it is the plain function with its configuration of that case.
    """

    @functools.wraps(fn)
    def direct(*args: Any, **kwargs: Any) -> Any:
        return _call_directly(wrapper, experiment, args, kwargs)

    @functools.wraps(fn)
    async def direct_async(*args: Any, **kwargs: Any) -> Any:
        return await _await_directly(wrapper, experiment, args, kwargs)

    wrapper: Any = direct_async if experiment.is_async else direct
    wrapper.__experiment__ = experiment
    wrapper.__decorated__ = wrapper
    wrapper.__signature__ = experiment.call.signature
    return cast(Callable[..., Any], wrapper)


# Where the function of a script goes to another process, `direct` is copied by value, together with the globals that it
# names: all else stands in functions that are found by name there, so that what they compare by identity is one object.


def _call_directly(
    fn: Callable[..., Any], experiment: Experiment[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    config = find_bound_config(fn)
    if config is not UNBOUND:
        return experiment.call(config, *args, **kwargs)
    case, cases = make_case(fn, args, kwargs)
    if _has_variants_to_run(experiment, cases):
        started = experiment.background.cancellations
        work = functools.partial(_run_variants, experiment, case.for_variants(), cases[1:], started)
        experiment.background.start_thread(experiment.name, work)
    return case.call_here(cases[0])


async def _await_directly(
    fn: Callable[..., Any], experiment: Experiment[Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Any:
    config = find_bound_config(fn)
    if config is not UNBOUND:
        return await experiment.call(config, *args, **kwargs)
    case, cases = make_case(fn, args, kwargs)
    if _has_variants_to_run(experiment, cases):
        started = experiment.background.cancellations
        experiment.background.start_task(_await_variants(experiment, case.for_variants(), cases[1:], started))
    return await case(cases[0])


def _has_variants_to_run(experiment: Experiment[Any], cases: Sweep[Any]) -> bool:
    """True if there are variants and room for them; where there is no room, the log says so."""
    if cases.size > 1 and experiment.background.is_full:
        LOG.warning(
            "%s: the variants of this call do not run, %d calls are waiting already", experiment.name, MOST_WAITING
        )
        return False
    return cases.size > 1


def _run_variants(experiment: Experiment[Any], case: Case[Any], cases: Sweep[Any], started: int) -> None:
    """Run every variant of a direct call, one after the other, each in a copy of the caller's context."""
    with closing(run(case, cases)) as outcomes:
        left = cases.size
        try:
            while experiment.background.cancellations == started and (outcome := next(outcomes, None)) is not None:
                left -= 1
                _report_outcome(experiment, case.complete_outcome(outcome))
        except BaseException:
            LOG.exception(_CUT_OFF, experiment.name, "stopped", case.split_configs(cases[-left])[0])
            raise
    if left:
        LOG.warning(_CUT_OFF, experiment.name, "cancelled", case.split_configs(cases[-left])[0])


async def _await_variants(experiment: Experiment[Any], case: Case[Any], cases: Sweep[Any], started: int) -> None:
    """Run every variant of a direct await, one after the other."""
    background, left = experiment.background, cases.size
    try:
        async with background.get_slots(), aclosing(arun(case, cases, limit=1)) as outcomes:
            while background.cancellations == started and (outcome := await anext(outcomes, None)) is not None:
                left -= 1
                _report_outcome(experiment, case.complete_outcome(outcome))
    finally:
        if left:
            LOG.warning(_CUT_OFF, experiment.name, "cancelled", case.split_configs(cases[-left])[0])


_CUT_OFF: Final = "%s: %s at variant %s; it and those after it have no outcome"


def _report_outcome(experiment: Experiment[Any], outcome: Outcome[Any, Any]) -> None:
    """Log a failed variant, and call `on_outcome`."""
    if isinstance(outcome, Failure):
        error, configs = outcome.error, outcome.config
        if len(outcome.configs) > 1:
            configs = ", ".join(f"{fn.__qualname__}: {config}" for fn, config in outcome.configs.items())
        LOG.error(
            "%s: variant %s failed: %s: %s\n%s", experiment.name, configs, error.type, error.message, error.traceback
        )
    if experiment.on_outcome is not None:
        try:
            experiment.on_outcome(outcome)
        except Exception:  # the next variant runs all the same
            LOG.exception("%s: on_outcome failed for variant %s", experiment.name, outcome.config)
