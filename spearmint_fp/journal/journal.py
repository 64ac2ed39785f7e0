"""Journals: what became of each configuration, in a file, so that nothing is lost and nothing runs twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar, final

import attrs

from ..configuration.errors import (
    ArgumentError,
    EncodingError,
    IdentityError,
    JournalError,
    SizeError,
    TreeError,
    format_count,
    repr_with_type,
)
from ..configuration.identity import config_id
from ..configuration.scalars import MOST_BITS
from ..conversion.convert import make_checker
from ..conversion.problems import ABSENT
from ..outcomes.exceptions import message_of
from ..outcomes.outcomes import ErrorInfo, Failure, Outcome, Success
from ..sweep.core import count_configs
from ..tasks.injection import read_hints
from ..tasks.wrapping import arguments_of, bound_to, places_of, stack
from .checks import check_position, check_row, checked_json, checked_text, damaged, decode_config, utf8_size
from .encoding import decoded, encode_config, encoded
from .keys import Asked, Key, asked, claim_key, find_key, former_name

if TYPE_CHECKING:
    from .database import Database, Row

__all__ = ["Journal", "JournalStatus", "Ledger", "open_ledger"]

C = TypeVar("C")
T = TypeVar("T")

BLOCK: Final = 500
"""How many configurations are looked up at once."""

MOST: Final = 10_000_000
"""How many configurations `status` counts."""


@final
@attrs.frozen
class JournalStatus:
    """How many configurations of a sweep a journal has as done, as failed, and not yet."""

    done: int
    failed: int
    left: int


@final
class Journal:
    """A file of outcomes: `run(fn, configs, journal=journal)` runs what it does not have, and replays what it has.

    Each outcome is committed to the disk before it is given out. So a run that is killed at any moment, run again,
    loses nothing that was finished and runs nothing of it again; what was in flight runs once more. Outcomes are found
    again by experiment, `version` and `config_id`. The experiment is `name`, by default the module and the name by
    which the function is found again, one for a script and its import; what nobody can find (a lambda, a closure, a
    function of an interactive session) needs `name`. Give another `version` when the function, or what it calls,
    changes: a change of its own source is warned of, once. Failures are run again, unless `retry_failures=False`.
    Several processes may use one file at the same time.

    A result of builtins is kept as it is; any other is made again as `result`, by default the type that the function
    says it returns (`def fn(c) -> Score`), with `structure`. What would not come back equal is that
    configuration's `Failure`. It holds text and numbers alone: reading it runs no code.

    >>> import tempfile; from pathlib import Path
    >>> from spearmint_fp import DynamicValue, expand, run
    >>> def score(config):
    ...     print("running", config.n)
    ...     return config.n ** 2
    >>> path = Path(tempfile.mkdtemp(), "runs.db")
    >>> with Journal(path, name="score") as journal:
    ...     some = [o.result for o in run(score, expand({"n": DynamicValue([1, 2])}), journal=journal)]
    running 1
    running 2
    >>> with Journal(path, name="score") as journal:
    ...     more = [(o.result, o.replayed) for o in run(score, expand({"n": DynamicValue([2, 3])}), journal=journal)]
    running 3
    >>> more
    [(4, True), (9, False)]

    Raises:
        JournalError: the file cannot be opened or written, is no journal, or is one of a newer version, which is left
            untouched; later, when a disk is full or the journal is closed.
        ArgumentError: an argument of the wrong kind; when it runs, a function that nobody can find by its name.

    See also: `run`, `arun`, `Spearmint.run`, which take it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        version: str | int = "",
        result: Any = ABSENT,
        retry_failures: bool = True,
    ) -> None:
        if not _is_path(path):
            raise ArgumentError(f"Journal takes the path of a file; got {repr_with_type(path)}")
        if name is not None and not (name and _is_text(name)):
            raise ArgumentError(f"name is a text that names the experiment; got {repr_with_type(name)}")
        if not _is_text(version) and not _is_number(version):
            raise ArgumentError(f"version is a text or a whole number; got {repr_with_type(version)}")
        if not isinstance(retry_failures, bool):
            raise ArgumentError(f"retry_failures is True or False; got {repr_with_type(retry_failures)}")
        if result is not ABSENT:
            make_checker(result, "forbid")  # raises where it is no type
        from .database import Database  # loads SQLite, which only a journal needs

        self._database = Database(path)
        self._name, self._version, self._result, self._retry = name, str(version), result, retry_failures

    @classmethod
    def _reading(cls, path: str | os.PathLike[str], version: str) -> Journal:
        """A journal that is read alone: not a byte of the file is changed, and none is made."""
        from .database import Database

        made = cls.__new__(cls)
        made._database = Database(path, writable=False)
        made._name, made._version, made._result, made._retry = None, version, ABSENT, False
        return made

    def close(self) -> None:
        """Close the file; outcomes that are asked for later are errors. Left open, it closes when nobody needs it."""
        self._database.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Journal({str(self._database.path)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{self!r} stays with the process that opened it; open one where it is used: Journal(path)")

    def ledger(self, fn: Callable[..., Any]) -> Ledger:
        """The journal of one function, called with the arguments that it has besides the configuration."""
        result = _return_type(fn) if self._result is ABSENT else self._result
        arguments = (*self._bound(fn), *arguments_of(fn))
        return Ledger(self._database, self._asked(fn), result, self._retry, arguments, places_of(fn))

    def _bound(self, fn: Callable[..., Any]) -> tuple[Any, ...]:
        """What is bound to the function; a name of the user's own stands for it."""
        bound = () if self._name else bound_to(fn)
        try:
            return (config_id(bound),) if bound else ()
        except (IdentityError, TreeError) as error:
            raise ArgumentError(
                f"{repr_with_type(fn)} is bound to what has no identity, so its outcomes cannot be told from others': {error}. "
                f"Give it a name that stands for it: Journal(path, name='score')"
            ) from error

    def _asked(self, experiment: Any) -> Asked:
        """The experiment of a function, or of a name."""
        try:
            return asked(experiment, self._name, self._version)
        except ArgumentError as error:
            former = former_name(experiment)
            if (former, self._version) not in self.experiments:
                raise
            raise ArgumentError(
                f"{error}. An older version of this library has kept outcomes of it: name={former!r} gives them out"
            ) from None

    def _key(self, experiment: Any) -> Key:
        """Where the outcomes of an experiment stand."""
        return find_key(self._database, self._asked(experiment))

    # --- reading

    @property
    def experiments(self) -> tuple[Key, ...]:
        """The names and the versions of the experiments in it, in the order in which they were begun."""
        rows = self._database.read("SELECT name, version FROM experiments ORDER BY id")
        return tuple((checked_text(row[0], "a name"), checked_text(row[1], "a version")) for row in rows)

    def outcomes(self, experiment: str | Callable[..., Any]) -> Iterator[Outcome[Any, Any]]:
        """The outcomes of an experiment, as they were first finished, replayed; a name, or its function.

        Lazy, in flat memory, and while others write. Configurations are plain data (`Config`), with leaves that JSON
        cannot hold as text; to have them as they were, run again over the same sweep. Results are made again as
        `result` or the function's own type; by name alone they are as JSON has them.

        Raises:
            JournalError: there is no such experiment in this version; says which there are.
        """
        key = self._key(experiment)
        if key not in self.experiments:
            there = ", ".join(f"{name!r} version {version!r}" for name, version in self.experiments) or "nothing"
            raise JournalError(f"{self!r} has no {key[0]!r} in version {key[1]!r}; there is: {there}")
        result = _return_type(experiment) if self._result is ABSENT and callable(experiment) else self._result
        ledger = Ledger(self._database, Asked(*key), result, self._retry)
        return (ledger.read(decode_config(config), index, row) for _, config, index, row in _stored(self, key))

    def status(
        self, configs: Iterable[Any], fn: str | Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> JournalStatus:
        """How many of the configurations are done, have failed, and are left, for a function or a name.

        Goes through all of them, a block at a time. For an experiment that is called with arguments, these; for one
        that calls others, the cases are tuples of configurations, as in `expand((outer.configs, inner.configs))`.

        Raises:
            SizeError: more than 10^7 configurations; ask for a slice of them.
        """
        size = count_configs(configs)
        if size is not None and size > MOST:
            raise SizeError(f"status looks at each configuration, and there are {format_count(size)}. Ask for a slice")
        bound = self._bound(fn) if callable(fn) else ()
        given = (list(args), kwargs) if args or kwargs else ()
        ledger = Ledger(self._database, Asked(*self._key(fn)), ABSENT, False, (*bound, *given))
        done = failed = seen = 0
        items = iter(configs)
        while block := list(islice(items, BLOCK)):
            names = [ledger.name(config) for config in block]
            rows = ledger.found(names)
            oks = [bool(check_row(rows[name])[0]) for name in names if name in rows]
            done, failed, seen = done + sum(oks), failed + len(oks) - sum(oks), seen + len(block)
        return JournalStatus(done, failed, seen - done - failed)

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write every outcome as a line of JSON (JSON Lines), experiment by experiment; how many there were.

        Each has `experiment`, `version`, `config_id`, `config`, `ok`, `result` or `error`, `index`, `seconds` and
        `attempts`. What JSON has no word for is an object with a key such as "$tuple".

        Raises:
            JournalError: the file cannot be written, or is the journal itself.
        """
        if self._database.is_at(path):
            raise JournalError(
                f"{repr_with_type(path)} is the journal itself, which an export would destroy. Give another path"
            )
        count = 0
        try:
            with open(path, "w", encoding="utf-8") as file:
                for key in self.experiments:
                    for name, config, index, row in _stored(self, key):
                        file.write(_line(key, name, config, index, row) + "\n")
                        count += 1
        except OSError as error:
            if isinstance(error, JournalError):
                raise
            raise JournalError(f"cannot write {repr_with_type(path)}: {error}") from error
        return count


def _is_path(path: Any) -> bool:
    return isinstance(path, str | os.PathLike) and isinstance(os.fspath(path), str) and "\0" not in os.fspath(path)


def _is_text(value: Any) -> bool:
    """Whether it is text that a file can hold: half of a surrogate pair is none."""
    try:
        return isinstance(value, str) and bool(value.encode() or True)
    except UnicodeEncodeError:
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < MOST_BITS


_COLUMNS: Final = "ok, typed, content, seconds, attempts"
_THIS: Final = "experiment = (SELECT id FROM experiments WHERE name = ? AND version = ?)"
_FIND: Final = f"SELECT config_id, {_COLUMNS} FROM outcomes WHERE {_THIS} AND config_id IN"  # noqa: S608  # constants
_PAGE: Final = (
    f"SELECT id, config_id, config, position, {_COLUMNS} FROM outcomes "  # noqa: S608  # constants
    f"WHERE {_THIS} AND id > ? ORDER BY id LIMIT 1000"
)


def _stored(journal: Journal, key: Key) -> Iterator[tuple[str, str, int, Row]]:
    """The rows of an experiment, a page at a time, so that nobody waits for a slow reader."""
    last = 0
    while page := journal._database.read(_PAGE, (*key, last)):
        for number, name, config, index, *row in page:
            if type(number) is not int or number <= last:
                raise damaged("its rows are not in order")
            last = number
            yield checked_text(name, "a config_id"), config, check_position(index), check_row(tuple(row))


def _line(key: Key, name: str, config: str, index: int, row: Row) -> str:
    ok, _, content, seconds, attempts = row
    head = json.dumps({"experiment": key[0], "version": key[1], "config_id": name})[:-1]
    tail = json.dumps({"index": index, "seconds": seconds, "attempts": attempts})[1:]
    told = f'"{"result" if ok else "error"}": {checked_json(content)}'
    return f'{head}, "config": {checked_json(config)}, "ok": {"true" if ok else "false"}, {told}, {tail}'


def open_ledger(journal: Any, fn: Callable[..., Any]) -> Ledger | None:
    """The ledger that `journal=` asks for; None for none."""
    if journal is None:
        return None
    if not isinstance(journal, Journal):
        raise ArgumentError(f"journal is a Journal; got {repr_with_type(journal)}. Use journal=Journal(path)")
    return journal.ledger(fn)


def _return_type(fn: Any) -> Any:
    """What a function says it returns; `ABSENT` where it does not, or says nothing of use."""
    *_, inner = stack(fn)
    found = read_hints(inner)[0].get("return", ABSENT) if callable(inner) else ABSENT
    return ABSENT if found in (Any, object, None, type(None)) else found


# --- one experiment of a journal -----------------------------------------------------------------------


@final
class Ledger:
    """The outcomes of one experiment: what is there, and what is to be kept."""

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        database: Database,
        asked: Asked,
        result: Any,
        retry: bool,
        arguments: tuple[Any, ...] = (),
        places: tuple[int, int] = (0, 1),
    ) -> None:
        self._database, self._asked, self._result, self._retry = database, asked, result, retry
        self._key: Key = (asked.name, asked.version)
        self._is_claimed = not asked.is_open
        self._arguments, (self._first, self._step) = arguments, places

    def _claim(self) -> None:
        """Find out where its outcomes stand, and have the file note it, when the first of them is asked for."""
        if not self._is_claimed:
            self._key = claim_key(self._database, self._asked)
            self._is_claimed = True

    def found(self, names: Sequence[str]) -> dict[str, Row]:
        """What there is under each of at most `BLOCK` config_ids."""
        query = f"{_FIND} ({','.join('?' * len(names))})"
        return {name: tuple(row) for name, *row in self._database.read(query, (*self._key, *names))}

    def known(self, configs: Sequence[C], start: int) -> list[tuple[str, Outcome[C, Any] | None]]:
        """Each configuration's id, and its outcome where that is known: it is replayed, or has no id at all."""
        self._claim()
        names = [self.named(config, index) for index, config in enumerate(configs, start)]
        wanted = [name for name in names if isinstance(name, str)]
        rows: dict[str, Row] = {}
        for at in range(0, len(wanted), BLOCK):
            rows |= self.found(wanted[at : at + BLOCK])
        return [
            ("", name) if isinstance(name, Failure) else (name, self._replayed(config, index, rows.get(name)))
            for index, (config, name) in enumerate(zip(configs, names, strict=True), start)
        ]

    def name(self, config: Any) -> str:
        """What an outcome is found by: the configuration's id, and that of the arguments where there are any."""
        name = config_id(config)
        if not _is_text(name):  # one of the user's own
            raise IdentityError(f"a config_id of your own is text that a file can hold; got {repr_with_type(name)}")
        return config_id([name, *self._arguments]) if self._arguments else name

    def named(self, config: C, index: int) -> str | Failure[C]:
        """`name(config)`, or the failure of a configuration that has no identity."""
        try:
            return self.name(config)
        except (IdentityError, TreeError) as error:
            what = "a journal finds an outcome by its configuration's (and arguments') identity"
            told = IdentityError(f"{what}: {error}")
            told.__cause__ = error
            return Failure(config, ErrorInfo.of(told), index)

    def _replayed(self, config: C, index: int, row: Row | None) -> Outcome[C, Any] | None:
        return None if row is None or (self._retry and not row[0]) else self.read(config, index, row)

    def read(self, config: C, index: int, row: Row) -> Outcome[C, Any]:
        """A row as an outcome; a failure that says so where it does not become the type that is asked for now."""
        try:
            ok, typed, content, seconds, attempts = check_row(row)
        except JournalError as error:
            return Failure(config, ErrorInfo.of(error), index, replayed=True)
        if not ok:
            return Failure(config, _error_of(content), index, seconds, attempts, True)
        try:
            result = decoded(content, self._result if typed else ABSENT)
        except Exception as error:  # what a stranger wrote, given to a user's own class
            told = ErrorInfo.of(
                JournalError(f"what is kept is not what is asked for now: {error}. To run it again, change version=")
            )
            return Failure(config, told, index, seconds, attempts, True)
        return Success(config, result, index, seconds, attempts, True)

    def keep(self, named: Sequence[tuple[str, Outcome[C, Any]]]) -> list[Outcome[C, Any]]:
        """Commit outcomes under their ids; where a result cannot be written, the failure that says so comes back."""
        kept = [self._row(name, outcome) for name, outcome in named]
        if kept:
            self._database.write([(_BEGIN, [self._key]), (_KEEP, [(*self._key, *row) for row, _ in kept])])
        return [outcome for _, outcome in kept]

    def _row(self, name: str, outcome: Outcome[C, Any]) -> tuple[Row, Outcome[C, Any]]:
        config, most = self._config_text(name, outcome.config)
        typed, content = False, ""
        if isinstance(outcome, Success):
            try:
                content, typed = self._result_text(outcome.result, most)
            except EncodingError as error:
                error.value = outcome.result
                told = ErrorInfo.of(error)
                outcome = Failure(outcome.config, told, outcome.index, outcome.seconds, outcome.attempts)
        if isinstance(outcome, Failure):
            content = _error_text(outcome.error, most)
        index = self._first + self._step * outcome.index
        return (name, config, index, outcome.ok, typed, content, outcome.seconds, outcome.attempts), outcome

    def _result_text(self, result: Any, most: int) -> tuple[str, bool]:
        """A result as text of at most so many bytes, and whether reading it takes a type."""
        try:
            content, typed = encoded(result, self._result)
        except EncodingError:
            raise
        except (Exception, SystemExit) as error:  # whatever a user's object does when it is looked at
            why = f"{type(error).__qualname__}: {message_of(error)}"
            raise EncodingError(
                f"{repr_with_type(result)} cannot be written into a journal, since looking at it raises {why}"
            ) from error
        _check_size(content, result, most)
        return content, typed

    def _config_text(self, name: str, config: Any) -> tuple[str, int]:
        """A configuration as text, shortened where it would fill a row, and how many bytes are left for the rest."""
        most = self._database.longest - utf8_size(name)
        text = encode_config(config)
        if utf8_size(text) > most // 2:
            text = encode_config(repr_with_type(config))
        return text, most - utf8_size(text)


def _check_size(text: str, result: Any, most: int) -> None:
    if utf8_size(text) > most:
        raise EncodingError(
            f"{repr_with_type(result)} takes {utf8_size(text)} bytes as text, and a journal has at most {most} for one result. "
            f"Return less, or write it to a file and return its path"
        )


def _error_text(error: ErrorInfo, most: int) -> str:
    """An error as text of at most so many bytes."""
    size = max(len(error.type), len(error.message), len(error.traceback))
    while True:
        parts = {"type": error.type[:size], "message": error.message[:size], "traceback": error.traceback[-size:]}
        text = json.dumps(parts)
        if len(text) <= most or not size:  # it is ASCII
            return text
        size = size // 2


def _error_of(content: Any) -> ErrorInfo:
    """What a failure was; where its row is damaged, that it is."""
    try:
        error = decoded(content)
        kind, message, traceback = (checked_text(error[part], part) for part in ("type", "message", "traceback"))
    except (EncodingError, JournalError, LookupError, TypeError) as why:
        return ErrorInfo.of(JournalError(f"what is kept of this failure is damaged: {why}. Run it again"))
    return ErrorInfo(kind, message, traceback)


_BEGIN: Final = "INSERT INTO experiments (name, version) VALUES (?, ?) ON CONFLICT DO NOTHING"
_KEEP: Final = """
INSERT INTO outcomes (experiment, config_id, config, position, ok, typed, content, seconds, attempts)
VALUES ((SELECT id FROM experiments WHERE name = ? AND version = ?), ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (experiment, config_id) DO UPDATE SET
  config = excluded.config, position = excluded.position, ok = excluded.ok, typed = excluded.typed,
  content = excluded.content, seconds = excluded.seconds, attempts = excluded.attempts
WHERE NOT outcomes.ok
"""
"""What is finished stays as it is, whatever comes after it."""
