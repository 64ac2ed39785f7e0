"""Completion: how a few chosen values can be completed to an allowed configuration, asked of an automaton.

An automaton has a node for every state from which some configuration is left, so a walk down from its root never turns
back. With a few digits held to some of their values, one sweep upwards finds the nodes from which nothing is left any
more; a walk down that avoids them never turns back either. What no constraint ties is asked apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import final

from ..automata import Automaton
from ..diagrams import FALSE, TRUE
from .symbols import Held, Symbols, join_sets, list_bits

Chosen = dict[int, int]
"""A configuration: the value of each digit that it has, as an index into the values of the digit."""

Pick = Callable[[int, Sequence[int]], int]
"""Chooses one of the values that a digit can still have."""


@final
class Part:
    """The digits below one of the choices that stand side by side at the root of an automaton."""

    def __init__(self, root: int, automaton: Automaton, brings: Mapping[int, Sequence[int]]) -> None:
        self._root, self._axes, self._rows, self._brings = root, automaton.axes, automaton.rows, brings
        found, stack = {root}, [root]
        while stack:
            below = {cell for cell in self._rows[stack.pop()] or () if cell > TRUE} - found
            found |= below
            stack += below
        self._nodes = sorted(found)  # children first
        self.digits = sorted({self._axes[node] for node in found if self._axes[node] >= 0})
        self._firsts = {node: min(map(self._axes.__getitem__, automaton.list_choices(node))) for node in found}
        self._found = {FALSE: 0, TRUE: 0}
        """Per node, the symbols of all configurations that go on from it."""
        for node in self._nodes:
            self._found[node] = self._join_below(node)

    @property
    def symbols(self) -> int:
        """The symbols of all configurations."""
        return self._found[self._root]

    def _join_below(self, node: int) -> int:
        axis, row = self._axes[node], self._rows[node]
        below = join_sets([self._found[cell] for cell in row or ()])
        if axis < 0:
            return below
        return below | join_sets([one for k, one in enumerate(self._brings[axis]) if row is None or row[k]])

    def _find_dead(self, held: Held) -> set[int]:
        """The nodes from which no configuration has the held values.

        Nodes whose digits all come after the held ones are as they were, and are not looked at.
        """
        dead, last = {FALSE}, max(held)
        for node in self._nodes:
            row = self._rows[node]
            if row is None or self._firsts[node] > last:
                continue
            if self._axes[node] < 0:
                if not dead.isdisjoint(row):
                    dead.add(node)
            else:
                ways = held.get(self._axes[node])
                if dead.issuperset(row if ways is None else [row[k] for k in ways]):
                    dead.add(node)
        return dead

    def find_symbols(self, held: Held) -> int | None:
        """The symbols of all configurations that have the held values; None where there are none."""
        dead, last = self._find_dead(held), max(held)
        if self._root in dead:
            return None
        reached, found = {self._root}, 0
        for node in reversed(self._nodes):
            if node not in reached:
                continue
            axis, row = self._axes[node], self._rows[node]
            if self._firsts[node] > last:
                found |= self._found[node]
            elif axis < 0:
                reached.update(row or ())
            else:
                brings = self._brings[axis]
                for k in held.get(axis, range(len(brings))):
                    if row is None or row[k] not in dead:
                        found |= brings[k]
                        reached.add(TRUE if row is None else row[k])
        return found

    def complete(self, held: Held, pick: Pick) -> Chosen | None:
        """A configuration of these digits with the held values, the others picked one by one; None without one."""
        dead = self._find_dead(held) if held else {FALSE}
        if self._root in dead:
            return None
        chosen: Chosen = {}
        stack = [self._root]
        while stack:
            node = stack.pop()
            axis, row = self._axes[node], self._rows[node]
            if axis < 0:
                stack += reversed(row or ())
                continue
            ways: Sequence[int] = held.get(axis, range(len(self._brings[axis])))
            if row is not None:
                ways = [k for k in ways if row[k] not in dead]
            chosen[axis] = pick(axis, ways)
            if row is not None and row[chosen[axis]] > TRUE:
                stack.append(row[chosen[axis]])
        return chosen

    def allows(self, chosen: Chosen) -> bool:
        """True if the values of these digits, all of which are chosen, are allowed together."""
        stack = [self._root]
        while stack:
            node = stack.pop()
            axis, row = self._axes[node], self._rows[node]
            if row is None:
                continue
            if axis < 0:
                stack += row
            elif not row[chosen[axis]]:
                return False
            elif row[chosen[axis]] > TRUE:
                stack.append(row[chosen[axis]])
        return True


@final
class Completion:
    """The parts of a sweep together, asked about symbols."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        automaton = symbols.automaton
        self.parts = [Part(root, automaton, symbols.brings) for root in automaton.list_choices(automaton.root)]
        self.homes = {digit: part for part in self.parts for digit in part.digits}
        self._everything = symbols.constant | join_sets(part.symbols for part in self.parts)

    def _list_ways(self, wanted: int) -> list[Held]:
        """The ways to have all these symbols as far as single digits are concerned; some may not be allowed."""
        ways: list[Held] = [{}]
        for symbol in list_bits(wanted & ~self.symbols.constant):
            joined = (_join_held(way, carrier) for way in ways for carrier in self.symbols.carriers[symbol])
            ways = [way for way in joined if way is not None]
        return ways

    def _split(self, held: Held) -> dict[Part, Held]:
        """The held values, by part."""
        parts: dict[Part, Held] = {}
        for digit, ways in held.items():
            parts.setdefault(self.homes[digit], {})[digit] = ways
        return parts

    def find_partners(self, wanted: int) -> int:
        """The symbols of all configurations that have these symbols, without these."""
        return join_sets(map(self._find_symbols, self._list_ways(wanted))) & ~wanted

    def _find_symbols(self, held: Held) -> int:
        everything = self._everything
        for part, inside in self._split(held).items():
            found = part.find_symbols(inside)
            if found is None:
                return 0
            everything &= found | ~part.symbols
        return everything

    def complete(self, wanted: int, pick: Pick, order: Sequence[Part]) -> Chosen:
        """A configuration with these symbols, of which there is one: what is held picks first, then part by part."""
        for way in self._list_ways(wanted):
            split = self._split(way)
            chosen: Chosen | None = {}
            for part in (*split, *[part for part in order if part not in split]):
                some = part.complete(split.get(part, {}), pick)
                chosen = None if some is None or chosen is None else chosen | some
                if chosen is None:
                    break
            if chosen is not None:
                return chosen
        raise AssertionError("a tuple that occurs in no configuration")

    def can_change(self, chosen: Chosen, digit: int, value: int) -> bool:
        """True if a configuration with one value changed is allowed, and has the same digits."""
        if self.symbols.automaton.digits.all[digit].branches is not None:
            return False
        part = self.homes[digit]
        return len(part.digits) == 1 or part.allows({**chosen, digit: value})


def _join_held(one: Held, other: Held) -> Held | None:
    """Both together; None where they hold a digit to different values."""
    joined = {**one, **other}
    for digit in one.keys() & other.keys():
        joined[digit] = tuple([value for value in one[digit] if value in other[digit]])
        if not joined[digit]:
            return None
    return joined
