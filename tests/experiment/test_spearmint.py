"""Experiments: configurations in, direct calls, runners."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import logging
import threading
import time
from typing import Any

import attrs
import pytest
from pydantic import BaseModel

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    ExperimentError,
    Failure,
    RunError,
    Spearmint,
    concat,
    constrain,
    empty,
    expand,
    experiment,
    shuffled,
    threads,
)
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS, wait_until, wait_until_async

REQUEST: contextvars.ContextVar[str] = contextvars.ContextVar("REQUEST", default="none")


@attrs.frozen
class Settings:
    n: Any


def three() -> Spearmint:
    return Spearmint(configs=[{"n": DynamicValue([1, 2, 0])}])


@three().experiment()
def inverse(config: Config, x: float = 1.0, *, scale: float = 1.0) -> float:
    return scale * x / float(config.n)


# --- configurations --------------------------------------------------------------------------------


def test_configurations_of_every_kind() -> None:
    sweep = expand({"n": DynamicValue([5, 6])})
    items = [{"n": 1}, Config({"n": 2}), Settings(DynamicValue([3, 4])), sweep, DynamicValue([{"n": 7}])]
    assert [c.n for c in Spearmint(configs=items).configs] == [1, 2, 3, 4, 5, 6, 7]
    assert Spearmint(configs=sweep).configs == sweep
    assert Spearmint(configs=iter([{"n": 1}])).configs.size == 1
    assert Spearmint(configs=[{"n": DynamicValue(range(10**30))}] * 2).configs.size == 2 * 10**30


@pytest.mark.parametrize(
    "bad", [5, None, [1, 2], (1,), b"x", object(), DynamicValue([1, 2]), DynamicValue(range(10**30))]
)
def test_anything_else_names_its_position(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"configs\[1\] is"):
        Spearmint(configs=[{"n": 1}, bad])


@pytest.mark.parametrize("bad", [{"n": 1}, "path", 5, None])
def test_configs_is_a_sequence(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"configs is a sequence"):
        Spearmint(configs=bad)


def test_no_configurations_name_the_empty_choice() -> None:
    def f(config: Config) -> None: ...

    with pytest.raises(ExperimentError, match=r"the choice at 'llm\.model' is empty"):
        Spearmint(configs=[{"llm": {"model": DynamicValue([])}, "n": DynamicValue([1, 2])}]).experiment()(f)
    with pytest.raises(ExperimentError, match="configs is empty"):
        Spearmint(configs=[]).experiment()(f)
    assert Spearmint(configs=[empty]).configs == empty


def test_a_mint_is_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        three().configs = empty  # type: ignore[misc]


# --- runners ---------------------------------------------------------------------------------------


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
        assert threading.active_count() <= threads + 4
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


@pytest.mark.parametrize("bad", [len, lambda: 0, 5, None])
def test_only_experiments_run(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"Decorate it with @mint\.experiment\(\)"), Spearmint.run(bad):
        pass


def test_the_parentheses_are_asked_for() -> None:
    with pytest.raises(ArgumentError, match="with the parentheses"):

        @three().experiment
        def f(config: Config) -> None: ...


def test_experiments_have_configurations_of_their_own() -> None:
    mint = three()

    @mint.experiment(configs=[{"n": 10}])
    def f(config: Config) -> int:
        return int(config.n)

    assert f() == 10
    with Spearmint.run(f, await_variants=True) as runner:
        assert runner().variant_results == ()


def test_huge_sweeps_make_experiments_at_once() -> None:
    huge = expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})

    @Spearmint(configs=[shuffled(huge)[:3], concat(huge[10**29 : 10**29 + 2])]).experiment()
    def f(config: Config) -> int:
        return int(config.x29)

    with Spearmint.run(f, await_variants=True) as runner:
        assert len(runner().variant_results) == 4


# --- direct calls ------------------------------------------------------------------------------------


def test_a_direct_call_is_the_main_configuration_s() -> None:
    assert inverse(2.0) == 2.0
    assert inverse.__name__ == "inverse"
    assert list(inspect.signature(inverse).parameters) == ["x", "scale"]


def own(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What was logged of a test's own experiment, not of variants that still run behind another test's."""
    return [record for record in caplog.records if "<locals>" in record.getMessage()]


def test_variants_run_behind_a_direct_call_and_failures_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[tuple[int, str]] = []
    done = threading.Event()

    @experiment(configs=[{"n": DynamicValue([1, 0, 3])}])
    def f(config: Config) -> float:
        seen.append((config.n, REQUEST.get()))
        if config.n == 3:
            done.set()
        return 1 / float(config.n)

    REQUEST.set("direct")
    with caplog.at_level(logging.ERROR, "spearmint_fp"):
        assert f() == 1
        assert done.wait(LIMIT_SECONDS)
        wait_until(lambda: own(caplog))
    assert sorted(seen) == [(0, "direct"), (1, "direct"), (3, "direct")]
    (record,) = own(caplog)
    assert "variant Config({'n': 0}) failed: ZeroDivisionError: float division by zero" in record.getMessage()
    assert "Traceback" in record.getMessage()


def test_many_direct_calls_start_few_threads() -> None:
    gate = threading.Event()

    @experiment(configs=[{"n": DynamicValue(range(300))}])
    def f(config: Config) -> int:
        if config.n:
            gate.wait(LIMIT_SECONDS)
        return int(config.n)

    before = threading.active_count()
    assert [f() for _ in range(20)] == [0] * 20
    assert threading.active_count() <= before + 4
    gate.set()
    assert Spearmint.join(f, LIMIT_SECONDS, cancel=True)


