"""Pools of live executors: of `concurrent.futures`, which the caller has opened and will close, of Dask and of Ray."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextvars import copy_context
from queue import SimpleQueue
from time import monotonic
from typing import Any, Final, final

from ..configuration.errors import RunError, WorkerError
from ..configuration.messages import repr_with_type
from ..outcomes.exceptions import describe_exception
from ..outcomes.outcomes import ErrorInfo
from ..tasks.signals import hold_signals
from .batches import Answer, Batch
from .pools import LATE_FACTOR, LOOK_SECONDS, Pool, choose_patience, drain_queue
from .shared_jobs import SMALL_BYTES, Share, keep, share_file
from .thread_pool import ThreadPool
from .wire import NO_JOB, MessageReader, refuse_batch, write_batch
from .worker import answer_batch

_CANCELLED: Final = "the executor has cancelled tasks of this run; it must stay open until the run has ended"


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


def _withdraw_futures(sent: dict[Future[Any], Batch]) -> list[Answer]:
    """Cancel the futures that have not begun, and remove them; the answers for their batches."""
    cancelled = [(future, batch) for future, batch in list(sent.items()) if future.cancel()]
    for future, _ in cancelled:
        sent.pop(future, None)
    return [batch.withdraw() for _, batch in cancelled]


@final
class BorrowedThreadPool(ThreadPool):
    """The threads of a live executor, which is the caller's: it is left as it was."""

    def __init__(self, fn: Callable[[Any], Any], executor: Executor, workers: int) -> None:
        super().__init__(fn, workers)
        self._executor = executor
        self._futures: dict[Future[None], Batch] = {}

    def put(self, batch: Batch) -> None:
        # An interrupt in here could leave a lock of the executor held, and its `shutdown` would wait for ever. No
        # executor of processes gets here: a worker that it forked meanwhile would hold its signals back for good.
        with hold_signals():
            future = _submit(self._executor, copy_context().run, self.run_batch, batch)
            self._futures[future] = batch
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
    """The workers of an executor. A batch whose worker ended is run again in parts, and nothing beside it.

    Which of its configurations has ended the worker cannot be seen from here, so the part that ends one again is
    divided in turn. Since a batch runs in order, what stands behind that part had not begun. A single configuration
    that ends a worker again is a failure.
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
        self._is_withdrawn = False
        self._queue: deque[Batch] = deque()
        self._lost: deque[Batch] = deque()  # batches whose worker ended
        self._parts: deque[Batch] = deque()  # of one of those, in order
        self._sent: dict[Future[bytes], Batch] = {}
        self._done: SimpleQueue[Future[bytes]] = SimpleQueue()

    def put(self, batch: Batch) -> None:
        self._queue.append(batch)

    def get(self) -> list[Answer]:
        answers: list[Answer] = []
        while not answers:
            answers += self._send_batches()
            if not answers:
                for future in drain_queue(self._done, self._check_executor, LOOK_SECONDS):
                    if (batch := self._sent.pop(future, None)) is not None:  # or it was withdrawn
                        answers += self._receive(batch, future)
        return answers

    def withdraw(self) -> list[Answer]:
        self._is_withdrawn = True
        waiting: list[Answer] = [batch.withdraw() for batch in self._queue]
        self._queue.clear()
        return waiting + (_withdraw_futures(self._sent) if self._cancels else [])

    def _check_executor(self) -> None:
        """Raise where no answer will ever come."""
        why = self._find_end()
        if why is not None:
            raise RunError(why)

    def _send_batches(self) -> list[Answer]:
        """Send everything, or, while some may be what ends a worker, one part of that at a time, nothing beside it."""
        answers: list[Answer] = []
        while self._queue and not (self._lost or self._parts):
            answers += self._send(self._queue.popleft(), self._queue)
        while (self._lost or self._parts) and not self._sent:
            if not self._parts:
                self._divide(self._lost.popleft())
            answers += self._send(self._parts.popleft(), self._parts)
        return answers

    def _divide(self, batch: Batch) -> None:
        for part in batch.split(SUSPECT_PARTS):
            part.deaths, part.suspects = batch.deaths, len(part)
            self._parts.append(part)

    def _send(self, batch: Batch, queue: deque[Batch]) -> list[Answer]:
        try:
            data = write_batch(batch, self._has_script)
        except Exception as error:  # whatever a user's object does when it is pickled
            queue.extendleft(reversed(refuse_batch(batch, error)))
            return batch.take_answers()
        self._check_executor()
        if self._sent_job is None:
            self._sent_job, self._release = self._share(self._job)
        future = _submit(self._executor, answer_batch, self._sent_job, data, LATE_FACTOR * self.seconds)
        batch.begin()
        self._sent[future] = batch
        future.add_done_callback(self._done.put)
        return []

    def _receive(self, batch: Batch, future: Future[bytes]) -> list[Answer]:
        try:
            data = future.result()
        except CancelledError as error:
            raise RunError(_CANCELLED) from error
        except BrokenExecutor as error:
            raise RunError(_describe_broken(self._executor, error)) from error
        except Exception as error:  # whatever an executor raises for a worker that ended
            return self._note_death(batch, error)
        self.received += len(data)
        had = len(batch)
        if MessageReader().add_to(batch, data, self._note_message):
            self._queue.extendleft(reversed(batch.split()))
        elif batch.deaths:
            self._parts.appendleft(batch)
        elif batch and self._is_withdrawn:
            return [*batch.take_answers(), batch.withdraw()]
        elif batch:  # its answer was large, or late; or the worker had no job
            rest = batch.divide(self.workers) if len(batch) < had else batch.split(1)
            self._queue.extendleft(reversed(rest))
        return batch.take_answers()

    def _note_message(self, kind: int, content: Any) -> bool:  # noqa: ARG002
        """Note that a worker has not found the job, which comes with every batch from now on; False for any other."""
        if kind == NO_JOB:
            self._sent_job = self._job
        return kind == NO_JOB

    def _note_death(self, batch: Batch, error: Exception) -> list[Answer]:
        if batch.deaths:  # it was alone, so it has ended its worker, and those behind it had not begun
            for part in self._parts:
                part.deaths = 0
            self._queue.extendleft(reversed(self._parts))
            self._parts.clear()
            if len(batch) == 1:
                death = WorkerError(f"its worker ended, or could not answer: {describe_exception(error)}")
                death.__cause__ = error
                batch.fail(ErrorInfo.of(death))
                return batch.take_answers()
        batch.deaths, batch.suspects = batch.deaths + 1, len(batch)
        self._lost.appendleft(batch)
        return []

    def stop(self, why: BaseException | None) -> None:
        try:
            if self._find_end() is None:
                patience = 0.0 if sys.is_finalizing() else choose_patience(why)
                _cancel_futures(set(self._sent), patience, self._find_end)
        finally:
            try:
                self._release()
            finally:
                if self._close is not None:
                    self._close()
