"""Sequences of positions: their arithmetic is that of the ranges that they stand for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp.sweep.indices import Chosen, Indices, Permutation, Remaining, Span, floor_sum
from spearmint_fp.sweep.nodes.reordered import DigitOrder

MOST = 40


def check(indices: Indices, listed: list[int], whole: int) -> None:
    """Everything that a sequence of positions below `whole` answers, against the list that it stands for."""
    size = len(listed)
    assert indices.size == size
    assert [indices.at(k) for k in range(size)] == listed
    for position in range(whole):
        assert indices.rank(position) == (listed.index(position) if position in listed else None)
    for start in range(size + 1):
        for stop in (start, (start + size) // 2, size):
            runs = list(indices.runs(start, stop))
            assert [position for run in runs for position in run] == listed[start:stop]
    assert indices.ascending == (listed == sorted(listed)) or size < 2
    if indices.ascending:
        for position in range(whole + 1):
            before = sum(other < position for other in listed)
            assert indices.count_before(position) == Indices.count_before(indices, position) == before


@given(st.sets(st.integers(0, MOST - 1)), st.integers(0, MOST))
def test_positions_that_are_written_down_are_those_and_the_others_the_rest(some: set[int], whole: int) -> None:
    removed = sorted(position for position in some if position < whole)
    check(Chosen(tuple(removed)), removed, whole)
    check(Remaining(whole, tuple(removed)), [k for k in range(whole) if k not in some], whole)
    check(Remaining(len(removed), tuple(range(len(removed)))), [], len(removed))
    check(Remaining(whole, ()), list(range(whole)), whole)


@given(st.integers(0, MOST - 1), st.integers(0, MOST), st.sampled_from([1, 2, 5, -1, -3]))
def test_a_stretch_is_its_range(start: int, stop: int, step: int) -> None:
    check(Span(range(MOST)[start:stop:step]), list(range(MOST)[start:stop:step]), MOST)


@given(st.integers(0, MOST), st.integers(-3, 3))
def test_a_permutation_has_each_position_once(size: int, seed: int) -> None:
    indices = Permutation(size, seed)
    listed = [indices.at(k) for k in range(size)]
    assert sorted(listed) == list(range(size))
    assert [indices.rank(position) for position in listed] == list(range(size))
    assert [position for run in indices.runs(0, size) for position in run] == listed


@given(st.permutations([(2, 12), (3, 4), (1, 4), (2, 2), (2, 1)]))
def test_digits_in_another_order_are_sorted_by_it(digits: list[tuple[int, int]]) -> None:
    indices = DigitOrder(tuple(digits))
    listed = sorted(range(24), key=lambda position: [position // stride % size for size, stride in digits])
    assert [indices.at(k) for k in range(24)] == [p for run in indices.runs(0, 24) for p in run] == listed
    assert [indices.rank(position) for position in listed] == list(range(24))


def test_what_is_left_of_astronomically_many() -> None:
    rest = Remaining(10**30, (3, 4, 10**20, 10**30 - 1))
    assert rest.size == 10**30 - 4
    assert [rest.at(k) for k in (0, 3, 10**20 - 2, rest.size - 1)] == [0, 5, 10**20 + 1, 10**30 - 2]
    assert list(rest.runs(2, 10**20)) == [range(2, 3), range(5, 10**20), range(10**20 + 1, 10**20 + 3)]
    assert rest.rank(10**20) is None
    assert rest.rank(10**20 + 1) == 10**20 - 2


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
