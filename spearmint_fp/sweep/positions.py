"""Constraints on positions, as diagrams over digits: every few positions, or those of a stretch.

They hold for the part of a sweep at a place, whose positions are the digits inside of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import gt, lt

from .diagrams import TRUE
from .digits import Digit, Place
from .predicates import Space


def join_congruent(step: int, start: int, place: Place, space: Space) -> int:
    """The diagram of the positions in the part at a place that lie a multiple of `step` from `start`: few states."""
    inside, unit = space.digits.enter_place(place)

    def join_items(items: Sequence[Digit], after: list[int]) -> list[int]:
        """Per residue of what the digits before add to a position, the diagram from these digits on."""
        for digit in reversed(items):
            ends = [after] if digit.branches is None else [join_items(branch, after) for branch in digit.branches]
            values = [(digit.offsets[value] // unit, ends[value % len(ends)]) for value in space.domains[digit.number]]
            after = [
                space.diagrams.make_node(
                    digit.number, tuple([end[(residue + offset) % step] for offset, end in values])
                )
                for residue in range(step)
            ]
        return after

    root = join_items(inside.items, [int(residue == start % step) for residue in range(step)])[0]
    return _allow_outside(root, place, space)


def join_between(low: int, high: int, place: Place, space: Space) -> int:
    """The diagram of the positions in the part at a place from `low` to `high`, both included."""
    inside, unit = space.digits.enter_place(place)

    def join_beyond(end: int, is_beyond: Callable[[int, int], bool]) -> int:
        root = TRUE
        for digit, value in reversed(list(inside.split_position(end * unit))):
            domain = space.domains[digit.number]
            row = tuple([root if other == value else int(is_beyond(other, value)) for other in domain])
            root = space.diagrams.make_node(digit.number, row)
        return root

    return _allow_outside(space.diagrams.conjoin(join_beyond(low, gt), join_beyond(high, lt)), place, space)


def _allow_outside(root: int, place: Place, space: Space) -> int:
    """The diagram of which also the configurations are that lie in branches without a place."""
    for number, branch in reversed(space.digits.list_choosers(place)):
        row = tuple([root if other == branch else TRUE for other in space.domains[number]])
        root = space.diagrams.make_node(number, row)
    return root
