"""Rows that cover every tuple, found in one go. How few they are hardly matters: `reduction` makes them fewer.

A row begins with a tuple that nothing covers yet. Then each digit takes the value that adds most of those left.

Source: Cohen, Dalal, Fredman and Patton, "The AETG system" (1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .completion import Chosen
from .draws import Draws
from .symbols import list_bits
from .tuples import Tuples

MOST_TRIED: Final = 50
"""How many values of a digit are tried."""


def find_rows(tuples: Tuples, draws: Draws) -> list[Chosen]:
    """Configurations that cover all tuples; each covers one at least that those before it do not."""
    left = list(tuples.with_symbol)
    rows = []
    for symbol in range(len(left)):
        while left[symbol]:
            key = tuples.keys[(left[symbol] & -left[symbol]).bit_length() - 1]
            rows.append(_find_row(key | 1 << symbol, left, tuples, draws))
            row = tuples.symbols.join_symbols(rows[-1])
            keys = tuples.find_keys(row)
            for covering in list_bits(row):
                left[covering] &= ~keys
    return rows


def _find_row(wanted: int, left: Sequence[int], tuples: Tuples, draws: Draws) -> Chosen:
    """A configuration with the wanted symbols that covers many of the tuples that are left."""
    row = wanted | tuples.symbols.constant
    keys = tuples.find_keys(row)

    def pick(digit: int, ways: Sequence[int]) -> int:
        nonlocal row, keys
        brings = tuples.symbols.brings[digit]
        best, most = list[int](), -1
        for k in draws.draw_some(ways, MOST_TRIED):
            gain = sum([(left[symbol] & keys).bit_count() for symbol in list_bits(brings[k] & ~row)])
            if gain > most:
                best, most = [], gain
            if gain == most:
                best.append(k)
        k = draws.draw(best)
        for symbol in list_bits(brings[k] & ~row):
            keys |= tuples.find_keys_with(symbol, row)
            row |= 1 << symbol
        return k

    return tuples.completion.complete(wanted, pick, draws.order(tuples.completion.parts))
