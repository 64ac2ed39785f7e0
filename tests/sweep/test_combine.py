"""Products, sums, zips, maps and derived values: orders, conflicts, errors."""

from __future__ import annotations

from itertools import product as pairs
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    Config,
    ConflictError,
    DynamicValue,
    PathError,
    SizeError,
    Sweep,
    concat,
    constrain,
    derive,
    empty,
    expand,
    mapped,
    override,
    product,
    sample,
    unit,
    zipped,
)
from tests.examples import examples


def axis(path: str, values: Any = (1, 2)) -> Any:
    tree: Any = DynamicValue(values)
    for step in reversed(path.split(".")):
        tree = {step: tree}
    return tree


# Nested records that share inner names: the left operand's axes must all be slower than the right's.
leaf_paths = st.lists(
    st.sampled_from(["a", "b", "c.x", "c.y", "c.d.p", "c.d.q", "e.z", "f"]), min_size=1, max_size=4, unique=True
)


@examples(300)
@given(leaf_paths, st.data())
def test_products_keep_the_left_operand_slowest(paths: list[str], data: Any) -> None:
    cut = data.draw(st.integers(0, len(paths)))
    trees = [Config(), Config()]
    for position, path in enumerate(paths):
        side = position >= cut
        alternatives = data.draw(st.sampled_from([[1], [1, 2], [1, 2, 3]]))
        value = axis(path, alternatives) if len(alternatives) > 1 else axis(path, [7])
        trees[side] = override(value, trees[side])
    one, two = map(expand, trees)
    expected = [override(b, a) for a, b in pairs(one, two)]
    both = one * two
    assert list(both) == expected
    assert [both[i] for i in range(both.size)] == expected
    assert [both.index(c) for c in both] == list(range(both.size))
    third = expand({"extra": {"k": DynamicValue([1, 2])}})
    assert list(both * third) == list(one * (two * third)) == [c | t for c in expected for t in third]


def test_products_of_nested_records_merge() -> None:
    s = expand(axis("llm.model")) * expand({"llm": {"n": 5}, "seed": DynamicValue([0, 1])})
    assert s[1] == {"llm": {"model": 1, "n": 5}, "seed": 1}
    assert repr(s) == "Sweep(2 × 2 = 4)"


@pytest.mark.parametrize(
    ("one", "two", "path"),
    [
        ({"a": 1}, {"a": 1}, "a"),
        ({"a": {"b": 1}}, {"a": {"b": DynamicValue([1])}}, "a.b"),
        ({"a": 1}, {"a": {"b": 1}}, "a"),
        ({"a": {"b": 1}}, {"a": DynamicValue([1, 2])}, "a"),
        ({"a": DynamicValue([1, {"b": 2}])}, {"a": {"b": 1}}, "a"),
        ({"a": {"b": {}}}, {"a": 5}, "a"),
        ({"a": (1, DynamicValue([2, 3]))}, {"a": {"b": 1}}, "a"),
        ({"x": DynamicValue([{"z": 1}, {"y": 1}])}, {"x": {"z": 2}}, "x.z"),
    ],
)
def test_the_same_path_twice_is_an_error_that_names_it(one: Any, two: Any, path: str) -> None:
    for combine in (product, zipped):
        with pytest.raises(ConflictError, match=rf"{path} is set by sweep 0 and by sweep 1"):
            combine(expand(one)[:1], expand(two)[:1])


def test_a_conflict_that_only_a_function_makes_is_told_at_once() -> None:
    mixed = mapped(lambda c: c | {"b": 1}, expand(axis("a")))
    for combine in (product, zipped):
        with pytest.raises(ConflictError, match="b is set by sweep 0 and by sweep 1"):
            combine(mixed, expand(axis("b")))


@attrs.frozen
class Settings:
    n: Any


@pytest.mark.parametrize("other", [expand(Settings(DynamicValue([1, 2]))), expand([DynamicValue([1, 2])]), expand(5)])
def test_only_records_from_mappings_merge(other: Sweep[Any]) -> None:
    with pytest.raises(ArgumentError, match="product merges records from mappings; sweep 1 holds"):
        expand(axis("a")) * other
    assert other * unit == other
    assert (expand(axis("a")) * expand({"under": other})).size == 2 * other.size


@pytest.mark.parametrize("bad", [5, None, [1], {"a": DynamicValue([1])}, "s"])
def test_other_things_than_sweeps_are_told_of(bad: Any) -> None:
    for call in (lambda: product(bad), lambda: concat(bad), lambda: zipped(bad)):
        with pytest.raises(ArgumentError, match=r"takes a sweep; got .*write expand\(tree\) first"):
            call()
    for call in (lambda: mapped(str, bad), lambda: derive("a", str, bad)):
        with pytest.raises(ArgumentError, match=r"takes a sweep; got .*(write expand\(tree\) first|comes last)"):
            call()
    with pytest.raises(TypeError):
        expand({}) + bad
    with pytest.raises(TypeError):
        expand({}) * bad


@pytest.mark.parametrize("fn", [None, 5, "f"])
def test_functions_are_functions(fn: Any) -> None:
    with pytest.raises(ArgumentError, match="got"):
        mapped(fn, unit)
    with pytest.raises(ArgumentError, match="got"):
        derive("a", fn, unit)


