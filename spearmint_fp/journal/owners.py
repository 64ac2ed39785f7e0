"""Under which name a function's outcomes stand in a journal: one name for one function, and never for two scripts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, final

import attrs

from ..configuration.errors import ArgumentError, JournalError
from ..configuration.messages import repr_with_type, short_repr
from .fingerprints import fingerprint_function, is_changed
from .function_names import is_file, name_function, unwrap_function

if TYPE_CHECKING:
    from .database import Database

SOURCES_VERSION: Final = 3
"""The version of the schema from which on a file notes which function has which name."""

Key = tuple[str, str]
"""The name and the version of an experiment."""


@final
@attrs.frozen(repr=False)
class Owner:
    """Whose outcomes are asked for: those under a name alone, or a function's, whose file and source are then noted.

    `function` tells apart several functions to which the user has given one name; it is empty where the name is the
    function's own. `place` is its file and its name there. `old_name` is the name under which older versions of this
    library kept the outcomes of any script's function of that name.
    """

    name: str
    version: str
    function: str = ""
    place: str | None = None
    old_name: str | None = None
    fingerprint: str | None = None


def find_owner(experiment: str | Callable[..., Any], name: str | None, version: str) -> Owner:
    """The owner that a name stands for, or a function and the name that the user has given it, if any.

    Raises:
        ArgumentError: a function that has no name, by which it could be found again; neither a function nor a text.
    """
    if isinstance(experiment, str):
        return Owner(experiment, version)
    if not callable(experiment):
        raise ArgumentError(f"an experiment is given as its function or its name; got {repr_with_type(experiment)}")
    fingerprint = fingerprint_function(experiment)
    if name is not None:
        return Owner(name, version, read_declared_name(experiment), fingerprint=fingerprint)
    found = name_function(experiment)
    old_name = f"__main__.{found.qualname}" if found.is_main else None
    return Owner(found.text, version, "", found.place, old_name, fingerprint)


def read_declared_name(fn: Any) -> str:
    """The name that a function says it has, which may lead nowhere, or to another."""
    inner = unwrap_function(fn)
    return f"{getattr(inner, '__module__', None)}.{getattr(inner, '__qualname__', type(inner).__qualname__)}"


def find_key(database: Database, owner: Owner) -> Key:
    """Where the outcomes stand, or would stand."""
    return _resolve_key(database, owner)[0]


def claim_key(database: Database, owner: Owner) -> Key:
    """Where the outcomes stand; from now on the file notes whose they are, and the source of the function.

    Warns once, where the source has changed since it was noted, or where outcomes lie there that may be this
    function's.
    """
    has_source = owner.place is not None or owner.fingerprint is not None
    if not has_source or database.version < SOURCES_VERSION:  # an older file is not upgraded where it is only read
        return owner.name, owner.version
    warning: str | None = None
    while True:  # until the file says it: another process may claim the same name between reading and writing
        key, hint = _resolve_key(database, owner)
        noted = _first_row(database, _SOURCE, (*key, owner.function))
        changed = noted is not None and is_changed(noted[1], owner.fingerprint)
        warning = warning or hint or (_describe_change(database, key) if changed else None)
        if noted is not None and not changed and _is_complete(noted, owner):
            break
        if not _write_source(database, key, owner, noted and noted[0]):
            break
    if warning:
        warnings.warn(warning, UserWarning, stacklevel=2)
    return key


def _is_complete(noted: tuple[Any, ...], owner: Owner) -> bool:
    """True if the file notes all that is known of the function."""
    place, fingerprint = noted
    return (owner.place is None or place == owner.place) and (owner.fingerprint is None or fingerprint is not None)


def _write_source(database: Database, key: Key, owner: Owner, seen: Any) -> bool:
    """Note whose name it is, unless another has taken it since it was `seen`; False for a file that is read only."""
    row = (*key, owner.function, owner.place, owner.fingerprint, seen)
    try:
        database.write([(BEGIN_EXPERIMENT, [key]), (_CLAIM, [row])])
    except JournalError as error:
        if "READONLY" not in getattr(error.__cause__, "sqlite_errorname", ""):
            raise
        return False
    return True


def _resolve_key(database: Database, owner: Owner) -> tuple[Key, str | None]:
    """The key, and what the user should be warned of.

    The first of two scripts of one name has that name, and the other one stands under its file. A file that was moved
    keeps its name: the old one is gone, and the function in it was the same.
    """
    if owner.place is None or database.version < SOURCES_VERSION:
        return (owner.name, owner.version), None
    mine = _first_row(database, _NAME_OF_PLACE, (owner.place,))
    if mine is not None:
        return (str(mine[0]), owner.version), None
    others = database.read(_PLACES_OF_NAME, (owner.name,))
    # the place may have been noted since the first look, by another thread or process of the same function
    if all(place == owner.place or _has_moved(str(place), fingerprint, owner) for place, fingerprint in others):
        return (owner.name, owner.version), _describe_old_outcomes(database, owner)
    key = (owner.place, owner.version)
    if _first_row(database, _SOURCE, (*key, "")) is not None:
        return key, None
    return key, (
        f"the journal {short_repr(str(database.path))} has outcomes of {short_repr(owner.name)} that are those of "
        f"another file, {short_repr(others[0][0])}; this function's are kept as {short_repr(owner.place)}. If it is "
        f"the same function, say so: Journal(path, name={owner.name!r})"
    )


def _has_moved(place: str, fingerprint: Any, owner: Owner) -> bool:
    return bool(fingerprint == owner.fingerprint) and not is_file(place.rpartition(":")[0])


def _describe_old_outcomes(database: Database, owner: Owner) -> str | None:
    """The warning of outcomes under the old name, which all scripts shared; None where there are none, or new ones."""
    if owner.old_name is None or _first_row(database, _EXPERIMENT, (owner.old_name, owner.version)) is None:
        return None
    if _first_row(database, _EXPERIMENT, (owner.name, owner.version)) is not None:
        return None
    return (
        f"the journal {short_repr(str(database.path))} has outcomes of {short_repr(owner.old_name)}, from a version of "
        f"this library that did not note of which script. They are not taken for those of {short_repr(owner.name)}. If "
        f"they are, say so: Journal(path, name={owner.old_name!r})"
    )


def _describe_change(database: Database, key: Key) -> str:
    return (
        f"the source of {short_repr(key[0])} has changed since the journal {short_repr(str(database.path))} noted it; "
        f"what is kept already is given out as it is. To run all anew give another version: Journal(path, version=2)"
    )


def _first_row(database: Database, query: str, values: tuple[str, ...]) -> tuple[Any, ...] | None:
    return next(iter(database.read(query, values)), None)


EXPERIMENT_OF_KEY: Final = "(SELECT id FROM experiments WHERE name = ? AND version = ?)"
BEGIN_EXPERIMENT: Final = "INSERT INTO experiments (name, version) VALUES (?, ?) ON CONFLICT DO NOTHING"

_EXPERIMENT: Final = "SELECT 1 FROM experiments WHERE name = ? AND version = ?"
_NAME_OF_PLACE: Final = """
SELECT name FROM experiments JOIN sources ON experiment = id WHERE function = '' AND place = ? ORDER BY id LIMIT 1
"""
_PLACES_OF_NAME: Final = """
SELECT place, fingerprint FROM experiments JOIN sources ON experiment = id
WHERE name = ? AND function = '' AND place IS NOT NULL ORDER BY id LIMIT 100
"""
_SOURCE: Final = """
SELECT place, fingerprint FROM experiments JOIN sources ON experiment = id
WHERE name = ? AND version = ? AND function = ?
"""
_CLAIM: Final = f"""
INSERT INTO sources (experiment, function, place, fingerprint)
VALUES ({EXPERIMENT_OF_KEY}, ?, ?, ?)
ON CONFLICT (experiment, function) DO UPDATE SET
  place = coalesce(excluded.place, place), fingerprint = coalesce(excluded.fingerprint, fingerprint)
WHERE place IS NULL OR excluded.place IS NULL OR place IN (excluded.place, ?)
"""  # noqa: S608  # constants
"""The last value is the place that was read before: a name that another process has taken since then stays its own."""
