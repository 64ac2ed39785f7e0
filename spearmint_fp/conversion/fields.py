"""Fields: what a class takes, and which classes a type names."""

from __future__ import annotations

import dataclasses
from collections import abc
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from inspect import isclass
from typing import Any, Final, cast, final, get_args, get_origin

import attrs

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type
from ..configuration.models import is_model, is_struct
from .annotations import read_types
from .models import list_struct_fields
from .problems import format_type
from .type_forms import find_class, is_literal, is_named_tuple, is_typeddict, make_type_key
from .unwrapping import is_wrapped, list_marks, unwrap_once

NO_TYPE: Final = "structure makes instances of classes, and types of them"

MOST_TYPES: Final = 10_000
"""How many types are searched for classes; there are more in a type that grows without end."""


def is_structured(cls: Any) -> bool:
    """True for what a configuration can become: an attrs class, a dataclass, a TypedDict, a model or a struct."""
    origin = get_origin(cls) or cls
    return isclass(origin) and (
        attrs.has(origin) or dataclasses.is_dataclass(origin) or is_typeddict(origin) or is_model(cls) or is_struct(cls)
    )


def is_record_type(kind: Any) -> bool:
    """True for a class with fields: one that is structured, or a NamedTuple."""
    return is_structured(kind) or is_named_tuple(kind)


@final
@attrs.frozen(repr=False)
class Field:
    """A field of a class, with its key in a configuration, the name of its argument, and its own converter."""

    name: str
    key: str
    argument: str
    kind: Any
    required: bool
    convert: Callable[[Any], Any] | None = None

    def __str__(self) -> str:
        return format_type(self.kind)


def list_fields(kind: Any) -> list[Field]:
    """The fields that a class takes.

    Raises:
        ArgumentError: an annotation that names what cannot be found; names the class, the field and the text.
    """
    cls = find_class(kind)
    if attrs.has(cls):
        fields = [field for field in attrs.fields(cls) if field.init]
        types = read_types(kind, {field.name: field.type for field in fields})
        return [
            Field(f.name, f.name, f.alias or f.name, types[f.name], f.default is attrs.NOTHING, _find_converter(f))
            for f in fields
        ]
    if is_typeddict(cls):
        return _list_keys(kind, cls)
    own: Mapping[str, Any] = getattr(cls, "__dataclass_fields__", {})
    found = _list_taken(cls)
    types = read_types(kind, {name: own[name].type if name in own else None for name, _, _ in found})
    return [Field(name, key, name, types[name], required) for name, key, required in found]


def list_arguments(cls: Any) -> list[str]:
    """The keys by which a class takes its fields; their types, which take longer, are not read."""
    if attrs.has(cls):
        return [field.alias or field.name for field in attrs.fields(cls) if field.init]
    if is_typeddict(cls):
        return list(getattr(cls, "__annotations__", ()))
    return [key for _, key, _ in _list_taken(cls)]


def _list_taken(cls: Any) -> Sequence[tuple[str, str, bool]]:
    """Name, key and need of each field that a dataclass, a struct or a NamedTuple takes."""
    if dataclasses.is_dataclass(cls):  # with what its `__init__` only passes on
        own: Mapping[str, Any] = cls.__dataclass_fields__
        taken = [field for field in own.values() if field.init and field._field_type.name != "_FIELD_CLASSVAR"]
        return [(f.name, f.name, f.default is f.default_factory is dataclasses.MISSING) for f in taken]
    if is_struct(cls):
        return list_struct_fields(cls)
    return [(name, name, name not in cls._field_defaults) for name in cls._fields]


def _list_keys(kind: Any, cls: Any) -> list[Field]:
    """The keys of a TypedDict; where its annotations are text, Python does not see which of them are required."""
    types = read_types(kind, dict.fromkeys(getattr(cls, "__annotations__", ())))
    fields = []
    for key, hint in types.items():
        marks = [mark for mark in list_marks(hint) if mark in ("Required", "NotRequired")]
        required = marks[0] == "Required" if marks else key in cls.__required_keys__
        fields.append(Field(key, key, key, hint, required))
    return fields


def _find_converter(field: Any) -> Callable[[Any], Any] | None:
    """The converter of an attrs field, where it takes the value alone."""
    convert: Any = field.converter
    if isinstance(convert, attrs.Converter):
        alone = not (convert.takes_self or convert.takes_field)  # type: ignore[attr-defined]
        return convert.converter if alone else None  # type: ignore[attr-defined]
    return cast("Callable[[Any], Any] | None", convert)


def list_aliases(cls: Any) -> dict[str, str]:
    """The names that `__init__` has for fields, where they differ from the fields' own."""
    return {f.alias: f.name for f in attrs.fields(cls) if f.alias not in (None, f.name)} if attrs.has(cls) else {}


def list_field_types(cls: Any) -> list[Any]:
    """The types of the fields of a class that a configuration can become, without arguments for its type variables.

    Raises:
        ArgumentError: an annotation that names what cannot be found; names the class, the field and the text.
    """
    if is_model(cls):
        return [field.annotation for field in cls.model_fields.values()]
    return [field.kind for field in list_fields(cls)]


def list_classes(kind: Any) -> Mapping[str, Any]:
    """The classes that a type names, its fields' types included, by `module:name`."""
    try:
        return _search_classes(kind)
    except TypeError as error:
        raise ArgumentError(f"{NO_TYPE}; got {repr_with_type(kind)} as the type") from error


@lru_cache(maxsize=64)
def _search_classes(kind: Any) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    seen: set[Any] = set()
    waiting = [kind]
    while waiting:
        part = waiting.pop()
        key = make_type_key(part)
        if key in seen or len(seen) > MOST_TYPES:
            continue
        seen.add(key)
        waiting += _list_parts(part)
        cls = find_class(part)
        if isclass(cls):
            found[f"{cls.__module__}:{cls.__qualname__}"] = cls
    return found


def _list_parts(kind: Any) -> list[Any]:
    """The types that stand in a type."""
    if is_wrapped(kind):
        return [unwrap_once(kind)]
    if is_literal(kind):
        return [type(literal) for literal in get_args(kind)]
    cls = find_class(kind)
    if cls is abc.Callable or not (isclass(cls) or get_args(kind)):
        return []
    if is_model(cls):
        return list_field_types(cls)
    own = [field.kind for field in list_fields(kind)] if is_record_type(cls) else []
    return [*get_args(kind), *own]
