"""Exceptions that have been caught: their messages and tracebacks as text, and copies that hold no frames."""

from __future__ import annotations

import traceback  # not late: a task that failed may have left no file to open
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from functools import cache, lru_cache
from operator import is_
from types import CodeType, FrameType, FunctionType, GetSetDescriptorType, MemberDescriptorType, TracebackType
from typing import Any, Final, cast, final

TASK_CALLERS: Final[set[CodeType]] = set()
"""The functions of this library that call a task: a traceback begins anew at each."""

# The getters and setters of BaseException itself, as a user's class may have properties of the same names.
_FIELDS: Final[dict[str, Any]] = dict(vars(BaseException))


def read_message(error: BaseException) -> str:
    """`str(error)`, whatever a user's exception does when it is asked for its message."""
    try:
        return str.__str__(str(error))  # a subclass of str may not be there where the outcome is read
    except (Exception, SystemExit):  # a hostile __str__ must not turn a failure into a crash
        return f"<{type(error).__qualname__} whose message cannot be read>"


def list_kinds(kind: type[BaseException]) -> tuple[str, ...]:
    """The names of an exception's class and of those that it is derived from, with their modules but for builtins.

    >>> list_kinds(ConnectionResetError)
    ('ConnectionResetError', 'ConnectionError', 'OSError', 'Exception', 'BaseException')
    """
    return tuple(
        base.__qualname__ if base.__module__ == "builtins" else f"{base.__module__}.{base.__qualname__}"
        for base in kind.__mro__[:-1]
    )


def shorten_kind(name: str) -> str:
    """The name of one of the library's own errors as it is imported; older versions kept that of its module too."""
    return name.replace("spearmint_fp.configuration.errors.", "spearmint_fp.", 1)


def describe_exception(error: BaseException) -> str:
    """`ValueError: its message`."""
    return f"{type(error).__qualname__}: {read_message(error)}"


def format_traceback(error: BaseException) -> str:
    """The traceback as text."""
    raised = _read_field(error, "__traceback__")
    try:
        return "".join(traceback.TracebackException(type(error), error, raised).format())
    except (Exception, SystemExit):  # a hostile __cause__: the frames alone, then
        return "".join(traceback.format_tb(raised))


def cut_earlier_attempts(error: BaseException) -> None:
    """Leave the error the traceback of the last attempt alone, so that the frames of earlier ones can be freed.

    An error object that many tasks raise collects the tracebacks of all of them.
    """
    frames: list[TracebackType] = []
    after = _read_field(error, "__traceback__")
    while after is not None and not (frames and after.tb_frame.f_code in TASK_CALLERS):
        frames.append(after)
        after = after.tb_next
    if after is None:
        return
    last = None
    for one in reversed(frames):  # those of the last attempt stand first
        last = TracebackType(last, one.tb_frame, one.tb_lasti, one.tb_lineno)
    _FIELDS["__traceback__"].__set__(error, last)


# --- exceptions without frames -------------------------------------------------------------------------


def copy_exception(error: BaseException) -> BaseException:
    """A copy that holds no frame of a task: its traceback names the lines, without the variables that were there.

    So do the exceptions that it refers to: its cause, its context, the members of a group, and those among its
    arguments and attributes. No code of its class is run, unless an extension module's class must be copied by itself.
    """
    copies = _Copies()
    made = copies.make(error)
    copies.fill()
    return made


