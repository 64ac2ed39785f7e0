"""The file of a journal: one SQLite database, opened so that what is committed outlives any crash.

The one module that knows sqlite3. Only the process that opened a database writes through it; several may share a file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import lru_cache, partial
from itertools import chain, repeat
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from time import monotonic
from typing import Any, Final, TypeVar, final

from ..configuration.errors import JournalError, short_repr

__all__ = ["Database"]

T = TypeVar("T")
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
"""What makes each version of the schema from the one before; a new file goes through all of them."""

SAFE_WAL: Final = (3, 51, 3)
"""The first SQLite without the bug that can corrupt a write-ahead log that several connections share."""

PATIENCE: Final = 60.0
"""How many seconds to wait for another process that is writing."""

LONGEST_PAUSE: Final = 0.05
"""The seconds after which a lock that another process holds is tried again, at most. SQLite's own wait is in C, where
no Ctrl-C ends it."""

MOST_STEPS: Final = 500_000_000
"""How many steps of SQLite's machine one query takes at most; a thousand outcomes take some ten thousand."""

_ROW_OVERHEAD: Final = 200
"""More bytes than a row takes beside its texts."""

_STEPS_A_ROUND: Final = 1_000_000

_DEFENSIVE: Final = 1010
"""SQLite's own number of the setting SQLITE_DBCONFIG_DEFENSIVE, which older versions of Python do not name."""


