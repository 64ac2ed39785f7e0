"""The outcomes of variants that are still running, as a sequence in which each is waited for when it is asked for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import Any, TypeVar, final, overload

from ..configuration.errors import CountError, ExperimentError
from ..configuration.messages import format_count
from ..outcomes.outcomes import Outcome

T_co = TypeVar("T_co", covariant=True)


@final
class PendingOutcomes(Sequence[Outcome[Any, T_co]]):
    """Outcomes that are added as they come; asking early is an error where waiting would stop their event loop."""

    def __init__(self, size: int, may_wait: bool) -> None:
        self._size, self._may_wait = size, may_wait
        self._ready: dict[int, Outcome[Any, T_co]] = {}
        self._change = threading.Condition()
        self._error: BaseException | None = None
        self.stopped = False

    def add(self, outcome: Outcome[Any, T_co]) -> None:
        """Add the outcome of a variant; variants are numbered from 1."""
        with self._change:
            self._ready[outcome.index - 1] = outcome
            self._change.notify_all()

    def stop(self, error: BaseException | None = None) -> None:
        """Note that the block or the run has ended, so no more are added; `error` becomes the cause of errors here."""
        with self._change:
            self.stopped, self._error = True, error
            self._change.notify_all()

    def __len__(self) -> int:
        if self._size > sys.maxsize:
            raise CountError(f"there are {format_count(self._size)} variants, more than len() can say")
        return self._size

    def __bool__(self) -> bool:
        return self._size > 0

    def __repr__(self) -> str:
        return f"<{len(self._ready)} of {format_count(self._size)} variants have an outcome>"

    @overload
    def __getitem__(self, index: int) -> Outcome[Any, T_co]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Outcome[Any, T_co]]: ...
    def __getitem__(self, index: int | slice) -> Outcome[Any, T_co] | Sequence[Outcome[Any, T_co]]:
        if isinstance(index, slice):
            return [self[position] for position in range(self._size)[index]]
        position = range(self._size)[index]
        with self._change:
            self._change.wait_for(lambda: position in self._ready or self.stopped or not self._may_wait)
            if position in self._ready:
                return self._ready[position]
        if not self.stopped:
            raise ExperimentError(
                f"variant {position} has no outcome yet, and waiting here would stop the event loop that runs it. "
                f"Ask after the block, or pass await_variants=True"
            )
        reason = "its run ended before it" if self._error else "its block ended before it ran"
        raise ExperimentError(f"variant {position} has no outcome: {reason}") from self._error
