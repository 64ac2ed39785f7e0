"""Choices that a fold does not enter: found in objects of any class, and refused with their path, never passed over."""

from __future__ import annotations

import argparse
import dataclasses
import enum
import functools
import types
from collections import ChainMap, Counter, UserDict, UserList, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import attrs
import msgspec
import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    ChoiceError,
    DynamicValue,
    FormatError,
    Spearmint,
    expand,
    freeze,
    load,
    override,
    set_in,
    thaw,
)
from spearmint_fp.configuration.fold import Choice
from spearmint_fp.configuration.opaque import MAX_ENTERED, find_inside


class Struct(msgspec.Struct):
    x: object


class Untracked(msgspec.Struct, gc=False):
    x: object


class Model(pydantic.BaseModel):
    x: object


class Slots:
    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x


class Plain:
    def __init__(self, x: Any) -> None:
        self.x = x

    def method(self) -> None: ...


class Triple(tuple[Any, ...]):
    __slots__ = ()


@dataclasses.dataclass
class Late:
    """A field that `__init__` does not take is no part of the tree."""

    x: dataclasses.InitVar[Any]
    made: Any = dataclasses.field(init=False)

    def __post_init__(self, x: Any) -> None:
        self.made = x


@attrs.define
class Fixed:
    made: Any = attrs.field(init=False, factory=lambda: DynamicValue([1, 2]))


class Both(NamedTuple):
    x: Any


def closure(x: Any) -> Callable[[], Any]:
    return lambda: x


def default(x: Any) -> Callable[..., Any]:
    def function(x: Any = x, *, y: Any = (x,)) -> Any:
        return x, y

    return function


def member(x: Any) -> Any:
    return enum.Enum("Member", {"X": [x]}).X  # type: ignore[attr-defined]


