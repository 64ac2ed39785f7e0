"""Crews: those who run the chunks of one run. Threads and live executors are here, worker processes in `supervisor`."""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextvars import copy_context
from functools import lru_cache
from queue import Empty, SimpleQueue
from time import monotonic, perf_counter
from typing import Any, Final, final

from ..configuration.errors import RunError, TransferError, WorkerError, repr_with_type
from ..outcomes.exceptions import message_of
from ..outcomes.outcomes import ErrorInfo, Outcome
from ..tasks.attempts import Trace, run_attempt
from .chunks import Chunk, Halt
from .wire import (
    BROKEN,
    FAILED,
    INTERRUPTED,
    SCOPE,
    Frames,
    FullError,
    Job,
    Order,
    Parcel,
    Unfinished,
    as_error,
    frame,
    performed,
)
from .worker import HEARTBEAT

__all__ = ["Batch", "Crew", "FutureCrew", "PoolCrew", "ThreadCrew", "alone", "answered", "refused", "split"]

Batch = tuple[int, list[Outcome[Any, Any]]]
"""Neighbouring outcomes, and the position of the first."""

Came = Batch | Halt
"""What comes back of chunks: outcomes, or the word that there are none because a configuration itself raises."""

PATIENCE: Final = 1.0
"""How many seconds an interrupted run waits for threads, which nothing can end."""

STRETCH: Final = 0.005
"""How many seconds a thread works before it tells of what it has done."""


class Crew(ABC):
    """Runs chunks: takes them, and gives back outcomes as they come."""

    workers: int
    """How many chunks are at work at the same time."""

    seconds: float
    """How long a chunk should take, so that sending it is cheap beside it."""

    @abstractmethod
    def put(self, chunk: Chunk) -> None:
        """Take a chunk."""

    @abstractmethod
    def get(self) -> list[Came]:
        """What has come since, at least one thing; waits for it. Raises what ends the whole run at once."""

    @abstractmethod
    def stop(self, why: BaseException | None) -> None:
        """End: all is done (None), the caller wants no more (GeneratorExit), or the run was interrupted."""


# --- threads -----------------------------------------------------------------------------------------


