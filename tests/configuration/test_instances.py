"""A patch reaches into instances of any class and keeps what it does not name, or says that it cannot."""

from __future__ import annotations

import argparse
import dataclasses
import enum
import types
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypedDict

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    Config,
    ConflictError,
    ConversionError,
    DynamicValue,
    PathError,
    derive,
    expand,
    freeze,
    get_in,
    override,
    product,
    set_in,
    update_in,
)


class Inner(pydantic.BaseModel):
    q: int = 1
    r: int = 2


class Model(pydantic.BaseModel):
    x: int
    y: int
    z: Any = None
    inner: Inner = Inner()


class Frozen(pydantic.BaseModel, frozen=True, extra="allow", strict=True):
    x: int = pydantic.Field(alias="the x")
    y: int = pydantic.Field(validation_alias=pydantic.AliasPath("ys", 0))
    z: Any = None
    sizes: tuple[int, ...] = ()


class Swapped(pydantic.BaseModel):
    x: int = pydantic.Field(alias="y")
    y: int = pydantic.Field(alias="x")
    z: Any = None


class Struct(msgspec.Struct, rename="camel", tag="s", array_like=True, frozen=True):
    x: Annotated[int, msgspec.Meta(le=100)]
    y: int
    z: Any = None


class Open(msgspec.Struct, dict=True):
    x: int
    y: int
    z: Any = None

    @cached_property
    def twice(self) -> int:
        return 2 * self.x


@attrs.frozen
class Attrs:
    x: int
    y: int
    z: Any = None


@dataclasses.dataclass
class Data:
    x: int
    y: int
    z: Any = None


@pydantic.dataclasses.dataclass
class PydanticData:
    x: int
    y: int
    z: Any = None


class Named(NamedTuple):
    x: int
    y: int
    z: Any = None


class Typed(TypedDict):
    x: int
    y: int
    z: Any


MERGED: dict[str, Callable[..., Any]] = {
    "pydantic": lambda x, y, z: Model(x=x, y=y, z=z),
    "pydantic, frozen": lambda x, y, z: Frozen.model_validate({"the x": x, "ys": [y], "z": z, "more": 7}),
    "pydantic, swapped": lambda x, y, z: Swapped(x=y, y=x, z=z),
    "pydantic dataclass": PydanticData,
    "msgspec": Struct,
    "msgspec, open": Open,
    "attrs": Attrs,
    "dataclass": Data,
    "named tuple": Named,
    "typed dict": lambda x, y, z: Typed(x=x, y=y, z=z),
}


@dataclasses.dataclass
class Needing:
    x: int
    y: int = 2
    more: dataclasses.InitVar[int] = 0


class Plain:
    def __init__(self) -> None:
        self.x, self.y = 1, 2


class Slots:
    __slots__ = ("x", "y")


LOST: dict[str, Any] = {
    "namespace": types.SimpleNamespace(x=1, y=2),
    "arguments": argparse.Namespace(x=1, y=2),
    "object": Plain(),
    "slots": Slots(),
    "a dataclass that cannot be made again": Needing(1),
    "an attrs instance that is not whole": object.__new__(Attrs),
}


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize("kind", MERGED)
@given(x=st.integers(0, 50), y=st.integers(0, 50), new=st.integers(0, 50), name=st.sampled_from("xy"))
def test_a_patch_loses_nothing_that_it_does_not_name(kind: str, x: int, y: int, new: int, name: str) -> None:
    make = MERGED[kind]
    tree = {"a": {"m": make(x, y, "kept")}, "other": 1}
    wanted = {"a": {"m": make(**{"x": x, "y": y, "z": "kept", name: new})}, "other": 1}
    before = freeze(tree)
    patched = override({"a": {"m": {name: new}}}, tree)
    assert patched == wanted
    assert type(patched.a.m) is type(freeze(wanted).a.m)
    assert Config(tree) | {"a": {"m": {name: new}}} == wanted
    assert set_in(f"a.m.{name}", new, tree) == wanted
    assert update_in(f"a.m.{name}", lambda _: new, tree) == wanted
    assert get_in(f"a.m.{name}", patched) == new
    assert get_in("a.m.z", patched) == "kept"
    assert override({"a": {"m": {}}}, tree) == tree == before
    assert list(derive(f"a.m.{name}", lambda _: new, expand(tree))) == [wanted]


