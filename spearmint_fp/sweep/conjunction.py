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

__all__ = ["STEPS", "Conjunction", "OutOfSteps", "conjoin_all"]

SLICE: Final = 1_000
"""After so many steps one way of building lets the other go on; a step is a value of a digit that is looked at."""

CHEAPER: Final = 4
"""How many steps downwards take the time of one upwards."""

STEPS: Final = 1_500_000
"""After so many steps of each a conjunction is refused: some seconds, and some hundred megabytes."""

Turns = Generator[None, None, int]


class OutOfSteps(Exception):  # noqa: N818  # it says what happened; `constraints` makes an error of it
    """A conjunction takes too many steps; says at which digit, and which digits the constraints open there reach."""

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
        return self._make(digit, row) if any(row) else FALSE

    def make_free(self, digit: Digit) -> int:
        return self._make(digit.number, None) if digit.size else FALSE

    def make_product(self, group: int, children: Row) -> int:
        if not all(children):
            return FALSE
        if len(children) < 2:
            return children[0] if children else TRUE
        return self._make(~group, children)

    def _make(self, digit: int, row: Row | None) -> int:
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


class _Way:
    """What both ways of building share: the inputs, the nodes made so far, and the count of steps."""

    slice: int = SLICE

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
        self.turn_ends = self.slice

    def _count_steps(self, steps: int, number: int, residuals: Iterable[int]) -> bool:
        """Count steps; true where it is the other way's turn.

        Raises:
            OutOfSteps: this way has taken too many.
        """
        self.steps += steps
        if self.steps > STEPS:
            raise OutOfSteps(number, frozenset().union(*map(self.diagrams.find_support, residuals)))
        if self.steps < self.turn_ends:
            return False
        self.turn_ends = self.steps + self.slice
        return True


@final
class _Upwards(_Way):
    """From the last digit to the first: everything is allowed, then each diagram is joined in where it begins."""

    def build(self) -> Turns:
        self._known: dict[int, dict[int, int]] = {}
        current: dict[int, int] = {}
        yield from self._fill(self.digits.items, current)
        return self._join_group(self.tree.top, current)

    def _join_group(self, group: int, current: Mapping[int, int]) -> int:
        return self.made.make_product(group, tuple([current[root] for root in self.tree.groups[group]]))

    def _fill(self, items: Sequence[Digit], current: dict[int, int]) -> Turns:
        """Put into `current`, for each digit, the node of all that begins there."""
        for digit in reversed(items):
            number, inside = digit.number, self.tree.inside[digit.number]
            if number not in self.live:
                current[number] = self.made.make_free(digit)
                continue
            if isinstance(inside, int):
                row = (self._join_group(inside, current),) * len(self.live[number])
            else:
                cells = []
                for branch in self.live[number]:
                    yield from self._fill(digit.parts[branch], current)
                    cells.append(self._join_group(inside[branch], current))
                row = tuple(cells)
            node = self.made.make_choice(number, row)
            for root in self.starts.get(number, ()):
                node = yield from self._conjoin(node, root)
            current[number] = node
        return TRUE

    def _conjoin(self, node: int, residual: int) -> Turns:
        """The configurations of a node that a diagram allows: the diagram always goes on in one group below."""
        known, levels, rows = self._known, self.diagrams.levels, self.diagrams.rows
        stack = [(node, residual)]
        while stack:
            at, rest = stack[-1]
            done = known.setdefault(rest, {})
            if self._look(at, rest) is not None:
                stack.pop()
                continue
            digit, row = self.made.axes[at], self.made.rows[at] or ()
            if digit < 0:
                home = self.tree.find_home(~digit, levels[rest])
                part = self._look(row[home], rest)
                if part is None:
                    stack.append((row[home], rest))
                    continue
                done[at] = self.made.make_product(~digit, (*row[:home], part, *row[home + 1 :]))
                stack.pop()
                continue
            if levels[rest] == digit:
                rests = rows[rest]
                cells = [
                    cell if below == TRUE or not cell else known.get(below, _NONE).get(cell) if below else FALSE
                    for cell, below in zip(row, rests, strict=True)
                ]
            else:
                rests = (rest,) * len(row)
                cells = [done.get(cell) if cell else FALSE for cell in row]
            if None in cells:
                missing = zip(row, rests, cells, strict=True)
                stack += dict.fromkeys((cell, below) for cell, below, known_cell in missing if known_cell is None)
                continue
            done[at] = self.made.make_choice(digit, tuple(cells))  # type: ignore[arg-type]  # none is None
            stack.pop()
            if self._count_steps(len(row), digit, (residual,)):
                yield
        return cast(int, self._look(node, residual))

    def _look(self, node: int, residual: int) -> int | None:
        """The conjunction where it is trivial or known."""
        if residual == TRUE or not node:
            return node
        return self._known.get(residual, _NONE).get(node) if residual else FALSE


_NONE: Final[Mapping[int, int]] = {}


