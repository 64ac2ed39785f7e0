"""`throttled`: functions of one configuration that are not begun more often than a rate allows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import closing
from itertools import islice
from os import urandom
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar, cast, final

import attrs

from ..configuration.errors import ArgumentError
from ..configuration.identity import config_id
from ..configuration.late import LateModule, asyncio
from ..configuration.messages import repr_with_type
from ..configuration.paths import Path, get_in, parse_path
from .task_state import TASK_STATE
from .wrapping import (
    MAIN_MODULES,
    Wrapper,
    check_function,
    find_object,
    format_seconds,
    is_count,
    is_seconds,
    walk_wrapped,
)

if TYPE_CHECKING:
    from . import starts
else:
    starts = LateModule(f"{__package__}.starts")

P = ParamSpec("P")
T = TypeVar("T")

MOST_STARTS: Final = 10**7
"""The largest rate: each of its starts takes eight bytes of a file."""

MOST_LAYERS: Final = 100
"""How many decorators there may be around a function, where it is looked for."""


@final
@attrs.frozen(eq=False, repr=False, slots=False)
class Throttled(Wrapper[T]):
    """`throttled(rate, per, key=key)(function)`. `token` names it where it has no name in a module."""

    rate: int
    per: float
    key: Path | None
    token: str = attrs.field(factory=lambda: urandom(8).hex())

    def call(self, *args: Any, **kwargs: Any) -> T:
        with closing(self._take_start(args)) as waits:
            for seconds in waits:
                sleep(seconds)
        return self.function(*args, **kwargs)

    async def call_async(self, *args: Any, **kwargs: Any) -> Any:
        with closing(self._take_start(args)) as waits:
            for seconds in waits:
                await asyncio.sleep(seconds)
        return await cast(Awaitable[Any], self.function(*args, **kwargs))

    def _take_start(self, args: tuple[Any, ...]) -> Generator[float]:
        """The seconds to wait, again and again; in the end a start has been taken."""
        log = starts.START_FOLDER.open_log(f"{self._find_name()}\n{self._find_group(args)}", self.rate, self.per)
        state, number = TASK_STATE.get(), None
        try:
            while True:
                number, seconds = log.claim_start(number, monotonic())
                if number is None:
                    return
                if state is not None:
                    state.note_wait(seconds)
                yield seconds
        finally:
            if number is not None:
                log.leave_queue(number, monotonic())

    def _find_group(self, args: tuple[Any, ...]) -> str:
        """The identity of the value at `key`."""
        if self.key is None:
            return ""
        if not args:
            raise ArgumentError(
                f"throttled(key={self.key!r}) reads the configuration, which is the last argument of its function; "
                f"it was called without one. Put it outermost"
            )
        return config_id([get_in(self.key, args[-1])])  # what comes before it is bound: an instance, for instance

    def _find_name(self) -> str:
        """A name that the copies of this wrapper share in all processes of a program.

        A module's function is imported anew by a worker, so what it stands at is its name, and how deep below that.
        """
        module, path = getattr(self, "__module__", ""), getattr(self, "__qualname__", "")
        for depth, one in enumerate(islice(_walk_decorated(find_object(module, path)), MOST_LAYERS)):
            if one is self:
                return f"{'__main__' if module in MAIN_MODULES else module}.{path}, {depth}"
        return self.token

    def __reduce__(self) -> Any:
        reduced = super().__reduce__()
        if isinstance(reduced, str):
            return reduced
        return Throttled, (self.function, self.rate, self.per, self.key, self._find_name())


def _walk_decorated(fn: Any) -> Iterator[Any]:
    """The function and those that it wraps, also those that a decorator of the user's wraps."""
    while fn is not None:
        last = fn
        for last in walk_wrapped(fn):
            yield last
        fn = getattr(last, "__wrapped__", None)


def is_throttled(fn: Callable[..., Any]) -> bool:
    """True for a function that waits for its turn, or wraps one that does."""
    return any(isinstance(one, Throttled) for one in walk_wrapped(fn))


def throttled(rate: int, per: float = 1.0, *, key: Path | None = None) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """`fn -> fn` that begins at most `rate` times in any `per` seconds, and waits for its turn before.

    With `key`, a path, at most so often for each value that the configurations have there. All threads, coroutines and
    worker processes of a program are counted together, in a file of its folder for temporary files; in the order in
    which they came. Waiting is interrupted as sleep is, and is no part of the outcome's `seconds` nor of a time
    limit. What a journal replays is not called, and counts for nothing. Inside `retrying` each attempt is a start,
    outside it the first alone. Workers of Dask and Ray take part on the machine of the program; on
    another one, each configuration is a failure that says so.

    >>> from spearmint_fp import run
    >>> [outcome.result for outcome in run(throttled(2, per=0.01)(abs), [-1, 2, -3])]
    [1, 2, 3]
    >>> ask = throttled(1, per=60, key="llm.model")(lambda config: config["llm"]["model"])
    >>> [outcome.result for outcome in run(ask, [{"llm": {"model": "small"}}, {"llm": {"model": "large"}}])]
    ['small', 'large']

    Raises:
        ArgumentError: `rate` is no whole number above 0, `per` no number of seconds above 0, or `key` no path.
        PathError: when it is called, and the configuration has nothing at `key`.
        RunError: when it is called, in a worker on another machine, or in a thread whose run has ended.

    See also: `retrying` and `timed_out`; they compose in any order.
    """
    if not is_count(rate) or rate > MOST_STARTS:
        raise ArgumentError(
            f"throttled takes how many starts there may be, a whole number from 1 to {MOST_STARTS}; got "
            f"{repr_with_type(rate)}. One in two seconds is throttled(1, per=2)"
        )
    if not is_seconds(per) or not per:
        raise ArgumentError(f"per is a number of seconds above 0; got {format_seconds(per)}")
    steps = None if key is None else parse_path(key)
    return lambda fn: Throttled(check_function(fn, "throttled(10)"), rate, per, steps)
