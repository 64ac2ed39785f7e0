"""Groups and other orders, against brute force, and far beyond what can be listed."""

from __future__ import annotations

import pickle
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ABSENT,
    ArgumentError,
    DynamicValue,
    PathError,
    Sweep,
    constrain,
    expand,
    explain,
    freeze,
    get_in,
    groupby,
    project,
    reorder,
    sample,
    where,
)
from spearmint_fp.configuration.fold import open_node
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.configuration.records import TupleShape
from tests.examples import examples

from ..oracle import paths_of, predicate
from .generated import points, sweeps

many = examples(80)


def value_of(path: Any, config: Any) -> Any:
    try:
        return get_in(path, config)
    except PathError:
        return ABSENT


def is_record(value: Any) -> bool:
    parts = open_node(value)
    return parts is not None and not isinstance(parts[0], TupleShape)


def keys(configs: Any) -> list[Any]:
    return list(map(exact_key, configs))


def draw_paths(data: Any, listed: list[Any], most: int) -> list[Any]:
    known = sorted({path for config in listed for path in paths_of(config) if path}, key=repr)
    return data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=most, unique=True)) if known else []


@many
@given(st.data(), sweeps())
def test_groups_part_a_sweep(data: Any, sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    paths = draw_paths(data, listed, 1)
    if len(listed) < sweep.size or not paths:
        return
    try:
        found = groupby(paths[0], sweep)
    except (ArgumentError, PathError):  # a value is not hashable
        return
    expected: dict[Any, list[Any]] = {}
    for config in listed:
        key = freeze(value_of(paths[0], config))  # a plain dict, which a typed sweep may have, is no key
        expected.setdefault(key, []).append(config)
    assert list(found) == list(expected)
    assert [keys(part) for part in found.values()] == [keys(part) for part in expected.values()]


@many
@given(st.data(), sweeps())
def test_another_order_is_a_stable_sort(data: Any, sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    paths = draw_paths(data, listed, 2)
    if len(listed) < sweep.size or not paths:
        return
    try:
        made = reorder(paths, sweep)
    except PathError:
        return
    columns = sweep._node.columns()
    ranks: list[dict[Any, int]] = []
    for path in paths:
        column = columns.get(path)
        pieces = [value for piece in (column.pieces if column else ()) for value in piece]
        if any(is_record(value_of(path, config)) for config in listed):  # no column tells the order of records
            if len(paths) > 1:
                return
            pieces = [value_of(path, config) for config in made]
        values = [*pieces, *(value_of(path, config) for config in listed)]
        ranks.append({key: k for k, key in enumerate(dict.fromkeys(keys(v for v in values if v is not ABSENT)))})
        ranks[-1][exact_key(ABSENT)] = len(values)

    def order(config: Any) -> list[int]:
        return [rank[exact_key(value_of(path, config))] for path, rank in zip(paths, ranks, strict=True)]

    expected = sorted(listed, key=order)
    check_order(made, expected)


def check_order(made: Sweep[Any], expected: list[Any]) -> None:
    assert keys(made) == keys(expected)
    assert keys(made[k] for k in range(made.size)) == keys(expected)
    assert keys(made[1:]) == keys(expected[1:])
    assert [keys(expected).index(exact_key(c)) for c in expected] == [
        next(iter(made._node.ranks(c, True))) for c in expected
    ]
    assert explain(made)


def test_records_and_values_on_one_axis_stand_in_its_order() -> None:
    sweep = expand({"n": DynamicValue([0, 1]), "b": DynamicValue([{"x": 1, "y": None}, 0])})
    check_order(reorder("b", sweep), [sweep[k] for k in (0, 2, 1, 3)])


@many
@given(st.data())
def test_constraints_stay_exact_in_another_order(data: Any) -> None:
    names = ["a", "b", "c", "d"]
    sweep = expand({name: DynamicValue(range(data.draw(st.integers(1, 3)))) for name in names})
    sweep = expand({"in": sweep, "n": DynamicValue(range(10**30))})
    paths = [("in", name) for name in names]
    for salt in range(data.draw(st.integers(0, 3))):
        on = data.draw(st.lists(st.sampled_from(paths), min_size=1, max_size=3, unique=True))
        sweep = constrain(predicate(salt, 3), sweep, on=on)
        if data.draw(st.booleans()):
            sweep = pickle.loads(pickle.dumps(sweep))
    some = data.draw(st.lists(st.sampled_from(paths), min_size=1, max_size=4, unique=True))
    few = list(where({"n": DynamicValue([0, 10**29])}, sweep))
    expected = sorted(few, key=lambda config: [get_in(path, config) for path in some])
    made = reorder(some, sweep)
    assert made.size == sweep.size
    check_order(where({"n": DynamicValue([0, 10**29])}, made), expected)
    late = constrain(predicate(9, 2), made, on=[paths[0], paths[2]])
    kept = [c for c in expected if predicate(9, 2)(get_in(paths[0], c), get_in(paths[2], c))]
    check_order(where({"n": DynamicValue([0, 10**29])}, late), kept)
    assert all(made.index(config) == made.index(made[made.index(config)]) for config in expected[:3])


def test_another_order_of_a_few_configurations_looks_at_no_axis_value_by_value() -> None:
    vast = expand({"n": DynamicValue(range(10**30)), "m": DynamicValue([1, 0])})
    few = sample(5, vast)
    assert [c.n for c in reorder("n", few)] == sorted(c.n for c in few)
    assert [c.m for c in reorder("m", few)] == sorted((c.m for c in few), reverse=True)


def test_groups_by_a_record_whose_parts_were_put_in_another_order() -> None:
    sweep = expand({"a": DynamicValue([0, 1]), "b": {"c": {"d": 1, "e": DynamicValue([2, 3])}}})
    other = reorder("b.c.e", sweep)
    assert {key["c"]["e"]: part.size for key, part in groupby("b", other).items()} == {2: 2, 3: 2}
    assert list(reorder("b.c", other)) == list(other)
    assert list(project("b.c.e", other)) == [{"b": {"c": {"e": 2}}}, {"b": {"c": {"e": 3}}}]
