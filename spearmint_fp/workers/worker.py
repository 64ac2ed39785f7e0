"""The work of a worker: it reads a job, then batches, and writes how each task ended as soon as it has.

`serve` is a worker process of our own, with two pipes to the caller; `answer_batch` is called in the workers of
somebody else's pool, and gives all messages back at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from functools import partial
from math import inf
from time import monotonic
from typing import BinaryIO, Final, final

from ..configuration.messages import repr_with_type
from ..outcomes.exceptions import describe_exception
from ..outcomes.outcomes import ErrorInfo
from ..tasks.attempts import try_task
from ..tasks.event_loops import find_loops
from ..tasks.signals import ends_run
from ..tasks.task_state import TASK_STATE, TaskState
from .batches import Batch
from .initializers import set_worker
from .marks import open_mark, take_mark
from .pickling import Job
from .shared_jobs import JobReference, NoJobError, open_job
from .watch import EXPIRED_SIGNAL, Watch, Writer
from .wire import (
    BEGUN,
    BROKEN,
    DEADLINE,
    INTERRUPTED,
    LEFT_RUNNING,
    LENGTH,
    NO_JOB,
    READY,
    UNINITIALIZED,
    UNREADABLE,
    read_batch,
    write_ending,
    write_error,
    write_message,
)

MOST_ANSWER_BYTES: Final = 1 << 24
"""The size at which a worker of somebody else's pool ends its answer; the rest of the batch is sent again."""

WAITED_SECONDS: Final = 0.01
"""How long a message about a time limit may have taken to be written, so that what it says is still right."""

Write = Callable[[bytes], object]

Claim = Callable[[Batch], AbstractContextManager[Callable[[], object]]]
"""Opens a batch for its worker: a call that claims the next configuration, and is an IndexError behind the last."""


# --- work that tasks leave running ---------------------------------------------------------------------


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


# --- batches -------------------------------------------------------------------------------------------


def run_batch(job: Job, data: bytes, write: Write, state: TaskState, claim: Claim) -> None:
    """Run the configurations of a batch that can be claimed, and write how each task ended as soon as it has."""
    fn = job.fn
    TASK_STATE.set(state)
    try:
        batch = read_batch(data, job)
        if batch.resume is not None:
            state.resume(*batch.resume)
        configs = iter(batch)
        with claim(batch) as claim_next:
            while True:
                try:
                    claim_next()
                except IndexError:
                    break
                write(write_ending(*try_task(fn, next(configs), state)))
    except KeyboardInterrupt:
        write(write_message(INTERRUPTED))
    except _FullError:
        return
    except BaseException as error:  # the configurations themselves: what they raise when they are opened or computed
        if ends_run(error, state.outer_handlers):  # not theirs: a handler that the task has set
            raise
        write(write_message(UNREADABLE, write_error(ErrorInfo.of(error))))


# --- workers of somebody else's pool -----------------------------------------------------------------


def answer_batch(job: bytes | JobReference, data: bytes, seconds: float, mark: str | None = None) -> bytes:
    """Run a batch in a process that somebody else has started, no further once it has taken so long; all its messages.

    Until it has been answered nobody else can run the rest of it. Under the name of its mark stands what was begun of
    it when another worker ended; then nothing is run here, as that would end this one too.
    """
    if mark is not None and (begun := take_mark(mark)) is not None:
        return write_message(BEGUN, begun)
    messages: list[bytes] = []
    try:
        opened = open_job(job)
    except NoJobError:
        return write_message(NO_JOB)
    except Exception as error:  # whatever importing and opening a user's function does
        return _write_broken(error)
    unfinished, size = Unfinished(), 0

    def add(message: bytes) -> None:
        nonlocal size
        messages.append(message)
        if (size := size + len(message)) > MOST_ANSWER_BYTES:
            raise _FullError

    token = SCOPE.set(unfinished)
    try:
        with nullcontext() if mark is None else open_mark(mark) as note:
            run_batch(opened, data, add, TaskState(), partial(claim_for, seconds, note))
        unfinished.wait()  # how long this process will be there is not ours to say
    finally:
        SCOPE.reset(token)
    return b"".join(messages)


