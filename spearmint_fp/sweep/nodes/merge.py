"""Sweeps merged by name: a product or a zip whose points become one configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, final

import attrs

from ...configuration.paths import merge_disjoint
from ...configuration.tree import Config, are_equal, freeze
from ..claims import NOTHING, Claims, Steps, find_conflict, find_filled, origins_of, together
from ..outline import Outline, of_product
from ..places import NOWHERE, AnyOf, Known, Places, Verified
from .columns import Column, Columns, Kinds, join_column, join_kinds
from .node import Node, derived_field, make_matcher, scan, set_derived
from .record import Record
from .zip import Zip

__all__ = ["Merge", "find_places_of_any", "merged"]


@final
@attrs.frozen(repr=False)
class Merge(Node):
    """The deep merge of each tuple of configs that a product or a zip of sweeps holds."""

    inner: Record | Zip
    size: int = derived_field()
    depth: int = derived_field()

    def __attrs_post_init__(self) -> None:
        set_derived(self, size=self.inner.size)

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.inner,)

    def at(self, index: int) -> Config:
        return merged(self.inner.at(index))

    def walk(self, start: int, stop: int) -> Iterator[Config]:
        return map(merged, self.inner.walk(start, stop))

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        if not isinstance(value, Mapping) or not self.size:
            return NOWHERE
        origins = origins_of(freeze(value), self._shares) if self._shares else None
        if origins is None:
            return Known(scan(self, value, exact))
        pairs = zip(self.inner.parts, origins, strict=True)
        possible = self.inner.combined(find_places_of_any(part, some, exact) for part, some in pairs)
        if not any(share.empties for share in self._shares) and all(share.exact for share in self._shares):
            whole = all(origins) and are_equal(merged(tuple([one for (one,) in origins])), value)
            return possible if whole else NOWHERE
        same = make_matcher(value, exact)
        return Verified(possible, lambda rank: same(self.at(rank)))

    @cached_property
    def _shares(self) -> tuple[Claims, ...]:
        """The paths that each part sets; none where parts of a zip set one path by turns."""
        for exact in (False, True):
            shares = tuple(part.claims(exact) for part in self.inner.parts)
            if find_conflict(shares) is None:
                return shares
        return ()

    def columns(self) -> Columns:
        gathered: dict[Steps, list[Column]] = {}
        filled = find_filled([part.claims(exact=False) for part in self.inner.parts])
        for part, hidden in zip(self.inner.parts, filled, strict=True):
            for path, column in part.columns().items():
                if path not in hidden:
                    gathered.setdefault(path, []).append(column)
        return {path: join_column(some, len(some)) if some[1:] else some[0] for path, some in gathered.items()}

    @property
    def fills(self) -> bool:
        """True where one part may have something in what is an empty record of another one."""
        shares = [part.claims(exact=False) for part in self.inner.parts]
        return any(find_filled([attrs.evolve(share, uniform=True) for share in shares]))

    def claims(self, exact: bool) -> Claims:
        return together(part.claims(exact) for part in self.inner.parts) if self.size else NOTHING

    def kinds(self) -> Kinds:
        return join_kinds(part.kinds() for part in self.inner.parts)

    def outline(self, path: Steps) -> Outline:
        if isinstance(self.inner, Zip):
            return self.inner.outline(path)
        return of_product([part.outline(path) for part in self.inner.parts])


def merged(points: tuple[Config, ...]) -> Config:
    """The configurations merged into one, by name."""
    whole = points[0]
    for point in points[1:]:
        whole = merge_disjoint(whole, point)
    return whole


def find_places_of_any(node: Node, values: Iterable[Any], exact: bool) -> Places:
    """The places of several values, in order."""
    places = [node.places(value, exact) for value in values]
    return places[0] if len(places) == 1 else AnyOf(places)
