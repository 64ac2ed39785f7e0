"""`arun`: bounded, structured concurrency over any configurations."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import threading
import tracemalloc
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import suppress
from contextvars import ContextVar
from inspect import iscoroutine
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import tqdm.asyncio
import trio
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    DynamicValue,
    Failure,
    Journal,
    Outcome,
    RunError,
    Success,
    arun,
    best,
    collect,
    expand,
    failures,
    retrying,
    run,
    stop_when,
    timed_out,
)
from spearmint_fp.running.arun import AsyncOutcomes
from tests.examples import examples
from tests.running.executors import FAULTS, faulty, product_or_fail
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS, wait_until_async
from tests.workers.programs import finished, started


def find_other_tasks() -> set[asyncio.Task[Any]]:
    """The tasks that run beside this one.

    Those in which asyncio closes a generator that the collector has found do not count: whenever it looks, it may find
    a stream of configurations that some test has left half read.
    """
    return {task for task in asyncio.all_tasks() - {asyncio.current_task()} if iscoroutine(task.get_coro())}


def looped(main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """The result of `main()`, which leaves no task behind."""

    async def watched() -> Any:
        given = await main()
        assert find_other_tasks() == set()
        return given

    return asyncio.run(watched())


def listed(fn: Any, configs: Any, **options: Any) -> list[Outcome[Any, Any]]:
    async def main() -> list[Outcome[Any, Any]]:
        async with arun(fn, configs, **options) as outcomes:
            return [outcome async for outcome in outcomes]

    return list(looped(main))


def as_coroutine(fn: Callable[[Any], Any], turns: int = 1) -> Callable[[Any], Any]:
    async def called(config: Any) -> Any:
        for _ in range(turns):
            await asyncio.sleep(0)
        return fn(config)

    return called


async def streamed(configs: Any) -> AsyncIterator[Any]:
    for config in configs:
        await asyncio.sleep(0)
        yield config


def unordered(outcomes: Any) -> list[Any]:
    return sorted(outcomes, key=lambda outcome: outcome.index)


# --- the outcomes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 200])
@pytest.mark.parametrize("made", [as_coroutine, lambda fn: fn], ids=["coroutines", "threads"])
def test_the_outcomes_are_those_of_run(made: Any, limit: int) -> None:
    sweep = expand({"a": DynamicValue(range(10)), "b": DynamicValue(range(10))})
    assert listed(made(product_or_fail), sweep, limit=limit) == list(run(product_or_fail, sweep))
    assert listed(made(abs), [], limit=limit) == []
    assert listed(made(abs), iter([-3]), limit=limit) == [Success(-3, 3)]


@given(
    kinds=st.lists(st.sampled_from(sorted(FAULTS)), max_size=12),
    limit=st.integers(1, 5),
    in_flight=st.none() | st.integers(1, 5),
    ordered=st.booleans(),
    stream=st.booleans(),
    turns=st.integers(0, 2),
)
@examples(40)
def test_every_fault_is_its_own_failure(
    kinds: list[str], limit: int, in_flight: int | None, ordered: bool, stream: bool, turns: int
) -> None:
    configs = streamed(kinds) if stream else kinds
    options: Any = {"limit": limit, "in_flight": in_flight, "ordered": ordered}
    got = listed(as_coroutine(faulty, turns), configs, **options)
    # a coroutine cannot raise StopIteration: Python makes it a RuntimeError
    assert unordered(got) == list(run(as_coroutine(faulty), kinds))
    assert got == unordered(got) or not ordered
    assert unordered(listed(faulty, configs if not stream else streamed(kinds), **options)) == list(run(faulty, kinds))


def test_ordered_or_as_completed() -> None:
    async def main() -> None:
        gates = [asyncio.Event() for _ in range(3)]

        async def waits(n: int) -> int:
            await gates[n].wait()
            return n

        async with arun(waits, range(3), ordered=False) as outcomes:
            for n in (2, 0, 1):
                gates[n].set()
                assert await anext(outcomes) == Success(n, n, n)
        for gate in gates:
            gate.clear()
        async with arun(waits, range(3)) as outcomes:
            gates[2].set()
            gates[1].set()
            first = asyncio.ensure_future(anext(outcomes))
            assert (await asyncio.wait({first}, timeout=0.05))[0] == set()
            gates[0].set()
            assert [await first, await anext(outcomes), await anext(outcomes)] == [Success(n, n, n) for n in range(3)]

    looped(main)


def test_each_configuration_is_a_task_of_its_own_with_the_context_of_whoever_iterates() -> None:
    who: ContextVar[str] = ContextVar("who", default="nobody")

    async def main() -> None:
        who.set("somebody")

        async def greet(n: int) -> tuple[str, Any]:
            seen = who.get()
            who.set(f"task {n}")
            return seen, asyncio.current_task()

        seen = [o.result async for o in arun(greet, range(5), limit=1)]
        assert {name for name, _ in seen} == {"somebody"}
        assert len({task for _, task in seen}) == 5
        assert [o.result async for o in arun(lambda n: who.get(), range(3))] == ["somebody"] * 3
        assert who.get() == "somebody"

    looped(main)


def test_plain_functions_run_in_threads_and_what_they_return_is_awaited() -> None:
    here = threading.get_ident()
    barrier = threading.Barrier(3, timeout=LIMIT_SECONDS)

    def together(n: int) -> bool:
        barrier.wait()
        return threading.get_ident() != here and threading.current_thread().daemon

    assert listed(together, range(6), limit=3) == [Success(n, True, n) for n in range(6)]
    kinds = ["text", "ValueError"]
    assert listed(lambda n: as_coroutine(faulty)(n), kinds) == list(run(faulty, kinds))

    async def fetch(n: int) -> int:
        return n

    untried: Any = lambda n: fetch(n)  # noqa: E731
    (refused,) = listed(retrying(2)(untried), [1])
    assert isinstance(refused, Failure)
    assert "returned the coroutine" in refused.error.message


# --- the bounds ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [iter, streamed], ids=["plain", "asynchronous"])
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(("limit", "in_flight"), [(1, 1), (3, None), (3, 2), (4, 4), (2, 7), (50, None)])
def test_the_limit_and_the_window(limit: int, in_flight: int | None, ordered: bool, made: Any) -> None:
    most = in_flight or 4 * limit
    running: set[int] = set()
    peaks: list[int] = []
    pulled: list[int] = []

    def source() -> Iterator[int]:
        for n in range(60):
            pulled.append(n)
            yield n

    async def task(n: int) -> int:
        running.add(n)
        peaks.append(len(running))
        for _ in range(n * 7 % 5):
            await asyncio.sleep(0)
        running.remove(n)
        return n

    async def main() -> None:
        taken = 0
        options: Any = {"limit": limit, "in_flight": in_flight, "ordered": ordered}
        async for outcome in arun(task, made(source()), **options):
            assert outcome.ok
            taken += 1
            for _ in range(taken % 4):
                await asyncio.sleep(0)
            assert len(pulled) - taken <= most
        assert taken == 60

    looped(main)
    assert max(peaks) <= min(limit, most)


@pytest.mark.parametrize(("limit", "in_flight"), [(1, 1), (3, None), (3, 2), (4, 4), (50, None)])
def test_as_many_run_at_the_same_time_as_may(limit: int, in_flight: int | None) -> None:
    most, waiting = min(limit, in_flight or limit), []
    full: list[asyncio.Event] = []

    async def task(n: int) -> int:
        waiting.append(n)
        if len(waiting) == 1:
            full.append(asyncio.Event())
        if len(waiting) == most:
            full[-1].set()
        await asyncio.wait_for(full[-1].wait(), LIMIT_SECONDS)
        return len(waiting)

    for source in (range(60), streamed(range(60))):
        waiting.clear()
        assert listed(task, source, limit=limit, in_flight=in_flight)[0].result == most


def test_nothing_runs_before_it_is_asked_for() -> None:
    async def main() -> None:
        pulled: list[int] = []
        outcomes = arun(as_coroutine(abs), map(pulled.append, range(3)))
        await asyncio.sleep(0.01)
        assert pulled == []
        await outcomes.aclose()
        assert pulled == []
        assert [outcome async for outcome in outcomes] == []

    looped(main)


def test_the_first_outcome_of_an_astronomical_sweep_is_there_at_once() -> None:
    sweep = expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})

    async def main() -> None:
        async with arun(as_coroutine(lambda c: c.x29), sweep) as outcomes:
            assert [(await anext(outcomes)).result for _ in range(12)] == [*range(10), 0, 1]

    looped(main)


@pytest.mark.slow
def test_many_trivial_configurations_in_flat_memory() -> None:
    async def main() -> int:
        kept = 0
        async with arun(as_coroutine(abs, 0), range(20_000)) as outcomes:
            async for outcome in outcomes:
                if outcome.index == 1_000:
                    tracemalloc.start()
                    kept = tracemalloc.get_traced_memory()[0]
        return tracemalloc.get_traced_memory()[1] - kept

    try:
        assert looped(main) < 500_000
    finally:
        tracemalloc.stop()


# --- configurations that fail ------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [iter, streamed], ids=["plain", "asynchronous"])
@pytest.mark.parametrize("limit", [1, 3, 20])
def test_configurations_that_raise_half_way(limit: int, made: Any) -> None:
    def broken() -> Iterator[int]:
        yield from range(5)
        raise LookupError("no more")

    async def main() -> None:
        outcomes = arun(as_coroutine(abs, 3), made(broken()), limit=limit)
        assert [(await anext(outcomes)).result for _ in range(5)] == list(range(5))
        with pytest.raises(LookupError, match="no more"):
            await anext(outcomes)
        assert [outcome async for outcome in outcomes] == []

    looped(main)


def test_an_asynchronous_iterator_is_asked_by_one_at_a_time_and_not_after_its_end() -> None:
    class Source:
        def __init__(self) -> None:
            self.asked = self.at_once = 0

        def __aiter__(self) -> Source:
            return self

        async def __anext__(self) -> int:
            self.asked += 1
            self.at_once += 1
            assert self.at_once == 1
            await asyncio.sleep(0)
            self.at_once -= 1
            if self.asked > 5:
                raise StopAsyncIteration
            return self.asked

    source = Source()
    assert [outcome.result for outcome in listed(as_coroutine(abs), source, limit=4)] == [1, 2, 3, 4, 5]
    assert source.asked == 6


# --- leaving ---------------------------------------------------------------------------------------------


class Watched:
    """A coroutine function that notes what begins, and what ends how."""

    def __init__(self, seconds: float = HANG_SECONDS) -> None:
        self.seconds = seconds
        self.begun: list[int] = []
        self.ended: list[tuple[int, str]] = []

    async def __call__(self, n: int) -> int:
        self.begun.append(n)
        try:
            await asyncio.sleep(self.seconds if n else 0)
        except asyncio.CancelledError:
            await asyncio.sleep(0.001)  # cleans up
            self.ended.append((n, "cancelled"))
            raise
        self.ended.append((n, "done"))
        return n


@pytest.mark.parametrize("made", [iter, streamed], ids=["plain", "asynchronous"])
def test_leaving_early_cancels_and_awaits(made: Any) -> None:
    async def main() -> None:
        for leave in ("break", "aclose", "error"):
            watched = Watched()
            outcomes = arun(watched, made(count()), limit=4)
            try:
                async with outcomes:
                    assert (await anext(outcomes)).result == 0
                    await wait_until_async(lambda: len(watched.begun) > 3)  # noqa: B023  # of this round
                    assert find_other_tasks() != set()
                    if leave == "aclose":
                        await outcomes.aclose()
                    assert leave != "error"
            except AssertionError:
                assert leave == "error"
            assert len(watched.begun) == len(watched.ended) > 3
            assert find_other_tasks() == set()
            gc.collect()  # finds the streams of the rounds before,
            await asyncio.sleep(0)  # and now they are being closed
            assert find_other_tasks() == set()

    looped(main)


def test_a_loop_that_is_left_without_closing_is_closed_by_the_collector() -> None:
    async def main() -> None:
        watched = Watched()
        async for outcome in arun(watched, count()):
            assert outcome.result == 0
            break
        gc.collect()
        await wait_until_async(lambda: not find_other_tasks())
        assert len(watched.begun) == len(watched.ended)

    looped(main)


def test_cancelling_whoever_iterates_cancels_what_runs_and_awaits_it() -> None:
    async def consume(watched: Watched) -> None:
        async with arun(watched, count(), limit=3) as outcomes:
            async for _ in outcomes:
                pass

    async def main() -> None:
        watched = Watched()

        async def expire(limit: asyncio.Timeout) -> None:
            await wait_until_async(lambda: watched.begun)
            limit.reschedule(0)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(None) as limit:
                expiring = asyncio.create_task(expire(limit))
                await consume(watched)
        await expiring
        assert len(watched.begun) == len(watched.ended) > 0

        async def fails_soon() -> None:
            await wait_until_async(lambda: watched.begun)
            raise LookupError

        with pytest.raises(ExceptionGroup) as raised:
            async with asyncio.TaskGroup() as group:
                group.create_task(consume(watched := Watched()))
                group.create_task(fails_soon())
        assert [type(error) for error in raised.value.exceptions] == [LookupError]
        assert len(watched.begun) == len(watched.ended) > 0

    looped(main)


def test_a_second_cancellation_while_the_first_is_awaited() -> None:
    async def main() -> None:
        watched = Watched()
        cleaning = asyncio.Event()

        async def slow_to_end(n: int) -> None:
            try:
                await watched(1)
            finally:
                cleaning.set()
                await asyncio.sleep(0.02)

        async def consume() -> None:
            async with arun(slow_to_end, [1, 2]) as outcomes:
                await anext(outcomes)

        task = asyncio.create_task(consume())
        await wait_until_async(lambda: watched.begun)
        task.cancel()
        await cleaning.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    looped(main)


@pytest.mark.parametrize("swallow", [2, 10**9])
def test_a_task_that_swallows_its_cancellation(
    swallow: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("spearmint_fp.tasks.asyncio_tasks.CANCEL_SECONDS", 0.02)
    swallowed: list[int] = []

    async def stubborn(n: int) -> int:
        while n and len(swallowed) < swallow:
            try:
                await asyncio.sleep(HANG_SECONDS)
            except asyncio.CancelledError:
                swallowed.append(n)
        return n

    async def main() -> None:
        async with arun(stubborn, [0, 1]) as outcomes:
            assert (await anext(outcomes)).result == 0
        assert await anext(outcomes, None) is None

    looped(main)
    left = [record.getMessage() for record in caplog.records if record.name == "spearmint_fp"]
    assert len(swallowed) == min(4, swallow)
    assert len(left) == (swallow > 4)
    assert all("went on after it was cancelled 4 times; it is left to itself" in message for message in left)


def test_configurations_that_swallow_their_cancellation() -> None:
    begun: list[int] = []

    async def stubborn() -> AsyncIterator[int]:
        for n in range(100):
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(HANG_SECONDS if n == 2 else 0)
            yield n

    async def main() -> None:
        async with arun(as_coroutine(begun.append), stubborn()) as outcomes:
            await anext(outcomes)
            await anext(outcomes)

    looped(main)
    assert begun == [0, 1]


def test_a_task_that_somebody_else_cancels_is_a_failure_of_its_own() -> None:
    tasks: dict[int, Any] = {}

    async def cancelled(n: int) -> int:
        tasks[n] = asyncio.current_task()
        if n == 1:
            tasks[n].cancel()
        await asyncio.sleep(0)
        return n

    async def swallowed(n: int) -> int:
        asyncio.current_task().cancel()  # type: ignore[union-attr]
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            return n
        return -1

    got = listed(cancelled, range(4), limit=1)
    assert [outcome.ok for outcome in got] == [True, False, True, True]
    assert isinstance(got[1], Failure)
    assert got[1].error.type.endswith("CancelledError")
    assert [outcome.result for outcome in listed(swallowed, range(4), limit=2)] == [0, 1, 2, 3]


def test_when_everything_but_the_iteration_is_cancelled_it_ends() -> None:
    async def main() -> None:
        outcomes = arun(Watched(), count(1), limit=2)
        first = asyncio.ensure_future(anext(outcomes))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for task in find_other_tasks() - {first}:
            task.cancel()
        assert not (await first).ok
        with pytest.raises(RunError, match="somebody cancelled the task"):
            async for outcome in outcomes:
                assert not outcome.ok

    looped(main)


def test_an_event_loop_that_ends_first() -> None:
    """Whatever was not closed is cancelled, not awaited for ever."""
    watched = Watched()
    kept: list[AsyncOutcomes[int, int]] = []

    async def main() -> None:
        kept.append(arun(watched, count(), limit=3))
        await anext(kept[0])

    asyncio.run(main())
    assert len(watched.begun) == len(watched.ended)


# --- interrupts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [as_coroutine, lambda fn: fn], ids=["coroutines", "threads"])
def test_an_interrupt_inside_a_task_is_nobodys_failure(made: Any) -> None:
    watched = Watched()

    def stop(n: int) -> int:
        if n == 1:
            raise KeyboardInterrupt
        return n

    async def main() -> None:
        async with arun(made(stop), range(5), limit=1) as outcomes:
            async for outcome in outcomes:
                assert outcome.ok

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert watched.begun == []


ENDLESS = """
cancelled = []
async def task(n):
    os.write(1, b"begun\\n")
    while True:
        try:
            await asyncio.sleep(HANG_SECONDS)
        except asyncio.CancelledError:
            cancelled.append(n)
            if not {stubborn}:
                raise
