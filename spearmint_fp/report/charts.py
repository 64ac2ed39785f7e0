"""The content of a picture, before it is drawn: axes, a number for each outcome, and the places that they share."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, final

import attrs
from toolz import first, groupby, unique

from ..configuration.errors import AbsentError, ArgumentError, SizeError
from ..configuration.keys import exact_key
from ..configuration.messages import repr_with_type, suggest_names
from ..outcomes.cells import ABSENT, as_float, is_number
from ..outcomes.outcomes import Failure, Outcome
from ..outcomes.rows import Column
from .numbers import Value, read_numbers

MOST_LEVELS: Final = 300
"""How many values a side of a heat map, or lines, can have."""

GREATEST_DRAWN: Final = 1e100
"""Numbers beyond this, and what is no finite number, are not drawn."""


@final
@attrs.frozen(repr=False)
class Chart:
    """The axes, a number for each outcome or None, which outcomes failed, and what the number is called."""

    axes: tuple[Column, ...]
    values: tuple[float | None, ...]
    failed: tuple[bool, ...]
    name: str


@final
@attrs.frozen(repr=False)
class Spot:
    """The outcomes that share a place: the mean of their numbers or None, how many numbers, how many failures."""

    mean: float | None
    count: int
    failed: int


# --- numbers -----------------------------------------------------------------------------------------


def read_values(
    outcomes: Sequence[Outcome[Any, Any]], columns: Sequence[Column], value: Value | None
) -> tuple[tuple[float | None, ...], str]:
    """A number for each outcome that can be drawn, or None, and what they are called."""
    if not any(outcome.ok for outcome in outcomes):
        error = next((outcome.error for outcome in outcomes if isinstance(outcome, Failure)), None)
        why = f"; the first failure is {error.type}: {error.message}" if error else ""
        raise AbsentError(f"nothing to plot: none of {len(outcomes)} outcomes is a success{why}")
    numbers, name = read_numbers(outcomes, columns, value)
    return tuple([float(n) if n is not None and abs(n) <= GREATEST_DRAWN else None for n in numbers]), name


# --- axes --------------------------------------------------------------------------------------------


def select_axes(columns: Sequence[Column], on: str | Sequence[str] | None) -> tuple[Column, ...]:
    """The columns of the paths that `on` names; by default those of all paths that vary."""
    if on is None:
        paths = tuple(column for column in columns if column.role == "config")
        if not paths:
            raise ArgumentError("nothing to plot by: no path varies between these outcomes. Name the sweep with sweep=")
        return paths
    known = {column.name: column for column in columns if column.role in ("config", "index")}
    names = on if isinstance(on, Iterable) and not isinstance(on, str) else (on,)
    chosen = tuple([_require_axis(name, known) for name in names])
    return chosen or (_require_axis("", known),)


def _require_axis(name: Any, known: Mapping[str, Column]) -> Column:
    if isinstance(name, str) and name in known:
        return known[name]
    raise ArgumentError(f"on= names swept paths; none is {repr_with_type(name)}{suggest_names(name, known)}")


def list_levels(column: Column) -> tuple[Any, ...]:
    """The values of an axis, each once: numbers in their order, others as they appear, None and what is absent last."""
    levels = sort_levels(column.values)
    if len(levels) > MOST_LEVELS:
        raise SizeError(
            f"{column.name} has {len(levels)} values, more than {MOST_LEVELS} that can be told apart. "
            f'Choose others with on=, or kind="parallel"'
        )
    return levels


def sort_levels(values: Sequence[Any]) -> tuple[Any, ...]:
    """The different values: numbers in their order, others as they appear, None and what is absent last."""
    levels = tuple(unique((value for value in values if not is_absent(value)), key=exact_key))
    if all(map(is_number, levels)):
        levels = tuple(sorted(levels, key=lambda number: (math.isnan(place := as_float(number)), place)))  # NaN last
    return (*levels, *(gap for gap in (None, ABSENT) if any(value is gap for value in values)))


def is_absent(value: Any) -> bool:
    """True for None and for what is absent: neither has a place on a scale of numbers."""
    return value is None or value is ABSENT


def is_measured(levels: Sequence[Any]) -> bool:
    """True if an axis is a line of numbers, rather than names."""
    return all(map(is_number, levels)) and all(abs(as_float(level)) <= GREATEST_DRAWN for level in levels)


def is_logarithmic(numbers: Sequence[float]) -> bool:
    """True if numbers span so many powers of ten that a line of equal steps would hide the small ones."""
    return min(numbers) > 1e-100 and max(numbers) / min(numbers) >= 100


# --- places ------------------------------------------------------------------------------------------


def group_spots(chart: Chart) -> Mapping[Hashable, Spot]:
    """The outcomes at each place, by the keys of the axes' values there."""
    keys = zip(*(map(exact_key, axis.values) for axis in chart.axes), strict=True)
    spots: dict[Hashable, Spot] = {}
    for key, items in groupby(first, zip(keys, chart.values, chart.failed, strict=True)).items():
        numbers = [number for _, number, _ in items if number is not None]
        mean = math.fsum(numbers) / len(numbers) if numbers else None
        spots[key] = Spot(mean, len(numbers), sum(failed for *_, failed in items))
    return spots


def describe_spots(chart: Chart, spots: Mapping[Hashable, Spot]) -> str:
    """A note for the reader of a picture: means, failures, and what is left out."""
    most = max(spot.count for spot in spots.values())
    least = min((spot.count for spot in spots.values() if spot.count), default=0)
    means = [f"each the mean of {most if most == least else f'{least} to {most}'} outcomes"] if most > 1 else []
    return ", ".join([*means, *count_blanks(chart, "×")])


def count_blanks(chart: Chart, mark: str) -> list[str]:
    """How many outcomes failed, with the mark they are drawn with, and how many have no number."""
    failed = sum(chart.failed)
    blank = sum(value is None and not bad for value, bad in zip(chart.values, chart.failed, strict=True))
    notes = [f"{failed} failed ({mark})"] if failed else []
    return [*notes, f"{blank} without a number to draw"] if blank else notes
