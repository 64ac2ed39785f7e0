"""Outcomes as a dataset of xarray, whose dimensions are the axes."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, final

import attrs
from toolz import unique

from ..configuration.errors import ArgumentError, SizeError
from ..configuration.extras import require
from ..configuration.freezing import freeze
from ..configuration.keys import exact_key
from ..configuration.messages import format_count
from ..configuration.scalars import unbox_scalar
from ..outcomes.cells import ABSENT, escape_surrogates, format_text
from ..outcomes.outcomes import Outcome
from ..outcomes.rows import Column, make_columns, require_outcomes
from ..sweep.core import Sweep
from .columns import make_array
from .frames import find_kind

if TYPE_CHECKING:
    import xarray

MOST_CELLS: Final = 10**7
"""How many cells a variable has at most, those without an outcome too."""

MOST_DIMENSIONS: Final = 32
"""How many dimensions an array may have in every version of numpy."""


@final
@attrs.frozen(eq=False, repr=False)
class Axis:
    """A dimension: its name, its coordinates, and where each outcome stands on it."""

    name: str
    coordinates: Any
    places: tuple[int, ...]


def dataset(outcomes: Iterable[Outcome[Any, Any]], *, sweep: Sweep[Any] | None = None) -> xarray.Dataset:
    """`rows` as an array: a dimension for each swept path, a variable `result` or one for each field of the results.

    Coordinates are the values at the path, in the order in which they appear; lists are tuples. Where a configuration
    has no such path, it stands at the coordinate NaN. An axis whose values are of several types, or that an index takes
    for one (1 and 1.0), has their text. What a failure, or a combination without an outcome, would have is NaN. The
    coordinate `index` has the position of the outcome in each cell, -1 where there is none, and `error` says why an
    outcome failed. A field is called `result.<field>` where an axis, one of these two, or a result without fields has
    its name. `sweep` says which paths vary, as in `rows`.

    >>> from spearmint_fp import DynamicValue, expand, run
    >>> sweep = expand({"lr": DynamicValue([0.1, 0.0]), "depth": DynamicValue([2, 4, 8])})
    >>> data = dataset(run(lambda c: {"loss": c.depth / c.lr, "steps": c.depth}, sweep))
    >>> data["loss"].sel(lr=0.1).values.tolist(), dict(data.sizes)
    ([20.0, 40.0, 80.0], {'lr': 2, 'depth': 3})
    >>> data["index"].values.tolist(), data["error"].values[1, 0]
    ([[0, 1, 2], [3, 4, 5]], 'ZeroDivisionError: float division by zero')

    Raises:
        ArgumentError: not outcomes, or not a sweep; two outcomes in one place; an axis with NaN, which some
            configurations lack.
        SizeError: more than 10^7 cells, or more than 32 dimensions; says how many.
        MissingExtraError: xarray is not installed.

    See also: `rows` and `frame`, which have no empty cells; `columns`, for a sweep that has not run.
    """
    xr = require("xarray", extra="xarray", what="dataset")
    columns = make_columns(require_outcomes(outcomes), sweep=sweep)
    axes = [_make_axis(column) for column in columns if column.role == "config"]
    places = _find_places(axes, columns[0].values)
    names, shape = [axis.name for axis in axes], [len(axis.coordinates) for axis in axes]
    taken = {column.name for column in columns if column.role != "run"} | {"error"}
    variables = {
        _name_variable(column.name, taken): (names, _fill_array(shape, places, column.values))
        for column in columns
        if column.role == "result"
    }
    by_name = {column.name: column.values for column in columns}
    errors = ["" if value is ABSENT else value for value in by_name["error"]]
    coordinates = {
        **{axis.name: (axis.name, axis.coordinates) for axis in axes},
        "index": (names, _fill_array(shape, places, by_name["index"], empty=-1)),
        "error": (names, _fill_array(shape, places, errors, empty="")),
    }
    made: xarray.Dataset = xr.Dataset(variables, coords=coordinates)
    return made


def _name_variable(column: str, taken: Container[str]) -> str:
    """The name of a variable: that of its field, where nothing else has it."""
    field = column.removeprefix("result.")
    return column if field in taken else field


# --- dimensions ----------------------------------------------------------------------------------------


def _make_axis(column: Column) -> Axis:
    values = tuple([freeze(value) if isinstance(value, list) else unbox_scalar(value) for value in column.values])
    keys = list(map(exact_key, values))
    levels = list(unique(zip(keys, values, strict=True), key=lambda pair: pair[0]))
    order = {key: place for place, (key, _) in enumerate(levels)}
    return Axis(
        column.name, _make_coordinates(column.name, [v for _, v in levels]), tuple([order[key] for key in keys])
    )


def _make_coordinates(name: str, levels: Sequence[Any]) -> Any:
    """The different values of an axis as an index can hold them."""
    known = [escape_surrogates(level) if type(level) is str else level for level in levels if level is not ABSENT]
    if len(known) < len(levels) and any(isinstance(level, float) and math.isnan(level) for level in known):
        raise ArgumentError(
            f"{name} is NaN in some configurations and absent in others, and a coordinate cannot tell them apart. "
            f"Leave some out, or use rows"
        )
    kinds = {*map(type, known)}
    mixed = find_kind(known) == "other" and (len(kinds) > 1 or type(None) in kinds)
    if mixed or not all(map(_is_hashable, known)) or len({*known}) < len(known):  # 1 and 1.0 are one to an index
        known = _make_texts(known)
    there = iter(known)
    return _make_cells([ABSENT if level is ABSENT else next(there) for level in levels])


def _make_texts(levels: Sequence[Any]) -> list[str]:
    """A text for each level, all different: with its type where two have the same, then a star."""
    texts = [escape_surrogates(format_text(level)) for level in levels]
    counts, made = Counter(texts), dict[str, None]()
    for text, level in zip(texts, levels, strict=True):
        name = text if counts[text] == 1 else f"{text} ({type(level).__name__})"
        while name in made or (name != text and name in counts):
            name += "*"
        made[name] = None
    return list(made)


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except Exception:  # whatever a value's __hash__ raises
        return False
    return True


# --- cells ---------------------------------------------------------------------------------------------


def _find_places(axes: Sequence[Axis], indices: Sequence[int]) -> list[int]:
    """The cell of each outcome, counted with the last dimension fastest."""
    cells = math.prod(len(axis.coordinates) for axis in axes)
    if cells > MOST_CELLS or len(axes) > MOST_DIMENSIONS:
        sizes = " × ".join(f"{axis.name} {len(axis.coordinates)}" for axis in axes[:12])
        raise SizeError(
            f"{len(indices)} outcomes would take {format_count(cells)} cells in {len(axes)} dimensions ({sizes}), more "
            f"than {format_count(MOST_CELLS)} in {MOST_DIMENSIONS}. Use frame, or the outcomes of one branch"
        )
    places, taken = [], dict[int, int]()
    for number, index in enumerate(indices):
        place = 0
        for axis in axes:
            place = place * len(axis.coordinates) + axis.places[number]
        if place in taken:
            raise ArgumentError(
                f"outcomes {taken[place]} and {index} stand in one place: their configurations are equal at all axes. "
                f"Put what differs (a seed) into the configurations, or take the mean of both with summary"
            )
        taken[place] = index
        places.append(place)
    return places


def _fill_array(shape: Sequence[int], places: Sequence[int], values: Sequence[Any], empty: Any = ABSENT) -> Any:
    """The values at their places in an array of this shape."""
    cells = [empty] * math.prod(shape)
    for place, value in zip(places, values, strict=True):
        single = unbox_scalar(value)
        beyond = type(single) is int and abs(single) > sys.float_info.max  # pandas, which xarray asks, refuses it
        cells[place] = escape_surrogates(format_text(single)) if beyond or type(single) is str else single
    return _make_cells(cells).reshape(shape)


def _make_cells(values: Sequence[Any]) -> Any:
    """The values as an array, with NaN for what is absent: of numbers where they are numbers, else of objects."""
    filled = [math.nan if value is ABSENT else value for value in values]
    return make_array(filled)
