"""Looking through outcomes: plain functions over any iterable of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import Any, Final, TypeVar, final

from ..configuration.calls import explain_calls
from ..configuration.errors import AbsentError, ArgumentError
from ..configuration.fold import Algebra, fold
from ..configuration.late import decimal
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.records import PlainTuple
from ..configuration.views import show_html
from .outcomes import Failure, Outcome, Success

C = TypeVar("C")
T = TypeVar("T")


@final
class Collected(PlainTuple[Outcome[C, T]]):
    """The tuple that `collect` gives: equal to any other, and a table where a notebook shows it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return show_html(self)


def collect(outcomes: Iterable[Outcome[C, T]]) -> tuple[Outcome[C, T], ...]:
    """`tuple(sorted(outcomes, key=index))`: every outcome, in the order of the configurations.

    Runs what has not run yet. Nothing is copied; outcomes that came as they were completed are put in order. A notebook
    shows the tuple as a table.

    >>> from spearmint_fp import run
    >>> [outcome.ok for outcome in collect(run(lambda n: 1 / n, [1, 0, 2]))]
    [True, False, True]
    >>> collect([])
    ()

    Raises:
        ArgumentError: an item that is no outcome.

    See also: `successes` and `failures`, which part them; `rows`, for a table of plain data.
    """
    return Collected(sorted(walk_outcomes(outcomes), key=attrgetter("index")))


def successes(outcomes: Iterable[Outcome[C, T]]) -> Iterator[Success[C, T]]:
    """`(outcome for outcome in outcomes if outcome.ok)`, lazily and in their order.

    >>> from spearmint_fp import run
    >>> [success.result for success in successes(run(lambda n: 6 // n, [1, 0, 2]))]
    [6, 3]

    Raises:
        ArgumentError: an item that is no outcome, when it is reached.

    See also: `failures`, the others.
    """
    return (outcome for outcome in walk_outcomes(outcomes) if isinstance(outcome, Success))


def failures(outcomes: Iterable[Outcome[C, Any]]) -> Iterator[Failure[C]]:
    """`(outcome for outcome in outcomes if not outcome.ok)`, lazily and in their order.

    >>> from spearmint_fp import run
    >>> [(failure.config, failure.error.message) for failure in failures(run(lambda n: 6 // n, [1, 0, 2]))]
    [(0, 'integer division or modulo by zero')]

    Raises:
        ArgumentError: an item that is no outcome, when it is reached.

    See also: `successes`, the others.
    """
    return (outcome for outcome in walk_outcomes(outcomes) if isinstance(outcome, Failure))


@explain_calls
def best(
    key: Callable[[Success[C, T]], Any], outcomes: Iterable[Outcome[C, T]], *, lowest: bool = False
) -> Success[C, T]:
    """`max(successes(outcomes), key=key)`: the success with the greatest key, the first of equal ones.

    With `lowest`, `min`: the smallest key. One pass, nothing kept. Failures are passed over, and so are keys that are
    no number (NaN), which compare with nothing, or that have one in them, at any depth.

    >>> from spearmint_fp import run
    >>> best(lambda success: success.result, run(lambda n: 6 // n, [3, 0, 2])).config
    2
    >>> best(lambda success: success.result, run(lambda n: 6 // n, [3, 0, 2]), lowest=True).config
    3

    Raises:
        AbsentError: no outcome is a success with a key that compares; says how many there were.
        ArgumentError: `key` is no function, or gives what has no order (a mapping; names its keys), or an item is no
            outcome.

    See also: `successes`; `toolz.topk`, for the best few.
    """
    if not callable(key):
        raise ArgumentError(
            f"best takes a function and outcomes; got {repr_with_type(key)}. Write best(lambda s: s.result, …)"
        )
    if not isinstance(lowest, bool):
        raise ArgumentError(f"lowest is True or False; got {repr_with_type(lowest)}")
    count, failed = 0, None
    leader: tuple[Any, Success[C, T]] | None = None
    for count, outcome in enumerate(walk_outcomes(outcomes), 1):  # noqa: B007  # how many there were
        if isinstance(outcome, Failure):
            failed = failed or outcome
        elif not holds_nan(value := _require_ordered(key(outcome))) and (
            leader is None or _is_less(*((value, leader[0]) if lowest else (leader[0], value)))
        ):
            leader = (value, outcome)
    if leader is None:
        why = f"; the first failure is {failed.error.type}: {failed.error.message}" if failed else ""
        raise AbsentError(f"none of {count} outcomes is a success whose key compares{why}")
    return leader[1]


def _require_ordered(key: Any) -> Any:
    if isinstance(key, Mapping):
        names = ", ".join(map(short_repr, islice(key, 12)))
        way = f". It has {names}: write best(lambda s: s.result[{short_repr(next(iter(key)))}], …)" if names else ""
        raise ArgumentError(f"best compares keys, and {repr_with_type(key)} has no order{way}")
    return key


def _is_less(one: Any, other: Any) -> bool:
    try:
        return bool(one < other)
    except TypeError as error:
        raise ArgumentError(
            f"best compares keys, and {repr_with_type(one)} and {repr_with_type(other)} have no order ({error})"
        ) from None


def holds_nan(key: Any) -> bool:
    """True where some part of a key, at any depth, is not equal to itself, as NaN and NaT are not."""
    return fold(_HOLDS_NAN, key)


def _is_nan(leaf: Any) -> bool:
    if isinstance(leaf, decimal.Decimal):
        return leaf.is_nan()  # a signalling one refuses to be compared
    if isinstance(leaf, set | frozenset):
        return any(map(holds_nan, leaf))
    unequal = leaf != leaf  # noqa: PLR0124
    try:
        return bool(unequal.any() if hasattr(unequal, "any") else unequal)  # an array compares element by element
    except TypeError:  # pandas.NA: whether it equals itself is not known
        return True


_HOLDS_NAN: Final[Algebra[bool]] = Algebra(
    leaf=_is_nan,
    record=lambda _shape, _node, parts: any(parts),
    choice=lambda _node, parts: any(parts),
)


def walk_outcomes(outcomes: Any) -> Iterator[Any]:
    """The outcomes one by one, or the error that says where they come from."""
    if not isinstance(outcomes, Iterable):
        raise ArgumentError(f"this takes outcomes, as run(fn, configs) gives them; got {repr_with_type(outcomes)}")
    return map(as_outcome, outcomes)


def as_outcome(item: Any) -> Any:
    """The item, or the error that says where outcomes come from."""
    if isinstance(item, Success | Failure):
        return item
    raise ArgumentError(f"this takes outcomes, as run(fn, configs) gives them; got {repr_with_type(item)}")
