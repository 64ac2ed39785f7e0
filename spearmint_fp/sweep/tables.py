"""Predicates as tables: which combinations of a few digits satisfy one, as a diagram.

A predicate is an opaque function of values, so it is asked about combinations; never about one that other constraints
already exclude (the guard), and never twice. What it raises counts only if the other constraints leave such a
configuration, so a combination that raised stays allowed here, and is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice, repeat
from operator import truth
from typing import Any, Final, cast, final

import attrs

from ..configuration.errors import STOPS, SizeError, counted, note, shown, stop_error
from ..configuration.tree import show_path
from .diagrams import FALSE, TRUE, Diagrams, Row
from .digits import ABSENT, Digit, Digits, Place, Question, Source
from .indices import length
from .nodes import LIMIT, Steps

__all__ = ["Asker", "Constraint", "Raised", "Space", "Table", "dump_table", "load_table"]

PREFIXES: Final = 4 * LIMIT
"""How many combinations of all digits but the last are looked at before a predicate is refused."""

UNSET: Final = object()
"""An argument that a later digit decides."""

Raised = tuple[tuple[tuple[int, int], ...], tuple[Any, ...]]
"""A combination of (digit, value of the digit) about which a predicate raised, and the arguments that it was given."""


@final
@attrs.frozen(repr=False)
class Table:
    """A diagram that stands alone: its nodes are (position in the scope, row), numbered from 2, children first."""

    scope: tuple[Place, ...]
    domains: tuple[Sequence[int], ...]  # per digit of the scope, the values that the rows go through
    nodes: tuple[tuple[int, Row], ...]
    root: int


@final
@attrs.frozen(repr=False)
class Constraint:
    """A predicate over the values at some paths below a place of a sweep; a configuration that lacks one satisfies it.

    With a table it has been asked, and needs its predicate no more: a constraint that was pickled has none.
    """

    predicate: Callable[..., Any] | None
    paths: tuple[Steps, ...]
    place: Place = ()
    table: Table | None = attrs.field(default=None, eq=False)

    @property
    def question(self) -> Question:
        return Question(self.paths, self.place)

    def holds(self, values: Sequence[Any]) -> bool:
        """The predicate's answer; what it raises names the values."""
        try:
            return bool(self.ask(*values))
        except (Exception, GeneratorExit) as error:
            told = stop_error(self.ask, error) if isinstance(error, STOPS) else error
            given = ", ".join(f"{show_path(p)}={shown(v)}" for p, v in zip(self.paths, values, strict=True))
            note(told, "while constraining on ", f"{given}; the predicate takes one argument per path, in their order")
            if told is error:
                raise
            raise told from error

    @property
    def ask(self) -> Callable[..., Any]:
        """The predicate, of a constraint that has not been pickled since it was asked."""
        return cast(Callable[..., Any], self.predicate)


def dump_table(
    diagrams: Diagrams, root: int, digits: Digits, scope: Sequence[int], domains: Mapping[int, Any]
) -> Table:
    """A diagram of the store as a table."""
    listed = diagrams.list_nodes(root)
    order = {level: k for k, level in enumerate(scope)}
    numbers = {FALSE: FALSE, TRUE: TRUE, **{node: k for k, node in enumerate(listed, 2)}}
    return Table(
        tuple([digits.all[number].place for number in scope]),
        tuple([domains[number] for number in scope]),
        tuple([(order[diagrams.levels[n]], tuple([numbers[c] for c in diagrams.rows[n]])) for n in listed]),
        numbers[root],
    )


def load_table(table: Table, diagrams: Diagrams, digits: Digits, domains: Mapping[int, Sequence[int]]) -> int:
    """The diagram of a table, over the present domains, which are never greater than those that it was made with."""
    levels = [digits.places[place] for place in table.scope]
    kept = []
    for level, domain in zip(levels, table.domains, strict=True):
        position = {value: k for k, value in enumerate(domain)} if domain != domains[level] else {}
        kept.append([position[value] for value in domains[level]] if position else range(length(domain)))
    image = [FALSE, TRUE]
    for k, row in table.nodes:
        image.append(diagrams.make_node(levels[k], tuple([image[row[value]] for value in kept[k]])))
    return image[table.root]


