"""The outcomes of a journal in the formats that a command writes: a table, CSV, JSON Lines, a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from toolz import keymap

from ..configuration.errors import ArgumentError
from ..configuration.messages import escape_controls
from ..outcomes.rows import make_columns, make_rows
from .journal_view import JournalView, format_keys
from .json_lines import encode_outcome
from .tables import align_rows, format_csv


def _make_rows(view: JournalView) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of all outcomes, and their columns; where there are several experiments, each row names its own.

    A success has no error, and so no such key.
    """
    keyed = view.list_sorted()
    columns = make_columns([outcome for _, outcome in keyed], sweep=view.sweep)
    rows = [{name: v for name, v in row.items() if name != "error" or v is not None} for row in make_rows(columns)]
    names = [column.name for column in columns]
    if len(view.keys) < 2:
        return rows, names
    # a path that is called as one of the two columns before it gets the name that `rows` gives such paths
    renamed = {name: f"config.{name}" if name in ("experiment", "version") else name for name in names}
    rows = [
        {"experiment": key[0], "version": key[1], **keymap(lambda name: renamed.get(name, name), row)}
        for (key, _), row in zip(keyed, rows, strict=True)
    ]
    return rows, ["experiment", "version", *renamed.values()]


def _write_table(view: JournalView, **_: Any) -> Iterable[str]:
    rows, names = _make_rows(view)
    rounded = [row | {"seconds": float(f"{row['seconds']:.3g}")} for row in rows]
    return align_rows(rounded, [name for name in names if name != "replayed"])


def _write_csv(view: JournalView, **_: Any) -> Iterable[str]:
    text = format_csv(*_make_rows(view))
    return [escape_controls(text.removesuffix("\n"), keep="\r")] if text else []


def _write_json(view: JournalView, *, traceback: bool) -> Iterable[str]:
    return (
        encode_outcome(outcome, outcome.index, traceback=traceback, experiment=name, version=version)
        for (name, version), outcome in view
    )


def _write_html(view: JournalView, **_: Any) -> Iterable[str]:
    from ..report.page import html_page

    if len(view.keys) > 1:
        raise ArgumentError(f"a page is of one experiment. Choose one with --experiment: {format_keys(view.keys)}")
    outcomes = [outcome for _, outcome in view.list_sorted()]
    return [html_page(outcomes, title=format_keys(view.keys), sweep=view.sweep)]


FORMATS: Final[dict[str, Callable[..., Iterable[str]]]] = {
    "table": _write_table,
    "csv": _write_csv,
    "json": _write_json,
    "html": _write_html,
}
"""The lines of a `JournalView` in each format; `traceback` adds those of failures to JSON."""
