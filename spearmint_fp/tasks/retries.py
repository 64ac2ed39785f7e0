"""`retrying`: functions of one configuration that try again."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from types import CoroutineType
from typing import Any, ParamSpec, TypeVar, cast, final

import attrs

from ..configuration.errors import ArgumentError
from ..configuration.extras import require
from ..configuration.layout_classes import explain_attribute
from ..configuration.messages import repr_with_type, short_repr
from .asyncio_tasks import is_cancelled
from .attempts import refuse_coroutine
from .signals import NO_HANDLERS, ends_run
from .task_state import TASK_STATE, ActiveWrapper, TaskState, enter_wrapper
from .wrapping import Wrapper, check_function, format_seconds, is_count, is_seconds

P = ParamSpec("P")
T = TypeVar("T")


@final
@attrs.frozen(eq=False, repr=False, slots=False)
class Retrying(Wrapper[T]):
    """`retrying(attempts, on=on, wait=wait)(function)`."""

    attempts: int
    on: Any
    wait: Any

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        _import_tenacity()  # a worker that opens it does so too: loading takes no time of a task's

    def call(self, *args: Any, **kwargs: Any) -> T:
        with enter_wrapper(1) as (state, wrapper):
            for attempt in self._make_policy("Retrying"):
                _number_attempt(attempt.retry_state, wrapper, state)
                with attempt:
                    result = self.function(*args, **kwargs)
                    if type(result) is CoroutineType:  # its errors would come later, after the last attempt
                        refuse_coroutine(result)
                    return result
        raise AssertionError("a retry policy ends with a result or an error")

    async def call_async(self, *args: Any, **kwargs: Any) -> Any:
        with enter_wrapper(1) as (state, wrapper):
            async for attempt in self._make_policy("AsyncRetrying"):
                _number_attempt(attempt.retry_state, wrapper, state)
                with attempt:
                    return await cast(Awaitable[Any], self.function(*args, **kwargs))
        raise AssertionError("a retry policy ends with a result or an error")

    def _make_policy(self, kind: str) -> Any:
        """Tenacity's object for one call, whose state it holds."""
        tenacity = _import_tenacity()
        wait = self.wait if callable(self.wait) else tenacity.wait_fixed(self.wait)
        if not isinstance(wait, tenacity.wait.wait_base):
            wait = functools.partial(_call_wait, wait)
        stop, retry = tenacity.stop_after_attempt(self.attempts), tenacity.retry_if_exception(self._is_retried)
        return getattr(tenacity, kind)(stop=stop, wait=wait, retry=retry, reraise=True)

    def _is_retried(self, error: BaseException) -> bool:
        """True for an error to try again after; one that ends the task itself never is."""
        if not isinstance(error, Exception) and (isinstance(error, GeneratorExit) or is_cancelled()):
            return False
        state = TASK_STATE.get()
        if ends_run(error, NO_HANDLERS if state is None else state.outer_handlers):
            return False
        if isinstance(error, KeyboardInterrupt):  # a class above it is not meant
            return type(error) in (self.on if isinstance(self.on, tuple) else (self.on,))
        if _is_error_types(self.on):  # of the error that the failure tells of, whatever class a configuration is of
            return isinstance(explain_attribute(error), self.on)
        return isinstance(error, Exception) and bool(self.on(error))


def _call_wait(wait: Callable[[int], float], retry_state: Any) -> float:
    """The seconds that a user's function says, if those can be waited for."""
    seconds = wait(retry_state.attempt_number)
    if not is_seconds(seconds):
        returned = f"{short_repr(wait)} returned {format_seconds(seconds)}"
        raise ArgumentError(f"wait is a function that returns a number of seconds; {returned}")
    return seconds


def _number_attempt(retry_state: Any, wrapper: ActiveWrapper, state: TaskState) -> None:
    """Note an attempt; the first one of a task that was begun again has the number of that at which it was ended."""
    if retry_state.attempt_number == 1:
        retry_state.attempt_number = wrapper.number
    else:
        state.begin_attempt(wrapper, retry_state.attempt_number)


def _is_error_types(on: Any) -> bool:
    kinds = on if isinstance(on, tuple) else (on,)
    return all(isinstance(kind, type) and issubclass(kind, BaseException) for kind in kinds)


def _import_tenacity() -> Any:
    return require("tenacity", extra="retry", what="retrying")


def retrying(
    attempts: int,
    *,
    on: type[BaseException] | tuple[type[BaseException], ...] | Callable[[BaseException], bool] = Exception,
    wait: float | Callable[[int], float] | Any = 0.0,
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """`fn -> fn` that calls again where `fn` raises, until it returns or has been called `attempts` times.

    `on` says which errors are tried again: a class, several, or a function of the error. `wait` is how many seconds lie
    between two attempts: a number, a function of the number of the attempt that failed, or a `wait` of tenacity
    (`tenacity.wait_random_exponential(max=60)`). The last error is the one that is raised. The outcome's
    `attempts` says how often the function was called. Coroutine functions are awaited. An interrupt is never
    tried again, unless `on` names its class. Extra: `[retry]`.

    >>> from spearmint_fp import run
    >>> statuses = iter([503, 503, 200])
    >>> @retrying(3, on=ConnectionError)
    ... def fetch(url):
    ...     if (status := next(statuses)) != 200:
    ...         raise ConnectionError(f"{url}: {status}")
    ...     return status
    >>> next(run(fetch, ["example.org"]))
    Success(config='example.org', result=200, index=0, attempts=3, replayed=False)
    >>> never = next(run(retrying(2)(lambda n: 1 / n), [0]))
    >>> never.ok, never.attempts, never.error.type
    (False, 2, 'ZeroDivisionError')

    Raises:
        ArgumentError: `attempts` is no whole number above 0, or `on` or `wait` is of the wrong kind.
        MissingExtraError: tenacity is not installed.

    See also: `timed_out` and `throttled`; they compose in any order.
    """
    if not is_count(attempts):
        raise ArgumentError(
            f"retrying takes how often to call at most, a whole number above 0; got {repr_with_type(attempts)}"
        )
    if not _is_error_types(on) and (isinstance(on, type) or not callable(on)):
        raise ArgumentError(
            f"on is a class of errors, a tuple of them, or a function of an error; got {repr_with_type(on)}"
        )
    if not callable(wait) and not is_seconds(wait):
        raise ArgumentError(
            f"wait is a number of seconds, or a function of the attempt's number; got {format_seconds(wait)}"
        )
    _import_tenacity()
    return lambda fn: Retrying(check_function(fn, "retrying(3)"), attempts, on, wait)
