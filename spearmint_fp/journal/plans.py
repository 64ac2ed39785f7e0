"""Plans: what a journal has of some configurations, what it leaves to do, and how much that will take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import fsum
from typing import TYPE_CHECKING, Any, Final, final

import attrs
from toolz import partition_all

from ..configuration.errors import ArgumentError, SizeError
from ..configuration.messages import format_count, repr_with_type
from ..configuration.paths import get_in
from ..outcomes.outcomes import Success
from ..sweep.core import Sweep, count_configs
from ..sweep.nodes.late import places
from .late import encoding, ledgers, rows

if TYPE_CHECKING:
    from .ledger import Ledger
    from .rows import Row

    _Kept = tuple[int, Row, Any]
    """How often a configuration of the journal is there, its row, and itself."""

MOST_COUNTED: Final = 10_000_000
"""How many configurations are looked at; of a larger sweep, what the journal has is looked for in the sweep."""


@final
@attrs.frozen
class JournalStatus:
    """How many configurations of a sweep a journal has as done, as failed, and not yet.

    >>> import tempfile
    >>> from spearmint_fp import Journal, run
    >>> with Journal(f"{tempfile.mkdtemp()}/runs.db", name="invert") as journal:
    ...     outcomes = list(run(lambda n: 1 / n, [2, 1, 0], journal=journal))
    ...     journal.status([3, 2, 1, 0], "invert")
    JournalStatus(done=2, failed=1, left=1)

    See also: `Journal.status`; `JournalPlan`.
    """

    done: int
    failed: int
    left: int


@final
@attrs.frozen
class JournalPlan:
    """The work of a run with a journal: `todo` are those that are left, and the failures that are worth another try.

    `seconds` is how long these will take, one after the other, and `cost` how much, if they are in the mean as those
    that are done; None where nothing is done, or no `cost` was asked for.

    >>> import tempfile
    >>> from spearmint_fp import Journal, run
    >>> with Journal(f"{tempfile.mkdtemp()}/runs.db", name="ask") as journal:
    ...     outcomes = list(run(lambda n: {"usd": 0.5}, [1, 2], journal=journal))
    ...     plan = journal.plan(range(10), "ask", cost="usd")
    >>> plan.done, plan.todo, plan.cost
    (2, 8, 4.0)

    See also: `Journal.plan`.
    """

    done: int
    failed: int
    left: int
    todo: int
    seconds: float | None
    cost: float | None


Cost = Callable[[Any], float] | str | tuple[Any, ...]
"""How much a result has cost: a function of it, or a path in it."""


def count_outcomes(ledger: Ledger, configs: Iterable[Any]) -> JournalStatus:
    """How many of the configurations are done, have failed, and are left."""
    done = failed = size = 0
    for seen, kept in find_kept(ledger, configs):
        size += seen
        done += sum(times for times, row, _ in kept if row[0])
        failed += sum(times for times, row, _ in kept if not row[0])
    return JournalStatus(done, failed, size - done - failed)


def make_plan(ledger: Ledger, configs: Iterable[Any], cost: Cost | None) -> JournalPlan:
    """The plan of a run over the configurations."""
    if not (cost is None or callable(cost) or isinstance(cost, str | tuple)):
        raise ArgumentError(f"cost is a function of a result, or a path in it, to a number; got {repr_with_type(cost)}")
    done = failed = size = again = 0
    seconds, costs = list[float](), list[float]()
    for seen, kept in find_kept(ledger, configs):
        size += seen
        for times, row, config in kept:
            if not row[0]:
                failed += times
                again += times * ledger.retry_rule.is_due(row[2])
                continue
            done += times
            seconds.append(row[3])
            if cost is not None:
                costs += _read_cost(row, config, ledger.result_type, cost)
    left = size - done - failed
    todo = left + again
    return JournalPlan(done, failed, left, todo, _extrapolate(seconds, todo), _extrapolate(costs, todo))


def _extrapolate(numbers: list[float], todo: int) -> float | None:
    return fsum(numbers) / len(numbers) * todo if numbers else None


def _read_cost(row: Row, config: Any, cls: Any, cost: Cost) -> list[float]:
    """The cost of a result, if that can be read."""
    outcome = rows.read_outcome(row, config, 0, cls)
    if not isinstance(outcome, Success):
        return []
    found = cost(outcome.result) if callable(cost) else get_in(cost, outcome.result)
    try:
        return [float(found)]
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(
            f"cost is a function of a result, or a path in it, to a number; got {repr_with_type(found)}"
        ) from error


# --- looking up ----------------------------------------------------------------------------------------


def find_kept(ledger: Ledger, configs: Iterable[Any]) -> Iterator[tuple[int, list[_Kept]]]:
    """How many configurations have been gone through, and what the journal has of them, a block at a time.

    Raises:
        SizeError: too many to look at each, where the journal cannot be searched instead.
    """
    size = count_configs(configs)
    if size is None or size <= MOST_COUNTED:
        for block in partition_all(ledgers.MOST_NAMES, configs):
            names = [ledger.name_config(config) for config in block]
            known = {name: rows.check_row(row) for name, row in ledger.find_rows(names).items()}
            kept = [(1, known[name], config) for name, config in zip(names, block, strict=True) if name in known]
            yield len(block), kept
    elif isinstance(configs, Sweep):
        yield size, []
        for found in _search_sweep(ledger, configs):
            yield 0, [found]
    else:
        raise _many_error(size, "they are no sweep")


def _search_sweep(ledger: Ledger, sweep: Sweep[Any]) -> Iterator[_Kept]:
    """The outcomes that a journal has of a much larger sweep: its configurations are looked for in the sweep."""
    for name, text, _, row in ledger.read_rows():
        config = rows.read_config(text)
        if (
            ledger.name_config(config) != name or encoding.encode_config(config) != text
        ):  # it is not as it was, or of others
            raise _many_error(
                sweep.size, "the journal has instances, or calls with arguments, which it cannot make again"
            )
        ranks = places.list_places(sweep._node.places(config, False))  # also of what is equal, but of another type
        if times := sum(ledger.name_config(sweep[rank]) == name for rank in ranks):
            yield times, row, config


def _many_error(size: int, why: str) -> SizeError:
    return SizeError(
        f"there are {format_count(size)} configurations to look at one by one, since {why}. Ask for a slice"
    )
