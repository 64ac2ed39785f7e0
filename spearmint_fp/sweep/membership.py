"""Which configurations of one sweep are in another one, as a diagram over the digits of the first.

The second sweep is taken as a set of leaves by path (`leaves`): a product is the conjunction of its parts, a sum the
disjunction of its branches, an axis a case per key. A sweep that was constrained, or is a slice, is read from its
automaton: a value of one of its digits is a case, and goes on where the automaton does. Where alternatives have
different paths, each says of the paths of the others that nothing is there. So equal configurations are found however
either sweep is made, and its order is gone. What shows no leaves is listed.
"""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain
from typing import Any, Final, NamedTuple, final

import attrs

from ..configuration.errors import AbsentError, SizeError, TreeError
from ..configuration.fold import Steps, show_path
from ..configuration.freezing import freeze
from ..configuration.keys import exact_key
from ..configuration.messages import format_count
from .allowed import Allowed
from .automata import Automaton
from .diagrams import FALSE, TRUE, Diagrams, OutOfNodes
from .digits import Place, Question, count_values, cut_axes, read_digits
from .filters import constrain_node
from .claims import overlap
from .indices import Chosen, Remaining, Span
from .leaves import (
    LONG_AXIS,
    WHOLE,
    Hidden,
    KeyCases,
    LeafIndex,
    Leaves,
    RangeCases,
    are_alike,
    find_prefixes,
    list_opened,
    list_points,
    make_product_mark,
)
from .nodes.node import LIMIT, Node, ProductOf, SelectionOf, SumOf, ViewOf, ZipOf
from .nodes.points import walk_possible_points
from .nodes.select import Select, slice_node
from .places import bound_places
from .predicates import Relation, Space
from .tables import Constraint

Paths = frozenset[Steps]


def keep_members(node: Node, other: Node, *, inside: bool) -> Node:
    """The points of a sweep that are in another one, or those that are not; the sweep itself where these are all."""
    if are_alike(node, other):
        return node if inside or not node.size else Select(node, Chosen(()))
    match node.composition, other.composition:
        case ViewOf(base=base, path=path), ViewOf(base=view) if are_alike(node.rebuilt((view,)), other):
            # the same value is computed of each: where it is all that is new, the rest tells
            if len(path) == 1 and not any(overlap(path, own) for part in (base, view) for own in part.columns()):
                return node.rebuilt((keep_members(base, view, inside=inside),))
    kept = None if other.size <= LIMIT < node.size and _is_listed(other) else _filter_members(node, other, inside)
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


def _is_listed(node: Node) -> bool:
    """True for a sweep that shows no axes, so that it is compared point by point."""
    match node.composition:
        case SelectionOf(base=base, indices=indices) if indices.size == base.size:
            return _is_listed(base)
        case SelectionOf(base=base, indices=Remaining()):
            return _is_listed(base)
        case SelectionOf(base=base, indices=Span() as span):
            match base.composition:
                case ProductOf():
                    return span.positions.step != 1 and abs(span.positions.step) * count_values(base) > LIMIT
                case SelectionOf(indices=indices):
                    return span.positions.step != 1 or not isinstance(indices, Allowed)
            return _is_listed(base)
        case SelectionOf(indices=indices):
            return not isinstance(indices, Allowed)
        case ViewOf() | ZipOf():
            return True
    return node.composition is None and node.calls


def _look_up_members(node: Node, other: Node, inside: bool) -> Node:
    """The points of a long sweep by the positions of those of a short one."""
    points = {exact_key(point): point for point in walk_possible_points(other, 0, other.size)}
    ranks = chain.from_iterable(node.ranks(point, True) for point in points.values())
    positions = sorted(bound_places(ranks))
    if inside:
        return Select(node, Chosen(tuple(positions)))
    match node.composition:
        case SelectionOf(base=base, indices=Remaining() as indices):
            removed = sorted((*indices.removed, *map(indices.at, positions)))
            return Select(base, Remaining(base.size, tuple(removed)))
    return Select(node, Remaining(node.size, tuple(positions)))


