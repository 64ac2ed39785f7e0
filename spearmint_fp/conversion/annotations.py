"""Annotations as types: text is read where it was written, parameters are filled, and nothing of the user's is changed.

A name in the text of a class's annotation means what it would mean in the class's body: a name of the class, a type
parameter, a local name of the function that defines the class (where that is still running, and that very call of it),
a name of the module, a builtin. Whoever calls has no say in it.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections import abc
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from inspect import unwrap
from operator import or_
from typing import Annotated, Any, Final, ForwardRef, Literal, TypeVar, Union, final, get_args, get_origin
from typing import is_typeddict as _is_typeddict

import attrs

from ..configuration.errors import ArgumentError, short_repr

__all__ = ["alias_of", "alias_value", "argument_types", "filled", "is_form", "is_typeddict", "types_of", "union_of"]

Names = Callable[[str], Any]
"""What a name means in a scope; a NameError where it means nothing."""


# --- types, rebuilt ------------------------------------------------------------------------------------------


def is_form(kind: Any, *names: str) -> bool:
    """True for a special form of `typing` with one of these names, also as `typing_extensions` has it."""
    form = getattr(kind, "_name", None) or getattr(kind, "__name__", None)
    return form in names and getattr(kind, "__module__", "typing") in ("typing", "typing_extensions")


def is_typeddict(kind: Any) -> bool:
    """True for a TypedDict, also for one of `typing_extensions`, which has a class of its own for them."""
    return _is_typeddict(kind) or type(kind).__name__ == "_TypedDictMeta"


def union_of(members: Iterable[Any]) -> Any:
    """The union of types, in their order."""
    listed = tuple(members)
    try:
        return reduce(or_, listed)
    except TypeError:  # of what only `typing` joins
        return Union[listed]  # noqa: UP007


@final
@attrs.frozen
class _Several:
    """The types that stand for one type variable tuple."""

    types: tuple[Any, ...]


def _rebuilt(kind: Any, change: Callable[[Any], Any]) -> Any:
    """The type with `change(part)` for each part of it that this changes; the type itself where none is."""
    changed = change(kind)
    if changed is not kind:
        return changed
    arguments, origin = getattr(kind, "__args__", ()), get_origin(kind)
    if not arguments or origin in (None, Literal, abc.Callable):  # what a function takes is not asked
        return kind
    parts: list[Any] = []
    for argument in arguments:
        part = _rebuilt(argument, change)
        parts.extend(part.types if isinstance(part, _Several) else [part])
    if len(parts) == len(arguments) and all(new is old for new, old in zip(parts, arguments, strict=True)):
        return kind
    return _of_parts(kind, origin, tuple(parts))


def _of_parts(kind: Any, origin: Any, parts: tuple[Any, ...]) -> Any:
    if origin is Annotated or hasattr(kind, "__metadata__"):
        return Annotated[(parts[0], *kind.__metadata__)]
    if origin in (Union, types.UnionType):
        return union_of(parts)
    if isinstance(kind, types.GenericAlias):
        made = types.GenericAlias(origin, parts)
        return next(iter(made)) if getattr(kind, "__unpacked__", False) else made
    return kind.copy_with(parts) if hasattr(kind, "copy_with") else origin[parts]


def _paired(parameters: tuple[Any, ...], arguments: tuple[Any, ...]) -> dict[Any, Any]:
    """Each type parameter with its argument; a type variable tuple with all that the others leave."""
    many = next((k for k, p in enumerate(parameters) if type(p).__name__ == "TypeVarTuple"), None)
    if many is None or not arguments:
        return dict(zip(parameters, arguments, strict=False))
    behind = len(parameters) - many - 1
    middle = _Several(arguments[many : len(arguments) - behind])
    tail = arguments[len(arguments) - behind :] if behind else ()
    return {**dict(zip(parameters, arguments[:many], strict=False)), **_tail(parameters[many:], middle, tail)}


def _tail(parameters: tuple[Any, ...], middle: _Several, tail: tuple[Any, ...]) -> dict[Any, Any]:
    return dict(zip(parameters, (middle, *tail), strict=False))


def filled(kind: Any, known: Mapping[Any, Any]) -> Any:
    """A type with what is known of its type parameters."""

    def change(part: Any) -> Any:
        inner = get_args(part)[0] if is_form(get_origin(part), "Unpack") else None
        if isinstance(inner, abc.Hashable) and isinstance(known.get(inner), _Several):
            return known[inner]
        return known.get(part, part) if _is_parameter(part) else part

    return _rebuilt(kind, change) if known else kind


def _is_parameter(part: Any) -> bool:
    return isinstance(part, TypeVar) or type(part).__name__ in ("TypeVar", "TypeVarTuple", "ParamSpec")


# --- aliases ---------------------------------------------------------------------------------------------------


def alias_of(kind: Any) -> Any:
    """The `type` statement (or `TypeAliasType`) that a type names, with or without arguments; None for all else."""
    for alias in (kind, get_origin(kind)):
        if type(alias).__name__ == "TypeAliasType":
            return alias
    return None


def alias_value(kind: Any) -> Any:
    """What an alias stands for, with its arguments in the place of its parameters."""
    alias = alias_of(kind)
    parameters = tuple(getattr(alias, "__type_params__", ()))
    own = {p.__name__: p for p in parameters} | {alias.__name__: alias}
    names = _first_of(own.__getitem__, _of_module(alias.__module__))
    try:
        value = alias.__value__
    except Exception as error:  # a `type` statement is read when it is first asked
        raise ArgumentError(f"cannot read the alias {alias.__name__}: {error}. Define the name in its module") from None
    read = _read(value, names, f"the alias {alias.__name__}")
    return filled(read, _paired(parameters, get_args(kind) if kind is not alias else ()))


# --- text ------------------------------------------------------------------------------------------------------


def _read(annotation: Any, names: Names, where: str) -> Any:
    """An annotation with every text in it read; the error says where it stands."""

    def change(part: Any) -> Any:
        if part is None:
            return type(None)
        if isinstance(part, ForwardRef):
            module = getattr(part.__forward_module__, "__name__", part.__forward_module__)
            return _text(part.__forward_arg__, _first_of(_of_module(module), names) if module else names)
        return _text(part, names) if isinstance(part, str) else part

    def _text(text: str, meaning: Names) -> Any:
        try:
            code = compile(f"({text}\n)", "<annotation>", "eval", dont_inherit=True)
            # names are looked up in `meaning` alone; the builtins are there for operators, `T | None` imports in 3.13
            found = eval(code, {"__builtins__": vars(builtins)}, _Looked(meaning))  # noqa: S307  # the author wrote it
        except Exception as error:  # whatever the text raises
            raise ArgumentError(
                f"cannot read the annotation {short_repr(text)} of {where}: {_reason(error)}. "
                f"Define the name in that module, or write the type itself, not its name as text"
            ) from None
        return _read(found, names, where) if found != text else found

    return _rebuilt(annotation, change)


def _reason(error: Exception) -> str:
    return f"{error}" if isinstance(error, NameError) else f"{type(error).__name__}: {error}"


class _Looked(dict[str, Any]):
    """The names of a scope as `eval` reads them."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, name: str) -> Any:
        try:
            return self._names(name)
        except KeyError:
            raise NameError(f"name {name!r} is not defined there") from None


