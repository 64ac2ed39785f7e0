"""The boundary between processes: only bytes cross it; each side opens them where an error costs one configuration.

What a worker says is a frame: a kind, a length, and builtins alone, marshalled. A user's own objects lie inside as
bytes of their own, so that one that cannot be opened is the failure of its configuration and of nothing else.
"""

from __future__ import annotations

import marshal
import os
import pickle
import threading
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from itertools import islice
from struct import Struct
from time import monotonic
from types import NoneType
from typing import Any, Final, cast, final

import attrs

from ..configuration.errors import MissingExtraError, TransferError, repr_with_type
from ..outcomes.exceptions import message_of
from ..outcomes.outcomes import ErrorInfo, Outcome, made_at_once
from ..sweep.core import Sweep
from ..tasks.attempts import TRACE, Ending, Marks, Trace, make_outcome, try_task
from ..tasks.signals import ends_run, must_propagate
from ..tasks.wrapping import stack
from .chunks import Chunk, Halt, Listed, Span

__all__ = [
    "BEHIND",
    "BROKEN",
    "INTERRUPTED",
    "READY",
    "SCOPE",
    "UNFINISHED",
    "UNREADABLE",
    "WATCH",
    "Frames",
    "FullError",
    "Job",
    "Order",
    "Parcel",
    "Unfinished",
    "as_error",
    "frame",
    "performed",
    "travels",
]  # fmt: skip

PLAIN, OTHER, FAILED, WATCH, READY, BROKEN, UNREADABLE, INTERRUPTED, BEHIND = range(9)
"""Kinds of frames: a result of a builtin type; any other; an error; a deadline; the worker can begin; it cannot;
a chunk that it cannot read; an interrupt inside a task; the work that tasks have left running."""

_HEAD: Final = Struct("<BQ")
_SCALARS: Final = frozenset({int, float, str, bool, bytes, NoneType})
_CUT: Final = 100_000
"""How many characters of an error that is too large come back."""

_PROTOCOL: Final = 5
_VERSION: Final = 4

Resume = tuple[int, Marks, float]
"""How often a task had been tried again when it was ended, the frames of its wrappers, and when it began."""


# --- what tasks leave running ----------------------------------------------------------------------------


@final
class Unfinished:
    """Work that goes on after the task that began it, how much of it by name: its process may not end before."""

    def __init__(self, watch: Callable[[dict[str, int]], object] | None = None) -> None:
        self.watch = watch
        self._counts: Counter[str] = Counter()
        self._change = threading.Condition()

    def begin(self, name: str) -> None:
        """Note that work has begun."""
        self._add(name, 1)

    def end(self, name: str) -> None:
        """Note that it has ended."""
        self._add(name, -1)

    def _add(self, name: str, count: int) -> None:
        with self._change:
            self._counts[name] += count
            self._counts = +self._counts
            if self.watch is not None:
                self.watch(dict(self._counts))
            self._change.notify_all()

    def wait(self) -> None:
        """Until all of it has ended."""
        with self._change:
            self._change.wait_for(lambda: not self._counts)


UNFINISHED: Final = Unfinished()
"""That of this process."""

SCOPE: Final[ContextVar[Unfinished]] = ContextVar("spearmint_fp_scope", default=UNFINISHED)
"""That of a chunk in a process that is somebody else's."""

if hasattr(os, "register_at_fork"):  # the threads that work stay with the parent
    os.register_at_fork(after_in_child=partial(Unfinished.__init__, UNFINISHED))


# --- pickling ----------------------------------------------------------------------------------------


def _by_value() -> Any:
    """What takes lambdas, closures and what `__main__` defines too; None where cloudpickle is not installed."""
    try:
        import cloudpickle  # noqa: F401

        from .by_value import dumps
    except ModuleNotFoundError:
        return None
    return dumps


def _dumps(value: Any, named: bool = False) -> bytes:
    dumps = _by_value()
    return cast(bytes, pickle.dumps(value, _PROTOCOL) if dumps is None else dumps(value, _PROTOCOL, named=named))


def _sealed(value: Any) -> bytes:
    """A user's own object as bytes: by pickle, by cloudpickle where it refuses."""
    try:
        return pickle.dumps(value, _PROTOCOL)
    except Exception:  # whatever a user's object does when it is pickled; cloudpickle takes more, and says why not
        return _dumps(value)


def travels(value: Any) -> bool:
    """Whether an object can be sent to another process; True of one that is being asked about already."""
    asked = _ASKED.get()
    if value is None or id(value) in asked:
        return True
    token = _ASKED.set(asked | {id(value)})
    try:
        return not _refused(value)
    finally:
        _ASKED.reset(token)


_ASKED: Final[ContextVar[frozenset[int]]] = ContextVar("spearmint_fp_asked", default=frozenset())


