"""Constraints, and the tables that they become once their predicates have been asked.

A table is a diagram that stands alone: it is kept with its constraint, pickled with it, and laid over a sweep again
without a call of the predicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from operator import itemgetter
from typing import Any, cast, final

import attrs
from toolz import unique

from ..configuration.errors import STOPS, PathError, make_stop_error
from ..configuration.fold import Steps, show_path
from ..configuration.keys import exact_key
from ..configuration.messages import add_note, short_repr
from ..configuration.paths import get_in
from .diagrams import FALSE, TRUE, Diagrams, Row, pack_row, unpack_row
from .digits import Digit, Digits, Question
from .formulas import Formula, Values
from .indices import count_items
from .nodes.reordered import Place


@final
@attrs.frozen(repr=False)
class Table:
    """A diagram that stands alone: its nodes are (position in the scope, row), numbered from 2, children first."""

    scope: tuple[Place, ...]
    domains: tuple[Sequence[int], ...]  # per digit of the scope, the values that the rows go through
    nodes: tuple[tuple[int, Row], ...]
    root: int

    def __reduce__(self) -> tuple[Any, ...]:
        packed = [(digit, pack_row(row)) for digit, row in self.nodes]
        return _unpack_table, (self.scope, self.domains, packed, self.root)


def _unpack_table(scope: tuple[Place, ...], domains: Any, packed: Sequence[tuple[int, Any]], root: int) -> Table:
    return Table(scope, domains, tuple([(digit, unpack_row(row)) for digit, row in packed]), root)


@final
@attrs.frozen(repr=False)
class Constraint:
    """A predicate over the values at some paths below a place of a sweep; a configuration that lacks one satisfies it.

    With a table it has been asked, and needs its predicate no more: a constraint that was pickled has none.
    """

    predicate: Callable[..., Any] | None
    paths: tuple[Steps, ...]
    place: Place = ()
    table: Table | None = attrs.field(default=None, eq=False)
    turn: int = attrs.field(default=0, eq=False)  # when it was asked: those before it guarded it
    positions: range | None = None  # instead of a predicate, ascending: the positions that satisfy it
    words: str = ""  # for `explain`, in place of its paths

    @property
    def question(self) -> Question:
        return Question(self.paths, self.place)

    @property
    def name(self) -> str:
        """The words for it in `explain`."""
        if self.words:
            return self.words
        if self.positions is not None:
            return f"one of every {self.positions.step} positions"
        return f"on {join_names(map(show_path, self.paths))}"

    def move_below(self, place: Place) -> Constraint:
        """The same constraint of a sweep that stands at a place of another one."""
        scope = () if self.table is None else tuple([(*place, *inner) for inner in self.table.scope])
        table = None if self.table is None else attrs.evolve(self.table, scope=scope)
        return attrs.evolve(self, place=(*place, *self.place), table=table)

    @property
    def formula(self) -> Formula | None:
        """The predicate, where it is a formula: then a path that is absent has a meaning of its own."""
        return self.predicate if isinstance(self.predicate, Formula) else None

    @property
    def is_answered(self) -> bool:
        """True for a formula of tests by value: no function of the caller's is asked."""
        return self.formula is not None and all(isinstance(test, Values) for test in self.formula.tests)

    def keeps(self, point: Any) -> bool:
        """The answer about a configuration, which satisfies a predicate where it lacks a path."""
        if self.formula is not None:
            return self.formula.keeps(self.paths, point)
        try:
            values = [get_in(path, point) for path in self.paths]
        except PathError:
            return True
        return self.holds(values)

    def holds(self, values: Sequence[Any]) -> bool:
        """The predicate's answer; what it raises names the values."""
        try:
            return bool(self.function(*values))
        except (Exception, GeneratorExit) as error:
            named = make_stop_error(self.function, error) if isinstance(error, STOPS) else error
            given = ", ".join(f"{show_path(p)}={short_repr(v)}" for p, v in zip(self.paths, values, strict=True))
            add_note(
                named, "while constraining on ", f"{given}; the predicate takes one argument per path, in their order"
            )
            if named is error:
                raise
            raise named from error

    @property
    def function(self) -> Callable[..., Any]:
        """The predicate, of a constraint that has not been pickled since it was asked."""
        return cast(Callable[..., Any], self.predicate)


