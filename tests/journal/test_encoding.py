"""Journals read back equal values, or refuse them with the path of the part that cannot be written."""

from __future__ import annotations

import json
import math
import uuid
from collections import Counter, defaultdict, namedtuple
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import Config, ConversionError, DynamicValue, EncodingError, config_id, structure
from spearmint_fp.journal.encoding import decode_result, encode_config, encode_result

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**5000, max_value=10**5001)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=()))
    | st.binary(max_size=8)
    | st.complex_numbers(allow_nan=False)
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.uuids()
    | st.dates()
    | st.times().map(lambda moment: moment.replace(fold=0))
    | st.datetimes(timezones=st.none() | st.just(UTC) | st.just(timezone(timedelta(hours=5, minutes=30)))).map(
        lambda moment: moment.replace(fold=0)
    )
    | st.timedeltas()
    | st.builds(Path, st.text("abc/.", min_size=1))
    | st.builds(range, st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 3))
)
keys = st.text(max_size=4) | st.sampled_from(["$tuple", "$", "a.b"]) | st.integers() | st.tuples(st.integers())
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3).map(Config)
        | st.sets(st.integers() | st.text(max_size=3), max_size=3)
        | st.frozensets(st.integers(), max_size=3)
    ),
    max_leaves=12,
)


def types(value: Any) -> Any:
    """The value's type, and those of what it holds."""
    if isinstance(value, dict | Config):
        return type(value), [(types(k), types(v)) for k, v in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [types(item) for item in value]
    return type(value)


@given(values)
def test_plain_values_come_back_equal_and_of_the_same_types(value: Any) -> None:
    text, typed = encode_result(value)
    assert not typed
    assert decode_result(text) == value
    assert types(decode_result(text)) == types(value)
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_equal_sets_have_one_text_in_whatever_order_they_are() -> None:
    for kind in (set, frozenset):
        one, other = kind([0, 8]), kind([8, 0])
        assert list(one) != list(other)  # both have the same place in the table of a set
        assert encode_result({"s": one}) == encode_result({"s": other})
        assert encode_config(Config({"s": one})) == encode_config(Config({"s": other}))


def test_numbers_that_json_has_no_word_for() -> None:
    back = decode_result(encode_result([math.nan, math.inf, -math.inf, -0.0, complex(math.nan, 1)])[0])
    assert [math.isnan(back[0]), *back[1:3]] == [True, math.inf, -math.inf]
    assert math.copysign(1, back[3]) == -1
    assert math.isnan(back[4].real)
    assert encode_result(np.float64(0.5)) == ("0.5", False)
    assert encode_result({"score": np.int64(3), "ok": np.bool_(True)}) == ('{"score":3,"ok":true}', False)


class Color(Enum):
    RED = "red"


@attrs.frozen
class Point:
    x: float
    color: Color = Color.RED
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    left: Point
    right: Any = None


class Named(NamedTuple):
    a: int
    b: str


@pytest.mark.parametrize(
    ("value", "cls"),
    [
        (Point(1.5, tags=("a",)), Point),
        (Point(math.nan), Point),
        (Pair(Point(1.0)), Pair),
        ([Point(1.0), Point(2.0)], list[Point]),
        ({"a": Point(1.0)}, dict[str, Point]),
        (Named(1, "b"), Named),
        (Color.RED, Color),
        (None, Point | None),
        (Counter("aab"), Counter[str]),
    ],
)
def test_typed_values_come_back_as_the_type_that_is_asked_for(value: Any, cls: Any) -> None:
    text, typed = encode_result(value, cls)
    back = decode_result(text, cls if typed else type(value)) if typed else decode_result(text)
    assert type(back) is type(value)
    assert config_id(back) == config_id(value)


def test_a_type_that_does_not_fit_matters_only_where_it_is_needed() -> None:
    assert encode_result({"a": (1, 2)}, int) == ('{"a":{"$tuple":[1,2]}}', False)
    with pytest.raises(EncodingError, match=r"would not come back as Point: .*\n  x: missing; expected float"):
        encode_result(Pair(Point(1.0)), Point)
    with pytest.raises(EncodingError, match=r"as Pair it would come back as .*Pair.*not as .*Pair"):
        encode_result(Pair(Point(1.0), right=Named(1, "b")), Pair)  # Any does not say Named
    twice = Pair(Point(1.0), right=Point(2.0))
    assert decode_result(encode_result(twice, Pair)[0], Pair) == twice


nt = namedtuple("nt", "a")  # noqa: PYI024  # on purpose without types


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": [1, object()]}, r"a\.1: <object object"),
        ({"a": {"b": Point(1.0)}}, r"a\.b: Point\(x=1\.0"),
        (Point(1.0), "the root: Point"),
        ([lambda: 1], r"\[?0\]?: <function"),
        (np.ma.zeros(3), "the root: masked_array"),
        ((1, {"k": Named(1, "b")}), r"1\.k: Named"),
        (Color.RED, "the root: <Color.RED"),
        ({"x": nt(1)}, "x: nt"),
        ({"x": DynamicValue([1])}, "x: .*DynamicValue.* is a choice"),
        ({Color.RED: 1}, "a key: <Color.RED"),
        ([defaultdict(lambda: 1, a=2)], "0: defaultdict.* makes what it lacks by"),
        (datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")), "time zone of its own"),
        (datetime(2026, 1, 1, fold=1), "second of two equal times"),
    ],
)
def test_what_cannot_be_written_is_named_with_its_path(value: Any, says: str) -> None:
    with pytest.raises(EncodingError, match=says) as raised:
        encode_result(value)
    if not any(word in says for word in ("choice", "time", "lacks")):
        assert "annotate what the function returns, or Journal(path, result=Class)" in str(raised.value)