def test_a_direct_call_raises_the_main_configuration_s_error() -> None:
    @experiment(configs=[{"n": 0}])
    def f(config: Config) -> float:
        return 1 / float(config.n)

    with pytest.raises(ZeroDivisionError):
        f()


class Service:
    factor = 10

    @three().experiment()
    def scaled(self, config: Config, x: int) -> int:
        return int(config.n * x * self.factor)


def test_methods() -> None:
    service = Service()
    assert service.scaled(3) == 30
    with Spearmint.run(service.scaled, await_variants=True) as runner:
        result = runner(3)
    assert [o.result for o in (result.main_result, *result.variant_results)] == [30, 60, 0]


def test_threads_call_one_experiment_at_once() -> None:
    results: list[float] = []
    threads = [threading.Thread(target=lambda: results.append(inverse(3.0))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [3.0] * 16


# --- coroutines --------------------------------------------------------------------------------------


@experiment(configs=[{"n": DynamicValue([1, 2, 0])}])
async def slowly(config: Config, x: float) -> float:
    await asyncio.sleep(0.001)
    return x / float(config.n)


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


def test_a_direct_await_is_the_main_configuration_s(caplog: pytest.LogCaptureFixture) -> None:
    async def go() -> float:
        value = await slowly(4.0)
        await Spearmint.ajoin(slowly)
        return value

    with caplog.at_level(logging.ERROR, "spearmint_fp"):
        assert asyncio.run(go()) == 4
    assert len([record for record in caplog.records if "slowly" in record.getMessage()]) == 1
    assert inspect.iscoroutinefunction(slowly)


def test_variants_that_the_loop_s_end_cuts_off_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    begun: list[int] = []

    @experiment(configs=[{"n": DynamicValue([0, 1])}])
    async def f(config: Config) -> int:
        begun.append(config.n)
        await asyncio.sleep(HANG_SECONDS * config.n)
        return int(config.n)

    async def go() -> int:
        value = await f()
        await wait_until_async(lambda: 1 in begun)
        return value

    with caplog.at_level(logging.WARNING, "spearmint_fp"):
        assert asyncio.run(go()) == 0
    assert "cancelled at variant Config({'n': 1})" in caplog.text


# --- what hostile testing found ----------------------------------------------------------------------------


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


def test_static_and_class_methods() -> None:
    class Service:
        @experiment(configs=[{"n": 2}])
        @staticmethod
        def plain(config: Config, x: int) -> int:
            return int(config.n) * x

        @experiment(configs=[{"n": 2}])
        @classmethod
        def made(cls, config: Config, x: int) -> str:
            return f"{cls.__name__} {config.n * x}"

    assert Service.plain(3) == Service().plain(3) == 6
    assert Service.made(3) == Service().made(3) == "Service 6"


def test_generator_functions_are_refused() -> None:
    with pytest.raises(ArgumentError, match="generator function"):

        @experiment(configs=[{"n": 1}])
        def f(config: Config) -> Any:
            yield config


def test_callable_objects_that_are_async() -> None:
    class Call:
        async def __call__(self, config: Config) -> int:
            return int(config.n)

    f = experiment(configs=[{"n": DynamicValue([1, 2])}])(Call())
    with Spearmint.run(f, await_variants=True) as runner:
        assert runner().main_result.result == 1


def test_nothing_left_is_told_as_such() -> None:
    left = constrain(lambda n: n > 5, expand({"n": DynamicValue([1, 2])}), on="n")

    def f(config: Config) -> None: ...

    with pytest.raises(ExperimentError, match=r"nothing is left of Sweep\(constrained\(2\) = 0\)"):
        Spearmint(configs=[left]).experiment()(f)


# --- what a fresh reader found -------------------------------------------------------------------------------


def test_a_function_that_takes_no_configuration_is_told_how() -> None:
    def bare(config, x=1):  # type: ignore[no-untyped-def]
        return config

    with pytest.raises(ArgumentError, match=r"takes no configuration\. Annotate a parameter as Config"):
        three().experiment()(bare)


def test_a_decorator_above_the_experiment_is_told_of() -> None:
    def doubled(fn: Any) -> Any:
        @functools.wraps(fn)
        def call(*args: Any) -> Any:
            return 2 * fn(*args)

        return call

    with pytest.raises(ArgumentError, match="another decorator stands above"), Spearmint.run(doubled(inverse)):
        pass


def test_asking_too_early_under_a_loop_is_an_error_and_no_deadlock() -> None:
    async def go() -> Any:
        async with Spearmint.arun(slowly) as runner:
            result = await runner(6.0)
            with pytest.raises(ExperimentError, match="would stop the event loop"):
                result.variant_results[-1]
        return result.variant_results[-1]

    assert not asyncio.run(go()).ok


class Model(BaseModel):
    n: int


def test_pydantic_instances_are_configurations() -> None:
    mint = Spearmint(configs=[Model(n=1), Model(n=2)])

    @mint.experiment()
    def f(model: Model) -> int:
        return model.n

    with Spearmint.run(f, await_variants=True) as runner:
        result = runner()
    assert (result.main_result.result, result.variant_results[0].result) == (1, 2)


# --- what a second round of hostile testing found -----------------------------------------------------------


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
