"""Progress: how far a run is, shown by tqdm. The one module that imports it."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import closing
from typing import Any, final

from tqdm import tqdm

from ..outcomes.outcomes import Outcome


@final
class ProgressLine:
    """A line on the terminal: done, failed, total, time left. Silent where there is no terminal."""

    def __init__(self, total: int | None) -> None:
        self._line = tqdm(total=_fit_total(total), disable=None, unit=" config", dynamic_ncols=True, postfix="failed=0")
        self._failed = 0

    def note(self, outcome: Outcome[Any, Any]) -> None:
        """One more outcome."""
        if not outcome.ok:
            self._failed += 1
            self._line.set_postfix(failed=self._failed, refresh=False)
        self._line.update()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()


def _fit_total(total: int | None) -> float | None:
    """The total as it fits on a line: `1e+30` where its digits would fill it, none beyond what a float can hold."""
    if total is None or total <= sys.maxsize:
        return total
    return float(total) if total < sys.float_info.max else None


def show_progress(groups: Generator[list[Outcome[Any, Any]]], total: int | None) -> Generator[list[Outcome[Any, Any]]]:
    """The outcomes one by one, with a line that follows them from the first one that is asked for."""
    with closing(groups), ProgressLine(total) as line:
        for group in groups:
            for outcome in group:
                line.note(outcome)
                yield [outcome]
