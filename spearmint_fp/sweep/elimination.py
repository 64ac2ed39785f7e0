"""The elimination tree of the author's order: how each digit ties later ones together.

Once a digit and those before it are fixed, the later ones fall into groups that no scope connects: these can be counted
apart, and their counts multiply. A group is named by its first digit, which is the root of a tree of groups again. In a
union each branch ties the later digits in its own way.

Source: Liu, "The role of elimination trees in sparse factorization" (1990); Dechter and Mateescu, "AND/OR search spaces
for graphical models" (2007).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import final

from .digits import Context, Digit, Digits


@final
class EliminationTree:
    """Groups of digits, numbered: `groups[g]` are the roots of the parts that a fixed digit leaves.

    `inside[n]` is the group below digit `n`, or a list of them, one per branch; `top` is the group of all digits.
    """

    def __init__(self, digits: Digits, scopes: Iterable[Sequence[int]]) -> None:
        self.groups: list[tuple[int, ...]] = []
        self.inside: dict[int, int | list[int]] = {}
        self._digits = digits
        self._ups: list[dict[int, int]] = []  # per group, the parent of each later root
        self._homes: list[dict[int, int]] = []
        self._ties: dict[int, set[int]] = {}
        for scope in scopes:
            self._tie(scope)
        up = self._arrange(digits.items, {})
        self.top = self._add_group([digit.number for digit in digits.items if digit.number not in up], up)

    def find_home(self, group: int, number: int) -> int:
        """The number of the part of a group that a digit is in."""
        known, roots, up = self._homes[group], self.groups[group], self._ups[group]
        if number not in known:
            root = number
            while root not in roots:
                root = up[root] if root in up else self._digits.all[root].context[-1][0]
            known[number] = roots.index(root)
        return known[number]

    def _tie(self, scope: Sequence[int]) -> None:
        """Tie each digit of a scope to the next one that a configuration can have beside it."""
        # ties are transitive, so one to the next digit is enough; digits of other branches are never there together
        latest: dict[Context, int] = {}
        for number in reversed(scope):
            context = self._digits.all[number].context
            later = [latest[context[:k]] for k in range(len(context) + 1) if context[:k] in latest]
            if later:
                self._ties.setdefault(number, set()).add(min(later))
            latest[context] = number

    def _arrange(self, items: Sequence[Digit], outer: dict[int, int]) -> dict[int, int]:
        """Add the groups below each digit, last to first; the result has the root that each root came to lie below."""
        up = dict(outer)
        for digit in reversed(items):
            tied = self._ties.get(digit.number, set())
            if digit.branches is None:
                below = {_find_root(up, number) for number in tied}
                self.inside[digit.number] = self._add_group(below, up)
            else:
                # what is tied to the choice itself and stands behind it is tied to whichever branch is taken
                outside = [number for number in tied if number > digit.last]
                self.inside[digit.number] = [self._arrange_branch(branch, outside, up) for branch in digit.branches]
                below = {_find_root(up, number) for number in outside}
            up.update(dict.fromkeys(below, digit.number))
        return up

    def _arrange_branch(self, items: Sequence[Digit], outside: Iterable[int], outer: dict[int, int]) -> int:
        up = self._arrange(items, outer)
        own = {digit.number for digit in items if digit.number not in up}
        return self._add_group(own | {_find_root(up, number) for number in outside}, up)

    def _add_group(self, roots: Iterable[int], up: dict[int, int]) -> int:
        self.groups.append(tuple(sorted(roots)))
        self._ups.append(up)
        self._homes.append({})
        return len(self.groups) - 1


def _find_root(up: dict[int, int], number: int) -> int:
    while number in up:
        number = up[number]
    return number
