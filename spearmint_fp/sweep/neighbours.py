"""The configurations beside one: those that differ from it at one axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar, final

import attrs

from ..configuration.fold import Steps
from ..configuration.messages import short_repr
from ..configuration.paths import find_in
from .core import Sweep, as_sweep
from .late import counted
from .nodes.node import Node, ProductOf, SelectionOf, SumOf, ViewOf

T = TypeVar("T")


def neighbours(config: Any, sweep: Sweep[T]) -> Sweep[T]:
    """`[c for c in sweep if c differs from config at one axis]`: a change of one thing at a time around a baseline.

    An axis is what the tree makes vary by itself: a choice among values, or among whole records, or sweeps zipped
    together. A choice among branches is one too, with all that it brings and takes away: a configuration of another
    branch is a neighbour where the axes that both have keep their values. Values of different types differ (1, 1.0, True).
    `config` itself is left out, also where the sweep lists it several times.

    A sub-sweep of `sweep` in its order, exact at any size; nothing is enumerated. With the baseline first it is the
    design "one at a time": `expand(config) + neighbours(config, sweep)`.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"opt": DynamicValue([{"name": "sgd", "m": DynamicValue([0, 0.9])}, {"name": "adam"}]), "n": DynamicValue([1, 2])})
    >>> for c in neighbours({"opt": {"name": "sgd", "m": 0}, "n": 1}, s):
    ...     print(dict(c))
    {'opt': Config({'name': 'sgd', 'm': 0}), 'n': 2}
    {'opt': Config({'name': 'sgd', 'm': 0.9}), 'n': 1}
    {'opt': Config({'name': 'adam'}), 'n': 1}
    >>> neighbours({"n": 0}, expand({"n": DynamicValue(range(10**30))})).size == 10**30 - 1
    True

    Raises:
        AbsentError: `config` is not in the sweep; names it.
        SizeError: the sweep is shuffled, zipped or mapped, and more than 10^6 configurations would have to be listed.
        ArgumentError: `sweep` is not a sweep.

    See also: `where`; `remove_in`, to take a part away.
    """  # noqa: E501
    node = as_sweep(sweep, "neighbours")._node
    found = node.at(sweep.index(config))
    paths, tests, join = _make_formula(node, found)
    words = f"beside {short_repr(found)}"
    return Sweep(counted.constrain_node(node, counted.Constraint(counted.Formula(tests, join), paths, words=words)))


@final
@attrs.frozen(repr=False)
class _Axis:
    """An axis, which differs where one of its terms is true, unless a choice does that it lies in."""

    terms: tuple[counted.Groups, ...]
    inside: tuple[int, ...] = ()


@final
@attrs.frozen(repr=False)
class _OneOf:
    """True where just one axis differs."""

    axes: tuple[_Axis, ...]

    def __call__(self, truths: Sequence[int], logic: counted.Logic) -> int:
        differ: list[int] = []
        none, one = counted.TRUE, counted.FALSE
        for axis in self.axes:  # choices come before what lies in them
            here = counted.FALSE
            for term in axis.terms:
                here = logic.disjoin(here, term(truths, logic))
            for outer in axis.inside:
                here = logic.conjoin(here, logic.negate(differ[outer]))
            differ.append(here)
        for here in reversed(differ):  # from the last axis up, so that what has been joined lies below
            one = logic.disjoin(logic.conjoin(one, logic.negate(here)), logic.conjoin(none, here))
            none = logic.conjoin(none, logic.negate(here))
        return one


@final
@attrs.frozen(eq=False, repr=False)
class _Home:
    """Where a path leads: to the digit at a place, through choices; `fixed` where nothing varies there."""

    place: counted.Place
    choices: tuple[counted.Place, ...]
    fixed: bool


def _make_formula(node: Node, config: Any) -> tuple[tuple[Steps, ...], tuple[counted.Values, ...], _OneOf]:
    """The paths and tests by which a configuration is told from another, and how they make axes."""
    base = _find_base(node)
    paths: list[Steps] = []
    tests: list[counted.Values] = []
    choices: dict[counted.Place, list[counted.Groups]] = {}
    axes: dict[counted.Place, list[counted.Groups]] = {}
    leaders: dict[counted.Place, counted.Place] = {}
    for path, column in base.columns().items():
        homes = list(_find_homes(base, path)) if column.swept and column.pieces else []
        if not homes:
            continue
        found = find_in(path, config)
        first = len(tests)
        tests += [counted.Values.of(found), counted.Values.of(found, others=True)] if found else [counted.ANYTHING]
        paths += [path] * (2 if found else 1)
        varying = [home.place for home in homes if not home.fixed]
        outer = max((home.choices for home in homes), key=len)
        inner = choices.setdefault(outer[-1], []) if outer else []
        for choice in outer:
            choices.setdefault(choice, [])
        if not found:
            inner.append(counted.Groups(((first,),)))
        elif not varying:
            inner.append(counted.Groups(((first,),), negated=True))
        else:
            inner.append(counted.Groups(((first,), (first + 1,)), negated=True))
            leader = next((leaders[place] for place in varying if place in leaders), varying[0])
            leaders.update(dict.fromkeys(varying, leader))
            axes.setdefault(leader, []).append(counted.Groups(((first + 1,),)))
    order = sorted(choices)
    made = [
        _Axis(tuple(choices[place]), tuple([k for k, other in enumerate(order) if _lies_in(place, other)]))
        for place in order
    ]
    made += [_Axis(tuple(terms)) for terms in axes.values()]
    return tuple(paths), tuple(tests), _OneOf(tuple(made))


def _lies_in(place: counted.Place, other: counted.Place) -> bool:
    return len(place) > len(other) and place[: len(other)] == other


def _find_base(node: Node) -> Node:
    """The sweep that a selection, or a function of each configuration, was made from: it has the axes."""
    match node.composition:
        case SelectionOf(base=base) | ViewOf(base=base):
            return _find_base(base)
        case None if len(node.children) == 1:
            return _find_base(node.children[0])
    return node


def _find_homes(
    node: Node, path: Steps, place: counted.Place = (), choices: tuple[counted.Place, ...] = ()
) -> Iterator[_Home]:
    """Where a path leads in a sweep, once per branch that has it."""
    node = _find_base(node)
    match node.composition:
        case ProductOf(parts=parts) if path and node.enter(path):
            for number, rest in node.enter(path):
                if parts[number].may_have(rest):
                    yield from _find_homes(parts[number], rest, (*place, number), choices)
        case SumOf(parts=parts):
            for branch, part in enumerate(parts):
                if part.may_have(path):
                    yield from _find_homes(part, path, (*place, branch), (*choices, place))
        case _:
            yield _Home(place, choices, node.static or node.size == 1)
