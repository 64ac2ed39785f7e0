"""A journal for its readers: the experiments that are asked for, their outcomes, and how many there are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, Final, final

import attrs

from ..configuration.errors import AbsentError, ArgumentError, JournalError
from ..configuration.messages import escape_controls, format_count, short_repr, suggest_names
from ..journal.journal import Journal
from ..journal.owners import Key
from ..outcomes.cells import ABSENT
from ..outcomes.collecting import holds_nan
from ..outcomes.outcomes import Outcome
from ..outcomes.rows import Column, make_columns
from ..sweep.core import Sweep

Entry = tuple[Key, Outcome[Any, Any]]

MOST_LOOKED_UP: Final = 1_000_000
"""Up to this size of a sweep, each of its configurations is looked up to say how many are left."""


@final
@attrs.frozen
class Order:
    """The order of a column of the table of outcomes, and how many of the first are kept."""

    column: str
    lowest: bool
    most: int | None

    def choose_rows(self, columns: Sequence[Column]) -> list[int]:
        """The numbers of the rows, the highest or the lowest first; those without a value are last, or not kept.

        Raises:
            ArgumentError: there is no such column, or its values have no order; names those that there are.
        """
        found = {column.name: column.values for column in columns}
        if not found["index"]:
            return []
        if self.column not in found:
            raise ArgumentError(f"there is no column {self.column!r}{suggest_names(self.column, found)}")
        values = found[self.column]
        without = [row for row, value in enumerate(values) if value is ABSENT or value is None or holds_nan(value)]
        rows = sorted({*range(len(values))}.difference(without))
        try:
            rows.sort(key=values.__getitem__, reverse=not self.lowest)
        except TypeError as error:
            raise ArgumentError(f"the values of {self.column!r} have no order: {error}") from None
        return [*rows, *without] if self.most is None else rows[: self.most]


@final
class JournalView:
    """The keys and outcomes of one experiment or of all, in one version or in all, as they are read.

    With a sweep only those of its configurations, each at its position there. Reading makes no file.

    Raises:
        JournalError: no such file, no journal, or nothing in it by that name and version.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None,
        version: str | None,
        sweep: Sweep[Any] | None,
        order: Order | None = None,
    ) -> None:
        self.path, self.sweep, self.order = path, sweep, order
        with self._open("") as journal:
            there = journal.experiments
        self.keys = [key for key in there if name in (None, key[0]) and version in (None, key[1])]
        self._counts = {key: [0, 0] for key in self.keys}
        if not self.keys and (name is not None or version is not None):
            asked = [f"experiment {name!r}"] * (name is not None) + [f"version {version!r}"] * (version is not None)
            raise JournalError(f"{short_repr(path)} has no {' in '.join(asked)}; there is: {format_keys(there)}")

    def _open(self, version: str) -> Journal:
        return Journal._open_read_only(self.path, version)

    def __iter__(self) -> Iterator[tuple[Key, Outcome[Any, Any]]]:
        for key in self.keys:
            with self._open(key[1]) as journal:
                for outcome in journal.outcomes(key[0]):
                    placed = self._locate(outcome)
                    if placed is not None:
                        self._counts[key][not placed.ok] += 1
                        yield key, placed

    def _locate(self, outcome: Outcome[Any, Any]) -> Outcome[Any, Any] | None:
        """The outcome at its position in the sweep, where there is one; None where the sweep does not have it."""
        if self.sweep is None:
            return outcome
        try:
            return attrs.evolve(outcome, index=self.sweep.index(outcome.config))
        except AbsentError:
            return None

    def list_sorted(self) -> list[Entry]:
        """All of them, in the order of experiments and positions; or those that the order keeps, in that order."""
        return self._sort_all() if self.order is None else self.read_table()[0]

    def _sort_all(self) -> list[Entry]:
        return sorted(self, key=lambda one: (self.keys.index(one[0]), one[1].index))

    def read_table(self) -> tuple[list[Entry], list[Column]]:
        """The outcomes of `list_sorted`, and their columns, which are those of all outcomes."""
        entries = self._sort_all()
        columns = [*make_columns([one for _, one in entries], sweep=self.sweep)]
        if self.order is None:
            return entries, columns
        rows = self.order.choose_rows(columns)
        kept = [attrs.evolve(column, values=tuple([column.values[row] for row in rows])) for column in columns]
        return [entries[row] for row in rows], kept

    def describe_counts(self) -> list[str]:
        """A line for each experiment: how many of those that were read are done, have failed, and are left."""
        return [self._describe_count(key) for key in self.keys] or [f"{short_repr(self.path)} holds no outcomes yet"]

    def _describe_count(self, key: Key) -> str:
        done, failed = self._counts[key]
        of, left = "", ""
        if self.sweep is not None:
            of = f" of {format_count(self.sweep.size)}"
            if self.sweep.size <= MOST_LOOKED_UP:
                with self._open(key[1]) as journal:
                    status = journal.status(self.sweep, key[0])
                done, failed, left = status.done, status.failed, f", {status.left} left"
        return f"{format_keys([key])}: {done}{of} done, {failed} failed{left}"


def format_keys(keys: list[Key] | tuple[Key, ...]) -> str:
    """Experiments and their versions for a message.

    >>> format_keys([("train.score", ""), ("train.score", "2")])
    'train.score, train.score version 2'
    """
    return (
        ", ".join(escape_controls(f"{name} version {version}" if version else name) for name, version in keys)
        or "nothing"
    )
