"""Coverage: rows of symbols, and the tuples that none of them covers, or one alone, kept up to date.

When a symbol joins or leaves a row, its own tuples are counted anew over the rows that have it, all at once; the few
that changed are then changed under their other symbols. Asking what another row would cost is only bit counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from .symbols import list_bits
from .tuples import Tuples


@final
class Coverage:
    """Rows that cover tuples: `rows[n]` are the symbols of a row, `having[s]` the numbers of the rows with a symbol.

    `uncovered` are the tuples that no row covers, as sets of symbols. `steps` counts the work, equally everywhere.
    """

    def __init__(self, tuples: Tuples, rows: Iterable[int]) -> None:
        self._tuples = tuples
        self.rows = list(rows)
        self._keys = [tuples.find_keys(row) for row in self.rows]
        self.having = [0] * len(tuples.with_symbol)
        for number, row in enumerate(self.rows):
            for symbol in list_bits(row):
                self.having[symbol] |= 1 << number
        self.steps = 0
        counted = [self._count_anew(symbol) for symbol in range(len(self.having))]
        self._none = [none for none, _ in counted]  # per symbol, the keys of the tuples that no row covers
        self._once = [once for _, once in counted]  # and of those that exactly one row covers
        self.uncovered: dict[int, None] = {}

    def _count_anew(self, symbol: int) -> tuple[int, int]:
        """The tuples of a symbol that no row, and that one row covers."""
        seen = twice = 0
        self.steps += 3 + self.having[symbol].bit_count()
        for number in list_bits(self.having[symbol]):
            keys = self._keys[number]
            twice |= seen & keys
            seen |= keys
        tuples = self._tuples.with_symbol[symbol]
        return tuples & ~seen, tuples & seen & ~twice

    def change(self, number: int, row: int) -> None:
        """Give a row other symbols: those that leave go first, so that no state between has two of an axis."""
        before = self.rows[number]
        for symbol in list_bits(before & ~row):
            self._keys[number] &= ~self._tuples.inside[symbol]
            self._toggle(number, symbol)
        for symbol in list_bits(row & ~before):
            others = self.rows[number]
            self._toggle(number, symbol)
            self._keys[number] |= self._tuples.find_keys_with(symbol, others)

    def _toggle(self, number: int, symbol: int) -> None:
        """Let a symbol join or leave a row whose keys are those without it."""
        self.rows[number] ^= 1 << symbol
        self.having[symbol] ^= 1 << number
        none, once = self._count_anew(symbol)
        gone, more = none ^ self._none[symbol], once ^ self._once[symbol]
        self._none[symbol], self._once[symbol] = none, once
        self.steps += gone.bit_count() + more.bit_count()
        for key in list_bits(gone):
            whole = self._tuples.keys[key] | 1 << symbol
            if none >> key & 1:
                self.uncovered[whole] = None
            else:
                del self.uncovered[whole]
            self._toggle_others(self._none, key, symbol)
        for key in list_bits(more):
            self._toggle_others(self._once, key, symbol)

    def _toggle_others(self, table: list[int], number: int, symbol: int) -> None:
        """Change a tuple under the symbols of its key, as it has been under this one."""
        key = self._tuples.keys[number]
        for other in list_bits(key):
            table[other] ^= 1 << self._tuples.numbers[key ^ 1 << other | 1 << symbol]

    def drop(self, number: int) -> None:
        """Remove a row; the last one takes its number."""
        last = self.rows[-1]
        self.change(len(self.rows) - 1, 0)
        if number < len(self.rows) - 1:
            self.change(number, last)
        self.rows.pop()
        self._keys.pop()

    def find_least_needed(self) -> int:
        """The number of the row with the fewest tuples that it covers alone; the first of several."""
        return min(range(len(self.rows)), key=self._count_alone)

    def _count_alone(self, number: int) -> int:
        keys = self._keys[number]
        return sum([(self._once[symbol] & keys).bit_count() for symbol in list_bits(self.rows[number])])

    def find_cost(self, number: int, row: int) -> int:
        """How many more tuples nothing would cover if a row had these symbols instead."""
        before, keys, cost = self.rows[number], self._keys[number], 0
        self.steps += 1
        for symbol in list_bits(before & ~row):
            keys &= ~self._tuples.inside[symbol]
            cost += (self._once[symbol] & keys).bit_count()
        others = before & row
        joining = row & ~before
        for symbol in list_bits(joining):
            cost -= (self._none[symbol] & keys).bit_count()
            joining ^= 1 << symbol
            if joining:
                keys |= self._tuples.find_keys_with(symbol, others)
                others |= 1 << symbol
        return cost
