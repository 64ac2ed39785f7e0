"""The loop of a run with a pool: batches go out as the window has room, outcomes are given out as they are due."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final, final

from ..outcomes.outcomes import Outcome
from ..tasks.signals import hold_signals
from ..workers.batches import Answer, Batch, SourceError, Withdrawn
from ..workers.pools import Pool
from ..workers.sources import Source
from .memory import HeldMemory
from .replay import Replay

MOST_IN_FLIGHT: Final = 65_536
"""How many configurations are in flight at most where `in_flight` does not say."""

BATCHES_AHEAD: Final = 4
"""How many batches per worker are in flight at most where `in_flight` does not say."""

MOST_IN_BATCH: Final = 8192
"""How many configurations a batch holds at most."""

OVERHEAD_SECONDS: Final = 4e-6
"""The time that a configuration takes beside its task."""

SMALLEST_PART: Final = 32
"""The last batches hold at least this part (1/32) of what fits into the time of a batch: smaller ones cost more to send
than they gain."""

GROWTH: Final = 4
"""How much larger than the largest one before it a batch may be."""


def drive_pool(
    open_pool: Callable[[], Pool], source: Source, in_flight: int | None, ordered: bool, replay: Replay | None
) -> Generator[list[Outcome[Any, Any]]]:
    """The outcomes of a pool, which is opened for them, and stopped whichever way this ends."""
    pool, owner = open_pool(), os.getpid()
    why: BaseException | None = GeneratorExit()
    try:
        yield from RunLoop(pool, source, in_flight, ordered, replay).outcomes()
        why = None
    except BaseException as error:
        why = error
        raise
    finally:
        if os.getpid() == owner:  # in a fork of the caller, the copy of this generator runs nothing
            _stop_pool(pool, why)


def _stop_pool(pool: Pool, why: BaseException | None) -> None:
    """Stop a pool. An interrupt ends the wait for what still runs; a second one waits until nothing is left behind."""
    if not (why is None or isinstance(why, GeneratorExit)):
        with hold_signals():
            pool.stop(why)
        return
    try:
        pool.stop(why)
    except BaseException as interrupt:
        with hold_signals():
            pool.stop(interrupt)
        raise


@final
class RunLoop:
    """Keeps a pool busy, and gives out its outcomes, in order if asked.

    The window is what has been pulled and not been given out: what waits for its turn is in it, so memory stays flat
    when one slow task holds back the rest. It is bounded by number, or by `in_flight` alone; else by the size of
    results too. With a journal, what it has does not go to the pool, and what comes back is committed before it is
    given out.
    """

    def __init__(self, pool: Pool, source: Source, in_flight: int | None, ordered: bool, replay: Replay | None) -> None:
        self._pool, self._source, self._in_flight, self._ordered = pool, source, in_flight, ordered
        self._replay = replay
        self._size = BatchSize(pool.seconds, pool.workers)
        self._memory = HeldMemory(pool)
        self._waiting: dict[int, list[Outcome[Any, Any]] | Withdrawn] = {}  # by the position of the first
        self._given = self._arrived = 0  # given out; arrived, but not given out
        self._is_finishing = False

    def outcomes(self) -> Iterator[list[Outcome[Any, Any]]]:
        """Neighbouring outcomes, until all have been given out; at last the error of the configurations themselves."""
        source = self._source
        while self._fill_pool():
            if source.is_finishing and not self._is_finishing:
                self._is_finishing = True
                self._keep_answers(self._pool.withdraw())
            if source.pulled - self._given > self._arrived:
                answers = self._pool.get()
                self._note_tasks(answers)
                self._keep_answers(answers)
            for outcomes in self._pop_due() if self._ordered else self._pop_all():
                self._given += len(outcomes)
                self._arrived -= len(outcomes)
                if isinstance(outcomes, list):
                    self._memory.remove(outcomes)
                    yield outcomes
        if source.error is not None:
            raise source.error

    # --- out

    def _fill_pool(self) -> bool:
        """Give the pool as much as the window has room for; True while outcomes are still to come."""
        source = self._source
        while (batch := source.cut(self._measure_room(), self._pool.seconds)) is not None:
            if self._replay is None:
                self._send(batch)
                continue
            for piece in self._replay.look_up(batch):
                if isinstance(piece, Batch):
                    self._send(piece)
                else:
                    self._take_answers([piece])
        return source.pulled > self._given

    def _measure_room(self) -> int:
        """How many configurations to pull: none where there is room for less than a batch, which is cheaper whole."""
        size, most = self._choose_size(), self._choose_most()
        window = min(most, self._in_flight or BATCHES_AHEAD * self._pool.workers * size)
        room = window - (self._source.pulled - self._given)
        return room if room >= size else 0

    def _choose_most(self) -> int:
        """How many configurations may be in flight."""
        return self._in_flight or min(MOST_IN_FLIGHT, self._memory.choose_most(self._arrived) or MOST_IN_FLIGHT)

    def _choose_size(self, position: int | None = None) -> int:
        """How many configurations a batch from a position on should hold, or one of what has not been pulled."""
        if self._source.singly:
            return 1
        size, start = self._source.size, self._source.pulled if position is None else position
        return self._size.choose(None if size is None else size - start, self._choose_most())

    def _send(self, batch: Batch) -> None:
        """Give the pool a batch in pieces of the size that suits now."""
        start = batch.start
        while start < batch.stop:
            stop = min(start + self._choose_size(start), batch.stop)
            self._size.note_batch(stop - start)
            self._pool.put(batch.part(start, stop))
            start = stop

    # --- back

    def _note_tasks(self, answers: list[Answer]) -> None:
        """Learn from outcomes that have just run how large batches should be."""
        for answer in answers:
            if isinstance(answer, list):
                self._size.note_tasks(len(answer), sum(outcome.seconds for outcome in answer))

    def _keep_answers(self, answers: list[Answer]) -> None:
        """Keep in the journal, where there is one, what has come from the pool, and note it."""
        self._take_answers(answers if self._replay is None else self._replay.keep(answers))

    def _take_answers(self, answers: list[Answer]) -> None:
        """Note what has come: outcomes, which wait for their turn, or why there will be none of some."""
        self._memory.add(answer for answer in answers if isinstance(answer, list))
        for answer in answers:
            if isinstance(answer, SourceError):
                self._source.end(answer, self._ordered)
            else:
                self._waiting[answer[0].index if isinstance(answer, list) else answer.start] = answer
                self._arrived += len(answer)
        if self._source.ended and self._ordered:
            self._drop_behind_error()

    def _drop_behind_error(self) -> None:
        """In order, nothing comes after configurations that raise, though it may have run already."""
        for start in [start for start in self._waiting if start >= self._source.pulled]:
            dropped = self._waiting.pop(start)
            self._arrived -= len(dropped)
            if isinstance(dropped, list):
                self._memory.remove(dropped)

    def _pop_due(self) -> Iterator[list[Outcome[Any, Any]] | Withdrawn]:
        """The outcomes that come next in order, as far as they have come."""
        while (outcomes := self._waiting.pop(self._given, None)) is not None:
            yield outcomes

    def _pop_all(self) -> Iterator[list[Outcome[Any, Any]] | Withdrawn]:
        """All that have come, as they came."""
        for start in tuple(self._waiting):
            yield self._waiting.pop(start)


@final
class BatchSize:
    """How many configurations a batch should hold, from how long the tasks took that have ended."""

    def __init__(self, seconds: float, workers: int) -> None:
        """A batch should take `seconds`."""
        self._seconds, self._workers = seconds, workers
        self._task_seconds: float | None = None
        self._largest = 0

    def note_tasks(self, count: int, seconds: float) -> None:
        """Learn how long tasks took; what they took lately counts most."""
        mean = seconds / count
        self._task_seconds = mean if self._task_seconds is None else (self._task_seconds + mean) / 2

    def note_batch(self, count: int) -> None:
        """Learn how large a batch was: the next ones may be larger, but not by much, as long tasks may follow."""
        self._largest = max(self._largest, count)

    def choose(self, left: int | None, most: int) -> int:
        """As many as take about `seconds`, and no more than leave every worker a part of those that are left.

        That part is not made very small. `left` is how many they are, where that is known; `most` may be in flight.
        """
        if self._task_seconds is None:
            return 1
        wanted = int(self._seconds / (self._task_seconds + OVERHEAD_SECONDS))
        share = MOST_IN_BATCH if left is None else max(-(-left // (2 * self._workers)), wanted // SMALLEST_PART)
        return max(1, min(wanted, share, MOST_IN_BATCH, GROWTH * self._largest, most // (2 * self._workers)))
