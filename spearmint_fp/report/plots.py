"""Outcomes as pictures, drawn with matplotlib. Figures are made directly: nothing global is touched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type
from ..outcomes.outcomes import Outcome
from ..outcomes.rows import Column, make_columns, require_outcomes
from ..sweep.core import Sweep
from .late import canvas, charts, effects, heatmap, lines, parallel
from .numbers import Value
from .statistics import compare

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["heatmap", "lines", "parallel", "effects", "differences"]


def plot(  # noqa: PLR0913  # options, all of them keywords
    outcomes: Iterable[Outcome[Any, Any]],
    *,
    value: Value | None = None,
    kind: Kind | None = None,
    on: str | Sequence[str] | None = None,
    sweep: Sweep[Any] | None = None,
    title: str | None = None,
) -> Figure:
    """A figure of `value` over the swept paths: lines for one path, a heat map for two, parallel coordinates for more.

    `value` is the name of a column of `rows` ("result.accuracy") or a function of a success; without it the results are
    drawn, or their one field that holds numbers. `on` names the paths to draw by; outcomes that then share a place are
    averaged, and the picture says so. `kind="lines"` with two paths draws a line for each value of the second.
    `kind="effects"` draws a small plot for each path: the means over all else with their intervals, as in `summary`.
    `kind="differences"` draws what `compare` says of one path as a matrix. Failures are marked with a cross, a dashed
    line, or counted. Nothing global is touched and no backend is chosen: `figure.savefig(path)` writes a file, and a
    notebook shows it.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"lr": DynamicValue([0.1, 0.01]), "depth": DynamicValue([2, 4])})
    >>> outcomes = [*run(lambda c: c.depth / c.lr, sweep)]
    >>> [axes.get_ylabel() for axes in plot(outcomes).axes]
    ['lr', 'result']
    >>> [line.get_label() for line in plot(outcomes, kind="lines", on=("lr", "depth")).axes[0].lines]
    ['2', '4']

    Raises:
        AbsentError: no outcome succeeded, so there is nothing to draw; tells the first failure.
        ArgumentError: a value that is no number; a column, or a path, that is not there; a kind that does not fit the
            paths; says which there are. A title that is no text.
        SizeError: a heat map or lines with more than 300 values on a side.
        MissingExtraError: matplotlib is not installed, or scipy, for effects and differences.

    See also: `rows`, what is drawn; `summary` and `compare`; `html_page`, the same to explore.
    """
    outcomes = require_outcomes(outcomes)
    if not isinstance(title, str | None):
        raise ArgumentError(f"title is text; got {repr_with_type(title)}")
    columns = make_columns(outcomes, sweep=sweep)
    values, name = charts.read_values(outcomes, columns, value)
    chart = charts.Chart(charts.select_axes(columns, on), values, tuple(not outcome.ok for outcome in outcomes), name)
    chosen = _choose_kind(kind, chart.axes)
    figure = canvas.load_matplotlib("figure").Figure(layout="constrained", dpi=110)
    if chosen == "differences":  # which outcomes are pairs, their configurations say, not the columns
        axis = chart.axes[0]
        effects.draw_differences(figure, compare(axis.path, outcomes, value=value), axis.name, name, title)
    else:
        draw = {
            "effects": effects.draw_effects,
            "heatmap": heatmap.draw_heatmap,
            "lines": lines.draw_lines,
            "parallel": parallel.draw_parallel,
        }
        draw[chosen](figure, chart, title)
    figure._repr_png_ = partial(_to_png, figure)  # what notebooks ask for
    return figure  # type: ignore[no-any-return]  # it is imported where it is used


_MOST_PATHS: Final[Mapping[Kind, tuple[int, int, str]]] = {
    "heatmap": (2, 2, "two paths"),
    "lines": (1, 2, "one path or two"),
    "differences": (1, 1, "one path"),
}
"""How many paths a kind of picture shows: the least, the most, and in words."""


def _choose_kind(kind: Any, axes: Sequence[Column]) -> Kind:
    """The kind that was asked for, or the one that fits so many axes."""
    if kind is None:
        return "lines" if len(axes) == 1 else "heatmap" if len(axes) == 2 else "parallel"
    chosen: Kind | None = next((one for one in get_args(Kind) if isinstance(kind, str) and one == kind), None)
    if chosen is None:
        *names, last = (f'"{one}"' for one in get_args(Kind))
        raise ArgumentError(f"kind is {', '.join(names)} or {last}; got {repr_with_type(kind)}")
    least, most, want = _MOST_PATHS.get(chosen, (1, len(axes), ""))
    if not least <= len(axes) <= most:
        names = [axis.name for axis in axes]
        raise ArgumentError(f"{chosen} shows {want}, and {len(axes)} are given: {', '.join(names)}. Choose with on=")
    if chosen == "differences" and axes[0].role == "index":
        raise ArgumentError("differences are those between the values at a path; the index is none. Choose with on=")
    return chosen


def _to_png(figure: Figure) -> bytes:
    """The figure as a picture, for a notebook that has no plotting set up."""
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()
