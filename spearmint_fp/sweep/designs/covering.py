"""Covering arrays of sweeps: few configurations in which every combination of a few values occurs."""

from __future__ import annotations

from typing import TypeVar

from ...configuration.errors import ArgumentError
from ...configuration.messages import short_repr
from ..choose import require_whole
from ..core import Sweep, as_sweep
from ..indices import Chosen
from ..late import arrays
from ..nodes.select import Select

T = TypeVar("T")


def covering(strength: int, sweep: Sweep[T], *, seed: int = 0) -> Sweep[T]:
    """Few configurations of a sweep in which all values that any `strength` axes have together in it still occur.

    With 2, every pair of values of two axes that some configuration of the sweep has is in one of these at least: what
    breaks, or shines, because of two values is seen, in 10 configurations of 2^100. They are configurations of the
    sweep, so constraints and branches hold, in its order. A configuration with fewer axes than `strength` is covered
    whole, so with as many as there are it is every different one. Values that `derive` computes are no axes.

    The number is small and not always the least that is possible. For one seed the same configurations are found on
    every machine and under every Python, in a number of steps that takes a few seconds at most.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"os": DynamicValue(["linux", "mac", "win"]), "py": DynamicValue([11, 12, 13]),
    ...             "db": DynamicValue([{"kind": "sqlite"}, {"kind": "postgres", "pool": DynamicValue([1, 8])}])})
    >>> s.size, covering(2, s).size, covering(1, s).size
    (27, 9, 3)
    >>> covering(3, s[:1]) == s[:1]
    True

    Raises:
        SizeError: more than 3 * 10^6 pairs occur, or 3 * 10^5 combinations of more values; or a part that must be
            listed (mapped, zipped, sliced) has more than 10^6 configurations, or the axes more than 20,000 values
            together; names the count and a way out.
        ArgumentError: `strength` is not a whole number from 1 on, `seed` is not one, or `sweep` is not a sweep.
        Exception: what a function that makes configurations raises where these are listed.

    See also: `spread`, evenly over every axis; `neighbours`, one change at a time; `sample`, by chance alone.

    Source: Cohen, Dalal, Fredman and Patton, "The AETG system" (1997); Nurmela, "Upper bounds for covering arrays by
    tabu search" (2004).
    """
    node = as_sweep(sweep, "covering")._node
    count, chance = require_whole(strength, "strength"), require_whole(seed, "seed")
    if count < 1:
        raise ArgumentError(
            f"covering(strength, sweep) combines the values of 1 axis or more; got strength={short_repr(strength)}"
        )
    if not node.size:
        return sweep
    paths = [path for path, column in node.columns().items() if column.swept and column.pieces]
    return Sweep(Select(node, Chosen(arrays.find_array(node, paths, count, chance))))
