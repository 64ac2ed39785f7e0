"""`covering`: few configurations of a sweep, in which every combination of a few values still occurs."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from itertools import combinations, product
from typing import Any

import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    SizeError,
    Sweep,
    constrain,
    covering,
    derive,
    empty,
    expand,
    include,
    label,
    mapped,
    sample,
    shuffled,
    structured,
    unit,
    zipped,
)


def levels(*groups: tuple[int, int]) -> Sweep[Config]:
    """So many axes of so many values."""
    sizes = [size for size, count in groups for _ in range(count)]
    return expand({f"x{k}": DynamicValue(range(size)) for k, size in enumerate(sizes)})


def list_missing(array: Sweep[Config], groups: Sequence[tuple[int, int]], strength: int) -> list[Any]:
    """The combinations of values that no configuration has, of a sweep without constraints."""
    sizes = [size for size, count in groups for _ in range(count)]
    rows = [tuple(config.values()) for config in array]
    missing = []
    for axes in combinations(range(len(sizes)), strength):
        seen = {tuple(row[axis] for axis in axes) for row in rows}
        missing += [(axes, v) for v in product(*(range(sizes[axis]) for axis in axes)) if v not in seen]
    return missing


@pytest.mark.slow
@pytest.mark.parametrize(
    ("groups", "strength", "most"),
    [
        ([(3, 4)], 2, 9),
        ([(3, 13)], 2, 16),
        ([(2, 20)], 2, 8),
        ([(2, 12)], 3, 16),
        ([(4, 3), (3, 4)], 2, 16),
        ([(2, 5)], 4, 16),
        ([(2, 5)], 5, 32),
        ([(7, 1), (2, 3)], 1, 7),
    ],
)
def test_arrays_are_small(groups: Any, strength: int, most: int) -> None:
    array = covering(strength, levels(*groups))
    assert array.size <= most
    assert not list_missing(array, groups, strength)


@pytest.mark.slow
def test_a_large_sweep_is_never_listed() -> None:
    sweep = levels((2, 100))
    array = covering(2, sweep)
    assert array.size <= 12
    assert not list_missing(array, [(2, 100)], 2)
    assert all(config in sweep for config in array)
    assert [sweep.index(config) for config in array] == sorted(sweep.index(config) for config in array)


def forbid(first: str, one: int, second: str, other: int, sweep: Sweep[Config]) -> Sweep[Config]:
    return constrain(lambda a, b: (a, b) != (one, other), sweep, on=(first, second))


def test_constraints_make_pairs_impossible_and_rows_valid() -> None:
    sweep = levels((3, 8))
    for k in range(7):
        sweep = forbid(f"x{k}", 0, f"x{k + 1}", 0, sweep)
        sweep = forbid(f"x{k}", 1, f"x{k + 1}", 2, sweep)
    array = covering(2, sweep)
    assert all(config in sweep for config in array)
    assert array.size <= 14
    missing = {(axes, values) for axes, values in list_missing(array, [(3, 8)], 2)}
    for (a, b), (v, w) in missing:  # none of what is missing is possible
        assert constrain(lambda x, y, v=v, w=w: (x, y) == (v, w), sweep, on=(f"x{a}", f"x{b}")).size == 0


def test_a_constraint_can_rule_out_a_pair_that_no_rule_names() -> None:
    sweep = levels((2, 3))
    sweep = constrain(lambda a, b: a == b, sweep, on=("x0", "x1"))
    sweep = constrain(lambda b, c: b == c, sweep, on=("x1", "x2"))
    assert list(covering(2, sweep)) == [{"x0": 0, "x1": 0, "x2": 0}, {"x0": 1, "x1": 1, "x2": 1}]


BRANCHES = expand(
    {
        "optimizer": DynamicValue(
            [
                {"name": "sgd", "lr": DynamicValue([0.1, 0.2]), "momentum": DynamicValue([0.0, 0.9])},
                {"name": "adam", "lr": DynamicValue([0.1, 0.2])},
                {"name": "none"},
            ]
        ),
        "model": DynamicValue(["a", "b", "c"]),
        "seed": DynamicValue([1, 2]),
    }
)


def test_each_branch_meets_every_value() -> None:
    array = covering(2, BRANCHES)
    names = {(config.optimizer.name, config.model) for config in array}
    assert names == set(product(("sgd", "adam", "none"), "abc"))
    without = {(config.model, config.seed) for config in array if "momentum" not in config.optimizer}
    assert {model for model, _ in without} == {"a", "b", "c"}
    assert array.size <= 12


def test_a_branch_without_axes_of_its_own_meets_every_value() -> None:
    """Here nothing but the choice itself says that `m` is absent."""
    sweep = expand({"lr": DynamicValue([1, 2])}) + expand({"lr": DynamicValue([1, 2]), "m": DynamicValue([3, 4])})
    sweep = sweep * expand({"seed": DynamicValue([1, 2, 3])})
    absent = [config for config in covering(2, sweep) if "m" not in config]
    assert {config.seed for config in absent} == {1, 2, 3}
    assert {config.lr for config in absent} == {1, 2}


def test_equal_branches_are_one_and_equal_values_are_one() -> None:
    sweep = levels((2, 2))
    assert covering(2, sweep + sweep).size == 4
    assert covering(2, expand({"a": DynamicValue([1, 1, 2]), "b": DynamicValue([1, True])})).size == 4


@pytest.mark.parametrize("strength", [1, 2, 10**30])
def test_units(strength: int) -> None:
    assert covering(strength, unit) == unit
    assert covering(strength, empty) == empty
    assert covering(strength, levels((3, 1))) == levels((3, 1))


def test_as_many_axes_as_there_are_give_every_different_configuration() -> None:
    sweep = levels((3, 2), (2, 1))
    assert covering(3, sweep) == covering(4, sweep) == sweep
    assert covering(9, BRANCHES) == BRANCHES


def test_what_orders_or_derives_makes_no_difference() -> None:
    sweep = levels((3, 5))
    array = covering(2, sweep)
    for other in (shuffled(sweep, seed=5), sweep[::-1]):
        assert {*map(str, covering(2, other))} == {*map(str, array)}
        assert [other.index(config) for config in covering(2, other)] == sorted(map(other.index, array))
    derived = derive("sum", lambda config: sum(config.values()), sweep)
    assert [config.x0 for config in covering(2, derived)] == [config.x0 for config in array]
    assert covering(2, derived)[0].sum == sum(array[0].values())


def test_listed_sweeps_are_covered_by_what_they_hold() -> None:
    sweep = levels((3, 5))
    renamed = mapped(lambda config: {f"y{k}": str(value) for k, value in enumerate(config.values())}, sweep)
    assert {len({c[f"y{k}"] for c in covering(1, renamed)}) for k in range(5)} == {3}
    assert 9 <= covering(2, renamed).size <= 15
    some = sample(200, sweep)
    pairs = {(axes, tuple(c[f"x{k}"] for k in axes)) for c in some for axes in combinations(range(5), 2)}
    found = {(a, tuple(c[f"x{k}"] for k in a)) for c in covering(2, some) for a in combinations(range(5), 2)}
    assert found == pairs
    assert covering(2, zipped(levels((3, 1)), expand({"z": DynamicValue([*"abc"])}))).size == 3
    assert [c["x0"] for c in covering(1, structured(dict[str, int], levels((2, 2))))] == [0, 1]


def test_a_covering_array_is_a_sweep() -> None:
    array = covering(2, BRANCHES)
    assert pickle.loads(pickle.dumps(array)) == array  # our own bytes
    assert array[1:].size == array.size - 1
    assert array.index(array[3]) == 3
    assert len({label(config, array) for config in array}) == array.size
    assert list(array.axes) == list(BRANCHES.axes)


GOLDEN_ROWS = [[2, 22, 36, 64, 78, 120, 197, 222, 266, 290, 322], [36, 64, 114, 137, 148, 167, 196, 246, 260, 262, 289]]
"""The positions for two seeds, which no machine or Python may change."""

PROGRAM = """
import json
from spearmint_fp import DynamicValue, constrain, covering, expand
sweep = expand({"s": DynamicValue([frozenset("abc"), "t"]),
    "b": DynamicValue([{"k": DynamicValue([*"xy"])}, {"l": "z"}]),
    **{f"x{k}": DynamicValue([*"abc"]) for k in range(4)}})
