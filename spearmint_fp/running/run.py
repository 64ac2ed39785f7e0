"""`run`: a function over configurations, lazily, within a window, wherever the executor says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from inspect import GEN_CREATED, getgeneratorstate
from itertools import chain
from operator import length_hint
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast, final, overload

from ..configuration.calls import explain_calls
from ..configuration.extras import require
from ..journal.journal import Journal, open_ledger
from ..outcomes.outcomes import Outcome
from ..tasks.attempts import make_outcome, run_attempt, try_task
from ..tasks.rates import is_throttled
from ..tasks.signals import find_current_handlers
from ..tasks.task_state import TaskState
from ..tasks.wrapping import is_async
from ..workers.executors import find_executor, refuse_time_limit
from .arguments import check_arguments, check_in_flight, require_count, warn_unused
from .late import event_loops, loop, replay, sources

if TYPE_CHECKING:
    from ..journal.ledger import Ledger
    from ..workers.sources import Source


C = TypeVar("C")
T = TypeVar("T")


@final
class Outcomes(chain[Outcome[C, T]], Generic[C, T]):
    """The outcomes of a run, one after the other. Closing it, or leaving its `with` block, ends what still runs.

    `finish()` ends it more gently: what runs already is awaited, its outcomes still come, and nothing else begins.

    `len()` is how many there are in all, where that is known beforehand: `tqdm(run(...))` shows the total, and
    `toolz.partition_all` ends as it should.
    """

    _groups: _Groups
    _size: int | None
    _finish: Callable[[], object] | None

    @classmethod
    def of(
        cls, groups: Generator[list[Outcome[C, T]]], size: int | None, finish: Callable[[], object] | None = None
    ) -> Outcomes[C, T]:
        """`chain.from_iterable(groups)`; where nothing runs ahead of what is asked for, `finish` is `close`."""
        counted = _Groups(groups)
        made = cast("Outcomes[C, T]", cls.from_iterable(counted))
        made._groups, made._size, made._finish, made._is_taken = counted, size, finish, False
        return made

    def __len__(self) -> int:
        self._groups.is_asked = True
        return require_count(self._size)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{self._groups.given} outcomes of a run so far>"

    def mark_taken(self) -> None:
        """Note that other outcomes are made of these, which warn in their place where nobody asks for any."""
        self._is_taken = True

    def finish(self) -> None:
        """Begin nothing more; the outcomes of what has begun still come."""
        self._groups.is_asked = True
        (self._finish or self.close)()

    def close(self) -> None:
        """End the run: what has not begun never will, and what runs is stopped."""
        self._groups.close()

    def __del__(self) -> None:
        groups = getattr(self, "_groups", None)  # an instance that was not made whole has none
        if groups is not None and groups.is_untouched and self._size != 0 and not self._is_taken:
            warn_unused("run")

    def __enter__(self) -> Outcomes[C, T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Groups(Iterator[Iterator[Outcome[Any, Any]]]):
    """Groups of neighbouring outcomes, and how many of them have been taken one by one."""

    def __init__(self, groups: Generator[list[Outcome[Any, Any]]]) -> None:
        self._groups = groups
        self._total = 0
        self.is_asked = False
        self._group: list[Outcome[Any, Any]] = []
        self._left = iter(self._group)

    def __next__(self) -> Iterator[Outcome[Any, Any]]:
        self._group = next(self._groups)
        self._total += len(self._group)
        self._left = iter(self._group)
        return self._left

    @property
    def given(self) -> int:
        """How many outcomes have been taken."""
        return self._total - length_hint(self._left)

    @property
    def is_untouched(self) -> bool:
        """True if nothing was ever asked for, neither the number nor an end, and nobody has closed it."""
        return not self.is_asked and getgeneratorstate(self._groups) == GEN_CREATED

    def close(self) -> None:
        """Give out no more, of this group neither."""
        self._total = self.given
        self._group.clear()
        self._groups.close()


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
@explain_calls
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
    numbers. A coroutine function is awaited, one call at a time, in one event loop for the whole run, or one for each
    thread or worker; so its calls can share a client (see `arun`, for many at a time). `journal` replays what it has,
    and keeps each outcome before it is given out (see `Journal`). `progress` shows a bar on a terminal and in a
    notebook, and a line now and then in a log. Extra: `[progress]`.

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
        ArgumentError: an argument of the wrong kind; a function that cannot be called with a configuration alone (see
            `by_name`, `inject`); a time limit where nothing can hold it; a configuration that was not expanded, when it
            is reached.
        TransferError: the function or the sweep cannot go to other processes; before anything runs.
        RunError: the executor is broken, or its workers do not start.
        JournalError: the journal cannot be read or written; what it has already is safe.
        EncodingError: with a journal, a function that says it returns what no journal can keep.
        MissingExtraError: a package that the executor or `progress` needs is not installed.

    See also: `arun`, from async code; `collect`, `successes`, `failures`, `best`, for the outcomes.
    """
    source = sources.Source(check_arguments(fn, configs, "run"), singly=is_throttled(fn))
    window = check_in_flight(in_flight)
    is_ours = is_async(fn) and event_loops.find_loops(fn) is None  # a caller may keep event loops for several runs
    loops = event_loops.EventLoops(per_thread=executor is not None) if is_ours else None
    task: Callable[..., Any] = fn if loops is None else event_loops.Blocking(fn, loops)
    ledger = open_ledger(journal, fn)
    if executor is None:
        refuse_time_limit(task, "a serial run")
        groups = _run_serially(task, source, ledger)
    else:
        open_pool = find_executor(executor).prepare(task, source.sweep)
        groups = loop.drive_pool(open_pool, source, window, ordered, None if ledger is None else replay.Replay(ledger))
    if loops is not None:
        groups = loops.end_after(groups)
    if progress:
        groups = require("spearmint_fp.running.progress", extra="progress", what="progress=True").show_progress(
            groups, source.size
        )
    return Outcomes.of(groups, source.size, None if executor is None else source.finish)


def _run_serially(fn: Callable[[C], T], source: Source, ledger: Ledger | None) -> Generator[list[Outcome[C, T]]]:
    state = TaskState(outer_handlers=find_current_handlers())
    if ledger is not None:
        yield from replay.replay_or_run(
            ledger, source, lambda config, index: run_attempt(fn, config, index=index, state=state)
        )
        return
    for index, config in enumerate(source):
        yield [make_outcome(config, index, try_task(fn, config, state))]
