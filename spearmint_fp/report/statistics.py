"""Means of outcomes with intervals, and paired differences between the alternatives at a path."""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from ..configuration.errors import ArgumentError, PathError
from ..configuration.fold import Steps, show_path
from ..configuration.keys import exact_key
from ..configuration.late import LateModule
from ..configuration.messages import repr_with_type
from ..configuration.paths import Path, find_in, parse_path, set_in, suggest_paths
from ..outcomes.cells import ABSENT
from ..outcomes.outcomes import Outcome
from ..outcomes.rows import Column, Rows, flatten_values, make_columns, name_column, require_outcomes
from .numbers import Value, read_numbers

if TYPE_CHECKING:
    from . import estimates
    from .estimates import Estimate
else:
    estimates = LateModule(f"{__package__}.estimates")

_COLUMNS: Final = frozenset({"n", "failed", "mean", "sem", "low", "high", "config"})
"""The first steps of the names of columns of a summary that are no path."""


def summary(
    outcomes: Iterable[Outcome[Any, Any]], *, value: Value | None = None, by: Path | Sequence[Path] = ()
) -> tuple[dict[str, Any], ...]:
    """A row for each combination of values at the paths `by`: the mean over all other paths, with its 95 % interval.

    Each row has the paths with their values, `n` (how many succeeded), `failed`, `mean`, `sem` (the standard error of
    the mean), and `low` and `high`, the interval of Student's t. Where every number of all the outcomes is 0 or 1 (or a
    truth value), they are rates, and the interval is Wilson's. Repeats are a path like others: leave `seed` out of
    `by`. Rows come in the order in which the combinations appear; a path that a configuration lacks is no key of its
    row. What too few numbers do not tell is None: the mean of none, the standard error of one. A NaN among the numbers
    makes a row's numbers NaN, and about an infinite mean there is no interval. `value` is the name of a column of
    `rows` or a function of a success; without it the results, or their one field that holds numbers. A failure has none
    of them, whatever the column. A path named as another column is called `config.<path>`, the whole one `config`.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"lr": DynamicValue([1, 2]), "seed": DynamicValue(range(3))})
    >>> for row in summary(run(lambda c: c.lr * 10 + 1 // c.seed, sweep), by="lr"):
    ...     print(row["lr"], row["n"], row["failed"], row["mean"], round(row["low"], 1), round(row["high"], 1))
    1 2 1 10.5 4.1 16.9
    2 2 1 20.5 14.1 26.9
    >>> summary([])
    ()

    Raises:
        ArgumentError: not outcomes; a success without the number, or with one beyond all floats; a value that is
            none, or no column; several fields to choose from; says which there are.
        PathError: no configuration has something at a path; names the nearest.
        MissingExtraError: scipy is not installed.

    See also: `compare`, the differences between alternatives; `rows`.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
    """
    found = require_outcomes(outcomes)
    paths = map(parse_path, [by] if isinstance(by, str | int) else _require_paths(by))
    cells = {path: _read_cells(path, found) for path in paths}
    numbers = _read_known_numbers(found, value)
    names = [name_column(path, _COLUMNS) for path in cells]
    keys = list(zip(*map(number_values, cells.values()), strict=True)) or [()] * len(found)
    rows = []
    for line, found_here, failed in group_estimates(keys, numbers):
        values = ((name, column[line]) for name, column in zip(names, cells.values(), strict=True))
        head = {name: cell for name, cell in values if cell is not ABSENT}
        rows.append({**head, **_make_row(found_here, failed)})
    return Rows(rows)


def compare(
    path: Path, outcomes: Iterable[Outcome[Any, Any]], *, value: Value | None = None
) -> tuple[dict[str, Any], ...]:
    """A row for each pair of alternatives at a path: the mean of the differences b - a where all else is equal.

    Each row has the alternatives `a` and `b`, in the order in which they appear, `n` (pairs in which both
    succeeded), `failed` (pairs in which one did not), the `mean` of the differences, `sem` (its standard error), and
    `low` and `high`, its 95 % interval of Student's t. Outcomes are a pair where their configurations differ only at
    the path, or in what stands below it; equal configurations, repeats, are paired in their order. What has no partner
    is in no pair. What too few pairs do not tell is None. Differences of whole numbers are exact.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"model": DynamicValue(["x", "y"]), "seed": DynamicValue([1, 2, 4])})
    >>> [row] = compare("model", run(lambda c: (c.model == "y") * 10 / c.seed + c.seed, sweep))
    >>> row["a"], row["b"], row["n"], round(row["mean"], 2), round(row["low"], 2), round(row["high"], 2)
    ('x', 'y', 3, 5.83, -3.65, 15.32)
    >>> compare("seed", run(lambda c: c.seed, expand({"seed": 1})))
    ()

    Raises:
        ArgumentError: not outcomes; a success without the number; a value that is none, or no column.
        PathError: no configuration has something at the path; names the nearest.
        MissingExtraError: scipy is not installed.

    See also: `summary`, each alternative by itself.
    """
    steps, found = parse_path(path), require_outcomes(outcomes)
    cells = _read_cells(steps, found)
    numbers = _read_known_numbers(found, value)
    rests = key_rests(steps, number_paths(make_columns(found)), len(found))
    return Rows(
        {"a": cells[a], "b": cells[b], **_make_row(estimated, failed)}
        for a, b, estimated, failed in pair_estimates(number_values(cells), rests, numbers)
    )


