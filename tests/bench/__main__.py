"""Speed, as ratios within one run: `python -m tests.bench [--quick] [--json]`.

Every figure is the median of interleaved pairs, this library's time over that of hand-written nested loops that
yield dict literals (or of what the row names), so a machine that speeds up or slows down does so for both.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from statistics import median
from typing import Any

import attrs

from spearmint_fp import DynamicValue, Sweep, config_id, constrain, expand, sample, structure, thaw, validate

from .measure import Row, drained, middle, paired
from .running import running

TEN = list(range(10))
MODELS = ["gpt-4", "gpt-3.5", "claude-3", "llama-3"]
DEEP = [1, 2, 3, 4, 5]


def loops_flat() -> Iterator[dict[str, Any]]:
    for a in TEN:
        for b in TEN:
            for c in TEN:
                for d in TEN:
                    yield {"a": a, "b": b, "c": c, "d": d, "w": 1, "x": "x", "y": None, "z": 0.5}


def sweep_flat() -> Sweep[Any]:
    axes = {name: DynamicValue(TEN) for name in "abcd"}
    return expand({**axes, "w": 1, "x": "x", "y": None, "z": 0.5})


def loops_nested() -> Iterator[dict[str, Any]]:
    for model in MODELS:
        for temperature in TEN:
            for top_k in DEEP:
                for on in (True, False):
                    for depth in DEEP:
                        yield {
                            "llm": {"model": model, "temperature": temperature},
                            "retrieval": {"top_k": top_k, "rerank": {"on": on, "depth": depth}},
                            "data": {
                                "d0": 0, "d1": 1, "d2": 2, "d3": 3, "d4": 4, "d5": 5, "d6": 6, "d7": 7, "d8": 8,
                                "d9": 9, "e0": 0, "e1": 1, "e2": 2, "e3": 3, "e4": 4, "e5": 5, "e6": 6, "e7": 7,
                                "e8": 8, "e9": 9,
                            },
                        }  # fmt: skip


def sweep_nested() -> Sweep[Any]:
    rerank = {"on": DynamicValue([True, False]), "depth": DynamicValue(DEEP)}
    return expand(
        {
            "llm": {"model": DynamicValue(MODELS), "temperature": DynamicValue(TEN)},
            "retrieval": {"top_k": DynamicValue(DEEP), "rerank": rerank},
            "data": {f"{letter}{digit}": digit for letter in "de" for digit in TEN},
        }
    )


def loops_million() -> Iterator[dict[str, Any]]:
    for a in TEN:
        for b in TEN:
            for c in TEN:
                for d in TEN:
                    for e in TEN:
                        for f in TEN:
                            yield {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f}


def sweep_million() -> Sweep[Any]:
    return expand({name: DynamicValue(TEN) for name in "abcdef"})


def expansion(rounds: int) -> Iterator[Row]:
    cases = [
        ("W1 flat: 4 axes x 10, 4 static keys", loops_flat, sweep_flat, 1.35, 5),
        ("W2 nested: llm, retrieval, data with 20 static", loops_nested, sweep_nested, 0.9, 5),
        ("W3 flat: 6 axes x 10 = 10^6", loops_million, sweep_million, 1.5, 1),
    ]
    for what, loops, sweep, must, weight in cases:
        if list(sweep()[:1000]) != [config for config, _ in zip(loops(), range(1000), strict=False)]:
            raise AssertionError(f"{what}: the two do not list the same configurations")
        s = sweep()
        ratio = paired(lambda s=s: drained(s), lambda loops=loops: drained(loops()), rounds * weight)  # type: ignore[misc]
        yield Row(what, ratio, "x loops", must, "ratio, lower is better")


def wide(axes: int) -> dict[str, Any]:
    return {f"axis{k}": DynamicValue(TEN) for k in range(axes)}


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
        yield Row(what, middle(step, rounds * 20), "ms", 1.0, "")
    yield Row("pickle size", len(pickle.dumps(s)) / 1000, "kB", 4.0, "")


def selection(rounds: int) -> Iterator[Row]:
    big = expand(wide(30))
    below = constrain(lambda a, b: a < b, big, on=("axis3", "axis27"))
    steps: list[tuple[str, Callable[[], object]]] = [
        ("constrain two axes of 10^30, exact size", lambda: constrain(lambda a, b: a < b, big, on=("axis3", "axis27"))),
        ("rank and unrank in it", lambda: below.index(below[below.size // 3])),
        ("1,000 distinct samples of 10^30", lambda: drained(sample(1000, big))),
    ]
    for what, step in steps:
        yield Row(what, middle(step, rounds), "ms", 1000.0, "")


def identity(rounds: int) -> Iterator[Row]:
    config = sweep_nested()[777]
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

    yield Row("config_id of a W2 config", paired(named, dumped, rounds * 5), "x json + sha256", 3.0, "")
    yield Row("config_id of it as plain dicts", paired(named_plain, dumped, rounds * 5), "x json + sha256", 3.0, "")


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
    yield Row(
        "validate 10^9 configurations, one bad value", middle(lambda: validate(Settings, sweep), rounds), "ms", 50, ""
    )
    config = sweep[0]
    yield Row(
        "structure a nested attrs class", 1e3 * middle(lambda: structure(Settings, config), rounds * 50), "us", 100, ""
    )


def importing(rounds: int) -> Iterator[Row]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def once(statement: str) -> float:
        code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return float(done.stdout)

    theirs = "import attrs, cattrs, toolz"
    for statement, must in (("import spearmint_fp", 1.25), ("from spearmint_fp import *", 2.0)):
        once(statement), once(theirs)
        ratios = [once(statement) / once(theirs) for _ in range(rounds * 2)]
        yield Row(statement, median(ratios), f"x {theirs}", must, "")


def table(rows: Iterable[Row]) -> Iterator[str]:
    yield f"{platform.python_implementation()} {platform.python_version()} on {platform.machine()}"
    yield ""
    yield "| what | measured | must be at most |"
    yield "|---|---|---|"
    for row in rows:
        yield f"| {row.what} | {row.measured:.3g} {row.unit} | {'-' if row.must is None else format(row.must, '.3g')} |"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: enough to see that it runs")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    chosen = parser.parse_args(arguments)
    rounds = 1 if chosen.quick else 7
    parts = (expansion, constant, selection, identity, converting, importing, running)
    rows = (row for part in parts for row in part(rounds))
    if chosen.json:
        print(json.dumps([row._asdict() for row in rows], indent=1))
    else:
        for line in table(rows):
            print(line, flush=True)


if __name__ == "__main__":
    main()