@final
@attrs.frozen(eq=False)
class Job:
    """What every worker needs before the first chunk: the function, and the sweep where there is one."""

    fn: Callable[[Any], Any]
    sweep: Sweep[Any] | None
    named: bool = False
    """Whether the workers have the script as their `__main__`, so that what it defines is found there by its name."""

    def sealed(self) -> bytes:
        """The job as bytes, or the error that says why it cannot travel, before any task has run."""
        by_name = _by_value() is None
        if by_name and any(getattr(fn, "__module__", None) in ("__main__", "__mp_main__") for fn in stack(self.fn)):
            raise MissingExtraError(f"{repr_with_type(self.fn)} of __main__ {_NEEDS}")
        try:
            return _dumps((self.fn, self.sweep), self.named)
        except Exception as error:  # whatever a user's object does when it is pickled
            what = f"the function {repr_with_type(self.fn)}" if _refused(self.fn) else f"the sweep {self.sweep!r}"
            way = f"A lambda or a closure {_NEEDS}" if by_name else "Let it make what it needs where it runs"
            raise TransferError(
                f"{what} cannot be sent to another process: {message_of(error)}. {way}, or take threads(n)"
            ) from error

    @classmethod
    def opened(cls, data: bytes) -> Job:
        """The inverse of `sealed`."""
        return cls(*pickle.loads(data))  # noqa: S301  # our own bytes


def _refused(value: Any) -> bool:
    try:
        _dumps(value)
    except Exception:  # it has been told already
        return True
    return False


_NEEDS: Final = "needs the package cloudpickle to go to another process: pip install 'spearmint_fp[processes]'"


# --- chunks, on their way to a worker ------------------------------------------------------------------


@final
@attrs.frozen(eq=False)
class Order:
    """A chunk as a worker gets it: two numbers where the sweep is known there, else the configurations as bytes."""

    chunk: Chunk
    resume: Resume | None = None

    def sealed(self, named: bool = False) -> bytes:
        """The order as bytes; raises what the configurations raise when they are pickled."""
        configs = self.chunk.configs
        content: Any = (configs.start, configs.stop) if isinstance(configs, Span) else _dumps(tuple(configs), named)
        return pickle.dumps((self.chunk.start, content, self.resume), _PROTOCOL)

    @classmethod
    def opened(cls, data: bytes, job: Job) -> Order:
        """The inverse of `sealed`; raises what the configurations raise."""
        start, content, resume = pickle.loads(data)  # noqa: S301  # our own bytes
        if job.sweep is not None:
            return cls(Chunk(start, Span(job.sweep, *content)), resume)
        return cls(Chunk(start, Listed(pickle.loads(content))), resume)  # noqa: S301


def performed(job: Job, data: bytes, write: Callable[[bytes], object], trace: Trace) -> None:
    """Run an order's configurations one after the other, and write what became of each as soon as it has ended."""
    fn = job.fn
    TRACE.set(trace)
    try:
        order = Order.opened(data, job)
        if order.resume is not None:
            trace.resume(*order.resume)
        for config in order.chunk.configs:
            ending = result, error, seconds, attempts = try_task(fn, config, trace)
            if error is None and type(result) in _SCALARS:  # nearly always, and so in as few steps as can be
                try:
                    data = marshal.dumps((result, seconds, attempts), _VERSION)
                except ValueError as refusal:  # it is larger than marshal takes
                    write(_unsent(result, refusal, seconds, attempts))
                else:
                    write(_HEAD.pack(PLAIN, len(data)) + data)
            else:
                write(_told(*ending))
    except KeyboardInterrupt:
        write(frame(INTERRUPTED))
    except FullError:
        return
    except BaseException as error:  # the configurations themselves: what they raise when they are opened or computed
        if ends_run(error, trace.outside):  # not theirs: a handler that the task has set
            raise
        write(frame(UNREADABLE, _as_data(ErrorInfo.of(error))))


class FullError(BaseException):
    """Raised by what `performed` writes to where it holds enough."""


# --- frames, on their way back -------------------------------------------------------------------------


def frame(kind: int, content: Any = None) -> bytes:
    """One thing that a worker says; `content` is made of builtins."""
    data = marshal.dumps(content, _VERSION)
    return _HEAD.pack(kind, len(data)) + data


def _told(result: Any, error: ErrorInfo | None, seconds: float, attempts: int) -> bytes:
    """How a task ended, as a frame, without its configuration, which the other side has."""
    if error is not None:
        try:
            return frame(FAILED, (_as_data(error), seconds, attempts))
        except ValueError:  # it is larger than marshal takes: its words, cut, tell of it
            cut = (error.type[:_CUT], error.message[:_CUT], error.traceback[-_CUT:], None)
            return frame(FAILED, (cut, seconds, attempts))
    try:
        return frame(OTHER, (_sealed(result), seconds, attempts))
    except BaseException as refusal:  # whatever a user's object does when it is pickled
        return _unsent(result, refusal, seconds, attempts)


def _unsent(result: Any, refusal: BaseException, seconds: float, attempts: int) -> bytes:
    """The failure of a configuration whose result cannot be sent back, or is too large for it."""
    why = message_of(refusal)
    if isinstance(refusal, ValueError) and why == "unmarshallable object":
        why = "it is too large. Write it to a file, and return its path"
    told = TransferError(f"the result {repr_with_type(result)} cannot be sent back from the worker: {why}")
    return frame(FAILED, (_as_data(ErrorInfo.of(told)), seconds, attempts))


