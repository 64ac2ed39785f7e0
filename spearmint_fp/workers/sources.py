"""Sources: where batches are cut from, any iterable or sweep, as large as the tasks turn out to allow."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from itertools import islice
from time import perf_counter
from typing import Any, final

from ..configuration.choices import require_expanded
from ..configuration.fold import SCALAR_TYPES
from ..sweep.core import Sweep, count_configs, require_expanded_sweep
from ..sweep.indices import count_items
from ..sweep.nodes.points import locate_errors
from ..tasks.signals import must_propagate
from .batches import Batch, SourceError


@final
class Source:
    """Where batches are cut from: a sweep is cut by arithmetic, anything else is pulled as far as is asked for.

    An iterable that raises has ended; its error is kept in `error`, to be raised once what came before has been run.
    """

    def __init__(self, configs: Iterable[Any], singly: bool = False) -> None:
        """`singly` says that each is to travel alone, as it may wait while others of its batch are done."""
        self.singly = singly
        self.sweep = configs if isinstance(configs, Sweep) else None
        self.size = count_configs(configs)
        self.pulled = 0
        self.error: BaseException | None = None
        self.ended = self.is_finishing = False
        self._items: Iterator[Any] = iter(()) if self.sweep is not None else locate_errors(iter(configs), 0)

    def __iter__(self) -> Iterator[Any]:
        """The configurations one by one, for a run without batches."""
        return self._items if self.sweep is None else iter(self.sweep)

    def cut(self, count: int, seconds: float) -> Batch | None:
        """The next `count` configurations, fewer where they are slow to come or at the end; None after it."""
        if self.ended or count < 1:
            return None
        start, items = self.pulled, None
        if self.sweep is not None and self.size is not None:
            self.pulled = min(start + count, self.size)
        else:
            items = self._pull(count, seconds)
            self.pulled += len(items)
        return Batch(start, self.pulled, self.sweep, items) if self.pulled > start else None

    def finish(self) -> None:
        """End here, as if there were no more configurations; what has not begun is to be taken back."""
        self.ended = self.is_finishing = True

    def end(self, failed: SourceError, ordered: bool) -> None:
        """End where the configurations raise; what comes before is still given out, and all that has run if unordered.

        Where several batches raise, the first error in order is the one that is raised.
        """
        if self.error is None or (ordered and failed.start < self.pulled):
            self.error = failed.error
        self.ended = True
        self.pulled = min(self.pulled, failed.start) if ordered else self.pulled - failed.count

    def _pull(self, count: int, seconds: float) -> list[Any]:
        items, end = [], perf_counter() + seconds
        try:
            for item in islice(self._items, count):
                items.append(item)  # what came before an error is kept
                if perf_counter() > end:
                    break
        except BaseException as error:  # whatever it is, it is raised when the configurations before it have been run
            if must_propagate(error):
                raise
            self.error, self._items = error, iter(())
        return items


# --- configurations that were not expanded -----------------------------------------------------------


class _Expanded(Iterable[Any]):
    """An iterable of configurations that raises at one which still holds a choice."""

    def __init__(self, configs: Any) -> None:
        self._configs = configs

    def __iter__(self) -> Iterator[Any]:
        return map(_check_config, self._configs)


class _SizedExpanded(_Expanded):
    def __len__(self) -> int:
        return count_items(self._configs)


class _AsyncExpanded(AsyncIterator[Any]):
    """The same for what comes asynchronously."""

    def __init__(self, configs: AsyncIterable[Any]) -> None:
        self._configs = aiter(configs)

    async def __anext__(self) -> Any:
        return _check_config(await anext(self._configs))


def _check_config(config: Any) -> Any:
    """`require_expanded(config)`, in fewer steps for what nearly all configurations beside `Config` are."""
    return config if _is_plain(config, 4) else require_expanded(config)


def _is_plain(value: Any, depth: int) -> bool:
    """True for scalars, and for containers of nothing else, so many levels deep: a container may hold itself."""
    kind = type(value)
    if kind is dict:
        parts = value.values()
        if not SCALAR_TYPES.issuperset(map(type, value)):
            return False
    elif kind is list or kind is tuple:
        parts = value
    else:
        return kind in SCALAR_TYPES
    return SCALAR_TYPES.issuperset(map(type, parts)) or (
        depth > 0 and all(_is_plain(part, depth - 1) for part in parts)
    )


def check_expanded(configs: Any) -> Any:
    """The configurations, where each that has a choice in it is an error when it is reached; a sweep has none."""
    if isinstance(configs, Sweep):
        return require_expanded_sweep(configs)
    if isinstance(configs, AsyncIterable):
        return _AsyncExpanded(configs)
    return _Expanded(configs) if count_configs(configs) is None else _SizedExpanded(configs)
