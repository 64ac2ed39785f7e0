"""Paths: reading, setting, updating and removing what stands at one."""

from __future__ import annotations

import pickle
from typing import Any

import attrs
import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    PathError,
    TreeError,
    expand,
    get_in,
    remove_in,
    set_in,
    update_in,
)
from spearmint_fp.configuration.paths import drop_in, join_path, parse_path
from tests.configuration.trees import TREE


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("llm.model", "gpt-4"),
        ("layers.0", 64),
        ("layers.-1.n", 32),
        (("layers", 1, "n"), 32),
        ("s.rate", 0.1),
        ("s.sizes.1", 2),
        ("p.right.q", 2),
        ("p.0", 1),
        (("a.b", 3), "x"),
    ],
)
def test_values_are_found_and_set(path: Any, value: Any) -> None:
    assert get_in(path, TREE) == value
    changed = set_in(path, "new", TREE)
    assert get_in(path, changed) == "new"
    assert get_in(path, TREE) == value
    assert update_in(path, lambda found: [found], TREE) == set_in(path, (value,), TREE)
    assert set_in(path, value, changed) == Config(TREE)


def test_what_is_not_on_the_path_is_shared() -> None:
    c = Config(TREE)
    changed = set_in("llm.model", "b", c)
    assert changed.layers is c.layers
    assert changed.s is c.s
    assert list(changed) == list(c)


def test_records_on_the_way_are_made() -> None:
    assert set_in("a.b.c", 1, {}) == {"a": {"b": {"c": 1}}}
    assert set_in("a.b", 1, {"a": None}) == {"a": {"b": 1}}
    assert update_in("n", lambda n: (n or 0) + 1, {}) == {"n": 1}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("llm.modl", r"no 'modl' at llm; did you mean 'model'\?"),
        ("llm.model.x", r"no 'x' at llm\.model: there stands 'gpt-4' \(str\)"),
        ("layers.2", "no '2' at layers"),
        ("layers.x", "no 'x' at layers"),
        ("s.speed", "no 'speed' at s"),
        ("zzz", "no 'zzz' at the root"),
    ],
)
def test_a_missing_path_is_told_where_it_ends(path: str, message: str) -> None:
    for error in (KeyError, IndexError, PathError):
        with pytest.raises(error, match=message):
            get_in(path, TREE)


@pytest.mark.parametrize("path", ["llm.model.x", "layers.2", "s.speed", "layers.x"])
def test_what_cannot_be_set_is_an_error(path: str) -> None:
    with pytest.raises(PathError):
        set_in(path, 1, TREE)


@pytest.mark.parametrize("bad", [None, 1.5, {"a": 1}, b"a"])
def test_a_path_is_text_or_a_tuple(bad: Any) -> None:
    with pytest.raises(ArgumentError, match="a path is"):
        get_in(bad, TREE)


def test_choices_on_the_path() -> None:
    tree = {"opt": DynamicValue([{"lr": 1}, {"lr": 2, "m": 3}])}
    with pytest.raises(PathError, match="there stands a choice"):
        get_in("opt.lr", tree)
    assert list(expand(set_in("opt.lr", 9, tree))) == [{"opt": {"lr": 9}}, {"opt": {"lr": 9, "m": 3}}]
    swept = {"opt": expand({"lr": DynamicValue(range(10**20))})}
    assert expand(update_in("opt.lr", lambda lr: lr + 1, swept))[5].opt.lr == 6


def test_paths_and_their_keys_are_inverse() -> None:
    for path in [("a",), ("a", "b"), ("a.b", 3), ("", "x"), ()]:
        assert parse_path(join_path(path)) == path


def test_dropping_a_path() -> None:
    c = Config({"a": {"b": 1}, "c": 2})
    assert drop_in(("a", "b"), c, prune=True) == {"c": 2}
    assert drop_in(("a", "b"), c, prune=False) == {"a": {}, "c": 2}
    assert drop_in(("c",), c, prune=True) == {"a": {"b": 1}}
    assert drop_in(("x", "y"), c, prune=True) is c


def test_removing_a_path() -> None:
    c = Config({"a": {"b": 1}, "c": 2, "t": [1, {"x": 2, "y": 3}]})
    assert remove_in("a.b", c) == {"a": {}, "c": 2, "t": (1, {"x": 2, "y": 3})}
    assert remove_in("t.0", c)["t"] == ({"x": 2, "y": 3},)
    assert remove_in(("t", -1, "x"), c)["t"] == (1, {"y": 3})
    assert remove_in("a", c) == {"c": 2, "t": c.t}
    assert remove_in("a.new.deep", set_in("a.new.deep", 1, c)) == set_in("a.new", {}, c)
    for path, message in [
        ("a.c", r"no 'c' at a; there is: 'b'"),
        ("b", r"no 'b' at the root"),
        ("c.x", r"no 'x' at c: there stands 2 \(int\)"),
        ("", r"at least one step"),
        ("t.7", r"no '7' at t"),
    ]:
        with pytest.raises(PathError, match=message):
            remove_in(path, c)


def test_removing_a_path_from_choices() -> None:
    tree = {"opt": DynamicValue([{"name": "sgd", "m": DynamicValue([1, 2])}, {"name": "adam"}]), "n": DynamicValue([1])}
    assert list(expand(remove_in("opt.m", tree))) == [
        {"opt": {"name": "sgd"}, "n": 1},
        {"opt": {"name": "adam"}, "n": 1},
    ]
    assert remove_in("n", tree) == {"opt": tree["opt"]}
    with pytest.raises(PathError, match=r"cannot remove opt\.mm: no alternative at opt has it"):
        remove_in("opt.mm", tree)
    with pytest.raises(PathError, match="no alternative at n has it"):
        remove_in("n.x", tree)
    swept = {"opt": expand({"lr": DynamicValue(range(10**20)), "m": 1})}
    assert expand(remove_in("opt.m", swept))[5] == {"opt": {"lr": 5}}


@attrs.frozen
class Fixed:
    x: int


def test_a_field_of_a_class_is_not_removed() -> None:
    with pytest.raises(PathError, match=r"cannot remove a\.x: it is a field of a class"):
        remove_in("a.x", {"a": Fixed(1)})
    assert remove_in("a", {"a": Fixed(1)}) == {}
    assert remove_in("a.x.y", {"a": Fixed({"y": 1, "z": 2})}) == {"a": Fixed(Config({"z": 2}))}  # type: ignore[arg-type]


def test_odd_paths_and_functions_are_told_of() -> None:
    paths: list[Any] = [([1],), ({},)]
    for path in paths:
        with pytest.raises(ArgumentError, match="hashable keys"):
            get_in(path, Config({"a": 1}))
        with pytest.raises(ArgumentError, match="hashable keys"):
            set_in(path, 1, {})
    with pytest.raises(ArgumentError, match="as the function"):
        update_in("a", 5, {"a": 1})  # type: ignore[arg-type]
    with pytest.raises(TreeError, match="leads deeper than a tree may be"):
        set_in(("a",) * 5000, 1, {})


def test_misses_are_cheap_until_they_are_told() -> None:
    c = Config({f"key{k}": k for k in range(1000)})
    assert c.get("kex1") is None
    assert not hasattr(c, "kex1")
    with pytest.raises(PathError) as caught:
        c["kex1"]
    assert "did you mean 'key" in str(caught.value)
    assert "did you mean" in str(pickle.loads(pickle.dumps(caught.value)))
    with pytest.raises(PathError, match="there is: 1"):
        get_in("1", {1: 2})
