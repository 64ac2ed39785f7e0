"""Values that depend on others, against setting them in each configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import Config, DynamicValue, Sweep, expand, get_in
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.configuration.paths import find_in, set_in
from spearmint_fp.sweep.filters import constrain_node
from spearmint_fp.sweep.nodes.extended import Addition, Extended, Rule
from spearmint_fp.sweep.tables import Constraint
from tests.examples import examples

from ...oracle import listing, predicate, specs, tree_of

some = examples(60)
NEW = [("new",), ("a", "new"), ("deep", "er", "new")]


@st.composite
def extended(draw: st.DrawFn) -> tuple[Extended, list[Any]]:
    """A node with values more at paths that are nowhere, and its points by brute force."""
    inner = specs().filter(lambda spec: len(listing(spec)) <= 20)
    a = st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2)
    spec = draw(st.fixed_dictionaries({"a": a}, optional={"b": inner, "c": inner}))
    sweep: Sweep[Any] = expand(tree_of(spec))[:60]
    points = list(sweep)
    paths = draw(st.lists(st.sampled_from(NEW), min_size=1, max_size=2, unique=True))
    additions = [Addition(path, tuple(draw(st.lists(rules(points), min_size=1, max_size=3)))) for path in paths]
    expected = []
    for point in points:
        made = point
        for addition in additions:
            for rule in addition.rules:  # the last one that agrees is set last
                if all(
                    value_keys(path, point) <= keys != set() for path, keys in zip(rule.paths, rule.keys, strict=True)
                ):
                    made = set_in(addition.path, rule.value, made)
        expected.append(made)
    return Extended(sweep._node, tuple(additions)), expected


def value_keys(path: Any, point: Any) -> set[Any]:
    """The key of the value at a path, of one that nothing has where there is none."""
    return {exact_key(value) for value in find_in(path, point)} or {"absent"}


def rules(points: list[Any]) -> st.SearchStrategy[Rule]:
    known = [path for path in [("a", "x"), ("a", "y"), ("b",), ("a",), ("c",)] if any(find_in(path, p) for p in points)]

    @st.composite
    def draw_rule(draw: st.DrawFn) -> Rule:
        paths = draw(st.lists(st.sampled_from(known), max_size=2, unique=True)) if known else []
        there = [[exact_key(value) for p in points for value in find_in(path, p)] for path in paths]
        keys = [frozenset(draw(st.lists(st.sampled_from(some), min_size=1, max_size=3))) for some in there]
        return Rule(tuple(paths), tuple(keys), draw(st.sampled_from([1, "v", (), Config({"k": 1}), None])))

    return draw_rule()


@some
@given(extended())
def test_each_configuration_gets_the_value_of_the_last_rule_that_agrees(made: tuple[Extended, list[Any]]) -> None:
    node, expected = made
    keys = list(map(exact_key, expected))
    assert node.size == len(keys)
    assert list(map(exact_key, node.walk(0, node.size))) == keys
    assert [exact_key(node.at(k)) for k in range(node.size)] == keys
    assert [exact_key(node.complete(node.base.at(k))) for k in range(node.size)] == keys
    for point, key in zip(expected, keys, strict=True):
        assert list(node.ranks(point, True)) == [k for k, other in enumerate(keys) if other == key]
    for base, key in zip(node.base.walk(0, node.size), keys, strict=True):  # what lacks the value is not there
        if exact_key(base) not in keys:
            assert list(node.ranks(base, True)) == [], key
    for addition in node.additions:
        stated = {exact_key(value) for piece in node.columns()[addition.path].pieces for value in piece}
        found = {exact_key(value) for point in expected for value in find_in(addition.path, point)}
        assert found <= stated
        assert not found or node.may_have(addition.path)


@some
@given(extended(), st.integers(0, 9))
def test_constraints_reach_what_is_added(made: tuple[Extended, list[Any]], salt: int) -> None:
    node, expected = made
    for path in [node.additions[0].path, node.additions[0].path[:1], ("a",)]:
        holds = predicate(salt, 2)
        kept = [p for p in expected if not find_in(path, p) or holds(get_in(path, p))]
        found = constrain_node(node, Constraint(holds, (path,)))
        assert [exact_key(found.at(k)) for k in range(found.size)] == list(map(exact_key, kept))


def test_what_decides_a_value_is_known() -> None:
    rule = Rule((("n",),), (frozenset({exact_key(1)}),), "one")
    node = Extended(expand({"n": DynamicValue(range(10**30)), "m": {"k": DynamicValue([1, 2])}})._node,
                    (Addition(("m", "new"), (rule,)),))  # fmt: skip
    assert node.inputs(("m", "new")) == (("m", "new"), ("n",)) or set(node.inputs(("m", "new")) or ()) == {("n",)}
    assert set(node.inputs(("m",)) or ()) == {("m", "k"), ("n",)}
    assert node.inputs(("n",)) is None is node.inputs(())
    assert node.at(2) == {"n": 1, "m": {"k": 1, "new": "one"}}
    assert node.at(0) == {"n": 0, "m": {"k": 1}}
    assert list(node.ranks({"n": 1, "m": {"k": 2, "new": "one"}}, True)) == [3]
    assert list(node.ranks({"n": 1, "m": {"k": 2}}, True)) == []
    assert isinstance(node.at(2), Mapping)
