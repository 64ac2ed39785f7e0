"""Records of classes: taken apart, and rebuilt by their class."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import InitVar, dataclass, field
from typing import Any, NamedTuple

import attrs
import pytest

from spearmint_fp import Config, DynamicValue, expand, freeze
from spearmint_fp.configuration.records import MAX_DISPLAY, MappingShape


class Point(NamedTuple):
    x: Any
    y: Any


@attrs.frozen
class Settings:
    rate: Any
    _secret: Any = 0
    doubled: Any = attrs.field(init=False)
    renamed: Any = attrs.field(default=None, alias="other", kw_only=True)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "doubled", self.rate if isinstance(self.rate, DynamicValue) else self.rate * 2)


@dataclass
class Sizes:
    width: Any
    depth: Any = field(default=1, kw_only=True)
    area: Any = field(init=False, default=None)


@attrs.frozen
class Picky:
    layers: list[int] = attrs.field(validator=attrs.validators.instance_of(list))
    n: Any = 1


def test_attrs_instances_are_rebuilt_by_name() -> None:
    swept = Settings(DynamicValue([1, 2]), secret=DynamicValue(["ab"]), other=5)
    configs = list(expand(swept))
    assert configs == [Settings(1, "ab", other=5), Settings(2, "ab", other=5)]
    assert [c.doubled for c in configs] == [2, 4]
    assert expand(swept).axes == {"rate": (1, 2), "_secret": ("ab",)}


def test_dataclass_instances_are_rebuilt_by_name() -> None:
    swept = Sizes(DynamicValue([1, 2]), depth=DynamicValue([3]))
    assert list(expand(swept)) == [Sizes(1, depth=3), Sizes(2, depth=3)]
    assert list(expand({"sizes": swept}))[1].sizes == Sizes(2, depth=3)


def test_named_tuples_stay_what_they_are() -> None:
    assert list(expand(Point(DynamicValue([1, 2]), [3]))) == [Point(1, (3,)), Point(2, (3,))]
    assert type(expand(Point(DynamicValue([1]), 0))[0]) is Point


def test_a_static_typed_instance_is_shared() -> None:
    static = Settings(1)
    sweep = expand({"settings": static, "n": DynamicValue([1, 2])})
    assert all(c.settings is static for c in sweep)


def test_an_instance_whose_class_refuses_frozen_fields_stays_as_it_is() -> None:
    picky = Picky([1, 2])
    assert freeze({"p": picky}).p is picky
    assert [c.p for c in expand({"p": picky, "n": DynamicValue([1, 2])})] == [picky, picky]


def test_a_class_that_refuses_a_value_says_which() -> None:
    @attrs.frozen
    class Positive:
        n: Any

        def __attrs_post_init__(self) -> None:
            if isinstance(self.n, int) and self.n < 0:
                raise ValueError("negative")

    with pytest.raises(ValueError, match="negative") as caught:
        list(expand(Positive(DynamicValue([1, -1]))))
    assert "while building" in caught.value.__notes__[0]
    assert "n=-1" in caught.value.__notes__[0]


def test_a_class_that_insists_on_a_list_is_swept_in_another_field() -> None:
    assert list(expand(Picky([64, 64], DynamicValue([1, 2])))) == [Picky([64, 64], 1), Picky([64, 64], 2)]


def test_a_dataclass_that_cannot_be_made_again_is_a_leaf() -> None:
    @dataclass
    class Once:
        seed: InitVar[int]
        x: Any = None

    once = Once(3, [1])
    assert freeze({"o": once}).o is once


@pytest.mark.parametrize("length", [0, 1, 2, MAX_DISPLAY, MAX_DISPLAY + 1])
def test_a_shape_makes_dicts_of_any_length_in_order(length: int) -> None:
    makers: list[Callable[[int], Hashable]] = [str, int, lambda place: f"%s{place}'", lambda place: (place, True)]
    for make_key in makers:
        wanted = {make_key(place): place for place in range(length)}
        made = MappingShape(tuple(wanted)).make_dict(*wanted.values())
        assert list(made.items()) == list(wanted.items())
        assert made is not MappingShape(tuple(wanted)).make_dict(*wanted.values())
        assert repr(Config(wanted)) == f"Config({wanted!r})"
