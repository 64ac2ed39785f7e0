"""The names of functions: a name leads to one function, or it is refused."""

from __future__ import annotations

import asyncio
import functools
import operator
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toolz import curry

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    Journal,
    JournalStatus,
    Spearmint,
    expand,
    experiment,
    inject,
    retrying,
    run,
)
from tests.journal.runs import ROOT, SCRIPT, THREE, results
from tests.waiting import LIMIT_SECONDS


def plain(config: Config) -> int:
    return int(config.n)


def doubling(fn: Callable[[Any], int]) -> Callable[[Any], int]:
    def without_wraps(config: Any) -> int:
        return 2 * fn(config)

    return without_wraps


def tripling(fn: Callable[[Any], int]) -> Callable[[Any], int]:
    @functools.wraps(fn)
    def with_wraps(config: Any) -> int:
        return 3 * fn(config)

    return with_wraps


@tripling
def tripled(config: Config) -> int:
    return int(config.n)


@functools.cache
def cached(config: Config) -> int:
    return int(config.n)


@curry  # type: ignore[untyped-decorator]
def curried(config: Config) -> int:
    return int(config.n)


@retrying(2)
def retried(config: Config) -> int:
    return int(config.n)


@experiment([{"n": 1}, {"n": 2}])
def tried(config: Config) -> int:
    return int(config.n)


class Home:
    @staticmethod
    def static(config: Config) -> int:
        return int(config.n)

    @classmethod
    def of_class(cls, config: Config) -> int:
        return int(config.n)

    def __call__(self, config: Config) -> int:
        return int(config.n)


class Heir(Home):
    pass


def replaced(config: Config) -> int:
    return int(config.n)


first_replaced = replaced


def replaced(config: Config) -> int:  # type: ignore[no-redef]  # that is the point
    return -int(config.n)


def closure_of(k: int) -> Callable[[Config], int]:
    def inside(config: Config) -> int:
        return int(config.n) * k

    return inside


def local_class() -> Any:
    class Local:
        @staticmethod
        def method(config: Config) -> int:
            return int(config.n)

    return Local


FOUND = {
    "a function": (plain, "plain"),
    "under a decorator with wraps": (tripled, "tripled"),
    "cached": (cached, "cached"),
    "curried": (curried, "curried"),
    "with retries, all around": (retried, "retried"),
    "with retries, inside": (retried.function, "retried"),  # type: ignore[attr-defined]
    "injected": (inject(plain), "plain"),
    "partial": (functools.partial(plain), "plain"),
    "static": (Home.static, "Home.static"),
    "a method of a class": (Home.of_class, "Home.of_class"),
    "an inherited one": (Heir.of_class, "Home.of_class"),
    "an experiment's function": (tried.__wrapped__, "tried"),  # type: ignore[attr-defined]
    "the second of its name": (replaced, "replaced"),
}
LOST = {
    "a lambda": lambda c: c.n,
    "a closure": closure_of(2),
    "a partial closure": functools.partial(closure_of(2)),
    "a curried closure": curry(closure_of(2)),
    "a closure with retries": retrying(2)(closure_of(2)),
    "an injected closure": inject(closure_of(2)),
    "under a decorator without wraps": doubling(plain),
    "under one with wraps, elsewhere": tripling(plain),
    "below a decorator with wraps": tripled.__wrapped__,  # type: ignore[attr-defined]
    "cached, elsewhere": functools.cache(plain),
    "below a cache": cached.__wrapped__,
    "cached inside": functools.cache(closure_of(2)),
    "replaced": first_replaced,
    "an instance": Home(),
    "a static method of a local class": local_class().method,
    "a local class": local_class(),
    "a method of a builtin": "abc".count,
    "an operator": operator.attrgetter("n"),
}


@pytest.mark.parametrize("kind", FOUND)
def test_what_can_be_found_by_its_name_is_kept_under_it(kind: str, path: Path) -> None:
    fn, name = FOUND[kind]
    with Journal(path) as journal:
        results(fn, journal)
        assert [found for found, _ in journal.experiments] == [f"{__name__}.{name}"]
        assert all(outcome.replayed for outcome in run(fn, THREE, journal=journal))


@pytest.mark.parametrize("kind", LOST)
def test_what_nobody_can_find_is_refused_with_the_ways_out(kind: str, path: Path) -> None:
    fn: Any = LOST[kind]
    with Journal(path) as journal:
        for use in (lambda: run(fn, THREE, journal=journal), lambda: journal.status(THREE, fn)):
            with pytest.raises(ArgumentError, match=r"no name to be found by again: .*Journal\(path, name='score'\)"):
                use()
        assert journal.experiments == ()


def test_an_experiment_is_found_by_its_function_and_by_itself(path: Path) -> None:
    with Journal(path) as journal:
        with Spearmint.run(tried, await_variants=True, journal=journal) as runner:
            assert runner().main_result.result == 1
        configs = expand({"n": DynamicValue([1, 2, 3])})
        assert journal.status(configs, tried) == JournalStatus(2, 0, 1)
        assert [o.result for o in journal.outcomes(tried)] == [1, 2]
        assert sum(o.replayed for o in run(inject(tried.__wrapped__), configs, journal=journal)) == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_async", [False, True])
def test_an_experiment_inside_a_function_needs_a_name_too(path: Path, is_async: bool) -> None:
    @experiment([{"n": 1}, {"n": 2}])
    def inner(config: Config) -> int:
        return int(config.n)

    async def awaited(journal: Journal) -> Any:
        async with Spearmint.arun(inner, await_variants=True, journal=journal) as runner:
            return await runner()

    def called(journal: Journal) -> Any:
        if is_async:
            return asyncio.run(awaited(journal))
        with Spearmint.run(inner, await_variants=True, journal=journal) as runner:
            return runner()

    with Journal(path) as journal, pytest.raises(ArgumentError, match="no name to be found by again"):
        called(journal)
    with Journal(path, name="inner") as journal:
        assert called(journal).main_result.result == 1
        assert called(journal).main_result.replayed


def test_an_interactive_function_is_refused(tmp_path: Path) -> None:
    code = SCRIPT.format(k=1).replace('"__main__"', "'__main__'")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "runs.db")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert "interactive session" in done.stderr
    assert "name='score'" in done.stderr
