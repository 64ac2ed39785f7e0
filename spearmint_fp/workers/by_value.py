"""Pickling what a script defines by value, with cloudpickle, so that it opens in processes that do not have the script.

The one module that pickles with cloudpickle. A worker's `__main__` is not the script, so nothing that goes there may
be found by its name in `__main__`, nor refer to anything there by name.
"""

from __future__ import annotations

import copyreg
import functools
import inspect
import io
import os
import pickle
import sys
import weakref
from collections.abc import Callable
from types import FunctionType
from typing import Any, Final, final

import cloudpickle
from toolz import curry

from ..conversion.annotations import read_types
from ..tasks.injection import read_hints
from ..tasks.wrapping import MAIN_MODULES, find_object

_PROCESS: Final = os.urandom(16)
Origin = tuple[bytes, int, str]
"""A process, which its forks are not, and the name of an object in its `__main__`."""

_SINGLES: Final[dict[Origin, Any]] = {}
_ORIGINS: Final[dict[int, Origin]] = {}
"""Objects of another process's `__main__` that are compared by identity, and the origin of each, by its `id`."""


def dumps(value: Any, protocol: int, *, has_script: bool = False) -> bytes:
    """`cloudpickle.dumps`, for a process whose `__main__` is another one; or, `has_script`, is the script too."""
    module = sys.modules.get("__mp_main__")
    if module is not None and getattr(module, "__name__", None) == "__mp_main__":
        cloudpickle.register_pickle_by_value(module)
    with io.BytesIO() as file:
        (_ScriptPickler if has_script else _Pickler)(file, protocol).dump(value)
        return file.getvalue()


@final
class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # it has no types
    def reducer_override(self, obj: Any) -> Any:
        """How to make an object again, where neither pickle nor cloudpickle has an answer that holds elsewhere."""
        kind = type(obj)
        if kind in _REDUCERS:
            return NotImplemented if _is_importable(obj) else _REDUCERS[kind](obj)
        if kind is object:
            name = _find_name(obj)
            return NotImplemented if name is None else _reduce_single(obj, name)
        found = super().reducer_override(obj)
        if found is not NotImplemented:
            if len(found) != 6:  # of six parts are the functions and the classes that travel by value
                return found
            return _reduce_class(obj, found) if isinstance(obj, type) else _reduce_function(obj, found)
        if isinstance(obj, type) or getattr(obj, "__module__", None) not in MAIN_MODULES or kind in self.dispatch_table:
            return NotImplemented
        reduced = obj.__reduce_ex__(self.proto)
        return _reduce_single(obj, reduced) if isinstance(reduced, str) else reduced


@final
class _ScriptPickler(cloudpickle.Pickler):  # type: ignore[misc]
    """For the workers of a pool that have the script as their `__main__`, with what an initializer has made of it."""

    def reducer_override(self, obj: Any) -> Any:
        """The script's objects by name; lambdas and closures by value, with the script's globals as theirs."""
        name: Any = getattr(obj, "__qualname__", None)
        in_script = isinstance(name, str) and getattr(obj, "__module__", None) in MAIN_MODULES
        if in_script and find_object("__main__", name) is obj:
            return _find_in_script, (name,)
        found = super().reducer_override(obj)
        if isinstance(obj, FunctionType) and obj.__globals__ is vars(sys.modules["__main__"]) and len(found) == 6:
            make, (code, _, *others), (state, slots), _, _, fill = found
            inner = state, {**slots, "__globals__": {}}
            contents = inner, fill, slots["__globals__"]
            return make, (code, _ScriptGlobals(), *others), contents, None, None, _fill_with_globals
        return found


@final
class _ScriptGlobals:
    """Opens as the globals of the script in the process that opens it."""

    def __reduce__(self) -> Any:
        return _find_script_globals, ()


def _find_script_globals() -> dict[str, Any]:
    """The globals of the script's functions; in a child of multiprocessing, its module has a copy of them."""
    main = vars(sys.modules["__main__"])
    spaces = (value.__globals__ for value in tuple(main.values()) if isinstance(value, FunctionType))
    return next((space for space in spaces if space.get("__name__") in MAIN_MODULES), main)


def _find_in_script(name: str) -> Any:
    first, *others = name.split(".")
    found = functools.reduce(lambda at, part: getattr(at, part, None), others, _find_script_globals().get(first))
    if found is None:
        raise AttributeError(f"the script of this worker has no {name}; define it outside of `if __name__ == ...`")
    return found


def _fill_with_globals(fn: Any, contents: tuple[Any, ...]) -> None:
    """Fill a function, and add those of its globals that the script does not have in this process."""
    state, fill, names = contents
    fill(fn, state)
    for name, value in names.items():
        fn.__globals__.setdefault(name, value)


# --- functions that are objects of some class ------------------------------------------------------------


def _is_importable(obj: Any) -> bool:
    module = getattr(obj, "__module__", None)
    return module not in MAIN_MODULES and find_object(module, getattr(obj, "__qualname__", "")) is obj


