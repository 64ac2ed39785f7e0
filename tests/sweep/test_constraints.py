"""Constraints as a whole: against brute force, other orders, pickles, a BDD, and the spaces of autotuners."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spearmint_fp import (
    CallbackError,
    Config,
    DynamicValue,
    PathError,
    Sweep,
    constrain,
    expand,
    product,
    sample,
    shard,
    shuffled,
    zipped,
)
from tests.examples import examples
from tests.needs import needs

from ..bench.spaces import SPACES, digest_rows, sweep_of
from ..oracle import exactly, listing, paths_of, predicate, record_specs, tree_of
from .test_automata import Rule, is_kept

some = examples(40)


@attrs.frozen
class Window:
    low: Any
    high: Any


class Pair(NamedTuple):
    left: Any
    right: Any


# --- laws --------------------------------------------------------------------------------------------


@st.composite
def spaces(draw: st.DrawFn) -> tuple[Sweep[Any], list[Any]]:
    """A sweep and its listing: a tree, a product, a sum, a zip, a slice of one, a sweep in a tree."""
    one, two = draw(record_specs()), draw(record_specs())
    assume(0 < len(listing(one)) * len(listing(two)) <= 400)
    s, t = expand(tree_of(one)), expand({f"{k}2": v for k, v in tree_of(two).items()})
    ls, lt = listing(one), [{f"{k}2": v for k, v in c.items()} for c in listing(two)]
    numbers = expand({"z": DynamicValue(range(s.size))})
    kinds: list[tuple[Sweep[Any], list[Any]]] = [
        (s, ls),
        (product(s, t), [{**a, **b} for a in ls for b in lt]),
        (product(s + t, numbers[:2]), [{**a, "z": k} for a in ls + lt for k in range(min(2, len(ls)))]),
        (zipped(s, numbers), [{**a, "z": k} for k, a in enumerate(ls)]),
        (expand({"in": zipped(s, numbers), "out": t}),
         [{"in": {**a, "z": k}, "out": b} for k, a in enumerate(ls) for b in lt]),
        (expand({"in": DynamicValue([s, t, 1]), "w": DynamicValue([1, True, 1.0])}),
         [{"in": a, "w": w} for a in [*ls, *lt, 1] for w in (1, True, 1.0)]),
        (expand({"in": s[::-1], "w": DynamicValue([0, 1])}), [{"in": a, "w": w} for a in ls[::-1] for w in (0, 1)]),
        (product(s, t)[1:-1], [{**a, **b} for a in ls for b in lt][1:-1]),
        (shuffled(s, seed=1), [ls[shuffled(numbers, seed=1)[k]["z"]] for k in range(len(ls))]),
        (product(s, t)[::2], [{**a, **b} for a in ls for b in lt][::2]),
    ]  # fmt: skip
    made: tuple[Sweep[Any], list[Any]] = draw(st.sampled_from(kinds))
    return made


@st.composite
def constrained_spaces(draw: st.DrawFn) -> tuple[Sweep[Any], list[Any], list[Rule]]:
    sweep, configs = draw(spaces())
    assume(configs)
    known = sorted({path for config in configs for path in paths_of(config)}, key=str)
    scopes = st.lists(st.sampled_from(known), min_size=1, max_size=4)
    count = draw(st.integers(1, 4))
    return (
        sweep,
        configs,
        [(predicate(n, draw(st.sampled_from([1, 2, 3, 3]))), tuple(draw(scopes))) for n in range(count)],
    )


def constrain_all(sweep: Sweep[Any], rules: Sequence[Rule]) -> Sweep[Any]:
    for holds, on in rules:
        sweep = constrain(holds, sweep, on=on)
    return sweep


def texts(configs: Any) -> list[str]:
    return [exactly(config) for config in configs]


def check(sweep: Sweep[Any], expected: list[str]) -> None:
    """Everything that can be asked of a constrained sweep, against its listing."""
    assert sweep.size == len(expected)
    assert texts(sweep) == expected
    assert [exactly(sweep[k]) for k in range(-len(expected), 0)] == expected
    assert texts(reversed(sweep)) == expected[::-1]
    for position in {0, len(expected) // 2, len(expected) - 1} if expected else set():
        assert sweep.index(sweep[position]) == expected.index(expected[position])
    for cut in (slice(1, None), slice(None, None, 2), slice(-1, None, -3), slice(2, -2)):
        assert texts(sweep[cut]) == expected[cut]
    mixed = shuffled(sweep, seed=3)
    assert sorted(texts(mixed)) == sorted(expected)
    assert texts(mixed) == [exactly(mixed[k]) for k in range(mixed.size)]
    assert texts(sample(len(expected) // 2, sweep, seed=3)) == texts(mixed)[: len(expected) // 2]
    assert texts(shard(1, 3, sweep)) == expected[1::3]
    assert texts(shard(1, 3, mixed)) == texts(mixed)[1::3]


@some
@given(constrained_spaces(), st.randoms())
def test_any_order_of_constraining_gives_what_brute_force_gives(case: Any, random: Any) -> None:
    sweep, configs, rules = case
    expected = texts(config for config in configs if is_kept(rules, config))
    check(constrain_all(sweep, rules), expected)
    check(constrain_all(sweep, random.sample(rules, len(rules))), expected)
    step_by_step = sweep
    for number, rule in enumerate(random.sample(rules, len(rules))):
        step_by_step = constrain_all(step_by_step, [rule])
        if number % 2:
            assert step_by_step.size <= len(configs)
    check(step_by_step, expected)


@some
@given(constrained_spaces())
def test_after_a_pickle_no_predicate_is_called(case: Any) -> None:
    sweep, configs, rules = case
    calls = Counter[str]()
    noted = [(lambda *values, h=holds: bool(calls.update(["call"])) or h(*values), on) for holds, on in rules]
    made = constrain_all(sweep, noted)
    expected = texts(config for config in configs if is_kept(rules, config))
    back = pickle.loads(pickle.dumps(made))
    calls.clear()
    check(back, expected)
    check(pickle.loads(pickle.dumps(back[1:])), expected[1:])
    assert back == made
    assert hash(back) == hash(made)
    check(copy.deepcopy(made), expected)
    assert not calls
    assert texts(constrain(lambda *_: True, back, on=rules[0][1])) == expected, "it can be narrowed further"


@some
@given(st.lists(st.tuples(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True), st.integers(1, 3))))
def test_axes_show_the_values_that_are_left(rules: Any) -> None:
    sweep: Sweep[Any] = expand({name: DynamicValue(range(4)) for name in "abc"})
    for number, (on, keep) in enumerate(rules):
        sweep = constrain(predicate(number, keep), sweep, on=on)
    left = {name: {config[name] for config in sweep} for name in "abc"}
    if sweep.size:
        assert {name: set(values) for name, values in sweep.axes.items()} == left


@pytest.mark.parametrize(
    "tree",
    [
        {"w": Window(DynamicValue([1, 2, 3]), DynamicValue([1, 2, 3])), "s": DynamicValue([0, 1])},
        {"w": Pair(DynamicValue([1, 2, 3]), DynamicValue([3, 2, 1])), "s": DynamicValue([0, 1])},
        {"w": DynamicValue([Pair(1, DynamicValue([1, 2])), Pair(2, DynamicValue([1]))]), "s": DynamicValue([0, 1])},
        {"w": DynamicValue([DynamicValue([Pair(1, 2), Pair(2, 1)]), Pair(3, 3)]), "s": DynamicValue([0, 1])},
    ],
)
def test_records_are_read_whole_and_in_part(tree: Any) -> None:
    sweep = expand(tree)
    names = list(attrs.asdict(sweep[0]["w"])) if attrs.has(type(sweep[0]["w"])) else list(Pair._fields)
    first = ("w", names[0])
    rules: list[Any] = [
        (lambda w, s: (sum(attrs.astuple(w)) if attrs.has(type(w)) else sum(w)) % 2 == s, ("w", "s")),
        (lambda value: value != 2, (first,)),
        (lambda c: c["s"] == 0 or getattr(c["w"], names[1]) < 3, ((),)),
    ]
    expected = [
        c for c in sweep if rules[0][0](c["w"], c["s"]) and rules[1][0](getattr(c["w"], names[0])) and rules[2][0](c)
    ]
    for order in itertools.permutations(rules):
        made = constrain_all(sweep, order)
        assert list(made) == expected
        assert [made.index(config) for config in expected] == [expected.index(config) for config in expected]


def test_an_unknown_path_is_told_at_once_and_all_else_when_asked() -> None:
    sweep = expand({"a": DynamicValue([0, 1]), "b": DynamicValue([0, 1])})
    with pytest.raises(PathError, match="no configuration has c"):
        constrain(bool, sweep, on="c")
    calls: list[int] = []

    def note(a: int) -> bool:
        calls.append(a)
        return True

    made = constrain(note, sweep, on="a")
    assert not calls
    assert made.size == 4
    assert calls == [0, 1]
    assert len(list(made)) == len(made) == 4
    assert calls == [0, 1]


# --- predicates that raise -----------------------------------------------------------------------------


ERRORS = [ValueError("bad"), StopIteration("end"), GeneratorExit("end"), StopAsyncIteration("end")]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_what_is_raised_counts_only_where_such_a_configuration_is_left(error: BaseException) -> None:
    sweep = expand({name: DynamicValue(range(3)) for name in "abc"})

    def refuse(a: int, b: int) -> bool:
        if a == b > 0:
            raise error
        return True

    excluding: list[Any] = [(refuse, ("a", "b")), (lambda a: a != 1, "a"), (lambda b, c: b != 2, ("b", "c"))]
    for order in itertools.permutations(excluding):
        assert constrain_all(sweep, order).size == 12
    first = "while constraining on a=2, b=2; the predicate takes one argument per path, in their order"
    for order in itertools.permutations([excluding[0], excluding[1], (lambda b, c: b + c > 1, ("b", "c"))]):
        made = constrain_all(sweep, order)
        for ask in (lambda s: s.size, list, lambda s: s[0], pickle.dumps, lambda s: s[1:]):
            with pytest.raises(ValueError if isinstance(error, ValueError) else CallbackError) as told:
                ask(made)
            assert first in told.value.__notes__


@some
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True), st.integers(0, 9)),
        min_size=1,
        max_size=4,
    ),
    st.randoms(),
)
def test_the_answer_or_the_error_is_the_same_for_every_order(rules: Any, random: Any) -> None:  # noqa: C901  # the brute force stands beside what it is compared with
    sweep = expand({name: DynamicValue(range(3)) for name in "abc"})

    def moody(number: int, salt: int) -> Callable[..., bool]:
        def holds(*values: int) -> bool:
            kind = predicate(salt, 1)(*values), predicate(salt + 50, 2)(*values)
            if kind == (True, True):
                raise LookupError(number, values)
            return kind[1]

        return holds

    made = [(moody(number, salt), tuple(on)) for number, (on, salt) in enumerate(rules)]

    def ask(order: Any) -> Any:
        try:
            return texts(constrain_all(sweep, order))
        except LookupError as error:
            return error.args

    def look(config: Any) -> tuple[bool, list[Any]]:
        """False where some predicate says so, whatever others raise; and what they raised."""
        raised: list[Any] = []
        kept = True
        for holds, on in made:
            try:
                kept = kept and holds(*(config[name] for name in on))
            except LookupError as error:
                raised.append(error.args)
        return kept, raised

    def brute() -> Any:
        kept = []
        for config in sweep:
            there, raised = look(config)
            if there and raised:
                return raised
            kept += [config] if there else []
        return texts(kept)

    wanted = brute()
    for _ in range(3):
        got = ask(random.sample(made, len(made)))
        assert got == wanted or got in wanted


def test_what_is_not_an_error_but_a_stop_is_let_through() -> None:
    def interrupt(a: int) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        constrain(interrupt, expand({"a": DynamicValue([1, 2])}), on="a").size


# --- the spaces of autotuners -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", SPACES)
def test_published_spaces_are_exact(name: str) -> None:
    space = SPACES[name]
    sweep = sweep_of(space)
    assert sweep.size == space.size
    for position in (0, space.size // 3, space.size - 1):
        assert sweep.index(sweep[position]) == position
    if space.digest:
        assert digest_rows([tuple(config.values()) for config in sweep]) == space.digest


# --- a BDD as an oracle --------------------------------------------------------------------------------


class Feature(NamedTuple):
    parent: int
    kind: str  # mandatory, optional, one (of a group), some (of a group)


@st.composite
def feature_models(draw: st.DrawFn) -> tuple[list[Feature], list[list[tuple[int, bool]]]]:
    """A tree of features under a root, and clauses across it."""
    count = draw(st.integers(2, 14))
    kinds = st.sampled_from(["mandatory", "optional", "one", "some"])
    features = [Feature(draw(st.integers(0, k)), draw(kinds)) for k in range(count)]
    literals = st.tuples(st.integers(0, count), st.booleans())
    return features, draw(st.lists(st.lists(literals, min_size=1, max_size=3), max_size=6))


def feature_rules(features: Sequence[Feature]) -> list[tuple[tuple[int, ...], Callable[..., bool]]]:
    rules: list[tuple[tuple[int, ...], Callable[..., bool]]] = []
    for parent in range(len(features)):
        for k, feature in enumerate(features, 1):
            if feature == (parent, "mandatory"):
                rules.append(((parent, k), lambda p, c: p == c))
            elif feature == (parent, "optional"):
                rules.append(((parent, k), lambda p, c: p or not c))
        for kind, most in (("one", 1), ("some", len(features))):
            members = [k for k, feature in enumerate(features, 1) if feature == (parent, kind)]
            if members:
                rules.append(((parent, *members), lambda p, *m, most=most: 1 <= sum(m) <= most if p else not any(m)))
    return rules


@needs("dd")
@some
@given(feature_models())
def test_feature_models_count_as_a_bdd_counts_them(model: Any) -> None:
    from dd import autoref

    features, clauses = model
    names = [f"f{k}" for k in range(len(features) + 1)]
    sweep: Sweep[Any] = expand(
        {"f0": DynamicValue([True]), **{name: DynamicValue([False, True]) for name in names[1:]}}
    )
    rules = feature_rules(features)
    for clause in clauses:
        on = tuple(dict.fromkeys(k for k, _ in clause))
        rules.append((on, lambda *v, on=on, clause=clause: any(v[on.index(k)] == sign for k, sign in clause)))
    bdd = autoref.BDD()
    bdd.declare(*names)
    whole = bdd.var("f0")
    for on, holds in rules:
        sweep = constrain(holds, sweep, on=[names[k] for k in on])
        part = bdd.false
        for values in itertools.product([False, True], repeat=len(on)):
            if holds(*values):
                part |= bdd.cube({names[k]: value for k, value in zip(on, values, strict=True)})
        whole &= part
    assert sweep.size == bdd.count(whole, nvars=len(names))
    for config in sample(min(3, sweep.size), sweep):
        assert bdd.let(dict(config), whole) == bdd.true


@needs("dd")
@some
@given(st.lists(st.integers(2, 5), min_size=3, max_size=8), st.data())
def test_mixed_level_models_count_as_a_bdd_counts_them(levels: list[int], data: Any) -> None:
    """Clauses of (parameter, value, equal or not), as combinatorial testing has them; a value is its bits."""
    from dd import autoref

    places = [(k, value) for k, level in enumerate(levels) for value in range(level)]
    literals = st.tuples(st.sampled_from(places), st.booleans())
    clauses = data.draw(st.lists(st.lists(literals, min_size=1, max_size=4), max_size=8))
    bdd = autoref.BDD()
    bits = [[f"p{k}b{bit}" for bit in range((level - 1).bit_length())] for k, level in enumerate(levels)]
    bdd.declare(*[name for group in bits for name in group])

    def equal(k: int, value: int) -> Any:
        return bdd.cube({name: bool(value >> bit & 1) for bit, name in enumerate(bits[k])})

    whole = bdd.true
    for k, level in enumerate(levels):
        legal = bdd.false
        for value in range(level):
            legal |= equal(k, value)
        whole &= legal
    sweep: Sweep[Any] = expand({f"p{k}": DynamicValue(range(level)) for k, level in enumerate(levels)})
    for clause in clauses:
        on = list(dict.fromkeys(k for (k, _), _ in clause))
        sweep = constrain(
            lambda *v, on=on, clause=clause: any((v[on.index(k)] == value) == sign for (k, value), sign in clause),
            sweep,
            on=[f"p{k}" for k in on],
        )
        part = bdd.false
        for (k, value), sign in clause:
            part |= equal(k, value) if sign else ~equal(k, value)
        whole &= part
    assert sweep.size == bdd.count(whole, nvars=sum(map(len, bits)))


def test_configs_are_built_as_without_constraints() -> None:
    sweep = expand({"a": DynamicValue([1, 2]), "deep": {"b": DynamicValue([[1], {"k": (2,)}])}})
    assert list(constrain(lambda a, b: True, sweep, on=("a", "deep.b"))) == list(sweep)
    assert all(isinstance(config, Config) for config in constrain(lambda a: True, sweep, on="a"))
