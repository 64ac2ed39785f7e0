"""Starts under a rate: a file for each limit counts them, for all threads and processes of a program together.

The file holds when the latest `rate` starts were, a ring, and behind it the queue of those who wait. Whoever looks
locks it for some microseconds. A start is taken when it is due and never before, so no period holds more than `rate` of
them, whatever becomes of the others; the queue only says in which order, and how long to sleep until the next look.

It is our own because no library serves threads, event loops and processes at once (November 2026): aiolimiter belongs
to one event loop, limits needs a server for what processes share, and the file of pyrate-limiter 4.5 is for several
processes or for several threads, as it says itself.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from typing import BinaryIO, Final, final

import attrs

from ..configuration.errors import RunError

LOOK_SECONDS: Final = 1.0
"""The longest time between two looks of one who waits, by which the others know that it still does."""

GONE_SECONDS: Final = 5.0
"""How long one who waits may not have looked, until its place in the queue is free: its process was ended."""

_HEAD: Final = Struct("<qq")
"""The head of the file: how many starts there were, and how many have come to wait."""

_START: Final = Struct("<d")

Queue = dict[float, float]
"""The callers that wait, in order: the number of each, and when it has looked."""


# --- one limit -------------------------------------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class StartLog:
    """The starts of one limit, in a file: no more than `rate` in any `per` seconds."""

    path: Path
    rate: int
    per: float

    def claim_start(self, number: int | None, now: float) -> tuple[int | None, float]:
        """Take a start where one is due now, and return `None, 0.0`; else a number in the queue, and seconds to wait.

        Who waits calls again after these seconds, with the number. Times are those of `time.monotonic`, which all
        processes of a machine share.
        """
        with open_locked(self.path) as file:
            started, numbers = _HEAD.unpack(file.read(_HEAD.size) or bytes(_HEAD.size))
            queue = self._read_queue(file, now)
            ahead = len(queue) if number is None else sum(other < number for other in queue)
            due = self._find_due(file, started, ahead, now)
            if due <= now:
                file.seek(self._locate(started))
                file.write(_START.pack(now))
                if number is not None:
                    queue.pop(number, None)
                    self._write_queue(file, queue)
                _write_head(file, started + 1, numbers)
                return None, 0.0
            if number is None:
                number = numbers
                _write_head(file, started, numbers + 1)
            self._write_queue(file, {**queue, number: now})
            return number, min(due - now, LOOK_SECONDS)

    def leave_queue(self, number: int, now: float) -> None:
        """Give up a place in the queue."""
        with open_locked(self.path) as file:
            queue = self._read_queue(file, now)
            queue.pop(number, None)
            self._write_queue(file, queue)

    def _find_due(self, file: BinaryIO, started: int, ahead: int, now: float) -> float:
        """When the next start is due for one who has so many ahead; later, perhaps, where those are `rate` or more."""
        place = (started + ahead) % self.rate
        due = now
        if place < min(started, self.rate):
            file.seek(self._locate(place))
            due = max(now, _START.unpack(file.read(_START.size))[0] + self.per)
        return due + self.per * (ahead // self.rate)

    def _locate(self, start: int) -> int:
        """Where in the file a start stands, in the place of the one `rate` before it."""
        return _HEAD.size + _START.size * (start % self.rate)

    def _read_queue(self, file: BinaryIO, now: float) -> Queue:
        """The callers that wait still."""
        file.seek(_HEAD.size + _START.size * self.rate)
        pairs = array("d", file.read())
        return {n: seen for n, seen in zip(pairs[::2], pairs[1::2], strict=True) if seen > now - GONE_SECONDS}

    def _write_queue(self, file: BinaryIO, queue: Queue) -> None:
        file.seek(_HEAD.size + _START.size * self.rate)
        file.write(array("d", [value for pair in queue.items() for value in pair]).tobytes())
        file.truncate()


def _write_head(file: BinaryIO, started: int, numbers: int) -> None:
    file.seek(0)
    file.write(_HEAD.pack(started, numbers))


# --- where its file is -----------------------------------------------------------------------------------


@contextmanager
def open_locked(path: Path) -> Iterator[BinaryIO]:
    """A file that no other thread or process has open so, made where there is none; its end lets go of the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
    with open(descriptor, "r+b", buffering=0) as file:
        _lock_file(descriptor)
        yield file


def _lock_file(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:  # it gives up after some seconds
                continue
            return
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)


@final
class StartFolder:
    """The folder of these files, the same in a program and in the worker processes that it starts.

    It is made when it is needed, and removed when the program ends.
    """

    def __init__(self) -> None:
        self._place: tuple[str, str] | None = None

    @property
    def place(self) -> tuple[str, str]:
        """The name of the machine, and the folder's path there, for workers to `join`."""
        if self._place is None:
            import atexit
            from tempfile import gettempdir

            try:
                parent = gettempdir()
            except FileNotFoundError:  # none can be written to: an error where something is counted, and not before
                parent = os.path.abspath(os.sep)
            path = os.path.join(parent, f"spearmint_fp-{os.urandom(8).hex()}")
            self._place = _find_machine(), path
            atexit.register(_remove_folder, path, os.getpid())
        return self._place

    def join(self, place: tuple[str, str]) -> None:
        """Count together with the program that this process works for."""
        self._place = place

    def open_log(self, name: str, rate: int, per: float) -> StartLog:
        """The starts of a limit with such a name."""
        from hashlib import blake2b

        machine, path = self.place
        if machine != (here := _find_machine()):
            raise RunError(
                f"throttled counts starts on one machine: the program runs on {machine}, this worker on {here}. Take "
                f"processes(n), threads(n) or arun, or let what is called set the limit"
            )
        digest = blake2b(f"{name}\n{rate}\n{per!r}".encode(), digest_size=16).hexdigest()
        return StartLog(Path(path, digest), rate, per)


START_FOLDER: Final = StartFolder()
"""Where the starts of this process are counted."""


def _find_machine() -> str:
    from platform import node

    return node()


def _remove_folder(path: str, owner: int) -> None:
    if os.getpid() == owner:  # not in a fork, which ends before
        from shutil import rmtree

        rmtree(path, ignore_errors=True)
