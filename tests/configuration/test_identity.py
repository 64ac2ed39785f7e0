"""Identity: golden vectors that must never change, and what must and must not share a name."""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
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

from spearmint_fp import Config, DynamicValue, IdentityError, config_id, expand, freeze, geomspace, linspace
from spearmint_fp.configuration.identity import encode_tree

GOLDEN = Path(__file__).with_name("golden_ids.json")


class Color(enum.Enum):
    RED = 1
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1


@attrs.frozen
class Settings:
    rate: Any
    n: Any = 1


@dataclass(frozen=True)
class Sizes:
    width: Any


class Pair(NamedTuple):
    left: Any
    right: Any


def named_function() -> None:
    """Something at module level."""


VALUES: dict[str, Any] = {
    "none": None,
    "true": True,
    "false": False,
    "zero": 0,
    "one": 1,
    "minus one": -1,
    "big": 10**400,
    "0.0": 0.0,
    "-0.0": -0.0,
    "1.0": 1.0,
    "0.1": 0.1,
    "nan": math.nan,
    "inf": math.inf,
    "complex": 1 + 2j,
    "empty text": "",
    "text 1": "1",
    "text None": "None",
    "unicode": "é😀",
    "surrogate": "\ud800",
    "bytes": b"1",
    "no bytes": b"",
    "bytearray": bytearray(b"1"),
    "empty tuple": (),
    "tuple": (1,),
    "list in list": [[1], [2, [3]]],
    "empty dict": {},
    "int key": {1: 1},
    "text key": {"1": 1},
    "tuple key": {(1, "a"): 1},
    "linspace": linspace(0, 1, 11),
    "geomspace": geomspace(1e-5, 0.1, 5)[::-2],
    "choice of a spacing": DynamicValue(linspace(0, 1, 11)),
    "nested": {"llm": {"model": "gpt-4", "temperature": 0.1}, "layers": [64, 32]},
    "set": {1},
    "set of mixed": {1, "a", None, (1, 2)},
    "empty set": frozenset(),
    "range": range(3),
    "empty range": range(0),
    "enum": Color.RED,
    "enum by text": Color.BLUE,
    "int enum": Level.LOW,
    "path": PurePosixPath("data/x.csv"),
    "date": dt.date(2026, 1, 2),
    "datetime": dt.datetime(2026, 1, 2, 3, 4, 5, 6),
    "aware datetime": dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC),
    "time": dt.time(1, 2, 3),
    "timedelta": dt.timedelta(days=1, microseconds=2),
    "timezone": dt.UTC,
    "decimal": Decimal("1.10"),
    "fraction": Fraction(1, 3),
    "uuid": UUID(int=5),
    "class": Path,
    "builtin class": int,
    "function": named_function,
    "builtin function": len,
    "ellipsis": ...,
    "attrs": Settings(1),
    "dataclass": Sizes([1]),
    "named tuple": Pair(1, 2),
    "choice": DynamicValue([1, 2]),
    "range choice": DynamicValue(range(10**9)),
    "tree with choices": {"a": DynamicValue([{"b": 1}, 2]), "c": [DynamicValue([1])]},
    "sweep in a tree": {"a": expand({"b": DynamicValue([1, 2])})},
}


def test_the_golden_vectors_hold() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {name: config_id(value) for name, value in VALUES.items()} == golden
    assert len(golden) >= 40


def test_every_value_has_a_name_of_its_own() -> None:
    assert len({config_id(value) for value in VALUES.values()}) == len(VALUES)
    assert len({config_id({"k": value}) for value in VALUES.values()}) == len(VALUES)


@pytest.mark.parametrize("seed", ["random", *(pytest.param(seed, marks=pytest.mark.slow) for seed in "01")])
def test_names_do_not_depend_on_the_process(seed: str) -> None:
    code = (
        "import json; from tests.configuration.test_identity import VALUES, config_id;"
        "print(json.dumps({name: config_id(value) for name, value in VALUES.items()}))"
    )
    root = Path(__file__).parent.parent.parent
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_the_same_content_has_the_same_name() -> None:
    same: list[tuple[Any, Any]] = [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": [1, {"b": 2}]}, Config({"a": (1, {"b": 2})})),
        ({1, 2, 3}, frozenset({3, 2, 1})),
        (math.nan, -math.nan),
        (np.float64(0.1), 0.1),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.str_("x"), "x"),
        (PureWindowsPath("a/b"), PurePosixPath("a/b")),
        (range(0, 3, 2), range(0, 4, 2)),
        (DynamicValue([1, 2]), DynamicValue(iter([1, 2]))),
        ({"a": expand({"b": DynamicValue([1, 2])})}, {"a": DynamicValue([{"b": 1}, {"b": 2}])}),
    ]
    for one, other in same:
        assert config_id({"k": one}) == config_id({"k": other})


def test_a_name_of_the_user_s_own_is_honoured() -> None:
    c = Config({"config_id": "baseline", "a": 1})
    assert c.config_id == config_id(c) == config_id({"config_id": "baseline"}) == "baseline"
    assert Config({"a": 1}).config_id == config_id({"a": 1})


