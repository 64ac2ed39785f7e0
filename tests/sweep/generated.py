"""Generated sweeps of every kind: trees, and up to three operations upon them."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from operator import and_, or_, sub
from typing import Any

from hypothesis import strategies as st

from spearmint_fp import (
    Config,
    DynamicValue,
    SpearmintError,
    Sweep,
    concat,
    constrain,
    derive,
    distinct,
    exclude,
    expand,
    include,
    mapped,
    product,
    project,
    reorder,
    sample,
    shuffled,
    spread,
    structured,
    where,
    zipped,
)

from ..oracle import Inner, OneOf, Pair, count, listing, predicate, record_specs, scalars, tree_of
from .partials import Partial, partials

Step = Callable[[st.DrawFn, Sweep[Any], st.SearchStrategy[Any]], Sweep[Any]]

LARGEST = 150
"""Sweeps stay so small that every configuration can be asked."""


def points(sweep: Sweep[Any]) -> list[Any]:
    """The configurations, without those that a function or a class refuses."""
    found = []
    for position in range(sweep.size):
        with suppress(Exception):
            found.append(sweep[position])
    return found


def _paths(sweep: Sweep[Any]) -> list[Any]:
    return [path for path in sweep.axes if path] + ["a", "b.c", "model"]


def _slice(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    ends = st.none() | st.integers(-6, 20)
    return sweep[draw(ends) : draw(ends) : draw(st.sampled_from([None, 1, 2, -1, -2]))]


def _shuffle(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return shuffled(sweep, seed=draw(st.integers(0, 3)))


def _sample(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return sample(draw(st.integers(0, sweep.size)), sweep)


def _spread(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return spread(draw(st.integers(0, sweep.size)), sweep, seed=draw(st.integers(0, 3)))


def _constrain(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return constrain(predicate(draw(st.integers(0, 9)), 3), sweep, on=draw(st.sampled_from(_paths(sweep))))


def _distinct(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return distinct(sweep)


def _concat(draw: st.DrawFn, sweep: Sweep[Any], trees: st.SearchStrategy[Any]) -> Sweep[Any]:
    other = draw(st.sampled_from(["itself", "derived", "another"]))
    if other == "itself":
        return sweep + sweep
    return concat(sweep, _derive(draw, sweep, trees) if other == "derived" else expand(draw(trees)))


def _product(draw: st.DrawFn, sweep: Sweep[Any], trees: st.SearchStrategy[Any]) -> Sweep[Any]:
    other = draw(trees.map(expand) | st.just(expand({"w": DynamicValue([1, "1"])})))
    return product(*draw(st.permutations([sweep, other])))


def _zip(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    other = expand({"z": DynamicValue([k % 3 for k in range(sweep.size)])})
    return zipped(*draw(st.permutations([sweep, other])))


def _derive(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    path = draw(st.sampled_from([*_paths(sweep), "new", ("deep", "new")]))
    fn = draw(st.sampled_from([lambda _: 1, lambda c: len(str(c)), lambda c: {"n": len(str(c))}, lambda c: str(c)]))
    return derive(path, fn, sweep)


def _map(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    record = lambda c: isinstance(c, Config)  # noqa: E731
    functions: list[Callable[[Any], Any]] = [
        lambda c: c | {"f": len(c)} if record(c) else c,
        lambda c: {"all": c},
        lambda c: c["a"] if record(c) and "a" in c else c,
        lambda c: len(str(c)),
        lambda c: str(c),
    ]
    return mapped(draw(st.sampled_from(functions)), sweep)


def _structure(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return structured(dict[str, Any], sweep)


def _nest(draw: st.DrawFn, sweep: Sweep[Any], trees: st.SearchStrategy[Any]) -> Sweep[Any]:
    choice = DynamicValue([sweep, {"c": DynamicValue([1, 2])}, 1]) if draw(st.booleans()) else sweep
    return expand({"a": choice, "w": DynamicValue([True, 1])})


def _where(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return where(_partial(draw, sweep), sweep)


def _exclude(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return exclude([_partial(draw, sweep) for _ in range(draw(st.integers(0, 2)))], sweep)


def _include(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    more = draw(st.dictionaries(st.sampled_from(["new", "b", "model"]), scalars, max_size=2))
    return include([{**_partial(draw, sweep, functions=False), **more}], sweep)


def _partial(draw: st.DrawFn, sweep: Sweep[Any], functions: bool = True) -> Partial:
    some = points(sweep)
    return draw(partials(some, functions)) if some else {}


def _some(paths: list[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(paths), min_size=1, max_size=2, unique=True)


def _project(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return project(draw(_some(_paths(sweep))), sweep)


def _reorder(draw: st.DrawFn, sweep: Sweep[Any], _: Any) -> Sweep[Any]:
    return reorder(draw(_some(_paths(sweep))), sweep)


def _combine_as_sets(draw: st.DrawFn, sweep: Sweep[Any], trees: st.SearchStrategy[Any]) -> Sweep[Any]:
    other = draw(st.sampled_from([_slice, _shuffle, _derive, _concat]))(draw, sweep, trees)
    made: Sweep[Any] = draw(st.sampled_from([sub, and_, or_]))(*draw(st.permutations([sweep, other])))
    return made


STEPS: list[Step] = [
    _slice, _shuffle, _sample, _spread, _constrain, _distinct, _concat, _product, _zip, _derive, _map, _structure,
    _nest, _where, _exclude, _include, _project, _reorder, _combine_as_sets,
]  # fmt: skip


@st.composite
def sweeps(draw: st.DrawFn, trees: st.SearchStrategy[Any] | None = None) -> Sweep[Any]:
    """A sweep of some kind; an operation that refuses is left out."""
    made = record_specs().map(tree_of) if trees is None else trees
    sweep: Sweep[Any] = expand(draw(made))
    sweep = sweep[: LARGEST // 3] if sweep.size > LARGEST // 3 else sweep
    for step in draw(st.lists(st.sampled_from(STEPS), max_size=3)):
        with suppress(SpearmintError, AttributeError, TypeError, KeyError):  # the last ones are those of functions
            after = step(draw, sweep, made)
            sweep = after if after.size <= LARGEST else sweep
    return sweep


# --- pairs -----------------------------------------------------------------------------------------------


def _change(draw: st.DrawFn, spec: Any) -> Any:
    """A specification near another one: values dropped, repeated, added and in another order, keys moved or missing."""
    match spec:
        case OneOf(alternatives, generator):
            return _change_choice(draw, alternatives, generator)
        case Inner(tree):
            return _change(draw, tree)
        case dict():
            if count(spec) <= 30 and draw(st.integers(0, 5)) == 0:
                return OneOf(listing(spec))
            names = draw(st.permutations([*spec]))[draw(st.sampled_from([0, 0, 0, 0, 0, 1])) :]
            return {name: _change(draw, spec[name]) for name in names}
        case Pair(left, right):
            return Pair(_change(draw, left), _change(draw, right))
        case list():
            return [_change(draw, part) for part in spec]
    return draw(st.sampled_from([spec, spec, spec, OneOf([spec, 1, True]), OneOf([spec])]))


def _change_choice(draw: st.DrawFn, alternatives: list[Any], generator: bool) -> OneOf:
    values = list(draw(st.permutations(alternatives)) if draw(st.booleans()) else alternatives)
    change = draw(st.sampled_from(["drop", "repeat", "add", "enter", "list", "keep"]))
    if change == "drop" and len(values) > 1:
        values.pop()
    elif change == "repeat" and values:
        values.append(values[0])
    elif change == "add":
        values.append(draw(scalars))
    elif change == "enter":
        values = [_change(draw, value) for value in values]
    elif change == "list" and count(OneOf(values)) <= 30:
        values = listing(OneOf(values))
    return OneOf(values, generator)


def _rearrange(draw: st.DrawFn, sweep: Sweep[Any]) -> Sweep[Any]:
    """The same configurations in another order or made in another way, perhaps not all of them."""
    ways: list[Callable[[Sweep[Any]], Sweep[Any]]] = [
        lambda s: s,
        lambda s: s[::-1],
        shuffled,
        lambda s: sample(s.size // 2, s),
        lambda s: s[s.size // 2 :] + s[: 1 + s.size // 2],
        lambda s: expand(DynamicValue(list(s))),
        lambda s: pickle.loads(pickle.dumps(s)),
        lambda s: mapped(lambda c: c, s),
    ]
    made: Sweep[Any] = draw(st.sampled_from(ways))(sweep)
    return made


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Sweep[Any], Sweep[Any]]:
    """Two sweeps that often have configurations in common."""
    spec, trees = draw(record_specs()), record_specs().map(tree_of)
    one, other = (expand(tree_of(near)) for near in (spec, _change(draw, spec)))
    one, other = one[: LARGEST // 3], other[: LARGEST // 3]
    steps = draw(st.lists(st.sampled_from(STEPS), max_size=2))
    made = []
    for sweep in (one, other):
        for step in steps:  # of one kind for both, each with arguments of its own
            with suppress(SpearmintError, AttributeError, TypeError, KeyError):
                after = step(draw, sweep, trees)
                sweep = after if after.size <= LARGEST else sweep  # noqa: PLW2901
        with suppress(SpearmintError, pickle.PicklingError, AttributeError, TypeError, KeyError):
            sweep = _rearrange(draw, sweep)  # noqa: PLW2901
        made.append(sweep)
    first, second = draw(st.permutations(made))
    return first, second
