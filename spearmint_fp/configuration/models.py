"""Models of other libraries, recognised without importing them: pydantic's and msgspec's, and their fields."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import Any, Final, get_origin

_mro: Final = type.__dict__["__mro__"].__get__


def derives_from(kind: type, wanted: type) -> bool:
    """`issubclass(kind, wanted)`, without asking the metaclass of either."""
    return any(base is wanted for base in _mro(kind))


def is_model(kind: Any) -> bool:
    """True for the class of a pydantic model."""
    names = ("__pydantic_validator__", "model_validate", "model_fields")
    return isinstance(kind, type) and all(hasattr(kind, name) for name in names)


def is_struct(kind: Any) -> bool:
    """True for the class of a msgspec struct, also where its type variables are filled."""
    struct = getattr(sys.modules.get("msgspec"), "Struct", None)
    if struct is None:
        return False
    cls = get_origin(kind) or kind
    return isinstance(cls, type) and derives_from(cls, struct)


def read_model_fields(value: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The fields of a model or a struct by their own names, and what it holds besides; None for all else.

    Raises:
        AttributeError: an instance whose fields are not all set.
    """
    kind: Any = type(value)
    if is_struct(kind):
        return {name: getattr(value, name) for name in kind.__struct_fields__}, read_attributes(value)
    if is_model(kind):
        return {name: getattr(value, name) for name in kind.model_fields}, dict(value.model_extra or {})
    return None


def read_attributes(struct: Any) -> dict[str, Any]:
    """The attributes of a struct besides its fields, without those that its class computes (`cached_property`)."""
    besides, kind = getattr(struct, "__dict__", {}), type(struct)
    computed = {name for name in besides if isinstance(getattr(kind, name, None), cached_property)}
    return {name: value for name, value in besides.items() if name not in computed}
