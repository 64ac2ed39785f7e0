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
from itertools import chain, pairwise
from operator import is_
from typing import Any, Final, final

import attrs

from ..configuration.fold import Steps
from .nodes.node import Node, ProductOf, SumOf
from .nodes.reordered import Place
from .nodes.select import slice_node
from .nodes.union import Pieces, Union

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
        """The offset that each value of the digit adds to a position."""
        if self.branches is not None and isinstance(self.node.composition, SumOf):
            return [offset * self.stride for offset in self.node.composition.offsets[:-1]]
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
    is_column: bool  # true if the node's points are the values of one digit

    def find_value(self, offset: int) -> Any:
        """The value, given the sum of what the digits add to a position; `ABSENT` where there is none."""
        return self.node.peek(offset // self.stride, self.rest)

    @cached_property
    def column(self) -> Sequence[Any]:
        """The value at each point of the node."""
        return self.node.list_values(self.rest)


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

    def list_choosers(self, place: Place) -> list[tuple[int, int]]:
        """The choices on the way to a place, each with the branch that leads there."""
        ways = ((self.places.get(place[:end], -1), branch) for end, branch in enumerate(place))
        return [(number, branch) for number, branch in ways if number >= 0]

    def enter_place(self, place: Place) -> tuple[Digits, int]:
        """The digits of the part at a place, and how far apart its points lie in the whole."""
        context = tuple(self.list_choosers(place))
        inside = [digit for digit in self.all if digit.place[: len(place)] == place and digit.context == context]
        return attrs.evolve(self, items=tuple(inside)), min([digit.stride for digit in inside], default=1)

    @cached_property
    def places(self) -> dict[Place, int]:
        return {digit.place: digit.number for digit in self.all}

    def find_scope(self, question: int) -> tuple[int, ...]:
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


@attrs.frozen(eq=False, repr=False)
class _Inside:
    """A node inside the sweep: how far apart its points lie in the whole, its place, and the branches that it is in."""

    node: Node
    stride: int = 1
    place: Place = ()
    context: Context = ()


def read_digits(node: Node, questions: Sequence[Question]) -> Digits:
    """The digits of `node`, and where they give the values at the questions' paths."""
    reader = _Reader(questions)
    wants = [
        _Want(number, argument, question.place, path)
        for number, question in enumerate(questions)
        for argument, path in enumerate(question.paths)
    ]
    items = reader.read_node(_Inside(node), wants)
    sources = tuple(tuple(map(tuple, arguments)) for arguments in reader.sources[: len(questions)])
    return Digits(node.size, items, tuple(reader.digits), sources)


@final
class _Reader:
    def __init__(self, questions: Sequence[Question]) -> None:
        self.digits: list[Digit] = []
        self.sources: list[list[list[Source]]] = [[[] for _ in question.paths] for question in questions]

    def read_node(self, at: _Inside, wants: Iterable[_Want]) -> tuple[Digit, ...]:
        """The digits of a node, most significant first: one, unless a path leads into it."""
        here = [want for want in wants if want.way or want is _WHOLE or at.node.may_have(want.rest)]
        match at.node.composition if here and at.node.size else None:
            case SumOf(parts=parts):
                return (self._read_sum(at, parts, here),)
            case ProductOf() as product:
                return self._read_product(at, product, here)
        digit = Digit(len(self.digits), at.place, at.node, at.stride, at.context)
        self.digits.append(digit)
        self._add_sources(at, here, (digit.number,), is_column=True)
        return (digit,)

    def _read_product(self, at: _Inside, product: ProductOf, wants: Sequence[_Want]) -> tuple[Digit, ...]:
        """The digits of every part. A path that ends here, or lies in several parts, takes all of them together."""
        inside: list[list[_Want]] = [[] for _ in product.parts]
        together: list[_Want] = []
        computed = [(want, *self._ask_inputs(at.node, want)) for want in wants if self._is_computed(at.node, want)]
        plain = [want for want in wants if not self._is_computed(at.node, want)]
        for want in chain(plain, *[inputs for _, _, inputs in computed]):
            ways = ((want.way[0], want.rest),) if want.way else at.node.enter(want.rest)
            into = [(part, rest) for part, rest in ways if want.way or product.parts[part].may_have(rest)]
            if len(into) == 1:
                ((part, rest),) = into
                inside[part].append(attrs.evolve(want, way=want.way[1:], rest=rest))
            else:
                together.append(want)
        first = len(self.digits)
        items: list[Digit] = []
        for k, (node, weight) in enumerate(zip(product.parts, product.weights, strict=True)):
            part_of = _Inside(node, at.stride * weight, (*at.place, k), at.context)
            items += self.read_node(part_of, [*inside[k], _WHOLE] if together else inside[k])
        self._add_sources(at, together, range(first, len(self.digits)))
        for want, question, _ in computed:
            found = [source for sources in self.sources[question] for source in sources]
            below = {number for source in found for number, _ in source.context if number >= first}
            self._add_sources(at, [want], sorted(below.union(*(source.digits for source in found))))
        return tuple(items)

    @staticmethod
    def _is_computed(node: Node, want: _Want) -> bool:
        return not want.way and node.inputs(want.rest) is not None

    def _ask_inputs(self, node: Node, want: _Want) -> tuple[int, list[_Want]]:
        """A question of its own for the paths that decide a computed value: its number, and what it wants."""
        inputs = node.inputs(want.rest) or ()
        self.sources.append([[] for _ in inputs])
        number = len(self.sources) - 1
        return number, [_Want(number, argument, (), path) for argument, path in enumerate(inputs)]

    def _read_sum(self, at: _Inside, parts: Sequence[Node], wants: Sequence[_Want]) -> Digit:
        """The digit that chooses a part, with the digits of each."""
        number = len(self.digits)
        self.digits.append(Digit(number, at.place, at.node, at.stride, at.context))  # replaced once all are read
        branches = []
        for branch, part in enumerate(parts):
            below = [
                attrs.evolve(want, way=want.way[1:]) if want.way else want
                for want in wants
                if not want.way or want.way[0] == branch
            ]
            inside = _Inside(part, at.stride, (*at.place, branch), (*at.context, (number, branch)))
            branches.append(self.read_node(inside, below))
        digit = attrs.evolve(self.digits[number], branches=tuple(branches), last=len(self.digits) - 1)
        self.digits[number] = digit
        return digit

    def _add_sources(
        self, at: _Inside, wants: Iterable[_Want], digits: Sequence[int], *, is_column: bool = False
    ) -> None:
        """Note that these digits give what is wanted."""
        for want in wants:
            if want is not _WHOLE:
                source = Source(at.node, want.rest, at.stride, tuple(digits), at.context, is_column)
                self.sources[want.question][want.argument].append(source)


def count_values(node: Node) -> int:
    """How many values all digits of a sweep have together, read as finely as they go."""
    return sum(digit.size for digit in read_digits(node, (Question(((),)),)).all)


def find_node(node: Node, place: Place) -> Node:
    """The node at a place."""
    for child in place:
        match node.composition:
            case ProductOf(parts=parts) | SumOf(parts=parts):
                node = parts[child]
    return node


def cut_axes(node: Node, cuts: Mapping[Place, Iterable[int]], place: Place = ()) -> Node:
    """The same points, where the axes at some places are cut into pieces before these positions."""
    if place in cuts:
        pieces = [cut_piece(node, start, stop) for start, stop in pairwise(sorted({0, *cuts[place], node.size}))]
        return Pieces(tuple(pieces), node) if pieces[1:] else node
    match node.composition:
        case ProductOf(parts=parts) | SumOf(parts=parts):
            new = [cut_axes(part, cuts, (*place, k)) for k, part in enumerate(parts)]
            changed = any(one is not other for one, other in zip(parts, new, strict=True))
            return node.rebuilt(new) if changed else node
    return node


def cut_piece(node: Node, start: int, stop: int) -> Node:
    """`node[start:stop]`, of an axis as an axis."""
    piece = node.keep_values([start] if stop == start + 1 else range(start, stop))
    return piece if piece.size == stop - start else slice_node(node, slice(start, stop))


def narrow_node(node: Node, left: Mapping[Place, Sequence[int]], place: Place = ()) -> Node:
    """The node in which each digit whose place is in `left` has these values alone, as far as columns show it."""
    match node.composition:
        case ProductOf(parts=parts):
            return node.rebuilt([narrow_node(part, left, (*place, k)) for k, part in enumerate(parts)])
        case SumOf(parts=parts):
            chosen = left.get(place, range(len(parts)))
            kept = [narrow_node(parts[k], left, (*place, k)) for k in chosen]
            if len(kept) == len(parts) and all(map(is_, kept, parts)):
                return node
            return kept[0] if len(kept) == 1 else Union.of(kept)
    return node.keep_values(left[place]) if place in left else node
