"""Plain data as YAML: what is written is read as the same, by this library and by others."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import EncodingError, FormatError, config_id, dump_yaml, freeze
from spearmint_fp.conversion import files
from spearmint_fp.sweep.files import load_text, parse_value

MISTAKEN = [
    *("on", "no", "~", "null", "<<", "=", "1e-3", "0o7", "010", "1:30", "1_0", "2001-01-01", "!sweep", "&a", "*a"),
    *("a:b", "%a", "---", "...", ".nan", ".5", "+1", "-", "?", "#", "''"),
]
ZONES = st.none() | st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=5, minutes=30))])
MOMENTS = st.datetimes(timezones=ZONES, allow_imaginary=False).map(lambda moment: moment.replace(fold=0))
TEXTS = st.text() | st.sampled_from([*MISTAKEN, "a: b", " # b", "\x85", "\ufeff", "a\nb\n", " a", "a\t"])
LEAVES = st.one_of(
    TEXTS, st.integers(), st.floats(), st.booleans(), st.none(), st.dates(), MOMENTS, st.binary(max_size=9)
)
TREES = st.recursive(
    LEAVES | st.sets(st.integers(), max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, TREES, max_size=4))
def test_what_is_written_is_read_as_the_same(plain: dict[str, Any]) -> None:
    back = parse_value(dump_yaml(plain), "x")
    assert config_id(back) == config_id(freeze(plain))


@given(st.dictionaries(st.text(), TEXTS | st.integers() | st.booleans(), max_size=4))
def test_a_reader_of_yaml_1_1_reads_it_too(plain: dict[str, Any]) -> None:
    assert yaml.safe_load(dump_yaml(plain)) == plain


def test_it_reads_well() -> None:
    long = "a long one, " * 20
    plain = {"lr": 1e-05, "on": "no", "layers": [64, 64], "opt": {"name": "sgd", "text": long}, "none": {}}
    assert dump_yaml(plain) == (
        f"lr: 1.0e-05\n'on': 'no'\nlayers:\n- 64\n- 64\nopt:\n  name: sgd\n  text: '{long}'\nnone: {{}}\n"
    )
    assert dump_yaml({"at": dt.time(7, 32), "same": [plain["layers"]] * 2}).startswith("at: 07:32:00\nsame:\n- - 64")


@pytest.mark.parametrize("value", [Decimal(1), object(), 1j, Path("a")])
def test_what_yaml_has_no_word_for_is_refused(value: Any) -> None:
    with pytest.raises(EncodingError, match="has no form in YAML"):
        dump_yaml({"a": [value]})


def test_text_is_json_or_yaml() -> None:
    assert load_text(b'{"a":\t1}', "standard input") == freeze({"a": 1})
    assert [tree["a"] for tree in load_text(b"a: 1\n---\na: 2\n", "standard input")] == [1, 2]
    with pytest.raises(FormatError, match=r"^standard input:1:4: expected"):
        load_text(b"[1,", "standard input")


def test_text_without_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    with pytest.raises(OSError, match="^standard input: more than 10 bytes"):
        load_text(b"a: 1234567890", "standard input")
