"""The number of a worker process, and the initializer that it calls before its first task."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterable
from typing import Any, Final, final

import attrs

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type, short_repr
from ..tasks.wrapping import is_async

WORKER_VARIABLE: Final = "SPEARMINT_WORKER"
"""The variable of the environment that holds the number of a worker, for it and for the programs that it starts."""


def worker() -> int | None:
    """`int(os.environ["SPEARMINT_WORKER"])`: the number of this worker of `processes(n)`, 0 to n - 1; else None.

    No two workers of a run have the same number at the same time; the successor of one that ended has the number of
    that one. It is set before the initializer is called, and before anything of the task's is imported. None in the
    program itself, in its threads, in live pools, and on the workers of Dask and Ray, which have names of their own.
    A program that a worker starts has the number of that worker.

    >>> worker() is None
    True
    >>> from spearmint_fp import processes, run
    >>> [outcome.result for outcome in run(lambda _: worker(), range(3), executor=processes(1))]
    [0, 0, 0]

    Raises:
        ArgumentError: the variable was set by hand, and is no whole number.

    See also: `processes`.
    """
    text = os.environ.get(WORKER_VARIABLE)
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    raise ArgumentError(f"{WORKER_VARIABLE} is the number of a worker, 0 or above; got {text!r}")


def set_worker(number: int) -> None:
    """Make this process the worker of that number."""
    os.environ[WORKER_VARIABLE] = str(number)


@final
@attrs.frozen(repr=False)
class Initializer:
    """`function(*arguments)`, to be called once in each worker."""

    function: Callable[..., object]
    arguments: tuple[Any, ...]

    def __call__(self) -> None:
        self.function(*self.arguments)


def check_initializer(function: Any, arguments: Any) -> tuple[Any, ...]:
    """The arguments of an initializer as a tuple, or the error that says why it cannot be called with them."""
    if isinstance(arguments, str | bytes) or not isinstance(arguments, Iterable):
        raise ArgumentError(
            f"initargs are the arguments of the initializer, in a tuple: initargs=({short_repr(arguments)},); got "
            f"{repr_with_type(arguments)}"
        )
    given: tuple[Any, ...] = tuple(arguments)
    if function is None and given:
        raise ArgumentError(f"initargs are for an initializer, and there is none; got {repr_with_type(given)}")
    if function is None:
        return given
    if not callable(function) or is_async(function):
        kind = "a coroutine function, which nobody awaits" if callable(function) else repr_with_type(function)
        raise ArgumentError(f"initializer is a plain function, called once in each worker; got {kind}")
    try:
        signature = inspect.signature(function, follow_wrapped=False)
    except (ValueError, TypeError):  # a builtin that does not say
        return given
    try:
        signature.bind(*given)
    except TypeError as error:
        raise ArgumentError(
            f"the initializer {repr_with_type(function)} cannot be called with initargs={short_repr(given)}: {error}"
        ) from None
    return given
