"""A run in words: how many are done, have failed, and were replayed, and which failed."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Final, final

from ..configuration.errors import SpearmintError, format_count
from ..outcomes.outcomes import Failure, Outcome
from ..sweep.core import Sweep
from ..sweep.describe import label

__all__ = ["Tally"]

TOLD: Final = 5
"""How many failures are told by name."""


@final
class Tally:
    """Counts the outcomes of a run over so many configurations of a sweep.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"n": DynamicValue([2, 0])})
    >>> tally = Tally(sweep, sweep.size)
    >>> for outcome in run(lambda c: 1 / c.n, sweep):
    ...     tally.note(outcome, outcome.index)
    >>> print(*tally.failures(), str(tally).partition(" in ")[0], sep="; ")
    failed: 1, n=0: ZeroDivisionError: division by zero; 1 of 2 done, 1 failed
    """

    def __init__(self, sweep: Sweep[Any], size: int) -> None:
        self._sweep, self._size = sweep, size
        self.done = self.failed = self.replayed = 0
        self._told: list[str] = []
        self._begun = perf_counter()

    def note(self, outcome: Outcome[Any, Any], index: int) -> None:
        """One more outcome, with its position in the sweep."""
        self.replayed += outcome.replayed
        self.done += outcome.ok
        if isinstance(outcome, Failure):
            self.failed += 1
            if self.failed <= TOLD:
                self._told.append(self._line(outcome, index))

    def _line(self, failure: Failure[Any], index: int) -> str:
        what = f"{failure.error.type}: {failure.error.message}".partition("\n")[0]
        name = ", ".join(filter(None, [str(index), self._label(failure.config)]))
        return f"failed: {name}: {what}"

    def _label(self, config: Any) -> str:
        try:
            return label(config, self._sweep)
        except SpearmintError:  # then the position alone says which one it is
            return ""

    def failures(self) -> list[str]:
        """The first failures, a line for each, and how many more there are."""
        more = self.failed - len(self._told)
        return [*self._told, *([f"failed: {more} more"] if more else [])]

    def __str__(self) -> str:
        counts = [f"{self.done} of {format_count(self._size)} done", f"{self.failed} failed"]
        counts += [f"{self.replayed} replayed"] if self.replayed else []
        return f"{', '.join(counts)} in {perf_counter() - self._begun:.1f} s"
