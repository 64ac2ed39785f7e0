"""`Sweep` as a sequence, and `expand`: what laws do not say."""

from __future__ import annotations

import copy
import gc
import pickle
import random
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import attrs
import numpy as np
import pytest

from spearmint_fp import (
    AbsentError,
    ArgumentError,
    Config,
    DynamicValue,
    PositionError,
    SizeError,
    Sweep,
    concat,
    constrain,
    derive,
    empty,
    expand,
    freeze,
    mapped,
    override,
    product,
    set_in,
    shuffled,
    unit,
)
from spearmint_fp.sweep import places


def wide(axes: int = 30) -> Sweep[Config]:
    return expand({f"x{k}": DynamicValue(range(10)) for k in range(axes)})


def test_it_is_a_sequence() -> None:
    s = expand({"a": DynamicValue([1, 2, 3])})
    assert isinstance(s, Sequence)
    assert random.Random(0).choice(s) in s
    assert s.count({"a": 1}) == 1
    assert s[np.int64(1)] == s[True] == {"a": 2}
    assert s.index({"a": 3}, 1) == 2
    with pytest.raises(ValueError, match="is not at 1 to 3 of"):
        s.index({"a": 1}, 1)


def test_it_counts_what_len_cannot() -> None:
    s = wide()
    assert s.size == 10**30
    assert s
    assert not empty
    with pytest.raises(OverflowError, match=r"ask \.size"):
        len(s)
    assert len(wide(18)) == 10**18


@pytest.mark.parametrize("exponent", [400, 5000])
def test_sizes_of_any_magnitude(exponent: int) -> None:
    size = 10**exponent
    s = expand({"n": DynamicValue(range(size)), "m": DynamicValue([1, 2])})
    assert s.size == 2 * size
    assert s.index(s[-1]) == 2 * size - 1
    assert s[size:][::-7][0] == s[2 * size - 1]
    assert "about 10^" in repr(s)
    assert shuffled(s).index(shuffled(s)[size]) == size
    with pytest.raises(PositionError, match=r"no configuration about 10\^"):
        s[10 * size]
    with pytest.raises(OverflowError, match="about 10"):
        len(s)


@pytest.mark.slow
def test_every_question_to_a_huge_sweep_is_answered_in_flat_memory() -> None:
    s = wide()
    gc.collect()
    tracemalloc.start()
    for position in (0, 1, 10**29, -1):
        assert s.index(s[position]) == position % s.size
    assert s[::997].size == -(-(10**30) // 997)
    assert s[::-1][0] == s[-1]
    assert next(iter(s[10**29 :])) == s[10**29]
    assert next(reversed(s)) == s[-1]
    for number, _ in enumerate(s):
        if number == 50_000:
            break
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.slow
def test_a_million_configurations_pass_through_flat_memory() -> None:
    s = expand({name: DynamicValue(range(100)) for name in "abc"})
    tracemalloc.start()
    assert sum(1 for _ in s) == 10**6
    assert sum(1 for _ in s[::-1][:100_000]) == 10**5
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("position", [6, -7, 10**30, -(10**30)])
def test_positions_outside_are_errors(position: int) -> None:
    s = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2, 3])})
    with pytest.raises(IndexError, match=f"no configuration {position} in a sweep of 6"):
        s[position]


@pytest.mark.parametrize("bad", ["a", 1.0, None, (0, 1), slice("a", None), slice(0, 5, 0), slice(None, 1.5)])
def test_other_subscripts_are_errors(bad: Any) -> None:
    with pytest.raises(ArgumentError, match="whole number|cannot slice"):
        wide(2)[bad]