def _make_row(found: Estimate, failed: int) -> dict[str, Any]:
    return {"n": found.n, "failed": failed, "mean": found.mean, "sem": found.sem, "low": found.low, "high": found.high}


# --- groups and pairs ----------------------------------------------------------------------------------


def number_values(values: Sequence[Any]) -> list[int | None]:
    """A number for each value, the same for equal ones of equal types; None for what is absent.

    Each object is looked at once: those of a sweep stand in many of its configurations.
    """
    seen = dict[Hashable, int]()
    numbers = {
        identity: None if value is ABSENT else seen.setdefault(exact_key(value), len(seen))
        for identity, value in {id(value): value for value in values}.items()
    }
    return [numbers[id(value)] for value in values]


def number_paths(columns: Iterable[Column]) -> list[tuple[Column, list[int | None]]]:
    """The columns of configurations, each with the numbers of its values."""
    return [(column, number_values(column.values)) for column in columns if column.role == "config"]


def group_estimates(keys: Sequence[Hashable], numbers: Sequence[float | None]) -> Iterator[tuple[int, Estimate, int]]:
    """For each different key, in order: the first outcome with it, the mean of their numbers, and how many have none.

    Rates are told by all numbers together: a score that happens to be 1 three times is none.
    """
    rates, groups = estimates.are_rates(numbers), dict[Hashable, list[int]]()
    for k, key in enumerate(keys):
        groups.setdefault(key, []).append(k)
    for group in groups.values():
        known = [number for k in group if (number := numbers[k]) is not None]
        yield group[0], estimates.estimate_numbers(known, rates=rates), len(group) - len(known)


def pair_estimates(
    keys: Sequence[int | None], rests: Sequence[Hashable], numbers: Sequence[float | None]
) -> Iterator[tuple[int, int, Estimate, int]]:
    """For each two alternatives: the first outcome of each, the mean difference where all else is equal, failed pairs.

    An alternative is known by its key; an outcome whose key is None has none.
    """
    alternatives: dict[int, dict[Hashable, list[int]]] = {}
    for k, key in enumerate(keys):
        if key is not None:
            alternatives.setdefault(key, {}).setdefault(rests[k], []).append(k)
    for one, other in combinations(alternatives.values(), 2):
        pairs = [pair for rest in one if rest in other for pair in zip(one[rest], other[rest], strict=False)]
        both = ((numbers[a], numbers[b]) for a, b in pairs)
        known = [b - a for a, b in both if a is not None and b is not None]
        a, b = (next(iter(side.values()))[0] for side in (one, other))
        yield a, b, estimates.estimate_numbers(known), len(pairs) - len(known)


def key_rests(path: Steps, columns: Iterable[tuple[Column, Sequence[Hashable]]], count: int) -> list[Hashable]:
    """For each outcome a key of all that varies beside what stands at a path and below it."""
    others = [
        number_values([_drop_inside(path[len(column.path) :], value) for value in column.values])
        if path[: len(column.path)] == column.path
        else numbers
        for column, numbers in columns
        if column.path[: len(path)] != path
    ]
    return list(zip(*others, strict=True)) or [()] * count


def _drop_inside(path: Steps, value: Any) -> Any:
    """A list without what stands at a path inside it."""
    return set_in(path, None, value) if find_in(path, value) else value


# --- paths -------------------------------------------------------------------------------------------


def _require_paths(by: Any) -> Iterable[Path]:
    if isinstance(by, Iterable):
        return by
    raise ArgumentError(f"by= is a path, or several: by='lr' or by=('lr', 'llm.model'); got {repr_with_type(by)}")


def _read_cells(path: Steps, found: Sequence[Outcome[Any, Any]]) -> list[Any]:
    """The value at a path in each configuration, or `ABSENT`; an error where none has it."""
    cells = [next(iter(find_in(path, outcome.config)), ABSENT) for outcome in found]
    if found and all(cell is ABSENT for cell in cells):
        known = (there for outcome in found[:1000] for there in flatten_values(outcome.config))
        raise PathError(f"no configuration has {show_path(path)}{suggest_paths(path, known)}")
    return cells


# --- numbers -----------------------------------------------------------------------------------------


def _read_known_numbers(found: Sequence[Outcome[Any, Any]], value: Value | None) -> tuple[float | None, ...]:
    """The number of each success, and None of each failure: how long it took before it failed is no result either."""
    numbers, name = read_numbers(found, make_columns(found), value)
    for outcome, number in zip(found, numbers, strict=True):
        if number is not None and sys.float_info.max <= abs(number) < math.inf:
            raise ArgumentError(
                f"the {name} of outcome {outcome.index} is beyond all floats. Give value= a function that scales it"
            )
        if outcome.ok and number is None:
            raise ArgumentError(
                f"outcome {outcome.index} succeeded and has no {name}. Give value= a function of a success, or leave "
                f"such outcomes out, so that what is counted is what you mean"
            )
    return tuple([number if outcome.ok else None for outcome, number in zip(found, numbers, strict=True)])
