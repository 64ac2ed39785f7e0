"""The arguments that `run` and `arun` share, and how many outcomes there will be."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ..configuration.choices import require_expanded
from ..configuration.errors import ArgumentError
from ..configuration.fold import Choice
from ..configuration.messages import repr_with_type
from ..configuration.tables import is_keyed
from ..sweep.core import Sweep
from ..tasks.wrapping import check_signature, is_count, is_experiment, name_callable
from ..workers.sources import check_expanded


def check_arguments(fn: Any, configs: Any, function: str) -> Any:
    """The configurations, each looked at when it is reached; or the error that says what a run takes."""
    if not callable(fn):
        raise ArgumentError(f"{function} takes a function and configurations; got {repr_with_type(fn)} as the function")
    if is_experiment(fn):
        raise ArgumentError(
            f"{repr_with_type(fn)} is an experiment, which has configurations of its own. Use Spearmint.run(fn), or "
            f"{function}(inject(fn.__wrapped__), configs)"
        )
    check_signature(fn, name_callable(fn))
    if is_keyed(configs) and not isinstance(configs, Mapping | Choice):
        raise ArgumentError(
            f"{function} takes an iterable of configurations; got {repr_with_type(configs)}. For the rows of a "
            f"table use expand(DynamicValue(table))"
        )
    if isinstance(configs, str | bytes | Mapping) or (isinstance(configs, Choice) and not isinstance(configs, Sweep)):
        raise ArgumentError(
            f"{function} takes an iterable of configurations; got {repr_with_type(configs)}. Use expand(tree)"
        )
    if isinstance(configs, list | tuple) and configs:
        require_expanded(configs[0])  # the common mistake, run(fn, [tree]), is an error at once
    return check_expanded(configs)


def check_in_flight(in_flight: Any) -> int | None:
    """How many configurations may be in flight, where the caller says."""
    if in_flight is None or is_count(in_flight):
        count: int | None = in_flight
        return count
    raise ArgumentError(
        f"in_flight is how many configurations may be in flight, above 0; got {repr_with_type(in_flight)}"
    )


def require_count(size: int | None) -> int:
    """How many outcomes a run has, for `len`; else a TypeError, after which `list`, tqdm and toolz do without."""
    if size is None or size > sys.maxsize:
        why = "the configurations were not counted" if size is None else "they are more than len() can say"
        raise ArgumentError(f"no len() of these outcomes: {why}")
    return size