def test_big_axes_are_walked_a_block_at_a_time() -> None:
    s = expand({"a": DynamicValue(range(3)), "n": {"big": DynamicValue(range(700))}, "z": DynamicValue([1, 2])})
    plain = [{"a": a, "n": {"big": n}, "z": z} for a in range(3) for n in range(700) for z in (1, 2)]
    assert list(s) == plain
    for cut in (slice(699, 1403), slice(1, None), slice(4000, 100, -3), slice(None, None, 9), slice(1399, 1401)):
        assert list(s[cut]) == plain[cut]
    two = expand({"a": DynamicValue(range(300)), "b": DynamicValue([0]), "c": DynamicValue(range(300))})
    assert list(two[299:605]) == [{"a": n // 300, "b": 0, "c": n % 300} for n in range(299, 605)]


@pytest.mark.slow
def test_a_thousand_and_more_axes() -> None:
    s = wide(1500)
    assert s.index(s[10**1400]) == 10**1400
    assert next(iter(s))["x1499"] == 0
    t = product(*(expand({f"x{k}": DynamicValue(range(10**9))}) for k in range(1200)))
    assert t.size == 10**10800
    assert next(iter(t)) == t[0]
    assert next(reversed(t)) == t[-1]


def test_a_union_of_many_parts_is_found_by_bisection() -> None:
    parts = [expand({"k": k, "n": DynamicValue(range(3))}) for k in range(5000)]
    s = concat(*parts)
    assert s.size == 15_000
    assert s[14_999] == {"k": 4999, "n": 2}
    assert list(s[7_000:7_004]) == [{"k": k, "n": n} for k, n in [(2333, 1), (2333, 2), (2334, 0), (2334, 1)]]


def test_iterators_are_independent() -> None:
    s = expand({"a": DynamicValue(range(40)), "b": {"c": DynamicValue(range(40))}})
    assert list(zip(s, s, strict=True)) == [(c, c) for c in s]
    expected, results = list(s), []
    threads = [threading.Thread(target=lambda: results.append(list(s) == expected)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 8


# --- index -----------------------------------------------------------------------------------------


def test_types_are_told_apart_where_the_sweep_has_both() -> None:
    s = expand({"a": DynamicValue([1, True, 1.0, "1", None])})
    assert [s.index(c) for c in s] == [0, 1, 2, 3, 4]
    assert expand({"a": DynamicValue([1, 2])}).index({"a": 2.0}) == 1
    assert {"a": True} in expand({"a": DynamicValue(range(3))})
    assert {"a": 1.5} not in expand({"a": DynamicValue(range(10**30))})
    assert expand({"a": DynamicValue(range(10**30))}).index({"a": 1e20}) == 10**20


def test_nan_is_found() -> None:
    assert expand({"a": DynamicValue([0.0, float("nan")])}).index({"a": float("nan")}) == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": 7, "b": 1}, r": a is 7 \(int\), not one of 1, 2"),
        ({"a": 1}, ": a configuration has the keys a, b"),
        (5, "5 is not in Sweep"),
        ("text", "'text' is not in"),
        ({"a": float("nan"), "b": 1}, "a is nan"),
    ],
)
def test_what_is_not_there_is_told_why(value: Any, message: str) -> None:
    s = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2, 3])})
    assert value not in s
    with pytest.raises(AbsentError, match=message):
        s.index(value)


class Hostile:
    def __init__(self, *, hashes: bool = False) -> None:
        self.hashes = hashes

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparing")

    def __hash__(self) -> int:
        if not self.hashes:
            raise RuntimeError("no hashing")
        return 1

    def __repr__(self) -> str:
        raise RuntimeError("no looking")


@pytest.mark.parametrize("leaf", [Hostile(), Hostile(hashes=True), bytearray(b"x"), np.arange(3), {}.keys()])
def test_hostile_leaves_are_carried_and_found(leaf: Any) -> None:
    s = expand({"leaf": DynamicValue([1, leaf]), "n": DynamicValue([1, 2])})
    assert [c.leaf is leaf for c in s] == [False, False, True, True]
    assert s.index(s[2]) == 2
    assert s[2] in s
    with pytest.raises(AbsentError):
        s.index({"leaf": "other", "n": 1})
    assert s == expand({"leaf": DynamicValue([1, leaf]), "n": DynamicValue([1, 2])})


def test_a_mapped_sweep_is_searched_up_to_a_bound() -> None:
    s = mapped(lambda c: c.n * 2, expand({"n": DynamicValue(range(10**9))}))
    assert s[10**8] == 2 * 10**8
    assert s[:1000].index(10) == 5
    with pytest.raises(SizeError, match="1000000000 points, more than 1000000"):
        s.index(10)


