"""Functions as they are called with a configuration alone, from a name and a few options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..configuration.errors import ArgumentError, repr_with_type
from ..tasks.injection import inject
from ..tasks.retries import retrying
from ..tasks.time_limits import timed_out
from ..tasks.wrapping import Strided

__all__ = ["alone", "within"]


def alone(fn: Any, name: str) -> Callable[[Any], Any]:
    """`fn`, or `inject(fn)` where annotations say what its parameters take of a configuration; that of an experiment.

    >>> alone(abs, "builtins:abs")(-1)
    1

    Raises:
        ArgumentError: no function, or one that cannot be called with a configuration alone; says which by `name`.
    """
    if not callable(fn):
        raise ArgumentError(f"{name} is no function; it is {repr_with_type(fn)}")
    if "__experiment__" in getattr(fn, "__dict__", ()):
        fn = fn.__wrapped__
    injected = inject(fn)
    try:
        injected.signature.bind(*(() if injected.parameters else (None,)))
    except TypeError as error:
        raise ArgumentError(
            f"{name} cannot be called with a configuration alone: {error}. A function takes the configuration as its "
            f"one argument, or by parameters whose annotations say what they take of it"
        ) from None
    return injected if injected.parameters else fn


def within(
    fn: Callable[[Any], Any], *, part: tuple[int, int] | None, seconds: float | None, retries: int
) -> Callable[[Any], Any]:
    """The function over one shard, `part`; ended after so many seconds, and called again when it fails.

    >>> within(abs, part=None, seconds=None, retries=0) is abs
    True

    Raises:
        ArgumentError: `seconds` is no number above 0.
    """
    task = fn if part is None else Strided(fn, *part)
    limited = task if seconds is None else timed_out(seconds)(task)
    return retrying(retries + 1)(limited) if retries else limited
