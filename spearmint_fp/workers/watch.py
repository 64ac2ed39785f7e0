"""A thread of a worker process that looks after it while its tasks run: it keeps time limits, and frees late batches.

The caller does neither: it looks at its workers only while outcomes are asked for, and what they have written may not
have been read for long. A worker knows by itself what its task has done.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from time import monotonic, sleep
from typing import Final, final

from .batches import Batch, take_rest
from .pools import LATE_SECONDS
from .wire import EXPIRED, HANDED_BACK, HEARTBEAT_SECONDS, write_message

EXPIRED_SIGNAL: Final[signal.Signals] = getattr(signal, "SIGVTALRM", signal.SIGTERM)
"""Ends a worker whose task has run too long, with what it has started: nothing else in a worker ends by this signal.

Windows has no such signal, and no workers of this kind either (`processes` is refused there).
"""

EXPIRED_SECONDS: Final = 0.1
"""How long a worker may take to end by that signal, which its task may handle or ignore, before it is killed."""


@final
class Writer:
    """Writes whole messages into a pipe, from any thread."""

    def __init__(self, pipe: int) -> None:
        self.pipe: int | None = pipe  # None in a fork, which is no worker
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """Write all of it; the process ends where the parent reads no more."""
        if self.pipe is None:
            return
        try:
            with self._lock:
                if (count := os.write(self.pipe, data)) < len(data):
                    _write_all(self.pipe, memoryview(data)[count:])
        except OSError:
            os._exit(0)

    def write_now(self, make_message: Callable[[], bytes]) -> bool:
        """Make a short message and write it, if that needs no wait; False, and it is not made, where the pipe is full.

        Whoever writes a long message holds the lock while the pipe is full.
        """
        if self.pipe is None or not self._lock.acquire(blocking=False):
            return False
        try:
            if not _has_room(self.pipe):
                return False
            _write_all(self.pipe, make_message())
            return True
        finally:
            self._lock.release()


def _write_all(pipe: int, data: bytes | memoryview) -> None:
    try:
        count = os.write(pipe, data)
        while count < len(data):
            count += os.write(pipe, memoryview(data)[count:])
    except OSError:
        os._exit(0)


def _has_room(pipe: int) -> bool:
    poll = select.poll()
    poll.register(pipe, select.POLLOUT)
    return bool(poll.poll(0))


@final
class Watch:
    """Looks after the process of a worker, from a thread of its own.

    It waits until the next moment at which something may have to be done, so it costs a batch of quick tasks nothing.
    """

    def __init__(self, parent: int, writer: Writer) -> None:
        self._parent, self._writer = parent, writer
        self._change = threading.Condition()
        self._next_look = 0.0
        self._deadline = inf  # when the task that runs must have ended
        self._batch: Batch | None = None
        self._left: deque[int] = deque()  # what nobody has begun of it
        self._late = inf  # when the worker will have had it for long

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._look, name="spearmint_fp watch", daemon=True).start()

    @contextmanager
    def claim(self, batch: Batch) -> Iterator[Callable[[], int]]:
        """Claim the configurations of a batch one after the other, until what is left is given to other workers."""
        left = deque(range(batch.start, batch.stop))
        if len(left) == 1:
            yield left.popleft
            return
        with self._change:
            self._batch, self._left, self._late = batch, left, monotonic() + LATE_SECONDS
            self._plan(self._late)
        try:
            yield left.popleft  # atomic, as `pop` is: so each is taken once, whichever thread takes it
        finally:  # from here on nothing is written about this batch but by the thread that runs it
            with self._change:
                self._batch, self._late = None, inf

    def set_deadline(self, deadline: float) -> None:
        """End this process if this is not called again until then; never where the deadline is infinite."""
        with self._change:
            self._deadline = deadline
            self._plan(deadline)

    def _plan(self, moment: float) -> None:
        if moment < self._next_look:
            self._next_look = moment
            self._change.notify()

    def _look(self) -> None:
        """End when the parent has ended, with everything that tasks have started.

        It is looked at now and then: a parent that is killed says nothing, and a pipe stays open in its other children.
        """
        with self._change:
            while os.getppid() == self._parent:
                now = monotonic()
                if self._deadline <= now:
                    self._writer.write_now(partial(write_message, EXPIRED))
                    _end_expired()
                if self._late <= now:
                    self._late = inf if self._writer.write_now(self._take_rest) else now + LATE_SECONDS
                self._next_look = min(self._deadline, self._late, now + HEARTBEAT_SECONDS)
                self._change.wait(self._next_look - now)
        os.killpg(0, signal.SIGKILL)

    def _take_rest(self) -> bytes:
        """Take what nobody has begun of the batch; the message that says so, empty where all of it has been."""
        count = take_rest(self._left)
        if not count or self._batch is None:
            return b""
        return write_message(HANDED_BACK, self._batch.stop - count)


def _end_expired() -> None:
    """End this process and what it has started; the caller sees by which signal, also where no message could say so."""
    os.killpg(0, EXPIRED_SIGNAL)
    sleep(EXPIRED_SECONDS)
    os.killpg(0, signal.SIGKILL)