# --- equality, pickles, repr ---------------------------------------------------------------------------


def test_equality_is_that_of_listings() -> None:
    s = expand({"a": DynamicValue([1, 2, 3])})
    assert s == concat(*(expand({"a": n}) for n in (1, 2, 3)))
    assert hash(s) == hash(concat(*(expand({"a": n}) for n in (1, 2, 3))))
    assert s == expand({"a": DynamicValue(range(1, 4))})
    assert s[0:0] == empty == s * empty
    assert s != s[::-1]
    assert s != expand({"a": DynamicValue([1, 2])})
    assert s != [1]
    assert (s == list(s)) is False
    assert len({s, expand({"a": DynamicValue(range(1, 4))}), s[:2]}) == 2


def test_equality_of_huge_sweeps_is_that_of_their_construction() -> None:
    assert wide() == wide()
    assert wide() * unit + empty == wide()
    assert wide()[10:][5:] == wide()[15:]
    assert wide() != shuffled(wide())
    assert hash(wide()) == hash(wide())


def test_pickles_are_small_and_whole() -> None:
    s = wide(18)
    assert len(pickle.dumps(s)) < 4000
    back = pickle.loads(pickle.dumps(s[::7]))
    assert back == s[::7]
    assert back[10**16] == s[::7][10**16]
    below = constrain(below_one, s, on=("x0", "x1"))
    assert len(pickle.dumps(below)) < 4000
    assert pickle.loads(pickle.dumps(below)) == below
    assert pickle.loads(pickle.dumps(shuffled(below, seed=3)))[5] == shuffled(below, seed=3)[5]


def below_one(a: int, b: int) -> bool:
    return a < b


@pytest.mark.parametrize(
    ("sweep", "text"),
    [
        (lambda s: s, "Sweep(2 × 3 = 6)"),
        (lambda s: s[1:], "Sweep((2 × 3)[1:6] = 5)"),
        (lambda s: s[::-2], "Sweep((2 × 3)[5::-2] = 3)"),
        (shuffled, "Sweep(shuffled(2 × 3) = 6)"),
        (lambda s: s + s, "Sweep(2 × 3 + 2 × 3 = 12)"),
        (lambda s: (s + s[:0]) * expand({"c": DynamicValue(["xy"])}), "Sweep(2 × 3 = 6)"),
        (lambda _: unit, "Sweep(1)"),
        (lambda _: empty, "Sweep(0)"),
        (lambda s: s[:0], "Sweep((2 × 3)[0:0] = 0)"),
        (lambda _: expand({"a": DynamicValue([1]), "b": DynamicValue(range(5))}), "Sweep(1 × 5 = 5)"),
    ],
)
def test_repr_shows_the_factors(sweep: Any, text: str) -> None:
    s = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2, 3])})
    shown = repr(sweep(s))
    assert shown == text or (sweep(s).size == 6 and shown == "Sweep(2 × 3 × 1 = 6)")


def test_axes() -> None:
    tree = {
        "opt": DynamicValue(
            [{"name": "sgd", "lr": DynamicValue([1, 2]), "same": 0}, {"name": "adam", "lr": 2, "same": 0}]
        ),
        "r": DynamicValue(range(10**20)),
        "shape": DynamicValue([[64, 64], [128]]),
        "a.b": {"c": DynamicValue([1, 2])},
        "l": [0, DynamicValue([1, 2])],
        "one": DynamicValue(["only"]),
        "static": 5,
    }
    assert expand(tree).axes == {
        "opt.name": ("sgd", "adam"),
        "opt.lr": (1, 2),
        "r": range(10**20),
        "shape": ((64, 64), (128,)),
        ("a.b", "c"): (1, 2),
        "l.1": (1, 2),
        "one": ("only",),
    }


def test_axes_of_a_list_of_configs() -> None:
    assert concat(expand({"m": "a", "n": 1}), expand({"m": "b", "n": 1})).axes == {"m": ("a", "b")}
    mixed = concat(expand({"m": "a"}), expand({"m": "a", "extra": 1}))
    assert mixed.axes == {"extra": (1,)}
    many = concat(expand({"n": DynamicValue(range(10**9))}), expand({"n": DynamicValue(["x"])}))
    assert many.axes["n"][10**9] == "x"


