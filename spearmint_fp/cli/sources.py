"""The trees that FILE stands for: of files, folders, standard input, and objects `module:name`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

import spearmint_fp as fp

from ..configuration.errors import ArgumentError, FileError
from ..configuration.messages import repr_with_type

_OBJECT: Final = re.compile(r"[\w./\\-]+:[^\W\d]\w*(\.[^\W\d]\w*)*")


def read_tree(source: str) -> Any:
    """The tree that a file or a folder holds, `-` for standard input, or that an object `module:name` is or returns.

    Raises:
        ArgumentError: an object that is no tree, or a function that takes arguments, or raises; says which.
        FileError, FormatError: as `load`.
    """
    if source == "-":
        return _read_stdin()
    if source.endswith(".py") or (_OBJECT.fullmatch(source) and not os.path.exists(source)):
        return _read_object(source)
    return fp.load(source)


def _read_stdin() -> Any:
    from ..conversion.files import MOST_BYTES
    from ..sweep.files import load_text

    if sys.stdin is None:
        raise FileError("standard input is closed")
    return load_text(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input")


def look_up_here(name: str) -> Any:
    """The object `module:name`, where modules of the current folder come first, as with `python -m`."""
    from .objects import look_up

    here = os.getcwd()
    if sys.path[:1] not in ([here], [""]):
        sys.path.insert(0, here)
    return look_up(name)


def _read_object(name: str) -> Any:
    """The tree `module:name`; of a function what it returns, of a list the choice among its items, as in a file."""
    from ..configuration.choices import holds_records

    value = look_up_here(name)
    value = value.configs if isinstance(value, fp.Spearmint) else value
    if callable(value) and not holds_records(value):
        name, value = f"{name}()", _call_function(name, value)
    if type(value) in (list, tuple) or isinstance(value, Iterator):
        value = fp.DynamicValue(value)
    if not (isinstance(value, fp.Sweep) or holds_records(value)):
        raise ArgumentError(
            f"{name} is {repr_with_type(value)}. FILE as module:name is a tree of mappings, a sweep, or a "
            f"function without parameters that returns one"
        )
    return value


def _call_function(name: str, function: Callable[[], Any]) -> Any:
    from ..tasks.wrapping import is_async

    if is_async(function):
        raise ArgumentError(f"{name} is a coroutine function. FILE as module:name takes a plain function")
    try:
        return function()
    except (Exception, SystemExit) as error:  # whatever a user's function does
        raise ArgumentError(f"{name}() raised {type(error).__name__}: {error}") from error
