"""A table is a choice among its rows, a column among its values; what gives only keys or names is refused."""

from __future__ import annotations

import atexit
import configparser
import csv
import datetime
import io
import math
import os
import shelve
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    ChoiceError,
    Config,
    DynamicValue,
    config_id,
    constrain,
    distinct,
    expand,
    run,
)
from tests.examples import examples
from tests.needs import cases, needs

Rows = list[dict[str, Any]]


def in_polars(rows: Rows) -> Any:
    import polars as pl

    return pl.DataFrame(rows, schema={"n": pl.Int64, "text": pl.String, "x": pl.Float64})


def in_pyarrow(rows: Rows) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=pa.schema({"n": pa.int64(), "text": pa.string(), "x": pa.float64()}))


def in_narwhals(native: Any) -> Any:
    import narwhals

    return narwhals.from_native(native, allow_series=True)


FRAMES: dict[str, Callable[[Rows], Any]] = {
    "pandas": lambda rows: pd.DataFrame(rows, columns=["n", "text", "x"]),
    "pandas, indexed": lambda rows: pd.DataFrame(rows, columns=["n", "text", "x"]).set_index("n"),
    "polars": in_polars,
    "pyarrow": in_pyarrow,
    "polars, by narwhals": lambda rows: in_narwhals(in_polars(rows)),
    "records": lambda rows: np.array(
        [(row["n"], row["text"], row["x"]) for row in rows], dtype=[("n", "i8"), ("text", "O"), ("x", "f8")]
    ),
    "recarray": lambda rows: FRAMES["records"](rows).view(np.recarray),
}
LIBRARIES = ("polars", "pyarrow", "narwhals")
rows_of = st.lists(
    st.fixed_dictionaries(
        {"n": st.integers(-(2**40), 2**40), "text": st.text(max_size=3), "x": st.floats(allow_nan=False)}
    ),
    max_size=4,
)


@pytest.mark.parametrize("library", cases(FRAMES, *LIBRARIES))
@examples(25)
@given(rows=rows_of)
def test_a_table_is_a_choice_among_its_rows(library: str, rows: Rows) -> None:
    choice = DynamicValue(FRAMES[library](rows))
    assert choice == DynamicValue(rows)
    assert [{*map(type, row.values())} for row in choice] == [{int, str, float} for _ in rows]
    sweep = expand({"row": choice, "seed": DynamicValue([0, 1])})
    assert sweep.size == 2 * len(rows)
    if rows:
        assert constrain(lambda n: n == rows[0]["n"], sweep, on="row.n")[0].row == rows[0]
        assert config_id(sweep[0]) == config_id({"row": rows[0], "seed": 0})


COLUMNS: dict[str, Callable[[list[int]], Any]] = {
    "pandas": lambda values: pd.Series(values, index=[f"i{k}" for k in range(len(values))], dtype="int64"),
    "pandas, nullable": lambda values: pd.Series(values, dtype="Int64"),
    "index": lambda values: pd.Index(values, dtype="int64"),
    "polars": lambda values: in_polars([{"n": value} for value in values])["n"],
    "pyarrow": lambda values: in_pyarrow([{"n": value} for value in values])["n"].combine_chunks(),
    "pyarrow, in chunks": lambda values: in_pyarrow([{"n": value} for value in values])["n"],
    "polars, by narwhals": lambda values: in_narwhals(in_polars([{"n": value} for value in values])["n"]),
    "array": lambda values: np.array(values, dtype="int64"),
}


@pytest.mark.parametrize("library", cases(COLUMNS, *LIBRARIES))
@examples(25)
@given(values=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4))
def test_a_column_is_a_choice_among_its_values(library: str, values: list[int]) -> None:
    choice = DynamicValue(COLUMNS[library](values))
    assert choice.values == tuple(values)
    assert {*map(type, choice)} <= {int}


def test_missing_cells_and_times_are_python_s_own() -> None:
    day = datetime.datetime(2024, 5, 1)
    frame = pd.DataFrame(
        {
            "text": ["a", None],
            "n": pd.array([1, None], dtype="Int64"),
            "x": [1.5, math.nan],
            "day": [pd.Timestamp(day), pd.NaT],
            "span": [pd.Timedelta(seconds=1), pd.NaT],
            "kind": pd.Categorical(["u", None]),
            "any": pd.Series([np.int8(3), None], dtype=object),
        }
    )
    first, second = DynamicValue(frame)
    span = datetime.timedelta(seconds=1)
    assert first == {"text": "a", "n": 1, "x": 1.5, "day": day, "span": span, "kind": "u", "any": 3}
    assert list(map(type, first.values())) == [str, int, float, datetime.datetime, datetime.timedelta, str, int]
    assert second == {"text": None, "n": None, "x": second.x, "day": None, "span": None, "kind": None, "any": None}
    assert math.isnan(second.x)
    fine = DynamicValue(pd.Series([pd.Timestamp(1)]))
    assert fine.values == (pd.Timestamp(1),)  # which Python's own would cut to microseconds


def test_frames_of_nothing() -> None:
    assert DynamicValue(pd.DataFrame({"a": []})).values == ()
    assert DynamicValue(pd.DataFrame(index=[1, 2])).values == (Config(), Config())
    assert DynamicValue(np.array([], dtype=[("a", "i4")])).values == ()


