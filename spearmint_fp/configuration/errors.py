"""Every error of the library: one base, and beside it the builtin that a caller expects.

A message says what is wrong, where (the path), the value, and the way out: `messages` has the words for these.
"""

from __future__ import annotations

from typing import Any, Final

from attrs.exceptions import FrozenInstanceError

from .messages import cut_text, format_count, short_repr


class SpearmintError(Exception):
    """The base of every error that the library raises on purpose."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*(cut_text(arg) if isinstance(arg, str) else arg for arg in args))


class TreeError(SpearmintError, ValueError):
    """A value that cannot be a tree: a cycle, or nesting deeper than the bound."""


class ChoiceError(SpearmintError, TypeError):
    """Alternatives that cannot be a choice, with what was probably meant."""


class PathError(SpearmintError, KeyError, IndexError):
    """A path of keys and indices that leads nowhere, with the steps that exist where it ends."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class ConflictError(SpearmintError, ValueError):
    """Two records that set the same path."""


class SizeError(SpearmintError, ValueError):
    """A number of configurations that an operation cannot take."""


class CountError(SpearmintError, OverflowError):
    """A size that `len` cannot return; `.size` can."""


class PositionError(SpearmintError, IndexError):
    """A position outside a sweep."""


class AbsentError(SpearmintError, ValueError):
    """A configuration that is not in the sweep that was asked."""


class ArgumentError(SpearmintError, TypeError):
    """An argument of the wrong type, or a call that does not fit the function."""


class MissingAttributeError(SpearmintError, AttributeError):
    """An attribute that a configuration does not have."""


class FrozenError(SpearmintError, FrozenInstanceError, TypeError):
    """A configuration that somebody tries to change in place; says how to make another one."""

    args = BaseException.args  # attrs has one list for all

    def __init__(self, *args: Any) -> None:
        AttributeError.__init__(self, *map(cut_text, args))


class ConversionError(SpearmintError, ValueError):
    """A configuration that cannot become the type that was asked for; `problems` lists every reason as a `Problem`."""

    problems: tuple[Any, ...] = ()


class CallbackError(SpearmintError, RuntimeError):
    """A function of the caller's that raised what ends an iteration: StopIteration, StopAsyncIteration, GeneratorExit.

    `position` is that of the configuration it was called for, where that is known.
    """

    position: int | None = None

    def __str__(self) -> str:
        return f"{'' if self.position is None else f'at configuration {format_count(self.position)}: '}{self.args[0]}"


class IdentityError(SpearmintError, TypeError):
    """A value that has no faithful encoding, and so no identity."""


class FormatError(SpearmintError, ValueError):
    """A file whose content is no configuration; names the file, and the line and the column where it has them."""


class FileError(SpearmintError, OSError):
    """A file or a folder that cannot be read."""


class AbsentFileError(FileError, FileNotFoundError):
    """A file or a folder that is not there."""


class MissingExtraError(SpearmintError, ImportError):
    """A package that is not installed; names the extra that brings it."""


class ExperimentError(SpearmintError, ValueError):
    """An experiment that cannot run."""


class RunError(SpearmintError, RuntimeError):
    """A run that cannot go on: its executor is broken, or its workers do not start."""


class TransferError(SpearmintError, TypeError):
    """A function, a configuration or a result that cannot go to another process, or cannot come back."""


class WorkerError(SpearmintError, ChildProcessError):
    """A worker that ended while it ran a configuration; says how it ended."""


class JournalError(SpearmintError, OSError):
    """A journal that cannot be opened, read or written; says which file, why, and the way out."""


class EncodingError(SpearmintError, TypeError):
    """A result that cannot be written to a journal so that it comes back equal; names the path. It is in `value`."""

    value: Any = None


class TaskTimeoutError(SpearmintError, TimeoutError):
    """A task that took longer than `timed_out` allows."""


for _kind in [SpearmintError, *SpearmintError.__subclasses__(), AbsentFileError]:
    _kind.__module__ = "spearmint_fp"  # from where they are imported: tracebacks and tables name them so


STOPS: Final = (StopIteration, StopAsyncIteration, GeneratorExit)
"""Errors that an iterator takes for its own end: raised by a function inside it, they would end it without a word."""


def make_stop_error(function: object, error: BaseException) -> CallbackError:
    """The error of a function that raised one of `STOPS`, as PEP 479 has it for generators."""
    return CallbackError(
        f"{short_repr(function)} raised {short_repr(error)}, which ends an iteration. Return a value, or "
        f"raise another error; next(iterator, default) raises none"
    )
