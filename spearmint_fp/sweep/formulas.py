"""Conditions on the values at paths, joined by and, or and not: constraints that need not be asked value by value.

A condition by value is looked up on its axis, so axes of any length may have one: a long axis is cut before and behind
the few places where its values are, into pieces that agree as a whole or do not.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable, Iterable, Sequence
from itertools import chain, islice
from typing import Any, Final, Protocol, final

import attrs
from toolz import unique

from ..configuration.errors import PathError, SizeError
from ..configuration.fold import Steps
from ..configuration.keys import exact_key
from ..configuration.messages import format_count
from ..configuration.paths import get_in
from .diagrams import FALSE, TRUE
from .digits import Question, cut_axes, read_digits
from .nodes.node import LIMIT, Node
from .nodes.reordered import Place

MOST_CUTS: Final = 10_000
"""Into how many pieces a long axis may be cut."""

MOST_ROW: Final = 1_000
"""Up to this length an axis is not cut: its answers are one row of a diagram."""


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
            for number in reversed(group):  # from the last axis on: what has been joined already stays below, untouched
                whole = logic.conjoin(truths[number], whole)
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


def split_axes(node: Node, tests: Iterable[tuple[Steps, Any]], fixed: Container[Place]) -> Node:
    """The same points at the same positions, long axes cut so that each piece passes the tests by value or does not.

    The axes at `fixed` places stay: there are tables over their values.
    """
    named: dict[Steps, list[Any]] = {}
    for path, test in tests:
        if isinstance(test, Values) and test.values:
            named.setdefault(path, []).extend(test.values)
    if not named or node.size <= MOST_ROW:  # then no digit of it is long
        return node
    digits = read_digits(node, (Question(tuple(named)),))
    cuts: dict[Place, set[int]] = {}
    for values, sources in zip(named.values(), digits.sources[0], strict=True):
        for source in sources:
            axis = digits.all[source.digits[0]] if source.is_column and not source.rest else None
            if axis is not None and axis.size > MOST_ROW and axis.place not in fixed:
                cuts.setdefault(axis.place, set()).update(_list_cuts(Values.of(values), axis.node))
    return cut_axes(node, cuts)


def _list_cuts(test: Values, axis: Node) -> Iterable[int]:
    """The positions on an axis before which the answer of a test may change; none where a row of answers is shorter."""
    places = test.list_places(axis)
    if len(places) > (MOST_ROW if axis.size <= LIMIT else MOST_CUTS):
        if axis.size <= LIMIT:
            return ()
        raise SizeError(
            f"the values asked for stand in more than {MOST_CUTS} places of an axis of {format_count(axis.size)}. "
            f"Slice it in the tree, or make it distinct first"
        )
    return [place + more for place in places for more in (0, 1)]
