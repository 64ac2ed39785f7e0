"""The job of a run for workers that somebody else has started: it goes to each once, however many batches do."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextlib import ExitStack
from functools import lru_cache
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any, Final, Protocol, final

import attrs

from ..configuration.late import hashlib, tempfile
from ..tasks.event_loops import find_loops
from .pickling import Job

SMALL_BYTES: Final = 1 << 14
"""The size up to which a job simply goes along with every batch."""


class NoJobError(Exception):
    """A job is not where it should be."""


class JobReference(Hashable, Protocol):
    """Stands for the bytes of a job in a batch; equal ones stand for equal bytes, which a worker loads once."""

    def load(self) -> bytes:
        """Return the bytes; raises NoJobError where they are not there."""


Share = Callable[[bytes], tuple[Any, Callable[[], object]]]
"""Makes the bytes of a job known to all workers: what a batch brings in their place, and a call that lets go of them.

What a batch brings is a `JobReference`, or something that the executor itself replaces by the bytes.
"""


def keep() -> None:
    """Let go of nothing: it goes with what refers to it."""


@final
@attrs.frozen
class JobFile:
    """A job in a file, for workers on this machine. Its digest tells it from another file that has its path later."""

    path: str
    digest: bytes

    def load(self) -> bytes:
        """Return what is in the file."""
        try:
            data = Path(self.path).read_bytes()
        except OSError as error:
            raise NoJobError from error
        if hashlib.sha256(data).digest() != self.digest:
            raise NoJobError
        return data


def share_file(job: bytes) -> tuple[JobReference | bytes, Callable[[], object]]:
    """A job in a temporary file, which is there until it is let go of; the bytes where no file can be written."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="spearmint_fp-"))
            file.write(job)
            file.flush()
        except OSError:
            return job, stack.close
        return JobFile(file.name, hashlib.sha256(job).digest()), stack.pop_all().close


@lru_cache(maxsize=4)
def open_job(job: bytes | JobReference) -> Job:
    """The job, which each worker opens once; raises NoJobError where it is not there, and what opening it raises."""
    opened = Job.from_bytes(job if isinstance(job, bytes) else job.load())
    if (loops := find_loops(opened.fn)) is not None:  # nobody says here when the run has ended
        Finalize(opened.fn, loops.close, exitpriority=0)  # when the job is forgotten, or at the end of the process
    return opened
