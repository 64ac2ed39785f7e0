"""Greedy rows and their reduction: everything stays covered, and no row is there for nothing."""

from __future__ import annotations

import pytest

from spearmint_fp import DynamicValue, expand
from spearmint_fp.sweep.designs import reduction
from spearmint_fp.sweep.designs.completion import Chosen
from spearmint_fp.sweep.designs.draws import Draws
from spearmint_fp.sweep.designs.greedy import find_rows
from spearmint_fp.sweep.designs.reduction import reduce_rows
from spearmint_fp.sweep.designs.tuples import Tuples, list_subsets

from .spaces import list_rows, read_tuples


def list_new(rows: list[int], tuples: Tuples) -> list[int]:
    """How many tuples each row covers that none before it does."""
    seen: set[int] = set()
    counts = []
    for row in rows:
        its = set(list_subsets(row, tuples.strength))
        counts.append(len(its - seen))
        seen |= its
    return [*counts, len(seen)]


def join_rows(rows: list[Chosen], tuples: Tuples) -> list[int]:
    return [tuples.symbols.join_symbols(chosen) for chosen in rows]


@pytest.mark.parametrize("strength", [1, 2, *(pytest.param(k, marks=pytest.mark.slow) for k in (3, 4))])
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_rows_cover_everything_and_fewer_do_after_the_reduction(strength: int, seed: int) -> None:
    tuples = read_tuples(strength)
    allowed = list_rows(tuples.symbols)
    found = find_rows(tuples, Draws(seed))
    rows = join_rows(found, tuples)
    assert set(rows) <= allowed
    *new, covered = list_new(rows, tuples)
    assert all(new), "each row covers one at least that those before it do not"
    assert covered == tuples.size
    fewer = list(reduce_rows(found, tuples, Draws(seed)))
    assert tuples.count_least_rows() <= len(fewer) <= len(found)
    assert set(join_rows(fewer, tuples)) <= allowed
    assert list_new(join_rows(fewer, tuples), tuples)[-1] == tuples.size
    assert list(reduce_rows(find_rows(tuples, Draws(seed)), tuples, Draws(seed))) == fewer, "the same for ever"


def test_rows_that_are_all_needed_stay_and_steps_that_run_out_spoil_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    least = read_tuples(2, expand({"a": DynamicValue(range(4)), "b": DynamicValue(range(3))}))
    found = find_rows(least, Draws(0))
    assert len(found) == 12
    assert reduce_rows(found, least, Draws(0)) is found
    monkeypatch.setattr(reduction, "MOST_STEPS", 3)
    tuples = read_tuples(2)
    rows = find_rows(tuples, Draws(0))
    assert list_new(join_rows(list(reduce_rows(rows, tuples, Draws(0))), tuples), tuples)[-1] == tuples.size
