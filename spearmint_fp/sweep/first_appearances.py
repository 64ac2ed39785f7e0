"""Which configurations of a constrained sweep are the first ones with what they have at some paths.

A configuration is the first of its kind where no smaller one has the same kept values. Reading digits from the most
significant one, that is a subset construction: beside the state of the configuration itself stand the states of all
smaller ones that agree with it so far, and none of them may be allowed in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, final

from toolz import groupby

from ..configuration.fold import Steps
from ..configuration.keys import exact_key
from .allowed import Allowed
from .conjunction import MOST_STEPS, OutOfSteps
from .diagrams import FALSE, TRUE, Diagrams, OutOfNodes
from .digits import Digit, Digits, Question, Source, cut_piece, read_digits
from .nodes.node import LIMIT, Node, ProductOf, SumOf
from .nodes.reordered import Place
from .nodes.select import Select
from .tables import Constraint, Table, dump_table, load_table

MOST_DIGITS: Final = 200
"""How many digits may be tied together."""

LAST_TURN: Final = 1 << 30
"""The turn of what was built after all constraints were asked."""

Classes = Mapping[int, Sequence[Any]]
"""Per digit and value a class: values in one class make no difference to the kept paths."""


def find_firsts(allowed: Allowed, paths: tuple[Steps, ...]) -> Node | None:
    """The allowed points that are the first ones with what they have at some paths; None where only listing tells."""
    constraints = allowed.answered
    digits = read_digits(allowed.base, [*(c.question for c in constraints), Question(paths)])
    kept = _find_kept(digits, [source for sources in digits.sources[-1] for source in sources])
    if kept is None or any(c.positions is not None for c in constraints):
        return None
    tables = [constraint.table for constraint in constraints if constraint.table is not None]
    touched = {digits.places[place] for table in tables for place in table.scope}
    if any(digits.all[number].context for number in touched):
        return None  # in one of several pieces: its values would have to be compared with those of the others
    free = [digit for digit in digits.all if digit.number not in touched]
    pinned = {digit.place for digit in free if digit.number not in kept}
    told = [d for d in digits.all if d.number in touched or (d.place not in pinned and not _is_told_apart(d, kept))]
    if any(digit.size > LIMIT for digit in told):
        return None
    classes = {digit.number: _list_classes(digit, kept.get(digit.number)) for digit in told}
    domains = {number: range(digits.all[number].size) for number in classes}
    store = Diagrams()
    made = [
        _mark_firsts(scope, [load_table(table, store, digits, domains) for table in some], store, classes)
        for scope, some in _tie_digits(classes, tables, digits)
    ]
    if None in made:
        return None
    firsts = [
        Constraint(None, paths, table=dump_table(store, root, digits, domains), turn=LAST_TURN, words="first of each")
        for root in made
        if root is not None and root != TRUE
    ]
    base = _pin_digits(allowed.base, pinned)
    return Select(base, Allowed(base, (*constraints, *firsts)))


def _find_kept(digits: Digits, sources: Sequence[Source]) -> dict[int, list[Steps]] | None:
    """The digits whose values are kept, with the paths inside of their values, none for whole values."""
    kept: dict[int, list[Steps]] = {}
    if any(digit.branches is not None and digit.node.distinct() != digit.node for digit in digits.all):
        return None  # whose branches may have restrictions in common, other than the pieces of an axis
    for source in sources:
        if source.rest and (source.context or not source.is_column):
            return None
        kept |= {chooser: [()] for chooser, _ in source.context}
        for number in source.digits:
            kept.setdefault(number, []).append(source.rest)
    return {number: [] if () in rests else rests for number, rests in kept.items()}


def _is_told_apart(digit: Digit, kept: Mapping[int, Sequence[Steps]]) -> bool:
    """True if what is kept of a digit is another one for each of its values."""
    return not kept[digit.number] and digit.node.distinct() == digit.node


def _list_classes(digit: Digit, rests: Sequence[Steps] | None) -> Sequence[Any]:
    """The class of each value of a digit: all one where nothing of it is kept."""
    if rests is None:
        return [None] * digit.size
    if digit.branches is not None:
        return range(digit.size)
    columns = [digit.node.list_values(rest) for rest in rests or ((),)]
    return [exact_key(values) for values in zip(*columns, strict=True)]


def _pin_digits(node: Node, pinned: AbstractSet[Place], place: Place = ()) -> Node:
    """The node in which the digits at some places have their first value alone."""
    if place in pinned:
        return cut_piece(node, 0, 1)
    match node.composition:
        case ProductOf(parts=parts) | SumOf(parts=parts) if any(other[: len(place)] == place for other in pinned):
            return node.rebuilt([_pin_digits(part, pinned, (*place, k)) for k, part in enumerate(parts)])
    return node


def _tie_digits(classes: Classes, tables: Sequence[Table], digits: Digits) -> list[tuple[list[int], list[Table]]]:
    """Groups of digits that no table ties to others, with their tables: in each the first ones are found alone."""
    leaders = {number: number for number in classes}

    def find_leader(number: int) -> int:
        while leaders[number] != number:
            number = leaders[number]
        return number

    scopes = [[digits.places[place] for place in table.scope] for table in tables]
    for scope in scopes:
        for number in scope[1:]:
            leaders[find_leader(number)] = find_leader(scope[0])
    groups = groupby(find_leader, sorted(classes))
    members = groupby(
        lambda pair: find_leader(pair[0][0]), [pair for pair in zip(scopes, tables, strict=True) if pair[0]]
    )
    return [(numbers, [table for _, table in members.get(leader, ())]) for leader, numbers in groups.items()]


def _mark_firsts(scope: Sequence[int], roots: Sequence[int], store: Diagrams, classes: Classes) -> int | None:
    """The diagram of the strings in all roots that are the first with their classes; None where it is too large."""
    if len(scope) > MOST_DIGITS:
        return None
    if all(len(set(classes[number])) == len(classes[number]) for number in scope):
        return TRUE  # every string is the only one of its kind
    try:
        return _FirstMarker(scope, store, classes).mark(0, store.conjoin_all(roots), frozenset())
    except (OutOfNodes, OutOfSteps):
        return None


@final
class _FirstMarker:
    """Marks the first strings of a diagram; beside the state of a string it follows those of all smaller ones."""

    def __init__(self, scope: Sequence[int], store: Diagrams, classes: Classes) -> None:
        self.scope, self.store, self.classes = scope, store, classes
        self.known: dict[tuple[int, int, frozenset[int]], int] = {}
        self.steps = 0

    def mark(self, depth: int, node: int, smaller: frozenset[int]) -> int:
        """The diagram of the ends, from a digit on, of strings that no smaller one of the same kind goes before."""
        if node == FALSE or TRUE in smaller or depth == len(self.scope):
            return int(node != FALSE and TRUE not in smaller)
        key = depth, node, smaller
        if key not in self.known:
            level = self.scope[depth]
            kinds = self.classes[level]
            self.steps += len(kinds) * (len(smaller) + 1)
            if self.steps > MOST_STEPS:
                raise OutOfSteps(level, frozenset())
            row = [self.mark(depth + 1, after, before) for after, before in self._advance(level, kinds, node, smaller)]
            self.known[key] = self.store.make_node(level, tuple(row))
        return self.known[key]

    def _advance(
        self, level: int, kinds: Sequence[Any], node: int, smaller: frozenset[int]
    ) -> Iterator[tuple[int, frozenset[int]]]:
        """Per value of a digit the state that it leads to, and the states of the smaller strings of its class."""
        values = groupby(kinds.__getitem__, range(len(kinds)))
        before = {kind: {self._step(s, level, v) for s in smaller for v in some} for kind, some in values.items()}
        for value, kind in enumerate(kinds):
            after = self._step(node, level, value)
            yield after, frozenset(before[kind] - {FALSE})
            before[kind].add(after)

    def _step(self, node: int, level: int, value: int) -> int:
        return self.store.rows[node][value] if self.store.levels[node] == level else node
