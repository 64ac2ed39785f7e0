"""Generated partial configurations, and brute force for what they select."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from spearmint_fp import DynamicValue, PathError, get_in
from spearmint_fp.configuration.keys import exact_key

from ..oracle import paths_of, predicate

Partial = Mapping[Any, Any]


def agrees(partial: Partial, config: Any) -> bool:
    """The slow meaning of a partial configuration whose keys are whole paths."""
    return all(_holds(path, wanted, config) for path, wanted in partial.items())


def _holds(path: Any, wanted: Any, config: Any) -> bool:
    try:
        value = get_in(path, config)
    except PathError:
        return False
    if isinstance(wanted, DynamicValue):
        return exact_key(value) in set(map(exact_key, wanted.values))
    return bool(wanted(value)) if callable(wanted) else exact_key(value) == exact_key(wanted)


@st.composite
def partials(draw: st.DrawFn, configs: list[Any], functions: bool = True) -> Partial:
    """Some of what a configuration has, by path: values, choices of values of others too, predicates."""
    config = draw(st.sampled_from(configs))
    known = [path for path in paths_of(config) if path]
    found: dict[Any, Any] = {}
    for path in draw(st.lists(st.sampled_from(known), max_size=3, unique=True)) if known else []:
        value = get_in(path, config)
        if isinstance(value, Mapping) or callable(value):
            continue
        kind = draw(st.integers(0, 3 if functions else 1))
        others = [get_in(path, c) for c in configs if _holds(path, lambda _: True, c)]
        holds: Callable[[Any], bool] = predicate(draw(st.integers(0, 9)), 2)
        found[path] = value if kind < 2 else holds if kind == 2 else DynamicValue(draw(st.permutations(others))[:2])
        if isinstance(found[path], DynamicValue) and any(isinstance(v, Mapping | DynamicValue) for v in others):
            found[path] = value
    return found
