"""Selecting by partial configurations, against brute force, and far beyond what can be listed."""

from __future__ import annotations

import math
import pickle
from contextlib import suppress
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    PathError,
    SizeError,
    Sweep,
    constrain,
    derive,
    distinct,
    exclude,
    expand,
    explain,
    groupby,
    include,
    label,
    mapped,
    product,
    project,
    reorder,
    shuffled,
    structured,
    where,
    zipped,
)
from tests.examples import examples

from .generated import points, sweeps
from .partials import agrees, partials

many = examples(80)

LONG = DynamicValue(range(10**30))
SPACE = expand(
    {
        "opt": DynamicValue([{"name": "sgd", "m": DynamicValue([0, 0.9])}, {"name": "adam"}]),
        "lr": DynamicValue([0.1, 1.0]),
        "n": LONG,
    }
)


def check(sweep: Sweep[Any], expected: list[Any]) -> None:
    assert sweep.size == len(expected)
    assert list(map(repr, sweep)) == list(map(repr, expected))
    assert [repr(sweep[k]) for k in range(sweep.size)] == list(map(repr, expected))
    back = pickle.loads(pickle.dumps(sweep))
    assert list(map(repr, back)) == list(map(repr, expected))
    assert explain(sweep)
    for k in {0, sweep.size - 1} if expected else ():
        assert sweep.index(expected[k]) <= k


