"""Sweeps from sweeps: products, sums, zips, and functions of every configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar, overload

from ..configuration.config import Config
from ..configuration.errors import ArgumentError, PathError
from ..configuration.fold import show_path
from ..configuration.messages import repr_with_type
from ..configuration.paths import Path, parse_path
from .core import Sweep, as_sweep
from .late import derivations, merge
from .nodes.axis import UNIT
from .nodes.image import Map
from .nodes.union import EMPTY, Union

S = TypeVar("S")
T = TypeVar("T")

unit: Final[Sweep[Config]] = Sweep(UNIT)
"""The sweep of one configuration without keys: `product()`, the unit of `*`."""

empty: Final[Sweep[Any]] = Sweep(EMPTY)
"""The sweep of no configurations: `concat()`, the unit of `+`."""


@overload
def product(sweep: Sweep[T], /) -> Sweep[T]: ...
@overload
def product(*sweeps: Sweep[Any]) -> Sweep[Config]: ...
def product(*sweeps: Sweep[Any]) -> Sweep[Any]:
    """Every deep merge of one configuration of each sweep: `[merge(a, b) for a in x for b in y]`.

    The leftmost sweep is slowest. Records merge by name, an empty one with anything; sizes multiply. `product()` is
    `unit`, `product(s)` is `s`. That no two configurations set the same path is certain when this returns. Nothing is
    enumerated for that, unless only its configurations tell the paths of a sweep: those of `mapped`, a value of
    `derive` at a path that another sweep sets too, a selection among alternatives of which some would conflict.

    >>> from spearmint_fp import DynamicValue, expand
    >>> models = expand({"llm": {"model": DynamicValue(["a", "b"])}})
    >>> s = product(models, expand({"llm": {"n": DynamicValue([1, 2])}}))
    >>> s, s[1]
    (Sweep(2 × 2 = 4), Config({'llm': {'model': 'a', 'n': 2}}))
    >>> product() == unit
    True

    Raises:
        ConflictError: two configurations that meet set the same path; names it and the sweeps.
        SizeError: whether some do can be told only by looking at more than 10^6 configurations; says how many.
        ArgumentError: not a sweep, or configurations that are not records from mappings.

    See also: `zipped`, one configuration of each at the same position; `concat`.
    """
    return Sweep(merge.Merge.of_product([as_sweep(sweep, "product")._node for sweep in sweeps]))


def concat(*sweeps: Sweep[T]) -> Sweep[T]:
    """The configurations of each sweep, one sweep after the other: `itertools.chain(*sweeps)`.

    Sizes add; position finds its sweep in O(log n). `concat()` is `empty`, `concat(s)` is `s`.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = concat(expand({"a": DynamicValue([1, 2])}), expand({"b": 3}))
    >>> s.size, s[2]
    (3, Config({'b': 3}))
    >>> concat() == empty
    True

    Raises:
        ArgumentError: not a sweep; names the value.

    See also: `product`; a choice inside a tree, which adds below one path.
    """
    return Sweep(Union.of([as_sweep(sweep, "concat")._node for sweep in sweeps])) if sweeps else empty


@overload
def zipped(sweep: Sweep[T], /) -> Sweep[T]: ...
@overload
def zipped(*sweeps: Sweep[Any]) -> Sweep[Config]: ...
def zipped(*sweeps: Sweep[Any]) -> Sweep[Any]:
    """The merge of the sweeps' configurations at each position: `map(merge, *sweeps)`, for equal sizes.

    `zipped()` is `empty`, as `zip()` is; `zipped(s)` is `s`. Nothing is enumerated, unless both set a path in some of
    their configurations, so that only these can tell whether they do at one position.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = zipped(expand({"a": DynamicValue([1, 2])}), expand({"b": DynamicValue([3, 4])}))
    >>> list(s)
    [Config({'a': 1, 'b': 3}), Config({'a': 2, 'b': 4})]
    >>> expand({"ab": s, "c": DynamicValue(range(3))}).size
    6

    Raises:
        SizeError: unequal sizes; names both. Or more than 10^6 configurations must be looked at to find a conflict.
        ConflictError: two sweeps set the same path at the same position; names it and the sweeps.
        ArgumentError: not a sweep, or configurations that are not records from mappings.

    See also: `product`, every combination.
    """
    return Sweep(merge.Merge.of_zip([as_sweep(sweep, "zipped")._node for sweep in sweeps]))


def mapped(fn: Callable[[T], S], sweep: Sweep[T]) -> Sweep[S]:
    """`fn` of every configuration, lazily and in order: `map(fn, sweep)` that keeps size, index and slices.

    `fn` is called when a configuration is asked for, each time anew: it must be pure. `.axes` stay those of
    `sweep`. Membership and `.index` have no inverse of `fn`, so they look at every configuration, up to 10^6 of them.

    >>> from spearmint_fp import DynamicValue, expand
    >>> mapped(lambda c: c.n * 10, expand({"n": DynamicValue(range(10**20))}))[10**19]
    100000000000000000000
    >>> list(mapped(str, empty))
    []

    Raises:
        ArgumentError: `fn` is not callable, or `sweep` is not a sweep.
        CallbackError: when a configuration is built, and `fn` raises StopIteration or another end of an iteration.

    See also: `derive`, for one more value in each config.
    """
    node = as_sweep(sweep, "mapped")._node
    if not callable(fn):
        raise ArgumentError(f"mapped takes a function and a sweep; got {repr_with_type(fn)} as the function")
    return Sweep(Map.of(fn, node))


def derive(path: Path, fn: Callable[[T], Any], sweep: Sweep[T]) -> Sweep[T]:
    """`mapped(lambda config: set_in(path, fn(config), config), sweep)`, searchable.

    `fn` sees the config before the value is set, and must be pure. Nothing is enumerated.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = derive("steps", lambda c: 1000 // c.batch, expand({"batch": DynamicValue([10, 100])}))
    >>> list(s)
    [Config({'batch': 10, 'steps': 100}), Config({'batch': 100, 'steps': 10})]
    >>> s.index({"batch": 100, "steps": 10})
    1

    Raises:
        ArgumentError: `fn` is not callable, or `sweep` is not a sweep, or the path is not one.
        PathError: the path crosses a leaf of every configuration; where it crosses one of some, when one of those is
            built.
        CallbackError: when a configuration is built, and `fn` raises StopIteration or another end of an iteration.

    See also: `mapped`; `set_in`.
    """
    node = as_sweep(sweep, "derive")._node
    if not callable(fn):
        raise ArgumentError(f"derive takes a path, a function and a sweep; got {repr_with_type(fn)} as the function")
    steps = parse_path(path)
    if not node.can_set(steps):
        raise PathError(
            f"derive cannot set {show_path(steps)}: in every configuration a leaf, or a record that has no such part, "
            f"stands on the way. Derive that path itself, or put a mapping there first"
        )
    return Sweep(derivations.Derive(steps, fn, node))
