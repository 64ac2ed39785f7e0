"""Sources: where batches are cut from, any iterable or sweep, as large as the tasks turn out to allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from time import perf_counter
from typing import Any, final

from ..sweep.core import Sweep, count_configs
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