@many
@given(st.data(), sweeps())
def test_where_and_exclude_part_a_sweep_in_two(data: Any, sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    if len(listed) < sweep.size or not listed:
        return
    for _ in range(2):
        partial = data.draw(partials(listed))
        try:
            kept, left = where(partial, sweep), exclude(partial, sweep)
        except PathError:  # a path into a leaf that only a configuration has
            return
        with suppress(pickle.PicklingError, AttributeError):  # of a function that the sweep was mapped with
            check(kept, [c for c in listed if agrees(partial, c)])
            check(left, [c for c in listed if not agrees(partial, c)])
        assert kept.size + left.size == sweep.size
        sweep = data.draw(st.sampled_from([kept, left]))
        listed = points(sweep)
        if not listed:
            return


@many
@given(st.data(), sweeps())
def test_several_partials_exclude_each_alone(data: Any, sweep: Sweep[Any]) -> None:
    listed = points(sweep)
    if len(listed) < sweep.size or not listed:
        return
    some = data.draw(st.lists(partials(listed), max_size=3))
    with suppress(PathError):
        assert list(exclude(some, sweep)) == [c for c in listed if not any(agrees(p, c) for p in some)]


# --- what a condition means --------------------------------------------------------------------------------


def test_nested_and_by_path_mean_the_same() -> None:
    cases: list[tuple[Any, Any]] = [
        ({"opt": {"name": "sgd", "m": 0}}, {"opt.name": "sgd", ("opt", "m"): 0}),
        ({"opt": {}}, {}),
        ({"opt": {"m": {}}}, {"opt.m": lambda _: True}),
        ({"opt": DynamicValue([{"name": "adam"}, {"m": 0}])}, {"opt": lambda opt: opt.get("m", 0) == 0}),
    ]
    for nested, flat in cases:
        cut: Any = where({"n": DynamicValue([0, 10**29])}, SPACE)
        assert list(where(nested, cut)) == list(where(flat, cut))
        assert list(exclude(nested, cut)) == list(exclude(flat, cut))
    assert where({"opt": {"name": "sgd", "m": 0}}, SPACE).size == 2 * 10**30


def test_types_are_told_apart_where_the_axis_has_both() -> None:
    both = expand({"a": DynamicValue([1, 1.0, True, math.nan])})
    assert [type(c.a) for c in where({"a": True}, both)] == [bool]
    assert [type(c.a) for c in exclude({"a": 1.0}, both)] == [int, bool, float]
    assert where({"a": float("nan")}, both).size == 1
    one = expand({"a": DynamicValue([0.5, 1.0]), "n": DynamicValue(range(10**30))})
    assert where({"a": 1, "n": 7.0}, one)[0] == {"a": 1.0, "n": 7}
    assert where({"a": "1"}, one).size == 0


def test_functions_on_an_axis_are_values() -> None:
    s = expand({"act": DynamicValue([math.sin, math.cos]), "kind": DynamicValue([int, str]), "n": DynamicValue([0, 1])})
    assert [c.act for c in where({"act": math.cos, "kind": str}, s)] == [math.cos] * 2
    assert where({"n": bool}, s).size == 4
    assert where({"act": DynamicValue([math.sin])}, s).size == 4


def test_records_tuples_and_keys_with_dots() -> None:
    s = expand(
        {"t": [DynamicValue([1, 2]), 3], "a.b": DynamicValue([1, 2]), "r": DynamicValue([{"x": 1, "y": 2}, {"x": 2}])}
    )
    assert list(where({"t": [2, 3], ("a.b",): 1, "r.x": 2}, s)) == [{"t": (2, 3), "a.b": 1, "r": {"x": 2}}]
    assert where({"t.0": 1}, s).size == 4
    assert where({"r": lambda r: r == {"x": 2}}, s).size == 4
    with pytest.raises(PathError, match=r"no configuration has a\.b"):
        where({"a.b": 1}, s)


def test_the_branches_that_lack_a_path_are_left_out() -> None:
    some = where({"opt.m": DynamicValue([0.9, 7])}, SPACE)
    assert some.axes == {"opt.m": (0.9,), "lr": (0.1, 1.0), "n": range(10**30)}
    assert exclude({"opt.m": 0.9}, SPACE).axes["opt.name"] == ("sgd", "adam")
    assert where({"opt.name": "sgd"}, some).size == some.size
    assert exclude({"opt.name": "sgd"}, some).size == where({"opt.name": "adam"}, some).size == 0
    assert list(groupby("opt.name", some)) == ["sgd"]


def test_conditions_and_constraints_mix_in_any_order() -> None:
    less = constrain(lambda m, lr: m < lr, SPACE, on=("opt.m", "lr"))
    for made in (
        where({"opt.m": 0.9}, less),
        constrain(lambda m, lr: m < lr, where({"opt.m": 0.9}, SPACE), on=("opt.m", "lr")),
    ):
        assert made.size == 10**30
        assert made[-1] == {"opt": {"name": "sgd", "m": 0.9}, "lr": 1.0, "n": 10**30 - 1}
    many = exclude([{"n": k} for k in range(20)], where({"lr": 0.1}, less))
    assert many.size == 2 * (10**30 - 20)
    assert many[0].n == 20
    assert many.index(many[-1]) == many.size - 1


KINDS: dict[str, Any] = {
    "slice": lambda s: s[10**20 : -5],
    "reversed": lambda s: s[::-1],
    "sum": lambda s: s + expand({"n": 7, "lr": 0.1}),
    "derived": lambda s: derive("d", lambda c: c.lr, s),
    "nested": lambda s: product(s, expand({"z": DynamicValue([1, 2])})),
    "zip": lambda s: zipped(s, expand({"k": DynamicValue(range(s.size))})),
    "shuffle": lambda s: shuffled(s, seed=1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_long_axes_are_looked_up_on_every_kind(kind: str) -> None:
    sweep = KINDS[kind](SPACE)
    base = SPACE if kind != "nested" else sweep
    expected = [c for c in where({"n": 7 + 10**25}, base) if kind in ("zip", "derived", "nested") or c in sweep]
    found = where({"n": 7 + 10**25}, sweep)
    assert found.size == len(expected) == (12 if kind == "nested" else 6)
    assert all(config.n == 7 + 10**25 for config in found)
    assert [found.index(config) for config in found] == list(range(found.size))
    if kind != "shuffle":
        assert exclude({"n": 7 + 10**25}, sweep).size == sweep.size - found.size


def test_nothing_is_asked_before_something_is_asked_and_a_pickle_asks_nobody() -> None:
    asked: list[Any] = []

    def note(lr: Any) -> bool:
        asked.append(lr)
        return bool(lr > 0.5)

    made = exclude({"opt.m": 0, "lr": note}, where({"lr": note, "n": 3}, SPACE))
    assert not asked
    assert [label(config, made) for config in made] == [
        "opt.name=sgd, opt.m=0.9, lr=1.0, n=3",
        "opt.name=adam, lr=1.0, n=3",
    ]
    before = len(asked)
    back = pickle.loads(pickle.dumps(made))
    assert back == made
    assert list(back) == list(made)
    assert len(asked) == before
    assert "where lr: note" in explain(back)
    assert "without opt.m=0, lr: note" in explain(back)


def test_an_error_of_a_predicate_is_the_callers() -> None:
    def refuse(m: Any) -> bool:
        raise RuntimeError(f"m is {m}")

    with pytest.raises(RuntimeError, match="m is 0"):
        where({"opt.m": refuse}, SPACE).size
    with pytest.raises(RuntimeError, match="m is 0"):
        exclude({"opt.m": refuse}, SPACE).size
    assert where({"opt.m": refuse}, where({"opt.name": "adam"}, SPACE)).size == 0


def test_empty_and_odd_ones() -> None:
    s = expand({"a": DynamicValue([1, 2])})
    assert where({}, s) is s
    assert exclude([], s) is s
    assert exclude({}, s).size == 0
    assert list(exclude(iter([{"a": 1}]), s)) == [{"a": 2}]
    assert where({"a": DynamicValue([])}, s).size == 0
    assert list(where({"": DynamicValue([1, 3])}, expand(DynamicValue([1, 2, 3])))) == [1, 3]
    assert where({"a": 1}, s[:0]).size == 0
    assert where({"a": 1}, mapped(lambda c: Config({"a": c.a - 1}), s)).size == 1
    with pytest.raises(SizeError, match="at most 10000 values or alternatives"):
        where({"a": DynamicValue(range(10**6))}, s)
    with pytest.raises(ArgumentError, match="where takes a sweep"):
        where({"a": 1}, {"a": 1})  # type: ignore[arg-type]


def test_axes_with_and_without_a_table_over_their_values() -> None:
    s = expand({"a": DynamicValue(range(5000)), "b": DynamicValue(range(5000)), "n": DynamicValue(range(10**6))})
    assert exclude({"a": 7, "b": 8, "n": 9}, s).size == s.size - 1
    asked = constrain(lambda a: a % 2, s, on="a")
    assert asked.size == s.size // 2  # now there is a table over the values of `a`
    assert exclude({"a": 7}, asked).size == asked.size - 5000 * 10**6
    assert where({"a": 8}, asked).size == 0
    assert where({"a": 7, "n": 5}, asked)[4999] == {"a": 7, "b": 4999, "n": 5}
    cut = exclude({"a": 7}, s)
    assert cut.size == 4999 * 5000 * 10**6  # and now `a` is in pieces
    few = constrain(lambda a: a < 20, cut, on="a")
    assert [config.a for config in where({"b": 0, "n": 0}, few)] == [a for a in range(20) if a != 7]
    assert exclude({"a": 8}, few).size == 18 * 5000 * 10**6


@pytest.mark.parametrize("values", [range(10**30), [f"v{k}" for k in range(3000)]])
def test_an_axis_that_was_cut_is_one_axis(values: Any) -> None:
    s = expand({"a": DynamicValue([1, 2]), "n": DynamicValue(values)})
    seventh = s[7].n
    for cut in (exclude({"a": 1, "n": seventh}, s), s - expand({"a": 1, "n": seventh})):
        assert cut.size == s.size - 1
        assert repr(cut).startswith(f"Sweep(constrained(2 × {s.size // 2}) = ")
        assert "branch" not in explain(cut)
        assert distinct(cut) == cut
    gone = exclude({"n": seventh}, s)
    assert project("a", gone).size == 2
    assert project("n", gone).size == s.size // 2 - 1
    assert reorder("n", gone)[14:16] == expand({"a": DynamicValue([1, 2]), "n": s[8].n})


def test_too_many_cases_are_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spearmint_fp.sweep.diagrams.MOST_NODES", 20)
    s = expand({name: DynamicValue(range(9)) for name in "abcd"})
    partials = [{"a": k, "b": 3 * k % 7, "c": 5 * k % 8, "d": k * k % 9} for k in range(9)]
    with pytest.raises(SizeError, match="the constraints on a, b, c, d have more than 1000000 cases to tell apart"):
        _ = exclude(partials, s).size


def test_a_sum_is_not_counted_before_something_is_asked() -> None:
    asked: list[int] = []

    def note(a: int) -> bool:
        asked.append(a)
        return True

    s = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2])}) + expand({"a": 3, "b": 2})
    kept = where({"b": 1}, constrain(note, s, on="a"))
    assert asked == []
    assert kept.size == 2
    assert asked != []


