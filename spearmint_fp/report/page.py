"""Outcomes as one HTML page that needs nothing but a browser: its files are `page.html`, `page.css` and `page.js`."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..configuration.errors import ArgumentError
from ..configuration.late import base64, hashlib, html, resources, string
from ..configuration.messages import repr_with_type, suggest_names
from ..configuration.scalars import unbox_scalar
from ..outcomes.cells import ABSENT, as_float, escape_surrogates, format_text, is_number
from ..outcomes.outcomes import Failure, Outcome
from ..outcomes.rows import Column, make_columns, require_outcomes
from ..sweep.core import Sweep
from .columns import MOST_EXACT_FLOAT
from .late import answers

Cell = None | bool | str | int | float | tuple[str] | tuple[str, float | None]

_NONE_CELL: Final = ("None",)
"""None as a cell: null stands for what is absent."""

_UNSAFE: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
"""Characters that could end a script, or begin a comment, inside one."""


def html_page(
    outcomes: Iterable[Outcome[Any, Any]],
    *,
    title: str = "Outcomes",
    sweep: Sweep[Any] | None = None,
    value: str | None = None,
) -> str:
    """The rows of `outcomes` as the text of one HTML page: a table to sort and filter, linked to parallel coordinates.

    The page holds all it needs and loads nothing, so it works offline and can be kept, mailed and put on any server.
    Its own policy forbids the browser every request. Values are shown as text, whatever they hold. Drag along an axis,
    or pick names on it, and the table follows; what the table's filters leave out turns grey. A click on a row shows
    the whole configuration, the result, or the error with its traceback. `value` is the column that colours the lines;
    without it the first number of the result. Write the text with `encoding="utf-8"`.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> page = html_page(run(lambda c: 1 / c.n, expand({"n": DynamicValue([0, 1])})), title="Halves & wholes")
    >>> "<title>Halves &amp; wholes</title>" in page, "ZeroDivisionError: division by zero" in page
    (True, True)
    >>> len(html_page([])) > 10_000
    True

    Raises:
        ArgumentError: not outcomes, as `run` gives them; a title that is no text; no such column.

    See also: `plot`, for a picture; `rows`, for the data.
    """
    if not isinstance(title, str):
        raise ArgumentError(f"title is text; got {repr_with_type(title)}")
    outcomes = require_outcomes(outcomes)
    columns = make_columns(outcomes, sweep=sweep, whole=True)
    colour = _choose_colour(columns, value)
    data = {
        "count": len(outcomes),
        "colour": colour,
        "answers": answers.describe_answers(columns, columns[colour], _encode_cell),
        "columns": [*map(_describe_column, columns), _describe_tracebacks(outcomes)],
    }
    return _fill_page(title, json.dumps(data, separators=(",", ":"), allow_nan=False).translate(_UNSAFE))


def _fill_page(title: str, data: str) -> str:
    """The page with its parts in place. Its policy names them by their hashes, so the browser runs no other script."""
    script, style = _read_part("page.js"), _read_part("page.css")
    sources = f"script-src {_hash_source(script)}; style-src {_hash_source(style)}"
    policy = f"default-src 'none'; img-src data:; {sources}; base-uri 'none'"
    name = html.escape(title.encode("utf-8", "replace").decode("utf-8"))
    return string.Template(_read_part("page.html")).substitute(
        title=name, policy=policy, style=style, script=script, data=data
    )


def _read_part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _choose_colour(columns: Sequence[Column], value: str | None) -> int:
    """The position of the column that colours the lines: the one that was asked for, else the first that fits."""
    names = [column.name for column in columns]
    if value is not None:
        if not isinstance(value, str) or value not in names:
            raise ArgumentError(
                f"value= is the name of a column; there is no {repr_with_type(value)}{suggest_names(value, names)}"
            )
        return names.index(value)
    results = [k for k, column in enumerate(columns) if column.role == "result" and any(map(is_number, column.values))]
    paths = [k for k, column in enumerate(columns) if column.role == "config" and column.varies]
    return next(iter((*results, *paths)), names.index("ok"))


# --- columns -----------------------------------------------------------------------------------------


def _describe_column(column: Column) -> dict[str, Any]:
    return {
        "name": escape_surrogates(column.name),
        "role": column.role,
        "show": _is_shown(column),
        **_encode_values(column.values),
    }


def _is_shown(column: Column) -> bool:
    """True if the table shows the column at first: one that says how the run went only where that is not as usual."""
    usual: dict[str, Any] = {"attempts": 1, "replayed": False, "error": ABSENT}
    if column.role == "run" and column.name in usual:
        return any(value != usual[column.name] for value in column.values)
    return column.varies


def _encode_values(values: Iterable[Any]) -> dict[str, Any]:
    """Each different cell once, and the number of its cell for each row; the numbers left out where all differ."""
    places: dict[tuple[type, Cell], int] = {}
    codes = [places.setdefault((type(cell), cell), len(places)) for cell in map(_encode_cell, values)]
    cells = [cell for _, cell in places]
    return {"cells": cells} if len(cells) == len(codes) else {"cells": cells, "codes": codes}


def _encode_cell(value: Any) -> Cell:
    """A value as JSON: null where there is none; a number that JavaScript would round goes with its text."""
    single = unbox_scalar(value)
    if single is ABSENT or single is None:
        return None if single is ABSENT else _NONE_CELL
    if type(single) is bool:
        return single
    if type(single) is float and math.isfinite(single) and not single.is_integer():
        return single
    if type(single) is int and abs(single) <= MOST_EXACT_FLOAT:  # a number of JavaScript is a float
        return single
    return (
        (escape_surrogates(format_text(single)), _order_number(single))
        if is_number(single)
        else escape_surrogates(format_text(single))
    )


def _order_number(value: Any) -> float | None:
    """The float by which a number is ordered; None for NaN."""
    number = as_float(value)
    if math.isinf(number):
        return math.copysign(sys.float_info.max, number)
    return None if math.isnan(number) else number


def _describe_tracebacks(outcomes: Sequence[Outcome[Any, Any]]) -> dict[str, Any]:
    texts = (outcome.error.traceback if isinstance(outcome, Failure) else ABSENT for outcome in outcomes)
    return {"name": "traceback", "role": "traceback", "show": False, **_encode_values(texts)}
