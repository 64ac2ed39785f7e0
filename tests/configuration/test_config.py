"""`Config`: reading, equality, hash, copies, pickles, and the layout that configurations share."""

from __future__ import annotations

import copy
import math
import pickle
import re
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, runtime_checkable

import attrs
import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    FrozenError,
    MissingAttributeError,
    PathError,
    expand,
    set_in,
)
from spearmint_fp.configuration.config import Layout


class Point(NamedTuple):
    x: Any
    y: Any


def test_a_config_is_read_by_key_and_by_attribute() -> None:
    c = Config({"llm": {"model": "gpt-4"}, "items": 3, "a.b": 1, 7: "seven"})
    assert c["llm"]["model"] == c.llm.model == "gpt-4"
    assert c["items"] == 3
    assert callable(c.items)
    assert (c["a.b"], c[7]) == (1, "seven")
    assert list(c) == ["llm", "items", "a.b", 7]
    assert dict(c) == {"llm": {"model": "gpt-4"}, "items": 3, "a.b": 1, 7: "seven"}
    assert {**Config({"x": 1})} == {"x": 1}
    match c:
        case {"items": found}:
            assert found == 3


@pytest.mark.parametrize(
    "key", ["", "a.b", "é", "__class__", "items", "keys", "_cell", "config_id", 0, None, (1, 2), True]
)
def test_any_hashable_key_is_kept(key: Any) -> None:
    c = Config({key: "value"})
    assert c[key] == c.get(key) == "value"
    assert key in c
    assert pickle.loads(pickle.dumps(c)) == c
    (found,) = expand({key: DynamicValue([1])})
    assert found[key] == 1


def test_a_config_is_frozen() -> None:
    c: Any = Config({"a": [1, {"b": 2}], "s": {1}})
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        c.a = 5
    with pytest.raises(TypeError, match=re.escape("write config | {'a': 5} or set_in('a', value, config)")):
        c["a"] = 5
    with pytest.raises(FrozenError, match=re.escape("cannot delete 'a': a configuration is frozen. For another")):
        del c["a"]
    with pytest.raises(FrozenError, match=re.escape("cannot delete 'a.b': a configuration is frozen")):
        delattr(c, "a.b")
    error = pickle.loads(pickle.dumps(FrozenError("why " + "x" * 10_000)))
    assert error.args == (str(error),)
    assert len(str(error)) < 5_000
    assert c.a == (1, {"b": 2})
    assert c.s == frozenset({1})
    assert isinstance(c.a[1], Config)


def test_missing_keys_are_told_with_a_suggestion() -> None:
    c = Config({"temperature": 0.1, "model": "gpt-4"})
    with pytest.raises(KeyError, match="no key 'temprature'.*did you mean 'temperature'"):
        c["temprature"]
    with pytest.raises(AttributeError, match="did you mean 'model'"):
        _ = c.modle
    with pytest.raises(MissingAttributeError, match="there is: 'temperature', 'model'"):
        _ = c.zzz
    with pytest.raises(PathError, match="it is empty"):
        Config()["a"]
    assert not hasattr(c, "shape")
    assert c.get("zzz", 1) == 1


def test_an_attribute_is_the_key_of_each_configuration_by_itself() -> None:
    one, other = Config({"rate": 1, "kind": "a"}), Config({"rates": 2})
    assert [one.rate, one.rate, one.kind] == [1, 1, "a"]
    with pytest.raises(MissingAttributeError, match="no key 'rate'.*did you mean 'rates'"):
        _ = other.rate
    assert not hasattr(other, "kind")
    assert Config({"kind": 3, "rate": 4}).rate == 4
    match one:
        case Config(rate=1, kind=kind):
            assert kind == "a"
    assert not hasattr(Config, "__match_args__")  # a key has no position


@runtime_checkable
class Fits(Protocol):
    def fit(self) -> None: ...


def test_reading_a_key_leaves_the_class_as_it_was() -> None:
    before = {*vars(Config)}
    assert Config({"fit": 1, "_k": 2}).fit + Config({"_k": 2})._k == 3
    assert not isinstance(Config(), Fits)
    assert {*vars(Config)} == before


def test_its_own_keys_complete_it() -> None:
    c = Config({"rate": 1, "a b": 2, 7: 3})
    assert c.rate == 1
    assert {"rate", "a b", "config_id"} <= {*dir(c)}
    assert "rate" not in dir(Config())
    assert c._ipython_key_completions_() == ["rate", "a b", 7]


def test_equality_is_that_of_mappings() -> None:
    c = Config({"a": 1, "b": [1, {"c": 2}]})
    assert c == {"b": [1, {"c": 2}], "a": 1}
    assert c == {"b": (1, {"c": 2}), "a": 1}
    assert c == MappingProxyType({"a": 1, "b": [1, {"c": 2}]})
    assert c != {"a": 1}
    assert c != {"a": 1, "z": [1, {"c": 2}]}
    assert c != 5
    assert (c == [1]) is False
    cycle: dict[str, Any] = {"b": 1}
    cycle["a"] = cycle
    assert c != cycle
    assert Config({"a": 1}) != {"a": iter([1])}
    assert Config({"a": {"b": math.nan}}) != {"a": {"b": float("nan")}}
    assert Config({1: "x"}) == {True: "x"}
    assert Config({"a": 1, "b": 2}) != {"a": 1, "c": 2}


