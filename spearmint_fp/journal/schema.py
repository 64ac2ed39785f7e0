"""The tables of a journal in each version of the library, and how a file comes from one to the next."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any, Final

from ..configuration.errors import JournalError
from ..configuration.messages import short_repr

APPLICATION_ID: Final = 0x53704D6A
"""The number in the header of a journal, "SpMj": SQLite leaves it to programs to mark their files."""

UPGRADES: Final = (
    """
    CREATE TABLE experiments (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, UNIQUE (name, version)
    );
    CREATE TABLE outcomes (
      id INTEGER PRIMARY KEY,
      experiment INTEGER NOT NULL REFERENCES experiments (id),
      config_id TEXT NOT NULL,
      config TEXT NOT NULL,
      position INTEGER NOT NULL,
      ok INTEGER NOT NULL,
      typed INTEGER NOT NULL,
      content TEXT NOT NULL,
      seconds REAL NOT NULL,
      attempts INTEGER NOT NULL,
      UNIQUE (experiment, config_id)
    );
    """,
    "CREATE INDEX outcomes_in_order ON outcomes (experiment, id, ok);",
    """
    CREATE TABLE sources (
      experiment INTEGER NOT NULL REFERENCES experiments (id),
      function TEXT NOT NULL,
      place TEXT,
      fingerprint TEXT,
      PRIMARY KEY (experiment, function)
    );
    """,
)
"""The statements that make each version of the schema from the one before; a new file goes through all of them."""

_TABLES: Final = "('experiments', 'outcomes', 'sources')"
_SCHEMA: Final = (
    f"SELECT type, name, tbl_name, sql FROM sqlite_master "  # noqa: S608  # constants
    f"WHERE lower(name) IN {_TABLES} OR lower(tbl_name) IN {_TABLES} LIMIT 100"
)


def get_latest_version() -> int:
    """The version of the schema that this version of the library writes."""
    return len(UPGRADES)


def create_tables(connection: Any, start: int, stop: int) -> None:
    """Make the tables of version `stop` from those of version `start`."""
    for statement in filter(str.strip, chain.from_iterable(step.split(";") for step in UPGRADES[start:stop])):
        connection.execute(statement)


def upgrade_tables(connection: Any, version: int) -> None:
    """Bring the tables of a version up to date, and mark the file as a journal."""
    create_tables(connection, version, len(UPGRADES))
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={len(UPGRADES)}")


def check_version(path: Path, version: int) -> None:
    """Refuse a file that a newer version of the library has written."""
    if version > len(UPGRADES):
        raise JournalError(
            f"the journal {short_repr(str(path))} is of a newer version of this library (schema {version}, this one "
            f"knows {len(UPGRADES)}); it is left untouched. Upgrade spearmint_fp, or give another path"
        )


def describe_tables(connection: Any) -> set[tuple[str, str, str, str]]:
    """The kind, the name, the table and the text of all that belongs to a journal's tables, views and triggers too."""
    found = connection.execute(_SCHEMA).fetchall()
    return {(kind, name, table, " ".join(str(sql).split())) for kind, name, table, sql in found}
