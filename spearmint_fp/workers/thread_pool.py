"""A pool of threads of this process."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import Any, Final, cast

from ..configuration.errors import RunError
from ..outcomes.outcomes import Outcome
from ..tasks.attempts import run_attempt
from ..tasks.task_state import TaskState
from .batches import Answer, Batch, SourceError, Withdrawn, claim_positions, take_rest
from .pools import LATE_SECONDS, Pool, choose_patience, drain_queue

ANSWER_SECONDS: Final = 0.005
"""How long a thread works before it gives out the outcomes that it has."""

_Work = tuple[Batch, deque[int], float, TaskState]
"""The batch that a thread has, what is left of it, since when, and the state of its tasks."""


class ThreadPool(Pool):
    """Threads that run batches one after the other. They never keep the program from ending."""

    seconds = 0.005

    def __init__(self, fn: Callable[[Any], Any], workers: int) -> None:
        self.workers = workers
        self._fn = fn
        self._stopped = self._is_withdrawn = False
        self._answers: SimpleQueue[Answer | BaseException] = SimpleQueue()
        self._batches: SimpleQueue[Batch | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._at_work: dict[int, _Work] = {}  # by thread
        self._idents: set[int] = set()  # of the threads that run batches

    def put(self, batch: Batch) -> None:
        self._batches.put(batch)
        if len(self._threads) < self.workers:
            name = f"spearmint_fp {len(self._threads) + 1}"
            thread = threading.Thread(target=copy_context().run, args=(self._work,), name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                number = len(self._threads) + 1
                raise RunError(f"thread {number} of {self.workers} cannot be started: {error}. Take fewer") from error
            self._threads.append(thread)
            self._idents.add(cast(int, thread.ident))

    def _work(self) -> None:
        while (batch := self._batches.get()) is not None:
            self.run_batch(batch)

    def run_batch(self, batch: Batch) -> None:
        """Run a batch, and queue its answers, or what ends the run."""
        self._idents.add(threading.get_ident())
        start, outcomes, state = batch.start, list[Outcome[Any, Any]](), TaskState()
        left, since = deque(range(batch.start, batch.stop)), perf_counter()
        self._at_work[threading.get_ident()] = batch, left, since, state
        if self._is_withdrawn and (count := take_rest(left)):  # it was on its way then
            self._answers.put(Withdrawn(batch.stop - count, count))
        try:
            for index, config in zip(claim_positions(left), batch, strict=False):
                if self._stopped:
                    return
                outcomes.append(run_attempt(self._fn, config, index=index, state=state))
                if perf_counter() - since > ANSWER_SECONDS:
                    self._answers.put(outcomes)
                    start, outcomes, since = index + 1, [], perf_counter()
            if outcomes:
                self._answers.put(outcomes)
        except KeyboardInterrupt as interrupt:  # raised in `get`
            self._answers.put(interrupt)
        except BaseException as error:  # the configurations' own: what came before it has run
            if outcomes:
                self._answers.put(outcomes)
            self._answers.put(SourceError(start + len(outcomes), 1 + take_rest(left), error))
        finally:
            self._at_work.pop(threading.get_ident(), None)

    def _share_late_batches(self) -> None:
        """Where threads have nothing to do, divide what is left of batches that others have had for long."""
        for batch, left, since, _ in self._at_work.copy().values():
            if len(self._at_work) >= self.workers:
                return
            if perf_counter() - since > LATE_SECONDS and (count := take_rest(left)):
                for piece in batch.part(batch.stop - count, batch.stop).divide(self.workers):
                    self.put(piece)

    def get(self) -> list[Answer]:
        answers: list[Answer] = []
        for answer in drain_queue(self._answers, self._share_late_batches, LATE_SECONDS):
            if isinstance(answer, BaseException) and not isinstance(answer, SourceError):
                raise answer
            answers.append(answer)
        return answers

    def withdraw(self) -> list[Answer]:
        self._is_withdrawn = True
        answers: list[Answer] = []
        with suppress(Empty):
            while (batch := self._batches.get_nowait()) is not None:
                answers.append(batch.withdraw())
        for batch, left, *_ in self._at_work.copy().values():
            if count := take_rest(left):
                answers.append(Withdrawn(batch.stop - count, count))
        return answers

    def stop(self, why: BaseException | None) -> None:
        self._begin_stop()
        for _ in self._threads:
            self._batches.put(None)
        if self._waits_in_vain():
            return
        patience = choose_patience(why)
        until = None if patience is None else monotonic() + patience
        for thread in self._threads:
            thread.join(until and max(0.0, until - monotonic()))

    def _begin_stop(self) -> None:
        """Have no thread begin another task, nor one that waits for its turn."""
        self._stopped = True
        for *_, state in self._at_work.copy().values():
            state.is_stopped = True

    def _waits_in_vain(self) -> bool:
        """True where threads do not go on: the program ends, or one of them stops the run that it is part of.

        A task may do so, and so may the garbage collector, which looks at any moment, also between two batches.
        """
        return sys.is_finalizing() or threading.get_ident() in self._idents
