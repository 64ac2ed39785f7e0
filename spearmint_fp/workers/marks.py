"""Marks: which configuration of a batch was begun last, in a file, which is there when the worker has ended.

An executor that loses a worker knows of no configuration, and gives the same batch to another worker by itself. That
one finds the mark, where it is on the same machine, and so does the caller.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from mmap import mmap
from pathlib import Path
from struct import Struct
from typing import Final

_POSITION: Final = Struct("<q")
_NONE: Final = -1
"""Stands for a position where none has been begun."""


@contextmanager
def open_mark(name: str) -> Iterator[Callable[[int], object]]:
    """A call that notes the position that is begun; it notes nothing where no file can be made.

    The file is written as memory, which takes a tenth of a microsecond, and goes when this ends.
    """
    with ExitStack() as stack:
        try:
            file = os.open(_find_path(name), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            file = None
        note: Callable[[int], object] = _note_nothing
        if file is not None:
            stack.callback(take_mark, name)
            stack.callback(os.close, file)
            with suppress(OSError, ValueError):  # the disk is full, or its files cannot be memory
                os.write(file, _POSITION.pack(_NONE))
                note = partial(_POSITION.pack_into, stack.enter_context(mmap(file, _POSITION.size)), 0)
        yield note


def take_mark(name: str) -> int | None:
    """The position that was begun last, and the file is removed; None where there is no mark, or nothing was begun."""
    path = _find_path(name)
    with suppress(OSError):
        data = path.read_bytes()
        path.unlink()
        if len(data) == _POSITION.size and data != _POSITION.pack(_NONE):
            (position,) = _POSITION.unpack(data)
            return int(position)
    return None


def _find_path(name: str) -> Path:
    from tempfile import gettempdir  # only where it is used, as in `shared_jobs`

    return Path(gettempdir(), name)


def _note_nothing(position: int) -> None: ...
