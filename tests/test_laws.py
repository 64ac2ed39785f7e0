"""The algebra's laws, over generated trees, against brute force."""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from contextlib import suppress
from itertools import combinations
from pickle import PicklingError
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from spearmint_fp import (
    ABSENT,
    Config,
    DynamicValue,
    PathError,
    SpearmintError,
    Sweep,
    concat,
    constrain,
    covering,
    derive,
    difference,
    distinct,
    empty,
    exclude,
    expand,
    explain,
    freeze,
    get_in,
    groupby,
    include,
    label,
    mapped,
    override,
    product,
    project,
    remove_in,
    reorder,
    sample,
    set_in,
    shard,
    shuffled,
    spread,
    unit,
    where,
    zipped,
)
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.sweep.nodes.columns import flatten_point

from .examples import examples
from .oracle import exactly, listing, paths_of, predicate, record_specs, specs, tree_of, value_at
from .sweep.generated import pairs, points
from .sweep.generated import sweeps as generated_sweeps

many = examples(240)
some = examples(80)
positions = st.one_of(st.none(), st.integers(-8, 12))
cuts = st.builds(slice, positions, positions, st.sampled_from([None, 1, 2, 3, -1, -2, -3]))


def texts(configs: Iterable[Any]) -> list[str]:
    return [exactly(config) for config in configs]


def check(sweep: Sweep[Any], expected: list[Any]) -> None:
    """Everything a sweep can be asked, against the list that it stands for."""
    want = texts(expected)
    assert sweep.size == len(sweep) == len(want)
    assert texts(sweep) == want
    assert texts(sweep) == want, "a second listing differs"
    assert [exactly(sweep[i]) for i in range(len(want))] == want
    assert [exactly(sweep[i - len(want)]) for i in range(len(want))] == want
    assert texts(reversed(sweep)) == want[::-1]
    for position in {0, len(want) // 2, len(want) - 1} if want else set():
        assert sweep.index(sweep[position]) == want.index(want[position])
        assert sweep[position] in sweep
    assert bool(sweep) == bool(want)
    assert isinstance(explain(sweep), str)
    assert isinstance(repr(sweep), str)


@many
@given(specs())
def test_expanding_lists_what_brute_force_lists(spec: Any) -> None:
    check(expand(tree_of(spec)), listing(spec))


@many
@given(record_specs(), cuts, cuts, st.integers(1, 5))
def test_slices_and_shards_are_those_of_the_list(spec: Any, one: slice, two: slice, n: int) -> None:
    sweep, expected = expand(tree_of(spec)), listing(spec)
    check(sweep[one], expected[one])
    check(sweep[one][two], expected[one][two])
    assert sorted(t for i in range(n) for t in texts(shard(i, n, sweep))) == sorted(texts(expected))
    check(shard(n - 1, n, sweep), expected[n - 1 :: n])


@some
@given(record_specs(), st.integers(-3, 3))
def test_a_shuffle_is_a_permutation_and_a_sample_its_stable_prefix(spec: Any, seed: int) -> None:
    sweep = expand(tree_of(spec))
    mixed = shuffled(sweep, seed=seed)
    assert sorted(texts(mixed)) == sorted(texts(listing(spec)))
    check(mixed, list(mixed))
    k = sweep.size // 2
    assert list(sample(k, sweep, seed=seed)) == list(mixed)[:k] == list(sample(sweep.size, sweep, seed=seed))[:k]
    check(mixed[1::2][::-1], list(mixed)[1::2][::-1])


def combine_values(configs: Iterable[Any], strength: int, paths: Any) -> set[frozenset[Any]]:
    """All combinations of values of so many axes, or of all axes of a configuration with fewer."""
    found = set()
    for config in configs:
        flat = flatten_point(freeze(config))
        values = [(path, exactly(value)) for path, value in flat.items() if paths is None or path in paths]
        found |= set(map(frozenset, combinations(values, min(strength, len(values)))))
    return found


def check_covering(sweep: Sweep[Any], strength: int, seed: int) -> None:
    """A sub-sweep in which everything still occurs: by brute force over all that the paths of its axes have."""
    columns = sweep._node.columns().items() if sweep._node.exact else None
    paths = columns and {path for path, column in columns if column.swept and column.pieces}
    array = covering(strength, sweep, seed=seed)
    found, wanted = (combine_values(configs, strength, paths) for configs in (array, sweep))
    if columns is None or not any(column.computed for _, column in columns):
        assert found == wanted
    else:  # where a function computes the value that tells two configurations apart, one stands for both
        assert found <= wanted
        assert [values for values in wanted - found if not any(values < others for others in found)] == []
    positions = [*array._node.indices.positions] if sweep.size else []  # type: ignore[attr-defined]
    assert positions == sorted(set(positions))
    assert texts(array) == [exactly(sweep[position]) for position in positions]
    assert array == covering(strength, sweep, seed=seed)
    assert bool(array) == bool(sweep)


@many
@given(record_specs(), st.integers(1, 3), st.integers(-2, 2))
def test_in_a_covering_array_everything_still_occurs(spec: Any, strength: int, seed: int) -> None:
    check_covering(expand(tree_of(spec)), strength, seed)


@many
@given(generated_sweeps(), st.integers(1, 3), st.integers(-2, 2))
def test_so_it_does_in_one_of_any_kind_of_sweep(sweep: Sweep[Any], strength: int, seed: int) -> None:
    if len(points(sweep)) == sweep.size:
        check_covering(sweep, strength, seed)


@some
@given(st.data(), record_specs())
def test_constraints_hold_in_a_covering_array(data: Any, spec: Any) -> None:
    sweep = expand(tree_of(spec))
    for number in range(3):
        known = sorted({p for c in sweep for p in paths_of(c) if p}, key=str)
        if known:
            on = tuple(data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)))
            sweep = constrain(predicate(number, 3), sweep, on=on)
    for strength in (1, 2, 3):
        check_covering(sweep, strength, 0)


