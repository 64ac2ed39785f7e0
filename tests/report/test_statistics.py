"""`summary` and `compare` against scipy, tables of textbooks, and their definitions."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations
from pathlib import Path
from random import Random
from statistics import fmean, stdev
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats
from toolz import groupby

from spearmint_fp import ArgumentError, DynamicValue, PathError, collect, compare, expand, rows, run, summary
from tests.needs import needs

NUMBERS = st.integers(-(10**6), 10**6).map(lambda n: n / 100)

SLEEP = {  # hours of sleep that ten patients gained (Student, "The probable error of a mean", 1908)
    "dextro": (0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0),
    "laevo": (1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4),
}
sleep = expand({"drug": DynamicValue([*SLEEP]), "patient": DynamicValue(range(10))})
slept = collect(run(lambda c: SLEEP[c.drug][c.patient], sleep))


def make_outcomes(numbers: Any, failing: Any = ()) -> Any:
    """Outcomes of a grid of alternatives and repeats with these numbers; those at some positions fail."""
    space = expand({"a": DynamicValue(range(len(numbers))), "seed": DynamicValue(range(len(numbers[0])))})

    def score(config: Any) -> float:
        if (config.a, config.seed) in failing:
            raise ValueError("failed")
        return float(numbers[config.a][config.seed])

    return collect(run(score, space))


# --- against textbooks -----------------------------------------------------------------------------------


def test_student_s_own_data_give_the_table_of_textbooks() -> None:
    [row] = compare("drug", slept)
    assert (row["a"], row["b"], row["n"], row["failed"]) == ("dextro", "laevo", 10, 0)
    shown = {name: round(row[name], 4) for name in ("mean", "sem", "low", "high")}
    assert shown == {"mean": 1.58, "sem": 0.389, "low": 0.7001, "high": 2.4599}
    assert [(r["drug"], round(r["mean"], 2), r["n"]) for r in summary(slept, by="drug")] == [
        ("dextro", 0.75, 10),
        ("laevo", 2.33, 10),
    ]


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_rates_have_the_intervals_of_newcombe_s_table(hits: int, n: int, low: float, high: float) -> None:
    """Method 3 in table I of Newcombe, "Two-sided confidence intervals for the single proportion" (1998)."""
    [row] = summary(run(lambda c: c.seed < hits, expand({"seed": DynamicValue(range(n))})))
    assert (row["n"], row["mean"]) == (n, hits / n)
    assert (round(row["low"], 4), round(row["high"], 4)) == (low, high)


# --- against scipy and the definitions -------------------------------------------------------------------


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=4))
@example([[43.55, 43.55, 43.55]])
def test_means_and_intervals_are_scipy_s(numbers: list[list[float]]) -> None:
    table = summary(make_outcomes(numbers), by="a")
    assert [row["a"] for row in table] == list(range(len(numbers)))
    for row, line in zip(table, numbers, strict=True):
        assert row["n"] == 3
        assert row["mean"] == pytest.approx(fmean(line))
        assert row["sem"] == pytest.approx(stdev(line) / math.sqrt(3), abs=1e-9)
        if {*chain.from_iterable(numbers)} <= {0, 1}:
            interval = stats.binomtest(round(sum(line)), 3).proportion_ci(method="wilson")
        elif len({*line}) == 1:
            assert row["sem"] == 0
            continue  # scipy gives NaN
        else:
            interval = stats.t.interval(0.95, df=2, loc=fmean(line), scale=stats.sem(line))
        assert (row["low"], row["high"]) == pytest.approx(tuple(interval), rel=1e-6, abs=1e-6)


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_rates_have_scipy_s_wilson_intervals(hits: list[bool]) -> None:
    [row] = summary(run(lambda c: hits[c.k], expand({"k": DynamicValue(range(len(hits)))})))
    interval = stats.binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high), abs=1e-12)


@given(
    st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=2, max_size=4),
    st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=5),
)
def test_differences_are_those_of_a_paired_test(numbers: list[list[float]], failing: set[tuple[int, int]]) -> None:
    table = compare("a", make_outcomes(numbers, failing)) if not_all_fail(numbers, failing) else None
    for row, (a, b) in zip(table or (), combinations(range(len(numbers)), 2), strict=table is not None):
        both = [k for k in range(4) if {(a, k), (b, k)}.isdisjoint(failing)]
        differences = [numbers[b][k] - numbers[a][k] for k in both]
        assert (row["a"], row["b"], row["n"], row["failed"]) == (a, b, len(both), 4 - len(both))
        assert row["mean"] == (pytest.approx(fmean(differences), abs=1e-9) if both else None)
        if len(both) > 1 and stdev(differences) > 1e-6:
            paired = stats.ttest_rel([numbers[b][k] for k in both], [numbers[a][k] for k in both])
            assert (row["low"], row["high"]) == pytest.approx(
                tuple(paired.confidence_interval(0.95)), rel=1e-6, abs=1e-6
            )


def not_all_fail(numbers: list[list[float]], failing: set[tuple[int, int]]) -> bool:
    return any((a, k) not in failing for a in range(len(numbers)) for k in range(4))


def assert_intervals_are_scipys(path: str, outcomes: Any) -> None:
    """Of the two alternatives at a path, all else in pairs: the means, and the difference of a paired test."""
    groups = groupby(lambda outcome: outcome.config[path], outcomes)
    (a, first), (b, second) = ((value, [o.result for o in group]) for value, group in groups.items())
    [row] = compare(path, outcomes)
    paired = stats.ttest_rel(second, first)
    assert (row["a"], row["b"], row["n"]) == (a, b, len(first))
    assert (row["low"], row["high"]) == pytest.approx(tuple(paired.confidence_interval(0.95)))
    assert row["mean"] == pytest.approx(fmean(second) - fmean(first))
    for line, scores in zip(summary(outcomes, by=path), (first, second), strict=True):
        expected = stats.t.interval(0.95, df=len(scores) - 1, loc=fmean(scores), scale=stats.sem(scores))
        assert (line["low"], line["high"]) == pytest.approx(expected)


def test_a_bootstrap_of_years_of_the_nile() -> None:
    """The last year, or the mean of the last eight? Forecasts of sixty years, drawn again and again."""
    with (Path(__file__).parents[2] / "examples" / "nile.csv").open(newline="") as file:
        flows = {int(row["year"]): float(row["flow"]) for row in csv.DictReader(file)}
    years = range(1911, 1971)

    def score(config: Any) -> float:
        drawn = Random(config.seed).choices(years, k=len(years))
        return fmean(abs(fmean(flows[year - k] for k in range(1, config.window + 1)) - flows[year]) for year in drawn)

    outcomes = collect(run(score, expand({"window": DynamicValue([1, 8]), "seed": DynamicValue(range(40))})))
    assert_intervals_are_scipys("window", outcomes)
    [row] = compare("window", outcomes)
    assert row["mean"] == pytest.approx(-25, abs=5)  # of the sixty years themselves: -25.0
    assert row["high"] < 0


@needs("sklearn")
def test_seeds_of_a_classifier() -> None:
    from sklearn.datasets import load_iris
    from sklearn.model_selection import train_test_split
    from sklearn.neighbors import KNeighborsClassifier

    features, kinds = load_iris(return_X_y=True)

    def score(config: Any) -> float:
        x, x_test, y, y_test = train_test_split(features, kinds, random_state=config.seed)
        return float(KNeighborsClassifier(config.k).fit(x, y).score(x_test, y_test))

    space = expand({"k": DynamicValue([1, 9]), "seed": DynamicValue(range(8))})
    assert_intervals_are_scipys("k", collect(run(score, space)))


# --- what counts -----------------------------------------------------------------------------------------


def test_failures_are_counted() -> None:
    table = summary(make_outcomes([[1, 2, 3], [4, 5, 6]], {(0, 1), (1, 0), (1, 1), (1, 2)}), by="a")
    assert [(row["n"], row["failed"], row["mean"]) for row in table] == [(2, 1, 2.0), (0, 3, None)]
    assert table[1] == {"a": 1, "n": 0, "failed": 3, "mean": None, "sem": None, "low": None, "high": None}
    nothing = collect(run(lambda c: 1 / 0, expand({"a": DynamicValue([1, 2])})))
    assert [(row["n"], row["failed"]) for row in summary(nothing)] == [(0, 2)]
    assert [(row["n"], row["failed"]) for row in compare("a", nothing)] == [(0, 1)]


def test_one_number_has_no_error() -> None:
    [row] = summary(run(lambda c: 5.0, expand({"a": 1})))
    assert row == {"n": 1, "failed": 0, "mean": 5.0, "sem": None, "low": None, "high": None}


def test_numbers_that_are_not_finite_are_not_hidden() -> None:
    [row] = summary(run(lambda c: math.nan if c.a else 1.0, expand({"a": DynamicValue([0, 1])})))
    assert math.isnan(row["mean"])
    assert math.isnan(row["low"])
    [row] = summary(run(lambda c: 1e308, expand({"a": DynamicValue([0, 1])})))
    assert (row["mean"], row["sem"]) == (1e308, 0.0)


def test_a_rate_is_one_in_all_rows_or_in_none() -> None:
    table = summary(make_outcomes([[1.0, 1.0, 1.0], [0.5, 1.0, 1.0]]), by="a")
    assert (table[0]["low"], table[0]["high"]) == (1.0, 1.0)  # of a score, not a rate


def test_paths_conditional_records_and_names_of_columns() -> None:
    space = expand(
        {
            "opt": DynamicValue([{"name": "sgd", "mean": DynamicValue([0.0, None])}, {"name": "adam"}]),
            "n": DynamicValue([1, True]),
        }
    )
    outcomes = collect(run(lambda c: {"loss": len(c.opt), "kind": "x"}, space))
    table = summary(outcomes, by=("opt.mean", "n"))
    assert [{key: row[key] for key in row if key not in ("sem", "low", "high")} for row in table] == [
        {"opt.mean": 0.0, "config.n": 1, "n": 1, "failed": 0, "mean": 2.0},
        {"opt.mean": 0.0, "config.n": True, "n": 1, "failed": 0, "mean": 2.0},
        {"opt.mean": None, "config.n": 1, "n": 1, "failed": 0, "mean": 2.0},
        {"opt.mean": None, "config.n": True, "n": 1, "failed": 0, "mean": 2.0},
        {"config.n": 1, "n": 1, "failed": 0, "mean": 1.0},
        {"config.n": True, "n": 1, "failed": 0, "mean": 1.0},
    ]
    [none, *_] = compare("opt", outcomes)
    assert (dict(none["a"]), none["n"], none["mean"]) == ({"name": "sgd", "mean": 0.0}, 2, 0.0)
    assert [(row["n"], row["mean"]) for row in compare("opt.mean", outcomes)] == [(2, 0.0)]
    assert [row["n"] for row in compare("opt.name", outcomes)] == [0], "all else is not equal"
    assert [type(row["a"]) for row in compare("n", outcomes)] == [int]


def test_repeats_of_equal_configurations_are_paired_in_their_order() -> None:
    numbers = iter([1, 5, 2, 7, 4])
    repeated = collect(run(lambda c: next(numbers), [{"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}, {"a": 1}]))
    [row] = compare("a", repeated)
    assert (row["n"], row["mean"]) == (2, 4.5)
    assert [r["n"] for r in summary(repeated, by="a")] == [3, 2]


@given(st.lists(st.lists(NUMBERS, min_size=3, max_size=3), min_size=2, max_size=4))
def test_a_comparison_the_other_way_round_is_the_opposite(numbers: list[list[float]]) -> None:
    outcomes = make_outcomes(numbers)
    forth, back = compare("a", outcomes), compare("a", outcomes[::-1])
    opposite = {(row["b"], row["a"]): (row["n"], -row["mean"], -row["high"], -row["low"]) for row in back}
    assert {(r["a"], r["b"]): (r["n"], r["mean"], r["low"], r["high"]) for r in forth} == {
        key: (n, pytest.approx(m), pytest.approx(low), pytest.approx(high))
        for key, (n, m, low, high) in opposite.items()
    }


def test_the_rows_of_a_summary_count_every_outcome_once() -> None:
    outcomes = make_outcomes([[1, 2, 3], [4, 5, 6]], {(0, 1)})
    for by in ((), "a", "seed", ("a", "seed"), ["seed", "a"], ("a",), (("a",), ("seed",))):
        table: Any = summary(outcomes, by=by)
        assert sum(row["n"] + row["failed"] for row in table) == len(outcomes) == len(rows(outcomes))


# --- mistakes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [lambda: summary(slept, by="drg"), lambda: compare("drg", slept)])
def test_an_unknown_path_is_an_error(ask: Callable[[], Any]) -> None:
    with pytest.raises(PathError) as raised:
        ask()
    assert str(raised.value) == "no configuration has drg; did you mean 'drug'?"


def test_a_key_with_a_dot_is_suggested_as_the_tuple_that_names_it() -> None:
    outcomes = list(run(lambda c: c["a.b"], expand({"a.b": DynamicValue([1, 2])})))
    with pytest.raises(PathError, match=r"no configuration has a\.b; did you mean \('a\.b',\)\?$"):
        summary(outcomes, by="a.b")
    assert len(summary(outcomes, by=[("a.b",)])) == 2
    with pytest.raises(PathError, match="there is: 'the root'$"):
        summary(list(run(lambda n: n, [1, 2])), by="a")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: summary(run(lambda c: {"a": 1, "b": 2.0}, [{}])), "several fields that hold numbers: 'result.a', '"),
        (lambda: summary(run(lambda c: "x", [{"n": 1}])), "column 'result' gives 'x' (str) for outcome 0"),
        (lambda: summary(run(lambda c: {"a": "x"}, [{"n": 1}])), "no field of the results holds numbers"),
        (lambda: summary(run(lambda c: 1, [{"n": 1}]), value="score"), "there is no column 'score' (str)"),
        (lambda: summary(run(lambda c: {"a": 1} if c["n"] else {"b": 1}, [{"n": 1}, {"n": 0}]), value="result.a"),
         "outcome 1 succeeded and has no result.a"),
        (lambda: summary(slept, by=5.0), "by= is a path, or several"),  # type: ignore[arg-type]
        (lambda: summary([1]), "this takes outcomes"),  # type: ignore[list-item]
        (lambda: compare("a", 5), "this takes outcomes"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_refused(ask: Callable[[], Any], message: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        ask()
    assert message in str(raised.value)


def test_an_element_of_a_list_is_compared_with_the_rest_of_the_list_equal() -> None:
    space = expand({"layers": [DynamicValue([1, 2]), DynamicValue([10, 20, 30])]})
    outcomes = collect(run(lambda c: c.layers[0] * 100 + c.layers[1], space))
    assert [(r["a"], r["b"], r["n"], r["mean"]) for r in compare("layers.0", outcomes)] == [(1, 2, 3, 100.0)]
    assert [(r["a"], r["b"], r["n"], r["mean"]) for r in compare("layers.1", outcomes)] == [
        (10, 20, 2, 10.0),
        (10, 30, 2, 20.0),
        (20, 30, 2, 10.0),
    ]
    assert [row["mean"] for row in summary(outcomes, by="layers.0")] == [120.0, 220.0]


# --- odd numbers and names -----------------------------------------------------------------------------------


def test_a_failure_has_no_number_whatever_the_column() -> None:
    outcomes = make_outcomes([[1, 2, 3], [4, 5, 6]], {(0, 1)})
    for column in ("seconds", "attempts", "index"):
        assert [(row["n"], row["failed"]) for row in summary(outcomes, value=column, by="a")] == [(2, 1), (3, 0)]
        assert [(row["n"], row["failed"]) for row in compare("a", outcomes, value=column)] == [(2, 1)]
    times = [outcome.seconds for outcome in outcomes if outcome.ok]
    assert summary(outcomes, value="seconds")[0]["mean"] == pytest.approx(fmean(times))


def test_differences_of_whole_numbers_are_exact() -> None:
    for start in (10**20, 1_764_000_000_000_000_000, -(10**300)):
        [row] = compare("a", run(lambda c: c.start + c.a, expand({"a": DynamicValue([1, 3]), "start": start})))
        assert row["mean"] == 2.0


@pytest.mark.parametrize("number", [10**400, -(10**400), Fraction(10**400)])
def test_a_number_beyond_all_floats_is_refused(number: Any) -> None:
    with pytest.raises(ArgumentError, match="the result of outcome 1 is beyond all floats"):
        summary(run(lambda c: number if c.a else 1, expand({"a": DynamicValue([0, 1])})))


def test_about_an_infinite_mean_there_is_no_interval() -> None:
    [row] = summary(run(lambda c: math.inf if c.a else 1.0, expand({"a": DynamicValue([0, 1, 0])})))
    assert row["mean"] == math.inf
    assert all(math.isnan(row[name]) for name in ("sem", "low", "high"))


@pytest.mark.parametrize(
    ("numbers", "mean"),
    [
        ([Decimal("0.5"), Decimal("2.5")], 1.5),
        ([Fraction(1, 2), 2.5], 1.5),
        ([np.float32(0.5), np.array(2.5)], 1.5),
        ([np.bool_(True), False], 0.5),
        ([10**18, 10**18 + 2], 1e18),
    ],
)
def test_numbers_of_every_type_count(numbers: list[Any], mean: float) -> None:
    [row] = summary(run(lambda c: numbers[c.k], expand({"k": DynamicValue([0, 1])})))
    assert (row["n"], row["mean"]) == (2, mean)


def test_no_two_columns_of_a_summary_have_one_name() -> None:
    configs = [{"config": {"n": 1, "mean": 2}, "n": 5, "mean": 6}, {"config": {"n": 3, "mean": 2}, "n": 5, "mean": 6}]
    table = summary(run(lambda c: 1.5, configs), by=("n", "config.n", "mean", "config.mean", ()))
    names = ["config.n", "config.config.n", "config.mean", "config.config.mean", "config"]
    assert [list(row.values())[:5] for row in table] == [[5, 1, 6, 2, configs[0]], [5, 3, 6, 2, configs[1]]]
    assert all(list(row)[:5] == names for row in table)


@needs("statsmodels")
def test_means_and_tests_are_those_of_statsmodels() -> None:
    from statsmodels.stats.proportion import proportion_confint
    from statsmodels.stats.weightstats import DescrStatsW

    outcomes = make_outcomes([[0.5, 2.25, -1.0, 4.0], [3.5, 2.0, 8.0, 1.0]])
    for row, numbers in zip(summary(outcomes, by="a"), ([0.5, 2.25, -1.0, 4.0], [3.5, 2.0, 8.0, 1.0]), strict=True):
        described = DescrStatsW(numbers)
        assert row["sem"] == pytest.approx(described.std_mean)
        assert (row["low"], row["high"]) == pytest.approx(described.tconfint_mean())
    [row] = compare("a", outcomes)
    assert (row["low"], row["high"]) == pytest.approx(DescrStatsW([3.0, -0.25, 9.0, -3.0]).tconfint_mean())
    [rate] = summary(make_outcomes([[1, 0, 1, 1, 1]]))
    assert (rate["low"], rate["high"]) == pytest.approx(proportion_confint(4, 5, method="wilson"))


def test_a_value_that_is_no_name_is_refused_also_where_all_failed() -> None:
    with pytest.raises(
        ArgumentError, match=r"value= is the name of a column or a function of a success; got 5 \(int\)"
    ):
        summary(run(lambda c: 1 / 0, [{"a": 1}]), value=5)  # type: ignore[arg-type]
