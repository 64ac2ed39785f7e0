"""Work that tasks leave running: the variants of direct calls, which a worker may not end before."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Final, final


@final
class Unfinished:
    """Work that goes on after the task that began it: how much of it there is, by name."""

    def __init__(self, watch: Callable[[dict[str, int]], object] | None = None) -> None:
        """`watch` is called with the counts whenever they change."""
        self.watch = watch
        self._counts: Counter[str] = Counter()
        self._change = threading.Condition()

    def begin(self, name: str) -> None:
        """Note that work has begun."""
        self._add(name, 1)

    def end(self, name: str) -> None:
        """Note that it has ended."""
        self._add(name, -1)

    def _add(self, name: str, count: int) -> None:
        with self._change:
            self._counts[name] += count
            self._counts = +self._counts
            if self.watch is not None:
                self.watch(dict(self._counts))
            self._change.notify_all()

    def wait(self) -> None:
        """Return when all of it has ended."""
        with self._change:
            self._change.wait_for(lambda: not self._counts)


UNFINISHED: Final = Unfinished()
"""The work that is left running in this process."""

SCOPE: Final[ContextVar[Unfinished]] = ContextVar("spearmint_fp_scope", default=UNFINISHED)
"""Where a task notes what it leaves running: with its process, or with its batch in a process that others own."""

if hasattr(os, "register_at_fork"):  # a fork has none of its parent's threads, so nothing is left running in it
    os.register_at_fork(after_in_child=partial(Unfinished.__init__, UNFINISHED))