class ThreadCrew(Crew):
    """Threads of this process that run chunks one after the other. They never keep the program from ending."""

    seconds = 0.005

    def __init__(self, fn: Callable[[Any], Any], workers: int) -> None:
        self.workers = workers
        self._fn = fn
        self._stopped = False
        self._told: SimpleQueue[Came | BaseException] = SimpleQueue()
        self._chunks: SimpleQueue[Chunk | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._at_work: set[int] = set()

    def put(self, chunk: Chunk) -> None:
        self._chunks.put(chunk)
        if len(self._threads) < self.workers:
            name = f"spearmint_fp {len(self._threads) + 1}"
            thread = threading.Thread(target=copy_context().run, args=(self._work,), name=name, daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                number = len(self._threads) + 1
                raise RunError(f"thread {number} of {self.workers} cannot be started: {error}. Take fewer") from error
            self._threads.append(thread)

    def _work(self) -> None:
        while (chunk := self._chunks.get()) is not None:
            self.perform(chunk)

    def perform(self, chunk: Chunk) -> None:
        """Run a chunk, and tell of its outcomes, or of what ends the run."""
        self._at_work.add(threading.get_ident())
        try:
            self._perform(chunk)
        finally:
            self._at_work.discard(threading.get_ident())

    def _perform(self, chunk: Chunk) -> None:
        trace, start, outcomes, since = Trace(), chunk.start, [], perf_counter()
        try:
            for index, config in enumerate(chunk.configs, chunk.start):
                if self._stopped:
                    return
                outcomes.append(run_attempt(self._fn, config, index=index, trace=trace))
                if perf_counter() - since > STRETCH:
                    self._told.put((start, outcomes))
                    start, outcomes, since = index + 1, [], perf_counter()
            if outcomes:
                self._told.put((start, outcomes))
        except KeyboardInterrupt as interrupt:  # told in `get`
            self._told.put(interrupt)
        except BaseException as error:  # the configurations' own: what came before it has run
            if outcomes:
                self._told.put((start, outcomes))
            at = start + len(outcomes)
            self._told.put(Halt(at, chunk.start + len(chunk) - at, error))

    def get(self) -> list[Came]:
        return list(map(_came, _waiting(self._told)))

    def stop(self, why: BaseException | None) -> None:
        self._stopped = True
        for _ in self._threads:
            self._chunks.put(None)
        if self._hopeless():
            return
        until = monotonic() + patience if (patience := _patience(why)) else None
        for thread in self._threads:
            thread.join(until and max(0.0, until - monotonic()))

    def _hopeless(self) -> bool:
        """Whether to wait is in vain: threads stand still when the program ends, and no task can wait for itself."""
        return sys.is_finalizing() or threading.get_ident() in self._at_work


def _patience(why: BaseException | None) -> float | None:
    """How long to wait for what runs: as long as it takes, or not for long if interrupted."""
    return None if why is None or isinstance(why, GeneratorExit) else PATIENCE


def _waiting(queue: SimpleQueue[Any], look: Callable[[], object] | None = None) -> Iterable[Any]:
    """What is in a queue now; waits for the first item, and looks around now and then while nothing comes."""
    while True:
        try:
            first = queue.get(timeout=None if look is None else HEARTBEAT)
            break
        except Empty:
            _ = look and look()
    yield first
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return


def _came(told: Came | BaseException) -> Came:
    if isinstance(told, BaseException) and not isinstance(told, Halt):
        raise told
    return told


@final
class PoolCrew(ThreadCrew):
    """The threads of a live pool, which is the caller's: it is left as it was."""

    def __init__(self, fn: Callable[[Any], Any], pool: Executor, workers: int) -> None:
        super().__init__(fn, workers)
        self._pool = pool
        self._futures: set[Future[None]] = set()

    def put(self, chunk: Chunk) -> None:
        future = _submitted(self._pool, copy_context().run, self.perform, chunk)
        self._futures.add(future)
        future.add_done_callback(self._done)

    def _done(self, future: Future[None]) -> None:
        self._futures.discard(future)
        if self._stopped:
            return
        if future.cancelled():
            self._told.put(RunError(_CANCELLED))
        elif (error := future.exception()) is not None:
            self._told.put(RunError(_broken(self._pool, error)))

    def stop(self, why: BaseException | None) -> None:
        self._stopped = True
        _dismissed(set(self._futures), 0.0 if self._hopeless() else _patience(why))


_CANCELLED: Final = "the executor has cancelled tasks of this run; it must stay open until the run has ended"


def _submitted(executor: Executor, fn: Callable[..., Any], *args: Any) -> Future[Any]:
    try:
        return executor.submit(fn, *args)
    except BrokenExecutor as error:
        raise RunError(_broken(executor, error)) from error
    except RuntimeError as error:  # it has been shut down
        raise RunError(f"{repr_with_type(executor)} takes no tasks: {error}") from error


def _broken(executor: Executor, error: BaseException) -> str:
    return (
        f"{repr_with_type(executor)} is broken: {str(error).rstrip('.')}. A worker of it has ended, and it starts no new one; "
        f"executor=processes(n) does, and loses nothing but the configuration that ended it"
    )


def _never() -> str | None:
    """An executor that says itself when it is gone."""
    return None


def _dismissed(futures: set[Future[Any]], patience: float | None, gone: Callable[[], str | None] = _never) -> None:
    """Cancel what has not begun, and wait for the rest, as long as there is anybody to do it."""
    running = {future for future in futures if not future.cancel()}
    start = monotonic()
    while running and (patience is None or monotonic() - start < patience) and gone() is None:
        left = HEARTBEAT if patience is None else min(HEARTBEAT, patience)
        running = wait(running, left).not_done


# --- executors elsewhere -----------------------------------------------------------------------------


def carried(job: bytes, order: bytes) -> bytes:
    """What a worker of somebody else's pool does: bytes in, bytes out."""
    frames: list[bytes] = []
    try:
        opened = _job(job)
    except Exception as error:  # whatever importing and opening a user's function does
        return frame(BROKEN, f"{type(error).__qualname__}: {message_of(error)}")
    mine, size = Unfinished(), 0

    def add(data: bytes) -> None:
        nonlocal size
        frames.append(data)
        if (size := size + len(data)) > ANSWER:
            raise FullError

    token = SCOPE.set(mine)
    try:
        performed(opened, order, add, Trace())
        mine.wait()  # nobody knows how long this process will be there
    finally:
        SCOPE.reset(token)
    return b"".join(frames)


ANSWER: Final = 1 << 24
"""With how many bytes the answer of a worker of somebody else's pool ends; the rest of the chunk is sent again."""


@lru_cache(maxsize=4)
def _job(data: bytes) -> Job:
    return Job.opened(data)


def split(parcel: Parcel) -> Iterable[Parcel]:
    """What has no outcome yet, each configuration on its own."""
    return map(Parcel, parcel.rest().chunk.singles())


@final
class FutureCrew(Crew):
    """The workers of a live executor, of Dask or of Ray. A chunk whose worker ended is run again, one by one, alone."""

    def __init__(  # noqa: PLR0913
        self,
        job: bytes,
        executor: Executor,
        workers: int,
        seconds: float,
        *,
        gone: Callable[[], str | None] = _never,
        named: bool = False,
    ) -> None:
        """`gone` says why no answer will ever come; None while some may."""
        self._named = named
        self.workers, self.seconds = workers, seconds
        self._gone = gone
        self._job = job
        self._executor = executor
        self._queue: deque[Parcel] = deque()
        self._suspects: deque[Parcel] = deque()
        self._out: dict[Future[bytes], Parcel] = {}
        self._done: SimpleQueue[Future[bytes]] = SimpleQueue()

    def put(self, chunk: Chunk) -> None:
        self._queue.append(Parcel(chunk))

    def get(self) -> list[Came]:
        came: list[Came] = []
        while not came:
            came += self._send()
            if not came:
                for future in _waiting(self._done, self._look):
                    came += self._back(self._out.pop(future), future)
        return came

    def _look(self) -> None:
        """Raise where to wait is in vain."""
        why = self._gone()
        if why is not None:
            raise RunError(why)

    def _send(self) -> list[Came]:
        """Send what may go: everything, or, while some are suspected of ending their worker, one of those at a time."""
        failed: list[Came] = []
        while self._queue and not self._suspects:
            failed += self._sent(self._queue.popleft(), self._queue)
        while self._suspects and not self._out:
            failed += self._sent(self._suspects.popleft(), self._suspects)
        return failed

    def _sent(self, parcel: Parcel, queue: deque[Parcel]) -> list[Came]:
        try:
            order = Order(parcel.chunk).sealed(self._named)
        except Exception as error:  # whatever a user's object does when it is pickled
            if parcel.left == 1:
                return [alone(parcel, refused(error))]
            queue.extendleft(reversed(list(split(parcel))))
            return []
        self._look()
        future = _submitted(self._executor, carried, self._job, order)
        parcel.begin()
        self._out[future] = parcel
        future.add_done_callback(self._done.put)
        return []

    def _back(self, parcel: Parcel, future: Future[bytes]) -> list[Came]:
        try:
            frames = Frames(future.result()).take()
        except CancelledError as error:
            raise RunError(_CANCELLED) from error
        except BrokenExecutor as error:
            raise RunError(_broken(self._executor, error)) from error
        except Exception as error:  # whatever an executor says of a worker that ended
            return self._died(parcel, error)
        came, unreadable = answered(parcel, frames)
        if unreadable:
            self._queue.extendleft(reversed(list(split(parcel))))
        elif parcel.left:
            self._queue.appendleft(parcel.rest())
        return came

    def _died(self, parcel: Parcel, error: Exception) -> list[Came]:
        if parcel.left == 1 and parcel.deaths:
            told = WorkerError(
                f"its worker ended, or could not answer: {type(error).__qualname__}: {message_of(error)}"
            )
            told.__cause__ = error
            return [alone(parcel, told)]
        for single in split(parcel):
            single.deaths = 1
            self._suspects.append(single)
        return []

    def stop(self, why: BaseException | None) -> None:
        if self._gone() is None:
            _dismissed(set(self._out), 0.0 if sys.is_finalizing() else _patience(why), self._gone)


def answered(
    parcel: Parcel | None, frames: Iterable[tuple[int, list[Any]]], note: Callable[[int, Any], bool] | None = None
) -> tuple[list[Came], bool]:
    """What frames tell of a chunk, and whether the rest of it is to be split. Raises what ends the run.

    `note` takes the frames that tell of the worker itself, and says whether it did.
    """
    outcomes: list[Outcome[Any, Any]] = []
    came: list[Came] = [(parcel.chunk.start + parcel.done, outcomes)] if parcel else []
    unreadable = False
    try:
        for kind, contents in frames:
            if kind <= FAILED and parcel is not None:
                parcel.next(kind, contents, outcomes)
            elif note is None or not note(kind, contents[-1]):
                unreadable = _split(parcel, kind, contents[-1], outcomes)
    except Halt as halt:
        came.append(halt)
    return came if outcomes else came[1:], unreadable


def _split(parcel: Parcel | None, kind: int, content: Any, outcomes: list[Outcome[Any, Any]]) -> bool:
    """Whether what a worker cannot read is to be split; alone, it is a failure."""
    if kind == INTERRUPTED:
        raise KeyboardInterrupt
    if kind == BROKEN or parcel is None:
        raise TransferError(f"the function cannot be opened in a worker: {content}")
    if parcel.left > 1:
        return True
    outcomes.append(parcel.failed(as_error(*content)))
    return False


def alone(parcel: Parcel, error: Exception) -> Batch:
    """The failure of the only configuration of a parcel that has none."""
    return parcel.chunk.start + parcel.done, [parcel.failed(ErrorInfo.of(error))]


def refused(error: Exception) -> TransferError:
    """A configuration that cannot be sent."""
    why = f"{type(error).__qualname__}: {message_of(error)}"
    told = TransferError(f"the configuration cannot be sent to a worker: {why}")
    told.__cause__ = error
    return told
