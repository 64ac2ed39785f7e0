"""The wire between processes: only bytes cross it, and each side opens them where a fault costs one configuration.

A worker gets a batch as two numbers where it has the sweep, else as pickled configurations. It answers in messages: a
kind, a length, and builtins alone, marshalled. A user's own objects lie inside as bytes of their own, so that one that
cannot be opened is the failure of its configuration and of nothing else.
"""

from __future__ import annotations

import marshal
import pickle
from collections.abc import Callable
from struct import Struct
from types import NoneType
from typing import Any, Final, final

from ..configuration.errors import RunError, TransferError
from ..configuration.messages import repr_with_type
from ..outcomes.exceptions import describe_exception, read_message
from ..outcomes.outcomes import ErrorInfo
from ..tasks.attempts import Ending
from .batches import Batch
from .pickling import PROTOCOL, Job, dump_by_value, dump_object

RESULT, PICKLED, ERROR, DEADLINE, READY, BROKEN, UNREADABLE, INTERRUPTED = range(8)
LEFT_RUNNING, HANDED_BACK, NO_JOB, UNINITIALIZED, BEGUN, EXPIRED = range(8, 14)
"""Kinds of messages. How a task ended: a result of a builtin type, any other result, an error. Then: when a task must
have ended; the worker can begin; it cannot open the job; it cannot read the rest of a batch; an interrupt inside a
task; the work that tasks have left running; from which position on a batch is for others; the job is not there; the
initializer has raised; which configuration another worker had begun when it ended; the task has run too long, and the
worker ends."""

LENGTH: Final = Struct("<Q")
"""The head of each message to a worker: how many bytes follow."""

HEARTBEAT_SECONDS: Final = 0.5
"""The time between two looks of a process at whether the other one is still there."""

_HEAD: Final = Struct("<BQ")
"""The head of each message from a worker: its kind, and how many bytes follow."""

_SCALARS: Final = frozenset({int, float, str, bool, bytes, NoneType})
_MARSHAL_VERSION: Final = 4
_CUT_CHARACTERS: Final = 100_000
"""How much of an error that is too large comes back."""

Note = Callable[[int, Any], bool]
MessageGroup = tuple[int, list[Any]]
"""Neighbouring messages of one kind: the kind, and their contents."""


# --- batches, to a worker ----------------------------------------------------------------------------


def write_batch(batch: Batch, has_script: bool = False) -> bytes:
    """The rest of a batch as bytes; raises what the configurations raise when they are pickled."""
    configs = None if batch.sweep is not None else dump_by_value(tuple(batch), has_script)
    return pickle.dumps((batch.start, batch.stop, configs, batch.resume), PROTOCOL)


def read_batch(data: bytes, job: Job) -> Batch:
    """The inverse of `write_batch`; raises what the configurations raise."""
    start, stop, configs, resume = pickle.loads(data)  # noqa: S301  # our own bytes
    items = None if configs is None else pickle.loads(configs)  # noqa: S301
    batch = Batch(start, stop, job.sweep, items)
    batch.resume = resume
    return batch


def refuse_batch(batch: Batch, error: Exception) -> list[Batch]:
    """Batches to send in place of one that cannot be pickled: its configurations singly; a single one fails here."""
    if len(batch) > 1:
        return batch.split()
    refusal = TransferError(f"the configuration cannot be sent to a worker: {describe_exception(error)}")
    refusal.__cause__ = error
    batch.fail(ErrorInfo.of(refusal))
    return []


# --- messages, from a worker -------------------------------------------------------------------------


def write_message(kind: int, content: Any = None) -> bytes:
    """A message of a worker; `content` is made of builtins."""
    data = marshal.dumps(content, _MARSHAL_VERSION)
    return _HEAD.pack(kind, len(data)) + data


def write_ending(result: Any, error: ErrorInfo | None, seconds: float, attempts: int) -> bytes:
    """How a task ended, as a message without the configuration, which the other side has."""
    if error is not None:
        try:
            return write_message(ERROR, (write_error(error), seconds, attempts))
        except ValueError:  # it is larger than marshal takes: its text, cut, comes back
            cut = error.type[:_CUT_CHARACTERS], error.message[:_CUT_CHARACTERS], error.traceback[-_CUT_CHARACTERS:]
            return write_message(ERROR, ((*cut, None, error.kinds), seconds, attempts))
    try:
        if type(result) in _SCALARS:
            return write_message(RESULT, (result, seconds, attempts))
        return write_message(PICKLED, (dump_object(result), seconds, attempts))
    except BaseException as refusal:  # whatever a user's object does when it is pickled, or it is too large
        why = read_message(refusal)
        if isinstance(refusal, ValueError) and why == "unmarshallable object":
            why = "it is too large. Write it to a file, and return its path"
        lost = TransferError(f"the result {repr_with_type(result)} cannot be sent back from the worker: {why}")
        return write_message(ERROR, (write_error(ErrorInfo.of(lost)), seconds, attempts))


