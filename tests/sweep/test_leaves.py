"""Leaves by path over digits, against the leaves of each configuration."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, Sweep, expand, freeze, mapped
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep.cases import AnyCase, KeyCases
from spearmint_fp.sweep.diagrams import TRUE
from spearmint_fp.sweep.digits import find_node
from spearmint_fp.sweep.leaves import Hidden, LeafIndex, are_alike, list_opened, list_points
from tests.examples import examples

from .generated import pairs, points, sweeps
from .spaces import find_inside, list_places, list_positions, open_space

some = examples(60)


@some
@given(st.data(), sweeps())
def test_the_digits_say_what_each_configuration_has_at_a_path(data: Any, sweep: Sweep[Any]) -> None:
    if not sweep.size or len(points(sweep)) < sweep.size:
        return
    base, space = sweep._node, open_space(sweep._node)
    place = data.draw(st.sampled_from(list_places(space.digits)))
    index = LeafIndex(base, place, space, list_opened(base))
    part = find_node(base, place)
    inside = [find_inside(base, position, place) for position in range(sweep.size)]
    leaves = [None if k is None else index.list_leaves(freeze(part.at(k)), ()) for k in inside]
    assert list_positions(space.find_outside(place), space) == [p for p, k in enumerate(inside) if k is None]
    known = {path for one in leaves if one for path in one}
    if any(path[-1:] and type(path[-1]) is object for path in index.paths - known):
        return  # a part that is known as a whole alone
    assert known <= index.paths
    for path in data.draw(st.permutations(sorted(known, key=repr)))[:3]:
        keys = list(dict.fromkeys(one[path] for one in leaves if one and path in one))[:2]
        having = list_positions(index.split(path, KeyCases(dict.fromkeys(keys, TRUE))), space)
        assert having == [p for p, one in enumerate(leaves) if one and path in one and one[path] in keys]
        anything = list_positions(index.split(path, AnyCase()), space)
        assert anything == [p for p, one in enumerate(leaves) if one and path in one]
        lacking = list_positions(index.find_lack(path), space)
        assert [p for p in lacking if leaves[p] is not None] == [
            p for p, one in enumerate(leaves) if one is not None and path not in one
        ]
    assert index.split(("no", "such", "path"), AnyCase()) == 0


@some
@given(pairs())
def test_configurations_are_equal_just_where_their_leaves_are(pair: tuple[Sweep[Any], Sweep[Any]]) -> None:
    base = expand({"any": 1})._node
    opened = list_opened(pair[0]._node) | list_opened(pair[1]._node)
    index = LeafIndex(base, (), open_space(base), opened)
    found = [freeze(point) for sweep in pair for point in points(sweep)[:12]]
    leaves = [index.list_leaves(point, ()) for point in found]
    for one, its in zip(found, leaves, strict=True):
        for other, others in zip(found, leaves, strict=True):
            assert (its == others) == (exact_key(one) == exact_key(other))


def test_kinds_are_opened_where_a_choice_is_inside() -> None:
    assert list_opened(expand({"a": [1, 2]})._node) == set()
    assert len(list_opened(expand({"a": [DynamicValue([1, 2]), 2]})._node)) == 1


def test_what_is_made_alike_is_alike() -> None:
    tree = {"a": DynamicValue([1, 2])}
    assert are_alike(expand(tree)._node, expand(tree)._node)
    assert not are_alike(expand(tree)._node, expand({"a": DynamicValue([1.0, 2])})._node)
    assert not are_alike(expand(tree)._node, expand({"a": DynamicValue([2, 1])})._node)


def test_points_are_listed_where_they_are_few_or_a_range() -> None:
    long = expand(DynamicValue(range(10**30)))
    assert list_points(long._node, ("n",), is_asked=True) == range(10**30)
    with pytest.raises(Hidden):
        list_points(mapped(str, long)._node, ("n",), is_asked=True)
    inverse = mapped(lambda n: 1 / n, expand(DynamicValue([1, 0])))._node
    assert len(list_points(inverse, (), is_asked=False)) == 2, "of the sweep itself, what raises is no member"
    with pytest.raises(ZeroDivisionError):
        list_points(inverse, (), is_asked=True)