def test_cycles_and_deep_values_are_refused() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(EncodingError, match="is no tree"):
        encode_result(cycle)
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(EncodingError, match="is no tree"):
        encode_result(deep)


@pytest.mark.parametrize(
    "text", ["", "{", '{"$nothing": 1}', '{"$range": ["a"]}', '{"$uuid": 5}', "[" * 100_000, '{"$bytes": "%"}', "\x00"]
)
def test_text_that_was_not_written_here_is_refused(text: str) -> None:
    with pytest.raises(EncodingError, match="is not what a journal writes|no kind of value"):
        decode_result(text)


def test_configurations_are_kept_as_plain_data() -> None:
    config = Config({"a": Point(1.0), "b": (1, {2}), "c": len, "d": Color.RED})
    back = decode_result(encode_config(config))
    assert back["a"] == {"x": 1.0, "color": "red", "tags": []}
    assert (back["b"], back["d"]) == ([1, {2}], "red")
    assert back["c"].startswith("<built-in function len>")
    assert decode_result(encode_config(7)) == 7
    moments = [date(2026, 1, 2), time(3, 4), timedelta(1), uuid.UUID(int=3), Decimal("1.50"), Fraction(1, 3)]
    assert decode_result(encode_config(moments)) == moments


# --- what hostile testing found ----------------------------------------------------------------------------


@attrs.define
class Held:
    inside: Any


def test_what_is_no_type_and_what_contains_itself_are_refused() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    with pytest.raises(EncodingError, match="contains itself"):
        encode_result(Held(cycle), Held)
    for no_type in (5, [int], NoReturn):
        with pytest.raises(EncodingError, match="makes instances of classes"):
            encode_result(Held(1), no_type)


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="a long double is a double here")
def test_numbers_that_python_cannot_hold_are_refused_where_a_builtin_is_asked_for() -> None:
    with pytest.raises(ConversionError, match="which cannot hold all digits of this one"):
        structure(complex, np.longdouble("0.1"))
    assert structure(float, np.longdouble(0.5)) == 0.5
