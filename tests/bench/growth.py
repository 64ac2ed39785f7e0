"""How cost and memory grow with the number of axes, the length of one, depth, branches and constraints.

Each row is one cost at several sizes: its exponent, the slope of a line through the larger sizes on log-log paper, says
how it grows. 1 is in proportion, 0 not at all, 2 quadratic.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from itertools import islice
from math import log
from operator import add
from statistics import median
from typing import Any, NamedTuple

import attrs

from spearmint_fp import DynamicValue, Sweep, concat, constrain, empty, expand, structured, validate

from .measure import TEN, Row, Way, bytes_kept, drained, often, repeated, turns

__all__ = ["FAMILIES", "exponent", "growth"]

LINEAR = 1.15
"""The exponent that a total in proportion to its size stays below, noise included."""

FLAT = 0.2
"""The exponent of what does not grow, or with the logarithm."""

WALKED = 10_000
"""How many configurations of a sweep are listed to say what one costs."""


class Subject(NamedTuple):
    """The subject of measurements at one size: its sweep, made once."""

    size: int
    sweep: Sweep[Any]


Work = Callable[[], object]


class Cost(NamedTuple):
    """One thing that is measured at each size: `ready` prepares it outside the clock, `per` says in how many units."""

    what: str
    ready: Callable[[Subject], Work]
    must: float
    per: Callable[[Subject], int] = lambda subject: 1
    most: int = 10**7
    unit: str = "us"


class Family(NamedTuple):
    """A family of growing sweeps: its sizes, how it is built, and what is measured."""

    name: str
    sizes: Sequence[int]
    build: Callable[[int], Sweep[Any]]
    costs: Sequence[Cost]


# --- what is built ---------------------------------------------------------------------------------


def _wide(axes: int) -> dict[str, Any]:
    return {f"axis{k}": DynamicValue(TEN) for k in range(axes)}


def _long(length: int) -> dict[str, Any]:
    return {"value": DynamicValue([float(k) for k in range(length)]), "static": 1}


def _deep(depth: int) -> dict[str, Any]:
    """Records in records; the innermost has an axis, and so has each of the first three above it."""
    tree: dict[str, Any] = {"value": DynamicValue(TEN)}
    for level in range(depth - 1):
        tree = {"level": level, "inner": tree, "beside": DynamicValue(TEN) if level < 3 else 0}
    return tree


def _branch(k: int) -> dict[str, Any]:
    return {"name": f"branch{k}", "value": DynamicValue([k, k + 1])}


def _parts(count: int) -> list[Sweep[Any]]:
    return [expand(_branch(k)) for k in range(count)]


def _branches(count: int) -> dict[str, Any]:
    return {"branch": DynamicValue([_branch(k) for k in range(count)])}


def _space() -> Sweep[Any]:
    """A hundred axes to constrain, and four behind them that stay free."""
    return expand(_wide(104))


def _constrained(apart: int, space: Sweep[Any], count: int) -> Sweep[Any]:
    """`count` constraints, one after the other, each on two axes: `apart=2` shares none of them, `apart=1` one."""
    for k in range(count):
        space = constrain(lambda a, b: a <= b, space, on=(f"axis{apart * k}", f"axis{apart * k + 1}"))
    return space


# --- what is done with it --------------------------------------------------------------------------


def _at(subject: Subject) -> Work:
    sweep, middle = subject.sweep, subject.sweep.size // 3
    return lambda: sweep[middle]


def _index(subject: Subject) -> Work:
    sweep = subject.sweep
    config = sweep[sweep.size // 3]
    return lambda: sweep.index(config)


def _walk(subject: Subject) -> Work:
    return lambda: drained(islice(subject.sweep, WALKED))


def _walked(subject: Subject) -> int:
    return min(WALKED, subject.sweep.size)


def _expanding(tree: Callable[[int], Any], subject: Subject) -> Work:
    ready = tree(subject.size)
    return lambda: expand(ready)


def _concat(subject: Subject) -> Work:
    parts = _parts(subject.size)
    return lambda: concat(*parts)


def _adding(subject: Subject) -> Work:
    parts = _parts(subject.size)
    return lambda: reduce(add, parts, empty)


@attrs.frozen
class Long:
    """A configuration of `_long`."""

    value: float
    static: int


def _typed_index(subject: Subject) -> Work:
    sweep = structured(Long, subject.sweep)
    config = sweep[sweep.size // 3]
    return lambda: sweep.index(config)


def _validating(cls: Any, subject: Subject) -> Work:
    return lambda: validate(cls, subject.sweep)


def _axes(subject: Subject) -> Work:
    return lambda: subject.sweep.axes


def _constraining(apart: int, subject: Subject) -> Work:
    space = _space()
    return lambda: _constrained(apart, space, subject.size)


def _usual(build: Callable[[int], Sweep[Any]], at: float, each: float) -> list[Cost]:
    """The bounds for every sweep: how `[i]` and the listing of one configuration may grow."""
    return [
        Cost("[i]", _at, at),
        Cost(".index(config)", _index, LINEAR),
        Cost("first config", lambda subject: lambda: next(iter(subject.sweep)), max(at, each)),
        Cost("listing, per config", _walk, each, _walked),
        Cost("memory kept", lambda subject: lambda: build(subject.size), LINEAR, unit="bytes"),
    ]


def _family(
    name: str, sizes: Sequence[int], tree: Callable[[int], Any], at: float, each: float, costs: Sequence[Cost] = ()
) -> Family:
    def build(size: int) -> Sweep[Any]:
        return expand(tree(size))

    expanding = Cost("expand", partial(_expanding, tree), LINEAR)
    return Family(name, sizes, build, [expanding, *costs, *_usual(build, at, each)])


def _concatenated(count: int) -> Sweep[Any]:
    return concat(*_parts(count))


def _chain(count: int) -> Sweep[Any]:
    return _constrained(2, _space(), count)


FAMILIES = (
    _family("axes", (1, 3, 10, 30, 100, 300, 1000, 2000), _wide, LINEAR, LINEAR),
    _family(
        "values of one axis",
        (1, 10, 100, 1000, 10**4, 10**5, 10**6),
        _long,
        FLAT,
        FLAT,
        [
            Cost("structured(...).index", _typed_index, LINEAR),
            Cost("validate", partial(_validating, Long), LINEAR),
        ],
    ),
    _family("levels of nesting", (1, 2, 5, 10, 20, 50, 100), _deep, LINEAR, LINEAR),
    Family(
        "parts of a union",
        (1, 10, 100, 1000, 10**4, 10**5),
        _concatenated,
        [
            Cost("concat(*parts)", _concat, LINEAR),
            Cost("a + b + c + ...", _adding, LINEAR, most=10**4),
            Cost("expand of a choice among branches", partial(_expanding, _branches), LINEAR),
            Cost(".axes", _axes, LINEAR),
            Cost("validate", partial(_validating, dict[str, int | str]), LINEAR),
            Cost(".size", lambda subject: lambda: subject.sweep.size, FLAT),
            *_usual(_concatenated, FLAT, FLAT),
        ],
    ),
    Family(
        "constraints",
        (1, 2, 5, 10, 20, 50),
        _chain,
        [
            Cost("constrain, one after the other", partial(_constraining, 2), LINEAR),
            Cost("constrain, each sharing an axis with the last", partial(_constraining, 1), LINEAR),
            *_usual(_chain, LINEAR, LINEAR),
        ],
    ),
)


# --- measuring -------------------------------------------------------------------------------------


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """The median slope, on log-log paper, between any two of the larger sizes: the last two decades."""
    largest = max(x for x, _ in points)
    tail = [(log(x), log(y)) for x, y in points if x * 100 >= largest and y > 0]
    slopes = [(d - b) / (c - a) for k, (a, b) in enumerate(tail) for c, d in tail[k + 1 :]]
    return median(slopes) if slopes else 0.0


def growth(rounds: int) -> Iterator[Row]:
    for family in FAMILIES:
        sizes = family.sizes if rounds > 1 else family.sizes[: len(family.sizes) // 2]
        subjects = [Subject(size, family.build(size)) for size in sizes]
        for cost in family.costs:
            points = _measured(cost, [subject for subject in subjects if subject.size <= cost.most], rounds)
            yield Row(cost.what, exponent(points), "exponent", cost.must, cost.unit, family.name, points=points)
    yield _flat_memory(rounds)


def _measured(cost: Cost, subjects: Sequence[Subject], rounds: int) -> tuple[tuple[float, float], ...]:
    works = [cost.ready(subject) for subject in subjects]
    if cost.unit == "bytes":
        return tuple((float(s.size), float(bytes_kept(work))) for s, work in zip(subjects, works, strict=True))
    ways = [_way(cost, subject, work) for subject, work in zip(subjects, works, strict=True)]
    costs = turns(ways, 2 * rounds + 1 if rounds > 1 else 1, 1.5, 1)
    return tuple((float(way.what), median(costs[way.what]) * 1e6) for way in ways)


def _way(cost: Cost, subject: Subject, work: Work) -> Way:
    times = often(work)
    return Way(str(subject.size), repeated(work, times), times * cost.per(subject))


def _flat_memory(rounds: int) -> Row:
    """The peak while a sweep is listed, at sizes that grow: what a run over it needs at most."""
    sizes = (1000, 10**4, 10**5, 10**6) if rounds > 1 else (100, 1000)
    points = tuple((float(size), float(_peak(size))) for size in sizes)
    return Row("peak of memory", exponent(points), "exponent", FLAT, "bytes", "configurations, listed", points=points)


def _peak(size: int) -> int:
    sweep = expand({"value": DynamicValue(range(size // 10)), "other": DynamicValue(TEN)})
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        drained(sweep)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
