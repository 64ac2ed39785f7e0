"""The fold: its order, its bounds, and the paths that its errors name."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from spearmint_fp import (
    ArgumentError,
    DynamicValue,
    TreeError,
    expand,
    freeze,
    thaw,
)
from spearmint_fp.configuration import fold as fold_module
from spearmint_fp.configuration.fold import Algebra, RefusedNodeError, fold, list_leaves, register_node
from spearmint_fp.configuration.records import TupleShape


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


@pytest.mark.slow
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


@pytest.mark.parametrize("length", [1, 2, 8, 9, 130])
@pytest.mark.parametrize("above", [0, 7, 60])
def test_a_cycle_is_named_where_it_closes(length: int, above: int) -> None:
    loop: dict[str, Any] = {}
    inside = loop
    for step in range(length - 1):
        inside[f"s{step}"] = inside = {"first": [{"leaf": 1}]}
    inside["again"] = loop
    tree: Any = loop
    for _ in range(above):
        tree = {"k": tree}
    start = ".".join(["k"] * above)
    closed = ".".join([*["k"] * above, *(f"s{step}" for step in range(length - 1)), "again"])
    with pytest.raises(TreeError) as caught:
        freeze(tree)
    assert f"contains itself: {closed} is the dict that stands at {start or 'the root'}. Cut" in str(caught.value)


def test_a_shared_part_is_no_cycle() -> None:
    part = {"n": DynamicValue([1, 2])}
    assert expand({"a": part, "b": part}).size == 4


class Pair:
    """A record of a class of one's own, which says how it is opened."""

    def __init__(self, left: Any, right: Any) -> None:
        self.left, self.right = left, right


def test_a_class_says_how_its_nodes_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(DynamicValue([1, 2]), {"a": 3})
    assert list_leaves([pair]) == [(("0",), pair)]
    monkeypatch.setattr(fold_module, "_OPENERS", {**fold_module._OPENERS})
    register_node(Pair, lambda node: (TupleShape(2), (node.left, node.right)))
    assert list_leaves([pair]) == [(("0", "0"), pair.left), (("0", "1", "a"), 3)]


def test_scalars_that_an_algebra_keeps_are_not_asked_about() -> None:
    seen: list[Any] = []
    keeping: Algebra[Any] = Algebra(seen.append, lambda _s, _n, parts: parts, lambda *_: None, keeps_scalars=True)
    marker = object()
    assert fold(keeping, {"a": [1, "x"], "b": {"c": marker, "d": None}}) == ((1, "x"), (None, None))
    assert seen == [marker]


def test_what_an_algebra_refuses_is_told_with_its_path() -> None:
    def refuse(value: Any) -> Any:
        raise RefusedNodeError(ArgumentError, f"{value!r} is refused")

    refusing: Algebra[Any] = Algebra(leaf=refuse, record=lambda *_: None, choice=lambda *_: None)
    with pytest.raises(ArgumentError, match=r"^a\.1\.b: 5 is refused$"):
        fold(refusing, {"a": [{}, {"b": 5, "c": ()}]})
    with pytest.raises(ArgumentError, match=r"^5 is refused$"):
        fold(refusing, 5)
