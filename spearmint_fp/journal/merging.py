"""Merging: the outcomes of several journals in one, the same in whatever order they are put together."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ..configuration.messages import short_repr
from .fingerprints import is_changed
from .ledger import Ledger
from .owners import BEGIN_EXPERIMENT, EXPERIMENT_OF_KEY, SOURCES_VERSION, Key, Owner
from .rows import damaged_error, read_text

if TYPE_CHECKING:
    from .database import Database

_Statement = tuple[str, Iterable[tuple[Any, ...]]]


def merge_database(target: Database, source: Database) -> int:
    """Take what `source` has; how many outcomes of `target` are new or others. All of it or nothing."""
    keys = list_keys(source)
    for key in keys:
        _warn_of_change(target, source, key)
    changed = target.write_alone(_list_statements(source, keys))
    return sum(changed[2::3])


def list_keys(database: Database) -> list[Key]:
    """The names and the versions of the experiments, in the order in which they were begun."""
    rows = database.read("SELECT name, version FROM experiments ORDER BY id")
    return [(read_text(name, "a name"), read_text(version, "a version")) for name, version in rows]


def _list_statements(source: Database, keys: list[Key]) -> Iterator[_Statement]:
    """Three statements for each experiment, whose rows are read as they are written."""
    for key in keys:
        yield BEGIN_EXPERIMENT, [key]
        yield _TAKE_SOURCE, [(*key, *row) for row in _read_sources(source, key)]
        rows = Ledger(source, Owner(*key)).read_rows()
        yield _TAKE, ((*key, name, read_text(config, "a configuration"), *row, at) for name, config, at, row in rows)


def _read_sources(database: Database, key: Key) -> list[tuple[str, str | None, str | None]]:
    """Function, place and fingerprint of the functions whose outcomes are kept there."""
    rows = database.read(_SOURCES, key) if database.version >= SOURCES_VERSION else []
    for function, *rest in rows:
        if type(function) is not str or not all(part is None or type(part) is str for part in rest):
            raise damaged_error(f"of {short_repr(key[0])} it notes no text as the function")
    return [(function, place, fingerprint) for function, place, fingerprint in rows]


def _warn_of_change(target: Database, source: Database, key: Key) -> None:
    """Warn where the functions of one name and version differ in their source."""
    mine = {function: fingerprint for function, _, fingerprint in _read_sources(target, key)}
    if any(is_changed(mine.get(function), other) for function, _, other in _read_sources(source, key)):
        warnings.warn(
            f"the source of {short_repr(key[0])} is not the same for the journals {short_repr(str(target.path))} and "
            f"{short_repr(str(source.path))}. What they keep under one name and version is put together. If they are "
            f"different, keep them apart: Journal(path, version=2)",
            UserWarning,
            stacklevel=4,
        )


_SOURCES: Final = """
SELECT function, place, fingerprint FROM sources JOIN experiments ON experiment = id WHERE name = ? AND version = ?
"""
_TAKE_SOURCE: Final = f"""
INSERT INTO sources (experiment, function, place, fingerprint) VALUES ({EXPERIMENT_OF_KEY}, ?, ?, ?)
ON CONFLICT (experiment, function) DO UPDATE SET place = excluded.place, fingerprint = excluded.fingerprint
WHERE
  (excluded.place IS NULL, ifnull(excluded.place, ''), excluded.fingerprint IS NULL, ifnull(excluded.fingerprint, ''))
  < (sources.place IS NULL, ifnull(sources.place, ''), sources.fingerprint IS NULL, ifnull(sources.fingerprint, ''))
"""  # noqa: S608  # constants
"""Of two, the first in an order, so that it does not matter which is taken into which."""

_TAKE: Final = f"""
INSERT INTO outcomes (experiment, config_id, config, ok, typed, content, seconds, attempts, position)
VALUES ({EXPERIMENT_OF_KEY}, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (experiment, config_id) DO UPDATE SET
  config = excluded.config, position = excluded.position, ok = excluded.ok, typed = excluded.typed,
  content = excluded.content, seconds = excluded.seconds, attempts = excluded.attempts
WHERE
  (outcomes.ok, excluded.content, excluded.config, excluded.typed, excluded.seconds, excluded.attempts,
   excluded.position)
  < (excluded.ok, outcomes.content, outcomes.config, outcomes.typed, outcomes.seconds, outcomes.attempts,
     outcomes.position)
"""  # noqa: S608  # constants
"""A success is better than a failure; of two of a kind, the first in an order of their content."""
