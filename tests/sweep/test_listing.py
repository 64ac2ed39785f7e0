"""Listing in blocks, against the list: from anywhere to anywhere, however little is kept."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, constrain, expand
from spearmint_fp.sweep import listing
from spearmint_fp.sweep.listing import RowLister, walk_runs
from spearmint_fp.sweep.nodes.record import Record
from tests.examples import examples

from ..oracle import exactly, tree_of
from .test_automata import Rule, constrained_specs, is_kept, make

some = examples(120)


@some
@given(constrained_specs(), st.data(), st.sampled_from([(128, 24, 1 << 16, 128), (2, 1, 8, 3), (5, 2, 1, 1)]))
def test_blocks_are_the_rows_in_order(
    case: tuple[Any, list[Any], list[Rule]], data: Any, bounds: tuple[int, int, int, int]
) -> None:
    spec, configs, rules = case
    if not rules or not configs or not isinstance(expand(tree_of(spec))._node, Record):
        return
    automaton = make(spec, rules)
    allowed = [k for k, config in enumerate(configs) if is_kept(rules, config)]
    start = data.draw(st.integers(0, len(allowed)))
    stop = data.draw(st.integers(0, len(allowed)))
    with pytest.MonkeyPatch.context() as patch:
        for name, bound in zip(("TAIL_ROWS", "TAIL_PARTS", "KEPT_ENTRIES", "BLOCK_ROWS"), bounds, strict=True):
            patch.setattr(listing, name, bound)
        lister = RowLister(automaton, len(spec), lambda _, offset: offset)
        assert [sum(row) for block in lister.walk_blocks(start, stop) for row in block] == allowed[start:stop]
        assert [sum(lister.find_row(rank)) for rank in range(len(allowed))] == allowed
        runs = list(walk_runs(lister.walk_blocks(start, stop)))
    assert [position for run in runs for position in run] == allowed[start:stop]
    assert all(one.stop < two.start for one, two in pairwise(runs)), "neighbours are joined"


@some
@given(constrained_specs(), st.data())
def test_a_slice_of_a_listing_is_the_slice(case: tuple[Any, list[Any], list[Rule]], data: Any) -> None:
    spec, configs, rules = case
    if not rules or not configs:
        return
    sweep = expand(tree_of(spec))
    for holds, on in rules:
        sweep = constrain(holds, sweep, on=on)
    expected = [exactly(config) for config in configs if is_kept(rules, config)]
    ends = st.none() | st.integers(-8, 12)
    cut = slice(data.draw(ends), data.draw(ends), data.draw(st.sampled_from([None, 2, 3, -1, -2])))
    assert [exactly(config) for config in sweep[cut]] == expected[cut]


def test_a_vast_listing_begins_at_once_anywhere() -> None:
    sweep: Any = expand({f"x{k}": DynamicValue(range(10)) for k in range(60)})
    for k in range(59):
        sweep = constrain(lambda a, b: a != b, sweep, on=(f"x{k}", f"x{k + 1}"))
    assert sweep.size == 10 * 9**59
    middle = sweep.size // 3
    assert list(islice(sweep[middle:], 300)) == [sweep[middle + k] for k in range(300)]


def test_equal_parts_of_rows_are_shared() -> None:
    sweep = expand({"a": DynamicValue(range(5)), "m": {"x": DynamicValue(range(3))}, "b": DynamicValue(range(5))})
    kept = list(constrain(lambda a, b: a < b, sweep, on=("a", "b")))
    assert len({id(config["m"]) for config in kept}) == 3
