"""Pools of live executors: of `concurrent.futures`, which the caller has opened and will close, of Dask and of Ray."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextvars import copy_context
from functools import partial
from itertools import count
from queue import SimpleQueue
from time import monotonic
from typing import Any, Final, NamedTuple, final
from uuid import uuid4

from ..configuration.errors import RunError, WorkerError
from ..configuration.messages import repr_with_type
from ..outcomes.exceptions import describe_exception
from ..outcomes.outcomes import ErrorInfo
from ..tasks.signals import hold_signals
from .batches import Answer, Batch
from .marks import take_mark
from .pools import LATE_FACTOR, LOOK_SECONDS, Pool, choose_patience, drain_queue
from .shared_jobs import SMALL_BYTES, Share, keep, share_file
from .thread_pool import ThreadPool
from .wire import BEGUN, NO_JOB, MessageReader, refuse_batch, write_batch
from .worker import answer_batch

_CANCELLED: Final = "the executor has cancelled tasks of this run; it must stay open until the run has ended"

MOST_DEATHS: Final = 3
"""How many workers a configuration may end, which was one of many and is known by its mark, until it is a failure."""

SUSPECT_PARTS: Final = 100
"""In how many parts a batch is run again whose worker ended.

Each part costs milliseconds, and each further death seconds: other workers have to be started. With this many, two more
deaths find one configuration among ten thousand; with halves it would be a dozen.
"""


def _find_no_end() -> str | None:
    """Why no answer of an executor will ever come: for one whose futures end when it does, nothing."""
    return None


def _submit(executor: Executor, fn: Callable[..., Any], *args: Any) -> Future[Any]:
    """`executor.submit(fn, *args)`; a RunError where it takes no calls any more."""
    try:
        return executor.submit(fn, *args)
    except BrokenExecutor as error:
        raise RunError(_describe_broken(executor, error)) from error
    except RuntimeError as error:  # it has been shut down
        raise RunError(f"{repr_with_type(executor)} takes no tasks: {error}") from error


def _describe_broken(executor: Executor, error: BaseException) -> str:
    """The message for an executor whose worker has ended."""
    return (
        f"{repr_with_type(executor)} is broken: {str(error).rstrip('.')}. A worker of it has ended, and it starts no "
        f"new one; executor=processes(n) does, and loses nothing but the configuration that ended it"
    )


def _cancel_futures(
    futures: set[Future[Any]], patience: float | None, find_end: Callable[[], str | None] = _find_no_end
) -> None:
    """Cancel what has not begun, and wait so many seconds for the rest, as long as it may still end."""
    running = {future for future in futures if not future.cancel()}
    start = monotonic()
    while running and (patience is None or monotonic() - start < patience) and find_end() is None:
        left = LOOK_SECONDS if patience is None else min(LOOK_SECONDS, patience)
        running = wait(running, left).not_done


class _Call(NamedTuple):
    """A batch that an executor has."""

    batch: Batch
    mark: str | None = None
    """The name under which its worker notes what it begins; one that was always single needs none."""
    is_alone: bool = False
    """True where it has ended a worker, and so runs with nothing beside it."""

    def take_mark(self) -> int | None:
        """The position that its worker has begun last, where that can be seen from here."""
        return None if self.mark is None else take_mark(self.mark)


def _withdraw_futures(sent: dict[Future[Any], _Call]) -> list[Answer]:
    """Cancel the futures that have not begun, and remove them; the answers for their batches."""
    cancelled = [(future, call) for future, call in list(sent.items()) if future.cancel()]
    for future, _ in cancelled:
        sent.pop(future, None)
    return [call.batch.withdraw() for _, call in cancelled]


@final
class BorrowedThreadPool(ThreadPool):
    """The threads of a live executor, which is the caller's: it is left as it was."""

    def __init__(self, fn: Callable[[Any], Any], executor: Executor, workers: int) -> None:
        super().__init__(fn, workers)
        self._executor = executor
        self._futures: dict[Future[None], _Call] = {}

    def put(self, batch: Batch) -> None:
        # An interrupt in here could leave a lock of the executor held, and its `shutdown` would wait for ever. No
        # executor of processes gets here: a worker that it forked meanwhile would hold its signals back for good.
        with hold_signals():
            future = _submit(self._executor, copy_context().run, self.run_batch, batch)
            self._futures[future] = _Call(batch)
            future.add_done_callback(self._note_done)

    def _note_done(self, future: Future[None]) -> None:
        self._futures.pop(future, None)
        if self._stopped or (self._is_withdrawn and future.cancelled()):
            return
        if future.cancelled():
            self._answers.put(RunError(_CANCELLED))
        elif (error := future.exception()) is not None:
            self._answers.put(RunError(_describe_broken(self._executor, error)))

    def withdraw(self) -> list[Answer]:
        return super().withdraw() + _withdraw_futures(self._futures)

    def stop(self, why: BaseException | None) -> None:
        self._begin_stop()
        _cancel_futures(set(self._futures), 0.0 if self._waits_in_vain() else choose_patience(why))


