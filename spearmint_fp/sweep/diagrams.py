"""Reduced decision diagrams: sets of digit strings as values.

A node is a level, the number of a digit, and a row of nodes, one per value of that digit. Equal nodes are one, and a
node whose row is all alike is left out, so that equal sets over the same digits are the same number. Sets are joined by
and, or and not.

Source: Bryant, "Graph-based algorithms for Boolean function manipulation" (1986); Knuth, "The Art of Computer
Programming" 4A, 7.1.4.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Final, final

MOST_NODES: Final = 1_000_000
"""How many nodes a store holds before a conjunction is given up: some hundred megabytes."""

FALSE: Final = 0
TRUE: Final = 1

END: Final = 1 << 62
"""The level of the two terminals: below every digit."""

Row = tuple[int, ...]

_BITS: Final = bytes.maketrans(b"\0\1", b"01")
_VALUES: Final = bytes.maketrans(b"01", b"\0\1")


def pack_row(row: Row) -> Row | int:
    """The row in a tenth of its room where it holds terminals alone: a number with a bit for each, after a first 1."""
    return int(b"1" + bytes(row).translate(_BITS), 2) if row and max(row) <= TRUE else row


def unpack_row(packed: Row | int) -> Row:
    """The inverse of `pack_row`."""
    return tuple(f"{packed:b}"[1:].encode().translate(_VALUES)) if isinstance(packed, int) else packed


class OutOfNodes(Exception):  # noqa: N818  # an event, of which its catcher makes an error
    """A store has more than `MOST_NODES` nodes."""


@final
class Diagrams:
    """A store of diagrams. A diagram is the number of its top node; children have smaller numbers than parents."""

    def __init__(self) -> None:
        self.levels = [END, END]
        self.rows: list[Row] = [(), ()]
        self._numbers: dict[tuple[int, Row], int] = {}
        self._negations: dict[int, int] = {FALSE: TRUE, TRUE: FALSE}
        self._conjunctions: dict[tuple[int, int], int] = {}
        self._supports: dict[int, frozenset[int]] = {FALSE: frozenset(), TRUE: frozenset()}
        self._flat: set[int] = set()  # nodes above terminals alone

    def make_node(self, level: int, row: Row) -> int:
        """The diagram of the strings that go on in `row` at the digit `level`."""
        if not row:  # a digit without values: no string goes on
            return FALSE
        first = row[0]
        if row.count(first) == len(row):
            return int(first)
        key = (level, row)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.levels)
            self.levels.append(level)
            self.rows.append(row)
            if max(row) == TRUE:
                self._flat.add(number)
        return number

    def list_nodes(self, root: int, known: Container[int] = ()) -> list[int]:
        """The nodes that are reached from `root` through none that is known, children first, without terminals."""
        found: set[int] = set()
        stack = [root]
        while stack:
            node = stack.pop()
            if node > TRUE and node not in found and node not in known:
                found.add(node)
                if node not in self._flat:
                    stack.extend(set(self.rows[node]))
        return sorted(found)

    def find_support(self, root: int) -> frozenset[int]:
        """The digits that the diagram looks at."""
        supports = self._supports
        for node in self.list_nodes(root, known=supports):
            below = [supports[child] for child in set(self.rows[node])]
            supports[node] = frozenset((self.levels[node],)).union(*below)
        return supports[root]

    def place_row(self, level: int, row: Row) -> int:
        """`make_node`, for a row of diagrams that may look at digits before this one as well."""
        children = dict.fromkeys(row)
        if all(self.levels[child] > level for child in children):
            return self.make_node(level, row)
        cases = [
            self.conjoin(self.make_node(level, tuple([int(cell == child) for cell in row])), child)
            for child in children
            if child
        ]
        return self.disjoin_all(cases)

    def disjoin_all(self, roots: Sequence[int]) -> int:
        """The strings that are in any of several diagrams."""
        different = list(dict.fromkeys(roots))
        if len(different) == 1:
            return different[0]
        joined = [self.negate(root) for root in different] or [TRUE]
        while len(joined) > 1:  # in pairs: one after the other would go through a growing diagram again and again
            pairs = zip(joined[::2], joined[1::2], strict=False)
            odd = joined[len(joined) & ~1 :]
            joined = [*(self.conjoin(one, other) for one, other in pairs), *odd]
        return self.negate(joined[0])

    def conjoin_all(self, roots: Iterable[int]) -> int:
        """The strings that are in all of several diagrams."""
        # from the last digits to the first, so that each step goes through few nodes
        return reduce(self.conjoin, sorted(set(roots), key=self.levels.__getitem__, reverse=True), TRUE)

    def conjoin(self, one: int, other: int) -> int:
        """The strings that are in both.

        Raises:
            OutOfNodes: the store is full.
        """
        found = self._find_conjunction(one, other)
        if found is not None:
            return found
        levels, rows, known = self.levels, self.rows, self._conjunctions
        stack = [(one, other) if one < other else (other, one)]
        while stack:  # an explicit stack: a diagram may be deeper than Python's own
            pair = left, right = stack[-1]
            if pair in known:
                stack.pop()
                continue
            level = min(levels[left], levels[right])
            if levels[left] == levels[right] and left in self._flat and right in self._flat:
                known[pair] = self.make_node(level, tuple(map(and_, rows[left], rows[right])))
                stack.pop()
                continue
            width = len(rows[left] if levels[left] == level else rows[right])
            lefts = rows[left] if levels[left] == level else (left,) * width
            rights = rows[right] if levels[right] == level else (right,) * width
            row = [self._find_conjunction(*both) for both in zip(lefts, rights, strict=True)]
            if None in row:  # first those below; then this pair is looked at again
                missing = zip(lefts, rights, row, strict=True)
                stack += [(a, b) if a < b else (b, a) for a, b, done in missing if done is None]
                continue
            known[pair] = self.make_node(level, tuple(row))  # type: ignore[arg-type]  # none is None
            stack.pop()
            if len(levels) > MOST_NODES:
                raise OutOfNodes
        return known[(one, other) if one < other else (other, one)]

    def negate(self, root: int) -> int:
        """The strings that are not in it."""
        known, stack = self._negations, [root]
        while stack:
            node = stack.pop()
            if node in known:
                continue
            missing = [child for child in set(self.rows[node]) if child not in known]
            if missing:  # first those below; then this one is looked at again
                stack += [node, *missing]
                continue
            opposite = self.make_node(self.levels[node], tuple([known[child] for child in self.rows[node]]))
            known[node], known[opposite] = opposite, node
        return known[root]

    def disjoin(self, one: int, other: int) -> int:
        """The strings that are in one of both at least."""
        if one == other or not one or not other:
            return one or other
        return self.negate(self.conjoin(self.negate(one), self.negate(other)))

    def _find_conjunction(self, one: int, other: int) -> int | None:
        """The conjunction where it is trivial or known."""
        if other in {one, TRUE}:
            return one
        if one == TRUE:
            return other
        if not one or not other:
            return FALSE
        return self._conjunctions.get((one, other) if one < other else (other, one))

    def restrict(self, root: int, kept: Mapping[int, Sequence[int]]) -> int:
        """The diagram over fewer values: of the row at a level, the entries that `kept` names."""
        image = {FALSE: FALSE, TRUE: TRUE}
        for node in self.list_nodes(root):
            level, row = self.levels[node], self.rows[node]
            if node in self._flat and len(kept[level]) == len(row):
                image[node] = node
            else:
                image[node] = self.make_node(level, tuple([image[row[k]] for k in kept[level]]))
        return image[root]

    def find_supported(
        self, root: int, scope: Sequence[int], live: Mapping[int, Sequence[int]]
    ) -> dict[int, Sequence[int]]:
        """Per digit of the scope, those of its live values that occur in some string."""
        order = {level: k for k, level in enumerate(scope)}
        nodes = self.list_nodes(root)
        alive = {TRUE}
        for node in nodes:
            row = self.rows[node]
            if any(row[k] in alive for k in live[self.levels[node]]):
                alive.add(node)
        if root not in alive:
            return dict.fromkeys(scope, ())
        found: dict[int, set[int]] = {level: set() for level in scope}
        reached, free = {root}, set(scope[: order.get(self.levels[root], len(scope))])
        for node in reversed(nodes):
            if node in reached:
                level, row = self.levels[node], self.rows[node]
                leading = [value for value in live[level] if row[value] in alive]
                found[level].update(leading)
                below = {row[value] for value in leading}
                reached |= below
                for child in below:  # the digits between a node and its child take every value
                    free.update(scope[order[level] + 1 : order.get(self.levels[child], len(scope))])
        return {
            level: live[level] if level in free else [value for value in live[level] if value in found[level]]
            for level in scope
        }
