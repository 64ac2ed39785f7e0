"""Differences, intersections and unions: by value, at any size, whatever the sweeps were made from."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

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
    difference,
    distinct,
    empty,
    expand,
    explain,
    intersection,
    mapped,
    product,
    sample,
    shuffled,
    structured,
    union,
    unit,
    zipped,
)

HUGE = 10**30


def grid(start: int = 0, width: int = 10, axes: int = 30) -> Sweep[Config]:
    return expand({f"a{k}": DynamicValue(range(start, start + width)) for k in range(axes)})


def exactly(sweep: Sweep[Any]) -> list[str]:
    return [repr(config) for config in sweep]


# --- units and arities ---------------------------------------------------------------------------------


def test_one_sweep_is_itself_and_none_is_empty() -> None:
    s = expand({"a": DynamicValue([1, 2, 1])})
    assert difference(s) is s
    assert intersection(s) is s
    assert union(s) is s
    assert union() == empty
    assert (s - s).size == 0
    assert s & s == s | s == s - empty == s | empty == s
    assert (s & empty).size == (empty - s).size == (empty & s).size == 0
    assert empty | s == s
    assert unit - unit == unit & empty == empty
    with pytest.raises(TypeError):
        difference()  # type: ignore[call-arg]


def test_several_are_one_after_the_other() -> None:
    a, b, c = (expand({"n": DynamicValue(values)}) for values in ([1, 2, 3, 4], [2, 9], [4, 9, 1, 9]))
    assert [x.n for x in difference(a, b, c)] == [3]
    assert [x.n for x in intersection(a, a, c)] == [1, 4]
    assert [x.n for x in union(a, b, c)] == [1, 2, 3, 4, 9]
    assert [x.n for x in c | b] == [4, 9, 1, 9, 2]


@pytest.mark.parametrize("operator", ["__sub__", "__and__", "__or__"])
def test_operators_leave_other_things_to_others(operator: str) -> None:
    assert getattr(unit, operator)([{}]) is NotImplemented


@pytest.mark.parametrize("function", [difference, intersection, union])
def test_a_list_of_sweeps_is_told_from_sweeps(function: Callable[..., Any]) -> None:
    with pytest.raises(ArgumentError, match=rf"{function.__name__} takes a sweep.*Write {function.__name__}\(\*sweeps"):
        function([unit, unit])


# --- what is equal --------------------------------------------------------------------------------------


def test_types_are_told_apart_and_nan_equals_itself() -> None:
    a = expand({"n": DynamicValue([1, 1.0, True, math.nan, 0.0, -0.0, "1"])})
    b = expand({"n": DynamicValue([1.0, float("nan"), -0.0])})
    assert exactly(a - b) == exactly(expand({"n": DynamicValue([1, True, 0.0, "1"])}))
    assert exactly(a & b) == exactly(expand({"n": DynamicValue([1.0, math.nan, -0.0])}))
    assert {"n": 1} in b  # `in` is content with an equal value, and a difference is not
    assert (expand({"n": 1}) - b).size == 1


@attrs.frozen
class Point:
    x: Any
    y: Any = 0


@attrs.frozen
class Whole:
    x: int


def double(x: Any) -> Any:
    return x if isinstance(x, DynamicValue) else 2 * x


@attrs.frozen
class Doubled:
    x: Any = attrs.field(converter=double)


class Pair(NamedTuple):
    left: Any
    right: Any


def one_of(*values: Any) -> DynamicValue[Any]:
    return DynamicValue(values)


SPACES: list[tuple[Any, Any, int]] = [
    ({"a": one_of({"x": 1, "y": 1}, {"x": 2, "y": 2})}, {"a": {"y": one_of(2, 1), "x": one_of(1, 2)}}, 2),
    ({"a": {"x": one_of(1, 2), "y": one_of(1, 2)}}, {"a": one_of({"x": 1, "y": 1}, {"x": 2, "y": 2})}, 2),
    ({"a": one_of({}, {"x": 1})}, {"a": one_of({}, 1)}, 1),
    ({"a": one_of({}, ())}, {"a": {}}, 1),
    ({"a": 1, "b": one_of(1, 2)}, {"a": 1}, 0),
    ({"a": one_of((1, 2), (1, 3))}, {"a": [1, one_of(3, 4)]}, 1),
    ({"a": [one_of(1, 2), 3]}, {"a": one_of((1, 3), (2, 3, 4), Pair(2, 3), "x")}, 1),
    ({"a": [one_of(1, 2), 3]}, {"a": {"0": one_of(1, 2), "1": 3}}, 0),
    (Point(one_of(1, 2), one_of(3, 4)), one_of(Point(1, 4), Point(2, one_of(3, 5))), 2),
    ({"p": Point(one_of(1, 2))}, {"p": one_of(Point(2), Pair(1, 0), {"x": 1, "y": 0})}, 1),
    (Pair(one_of(1, 2), 1), [one_of(1, 2), 1], 0),
    (one_of(1, "a", {"x": 1}), one_of("a", {"x": one_of(1, 2)}, 1.0), 2),
    (DynamicValue(range(10)), DynamicValue(range(5, 50)), 5),
    ({"a": one_of(1, 1, 2, 1)}, {"a": one_of(1, 1)}, 3),
    ({"a": one_of({"k": "s", "lr": one_of(1, 2)}, {"k": "t"})}, {"a": {"k": one_of("s", "t"), "lr": 1}}, 1),
    ({"a": one_of(range(3), (1, 2), frozenset({1}))}, {"a": one_of(frozenset({1}), range(0, 3, 1), [1, 2.0])}, 2),
]


@pytest.mark.parametrize(("one", "other", "common"), SPACES)
def test_configurations_are_equal_however_they_were_made(one: Any, other: Any, common: int) -> None:
    a, b = expand(one), expand(other)
    assert (a & b).size == common
    assert (a - b).size + (a & b).size == a.size
    assert sorted(exactly(a)) == sorted([*exactly(a - b), *exactly(a & b)])
    assert [c in b for c in a & b] == [True] * (a & b).size


def test_a_class_that_changes_its_values_is_asked_for_its_points() -> None:
    a = expand({"p": Doubled(one_of(1, 2)), "q": one_of(1, 2, 3)})
    b = expand({"q": one_of(2, 3, 4), "p": one_of(Doubled(2), Doubled(one_of(0, 1)))})
    listed, others = exactly(a), set(map(repr, map(dict, b)))
    assert exactly(a & b) == [text for text, c in zip(listed, a, strict=True) if repr({"q": c.q, "p": c.p}) in others]
    assert (a - b).size + (a & b).size == 6
    assert 0 < (a & b).size < 6


def test_the_order_of_the_second_one_vanishes() -> None:
    a = expand({"a": DynamicValue(range(4)), "b": DynamicValue(range(4))})
    b = constrain(lambda a, b: a < b, a, on=("a", "b"))
    for other in (b, b[::-1], shuffled(b), pickle.loads(pickle.dumps(b)), expand(DynamicValue(list(b)))):
        assert list(a & other) == list(b)
        assert list(a - other) == [c for c in a if c.a >= c.b]
        assert (a - other).axes == {"a": (0, 1, 2, 3), "b": (0, 1, 2, 3)}
        assert (a & other).axes == {"a": (0, 1, 2), "b": (1, 2, 3)}


def test_typed_sweeps_compare_as_their_points_do() -> None:
    plain = expand({"x": DynamicValue([1, 2, 3]), "y": DynamicValue([0, 1])})
    a, b = structured(Point, plain), structured(Point, plain[2:4])
    assert list(a - b) == [Point(1, 0), Point(1, 1), Point(3, 0), Point(3, 1)]
    assert list(expand(Point(DynamicValue([2, 5]))) & a) == [Point(2, 0)]
    assert (a & plain).size == 0
    vast = structured(Whole, expand({"x": DynamicValue(range(10**15))}))
    assert (vast - vast).size == 0
    assert list(vast & structured(Whole, expand({"x": DynamicValue([3, -1])}))) == [Whole(3)]


# --- at any size ----------------------------------------------------------------------------------------


def test_grids_of_astronomical_size_are_compared_by_axes() -> None:
    d = grid() - grid(3)
    assert d.size == 10**30 - 7**30
    assert (grid() & grid(3)).axes == {f"a{k}": tuple(range(3, 10)) for k in range(30)}
    assert d[d.index(d[-1])] == d[-1] == dict.fromkeys(d[-1], 9) | {"a29": 2}
    assert (d & grid(3)).size == (d - d).size == 0
    assert (grid() - d) == grid() & grid(3)
    assert len(pickle.dumps(d)) < 10_000


def test_long_ranges_are_cut_where_the_answer_changes() -> None:
    a = expand({"x": DynamicValue(range(HUGE)), "y": DynamicValue(range(HUGE))})
    b = expand({"y": DynamicValue(range(7, 2 * HUGE)), "x": DynamicValue([3, 10**20, -1, 3.0, "3"])})
    assert (a & b).size == 2 * (HUGE - 7)
    assert (a & b).axes == {"x": (3, 10**20), "y": range(7, HUGE)}
    assert (a - b).size == HUGE**2 - 2 * (HUGE - 7)
    assert (a - b)[3 * HUGE + 7] == {"x": 4, "y": 0}
    assert (a - b).index({"x": 4, "y": 0}) == 3 * HUGE + 7
    assert (a - b - a[HUGE:]).size == HUGE
    assert distinct(a - b) == a - b
    assert "x: 1" in explain(a - b)
    assert (a - a[::-1][5:]).size == 5
    assert (b - a).size == 5 * (2 * HUGE - 7) - 2 * (HUGE - 7)


def test_strides_of_long_ranges_meet_in_few_places_or_are_refused() -> None:
    a = expand({"x": DynamicValue(range(0, HUGE, 2))})
    assert (a & expand({"x": DynamicValue(range(1, HUGE, 2))})).size == 0
    assert (a & expand({"x": DynamicValue(range(HUGE))})) == a
    assert (a & expand({"x": DynamicValue(range(0, HUGE, 10**29))})).size == 10
    assert (a & expand({"x": DynamicValue(range(100, -100, -2))})).size == 51
    assert (a[: 10**4] & expand({"x": DynamicValue(range(0, 10**4, 3))})).size == 1667
    with pytest.raises(SizeError, match="at x, more than"):
        a & expand({"x": DynamicValue(range(0, HUGE, 3))})


def test_constraints_and_slices_of_both_are_counted() -> None:
    a = constrain(lambda x, y: x < y, grid(), on=("a0", "a5"))
    b = constrain(lambda x, y: (x + y) % 2 == 0, grid(2)[HUGE // 7 : HUGE // 2], on=("a1", "a29"))
    assert (a - b).size + (a & b).size == a.size == 45 * 10**28
    assert (b - a).size + (a & b).size == b.size
    found = (a & b)[10**20]
    assert found in a
    assert found in b
    assert (grid()[HUGE // 3 :] & grid()[: HUGE // 2]).size == HUGE // 2 - HUGE // 3
    assert (grid() - grid()[::3]).size == HUGE - -(-HUGE // 3)
    assert (shuffled(grid()) & grid()[:5]).size == 5


def test_a_predicate_is_asked_once_and_not_after_pickling() -> None:
    asked = []
    a = constrain(lambda x, y: asked.append((x, y)) or x < y, grid(), on=("a0", "a1"))  # type: ignore[func-returns-value]
    b = constrain(lambda x, y: asked.append((x, y)) or x > 2, grid(), on=("a0", "a1"))  # type: ignore[func-returns-value]
    d = a - b
    assert d.size == 24 * 10**28
    count = len(asked)
    again = pickle.loads(pickle.dumps(d))
    assert again.size == (again - grid(5)).size == d.size
    assert (grid() & again).size == d.size
    assert again == d
    assert len(asked) == count


def test_results_are_sweeps_like_others() -> None:
    d = grid(axes=4) - grid(3, axes=4)
    brute = [c for c in grid(axes=4) if min(c.values()) < 3]
    assert list(d[::7]) == brute[::7]
    assert list(constrain(lambda x: x > 7, d, on="a2")) == [c for c in brute if c.a2 > 7]
    assert sorted(map(str, shuffled(d))) == sorted(map(str, brute))
    assert (d * expand({"z": DynamicValue([1, 2])})).size == 2 * d.size
    assert list(expand({"p": d, "q": 1}) - expand({"q": DynamicValue([0, 1]), "p": grid(axes=4)[5:]})) == [
        {"p": c, "q": 1} for c in brute[:5]
    ]
    assert explain(d).splitlines()[-1] == "    not in another sweep of 10000: 2401 removed, 7599 left"


# --- what shows no axes ----------------------------------------------------------------------------------


def test_samples_are_looked_up() -> None:
    some = sample(100, grid())
    rest = grid() - some
    assert rest.size == HUGE - 100
    assert (grid() & some).size == 100
    assert (some - grid()).size == (rest & some).size == 0
    assert [rest[k] for k in (0, 10**20)] == list(rest[: 10**20 + 1 : 10**20])
    assert rest.index(rest[10**20]) == 10**20
    high = constrain(lambda x: x > 4, rest, on="a7")
    assert high.size == HUGE // 2 - sum(c.a7 > 4 for c in some)
    assert (grid() - rest).size == 100
    assert (rest - sample(100, grid(), seed=1)).size == HUGE - 200
    assert constrain(lambda x: True, rest, on="a7").size == rest.size


def test_what_functions_make_is_listed_or_refused() -> None:
    small = expand({"a": DynamicValue(range(100)), "b": DynamicValue(range(9))})
    moved = mapped(lambda c: c | {"a": c.a + 50}, small)
    assert list(small - moved) == list(small[:450])
    assert list(moved - small) == list(moved[450:])
    vast = expand({"a": DynamicValue(range(HUGE)), "b": DynamicValue(range(9))})
    assert (vast - moved).size == 9 * HUGE - 900
    assert (mapped(dict, vast) - mapped(dict, vast)).size == 0
    for one, other in [(mapped(str, vast), vast), (vast, mapped(str, vast)), (mapped(str, vast), small)]:
        with pytest.raises(SizeError, match="more than 1000000"):
            one - other
    with pytest.raises(ZeroDivisionError):
        small - mapped(lambda c: 1 / 0, small)


def test_derived_values_are_compared_where_their_inputs_are_few() -> None:
    inputs = derive("c", lambda c: c.a + c.b, expand({"a": DynamicValue(range(9)), "b": DynamicValue(range(9))}))
    space = expand({k: DynamicValue(range(9)) for k in "abc"} | {"d": DynamicValue(range(10**20))})
    assert (space & inputs * expand({"d": DynamicValue(range(3, 10**25))})).size == 45 * (10**20 - 3)
    base = grid()
    total = lambda c: sum(c.values())  # noqa: E731
    assert (derive("n", total, base) - derive("n", total, grid(3))).size == 10**30 - 7**30
    assert (derive("n", total, base) - derive("n", total, base[:7])).size == 10**30 - 7
    assert (derive("n", total, base) & expand(dict.fromkeys(base[0], 1) | {"n": 30})).size == 1


def test_zips_tie_axes() -> None:
    tied = zipped(expand({"a": DynamicValue(range(10))}), expand({"b": DynamicValue(range(10))}))
    space = expand({k: DynamicValue(range(10)) for k in "cab"})
    assert (space & tied * expand({"c": DynamicValue(range(5))})).size == 50
    assert (
        expand({"z": tied, "w": DynamicValue(range(HUGE))}) - expand({"w": DynamicValue(range(1, HUGE)), "z": tied})
    ).size == 10
    long = zipped(expand({"a": DynamicValue(range(HUGE))}), shuffled(expand({"b": DynamicValue(range(HUGE))})))
    assert (long - expand(DynamicValue([long[5], {"a": 1, "b": 1}]))).size == HUGE - 1
    assert (long * expand({"c": DynamicValue([1, 2])}) - expand({"c": DynamicValue([2, 3])}) * long).size == HUGE


def test_an_empty_record_that_another_part_fills_is_listed() -> None:
    parts = expand({"a": DynamicValue([{}, {"x": 1}])}), expand({"b": DynamicValue([1, 2])})
    filled = product(expand({"a": DynamicValue([{}])}), expand({"a": {"x": DynamicValue([1, 2])}}))
    assert list(filled & product(*parts)) == []
    assert list(filled - expand({"a": DynamicValue([{"x": 2}, {}])})) == [{"a": {"x": 1}}]
    assert list(expand({"a": {"x": DynamicValue([2, 3])}}) & filled) == [{"a": {"x": 2}}]
