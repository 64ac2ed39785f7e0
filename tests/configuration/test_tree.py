"""Trees: records, choices, the fold, freezing and thawing."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections import OrderedDict, UserString
from collections.abc import Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs
import numpy as np
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    ChoiceError,
    Config,
    DynamicValue,
    MissingAttributeError,
    PathError,
    SizeError,
    TreeError,
    expand,
    freeze,
    thaw,
)
from spearmint_fp.configuration import choices as choices_module
from spearmint_fp.configuration.config import Layout
from spearmint_fp.configuration.fold import Algebra, fold, list_leaves

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


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


# --- Config ----------------------------------------------------------------------------------------


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
    with pytest.raises(TypeError):
        c["a"] = 5
    assert c.a == (1, {"b": 2})
    assert c.s == frozenset({1})
    assert type(c.a[1]) is Config


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


def test_hash_ignores_key_order_and_wants_hashable_leaves() -> None:
    assert hash(Config({"a": 1, "b": 2})) == hash(Config({"b": 2, "a": 1}))
    assert len({Config({"a": 1}), Config({"a": 1.0}), Config({"b": 1})}) == 2
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


# --- freeze and thaw -----------------------------------------------------------------------------------


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
    assert type(freeze(mapping)) is Config
    assert freeze(mapping) == {"a": (1,)}


def test_leaves_are_shared_and_never_entered() -> None:
    leaf = object()
    array = np.arange(3)
    c = freeze({"a": [leaf], "b": array, "c": Point, "d": range(3), "e": "text"})
    assert c.a[0] is leaf
    assert c.b is array
    assert c.c is Point
    assert c.d == range(3)


# --- typed records ---------------------------------------------------------------------------------------


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


# --- DynamicValue --------------------------------------------------------------------------------------


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


# --- the fold --------------------------------------------------------------------------------------------


def test_children_come_before_parents_in_author_order() -> None:
    seen: list[str] = []

    def note(text: str, short: str) -> str:
        seen.append(text)
        return short

    algebra: Algebra[str] = Algebra(
        leaf=lambda leaf: note(str(leaf), str(leaf)),
        record=lambda _shape, _node, parts: note("(" + "".join(parts) + ")", "r"),
        choice=lambda _node, parts: note("[" + "".join(parts) + "]", "c"),
    )
    fold(algebra, {"a": 1, "b": [2, {}], "c": DynamicValue([{"d": 3}, 4]), "e": DynamicValue([5])})
    assert seen == ["1", "2", "()", "(2r)", "3", "(3)", "4", "[r4]", "[]", "(1rcc)"]


def deep(levels: int, bottom: Any) -> Any:
    for _ in range(levels):
        bottom = {"k": bottom}
    return bottom


@pytest.mark.parametrize("bottom", [1, DynamicValue([1, 2]), DynamicValue(range(1000))])
def test_two_hundred_levels_work_whole(bottom: Any) -> None:
    sweep = expand(deep(200, bottom))
    first = next(iter(sweep))
    assert sweep.index(sweep[-1]) == sweep.size - 1
    assert pickle.loads(pickle.dumps(sweep)) == sweep
    assert pickle.loads(pickle.dumps(first)) == copy.deepcopy(first) == thaw(first) == first
    assert hash(first) == hash(sweep[0])
    assert repr(first).count("'k'") == 200
    assert len(list_leaves(first)[0][0]) == 200
    assert len(repr(sweep)) < 100


def test_axes_and_branches_at_every_level_work_whole() -> None:
    axes: Any = DynamicValue([1, 2])
    branches: Any = {"x": 1}
    for _ in range(99):
        axes = {"a": DynamicValue([1, 2]), "k": axes}
        branches = {"k": DynamicValue([branches, 5])}
    wide, conditional = expand(axes), expand(branches)
    assert wide.size == 2**100
    assert [wide.index(c) for c, _ in zip(wide, range(300), strict=False)] == list(range(300))
    assert conditional.size == 100
    assert [conditional.index(c) for c in conditional] == list(range(100))


@pytest.mark.parametrize("levels", [201, 5000, 100_000])
def test_deeper_is_an_error_with_a_path(levels: int) -> None:
    with pytest.raises(TreeError, match=r"deeper than 200 at k\.k\.k"):
        freeze(deep(levels, 1))
    with pytest.raises(ValueError, match="deeper than 200"):
        expand({"a": DynamicValue([deep(levels, DynamicValue([1]))])})


def test_cycles_are_errors_with_a_path() -> None:
    loop: list[Any] = [1]
    loop.append({"again": loop})
    with pytest.raises(TreeError, match=r"x\.1\.again is the list that stands at x"):
        freeze({"x": loop})


def test_a_shared_part_is_no_cycle() -> None:
    part = {"n": DynamicValue([1, 2])}
    assert expand({"a": part, "b": part}).size == 4


def test_layouts_are_shapes() -> None:
    layout = Layout(("a", "b"))
    config = layout.build((1, 2))
    assert layout.split(config) == layout.split({"b": 2, "a": 1}) == (1, 2)
    assert layout.split({"a": 1}) is None
    assert layout == Layout(("a", "b"))


# --- what hostile testing found ----------------------------------------------------------------------------


def test_a_class_that_insists_on_a_list_is_swept_in_another_field() -> None:
    assert list(expand(Picky([64, 64], DynamicValue([1, 2])))) == [Picky([64, 64], 1), Picky([64, 64], 2)]


def test_a_dataclass_that_cannot_be_made_again_is_a_leaf() -> None:
    @dataclass
    class Once:
        seed: InitVar[int]
        x: Any = None

    once = Once(3, [1])
    assert freeze({"o": once}).o is once


def test_a_choice_inside_a_set_is_told_of() -> None:
    with pytest.raises(ChoiceError, match="a choice inside a set is not seen"):
        freeze({"a": {"x", DynamicValue([1, 2])}})


def test_choices_answer_what_sequences_do() -> None:
    assert 5 in DynamicValue(range(10**30))
    assert 10.5 not in DynamicValue(range(10**30))
    assert DynamicValue(range(10**30))
    assert not DynamicValue([])
    with pytest.raises(OverflowError, match="more alternatives than len"):
        len(DynamicValue(range(10**30)))
    days = DynamicValue(np.array(["2020-01-01"], "datetime64[ns]")).values
    assert isinstance(days[0], np.datetime64)


def test_messages_are_cut_and_guarded() -> None:
    with pytest.raises(PathError) as caught:
        Config({"ab": 1})["x" * 10**6]
    assert len(str(caught.value)) < 300
    with pytest.raises(PathError, match="no key"):
        Config({"a": 1})[10**5000]
    assert list(reversed(Config({"a": 1, "b": 2}))) == ["b", "a"]


def test_what_can_be_iterated_over_and_is_one_alternative_is_refused() -> None:
    class Model(pydantic.BaseModel):
        x: int = 1

    for one in (Model(), UserString("ab")):
        with pytest.raises(ChoiceError, match="For this one alternative write"):
            DynamicValue(one)
