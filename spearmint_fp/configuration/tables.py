"""Tables of other libraries as rows: none of these libraries is imported, each is met where its values come in."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from .errors import ChoiceError, repr_with_type, short_repr

__all__ = ["is_keyed", "table_content", "table_rows"]

Rows = Sequence[Any]


def table_rows(values: Any) -> Rows | None:
    """The rows of a table as dicts, or the values of a column; None for what is neither.

    Scalars are Python's own. A missing cell (pandas' NA and NaT, a null) is None; NaN stays NaN in a column of floats.
    """
    for module, names, read in _READERS:
        loaded = sys.modules.get(module)
        kinds = tuple(kind for name in names if isinstance(kind := getattr(loaded, name, None), type))
        if kinds and any(kind in type(values).__mro__ for kind in kinds):
            return read(values)
    return None


def table_content(values: Any) -> list[Any] | None:
    """All that tells a table or a column from others: names, types, cells, and its index; None for what is neither."""
    kind = type(values)
    module, name = kind.__module__.partition(".")[0], kind.__name__
    cells: list[Any]
    if module == "pandas" and name == "DataFrame":
        columns = [values.iloc[:, k] for k in range(values.shape[1])]
        cells = [[str(column.dtype), column.tolist()] for column in columns]
        return [values.columns.tolist(), cells, values.index.names, values.index.tolist(), values.attrs]
    if module == "pandas" and name == "Series":
        cells = [str(values.dtype), values.tolist()]
        return [values.name, cells, values.index.names, values.index.tolist(), values.attrs]
    if module == "polars" and name in ("DataFrame", "Series"):
        columns = values.get_columns() if name == "DataFrame" else [values]
        return [[column.name, str(column.dtype), column.to_list()] for column in columns]
    return None


def is_keyed(values: Any) -> bool:
    """True for a collection whose iterator may give keys, or names of columns, rather than what is in it.

    Such are frames, groups and row objects that are no `Mapping`: they have `keys` or `columns`, and are no sequence.
    """
    kind = type(values)
    keyed = hasattr(kind, "__getitem__") and (hasattr(kind, "keys") or hasattr(kind, "columns"))
    return keyed and not hasattr(kind, "tolist") and not isinstance(values, Sequence)


def _records(columns: Iterable[tuple[Any, Iterable[Any]]], count: int, table: Any) -> Rows:
    """Rows of columns that are given as pairs of a name and its values."""
    names, cells = [], []
    for name, values in columns:
        names.append(name)
        cells.append(values)
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise ChoiceError(
            f"the table has {Counter(names)[twice[0]]} columns named {short_repr(twice[0])}, so its rows are no "
            f"records. Rename them: {repr_with_type(table)}"
        )
    if not names:
        return [{} for _ in range(count)]
    return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


# --- pandas ------------------------------------------------------------------------------------------


def _pandas_rows(frame: Any) -> Rows:
    """The rows of a frame; the levels of its index that have a name are columns too."""
    index = frame.index
    named = [(level, index.get_level_values(k)) for k, level in enumerate(index.names) if level is not None]
    cells = [(name, frame.iloc[:, k]) for k, name in enumerate(frame.columns)]
    return _records([(_own(name), _pandas_values(column)) for name, column in (*named, *cells)], len(frame), frame)


def _pandas_values(column: Any) -> list[Any]:
    floats = getattr(column.dtype, "kind", "") == "f" and type(column.dtype).__module__.startswith("numpy")
    values = column.tolist()
    return list(map(_own, values)) if floats else [_or_none(_own(value)) for value in values]


def _or_none(value: Any) -> Any:
    """None for what pandas calls missing outside a column of floats."""
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124  # NaN


def _own(value: Any) -> Any:
    """A scalar of NumPy or pandas as Python's own, where it has one that loses nothing."""
    module, name = type(value).__module__.partition(".")[0], type(value).__name__
    if module == "numpy" and getattr(value, "shape", None) == () and value.dtype.kind not in "mM":
        return value.item()
    if module == "pandas" and name in ("NAType", "NaTType"):
        return None
    if module == "pandas" and name in ("Timestamp", "Timedelta") and not _nanoseconds(value):
        return value.to_pydatetime() if name == "Timestamp" else value.to_pytimedelta()
    return value


def _nanoseconds(value: Any) -> int:
    """The part of a time that Python's own has no place for."""
    return int(getattr(value, "nanosecond", 0) or getattr(value, "nanoseconds", 0))


# --- others ------------------------------------------------------------------------------------------


def _arrow_rows(table: Any) -> Rows:
    pairs = zip(table.column_names, (column.to_pylist() for column in table.columns), strict=True)
    return _records(pairs, table.num_rows, table)


def _native_rows(wrapped: Any) -> Rows:
    """The rows of what narwhals wraps."""
    return table_rows(wrapped.to_native()) or []


def _array_rows(array: Any) -> Rows | None:
    """The records of a structured array; None for an array of plain values."""
    if array.dtype.names is None:
        return None
    if array.ndim != 1:
        raise ChoiceError(f"DynamicValue takes a one-dimensional array of records; got one of shape {array.shape}")
    return _records(_fields(array), len(array), array)


def _fields(array: Any) -> list[tuple[str, Any]]:
    """The fields of a structured array with their values, those of structured fields as records."""
    return [(name, _field_values(array[name])) for name in array.dtype.names]


def _field_values(field: Any) -> Any:
    if field.dtype.names is not None and field.ndim == 1:
        return _array_rows(field)
    return list(field) if field.dtype.kind in "mM" else field.tolist()


_READERS: Final[tuple[tuple[str, tuple[str, ...], Callable[[Any], Rows | None]], ...]] = (
    ("numpy", ("ndarray",), _array_rows),
    ("pandas", ("DataFrame",), _pandas_rows),
    ("pandas", ("Series", "Index"), _pandas_values),
    ("polars", ("DataFrame",), lambda frame: frame.to_dicts()),
    ("polars", ("Series",), lambda series: series.to_list()),
    ("pyarrow", ("Table", "RecordBatch"), _arrow_rows),
    ("pyarrow", ("Array", "ChunkedArray"), lambda array: array.to_pylist()),
    ("narwhals", ("DataFrame", "Series"), _native_rows),
)
