"""Sweeps of every kind over axes that mix records and leaves: conflicts, positions and paths, against brute force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spearmint_fp import (
    ConflictError,
    DynamicValue,
    PathError,
    SizeError,
    Sweep,
    columns,
    concat,
    constrain,
    derive,
    distinct,
    expand,
    freeze,
    label,
    mapped,
    product,
    sample,
    shuffled,
    structured,
    zipped,
)
from spearmint_fp.configuration.paths import find_in
from spearmint_fp.sweep.nodes import node
from tests.examples import examples

from ..oracle import Data, Inner, OneOf, Pair, count, exactly, listing, paths_of, predicate, tree_of, value_at

many = examples(100)

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
        found = sweep._node.places(freeze(config), exact=False)
        assert list(found.walk(len(expected), -1)) == places[::-1]
        for start in (1, len(expected) // 2):
            assert list(found.walk(start, 1)) == [k for k in places if k >= start]
        changed = {**config, "a": {**config, "zz": 1}}
        assert (changed in sweep) == (changed in expected)


@many
@given(spaces(2), spaces(2), st.sampled_from([product, zipped]))
def test_sweeps_are_refused_only_where_two_configurations_clash(one: Space, other: Space, combine: Any) -> None:
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


@many
@given(spaces(), st.lists(st.sampled_from(["a", "b", "m", "w", "0", "zz"]), min_size=1, max_size=3))
def test_a_path_that_stands_nowhere_is_an_error_and_one_that_stands_somewhere_is_none(space: Space, path: Any) -> None:
    sweep, expected = space
    for known in {p for config in expected for p in paths_of(config) if p}:
        assert list(constrain(lambda *_: True, sweep, on=[known])) == list(sweep)
    for unknown in (("zz",), (*path, "zz"), (*path, "zz", "a")):
        if expected:
            with pytest.raises(PathError, match="no configuration has .*zz"):
                constrain(lambda *_: True, sweep, on=[unknown])


SOME = {"a": DynamicValue([1, 2]), "llm": {"temperature": DynamicValue([1, 2])}, "o": DynamicValue([{"k": 1}, "x"])}


@pytest.mark.parametrize(
    "made",
    [
        lambda s: s[::2],
        lambda s: s[:0],
        lambda s: sample(2, s),
        lambda s: shuffled(s)[1:],
        lambda s: structured(dict[str, object], s),
        lambda s: mapped(dict, s),
        lambda s: shuffled(mapped(dict, s)),
        lambda s: derive("q", lambda _: {"z": 1}, s),
        lambda s: derive("q", lambda _: 1, s[1:]),
        lambda s: constrain(lambda a: a > 1, s, on="a"),
        lambda s: zipped(s, expand({"n": DynamicValue(range(s.size))})),
        lambda s: product(s[1:], expand({"n": DynamicValue([1, 2])})),
        lambda s: concat(s[1:], expand({"n": 1})),
        lambda _: expand({**SOME, "none": DynamicValue([])}),
        lambda s: distinct(s[1:]),
    ],
)
def test_an_unknown_path_is_an_error_on_every_kind_of_sweep(made: Callable[[Any], Any]) -> None:
    sweep = made(expand(SOME))
    for path, near in [("llm.temprature", "llm.temperature"), ("lm", "llm"), ("a.x", "")]:
        with pytest.raises(PathError, match=f"no configuration has {path}.*{near}"):
            constrain(lambda *_: True, sweep, on=path)
    assert constrain(lambda *_: True, sweep, on=("a", "o.k")).size == sweep.size


def test_paths_that_nobody_can_see_are_refused_and_those_of_no_alternatives_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(node, "LIMIT", 1000)
    long = mapped(lambda c: {"a": c["a"]}, expand({"a": DynamicValue(range(1001)), "b": 1}))
    with pytest.raises(SizeError, match="configurations have no b"):
        constrain(lambda *_: True, expand({"k": long, "c": 1}), on="k.b")
    assert constrain(lambda *_: True, concat(), on="a").size == 0
    assert constrain(lambda *_: True, expand({"a": DynamicValue([])}), on="a.x").size == 0
    with pytest.raises(PathError, match="they are no records"):
        constrain(lambda *_: True, expand(DynamicValue([1, 2])), on="a")


@pytest.mark.parametrize("path", ["a.x", "o.k.x", ("l", 5), "l.0.x", "p.z"])
def test_deriving_where_no_configuration_has_room_is_told_at_once(path: Any) -> None:
    sweep = expand({**SOME, "l": [1, DynamicValue([2, 3])], "p": Pair(1, DynamicValue([1, 2]))})
    for made in (sweep, sweep[1:], shuffled(sweep), sweep + sweep[::2]):
        with pytest.raises(PathError, match="cannot set"):
            derive(path, len, made)
    for fine in ("new.path", "o.k", "o", "p.left", ("l", -1), "llm.n"):
        derive(fine, len, sweep)


# --- repetitions -----------------------------------------------------------------------------------------

TWINS = {f"k{k}": DynamicValue([1, 1]) for k in range(40)}


@pytest.mark.parametrize(
    "made",
    [
        lambda s: s,
        lambda s: s[::-1],
        lambda s: s[2**39 + 1 :],
        lambda s: s[2**39 :: -3],
        lambda s: constrain(lambda a, z: a == 1 and z, s, on=("r.k0", "z")),
        lambda s: derive("r.k0", lambda _: 5, s),
        lambda s: zipped(s, expand({"q": {**TWINS, "z": DynamicValue([1, 2])}})),
        lambda s: product(s[1:], expand({"r": {"w": DynamicValue([1, 1])}})),
        lambda s: expand({"s": DynamicValue([s[3:], s]), "t": DynamicValue([1, 1])}),
    ],
)
def test_what_stands_in_very_many_places_is_found_at_the_first(made: Callable[[Any], Any]) -> None:
    sweep = made(expand({"r": TWINS, "z": DynamicValue([1, 2])}))
    for position in (7, 8, sweep.size - 1):
        first = sweep.index(sweep[position])
        assert first < 4
        assert sweep[first] == sweep[position]
        assert sweep.index(sweep[position], position) == position
        assert sweep[position] in sweep
    assert {"r": 1} not in sweep


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: shuffled(s).index(s[7]),
        lambda s: sample(100, s).index(s[7]),
        lambda s: shuffled(s)[::-1].index(s[7]),
        lambda s: s.count(s[7]),
        lambda s: mapped(dict, s).index(s[7]),
    ],
)
def test_what_stands_in_too_many_places_to_put_in_order_is_refused(ask: Callable[[Any], Any]) -> None:
    with pytest.raises(SizeError, match="more than 1000000"):
        ask(expand({"r": TWINS, "z": DynamicValue([1, 2])}))


# --- one sample each ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("alternatives", [[{"b": 2}, "x"], ["x", {"b": 2}]])
def test_the_order_of_alternatives_decides_nothing(alternatives: Any) -> None:
    mixed = expand({"a": DynamicValue(alternatives), "k": DynamicValue([1])})
    for combine in (product, zipped):
        with pytest.raises(ConflictError, match="a is set by sweep 0 and by sweep 1"):
            combine(mixed, expand({"a": {"c": DynamicValue([1, 2])}}))
    kept = constrain(lambda a: a != "x", mixed, on="a")
    assert list(product(kept, expand({"a": {"c": 1}}))) == [{"a": {"b": 2, "c": 1}, "k": 1}]


def test_an_empty_record_conflicts_with_nothing() -> None:
    empty: dict[str, Any] = {"a": {}}
    others: list[dict[str, Any]] = [{"a": {"b": 1}}, {"a": 5}, empty, {"a": (1, 2)}, {"b": 1}]
    for other in others:
        for pair in [(empty, other), (other, empty)]:
            for combine in (product, zipped):
                both = combine(*map(expand, pair))
                assert list(both) == [{"a": {}, **other}]
                assert both.index(both[0]) == 0
                assert {} not in both


def test_what_only_more_than_a_million_points_could_tell_is_refused_at_once() -> None:
    mixed = expand({"o": DynamicValue(["x", {"k": 1}]), "n": DynamicValue(range(10**9))})
    other = expand({"o": {"z": DynamicValue([1, 2])}})
    for unseen in (mapped(dict, mixed), mixed[5:-5], derive("o", len, mixed)):
        with pytest.raises(SizeError, match="which paths a sweep of .* more than 1000000"):
            product(unseen, other)
    assert product(derive("q", len, mixed), expand({"z": DynamicValue([1, 2])})).size == 4 * 10**9
    assert product(mixed[5:], expand({"z": DynamicValue([1, 2])})).index({"o": "x", "n": 7, "z": 1}) == 4


def test_no_configuration_no_conflict() -> None:
    assert product(expand({"a": 1}), expand({"a": 2})[:0]).size == 0
    assert zipped(expand({"a": 1})[:0], expand({"a": 2})[:0]).size == 0


@pytest.mark.parametrize(
    ("one", "other", "paths"),
    [
        ({"a": {}}, {"a": {"b": DynamicValue([1, 2])}}, ["a.b"]),
        ({"a": {}}, {"a": DynamicValue([1, 2])}, ["a"]),
        ({"a": DynamicValue([{}, {"c": 1}])}, {"a": {"b": DynamicValue([1, 2])}}, ["a.c", "a.b"]),
    ],
)
def test_an_empty_record_that_is_filled_is_no_column(one: Any, other: Any, paths: list[str]) -> None:
    for both in (product(expand(one), expand(other)), product(expand(other)[::-1], expand(one))):
        assert sorted(columns(both)) == sorted(paths)
        for path, values in columns(both).items():
            assert list(values) == [next(iter(find_in(path, c)), numpy.ma.masked) for c in both]
        assert set(columns(both[1:])) <= set(paths)


def test_what_stands_beside_an_empty_record_stays_an_axis() -> None:
    sweep = expand({"c": DynamicValue([2, ""]), "e": DynamicValue([1, 2])})
    for whole in (sweep * expand({"c": {}}), expand({"c": {}, "q": 1}) * sweep):
        assert whole.axes["c"] == (2, "")
        assert len({label(config, whole) for config in whole}) == whole.size
