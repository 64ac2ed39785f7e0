"""Batches: neighbouring configurations that travel together, and the outcomes that come back to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from time import monotonic
from typing import Any, final

from ..outcomes.outcomes import ErrorInfo, Outcome, make_successes
from ..sweep.core import Sweep
from ..tasks.attempts import Ending, make_outcome
from ..tasks.signals import must_propagate
from ..tasks.task_state import Checkpoint


@final
class SourceError(Exception):
    """The error of the configurations themselves: from which position on, and how many of a batch will never come."""

    def __init__(self, start: int, count: int, error: BaseException) -> None:
        super().__init__(start, count, error)
        self.start, self.count, self.error = start, count, error


@final
class Withdrawn:
    """Neighbouring configurations that were taken back before they began: the first position, and how many."""

    def __init__(self, start: int, count: int) -> None:
        self.start, self.count = start, count

    def __len__(self) -> int:
        return self.count


Answer = list[Outcome[Any, Any]] | Withdrawn | SourceError
"""An answer to a batch: neighbouring outcomes in order, or why there are none: the error of the configurations."""

Resume = tuple[int, Checkpoint, float]
"""The retries of a task that was ended, the state of its wrappers, and when it began: a worker goes on from there."""


@final
class Batch:
    """Neighbouring configurations that travel together. It shrinks from the front as their outcomes come back.

    `start` and `stop` are positions among all configurations of a run. Where these are a sweep, the two numbers stand
    for the configurations wherever the sweep is known; `items` are the configurations themselves, once they are made.
    """

    __slots__ = ("_answers", "_began", "_configs", "deaths", "items", "resume", "start", "stop", "suspects", "sweep")

    def __init__(
        self, start: int, stop: int, sweep: Sweep[Any] | None = None, items: Sequence[Any] | None = None
    ) -> None:
        self.start, self.stop, self.sweep, self.items = start, stop, sweep, items
        self.deaths = 0  # how many workers have ended while they ran the first `suspects` of its configurations
        self.suspects = 0
        self.resume: Resume | None = None
        self._began: float | None = None  # when that one was begun first, as far as can be seen from here
        self._configs: Iterator[Any] | None = None
        self._answers: list[Answer] = []

    def __len__(self) -> int:
        return self.stop - self.start

    def __iter__(self) -> Iterator[Any]:
        """Its configurations that have no outcome yet."""
        if self.items is not None:
            return iter(self.items[len(self.items) - len(self) :])
        assert self.sweep is not None  # noqa: S101  # one of the two is there
        return self.sweep.walk(self.start, self.stop)

    def part(self, start: int, stop: int) -> Batch:
        """The configurations at some of its positions, as a batch of their own."""
        first = self.stop - len(self.items or ())  # the position of the first item
        items = None if self.items is None else self.items[start - first : stop - first]
        made = Batch(start, stop, self.sweep, items)
        made.suspects = max(0, min(stop, self.start + self.suspects) - start)
        made.deaths = self.deaths if made.suspects else 0
        return made

    def take_first(self, most: float) -> Batch:
        """Itself, or, where it holds more than so many configurations, a batch of the first of them to be sent."""
        if len(self) <= most:
            return self
        first = self.part(self.start, self.start + int(most))
        first.resume = self.resume
        return first

    def split(self, count: int | None = None) -> list[Batch]:
        """The configurations that have no outcome yet, as so many batches at most; by default one for each."""
        size = 1 if count is None else max(1, -(-len(self) // count))
        return [self.part(start, min(start + size, self.stop)) for start in range(self.start, self.stop, size)]

    def note_deaths(self, deaths: int) -> None:
        """Note how many workers have ended while they ran what is left of it."""
        self.deaths, self.suspects = deaths, len(self)

    def hand_back(self, position: int) -> Batch:
        """The configurations from a position on as a batch of their own, which leaves this one."""
        rest = self.part(position, self.stop)
        if self.items is not None:
            self.items = self.items[: len(self.items) - len(rest)]
        self.stop = position
        self.suspects = min(self.suspects, len(self))
        return rest

    def make_configs(self) -> SourceError | None:
        """Make its configurations, once; where one of them raises, the batch ends before it."""
        made: list[Any] = []
        try:
            made.extend(self)
        except BaseException as error:  # whatever a user's function in a sweep does
            if must_propagate(error):
                raise
            stop = self.start + len(made)
            failed = SourceError(stop, self.stop - stop, error)
            self.items, self.stop = made, stop
            return failed
        self.items = made
        return None

    def withdraw(self) -> Withdrawn:
        """The answer for all of it, where none has begun."""
        return Withdrawn(self.start, len(self))

    # --- outcomes, in the order of the configurations

    def begin(self) -> None:
        """Note that a worker has it. A task whose worker ended runs again, and keeps the time of its first start."""
        if self._began is None or not (self.deaths or self.resume):
            self._began = monotonic()

    def add_results(self, results: Sequence[tuple[Any, float, int]]) -> None:
        """Add the outcomes of the next configurations: results with their seconds and attempts."""
        if self.deaths or self.resume:
            for result, seconds, attempts in results:
                self.add_ending((result, None, seconds, attempts))
            return
        configs, start = list[Any](), self.start  # all at once: nearly every outcome takes this way
        try:
            configs.extend(islice(self._remaining(), len(results)))
        except BaseException as error:  # whatever a user's function in a sweep does
            self._add_outcomes(make_successes(configs, results, start))
            self._end(error)
        else:
            self._add_outcomes(make_successes(configs, results, start))

    def add_ending(self, ending: Ending) -> None:
        """Add the outcome of the next configuration; of none where the configurations have ended with an error."""
        if not len(self):
            return
        try:
            config = next(self._remaining())
        except BaseException as error:  # whatever a user's function in a sweep does
            self._end(error)
            return
        result, failure, seconds, attempts = ending
        ending = result, failure, seconds, attempts + self.deaths
        outcome: Outcome[Any, Any] = make_outcome(config, self.start, ending)
        self.resume = None
        self.suspects -= 1
        if self.suspects <= 0:
            self.deaths = 0
        self._add_outcomes([outcome])

    def fail(self, error: ErrorInfo) -> None:
        """Add the failure of the next configuration, whose task ended with its worker, or never began."""
        seconds = 0.0 if self._began is None else monotonic() - self._began
        self.add_ending((None, error, seconds, 1))

    def take_answers(self) -> list[Answer]:
        """Return the answers that have been added since the last call."""
        answers, self._answers = self._answers, []
        return answers

    def _remaining(self) -> Iterator[Any]:
        if self._configs is None:
            self._configs = iter(self)
        return self._configs

    def _add_outcomes(self, outcomes: Sequence[Outcome[Any, Any]]) -> None:
        self._began = monotonic()
        if not outcomes:
            return
        self.start += len(outcomes)
        if self._answers and isinstance(last := self._answers[-1], list):
            last.extend(outcomes)
        else:
            self._answers.append(list(outcomes))

    def _end(self, error: BaseException) -> None:
        """End the batch where the next configuration cannot be made; neither can those behind it."""
        if must_propagate(error):
            raise error
        self._answers.append(SourceError(self.start, len(self), error))
        self.start, self._configs = self.stop, iter(())


# --- positions, taken one by one -----------------------------------------------------------------------


def claim_positions(left: deque[int]) -> Iterator[int]:
    """Positions from the front, each when it is asked for, as long as nobody has taken the rest."""
    while True:
        try:
            yield left.popleft()  # atomic, as `pop` is: so each position is taken once, whichever thread takes it
        except IndexError:
            return


def take_rest(left: deque[int]) -> int:
    """Take all positions that nobody has claimed, from the back; how many they are."""
    count = 0
    with suppress(IndexError):
        while True:
            left.pop()
            count += 1
    return count
