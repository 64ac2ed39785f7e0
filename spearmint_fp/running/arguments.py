"""The arguments that `run` and `arun` share, and how many outcomes there will be."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type
from ..sweep.inputs import check_configs
from ..tasks.wrapping import check_signature, is_count, is_experiment


def check_arguments(fn: Any, configs: Any, function: str) -> Any:
    """The configurations, each looked at when it is reached; or the error that says what a run takes."""
    if not callable(fn):
        raise ArgumentError(f"{function} takes a function and configurations; got {repr_with_type(fn)} as the function")
    if is_experiment(fn):
        raise ArgumentError(
            f"{repr_with_type(fn)} is an experiment, which has configurations of its own. Use Spearmint.run(fn), or "
            f"{function}(inject(fn.__wrapped__), configs)"
        )
    check_signature(fn)
    return check_configs(configs, function)


def check_in_flight(in_flight: Any) -> int | None:
    """How many configurations may be in flight, where the caller says."""
    if in_flight is None or is_count(in_flight):
        count: int | None = in_flight
        return count
    raise ArgumentError(
        f"in_flight is how many configurations may be in flight, above 0; got {repr_with_type(in_flight)}"
    )


def warn_unused(function: str) -> None:
    """Warn where outcomes are thrown away, as Python does of a coroutine that was never awaited."""
    warnings.warn(
        f"{function}(...) was never iterated: nothing ran. Iterate over it, or give it to collect",
        RuntimeWarning,
        stacklevel=3,
    )


def require_count(size: int | None) -> int:
    """How many outcomes a run has, for `len`; else a TypeError, after which `list`, tqdm and toolz do without."""
    if size is None or size > sys.maxsize:
        why = "the configurations were not counted" if size is None else "they are more than len() can say"
        raise ArgumentError(f"no len() of these outcomes: {why}")
    return size