@some
@given(
    record_specs(), cuts, st.integers(-3, 3), st.sampled_from(["cut", "shuffled", "constrained", "summed", "nested"])
)
def test_a_spread_has_each_position_once_and_begins_every_longer_one(
    spec: Any, cut: slice, seed: int, made: str
) -> None:
    sweep = expand(tree_of(spec))
    if made == "cut":
        sweep = sweep[cut]
    elif made == "shuffled":
        sweep = shuffled(sweep, seed=seed)[cut]
    elif made == "constrained":
        for path, values in [*sweep.axes.items()][:1]:
            first = next(iter(values), None)
            sweep = constrain(lambda value, first=first: bool(value != first), sweep, on=[path])
    elif made == "summed":
        sweep = sweep + shuffled(sweep[cut])
    else:
        sweep = expand({"x": shuffled(sweep), "y": DynamicValue([0, 1])})
    numbered = zipped(mapped(lambda c: {"is": c}, sweep), expand({"at": DynamicValue(range(sweep.size))}))
    whole = spread(sweep.size, sweep, seed=seed)
    assert sorted(texts(whole)) == sorted(texts(sweep)), "each position once"
    assert sorted(config["at"] for config in spread(sweep.size, numbered, seed=seed)) == list(range(sweep.size))
    check(whole, list(whole))
    for k in {0, 1, sweep.size // 2}:
        if k <= sweep.size:
            assert texts(spread(k, sweep, seed=seed)) == texts(whole)[:k]
            assert all(config in sweep for config in spread(k, sweep, seed=seed)), "a sub-sweep"
    check(whole[1::2][::-1], list(whole)[1::2][::-1])
    check(pickle.loads(pickle.dumps(whole)), list(whole))


@some
@given(record_specs(), record_specs(), record_specs())
def test_sums_and_products_obey_the_laws(one: Any, two: Any, three: Any) -> None:
    la, lb, lc = (
        [{f"{key}{k}": v for key, v in c.items()} for c in listing(s)] for k, s in enumerate([one, two, three])
    )
    a, b, c = (
        expand({f"{key}{k}": value for key, value in tree_of(s).items()}) for k, s in enumerate([one, two, three])
    )
    check(a + b, la + lb)
    assume(a.size * b.size * c.size <= 1500)
    check(a * b, [{**x, **y} for x in la for y in lb])
    check((a + b) * c, [{**x, **z} for x in la + lb for z in lc])
    check(c * (a + b), [{**z, **x} for z in lc for x in la + lb])
    assert (a + b) * c == a * c + b * c
    assert (a + b).size == a.size + b.size
    assert (a * b).size == a.size * b.size
    assert (a + b) + c == a + (b + c) == concat(a, b, c)
    assert (a * b) * c == a * (b * c) == product(a, b, c)
    assert texts((a * b) * c) == texts(a * (b * c))


@some
@given(record_specs())
def test_the_units(spec: Any) -> None:
    s = expand(tree_of(spec))
    assert s + empty == s == empty + s
    assert s * unit == s == unit * s
    assert (s * empty).size == 0 == (empty * s).size
    assert product() == unit
    assert concat() == zipped() == empty
    assert product(s) == concat(s) == zipped(s) == s
    assert list(unit) == [{}]
    assert list(empty) == []


@some
@given(st.data(), record_specs())
def test_zips_pair_by_position(data: Any, spec: Any) -> None:
    one, expected = expand(tree_of(spec)), listing(spec)
    two = shuffled(expand({"paired": DynamicValue(range(one.size))}), seed=1)
    other = [{"paired": c["paired"]} for c in two]
    both = [{**x, **y} for x, y in zip(expected, other, strict=True)]
    check(zipped(one, two), both)
    cut = data.draw(cuts)
    check(zipped(one, two)[cut], both[cut])
    check(
        expand({"z": zipped(one, two), "w": DynamicValue([1, 2])})[cut],
        [{"z": z, "w": w} for z in both for w in (1, 2)][cut],
    )


@some
@given(record_specs())
def test_mapping_is_a_functor(spec: Any) -> None:
    s = expand(tree_of(spec))

    def f(c: Config) -> Config:
        return c | {"f": len(c)}

    def g(c: Config) -> Config:
        return c | {"g": str(sorted(map(str, c)))}

    assert list(mapped(f, mapped(g, s))) == list(mapped(lambda c: f(g(c)), s)) == [f(g(c)) for c in s]
    check(mapped(f, mapped(g, s)), [f(g(c)) for c in s])
    assert mapped(f, s).size == s.size


@some
@given(record_specs(), st.sampled_from(["new", "a", "deep.new", "b"]))
def test_deriving_sets_one_value(spec: Any, path: str) -> None:
    s = expand(tree_of(spec))
    derived = derive(path, lambda c: len(c), s)
    try:
        expected = [set_in(path, len(c), c) for c in s]
    except SpearmintError:
        return
    check(derived, expected)


@examples(360)
@given(st.data(), record_specs())
def test_constraints_count_and_rank_exactly(data: Any, spec: Any) -> None:
    sweep, expected = expand(tree_of(spec)), listing(spec)
    for number in range(data.draw(st.integers(1, 4))):
        known = sorted({p for c in expected for p in paths_of(c) if p}, key=str)
        if not known:
            return
        on = tuple(data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)))
        if data.draw(st.integers(0, 4)) == 0:
            cut = data.draw(cuts)
            sweep, expected = sweep[cut], expected[cut]
            if not expected or not all(any(p in paths_of(c) for c in expected) for p in on):
                return
        holds = predicate(number, data.draw(st.sampled_from([1, 2, 3, 3])))
        sweep = constrain(holds, sweep, on=on)
        expected = [c for c in expected if _kept(holds, on, c)]
        check(sweep, expected)


