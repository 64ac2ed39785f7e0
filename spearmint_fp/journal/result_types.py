"""Types of results: which of them no journal can keep, as far as an annotation tells, and what to return instead."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from inspect import isclass
from typing import Any, get_args

from ..configuration.config import Config
from ..configuration.errors import ArgumentError, EncodingError
from ..configuration.models import derives_from, is_model
from ..configuration.scalars import find_scalar
from ..conversion.fields import is_record_type, list_fields
from ..conversion.problems import format_type
from ..conversion.type_forms import find_class, is_union, make_type_key
from ..conversion.unwrapping import list_members, unwrap_type
from .advice import advise_result, is_frame
from .json_values import EXTENDED


def check_result_type(kind: Any) -> None:
    """Refuse a type of results of which no journal can keep an instance.

    Raises:
        EncodingError: names the class, and what to return instead.
    """
    try:
        bare = unwrap_type(kind)
        members = [one for one in list_members(bare) if one is not type(None)] if is_union(bare) else [bare]
        found = [_find_unwritable(member, set()) for member in members]
    except ArgumentError:  # it names what cannot be found, and so it does not tell
        return
    if found and all(cls is not None for cls in found):
        raise EncodingError(
            f"the function returns {format_type(kind)}, and a journal cannot keep {format_type(found[0])}: it holds "
            f"plain data, NumPy's arrays, and classes with fields. {advise_result(found[0])}. Where the annotation is "
            f"not true, say what is returned: Journal(path, result=dict)"
        )


def _find_unwritable(kind: Any, seen: set[Any]) -> Any:
    """A class in a type of which each instance of the type has an instance that cannot be written; None for none."""
    kind = unwrap_type(kind)
    key = make_type_key(kind)
    if key in seen:
        return None
    seen.add(key)
    if is_union(kind):
        found = [_find_unwritable(member, seen) for member in list_members(kind)]
        return found[0] if all(cls is not None for cls in found) else None
    cls = find_class(kind)
    if not isclass(cls) or _is_unwritable(cls):
        return cls if isclass(cls) else None
    inside = (_find_unwritable(part, seen) for part in _list_needed(kind, cls))
    return next((found for found in inside if found is not None), None)


def _list_needed(kind: Any, cls: Any) -> Sequence[Any]:
    """The types of what a builtin collection holds, and of the fields that an instance has in any case."""
    if is_record_type(cls) and not is_model(cls):
        return [field.kind for field in list_fields(kind) if field.required]
    return get_args(kind) if cls in (list, tuple, dict, set, frozenset) else ()


def _is_unwritable(cls: Any) -> bool:
    """True for a frame, and for a plain class without fields, from which no class is derived that might have some."""
    if is_frame(cls):
        return True
    return (
        type(cls) is type
        and cls.__module__.partition(".")[0] not in ("builtins", "numpy", "typing")
        and cls is not Config
        and not type.__subclasses__(cls)
        and not is_record_type(cls)
        and find_scalar(cls) is None
        and not any(derives_from(cls, base) for base in (*EXTENDED, Enum))
    )
