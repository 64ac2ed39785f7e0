"""Progress: a bar of tqdm on terminals and in notebooks, lines elsewhere. The one module that imports tqdm."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Generator
from contextlib import closing
from time import monotonic
from typing import Any, Final, Self, TextIO, final

from tqdm import tqdm

from ..outcomes.outcomes import Outcome

LOG_SECONDS: Final = 30.0
"""The time between two lines where each line stays, as in a file."""


class ProgressLine(ABC):
    """Shows how many outcomes there are, how many of them failures, of how many, and how fast they come."""

    @abstractmethod
    def note(self, outcome: Outcome[Any, Any]) -> None:
        """One more outcome."""

    @abstractmethod
    def close(self) -> None:
        """Show the last state."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@final
class _Bar(ProgressLine):
    """A bar of tqdm, drawn again and again at the same place."""

    def __init__(self, total: int | None, kind: type[tqdm[Any]]) -> None:
        self._bar = kind(total=_fit_total(total), unit=" config", dynamic_ncols=True, postfix="failed=0")
        self._failed = 0

    def note(self, outcome: Outcome[Any, Any]) -> None:
        if not outcome.ok:
            self._failed += 1
            self._bar.set_postfix(failed=self._failed, refresh=False)
        self._bar.update()

    def close(self) -> None:
        self._bar.close()


@final
class _Log(ProgressLine):
    """A line now and then, and one at the end."""

    def __init__(self, total: int | None, stream: TextIO | None) -> None:
        self._total, self._stream = _fit_total(total), stream
        self._done, self._failed, self._shown = 0, 0, -1
        self._begun = self._written = monotonic()

    def note(self, outcome: Outcome[Any, Any]) -> None:
        self._done += 1
        self._failed += not outcome.ok
        if monotonic() - self._written >= LOG_SECONDS:
            self._write()

    def close(self) -> None:
        if self._shown < self._done:
            self._write()

    def _write(self) -> None:
        self._written, self._shown = monotonic(), self._done
        if self._stream is None:  # a program without standard streams
            return
        meter = tqdm.format_meter(
            self._done,
            self._total,  # type: ignore[arg-type]  # None where it is not known
            self._written - self._begun,
            bar_format="{n_fmt}/{total_fmt} configs{postfix} [{elapsed}<{remaining}, {rate_fmt}]"
            if self._total is not None
            else "{n_fmt} configs{postfix} [{elapsed}, {rate_fmt}]",
            postfix=f"failed={self._failed}",
            unit=" config",
        )
        self._stream.write(f"{meter}\n")
        self._stream.flush()


def open_line(total: int | None) -> ProgressLine:
    """A bar on a terminal and in a notebook; lines, of which each stays, anywhere else."""
    if _is_notebook():
        from tqdm import notebook  # which looks for ipywidgets

        has_widgets = getattr(notebook, "IProgress", None) is not None
        return _Bar(total, notebook.tqdm if has_widgets else tqdm)
    stream = sys.stderr
    if stream is not None and stream.isatty():
        return _Bar(total, tqdm)
    return _Log(total, stream)


def _is_notebook() -> bool:
    """True in a kernel of Jupyter, whose streams are no terminals though a line can be drawn again there."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def _fit_total(total: int | None) -> float | None:
    """The total as it fits on a line: `1e+30` where its digits would fill it, none beyond what a float can hold."""
    if total is None or total <= sys.maxsize:
        return total
    return float(total) if total < sys.float_info.max else None


def show_progress(groups: Generator[list[Outcome[Any, Any]]], total: int | None) -> Generator[list[Outcome[Any, Any]]]:
    """The outcomes one by one, with a line that follows them from the first one that is asked for."""
    with closing(groups), open_line(total) as line:
        for group in groups:
            for outcome in group:
                line.note(outcome)
                yield [outcome]
