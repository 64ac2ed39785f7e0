"""`spread`: evenly over every axis, each position once."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from itertools import product as combine
from typing import Any

import attrs
import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    SizeError,
    Sweep,
    constrain,
    derive,
    empty,
    expand,
    explain,
    label,
    mapped,
    sample,
    shuffled,
    spread,
    structured,
    unit,
    zipped,
)
from spearmint_fp.sweep.designs.spread import draw_positions

BRANCHES = expand(
    {
        "optimizer": DynamicValue(
            [
                {"name": "sgd", "lr": DynamicValue(range(12)), "momentum": DynamicValue([0.0, 0.5, 0.9])},
                {"name": "adam", "lr": DynamicValue(range(20))},
            ]
        ),
        "seed": DynamicValue(range(10)),
        "static": 1,
    }
)
TILES = constrain(
    lambda x, y, z: 32 <= x * y * z <= 256,
    expand({axis: DynamicValue([1, 2, 4, 8, 16, 32]) for axis in "xyzw"}),
    on=("x", "y", "z"),
)
LONG = expand({f"axis {k}": DynamicValue(range(10)) for k in range(30)})


def count_values(configs: Iterable[Any]) -> dict[str, Counter[Any]]:
    """Per path of a record of leaves, how often each value occurs."""
    counts: dict[str, Counter[Any]] = {}
    for config in configs:
        for path, value in config.items():
            counts.setdefault(path, Counter())[value] += 1
    return counts


def find_distance(some: Sweep[Any], every: dict[str, Counter[Any]]) -> float:
    """How far the shares of values among some configurations are from those among all: the mean over the axes."""
    mine = count_values(some)
    distances = []
    for path, counts in every.items():
        whole = counts.total()
        shares = [abs(mine[path][value] / some.size - count / whole) for value, count in counts.items()]
        distances.append(sum(shares) / 2)
    return sum(distances) / len(distances)


def draw_mean(draw: Callable[..., Sweep[Any]], k: int, sweep: Sweep[Any]) -> float:
    every = count_values(sweep)
    return sum(find_distance(draw(k, sweep, seed=seed), every) for seed in range(8)) / 8


@pytest.mark.parametrize("k", [32, 128])
def test_under_constraints_the_shares_of_values_are_about_half_as_far_off_as_those_of_a_sample(k: int) -> None:
    assert draw_mean(spread, k, TILES) < 0.6 * draw_mean(sample, k, TILES)


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[7:-9],
        lambda s: s[::3],
        lambda s: s[::-2],
        lambda s: shuffled(s, seed=4),
        lambda s: sample(s.size // 2, s, seed=2),
        lambda s: constrain(lambda w: w > 1, s, on="w"),
        lambda s: expand({"part": shuffled(s), "more": DynamicValue(range(3))}),
        lambda s: s * expand({"more": DynamicValue(range(3))}),
        lambda s: s + s[:300],
    ],
    ids=["cut", "stride", "backwards", "shuffle", "sample", "constrained again", "inside", "product", "sum"],
)
def test_it_is_even_over_the_axes_of_what_a_sweep_was_made_from(change: Callable[[Any], Any]) -> None:
    sweep = change(TILES)
    plain = mapped(lambda config: config.get("part", config), sweep)
    every = count_values(plain)
    parts = [
        mapped(lambda c: c.get("part", c), draw(64, sweep, seed=seed)) for draw in (spread, sample) for seed in range(6)
    ]
    distances = [find_distance(part, every) for part in parts]
    assert sum(distances[:6]) < 0.75 * sum(distances[6:])


def test_a_power_of_two_of_points_falls_into_every_part_of_every_axis_alike() -> None:
    grid = expand({"a": DynamicValue(range(8)), "b": DynamicValue(range(10**30)), "c": DynamicValue([0, 1])})
    for seed in range(4):
        drawn = list(spread(64, grid, seed=seed))
        assert set(Counter(config.a for config in drawn).values()) == {8}
        assert set(Counter(config.b * 32 // 10**30 for config in drawn).values()) == {2}
        assert Counter((config.a, config.b * 8 // 10**30) for config in drawn) == dict.fromkeys(
            combine(range(8), range(8)), 1
        )


def test_branches_have_their_shares_and_each_is_even_inside() -> None:
    drawn = list(spread(140, BRANCHES))
    names = Counter(config.optimizer.name for config in drawn)
    assert abs(names["sgd"] - 140 * 36 / 56) <= 2
    momenta = Counter(config.optimizer.get("momentum") for config in drawn)
    assert all(abs(momenta[value] - 30) <= 4 for value in (0.0, 0.5, 0.9))
    assert all(abs(count - 14) <= 4 for count in Counter(config.seed for config in drawn).values())


def test_what_does_not_vary_takes_no_part() -> None:
    swept: dict[str, Any] = {"a": DynamicValue(range(6)), "b": DynamicValue(range(5))}
    bare, padded = expand(swept), expand({"x": 1, **{f"k{n}": n for n in range(50)}, **swept})
    assert [(c.a, c.b) for c in spread(20, bare)] == [(c.a, c.b) for c in spread(20, padded)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, -5, 10**40])
def test_all_of_a_sweep_is_each_configuration_once(seed: int) -> None:
    for sweep in (
        BRANCHES,
        TILES[100:400],
        shuffled(TILES)[:50],
        zipped(BRANCHES, expand({"n": DynamicValue(range(560))})),
    ):
        whole = spread(sweep.size, sweep, seed=seed)
        assert sorted(map(sweep.index, whole)) == list(range(sweep.size))
        assert [whole.index(config) for config in whole] == list(range(sweep.size))
        assert list(spread(17, sweep, seed=seed)) == list(whole)[:17] == list(whole[:17])


def test_another_seed_gives_others() -> None:
    assert list(spread(20, TILES, seed=1)) != list(spread(20, TILES, seed=2))


def test_the_units() -> None:
    assert list(spread(0, empty)) == []
    assert list(spread(1, unit)) == [Config()]
    assert list(spread(0, TILES)) == []
    assert spread(0, TILES).size == 0


def test_it_is_a_sweep_like_any_other() -> None:
    some = spread(40, TILES, seed=3)
    listed = list(some)
    assert some[::-1][0] == listed[-1]
    assert list(some[5:20:4]) == listed[5:20:4]
    assert some.axes == TILES.axes
    assert len({label(config, some) for config in some}) == 40
    assert repr(some) == "Sweep(spread(constrained(6 × 6 × 6 × 6)) = 40)"
    assert explain(some).splitlines()[1] == "  spread: 40 of"
    assert list(constrain(lambda w: w > 4, some, on="w")) == [config for config in listed if config["w"] > 4]
    assert list(shuffled(some, seed=1)) != listed
    assert sorted(map(some.index, shuffled(some, seed=1))) == list(range(40))
    assert spread(40, TILES, seed=3) == some != spread(40, TILES, seed=4)
    assert hash(spread(40, TILES, seed=3)) == hash(some)
    assert TILES[0] in spread(TILES.size, TILES)
    with pytest.raises(ValueError, match="is not in"):
        some.index(next(config for config in TILES if config not in listed))


def test_a_pickle_is_small_and_asks_no_predicate() -> None:
    asked: list[int] = []

    def below(a: int, b: int) -> bool:
        asked.append(a)
        return a < b

    sweep = constrain(below, expand({x: DynamicValue(range(9)) for x in "abc"}), on=("a", "b"))
    some = spread(100, sweep)
    listed, calls = list(some), len(asked)
    assert len(pickle.dumps(spread(100, LONG))) < 3000
    assert list(pickle.loads(pickle.dumps(some))) == listed
    assert len(asked) == calls == 81


def test_it_counts_with_the_predicates_that_were_asked_already() -> None:
    asked: list[int] = []

    def below(a: int, b: int) -> bool:
        asked.append(a)
        return a < b

    inner = constrain(below, expand({x: DynamicValue(range(9)) for x in "ab"}), on=("a", "b"))
    assert inner.size == 36
    list(spread(20, expand({"x": inner, "y": DynamicValue([1, 2])})))
    assert len(asked) == 81


def test_derived_mapped_and_typed_sweeps_are_spread_over_their_bases() -> None:
    chosen = list(spread(30, TILES))
    assert list(spread(30, mapped(lambda config: config.x, TILES))) == [config.x for config in chosen]
    assert [config["v"] for config in spread(30, derive("v", lambda config: config.x, TILES))] == [c.x for c in chosen]

    @attrs.frozen
    class Tile:
        x: int
        y: int
        z: int
        w: int

    assert list(spread(30, structured(Tile, TILES))) == [Tile(**config) for config in chosen]


def test_ties_are_one_axis() -> None:
    tied = zipped(expand({"a": DynamicValue(range(64))}), expand({"b": DynamicValue(range(64))}))
    drawn = list(spread(16, tied * expand({"c": DynamicValue(range(4))})))
    assert all(config.a == config.b for config in drawn)
    assert set(Counter(config.a // 4 for config in drawn).values()) == {1}
    assert set(Counter(config.c for config in drawn).values()) == {4}


def test_only_what_is_asked_for_is_drawn() -> None:
    vast = spread(10**6, expand({"n": DynamicValue(range(10**30)), "m": DynamicValue(range(10**30))}))
    assert vast[0] != vast[1]
    assert list(vast[:3]) == [vast[0], vast[1], vast[2]]


def test_a_thousand_axes_have_their_values_alike() -> None:
    wide = expand({f"a{k}": DynamicValue(range(4)) for k in range(300)})
    drawn = list(spread(16, wide))
    assert all(set(Counter(config[f"a{k}"] for config in drawn).values()) == {4} for k in range(300))


def test_threads_may_draw_together() -> None:
    some = spread(300, LONG, seed=8)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(some.__getitem__, reversed(range(300))))
    assert drawn[::-1] == list(spread(300, LONG, seed=8))


@pytest.mark.slow
def test_it_is_the_same_in_every_process_and_for_ever() -> None:
    first = [position // 10**24 for position in islice(draw_positions(LONG._node, 0), 12)]
    assert first == [401587, 896024, 68477, 632801, 284695, 819230, 125359, 752812, 467749, 930493, 123126, 587660]
    code = (
        "from tests.sweep.designs.test_spread import LONG, BRANCHES, spread;"
        "print([LONG.index(c) for c in spread(9, LONG)], [BRANCHES.index(c) for c in spread(9, BRANCHES, seed=5)])"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1")
    }
    ours = [LONG.index(c) for c in spread(9, LONG)], [BRANCHES.index(c) for c in spread(9, BRANCHES, seed=5)]
    assert texts == {f"{ours[0]} {ours[1]}\n"}


@pytest.mark.parametrize("k", [-1, TILES.size + 1, 10**400])
def test_more_than_there_are_is_refused(k: int) -> None:
    with pytest.raises(SizeError, match="without replacement takes 0 to"):
        spread(k, TILES)


def test_what_it_cannot_do_is_refused_by_name() -> None:
    with pytest.raises(SizeError, match=r"keeps the positions that it draws, at most 1000000. For more take sample"):
        spread(10**6 + 1, LONG)
    cut = spread(3, shuffled(LONG)[: 10**7])
    with pytest.raises(SizeError, match=r"means listing its 10000000 configurations.*before it is shuffled and cut"):
        cut[0]
    with pytest.raises(ArgumentError, match="k is a whole number"):
        spread("3", TILES)  # type: ignore[arg-type]
