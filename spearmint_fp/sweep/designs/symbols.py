"""Symbols: what there is to combine in a sweep, each a value of an axis, numbered.

An axis is a path. Equal values at it are one symbol, whichever digit of the sweep they come from, and a digit that
stands for several paths (a zip, a list of records) brings a symbol for each. Where a configuration lacks an axis, it
has no symbol there: mostly another one implies that. An axis of one branch is absent wherever another branch is
chosen, and that choice is a symbol if nothing inside the branch implies it.

A set of symbols is an int with a bit for each of them, so that sets are joined, cut and counted in one step.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, Final, final

import attrs

from ...configuration.errors import SizeError
from ...configuration.fold import Steps, show_path
from ...configuration.keys import exact_key
from ...configuration.messages import format_count
from ..allowed import lift_constraints
from ..constraints import build_automaton
from ..diagrams import TRUE
from ..digits import Digit
from ..nodes.columns import flatten_point
from ..nodes.node import ABSENT, LIMIT, Node, ProductOf, SumOf
from ..nodes.points import walk_points
from ..nodes.reordered import Place
from ..tables import Constraint, Table, join_names

MOST_SYMBOLS: Final = 20_000
"""How many values all axes may have together: sets of them are ints of so many bits."""

Held = dict[int, tuple[int, ...]]
"""Per digit, the values that it is held to, as indices into its values."""

_EVERYTHING: Final = Table((), (), (), TRUE)

_ABSENCE: Final = object()
"""The key of the symbol that an axis is absent."""


def list_bits(symbols: int) -> Iterator[int]:
    """The numbers of the symbols in a set, ascending."""
    while symbols:
        low = symbols & -symbols
        yield low.bit_length() - 1
        symbols ^= low


def join_sets(sets: Iterable[int]) -> int:
    """The symbols that are in any of the sets."""
    return reduce(or_, sets, 0)


@final
class Symbols:
    """The symbols of a sweep, and which of them each value of each digit brings to a configuration.

    `brings[d][k]` is the set that the value `values[d][k]` of the digit `d` brings. `columns` are the sets of which a
    configuration has one symbol at most, and `constant` the symbols that all configurations have: they pad those that
    have fewer symbols than are to be combined, so that these are covered whole.
    """

    def __init__(self, node: Node, paths: Sequence[Steps], strength: int) -> None:
        reader = _Reader(node, paths)
        self.automaton = reader.automaton
        self.strength = max(1, min(strength, len(reader.columns)))
        self.constant = reader.add_constants(self.strength)
        self.count = reader.count
        self.columns = [join_sets(symbols.values()) for symbols in reader.columns.values()]
        self.brings, self.values = reader.brings, reader.values
        self._drop_repetitions()
        self.carriers = self._list_carriers()

    def _drop_repetitions(self) -> None:
        """Of a digit that nothing constrains, keep the first of the values that bring the same symbols."""
        rows = zip(self.automaton.axes, self.automaton.rows, strict=True)
        for number in self.values.keys() - {axis for axis, row in rows if row is not None}:
            first: dict[int, int] = {}
            for value, symbols in zip(self.values[number], self.brings[number], strict=True):
                first.setdefault(symbols, value)
            self.brings[number], self.values[number] = list(first), list(first.values())

    def _list_carriers(self) -> list[list[Held]]:
        """Per symbol, the ways to have it: the branches around a digit, and last the digit with its values."""
        found: list[dict[int, list[int]]] = [{} for _ in range(self.count)]
        for number, brings in self.brings.items():
            for k, symbols in enumerate(brings):
                for symbol in list_bits(symbols):
                    found[symbol].setdefault(number, []).append(k)
        return [[self._hold(number, tuple(chosen)) for number, chosen in ways.items()] for ways in found]

    def _hold(self, number: int, chosen: tuple[int, ...]) -> Held:
        context = self.automaton.digits.all[number].context
        return {**{choice: (self.values[choice].index(branch),) for choice, branch in context}, number: chosen}

    def join_symbols(self, chosen: Mapping[int, int]) -> int:
        """The symbols of a configuration, given the value of each of its digits."""
        brings = self.brings
        return self.constant | join_sets([brings[number][k] for number, k in chosen.items()])

    def find_rank(self, chosen: Mapping[int, int]) -> int:
        """The position of a configuration among all that are allowed."""
        digits = self.automaton.digits.all
        position = sum([digits[number].offsets[self.values[number][k]] for number, k in chosen.items()])
        return self.automaton.find_rank(position)[0]


@final
@attrs.frozen(eq=False, repr=False)
class Home:
    """A part of a sweep that may have a path: its place, and the path from there on."""

    node: Node
    place: Place
    rest: Steps

    @property
    def is_together(self) -> bool:
        """True where several digits of the part decide together what stands there, as what was included."""
        return isinstance(self.node.composition, ProductOf) and self.node.inputs(self.rest) is not None


def find_homes(node: Node, path: Steps, place: Place = ()) -> Iterator[Home]:
    """The parts in which a path of a sweep may lie: one per branch, or several of which each may have it."""
    ways: Sequence[tuple[int, Steps]] = ()
    match node.composition:
        case ProductOf(parts=parts) if node.inputs(path) is None:
            ways = node.enter(path)
        case SumOf(parts=parts):
            ways = [(k, path) for k in range(len(parts))]
    if not ways:
        yield Home(node, place, path)
    for part, rest in ways:
        if parts[part].may_have(rest):
            yield from find_homes(parts[part], rest, (*place, part))


@final
class _Reader:
    """Numbers the symbols of a sweep. A column is an axis: its symbols, as sets of one, by the key of their value."""

    def __init__(self, node: Node, paths: Sequence[Steps]) -> None:
        self.columns: dict[Hashable, dict[Hashable, int]] = {}
        self.count = 0
        base, constraints = lift_constraints(node)
        homes = [(path, home) for path in paths for home in find_homes(base, path)]
        # a constraint that allows everything has its path read as finely as any other
        asked = [Constraint(None, (home.rest,), place=home.place, table=_EVERYTHING) for _, home in homes]
        paths = [path for path, _ in homes]
        self.automaton, _ = build_automaton(base, (*constraints, *asked))
        self.values: dict[int, Sequence[int]] = dict(self.automaton.values)
        self.digits = [self.automaton.digits.all[number] for number in sorted(self.values)]
        self._check_sizes(paths)
        self.brings = {digit.number: [0] * len(self.values[digit.number]) for digit in self.digits}
        self._inside: dict[int, dict[Hashable, None]] = {digit.number: {} for digit in self.digits}
        for path, sources in zip(paths, self.automaton.digits.sources[len(constraints) :], strict=True):
            for source in sources[0]:
                if len(source.digits) == 1 and source.node.exact and source.digits[0] in self.brings:
                    self._add_axis(path, source.digits[0], source.column)
        for digit in self.digits:
            if digit.branches is None:
                self._add_points(digit)
                self._add_absences(digit.number)
        self._add_branches(self.automaton.digits.items)

    def _check_sizes(self, paths: Sequence[Steps]) -> None:
        """Refuse a digit of which not all values can be looked at."""
        for digit in self.digits:
            if digit.branches is None and digit.size > LIMIT:
                sources = zip(paths, self.automaton.digits.sources[-len(paths) :], strict=True)
                names = [show_path(path) for path, (found,) in sources if any(digit.number in s.digits for s in found)]
                raise SizeError(
                    f"covering looks at every value of {join_names(names) or 'a part without axes'}, and there are "
                    f"{format_count(digit.size)}, more than {LIMIT}. Take fewer values of a long axis; slice, sample, "
                    f"zip, map and derive what covering gives, rather than the sweep that it takes"
                )

    def _find_symbol(self, column: Hashable, key: Hashable) -> int:
        """The symbol, as a set of one, that a key has in a column."""
        symbols = self.columns.setdefault(column, {})
        if key not in symbols:
            if self.count == MOST_SYMBOLS:
                sizes = {column: len(symbols) for column, symbols in self.columns.items()}
                longest = max(sizes, key=sizes.__getitem__)
                raise SizeError(
                    f"covering combines the values of all axes, and they are more than {MOST_SYMBOLS}: "
                    f"{sizes[longest]} of them at {_show_column(longest)}. Take fewer values of the long axes"
                )
            symbols[key] = 1 << self.count
            self.count += 1
        return symbols[key]

    def _add_axis(self, column: Hashable, number: int, points: Sequence[Any]) -> None:
        """Note the symbols of an axis whose value one digit decides."""
        self._inside[number][column] = None
        brings = self.brings[number]
        for k, position in enumerate(self.values[number]):
            value = points[position]
            if value is not ABSENT and () in flatten_point(value):  # not a record: what is in one is on other axes
                brings[k] |= self._find_symbol(column, exact_key(value))

    def _add_points(self, digit: Digit) -> None:
        """Note the symbols of a digit whose points a function gives: what varies in them is an axis.

        What does not tells its branch from the others, whose functions may give another value there.
        """
        if digit.node.exact:
            return
        points = [flatten_point(point) for point in walk_points(digit.node, 0, digit.size)]
        for path in dict.fromkeys(path for point in points for path in point):
            values = [point.get(path, ABSENT) for point in points]
            keys = dict.fromkeys(map(exact_key, values))
            if len(keys) > 1:
                self._add_axis((digit.place, path), digit.number, values)
            else:
                self._inside[digit.number][path, *keys] = None

    def _add_absences(self, number: int) -> None:
        """Note that an axis is absent where no other symbol of the digit implies it."""
        brings = self.brings[number]
        for column in list(self._inside[number]):
            here = join_sets(self.columns.get(column, {}).values())
            without = [k for k, symbols in enumerate(brings) if not symbols & here]
            if 0 < len(without) < len(brings):
                beside = join_sets(symbols for symbols in brings if symbols & here)
                elsewhere = join_sets(join_sets(sets) for other, sets in self.brings.items() if other != number)
                for k in without:
                    if not brings[k] & ~(beside | elsewhere):
                        brings[k] |= self._find_symbol(column, _ABSENCE)

    def _add_branches(self, items: Iterable[Digit]) -> None:
        """Note the choice of a branch where axes of other branches are absent, and no symbol inside it implies that."""
        for digit in items:
            if digit.branches is None or digit.number not in self.brings:
                continue
            branches = [digit.branches[branch] for branch in self.values[digit.number]]
            for branch in branches:
                self._add_branches(branch)
            axes = [frozenset(self._list_axes(branch)) for branch in branches]
            symbols = [self._join_inside(branch) for branch in branches]
            every = frozenset[Hashable]().union(*axes)
            for k, branch in enumerate(branches):
                elsewhere = join_sets(one for one, other in zip(symbols, axes, strict=True) if other != axes[k])
                if axes[k] != every and not any(self._always_has(~elsewhere, inner) for inner in branch):
                    self.brings[digit.number][k] |= self._find_symbol(every, axes[k])
                    self._inside[digit.number][every] = None

    def _list_inside(self, items: Iterable[Digit]) -> Iterator[int]:
        """The digits among these and in their branches that some configuration has."""
        for digit in items:
            if digit.number in self.brings:
                yield digit.number
                for branch in digit.parts:
                    yield from self._list_inside(branch)

    def _list_axes(self, items: Iterable[Digit]) -> Iterator[Hashable]:
        return (column for number in self._list_inside(items) for column in self._inside[number])

    def _join_inside(self, items: Iterable[Digit]) -> int:
        return join_sets(symbols for number in self._list_inside(items) for symbols in self.brings[number])

    def _always_has(self, some: int, digit: Digit) -> bool:
        """True if each value of a digit brings one of some symbols."""
        return digit.branches is None and all(symbols & some for symbols in self.brings.get(digit.number, (0,)))

    def add_constants(self, strength: int) -> int:
        """Add symbols that every configuration has, so that each has as many as are combined, and return them."""
        missing = strength - self._count_least(self.automaton.digits.items)
        return join_sets([self._find_symbol(("constant", number), _ABSENCE) for number in range(missing)])

    def _count_least(self, items: Iterable[Digit]) -> int:
        """How many symbols at least a configuration has from some digits."""
        least = 0
        for digit in items:
            if digit.number in self.brings:
                branches = digit.parts and [digit.parts[branch] for branch in self.values[digit.number]]
                inside = min(map(self._count_least, branches), default=0)
                least += inside + min(symbols.bit_count() for symbols in self.brings[digit.number])
        return least


def _show_column(column: Hashable) -> str:
    """The path of a column: the column itself, or what it has beside the place of a digit."""
    return show_path(column) if isinstance(column, tuple) else "a choice of branches"
