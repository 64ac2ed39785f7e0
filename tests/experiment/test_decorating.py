"""Direct calls: the plain result of main, with the variants in the background."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading

import pytest

from spearmint_fp import (
    Config,
    DynamicValue,
    Spearmint,
    experiment,
)
from tests.experiment.samples import REQUEST, inverse, own, slowly, three
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS, wait_until, wait_until_async


def test_a_direct_call_is_the_main_configuration_s() -> None:
    assert inverse(2.0) == 2.0
    assert inverse.__name__ == "inverse"
    assert list(inspect.signature(inverse).parameters) == ["x", "scale"]


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
