"""Pools: what runs the batches of one run. The base class of all of them, and what they share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from .batches import Answer, Batch

T = TypeVar("T")

INTERRUPTED_SECONDS: Final = 1.0
"""How long an interrupted run waits for threads, which nothing can end."""

LOOK_SECONDS: Final = 0.5
"""The time between two looks at whether what is waited for can still come."""

LATE_FACTOR: Final = 2
"""How much longer than planned a batch may take until the configurations in it that have not begun go to others."""

LATE_SECONDS: Final = 0.06
"""The same in seconds, where a worker can be relieved of a batch while one of its tasks runs."""


class Pool(ABC):
    """Runs the batches of one run: batches in, answers out, and an end.

    A run opens a pool when its first outcome is asked for, and calls these methods from one thread. It puts batches
    while the window has room, so several can be at work at the same time; then it gets answers, and puts again. It
    never calls `get` when every configuration that it has put has been answered.

    A pool answers for each position of each batch exactly once: with an outcome, or within a `SourceError`. For a
    configuration that it has run itself, `run_attempt(fn, config, index=position)` is the outcome. What ran elsewhere
    goes to the batch as `add_results`, `add_ending` or `fail`, and comes out of it as `take_answers()`.
    """

    workers: int
    """How many batches are at work at the same time."""

    seconds: float
    """How long a batch should take, so that sending it is cheap beside it.

    Tasks may be slower than those before them. So a pool takes back what is left of a batch that takes much longer, as
    soon as it can, and gives it to other workers.
    """

    received: int = 0
    """How many bytes of results have come over a wire so far; 0 where none is between."""

    @abstractmethod
    def put(self, batch: Batch) -> None:
        """Take a batch, at once; it is run as soon as a worker has time for it."""

    @abstractmethod
    def get(self) -> list[Answer]:
        """Answers that have come, at least one; waits for it.

        An answer is a list of neighbouring outcomes in order, one at least, or the error of the configurations
        themselves, which `batch.make_configs()` returns. Raises what ends the whole run: an interrupt, or a RunError
        where no answer will ever come.
        """

    def withdraw(self) -> list[Answer]:
        """Take back what has not begun, as far as that can be done, and answer so for it; what runs goes on."""
        return []

    @abstractmethod
    def stop(self, why: BaseException | None) -> None:
        """End, and leave nothing behind.

        All is done (None), the caller wants no more (GeneratorExit), or `why` interrupted the run: then soon. It may
        be called again where an interrupt ended it.
        """


def choose_patience(why: BaseException | None) -> float | None:
    """How many seconds to wait for what runs when a pool is stopped: few after an interrupt, else without end."""
    return None if why is None or isinstance(why, GeneratorExit) else INTERRUPTED_SECONDS


def drain_queue(queue: SimpleQueue[T], look: Callable[[], object], seconds: float) -> Iterator[T]:
    """The items of a queue; waits for the first one, and calls `look`, which may raise, each so many seconds."""
    while True:
        try:
            first = queue.get(timeout=seconds)
            break
        except Empty:
            look()
    yield first
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return
