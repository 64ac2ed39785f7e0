"""Asking predicates: which combinations of a few digits satisfy one, as a diagram.

A predicate is an opaque function of values, so it is asked about combinations; never about one that other constraints
already exclude (the guard), and never twice. What it raises counts only if the other constraints leave such a
configuration, so a combination that raised stays allowed here, and is remembered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice, repeat
from operator import truth
from typing import Any, Final, cast, final

import attrs

from ..configuration.errors import SizeError
from ..configuration.fold import show_path
from ..configuration.messages import format_count
from .diagrams import FALSE, TRUE, Diagrams
from .digits import Context, Digit, Digits, Source
from .indices import count_items
from .nodes.node import ABSENT, LIMIT, Node
from .nodes.reordered import Place
from .tables import Constraint, join_names

MOST_PREFIXES: Final = 4 * LIMIT
"""How many combinations of all digits but the last are looked at before a predicate is refused."""

MOST_BLOCK_POINTS: Final = 512
MOST_BLOCK_DIGITS: Final = 8
"""How many combinations of how many last digits a predicate is asked about in one go: no step of Python for each."""

UNSET: Final = object()
"""Instead of an argument that a later digit decides."""

Raised = tuple[tuple[tuple[int, int], ...], tuple[Any, ...]]
"""A combination of (digit, value of the digit) about which a predicate raised, and the arguments that it was given."""


@final
@attrs.define(eq=False, repr=False)
class _OpenDigit:
    """A digit whose values are being gone through: the arguments so far, and the row that grows.

    A stack of these stands for the recursion over digits.
    """

    digit: Digit
    agenda: tuple[Digit, ...]  # the digits after this one
    guard: int
    given: list[Any]  # per argument its value, `UNSET`, or a source of several digits
    sums: list[int]  # per argument, what its digits have added to a position
    values: Iterator[int]
    row: list[int]
    current: int = -1


@final
@attrs.frozen(eq=False, repr=False)
class _Block:
    """The combinations of the last digits that a guard leaves, and their arguments as columns.

    The tree has, per value of a digit, the tree of the next one; for the last, where its combinations begin, and its
    values.
    """

    combinations: list[tuple[int, ...]]
    columns: list[tuple[int, list[Any]]]
    tree: Any


@final
@attrs.define(eq=False, repr=False)
class Space:
    """The subject of the questions to predicates: the digits, the diagrams so far, and the values of each digit.

    Rows of diagrams go through the values in `domains`; `live` has the positions in them of those that are left.
    """

    digits: Digits
    diagrams: Diagrams
    domains: dict[int, Sequence[int]]
    live: dict[int, Sequence[int]]

    def join_branches(self, found: Mapping[Context, int]) -> int:
        """The diagram of what lies in one of some branches and in the diagram of that branch."""
        joined = dict(found)
        for depth in range(max(map(len, joined), default=0), 0, -1):  # innermost ones first
            rows: dict[tuple[Context, int], dict[int, int]] = {}
            for context in [context for context in joined if len(context) == depth]:
                chooser, branch = context[-1]
                rows.setdefault((context[:-1], chooser), {})[branch] = joined.pop(context)
            for (outer, chooser), row in rows.items():
                cells = tuple([row.get(branch, FALSE) for branch in self.domains[chooser]])
                node = self.diagrams.place_row(chooser, cells)
                joined[outer] = self.diagrams.disjoin(joined.get(outer, FALSE), node)
        return joined.get((), FALSE)

    def find_outside(self, place: Place) -> int:
        """The diagram of the configurations in branches that do not have the place."""
        return self.diagrams.negate(self.join_branches({tuple(self.digits.list_choosers(place)): TRUE}))


class Relation(ABC):
    """A predicate on whole configurations that tells without being asked about each which of a sweep satisfy it."""

    __slots__ = ()

    @abstractmethod
    def __call__(self, config: Any) -> bool:
        """True for a configuration that satisfies it."""

    @abstractmethod
    def cut_axes(self, base: Node, fixed: Container[Place]) -> Node:
        """The same points, with long axes cut where the answer changes; those at the fixed places are left alone."""

    @abstractmethod
    def build_diagram(self, base: Node, place: Place, space: Space) -> int | None:
        """The diagram of the configurations of which the part at a place satisfies it, or that have none there.

        None where only asking about each of them can tell.

        Raises:
            SizeError: more configurations would have to be looked at than are.
        """


@final
class Asker:
    """Asks the predicate of the constraint of a number about the combinations that a guard leaves."""

    def __init__(self, constraint: Constraint, number: int, space: Space, *, absent: int = TRUE) -> None:
        self.constraint, self.predicate = constraint, constraint.function
        self.absent = absent  # the answer about a configuration that lacks a path
        self.digits, self.diagrams, self.domains, self.live = space.digits, space.diagrams, space.domains, space.live
        digits = space.digits
        self.scope = digits.find_scope(number)
        self.columns: dict[int, list[tuple[int, list[Any]]]] = {number: [] for number in self.scope}
        self.shared: dict[int, list[tuple[int, Source]]] = {number: [] for number in self.scope}
        for argument, sources in enumerate(digits.sources[number]):
            for source in sources:
                self._add_argument(argument, source)
        # in a plain scope every combination has all arguments, each from one digit: nothing need be checked on the way
        columns = [column for columns in self.columns.values() for _, column in columns]
        branching = any(digits.all[number].context for number in self.scope)
        missing = branching or not all(digits.sources[number]) or any(map(_has_absent, columns))
        self.plain = not missing and not any(self.shared.values())
        self.exact = not branching  # then the combinations can be counted before any is asked about
        self.block = self._count_block_digits() if self.plain else 0
        self.plans: dict[int, _Block] = {}
        self.raised: list[Raised] = []
        self.asked = self.prefixes = 0
        self.stack: list[_OpenDigit] = []

    def _count_block_digits(self) -> int:
        """How many of the last digits are asked about together."""
        points = 1
        for taken, number in enumerate(reversed(self.scope)):
            points *= count_items(self.live[number])
            if taken and (points > MOST_BLOCK_POINTS or taken == MOST_BLOCK_DIGITS):
                return taken
        return len(self.scope)

    def _add_argument(self, argument: int, source: Source) -> None:
        """Note which digits give an argument: one alone, by a column of values, or several that share it."""
        if source.is_column:
            digit = source.digits[0]
            domain = self.domains[digit]
            # a digit with more values is never gone through: `_open_digit` refuses it
            column = source.column if count_items(domain) <= LIMIT else None
            self.columns[digit].append((argument, [] if column is None else [column[value] for value in domain]))
        else:
            for digit in source.digits:
                self.shared[digit].append((argument, source))

    def build_diagram(self, guard: int) -> int:
        """The diagram of the combinations in the guard that satisfy the constraint or raised."""
        if self.exact and guard == TRUE and _count_points(self.digits.items, self.columns, self.live) > LIMIT:
            raise self._make_refusal()
        count = len(self.constraint.paths)
        result = self._open_digit(self._list_relevant(self.digits.items), guard, [UNSET] * count, [0] * count)
        while self.stack:  # depth first, with an explicit stack: a scope may have a thousand digits
            opened = self.stack[-1]
            if result is not None:
                opened.row[opened.current] = result
            value = next(opened.values, None)
            if value is None:
                result = self.diagrams.make_node(opened.digit.number, tuple(opened.row))
                self.stack.pop()
            else:
                opened.current = value
                result = self._take_value(opened, value)
        return cast(int, result)

    def _list_relevant(self, items: Sequence[Digit]) -> tuple[Digit, ...]:
        return tuple([digit for digit in items if digit.number in self.columns])

    def _open_digit(self, agenda: tuple[Digit, ...], guard: int, given: list[Any], sums: list[int]) -> int | None:
        """The diagram of what is left to decide; None where it goes on with a new open digit on the stack."""
        if not guard or not (self.plain or self._is_decided_by(agenda, given)):
            return guard * self.absent  # nothing is left to ask about, or all of it lacks a path
        self.prefixes += 1
        if self.prefixes > MOST_PREFIXES or (agenda and count_items(self.domains[agenda[0].number]) > LIMIT):
            raise self._make_refusal()
        if not agenda:
            return int(self._ask_many((), given, sums, (), [()])[0])
        if len(agenda) == self.block:  # the last digits are gone through in C
            return self._ask_block(agenda, guard, given)
        digit, rest = agenda[0], agenda[1:]
        if not rest and digit.branches is None:
            return self._ask_row(digit, guard, given, sums)
        row = [FALSE] * len(self.domains[digit.number])
        if not row:
            return FALSE
        self.stack.append(_OpenDigit(digit, rest, guard, given, sums, iter(self.live[digit.number]), row))
        return None

    def _is_decided_by(self, agenda: Sequence[Digit], given: Sequence[Any]) -> bool:
        """False where this branch lacks a path: then every configuration in it satisfies the constraint."""
        if _has_absent(given):
            return False
        missing = {argument for argument, value in enumerate(given) if value is UNSET}
        for digit in agenda if missing else ():
            for number in range(digit.number, max(digit.number, digit.last) + 1):
                supplied = (*self.columns.get(number, ()), *self.shared.get(number, ()))
                missing.difference_update([argument for argument, _ in supplied])
        return not missing

    def _take_value(self, opened: _OpenDigit, value: int) -> int | None:
        """Go on below one value of a digit."""
        digit, guard, agenda, sums = opened.digit, opened.guard, opened.agenda, opened.sums
        if self.diagrams.levels[guard] == digit.number:
            guard = self.diagrams.rows[guard][value]
        given = opened.given.copy()
        for argument, column in self.columns[digit.number]:
            given[argument] = column[value]
        if not self.plain:
            original = self.domains[digit.number][value]
            sums = sums.copy()
            for argument, source in self.shared[digit.number]:
                sums[argument] += digit.offsets[original]
                given[argument] = source
            if digit.branches is not None:
                agenda = self._list_relevant(digit.branches[original]) + agenda
        return self._open_digit(agenda, guard, given, sums)

    def _ask_block(self, digits: Sequence[Digit], guard: int, given: list[Any]) -> int:
        """The diagram of the last few digits of a plain scope."""
        numbers = [digit.number for digit in digits]
        plan = self.plans.get(guard)
        if plan is None:
            combinations: list[tuple[int, ...]] = []
            tree = self._list_combinations(numbers, guard, (), combinations)
            columns = [
                (argument, [column[combination[k]] for combination in combinations])
                for k, number in enumerate(numbers)
                for argument, column in self.columns[number]
            ]
            plan = self.plans[guard] = _Block(combinations, columns, tree)
        verdicts = self._ask_many(plan.columns, given, (), numbers, plan.combinations)
        return self._fold_rows(numbers, plan.tree, verdicts)

    def _list_combinations(
        self, numbers: Sequence[int], guard: int, before: tuple[int, ...], found: list[tuple[int, ...]]
    ) -> Any:
        """Append the combinations that a guard leaves; the tree says where those of each row are."""
        number = numbers[len(before)]
        kept: Sequence[int] = self.live[number]
        row = self.diagrams.rows[guard] if self.diagrams.levels[guard] == number else None
        if row is not None:
            kept = [value for value in kept if row[value]]
        if len(before) == len(numbers) - 1:
            found += [(*before, value) for value in kept]
            return len(found) - len(kept), kept
        below = [(value, guard if row is None else row[value]) for value in kept]
        return [(value, self._list_combinations(numbers, rest, (*before, value), found)) for value, rest in below]

    def _fold_rows(self, numbers: Sequence[int], tree: Any, verdicts: Sequence[int]) -> int:
        """The diagram of a block, given the answers; at most `MOST_BLOCK_DIGITS` deep."""
        row = [FALSE] * len(self.domains[numbers[0]])
        if len(numbers) == 1:
            start, kept = tree
            if len(kept) == len(row):
                row = list(verdicts[start : start + len(row)])
            else:
                for value, verdict in zip(kept, verdicts[start : start + len(kept)], strict=True):
                    row[value] = verdict
        else:
            for value, below in tree:
                row[value] = self._fold_rows(numbers[1:], below, verdicts)
        return self.diagrams.make_node(numbers[0], tuple(row))

    def _ask_row(self, digit: Digit, guard: int, given: list[Any], sums: list[int]) -> int:
        """The diagram of the last digit of a scope in which an argument may be absent, or comes from several digits."""
        kept, row = list(self.live[digit.number]), [FALSE] * len(self.domains[digit.number])
        if self.diagrams.levels[guard] == digit.number:
            allowed = self.diagrams.rows[guard]
            kept = [value for value in kept if allowed[value]]
        columns = [(argument, [column[value] for value in kept]) for argument, column in self.columns[digit.number]]
        kept, columns = self._drop_absent(digit, kept, columns, sums, row)
        verdicts = self._ask_many(columns, given, sums, (digit.number,), [(value,) for value in kept])
        for value, verdict in zip(kept, verdicts, strict=True):
            row[value] = verdict
        return self.diagrams.make_node(digit.number, tuple(row))

    def _drop_absent(
        self, digit: Digit, kept: list[int], columns: list[tuple[int, list[Any]]], sums: list[int], row: list[int]
    ) -> tuple[list[int], list[tuple[int, list[Any]]]]:
        """The values for which no argument is absent, and all columns over them; the others are allowed in the row."""
        offsets = [digit.offsets[self.domains[digit.number][value]] for value in kept]
        shared = [
            (argument, [source.find_value(sums[argument] + offset) for offset in offsets])
            for argument, source in self.shared[digit.number]
        ]
        columns = [*columns, *shared]
        asked = [k for k in range(len(kept)) if not any(column[k] is ABSENT for _, column in columns)]
        for value in {*kept}.difference([kept[k] for k in asked]):
            row[value] = self.absent
        return [kept[k] for k in asked], [(argument, [column[k] for k in asked]) for argument, column in columns]

    def _ask_many(
        self,
        columns: Sequence[tuple[int, list[Any]]],
        given: Sequence[Any],
        sums: Sequence[int],
        numbers: Sequence[int],
        combinations: Sequence[tuple[int, ...]],
    ) -> list[int]:
        """The predicate's answers, as diagrams, to combinations of the last digits; `TRUE` where it raised.

        The columns are the arguments that differ; the others are given.
        """
        count = len(combinations)
        fixed = list(given)
        if not self.plain:
            fixed = [v.find_value(total) if isinstance(v, Source) else v for v, total in zip(given, sums, strict=True)]
            varying = {argument for argument, _ in columns}
            if any(value is ABSENT for argument, value in enumerate(fixed) if argument not in varying):
                return [self.absent] * count
        self.asked += count
        if self.asked > LIMIT:
            raise self._make_refusal()
        arguments: list[Any] = list(map(repeat, fixed))
        for argument, column in columns:
            arguments[argument] = column
        answers = map(truth, map(self.predicate, *arguments))  # no step of the interpreter for each combination
        verdicts: list[int] = []
        while True:
            with suppress(Exception, GeneratorExit):  # noted below, as is a StopIteration, which only ends the islice
                verdicts += islice(answers, count - len(verdicts))
            k = len(verdicts)
            if k == count:
                return verdicts
            for argument, column in columns:
                fixed[argument] = column[k]
            self._note_raised(zip(numbers, combinations[k], strict=True), fixed)
            verdicts.append(TRUE)

    def _note_raised(self, last: Iterable[tuple[int, int]], values: Sequence[Any]) -> None:
        combination = [*((opened.digit.number, opened.current) for opened in self.stack), *last]
        originals = tuple([(number, self.domains[number][value]) for number, value in combination])
        self.raised.append((originals, tuple(values)))

    def _make_refusal(self) -> SizeError:
        paths = join_names(map(show_path, self.constraint.paths))
        points = _count_points(self.digits.items, self.columns, self.live)
        return SizeError(
            f"constraining on {paths} takes {format_count(points)} points to enumerate, more than {LIMIT}. "
            f"Name fewer or shorter axes, cut them first with constraints over fewer axes, or stream with "
            f"filter(predicate, sweep)"
        )


def _has_absent(values: Sequence[Any]) -> bool:
    return any(value is ABSENT for value in values)  # by identity: values may compare as they like


def _count_points(items: Sequence[Digit], scope: Container[int], live: Mapping[int, Sequence[int]]) -> int:
    """How many combinations the digits of a scope have: a configuration is in one branch, so branches add."""
    points = 1
    for digit in items:
        if digit.number not in scope:
            continue
        if digit.branches is None:
            points *= count_items(live[digit.number])
        else:
            points *= sum(_count_points(digit.branches[branch], scope, live) for branch in live[digit.number])
    return points
