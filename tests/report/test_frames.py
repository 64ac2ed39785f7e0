"""`frame`: the values of `rows` and `columns`, with their types, in pandas and polars."""

from __future__ import annotations

import enum
import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, assert_type

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    DynamicValue,
    MissingExtraError,
    Success,
    curried,
    expand,
    frame,
    mapped,
    rows,
    run,
)
from tests.needs import cases, needs

BRANCHES = [{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]
LIBRARIES = cases(["pandas", "polars"], "polars")


class Colour(enum.Enum):
    RED = 1


VALUES = (
    st.none() | st.integers() | st.floats() | st.booleans() | st.text() | st.dates() | st.datetimes() | st.binary()
    | st.timedeltas() | st.decimals() | st.just(Colour.RED) | st.tuples(st.integers())
    | st.datetimes(timezones=st.just(UTC))
)  # fmt: skip


@pytest.mark.parametrize("library", LIBRARIES)
@given(values=st.lists(VALUES, min_size=1, max_size=6))
def test_anything_can_be_in_a_column(library: Any, values: list[Any]) -> None:
    outcomes = [Success(index, (value,), index) for index, value in enumerate(values)]
    plain = [Success(value, value, index) for index, value in enumerate(values)]
    for given_out in (outcomes, plain):
        made: Any = frame(given_out, library=library)
        assert set(made.columns) == set().union(*rows(given_out))
        assert len(made) == len(values)


def with_gaps(values: list[Any]) -> list[Success[Any, Any]]:
    """Outcomes whose results have a field, but for those that are `GAP`."""
    return [Success(0, {} if value is GAP else {"x": value}, n) for n, value in enumerate(values)]


GAP = object()


def of(values: list[Any], library: Any = "pandas") -> Any:
    return frame(with_gaps(values), library=library)["result.x"]


MIXED = [None, GAP, 1, 0.5, math.nan, True, "None", "a", "", datetime(2024, 1, 1), date(2024, 1, 1)]


@given(st.lists(st.sampled_from(MIXED), max_size=4))
def test_none_absent_and_nan_are_told_apart(values: list[Any]) -> None:
    if all(value is GAP for value in values):
        return
    for value, cell in zip(values, of(values).tolist(), strict=True):
        assert (cell is pd.NA or cell is pd.NaT) == (value is GAP)
        assert (cell is None) == (value is None)
        if isinstance(value, float) and math.isnan(value):
            assert isinstance(cell, float)
            assert math.isnan(cell)


@needs("polars")
@given(st.lists(st.sampled_from(MIXED), min_size=1, max_size=4))
def test_absent_is_null_in_polars_and_none_is_text(values: list[Any]) -> None:
    if all(value is GAP for value in values):
        return
    series = of(values, "polars")
    assert series.is_null().to_list() == [value is GAP for value in values]
    if None in values:
        assert [cell == "None" for cell in series.to_list()] == [value in (None, "None") for value in values]


def test_a_sweep_s_frame_tells_them_apart() -> None:
    sweep = expand({"opt": DynamicValue([{"a": DynamicValue([1, None])}, {"b": 0.5}])})
    made = frame(sweep)
    assert made["opt.a"].tolist() == [1, None, pd.NA]
    assert [value is pd.NA for value in made["opt.b"].tolist()] == [True, True, False]
    assert str(made["opt.b"].dtype) == "Float64"


@needs("polars")
def test_a_sweep_s_frame_in_polars() -> None:
    sweep = expand({"opt": DynamicValue([{"a": DynamicValue([1, None])}, {"b": 0.5}])})
    bear = frame(sweep, library="polars")
    assert bear["opt.a"].to_list() == ["1", "None", None]
    assert bear["opt.b"].to_list() == [None, None, 0.5]
    assert len(frame(expand({"n": DynamicValue([])}), library="polars")) == 0
    by_kind = expand({"opt": DynamicValue(BRANCHES), "seed": DynamicValue([1, 2]), "data": {"file": "x.csv"}})
    bear = frame(by_kind, library="polars")
    assert bear["opt.momentum"].to_list() == [0.0, 0.0, 0.9, 0.9, None, None]
    assert list(map(str, bear.dtypes)) == ["String", "Float64", "Int64", "String"]


@pytest.mark.parametrize("library", LIBRARIES)
@given(values=st.lists(st.just(GAP) | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6))
def test_whole_numbers_stay_whole_beside_what_is_absent(library: str, values: list[Any]) -> None:
    column = of([*values, 0], library)
    wanted = [None if value is GAP else value for value in [*values, 0]]
    assert [None if pd.isna(value) else int(value) for value in column.to_list()] == wanted
    assert str(column.dtype).lower() == "int64"


TYPES: list[tuple[list[Any], str | None, str | None]] = [
    ([1, 2], "int64", "Int64"),
    ([1, GAP], "Int64", "Int64"),
    ([1, None], "object", "String"),
    ([True, False], "bool", "Boolean"),
    ([True, GAP], "boolean", "Boolean"),
    ([0.5, math.nan, math.inf], "float64", "Float64"),
    ([0.5, GAP, math.nan, math.inf], "Float64", "Float64"),
    (["a", GAP], "string", "String"),
    ([1, 0.5], "float64", "Float64"),
    ([2**53 + 1, 0.5], "object", "String"),
    ([1, True], "object", "String"),
    ([10**30, 1], "object", "String"),
    ([1, "a"], "object", "String"),
    ([(1, 2), None], "object", "String"),
    ([Colour.RED], "object", "String"),
    ([None, None], "object", "String"),
    ([date(2024, 1, 1), GAP], None, "Date"),
    ([date(2024, 1, 1), None], "object", "String"),
    ([timedelta(1)], None, "Duration"),
    ([datetime(2024, 1, 1), GAP], None, "Datetime"),
    ([datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)], "object", None),
    ([datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=5)))], None, None),
    ([datetime(1, 1, 1), datetime(9999, 1, 1)], None, "Datetime"),
    ([Decimal("1.5"), Decimal("NaN")], "object", "String"),
]


