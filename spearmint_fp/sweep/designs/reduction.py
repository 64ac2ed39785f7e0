"""Fewer rows: one is dropped, and the others are changed until they cover its tuples too, as often as that succeeds.

A random tuple that no row covers is put into the row where that costs least, which may uncover others. A value that has
just been put in stays for a while, so that the search does not turn in circles: a tabu search. It ends when no fewer
rows are possible, or after a number of steps: after a number of seconds, every machine would give other rows.

Source: Nurmela, "Upper bounds for covering arrays by tabu search" (2004).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, final

import attrs

from .completion import Chosen
from .coverage import Coverage
from .draws import Draws
from .symbols import list_bits
from .tuples import Tuples

MOST_STEPS: Final = 1_500_000
"""After so many steps no fewer rows are sought: a second or two."""

STEPS_PER_TUPLE: Final = 1_000
"""How many steps the rows of a small sweep are worth, for each of its tuples."""

MOST_TRIED: Final = 5
"""How many values that bring the same symbol are tried in a row."""

LONGEST_STAY: Final = 10
"""For how many changes at most a value that was put in stays."""

JOLT_PERIOD: Final = 50
"""Every how many changes, on the average, a tuple is put into a row at random, which leads out of wide circles."""

FORCED_ROWS: Final = 3
"""In how many rows a tuple is tried that no change of one value puts in."""


@final
@attrs.frozen(eq=False, repr=False)
class _Change:
    """A row with other values, the symbols that it has then, and how many more tuples are uncovered by that."""

    number: int
    chosen: Chosen
    symbols: int
    cost: int


def reduce_rows(rows: Sequence[Chosen], tuples: Tuples, draws: Draws) -> Sequence[Chosen]:
    """Configurations that cover all tuples, as few as are found, given some that do."""
    least = tuples.count_least_rows()
    if len(rows) <= least:
        return rows
    reduction = _Reduction(rows, tuples, draws)
    while len(rows) > least and reduction.drop_row():
        rows = list(reduction.rows)
    return rows


@final
class _Reduction:
    """The rows at work. None of them is changed in place: those that covered everything are kept elsewhere."""

    def __init__(self, rows: Sequence[Chosen], tuples: Tuples, draws: Draws) -> None:
        self.rows = list(rows)
        self._tuples, self._draws = tuples, draws
        self._symbols, self._completion = tuples.symbols, tuples.completion
        self._coverage = Coverage(tuples, map(self._symbols.join_symbols, rows))
        self._last_step = min(MOST_STEPS, STEPS_PER_TUPLE * tuples.size)
        self._changes = 0
        self._stays: dict[tuple[int, int], int] = {}  # per row and digit, until which change the value stays

    def drop_row(self) -> bool:
        """Have one row less; false if the steps are used up before the others cover everything."""
        number = self._coverage.find_least_needed()
        self._coverage.drop(number)
        self.rows[number] = self.rows[-1]
        self.rows.pop()
        self._stays.clear()
        while self._coverage.uncovered and self._coverage.steps < self._last_step:
            self._cover(self._draws.draw(list(self._coverage.uncovered)))
        return not self._coverage.uncovered

    def _cover(self, wanted: int) -> None:
        """Put a tuple into a row."""
        near = self._find_near(wanted)
        if self._draws.draw_number(JOLT_PERIOD) == 0:
            change = self._force(wanted, range(len(self.rows)))
        else:
            change = self._find_change(wanted, near) or self._force(wanted, [number for number, _ in near])
        for digit, k in change.chosen.items():
            if self.rows[change.number].get(digit) != k:
                stay = 1 + self._draws.draw_number(LONGEST_STAY)
                self._stays[change.number, digit] = self._changes + stay
        self._changes += 1
        self.rows[change.number] = change.chosen
        self._coverage.change(change.number, change.symbols)

    def _find_near(self, wanted: int) -> list[tuple[int, int]]:
        """The rows that lack one symbol of a tuple, with that symbol."""
        near = []
        for symbol in list_bits(wanted & ~self._symbols.constant):
            numbers = (1 << len(self.rows)) - 1 & ~self._coverage.having[symbol]
            for other in list_bits(wanted ^ 1 << symbol):
                numbers &= self._coverage.having[other]
            near += [(number, symbol) for number in list_bits(numbers)]
        return near

    def _find_change(self, wanted: int, near: Sequence[tuple[int, int]]) -> _Change | None:
        """The change of one value that costs least; a random one of several, None if all are out of the question."""
        best, least = list[tuple[int, int, int, int]](), 1 << 62
        for number, digit, k in self._list_changes(near):
            row = self.rows[number]
            brings = self._symbols.brings[digit]
            symbols = self._coverage.rows[number] & ~brings[row[digit]] | brings[k]
            if wanted & ~symbols:  # the digit had brought another symbol of the tuple
                continue
            cost = self._coverage.find_cost(number, symbols)
            if cost <= least and self._completion.can_change(row, digit, k):
                if cost < least:
                    best, least = [], cost
                best.append((number, digit, k, symbols))
        if not best:
            return None
        number, digit, k, symbols = self._draws.draw(best)
        return _Change(number, {**self.rows[number], digit: k}, symbols, least)

    def _list_changes(self, near: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
        """The changes that put a symbol into a row that lacks it: the row, the digit and its value."""
        for number, symbol in near:
            for carrier in self._symbols.carriers[symbol]:
                *_, (digit, ways) = carrier.items()
                if digit in self.rows[number] and self._stays.get((number, digit), 0) <= self._changes:
                    for k in self._draws.draw_some(ways, MOST_TRIED):
                        yield number, digit, k

    def _force(self, wanted: int, near: Sequence[int]) -> _Change:
        """The cheapest of some rows with a tuple put in, and as much of the row kept as goes with it."""
        tried = self._draws.draw_some(near, FORCED_ROWS) or self._draws.draw_some(range(len(self.rows)), FORCED_ROWS)
        changes = []
        for number in tried:
            chosen = self._complete_row(wanted, self.rows[number])
            symbols = self._symbols.join_symbols(chosen)
            changes.append(_Change(number, chosen, symbols, self._coverage.find_cost(number, symbols)))
        return min(changes, key=lambda change: change.cost)

    def _complete_row(self, wanted: int, row: Chosen) -> Chosen:
        def pick(digit: int, ways: Sequence[int]) -> int:
            self._coverage.steps += 1
            return row[digit] if row.get(digit) in ways else self._draws.draw(ways)

        return self._completion.complete(wanted, pick, self._completion.parts)
