"""What runs behind the direct calls of an experiment: a bounded number at a time, told of, and waited for if asked."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import ContextVar, copy_context
from typing import Any, Final, final
from weakref import WeakSet

from ..configuration.errors import ArgumentError, ExperimentError
from ..tasks.wrappers import format_seconds, is_seconds
from ..workers.unfinished import SCOPE

__all__ = ["BACKLOG", "LOG", "WORKERS", "Behind"]

LOG: Final = logging.getLogger("spearmint_fp")

WORKERS: Final = 4
"""How many variants of one runner, or direct calls of one experiment, run behind at the same time."""

BACKLOG: Final = 10_000
"""How many direct calls of one experiment may have variants that are still to be run; those of more are not."""


@final
class Behind:
    """The threads and tasks that run the variants of one experiment's direct calls."""

    def __init__(self) -> None:
        self._cancelled = 0
        self._begin()
        _EVERY.add(self)

    def _begin(self) -> None:
        """With nothing at work; so does a fork, whose parent keeps the threads and the tasks."""
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._futures: set[Future[None]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Behind, ()

    @property
    def turn(self) -> int:
        """A number that changes when what runs behind is cancelled."""
        return self._cancelled

    @property
    def is_full(self) -> bool:
        """Whether there is so much to run that no more is taken."""
        if len(self._futures) + len(self._tasks) >= BACKLOG:
            self._forget()
        return len(self._futures) + len(self._tasks) >= BACKLOG

    def _forget(self) -> None:
        """Let go of event loops that were closed; their tasks never end."""
        for task in [task for task in tuple(self._tasks) if task.get_loop().is_closed()]:
            self._tasks.discard(task)
        for loop in [loop for loop in tuple(self._slots) if loop.is_closed()]:
            self._slots.pop(loop, None)

    def start(self, name: str, work: Callable[[], None]) -> None:
        """Run `work` in a thread, with the caller's context variables; told in the log where no thread can begin."""
        scope = SCOPE.get()
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix=f"variants of {name}")
            try:
                future = self._pool.submit(copy_context().run, self._work, work)
            except RuntimeError as error:  # the program ends, or has too many threads; main runs all the same
                LOG.warning("%s: the variants of this call do not run: %s", name, error)
                return
            self._futures.add(future)
        scope.begin(name)
        future.add_done_callback(self._futures.discard)
        future.add_done_callback(lambda _: scope.end(name))

    def _work(self, work: Callable[[], None]) -> None:
        _INSIDE.set((*_INSIDE.get(), self))
        work()

    def start_task(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task of the running event loop, which itself keeps no hold of its tasks."""
        context = copy_context()
        context.run(_INSIDE.set, (*_INSIDE.get(), self))
        task = asyncio.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def slot(self) -> asyncio.Semaphore:
        """What bounds the tasks of an event loop that are at work at the same time."""
        loop = asyncio.get_running_loop()
        if loop not in self._slots:
            self._forget()
        return self._slots.setdefault(loop, asyncio.Semaphore(WORKERS))

    def wait(self, timeout: float | None, cancel: bool) -> bool:
        """Whether all threads have ended their work within so many seconds; cancelled, they begin nothing more."""
        if timeout is not None and not is_seconds(timeout):
            raise ArgumentError(f"timeout is None or a number of seconds; got {format_seconds(timeout)}")
        self._check_outside()
        if cancel:
            self._cancelled += 1
        return not wait(set(self._futures), timeout).not_done

    async def wait_async(self, cancel: bool) -> None:
        """Until all tasks of this event loop have ended, and all threads; who stops waiting stops none of them."""
        self._check_outside()
        if cancel:
            self._cancelled += 1
        loop = asyncio.get_running_loop()
        tasks = [task for task in tuple(self._tasks) if task.get_loop() is loop]
        if waiting := [*tasks, *map(asyncio.wrap_future, set(self._futures))]:
            await asyncio.wait(waiting)

    def _check_outside(self) -> None:
        if self in _INSIDE.get():
            raise ExperimentError(
                "a variant cannot wait for the variants of its own experiment: it would wait for itself"
            )


_INSIDE: Final[ContextVar[tuple[Behind, ...]]] = ContextVar("spearmint_fp_inside", default=())
"""Those of whose work the caller is a part."""

_EVERY: Final[WeakSet[Behind]] = WeakSet()


def _forked() -> None:
    for behind in tuple(_EVERY):
        behind._begin()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
