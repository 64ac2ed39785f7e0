"""Rows as plain text: a table with aligned columns, and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from ..outcomes.cells import ABSENT, format_cell, format_text, is_number
from .json_lines import encode_line

MOST_CHARACTERS: Final = 60
"""How long the text of a cell in a table is."""


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
        name: [_shorten(format_cell(row.get(name, ABSENT))) for row in rows] for name in _list_columns(rows, names)
    }
    filled = [name for name, column in cells.items() if any(column)]
    columns = [[_shorten(name), *cells[name]] for name in filled]
    right = [all(row.get(name) is None or is_number(row[name]) for row in rows) for name in filled]
    widths = [max(map(len, column)) for column in columns]
    for number, texts in enumerate(zip(*columns, strict=True)):
        padded = (t.rjust(w) if r else t.ljust(w) for t, w, r in zip(texts, widths, right, strict=True))
        yield "  ".join(padded).rstrip()
        if not number:
            yield "  ".join("-" * width for width in widths)


def _list_columns(rows: Sequence[Mapping[str, Any]], names: Iterable[str] | None) -> Iterable[str]:
    return dict.fromkeys(chain.from_iterable(rows)) if names is None else names


def _shorten(text: str) -> str:
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
