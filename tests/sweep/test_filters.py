"""Constraints on every kind of sweep: through slices, shuffles, strides, zips and derived values."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from spearmint_fp import (
    Config,
    DynamicValue,
    PathError,
    SizeError,
    Sweep,
    concat,
    constrain,
    derive,
    expand,
    mapped,
    shuffled,
    zipped,
)

from .test_choose import less, wide


def test_slices_of_constrained_sweeps_and_constrained_slices() -> None:
    s = expand({"a": DynamicValue(range(6)), "b": DynamicValue(range(6)), "c": DynamicValue([0, 1])})
    kept = [c for c in s if c.a < c.b]
    whole = constrain(less, s, on=("a", "b"))
    for start, stop in itertools.product(range(0, 73, 5), repeat=2):
        part = list(s)[start:stop]
        assert list(constrain(less, s[start:stop], on=("a", "b"))) == [c for c in part if c.a < c.b]
        assert list(constrain(less, s[start:stop][::-1], on=("a", "b"))) == [c for c in part[::-1] if c.a < c.b]
        assert list(whole[start:stop]) == kept[start:stop]


def test_a_constrained_slice_of_a_constrained_sweep() -> None:
    s = expand({"a": DynamicValue(range(5)), "b": DynamicValue(range(5)), "c": DynamicValue([0, 1])})
    first = constrain(less, s, on=("a", "b"))
    for start, stop in itertools.combinations(range(21), 2):
        part = list(first)[start:stop]
        assert list(constrain(lambda a, c: (a + c) % 2 == 0, first[start:stop], on=("a", "c"))) == [
            c for c in part if (c.a + c.c) % 2 == 0
        ]


def test_a_short_slice_of_a_long_sweep_is_looked_at() -> None:
    s = expand({"a": DynamicValue(range(10**9))})
    assert [c.a for c in constrain(lambda a: a % 2 == 0, s[:10], on="a")] == [0, 2, 4, 6, 8]


def test_a_shuffled_slice_of_which_nothing_is_left_is_empty() -> None:
    part = shuffled(expand({"a": DynamicValue(range(1000)), "b": DynamicValue(range(10**5))})[: 10**7])
    assert constrain(lambda a: a == 999, part, on="a").size == 0
    with pytest.raises(SizeError, match="takes 10000000 points to enumerate here"):
        _ = constrain(lambda a: a == 1, part, on="a").size


def test_few_survivors_are_found_in_vast_shuffles_strides_samples_and_zips() -> None:
    none: Callable[..., bool] = lambda *values: not any(values)  # noqa: E731

    def keep_few(sweep: Sweep[Any]) -> Sweep[Any]:
        for start in range(2, 30, 4):
            sweep = constrain(none, sweep, on=[f"x{k}" for k in range(start, start + 4)])
        return sweep

    few = list(keep_few(wide()))
    assert len(few) == 100
    for made in (shuffled(wide(), seed=3), wide()[::-1], wide()[:: 10**24], shuffled(wide(), seed=4)[: 10**29]):
        kept = keep_few(made)
        assert list(kept) == sorted((c for c in few if c in made), key=made.index)
        assert [kept.index(config) for config in kept] == list(range(kept.size))
    assert keep_few(shuffled(wide(), seed=3)).size == 100
    both = zipped(wide(), expand({"y": DynamicValue(range(10**30))}))
    half = constrain(lambda a, b: a < b, both, on=("x0", "x1"))
    assert half.size == 45 * 10**28
    assert half.index(half[10**20]) == 10**20
    assert half[0] == {**constrain(less, wide(), on=("x0", "x1"))[0], "y": 10**28}


def refuse(a: int, b: int) -> bool:
    if a == b:
        raise ValueError(a)
    return a < b


def add(config: Config) -> int:
    return int(config.a + config.b)


def extend(config: Config) -> Config:
    return config | {"m": 1}


def differ(a: int, b: int) -> bool:
    return a != b


KINDS: dict[str, Callable[[Sweep[Config]], Sweep[Any]]] = {
    "itself": lambda s: s,
    "slice": lambda s: s[3:60],
    "reversed": lambda s: s[::-1],
    "stride": lambda s: s[::3],
    "shuffle": lambda s: shuffled(s, seed=1),
    "sum": lambda s: concat(s, expand({"a": DynamicValue([10, 2]), "b": DynamicValue([2, 12])})),
    "zip": lambda s: zipped(s, expand({"z": DynamicValue(range(s.size))})),
    "derived": lambda s: derive("d", add, s),
    "mapped": lambda s: mapped(extend, s),
    "inside": lambda s: expand({"a": DynamicValue([0, 1, 2]), "b": DynamicValue([1, 2]), "in": s[:9]}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_constraint_excludes_is_never_raised(kind: str) -> None:
    sweep = KINDS[kind](expand({"a": DynamicValue(range(8)), "b": DynamicValue(range(8))}))
    expected = [config for config in sweep if config["a"] < config["b"]]
    for rules in itertools.permutations((refuse, differ)):
        made = sweep
        for rule in rules:
            made = constrain(rule, made, on=("a", "b"))
        assert list(made) == expected
        assert [made[k] for k in range(made.size)] == expected
        assert [made.index(config) for config in expected] == list(range(len(expected)))
        assert made == pickle.loads(pickle.dumps(made))
        assert hash(made) == hash(pickle.loads(pickle.dumps(made)))
        assert list(constrain(lambda a: a > 1, made, on="a")) == [config for config in expected if config["a"] > 1]
    raising = constrain(refuse, sweep, on=("a", "b"))
    with pytest.raises(PathError, match=r"no configuration has bb; did you mean 'b'"):
        constrain(bool, raising, on="bb")
    with pytest.raises(ValueError, match=r"\d"):
        raising.size


def test_what_a_constraint_on_a_derived_value_excludes_is_never_raised() -> None:
    sweep = KINDS["derived"](expand({"a": DynamicValue(range(8)), "b": DynamicValue(range(8))}))
    expected = [config for config in sweep if config["a"] < config["b"] and config["d"] % 2]
    odd: Any = (lambda d: d % 2, "d")
    for (one, on), (other, also_on) in itertools.permutations((odd, (refuse, ("a", "b")))):
        assert list(constrain(other, constrain(one, sweep, on=on), on=also_on)) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_asked_before_something_is_asked(kind: str) -> None:
    asked: list[Any] = []

    def note(a: Any) -> bool:
        asked.append(a)
        return bool(a > 1)

    sweep = KINDS[kind](expand({"a": DynamicValue(range(8)), "b": DynamicValue(range(8))}))
    made = constrain(note, constrain(lambda b: b > 1, sweep, on="b"), on="a")
    assert not asked
    assert made.size == sum(config["a"] > 1 < config["b"] for config in sweep)
    assert asked


SQUARE = expand({"a": DynamicValue(range(100)), "b": DynamicValue(range(100))})


@pytest.mark.parametrize(
    "base",
    [shuffled(SQUARE, seed=1), zipped(SQUARE, expand({"z": DynamicValue(range(10**4))}))],
    ids=["shuffle", "zip"],
)
def test_a_slice_of_what_is_listed_asks_only_about_its_own_configurations(base: Sweep[Any]) -> None:
    asked = []

    def odd(a: int) -> bool:
        asked.append(a)
        return a % 2 == 1

    assert list(constrain(odd, base[5:15], on="a")) == [c for c in base[5:15] if c["a"] % 2]
    assert len(asked) <= 10


def test_a_constraint_on_a_branch_with_one_of_its_own_keeps_what_lacks_the_path() -> None:
    apart = constrain(
        lambda x, y: x != y, expand({"x": DynamicValue([0, 1]), "y": DynamicValue([0, 1])}), on=("x", "y")
    )
    sweep = expand({"a": DynamicValue([apart, {"z": DynamicValue([7, 8])}])})
    assert [c.a for c in constrain(lambda x, y: x < y, sweep, on=("a.x", "a.y"))] == [
        {"x": 0, "y": 1},
        {"z": 7},
        {"z": 8},
    ]


def test_what_was_asked_of_a_branch_counts_in_the_whole() -> None:
    axes = expand({"x": DynamicValue([0, 1, 2]), "y": DynamicValue([2, 3])})
    cut = constrain(lambda x, y: x + y != 4, constrain(bool, axes, on="x"), on=("x", "y"))
    assert cut.size == 2
    sweep = expand({"a": DynamicValue([cut, 1]), "w": DynamicValue([0, 1])})
    assert constrain(bool, sweep, on="w").size == 3
