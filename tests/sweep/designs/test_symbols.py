"""Symbols: equal values at an axis are one, and every configuration is told by its own."""

from __future__ import annotations

from typing import Any

import pytest

from spearmint_fp import DynamicValue, SizeError, Sweep, expand, mapped, zipped
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep.designs import symbols as module
from spearmint_fp.sweep.designs.symbols import Symbols, list_bits
from spearmint_fp.sweep.nodes.columns import flatten_point

from .spaces import make_sweep, read_symbols

TIED = zipped(expand({"x": DynamicValue([1, 2, 1.0])}), expand({"y": DynamicValue(["a", "a", "b"])}))
SWEEPS: dict[str, Sweep[Any]] = {
    "constrained": make_sweep(),
    "zip": TIED * expand({"z": DynamicValue([1, 1, 2])}),
    "mapped": expand({"m": mapped(lambda c: c | {"w": c.x * 2}, TIED), "z": DynamicValue([0, 1])}),
    "lists": expand({"l": [DynamicValue([1, 2]), 3], "o": DynamicValue([{}, {"p": DynamicValue([1, 2])}])}),
    "branches": expand({"b": DynamicValue([{"k": DynamicValue([1, 2])}, 5, {"k": 1, "j": DynamicValue([1, 2])}])}),
    "one": expand({"a": 1}),
}


def read_rows(symbols: Symbols, sweep: Sweep[Any]) -> list[int]:
    """The symbols of each configuration, by its position."""
    assert symbols.automaton.size == sweep.size
    digits, rows = symbols.automaton.digits, []
    for rank in range(sweep.size):
        row = symbols.constant
        for digit, value in digits.split_position(symbols.automaton.find_position(rank)):
            if digit.number in symbols.brings:
                values = symbols.values[digit.number]
                row |= symbols.brings[digit.number][values.index(value)] if value in values else -1
        rows.append(row)  # -1 for one that is like an earlier one
    return rows


@pytest.mark.parametrize("kind", SWEEPS)
@pytest.mark.parametrize("strength", [1, 2, 3])
def test_symbols_are_values_by_axis(kind: str, strength: int) -> None:
    sweep = SWEEPS[kind]
    symbols = read_symbols(strength, sweep)
    read = [(row, config) for row, config in zip(read_rows(symbols, sweep), sweep, strict=True) if row >= 0]
    flat = [{path: exact_key(value) for path, value in flatten_point(config).items()} for _, config in read]
    for column in symbols.columns:
        assert all((row & column).bit_count() <= 1 for row, _ in read), "a configuration has one value at an axis"
    assert all(row.bit_count() >= symbols.strength for row, _ in read)
    assert {symbol for row, _ in read for symbol in list_bits(row)} == set(range(symbols.count))
    for (one, _), its in zip(read, flat, strict=True):
        for (other, _), others in zip(read, flat, strict=True):
            assert (one == other) == (its == others), "different configurations differ in a symbol"
    kept = {frozenset(its.items()) for its in flat}
    every = {frozenset((p, exact_key(v)) for p, v in flatten_point(config).items()) for config in sweep}
    assert kept == every, "what was left out is like another one"


@pytest.mark.parametrize("kind", SWEEPS)
def test_carriers_are_the_ways_to_have_a_symbol(kind: str) -> None:
    symbols = read_symbols(2, SWEEPS[kind])
    for symbol, ways in enumerate(symbols.carriers):
        bringing = {
            (number, k) for number, sets in symbols.brings.items() for k, some in enumerate(sets) if some >> symbol & 1
        }
        assert {(number, k) for way in ways for number in [[*way][-1]] for k in way[number]} == bringing
        assert bringing or symbols.constant >> symbol & 1


def test_too_many_values_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SYMBOLS", 4)
    with pytest.raises(SizeError, match="more than 4: 3 of them at a"):
        read_symbols(1, expand({"a": DynamicValue([1, 2, 3]), "b": DynamicValue([1, 2])}))
