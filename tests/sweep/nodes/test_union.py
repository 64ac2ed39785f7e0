"""Sums of sweeps, and long axes in pieces, against the list of their values."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, Sweep, expand, explain
from spearmint_fp.configuration.keys import exact_key
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


@given(
    st.integers(-20, 20),
    st.sampled_from([1, 3, -1, -4]),
    st.integers(1, 30),
    st.sets(st.integers(0, 30)),
    st.sets(st.integers(0, 30)),
)
def test_pieces_are_one_axis_to_look_at(start: int, step: int, size: int, ends: set[int], kept: set[int]) -> None:
    values = range(start, start + step * size, step)
    pieces, axis = Pieces.cut(values, [end for end in ends if end <= size]), Axis(values, swept=True)
    check_alike(pieces, axis, list(values))
    (column,) = pieces.columns().values()
    assert (column.pieces, column.swept, column.computed) == ((values,), True, False)
    assert explain(Sweep(pieces)) == explain(Sweep(axis))
    assert pieces.distinct() is pieces
    left = [part for k, part in enumerate(pieces.parts) if k in kept or not k]
    rebuilt = pieces.rebuilt(left)
    assert isinstance(rebuilt, Pieces)
    assert list(rebuilt.walk(0, rebuilt.size)) == [value for part in left for value in part.walk(0, part.size)]
    assert [value for piece in rebuilt.columns()[()].pieces for value in piece] == list(rebuilt.walk(0, rebuilt.size))


def check_alike(pieces: Pieces, axis: Axis, values: list[int]) -> None:
    assert pieces.size == axis.size == len(values)
    assert list(pieces.walk(0, pieces.size)) == [pieces.at(k) for k in range(pieces.size)] == values
    for value in (*values, 1000, 1.0, True):
        for exact in (True, False):
            assert list(pieces.ranks(value, exact)) == list(axis.ranks(value, exact))


def test_a_long_axis_that_was_cut_is_shown_whole_where_all_of_it_is_left() -> None:
    long = expand({"x": DynamicValue(range(10**30)), "y": DynamicValue([1, 2])})
    middle = range(7, 10**29)
    cut = long - expand({"x": DynamicValue(middle), "y": 1})
    assert cut.axes == long.axes, "each value of x is left with y=2"
    assert (cut & expand({"x": DynamicValue(range(10**29)), "y": 2})).axes == {"x": range(10**29), "y": (2,)}
    ends = cut - expand({"x": DynamicValue(middle), "y": 2})
    assert list(map(len, (ends.axes["y"], ends._node.columns()["x",].pieces))) == [2, 2]
    assert ends.axes["x"][6:8] == Sweep(Axis((6, 10**29), swept=True))
