"""Outcomes as rows of a journal's database, and back.

SQLite keeps any kind of value in any column, and a file may come from a stranger: whatever is read is checked first.
"""

from __future__ import annotations

import json
from math import inf
from typing import Any, Final, TypeVar

from ..configuration.errors import EncodingError, JournalError, SpearmintError
from ..configuration.freezing import freeze
from ..configuration.messages import repr_with_type, short_repr
from ..conversion.problems import ABSENT
from ..outcomes.exceptions import describe_exception, shorten_kind
from ..outcomes.outcomes import ErrorInfo, Failure, Outcome, Success
from .encoding import decode_result, encode_config, encode_result
from .retry_rules import name_portably

C = TypeVar("C")

Row = tuple[int, int, str, float, int]
"""`ok, typed, content, seconds, attempts` of an outcome; it is `typed` where reading its content takes a type."""


SHORTEST_MESSAGE: Final = 1_000
"""Where the message of an error has to be cut to fewer characters, the names of its kinds go too."""

# --- writing -------------------------------------------------------------------------------------------


def write_outcome(outcome: Outcome[C, Any], cls: Any, most_bytes: int) -> tuple[str, Row, Outcome[C, Any]]:
    """The texts of a configuration and its outcome, of at most so many bytes together, and the outcome that they tell.

    That is a failure where the result cannot be written so that it comes back equal.
    """
    config = encode_config(outcome.config)
    if count_bytes(config) > most_bytes // 2:  # it would leave no room for the result
        config = encode_config(repr_with_type(outcome.config))
    most_bytes -= count_bytes(config)
    typed, content = False, ""
    if isinstance(outcome, Success):
        try:
            content, typed = _encode_result(outcome.result, cls, most_bytes)
        except EncodingError as error:
            error.value = outcome.result
            outcome = Failure(outcome.config, ErrorInfo.of(error), outcome.index, outcome.seconds, outcome.attempts)
    if isinstance(outcome, Failure):
        content = _encode_error(outcome.error, most_bytes)
    return config, (outcome.ok, typed, content, outcome.seconds, outcome.attempts), outcome


def _encode_result(result: Any, cls: Any, most_bytes: int) -> tuple[str, bool]:
    """A result as text, and True if reading it takes a type."""
    try:
        content, typed = encode_result(result, cls)
    except EncodingError:
        raise
    except (Exception, SystemExit) as error:  # whatever a user's object does when it is looked at
        why = describe_exception(error)
        raise EncodingError(
            f"{repr_with_type(result)} cannot be written into a journal, since looking at it raises {why}"
        ) from error
    if (size := count_bytes(content)) > most_bytes:
        raise EncodingError(
            f"{repr_with_type(result)} takes {size} bytes as text, and a journal has at most {most_bytes} for one "
            f"result. Return less, or write it to a file and return its path"
        )
    return content, typed


def _encode_error(error: ErrorInfo, most_bytes: int) -> str:
    """An error as text, its parts halved until it fits; of the traceback the end is kept, which says most."""
    size = max(len(error.type), len(error.message), len(error.traceback))
    whole: dict[str, Any] = {"kinds": [*map(name_portably, error.kinds)]} if error.kinds else {}
    while True:
        parts = {"type": error.type[:size], "message": error.message[:size], "traceback": error.traceback[-size:]}
        text = json.dumps(parts | whole)
        if len(text) <= most_bytes or not size:  # JSON is ASCII here: as many bytes as characters
            return text
        size, whole = size // 2, whole if size > SHORTEST_MESSAGE else {}


def count_bytes(text: str) -> int:
    """How many bytes the text takes in a file."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def is_encodable(value: Any) -> bool:
    """True for text that a file can hold; half of a surrogate pair is none."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- reading -------------------------------------------------------------------------------------------


def read_outcome(row: tuple[Any, ...], config: C, index: int, cls: Any) -> Outcome[C, Any]:
    """The outcome of a row, replayed; a failure that says so where the row is damaged, or holds no `cls` any more."""
    try:
        ok, typed, content, seconds, attempts = check_row(row)
    except JournalError as error:
        return Failure(config, ErrorInfo.of(error), index, replayed=True)
    if not ok:
        return Failure(config, _decode_error(content), index, seconds, attempts, True)
    try:
        result = decode_result(content, cls if typed else ABSENT)
    except Exception as error:  # what a stranger wrote, given to a user's own class
        misfit = JournalError(f"what is kept is not what is asked for now: {error}. To run it again, change version=")
        return Failure(config, ErrorInfo.of(misfit), index, seconds, attempts, True)
    return Success(config, result, index, seconds, attempts, True)


def _decode_error(content: str) -> ErrorInfo:
    """The error of a failure; where its text is damaged, the error that says so."""
    try:
        error = decode_result(content)
        kind, message, traceback = (read_text(error[part], part) for part in ("type", "message", "traceback"))
        kinds = tuple(shorten_kind(read_text(kind, "a kind")) for kind in error.get("kinds", ()))
    except (EncodingError, JournalError, LookupError, TypeError, AttributeError) as why:
        return ErrorInfo.of(JournalError(f"what is kept of this failure is damaged: {why}. Run it again"))
    return ErrorInfo(shorten_kind(kind), message, traceback, kinds=kinds)


def read_config(text: Any) -> Any:
    """A configuration, as plain data."""
    try:
        return freeze(decode_result(read_text(text, "a configuration")))
    except JournalError:
        raise
    except (SpearmintError, RecursionError) as error:
        raise damaged_error(f"the configuration {repr_with_type(text)} cannot be read: {error}") from error


def check_row(row: tuple[Any, ...]) -> Row:
    """The row, where each of its values is of the kind that its column has.

    >>> check_row((1, 0, "4", 0.5, 1))
    (1, 0, '4', 0.5, 1)

    Raises:
        JournalError: says what stands in its place.
    """
    ok, typed, content, seconds, attempts = row
    for flag, what in ((ok, "ok"), (typed, "typed")):
        if type(flag) is not int or flag not in (0, 1):
            raise damaged_error(f"{what} is {repr_with_type(flag)}, not 0 or 1")
    read_text(content, "a result or an error")
    if type(seconds) not in (int, float) or not 0 <= seconds < inf:
        raise damaged_error(f"seconds is {repr_with_type(seconds)}, not a number above 0")
    return ok, typed, content, float(seconds), read_count(attempts, "attempts")


def read_count(value: Any, what: str) -> int:
    """The value, where it is a whole number from 0 on."""
    if type(value) is not int or value < 0:
        raise damaged_error(f"{what} is {repr_with_type(value)}, not a whole number")
    return value


def read_text(value: Any, what: str) -> str:
    """The value, where it is text."""
    if type(value) is not str:
        raise damaged_error(f"{what} is {repr_with_type(value)}, not text")
    return value


def compact_json(text: Any) -> str:
    """JSON as one line of JSON that every program reads."""
    try:
        return json.dumps(json.loads(read_text(text, "a value")), separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise damaged_error(f"{repr_with_type(text)} is not JSON ({short_repr(str(error))})") from error


def damaged_error(why: str) -> JournalError:
    """The error of a journal whose content no run has written."""
    return JournalError(f"the journal's content is damaged: {why}. Restore a copy, or give another path")
