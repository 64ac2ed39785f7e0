"""Counted automata: the allowed configurations of a sweep, numbered in the author's order.

An automaton is the conjunction of constraints with a count at each node: how many ways lead on. A position is found
from its rank, and its rank from a position, by one division and one search per digit: the groups that a digit leaves
are open side by side, and the product of their counts is what the digits to come can still say.

Source: rank and unrank by counts, after FEAT (Duregard, Jansson, Wang, "Feat: functional enumeration of algebraic
types", 2012).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from math import prod
from typing import Any, final

import attrs

from .conjunction import Conjunction
from .diagrams import FALSE, TRUE, Row, pack_row, unpack_row
from .digits import Digits
from .nodes.reordered import Place

Values = Mapping[Place, Sequence[int]]


@final
@attrs.frozen(repr=False)
class AutomatonData:
    """An automaton as plain values, small and equal where the automata are: what is pickled.

    A node is (index of its digit in `places`, or -1 for a product; its row, or None). Nodes are numbered from 2,
    children before their parents.
    """

    places: tuple[Place, ...]
    values: tuple[Sequence[int] | None, ...]  # per digit the values that are left; None where nothing constrains it
    nodes: tuple[tuple[int, Row | None], ...]
    root: int

    def __reduce__(self) -> tuple[Any, ...]:
        packed = [(digit, pack_row(row or ())) for digit, row in self.nodes]
        return _unpack_data, (self.places, self.values, packed, self.root)


def _unpack_data(places: tuple[Place, ...], values: Any, packed: Sequence[tuple[int, Any]], root: int) -> AutomatonData:
    return AutomatonData(places, values, tuple([(digit, unpack_row(row) or None) for digit, row in packed]), root)


def dump_automaton(made: Conjunction, digits: Digits, values: Mapping[int, Sequence[int]]) -> AutomatonData:
    """The reached part of a conjunction."""
    order = _list_reached(made)
    numbers = {FALSE: FALSE, TRUE: TRUE, **{node: number for number, node in enumerate(order, 2)}}
    used = sorted({made.axes[node] for node in order if made.axes[node] >= 0})
    index = {digit: k for k, digit in enumerate(used)}
    nodes = []
    for node in order:
        row = made.rows[node]
        cells = None if row is None else tuple([numbers[cell] for cell in row])
        nodes.append((index.get(made.axes[node], -1), cells))
    return AutomatonData(
        tuple([digits.all[digit].place for digit in used]),
        tuple([values.get(digit) for digit in used]),
        tuple(nodes),
        numbers[made.root],
    )


def _list_reached(made: Conjunction) -> list[int]:
    """The nodes below the root, children first, in an order that equal conjunctions share."""
    order: dict[int, None] = {}
    stack = [(made.root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order[node] = None
        elif node > TRUE and node not in order:
            stack.append((node, True))
            stack += [
                (cell, False) for cell in dict.fromkeys(made.rows[node] or ()) if cell > TRUE and cell not in order
            ]
    return list(order)


@final
class Automaton:
    """The allowed positions of a sweep, with their exact number, both ways."""

    def __init__(self, data: AutomatonData, digits: Digits) -> None:
        self.data, self.digits = data, digits
        numbers = [digits.places[place] for place in data.places]
        self.axes = [-1, -1, *[numbers[k] if k >= 0 else -1 for k, _ in data.nodes]]
        self.rows: list[Row | None] = [(), (), *[row for _, row in data.nodes]]
        self.root = data.root
        self.values: dict[int, Sequence[int]] = {}
        for number, kept in zip(numbers, data.values, strict=True):
            self.values[number] = range(digits.all[number].size) if kept is None else kept
        self.offsets = {
            number: [digits.all[number].offsets[value] for value in kept]
            for (number, kept), free in zip(self.values.items(), data.values, strict=True)
            if free is not None
        }
        self.counts = [0, 1]
        for axis, row in zip(self.axes[2:], self.rows[2:], strict=True):
            if row is None:
                self.counts.append(digits.all[axis].size)
            else:
                self.counts.append((sum if axis >= 0 else prod)(map(self.counts.__getitem__, row)))
        self.size = self.counts[self.root]
        self._sums: dict[int, Sequence[int]] = {}

    def list_choices(self, node: int) -> tuple[int, ...]:
        """The choices that stand side by side at a node."""
        if node <= TRUE:
            return ()
        row = self.rows[node]
        return (node,) if self.axes[node] >= 0 or row is None else row

    def sum_counts(self, node: int) -> Sequence[int]:
        """Of a choice, how many ways lead on before each value, and in all."""
        if node not in self._sums:
            below = [self.counts[cell] for cell in self.rows[node] or ()]
            self._sums[node] = list(accumulate(below, initial=0))
        return self._sums[node]

    def find_position(self, rank: int) -> int:
        """The position of the allowed configuration at `rank`.

        Raises:
            IndexError: there is none.
        """
        if not 0 <= rank < self.size:
            raise IndexError(rank)
        position, rest = 0, self.size
        opened = {self.axes[node]: node for node in self.list_choices(self.root)}
        pending = list(reversed(self.digits.items))
        while pending:
            digit = pending.pop()
            node = opened.pop(digit.number)
            row = self.rows[node]
            # `rest` becomes the ways of the other open nodes: this digit turns more slowly than all that they count
            rest //= self.counts[node]
            here, rank = divmod(rank, rest)
            if row is None:
                position += here * digit.stride
                continue
            sums = self.sum_counts(node)
            k = bisect_right(sums, here) - 1
            # the rank among the ways below this value, those of the other open nodes multiplied in
            rank += (here - sums[k]) * rest
            rest *= sums[k + 1] - sums[k]
            position += self.offsets[digit.number][k]
            for child in self.list_choices(row[k]):
                opened[self.axes[child]] = child
            if digit.branches is not None:
                pending += reversed(digit.branches[self.values[digit.number][k]])
        return position

    def find_rank(self, position: int) -> tuple[int, bool]:
        """How many allowed positions come before one, and whether it is allowed itself."""
        if position >= self.digits.size or not self.size:
            return self.size, False
        before, rest = 0, self.size
        opened = {self.axes[node]: node for node in self.list_choices(self.root)}
        for digit, value in self.digits.split_position(position):
            node = opened.pop(digit.number)
            row = self.rows[node]
            rest //= self.counts[node]  # the ways of the other open nodes, as in `find_position`
            if row is None:
                before += value * rest
                continue
            sums, values = self.sum_counts(node), self.values[digit.number]
            k = bisect_left(values, value)
            before += sums[k] * rest
            if k == len(values) or values[k] != value or not row[k]:
                return before, False
            rest *= sums[k + 1] - sums[k]
            for child in self.list_choices(row[k]):
                opened[self.axes[child]] = child
        return before, True

    @cached_property
    def values_left(self) -> Values:
        """Per place of a constrained digit, the values that some allowed configuration has."""
        found: dict[int, set[int]] = {}
        for axis, row in zip(self.axes, self.rows, strict=True):
            if axis >= 0 and row is not None:
                found.setdefault(axis, set()).update([k for k, cell in enumerate(row) if cell])
        return {
            self.digits.all[number].place: [self.values[number][k] for k in sorted(kept)]
            for number, kept in found.items()
        }
