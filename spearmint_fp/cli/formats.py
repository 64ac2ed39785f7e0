"""What a journal holds, in the forms that a command line writes: a table, CSV, JSON Lines, a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from ..configuration.errors import ArgumentError, escape_controls
from ..outcomes.rows import column_rows, outcome_columns
from .journal_view import Stored, named
from .json_lines import outcome_line
from .tables import aligned, separated

__all__ = ["FORMS"]

_TAKEN: Final = ("experiment", "version")
"""Columns that rows of several experiments have besides; a path of that name is called as `rows` calls such paths."""


def _rows(stored: Stored) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of all outcomes, and their columns; where there are several experiments, each says of which it is.

    A success has no error, and so no such key.
    """
    found = stored.in_order()
    columns = outcome_columns([outcome for _, outcome in found], sweep=stored.sweep)
    flat = [{name: v for name, v in row.items() if name != "error" or v is not None} for row in column_rows(columns)]
    names = [column.name for column in columns]
    if len(stored.keys) < 2:
        return flat, names
    own = [{_own(name): cell for name, cell in row.items()} for row in flat]
    told = [{"experiment": key[0], "version": key[1], **row} for (key, _), row in zip(found, own, strict=True)]
    return told, ["experiment", "version", *map(_own, names)]


def _own(name: str) -> str:
    return f"config.{name}" if name in _TAKEN else name


def _table(stored: Stored, **_: Any) -> Iterable[str]:
    found, names = _rows(stored)
    told = [name for name in names if name != "replayed"]
    return aligned([row | {"seconds": float(f"{row['seconds']:.3g}")} for row in found], told)


def _csv(stored: Stored, **_: Any) -> Iterable[str]:
    return [escape_controls(text.removesuffix("\n"), keep="\r")] if (text := separated(*_rows(stored))) else []


def _json(stored: Stored, *, traceback: bool) -> Iterable[str]:
    return (
        outcome_line(outcome, outcome.index, traceback=traceback, experiment=name, version=version)
        for (name, version), outcome in stored
    )


def _html(stored: Stored, **_: Any) -> Iterable[str]:
    from ..report.page import html_page

    if len(stored.keys) > 1:
        raise ArgumentError(f"a page is of one experiment. Choose one with --experiment: {named(stored.keys)}")
    outcomes = [outcome for _, outcome in stored.in_order()]
    return [html_page(outcomes, title=named(stored.keys), sweep=stored.sweep)]


FORMS: Final[dict[str, Callable[..., Iterable[str]]]] = {"table": _table, "csv": _csv, "json": _json, "html": _html}
"""By name: the lines of each form, of a `Stored`, and whether `traceback`s stand in JSON."""