def _first_of(*scopes: Names) -> Names:
    """The first meaning of a name in some scopes; a NameError of one of them ends the search."""

    def names(name: str) -> Any:
        for scope in scopes:
            try:
                return scope(name)
            except KeyError:
                continue
        raise KeyError(name)

    return names


def _of_module(name: str | None) -> Names:
    module = vars(sys.modules[name]) if name in sys.modules else {}
    return _first_of(module.__getitem__, vars(builtins).__getitem__)


# --- scopes ----------------------------------------------------------------------------------------------------


def _scope_of(cls: Any) -> Names:
    """What a name means in the body of a class."""
    parameters = {p.__name__: p for p in getattr(cls, "__type_params__", ())}
    own = {name: value for name, value in vars(cls).items() if _may_be_type(cls, name, value)}
    head, local, tail = cls.__qualname__.rpartition(".<locals>.")
    frame = _frame_of_class(cls, head, tail) if local else None
    around = _around(cls, head, tail, cls.__module__, frame)
    return _first_of(own.__getitem__, parameters.__getitem__, *around, _enclosing(cls))


def _may_be_type(cls: Any, name: str, value: Any) -> bool:
    """True for what an annotation can name: no field's default, no method and no property."""
    is_type = isinstance(value, type) or not hasattr(type(value), "__get__")
    return is_type and str(_own_annotations(cls).get(name, "TypeAlias")).endswith("TypeAlias")


