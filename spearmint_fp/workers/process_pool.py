"""A pool of worker processes, each with a pair of pipes of its own, so that its end concerns no other worker.

Nothing is shared between workers: no queue and no lock that one of them could take along when it ends. A result is in
the pipe as soon as its task has ended, so the end of a worker costs the one task that it was running, which is run
again by another worker, and is a failure when that has happened too often.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
from collections import deque
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Any, Final, final

from ..configuration.errors import RunError, WorkerError
from ..outcomes.outcomes import ErrorInfo
from .batches import Answer, Batch, Resume
from .pools import Pool
from .processes import KILLED_SECONDS, Process, open_pipe
from .start_methods import Launcher
from .watch import EXPIRED_SIGNAL
from .wire import (
    DEADLINE,
    HANDED_BACK,
    HEARTBEAT_SECONDS,
    LEFT_RUNNING,
    LENGTH,
    READY,
    MessageReader,
    refuse_batch,
    write_batch,
)  # fmt: skip

READ_BYTES: Final = 1 << 20
"""How much is read from a pipe at once."""

MOST_FAILED_STARTS: Final = 3
"""How many workers in a row end before they have begun, until the run is given up."""

GRACE_SECONDS: Final = 0.3
"""How long a worker may take to end by itself when it is asked to, before it is killed."""

OVERDUE_SECONDS: Final = 0.5
"""How long after its deadline a worker is ended from here: its task lets no other thread run, which would end it."""

LEAVE_SECONDS: Final = 5.0
"""How long an idle worker may take to end by itself when all is done."""

MOST_INTERRUPTS: Final = 100
"""How many interrupts in a row cannot keep the workers from being ended."""


@final
class _Worker:
    """A worker process, seen from here: its pipes, and what it is doing."""

    __slots__ = (
        "batch", "batches", "deadline", "expired", "handed_back", "is_lost", "is_ready", "left_running", "messages",
        "open_pipes", "overdue", "process", "reader", "resume",
    )  # fmt: skip

    def __init__(self, process: Process, batches: int, messages: int) -> None:
        self.process, self.batches, self.messages = process, batches, messages
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
        return kind in (READY, DEADLINE, LEFT_RUNNING, HANDED_BACK)

    def take_handed_back(self) -> Batch | None:
        """Return what it has left to others since the last call."""
        rest, self.handed_back = self.handed_back, None
        return rest

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
                name, _describe_end(self.process), count,
            )  # fmt: skip


@final
class ProcessPool(Pool):
    """Worker processes that are started when there is work for them, and replaced when they end."""

    seconds = 0.03

    def __init__(self, job: bytes, workers: int, launcher: Launcher, deaths: int) -> None:
        self.workers = workers
        self._job = job
        self._launcher = launcher
        self._deaths = deaths
        self._failed_starts = 0
        self._is_withdrawn = False
        self._queue: deque[Batch] = deque()
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._looked = monotonic()

    def put(self, batch: Batch) -> None:
        self._queue.append(batch)

    def get(self) -> list[Answer]:
        answers = self._send_batches()
        while not answers:
            answers = self._listen()
            answers += self._send_batches()
        return answers

    def withdraw(self) -> list[Answer]:
        self._is_withdrawn = True
        begun = [batch for batch in self._queue if batch.deaths or batch.resume]
        waiting = [batch.withdraw() for batch in self._queue if batch not in begun]
        self._queue = deque(begun)
        return [*waiting]

    # --- sending

    def _send_batches(self) -> list[Answer]:
        """Give batches to idle workers; start workers while there are more batches than workers to come."""
        answers: list[Answer] = []
        for worker in [worker for worker in self._workers if worker.is_idle]:
            while self._queue and worker.is_idle:
                answers += self._send(worker, self._queue.popleft())
        coming = sum(not worker.is_ready for worker in self._workers)
        for _ in range(min(len(self._queue) - coming, self.workers - len(self._workers))):
            self._add_worker()
        return answers

    def _send(self, worker: _Worker, batch: Batch) -> list[Answer]:
        try:
            data = write_batch(batch)
        except Exception as error:  # whatever a user's object does when it is pickled
            self._queue.extendleft(reversed(refuse_batch(batch, error)))
            return batch.take_answers()
        worker.batch = batch
        batch.begin()
        try:
            worker.send(data)
        except OSError:  # it has ended; its pipe says so too, in a moment
            worker.batch, worker.is_lost = None, True
            self._queue.appendleft(batch)
        return []

    def _add_worker(self) -> None:
        try:
            worker = self._start_worker()
        except OSError as error:  # no more processes, no more open files
            number = len(self._workers) + 1
            raise RunError(
                f"worker process {number} of {self.workers} cannot be started: {error}. Take fewer, processes(n), or "
                f"raise the limits of this process (ulimit -n, ulimit -u)"
            ) from error
        self._workers.append(worker)
        self._selector.register(worker.messages, selectors.EVENT_READ, worker)
        with contextlib.suppress(OSError):  # it has ended already; its pipe says so
            worker.send(self._job)

    def _start_worker(self) -> _Worker:
        """A new worker; its ends of the pipes are closed here, and all of them where it cannot be started."""
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            reads, batches = _open_pipe(theirs, ours)
            messages, writes = _open_pipe(ours, theirs)
            # A worker that kept another one's pipes open would hide that other's end.
            others = (end for worker in self._workers for end in (worker.batches, worker.messages))
            process = self._launcher.start(reads, writes, (batches, messages, *others))
            ours.pop_all()
            return _Worker(process, batches, messages)

    # --- listening

    def _listen(self) -> list[Answer]:
        """Wait a moment for workers to write or to end; their answers, and those for tasks that ended with them."""
        wait = min(HEARTBEAT_SECONDS, *(worker.overdue - monotonic() for worker in self._workers), inf)
        answers: list[Answer] = []
        for key, _ in self._selector.select(max(0.0, wait)):
            data = os.read(key.fd, READ_BYTES)
            answers += self._receive(key.data, data) if data else self._replace(key.data)
        for worker in self._workers:
            if worker.overdue <= monotonic():
                worker.expire()
        return answers + self._replace_ended()

    def _receive(self, worker: _Worker, data: bytes) -> list[Answer]:
        batch = worker.batch
        self.received += len(data)
        unreadable = worker.receive(data)
        if batch is None:
            return []
        answers: list[Answer] = []
        if (rest := worker.take_handed_back()) is not None and self._is_withdrawn:
            answers.append(rest.withdraw())
        elif rest is not None:
            self._queue.extendleft(reversed(rest.divide(self.workers)))
        if unreadable:
            self._queue.extendleft(reversed(batch.split()))
        if unreadable or batch.start == batch.stop:
            worker.batch = None
        return answers + batch.take_answers()

    def _replace_ended(self) -> list[Answer]:
        """Replace workers that have ended unseen: a process that one of them has started may hold its pipe open."""
        if monotonic() - self._looked < HEARTBEAT_SECONDS:
            return []
        self._looked = monotonic()
        ended = [worker for worker in self._workers if worker.process.has_ended()]
        return [answer for worker in ended for answer in (*self._read_rest(worker), *self._replace(worker))]

    def _read_rest(self, worker: _Worker) -> list[Answer]:
        """Read the rest of the pipe of a worker that has ended."""
        answers: list[Answer] = []
        os.set_blocking(worker.messages, False)
        with contextlib.suppress(BlockingIOError):
            while data := os.read(worker.messages, READ_BYTES):
                answers += self._receive(worker, data)
        return answers

    # --- workers that end

    def _replace(self, worker: _Worker) -> list[Answer]:
        """Remove a worker that has ended; its batch goes to another one, without the task that has failed."""
        self._workers.remove(worker)
        self._selector.unregister(worker.messages)
        worker.process.signal(signal.SIGKILL)  # to its process group: what its tasks have started is still there
        worker.process.has_ended(KILLED_SECONDS)
        worker.close()
        self._failed_starts = 0 if worker.is_ready else self._failed_starts + 1
        if self._failed_starts >= MOST_FAILED_STARTS:
            end = _describe_end(worker.process)
            raise RunError(f"worker processes end before they begin: {end}; see what they printed")
        batch = worker.batch
        if batch is None:
            return []
        if worker.has_expired():  # the wrapper that set the deadline raises the error when it resumes
            batch.resume = worker.resume if worker.expired == batch.start else None
        elif batch.deaths + 1 < self._deaths:
            batch.deaths, batch.suspects = batch.deaths + 1, 1
        else:
            end = f"{_describe_end(worker.process)}, {self._deaths} times of {self._deaths}"
            batch.fail(ErrorInfo.of(WorkerError(f"its worker process ended while it ran: {end}")))
        if batch:
            self._queue.appendleft(batch)
        return batch.take_answers()

    # --- the end of all

    def stop(self, why: BaseException | None) -> None:
        try:  # workers end by themselves where they can, after what their tasks have left running
            self._dismiss_workers(why)
        finally:
            _repeat_interrupted(self._end_workers)

    def _dismiss_workers(self, why: BaseException | None) -> None:
        """Have the workers end by themselves. When all is done they are waited for while tasks' variants run there."""
        left = list(self._workers)
        for worker in left:
            if worker.is_idle and (why is None or isinstance(why, GeneratorExit)):
                worker.dismiss()
            else:
                worker.process.signal(signal.SIGTERM)
        until = monotonic() + (LEAVE_SECONDS if why is None else GRACE_SECONDS)
        while (left := [worker for worker in left if not worker.process.has_ended()]) and (
            monotonic() < until or (why is None and any(worker.left_running for worker in left))
        ):
            self._read_left_running()
        if left and why is None:
            logging.getLogger("spearmint_fp").warning(
                "%d worker processes are killed: threads that tasks have started still run there", len(left)
            )

    def _read_left_running(self) -> None:
        """Read on while workers end: a full pipe would stop them, and the rest of it is of no interest any more."""
        for key, _ in self._selector.select(0.005):
            data = os.read(key.fd, READ_BYTES)
            for kind, contents in key.data.reader.read(data):
                if kind == LEFT_RUNNING:
                    key.data.left_running = contents[-1]
            if not data:
                self._selector.unregister(key.fd)

    def _end_workers(self) -> None:
        """Leave no process. It can be done again where it was interrupted.

        All are killed before any is waited for, so they end together. A worker keeps its place until its pipes are
        closed. The launcher comes last: only the fork server can find out how its workers have ended.
        """
        for worker in self._workers:
            worker.process.signal(signal.SIGKILL)
        until = monotonic() + KILLED_SECONDS
        for worker in self._workers:
            worker.process.has_ended(until - monotonic())
        while self._workers:
            self._workers[-1].close()
            self._workers.pop()
        self._selector.close()
        self._launcher.close()


def _repeat_interrupted(step: Callable[[], None]) -> None:
    """Do a step to its end, whatever the handlers of signals raise meanwhile; that is raised afterwards."""
    raised: BaseException | None = None
    for _ in range(MOST_INTERRUPTS):
        try:
            step()
            break
        except BaseException as error:  # a second Ctrl-C, or whatever a handler of the caller's raises
            raised = error
    if raised is not None:
        raise raised


def _open_pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe whose ends are closed with those who keep them."""
    ends = open_pipe()
    reader.callback(os.close, ends[0])
    writer.callback(os.close, ends[1])
    return ends


def _describe_end(process: Process) -> str:
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
