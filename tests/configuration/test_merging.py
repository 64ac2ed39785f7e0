"""Merging: overriding, and the merge of records that share no path."""

from __future__ import annotations

from typing import Any

import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    PathError,
    expand,
    override,
)
from spearmint_fp.configuration.errors import ConflictError
from spearmint_fp.configuration.merging import merge_disjoint
from tests.configuration.trees import TREE, Pair, Settings


def test_the_patch_wins_deeply() -> None:
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 2}
    assert override({"a": {"y": [3]}, "c": {"d": 4}}, base) == {"a": {"x": 1, "y": (3,)}, "b": 2, "c": {"d": 4}}
    assert override({"a": 5}, base) == {"a": 5, "b": 2}
    assert override({"b": {"z": 1}}, base)["b"] == {"z": 1}
    assert list(override({"c": 0, "a": 1}, base)) == ["a", "b", "c"]
    assert override(7, base) == 7
    assert override({}, 7) == Config()


def test_typed_records_are_overridden_by_field() -> None:
    assert override({"s": {"rate": 2}}, TREE).s == Settings(2, (1, 2))
    assert override({"p": {"right": {"q": 9}}}, TREE).p == Pair(1, {"q": 9})
    with pytest.raises(PathError, match="no 'speed' at s; did you mean|there is"):
        override({"s": {"speed": 2}}, TREE)


def test_choices_are_patched_in_each_alternative_or_replaced() -> None:
    tree = {"llm": DynamicValue([{"m": "a"}, {"m": "b", "t": DynamicValue([1, 2])}]), "n": DynamicValue([1, 2])}
    assert [c.llm.k for c in expand(override({"llm": {"k": 5}}, tree))] == [5] * 6
    assert expand(override({"n": 3}, tree)).size == 3
    assert expand(override({"n": DynamicValue([1, 2, 3, 4])}, tree)).size == 12
    assert expand(override({"n": {"deep": 1}}, tree)).size == 3
    lazily = override({"llm": {"k": 5}}, {"llm": expand({"m": DynamicValue(range(10**20))})})
    assert expand(lazily)[10**19].llm == {"m": 10**19, "k": 5}


def test_alternatives_that_stand_for_nothing_stay_so_under_a_patch() -> None:
    nothing: DynamicValue[Any] = DynamicValue([])
    for empty in (nothing, DynamicValue([nothing]), {"z": nothing}, expand(nothing)):
        tree = {"a": DynamicValue([empty, {"b": 1}])}
        patch = {"a": {"z": 2}}
        assert (
            list(expand(override(patch, tree)))
            == [override(patch, c) for c in expand(tree)]
            == [{"a": {"b": 1, "z": 2}}]
        )


def test_merging_refuses_what_meets() -> None:
    assert merge_disjoint(Config({"a": {"x": 1}}), Config({"a": {"y": 2}, "b": 3})) == {"a": {"x": 1, "y": 2}, "b": 3}
    clashes: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"a": 1}, {"a": 1}),
        ({"a": {"x": 1}}, {"a": 2}),
        ({"a": [1]}, {"a": {"x": 1}}),
    ]
    for one, other in clashes:
        with pytest.raises(ConflictError, match="a is set twice"):
            merge_disjoint(Config(one), Config(other))
    for value in (1, [1], {"x": 1}, {}):
        assert (
            merge_disjoint(Config({"a": {}}), Config({"a": value}))
            == merge_disjoint(Config({"a": value}), Config({"a": {}}))
            == {"a": value}
        )
    with pytest.raises(ArgumentError, match="only records from mappings merge"):
        merge_disjoint(Config(), 5)


def test_patches_with_choices_keep_what_they_do_not_name() -> None:
    patch = {"opt": DynamicValue([{"lr": 1}, {"lr": DynamicValue([2, 3])}, 5])}
    tree = {"opt": {"name": "sgd", "lr": 0}}
    assert list(expand(override(patch, tree))) == [
        {"opt": {"name": "sgd", "lr": 1}},
        {"opt": {"name": "sgd", "lr": 2}},
        {"opt": {"name": "sgd", "lr": 3}},
        {"opt": 5},
    ]
    assert expand(override({"opt": expand({"lr": DynamicValue([1, 2])})}, tree))[1] == {"opt": {"name": "sgd", "lr": 2}}
