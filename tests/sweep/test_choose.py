"""Constraints, shuffles, samples, shards, distinct: what laws do not say."""

from __future__ import annotations

import itertools
import pickle
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    PathError,
    SizeError,
    Sweep,
    constrain,
    derive,
    expand,
    mapped,
    sample,
    shard,
    shuffled,
    zipped,
)
from spearmint_fp.sweep.indices import Chosen, Permutation, Span


def wide(axes: int = 30) -> Sweep[Config]:
    return expand({f"x{k}": DynamicValue(range(10)) for k in range(axes)})


def less(a: int, b: int) -> bool:
    return a < b


# --- constrain -------------------------------------------------------------------------------------


def test_two_axes_of_ten_to_the_thirty() -> None:
    asked = Counter[tuple[int, int]]()

    def noted(a: int, b: int) -> bool:
        asked[a, b] += 1
        return a < b

    s = constrain(noted, wide(), on=("x3", "x27"))
    assert s.size == 45 * 10**28
    for position in (0, 1, 10**29, s.size // 2, s.size - 1):
        assert s.index(s[position]) == position
        assert s[position].x3 < s[position].x27
    assert len({tuple(c.values()) for c in sample(1000, s)}) == 1000
    assert s[10**20 :][5] == s[10**20 + 5]
    assert set(asked.values()) == {1}, "each combination is asked about once"
    assert len(asked) == 100


def test_chains_and_crossing_constraints_of_huge_sweeps() -> None:
    chain: Sweep[Any] = wide(10)
    for k in range(9):
        chain = constrain(less, chain, on=(f"x{k}", f"x{k + 1}"))
    assert chain.size == 1
    assert list(chain[0].values()) == list(range(10))
    crossing: Sweep[Any] = wide(40)
    for k in range(20):
        crossing = constrain(less, crossing, on=(f"x{k}", f"x{k + 20}"))
    assert crossing.size == 45**20
    middle = crossing[crossing.size // 3]
    assert crossing.index(middle) == crossing.size // 3
    assert next(iter(crossing[crossing.size // 3 :])) == middle
    steps: Sweep[Any] = wide(100)
    for k in range(0, 98, 2):
        steps = constrain(lambda a, b, c: a <= b <= c, steps, on=(f"x{k}", f"x{k + 1}", f"x{k + 2}"))
    assert steps.index(steps[steps.size - 2]) == steps.size - 2


def test_overlapping_scopes_agree_with_brute_force() -> None:
    s: Sweep[Any] = expand({name: DynamicValue(range(5)) for name in "abcd"})
    kept = list(s)
    constraints: list[tuple[Callable[..., bool], str]] = [
        (lambda a, c: a != c, "ac"),
        (lambda b, c, d: b + c > d, "bcd"),
        (lambda a, b: (a + b) % 3 > 0, "ab"),
        (lambda d: d != 2, "d"),
    ]
    for predicate, on in constraints:
        s = constrain(predicate, s, on=tuple(on))
        kept = [c for c in kept if predicate(*(c[name] for name in on))]
        assert list(s) == kept
        assert s.size == len(kept)
        assert [s[i] for i in range(s.size)] == kept
        assert list(s[::-1]) == kept[::-1]


def test_a_constraint_inside_branches_counts_the_free_axes_there() -> None:
    branch = {
        "momentum": DynamicValue(range(10**9)),
        "lr": DynamicValue([1, 2, 3]),
        "decay": DynamicValue(range(10**6)),
    }
    s = expand(
        {"opt": DynamicValue([branch, {"name": "adam"}]), "batch": DynamicValue([1, 2, 3]), "z": DynamicValue([0, 1])}
    )
    below = constrain(less, s, on=("opt.lr", "batch"))
    assert below.size == (3 * 10**15 + 3) * 2
    for position in (0, 1, 10**15, below.size - 7, below.size - 1):
        assert below.index(below[position]) == position


@pytest.mark.parametrize(
    ("sweep", "on", "points"),
    [
        (lambda: expand({"a": DynamicValue(range(10**7))}), "a", "10000000"),
        (lambda: wide(), tuple(f"x{k}" for k in range(9)), "1000000000"),
        (lambda: expand({"k": wide()}), "k", "10" + "0" * 29),
        (lambda: shuffled(wide()), ("x0", "x1"), "99" + "0" * 28),
        (lambda: wide()[:: 10**5], ("x0", "x1"), "10" + "0" * 24),
        (lambda: mapped(dict, wide(8)), "x0", "100000000"),
        (lambda: derive("d", len, wide(8)), "d", "100000000"),
        (lambda: zipped(wide(8), expand({"y": DynamicValue(range(10**8))})), ("x0", "y"), "100000000"),
    ],
)
def test_a_scope_too_wide_says_how_many_points(sweep: Any, on: Any, points: str) -> None:
    with pytest.raises(SizeError, match=rf"takes (up to )?{points} points to enumerate"):
        constrain(lambda *values: any(values), sweep(), on=on).size


def test_constraints_that_need_too_much_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each first axis meets each last one in a way of its own: no state is like another."""
    monkeypatch.setattr("spearmint_fp.sweep.conjunction.MOST_STEPS", 20_000)
    s: Sweep[Any] = expand({f"x{k}": DynamicValue(range(20)) for k in range(8)})
    for number, (a, b) in enumerate(itertools.product(range(4), range(4, 8))):
        s = constrain(
            lambda x, y, n=number: pow(x * 31 + y * 7 + n * 101 + 1, 3, 1009) % 7 > 0, s, on=(f"x{a}", f"x{b}")
        )
    with pytest.raises(SizeError, match=r"the constraints on x0, x4(.|\n)*take more than \d+ steps to count together"):
        s.size


def test_whole_records_can_be_named() -> None:
    s = expand({"llm": {"m": DynamicValue(["a", "b"]), "t": DynamicValue([1, 2])}, "n": DynamicValue([1, 2])})
    kept = constrain(lambda llm, n: (llm.m == "a") == (llm.t == n), s, on=("llm", "n"))
    assert list(kept) == [c for c in s if (c.llm.m == "a") == (c.llm.t == c.n)]
    root = constrain(lambda c: c.n == 1, s, on=((),))
    assert list(root) == [c for c in s if c.n == 1]


def test_tuple_paths_and_single_paths() -> None:
    s = expand({"a.b": DynamicValue([1, 2]), "l": [DynamicValue([1, 2]), DynamicValue([3, 4])]})
    assert constrain(lambda n: n == 1, s, on=(("a.b",),)).size == 4
    assert constrain(lambda n: n == 1, s, on="l.0").size == 4
    assert constrain(lambda one, two: one + two == 5, s, on=("l.0", ("l", 1))).size == 4


def test_an_unknown_path_is_told_with_a_suggestion() -> None:
    s = expand({"llm": {"temperature": DynamicValue([1, 2])}})
    with pytest.raises(PathError, match=r"no configuration has llm\.temprature; did you mean 'llm\.temperature'\?"):
        constrain(bool, s, on="llm.temprature")
    with pytest.raises(PathError, match=r"no configuration has lr\.start; there is: 'lr', 'n'$"):
        constrain(bool, expand({"lr": DynamicValue([1, 2]), "n": 0}), on="lr.start")


def test_a_path_that_no_text_is_is_suggested_as_the_tuple_that_it_is() -> None:
    s = expand({"a.b": DynamicValue([1, 2]), 3: 0})
    with pytest.raises(PathError, match=r"no configuration has a\.b; did you mean \('a\.b',\)\?$"):
        constrain(bool, s, on="a.b")
    assert constrain(lambda value: value == 1, s, on=[("a.b",)]).size == 1
    with pytest.raises(PathError, match=r"no configuration has zz; there is: \('a\.b',\), \(3,\)$"):
        constrain(bool, s, on="zz")


@pytest.mark.parametrize("on", [(), None, 1.5])
def test_paths_must_be_named(on: Any) -> None:
    with pytest.raises(ArgumentError, match="constrain names its axes"):
        constrain(bool, wide(2), on=on)


def test_an_error_of_the_predicate_says_where() -> None:
    s = expand({"a": DynamicValue([1, 0]), "b": DynamicValue([1, 2])})
    with pytest.raises(ZeroDivisionError) as caught:
        constrain(lambda a, b: b / a > 1, s, on=("a", "b")).size
    assert "while constraining on a=0, b=1" in caught.value.__notes__[0]
    with pytest.raises(TypeError) as wrong:
        constrain(lambda a: True, s, on=("a", "b")).size
    assert "one argument per path" in wrong.value.__notes__[0]
    with pytest.raises(ArgumentError, match="as the predicate"):
        constrain(None, s, on="a")  # type: ignore[arg-type]


def test_static_paths_and_constant_predicates() -> None:
    s = expand({"a": DynamicValue([1, 2]), "k": 5})
    assert constrain(lambda k: k == 5, s, on="k") == s
    assert constrain(lambda k: k != 5, s, on="k").size == 0
    assert list(constrain(lambda k: k != 5, s, on="k")) == []
    assert constrain(lambda a: a, s[:0], on="a").size == 0


# --- orders and parts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [*range(1, 40), 97, 1000, 10_007])
def test_a_permutation_is_a_bijection_with_its_inverse(size: int) -> None:
    order = Permutation(size, 3)
    positions = [order.at(index) for index in range(size)]
    assert sorted(positions) == list(range(size))
    assert [order.rank(position) for position in positions] == list(range(size))


def test_small_permutations_are_all_there_and_even() -> None:
    found = Counter(tuple(Permutation(4, seed).at(i) for i in range(4)) for seed in range(4800))
    assert len(found) == 24
    assert 100 < min(found.values()) <= max(found.values()) < 320


def test_a_shuffle_is_the_same_everywhere_and_for_ever() -> None:
    assert [Permutation(10, 0).at(i) for i in range(10)] == GOLDEN_TEN
    assert Permutation(10**30, 42).at(10**29) == GOLDEN_HUGE


GOLDEN_TEN = [3, 1, 6, 0, 2, 7, 5, 9, 4, 8]
GOLDEN_HUGE = 542655444829580002108185110771


def test_seeds_differ() -> None:
    s = wide(3)
    orders = {tuple(c.x0 * 100 + c.x1 * 10 + c.x2 for c in shuffled(s, seed=seed)[:50]) for seed in range(-5, 5)}
    assert len(orders) == 10


def test_a_sample_has_no_repetitions_and_covers_the_axes() -> None:
    drawn = sample(1000, wide())
    assert len(set(drawn)) == 1000
    for axis in ("x0", "x15", "x29"):
        counts = Counter(c[axis] for c in drawn)
        assert len(counts) == 10
        assert max(counts.values()) < 170


@pytest.mark.parametrize("k", [-1, 7, 10**40])
def test_a_sample_larger_than_the_sweep_is_refused(k: int) -> None:
    s = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2, 3])})
    with pytest.raises(SizeError, match=r"takes 0 to 6 configurations"):
        sample(k, s)


@pytest.mark.parametrize(("i", "n"), [(-1, 3), (3, 3), (0, 0), (0, -1)])
def test_shards_count_from_zero(i: int, n: int) -> None:
    with pytest.raises(SizeError, match=rf"got i={i}, n={n}. Shards count from 0"):
        shard(i, n, wide(2))


@pytest.mark.parametrize("bad", ["1", 1.0, None])
def test_numbers_are_whole(bad: Any) -> None:
    for call in (lambda: shard(bad, 2, wide(2)), lambda: sample(bad, wide(2)), lambda: shuffled(wide(2), seed=bad)):
        with pytest.raises(ArgumentError, match="is a whole number"):
            call()


# --- indices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "indices", [Span(range(3, 20, 4)), Span(range(9, -1, -3)), Chosen((1, 2, 3, 7, 8, 20)), Permutation(7, 1)]
)
def test_indices_agree_with_themselves(indices: Any) -> None:
    positions = [indices.at(index) for index in range(indices.size)]
    assert [indices.rank(position) for position in positions] == list(range(indices.size))
    for start, stop in itertools.combinations(range(indices.size + 1), 2):
        assert [p for run in indices.runs(start, stop) for p in run] == positions[start:stop]
    assert indices.ascending == (positions == sorted(positions))


def test_branches_are_asked_about_one_by_one() -> None:
    s = expand({"k": DynamicValue([{"n": DynamicValue([0, 1])}, {"n": DynamicValue([5, 6]), "m": 1}])})
    assert [c.k.n for c in constrain(lambda n: n in (0, 6), s, on="k.n")] == [0, 6]


@attrs.frozen
class Window:
    low: Any
    high: Any

    def __attrs_post_init__(self) -> None:
        if isinstance(self.low, int) and isinstance(self.high, int) and self.low > self.high:
            raise ValueError("low > high")


def test_points_that_a_constraint_excludes_are_never_built() -> None:
    tree = {"w": Window(DynamicValue([1, 2, 3]), DynamicValue([1, 2, 3])), "seed": DynamicValue([0, 1])}
    s = constrain(lambda low, high: low <= high, expand(tree), on=("w.low", "w.high"))
    assert list(s) == [s[i] for i in range(s.size)]
    assert s.size == 12


def test_empty_sweeps_are_constrained_to_empty_sweeps() -> None:
    s = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([])})
    assert constrain(lambda a: True, s, on="a").size == 0
    none = constrain(lambda a: False, expand({"a": DynamicValue([1, 2])}), on="a")
    inside = expand(
        {"c": DynamicValue([1, 2, 3]), "k": DynamicValue([none, {"c": 5, "e": DynamicValue([])}, {"z": 1}])}
    )
    assert [c.c for c in constrain(lambda c: c > 1, inside, on="c")] == [2, 3]
    with pytest.raises(PathError, match=r"no configuration has k\.c"):
        constrain(lambda c: c > 1, inside, on=("k.c",))


def test_one_constraint_guards_another_wherever_they_are_decided() -> None:
    s = expand({"a": DynamicValue(range(3)), "b": DynamicValue(range(3)), "c": DynamicValue(range(2))})
    guarded = constrain(lambda b, c: b != 0, s, on=("b", "c"))
    whole = constrain(lambda a, b: a / b >= 1, guarded, on=("a", "b"))
    assert list(whole) == [c for c in s if c.b and c.a / c.b >= 1]
    also = constrain(lambda a: 1 / a > 0, constrain(lambda a, b: a != 0, s, on=("a", "b")), on="a")
    assert list(also) == [c for c in s if c.a]
    assert list(constrain(lambda a: 1 / a > 0.4, s[6:], on="a")) == [c for c in s[6:] if 1 / c.a > 0.4]
    with pytest.raises(ZeroDivisionError):
        constrain(lambda a, b: a / b > 1, s, on=("a", "b")).size


def test_points_that_a_class_refuses_may_be_excluded_first() -> None:
    tree = {"w": Window(DynamicValue([1, 2, 3]), DynamicValue([1, 2, 3])), "seed": DynamicValue([0, 1])}
    s = constrain(lambda low, high: low <= high, expand(tree), on=("w.low", "w.high"))
    assert list(constrain(lambda w: w.low == 1, s, on="w")) == [c for c in s if c.w.low == 1]


@pytest.mark.parametrize("on", ["n", ("a", "n"), ("n", "a")])
def test_an_axis_too_long_to_ask_about_is_refused_before_its_values_are_listed(on: str | tuple[str, ...]) -> None:
    whole = expand({"a": DynamicValue([1, 2]), "n": DynamicValue(range(10**15))})
    for base in (whole, constrain(lambda a: a > 1, whole, on="a")):
        with pytest.raises(SizeError, match=r"points to enumerate, more than 1000000. Name fewer or shorter axes"):
            constrain(lambda *values: True, base, on=on).size


@pytest.mark.slow
def test_branches_add_to_the_width_of_a_scope() -> None:
    branches = [{"name": str(k), "lr": DynamicValue(range(5))} for k in range(12)]
    s = expand({"opt": DynamicValue(branches), "b": DynamicValue(range(5))})
    assert list(constrain(less, s, on=("opt.lr", "b"))) == [c for c in s if c.opt.lr < c.b]
    wide_branches = [{"name": str(k), "lr": DynamicValue(range(10**5))} for k in range(12)]
    with pytest.raises(SizeError, match="constraining on opt.lr takes 1200000 points"):
        constrain(bool, expand({"opt": DynamicValue(wide_branches)}), on="opt.lr").size


def test_a_constraint_asks_nothing_anew_of_axes_that_it_does_not_touch() -> None:
    asked: Counter[str] = Counter()

    def even(name: str) -> Callable[[int], bool]:
        return lambda value: bool(asked.update([name])) or value % 2 == 0

    sweep = expand(
        {"branch": DynamicValue([{"k": DynamicValue(range(4))}, {}]), **dict.fromkeys("abc", DynamicValue(range(10)))}
    )
    for path in ("branch.k", "a", "b", "c"):
        sweep = constrain(even(path), sweep, on=[path])
    assert not asked, "nothing has been asked yet"
    assert sweep.size == 3 * 5**3
    assert asked == {"branch.k": 4, "a": 10, "b": 10, "c": 10}
    both = constrain(lambda a, b: a < b, sweep, on=("a", "b"))
    assert list(both) == [c for c in sweep if c.a < c.b]
    assert asked == {"branch.k": 4, "a": 10, "b": 10, "c": 10}, "nor asked anew"
    copied = pickle.loads(pickle.dumps(constrain(is_small, expand({"a": DynamicValue(range(10))}), on=["a"])))
    assert copied.size == 3


def is_small(value: int) -> bool:
    return value < 3


def test_what_may_be_counted_hangs_not_on_the_order_of_constraints_nor_on_a_pickle() -> None:
    """A whole record is read as its digits, and a scope counts only as far as other constraints leave it."""
    axes = {"m": {"x": DynamicValue(range(60)), "y": DynamicValue(range(60))}, "b": DynamicValue(range(90))}
    rules: list[tuple[Callable[..., bool], Any]] = [
        (lambda m: abs(m.x - m.y) < 2, "m"),
        (lambda x, b: (x + b) % 5 == 0, ("m.x", "b")),
        (lambda m, b: m.y <= b, ("m", "b")),
    ]
    sizes = set()
    for order in itertools.permutations(rules):
        s: Sweep[Any] = expand(axes)
        for predicate, on in order:
            s = constrain(predicate, s, on=on)
            s = pickle.loads(pickle.dumps(s)) if predicate is rules[0][0] else s
        sizes.add(s.size)
    assert sizes == {
        sum(
            abs(x - y) < 2 and (x + b) % 5 == 0 and y <= b
            for x, y, b in itertools.product(range(60), range(60), range(90))
        )
    }
    vast = {"m": {"x": DynamicValue(range(2000)), "y": DynamicValue(range(2000))}, "b": DynamicValue([1])}
    with pytest.raises(SizeError, match="constraining on m takes 4000000 points"):
        constrain(lambda m: m.x == m.y, expand(vast), on="m").size
    cut = constrain(lambda x: x < 10, expand(vast), on="m.x")
    for s in (constrain(lambda m: m.x == m.y, cut, on="m"), expand(vast)):
        assert constrain(lambda x: x < 10, constrain(lambda m: m.x == m.y, s, on="m"), on="m.x").size == 10
