"""The encoding that a `config_id` hashes says all that it was made from: a decoder reads it back, for every kind.

What a decoder reads back without looking ahead further than one byte cannot be the encoding of anything else, alone or
beside others; so two different trees never share a name.
"""

from __future__ import annotations

import datetime as dt
import enum
import functools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import msgspec
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import Config, DynamicValue, IdentityError, config_id
from spearmint_fp.configuration.identity import encode_tree

# --- values of every kind ------------------------------------------------------------------------------------


class Color(enum.Enum):
    RED = 1
    BLUE = "blue"


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Word(enum.Enum):
    """An enum that makes members without a name."""

    HELLO = "hello"

    @classmethod
    def _missing_(cls, value: object) -> Any:
        made = object.__new__(cls)
        made._name_, made._value_ = None, value  # type: ignore[assignment]
        return made


@attrs.frozen
class Settings:
    a: Any
    b: Any = 1


@dataclass(frozen=True)
class Sizes:
    a: Any


class Pair(NamedTuple):
    a: Any
    b: Any


class Open(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: Any = None


class Closed(pydantic.BaseModel):
    a: Any = None


class Part(msgspec.Struct):
    a: Any = None


class Roomy(msgspec.Struct, dict=True):
    a: Any = None


def function() -> None: ...


def roomy(a: Any, more: dict[str, Any]) -> Roomy:
    made = Roomy(a)
    for name, value in more.items():
        setattr(made, name, value)
    return made


zones = st.sampled_from([None, dt.UTC, dt.timezone(dt.timedelta(hours=-5, minutes=-30)), ZoneInfo("Europe/Paris")])
named_zones = st.builds(
    dt.timezone,
    st.integers(-23, 23).map(lambda hours: dt.timedelta(hours=hours)),
    st.sampled_from(["X", "X -1 day,", "X 1:00:00", "-1 82800 0 X", "UTC+01:00", "0 0 0", "None", ""]),
)
texts = st.text(max_size=3) | st.sampled_from(["a", "1:", "s1:a", "m1:", "O", ";", "F3:", "None"])
leaves = (
    st.sampled_from([None, True, False, ..., int, Path, function, len, 0.0, -0.0, float("nan"), float("inf")])
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | texts
    | st.text(min_size=60, max_size=70)
    | st.binary(max_size=3)
    | st.binary(max_size=3).map(bytearray)
    | st.builds(range, st.integers(-3, 3), st.integers(-3, 3), st.sampled_from([1, 2, -1]))
    | st.sampled_from([*Color, *Access, Access(0), Access(3), Word.HELLO, Word("HELLO"), Word("sHELLO"), Word(3)])
    | st.dates()
    | st.datetimes(timezones=zones, allow_imaginary=True)
    | st.builds(lambda moment, fold: moment.replace(fold=fold), st.datetimes(), st.integers(0, 1))
    | st.times(timezones=st.sampled_from([None, dt.UTC]))
    | st.timedeltas()
    | named_zones
    | st.decimals()
    | st.fractions()
    | st.uuids()
    | st.builds(PurePosixPath, texts)
    | st.integers(-9, 9).map(np.int64)
    | st.floats(width=32).map(np.float32)
    | texts.map(np.str_)
)
fields = st.dictionaries(st.sampled_from(["b", "c", "a1", "m1"]), leaves, max_size=2)
closed = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(texts, inner, max_size=3)
        | st.dictionaries(st.integers() | texts | st.tuples(texts), inner, max_size=3).map(Config)
        | st.sets(st.integers() | texts | st.frozensets(texts, max_size=2), max_size=3)
        | st.builds(Settings, inner, inner)
        | st.builds(Sizes, inner)
        | st.builds(Pair, inner, inner)
        | st.builds(Closed, a=closed)
        | st.builds(lambda a, more: Open(a=a, **more), closed, fields)
        | st.builds(Part, closed)
        | st.builds(roomy, closed, fields)
        | st.lists(inner, min_size=1, max_size=3).map(DynamicValue)
        | st.integers(1, 5).map(lambda n: DynamicValue(range(n)))
    ),
    max_leaves=12,
)


# --- what an encoding must say ---------------------------------------------------------------------------------


def content(value: Any) -> Any:
    """The parts of a value, as nested tuples that begin with its kind, types told apart."""
    for kinds, said in _SAID:
        if isinstance(value, kinds):
            return said(value)
    raise AssertionError(value)


def mapping(value: Any) -> Any:
    pairs = ((content(key), content(item)) for key, item in value.items())
    return "record", frozenset(pairs)


