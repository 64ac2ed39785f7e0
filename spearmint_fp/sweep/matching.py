"""Which configurations of one sweep are in another one, as a diagram over the digits of the first.

The second sweep is taken as a set of leaves by path (`leaves`): a product is the conjunction of its parts, a sum the
disjunction of its branches, an axis a case per key. A sweep that was constrained, or is a slice, is read from its
automaton: a value of one of its digits is a case, and goes on where the automaton does. Where alternatives have
different paths, each says of the paths of the others that nothing is there. So equal configurations are found however
either sweep is made, and its order is gone. What shows no leaves is listed.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple, final

from ..configuration.fold import Steps
from .allowed import Allowed
from .automata import Automaton
from .cases import KeyCases, RangeCases
from .diagrams import FALSE, TRUE
from .digits import Question, count_values, cut_axes, read_digits
from .indices import Indices, Remaining, Span
from .leaves import (
    LONG_AXIS,
    WHOLE,
    Hidden,
    LeafIndex,
    Leaves,
    find_prefixes,
    list_points,
    make_product_mark,
)
from .nodes.node import LIMIT, Node, ProductOf, SelectionOf, SumOf
from .nodes.reordered import Place
from .nodes.select import slice_node
from .tables import Constraint

Paths = frozenset[Steps]


class _Part(NamedTuple):
    """Configurations of the first sweep, by what they have at some paths; nothing is said of other paths."""

    diagram: int
    paths: Paths


_NONE: Final = _Part(FALSE, frozenset())
_ALL: Final = _Part(TRUE, frozenset())


@final
class Matcher:
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
        joined = [_Part(self._diagrams.disjoin_all(diagrams), own) for own, diagrams in groups.items()]
        return _Part(self._diagrams.disjoin_all([self._complete(part, paths) for part in joined]), paths)

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
                    matched = [self._match_node(part, path) for part, path in pairs if path is not None]
                    return self._join_all([*matched, *self._match_marks(made, prefix)])
            case SelectionOf(base=base, indices=indices):
                found = self._match_selection(base, indices, prefix)
                if found is not None:
                    return found
        try:
            return self._match_points(list_points(node, prefix, is_asked=True), prefix)
        except Hidden:
            return _Part(self._index.find_alike(node, prefix), frozenset(((*prefix, WHOLE),)))

    def _match_selection(self, base: Node, indices: Indices, prefix: Steps) -> _Part | None:
        """The configurations that have a selected point at a path; None where the selection must be listed."""
        if indices.size == base.size:
            return self._match_node(base, prefix)
        match indices:
            case Allowed():
                with suppress(Hidden):
                    return self._match_automaton(indices.base, indices.automaton, prefix)
            case Span():
                return self._match_slice(base, indices.positions, prefix)
            case Remaining():
                removed = self._match_points([base.at(position) for position in indices.removed], prefix)
                whole = self._match_node(base, prefix)
                without = self._diagrams.negate(self._complete(removed, whole.paths))
                return _Part(self._diagrams.conjoin(whole.diagram, without), whole.paths)
        return None

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
        for leaves, part in rows:
            paths = frozenset(leaves)
            if paths and part.diagram and all(map(self._index.has_path, paths)):
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
                    some = slice_node(part, slice(first, max(first, end), positions.step))
                    found.append(self._match_node(some, prefix))
                return self._join_any(found)
            case SelectionOf(indices=Allowed() as allowed) if positions.step == 1:
                inside = range(allowed.at(positions[0]), allowed.at(positions[-1]) + 1)
                return self._match_positions(allowed.base, allowed.answered, inside, prefix)
            case ProductOf() if positions.step == 1 or positions.step * count_values(base) <= LIMIT:
                return self._match_positions(base, (), positions, prefix)
            case None:
                with suppress(Hidden):
                    points = list_points(base, prefix, is_asked=True)
                    return self._match_points(points[positions.start : positions.stop : positions.step], prefix)
        return None

    def _match_positions(
        self, base: Node, constraints: Sequence[Constraint], positions: range, prefix: Steps
    ) -> _Part | None:
        """The configurations of a base that satisfy constraints and stand at some positions."""
        fixed = {place for constraint in constraints if constraint.table for place in constraint.table.scope}
        digits = read_digits(base, (Question(((),)),))
        cuts: dict[Place, set[int]] = {}
        for position in (positions[0], positions[-1]):
            for digit, value in digits.split_position(position):
                is_axis = digit.branches is None and digit.node.composition is None and digit.place not in fixed
                if digit.size > LONG_AXIS and is_axis:
                    cuts.setdefault(digit.place, set()).update((value, value + 1))
        some = Allowed(cut_axes(base, cuts), (*constraints, Constraint(None, ((),), positions=positions)))
        try:
            return self._match_automaton(some.base, some.automaton, prefix)
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
                    points = list_points(digit.node, path, is_asked=True)
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