@final
class FuturePool(Pool):
    """The workers of an executor. The configuration that was running when a worker ended is run again alone.

    A mark says which one that was, and it is a failure when it has ended three workers. Where the mark cannot be
    found, on another machine, the batch is run again in parts, with nothing beside them, and the part that ends a
    worker again is divided in turn. Since a batch runs in order, what stands behind that part had not begun. How often
    a single configuration is tried is then for the executor to say, as it is for one that was always single.
    """

    def __init__(  # noqa: PLR0913
        self,
        job: bytes,
        executor: Executor,
        workers: int,
        seconds: float,
        *,
        find_end: Callable[[], str | None] = _find_no_end,
        share: Share = share_file,
        close: Callable[[], object] | None = None,
        has_script: bool = False,
        cancels: bool = True,
    ) -> None:
        """`cancels` is False where a future says that it is cancelled although its call may run.

        `find_end` says why no answer will ever come; None while some may. `close` is called at the end.
        """
        self.workers, self.seconds = workers, seconds
        self._job, self._executor = job, executor
        self._find_end, self._close, self._has_script, self._cancels = find_end, close, has_script, cancels
        self._share = share
        self._release: Callable[[], object] = keep
        self._sent_job: Any = job if len(job) <= SMALL_BYTES else None  # what goes along with each batch
        self._marks = map(f"spearmint_fp-{uuid4().hex}-{{}}".format, count())
        self._is_withdrawn = False
        self._queue: deque[Batch] = deque()
        self._lost: deque[Batch] = deque()  # batches whose worker ended
        self._parts: deque[Batch] = deque()  # of one of those, in order
        self._sent: dict[Future[bytes], _Call] = {}
        self._done: SimpleQueue[Future[bytes]] = SimpleQueue()

    def put(self, batch: Batch) -> None:
        self._queue.append(batch)

    def get(self) -> list[Answer]:
        answers: list[Answer] = []
        while not answers:
            answers += self._send_batches()
            if not answers:
                for future in drain_queue(self._done, self._check_executor, LOOK_SECONDS):
                    if (call := self._sent.pop(future, None)) is not None:  # or it was withdrawn
                        answers += self._receive(call, future)
                    del future  # a cluster that loses a result makes it again while somebody refers to it
        return answers

    def withdraw(self) -> list[Answer]:
        self._is_withdrawn = True
        return self._withdraw_queue() + (_withdraw_futures(self._sent) if self._cancels else [])

    def _withdraw_queue(self) -> list[Answer]:
        """The answers for what waits, but for what had begun when its worker ended."""
        waiting, self._queue = self._queue, deque(batch for batch in self._queue if batch.deaths)
        return [batch.withdraw() for batch in waiting if not batch.deaths]

    def _check_executor(self) -> None:
        """Raise where no answer will ever come."""
        why = self._find_end()
        if why is not None:
            raise RunError(why)

    # --- sending

    def _send_batches(self) -> list[Answer]:
        """Send everything, or, while some may be what ends a worker, one part of that at a time, nothing beside it."""
        answers: list[Answer] = self._withdraw_queue() if self._is_withdrawn else []
        while self._queue and not (self._lost or self._parts):
            answers += self._send(self._queue.popleft(), self._queue, is_alone=False)
        while (self._lost or self._parts) and not self._sent:
            if not self._parts:
                self._parts.extend(self._lost.popleft().split(SUSPECT_PARTS))
            answers += self._send(self._parts.popleft(), self._parts, is_alone=True)
        return answers

    def _send(self, batch: Batch, queue: deque[Batch], *, is_alone: bool) -> list[Answer]:
        try:
            data = write_batch(batch, self._has_script)
        except Exception as error:  # whatever a user's object does when it is pickled
            queue.extendleft(reversed(refuse_batch(batch, error)))
            return batch.take_answers()
        self._check_executor()
        if self._sent_job is None:
            self._sent_job, self._release = self._share(self._job)
        mark = next(self._marks) if len(batch) > 1 or is_alone else None
        future = _submit(self._executor, answer_batch, self._sent_job, data, LATE_FACTOR * self.seconds, mark)
        batch.begin()
        self._sent[future] = _Call(batch, mark, is_alone)
        future.add_done_callback(self._done.put)
        return []

    # --- receiving

    def _receive(self, call: _Call, future: Future[bytes]) -> list[Answer]:
        try:
            data = future.result()
        except CancelledError as error:
            raise RunError(_CANCELLED) from error
        except BrokenExecutor as error:
            raise RunError(_describe_broken(self._executor, error)) from error
        except Exception as error:  # whatever an executor raises for a worker that ended
            return self._note_death(call, error)
        self.received += len(data)
        batch, had = call.batch, len(call.batch)
        if MessageReader().add_to(batch, data, partial(self._note_message, call)):
            self._queue.extendleft(reversed(batch.split()))
        elif call.is_alone and batch:
            self._parts.appendleft(batch)
        elif batch:  # its answer was large, or late; or the worker had no job
            rest = batch.divide(self.workers) if len(batch) < had else batch.split(1)
            self._queue.extendleft(reversed(rest))
        return batch.take_answers()

    def _note_message(self, call: _Call, kind: int, content: Any) -> bool:
        """Note a message about the worker itself; False for any other."""
        if kind == NO_JOB:  # the job comes with every batch from now on
            self._sent_job = self._job
        elif kind == BEGUN:
            self._suspect(call, content)
        return kind in (NO_JOB, BEGUN)

    # --- workers that end

    def _note_death(self, call: _Call, error: Exception) -> list[Answer]:
        batch = call.batch
        if (position := call.take_mark()) is not None:
            self._suspect(call, position)
            self._queue.extendleft([batch] if batch else [])
            return batch.take_answers()
        if call.is_alone:
            self._release_parts([])
            if len(batch) == 1:
                death = WorkerError(f"its worker ended, or could not answer: {describe_exception(error)}")
                death.__cause__ = error
                batch.fail(ErrorInfo.of(death))
                return batch.take_answers()
        batch.note_deaths(batch.deaths + 1)
        self._lost.appendleft(batch)
        return []

    def _suspect(self, call: _Call, position: int) -> None:
        """Keep what was begun last, to run it alone; the batch ends before it, and what stands behind it goes on."""
        batch = call.batch
        if call.is_alone and len(batch) == 1 and batch.deaths + 1 == MOST_DEATHS:
            times = f"{MOST_DEATHS} times of {MOST_DEATHS}"
            batch.fail(ErrorInfo.of(WorkerError(f"its worker ended while it ran, {times}")))
            return
        rest, suspect = batch.hand_back(position + 1), batch.hand_back(position)
        for begun in (suspect, batch):
            begun.note_deaths(batch.deaths + 1)
        self._lost.append(suspect)
        if call.is_alone:
            self._release_parts([rest])
        elif rest:
            self._queue.appendleft(rest)

    def _release_parts(self, before: list[Batch]) -> None:
        """Let the parts behind the one that has ended a worker run as anything else: they had not begun."""
        parts = [part for part in (*before, *self._parts) if part]
        for part in parts:
            part.note_deaths(0)
        self._queue.extendleft(reversed(parts))
        self._parts.clear()

    def stop(self, why: BaseException | None) -> None:
        try:
            if self._find_end() is None:
                patience = 0.0 if sys.is_finalizing() else choose_patience(why)
                _cancel_futures(set(self._sent), patience, self._find_end)
        finally:
            for call in self._sent.values():
                call.take_mark()
            try:
                self._release()
            finally:
                if self._close is not None:
                    self._close()
