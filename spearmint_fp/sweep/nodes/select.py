"""Some points of a sweep, at the positions that an `Indices` names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, final

import attrs

from ...configuration.errors import ArgumentError
from ...configuration.fold import Steps
from ...configuration.messages import short_repr
from ..claims import NOTHING, Claims
from ..indices import Indices, Span, count_range
from .columns import A, Columns, Tables
from .late import places
from .node import Compound, Node, SelectionOf

if TYPE_CHECKING:
    from ..outline import Outline
    from ..places import Places
    from ..probes import Probe
    from ..spots import Spot


class Selection(Compound):
    """Points of a base, each of them once, in some order: what `Select` and `Reordered` share."""

    __slots__ = ()

    base: Node
    indices: Indices

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    def at(self, index: int) -> Any:
        return self.indices.point(self.base, index)

    def places(self, value: Any, exact: bool) -> Places:
        return places.Selected(self.base.places(value, exact), self.indices)

    def columns(self) -> Columns:
        columns: Columns = self.indices.columns(self.base)
        return columns

    def may_have(self, path: Steps) -> bool:
        return self.base.may_have(path)

    def can_set(self, path: Steps) -> bool:
        return self.base.can_set(path)

    def tabulate(self, tables: Tables[A], rows: Any) -> dict[Steps, A]:
        return tables.tabulate(self.base, tables.find_positions(self.indices, rows))

    def probes(self, spot: Spot) -> Iterator[Probe]:
        return self.base.probes(spot.in_selection(self, self.base))

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path).selected(self.indices.how, self.size, self.indices.notes)


@final
@attrs.frozen(repr=False)
class Select(Selection):
    """The points of `base` at the positions that `indices` names, in their order."""

    base: Node
    indices: Indices

    @property
    def size(self) -> int:  # computed when it is needed, as constraints are counted for it
        return self.indices.size

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        return self.indices.walk(self.base, start, stop)

    @property
    def composition(self) -> SelectionOf:
        return SelectionOf(self.base, self.indices)

    def inputs(self, path: Steps) -> tuple[Steps, ...] | None:
        return self.base.inputs(path)

    def complete(self, point: Any) -> Any:
        return self.base.complete(point)

    def rebuilt(self, parts: Sequence[Node]) -> Select:
        return Select(parts[0], self.indices)

    def claims(self, exact: bool) -> Claims:
        if not self.size:
            return NOTHING
        whole = self.base.claims(exact and self.size == self.base.size)
        if whole.uniform or self.size == self.base.size:
            return whole
        return super().claims(exact) if exact else attrs.evolve(whole, exact=False)

    def has_path(self, path: Steps) -> bool:
        return self.base.has_path(path) if self.base.exact else super().has_path(path)

    @property
    def source(self) -> Node:
        return self.base.source

    @property
    def shuffled(self) -> bool:
        return self.indices.shuffled or self.base.shuffled


def slice_node(node: Node, cut: slice) -> Node:
    """`node[cut]`: slices of slices stay one range, and a slice that takes all is the node itself."""
    return node.through(lambda base: _slice_base(base, cut))


def _slice_base(node: Node, cut: slice) -> Node:
    base, positions = node, range(node.size)
    if isinstance(node, Select) and isinstance(node.indices, Span):
        base, positions = node.base, node.indices.positions
    try:
        taken = positions[cut]
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"cannot slice a sweep by {short_repr(cut)}: {error}") from None
    if count_range(taken) == base.size and taken.step == 1:
        return base
    return Select(base, Span(taken))
