"""Formulas as diagrams, against the formula of each configuration."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, SizeError, expand, shuffled
from spearmint_fp.sweep.atoms import build_formula
from spearmint_fp.sweep.digits import find_node
from spearmint_fp.sweep.formulas import ANYTHING, Formula, Groups, Values
from spearmint_fp.sweep.tables import Constraint
from tests.examples import examples

from ..oracle import paths_of, predicate, value_at
from .generated import points, sweeps
from .spaces import find_inside, list_places, list_positions, open_space

some = examples(100)


@some
@given(st.data(), sweeps())
def test_the_diagram_has_the_configurations_that_the_formula_keeps(data: Any, sweep: Any) -> None:
    base = sweep._node
    place = data.draw(st.sampled_from(list_places(open_space(base).digits) or [()]))
    part = find_node(base, place)
    listed = [part.at(k) for k in range(part.size)] if len(points(sweep)) == sweep.size else []
    if not listed:
        return
    known = sorted({path for point in listed for path in paths_of(point)}, key=repr)
    paths = tuple(data.draw(st.lists(st.sampled_from([*known, ("nowhere",)]), min_size=1, max_size=3)))
    tests = tuple(data.draw(draw_test(path, listed)) for path in paths)
    group = st.lists(st.integers(0, len(paths) - 1), max_size=3).map(tuple)
    formula = Formula(tests, Groups(tuple(data.draw(st.lists(group, max_size=2))), data.draw(st.booleans())))
    constraint = Constraint(formula, paths, place)
    space = open_space(base, constraint.question)
    root, raised = build_formula(constraint, formula, 0, space)
    assert raised == []
    inside = [find_inside(base, position, place) for position in range(sweep.size)]
    assert list_positions(root, space) == [
        position for position, k in enumerate(inside) if k is None or formula.keeps(paths, listed[k])
    ]


def draw_test(path: Any, listed: list[Any]) -> st.SearchStrategy[Any]:
    there = []
    for point in listed[:5]:
        try:
            there.append(value_at(path, point))
        except LookupError:
            continue
    chosen = st.lists(st.sampled_from([*there, 1, 1.0]), max_size=2)
    return st.builds(predicate, st.integers(0, 9), st.just(2)) | st.just(ANYTHING) | st.builds(
        lambda values, others: Values.of(values, others=others), chosen, st.booleans()
    )  # fmt: skip


def test_what_raises_stays_open_unless_it_may_be_negated() -> None:
    def refuse(value: int) -> bool:
        return 1 / value > 0

    base, paths = expand({"a": DynamicValue([2, 0, -1]), "b": DynamicValue([1, 2])})._node, (("a",), ("b",))
    for negated in (False, True):
        formula = Formula((refuse, Values.of([2])), Groups(((0, 1),), negated))
        constraint = Constraint(formula, paths)
        space = open_space(base, constraint.question)
        if negated:
            with pytest.raises(ZeroDivisionError):
                build_formula(constraint, formula, 0, space)
        else:
            root, raised = build_formula(constraint, formula, 0, space)
            assert list_positions(root, space) == [1, 3]
            assert [(combination, values) for combination, values in raised] == [(((0, 1),), (0,))]


def test_values_are_looked_up_and_not_among_too_many() -> None:
    formula = Formula((Values.of([7]),), Groups(((0,),)))
    constraint = Constraint(formula, (("s", "n"),))
    long = expand({"n": DynamicValue(range(10**30))})
    for base in (expand({"s": shuffled(long)}), expand({"s": long})):  # nor is an axis that nobody has cut
        space = open_space(base._node, constraint.question)
        with pytest.raises(SizeError, match=r"at s\.n takes"):
            build_formula(constraint, formula, 0, space)
    absent = Formula((Values.of(["7"]),), Groups(((0,),)))
    space = open_space(expand({"s": long})._node, constraint.question)
    assert build_formula(constraint, absent, 0, space) == (0, [])
