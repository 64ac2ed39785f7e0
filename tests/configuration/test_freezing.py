"""Freezing and thawing."""

from __future__ import annotations

from collections import OrderedDict, UserDict
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ChoiceError,
    Config,
    DynamicValue,
    TreeError,
    config_id,
    freeze,
    override,
    thaw,
)

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


class Point(NamedTuple):
    x: Any
    y: Any


@given(plain)
def test_freezing_and_thawing_are_inverse(tree: Any) -> None:
    frozen = freeze(tree)
    assert thaw(frozen) == tree
    assert freeze(thaw(frozen)) == frozen
    assert freeze(frozen) is frozen or not isinstance(tree, dict | list)


def test_thawed_containers_are_new() -> None:
    c = Config({"a": {"b": [1]}, "same": {"b": [1]}})
    thawed = thaw({"x": c.a, "y": c.a})
    thawed["x"]["b"].append(2)
    assert thawed["y"] == {"b": [1]}
    assert c.a.b == (1,)
    assert thaw(Config({"s": {1, 2}})) == {"s": {1, 2}}


@pytest.mark.parametrize("mapping", [OrderedDict(a=[1]), MappingProxyType({"a": [1]}), {"a": [1]}])
def test_every_mapping_becomes_a_config(mapping: Mapping[str, Any]) -> None:
    assert isinstance(freeze(mapping), Config)
    assert freeze(mapping) == {"a": (1,)}


def test_a_dict_that_changes_meanwhile_is_taken_as_it_was() -> None:
    tree: dict[Any, Any] = {}

    class Changing:
        def __hash__(self) -> int:
            if tree:  # asked again, after it has become a key
                tree["late"] = 2
            return 1

    tree[Changing()] = 1
    frozen = freeze(tree)
    assert "late" in tree
    assert [*frozen.values()] == [1]
    assert len(frozen) == len([*frozen]) == 1


def test_a_mapping_that_lacks_a_key_which_it_gives_is_refused() -> None:
    class Lacking(UserDict[str, Any]):
        def __iter__(self) -> Iterator[str]:
            return iter(["given"])

    for read in (freeze, thaw, config_id, lambda tree: override(tree, {})):
        with pytest.raises(TreeError, match=r"^a\.0: .*Lacking\) lacks a key that it gives: KeyError\('given'\)"):
            read({"a": [Lacking(b=1)]})
    assert Config({"b": 1}) != Lacking(b=1)


def test_leaves_are_shared_and_never_entered() -> None:
    leaf = object()
    array = np.arange(3)
    c = freeze({"a": [leaf], "b": array, "c": Point, "d": range(3), "e": "text"})
    assert c.a[0] is leaf
    assert c.b is array
    assert c.c is Point
    assert c.d == range(3)


def test_a_choice_inside_a_set_is_told_of() -> None:
    with pytest.raises(ChoiceError, match="a choice inside a set is not seen"):
        freeze({"a": {"x", DynamicValue([1, 2])}})
