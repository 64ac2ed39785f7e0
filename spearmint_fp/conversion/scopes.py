"""Scopes: the meaning of a name where a class or a function is written.

A name in the text of a class's annotation means what it would mean in the class's body: a name of the class, a type
parameter, a local name of the function that defines the class (where that very call of it is still running), a name of
the module, a builtin. The names of the caller mean nothing here.
"""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from inspect import unwrap
from itertools import accumulate
from typing import Any

Scope = Callable[[str], Any]
"""Gives the meaning of a name; a KeyError where it has none, a NameError where it has one that is out of reach."""


class Namespace(dict[str, Any]):
    """The names of a scope as `eval` reads them."""

    def __init__(self, names: Scope) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, name: str) -> Any:
        try:
            return self._names(name)
        except KeyError:
            raise NameError(f"name {name!r} is not defined there") from None


def join_scopes(*scopes: Scope) -> Scope:
    """The first meaning of a name in some scopes; a NameError of one of them ends the search."""

    def find_name(name: str) -> Any:
        for scope in scopes:
            try:
                return scope(name)
            except KeyError:
                continue
        raise KeyError(name)

    return find_name


def make_module_scope(name: str | None) -> Scope:
    """The names of a module, and the builtins."""
    module = vars(sys.modules[name]) if name in sys.modules else {}
    return join_scopes(module.__getitem__, vars(builtins).__getitem__)


def make_class_scope(cls: Any) -> Scope:
    """The names as the body of a class has them."""
    parameters = {p.__name__: p for p in getattr(cls, "__type_params__", ())}
    own = {name: value for name, value in vars(cls).items() if _may_be_type(cls, name, value)}
    head, local, tail = cls.__qualname__.rpartition(".<locals>.")
    frame = _find_frame(cls, head, tail) if local else None
    around = _list_outer_scopes(cls, head, tail, cls.__module__, frame)
    return join_scopes(own.__getitem__, parameters.__getitem__, *around, _make_enclosing_scope(cls))


def _may_be_type(cls: Any, name: str, value: Any) -> bool:
    """True for what an annotation can name: no field's default, no method and no property."""
    is_type = isinstance(value, type) or not hasattr(type(value), "__get__")
    return is_type and str(get_own_annotations(cls).get(name, "TypeAlias")).endswith("TypeAlias")


def _list_outer_scopes(thing: Any, head: str, tail: str, module: str, frame: types.FrameType | None) -> Iterator[Scope]:
    """The scopes around a class or a function: the call that defined it, and the module."""
    if frame is not None:
        yield from ({**outer.f_locals}.__getitem__ for outer in _list_outer_frames(frame))
    elif head:
        yield _make_ended_scope(module, head, tail.partition(".")[0], thing)
    yield make_module_scope(module)


