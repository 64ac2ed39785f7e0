"""Outcomes: what became of one configuration, as a value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Generic, Literal, NoReturn, TypeVar, final

import attrs

from ..configuration.identity import config_id

__all__ = ["ErrorInfo", "Failure", "Outcome", "Success", "attempt", "attempt_async"]

C = TypeVar("C")
T = TypeVar("T")
C_co = TypeVar("C_co", covariant=True)
T_co = TypeVar("T_co", covariant=True)


@final
@attrs.frozen
class ErrorInfo:
    """An exception as data: what remains of it wherever it goes. Equal by type and message."""

    type: str
    message: str
    traceback: str = attrs.field(eq=False, repr=False)
    exception: BaseException | None = attrs.field(eq=False, repr=False, default=None)

    @classmethod
    def of(cls, error: BaseException) -> ErrorInfo:
        """The description of a raised exception, which it keeps too."""
        from traceback import format_exception  # for failures alone

        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        return cls(name, _message(error), "".join(format_exception(error)), error)

    def __reduce__(self) -> tuple[Any, ...]:
        """As data; with the exception where it survives pickling, without where it does not."""
        return ErrorInfo, (self.type, self.message, self.traceback, self.exception if self._survives() else None)

    def _survives(self) -> bool:
        import pickle

        try:
            pickle.loads(pickle.dumps(self.exception))  # noqa: S301  # our own bytes
        except Exception:  # whatever a user's exception does when it is copied
            return False
        return True

    def raise_(self) -> NoReturn:
        """Raise the exception again, or a RuntimeError that tells of it where it did not survive."""
        if self.exception is not None:
            raise self.exception
        raise RuntimeError(f"{self.type}: {self.message}\n{self.traceback}")


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a hostile __str__ must not turn a failure into a crash
        return f"<{type(error).__qualname__} whose message cannot be read>"


@final
@attrs.frozen
class Success(Generic[C_co, T_co]):
    """A configuration whose function returned `result`.

    Frozen; equal to another whatever the time it took. `match` on `Success(...) | Failure(...)` is exhaustive.

    >>> attempt(lambda c: c * 2, 21, index=0).result
    42

    See also: `Failure`.
    """

    config: C_co
    result: T_co
    index: int = 0
    seconds: float = attrs.field(default=0.0, eq=False)
    attempts: int = 1
    replayed: bool = False

    @property
    def ok(self) -> Literal[True]:
        """True: there is a result."""
        return True

    @property
    def config_id(self) -> str:
        """`config_id(self.config)`."""
        return config_id(self.config)


@final
@attrs.frozen
class Failure(Generic[C_co]):
    """A configuration whose function raised; `error` says what, and `result` raises it again.

    >>> failed = attempt(lambda c: c / 0, 1, index=0)
    >>> failed.ok, failed.error.type, failed.error.message
    (False, 'ZeroDivisionError', 'division by zero')

    See also: `Success`.
    """

    config: C_co
    error: ErrorInfo
    index: int = 0
    seconds: float = attrs.field(default=0.0, eq=False)
    attempts: int = 1
    replayed: bool = False

    @property
    def ok(self) -> Literal[False]:
        """False: there is no result."""
        return False

    @property
    def result(self) -> NoReturn:
        """Raises the error, so that whoever asks a failure for its result learns of it."""
        self.error.raise_()

    @property
    def config_id(self) -> str:
        """`config_id(self.config)`."""
        return config_id(self.config)


Outcome = Success[C, T] | Failure[C]
"""What became of one configuration: match on both."""


def attempt(fn: Callable[[C], T], config: C, *, index: int) -> Outcome[C, T]:
    """`Success(config, fn(config))`, or the `Failure` that it raised, `SystemExit` too; an interrupt passes through."""
    start = perf_counter()
    try:
        result = fn(config)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:  # SystemExit, or a cancellation inside: this configuration's own end
        return Failure(config, ErrorInfo.of(error), index, perf_counter() - start)
    return Success(config, result, index, perf_counter() - start)


async def attempt_async(fn: Callable[[C], Awaitable[T]], config: C, *, index: int) -> Outcome[C, T]:
    """`attempt`, for a coroutine function; where the task itself is cancelled, that passes through."""
    start = perf_counter()
    try:
        result = await fn(config)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if _is_cancelled():
            raise
        return Failure(config, ErrorInfo.of(error), index, perf_counter() - start)
    return Success(config, result, index, perf_counter() - start)


def _is_cancelled() -> bool:
    """Whether the running task is being cancelled from outside."""
    import asyncio

    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
