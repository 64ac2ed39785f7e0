"""CSV as rows: the types of cells, and records from headers with dots."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from io import StringIO
from typing import Any, Final, NoReturn

from ..configuration.fold import Steps, show_path
from ..configuration.messages import short_repr
from ..configuration.paths import parse_path
from .json_text import MOST_DIGITS, TOO_LONG, read_json

Refuse = Callable[[int, str], NoReturn]

_INT: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|-?inf|nan|NaN")
_WORDS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "None"), None),
}


def read_csv(text: str, refuse: Refuse) -> list[dict[Any, Any]]:
    """A record for each row; `refuse(line, what)` raises the error for what stands there."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = next(filter(None, reader), None)
        if header is None:
            refuse(1, "holds no table: the first line names the columns")
        paths = _read_header(header, lambda what: refuse(reader.line_num, what))
        return [_read_row(row, paths, lambda what: refuse(reader.line_num, what)) for row in reader if row]
    except csv.Error as error:
        refuse(max(1, reader.line_num), f"no CSV: {error}")


def _read_header(names: Sequence[str], refuse: Callable[[str], NoReturn]) -> list[Steps]:
    """The path of each column: a name is split at its dots."""
    if len(names) == 1 and (sign := re.search("[;\t]", names[0])):
        refuse(f"columns stand apart by {sign[0]!r}, and CSV has commas. Save it with commas")
    paths = [parse_path(name.strip()) for name in names]
    columns: dict[Any, Any] = {}  # the path of each column, at its place in a record
    for number, path in enumerate(paths):
        if not all(path) or not path:
            refuse(f"column {number + 1} has no name, or a path with an empty step: {short_repr(names[number])}")
        other: Any = columns
        for step in path[:-1]:
            other = other.setdefault(step, {}) if isinstance(other, dict) else other
        if isinstance(other, dict) and path[-1] not in other:
            other[path[-1]] = path
            continue
        other = other[path[-1]] if isinstance(other, dict) else other
        while isinstance(other, dict):
            other = next(iter(other.values()))
        if other == path:
            refuse(f"the column {show_path(path)} stands twice")
        refuse(f"{show_path(other)} and {show_path(path)} do not fit together: one lies in the other")
    return paths


def _read_row(row: Sequence[str], paths: Sequence[Steps], refuse: Callable[[str], NoReturn]) -> dict[Any, Any]:
    """The record of a row; an empty cell leaves its path out."""
    if len(row) != len(paths):
        refuse(f"this row has {len(row)} cells, and there are {len(paths)} columns")
    record: dict[Any, Any] = {}
    for path, cell in zip(paths, row, strict=True):
        if cell:
            inner = record
            for step in path[:-1]:
                inner = inner.setdefault(step, {})
            inner[path[-1]] = _read_cell(cell, refuse)
    return record


def _read_cell(cell: str, refuse: Callable[[str], NoReturn]) -> Any:
    """The value of a cell: text, unless it is written as a number, a truth value, nothing, or a list in JSON."""
    if cell in _WORDS:
        return _WORDS[cell]
    if len(cell) > MOST_DIGITS and cell.strip("-").isdigit():
        refuse(TOO_LONG)
    if _INT.fullmatch(cell):
        return int(cell)
    if _FLOAT.fullmatch(cell):
        return float(cell)
    if cell[0] in "[{":
        return _read_json_cell(cell)
    return cell


class _NoJSONError(Exception):
    """A cell that only begins as JSON does."""


def _read_json_cell(cell: str) -> Any:
    def refuse(_position: int, what: str) -> NoReturn:
        raise _NoJSONError(what)

    try:
        return read_json(cell, refuse, words=True)
    except _NoJSONError:
        return cell
