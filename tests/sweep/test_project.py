"""Projections and groups, against brute force, and far beyond what can be listed."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toolz import unique

from spearmint_fp import (
    Config,
    ConflictError,
    DynamicValue,
    PathError,
    Sweep,
    constrain,
    distinct,
    expand,
    explain,
    get_in,
    label,
    project,
    set_in,
    where,
)
from spearmint_fp.configuration.keys import exact_key
from tests.examples import examples

from ..oracle import paths_of, predicate
from .generated import points, sweeps

many = examples(80)


def restrict(paths: Any, config: Any) -> Any:
    """The values of a configuration at some paths, in nested configurations."""
    made: Any = Config()
    for path in sorted(paths, key=len):  # what is part of another one is set in it
        with suppress(PathError):
            made = set_in(path, get_in(path, config), made)
    return made


def check(sweep: Sweep[Any], expected: list[Any]) -> None:
    keys = list(map(exact_key, expected))
    assert sweep.size == len(expected)
    assert list(map(exact_key, sweep)) == keys
    assert [exact_key(sweep[k]) for k in range(sweep.size)] == keys
    assert [exact_key(sweep[sweep.index(c)]) for c in expected] == keys
    assert distinct(sweep) == sweep
    assert explain(sweep)


@many
@given(st.data(), sweeps())
def test_a_projection_lists_each_restriction_once_where_it_first_appears(data: Any, sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    known = sorted({path for config in listed for path in paths_of(config) if path}, key=repr)
    if len(listed) < sweep.size or not known:
        return
    paths = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
    expected = list(unique((restrict(paths, config) for config in listed), key=exact_key))
    try:
        check(project(paths, sweep), expected)
    except PathError:
        return


@many
@given(st.data())
def test_what_constraints_leave_is_projected_by_its_automaton(data: Any) -> None:
    names = ["a", "b", "c", "d", "e"]
    values = st.lists(st.sampled_from([0, 1, 2, 1.0]), min_size=1, max_size=3)
    sweep = expand({name: DynamicValue(data.draw(values)) for name in names} | {"n": DynamicValue(range(10**30))})
    for salt in range(data.draw(st.integers(0, 3))):
        on = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
        sweep = constrain(predicate(salt, 2), sweep, on=on)
    paths = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
    few = list(where({"n": 0}, sweep))
    expected = list(unique((restrict([(path,) for path in paths], config) for config in few), key=exact_key))
    check(project(paths, sweep), expected)
    wide = project([*paths, "n"], sweep)
    assert wide.size == 10**30 * len(expected)
    if expected:
        assert wide.index(wide[10**29]) == 10**29
    assert [exact_key(wide[k]) for k in range(3) if expected] == [
        exact_key({**expected[0], "n": k}) for k in range(3) if expected
    ]


def test_projections_into_values_know_their_paths() -> None:
    pairs = [(1, "a"), (1, "b"), "none", {"1": 7}]
    sweep = expand({"pair": DynamicValue(pairs), "n": DynamicValue([1, 2, 3]), "seed": DynamicValue(range(10**30))})
    part = project(["pair.1", "n"], constrain(lambda pair, n: pair != (1, "b") or n == 3, sweep, on=("pair", "n")))
    assert part.axes == {"pair.1": (7, "a", "b"), "n": (1, 2, 3)}
    assert len({label(config, part) for config in part}) == part.size == 10
    assert (part * expand({"pair": {"0": 1}})).size == 10
    with pytest.raises(ConflictError, match=re.escape("pair.1 is set by sweep 0 and by sweep 1")):
        part * expand({"pair": {"1": 1}})
