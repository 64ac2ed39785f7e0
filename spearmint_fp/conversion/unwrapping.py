"""Types without the names and the marks around them: aliases, `NewType`, `Annotated`, `Final` and their like."""

from __future__ import annotations

from typing import Any, Final, NewType, get_args, get_origin

from ..configuration.errors import ArgumentError
from .annotations import read_annotation
from .problems import format_type
from .scopes import join_scopes, make_module_scope
from .type_forms import fill_parameters, is_form, is_union, join_types, make_type_key, pair_parameters

MOST_WRAPPERS: Final = 100
"""How many names and marks may stand around a type; more are an alias that grows without end."""

_MARKS: Final = ("Final", "ClassVar", "Required", "NotRequired", "ReadOnly")


def unwrap_type(kind: Any) -> Any:
    """A type without the names and the marks around it.

    Raises:
        ArgumentError: an alias that stands for itself.
    """
    seen: list[Any] = []
    while is_wrapped(kind):
        if len(seen) > MOST_WRAPPERS or any(kind is one for one in seen):
            raise ArgumentError(f"{format_type(kind)} stands for nothing but itself")
        seen.append(kind)
        kind = unwrap_once(kind)
    return kind


def is_wrapped(kind: Any) -> bool:
    """True for a type that only names or marks another."""
    return (
        _find_alias(kind) is not None
        or isinstance(kind, NewType)
        or type(kind).__name__ in ("InitVar", "TypeVar")
        or is_form(kind, "LiteralString", "Final", "ClassVar")
        or is_form(get_origin(kind), *_MARKS)
        or hasattr(kind, "__metadata__")
    )


def is_alias(kind: Any) -> bool:
    """True for the name that a `type` statement gives to a type, with or without arguments."""
    return _find_alias(kind) is not None


def unwrap_once(kind: Any) -> Any:
    """The type that a type names or marks."""
    if _find_alias(kind) is not None:
        return _read_alias(kind)
    if isinstance(kind, NewType):
        return kind.__supertype__
    if type(kind).__name__ == "TypeVar":
        return _read_variable(kind)
    if type(kind).__name__ == "InitVar":
        return kind.type
    if is_form(kind, "LiteralString"):
        return str
    return get_args(kind)[0] if get_args(kind) else Any  # what has no type takes anything


def _read_variable(variable: Any) -> Any:
    """The type of a type variable that has no argument: its default, its bound, or any of its constraints."""
    if getattr(variable, "has_default", bool)():
        return variable.__default__
    if variable.__bound__ is not None:
        return variable.__bound__
    return join_types(variable.__constraints__) if variable.__constraints__ else Any


def list_marks(kind: Any) -> list[str]:
    """The marks around a type, the outermost first."""
    found = []
    while is_form(get_origin(kind), *_MARKS) or hasattr(kind, "__metadata__"):
        found += [mark for mark in _MARKS if is_form(get_origin(kind), mark)]
        kind = get_args(kind)[0]
    return found


def list_members(union: Any, around: tuple[Any, ...] = ()) -> list[Any]:
    """The members of a union, with those of the unions that its members name in their place."""
    found: list[Any] = []
    for member in get_args(union):
        bare = unwrap_type(member)
        nested = is_union(bare) and not hasattr(member, "__metadata__")
        if nested and not any(make_type_key(bare) == make_type_key(one) for one in (union, *around)):
            found += list_members(bare, (*around, union))
        elif not nested:
            found.append(member)
    return found


def _find_alias(kind: Any) -> Any:
    """The `type` statement (or `TypeAliasType`) that a type names, with or without arguments; None for all else."""
    for alias in (kind, get_origin(kind)):
        if type(alias).__name__ == "TypeAliasType":
            return alias
    return None


def _read_alias(kind: Any) -> Any:
    """The type that an alias stands for, with its arguments in the place of its parameters."""
    alias = _find_alias(kind)
    parameters = tuple(getattr(alias, "__type_params__", ()))
    own = {p.__name__: p for p in parameters} | {alias.__name__: alias}
    scope = join_scopes(own.__getitem__, make_module_scope(alias.__module__))
    try:
        value = alias.__value__
    except Exception as error:  # the value of a `type` statement is computed here
        raise ArgumentError(f"cannot read the alias {alias.__name__}: {error}. Define the name in its module") from None
    read = read_annotation(value, scope, f"the alias {alias.__name__}")
    return fill_parameters(read, pair_parameters(parameters, get_args(kind) if kind is not alias else ()))
