"""The background of one experiment: the threads and tasks that run the variants of its direct calls."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from typing import Any, Final, final
from weakref import WeakSet

from ..configuration.errors import ArgumentError, ExperimentError
from ..configuration.late import asyncio, futures, logging
from ..tasks.signals import hold_signals
from ..tasks.wrapping import format_seconds, is_seconds
from ..workers.worker import SCOPE

LOG: Final = logging.getLogger("spearmint_fp")

MOST_AT_ONCE: Final = 4
"""How many variants of one runner, or direct calls of one experiment, run in the background at the same time."""

MOST_WAITING: Final = 10_000
"""How many direct calls of one experiment may have variants that are still to be run; those of more are not."""


@final
class Background:
    """The threads and tasks that run the variants of one experiment's direct calls."""

    def __init__(self) -> None:
        self.cancellations = 0  # work that sees another number than at its start begins nothing more
        self._reset()
        _ALL.add(self)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._pool: futures.ThreadPoolExecutor | None = None
        self._futures: set[futures.Future[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Background, ()

    @property
    def is_full(self) -> bool:
        """True if so many calls are waiting that no more are taken."""
        if len(self._futures) + len(self._tasks) >= MOST_WAITING:
            self._drop_closed_loops()
        return len(self._futures) + len(self._tasks) >= MOST_WAITING

    def _drop_closed_loops(self) -> None:
        """Forget the event loops that were closed: their tasks never end."""
        for task in [task for task in tuple(self._tasks) if task.get_loop().is_closed()]:
            self._tasks.discard(task)
        for loop in [loop for loop in tuple(self._slots) if loop.is_closed()]:
            self._slots.pop(loop, None)

    def start_thread(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` in a thread, with the caller's context variables; where no thread can begin, the log says so."""
        scope, context = SCOPE.get(), self._copy_context()
        with hold_signals(), self._lock:  # an interrupt inside `submit` would leave the pool locked for ever
            try:
                if self._pool is None:
                    self._pool = futures.ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix=f"variants of {name}")
                future = self._pool.submit(context.run, work)
            except RuntimeError as error:  # the program ends, or has too many threads; main runs all the same
                LOG.warning("%s: the variants of this call do not run: %s", name, error)
                return
            self._futures.add(future)
        scope.begin(name)
        future.add_done_callback(self._futures.discard)
        future.add_done_callback(lambda _: scope.end(name))

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task of the running event loop, which itself keeps no hold of its tasks."""
        task = asyncio.create_task(work, context=self._copy_context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _copy_context(self) -> Any:
        context = copy_context()
        context.run(_ENCLOSING.set, (*_ENCLOSING.get(), self))
        return context

    def get_slots(self) -> asyncio.Semaphore:
        """The bound on how many tasks of the running event loop are at work at the same time."""
        loop = asyncio.get_running_loop()
        if loop not in self._slots:
            self._drop_closed_loops()
        return self._slots.setdefault(loop, asyncio.Semaphore(MOST_AT_ONCE))

    def wait(self, timeout: float | None, cancel: bool) -> bool:
        """True once all threads have ended their work, False after `timeout` seconds; cancelled, they begin no more."""
        if timeout is not None and not is_seconds(timeout):
            raise ArgumentError(f"timeout is None or a number of seconds; got {format_seconds(timeout)}")
        self._prepare_wait(cancel)
        return not futures.wait(set(self._futures), timeout).not_done

    async def wait_async(self, cancel: bool) -> None:
        """Wait for all tasks of this event loop, and all threads; a caller that is cancelled stops none of them."""
        self._prepare_wait(cancel)
        loop = asyncio.get_running_loop()
        tasks = [task for task in tuple(self._tasks) if task.get_loop() is loop]
        if waiting := [*tasks, *map(asyncio.wrap_future, set(self._futures))]:
            await asyncio.wait(waiting)

    def _prepare_wait(self, cancel: bool) -> None:
        if self in _ENCLOSING.get():
            raise ExperimentError(
                "a variant cannot wait for the variants of its own experiment: it would wait for itself"
            )
        if cancel:
            self.cancellations += 1


_ENCLOSING: Final[ContextVar[tuple[Background, ...]]] = ContextVar("spearmint_fp_inside", default=())
"""The backgrounds of the experiments that the caller is running a variant of."""

_ALL: Final[WeakSet[Background]] = WeakSet()


def _reset_after_fork() -> None:
    """A forked child has none of the threads and tasks, which stay with its parent."""
    for background in tuple(_ALL):
        background._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
