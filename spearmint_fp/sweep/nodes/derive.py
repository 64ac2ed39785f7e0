"""A sweep with one value more in each configuration, computed from the rest of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, final

import attrs
from toolz import unique

from ...configuration.keys import exact_key
from ...configuration.paths import remove_in, set_in
from ...configuration.records import find_index
from ...configuration.tree import show_path
from ..claims import Claims, Steps
from ..indices import count_items
from ..outline import Outline
from ..places import Known, Places, Verified
from .columns import Column, Columns
from .image import Image
from .merge import find_places_of_any
from .node import Node, derived_field, list_claims, make_matcher, scan
from .record import POOL

__all__ = ["Derive", "overlap"]


@final
@attrs.frozen(repr=False)
class Derive(Image):
    """Each config with the value at `path` that `function` computes from it."""

    path: Steps
    function: Callable[[Any], Any]
    base: Node
    size: int = derived_field()
    depth: int = derived_field()

    @property
    def _function(self) -> Any:
        return self.function

    def _call(self, config: Any) -> Any:
        return set_in(self.path, self.function(config), config)

    seen = _call

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        before = [path for path in self.base.columns() if overlap(path, self.path)]
        known = self.exact and before in ([], [self.path]) and self._few_values_before()
        if not known or any(find_index(step, sys.maxsize) is not None for step in self.path):
            return Known(scan(self, value, exact))
        same = make_matcher(value, exact)
        possible = find_places_of_any(self.base, self._origins(value), exact)
        return Verified(possible, lambda rank: same(self.at(rank)))

    def _few_values_before(self) -> bool:
        """Whether what the base has at the path can be tried value by value."""
        before = self.base.columns().get(self.path)
        return before is None or (not before.computed and sum(map(count_items, before.pieces)) <= POOL)

    def _origins(self, value: Any) -> Iterator[Any]:
        """The configs that may have become `value`: without the path, or with what the base has there."""
        yield from unique((remove_in(self.path, value, prune=prune) for prune in (False, True)), key=exact_key)
        before = self.base.columns().get(self.path)
        for old in chain.from_iterable(before.pieces if before else ()):
            yield from self._with(old, value)

    def _with(self, old: Any, value: Any) -> tuple[Any, ...]:
        """The config that had `old` at the path; nothing where there is no such path, or its class refuses it."""
        try:
            return (set_in(self.path, old, value),)
        except Exception:  # then no point became `value` from it
            return ()

    def columns(self) -> Columns:
        """Those of the base, but that a function computes what stands at the path, and in what holds it.

        Over a path that the base has, the computed values are all that tells of it; at a new one they follow from the
        others.
        """
        columns = self.base.columns()
        over = [path for path in columns if overlap(path, self.path)]
        derived = Column((), bool(over), computed=True)
        kept = {p: derived if p in over else c for p, c in columns.items() if p[: len(self.path)] != self.path}
        return {**kept, self.path: derived}

    def claims(self, exact: bool) -> Claims:
        if exact or not self.size:
            return list_claims(self)
        return self.base.claims(exact=False).with_unknown(self.path)

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path).with_line(f"{show_path((*path, *self.path))}: derived")


def overlap(one: Steps, other: Steps) -> bool:
    """Whether one path is the other, or leads to a part of it."""
    return one[: len(other)] == other[: len(one)]