def instance(value: Any, names: Any, besides: dict[str, Any] | None = None) -> Any:
    own = mapping({name: getattr(value, name) for name in names})
    return "object", place(type(value)), own, *([mapping(besides)] if besides else [])


def place(found: Any) -> str:
    module = "pathlib" if found.__module__.startswith("pathlib") else found.__module__
    return f"{module}:{found.__qualname__}"


def clock(value: Any) -> Any:
    return type(value).__name__, value.isoformat(), value.fold, str(value.tzinfo)


def zone(value: dt.timezone) -> Any:
    offset = value.utcoffset(None)
    plain = str(dt.timezone(offset))
    return ("timezone", plain) if str(value) == plain else ("timezone", offset, str(value))


def number(value: float) -> bytes:
    return struct.pack(">d", value if value == value else float("nan"))


_SAID: list[tuple[Any, Any]] = [
    (type(None), lambda _: ("none",)),
    (type(...), lambda _: ("ellipsis",)),
    ((Color, Access), lambda v: ("enum", place(type(v)), v.name if v.name is not None else content(v.value))),
    (Word, lambda v: ("enum", place(type(v)), v.name if v.name is not None else ("value", content(v.value)))),
    ((bool, np.bool_), lambda v: ("bool", bool(v))),
    ((int, np.integer), lambda v: ("int", int(v))),
    ((float, np.floating), lambda v: ("float", number(float(v)))),
    (complex, lambda v: ("complex", number(v.real), number(v.imag))),
    (str, lambda v: ("text", str(v))),
    (bytes, lambda v: ("bytes", v)),
    (bytearray, lambda v: ("bytearray", bytes(v))),
    (range, lambda v: ("range", tuple(v))),
    (dt.datetime, clock),
    (dt.time, clock),
    (dt.date, lambda v: ("date", v.isoformat())),
    (dt.timedelta, lambda v: ("timedelta", v)),
    (dt.timezone, zone),
    (Decimal, lambda v: ("decimal", str(v))),
    (Fraction, lambda v: ("fraction", v)),
    (UUID, lambda v: ("uuid", v)),
    (PurePosixPath, lambda v: ("path", str(v))),
    (type, lambda v: ("class", place(v))),
    (type(function), lambda v: ("function", place(v))),
    (type(len), lambda v: ("function", place(v))),
    ((Settings, Sizes), lambda v: instance(v, [f for f in "ab" if hasattr(v, f)])),
    (Pair, lambda v: instance(v, "ab")),
    ((Open, Closed), lambda v: instance(v, "a", v.model_extra)),
    (Part, lambda v: instance(v, "a")),
    (Roomy, lambda v: instance(v, "a", v.__dict__)),
    ((list, tuple), lambda v: ("tuple", tuple(map(content, v)))),
    ((dict, Config), mapping),
    ((set, frozenset), lambda v: ("set", frozenset(map(content, v)))),
    (DynamicValue, lambda v: ("choice", content(v.values))
        if isinstance(v.values, range) else ("choice", tuple(map(content, v.values)))),
]  # fmt: skip


# --- the decoder -----------------------------------------------------------------------------------------------


