"""Chunks: neighbouring configurations that travel together, cut from any iterable as fast as tasks turn out to be."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from itertools import islice
from time import perf_counter
from types import NoneType
from typing import Any, Final, Protocol, final

import attrs

from ..configuration.tree import require_expanded
from ..sweep.core import Sweep, count_configs, require_expanded_sweep
from ..sweep.indices import count_items
from ..sweep.nodes.node import locate_errors
from ..tasks.signals import must_propagate

__all__ = ["Chunk", "Halt", "Listed", "Pace", "Source", "Span", "expanded"]

MOST: Final = 8192
"""How many configurations a chunk holds at most."""

OVERHEAD: Final = 2e-6
"""The seconds that a configuration takes beside its task."""

GROWTH: Final = 4
"""How much larger than the largest one before it a chunk may be."""


class Configs(Protocol):
    """The configurations of a chunk: sized, and walked as often as need be."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
    def cut(self, start: int, stop: int | None = None) -> Configs:
        """Those from `start` up to `stop`."""


@final
@attrs.frozen
class Listed:
    """Configurations that were pulled out of an iterable."""

    items: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def cut(self, start: int, stop: int | None = None) -> Listed:
        return Listed(self.items[start:stop])


@final
@attrs.frozen
class Span:
    """A stretch of a sweep: two numbers, wherever the sweep is known."""

    sweep: Sweep[Any]
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __iter__(self) -> Iterator[Any]:
        return self.sweep.walk(self.start, self.stop)

    def cut(self, start: int, stop: int | None = None) -> Span:
        low, high, _ = slice(start, stop).indices(len(self))
        return Span(self.sweep, self.start + low, self.start + high)


@final
@attrs.frozen(eq=False)
class Chunk:
    """Configurations, and the position of the first of them among all that are run."""

    start: int
    configs: Configs

    def __len__(self) -> int:
        return len(self.configs)

    def cut(self, start: int, stop: int | None = None) -> Chunk:
        """`chunk[start:stop]`."""
        return Chunk(self.start + start, self.configs.cut(start, stop))

    def singles(self) -> Iterator[Chunk]:
        """Its configurations, each a chunk of its own."""
        return (self.cut(position, position + 1) for position in range(len(self)))


@final
class Halt(Exception):  # noqa: N818  # a stop, as StopIteration is
    """The configurations themselves raise: at which position, how many of a chunk will never come, and what."""

    def __init__(self, start: int, count: int, error: BaseException) -> None:
        super().__init__(start, count, error)
        self.start, self.count, self.error = start, count, error


@final
class Source:
    """Where chunks are cut from: a sweep is cut by arithmetic, anything else is pulled as far as is asked for.

    An iterable that raises has ended; its error is kept in `error`, to be raised once what came before has been run.
    """

    def __init__(self, configs: Iterable[Any]) -> None:
        self.sweep = configs if isinstance(configs, Sweep) else None
        self.size = count_configs(configs)
        self.pulled = 0
        self.error: BaseException | None = None
        self.ended = False
        self._items: Iterator[Any] = iter(()) if self.sweep is not None else locate_errors(iter(configs), 0)

    def __iter__(self) -> Iterator[Any]:
        """The configurations one by one, for a run without chunks."""
        return self._items if self.sweep is None else iter(self.sweep)

    def cut(self, size: int, seconds: float) -> Chunk | None:
        """The next `size` configurations, fewer where they are slow to come or at the end; None after it."""
        if self.ended:
            return None
        start = self.pulled
        configs = self._pull(size, seconds) if self.sweep is None else self._span(self.sweep, size)
        self.pulled += len(configs)
        return Chunk(start, configs) if len(configs) else None

    def halt(self, halt: Halt, ordered: bool) -> None:
        """End where the configurations raise; what comes before is still given out, and all that has run if unordered.

        Where several chunks raise, the first error in order is the one that is told.
        """
        if self.error is None or (ordered and halt.start < self.pulled):
            self.error = halt.error
        self.ended = True
        self.pulled = min(self.pulled, halt.start) if ordered else self.pulled - halt.count

    def _span(self, sweep: Sweep[Any], size: int) -> Span:
        return Span(sweep, self.pulled, min(self.pulled + size, sweep.size))

    def _pull(self, size: int, seconds: float) -> Listed:
        items, end = [], perf_counter() + seconds
        try:
            for item in islice(self._items, size):
                items.append(item)  # what came before an error is kept
                if perf_counter() > end:
                    break
        except BaseException as error:  # whatever it is, it is told when the configurations before it have been run
            if must_propagate(error):
                raise
            self.error, self._items = error, iter(())
        return Listed(tuple(items))


class _Expanded(Iterable[Any]):
    """An iterable of configurations, each of which is looked at: one with a choice in it is an error."""

    def __init__(self, configs: Any) -> None:
        self._configs = configs

    def __iter__(self) -> Iterator[Any]:
        return map(_checked, self._configs)


class _Sized(_Expanded):
    def __len__(self) -> int:
        return count_items(self._configs)


class _Awaited(AsyncIterator[Any]):
    """The same for what comes asynchronously."""

    def __init__(self, configs: AsyncIterable[Any]) -> None:
        self._configs = aiter(configs)

    async def __anext__(self) -> Any:
        return _checked(await anext(self._configs))


_SCALARS: Final = frozenset({int, float, str, bool, bytes, NoneType})


def _checked(config: Any) -> Any:
    """`require_expanded(config)`, in fewer steps for what nearly all configurations beside `Config` are."""
    return config if _is_plain(config, 4) else require_expanded(config)


def _is_plain(value: Any, depth: int) -> bool:
    """True for scalars, and for containers of nothing else, so many levels deep: a container may hold itself."""
    kind = type(value)
    if kind is dict:
        parts = value.values()
        if not _SCALARS.issuperset(map(type, value)):
            return False
    elif kind is list or kind is tuple:
        parts = value
    else:
        return kind in _SCALARS
    return _SCALARS.issuperset(map(type, parts)) or (depth > 0 and all(_is_plain(part, depth - 1) for part in parts))


def expanded(configs: Any) -> Any:
    """The configurations, where each that has a choice in it is an error; those of a sweep are known to have none."""
    if isinstance(configs, Sweep):
        return require_expanded_sweep(configs)
    if isinstance(configs, AsyncIterable):
        return _Awaited(configs)
    return _Expanded(configs) if count_configs(configs) is None else _Sized(configs)


@final
class Pace:
    """How many configurations a chunk should hold, told from the tasks that have ended."""

    def __init__(self, seconds: float, workers: int) -> None:
        self.seconds, self.workers = seconds, workers
        self._each = seconds
        self._most = 1

    def note(self, count: int, seconds: float) -> None:
        """Learn how long tasks took; what they took lately counts most."""
        self._each += (seconds / count - self._each) * 0.5

    def size(self, left: int | None) -> int:
        """As many as take about `seconds`, and no more than leave every worker a part of those that are left."""
        wanted = int(self.seconds / (self._each + OVERHEAD))
        share = MOST if left is None else -(-left // (2 * self.workers))
        size = max(1, min(wanted, share, MOST, self._most))
        self._most = max(self._most, min(GROWTH * size, MOST))
        return size
