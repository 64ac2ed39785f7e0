"""Constraints on positions, as diagrams over digits: those of a stretch, every one or every few.

They hold for the part of a sweep at a place, whose positions are the digits inside of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import gt, lt

from .diagrams import TRUE
from .digits import Digit, Digits
from .nodes.reordered import Place
from .predicates import Space


def join_positions(positions: range, place: Place, space: Space) -> int:
    """The diagram of the configurations of which the part at a place stands at these positions, or that have none."""
    inside, unit = space.digits.enter_place(place)
    ends = [(positions[0], gt), (positions[-1], lt)]
    beyond = [_join_beyond(inside, end * unit, is_beyond, space) for end, is_beyond in ends]
    root = space.diagrams.conjoin_all([*beyond, _join_congruent(inside, unit, positions, space)])
    return space.diagrams.disjoin(root, space.find_outside(place))


def _join_beyond(inside: Digits, end: int, is_beyond: Callable[[int, int], bool], space: Space) -> int:
    """The diagram of a position and of those beyond it."""
    root = TRUE
    for digit, value in reversed(list(inside.split_position(end))):
        domain = space.domains[digit.number]
        row = tuple([root if other == value else int(is_beyond(other, value)) for other in domain])
        root = space.diagrams.make_node(digit.number, row)
    return root


def _join_congruent(inside: Digits, unit: int, positions: range, space: Space) -> int:
    """The diagram of the positions that lie a multiple of the step from the first: a state for each remainder."""
    start, step = positions.start, positions.step

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

    return TRUE if step == 1 else join_items(inside.items, [int(k == start % step) for k in range(step)])[0]
