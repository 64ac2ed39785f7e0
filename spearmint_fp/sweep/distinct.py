"""Sweeps without repetitions: the first of equal configurations stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, islice, starmap
from typing import Any, Final, TypeVar

from ..configuration.errors import ArgumentError, SizeError
from ..configuration.freezing import freeze
from ..configuration.keys import exact_key
from ..configuration.messages import format_count, repr_with_type
from ..configuration.tables import is_keyed
from .choose import try_iterating
from .core import Sweep
from .indices import Chosen, count_items
from .late import counted
from .nodes.axis import Axis
from .nodes.node import LIMIT, Node, ProductOf, SelectionOf, SumOf
from .nodes.points import walk_points
from .nodes.select import Select
from .nodes.union import Union

T = TypeVar("T")

MOST_COMPARED: Final = 100
"""How many long ranges are compared with one another."""


def distinct(configs: Iterable[T]) -> Sweep[T]:
    """`toolz.unique(configs)` as a sweep: the first of equal configurations stays, in order.

    Values of different types differ (1, 1.0, True). Records and axes are made distinct one by one, without
    enumerating their product; where branches of a union may overlap, their configurations are listed once.
    Any other iterable is read once.

    >>> from spearmint_fp import DynamicValue, expand
    >>> distinct(expand({"a": DynamicValue([1, 2, 1]), "b": DynamicValue(range(10**20))}))
    Sweep(2 × 100000000000000000000 = 200000000000000000000)
    >>> list(distinct([{"a": 1}, {"a": 1}, {"a": True}]))
    [Config({'a': 1}), Config({'a': True})]

    Raises:
        SizeError: more than 10^6 configurations must be listed; says how many.
        ArgumentError: not an iterable.

    See also: `concat`, which keeps repetitions.
    """
    if isinstance(configs, Sweep):
        return Sweep(drop_repetitions(configs._node))
    iterator = None if isinstance(configs, str | bytes | Mapping) or is_keyed(configs) else try_iterating(configs)
    if iterator is None:
        way = ". For a table write expand(DynamicValue(table))" if is_keyed(configs) else ""
        raise ArgumentError(
            f"distinct takes a sweep or an iterable of configurations; got {repr_with_type(configs)}{way}"
        )
    read = [freeze(config) for config in islice(iterator, LIMIT + 1)]
    if len(read) > LIMIT:
        raise SizeError(
            f"distinct reads at most {LIMIT} configurations; to stream more use toolz.unique, with config_id as key"
        )
    return Sweep(drop_repetitions(Axis(tuple(read), swept=True)))


def drop_repetitions(node: Node) -> Node:
    """The first of equal points each, in order."""
    if not node.size:  # the parts of an empty product may hold what cannot be built
        return node
    match node.composition:
        case ProductOf(parts=parts) if node.faithful:
            return node.rebuilt([drop_repetitions(part) for part in parts])
        case SelectionOf(base=base) if drop_repetitions(base).size == base.size:
            return node
        case SelectionOf(base=base, indices=counted.Allowed() as allowed):
            kept = allowed.drop_repetitions()
            return _drop_by_listing(node) if kept is None else Select(base, kept)
        case SumOf(parts=parts) if node.distinct() is None:
            distinct_parts = [drop_repetitions(part) for part in parts]
            union = Union.of(distinct_parts)
            return union if _are_apart(distinct_parts) else _drop_by_listing(union)
    return node.distinct() or _drop_by_listing(node)


def _drop_by_listing(node: Node) -> Node:
    if node.size > LIMIT:
        raise SizeError(
            f"finding repetitions takes {format_count(node.size)} points to enumerate here, more than {LIMIT}. "
            f"Make the parts distinct first, or stream with toolz.unique, with config_id as key"
        )
    first: dict[Any, int] = {}
    for position, value in enumerate(walk_points(node, 0, node.size)):
        first.setdefault(exact_key(value), position)
    return node if len(first) == node.size else Select(node, Chosen(tuple(first.values())))


def _are_apart(parts: Sequence[Node]) -> bool:
    """True if at some path the values of any two parts have nothing in common."""
    if not all(part.exact for part in parts):
        return False
    columns = [part.columns() for part in parts]
    shared = set(columns[0]).intersection(*columns[1:]) if columns else set()
    known = [path for path in shared if not any(part[path].computed for part in columns)]
    return any(_have_disjoint_values([part[path].pieces for part in columns]) for path in known)


def _have_disjoint_values(values: Sequence[tuple[Sequence[Any], ...]]) -> bool:
    every = [piece for pieces in values for piece in pieces]
    if sum(map(count_items, every)) > LIMIT:
        few = len(every) <= MOST_COMPARED and all(isinstance(piece, range) for piece in every)
        return few and not any(starmap(counted.find_common_places, combinations(every, 2)))
    keys = [{exact_key(value) for piece in pieces for value in piece} for pieces in values]
    return len(frozenset().union(*keys)) == sum(map(len, keys))
