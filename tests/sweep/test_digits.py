"""Digits against positions: what is split adds up again, and the values are those of the configurations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, constrain, expand, shuffled
from spearmint_fp.configuration.paths import find_in
from spearmint_fp.sweep.digits import Digits, Question, count_values, cut_axes, find_node, narrow_node, read_digits
from spearmint_fp.sweep.nodes.node import ABSENT
from tests.examples import examples

from ..oracle import exactly, listing, paths_of, record_specs, tree_of

some = examples(80)


def values_at(digits: Digits, question: int, position: int) -> Iterator[Any]:
    """Per path of a question, what the sources say that stands there."""
    chosen = {digit.number: (value, digit.offsets[value]) for digit, value in digits.split_position(position)}
    for sources in digits.sources[question]:
        here = [s for s in sources if all(n in chosen and chosen[n][0] == branch for n, branch in s.context)]
        # a source that holds choices has the digits of all their branches, of which a position is in one
        yield here[0].find_value(sum(chosen[n][1] for n in here[0].digits if n in chosen)) if here else ABSENT


@some
@given(st.data(), record_specs())
def test_positions_are_split_into_digits_that_give_the_values(data: Any, spec: Any) -> None:
    sweep, expected = expand(tree_of(spec)), listing(spec)
    known = sorted({p for c in expected for p in paths_of(c)}, key=str)
    if not known:
        return
    paths = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
    digits = read_digits(sweep._node, [Question(tuple(paths))])
    assert digits.size == len(expected)
    for position, config in enumerate(sweep):
        split = list(digits.split_position(position))
        assert sum(digit.offsets[value] for digit, value in split) == position
        assert [digit.number for digit, _ in split] == sorted({digit.number for digit, _ in split})
        for path, value in zip(paths, values_at(digits, 0, position), strict=True):
            there = [*find_in(path, config)]
            assert (value is ABSENT) == (not there)
            assert not there or exactly(value) == exactly(there[0])
    for path in known:
        assert sweep._node.may_have(path)
    assert not sweep._node.may_have(("nothing", "has", "this"))


def test_a_record_that_holds_choices_is_read_whole_in_each_branch() -> None:
    inner = DynamicValue([{"x": DynamicValue([0, 1])}, {"deep": {"y": DynamicValue([DynamicValue([2, 3]), 4])}}])
    sweep = expand({"a": {"x": 0, "inner": inner}, "w": DynamicValue([True, 1])})
    digits = read_digits(sweep._node, [Question((("a",), ("a", "inner", "deep"), ("w",)))])
    for position, config in enumerate(sweep):
        whole, deep, w = values_at(digits, 0, position)
        assert [exactly(whole), exactly(w)] == [exactly(config["a"]), exactly(config["w"])]
        assert deep == config["a"]["inner"]["deep"] if "deep" in config["a"]["inner"] else deep is ABSENT
    first = constrain(lambda a, w: a["inner"] != {"x": 0} or w is True, sweep, on=("a", "w"))
    assert list(first) == [c for c in sweep if c["a"]["inner"] != {"x": 0} or c["w"] is True]


def test_what_no_path_leads_into_stays_one_digit() -> None:
    sweep = expand({"a": DynamicValue([1, 2]), "b": {f"x{k}": DynamicValue(range(10)) for k in range(300)}})
    digits = read_digits(sweep._node, [Question((("a",),))])
    assert [digit.size for digit in digits.items] == [2, 10**300]
    inside = expand({"a": DynamicValue([1, 2]), "b": shuffled(expand({"x": DynamicValue(range(5))}))})
    assert [digit.size for digit in read_digits(inside._node, [Question((("b", "x"),))]).items] == [2, 5]


def test_a_choice_is_a_digit_and_its_branches_have_digits_of_their_own() -> None:
    branches = DynamicValue([{"k": DynamicValue([1, 2, 3])}, {"m": DynamicValue([1, 2])}, 5])
    digits = read_digits(expand({"c": branches, "z": DynamicValue([0, 1])})._node, [Question((("c", "k"), ("z",)))])
    choice, last = digits.items
    assert [[digit.size for digit in part] for part in choice.parts] == [[3], [2], [1]]
    assert digits.find_scope(0) == (choice.number, choice.parts[0][0].number, last.number)


def test_a_node_is_narrowed_to_the_values_that_are_left() -> None:
    sweep = expand({"a": DynamicValue([1, 2, 3]), "c": DynamicValue([{"k": DynamicValue([1, 2])}, {"m": 1}, 5])})
    narrowed = narrow_node(sweep._node, {(0,): [0, 2], (1, 0, 0): [1], (1, 1): [1]})
    assert [narrowed.at(k) for k in range(narrowed.size)] == [{"a": a, "c": c} for a in (1, 3) for c in ({"k": 2}, 5)]


@some
@given(record_specs(), st.sets(st.integers(0, 5), max_size=3))
def test_cut_axes_have_the_same_points_at_the_same_positions(spec: Any, ends: set[int]) -> None:
    sweep = expand(
        {"t": tree_of(spec), "n": DynamicValue(range(4, -8, -2)), "c": DynamicValue([DynamicValue(range(5)), "x"])}
    )
    node, expected = sweep._node, [exactly(config) for config in sweep]
    axes = [digit for digit in read_digits(node, [Question(((),))]).all if digit.branches is None]
    cuts = {digit.place: ends for digit in axes if isinstance(digit.node.list_values(()), range)}
    assert bool(cuts) == bool(sweep)
    made = cut_axes(node, cuts)
    assert [exactly(point) for point in made.walk(0, made.size)] == expected
    assert [exactly(made.at(k)) for k in range(0, made.size, 7)] == expected[::7]
    for place in cuts:
        assert find_node(made, place).size == find_node(node, place).size
        inside = {end for end in ends if 0 < end < find_node(node, place).size}
        assert len(find_node(made, place).children) == len(inside) + bool(inside)
    assert cut_axes(node, {}) is node
    assert count_values(node) == sum(digit.size for digit in read_digits(node, [Question(((),))]).all)
