"""Coverage: what is kept up to date is what counting from the start finds."""

from __future__ import annotations

from collections import Counter

import pytest

from spearmint_fp.sweep.designs.coverage import Coverage
from spearmint_fp.sweep.designs.draws import Draws
from spearmint_fp.sweep.designs.tuples import Tuples, list_subsets

from .spaces import list_rows, read_tuples


def find_uncovered(rows: list[int], tuples: Tuples) -> set[int]:
    whole = {some for row in list_rows(tuples.symbols) for some in list_subsets(row, tuples.strength)}
    return whole - {some for row in rows for some in list_subsets(row, tuples.strength)}


@pytest.mark.parametrize("strength", [1, 2, 3, 4])
def test_changes_are_counted_as_from_the_start(strength: int) -> None:
    tuples, draws = read_tuples(strength), Draws(strength)
    possible = sorted(list_rows(tuples.symbols))
    rows = list(possible)
    coverage = Coverage(tuples, rows)
    for _ in range(60):
        number, row = draws.draw_number(len(rows)), draws.draw(possible)
        before = len(coverage.uncovered)
        cost = coverage.find_cost(number, row)
        coverage.change(number, row)
        rows[number] = row
        assert len(coverage.uncovered) - before == cost
        assert set(coverage.uncovered) == find_uncovered(rows, tuples)
        if len(rows) > 3:
            counts = Counter(some for row in rows for some in list_subsets(row, strength))
            alone = [sum(counts[some] == 1 for some in list_subsets(row, strength)) for row in rows]
            least = coverage.find_least_needed()
            assert alone[least] == min(alone)
            coverage.drop(least)
            rows[least] = rows[-1]
            rows.pop()
            assert coverage.rows == rows
