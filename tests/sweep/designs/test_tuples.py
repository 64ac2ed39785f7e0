"""Tuples: those that occur, all of them, and how few rows can cover them."""

from __future__ import annotations

import pytest

from spearmint_fp import DynamicValue, SizeError, expand
from spearmint_fp.sweep.designs.symbols import list_bits
from spearmint_fp.sweep.designs.tuples import list_subsets

from .spaces import list_rows, read_tuples


@pytest.mark.parametrize("strength", [1, 2, 3, 4])
def test_the_tuples_are_those_of_all_rows(strength: int) -> None:
    tuples = read_tuples(strength)
    wanted = {some for row in list_rows(tuples.symbols) for some in list_subsets(row, strength)}
    found = {
        tuples.keys[key] | 1 << symbol for symbol, keys in enumerate(tuples.with_symbol) for key in list_bits(keys)
    }
    assert found == wanted
    assert tuples.size == len(wanted)


@pytest.mark.parametrize("strength", [1, 2, 3])
def test_the_keys_of_a_row_are_those_inside_it(strength: int) -> None:
    tuples = read_tuples(strength)
    for row in list_rows(tuples.symbols):
        keys = {tuples.keys[number] for number in list_bits(tuples.find_keys(row))}
        assert keys == set(list_subsets(row, strength - 1))
        for symbol in list_bits(row):
            with_it = {tuples.keys[n] for n in list_bits(tuples.find_keys_with(symbol, row ^ 1 << symbol))}
            assert with_it == {key for key in keys if key >> symbol & 1}


def test_no_array_has_fewer_rows_than_two_axes_have_pairs() -> None:
    sweep = expand({"a": DynamicValue(range(5)), "b": DynamicValue(range(4)), "c": DynamicValue(range(2))})
    assert [read_tuples(strength, sweep).count_least_rows() for strength in (1, 2, 3)] == [5, 20, 40]


def test_too_many_tuples_are_refused() -> None:
    with pytest.raises(SizeError, match="more than 300000 combinations of 3 values"):
        read_tuples(3, expand({f"x{k}": DynamicValue(range(9)) for k in range(20)}))
