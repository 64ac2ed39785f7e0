"""The positions of a covering array: those of its rows, found for the values that have an axis of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from toolz import unique

from ...configuration.fold import Steps
from ...configuration.keys import exact_key
from ..allowed import lift_constraints
from ..filters import constrain_node
from ..formulas import Formula, Values
from ..nodes.node import Node, SelectionOf, ViewOf
from ..tables import Constraint
from .completion import Completion
from .draws import Draws
from .greedy import find_rows
from .reduction import reduce_rows
from .symbols import Home, Symbols, find_homes
from .tuples import Tuples


def find_array(node: Node, paths: Sequence[Steps], strength: int, seed: int) -> tuple[int, ...]:
    """The positions of a covering array, in order."""
    return tuple(sorted(_find_positions(node, paths, strength, Draws(seed))))


def _find_positions(node: Node, paths: Sequence[Steps], strength: int, draws: Draws) -> Iterable[int]:
    """The positions of a covering array of the axes at these paths; the order of a sweep is no matter to it."""
    match node.composition:
        case _ if not strength:
            return [0]
        case ViewOf(base=base):
            return _find_positions(base, paths, strength, draws)
        case SelectionOf(base=base, indices=indices) if indices.size == base.size:
            found = [indices.rank(position) for position in _find_positions(base, paths, strength, draws)]
            return [rank for rank in found if rank is not None]
    base, _ = lift_constraints(node)
    together = {path: homes for path in paths if (homes := [h for h in find_homes(base, path) if h.is_together])}
    symbols = Symbols(node, paths, strength)
    tuples = Tuples(Completion(symbols))
    ranks = set(map(symbols.find_rank, reduce_rows(find_rows(tuples, draws), tuples, draws)))
    for path, homes in together.items():
        paths = [other for other in paths if other != path]
        for value in unique(_list_values(homes), key=exact_key):
            # what is combined with a value that several digits decide is covered in the part that has it
            part = constrain_node(node, Constraint(Formula.of_all([Values.of([value])]), (path,)))
            rows = _find_positions(part, paths, strength - 1, draws) if part.size else ()
            ranks.update(next(node.ranks(part.at(position), True)) for position in rows)
    return ranks


def _list_values(homes: Iterable[Home]) -> Iterator[Any]:
    """The values that may stand at a path in some parts of a sweep."""
    for home in homes:
        column = home.node.columns().get(home.rest)
        yield from chain.from_iterable(column.pieces if column else ())
