"""Advice to whoever returns a result that a journal cannot keep."""

from __future__ import annotations

from typing import Final

_PLAIN: Final = {
    "pandas.DataFrame": "to_dict(orient='list')",
    "polars.DataFrame": "to_dict(as_series=False)",
    "polars.LazyFrame": "collect().to_dict(as_series=False)",
    "pandas.Series": "tolist()",
    "polars.Series": "to_list()",
    "pyarrow.Table": "to_pydict()",
    "xarray.Dataset": "to_dict()",
    "xarray.DataArray": "to_dict()",
}
"""How frames become plain data, by library and class."""


def is_frame(cls: type) -> bool:
    """True for the class of a table or a column of another library, and for what is derived from one."""
    return _find_method(cls) is not None


def advise_result(cls: type) -> str:
    """A sentence without its end: what to return in place of an instance."""
    method = _find_method(cls) or ("tolist()" if hasattr(cls, "tolist") else None)
    if method is None:
        return "Return plain data"
    return f"Return value.{method}, or write it to a file and return its path"


def _find_method(cls: type) -> str | None:
    names = (
        f"{base.__module__.partition('.')[0]}.{base.__qualname__}" for base in type.__dict__["__mro__"].__get__(cls)
    )
    return next((_PLAIN[name] for name in names if name in _PLAIN), None)