@final
class _Copies:
    """The copies of an exception and of those that it refers to, which may refer to it."""

    def __init__(self) -> None:
        self._made: dict[int, BaseException] = {}
        self._originals: list[tuple[BaseException, TracebackType | None]] = []

    def make(self, error: BaseException) -> BaseException:
        """The copy of an exception, to be filled; a group's is made of those of its members, however deep they lie."""
        waiting = [error]
        while waiting:
            one = waiting[-1]
            missing = [member for member in _read_members(one) if id(member) not in self._made]
            if not missing and id(waiting.pop()) not in self._made:
                raised = _read_field(one, "__traceback__")  # before a copy is made: it may be the exception itself
                self._made[id(one)] = self._make_empty(one)
                self._originals.append((one, raised))
            waiting += missing
        return self._made[id(error)]

    def fill(self) -> None:
        """Give each copy what its original has; that may refer to more exceptions, which are copied and filled too."""
        for error, raised in self._originals:  # the list grows while it is gone through
            made = self._made[id(error)].with_traceback(_strip_variables(raised))
            with suppress(Exception, SystemExit):  # whatever a user's exception does when it is looked at
                self._copy_attributes(error, made)
            for name in ("__cause__", "__context__"):
                other = _read_field(error, name)
                _FIELDS[name].__set__(made, None if other is None else self.make(other))
            _FIELDS["__suppress_context__"].__set__(made, _read_field(error, "__suppress_context__"))

    def _make_empty(self, error: BaseException) -> BaseException:
        """An instance of the same class; the exception itself, without its traceback, where its class makes none."""
        kind = type(error)
        with suppress(Exception, SystemExit):
            if isinstance(error, BaseExceptionGroup):
                members = [self._made[id(one)] for one in _read_members(error)]
                new: Any = BaseExceptionGroup.__new__
                return cast(BaseException, new(kind, error.message, members))
            builtin = next(base for base in kind.__mro__ if base.__module__ == "builtins")
            return builtin.__new__(kind, *error.args)
        with suppress(Exception, SystemExit):
            made = copy(error)
            if type(made) is kind:
                return made.with_traceback(None)
        return error.with_traceback(None)

    def _copy_attributes(self, error: BaseException, made: BaseException) -> None:
        """Copy the arguments, the fields of the classes, and the dictionary."""
        made.args = self._strip_frames(error.args)
        for base in type(error).__mro__:
            is_builtin = base.__module__ == "builtins"
            for field in _find_builtin_fields(base) if is_builtin else _find_fields(base):
                with suppress(AttributeError, TypeError):  # it is not set, or only its class may set it
                    value = field.__get__(error)
                    if value is not None or not is_builtin:  # a builtin has None where nothing is set
                        field.__set__(made, self._strip_frames(value))
        made.__dict__.update({name: self._strip_frames(value) for name, value in error.__dict__.items()})

    def _strip_frames(self, value: Any) -> Any:
        """A value, with copies of the exceptions in it, and without frames."""
        if isinstance(value, BaseException):
            return self.make(value)
        if isinstance(value, TracebackType | FrameType):
            return None
        if type(value) not in (tuple, list):
            return value
        stripped = list(map(self._strip_frames, value))
        return value if all(map(is_, stripped, value)) else type(value)(stripped)


def _read_field(error: BaseException, name: str) -> Any:
    """A cause or a traceback, whatever the exception's class makes of the name."""
    return _FIELDS[name].__get__(error)


def _read_members(error: BaseException) -> tuple[BaseException, ...]:
    """The members of a group; of another exception, none."""
    if not isinstance(error, BaseExceptionGroup):
        return ()
    return cast("tuple[BaseException, ...]", vars(BaseExceptionGroup)["exceptions"].__get__(error))


@cache
def _find_builtin_fields(base: type) -> tuple[Any, ...]:
    """The fields of a builtin class, which stays as it is as long as the program runs.

    Left out are what is copied elsewhere, and `obj`: what an AttributeError missed something on may be large.
    """
    return tuple(
        field
        for name, field in vars(base).items()
        if isinstance(field, MemberDescriptorType | GetSetDescriptorType)
        and not (name.startswith("__") or name in ("args", "obj", "exceptions", "message"))
    )


def _find_fields(base: type) -> list[Any]:
    """The descriptors of the values that instances of a class hold beside their dictionary."""
    return [field for field in vars(base).values() if isinstance(field, MemberDescriptorType | GetSetDescriptorType)]


# --- tracebacks without variables ----------------------------------------------------------------------


def _strip_variables(raised: TracebackType | None) -> TracebackType | None:
    """A traceback of the same lines.

    A frame cannot be made without running code. So each is that of a generator which has not begun: it holds nothing,
    and its code says that it has the name and the line of the original.
    """
    places = []
    while raised is not None:
        places.append((raised.tb_frame.f_code, raised.tb_lineno))
        raised = raised.tb_next
    made = None
    for code, line in reversed(places):
        generator = FunctionType(_make_stub(code.co_name, code.co_qualname, code.co_filename, max(line, 1)), {})()
        made = TracebackType(made, generator.gi_frame, 0, line)
    return made


@lru_cache(maxsize=1024)
def _make_stub(name: str, qualname: str, filename: str, line: int) -> CodeType:
    """Code that does nothing, and says that it is at that line."""
    return _EMPTY.replace(co_name=name, co_qualname=qualname, co_filename=filename, co_firstlineno=line)


def _generate_nothing() -> Iterator[None]:
    yield


_NO_COLUMNS: Final = b"\xe8\x00"
"""An entry of a line table (PEP 626 and 657): one instruction on the same line, without columns to underline."""

_EMPTY: Final = _generate_nothing.__code__.replace(
    co_linetable=_NO_COLUMNS * (len(_generate_nothing.__code__.co_code) // 2)
)
