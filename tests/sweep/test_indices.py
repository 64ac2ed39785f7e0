"""Sequences of positions: their arithmetic is that of the ranges that they stand for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp.sweep.indices import Chosen, Indices, Span, floor_sum


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 200), st.integers(0, 200))
def test_floor_sum_is_the_sum(n: int, m: int, a: int, b: int) -> None:
    assert floor_sum(n, m, a, b) == sum((a * i + b) // m for i in range(n))


@given(st.data(), st.integers(0, 60), st.sampled_from([1, 2, 3, 7, -1, -2, -5]), st.integers(1, 20))
def test_residues_are_counted_as_by_listing(data: st.DataObject, size: int, step: int, modulus: int) -> None:
    start = data.draw(st.integers(0 if step > 0 else size * -step, 500))
    positions = range(start, start + size * step, step)
    low = data.draw(st.integers(0, modulus - 1))
    residues = range(low, data.draw(st.integers(low, modulus)))
    assert Span(positions).count_residues(modulus, residues) == sum(p % modulus in residues for p in positions)


@given(st.sets(st.integers(0, 60)), st.integers(0, 20), st.integers(1, 7), st.integers(0, 9))
def test_positions_before_another_are_counted_as_by_listing(chosen: set[int], start: int, step: int, size: int) -> None:
    for indices in (Chosen(tuple(sorted(chosen))), Span(range(start, start + step * size, step))):
        listed = [indices.at(k) for k in range(indices.size)]
        for position in range(70):
            before = sum(other < position for other in listed)
            assert indices.count_before(position) == Indices.count_before(indices, position) == before
