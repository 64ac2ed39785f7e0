"""A sweep as columns: one numpy array per path, computed axis by axis instead of configuration by configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import singledispatch
from itertools import chain, repeat
from operator import is_
from typing import TYPE_CHECKING, Any, Final

from toolz import unique

from ..configuration.errors import SizeError, format_count
from ..configuration.extras import require
from ..configuration.paths import path_key
from ..configuration.records import FieldsShape
from ..outcomes.cells import ABSENT
from ..sweep.claims import Steps
from ..sweep.core import Sweep, as_sweep
from ..sweep.indices import Chosen, Indices, Span
from ..sweep.nodes.axis import Axis
from ..sweep.nodes.columns import flatten_point
from ..sweep.nodes.merge import Merge
from ..sweep.nodes.node import Node, walk_points
from ..sweep.nodes.record import Record
from ..sweep.nodes.select import Select
from ..sweep.nodes.union import Union

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["columns", "floats_and_mask"]

ROWS: Final = 10**9
"""How many rows columns are made of before they are refused: eight bytes each, for every path."""

WHOLE: Final = 2**53
"""Whole numbers up to here are floats too, exactly."""

Arrays = dict[Steps, Any]


def columns(sweep: Sweep[Any]) -> dict[str | tuple[Any, ...], NDArray[Any]]:
    """`{path: numpy.array([get_in(path, config) for config in sweep])}`, without building the configurations.

    One array per path, swept or static, in order of appearance, all as long as the sweep and in its order: row `i` is
    `sweep[i]`. Each axis is repeated and tiled as a whole. Axes of whole numbers are `int64`, of numbers `float64`, of
    truth values `bool`; all others hold the very objects. A path that some configurations lack is a masked array of
    objects (`numpy.ma`) in which their cells are masked, while None is a value like others. A whole number among floats
    is a float. Choices inside a list have a path each (`layers.0`). Sweeps that a function made (`mapped`, `derive`,
    `structured`, and instances of classes) are computed configuration by configuration.

    >>> from spearmint_fp import DynamicValue, expand
    >>> table = columns(expand({"lr": DynamicValue([0.1, 0.01]), "depth": DynamicValue(range(3)), "model": "a"}))
    >>> table["lr"].tolist(), table["depth"].tolist(), table["model"].tolist()
    ([0.1, 0.1, 0.1, 0.01, 0.01, 0.01], [0, 1, 2, 0, 1, 2], ['a', 'a', 'a', 'a', 'a', 'a'])
    >>> opt = DynamicValue([{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}])
    >>> print(columns(expand({"opt": opt}))["opt.momentum"])
    [0.0 0.9 --]

    Raises:
        ArgumentError: not a sweep.
        SizeError: more than 10^9 rows; says how many, and what to do.
        MissingExtraError: numpy is not installed.

    See also: `frame`, the same as a data frame; `Sweep.axes`, each axis once.
    """
    node = as_sweep(sweep, "columns")._node
    if node.size > ROWS:
        raise SizeError(
            f"columns of {format_count(node.size)} configurations, more than {format_count(ROWS)}. Take a slice of the sweep, "
            f"or sample(k, sweep)"
        )
    require("numpy", extra="report", what="columns")
    return {path_key(path): _masked(array) for path, array in _whole(node).items()}


def _masked(array: NDArray[Any]) -> NDArray[Any]:
    """The array, masked where a path is absent."""
    import numpy as np

    if array.dtype != object:
        return array
    absent = np.fromiter(map(is_, array, repeat(ABSENT)), dtype=bool, count=len(array))
    if not absent.any():
        return array
    there = array.copy()
    there[absent] = None
    return np.ma.masked_array(there, mask=absent)


# --- all points of a node ----------------------------------------------------------------------------


@singledispatch
def _whole(node: Node) -> Arrays:
    """The columns of every point; of a node that is made by a function, point by point."""
    return _of_points(walk_points(node, 0, node.size))


@_whole.register(Axis)
def _(node: Axis) -> Arrays:
    if node._records:
        return _of_points(node.values)
    return {(): _array(node.values)}


@_whole.register(Record)
def _(node: Record) -> Arrays:
    if isinstance(node.shape, FieldsShape):  # its class may change what it is given
        return _of_points(walk_points(node, 0, node.size))
    keys = zip(node.shape.keys, _spread(node), strict=True)
    return {(key, *path): array for key, part in keys for path, array in part.items()}


@_whole.register(Merge)
def _(node: Merge) -> Arrays:
    if not node.exact or node.fills:
        return _of_points(walk_points(node, 0, node.size))
    parts = _spread(node.inner) if isinstance(node.inner, Record) else map(_whole, node.inner.parts)
    return {path: array for part in parts for path, array in part.items()}


@_whole.register(Union)
def _(node: Union) -> Arrays:
    rows = map(slice, node.offsets, node.offsets[1:])
    return _assembled(node.size, zip(rows, map(_whole, node.parts), strict=True))


@_whole.register(Select)
def _(node: Select) -> Arrays:
    return _taken(node.base, _positions(node.indices))


def _spread(node: Record) -> Iterable[Arrays]:
    """Per child its columns: each value stands while the children after it turn, all of them once per turn before."""
    import numpy as np

    for part, weight in zip(node.parts, node.weights, strict=True):
        if node.size:
            turns = node.size // (weight * part.size)
            yield {path: np.tile(np.repeat(array, weight), turns) for path, array in _whole(part).items()}
        else:  # some other child is empty, and this one may be of any size
            yield _taken(part, np.empty(0, dtype="int64"))


# --- some points of a node ---------------------------------------------------------------------------


def _taken(node: Node, positions: NDArray[Any]) -> Arrays:
    """The columns of the points at `positions`, which may lie in a sweep of any size."""
    if not len(positions):
        return {path: _objects(()) for path in node.columns()}
    if node.size <= len(positions):
        return {path: array[positions.astype("int64")] for path, array in _whole(node).items()}
    return _some(node, positions)


@singledispatch
def _some(node: Node, positions: NDArray[Any]) -> Arrays:
    return _of_points(map(node.at, positions.tolist()))


@_some.register(Axis)
def _(node: Axis, positions: NDArray[Any]) -> Arrays:
    if isinstance(node.values, range) and not node._records:
        return {(): _fitting(node.values.start + node.values.step * positions.astype(object))}
    values = [node.values[k] for k in positions.tolist()]
    return _of_points(values) if node._records else {(): _array(values)}


@_some.register(Record)
def _(node: Record, positions: NDArray[Any]) -> Arrays:
    if isinstance(node.shape, FieldsShape):
        return _of_points(map(node.at, positions.tolist()))
    keys = zip(node.shape.keys, _parted(node, positions), strict=True)
    return {(key, *path): array for key, part in keys for path, array in part.items()}


@_some.register(Merge)
def _(node: Merge, positions: NDArray[Any]) -> Arrays:
    if not node.exact or node.fills:
        return _of_points(map(node.at, positions.tolist()))
    inner = node.inner
    zipped = (_taken(part, positions) for part in inner.parts)
    parts = _parted(inner, positions) if isinstance(inner, Record) else zipped
    return {path: array for part in parts for path, array in part.items()}


@_some.register(Union)
def _(node: Union, positions: NDArray[Any]) -> Arrays:
    import numpy as np

    offsets = _fitting(node.offsets)
    branches = np.searchsorted(offsets, positions, side="right") - 1
    order = np.argsort(branches, kind="stable")
    taken, first = np.unique(branches[order], return_index=True)
    groups = np.split(order, first[1:])
    parts = [
        (rows, _taken(node.parts[k], positions[rows] - node.offsets[k]))
        for k, rows in zip(taken.tolist(), groups, strict=True)
    ]
    return _assembled(len(positions), parts)


@_some.register(Select)
def _(node: Select, positions: NDArray[Any]) -> Arrays:
    return _taken(node.base, _positions(node.indices, positions))


def _parted(node: Record, positions: NDArray[Any]) -> Iterable[Arrays]:
    for part, weight in zip(node.parts, node.weights, strict=True):
        wide = max(weight, part.size) >= 2**63
        yield _taken(part, _fitting((positions.astype(object) if wide else positions) // weight % part.size))


def _positions(indices: Indices, chosen: NDArray[Any] | None = None) -> NDArray[Any]:
    """Where the points stand in the base that `indices` selects: all of them, or the `chosen` ones."""
    import numpy as np

    ranks: Sequence[int] = range(indices.size) if chosen is None else chosen.tolist()
    if isinstance(indices, Span) and chosen is None:
        return _array(indices.positions)
    if isinstance(indices, Chosen):
        return np.array(indices.positions)[list(ranks)]
    if chosen is None:
        return _fitting([*chain.from_iterable(indices.runs(0, indices.size))])
    return _fitting([indices.at(rank) for rank in ranks])


# --- arrays ------------------------------------------------------------------------------------------


def _of_points(points: Iterable[Any]) -> Arrays:
    """The columns of points that are there, `ABSENT` where a point has no such path."""
    rows = list(map(flatten_point, points))
    paths = unique(path for row in rows for path in row)
    return {path: _column(rows, path) for path in paths}


def _column(rows: Sequence[Mapping[Steps, Any]], path: Steps) -> NDArray[Any]:
    here = [row[path] for row in rows if path in row]
    return _array(here) if len(here) == len(rows) else _objects([row.get(path, ABSENT) for row in rows])


def _assembled(size: int, parts: Iterable[tuple[Any, Arrays]]) -> Arrays:
    """The columns whose `rows` are those of each part; `ABSENT` where a part lacks a path."""
    gathered: dict[Steps, list[tuple[Any, Any]]] = {}
    for rows, arrays in parts:
        for path, array in arrays.items():
            gathered.setdefault(path, []).append((rows, array))
    return {path: _joined(size, pieces) for path, pieces in gathered.items()}


def _joined(size: int, pieces: Sequence[tuple[Any, NDArray[Any]]]) -> NDArray[Any]:
    import numpy as np

    kinds = {array.dtype for _, array in pieces}
    full = sum(len(array) for _, array in pieces) == size
    plain = kinds <= {np.dtype("int64"), np.dtype("float64")} and all(_floats(array) for _, array in pieces)
    kind = kinds.pop() if full and len(kinds) == 1 else np.dtype("float64" if full and plain else object)
    joined = np.full(size, ABSENT, dtype=object) if kind.hasobject else np.empty(size, dtype=kind)
    for rows, array in pieces:
        joined[rows] = array
    return joined


def _floats(array: NDArray[Any]) -> bool:
    """Whether every number of an array is a float, exactly."""
    return bool(array.dtype.kind == "f" or not array.size or max(abs(int(array.min())), abs(int(array.max()))) <= WHOLE)


def _array(values: Sequence[Any]) -> NDArray[Any]:
    """The values as an array of numbers or truth values where that changes none of them, else of the very objects."""
    import numpy as np

    if isinstance(values, range):
        ends = (values[0], values[-1]) if values else ()
        fits = all(-(2**63) <= end < 2**63 for end in ends)
        return np.arange(values.start, values.stop, values.step) if fits else _objects(values)
    kinds = {*map(type, values)}
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    if kinds == {int}:
        return _fitting(values)
    if kinds == {float} or (kinds == {int, float} and all(abs(v) <= WHOLE for v in values if type(v) is int)):
        return np.array(values, dtype="float64")
    return _objects(values)


def _fitting(whole: Any) -> NDArray[Any]:
    """Whole numbers as `int64` where all of them fit, else as Python's own."""
    import numpy as np

    try:
        return np.array(whole, dtype="int64")
    except OverflowError:
        return _objects(whole)


def floats_and_mask(values: Sequence[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The numbers of a column as floats, and where one is absent."""
    import numpy as np

    numbers = [0.0 if value is ABSENT else value for value in values]
    return np.array(numbers, dtype="float64"), np.array([value is ABSENT for value in values], dtype=bool)


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    """An array of the very objects: numpy would look into those that are sequences."""
    import numpy as np

    array = np.empty(len(values), dtype=object)
    array[:] = values if isinstance(values, np.ndarray) else np.fromiter(values, dtype=object, count=len(values))
    return array
