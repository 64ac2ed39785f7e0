"""The database of a journal: one SQLite file, opened so that what is committed outlives any crash.

The one module that imports sqlite3. Only the process that opened a database writes through it; several may share
a file.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from functools import lru_cache, partial
from itertools import chain, repeat
from pathlib import Path
from time import monotonic
from typing import Any, Final, TypeVar, final

import attrs

from ..configuration.errors import JournalError
from ..configuration.messages import short_repr
from .database_errors import explain_error, read_error_name
from .disk import copy_journal, find_content, has_wal_header, identify_file, name_side_file, unusable_error
from .schema import APPLICATION_ID, check_version, create_tables, describe_tables, get_latest_version, upgrade_tables

T = TypeVar("T")

SAFE_WAL_VERSION: Final = (3, 51, 3)
"""The first SQLite without the bug that can corrupt a write-ahead log that several connections share."""

LOCK_SECONDS: Final = 60.0
"""How long to wait for another process that is writing."""

LONGEST_PAUSE_SECONDS: Final = 0.05
"""The pause after which a lock that another process holds is tried again, at most."""

MOST_STEPS: Final = 500_000_000
"""How many steps of SQLite's machine one query takes at most; a thousand outcomes take some ten thousand."""

STEPS_PER_ROUND: Final = 1_000_000
"""How many steps SQLite takes before it asks whether to go on."""

ROW_OVERHEAD_BYTES: Final = 200
"""More than a row takes beside its texts."""

_DEFENSIVE: Final = 1010
"""SQLite's own number of the setting SQLITE_DBCONFIG_DEFENSIVE, which older versions of Python do not name."""


