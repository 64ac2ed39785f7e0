"""Diagrams joined into one: every digit of a sweep, and which configurations all constraints allow.

The conjunction is an and/or diagram over the elimination tree. A choice node is a digit and a row, which gives for each
value the node of what is left; a product node holds one node per group of digits that are independent from there on.
Equal nodes are one.

Two ways build it, and each is slow where the other is quick. From the last digit upwards it makes states that no
configuration reaches (all-different over 12 axes: 362,562 nodes for 4,095); from the first digit downwards it explores
states from which no configuration is left (ten queens). They take turns, a slice of steps each, until one is done.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterable, Mapping, Sequence
from typing import Any, Final, cast, final

from .diagrams import FALSE, TRUE, Diagrams, Row
from .digits import Digit, Digits
from .elimination import EliminationTree

TURN_STEPS: Final = 1_000
"""After so many steps one way of building lets the other go on; a step is a value of a digit that is looked at."""

UPWARD_STEP_COST: Final = 4
"""How many steps downwards take the time of one upwards."""

MOST_STEPS: Final = 1_500_000
"""After so many steps of each a conjunction is refused: some seconds, and some hundred megabytes."""

_EMPTY: Final[Mapping[int, int]] = {}

_DEAD: Final = -1
"""Instead of a set of residuals: no configuration is left."""

Turns = Generator[None, None, int]
"""A way of building, that yields where the other way may go on, and returns the root."""

_Masks = tuple[int, tuple[int, ...]]
"""The number of a digit, and sets of its values as bits."""


class OutOfSteps(Exception):  # noqa: N818  # an event, of which `constraints` makes an error
    """A conjunction takes too many steps: at the digit `number`, where the open constraints reach `open_digits`."""

    def __init__(self, number: int, open_digits: frozenset[int]) -> None:
        super().__init__(number, open_digits)
        self.number = number
        self.open_digits = open_digits


@final
class Conjunction:
    """The nodes of an and/or diagram: `axes[n]` is the digit of a choice node, `rows[n]` its children by value.

    The axis of a product node is negative, `~group`, and its row has a child per root of that group. The row of a digit
    that nothing constrains is None: every value of it leads to the end of its group. Children have smaller numbers.
    """

    def __init__(self) -> None:
        self.axes = [-1, -1]
        self.rows: list[Row | None] = [(), ()]
        self.root = FALSE
        self._numbers: dict[tuple[int, Row | None], int] = {}

    def make_choice(self, digit: int, row: Row) -> int:
        return self._make_node(digit, row) if any(row) else FALSE

    def make_free(self, digit: Digit) -> int:
        return self._make_node(digit.number, None) if digit.size else FALSE

    def make_product(self, group: int, children: Row) -> int:
        if not all(children):
            return FALSE
        if len(children) < 2:
            return children[0] if children else TRUE
        return self._make_node(~group, children)

    def _make_node(self, digit: int, row: Row | None) -> int:
        key = (digit, row)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.axes)
            self.axes.append(digit)
            self.rows.append(row)
        return number


def conjoin_all(
    digits: Digits,
    live: Mapping[int, Sequence[int]],
    diagrams: Diagrams,
    roots: Sequence[int],
    scopes: Iterable[Sequence[int]],
) -> Conjunction:
    """The configurations that all diagrams allow; `live` has the values of the digits in scopes, as rows have them.

    Raises:
        OutOfSteps: both ways take too long.
    """
    if FALSE in roots:
        return Conjunction()
    tree = EliminationTree(digits, scopes)
    starts: dict[int, list[int]] = {}
    for root in roots:
        starts.setdefault(diagrams.levels[root], []).append(root)
    ways = [way(digits, live, diagrams, starts, tree) for way in (_Upwards, _Downwards)]
    turns = [way.build() for way in ways]
    while True:
        for way, turn in zip(ways, turns, strict=True):
            try:
                next(turn)
            except StopIteration as done:
                way.made.root = done.value
                return way.made


class _Builder:
    """The common part of both ways of building: the inputs, the nodes made so far, and the count of steps."""

    turn_steps: int = TURN_STEPS

    def __init__(
        self,
        digits: Digits,
        live: Mapping[int, Sequence[int]],
        diagrams: Diagrams,
        starts: Mapping[int, Sequence[int]],
        tree: EliminationTree,
    ) -> None:
        self.digits, self.live, self.diagrams, self.starts, self.tree = digits, live, diagrams, starts, tree
        self.made = Conjunction()
        self.steps = 0
        self.turn_ends = self.turn_steps

    def _count_steps(self, steps: int, number: int, residuals: Iterable[int]) -> bool:
        """Count steps; true where it is the other way's turn.

        Raises:
            OutOfSteps: this way has taken too many.
        """
        self.steps += steps
        if self.steps > MOST_STEPS:
            raise OutOfSteps(number, frozenset().union(*map(self.diagrams.find_support, residuals)))
        if self.steps < self.turn_ends:
            return False
        self.turn_ends = self.steps + self.turn_steps
        return True


@final
class _Upwards(_Builder):
    """From the last digit to the first: everything is allowed, then each diagram is joined in where it begins."""

    def build(self) -> Turns:
        self._known: dict[int, dict[int, int]] = {}
        current: dict[int, int] = {}
        yield from self._add_digits(self.digits.items, current)
        return self._join_group(self.tree.top, current)

    def _join_group(self, group: int, current: Mapping[int, int]) -> int:
        return self.made.make_product(group, tuple([current[root] for root in self.tree.groups[group]]))

    def _add_digits(self, items: Sequence[Digit], current: dict[int, int]) -> Turns:
        """Put into `current`, for each digit, the node of all that begins there."""
        for digit in reversed(items):
            number, inside = digit.number, self.tree.inside[digit.number]
            if number not in self.live:
                current[number] = self.made.make_free(digit)
                continue
            if isinstance(inside, int):
                row = (self._join_group(inside, current),) * len(self.live[number])
            else:  # each branch has digits of its own, and ties those behind the choice in its own way
                cells = []
                for branch in self.live[number]:
                    yield from self._add_digits(digit.parts[branch], current)
                    cells.append(self._join_group(inside[branch], current))
                row = tuple(cells)
            node = self.made.make_choice(number, row)
            for root in self.starts.get(number, ()):
                node = yield from self._join_diagram(node, root)
            current[number] = node
        return TRUE

    def _join_diagram(self, node: int, residual: int) -> Turns:
        """The configurations of a node that a diagram allows."""
        known, levels, rows = self._known, self.diagrams.levels, self.diagrams.rows
        stack = [(node, residual)]
        while stack:
            at, rest = stack[-1]
            done = known.setdefault(rest, {})
            if self._find_known(at, rest) is not None:
                stack.pop()
                continue
            digit, row = self.made.axes[at], self.made.rows[at] or ()
            if digit < 0:
                # a product: what is left of a diagram has a tied scope, so it concerns one group, and the others stay
                home = self.tree.find_home(~digit, levels[rest])
                part = self._find_known(row[home], rest)
                if part is None:
                    stack.append((row[home], rest))
                    continue
                done[at] = self.made.make_product(~digit, (*row[:home], part, *row[home + 1 :]))
                stack.pop()
                continue
            if levels[rest] == digit:
                rests = rows[rest]
                cells = [
                    cell if below == TRUE or not cell else known.get(below, _EMPTY).get(cell) if below else FALSE
                    for cell, below in zip(row, rests, strict=True)
                ]
            else:
                rests = (rest,) * len(row)
                cells = [done.get(cell) if cell else FALSE for cell in row]
            if None in cells:  # first those below; then this pair is looked at again
                missing = zip(row, rests, cells, strict=True)
                stack += dict.fromkeys((cell, below) for cell, below, known_cell in missing if known_cell is None)
                continue
            done[at] = self.made.make_choice(digit, tuple(cells))  # type: ignore[arg-type]  # none is None
            stack.pop()
            if self._count_steps(len(row), digit, (residual,)):
                yield
        return cast(int, self._find_known(node, residual))

    def _find_known(self, node: int, residual: int) -> int | None:
        """The conjunction where it is trivial or known."""
        if residual == TRUE or not node:
            return node
        return self._known.get(residual, _EMPTY).get(node) if residual else FALSE


@final
class _Downwards(_Builder):
    """From the first digit to the last, level by level: a state is what the diagrams begun so far leave to be decided.

    Such a set of residuals has a number, and one digit has one node per number. Residuals over the same digits, or
    fewer, are joined into one: axes that all constrain a later one have as many states as it has subsets in use.
    """

    turn_steps = UPWARD_STEP_COST * TURN_STEPS

    def build(self) -> Turns:
        self._sets: list[frozenset[int]] = [frozenset()]
        self._set_numbers: dict[frozenset[int], int] = {frozenset(): 0}
        self._joined: dict[int, dict[Hashable, int]] = {}
        self._masks: dict[int, _Masks | None] = {}
        self._set_masks: dict[int, _Masks | None] = {}
        self._by_mask: dict[int, dict[int, int]] = {}
        # per digit and set of residuals, where each value leads: see `_expand_state`
        self._states: dict[int, dict[int, Any]] = {}
        self._found: dict[int, dict[int, int]] = {}
        top = self._split_group(self.tree.top, 0)
        for digit in self.digits.all:
            states = self._states.get(digit.number, {})
            for residuals in states if digit.number in self.live else ():
                known = len(self.diagrams.levels)
                states[residuals] = self._expand_state(digit, residuals)
                made = 1 + len(self.diagrams.levels) - known  # joining residuals into new ones takes time, too
                if self._count_steps(made * len(self.live[digit.number]), digit.number, self._sets[residuals]):
                    yield
        for digit in reversed(self.digits.all):
            self._found[digit.number] = self._resolve_states(digit, self._states.pop(digit.number, {}))
        return self._find_cell(top)

    def _expand_state(self, digit: Digit, residuals: int) -> list[Any]:
        """Where each live value leads: to a set of residuals, or to `_DEAD`.

        Where several groups are below the digit, or one per branch, to a cell instead: the group and a set per root.
        """
        levels, rows, number = self.diagrams.levels, self.diagrams.rows, digit.number
        live, inside = self.live[number], self.tree.inside[number]
        active = self._sets[residuals].union(self.starts.get(number, ()))
        here = [diagram for diagram in active if levels[diagram] == number]
        later = self._number_set(active.difference(here))
        if len(here) == 1:
            sets = (later and self._join_masks(later, here[0])) or self._join_row(later, rows[here[0]])
        elif here:
            sets = self._join_row(later, list(zip(*[rows[diagram] for diagram in here], strict=True)))
        else:
            sets = [later] * len(live)
        if isinstance(inside, int):
            roots = self.tree.groups[inside]
            if len(roots) > 1:
                cells = {joined: self._split_group(inside, joined) for joined in dict.fromkeys(sets) if joined != _DEAD}
                return [cells.get(joined, _DEAD) for joined in sets]
            for root in roots:
                below = self._states.setdefault(root, {})
                below.update(dict.fromkeys(sets))
                below.pop(_DEAD, None)
            return sets
        return [
            _DEAD if joined == _DEAD else self._split_group(inside[branch], joined)
            for branch, joined in zip(live, sets, strict=True)
        ]

    def _join_row(self, later: int, row: Sequence[Hashable]) -> list[int]:
        """The sets that a row of residuals, or of tuples of them, makes of the set `later`."""
        known = self._joined.setdefault(later, {})
        for cell in row:
            if cell not in known:
                new = {cell} if isinstance(cell, int) else {*cell}  # type: ignore[misc]  # a tuple of residuals
                known[cell] = _DEAD if FALSE in new else self._join_residuals(self._sets[later].union(new) - {TRUE})
        return [known[cell] for cell in row]

    def _join_residuals(self, residuals: frozenset[int]) -> int:
        """The number of a set in which residuals over the same digits, or fewer, are one."""
        support = self.diagrams.find_support
        joined: list[int] = []
        for residual in sorted(residuals, key=lambda residual: (-len(support(residual)), residual)):
            for k, wider in enumerate(joined):
                if support(residual) <= support(wider):
                    joined[k] = self.diagrams.conjoin(wider, residual)
                    if not joined[k]:
                        return _DEAD
                    break
            else:
                joined.append(residual)
        return self._number_set(frozenset(joined))

    def _join_masks(self, later: int, diagram: int) -> list[int] | None:
        """`_join_row` where all residuals look at one and the same digit: then they are sets of its values, as bits.

        Axes that share the last one meet here: one conjunction of integers is quicker than one of rows.
        """
        if later not in self._set_masks:
            residuals = self._sets[later]
            self._set_masks[later] = self._find_masks((next(iter(residuals)),)) if len(residuals) == 1 else None
        if diagram not in self._masks:
            self._masks[diagram] = self._find_masks(self.diagrams.rows[diagram])
        one, other = self._set_masks[later], self._masks[diagram]
        if one is None or other is None or one[0] != other[0]:
            return None
        level, (mask,) = one
        known = self._by_mask.setdefault(level, {0: _DEAD})
        for both in {mask & row for row in other[1]}.difference(known):
            row = tuple([both >> k & 1 for k in range(len(self.live[level]))])
            known[both] = self._number_set(frozenset((self.diagrams.make_node(level, row),)))
            self._set_masks[known[both]] = level, (both,)
        return [known[mask & row] for row in other[1]]

    def _find_masks(self, residuals: Sequence[int]) -> _Masks | None:
        """The one digit that all residuals look at, and their rows as bits (-1: all values); None where they differ."""
        rows, levels = self.diagrams.rows, self.diagrams.levels
        inner = {residual for residual in residuals if residual > TRUE}
        level = {levels[residual] for residual in inner}
        if len(level) != 1 or any(max(rows[residual]) > TRUE for residual in inner):
            return None
        bits = {FALSE: 0, TRUE: -1}
        for residual in inner:
            bits[residual] = sum([1 << k for k, cell in enumerate(rows[residual]) if cell])
        return level.pop(), tuple([bits[residual] for residual in residuals])

    def _number_set(self, residuals: frozenset[int]) -> int:
        number = self._set_numbers.get(residuals)
        if number is None:
            number = self._set_numbers[residuals] = len(self._sets)
            self._sets.append(residuals)
        return number

    def _split_group(self, group: int, residuals: int) -> tuple[int, tuple[int, ...]]:
        """A group, and per root of it the set of residuals that goes on there; each becomes a state."""
        roots = self.tree.groups[group]
        parts: list[list[int]] = [[] for _ in roots] if residuals else []
        for residual in self._sets[residuals]:
            parts[self.tree.find_home(group, self.diagrams.levels[residual])].append(residual)
        sets = tuple([self._number_set(frozenset(part)) for part in parts]) or (0,) * len(roots)
        for root, part in zip(roots, sets, strict=True):
            self._states.setdefault(root, {})[part] = None
        return group, sets

    def _resolve_states(self, digit: Digit, states: Mapping[int, Any]) -> dict[int, int]:
        """The node of each state of a digit, once those of the later digits are known."""
        if digit.number not in self.live:
            return {0: self.made.make_free(digit)}
        inside = self.tree.inside[digit.number]
        if isinstance(inside, int) and len(roots := self.tree.groups[inside]) < 2:
            below = self._found[roots[0]] if roots else {0: TRUE}  # of set 0 nothing is left to be decided
            below = {_DEAD: FALSE, **below}
            rows = {state: tuple([below[joined] for joined in sets]) for state, sets in states.items()}
        else:
            rows = {state: tuple(map(self._find_cell, cells)) for state, cells in states.items()}
        return {state: self.made.make_choice(digit.number, row) for state, row in rows.items()}

    def _find_cell(self, cell: Any) -> int:
        if cell == _DEAD:
            return FALSE
        group, sets = cell
        nodes = [self._found[root][part] for root, part in zip(self.tree.groups[group], sets, strict=True)]
        return self.made.make_product(group, tuple(nodes))
