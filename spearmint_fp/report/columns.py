"""A sweep as columns: one numpy array per path, computed axis by axis instead of configuration by configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from operator import is_
from typing import TYPE_CHECKING, Any, Final, final

from toolz import unique

from ..configuration.errors import SizeError
from ..configuration.extras import require
from ..configuration.fold import Steps
from ..configuration.messages import format_count
from ..configuration.paths import join_path
from ..outcomes.cells import ABSENT
from ..sweep.core import Sweep, as_sweep
from ..sweep.indices import Indices
from ..sweep.nodes.columns import flatten_point
from ..sweep.nodes.node import Node
from ..sweep.nodes.points import walk_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ROWS: Final = 10**9
"""How many rows columns are made of before they are refused: eight bytes each, for every path."""

MOST_EXACT_FLOAT: Final = 2**53
"""Whole numbers up to here are floats too, exactly."""

Arrays = dict[Steps, Any]
Rows = Any
"""Positions as an array, or None for all."""


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
    if node.size > MOST_ROWS:
        raise SizeError(
            f"columns of {format_count(node.size)} configurations, more than {format_count(MOST_ROWS)}. "
            f"Take a slice of the sweep, or sample(k, sweep)"
        )
    require("numpy", extra="numpy", what="columns")
    return {join_path(path): _mask_absent(array) for path, array in _NumpyTables().tabulate(node, None).items()}


def _mask_absent(array: NDArray[Any]) -> NDArray[Any]:
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


# --- the arrays of nodes --------------------------------------------------------------------------------


@final
class _NumpyTables:
    """How numpy arrays of some points of a sweep are made from those of its parts; `rows` is None for all points."""

    def tabulate(self, node: Node, rows: Rows) -> Arrays:
        if rows is None:
            return node.tabulate(self, None)
        if not len(rows):
            return {path: _make_objects(()) for path in node.columns()}
        if node.size <= len(rows):  # each point once, then as often as it is asked for
            return {path: array[rows.astype("int64")] for path, array in node.tabulate(self, None).items()}
        return node.tabulate(self, rows)

    def tabulate_points(self, node: Node, rows: Rows) -> Arrays:
        points = walk_points(node, 0, node.size) if rows is None else map(node.at, rows.tolist())
        flat = list(map(flatten_point, points))
        return {path: _make_column(flat, path) for path in unique(path for point in flat for path in point)}

    def tabulate_product(self, product: Any, rows: Rows) -> list[Arrays]:
        import numpy as np

        if not product.size:  # some part is empty, and another one may be of any size
            return [self.tabulate(part, np.empty(0, dtype="int64")) for part in product.parts]
        tables = []
        for part, weight in zip(product.parts, product.weights, strict=True):
            if rows is None:  # each value stands while the parts after it turn, all of them once per turn before
                turns = product.size // (weight * part.size)
                whole = self.tabulate(part, None).items()
                tables.append({path: np.tile(np.repeat(array, weight), turns) for path, array in whole})
            else:
                is_wide = max(weight, part.size) >= 2**63
                digits = (rows.astype(object) if is_wide else rows) // weight % part.size
                tables.append(self.tabulate(part, _make_integers(digits)))
        return tables

    def tabulate_union(self, parts: Sequence[Node], offsets: Sequence[int], rows: Rows) -> Arrays:
        import numpy as np

        if rows is None:
            spans = map(slice, offsets, offsets[1:])
            tables = [self.tabulate(part, None) for part in parts]
            return _join_tables(offsets[-1], zip(spans, tables, strict=True))
        positions: NDArray[Any] = rows
        branches = np.searchsorted(_make_integers(offsets), positions, side="right") - 1
        order = np.argsort(branches, kind="stable")
        found, first = np.unique(branches[order], return_index=True)
        groups = zip(found.tolist(), np.split(order, first[1:]), strict=True)
        return _join_tables(len(rows), [(at, self.tabulate(parts[k], positions[at] - offsets[k])) for k, at in groups])

    def make_array(self, values: Sequence[Any], rows: Rows) -> NDArray[Any]:
        if rows is None:
            return make_array(values)
        if isinstance(values, range):
            return _make_integers(values.start + values.step * rows.astype(object))
        return make_array([values[k] for k in rows.tolist()])

    def find_positions(self, indices: Indices, rows: Rows) -> NDArray[Any]:
        if rows is not None:
            return _make_integers([indices.at(rank) for rank in rows.tolist()])
        runs = list(indices.runs(0, indices.size))
        return make_array(runs[0]) if len(runs) == 1 else _make_integers([*chain.from_iterable(runs)])


# --- arrays ------------------------------------------------------------------------------------------


def _make_column(rows: Sequence[Mapping[Steps, Any]], path: Steps) -> NDArray[Any]:
    here = [row[path] for row in rows if path in row]
    return make_array(here) if len(here) == len(rows) else _make_objects([row.get(path, ABSENT) for row in rows])


def _join_tables(size: int, parts: Iterable[tuple[Any, Arrays]]) -> Arrays:
    """The columns whose `rows` are those of each part; `ABSENT` where a part lacks a path."""
    gathered: dict[Steps, list[tuple[Any, Any]]] = {}
    for rows, arrays in parts:
        for path, array in arrays.items():
            gathered.setdefault(path, []).append((rows, array))
    return {path: _join_arrays(size, pieces) for path, pieces in gathered.items()}


def _join_arrays(size: int, pieces: Sequence[tuple[Any, NDArray[Any]]]) -> NDArray[Any]:
    import numpy as np

    kinds = {array.dtype for _, array in pieces}
    full = sum(len(array) for _, array in pieces) == size
    plain = kinds <= {np.dtype("int64"), np.dtype("float64")} and all(_are_floats(array) for _, array in pieces)
    kind = kinds.pop() if full and len(kinds) == 1 else np.dtype("float64" if full and plain else object)
    joined = np.full(size, ABSENT, dtype=object) if kind.hasobject else np.empty(size, dtype=kind)
    for rows, array in pieces:
        joined[rows] = array
    return joined


def _are_floats(array: NDArray[Any]) -> bool:
    """True if every number of an array is a float, exactly."""
    return bool(
        array.dtype.kind == "f"
        or not array.size
        or max(abs(int(array.min())), abs(int(array.max()))) <= MOST_EXACT_FLOAT
    )


def make_array(values: Sequence[Any]) -> NDArray[Any]:
    """The values as an array of numbers or truth values where that changes none of them, else of the very objects."""
    import numpy as np

    if isinstance(values, range):
        ends = (values[0], values[-1]) if values else ()
        fits = all(-(2**63) <= end < 2**63 for end in ends)
        return np.arange(values.start, values.stop, values.step) if fits else _make_objects(values)
    kinds = {*map(type, values)}
    if kinds == {bool}:
        return np.array(values, dtype=bool)
    if kinds == {int}:
        return _make_integers(values)
    if kinds == {float} or (
        kinds == {int, float} and all(abs(v) <= MOST_EXACT_FLOAT for v in values if type(v) is int)
    ):
        return np.array(values, dtype="float64")
    return _make_objects(values)


def _make_integers(whole: Any) -> NDArray[Any]:
    """Whole numbers as `int64` where all of them fit, else as Python's own."""
    import numpy as np

    try:
        return np.array(whole, dtype="int64")
    except OverflowError:
        return _make_objects(whole)


def split_absent(values: Sequence[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """The numbers of a column as floats, and where one is absent."""
    import numpy as np

    numbers = [0.0 if value is ABSENT else value for value in values]
    return np.array(numbers, dtype="float64"), np.array([value is ABSENT for value in values], dtype=bool)


def _make_objects(values: Sequence[Any]) -> NDArray[Any]:
    """An array of the very objects: numpy would look into those that are sequences."""
    import numpy as np

    array = np.empty(len(values), dtype=object)
    array[:] = values if isinstance(values, np.ndarray) else np.fromiter(values, dtype=object, count=len(values))
    return array
