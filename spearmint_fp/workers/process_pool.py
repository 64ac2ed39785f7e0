"""The supervisor of worker processes: one pair of pipes per worker, so that a worker's end is its own affair.

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
from .chunks import Chunk
from .pools import Came, Crew, alone, answered, refused, split
from .start_methods import KILLED_SECONDS, Launcher, Process, pipe
from .wire import BEHIND, READY, WATCH, Frames, Order, Parcel, Resume
from .worker import HEARTBEAT, LENGTH

__all__ = ["Supervisor"]

READ: Final = 1 << 20
STILLBORN: Final = 3
"""How many workers in a row may end before they have begun."""

GRACE: Final = 0.3
"""How many seconds a worker has to end by itself when it is told to, before it is killed."""

LEAVE: Final = 5.0
"""How many seconds an idle worker has to end by itself; one that has been killed, until it is known how it ended."""

INTERRUPTS: Final = 100
"""How many interrupts the end of all workers outlives."""


@final
class _Worker:
    """A worker process, seen from here: its pipes, and what it is doing."""

    __slots__ = (
        "behind", "deadline", "expired", "frames", "lost", "open", "orders", "parcel", "process", "ready", "records",
        "resume",
    )  # fmt: skip

    def __init__(self, process: Process, orders: int, records: int) -> None:
        self.process, self.orders, self.records = process, orders, records
        self.open = [orders, records]
        self.frames = Frames()
        self.behind: dict[str, int] = {}
        self.parcel: Parcel | None = None
        self.ready = self.lost = False
        self.deadline = inf
        self.resume: Resume | None = None
        self.expired: int | None = None

    @property
    def idle(self) -> bool:
        return self.ready and not self.lost and self.parcel is None

    def send(self, data: bytes) -> None:
        """Write a message; raises OSError where the worker has ended."""
        view = memoryview(LENGTH.pack(len(data)) + data)
        while view:
            view = view[os.write(self.orders, view) :]

    def noted(self, kind: int, content: Any) -> bool:
        """Note what a frame tells of the worker itself, if it does."""
        if kind == READY:
            self.ready = True
        elif kind == WATCH:
            self.deadline, self.resume = content[0], content[1:]
        elif kind == BEHIND:
            self.behind = content
        return kind in (READY, WATCH, BEHIND)

    def expire(self) -> None:
        """End the task that has run too long, and the process with it."""
        self.deadline = inf
        self.expired = self.parcel.done if self.parcel else None
        self.process.signal(signal.SIGKILL)

    def dismiss(self) -> None:
        """Let an idle worker end by itself, also where a process that was forked meanwhile holds its pipe open."""
        with contextlib.suppress(OSError):  # it has ended
            os.write(self.orders, LENGTH.pack(0))

    def close(self) -> None:
        """Close the pipes, once, and tell of what the worker had left running when it ended."""
        while self.open:
            os.close(self.open.pop())
        while self.behind:
            name, count = self.behind.popitem()
            logging.getLogger("spearmint_fp").warning(
                "%s: a worker process ended (%s) before the variants of %d direct calls had; they have no outcome",
                name, _how(self.process), count,
            )  # fmt: skip


@final
class Supervisor(Crew):
    """Runs chunks in worker processes that are started when there is work for them, and replaced when they end."""

    seconds = 0.03

    def __init__(self, job: bytes, workers: int, launcher: Launcher, deaths: int) -> None:
        self.workers = workers
        self._job = job
        self._launcher = launcher
        self._deaths = deaths
        self._stillborn = 0
        self._queue: deque[Parcel] = deque()
        self._crew: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._looked = monotonic()

    def put(self, chunk: Chunk) -> None:
        self._queue.append(Parcel(chunk))

    def get(self) -> list[Came]:
        came = self._dispatch()
        while not came:
            came = self._listen()
            came += self._dispatch()
        return came

    # --- sending

    def _dispatch(self) -> list[Came]:
        """Give work to whoever has none; start workers while there is more work than workers to come."""
        failed: list[Came] = []
        for worker in [worker for worker in self._crew if worker.idle]:
            while self._queue and worker.idle:
                failed += self._send(worker, self._queue.popleft())
        coming = sum(not worker.ready for worker in self._crew)
        for _ in range(min(len(self._queue) - coming, self.workers - len(self._crew))):
            self._start()
        return failed

    def _send(self, worker: _Worker, parcel: Parcel) -> list[Came]:
        try:
            order = Order(parcel.chunk, parcel.resume).sealed()
        except Exception as error:  # whatever a user's object does when it is pickled
            if parcel.left == 1:
                return [alone(parcel, refused(error))]
            self._queue.extendleft(reversed(list(split(parcel))))
            return []
        worker.parcel = parcel
        parcel.begin()
        try:
            worker.send(order)
        except OSError:  # it has ended; its pipe says so too, in a moment
            worker.parcel, worker.lost = None, True
            self._queue.appendleft(parcel)
        return []

    def _start(self) -> None:
        try:
            worker = self._born()
        except OSError as error:  # no more processes, no more open files
            number = len(self._crew) + 1
            raise RunError(
                f"worker process {number} of {self.workers} cannot be started: {error}. Take fewer, processes(n), or "
                f"raise the limits of this process (ulimit -n, ulimit -u)"
            ) from error
        self._crew.append(worker)
        self._selector.register(worker.records, selectors.EVENT_READ, worker)
        with contextlib.suppress(OSError):  # it has ended already; its pipe says so
            worker.send(self._job)

    def _born(self) -> _Worker:
        """A new worker; where that fails, its pipes are closed."""
        with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
            reads, orders = _pipe(theirs, ours)
            records, writes = _pipe(ours, theirs)
            others = (end for worker in self._crew for end in (worker.orders, worker.records))
            process = self._launcher.start(reads, writes, (orders, records, *others))
            ours.pop_all()
            return _Worker(process, orders, records)

    # --- listening

    def _listen(self) -> list[Came]:
        """What workers say, and what becomes of those that have ended; waits a moment for it."""
        patience = min(HEARTBEAT, *(worker.deadline - monotonic() for worker in self._crew), inf)
        came: list[Came] = []
        for key, _ in self._selector.select(max(0.0, patience)):
            data = os.read(key.fd, READ)
            key.data.frames.add(data)
            came += self._heard(key.data) if data else self._ended(key.data)
        for worker in self._crew:
            if worker.deadline <= monotonic():
                worker.expire()
        return came + self._looked_after()

    def _looked_after(self) -> list[Came]:
        """A worker may have ended while something that it started holds its pipe open: ask, now and then."""
        if monotonic() - self._looked < HEARTBEAT:
            return []
        self._looked = monotonic()
        gone = [worker for worker in self._crew if worker.process.ended()]
        return [came for worker in gone for came in (*self._rest(worker), *self._ended(worker))]

    def _rest(self, worker: _Worker) -> list[Came]:
        """What a worker that has ended had still said."""
        os.set_blocking(worker.records, False)
        with contextlib.suppress(BlockingIOError):
            while data := os.read(worker.records, READ):
                worker.frames.add(data)
        return self._heard(worker)

    def _heard(self, worker: _Worker) -> list[Came]:
        parcel = worker.parcel
        came, unreadable = answered(parcel, worker.frames.take(), worker.noted)
        if parcel is not None and (unreadable or not parcel.left):
            worker.parcel = None
            self._queue.extendleft(reversed(list(split(parcel))))
        return came

    # --- workers that end

    def _ended(self, worker: _Worker) -> list[Came]:
        """Bury a worker; what it was doing is done again by another one, or has failed."""
        self._buried(worker)
        self._stillborn = 0 if worker.ready else self._stillborn + 1
        if self._stillborn >= STILLBORN:
            raise RunError(f"worker processes end before they begin: {_how(worker.process)}; see what they printed")
        parcel = worker.parcel
        if parcel is None:
            return []
        if worker.expired is not None:
            resume = worker.resume if worker.expired == parcel.done else None
            self._queue.appendleft(parcel.rest(parcel.deaths, resume))
            return []
        if parcel.deaths + 1 < self._deaths:
            self._queue.appendleft(parcel.rest(parcel.deaths + 1, parcel.resume))
            return []
        error = WorkerError(
            f"its worker process ended while it ran: {_how(worker.process)}, {self._deaths} times of {self._deaths}"
        )
        failed = alone(parcel, error)
        if parcel.left:
            self._queue.appendleft(parcel.rest())
        return [failed]

    def _buried(self, worker: _Worker) -> None:
        self._crew.remove(worker)
        self._selector.unregister(worker.records)
        worker.process.signal(signal.SIGKILL)
        worker.process.ended(KILLED_SECONDS)
        worker.close()

    # --- the end of all

    def stop(self, why: BaseException | None) -> None:
        try:
            self._dismiss(why)
        finally:
            _insist(self._end)

    def _dismiss(self, why: BaseException | None) -> None:
        """Have the workers end by themselves. When all is done they are waited for while tasks' variants run there."""
        left = list(self._crew)
        for worker in left:
            if worker.idle and (why is None or isinstance(why, GeneratorExit)):
                worker.dismiss()
            else:
                worker.process.signal(signal.SIGTERM)
        until = monotonic() + (LEAVE if why is None else GRACE)
        while (left := [w for w in left if not w.process.ended()]) and (
            monotonic() < until or (why is None and any(w.behind for w in left))
        ):
            for key, _ in self._selector.select(0.005):
                data = os.read(key.fd, READ)
                key.data.frames.add(data)
                answered(None, (run for run in key.data.frames.take() if run[0] == BEHIND), key.data.noted)
                if not data:
                    self._selector.unregister(key.fd)
        if left and why is None:
            logging.getLogger("spearmint_fp").warning(
                "%d worker processes are killed: threads that tasks have started still run there", len(left)
            )

    def _end(self) -> None:
        """Leave no process. It can be done again where it was interrupted."""
        for worker in self._crew:
            worker.process.signal(signal.SIGKILL)
        until = monotonic() + KILLED_SECONDS
        for worker in self._crew:
            worker.process.ended(until - monotonic())
        while self._crew:
            self._crew[-1].close()
            self._crew.pop()
        self._selector.close()
        self._launcher.close()


def _insist(step: Callable[[], None]) -> None:
    """Do a step to its end, whatever the handlers of signals raise meanwhile; that is raised afterwards."""
    raised: BaseException | None = None
    for _ in range(INTERRUPTS):
        try:
            step()
            break
        except BaseException as error:  # a second Ctrl-C, or whatever a handler of the caller's raises
            raised = error
    if raised is not None:
        raise raised


def _pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe whose ends are closed with those who keep them."""
    ends = pipe()
    reader.callback(os.close, ends[0])
    writer.callback(os.close, ends[1])
    return ends


def _how(process: Process) -> str:
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
