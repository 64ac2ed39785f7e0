"""Conditions on the values at paths, joined by and, or and not: constraints that need not be asked value by value.

A condition by value is looked up on its axis, so axes of any length may have one: a long axis is cut before and behind
the few places where its values are, into pieces that agree as a whole or do not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, islice, pairwise
from typing import Any, Final, Protocol, final

import attrs
from toolz import unique

from ..configuration.errors import PathError, SizeError
from ..configuration.fold import Steps
from ..configuration.keys import exact_key
from ..configuration.messages import format_count
from ..configuration.paths import get_in
from .diagrams import FALSE, TRUE
from .nodes.node import LIMIT, Node, ProductOf, SumOf
from .nodes.select import slice_node
from .nodes.union import Union

MOST_CUTS: Final = 10_000
"""Into how many pieces a long axis may be cut."""

MOST_ROW: Final = 1_000
"""Up to this length an axis is not cut: its answers are one row of a diagram."""

Place = tuple[int, ...]


class Logic(Protocol):
    """Truth values and what joins them: diagrams, or 0 and 1."""

    def conjoin(self, one: int, other: int) -> int:
        """Both."""

    def disjoin(self, one: int, other: int) -> int:
        """One of them at least."""

    def negate(self, root: int) -> int:
        """The opposite."""


@final
class _Truth:
    """The logic of single configurations: `FALSE` and `TRUE`."""

    def conjoin(self, one: int, other: int) -> int:
        return one & other

    def disjoin(self, one: int, other: int) -> int:
        return one | other

    def negate(self, root: int) -> int:
        return 1 - root


_TRUTH: Final = _Truth()


@final
@attrs.frozen(repr=False)
class Values:
    """A test that is true of some values, types told apart; where `others`, of all but these."""

    keys: frozenset[Hashable]
    values: tuple[Any, ...] = attrs.field(eq=False)
    others: bool = False

    @classmethod
    def of(cls, values: Iterable[Any], *, others: bool = False) -> Values:
        listed = tuple(unique(values, key=exact_key))
        return cls(frozenset(map(exact_key, listed)), listed, others)

    def __call__(self, value: Any) -> bool:
        return (exact_key(value) in self.keys) is not self.others

    def list_places(self, node: Node) -> list[int]:
        """Where a node has the values, ascending; one more than `MOST_CUTS` of them at most."""
        ranks = (islice(node.ranks(value, True), MOST_CUTS + 1) for value in self.values)
        return sorted(islice(chain.from_iterable(ranks), MOST_CUTS + 1))


ANYTHING: Final = Values(frozenset(), (), others=True)
"""The test that is true of every value: what stands there, it is there."""


@final
@attrs.frozen(repr=False)
class Groups:
    """True where all conditions of some group are, or where `negated`, of none: a condition is given by its number."""

    groups: tuple[tuple[int, ...], ...]
    negated: bool = False

    def __call__(self, truths: Sequence[int], logic: Logic) -> int:
        found = FALSE
        for group in self.groups:
            whole = TRUE
            for number in group:
                whole = logic.conjoin(whole, truths[number])
            found = logic.disjoin(found, whole)
        return logic.negate(found) if self.negated else found


@final
@attrs.frozen(repr=False)
class Formula:
    """Tests of the values at some paths, one for each, and how their answers are joined.

    A test is false of a configuration that lacks its path.
    """

    tests: tuple[Callable[[Any], Any], ...]
    join: Callable[[Sequence[int], Logic], int]

    @classmethod
    def of_all(cls, tests: Sequence[Callable[[Any], Any]], *, negated: bool = False) -> Formula:
        """True where all tests are, or where `negated`, where one of them is not."""
        return cls(tuple(tests), Groups((tuple(range(len(tests))),), negated))

    def __call__(self, *values: Any) -> bool:
        """The answer for a configuration that has all paths."""
        return self._decide([(value,) for value in values])

    @property
    def absent(self) -> bool:
        """The answer for a configuration that has none of the paths."""
        return self._decide([()] * len(self.tests))

    def keeps(self, paths: Sequence[Steps], point: Any) -> bool:
        """The answer for any configuration."""
        found: list[tuple[Any, ...]] = []
        for path in paths:
            try:
                found.append((get_in(path, point),))
            except PathError:
                found.append(())
        return self._decide(found)

    def _decide(self, found: Sequence[tuple[Any, ...]]) -> bool:
        truths = [int(bool(at) and bool(test(*at))) for test, at in zip(self.tests, found, strict=True)]
        return bool(self.join(truths, _TRUTH))


# --- cutting long axes -----------------------------------------------------------------------------------


def split_axes(node: Node, tests: Iterable[tuple[Steps, Any]], read: AbstractSet[Place]) -> Node:
    """The same points at the same positions, long axes cut so that each piece passes the tests by value or does not.

    An axis whose place is among those that are `read` stays: there is a table over its values.
    """
    named: dict[Steps, list[Any]] = {}
    for path, test in tests:
        if isinstance(test, Values):
            named.setdefault(path, []).extend(test.values)
    for path, values in named.items():
        if values:
            node = _split_node(node, path, Values.of(values), (), read)
    return node


def _split_node(node: Node, path: Steps, test: Values, place: Place, read: AbstractSet[Place]) -> Node:
    if node.size <= MOST_ROW:  # then no digit of it is long
        return node
    match node.composition:
        case ProductOf(parts=parts):
            ways = {part: rest for part, rest in node.enter(path) if parts[part].may_have(rest)} if path else {}
            new = [
                _split_node(part, ways[k], test, (*place, k), read) if k in ways else part
                for k, part in enumerate(parts)
            ]
            return _rebuild(node, parts, new)
        case SumOf(parts=parts):
            return _rebuild(node, parts, [_split_node(p, path, test, (*place, k), read) for k, p in enumerate(parts)])
    return node if path or place in read else _cut_axis(node, test)


def _rebuild(node: Node, parts: Sequence[Node], new: Sequence[Node]) -> Node:
    changed = any(one is not other for one, other in zip(parts, new, strict=True))
    return node.rebuilt(new) if changed else node


def _cut_axis(node: Node, test: Values) -> Node:
    places = test.list_places(node)
    if len(places) > MOST_CUTS or (node.size <= LIMIT and len(places) > MOST_ROW):
        if node.size <= LIMIT:  # a row of answers takes no more
            return node
        raise SizeError(
            f"the values asked for stand in more than {MOST_CUTS} places of an axis of {format_count(node.size)}. "
            f"Slice it in the tree, or make it distinct first"
        )
    ends = sorted({0, node.size, *places, *[place + 1 for place in places]})
    pieces = [cut_piece(node, start, stop) for start, stop in pairwise(ends)]
    return Union(tuple(pieces)) if pieces[1:] else node


def cut_piece(node: Node, start: int, stop: int) -> Node:
    """`node[start:stop]`, of an axis as an axis."""
    piece = node.keep_values([start] if stop == start + 1 else range(start, stop))
    return piece if piece.size == stop - start else slice_node(node, slice(start, stop))
