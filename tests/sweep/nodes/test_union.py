"""Sums of sweeps, and long axes in pieces, against the list of their values."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, Sweep, concat, expand, explain, freeze
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep.digits import cut_axes
from spearmint_fp.sweep.nodes.axis import Axis
from spearmint_fp.sweep.nodes.union import EMPTY, Pieces, Union

from ..generated import points, sweeps


@given(st.lists(sweeps(), max_size=3), sweeps())
def test_a_sum_lists_its_parts_one_after_the_other(parts: list[Sweep[Any]], last: Sweep[Any]) -> None:
    if any(len(points(part)) < part.size for part in (*parts, last)):
        return
    listed = [exact_key(point) for part in (*parts, last) for point in part]
    whole = Union.of([*(part._node for part in parts), last._node])
    grown = EMPTY
    for part in (*parts, last):  # one by one, as in a loop
        grown = Union.of([grown, part._node])  # type: ignore[assignment]
    for made in (whole, grown, Union.of([whole])):
        assert made.size == len(listed)
        assert [exact_key(point) for point in made.walk(0, made.size)] == listed
        assert [exact_key(made.at(k)) for k in range(made.size)] == listed
        assert [exact_key(p) for p in made.walk(made.size // 3, made.size // 2)] == listed[made.size // 3 :][
            : made.size // 2 - made.size // 3
        ]
        assert made == whole
        assert all(part.size for part in made.children) or not made.size, "empty parts take no place"
        assert not any(isinstance(part, Union) for part in made.children) or not isinstance(made, Union)


def test_a_sum_that_grew_in_a_loop_is_the_one_made_at_once() -> None:
    parts = [expand({"k": k, "n": DynamicValue([k, k + 1])}) if k % 3 else expand({"k": k}) for k in range(2000)]
    grown, whole = reduce(add, parts), concat(*parts)
    first = reduce(add, parts[:500])
    assert {(first + part).size for part in parts[500:]} == {first.size + 1, first.size + 2}
    assert first == concat(*parts[:500]), "what is added to a sum does not change it"
    assert grown._node.depth == whole._node.depth
    assert pickle.loads(pickle.dumps(grown)) == grown == whole
    assert grown[-1] == whole[-1]
    assert (grown[700:] + first).size == whole.size - 700 + first.size


@given(
    st.builds(lambda start, step, size: range(start, start + step * size, step), st.integers(-20, 20),
              st.sampled_from([1, 3, -1, -4]), st.integers(1, 30))
    | st.lists(st.sampled_from([0, 1, 1.0, True, None, {"k": 1}]), min_size=1, max_size=20)
    .map(lambda some: tuple(map(freeze, some))),
    st.sets(st.integers(1, 30), min_size=1),
    st.sets(st.integers(0, 30)),
)  # fmt: skip
def test_pieces_are_one_axis_to_look_at(values: Sequence[Any], ends: set[int], kept: set[int]) -> None:
    axis = Axis(values, swept=True)
    pieces = cut_axes(axis, {(): [end for end in ends if end < len(values)]})
    if pieces is axis:
        return
    assert isinstance(pieces, Pieces)
    listed = list(map(exact_key, values))
    assert pieces.size == len(values)
    assert list(map(exact_key, pieces.walk(0, pieces.size))) == listed
    assert [exact_key(pieces.at(k)) for k in range(pieces.size)] == listed
    for value in (*values, 1000, 1.0, True):
        for exact in (True, False):
            assert list(pieces.ranks(value, exact)) == list(axis.ranks(value, exact))
    assert explain(Sweep(pieces)) == explain(Sweep(axis))
    assert Sweep(pieces).axes == Sweep(axis).axes
    assert (pieces.distinct() is pieces) == (len(set(listed)) == len(listed))
    assert pieces.rebuilt(pieces.parts) == pieces
    left = [part for k, part in enumerate(pieces.parts) if k in kept or not k]
    some = pieces.rebuilt(left)
    expected = [exact_key(value) for part in left for value in part.walk(0, part.size)]
    assert list(map(exact_key, some.walk(0, some.size))) == expected


def test_a_long_axis_that_was_cut_is_shown_whole_where_all_of_it_is_left() -> None:
    long = expand({"x": DynamicValue(range(10**30)), "y": DynamicValue([1, 2])})
    middle = range(7, 10**29)
    cut = long - expand({"x": DynamicValue(middle), "y": 1})
    assert cut.axes == long.axes, "each value of x is left with y=2"
    ends = cut - expand({"x": DynamicValue(middle), "y": 2})
    assert list(map(len, (ends.axes["y"], ends._node.columns()["x",].pieces))) == [2, 2]
    assert ends.axes["x"][6:8] == Sweep(Axis((6, 10**29), swept=True))
