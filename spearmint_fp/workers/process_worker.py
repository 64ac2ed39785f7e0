"""A worker process, seen from the caller: its pipes, what it is doing, and how it ended."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
from math import inf
from time import monotonic
from typing import Any, Final, final

from .batches import Batch, Resume
from .processes import KILLED_SECONDS, Process
from .watch import EXPIRED_SIGNAL
from .wire import DEADLINE, EXPIRED, HANDED_BACK, LEFT_RUNNING, LENGTH, READY, MessageReader

OVERDUE_SECONDS: Final = 0.5
"""How long after its deadline a worker is ended from here: its task lets no other thread run, which would end it."""

LEAVE_SECONDS: Final = 5.0
"""How long an idle worker may take to end by itself when all is done, or it has run as many tasks as it may."""


@final
class WorkerProcess:
    """A worker process that has a batch, or waits for one."""

    __slots__ = (
        "batch", "batches", "deadline", "expired", "handed_back", "is_lost", "is_ready", "leave_by", "left_running",
        "messages", "number", "open_pipes", "overdue", "process", "reader", "resume", "tasks_left",
    )  # fmt: skip

    def __init__(self, process: Process, batches: int, messages: int, number: int, tasks_left: float) -> None:
        self.process, self.batches, self.messages = process, batches, messages
        self.number, self.tasks_left = number, tasks_left
        self.leave_by = inf  # when it must have ended, once it was dismissed because it has no tasks left
        self.open_pipes = [batches, messages]
        self.reader = MessageReader()
        self.left_running: dict[str, int] = {}
        self.batch: Batch | None = None
        self.is_ready = self.is_lost = False
        self.handed_back: Batch | None = None  # what it leaves to others of its batch
        self.deadline = inf  # when its task must have ended, and it ends itself
        self.overdue = inf  # when it is ended from here
        self.resume: Resume | None = None
        self.expired: int | None = None  # the position of the task that ran too long

    @property
    def is_idle(self) -> bool:
        return self.is_ready and not self.is_lost and self.batch is None

    @property
    def can_work(self) -> bool:
        """True if it waits for a batch, and may still run tasks."""
        return self.is_idle and self.tasks_left > 0

    def send(self, data: bytes) -> None:
        """Write a message; raises OSError where the worker has ended."""
        view = memoryview(LENGTH.pack(len(data)) + data)
        while view:
            view = view[os.write(self.batches, view) :]

    def receive(self, data: bytes) -> bool:
        """Add to the batch what has been read; True if the worker cannot read the rest of the batch."""
        self.overdue = max(self.overdue, monotonic() + OVERDUE_SECONDS) if self.deadline < inf else inf
        return self.reader.add_to(self.batch, data, self.note_message)

    def note_message(self, kind: int, content: Any) -> bool:
        """Note a message about the worker itself; False for any other."""
        if kind == READY:
            self.is_ready = True
        elif kind == DEADLINE:
            self.deadline, self.resume = content[0], content[1:]
            self.overdue = max(self.deadline, monotonic()) + OVERDUE_SECONDS
        elif kind == LEFT_RUNNING:
            self.left_running = content
        elif kind == HANDED_BACK and self.batch is not None:
            self.handed_back = self.batch.hand_back(content)
        elif kind == EXPIRED and self.batch is not None:
            self.expired = self.batch.start
        return kind in (READY, DEADLINE, LEFT_RUNNING, HANDED_BACK, EXPIRED)

    def take_handed_back(self) -> Batch | None:
        """Return what it has left to others since the last call."""
        rest, self.handed_back = self.handed_back, None
        return rest

    def retire(self) -> None:
        """Have a worker without tasks left end by itself, after the variants that its tasks have left running."""
        if self.leave_by == inf:
            self.dismiss()
            self.leave_by = monotonic() + LEAVE_SECONDS
        elif monotonic() > self.leave_by and not self.left_running:
            warn_of_threads(1)
            self.process.signal(signal.SIGKILL)
            self.leave_by = monotonic() + KILLED_SECONDS

    def expire(self) -> None:
        """End the task that has run too long, and the process with it, where it has not ended by itself."""
        self.overdue = inf
        self.expired = self.batch.start if self.batch else None
        self.process.signal(signal.SIGKILL)

    def has_expired(self) -> bool:
        """True if it was ended, here or by itself, because a task ran too long; it has ended, and all has been read."""
        if self.batch and self.deadline <= monotonic() and self.process.code in (-EXPIRED_SIGNAL, None):
            self.expired = self.batch.start
        return self.expired is not None

    def dismiss(self) -> None:
        """Let an idle worker end by itself.

        An empty message says so. Closing the pipe would not do, where a process that was forked meanwhile has it too.
        """
        with contextlib.suppress(OSError):  # it has ended
            os.write(self.batches, LENGTH.pack(0))

    def close(self) -> None:
        """Close the pipes, and warn of what the worker had left running; again where an interrupt ended it."""
        while self.open_pipes:
            os.close(self.open_pipes.pop())
        while self.left_running:
            name, count = self.left_running.popitem()
            logging.getLogger("spearmint_fp").warning(
                "%s: a worker process ended (%s) before the variants of %d direct calls had; they have no outcome",
                name, describe_end(self.process), count,
            )  # fmt: skip


def warn_of_threads(count: int) -> None:
    """Warn that workers are killed which do not end by themselves."""
    logging.getLogger("spearmint_fp").warning(
        "%d worker processes are killed: threads that tasks have started still run there", count
    )


def describe_end(process: Process) -> str:
    """`exit code 3`, or `exit code -9, killed by SIGKILL`."""
    code = process.code
    if code is None:
        return "its exit code is unknown, since this program ignores SIGCHLD or waits for all its children"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"exit code {code}, killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"exit code {code}, killed by signal {-code}"
