"""Outcomes as pictures: the one module that knows matplotlib. Figures are made directly: nothing global is touched."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, final

import attrs
from toolz import groupby, unique

from ..configuration.errors import AbsentError, ArgumentError, SizeError, repr_with_type, suggest_names
from ..configuration.extras import require
from ..configuration.keys import exact_key
from ..configuration.scalars import unbox_scalar
from ..outcomes.cells import ABSENT, is_number, number_of, text_of
from ..outcomes.outcomes import Failure, Outcome, Success
from ..outcomes.rows import Column, outcome_columns, require_outcomes
from ..sweep.core import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot"]

Kind = Literal["heatmap", "lines", "parallel"]

MOST_LINES: Final = 2000
"""How many outcomes parallel coordinates draw; of more they draw this many, evenly spread."""

MOST_LEVELS: Final = 300
"""How many values a side of a heat map, or lines, can have."""

GREATEST: Final = 1e100
"""Numbers beyond this, and what is no finite number, are not drawn."""

_FITTING: Final[Mapping[Kind, range]] = {"lines": range(1, 3), "heatmap": range(2, 3), "parallel": range(1, 10**9)}
"""How many paths each kind shows."""

_FAILED: Final = "#c0392b"
_QUIET: Final = "#6b7280"
_EMPTY: Final = "#eceef1"
_COLOURS: Final = "viridis"
_SIZE: Final = 9


@final
@attrs.frozen
class Chart:
    """What is drawn: the axes, a number for each outcome or None, which outcomes failed, and what the number is."""

    axes: tuple[Column, ...]
    values: tuple[float | None, ...]
    failed: tuple[bool, ...]
    name: str


@final
@attrs.frozen
class Spot:
    """The outcomes that share a place: the mean of their numbers or None, how many numbers, how many failures."""

    mean: float | None
    count: int
    failed: int


def plot(  # noqa: PLR0913  # options, all of them keywords
    outcomes: Iterable[Outcome[Any, Any]],
    *,
    value: str | Callable[[Success[Any, Any]], Any] = "result",
    kind: Kind | None = None,
    on: str | Sequence[str] | None = None,
    sweep: Sweep[Any] | None = None,
    title: str | None = None,
) -> Figure:
    """A figure of `value` over the swept paths: lines for one path, a heat map for two, parallel coordinates for more.

    `value` is the name of a column of `rows` ("result.accuracy") or a function of a success. `on` names the paths to
    draw by; outcomes that then share a place are averaged, and the picture says so. `kind="lines"` with two paths draws
    a line for each value of the second. Failures are marked with a cross, or a dashed line. Nothing global is touched
    and no backend is chosen: `figure.savefig(path)` writes a file, and a notebook shows it.

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
            paths; says which there are.
        SizeError: a heat map or lines with more than 300 values on a side.
        MissingExtraError: matplotlib is not installed.

    See also: `rows`, what is drawn; `html_page`, the same to explore.
    """
    found = require_outcomes(outcomes)
    columns = outcome_columns(found, sweep=sweep)
    values, name = _values(found, columns, value)
    chart = Chart(_axes(columns, on), values, tuple(not outcome.ok for outcome in found), name)
    draw = _DRAW[_kind(kind, chart.axes)]
    figure = require("matplotlib.figure", extra="report", what="plot").Figure(layout="constrained", dpi=110)
    draw(figure, chart, title)
    figure._repr_png_ = partial(_png, figure)  # what notebooks ask for
    return figure  # type: ignore[no-any-return]  # it is imported where it is used


def _png(figure: Figure) -> bytes:
    """The figure as a picture, for a notebook that has no plotting set up."""
    from io import BytesIO

    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


# --- what is drawn -----------------------------------------------------------------------------------


def _values(
    found: Sequence[Outcome[Any, Any]], columns: Sequence[Column], value: Any
) -> tuple[tuple[float | None, ...], str]:
    """A finite number for each outcome, or None, and what they are called."""
    good = [outcome for outcome in found if isinstance(outcome, Success)]
    if not good:
        first = next((outcome.error for outcome in found if isinstance(outcome, Failure)), None)
        why = f"; the first failure is {first.type}: {first.message}" if first else ""
        raise AbsentError(f"nothing to plot: none of {len(found)} outcomes is a success{why}")
    if callable(value):
        name = getattr(value, "__name__", "value")
        asked = [value(outcome) if isinstance(outcome, Success) else None for outcome in found]
        return tuple(map(partial(_number, "the function"), asked, found)), "value" if name == "<lambda>" else name
    column = _column(value, columns)
    return tuple(map(partial(_number, f"column {value!r}"), column.values, found)), column.name


def _column(name: Any, columns: Sequence[Column]) -> Column:
    """The column of that name; where there is none, the error names those that hold numbers."""
    for column in columns:
        if column.name == name:
            return column
    known = [column.name for column in columns if any(map(is_number, column.values))]
    raise ArgumentError(
        f"value= is the name of a column or a function of a success; there is no column {repr_with_type(name)}"
        f"{suggest_names(name, known)}"
    )


def _number(where: str, value: Any, outcome: Outcome[Any, Any]) -> float | None:
    if value is None or value is ABSENT:
        return None
    if isinstance(unbox_scalar(value), bool):
        return float(value)
    if not is_number(value):
        raise ArgumentError(
            f"{where} gives {repr_with_type(value)} for outcome {outcome.index}, which is no number. "
            f"Name a column that holds numbers, or give value= a function of a success"
        )
    number = number_of(value)
    return number if abs(number) <= GREATEST else None


def _axes(columns: Sequence[Column], on: str | Sequence[str] | None) -> tuple[Column, ...]:
    paths = [column for column in columns if column.role == "config"]
    if on is None:
        if not paths:
            raise ArgumentError("nothing to plot by: no path varies between these outcomes. Name the sweep with sweep=")
        return tuple(paths)
    known = {column.name: column for column in columns if column.role in ("config", "index")}
    names = (on,) if isinstance(on, str) else tuple(on) if isinstance(on, Iterable) else (on,)
    for name in names or ("",):
        if not isinstance(name, str) or name not in known:
            raise ArgumentError(f"on= names swept paths; none is {repr_with_type(name)}{suggest_names(name, known)}")
    return tuple(known[name] for name in names)


def _kind(kind: Any, axes: Sequence[Column]) -> Kind:
    """The kind that was asked for, or the one that fits so many axes."""
    kinds: tuple[Kind, ...] = ("lines", "heatmap", "parallel")
    if kind is None:
        return kinds[min(len(axes), 3) - 1]
    chosen = next((one for one in kinds if one == kind), None)
    if chosen is None:
        raise ArgumentError(f'kind is "heatmap", "lines" or "parallel"; got {repr_with_type(kind)}')
    if len(axes) not in _FITTING[chosen]:
        names = ", ".join(axis.name for axis in axes)
        want = "two paths" if chosen == "heatmap" else "one path or two"
        raise ArgumentError(f"{chosen} shows {want}, and {len(axes)} are given: {names}. Choose with on=")
    return chosen


def _levels(column: Column) -> tuple[Any, ...]:
    """The values of an axis, each once: numbers in their order, others as they appear, None and what is absent last."""
    found = tuple(unique((value for value in column.values if not _is_apart(value)), key=exact_key))
    if len(found) > MOST_LEVELS:
        raise SizeError(
            f"{column.name} has {len(found)} values, more than {MOST_LEVELS} that can be told apart. "
            f'Choose others with on=, or kind="parallel"'
        )
    ordered = sorted(found, key=_rank) if all(map(is_number, found)) else found
    return (*ordered, *(apart for apart in (None, ABSENT) if any(value is apart for value in column.values)))


def _is_apart(value: Any) -> bool:
    """True for None, and for what is absent: neither has a place on a scale of numbers."""
    return value is None or value is ABSENT


def _rank(number: Any) -> tuple[bool, float]:
    """By what numbers are put in order: what is no number (NaN) comes after them."""
    return math.isnan(place := number_of(number)), place


def _spots(chart: Chart, axes: Sequence[Column]) -> Mapping[Hashable, Spot]:
    """What stands at each place, by the keys of the axes' values."""
    keys = zip(*(map(exact_key, axis.values) for axis in axes), strict=True)
    groups: Mapping[Hashable, list[Any]] = groupby(
        lambda item: item[0], zip(keys, chart.values, chart.failed, strict=True)
    )
    return {key: _spot(items) for key, items in groups.items()}


