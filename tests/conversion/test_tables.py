"""CSV and JSON Lines: a choice among rows, the types of cells, and what the shell has written."""

from __future__ import annotations

import datetime as dt
import math
from collections import deque
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import attrs
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import Config, DynamicValue, FormatError, config_id, expand, freeze, load, thaw
from spearmint_fp.cli.formats import format_csv
from spearmint_fp.cli.json_lines import encode_line
from spearmint_fp.conversion.json_text import read_json_lines
from spearmint_fp.conversion.tables import read_csv
from spearmint_fp.sweep.files import load_text


def refuse(*place: Any) -> Any:
    raise AssertionError(place)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1", 1),
        ("-7", -7),
        ("007", "007"),
        ("+7", "+7"),
        ("1_000", "1_000"),
        ("1.50", 1.5),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("true", True),
        ("False", False),
        ("yes", "yes"),
        ("None", None),
        ("null", None),
        ("inf", math.inf),
        ("infinity", "infinity"),
        ("2024-05-01", "2024-05-01"),
        ("a b", "a b"),
        (" 1", " 1"),
        ('"[1, 2.5, {""a"": null}]"', [1, 2.5, {"a": None}]),
        ("[draft]", "[draft]"),
        ("{x", "{x"),
        ('"a,b\nc"', "a,b\nc"),
        ("", None),
    ],
)
def test_cells_are_what_they_are_written_as(cell: str, value: Any) -> None:
    [row] = read_csv(f"k,x\n0,{cell}\n", refuse)
    assert row == ({"k": 0} if cell == "" else {"k": 0, "x": value})
    assert type(row.get("x")) is type(value)
    assert math.isnan(read_csv("x\nNaN\n", refuse)[0]["x"])


def test_a_table_is_a_choice_among_its_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfllm.model,llm.t,n\r\na,0.1,\r\n\r\nb,,2\r\n")
    rows = [{"llm": {"model": "a", "t": 0.1}}, {"llm": {"model": "b"}, "n": 2}]
    assert load(tmp_path / "a.csv") == DynamicValue(rows)
    (tmp_path / "b.jsonl").write_text('{"n": 1}\n\n{"n": {"$float": "nan"}, "u": "a\u2028b"}\n', encoding="utf-8")
    assert thaw(expand(load(tmp_path / "b.jsonl"))[0]) == {"n": 1}
    assert expand(load(tmp_path)).size == 4
    (tmp_path / "c.csv").write_text("a,b\n")
    assert load(tmp_path / "c.csv") == DynamicValue([])
    (tmp_path / "c.jsonl").write_text("\n")
    assert load(tmp_path / "c.jsonl") == DynamicValue([])
    with pytest.raises(FormatError, match="holds no configuration"):
        load_text(b" \n", "x")
    (tmp_path / "d.csv").write_text("a\n1\n")
    assert load(tmp_path / "d.csv") == Config({"a": 1})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "a,b,a\n", "a.csv:1:1: the column a stands twice"),
        ("a.csv", "a.b,a\n", "a.csv:1:1: a.b and a do not fit together"),
        ("a.csv", "a,a.b.c\n", "a.csv:1:1: a and a.b.c do not fit together"),
        ("a.csv", "lr;batch\n0.1;16\n", "a.csv:1:1: columns stand apart by ';', and CSV has commas"),
        ("a.csv", "lr\tbatch\n", r"a.csv:1:1: columns stand apart by '\\t'"),
        ("a.csv", "a,,b\n", "a.csv:1:1: column 2 has no name"),
        ("a.csv", "a..b\n", "a.csv:1:1: column 1 has no name, or a path with an empty step: 'a..b'"),
        ("a.csv", "a,b\n1,2\n3\n", "a.csv:3:1: this row has 1 cells, and there are 2 columns"),
        ("a.csv", "a\n" + "1" * 5000, "a.csv:2:1: a number of more than 4300 digits"),
        ("a.csv", 'a\n"x', "a.csv:2:1: no CSV: unexpected end of data"),
        ("a.csv", "", "a.csv:1:1: holds no table: the first line names the columns"),
        ("a.csv", "a\n" + "x" * 200_000, "a.csv:2:1: no CSV: field larger"),
        ("a.jsonl", '{"a": 1}\n\n{"a": 1,}\n', r"a.jsonl:3:\d+: "),
        ("a.jsonl", '{"a": 1}\n{"a": 1, "a": 2}\n', "a.jsonl:2:10: the key 'a' stands twice"),
        ("a.jsonl", '{"a": 1}\n5\n', "a.jsonl: item 1: a configuration is a mapping"),
        ("a.jsonl", '{"a": {"$date": "x"}}', "a.jsonl:1:1: 'x' is no "),
        ("a.jsonl", '{"a": {"$text": "<object>"}}', "it is the repr of a value that no file can hold"),
        ("a.jsonl", encode_line({"a": numpy.array([1, 2])}), r"is no \$array: a file of configurations cannot hold it"),
        ("a.jsonl", encode_line({"a": deque([1])}), r"is no \$deque: a file of configurations cannot hold it"),
        ("a.jsonl", '{"a": {"$set": {"b": 1}}}', "its elements stand in a list"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(FormatError, match=message):
        load(tmp_path / name)


def test_words_of_json_lines_are_plain_data_in_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{\n"a": {"$set": {"b": 1}}, "$schema": {"$date": "x"}}')
    assert load(tmp_path / "a.json") == Config({"a": {"$set": {"b": 1}}, "$schema": {"$date": "x"}})
    assert load_text(b'{"a": {"$float": "inf"}}\n{"a": 2}\n', "x") == DynamicValue([{"a": math.inf}, {"a": 2}])
    for text in (b'{"a": {"$text": "<object>"}}', b'{"a": 1}\n{"a": {"$text": "<object>"}}'):
        with pytest.raises(FormatError, match="it is the repr of a value that no file can hold"):
            load_text(text, "x")


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=4),
    st.dates(),
    st.binary(max_size=3),
    st.decimals(allow_nan=False),
    st.sets(st.integers(0, 3), max_size=2),
    st.sampled_from([3, 5000]).map(lambda exponent: 10**exponent),
)
CONFIGS = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_size=3,
)


