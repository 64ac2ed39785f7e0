"""Sweeps seen through a function of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, final

import attrs
from toolz import compose

from ...configuration.errors import STOPS, stop_error
from ..claims import Steps
from ..outline import Outline
from .columns import Columns
from .node import Node, derived_field, scan, set_derived

__all__ = ["Image", "Map"]


class Image(Node):
    """Every point of a base, seen through a function of the user's: what `Map`, `Derive` and `Typed` share."""

    __slots__ = ()

    base: Node
    _call: Callable[[Any], Any]
    _function: Any
    """What the user gave, as messages name it."""

    def __attrs_post_init__(self) -> None:
        set_derived(self, size=self.base.size)

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    @property
    def calls(self) -> bool:
        return True

    @property
    def computed(self) -> bool:
        return True

    def rebased(self, base: Node) -> Node:
        """The same function, of another base."""
        return attrs.evolve(self, base=base)  # type: ignore[misc]  # every kind is an attrs class

    def at(self, index: int) -> Any:
        point = self.base.at(index)
        try:
            return self._call(point)
        except STOPS as error:
            raise stop_error(self._function, error) from error

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        call = self._call
        for point in self.base.walk(start, stop):
            try:
                image = call(point)
            except STOPS as error:
                raise stop_error(self._function, error) from error
            yield image


@final
@attrs.frozen(repr=False)
class Map(Image):
    """The functions, one after the other, of each point."""

    functions: tuple[Callable[[Any], Any], ...]
    base: Node
    size: int = derived_field()
    depth: int = derived_field()

    @property
    def exact(self) -> bool:
        return False

    @cached_property
    def _call(self) -> Callable[[Any], Any]:  # type: ignore[override]  # computed once
        call: Callable[[Any], Any] = compose(*reversed(self.functions))
        return call

    @property
    def _function(self) -> Any:
        return self.functions[0] if len(self.functions) == 1 else self.functions

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        return scan(self, value, exact)

    def columns(self) -> Columns:
        return self.base.columns()

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path)
