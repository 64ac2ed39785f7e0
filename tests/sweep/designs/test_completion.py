"""Completion: what a few symbols still allow, against the list of all rows."""

from __future__ import annotations

from functools import reduce
from operator import or_

from spearmint_fp.sweep.designs.completion import Completion
from spearmint_fp.sweep.designs.draws import Draws
from spearmint_fp.sweep.designs.symbols import list_bits
from spearmint_fp.sweep.designs.tuples import list_subsets

from .spaces import list_rows, make_sweep, read_symbols


def test_the_partners_of_symbols_are_those_of_the_rows_that_have_them() -> None:
    symbols = read_symbols(2)
    completion, rows = Completion(symbols), list_rows(symbols)
    for size in (0, 1, 2, 3):
        for wanted in list_subsets((1 << symbols.count) - 1, size):
            beside = reduce(or_, (row for row in rows if not wanted & ~row), 0)
            assert completion.find_partners(wanted) == beside & ~wanted


def test_whatever_is_picked_the_configuration_is_allowed_and_has_what_is_wanted() -> None:
    symbols, draws = read_symbols(3), Draws(1)
    completion, rows, sweep = Completion(symbols), list_rows(symbols), make_sweep()
    for wanted in {some for row in rows for some in list_subsets(row, 3)}:
        chosen = completion.complete(wanted, lambda _, ways: draws.draw(ways), draws.order(completion.parts))
        row = symbols.join_symbols(chosen)
        assert row in rows
        assert not wanted & ~row
        assert 0 <= symbols.find_rank(chosen) < sweep.size


def test_a_change_of_one_value_is_allowed_where_the_row_is_there() -> None:
    symbols, draws = read_symbols(2), Draws(2)
    completion, rows = Completion(symbols), list_rows(symbols)
    seen = set()
    for row in rows:
        chosen = completion.complete(row & ~symbols.constant, lambda _, ways: draws.draw(ways), completion.parts)
        for digit, before in chosen.items():
            if symbols.automaton.digits.all[digit].branches is None:
                for k in range(len(symbols.brings[digit])):
                    changed = symbols.join_symbols({**chosen, digit: k})
                    assert completion.can_change(chosen, digit, k) == (changed in rows or k == before)
                    seen.add(changed in rows)
    assert seen == {False, True}
    assert any(len(list(list_bits(row))) != len(list(list_bits(min(rows)))) for row in rows)