@final
@attrs.define(eq=False)
class _Frame:
    """A digit whose values are being gone through: the arguments so far, and the row that grows."""

    digit: Digit
    agenda: tuple[Digit, ...]  # the digits after this one
    guard: int
    given: list[Any]  # per argument its value, `UNSET`, or a source of several digits
    sums: list[int]  # per argument, what its digits have added to a position
    values: Iterator[int]
    row: list[int]
    current: int = -1


@final
@attrs.define(eq=False)
class Space:
    """What predicates are asked about: the digits, the diagrams so far, and the values of each digit.

    Rows of diagrams go through the values in `domains`; `live` has the positions in them of those that are left.
    """

    digits: Digits
    diagrams: Diagrams
    domains: dict[int, Sequence[int]]
    live: dict[int, Sequence[int]]


@final
class Asker:
    """Asks the predicate of the constraint of a number about the combinations that a guard leaves."""

    def __init__(
        self,
        constraint: Constraint,
        number: int,
        space: Space,
    ) -> None:
        self.constraint, self.predicate = constraint, constraint.ask
        self.digits, self.diagrams, self.domains, self.live = space.digits, space.diagrams, space.domains, space.live
        digits = space.digits
        self.scope = digits.scope(number)
        self.columns: dict[int, list[tuple[int, list[Any]]]] = {number: [] for number in self.scope}
        self.shared: dict[int, list[tuple[int, Source]]] = {number: [] for number in self.scope}
        for argument, sources in enumerate(digits.sources[number]):
            for source in sources:
                self._supply(argument, source)
        # in a plain scope every combination has all arguments, each from one digit: nothing need be checked on the way
        columns = [column for columns in self.columns.values() for _, column in columns]
        branching = any(digits.all[number].context for number in self.scope)
        missing = branching or not all(digits.sources[number]) or any(map(_has_absent, columns))
        self.plain = not missing and not any(self.shared.values())
        self.exact = not branching  # then the combinations can be counted before any is asked about
        self.last_rows: dict[tuple[int, int], tuple[list[int], list[tuple[int, list[Any]]]]] = {}
        self.raised: list[Raised] = []
        self.asked = self.prefixes = 0
        self.stack: list[_Frame] = []

    def _supply(self, argument: int, source: Source) -> None:
        """Note which digits give an argument: one alone, by a column of values, or several that share it."""
        if len(source.digits) == 1:
            digit = source.digits[0]
            domain = self.domains[digit]
            column = source.column if length(domain) <= LIMIT else None  # no longer digit is gone through, see `_open`
            self.columns[digit].append((argument, [] if column is None else [column[value] for value in domain]))
        else:
            for digit in source.digits:
                self.shared[digit].append((argument, source))

    def ask(self, guard: int) -> int:
        """The diagram of the combinations in the guard that satisfy the constraint or raised."""
        if self.exact and guard == TRUE and _count_points(self.digits.items, self.columns, self.live) > LIMIT:
            raise self._too_many()
        count = len(self.constraint.paths)
        result = self._open(self._relevant(self.digits.items), guard, [UNSET] * count, [0] * count)
        while self.stack:  # depth first, with an explicit stack: a scope may have a thousand digits
            frame = self.stack[-1]
            if result is not None:
                frame.row[frame.current] = result
            value = next(frame.values, None)
            if value is None:
                result = self.diagrams.make_node(frame.digit.number, tuple(frame.row))
                self.stack.pop()
            else:
                frame.current = value
                result = self._descend(frame, value)
        return cast(int, result)

    def _relevant(self, items: Sequence[Digit]) -> tuple[Digit, ...]:
        return tuple([digit for digit in items if digit.number in self.columns])

    def _open(self, agenda: tuple[Digit, ...], guard: int, given: list[Any], sums: list[int]) -> int | None:
        """The diagram of what is left to decide; None where it goes on in a new frame on the stack."""
        if not guard or not (self.plain or self._is_decided_by(agenda, given)):
            return guard
        self.prefixes += 1
        if self.prefixes > PREFIXES or (agenda and length(self.domains[agenda[0].number]) > LIMIT):
            raise self._too_many()
        if not agenda:
            return int(self._ask_many((), given, sums, None, (0,))[0])
        digit, rest = agenda[0], agenda[1:]
        if not rest and digit.branches is None:
            return self._ask_row(digit, guard, given, sums)
        row = [FALSE] * len(self.domains[digit.number])
        if not row:
            return FALSE
        self.stack.append(_Frame(digit, rest, guard, given, sums, iter(self.live[digit.number]), row))
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

    def _descend(self, frame: _Frame, value: int) -> int | None:
        """Go on below one value of a digit."""
        digit, guard, agenda, sums = frame.digit, frame.guard, frame.agenda, frame.sums
        if self.diagrams.levels[guard] == digit.number:
            guard = self.diagrams.rows[guard][value]
        given = frame.given.copy()
        for argument, column in self.columns[digit.number]:
            given[argument] = column[value]
        if not self.plain:
            original = self.domains[digit.number][value]
            sums = sums.copy()
            for argument, source in self.shared[digit.number]:
                sums[argument] += digit.offsets[original]
                given[argument] = source
            if digit.branches is not None:
                agenda = self._relevant(digit.branches[original]) + agenda
        return self._open(agenda, guard, given, sums)

    def _ask_row(self, digit: Digit, guard: int, given: list[Any], sums: list[int]) -> int:
        """The diagram of the last digit."""
        key = digit.number, guard  # the guard decides which values are kept
        if key not in self.last_rows:
            self.last_rows[key] = self._cut_row(digit, guard)
        kept, columns = self.last_rows[key]
        row = [FALSE] * len(self.domains[digit.number])
        if not self.plain:
            kept, columns = self._leave_out_absent(digit, kept, columns, sums, row)
        for value, verdict in zip(kept, self._ask_many(columns, given, sums, digit, kept), strict=True):
            row[value] = verdict
        return self.diagrams.make_node(digit.number, tuple(row))

    def _cut_row(self, digit: Digit, guard: int) -> tuple[list[int], list[tuple[int, list[Any]]]]:
        """The live values of a digit that a guard leaves, and the columns of arguments over these."""
        kept = list(self.live[digit.number])
        if self.diagrams.levels[guard] == digit.number:
            allowed = self.diagrams.rows[guard]
            kept = [value for value in kept if allowed[value]]
        columns = self.columns[digit.number]
        return kept, [(argument, [column[value] for value in kept]) for argument, column in columns]

    def _leave_out_absent(
        self, digit: Digit, kept: list[int], columns: list[tuple[int, list[Any]]], sums: list[int], row: list[int]
    ) -> tuple[list[int], list[tuple[int, list[Any]]]]:
        """The values for which no argument is absent, and all columns over them; the others are allowed in the row."""
        offsets = [digit.offsets[self.domains[digit.number][value]] for value in kept]
        shared = [
            (argument, [source.value(sums[argument] + offset) for offset in offsets])
            for argument, source in self.shared[digit.number]
        ]
        columns = [*columns, *shared]
        asked = [k for k in range(len(kept)) if not any(column[k] is ABSENT for _, column in columns)]
        for value in {*kept}.difference([kept[k] for k in asked]):
            row[value] = TRUE
        return [kept[k] for k in asked], [(argument, [column[k] for k in asked]) for argument, column in columns]

    def _ask_many(
        self,
        columns: Sequence[tuple[int, list[Any]]],
        given: Sequence[Any],
        sums: Sequence[int],
        digit: Digit | None,
        kept: Sequence[int],
    ) -> list[int]:
        """The predicate's answers, as diagrams, to combinations that differ in the columns; `TRUE` where it raised."""
        count = len(kept)
        fixed = list(given)
        if not self.plain:
            fixed = [v.value(total) if isinstance(v, Source) else v for v, total in zip(given, sums, strict=True)]
            varying = {argument for argument, _ in columns}
            if any(value is ABSENT for argument, value in enumerate(fixed) if argument not in varying):
                return [TRUE] * count
        self.asked += count
        if self.asked > LIMIT:
            raise self._too_many()
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
            self._note_raised([] if digit is None else [(digit.number, kept[k])], fixed)
            verdicts.append(TRUE)

    def _note_raised(self, last: list[tuple[int, int]], values: Sequence[Any]) -> None:
        combination = [*((frame.digit.number, frame.current) for frame in self.stack), *last]
        originals = tuple([(number, self.domains[number][value]) for number, value in combination])
        self.raised.append((originals, tuple(values)))

    def _too_many(self) -> SizeError:
        paths = ", ".join([show_path(path) for path in self.constraint.paths[:12]])
        points = _count_points(self.digits.items, self.columns, self.live)
        return SizeError(
            f"constraining on {paths} takes {counted(points)} points to enumerate, more than {LIMIT}. "
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
            points *= length(live[digit.number])
        else:
            points *= sum(_count_points(digit.branches[branch], scope, live) for branch in live[digit.number])
    return points
