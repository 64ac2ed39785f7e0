"""Every error of the library: one base, and beside it the builtin that a caller expects.

A message says what is wrong, where (the path), the value, and the way out.
"""

from __future__ import annotations

import reprlib
from collections.abc import Hashable, Iterable
from typing import Any

__all__ = [
    "AbsentError",
    "AbsentFileError",
    "ArgumentError",
    "ChoiceError",
    "ConflictError",
    "ConversionError",
    "CountError",
    "ExperimentError",
    "FileError",
    "FormatError",
    "IdentityError",
    "MissingAttributeError",
    "MissingExtraError",
    "PathError",
    "PositionError",
    "SizeError",
    "SpearmintError",
    "TreeError",
]


class SpearmintError(Exception):
    """The base of every error that the library raises on purpose."""


class TreeError(SpearmintError, ValueError):
    """A value that cannot be a tree: a cycle, or nesting deeper than the bound."""


class ChoiceError(SpearmintError, TypeError):
    """Alternatives that cannot be a choice, with what was probably meant."""


class PathError(SpearmintError, KeyError, IndexError):
    """A path of keys and indices that leads nowhere, with the steps that exist where it ends."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ConflictError(SpearmintError, ValueError):
    """Two records that set the same path."""


class SizeError(SpearmintError, ValueError):
    """A number of configurations that an operation cannot take."""


class CountError(SpearmintError, OverflowError):
    """A size that `len` cannot return; `.size` can."""


class PositionError(SpearmintError, IndexError):
    """A position outside a sweep."""


class AbsentError(SpearmintError, ValueError):
    """A configuration that is not in the sweep that was asked."""


class ArgumentError(SpearmintError, TypeError):
    """An argument of the wrong type."""


class MissingAttributeError(SpearmintError, AttributeError):
    """An attribute that a configuration does not have."""


class ConversionError(SpearmintError, ValueError):
    """A configuration that cannot become the type that was asked for; `problems` lists every reason as a `Problem`."""

    problems: tuple[Any, ...] = ()


class IdentityError(SpearmintError, TypeError):
    """A value that has no faithful encoding, and so no identity."""


class FormatError(SpearmintError, ValueError):
    """A file whose content is no configuration; names the file, and the line and the column where it has them."""


class FileError(SpearmintError, OSError):
    """A file or a folder that cannot be read."""


class AbsentFileError(FileError, FileNotFoundError):
    """A file or a folder that is not there."""


class MissingExtraError(SpearmintError, ImportError):
    """A package that is not installed; names the extra that brings it."""


class ExperimentError(SpearmintError, ValueError):
    """An experiment that cannot run."""


_SHORT = reprlib.Repr()
_SHORT.maxdict = _SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxfrozenset = 6
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlong = 60


def shown(value: object) -> str:
    """The value's `repr`, cut to a readable length, also where `repr` itself fails."""
    try:
        return _SHORT.repr(value)
    except Exception:  # a hostile __repr__ must not hide the error that is being told
        return f"<{type(value).__qualname__}>"


def said(value: object) -> str:
    """`'gpt-4' (str)`: a value and its type, as messages name them."""
    return f"{shown(value)} ({type(value).__qualname__})"


def counted(number: int) -> str:
    """A whole number for a message: its digits, or a power of ten where they fill a page."""
    if number.bit_length() < 256:
        return str(number)
    digits = round((number.bit_length() - 0.5) * 0.30102999566398120)
    return f"about {'-' if number < 0 else ''}10^{digits}"


def grouped(number: int) -> str:
    """A whole number for a report: its digits in groups of three, or a power of ten where they fill a page."""
    return f"{number:,}" if number.bit_length() < 256 else counted(number)


def suggestion(step: object, known: Iterable[Hashable]) -> str:
    """`; did you mean 'temperature'?` or the known names, for the end of a message."""
    from difflib import get_close_matches  # for errors alone

    names = tuple(known)
    words = [key for key in names if isinstance(key, str)]
    close = get_close_matches(step, words, n=1) if isinstance(step, str) else []
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there is: {', '.join(map(shown, names[:12]))}" if names else "; it is empty"


class Missing:
    """The message of a missing key, written when it is read: most misses are answered, not told."""

    __slots__ = ("known", "step", "text")

    def __init__(self, text: str, step: object, known: tuple[Hashable, ...]) -> None:
        self.text, self.step, self.known = text, step, known

    def __str__(self) -> str:
        return self.text + suggestion(self.step, self.known)

    __repr__ = __str__

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)