def blocking(n):
    os.write(1, b"begun\\n")
    time.sleep(HANG_SECONDS)
async def main():
    async for outcome in arun({fn}, range(2)):
        pass
try:
    asyncio.run(main())
except KeyboardInterrupt:
    tell(cancelled=sorted(cancelled))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fn", "stubborn", "cancelled"),
    [("task", False, [0, 1]), ("task", True, [0, 0, 0, 0, 1, 1, 1, 1]), ("blocking", False, [])],
)
def test_ctrl_c_ends_it_soon(fn: str, stubborn: bool, cancelled: list[int]) -> None:
    program = started(ENDLESS.format(fn=fn, stubborn=stubborn))
    assert program.stdout is not None
    assert [program.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
    program.send_signal(signal.SIGINT)
    assert finished(program) == {"cancelled": cancelled}


# --- the iterator ----------------------------------------------------------------------------------------


def test_the_number_of_outcomes_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    async def main() -> None:
        outcomes = arun(as_coroutine(abs), range(3))
        assert (len(outcomes), bool(outcomes)) == (3, True)
        await anext(outcomes)
        assert (len(outcomes), repr(outcomes)) == (3, "<1 outcomes of a run so far>")
        assert [outcome.index async for outcome in outcomes] == [1, 2]
        assert (len(outcomes), bool(outcomes)) == (3, True)
        assert aiter(outcomes) is outcomes
        for uncounted in (iter([1]), streamed([1]), expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})):
            with pytest.raises(TypeError, match=r"no len\(\)"):
                len(arun(repr, uncounted))
        shown = tqdm.asyncio.tqdm(arun(as_coroutine(abs), range(3)))
        assert shown.total == 3
        assert [outcome.result async for outcome in shown] == [0, 1, 2]

    looped(main)
    assert "3/3" in capsys.readouterr().err


