"""Products and zips of sweeps of every kind, over axes that mix records and leaves: conflicts and positions, against brute force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from spearmint_fp import (
    ConflictError,
    DynamicValue,
    Sweep,
    concat,
    constrain,
    derive,
    expand,
    mapped,
    product,
    sample,
    shuffled,
    zipped,
)

from ..oracle import Data, Inner, OneOf, Pair, count, exactly, listing, paths_of, predicate, tree_of, value_at

many = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))

MOST = 60
"""How many configurations a generated sweep has at most: all of them are looked for."""


class Clash(Exception):
    """Two configurations set one path."""


def merged(one: Any, other: Any) -> Any:
    """The deep merge, by the definition: an empty record conflicts with nothing, records merge by name."""
    if one == {} and isinstance(one, dict):
        return other
    if other == {} and isinstance(other, dict):
        return one
    if not (isinstance(one, dict) and isinstance(other, dict)):
        raise Clash
    both = dict(one)
    for key, value in other.items():
        both[key] = merged(one[key], value) if key in one else value
    return both


# --- generated sweeps of every kind, with the list that each stands for ----------------------------------

leaves = st.sampled_from([None, 1, True, "x", (), (1, "x"), Pair(1, 2), Data(1, "y")])
keys = st.sampled_from(["a", "b", "c", "d"])


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    records = st.dictionaries(keys, inner, max_size=2)
    return st.one_of(
        records,
        records,
        st.builds(OneOf, st.lists(inner, min_size=1, max_size=3)),
        st.lists(inner, max_size=2),
        st.builds(Pair, inner, inner),
        st.builds(Inner, inner),
    )


trees = st.recursive(leaves, _grown, max_leaves=5)
records = st.dictionaries(keys, trees, max_size=3).filter(lambda spec: count(spec) <= 12)
Space = tuple[Sweep[Any], list[Any]]


@st.composite
def spaces(draw: Any, depth: int = 3) -> Space:
    """A sweep whose configurations are records from mappings, and its list."""
    kind = draw(st.sampled_from(["tree", *KINDS])) if depth else "tree"
    if kind == "tree":
        alternatives = draw(st.lists(records, min_size=1, max_size=3))
        spec = alternatives[0] if len(alternatives) == 1 else OneOf(alternatives)
        return expand(tree_of(spec)), listing(spec)
    sweep, expected = KINDS[kind](draw, depth - 1)
    assume(len(expected) <= MOST)
    return sweep, expected


def _sliced(draw: Any, depth: int) -> Space:
    sweep, expected = draw(spaces(depth))
    ends = st.one_of(st.none(), st.integers(-6, 6))
    cut = slice(draw(ends), draw(ends), draw(st.sampled_from([None, 2, -1, -2])))
    return sweep[cut], expected[cut]


def _shuffled(draw: Any, depth: int) -> Space:
    sweep, expected = draw(spaces(depth))
    order = list(shuffled(expand({"n": DynamicValue(range(sweep.size))}), seed=3))
    k = draw(st.integers(0, sweep.size))
    listed = [expected[c["n"]] for c in order]
    return (sample(k, sweep, seed=3), listed[:k]) if k else (shuffled(sweep, seed=3), listed)


def _constrained(draw: Any, depth: int) -> Space:
    sweep, expected = draw(spaces(depth))
    known = sorted({path for config in expected for path in paths_of(config) if path}, key=str)
    if not known:
        return sweep, expected
    on = draw(st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True))
    holds = predicate(draw(st.integers(0, 3)), 2)
    return constrain(holds, sweep, on=on), [config for config in expected if _kept(holds, on, config)]


def _kept(holds: Callable[..., bool], on: Any, config: Any) -> bool:
    try:
        return holds(*[value_at(path, config) for path in on])
    except LookupError:
        return True


def _summed(draw: Any, depth: int) -> Space:
    (one, left), (other, right) = draw(spaces(depth)), draw(spaces(depth))
    return concat(one, other), left + right


def _mapped(draw: Any, depth: int) -> Space:
    sweep, expected = draw(spaces(depth))
    extra = draw(st.sampled_from([{"m": 1}, {"a": {}}, {"a": {"n": 1}}, {"b": 2}]))
    wrapped = draw(st.booleans())

    def fn(config: Any) -> Any:
        return {"w": config, **extra} if wrapped else {**config, **extra}

    return mapped(fn, sweep), [fn(config) for config in expected]


def _derived(draw: Any, depth: int) -> Space:
    sweep, expected = draw(spaces(depth))
    key = draw(st.sampled_from(["a", "e", "f"]))
    values = draw(st.lists(st.sampled_from([1, "x", {}, {"g": 1}, {"b": 2}]), min_size=1, max_size=3))

    def fn(config: Any) -> Any:
        return values[len(config) % len(values)]

    return derive(key, fn, sweep), [{**config, key: fn(config)} for config in expected]


def _below(draw: Any, depth: int) -> Space:
    sweep, expected = draw(spaces(depth))
    key, spec = draw(keys), draw(records)
    spec.pop(key, None)
    tree = {**tree_of(spec), key: sweep}
    return expand(tree), [{**c, key: one} for c in listing(spec) for one in expected]


def _product(draw: Any, depth: int) -> Space:
    (one, left), (other, right) = draw(spaces(depth)), draw(spaces(depth))
    assume(len(left) * len(right) <= MOST)
    return combined(product, (one, other), [(x, y) for x in left for y in right]) or (one, left)


def _zipped(draw: Any, depth: int) -> Space:
    (one, left), (other, right) = draw(spaces(depth)), draw(spaces(depth))
    size = min(len(left), len(right))
    one, other, left, right = one[:size], other[:size], left[:size], right[:size]
    return combined(zipped, (one, other), list(zip(left, right, strict=True))) or (one, left)


def combined(combine: Callable[..., Sweep[Any]], sweeps: Any, pairs: list[Any]) -> Space | None:
    """The combination and its list; nothing where it is refused, as it must be where two configurations clash."""
    try:
        expected = [merged(x, y) for x, y in pairs]
    except Clash:
        with pytest.raises(ConflictError, match="is set by sweep 0 and by sweep 1"):
            combine(*sweeps)
        return None
    return combine(*sweeps), expected


KINDS: dict[str, Callable[[Any, int], Space]] = {
    "product": _product,
    "product again": _product,
    "zipped": _zipped,
    "sliced": _sliced,
    "shuffled": _shuffled,
    "constrained": _constrained,
    "summed": _summed,
    "mapped": _mapped,
    "derived": _derived,
    "below": _below,
}


@many
@given(spaces(), spaces(1))
def test_every_listed_configuration_stands_where_it_is_first_listed(space: Space, others: Space) -> None:
    sweep, expected = space
    texts = [exactly(config) for config in expected]
    assert [exactly(config) for config in sweep] == texts
    assert [sweep.index(config) for config in sweep] == [texts.index(text) for text in texts]
    assert [sweep.index(config) for config in expected] == [texts.index(text) for text in texts]
    for config in [*expected, *others[1]]:
        places = [k for k, other in enumerate(expected) if other == config]
        assert (config in sweep) == bool(places)
        assert list(sweep._node.ranks(sweep[places[0]] if places else config, exact=False)) == places
        assert list(sweep._node.places(config, exact=False).walk(len(expected), -1)) == places[::-1]
        for start in (1, len(expected) // 2):
            assert list(sweep._node.places(config, exact=False).walk(start, 1)) == [k for k in places if k >= start]
        changed = {**config, "a": {**config, "zz": 1}}
        assert (changed in sweep) == (changed in expected)


@many
@given(spaces(2), spaces(2), st.sampled_from([product, zipped]))
def test_sweeps_are_refused_where_two_configurations_clash_and_only_there(
    one: Space, other: Space, combine: Any
) -> None:
    (s, left), (t, right) = one, other
    if combine is zipped:
        size = min(len(left), len(right))
        s, t, left, right = s[:size], t[:size], left[:size], right[:size]
        pairs = list(zip(left, right, strict=True))
    else:
        pairs = [(x, y) for x in left for y in right]
    space = combined(combine, (s, t), pairs)
    back = combined(combine, (t, s), [(y, x) for x, y in pairs])
    assert (space is None) == (back is None)
    if space is not None:
        assert [exactly(config) for config in space[0]] == [exactly(config) for config in space[1]]
