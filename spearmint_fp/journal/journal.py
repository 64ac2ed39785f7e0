"""Journals: what became of each configuration, in a file, so that nothing is lost and nothing runs twice."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, final, overload

from toolz import partition_all

from ..configuration.calls import explain_calls
from ..configuration.errors import ArgumentError, IdentityError, JournalError, TreeError
from ..configuration.identity import config_id
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.scalars import MOST_BITS
from ..conversion.convert import make_checker
from ..conversion.problems import ABSENT
from ..outcomes.outcomes import Outcome
from ..sweep.inputs import check_configs
from ..tasks.injection import read_hints
from ..tasks.wrapping import find_arguments, find_bound, find_innermost, find_stride
from .late import function_names, ledgers, merging, owners, result_types, retry_rules, rows
from .plans import JournalPlan, JournalStatus, count_outcomes, make_plan

if TYPE_CHECKING:
    from .database import Database
    from .ledger import Ledger
    from .owners import Key, Owner
    from .rows import Row

T = TypeVar("T")


@explain_calls
@final
class Journal:
    """A file of outcomes: `run(fn, configs, journal=journal)` runs what it does not have, and replays what it has.

    Each outcome is committed to the disk before it is given out. So a run that is killed at any moment, run again,
    loses nothing that was finished and runs nothing of it again; what was in flight runs once more. Outcomes are found
    again by experiment, `version` and `config_id`. The experiment is `name`, by default the module and the name by
    which the function is found again, one for a script and its import; what nobody can find (a lambda, a closure, a
    function of an interactive session) needs `name`. Give another `version` when the function, or what it calls,
    changes: a change of its own source is warned of, once. Failures are run again, unless `retry_failures=False`, or
    only those of the exception types that it names. With `sync=False` nothing waits for the disk: what is committed
    outlives the process, but not the machine. Several processes may use one file at the same time.

    A result of builtins and NumPy's arrays is kept as it is; any other is made again as `result`, by default the type
    that the function says it returns (`def fn(c) -> Score`), with `structure`. What would not come back equal is that
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
        EncodingError: when it runs, a function that says it returns what no journal can keep, such as a frame.

    See also: `run`, `arun`, `Spearmint.run`, which take it.
    """

    def __init__(  # noqa: PLR0913
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        version: str | int = "",
        result: Any = ABSENT,
        retry_failures: bool | type[BaseException] | tuple[type[BaseException], ...] = True,
        sync: bool = True,
    ) -> None:
        if not _is_path(path):
            raise ArgumentError(f"Journal takes the path of a file; got {repr_with_type(path)}")
        if name is not None and not (name and rows.is_encodable(name)):
            raise ArgumentError(f"name is a text that names the experiment; got {repr_with_type(name)}")
        if not rows.is_encodable(version) and not _is_number(version):
            raise ArgumentError(f"version is a text or a whole number; got {repr_with_type(version)}")
        if not isinstance(sync, bool):
            raise ArgumentError(f"sync is True or False; got {repr_with_type(sync)}")
        rule = retry_rules.RetryRule(retry_failures)
        if result is not ABSENT:
            make_checker(result, "forbid")  # raises where it is no type
        from .database import Database  # loads SQLite, which only a journal needs

        self._database = Database(path, sync=sync)
        self._name, self._version, self._result, self._retry = name, str(version), result, rule

    @classmethod
    def _open_read_only(cls, path: str | os.PathLike[str], version: str) -> Journal:
        """A journal to read from: no byte of the file changes, and no file is made."""
        journal = cls.__new__(cls)
        journal._database = open_read_only(path)
        journal._name, journal._version, journal._result = None, version, ABSENT
        journal._retry = retry_rules.RetryRule(True)
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
        if result_type is not ABSENT:
            result_types.check_result_type(result_type)
        return ledgers.Ledger(self._database, owner, result_type, self._retry, arguments, find_stride(fn))

    def _identify_bound(self, fn: Callable[..., Any]) -> tuple[str, ...]:
        """The id of what partial functions and methods have bound; a name of the user's own stands for that too."""
        bound = () if self._name else find_bound(fn)
        try:
            return (config_id(bound),) if bound else ()
        except (IdentityError, TreeError) as error:
            raise function_names.NamelessError(
                f"{repr_with_type(fn)} is bound to what has no identity, so its outcomes cannot be told from others': "
                f"{error}. Give it a name that stands for it"
            ) from error

    def _find_owner(self, experiment: str | Callable[..., Any]) -> Owner:
        try:
            return owners.find_owner(experiment, self._name, self._version)
        except ArgumentError as error:
            name = owners.read_declared_name(experiment)
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

    # --- changing

    def forget(self, configs: Iterable[Any], fn: str | Callable[..., Any], /, *args: Any, **kwargs: Any) -> int:
        """Remove what is kept of the configurations, for a function or a name; how many outcomes there were.

        They run again next time, whether they were done or had failed; other versions of the function stay. Goes
        through all of the configurations, and commits each 500 that it has forgotten. The arguments are as in
        `status`.

        >>> import tempfile; from pathlib import Path
        >>> from spearmint_fp import DynamicValue, expand, run
        >>> sweep = expand({"n": DynamicValue(range(5))})
        >>> with Journal(Path(tempfile.mkdtemp(), "runs.db"), name="half") as journal:
        ...     outcomes = list(run(lambda c: c.n / 2, sweep, journal=journal))
        ...     print(journal.forget(sweep[3:], "half"), journal.forget(sweep[3:], "half"))
        ...     print(journal.status(sweep, "half"))
        2 0
        JournalStatus(done=3, failed=0, left=2)

        Raises:
            ArgumentError: no configurations, such as one alone; neither a function nor a name.
            IdentityError: a configuration that has no identity.
            JournalError: the journal cannot be written.

        See also: `run`, which keeps them.
        """
        ledger = self._find_ledger(fn, args, kwargs)
        blocks = partition_all(ledgers.MOST_NAMES, check_configs(configs, "journal.forget"))
        return sum(ledger.forget([ledger.name_config(config) for config in block]) for block in blocks)

    def merge(self, *paths: str | os.PathLike[str]) -> int:
        """Take in what other journals have; how many outcomes are new here, or others than before.

        The union of sets, by experiment, version and configuration: in whatever order journals are put together, and
        however often, the outcomes are the same. What is done is better than what has failed. Of two results, or two
        errors, of one configuration, all keep the same one. Each journal is taken in a transaction of its own, and is
        only read; it may be in use, and of an older version. One that is merged with itself stays as it is.

        >>> import tempfile; from pathlib import Path
        >>> from spearmint_fp import DynamicValue, expand, run, shard
        >>> sweep, folder = expand({"n": DynamicValue(range(5))}), Path(tempfile.mkdtemp())
        >>> for i in range(2):
        ...     with Journal(folder / f"{i}.db", name="half") as journal:
        ...         outcomes = list(run(lambda c: c.n / 2, shard(i, 2, sweep), journal=journal))
        >>> with Journal(folder / "all.db", name="half") as journal:
        ...     print(journal.merge(folder / "0.db", folder / "1.db"), journal.merge(folder / "0.db"))
        ...     print(journal.status(sweep, "half"))
        5 0
        JournalStatus(done=5, failed=0, left=0)

        Raises:
            ArgumentError: what is no path.
            JournalError: there is no such file, or it is no journal; names it. Those before it have been taken in.

        See also: `shard`, whose journals are put together.
        """
        for path in paths:
            if not _is_path(path):
                raise ArgumentError(f"merge takes the paths of journals; got {repr_with_type(path)}")
        return sum(self._merge_one(path) for path in paths if not self._database.is_at(path))

    def _merge_one(self, path: str | os.PathLike[str]) -> int:
        other = open_read_only(path)
        try:
            return merging.merge_database(self._database, other)
        finally:
            other.close()

    # --- reading

    @property
    def experiments(self) -> tuple[tuple[str, str], ...]:
        """The names and the versions of the experiments in it, in the order in which they were begun."""
        return tuple(merging.list_keys(self._database))

    @overload
    def outcomes(self, experiment: str) -> Iterator[Outcome[Any, Any]]: ...
    @overload
    def outcomes(self, experiment: Callable[..., Awaitable[T]]) -> Iterator[Outcome[Any, T]]: ...
    @overload
    def outcomes(self, experiment: Callable[..., T]) -> Iterator[Outcome[Any, T]]: ...
    def outcomes(self, experiment: str | Callable[..., Any]) -> Iterator[Outcome[Any, Any]]:
        """The outcomes of an experiment, as they were first finished, replayed; a name, or its function.

        Lazy, in flat memory, and while others write. Configurations are plain data (`Config`), with leaves that JSON
        cannot hold as text; to have them as they were, run again over the same sweep. Results are made again as
        `result` or the function's own type; by name alone they are as JSON has them.

        Raises:
            JournalError: there is no such experiment in this version; says which there are.
        """
        key = owners.find_key(self._database, self._find_owner(experiment))
        if key not in self.experiments:
            there = ", ".join(f"{name!r} version {version!r}" for name, version in self.experiments) or "nothing"
            raise JournalError(f"{self!r} has no {key[0]!r} in version {key[1]!r}; there is: {there}")
        result_type = self._find_result_type(experiment)
        kept = ledgers.Ledger(self._database, owners.Owner(*key)).read_rows()
        return (
            rows.read_outcome(row, rows.read_config(config), position, result_type) for _, config, position, row in kept
        )

    def status(
        self, configs: Iterable[Any], fn: str | Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> JournalStatus:
        """How many of the configurations are done, have failed, and are left, for a function or a name.

        Goes through all of them, a block at a time, up to 10^7; of a larger sweep, through what the journal has. For
        an experiment that is called with arguments, these; for one that calls others, the cases are tuples of
        configurations, as in `expand((outer.configs, inner.configs))`.

        Raises:
            SizeError: more than 10^7 configurations, where the journal keeps what is not to be found in a sweep:
                instances of classes, or calls with arguments. Ask for a slice of them.
        """
        return count_outcomes(self._find_ledger(fn, args, kwargs), check_configs(configs, "journal.status"))

    def plan(
        self,
        configs: Iterable[Any],
        fn: str | Callable[..., Any],
        /,
        *args: Any,
        cost: Callable[[Any], float] | str | tuple[Any, ...] | None = None,
        **kwargs: Any,
    ) -> JournalPlan:
        """`status`, and how many `run(fn, configs, journal=journal)` would run, for how long and at what cost.

        To be run is what is left, and failures that are worth another try; a configuration that comes twice counts
        twice. `seconds` is their number times the mean of those that are done, as if they ran one after the other;
        `cost` is the same for what `cost` says of a result: a function of it, or the path of a number in it. Nothing
        is run.

        >>> import tempfile; from pathlib import Path
        >>> from spearmint_fp import DynamicValue, expand, run
        >>> sweep = expand({"n": DynamicValue(range(10**30))})
        >>> with Journal(Path(tempfile.mkdtemp(), "runs.db"), name="ask") as journal:
        ...     outcomes = list(run(lambda c: {"usd": 0.25}, sweep[:4], journal=journal))
        ...     plan = journal.plan(sweep[:10], "ask", cost="usd")
        ...     huge = journal.plan(sweep, "ask")
        >>> plan.done, plan.left, plan.todo, plan.cost
        (4, 6, 6, 1.5)
        >>> huge.left == 10**30 - 4
        True

        Raises:
            SizeError: as `status`.
            ArgumentError: `cost` leads to no number.
            PathError: nothing stands at `cost` in a result.

        See also: `status`.
        """
        return make_plan(self._find_ledger(fn, args, kwargs), check_configs(configs, "journal.plan"), cost)

    def _find_ledger(self, fn: str | Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ledger:
        """The ledger of a function or a name that is called with some arguments; the file takes no note of it."""
        bound = self._identify_bound(fn) if callable(fn) else ()
        given = (list(args), kwargs) if args or kwargs else ()
        key = owners.find_key(self._database, self._find_owner(fn))
        return ledgers.Ledger(
            self._database, owners.Owner(*key), self._find_result_type(fn), self._retry, (*bound, *given)
        )

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write every outcome as a line of JSON (JSON Lines), experiment by experiment; how many there were.

        Each has `experiment`, `version`, `config_id`, `config`, `ok`, `result` or `error`, `index`, `seconds` and
        `attempts`. What JSON has no word for is an object with a key such as "$tuple".

        Raises:
            ArgumentError: `path` is no path of a file.
            JournalError: the file cannot be written, or is the journal itself.
        """
        if not _is_path(path):
            raise ArgumentError(f"export takes the path of a file; got {repr_with_type(path)}")
        if self._database.is_at(path):
            raise JournalError(
                f"{repr_with_type(path)} is the journal itself, which an export would destroy. Give another path"
            )
        count = 0
        try:
            with open(path, "w", encoding="utf-8") as file:
                for key in self.experiments:
                    for name, config, position, row in ledgers.Ledger(self._database, owners.Owner(*key)).read_rows():
                        file.write(f"{_format_line(key, name, config, position, row)}\n")
                        count += 1
        except OSError as error:
            if isinstance(error, JournalError):
                raise
            raise JournalError(f"cannot write {repr_with_type(path)}: {error}") from error
        return count


def _format_line(key: Key, name: str, config: str, position: int, row: Row) -> str:
    """A line of JSON, made of the texts that the journal keeps, which need not be decoded for it."""
    ok, _, content, seconds, attempts = row
    head = json.dumps({"experiment": key[0], "version": key[1], "config_id": name})[:-1]
    tail = json.dumps({"index": position, "seconds": seconds, "attempts": attempts})[1:]
    result = f'"{"result" if ok else "error"}": {rows.compact_json(content)}'
    return f'{head}, "config": {rows.compact_json(config)}, "ok": {"true" if ok else "false"}, {result}, {tail}'


def open_read_only(path: str | os.PathLike[str]) -> Database:
    """The database of a journal that is there.

    Raises:
        JournalError: there is none.
    """
    from .database import Database

    file = Path(path)
    if not file.exists():
        raise JournalError(f"there is no journal {short_repr(str(path))}: no such file")
    if file.is_file() and not file.stat().st_size:
        raise JournalError(f"{short_repr(str(path))} is not a journal: the file is empty")
    return Database(file, writable=False)


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
