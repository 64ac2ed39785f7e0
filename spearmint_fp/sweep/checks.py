"""Types looked at as they are declared: which may refuse values together, and which keep the values they are made from.

One that judges by types alone need not see every value. Of a type that may refuse values together, which it takes one
by one, looking at every axis alone is not enough. In an instance of a class that keeps its values, the values of the
axes are found again.
"""

from __future__ import annotations

import dataclasses
from abc import ABCMeta
from datetime import date, datetime
from inspect import getattr_static, isclass
from pathlib import Path, PurePath
from types import MemberDescriptorType
from typing import Any, Final, TypeVar, get_args, get_origin
from uuid import UUID

import attrs

from ..configuration.models import is_model, is_struct
from ..conversion.fields import is_record_type, list_field_types
from ..conversion.type_forms import is_typeddict, is_union, make_type_key
from ..conversion.unwrapping import unwrap_type
from .patterns import KEPT_SCALARS

_TEXT_FORMS: Final = (Path, PurePath, date, datetime, UUID)
"""Types whose values may be given as text, which is not found in them again where it stands inside a list."""

_INIT_HOOKS: Final = ("__attrs_pre_init__", "__attrs_post_init__", "__post_init__")

_GENERATED: Final = ("<attrs generated", "<string>")
"""How the names of files begin in which attrs and dataclasses say that their methods are."""

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


def may_refuse_together(kind: Any, _known: tuple[Any, ...] = ()) -> bool:
    """True where a type, or one inside it, may refuse several values together; False only where that is certain.

    >>> from dataclasses import make_dataclass
    >>> plain = make_dataclass("Plain", [("a", int), ("b", float)])
    >>> may_refuse_together(plain), may_refuse_together(list[int] | list[str])
    (False, True)
    """
    bare, key = unwrap_type(kind), make_type_key(kind)
    if key in _known:  # a type that contains itself
        return False
    known, arguments, cls = (*_known, key), get_args(bare), get_origin(bare) or bare
    if is_union(bare):
        arguments = tuple(filter(_has_parts, arguments))
        if len(arguments) > 1:
            return True
    if any(may_refuse_together(argument, known) for argument in arguments):
        return True
    if not isclass(cls) or not is_record_type(cls):
        return False
    return _has_own_code(cls) or any(may_refuse_together(field_type, known) for field_type in list_field_types(cls))


def _has_parts(kind: Any) -> bool:
    """False for a type whose values are scalars, so that there is nothing to combine."""
    bare = unwrap_type(kind)
    return isinstance(kind, TypeVar) or bool(get_args(bare)) or is_record_type(bare)  # a variable stands for any type


def _has_own_code(cls: Any) -> bool:
    """True if a class runs code that may look at several of its fields."""
    if is_model(cls):
        validators = ("validators", "field_validators", "root_validators", "model_validators")
        hooked = any("model_post_init" in vars(base) for base in cls.__mro__[:-2])
        rooted = getattr(cls, "__pydantic_root_model__", False)
        return hooked or rooted or any(getattr(cls.__pydantic_decorators__, name, True) for name in validators)
    if any(hasattr(cls, name) for name in _INIT_HOOKS):
        return True
    if is_typeddict(cls) or is_struct(cls):
        return False
    code = getattr(getattr(cls, "__new__" if hasattr(cls, "_fields") else "__init__"), "__code__", None)
    if code is None or not code.co_filename.startswith(_GENERATED) or _has_own_setters(cls):
        return True
    return attrs.has(cls) and any(map(_may_see_others, attrs.fields(cls)))


def _has_own_setters(cls: Any) -> bool:
    """True if a class runs code of its own where a field is set: `__setattr__`, or a descriptor in its place."""
    is_frozen = getattr(getattr(cls, "__dataclass_params__", None), "frozen", False)
    file = getattr(getattr(cls.__setattr__, "__code__", None), "co_filename", "")
    if cls.__setattr__ is not object.__setattr__ and file != _ATTRS_FILE and not is_frozen:
        return True
    fields = attrs.fields(cls) if attrs.has(cls) else dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()
    places = (getattr_static(cls, field.name, None) for field in fields)
    return any(hasattr(type(place), "__set__") and type(place) is not MemberDescriptorType for place in places)