@final
class Database:
    """A connection that threads may share. SQLite's errors come out as `JournalError`: which file, why, the way out.

    With `writable=False` it reads alone, and neither changes a byte nor leaves a file behind.
    """

    def __init__(self, path: str | os.PathLike[str], *, patience: float = PATIENCE, writable: bool = True) -> None:
        self.path = Path(path)
        self.patience, self.mode = patience, ""
        self._owner = os.getpid()
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._waiting: deque[_Write] = deque()
        _check_kind(self.path)
        self._file = self.path.absolute()  # which no name of SQLite's own is, and which stays if the folder is changed
        copy = None if writable else self._copied()
        with self._told("opened"):
            self._connection = self._connected(writable, copy)
        self._closing = weakref.finalize(self, _close, self._connection, self._owner, self._lock, self._closed, copy)
        try:
            with self._told("opened"):
                self._harden()
                if writable:
                    self._set_up()
                self.version = self._patiently(self._check_schema)
                self._node = _node(self._file)
        except BaseException:
            self.close()
            raise

    def _connected(self, writable: bool, copy: str | None) -> sqlite3.Connection:
        target, is_uri = str(self._file if copy is None else os.path.join(copy, "journal")), False
        if not writable and copy is None:
            # Where a write-ahead log belongs to the file but there is none, nobody writes, and none is to be made.
            still = "&immutable=1" if _is_logged(self._file) and not _side_file(self._file, "-wal").exists() else ""
            target, is_uri = f"{self._file.as_uri()}?mode=ro{still}", True
        return sqlite3.connect(target, timeout=0, isolation_level=None, check_same_thread=False, uri=is_uri)

    def _copied(self) -> str | None:
        """A folder with a copy, where what a killed process has left must be undone before it can be read."""
        return _copied(self._file) if self._needs_recovery() else None

    def _needs_recovery(self) -> bool:
        if _is_logged(self._file):
            return _side_file(self._file, "-wal").exists() and not _side_file(self._file, "-shm").exists()
        with self._told("opened"), closing(self._connected(False, None)) as connection:
            try:
                self._patiently(lambda: connection.execute("SELECT 1 FROM sqlite_master").fetchone())
            except sqlite3.OperationalError as error:
                return _code(error).startswith("SQLITE_READONLY")
            except sqlite3.DatabaseError:  # it is damaged, which is told when it is read
                return False
        return False

    def _harden(self) -> None:
        """A file from elsewhere must not make SQLite run what it says."""
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON"):
            self._patiently(partial(self._connection.execute, f"PRAGMA {pragma}"))
        if (configure := getattr(self._connection, "setconfig", None)) is not None:  # since Python 3.12
            configure(_DEFENSIVE, True)

    def _set_up(self) -> None:
        execute = self._connection.execute
        self._patiently(lambda: execute("PRAGMA synchronous=FULL"))
        self._upgrade()
        wanted = "WAL" if sqlite3.sqlite_version_info >= SAFE_WAL else "TRUNCATE"  # which syncs the end of a commit too
        self.mode = self._patiently(lambda: execute("PRAGMA journal_mode").fetchone()[0])
        if self.mode != wanted.lower():
            with suppress(sqlite3.OperationalError):  # another process is at it, or in the way: any mode is safe
                self.mode = execute(f"PRAGMA journal_mode={wanted}").fetchone()[0]
        _OPEN.add(self)

    def _upgrade(self) -> None:
        """Bring the schema up to date, in one transaction; whoever comes first does it."""
        if self._patiently(self._check_schema) != len(STEPS):
            self._transact(self._go_through_steps)

    def _go_through_steps(self) -> None:
        for step in STEPS[self._check_schema() :]:
            for statement in _statements(step):
                self._connection.execute(statement)
        self._connection.execute(f"PRAGMA application_id={APPLICATION}")
        self._connection.execute(f"PRAGMA user_version={len(STEPS)}")

    def _check_schema(self) -> int:
        """The version; an error where the tables are not those of that version: what reads a view runs what it says."""
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(STEPS):
            raise JournalError(_newer(self.path, version))
        found = self._connection.execute(_SCHEMA).fetchall()
        if {(kind, name, table, _spaced(sql)) for kind, name, table, sql in found} != _expected(version):
            raise JournalError(
                f"{short_repr(str(self.path))} is not a journal of this library: its tables are not those of version "
                f"{version}. Give another path"
            )
        return version

    def _patiently(self, call: Callable[[], T]) -> T:
        """`call()`, again and again while another process holds the lock; Ctrl-C and `close` end the wait."""
        until, pause = monotonic() + self.patience, 0.001
        while True:
            try:
                return call()
            except sqlite3.OperationalError as error:
                if not _code(error).startswith("SQLITE_BUSY") or monotonic() > until:
                    raise
            if self._closed.wait(pause):
                raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
            pause = min(2 * pause, LONGEST_PAUSE)

    def _transact(self, work: Callable[[], None]) -> None:
        """All of it or nothing; durable when it has ended. What an interrupt leaves open is undone, now or by the next.

        No context manager: one that an interrupt leaves suspended would end when it is collected, amid another's work.
        """
        try:
            self._undo()
            self._patiently(lambda: self._connection.execute("BEGIN IMMEDIATE"))
            work()
            self._patiently(lambda: self._connection.execute("COMMIT"))
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
        except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError, MemoryError) as error:
            raise JournalError(f"the journal {short_repr(str(self.path))} cannot be {what}: {_why(error)}") from error

    def read(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query, which ends after `MOST_STEPS`: a damaged file may lead in circles."""
        self._check_owner()
        with self._lock, self._told("read"):
            rounds = chain(repeat(0, MOST_STEPS // _STEPS_A_ROUND), repeat(1))
            self._connection.set_progress_handler(rounds.__next__, _STEPS_A_ROUND)  # in C: an interrupt waits for it
            try:
                return self._patiently(lambda: self._connection.execute(query, values).fetchall())
            finally:
                self._connection.set_progress_handler(None, 0)

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
        self._check_place()
        for statement, rows in chain.from_iterable(write.statements for write in work):
            self._connection.executemany(statement, rows)

    def _check_place(self) -> None:
        """Refuse to write where nobody would find it: the file has been deleted, or another one stands in its place."""
        there = _node(self._file)
        if there != self._node:
            what = "was deleted" if there is None else "was replaced by another file"
            raise JournalError(_GONE.format(short_repr(str(self.path)), what))

    @property
    def is_closed(self) -> bool:
        """True once it is closed."""
        return self._closed.is_set()

    @property
    def longest(self) -> int:
        """How many bytes the texts of one row have at most."""
        with self._told("written"):
            return self._connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) - _ROW_OVERHEAD

    def _check_owner(self) -> None:
        if os.getpid() != self._owner:
            raise JournalError(
                f"the journal {short_repr(str(self.path))} was opened by another process, which alone may use it. "
                f"Open one here: Journal(path)"
            )

    def is_at(self, path: str | os.PathLike[str]) -> bool:
        """True if it is the file at that path, by whatever name."""
        try:
            return self._file.samefile(path)
        except (OSError, ValueError):  # there is no such file
            return False

    def close(self) -> None:
        """Close the connection; the file is whole at any moment, so nothing waits for this."""
        self._closing()


_OPEN: Final[weakref.WeakSet[Database]] = weakref.WeakSet()
"""The connections of this process that may write."""


@final
class _Write:
    """Statements that are to be written together, and what became of them."""

    def __init__(self, statements: Sequence[tuple[str, Sequence[Row]]]) -> None:
        self.statements = statements
        self.done = False
        self.failure: JournalError | None = None


def _close(
    connection: sqlite3.Connection, owner: int, lock: threading.RLock, closed: threading.Event, copy: str | None
) -> None:
    """Close a connection, in the process that has opened it, once those that wait in it have given up."""
    if os.getpid() == owner:
        closed.set()
        with lock:
            connection.close()
        if copy is not None:
            shutil.rmtree(copy, ignore_errors=True)


# --- the schema --------------------------------------------------------------------------------------

_TABLES: Final = "('experiments', 'outcomes', 'sources')"
_SCHEMA: Final = (
    f"SELECT type, name, tbl_name, sql FROM sqlite_master "  # noqa: S608  # constants
    f"WHERE lower(name) IN {_TABLES} OR lower(tbl_name) IN {_TABLES} LIMIT 100"
)


def _statements(step: str) -> Iterator[str]:
    return filter(str.strip, step.split(";"))


def _expected(version: int) -> set[tuple[str, str, str, str]]:
    """What the schema of a version is made of: kinds, names, tables and texts."""
    return _made_by(STEPS[:version])


@lru_cache
def _made_by(steps: tuple[str, ...]) -> set[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in chain.from_iterable(map(_statements, steps)):
            connection.execute(statement)
        return {(kind, name, table, _spaced(sql)) for kind, name, table, sql in connection.execute(_SCHEMA)}


def _spaced(sql: Any) -> str:
    return " ".join(str(sql).split())


# --- the file ----------------------------------------------------------------------------------------


def _node(file: Path) -> tuple[int, int] | None:
    """Which file stands at a path, by whatever name; None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _side_file(file: Path, ending: str) -> Path:
    return file.with_name(file.name + ending)


def _is_logged(file: Path) -> bool:
    """True if the header says that what is committed may stand in a write-ahead log.

    A connection of this process is asked instead of the file: to close a file of one's own lets go of all locks on it.
    """
    for other in tuple(_OPEN):
        if not other.is_closed and other.is_at(file):
            return other.mode == "wal"
    try:
        with file.open("rb") as opened:
            return opened.read(20)[18:20] == b"\x02\x02"
    except OSError:
        return False


def _copied(path: Path) -> str:
    """A folder with a copy of the file and of what lies beside it, to be deleted by whoever has asked for it."""
    folder = tempfile.mkdtemp(prefix="spearmint_fp-")
    try:
        for ending in ("", "-journal", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(_side_file(path, ending), os.path.join(folder, f"journal{ending}"))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise JournalError(f"the journal {short_repr(str(path))} cannot be read: {error}") from error
    return folder


def _check_kind(path: Path) -> None:
    """Refuse a file that is no journal, or one of a newer version, untouched: it is read without so much as a lock.

    By SQLite and not by `open`: closing a file of one's own lets go of every lock that this process has on it.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise JournalError(f"the journal {short_repr(str(path))} cannot be opened: {error}") from error
    if not S_ISREG(found.st_mode):
        kind = "a folder" if S_ISDIR(found.st_mode) else "a device or a pipe"
        raise JournalError(
            f"the journal {short_repr(str(path))} cannot be opened: it is {kind}. Give the path of a file"
        )
    if not found.st_size:
        return
    application, version = _header(path)
    if application != APPLICATION:
        kind = "a file of another kind" if application is None else "another program's database"
        raise JournalError(
            f"{short_repr(str(path))} is not a journal but {kind}; it is left untouched. Give another path"
        )
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
            raise JournalError(f"the journal {short_repr(str(path))} cannot be opened: {error}") from error
        return None, 0
    return application, version


def _newer(path: Path, version: int) -> str:
    return (
        f"the journal {short_repr(str(path))} is of a newer version of this library (schema {version}, this one knows "
        f"{len(STEPS)}); it is left untouched. Upgrade spearmint_fp, or give another path"
    )


_WAYS: Final = {
    "SQLITE_READONLY_DBMOVED": "it was deleted or replaced while it was open; what was kept went with it. Run again",
    "SQLITE_INTERRUPT": "its content is damaged and leads in circles. Restore a copy, or give another path",
    "SQLITE_FULL": "the disk is full; what has been committed is safe. Make room and run again",
    "SQLITE_READONLY": "it may not be written. Give a path in a folder that may",
    "SQLITE_CANTOPEN": "there is no such folder, or it may not be written. Give a path in a folder that may",
    "SQLITE_BUSY": "another process has been writing it for too long; what has been committed is safe. Run again",
    "SQLITE_IOERR": "the disk does not take it (is it full?); what has been committed is safe. Make room and run again",
    "SQLITE_CORRUPT": "its content is damaged. Restore a copy, or give another path",
    "SQLITE_NOTADB": "its content is damaged. Restore a copy, or give another path",
}


_GONE: Final = (
    "the journal {} cannot be written: it {} while it was open, and what was kept went with it. Leave the file in its "
    "place, and run again"
)


def _code(error: Exception) -> str:
    return getattr(error, "sqlite_errorname", "") or ""


def _why(error: Exception) -> str:
    name = _code(error)
    known = [way for code, way in _WAYS.items() if name.startswith(code)]
    if isinstance(error, sqlite3.ProgrammingError) and "closed" in str(error):
        known = ["it is closed. Ask for outcomes inside its block"]
    return f"{error}: {known[0]}" if known else f"{error} ({name or type(error).__qualname__})"