@final
class _Downwards(_Way):
    """From the first digit to the last, level by level: a state is what the diagrams begun so far leave to be decided.

    Such a set of residuals is a number. Residuals over the same digits, or fewer, are joined into one, so that axes
    that all constrain a later one have as many states as that axis has subsets in use.
    """

    slice = CHEAPER * SLICE

    def build(self) -> Turns:
        self._sets: list[frozenset[int]] = [frozenset()]
        self._set_numbers: dict[frozenset[int], int] = {frozenset(): 0}
        self._joined: dict[int, dict[Hashable, int]] = {}
        self._masks: dict[int, tuple[int, tuple[int, ...]] | None] = {}
        self._by_mask: dict[int, dict[int, int]] = {}
        self._set_masks: dict[int, tuple[int, int]] = {}
        self._states: dict[
            int, dict[int, Any]
        ] = {}  # per digit, per set of residuals, the sets that its values lead to
        self._found: dict[int, dict[int, int]] = {}
        top = self._spread(self.tree.top, 0)
        for digit in self.digits.all:
            states = self._states.get(digit.number, {})
            for residuals in states if digit.number in self.live else ():
                known = len(self.diagrams.levels)
                states[residuals] = self._expand(digit, residuals)
                made = 1 + len(self.diagrams.levels) - known  # residuals that were joined into new ones took time, too
                if self._count_steps(made * len(self.live[digit.number]), digit.number, self._sets[residuals]):
                    yield
        for digit in reversed(self.digits.all):
            self._found[digit.number] = self._resolve(digit, self._states.pop(digit.number, {}))
        return self._find_cell(top)

    def _expand(self, digit: Digit, residuals: int) -> list[Any]:
        """Where each live value leads: to a set where one group is below the digit, else to a cell; or to `_DEAD`."""
        levels, rows, number = self.diagrams.levels, self.diagrams.rows, digit.number
        live, inside = self.live[number], self.tree.inside[number]
        active = self._sets[residuals].union(self.starts.get(number, ()))
        here = [diagram for diagram in active if levels[diagram] == number]
        later = self._number_set(active.difference(here))
        if len(here) == 1:
            sets = self._join_masks(later, here[0]) or self._join_row(later, rows[here[0]])
        elif here:
            sets = self._join_row(later, list(zip(*[rows[diagram] for diagram in here], strict=True)))
        else:
            sets = [later] * len(live)
        if isinstance(inside, int):
            if len(self.tree.groups[inside]) == 1:
                below = self._states.setdefault(self.tree.groups[inside][0], {})
                below.update(dict.fromkeys(sets))
                below.pop(_DEAD, None)
                return sets
            cells = {joined: self._spread(inside, joined) for joined in dict.fromkeys(sets) if joined != _DEAD}
            return [cells.get(joined, _DEAD) for joined in sets]
        return [
            _DEAD if joined == _DEAD else self._spread(inside[branch], joined)
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
        """`_join_row` where all residuals look at one and the same digit: then they are sets of its values, as bits."""
        if diagram not in self._masks:
            self._masks[diagram] = self._find_masks(diagram)
        found = self._masks[diagram]
        if found is None:
            return None
        level, masks = found
        mask = -1
        if later:
            at, mask = self._set_masks.get(later, (-1, 0))
            if at != level:
                return None
        known = self._by_mask.setdefault(level, {0: _DEAD})
        for both in {mask & other for other in masks}.difference(known):
            known[both] = self._number_mask(level, both)
        return [known[mask & other] for other in masks]

    def _find_masks(self, diagram: int) -> tuple[int, tuple[int, ...]] | None:
        """The rows below a node as bits, where each is over the same one digit; -1 stands for all its values."""
        rows, levels = self.diagrams.rows, self.diagrams.levels
        below = {levels[child] for child in rows[diagram] if child > TRUE}
        if len(below) != 1 or any(max(rows[child]) > TRUE for child in set(rows[diagram]) if child > TRUE):
            return None
        bits = {FALSE: 0, TRUE: -1}
        for child in set(rows[diagram]).difference(bits):
            bits[child] = sum([1 << k for k, cell in enumerate(rows[child]) if cell])
        return below.pop(), tuple([bits[child] for child in rows[diagram]])

    def _number_mask(self, level: int, mask: int) -> int:
        if mask == -1:
            return 0
        row = tuple([mask >> k & 1 for k in range(len(self.live[level]))])
        number = self._number_set(frozenset((self.diagrams.make_node(level, row),)))
        self._set_masks[number] = level, mask
        return number

    def _number_set(self, residuals: frozenset[int]) -> int:
        number = self._set_numbers.get(residuals)
        if number is None:
            number = self._set_numbers[residuals] = len(self._sets)
            self._sets.append(residuals)
        return number

    def _spread(self, group: int, residuals: int) -> tuple[int, tuple[int, ...]]:
        """A group, and per root of it the set of residuals that goes on there; each becomes a state."""
        roots = self.tree.groups[group]
        parts: list[list[int]] = [[] for _ in roots] if residuals else []
        for residual in self._sets[residuals]:
            parts[self.tree.find_home(group, self.diagrams.levels[residual])].append(residual)
        sets = tuple([self._number_set(frozenset(part)) for part in parts]) or (0,) * len(roots)
        for root, part in zip(roots, sets, strict=True):
            self._states.setdefault(root, {})[part] = None
        return group, sets

    def _resolve(self, digit: Digit, states: Mapping[int, Any]) -> dict[int, int]:
        """The node of each state of a digit, once those of the later digits are known."""
        if digit.number not in self.live:
            return {0: self.made.make_free(digit)}
        inside = self.tree.inside[digit.number]
        if isinstance(inside, int) and len(self.tree.groups[inside]) == 1:
            below = {_DEAD: FALSE, **self._found[self.tree.groups[inside][0]]}
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


_DEAD: Final = -1
