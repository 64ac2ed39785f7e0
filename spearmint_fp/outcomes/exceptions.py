"""What is kept of an exception once it has been caught: its message and its traceback as text, and a light copy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from functools import lru_cache
from operator import is_
from types import CodeType, FrameType, FunctionType, GetSetDescriptorType, MemberDescriptorType, TracebackType
from typing import Any, Final, cast, final

__all__ = ["ENTRIES", "copied", "message_of", "traceback_of"]


def message_of(error: BaseException) -> str:
    """`str(error)`, whatever a user's exception does when it is asked for its message."""
    try:
        return str.__str__(str(error))  # no subclass of str, which is none of the builtins that travel
    except (Exception, SystemExit):  # a hostile __str__ must not turn a failure into a crash
        return f"<{type(error).__qualname__} whose message cannot be read>"


# --- tracebacks as text --------------------------------------------------------------------------------

ENTRIES: Final[set[CodeType]] = set()
"""The functions of this library that call a task: a traceback begins anew at each."""


def traceback_of(error: BaseException) -> str:
    """The traceback as text, from the attempt at which the error was raised last."""
    from traceback import TracebackException, format_tb  # for failures alone

    raised = _last_raised(error)
    try:
        return "".join(TracebackException(type(error), error, raised).format())
    except (Exception, SystemExit):  # a hostile __cause__: the frames alone, then
        return "".join(format_tb(raised))


def _last_raised(error: BaseException) -> TracebackType | None:
    """The traceback without earlier attempts: an error object that many tasks raise collects those of all of them."""
    tracebacks: list[TracebackType] = []
    raised: TracebackType | None = _own(error, "__traceback__")
    after = raised
    while after is not None and not (tracebacks and after.tb_frame.f_code in ENTRIES):
        tracebacks.append(after)
        after = after.tb_next
    if after is None:
        return raised
    last = None
    for one in reversed(tracebacks):
        last = TracebackType(last, one.tb_frame, one.tb_lasti, one.tb_lineno)
    _FIELDS["__traceback__"].__set__(error, last)  # the frames of earlier attempts, told of already, are let go
    return last


# --- exceptions without frames -------------------------------------------------------------------------


def copied(error: BaseException) -> BaseException:
    """A copy that holds no frame of a task: its traceback names the lines, without the variables that were there.

    So do the exceptions that it refers to: its cause, its context, the members of a group, and those among its
    arguments and attributes. No code of its class is run, unless an extension module's class must be copied by itself.
    """
    copies = _Copies()
    made = copies.of(error)
    copies.fill()
    return made


