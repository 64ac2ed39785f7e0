"""Equality of values: NaN equals itself, arrays are compared by content, hostile values by neither."""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable
from typing import Any

import attrs
import numpy as np
import pytest

from spearmint_fp import Config, TreeError, thaw
from spearmint_fp.configuration.equality import are_equal, are_values_equal


@attrs.frozen
class Settings:
    rate: Any


class Hostile:
    def __eq__(self, other: object) -> bool:
        raise TypeError("not to be compared")

    __hash__ = None  # type: ignore[assignment]


SELF = Hostile()


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (math.nan, float("nan"), True),
        ((1, math.nan), (1, float("nan")), True),
        ((1, math.nan), (1,), False),
        (Settings(math.nan), Settings(float("nan")), True),
        (Settings(math.nan), Settings(1), False),
        (Config({"a": 1, "b": math.nan}), Config({"b": float("nan"), "a": 1}), True),
        (Config({"a": math.nan}), Config({"b": math.nan}), False),
        (np.array([1, 2]), np.array([1, 2]), True),
        (np.array([1, 2]), np.array([1, 3]), False),
        (np.array([1]), 1, False),
        (SELF, SELF, True),
        (SELF, Hostile(), False),
        (SELF, 1, False),
    ],
)
def test_values_are_equal_by_content(one: Any, other: Any, equal: bool) -> None:
    assert are_equal(one, other) is are_equal(other, one) is equal


def test_containers_compare_as_python_s_own_apart_from_arrays() -> None:
    nan = math.nan
    assert are_values_equal((1, nan), (1, nan))
    assert not are_values_equal((1, nan), (1, float("nan")))
    assert are_values_equal(((np.arange(3),),), ((np.arange(3),),))
    assert not are_values_equal((np.arange(3),), (np.arange(4),))


def test_what_is_too_deep_to_be_compared_is_an_error_and_not_unequal() -> None:
    def nest(end: Any) -> Config:
        tree: Any = {"end": end}
        for _ in range(99):
            tree = {"a": [tree]}
        return Config(tree)

    def loop() -> Config:
        inside = Settings(None)
        object.__setattr__(inside, "rate", around := Config({"a": inside}))
        return around

    def descend(calls: int, ask: Callable[[], object]) -> object:
        return descend(calls - 1, ask) if calls else ask()

    one, other = nest(1), nest(1)
    assert one == other
    assert one == thaw(other)
    assert one != nest(2)
    assert hash(one) == hash(other)
    calls, plain = sys.getrecursionlimit() - len(inspect.stack(0)) - 60, thaw(other)
    for ask in (lambda: one == other, lambda: one == plain):
        with pytest.raises(TreeError, match="cannot compare: the tree is nested too deeply for the stack"):
            descend(calls, ask)
    with pytest.raises(TreeError, match="cannot hash: the tree is nested too deeply for the stack"):
        descend(calls, lambda: hash(one))
    assert loop() != loop()


def test_each_pair_is_compared_once_at_every_level() -> None:
    def nest(end: Any) -> Config:
        tree: Any = end
        for _ in range(40):
            tree = {"list": [tree], "record": Settings((1,)), "array": np.arange(2)}
        return Config(tree)

    assert nest(1) == nest(1)
    assert nest(1) == thaw(nest(1))
    assert nest(1) != nest(2)