@final
@attrs.frozen(eq=False, slots=False)
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
        return frozenset(map(exact_key, walk_possible_points(self.sweep, 0, self.sweep.size)))

    def cut_axes(self, base: Node, fixed: Container[Place]) -> Node:
        while True:
            digits = read_digits(base, (Question(((),)),))
            if all(digit.size <= LONG_AXIS for digit in digits.all):
                return base
            domains: dict[int, Sequence[int]] = {digit.number: range(digit.size) for digit in digits.all}
            space = Space(digits, Diagrams(), domains, domains)
            try:
                index = LeafIndex(base, (), space, self._list_opened(base), fixed)
                _Matcher(index).match_all(self.sweep)
            except (Hidden, OutOfNodes):  # which is told when the diagram is built
                return base
            if not index.cuts:
                return base
            base = cut_axes(base, index.cuts)

    def build_diagram(self, base: Node, place: Place, space: Space) -> int | None:
        try:
            index = LeafIndex(base, place, space, self._list_opened(base))
            found = _Matcher(index).match_all(self.sweep)
            return space.diagrams.disjoin_all([found, index.find_outside()]) if self.inside else space.diagrams.negate(found)
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
        f"derived, zipped, shuffled or of a class that may change its values. Compare the sweeps that these were made "
        f"from"
    )


class _Part(NamedTuple):
    """Configurations of the first sweep, by what they have at some paths; nothing is said of other paths."""

    diagram: int
    paths: Paths


_NONE: Final = _Part(FALSE, frozenset())
_ALL: Final = _Part(TRUE, frozenset())