@final
class _Copies:
    """The copies of an exception and of those that it refers to, which may refer to it."""

    def __init__(self) -> None:
        self._made: dict[int, BaseException] = {}
        self._originals: list[tuple[BaseException, TracebackType | None]] = []

    def of(self, error: BaseException) -> BaseException:
        """The copy of an exception, to be filled; that of a group after those of its members, however deep they lie."""
        waiting = [error]
        while waiting:
            one = waiting[-1]
            missing = [member for member in _members(one) if id(member) not in self._made]
            if not missing and id(waiting.pop()) not in self._made:
                raised = _own(one, "__traceback__")
                self._made[id(one)] = self._shell(one)
                self._originals.append((one, raised))
            waiting += missing
        return self._made[id(error)]

    def fill(self) -> None:
        """Give each copy what its original has; that may name exceptions more."""
        for error, raised in self._originals:
            made = self._made[id(error)].with_traceback(_without_variables(raised))
            with suppress(Exception, SystemExit):  # whatever a user's exception does when it is looked at
                self._attributes(error, made)
            for name in ("__cause__", "__context__"):
                other = _own(error, name)
                _FIELDS[name].__set__(made, None if other is None else self.of(other))
            _FIELDS["__suppress_context__"].__set__(made, _own(error, "__suppress_context__"))

    def _shell(self, error: BaseException) -> BaseException:
        """An instance of the same class; the exception itself, without its traceback, where its class makes none."""
        kind = type(error)
        with suppress(Exception, SystemExit):
            if isinstance(error, BaseExceptionGroup):
                group: Any = BaseExceptionGroup.__new__  # of any members
                return cast(BaseException, group(kind, error.message, [self._made[id(one)] for one in _members(error)]))
            builtin = next(base for base in kind.__mro__ if base.__module__ == "builtins")
            return builtin.__new__(kind, *error.args)
        with suppress(Exception, SystemExit):
            made = copy(error)
            if type(made) is kind:
                return made.with_traceback(None)
        return error.with_traceback(None)

    def _attributes(self, error: BaseException, made: BaseException) -> None:
        """What an exception holds: its arguments, the fields of its classes, and its dictionary."""
        made.args = self._light(error.args)
        for base in type(error).__mro__:
            builtin = base.__module__ == "builtins"
            for field in _fields_of_builtin(base) if builtin else _fields(base):
                with suppress(AttributeError, TypeError):  # it is not set, or only its class may set it
                    value = field.__get__(error)
                    if value is not None or not builtin:  # where None is what is not there
                        field.__set__(made, self._light(value))
        made.__dict__.update({name: self._light(value) for name, value in error.__dict__.items()})

    def _light(self, value: Any) -> Any:
        """A value, without the frames that an exception in it would hold."""
        if isinstance(value, BaseException):
            return self.of(value)
        if isinstance(value, TracebackType | FrameType):
            return None
        if type(value) not in (tuple, list):
            return value
        light = list(map(self._light, value))
        return value if all(map(is_, light, value)) else type(value)(light)


_FIELDS: Final[dict[str, Any]] = dict(vars(BaseException))


def _own(error: BaseException, name: str) -> Any:
    """What an exception has as a cause or a traceback, whatever its class says of it."""
    return _FIELDS[name].__get__(error)


def _members(error: BaseException) -> tuple[BaseException, ...]:
    """The members of a group; of another exception, none."""
    if not isinstance(error, BaseExceptionGroup):
        return ()
    return cast("tuple[BaseException, ...]", vars(BaseExceptionGroup)["exceptions"].__get__(error))


def _without_variables(raised: TracebackType | None) -> TracebackType | None:
    """A traceback of the same lines, whose frames never ran: they hold nothing, and nobody's frame is touched."""
    nodes = []
    while raised is not None:
        nodes.append((raised.tb_frame.f_code, raised.tb_lineno))
        raised = raised.tb_next
    made = None
    for code, line in reversed(nodes):
        never_run = FunctionType(_stub(code.co_name, code.co_qualname, code.co_filename, max(line, 1)), {})()
        made = TracebackType(made, never_run.gi_frame, 0, line)
    return made


@lru_cache(maxsize=1024)
def _stub(name: str, qualname: str, filename: str, line: int) -> CodeType:
    """Code that does nothing, and says that it is at that line."""
    return _NOTHING.replace(co_name=name, co_qualname=qualname, co_filename=filename, co_firstlineno=line)


def _nothing() -> Iterator[None]:
    yield


_NO_COLUMNS: Final = b"\xe8\x00"
"""An entry of a line table (PEP 626 and 657): one instruction on the same line, without columns to underline."""

_NOTHING: Final = _nothing.__code__.replace(co_linetable=_NO_COLUMNS * (len(_nothing.__code__.co_code) // 2))


def _fields(base: type) -> tuple[Any, ...]:
    """What the instances of a class hold beside their dictionary."""
    return tuple(
        field
        for name, field in vars(base).items()
        if isinstance(field, MemberDescriptorType | GetSetDescriptorType) and _is_own(base, name)
    )


_fields_of_builtin: Final = lru_cache(maxsize=None)(_fields)
"""Those of a class that stays as it is, as long as the program runs."""


def _is_own(base: type, name: str) -> bool:
    """Whether a field is one to copy: not the object that an AttributeError missed something on, which may be large."""
    return base.__module__ != "builtins" or not (
        name.startswith("__") or name in ("args", "obj", "exceptions", "message")
    )