@pytest.mark.parametrize(("values", "panda", "bear"), TYPES)
def test_types(values: list[Any], panda: str | None, bear: str | None) -> None:
    made = of(values)
    if panda is not None:
        assert str(made.dtype) == panda
    if panda == "object":
        assert all(one is other or one == other for one, other in zip(made.tolist(), values, strict=True))


@needs("polars")
@pytest.mark.parametrize(("values", "panda", "bear"), TYPES)
def test_types_in_polars(values: list[Any], panda: str | None, bear: str | None) -> None:
    dtype = of(values, "polars").dtype
    assert bear is None or type(dtype).__name__ == bear


def test_text_stays_text() -> None:
    values = ["a", GAP, "1", "\ud800"]
    assert of(values).tolist()[0::2] == ["a", "1"]
    assert of(values).isna().tolist() == [False, True, False, False]


@needs("polars")
def test_what_polars_has_no_type_for_is_readable_text() -> None:
    values = [10**30, (1, "x"), Colour.RED, int, Decimal("1.5")]
    outcomes = [Success(0, value, index) for index, value in enumerate(values)]
    assert frame(outcomes, library="polars")["result"].to_list() == [
        str(10**30),
        "(1, 'x')",
        "Colour.RED",
        "int",
        "1.5",
    ]
    assert of(["a", GAP, "1", "\ud800"], "polars").to_list() == ["a", None, "1", "\\ud800"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_numpy_scalars_are_numbers(library: Any) -> None:
    import numpy as np

    column: Any = frame([Success(0, np.float32(0.5), 0), Success(1, np.float64(1.5), 1)], library=library)["result"]
    assert str(column.dtype).lower() == "float64"
    assert column.to_list() == [0.5, 1.5]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_sweep_is_a_frame_before_it_has_run(library: Any) -> None:
    sweep = expand({"opt": DynamicValue(BRANCHES), "seed": DynamicValue([1, 2]), "data": {"file": "x.csv"}})
    made: Any = frame(sweep, library=library)
    assert list(made.columns) == ["opt.name", "opt.momentum", "seed", "data.file"]
    assert made["seed"].to_list() == [c.seed for c in sweep]
    assert made["opt.name"].to_list() == [c.opt.name for c in sweep]
    assert frame(sweep)["opt.momentum"].isna().tolist() == [False] * 4 + [True] * 2


def test_other_sweeps_are_frames_too() -> None:
    squares = mapped(lambda c: c.n**2, expand({"n": DynamicValue([1, 2])}))
    assert frame(squares)["config"].tolist() == [1, 4]
    assert len(frame(expand({"n": DynamicValue([])}))) == 0
    odd = expand({("a", "b"): DynamicValue([1, 2]), "a.b": 3})
    assert [*frame(odd).columns] == ["[('a', 'b')]", "['a.b']"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_of_no_outcomes_there_are_the_columns(library: Any) -> None:
    made: Any = frame([], library=library)
    assert list(made.columns) == ["index", "ok", "seconds", "attempts", "replayed", "error"]


@needs("polars")
def test_the_library_is_in_the_type() -> None:
    assert_type(frame([], library="pandas"), pd.DataFrame)
    import polars as pl

    assert_type(frame([], library="polars"), pl.DataFrame)
    assert_type(curried.frame(library="polars")([]), pl.DataFrame)


def test_it_groups() -> None:
    sweep = expand({"lr": DynamicValue([0.1, 0.2]), "seed": DynamicValue(range(4))})
    made = frame(run(lambda c: c.lr * c.seed, sweep))
    assert made.groupby("lr")["result"].mean().round(6).to_dict() == {0.1: 0.15, 0.2: 0.3}


def test_wrong_arguments() -> None:
    library: Any = "arrow"
    sweep = expand({"n": DynamicValue([1])})
    with pytest.raises(ArgumentError, match=r'library="pandas" or library="polars"; got \'arrow\''):
        frame([], library=library)
    with pytest.raises(ArgumentError, match="a sweep has all of its own"):
        frame(sweep, sweep=sweep)
    wrong: Any = 3
    with pytest.raises(ArgumentError, match="takes outcomes"):
        frame(wrong)


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingExtraError, match=r"spearmint_fp\[polars\]"):
        frame([], library="polars")
