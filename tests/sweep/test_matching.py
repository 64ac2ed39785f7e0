"""Which configurations are in another sweep, however that is made, against the set of its keys."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, Sweep, constrain, expand, freeze
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep.digits import find_node
from spearmint_fp.sweep.indices import Remaining
from spearmint_fp.sweep.leaves import Hidden, LeafIndex, list_opened
from spearmint_fp.sweep.matching import Matcher
from spearmint_fp.sweep.nodes.select import Select
from tests.examples import examples

from ..oracle import predicate
from .generated import pairs, points
from .spaces import find_inside, list_places, list_positions, open_space

some = examples(60)


def match(base: Any, other: Any, place: Any = ()) -> list[int]:
    space = open_space(base)
    index = LeafIndex(base, place, space, list_opened(base) | list_opened(other))
    return list_positions(Matcher(index).match_all(other), space)


@some
@given(st.data(), pairs())
def test_matched_are_those_whose_keys_are_there(data: Any, pair: tuple[Sweep[Any], Sweep[Any]]) -> None:
    base, other = pair
    if not base.size or len(points(base)) < base.size or len(points(other)) < other.size:
        return
    keys = {exact_key(freeze(config)) for config in other}
    try:
        found = match(base._node, other._node)
    except Hidden:
        return
    assert found == [k for k, config in enumerate(base) if exact_key(freeze(config)) in keys]
    nested = expand({"p": DynamicValue([base, 1]), "q": DynamicValue([0, 1])})._node
    places = [place for place in list_places(open_space(nested).digits) if find_node(nested, place) == base._node]
    for place in places[:1]:
        inside = [find_inside(nested, position, place) for position in range(nested.size)]
        assert match(nested, other._node, place) == [p for p, k in enumerate(inside) if k in found]


@some
@given(st.data())
def test_every_selection_is_matched_by_its_automaton(data: Any) -> None:
    branch = DynamicValue([{"m": DynamicValue([0, 1, 1.0])}, {}, 7])
    tree = {"a": DynamicValue(range(5)), "b": branch, "c": (DynamicValue([1, 2]), 3)}
    base, other = expand(tree), expand({key: tree[key] for key in data.draw(st.permutations(list(tree)))})
    for salt in range(data.draw(st.integers(0, 2))):
        on = data.draw(st.lists(st.sampled_from(["a", "b.m", "c.0"]), min_size=1, max_size=2, unique=True))
        other = constrain(predicate(salt, 2), other, on=on)
    for _ in range(data.draw(st.integers(0, 2))):
        ends = st.none() | st.integers(-30, 30)
        other = other[data.draw(ends) : data.draw(ends) : data.draw(st.sampled_from([1, 2, 3, -1, -2]))]
    removed = data.draw(st.sets(st.integers(0, max(0, other.size - 1)), max_size=3)) if other.size else set()
    node = Select(other._node, Remaining(other.size, tuple(sorted(removed)))) if removed else other._node
    keys = {exact_key(config) for k, config in enumerate(other) if k not in removed}
    assert match(base._node, node) == [k for k, config in enumerate(base) if exact_key(config) in keys]


def test_the_degenerate_ones() -> None:
    base = expand({"a": DynamicValue([1, 2])})._node
    assert match(base, base) == [0, 1]
    assert match(base, expand({"a": DynamicValue([])})._node) == []
    assert match(expand({})._node, expand({})._node) == [0]
    assert match(expand({})._node, base) == match(base, expand({})._node) == []
    assert match(base, expand({"a": 1, "b": DynamicValue([])})._node) == []
    assert match(base, expand({"a": DynamicValue(["1", 1.0])})._node) == []