def _spot(items: Sequence[tuple[Any, float | None, bool]]) -> Spot:
    numbers = [number for _, number, _ in items if number is not None]
    return Spot(
        math.fsum(numbers) / len(numbers) if numbers else None, len(numbers), sum(failed for *_, failed in items)
    )


def _note(chart: Chart, spots: Mapping[Hashable, Spot]) -> str:
    """What a reader must know to read the picture: means, failures, what is left out."""
    most = max(spot.count for spot in spots.values())
    least = min((spot.count for spot in spots.values() if spot.count), default=0)
    means = f"each the mean of {most if most == least else f'{least} to {most}'} outcomes" if most > 1 else ""
    return ", ".join(filter(None, (means, _failures(chart), _left_out(chart))))


def _failures(chart: Chart) -> str:
    count = sum(chart.failed)
    return f"{count} failed (×)" if count else ""


def _left_out(chart: Chart) -> str:
    count = sum(value is None and not failed for value, failed in zip(chart.values, chart.failed, strict=True))
    return f"{count} without a number to draw" if count else ""


# --- frames of pictures ------------------------------------------------------------------------------


def _canvas(figure: Figure, title: str | None, note: str, size: tuple[float, float]) -> Axes:
    figure.set_size_inches(*size)
    axes = figure.add_subplot()
    axes.tick_params(labelsize=_SIZE, colors="#374151", length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#9ca3af")
    if title:
        axes.set_title(_words(title), loc="left", fontsize=_SIZE + 3, pad=20 if note else 8)
    if note:
        at = {"xycoords": "axes fraction", "textcoords": "offset points", "color": _QUIET, "fontsize": _SIZE}
        axes.annotate(note, (0, 1), (0, 6), va="bottom", **at)  # type: ignore[arg-type]  # as annotate reads them
    return axes


def _tell(value: Any) -> str:
    """A value as a tick says it."""
    if value is ABSENT:
        return "absent"
    return _words(f"{value:.4g}" if type(value) is float else text_of(value), 24)


def _words(text: str, most: int = 60) -> str:
    """Text that matplotlib draws as it stands: a dollar sign begins a formula, a low line hides it in a legend."""
    whole = text if text.isprintable() else repr(text)[1:-1]
    plain = whole if len(whole) <= most else f"{whole[: most - 1]}…"
    return f"{' ' if plain.startswith('_') else ''}{plain}".replace("$", r"\$")


def _is_scale(levels: Sequence[Any]) -> bool:
    """Whether an axis is a line of numbers, rather than names."""
    return all(map(is_number, levels)) and all(abs(number_of(level)) <= GREATEST for level in levels)


def _is_log(numbers: Sequence[float]) -> bool:
    """Whether numbers span so many powers of ten that a line of equal steps would hide the small ones."""
    return min(numbers) > 1e-100 and max(numbers) / min(numbers) >= 100


# --- a heat map --------------------------------------------------------------------------------------


def _heatmap(figure: Figure, chart: Chart, title: str | None) -> None:
    down, across = chart.axes
    ys, xs = _levels(down), _levels(across)
    spots = _spots(chart, chart.axes)
    grid = [[spots.get((exact_key(y), exact_key(x))) for x in xs] for y in ys]
    beside, below = (0.06 * max(len(_tell(level)) for level in levels) for levels in (ys, xs))
    size = (min(14.0, 2.4 + beside + 0.62 * max(len(xs), 5)), min(12.0, 1.6 + below + 0.42 * max(len(ys), 4)))
    axes = _canvas(figure, title, _note(chart, spots), size)
    image = axes.imshow(
        [[_shade(spot) for spot in row] for row in grid], cmap=_colours(bad=_EMPTY), aspect="auto", origin="upper"
    )
    _named_ticks(axes, xs, ys)
    axes.set_xlabel(_words(across.name), fontsize=_SIZE + 1)
    axes.set_ylabel(_words(down.name), fontsize=_SIZE + 1)
    _bar(figure, axes, image, chart.name)
    _fill(axes, image, grid)


def _shade(spot: Spot | None) -> float:
    return math.nan if spot is None or spot.mean is None else spot.mean


def _colours(**extremes: str) -> Any:
    return require("matplotlib", extra="report", what="plot").colormaps[_COLOURS].with_extremes(**extremes)


def _bar(figure: Figure, axes: Axes, drawn: Any, name: str) -> None:
    """The scale of the colours, as they are where nothing shines through."""
    mappable = require("matplotlib.cm", extra="report", what="plot").ScalarMappable(drawn.norm, drawn.cmap)
    bar = figure.colorbar(mappable, ax=axes, pad=0.02, fraction=0.05)
    bar.set_label(_words(name), fontsize=_SIZE + 1)
    bar.ax.tick_params(labelsize=_SIZE, length=3)
    bar.outline.set_visible(False)


def _named_ticks(axes: Axes, xs: Sequence[Any], ys: Sequence[Any]) -> None:
    """A tick per value where they fit, else every so many."""
    few_x, few_y = range(0, len(xs), 1 + len(xs) // 30), range(0, len(ys), 1 + len(ys) // 30)
    texts = [_tell(xs[k]) for k in few_x]
    slanted = sum(map(len, texts)) > 70
    axes.set_xticks(few_x, texts, rotation=40 if slanted else 0, ha="right" if slanted else "center")
    axes.set_yticks(few_y, [_tell(ys[k]) for k in few_y])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _fill(axes: Axes, image: Any, grid: Sequence[Sequence[Spot | None]]) -> None:
    """The numbers in the cells where they fit, and a cross where outcomes failed."""
    many = len(grid[0]) * len(grid) > 200 or len(grid[0]) > 16
    for y, row in enumerate(grid):
        for x, spot in enumerate(row):
            if spot is not None and spot.mean is not None and not many:
                colour = _readable(image.cmap(image.norm(spot.mean)))
                axes.text(x, y, f"{spot.mean:.3g}", ha="center", va="center", fontsize=_SIZE - 1, color=colour)
            if spot is not None and spot.failed:
                whole = spot.mean is None
                at = (x, y) if whole else (x + 0.38, y - 0.34)
                axes.plot(*at, "x", color=_FAILED if whole else "white", ms=7 if whole else 4, mew=1.6)


def _readable(colour: Sequence[float]) -> str:
    red, green, blue, *_ = colour
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


# --- lines -------------------------------------------------------------------------------------------


def _lines(figure: Figure, chart: Chart, title: str | None) -> None:
    first, *others = chart.axes
    xs, groups = _levels(first), _levels(others[0]) if others else (None,)
    spots = _spots(chart, chart.axes)
    axes = _canvas(figure, title, _note(chart, spots), (7.2, 4.2))
    places = _places(axes, xs)
    for number, group in enumerate(groups):
        tail = (exact_key(group),) if others else ()
        points = [(places[k], spots.get((exact_key(x), *tail))) for k, x in enumerate(xs)]
        _line(axes, points, _tell(group) if others else _words(chart.name), _shade_of(number, len(groups)))
    axes.grid(axis="y", color="#e5e7eb", lw=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel(_words(first.name), fontsize=_SIZE + 1)
    axes.set_ylabel(_words(chart.name), fontsize=_SIZE + 1)
    if others:
        _legend(axes, others[0].name, len(groups))


def _places(axes: Axes, levels: Sequence[Any]) -> Sequence[float]:
    """Where each value stands: numbers at themselves, names one beside the other."""
    if _is_scale(levels):
        numbers = [number_of(level) for level in levels]
        if _is_log(numbers):
            ticker = require("matplotlib.ticker", extra="report", what="plot")
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(ticker.StrMethodFormatter("{x:g}"))
            axes.xaxis.set_minor_formatter(ticker.NullFormatter())
        return numbers
    axes.set_xticks(range(len(levels)), [_tell(level) for level in levels], rotation=30 if len(levels) > 8 else 0)
    return range(len(levels))


def _line(axes: Axes, points: Sequence[tuple[float, Spot | None]], label: str, colour: Any) -> None:
    drawn = [(x, spot.mean) for x, spot in points if spot is not None and spot.mean is not None]
    gaps = [x for x, spot in points if spot is not None and spot.failed]
    xs, ys = zip(*drawn, strict=True) if drawn else ((), ())
    axes.plot(xs, ys, "o-", color=colour, label=label, lw=1.8, ms=4)
    if gaps:
        at = [0.03] * len(gaps)  # a failure has no height: its cross stands on the ground
        axes.plot(gaps, at, "x", color=_FAILED, ms=6, mew=1.6, transform=axes.get_xaxis_transform())


def _shade_of(number: int, count: int) -> Any:
    """Ten colours that differ, or as many shades of one scale as there are lines."""
    return f"C{number}" if count <= 10 else _colours()(number / (count - 1))


def _legend(axes: Axes, name: str, count: int) -> None:
    handles, labels = axes.get_legend_handles_labels()
    few = slice(None, None, 1 + count // 15)
    legend = axes.legend(
        handles[few],
        labels[few],
        title=_words(name),
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        frameon=False,
        fontsize=_SIZE,
    )
    legend.get_title().set_fontsize(_SIZE)


# --- parallel coordinates ----------------------------------------------------------------------------


@final
@attrs.frozen
class Scale:
    """An upright axis from 0 to 1: where each outcome stands on it, below it without a number; and its ticks."""

    name: str
    places: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]


def _parallel(figure: Figure, chart: Chart, title: str | None) -> None:
    scales = [*map(_scale, chart.axes), _scale(Column(chart.name, "result", _or_absent(chart.values)))]
    drawn = _spread(len(chart.values))
    note = f"{len(drawn):,} of {len(chart.values):,} outcomes drawn" if len(drawn) < len(chart.values) else ""
    told = ", ".join(filter(None, (note, _failures(chart).replace("×", "dashed"), _left_out(chart))))
    axes = _canvas(figure, title, told, (min(20.0, 2.0 + 1.55 * len(scales)), 4.6))
    collection = _strands(axes, chart, scales, drawn)
    _frame(axes, scales)
    _bar(figure, axes, collection, chart.name)


def _spread(count: int) -> Sequence[int]:
    """All positions, or as many as are drawn, evenly spread."""
    return range(count) if count <= MOST_LINES else [k * count // MOST_LINES for k in range(MOST_LINES)]


def _scale(column: Column) -> Scale:
    known = [value for value in column.values if not _is_apart(value)]
    if known and _is_scale(known):
        return _number_scale(column, [number_of(value) for value in known])
    levels = tuple(unique(known, key=exact_key))
    at = {exact_key(level): _middle(k, len(levels)) for k, level in enumerate(levels)}
    places = tuple(_place(value, lambda value: at[exact_key(value)]) for value in column.values)
    few = range(0, len(levels), 1 + len(levels) // 20)
    ticks = tuple((_middle(k, len(levels)), _tell(levels[k])) for k in few)
    return Scale(column.name, places, (*ticks, *_ticks_below(places)))


def _or_absent(numbers: Sequence[float | None]) -> tuple[Any, ...]:
    return tuple(ABSENT if number is None else number for number in numbers)


def _place(value: Any, on_scale: Callable[[Any], float]) -> float:
    """Where a value stands: on the scale, or below it, None and what is absent each on a ground of its own."""
    return _NONE if value is None else _GROUND if value is ABSENT else on_scale(value)


def _ticks_below(places: Sequence[float]) -> Iterable[tuple[float, str]]:
    return ((place, text) for place, text in ((_NONE, "None"), (_GROUND, "absent")) if place in places)


def _middle(number: int, count: int) -> float:
    return 0.5 if count == 1 else 1 - number / (count - 1)


def _number_scale(column: Column, numbers: Sequence[float]) -> Scale:
    low, high, log = min(numbers), max(numbers), _is_log(numbers)

    def place(number: float) -> float:
        if low == high:
            return 0.5
        if log:
            return math.log(number / low) / math.log(high / low)
        return (number - low) / (high - low)

    places = tuple(_place(value, lambda value: place(number_of(value))) for value in column.values)
    ticks = ((place(tick), f"{tick:.4g}") for tick in _ticks(sorted({*numbers}), log))
    name = f"{column.name} (log)" if log else column.name
    return Scale(name, places, (*_apart(ticks), *_ticks_below(places)))


def _ticks(numbers: Sequence[float], log: bool) -> Sequence[float]:
    """The numbers themselves where they are few, else round ones between them."""
    if len(numbers) <= 9:
        return numbers
    ticker = require("matplotlib.ticker", extra="report", what="plot")
    locator = ticker.LogLocator(numticks=6) if log else ticker.MaxNLocator(6)
    found: list[float] = locator.tick_values(numbers[0], numbers[-1]).tolist()
    return [tick for tick in found if numbers[0] <= tick <= numbers[-1]]


def _apart(ticks: Iterable[tuple[float, str]]) -> Iterable[tuple[float, str]]:
    """The ticks that do not stand upon the one before them."""
    last = -1.0
    for place, text in ticks:
        if place - last >= 0.06:
            yield place, text
            last = place


_NONE: Final = -0.12  # where a line passes an axis on which it has None
_GROUND: Final = -0.22  # where it passes one on which it has no value


def _strands(axes: Axes, chart: Chart, scales: Sequence[Scale], drawn: Sequence[int]) -> Any:
    """A line for each outcome, in the colour of its value; failures dashed, and what has no value grey."""
    collections = require("matplotlib.collections", extra="report", what="plot")
    clear = max(0.12, min(0.85, 40 / len(drawn)))
    groups = groupby(lambda k: "failed" if chart.failed[k] else "none" if chart.values[k] is None else "good", drawn)
    numbers = [chart.values[k] for k in groups.get("good", [])]
    looks: dict[str, dict[str, Any]] = {
        "none": {"colors": "#9ca3af", "linewidths": 0.9, "alpha": clear},
        "failed": {"colors": _FAILED, "linewidths": 1.2, "linestyles": "dashed", "alpha": max(clear, 0.3)},
        "good": {"cmap": _colours(), "array": numbers, "linewidths": 1.3, "alpha": clear},
    }
    made = {}
    for name, look in looks.items():
        paths = [_path(scales, k) for k in groups.get(name, [])]
        made[name] = collections.LineCollection(paths, **look)
        axes.add_collection(made[name])
    return made["good"]


def _path(scales: Sequence[Scale], outcome: int) -> list[tuple[float, float]]:
    return [(x, scale.places[outcome]) for x, scale in enumerate(scales)]


def _frame(axes: Axes, scales: Sequence[Scale]) -> None:
    """The upright axes with their names and ticks."""
    effects = require("matplotlib.patheffects", extra="report", what="plot")
    halo = [effects.withStroke(linewidth=2.5, foreground="white")]
    for x, scale in enumerate(scales):
        axes.plot((x, x), (0, 1), color="#4b5563", lw=1)
        for place, text in scale.ticks:
            last = x == len(scales) - 1
            axes.text(
                x + (0.03 if last else -0.03), place, text, ha="left" if last else "right", va="center",
                fontsize=_SIZE - 0.5, path_effects=halo, color="#111827",
            )  # fmt: skip
    lowest = min(0.01, *(min(scale.places, default=0.0) for scale in scales))
    axes.set_xticks(range(len(scales)), [_words(scale.name) for scale in scales], fontsize=_SIZE)
    axes.set(yticks=(), xlim=(-0.45, len(scales) - 0.6), ylim=(lowest - 0.05, 1.04))
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


_DRAW: Final[Mapping[Kind, Callable[[Figure, Chart, str | None], None]]] = {
    "heatmap": _heatmap,
    "lines": _lines,
    "parallel": _parallel,
}
