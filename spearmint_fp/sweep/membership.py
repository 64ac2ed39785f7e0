"""Membership in a sweep, as a constraint on the configurations of another one.

It is counted by the axes of both (`matching`) wherever they show some, and asked configuration by configuration, or
looked up by position, where one of them is short.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain
from typing import Any, final

import attrs

from ..configuration.errors import AbsentError, SizeError, TreeError
from ..configuration.fold import show_path
from ..configuration.freezing import freeze
from ..configuration.keys import exact_key
from ..configuration.messages import format_count
from .allowed import Allowed
from .claims import overlap
from .diagrams import Diagrams, OutOfNodes
from .digits import Question, count_values, cut_axes, read_digits
from .filters import constrain_node
from .indices import Chosen, Remaining, Span
from .leaves import LONG_AXIS, Hidden, LeafIndex, are_alike, list_opened, list_points
from .matching import Matcher
from .nodes.node import ABSENT, LIMIT, Node, ProductOf, SelectionOf, ViewOf, ZipOf
from .nodes.reordered import Place
from .nodes.select import Select
from .places import bound_places
from .predicates import Relation, Space
from .tables import Constraint


def keep_members(node: Node, other: Node, *, inside: bool) -> Node:
    """The points of a sweep that are in another one, or those that are not; the sweep itself where these are all."""
    if are_alike(node, other):
        return node if inside or not node.size else Select(node, Chosen(()))
    match node.composition, other.composition:
        case ViewOf(base=base, path=path), ViewOf(base=view) if are_alike(node.rebuilt((view,)), other):
            # the same value is computed of each: where it is all that is new, the rest tells
            if len(path) == 1 and not any(overlap(path, own) for part in (base, view) for own in part.columns()):
                return node.rebuilt((keep_members(base, view, inside=inside),))
    kept = None if other.size <= LIMIT < node.size and _lacks_axes(other) else _filter_members(node, other, inside)
    kept = kept or _look_up_members(node, other, inside)
    return node if kept.size == node.size else kept


def _filter_members(node: Node, other: Node, inside: bool) -> Node | None:
    """The points by a constraint; None where that takes too much, and the other sweep is small."""
    words = f"{'in' if inside else 'not in'} another sweep of {format_count(other.size)}"
    kept = constrain_node(node, Constraint(Membership(other, inside), ((),), words=words))
    try:
        _ = kept.size
    except SizeError:
        if other.size > LIMIT:
            raise
        return None
    return kept


def _lacks_axes(node: Node) -> bool:
    """True for a sweep that shows no axes, so that it is compared point by point."""
    match node.composition:
        case SelectionOf(base=base, indices=indices) if indices.size == base.size:
            return _lacks_axes(base)
        case SelectionOf(base=base, indices=Remaining()):
            return _lacks_axes(base)
        case SelectionOf(base=base, indices=Span() as span):
            match base.composition:
                case ProductOf():
                    return span.positions.step != 1 and abs(span.positions.step) * count_values(base) > LIMIT
                case SelectionOf(indices=indices):
                    return span.positions.step != 1 or not isinstance(indices, Allowed)
            return _lacks_axes(base)
        case SelectionOf(indices=indices):
            return not isinstance(indices, Allowed)
        case ViewOf() | ZipOf():
            return True
    return node.composition is None and node.calls


def _look_up_members(node: Node, other: Node, inside: bool) -> Node:
    """The points of a long sweep by the positions of those of a short one."""
    points = {exact_key(point): point for point in list_points(other, (), is_asked=True)}
    ranks = chain.from_iterable(node.ranks(point, True) for point in points.values() if point is not ABSENT)
    positions = sorted(bound_places(ranks))
    if inside:
        return Select(node, Chosen(tuple(positions)))
    match node.composition:
        case SelectionOf(base=base, indices=Remaining() as indices):
            removed = sorted((*indices.removed, *map(indices.at, positions)))
            return Select(base, Remaining(base.size, tuple(removed)))
    return Select(node, Remaining(node.size, tuple(positions)))


@final
@attrs.frozen(eq=False, slots=False, repr=False)
class Membership(Relation):
    """True for the configurations that are in a sweep, types told apart; for the others unless `inside`."""

    sweep: Node
    inside: bool

    def __call__(self, config: Any) -> bool:
        return self._has(config) is self.inside

    def _has(self, config: Any) -> bool:
        try:
            frozen = freeze(config)
        except TreeError:  # what is no tree is in no sweep
            return False
        if self._keys is not None:
            return exact_key(frozen) in self._keys
        with suppress(AbsentError):
            return next(self.sweep.ranks(frozen, True), None) is not None
        return False

    @cached_property
    def _keys(self) -> frozenset[Hashable] | None:
        """The keys of all points, where finding one could mean making each of them anew."""
        if not self.sweep.calls or self.sweep.size > LIMIT:
            return None
        return frozenset(map(exact_key, list_points(self.sweep, (), is_asked=True)))

    def cut_axes(self, base: Node, fixed: Container[Place]) -> Node:
        while True:
            digits = read_digits(base, (Question(((),)),))
            if all(digit.size <= LONG_AXIS for digit in digits.all):
                return base
            domains: dict[int, Sequence[int]] = {digit.number: range(digit.size) for digit in digits.all}
            space = Space(digits, Diagrams(), domains, domains)
            try:
                index = LeafIndex(base, (), space, self._list_opened(base), fixed)
                Matcher(index).match_all(self.sweep)
            except (Hidden, OutOfNodes):  # which is told when the diagram is built
                return base
            if not index.cuts:
                return base
            base = cut_axes(base, index.cuts)

    def build_diagram(self, base: Node, place: Place, space: Space) -> int | None:
        try:
            index = LeafIndex(base, place, space, self._list_opened(base))
            found = Matcher(index).match_all(self.sweep)
            if not self.inside:
                return space.diagrams.negate(found)
            return space.diagrams.disjoin(found, space.find_outside(place))
        except Hidden as hidden:
            if base.size <= LIMIT:
                return None
            raise _make_refusal(base, hidden) from None
        except OutOfNodes:
            if base.size <= LIMIT:
                return None
            raise SizeError(
                f"comparing a sweep of {format_count(base.size)} configurations with one of "
                f"{format_count(self.sweep.size)} takes too many cases at once. Write their axes in the same order, "
                f"those that constraints tie together side by side"
            ) from None

    def _list_opened(self, base: Node) -> frozenset[Any]:
        return frozenset(list_opened(base) | list_opened(self.sweep))


def _make_refusal(base: Node, hidden: Hidden) -> SizeError:
    return SizeError(
        f"comparing a sweep of {format_count(base.size)} configurations with another one means looking at "
        f"{format_count(hidden.node.size)} points at {show_path(hidden.path)}, more than {LIMIT}: they are mapped, "
        f"derived, zipped, shuffled, ranges of other steps, or of a class that may change its values. Compare the "
        f"sweeps that these were made from"
    )
