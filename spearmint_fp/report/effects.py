"""Effects, a small plot for each path: the mean over all else with its interval; and differences as a matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from toolz import unique

from ..configuration.errors import AbsentError
from ..configuration.keys import exact_key
from ..outcomes.rows import Column
from .canvas import (
    FONT_POINTS,
    add_axes,
    add_colour_bar,
    add_note,
    escape_text,
    format_tick,
    hide_spines,
    load_matplotlib,
    name_axes,
    style_axes,
)
from .charts import Chart, count_blanks, is_measured, list_levels
from .lines import place_levels
from .statistics import group_estimates, number_values

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_ACROSS: Final = 4
"""How many small plots stand in a row."""


def draw_effects(figure: Figure, chart: Chart, title: str | None) -> None:
    """Draw a small plot for each axis of a chart: a dot for the mean of each value, a bar for its interval."""
    across = min(MOST_ACROSS, len(chart.axes))
    down = math.ceil(len(chart.axes) / across)
    figure.set_size_inches(1.2 + 2.6 * across, 1.0 + 2.2 * down)
    panels = list(figure.subplots(down, across, sharey=True, squeeze=False).flat)
    for number, (axes, axis) in enumerate(zip(panels, chart.axes, strict=False)):
        style_axes(axes)
        _draw_effect(axes, axis, chart)
        name_axes(axes, axis.name, chart.name if number % across == 0 else "")
    for axes in panels[len(chart.axes) :]:
        axes.set_visible(False)
    note = ", ".join(["means with 95 % intervals", *count_blanks(chart, "not drawn")])
    add_note(figure, title, note)


def _draw_effect(axes: Axes, axis: Column, chart: Chart) -> None:
    levels, groups = list_levels(axis), group_estimates(number_values(axis.values), chart.values)
    found = {exact_key(axis.values[first]): estimated for first, estimated, _ in groups if estimated.n}
    places = place_levels(axes, levels)
    pairs = zip(places, map(exact_key, levels), strict=True)
    drawn = [(place, found[key]) for place, key in pairs if key in found]
    xs, means = [place for place, _ in drawn], [found.mean or 0.0 for _, found in drawn]
    ends = [[found.low for _, found in drawn], [found.high for _, found in drawn]]
    bars = [[0.0 if end is None else abs(mean - end) for mean, end in zip(means, side, strict=True)] for side in ends]
    joined = "o-" if is_measured(levels) else "o"
    axes.errorbar(
        xs, means, yerr=bars, fmt=joined, color="C0", ecolor="#9ca3af", ms=4, lw=1.6, elinewidth=1.2, capsize=3
    )
    axes.grid(axis="y", color="#e5e7eb", lw=0.8)
    axes.set_axisbelow(True)
    if not is_measured(levels):
        texts = [format_tick(level, 14) for level in levels]
        slanted = sum(map(len, texts)) > 24
        axes.set_xticks(places, texts, rotation=30 if slanted else 0, ha="right" if slanted else "center")
        axes.margins(x=0.15)


def draw_differences(figure: Figure, rows: Sequence[dict[str, Any]], path: str, name: str, title: str | None) -> None:
    """Draw the rows of `compare` as a matrix: in each cell the mean of what is across minus what is down."""
    levels = list(unique((row[side] for row in rows for side in ("a", "b")), key=exact_key))
    if not any(row["n"] for row in rows):
        raise AbsentError(f"nothing to compare: no two outcomes differ only at {path}, and both succeeded")
    order = {exact_key(level): k for k, level in enumerate(levels)}
    grid = [[math.nan] * len(levels) for _ in levels]
    texts: dict[tuple[int, int], str] = {}
    for row in rows:
        a, b = order[exact_key(row["a"])], order[exact_key(row["b"])]
        for down, across, sign in ((a, b, 1), (b, a, -1)) if row["n"] else ():
            grid[down][across] = sign * row["mean"] if math.isfinite(row["mean"]) else math.nan
            known = row["low"] is not None and math.isfinite(row["low"])
            ends = sorted((sign * row["low"], sign * row["high"])) if known else ()
            interval = f"\n{ends[0]:+.3g} to {ends[1]:+.3g}" if ends else ""
            texts[down, across] = f"{sign * row['mean']:+.3g}{interval}"
    ticks = [format_tick(level) for level in levels]
    longest, side = max(map(len, ticks)), max(3, len(levels))
    slanted = longest > 14  # beside one another they would meet
    counts = sorted({row["n"] for row in rows})
    pairs = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    note = f"{name}: across minus down, all else equal; means of {pairs} pairs with 95 % intervals"
    axes = add_axes(
        figure, title, note, (3.0 + 0.08 * longest + 1.25 * side, 1.6 + 0.05 * longest * slanted + 0.62 * side)
    )
    most = max(abs(mean) for row in grid for mean in row if not math.isnan(mean)) or 1.0
    colours = load_matplotlib("").colormaps["PuOr"].with_extremes(bad="#eceef1")
    image = axes.imshow(grid, cmap=colours, vmin=-most, vmax=most, aspect="auto")
    axes.set_xticks(range(len(levels)), ticks, rotation=30 if slanted else 0, ha="right" if slanted else "center")
    axes.set_yticks(range(len(levels)), ticks)
    hide_spines(axes)
    name_axes(axes, path, path)
    add_colour_bar(figure, axes, image, escape_text(f"difference of {name}"))
    for (down, across), text in texts.items() if len(levels) <= 12 else ():
        dark = abs(grid[down][across]) > 0.6 * most
        axes.text(
            across, down, text, ha="center", va="center", fontsize=FONT_POINTS - 2, color="white" if dark else "black"
        )
