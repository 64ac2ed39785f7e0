"""The elimination tree: which later digits are tied together."""

from __future__ import annotations

from spearmint_fp import DynamicValue, expand
from spearmint_fp.sweep.digits import Question, read_digits
from spearmint_fp.sweep.elimination import EliminationTree

from .test_conjunction import axes


def test_digits_that_no_scope_connects_are_groups_of_their_own() -> None:
    node = axes("abcd", [0, 1])._node
    digits = read_digits(node, [Question((("a",), ("c",))), Question((("b",), ("d",)))])
    tree = EliminationTree(digits, [digits.find_scope(0), digits.find_scope(1)])
    assert tree.groups[tree.top] == (0, 1)
    below = [tree.inside[number] for number in range(4)]
    assert [tree.groups[group] for group in below if isinstance(group, int)] == [(2,), (3,), (), ()]
    assert [tree.find_home(tree.top, number) for number in range(4)] == [0, 1, 0, 1]


def test_each_branch_ties_later_digits_in_its_own_way() -> None:
    branches = DynamicValue([{"x": DynamicValue([1, 2])}, {"y": DynamicValue([1, 2])}])
    node = expand({"k": branches, "m": DynamicValue([1, 2]), "n": DynamicValue([1, 2])})._node
    questions = [Question((("k", "x"), ("m",))), Question((("k", "y"), ("n",)))]
    digits = read_digits(node, questions)
    tree = EliminationTree(digits, [digits.find_scope(0), digits.find_scope(1)])
    choice, m, n = digits.items
    groups = tree.inside[choice.number]
    assert isinstance(groups, list)
    (x,), (y,) = choice.parts
    assert [tree.groups[group] for group in groups] == [(x.number, n.number), (y.number, m.number)]
