"""Types taken apart and put together again: special forms, unions, and generic types with their parameters filled."""

from __future__ import annotations

import types
from collections import abc
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from inspect import isclass
from operator import or_
from typing import Annotated, Any, Literal, Union, final, get_args, get_origin
from typing import is_typeddict as _is_typeddict

import attrs


def is_form(kind: Any, *names: str) -> bool:
    """True for a special form of `typing` with one of these names, also as `typing_extensions` has it."""
    form = getattr(kind, "_name", None) or getattr(kind, "__name__", None)
    return form in names and getattr(kind, "__module__", "typing") in ("typing", "typing_extensions")


def is_typeddict(kind: Any) -> bool:
    """True for a TypedDict, also for one of `typing_extensions`, which has a class of its own for them."""
    return _is_typeddict(kind) or type(kind).__name__ == "_TypedDictMeta"


def is_named_tuple(kind: Any) -> bool:
    """True for the class of a NamedTuple, also where its type variables are filled."""
    return isclass(find_class(kind)) and isinstance(getattr(find_class(kind), "_fields", None), tuple)


def is_union(kind: Any) -> bool:
    """True for `A | B`, however it is written."""
    return get_origin(kind) in (Union, types.UnionType)


def is_literal(kind: Any) -> bool:
    """True for `Literal[...]`."""
    origin: Any = get_origin(kind)
    return origin is Literal


def find_class(kind: Any) -> Any:
    """The class of a generic type; all else as it is."""
    origin: Any = get_origin(kind)
    return kind if origin is None else origin


def make_type_key(kind: Any) -> Any:
    """A key that tells types apart which compare equal: `A | B` and `B | A`, `Literal[1]` and `Literal[True]`."""
    arguments, origin = getattr(kind, "__args__", None), get_origin(kind)
    if origin is None or not isinstance(arguments, tuple):
        return kind
    if origin is Literal:
        return Literal, *((type(one), one) for one in arguments)
    extras = [one for one in getattr(kind, "__metadata__", ()) if type(one).__module__ == "msgspec"]
    return Union if is_union(kind) else origin, *map(make_type_key, arguments), *extras


def join_types(members: Iterable[Any]) -> Any:
    """The union of types, in their order."""
    listed = tuple(members)
    try:
        return reduce(or_, listed)
    except TypeError:  # of what only `typing` joins
        return Union[listed]  # noqa: UP007


@final
@attrs.frozen(repr=False)
class _Several:
    """The types that stand for one type variable tuple."""

    types: tuple[Any, ...]


def rebuild_type(kind: Any, change: Callable[[Any], Any]) -> Any:
    """The type with `change(part)` for each part of it that this changes; the type itself where none is."""
    changed = change(kind)
    if changed is not kind:
        return changed
    arguments, origin = getattr(kind, "__args__", ()), get_origin(kind)
    if not arguments or origin in (None, Literal, abc.Callable):  # a function is not checked by what it takes
        return kind
    parts: list[Any] = []
    for argument in arguments:
        part = rebuild_type(argument, change)
        parts.extend(part.types if isinstance(part, _Several) else [part])
    if len(parts) == len(arguments) and all(new is old for new, old in zip(parts, arguments, strict=True)):
        return kind
    return _replace_arguments(kind, origin, tuple(parts))


def _replace_arguments(kind: Any, origin: Any, arguments: tuple[Any, ...]) -> Any:
    if origin is Annotated or hasattr(kind, "__metadata__"):
        return Annotated[(arguments[0], *kind.__metadata__)]
    if is_union(kind):
        return join_types(arguments)
    if isinstance(kind, types.GenericAlias):
        made = types.GenericAlias(origin, arguments)
        return next(iter(made)) if getattr(kind, "__unpacked__", False) else made
    return kind.copy_with(arguments) if hasattr(kind, "copy_with") else origin[arguments]


def pair_parameters(parameters: tuple[Any, ...], arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """Each type parameter with its argument; a type variable tuple with all that the others leave."""
    many = next((k for k, p in enumerate(parameters) if type(p).__name__ == "TypeVarTuple"), None)
    if many is not None and arguments:
        last = len(arguments) - (len(parameters) - many - 1)
        arguments = (*arguments[:many], _Several(arguments[many:last]), *arguments[last:])
    return dict(zip(parameters, arguments, strict=False))


def fill_parameters(kind: Any, known: Mapping[Any, Any]) -> Any:
    """A type with what is known of its type parameters."""

    def change(part: Any) -> Any:
        inner = get_args(part)[0] if is_form(get_origin(part), "Unpack") else None
        if isinstance(inner, abc.Hashable) and isinstance(known.get(inner), _Several):
            return known[inner]
        is_parameter = type(part).__name__ in ("TypeVar", "TypeVarTuple", "ParamSpec")
        return known.get(part, part) if is_parameter else part

    return rebuild_type(kind, change) if known else kind
