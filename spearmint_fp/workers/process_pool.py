"""A pool of worker processes, each with a pair of pipes of its own, so that its end concerns no other worker.

Nothing is shared between workers: no queue and no lock that one of them could take along when it ends. A result is in
the pipe as soon as its task has ended, so the end of a worker costs the one task that it was running, which is run
again by another worker, and is a failure when that has happened too often.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
from collections import deque
from collections.abc import Callable
from math import inf
from time import monotonic
from typing import Final, final

from ..configuration.errors import RunError, WorkerError
from ..outcomes.outcomes import ErrorInfo
from .batches import Answer, Batch
from .pools import Pool
from .process_worker import LEAVE_SECONDS, WorkerProcess, describe_end, warn_of_threads
from .processes import KILLED_SECONDS, open_pipe
from .start_methods import Launcher
from .wire import HEARTBEAT_SECONDS, LEFT_RUNNING, refuse_batch, write_batch

READ_BYTES: Final = 1 << 20
"""How much is read from a pipe at once."""

MOST_FAILED_STARTS: Final = 3
"""How many workers in a row end before they have begun, until the run is given up."""

GRACE_SECONDS: Final = 0.3
"""How long a worker may take to end by itself when it is asked to, before it is killed."""

MOST_INTERRUPTS: Final = 100
"""How many interrupts in a row cannot keep the workers from being ended."""


@final
class ProcessPool(Pool):
    """Worker processes that are started when there is work for them, and replaced when they end."""

    seconds = 0.02

    def __init__(self, job: bytes, workers: int, launcher: Launcher, deaths: int, max_tasks: int | None = None) -> None:
        self.workers = workers
        self._max_tasks = inf if max_tasks is None else max_tasks
        self._job = job
        self._launcher = launcher
        self._deaths = deaths
        self._failed_starts = 0
        self._is_withdrawn = False
        self._queue: deque[Batch] = deque()
        self._workers: list[WorkerProcess] = []
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
        for worker in [worker for worker in self._workers if worker.can_work]:
            while self._queue and worker.can_work:
                answers += self._send(worker, self._queue.popleft())
        coming = sum(not worker.is_ready for worker in self._workers)
        for _ in range(min(len(self._queue) - coming, self.workers - len(self._workers))):
            self._add_worker()
        return answers

    def _send(self, worker: WorkerProcess, batch: Batch) -> list[Answer]:
        try:
            data = write_batch(batch.take_first(worker.tasks_left))
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
            worker.send(b"%d" % worker.number)
            worker.send(self._job)

    def _start_worker(self) -> WorkerProcess:
        """A new worker; its ends of the pipes are closed here, and all of them where it cannot be started."""
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            reads, batches = _open_pipe(theirs, ours)
            messages, writes = _open_pipe(ours, theirs)
            # A worker that kept another one's pipes open would hide that other's end.
            others = (end for worker in self._workers for end in (worker.batches, worker.messages))
            process = self._launcher.start(reads, writes, (batches, messages, *others))
            ours.pop_all()
            number = min({*range(self.workers)} - {worker.number for worker in self._workers})
            return WorkerProcess(process, batches, messages, number, self._max_tasks)

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
            if worker.is_idle and worker.tasks_left <= 0:
                worker.retire()
        return answers + self._replace_ended()

    def _receive(self, worker: WorkerProcess, data: bytes) -> list[Answer]:
        batch = worker.batch
        self.received += len(data)
        if batch is None:
            worker.receive(data)
            return []
        start = batch.start
        unreadable = worker.receive(data)
        worker.tasks_left -= batch.start - start
        answers = self._return_rest(worker.take_handed_back())
        if unreadable:
            self._queue.extendleft(reversed(batch.split()))
        elif batch and worker.tasks_left <= 0:  # it was not sent more of it
            answers += self._return_rest(batch.hand_back(batch.start))
        if unreadable or batch.start == batch.stop:
            worker.batch = None
        return answers + batch.take_answers()

    def _return_rest(self, rest: Batch | None) -> list[Answer]:
        """Have other workers run what one has left to them, unless it was withdrawn: then that is the answer."""
        if rest is None:
            return []
        if self._is_withdrawn:
            return [rest.withdraw()]
        self._queue.extendleft(reversed(rest.divide(self.workers)))
        return []

    def _replace_ended(self) -> list[Answer]:
        """Replace workers that have ended unseen: a process that one of them has started may hold its pipe open."""
        if monotonic() - self._looked < HEARTBEAT_SECONDS:
            return []
        self._looked = monotonic()
        ended = [worker for worker in self._workers if worker.process.has_ended()]
        return [answer for worker in ended for answer in (*self._read_rest(worker), *self._replace(worker))]

    def _read_rest(self, worker: WorkerProcess) -> list[Answer]:
        """Read the rest of the pipe of a worker that has ended."""
        answers: list[Answer] = []
        os.set_blocking(worker.messages, False)
        with contextlib.suppress(BlockingIOError):
            while data := os.read(worker.messages, READ_BYTES):
                answers += self._receive(worker, data)
        return answers

    # --- workers that end

    def _replace(self, worker: WorkerProcess) -> list[Answer]:
        """Remove a worker that has ended; its batch goes to another one, without the task that has failed."""
        self._workers.remove(worker)
        self._selector.unregister(worker.messages)
        worker.process.signal(signal.SIGKILL)  # to its process group: what its tasks have started is still there
        worker.process.has_ended(KILLED_SECONDS)
        worker.close()
        self._failed_starts = 0 if worker.is_ready else self._failed_starts + 1
        if self._failed_starts >= MOST_FAILED_STARTS:
            end = describe_end(worker.process)
            raise RunError(f"worker processes end before they begin: {end}; see what they printed")
        batch = worker.batch
        if batch is None:
            return []
        if worker.has_expired():  # the wrapper that set the deadline raises the error when it resumes
            batch.resume = worker.resume if worker.expired == batch.start else None
        elif batch.deaths + 1 < self._deaths:
            batch.deaths, batch.suspects = batch.deaths + 1, 1
        else:
            end = f"{describe_end(worker.process)}, {self._deaths} times of {self._deaths}"
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
            warn_of_threads(len(left))

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
