"""The answers that the page shows above its outcomes: the effect of each axis, and how its alternatives differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from ..configuration.errors import MissingExtraError
from ..configuration.keys import exact_key
from ..outcomes.rows import Column
from .charts import sort_levels
from .estimates import Estimate
from .numbers import as_number, counts_as_number
from .statistics import group_estimates, key_rests, number_paths, pair_estimates

Numbered = tuple[Column, Sequence[int | None]]
"""A column of configurations with the numbers of its values."""

MOST_LEVELS: Final = 30
"""How many values an axis has at most for its effect to be shown."""

MOST_ALTERNATIVES: Final = 6
"""How many values an axis has at most for them to be compared, each with each."""


def describe_answers(columns: Sequence[Column], value: Column, encode: Callable[[Any], Any]) -> dict[str, Any] | None:
    """The effect of each axis on the numbers of a column, as JSON; None where there are not two axes, or no numbers."""
    paths = number_paths(columns)
    axes = [path for path in paths if path[0].varies and 2 <= len({*path[1]}) <= MOST_LEVELS]
    numbers = [as_number(cell) if counts_as_number(cell) else None for cell in value.values]
    varied = sum(column.varies for column, _ in paths)
    if varied < 2 or not axes or value.role != "result" or all(number is None for number in numbers):
        return None
    oks = next(column.values for column in columns if column.role == "run" and column.name == "ok")
    without = "without" if any(ok and n is None for ok, n in zip(oks, numbers, strict=True)) else "failed"
    answers: dict[str, Any] = {"value": encode(value.name), "without": without}
    try:
        return {**answers, "axes": [_describe_axis(axis, paths, numbers, encode) for axis in axes]}
    except MissingExtraError as error:
        return {**answers, "missing": str(error)}


def _describe_axis(
    axis: Numbered, paths: Sequence[Numbered], numbers: Sequence[float | None], encode: Callable[[Any], Any]
) -> dict[str, Any]:
    (column, keys), cells = axis, axis[0].values
    found = {exact_key(cells[first]): (cells[first], *rest) for first, *rest in group_estimates(keys, numbers)}
    levels = [found[exact_key(level)] for level in sort_levels([level for level, *_ in found.values()])]
    few = len({*keys}) <= MOST_ALTERNATIVES
    pairs = pair_estimates(keys, key_rests(column.path, paths, len(numbers)), numbers) if few else ()
    return {
        "name": encode(column.name),
        "effects": [[encode(level), *_list_numbers(*rest)] for level, *rest in levels],
        "differences": [
            [encode(cells[a]), encode(cells[b]), *_list_numbers(mean, without)]
            for a, b, mean, without in pairs
            if mean.n
        ],
    }


def _list_numbers(found: Estimate, without: int) -> list[float | None]:
    """How many have a number and have none, the mean, and the ends of its interval; None for what is not finite."""
    ends = (None if end is None or not math.isfinite(end) else end for end in (found.mean, found.low, found.high))
    return [found.n, without, *ends]