@pytest.mark.parametrize("kind", MERGED)
def test_in_each_alternative_and_for_each_of_a_choice_of_patches(kind: str) -> None:
    make = MERGED[kind]
    choice = {"m": DynamicValue([make(1, 2, None), make(3, 4, None)])}
    assert list(expand(override({"m": {"x": 9}}, choice))) == [{"m": make(9, 2, None)}, {"m": make(9, 4, None)}]
    assert list(expand(set_in("m.x", 9, choice))) == [{"m": make(9, 2, None)}, {"m": make(9, 4, None)}]
    patch = {"m": DynamicValue([{"x": 8}, {"y": 9}])}
    both = [{"m": make(8, 2, None)}, {"m": make(1, 9, None)}]
    assert list(expand(override(patch, {"m": make(1, 2, None)}))) == both


@pytest.mark.parametrize("kind", LOST)
def test_what_cannot_be_made_again_is_refused_by_name(kind: str) -> None:
    for tree in ({"a": {"m": LOST[kind]}}, {"a": {"m": DynamicValue([5, LOST[kind]])}}):
        with pytest.raises(PathError, match=r"cannot merge into a\.m: there stands .* would be lost"):
            override({"a": {"m": {"x": 9}}}, tree)
    assert override({"a": {"m": 5}}, {"a": {"m": LOST[kind]}}) == {"a": {"m": 5}}


@pytest.mark.parametrize("value", [5, "text", None, Path("a"), Colour.RED, len, Plain, (1, 2), DynamicValue([1, 2])])
def test_values_are_replaced_as_before(value: Any) -> None:
    assert override({"m": {"x": 9}}, {"m": value}) == {"m": {"x": 9}}


@pytest.mark.parametrize(
    ("value", "patch", "says"),
    [
        (Model(x=1, y=2), {"x": "no"}, r"^a\.m: Model refuses x='no': (?s:.*)valid integer"),
        (Model(x=1, y=2), {"inner": {"q": "no"}}, r"^a\.m\.inner: Inner refuses q='no'"),
        (Model(x=1, y=2), {"x": DynamicValue([1, 2])}, r"^a\.m: Model cannot hold a choice: x=.* of each Model$"),
        (Struct(1, 2), {"x": 101}, r"^a\.m: Struct refuses x=101: Expected `int` <= 100"),
        (Struct(1, 2), {"y": "2"}, r"^a\.m: Struct refuses y='2': "),
    ],
)
def test_its_class_refuses_with_the_path(value: Any, patch: Any, says: str) -> None:
    with pytest.raises(ConversionError, match=says) as caught:
        override({"a": {"m": patch}}, {"a": {"m": value}})
    assert len(str(caught.value)) < 1000


def test_unknown_names_and_products_are_refused() -> None:
    for value in (Model(x=1, y=2), Struct(1, 2)):
        with pytest.raises(PathError, match=r"no 'w' at m; there is: 'x', 'y', 'z'"):
            override({"m": {"w": 1}}, {"m": value})
        with pytest.raises(ConflictError, match="m is set by sweep 0 and by sweep 1"):
            product(expand({"m": value}), expand({"m": {"x": 1}}))


def test_what_an_instance_holds_besides_its_fields() -> None:
    model = Frozen.model_validate({"the x": 1, "ys": [2], "more": 7})
    patched = set_in("m", model, {})
    more = override({"m": {"more": 8, "sizes": (1, 2)}}, patched).m
    assert (more.x, more.y, more.sizes, more.model_extra) == (1, 2, (1, 2), {"more": 8})
    assert override({"m": {"x": 3}}, {"m": Model(x=1, y=2)}).m.model_fields_set == {"x", "y"}
    struct: Any = Open(1, 2)
    struct.own, _ = "kept", struct.twice
    changed = set_in("m.x", 5, {"m": struct}).m
    assert (changed.own, changed.twice, struct.twice) == ("kept", 10, 2)
    root = pydantic.RootModel[dict[str, int]]({"x": 1, "y": 2})
    assert override({"m": {"root": {"x": 9}}}, {"m": root}).m.root == {"x": 9, "y": 2}


class _Remembers(pydantic.BaseModel):
    x: int = 0
    y: int = 0
    _note: str = pydantic.PrivateAttr(default="")
    _double: int = pydantic.PrivateAttr(default=0)

    def model_post_init(self, _: Any) -> None:
        self._double = 2 * self.x


def test_private_attributes_of_a_model_are_kept_and_those_that_follow_from_fields_are_computed() -> None:
    model = _Remembers(x=1, y=2)
    model._note = "kept"
    for changed in (override({"m": {"x": 9}}, {"m": model}), set_in("m.x", 9, {"m": model})):
        assert (changed["m"].x, changed["m"].y, changed["m"]._note, changed["m"]._double) == (9, 2, "kept", 18)