def _kept(holds: Any, on: Any, config: Any) -> bool:
    try:
        values = [value_at(path, config) for path in on]
    except LookupError:
        return True
    return bool(holds(*values))


@some
@given(st.data(), record_specs(), record_specs(), record_specs())
def test_constraints_reach_into_products_sums_and_choices(data: Any, one: Any, two: Any, three: Any) -> None:
    la, lb, lc = (
        [{f"{key}{k}": v for key, v in c.items()} for c in listing(s)] for k, s in enumerate([one, two, three])
    )
    a, b, c = (
        expand({f"{key}{k}": value for key, value in tree_of(s).items()}) for k, s in enumerate([one, two, three])
    )
    assume(0 < a.size * b.size * c.size <= 1500)
    spaces = [
        ((a + b) * c, [{**x, **z} for x in la + lb for z in lc]),
        (c * (a + b), [{**z, **x} for z in lc for x in la + lb]),
        (expand({"k": a + b, "l": c}), [{"k": x, "l": z} for x in la + lb for z in lc]),
        (
            derive("derived", lambda _: 1, a * c),
            [{**x, **z, "derived": 1} for x in la for z in lc],
        ),
    ]
    sweep, expected = data.draw(st.sampled_from(spaces))
    for number in range(2):
        known = sorted({p for config in expected for p in paths_of(config) if p}, key=str)
        if not known:
            return
        on = tuple(data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)))
        holds = predicate(number, 3)
        sweep, expected = constrain(holds, sweep, on=on), [c for c in expected if _kept(holds, on, c)]
        check(sweep, expected)
        if expected:
            assert list(sweep * unit) == list(sweep)


