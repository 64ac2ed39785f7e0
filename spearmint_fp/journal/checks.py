"""Checks of what stands in a journal's rows: SQLite keeps any kind of value in any column."""

from __future__ import annotations

import json
from math import inf
from typing import Any

from ..configuration.errors import JournalError, SpearmintError, repr_with_type, short_repr
from ..configuration.freezing import freeze
from .encoding import decoded

__all__ = [
    "check_position", "check_row", "checked_json", "checked_text", "damaged", "decode_config", "utf8_size",
]  # fmt: skip


def damaged(why: str) -> JournalError:
    """The error of a journal whose content no run has written."""
    return JournalError(f"the journal's content is damaged: {why}. Restore a copy, or give another path")


def checked_text(value: Any, what: str) -> str:
    """The text, or the error that says what stands in its place."""
    if type(value) is not str:
        raise damaged(f"{what} is {repr_with_type(value)}, not text")
    return value


def check_position(value: Any) -> int:
    """A position, or the error that says what stands in its place."""
    if type(value) is not int or value < 0:
        raise damaged(f"a position is {repr_with_type(value)}, not a whole number")
    return value


def check_row(row: tuple[Any, ...]) -> tuple[int, int, str, float, int]:
    """`ok, typed, content, seconds, attempts`, each of the kind that it is.

    >>> check_row((1, 0, "4", 0.5, 1))
    (1, 0, '4', 0.5, 1)
    """
    ok, typed, content, seconds, attempts = row
    for flag, what in ((ok, "ok"), (typed, "typed")):
        if type(flag) is not int or flag not in (0, 1):
            raise damaged(f"{what} is {repr_with_type(flag)}, not 0 or 1")
    checked_text(content, "a result or an error")
    if type(seconds) not in (int, float) or not 0 <= seconds < inf:
        raise damaged(f"seconds is {repr_with_type(seconds)}, not a number above 0")
    if type(attempts) is not int or attempts < 0:
        raise damaged(f"attempts is {repr_with_type(attempts)}, not a whole number")
    return ok, typed, content, float(seconds), attempts


def checked_json(text: Any) -> str:
    """JSON as one line of JSON that every program reads."""
    try:
        return json.dumps(json.loads(checked_text(text, "a value")), separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise damaged(f"{repr_with_type(text)} is not JSON ({short_repr(str(error))})") from error


def decode_config(text: Any) -> Any:
    """A configuration, as plain data."""
    try:
        return freeze(decoded(checked_text(text, "a configuration")))
    except JournalError:
        raise
    except (SpearmintError, RecursionError) as error:
        raise damaged(f"the configuration {repr_with_type(text)} cannot be read: {error}") from error


def utf8_size(text: str) -> int:
    """How many bytes the text takes in a file."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