def keeps_all(constraints: Iterable[Constraint], point: Any) -> bool:
    """True where a point satisfies all constraints; what one raises counts only where the others keep the point."""
    errors = []
    for constraint in constraints:
        try:
            if not constraint.keeps(point):
                return False
        except Exception as error:
            errors.append(error)
    if errors:
        raise errors[0]
    return True


def join_names(names: Iterable[str]) -> str:
    """The first dozen different names, with commas."""
    different = list(dict.fromkeys(names))
    return ", ".join(different[:12]) + (", …" if len(different) > 12 else "")


def keep_firsts(digit: Digit) -> Constraint:
    """The constraint that keeps the first of equal values of a digit: it has been answered already."""
    keys = unique(zip(map(exact_key, digit.node.list_values(())), count()), key=itemgetter(0))
    firsts = {position for _, position in keys}
    row = tuple([int(value in firsts) for value in range(digit.size)])
    table = Table((digit.place,), (range(digit.size),), ((0, row),), 2)
    return Constraint(None, ((),), digit.place, table)


def dump_table(diagrams: Diagrams, root: int, digits: Digits, domains: Mapping[int, Any]) -> Table:
    """A diagram of the store as a table."""
    scope = sorted(diagrams.find_support(root))
    return _pack_table(diagrams, root, scope, [digits.all[n].place for n in scope], [domains[n] for n in scope])


def _pack_table(
    diagrams: Diagrams, root: int, levels: Sequence[int], scope: Iterable[Place], domains: Iterable[Sequence[int]]
) -> Table:
    """A diagram over some levels as a table, given the place and the domain of each."""
    listed = diagrams.list_nodes(root)
    order = {level: k for k, level in enumerate(levels)}
    numbers = {FALSE: FALSE, TRUE: TRUE, **{node: k for k, node in enumerate(listed, 2)}}
    nodes = [(order[diagrams.levels[n]], tuple([numbers[c] for c in diagrams.rows[n]])) for n in listed]
    return Table(tuple(scope), tuple(domains), tuple(nodes), numbers[root])


def move_table(table: Table, scope: Sequence[Place]) -> Table:
    """The same table for digits that stand at other places, which may come in another order."""
    order = sorted(range(len(scope)), key=scope.__getitem__)
    levels = {k: level for level, k in enumerate(order)}
    diagrams, image = Diagrams(), [FALSE, TRUE]
    for k, row in table.nodes:
        found = FALSE
        for child in dict.fromkeys(row):
            here = diagrams.make_node(levels[k], tuple([int(cell == child) for cell in row]))
            found = diagrams.disjoin(found, diagrams.conjoin(here, image[child]))
        image.append(found)
    domains = [table.domains[k] for k in order]
    return _pack_table(diagrams, image[table.root], range(len(order)), [scope[k] for k in order], domains)


def load_table(table: Table, diagrams: Diagrams, digits: Digits, domains: Mapping[int, Sequence[int]]) -> int:
    """The diagram of a table over the present domains; it is false of values that the table does not go through."""
    levels = [digits.places[place] for place in table.scope]
    columns: list[Sequence[int]] = []  # per value of the domain its place in a row, -1 without one
    for level, domain in zip(levels, table.domains, strict=True):
        places = {value: k for k, value in enumerate(domain)} if domain != domains[level] else None
        columns.append(range(count_items(domain)) if places is None else [places.get(v, -1) for v in domains[level]])
    image = [FALSE, TRUE]
    for k, row in table.nodes:
        cells = (*row, FALSE)
        image.append(diagrams.make_node(levels[k], tuple([image[cells[place]] for place in columns[k]])))
    return image[table.root]
