"""The way down to one configuration of a sweep, digit by digit, each chosen among the values that are left there.

A descent gives the range of ranks of the configurations that agree with the digits so far, is sent one of these ranks,
and takes the next digit of the configuration that stands there. So a choice by exact conditional counts is a choice of
one whole number, whatever the sweep is made of.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Generator, Sequence
from typing import NamedTuple, TypeAlias, cast, final

from ...configuration.errors import SizeError
from ...configuration.messages import format_count
from ..allowed import Allowed
from ..automata import Automaton, AutomatonData
from ..diagrams import Row
from ..digits import Digit, Digits, Question, read_digits
from ..indices import Chosen, Indices, Span
from ..nodes.node import LIMIT, Node, ProductOf, SelectionOf, SumOf, ViewOf


class Interval(NamedTuple):
    """The ranks of the configurations that are left, of which the value at an axis is chosen next."""

    axis: int
    low: int
    high: int


class Destination(NamedTuple):
    """The end of a descent. The position differs from the rank where a sweep, or a part of it, is shuffled."""

    rank: int
    position: int


Descent: TypeAlias = Generator[Interval, int, Destination]


class Ranks(ABC):
    """The ranks of a sweep, which number its configurations in the order of its digits, to be descended."""

    size: int
    axes: int
    """How many axes there are to choose a value of, those of all branches together."""
    widest: int
    """How many values the longest axis has."""
    is_ordered: bool = True
    """True where every rank is a position."""

    @abstractmethod
    def choose_values(self, axis: int) -> Descent:
        """The way to one configuration; the axes are numbered from `axis` on."""


@final
class LineRanks(Ranks):
    """The ranks of points in a row, which are one axis; a single one is none."""

    def __init__(self, size: int) -> None:
        self.size = self.widest = size
        self.axes = int(size > 1)

    def choose_values(self, axis: int) -> Descent:
        rank = (yield Interval(axis, 0, self.size)) if self.axes else 0
        return Destination(rank, rank)


@final
class CountedRanks(Ranks):
    """The ranks that an automaton counts; a digit that it leaves free may have ranks of its own."""

    def __init__(self, automaton: Automaton) -> None:
        self.size, self._automaton = automaton.size, automaton
        free = {number for number, row in zip(automaton.axes, automaton.rows, strict=True) if row is None}
        self._first_axes: list[int] = []
        self._inside: dict[int, Ranks] = {}  # by digit, where they are no line of several
        self.axes = self.widest = 0
        for digit in automaton.digits.all:
            ranks = read_ranks(digit.node) if digit.number in free else LineRanks(digit.size)
            if not (isinstance(ranks, LineRanks) and ranks.axes):
                self._inside[digit.number] = ranks
            self._first_axes.append(self.axes)
            self.axes += ranks.axes
            self.widest = max(self.widest, ranks.widest)
        self.is_ordered = all(ranks.is_ordered for ranks in self._inside.values())

    def choose_values(self, axis: int) -> Descent:
        automaton, rank, position, rest = self._automaton, 0, 0, self.size
        opened = {automaton.axes[node]: node for node in automaton.list_choices(automaton.root)}
        pending = list(reversed(automaton.digits.items))
        while pending:
            digit = pending.pop()
            node, first = opened.pop(digit.number), axis + self._first_axes[digit.number]
            row, count = automaton.rows[node], automaton.counts[node]
            rest //= count  # the ways of the other open nodes, as in `Automaton.find_position`
            if row is None and digit.number in self._inside:
                found = yield from _shift(self._inside[digit.number].choose_values(first), rank, rest)
                rank, position = rank + found.rank * rest, position + found.position * rest
                continue
            here = ((yield Interval(first, rank, rank + count * rest)) - rank) // rest
            if row is None:
                rank, position = rank + here * rest, position + here * rest
                continue
            sums = automaton.sum_counts(node)
            k = bisect_right(sums, here) - 1
            rank, position = rank + sums[k] * rest, position + sums[k] * rest
            rest *= sums[k + 1] - sums[k]
            opened |= {automaton.axes[child]: child for child in automaton.list_choices(row[k])}
            if digit.branches is not None:
                pending += reversed(digit.branches[automaton.values[digit.number][k]])
        return Destination(rank, position)


@final
class SelectedRanks(Ranks):
    """Some of the ranks of another sweep, ascending; `find_position` says where one stands, if not at its rank."""

    def __init__(self, base: Ranks, kept: Indices, find_position: Callable[[int], int | None] | None = None) -> None:
        self.size, self.axes, self.is_ordered = kept.size, base.axes, find_position is None
        self.widest = base.widest
        self._base, self._kept, self._find_position = base, kept, find_position

    def choose_values(self, axis: int) -> Descent:
        found = yield from _relay(self._base.choose_values(axis), self._kept.count_before, self._kept.at)
        rank = self._kept.count_before(found.rank)
        position = rank if self._find_position is None else self._find_position(found.position)
        return Destination(rank, cast(int, position))


def _shift(descent: Descent, start: int, unit: int) -> Descent:
    """The descent of a part of a product, of whose ranks each is `unit` of the whole's."""
    return _relay(descent, lambda rank: start + rank * unit, lambda rank: (rank - start) // unit)


def _relay(descent: Descent, outwards: Callable[[int], int], inwards: Callable[[int], int]) -> Descent:
    """A descent that is told and gives its ranks in another numbering."""
    try:
        axis, low, high = next(descent)
        while True:
            rank = yield Interval(axis, outwards(low), outwards(high))
            axis, low, high = descent.send(inwards(rank))
    except StopIteration as end:
        found: Destination = end.value
        return found


# --- what a sweep is made of -----------------------------------------------------------------------------


def read_ranks(node: Node) -> Ranks:
    """The ranks of a sweep: a product and a sum by their digits, a selection by what it selects from.

    Raises:
        SizeError: a selection in no order of what it selects from has more than 10^6 positions.
    """
    if node.size < 2:
        return LineRanks(node.size)
    match node.composition:
        case SelectionOf(indices=Allowed() as allowed):
            return CountedRanks(allowed.automaton)
        case ProductOf() | SumOf():
            return CountedRanks(_count_all(read_digits(node, (Question(((),)),))))
        case ViewOf(base=inner):
            return read_ranks(inner)
        case SelectionOf(base=inner, indices=indices):
            return _read_selection(node, read_ranks(inner), indices)
    return LineRanks(node.size)


def _count_all(digits: Digits) -> Automaton:
    """The automaton of all configurations."""
    nodes: list[tuple[int, Row | None]] = []

    def add_product(items: Sequence[Digit]) -> int:
        nodes.append((-1, tuple(map(add_digit, items))))
        return len(nodes) + 1

    def add_digit(digit: Digit) -> int:
        row = None if digit.branches is None else tuple(map(add_product, digit.branches))
        nodes.append((digit.number, row))
        return len(nodes) + 1

    root = add_product(digits.items)
    values = [None if digit.branches is None else range(digit.size) for digit in digits.all]
    return Automaton(AutomatonData(tuple(digits.places), tuple(values), tuple(nodes), root), digits)


def _read_selection(node: Node, base: Ranks, indices: Indices) -> Ranks:
    if indices.size == base.size:
        return SelectedRanks(base, Span(range(base.size)), indices.rank)
    if base.is_ordered and indices.ascending:
        return SelectedRanks(base, indices)
    if base.is_ordered and isinstance(indices, Span):
        return SelectedRanks(base, Span(indices.positions[::-1]), indices.rank)
    return _list_selection(node)


def _list_selection(node: Node) -> Ranks:
    """The ranks of a sample, by where its configurations stand in the sweep that they were drawn from."""
    if node.size > LIMIT:
        raise SizeError(
            f"spreading over a part of a shuffled sweep means listing its {format_count(node.size)} configurations, "
            f"more than {LIMIT}. Spread over the sweep before it is shuffled and cut"
        )
    base, positions = node, list(range(node.size))
    while isinstance(made := base.composition, SelectionOf):
        base, positions = made.base, list(map(made.indices.at, positions))
    ranks = read_ranks(base)
    if not ranks.is_ordered:  # a part of a record is shuffled
        return LineRanks(node.size)
    places = {position: place for place, position in enumerate(positions)}
    return SelectedRanks(ranks, Chosen(tuple(sorted(places))), places.__getitem__)