def test_expanding_what_is_no_record() -> None:
    assert list(expand(5)) == [5]
    assert list(expand(DynamicValue([1, 2]))) == [1, 2]
    assert list(expand([DynamicValue([1, 2]), 3])) == [(1, 3), (2, 3)]
    s = expand({"a": DynamicValue([1, 2])})
    assert expand(s) == s
    assert list(expand({})) == [{}]
    assert expand({"a": DynamicValue([])}).size == 0
    assert list(expand({"a": DynamicValue([]), "b": DynamicValue([1])})) == []


def test_a_sweep_is_made_by_expanding() -> None:
    with pytest.raises(ArgumentError, match=r"made by expand\(tree\)"):
        Sweep([1, 2, 3])  # type: ignore[arg-type]


def test_sweeps_built_upon_sweeps_end_somewhere() -> None:
    s: Any = expand({"a": DynamicValue([1, 2])})
    with pytest.raises(SizeError, match="built upon one another"):
        for _ in range(1000):
            s = shuffled(s)


def test_lazy_maps_are_called_when_asked() -> None:
    calls: list[int] = []

    def noted(c: Config) -> int:
        calls.append(c.n)
        return int(c.n)

    s = mapped(noted, expand({"n": DynamicValue(range(10**6))}))
    assert s.size == 10**6
    assert not calls
    assert s[7] == 7
    assert calls == [7]
    first: Iterator[int] = iter(s)
    assert next(first) == 0
    assert len(calls) < 1000


def test_its_own_overhead_is_small() -> None:
    assert sys.getsizeof(wide()) < 100


# --- what hostile testing found ----------------------------------------------------------------------------


def test_zeros_and_nans_are_one_thing_everywhere() -> None:
    s = expand({"a": DynamicValue([-0.0, 0.0, float("nan"), float("nan")])})
    assert [s.index(c) for c in s] == [0, 1, 2, 2]
    assert s.count({"a": float("nan")}) == 2
    t = expand({"e": DynamicValue([2, float("nan")])})
    assert t == t[:1] + t[1:]


def test_numbers_of_every_kind_are_found_in_ranges() -> None:
    s = expand({"a": DynamicValue(range(5))})
    for value in (Decimal(3), Fraction(3), 3 + 0j, np.int8(3), np.array(3), 3.0):
        assert s.index({"a": value}) == 3
    for other in (Decimal("3.5"), 3 + 1j, "3", b"3", float("inf"), [3], np.arange(3)):
        assert {"a": other} not in s


def test_what_is_no_tree_is_in_no_sweep() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert loop not in wide(2)


def test_repeated_values_do_not_explode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "MOST_PLACES", 1000)
    s = expand({f"k{k}": DynamicValue([0, 0]) for k in range(60)})
    assert s.index(s[5]) == 0
    assert s.index(s[0], 2**59) == 2**59
    for ask in (lambda: shuffled(s).index(s[0]), lambda: s.count(s[0])):
        with pytest.raises(SizeError, match="more than 1000 places"):
            ask()


def test_equality_with_array_leaves_does_not_fail() -> None:
    s, t = (expand({"a": DynamicValue([np.array([1, 2])])}) for _ in range(2))
    assert s == s
    assert (s == t) in (True, False)


def test_choices_may_be_set_through_a_sweep_in_a_tree() -> None:
    inner = expand({"q": DynamicValue([1, 2])})
    assert expand(set_in("s.z", DynamicValue([7, 8]), {"s": inner})).size == 4
    assert expand(override({"s": {"z": DynamicValue([7, 8])}}, {"s": inner})).size == 4
    huge = expand({"q": DynamicValue(range(10**9))})
    with pytest.raises(SizeError, match="Set it in the tree"):
        set_in("s.z", DynamicValue([7, 8]), {"s": huge})


def test_copies_are_the_sweep_itself() -> None:
    s = wide()
    assert copy.copy(s) is copy.deepcopy(s) is s


