"""Outcomes as a table: one row each, of swept paths, result fields, and how the run went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, Literal, final

import attrs
from toolz import unique

from ..configuration.errors import ArgumentError, TreeError
from ..configuration.fold import Steps, show_path
from ..configuration.keys import exact_key
from ..configuration.messages import full_repr, repr_with_type
from ..configuration.paths import join_path
from ..configuration.records import PlainTuple
from ..configuration.views import show_html
from ..sweep.core import Sweep, as_sweep
from ..sweep.late import labels
from ..sweep.nodes.columns import flatten_point
from .cells import ABSENT
from .collecting import as_outcome
from .outcomes import Failure, Outcome, Success

Role = Literal["index", "config", "result", "run"]
Flat = dict[Steps, Any]

_OTHER_COLUMNS: Final = frozenset({"index", "config", "result", "ok", "seconds", "attempts", "replayed", "error"})
"""The first steps of the names of columns that are no path of a configuration."""


@final
@attrs.frozen(eq=False, repr=False)
class Column:
    """A column of a table of outcomes: its name, what it tells of, whether it varies, and a value for each outcome.

    `ABSENT` stands where an outcome has none. A column of configurations has their path.
    """

    name: str
    role: Role
    values: tuple[Any, ...]
    varies: bool = True
    path: Steps = ()


@final
class Rows(PlainTuple[dict[str, Any]]):
    """The tuple that `rows` gives: equal to any other, and a table where a notebook shows it."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return show_html(self)


def rows(outcomes: Iterable[Outcome[Any, Any]], *, sweep: Sweep[Any] | None = None) -> tuple[dict[str, Any], ...]:
    """A flat dict for each outcome: `index`, the swept paths, the result's fields, and how the run went.

    A path that a configuration lacks, and a field that a result lacks, are no key of its row, while None is a value:
    so the two are told apart. The keys stand in one order in all rows; `json` and every data frame take them. The paths
    are those that `sweep` varies; without it those whose value differs between the outcomes, or that some lack, and all
    of them where there is one outcome. A configuration that is no record is in `config`. A result is in `result`;
    mappings, NamedTuples, and attrs and dataclass instances have a column for each field (`result.accuracy`). The last
    columns are `ok`, `seconds`, `attempts`, `replayed` and `error`, which is None for a success. A path that begins
    with the name of another column is called `config.<path>`. Values are shared, never copied.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"llm": {"model": DynamicValue(["a", "b"])}, "static": 1})
    >>> for row in rows(run(lambda c: {"score": len(c.llm.model)}, sweep), sweep=sweep):
    ...     print(row["index"], row["llm.model"], row["result.score"], row["ok"], row["error"])
    0 a 1 True None
    1 b 1 True None
    >>> rows([])
    ()

    Raises:
        ArgumentError: not outcomes, as `run` gives them, or not a sweep.

    See also: `frame`, the same for pandas and polars; `columns`, for a sweep that has not run.
    """
    return make_rows(make_columns(outcomes, sweep=sweep))


def make_rows(columns: Sequence[Column]) -> tuple[dict[str, Any], ...]:
    """The rows of columns, each with the keys that it has; no error is None."""
    names = [column.name for column in columns]
    lines = zip(*(column.values for column in columns), strict=True)
    return Rows(
        {
            name: None if name == "error" and value is ABSENT else value
            for name, value in zip(names, line, strict=True)
            if value is not ABSENT or name == "error"
        }
        for line in lines
    )


def make_columns(
    outcomes: Iterable[Outcome[Any, Any]], *, sweep: Sweep[Any] | None = None, whole: bool = False
) -> tuple[Column, ...]:
    """The columns of `rows`; `whole` also has the paths that do not vary, marked so."""
    found = require_outcomes(outcomes)
    return (
        Column("index", "index", tuple(outcome.index for outcome in found)),
        *_make_config_columns(found, sweep, whole),
        *_make_result_columns(found),
        *_make_run_columns(found),
    )


