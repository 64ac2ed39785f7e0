"""Draws: the same for ever."""

from __future__ import annotations

from spearmint_fp.sweep.designs.draws import Draws


def test_the_numbers_of_a_seed_never_change() -> None:
    draws = Draws(7)
    assert [draws.draw_number(100) for _ in range(8)] == [32, 15, 65, 7, 53, 36, 5, 50]
    assert Draws(0).order("abcdef") == list("dfceba")


def test_few_are_all_and_many_are_some() -> None:
    assert Draws(1).draw_some("abc", 3) == "abc"
    some = Draws(1).draw_some(range(1000), 3)
    assert len(some) == 3
    assert set(some) <= set(range(1000))
