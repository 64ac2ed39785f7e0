"""The points are Sobol's, scrambled: scipy's are the oracle."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp.sweep.designs.sobol import _FIRST_NUMBERS, GROUP_AXES, SobolPoints, _find_columns, reverse_bits

qmc: Any = pytest.importorskip("scipy.stats", reason="its points are the oracle").qmc
BITS = 20


def unscrambled(point: int, axis: int) -> int:
    digits = 0
    for bit, column in enumerate(_find_columns(axis)):
        digits ^= column * (point >> bit & 1)
    return reverse_bits(digits, BITS)


def test_without_a_scramble_they_are_those_of_scipy() -> None:
    theirs = qmc.Sobol(GROUP_AXES, scramble=False, bits=BITS).random(256)
    ours = [[unscrambled(point ^ point >> 1, axis) for axis in range(GROUP_AXES)] for point in range(256)]
    assert ours == [[round(x * 2**BITS) for x in point] for point in theirs.tolist()], "in the order of Gray's code"


def test_the_table_holds_distinct_polynomials_with_a_number_for_each_degree() -> None:
    assert len({polynomial for polynomial, *_ in _FIRST_NUMBERS}) == GROUP_AXES
    for polynomial, *numbers in _FIRST_NUMBERS[1:]:
        assert len(numbers) == polynomial.bit_length() - 1
        assert all(number % 2 and number < 2**place for place, number in enumerate(numbers, 1))


@given(st.integers(), st.integers(0, 300), st.integers(0, 7), st.sampled_from([40, 64, 200]))
def test_each_block_of_points_has_one_in_every_part_of_an_axis(seed: int, axis: int, power: int, width: int) -> None:
    points, parts = SobolPoints(seed, width), 2**power
    for start in (0, 3 * parts):
        assert sorted(points.scale(start + k, axis, parts) for k in range(parts)) == list(range(parts))


@pytest.mark.parametrize("axes", [range(6), range(GROUP_AXES - 3, GROUP_AXES + 3)], ids=["one group", "two groups"])
def test_they_fill_boxes_as_evenly_as_those_of_scipy(axes: range) -> None:
    ours, theirs = [], []
    for seed in range(8):
        points = SobolPoints(seed, 64)
        cloud = [[(points.scale(point, axis, 2**40) + 0.5) / 2**40 for axis in axes] for point in range(128)]
        ours.append(qmc.discrepancy(np.array(cloud)))
        theirs.append(qmc.discrepancy(qmc.Sobol(len(axes), scramble=True, rng=seed).random(128)))
    uniform = qmc.discrepancy(np.random.default_rng(1).random((128, len(axes))))
    assert np.mean(ours) < 0.5 * np.mean(theirs) + 0.5 * uniform
    assert axes.start or np.mean(ours) < 1.25 * np.mean(theirs)


def test_no_two_axes_go_together() -> None:
    points = SobolPoints(0, 64)
    columns = [[points.scale(point, axis, 16) for point in range(256)] for axis in range(2 * GROUP_AXES + 4)]
    near = [0, 1, 2, GROUP_AXES, GROUP_AXES + 1, 2 * GROUP_AXES, 2 * GROUP_AXES + 1]
    for one, other in combinations(near, 2):
        assert abs(np.corrcoef(columns[one], columns[other])[0, 1]) < 0.25, (one, other)


def test_an_axis_of_any_length_is_reached_to_its_last_value() -> None:
    points = SobolPoints(7, (10**30).bit_length() + 64)
    found = {points.scale(point, 0, 10**30) for point in range(1024)}
    assert len(found) == 1024
    assert len({value % 1000 for value in found}) > 600, "the lowest digits vary too"
    assert [points.scale(point, 3, 1) for point in range(9)] == [0] * 9


def test_they_are_the_same_everywhere_and_for_ever() -> None:
    points = SobolPoints(11, 64)
    assert [points.scale(point, axis, 1000) for axis in (0, 5, 40) for point in range(6)] == [
        784, 135, 621, 414, 886, 115, 917, 398, 546, 156, 640, 3, 48, 893, 468, 633, 860, 213,
    ]  # fmt: skip
