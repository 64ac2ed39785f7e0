"""Records of many axes: a position and its digits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, expand


@given(st.lists(st.integers(1, 9), min_size=1, max_size=100), st.data())
def test_a_position_is_split_into_the_digits_of_all_axes(sizes: list[int], data: st.DataObject) -> None:
    sweep = expand({f"axis{k}": DynamicValue(range(size)) for k, size in enumerate(sizes)})
    position = data.draw(st.integers(0, sweep.size - 1))
    rest, digits = position, []
    for size in reversed(sizes):
        rest, digit = divmod(rest, size)
        digits.append(digit)
    assert list(sweep[position].values()) == digits[::-1]
    assert sweep.index(sweep[position]) == position
