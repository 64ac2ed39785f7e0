"""A run in words: how many are done, have failed, and were replayed, and which failed."""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter
from typing import Any, Final, final

from ..configuration.errors import SpearmintError
from ..configuration.messages import format_count
from ..outcomes.outcomes import Failure, Outcome
from ..sweep.core import Sweep
from ..sweep.describe import label

MOST_FAILURES: Final = 5
"""How many failures are named."""


@final
class Summary:
    """Counts the outcomes of a run over so many configurations of a sweep.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"n": DynamicValue([2, 0])})
    >>> summary = Summary(sweep, sweep.size)
    >>> for outcome in run(lambda c: 1 / c.n, sweep):
    ...     summary.add(outcome, outcome.index)
    >>> print(*summary.list_failures(), str(summary).partition(" in ")[0], sep="; ")
    failed: 1, n=0: ZeroDivisionError: division by zero; 1 of 2 done, 1 failed
    """

    def __init__(self, sweep: Sweep[Any], size: int) -> None:
        self._sweep, self._size = sweep, size
        self.done = self.failed = self.replayed = 0
        self._failures: list[str] = []
        self._begun = perf_counter()

    def add(self, outcome: Outcome[Any, Any], index: int) -> None:
        """One more outcome, with its position in the sweep."""
        self.replayed += outcome.replayed
        self.done += outcome.ok
        if isinstance(outcome, Failure):
            self.failed += 1
            if self.failed <= MOST_FAILURES:
                self._failures.append(self._describe_failure(outcome, index))

    def _describe_failure(self, failure: Failure[Any], index: int) -> str:
        names = [str(index)]
        with suppress(SpearmintError):  # where it has no label, the position alone says which one it is
            names += filter(None, [label(failure.config, self._sweep)])
        error = f"{failure.error.type}: {failure.error.message}".partition("\n")[0]
        return f"failed: {', '.join(names)}: {error}"

    def list_failures(self) -> list[str]:
        """A line for each of the first failures, and one for how many more there are."""
        more = self.failed - len(self._failures)
        return [*self._failures, *([f"failed: {more} more"] if more else [])]

    @property
    def left(self) -> int:
        """How many have no outcome."""
        return self._size - self.done - self.failed

    def __str__(self) -> str:
        counts = [f"{self.done} of {format_count(self._size)} done", f"{self.failed} failed"]
        counts += [f"{self.replayed} replayed"] if self.replayed else []
        return f"{', '.join(counts)} in {perf_counter() - self._begun:.1f} s"
