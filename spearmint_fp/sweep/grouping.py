"""Sweeps by the values at a path: a sweep for each value, or one sweep in which some axes are slowest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeVar

import attrs

from ..configuration.errors import ArgumentError, SizeError
from ..configuration.fold import Steps, show_path
from ..configuration.keys import has_hash
from ..configuration.messages import format_count, repr_with_type, short_repr
from ..configuration.paths import Path, find_in, parse_path
from ..conversion.problems import ABSENT
from .choose import check_path, parse_paths
from .core import Sweep, as_sweep
from .late import counted, reordered
from .nodes.axis import Axis
from .nodes.node import Node, ProductOf, SelectionOf
from .nodes.select import Select
from .nodes.union import Union
from .project import project_node

T = TypeVar("T")

MOST_GROUPS: Final = 10_000
"""How many sweeps one is taken apart into."""


def groupby(path: Path, sweep: Sweep[T]) -> dict[Any, Sweep[T]]:
    """`toolz.groupby(get_in(path), sweep)` with a sweep for each list: value by value, in order of appearance.

    The groups part the sweep, each in its order and exact at any size: `where({path: value}, sweep)`. Keys are those of a
    dict, so that 1, 1.0 and True are one group. Configurations that lack the path are those of the key `ABSENT`.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"opt": DynamicValue([{"name": "sgd", "m": DynamicValue([0, 0.9])}, {"name": "adam"}]), "n": DynamicValue(range(10**9))})
    >>> {name: part.size for name, part in groupby("opt.name", s).items()}
    {'sgd': 2000000000, 'adam': 1000000000}
    >>> list(groupby("opt.m", s)), groupby("n", s[:0])
    ([0, 0.9, absent], {})

    Raises:
        PathError: no configuration has the path; names it and the nearest that there is.
        ArgumentError: a value is not hashable, `path` is no path, or `sweep` is not a sweep.
        SizeError: there are more than 10^4 values, or more than 10^6 configurations would have to be listed.

    See also: `where`, one group; `project`, the values alone.
    """  # noqa: E501
    node, steps = as_sweep(sweep, "groupby")._node, parse_path(path)
    check_path(steps, node)
    groups: dict[Any, list[Any]] = {}
    for value in _list_values(node, steps, "groupby"):
        if not has_hash(value):
            raise ArgumentError(
                f"the keys of a dict are hashable, and groupby makes one; at {show_path(steps)} stands "
                f"{repr_with_type(value)}. Group by a path inside of it, or derive a value to group by"
            )
        groups.setdefault(value, []).append(value)
    return {key: Sweep(_keep_values(node, steps, values)) for key, values in groups.items()}


def reorder(paths: Path | Sequence[Path], sweep: Sweep[T]) -> Sweep[T]:
    """`sorted(sweep, key=values at paths)`: the same configurations, the first of these axes slowest, then the others.

    Values stand in the order of their axis, configurations that lack a path last, and those with equal values keep
    their order. Positions are exact at any size for axes of a product, also where constraints cut it; elsewhere, as
    among branches, the sweep is put together from those of each value, up to 10^4 of them.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"n": DynamicValue(range(10**30)), "data": DynamicValue(["a", "b"]), "seed": DynamicValue([0, 1])})
    >>> t = reorder("seed", s)
    >>> t[1], t[2], t.index(s[1]) == 2 * 10**30
    (Config({'n': 0, 'data': 'b', 'seed': 0}), Config({'n': 1, 'data': 'a', 'seed': 0}), True)
    >>> reorder(["n", "data"], s) == s
    True

    Raises:
        PathError: no configuration has one of the paths; names it and the nearest that there is.
        SizeError: there are more than 10^4 values at a path that is no axis of a product; says how many.
        ArgumentError: `paths` is not 1 to 1000 paths, or `sweep` is not a sweep.

    See also: `groupby`; `shuffled`.
    """
    node = as_sweep(sweep, "reorder")._node
    steps = parse_paths(paths, "reorder")
    for path in steps:
        check_path(path, node)
    return Sweep(_reorder_node(node, tuple(dict.fromkeys(steps))))


# --- by value --------------------------------------------------------------------------------------------


def _list_values(node: Node, path: Steps, function: str) -> list[Any]:
    """The different values at a path, in order of appearance; `ABSENT` where there is none."""
    found = project_node(node, (path,))
    if found.size > MOST_GROUPS:
        raise SizeError(
            f"{function} by {show_path(path)} takes a sweep for each of {format_count(found.size)} values, more than "
            f"{MOST_GROUPS}. List them with project, and take those of one with where"
        )
    return [next(iter(find_in(path, point)), ABSENT) for point in found.walk(0, found.size)]


def _keep_values(node: Node, path: Steps, values: Sequence[Any]) -> Node:
    """The points that have one of some values at a path; `ABSENT` for those that lack it."""
    is_absent = values[0] is ABSENT
    test = counted.ANYTHING if is_absent else counted.Values.of(values)
    words = f"where {show_path(path)}={' or '.join(map(short_repr, values))}"
    constraint = counted.Constraint(counted.Formula.of_all([test], negated=is_absent), (path,), words=words)
    return counted.find_product(counted.constrain_node(node, constraint))


# --- in another order ----------------------------------------------------------------------------------------


def _reorder_node(node: Node, paths: tuple[Steps, ...]) -> Node:
    match node.composition:
        case ProductOf():
            order = _find_order(node, paths)
            if order is not None:
                return node if list(order) == sorted(order) else reordered.Reordered(node, order)
        case SelectionOf(indices=counted.Allowed() as allowed):
            order = _find_order(allowed.base, paths)
            moved = None if order is None else _move_constraints(allowed.known, order)
            if order is not None and moved is not None:
                base = reordered.Reordered(allowed.base, order)
                return Select(base, counted.Allowed(base, moved))
    return _join_groups(node, paths)


def _find_order(base: Node, paths: tuple[Steps, ...]) -> tuple[counted.Place, ...] | None:
    """The places of a product's parts, those at some paths first; None where these are no axes of it."""
    first: list[counted.Place] = []
    for path in paths:
        place = _find_axis(base, path)
        if place is None:
            return None
        first.append(place)
    opened = {place[:end] for place in first for end in range(len(place))}
    rest = [place for place in _list_parts(base, (), opened) if place not in first]
    return (*dict.fromkeys(first), *rest)


