"""`collect`, `successes`, `failures`, `best`: each equal to the obvious expression."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from operator import attrgetter
from typing import Any

import attrs
import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    AbsentError,
    ArgumentError,
    Failure,
    Outcome,
    Success,
    best,
    collect,
    failures,
    run,
    successes,
)
from spearmint_fp.outcomes.outcomes import ErrorInfo

RESULT = attrgetter("result")
ERROR = ErrorInfo.of(ValueError("bad"))


@st.composite
def outcomes(draw: st.DrawFn) -> list[Outcome[int, float]]:
    """Outcomes as they were completed, in any order."""
    results = draw(st.lists(st.none() | st.integers(-3, 3) | st.just(math.nan)))
    made = [
        Failure(index, ERROR, index) if result is None else Success(index, float(result), index)
        for index, result in enumerate(results)
    ]
    return draw(st.permutations(made))


@given(outcomes())
def test_they_equal_the_obvious_expressions(given_out: list[Outcome[int, float]]) -> None:
    assert collect(iter(given_out)) == tuple(sorted(given_out, key=attrgetter("index")))
    assert list(successes(iter(given_out))) == [outcome for outcome in given_out if outcome.ok]
    assert list(failures(iter(given_out))) == [outcome for outcome in given_out if not outcome.ok]
    compare = [success for success in successes(given_out) if not math.isnan(success.result)]
    if compare:
        assert best(RESULT, iter(given_out)) is max(compare, key=RESULT)
        assert best(lambda success: -success.result, given_out) is min(compare, key=RESULT)
    else:
        with pytest.raises(AbsentError, match=f"none of {len(given_out)} outcomes is a success whose key compares"):
            best(RESULT, given_out)


def test_nothing_is_copied() -> None:
    first, second = Success(0, object(), 0), Failure(1, ERROR, 1)
    both: list[Outcome[int, object]] = [second, first]
    assert collect(both)[0] is first
    assert next(successes(both)) is first
    assert next(failures(both)) is second
    assert best(lambda success: 1, both) is first


def test_of_equal_keys_the_first_is_best() -> None:
    tied = [Success(n, n % 3, n) for n in range(9)]
    assert best(RESULT, tied) is tied[2]
    assert best(RESULT, reversed(tied)) is tied[8]


def test_any_key_that_compares() -> None:
    outcomes = [Success(n, text) for n, text in enumerate(["pear", "fig", "apple"])]
    assert best(RESULT, outcomes).result == "pear"
    assert best(lambda s: (len(s.result), s.result), outcomes).result == "apple"
    assert best(lambda s: None, outcomes[:1]).result == "pear"
    with pytest.raises(ValueError, match="its own"):
        best(lambda s: int("its own"), outcomes)


@attrs.frozen(order=True)
class Score:
    first: Any
    second: Any


NAN = [
    math.nan,
    -math.nan,
    complex(0, math.nan),
    Decimal("NaN"),
    Decimal("sNaN"),
    np.float64("nan"),
    pandas.NA,
    pandas.NaT,
    np.float32("nan"),
    np.datetime64("NaT", "ns"),
    np.array([math.nan]),
    np.array(math.nan),
    frozenset({math.nan}),
]
WRAPS: list[Callable[[Any], Any]] = [
    lambda x: x,
    lambda x: (x, 1),
    lambda x: (1, x),
    lambda x: [0, (x,)],
    lambda x: (1, [2, (3, x)]),
    lambda x: Score(1, x),
    lambda x: Score((x,), 1),
    lambda x: (1, {"a": x}),
]


@pytest.mark.parametrize("wrap", range(len(WRAPS)))
@pytest.mark.parametrize("nan", NAN, ids=repr)
def test_a_key_with_nan_at_any_depth_is_never_best(nan: Any, wrap: int) -> None:
    """Also where it is the first, and where what comes before it decides."""
    outcomes = [Success(n, result, n) for n, result in enumerate([nan, 1, nan, 3, nan])]
    if wrap != len(WRAPS) - 1:  # dicts have no order
        assert best(lambda s: WRAPS[wrap](s.result if s.config % 2 else nan), outcomes).result == 3
    assert best(lambda s: WRAPS[wrap](s.result), outcomes[:2]).result == 1
    with pytest.raises(AbsentError, match="none of 3 outcomes is a success whose key compares"):
        best(lambda s: WRAPS[wrap](nan), outcomes[::2])


@given(st.lists(st.tuples(st.floats(), st.lists(st.floats(), max_size=2)), max_size=6))
def test_the_best_of_nested_keys_is_the_greatest_of_those_without_nan(keys: list[tuple[float, list[float]]]) -> None:
    outcomes = [Success(n, key, n) for n, key in enumerate(keys)]
    whole = [s for s in outcomes if not any(map(math.isnan, (s.result[0], *s.result[1])))]
    if whole:
        assert best(RESULT, outcomes) is max(whole, key=RESULT)
    else:
        with pytest.raises(AbsentError):
            best(RESULT, outcomes)


def test_keys_that_do_not_compare_raise_their_own_error() -> None:
    with pytest.raises(TypeError, match="not supported between"):
        best(RESULT, [Success(0, (1, "a")), Success(1, (1, 2))])
    with pytest.raises(ValueError, match="ambiguous"):
        best(RESULT, [Success(n, np.arange(3)) for n in range(2)])


def test_they_are_lazy() -> None:
    """An outcome is looked at when it is asked for."""
    begun: list[int] = []

    def noted(n: int) -> float:
        begun.append(n)
        return 1 / n

    assert next(successes(run(noted, range(5)))).config == 1
    assert begun == [0, 1]
    assert next(failures(run(noted, range(5)))).config == 0
    assert begun == [0, 1, 0]


def test_nothing_to_look_at() -> None:
    assert (collect([]), list(successes([])), list(failures([]))) == ((), [], [])
    with pytest.raises(AbsentError, match=r"none of 0 outcomes is a success whose key compares$"):
        best(RESULT, [])
    with pytest.raises(ValueError, match=r"none of 2 outcomes .*; the first failure is ZeroDivisionError: division by"):
        best(RESULT, run(lambda n: 1 / 0, [1, 2]))


def mixed(*last: Any) -> Iterator[Any]:
    yield Success(0, 1)
    yield Failure(1, ERROR)
    yield from last


@pytest.mark.parametrize("odd", [3, None, "text", {"config": 1}, (Success(0, 1),)])
def test_what_is_no_outcome_is_refused_where_it_is_reached(odd: Any) -> None:
    says = r"this takes outcomes, as run\(fn, configs\) gives them; got .* \(\w+\)$"
    call: Any
    for call in (collect, lambda items: best(RESULT, items), lambda items: list(successes(items))):
        with pytest.raises(ArgumentError, match=says):
            call(mixed(odd))
    reached = failures(mixed(odd))
    assert next(reached).config == 1
    with pytest.raises(ArgumentError, match=says):
        next(reached)


def test_wrong_arguments() -> None:
    wrong: Any = [Success(0, 1)]
    swapped: Any = RESULT
    call: Any
    with pytest.raises(ArgumentError, match=r"best takes a function and outcomes; got \[.*Write best\(lambda s: s.res"):
        best(wrong, swapped)
    for call in (collect, successes, failures):
        with pytest.raises(TypeError, match="this takes outcomes, as run"):
            call(3)


@pytest.mark.parametrize(
    "keys", [[3, 1, 2, 1, 3], [2.5, math.nan, 0.5, math.nan], ["b", "a"], [(1, 2), (1, math.nan), (0, 9)]]
)
def test_the_lowest_is_the_first_of_the_smallest_and_never_nan(keys: list[Any]) -> None:
    outcomes = [Success(k, key, k) for k, key in enumerate(keys)]
    there = [outcome for outcome in outcomes if "nan" not in repr(outcome.result)]
    assert best(RESULT, mixed_in(outcomes), lowest=True) is min(there, key=RESULT)
    assert best(RESULT, mixed_in(outcomes)) is max(there, key=RESULT)


def mixed_in(outcomes: list[Any]) -> list[Any]:
    return [Failure(1, ERROR), *outcomes]


@pytest.mark.parametrize("lowest", [1, "no", None, [True]])
def test_lowest_is_a_truth_value(lowest: Any) -> None:
    with pytest.raises(ArgumentError, match="lowest is True or False; got"):
        best(RESULT, [Success(0, 1)], lowest=lowest)


def test_keys_without_an_order_are_told() -> None:
    with pytest.raises(ArgumentError, match=r"\{\} \(dict\) has no order$"):
        best(lambda success: {}, [Success(0, 1)])