def require_outcomes(outcomes: Iterable[Outcome[Any, Any]]) -> tuple[Outcome[Any, Any], ...]:
    """`tuple(outcomes)`, or the error that says how to come by outcomes."""
    if isinstance(outcomes, Success | Failure):
        raise ArgumentError("this takes several outcomes; got a single one. Write [outcome]")
    if not isinstance(outcomes, Iterable):
        main = hasattr(outcomes, "main_result")
        way = ". Write [result.main_result, *result.variant_results]" if main else ", as run(fn, configs) gives them"
        raise ArgumentError(f"this takes outcomes; got {repr_with_type(outcomes)}{way}")
    return tuple(map(as_outcome, outcomes))


# --- paths of configurations -------------------------------------------------------------------------


def _make_config_columns(found: Sequence[Outcome[Any, Any]], sweep: Sweep[Any] | None, whole: bool) -> list[Column]:
    flats = [flatten_values(outcome.config) for outcome in found]
    paths = tuple(unique(path for one in flats for path in one))
    if sweep is not None:
        varied = [path for path, column in as_sweep(sweep, "sweep=")._node.columns().items() if column.swept]
        varied += [path for path in paths if not path and path not in varied]  # configurations that are no records
    else:
        varied = [path for path in paths if len(flats) == 1 or _varies_at(path, flats)]
    every = [*varied, *(path for path in paths if whole and path not in varied)]
    return [
        Column(name, "config", tuple(map(partial(_find_value, path), flats, found)), path in varied, path)
        for name, path in zip(_make_distinct(list(map(name_column, every)), every), every, strict=True)
    ]


def flatten_values(value: Any) -> Flat:
    """The values of a configuration or a result by path; of what is no tree, the thing itself."""
    try:
        return flatten_point(value)
    except TreeError:  # a value that holds itself, say: it stands for itself
        return {(): value}


def _varies_at(path: Steps, flats: Sequence[Flat]) -> bool:
    """True if the value at a path is not the same in all, types told apart, or some have none."""
    first, *rest = (flat.get(path, ABSENT) for flat in flats)
    return any(value is not first and exact_key(value) != exact_key(first) for value in rest)


def _find_value(path: Steps, flat: Flat, outcome: Outcome[Any, Any]) -> Any:
    """The value at a path of a configuration, also inside a list, or `ABSENT`."""
    if path in flat:
        return flat[path]
    return next(iter(labels.find_leaf(path, outcome.config)), ABSENT) if path else ABSENT


def name_column(path: Steps, others: Container[Any] = _OTHER_COLUMNS) -> str:
    """A path as the name of a column, which none of the columns beside those of paths has."""
    if not path:
        return "config"
    return f"config.{format_path(path)}" if path[0] in others else format_path(path)


def format_path(path: str | Steps) -> str:
    """A path as text, whole where it is `a.b.c`."""
    text = path if isinstance(path, str) else join_path(path)
    return text if isinstance(text, str) and text else show_path(text)


def _make_distinct(names: Sequence[str], paths: Iterable[Steps]) -> list[str]:
    """The names, but for those that `show_path` cuts to the same text: there, the paths in full."""
    counts = Counter(names)
    return [name if counts[name] == 1 else full_repr(path) for name, path in zip(names, paths, strict=True)]


# --- results, and how the run went -------------------------------------------------------------------


def _make_result_columns(found: Sequence[Outcome[Any, Any]]) -> list[Column]:
    flats = [flatten_values(outcome.result) if isinstance(outcome, Success) else {} for outcome in found]
    paths = tuple(unique(path for one in flats for path in one))
    names = _make_distinct([f"result.{format_path(path)}" if path else "result" for path in paths], paths)
    columns = (tuple(flat.get(path, ABSENT) for flat in flats) for path in paths)
    return [Column(name, "result", values) for name, values in zip(names, columns, strict=True)]


def _make_run_columns(found: Sequence[Outcome[Any, Any]]) -> Iterator[Column]:
    for name in ("ok", "seconds", "attempts", "replayed"):
        yield Column(name, "run", tuple(getattr(outcome, name) for outcome in found))
    errors = (outcome.error if isinstance(outcome, Failure) else None for outcome in found)
    yield Column(
        "error", "run", tuple(ABSENT if error is None else f"{error.type}: {error.message}" for error in errors)
    )
