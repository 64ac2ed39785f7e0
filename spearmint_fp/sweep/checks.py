"""Which types may refuse values together that they take one by one: then looking at every axis alone is not enough."""

from __future__ import annotations

import dataclasses
from types import UnionType
from typing import Annotated, Any, Final, NotRequired, Required, TypeVar, Union, get_args, get_origin

import attrs

from ..configuration.models import is_model, is_struct
from ..conversion.fields import list_field_types
from ..conversion.type_forms import is_typeddict

_OF_ONE_VALUE: Final = frozenset(
    {
        "_InValidator",
        "_InstanceOfValidator",
        "_MatchesReValidator",
        "_MaxLengthValidator",
        "_MinLengthValidator",
        "_NumberValidator",
    }
)
"""The validators of attrs that look at their field alone and hold no function of the user's."""


def sees_several(kind: Any, _known: tuple[Any, ...] = ()) -> bool:
    """True where a type, or one inside it, may refuse several values together; False only where that is certain.

    >>> from dataclasses import make_dataclass
    >>> sees_several(make_dataclass("Plain", [("a", int), ("b", float)])), sees_several(list[int] | list[str])
    (False, True)
    """
    if any(kind is known for known in _known):
        return False
    known, origin, arguments = (*_known, kind), get_origin(kind), get_args(kind)
    if origin in (Annotated, Required, NotRequired):
        return sees_several(arguments[0], known)
    if origin in (Union, UnionType):
        wide = [argument for argument in arguments if _has_parts(argument)]
        return len(wide) > 1 or any(sees_several(argument, known) for argument in wide)
    if hasattr(kind, "__value__"):
        return sees_several(kind.__value__, known)
    cls: Any = origin or kind
    if any(sees_several(argument, known) for argument in arguments):
        return True
    if not isinstance(cls, type) or not _has_fields(cls):
        return False
    return _has_own_code(cls) or any(sees_several(field_type, known) for field_type in list_field_types(cls))


def _has_fields(cls: Any) -> bool:
    made = attrs.has(cls) or dataclasses.is_dataclass(cls) or is_typeddict(cls)
    return made or is_model(cls) or is_struct(cls) or isinstance(getattr(cls, "_fields", None), tuple)


def _has_parts(kind: Any) -> bool:
    """False for a type whose values are scalars, so that there is nothing to combine."""
    if isinstance(kind, TypeVar):  # any type may stand for it
        return True
    return bool(get_args(kind)) or hasattr(kind, "__value__") or (isinstance(kind, type) and _has_fields(kind))


def _has_own_code(cls: Any) -> bool:
    """True if a class runs code that may look at several of its fields."""
    if is_model(cls):
        validators = ("validators", "field_validators", "root_validators", "model_validators")
        hooked = any("model_post_init" in vars(base) for base in cls.__mro__[:-2])
        rooted = getattr(cls, "__pydantic_root_model__", False)
        return hooked or rooted or any(getattr(cls.__pydantic_decorators__, name, True) for name in validators)
    if any(hasattr(cls, name) for name in ("__attrs_pre_init__", "__attrs_post_init__", "__post_init__")):
        return True
    if is_typeddict(cls) or is_struct(cls):
        return False
    code = getattr(getattr(cls, "__new__" if hasattr(cls, "_fields") else "__init__"), "__code__", None)
    if code is None or not code.co_filename.startswith("<"):
        return True
    return attrs.has(cls) and any(map(_sees_others, attrs.fields(cls)))


def _sees_others(field: Any) -> bool:
    """True if what an attrs field runs may look at other fields."""
    checks, converts = field.validator, isinstance(field.converter, attrs.Converter)
    alone = checks is None or (type(checks).__module__ == "attr.validators" and type(checks).__name__ in _OF_ONE_VALUE)
    return not alone or converts or getattr(field.default, "takes_self", False)
