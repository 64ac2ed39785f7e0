"""Sweeps as spaces of digits, and diagrams over these as lists of positions."""

from __future__ import annotations

from spearmint_fp.sweep.diagrams import TRUE, Diagrams
from spearmint_fp.sweep.digits import Digits, Question, read_digits
from spearmint_fp.sweep.nodes.node import Node, ProductOf, SumOf
from spearmint_fp.sweep.nodes.reordered import Place
from spearmint_fp.sweep.predicates import Space

WHOLE = Question(((),))


def open_space(node: Node, *questions: Question) -> Space:
    """All values of the digits that the questions need."""
    digits = read_digits(node, questions or (WHOLE,))
    domains = {digit.number: range(digit.size) for digit in digits.all}
    return Space(digits, Diagrams(), dict(domains), dict(domains))


def list_positions(root: int, space: Space) -> list[int]:
    """The positions that a diagram is true of: it never looks at a digit of a branch that a position is not in."""
    found = []
    for position in range(space.digits.size):
        values = {digit.number: value for digit, value in space.digits.split_position(position)}
        node = root
        while node > TRUE:
            node = space.diagrams.rows[node][values[space.diagrams.levels[node]]]
        if node:
            found.append(position)
    return found


def list_places(digits: Digits) -> list[Place]:
    """The places of all digits, and those on the way to them."""
    return sorted({digit.place[:end] for digit in digits.all for end in range(len(digit.place) + 1)})


def find_inside(node: Node, position: int, place: Place) -> int | None:
    """The position in the part at a place; None where a configuration lies in another branch."""
    for child in place:
        match node.composition:
            case ProductOf(parts=parts, weights=weights):
                node, position = parts[child], position // weights[child] % parts[child].size
            case SumOf(parts=parts, offsets=offsets):
                if not offsets[child] <= position < offsets[child + 1]:
                    return None
                node, position = parts[child], position - offsets[child]
    return position
