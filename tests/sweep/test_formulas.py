"""Formulas: what they say of a configuration, and axes that they cut, which stay one axis to every operation."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toolz import unique

from spearmint_fp import (
    Config,
    DynamicValue,
    SizeError,
    Sweep,
    constrain,
    distinct,
    exclude,
    expand,
    get_in,
    project,
    reorder,
    shuffled,
)
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep import formulas
from spearmint_fp.sweep.digits import cut_piece, find_node
from spearmint_fp.sweep.formulas import ANYTHING, Formula, Groups, Values, split_axes
from tests.examples import examples

from ..oracle import exactly, paths_of, predicate, value_at
from .generated import points, sweeps
from .spaces import list_places, open_space

many = examples(60)

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


values = st.sampled_from([0, 1, 1.0, True, False, "1", None, math.nan, ()])


@given(st.lists(values, max_size=4), values, st.booleans())
def test_values_are_told_apart_by_type(wanted: list[Any], value: Any, others: bool) -> None:
    keys = list(map(exact_key, wanted))
    test = Values.of(wanted, others=others)
    assert test(value) is ((exact_key(value) in keys) != others)
    assert list(map(exact_key, test.values)) == list(dict.fromkeys(keys))
    axis = expand(DynamicValue([1, True, 1.0, math.nan, 1, "1"]))._node
    assert test.list_places(axis) == [k for k in range(axis.size) if exact_key(axis.at(k)) in keys]
    assert ANYTHING(value)


@given(st.lists(st.lists(st.integers(0, 2), max_size=3), max_size=3), st.booleans(), st.data())
def test_a_formula_is_its_groups_over_what_is_there(groups: list[list[int]], negated: bool, data: Any) -> None:
    paths = [("a",), ("b", "c"), ("d",)]
    formula = Formula((Values.of([1]), bool, ANYTHING), Groups(tuple(map(tuple, groups)), negated))
    config: dict[str, Any] = data.draw(st.fixed_dictionaries({}, optional={
        "a": st.integers(0, 1), "b": st.just(5) | st.fixed_dictionaries({"c": st.integers(0, 1)}), "d": st.just(0),
    }))  # fmt: skip
    b = config.get("b", 5)
    truths = [config.get("a") == 1, b != 5 and bool(b["c"]), "d" in config]
    expected = any(all(truths[k] for k in group) for group in groups) != negated
    assert formula.keeps(paths, config) is expected
    if "a" in config and b != 5 and "d" in config:
        assert formula(config["a"], b["c"], config["d"]) is expected
    assert formula.absent is formula.keeps(paths, {})


@many
@given(st.data(), sweeps())
def test_cut_axes_have_the_same_points_and_pieces_pass_as_a_whole(data: Any, sweep: Any) -> None:
    listed = points(sweep)
    if len(listed) < sweep.size or not listed:
        return
    path = data.draw(st.sampled_from(paths_of(listed[0])))
    test = Values.of([value_at(path, listed[0])])
    read = set(data.draw(st.permutations(list_places(open_space(sweep._node).digits)))[:1])
    made = split_axes(sweep._node, [(path, test), (path, predicate(1, 2))], read)
    assert list(map(exact_key, made.walk(0, made.size))) == list(map(exact_key, listed))
    assert [exact_key(made.at(k)) for k in range(made.size)] == list(map(exact_key, listed))
    for place in read:
        before = find_node(sweep._node, place)
        if before.composition is None:
            assert find_node(made, place) is before


def test_an_axis_is_cut_around_the_values() -> None:
    tree = {"a": DynamicValue(range(10**30)), "b": {"a": DynamicValue(range(10**30))}, "c": DynamicValue([1, 2])}
    sweep = expand(tree)
    made = split_axes(sweep._node, [(("a",), Values.of([5, 6, 10**30, 5.0]))], set())
    sizes = [part.size for part in made.children[0].children]
    assert sizes == [5, 1, 1, 10**30 - 7]
    assert made.children[1:] == sweep._node.children[1:]
    assert made.at(7 * 2 * 10**30) == {"a": 7, "b": {"a": 0}, "c": 1}
    assert split_axes(sweep._node, [(("a",), Values.of([5]))], {(0,)}) is sweep._node
    assert split_axes(sweep._node, [(("a",), bool), (("a",), ANYTHING)], set()) is sweep._node
    assert split_axes(sweep._node, [(("a",), Values.of([-1, "5"]))], set()) is sweep._node
    assert [cut_piece(sweep._node.children[0], 3, stop).size for stop in (4, 10**29)] == [1, 10**29 - 3]


def test_more_places_than_pieces_may_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formulas, "MOST_CUTS", 3)
    few = expand({"n": DynamicValue(range(10**30))})
    with pytest.raises(SizeError, match="more than 3 places of an axis of"):
        split_axes(few._node, [(("n",), Values.of(range(5)))], set())
    assert shuffled(few)._node == split_axes(shuffled(few)._node, [(("n",), Values.of([1]))], set())


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
