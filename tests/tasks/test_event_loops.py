"""Coroutines from plain code: Ctrl-C ends them at once, and nothing is left behind."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import FrameType

import pytest

from spearmint_fp import retrying, run, timed_out
from spearmint_fp.tasks.event_loops import EventLoops
from tests.running.executors import OURS
from tests.tasks.signals import send_signal
from tests.waiting import HANG_SECONDS, LIMIT_SECONDS

from ..workers.programs import seen, started

COROUTINES = {
    "sleeps": "await asyncio.sleep(HANG_SECONDS)",
    "blocks": "time.sleep(HANG_SECONDS)",
    "cleans up": """
        try:
            await asyncio.sleep(HANG_SECONDS)
        finally:
            await asyncio.sleep(0)
            cleaned.append(n)""",
    "swallows its cancellation": """
        while True:
            try:
                await asyncio.sleep(HANG_SECONDS)
            except asyncio.CancelledError:
                pass""",
    "waits for a thread": "await asyncio.to_thread(event.wait, HANG_SECONDS)",
    "has a task that goes on": """
        async def goes_on():
            while True:
                try:
                    await asyncio.sleep(HANG_SECONDS)
                except asyncio.CancelledError:
                    pass
        other = asyncio.create_task(goes_on())
        await asyncio.sleep(HANG_SECONDS)""",
}


@pytest.mark.slow
@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside a loop"])
@pytest.mark.parametrize("kind", COROUTINES)
def test_ctrl_c_ends_a_serial_run_of_coroutines(kind: str, inside: bool) -> None:
    code = f"""
import logging
logging.disable()
cleaned, event = [], threading.Event()
async def task(n):
    say = lambda: print("running", flush=True)
    say() if {kind == "blocks"} else asyncio.get_running_loop().call_later(0.1, say)  # when it waits
    if True:{COROUTINES[kind] if COROUTINES[kind].startswith(chr(10)) else " " + COROUTINES[kind]}
def main():
    try:
        list(run(task, range(3)))
    except KeyboardInterrupt:
        tell(interrupted=True, cleaned=cleaned)
        event.set()
async def inside():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as a notebook has it
    main()
{"asyncio.run(inside())" if inside else "main()"}
sys.stdout.flush()
os._exit(0)
"""
    got = send_signal(started(code), signal.SIGINT)
    assert got == {"interrupted": True, "cleaned": [0] if kind == "cleans up" else []}


LEAVES = """
log = []
async def stream():
    try:
        yield 1
    finally:
        log.append("stream closed")
async def background():
    try:
        await asyncio.sleep(HANG_SECONDS)
    finally:
        log.append("task cancelled")
streams = []
async def task(n):
    streams.append(stream())
    await anext(streams[-1])
    asyncio.create_task(background())
    await asyncio.sleep(0)
    return await asyncio.to_thread(lambda: n)
"""


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["None", "threads(1)", "pool"])
@pytest.mark.parametrize("way", ["whole", "closed", "forgotten"])
def test_the_end_of_a_run_leaves_what_asyncio_run_leaves(executor: str, way: str) -> None:
    got = seen(
        f"""
import gc, logging, warnings
warnings.simplefilter("error")
sys.unraisablehook = lambda unraisable: log.append(repr(unraisable))
{LEAVES}
pool = ThreadPoolExecutor(1)
outcomes = run(task, range(2 if {way!r} == "whole" else 9), in_flight=1, executor={executor})
results = list(outcomes) if {way!r} == "whole" else list(islice(outcomes, 2))
before_end = list(log)
if {way!r} == "closed":
    outcomes.close()
del outcomes
gc.collect()
pool.shutdown()
early = [] if {way!r} == "whole" else before_end
tell(results=[o.result for o in results], early=early, log=log, threads=threading.active_count())
"""
    )
    log = ["task cancelled"] * 2 + ["stream closed"] * 2
    assert got == {"results": [0, 1], "early": [], "log": log, "threads": 1}


@pytest.mark.parametrize("method", OURS)
def test_a_worker_process_closes_its_loop_before_it_ends(method: str, tmp_path: Path) -> None:
    got = seen(
        f"""
from pathlib import Path
file = Path({str(tmp_path)!r}, "closed")
async def stream():
    try:
        yield 1
    finally:
        await asyncio.sleep(0)
        file.touch()
streams = []
async def task(n):
    if not streams:
        streams.append(stream())
        await anext(streams[-1])
    return n
outcomes = list(run(task, range(5), executor=processes(1, start_method={method!r})))
tell(results=[o.result for o in outcomes], closed=file.exists())
"""
    )
    assert got == {"results": [0, 1, 2, 3, 4], "closed": True}


def test_the_workers_of_a_live_pool_close_their_loops_when_they_end(tmp_path: Path) -> None:
    got = seen(
        f"""
from pathlib import Path
folder = Path({str(tmp_path)!r})
async def stream(n):
    try:
        yield 1
    finally:
        await asyncio.sleep(0)
        (folder / str(n)).touch()