@final
class Database:
    """A connection that threads may share. SQLite's errors come out as `JournalError`: which file, why, the way out.

    With `writable=False` it is read only: no byte of it changes, and no file is left beside it. With `sync=False` what
    is committed outlives the process, but not the machine: nothing waits for the disk.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        lock_seconds: float = LOCK_SECONDS,
        writable: bool = True,
        sync: bool = True,
    ) -> None:
        self.path = Path(path)
        self.lock_seconds, self.mode = lock_seconds, ""
        self._process_id = os.getpid()
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._waiting: deque[_Write] = deque()
        _check_header(self.path)
        # SQLite gives some names a meaning (":memory:", "file:..."), but none that begins with a folder.
        self._file = self.path.absolute()
        copy = None if writable else self._copy_unrecovered()
        with self._translate_errors("opened"):
            self._connection = self._connect(writable, copy)
        self._resources = ExitStack()  # what is closed, the last one first
        if copy is not None:
            self._resources.callback(shutil.rmtree, copy, ignore_errors=True)
        self._resources.callback(self._connection.close)
        self._closing = weakref.finalize(self, _close, self._resources, self._process_id, self._lock, self._closed)
        try:
            with self._translate_errors("opened"):
                self._harden()
                if writable:
                    self._prepare_writing(sync)
                self.version = self._wait_for_lock(self._check_schema)
        except BaseException:
            self.close()
            raise

    # --- opening

    def _connect(self, writable: bool, copy: str | None) -> sqlite3.Connection:
        target, is_uri = str(self._file if copy is None else os.path.join(copy, "journal")), False
        if not writable and copy is None:
            # A reader would make the write-ahead log that is missing. Where it is missing no process is writing, so
            # the file can be read as one that does not change.
            still = "&immutable=1" if _is_logged(self._file) and not name_side_file(self._file, "-wal").exists() else ""
            target, is_uri = f"{self._file.as_uri()}?mode=ro{still}", True
        # SQLite would wait for a lock in C, where no Ctrl-C ends it: so it does not wait, and `_wait_for_lock` does.
        return sqlite3.connect(target, timeout=0, isolation_level=None, check_same_thread=False, uri=is_uri)

    def _copy_unrecovered(self) -> str | None:
        """A folder with a copy, where a killed process has left what must be undone, in the file, before it is read."""
        if _is_logged(self._file):
            is_left = name_side_file(self._file, "-wal").exists() and not name_side_file(self._file, "-shm").exists()
            return copy_journal(self._file) if is_left else None
        with self._translate_errors("opened"), closing(self._connect(False, None)) as connection:
            try:
                self._wait_for_lock(lambda: connection.execute("SELECT 1 FROM sqlite_master").fetchone())
            except sqlite3.OperationalError as error:
                if read_error_name(error).startswith("SQLITE_READONLY"):  # it would have to undo a transaction first
                    return copy_journal(self._file)
            except sqlite3.DatabaseError:  # it is damaged, which reading will say
                pass
        return None

    def _harden(self) -> None:
        """A file from elsewhere must not make SQLite run what it says."""
        for pragma in ("trusted_schema=OFF", "cell_size_check=ON"):
            self._wait_for_lock(partial(self._connection.execute, f"PRAGMA {pragma}"))
        if (configure := getattr(self._connection, "setconfig", None)) is not None:  # since Python 3.12
            configure(_DEFENSIVE, True)

    def _prepare_writing(self, sync: bool) -> None:
        execute = self._connection.execute
        self._wait_for_lock(lambda: execute(f"PRAGMA synchronous={'FULL' if sync else 'OFF'}"))
        if self._wait_for_lock(self._check_schema) != get_latest_version():
            # The version is read again inside the transaction: another process may have upgraded the file since.
            self._transact(lambda: upgrade_tables(self._connection, self._check_schema()))
        # TRUNCATE syncs the end of a commit too; PERSIST is quicker, where nothing is synced.
        rollback = "TRUNCATE" if sync else "PERSIST"
        wanted = "WAL" if sqlite3.sqlite_version_info >= SAFE_WAL_VERSION else rollback
        self.mode = self._wait_for_lock(lambda: execute("PRAGMA journal_mode").fetchone()[0])
        if self.mode != wanted.lower():
            with suppress(sqlite3.OperationalError):  # another process has it open: every mode is safe, if slower
                self.mode = execute(f"PRAGMA journal_mode={wanted}").fetchone()[0]
        self._identity = identify_file(self._file)
        self._resources.callback(_remove_side_file, self._connection, self._file, self._identity)
        _OPEN[self] = None

    def _check_schema(self) -> int:
        """The version, where the tables are those of that version: a view or a trigger would run what it says."""
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")  # another process may make the tables after the version has been read
            try:
                return self._check_schema()
            finally:
                self._roll_back()
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        check_version(self.path, version)
        if describe_tables(self._connection) != _make_expected_tables(version):
            raise JournalError(
                f"{short_repr(str(self.path))} is not a journal of this library: its tables are not those of version "
                f"{version}. Give another path"
            )
        return version

    # --- locks and transactions

    def _wait_for_lock(self, call: Callable[[], T]) -> T:
        """`call()`, again and again while another process holds the lock; Ctrl-C and `close` end the wait."""
        until, pause = monotonic() + self.lock_seconds, 0.001
        while True:
            try:
                return call()
            except sqlite3.OperationalError as error:
                if not read_error_name(error).startswith("SQLITE_BUSY") or monotonic() > until:
                    raise
            if self._closed.wait(pause):
                raise sqlite3.ProgrammingError("Cannot operate on a closed database.")
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _transact(self, work: Callable[[], None]) -> None:
        """All of it or nothing; durable when it has ended. What an interrupt leaves open is undone, now or by the next.

        No context manager: one that an interrupt leaves suspended would end when it is collected, amid another's work.
        """
        try:
            self._roll_back()
            # It takes the lock at once: a transaction that begins by reading cannot always be given it later.
            self._wait_for_lock(lambda: self._connection.execute("BEGIN IMMEDIATE"))
            work()
            self._wait_for_lock(lambda: self._connection.execute("COMMIT"))
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _translate_errors(self, what: str) -> _TranslatedErrors:
        return _TranslatedErrors(self.path, what)

    # --- reading and writing

    def read(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, which ends after `MOST_STEPS`: a damaged file may lead in circles."""
        self._check_process()
        with self._lock, self._translate_errors("read"):
            # SQLite ends the query at the first answer that is not 0. The handler is C code, where Python raises no
            # interrupt: one that is raised in a handler would be lost.
            rounds = chain(repeat(0, MOST_STEPS // STEPS_PER_ROUND), repeat(1))
            self._connection.set_progress_handler(rounds.__next__, STEPS_PER_ROUND)
            try:
                return self._wait_for_lock(lambda: self._connection.execute(query, values).fetchall())
            finally:
                self._connection.set_progress_handler(None, 0)

    def write(self, statements: Sequence[tuple[str, Sequence[tuple[Any, ...]]]]) -> None:
        """Each statement for each of its rows, durable when this returns.

        A commit waits for the disk, so threads that write at the same time share one: the first that gets the lock
        writes for all that wait.
        """
        self._check_process()
        mine = _Write(statements)
        self._waiting.append(mine)
        with self._lock:
            if not mine.is_done:
                self._write_all(tuple(self._waiting))
        if mine.error is not None:
            raise mine.error

    def write_alone(self, statements: Iterable[tuple[str, Iterable[tuple[Any, ...]]]]) -> list[int]:
        """Each statement for each of its rows, in a transaction of their own; how many rows each statement changed.

        The rows may be made while they are written; where that raises, nothing is written.
        """
        self._check_process()
        changed = list[int]()
        with self._lock, self._translate_errors("written"):
            self._transact(lambda: self._execute(statements, changed))
        return changed

    def _write_all(self, writes: tuple[_Write, ...]) -> None:
        """One transaction for all of them, whose error is that of each; after an interrupt all of them wait again."""
        error: JournalError | None = None
        try:
            with self._translate_errors("written"):
                self._transact(partial(self._execute_all, writes))
        except JournalError as caught:
            error = caught
        for write in writes:
            write.error, write.is_done = error, True
        for _ in writes:
            self._waiting.popleft()

    def _execute_all(self, writes: tuple[_Write, ...]) -> None:
        self._execute(chain.from_iterable(write.statements for write in writes), [])

    def _execute(self, statements: Iterable[tuple[str, Iterable[tuple[Any, ...]]]], changed: list[int]) -> None:
        if self.mode == "wal":  # with a rollback journal SQLite looks for the file itself
            self._check_file()
        try:
            for statement, rows in statements:
                changed.append(self._connection.executemany(statement, rows).rowcount)
        except sqlite3.OperationalError as error:
            if read_error_name(error) == "SQLITE_READONLY_DBMOVED":
                self._check_file()  # says which of the two it was
            raise

    def _check_file(self) -> None:
        """Refuse to write into a file that has been deleted, or replaced by another one: its content would be lost."""
        found = identify_file(self._file)
        if found != self._identity:
            what = "was deleted" if found is None else "was replaced by another file"
            why = f"it {what} while it was open, and what was kept went with it. Leave the file in its place"
            raise unusable_error(self.path, "written", f"{why}, and run again")

    def _check_process(self) -> None:
        """Refuse a connection that a fork has copied: SQLite's locks are the process's that opened it."""
        if os.getpid() != self._process_id:
            raise JournalError(
                f"the journal {short_repr(str(self.path))} was opened by another process, which alone may use it. "
                f"Open one here: Journal(path)"
            )

    @property
    def most_row_bytes(self) -> int:
        """How many bytes the texts of one row have at most."""
        with self._translate_errors("written"):
            return self._connection.getlimit(sqlite3.SQLITE_LIMIT_LENGTH) - ROW_OVERHEAD_BYTES

    @property
    def is_closed(self) -> bool:
        """True once it is closed."""
        return self._closed.is_set()

    def is_at(self, path: str | os.PathLike[str]) -> bool:
        """True if it is the file at that path, by whatever name."""
        try:
            return self._file.samefile(path)
        except (OSError, ValueError):  # there is no such file
            return False

    def close(self) -> None:
        """Close the connection; the file is whole at any moment, so nothing waits for this."""
        self._closing()


_OPEN: Final[weakref.WeakKeyDictionary[Database, None]] = weakref.WeakKeyDictionary()
"""The connections of this process that may write."""


@final
@attrs.frozen
class _TranslatedErrors:
    """A block whose SQLite errors come out as `JournalError`; a generator would take longer than what is in it."""

    path: Path
    what: str

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, sqlite3.Error | sqlite3.Warning | OverflowError | UnicodeError | MemoryError):
            raise unusable_error(self.path, self.what, explain_error(error)) from error


@attrs.define(eq=False)
class _Write:
    """Statements that are to be written together, and the error if they were not."""

    statements: Sequence[tuple[str, Sequence[tuple[Any, ...]]]]
    is_done: bool = False
    error: JournalError | None = None


def _close(resources: ExitStack, process_id: int, lock: threading.RLock, closed: threading.Event) -> None:
    """Close a connection, in the process that has opened it, once the calls that wait for a lock have given up."""
    if os.getpid() == process_id:
        closed.set()
        with lock:
            resources.close()


def _remove_side_file(connection: sqlite3.Connection, file: Path, identity: tuple[int, int] | None) -> None:
    """Remove the rollback journal, empty by now, that SQLite keeps for the next commit.

    SQLite does so where a connection comes to want none, and only while nobody else writes. Not where another file
    has taken the place: the rollback journal is that one's.
    """
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if identify_file(file) == identity and connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode=DELETE")


def _is_logged(file: Path) -> bool:
    """True if committed content may stand in a write-ahead log: by a connection of this process, else by the header."""
    for reference in _OPEN.keyrefs():  # in one step: another thread may open one meanwhile
        if (other := reference()) is not None and not other.is_closed and other.is_at(file):
            return other.mode == "wal"
    return has_wal_header(file)


def _check_header(path: Path) -> None:
    """Refuse a file that is no journal, or one of a newer version, untouched.

    SQLite reads it, as a file that does not change, so without a lock. `open` must not: closing a file lets go of all
    locks that this process holds on it.
    """
    if not find_content(path):
        return
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            # A commit writes the header first. Where it is at work, or was killed, the file is shorter than the header
            # says, which SQLite takes for damage until it undoes the commit, except with this setting.
            connection.execute("PRAGMA writable_schema=ON")
            [application] = connection.execute("PRAGMA application_id").fetchone()
            [version] = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.OperationalError as error:
        raise unusable_error(path, "opened", error) from error
    except sqlite3.DatabaseError:
        application, version = None, 0
    if application != APPLICATION_ID:
        kind = "a file of another kind" if application is None else "another program's database"
        raise JournalError(
            f"{short_repr(str(path))} is not a journal but {kind}; it is left untouched. Give another path"
        )
    check_version(path, version)


@lru_cache
def _make_expected_tables(version: int) -> set[tuple[str, str, str, str]]:
    """The tables of a version, as SQLite describes those that it has just made."""
    with closing(sqlite3.connect(":memory:")) as connection:
        create_tables(connection, 0, version)
        return describe_tables(connection)
