"""A worker process: it reads a job, then chunks, and writes what became of each configuration when it has ended."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from functools import partial
from struct import Struct
from time import sleep
from typing import Any, BinaryIO, Final, final

from ..outcomes.exceptions import message_of
from ..tasks.attempts import Trace
from .wire import BEHIND, BROKEN, READY, UNFINISHED, WATCH, Job, frame, performed

__all__ = ["HEARTBEAT", "LENGTH", "flush", "serve"]

LENGTH: Final = Struct("<Q")
"""What stands before each message to a worker: how many bytes it has."""

HEARTBEAT: Final = 0.5
"""How many seconds lie between two looks at whether the parent is still there."""


def serve(orders: int, records: int, parent: int) -> None:
    """Work until there are no more orders; `orders` and `records` are pipes, `parent` the process that started this."""
    for pipe in (orders, records):
        os.set_inheritable(pipe, False)
    _settle(parent)
    writer = _Writer(records)
    os.register_at_fork(after_in_child=partial(_let_go, [orders, records], writer))
    with open(orders, "rb") as source:
        _work(source, writer.write)


def _settle(parent: int) -> None:
    """A group of its own: an interrupt of the terminal reaches the parent alone, and what tasks start can be ended."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    threading.Thread(target=_follow, args=(parent,), name="spearmint_fp follows its parent", daemon=True).start()


def _follow(parent: int) -> None:
    """End with the parent, however that ended, and with everything that tasks have started."""
    while os.getppid() == parent:
        sleep(HEARTBEAT)
    os.killpg(0, signal.SIGKILL)


def _let_go(pipes: list[int], writer: _Writer) -> None:
    """A process that a task forks has no part in this one's conversation; those that it forks have none to let go."""
    writer.pipe = None
    while pipes:
        with contextlib.suppress(OSError):  # a task has closed it
            os.close(pipes.pop())


def _work(source: BinaryIO, write: Any) -> None:
    head = _message(source)
    if head is None:
        return
    try:
        job = Job.opened(head)
    except BaseException as error:  # whatever importing and opening a user's function does
        write(frame(BROKEN, f"{type(error).__qualname__}: {message_of(error)}"))
        return
    write(frame(READY))
    trace = Trace(lambda trace: write(frame(WATCH, (trace.deadline, trace.retries, tuple(trace.frames), trace.since))))
    UNFINISHED.watch = lambda counts: write(frame(BEHIND, counts))
    while order := _message(source):
        performed(job, order, write, trace)
        flush()
    if order is not None:  # the parent waits
        UNFINISHED.wait()
        threading._shutdown()  # type: ignore[attr-defined]  # threads that tasks have started, as at a program's end


def _message(source: BinaryIO) -> bytes | None:
    """The next message, empty where there will be no other; None where the parent has closed the pipe."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    data = source.read(size)
    return data if len(data) == size else None


@final
class _Writer:
    """Writes what is said, whichever thread says it."""

    def __init__(self, pipe: int) -> None:
        self.pipe: int | None = pipe
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        """Write all of it; a worker that nobody listens to ends, and a process that is no worker says nothing."""
        if self.pipe is None:
            return
        try:
            with self._lock:
                count = os.write(self.pipe, data)
                while count < len(data):
                    count += os.write(self.pipe, memoryview(data)[count:])
        except OSError:
            os._exit(0)


def flush() -> None:
    """Write out what stands in the buffers of the standard streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # it is None, somebody has closed it, or nobody reads it any more
            stream.flush()
