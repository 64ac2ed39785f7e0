"""The first benchmarks: expansion, steps that take no time at any size, identity, conversion, import."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from itertools import islice, product, repeat, starmap
from statistics import median

import attrs

from spearmint_fp import DynamicValue, config_id, constrain, expand, sample, structure, thaw, validate

from .measure import Row, Way, compared, drained, middle, paired, quartiles, wide
from .workloads import WORKLOADS, Workload

__all__ = ["constant", "converting", "expansion", "floors", "identity", "importing", "selection", "timed_import"]

MUST = {"W1": 0.8, "W2": 0.7, "W3": 0.85}


def expansion(rounds: int) -> Iterator[Row]:
    for workload in WORKLOADS:
        s, loops = workload.sweep(), workload.loops
        if list(s[:1000]) != [config for config, _ in zip(loops(), range(1000), strict=False)]:
            raise AssertionError(f"{workload.name}: the two do not list the same configurations")
        ratios = paired(lambda s=s: drained(s), lambda loops=loops: drained(loops()), _often(workload, rounds))  # type: ignore[misc]
        what = f"{workload.name} {workload.what}"
        yield Row(what, median(ratios), "x loops", MUST[workload.name], spread=quartiles(ratios))


def floors(rounds: int) -> Iterator[Row]:
    """The time of CPython itself for the tuple and the object of each configuration, made by C and kept in blocks."""
    for workload in (WORKLOADS[0], WORKLOADS[2]):
        yield from compared(_floors(workload), _often(workload, rounds), "ns")


def _floors(workload: Workload) -> list[Way]:
    pools, size, sweep = list(workload.lists().values()), workload.size, workload.sweep()
    works: list[tuple[str, Callable[[], object]]] = [
        ("the tuples of itertools.product", lambda: _in_blocks(product(*pools))),
        ("objects of an empty class with one slot", lambda: _in_blocks(_objects(size))),
        ("the configurations of spearmint_fp", lambda: drained(sweep)),
        ("the dicts of the loops", lambda: drained(workload.loops())),
    ]
    return [Way(f"{workload.name}: {what}", work, size) for what, work in works]


class _Empty:
    __slots__ = ("cell",)


def _objects(count: int) -> Iterator[_Empty]:
    return starmap(object.__new__, repeat((_Empty,), count))


def _in_blocks(items: Iterator[object]) -> None:
    """Drained, but kept for a moment: `product` uses a tuple again that nobody holds."""
    while list(islice(items, 128)):
        pass


def _often(workload: Workload, rounds: int) -> int:
    return rounds if workload.size > 10**5 else rounds * 5


def constant(rounds: int) -> Iterator[Row]:
    tree, s = wide(18), expand(wide(18))
    steps: list[tuple[str, Callable[[], object]]] = [
        ("expand, 18 axes = 10^18", lambda: expand(tree)),
        (".size", lambda: s.size),
        ("first config", lambda: next(iter(expand(tree)))),
        ("s[10**17]", lambda: s[10**17]),
        ("s[::997]", lambda: s[::997]),
        ("pickle", lambda: pickle.dumps(s)),
    ]
    for what, step in steps:
        yield Row(what, middle(step, rounds * 20), "ms", 1.0)
    yield Row("pickle size", len(pickle.dumps(s)) / 1000, "kB", 4.0)


def selection(rounds: int) -> Iterator[Row]:
    big = expand(wide(30))
    narrow = partial(constrain, lambda a, b: a < b, big, on=("axis3", "axis27"))
    below = narrow()
    steps: list[tuple[str, Callable[[], object]]] = [
        ("constrain two axes of 10^30, exact size", lambda: narrow().size),
        ("rank and unrank in it", lambda: below.index(below[below.size // 3])),
        ("1,000 distinct samples of 10^30", lambda: drained(sample(1000, big))),
    ]
    for what, step in steps:
        yield Row(what, middle(step, rounds), "ms", 1000.0)


def identity(rounds: int) -> Iterator[Row]:
    config = WORKLOADS[1].sweep()[777]
    plain = thaw(config)

    def dumped() -> None:
        for _ in range(200):
            sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()

    def named() -> None:
        for _ in range(200):
            config_id(config)

    def named_plain() -> None:
        for _ in range(200):
            config_id(plain)

    for what, work in (("config_id of a W2 config", named), ("config_id of it as plain dicts", named_plain)):
        ratios = paired(work, dumped, rounds * 5)
        yield Row(what, median(ratios), "x json + sha256", 3.0, spread=quartiles(ratios))


@attrs.frozen
class Llm:
    model: str
    temperature: float


@attrs.frozen
class Settings:
    llm: Llm
    seed: int


def converting(rounds: int) -> Iterator[Row]:
    temperatures = [*(k / 1000 for k in range(999)), "hot"]
    llm = {"model": DynamicValue([f"m{k}" for k in range(1000)]), "temperature": DynamicValue(temperatures)}
    sweep = expand({"llm": llm, "seed": DynamicValue(range(1000))})
    checked = middle(lambda: validate(Settings, sweep), rounds)
    yield Row("validate 10^9 configurations, one bad value", checked, "ms", 50)
    config = sweep[0]
    built = middle(lambda: structure(Settings, config), rounds * 50)
    yield Row("structure a nested attrs class", 1e3 * built, "us", 100)


def timed_import(statement: str) -> float:
    """The seconds of the processor for a statement in a new interpreter, with byte code written as it is by default."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    code = f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout.splitlines()[-1])


def importing(rounds: int) -> Iterator[Row]:
    theirs = "import attrs, cattrs, toolz"
    for statement, must in (("import spearmint_fp", 1.25), ("from spearmint_fp import *", 2.0)):
        timed_import(statement), timed_import(theirs)
        ratios = [timed_import(statement) / timed_import(theirs) for _ in range(rounds * 2)]
        yield Row(statement, median(ratios), f"x {theirs}", must, spread=quartiles(ratios))
