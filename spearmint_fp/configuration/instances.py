"""Instances whose fields are no part of a tree, as shapes for paths: pydantic models and msgspec structs.

A tree takes them as leaves. A path leads into them all the same, and what is set there makes a new one by its class.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum
from functools import partial
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, Final, final

import attrs

from .equality import are_equal
from .errors import ConversionError, PathError
from .fold import Choice, Steps, open_node, show_path
from .freezing import freeze, thaw
from .messages import Missing, cut_end, short_repr
from .models import is_model, is_struct, read_attributes, read_model_fields
from .records import OneByOne, Shape, format_call


@final
@attrs.frozen(eq=False, repr=False)
class InstanceShape(OneByOne):
    """The fields of one instance; `build` makes another of its class, which validates what has changed."""

    node: Any
    fields: dict[str, Any]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self.fields)

    def build(self, values: Sequence[Any]) -> Any:
        pairs = zip(self.fields.items(), values, strict=True)
        changed = {name: new for (name, old), new in pairs if new is not old}
        if not changed:
            return self.node
        kind = type(self.node)
        given = ", ".join(f"{name}={short_repr(value)}" for name, value in changed.items())
        if any(isinstance(value, Choice) for value in changed.values()):
            raise ConversionError(
                f"{kind.__qualname__} cannot hold a choice: {given}. Make it a choice of each {kind.__qualname__}"
            )
        try:
            return freeze(self._replace_fields({name: thaw(value) for name, value in changed.items()}))
        except Exception as error:  # whatever a validator of the class raises
            with suppress(Exception):  # a strict class wants the tuple that stands in the tree
                return freeze(self._replace_fields(changed))
            reason = cut_end(str(error), MAX_REASON_LETTERS)
            raise ConversionError(f"{kind.__qualname__} refuses {given}: {reason}") from error

    def _replace_fields(self, changed: Mapping[str, Any]) -> Any:
        if is_struct(type(self.node)):
            return _replace_struct(self.node, changed)
        return _replace_model(self.node, self.fields, changed)

    def split(self, value: Any) -> tuple[Any, ...] | None:
        return tuple(self.fields.values()) if value is self.node else None

    def text(self, parts: Sequence[str]) -> str:
        return format_call(type(self.node), self.keys, parts)


MAX_REASON_LETTERS: Final = 600
"""How much of a class's own error a message repeats."""


def open_model(value: Any) -> tuple[Shape, tuple[Any, ...]] | None:
    """The shape and the fields of a pydantic model or a msgspec struct; None for all else."""
    try:
        held = read_model_fields(value)
    except AttributeError:  # an instance whose fields are not all set
        held = None
    if held is None:
        return None
    fields, besides = held
    fields |= besides if is_model(type(value)) else {}
    return InstanceShape(value, fields), tuple(fields.values())


def _replace_model(model: Any, fields: Mapping[str, Any], changed: Mapping[str, Any]) -> Any:
    """The model with what has changed, validated as a whole; fields that were not set stay so."""
    kind, data = type(model), {**fields, **changed}
    if getattr(kind, "__pydantic_root_model__", False):
        return kind.model_validate(data["root"])
    aliases = {name: field.validation_alias or field.alias for name, field in kind.model_fields.items()}
    # where the alias of one field is the name of another, names alone tell which is meant
    mixed = any(alias in data and alias != name for name, alias in aliases.items() if isinstance(alias, str))
    validate = partial(kind.model_validate, by_name=True, by_alias=not mixed)
    made = validate(data)
    made.model_fields_set.intersection_update(model.model_fields_set | changed.keys())
    private = getattr(model, "__pydantic_private__", None) or {}
    # private attributes are carried over, but for those that the class computes from the fields
    computed = (getattr(validate(dict(fields)), "__pydantic_private__", None) or {}) if private else {}
    for name, value in private.items():
        if name not in computed or not are_equal(value, computed[name]):
            setattr(made, name, value)
    return made


def _replace_struct(struct: Any, changed: Mapping[str, Any]) -> Any:
    """The struct with what has changed, each checked against the type of its field."""
    msgspec: Any = sys.modules["msgspec"]
    types = {field.name: field.type for field in msgspec.structs.fields(type(struct))}
    values = {name: msgspec.convert(value, types[name], strict=True) for name, value in changed.items()}
    made = msgspec.structs.replace(struct, **values)
    getattr(made, "__dict__", {}).update(read_attributes(struct))
    return made


def has_fields(value: Any) -> bool:
    """True for an object with attributes of its own; a path, a member of an enum and a function are values instead."""
    kind = type(value)
    if isinstance(value, type | ModuleType | FunctionType | Enum):
        return False
    try:
        own = bool(vars(value))
    except Exception:  # it has none, or is hostile
        own = False
    # the standard library's classes with slots are values: a path, a fraction
    slotted = (base for base in kind.__mro__ if base.__module__.partition(".")[0] not in sys.stdlib_module_names)
    return own or kind is SimpleNamespace or any(vars(base).get("__slots__") for base in slotted)


def open_record(node: Any) -> tuple[Shape, tuple[Any, ...]] | None:
    """The shape and children of a record, also of a model or a struct; None for a leaf or a choice."""
    parts = open_node(node)
    if parts is None:
        return open_model(node)
    return None if parts[0] is None else (parts[0], parts[1])


def build_at(shape: Shape, values: Sequence[Any], path: Steps) -> Any:
    """`shape.build(values)`; where its class refuses them, the error says at which path."""
    try:
        return shape.build(values)
    except ConversionError as error:
        raise ConversionError(f"{show_path(path)}: {error}") from error
    except Exception as error:
        error.add_note(f"at {show_path(path)}")
        raise


def find_child(shape: Shape, done: Steps, step: object) -> int:
    """The position of the child that a step names, in a record of this shape that stands at `done`."""
    position = shape.find(step)
    if position is None:
        raise make_child_error(shape, done, step)
    return position


def make_child_error(shape: Shape, done: Steps, step: object) -> PathError:
    """The error for a step that a record does not have; names those that it has."""
    return PathError(Missing(f"no {short_repr(step)} at {show_path(done)}", step, shape.keys))
