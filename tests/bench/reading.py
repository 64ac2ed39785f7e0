"""One configuration beside a dict: reads after listing, a single read, and the everyday operations."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from statistics import median
from typing import Any

from spearmint_fp import Config, config_id, freeze, thaw

from .measure import Row, often, paired, quartiles, repeated
from .workloads import W1, W2, loops_flat, loops_nested, read_flat_by_key, read_flat_by_name

__all__ = ["everyday", "reading"]

WIDE = {f"axis{k}": k / 7 for k in range(200)}
DEEP: dict[str, Any] = {"k": 1}
for _ in range(50):
    DEEP = {"k": DEEP, "n": 1}


def reading(rounds: int) -> Iterator[Row]:
    """Listing and reading every leaf of each, of the loops and their dicts; then a read alone, of a dict's."""
    cases: list[tuple[str, Callable[[], object], Callable[[], object], float]] = [
        ("W1R by key", lambda: read_flat_by_key(W1.sweep()), lambda: read_flat_by_key(loops_flat()), 1.5),
        ("W1R by attribute", lambda: read_flat_by_name(W1.sweep()), lambda: read_flat_by_key(loops_flat()), 1.3),
        ("W2R by key", lambda: _nested_by_key(W2.sweep()), lambda: _nested_by_key(loops_nested()), 1.5),
        ("W2R by attribute", lambda: _nested_by_name(W2.sweep()), lambda: _nested_by_key(loops_nested()), 1.3),
    ]
    for what, ours, theirs, must in cases:
        yield _compare(what, ours, theirs, rounds, "x loops", must)
    plain = next(loops_flat())
    config = Config(plain)
    for what, read in (("one read by key", _read_key), ("one read by attribute", _read_name)):
        yield _compare(what, lambda read=read: read(config), lambda: _read_key(plain), rounds * 5, "x dict", 3.0)  # type: ignore[misc]


def _nested_by_key(configs: Iterable[Any]) -> None:
    for c in configs:
        c["llm"]["model"], c["llm"]["temperature"], c["retrieval"]["top_k"]
        c["retrieval"]["rerank"]["on"], c["retrieval"]["rerank"]["depth"], c["data"]["d7"]


def _nested_by_name(configs: Iterable[Any]) -> None:
    for c in configs:
        c.llm.model, c.llm.temperature, c.retrieval.top_k
        c.retrieval.rerank.on, c.retrieval.rerank.depth, c.data.d7


def _read_key(config: Any) -> None:
    for _ in range(2000):
        config["w"]


def _read_name(config: Any) -> None:
    for _ in range(2000):
        config.w


def everyday(rounds: int) -> Iterator[Row]:
    """Operations on one configuration, of the same on dicts."""
    one, other = W2.sweep()[777], W2.sweep()[777]
    plain, same = thaw(one), thaw(one)
    flat, flat_plain = W1.sweep()[777], dict(W1.sweep()[777])
    patch = {"llm": {"temperature": 5}}
    leaves = tuple(flat_plain.items())
    cases: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("dict(c), flat : dict(d)", lambda: dict(flat), lambda: dict(flat_plain)),
        ("thaw, flat : deepcopy", lambda: thaw(flat), lambda: copy.deepcopy(flat_plain)),
        ("thaw, nested : deepcopy", lambda: thaw(one), lambda: copy.deepcopy(plain)),
        ("freeze of dicts, flat : deepcopy", lambda: freeze(flat_plain), lambda: copy.deepcopy(flat_plain)),
        ("freeze of dicts, nested : deepcopy", lambda: freeze(plain), lambda: copy.deepcopy(plain)),
        ("merging a patch, flat : of dicts", lambda: flat | {"a": 5}, lambda: flat_plain | {"a": 5}),
        ("merging a patch, nested : of dicts, by hand", lambda: one | patch, lambda: _merge(plain, patch)),
        ("==, nested : of dicts", lambda: one == other, lambda: plain == same),
        ("== a dict, flat : of dicts", lambda: flat == flat_plain, lambda: flat_plain == dict(flat_plain)),
        ("== a dict, nested : of dicts", lambda: one == same, lambda: plain == same),
        ("hash, flat : of the items", lambda: hash(flat), lambda: hash(frozenset(leaves))),
        ("hash, nested : of the items, by hand", lambda: hash(one), lambda: _hash(plain)),
        ("repr, nested : of dicts", lambda: repr(one), lambda: repr(plain)),
    ]
    for what, ours, theirs in cases:
        yield _compare(what, ours, theirs, rounds * 5, "x dicts")
    for what, tree, must in (("W2", one, 2.0), ("wide", Config(WIDE), 3.0), ("deep", Config(DEEP), 3.0)):
        yield _compare(f"config_id, {what}", lambda tree=tree: config_id(tree), _dump(tree), rounds * 5, "x json", must)  # type: ignore[misc]


def _merge(plain: dict[str, Any], patch: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return plain | {key: plain[key] | inner for key, inner in patch.items()}


def _hash(value: Any) -> int:
    return hash(frozenset((key, _hash(inner)) for key, inner in value.items()) if isinstance(value, dict) else value)


def _dump(tree: Any) -> Callable[[], object]:
    plain = thaw(tree)
    return lambda: sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _compare(
    what: str,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    rounds: int,
    unit: str,
    must: float | None = None,
) -> Row:
    """The median ratio of rounds that take turns, and what ours takes once."""
    times = max(often(ours), 1)
    ratios = paired(repeated(ours, times), repeated(theirs, times), rounds)
    return Row(what, median(ratios), unit, must, spread=quartiles(ratios))
