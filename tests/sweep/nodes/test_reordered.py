"""Products in another order, against the sorted list of their points."""

from __future__ import annotations

import pickle
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, expand
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.configuration.paths import find_in
from spearmint_fp.sweep.nodes.node import Node, ProductOf
from spearmint_fp.sweep.nodes.reordered import Place, Reordered, find_part
from tests.examples import examples

from ..spaces import find_inside

some = examples(60)
axes = st.lists(st.sampled_from([0, 1, 1.0, True, "a", None]), min_size=1, max_size=3).map(DynamicValue)
records: st.SearchStrategy[Any] = st.recursive(
    axes | st.just(7) | st.just({}),
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=2)
    ),
    max_leaves=6,
)


@st.composite
def orders(draw: st.DrawFn) -> tuple[Node, tuple[Place, ...]]:
    """A product, and the places of all its parts, where some inner products are opened, in any order."""
    base = expand(draw(st.dictionaries(st.sampled_from("xyz"), records, min_size=1, max_size=3)))._node
    places, waiting = list[Place](), list[Place]([()])
    while waiting and isinstance(base.composition, ProductOf):
        place = waiting.pop()
        made = find_part(base, place)[0].composition
        if isinstance(made, ProductOf) and (not place or draw(st.booleans())):
            waiting += [(*place, k) for k in range(len(made.parts))]
        else:
            places.append(place)
    return base, tuple(draw(st.permutations(places)))


@some
@given(orders(), st.data())
def test_the_points_are_sorted_by_those_of_the_parts(made: tuple[Node, tuple[Place, ...]], data: Any) -> None:
    base, order = made
    if not order or base.size > 400:
        return
    node = Reordered(base, order)
    turned = sorted(range(base.size), key=lambda position: [find_inside(base, position, place) for place in order])
    expected = [exact_key(base.at(position)) for position in turned]
    assert node.size == base.size
    assert [exact_key(node.at(k)) for k in range(node.size)] == expected
    assert list(map(exact_key, node.walk(0, node.size))) == expected
    assert list(map(exact_key, node.walk(node.size // 3, node.size))) == expected[node.size // 3 :]
    point = node.at(data.draw(st.integers(0, node.size - 1)))
    assert list(node.ranks(point, True)) == [k for k, key in enumerate(expected) if key == exact_key(point)]
    assert pickle.loads(pickle.dumps(node)) == node
    assert node.columns().keys() == base.columns().keys()
    check_composition(node, expected)


def check_composition(node: Reordered, expected: list[Any]) -> None:
    """It is the product of its parts: as they are, with one value each, and by the paths that lead into them."""
    parts = node.composition.parts
    combined = product(*(list(part.walk(0, part.size)) for part in parts))
    assert [exact_key(node.composition.build(row)) for row in combined] == expected
    firsts = node.rebuilt([part.keep_values([0]) for part in parts])
    if firsts.size == 1:
        assert exact_key(firsts.at(0)) == expected[0]
    for path in [path for path in node.columns() if path]:
        for part, rest in node.enter(path):
            if parts[part].may_have(rest) and find_in(path, node.at(0)):
                assert list(map(exact_key, find_in(rest, parts[part].at(0)))) == list(
                    map(exact_key, find_in(path, node.at(0)))
                )


def test_a_part_of_any_size_turns_slowest() -> None:
    base = expand({"a": {"x": DynamicValue(range(10**30)), "y": DynamicValue([0, 1])}, "b": DynamicValue([5, 6])})._node
    node = Reordered(base, ((1,), (0, 0), (0, 1)))
    assert node.at(2 * 10**30 + 7) == {"a": {"x": 3, "y": 1}, "b": 6}
    assert list(node.ranks({"a": {"x": 3, "y": 1}, "b": 6}, True)) == [2 * 10**30 + 7]
    assert find_part(base, (0, 0))[1] == 4