class Reader:
    """Bytes that are read from the front."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        assert self.at + count <= len(self.data)
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def until(self, end: bytes) -> str:
        stop = self.data.index(end, self.at)
        text = self.data[self.at : stop].decode()
        self.at = stop + 1
        return text

    @property
    def following(self) -> bytes:
        return self.data[self.at : self.at + 1]

    def sized(self) -> bytes:
        return self.take(int(self.until(b":")))

    def text(self) -> str:
        return self.sized().decode("utf-8", "surrogatepass")

    def many(self) -> Iterator[Any]:
        return (self.value() for _ in range(int(self.until(b":"))))

    def value(self) -> Any:
        tag = self.take(1)
        if tag == b"F":
            return ("function", self.text()) if self.following.isdigit() else ("bool", False)
        return _READ[tag](self)

    def record(self) -> Any:
        assert self.take(1) == b"m"
        return pairs(self)


def pairs(reader: Reader) -> Any:
    count = int(reader.until(b":"))
    read = [(reader.value(), reader.value()) for _ in range(count)]
    assert len(set(read)) == count
    return "record", frozenset(read)


def float_of(reader: Reader) -> bytes:
    assert reader.take(1) == b"f"
    return reader.take(8)


def integer(reader: Reader) -> Any:
    return "int", int(reader.until(b";"), 16)


def moment(reader: Reader) -> Any:
    kind, rest = reader.text().split(" ", 1)
    if kind == "date":
        return kind, rest
    if kind == "timedelta":
        days, seconds, micros = map(int, rest.split(" "))
        return kind, dt.timedelta(days, seconds, micros)
    if kind == "timezone":
        if rest.startswith("UTC"):
            return kind, rest
        *offset, name = rest.split(" ", 3)
        return kind, dt.timedelta(*map(int, offset)), name
    iso, fold, name = rest.split(" ", 2)
    return kind, iso, int(fold), name


def steps(reader: Reader) -> Any:
    first, last, step = (int(number, 16) for number in reader.text().split(" "))
    return "range", tuple(range(first, last + (1 if step > 0 else -1), step))


def fraction(reader: Reader) -> Any:
    above, below = reader.text().split("/")
    return "fraction", Fraction(int(above, 16), int(below, 16))


def member(reader: Reader) -> Any:
    cls = reader.text()
    if reader.following == b"v":
        reader.take(1)
        return "enum", cls, ("value", reader.value())
    value = reader.value()
    if value[0] == "text":
        return "enum", cls, value[1]
    return "enum", cls, ("value", value) if cls.endswith(":Word") else value


def choice(reader: Reader) -> Any:
    return ("choice", reader.value()) if reader.following == b"r" else ("choice", tuple(reader.many()))


_READ: dict[bytes, Any] = {
    b"N": lambda _: ("none",),
    b"E": lambda _: ("ellipsis",),
    b"T": lambda _: ("bool", True),
    b"i": integer,
    b"f": lambda r: ("float", r.take(8)),
    b"c": lambda r: ("complex", float_of(r), float_of(r)),
    b"s": lambda r: ("text", r.text()),
    b"b": lambda r: ("bytes", r.sized()),
    b"a": lambda r: ("bytearray", r.sized()),
    b"r": steps,
    b"d": moment,
    b"D": lambda r: ("decimal", r.text()),
    b"Q": fraction,
    b"u": lambda r: ("uuid", UUID(r.text())),
    b"p": lambda r: ("path", r.text()),
    b"C": lambda r: ("class", r.text()),
    b"e": member,
    b"t": lambda r: ("tuple", tuple(r.many())),
    b"S": lambda r: ("set", frozenset(r.many())),
    b"m": pairs,
    b"o": lambda r: ("object", r.text(), r.record()),
    b"O": lambda r: ("object", r.text(), r.record(), r.record()),
    b"V": choice,
}


@given(trees)
def test_every_encoding_is_read_back_and_read_to_its_end(tree: Any) -> None:
    reader = Reader(encode_tree(tree) + b"rest")  # whatever follows changes nothing
    assert reader.value() == content(tree)
    assert reader.data[reader.at :] == b"rest"


@given(st.lists(trees, min_size=2, max_size=3), st.lists(trees, min_size=2, max_size=3))
def test_trees_share_a_name_only_where_they_say_the_same(one: list[Any], other: list[Any]) -> None:
    assert (encode_tree(one) == encode_tree(other)) == (content(one) == content(other))


# --- what it was that two shared -------------------------------------------------------------------------------


def test_extra_values_of_a_model_belong_to_it() -> None:
    one = [Open.model_validate({"a": 1, "z": 5}), Open(a=1), {"w": 6}]
    other = [Open(a=1), {"z": 5}, Open.model_validate({"a": 1, "w": 6})]
    assert config_id(one) != config_id(other)
    assert config_id([roomy(1, {"z": 5}), {"w": 6}]) != config_id([Roomy(1), {"z": 5}])


def test_the_name_of_a_zone_is_not_taken_for_its_offset() -> None:
    hour = dt.timedelta(hours=1)
    assert config_id(dt.timezone(23 * hour, "X -1 day,")) != config_id(dt.timezone(-hour, "X"))


def scaled(by: int) -> Any:
    def decorated(fn: Any) -> Any:
        @functools.wraps(fn)
        def wrapper(x: int, *, also: int = by) -> Any:
            return fn(x) * by

        return wrapper

    return decorated


def plain(x: int) -> int:
    return x


twice = scaled(2)(plain)
thrice = scaled(3)(plain)
decorated_plain, plain = plain, scaled(2)(plain)


def test_functions_of_one_name_and_one_code_are_told_apart() -> None:
    assert config_id(twice) == config_id(plain)  # the same text over the same values
    for another in (thrice, decorated_plain):
        with pytest.raises(IdentityError, match="has the name of another function"):
            config_id(another)
