"""A configuration that was not expanded never runs: it is an error that names `expand`, wherever it comes from."""

from __future__ import annotations

import asyncio
import types
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import attrs
import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    Spearmint,
    Sweep,
    arun,
    collect,
    derive,
    expand,
    mapped,
    processes,
    run,
    threads,
)


@attrs.frozen
class Settings:
    rate: Any = 1


RATE = DynamicValue([1, 2])
INNER = expand({"a": RATE})
TREES: dict[str, Any] = {
    "dict": {"a": RATE},
    "config": Config({"a": 1, "b": {"c": [0, RATE]}}),
    "sweep in it": {"a": {"b": INNER}},
    "class": Settings(RATE),
    "list": [1, [2, RATE]],
    "ordered": OrderedDict(a={"b": RATE}),
    "hidden": {"a": types.SimpleNamespace(b=[RATE])},
    "choice": RATE,
}
SAYS = r"a configuration was not expanded: there is a choice in it.* expand\(tree\)"


def ran(config: Any) -> Any:
    return config


def as_tree(tree: Any, config: Config) -> Any:
    return config if config.n < 2 else tree


def of_function(tree: Any) -> Sweep[Any]:
    return mapped(partial(as_tree, tree), expand({"n": DynamicValue(range(5))}))


EXECUTORS: dict[str, Callable[[], Any]] = {
    "serial": lambda: None,
    "threads": lambda: threads(2),
    "processes": lambda: processes(2),
}


@pytest.mark.parametrize("tree", TREES)
def test_a_list_of_a_tree_is_refused_at_once(tree: str) -> None:
    for configs in ([TREES[tree]], (TREES[tree], {"a": 1})):
        with pytest.raises(ArgumentError, match=SAYS):
            run(ran, configs)
    with pytest.raises(ArgumentError, match=SAYS):
        collect(run(ran, iter([TREES[tree]])))


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("tree", TREES)
def test_what_comes_before_it_runs(tree: str, executor: str) -> None:
    """Also where a function of a mapped sweep gives it, in whichever process that is."""
    if executor == "processes" and tree != "dict":
        return
    configs = [Config({"n": 0}), Config({"n": 1}), TREES[tree], Config({"n": 3})]
    for given in (configs, iter(configs), of_function(TREES[tree]), of_function(TREES[tree])[1:]):
        found: list[Any] = []
        with pytest.raises(ArgumentError, match=SAYS):
            found.extend(outcome.config["n"] for outcome in run(ran, given, executor=EXECUTORS[executor]()))
        assert found in ([0, 1], [1])


@pytest.mark.parametrize("tree", TREES)
def test_async_runs_refuse_it_too(tree: str) -> None:
    async def later() -> AsyncIterator[Any]:
        yield Config({"n": 0})
        yield TREES[tree]

    async def all_of(configs: Any) -> list[Any]:
        async with arun(ran, configs) as outcomes:
            return [outcome async for outcome in outcomes]

    for configs in ([TREES[tree]], iter([TREES[tree]]), of_function(TREES[tree]), later()):
        with pytest.raises(ArgumentError, match=SAYS):
            asyncio.run(all_of(configs))


def test_the_error_names_the_path() -> None:
    with pytest.raises(ArgumentError, match=r"a choice in it at b\.c\.1, DynamicValue\(\(1, 2\)\)\. Run over expand"):
        run(ran, [TREES["config"]])


def test_a_value_that_derive_sets_is_no_new_choice() -> None:
    sweep = derive("b", lambda c: DynamicValue([c.a, 2]), expand({"a": RATE}))
    with pytest.raises(ArgumentError, match=SAYS):
        collect(run(ran, sweep))


def test_experiments_refuse_it_too() -> None:
    mint = Spearmint(configs=[of_function({"a": RATE})[2:]])

    @mint.experiment()
    def generate(config: Config) -> Any:
        return config

    with pytest.raises(ArgumentError, match=SAYS), Spearmint.run(generate, await_variants=True) as runner:
        runner()


def test_sweeps_and_sizes_are_as_before() -> None:
    sweep = expand({"a": RATE, "b": DynamicValue([{"c": 1}, {"c": 2}])})
    assert [outcome.config for outcome in run(ran, list(sweep))] == list(sweep)
    assert len(run(ran, list(sweep))) == len(run(ran, sweep)) == len(run(ran, mapped(ran, sweep))) == 4
    assert [outcome.result for outcome in run(ran, range(3))] == [0, 1, 2]
    loop: list[Any] = [{"a": 1}]
    loop.append(loop)
    assert next(run(ran, [loop])).result is loop
