"""Some configurations of a sweep: filtered, shuffled, sampled, sharded, without repetitions. Each is a sweep again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from operator import index as as_index
from typing import Any, Final, TypeVar, cast

import attrs
from toolz import unique

from ..configuration.errors import ArgumentError, PathError, SizeError, format_count, repr_with_type
from ..configuration.keys import exact_key
from ..configuration.paths import Path, get_in, parse_path
from ..configuration.records import FieldsShape
from ..configuration.tables import is_keyed
from ..configuration.tree import freeze, show_path
from .claims import Steps, overlap
from .constraints import Allowed, Constraint, lift_constraints
from .core import Sweep, as_sweep
from .digits import count_values, touches
from .indices import Chosen, Indices, Permutation, Span, count_items
from .nodes.axis import Axis
from .nodes.derive import Derive
from .nodes.merge import Merge
from .nodes.node import LIMIT, Node
from .nodes.points import walk_points
from .nodes.record import Record
from .nodes.select import Select, slice_node
from .nodes.union import Union
from .reach import check_path

__all__ = ["constrain", "constrained", "distinct", "sample", "shard", "shuffled"]

T = TypeVar("T")


# --- constrain -------------------------------------------------------------------------------------


def constrain(predicate: Callable[..., Any], sweep: Sweep[T], *, on: Path | Sequence[Path]) -> Sweep[T]:
    """`[c for c in sweep if predicate(*(get_in(path, c) for path in on))]` as a sweep: counted, in order.

    Nothing is enumerated but the axes that `on` names; size, index, slices and positions stay exact at any size. The
    predicate takes one argument per path and must be pure. Constraints compose in any order: they are gathered, and
    counted together when something is first asked. Then a predicate is called at most once per combination of its axes,
    and only about what constraints over fewer axes leave; a pickle has the counts, and calls none. A configuration that
    lacks one of the paths (another branch of a conditional space) is kept. A predicate that needs the whole config is a
    job for `filter(predicate, sweep)`, which streams.

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
            is asked: the named axes have more than 10^6 combinations left, or all constraints together take too many
            steps; says which axes, and what would help.
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
    constraint = Constraint(predicate, _parsed(on))
    for path in constraint.paths:
        check_path(path, node)
    return Sweep(constrained(node, constraint))


def _parsed(on: Path | Sequence[Path]) -> tuple[Steps, ...]:
    paths = [on] if isinstance(on, str | int) else list(islice(_iterated(on) or (), MOST_PATHS + 1))
    if not 0 < len(paths) <= MOST_PATHS:
        raise ArgumentError(
            f"constrain names its axes, 1 to {MOST_PATHS}: on='a' or on=('a', 'b.c'); got on={repr_with_type(on)}"
        )
    return tuple(parse_path(path) for path in paths)


MOST_PATHS: Final = 1_000
"""How many axes a constraint may name."""


def _iterated(values: Any) -> Iterator[Any] | None:
    """`iter(values)`, or None where that cannot be: an array without dimensions only says that it can."""
    try:
        return cast(Iterator[Any], iter(values))
    except TypeError:
        return None


def constrained(node: Node, constraint: Constraint) -> Node:
    """The points of a sweep that satisfy a constraint, counted by the axes that it names wherever there are such."""
    if isinstance(node, Select) and isinstance(node.indices, Allowed):
        return Select(node.base, node.indices.narrow(constraint))
    if not node.size or not all(touches(node, path) for path in constraint.paths):  # what lacks a path is kept
        return node
    if isinstance(node, Union):
        return Union.of([constrained(part, constraint) for part in node.parts])
    if isinstance(node, Derive) and not any(overlap(node.path, path) for path in constraint.paths):
        return attrs.evolve(node, base=constrained(node.base, constraint))
    if isinstance(node, Select) and isinstance(node.indices, Span):
        return _cut(node, node.indices.positions, constraint)
    if isinstance(node, Record) or (isinstance(node, Merge) and isinstance(node.inner, Record)):
        if not all(touches(node, path) for path in constraint.paths):  # no configuration has all of them
            return node
        base, lifted = lift_constraints(node)
        return Select(base, Allowed(base, (*lifted, constraint)))
    return _listed(node, constraint)


def _cut(node: Select, positions: range, constraint: Constraint) -> Node:
    """A filtered slice is a slice of the filtered sweep: from the count before its start to that before its end."""
    try:
        whole = constrained(node.base, constraint)
        all_kept = whole.size == node.base.size
    except Exception:  # outside the slice there may be too much, or what the predicate refuses
        if node.size > LIMIT:
            raise
        return _listed(node, constraint)
    if all_kept:
        return node
    if not (isinstance(whole, Select) and isinstance(whole.indices, Allowed)):
        return _listed(node, constraint)
    if not positions:
        return node
    indices, origin = whole.indices, _find_origin(node.base)
    if abs(positions.step) > 1:
        if origin is not None or abs(positions.step) * count_values(node.base) > LIMIT:
            return _listed(node, constraint)  # its positions are not those of the axes, or of too many
        every = Constraint(None, ((),), congruence=(abs(positions.step), positions[0]))
        whole = Select(whole.base, indices := indices.narrow(every))
    low, high = sorted((positions[0], positions[-1]))
    if origin is not None:
        low, high = origin.at(low), origin.at(high)
    part = slice_node(whole, slice(indices.before(low), indices.before(high + 1)))
    return part if positions.step > 0 else slice_node(part, slice(None, None, -1))


