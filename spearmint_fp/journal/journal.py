"""Journals: what became of each configuration, in a file, so that nothing is lost and nothing runs twice."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NoReturn, final

import attrs
from toolz import partition_all

from ..configuration.errors import ArgumentError, IdentityError, JournalError, SizeError, TreeError
from ..configuration.identity import config_id
from ..configuration.messages import format_count, repr_with_type
from ..configuration.scalars import MOST_BITS
from ..conversion.convert import make_checker
from ..conversion.problems import ABSENT
from ..outcomes.outcomes import Outcome
from ..sweep.core import count_configs
from ..tasks.injection import read_hints
from ..tasks.wrapping import find_arguments, find_bound, find_innermost, find_stride
from .function_names import NamelessError
from .ledger import MOST_NAMES, Ledger
from .owners import EXPERIMENT_OF_KEY, Key, Owner, find_key, find_owner, read_declared_name
from .rows import (
    check_row,
    compact_json,
    damaged_error,
    is_encodable,
    read_config,
    read_count,
    read_outcome,
    read_text,
)

if TYPE_CHECKING:
    from .rows import Row

MOST_COUNTED: Final = 10_000_000
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
        sync: bool = True,
    ) -> None:
        if not _is_path(path):
            raise ArgumentError(f"Journal takes the path of a file; got {repr_with_type(path)}")
        if name is not None and not (name and is_encodable(name)):
            raise ArgumentError(f"name is a text that names the experiment; got {repr_with_type(name)}")
        if not is_encodable(version) and not _is_number(version):
            raise ArgumentError(f"version is a text or a whole number; got {repr_with_type(version)}")
        if not isinstance(retry_failures, bool):
            raise ArgumentError(f"retry_failures is True or False; got {repr_with_type(retry_failures)}")
        if result is not ABSENT:
            make_checker(result, "forbid")  # raises where it is no type
        from .database import Database  # loads SQLite, which only a journal needs

        self._database = Database(path, sync=sync)
        self._name, self._version, self._result, self._retry = name, str(version), result, retry_failures

    @classmethod
    def _open_read_only(cls, path: str | os.PathLike[str], version: str) -> Journal:
        """A journal to read from: no byte of the file changes, and no file is made."""
        from .database import Database

        journal = cls.__new__(cls)
        journal._database = Database(path, writable=False)
        journal._name, journal._version, journal._result, journal._retry = None, version, ABSENT, False
        return journal

    def close(self) -> None:
        """Close the file; outcomes that are asked for later are errors. Left open, it closes when nobody needs it."""
        self._database.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Journal({str(self._database.path)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"{self!r} stays with the process that opened it; open one where it is used: Journal(path)")

    def ledger(self, fn: Callable[..., Any]) -> Ledger:
        """The journal of one function, called with the arguments that it has besides the configuration."""
        arguments = (*self._identify_bound(fn), *find_arguments(fn))
        owner, result_type = self._find_owner(fn), self._find_result_type(fn)
        return Ledger(self._database, owner, result_type, self._retry, arguments, find_stride(fn))

    def _identify_bound(self, fn: Callable[..., Any]) -> tuple[str, ...]:
        """The id of what partial functions and methods have bound; a name of the user's own stands for that too."""
        bound = () if self._name else find_bound(fn)
        try:
            return (config_id(bound),) if bound else ()
        except (IdentityError, TreeError) as error:
            raise NamelessError(
                f"{repr_with_type(fn)} is bound to what has no identity, so its outcomes cannot be told from others': "
                f"{error}. Give it a name that stands for it"
            ) from error

    def _find_owner(self, experiment: str | Callable[..., Any]) -> Owner:
        try:
            return find_owner(experiment, self._name, self._version)
        except ArgumentError as error:
            name = read_declared_name(experiment)
            if (name, self._version) not in self.experiments:
                raise
            raise ArgumentError(
                f"{error}. An older version of this library has kept outcomes of it: name={name!r} gives them out"
            ) from None

    def _find_result_type(self, experiment: str | Callable[..., Any]) -> Any:
        """The type of results: `result`, or what the function says it returns; `ABSENT` where that says nothing."""
        if self._result is not ABSENT or not callable(experiment):
            return self._result
        inner = find_innermost(experiment)
        returned = read_hints(inner)[0].get("return", ABSENT) if callable(inner) else ABSENT
        return ABSENT if returned in (Any, object, None, type(None)) else returned

    # --- reading

    @property
    def experiments(self) -> tuple[Key, ...]:
        """The names and the versions of the experiments in it, in the order in which they were begun."""
        rows = self._database.read("SELECT name, version FROM experiments ORDER BY id")
        return tuple((read_text(name, "a name"), read_text(version, "a version")) for name, version in rows)

    def outcomes(self, experiment: str | Callable[..., Any]) -> Iterator[Outcome[Any, Any]]:
        """The outcomes of an experiment, as they were first finished, replayed; a name, or its function.

        Lazy, in flat memory, and while others write. Configurations are plain data (`Config`), with leaves that JSON
        cannot hold as text; to have them as they were, run again over the same sweep. Results are made again as
        `result` or the function's own type; by name alone they are as JSON has them.

        Raises:
            JournalError: there is no such experiment in this version; says which there are.
        """
        key = find_key(self._database, self._find_owner(experiment))
        if key not in self.experiments:
            there = ", ".join(f"{name!r} version {version!r}" for name, version in self.experiments) or "nothing"
            raise JournalError(f"{self!r} has no {key[0]!r} in version {key[1]!r}; there is: {there}")
        result_type = self._find_result_type(experiment)
        rows = self._read_rows(key)
        return (read_outcome(row, read_config(config), position, result_type) for _, config, position, row in rows)

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
        if size is not None and size > MOST_COUNTED:
            raise SizeError(f"status looks at each configuration, and there are {format_count(size)}. Ask for a slice")
        bound = self._identify_bound(fn) if callable(fn) else ()
        given = (list(args), kwargs) if args or kwargs else ()
        key = find_key(self._database, self._find_owner(fn))
        ledger = Ledger(self._database, Owner(*key), arguments=(*bound, *given))
        done = failed = seen = 0
        for block in partition_all(MOST_NAMES, configs):
            names = [ledger.name_config(config) for config in block]
            rows = ledger.find_rows(names)
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
                    for name, config, position, row in self._read_rows(key):
                        file.write(f"{_format_line(key, name, config, position, row)}\n")
                        count += 1
        except OSError as error:
            if isinstance(error, JournalError):
                raise
            raise JournalError(f"cannot write {repr_with_type(path)}: {error}") from error
        return count

    def _read_rows(self, key: Key) -> Iterator[tuple[str, str, int, Row]]:
        """The config_ids, configurations, positions and rows of an experiment.

        They are read a page at a time: a query that stays open would keep others from writing.
        """
        last = 0
        while page := self._database.read(_PAGE, (*key, last)):
            for number, name, config, position, *row in page:
                if type(number) is not int or number <= last:  # or the same page would come for ever
                    raise damaged_error("its rows are not in order")
                last = number
                yield read_text(name, "a config_id"), config, read_count(position, "a position"), check_row(tuple(row))