@pytest.mark.slow
def test_many_steps_on_one_sweep() -> None:
    s: Any = expand({"a": DynamicValue([1, 2, 3])})
    for k in range(200):
        s = derive(f"d{k}", lambda _: 0, s)
    assert s.index(s[2]) == 2
    assert (s * expand({"b": DynamicValue([1, 2])})).size == 6


def _noting(built: list[int]) -> Callable[[int], int]:
    def same(n: int) -> int:
        built.append(n)
        return n

    return same


def test_the_first_configuration_of_a_deep_tree_builds_few_others() -> None:
    built: list[int] = []
    tree: Any = mapped(_noting(built), expand(DynamicValue(range(1000))))
    for _ in range(60):
        tree = {"inside": tree, "choice": DynamicValue([1, 2])}
    walk = iter(expand(tree))
    next(walk)
    assert built == [0]
    assert len([next(walk) for _ in range(200)]) == 200
    assert len(built) <= 200


def test_a_long_stretch_of_a_deep_tree_is_walked_once() -> None:
    built: list[int] = []
    tree: Any = mapped(_noting(built), expand(DynamicValue(range(1000))))
    for _ in range(10):
        tree = {"inside": tree, "static": 1}
    assert sum(1 for _ in expand({"tree": tree, "last": DynamicValue([1, 2, 3])})) == 3000
    assert built == list(range(1000))


@pytest.mark.parametrize("many", [2, 500])
def test_sums_that_grow_by_one_are_the_sum_of_all(many: int) -> None:
    parts = [expand(DynamicValue([k, -k]) if k % 3 else {"k": k, "n": DynamicValue(range(k % 4))}) for k in range(many)]
    grown = empty
    for part in parts:
        grown = grown + part
    whole = concat(*parts)
    assert grown == whole
    assert (grown._node, grown._node.depth) == (whole._node, whole._node.depth)
    assert [grown[k] for k in range(grown.size)] == list(grown) == [config for part in parts for config in part]
    assert pickle.loads(pickle.dumps(grown))._node == grown._node
    assert list(grown[many // 2 : -1]) == list(grown)[many // 2 : -1]


@pytest.mark.parametrize("size", [10, 300, 5000])
@pytest.mark.parametrize("place", [3, 9])
def test_a_function_that_raises_costs_no_configuration_before_it(size: int, place: int) -> None:
    """Points of a child are built some at a time: the ones before a bad one are not lost."""

    def doubled(n: int) -> int:
        if n == place:
            raise ValueError(n)
        return 2 * n

    axis = mapped(doubled, expand(DynamicValue(range(size))))
    sign = DynamicValue(["+", "-"])
    for tree, before in (
        ({"n": axis, "sign": sign}, 2 * place),
        ({"sign": sign, "n": axis, "m": [axis[:2]]}, 2 * place),
    ):
        configs: list[Config] = []
        with pytest.raises(ValueError, match=f"^{place}$"):
            configs.extend(expand(tree))
        assert len(configs) == before
        assert configs == [expand(tree)[k] for k in range(before)]


class _Pair(NamedTuple):
    x: Any


@attrs.frozen
class _Holder:
    x: Any


@pytest.mark.parametrize(
    "of",
    [
        lambda nan: nan,
        lambda nan: {"b": {"c": nan}},
        lambda nan: (1, {"x": (nan,)}),
        _Pair,
        lambda nan: _Holder({"x": nan}),
        lambda nan: frozenset({nan, 1}),
        lambda nan: complex(nan, 1),
        lambda nan: {"d": Decimal(nan)},
    ],
)
def test_nan_equals_itself_wherever_it_stands(of: Callable[[float], Any]) -> None:
    def sweep() -> Sweep[Config]:
        return expand({"a": DynamicValue([of(float("nan")), 1]), "z": 2})

    one, other = sweep(), sweep()
    assert one == other
    assert hash(one) == hash(other)
    for kind in (one, mapped(lambda config: config, one), shuffled(one), one * expand({"q": {}}), one + empty):
        for config in other:
            there = freeze({**config, "q": {}}) if "q" in kind[0] else config
            assert there in kind
            assert kind.count(there) == 1
            assert kind.count({**there, "z": 2.0}) == 1
            assert kind.count({**there, "z": 3}) == 0
