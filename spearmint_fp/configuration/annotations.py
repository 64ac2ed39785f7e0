"""Annotations as types, also where they are text that names a class inside a function."""

from __future__ import annotations

import sys
import types
from typing import Any, get_type_hints

from .errors import ArgumentError

__all__ = ["surroundings", "types_of"]


def surroundings(around: dict[str, Any]) -> dict[str, Any]:
    """The local names of the callers in the module with these globals, the nearest first."""
    frame: types.FrameType | None = sys._getframe(1)
    names: dict[str, Any] = {}
    while frame is not None:
        if frame.f_globals is around and frame.f_locals is not around:
            names = {**frame.f_locals, **names}
        frame = frame.f_back
    return names


def types_of(cls: Any) -> dict[str, Any]:
    """The types of a class's fields, as `typing.get_type_hints` reads them, with the names around its callers.

    Raises:
        ArgumentError: an annotation that names what cannot be found; names the class.
    """
    try:
        return get_type_hints(cls, include_extras=True)
    except NameError:
        pass
    module = sys.modules.get(cls.__module__)
    try:
        return get_type_hints(cls, localns=surroundings(vars(module) if module else {}), include_extras=True)
    except NameError as error:
        raise ArgumentError(
            f"cannot read the annotations of {cls.__qualname__}: {error}. Define it at module level, or before its use"
        ) from None
