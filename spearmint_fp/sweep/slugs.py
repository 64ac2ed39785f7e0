"""Labels as file names: letters, digits, `.`, `_`, `-` and `=`, different also where capitals do not count."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from itertools import chain
from typing import Any, Final
from unicodedata import normalize

from ..configuration.fold import Steps
from ..configuration.keys import exact_key
from ..configuration.spacing import COMPUTED_TYPES
from .labels import ID_DIGITS, Spelling, format_path, format_value
from .nodes.columns import Column

MOST_CHARACTERS: Final = 120
"""How long a slug is: file systems take 255 bytes, and it may stand among other folders and beside a suffix."""

_EXACT_TYPES: Final = frozenset({int, float, bool, type(None)})
"""Types whose values have texts of their own, with or without capitals."""

_ACCENTS: Final = re.compile("[\u0300-\u036f]+")
_UNPORTABLE: Final = re.compile("[^A-Za-z0-9._-]+")
_MARKED: Final = re.compile(rf".*-[0-9a-f]{{{ID_DIGITS}}}")
_DEVICE: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""How names begin that Windows keeps for devices, whatever follows the dot."""


def _replace_unportable(text: str) -> str:
    """The text with one hyphen for other characters between portable ones; accents are dropped."""
    marked = _UNPORTABLE.sub("\0", _ACCENTS.sub("", normalize("NFKD", text)))
    return marked.strip("\0").replace("\0", "-")


def _format_path(path: Steps) -> str:
    return _replace_unportable(format_path(path))


def _format_portable(value: Any) -> str:
    """The text of a value, without a dot at its end, which Windows would drop."""
    text = value if isinstance(value, str) else format_value(value)
    if type(value) is float:
        text = text.replace("+", "")  # 1e+16 is not 1e-16
    return _replace_unportable(text).rstrip(".")


def _join(texts: Iterable[str]) -> str:
    """One name, with `_` before it where it would hide a file, mean more than a name to a shell, or name a device."""
    name = "_".join(texts) or "config"
    return f"_{name}" if name[:1] in (".", "-", "=") or _DEVICE.match(name) else name


def _tells_apart(names: Sequence[str], columns: Sequence[Column]) -> bool:
    """True if the parts of a slug can be read off it: no name is the end of another one, and no two values look alike.

    Neither names nor values hold a `=`, so between two of them stand a value, `_` and the next name.
    """
    known = {name.lower() for name in names}
    ends = (name[at + 1 :] for name in known for at, letter in enumerate(name) if letter == "_")
    return len(known) == len(names) and known.isdisjoint(ends) and all(map(_has_distinct_texts, columns))


def _has_distinct_texts(column: Column) -> bool:
    """True if different values of a column have different texts."""
    lists = [piece for piece in column.pieces if not isinstance(piece, COMPUTED_TYPES)]
    if len(lists) < len(column.pieces) or column.computed:
        return all(type(value) in _EXACT_TYPES for value in chain.from_iterable(lists))
    keys: dict[str, Hashable] = {}
    pairs = ((_format_portable(value).lower(), exact_key(value)) for value in chain.from_iterable(lists))
    return all(keys.setdefault(text, key) == key for text, key in pairs)


def _must_mark(text: str) -> bool:
    """True for a text that is too long, or reads as if it had a digest."""
    return len(text) > MOST_CHARACTERS or bool(_MARKED.fullmatch(text))


SLUG: Final = Spelling(
    "slug",
    _format_path,
    _format_portable,
    _join,
    is_exact=lambda value: type(value) in _EXACT_TYPES,
    tells_apart=_tells_apart,
    mark=lambda text, digest: f"{text[: MOST_CHARACTERS - ID_DIGITS - 1]}-{digest}",
    key=str.lower,
    must_mark=_must_mark,
)
"""Labels for files and folders."""
