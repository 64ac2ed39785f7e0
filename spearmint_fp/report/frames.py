"""Outcomes and sweeps as data frames of pandas and polars, which are imported here alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from ..configuration.errors import ArgumentError
from ..configuration.extras import require
from ..configuration.late import datetime
from ..configuration.messages import repr_with_type
from ..configuration.scalars import unbox_scalar
from ..outcomes.cells import ABSENT, Absent, escape_surrogates, format_text
from ..outcomes.outcomes import Outcome
from ..outcomes.rows import format_path, make_columns
from ..sweep.core import Sweep
from .columns import MOST_EXACT_FLOAT, columns, split_absent

if TYPE_CHECKING:
    import pandas
    import polars

Kind = Literal["int", "bool", "float", "text", "time", "other"]

_KINDS: Final[dict[frozenset[type], Kind]] = {
    frozenset({bool}): "bool",
    frozenset({float}): "float",
    frozenset({str}): "text",
}

_REFUSALS: Final = (ValueError, TypeError, OverflowError, ArithmeticError)
"""The errors of a library that has no room for a value: a date beyond its years, half of a character."""


@overload
def frame(
    outcomes: Iterable[Outcome[Any, Any]] | Sweep[Any],
    *,
    library: Literal["pandas"] = "pandas",
    sweep: Sweep[Any] | None = None,
) -> pandas.DataFrame: ...
@overload
def frame(
    outcomes: Iterable[Outcome[Any, Any]] | Sweep[Any],
    *,
    library: Literal["polars"],
    sweep: Sweep[Any] | None = None,
) -> polars.DataFrame: ...
def frame(
    outcomes: Iterable[Outcome[Any, Any]] | Sweep[Any],
    *,
    library: Literal["pandas", "polars"] = "pandas",
    sweep: Sweep[Any] | None = None,
) -> Any:
    """`DataFrame(rows(outcomes, sweep=sweep))` of pandas or polars, with the types that the values have.

    Of a sweep: `DataFrame(columns(sweep))`, one row per configuration, before anything has run. Numbers, truth values
    and text keep their types beside absent values, which are null: `pandas.NA` in pandas, `NaT` among times, so that
    NaN is never one. None is a value, of a type of its own. A column of several types, or of values that a data frame
    has no type for, holds the values themselves in pandas (`object`), and their text in polars: None there, `"None"`
    here, and null in both for what is absent. Whole numbers beyond 64 bits are such values.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"lr": DynamicValue([0.1, 0.0]), "n": 3})
    >>> frame(run(lambda c: int(c.n / c.lr), sweep))[["lr", "result", "ok"]]
        lr  result     ok
    0  0.1      30   True
    1  0.0    <NA>  False
    >>> frame(sweep).to_dict("records")
    [{'lr': 0.1, 'n': 3}, {'lr': 0.0, 'n': 3}]

    Raises:
        ArgumentError: neither outcomes nor a sweep; a library that is neither; a sweep together with `sweep=`.
        SizeError: a sweep of more than 10^9 configurations.
        MissingExtraError: the library is not installed.

    See also: `rows`, the same as plain dicts; `columns`, the same as arrays.
    """
    if library not in ("pandas", "polars"):
        raise ArgumentError(
            f'frame makes a data frame of library="pandas" or library="polars"; got {repr_with_type(library)}'
        )
    module = require(library, extra=library, what=f'frame(library="{library}")')
    make = _make_pandas_series if library == "pandas" else _make_polars_series
    return module.DataFrame(
        {name: make(module, name, values) for name, values in _read_columns(outcomes, sweep).items()}
    )


def _read_columns(outcomes: Any, sweep: Sweep[Any] | None) -> Mapping[str, Any]:
    """The columns by name: arrays of a sweep, lists of values of outcomes."""
    if not isinstance(outcomes, Sweep):
        return {column.name: list(map(unbox_scalar, column.values)) for column in make_columns(outcomes, sweep=sweep)}
    if sweep is not None:
        raise ArgumentError("sweep= says which paths of outcomes vary; a sweep has all of its own. Leave it out")
    arrays = columns(outcomes)
    return {format_path(path) if path else "config": _list_values(array) for path, array in arrays.items()}


def _list_values(array: Any) -> Any:
    """An array of a type of its own as it is, else the list of its objects, with `ABSENT` where it is masked."""
    if array.dtype != object:
        return array
    if not hasattr(array, "mask"):
        return array.tolist()
    return [ABSENT if gone else value for value, gone in zip(array.data.tolist(), array.mask, strict=True)]


def find_kind(values: Sequence[Any]) -> Kind:
    """The kind that all values of a column have, apart from those that are absent."""
    kinds = frozenset(map(type, values)) - {Absent}
    if kinds == {int}:
        return "int" if all(-(2**63) <= v < 2**63 for v in values if v is not ABSENT) else "other"
    if kinds == {int, float}:
        return "float" if all(abs(v) <= MOST_EXACT_FLOAT for v in values if type(v) is int) else "other"
    if kinds in _KINDS:
        return _KINDS[kinds]
    times = {datetime.date, datetime.datetime, datetime.time, datetime.timedelta}
    return "time" if len(kinds) == 1 and kinds <= times else "other"


def _make_pandas_series(pd: Any, _: str, values: Any) -> Any:
    if not isinstance(values, list):
        return values
    kind, absent = find_kind(values), any(value is ABSENT for value in values)
    times = kind == "time" and {*map(type, values)} <= {datetime.datetime, datetime.timedelta, Absent}
    cells = [(pd.NaT if times else pd.NA) if value is ABSENT else value for value in values] if absent else values
    if kind == "float" and absent:  # with a mask, so that NaN stays a number: pandas' own conversion makes it NA
        return pd.Series(pd.arrays.FloatingArray(*split_absent(values)))
    known = {"int": "Int64" if absent else "int64", "bool": "boolean" if absent else "bool", "float": "float64"}
    if kind in known:
        return pd.Series(cells, dtype=known[kind])
    if kind == "other" or (kind == "time" and absent and not times):
        return pd.Series(cells, dtype=object)
    typed = "string" if kind == "text" and absent else None
    try:
        return pd.Series(cells, dtype=typed)
    except _REFUSALS:
        return pd.Series(cells, dtype=object)


def _make_polars_series(pl: Any, name: str, values: Any) -> Any:
    if not isinstance(values, list):
        return pl.Series(name, values)
    kind = find_kind(values)
    known = {"int": pl.Int64, "bool": pl.Boolean, "float": pl.Float64}
    cells = [None if value is ABSENT else value for value in values]
    if kind in known:
        return pl.Series(name, cells, dtype=known[kind], strict=False)
    if kind in ("time", "text"):
        with suppress(*_REFUSALS):
            return pl.Series(name, cells)
    texts = [None if value is ABSENT else escape_surrogates(format_text(value)) for value in values]
    return pl.Series(name, texts, dtype=pl.String)
