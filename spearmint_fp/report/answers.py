"""The answers that the page shows above its outcomes: the effect of each axis, and how its alternatives differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from ..configuration.errors import MissingExtraError
from ..configuration.keys import exact_key
from ..configuration.scalars import unbox_scalar
from ..outcomes.cells import as_float, is_number
from ..outcomes.rows import Column
from .charts import sort_levels
from .estimates import Estimate
from .statistics import group_estimates, key_rests, pair_estimates

MOST_LEVELS: Final = 30
"""How many values an axis has at most for its effect to be shown."""

MOST_ALTERNATIVES: Final = 6
"""How many values an axis has at most for them to be compared, each with each."""


def describe_answers(columns: Sequence[Column], value: Column, encode: Callable[[Any], Any]) -> dict[str, Any] | None:
    """The effect of each axis on the numbers of a column, as JSON; None where there are not two axes, or no numbers."""
    axes = [column for column in columns if column.role == "config" and column.varies]
    numbers = [_read_number(cell) for cell in value.values]
    if len(axes) < 2 or value.role != "result" or all(number is None for number in numbers):
        return None
    answers: dict[str, Any] = {"value": encode(value.name)}
    try:
        shown = [_describe_axis(axis, axes, numbers, encode) for axis in axes]
    except MissingExtraError as error:
        return {**answers, "missing": str(error)}
    return {**answers, "axes": [axis for axis in shown if axis is not None]}


def _read_number(cell: Any) -> float | None:
    single = unbox_scalar(cell)
    return as_float(single) if is_number(single) or isinstance(single, bool) else None


def _describe_axis(
    axis: Column, axes: Sequence[Column], numbers: Sequence[float | None], encode: Callable[[Any], Any]
) -> dict[str, Any] | None:
    keys = list(map(exact_key, axis.values))
    if not 2 <= len({*keys}) <= MOST_LEVELS:
        return None
    found = {keys[first]: (estimated, failed) for first, estimated, failed in group_estimates(keys, numbers)}
    effects = [[encode(level), *_list_numbers(*found[exact_key(level)])] for level in sort_levels(axis.values)]
    few = len({*keys}) <= MOST_ALTERNATIVES
    pairs = pair_estimates(axis.values, key_rests(axis.path, axes, len(numbers)), numbers) if few else ()
    differences = [
        [encode(a), encode(b), *_list_numbers(estimated, failed)] for a, b, estimated, failed in pairs if estimated.n
    ]
    return {"name": encode(axis.name), "effects": effects, "differences": differences}


def _list_numbers(found: Estimate, failed: int) -> list[float | None]:
    """How many succeeded and failed, the mean and the ends of its interval; what is no finite number is left out."""
    ends = (None if end is None or not abs(end) < float("inf") else end for end in (found.mean, found.low, found.high))
    return [found.n, failed, *ends]