def test_zips_of_unequal_size_name_both() -> None:
    with pytest.raises(SizeError, match="sweep 0 has 2 configurations and sweep 1 has 3"):
        zipped(expand(axis("a")), expand(axis("b", [1, 2, 3])))


def test_zips_of_huge_sweeps() -> None:
    a, b = expand(axis("a", range(10**30))), expand(axis("b", range(10**30, 0, -1)))
    s = zipped(a, b)
    assert s[10**29] == {"a": 10**29, "b": 9 * 10**29}
    assert s.index({"a": 5, "b": 10**30 - 5}) == 5
    assert {"a": 5, "b": 5} not in s
    assert (s * expand(axis("c"))).size == 2 * 10**30


def test_conditional_parts_multiply() -> None:
    one = concat(expand({"k": {"a": DynamicValue([1, 2])}}), expand({"k": {"b": 3}}))
    both = one * expand({"k": {"c": DynamicValue([4, 5])}})
    assert list(both) == [{"k": {**c.k, "c": n}} for c in one for n in (4, 5)]
    assert [both.index(c) for c in both] == list(range(6))
    assert {"k": {"a": 1, "b": 3, "c": 4}} not in both


def test_many_maps_do_not_stack_up() -> None:
    s: Sweep[Any] = expand(axis("n"))
    s = mapped(lambda c: c.n, s)
    for _ in range(5000):
        s = mapped(lambda n: n + 1, s)
    assert list(s) == [5001, 5002]


def test_derived_values() -> None:
    s = derive("llm.total", lambda c: c.llm.n * 10, expand({"llm": {"n": DynamicValue(range(10**20))}, "k": 1}))
    assert s[7] == {"llm": {"n": 7, "total": 70}, "k": 1}
    assert s.index(s[10**19]) == 10**19
    assert {"llm": {"n": 7, "total": 71}, "k": 1} not in s
    assert {"llm": {"n": 7}, "k": 1} not in s
    assert 5 not in s
    assert s.axes == {"llm.n": range(10**20)}
    over = derive("n", lambda c: c.n % 2, expand({"n": DynamicValue([1, 2, 3]), "m": DynamicValue([0, 1])}))
    assert [c.n for c in over] == [1, 1, 0, 0, 1, 1]
    assert [over.index(c) for c in over] == [0, 1, 2, 3, 0, 1]
    assert derive(("a.b",), len, unit)[0] == {"a.b": 0}
    with pytest.raises(PathError, match=r"cannot set k\.x"):
        list(derive("k.x", len, s)[:1])


def test_units() -> None:
    assert product() == unit == expand({})
    assert concat() == empty == zipped()
    assert sum([expand(axis("a")), expand(axis("b"))], start=empty).size == 4


# --- what hostile testing found ----------------------------------------------------------------------------


def test_membership_in_products_of_branches_never_conflicts() -> None:
    s = (expand({"x": 1}) + expand({"d": {"p": 2}})) * expand({"d": {"a": 3}})
    assert [s.index(c) for c in s] == [0, 1]
    t = expand({"c": {"q": 1}, "w": DynamicValue([1, 2])}) * expand({"c": {"s": DynamicValue([3, 4])}})
    assert {"c": 5, "w": 1} not in t
    assert [t.index(c) for c in t] == [0, 1, 2, 3]


def test_deriving_one_path_twice_and_many_paths() -> None:
    s = derive("z", lambda c: c.z + 1, derive("z", lambda c: c.a, expand({"a": DynamicValue([1, 2])})))
    assert [s.index(c) for c in s] == [0, 1]
    many: Sweep[Any] = expand({"a": DynamicValue([1, 2, 3])})
    for k in range(60):
        many = derive(f"k.n{k}", lambda _, k=k: k, many)  # type: ignore[misc]
    assert many.index(many[2]) == 2


def test_deriving_over_a_long_axis_says_that_it_cannot_be_searched() -> None:
    s = derive("a", lambda c: c.a * 2, expand({"a": DynamicValue(range(10**6 + 5))}))
    with pytest.raises(SizeError, match="1000005 points"):
        s.index(s[3])


def test_points_that_hold_lists_are_found() -> None:
    s = mapped(lambda c: [c.n, {"x": {c.n}}], expand({"n": DynamicValue([1, 2])}))
    assert s.index([2, {"x": {2}}]) == 1
    assert s[0] in s


def test_functions_may_give_dicts_to_products() -> None:
    s = mapped(lambda c: {"z": c.a}, expand(axis("a"))) * expand(axis("b"))
    assert list(s)[1] == {"z": 1, "b": 2}


def test_every_branch_must_merge() -> None:
    with pytest.raises(ArgumentError, match="sweep 0 holds 1"):
        (expand({"a": 1}) + expand(DynamicValue([1, 2]))) * expand({"b": 1})


def test_swapped_and_listed_arguments_are_understood() -> None:
    s: Any = expand(axis("a"))
    for call in (lambda: sample(s, 1), lambda: mapped(s, str), lambda: constrain(s, bool, on="a")):  # type: ignore[arg-type]
        with pytest.raises(ArgumentError, match="The sweep comes last"):
            call()
    with pytest.raises(ArgumentError, match=r"Write concat\(\*sweeps\)"):
        concat([s, s])  # type: ignore[arg-type]
