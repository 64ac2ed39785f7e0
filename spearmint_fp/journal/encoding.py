"""Results and configurations as JSON text, and back: what comes back is equal to what went in, or it is refused.

An instance of a class of the user's is written as its fields, which `structure` makes the class of that is asked for;
where that would come back as anything else, as the name of its class and its parts.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

import attrs

from ..configuration.config import Config
from ..configuration.equality import are_equal
from ..configuration.errors import ArgumentError, ConversionError, EncodingError, TreeError
from ..configuration.fold import SCALAR_TYPES, Algebra, fold
from ..configuration.messages import full_repr, repr_with_type
from ..configuration.models import read_model_fields
from ..configuration.records import FieldsShape, Shape, TupleShape
from ..conversion.convert import structure, unstructure
from ..conversion.fields import list_classes
from ..conversion.problems import ABSENT, format_type
from .arrays import describe_array, is_array
from .json_values import EXTENDED, Reader, Writer, dump_json


def encode_result(value: Any, cls: Any = ABSENT) -> tuple[str, bool]:
    """The value as text, and whether it takes `cls` to read it again: only what is not made of builtins does.

    Raises:
        EncodingError: what cannot be written so that it comes back equal; names the path in the value.
    """
    try:
        return _BUILTINS.write_text(value, value), False
    except EncodingError:
        if cls is ABSENT:
            raise
    return _encode_typed(value, cls), True


def decode_result(text: str, cls: Any = ABSENT) -> Any:
    """The inverse of `encode_result`.

    Raises:
        EncodingError: text that `encode_result` has not written.
        ConversionError: what is no `cls` any more.
    """
    reader = Reader(cls)
    try:
        plain = json.loads(text, object_hook=reader.read_object)
    except (EncodingError, ConversionError, ArgumentError):
        raise
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise EncodingError(f"{repr_with_type(text)} is not what a journal writes: {error}") from error
    return plain if cls is ABSENT or reader.has_made else structure(cls, plain)


_BUILTINS: Final = Writer({})

# --- typed values ------------------------------------------------------------------------------------


def _encode_typed(value: Any, cls: Any) -> str:
    """The text that comes back as this very value: as plain data if that does, else with the names of classes."""
    try:
        return _require_equal(_BUILTINS.write_text(unstructure(value), value), value, cls)
    except EncodingError as error:
        refusal = error
    except (ConversionError, ArgumentError, TreeError) as error:
        refusal = EncodingError(f"it would not come back as {format_type(cls)}: {error}")
        refusal.__cause__ = error
    try:
        return _require_equal(Writer(list_classes(cls)).write_text(value, value), value, cls)
    except (EncodingError, ConversionError, ArgumentError, TreeError):
        raise refusal from refusal.__cause__


def _require_equal(text: str, value: Any, cls: Any) -> str:
    """The text, if it comes back as this value."""
    back = decode_result(text, cls)
    if not _are_same(back, value):
        raise EncodingError(
            f"as {format_type(cls)} it would come back as {repr_with_type(back)}, not as {repr_with_type(value)}"
        )
    return text


def _are_same(one: Any, other: Any) -> bool:
    """True for values that are equal and of the same types all the way down, where NaN equals itself."""
    if type(one) is not type(other) and not (isinstance(one, Config) and isinstance(other, Config)):
        return False
    parts, others = _list_parts(one), _list_parts(other)
    if parts is None or others is None:
        return are_equal(one, other) and full_repr(one) == full_repr(other)
    return len(parts) == len(others) and all(map(_are_same, parts, others))


def _list_parts(value: Any) -> list[Any] | None:
    """The parts of a value that is made of other values, None for all else."""
    kind = type(value)
    if isinstance(value, Enum | type):
        return None
    if is_array(value):
        return describe_array(value)
    if (held := read_model_fields(value)) is not None:
        return [*held, getattr(value, "__pydantic_private__", None)]
    if attrs.has(kind):
        return [getattr(value, f.name, ABSENT) for f in attrs.fields(kind) if f.init or f.eq]
    if is_dataclass(kind):
        return [getattr(value, f.name, ABSENT) for f in fields(kind) if f.init or f.compare]
    own = [vars(value)] if hasattr(value, "__dict__") and not isinstance(value, Config) else []
    if isinstance(value, Mapping):
        return [*own, getattr(value, "default_factory", None), *value.keys(), *value.values()]
    if isinstance(value, set | frozenset):
        return [*own, *sorted(value, key=lambda element: (type(element).__qualname__, full_repr(element)))]
    if isinstance(value, list | tuple | deque):
        return [*own, getattr(value, "maxlen", None), *value]
    base: Any = next((base for base in EXTENDED if isinstance(value, base) and own), None)
    return None if base is None else [*own, base(value)]  # a number or a text with attributes of its own


# --- configurations ----------------------------------------------------------------------------------


def encode_config(config: Any) -> str:
    """A configuration as text: as `unstructure` has it, and leaves that JSON cannot hold by their `repr`."""
    return dump_json(fold(_CONFIG, config))


def _write_config_leaf(value: Any) -> Any:
    if type(value) in SCALAR_TYPES:
        return _BUILTINS.write_leaf(value)
    if isinstance(value, set | frozenset):
        with suppress(EncodingError):
            return _BUILTINS.write_leaf(set(value))
    plain = unstructure(value)
    if isinstance(value, set | frozenset) and isinstance(plain, list):  # its elements have no hash as plain data
        return sorted(fold(_CONFIG, plain), key=dump_json)
    if plain is not value and isinstance(plain, dict | list):  # the fields of a model, or an enum's value
        return fold(_CONFIG, plain)
    try:
        return _BUILTINS.write_leaf(plain)
    except EncodingError:
        return _write_repr(plain)


def _write_config_record(shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
    if isinstance(shape, TupleShape):
        return list(parts)
    try:
        return _BUILTINS.write_object(shape.arguments if isinstance(shape, FieldsShape) else shape.keys, parts)
    except EncodingError:  # a key that JSON cannot hold
        return _write_repr(unstructure(node))


def _write_repr(value: Any) -> Any:
    return {"$text": repr_with_type(value)}


_CONFIG: Final[Algebra[Any]] = Algebra(
    leaf=_write_config_leaf, record=_write_config_record, choice=lambda node, _: _write_repr(node)
)
"""A configuration as JSON has it, in one walk: a journal writes one per outcome."""