def test_nested_records() -> None:
    kind = [("a", "i4"), ("in", [("b", "f8"), ("c", "i4", (2,))])]
    array = np.array([(1, (2.5, [3, 4]))], dtype=kind)
    assert DynamicValue(array).values == (Config({"a": 1, "in": {"b": 2.5, "c": [3, 4]}}),)
    with pytest.raises(ChoiceError, match=r"one-dimensional array of records; got one of shape \(2, 2\)"):
        DynamicValue(np.zeros((2, 2), dtype=kind))


TWICE = "the table has 2 columns named 'a', so its rows are no records"


@pytest.mark.parametrize(
    "table",
    [pd.DataFrame([[1, 2]], columns=["a", "a"]), pd.DataFrame({"a": [1]}).set_index("a", drop=False)],
)
def test_two_columns_of_one_name_are_refused(table: Any) -> None:
    with pytest.raises(ChoiceError, match=TWICE):
        DynamicValue(table)


@needs("pyarrow")
def test_two_columns_of_one_name_are_refused_in_pyarrow() -> None:
    import pyarrow as pa

    with pytest.raises(ChoiceError, match=TWICE):
        DynamicValue(pa.table([[1], [2]], names=["a", "a"]))


class Group:
    """A group of h5py or netCDF, or another frame, as seen from outside: it goes through its names."""

    def __getitem__(self, key: str) -> int:
        return len(key)

    def __iter__(self) -> Iterator[str]:
        return iter("ab")

    def __len__(self) -> int:
        return 2

    def keys(self) -> list[str]:
        return ["a", "b"]


class Frame:
    columns = ("a", "b")
    __getitem__, __iter__, __len__ = Group.__getitem__, Group.__iter__, Group.__len__


class Tree(Mapping[str, int]):
    __getitem__, __iter__, __len__ = Group.__getitem__, Group.__iter__, Group.__len__


@pytest.mark.parametrize("make", [Group, Frame, Tree, configparser.ConfigParser, lambda: os.environ, lambda: {"a": 1}])
def test_what_gives_keys_or_names_is_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(ChoiceError, match="DynamicValue takes an iterable of alternatives"):
        DynamicValue(make())
    if make in (Group, Frame):
        assert DynamicValue(list(make())).values == ("a", "b")


def test_a_shelf_is_refused_and_its_views_are_not(tmp_path: Path) -> None:
    with shelve.open(str(tmp_path / "shelf")) as shelf:
        shelf["a"] = 1
        with pytest.raises(ChoiceError):
            DynamicValue(shelf)
        assert DynamicValue(shelf.keys()).values == ("a",)
    assert DynamicValue({"a": 1}.values()).values == (1,)
    assert DynamicValue({"a": 1}.items()).values == (("a", 1),)


DATABASE = sqlite3.connect(":memory:")
atexit.register(DATABASE.close)


def test_rows_that_are_read_one_by_one() -> None:
    reader = csv.DictReader(io.StringIO("a,b\n1,2\n3,4\n"))
    assert DynamicValue(reader).values == (Config({"a": "1", "b": "2"}), {"a": "3", "b": "4"})
    cursor = DATABASE.execute("values (1, 'a'), (2, 'b')")
    assert DynamicValue(cursor).values == ((1, "a"), (2, "b"))


def read(values: Iterator[Any]) -> Iterator[Any]:
    for _ in values:
        pass
    return values


@pytest.mark.parametrize(
    "make",
    [
        lambda: (n for n in [1]),
        lambda: iter([1]),
        lambda: iter((1,)),
        lambda: iter({1}),
        lambda: map(str, [1]),
        lambda: zip([1], [2], strict=True),
        lambda: filter(None, [1]),
        lambda: enumerate([1]),
        lambda: reversed([1]),
        lambda: csv.reader(["a,b"]),
        lambda: csv.DictReader(["a", "1"]),
        lambda: io.StringIO("a\nb"),
        lambda: DATABASE.execute("values (1)"),
    ],
)
def test_an_iterator_that_was_read_is_no_empty_choice(make: Callable[[], Iterator[Any]]) -> None:
    assert len(DynamicValue(make())) > 0
    with pytest.raises(
        ChoiceError, match=r"read nothing from .*: an iterator gives its values once.* DynamicValue\(\[\]\)"
    ):
        DynamicValue(read(make()))


def test_collections_may_be_empty() -> None:
    empties: tuple[Any, ...] = (
        [],
        (),
        set(),
        range(0),
        {}.values(),
        np.array([]),
        pd.Series([], dtype=float),
        iter([]),
        iter(()),
    )
    for empty in empties:
        assert DynamicValue(empty).values in ((), range(0))


@pytest.mark.parametrize("library", cases(["pandas", "polars"], "polars"))
def test_a_frame_is_no_list_of_configurations_and_no_tree(library: str) -> None:
    for call in (lambda f: run(print, f), distinct, expand):
        with pytest.raises(ArgumentError, match=r"DynamicValue\(table\)"):
            call(FRAMES[library]([]))


def test_nothing_is_imported_for_it() -> None:
    heavy = {"numpy", "pandas", "polars"}
    code = f"import sys, spearmint_fp as fp; fp.DynamicValue(map(str, [1])); print({{*sys.modules}} & {heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "set()"
