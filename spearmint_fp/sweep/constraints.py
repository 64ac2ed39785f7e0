"""Counted filters: which positions of a sweep satisfy predicates over a few of its axes.

Constraints gather as values, and are built into one automaton when something is asked. Those over one digit cut its
values first. Every other predicate is asked about the combinations of its own digits, the narrowest first; those over
fewer digits guard those over more, and values that no combination is left for are cut as well. What is left of the
tables is joined (`conjunction`) and counted (`automata`).
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from math import prod
from typing import Any, final

import attrs

from ..configuration.errors import ArgumentError, SizeError
from ..configuration.fold import show_path
from ..configuration.messages import format_count
from .atoms import build_formula
from .automata import Automaton, AutomatonData, dump_automaton
from .conjunction import MOST_STEPS, OutOfSteps, conjoin_all
from .diagrams import FALSE, MOST_NODES, TRUE, Diagrams, OutOfNodes
from .digits import read_digits
from .indices import count_items
from .nodes.node import Node
from .positions import join_positions
from .predicates import Asker, Raised, Relation, Space
from .tables import Constraint, dump_table, join_names, load_table


def build_automaton(base: Node, constraints: Sequence[Constraint]) -> tuple[Automaton, tuple[Constraint, ...]]:
    """The automaton of the configurations that satisfy all constraints, and these with their tables.

    Raises:
        SizeError: a constraint, or all of them together, would take too much.
        Exception: what a predicate raised about a configuration that the others leave.
    """
    try:
        return _Builder(base, constraints).build()
    except OutOfNodes:
        paths = join_names(show_path(path) for constraint in constraints for path in constraint.paths)
        raise SizeError(
            f"the constraints on {paths} have more than {MOST_NODES} cases to tell apart. Name fewer combinations of "
            f"values, or write the axes that they tie together side by side in the tree"
        ) from None


@final
class _Builder:
    def __init__(self, base: Node, constraints: Sequence[Constraint]) -> None:
        self.base, self.constraints = base, constraints
        self.digits = read_digits(base, [constraint.question for constraint in constraints])
        self.scopes = [self._find_scope(number) for number in range(len(constraints))]
        self.touching: dict[int, list[int]] = {}  # per digit, the constraints that look at it
        for number, scope in enumerate(self.scopes):
            for digit in scope:
                self.touching.setdefault(digit, []).append(number)
        for choice in self.digits.all:  # one that was looked into is a choice, whether or not a path was found there
            if choice.branches is not None:
                self.touching.setdefault(choice.number, [])
        domains: dict[int, Sequence[int]] = {number: range(self.digits.all[number].size) for number in self.touching}
        self.diagrams = Diagrams()
        self.space = Space(self.digits, self.diagrams, domains, dict(domains))
        self.roots: dict[int, int] = {}
        self.raised: dict[int, list[Raised]] = {}

    def _find_scope(self, number: int) -> Sequence[int]:
        """The digits that decide a constraint: those of its paths and its table, and the choices on the way to it."""
        constraint = self.constraints[number]
        choosers = [chooser for chooser, _ in self.digits.list_choosers(constraint.place)]
        places = () if constraint.table is None else constraint.table.scope
        return sorted({*self.digits.find_scope(number), *choosers, *map(self.digits.places.__getitem__, places)})

    def build(self) -> tuple[Automaton, tuple[Constraint, ...]]:
        # constraints over one digit come first: what they cut is no part of any later row
        single = [number for number, scope in enumerate(self.scopes) if len(scope) < 2]
        self._build_diagrams(single)
        tables = {number: self._dump_constraint(number) for number in single}
        self._cut_domains()
        # the domains say all that these said, but for those that look at no digit
        self.roots = {number: TRUE if self.scopes[number] else self.roots[number] for number in single}
        several = [number for number, scope in enumerate(self.scopes) if len(scope) > 1]
        self._build_diagrams(several)
        tables |= {number: self._dump_constraint(number) for number in several}
        automaton = Automaton(self._conjoin_diagrams({}), self.digits)
        self._raise_first_error(automaton)
        return automaton, tuple(tables[number] for number in range(len(self.constraints)))

    def _cut_domains(self) -> None:
        """Let rows go through the values that are left alone: what is asked from here on may be short."""
        for number, live in self.space.live.items():
            domain = self.space.domains[number]
            if count_items(live) < count_items(domain):
                self.space.domains[number] = [domain[k] for k in live]
                self.space.live[number] = range(len(live))

    def _dump_constraint(self, number: int) -> Constraint:
        constraint = self.constraints[number]
        if constraint.table is not None:
            return constraint
        table = dump_table(self.diagrams, self.roots[number], self.digits, self.space.domains)
        return attrs.evolve(constraint, table=table, turn=list(self.roots).index(number))

    def _build_diagrams(self, numbers: Sequence[int]) -> None:
        """Make a diagram of each constraint: first those that have been asked, then the narrowest."""
        waiting = []
        for number in numbers:
            table = self.constraints[number].table
            if table is None:
                waiting.append((self._count_points(number), number))
            else:
                self._keep_diagram(number, load_table(table, self.diagrams, self.digits, self.space.domains))
        heapify(waiting)
        while waiting:
            points, number = heappop(waiting)
            if self._count_points(number) < points:  # what was asked since has cut its digits: another may be narrower
                heappush(waiting, (self._count_points(number), number))
                continue
            self._keep_diagram(number, self._build_diagram(number))

    def _build_diagram(self, number: int) -> int:
        """The diagram of a constraint."""
        constraint = self.constraints[number]
        if constraint.positions is not None:
            return join_positions(constraint.positions, constraint.place, self.space)
        if isinstance(constraint.predicate, Relation):
            related = constraint.predicate.build_diagram(self.base, constraint.place, self.space)
            if related is not None:
                return related
        if constraint.formula is not None:
            root, raised = build_formula(constraint, constraint.formula, number, self.space)
            if raised:
                self.raised[number] = raised
            return root
        asker = Asker(constraint, number, self.space)
        root = asker.build_diagram(self._build_guard(number))
        if asker.raised:
            self.raised[number] = asker.raised
        return root

    def _count_points(self, number: int) -> int:
        if self.constraints[number].formula is not None:  # values are looked up, not asked about
            return 0
        return prod([count_items(self.space.live[digit]) for digit in self.scopes[number]])

    def _build_guard(self, number: int) -> int:
        """The diagram of the constraints over some of these digits and no others."""
        scope = frozenset(self.scopes[number])
        near = {other for digit in scope for other in self.touching[digit] if other in self.roots}
        inside = [other for other in near if scope.issuperset(self.scopes[other])]
        return self.diagrams.conjoin_all(map(self._allow_elsewhere, inside))

    def _allow_elsewhere(self, number: int) -> int:
        """The diagram of a constraint that may lie in a branch, with all that is in the other branches."""
        root = self.roots[number]
        for chooser, branch in self.digits.list_choosers(self.constraints[number].place):
            others = tuple([int(value != branch) for value in self.space.domains[chooser]])
            root = self.diagrams.disjoin(root, self.diagrams.make_node(chooser, others))
        return root

    def _keep_diagram(self, number: int, root: int) -> None:
        """Note a constraint's diagram, and cut the values for which some constraint leaves nothing, while there are."""
        self.roots[number] = root
        waiting = {number: None}
        while waiting:
            asked = next(iter(waiting))
            del waiting[asked]
            supported = self.diagrams.find_supported(self.roots[asked], self.scopes[asked], self.space.live)
            for digit, values in supported.items():
                if count_items(values) < count_items(self.space.live[digit]):
                    self.space.live[digit] = values
                    again = [other for other in self.touching[digit] if other in self.roots and other != asked]
                    waiting.update(dict.fromkeys(again))

    def _conjoin_diagrams(self, extra: dict[int, int]) -> AutomatonData:
        """The conjunction of all diagrams, those in `extra` in addition."""
        roots = [self.diagrams.restrict(root, self.space.live) for root in (*self.roots.values(), *extra.values())]
        bound = self._list_bound_digits(roots)
        kept = {n: [self.space.domains[n][k] for k in live] for n, live in self.space.live.items() if n in bound}
        scopes = [[number for number in scope if number in bound] for scope in self.scopes]
        try:
            made = conjoin_all(self.digits, kept, self.diagrams, roots, scopes)
        except OutOfSteps as stop:
            raise self._make_refusal(stop) from None
        return dump_automaton(made, self.digits, kept)

    def _list_bound_digits(self, roots: Sequence[int]) -> set[int]:
        """The digits that the diagrams look at, or that have been cut, and every choice among branches.

        All others are free, however long they are.
        """
        bound = {n for n, live in self.space.live.items() if count_items(live) < self.digits.all[n].size}
        bound.update(*map(self.diagrams.find_support, roots))
        return bound.union(digit.number for digit in self.digits.all if digit.branches is not None)

    def _raise_first_error(self, automaton: Automaton) -> None:
        """Raise the error of the first configuration that is left although a predicate raised about it.

        Such a configuration counts as allowed so far. Which combinations were asked depends on the order of building;
        which configurations are left does not.
        """
        first: tuple[int, Constraint, tuple[Any, ...]] | None = None
        for number, raised in self.raised.items() if automaton.size else ():
            doubtful = Automaton(self._conjoin_diagrams({number: self._join_raised(raised)}), self.digits)
            if doubtful.size:
                position = doubtful.find_position(0)
                if first is None or position < first[0]:
                    values = {digit.number: value for digit, value in self.digits.split_position(position)}
                    arguments = next(given for where, given in raised if all(values.get(n) == v for n, v in where))
                    first = position, self.constraints[number], arguments
        if first is not None:
            position, constraint, arguments = first
            constraint.holds(arguments)  # raises as it did, where its caller sees it
            paths = ", ".join(map(show_path, constraint.paths))
            raise ArgumentError(
                f"the predicate on {paths} raised about configuration {format_count(position)}, but not when asked "
                f"again. A predicate must be pure: the same answer for the same values"
            )

    def _join_raised(self, raised: Sequence[Raised]) -> int:
        """The diagram of the combinations about which a predicate raised, built from their ends."""
        looked_at = {number for where, _ in raised for number, _ in where}
        domains = {number: {v: k for k, v in enumerate(self.space.domains[number])} for number in looked_at}
        found: dict[tuple[tuple[int, int], ...], int] = {
            where: TRUE for where, _ in raised if all(value in domains[number] for number, value in where)
        }
        for depth in range(max(map(len, found), default=0), 0, -1):
            rows: dict[tuple[tuple[int, int], ...], tuple[int, list[int]]] = {}
            for combination in [combination for combination in found if len(combination) == depth]:
                *before, (digit, value) = combination
                _, row = rows.setdefault(tuple(before), (digit, [FALSE] * len(domains[digit])))
                row[domains[digit][value]] = found.pop(combination)
            found.update({before: self.diagrams.make_node(digit, tuple(row)) for before, (digit, row) in rows.items()})
        return found.get((), FALSE)

    def _make_refusal(self, stop: OutOfSteps) -> SizeError:
        paths = [show_path(path) for constraint in self.constraints for path in constraint.paths]
        open_paths = map(self._name_digit, sorted(stop.open_digits))
        fewer = "constrain fewer axes, or cut them first with constraints over one axis each"
        advice = ", or ".join(filter(None, (self._advise_order(), fewer)))
        return SizeError(
            f"the constraints on {join_names(paths)} take more than {MOST_STEPS} steps to count together: at "
            f"{self._name_digit(stop.number)} too many cases of {join_names(open_paths)} are open at once. "
            f"{advice[0].upper()}{advice[1:]}"
        )

    def _advise_order(self) -> str:
        """Advice to write the axis that most constraints look at before all that it meets in them; empty without one.

        Its cases are decided first then, and what is tied to it alone falls apart into groups that are counted apart.
        """
        for number in sorted(self.touching, key=lambda number: (-len(self.touching[number]), number)):
            earlier = [n for other in self.touching[number] for n in self.scopes[other] if n < number]
            if earlier and len(self.touching[number]) > len(self.touching[min(earlier)]):
                moved, anchor = self._name_digit(number), self._name_digit(min(earlier))
                if moved != anchor:
                    return f"Write {moved} before {anchor} in the tree, so that fewer are"
        return ""

    def _name_digit(self, number: int) -> str:
        """A path that the digit gives a value to."""
        for constraint, arguments in zip(self.constraints, self.digits.sources, strict=True):
            for path, sources in zip(constraint.paths, arguments, strict=True):
                if any(number in source.digits for source in sources):
                    return show_path(path)
        return "the choice of a branch"