def _around(thing: Any, head: str, tail: str, module: str, frame: types.FrameType | None) -> Iterator[Names]:
    """The scopes around a class or a function: the call that defined it, and the module."""
    if frame is not None:
        yield from ({**outer.f_locals}.__getitem__ for outer in _outward(frame))
    elif head:
        yield _hidden(module, head, tail.partition(".")[0], thing)
    yield _of_module(module)


def _frames(module: str) -> Iterator[types.FrameType]:
    """The calls of a module's functions that run in this thread, the latest first."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") == module:
            yield frame
        frame = frame.f_back


def _frame_of_class(cls: Any, head: str, tail: str) -> types.FrameType | None:
    """The very call that defined a local class, where it still runs: there the class has its name."""
    first, *steps = tail.split(".")
    for frame in _frames(cls.__module__):
        if frame.f_code.co_qualname == head:
            found = frame.f_locals.get(first)
            for step in steps:
                found = getattr(found, step, None)
            if found is cls:
                return frame
    return None


def _frames_of_function(function: Any) -> list[types.FrameType]:
    """The very call that defined a function, where it still runs, and those around it; a class's body is one.

    A call that has another function of the same code under the name is not the one.
    """
    name, code = function.__name__, function.__code__
    found = [
        frame
        for frame in _frames(function.__module__)
        if _defines(frame, code)
        and (frame.f_locals.get(name) is function or getattr(frame.f_locals.get(name), "__code__", None) is not code)
    ]
    return list(_outward(found[0])) if len(found) == 1 else []


def _outward(frame: types.FrameType) -> Iterator[types.FrameType]:
    """A call, and the calls of the functions that its own function stands in, as far as there is one of each."""
    yield frame
    around = [outer for outer in _frames(frame.f_globals["__name__"]) if _defines(outer, frame.f_code)]
    if len(around) == 1:
        yield from _outward(around[0])


def _defines(frame: types.FrameType, code: types.CodeType) -> bool:
    """True for a call that makes the function, or the body of the class, with this code."""
    return any(constant is code for constant in frame.f_code.co_consts)


def _hidden(module: str, head: str, own: str, thing: Any) -> Names:
    """The local names of a function that has ended: its own class is known, the others hide the module's in vain."""
    codes = list(_codes(module, head))

    def names(name: str) -> Any:
        if name == own and isinstance(thing, type) and thing.__name__ == own:
            return thing
        if any(name in (*code.co_varnames, *code.co_cellvars) for code in codes):
            raise NameError(f"name {name!r} is local to {head}()")
        raise KeyError(name)

    return names


def _codes(module: str, head: str) -> Iterator[types.CodeType]:
    """The code of the functions around a local class, the outermost first, as far as they are found by name."""
    outer, *inner = head.split(".<locals>.")
    found: Any = sys.modules.get(module)
    for step in outer.split("."):
        found = getattr(found, step, None)
    code = getattr(unwrap(found) if callable(found) else found, "__code__", None)
    for name in (None, *inner):
        if code is not None and name is not None:
            nested = (one for one in code.co_consts if isinstance(one, types.CodeType))
            code = next((one for one in nested if one.co_name == name.rpartition(".")[2]), None)
        if code is not None:
            yield code


def _enclosing(cls: Any) -> Names:
    """The class by its own name, and the names of the classes around it: after all else, as nothing else has them."""
    found: Any = sys.modules.get(cls.__module__)
    outer = [found := getattr(found, step, None) for step in cls.__qualname__.split(".")[:-1]]
    spaces = [vars(space).__getitem__ for space in reversed(outer) if isinstance(space, type)]
    return _first_of({cls.__name__: cls}.__getitem__, *spaces)


# --- the types of a class's fields -------------------------------------------------------------------------------


