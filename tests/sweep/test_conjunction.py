"""Conjunction: both ways of building agree, and what is hard stays within steps, not seconds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, pairwise
from math import comb, factorial, prod
from typing import Any

import pytest
from hypothesis import given

from spearmint_fp import DynamicValue, SizeError, Sweep, constrain, expand
from spearmint_fp.sweep import conjunction
from tests.examples import examples

from .test_automata import Rule, constrained_specs, make

some = examples(120)


@contextmanager
def one_way(way: type[Any]) -> Iterator[None]:
    """Only one of the two ways of building."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conjunction, "_Upwards", way)
        patch.setattr(conjunction, "_Downwards", way)
        yield


@contextmanager
def within(steps: int) -> Iterator[None]:
    """Each way of building has so many steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conjunction, "MOST_STEPS", steps)
        yield


@pytest.mark.slow
@some
@given(constrained_specs())
def test_upwards_and_downwards_make_the_same(case: tuple[Any, list[Any], list[Rule]]) -> None:
    spec, configs, rules = case
    if not rules or not configs:
        return
    both = make(spec, rules).data
    for way in (conjunction._Upwards, conjunction._Downwards):
        with one_way(way):
            assert make(spec, rules).data == both


def axes(names: Sequence[str], values: Any) -> Sweep[Any]:
    return expand({name: DynamicValue(values) for name in names})


def tie(sweep: Sweep[Any], pairs: Sequence[tuple[str, str]], holds: Callable[..., bool]) -> Sweep[Any]:
    for pair in pairs:
        sweep = constrain(holds, sweep, on=pair)
    return sweep


def salted(k: int) -> Callable[[int, int], bool]:
    return lambda a, last: pow(a * 31 + last * 7 + k * 101 + 1, 3, 1009) % 3 > 0


@pytest.mark.parametrize(("count", "steps"), [(6, 60_000), (60, 800_000)])
@pytest.mark.parametrize("hub_first", [False, True])
def test_constraints_that_share_an_axis_of_ten_values(count: int, steps: int, hub_first: bool) -> None:
    names = [f"x{k}" for k in range(count)]
    sweep = axes(["hub", *names] if hub_first else [*names, "hub"], range(10))
    for k, name in enumerate(names):
        sweep = constrain(salted(k), sweep, on=(name, "hub"))
    with within(steps):
        size = sweep.size
    assert size == sum(prod(sum(salted(k)(a, hub) for a in range(10)) for k in range(count)) for hub in range(10))
    assert [sweep.index(sweep[k]) for k in (0, size // 3, size - 1)] == [0, size // 3, size - 1]


MATERIALS = ["steel", "brass", "glass", "cork"]


@pytest.mark.parametrize("first", [False, True])
def test_a_material_limits_twenty_four_others(first: bool) -> None:
    names = [f"x{k:02}" for k in range(24)]
    others, material = {name: DynamicValue(range(10)) for name in names}, {"material": DynamicValue(MATERIALS)}
    sweep: Sweep[Any] = expand({**material, **others} if first else {**others, **material})
    for k, name in enumerate(names):
        sweep = constrain(lambda m, x, k=k: (MATERIALS.index(m) + x + k) % 5 > 1, sweep, on=("material", name))
    with within(30_000):
        size = sweep.size
    assert size == sum(
        prod(sum((m + x + k) % 5 > 1 for x in range(10)) for k in range(24)) for m in range(len(MATERIALS))
    )


def test_twenty_eight_pairs_of_eight_that_differ() -> None:
    names = [f"x{k}" for k in range(8)]
    with within(40_000):
        sweep = tie(axes(names, range(8)), list(combinations(names, 2)), lambda a, b: a != b)
        assert sweep.size == factorial(8)
    assert list(sweep[-1].values()) == list(range(7, -1, -1))


@pytest.mark.slow
def test_all_different_over_twelve() -> None:
    names = [f"x{k}" for k in range(12)]
    with within(1_000_000):
        sweep = tie(axes(names, range(12)), list(combinations(names, 2)), lambda a, b: a != b)
        assert sweep.size == factorial(12)


@pytest.mark.slow
def test_ten_queens() -> None:
    names = [f"x{k}" for k in range(10)]
    sweep = axes(names, range(10))
    for (i, a), (j, b) in combinations(enumerate(names), 2):
        sweep = constrain(lambda x, y, d=j - i: x != y and abs(x - y) != d, sweep, on=(a, b))
    with within(600_000):
        assert sweep.size == 724


@pytest.mark.slow
def test_a_chain_of_two_thousand_axes() -> None:
    names = [f"x{k}" for k in range(2_000)]
    sweep = tie(axes(names, range(3)), list(pairwise(names)), lambda a, b: a <= b)
    with within(20_000):
        assert sweep.size == comb(2_002, 2)
    assert sweep.index(sweep[123_456]) == 123_456


def test_what_is_refused_says_what_would_help_and_that_helps() -> None:
    names = [f"x{k:02}" for k in range(24)]
    pairs = [(name, "hub") for name in names]
    refused = pytest.raises(SizeError, match=r"the constraints on x00, hub(.|\n)*more than \d+ steps to count together")
    with within(100_000), refused as told:
        tie(axes([*names, "hub"], range(24)), pairs, lambda a, b: a != b).size
    advice = re.search(r"Write (.+) before (\w+) in the tree", str(told.value))
    assert advice
    moved, anchor = advice[1].split(", "), advice[2]
    order = [name for name in [*names, "hub"] if name not in moved]
    order[order.index(anchor) : order.index(anchor)] = moved
    with within(100_000):
        assert tie(axes(order, range(24)), pairs, lambda a, b: a != b).size == 24 * 23**24
    assert len(str(told.value)) < 1_000
