"""Task wrappers: functions around functions that look like them, pickle like them, and bind as methods."""

from __future__ import annotations

import functools
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from types import MethodType
from typing import Any, Generic, TypeVar, cast

import attrs

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type
from .wrapping import Layer, find_object, is_async

T = TypeVar("T")


@attrs.frozen(eq=False, repr=False, slots=False)
class Wrapper(Layer, ABC, Generic[T]):
    """A function around a function: looks like it, pickles by its name where it stands there, binds as a method.

    Its other fields are the options that it was made with.
    """

    function: Callable[..., T]

    def __attrs_post_init__(self) -> None:
        names = {name: getattr(self.function, name, None) for name in functools.WRAPPER_ASSIGNMENTS}
        self.__dict__.update({k: v for k, v in names.items() if v is not None}, __wrapped__=self.function)

    def __get__(self, instance: Any, owner: type | None = None) -> Callable[..., T]:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> T:
        work = self.call_async if is_async(self.function) else self.call
        return cast(T, work(*args, **kwargs))

    @abstractmethod
    def call(self, *args: Any, **kwargs: Any) -> T:
        """Call the function."""

    @abstractmethod
    async def call_async(self, *args: Any, **kwargs: Any) -> Any:
        """Call the coroutine function, and await what it gives."""

    def __reduce__(self) -> Any:
        module, name = getattr(self, "__module__", None), getattr(self, "__qualname__", "")
        if module != "__main__" and find_object(module, name) is self:
            return name
        return type(self), attrs.astuple(self, recurse=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}{attrs.astuple(self, recurse=False)}"


def check_function(fn: Any, usage: str) -> Any:
    """`fn`, or the error that says how a wrapper is used."""
    if not callable(fn) or isinstance(fn, staticmethod):
        below = ". Write it below @staticmethod or @classmethod" if isinstance(fn, staticmethod | classmethod) else ""
        raise ArgumentError(f"{usage} wraps a function: {usage}(fn); got {repr_with_type(fn)}{below}")
    return fn


def is_count(value: Any) -> bool:
    """True for a whole number above 0; True itself is none."""
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_seconds(value: Any) -> bool:
    """True for an int or a float of seconds that can be waited for: up to some centuries."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= threading.TIMEOUT_MAX


def format_seconds(value: Any) -> str:
    """A value that is no number of seconds, as messages name it, with the limit where it is over that."""
    over = isinstance(value, int | float) and value > threading.TIMEOUT_MAX
    return f"{repr_with_type(value)}{f', and the most is {threading.TIMEOUT_MAX:g}' if over else ''}"
