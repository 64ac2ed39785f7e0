"""Some points of a sweep, at the positions that an `Indices` names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

import attrs

from ..claims import NOTHING, Claims, Steps
from ..indices import Indices
from ..outline import Outline
from ..places import Places, Selected
from .columns import Columns
from .node import Node, derived_field, list_claims, set_derived

__all__ = ["Select"]


@final
@attrs.frozen(repr=False)
class Select(Node):
    """The points of `base` at the positions that `indices` names, in their order."""

    base: Node
    indices: Indices
    depth: int = derived_field()

    def __attrs_post_init__(self) -> None:
        set_derived(self)

    @property
    def size(self) -> int:  # type: ignore[override]  # asked when it is needed: constraints are counted then
        return self.indices.size

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    def at(self, index: int) -> Any:
        return self.indices.point(self.base, index)

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        return self.indices.walk(self.base, start, stop)

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        return Selected(self.base.places(value, exact), self.indices)

    def columns(self) -> Columns:
        columns: Columns = self.indices.columns(self.base)
        return columns

    def claims(self, exact: bool) -> Claims:
        if not self.size:
            return NOTHING
        whole = self.base.claims(exact and self.size == self.base.size)
        if whole.uniform or self.size == self.base.size:
            return whole
        return list_claims(self) if exact else attrs.evolve(whole, exact=False)

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path).selected(self.indices.how, self.size, self.indices.notes)
