"""Rows as plain text: a table with aligned columns, and CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ..running.lines import line
from .texts import cell_of, is_number, text_of

__all__ = ["aligned", "separated"]

WIDEST: Final = 60
"""How many characters of a cell stand in a table."""


def aligned(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of a table: names, a rule, a line for each row; numbers to the right.

    Columns without a value are left out. What would take more than a line, or 60 characters, is cut. The width does
    not depend on the terminal.

    >>> for row in aligned([{"lr": 0.1, "error": None, "note": "a"}, {"lr": 0.015, "error": None, "note": None}]):
    ...     print(row)
       lr  note
    -----  ----
      0.1  a
    0.015
    """
    cells = {name: [_cut(cell_of(row[name])) for row in rows] for name in (rows[0] if rows else ())}
    names = [name for name, column in cells.items() if any(column)]
    columns = [[_cut(name), *cells[name]] for name in names]
    right = [all(row[name] is None or is_number(row[name]) for row in rows) for name in names]
    widths = [max(map(len, column)) for column in columns]
    for number, texts in enumerate(zip(*columns, strict=True)):
        padded = (t.rjust(w) if r else t.ljust(w) for t, w, r in zip(texts, widths, right, strict=True))
        yield "  ".join(padded).rstrip()
        if not number:
            yield "  ".join("-" * width for width in widths)


def _cut(text: str) -> str:
    short = text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
    return short if short.isprintable() else "".join(c if c.isprintable() else " " for c in short)


def separated(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV, with a line of names first; an absent value is an empty cell, mappings and lists are JSON.

    >>> print(separated([{"lr": 0.1, "error": None, "layers": (64, 64)}]), end="")
    lr,error,layers
    0.1,,"[64,64]"
    >>> separated([])
    ''
    """
    names = list(rows[0] if rows else ())
    cells = (["" if row[name] is None else _whole(row[name]) for name in names] for row in rows)
    lines = _Lines()
    csv.writer(lines).writerows([names, *cells] if rows else ())
    return "".join(f"{text.removesuffix(_END)}\n" for text in lines)


_END: Final = "\r\n"
"""What `csv` ends a line with; before Python 3.13 it quotes no other line breaks than those of its line ends."""


class _Lines(list[str]):
    write = list[str].append


def _whole(value: Any) -> str:
    return line(value) if isinstance(value, Mapping | tuple | list) else text_of(value)
