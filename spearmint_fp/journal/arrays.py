"""NumPy's arrays as JSON has them, and back: by type, shape and bytes. NumPy is loaded only where there is one."""

from __future__ import annotations

import sys
from binascii import a2b_base64, b2a_base64
from importlib import import_module
from math import prod
from typing import Any

from ..configuration.errors import EncodingError
from ..configuration.messages import repr_with_type
from ..configuration.scalars import unbox_builtin


def is_array(value: Any) -> bool:
    """True for an array, and for a scalar of NumPy's that no builtin equals, such as a `datetime64`."""
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value).__module__.partition(".")[0] != "numpy":
        return False
    return type(value) is numpy.ndarray or (isinstance(value, numpy.generic) and unbox_builtin(value) is value)


def write_array(value: Any) -> list[Any]:
    """The type, the shape (None for a scalar), the order and the bytes.

    Raises:
        EncodingError: an array of Python objects, or of a type that NumPy does not make again from its description.
    """
    numpy = import_module("numpy")
    array = numpy.asarray(value)
    kind = _write_dtype(array.dtype)
    if array.dtype.hasobject or not _is_remade(kind, array.dtype):
        raise EncodingError(
            f"{repr_with_type(value)} is an array of {str(array.dtype)!r}, whose bytes do not say what is in it. "
            f"Return value.tolist()"
        )
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    shape = None if isinstance(value, numpy.generic) else list(array.shape)
    return [kind, shape, order, b2a_base64(array.tobytes(order), newline=False).decode()]


def read_array(parts: list[Any]) -> Any:
    """The inverse of `write_array`; an array of its own, that may be written.

    Raises:
        ValueError, TypeError: parts that it has not written.
    """
    kind, shape, order, text = parts
    dtype, data = _read_dtype(kind), bytearray(a2b_base64(text, strict_mode=True))
    sizes = tuple(shape or ())
    if dtype.hasobject or prod(sizes) * dtype.itemsize != len(data):
        raise ValueError(f"{len(data)} bytes are no array of {dtype} of shape {sizes}")
    array = import_module("numpy").ndarray(sizes, dtype, data, order=order)
    return array[()] if shape is None else array


def describe_array(array: Any) -> list[Any]:
    """The parts that are equal for two arrays, or two scalars, that are the same."""
    return [str(array.dtype), array.shape, array.tobytes() if array.shape else repr(array)]


def _write_dtype(dtype: Any) -> Any:
    """A type as NumPy's text; one with fields as their names, types and places."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return {"base": _write_dtype(base), "shape": list(shape)}
    if dtype.fields is None:
        return dtype.str
    fields = [dtype.fields[name] for name in dtype.names]
    written = {
        "names": list(dtype.names),
        "formats": [_write_dtype(field[0]) for field in fields],
        "offsets": [field[1] for field in fields],
        "itemsize": dtype.itemsize,
    }
    titles = [field[2] if len(field) > 2 else None for field in fields]  # the third is the title
    return written | {"titles": titles} if any(titles) else written


def _read_dtype(kind: Any) -> Any:
    numpy = import_module("numpy")
    if isinstance(kind, str):
        return numpy.dtype(kind)
    if "base" in kind:
        return numpy.dtype((_read_dtype(kind["base"]), tuple(kind["shape"])))
    return numpy.dtype({**kind, "formats": [_read_dtype(part) for part in kind["formats"]]})


def _is_remade(kind: Any, dtype: Any) -> bool:
    try:
        return bool(_read_dtype(kind) == dtype)
    except (TypeError, ValueError):
        return False
