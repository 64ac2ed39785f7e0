"""A product whose axes turn in another order: the same points, other ones slowest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from operator import mul
from typing import Any, cast, final

import attrs

from ...configuration.fold import Steps
from ...configuration.records import TupleShape
from ..claims import Claims
from ..indices import Indices
from .columns import Kinds
from .node import Node, ProductOf
from .record import Record
from .select import Selection

Place = tuple[int, ...]
"""The child positions that lead from a sweep's node to one inside it."""


@final
@attrs.frozen(repr=False)
class DigitOrder(Indices):
    """All positions of a product, where its digits are read in another order.

    A digit is its size and how far apart its neighbouring points lie in the product; the first one is slowest.
    """

    digits: tuple[tuple[int, int], ...]

    how = "reordered"
    ascending = False

    @cached_property
    def _weights(self) -> list[int]:
        """Per digit, how far apart its neighbouring points lie in this order."""
        sizes = [size for size, _ in self.digits]
        return list(accumulate(sizes[:0:-1], mul, initial=1))[::-1]

    @property
    def size(self) -> int:
        return self._weights[0] * self.digits[0][0]

    def at(self, index: int) -> int:
        if not 0 <= index < self.size:
            raise IndexError(index)
        pairs = zip(self.digits, self._weights, strict=True)
        return sum(index // weight % size * stride for (size, stride), weight in pairs)

    def rank(self, position: int) -> int:
        pairs = zip(self.digits, self._weights, strict=True)
        return sum(position // stride % size * weight for (size, stride), weight in pairs)

    def runs(self, start: int, stop: int) -> Iterator[range]:
        for index in range(start, stop):
            position = self.at(index)
            yield range(position, position + 1)


@final
@attrs.frozen(repr=False)
class Reordered(Selection):
    """Every point of a product, the parts at some places inside of it in another order, the first one slowest.

    The places are those of all its parts, where the products that hold some of them are opened.
    """

    base: Node
    order: tuple[Place, ...]

    @property
    def size(self) -> int:
        return self.base.size

    @cached_property
    def _inner(self) -> Record:
        """The tuples of the points of the parts, in their order here."""
        return Record(TupleShape(len(self.order)), tuple([find_part(self.base, place)[0] for place in self.order]))

    @cached_property
    def indices(self) -> DigitOrder:  # type: ignore[override]  # computed once
        """The positions in the base, in this order."""
        digits = [find_part(self.base, place) for place in self.order]
        return DigitOrder(tuple([(node.size, stride) for node, stride in digits]))

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        return map(self._build, self._inner.walk(start, stop))

    def _build(self, points: Sequence[Any]) -> Any:
        """The point of the base that the parts' points, in their order here, make."""
        known = dict(zip(self.order, points, strict=True))

        def build(node: Node, place: Place) -> Any:
            if place in known:
                return known[place]
            made = _open_product(node)
            return made.build([build(part, (*place, k)) for k, part in enumerate(made.parts)])

        return build(self.base, ())

    @property
    def composition(self) -> ProductOf:
        return attrs.evolve(self._inner.composition, finish=self._build)

    def rebuilt(self, parts: Sequence[Node]) -> Node:
        known = dict(zip(self.order, parts, strict=True))

        def build(node: Node, place: Place) -> Node:
            if place in known:
                return known[place]
            made = _open_product(node)
            return node.rebuilt([build(part, (*place, k)) for k, part in enumerate(made.parts)])

        return Reordered(build(self.base, ()), self.order)

    def enter(self, path: Steps) -> Sequence[tuple[int, Steps]]:
        return list(self._enter_at(self.base, (), path))

    def _enter_at(self, node: Node, place: Place, path: Steps) -> Iterator[tuple[int, Steps]]:
        if place in self.order:
            yield self.order.index(place), path
            return
        made = _open_product(node)
        for part, rest in node.enter(path) if path else ():
            if made.parts[part].may_have(rest):
                yield from self._enter_at(made.parts[part], (*place, part), rest)

    def has_path(self, path: Steps) -> bool:
        return self.base.has_path(path)

    @property
    def faithful(self) -> bool:
        return self.base.faithful

    def claims(self, exact: bool) -> Claims:
        return self.base.claims(exact)

    def kinds(self) -> Kinds:
        return self.base.kinds()


def find_part(node: Node, place: Place) -> tuple[Node, int]:
    """The node at a place inside of a product, and how far apart its points lie in it."""
    stride = 1
    for k in place:
        made = _open_product(node)
        node, stride = made.parts[k], stride * made.weights[k]
    return node, stride


def _open_product(node: Node) -> ProductOf:
    """The composition of a product, one of those that hold the parts."""
    return cast(ProductOf, node.composition)