@some
@given(st.data(), record_specs(), record_specs(), st.booleans())
def test_constraints_join_those_of_the_parts(data: Any, one: Any, two: Any, asked: bool) -> None:
    a, expected = expand(tree_of(one)), listing(one)
    b, other = expand(tree_of(two)), listing(two)
    for number in range(2):
        known = sorted({p for config in expected for p in paths_of(config) if p}, key=str)
        if known:
            on = tuple(data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=2, unique=True)))
            a = constrain(predicate(number, 3), a, on=on)
            expected = [c for c in expected if _kept(predicate(number, 3), on, c)]
    assume(len(expected) > 0 and len(expected) + len(other) <= 400 and (not asked or a.size))
    spaces = [
        (expand({"k": DynamicValue([a, b, 1]), "l": DynamicValue([0, 1])}), [*expected, *other, 1]),
        (expand({"l": DynamicValue([0, 1])}) * expand({"k": DynamicValue([b, a])}), [*other, *expected]),
        (expand({"k": b + a + a, "l": DynamicValue([0, 1])}), [*other, *expected, *expected]),
    ]
    for sweep, parts in spaces:
        whole = [{"k": k, "l": n} for k in parts for n in (0, 1)]
        if next(iter(sweep[0])) == "l":
            whole.sort(key=lambda config: config["l"])
        known = sorted({p for config in whole for p in paths_of(config) if p}, key=str)
        on = tuple(data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)))
        check(constrain(predicate(5, 2), sweep, on=on), [c for c in whole if _kept(predicate(5, 2), on, c)])


@some
@given(specs())
def test_distinct_keeps_the_first_of_equal_configs(spec: Any) -> None:
    expected = list({exactly(c): c for c in reversed(listing(spec))}.values())[::-1]
    order = {text: k for k, text in reversed(list(enumerate(texts(listing(spec)))))}
    expected.sort(key=lambda c: order[exactly(c)])
    check(distinct(expand(tree_of(spec))), expected)
    assert texts(distinct(listing(spec))) == texts(expected)


@examples(150)
@given(pairs())
def test_differences_and_intersections_are_those_of_the_lists(pair: tuple[Sweep[Any], Sweep[Any]]) -> None:
    a, b = pair
    assume(len(points(a)) == a.size and len(points(b)) == b.size)
    there, here = set(map(exact_key, map(freeze, b))), set(map(exact_key, map(freeze, a)))
    left = [c for c in a if exact_key(freeze(c)) not in there]
    both = [c for c in a if exact_key(freeze(c)) in there]
    new = [c for c in b if exact_key(freeze(c)) not in here]
    for made, expected in ((a - b, left), (a & b, both), (a | b, [*a, *new])):
        assert made.size == len(expected)
        assert keys(made) == keys(expected)
        assert [exact_key(freeze(made[k])) for k in range(made.size)] == keys(expected)
        assert keys(made[1::2]) == keys(expected[1::2])
        assert isinstance(explain(made), str)
        with suppress(PicklingError, AttributeError, TypeError):  # what functions make may not be picklable
            assert keys(pickle.loads(pickle.dumps(made))) == keys(expected)
    assert (a - b).size + (a & b).size == a.size
    assert (a - a).size == 0
    assert a & a == a | a == a


@examples(50)
@given(pairs(), pairs(), st.integers(0, 9))
def test_sets_nest_chain_and_take_constraints(
    one: tuple[Sweep[Any], Sweep[Any]], other: tuple[Sweep[Any], Sweep[Any]], salt: int
) -> None:
    a, b = one
    c, _ = other
    assume(all(len(points(sweep)) == sweep.size for sweep in (a, b, c)) and a.size <= 60)
    without = [k for k in keys(a) if k not in {*keys(b)}]
    assert keys(a - b - c) == keys(difference(a, b, c)) == [k for k in without if k not in {*keys(c)}]
    assert keys(a - (b & a)) == without
    assert keys(a & (a - b)) == without
    assert (a & (b - a)).size == 0
    nested = expand({"p": a - b, "q": DynamicValue([a & b, 1])})
    whole = expand({"q": DynamicValue([1, a]), "p": a[1:]})
    listed, there = list(nested), {*keys(whole)}
    assert keys(nested & whole) == [k for k in keys(listed) if k in there]
    holds = predicate(salt, 2)
    for on in ("q", ("p", "q")):
        kept = [c for c in listed if holds(*(c[path] for path in on))]
        assert keys(constrain(holds, nested, on=on)) == keys(kept)
        assert keys(constrain(holds, nested - whole, on=on)) == [k for k in keys(kept) if k not in there]