def _list_running_frames(module: str) -> Iterator[types.FrameType]:
    """The calls of a module's functions that run in this thread, the latest first."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__") == module:
            yield frame
        frame = frame.f_back


def _find_frame(cls: Any, head: str, tail: str) -> types.FrameType | None:
    """The very call that defined a local class, where it still runs: there the class has its name."""
    first, *steps = tail.split(".")
    for frame in _list_running_frames(cls.__module__):
        if frame.f_code.co_qualname == head and _follow_attributes(frame.f_locals.get(first), steps) is cls:
            return frame
    return None


def _find_frames(function: Any) -> list[types.FrameType]:
    """The very call that defined a function, where it still runs, and those around it; a class's body is one.

    A call that has another function of the same code under the name is not the one.
    """
    name, code = function.__name__, function.__code__
    found = [
        frame
        for frame in _list_running_frames(function.__module__)
        if _makes_code(frame, code)
        and (frame.f_locals.get(name) is function or getattr(frame.f_locals.get(name), "__code__", None) is not code)
    ]
    return list(_list_outer_frames(found[0])) if len(found) == 1 else []


def _list_outer_frames(frame: types.FrameType) -> Iterator[types.FrameType]:
    """A call, and the calls of the functions that its own function stands in, as far as there is one of each."""
    yield frame
    around = [outer for outer in _list_running_frames(frame.f_globals["__name__"]) if _makes_code(outer, frame.f_code)]
    if len(around) == 1:
        yield from _list_outer_frames(around[0])


def _makes_code(frame: types.FrameType, code: types.CodeType) -> bool:
    """True for a call that makes the function, or the body of the class, with this code."""
    return any(constant is code for constant in frame.f_code.co_consts)


def _make_ended_scope(module: str, head: str, own: str, thing: Any) -> Scope:
    """The local names of a function that has ended: of these only the class itself can still be reached.

    The others are errors, rather than the names of the module that they hide.
    """
    codes = list(_list_codes(module, head))

    def find_name(name: str) -> Any:
        if name == own and isinstance(thing, type) and thing.__name__ == own:
            return thing
        if any(name in (*code.co_varnames, *code.co_cellvars) for code in codes):
            raise NameError(f"name {name!r} is local to {head}()")
        raise KeyError(name)

    return find_name


def _list_codes(module: str, head: str) -> Iterator[types.CodeType]:
    """The code of the functions around a local class, the outermost first, as far as they are found by name."""
    outer, *inner = head.split(".<locals>.")
    found = _follow_attributes(sys.modules.get(module), outer.split("."))
    code = getattr(unwrap(found) if callable(found) else found, "__code__", None)
    for name in (None, *inner):
        if code is not None and name is not None:
            nested = (one for one in code.co_consts if isinstance(one, types.CodeType))
            code = next((one for one in nested if one.co_name == name.rpartition(".")[2]), None)
        if code is not None:
            yield code


def _make_enclosing_scope(cls: Any) -> Scope:
    """The class by its own name, and the names of the classes around it.

    Python itself does not look there, so these come after all others.
    """
    steps = cls.__qualname__.split(".")[:-1]
    outer = list(accumulate(steps, _get_attribute, initial=sys.modules.get(cls.__module__)))
    spaces = [vars(space).__getitem__ for space in reversed(outer) if isinstance(space, type)]
    return join_scopes({cls.__name__: cls}.__getitem__, *spaces)


def make_function_scope(function: Any) -> Scope:
    """The names as they are where a function is defined: the annotations of its parameters stand there."""
    plain = getattr(function, "__func__", function)
    code, module = getattr(plain, "__code__", None), getattr(plain, "__module__", None) or ""
    if code is None:
        return make_module_scope(module)
    own = {p.__name__: p for p in getattr(plain, "__type_params__", ())}
    for name, cell in zip(code.co_freevars, plain.__closure__ or (), strict=False):
        if cell != types.CellType():
            own[name] = cell.cell_contents
    head, local, tail = plain.__qualname__.rpartition(".<locals>.")
    frames = _find_frames(plain) if local or "." in plain.__qualname__ else []
    running = [{**frame.f_locals}.__getitem__ for frame in frames]
    around = _list_outer_scopes(plain, "" if frames else head, tail, module, None)
    return join_scopes(
        own.__getitem__, *running, *around, plain.__globals__.__getitem__, _make_method_scope(plain, module)
    )


def _make_method_scope(function: Any, module: str) -> Scope:
    """The names of the class that a method stands in, where there is one."""
    found = _follow_attributes(sys.modules.get(module), function.__qualname__.split(".")[:-1])
    names: Mapping[str, Any] = vars(found) if isinstance(found, type) else {}
    return names.__getitem__


def _follow_attributes(start: Any, steps: Iterable[str]) -> Any:
    """The attribute of an attribute of `start`, and so on; None where one is missing."""
    return reduce(_get_attribute, steps, start)


def _get_attribute(value: Any, name: str) -> Any:
    return getattr(value, name, None)


def get_own_annotations(cls: Any) -> Mapping[str, Any]:
    """The annotations that stand in the body of a class itself, none of its bases'."""
    found: Mapping[str, Any] = vars(cls).get("__annotations__", {}) if isinstance(cls, type) else {}
    return found
