"""Standard output for data alone, while functions that print are being run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import IO, Any, TextIO

from ..configuration.errors import FileError

__all__ = ["dropped", "reserved", "standard_output"]


def standard_output() -> TextIO:
    """Where data goes.

    Raises:
        FileError: it is closed.
    """
    if sys.stdout is None:
        raise FileError("standard output is closed")
    return sys.stdout


@contextmanager
def reserved() -> Iterator[IO[str]]:
    """Standard output, to be written by whoever enters this alone.

    What anything else prints until it is left goes to standard error: functions, worker processes that are started
    meanwhile, and programs that these start. Where that is closed, it goes nowhere.

    Raises:
        FileError: standard output is closed.
    """
    out = standard_output()
    number, errors = _number(out), _number(sys.stderr)
    with redirect_stdout(sys.stderr), open(os.devnull, "wb") as nowhere:
        if number is None or (errors is None and sys.stderr):  # a stand-in for one, which no other process knows
            yield out
            return
        out.flush()
        with os.fdopen(os.dup(number), "w", encoding=out.encoding, errors=out.errors) as data:
            os.dup2(nowhere.fileno() if errors is None else errors, number)
            try:
                yield data
            finally:
                out.flush()
                os.dup2(data.fileno(), number)


def _number(stream: Any) -> int | None:
    try:
        return int(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None


def dropped() -> None:
    """Nobody reads standard output any more, so what is left of it goes nowhere when the interpreter ends."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
