"""Outcomes: what became of one configuration, as a value."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import count, islice, repeat, starmap
from typing import Any, Final, Generic, Literal, NoReturn, TypeVar, final

import attrs

from ..configuration.config import Config
from ..configuration.errors import STOPS, make_stop_error
from ..configuration.identity import config_id
from ..configuration.layout_classes import explain_attribute
from ..configuration.views import show_html
from .exceptions import copy_exception, cut_earlier_attempts, format_traceback, list_kinds, read_message

C = TypeVar("C")
T = TypeVar("T")
C_co = TypeVar("C_co", covariant=True)
T_co = TypeVar("T_co", covariant=True)


@final
@attrs.frozen
class ErrorInfo:
    """An exception as data: what remains of it wherever it goes. Equal by type and message.

    `exception` is a copy of it, and so are its causes: a failure that is kept holds no frame, and no local variable, of
    the task, and what was raised is left as it was. The traceback of the copy names the lines, but a debugger finds no
    variables there: to look at those, call the function again with the failure's configuration.

    >>> from spearmint_fp import run
    >>> [failure] = run(lambda n: 1 / n, [0])
    >>> failure.error.type, failure.error.message, failure.error.kinds[1]
    ('ZeroDivisionError', 'division by zero', 'ArithmeticError')
    """

    type: str
    message: str
    traceback: str = attrs.field(eq=False, repr=False)
    exception: BaseException | None = attrs.field(eq=False, repr=False, default=None)
    kinds: tuple[str, ...] = attrs.field(eq=False, repr=False, default=())
    """The names of its class and of all that it is derived from, as `type` has the first; empty where not known."""

    @classmethod
    def of(cls, error: BaseException) -> ErrorInfo:
        """The description of a raised exception, which is left as it was."""
        cut_earlier_attempts(error)
        error = explain_attribute(error)
        kinds = list_kinds(type(error))
        return cls(kinds[0], read_message(error), format_traceback(error), copy_exception(error), kinds)

    def __reduce__(self) -> tuple[Any, ...]:
        """As data; with the exception where it survives pickling, without where it does not."""
        import pickle

        exception = self.exception
        try:
            pickle.loads(pickle.dumps(exception))  # noqa: S301  # our own bytes
        except Exception:  # whatever a user's exception does when it is copied
            exception = None
        return ErrorInfo, (self.type, self.message, self.traceback, exception, self.kinds)

    def raise_(self) -> NoReturn:
        """Raise the exception, or a RuntimeError that tells of it where it did not survive.

        Each time another copy, whose traceback is the caller's own. What ends an iteration is a `CallbackError`.
        """
        if self.exception is None:
            raise RuntimeError(f"{self.type}: {self.message}\n{self.traceback}")
        error = copy_exception(self.exception)
        if isinstance(error, STOPS):
            raise make_stop_error("the task", error) from error
        raise error


_NO_CONFIGS: Final = Config()


@final
@attrs.frozen(init=False)
class Success(Generic[C_co, T_co]):
    """A configuration whose function returned `result`.

    Frozen; equal to another whatever the time it took. `match` on `Success(...) | Failure(...)` is exhaustive. For an
    experiment, `configs` maps it, and each experiment that it calls, to its configuration.

    >>> from spearmint_fp import run
    >>> next(run(lambda c: c * 2, [21]))
    Success(config=21, result=42, index=0, attempts=1, replayed=False)

    See also: `Failure`.
    """

    config: C_co  # type: ignore[misc]  # read only, as attrs makes it
    result: T_co  # type: ignore[misc]
    index: int = 0
    seconds: float = attrs.field(default=0.0, eq=False, repr=False)
    attempts: int = 1
    replayed: bool = False
    configs: Mapping[Any, Any] = attrs.field(default=_NO_CONFIGS, eq=False, repr=False)

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        config: C_co,
        result: T_co,
        index: int = 0,
        seconds: float = 0.0,
        attempts: int = 1,
        replayed: bool = False,
        configs: Mapping[Any, Any] = _NO_CONFIGS,
    ) -> None:
        """The same as attrs would write, in half the time: a run makes one for each configuration."""
        _set_config(self, config)
        _set_result(self, result)
        _set_index(self, index)
        _set_seconds(self, seconds)
        _set_attempts(self, attempts)
        _set_replayed(self, replayed)
        _set_configs(self, configs)

    @property
    def ok(self) -> Literal[True]:
        """True: there is a result."""
        return True

    @property
    def config_id(self) -> str:
        """`config_id(self.config)`."""
        return config_id(self.config)

    def _repr_html_(self) -> str:
        return show_html(self)


_SETTERS: Final = tuple(vars(Success)[field.name].__set__ for field in attrs.fields(Success))
_set_config, _set_result, _set_index, _set_seconds, _set_attempts, _set_replayed, _set_configs = _SETTERS


def make_successes(configs: Sequence[C], endings: Iterable[tuple[T, float, int]], start: int) -> list[Success[C, T]]:
    """`[Success(config, result, index, seconds, attempts) …]` from `start` on, field by field: half the time."""
    if not configs:
        return []
    made = list(starmap(object.__new__, repeat((Success,), len(configs))))
    results, seconds, attempts = zip(*islice(endings, len(configs)), strict=True)
    columns: tuple[Iterable[Any], ...] = (
        configs,
        results,
        count(start),
        seconds,
        attempts,
        repeat(False),
        repeat(_NO_CONFIGS),
    )
    for setter, values in zip(_SETTERS, columns, strict=True):
        deque(starmap(setter, zip(made, values, strict=False)), 0)  # takes them all, and keeps none
    return made


@final
@attrs.frozen
class Failure(Generic[C_co]):
    """A configuration whose function raised; `error` says what, and `result` raises it again.

    >>> from spearmint_fp import run
    >>> failed = next(run(lambda c: c / 0, [1]))
    >>> failed.ok, failed.error.type, failed.error.message
    (False, 'ZeroDivisionError', 'division by zero')

    See also: `Success`.
    """

    config: C_co
    error: ErrorInfo
    index: int = 0
    seconds: float = attrs.field(default=0.0, eq=False, repr=False)
    attempts: int = 1
    replayed: bool = False
    configs: Mapping[Any, Any] = attrs.field(default=_NO_CONFIGS, eq=False, repr=False)

    @property
    def ok(self) -> Literal[False]:
        """False: there is no result."""
        return False

    @property
    def result(self) -> NoReturn:
        """Raises the error."""
        self.error.raise_()

    @property
    def config_id(self) -> str:
        """`config_id(self.config)`."""
        return config_id(self.config)

    def _repr_html_(self) -> str:
        return show_html(self)


Outcome = Success[C, T] | Failure[C]
"""The outcome of one configuration: match on both."""
