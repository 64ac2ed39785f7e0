"""Leaves without a hash: told apart by content, found again, and never kept by an `id` whose object is gone."""

from __future__ import annotations

import array
import copy
import gc
import math
import pickle
from collections import UserList, deque
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import attrs
import msgspec
import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy

from spearmint_fp import AbsentError, Config, DynamicValue, distinct, expand, freeze, mapped
from spearmint_fp.configuration.equality import are_equal
from spearmint_fp.configuration.keys import exact_key
from tests.examples import examples
from tests.needs import cases, needs


class Model(pydantic.BaseModel):
    x: Any
    _own: Any = pydantic.PrivateAttr(default=0)


class FrozenModel(pydantic.BaseModel, frozen=True):
    x: Any


class Struct(msgspec.Struct):
    x: Any


@attrs.define
class Holder:
    x: Any


@attrs.define(eq=False)
class Lonely:
    """Equal to itself alone, and without a hash."""

    x: Any
    __hash__ = None  # type: ignore[assignment]


class Triple(tuple[Any, ...]):
    __slots__ = ()


def in_polars(column: list[Any]) -> Any:
    import polars as pl

    return pl.DataFrame({"x": column})


MAKERS: dict[str, Callable[[Any], Any]] = {
    "array": lambda n: np.arange(3) + n,
    "array of one": lambda n: np.array([n]),
    "array without dimensions": lambda n: np.array(n),
    "floats": lambda n: np.array([math.nan, n, -0.0]),
    "objects": lambda n: np.array([n, "a", None, [n]], dtype=object),
    "records": lambda n: np.array([(n, 1.0)], dtype=[("a", "i4"), ("b", "f8")]),
    "long doubles": lambda n: np.array([n], dtype=np.longdouble),
    "masked": lambda n: np.ma.masked_array([n, 1], mask=[False, True]),
    "DataFrame": lambda n: pd.DataFrame({"x": [n], "y": ["a"]}),
    "Series": lambda n: pd.Series([n]),
    "Index": lambda n: pd.Index([n]),
    "polars": lambda n: in_polars([n]),
    "polars column": lambda n: in_polars([n])["x"],
    "deque": lambda n: deque([n, [n]]),
    "UserList": lambda n: UserList([n]),
    "namespace": lambda n: SimpleNamespace(x=[n]),
    "bytearray": lambda n: bytearray([n]),
    "array of numbers": lambda n: array.array("i", [n]),
    "keys": lambda n: {n: 1}.keys(),
    "slice": slice,
    "model": lambda n: Model(x=[n]),
    "frozen model": lambda n: FrozenModel(x=n),
    "struct": lambda n: Struct([n]),
    "attrs of an array": lambda n: Holder(np.arange(3) + n),
    "list of arrays": lambda n: [np.arange(2) + n],
    "dict of arrays": lambda n: {"b": np.arange(2) + n},
    "set": lambda n: {n, (n, n)},
    "tuple of its own": lambda n: Triple((n, (n,))),
}


def with_leaf(make: Callable[[Any], Any], period: int, config: Config) -> Any:
    return {"a": make(config.n % period), "b": 1}


def mapped_to(make: Callable[[Any], Any], period: int, size: int = 50) -> Any:
    return mapped(partial(with_leaf, make, period), expand({"n": DynamicValue(range(size))}))


@pytest.mark.parametrize("kind", cases(MAKERS, "polars"))
def test_distinct_keeps_each_content_once(kind: str) -> None:
    """The leaves are gone before the next are made: 50 were 3."""
    make = MAKERS[kind]
    assert distinct(mapped_to(make, 50)).size == 50
    few = distinct(mapped_to(make, 7))
    assert few.size == 7
    assert [exact_key(config["a"]) for config in few] == [exact_key(freeze(make(n))) for n in range(7)]
    assert distinct(expand({"a": DynamicValue([make(n % 4) for n in range(9)]), "k": DynamicValue([1, 2])})).size == 8
    assert distinct([{"a": make(n % 4)} for n in range(9)]).size == 4


@pytest.mark.parametrize("kind", cases(MAKERS, "polars"))
def test_found_by_content(kind: str) -> None:
    make = MAKERS[kind]
    axis = expand({"a": DynamicValue([make(n) for n in range(5)]), "b": DynamicValue([0, 1])})
    for sweep, place in ((mapped_to(make, 50, 9), lambda n: n), (axis, lambda n: 2 * n + 1)):
        for n in range(5):
            wanted = {"a": make(n), "b": 1}
            assert sweep.index(wanted) == place(n)
            assert wanted in sweep
        assert {"a": make(77), "b": 1} not in sweep
        assert {"a": "other", "b": 1} not in sweep
        with pytest.raises(AbsentError):
            sweep.index({"a": make(77), "b": 1})
    again = expand({"a": DynamicValue([make(n) for n in range(5)]), "b": DynamicValue([0, 1])})
    other = expand({"a": DynamicValue([make(n + (n == 4)) for n in range(5)]), "b": DynamicValue([0, 1])})
    assert (axis == again, axis == other) == (True, False)
    assert DynamicValue([make(1)]) == DynamicValue([make(1)]) != DynamicValue([make(2)])
    assert freeze(make(3)) in DynamicValue([1, make(3)])
    assert freeze(make(4)) not in DynamicValue([1, make(3)])


@pytest.mark.parametrize("kind", cases(sorted(MAKERS.keys() - {"attrs of an array"}), "polars"))
def test_configurations_are_equal_by_content(kind: str) -> None:
    make = MAKERS[kind]
    assert Config({"a": make(1), "b": [make(2)]}) == {"b": [make(2)], "a": make(1)}
    assert Config({"a": make(1), "b": [make(2)]}) != {"b": [make(3)], "a": make(1)}
    assert Config({"a": make(1)}) != Config({"a": make(2)})
    if kind != "array without dimensions":  # NumPy takes it for its number
        assert Config({"a": make(1)}) != Config({"a": 1}) != Config({"a": make(1)})


