"""Runners: every outcome of a call, from plain and from async code."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from typing import Any

import pytest

from spearmint_fp import (
    Config,
    DynamicValue,
    ExperimentError,
    Failure,
    RunError,
    Spearmint,
    experiment,
    threads,
)
from tests.experiment.samples import REQUEST, inverse, slowly
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS, wait_until, wait_until_async


def test_a_runner_gives_every_outcome() -> None:
    with Spearmint.run(inverse, await_variants=True) as runner:
        result = runner(2.0, scale=10)
    assert result.main_result.result == 20
    assert [o.index for o in (result.main_result, *result.variant_results)] == [0, 1, 2]
    assert [o.config for o in result.variant_results] == [{"n": 2}, {"n": 0}]
    good, bad = result.variant_results
    assert good.result == 10
    assert isinstance(bad, Failure)
    assert bad.error.type == "ZeroDivisionError"


def test_a_failing_main_is_a_failure_and_sinks_nothing() -> None:
    @experiment(configs=[{"n": DynamicValue([0, 2])}])
    def f(config: Config) -> float:
        return 1 / float(config.n)

    with Spearmint.run(f, await_variants=True) as runner:
        result = runner()
    assert not result.main_result.ok
    with pytest.raises(ZeroDivisionError):
        _ = result.main_result.result
    assert [v.result for v in result.variant_results] == [0.5]


def test_variants_that_are_not_awaited_are_waited_for_when_asked() -> None:
    gate = threading.Event()

    @experiment(configs=[{"n": DynamicValue(range(40))}])
    def f(config: Config) -> tuple[int, str]:
        if config.n:
            gate.wait(LIMIT_SECONDS)
        return config.n, REQUEST.get()

    REQUEST.set("here")
    threads = threading.active_count()
    with Spearmint.run(f) as runner:
        result = runner()
        assert result.main_result.result == (0, "here")
        assert len(result.variant_results) == 39
        assert threading.active_count() <= threads + 5  # four run variants, one takes their outcomes
        gate.set()
        assert result.variant_results[4].result == (5, "here")
        assert [v.result for v in result.variant_results[1:3]] == [(2, "here"), (3, "here")]
    assert [v.result[0] for v in result.variant_results] == list(range(1, 40))
    wait_until(lambda: threading.active_count() <= threads)


def test_a_block_that_fails_starts_nothing_more() -> None:
    started: list[int] = []

    @experiment(configs=[{"n": DynamicValue(range(10**9))}])
    def f(config: Config) -> None:
        started.append(config.n)
        time.sleep(0.001)

    def fail() -> None:
        with Spearmint.run(f) as runner:
            runner()
            raise OSError("mine")

    with pytest.raises(OSError, match="mine"):
        fail()  # and does not wait for a thousand million
    count = len(started)
    assert count < 10**9
    time.sleep(0.01)
    assert len(started) == count


def test_coroutines_run_from_sync_code() -> None:
    with Spearmint.run(slowly, await_variants=True) as runner:
        result = runner(x=6.0)
    assert result.main_result.result == 6
    assert [v.ok for v in result.variant_results] == [True, False]


def test_coroutines_run_from_sync_code_under_a_running_loop() -> None:
    async def outer() -> Any:
        with Spearmint.run(slowly, await_variants=True) as runner:
            return runner(6.0)

    assert asyncio.run(outer()).main_result.result == 6


@pytest.mark.parametrize("await_variants", [True, False])
def test_runners_for_async_code(await_variants: bool) -> None:
    async def go(fn: Any) -> Any:
        async with Spearmint.arun(fn, await_variants=await_variants) as runner:
            result = await runner(6.0)
        return result

    for fn in (slowly, inverse):
        result = asyncio.run(go(fn))
        assert result.main_result.result == 6
        assert [v.ok for v in result.variant_results] == [True, False]


def test_an_async_block_that_fails_cancels_and_raises_its_own_error() -> None:
    begun: list[int] = []
    cancelled: list[int] = []

    @experiment(configs=[{"n": DynamicValue(range(20))}])
    async def f(config: Config) -> None:
        begun.append(config.n)
        try:
            await asyncio.sleep(HANG_SECONDS if config.n else 0)
        except asyncio.CancelledError:
            cancelled.append(config.n)
            raise

    async def go() -> None:
        async with Spearmint.arun(f) as runner:
            await runner()
            await wait_until_async(lambda: len(begun) == 1 + 4)
            raise OSError("mine")

    with pytest.raises(OSError, match="mine"):
        asyncio.run(go())
    assert len(cancelled) == 4


def test_a_runner_starts_main_before_a_million_variants() -> None:
    @experiment(configs=[{"n": DynamicValue(range(10**30))}])
    def f(config: Config) -> int:
        return int(config.n)

    def go() -> None:
        with Spearmint.run(f) as runner:
            result = runner()
            assert result.main_result.result == 0
            assert result.variant_results[2].result == 3
            assert "of 999999999999999999999999999999 variants" in repr(result.variant_results)
            raise OSError("enough")

    with pytest.raises(OSError, match="enough"):
        go()


def test_outcomes_that_never_came_are_told_of() -> None:
    @experiment(configs=[{"n": DynamicValue(range(10**9))}])
    def f(config: Config) -> None:
        time.sleep(0.001)

    results = []
    with pytest.raises(OSError, match="mine"), Spearmint.run(f) as runner:
        results.append(runner().variant_results)
        raise OSError("mine")
    with pytest.raises(ExperimentError, match="variant 999999998 has no outcome: its block ended"):
        results[0][10**9 - 2]


@pytest.mark.parametrize("await_variants", [True, False])
def test_variants_see_the_caller_s_context_and_leave_it_alone(await_variants: bool) -> None:
    @experiment(configs=[{"n": DynamicValue([1, 2, 3])}])
    def f(config: Config) -> str:
        seen = REQUEST.get()
        if config.n > 1:
            REQUEST.set(str(config.n))
        return seen

    def go() -> list[str]:
        REQUEST.set("caller")
        with Spearmint.run(f, await_variants=await_variants) as runner:
            result = runner()
        return [o.result for o in result.variant_results] + [REQUEST.get()]

    assert contextvars.copy_context().run(go) == ["caller"] * 3


def test_a_variant_that_exits_is_a_failure() -> None:
    @experiment(configs=[{"n": DynamicValue([1, 2, 3])}])
    def f(config: Config) -> int:
        if config.n == 2:
            raise SystemExit(3)
        return int(config.n)

    for await_variants in (True, False):
        with Spearmint.run(f, await_variants=await_variants) as runner:
            result = runner()
        assert [v.ok for v in result.variant_results] == [False, True]


def test_callable_objects_that_are_async() -> None:
    class Call:
        async def __call__(self, config: Config) -> int:
            return int(config.n)

    f = experiment(configs=[{"n": DynamicValue([1, 2])}])(Call())
    with Spearmint.run(f, await_variants=True) as runner:
        assert runner().main_result.result == 1


def test_asking_too_early_under_a_loop_is_an_error_and_no_deadlock() -> None:
    async def go() -> Any:
        async with Spearmint.arun(slowly) as runner:
            result = await runner(6.0)
            with pytest.raises(ExperimentError, match="would stop the event loop"):
                result.variant_results[-1]
        return result.variant_results[-1]

    assert not asyncio.run(go()).ok


def test_stop_iteration_in_a_plain_function_under_a_loop_is_a_failure() -> None:
    @experiment(configs=[{"n": DynamicValue([0, 1])}])
    def f(config: Config) -> Any:
        return next(iter([])) if config.n else config.n

    async def go() -> Any:
        async with Spearmint.arun(f, await_variants=True) as runner:
            return await asyncio.wait_for(runner(), LIMIT_SECONDS)

    result = asyncio.run(go())
    assert result.main_result.ok
    assert result.variant_results[0].error.type == "StopIteration"


@pytest.mark.parametrize("await_variants", [True, False])
def test_a_runner_after_its_block_says_so(await_variants: bool) -> None:
    with Spearmint.run(inverse, await_variants=await_variants) as runner:
        pass
    with pytest.raises(ExperimentError, match="has ended; call it inside the block"):
        runner()

    async def go() -> None:
        async with Spearmint.arun(slowly, await_variants=await_variants) as arunner:
            pass
        await arunner(1.0)

    with pytest.raises(ExperimentError, match="has ended; call it inside the block"):
        asyncio.run(go())


def test_variants_that_call_their_own_runner_do_not_wait_for_each_other() -> None:
    results: list[int] = []

    def recursive() -> None:
        @experiment(configs=[{"n": DynamicValue(range(6))}])
        def f(config: Config, depth: int) -> int:
            return sum(v.result for v in runner(depth - 1).variant_results) if depth else int(config.n)

        with Spearmint.run(f) as runner:
            results.append(sum(v.result for v in runner(2).variant_results))

    thread = threading.Thread(target=recursive, daemon=True)
    thread.start()
    thread.join(LIMIT_SECONDS)
    assert results == [15 * 5 * 5]


@pytest.mark.parametrize("executor", [None, threads(2)])
def test_a_runner_without_threads_says_so_and_ends(executor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with Spearmint.run(inverse, executor=executor) as runner:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", start)
            with pytest.raises(RunError, match=r"a thread cannot be started: can't start new thread. Run fewer"):
                runner()
        assert len(list(runner().variant_results)) == 2


@pytest.mark.parametrize("await_variants", [True, False])
def test_coroutines_of_a_block_share_an_event_loop(await_variants: bool) -> None:
    mains: list[asyncio.AbstractEventLoop] = []
    variants: list[asyncio.AbstractEventLoop] = []

    @experiment(configs=[{"n": DynamicValue(range(3))}])
    async def f(config: Config) -> int:
        (variants if config.n else mains).append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return int(config.n)

    with Spearmint.run(f, await_variants=await_variants) as runner:
        results = [runner() for _ in range(3)]
        assert not mains[0].is_closed()
    assert [[o.result for o in (one.main_result, *one.variant_results)] for one in results] == [[0, 1, 2]] * 3
    assert (len(mains), len(set(mains)), mains[0].is_closed()) == (3, 1, True)
    assert not await_variants or {*variants} == {*mains}
    assert all(loop.is_closed() for loop in variants)
