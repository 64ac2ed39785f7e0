"""JSON Schemas of types: what plain data must be for `structure` to take it."""

from __future__ import annotations

import enum
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import isclass
from typing import Any, Final, get_args

from ..configuration.config import Config
from ..configuration.models import is_model, is_struct
from ..configuration.scalars import find_scalar
from .container_hooks import is_container, is_mapping_type, split_elements
from .fields import Field, is_record_type, list_aliases, list_fields
from .models import find_struct_tag, make_bounds_check, read_bounds_schema, read_model_schema
from .type_forms import find_class, is_form, is_literal, is_named_tuple, is_union, make_type_key
from .unwrapping import is_alias, is_wrapped, list_members, unwrap_once

Schema = dict[str, Any]

ANYTHING: Final[Schema] = {}
_SCALARS: Final[Mapping[type, Schema]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    complex: {"type": "number"},
    str: {"type": "string"},
    bytes: {"type": "string", "contentEncoding": "base64"},
}
_TEXTS: Final[Mapping[str, Schema]] = {
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "uuid": {"type": "string", "format": "uuid"},
}
"""By the tag of a scalar that is read from text: the format that this text has."""


class TypeWriter:
    """The schemas of types; classes with fields, and aliases, stand once, among the definitions."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._names: dict[Any, str] = {}

    def write(self, kind: Any) -> Schema:
        """The schema of a type."""
        return next(write(self, kind) for fits, write in _FORMS if fits(kind))

    def _write_alias(self, kind: Any) -> Schema:
        return self._define(kind, lambda _: self.write(unwrap_once(kind)))

    def _write_union(self, kind: Any) -> Schema:
        return {"anyOf": [self.write(member) for member in list_members(kind)]}

    def _write_container(self, kind: Any) -> Schema:
        arguments = get_args(kind)
        if is_mapping_type(kind):
            key, value = (*arguments, int)[:2] if find_class(kind) is Counter else arguments or (Any, Any)
            names = {} if key in (str, Any) else {"propertyNames": self.write(key)}
            return {"type": "object", "additionalProperties": self.write(value), **names}
        if find_class(kind) is not tuple or not hasattr(kind, "__args__"):
            return {"type": "array", "items": self.write(arguments[0]) if arguments else ANYTHING}
        before, repeated, after = split_elements(kind)
        if not after:
            return _make_array([self.write(part) for part in before], self.write(repeated[0]) if repeated else None)
        return {"type": "array", "minItems": len(before) + len(after)}

    # --- classes

    def _write_record(self, kind: Any) -> Schema:
        return self._define(kind, lambda _: self._write_fields(kind))

    def _write_model(self, kind: Any) -> Schema:
        return self._define(kind, partial(self._read_model, kind))

    def _read_model(self, kind: Any, name: str) -> Schema:
        """The schema of a model; what it defines has its name before its own, as other classes may be called so."""
        prefix = f"{name}."
        schema = read_model_schema(kind, prefix)
        inner = {prefix + key: part for key, part in schema.pop("$defs", {}).items()}
        self.definitions.update(inner)
        # a model that contains itself is a reference alone
        return inner[schema["$ref"].rpartition("/")[2]] if schema.keys() == {"$ref"} else schema

    def _define(self, kind: Any, write: Callable[[str], Schema]) -> Schema:
        """The reference to a definition, which is written where it is first asked for."""
        key = make_type_key(kind)
        if key not in self._names:
            plain = name = find_class(kind).__name__
            while name in self.definitions:
                name = f"{plain}_{len(self.definitions)}"
            self._names[key] = name
            self.definitions[name] = {}  # so that a class that contains itself ends
            self.definitions[name] = write(name)
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def _write_fields(self, kind: Any) -> Schema:
        fields, cls = list_fields(kind), find_class(kind)
        properties = {field.key: self._write_field(field) for field in fields}
        aliases = {name: alias for alias, name in list_aliases(cls).items()}
        plain = [field.key for field in fields if field.required and field.key not in aliases]
        rules: list[Schema] = []
        for field in fields:
            if alias := aliases.get(field.key):
                properties[alias] = properties[field.key]
                both = [{"required": [field.key]}, {"required": [alias]}]
                rules.append({"oneOf": both} if field.required else {"not": {"required": [field.key, alias]}})
        if is_struct(cls) and (tag := find_struct_tag(kind)) is not None:
            properties[tag[0]] = {"const": tag[1]}
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        schema |= {"required": plain} if plain else {}
        schema |= {"allOf": rules} if rules else {}
        if not is_named_tuple(kind):
            return schema
        least = sum(field.required for field in fields)
        array = _make_array([properties[field.key] for field in fields], None)
        return {"anyOf": [schema, {**array, "minItems": least}]}

    def _write_field(self, field: Field) -> Schema:
        return ANYTHING if field.convert is not None else self.write(field.kind)


def _make_array(before: Sequence[Schema], rest: Schema | None) -> Schema:
    """The schema of an array that begins with these elements; without `rest`, of these alone."""
    head: Schema = {"prefixItems": [*before], "minItems": len(before)} if before else {}
    return {"type": "array", **head, "items": False if rest is None else rest}


def _write_members(values: Sequence[Any]) -> Schema:
    """The schema of some values, members of enums by their own."""
    plain = [value.value if isinstance(value, enum.Enum) else value for value in values]
    listed = [[*value] if isinstance(value, tuple) else value for value in plain]
    try:
        json.dumps(listed)
    except (TypeError, ValueError):  # a value that no file can hold; the class may find its members itself
        return ANYTHING
    return {"enum": listed}


def _write_enum(_: TypeWriter, cls: Any) -> Schema:
    own = cls._missing_.__func__ is enum.Enum._missing_.__func__  # type: ignore[attr-defined]
    return _write_members([*cls]) if own else ANYTHING


def _find_scalar_schema(kind: Any) -> Schema | None:
    for base in kind.__mro__ if isclass(kind) else ():
        if base in _SCALARS:
            return _SCALARS[base]
        row = find_scalar(base)
        if row is not None and row.sources:
            types = {str: "string", int: "integer"}
            return _TEXTS.get(row.tag) or {"type": [types[source] for source in row.sources]}
    return None


_FORMS: Final[Sequence[tuple[Callable[[Any], Any], Callable[[TypeWriter, Any], Schema]]]] = (
    (lambda kind: kind is None or kind is type(None), lambda *_: {"type": "null"}),
    (lambda kind: kind is object or is_form(kind, "Any"), lambda *_: ANYTHING),
    (is_literal, lambda _, kind: _write_members(get_args(kind))),
    (lambda kind: make_bounds_check(kind) is not None, lambda _, kind: read_bounds_schema(kind)),
    (is_alias, TypeWriter._write_alias),  # which may stand in the type that it names
    (is_wrapped, lambda writer, kind: writer.write(unwrap_once(kind))),
    (is_union, TypeWriter._write_union),
    (lambda kind: isclass(kind) and issubclass(kind, Config), lambda *_: {"type": "object"}),
    (is_model, TypeWriter._write_model),
    (lambda kind: isclass(kind) and issubclass(kind, enum.Enum), _write_enum),
    (is_record_type, TypeWriter._write_record),
    (lambda kind: _find_scalar_schema(kind) is not None, lambda _, kind: _find_scalar_schema(kind) or ANYTHING),
    (is_container, TypeWriter._write_container),
    (lambda _: True, lambda *_: {"not": {}}),  # instances alone, which no file holds
)
"""The first line that fits, in the order of the table of hooks."""