streams = []
async def task(k, n):
    if not streams:
        streams.append(stream(k))
        await anext(streams[-1])
    return n
from functools import partial
with ProcessPoolExecutor(1, get_context("forkserver")) as pool:
    for k in range(6):
        list(run(partial(task, k), range(3), executor=pool))
tell(closed=sorted(path.name for path in folder.iterdir()))
"""
    )
    assert got == {"closed": list("012345")}


def test_a_serial_run_keeps_its_loop_whoever_asks_and_wherever() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def note(n: int) -> int:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return n

    with run(note, range(9)) as outcomes:
        next(outcomes)
        with ThreadPoolExecutor(1) as thread:
            thread.submit(next, outcomes).result()

        async def inside() -> None:
            next(outcomes)
            await asyncio.to_thread(next, outcomes)
            assert asyncio.get_running_loop() not in loops

        asyncio.run(inside())
        next(outcomes)
        assert not loops[0].is_closed()
    assert len(loops) == 5
    assert len(set(loops)) == 1
    assert loops[0].is_closed()


def test_a_run_that_is_closed_inside_a_running_loop_is_closed_in_a_thread() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    async def note(n: int) -> int:
        loops.append(asyncio.get_running_loop())
        return n

    async def inside() -> None:
        with run(note, range(9)) as outcomes:
            next(outcomes)
        assert loops[0].is_closed()
        assert len(list(run(note, range(3)))) == 3
        assert all(loop.is_closed() for loop in loops)
        assert len(set(loops)) == 2

    asyncio.run(inside())


def test_loops_may_be_closed_at_any_moment_of_a_call_by_the_thread_that_makes_it() -> None:
    """As by the garbage collector, where it finds the run; a profiler does so here, before each operation in turn."""
    used: list[asyncio.AbstractEventLoop] = []
    done: list[int] = []

    async def note() -> int:
        used.append(asyncio.get_running_loop())
        return 1

    def call(moment: int) -> int:
        """Make two calls, and have the loops closed amid the second one; how many moments it had."""
        loops, moments = EventLoops(), count()
        loops.run(note())

        def close(frame: FrameType, event: str, _: object) -> None:
            if frame.f_code is EventLoops._run_here.__code__ and next(moments) == moment:
                loops.close()

        previous = sys.getprofile()
        sys.setprofile(close)
        try:
            assert loops.run(note()) == 1
        finally:
            sys.setprofile(previous)
        loops.close()
        return next(moments)

    def call_often() -> None:
        done.extend(map(call, range(-1, 8)))

    thread = threading.Thread(target=call_often, daemon=True)  # which may hang
    thread.start()
    thread.join(LIMIT_SECONDS)
    assert len(done) == 9
    assert done[0] >= 4
    assert all(loop.is_closed() for loop in used)


def test_runs_inside_coroutines_have_loops_of_their_own() -> None:
    async def inner(n: int) -> int:
        return id(asyncio.get_running_loop())

    async def outer(n: int) -> tuple[int, int]:
        [outcome] = run(inner, [n])
        threaded = await asyncio.to_thread(lambda: next(run(inner, [n])).result)
        return id(asyncio.get_running_loop()), len({outcome.result, threaded, id(asyncio.get_running_loop())})

    outcomes = list(run(outer, range(3)))
    assert len({outcome.result[0] for outcome in outcomes}) == 1
    assert all(outcome.result[1] >= 2 for outcome in outcomes)


def test_an_error_of_a_signals_handler_is_one_configurations_own_and_the_next_goes_on() -> None:
    got = seen(
        """
        class Late(Exception): ...
        def refuse(*_):
            raise Late("late")
        log = []
        async def task(n):
            signal.signal(signal.SIGALRM, refuse)  # the task's own limit
            # when it waits
            asyncio.get_running_loop().call_soon(signal.setitimer, signal.ITIMER_REAL, 0.05 if n == 1 else 0)
            try:
                await asyncio.sleep(HANG_SECONDS if n == 1 else 0)
            except asyncio.CancelledError:
                log.append(n)
                raise
            return id(asyncio.get_running_loop())
        outcomes = list(run(task, range(3)))
        tell(ok=[o.ok for o in outcomes], cancelled=log, same=outcomes[0].result == outcomes[2].result)
        """
    )
    assert got == {"ok": [True, False, True], "cancelled": [1], "same": True}


def test_a_time_limit_and_another_try_keep_the_loop() -> None:
    loops: list[asyncio.AbstractEventLoop] = []

    @retrying(3)
    @timed_out(0.05)
    async def slow_at_first(n: int) -> int:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0 if len(loops) % 2 == 0 else HANG_SECONDS)
        return n

    outcomes = list(run(slow_at_first, range(3)))
    assert [(outcome.ok, outcome.attempts) for outcome in outcomes] == [(True, 2)] * 3
    assert len(set(loops)) == 1
