"""`DynamicValue`: how alternatives are read, and what a choice answers."""

from __future__ import annotations

import itertools
import pickle
from collections import UserString
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pydantic
import pytest

from spearmint_fp import (
    ChoiceError,
    Config,
    DynamicValue,
    SizeError,
    expand,
)
from spearmint_fp.configuration import choices as choices_module
from spearmint_fp.configuration.choices import holds_records


def test_iterables_are_read_once() -> None:
    def numbers() -> Iterator[int]:
        yield from (1, 2, 3)

    assert DynamicValue(numbers()).values == (1, 2, 3)
    assert DynamicValue({"a": 1}.keys()).values == ("a",)
    assert DynamicValue(map(str, range(2))).values == ("0", "1")
    assert DynamicValue(DynamicValue([1, 2])).values == (1, 2)
    assert list(DynamicValue([1, 2])) == [1, 2]
    assert len(DynamicValue([1, 2])) == 2


def test_ranges_are_kept() -> None:
    assert DynamicValue(range(10**30)).values == range(10**30)
    assert expand({"n": DynamicValue(range(10**30))}).size == 10**30


def test_arrays_give_python_scalars() -> None:
    values = DynamicValue(np.array([0.1, 0.5])).values
    assert values == (0.1, 0.5)
    assert {type(value) for value in values} == {float}
    assert DynamicValue(np.array([[1, 2], [3, 4]])).values == ((1, 2), (3, 4))
    with pytest.raises(ChoiceError, match="single value 5"):
        DynamicValue(np.array(5))


def test_sets_get_an_order_that_does_not_depend_on_the_process() -> None:
    assert DynamicValue({3, 1, 2}).values == (1, 2, 3)
    assert DynamicValue({"b", "a"}).values == ("a", "b")
    mixed = DynamicValue({"b", 1, None, (1, 2), frozenset({2, 1})}).values
    assert mixed == DynamicValue(frozenset({frozenset({1, 2}), (1, 2), None, 1, "b"})).values


@pytest.mark.parametrize(
    ("bad", "hint"),
    [
        ("gpt-4", r"DynamicValue\(\['gpt-4'\]\)"),
        (b"x", r"DynamicValue\(\[b'x'\]\)"),
        ({"a": 1}, r"DynamicValue\(\[\{'a': 1\}\]\)"),
        (5, r"DynamicValue\(\[5\]\)"),
        (None, r"DynamicValue\(\[None\]\)"),
    ],
)
def test_what_is_no_choice_is_told_with_what_was_meant(bad: Any, hint: str) -> None:
    with pytest.raises(TypeError, match=hint):
        DynamicValue(bad)


def test_a_sweep_is_a_choice_already() -> None:
    with pytest.raises(ChoiceError, match="put it into the tree without DynamicValue"):
        DynamicValue(expand({"a": DynamicValue([1])}))


def test_an_endless_iterable_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices_module, "MAX_ALTERNATIVES", 1000)
    with pytest.raises(SizeError, match=r"1000 values.*itertools\.islice"):
        DynamicValue(itertools.count())
    assert len(DynamicValue(list(range(2000)))) == 2000, "a sized one is as long as it says"


def test_a_generator_s_own_error_comes_through() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        DynamicValue(broken())


def test_choices_are_values() -> None:
    choice = DynamicValue([{"a": [1]}, 2])
    assert choice == DynamicValue(({"a": (1,)}, 2))
    assert hash(choice) == hash(DynamicValue([{"a": [1]}, 2]))
    assert pickle.loads(pickle.dumps(choice)) == choice
    assert repr(choice) == "DynamicValue(({'a': (1,)}, 2))"


def test_choices_answer_what_sequences_do() -> None:
    assert 5 in DynamicValue(range(10**30))
    assert 10.5 not in DynamicValue(range(10**30))
    assert DynamicValue(range(10**30))
    assert not DynamicValue([])
    with pytest.raises(OverflowError, match="more alternatives than len"):
        len(DynamicValue(range(10**30)))
    days = DynamicValue(np.array(["2020-01-01"], "datetime64[ns]")).values
    assert isinstance(days[0], np.datetime64)


def test_what_can_be_iterated_over_and_is_one_alternative_is_refused() -> None:
    class Model(pydantic.BaseModel):
        x: int = 1

    for one in (Model(), UserString("ab")):
        with pytest.raises(ChoiceError, match="For this one alternative write"):
            DynamicValue(one)


@pytest.mark.parametrize(
    ("tree", "holds"),
    [
        ({}, True),
        (Config({"a": [1]}), True),
        (SimpleNamespace(), False),
        (5, False),
        ([{"a": 1}], False),
        (DynamicValue([]), True),
        (DynamicValue(range(0)), True),
        (DynamicValue([{}, DynamicValue([{"a": 1}])]), True),
        (DynamicValue([{}, 5]), False),
        (DynamicValue([1, 2]), False),
        (DynamicValue(range(10**20)), False),
        (DynamicValue([{}, DynamicValue([1])]), False),
        (expand({"a": DynamicValue([1, 2])}), True),
        (expand(DynamicValue([])), True),
    ],
)
def test_records_and_choices_among_them_hold_records(tree: Any, holds: bool) -> None:
    assert holds_records(tree) is holds
