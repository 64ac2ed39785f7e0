"""The positions of a sweep whose points satisfy constraints, counted; and constraints on sweeps inside sweeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, cast, final

import attrs

from ..configuration.messages import format_count
from .automata import Automaton, AutomatonData
from .constraints import build_automaton
from .digits import Question, narrow_node, read_digits
from .formulas import split_axes
from .indices import Indices
from .listing import RowLister, keep_points, walk_runs
from .nodes.columns import Columns
from .nodes.node import Node, ProductOf, SelectionOf, SumOf
from .nodes.reordered import Place
from .outline import SHOWN_TERMS
from .predicates import Relation
from .tables import Constraint, keep_firsts


def lift_constraints(node: Node, place: Place = ()) -> tuple[Node, tuple[Constraint, ...]]:
    """The node without the constraints on parts of it, and these constraints, as those of the whole.

    Positions keep their order: a record of constrained parts is the constrained record.
    """
    match node.composition:
        case SelectionOf(base=inside, indices=Allowed(known=constraints)):
            base, inner = lift_constraints(inside, place)
            return base, (*(constraint.move_below(place) for constraint in constraints), *inner)
        case ProductOf(parts=parts) | SumOf(parts=parts):
            pairs = [lift_constraints(part, (*place, k)) for k, part in enumerate(parts)]
            lifted = tuple([constraint for _, inner in pairs for constraint in inner])
            return (node.rebuilt([part for part, _ in pairs]), lifted) if lifted else (node, ())
    return node, ()


def _is_faithful(node: Node) -> bool:
    """True where different digits always make different points."""
    if not isinstance(node.composition, ProductOf):
        return True
    return node.faithful and all(map(_is_faithful, node.composition.parts))


@final
@attrs.frozen(eq=False, repr=False, slots=False)
class Allowed(Indices):
    """The positions of `base`, ascending, whose points satisfy every constraint; counted when something is asked.

    It is pickled with its automaton and tables, so that no predicate is asked again, nor has to be picklable.
    """

    how = "constrained"

    base: Node
    constraints: tuple[Constraint, ...]
    _data: AutomatonData | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Allowed):
            return NotImplemented
        if not self.base == other.base:
            return False
        known = all(c.predicate is not None or c.positions is not None for c in self.constraints)
        asked_alike = known and self.constraints == other.constraints
        return asked_alike or self.automaton.data == other.automaton.data

    def __hash__(self) -> int:
        return hash((Allowed, self.size))

    def __reduce__(self) -> tuple[Any, ...]:
        automaton, constraints = self._built
        return Allowed, (self.base, tuple([attrs.evolve(c, predicate=None) for c in constraints]), automaton.data)

    @staticmethod
    def of(base: Node, known: Sequence[Constraint], constraints: Sequence[Constraint]) -> Allowed:
        """The positions of a base that satisfy constraints, some of which it has had before."""
        tests = [
            (path, test)
            for constraint in constraints
            for path, test in zip(
                constraint.paths, constraint.formula.tests if constraint.formula else (), strict=False
            )
        ]
        read = {place for c in (*known, *constraints) if c.table is not None for place in c.table.scope}
        base = split_axes(base, tests, read)
        for constraint in constraints:
            if isinstance(constraint.predicate, Relation):
                base = constraint.predicate.cut_axes(base, read)
        return Allowed(base, (*known, *constraints))

    def find_product(self) -> Node | None:
        """The narrowed base, where its points are just the allowed ones: where each axis was cut by itself.

        A base that has lost a path is none: an unknown path is an error, and one that was cut off is not unknown.
        """
        narrowed = narrow_node(self.base, self.automaton.values_left)
        same = narrowed.size == self.size and narrowed.columns().keys() == self.base.columns().keys()
        return narrowed if same else None

    def narrow(self, *constraints: Constraint) -> Allowed:
        """The same with more constraints; what has been asked is not asked again."""
        return Allowed.of(self.base, self.known, constraints)

    @property
    def known(self) -> tuple[Constraint, ...]:
        """The constraints, with their tables where they have been asked."""
        known: tuple[Constraint, ...] = self.__dict__.get("_built", (None, self.constraints))[1]
        return known

    def drop_repetitions(self) -> Allowed | None:
        """The first of equal configurations each; None where only listing tells.

        Constraints look at values, so equal configurations are all allowed or none is: of each axis, the first of equal
        values stay. A stride looks at positions instead, and branches may hold equal configurations.
        """
        digits = read_digits(self.base, (Question(((),)),)).all
        placed = any(constraint.positions is not None for constraint in self.constraints)
        if placed or not _is_faithful(self.base) or any(digit.node.distinct() is None for digit in digits):
            return None
        return self.narrow(*[keep_firsts(digit) for digit in digits if digit.node.distinct() != digit.node])

    @cached_property
    def _built(self) -> tuple[Automaton, tuple[Constraint, ...]]:
        if self._data is not None:
            digits = read_digits(self.base, [constraint.question for constraint in self.constraints])
            return Automaton(self._data, digits), self.constraints
        return build_automaton(self.base, self.constraints)

    @property
    def automaton(self) -> Automaton:
        """The counts, made when they are first asked for."""
        return self._built[0]

    @property
    def answered(self) -> tuple[Constraint, ...]:
        """The constraints with their tables."""
        return self._built[1]

    @property
    def _product(self) -> ProductOf:
        return cast(ProductOf, self.base.composition)

    @cached_property
    def _points(self) -> RowLister:
        parts, weights = self._product.parts, self._product.weights
        return RowLister(self.automaton, len(parts), keep_points(parts, weights))

    @cached_property
    def _offsets(self) -> RowLister:
        return RowLister(self.automaton, len(self._product.parts), lambda _, offset: offset)

    @property
    def size(self) -> int:
        return self.automaton.size

    def notes(self) -> Iterator[str]:
        """How many configurations each constraint removes of those that the ones before it leave, in asking order."""
        left, before = self.base.size, tuple[Constraint, ...]()
        for constraint in sorted(self.answered, key=lambda constraint: constraint.turn)[:SHOWN_TERMS]:
            before = (*before, constraint)
            count = Allowed(self.base, before).size
            yield f"{constraint.name}: {format_count(left - count)} removed, {format_count(count)} left"
            left = count
        if len(self.constraints) > SHOWN_TERMS:
            more = len(self.constraints) - SHOWN_TERMS
            yield f"… and {more} more constraints: {format_count(left - self.size)} removed"

    def at(self, index: int) -> int:
        return self.automaton.find_position(index)

    def rank(self, position: int) -> int | None:
        index, there = self.automaton.find_rank(position)
        return index if there else None

    def count_before(self, position: int) -> int:
        return self.automaton.find_rank(position)[0]

    def runs(self, start: int, stop: int) -> Iterator[range]:
        return walk_runs(self._offsets.walk_blocks(start, stop))

    def point(self, base: Node, index: int) -> Any:  # noqa: ARG002  # the base is its own
        return self._product.build(self._points.find_row(index))

    def walk(self, base: Node, start: int, stop: int) -> Iterator[Any]:
        if base.calls:  # what a class raises stands at its own configuration, behind all before it
            return (self.point(base, index) for index in range(start, stop))
        product = self._product
        return product.build_all(self._points.walk_blocks(start, stop, product.shape.row_head))

    def columns(self, base: Node) -> Columns:
        """The columns of the base with the values that are left."""
        return narrow_node(base, self.automaton.values_left).columns()
