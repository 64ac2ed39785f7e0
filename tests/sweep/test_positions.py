"""Constraints on positions, against the positions that they are about."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp.sweep.digits import find_node
from spearmint_fp.sweep.positions import join_positions
from tests.examples import examples

from .generated import sweeps
from .spaces import find_inside, list_places, list_positions, open_space

some = examples(50)


@some
@given(st.data(), sweeps())
def test_a_range_of_positions_in_any_part_is_that_of_the_list(data: Any, sweep: Any) -> None:
    base, space = sweep._node, open_space(sweep._node)
    place = data.draw(st.sampled_from(list_places(space.digits) or [()]))
    size = find_node(base, place).size
    if not sweep.size or not size:
        return
    inside = [find_inside(base, position, place) for position in range(sweep.size)]
    ends = st.integers(0, size)
    positions = range(size)[data.draw(ends) : data.draw(ends) : data.draw(st.integers(1, 7))]
    if positions:
        assert list_positions(join_positions(positions, place, space), space) == [
            position for position, k in enumerate(inside) if k is None or k in positions
        ]
