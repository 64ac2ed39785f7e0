"""Neighbours, against the number of axes at which configurations differ."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    AbsentError,
    Config,
    DynamicValue,
    concat,
    constrain,
    expand,
    mapped,
    neighbours,
    shuffled,
    structured,
    where,
    zipped,
)
from spearmint_fp.configuration.keys import exact_key
from tests.examples import examples

from ..oracle import predicate

many = examples(80)


@many
@given(st.data())
def test_they_differ_at_one_axis(data: Any) -> None:
    names = ["a", "b", "c", "d"]
    values = st.lists(st.sampled_from([0, 1, 2, 1.0, True]), min_size=1, max_size=4)
    sweep: Any = expand(
        {
            "in": {name: DynamicValue(data.draw(values)) for name in names[:2]},
            **{name: DynamicValue(data.draw(values)) for name in names[2:]},
        }
    )
    if data.draw(st.booleans()):
        sweep = constrain(predicate(1, 3), sweep, on=["in.a", "c"])
    kind = data.draw(st.sampled_from(["itself", "slice", "shuffle", "sum", "mapped", "typed"]))
    if kind == "slice":
        sweep = sweep[1::2]
    if kind == "shuffle":
        sweep = shuffled(sweep)
    if kind == "sum":
        sweep = sweep + sweep[::-1]
    if kind == "mapped":
        sweep = mapped(dict, sweep)
    if kind == "typed":
        sweep = structured(dict[str, Any], sweep)
    if not sweep.size:
        return
    base = sweep[data.draw(st.integers(0, sweep.size - 1))]
    paths = [("in", "a"), ("in", "b"), ("c",), ("d",)]

    def differ(config: Any) -> int:
        return sum(exact_key(get(path, config)) != exact_key(get(path, base)) for path in paths)

    expected = [config for config in sweep if differ(config) == 1]
    found = neighbours(base, sweep)
    assert list(map(exact_key, found)) == list(map(exact_key, expected))
    if kind != "mapped":
        assert list(map(exact_key, pickle.loads(pickle.dumps(found)))) == list(map(exact_key, expected))


def get(path: tuple[str, ...], config: Any) -> Any:
    for step in path:
        config = config[step]
    return config


OPT = DynamicValue(
    [
        {"name": "sgd", "m": DynamicValue([0, 0.9]), "lr": DynamicValue([1, 2])},
        {"name": "adam", "lr": DynamicValue([2, 1, 3]), "k": DynamicValue([5, 6])},
        {"name": "none"},
    ]
)


def test_a_choice_among_branches_is_an_axis() -> None:
    s = expand({"opt": OPT, "n": DynamicValue([1, 2])})
    base = {"opt": {"name": "sgd", "m": 0, "lr": 2}, "n": 1}
    assert list(neighbours(base, s)) == [
        {"opt": {"name": "sgd", "m": 0, "lr": 1}, "n": 1},
        {"opt": {"name": "sgd", "m": 0, "lr": 2}, "n": 2},
        {"opt": {"name": "sgd", "m": 0.9, "lr": 2}, "n": 1},
        {"opt": {"name": "adam", "lr": 2, "k": 5}, "n": 1},
        {"opt": {"name": "adam", "lr": 2, "k": 6}, "n": 1},
        {"opt": {"name": "none"}, "n": 1},
    ]
    assert [c.opt.name for c in neighbours({"opt": {"name": "none"}, "n": 2}, s)] == ["sgd"] * 4 + ["adam"] * 6 + [
        "none"
    ]
    assert set(neighbours(base, where({"opt.lr": 2}, s))) == {c for c in neighbours(base, s) if c.opt.get("lr") == 2}


def test_what_varies_together_is_one_axis() -> None:
    presets = [{"size": "s", "width": 1}, {"size": "m", "width": 2}, {"size": "m", "width": 3}]
    s = expand({"model": DynamicValue(presets), "n": DynamicValue([1, 2])})
    assert list(neighbours(s[0], s)) == [{"model": presets[0], "n": 2}, *({"model": p, "n": 1} for p in presets[1:])]
    tied = zipped(expand({"a": DynamicValue([1, 2, 3])}), expand({"b": DynamicValue(["x", "z", "w"])}))
    both = tied * expand({"n": DynamicValue([1, 2])})
    assert list(neighbours(both[0], both)) == [both[1], both[2], both[4]]


def test_choices_inside_choices() -> None:
    inner = DynamicValue([{"kind": "p", "q": DynamicValue([1, 2])}, {"kind": "r"}])
    s = expand({"c": DynamicValue([{"top": 1, "in": inner, "z": DynamicValue([1, 2])}, {"top": 2}])})
    base = {"c": {"top": 1, "in": {"kind": "p", "q": 1}, "z": 1}}
    assert list(neighbours(base, s)) == [
        {"c": {"top": 1, "in": {"kind": "p", "q": 1}, "z": 2}},
        {"c": {"top": 1, "in": {"kind": "p", "q": 2}, "z": 1}},
        {"c": {"top": 1, "in": {"kind": "r"}, "z": 1}},
        {"c": {"top": 2}},
    ]
    roots = concat(expand({"a": DynamicValue([1, 2])}), expand({"b": DynamicValue([1, 2])}))
    assert list(neighbours({"a": 1}, roots)) == [{"a": 2}, {"b": 1}, {"b": 2}]


def test_far_beyond_what_can_be_listed() -> None:
    s = expand({f"x{k}": DynamicValue(range(10**30)) for k in range(30)})
    base = Config({f"x{k}": 10**20 + k for k in range(30)})
    found = neighbours(base, s)
    assert found.size == 30 * (10**30 - 1)
    assert found.index(found[10**30]) == 10**30
    assert base not in found


def test_the_baseline_is_in_the_sweep() -> None:
    s = expand({"a": DynamicValue([1, 2])})
    with pytest.raises(AbsentError, match=r"\{'a': 3\}\) is not in"):
        neighbours({"a": 3}, s)
    assert neighbours({"a": 1}, s[:1]).size == 0
    assert list(neighbours({"a": 1}, expand({"a": DynamicValue([1, 2, 1, 2])}))) == [{"a": 2}, {"a": 2}]
    assert list(neighbours(1, expand(DynamicValue([1, 2, 3])))) == [2, 3]
