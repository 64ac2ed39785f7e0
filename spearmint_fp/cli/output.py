"""Where commands write their data: a file, or standard output, which functions that print do not disturb."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout, suppress
from typing import IO, Any, Final, TextIO

import click

from ..configuration.errors import ArgumentError, FileError
from ..configuration.messages import short_repr


def get_output() -> TextIO:
    """Standard output, where data goes.

    Raises:
        FileError: it is closed.
    """
    if sys.stdout is None:
        raise FileError("standard output is closed")
    return sys.stdout


DATA: Final = f"{__name__}.data"
"""Where the context of a command holds the stream of its data."""


def write_lines(lines: Iterable[str], output: str | None = None) -> None:
    """Lines of data, to a file or to standard output."""
    with open_data(output) as data:
        data.writelines(f"{line}\n" for line in lines)
        data.flush()  # before what is said of it on standard error


def write_json(value: object) -> None:
    """Plain data as one line of JSON, with the words of a journal for what JSON has none for."""
    from .json_lines import encode_line

    write_lines([encode_line(value)])


def open_data(output: str | None) -> AbstractContextManager[IO[str]]:
    """The file of that name, or the stream of the command's data, which stays open."""
    if output is None:
        return nullcontext(click.get_current_context().meta[DATA])
    return open(output, "w", encoding="utf-8", errors="backslashreplace")


def check_output(output: str | None, *others: str | None) -> None:
    """An error where a command would write over one of the files that it is about."""
    for other in others:
        if output is not None and other is not None and os.path.realpath(output) == os.path.realpath(other):
            raise ArgumentError(
                f"{short_repr(output)} is given twice, and would be written over. Give another --output"
            )


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
