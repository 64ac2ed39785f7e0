"""Means of outcomes with intervals, and paired differences between the alternatives at a path."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from itertools import combinations
from typing import Any, Final, final

import attrs
from toolz import groupby, unique

from ..configuration.errors import ArgumentError, PathError
from ..configuration.extras import require
from ..configuration.fold import Steps, show_path
from ..configuration.keys import exact_key
from ..configuration.messages import repr_with_type, suggest_names
from ..configuration.paths import Path, find_in, parse_path
from ..outcomes.cells import ABSENT
from ..outcomes.outcomes import Outcome
from ..outcomes.rows import Rows, flatten_values, format_path, make_columns, require_outcomes
from .numbers import Value, read_numbers

CONFIDENCE: Final = 0.95
"""The share of intervals that hold the true mean."""

_COLUMNS: Final = frozenset({"n", "failed", "mean", "sem", "low", "high"})
"""The columns of a summary beside those of its paths."""


@final
@attrs.frozen
class Estimate:
    """A mean of `n` numbers, its standard error and interval; None where so few numbers do not tell."""

    n: int
    mean: float | None = None
    sem: float | None = None
    low: float | None = None
    high: float | None = None


def summary(
    outcomes: Iterable[Outcome[Any, Any]], *, value: Value | None = None, by: Path | Sequence[Path] = ()
) -> tuple[dict[str, Any], ...]:
    """A row for each combination of values at the paths `by`: the mean over all other paths, with its 95 % interval.

    Each row has the paths with their values, `n` (how many succeeded), `failed`, `mean`, `sem` (the standard error of
    the mean), and `low` and `high`, the interval of Student's t. Where every number of all the outcomes is 0 or 1 (or
    a truth value), they are rates, and the interval is Wilson's. Repeats are a path like others: leave `seed` out of
    `by`. Rows come in the order in which the combinations appear; a path that a configuration lacks is no key of its
    row. What too few numbers do not tell is None: the mean of none, the standard error of one. A NaN among the numbers
    makes a row's numbers NaN. `value` is the name of a column of `rows` or a function of a success; without it the
    results, or their one field that holds numbers. A path named as another column is called `config.<path>`.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"lr": DynamicValue([1, 2]), "seed": DynamicValue(range(3))})
    >>> for row in summary(run(lambda c: c.lr * 10 + 1 // c.seed, sweep), by="lr"):
    ...     print(row["lr"], row["n"], row["failed"], row["mean"], round(row["low"], 1), round(row["high"], 1))
    1 2 1 10.5 4.1 16.9
    2 2 1 20.5 14.1 26.9
    >>> summary([])
    ()

    Raises:
        ArgumentError: not outcomes; a success without the number; a value that is none, or no column; several fields
            to choose from; says which there are.
        PathError: no configuration has something at a path; names the nearest.
        MissingExtraError: scipy is not installed.

    See also: `compare`, the differences between alternatives; `rows`.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).
    """
    found = require_outcomes(outcomes)
    paths = tuple(unique(map(parse_path, [by] if isinstance(by, str | int) else _require_paths(by))))
    cells = [_read_cells(path, found) for path in paths]
    numbers = _read_known_numbers(found, value)
    rates = are_rates(numbers)
    names = [_name_path(path) for path in paths]
    lines = groupby(lambda k: tuple(exact_key(column[k]) for column in cells), range(len(found)))
    rows = []
    for line in lines.values():
        known = [number for k in line if (number := numbers[k]) is not None]
        values = ((name, column[line[0]]) for name, column in zip(names, cells, strict=True))
        head = {name: cell for name, cell in values if cell is not ABSENT}
        numbers_of = attrs.asdict(estimate(known, rates=rates))
        rows.append({**head, "n": numbers_of.pop("n"), "failed": len(line) - len(known), **numbers_of})
    return Rows(rows)


def compare(
    path: Path, outcomes: Iterable[Outcome[Any, Any]], *, value: Value | None = None
) -> tuple[dict[str, Any], ...]:
    """A row for each pair of alternatives at a path: the mean of the differences b - a where all else is equal.

    Each row has the alternatives `a` and `b`, in the order in which they appear, `n` (pairs in which both
    succeeded), `failed` (pairs in which one did not), the `mean` of the differences, `sem` (its standard error), and
    `low` and `high`, its 95 % interval of Student's t. Outcomes are a pair where their configurations differ only at
    the path, or in what stands below it; equal configurations, repeats, are paired in their order. What has no partner
    is in no pair. What too few pairs do not tell is None.

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
    rests = [_find_rest(steps, outcome.config) for outcome in found]
    alternatives: dict[Hashable, dict[Hashable, list[int]]] = {}
    for k, cell in enumerate(cells):
        if cell is not ABSENT:
            alternatives.setdefault(exact_key(cell), {}).setdefault(rests[k], []).append(k)
    rows = []
    for one, other in combinations(alternatives.values(), 2):
        pairs = [pair for rest in one if rest in other for pair in zip(one[rest], other[rest], strict=False)]
        both = ((numbers[a], numbers[b]) for a, b in pairs)
        known = [b - a for a, b in both if a is not None and b is not None]
        ends = {name: cells[next(iter(side.values()))[0]] for name, side in (("a", one), ("b", other))}
        numbers_of = attrs.asdict(estimate(known))
        rows.append({**ends, "n": numbers_of.pop("n"), "failed": len(pairs) - len(known), **numbers_of})
    return Rows(rows)


# --- paths -------------------------------------------------------------------------------------------


def _require_paths(by: Any) -> list[Path]:
    if isinstance(by, Iterable):
        return list(by)
    raise ArgumentError(f"by= is a path, or several: by='lr' or by=('lr', 'llm.model'); got {repr_with_type(by)}")


def _name_path(path: Steps) -> str:
    """A path as the name of a column that is not one of the numbers'."""
    return f"config.{format_path(path)}" if path[:1] and path[0] in _COLUMNS else format_path(path)


def _read_cells(path: Steps, found: Sequence[Outcome[Any, Any]]) -> list[Any]:
    """The value at a path in each configuration, or `ABSENT`; an error where none has it."""
    cells = [next(iter(find_in(path, outcome.config)), ABSENT) for outcome in found]
    if found and all(cell is ABSENT for cell in cells):
        known = unique(format_path(there) for outcome in found[:1000] for there in flatten_values(outcome.config))
        raise PathError(f"no configuration has {show_path(path)}{suggest_names(show_path(path), known)}")
    return cells


def _find_rest(path: Steps, config: Any) -> Hashable:
    """A key of all that a configuration has beside what stands at a path and below it."""
    return frozenset(
        (there, exact_key(value)) for there, value in flatten_values(config).items() if there[: len(path)] != path
    )


# --- numbers -----------------------------------------------------------------------------------------


def _read_known_numbers(found: Sequence[Outcome[Any, Any]], value: Value | None) -> tuple[float | None, ...]:
    """The number of each success, and None of each failure."""
    numbers, name = read_numbers(found, make_columns(found), value)
    for outcome, number in zip(found, numbers, strict=True):
        if outcome.ok and number is None:
            raise ArgumentError(
                f"outcome {outcome.index} succeeded and has no {name}. Give value= a function of a success, or leave "
                f"such outcomes out, so that what is counted is what you mean"
            )
    return numbers


def are_rates(numbers: Iterable[float | None]) -> bool:
    """True where every number is 0 or 1."""
    return {number for number in numbers if number is not None} <= {0.0, 1.0}


def estimate(numbers: Sequence[float], *, rates: bool = False) -> Estimate:
    """The mean of numbers with its interval: Wilson's for rates, else that of Student's t."""
    return _estimate_rate(numbers) if rates else _estimate_mean(numbers)


def _estimate_mean(numbers: Sequence[float]) -> Estimate:
    """The mean of numbers, with the interval of Student's t."""
    special = require("scipy.special", extra="stats", what="an interval")
    n = len(numbers)
    if not n:
        return Estimate(0)
    mean = _average(numbers)
    if n == 1:
        return Estimate(1, mean)
    sem = math.hypot(*(number - mean for number in numbers)) / math.sqrt(n * (n - 1))
    half = float(special.stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * sem
    return Estimate(n, mean, sem, mean - half, mean + half)


def _average(numbers: Sequence[float]) -> float:
    try:
        return math.fsum(numbers) / len(numbers)
    except OverflowError:  # the sum is beyond all floats, the mean is not
        return math.fsum(number / len(numbers) for number in numbers)
    except ValueError:  # infinities of both signs
        return math.nan


def _estimate_rate(numbers: Sequence[float]) -> Estimate:
    """The mean of zeros and ones, with Wilson's interval."""
    special = require("scipy.special", extra="stats", what="an interval")
    n = len(numbers)
    if not n:
        return Estimate(0)
    p, z = sum(numbers) / n, float(special.ndtri((1 + CONFIDENCE) / 2))
    centre, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    low, high = ((centre + side * spread) / (1 + z * z / n) for side in (-1, 1))
    sem = math.sqrt(p * (1 - p) / (n - 1)) if n > 1 else None
    return Estimate(n, p, sem, 0.0 if p == 0 else low, 1.0 if p == 1 else high)
