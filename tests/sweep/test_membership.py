"""Membership as a constraint: by axes, point by point and by position it is the same."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import assume, given

from spearmint_fp import DynamicValue, SizeError, Sweep, expand, freeze, mapped, sample
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep import membership
from spearmint_fp.sweep.membership import Membership, keep_members
from spearmint_fp.sweep.nodes.node import Node
from tests.examples import examples

from .generated import pairs, points

some = examples(60)


def keys(configs: Any) -> list[Any]:
    return [exact_key(freeze(config)) for config in configs]


def list_keys(node: Node | None) -> list[Any]:
    assert node is not None
    return keys(node.at(k) for k in range(node.size))


@some
@given(pairs())
def test_every_way_keeps_the_same(pair: tuple[Sweep[Any], Sweep[Any]]) -> None:
    one, other = pair
    assume(len(points(one)) == one.size and len(points(other)) == other.size)
    there = {*keys(other)}
    for inside in (True, False):
        expected = [key for key in keys(one) if (key in there) is inside]
        node = keep_members(one._node, other._node, inside=inside)
        assert list_keys(node) == expected
        assert keys(node.walk(0, node.size)) == expected
        # of equal points of the first all are looked up
        assert list_keys(membership._look_up_members(one._node, other._node, inside)) == expected
        assert list_keys(membership._filter_members(one._node, other._node, inside)) == expected
        asked = Membership(other._node, inside)
        assert [key for key, config in zip(keys(one), one, strict=True) if asked(config)] == expected


def test_where_all_or_none_stay_nothing_is_built() -> None:
    long = expand({"n": DynamicValue(range(10**30))})._node
    assert keep_members(long, long, inside=True) is long
    assert keep_members(long, long, inside=False).size == 0
    assert keep_members(long, expand({"n": "1"})._node, inside=False) is long
    none = expand({"n": DynamicValue([])})._node
    assert keep_members(none, long, inside=False) is none
    assert keep_members(long, none, inside=False) is long
    assert keep_members(long, none, inside=True).size == 0


def test_what_is_removed_twice_is_written_down_once() -> None:
    long = expand({"n": DynamicValue(range(10**30)), "m": DynamicValue(range(10**30))})
    left = long._node
    for seed in range(3):
        left = keep_members(left, sample(5, long, seed=seed)._node, inside=False)
    assert left.size == 10**60 - 15
    again = keep_members(left, sample(5, long, seed=1)._node, inside=False)
    assert again is left
    assert pickle.loads(pickle.dumps(left)) == left
    assert left.children == (long._node,), "one selection, not three inside of one another"


def test_what_is_no_tree_is_in_no_sweep() -> None:
    loop: dict[str, Any] = {}
    loop["self"] = loop
    inside = Membership(expand({"n": 1})._node, True)
    assert not inside(loop)
    assert not inside({"n": 1.0})
    assert inside({"n": 1})
    assert not inside({"n": DynamicValue([1])})


def test_a_vast_one_that_shows_no_axes_is_refused_by_name() -> None:
    long = expand({"p": DynamicValue(range(10**30))})
    with pytest.raises(SizeError, match=r"means looking at 10\d* points.*Compare the sweeps that these were made from"):
        keep_members(long._node, mapped(str, long)._node, inside=True)
