"""Sweeps as sets: differences, intersections and unions, by the value of configurations."""

from __future__ import annotations

from functools import reduce
from typing import Any, TypeVar

from .combine import empty
from .core import Sweep, as_sweep

T = TypeVar("T")


def difference(sweep: Sweep[T], *others: Sweep[Any]) -> Sweep[T]:
    """`[c for c in sweep if c not in any of the others]` as a sweep: `sweep - other`, counted, in the order of `sweep`.

    Configurations are compared by value, whatever the sweeps were made from: axes may stand in another order, with
    constraints, conditional branches and repetitions on either side. Types are told apart (1, 1.0, True), also where
    `in` is content with an equal value; NaN equals itself. The order of the others does not matter; of `sweep` the
    order, the repetitions and the axes stay, narrowed to what is left. Nothing is enumerated but axes, and no predicate
    is asked twice. What shows no axes (samples, mapped and derived sweeps, zips) is listed, up to 10^6 configurations
    of it. `difference(s)` is `s`.

    >>> from spearmint_fp import DynamicValue, expand
    >>> new = expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(10**12))})
    >>> old = expand({"n": DynamicValue(range(5, 10**12)), "model": "a"})
    >>> (new - old).size, (new - old)[5]
    (1000000000005, Config({'model': 'b', 'n': 0}))
    >>> (new - new).size, difference(new) == new
    (0, True)

    Raises:
        SizeError: comparing takes looking at more than 10^6 points of some part, or too many cases at once; says of
            which, and what would help.
        ArgumentError: not a sweep; names the value.
        Exception: what a predicate, or a function that makes points, raises.

    See also: `intersection`, which keeps what this removes; `distinct`.

    Source: Bryant, "Graph-based algorithms for Boolean function manipulation" (1986).
    """
    return reduce(lambda left, other: left - as_sweep(other, "difference"), others, as_sweep(sweep, "difference"))


def intersection(sweep: Sweep[T], *others: Sweep[Any]) -> Sweep[T]:
    """`[c for c in sweep if c in all of the others]` as a sweep: `sweep & other`, counted, in the order of `sweep`.

    Compared as `difference` does, of which it is the rest: `(a - b).size + (a & b).size == a.size`. The order, the
    repetitions and the axes are those of `sweep`, narrowed to what is left. `intersection(s)` is `s`.

    >>> from spearmint_fp import DynamicValue, expand, shuffled
    >>> a = expand({"x": DynamicValue(range(10**15)), "y": DynamicValue(range(10**15))})
    >>> b = expand({"y": DynamicValue(range(7, 10**16)), "x": DynamicValue([5, 3])})
    >>> (a & b).size == 2 * (10**15 - 7), (a & b)[0], (a & shuffled(a)) == a
    (True, Config({'x': 3, 'y': 7}), True)
    >>> (expand({"n": 1}) & expand({"n": DynamicValue([1.0, True])})).size
    0

    Raises:
        SizeError: as `difference`.
        ArgumentError: not a sweep; names the value.
        Exception: what a predicate, or a function that makes points, raises.

    See also: `difference`; `union`.
    """
    return reduce(lambda left, other: left & as_sweep(other, "intersection"), others, as_sweep(sweep, "intersection"))


def union(*sweeps: Sweep[T]) -> Sweep[T]:
    """`a + (b - a)`, and so on for more sweeps: `a | b`, all configurations of `a`, then those of `b` that are new.

    Compared as `difference` does. Repetitions inside of one sweep stay; `distinct(union(...))` has none. `union()` is
    `empty`, `union(s)` is `s`.

    >>> from spearmint_fp import DynamicValue, expand
    >>> a, b = expand({"n": DynamicValue([2, 1])}), expand({"n": DynamicValue([3, 2])})
    >>> [config.n for config in a | b]
    [2, 1, 3]
    >>> union() == empty, union(a, a, b).size
    (True, 3)

    Raises:
        SizeError: as `difference`.
        ArgumentError: not a sweep; names the value.
        Exception: what a predicate, or a function that makes points, raises.

    See also: `concat`, which keeps what is in several; `difference`.
    """
    checked = [as_sweep(sweep, "union") for sweep in sweeps]
    return reduce(lambda left, other: left | other, checked) if checked else empty
