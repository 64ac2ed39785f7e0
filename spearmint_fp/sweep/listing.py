"""Listing what an automaton allows: in blocks, with shared suffixes, without finding a rank for each configuration.

A configuration is a row of values, one per part of the record that was constrained. From where few ways lead on, the
ends of the rows are kept and joined in C to what comes before them; a kept end serves every beginning that leads there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from math import prod
from typing import Any, Final, final

import attrs

from .automata import Automaton
from .digits import Digit
from .nodes.node import Node

TAIL_ROWS: Final = 128
"""How many ends of rows are kept per state: larger blocks were slower, as the garbage collector goes through them."""

TAIL_PARTS: Final = 24
"""How long a kept end may be: each part of it is copied once per part before it."""

KEPT_ENTRIES: Final = 1 << 16
"""How many ends and steps are kept in all before the lister begins to keep anew."""

KEPT_POINTS: Final = TAIL_ROWS * TAIL_PARTS
"""How many points of parts are kept before the lister begins to keep anew."""

BLOCK_ROWS: Final = 128
"""How many rows are handed out together, after a few smaller blocks, so that the first comes soon."""

State = tuple[int, ...]
"""The nodes that are open side by side, by digit."""

Row = tuple[Any, ...]


@final
@attrs.frozen(eq=False, repr=False)
class _Steps:
    """Where a part with one digit leads from a state: per value the row entry, the next state, the rows before it."""

    entries: Sequence[Row]
    states: Sequence[State]
    sums: Sequence[int]


@final
class RowLister:
    """The allowed rows of a record, in order; `make_entry(part, offset)` is the entry of a part at a position in it."""

    def __init__(self, automaton: Automaton, parts: int, make_entry: Callable[[int, int], Any]) -> None:
        self._automaton, self._make_entry = automaton, make_entry
        self._items: list[tuple[Digit, ...]] = [()] * parts
        for digit in automaton.digits.items:
            self._items[digit.place[0]] += (digit,)
        self._start = self._sort_state(automaton.list_choices(automaton.root))
        self._steps: dict[tuple[int, State], _Steps] = {}
        self._tails: dict[tuple[int, State], list[Row]] = {}
        self._kept = 0

    def find_row(self, rank: int) -> Row:
        """The row at a rank."""
        row: Row = ()
        state = self._start
        for part in range(len(self._items)):
            entry, state, rank = next(self._walk_part(part, state, rank))
            row += entry
        return row

    def walk_blocks(self, start: int, stop: int, head: Row = ()) -> Iterator[list[Row]]:
        """The rows at `start` to `stop`, in lists, each with `head` before it."""
        if start >= stop:
            return
        left, size, block = stop - start, 4, list[Row]()
        stack: list[tuple[Row, Iterator[tuple[Row, State, int]]]] = [(head, self._walk_part(0, self._start, start))]
        while stack:
            prefix, steps = stack[-1]
            part = len(stack)
            for entry, state, skipped in steps:
                row = prefix + entry
                tails = self._find_tails(part, state)
                if tails is None:
                    stack.append((row, self._walk_part(part, state, skipped)))
                    break
                block += map(row.__add__, tails[skipped:] if skipped else tails)
                if len(block) >= size:
                    if len(block) >= left:
                        yield block[:left]
                        return
                    left -= len(block)
                    yield block
                    block, size = [], min(4 * size, BLOCK_ROWS)
            else:
                stack.pop()
        if block:
            yield block[:left]

    def _find_tails(self, part: int, state: State) -> list[Row] | None:
        """The ends of the rows from a part on, where they are few and short enough to be kept."""
        parts = len(self._items)
        if part == parts:
            return [()]
        if parts - part > TAIL_PARTS:
            return None
        tails = self._tails.get((part, state))
        if tails is None and self._count_ways(state) <= TAIL_ROWS:
            tails = []
            for entry, below, _ in self._walk_part(part, state, 0):
                tails += map(entry.__add__, self._find_tails(part + 1, below) or ())
            self._make_room(len(tails))
            self._tails[part, state] = tails
        return tails

    def _make_room(self, entries: int) -> None:
        self._kept += entries
        if self._kept > KEPT_ENTRIES:
            self._kept = entries
            self._tails, self._steps = {}, {}

    def _count_ways(self, state: State) -> int:
        counts = self._automaton.counts
        return prod([counts[node] for node in state])

    def _sort_state(self, nodes: Sequence[int]) -> State:
        return tuple(sorted(nodes, key=self._automaton.axes.__getitem__))

    def _walk_part(self, part: int, state: State, rank: int) -> Iterator[tuple[Row, State, int]]:
        """The entries of a part from the one on in which `rank` lies, the state after each, and the rank left in it."""
        items = self._items[part]
        if len(items) == 1 and items[0].branches is None and self._automaton.rows[state[0]] is not None:
            steps = self._find_steps(part, items[0], state)
            first = bisect_right(steps.sums, rank) - 1
            yield steps.entries[first], steps.states[first], rank - steps.sums[first]
            for k in range(first + 1, len(steps.entries)):
                yield steps.entries[k], steps.states[k], 0
            return
        stack = [self._walk_digit(items, state, 0, rank)]
        while stack:
            for offset, below, pending, left in stack[-1]:
                if pending:
                    stack.append(self._walk_digit(pending, below, offset, left))
                    break
                yield (self._make_entry(part, offset),), below, left
            else:
                stack.pop()

    def _find_steps(self, part: int, digit: Digit, state: State) -> _Steps:
        steps = self._steps.get((part, state))
        if steps is None:
            found = list(self._walk_digit((digit,), state, 0, 0))
            entries = [(self._make_entry(part, offset),) for offset, _, _, _ in found]
            states = [below for _, below, _, _ in found]
            sums = [0]
            for below in states:
                sums.append(sums[-1] + self._count_ways(below))
            steps = _Steps(entries, states, sums[:-1])
            self._make_room(len(entries))
            self._steps[part, state] = steps
        return steps

    def _walk_digit(
        self, pending: tuple[Digit, ...], state: State, offset: int, rank: int
    ) -> Iterator[tuple[int, State, tuple[Digit, ...], int]]:
        """The values of the first pending digit: the offset with each, the state, what is pending then, the rank left.

        It begins at the value in which `rank` lies.
        """
        automaton, digit, later = self._automaton, pending[0], pending[1:]
        node, rest = state[0], state[1:]  # the first pending digit is the first that is open
        others = self._count_ways(rest)
        row = automaton.rows[node]
        if row is None:
            for value in range(rank // others, digit.size):
                yield offset + value * digit.stride, rest, later, rank % others
                rank = 0
            return
        sums = automaton.sum_counts(node)
        first = bisect_right(sums, rank // others) - 1
        rank -= sums[first] * others
        offsets, values = automaton.offsets[digit.number], automaton.values[digit.number]
        for k in range(first, len(row)):
            if row[k]:
                below = self._sort_state(rest + automaton.list_choices(row[k])) if row[k] > 1 else rest
                inside = later if digit.branches is None else digit.branches[values[k]] + later
                yield offset + offsets[k], below, inside, rank
                rank = 0


def keep_points(parts: Sequence[Node], weights: Sequence[int]) -> Callable[[int, int], Any]:
    """The point of a part at an offset in a record, built once while few are kept."""
    built: dict[tuple[int, int], Any] = {}

    def make_entry(part: int, offset: int) -> Any:
        key = part, offset
        if key not in built:
            if len(built) >= KEPT_POINTS:
                built.clear()
            built[key] = parts[part].at(offset // weights[part])
        return built[key]

    return make_entry


def walk_runs(blocks: Iterator[list[Row]]) -> Iterator[range]:
    """The positions whose parts the rows are, neighbours joined."""
    run = range(0)
    for position in map(sum, chain.from_iterable(blocks)):
        if run and run.stop == position:
            run = range(run.start, position + 1)
        else:
            if run:
                yield run
            run = range(position, position + 1)
    if run:
        yield run