def _find_origin(node: Node) -> Indices | None:
    """Of a sweep with constraints in it, its positions among those of the axes that it was made from."""
    if isinstance(node, Select):
        return node.indices
    base, lifted = lift_constraints(node)
    return Allowed(base, lifted) if lifted else None


def _listed(node: Node, constraint: Constraint) -> Node:
    """The filter of a sweep that has no axes to count by: every configuration is looked at, once."""
    if node.size > LIMIT:
        paths = ", ".join(map(show_path, constraint.paths))
        raise SizeError(
            f"constraining on {paths} takes {format_count(node.size)} points to enumerate here, more than {LIMIT}: the "
            f"sweep is shuffled, zipped or mapped, or strided over long axes. Constrain it first, or stream with "
            f"filter(predicate, sweep)"
        )
    kept = [k for k, point in enumerate(walk_points(node, 0, node.size)) if _holds(constraint, point)]
    return node if len(kept) == node.size else Select(node, Chosen(tuple(kept)))


def _holds(constraint: Constraint, point: Any) -> bool:
    try:
        values = [get_in(path, point) for path in constraint.paths]
    except PathError:
        return True
    return constraint.holds(values)


# --- orders and parts ---------------------------------------------------------------------------------


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
    return Sweep(Select(node, Permutation(node.size, _whole(seed, "seed"))) if node.size > 1 else node)


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
    count = _whole(k, "k")
    if not 0 <= count <= whole.size:
        raise SizeError(
            f"sample(k={format_count(count)}) without replacement takes 0 to {format_count(whole.size)} configurations, "
            f"the size of {sweep!r}. For all of them in random order use shuffled(sweep)"
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
    part, parts = _whole(i, "i"), _whole(n, "n")
    if not 0 <= part < parts:
        raise SizeError(
            f"shard(i, n, sweep) takes 0 <= i < n; got i={format_count(part)}, n={format_count(parts)}. Shards count from 0"
        )
    return as_sweep(sweep, "shard")[part::parts]


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, bool):
        with suppress(TypeError):
            return as_index(value)
    raise ArgumentError(f"{name} is a whole number; got {repr_with_type(value)}")


# --- distinct --------------------------------------------------------------------------------------


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
        return Sweep(_distinct(configs._node))
    iterator = None if isinstance(configs, str | bytes | Mapping) or is_keyed(configs) else _iterated(configs)
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
    return Sweep(_distinct(Axis(tuple(read), swept=True)))


def _distinct(node: Node) -> Node:
    if isinstance(node, Axis):
        return _distinct_axis(node)
    if isinstance(node, Record) and not isinstance(node.shape, FieldsShape):
        return attrs.evolve(node, parts=tuple(map(_distinct, node.parts)))
    if isinstance(node, Select) and _distinct(node.base).size == node.base.size:
        return node
    if isinstance(node, Union):
        parts = [_distinct(part) for part in node.parts]
        return Union.of(parts) if _apart(parts) else _distinct_listed(Union.of(parts))
    return _distinct_listed(node)


def _distinct_axis(node: Axis) -> Node:
    if isinstance(node.values, range):
        return node
    values = tuple(unique(node.values, key=exact_key))
    return node if len(values) == node.size else attrs.evolve(node, values=values)


def _distinct_listed(node: Node) -> Node:
    if node.size > LIMIT:
        raise SizeError(
            f"finding repetitions takes {format_count(node.size)} points to enumerate here, more than {LIMIT}. "
            f"Make the parts distinct first, or stream with toolz.unique, with config_id as key"
        )
    first: dict[Any, int] = {}
    for position, value in enumerate(walk_points(node, 0, node.size)):
        first.setdefault(exact_key(value), position)
    return node if len(first) == node.size else Select(node, Chosen(tuple(first.values())))


def _apart(parts: Sequence[Node]) -> bool:
    """Whether some path tells every two parts apart: values that never meet."""
    if not all(part.exact for part in parts):
        return False
    columns = [part.columns() for part in parts]
    shared = set(columns[0]).intersection(*columns[1:]) if columns else set()
    known = [path for path in shared if not any(part[path].computed for part in columns)]
    return any(_tells_apart([part[path].pieces for part in columns]) for path in known)


def _tells_apart(values: Sequence[tuple[Sequence[Any], ...]]) -> bool:
    if sum(count_items(piece) for pieces in values for piece in pieces) > LIMIT:
        return False
    keys = [{exact_key(value) for piece in pieces for value in piece} for pieces in values]
    return len(frozenset().union(*keys)) == sum(map(len, keys))