_PAGE: Final = (
    f"SELECT id, config_id, config, position, ok, typed, content, seconds, attempts FROM outcomes "  # noqa: S608  # constants
    f"WHERE experiment = {EXPERIMENT_OF_KEY} AND id > ? ORDER BY id LIMIT 1000"
)


def _format_line(key: Key, name: str, config: str, position: int, row: Row) -> str:
    """A line of JSON, made of the texts that the journal keeps, which need not be decoded for it."""
    ok, _, content, seconds, attempts = row
    head = json.dumps({"experiment": key[0], "version": key[1], "config_id": name})[:-1]
    tail = json.dumps({"index": position, "seconds": seconds, "attempts": attempts})[1:]
    result = f'"{"result" if ok else "error"}": {compact_json(content)}'
    return f'{head}, "config": {compact_json(config)}, "ok": {"true" if ok else "false"}, {result}, {tail}'


def _is_path(path: Any) -> bool:
    return isinstance(path, str | os.PathLike) and isinstance(os.fspath(path), str) and "\0" not in os.fspath(path)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < MOST_BITS


def open_ledger(journal: Any, fn: Callable[..., Any]) -> Ledger | None:
    """The ledger that `journal=` asks for; None for none."""
    if journal is None:
        return None
    if not isinstance(journal, Journal):
        raise ArgumentError(f"journal is a Journal; got {repr_with_type(journal)}. Use journal=Journal(path)")
    return journal.ledger(fn)
