"""Partial configurations as tests, against brute force."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import islice, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import ArgumentError, DynamicValue, PathError, SizeError, Sweep, expand
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.configuration.paths import find_in
from spearmint_fp.sweep.formulas import Values
from spearmint_fp.sweep.partials import MOST_PARTIALS, list_partials, parse_key, read_conditions
from tests.examples import examples

from .generated import points, sweeps
from .partials import agrees, partials

some = examples(60)


def count_agreeing(partial: Any, sweep: Sweep[Any]) -> list[int]:
    """The positions of the configurations that agree with one of the alternatives that a partial one stands for."""
    alternatives = read_conditions(partial, sweep._node, "where")

    def holds(path: Any, test: Any, config: Any) -> bool:
        found = find_in(path, config)
        return bool(found) and bool(test(found[0]))

    return [
        position
        for position, config in enumerate(sweep)
        if any(
            all(holds(path, test, config) for path, test in zip(one.paths, one.tests, strict=True))
            for one in alternatives
        )
    ]


@some
@given(st.data(), sweeps())
def test_what_is_named_by_path_is_tested_there(data: Any, sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    if len(listed) < sweep.size or not listed:
        return
    partial = data.draw(partials(listed))
    try:
        found = count_agreeing(partial, sweep)
    except PathError:
        return
    assert found == [k for k, config in enumerate(listed) if agrees(partial, config)]


leaves = st.sampled_from([0, 1, "x"])
conditions = leaves | st.lists(leaves, max_size=2).map(DynamicValue)
inner = st.dictionaries(st.sampled_from(["c", "d"]), conditions, max_size=2)
nested = st.dictionaries(st.sampled_from(["a", "b"]), conditions | inner, max_size=2)
SPACE = expand(
    {key: DynamicValue([0, 1, "x", {"c": DynamicValue([0, 1]), "d": DynamicValue([1, "x"])}]) for key in "ab"}
)


def means(partial: Any, config: Any) -> bool:
    """The slow meaning of a nested partial configuration."""
    if isinstance(partial, DynamicValue):
        return any(means(value, config) for value in partial.values)
    if isinstance(partial, Mapping):
        return isinstance(config, Mapping) and all(k in config and means(v, config[k]) for k, v in partial.items())
    return exact_key(partial) == exact_key(config)


def is_plain(partial: Any) -> bool:
    """True for one without empty records, which ask for a path and nothing else."""
    return not isinstance(partial, Mapping) or (bool(partial) and all(map(is_plain, partial.values())))


@some
@given(st.lists(nested.filter(is_plain), min_size=1, max_size=3))
def test_nested_ones_and_choices_among_them_mean_what_they_say(alternatives: list[Any]) -> None:
    choice = {"a": DynamicValue(alternatives)} if all(alternatives) else {}
    top = expand({"a": SPACE, "b": 0})
    assert count_agreeing(choice, top) == [k for k, config in enumerate(top) if means(choice, config)]
    for partial in alternatives:
        assert count_agreeing(partial, SPACE) == [k for k, config in enumerate(SPACE) if means(partial, config)]


def test_a_condition_without_keys_asks_for_the_path_alone() -> None:
    assert count_agreeing({}, SPACE) == list(range(SPACE.size))
    assert count_agreeing({"a": {}}, SPACE) == list(range(SPACE.size))
    assert count_agreeing({"a.c": {}}, SPACE) == [k for k, config in enumerate(SPACE) if find_in(("a", "c"), config)]
    assert read_conditions({}, SPACE._node, "where")[0].paths == ()


def test_a_value_means_those_of_its_type_where_there_are_any() -> None:
    s = expand(
        {"n": DynamicValue([1.0, 2.0, 3]), "f": DynamicValue([math.sin, "f"]), "long": DynamicValue(range(10**30))}
    )
    ((n,),) = [one.tests for one in read_conditions({"n": DynamicValue([1, 3])}, s._node, "where")]
    assert [n(value) for value in (1.0, 1, True, 3, 3.0, 2.0)] == [True, True, False, True, False, False]
    (f, long) = read_conditions({"f": math.sin, "long": 7.0}, s._node, "where")[0].tests
    assert isinstance(f, Values)
    assert (f(math.sin), f("f"), long(7), long(7.0), long(8)) == (True, False, True, True, False)
    (other,) = read_conditions({"f": math.cos}, s._node, "where")[0].tests
    assert other is math.cos
    assert not read_conditions({"f": math.cos}, s._node, "where")[0].by_value
    assert str(read_conditions({"f": math.cos, "n": DynamicValue([])}, s._node, "where")[0]) == "f: cos, n=anything"


def test_keys_are_paths() -> None:
    assert [parse_key(key) for key in ("a.b", ("a.b",), 3)] == [("a", "b"), ("a.b",), (3,)]


def test_one_or_several_and_nothing_else() -> None:
    one = {"a": 1}
    assert list_partials(one, "exclude") == list_partials(iter([one]), "exclude") == [one]
    assert list_partials([], "exclude") == []
    for wrong in ("a", 1, [one, "a"], None):
        with pytest.raises(ArgumentError, match=r"exclude takes a partial configuration, or several.*; got "):
            list_partials(wrong, "exclude")
    with pytest.raises(ArgumentError, match="where takes a partial configuration and a sweep; got"):
        read_conditions([one], SPACE._node, "where")
    with pytest.raises(PathError, match="no configuration has z"):
        read_conditions({"z": 1}, SPACE._node, "where")
    assert len(list_partials(islice(repeat(one), MOST_PARTIALS), "exclude")) == MOST_PARTIALS
    with pytest.raises(SizeError, match="at most 1000 partial"):
        list_partials(repeat(one), "exclude")  # an endless one is not read to its end
    many = DynamicValue([{"c": k} for k in range(101)])
    with pytest.raises(SizeError, match="at most 10000 values or alternatives"):
        read_conditions({"a": many, "b": many}, SPACE._node, "where")
