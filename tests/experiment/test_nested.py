"""Experiments inside experiments: their configurations multiply, the outer ones slowest."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import (
    Config,
    DynamicValue,
    Failure,
    Journal,
    JournalStatus,
    Spearmint,
    Sweep,
    expand,
    experiment,
    processes,
    threads,
)
from spearmint_fp.experiment.cases import list_participants, make_case
from tests.experiment.samples import of, results, retrieve
from tests.waiting import LIMIT_SECONDS, wait_until


@experiment(of(model=["a", "b"]))
def answer(config: Config, query: str) -> str:
    return f"{config.model}({retrieve(query)})"


@experiment(of(prompt=["p", "q"]))
def pipeline(config: Config, query: str) -> str:
    return f"{config.prompt}:{answer(query)}"


WHOLE = [f"{p}:{m}(x/k{k})" for p in "pq" for m in "ab" for k in (1, 2, 3)]


# --- runners -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", [None, threads(3), processes(2)])
def test_configurations_multiply_outer_slowest(executor: Any) -> None:
    assert results(pipeline, "x", executor=executor) == WHOLE
    assert results(answer, "x", executor=executor) == WHOLE[:6][:0] + [w[2:] for w in WHOLE[:6]]
    assert results(retrieve, "x", executor=executor) == ["x/k1", "x/k2", "x/k3"]


@pytest.mark.parametrize("executor", [None, processes(2)])
def test_variants_that_are_not_awaited(executor: Any) -> None:
    with Spearmint.run(pipeline, executor=executor) as runner:
        result = runner("x")
        assert result.main_result.result == WHOLE[0]
        assert result.variant_results[3].result == WHOLE[4]
    assert [v.result for v in result.variant_results] == WHOLE[1:]


def test_an_outcome_tells_the_configuration_of_each() -> None:
    with Spearmint.run(pipeline, await_variants=True) as runner:
        result = runner("x")
    eighth = result.variant_results[7]
    assert eighth.index == 8
    assert eighth.config == {"prompt": "q"}
    assert eighth.configs == {pipeline: {"prompt": "q"}, answer: {"model": "a"}, retrieve: {"k": 3}}
    assert list(eighth.configs) == [pipeline, answer, retrieve]
    with Spearmint.run(retrieve, await_variants=True) as alone:
        assert alone("x").main_result.configs == {retrieve: {"k": 1}}


def test_the_product_is_a_sweep_that_is_never_enumerated() -> None:
    @experiment(of(**{f"x{k}": range(10) for k in range(20)}))
    def inner(config: Config) -> int:
        return int(config.x19)

    @experiment(of(**{f"y{k}": range(10) for k in range(20)}))
    def outer(config: Config) -> int:
        return int(config.y19) * 10 + inner()

    _, cases = make_case(outer, (), {})
    assert isinstance(cases, Sweep)
    assert cases.size == 10**40
    assert cases[12] == ({f"y{k}": 0 for k in range(20)}, {f"x{k}": (k == 18) + 2 * (k == 19) for k in range(20)})
    with pytest.raises(RuntimeError, match="enough"), Spearmint.run(outer) as runner:
        result = runner()
        assert result.main_result.result == 0
        assert [v.result for v in result.variant_results[:3]] == [1, 2, 3]
        raise RuntimeError("enough")


def test_a_failing_case_costs_itself() -> None:
    @experiment(of(n=[1, 0]))
    def inner(config: Config) -> float:
        return 1 / float(config.n)

    @experiment(of(m=[1, 2]))
    def outer(config: Config) -> float:
        return float(config.m) * inner()

    with Spearmint.run(outer, await_variants=True) as runner:
        result = runner()
    assert [o.ok for o in (result.main_result, *result.variant_results)] == [True, False, True, False]
    failed = result.variant_results[0]
    assert isinstance(failed, Failure)
    assert failed.configs == {outer: {"m": 1}, inner: {"n": 0}}


# --- direct calls ------------------------------------------------------------------------------------------


def test_a_direct_call_takes_the_main_of_each_and_runs_the_rest_behind() -> None:
    seen: list[Any] = []

    @experiment(of(n=[1, 2]))
    def inner(config: Config) -> int:
        return int(config.n)

    @experiment(of(m=[10, 20]), on_outcome=seen.append)
    def outer(config: Config) -> int:
        return int(config.m) + inner()

    assert outer() == 11
    assert Spearmint.join(outer, LIMIT_SECONDS)
    assert [o.result for o in seen] == [12, 21, 22]
    assert [dict(o.configs) for o in seen][-1] == {outer: {"m": 20}, inner: {"n": 2}}


def test_failures_behind_name_every_configuration(caplog: pytest.LogCaptureFixture) -> None:
    @experiment(of(n=[1, 0]))
    def inner(config: Config) -> float:
        return 1 / float(config.n)

    @experiment(of(m=[1]))
    def outer(config: Config) -> float:
        return inner()

    assert outer() == 1
    assert Spearmint.join(outer, LIMIT_SECONDS)
    assert "outer: Config({'m': 1})" in caplog.text
    assert "inner: Config({'n': 0}) failed: ZeroDivisionError" in caplog.text


# --- who takes part ------------------------------------------------------------------------------------------


def test_what_is_called_by_a_helper_is_declared() -> None:
    @experiment(of(n=[1, 2]))
    def inner(config: Config) -> int:
        return int(config.n)

    calls = {"inner": inner}

    def helper() -> int:
        return calls["inner"]()

    @experiment(of(m=[10, 20]), uses=(inner,))
    def outer(config: Config) -> int:
        return int(config.m) + helper()

    @experiment(of(m=[10, 20]))
    def blind(config: Config) -> int:
        return int(config.m) + helper()

    assert results(outer) == [11, 12, 21, 22]
    assert results(blind) == [11, 21]
    assert Spearmint.join(inner, LIMIT_SECONDS)


def test_attributes_of_modules_homonyms_and_decorators() -> None:
    @experiment(of(n=[1, 2]))
    def inner(config: Config) -> int:
        return int(config.n)

    def doubled(fn: Any) -> Any:
        @functools.wraps(fn)
        def around(*args: Any) -> Any:
            return 2 * fn(*args)

        return around

    module: Any = types.ModuleType("module")
    module.inner = doubled(inner)

    @experiment(of(n=[5, 6]))
    def other(config: Config) -> int:
        return int(config.n)

    names = {"inner": other, "module": module}
    exec("def body(config):\n    return module.inner(), inner()", names)
    body: Any = names["body"]
    body.__annotations__["config"] = Config
    outer = experiment(of(m=[0]))(body)
    assert results(outer) == [(2, 5), (2, 6), (4, 5), (4, 6)]
    assert list_participants(outer) == (outer, inner, other)


class Pipeline:
    def __init__(self, scale: int) -> None:
        self.scale = scale

    @experiment(of(n=[1, 2]))
    def inner(self, config: Config) -> int:
        return self.scale * int(config.n) + self.deepest()

    @experiment(of(d=[0, 5]))
    def deepest(self, config: Config) -> int:
        return int(config.d)

    @experiment(of(m=[10, 20]))
    def outer(self, config: Config) -> int:
        return int(config.m) * 100 + self.inner()

    @classmethod
    @experiment(of(c=[1, 2]))
    def of_class(cls, config: Config) -> int:
        return int(config.c)


@pytest.mark.parametrize("executor", [None, processes(1)])
def test_methods(executor: Any) -> None:
    assert results(Pipeline(10).outer, executor=executor) == [1010, 1015, 1020, 1025, 2010, 2015, 2020, 2025]
    with Spearmint.run(Pipeline(1).outer, await_variants=True) as runner:
        last = runner().variant_results[-1]
    assert last.configs == {Pipeline.outer: {"m": 20}, Pipeline.inner: {"n": 2}, Pipeline.deepest: {"d": 5}}


def test_direct_calls_of_methods_and_functions_of_classes() -> None:
    seen: list[Any] = []

    class Local:
        @experiment(of(n=[1, 2]))
        def inner(self, config: Config) -> int:
            return int(config.n)

        @experiment(of(m=[10, 20]), on_outcome=seen.append)
        def outer(self, config: Config) -> int:
            return int(config.m) + self.inner()

    assert Local().outer() == 11
    assert Spearmint.join(Local.outer, LIMIT_SECONDS)
    assert [o.result for o in seen] == [12, 21, 22]
    assert results(Local.outer, Local()) == [11, 12, 21, 22]


def test_recursion_takes_part_once() -> None:
    @experiment(of(n=[2, 3]))
    def power(config: Config, k: int) -> int:
        return int(config.n) * power(k - 1) if k else other()

    @experiment(of(m=[1, 10]))
    def other(config: Config, k: int = 0) -> int:
        return int(config.m) + (power(k) if k else 0)

    assert results(power, 3) == [8, 80, 27, 270]
    assert results(other, 1) == [1 + 2 * 1, 1 + 3 * 1, 10 + 2 * 10, 10 + 3 * 10]


# --- async ---------------------------------------------------------------------------------------------------


@experiment(of(n=[1, 2]))
async def afetch(config: Config) -> int:
    await asyncio.sleep(0)
    return int(config.n)


@experiment(of(m=[10, 20]))
async def aouter(config: Config) -> int:
    first, second = await asyncio.gather(afetch(), afetch())
    return int(config.m) + first + second + plain()


@experiment(of(p=[100, 200]))
def plain(config: Config) -> int:
    return int(config.p)


@experiment(of(s=[1000]))
def around(config: Config) -> int:
    return int(config.s) + asyncio.run(aouter())


AWAITED = [112, 212, 114, 214, 122, 222, 124, 224]


def test_async_inside_async_and_sync_inside_async() -> None:
    async def main() -> list[int]:
        async with Spearmint.arun(aouter, await_variants=True) as runner:
            result = await runner()
        return [o.result for o in (result.main_result, *result.variant_results)]

    assert asyncio.run(main()) == AWAITED


def test_async_inside_sync_with_and_without_a_running_loop() -> None:
    async def inside() -> list[int]:
        return results(aouter)

    async def threaded() -> list[int]:
        async with Spearmint.arun(around, await_variants=True) as runner:
            result = await runner()
        return [o.result for o in (result.main_result, *result.variant_results)]

    assert results(around) == [1000 + n for n in AWAITED]
    assert results(aouter) == AWAITED
    assert asyncio.run(inside()) == AWAITED
    assert asyncio.run(threaded()) == [1000 + n for n in AWAITED]


def test_a_direct_await_and_its_end() -> None:
    seen: list[Any] = []

    @experiment(of(m=[10, 20]), on_outcome=seen.append)
    async def outer(config: Config) -> int:
        return int(config.m) + await afetch()

    async def main() -> int:
        value = await outer()
        await Spearmint.ajoin(outer)
        return value

    assert asyncio.run(main()) == 11
    assert [o.result for o in seen] == [12, 21, 22]


# --- many at once ----------------------------------------------------------------------------------------------


def test_from_many_threads_at_once() -> None:
    def one(number: int) -> list[Any]:
        return results(pipeline, str(number))

    with ThreadPoolExecutor(8) as pool:
        every = list(pool.map(one, range(24)))
    assert every == [[w.replace("x/", f"{n}/") for w in WHOLE] for n in range(24)]


def test_from_many_tasks_at_once() -> None:
    async def one(runner: Any) -> list[int]:
        result = await runner()
        return [o.result for o in (result.main_result, *result.variant_results)]

    async def main() -> list[list[int]]:
        async with Spearmint.arun(aouter, await_variants=True) as runner:
            return await asyncio.gather(*(one(runner) for _ in range(10)))

    assert asyncio.run(main()) == [AWAITED] * 10


def test_three_hundred_variants_start_few_threads() -> None:
    most = 0

    @experiment(of(n=range(15)))
    def inner(config: Config) -> int:
        nonlocal most
        most = max(most, threading.active_count())
        time.sleep(0.001)
        return int(config.n)

    @experiment(of(m=range(20)))
    def outer(config: Config) -> int:
        return int(config.m) + inner()

    before = threading.active_count()
    with Spearmint.run(outer) as runner:
        result = runner()
        assert len(result.variant_results) == 299
    assert sum(v.ok for v in result.variant_results) == 299
    outer()
    assert Spearmint.join(outer, LIMIT_SECONDS)
    assert most <= before + 6


@pytest.mark.parametrize("executor", [None, threads(2)])
def test_many_calls_of_one_runner_start_few_threads(executor: Any) -> None:
    @experiment(of(n=range(5)))
    def slow(config: Config, call: int) -> int:
        time.sleep(0.002 if config.n else 0)
        return call * 10 + int(config.n)

    before = threading.active_count()
    with Spearmint.run(slow, executor=executor) as runner:
        every = [runner(call) for call in range(40)]
        assert threading.active_count() <= before + 4 + 16
    got = [[o.result for o in (result.main_result, *result.variant_results)] for result in every]
    assert got == [[call * 10 + n for n in range(5)] for call in range(40)]
    wait_until(lambda: threading.active_count() <= before + 1)


# --- journals ---------------------------------------------------------------------------------------------------


def test_a_journal_tells_arguments_and_cases_apart(tmp_path: Path) -> None:
    calls: list[str] = []

    @experiment(of(n=[1, 2]))
    def inner(config: Config) -> int:
        return int(config.n)

    @experiment(of(m=[10, 20]))
    def outer(config: Config, text: str, *, times: int = 1) -> str:
        calls.append(text)
        return f"{text}{(config.m + inner()) * times}"

    def ran(text: str, **kwargs: Any) -> tuple[list[str], list[bool]]:
        with (
            Journal(tmp_path / "runs.db", name="outer") as journal,
            Spearmint.run(outer, await_variants=True, journal=journal) as runner,
        ):
            result = runner(text, **kwargs)
        every = (result.main_result, *result.variant_results)
        assert [o.configs[inner].n for o in every] == [1, 2, 1, 2]
        return [o.result for o in every], [o.replayed for o in every]

    first = ["a11", "a12", "a21", "a22"]
    assert ran("a") == (first, [False] * 4)
    assert ran("a") == (first, [True] * 4)
    assert ran("b") == ([r.replace("a", "b") for r in first], [False] * 4)
    assert ran("a", times=2) == (["a22", "a24", "a42", "a44"], [False] * 4)
    assert ran("a", times=2)[1] == [True] * 4
    assert calls == ["a"] * 4 + ["b"] * 4 + ["a"] * 4


def test_a_runner_and_run_share_what_is_kept(tmp_path: Path) -> None:
    from spearmint_fp import inject, run

    async def arunner(journal: Journal) -> list[bool]:
        async with Spearmint.arun(lonely, await_variants=True, journal=journal) as runner:
            result = await runner()
        return [o.replayed for o in (result.main_result, *result.variant_results)]

    with Journal(tmp_path / "runs.db") as journal:
        list(run(inject(lonely.__wrapped__), expand({"n": DynamicValue([1, 2])}), journal=journal))  # type: ignore[attr-defined]
        with Spearmint.run(lonely, journal=journal) as runner:
            result = runner()
            assert [o.replayed for o in (result.main_result, *result.variant_results)] == [True, True, False]
        assert asyncio.run(arunner(journal)) == [True] * 3
        assert [(o.index, o.config) for o in journal.outcomes(lonely)] == [(k, {"n": k + 1}) for k in range(3)]


@experiment(of(m=[10, 20]))
def repeated(config: Config, text: str, *, times: int = 1) -> str:
    return text * times


def test_status_with_arguments_and_cases(tmp_path: Path) -> None:
    f = repeated
    with Journal(tmp_path / "runs.db") as journal:
        with Spearmint.run(f, await_variants=True, journal=journal) as runner:
            runner("a", times=2)
        configs = expand({"m": DynamicValue([10, 20, 30])})
        assert journal.status(configs, f, "a", times=2) == JournalStatus(2, 0, 1)
        assert journal.status(configs, f, "a") == JournalStatus(0, 0, 3)
        with Spearmint.run(answer, await_variants=True, journal=journal) as nested:
            nested("x")
        cases = expand((expand(of(model=["a", "b"])[0]), expand(of(k=[1, 2, 3])[0])))
        assert journal.status(cases, answer, "x") == JournalStatus(6, 0, 0)
        assert [o.index for o in journal.outcomes(answer)] == list(range(6))


@experiment(of(n=[1, 2, 3]))
def lonely(config: Config) -> int:
    return int(config.n)
