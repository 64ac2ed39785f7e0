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
    inside = _join_branches({tuple(space.digits.list_choosers(constraint.place)): TRUE}, space)
    return space.diagrams.disjoin(root, space.diagrams.negate(inside)), raised  # elsewhere nothing is asked for


def _is_conjunction(join: Any) -> bool:
    return isinstance(join, Groups) and len(join.groups) == 1 and not join.negated


def _look_up_values(test: Values, path: Steps, sources: Sequence[Source], space: Space) -> int:
    """The diagram of the configurations that have one of some values at a path, without asking about each value."""
    found: dict[Context, int] = {}
    for source in sources:
        digit = source.digits[0]
        domain = space.domains[digit]
        if count_items(domain) > LIMIT:
            node = _decide_long(test, path, source)
        else:
            node = space.diagrams.make_node(digit, tuple(map(_make_answer(test, source), domain)))
        found[source.context] = space.diagrams.disjoin(found.get(source.context, FALSE), node)
    return _join_branches(found, space)


def _join_branches(found: dict[Context, int], space: Space) -> int:
    """The diagram of what is in any of some branches and in the diagram of that branch, innermost ones first."""
    for depth in range(max(map(len, found), default=0), 0, -1):
        rows: dict[tuple[Context, int], dict[int, int]] = {}
        for context in [context for context in found if len(context) == depth]:
            chooser, branch = context[-1]
            rows.setdefault((context[:-1], chooser), {})[branch] = found.pop(context)
        for (outer, chooser), row in rows.items():
            node = space.diagrams.make_node(chooser, tuple([row.get(v, FALSE) for v in space.domains[chooser]]))
            found[outer] = space.diagrams.disjoin(found.get(outer, FALSE), node)
    return found.get((), FALSE)


def _decide_long(test: Values, path: Steps, source: Source) -> int:
    """The one answer about all values of a long digit, which has been cut."""
    if source.rest or (test.values and test.list_places(source.node)):
        raise SizeError(
            f"finding the values at {show_path(path)} takes {format_count(source.node.size)} points to enumerate, more "
            f"than {LIMIT}: the sweep there is shuffled, zipped or mapped. Select from it before it is"
        )
    return int(test.others)


def _make_answer(test: Values, source: Source) -> Callable[[int], int]:
    """A function from the position of a value to the test's answer."""
    if source.rest or source.node.size < 4:
        column = source.column
        return lambda value: int(column[value] is not ABSENT and test(column[value]))
    places = frozenset(test.list_places(source.node))
    return lambda value: int((value in places) is not test.others)


def _ask_test(
    test: Callable[[Any], Any], path: Steps, sources: tuple[Source, ...], space: Space
) -> tuple[int, list[Raised]]:
    """The diagram of a test that is asked about each combination of what decides its value."""
    alone = attrs.evolve(space.digits, sources=((sources,),))
    asker = Asker(Constraint(test, (path,)), 0, attrs.evolve(space, digits=alone), absent=FALSE)
    return asker.build_diagram(TRUE), asker.raised