def _find_axis(node: Node, path: Steps) -> counted.Place | None:
    """The place of the axis at a path of a product, where there is one and no value is on it twice."""
    place: counted.Place = ()
    while path and isinstance(made := node.composition, ProductOf):
        ways = [(part, rest) for part, rest in node.enter(path) if made.parts[part].may_have(rest)]
        if len(ways) != 1:
            return None
        ((part, path),) = ways
        node, place = made.parts[part], (*place, part)
    return place if place and not path and node.distinct() == node else None


def _list_parts(node: Node, place: counted.Place, opened: AbstractSet[counted.Place]) -> Iterator[counted.Place]:
    made = node.composition
    if place not in opened or not isinstance(made, ProductOf):
        yield place
        return
    for k, part in enumerate(made.parts):
        yield from _list_parts(part, (*place, k), opened)


def _move_constraints(
    constraints: Sequence[counted.Constraint], order: Sequence[counted.Place]
) -> tuple[counted.Constraint, ...] | None:
    """The constraints of a product, for the same parts in another order; None where one lies across opened parts."""

    def move(place: counted.Place) -> counted.Place | None:
        homes = [(k, *place[len(part) :]) for k, part in enumerate(order) if place[: len(part)] == part]
        return homes[0] if homes else None

    moved = []
    for constraint in constraints:
        place = move(constraint.place) if constraint.place else ()
        scope = [move(inside) for inside in constraint.table.scope] if constraint.table else []
        if place is None or None in scope or constraint.positions is not None:
            return None
        known = [inside for inside in scope if inside is not None]
        table = counted.move_table(constraint.table, known) if constraint.table else None
        moved.append(attrs.evolve(constraint, place=place, table=table))
    return tuple(moved)


def _join_groups(node: Node, paths: tuple[Steps, ...]) -> Node:
    """The groups of each value, one after the other."""
    groups = [node]
    for path in paths:
        values = _sort_values(node, path)
        groups = [kept for group in groups for value in values if (kept := _keep_values(group, path, [value])).size]
    return Union.of(groups)


def _sort_values(node: Node, path: Steps) -> list[Any]:
    """The values at a path in the order of their axis, others in that of appearance, `ABSENT` last."""
    column = node.columns().get(path)
    axes = [Axis(piece, swept=True) for piece in column.pieces] if column else []

    def find_rank(value: Any) -> tuple[int, int]:
        found = ((k, next(axis.ranks(value, True), None)) for k, axis in enumerate(axes))
        return next(((k, rank) for k, rank in found if rank is not None), (len(axes), value is ABSENT))

    return sorted(_list_values(node, path, "reorder"), key=find_rank)
