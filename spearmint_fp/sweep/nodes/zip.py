"""Sweeps side by side: the points at the same index, together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, final

import attrs

from ...configuration.errors import format_count
from ...configuration.tree import show_path
from ..claims import Steps
from ..outline import Outline
from ..places import Common, Places
from .columns import Columns
from .node import Node, derived_field, set_derived

__all__ = ["Zip"]


@final
@attrs.frozen(repr=False)
class Zip(Node):
    """The tuples of the children's points at the same index."""

    parts: tuple[Node, ...]
    size: int = derived_field()
    depth: int = derived_field()

    def __attrs_post_init__(self) -> None:
        set_derived(self, size=self.parts[0].size)

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    def at(self, index: int) -> tuple[Any, ...]:
        return tuple([part.at(index) for part in self.parts])

    def walk(self, start: int, stop: int) -> Iterator[tuple[Any, ...]]:
        return zip(*[part.walk(start, stop) for part in self.parts], strict=True)

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return self.places(value, exact).walk(0, 1)

    def places(self, value: Any, exact: bool) -> Places:
        return self.combined(part.places(child, exact) for part, child in zip(self.parts, value, strict=True))

    def combined(self, places: Iterable[Places]) -> Places:
        """The places of the tuples whose items stand at these places."""
        return Common(tuple(places))

    def columns(self) -> Columns:
        return {(str(k), *path): column for k, part in enumerate(self.parts) for path, column in part.columns().items()}

    def outline(self, path: Steps) -> Outline:
        outlines = [part.outline(path) for part in self.parts]
        formula = f"zip({', '.join(outline.formula or '1' for outline in outlines)})"
        return Outline.nested(formula, f"{show_path(path)}: zipped, {format_count(self.size)} together", outlines)
