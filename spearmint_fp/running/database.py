"""The file of a journal: one SQLite database, opened so that what is committed outlives any crash.

The one module that knows sqlite3. Only the process that opened a database writes through it; several may share a file.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Final, final

from ..configuration.errors import JournalError, shown

__all__ = ["Database"]

Row = tuple[Any, ...]

APPLICATION: Final = 0x53704D6A
"""What stands in the header of a journal: "SpMj"."""

STEPS: Final = (
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
)
"""What makes each version of the schema from the one before; a new file goes through all of them."""

SAFE_WAL: Final = (3, 51, 3)
"""The first SQLite without the bug that can corrupt a write-ahead log that several connections share."""

PATIENCE: Final = 60.0
"""How many seconds to wait for another process that is writing."""


@final
class Database:
    """A connection that threads may share. SQLite's errors come out as `JournalError`: which file, why, the way out."""

    def __init__(self, path: str | os.PathLike[str], *, patience: float = PATIENCE) -> None:
        self.path = Path(path)
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._waiting: deque[_Write] = deque()
        _check_kind(self.path)
        self._file = self.path.absolute()  # which no name of SQLite's own is, and which stays if the folder is changed
        with self._told("opened"):
            self._connection = sqlite3.connect(
                self._file, timeout=patience, isolation_level=None, check_same_thread=False
            )
        self._closing = weakref.finalize(self, _closed, self._connection, self._owner, self._lock)
        try:
            with self._told("opened"):
                self._set_up()
        except BaseException:
            self.close()
            raise

    def _set_up(self) -> None:
        execute = self._connection.execute
        execute("PRAGMA synchronous=FULL")
        self._upgrade()
        mode = "WAL" if sqlite3.sqlite_version_info >= SAFE_WAL else "TRUNCATE"  # which syncs the end of a commit too
        if execute("PRAGMA journal_mode").fetchone()[0] != mode.lower():
            with suppress(sqlite3.OperationalError):  # another process is at it, or in the way: any mode is safe
                execute(f"PRAGMA journal_mode={mode}")

    def _upgrade(self) -> None:
        """Bring the schema up to date, in one transaction; whoever comes first does it."""
        if self._version() != len(STEPS):
            self._transact(self._go_through_steps)

    def _go_through_steps(self) -> None:
        version = self._version()
        if version > len(STEPS):
            raise JournalError(_newer(self.path, version))
        self._connection.execute(f"PRAGMA application_id={APPLICATION}")
        for step in STEPS[version:]:
            for statement in filter(str.strip, step.split(";")):
                self._connection.execute(statement)
        self._connection.execute(f"PRAGMA user_version={len(STEPS)}")

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _transact(self, work: Callable[[], None]) -> None:
        """All of it or nothing; durable when it has ended. What an interrupt leaves open is undone, now or by the next.

        No context manager: one that an interrupt leaves suspended would end when it is collected, amid another's work.
        """
        try:
            self._undo()
            self._connection.execute("BEGIN IMMEDIATE")
            work()
            self._connection.execute("COMMIT")
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise JournalError(f"the journal {shown(str(self.path))} cannot be {what}: {_why(error)}") from error

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query."""
        self._check_owner()
        with self._lock, self._told("read"):
            return self._connection.execute(query, values).fetchall()

    def write(self, statements: Sequence[tuple[str, Sequence[Row]]]) -> None:
        """Each statement for each of its rows, durable when this returns; what waits at the same time goes together."""
        self._check_owner()
        mine = _Write(statements)
        self._waiting.append(mine)
        with self._lock:
            if not mine.done:
                self._write_all(tuple(self._waiting))
        if mine.failure is not None:
            raise mine.failure

    def _write_all(self, work: tuple[_Write, ...]) -> None:
        """One transaction for all of them; what fails is told to each. Where this is interrupted, all of them wait."""
        failure: JournalError | None = None
        try:
            with self._told("written"):
                self._transact(partial(self._execute_all, work))
        except JournalError as error:
            failure = error
        for write in work:
            write.failure, write.done = failure, True
        for _ in work:
            self._waiting.popleft()

    def _execute_all(self, work: tuple[_Write, ...]) -> None:
        for statement, rows in chain.from_iterable(write.statements for write in work):
            self._connection.executemany(statement, rows)

    def _check_owner(self) -> None:
        if os.getpid() != self._owner:
            raise JournalError(
                f"the journal {shown(str(self.path))} was opened by another process, which alone may use it. "
                f"Open one here: Journal(path)"
            )

    def is_at(self, path: str | os.PathLike[str]) -> bool:
        """Whether it is the file at that path, by whatever name."""
        try:
            return self._file.samefile(path)
        except (OSError, ValueError):  # there is no such file
            return False

    def close(self) -> None:
        """Close the connection; the file is whole at any moment, so nothing waits for this."""
        self._closing()


@final
class _Write:
    """Statements that are to be written together, and what became of them."""

    def __init__(self, statements: Sequence[tuple[str, Sequence[Row]]]) -> None:
        self.statements = statements
        self.done = False
        self.failure: JournalError | None = None


def _closed(connection: sqlite3.Connection, owner: int, lock: threading.RLock) -> None:
    """Close a connection, in the process that has opened it."""
    if os.getpid() == owner:
        with lock:
            connection.close()


def _check_kind(path: Path) -> None:
    """Refuse a file that is no journal, or one of a newer version, untouched: it is read without so much as a lock.

    By SQLite and not by `open`: closing a file of one's own lets go of every lock that this process has on it.
    """
    try:
        if not path.stat().st_size:
            return
    except FileNotFoundError:
        return
    except OSError as error:
        raise JournalError(f"the journal {shown(str(path))} cannot be opened: {error}") from error
    if path.is_dir():
        raise JournalError(f"the journal {shown(str(path))} cannot be opened: it is a folder. Give the path of a file")
    application, version = _header(path)
    if application != APPLICATION:
        kind = "no database" if application is None else "another program's database"
        raise JournalError(f"{shown(str(path))} is no journal but {kind}; it is left untouched. Give another path")
    if version > len(STEPS):
        raise JournalError(_newer(path, version))


def _header(path: Path) -> tuple[int | None, int]:
    """Which program's file it is, and of which version; None where it is no database."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            [application] = connection.execute("PRAGMA application_id").fetchone()
            [version] = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise JournalError(f"the journal {shown(str(path))} cannot be opened: {error}") from error
        return None, 0
    return application, version


def _newer(path: Path, version: int) -> str:
    return (
        f"the journal {shown(str(path))} is of a newer version of this library (schema {version}, this one knows "
        f"{len(STEPS)}); it is left untouched. Upgrade spearmint_fp, or give another path"
    )


_WAYS: Final = {
    "SQLITE_FULL": "the disk is full; what has been committed is safe. Make room and run again",
    "SQLITE_READONLY": "it may not be written. Give a path in a folder that may",
    "SQLITE_CANTOPEN": "there is no such folder, or it may not be written. Give a path in a folder that may",
    "SQLITE_BUSY": "another process has been writing it for too long; what has been committed is safe. Run again",
    "SQLITE_IOERR": "the disk does not take it (is it full?); what has been committed is safe. Make room and run again",
    "SQLITE_CORRUPT": "its content is damaged. Restore a copy, or give another path",
    "SQLITE_NOTADB": "its content is damaged. Restore a copy, or give another path",
}


def _why(error: Exception) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    known = [way for code, way in _WAYS.items() if name.startswith(code)]
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        known = ["it is closed. Ask for outcomes inside its block"]
    return f"{error}: {known[0]}" if known else f"{error} ({name or type(error).__qualname__})"
