"""Under which name a function's outcomes stand in a journal: one name for one function, and never for two scripts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, final

import attrs

from ..configuration.errors import JournalError, short_repr
from .fingerprints import fingerprint_function, is_changed
from .naming import FunctionName, innermost, is_file, name_function

if TYPE_CHECKING:
    from .database import Database

__all__ = ["Asked", "Key", "asked", "claim_key", "find_key", "former_name"]

SOURCES_SINCE: Final = 3
"""The version of the schema that says whose names are whose."""

Key = tuple[str, str]
"""The name and the version of an experiment."""


@final
@attrs.frozen
class Asked:
    """An experiment as it is asked for: by its name alone, or by a function, which then has a place and a source.

    `function` tells several functions apart that the user has given one name; it is empty where the name is the
    function's own.
    """

    name: str
    version: str
    function: str = ""
    place: str | None = None
    former: str | None = None
    fingerprint: str | None = None
    is_open: bool = False


def asked(experiment: str | Callable[..., Any], name: str | None, version: str) -> Asked:
    """What is asked for by a name, or by a function and the name that the user has given it, if any.

    Raises:
        ArgumentError: a function that has no name, by which it could be found again.
    """
    if isinstance(experiment, str):
        return Asked(experiment, version)
    fingerprint = fingerprint_function(experiment)
    if name is not None:
        return Asked(name, version, former_name(experiment), fingerprint=fingerprint, is_open=fingerprint is not None)
    found = name_function(experiment)
    return Asked(found.text, version, "", found.place, _former(found), fingerprint, True)


def former_name(fn: Any) -> str:
    """What a function says its name is, which may lead nowhere, or to another."""
    inner = innermost(fn)
    return f"{getattr(inner, '__module__', None)}.{getattr(inner, '__qualname__', type(inner).__qualname__)}"


def _former(found: FunctionName) -> str | None:
    """The name under which older versions of this library kept the outcomes of a function of any script."""
    return f"__main__.{found.qualname}" if found.is_main else None


def find_key(database: Database, wanted: Asked) -> Key:
    """Where the outcomes stand, or would stand."""
    return _resolved(database, wanted)[0]


def claim_key(database: Database, wanted: Asked) -> Key:
    """Where the outcomes stand; the file says from now on whose name it is, and what the function looked like.

    Warns where the function's source has changed since, and where outcomes lie there that may be this function's.
    """
    if database.version < SOURCES_SINCE:  # a file of an older version that is read alone
        return wanted.name, wanted.version
    told: list[str] = []
    while True:
        key, hint = _resolved(database, wanted)
        told += [hint] if hint else []
        row = _source(database, key, wanted.function)
        changed = row is not None and is_changed(row[1], wanted.fingerprint)
        if changed:
            told.append(_CHANGED.format(short_repr(key[0]), short_repr(str(database.path))))
        if row is not None and not changed and _is_noted(row, wanted):
            break
        if not _note(database, key, wanted, row and row[0]):
            break
    for text in told[:1]:
        warnings.warn(text, UserWarning, stacklevel=2)
    return key


_CHANGED: Final = (
    "the source of {} has changed since the journal {} noted it; what is kept already is given out as it is. To run "
    "all anew give another version: Journal(path, version=2)"
)


def _is_noted(row: tuple[Any, ...], wanted: Asked) -> bool:
    """True if the file says already what there is to say of a function."""
    placed = wanted.place is None or row[0] == wanted.place
    return placed and (wanted.fingerprint is None or row[1] is not None)


def _resolved(database: Database, wanted: Asked) -> tuple[Key, str | None]:
    """The key, and what the user has to know about it."""
    if wanted.place is None or database.version < SOURCES_SINCE:
        return (wanted.name, wanted.version), None
    mine = database.read(_OF_PLACE, (wanted.place,))
    if mine:
        return (str(mine[0][0]), wanted.version), None
    others = database.read(_OF_NAME, (wanted.name,))
    if all(_has_moved(str(place), fingerprint, wanted) for place, fingerprint in others):
        return (wanted.name, wanted.version), _hint(database, wanted)
    key = (wanted.place, wanted.version)
    if _source(database, key, "") is not None:
        return key, None
    return key, (
        f"the journal {short_repr(str(database.path))} has outcomes of {short_repr(wanted.name)} that are those of another file, "
        f"{short_repr(others[0][0])}; this function's are kept as {short_repr(wanted.place)}. If it is the same function, say "
        f"so: Journal(path, name={wanted.name!r})"
    )


def _has_moved(place: str, fingerprint: Any, wanted: Asked) -> bool:
    """True if the file of that name is gone, and the function in it was this one."""
    return bool(fingerprint == wanted.fingerprint) and not is_file(place.rpartition(":")[0])


def _hint(database: Database, wanted: Asked) -> str | None:
    """What an older version of this library has kept of a script's function, under a name that all scripts had."""
    if wanted.former is None or not database.read(_KNOWN, (wanted.former, wanted.version)):
        return None
    if database.read(_KNOWN, (wanted.name, wanted.version)):
        return None
    return (
        f"the journal {short_repr(str(database.path))} has outcomes of {short_repr(wanted.former)}, from a version of this "
        f"library that did not note of which script. They are not taken for those of {short_repr(wanted.name)}. If they "
        f"are, say so: Journal(path, name={wanted.former!r})"
    )


def _source(database: Database, key: Key, function: str) -> tuple[Any, ...] | None:
    return next(iter(database.read(_SOURCE, (*key, function))), None)


def _note(database: Database, key: Key, wanted: Asked, seen: Any) -> bool:
    """Keep whose name it is, unless another has taken it since; False for a file that may be read alone."""
    row = (*key, wanted.function, wanted.place, wanted.fingerprint, seen)
    try:
        database.write([(_BEGIN, [key]), (_CLAIM, [row])])
    except JournalError as error:
        if "READONLY" not in getattr(error.__cause__, "sqlite_errorname", ""):
            raise
        return False
    return True


_OF_PLACE: Final = """
SELECT name FROM experiments JOIN sources ON experiment = id WHERE function = '' AND place = ? ORDER BY id LIMIT 1
"""
_OF_NAME: Final = """
SELECT place, fingerprint FROM experiments JOIN sources ON experiment = id
WHERE name = ? AND function = '' AND place IS NOT NULL ORDER BY id LIMIT 100
"""
_KNOWN: Final = "SELECT 1 FROM experiments WHERE name = ? AND version = ?"
_SOURCE: Final = """
SELECT place, fingerprint FROM experiments JOIN sources ON experiment = id
WHERE name = ? AND version = ? AND function = ?
"""
_BEGIN: Final = "INSERT INTO experiments (name, version) VALUES (?, ?) ON CONFLICT DO NOTHING"
_CLAIM: Final = """
INSERT INTO sources (experiment, function, place, fingerprint)
VALUES ((SELECT id FROM experiments WHERE name = ? AND version = ?), ?, ?, ?)
ON CONFLICT (experiment, function) DO UPDATE SET
  place = coalesce(excluded.place, place), fingerprint = coalesce(excluded.fingerprint, fingerprint)
WHERE place IS NULL OR excluded.place IS NULL OR place IN (excluded.place, ?)
"""
