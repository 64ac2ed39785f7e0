"""Workers of a live executor, of Dask or of Ray: each batch is a call whose answer is bytes."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from queue import SimpleQueue
from typing import final

from ..configuration.errors import RunError, WorkerError
from ..outcomes.exceptions import message_of
from ..outcomes.outcomes import ErrorInfo
from .batches import Answer, Batch
from .live_executors import CANCELLED, cancel_futures, describe_broken, has_no_end, submit_call
from .pools import Pool, drain_queue, patience_after
from .wire import MessageReader, refuse_batch, write_batch
from .worker import answer_batch

__all__ = ["FuturePool"]


@final
class FuturePool(Pool):
    """The workers of an executor. A batch whose worker ended is run again one by one, and nothing beside it.

    Which of its configurations has ended the worker cannot be seen from here. One that ends two is a failure.
    """

    def __init__(  # noqa: PLR0913
        self,
        job: bytes,
        executor: Executor,
        workers: int,
        seconds: float,
        *,
        find_end: Callable[[], str | None] = has_no_end,
        has_script: bool = False,
    ) -> None:
        """`find_end` says why no answer will ever come; None while some may."""
        self.workers, self.seconds = workers, seconds
        self._job, self._executor = job, executor
        self._find_end, self._has_script = find_end, has_script
        self._queue: deque[Batch] = deque()
        self._suspects: deque[Batch] = deque()
        self._sent: dict[Future[bytes], Batch] = {}
        self._done: SimpleQueue[Future[bytes]] = SimpleQueue()

    def put(self, batch: Batch) -> None:
        self._queue.append(batch)

    def get(self) -> list[Answer]:
        answers: list[Answer] = []
        while not answers:
            answers += self._send_batches()
            if not answers:
                for future in drain_queue(self._done, self._check_executor):
                    answers += self._receive(self._sent.pop(future), future)
        return answers

    def _check_executor(self) -> None:
        """Raise where no answer will ever come."""
        why = self._find_end()
        if why is not None:
            raise RunError(why)

    def _send_batches(self) -> list[Answer]:
        """Send everything, or, while some may be what ends a worker, one of those at a time and nothing beside it."""
        answers: list[Answer] = []
        while self._queue and not self._suspects:
            answers += self._send(self._queue.popleft(), self._queue)
        while self._suspects and not self._sent:
            answers += self._send(self._suspects.popleft(), self._suspects)
        return answers

    def _send(self, batch: Batch, queue: deque[Batch]) -> list[Answer]:
        try:
            data = write_batch(batch, self._has_script)
        except Exception as error:  # whatever a user's object does when it is pickled
            queue.extendleft(reversed(refuse_batch(batch, error)))
            return batch.take_answers()
        self._check_executor()
        future = submit_call(self._executor, answer_batch, self._job, data)
        batch.begin()
        self._sent[future] = batch
        future.add_done_callback(self._done.put)
        return []

    def _receive(self, batch: Batch, future: Future[bytes]) -> list[Answer]:
        try:
            data = future.result()
        except CancelledError as error:
            raise RunError(CANCELLED) from error
        except BrokenExecutor as error:
            raise RunError(describe_broken(self._executor, error)) from error
        except Exception as error:  # whatever an executor raises for a worker that ended
            return self._note_death(batch, error)
        if MessageReader().add_to(batch, data):
            self._queue.extendleft(reversed(batch.split()))
        elif batch:
            self._queue.appendleft(batch)
        return batch.take_answers()

    def _note_death(self, batch: Batch, error: Exception) -> list[Answer]:
        if len(batch) == 1 and batch.deaths:
            death = WorkerError(
                f"its worker ended, or could not answer: {type(error).__qualname__}: {message_of(error)}"
            )
            death.__cause__ = error
            batch.fail(ErrorInfo.of(death))
            return batch.take_answers()
        for single in batch.split():
            single.deaths = 1
            self._suspects.append(single)
        return []

    def stop(self, why: BaseException | None) -> None:
        if self._find_end() is None:
            patience = 0.0 if sys.is_finalizing() else patience_after(why)
            cancel_futures(set(self._sent), patience, self._find_end)
