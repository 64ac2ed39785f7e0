"""Sweeps seen through a function of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import attrs
from toolz import compose

from ...configuration.errors import STOPS, make_stop_error
from ...configuration.fold import Steps
from .columns import Columns, Kinds
from .node import Node, make_derived_field

if TYPE_CHECKING:
    from ..outline import Outline


class Image(Node):
    """Every point of a base, seen through a function of the user's: what `Map`, `Derive` and `Typed` share."""

    __slots__ = ()

    base: Node
    _call: Callable[[Any], Any]
    _function: Any
    """The function or functions that messages name."""

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        object.__setattr__(self, "size", self.base.size)

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    @property
    def exact(self) -> bool:
        return False

    def columns(self) -> Columns:
        return self.base.columns()

    def kinds(self) -> Kinds:
        return self.base.kinds()

    def rebuilt(self, parts: Sequence[Node]) -> Node:
        return attrs.evolve(self, base=parts[0])  # type: ignore[call-arg]  # every kind is an attrs class

    def through(self, change: Callable[[Node], Node]) -> Node:
        return self.rebuilt((self.base.through(change),))

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path)

    def at(self, index: int) -> Any:
        point = self.base.at(index)
        try:
            return self._call(point)
        except STOPS as error:
            raise make_stop_error(self._function, error) from error

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        call = self._call
        for point in self.base.walk(start, stop):
            try:
                image = call(point)
            except STOPS as error:
                raise make_stop_error(self._function, error) from error
            yield image


@final
@attrs.frozen(repr=False)
class Map(Image):
    """The functions, one after the other, of each point."""

    functions: tuple[Callable[[Any], Any], ...]
    base: Node
    size: int = make_derived_field()

    @staticmethod
    def of(function: Callable[[Any], Any], base: Node) -> Map:
        """The function of each point; functions of functions are gathered in one sweep."""
        if isinstance(base, Map):
            return Map((*base.functions, function), base.base)
        return Map((function,), base)

    @cached_property
    def _call(self) -> Callable[[Any], Any]:  # type: ignore[override]  # computed once
        call: Callable[[Any], Any] = compose(*reversed(self.functions))
        return call

    @property
    def _function(self) -> Any:
        return self.functions[0] if len(self.functions) == 1 else self.functions
