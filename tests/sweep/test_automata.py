"""Automata against the list of allowed positions."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, expand
from spearmint_fp.sweep.automata import Automaton
from spearmint_fp.sweep.constraints import build_automaton
from spearmint_fp.sweep.tables import Constraint
from tests.examples import examples

from ..oracle import listing, paths_of, predicate, record_specs, tree_of, value_at

some = examples(120)

Rule = tuple[Any, tuple[Any, ...]]


def is_kept(rules: Sequence[Rule], config: Any) -> bool:
    """True where every predicate holds; a configuration that lacks a path satisfies it."""
    for holds, on in rules:
        try:
            values = [value_at(path, config) for path in on]
        except LookupError:
            continue
        if not holds(*values):
            return False
    return True


@st.composite
def constrained_specs(draw: st.DrawFn) -> tuple[Any, list[Any], list[Rule]]:
    """A tree, all its configurations, and one to four predicates over paths that some of these have."""
    spec = draw(record_specs())
    configs = listing(spec)
    known = sorted({path for config in configs for path in paths_of(config)}, key=str)
    scopes = st.lists(st.sampled_from(known), min_size=1, max_size=4) if known else st.nothing()
    numbers = range(draw(st.integers(1, 4)) if known else 0)
    return spec, configs, [(predicate(n, draw(st.sampled_from([1, 2, 3, 3]))), tuple(draw(scopes))) for n in numbers]


def make(spec: Any, rules: Sequence[Rule]) -> Automaton:
    node = expand(tree_of(spec))._node
    return build_automaton(node, [Constraint(holds, on) for holds, on in rules])[0]


@some
@given(constrained_specs())
def test_ranks_and_positions_are_those_of_the_allowed_list(case: tuple[Any, list[Any], list[Rule]]) -> None:
    spec, configs, rules = case
    if not rules or not configs:
        return
    automaton = make(spec, rules)
    allowed = [k for k, config in enumerate(configs) if is_kept(rules, config)]
    assert automaton.size == len(allowed)
    assert [automaton.find_position(rank) for rank in range(len(allowed))] == allowed
    for position in range(len(configs)):
        before = sum(other < position for other in allowed)
        assert automaton.find_rank(position) == (before, position in allowed)
    assert automaton.find_rank(len(configs)) == (len(allowed), False)
    for rank in (-1, len(allowed)):
        with pytest.raises(IndexError):
            automaton.find_position(rank)


@some
@given(constrained_specs(), st.randoms())
def test_equal_sets_have_equal_shapes_whatever_the_order(case: tuple[Any, list[Any], list[Rule]], random: Any) -> None:
    spec, configs, rules = case
    if not rules or not configs:
        return
    data = make(spec, rules).data
    mixed = random.sample(rules, len(rules))
    assert make(spec, mixed).size == make(spec, rules).size
    assert pickle.loads(pickle.dumps(data)) == data
    digits = make(spec, rules).digits
    again = Automaton(pickle.loads(pickle.dumps(data)), digits)
    assert (again.size, again.counts) == (make(spec, rules).size, make(spec, rules).counts)


def test_the_values_that_are_left_are_those_of_the_listing() -> None:
    tree = {name: DynamicValue(range(6)) for name in "abc"}
    rules: list[Rule] = [(lambda a, b: a + 3 < b, (("a",), ("b",))), (lambda b, c: b == c, (("b",), ("c",)))]
    automaton = build_automaton(expand(tree)._node, [Constraint(holds, on) for holds, on in rules])[0]
    kept = [row for row in product(range(6), repeat=3) if row[0] + 3 < row[1] == row[2]]
    assert automaton.values_left == {(k,): sorted({row[k] for row in kept}) for k in range(3)}


def test_nothing_is_left() -> None:
    node = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2])})._node
    automaton = build_automaton(node, [Constraint(lambda a, b: a + b > 9, (("a",), ("b",)))])[0]
    assert automaton.size == 0
    assert [automaton.find_rank(k) for k in range(5)] == [(0, False)] * 5