def test_a_refusal_says_by_what_was_selected() -> None:
    long = mapped(lambda c: c, expand({"a": DynamicValue(range(10**7))}))
    for select in (where, exclude):
        with pytest.raises(SizeError, match="selecting by a takes 10000000 points to enumerate here"):
            _ = select({"a": 1}, long).size
    with pytest.raises(SizeError, match="constraining on a takes 10000000 points to enumerate here"):
        _ = constrain(bool, long, on="a").size


@attrs.frozen
class Fitted:
    lr: float
    n: Any = 0


def test_a_number_of_which_a_class_makes_a_float_is_found_as_it_is_written() -> None:
    tree = expand({"lr": DynamicValue([0.1, 1, 2]), "n": DynamicValue([0, 1])})
    typed = structured(Fitted, tree)
    for sweep in (typed, shuffled(typed), typed[::-1], mapped(lambda c: Fitted(float(c.lr), c.n), tree)):
        for one in (1, 1.0):
            assert {*where({"lr": one}, sweep)} == {Fitted(1.0, 0), Fitted(1.0, 1)}
            assert exclude({"lr": one}, sweep).size == 4
        assert where({"lr": DynamicValue([1, 2.0]), "n": 1}, sweep).size == 2
        assert where({"lr": 10**400}, sweep).size == 0
    inside = include([{"x": {"lr": 1}, "new": 1}], expand({"x": typed, "y": DynamicValue([1, 2])}))
    assert [c.x.lr for c in inside if "new" in c] == [1.0] * 4
    kept = structured(dict[str, Any], expand({"a": DynamicValue([1, 1.0, True])}))
    assert [type(c["a"]) for c in where({"a": 1}, kept)] == [int]
    assert [type(c["a"]) for c in where({"a": 1.0}, kept)] == [float]
