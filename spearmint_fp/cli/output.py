"""Where commands write their data: a file, or standard output, which functions that print do not disturb."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import IO, Any, TextIO

from ..configuration.errors import FileError


def get_output() -> TextIO:
    """Standard output, where data goes.

    Raises:
        FileError: it is closed.
    """
    if sys.stdout is None:
        raise FileError("standard output is closed")
    return sys.stdout


def write_lines(lines: Iterable[str], output: str | None = None) -> None:
    """Lines of data, to a file or to standard output."""
    ended = (f"{line}\n" for line in lines)
    if output is not None:
        with open(output, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(ended)
    else:
        get_output().writelines(ended)


@contextmanager
def reserve_output() -> Iterator[IO[str]]:
    """Standard output for the caller alone.

    All that is printed until the block ends goes to standard error: by functions, worker processes that are started
    meanwhile, and programs that these start. Where that is closed, it goes nowhere.

    Raises:
        FileError: standard output is closed.
    """
    out = get_output()
    number, error_number = _find_descriptor(out), _find_descriptor(sys.stderr)
    with redirect_stdout(sys.stderr), open(os.devnull, "wb") as nowhere:
        if number is None or (error_number is None and sys.stderr):  # no file, so no other process can write to it
            yield out
            return
        out.flush()
        with os.fdopen(os.dup(number), "w", encoding=out.encoding, errors=out.errors) as data:
            os.dup2(nowhere.fileno() if error_number is None else error_number, number)
            try:
                yield data
            finally:
                out.flush()
                os.dup2(data.fileno(), number)


def _find_descriptor(stream: Any) -> int | None:
    try:
        return int(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None


def drop_output() -> None:
    """Let what is left of standard output go nowhere when the interpreter ends, since nobody reads it any more."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