def write_error(error: ErrorInfo) -> tuple[str, str, str, bytes | None, tuple[str, ...]]:
    """An error as builtins, with the exception where it can be pickled."""
    try:
        exception = dump_object(error.exception)
    except BaseException:  # whatever a user's exception does; its text comes back
        exception = None
    return error.type, error.message, error.traceback, exception, error.kinds


@final
class MessageReader:
    """Reads messages from bytes that come in pieces; a message that is not whole yet waits for the rest."""

    __slots__ = ("_have", "_parts", "_wanted")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._have = 0
        self._wanted = _HEAD.size

    def add_to(self, batch: Batch | None, data: bytes, note: Note | None = None) -> bool:
        """Add to a batch what a worker has written; True if it cannot read the rest of the batch, which is to be split.

        `note` takes the messages about the worker itself, and returns True of those. Raises what ends the run.
        """
        unreadable = False
        for kind, contents in self.read(data):
            if batch is not None and kind == RESULT:
                batch.add_results(contents)
            elif kind <= ERROR:
                for content in contents:
                    if batch is not None:
                        batch.add_ending(_read_ending(kind, content))
            elif note is None or not note(kind, contents[-1]):
                _raise_end(kind, contents[-1])
                if batch and len(batch) == 1:
                    batch.fail(_read_error(*contents[-1]))
                unreadable = unreadable or bool(batch)
        return unreadable

    def read(self, data: bytes) -> list[MessageGroup]:
        """The messages that are whole now, each given out once."""
        groups: list[MessageGroup] = []
        self._parts.append(data)
        self._have += len(data)
        if self._have < self._wanted:  # nothing is joined before a large message is whole
            return groups
        data, start, last, contents = b"".join(self._parts), 0, -1, list[Any]()
        self._wanted = _HEAD.size
        unpack, loads, head = _HEAD.unpack_from, marshal.loads, _HEAD.size
        size = len(data)
        while start + head <= size:
            kind, length = unpack(data, start)
            end = start + head + length
            if end > size:
                self._wanted = end - start
                break
            if kind != last:
                last, contents = kind, []
                groups.append((kind, contents))
            contents.append(loads(data[start + head : end]))  # builtins, by our own worker
            start = end
        self._parts, self._have = [data[start:]], size - start
        return groups


def _raise_end(kind: int, content: Any) -> None:
    """Raise what ends the run, if a message says that it ends."""
    if kind == INTERRUPTED:
        raise KeyboardInterrupt
    if kind == BROKEN:
        raise TransferError(f"the function cannot be opened in a worker: {content}")
    if kind == UNINITIALIZED:
        function, ended = content
        info = _read_error(*ended)
        error = RunError(f"the initializer {function} raised in a worker: {info.type}: {info.message}")
        error.add_note(info.traceback)
        raise error from info.exception


def _read_ending(kind: int, content: Any) -> Ending:
    ended, seconds, attempts = content
    if kind == RESULT:
        return ended, None, seconds, attempts
    if kind == ERROR:
        return None, _read_error(*ended), seconds, attempts
    try:
        return pickle.loads(ended), None, seconds, attempts  # noqa: S301  # bytes of our own worker
    except (Exception, SystemExit) as error:  # whatever a user's object does when it is opened
        lost = TransferError(f"the result came back from the worker, but cannot be opened here: {read_message(error)}")
        lost.__cause__ = error
        return None, ErrorInfo.of(lost), seconds, attempts


def _read_error(kind: str, message: str, traceback: str, data: bytes | None, kinds: tuple[str, ...]) -> ErrorInfo:
    """The inverse of `write_error`, with the exception where it can be opened here."""
    exception = None
    if data is not None:
        try:
            exception = pickle.loads(data)  # noqa: S301  # bytes of our own worker
        except (Exception, SystemExit):  # whatever a user's exception does when it is opened; its text is here
            exception = None
    opened = exception if isinstance(exception, BaseException) else None
    return ErrorInfo(kind, message, traceback, opened, kinds)
