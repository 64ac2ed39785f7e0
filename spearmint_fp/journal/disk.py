"""The file of a journal and those beside it, as the operating system has them."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from ..configuration.errors import JournalError
from ..configuration.late import tempfile
from ..configuration.messages import short_repr


def find_content(path: Path) -> bool:
    """True for a file with content, False where there is none yet.

    Raises:
        JournalError: it is no file, or the operating system does not let anyone look at it.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise unusable_error(path, "opened", error) from error
    if not S_ISREG(found.st_mode):
        kind = "a folder" if S_ISDIR(found.st_mode) else "a device or a pipe"
        raise unusable_error(path, "opened", f"it is {kind}. Give the path of a file")
    return found.st_size > 0


def identify_file(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path, whatever other names it has; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def name_side_file(path: Path, ending: str) -> Path:
    """A file that SQLite keeps beside the database: `-journal`, `-wal` or `-shm`."""
    return path.with_name(path.name + ending)


def has_wal_header(path: Path) -> bool:
    """True if the header says that committed content may stand in a write-ahead log.

    Not for a file that this process has open: closing a file lets go of all locks that the process holds on it.
    """
    try:
        with path.open("rb") as file:
            return file.read(20)[18:20] == b"\x02\x02"  # the versions in which it is written and read: 2 is with a log
    except OSError:
        return False


def copy_journal(path: Path) -> str:
    """A temporary folder with a copy of the file and of what lies beside it; the caller deletes it."""
    folder = tempfile.mkdtemp(prefix="spearmint_fp-")
    try:
        for ending in ("", "-journal", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(name_side_file(path, ending), os.path.join(folder, f"journal{ending}"))
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise unusable_error(path, "read", error) from error
    return folder


def unusable_error(path: Path, what: str, why: object) -> JournalError:
    """The error of a journal that cannot be opened, read or written."""
    return JournalError(f"the journal {short_repr(str(path))} cannot be {what}: {why}")
