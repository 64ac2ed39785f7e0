"""`stop_when`: a run that ends by what has come of it so far."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ..configuration.errors import ArgumentError
from ..configuration.messages import repr_with_type
from ..outcomes.collecting import as_outcome
from ..outcomes.outcomes import Outcome
from .run import Outcomes

if TYPE_CHECKING:
    from .arun import AsyncOutcomes

C = TypeVar("C")
T = TypeVar("T")
S = TypeVar("S")


def count_failure(count: int, outcome: Outcome[Any, Any]) -> int:
    """`count`, and one more for a failure."""
    return count + (not outcome.ok)


@overload
def stop_when(
    enough: Callable[[S], bool],
    outcomes: AsyncOutcomes[C, T],
    *,
    step: Callable[[S, Outcome[C, T]], S],
    initial: S,
) -> AsyncOutcomes[C, T]: ...
@overload
def stop_when(enough: Callable[[int], bool], outcomes: AsyncOutcomes[C, T]) -> AsyncOutcomes[C, T]: ...
@overload
def stop_when(
    enough: Callable[[S], bool],
    outcomes: Iterable[Outcome[C, T]],
    *,
    step: Callable[[S, Outcome[C, T]], S],
    initial: S,
) -> Outcomes[C, T]: ...
@overload
def stop_when(enough: Callable[[int], bool], outcomes: Iterable[Outcome[C, T]]) -> Outcomes[C, T]: ...
def stop_when(
    enough: Callable[[Any], bool],
    outcomes: Any,
    *,
    step: Callable[[Any, Any], Any] | None = None,
    initial: Any = 0,
) -> Any:
    """The outcomes of a run up to the one with which `enough(reduce(step, outcomes, initial))`, and what ran then.

    A fold over what has come so far says when to stop; by default it counts failures. When it is enough, nothing more
    begins, and what runs is awaited: its outcomes come too, as they have been paid for. To cancel them instead, leave
    the `with` block. Outcomes that a journal replays cost nothing: they pass, and are not counted. All are looked at as
    they are given out, so take `ordered=False` where a slow one must not hold up the news. Lazy; `arun` is taken as
    well, and so is the result of another `stop_when`. From any other iterable nothing more is taken.

    >>> from spearmint_fp import run
    >>> [outcome.ok for outcome in stop_when(lambda failed: failed >= 2, run(lambda n: 1 / n, [1, 0, 0, 1]))]
    [True, False, False]
    >>> def add_price(spent, outcome):
    ...     return spent + (outcome.result if outcome.ok else 0.0)
    >>> len(list(stop_when(lambda spent: spent >= 1, run(lambda c: 0.25, range(9)), step=add_price, initial=0.0)))
    4

    Raises:
        ArgumentError: `enough` or `step` is no function, or these are no outcomes; an item that is none, when it is
            reached.

    See also: `run` and `arun`, whose outcomes have `finish()`, which does the same at once.
    """
    step = count_failure if step is None else step
    for name, function in (("enough", enough), ("step", step)):
        if not callable(function):
            raise ArgumentError(
                f"stop_when takes a function and outcomes; got {repr_with_type(function)} as {name}. Write "
                f"stop_when(lambda failed: failed >= 5, run(...))"
            )
    getattr(outcomes, "mark_taken", lambda: None)()
    if isinstance(outcomes, AsyncIterable):
        from .arun import AsyncOutcomes  # which imports asyncio

        if isinstance(outcomes, AsyncOutcomes):
            return AsyncOutcomes(_stop_async(enough, outcomes, step, initial), outcomes, None)
    elif isinstance(outcomes, Iterable):
        return Outcomes.of(_stop(enough, outcomes, step, initial), None, getattr(outcomes, "finish", None))
    raise ArgumentError(f"stop_when takes outcomes, as run and arun give them; got {repr_with_type(outcomes)}")


def _stop(
    enough: Callable[[S], bool], outcomes: Iterable[Any], step: Callable[[S, Any], S], state: S
) -> Generator[list[Outcome[Any, Any]]]:
    finish, close = getattr(outcomes, "finish", None), getattr(outcomes, "close", lambda: None)
    try:
        if is_stopped := enough(state):
            (finish or close)()
        for outcome in () if is_stopped and finish is None else outcomes:
            if not (is_stopped or as_outcome(outcome).replayed):
                state = step(state, outcome)
                if is_stopped := enough(state):
                    (finish or close)()
            yield [outcome]
            if is_stopped and finish is None:
                return
    finally:
        close()


async def _stop_async(
    enough: Callable[[S], bool], outcomes: AsyncOutcomes[Any, Any], step: Callable[[S, Any], S], state: S
) -> AsyncGenerator[Outcome[Any, Any]]:
    async with outcomes:
        if is_stopped := enough(state):
            outcomes.finish()
        async for outcome in outcomes:
            if not (is_stopped or outcome.replayed):
                state = step(state, outcome)
                if is_stopped := enough(state):
                    outcomes.finish()
            yield outcome