@contextmanager
def claim_for(seconds: float, note: Callable[[int], object] | None, batch: Batch) -> Iterator[Callable[[], None]]:
    """Claim the configurations of a batch, each noted before it is begun, until it has taken so long."""
    positions, until = deque(range(batch.start, batch.stop)), monotonic() + seconds

    def claim_next() -> None:
        position = positions.popleft()
        if position > batch.start and monotonic() > until:
            raise IndexError
        if note is not None:
            note(position)

    yield claim_next


def _write_broken(error: BaseException) -> bytes:
    return write_message(BROKEN, describe_exception(error))


class _FullError(BaseException):
    """Ends `run_batch` where its answer holds enough."""


# --- worker processes of our own ---------------------------------------------------------------------


def serve(batches: int, messages: int, parent: int) -> None:
    """Work until there are no more batches, from one pipe to the other; `parent` is the process that started this."""
    for pipe in (batches, messages):
        os.set_inheritable(pipe, False)
    _lead_group()
    writer = Writer(messages)
    watch = Watch(parent, writer)
    watch.start()
    # A process that a task forks must not keep the pipes open, or the caller would wait for it.
    os.register_at_fork(after_in_child=partial(_close_pipes, [batches, messages], writer))
    with open(batches, "rb") as source:
        _run_batches(source, writer.write, watch)


def _lead_group() -> None:
    """Begin a process group, which an interrupt of the terminal does not reach, and which can be ended as a whole."""
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGCHLD, EXPIRED_SIGNAL):
        signal.signal(number, signal.SIG_DFL)


def _close_pipes(pipes: list[int], writer: Writer) -> None:
    writer.pipe = None
    while pipes:  # once: the numbers may be others' in a fork of the fork
        with contextlib.suppress(OSError):  # a task has closed it
            os.close(pipes.pop())


def _run_batches(source: BinaryIO, write: Write, watch: Watch) -> None:
    number, head = _read_message(source), _read_message(source)
    if number is None or head is None:
        return
    set_worker(int(number))
    try:
        job = Job.from_bytes(head)
    except BaseException as error:  # whatever importing and opening a user's function does
        write(_write_broken(error))
        return
    if job.initializer is not None:
        try:
            job.initializer()
        except BaseException as error:  # whatever a user's function does: it ends the run
            name = repr_with_type(job.initializer.function)
            write(write_message(UNINITIALIZED, (name, write_error(ErrorInfo.of(error)))))
            return
    write(write_message(READY))

    state = TaskState(partial(_write_deadline, write, watch))
    UNFINISHED.watch = lambda counts: write(write_message(LEFT_RUNNING, counts))
    while data := _read_message(source):
        run_batch(job, data, write, state, watch.claim)
        flush_streams()
    if data is not None and (loops := find_loops(job.fn)) is not None:
        loops.close()
    if data is not None:  # the parent has dismissed this worker, and waits for what its tasks have left running
        UNFINISHED.wait()
        threading._shutdown()  # type: ignore[attr-defined]  # threads that tasks have started, as at a program's end


def _write_deadline(write: Write, watch: Watch, state: TaskState) -> None:
    """Tell the caller, and the watch of this process, when a task must have ended.

    A write waits while the caller reads nothing. That is not the task's time, and the caller must not think so either.
    """
    watch.set_deadline(inf)
    waited = inf
    while waited > WAITED_SECONDS:
        began = monotonic()
        write(write_message(DEADLINE, (state.deadline, state.retries, state.marks, state.since)))
        waited = monotonic() - began
        state.postpone(waited)
    watch.set_deadline(state.deadline)


def _read_message(source: BinaryIO) -> bytes | None:
    """The next message, empty where there will be no other; None where the parent has closed the pipe."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    data = source.read(size)
    return data if len(data) == size else None


def flush_streams() -> None:
    """Write out the buffers of the standard streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # it is None, closed, or its reader has gone
            stream.flush()
