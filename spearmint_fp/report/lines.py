"""Lines over one path, and one line for each value of a second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..configuration.keys import exact_key
from ..outcomes.cells import as_float
from .canvas import FONT_POINTS, RED, add_axes, escape_text, format_tick, get_colour_map, load_matplotlib, name_axes
from .charts import Chart, Spot, describe_spots, group_spots, is_logarithmic, is_measured, list_levels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_lines(figure: Figure, chart: Chart, title: str | None) -> None:
    """Draw a chart of one axis or two: the first goes across, and each value of the second has its line."""
    across, *others = chart.axes
    xs, groups = list_levels(across), list_levels(others[0]) if others else (None,)
    spots = group_spots(chart)
    axes = add_axes(figure, title, describe_spots(chart, spots), (7.2, 4.2))
    places = place_levels(axes, xs)
    for number, group in enumerate(groups):
        tail = (exact_key(group),) if others else ()
        points = [(place, spots.get((exact_key(x), *tail))) for place, x in zip(places, xs, strict=True)]
        # ten colours that differ, or as many shades of one scale as there are lines
        colour = f"C{number}" if len(groups) <= 10 else get_colour_map()(number / (len(groups) - 1))
        _draw_line(axes, points, format_tick(group) if others else escape_text(chart.name), colour)
    axes.grid(axis="y", color="#e5e7eb", lw=0.8)
    axes.set_axisbelow(True)
    name_axes(axes, across.name, chart.name)
    if others:
        _add_legend(axes, others[0].name, len(groups))


def place_levels(axes: Axes, levels: Sequence[Any]) -> Sequence[float]:
    """The places of values on the axis: numbers at themselves, names one beside the other."""
    if not is_measured(levels):
        axes.set_xticks(range(len(levels)), list(map(format_tick, levels)), rotation=30 if len(levels) > 8 else 0)
        return range(len(levels))
    numbers = list(map(as_float, levels))
    if is_logarithmic(numbers):
        ticker = load_matplotlib("ticker")
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    return numbers


def _draw_line(axes: Axes, points: Sequence[tuple[float, Spot | None]], label: str, colour: Any) -> None:
    drawn = [(x, spot.mean) for x, spot in points if spot is not None and spot.mean is not None]
    gaps = [x for x, spot in points if spot is not None and spot.failed]
    xs, ys = zip(*drawn, strict=True) if drawn else ((), ())
    axes.plot(xs, ys, "o-", color=colour, label=label, lw=1.8, ms=4)
    if gaps:  # a failure has no height: its cross stands on the ground
        axes.plot(gaps, [0.03] * len(gaps), "x", color=RED, ms=6, mew=1.6, transform=axes.get_xaxis_transform())


def _add_legend(axes: Axes, name: str, count: int) -> None:
    """The names of at most 15 lines, evenly spread."""
    handles, labels = axes.get_legend_handles_labels()
    few = slice(None, None, 1 + count // 15)
    legend = axes.legend(
        handles[few],
        labels[few],
        title=escape_text(name),
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        frameon=False,
        fontsize=FONT_POINTS,
    )
    legend.get_title().set_fontsize(FONT_POINTS)
