"""A sweep as digits: the author's axes, most significant first, and the choices among branches.

A position of a sweep is a number in a mixed base. `read_digits` writes a node as its digits, as finely as the asked
paths need: a part that no path leads into stays one digit, however many configurations it holds. A union is a digit
too, the choice of a branch; each branch has digits of its own, which are absent from the configurations of the others.

A digit is known by its place, the child positions that lead to its node. Places are ordered as the author wrote the
axes, and stay the same however finely a sweep is read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, cast, final

import attrs

from ..configuration.paths import get_in
from .claims import Steps
from .nodes.axis import Axis
from .nodes.merge import Merge
from .nodes.node import Node
from .nodes.record import Record
from .nodes.union import Union

__all__ = [
    "ABSENT",
    "Digit",
    "Digits",
    "Place",
    "Question",
    "Source",
    "count_values",
    "narrow_node",
    "read_digits",
    "touches",
]

ABSENT: Final = object()
"""What a configuration has at a path that it lacks; never leaves this room."""

Place = tuple[int, ...]
"""The child positions that lead from a sweep's node to one inside it."""

Context = tuple[tuple[int, int], ...]
"""The branches that a digit lies in: (number of the choosing digit, branch), outermost first."""


@final
@attrs.frozen(eq=False, repr=False)
class Digit:
    """One digit of a sweep: which points it counts, and how far apart these lie.

    With `branches` it chooses a part of a union, whose digits these are; without, a point of `node`.
    """

    number: int
    place: Place
    node: Node
    stride: int
    context: Context
    branches: tuple[tuple[Digit, ...], ...] | None = None
    last: int = -1  # the greatest number of a digit inside

    @property
    def size(self) -> int:
        return self.node.size if self.branches is None else len(self.branches)

    @property
    def parts(self) -> tuple[tuple[Digit, ...], ...]:
        """The digits of each branch, of a digit that chooses one."""
        return self.branches or ()

    @cached_property
    def offsets(self) -> Sequence[int]:
        """What each value of the digit adds to a position."""
        if isinstance(self.node, Union) and self.branches is not None:
            return tuple([offset * self.stride for offset in self.node.offsets[:-1]])
        return range(0, self.node.size * self.stride, self.stride)