def _as_data(error: ErrorInfo) -> tuple[str, str, str, bytes | None]:
    try:
        kept = _sealed(error.exception)
    except BaseException:  # an exception that does not pickle is told of by its text
        kept = None
    return error.type, error.message, error.traceback, kept


def as_error(kind: str, message: str, traceback: str, kept: bytes | None) -> ErrorInfo:
    """An error from what a frame says of it, with the exception where it opens here."""
    exception = None
    if kept is not None:
        try:
            exception = pickle.loads(kept)  # noqa: S301  # bytes of our own worker
        except (Exception, SystemExit):  # an exception that does not come back is told of by its text
            exception = None
    return ErrorInfo(kind, message, traceback, exception if isinstance(exception, BaseException) else None)


@final
class Frames:
    """The frames in what has been read so far; a frame that is not whole yet waits for the rest."""

    __slots__ = ("_have", "_parts", "_wanted")

    def __init__(self, data: bytes = b"") -> None:
        self._parts = [data]
        self._have = len(data)
        self._wanted = _HEAD.size

    def add(self, data: bytes) -> None:
        """What has been read next."""
        self._parts.append(data)
        self._have += len(data)

    def take(self) -> list[tuple[int, list[Any]]]:
        """What is whole now: neighbouring frames of one kind together, with their contents. It is taken once."""
        runs: list[tuple[int, list[Any]]] = []
        if self._have < self._wanted:
            return runs
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
                runs.append((kind, []))
                last, contents = kind, runs[-1][1]
            contents.append(loads(data[start + head : end]))  # builtins, by our own worker
            start = end
        self._parts, self._have = [data[start:]], size - start
        return runs


@final
class Parcel:
    """A chunk on its way: its outcomes, as they come back, put to its configurations in their order."""

    __slots__ = ("_configs", "_since", "chunk", "deaths", "done", "resume")

    def __init__(self, chunk: Chunk, deaths: int = 0, resume: Resume | None = None, since: float | None = None) -> None:
        self.chunk, self.deaths, self.resume = chunk, deaths, resume
        self._since = since  # when the next configuration was begun first, as far as can be seen from here
        self.done = 0
        self._configs = iter(chunk.configs)

    @property
    def left(self) -> int:
        """How many outcomes are still to come."""
        return len(self.chunk) - self.done

    def begin(self) -> None:
        """Note that a worker has it."""
        if self._since is None:
            self._since = monotonic()

    def next(self, kind: int, contents: list[Any], outcomes: list[Outcome[Any, Any]]) -> None:
        """Add the outcomes of the next configurations, from frames of one kind that tell how their tasks ended."""
        self._since = monotonic()
        if kind == PLAIN and not self.deaths:  # nearly always, and so in as few steps as can be
            configs, start = list[Any](), self.chunk.start + self.done
            try:
                configs.extend(islice(self._configs, len(contents)))
            except BaseException as error:  # whatever a user's function in a sweep does
                outcomes += made_at_once(configs, contents, start)
                self.done += len(configs)
                raise self._halted(error) from error
            outcomes += made_at_once(configs, contents, start)
            self.done += len(contents)
            return
        outcomes += (self._next(*_ending(kind, content)) for content in contents)

    def _next(self, result: Any, error: ErrorInfo | None, seconds: float, attempts: int) -> Outcome[Any, Any]:
        config = self._config()
        index, attempts = self.chunk.start + self.done, attempts + self.deaths
        self.done += 1
        self.deaths, self.resume = 0, None
        return make_outcome(config, index, (result, error, seconds, attempts))

    def _config(self) -> Any:
        """The next configuration; where it raises itself, it and what is left will never come."""
        try:
            return next(self._configs)
        except BaseException as error:  # whatever a user's function in a sweep does
            raise self._halted(error) from error

    def _halted(self, error: BaseException) -> Halt:
        if must_propagate(error):
            raise error
        halt = Halt(self.chunk.start + self.done, self.left, error)
        self.done = len(self.chunk)
        return halt

    def failed(self, error: ErrorInfo) -> Outcome[Any, Any]:
        """The failure of the next configuration, which ended where nobody saw it."""
        seconds = 0.0 if self._since is None else monotonic() - self._since
        return self._next(None, error, seconds, 1)

    def rest(self, deaths: int = 0, resume: Resume | None = None) -> Parcel:
        """What has no outcome yet, to be sent again."""
        return Parcel(self.chunk.cut(self.done), deaths, resume, self._since if deaths or resume else None)


def _ending(kind: int, content: Any) -> Ending:
    """How a task ended, from the frame that tells of it."""
    told, seconds, attempts = content
    if kind == PLAIN:
        return told, None, seconds, attempts
    if kind == FAILED:
        return None, as_error(*told), seconds, attempts
    try:
        return pickle.loads(told), None, seconds, attempts  # noqa: S301  # bytes of our own worker
    except (Exception, SystemExit) as error:  # whatever a user's object does when it is opened
        lost = TransferError(f"the result came back from the worker, but cannot be opened here: {message_of(error)}")
        lost.__cause__ = error
        return None, ErrorInfo.of(lost), seconds, attempts
