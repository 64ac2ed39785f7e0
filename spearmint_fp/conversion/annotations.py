"""Annotations as types: text is read where it was written, type parameters are filled, no class is changed."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from typing import Any, ForwardRef, final, get_args, get_origin

import attrs

from ..configuration.errors import ArgumentError
from ..configuration.messages import short_repr
from .scopes import (
    Namespace,
    Scope,
    get_own_annotations,
    join_scopes,
    make_class_scope,
    make_function_scope,
    make_module_scope,
)
from .type_forms import fill_parameters, is_form, is_typeddict, pair_parameters, rebuild_type

# --- text ------------------------------------------------------------------------------------------------------


def read_annotation(annotation: Any, scope: Scope, where: str) -> Any:
    """An annotation with every text in it read; the error says where it stands."""

    def change(part: Any) -> Any:
        if part is None:
            return type(None)
        if isinstance(part, ForwardRef):
            module = getattr(part.__forward_module__, "__name__", part.__forward_module__)
            return read_text(part.__forward_arg__, join_scopes(make_module_scope(module), scope) if module else scope)
        return read_text(part, scope) if isinstance(part, str) else part

    def read_text(text: str, meaning: Scope) -> Any:
        try:
            code = compile(f"({text}\n)", "<annotation>", "eval", dont_inherit=True)
            # names come from `meaning` alone; the builtins are for operators, as `T | None` imports something in 3.13
            found = eval(code, {"__builtins__": vars(builtins)}, Namespace(meaning))  # noqa: S307  # the author wrote it
        except Exception as error:  # whatever the text raises
            reason = str(error) if isinstance(error, NameError) else f"{type(error).__name__}: {error}"
            raise ArgumentError(
                f"cannot read the annotation {short_repr(text)} of {where}: {reason}. "
                f"Define the name in that module, or write the type itself, not its name as text"
            ) from None
        return read_annotation(found, scope, where) if found != text else found

    return rebuild_type(annotation, change)


# --- the types of a class's fields -------------------------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class _Hint:
    """An annotation, the class that it stands in, and what is known of the class's type parameters."""

    annotation: Any
    owner: Any
    known: Mapping[Any, Any]


def read_types(kind: Any, declared: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The types of a class by name: of all its annotations, or of the fields in `declared`, as the class keeps them.

    Each annotation is read in the class that it stands in, with the arguments that `kind` gives it. What a class
    keeps beside its annotations (after `attrs.resolve_types`, or from `make_class`) goes before these.

    Raises:
        ArgumentError: an annotation that names what cannot be found; names the class, the field and the text.
    """
    cls = get_origin(kind) or kind
    hints = _list_hints(kind, cls)
    found: dict[str, Any] = {}
    for name, kept in (dict.fromkeys(hints) if declared is None else declared).items():
        hint = hints.get(name, _Hint(Any if kept is None else kept, cls, {}))
        annotation = hint.annotation if kept is None or isinstance(kept, str) else kept
        scope, where = make_class_scope(hint.owner), f"{_show_name(cls)}.{name}"
        read = read_annotation(annotation, scope, where)
        if type(read).__name__ == "InitVar":
            read = read_annotation(read.type, scope, where)
        read = rebuild_type(read, lambda part: kind if is_form(part, "Self") else part)
        found[name] = fill_parameters(read, hint.known)
    return found


def _show_name(cls: Any) -> str:
    return getattr(cls, "__qualname__", None) or short_repr(cls)


def _list_hints(kind: Any, cls: Any) -> dict[str, _Hint]:
    if is_typeddict(cls):
        return _list_key_hints(kind)
    known = _list_known(kind)
    return {
        name: _Hint(annotation, base, known.get(base, {}))
        for base in reversed(cls.__mro__)
        for name, annotation in get_own_annotations(base).items()
    }


def _list_bases(kind: Any) -> Iterator[Any]:
    """The bases of a class, with the arguments that it gives them."""
    cls = get_origin(kind) or kind
    known = pair_parameters(getattr(cls, "__parameters__", ()), get_args(kind))
    for base in vars(cls).get("__orig_bases__", cls.__bases__):
        yield fill_parameters(base, known)


def _list_known(kind: Any) -> dict[Any, dict[Any, Any]]:
    """The arguments of the type parameters of a class and of each of its bases, as far as they are known."""
    cls = get_origin(kind) or kind
    known = {cls: pair_parameters(getattr(cls, "__parameters__", ()), get_args(kind))}
    for base in _list_bases(kind):
        if isinstance(get_origin(base) or base, type):
            known = {**_list_known(base), **known}
    return known


def _list_key_hints(kind: Any) -> dict[str, _Hint]:
    """The annotations of a TypedDict, which has those of its bases among its own."""
    cls = get_origin(kind) or kind
    found: dict[str, _Hint] = {}
    for base in _list_bases(kind):
        if is_typeddict(get_origin(base) or base):
            found |= _list_key_hints(base)
    known = pair_parameters(getattr(cls, "__parameters__", ()), get_args(kind))
    for name, annotation in get_own_annotations(cls).items():
        if name not in found or found[name].annotation is not annotation:
            found[name] = _Hint(annotation, cls, known)
    return found


# --- the types of a function's parameters -------------------------------------------------------------------------


def read_argument_types(function: Any) -> tuple[dict[str, Any], str]:
    """The annotations of a function as types, and why some of them cannot be read.

    A name that is imported for type checkers alone is no type at run time, so its parameter is the caller's.
    """
    found, unread = {}, []
    scope = make_function_scope(function)
    for name, annotation in getattr(function, "__annotations__", {}).items():
        try:
            found[name] = read_annotation(annotation, scope, f"{_show_name(function)}(), {name}")
        except ArgumentError as error:
            unread.append(str(error))
    return found, "; ".join(unread)