@given(st.lists(CONFIGS, max_size=3))
def test_configurations_that_the_shell_lists_load_again(configs: list[dict[str, Any]]) -> None:
    lines = "".join(f"{encode_line(freeze(config))}\n" for config in configs)
    back = read_json_lines(lines, refuse)
    assert [config_id(freeze(one)) for one in back] == [config_id(freeze(one)) for one in configs]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({(1, 2)}, '{"$set":[{"$tuple":[1,2]}]}'),
        (frozenset({frozenset({3})}), '{"$set":[{"$frozenset":[3]}]}'),
        ({Config({"a": (1,)})}, '{"$set":[{"$config":{"a":{"$tuple":[1]}}}]}'),
        ({(1, (2.5, "a")): {(): 0}}, '{"$dict":[[{"$tuple":[1,{"$tuple":[2.5,"a"]}]},{"$dict":[[{"$tuple":[]},0]]}]]}'),
    ],
)
def test_elements_of_sets_and_keys_that_are_no_scalars_load_again(value: Any, text: str) -> None:
    line = encode_line(freeze({"s": value}))
    assert line == f'{{"s":{text}}}'
    [back] = read_json_lines(line, refuse)
    assert config_id(freeze(back)) == config_id(freeze({"s": value}))


@attrs.frozen
class Point:
    x: int


class Kind(Enum):
    BIG = "big"


def test_a_set_of_instances_is_listed_in_the_order_of_the_texts() -> None:
    listed = ",".join(f'{{"x":{k}}}' for k in range(9))
    assert encode_line(freeze({"s": {Point(k) for k in range(9)}})) == f'{{"s":[{listed}]}}'
    assert encode_line(freeze({"s": {Kind.BIG}})) == '{"s":{"$set":["big"]}}'


FLAT = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.one_of(
        st.booleans(),
        st.integers(),
        st.floats(),
        st.none(),
        st.text("abc ,\"\n\r\u2028\x0b'", min_size=1, max_size=4),
        st.lists(st.integers() | st.floats() | st.text(max_size=2), max_size=2).map(tuple),
    ),
    min_size=1,
)


@given(st.lists(FLAT, min_size=1, max_size=3))
def test_rows_that_the_shell_writes_as_csv_load_again(rows: list[dict[str, Any]]) -> None:
    back = read_csv(format_csv(rows), refuse)
    assert [config_id(freeze(row)) for row in back] == [config_id(freeze(row)) for row in rows]


def test_scalars_of_the_standard_library_come_back() -> None:
    plain = {"at": dt.datetime(2024, 5, 1, 7, 30), "cost": Decimal("0.10"), "$odd": 1, "n": {1: "int key"}}
    assert read_json_lines(encode_line(freeze(plain)), refuse) == [plain]
