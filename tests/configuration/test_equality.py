"""Equality of values: NaN equals itself, arrays are compared by content, hostile values by neither."""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np
import pytest

from spearmint_fp import Config
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