def test_the_helpers_take_what_was_gathered() -> None:
    got = listed(as_coroutine(lambda n: 6 // n), [1, 0, 2], ordered=False)
    assert [outcome.index for outcome in collect(got)] == [0, 1, 2]
    assert best(lambda success: success.result, got).config == 1
    assert len(list(failures(got))) == 1


def test_what_was_never_iterated_warns_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        arun(as_coroutine(abs), range(3))
        arun(abs, streamed(range(3)), progress=True)
        stop_when(bool, arun(abs, range(3)))
        arun(abs, [])
        await arun(abs, range(3)).aclose()
        async with arun(abs, range(3)):
            pass
        finishing = arun(abs, range(3))
        finishing.finish()
        assert len(arun(abs, range(3))) == 3
        gc.collect()

    def drop_all() -> None:
        arun(as_coroutine(abs), range(3))
        gc.collect()
        looped(main)

    gc.collect()
    caplog.clear()  # of what earlier tests have left to itself
    with pytest.warns(RuntimeWarning) as warned, caplog.at_level(logging.DEBUG):
        drop_all()
    assert [str(one.message).partition(":")[0] for one in warned] == ["arun(...) was never iterated"] * 4
    assert [record for record in caplog.records if "selector" not in record.getMessage()] == []


def test_wrong_arguments() -> None:
    wrong: Any
    for wrong, says in [
        ({"fn": 3}, r"arun takes a function and configurations; got 3 \(int\) as the function"),
        ({"configs": {"a": 1}}, r"arun takes an iterable of configurations; got \{'a': 1\}.*Use expand\(tree\)"),
        ({"configs": DynamicValue([1])}, r"Use expand\(tree\)"),
        ({"configs": "gpt-4"}, r"Use expand\(tree\)"),
        ({"in_flight": 0}, "in_flight is how many configurations may be in flight, above 0; got 0"),
        *(({"limit": bad}, "^limit is how many may run at the same time, above 0; got ")
          for bad in (0, -1, True, None, 1.5, "4", float("inf"))),
    ]:  # fmt: skip
        options: Any = {"fn": abs, "configs": [1], **wrong}
        with pytest.raises(ArgumentError, match=says):
            arun(**options)
    with pytest.raises(ArgumentError, match=r"arun takes an iterable of configurations; got 3 \(int\). Use \[config\]"):
        arun(abs, 3)  # type: ignore[call-overload]


# --- errors that tasks share ---------------------------------------------------------------------------------


def test_tasks_that_raise_one_stored_error_do_not_end_one_another() -> None:
    """Its traceback has the frames of coroutines that go on: nobody may close those."""
    stored = ValueError("stored")
    log: list[str] = []
    kept: list[Any] = []

    async def task(n: int) -> None:
        big = type("Big", (), {})()
        kept.append(weakref.ref(big))
        try:
            raise stored
        finally:
            await asyncio.sleep(0)
            log.append(f"cleaned up {n}")

    async def caller() -> list[Any]:
        numbers = iter_numbers()
        first = next(numbers)
        outcomes = [outcome async for outcome in arun(task, range(20), limit=5)]
        return [first, *numbers, outcomes]

    def iter_numbers() -> Any:
        yield from range(3)

    *numbers, outcomes = asyncio.run(asyncio.wait_for(caller(), 60))
    assert numbers == [0, 1, 2]
    assert [outcome.error.message for outcome in outcomes] == ["stored"] * 20
    assert sorted(log) == sorted(f"cleaned up {n}" for n in range(20))
    stored.__traceback__ = None  # it is kept here, by the test itself
    gc.collect()
    assert [ref() for ref in kept] == [None] * 20


def test_a_generator_of_the_callers_that_a_task_shares_goes_on() -> None:
    def numbers() -> Any:
        for n in range(10):
            try:
                yield n
            except ValueError:
                yield -1

    shared = numbers()

    async def task(n: int) -> int:
        if n % 2:
            return int(shared.throw(ValueError(n)))
        await asyncio.sleep(0)
        next(shared)
        raise KeyError(n)

    async def caller() -> list[Any]:
        return [outcome async for outcome in arun(task, range(4), limit=1)]

    outcomes = asyncio.run(asyncio.wait_for(caller(), 60))
    assert [outcome.ok for outcome in outcomes] == [False, True, False, True]
    assert next(shared) == 2


# --- where nothing can run ---------------------------------------------------------------------------------------


def _driven(coroutine: Any) -> None:
    """Drive a coroutine by hand, as no event loop would."""
    try:
        coroutine.send(None)
    finally:
        coroutine.close()


async def _asked() -> None:
    async for _ in arun(abs, [1]):
        pass


async def _limited() -> None:
    await timed_out(1)(asyncio.sleep)(0)


@pytest.mark.parametrize("coroutine", [_asked, _limited])
def test_another_librarys_event_loop_is_named_with_the_way_out(coroutine: Any) -> None:
    with pytest.raises(RunError, match=r"needs an event loop of asyncio; the one that runs here is trio's.*run_sync"):
        trio.run(coroutine)
    with pytest.raises(RunError, match=r"needs an event loop of asyncio; none runs here. Use asyncio.run"):
        _driven(coroutine())


def test_the_way_out_of_trio_is_one() -> None:
    async def main() -> Any:
        return await trio.to_thread.run_sync(collect, run(abs, [-1, 2]))

    assert [outcome.result for outcome in trio.run(main)] == [1, 2]


@pytest.mark.parametrize("with_journal", [False, True])
@pytest.mark.parametrize("fn", [abs, lambda n: n, asyncio.sleep])
def test_no_more_threads(fn: Any, with_journal: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if fn is asyncio.sleep and not with_journal:
        return  # it takes none

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def main() -> None:
        monkeypatch.setattr(threading.Thread, "start", start)
        with Journal(tmp_path / "runs.db", name="work") as journal:
            async for _ in arun(fn, range(3), journal=journal if with_journal else None):
                pass

    with pytest.raises(RunError, match=r"a thread cannot be started: can't start new thread. Run fewer"):
        asyncio.run(main())

    async def nested() -> Any:
        return list(run(asyncio.sleep, [0]))

    [outcome] = asyncio.run(nested())
    assert "a thread cannot be started" in outcome.error.message


def test_a_task_that_somebody_cancels_says_how_long_it_took() -> None:
    async def main() -> Any:
        async def task(_: int) -> None:
            current: Any = asyncio.current_task()
            asyncio.get_running_loop().call_later(0.05, current.cancel)
            await asyncio.Event().wait()

        [outcome] = [outcome async for outcome in arun(task, [1])]
        return outcome

    assert 0.04 < asyncio.run(main()).seconds < LIMIT_SECONDS
