"""JSON and JSON Lines as plain data, bounded, with the position of every mistake.

In JSON Lines what JSON has no word for is an object with one key, as journals and the command `list` write it:
`{"$float": "nan"}`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, NoReturn

from ..configuration.config import Config
from ..configuration.fold import MAX_DEPTH
from ..configuration.messages import short_repr
from ..configuration.scalars import SCALARS

Refuse = Callable[[int, str], NoReturn]

MOST_DIGITS: Final = 4300
"""How many digits a whole number may have: as many as Python reads and writes by itself."""

TOO_LONG: Final = f"a number of more than {MOST_DIGITS} digits"
TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH}"

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]:,]|\d++(?:\.\d++)?(?:[eE][-+]?\d++)?', re.DOTALL)


class _TwiceError(Exception):
    """A key that an object has twice."""


def read_json(text: str, refuse: Refuse, *, words: bool = False) -> Any:
    """The value of a JSON text; `refuse(position, what)` raises the error for what stands there.

    With `words` an object such as `{"$float": "nan"}` is the value that it stands for.
    """
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "{[") - (token[0] in "}]")
        if depth > MAX_DEPTH:
            refuse(token.start(), TOO_DEEP)
        if len(token[0]) > MOST_DIGITS and token[0].isdigit():
            refuse(token.start(), TOO_LONG)
    try:
        return json.loads(text, object_pairs_hook=_read_words if words else _read_object)
    except json.JSONDecodeError as error:
        refuse(error.pos, f"{error.msg[:1].lower()}{error.msg[1:]}".removesuffix(" at"))
    except _TwiceError:
        position, key = _find_twice(text)
        refuse(position, f"the key {short_repr(key)} stands twice in this object")
    except WordError as error:
        refuse(0, str(error))


def read_json_lines(text: str, refuse: Refuse) -> list[Any]:
    """The value of each line that is not blank."""
    found, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            found.append(read_json(line, partial(_refuse_after, refuse, start), words=True))
        start += len(line) + 1
    return found


def _refuse_after(refuse: Refuse, start: int, position: int, what: str) -> NoReturn:
    refuse(start + position, what)


def _find_twice(text: str) -> tuple[int, str]:
    """Where in a valid JSON text a key stands for the second time in its object."""
    seen: list[set[str]] = []
    tokens = list(_TOKEN.finditer(text))
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token[0] in "{[":
            seen.append(set())
        elif token[0] in "}]":
            seen.pop()
        elif after is not None and after[0] == ":":
            key = json.loads(token[0])
            if key in seen[-1]:
                return token.start(), key
            seen[-1].add(key)
    raise AssertionError("a key stands twice")


# --- what JSON has no word for ----------------------------------------------------------------------


class WordError(Exception):
    """An object that stands for a value which cannot be made of it."""


def _read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


def _read_words(pairs: list[tuple[str, Any]]) -> Any:
    found = _read_object(pairs)
    if len(found) == 1 and pairs[0][0] in _WORDS:
        [(tag, written)] = pairs
        try:
            return _WORDS[tag](written)
        except Exception as error:  # whatever a class raises about what is not its text
            raise WordError(f"{short_repr(written)} is no {tag}: {error}") from None
    return found


def _refuse_text(_: Any) -> NoReturn:
    raise ValueError("it is the repr of a value that no file can hold. Load the file that this was listed from")


def _refuse_value(_: Any) -> NoReturn:
    raise ValueError("a file of configurations cannot hold it. Load the file, or the object, that this was listed from")


def _require_list(written: Any) -> list[Any]:
    if not isinstance(written, list):
        raise TypeError("its elements stand in a list")
    return written


_WORDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **{f"${scalar.tag}": scalar.load for scalar in SCALARS.values() if scalar.write is not None},
    "$int": lambda text: int(text, 16),
    "$float": float,
    "$tuple": lambda parts: tuple(_require_list(parts)),
    "$dict": dict,
    "$config": Config,
    "$set": lambda parts: set(_require_list(parts)),
    "$frozenset": lambda parts: frozenset(_require_list(parts)),
    "$text": _refuse_text,
    "$array": _refuse_value,
    "$deque": _refuse_value,
}
"""Per key: what reads the value behind it, the inverse of what a journal writes."""
