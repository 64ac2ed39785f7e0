"""Small constrained sweeps whose configurations are few enough to be listed, read as symbols."""

from __future__ import annotations

from typing import Any

from spearmint_fp import Config, DynamicValue, Sweep, constrain, expand
from spearmint_fp.sweep.designs.completion import Completion
from spearmint_fp.sweep.designs.symbols import Symbols
from spearmint_fp.sweep.designs.tuples import Tuples


def make_sweep() -> Sweep[Config]:
    """Branches, an axis that one of them lacks, repeated values, and constraints that tie all of it."""
    tree = {
        "kind": DynamicValue([{"name": "x", "depth": DynamicValue([1, 2, 3])}, {"name": "y"}]),
        "a": DynamicValue([0, 1, 2]),
        "b": DynamicValue([0, 1, 1, 2]),
        "c": DynamicValue([0, 1]),
    }
    sweep = constrain(lambda a, b: a != b, expand(tree), on=("a", "b"))
    sweep = constrain(lambda name, c: (name, c) != ("y", 1), sweep, on=("kind.name", "c"))
    return constrain(lambda depth, a: depth != a, sweep, on=("kind.depth", "a"))


def read_symbols(strength: int, sweep: Sweep[Any] | None = None) -> Symbols:
    node = (make_sweep() if sweep is None else sweep)._node
    return Symbols(node, [path for path, column in node.columns().items() if column.swept], strength)


def read_tuples(strength: int, sweep: Sweep[Any] | None = None) -> Tuples:
    return Tuples(Completion(read_symbols(strength, sweep)))


def list_rows(symbols: Symbols) -> set[int]:
    """The symbols of every allowed configuration, by its digits."""
    digits = symbols.automaton.digits
    rows = set()
    for rank in range(symbols.automaton.size):
        position = symbols.automaton.find_position(rank)
        row = symbols.constant
        for digit, value in digits.split_position(position):
            if value in symbols.values[digit.number]:
                row |= symbols.brings[digit.number][symbols.values[digit.number].index(value)]
        rows.add(row)
    return rows
