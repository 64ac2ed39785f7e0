"""Selecting by partial configurations: those that agree with one, and those that agree with none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, TypeVar

from .core import Sweep, as_sweep
from .late import counted
from .nodes.node import Node
from .partials import Conditions, list_partials, read_conditions

T = TypeVar("T")


def where(conditions: Mapping[Any, Any], sweep: Sweep[T]) -> Sweep[T]:
    """`[c for c in sweep if agrees(conditions, c)]` as a sweep: those that have what a partial configuration names.

    A condition stands at a path (`{"llm.model": "a"}`, `{("a.b",): 1}`) or nested (`{"llm": {"model": "a"}}`), and is a
    value, a `DynamicValue` of several, or a predicate that is called with the value there; all must hold. A
    configuration that lacks a path does not agree, so the branches of a conditional space that do not have it are left
    out; a value that is nowhere on its axis leaves nothing. Values are told apart by type, unless the axis has the value
    in other types alone (1 for 1.0), or a class has made a float of it. A function that is itself a value on the axis
    is a value.

    Order and positions are exact at any size, and the axes are the narrowed ones. Values are looked up and predicates
    asked as in `constrain`, but only when something is asked of the result; a pickle asks nobody again.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"opt": DynamicValue([{"name": "sgd", "m": DynamicValue([0, 0.9])}, {"name": "adam"}]), "n": DynamicValue(range(10**30))})
    >>> list(where({"opt": {"name": "adam"}, "n": DynamicValue([3, 5])}, s))
    [Config({'opt': {'name': 'adam'}, 'n': 3}), Config({'opt': {'name': 'adam'}, 'n': 5})]
    >>> where({"opt.m": lambda m: m > 0}, s).axes["opt.m"], where({"n": -1}, s).size, where({}, s) == s
    ((0.9,), 0, True)

    Raises:
        ArgumentError: `conditions` is not a mapping, or `sweep` is not a sweep.
        PathError: no configuration has one of the paths; names it and the nearest that there is.
        SizeError: more than 10^4 values are named; when something is asked, where `constrain` refuses too.
        Exception: when something is asked: what a predicate raises.

    See also: `exclude`, all the others; `constrain`, for predicates over several axes; `groupby`.
    """  # noqa: E501
    node = as_sweep(sweep, "where")._node
    alternatives = read_conditions(conditions, node, "where")
    return Sweep(keep_agreeing(node, alternatives)) if alternatives != [Conditions((), ())] else sweep


def exclude(partials: Mapping[Any, Any] | Iterable[Mapping[Any, Any]], sweep: Sweep[T]) -> Sweep[T]:
    """`[c for c in sweep if not any(agrees(partial, c) for partial in partials)]` as a sweep.

    A partial configuration is what `where` takes, and one mapping stands for itself alone: its conditions exclude
    together. A configuration that lacks one of its paths stays. `where` and `exclude` of the same partial
    configuration part a sweep in two, each in its order.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"os": DynamicValue(["linux", "mac"]), "python": DynamicValue([11, 12]), "n": DynamicValue(range(10**30))})
    >>> exclude({"os": "mac", "python": 11}, s).size == 3 * 10**30
    True
    >>> exclude([{"os": "mac"}, {"n": lambda n: True}], s[:4]).size, exclude([], s) == s, exclude({}, s).size
    (0, True, 0)

    Raises:
        ArgumentError: `partials` is neither a mapping nor an iterable of mappings, or `sweep` is not a sweep.
        PathError: no configuration has one of the paths; names it and the nearest that there is.
        SizeError: more than 1000 partial configurations, or 10^4 values; when something is asked, where `constrain`
            refuses too.
        Exception: when something is asked: what a predicate raises about a value on its axis.

    See also: `where`, the opposite; `include`, which adds to a sweep.
    """  # noqa: E501
    node = as_sweep(sweep, "exclude")._node
    listed = list_partials(partials, "exclude")
    found = [conditions for partial in listed for conditions in read_conditions(partial, node, "exclude")]
    return Sweep(counted.constrain_node(node, *map(_deny, found))) if found else sweep


def keep_agreeing(node: Node, alternatives: Sequence[Conditions]) -> Node:
    """The points that agree with one of several partial configurations."""
    if len(alternatives) == 1:  # axis by axis, each is cut by its own condition
        (only,) = alternatives
        made = [
            counted.Constraint(counted.Formula.of_all([test]), (path,), words=f"where {Conditions((path,), (test,))}")
            for path, test in zip(only.paths, only.tests, strict=True)
        ]
    else:
        ends = [0, *accumulate(len(conditions.paths) for conditions in alternatives)]
        groups = tuple([tuple(range(a, b)) for a, b in pairwise(ends)])
        tests = [test for conditions in alternatives for test in conditions.tests]
        paths = [path for conditions in alternatives for path in conditions.paths]
        words = f"where {' or '.join(map(str, alternatives))}"
        made = [counted.Constraint(counted.Formula(tuple(tests), counted.Groups(groups)), tuple(paths), words=words)]
    kept = counted.constrain_node(node, *made)
    return counted.find_product(kept) if all(conditions.by_value for conditions in alternatives) else kept


def _deny(conditions: Conditions) -> counted.Constraint:
    """The constraint that a configuration does not agree with a partial one."""
    return counted.Constraint(
        counted.Formula.of_all(conditions.tests, negated=True), conditions.paths, words=f"without {conditions}"
    )
