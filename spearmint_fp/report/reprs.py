"""HTML views of configurations, sweeps and outcomes, for notebooks. All of it is escaped text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import islice
from typing import Any, Final

from toolz import unique

from ..configuration.config import Config
from ..configuration.messages import format_count, group_digits, short_repr
from ..configuration.views import view_html
from ..outcomes.cells import ABSENT, format_text
from ..outcomes.collecting import Collected
from ..outcomes.outcomes import Failure, Outcome, Success
from ..outcomes.rows import Rows, flatten_values, format_path, make_columns
from ..sweep.core import Sweep
from ..sweep.describe import explain, label
from ..sweep.indices import count_items
from ..sweep.outline import format_values

MOST_PATHS: Final = 50
"""How many paths of a configuration, or axes of a sweep, are written out."""

MOST_OUTCOMES: Final = 20
"""How many outcomes a table shows."""

SAMPLED_OUTCOMES: Final = 1000
"""How many more are read, evenly spread, to find the paths that vary."""

MOST_POINTS: Final = 3
"""How many configurations of a sweep are shown."""

_LEFT: Final = "text-align: left; vertical-align: top"


@view_html.register
def _show_config(config: Config) -> str:
    """A table of the paths of a configuration and what stands there; the first of very many."""
    values = flatten_values(config)
    body = [(format_path(path), short_repr(value)) for path, value in islice(values.items(), MOST_PATHS)]
    return _make_table(("path", "value"), body) + _count_more(len(values) - MOST_PATHS, "path")


@view_html.register(Sweep)
def _show_sweep(sweep: Sweep[Any]) -> str:
    """The size of a sweep as a formula, a table of its axes, its branches, its first configurations.

    Nothing large is enumerated.
    """
    axes = sweep.axes
    body = [
        (format_path(path), format_count(count_items(values)), format_values(values))
        for path, values in islice(axes.items(), MOST_PATHS)
    ]
    listing = (
        _make_table(("axis", "values", ""), body) + _count_more(len(axes) - MOST_PATHS, "axis", "axes") if axes else ""
    )
    tree = explain(sweep)
    nested = tree.count("\n") > len(axes)  # branches, constraints, selections: more than the axes tell
    branches = f"<details open><summary>structure</summary><pre>{escape(tree)}</pre></details>" if nested else ""
    points = "".join(f"<li><code>{escape(line)}</code></li>" for line in _list_points(sweep))
    first = f'<ol start="0">{points}</ol>' if points else ""
    more = _count_more(sweep.size - MOST_POINTS, "configuration")
    return f"<p><code>{escape(repr(sweep))}</code></p>{listing}{branches}{first}{more}"


def _list_points(sweep: Sweep[Any]) -> Iterator[str]:
    """A line for each of the first configurations, or the error of a user's function that could not give it."""
    for position in range(min(MOST_POINTS, sweep.size)):
        try:
            point = sweep[position]
            yield label(point, sweep) or short_repr(point)
        except Exception as error:  # whatever a function that is mapped over a sweep raises
            yield f"{type(error).__name__}: {short_repr(str(error))}"


@view_html.register(Success)
@view_html.register(Failure)
def _show_outcome(outcome: Outcome[Any, Any]) -> str:
    """The result of one configuration, or its error with the traceback folded away; then the configuration."""
    if isinstance(outcome, Failure):
        error = outcome.error
        what = escape(f"{error.type}: {error.message}")
        traceback = f"<details><summary>traceback</summary><pre>{escape(error.traceback)}</pre></details>"
        head = f"<p><b>Failure {escape(str(outcome.index))}</b>: {what}</p>{traceback}"
    else:
        head = f"<p><b>Success {escape(str(outcome.index))}</b>: {escape(short_repr(outcome.result))}</p>"
    times = f"{outcome.attempts} attempt{'' if outcome.attempts == 1 else 's'}"
    how = f"{_format_seconds(outcome.seconds)} s, {times}{', replayed' if outcome.replayed else ''}"
    return f"{head}{_show_config(outcome.config)}<p>{escape(how)}</p>"


def _format_seconds(seconds: Any) -> str:
    return f"{seconds:.3g}" if isinstance(seconds, int | float) else short_repr(seconds)


@view_html.register(Collected)
def _show_outcomes(outcomes: Sequence[Outcome[Any, Any]]) -> str:
    """How many there are and failed, and a table of the first, with the paths that vary among all of them."""
    failed = sum(not outcome.ok for outcome in outcomes)
    count = len(outcomes)
    head = f"<p>{group_digits(count)} outcome{'' if count == 1 else 's'}, {group_digits(failed)} failed</p>"
    spread = outcomes[MOST_OUTCOMES :: 1 + count // SAMPLED_OUTCOMES]
    columns = [c for c in make_columns((*outcomes[:MOST_OUTCOMES], *spread)) if c.name not in ("attempts", "replayed")]
    cells = [
        map(
            _format_seconds if column.name == "seconds" else _format_exactly, column.values[: min(MOST_OUTCOMES, count)]
        )
        for column in columns
    ]
    body = zip(*cells, strict=True)
    first = _make_table([column.name for column in columns], body) if count else ""
    return head + first + _count_more(count - MOST_OUTCOMES, "outcome")


@view_html.register(Rows)
def _show_rows(rows: Sequence[dict[str, Any]]) -> str:
    """A table of the first rows; an empty cell where a row has no such key."""
    names = tuple(unique(name for row in rows[:MOST_OUTCOMES] for name in row))
    body = ([_format_exactly(row.get(name, ABSENT)) for name in names] for row in rows[:MOST_OUTCOMES])
    return _make_table(names, body) + _count_more(len(rows) - MOST_OUTCOMES, "row")


def _format_exactly(value: Any) -> str:
    """The value for a cell, a float to its last digit; nothing where it is absent."""
    text = "" if value is ABSENT else format_text(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _make_table(names: Iterable[str], body: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th style="{_LEFT}">{escape(name)}</th>' for name in names)
    lines = ("".join(f'<td style="{_LEFT}">{escape(text)}</td>' for text in row) for row in body)
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{line}</tr>' for line in lines)}</tbody></table>"
    )


def _count_more(count: int, one: str, many: str | None = None) -> str:
    if count <= 0:
        return ""
    return f"<p>… and {group_digits(count)} more {one if count == 1 else many or f'{one}s'}</p>"