def _own_annotations(cls: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = vars(cls).get("__annotations__", {}) if isinstance(cls, type) else {}
    return found


@final
@attrs.frozen
class _Hint:
    """An annotation, the class that it stands in, and what is known of the class's type parameters."""

    annotation: Any
    owner: Any
    known: Mapping[Any, Any]


def types_of(kind: Any, declared: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The types of a class by name: of all its annotations, or of the fields in `declared`, as the class keeps them.

    Each annotation is read in the class that it stands in, with the arguments that `kind` gives it. What a class
    keeps beside its annotations (after `attrs.resolve_types`, or from `make_class`) goes before these.

    Raises:
        ArgumentError: an annotation that names what cannot be found; names the class, the field and the text.
    """
    cls = get_origin(kind) or kind
    hints = _hints(kind, cls)
    found: dict[str, Any] = {}
    for name, kept in (dict.fromkeys(hints) if declared is None else declared).items():
        hint = hints.get(name, _Hint(Any if kept is None else kept, cls, {}))
        annotation = hint.annotation if kept is None or isinstance(kept, str) else kept
        names, where = _scope_of(hint.owner), f"{_name(cls)}.{name}"
        read = _read(annotation, names, where)
        if type(read).__name__ == "InitVar":
            read = _read(read.type, names, where)
        found[name] = filled(_selves(read, kind), hint.known)
    return found


def _name(cls: Any) -> str:
    return getattr(cls, "__qualname__", None) or short_repr(cls)


def _selves(read: Any, kind: Any) -> Any:
    """A type with the class itself for `Self`."""
    return _rebuilt(read, lambda part: kind if is_form(part, "Self") else part)


def _hints(kind: Any, cls: Any) -> dict[str, _Hint]:
    if is_typeddict(cls):
        return _merged_hints(kind)
    known = _known_of(kind)
    return {
        name: _Hint(annotation, base, known.get(base, {}))
        for base in reversed(cls.__mro__)
        for name, annotation in _own_annotations(base).items()
    }


def _bases_of(kind: Any) -> Iterator[Any]:
    """The bases of a class, with the arguments that it gives them."""
    cls = get_origin(kind) or kind
    known = _paired(getattr(cls, "__parameters__", ()), get_args(kind))
    for base in vars(cls).get("__orig_bases__", cls.__bases__):
        yield filled(base, known)


def _known_of(kind: Any) -> dict[Any, dict[Any, Any]]:
    """What is known of the type parameters of a class and of each of its bases."""
    cls = get_origin(kind) or kind
    known = {cls: _paired(getattr(cls, "__parameters__", ()), get_args(kind))}
    for base in _bases_of(kind):
        if isinstance(get_origin(base) or base, type):
            known = {**_known_of(base), **known}
    return known


def _merged_hints(kind: Any) -> dict[str, _Hint]:
    """The annotations of a TypedDict, which has those of its bases among its own."""
    cls = get_origin(kind) or kind
    found: dict[str, _Hint] = {}
    for base in _bases_of(kind):
        if is_typeddict(get_origin(base) or base):
            found |= _merged_hints(base)
    known = _paired(getattr(cls, "__parameters__", ()), get_args(kind))
    for name, annotation in _own_annotations(cls).items():
        if name not in found or found[name].annotation is not annotation:
            found[name] = _Hint(annotation, cls, known)
    return found


# --- the types of a function's parameters -------------------------------------------------------------------------


def argument_types(function: Any) -> tuple[dict[str, Any], str]:
    """The annotations of a function as types, and why some of them cannot be read.

    A name that is imported for type checkers alone is no type at run time, so its parameter is the caller's.
    """
    found, unread = {}, []
    names = _scope_of_function(function)
    for name, annotation in getattr(function, "__annotations__", {}).items():
        try:
            found[name] = _read(annotation, names, f"{_name(function)}(), {name}")
        except ArgumentError as error:
            unread.append(str(error))
    return found, "; ".join(unread)


def _scope_of_function(function: Any) -> Names:
    plain = getattr(function, "__func__", function)
    code, module = getattr(plain, "__code__", None), getattr(plain, "__module__", None) or ""
    if code is None:
        return _of_module(module)
    own = {p.__name__: p for p in getattr(plain, "__type_params__", ())}
    for name, cell in zip(code.co_freevars, plain.__closure__ or (), strict=False):
        if cell != types.CellType():
            own[name] = cell.cell_contents
    head, local, tail = plain.__qualname__.rpartition(".<locals>.")
    frames = _frames_of_function(plain) if local or "." in plain.__qualname__ else []
    running = [{**frame.f_locals}.__getitem__ for frame in frames]
    around = _around(plain, "" if frames else head, tail, module, None)
    return _first_of(own.__getitem__, *running, *around, plain.__globals__.__getitem__, _class_of(plain, module))


def _class_of(function: Any, module: str) -> Names:
    """The names of the class that a method stands in, which its text means as the class's body does."""
    found: Any = sys.modules.get(module)
    for step in function.__qualname__.split(".")[:-1]:
        found = getattr(found, step, None)
    return vars(found).__getitem__ if isinstance(found, type) else _EMPTY.__getitem__


_EMPTY: Final[Mapping[str, Any]] = {}