_ATTRS_FILE: Final = attrs.Attribute.__init__.__code__.co_filename
"""Where attrs has the `__setattr__` of its classes, which refuses, or runs validators and converters."""


def _may_see_others(field: Any) -> bool:
    """True if what an attrs field runs may look at other fields."""
    converts = isinstance(field.converter, attrs.Converter)
    return not _looks_alone(field.validator) or converts or getattr(field.default, "takes_self", False)


def _looks_alone(validator: Any) -> bool:
    """True for no validator, and for one of attrs that looks at its field alone."""
    kind = type(validator)
    return validator is None or (kind.__module__ == "attr.validators" and kind.__name__ in _OF_ONE_VALUE)


# --- types that judge by types alone ------------------------------------------------------------------------------


def judges_by_types(kind: Any, _known: tuple[Any, ...] = ()) -> bool:
    """True only where a type certainly takes or refuses plain data by its keys and the types of its scalars alone.

    >>> judges_by_types(dict[str, list[int | None]]), judges_by_types(dict[str, Path])
    (True, False)
    """
    if kind in KEPT_SCALARS or kind is None or kind in (Any, object) or kind in _known:
        return True
    cls, arguments = get_origin(kind) or kind, get_args(kind)
    if is_union(kind) or cls in (list, tuple, dict):
        return all(judges_by_types(argument, _known) for argument in arguments if argument is not Ellipsis)
    if not isclass(cls) or arguments or not (attrs.has(cls) or dataclasses.is_dataclass(cls)):
        return False
    if not keeps_fields(cls) or _has_own_code(cls):  # a default may be computed from the other fields
        return False
    return all(judges_by_types(field_type, (*_known, kind)) for field_type in list_field_types(cls))


# --- classes that keep the values that they are made from ------------------------------------------------------


def keeps_values(kind: Any, *, inside: bool = False) -> bool:
    """True only where an instance of a type certainly holds the values that made it, and is equal by them alone.

    `inside` is for the elements of a list: text among them is not looked up as anything else.
    """
    arguments, origin = get_args(kind), get_origin(kind)
    if kind in KEPT_SCALARS or kind in _TEXT_FORMS:
        return kind in KEPT_SCALARS or not inside
    if origin in (list, tuple):
        return all(keeps_values(argument, inside=True) for argument in arguments if argument is not Ellipsis)
    if is_union(kind) or origin is dict:
        return all(keeps_values(argument, inside=inside) for argument in arguments)
    return not inside and origin is None and isclass(kind) and _has_generated_methods(kind) and _has_kept_fields(kind)


def keeps_fields(cls: Any) -> bool:
    """True only where an instance of an attrs class or a dataclass certainly holds the very values that made it."""
    if not _has_generated_methods(cls):
        return False
    return not attrs.has(cls) or not any(field.converter or field.validator for field in attrs.fields(cls))


def _has_generated_methods(cls: Any) -> bool:
    """True if a class does nothing of its own when it is made and compared."""
    names = [getattr(getattr(cls, name), "__code__", None) for name in ("__init__", "__eq__")]
    return (
        type(cls) in (type, ABCMeta)
        and cls.__new__ is object.__new__
        and cls.__getattribute__ is object.__getattribute__
        and not any(hasattr(cls, name) for name in (*_INIT_HOOKS, "__getattr__"))
        and not _has_own_setters(cls)
        and all(code is not None and code.co_filename.startswith(_GENERATED) for code in names)
    )


def _has_kept_fields(cls: Any) -> bool:
    if attrs.has(cls):
        plain = all(
            f.init and f.eq and _looks_alone(f.validator) and not (f.eq_key or f.converter) for f in attrs.fields(cls)
        )
    elif dataclasses.is_dataclass(cls):
        plain = all(field.init and field.compare for field in dataclasses.fields(cls))
    else:
        return False
    return plain and all(map(keeps_values, list_field_types(cls)))
