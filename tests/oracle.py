"""Brute force, written without the library: the slow obvious meaning of trees and of everything done to sweeps.

A tree is described by a specification, of which the library's tree and the expected listing are both made.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import attrs
from hypothesis import strategies as st

from spearmint_fp import DynamicValue, expand


@attrs.frozen
class Node:
    x: Any
    _hidden: Any = 0
    made: Any = attrs.field(init=False, default="made")


@dataclass(frozen=True)
class Data:
    x: Any
    y: Any = 0


class Pair(NamedTuple):
    left: Any
    right: Any


class OneOf(NamedTuple):
    """A choice, in a specification."""

    alternatives: list[Any]
    generator: bool = False


class Inner(NamedTuple):
    """A sweep inside a tree, in a specification."""

    tree: Any


def tree_of(spec: Any) -> Any:
    """The library's tree."""
    match spec:
        case OneOf(alternatives, generator):
            trees = [tree_of(alternative) for alternative in alternatives]
            return DynamicValue(iter(trees) if generator else trees)
        case Inner(tree):
            return expand(tree_of(tree))
        case dict():
            return {key: tree_of(value) for key, value in spec.items()}
        case list():
            return [tree_of(value) for value in spec]
        case Node(x, hidden):
            return Node(tree_of(x), tree_of(hidden))
        case Data(x, y):
            return Data(tree_of(x), tree_of(y))
        case Pair(left, right):
            return Pair(tree_of(left), tree_of(right))
    return spec


def listing(spec: Any) -> list[Any]:
    """Every configuration, in author order."""
    match spec:
        case OneOf(alternatives, _):
            return [config for alternative in alternatives for config in listing(alternative)]
        case Inner(tree):
            return listing(tree)
        case dict():
            return [dict(zip(spec, values, strict=True)) for values in product(*map(listing, spec.values()))]
        case list():
            return list(product(*map(listing, spec)))
        case Node(x, hidden):
            return [Node(a, b) for a in listing(x) for b in listing(hidden)]
        case Data(x, y):
            return [Data(a, b) for a in listing(x) for b in listing(y)]
        case Pair(left, right):
            return [Pair(a, b) for a in listing(left) for b in listing(right)]
    return [spec]


def count(spec: Any) -> int:
    """How many configurations, without listing them, so that tests can stay small."""
    match spec:
        case OneOf(alternatives, _):
            return sum(map(count, alternatives))
        case Inner(tree):
            return count(tree)
        case dict():
            return _times(spec.values())
        case list() | Pair():
            return _times(spec)
        case Node(x, y) | Data(x, y):
            return _times((x, y))
    return 1


def _times(specs: Any) -> int:
    total = 1
    for spec in specs:
        total *= count(spec)
    return total


def exactly(config: Any) -> str:
    """A text that is equal for equal configurations of equal types: 1, 1.0 and True differ."""
    if isinstance(config, Mapping):
        return "{" + ",".join(sorted(f"{key!r}:{exactly(config[key])}" for key in config)) + "}"
    if isinstance(config, Pair):
        return f"Pair({exactly(config.left)},{exactly(config.right)})"
    if isinstance(config, tuple):
        return "(" + ",".join(map(exactly, config)) + ")"
    if isinstance(config, Node):
        return f"Node({exactly(config.x)},{exactly(config._hidden)},{config.made})"
    if isinstance(config, Data):
        return f"Data({exactly(config.x)},{exactly(config.y)})"
    return repr(config)


def value_at(path: tuple[Any, ...], config: Any) -> Any:
    """The value at a path; LookupError where there is none."""
    for step in path:
        if isinstance(config, Mapping):
            config = config[step]
        elif isinstance(config, tuple) and str(step).isdecimal():
            config = config[int(step)]
        elif isinstance(config, Pair | Node | Data):
            if not hasattr(config, str(step)) or str(step) == "made":
                raise LookupError(step)
            config = getattr(config, step)
        else:
            raise LookupError(step)
    return config


def paths_of(config: Any) -> list[tuple[Any, ...]]:
    """The path of every leaf and of every record."""
    found: list[tuple[Any, ...]] = [()]
    if isinstance(config, Mapping):
        pairs = [(key, config[key]) for key in config]
    elif isinstance(config, Pair):
        pairs = list(config._asdict().items())
    elif isinstance(config, tuple):
        pairs = [(str(k), value) for k, value in enumerate(config)]
    elif isinstance(config, Node):
        pairs = [("x", config.x), ("_hidden", config._hidden)]
    elif isinstance(config, Data):
        pairs = [("x", config.x), ("y", config.y)]
    else:
        pairs = []
    return found + [(key, *path) for key, value in pairs for path in paths_of(value)]


def predicate(salt: int, keep: int) -> Callable[..., bool]:
    """A pure predicate that keeps about `keep` in 4, whatever the values are."""

    def holds(*values: Any) -> bool:
        text = f"{salt} {' '.join(map(exactly, values))}"
        return zlib.crc32(text.encode()) % 4 < keep

    return holds


# --- generated specifications -------------------------------------------------------------------------

scalars = st.one_of(
    st.integers(-2, 3), st.booleans(), st.none(), st.sampled_from([0.5, 1.0, "a", "b", "1", (), (1, "a"), b"x"])
)
names = st.sampled_from(["a", "b", "c", "model", "items", "a.b", "0", "é"])


def specs(leaf: st.SearchStrategy[Any] = scalars) -> st.SearchStrategy[Any]:
    def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.dictionaries(names, inner, max_size=4),
            st.lists(inner, max_size=3),
            st.builds(OneOf, st.lists(inner, max_size=4), st.booleans()),
            st.builds(Node, inner, inner),
            st.builds(Data, inner, inner),
            st.builds(Pair, inner, inner),
            st.builds(Inner, inner),
        )

    axis = st.builds(OneOf, st.lists(leaf, max_size=4))
    return st.recursive(leaf | axis, grown, max_leaves=12).filter(lambda spec: count(spec) <= 400)


def record_specs() -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names, specs(), min_size=1, max_size=4).filter(lambda spec: count(spec) <= 300)