@final
class _Matcher:
    """Finds the configurations of an indexed sweep that are in another one."""

    def __init__(self, index: LeafIndex) -> None:
        self._index, self._diagrams = index, index.diagrams

    def match_all(self, node: Node) -> int:
        """The configurations that are in a sweep."""
        part = self._match_node(node, ())
        return self._complete(part, self._index.paths)

    # --- and, or

    def _complete(self, part: _Part, paths: Paths) -> int:
        """The part of which also is said that there is nothing at any other of these paths."""
        lacks = [self._index.find_lack(path) for path in paths - part.paths] if part.diagram else []
        return self._diagrams.conjoin(part.diagram, self._diagrams.conjoin_all(lacks))

    def _join_all(self, parts: Sequence[_Part]) -> _Part:
        diagram = self._diagrams.conjoin_all([part.diagram for part in parts])
        return _Part(diagram, frozenset[Steps]().union(*[part.paths for part in parts])) if diagram else _NONE

    def _join_any(self, parts: Iterable[_Part]) -> _Part:
        groups: dict[Paths, list[int]] = {}
        for part in parts:
            if part.diagram:
                groups.setdefault(part.paths, []).append(part.diagram)
        if not groups:
            return _NONE
        paths = frozenset[Steps]().union(*groups)
        joined = [_Part(self._disjoin(diagrams), own) for own, diagrams in groups.items()]
        return _Part(self._disjoin([self._complete(part, paths) for part in joined]), paths)

    def _disjoin(self, diagrams: Sequence[int]) -> int:
        return diagrams[0] if len(diagrams) == 1 else self._diagrams.disjoin_all(diagrams)

    # --- the kinds of sweeps

    def _match_node(self, node: Node, prefix: Steps) -> _Part:
        """The configurations that have a point of a sweep at a path."""
        if not node.size:
            return _NONE
        match node.composition:
            case SumOf(parts=parts):
                return self._join_any([self._match_node(part, prefix) for part in parts])
            case ProductOf() as made:
                prefixes = find_prefixes(node, made, prefix)
                if prefixes is not None:
                    pairs = zip(made.parts, prefixes, strict=True)
                    parts = tuple([self._match_node(part, path) for part, path in pairs if path is not None])
                    return self._join_all([*parts, *self._match_marks(made, prefix)])
            case SelectionOf(base=base, indices=indices) if indices.size == base.size:
                return self._match_node(base, prefix)
            case SelectionOf(base=base, indices=Allowed() as allowed):
                with suppress(Hidden):
                    return self._match_automaton(allowed.base, allowed.automaton, prefix)
            case SelectionOf(base=base, indices=Span() as span):
                found = self._match_slice(base, span.positions, prefix)
                if found is not None:
                    return found
            case SelectionOf(base=base, indices=Remaining() as indices):
                removed = self._match_points([base.at(position) for position in indices.removed], prefix)
                whole = self._match_node(base, prefix)
                without = self._diagrams.negate(self._complete(removed, whole.paths))
                return _Part(self._diagrams.conjoin(whole.diagram, without), whole.paths)
        try:
            return self._match_points(list_points(node, prefix), prefix)
        except Hidden:
            return _Part(self._index.find_alike(node, prefix), frozenset(((*prefix, WHOLE),)))

    def _match_points(self, points: Sequence[Any], prefix: Steps) -> _Part:
        if isinstance(points, range):
            return _Part(self._index.split(prefix, RangeCases(points)), frozenset((prefix,)))
        return self._split_rows([(self._index.list_leaves(point, prefix), _ALL) for point in points])

    def _match_marks(self, made: ProductOf, prefix: Steps) -> list[_Part]:
        marks = make_product_mark(made)
        return [self._match_keys((*prefix, *path), {key: TRUE}) for path, key in marks.items()]

    def _match_keys(self, path: Steps, diagrams: dict[Hashable, int]) -> _Part:
        return _Part(self._index.split(path, KeyCases(diagrams)), frozenset((path,)))

    def _split_rows(self, rows: Iterable[tuple[Leaves, _Part]]) -> _Part:
        """The configurations that have all leaves of a row, and go on as it says."""
        groups: dict[Paths, dict[tuple[Hashable, ...], list[_Part]]] = {}
        orders: dict[Paths, list[Steps]] = {}
        known = self._index.paths
        for leaves, part in rows:
            paths = frozenset(leaves)
            if paths and part.diagram and paths <= known:
                if paths not in orders:
                    orders[paths] = sorted(paths, key=self._index.find_order)
                row = tuple([leaves[path] for path in orders[paths]])
                groups.setdefault(paths, {}).setdefault(row, []).append(part)
        return self._join_any([self._split_group(orders[paths], found) for paths, found in groups.items()])

    def _split_group(self, order: Sequence[Steps], rows: dict[tuple[Hashable, ...], list[_Part]]) -> _Part:
        """The same for rows with the same paths: ends first, so that rows that begin alike are one."""
        joined = {row: parts[0] if len(parts) == 1 else self._join_any(parts) for row, parts in rows.items()}
        paths = frozenset[Steps]().union(*{part.paths for part in joined.values()})
        found = {row: self._complete(part, paths) for row, part in joined.items()}
        for path in reversed(order):
            cases: dict[tuple[Hashable, ...], dict[Hashable, int]] = {}
            for row, diagram in found.items():
                cases.setdefault(row[:-1], {})[row[-1]] = diagram
            found = {row: self._index.split(path, KeyCases(diagrams)) for row, diagrams in cases.items()}
        return _Part(found[()], paths.union(order))

    # --- slices and automata

    def _match_slice(self, base: Node, positions: range, prefix: Steps) -> _Part | None:
        """The configurations in a slice; None where it must be listed."""
        positions = positions if positions.step > 0 else positions[::-1]
        match base.composition:
            case SumOf(parts=parts, offsets=offsets):
                found = []
                for part, offset in zip(parts, offsets[:-1], strict=True):
                    first = max(positions.start - offset, (positions.start - offset) % positions.step)
                    end = min(positions.stop - offset, part.size)
                    found.append(self._match_node(slice_node(part, slice(first, max(first, end), positions.step)), prefix))
                return self._join_any(found)
            case SelectionOf(indices=Allowed() as allowed) if positions.step == 1:
                ends = allowed.at(positions[0]), allowed.at(positions[-1])
                return self._match_stretch(allowed.base, allowed.answered, ends, prefix)
            case ProductOf():
                stride = Constraint(None, ((),), congruence=(positions.step, positions[0]))
                if positions.step == 1:
                    return self._match_stretch(base, (), (positions[0], positions[-1]), prefix)
                if positions.step * count_values(base) <= LIMIT:
                    return self._match_stretch(base, (stride,), (positions[0], positions[-1]), prefix)
            case None:
                points = list_points(base, prefix)
                return self._match_points(points[positions.start : positions.stop : positions.step], prefix)
        return None

    def _match_stretch(
        self, base: Node, constraints: Sequence[Constraint], ends: tuple[int, int], prefix: Steps
    ) -> _Part | None:
        """The configurations of a base that satisfy constraints and stand between two positions."""
        fixed = {place for constraint in constraints if constraint.table for place in constraint.table.scope}
        digits = read_digits(base, (Question(((),)),))
        cuts: dict[Place, set[int]] = {}
        for position in ends:
            for digit, value in digits.split_position(position):
                is_axis = digit.branches is None and digit.node.composition is None and digit.place not in fixed
                if digit.size > LONG_AXIS and is_axis:
                    cuts.setdefault(digit.place, set()).update((value, value + 1))
        stretch = Allowed(cut_axes(base, cuts), (*constraints, Constraint(None, ((),), between=ends)))
        try:
            return self._match_automaton(stretch.base, stretch.automaton, prefix)
        except Hidden:
            return None

    def _match_automaton(self, base: Node, automaton: Automaton, prefix: Steps) -> _Part:
        """The configurations that are points of a base, as far as an automaton allows them."""
        prefixes, marks = self._locate_digits(base, prefix, automaton)
        leaves: dict[int, list[Leaves]] = {}
        parts = [_NONE, _ALL]
        for axis, row in zip(automaton.axes[2:], automaton.rows[2:], strict=True):
            if axis < 0:
                parts.append(self._join_all([parts[cell] for cell in row or ()]))
                continue
            digit, path = automaton.digits.all[axis], prefixes.get(axis)
            if row is None:
                parts.append(_ALL if path is None else self._match_node(digit.node, path))
            elif digit.branches is not None:
                pairs = zip(automaton.values[axis], row, strict=True)
                branches = [[parts[cell], *marks.get((*digit.place, k), ())] for k, cell in pairs if cell]
                parts.append(self._join_any([self._join_all(branch) for branch in branches]))
            elif path is None:  # a digit that leaves no trace
                parts.append(self._join_any([parts[cell] for cell in row]))
            else:
                if axis not in leaves:
                    points = list_points(digit.node, path)
                    leaves[axis] = [self._index.list_leaves(points[value], path) for value in automaton.values[axis]]
                parts.append(self._split_rows([(leaves[axis][k], parts[cell]) for k, cell in enumerate(row) if cell]))
        return self._join_all([parts[automaton.root], *marks.get((), ())])

    def _locate_digits(
        self, base: Node, prefix: Steps, automaton: Automaton
    ) -> tuple[dict[int, Steps], dict[Place, list[_Part]]]:
        """The paths of the digits that have one, and the kinds of opened records by the branch that they are in."""
        prefixes: dict[int, Steps] = {}
        marks: dict[Place, list[_Part]] = {}
        places = automaton.digits.places
        waiting: list[tuple[Node, Place, Steps, Place]] = [(base, (), prefix, ())]
        while waiting:
            node, place, path, branch = waiting.pop()
            number = places.get(place)
            if number is not None and automaton.digits.all[number].branches is None:
                prefixes[number] = path
                continue
            match node.composition:
                case SumOf(parts=parts):
                    waiting += [(part, (*place, k), path, (*place, k)) for k, part in enumerate(parts)]
                case ProductOf() as made:
                    found = find_prefixes(node, made, path)
                    if found is None:
                        raise Hidden(node, path)
                    marks.setdefault(branch, []).extend(self._match_marks(made, path))
                    pairs = enumerate(zip(made.parts, found, strict=True))
                    waiting += [(part, (*place, k), at, branch) for k, (part, at) in pairs if at is not None]
        return prefixes, marks
