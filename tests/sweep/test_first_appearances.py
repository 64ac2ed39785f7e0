"""First appearances, against the list of what has been there before."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, Sweep, constrain, expand
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.configuration.paths import find_in
from spearmint_fp.sweep import first_appearances
from spearmint_fp.sweep.allowed import Allowed
from spearmint_fp.sweep.first_appearances import find_firsts
from spearmint_fp.sweep.nodes.node import Node, SelectionOf
from tests.examples import examples

from ..oracle import predicate

some = examples(80)
NAMES = ["a", "b", "c", "d"]
PATHS = [("a",), ("b",), ("c",), ("d",), ("in", "a"), ("in", "k")]


def find_allowed(sweep: Sweep[Any]) -> Allowed:
    made = sweep._node.composition
    assert isinstance(made, SelectionOf)
    assert isinstance(made.indices, Allowed)
    return made.indices


@st.composite
def constrained(draw: st.DrawFn) -> Sweep[Any]:
    """A constrained product with repeated values and a record inside; constraints tie few or many of its axes."""
    values = st.lists(st.sampled_from([0, 1, 1.0, True, 2]), min_size=1, max_size=3)
    tree = {name: DynamicValue(draw(values)) for name in NAMES}
    records = [{"a": 1, "k": 2}, {"a": 1, "k": 3}, {"a": 2}, {"a": 1, "k": 2}]
    tree["in"] = DynamicValue(draw(st.lists(st.sampled_from(records), min_size=1, max_size=3)))
    sweep = expand(tree)
    for salt in range(draw(st.integers(1, 3))):
        on = draw(st.lists(st.sampled_from(PATHS[:5]), min_size=1, max_size=3, unique=True))
        sweep = constrain(predicate(salt, 2), sweep, on=on)
    return sweep


@some
@given(constrained(), st.lists(st.sampled_from(PATHS), min_size=1, max_size=4, unique=True))
def test_they_are_the_first_of_each_kind_in_order(sweep: Sweep[Any], paths: list[Any]) -> None:
    found = find_firsts(find_allowed(sweep), tuple(paths))
    first: dict[Any, Any] = {}
    for config in sweep:
        first.setdefault(tuple([tuple(map(exact_key, find_in(path, config))) for path in paths]), exact_key(config))
    if found is None:  # of a record whose other values are pinned, or of one that is taken in several ways
        assert any(path[0] == "in" for path in paths)
    else:
        assert list(map(exact_key, found.walk(0, found.size))) == list(first.values())
        assert [exact_key(found.at(k)) for k in range(found.size)] == list(first.values())


def count_firsts(sweep: Sweep[Any], *paths: Any) -> int | None:
    found: Node | None = find_firsts(find_allowed(sweep), paths)
    return None if found is None else found.size


def test_at_any_size_where_no_table_is_long() -> None:
    tree = {"n": DynamicValue(range(10**30)), **{f"x{k}": DynamicValue(range(10)) for k in range(20)}}
    sweep = constrain(lambda a, b: a < b, expand(tree), on=("x0", "x19"))
    assert count_firsts(sweep, ("x0",)) == 9
    assert count_firsts(sweep, ("n",), ("x19",), ("x5",)) == 9 * 10**31
    assert count_firsts(sweep, *[(f"x{k}",) for k in range(20)]) == 45 * 10**18


def test_where_only_listing_tells_it_says_so(monkeypatch: Any) -> None:
    branches = DynamicValue([{"name": "x", "k": DynamicValue([1, 2])}, {"name": "y"}])
    mixed = constrain(lambda name, n: (name, n) != ("x", 1), expand({"c": branches, "n": DynamicValue([1, 2])}),
                      on=("c.name", "n"))  # fmt: skip
    assert count_firsts(mixed, ("c", "name")) is None
    plain = constrain(lambda a, b: a != b, expand({n: DynamicValue([0, 0, 1]) for n in NAMES}), on=("a", "b"))
    assert count_firsts(plain, ("a",), ("c",)) == 4
    monkeypatch.setattr(first_appearances, "MOST_DIGITS", 1)
    assert count_firsts(plain, ("a",)) is None
    monkeypatch.undo()
    monkeypatch.setattr(first_appearances, "MOST_STEPS", 3)
    assert count_firsts(plain, ("b",)) is None
