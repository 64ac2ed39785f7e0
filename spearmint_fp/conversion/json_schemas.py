"""JSON Schemas of files of configurations, for editors that complete and check them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .late import hook_table, type_schemas

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
    writer = type_schemas.TypeWriter()
    one: Schema = {"type": "object"}
    if cls is not None:
        hook_table.find_hook(cls, "forbid")
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


class _ChoiceWriter:
    """Schemas of values as schemas of trees: a choice, which an editor sees as a list, may stand for each value."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._names: dict[str, str] = {}

    def allow(self, schema: Any) -> Schema:
        """The schema of a value, or of a choice among such values and choices."""
        if schema in ({}, True):
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
