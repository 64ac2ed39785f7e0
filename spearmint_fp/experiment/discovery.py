"""Which experiments a function calls: read from its code object, and resolved to the very objects that it refers to.

Neither source text nor names decide: a name is looked up where the function itself would look it up, in its closure,
its globals and the builtins, and attributes are followed through modules, classes and the instance of a method. Code
that never runs counts, and what is reached in other ways does not: that is what `uses=` declares.
"""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, MethodType, ModuleType
from typing import Any, Final

from ..tasks.wrapping import PARTIALS

Chain = tuple[str, tuple[str, ...]]
"""Where a name is looked up (`global`, `free`, `first`), and the name with the attributes that follow it."""


def list_references(fn: Callable[..., Any]) -> Iterator[Any]:
    """The objects that a function's code refers to, in the order of the code, each as often as it is named.

    Raises nothing: what has no code of its own, or a name that has no value yet, refers to nothing.
    """
    plain, instance = _open_function(fn)
    code = getattr(plain, "__code__", None)
    if not isinstance(code, CodeType):
        return
    names = _list_names(plain, code, instance)
    for scope, (name, *attributes) in _read_chains(code):
        if name in names[scope]:
            yield from _follow_attributes(names[scope][name], attributes)


def _open_function(fn: Any) -> tuple[Any, Any]:
    """The plain function inside wrappers, and the instance that is its first argument, if that is known."""
    instance = None
    while isinstance(fn, (*PARTIALS, MethodType)) or not hasattr(fn, "__code__"):
        if isinstance(fn, PARTIALS):
            instance = fn.args[0] if fn.args else instance
            fn = fn.func
        elif isinstance(fn, MethodType):
            fn, instance = fn.__func__, fn.__self__
        elif hasattr(fn, "__wrapped__"):
            fn = fn.__wrapped__
        elif inspect.ismethod(getattr(fn, "__call__", None)):  # noqa: B004  # an object with a method of that name
            fn = fn.__call__
        else:
            break
    return inspect.unwrap(fn), instance


def _list_names(plain: Any, code: CodeType, instance: Any) -> Mapping[str, Mapping[str, Any]]:
    """The objects that the names in a function's code stand for, by where they are looked up."""
    cells = dict(zip(code.co_freevars, plain.__closure__ or (), strict=True))
    closure = {name: cell.cell_contents for name, cell in cells.items() if _is_filled(cell)}
    first = {} if instance is None or not code.co_argcount else {code.co_varnames[0]: instance}
    return {"global": plain.__globals__, "free": closure, "first": first}


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # it has no value yet
        return False


def _follow_attributes(value: Any, attributes: list[str]) -> Iterator[Any]:
    """A value, and the values of its attributes one after the other, without running any code of theirs."""
    yield value
    for attribute in attributes:
        target = inspect.getattr_static(value, attribute, _NOTHING)
        if target is _NOTHING:
            return
        # a function of an instance's class is bound, as the interpreter would bind it
        if inspect.isfunction(target) and not isinstance(value, type | ModuleType):
            target = MethodType(target, value)
        value = target.__func__ if isinstance(target, classmethod | staticmethod) else target
        yield value


_NOTHING: Final = object()


@functools.lru_cache(maxsize=512)
def _read_chains(code: CodeType) -> tuple[Chain, ...]:
    """`a.b.c` wherever the code, or code inside it, says so, where `a` is not one of its own variables."""
    chains: list[tuple[str, list[str]]] = []
    attached = False
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            if attached:  # to what was loaded just before it; else it is an attribute of a computed value
                chains[-1][1].append(str(step.argval))
            continue
        # Python 3.13 loads two names in one instruction: attributes follow the last one
        name = step.argval[-1] if isinstance(step.argval, tuple) else step.argval
        scope = _find_scope(step.opname, name, code)
        attached = scope is not None
        if scope is not None:
            chains.append((scope, [str(name)]))
        elif isinstance(name, CodeType):
            chains += [(inner, list(names)) for inner, names in _read_inner(name, code)]
    return tuple((scope, tuple(names)) for scope, names in chains)


def _read_inner(inner: CodeType, code: CodeType) -> Iterator[Chain]:
    """The chains of code inside a function that begin with a global, or with a free name or first argument of its."""
    for scope, names in _read_chains(inner):
        if scope == "global" or (scope == "free" and names[0] in code.co_freevars):
            yield scope, names
        elif scope == "free" and names[0] in code.co_varnames[:1]:
            yield "first", names


def _find_scope(opname: str, name: Any, code: CodeType) -> str | None:
    """The place where an instruction looks a name up; None if it does not, or in a variable of the function's own."""
    if opname in ("LOAD_GLOBAL", "LOAD_NAME"):
        return "global"
    if opname in ("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_CLOSURE") and name in code.co_freevars:
        return "free"
    if ("LOAD_FAST" in opname or "LOAD_DEREF" in opname) and name in code.co_varnames[:1]:
        return "first"
    return None
