"""Classes of `Config` for one set of keys each, so that a value is read in one step."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Hashable, Mapping
from copy import copy
from types import CodeType, FunctionType
from typing import Any, Final, TypeVar, cast
from weakref import finalize

from .errors import ArgumentError, MissingAttributeError
from .fold import forget_node, register_node
from .messages import Missing, short_repr

C = TypeVar("C")

MAX_LAYOUT_CLASSES: Final = 512
"""How many of these classes there may be at the same time, one or two per set of keys; other configurations are of the
general class."""

MAX_PROPERTIES: Final = 128
"""How many keys such a class may have: it is made before the first value is read."""

_kept_classes: Final[set[type]] = set()


class _LayoutClass(type):
    """Every configuration is an instance of each of these classes, as if all of them were their base."""

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, cls.__base__ or cls)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, cls.__base__ or cls)


copyreg.pickle(_LayoutClass, lambda cls: (copy, (cls.__base__,)))  # the base, which pickles find by its name


def refuse_subclass(cls: type) -> None:
    """`__init_subclass__` of the base: no others than the classes of this module derive from it."""
    if not isinstance(cls, _LayoutClass) or isinstance(cls.__base__, _LayoutClass):
        raise ArgumentError(
            f"Config is final, and {cls.__qualname__} derives from it. Write functions that take a configuration, "
            f"or a class with fields and structure({cls.__qualname__}, config)"
        )


def make_general_class(base: type[C]) -> type[C]:
    """The subclass of `base` for any keys."""
    return _make_class(base, {"__getattr__": _find_attribute})


def make_layout_class(base: type[C], layout: Any, reserved: frozenset[str], *, searches: bool = True) -> type[C] | None:
    """A subclass of `base` for one set of text keys, with a property for each, so that a read searches nothing.

    Keys that are `reserved` for methods, or could be one of Python's own, are searched for. CPython reads slots and
    properties in one step only where a class has no `__getattr__`: a class that never `searches` has none, so that it
    is Python that says that an attribute is missing (see `explain_attribute`). None where some key would need it, and
    where there are too many keys or too many such classes.
    """
    if len(layout.slots) > MAX_PROPERTIES or len(_kept_classes) >= MAX_LAYOUT_CLASSES:
        return None
    members = _make_reading_members(base, layout.slots, reserved)
    if searches:
        members["__getattr__"] = _find_attribute
    elif not members.keys() >= layout.slots.keys():
        return None
    return _keep_class(_make_class(base, members), layout)


def _keep_class(cls: type[C], layout: Any) -> type[C]:
    """The class, which is there as long as the layout: each of its instances keeps that."""
    _kept_classes.add(cls)
    finalize(layout, _forget_class, cls).atexit = False
    return cls


def _forget_class(cls: type) -> None:
    _kept_classes.discard(cls)
    forget_node(cls)


def _make_class(base: type[C], members: Mapping[str, Any]) -> type[C]:
    same = {name: getattr(base, name) for name in ("__module__", "__qualname__", "__doc__")}
    cls: Any = _LayoutClass(base.__name__, (base,), {**members, **same, "__slots__": ()})
    register_node(cls, _open_config, frozen=True)
    return cast(type[C], cls)


def _open_config(config: Any) -> tuple[Any, tuple[Any, ...]]:
    cell = config._cell
    return cell[0], cell[1:]


def _make_reading_members(base: Any, slots: Mapping[Hashable, int], reserved: frozenset[str]) -> dict[str, Any]:
    make_property = _copy_code(_make_property)
    names = {
        key: make_property(slot)
        for key, slot in slots.items()
        if isinstance(key, str) and key not in reserved and not key.startswith("__")
    }
    return {**names, "__getitem__": _copy_code(_make_reading)(base, slots)}


def _find_attribute(config: Any, name: str) -> Any:
    """`__getattr__`: the value at a key without a property."""
    if name != "_cell":  # which an instance lacks until it is made
        cell = config._cell
        if (slot := cell[0].slots.get(name)) is not None:
            return cell[slot]
    raise _make_attribute_error(config, name)


def _make_attribute_error(config: Any, name: str) -> MissingAttributeError:
    known = () if name == "_cell" else config._cell[0].keys
    error = MissingAttributeError(Missing(f"no key {short_repr(name)} in this configuration", name, known))
    error.name = name  # without the object, of which Python would suggest a name once more
    return error


def explain_attribute(error: BaseException) -> BaseException:
    """Python's own error of a missing attribute of a configuration as that of this library; any other as it is."""
    if type(error) is not AttributeError or not _is_said_by_python(error):
        return error
    explained = _make_attribute_error(error.obj, cast(str, error.name))
    explained.__dict__.update(error.__dict__)  # notes, and whatever else was set
    explained.__cause__, explained.__context__ = error.__cause__, error.__context__
    explained.__suppress_context__ = error.__suppress_context__
    return explained.with_traceback(error.__traceback__)


def _is_said_by_python(error: AttributeError) -> bool:
    """True if Python made the error, where a configuration has no such attribute: a task may write one of its own."""
    config, name = error.obj, error.name
    if not isinstance(type(config), _LayoutClass) or not isinstance(name, str) or [*map(type, error.args)] != [str]:
        return False
    words = f"'{type(config).__name__}' object has no attribute '{str.__str__(name)}'"
    return error.args[0] == words and hasattr(config, "_cell")  # which an instance lacks until it is made


def _copy_code(maker: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, the functions made by it in code of their own.

    CPython keeps in code what it has learned of a class: in one code for all classes it would learn again each time.
    """
    code = maker.__code__
    constants = [constant.replace() if isinstance(constant, CodeType) else constant for constant in code.co_consts]
    return FunctionType(code.replace(co_consts=tuple(constants)), maker.__globals__)


def _make_property(slot: int) -> property:
    return property(lambda config: config._cell[slot])


def _make_reading(base: Any, slots: Mapping[Hashable, int]) -> Callable[[Any, Any], Any]:
    read_or_refuse = base.__getitem__

    def __getitem__(config: Any, key: Any) -> Any:  # noqa: N807  # the method itself
        try:
            return config._cell[slots[key]]
        except (KeyError, TypeError, RecursionError):
            return read_or_refuse(config, key)

    return __getitem__
