"""A sum of sweeps: one after the other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import Any, final

import attrs

from ...configuration.tree import show_path
from ..claims import Claims, Steps, any_of
from ..outline import TERMS, Outline, of_choice
from ..places import InOrder, Places
from .columns import Columns, join_columns
from .node import Node, derived_field, set_derived

__all__ = ["Union"]


@final
@attrs.frozen(repr=False)
class Union(Node):
    """The points of each part, one part after the other."""

    parts: tuple[Node, ...]
    size: int = derived_field()
    depth: int = derived_field()
    offsets: tuple[int, ...] = derived_field()

    def __attrs_post_init__(self) -> None:
        offsets = tuple(accumulate((part.size for part in self.parts), initial=0))
        set_derived(self, size=offsets[-1], offsets=offsets)

    def ending(self, parts: Sequence[Node]) -> Union:
        """`Union((*self.parts[:-1], *parts))`, where only the new parts are looked at: sums grow by and by."""
        made, end = object.__new__(Union), Union(tuple(parts))
        start = self.offsets[-2]
        fields = {
            "parts": self.parts[:-1] + end.parts,
            "size": start + end.size,
            "depth": max(self.depth, end.depth),
            "offsets": self.offsets[:-2] + tuple([start + offset for offset in end.offsets]),
        }
        for name, value in fields.items():
            object.__setattr__(made, name, value)
        return made

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    @cached_property
    def exact(self) -> bool:  # computed once: there may be very many parts
        return all(part.exact for part in self.parts)

    @cached_property
    def calls(self) -> bool:
        return any(part.calls for part in self.parts)

    def at(self, index: int) -> Any:
        k = bisect_right(self.offsets, index) - 1
        return self.parts[k].at(index - self.offsets[k])

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        if start >= stop:
            return iter(())
        covered = range(bisect_right(self.offsets, start) - 1, bisect_left(self.offsets, stop))
        return chain.from_iterable(
            part.walk(max(start - offset, 0), min(stop - offset, part.size))
            for part, offset in ((self.parts[k], self.offsets[k]) for k in covered)
        )

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        return InOrder(self.offsets, lambda k: self.parts[k].places(value, exact))

    def columns(self) -> Columns:
        return join_columns((part.columns() for part in self.parts), len(self.parts))

    def claims(self, exact: bool) -> Claims:
        return any_of(part.claims(exact) for part in self.parts if part.size)

    def outline(self, path: Steps) -> Outline:
        return of_choice(show_path(path), [part.outline(path) for part in self.parts[:TERMS]], len(self.parts))