def test_hash_ignores_key_order_and_wants_hashable_leaves() -> None:
    assert hash(Config({"a": 1, "b": 2})) == hash(Config({"b": 2, "a": 1}))
    assert len({Config({"a": 1}), Config({"a": 1.0}), Config({"b": 1})}) == 2
    assert hash(-1) == hash(-2)  # keys that no hash puts in an order
    assert hash(Config({-1: "x", -2: "y"})) == hash(Config({-2: "y", -1: "x"}))
    assert hash(Config({1: "x"})) == hash(Config({True: "x"}))
    assert hash(Config()) == hash(Config({}))
    with pytest.raises(TypeError, match=r"not hashable: x\.y is bytearray"):
        hash(Config({"x": {"y": bytearray(b"1")}}))


def test_merging_is_overriding() -> None:
    c = Config({"a": {"x": 1}, "b": 2})
    assert c | {"a": {"y": 3}} == {"a": {"x": 1, "y": 3}, "b": 2}
    assert {"a": {"x": 0, "z": 0}} | c == {"a": {"x": 1, "z": 0}, "b": 2}
    with pytest.raises(TypeError):
        _ = c | 5  # type: ignore[operator]


def test_repr_reads_back() -> None:
    c = Config({"a": {"b": (1, {"c": "x"})}, 1: None, "p": Point(1, {"q": 2})})
    assert repr(c) == "Config({'a': {'b': (1, {'c': 'x'})}, 1: None, 'p': Point(x=1, y={'q': 2})})"
    assert eval(repr(c)) == c


def test_copies() -> None:
    leaf = bytearray(b"leaf")
    c = Config({"a": {"b": leaf}})
    assert copy.copy(c) is c
    deep = copy.deepcopy(c)
    assert deep == c
    assert deep.a.b is not leaf
    assert pickle.loads(pickle.dumps(c)) == c


@pytest.mark.parametrize("bad", [5, [("a", 1)], "a", DynamicValue([1])])
def test_config_takes_a_mapping(bad: Any) -> None:
    with pytest.raises(ArgumentError, match="Config takes a mapping; got"):
        Config(bad)


def test_configs_of_one_sweep_share_their_layout_and_static_parts() -> None:
    one, two = expand({"a": DynamicValue([1, 2]), "s": {"t": [1, 2]}})
    assert one.s is two.s
    assert one._cell[0] is two._cell[0]


def deep(levels: int, bottom: Any) -> Any:
    for _ in range(levels):
        bottom = {"k": bottom}
    return bottom


def test_layouts_are_shapes() -> None:
    layout = Layout(("a", "b"))
    config = layout.build((1, 2))
    assert layout.split(config) == layout.split({"b": 2, "a": 1}) == (1, 2)
    assert layout.split({"a": 1}) is None
    assert layout == Layout(("a", "b"))


def test_messages_are_cut_and_guarded() -> None:
    with pytest.raises(PathError) as caught:
        Config({"ab": 1})["x" * 10**6]
    assert len(str(caught.value)) < 300
    with pytest.raises(PathError, match="no key"):
        Config({"a": 1})[10**5000]
    assert list(reversed(Config({"a": 1, "b": 2}))) == ["b", "a"]


EARLIER = (
    b"\x80\x04\x95\x92\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x1fspearmint_fp.configuration.tree\x94\x8c\x0e_thawed_config"
    b"\x94\x93\x94h\x01\x8c\x06Layout\x94\x93\x94\x8c\x01a\x94\x8c\x01b\x94\x86\x94\x85\x94R\x94K\x01h\x03h\x05\x8c\x01c\x94"
    b"\x85\x94\x85\x94R\x94K\x02\x85\x94\x85\x94\x86\x94R\x94\x86\x94\x86\x94R\x94h\x01\x8c\x0cDynamicValue\x94\x93\x94K\x01K"
    b"\x02\x86\x94\x85\x94R\x94e."
)


def test_pickles_of_earlier_versions_open() -> None:
    assert pickle.loads(EARLIER) == [Config({"a": 1, "b": {"c": (2,)}}), DynamicValue([1, 2])]


def test_configurations_with_the_same_new_key_share_their_layout() -> None:
    one, other = (set_in("b", value, Config({"a": value})) for value in (1, 2))
    assert one._cell[0] is other._cell[0]
    apart = [set_in(key, 0, Config({"a": 1})) for key in (1, True)]
    assert [list(map(type, c)) for c in apart] == [[str, int], [str, bool]]
