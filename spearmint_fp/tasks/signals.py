"""Signals: which errors their handlers raised, and handlers that wait while a run is stopped."""

from __future__ import annotations

import dis
import functools
import inspect
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from types import CodeType, FrameType
from typing import Any, Final

from ..configuration.late import signal

NO_HANDLERS: Final[frozenset[CodeType]] = frozenset()

_REBINDING: Final = ("STORE_FAST", "STORE_DEREF", "DELETE_FAST", "DELETE_DEREF")
"""The beginnings of the names of instructions that give a variable another value, or delete it."""


def find_current_handlers() -> frozenset[CodeType]:
    """The code of every handler of a signal that is a Python function; nothing outside the main thread."""
    if not _is_main_thread():
        return NO_HANDLERS
    return frozenset(code for handler in _find_handlers().values() if (code := _find_code(handler)) is not None)


def ends_run(error: BaseException, outer_handlers: frozenset[CodeType]) -> bool:
    """True for an error that is no task's own, though a task was interrupted by it: a handler of a signal raised it.

    That is an exit or an interrupt of any handler; of one of `outer_handlers`, which were in force before the run
    began, it is any error. A handler that the task has set, to limit its own time for instance, is the task's.
    """
    if not _is_main_thread():  # where no handler runs
        return False
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    if isinstance(error, Exception):
        frames = (frame for frame in frames if frame.f_code in outer_handlers)
    return any(map(_is_handler_call, frames))


def must_propagate(error: BaseException) -> bool:
    """True for an interrupt, and for the exit of a handler: whatever else a configuration raises is its own error."""
    return isinstance(error, KeyboardInterrupt) or ends_run(error, NO_HANDLERS)


def _is_handler_call(frame: FrameType) -> bool:
    """True where Python called a handler: with a signal's number and the interrupted frame, which is its caller.

    That a frame runs a handler's code is not enough: a task may call that function too.
    """
    code, interrupted = frame.f_code, frame.f_back
    is_variadic = bool(code.co_flags & inspect.CO_VARARGS)
    if interrupted is None or not (code.co_argcount >= 2 or is_variadic):
        return False
    values = frame.f_locals
    if _rebinds_parameters(code):  # the values of its parameters are not those that it was called with
        return any(code is _find_code(handler) for handler in _find_handlers().values())
    names = code.co_varnames[: code.co_argcount]
    rest = values.get(code.co_varnames[len(names) + code.co_kwonlyargcount]) if is_variadic else ()
    arguments: Iterable[Any] = (*(values[name] for name in names), *(rest if isinstance(rest, tuple) else ()))
    return any(isinstance(number, int) and caller is interrupted for number, caller in pairwise(arguments))


@functools.lru_cache(maxsize=256)
def _rebinds_parameters(code: CodeType) -> bool:
    """True if a function gives its parameters other values, or deletes them, as some styles do with unused ones."""
    names = set(code.co_varnames[: code.co_argcount])
    bound = [i.argval for i in dis.get_instructions(code) if i.opname.startswith(_REBINDING)]
    return not names.isdisjoint(name for one in bound for name in (one if isinstance(one, tuple) else (one,)))


def _find_code(handler: Any) -> CodeType | None:
    """The code that a call of the handler runs first; None where that is not Python."""
    while isinstance(handler, functools.partial):
        handler = handler.func
    handler = getattr(handler, "__func__", handler)
    called = handler if hasattr(handler, "__code__") else getattr(type(handler), "__call__", None)  # noqa: B004
    code = getattr(called, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _find_handlers() -> dict[int, Callable[[int, FrameType | None], Any]]:
    """The handlers that Python calls, by the numbers of their signals."""
    found = ((number, signal.getsignal(number)) for number in signal.valid_signals())
    return {number: handler for number, handler in found if callable(handler)}


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def hold_signals() -> Iterator[None]:
    """Handlers of signals wait until the block has ended, and are called then: it takes seconds at most.

    A second Ctrl-C would otherwise end the very code that leaves no process behind.
    """
    if not _is_main_thread():
        yield
        return
    handlers = _find_handlers()
    received: dict[int, None] = {}
    try:
        for number in handlers:
            signal.signal(number, lambda number, _: received.setdefault(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    for number in received:
        handlers[number](number, sys._getframe())
