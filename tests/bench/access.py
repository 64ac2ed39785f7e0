"""Questions about a space that need no listing, and their cost by other means."""

from __future__ import annotations

import pickle
import random
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import islice, product
from typing import Any

import attrs

from spearmint_fp import DynamicValue, columns, constrain, expand, sample

from .core import timed_import
from .measure import TEN, Row, Way, bytes_kept, compared, drained, wide
from .peers import PEERS, installed
from .workloads import W1, W2, W3, loops_flat, loops_million, loops_nested, read_flat_by_key, read_flat_by_name

__all__ = ["access", "memory", "peer_imports"]

PLACES = [(k * 7_919_777_777) % 10**12 for k in range(1, 101)]


def _optional(module: str) -> Any:
    """The module, or None where it is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return import_module(module)
    except ImportError:
        return None


def access(rounds: int) -> Iterator[Row]:
    parts = (_at, _rank, _membership, _reading, _slices, _filters, _arrays, _first, _samples)
    for part in parts:
        yield from part(rounds)


def _absent(*whats: tuple[str, Any]) -> Iterator[Row]:
    return (Row(what, None, "us", None, "not installed") for what, module in whats if module is None)


# --- by position -----------------------------------------------------------------------------------


def _at(rounds: int) -> Iterator[Row]:
    """One of 10^12, by its position; the ways that scan are asked for one near the start."""
    s, names = expand(wide(12)), list(wide(12))
    more, sklearn, cirq = map(_optional, ("more_itertools", "sklearn.model_selection", "cirq"))
    nth, grid_at, cirq_at = (
        "[i] in 10^12: more-itertools, nth_product and dict(zip())",
        "[i] in 10^12: scikit-learn, ParameterGrid[i]",
        "[i] in 10^12: Cirq, sweep[i]",
    )
    ways = [Way("[i] in 10^12: spearmint_fp", lambda: [s[k] for k in PLACES], len(PLACES))]
    if more:
        axes = [TEN] * 12

        def one(k: int) -> dict[str, int]:
            return dict(zip(names, more.nth_product(k, *axes), strict=True))

        ways.append(Way(nth, lambda: [one(k) for k in PLACES], len(PLACES)))
    if sklearn:
        grid = sklearn.ParameterGrid(dict.fromkeys(names, TEN))
        ways.append(Way(grid_at, lambda: [grid[k] for k in PLACES], len(PLACES), note="keys in sorted order"))
    if cirq:
        sweep = cirq.Product(*(cirq.Points(name, TEN) for name in names))
        ways.append(Way(cirq_at, lambda: sweep[1000], note="i = 1,000: it lists all before i"))
    yield from compared(ways, rounds)
    yield from _absent((nth, more), (grid_at, sklearn), (cirq_at, cirq))


def _most(ways: list[Way], most: float) -> list[Way]:
    """The first way with a bound, as a part of the cheapest of the others, where there are any."""
    return [ways[0]._replace(most=most), *ways[1:]] if len(ways) > 1 else ways


def _rank(rounds: int) -> Iterator[Row]:
    s, axes = expand(wide(12)), [TEN] * 12
    configs = [s[k] for k in PLACES]
    tuples = [tuple(config.values()) for config in configs]
    more = _optional("more_itertools")
    what = "position in 10^12: more-itertools, product_index of a tuple"
    ways = [Way("position in 10^12: spearmint_fp, .index(config)", lambda: [s.index(c) for c in configs], len(configs))]
    if more:
        ways.append(Way(what, lambda: [more.product_index(t, *axes) for t in tuples], len(tuples)))
    yield from compared(ways, rounds)
    yield from _absent((what, more))


def _membership(rounds: int) -> Iterator[Row]:
    size = 10**5 if rounds > 1 else 10**3
    s = W3.sweep()
    inside, outside = dict(s[size // 2]), {**dict(s[0]), "a": 11}
    listed = list(islice(loops_million(), size))
    seen = {tuple(config.items()) for config in listed}
    yield from compared(
        [
            Way("config in 10^6: spearmint_fp", lambda: [c in s for c in (inside, outside) * 50], 100),
            Way("config in a list of dicts", lambda: [c in listed for c in (inside, outside)], 2, note=f"of {size:,}"),
            Way(
                "config in a set of tuples",
                lambda: [tuple(c.items()) in seen for c in (inside, outside) * 50],
                100,
                note=f"of {size:,}, which were listed before",
            ),
        ],
        rounds,
    )


def _reading(rounds: int) -> Iterator[Row]:
    """Listing W1 and reading each of the eight values of each configuration, for which a dict is quicker."""
    sweep, hypergrid = W1.sweep(), _optional("hypergrid.grid")
    what = "W1, each of 8 values read: hypergrid, by attribute"

    ways = [
        Way("W1, each of 8 values read: spearmint_fp, by key", lambda: read_flat_by_key(sweep), W1.size),
        Way("W1, each of 8 values read: spearmint_fp, by attribute", lambda: read_flat_by_name(sweep), W1.size),
        Way("W1, each of 8 values read: dicts of the loops", lambda: read_flat_by_key(loops_flat()), W1.size),
    ]
    if hypergrid:
        grid = hypergrid.HyperGrid(**W1.lists())
        ways.append(Way(what, lambda: read_flat_by_name(grid), W1.size))
    yield from compared(ways, rounds)
    yield from _absent((what, hypergrid))


def _slices(rounds: int) -> Iterator[Row]:
    s, step = W3.sweep(), 997
    count = len(range(0, s.size, step))
    sklearn, cirq = _optional("sklearn.model_selection"), _optional("cirq")
    grid_of, cirq_of = "[::997] of 10^6: scikit-learn, grid[i] of each", "[::997] of 10^4: Cirq, sweep[::997]"
    ways = [
        Way("[::997] of 10^6, listed: spearmint_fp", lambda: drained(s[::step]), count),
        Way(
            "[::997] of 10^6, listed: islice of the loops",
            lambda: drained(islice(loops_million(), 0, None, step)),
            count,
        ),
    ]
    if sklearn:
        grid = sklearn.ParameterGrid(dict.fromkeys("abcdef", TEN))
        ways.append(Way(grid_of, lambda: [grid[k] for k in range(0, len(grid), step)], count))
    if cirq:
        small = cirq.Product(*(cirq.Points(name, TEN) for name in "abcd"))
        ways.append(Way(cirq_of, lambda: small[::step], len(range(0, len(small), step)), note="it lists them all"))
    yield from compared(_most(ways, 0.5), rounds)
    yield from _absent((grid_of, sklearn), (cirq_of, cirq))


def _filters(rounds: int) -> Iterator[Row]:
    s = W3.sweep()
    hypergrid = _optional("hypergrid.grid")

    def kept() -> Any:
        return constrain(lambda a, b: a < b, s, on=("a", "b"))

    def filtered() -> Iterator[dict[str, Any]]:
        return (config for config in loops_million() if config["a"] < config["b"])

    yield from compared(
        [
            Way("a < b in 10^6, counted: constrain(...).size", lambda: kept().size, most=0.1),
            Way("a < b in 10^6, counted: filter of the loops", lambda: sum(1 for _ in filtered())),
        ],
        min(rounds, 3),
        "ms",
    )
    listed, count = "a < b in 10^5, listed: hypergrid, grid.filter", 450_000
    ways = [
        Way("a < b in 10^6, listed: constrain", lambda: drained(kept()), count),
        Way("a < b in 10^6, listed: filter of the loops", lambda: drained(filtered()), count),
    ]
    if hypergrid:
        grid = hypergrid.HyperGrid(**dict.fromkeys("abcde", TEN)).filter(lambda config: config.a < config.b)
        ways.append(Way(listed, lambda: drained(grid), 45_000))
    yield from compared(_most(ways, 1.0), min(rounds, 3))
    yield from _absent((listed, hypergrid))


def _arrays(rounds: int) -> Iterator[Row]:
    """W3 whole: as six arrays, and as what numpy and pandas make of the same axes."""
    workload = W3 if rounds > 1 else W3.cut(10**3)
    sweep, axes = workload.sweep(), list(workload.lists().values())
    numpy, pandas = map(_optional, ("numpy", "pandas"))
    mesh, index, frame = (
        "10^6 as six arrays: numpy, meshgrid(...) and ravel()",
        "10^6 as six columns: pandas, MultiIndex.from_product(...).to_frame()",
        "10^6 as six columns: pandas, DataFrame of the loops",
    )
    ways = []
    if numpy:
        ways.append(Way("10^6 as six arrays: spearmint_fp, columns", lambda: columns(sweep)))
        ways.append(Way(mesh, lambda: [grid.ravel() for grid in numpy.meshgrid(*axes, indexing="ij")]))
    if pandas:
        ways.append(Way(index, lambda: pandas.MultiIndex.from_product(axes).to_frame()))
        ways.append(Way(frame, lambda: pandas.DataFrame(islice(loops_million(), workload.size))))
    yield from compared(ways, min(rounds, 3), "ms") if ways else ()
    yield from _absent((mesh, numpy), (index, pandas), (frame, pandas))


# --- beginnings and samples ------------------------------------------------------------------------


def _first(rounds: int) -> Iterator[Row]:
    million = range(10**6)
    yield from compared(
        [
            Way(
                "first of 10^18, 3 axes of 10^6: spearmint_fp, expand and next",
                lambda: next(iter(expand({name: DynamicValue(million) for name in "abc"}))),
                most=0.1,
            ),
            Way(
                "first of 10^18, 3 axes of 10^6: itertools.product, next",
                lambda: next(product(million, million, million)),
                note="it reads all axes first",
            ),
        ],
        min(rounds, 5),
        "ms",
    )


def _samples(rounds: int) -> Iterator[Row]:
    big, names = expand(wide(30)), list(wide(30))
    drawn = random.Random(0)

    def by_hand() -> list[dict[str, int]]:
        return [{name: drawn.choice(TEN) for name in names} for _ in range(1000)]

    yield from compared(
        [
            Way("a sample of 10^30: spearmint_fp, sample(1000)", lambda: drained(sample(1000, big)), 1000),
            Way(
                "a sample of 10^30: random.choice on each axis",
                by_hand,
                1000,
                note="may repeat itself; no positions",
            ),
        ],
        rounds,
    )
    yield _refused("a sample of 10^30: random.sample(range(10**30), 1000)", lambda: random.sample(range(10**30), 1000))
    sklearn = _optional("sklearn.model_selection")
    what = "a sample of 10^30: scikit-learn, ParameterSampler"
    if sklearn:
        space = dict.fromkeys(names, TEN)
        yield _refused(what, lambda: list(sklearn.ParameterSampler(space, 1000, random_state=0)))
    else:
        yield Row(what, None, "us", None, "not installed")


def _refused(what: str, work: Callable[[], object]) -> Row:
    """A row for what raises; if it ever does not, the row says so."""
    try:
        work()
    except (OverflowError, ValueError) as error:
        return Row(what, None, "us", None, f"{type(error).__name__}: {error}")
    return Row(what, None, "us", None, "works here")


# --- memory ----------------------------------------------------------------------------------------


@attrs.frozen
class Flat:
    a: int
    b: int
    c: int
    d: int
    w: int
    x: str
    y: None
    z: float


def memory(rounds: int) -> Iterator[Row]:
    """Bytes by tracemalloc, and bytes of pickles: the same in every round."""
    count = W1.size if rounds > 1 else 1000
    kept: list[tuple[str, Callable[[], object], int]] = [
        ("kept W1 config: spearmint_fp", lambda: list(W1.sweep()[:count]), count),
        ("kept W1 config: dict of the loops", lambda: list(islice(loops_flat(), count)), count),
        ("kept W1 config: attrs.frozen, with slots", lambda: [Flat(**c) for c in islice(loops_flat(), count)], count),
        ("kept W2 config: spearmint_fp", lambda: list(W2.sweep()), W2.size),
        ("kept W2 config: dicts of the loops", lambda: list(loops_nested()), W2.size),
        ("a sweep of 10^18, 18 axes, all of it", lambda: expand(wide(18)), 1),
    ]
    for what, build, number in kept:
        yield Row(what, bytes_kept(build) / number, "bytes")
    s = expand(wide(18))
    chunk = s[10**17 : 10**17 + 1000]
    dicts = [dict(config) for config in chunk]
    for what, value in (
        ("pickle of a sweep of 10^18, 18 axes", s),
        ("pickle of 1,000 of its configs, as a slice", chunk),
        ("pickle of the same 1,000 as a list of dicts", dicts),
    ):
        yield Row(what, len(pickle.dumps(value)), "bytes")


# --- import ----------------------------------------------------------------------------------------


def peer_imports(rounds: int) -> Iterator[Row]:
    """The imports that a program waits for before it can list anything."""
    modules = dict.fromkeys((peer.package, peer.module) for peer in PEERS if peer.package)
    for package, module in modules:
        peer = next(peer for peer in PEERS if peer.module == module)
        what = f"import: {package}"
        if not installed(peer):
            yield Row(what, None, "s", None, "not installed")
            continue
        statement = "from spearmint_fp import expand" if package == "spearmint_fp" else f"import {module}"
        times = sorted(timed_import(statement) for _ in range(min(rounds, 3)))
        yield Row(what, times[len(times) // 2], "s", None, statement)