HIDERS: dict[str, Callable[[Any], Any]] = {
    "Namespace": lambda x: argparse.Namespace(lr=x),
    "SimpleNamespace": lambda x: types.SimpleNamespace(a=x),
    "struct": Struct,
    "untracked struct": Untracked,
    "model": lambda x: Model(x=x),
    "deque": lambda x: deque([1, x]),
    "UserList": lambda x: UserList([x]),
    "partial": lambda x: functools.partial(print, 1, end=x),
    "array": lambda x: np.array([1, x, None], dtype=object),
    "matrix": lambda x: np.array([[1], [x]], dtype=object),
    "record array": lambda x: np.array([(1, x)], dtype=[("a", "i4"), ("b", "O")]),
    "Series": lambda x: pd.Series([1, x], dtype=object),
    "DataFrame": lambda x: pd.DataFrame({"a": [1, x]}, dtype=object),
    "set": lambda x: {1, x},
    "frozenset in a set": lambda x: {frozenset({(1, x)})},
    "key": lambda x: {x: 1},
    "tuple key": lambda x: {("a", x): 1},
    "slots": Slots,
    "object": Plain,
    "method": lambda x: Plain(x).method,
    "tuple of its own": lambda x: Triple((1, x)),
    "InitVar": Late,
    "member of an enum": member,
    "closure": closure,
    "default": default,
    "generator": lambda x: (each for each in [x]),
    "iterator": lambda x: iter([x]),
    "map": lambda x: map(str, [x]),
    "view": lambda x: {1: x}.values(),
    "error": ValueError,
    "property": lambda x: property(lambda _: x),
}
CHOICES = {"choice": DynamicValue([1, 2]), "sweep": expand({"a": DynamicValue([1, 2])})}
WAYS: dict[str, Callable[[Any], Any]] = {
    "expand": lambda leaf: expand({"k": {"a": [0, leaf]}}),
    "freeze": lambda leaf: freeze({"k": {"a": [0, leaf]}}),
    "alternative": lambda leaf: DynamicValue([{"k": {"a": [0, leaf]}}, {}]),
    "set_in": lambda leaf: set_in("other", {"k": {"a": [0, leaf]}}, {"n": 1}),
    "override": lambda leaf: override({"k": {"a": [0, leaf]}}, {"n": 1}),
    "configs": lambda leaf: Spearmint(configs=[{"k": {"a": [0, leaf]}}]),
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("hider", HIDERS)
def test_a_choice_is_expanded_or_refused_with_its_path(hider: str, choice: str) -> None:
    leaf = HIDERS[hider](CHOICES[choice])
    for way, call in WAYS.items():
        with pytest.raises(ChoiceError, match=r"k\.a\.1\b"):
            call(leaf if hider not in ("generator", "iterator", "map") else HIDERS[hider](CHOICES[choice]))
        assert way
    with pytest.raises((ChoiceError, ArgumentError)):  # a function or a frame is no tree at all
        expand(leaf)


def test_the_error_says_what_holds_it_and_what_to_do() -> None:
    says = (
        r"^llm: a choice inside a SimpleNamespace is not seen: namespace\(lr=DynamicValue\(\(1, 2\)\)\) holds "
        r"DynamicValue\(\(1, 2\)\)\. Put the choice into a dict, "
    )
    with pytest.raises(ChoiceError, match=says):
        expand({"llm": types.SimpleNamespace(lr=DynamicValue([1, 2]))})
    with pytest.raises(ChoiceError, match=r"a choice inside a set is not seen: .* among the sets themselves$"):
        expand({DynamicValue([1])})
    with pytest.raises(ChoiceError, match=r"^a: a choice in a key is not seen: "):
        expand({"a": {(1, DynamicValue([1])): 2}})
    with pytest.raises(ChoiceError, match=r"^x\.0: .* \(generator\) gives its values once"):
        expand({"x": [(n for n in range(3))]})


def test_a_file_that_hides_a_choice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("a: {? !sweep [1, 2] : 3}\n")
    with pytest.raises(FormatError, match=r"a\.yaml.*"):
        load(file)


ONCE = {"generator", "iterator", "map"}
CODE = {"closure", "default", "property"}
"""Functions keep data and choices, and of other objects one does not know which of them they use."""


@given(st.lists(st.sampled_from(sorted(HIDERS.keys() - ONCE - CODE)), min_size=1, max_size=3))
def test_however_deep_it_is_hidden(names: list[str]) -> None:
    leaf: Any = functools.partial(print, DynamicValue([1, 2]))
    for name in names:
        hashed = name in ("set", "frozenset in a set", "key", "tuple key")
        leaf = HIDERS[name](functools.partial(print, leaf) if hashed else leaf)
    with pytest.raises(ChoiceError):
        freeze({"a": leaf})


@pytest.mark.parametrize("hider", [name for name in HIDERS if name not in ("generator", "iterator", "map", "InitVar")])
def test_what_hides_no_choice_is_a_leaf_as_before(hider: str) -> None:
    leaf = HIDERS[hider]("text")
    frozen = freeze({"a": leaf})
    if hider not in ("set", "key", "tuple key"):
        assert frozen["a"] is leaf or thaw(frozen["a"]) == thaw(leaf)
    assert expand({"a": leaf, "n": DynamicValue([1, 2])}).size == 2


def test_a_field_that_is_computed_from_the_others_is_computed_again() -> None:
    @dataclasses.dataclass
    class Pair:
        one: Any
        both: Any = dataclasses.field(init=False)

        def __post_init__(self) -> None:
            self.both = ({"one": self.one}, self.one["lr"] if isinstance(self.one, dict) else self.one.lr)

    found = [pair.both[1] for pair in expand(Pair({"lr": DynamicValue([1, 2])}))]
    assert found == [1, 2]
    with pytest.raises(ChoiceError, match=r"^k: a choice inside a Fixed is not seen"):
        expand({"k": Fixed()})


@pytest.mark.parametrize("make", [UserDict, ChainMap, types.MappingProxyType, Counter])
def test_mappings_and_named_tuples_are_entered(make: Any) -> None:
    assert expand({"a": make({"lr": DynamicValue([1, 2])})}).size == 2
    assert expand(Both(DynamicValue([1, 2]))).size == 2


class Looked:
    """Code of its own that must not run."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)


def test_no_code_of_a_leaf_runs_and_large_ones_are_not_gone_through() -> None:
    assert find_inside(Choice, [Looked(), types.SimpleNamespace(a=Looked())]) is None
    large: UserList[Any] = UserList(range(10**6))
    assert find_inside(Choice, large) is None
    large.append(DynamicValue([1]))
    assert find_inside(Choice, large) is large[-1]
    assert find_inside(Choice, np.zeros(10**7)) is None


def test_what_is_entered_is_bounded() -> None:
    chain: Any = None
    for _ in range(3 * MAX_ENTERED):
        chain = [chain]
    loop: list[Any] = [chain]
    loop.append(loop)
    assert find_inside(Choice, deque(loop)) is None


def test_programs_are_no_data() -> None:
    """A function may find a sweep in its module or in an object, and a class or a module have one."""
    sweep = CHOICES["sweep"]
    names = {"sweep": sweep}
    exec("def uses(): return sweep", names)

    class Has:
        space = sweep

    held = Plain(sweep)
    for leaf in (names["uses"], Has, Has(), lambda: held.x, types.ModuleType("m"), print):
        assert expand({"a": leaf, "n": DynamicValue([1, 2])}).size == 2
