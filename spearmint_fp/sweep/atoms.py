"""Formulas as diagrams: a diagram of each test, joined as the formula says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from ..configuration.errors import SizeError
from ..configuration.fold import Steps, show_path
from ..configuration.messages import format_count
from .diagrams import FALSE, TRUE
from .digits import Context, Source
from .formulas import Formula, Groups, Values
from .indices import count_items
from .nodes.node import ABSENT, LIMIT
from .predicates import Asker, Raised, Space
from .tables import Constraint


def build_formula(constraint: Constraint, formula: Formula, number: int, space: Space) -> tuple[int, list[Raised]]:
    """The diagram of the configurations that satisfy a formula, and the combinations about which a test raised.

    Such a combination stays allowed for now, where the formula only joins tests by and.
    """
    atoms: list[int] = []
    raised: list[Raised] = []
    is_open = _is_conjunction(formula.join)
    for test, path, sources in zip(formula.tests, constraint.paths, space.digits.sources[number], strict=True):
        if isinstance(test, Values) and all(source.is_column for source in sources):
            atoms.append(_look_up_values(test, path, sources, space))
        else:
            root, failed = _ask_test(test, path, sources, space)
            if failed and not is_open:  # a test that may be negated cannot be left open
                Constraint(test, (path,)).holds(failed[0][1])
            raised += failed
            atoms.append(root)
    root = formula.join(atoms, space.diagrams)
    return space.diagrams.disjoin(root, space.find_outside(constraint.place)), raised  # where nothing is asked for


def _is_conjunction(join: Any) -> bool:
    return isinstance(join, Groups) and len(join.groups) == 1 and not join.negated


def _look_up_values(test: Values, path: Steps, sources: Sequence[Source], space: Space) -> int:
    """The diagram of the configurations that have one of some values at a path, without asking about each value."""
    found: dict[Context, int] = {}
    for source in sources:
        node = _look_up_source(test, path, source, space)
        found[source.context] = space.diagrams.disjoin(found.get(source.context, FALSE), node)
    return space.join_branches(found)


def _look_up_source(test: Values, path: Steps, source: Source, space: Space) -> int:
    """The diagram of the values of one digit that pass a test."""
    (digit,) = source.digits
    domain = space.domains[digit]
    places = None if source.rest else frozenset(test.list_places(source.node))
    if places is not None and not places:  # an axis without the values, or a piece of one that has been cut
        return int(test.others)
    if count_items(domain) > LIMIT:
        raise SizeError(
            f"finding the values at {show_path(path)} takes {format_count(source.node.size)} points to enumerate, more "
            f"than {LIMIT}: the sweep there is shuffled, zipped or mapped. Select from it before it is"
        )
    if places is None:
        column = source.column
        row = [int(column[value] is not ABSENT and test(column[value])) for value in domain]
    else:
        row = [int((value in places) is not test.others) for value in domain]
    return space.diagrams.make_node(digit, tuple(row))


def _ask_test(
    test: Callable[[Any], Any], path: Steps, sources: tuple[Source, ...], space: Space
) -> tuple[int, list[Raised]]:
    """The diagram of a test that is asked about each combination of what decides its value."""
    alone = attrs.evolve(space.digits, sources=((sources,),))
    asker = Asker(Constraint(test, (path,)), 0, attrs.evolve(space, digits=alone), absent=FALSE)
    return asker.build_diagram(TRUE), asker.raised
