"""A run that ends early, by an interrupt or by its caller, and one that goes on for long."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from tests.tasks.signals import send_signal
from tests.workers.programs import find_group, finished, list_running, seen, started

pytestmark = pytest.mark.slow

CTRL_C = {
    "serial": "None",
    "threads": "threads(2)",
    "forkserver": "processes(2)",
    "spawn": 'processes(2, start_method="spawn")',
    "fork": 'processes(2, start_method="fork")',
    "thread pool": "ThreadPoolExecutor(2)",
    "process pool": 'ProcessPoolExecutor(2, mp_context=get_context("forkserver"))',
    "dask": "dask_cluster(dask_client())",
    "ray": "ray_ready()",
}


@pytest.mark.parametrize("name", CTRL_C)
def test_ctrl_c_stops_soon_and_leaves_nothing(name: str) -> None:
    """The whole group is interrupted, as a terminal does it, with a million tasks to come."""
    program = started(
        f"""
        executor = {CTRL_C[name]}
        given = []
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            for outcome in run(lambda n: time.sleep(0.1) or n, range(10**6), executor=executor, in_flight=64):
                given.append(outcome.ok)
                if len(given) == 1:
                    print("running", flush=True)
        except KeyboardInterrupt:
            tell(given=all(given) and 0 < len(given) < 10**6)
        shut_down()
        if hasattr(executor, "shutdown"):
            # An interrupt inside `submit` can leave a ProcessPoolExecutor with a call that it never hands to a worker,
            # and for which a plain `shutdown` waits for ever (CPython). The run itself has nothing left to cancel.
            executor.shutdown(cancel_futures=True)
        """,
        group=True,
    )
    assert program.stdout is not None
    if program.stdout.readline() == "running\n":  # otherwise it says why
        os.killpg(program.pid, signal.SIGINT)
    got = finished(program)
    assert got["given"]
    assert list_running(lambda: [pid for pid in psutil.pids() if find_group(pid) == program.pid]) == []


def test_ctrl_c_while_a_thread_hangs() -> None:
    """Nothing can end a thread: it is left behind, and does not keep the program."""
    program = started(
        """
        def task(n):
            print("running", flush=True)
            time.sleep(HANG_SECONDS)
        try:
            list(run(task, [1], executor=threads(1)))
        except KeyboardInterrupt:
            tell(interrupted=True)
        """
    )
    assert send_signal(program, signal.SIGINT) == {"interrupted": True}


def test_ctrl_c_of_a_plain_function_under_arun() -> None:
    program = started(
        """
        async def main():
            async for _ in arun(lambda n: print("running", flush=True) or time.sleep(HANG_SECONDS), [1]):
                pass
        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            tell(interrupted=True)
        """
    )
    assert send_signal(program, signal.SIGINT) == {"interrupted": True}


def test_an_interrupt_inside_a_task_ends_the_run_and_is_nobodys_failure() -> None:
    got = seen(
        """
        def task(n):
            if n == 30:
                raise KeyboardInterrupt
            return n
        given = []
        try:
            for outcome in run(task, range(100), executor=processes(2), in_flight=4):
                given.append(outcome.ok)
        except KeyboardInterrupt:
            tell(given=all(given), interrupted=True, left=left())
        """
    )
    assert got == {"given": True, "interrupted": True, "left": 0}


def test_closing_early_leaves_no_process_and_no_thread() -> None:
    got = seen(
        """
        closed = []
        for executor in (threads(2), *(processes(2, start_method=m) for m in ("forkserver", "spawn", "fork"))):
            with run(lambda n: time.sleep(0.01) or n, count(), executor=executor) as outcomes:
                next(outcomes)
            closed.append((left(), threading.active_count()))
        tell(closed=closed)
        """
    )
    assert got["closed"] == [[0, 1]] * 4


def test_an_outer_cancel_and_a_task_that_swallows_its_own() -> None:
    got = seen(
        """
        begun, ended = [], []
        async def task(n):
            begun.append(n)
            try:
                await asyncio.sleep(HANG_SECONDS)
            except asyncio.CancelledError:
                ended.append(n)
                if n == 1:
                    await asyncio.sleep(0.1)
                    return "swallowed"
                raise

        async def whole():
            async with arun(task, range(100), limit=3) as outcomes:
                async for _ in outcomes:
                    pass

        async def main():
            async def expire(limit):
                await wait_until_async(lambda: len(begun) == 3)
                limit.reschedule(0)
            try:
                async with asyncio.timeout(None) as limit:
                    expiring = asyncio.create_task(expire(limit))
                    await whole()
            except TimeoutError:
                await expiring
                tell(ended=sorted(set(ended)), left=len(asyncio.all_tasks()) - 1)

        asyncio.run(main())
        """
    )
    assert got == {"ended": [0, 1, 2], "left": 0}


def test_a_process_that_the_caller_forks_leaves_the_run_alone() -> None:
    got = seen(
        """
        seen = []
        for executor in (processes(2), processes(2, start_method="fork"), threads(2), ThreadPoolExecutor(2)):
            outcomes = run(lambda n: time.sleep(0.02) or n, range(20), executor=executor)
            first = next(outcomes)
            if not (child := os.fork()):
                outcomes.close()
                os._exit(0)
            os.waitpid(child, 0)
            rest = list(outcomes)
            seen.append([len(rest), max(o.attempts for o in rest)])
        tell(seen=seen)
        os._exit(0)
        """
    )
    assert got == {"seen": [[19, 1]] * 4}


def test_a_slow_consumer_and_a_million_configurations_stopped_after_ten() -> None:
    got = seen(
        """
        import resource
        pulled = 0
        def configs():
            global pulled
            for pulled in range(1, 10**6 + 1):
                yield {"n": pulled}
        most = 0
        with run(lambda c: c["n"], configs(), executor=processes(2), in_flight=32) as outcomes:
            for given, outcome in enumerate(islice(outcomes, 10), 1):
                time.sleep(0.05)
                most = max(most, pulled - given)
        tell(pulled=pulled, most=most, left=left())
        """
    )
    assert got["pulled"] <= 10 + 32
    assert got["most"] <= 32
    assert got["left"] == 0


@pytest.mark.parametrize("executor", ["None", "threads(2)", "processes(2)"])
def test_a_million_in_flat_memory(executor: str) -> None:
    """In a window of 2,000, so that a worker which the machine holds up lets no more than that pile up."""
    got = seen(
        f"""
        import resource
        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        sweep = expand({{x: DynamicValue(range(10)) for x in "abcdef"}})[:300_000]
        outcomes = run(lambda c: 1, sweep, executor={executor}, in_flight=2_000)
        for outcome in islice(outcomes, 100_000):
            pass
        before = peak()
        left = sum(1 for _ in outcomes)
        tell(left=left, grown=(peak() - before) / 1024)
        """
    )
    assert got["left"] == 200_000
    assert got["grown"] < 12  # MB
