"""Some configurations of a sweep: filtered, shuffled, sampled, sharded. Each is a sweep again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from operator import index as as_index
from typing import Any, Final, TypeVar, cast

from ..configuration.calls import explain_calls
from ..configuration.errors import ArgumentError, PathError, SizeError
from ..configuration.fold import Steps, list_leaves, show_path
from ..configuration.messages import format_count, repr_with_type
from ..configuration.paths import Path, parse_path, suggest_paths
from ..conversion.late import comparisons
from .core import Sweep, as_sweep
from .indices import Permutation
from .late import counted
from .nodes.node import Node
from .nodes.points import walk_possible_points
from .nodes.select import Select

T = TypeVar("T")

MOST_PATHS: Final = 1_000
"""How many axes a constraint may name."""

MOST_SUGGESTED: Final = 1_000
"""How many paths are compared with one that is unknown, to suggest what was probably meant."""


@explain_calls
def constrain(predicate: Callable[..., Any], sweep: Sweep[T], *, on: Path | Sequence[Path]) -> Sweep[T]:
    """`[c for c in sweep if predicate(*(get_in(path, c) for path in on))]` as a sweep: counted, in order.

    Nothing is enumerated but the axes that `on` names; size, index, slices and positions stay exact at any size. The
    predicate takes one argument per path and must be pure. Constraints compose in any order: they are gathered, and
    counted together when something is first asked. Then a predicate is called at most once per combination of its axes,
    and only about what constraints over fewer axes leave; a pickle has the counts, and calls none. A configuration that
    lacks one of the paths (another branch of a conditional space) is kept. Slices, sums, shuffles, zips and derived
    sweeps are counted by what they were made from, mapped ones listed. A predicate that needs the whole config is a job
    for `filter(predicate, sweep)`, which streams.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"a": DynamicValue(range(10)), "b": DynamicValue(range(10)), "c": DynamicValue(range(10**28))})
    >>> below = constrain(lambda a, b: a < b, s, on=("a", "b"))
    >>> below.size == 45 * 10**28, below[0]
    (True, Config({'a': 0, 'b': 1, 'c': 0}))
    >>> constrain(lambda a: False, s, on="a").size
    0

    Raises:
        PathError: no configuration has such a path, nor one of the sweep that these were selected from; names the path
            and the nearest that there is.
        SizeError: a path could be seen only by looking at more than 10^6 configurations; says how many. When something
            is asked: the named axes have more than 10^6 combinations left, more than 10^6 configurations are left of a
            shuffle or would have to be listed, or all constraints together take too many steps; says which axes, and
            what would help.
        ArgumentError: `predicate` is not callable, `sweep` is not a sweep, or `on` is not 1 to 1000 paths.
        CallbackError: when something is asked: `predicate` raises StopIteration or another end of an iteration.
        Exception: when something is asked: what `predicate` raises about a configuration that the others leave, with a
            note that names the values.

    See also: `.index`, exact here too; `distinct`.
    """
    node = as_sweep(sweep, "constrain")._node
    if not callable(predicate):
        raise ArgumentError(
            f"constrain takes a predicate, a sweep and on=paths; got {repr_with_type(predicate)} as the predicate"
        )
    words = predicate.text if isinstance(predicate, comparisons.Comparison) else ""
    constraint = counted.Constraint(predicate, parse_paths(on, "constrain"), words=words)
    for path in constraint.paths:
        check_path(path, node)
    return Sweep(counted.constrain_node(node, constraint))


def parse_paths(on: Path | Sequence[Path], function: str) -> tuple[Steps, ...]:
    """The paths that a caller of `function` names: one, or several."""
    paths = [on] if isinstance(on, str | int) else list(islice(try_iterating(on) or (), MOST_PATHS + 1))
    if not 0 < len(paths) <= MOST_PATHS:
        name = "on=" if function == "constrain" else ""
        raise ArgumentError(
            f"{function} names its axes, 1 to {MOST_PATHS}: {name}'a' or {name}('a', 'b.c'); got "
            f"{name}{repr_with_type(on)}"
        )
    return tuple(parse_path(path) for path in paths)


def check_path(path: Steps, node: Node) -> None:
    """An error where no configuration of a sweep, nor of the one that it was selected from, has such a path."""
    if not node.has_path(path):
        known = list(islice(_list_paths(node.source), MOST_SUGGESTED))
        near = suggest_paths(path, known) if known else ": they are no records, or empty ones"
        raise PathError(f"no configuration has {show_path(path)}{near}")


def _list_paths(node: Node) -> Iterator[Steps]:
    """The paths of a sweep, those of records too; of a few points where only a function gives them."""
    shown = walk_possible_points(node, 0, min(node.size, 20))
    paths = node.columns() if node.exact else (path for point in shown for path, _ in list_leaves(point))
    return (path[:end] for path in paths for end in range(len(path), 0, -1))


def try_iterating(values: Any) -> Iterator[Any] | None:
    """`iter(values)`, or None where that cannot be: an array without dimensions only says that it can."""
    try:
        return cast(Iterator[Any], iter(values))
    except TypeError:
        return None


@explain_calls
def shuffled(sweep: Sweep[T], *, seed: int = 0) -> Sweep[T]:
    """The same configurations in a pseudo-random order that is computed, not stored.

    O(1) memory at any size, exact both ways (`s[i]` and `.index`), and the same for one seed on
    every machine and under every Python. It decides the order of an experiment; it is no source of secrets.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"n": DynamicValue(range(10**30))})
    >>> t = shuffled(s, seed=1)
    >>> t.size == s.size, t.index(t[5])
    (True, 5)
    >>> sorted(c.n for c in shuffled(s[:4]))
    [0, 1, 2, 3]

    Raises:
        ArgumentError: `seed` is not a whole number, or `sweep` is not a sweep.

    See also: `sample`, its first few.

    Source: Black and Rogaway, "Ciphers with arbitrary finite domains" (2002).
    """
    node = as_sweep(sweep, "shuffled")._node
    return Sweep(Select(node, Permutation(node.size, require_whole(seed, "seed"))) if node.size > 1 else node)


@explain_calls
def sample(k: int, sweep: Sweep[T], *, seed: int = 0) -> Sweep[T]:
    """`shuffled(sweep, seed=seed)[:k]`: `k` different positions, drawn without replacement.

    Prefix-stable: a larger `k` with the same seed keeps what was drawn and adds to it.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"n": DynamicValue(range(10**30))})
    >>> len({c.n for c in sample(1000, s)}), list(sample(5, s)) == list(sample(1000, s)[:5])
    (1000, True)
    >>> sample(0, s).size
    0

    Raises:
        SizeError: `k` is negative or greater than the size; names both.
        ArgumentError: `k` or `seed` is not a whole number, or `sweep` is not a sweep.

    See also: `shuffled`; `shard`.
    """
    whole = shuffled(as_sweep(sweep, "sample"), seed=seed)
    count = require_whole(k, "k")
    if not 0 <= count <= whole.size:
        raise SizeError(
            f"sample(k={format_count(count)}) without replacement takes 0 to {format_count(whole.size)} "
            f"configurations, the size of {sweep!r}. For all of them in random order use shuffled(sweep)"
        )
    return whole[:count]


def shard(i: int, n: int, sweep: Sweep[T]) -> Sweep[T]:
    """`sweep[i::n]`: the i-th of `n` parts that together are the sweep, for `n` machines.

    Sizes differ by one at most. Every configuration is in exactly one shard.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"n": DynamicValue(range(7))})
    >>> [c.n for c in shard(1, 3, s)], shard(0, 1, s) == s
    ([1, 4], True)

    Raises:
        SizeError: not `0 <= i < n`; names both.
        ArgumentError: `i` or `n` is not a whole number, or `sweep` is not a sweep.

    See also: `sample`.
    """
    part, parts = require_whole(i, "i"), require_whole(n, "n")
    if not 0 <= part < parts:
        raise SizeError(
            f"shard(i, n, sweep) takes 0 <= i < n; got i={format_count(part)}, n={format_count(parts)}. "
            f"Shards count from 0"
        )
    return as_sweep(sweep, "shard")[part::parts]


def require_whole(value: Any, name: str) -> int:
    """The value as an int, or the error that names the argument."""
    if not isinstance(value, bool):
        with suppress(TypeError):
            return as_index(value)
    raise ArgumentError(f"{name} is a whole number; got {repr_with_type(value)}")
