"""The outcomes of one experiment while it runs: which are there, and those that are to be kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar, final

import attrs

from ..configuration.errors import IdentityError, TreeError
from ..configuration.identity import config_id
from ..configuration.messages import repr_with_type
from ..conversion.problems import ABSENT
from ..outcomes.outcomes import ErrorInfo, Failure, Outcome
from .owners import BEGIN_EXPERIMENT, EXPERIMENT_OF_KEY, Key, Owner, claim_key
from .retry_rules import RetryRule
from .rows import (
    Row,
    check_row,
    damaged_error,
    is_encodable,
    read_count,
    read_outcome,
    read_text,
    write_outcome,
)

if TYPE_CHECKING:
    from .database import Database

C = TypeVar("C")

MOST_NAMES: Final = 500
"""How many outcomes one query looks up; SQLite takes at most 999 values in older versions."""


@final
@attrs.define(eq=False, repr=False)
class Ledger:
    """The outcomes of one experiment, found by the configuration's id and that of the other arguments.

    `result_type` is what results are read as. A run over `sweep[first::step]` keeps positions in `sweep`: `stride` is
    these two numbers.
    """

    database: Database
    owner: Owner
    result_type: Any = ABSENT
    retry_rule: RetryRule = attrs.field(factory=lambda: RetryRule(True))
    arguments: tuple[Any, ...] = ()
    stride: tuple[int, int] = (0, 1)
    _key: Key | None = attrs.field(init=False, default=None)
    _has_begun: bool = attrs.field(init=False, default=False)

    @property
    def key(self) -> Key:
        """Where its outcomes stand; the file notes whose they are when the first of them is asked for."""
        if self._key is None:
            self._key = claim_key(self.database, self.owner)
        return self._key

    def find_rows(self, names: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """The rows, not checked yet, under those of at most `MOST_NAMES` names that have one."""
        query = f"{_FIND} ({','.join('?' * len(names))})"
        return {name: tuple(row) for name, *row in self.database.read(query, (*self.key, *names))}

    def read_rows(self) -> Iterator[tuple[str, str, int, Row]]:
        """The names, configurations, positions and rows of all its outcomes, in the order in which they were finished.

        They are read a page at a time: a query that stays open would keep others from writing.
        """
        last = 0
        while page := self.database.read(_PAGE, (*self.key, last)):
            for number, name, config, position, *row in page:
                if type(number) is not int or number <= last:  # or the same page would come for ever
                    raise damaged_error("its rows are not in order")
                last = number
                yield read_text(name, "a config_id"), config, read_count(position, "a position"), check_row(tuple(row))

    def look_up(self, configs: Sequence[C], start: int) -> list[tuple[str, Outcome[C, Any] | None]]:
        """Each configuration's name, and its outcome where that is known: it is replayed, or cannot be named at all."""
        names = [self.try_name(config, index) for index, config in enumerate(configs, start)]
        wanted = [name for name in names if isinstance(name, str)]
        rows: dict[str, tuple[Any, ...]] = {}
        for at in range(0, len(wanted), MOST_NAMES):
            rows |= self.find_rows(wanted[at : at + MOST_NAMES])
        return [
            ("", name) if isinstance(name, Failure) else (name, self._replay(config, index, rows.get(name)))
            for index, (config, name) in enumerate(zip(configs, names, strict=True), start)
        ]

    def _replay(self, config: C, index: int, row: tuple[Any, ...] | None) -> Outcome[C, Any] | None:
        if row is None or (not row[0] and self.retry_rule.is_due(row[2])):
            return None
        return read_outcome(row, config, index, self.result_type)

    def name_config(self, config: Any) -> str:
        """The name of an outcome: the configuration's id, or the id of that and the arguments where there are any."""
        name = config_id(config)
        if not (name.isascii() or is_encodable(name)):  # one of the user's own
            raise IdentityError(f"a config_id of your own is text that a file can hold; got {repr_with_type(name)}")
        return config_id([name, *self.arguments]) if self.arguments else name

    def try_name(self, config: C, index: int) -> str | Failure[C]:
        """`name_config(config)`, or the failure of a configuration that has no identity."""
        try:
            return self.name_config(config)
        except (IdentityError, TreeError) as error:
            what = "a journal finds an outcome by its configuration's (and arguments') identity"
            nameless = IdentityError(f"{what}: {error}")
            nameless.__cause__ = error
            return Failure(config, ErrorInfo.of(nameless), index)

    def forget(self, names: Sequence[str]) -> int:
        """Remove the outcomes under the names; how many there were."""
        return sum(self.database.write_alone([(_FORGET, [(*self.key, name) for name in names])]))

    def keep(self, outcomes: Sequence[tuple[str, Outcome[C, Any]]]) -> list[Outcome[C, Any]]:
        """Commit outcomes under their names, in one transaction, so that they cost one wait for the disk.

        Where a result cannot be written, the failure that says so comes back, and is kept.
        """
        kept, rows = [], []
        first, step = self.stride
        most_bytes = self.database.most_row_bytes if outcomes else 0
        for name, outcome in outcomes:
            config, row, written = write_outcome(outcome, self.result_type, most_bytes - len(name.encode()))
            rows.append((*self.key, name, config, first + step * outcome.index, *row))
            kept.append(written)
        if kept:
            begin = () if self._has_begun else ((BEGIN_EXPERIMENT, [self.key]),)
            self.database.write([*begin, (_KEEP, rows)])
            self._has_begun = True
        return kept


_FIND: Final = (
    f"SELECT config_id, ok, typed, content, seconds, attempts FROM outcomes "  # noqa: S608  # constants
    f"WHERE experiment = {EXPERIMENT_OF_KEY} AND config_id IN"
)
_PAGE: Final = (
    f"SELECT id, config_id, config, position, ok, typed, content, seconds, attempts FROM outcomes "  # noqa: S608  # constants
    f"WHERE experiment = {EXPERIMENT_OF_KEY} AND id > ? ORDER BY id LIMIT 1000"
)
_FORGET: Final = f"DELETE FROM outcomes WHERE experiment = {EXPERIMENT_OF_KEY} AND config_id = ?"  # noqa: S608  # constants
_KEEP: Final = f"""
INSERT INTO outcomes (experiment, config_id, config, position, ok, typed, content, seconds, attempts)
VALUES ({EXPERIMENT_OF_KEY}, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (experiment, config_id) DO UPDATE SET
  config = excluded.config, position = excluded.position, ok = excluded.ok, typed = excluded.typed,
  content = excluded.content, seconds = excluded.seconds, attempts = excluded.attempts
WHERE NOT outcomes.ok
"""  # noqa: S608  # constants
"""A success that was kept once stays as it is, whatever comes after it."""
