"""Constraints on positions, against the positions that they are about."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spearmint_fp.sweep.digits import find_node
from spearmint_fp.sweep.positions import join_between, join_congruent

from .generated import sweeps
from .spaces import find_inside, list_places, list_positions, open_space

some = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@some
@given(st.data(), sweeps())
def test_strides_and_stretches_of_any_part_are_those_of_its_positions(data: Any, sweep: Any) -> None:
    base, space = sweep._node, open_space(sweep._node)
    place = data.draw(st.sampled_from(list_places(space.digits) or [()]))
    size = find_node(base, place).size
    if not sweep.size or not size:
        return
    inside = [find_inside(base, position, place) for position in range(sweep.size)]
    step, start = data.draw(st.integers(1, 7)), data.draw(st.integers(0, size - 1))
    assert list_positions(join_congruent(step, start, place, space), space) == [
        position for position, k in enumerate(inside) if k is None or (k - start) % step == 0
    ]
    low = data.draw(st.integers(0, size - 1))
    high = data.draw(st.integers(low, size - 1))
    assert list_positions(join_between(low, high, place, space), space) == [
        position for position, k in enumerate(inside) if k is None or low <= k <= high
    ]
