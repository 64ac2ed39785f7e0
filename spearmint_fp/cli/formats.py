"""The outcomes of a journal in the formats that a command writes: an aligned table, CSV, JSON Lines, a page of HTML."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from toolz import keymap

from ..configuration.errors import ArgumentError
from ..configuration.messages import escape_controls
from ..outcomes.cells import ABSENT, format_cell, format_text, is_number
from ..outcomes.rows import make_rows
from .journal_view import JournalView, format_keys
from .json_lines import encode_line, encode_outcome

MOST_CHARACTERS: Final = 60
"""How long the text of a cell in a table is."""


def _make_rows(view: JournalView) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of all outcomes, and their columns; where there are several experiments, each row names its own.

    A success has no error, and so no such key.
    """
    keyed, columns = view.read_table()
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
        for (name, version), outcome in (view if view.order is None else view.list_sorted())
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


# --- rows as text --------------------------------------------------------------------------------------


def align_rows(rows: Sequence[Mapping[str, Any]], names: Iterable[str] | None = None) -> Iterator[str]:
    """The lines of a table: names, a rule, a line for each row; numbers stand to the right.

    `names` are the columns, by default those of the rows as they appear; those without a value are left out. What would
    take more than a line, or 60 characters, is cut. The width does not depend on the terminal.

    >>> for row in align_rows([{"lr": 0.1, "note": "a"}, {"lr": 0.015}], ["lr", "error", "note"]):
    ...     print(row)
       lr  note
    -----  ----
      0.1  a
    0.015
    """
    cells = {
        name: [_shorten_text(format_cell(row.get(name, ABSENT))) for row in rows] for name in _list_columns(rows, names)
    }
    filled = [name for name, column in cells.items() if any(column)]
    columns = [[_shorten_text(name), *cells[name]] for name in filled]
    right = [all(row.get(name) is None or is_number(row[name]) for row in rows) for name in filled]
    widths = [max(map(len, column)) for column in columns]
    for number, texts in enumerate(zip(*columns, strict=True)):
        padded = (t.rjust(w) if r else t.ljust(w) for t, w, r in zip(texts, widths, right, strict=True))
        yield "  ".join(padded).rstrip()
        if not number:
            yield "  ".join("-" * width for width in widths)


def _list_columns(rows: Sequence[Mapping[str, Any]], names: Iterable[str] | None) -> Iterable[str]:
    return dict.fromkeys(chain.from_iterable(rows)) if names is None else names


def _shorten_text(text: str) -> str:
    short = text if len(text) <= MOST_CHARACTERS else text[: MOST_CHARACTERS - 1] + "…"
    return short if short.isprintable() else "".join(c if c.isprintable() else " " for c in short)


def format_csv(rows: Sequence[Mapping[str, Any]], names: Iterable[str] | None = None) -> str:
    """The rows as CSV, with a line of names first; an absent value is an empty cell, mappings and lists are JSON.

    >>> print(format_csv([{"lr": 0.1, "none": None, "layers": (64, 64)}], ["lr", "error", "none", "layers"]), end="")
    lr,error,none,layers
    0.1,,None,"[64,64]"
    >>> format_csv([], ["lr"])
    ''
    """
    head = list(_list_columns(rows, names))
    cells = ([_format_cell(row[name]) if name in row else "" for name in head] for row in rows)
    lines = _Lines()
    csv.writer(lines).writerows([head, *cells] if rows else ())
    return "".join(f"{text.removesuffix(_END)}\n" for text in lines)


_END: Final = "\r\n"
"""The end of a line of `csv`, which before Python 3.13 quotes no other line breaks than those in its line ends."""


class _Lines(list[str]):
    write = list[str].append


def _format_cell(value: Any) -> str:
    return encode_line(value) if isinstance(value, Mapping | tuple | list) else format_text(value)
