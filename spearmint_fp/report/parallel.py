"""Parallel coordinates: an upright axis for each path and one for the value, and a line for each outcome."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, final

import attrs
from toolz import groupby, unique

from ..configuration.keys import exact_key
from ..outcomes.cells import ABSENT, as_float
from ..outcomes.rows import Column
from .canvas import (
    FONT_POINTS,
    RED,
    add_axes,
    add_colour_bar,
    cut_end,
    escape_text,
    format_tick,
    get_colour_map,
    hide_spines,
    load_matplotlib,
)
from .charts import Chart, count_blanks, is_absent, is_logarithmic, is_measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_LINES: Final = 2000
"""How many outcomes are drawn; of more this many, evenly spread."""

WIDEST_INCHES: Final = 11.7
"""The width of a sheet of A4 on its side."""

_NONE_HEIGHT: Final = -0.12
"""The height at which a line passes an axis on which it has None; those with a value are between 0 and 1."""

_ABSENT_HEIGHT: Final = -0.22
"""The height at which it passes an axis on which it has no value."""


@final
@attrs.frozen(repr=False)
class Scale:
    """An upright axis from 0 to 1: the height of each outcome on it, below 0 without a number; and its ticks."""

    name: str
    heights: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]


def draw_parallel(figure: Figure, chart: Chart, title: str | None) -> None:
    """Draw a chart of any number of axes."""
    numbers = tuple(ABSENT if value is None else value for value in chart.values)
    scales = [*map(_make_scale, chart.axes), _make_scale(Column(chart.name, "result", numbers))]
    count = len(chart.values)
    drawn = range(count) if count <= MOST_LINES else [k * count // MOST_LINES for k in range(MOST_LINES)]
    notes = [f"{len(drawn):,} of {count:,} outcomes drawn"] if len(drawn) < count else []
    note = ", ".join([*notes, *count_blanks(chart, "dashed")])
    axes = add_axes(figure, title, note, (min(WIDEST_INCHES, 2.0 + 1.55 * len(scales)), 4.6))
    lines = _draw_outcomes(axes, chart, scales, drawn)
    _draw_scales(axes, scales)
    add_colour_bar(figure, axes, lines, chart.name)


# --- scales ------------------------------------------------------------------------------------------


def _make_scale(column: Column) -> Scale:
    known = [value for value in column.values if not is_absent(value)]
    if known and is_measured(known):
        return _scale_numbers(column, list(map(as_float, known)))
    levels = tuple(unique(known, key=exact_key))
    top = 0.5 if len(levels) == 1 else 1.0
    heights = {exact_key(level): top - k / max(1, len(levels) - 1) for k, level in enumerate(levels)}
    few = levels[:: 1 + len(levels) // 20]
    ticks = [(heights[exact_key(level)], format_tick(level)) for level in few]
    return _complete_scale(column.name, column, lambda value: heights[exact_key(value)], ticks)


def _scale_numbers(column: Column, numbers: Sequence[float]) -> Scale:
    low, high, log = min(numbers), max(numbers), is_logarithmic(numbers)

    def place(value: Any) -> float:
        number = as_float(value)
        if low == high:
            return 0.5
        if log:
            return math.log(number / low) / math.log(high / low)
        return (number - low) / (high - low)

    ticks: list[tuple[float, str]] = []
    for tick in _choose_ticks(sorted({*numbers}), log):
        if not ticks or place(tick) - ticks[-1][0] >= 0.06:  # else its text would stand upon the one before
            ticks.append((place(tick), f"{tick:.4g}"))
    return _complete_scale(f"{column.name} (log)" if log else column.name, column, place, ticks)


def _complete_scale(
    name: str, column: Column, place: Callable[[Any], float], ticks: Iterable[tuple[float, str]]
) -> Scale:
    """The scale with None and what is absent each at a height of its own below the values."""
    heights = tuple(
        _NONE_HEIGHT if value is None else _ABSENT_HEIGHT if value is ABSENT else place(value)
        for value in column.values
    )
    below = (
        (height, text) for height, text in ((_NONE_HEIGHT, "None"), (_ABSENT_HEIGHT, "absent")) if height in heights
    )
    return Scale(name, heights, (*ticks, *below))


def _choose_ticks(numbers: Sequence[float], log: bool) -> Sequence[float]:
    """The numbers themselves where they are few, else round ones between them."""
    if len(numbers) <= 9:
        return numbers
    ticker = load_matplotlib("ticker")
    locator = ticker.LogLocator(numticks=6) if log else ticker.MaxNLocator(6)
    ticks: list[float] = locator.tick_values(numbers[0], numbers[-1]).tolist()
    return [tick for tick in ticks if numbers[0] <= tick <= numbers[-1]]


# --- drawing -----------------------------------------------------------------------------------------


def _draw_outcomes(axes: Axes, chart: Chart, scales: Sequence[Scale], drawn: Sequence[int]) -> Any:
    """A line for each outcome, in the colour of its value; failures dashed, and what has no value grey."""
    clear = max(0.12, min(0.85, 40 / len(drawn)))
    groups = groupby(lambda k: "failed" if chart.failed[k] else "none" if chart.values[k] is None else "good", drawn)
    numbers = [chart.values[k] for k in groups.get("good", [])]
    looks: dict[str, dict[str, Any]] = {
        "none": {"colors": "#9ca3af", "linewidths": 0.9, "alpha": clear},
        "failed": {"colors": RED, "linewidths": 1.2, "linestyles": "dashed", "alpha": max(clear, 0.3)},
        "good": {"cmap": get_colour_map(), "array": numbers, "linewidths": 1.3, "alpha": clear},
    }
    for name, look in looks.items():
        paths = [[(x, scale.heights[k]) for x, scale in enumerate(scales)] for k in groups.get(name, [])]
        lines = load_matplotlib("collections").LineCollection(paths, **look)
        axes.add_collection(lines)
    return lines  # those that have colours


def _draw_scales(axes: Axes, scales: Sequence[Scale]) -> None:
    """The upright axes with their names and ticks."""
    widest = max(6, 110 // len(scales))  # how many letters stand between two axes
    halo = [load_matplotlib("patheffects").withStroke(linewidth=2.5, foreground="white")]
    for x, scale in enumerate(scales):
        axes.plot((x, x), (0, 1), color="#4b5563", lw=1)
        for height, text in scale.ticks:
            last = x == len(scales) - 1
            axes.text(
                x + (0.03 if last else -0.03), height, cut_end(text, widest), ha="left" if last else "right",
                va="center", fontsize=FONT_POINTS - 0.5, path_effects=halo, color="#111827",
            )  # fmt: skip
    lowest = min(0.01, *(min(scale.heights, default=0.0) for scale in scales))
    names = [escape_text(scale.name, 32) for scale in scales]
    slanted = sum(map(len, names)) > 110  # beside one another they would meet
    axes.set_xticks(
        range(len(scales)),
        names,
        fontsize=FONT_POINTS,
        rotation=25 if slanted else 0,
        ha="right" if slanted else "center",
    )
    axes.set(yticks=(), xlim=(-0.45, len(scales) - 0.6), ylim=(lowest - 0.05, 1.04))
    hide_spines(axes)
