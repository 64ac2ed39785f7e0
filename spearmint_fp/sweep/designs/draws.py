"""Random draws that are the same for a seed on every machine and under every Python."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar, final

T = TypeVar("T")


@final
class Draws:
    """Draws from sequences. Of what `Random` offers, only `random` is promised to give the same numbers for ever."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random  # noqa: S311  # no secrets

    def draw_number(self, stop: int) -> int:
        """A number from 0 on, less than `stop`."""
        return int(self._random() * stop)

    def draw(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.draw_number(len(items))]

    def draw_some(self, items: Sequence[T], most: int) -> Sequence[T]:
        """All items, or so many draws of one of them if there are more."""
        return items if len(items) <= most else [self.draw(items) for _ in range(most)]

    def order(self, items: Sequence[T]) -> list[T]:
        """The items in a random order."""
        return [item for _, item in sorted([(self._random(), item) for item in items], key=lambda pair: pair[0])]
