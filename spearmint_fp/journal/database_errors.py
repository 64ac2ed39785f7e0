"""The errors of a journal's database in words: what SQLite says, and the way out."""

from __future__ import annotations

from typing import Final

_ADVICE: Final = {
    "SQLITE_READONLY_DBMOVED": "it was deleted or replaced while it was open; what was kept went with it. Run again",
    "SQLITE_INTERRUPT": "its content is damaged and leads in circles. Restore a copy, or give another path",
    "SQLITE_FULL": "the disk is full; what has been committed is safe. Make room and run again",
    "SQLITE_READONLY": "it may not be written. Give a path in a folder that may",
    "SQLITE_CANTOPEN": "there is no such folder, or it may not be written. Give a path in a folder that may",
    "SQLITE_BUSY": "another process has been writing it for too long; what has been committed is safe. Run again",
    "SQLITE_IOERR": "the disk does not take it (is it full?); what has been committed is safe. Make room and run again",
    "SQLITE_CORRUPT": "its content is damaged. Restore a copy, or give another path",
    "SQLITE_NOTADB": "its content is damaged. Restore a copy, or give another path",
}
"""The way out of an error, by the beginning of SQLite's name of it; the first that fits counts."""


def read_error_name(error: BaseException) -> str:
    """SQLite's own name of an error; empty for one that is not SQLite's."""
    return getattr(error, "sqlite_errorname", "") or ""


def explain_error(error: BaseException) -> str:
    """The message of an error of SQLite's, with the way out."""
    name = read_error_name(error)
    advice = next((advice for beginning, advice in _ADVICE.items() if name.startswith(beginning)), "")
    if type(error).__name__ == "ProgrammingError" and "closed" in str(error):
        advice = "it is closed. Ask for outcomes inside its block"
    return f"{error}: {advice}" if advice else f"{error} ({name or type(error).__qualname__})"
