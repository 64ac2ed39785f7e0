"""Classes of `Config` for one set of keys each, so that a value is read in one step."""

from __future__ import annotations

import copyreg
from collections.abc import Callable, Hashable, Mapping
from copy import copy
from types import CodeType, FunctionType
from typing import Any, Final, TypeVar

from .errors import ArgumentError

C = TypeVar("C")

MAX_LAYOUT_CLASSES: Final = 256
"""How many of these classes there may be at the same time; other configurations are of the general class."""

MAX_PROPERTIES: Final = 128
"""How many keys such a class may have: it is made before the first value is read."""


class _LayoutClass(type):
    """Every configuration is an instance of each of these classes, as if all of them were the general one."""

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, cls.__base__ or cls)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, cls.__base__ or cls)


copyreg.pickle(_LayoutClass, lambda cls: (copy, (cls.__base__,)))  # the general class


def refuse_subclass(cls: type) -> None:
    """`__init_subclass__` of the general class: no others than the classes of this module derive from it."""
    if not isinstance(cls, _LayoutClass) or isinstance(cls.__base__, _LayoutClass):
        raise ArgumentError(
            f"Config is final, and {cls.__qualname__} derives from it. Write functions that take a configuration, "
            f"or a class with fields and structure({cls.__qualname__}, config)"
        )


def make_layout_class(general: type[C], slots: Mapping[Hashable, int], reserved: frozenset[str]) -> type[C]:
    """A subclass of `general` for one set of text keys, with a property for each, so that a read searches nothing.

    Keys that are `reserved` for methods, or could be one of Python's own, are left to `general`.
    """
    make_property = _copy_code(_make_property)
    names = {
        key: make_property(slot)
        for key, slot in slots.items()
        if isinstance(key, str) and key not in reserved and not key.startswith("__")
    }
    same = {name: getattr(general, name) for name in ("__module__", "__qualname__", "__doc__")}
    own = {**names, **same, "__slots__": (), "__getitem__": _copy_code(_make_reading)(general, slots)}
    return _LayoutClass(general.__name__, (general,), own)  # type: ignore[return-value]


def _copy_code(maker: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, the functions made by it in code of their own.

    CPython keeps in code what it has learned of a class: in one code for all classes it would learn again each time.
    """
    code = maker.__code__
    constants = [constant.replace() if isinstance(constant, CodeType) else constant for constant in code.co_consts]
    return FunctionType(code.replace(co_consts=tuple(constants)), maker.__globals__)


def _make_property(slot: int) -> property:
    return property(lambda config: config._cell[slot])


def _make_reading(general: Any, slots: Mapping[Hashable, int]) -> Callable[[Any, Any], Any]:
    read_or_refuse = general.__getitem__

    def __getitem__(config: Any, key: Any) -> Any:  # noqa: N807  # the method itself
        try:
            return config._cell[slots[key]]
        except (KeyError, TypeError, RecursionError):
            return read_or_refuse(config, key)

    return __getitem__
