"""Predicates as tables: what is asked, how often, and what is remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, SizeError, constrain, expand
from spearmint_fp.sweep.constraints import build_automaton
from spearmint_fp.sweep.digits import Question, read_digits
from spearmint_fp.sweep.tables import Constraint
from tests.examples import examples

from ..oracle import predicate

some = examples(120)
NAMES = "abcd"
scopes = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True).map(tuple)


@some
@given(st.lists(st.tuples(scopes, st.sampled_from([1, 2, 3])), min_size=1, max_size=5))
def test_a_predicate_is_asked_at_most_once_and_only_about_what_narrower_ones_leave(rules: Sequence[Any]) -> None:
    node = expand({name: DynamicValue(range(3)) for name in NAMES})._node
    asked = [Counter[tuple[int, ...]]() for _ in rules]
    holds = [predicate(number, keep) for number, (_, keep) in enumerate(rules)]

    def counted(number: int) -> Any:
        return lambda *values: bool(asked[number].update([values])) or holds[number](*values)

    constraints = [Constraint(counted(k), tuple((name,) for name in on)) for k, (on, _) in enumerate(rules)]
    automaton, answered = build_automaton(node, constraints)
    assert all(max(counter.values(), default=1) == 1 for counter in asked)
    for number, (on, _) in enumerate(rules):
        for other, (fewer, _) in enumerate(rules):
            if len(fewer) == 1 < len(on) and set(fewer) < set(on):
                assert all(holds[other](values[on.index(fewer[0])]) for values in asked[number])
    rows = product(range(3), repeat=4)
    expected = sum(
        all(test(*(row[NAMES.index(name)] for name in on)) for test, (on, _) in zip(holds, rules, strict=True))
        for row in rows
    )
    assert automaton.size == expected
    before = [counter.total() for counter in asked]
    assert build_automaton(node, answered)[0].data == automaton.data
    assert [counter.total() for counter in asked] == before, "a constraint with a table is not asked"


def test_a_scope_that_other_constraints_cut_may_be_wide() -> None:
    """Ten to the eight combinations, of which the narrower constraints leave a few."""
    names = [f"x{k}" for k in range(8)]
    sweep: Any = expand({name: DynamicValue(range(10)) for name in names})
    asked = Counter[int]()
    wide = constrain(lambda *values: bool(asked.update([1])) or sum(values) % 2 == 0, sweep, on=names)
    with pytest.raises(SizeError, match="constraining on x0, x1, x2, x3, x4, x5, x6, x7 takes 100000000 points"):
        wide.size
    for one, two in pairwise(names):
        wide = constrain(lambda a, b: b - a in {0, 1}, wide, on=(one, two))
    rows = [(start, steps) for start in range(10) for steps in product((0, 1), repeat=7)]
    kept = [
        (start, steps)
        for start, steps in rows
        if start + sum(steps) < 10 and sum(start + sum(steps[:k]) for k in range(8)) % 2 == 0
    ]
    asked.clear()
    assert wide.size == len(kept)
    assert asked.total() <= len(rows)


def test_a_vast_axis_is_refused_before_it_is_gone_through() -> None:
    for size in (10**9, 10**30, 10**400):
        with pytest.raises(SizeError, match=r"constraining on n takes (about )?1\S+ points to enumerate"):
            constrain(bool, expand({"n": DynamicValue(range(size))}), on="n").size
    branches = DynamicValue(
        [{"x": DynamicValue(range(10**30))}, {"x": DynamicValue([1, 2]), "y": DynamicValue([1, 2])}]
    )
    sweep = constrain(lambda x, y: x < y, expand({"k": branches}), on=("k.x", "k.y"))
    assert sweep.size == 10**30 + 1, "nothing is asked where a path is lacking"


def test_a_predicate_over_values_that_are_strange() -> None:
    nan = float("nan")
    values = [1, 1.0, True, nan, [1], {"k": [1]}, None, "1"]
    asked: list[Any] = []
    sweep = expand({"a": DynamicValue(values), "b": DynamicValue([0, 1])})

    def whole(a: Any, b: int) -> bool:
        asked.append(a)
        return (type(a) is int) == b

    kept = constrain(whole, sweep, on=("a", "b"))
    assert [(type(c["a"]).__name__, c["b"]) for c in kept] == [
        (type(c["a"]).__name__, c["b"]) for c in sweep if (type(c["a"]) is int) == c["b"]
    ]
    assert len(asked) == 16, "equal values are digits of their own"
    questions = [Question((("a",),))]
    assert [d.size for d in read_digits(sweep._node, questions).items] == [8, 2]