def _reduce_cached(obj: Any) -> tuple[Any, ...]:
    """A function of `functools.lru_cache`, with nothing in its cache."""
    options = obj.cache_parameters()
    others = {name: value for name, value in vars(obj).items() if name != "__wrapped__"}
    return _make_cached, (obj.__wrapped__, options["maxsize"], options["typed"]), others


def _make_cached(fn: Callable[..., Any], maxsize: int | None, typed: bool) -> Any:
    return functools.lru_cache(maxsize, typed)(fn)


def _reduce_curried(obj: Any) -> tuple[Any, ...]:
    return _make_curried, (type(obj), obj.func, obj.args, obj.keywords), vars(obj)


def _make_curried(kind: Any, fn: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    return kind(fn, *args, **keywords)


def _reduce_property(obj: Any) -> tuple[Any, ...]:
    """A cached property; under Python 3.11 it holds a lock."""
    return functools.cached_property, (obj.func,), {"attrname": obj.attrname, "__doc__": obj.__doc__}


def _reduce_weak(obj: Any) -> tuple[Any, ...]:
    """A dictionary of weak references; functions of `functools.singledispatch` hold one."""
    return type(obj), (dict(obj),)


_REDUCERS: Final[dict[type, Callable[[Any], tuple[Any, ...]]]] = {
    type(functools.lru_cache(abs)): _reduce_cached,
    functools.cached_property: _reduce_property,
    curry: _reduce_curried,
    weakref.WeakKeyDictionary: _reduce_weak,
    weakref.WeakValueDictionary: _reduce_weak,
}
"""How to make objects of these classes again where they do not stand at a name in a module."""


# --- objects that are what they are by identity ----------------------------------------------------------


def _find_name(obj: object) -> str | None:
    if id(obj) in _ORIGINS:
        return _ORIGINS[id(obj)][2]
    return next((name for name, value in tuple(vars(sys.modules["__main__"]).items()) if value is obj), None)


def _reduce_single(obj: Any, name: str) -> tuple[Any, ...]:
    """An object at a name in `__main__`: every process makes it once, and its own process gets the original back."""
    origin = _ORIGINS.get(id(obj), (_PROCESS, os.getpid(), name))
    state = None if type(obj) is object else object.__getstate__(obj)
    return _make_single, (origin, type(obj)), state


def _make_single(origin: Origin, kind: type) -> Any:
    if origin[0] == _PROCESS and (here := find_object("__main__", origin[2])) is not None:
        return here
    if origin not in _SINGLES:
        made = _SINGLES[origin] = object() if kind is object else copyreg.__newobj__(kind)  # type: ignore[attr-defined]
        _ORIGINS[id(made)] = origin
    return _SINGLES[origin]


# --- functions and classes, with their annotations as types ------------------------------------------------


def _reduce_function(fn: Any, found: tuple[Any, ...]) -> tuple[Any, ...]:
    """A function of a script, with its annotations as types: the globals that they name do not travel with its code."""
    texts = [name for name, value in (fn.__annotations__ or {}).items() if isinstance(value, str)]
    if not texts:
        return found
    hints, _ = read_hints(fn)
    annotations = {**fn.__annotations__, **{name: hints[name] for name in texts if name in hints}}
    make, arguments, state, _, _, fill = found
    return make, arguments, (state, fill, annotations), None, None, _fill_function


def _fill_function(fn: Any, contents: tuple[Any, ...]) -> None:
    state, fill, annotations = contents
    fill(fn, state)
    fn.__annotations__ = annotations


_SENT: Final = weakref.WeakSet[type]()
_RECEIVED: Final = weakref.WeakSet[type]()
"""Classes that were sent from here, and those that have come from elsewhere; to a fork, its parent is elsewhere."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SENT.clear)


def _reduce_class(cls: type, found: tuple[Any, ...]) -> tuple[Any, ...]:
    """A class of a script: what its annotations name is found here, and travels with it."""
    if type(cls).__module__.partition(".")[0] == "msgspec":  # its fields would be lost, without an error
        raise pickle.PicklingError(
            f"the msgspec struct {cls.__qualname__} of a script or a function cannot be made again in another process; "
            f"define it in a module that can be imported"
        )
    if cls not in _RECEIVED:
        _SENT.add(cls)
    make, arguments, state, _, _, fill = found
    return make, arguments, (state, fill, _read_annotations(cls)), None, None, _fill_class


def _read_annotations(cls: type) -> dict[str, Any]:
    """The own annotations of a class as types; empty where they cannot be read."""
    own = inspect.get_annotations(cls)
    try:
        types = read_types(cls) if own else {}
    except Exception:  # whatever an annotation does; what needs it raises in the worker, as it does here
        return {}
    return own if all(types.get(name) is value for name, value in own.items()) else {name: types[name] for name in own}


def _fill_class(cls: Any, contents: tuple[Any, ...]) -> None:
    """Fill a class that was made again, unless this is the process that sent it, where it is the script's own class."""
    if cls in _SENT:
        return
    _RECEIVED.add(cls)
    state, fill, annotations = contents
    fill(cls, state)
    if annotations:
        cls.__annotations__ = annotations
