"""Hooks of classes with fields: attrs classes, dataclasses, TypedDicts, NamedTuples and structs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..configuration.messages import repr_with_type, short_repr
from ..configuration.models import is_struct
from .fields import Field, list_aliases, list_fields
from .hooks import Hook, Hooks
from .models import find_struct_tag
from .problems import Problem, RefusalError, expected, type_name
from .type_forms import is_typeddict, origin_of


def make_record_hook(kind: Any, hooks: Hooks) -> Hook:
    """The hook of a class: instances pass, mappings are converted field by field; a sequence too, for a NamedTuple."""
    cls = origin_of(kind)
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
                raise expected(f"at most {len(names)} elements for {type_name(kind)}", value)
            value = dict(zip(names, value, strict=False))
        if not isinstance(value, Mapping):
            raise expected(f"a mapping for {type_name(kind)}", value)
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
