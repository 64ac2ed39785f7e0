"""Rows as plain text: tables that line up, and CSV that comes back."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp.cli.formats import MOST_CHARACTERS, align_rows, format_csv

CELLS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.tuples(st.integers()))
ROWS = st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS, "error": CELLS}), max_size=5)


@given(ROWS)
def test_a_table_lines_up(rows: list[dict[str, Any]]) -> None:
    lines = list(align_rows(rows))
    if not lines:
        return
    head, rule, *body = lines
    assert len(body) == len(rows)
    widths = [len(part) for part in rule.split("  ")]
    assert all(width <= max(MOST_CHARACTERS, 5) for width in widths)
    assert all(line.isprintable() and len(line) <= len(rule) for line in lines)
    assert head.split() == [name for name in rows[0] if name in head.split()]


def test_numbers_stand_to_the_right_and_empty_columns_are_left_out() -> None:
    rows: list[dict[str, Any]] = [
        {"n": 5, "x": 0.1 + 0.2, "t": "a", "empty": ""},
        {"n": None, "t": "b" * 99},
        {"n": 12345},
    ]
    assert list(align_rows(rows, ["x", "n", "t", "empty", "absent"])) == [
        "  x      n  t",
        "---  -----  " + "-" * 60,
        "0.3      5  a",
        "      None  " + "b" * 59 + "…",
        "     12345",
    ]
    assert list(align_rows([])) == []


@given(st.lists(st.fixed_dictionaries({"a": st.text(st.characters(exclude_characters="\0\r")), "b,": st.integers()})))
def test_csv_comes_back(rows: list[dict[str, Any]]) -> None:
    back = list(csv.DictReader(io.StringIO(format_csv(rows), newline="")))
    assert back == [{name: str(cell) for name, cell in row.items()} for row in rows]


def test_csv_writes_containers_as_json_and_nothing_for_what_is_absent() -> None:
    rows: list[dict[str, Any]] = [{"a": None, "b": {"c": (1, 2)}, "d": True}, {"e": 1e-7}]
    assert format_csv(rows) == 'a,b,d,e\nNone,"{""c"":[1,2]}",True,\n,,,1e-07\n'


@pytest.mark.parametrize("text", ["a\rb", "a\nb", "a\r\nb", "\r", 'a"b', "a,b", "", " "])
def test_csv_is_read_again_whatever_line_breaks_a_cell_has(text: str) -> None:
    written = format_csv([{"a": text, "b": 1}, {"a": text, "b": 2}])
    assert list(csv.reader(io.StringIO(written, newline=""))) == [["a", "b"], [text, "1"], [text, "2"]]
