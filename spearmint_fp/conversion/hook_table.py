"""The table of hooks: what a type is, and what makes the hook of such a type."""

from __future__ import annotations

import enum
import sys
from collections import abc
from collections.abc import Mapping
from functools import cache
from inspect import isclass
from typing import Any, Final, Literal, TypeVar, get_args

from ..configuration.config import Config
from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.models import is_model
from .container_hooks import is_container, make_container_hook
from .fields import NO_TYPE, is_structured
from .hooks import Form, Hook, Hooks
from .models import complete_model, make_bounds_check, validate_model
from .problems import expected, type_name
from .record_hooks import make_record_hook
from .scalar_hooks import convert_enum, convert_literal, convert_none, find_scalar_hook
from .type_forms import is_form, is_literal, is_named_tuple, is_typeddict, is_union, origin_of
from .union_hooks import make_union_hook
from .unwrapping import is_wrapped, unwrap_once, unwrap_type

Extra = Literal["forbid", "ignore"]


def find_hook(cls: Any, extra: Any) -> Hook:
    """The hook of a type.

    Raises:
        ArgumentError: `cls` is no type, or its fields cannot be read; `extra` is neither "forbid" nor "ignore".
    """
    if type(extra) is not str or extra not in ("forbid", "ignore"):
        raise ArgumentError(
            f"extra is 'forbid' or 'ignore', for keys that a class does not have; got {repr_with_type(extra)}"
        )
    try:
        return _make_hooks(extra == "ignore").find(type(None) if cls is None else cls)
    except ArgumentError:
        raise
    except Exception as error:
        raise ArgumentError(f"{NO_TYPE}; got {repr_with_type(cls)} as the type: {short_repr(error)}") from error


@cache
def _make_hooks(ignoring_extra: bool) -> Hooks:
    return Hooks(_FORMS, strict=_make_hooks(False)) if ignoring_extra else Hooks(_FORMS)


def _convert_config(value: Any, _: Any) -> Config:
    if not isinstance(value, Mapping):
        raise expected("a mapping", value)
    return Config(value)


def _make_wrapped_hook(kind: Any, hooks: Hooks) -> Hook:
    unwrap_type(kind)  # refuses an alias that stands for itself
    inner = unwrap_once(kind)
    hook = hooks.find(inner)
    return lambda value, _: hook(value, inner)


def _make_bounded_hook(kind: Any, hooks: Hooks) -> Hook:
    """The hook of a type that msgspec annotates with bounds."""
    check, base = make_bounds_check(kind), get_args(kind)[0]
    hook = hooks.find(base)
    return lambda value, _: check(hook(value, base)) if check else hook(value, base)


def _make_model_hook(cls: Any, hooks: Hooks) -> Hook:
    complete_model(cls)

    def check(value: Any, _: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping) and not getattr(cls, "__pydantic_root_model__", False):
            raise expected(f"a mapping for {type_name(cls)}", value)
        return validate_model(cls, value, ignore=hooks.ignores_extra)

    return check


def _make_class_hook(kind: Any, _: Hooks) -> Hook:
    """The hook of `type[C]`: it takes C and its subclasses."""
    wanted = _list_classes(get_args(kind)[0]) if get_args(kind) else (object,)

    def check(value: Any, _: Any) -> Any:
        if not isinstance(value, type) or not issubclass(value, wanted):
            raise expected(type_name(kind), value)
        return value

    return check


def _list_classes(kind: Any) -> tuple[type, ...]:
    """The classes that a type is made of."""
    bare = unwrap_type(kind)
    if bare is Any:
        return (object,)
    if is_union(bare):
        return tuple(cls for member in get_args(bare) for cls in _list_classes(member))
    origin = type(None) if bare is None else origin_of(bare)
    if not isclass(origin) or is_typeddict(origin) or getattr(origin, "_is_protocol", False):
        raise ArgumentError(f"type[C] takes a class; got {repr_with_type(kind)} as C")
    return (origin,)


def _make_instance_hook(kind: Any, _: Hooks) -> Hook:
    """The hook of a class that has no other: it takes its instances."""
    origin = origin_of(kind)
    is_call = origin is abc.Callable  # what a function takes and gives is not checked
    if not isclass(origin):
        raise ArgumentError(f"{NO_TYPE}; got {repr_with_type(kind)} as the type")
    if getattr(origin, "_is_protocol", False) and not getattr(origin, "_is_runtime_protocol", False):
        raise ArgumentError(f"{type_name(kind)} is a protocol that cannot be asked. Put @runtime_checkable before it")
    is_standard = str(origin.__module__).partition(".")[0] in sys.stdlib_module_names
    if is_standard and not is_call and any(map(_is_definite, get_args(kind))):
        raise ArgumentError(f"what is in a {type_name(kind)} cannot be checked. Write {type_name(origin)}, or object")

    def check(value: Any, _: Any) -> Any:
        if not isinstance(value, origin):
            raise expected(type_name(kind), value)
        return value

    return check


def _is_definite(argument: Any) -> bool:
    """True for an argument of a type that some values do not fit."""
    return argument not in (Any, object, Ellipsis) and not isinstance(argument, TypeVar)


def _is_none(kind: Any) -> bool:
    return kind is None or kind is type(None)


def _is_anything(kind: Any) -> bool:
    return kind is object or is_form(kind, "Any")


def _is_enum(kind: Any) -> bool:
    return isclass(kind) and issubclass(kind, enum.Enum)


_FORMS: Final[list[Form]] = [
    (_is_none, lambda *_: convert_none),
    (_is_anything, lambda *_: lambda value, _: value),
    (is_literal, lambda *_: convert_literal),
    (lambda kind: make_bounds_check(kind) is not None, _make_bounded_hook),
    (is_wrapped, _make_wrapped_hook),
    (is_union, make_union_hook),
    (lambda kind: kind is Config, lambda *_: _convert_config),
    (is_model, _make_model_hook),
    (_is_enum, lambda *_: convert_enum),
    (is_structured, make_record_hook),
    (is_named_tuple, make_record_hook),
    (lambda kind: find_scalar_hook(kind) is not None, lambda kind, _: find_scalar_hook(kind) or convert_none),
    (is_container, make_container_hook),
    (lambda kind: origin_of(kind) is type, _make_class_hook),
    (lambda _: True, _make_instance_hook),
]
"""The first line that fits; what is nothing else is a class, or is refused by its name."""