def keys(configs: Iterable[Any]) -> list[Any]:
    return [exact_key(freeze(config)) for config in configs]


@some
@given(record_specs())
def test_sweeps_are_values(spec: Any) -> None:
    s, again = expand(tree_of(spec)), expand(tree_of(spec))
    assert s == again
    assert hash(s) == hash(again)
    back = pickle.loads(pickle.dumps(s))  # our own bytes
    assert back == s
    assert texts(back) == texts(s)
    if s.size > 1:
        assert s[1:] != s
        assert s[::-1][::-1] == s
        assert s[:] == s


def swept_values(config: Any, sweep: Sweep[Any]) -> list[str]:
    """The plain values at the swept paths."""
    found = []
    for path in sweep.axes:
        try:
            value = value_at(tuple(path.split(".")) if isinstance(path, str) else path, config)
        except LookupError:
            continue
        found.append(f"{path} {value!r}")
    return found


@some
@given(record_specs())
def test_no_input_is_changed_and_labels_tell_axes_apart(spec: Any) -> None:
    tree = tree_of(spec)
    before = repr(tree)
    s = expand(tree)
    list(s)
    assert repr(tree) == before
    for config in s[:5]:
        for other in s[:20]:
            if label(config, s) == label(other, s):
                assert swept_values(config, s) == swept_values(other, s)


@many
@given(record_specs(), record_specs())
def test_overriding_and_expanding_commute(spec: Any, patch_spec: Any) -> None:
    tree, patch = tree_of(spec), tree_of(patch_spec)
    assume(0 < expand(tree).size * expand(patch).size <= 400)
    try:
        late = {exactly(override(p, c)) for p in expand(patch) for c in expand(tree)}
        early = {exactly(c) for c in expand(override(patch, tree))}
    except PathError:  # a field that a typed record does not have, perhaps in a branch without configurations
        return
    assert early == late


@some
@given(record_specs(), names := st.sampled_from(["a", "b", "new"]), st.integers())
def test_setting_and_getting_are_inverse(spec: Any, name: str, value: int) -> None:
    tree = tree_of(spec)
    assert get_in(name, set_in(name, value, tree)) == value


def found_at(path: Any, config: Any) -> Any:
    """The value at a path, `ABSENT` where there is none."""
    try:
        return value_at(path, config)
    except LookupError:
        return ABSENT


@some
@given(st.data(), record_specs())
def test_selections_part_a_sweep(data: Any, spec: Any) -> None:
    sweep, expected = expand(tree_of(spec)), listing(spec)
    known = sorted({p for c in expected for p in paths_of(c) if p and not isinstance(found_at(p, c), dict)}, key=str)
    if not known:
        return
    path = data.draw(st.sampled_from(known))
    value = found_at(path, data.draw(st.sampled_from(expected)))
    if value is ABSENT or isinstance(value, dict):
        return
    chosen = [exactly(found_at(path, c)) == exactly(value) for c in expected]
    check(where({path: value}, sweep), [c for c, kept in zip(expected, chosen, strict=True) if kept])
    check(exclude({path: value}, sweep), [c for c, kept in zip(expected, chosen, strict=True) if not kept])
    restricted = {exactly(found_at(path, c)): c for c in reversed(expected)}
    assert project([path], sweep).size == len(restricted)
    parts = groupby(path, sweep)
    assert sum(part.size for part in parts.values()) == sweep.size
    assert sorted(t for part in parts.values() for t in texts(part)) == sorted(texts(expected))
    assert sorted(texts(reorder([path], sweep))) == sorted(texts(expected))
    assert texts(include([], sweep)) == texts(expected)


@some
@given(record_specs(), st.sampled_from(["new", "a", "deep"]), st.integers())
def test_removing_is_the_inverse_of_setting(spec: Any, name: str, value: int) -> None:
    tree = {key: part for key, part in tree_of(spec).items() if key != name}
    assert remove_in(name, set_in(name, value, tree)) == tree
    assert texts(expand(remove_in(name, set_in(name, value, tree)))) == texts(expand(tree))
