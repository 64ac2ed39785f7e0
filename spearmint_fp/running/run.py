"""`run`: a function over configurations, lazily, within a window, wherever the executor says."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain
from operator import length_hint
from types import TracebackType
from typing import Any, Final, Generic, TypeVar, cast, final, overload

from ..configuration.choices import require_expanded
from ..configuration.errors import ArgumentError, repr_with_type
from ..configuration.extras import require
from ..configuration.fold import Choice
from ..configuration.tables import is_keyed
from ..journal.journal import Journal, Ledger, open_ledger
from ..outcomes.outcomes import Outcome
from ..sweep.core import Sweep
from ..tasks.attempts import Trace, make_outcome, run_attempt, try_task
from ..tasks.event_loops import make_blocking
from ..tasks.signals import current_handlers, hold_signals
from ..workers.chunks import Chunk, Halt, Pace, Source, expanded
from ..workers.executors import place, unlimited
from ..workers.pools import Came, Crew
from .replay import resumed, settled

__all__ = ["Outcomes", "checked", "run", "total", "window"]

C = TypeVar("C")
T = TypeVar("T")

MOST: Final = 65_536
"""How many configurations are in flight at most where `in_flight` does not say."""

AHEAD: Final = 4
"""How many chunks per worker are in flight at most where `in_flight` does not say."""


@final
class Outcomes(chain[Outcome[C, T]], Generic[C, T]):
    """The outcomes of a run, one after the other. Closing it, or leaving its `with` block, ends what still runs.

    `len()` is how many there are in all, where that is known beforehand: `tqdm(run(...))` shows the total, and
    `toolz.partition_all` ends as it should.
    """

    _batches: _Batches
    _size: int | None

    @classmethod
    def of(cls, batches: Generator[list[Outcome[C, T]]], size: int | None) -> Outcomes[C, T]:
        """`chain.from_iterable(batches)`."""
        counted = _Batches(batches)
        made = cast("Outcomes[C, T]", cls.from_iterable(counted))
        made._batches, made._size = counted, size
        return made

    def __len__(self) -> int:
        return total(self._size)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{self._batches.given} outcomes of a run so far>"

    def close(self) -> None:
        """End the run: what has not begun never will, and what runs is stopped."""
        self._batches.close()

    def __enter__(self) -> Outcomes[C, T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Batches(Iterator[Iterator[Outcome[Any, Any]]]):
    """Batches of outcomes, and how many of them have been taken one by one."""

    def __init__(self, batches: Generator[list[Outcome[Any, Any]]]) -> None:
        self._batches = batches
        self._total = 0
        self._batch: list[Outcome[Any, Any]] = []
        self._left = iter(self._batch)

    def __next__(self) -> Iterator[Outcome[Any, Any]]:
        self._batch = next(self._batches)
        self._total += len(self._batch)
        self._left = iter(self._batch)
        return self._left

    @property
    def given(self) -> int:
        """How many outcomes have been taken."""
        return self._total - length_hint(self._left)

    def close(self) -> None:
        """No more batches, and no more of this one."""
        self._total = self.given
        self._batch.clear()
        self._batches.close()


@overload
def run(
    fn: Callable[[C], Awaitable[T]],
    configs: Iterable[C],
    *,
    executor: Any = ...,
    in_flight: int | None = ...,
    ordered: bool = ...,
    journal: Journal | None = ...,
    progress: bool = ...,
) -> Outcomes[C, T]: ...
@overload
def run(
    fn: Callable[[C], T],
    configs: Iterable[C],
    *,
    executor: Any = ...,
    in_flight: int | None = ...,
    ordered: bool = ...,
    journal: Journal | None = ...,
    progress: bool = ...,
) -> Outcomes[C, T]: ...
def run(  # noqa: PLR0913
    fn: Callable[[Any], Any],
    configs: Iterable[Any],
    *,
    executor: Any = None,
    in_flight: int | None = None,
    ordered: bool = True,
    journal: Journal | None = None,
    progress: bool = False,
) -> Outcomes[Any, Any]:
    """`(Success(config, fn(config)) for config in configs)`, where what `fn` raises is a `Failure` instead.

    Lazy: nothing runs before the first outcome is asked for, and at most `in_flight` configurations have been taken
    from `configs` without their outcome having been given out, whatever the number of them. `executor` says where:
    None runs each when it is asked for, in this thread; otherwise `threads(n)`, `processes(n)`, `dask_cluster(...)`,
    `ray_cluster()`, or any live `concurrent.futures.Executor`. `ordered` gives outcomes in the order of the
    configurations, else as they are completed; each carries its `index`. A sweep travels to processes as a slice, two
    numbers. A coroutine function is awaited, each call in an event loop of its own (see `arun`). `journal` replays
    what it has, and keeps each outcome before it is given out (see `Journal`). `progress` shows a line on a
    terminal. Extra: `[progress]`.

    An interrupt (Ctrl-C) is raised here, stops what runs, and is no configuration's failure. So is what the handler of
    a signal raises, such as `sys.exit`, unless the task has set that handler itself and it raises an `Exception`.
    Closing the iterator early does the same; the outcomes given out until then are the caller's.

    >>> from spearmint_fp import DynamicValue, expand, threads
    >>> sweep = expand({"n": DynamicValue([1, 0, 4])})
    >>> [outcome.result if outcome.ok else outcome.error.type for outcome in run(lambda c: 4 // c.n, sweep)]
    [4, 'ZeroDivisionError', 1]
    >>> astronomical = expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})
    >>> with run(lambda c: c.x29, astronomical, executor=threads(2)) as outcomes:
    ...     [next(outcomes).result for _ in range(3)]
    [0, 1, 2]

    Raises:
        ArgumentError: an argument of the wrong kind; a time limit where nothing can hold it; a configuration that was
            not expanded, when it is reached.
        TransferError: the function or the sweep cannot go to other processes; before anything runs.
        RunError: the executor is broken, or its workers do not start.
        JournalError: the journal cannot be read or written; what it has already is safe.
        MissingExtraError: a package that the executor or `progress` needs is not installed.

    See also: `arun`, from async code; `collect`, `successes`, `failures`, `best`, for the outcomes.
    """
    source = Source(checked(fn, configs, "run"))
    limit = window(in_flight)
    task = make_blocking(fn)
    ledger = open_ledger(journal, fn)
    if executor is None:
        unlimited(task, "a serial run")
        batches = _serial(task, source) if ledger is None else _kept(task, source, ledger)
    else:
        batches = _driven(place(executor).opener(task, source.sweep), source, limit, ordered, ledger)
    if progress:
        batches = require("spearmint_fp.running.progress", extra="progress", what="progress=True").shown_progress(
            batches, source.size
        )
    return Outcomes.of(batches, source.size)


def total(size: int | None) -> int:
    """How many outcomes a run has in all, for `len`; else a TypeError, which `list`, tqdm and toolz understand."""
    if size is None or size > sys.maxsize:
        why = "the configurations were not counted" if size is None else "they are more than len() can say"
        raise ArgumentError(f"no len() of these outcomes: {why}")
    return size


def checked(fn: Any, configs: Any, function: str) -> Any:
    """`configs`, or the error that says what a run takes."""
    if not callable(fn):
        raise ArgumentError(f"{function} takes a function and configurations; got {repr_with_type(fn)} as the function")
    if "__experiment__" in getattr(fn, "__dict__", ()):
        raise ArgumentError(
            f"{repr_with_type(fn)} is an experiment, which has configurations of its own. Use Spearmint.run(fn), or "
            f"{function}(inject(fn.__wrapped__), configs)"
        )
    if is_keyed(configs) and not isinstance(configs, Mapping | Choice):
        raise ArgumentError(
            f"{function} takes an iterable of configurations; got {repr_with_type(configs)}. For the rows of a table use "
            f"expand(DynamicValue(table))"
        )
    if isinstance(configs, str | bytes | Mapping) or (isinstance(configs, Choice) and not isinstance(configs, Sweep)):
        raise ArgumentError(
            f"{function} takes an iterable of configurations; got {repr_with_type(configs)}. Use expand(tree)"
        )
    if isinstance(configs, list | tuple) and configs:
        require_expanded(configs[0])  # the common mistake, run(fn, [tree]), is told at once
    return expanded(configs)


def window(in_flight: Any) -> int | None:
    """How many configurations may be in flight, where the caller says."""
    if in_flight is None or (isinstance(in_flight, int) and not isinstance(in_flight, bool) and in_flight > 0):
        return in_flight
    raise ArgumentError(
        f"in_flight is how many configurations may be in flight, above 0; got {repr_with_type(in_flight)}"
    )


def _serial(fn: Callable[[C], T], configs: Iterable[C]) -> Generator[list[Outcome[C, T]]]:
    trace = Trace(outside=current_handlers())
    for index, config in enumerate(configs):
        yield [make_outcome(config, index, try_task(fn, config, trace))]


def _kept(fn: Callable[[C], T], configs: Iterable[C], ledger: Ledger) -> Generator[list[Outcome[C, T]]]:
    trace = Trace(outside=current_handlers())
    for index, config in enumerate(configs):
        yield [settled(ledger, config, index, partial(run_attempt, fn, config, index=index, trace=trace))]


def _driven(
    opener: Callable[[], Crew], source: Source, limit: int | None, ordered: bool, ledger: Ledger | None
) -> Generator[list[Outcome[Any, Any]]]:
    """The outcomes of a crew, which is stopped whichever way this ends."""
    crew, owner = opener(), os.getpid()
    why: BaseException | None = GeneratorExit()
    try:
        yield from _Turns(crew, source, limit, ordered, ledger).batches()
        why = None
    except BaseException as error:
        why = error
        raise
    finally:
        if os.getpid() == owner:  # a process that the caller has forked holds a copy, which runs nothing
            _stop(crew, why)


def _stop(crew: Crew, why: BaseException | None) -> None:
    """Stop a crew. An interrupt ends the wait for what still runs; a second one waits until nothing is left behind."""
    if not (why is None or isinstance(why, GeneratorExit)):
        with hold_signals():
            crew.stop(why)
        return
    try:
        crew.stop(why)
    except BaseException as interrupt:
        with hold_signals():
            crew.stop(interrupt)
        raise


@final
class _Turns:
    """Keeps a crew busy, and gives out what it gives back, in order if asked; what waits for its turn is in the window.

    With a ledger, what is known already does not go to the crew, and what comes back is kept first.
    """

    def __init__(self, crew: Crew, source: Source, limit: int | None, ordered: bool, ledger: Ledger | None) -> None:
        self._crew, self._source, self._limit, self._ordered = crew, source, limit, ordered
        self._pieces, self._kept = resumed(ledger)
        self._pace = Pace(crew.seconds, crew.workers)
        self._waiting: dict[int, list[Outcome[Any, Any]]] = {}
        self._given = self._here = 0

    def batches(self) -> Iterator[list[Outcome[Any, Any]]]:
        """Neighbouring outcomes, until all have been given out; at last the error of the configurations themselves."""
        source = self._source
        while self._fill():
            if source.pulled - self._given > self._here:
                self._take(self._kept(self._crew.get()), ran=True)
            for outcomes in self._due() if self._ordered else self._all():
                self._given += len(outcomes)
                self._here -= len(outcomes)
                yield outcomes
        if source.error is not None:
            raise source.error

    def _fill(self) -> bool:
        """Give the crew as many chunks as the window has room for; whether any outcome is still to come."""
        source = self._source
        while (chunk := self._cut()) is not None:
            for piece in self._pieces(chunk):
                if isinstance(piece, Chunk):
                    self._crew.put(piece)
                else:
                    self._take([piece], ran=False)
        return source.pulled > self._given

    def _cut(self) -> Chunk | None:
        """The next chunk, where there is one and room for it."""
        crew, source, limit = self._crew, self._source, self._limit
        size = self._pace.size(None if source.size is None else source.size - source.pulled)
        if limit is not None:
            size = min(size, max(1, limit // (2 * crew.workers)))
        room = (limit or min(MOST, AHEAD * crew.workers * size)) - (source.pulled - self._given)
        return source.cut(size, crew.seconds) if room >= size else None

    def _take(self, came: Iterable[Came], ran: bool) -> None:
        """Note what has come: outcomes, which wait for their turn, or that the configurations end with an error."""
        for one in came:
            if isinstance(one, Halt):
                self._source.halt(one, self._ordered)
                continue
            start, outcomes = one
            self._waiting[start] = outcomes
            self._here += len(outcomes)
            if ran:
                self._pace.note(len(outcomes), sum(outcome.seconds for outcome in outcomes))
        if self._source.ended:
            self._drop_behind()

    def _drop_behind(self) -> None:
        """In order, nothing comes after configurations that raise, though it may have run already."""
        if self._ordered:
            for start in [start for start in self._waiting if start >= self._source.pulled]:
                self._here -= len(self._waiting.pop(start))

    def _due(self) -> Iterator[list[Outcome[Any, Any]]]:
        """The outcomes that come next in order, as far as they have come."""
        while (outcomes := self._waiting.pop(self._given, None)) is not None:
            yield outcomes

    def _all(self) -> Iterator[list[Outcome[Any, Any]]]:
        """All that have come, as they came."""
        for start in tuple(self._waiting):
            yield self._waiting.pop(start)
