"""Signals: which errors their handlers raised, and handlers that wait while a run is stopped."""

from __future__ import annotations

import dis
import functools
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from traceback import walk_tb
from types import CodeType, FrameType
from typing import Any, Final

__all__ = ["NO_HANDLERS", "current_handlers", "ends_run", "hold_signals", "must_propagate"]

NO_HANDLERS: Final[frozenset[CodeType]] = frozenset()


def current_handlers() -> frozenset[CodeType]:
    """The code of every handler of a signal that is a Python function; nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return NO_HANDLERS
    return frozenset(code for handler in _handlers().values() if (code := _code_of(handler)) is not None)


def ends_run(error: BaseException, outside: frozenset[CodeType]) -> bool:
    """True for an error that is no task's own, though a task was interrupted by it: a handler of a signal raised it.

    That is an exit or an interrupt of any handler; of one in `outside`, which was in force before the run began, it is
    any error. A handler that the task has set, to limit its own time for instance, speaks to the task.
    """
    if threading.current_thread() is not threading.main_thread():  # where no handler runs
        return False
    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    if isinstance(error, Exception):
        frames = (frame for frame in frames if frame.f_code in outside)
    return any(map(_is_handler, frames))


def must_propagate(error: BaseException) -> bool:
    """True for an interrupt, and for the exit of a handler: whatever else a configuration raises is its own error."""
    return isinstance(error, KeyboardInterrupt) or ends_run(error, NO_HANDLERS)


def _is_handler(frame: FrameType) -> bool:
    """True for the call of a handler: with a signal's number, and with the very frame that was interrupted."""
    code, interrupted = frame.f_code, frame.f_back
    names = code.co_varnames[: code.co_argcount]
    if interrupted is None or not (code.co_argcount >= 2 or code.co_flags & _VARARGS):
        return False
    given = frame.f_locals
    if _rebinds_parameters(code):  # some styles delete arguments that are not used, or name the signal
        return any(code is _code_of(handler) for handler in _handlers().values())
    rest = given.get(code.co_varnames[len(names) + code.co_kwonlyargcount]) if code.co_flags & _VARARGS else ()
    arguments: Iterable[Any] = (*(given[name] for name in names), *(rest if isinstance(rest, tuple) else ()))
    return any(isinstance(one, int) and two is interrupted for one, two in pairwise(arguments))


@functools.lru_cache(maxsize=256)
def _rebinds_parameters(code: CodeType) -> bool:
    """True if a function gives its parameters other values, or deletes them: then they tell nothing of the call."""
    names = set(code.co_varnames[: code.co_argcount])
    bound = [i.argval for i in dis.get_instructions(code) if i.opname.startswith(_BINDING)]
    return not names.isdisjoint(name for one in bound for name in (one if isinstance(one, tuple) else (one,)))


_BINDING: Final = ("STORE_FAST", "STORE_DEREF", "DELETE_FAST", "DELETE_DEREF")
_VARARGS: Final = 0x04  # inspect.CO_VARARGS


def _code_of(handler: Any) -> CodeType | None:
    """The code that a call of the handler runs first; None where that is not Python."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    handler = getattr(handler, "__func__", handler)
    called = handler if hasattr(handler, "__code__") else getattr(type(handler), "__call__", None)  # noqa: B004
    code = getattr(called, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _handlers() -> dict[int, Any]:
    """The handlers that Python calls, by the numbers of their signals."""
    found = ((number, signal.getsignal(number)) for number in signal.valid_signals())
    return {number: handler for number, handler in found if callable(handler)}


@contextmanager
def hold_signals() -> Iterator[None]:
    """Handlers of signals wait until the block has ended, and are called then: it takes seconds at most.

    A second Ctrl-C would otherwise end the very code that leaves no process behind.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = _handlers()
    waiting: dict[int, None] = {}
    try:
        for number in handlers:
            signal.signal(number, lambda number, _: waiting.setdefault(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in waiting:
        handlers[number](number, sys._getframe())
