"""The heat map of two paths: a cell for each pair of values, coloured by the mean of the outcomes there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..configuration.keys import exact_key
from .canvas import (
    FONT_POINTS,
    RED,
    add_axes,
    add_colour_bar,
    format_tick,
    get_colour_map,
    hide_spines,
    name_axes,
)
from .charts import Chart, Spot, describe_spots, group_spots, list_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_heatmap(figure: Figure, chart: Chart, title: str | None) -> None:
    """Draw a chart of two axes: the first goes down, the second across."""
    down, across = chart.axes
    ys, xs = list_levels(down), list_levels(across)
    spots = group_spots(chart)
    grid = [[spots.get((exact_key(y), exact_key(x))) for x in xs] for y in ys]
    beside, below = (0.06 * max(len(format_tick(level)) for level in levels) for levels in (ys, xs))
    size = (min(14.0, 2.4 + beside + 0.62 * max(len(xs), 5)), min(12.0, 1.6 + below + 0.42 * max(len(ys), 4)))
    axes = add_axes(figure, title, describe_spots(chart, spots), size)
    means = [[math.nan if spot is None or spot.mean is None else spot.mean for spot in row] for row in grid]
    image = axes.imshow(means, cmap=get_colour_map(bad="#eceef1"), aspect="auto", origin="upper")
    _set_ticks(axes, xs, ys)
    name_axes(axes, across.name, down.name)
    add_colour_bar(figure, axes, image, chart.name)
    _write_cells(axes, image, grid)


def _set_ticks(axes: Axes, xs: Sequence[Any], ys: Sequence[Any]) -> None:
    """A tick for each value where they fit, else one for every so many."""
    few_x, few_y = range(0, len(xs), 1 + len(xs) // 30), range(0, len(ys), 1 + len(ys) // 30)
    texts = [format_tick(xs[k]) for k in few_x]
    slanted = sum(map(len, texts)) > 70
    axes.set_xticks(few_x, texts, rotation=40 if slanted else 0, ha="right" if slanted else "center")
    axes.set_yticks(few_y, [format_tick(ys[k]) for k in few_y])
    hide_spines(axes)


def _write_cells(axes: Axes, image: Any, grid: Sequence[Sequence[Spot | None]]) -> None:
    """The numbers in the cells where they fit, and a cross where outcomes failed."""
    legible = len(grid[0]) * len(grid) <= 200 and len(grid[0]) <= 16
    for y, row in enumerate(grid):
        for x, spot in enumerate(row):
            if spot is None:
                continue
            if spot.mean is not None and legible:
                red, green, blue, *_ = image.cmap(image.norm(spot.mean))
                colour = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"
                axes.text(x, y, f"{spot.mean:.3g}", ha="center", va="center", fontsize=FONT_POINTS - 1, color=colour)
            if spot.failed and spot.mean is None:
                axes.plot(x, y, "x", color=RED, ms=7, mew=1.6)
            elif spot.failed:  # in a corner of the cell, beside the number
                axes.plot(x + 0.38, y - 0.34, "x", color="white", ms=4, mew=1.6)