@pytest.mark.parametrize("bad", [lambda: 0, object(), iter([]), {1: lambda: 0}[1], (x for x in (1,))])
def test_what_cannot_be_named_is_an_error_with_its_path(bad: Any) -> None:
    with pytest.raises(IdentityError, match=r"no identity for llm\.fns\.1"):
        config_id({"llm": {"fns": [len, bad]}})


def test_local_functions_and_classes_have_no_name() -> None:
    class Local:
        pass

    with pytest.raises(TypeError, match="is local"):
        config_id({"a": Local})


def test_a_sweep_too_large_to_list_has_no_name() -> None:
    with pytest.raises(IdentityError, match="more than 10000"):
        config_id({"a": expand({"n": DynamicValue(range(10**9))})})


leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)
trees = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(leaf, inner, max_size=3), max_leaves=8
)


@given(trees, trees)
def test_the_encoding_tells_trees_apart(one: Any, other: Any) -> None:
    assert (encode_tree(one) == encode_tree(other)) == (_exact(one) == _exact(other))
    assert encode_tree(freeze(one)) == encode_tree(one)


def _exact(tree: Any) -> Any:
    if isinstance(tree, list):
        return "list", [_exact(item) for item in tree]
    if isinstance(tree, dict):
        return "dict", sorted((repr(_exact(key)), repr(_exact(value))) for key, value in tree.items())
    return type(tree).__name__, repr(tree)


# --- what hostile testing found ----------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [[1].append, "abc".upper, np.datetime64(5, "ns"), np.timedelta64(5, "ns")])
def test_what_a_name_does_not_tell_has_no_identity(bad: Any) -> None:
    with pytest.raises(IdentityError, match="no identity for k"):
        config_id({"k": bad})


def test_zones_and_folds_differ() -> None:
    paris, berlin = (dt.datetime(2026, 1, 1, tzinfo=ZoneInfo(name)) for name in ("Europe/Paris", "Europe/Berlin"))
    assert config_id(paris) != config_id(berlin)
    assert config_id(dt.datetime(2026, 10, 25, 2, 30)) != config_id(dt.datetime(2026, 10, 25, 2, 30, fold=1))


def test_the_path_of_typed_records_keys_and_alternatives_is_told() -> None:
    @attrs.frozen
    class Local:
        x: int

    with pytest.raises(IdentityError, match=r"^no identity for p\.k: .*is local"):
        config_id({"p": {"k": Local(1)}})
    with pytest.raises(IdentityError, match="a key cannot be encoded"):
        config_id({"p": {object(): 1}})
    with pytest.raises(IdentityError, match=r"^no identity for a: .*object"):
        config_id({"a": DynamicValue([1, object()])})


# --- with typed configs -------------------------------------------------------------------------------------


def test_the_values_that_python_takes_for_one_another_have_names_of_their_own() -> None:
    values = [
        1,
        1.0,
        True,
        "1",
        b"1",
        None,
        "None",
        (1,),
        {"1": 1},
        {1: 1},
        {1},
        (),
        {},
        "",
        0,
        False,
        0.0,
        frozenset(),
    ]
    assert len({config_id(value) for value in values}) == len(values)
    assert len({config_id({"a": value}) for value in values}) == len(values)


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    n: int = pydantic.Field(1, alias="N")


class Struct(msgspec.Struct, tag="s", rename="camel"):
    my_n: int = 1


class Other(msgspec.Struct, tag="s", rename="camel"):
    my_n: int = 1


def test_models_and_structs_are_named_by_class_and_fields() -> None:
    models = [Model.model_validate(fields) for fields in ({}, {"N": 2}, {"more": 1})]
    assert config_id(Model(N=1)) == config_id(models[0])
    assert len({config_id(value) for value in (*models, Struct(), Struct(2), Other())}) == 6
    with pytest.raises(IdentityError, match=r"no identity for a"):
        config_id({"a": Struct(object())})  # type: ignore[arg-type]


def test_keys_of_a_kind_and_mixed_keys_are_put_into_one_order() -> None:
    mixed = {"b": 1, 2: 2, (1, "a"): 3, "a": 4, True: 5}
    assert config_id(mixed) == config_id(dict(reversed(mixed.items())))
    assert config_id({"é": 1, "z": 2}) == config_id({"z": 2, "é": 1})


def test_a_place_and_an_offset_that_is_called_like_it_have_names_of_their_own() -> None:
    for name in ("Europe/Berlin", "Asia/Tokyo", "Etc/GMT-3"):
        place = dt.datetime(2020, 1, 1, tzinfo=ZoneInfo(name))
        offset = place.replace(tzinfo=dt.timezone(place.utcoffset() or dt.timedelta(), name))
        assert place == offset
        assert config_id(place) != config_id(offset)


def _made(code: str) -> Any:
    """A function that no module holds."""
    names: dict[str, Any] = {"__name__": "nowhere"}
    exec(code, names)
    return names["f"]


def test_a_function_that_is_not_found_under_its_name_has_no_identity() -> None:
    for function in (_made("def f(): return 1"), _made("def f(): return 2")):
        with pytest.raises(IdentityError, match="no identity for a: .* is not found under its own name"):
            config_id({"a": function})