sweep = constrain(lambda x, y: x != y, sweep, on=("x0", "x1"))
print(json.dumps([[sweep.index(c) for c in covering(2, sweep, seed=seed)] for seed in (0, 1)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["0", "12345"])
def test_the_same_configurations_are_found_everywhere(hash_seed: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
    )
    assert json.loads(run.stdout) == GOLDEN_ROWS


def test_a_predicate_is_asked_once() -> None:
    asked = []

    def apart(a: int, b: int) -> bool:
        asked.append((a, b))
        return a != b

    sweep = constrain(apart, levels((4, 3)), on=("x0", "x1"))
    list(covering(2, sweep))
    list(covering(3, sweep))
    assert len(asked) == 16
    back = pickle.loads(pickle.dumps(covering(2, sweep)._node.base))  # type: ignore[attr-defined]  # our own bytes
    assert list(covering(2, Sweep(back))) == list(covering(2, sweep))
    assert len(asked) == 16


def test_an_error_of_a_listed_sweep_comes_through() -> None:
    sweep = mapped(lambda config: 1 // config.x0, levels((2, 3)))
    with pytest.raises(ZeroDivisionError):
        covering(2, sweep)


@pytest.mark.parametrize("strength", [0, -1])
def test_strength_is_one_at_least(strength: int) -> None:
    with pytest.raises(ArgumentError, match=f"strength={strength}"):
        covering(strength, BRANCHES)


@pytest.mark.slow
def test_what_is_too_much_is_refused_before_it_is_done() -> None:
    with pytest.raises(SizeError, match="more than 300000 combinations of 6 values"):
        covering(6, levels((2, 60)))
    with pytest.raises(SizeError, match="every value of x0, x1, and there are 10000000"):
        covering(2, zipped(levels((10**7, 1)), expand({"x1": DynamicValue(range(10**7))})))
    with pytest.raises(SizeError, match="more than 1000000"):
        covering(1, shuffled(levels((2, 60)))[1:])


def test_selections_side_by_side_keep_their_axes() -> None:
    axes = expand({"w": DynamicValue([1, "1", 2]), "p": {"q": DynamicValue([True, 1])}})
    sweep = expand({"z": DynamicValue([1, 2])})[:1] * axes[3:6:2]
    assert list(covering(2, sweep)) == list(sweep)


def test_branches_of_functions_that_give_one_value_each_are_all_covered() -> None:
    both = mapped(lambda config: {"z": config.a}, expand({"a": DynamicValue([1, 2])}))
    first, second = both[:1], both[1:]
    for sweep in (first + second, first + expand({"z": 2}), expand({"z": 2}) + first):
        assert list(covering(1, sweep)) == list(sweep)
    assert list(covering(2, second + second)) == list(second)


def test_axes_beside_a_sweep_of_a_function_are_covered() -> None:
    made = mapped(lambda c: c, expand({"p": DynamicValue([1, 2])}))
    sweep = made * expand({"b": DynamicValue([1, 2, 3]), "c": DynamicValue([1, 2])})
    assert {c.b for c in covering(1, sweep)} == {1, 2, 3}
    assert covering(2, sweep).size == 6


def test_what_is_included_is_combined_with_the_rest() -> None:
    space = expand({"os": DynamicValue(["linux", "mac"]), "py": DynamicValue([1, 2, 3]), "n": DynamicValue(range(9))})
    jobs = include([{"color": "green"}, {"os": "mac", "py": 3, "color": "pink"}, {"py": 2, "gpu": True}], space)
    for sweep in (jobs, expand({"jobs": jobs}), jobs[::-1], expand({"jobs": jobs, "n": DynamicValue([0, 1])})):
        array = [getattr(config, "jobs", config) for config in covering(2, sweep)]
        assert {(c.color, c.n) for c in array} == set(product(["green", "pink"], range(9)))
        assert {(c.os, c.py) for c in array if "gpu" in c} == {("linux", 2), ("mac", 2)}
        assert {c.n for c in array if "gpu" in c} == set(range(9))
        assert len(array) < sweep.size


def test_a_list_among_the_values_of_an_axis_hides_none_of_the_others() -> None:
    sweep = expand({"a": DynamicValue([None, {}, [DynamicValue([0])]])})
    assert covering(1, sweep) == sweep
    more = include([{"n": 1, "color": "pink"}], expand({"n": DynamicValue([1, 2]), "m": DynamicValue([0, 1])}))
    both = more + expand({"color": DynamicValue(["red", "blue"]), "m": 0})
    assert {c.color for c in covering(1, both) if "color" in c} == {"pink", "red", "blue"}
