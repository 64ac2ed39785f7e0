"""Selecting by partial configurations, against brute force, and far beyond what can be listed."""

from __future__ import annotations

import pickle
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spearmint_fp import (
    DynamicValue,
    PathError,
    Sweep,
    exclude,
    expand,
    explain,
    where,
)

from .generated import points, sweeps
from .partials import agrees, partials

many = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))

LONG = DynamicValue(range(10**30))
SPACE = expand(
    {
        "opt": DynamicValue([{"name": "sgd", "m": DynamicValue([0, 0.9])}, {"name": "adam"}]),
        "lr": DynamicValue([0.1, 1.0]),
        "n": LONG,
    }
)


def check(sweep: Sweep[Any], expected: list[Any]) -> None:
    assert sweep.size == len(expected)
    assert list(map(repr, sweep)) == list(map(repr, expected))
    assert [repr(sweep[k]) for k in range(sweep.size)] == list(map(repr, expected))
    back = pickle.loads(pickle.dumps(sweep))
    assert list(map(repr, back)) == list(map(repr, expected))
    assert explain(sweep)
    for k in {0, sweep.size - 1} if expected else ():
        assert sweep.index(expected[k]) <= k


@many
@given(st.data(), sweeps())
def test_where_and_exclude_part_a_sweep_in_two(data: Any, sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    if len(listed) < sweep.size or not listed:
        return
    for _ in range(2):
        partial = data.draw(partials(listed))
        try:
            kept, left = where(partial, sweep), exclude(partial, sweep)
        except PathError:  # a path into a leaf that only a configuration has
            return
        with suppress(pickle.PicklingError, AttributeError):  # of a function that the sweep was mapped with
            check(kept, [c for c in listed if agrees(partial, c)])
            check(left, [c for c in listed if not agrees(partial, c)])
        assert kept.size + left.size == sweep.size
        sweep = data.draw(st.sampled_from([kept, left]))
        listed = points(sweep)
        if not listed:
            return


@many
@given(st.data(), sweeps())
def test_several_partials_exclude_each_alone(data: Any, sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    if len(listed) < sweep.size or not listed:
        return
    some = data.draw(st.lists(partials(listed), max_size=3))
    with suppress(PathError):
        assert list(exclude(some, sweep)) == [c for c in listed if not any(agrees(p, c) for p in some)]
