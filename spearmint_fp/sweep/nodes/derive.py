"""A sweep with one value more in each configuration, computed from the rest of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, final

import attrs
from toolz import unique

from ...configuration.fold import Steps, show_path
from ...configuration.keys import exact_key
from ...configuration.paths import drop_in, set_in
from ...configuration.records import find_index
from ..claims import Claims, overlap
from ..indices import count_items
from .columns import Column, Columns
from .image import Image
from .late import places, probes
from .merge import find_places
from .node import Node, ViewOf, make_derived_field
from .points import make_matcher
from .record import POOLED_POINTS

if TYPE_CHECKING:
    from ..outline import Outline
    from ..places import Places
    from ..probes import Probe
    from ..spots import Spot


@final
@attrs.frozen(repr=False)
class Derive(Image):
    """Each config with the value at `path` that `function` computes from it."""

    path: Steps
    function: Callable[[Any], Any]
    base: Node
    size: int = make_derived_field()

    @property
    def exact(self) -> bool:
        return self.base.exact

    @property
    def _function(self) -> Any:
        return self.function

    def _call(self, config: Any) -> Any:
        return set_in(self.path, self.function(config), config)

    seen = _call

    def places(self, value: Any, exact: bool) -> Places:
        before = [path for path in self.base.columns() if overlap(path, self.path)]
        is_known = self.exact and before in ([], [self.path]) and self._has_few_values_before()
        if not is_known or any(map(_is_index, self.path)):
            return super().places(value, exact)
        # the config that became `value` is known but for what it had at the path: each such config is looked for
        same = make_matcher(value, exact)
        possible = find_places(self.base, self._origins(value), exact)
        return places.Verified(possible, lambda rank: same(self.at(rank)))

    def _has_few_values_before(self) -> bool:
        """True if what the base has at the path can be tried value by value."""
        before = self.base.columns().get(self.path)
        return before is None or (not before.computed and sum(map(count_items, before.pieces)) <= POOLED_POINTS)

    def _origins(self, value: Any) -> Iterator[Any]:
        """The configs that may have become `value`: without the path, or with what the base has there."""
        yield from unique((drop_in(self.path, value, prune=prune) for prune in (False, True)), key=exact_key)
        before = self.base.columns().get(self.path)
        for old in chain.from_iterable(before.pieces if before else ()):
            with suppress(Exception):  # no such path, or a class that refuses it: then no point became `value` from it
                yield set_in(self.path, old, value)

    @property
    def composition(self) -> ViewOf:
        return ViewOf(self.base, self.path)

    def columns(self) -> Columns:
        # At a new path, or over a constant, the computed values follow from the others. Over an axis of the base they
        # are all that varies, and what was computed from the values there does not follow from those that are left.
        columns = self.base.columns()
        over = [path for path in columns if overlap(path, self.path)]
        lost = any(columns[path].swept for path in over)
        derived = Column((), lost, computed=True)
        kept = {
            path: derived if path in over or (lost and column.computed and not column.swept) else column
            for path, column in columns.items()
            if path[: len(self.path)] != self.path
        }
        return {**kept, self.path: derived}

    def claims(self, exact: bool) -> Claims:
        if exact or not self.size:
            return super().claims(exact=True)
        return self.base.claims(exact=False).with_unknown(self.path)

    def has_path(self, path: Steps) -> bool:
        if path == self.path[: len(path)] or self.base.has_path(path):
            return True
        return _may_lead_into(path, self.path) and super().has_path(path)

    def probes(self, spot: Spot) -> Iterator[Probe]:
        yield probes.DerivedProbe(self, spot, self.path)
        yield from self.base.probes(spot.below_derived(self.path, self.seen))

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path).with_line(f"{show_path((*path, *self.path))}: derived")


def _may_lead_into(path: Steps, whole: Steps) -> bool:
    """True if a path may lead to a part of what stands at `whole`: an index may be written in several ways."""
    pairs = zip(path, whole)  # noqa: B905  # the path is the longer one
    return len(path) >= len(whole) and all(one == other or _is_index(other) for one, other in pairs)


def _is_index(step: Hashable) -> bool:
    return find_index(step, sys.maxsize) is not None
