"""Axes that conditions have cut: every operation takes the pieces as the one axis that they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from toolz import unique

from spearmint_fp import (
    Config,
    DynamicValue,
    Sweep,
    constrain,
    distinct,
    exclude,
    expand,
    get_in,
    project,
    reorder,
)
from spearmint_fp.sweep import formulas

from ..oracle import exactly

many = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

AXES: dict[str, Any] = {"a": range(5), "b": [f"b{k}" for k in range(4)], "c": range(3, 30, 4)}

pairs = st.lists(st.sampled_from(sorted(AXES)), min_size=2, max_size=2, unique=True)
named = st.fixed_dictionaries({}, optional={name: st.sampled_from(list(values)) for name, values in AXES.items()})


@st.composite
def cut_sweeps(draw: st.DrawFn) -> Sweep[Any]:
    """A sweep of three axes after exclusions, differences and constraints in any order."""
    sweep: Sweep[Any] = expand({name: DynamicValue(values) for name, values in AXES.items()})
    for step in draw(st.lists(st.sampled_from(["exclude", "difference", "constrain"]), min_size=1, max_size=4)):
        if step == "exclude":
            sweep = exclude(draw(st.lists(named.filter(bool), min_size=1, max_size=3)), sweep)
        elif step == "difference":
            sweep -= expand({name: draw(named).get(name, DynamicValue(values)) for name, values in AXES.items()})
        else:
            salt = draw(st.integers(1, 3))
            sweep = constrain(lambda x, y, salt=salt: len(f"{x}{y}") % 4 != salt, sweep, on=draw(pairs))
    return sweep


@pytest.fixture(autouse=True)
def short_axes_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formulas, "MOST_ROW", 2)


@many
@given(cut_sweeps(), pairs, st.booleans())
def test_pieces_are_projected_reordered_and_made_distinct_as_one_axis(
    sweep: Sweep[Any], pair: list[str], only_one: bool
) -> None:
    paths = pair[:1] if only_one else pair
    shown = [Config({path: config[path] for path in paths}) for config in sweep]
    assert list(map(exactly, project(paths, sweep))) == list(unique(map(exactly, shown)))
    by_rank = sorted(sweep, key=lambda config: [list(AXES[path]).index(get_in(path, config)) for path in paths])
    assert list(reorder(paths, sweep)) == by_rank
    assert list(distinct(sweep)) == list(sweep)
