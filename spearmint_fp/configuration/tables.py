"""Tables of other libraries as rows: none of these libraries is imported, each is met where its values come in."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, Final

from .errors import ChoiceError
from .messages import repr_with_type, short_repr

Rows = Sequence[Any]


def read_rows(values: Any) -> Rows | None:
    """The rows of a table as dicts, or the values of a column; None for what is neither.

    Scalars are Python's own. A missing cell (pandas' NA and NaT, a null) is None; NaN stays NaN in a column of floats.
    """
    for module, names, read in _READERS:
        loaded = sys.modules.get(module)
        kinds = tuple(kind for name in names if isinstance(kind := getattr(loaded, name, None), type))
        if kinds and any(kind in type(values).__mro__ for kind in kinds):
            return read(values)
    return None


def list_content(values: Any) -> list[Any] | None:
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


def _zip_columns(columns: Iterable[tuple[Any, Iterable[Any]]], count: int, table: Any) -> Rows:
    """The `count` rows of columns that are given as pairs of a name and its values."""
    pairs = list(columns)
    names = [name for name, _ in pairs]
    name, times = max(Counter(names).items(), key=itemgetter(1), default=(None, 0))
    if times > 1:
        raise ChoiceError(
            f"the table has {times} columns named {short_repr(name)}, so its rows are no records. "
            f"Rename them: {repr_with_type(table)}"
        )
    if not names:
        return [{} for _ in range(count)]
    return [dict(zip(names, row, strict=True)) for row in zip(*(cells for _, cells in pairs), strict=True)]


def _read_frame(frame: Any) -> Rows:
    """The rows of a frame of pandas; the levels of its index that have a name are columns too."""
    index = frame.index
    named = [(level, index.get_level_values(k)) for k, level in enumerate(index.names) if level is not None]
    cells = [(name, frame.iloc[:, k]) for k, name in enumerate(frame.columns)]
    columns = ((_unbox_cell(name), _read_series(column)) for name, column in (*named, *cells))
    return _zip_columns(columns, len(frame), frame)


def _read_series(column: Any) -> list[Any]:
    """The values of a column of pandas; what it calls missing is None outside a column of floats."""
    values = list(map(_unbox_cell, column.tolist()))
    if getattr(column.dtype, "kind", "") == "f" and type(column.dtype).__module__.startswith("numpy"):
        return values
    return [None if isinstance(value, float) and value != value else value for value in values]  # noqa: PLR0124


def _unbox_cell(value: Any) -> Any:
    """A scalar of NumPy or pandas as Python's own, where it has one that loses nothing."""
    module, name = type(value).__module__.partition(".")[0], type(value).__name__
    if module == "numpy" and getattr(value, "shape", None) == () and value.dtype.kind not in "mM":
        return value.item()
    if module == "pandas" and name in ("NAType", "NaTType"):
        return None
    if module == "pandas" and name == "Timestamp" and not value.nanosecond:
        return value.to_pydatetime()
    if module == "pandas" and name == "Timedelta" and not value.nanoseconds:
        return value.to_pytimedelta()
    return value


def _read_arrow(table: Any) -> Rows:
    columns = zip(table.column_names, (column.to_pylist() for column in table.columns), strict=True)
    return _zip_columns(columns, table.num_rows, table)


def _read_records(array: Any) -> Rows | None:
    """The records of a structured array, fields that are structured as records too; None for plain values."""
    if array.dtype.names is None:
        return None
    if array.ndim != 1:
        raise ChoiceError(f"DynamicValue takes a one-dimensional array of records; got one of shape {array.shape}")
    return _zip_columns(((name, _read_field(array[name])) for name in array.dtype.names), len(array), array)


def _read_field(field: Any) -> Any:
    if field.dtype.names is not None and field.ndim == 1:
        return _read_records(field)
    return list(field) if field.dtype.kind in "mM" else field.tolist()


_READERS: Final[tuple[tuple[str, tuple[str, ...], Callable[[Any], Rows | None]], ...]] = (
    ("numpy", ("ndarray",), _read_records),
    ("pandas", ("DataFrame",), _read_frame),
    ("pandas", ("Series", "Index"), _read_series),
    ("polars", ("DataFrame",), lambda frame: frame.to_dicts()),
    ("polars", ("Series",), lambda series: series.to_list()),
    ("pyarrow", ("Table", "RecordBatch"), _read_arrow),
    ("pyarrow", ("Array", "ChunkedArray"), lambda array: array.to_pylist()),
    ("narwhals", ("DataFrame", "Series"), lambda wrapped: read_rows(wrapped.to_native())),
)