DIFFERENT: list[Any] = [
    *(np.array([1], dtype=kind) for kind in ("i4", "i8", ">i4", "f4", "f8", "O", "bool", "c16", "m8[s]", "m8[ms]")),
    np.array(1),
    np.array([[1]]),
    np.array([[1, 1]]),
    np.array([1, 1]),
    np.array([]),
    np.array([], dtype="i4"),
    np.array([math.nan]),
    np.array([[math.nan]]),
    np.array([math.nan], dtype="f4"),
    np.array([0.0]),
    np.array([-0.0]),
    np.array([True], dtype=object),
    np.array([1.0], dtype=object),
    *(make(1) for make in (deque, bytearray) if make is bytearray),
    bytearray(b"a"),
    deque([1]),
    deque([1], maxlen=3),
    deque([1.0]),
    deque([True]),
    *(array.array(kind, [1]) for kind in "bhild"),
    pd.DataFrame({"x": [1]}),
    pd.DataFrame({"x": [1.0]}),
    pd.DataFrame({"y": [1]}),
    pd.DataFrame({"x": [1]}, index=[1]),
    pd.Series([1]),
    pd.Series([1], name="x"),
    pd.Series([1.0]),
    SimpleNamespace(x=1),
    SimpleNamespace(x=1.0),
    SimpleNamespace(x=True),
    Model(x=1),
    Model(x=1.0),
    Model(x=True),
    FrozenModel(x=1),
    FrozenModel(x=True),
    Struct(1),
    Struct(True),
    Triple((1,)),
    Triple((1.0,)),
    complex(math.nan, 1),
    complex(1, math.nan),
    math.nan,
    np.float64("nan"),
    np.float32("nan"),
    slice(1),
    slice(1.0),
    {1: 1}.keys(),
    {1.0: 1}.keys(),
    {1, 2},
    {1.0, 2},
    Lonely(1),
    Lonely(1.0),
]


def test_different_leaves_have_different_keys_and_copies_the_same() -> None:
    check_different(DIFFERENT)


@needs("polars")
def test_different_frames_of_polars_have_different_keys() -> None:
    import polars as pl

    check_different([*DIFFERENT, in_polars([1]), in_polars([1]).cast(pl.Int8)])


def check_different(leaves: list[Any]) -> None:
    keys = [exact_key(leaf) for leaf in leaves]
    assert len({*keys}) == len(leaves)
    assert distinct([{"a": leaf} for leaf in leaves]).size == len(leaves)
    for leaf in leaves:
        swapped = isinstance(leaf, np.ndarray) and leaf.dtype == ">i4"  # a copy has the order of the machine
        if swapped or isinstance(leaf, Lonely | slice | type({}.keys())):
            continue
        assert exact_key(copy.deepcopy(leaf)) == exact_key(leaf)
        if not isinstance(leaf, slice | type({}.keys())):
            assert exact_key(pickle.loads(pickle.dumps(leaf))) == exact_key(leaf)


def test_private_attributes_tell_models_apart() -> None:
    one, other = Model(x=1), Model(x=1)
    other._own = 5
    assert exact_key(one) == exact_key(Model(x=1)) != exact_key(other)


class Unequal:
    """Not equal to anything, like NaN, and no number."""

    def __eq__(self, other: object) -> bool:
        return False

    def __hash__(self) -> int:
        return 1


class Opaque:
    """Nothing of it can be compared or taken apart."""

    __slots__ = ("x",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, x: Any) -> None:
        self.x = x

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("no copies")


@pytest.mark.parametrize("make", [lambda n: Unequal(), Opaque, lambda n: memoryview(bytearray([n]))])
def test_what_cannot_be_decided_is_told_apart_and_kept_alive(make: Callable[[Any], Any]) -> None:
    assert distinct(mapped_to(make, 1)).size == 50
    leaf = make(1)
    sweep = expand({"a": DynamicValue([make(0), leaf, make(2)])})
    assert distinct(sweep).size == 3
    assert sweep.index({"a": leaf}) == 1
    assert {"a": make(1)} not in sweep or isinstance(leaf, memoryview)
    keys = []
    for n in range(100):
        keys.append(exact_key([make(n)]))
        gc.collect(0)
    assert len({*keys}) == 100


arrays = of_numpy.arrays(
    st.sampled_from(["i4", "i8", "f4", "f8", "bool", "c16", "O"]),
    of_numpy.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=2),
    elements=st.sampled_from([0, 1]),
    fill=st.nothing(),
)


def told(leaf: np.ndarray[Any, Any]) -> str:
    return repr((leaf.dtype, leaf.shape, [(type(one).__name__, one) for one in leaf.ravel().tolist()]))


@examples(60)
@given(st.lists(arrays, max_size=8))
def test_distinct_arrays_are_those_that_are_told_differently(leaves: list[Any]) -> None:
    wanted = list({told(leaf): leaf for leaf in reversed(leaves)})[::-1]
    found = [told(config["a"]) for config in distinct([{"a": leaf} for leaf in leaves])]
    assert found == list(dict.fromkeys(map(told, leaves)))
    assert sorted(found) == sorted(wanted)
    for one in leaves:
        for other in leaves:
            same = one.shape == other.shape and np.array_equal(one, other)
            assert are_equal(one, other) == are_equal(Config({"a": one}), Config({"a": other})) == bool(same)
