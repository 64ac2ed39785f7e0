"""Descents: the ranks of any sweep, reached digit by digit."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from spearmint_fp import DynamicValue, SizeError, Sweep, constrain, expand, shuffled
from spearmint_fp.sweep.designs import descent
from spearmint_fp.sweep.designs.descent import Destination, Ranks, read_ranks
from tests.examples import examples

from ..generated import sweeps

some = examples(60)


def go_to(target: int, ranks: Ranks) -> tuple[Destination, list[tuple[int, int, int]]]:
    """The destination of a descent that is sent one rank all the way, and the intervals on it."""
    way = ranks.choose_values(5)
    seen = []
    try:
        interval = next(way)
        while True:
            seen.append(tuple(interval))
            interval = way.send(target)
    except StopIteration as end:
        return end.value, seen  # type: ignore[return-value]


@some
@given(sweeps())
def test_every_rank_is_reached_and_the_positions_are_a_permutation(sweep: Sweep[Any]) -> None:
    ranks = read_ranks(sweep._node)
    assert ranks.size == sweep.size
    positions = []
    for target in range(sweep.size):
        found, seen = go_to(target, ranks)
        assert found.rank == target
        assert all(5 <= axis < 5 + ranks.axes for axis, _, _ in seen)
        assert len({axis for axis, _, _ in seen}) == len(seen), "an axis is chosen once"
        assert all(0 <= low <= target < high <= sweep.size for _, low, high in seen)
        for (_, low, high), (_, lower, higher) in pairwise(seen):
            assert low <= lower < higher <= high, "each interval lies in the one before"
        positions.append(found.position)
    assert sorted(positions) == list(range(sweep.size))
    assert not ranks.is_ordered or positions == list(range(sweep.size))


def test_a_shuffle_is_descended_by_what_it_was_made_from() -> None:
    base = constrain(lambda a, b: a < b, expand({x: DynamicValue(range(10**3)) for x in "ab"}), on=("a", "b"))
    mixed = shuffled(base)
    found, seen = go_to(1234, read_ranks(mixed._node))
    assert mixed[found.position] == base[1234]
    assert [axis for axis, _, _ in seen] == [5, 6]


def test_a_part_of_a_vast_shuffle_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = shuffled(expand({"n": DynamicValue(range(100))}))
    assert read_ranks(mixed[:50]._node).size == 50
    monkeypatch.setattr(descent, "LIMIT", 49)
    with pytest.raises(SizeError, match="means listing its 50 configurations"):
        read_ranks(mixed[:50]._node)
