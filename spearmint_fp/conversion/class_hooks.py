"""Hooks of classes: those with fields, the models of pydantic, `Config`, and any other by its instances."""

from __future__ import annotations

import sys
from collections import abc
from collections.abc import Callable, Mapping
from inspect import isclass
from typing import Any, TypeVar, get_args

from ..configuration.config import Config
from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.models import is_struct
from .fields import NO_TYPE, Field, list_aliases, list_fields
from .hooks import Hook, Hooks
from .models import complete_model, find_struct_tag, validate_model
from .problems import Problem, RefusalError, format_type, make_refusal
from .type_forms import find_class, is_typeddict, is_union
from .unwrapping import unwrap_type

# --- classes with fields --------------------------------------------------------------------------------------


def make_record_hook(kind: Any, hooks: Hooks) -> Hook:
    """The hook of a class: instances pass, mappings are converted field by field; a sequence too, for a NamedTuple."""
    cls = find_class(kind)
    convert = hooks.make_record(cls, [(field, _make_field_hook(field, hooks)) for field in list_fields(kind)])
    aliases, tag = list_aliases(cls), find_struct_tag(kind) if is_struct(kind) else None
    names = getattr(cls, "_fields", ())

    def check(value: Any, _: Any) -> Any:
        if type(value) is dict and not aliases and not tag:
            return convert(value, kind)
        if not is_typeddict(cls) and isinstance(value, cls):
            return value
        if names and isinstance(value, list | tuple):
            if len(value) > len(names):
                raise make_refusal(f"at most {len(names)} elements for {format_type(kind)}", value)
            value = dict(zip(names, value, strict=False))
        if not isinstance(value, Mapping):
            raise make_refusal(f"a mapping for {format_type(kind)}", value)
        return convert(_check_tag(tag, _replace_aliases(aliases, value)), kind)

    return check


def _replace_aliases(aliases: Mapping[str, str], value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The mapping with its fields by name, whether they were given by name or by alias."""
    if not aliases or aliases.keys().isdisjoint(value):
        return value
    twice = [alias for alias, name in aliases.items() if alias in value and name in value and name not in aliases]
    if twice:
        raise RefusalError(*(Problem((a,), f"given twice, also as {aliases[a]!r}", value[a], "unknown") for a in twice))
    return {aliases.get(key, key): item for key, item in value.items()}


def _check_tag(tag: tuple[str, Any] | None, value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The fields of a struct without its tag, which is refused where it is another class's."""
    if tag is None or tag[0] not in value:
        return value
    key, name = tag
    if value[key] != name or type(value[key]) is not type(name):
        raise RefusalError(
            Problem((key,), f"expected {short_repr(name)}, got {repr_with_type(value[key])}", value[key], "tag")
        )
    return {k: item for k, item in value.items() if k != key}


def _make_field_hook(field: Field, hooks: Hooks) -> Hook:
    hook, kind = hooks.find(field.kind), field.kind
    if field.convert is not None:
        return _make_converted_hook(hook, kind, field.convert)
    return lambda value, _: hook(value, kind)


def _make_converted_hook(hook: Hook, kind: Any, convert: Callable[[Any], Any]) -> Hook:
    """The hook of a field with a converter of its own, which may make what the type refuses into a value of the type.

    The value is handed on as it was: the class converts it itself.
    """

    def check(value: Any, _: Any) -> Any:
        try:
            return hook(value, kind)
        except Exception as refusal:
            try:
                hook(convert(value), kind)
            except Exception:  # the first refusal names the value that was given
                raise refusal from None
            return value

    return check


# --- other classes ---------------------------------------------------------------------------------------------


def convert_config(value: Any, _: Any) -> Config:
    """The mapping frozen."""
    if not isinstance(value, Mapping):
        raise make_refusal("a mapping", value)
    return Config(value)


def make_model_hook(cls: Any, hooks: Hooks) -> Hook:
    """The hook of a pydantic model, which converts by its own methods."""
    complete_model(cls)

    def check(value: Any, _: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping) and not getattr(cls, "__pydantic_root_model__", False):
            raise make_refusal(f"a mapping for {format_type(cls)}", value)
        return validate_model(cls, value, ignore=hooks.ignores_extra)

    return check


def make_class_hook(kind: Any, _: Hooks) -> Hook:
    """The hook of `type[C]`: it takes C and its subclasses."""
    wanted = _list_classes(get_args(kind)[0]) if get_args(kind) else (object,)

    def check(value: Any, _: Any) -> Any:
        if not isinstance(value, type) or not issubclass(value, wanted):
            raise make_refusal(format_type(kind), value)
        return value

    return check


def _list_classes(kind: Any) -> tuple[type, ...]:
    """The classes that a type is made of."""
    bare = unwrap_type(kind)
    if bare is Any:
        return (object,)
    if is_union(bare):
        return tuple(cls for member in get_args(bare) for cls in _list_classes(member))
    origin = type(None) if bare is None else find_class(bare)
    if not isclass(origin) or is_typeddict(origin) or getattr(origin, "_is_protocol", False):
        raise ArgumentError(f"type[C] takes a class; got {repr_with_type(kind)} as C")
    return (origin,)


def make_instance_hook(kind: Any, _: Hooks) -> Hook:
    """The hook of a class that has no other: it takes its instances."""
    origin = find_class(kind)
    is_call = origin is abc.Callable  # what a function takes and gives is not checked
    if not isclass(origin):
        raise ArgumentError(f"{NO_TYPE}; got {repr_with_type(kind)} as the type")
    if getattr(origin, "_is_protocol", False) and not getattr(origin, "_is_runtime_protocol", False):
        raise ArgumentError(f"{format_type(kind)} is a protocol that cannot be asked. Put @runtime_checkable before it")
    is_standard = str(origin.__module__).partition(".")[0] in sys.stdlib_module_names
    if is_standard and not is_call and any(map(_is_definite, get_args(kind))):
        raise ArgumentError(
            f"what is in a {format_type(kind)} cannot be checked. Write {format_type(origin)}, or object"
        )

    def check(value: Any, _: Any) -> Any:
        if not isinstance(value, origin):
            raise make_refusal(format_type(kind), value)
        return value

    return check


def _is_definite(argument: Any) -> bool:
    """True for an argument of a type that some values do not fit."""
    return argument not in (Any, object, Ellipsis) and not isinstance(argument, TypeVar)
