"""The number of each outcome that pictures and statistics are made of: a column of `rows`, or a function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type, suggest_names
from ..configuration.scalars import unbox_scalar
from ..outcomes.cells import ABSENT, as_float, is_number
from ..outcomes.outcomes import Outcome, Success
from ..outcomes.rows import Column

Value = str | Callable[[Success[Any, Any]], Any]
"""The name of a column of `rows` ("result.accuracy"), or a function of a success."""


def read_numbers(
    outcomes: Sequence[Outcome[Any, Any]], columns: Sequence[Column], value: Value | None
) -> tuple[tuple[float | None, ...], str]:
    """A number for each outcome, None where there is none, and what they are called.

    Without a value the numbers are the results, or the one field of the results that holds numbers. They are as
    `as_number` has them.
    """
    if not (value is None or isinstance(value, str) or callable(value)):
        raise ArgumentError(f"value= is the name of a column or a function of a success; got {repr_with_type(value)}")
    if callable(value):
        name = getattr(value, "__name__", "value")
        source, name = "the function", "value" if name == "<lambda>" else name
        cells = tuple([value(outcome) if isinstance(outcome, Success) else ABSENT for outcome in outcomes])
    elif any(outcome.ok for outcome in outcomes):
        column = _find_column(columns, value)
        source, name, cells = f"column {column.name!r}", column.name, column.values
    else:  # no failure has a result to read
        source, name, cells = "", value or "result", (ABSENT,) * len(outcomes)
    return tuple(_read_number(source, cell, outcome) for cell, outcome in zip(cells, outcomes, strict=True)), name


def _find_column(columns: Sequence[Column], value: str | None) -> Column:
    """The column of that name; for None that of the results, or of their only field that holds numbers."""
    known = {column.name: column for column in columns if any(map(counts_as_number, column.values))}
    if value is None:
        fields = [column for column in known.values() if column.role == "result"]
        fields = fields or [column for column in columns if column.name == "result"]
        if len(fields) == 1:
            return fields[0]
        names = ", ".join(repr(column.name) for column in fields)
        raise ArgumentError(
            f"the results have several fields that hold numbers: {names}. Choose one with value="
            if fields
            else "no field of the results holds numbers. Give value= a function of a success"
        )
    column = next((column for column in columns if column.name == value), None)
    if column is None:
        raise ArgumentError(
            f"value= is the name of a column or a function of a success; there is no column "
            f"{repr_with_type(value)}{suggest_names(value, known)}"
        )
    return column


def counts_as_number(value: Any) -> bool:
    """True for a number or a truth value."""
    return is_number(value) or isinstance(unbox_scalar(value), bool)


def _read_number(source: str, value: Any, outcome: Outcome[Any, Any]) -> float | None:
    if value is None or value is ABSENT:
        return None
    if not counts_as_number(value):
        raise ArgumentError(
            f"{source} gives {repr_with_type(value)} for outcome {outcome.index}, which is no number. "
            f"Name a column that holds numbers, or give value= a function of a success"
        )
    return as_number(value)


def as_number(value: Any) -> float:
    """A number as a float; a whole one that is within the range of floats as it is, so that differences are exact."""
    single = unbox_scalar(value)
    return single if type(single) is int and abs(single) <= sys.float_info.max else as_float(single)
