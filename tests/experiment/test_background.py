"""The background of direct calls: waiting for variants, cancelling them, and their bounds."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spearmint_fp import (
    Config,
    ExperimentError,
    Spearmint,
    experiment,
)
from spearmint_fp.experiment.cases import get_experiment
from tests.experiment.samples import of, retrieve
from tests.waiting import LIMIT_SECONDS


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_joining_waits_times_out_and_cancels(gate: threading.Event, caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []
    begun = threading.Event()

    @experiment(of(n=range(100)), on_outcome=lambda outcome: seen.append(outcome.index))
    def slow(config: Config) -> int:
        if config.n:
            begun.set()
            gate.wait(LIMIT_SECONDS)
        return int(config.n)

    assert slow() == 0
    assert begun.wait(LIMIT_SECONDS)
    assert not Spearmint.join(slow, 0.05)
    assert not Spearmint.join(slow, 0.05, cancel=True)
    gate.set()
    assert Spearmint.join(slow, LIMIT_SECONDS)
    assert seen == [1]
    assert "cancelled at variant Config({'n': 2}); it and those after it have no outcome" in caplog.text
    assert slow() == 0
    assert Spearmint.join(slow, LIMIT_SECONDS)
    assert len(seen) == 100


def test_an_interrupt_waits_until_the_variants_have_been_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it could keep a lock of the pool, and the program would never end."""
    submit, seen = ThreadPoolExecutor.submit, list[int]()

    def interrupted(self: ThreadPoolExecutor, *args: Any, **kwargs: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return submit(self, *args, **kwargs)

    @experiment(of(n=range(3)), on_outcome=lambda outcome: seen.append(outcome.index))
    def plain(config: Config) -> int:
        return int(config.n)

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(ThreadPoolExecutor, "submit", interrupted)
            plain()
    finally:
        signal.signal(signal.SIGINT, handler)
    assert Spearmint.join(plain, LIMIT_SECONDS)
    assert seen == [1, 2]


def test_a_callback_that_fails_is_logged_and_the_rest_runs(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []

    def told(outcome: Any) -> None:
        seen.append(outcome.index)
        if outcome.index == 1:
            raise ValueError("not you")

    @experiment(of(n=range(4)), on_outcome=told)
    def f(config: Config) -> int:
        return int(config.n)

    f()
    assert Spearmint.join(f, LIMIT_SECONDS)
    assert seen == [1, 2, 3]
    assert "on_outcome failed for variant" in caplog.text


def test_a_backlog_is_bounded_and_told_of(
    gate: threading.Event, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spearmint_fp.experiment import background

    monkeypatch.setattr(background, "MOST_WAITING", 6)

    @experiment(of(n=[0, 1]))
    def slow(config: Config) -> int:
        if config.n:
            gate.wait(LIMIT_SECONDS)
        return int(config.n)

    with caplog.at_level(logging.WARNING):
        assert [slow() for _ in range(10)] == [0] * 10
    assert caplog.text.count("the variants of this call do not run") == 4
    gate.set()
    assert Spearmint.join(slow, LIMIT_SECONDS)


def test_direct_awaits_run_few_variants_at_once() -> None:
    now = most = 0

    @experiment(of(n=range(3)))
    async def slow(config: Config) -> int:
        nonlocal now, most
        if config.n:
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.002)
            now -= 1
        return int(config.n)

    async def main() -> None:
        await asyncio.gather(*(slow() for _ in range(50)))
        await Spearmint.ajoin(slow)

    asyncio.run(main())
    assert 1 < most <= 4


def test_who_stops_waiting_stops_no_variant() -> None:
    seen: list[int] = []

    async def main() -> None:
        go = asyncio.Event()

        @experiment(of(n=[0, 1, 2]), on_outcome=lambda outcome: seen.append(outcome.result))
        async def patient(config: Config) -> int:
            if config.n:
                await go.wait()
            return int(config.n)

        await patient()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await Spearmint.ajoin(patient)
        go.set()
        await Spearmint.ajoin(patient)

    asyncio.run(main())
    assert seen == [1, 2]


def test_event_loops_that_have_ended_are_let_go() -> None:
    @experiment(of(n=[0, 1, 2]))
    async def busy(config: Config) -> int:
        await asyncio.sleep(0)
        return int(config.n)

    async def main() -> None:
        await asyncio.gather(*(busy() for _ in range(10)))
        await Spearmint.ajoin(busy)

    for _ in range(4):
        asyncio.run(main())
    assert len(get_experiment(busy).background._slots) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_variants_run_in_a_fork_too() -> None:
    retrieve("before")
    Spearmint.join(retrieve)
    child = os.fork()
    if not child:
        retrieve("in the fork")
        os._exit(0 if Spearmint.join(retrieve, LIMIT_SECONDS) else 7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_variant_that_waits_for_itself_is_told() -> None:
    told: list[str] = []

    def wait(_: Any) -> None:
        with pytest.raises(ExperimentError, match="wait for itself") as raised:
            Spearmint.join(own)
        told.append(str(raised.value))

    @experiment(of(n=[0, 1]), on_outcome=wait)
    def own(config: Config) -> int:
        return int(config.n)

    own()
    assert Spearmint.join(own, LIMIT_SECONDS)
    assert len(told) == 1


def test_main_runs_where_no_thread_can_begin(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    @experiment(of(n=[0, 1]))
    def late(config: Config) -> int:
        return int(config.n)

    def refused(*_: Any) -> None:
        raise RuntimeError("cannot schedule new futures after shutdown")

    monkeypatch.setattr(ThreadPoolExecutor, "submit", refused)
    assert late() == 0
    assert "do not run" in caplog.text
