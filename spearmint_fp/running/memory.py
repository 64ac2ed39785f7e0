"""The memory that outcomes take which have come and wait for their turn, as far as it can be seen."""

from __future__ import annotations

from collections.abc import Iterable
from sys import getsizeof
from typing import Any, Final, final

from ..outcomes.outcomes import Outcome
from ..workers.pools import Pool

MOST_BYTES: Final = 1 << 27
"""How much memory results that wait for their turn may take, about, where `in_flight` does not say how many may."""

_CONTAINERS: Final = frozenset({dict, list, tuple, set, frozenset})
_FEW: Final = 100
"""How many items a container has at most so that they are measured too: many are small."""


@final
class HeldMemory:
    """How large the results of a run are: those that came lately, and those that are held.

    Over a wire their bytes are counted. Where memory is shared, one result of each group stands for its neighbours, by
    what Python says of it and of what it directly contains.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._received = 0
        self._recent = 0.0  # bytes of one outcome, lately
        self._held: dict[int, float] = {}  # bytes of one outcome, by the position of the first of each group
        self.bytes = 0.0
        """About how much is held."""

    def add(self, groups: Iterable[list[Outcome[Any, Any]]]) -> None:
        """Note groups of neighbouring outcomes that have come."""
        groups = list(groups)
        count = sum(map(len, groups))
        if not count:
            return
        received, self._received = self._pool.received - self._received, self._pool.received
        for group in groups:
            size = received / count if received else _measure(group[-1])
            self._recent += (size - self._recent) * 0.5
            self._held[group[0].index] = size
            self.bytes += size * len(group)

    def remove(self, group: list[Outcome[Any, Any]]) -> None:
        """Note that a group has been given out, or dropped."""
        self.bytes -= self._held.pop(group[0].index, 0.0) * len(group)

    def choose_most(self, held: int) -> int | None:
        """How many configurations may be in flight, of which so many outcomes are held; None where any number may.

        Each worker may have one, however large its result will be.
        """
        size = max(self._recent, self.bytes / held if held else 0.0)
        return max(self._pool.workers, int(MOST_BYTES / size)) if size > 0 else None


def _measure(outcome: Outcome[Any, Any]) -> int:
    try:
        result: Any = outcome.result if outcome.ok else None
        parts: Any = result.values() if type(result) is dict else result
        has_few = type(result) in _CONTAINERS and len(result) <= _FEW
        return getsizeof(result) + (sum(getsizeof(part) for part in parts) if has_few else 0)
    except Exception:  # whatever a user's object does when it is asked
        return 0
