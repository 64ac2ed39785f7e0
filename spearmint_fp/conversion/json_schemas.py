"""JSON Schemas of files of configurations, for editors that complete and check them."""

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
from .hook_table import find_hook
from .models import find_struct_tag, make_bounds_check, read_bounds_schema, read_model_schema
from .type_forms import find_class, is_form, is_literal, is_named_tuple, is_union, make_type_key
from .unwrapping import is_alias, is_wrapped, list_members, unwrap_once

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_PARTIAL: Final[Schema] = {"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]}
_COMPARISONS: Final[Schema] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


def json_schema(cls: Any = None, *, choices: bool = True) -> Schema:
    """The JSON Schema (2020-12) of files whose configurations `structure(cls, config)` takes; of all, without `cls`.

    With `choices` it is for YAML: an editor sees `!sweep [1, 2]` as the list behind the tag, so that a list of values
    may stand for each value, `<<` may bring any key, and the root may be a `!space`. Without, it is for files that have
    no tags, JSON and TOML, and accepts what loads and fits, as far as a schema can say that: it takes 1.0 for a whole
    number, and knows no validators and converters of a class's own.

    >>> import attrs
    >>> @attrs.frozen
    ... class Fit:
    ...     lr: float
    ...     steps: int = 100
    >>> json_schema(Fit, choices=False)["$defs"]["Fit"]["properties"]
    {'lr': {'type': 'number'}, 'steps': {'type': 'integer'}}
    >>> json_schema(choices=False)["anyOf"]
    [{'type': 'object'}, {'type': 'array', 'items': {'type': 'object'}}]

    Raises:
        ArgumentError: `cls` is no type, or an annotation cannot be read; names it.

    See also: `load`; `validate`, which checks a sweep and says where and why.
    """
    writer = _Writer()
    one: Schema = {"type": "object"}
    if cls is not None:
        find_hook(cls, "forbid")
        one = writer.write(cls)
    if not choices:
        return _add_head([one, {"type": "array", "items": one}], writer.definitions)
    allowing = _ChoiceWriter()
    definitions = {name: allowing.rewrite(schema) for name, schema in writer.definitions.items()}
    tree = allowing.allow(allowing.rewrite(one))
    space = {
        "type": "object",
        "properties": {
            "sweep": tree,
            "where": {"type": "object"},
            "exclude": _PARTIAL,
            "include": _PARTIAL,
            "constraints": _COMPARISONS,
        },
        "anyOf": [{"required": ["sweep"]}, {"required": ["include"]}],
        "additionalProperties": False,
    }
    return _add_head([space, tree], definitions | allowing.definitions)


def _add_head(documents: Sequence[Schema], definitions: Mapping[str, Schema]) -> Schema:
    return {"$schema": _DIALECT, "anyOf": [*documents], **({"$defs": {**definitions}} if definitions else {})}


# --- schemas of types ----------------------------------------------------------------------------------

_ANYTHING: Final[Schema] = {}
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


class _Writer:
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
            return {"type": "array", "items": self.write(arguments[0]) if arguments else _ANYTHING}
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
        return _ANYTHING if field.convert is not None else self.write(field.kind)


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
        return _ANYTHING
    return {"enum": listed}


def _write_enum(_: _Writer, cls: Any) -> Schema:
    own = cls._missing_.__func__ is enum.Enum._missing_.__func__  # type: ignore[attr-defined]
    return _write_members([*cls]) if own else _ANYTHING


def _find_scalar_schema(kind: Any) -> Schema | None:
    for base in kind.__mro__ if isclass(kind) else ():
        if base in _SCALARS:
            return _SCALARS[base]
        row = find_scalar(base)
        if row is not None and row.sources:
            types = {str: "string", int: "integer"}
            return _TEXTS.get(row.tag) or {"type": [types[source] for source in row.sources]}
    return None


_FORMS: Final[Sequence[tuple[Callable[[Any], Any], Callable[[_Writer, Any], Schema]]]] = (
    (lambda kind: kind is None or kind is type(None), lambda *_: {"type": "null"}),
    (lambda kind: kind is object or is_form(kind, "Any"), lambda *_: _ANYTHING),
    (is_literal, lambda _, kind: _write_members(get_args(kind))),
    (lambda kind: make_bounds_check(kind) is not None, lambda _, kind: read_bounds_schema(kind)),
    (is_alias, _Writer._write_alias),  # which may stand in the type that it names
    (is_wrapped, lambda writer, kind: writer.write(unwrap_once(kind))),
    (is_union, _Writer._write_union),
    (lambda kind: kind is Config, lambda *_: {"type": "object"}),
    (is_model, _Writer._write_model),
    (lambda kind: isclass(kind) and issubclass(kind, enum.Enum), _write_enum),
    (is_record_type, _Writer._write_record),
    (lambda kind: _find_scalar_schema(kind) is not None, lambda _, kind: _find_scalar_schema(kind) or _ANYTHING),
    (is_container, _Writer._write_container),
    (lambda _: True, lambda *_: {"not": {}}),  # instances alone, which no file holds
)
"""The first line that fits, in the order of the table of hooks."""


# --- choices -------------------------------------------------------------------------------------------


class _ChoiceWriter:
    """Schemas of values as schemas of trees: a choice, which an editor sees as a list, may stand for each value."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._names: dict[str, str] = {}

    def allow(self, schema: Any) -> Schema:
        """The schema of a value, or of a choice among such values and choices."""
        if schema in (_ANYTHING, True):
            return {}
        key = json.dumps(schema, sort_keys=True)
        if key not in self._names:
            self._names[key] = name = f"choice_{len(self._names)}"
            items = {"$ref": f"#/$defs/{name}"}
            self.definitions[name] = {"anyOf": [schema, {"type": "array", "items": items}]}
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def rewrite(self, schema: Any) -> Any:
        """The schema with choices allowed for the values inside."""
        if not isinstance(schema, dict):
            return schema
        # YAML has keys that are no text, and an editor sees their text
        found = {key: self._rewrite_part(key, inner) for key, inner in schema.items() if key != "propertyNames"}
        if "properties" in schema:  # what is merged may bring what is required
            found["properties"]["<<"] = {}
            rules = [*found.get("allOf", ()), *([{"required": found.pop("required")}] if "required" in schema else [])]
            found |= {"allOf": [{"anyOf": [{"required": ["<<"]}, rule]} for rule in rules]} if rules else {}
        return found

    def _rewrite_part(self, key: str, part: Any) -> Any:
        if key in ("properties", "$defs"):
            return {name: self.allow(self.rewrite(inner)) for name, inner in part.items()}
        if key in ("items", "additionalProperties"):
            return self.allow(self.rewrite(part)) if isinstance(part, dict) else part
        if key == "prefixItems":
            return [self.allow(self.rewrite(inner)) for inner in part]
        return [*map(self.rewrite, part)] if key in ("anyOf", "oneOf", "allOf") else part