@final
@attrs.frozen(eq=False, repr=False)
class Source:
    """Where an asked value comes from: what stands at `rest` of a point of `node`, which `digits` together choose."""

    node: Node
    rest: Steps
    stride: int
    digits: tuple[int, ...]
    context: Context

    def value(self, offset: int) -> Any:
        """The value, given the sum of what the digits add to a position; `ABSENT` where there is none."""
        return _peek(self.node, offset // self.stride, self.rest)

    @cached_property
    def column(self) -> Sequence[Any]:
        """The values by digit, of a source with one digit."""
        if not self.rest and isinstance(self.node, Axis):
            return self.node.values
        return [_peek(self.node, index, self.rest) for index in range(self.node.size)]


@final
@attrs.frozen(eq=False, repr=False)
class Question:
    """Paths to be found below the node at `place`."""

    paths: tuple[Steps, ...]
    place: Place = ()


@final
@attrs.frozen(eq=False, repr=False)
class Digits:
    """The digits of a sweep, and per question and path the sources of its values (one per branch that has the path)."""

    size: int
    items: tuple[Digit, ...]
    all: tuple[Digit, ...]
    sources: tuple[tuple[tuple[Source, ...], ...], ...]

    def split_position(self, position: int) -> Iterator[tuple[Digit, int]]:
        """The digits of a position with their values, those of the branches that it is in."""
        pending = list(reversed(self.items))
        while pending:
            digit = pending.pop()
            if digit.branches is None:
                value = position // digit.stride
            else:
                value = bisect_right(digit.offsets, position) - 1
                pending += reversed(digit.branches[value])
            position -= digit.offsets[value]
            yield digit, value

    @cached_property
    def places(self) -> dict[Place, int]:
        return {digit.place: digit.number for digit in self.all}

    def scope(self, question: int) -> tuple[int, ...]:
        """The numbers of the digits that decide a question, in author order."""
        sources = [source for found in self.sources[question] for source in found]
        choosing = (number for source in sources for number, _ in source.context)
        return tuple(sorted({*choosing, *(number for source in sources for number in source.digits)}))


@attrs.frozen(eq=False, repr=False)
class _Want:
    """A path to be found: of which question and argument, what is left of the way to its node, and of the path."""

    question: int
    argument: int
    way: Place
    rest: Steps


_WHOLE: Final = _Want(-1, -1, (), ())
"""Every digit inside: what a path that ends at a record asks for."""


def read_digits(node: Node, questions: Sequence[Question]) -> Digits:
    """The digits of `node`, and where they give the values at the questions' paths."""
    reader = _Reader(questions)
    wants = [
        _Want(number, argument, question.place, path)
        for number, question in enumerate(questions)
        for argument, path in enumerate(question.paths)
    ]
    items = reader.read(node, wants, 1, (), ())
    sources = tuple(tuple(map(tuple, arguments)) for arguments in reader.sources)
    return Digits(node.size, items, tuple(reader.digits), sources)


@final
class _Reader:
    def __init__(self, questions: Sequence[Question]) -> None:
        self.digits: list[Digit] = []
        self.sources: list[list[list[Source]]] = [[[] for _ in question.paths] for question in questions]

    def read(
        self, node: Node, wants: Iterable[_Want], stride: int, place: Place, context: Context
    ) -> tuple[Digit, ...]:
        """The digits of a node, most significant first."""
        here = [want for want in wants if want.way or want is _WHOLE or touches(node, want.rest)]
        if here and node.size:
            if isinstance(node, Union):
                return (self._read_union(node, here, stride, place, context),)
            record = node.inner if isinstance(node, Merge) else node
            if isinstance(node, Record | Merge) and isinstance(record, Record):
                return self._read_record(node, here, stride, place, context)
        digit = Digit(len(self.digits), place, node, stride, context)
        self.digits.append(digit)
        for want in here:
            self._note(want, node, stride, (digit,), context)
        return (digit,)

    def _read_record(
        self, node: Record | Merge, wants: Sequence[_Want], stride: int, place: Place, context: Context
    ) -> tuple[Digit, ...]:
        """The digits of every child. A path that ends here, or lies in several children, takes all of them together."""
        record = cast(Record, node.inner if isinstance(node, Merge) else node)
        inside: list[list[_Want]] = [[] for _ in record.parts]
        together: list[_Want] = []
        for want in wants:
            into = _ways(node, record, want)
            if len(into) == 1:
                child, below = into[0]
                inside[child].append(below)
                continue
            for into_child in inside:
                into_child.append(_WHOLE)
            together.append(want)
        first = len(self.digits)
        items: list[Digit] = []
        for child, part in enumerate(record.parts):
            items += self.read(part, inside[child], stride * record.weights[child], (*place, child), context)
        for want in together:
            self._note(want, node, stride, self.digits[first:], context)
        return tuple(items)

    def _read_union(self, node: Union, wants: Sequence[_Want], stride: int, place: Place, context: Context) -> Digit:
        number = len(self.digits)
        self.digits.append(
            Digit(number, place, node, stride, context)
        )  # its place; replaced once its branches are read
        branches = []
        for branch, part in enumerate(node.parts):
            below = [
                attrs.evolve(want, way=want.way[1:]) if want.way else want
                for want in wants
                if not want.way or want.way[0] == branch
            ]
            branches.append(self.read(part, below, stride, (*place, branch), (*context, (number, branch))))
        digit = Digit(number, place, node, stride, context, tuple(branches), len(self.digits) - 1)
        self.digits[number] = digit
        return digit

    def _note(self, want: _Want, node: Node, stride: int, digits: Sequence[Digit], context: Context) -> None:
        if want is not _WHOLE:
            source = Source(node, want.rest, stride, tuple([digit.number for digit in digits]), context)
            self.sources[want.question][want.argument].append(source)


def _ways(node: Node, record: Record, want: _Want) -> list[tuple[int, _Want]]:
    """The children of a record, or of the product that it holds, that a path leads into."""
    if want.way:
        return [(want.way[0], attrs.evolve(want, way=want.way[1:]))]
    if not want.rest:
        return []
    if node is record:
        child = record.shape.find(want.rest[0])
        return [] if child is None else [(child, attrs.evolve(want, rest=want.rest[1:]))]
    return [(child, want) for child, part in enumerate(record.parts) if touches(part, want.rest)]


def count_values(node: Node) -> int:
    """How many values all digits of a sweep have together, read as finely as they go."""
    return sum(digit.size for digit in read_digits(node, (Question(((),)),)).all)


def touches(node: Node, path: Steps) -> bool:
    """True if some point of `node` has a value at `path`, as far as can be seen without building its points."""
    if not path:
        return True
    if isinstance(node, Record):
        position = node.shape.find(path[0])
        return position is not None and touches(node.parts[position], path[1:])
    if isinstance(node, Union):
        return any(touches(part, path) for part in node.parts)
    if isinstance(node, Merge):
        return any(touches(part, path) for part in node.inner.parts)
    if isinstance(node, Axis):
        values = () if isinstance(node.values, range) else node.values
        return any(_peek(node, index, path) is not ABSENT for index in range(len(values)))
    return True


def _peek(node: Node, index: int, path: Steps) -> Any:
    """What stands at a path of a point, without building more of the point than that; `ABSENT` where nothing does.

    A class may refuse a point as a whole: its parts are still seen.
    """
    if path and isinstance(node, Record):
        child = node.shape.find(path[0])
        if child is None:
            return ABSENT
        part = node.parts[child]
        return _peek(part, index // node.weights[child] % part.size, path[1:])
    try:
        return get_in(path, node.at(index))
    except Exception:  # no such path here, or a class that refuses this point
        return ABSENT


def narrow_node(node: Node, left: Mapping[Place, Sequence[int]], place: Place = ()) -> Node:
    """The node in which each axis whose place is in `left` has these of its values alone."""
    if isinstance(node, Axis):
        kept = left.get(place)
        return node if kept is None else Axis(tuple([node.values[k] for k in kept]), swept=node.swept)
    if isinstance(node, Union):
        chosen = left.get(place, range(len(node.parts)))
        return Union(tuple([narrow_node(node.parts[k], left, (*place, k)) for k in chosen]))
    record = node.inner if isinstance(node, Merge) else node
    if not isinstance(record, Record):
        return node
    parts = tuple([narrow_node(part, left, (*place, k)) for k, part in enumerate(record.parts)])
    narrowed = attrs.evolve(record, parts=parts)
    return attrs.evolve(node, inner=narrowed) if isinstance(node, Merge) else narrowed
