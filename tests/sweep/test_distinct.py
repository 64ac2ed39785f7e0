"""Sweeps without repetitions, against the first of equal configurations."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    DynamicValue,
    SizeError,
    Sweep,
    concat,
    constrain,
    distinct,
    expand,
    geomspace,
    linspace,
    product,
    structured,
)

from ..oracle import exactly


def test_distinct_without_enumerating() -> None:
    s = expand({"a": DynamicValue([1, 2, 1]), "b": {"c": DynamicValue([3, 3])}, "n": DynamicValue(range(10**20))})
    assert distinct(s).size == 2 * 10**20
    assert distinct(s).axes["a"] == (1, 2)
    branches = expand(
        {"opt": DynamicValue([{"k": 1, "n": DynamicValue(range(10**9))}, {"k": 2, "n": DynamicValue([1, 1])}])}
    )
    assert distinct(branches).size == 10**9 + 1


def test_distinct_over_overlapping_branches_lists_once() -> None:
    s = concat(expand({"n": DynamicValue(range(5))}), expand({"n": DynamicValue(range(3, 8))}))
    assert [c.n for c in distinct(s)] == list(range(8))
    assert distinct(s).index({"n": 7}) == 7
    with pytest.raises(SizeError, match="1000001 points"):
        distinct(concat(expand({"n": DynamicValue(range(10**6))}), expand({"n": 5})))


def test_distinct_of_any_iterable() -> None:
    assert list(distinct(iter([{"a": [1]}, {"a": (1,)}, {"a": 2}]))) == [{"a": (1,)}, {"a": 2}]
    assert distinct([]).size == 0
    for bad in (5, "text", None):
        with pytest.raises(ArgumentError, match="distinct takes"):
            distinct(bad)  # type: ignore[arg-type]


values = st.lists(st.sampled_from([1, True, 1.0, 2, "1", (1,)]), min_size=1, max_size=4)


def first_of_equals(sweep: Sweep[Any]) -> list[str]:
    return list(dict.fromkeys(map(exactly, sweep)))


@given(values, values, values, st.integers(1, 3))
def test_a_constrained_sweep_is_made_distinct_by_its_axes(a: Any, b: Any, c: Any, keep: int) -> None:
    sweep = expand({"a": DynamicValue(a), "m": {"b": DynamicValue(b)}, "c": DynamicValue(c)})
    kept = constrain(lambda a, b: len(f"{a!r}{b!r}") % 4 < keep, sweep, on=("a", "m.b"))
    for made in (kept, kept * expand({"z": DynamicValue([0, 0, 1])}), kept[1:], kept[::2]):
        assert [exactly(config) for config in distinct(made)] == first_of_equals(made)
        assert [exactly(config) for config in distinct(pickle.loads(pickle.dumps(made)))] == first_of_equals(made)


def test_a_vast_constrained_sweep_is_made_distinct_without_listing_it() -> None:
    sweep = expand({"a": DynamicValue([1, 2, 1, 3]), "b": DynamicValue([2, 2, 1]), "n": DynamicValue(range(10**20))})
    below = constrain(lambda a, b: a <= b, sweep, on=("a", "b"))
    assert below.size == 8 * 10**20
    assert distinct(below).size == 3 * 10**20
    assert distinct(below)[-1] == {"a": 2, "b": 2, "n": 10**20 - 1}
    assert distinct(distinct(below)) == distinct(below)


def test_products_whose_parts_fill_each_other_are_listed() -> None:
    one = expand({"a": DynamicValue([{}, {"x": 1}]), "k": DynamicValue([0, 0])})
    two = expand(DynamicValue([{"b": 1}, {"b": 2}]))
    for made in (product(one, two), product(two, one), product(expand({"s": DynamicValue([1])}), two, one)):
        assert [exactly(config) for config in distinct(made)] == first_of_equals(made)


def test_an_empty_product_is_distinct_whatever_its_parts_hold() -> None:
    @attrs.frozen
    class Whole:
        n: int

    typed = expand({"typed": structured(Whole, expand({"n": DynamicValue([1, "no"])}))})
    none = (typed * expand({"m": DynamicValue([1, 1])}))[:0]
    assert distinct(none).size == distinct(typed * none).size == 0


def test_spacings_whose_values_round_to_the_same_are_no_exception() -> None:
    for spacing in (linspace(1, 1, 5), geomspace(5, 5, 3), linspace(1, 1 + 1e-15, 100), linspace(0, 5e-324, 3)):
        sweep = expand({"x": DynamicValue(spacing), "n": DynamicValue(range(10**30))})
        assert distinct(sweep).size == len(set(spacing)) * 10**30
        assert distinct(sweep).axes["x"] == tuple(dict.fromkeys(spacing))
    fine = expand({"x": DynamicValue(linspace(0, 1, 10**9)), "y": DynamicValue(geomspace(1e-9, 1e9, 10**9))})
    assert distinct(fine) == fine
    with pytest.raises(SizeError, match="finding repetitions takes 10000000 points"):
        distinct(expand({"x": DynamicValue(linspace(1, 1, 10**7))}))


def test_long_ranges_are_compared_without_listing_them() -> None:
    even, odd = (expand({"n": DynamicValue(range(start, 10**30, 2))}) for start in (0, 1))
    assert distinct(concat(even, odd, expand({"n": DynamicValue(range(-5, 0))}))).size == 10**30 + 5
    with pytest.raises(SizeError, match="finding repetitions"):
        distinct(concat(even, expand({"n": DynamicValue(range(9, 10**30, 7))})))
