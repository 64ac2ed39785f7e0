"""Tuples: which symbols occur together in some configuration. All are found before anything is chosen.

A tuple of `t` symbols is one of them and a key, the other `t - 1`. With keys numbered, the tuples that a symbol is in
are an int with a bit for each key, and so are the keys inside a configuration. So the tuples of any strength are
counted as pairs are: how many of them a symbol adds to a configuration is one bit count.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import comb
from typing import Final, final

from ...configuration.errors import SizeError
from ...configuration.messages import format_count
from .completion import Completion
from .symbols import Symbols, join_sets, list_bits

MOST_PAIRS: Final = 3_000_000
"""How many pairs are combined at most."""

MOST_TUPLES: Final = 300_000
"""How many tuples of three and more symbols are combined at most."""

MOST_COMPARED: Final = 30
"""Of how many axes, the longest ones, tuples are counted to see how few rows are possible."""


def list_subsets(symbols: int, size: int) -> list[int]:
    """The subsets of so many symbols, in order."""
    if size <= 0:
        return [0] if size == 0 else []
    singles = [1 << symbol for symbol in list_bits(symbols)]
    return singles if size == 1 else list(map(sum, combinations(singles, size)))


@final
class Tuples:
    """All tuples of a strength that occur. `with_symbol[s]` are the numbers of the tuples' keys, for each symbol.

    `inside[s]` are the keys that have the symbol themselves.
    """

    def __init__(self, completion: Completion) -> None:
        self.completion, self.symbols = completion, completion.symbols
        symbols = self.symbols
        self.strength = symbols.strength
        self._partners = partners = _find_partners(completion)
        self.keys = list(partners)
        self.numbers = {key: number for number, key in enumerate(self.keys)}
        self.size = sum(map(int.bit_count, partners.values())) // self.strength
        self.with_symbol = _gather_bits(partners.values(), symbols.count)
        self.inside = _gather_bits(self.keys, symbols.count)

    def find_keys(self, symbols: int) -> int:
        """The keys inside a set of symbols."""
        if self.strength == 2:
            return symbols  # each key is a symbol, and they are numbered alike
        numbers = [self.numbers.get(key) for key in list_subsets(symbols, self.strength - 1)]
        return join_sets([1 << number for number in numbers if number is not None])

    def find_keys_with(self, symbol: int, others: int) -> int:
        """The keys of a symbol and of others."""
        single = 1 << symbol
        numbers = [self.numbers.get(rest | single) for rest in list_subsets(others, self.strength - 2)]
        return join_sets([1 << number for number in numbers if number is not None])

    def count_least_rows(self) -> int:
        """How many rows there must be: as many as there are tuples on some axes, as no row covers two of these."""
        longest = sorted(self.symbols.columns, key=int.bit_count, reverse=True)[:MOST_COMPARED]
        homes = {symbol: number for number, column in enumerate(longest) for symbol in list_bits(column)}
        counts: dict[frozenset[int], int] = {}
        for key, partners in self._partners.items():
            axes = frozenset([homes.get(symbol, -1) for symbol in list_bits(key)])
            if -1 not in axes:
                for number, column in enumerate(longest):
                    if partners & column:
                        on = axes | {number}
                        counts[on] = counts.get(on, 0) + (partners & column).bit_count()
        return max(counts.values(), default=0) // self.strength


def _find_partners(completion: Completion) -> dict[int, int]:
    """Per key the symbols that occur beside it: every tuple is there under each of its keys.

    Keys grow by one symbol at a time. Each tuple is begun by so many shorter ones, so too many of these are enough to
    refuse it all.
    """
    symbols = completion.symbols
    strength = symbols.strength
    limit = MOST_PAIRS if strength < 3 else MOST_TUPLES
    partners = {0: (1 << symbols.count) - 1 if strength > 1 else completion.find_partners(0)}
    for length in range(2, strength + 1):
        longer: dict[int, int] = {}
        found = 0
        for key, beside in partners.items():
            above = beside >> key.bit_length() << key.bit_length()
            for symbol in list_bits(above):
                longer[key | 1 << symbol] = completion.find_partners(key | 1 << symbol)
                found += longer[key | 1 << symbol].bit_count()
                if found > limit * comb(strength, length) * length:
                    raise _make_refusal(symbols, limit)
        partners = longer
    return partners


def _make_refusal(symbols: Symbols, limit: int) -> SizeError:
    combined = f"combinations of {symbols.strength} values"
    fewer = f", or combine fewer: covering({symbols.strength - 1}, ...)" if symbols.strength > 1 else ""
    return SizeError(
        f"more than {format_count(limit)} {combined} occur in this sweep: {symbols.count} values on "
        f"{len(symbols.columns)} axes. Take fewer values of the long axes{fewer}"
    )


def _gather_bits(sets: Iterable[int], count: int) -> list[int]:
    """Per symbol, the numbers of the sets that have it, as an int with a bit for each."""
    members: list[list[int]] = [[] for _ in range(count)]
    for number, symbols in enumerate(sets):
        for symbol in list_bits(symbols):
            members[symbol].append(number)
    return [_join_numbers(numbers) for numbers in members]


def _join_numbers(numbers: list[int]) -> int:
    bits = bytearray((numbers[-1] >> 3) + 1 if numbers else 0)
    for number in numbers:
        bits[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(bits, "little")
