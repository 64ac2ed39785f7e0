"""Covering arrays: how many rows, in how much time of the processor, beside two libraries for pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from spearmint_fp import DynamicValue, constrain, covering, expand

from .measure import Row, worked

__all__ = ["ARRAYS", "designs"]

Levels = list[int]

ARRAYS: Final[dict[str, tuple[Levels, int]]] = {
    "3^4, pairs": ([3] * 4, 2),
    "3^13, pairs": ([3] * 13, 2),
    "3^13 with 12 constraints, pairs": ([3] * 13, 2),
    "4^15 3^17 2^29, pairs": ([4] * 15 + [3] * 17 + [2] * 29, 2),
    "4 3^39 2^35, pairs": ([4] + [3] * 39 + [2] * 35, 2),
    "2^100, pairs": ([2] * 100, 2),
    "10^20, pairs": ([10] * 20, 2),
    "2^20, triples": ([2] * 20, 3),
}

LONGEST_QUICK: Final = 13
"""Up to so many axes an array is made in a quick run, and by covertable, which takes minutes for more."""


def differ(one: int, other: int) -> bool:
    """The constraint on neighbouring axes, of a sweep with constraints."""
    return one != other


def _is_constrained(name: str) -> bool:
    return "constraints" in name


def _cover(name: str, levels: Levels, strength: int) -> int:
    sweep = expand({f"x{k}": DynamicValue(range(size)) for k, size in enumerate(levels)})
    for k in range(1, len(levels) if _is_constrained(name) else 0):
        sweep = constrain(differ, sweep, on=(f"x{k - 1}", f"x{k}"))
    return covering(strength, sweep).size


def _pair_all(name: str, levels: Levels, strength: int) -> int | None:
    if strength != 2:
        return None
    pairs = import_module("allpairspy").AllPairs
    holds = (lambda row: all(map(differ, row, row[1:]))) if _is_constrained(name) else (lambda _: True)
    return sum(1 for _ in pairs([[*range(size)] for size in levels], filter_func=holds))


def _tabulate(name: str, levels: Levels, strength: int) -> int | None:
    if len(levels) > LONGEST_QUICK:
        return None
    options: dict[str, Any] = {"strength": strength}
    if _is_constrained(name):
        options["pre_filter"] = lambda row: all(
            row[k - 1] != row[k] for k in range(1, len(levels)) if k in row and k - 1 in row
        )
    return len(import_module("covertable").make([[*range(size)] for size in levels], **options))


WAYS: Final[dict[str, Callable[[str, Levels, int], int | None]]] = {
    "spearmint_fp": _cover,
    "allpairspy": _pair_all,
    "covertable": _tabulate,
}


def designs(rounds: int) -> Iterator[Row]:
    """A row for each array and way that can make it; once each, as the same array takes the same time."""
    for name, (levels, strength) in ARRAYS.items():
        if rounds > 1 or len(levels) <= LONGEST_QUICK:
            for way in WAYS:
                yield from _measure(name, way, levels, strength)


def _measure(name: str, way: str, levels: Levels, strength: int) -> Iterator[Row]:
    if find_spec(way) is None:
        yield Row(f"{name}: {way}", None, "s", note="not installed")
        return
    found: list[int | None] = []
    seconds = worked(lambda: found.append(WAYS[way](name, levels, strength)))
    if found[0] is not None:
        yield Row(f"{name}: {way}", seconds, "s", note=f"{found[0]} configurations")
