"""Faults: each in a program of its own, with a hard limit of time and a dump of every stack where it hangs.

A program prints what it saw, as JSON, on its last line. `ROOT` is on its path, and `__main__` is the program itself,
so what it defines goes to workers as a user's own script would send it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import LIMIT_SECONDS, wait_until

ROOT = Path(__file__).parent.parent.parent
BEFORE = """
import asyncio, contextlib, faulthandler, json, os, random, signal, sys, threading, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import count, islice
from multiprocessing import get_context
import psutil
from spearmint_fp import *
from tests.running.executors import *
from tests.waiting import *

def tell(**seen):
    print(json.dumps(seen), flush=True)

def workers():
    return [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]

def left():
    # what is still there when the workers have had the time to end that a busy machine takes
    wait_until(lambda: not workers(), "the end of all workers")
    return len(workers())

def rising(n):
    return expand({"n": DynamicValue(range(n))})
"""


def started(code: str, limit: float = LIMIT_SECONDS, group: bool = False) -> subprocess.Popen[str]:
    """A program at work, ended, its stacks printed, if it hangs; `group` gives it a process group of its own."""
    watch = f"import faulthandler; faulthandler.dump_traceback_later({limit}, exit=True)\n"
    program = watch + BEFORE + textwrap.dedent(code)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        process_group=0 if group else None,
    )


def finished(program: subprocess.Popen[str]) -> dict[str, Any]:
    """What it saw; its errors, or the stacks at which it hung, are the test's own failure."""
    try:
        out, err = program.communicate(timeout=LIMIT_SECONDS + 60)
    except subprocess.TimeoutExpired:
        program.kill()
        raise
    if "Skipped: Ray" in err:
        pytest.skip(err.rpartition("Skipped: ")[2])
    assert program.returncode == 0, err
    told: dict[str, Any] = json.loads([line for line in out.splitlines() if line.startswith("{")][-1])
    return told


def seen(code: str) -> dict[str, Any]:
    return finished(started(code))


# --- workers that end ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["forkserver", "spawn", "fork"])
def test_a_task_that_kills_its_worker_once_in_a_thousand(method: str, tmp_path: Path) -> None:
    got = seen(
        f"""
        fn = lambda c: kill_once({str(tmp_path)!r}, c.n, 1000)
        outcomes = collect(run(fn, rising(3000), executor=processes(2, start_method={method!r}), ordered=False))
        twice = [o.config.n for o in outcomes if o.attempts > 1]
        tell(results=[o.result for o in outcomes] == list(range(3000)), twice=twice)
        """
    )
    assert got == {"results": True, "twice": [999, 1999, 2999]}
    calls = [int(line) for line in (tmp_path / "calls").read_text().splitlines()]
    assert sorted(calls) == sorted([*range(3000), 999, 1999, 2999])


def test_a_worker_that_ends_at_17_of_100_costs_17() -> None:
    got = seen(
        """
        fn = lambda c: os._exit(3) if c.n == 17 else c.n
        outcomes = collect(run(fn, rising(100), executor=processes(2)))
        failed = [(o.config.n, o.attempts, o.error.type, o.error.message) for o in outcomes if not o.ok]
        tell(done=[o.result for o in outcomes if o.ok] == [n for n in range(100) if n != 17], failed=failed)
        """
    )
    assert got["done"]
    assert got["failed"] == [
        [17, 3, "spearmint_fp.configuration.errors.WorkerError", got["failed"][0][3]],
    ]
    assert "exit code 3, 3 times of 3" in got["failed"][0][3]


def test_the_failure_of_a_task_whose_workers_end_says_how_long_it_took() -> None:
    got = seen(
        """
        fn = lambda n: os._exit(3) if time.sleep(0.1) or n == 2 else n
        outcomes = [*run(fn, range(4), executor=processes(1))]
        with ProcessPoolExecutor(1) as pool:
            never_sent = next(run(fn, [threading.Lock()], executor=pool))
        tell(ok=[o.ok for o in outcomes], seconds=outcomes[2].seconds, never_sent=never_sent.seconds)
        """
    )
    assert got["ok"] == [True, True, False, True]
    assert got["seconds"] >= 3 * 0.1
    assert got["never_sent"] == 0.0


def test_the_signal_that_ended_a_worker_is_named() -> None:
    got = seen(
        """
        fn = lambda n: os.kill(os.getpid(), signal.SIGSEGV) if n == 1 else n
        outcomes = collect(run(fn, range(3), executor=processes(1, deaths=1)))
        tell(ok=[o.ok for o in outcomes], message=outcomes[1].error.message)
        """
    )
    assert got["ok"] == [True, False, True]
    assert "killed by SIGSEGV" in got["message"]


def test_how_a_worker_ended_is_told_right_where_the_news_of_it_is_late() -> None:
    """As on a busy machine: what has been killed, or has ended, is seen to have ended half a second later."""
    got = seen(
        """
        from spearmint_fp.workers import fork_server, processes as started
        killed, kill, poll = {}, started.Process.signal, fork_server._ForkedProcess._poll
        def noted(process, number):
            killed.setdefault(process.pid, time.monotonic())
            kill(process, number)
        def late(process):
            return None if time.monotonic() < killed.get(process.pid, 0) + 0.5 else poll(process)
        started.Process.signal, fork_server._ForkedProcess._poll = noted, late
        fn = lambda n: os._exit(3) if n == 1 else n
        outcomes = list(run(fn, range(3), executor=processes(1, deaths=1)))
        tell(ok=[o.ok for o in outcomes], message=outcomes[1].error.message)
        """
    )
    assert got["ok"] == [True, False, True]
    assert "exit code 3, 1 times of 1" in got["message"]


def test_random_kills_lose_nothing() -> None:
    got = seen(
        """
        def big(n):
            return os.getpid(), bytes([n % 256]) * 500_000

        killed, chance = set(), random.Random(7)
        good = total = 0
        for outcome in run(big, range(1500), executor=processes(2, deaths=50), ordered=False, in_flight=16):
            total += 1
            worker, content = outcome.result
            good += content == bytes([outcome.config % 256]) * 500_000
            if chance.random() < 0.04 and worker not in killed:  # wherever it is by now in what it does next
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                    killed.add(worker)
        tell(total=total, good=good, killed=len(killed) > 10)
        """
    )
    assert got == {"total": 1500, "good": 1500, "killed": True}


def test_the_process_that_forks_workers_is_killed() -> None:
    got = seen(
        """
        outcomes = run(lambda n: time.sleep(0.005) or n, range(200), executor=processes(2))
        first = next(outcomes)
        [nursery] = psutil.Process().children()
        nursery.kill()
        rest = list(outcomes)
        tell(results=[o.result for o in [first, *rest] if o.ok] == list(range(200)))
        """
    )
    assert got == {"results": True}


def test_what_a_task_starts_ends_with_its_worker() -> None:
    got = seen(
        """
        import subprocess
        def child(n):
            subprocess.Popen(["sleep", "3600"])
            return n
        done = [o.ok for o in run(child, range(4), executor=processes(2))]
        tell(done=done, left=left())
        """
    )
    assert got == {"done": [True] * 4, "left": 0}


# --- the parent ends -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent(number: int) -> None:
    """Under each start method, whether their tasks sleep or have started processes of their own."""
    code = """
        import subprocess
        def name(process):
            with contextlib.suppress(psutil.NoSuchProcess):
                return process.name()
            return ""
        def forever(n):
            subprocess.Popen(["sleep", "3601"])
            time.sleep(HANG_SECONDS)
        outcomes = run(forever, range(2), executor=processes(2, start_method={method!r}))
        threading.Thread(target=next, args=(outcomes,), daemon=True).start()
        wait_until(lambda: sum("sleep" in name(p) for p in workers()) == 2)
        tell(pids=[p.pid for p in workers()])
        time.sleep(HANG_SECONDS)
        """
    programs = [started(code.format(method=method)) for method in ("forkserver", "spawn", "fork")]
    pids: list[int] = []
    for program in programs:
        assert program.stdout is not None
        pids += json.loads(program.stdout.readline())["pids"]
        program.send_signal(number)
        program.communicate(timeout=LIMIT_SECONDS)
    assert len(pids) >= 3 * 4
    assert _left(lambda: pids) == []


def _left(pids: Callable[[], list[int]]) -> list[int]:
    """The processes that are still there when they have had the time to end that a busy machine takes."""
    wait_until(lambda: not any(map(_alive, pids())), "the end of all processes")
    return list(filter(_alive, pids()))


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


# --- what does not travel ----------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", ["processes(2)", 'ProcessPoolExecutor(2, mp_context=get_context("spawn"))'])
def test_exceptions_and_results_that_do_not_travel_break_no_pool(executor: str) -> None:
    got = seen(
        f"""
        tasks = [lambda: NeedsTwo, lambda: KeywordOnly]
        def task(n):
            match n % 8:
                case 0: raise NeedsTwo("one", "two")
                case 1: raise KeywordOnly(code=n)
                case 2: return threading.Lock()
                case 3: return Unopenable()
                case 4: raise SystemExit(4)
                case 5: raise MemoryError("none left")
                case 6: raise Locked()
                case _: return n
        executor = {executor}
        outcomes = collect(run(task, range(40), executor=executor))
        tell(ok=[o.config for o in outcomes if o.ok], kinds=[o.error.type.rpartition(".")[2] for o in outcomes[:7]])
        getattr(executor, "shutdown", bool)()
        """
    )
    assert got["ok"] == [7, 15, 23, 31, 39]
    kinds = ["NeedsTwo", "KeywordOnly", "TransferError", "TransferError", "SystemExit", "MemoryError", "Locked"]
    assert got["kinds"] == kinds


def test_a_function_that_does_not_travel_is_an_error_before_any_task(tmp_path: Path) -> None:
    got = seen(
        f"""
        lock = threading.Lock()
        def task(n):
            open({str(tmp_path / "ran")!r}, "w").close()
            return lock
        try:
            list(run(lambda n, lock=lock: task(n), range(3), executor=processes(2)))
        except TransferError as error:
            tell(message=str(error), left=left())
        """
    )
    assert "cannot be sent to another process" in got["message"]
    assert got["left"] == 0
    assert not (tmp_path / "ran").exists()


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


# --- what hangs --------------------------------------------------------------------------------------------


def test_a_task_that_hangs_is_over_in_seconds() -> None:
    """None of its own accord: each would outlast the program."""
    got = seen(
        """
        @timed_out(1)
        def hangs(n):
            if n == 3:
                time.sleep(HANG_SECONDS)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
            10 ** 10 ** 9  # holds the interpreter, and hears no signal
        outcomes = collect(run(lambda n: hangs(n) if n in (3, 5) else n, range(8), executor=processes(2)))
        tell(ok=[o.ok for o in outcomes], message=outcomes[3].error.message)
        """
    )
    assert got["ok"] == [True, True, True, False, True, False, True, True]
    assert got["message"] == "took longer than 1 s"


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


# --- async -------------------------------------------------------------------------------------------------


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


# --- Ctrl-C ------------------------------------------------------------------------------------------------

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
        getattr(executor, "shutdown", bool)()
        """,
        group=True,
    )
    assert program.stdout is not None
    if program.stdout.readline() == "running\n":  # otherwise it says why
        os.killpg(program.pid, signal.SIGINT)
    got = finished(program)
    assert got["given"]
    assert _left(lambda: [pid for pid in psutil.pids() if _group(pid) == program.pid]) == []


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def _ends_soon_when_interrupted(program: subprocess.Popen[str]) -> None:
    assert program.stdout is not None
    assert program.stdout.readline() == "running\n"
    program.send_signal(signal.SIGINT)
    assert finished(program) == {"interrupted": True}


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
    _ends_soon_when_interrupted(program)


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
    _ends_soon_when_interrupted(program)


# --- clusters ----------------------------------------------------------------------------------------------


def test_a_dask_worker_is_killed_in_the_middle() -> None:
    got = seen(
        """
        client = dask_client()
        outcomes = run(lambda c: time.sleep(0.005) or c.n, rising(600), executor=dask_cluster(client))
        given = [next(outcomes) for _ in range(20)]
        pids = client.run(os.getpid)
        os.kill(next(iter(pids.values())), signal.SIGKILL)
        given += outcomes
        tell(results=[o.result for o in given if o.ok] == list(range(600)), total=len(given))
        shut_down()
        """
    )
    assert got == {"results": True, "total": 600}


@pytest.mark.parametrize("name", ["dask", "ray"])
def test_a_configuration_that_ends_workers_of_a_cluster_costs_itself(name: str) -> None:
    got = seen(
        f"""
        fn = lambda c: os._exit(3) if c.n == 17 else c.n
        outcomes = collect(run(fn, rising(100), executor={CTRL_C[name]}))
        tell(failed=[(o.config.n, o.error.type.rpartition(".")[2]) for o in outcomes if not o.ok],
             done=sum(o.ok for o in outcomes))
        shut_down()
        """
    )
    assert got == {"failed": [[17, "WorkerError"]], "done": 99}


# --- what hostile testing found ----------------------------------------------------------------------------


def test_a_caller_without_standard_streams() -> None:
    """Pipes get the numbers of streams that the caller has closed, if nobody takes care."""
    got = seen(
        """
        told = os.dup(1)
        sys.stdout = sys.stderr = sys.stdin = None  # as in a program that is started without them
        for stream in range(3):
            os.close(stream)
        right = [
            [o.result for o in run(lambda n: print(n) or n, range(6), executor=processes(2, start_method=m)) if o.ok]
            == list(range(6))
            for m in ("forkserver", "spawn", "fork")
        ]
        os.write(told, json.dumps({"right": right}).encode())
        os._exit(0)
        """
    )
    assert got == {"right": [True] * 3}


def test_tasks_that_close_the_standard_streams_cost_no_worker() -> None:
    got = seen(
        """
        def task(n):
            sys.stdout.close()
            sys.stderr = None
            return os.getpid()
        outcomes = list(run(task, range(30), executor=processes(1)))
        tell(workers=len({o.result for o in outcomes}), attempts=max(o.attempts for o in outcomes))
        """
    )
    assert got == {"workers": 1, "attempts": 1}


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


def test_what_a_task_forks_may_fork_and_open_files() -> None:
    got = seen(
        """
        def task(n):
            if not (child := os.fork()):
                files = [open(os.devnull) for _ in range(12)]
                if not (grandchild := os.fork()):
                    os._exit(sum(not os.path.exists(f"/dev/fd/{f.fileno()}") for f in files))
                os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        tell(lost=[[o.result for o in run(task, range(2), executor=processes(1, start_method=m))]
                   for m in ("forkserver", "fork")])
        """
    )
    assert got == {"lost": [[0, 0], [0, 0]]}


def test_runs_at_the_same_time_do_not_hold_each_other_up() -> None:
    """A worker that is forked meanwhile has the ends of all pipes; the end of a run must not wait for theirs."""
    got = seen(
        """
        one = run(abs, range(20), executor=processes(2))
        two = run(abs, range(20), executor=processes(2, start_method="fork"))
        three = run(abs, range(20), executor=processes(2, start_method="fork"))
        for outcomes in (one, two, three):
            next(outcomes)
        from spearmint_fp.workers import process_pool, processes as started
        assert started.monotonic is process_pool.monotonic is time.monotonic
        started.monotonic = process_pool.monotonic = lambda: 0.0  # no limit is ever reached
        tell(given=[len(list(one)), len(list(two))], rest=len(list(three)))
        """
    )
    assert got == {"given": [19, 19], "rest": 19}


def test_a_caller_that_ignores_its_children_and_has_odd_paths() -> None:
    got = seen(
        """
        from pathlib import Path
        sys.path.append(Path("/tmp"))
        sys.argv[1:] = ["x" * 1000] * 300
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        fn = lambda n: os._exit(2) if n == 3 else len(sys.argv)
        outcomes = list(run(fn, range(6), executor=processes(2)))
        tell(ok=[o.result for o in outcomes if o.ok], message=outcomes[3].error.message)
        """
    )
    assert got["ok"] == [301] * 5
    assert "exit code 2, 3 times of 3" in got["message"]


@pytest.mark.parametrize("method", ["forkserver", "spawn", "fork"])
def test_too_few_open_files_say_so_and_leak_none(method: str) -> None:
    got = seen(
        f"""
        import resource
        list(run(abs, [1], executor=processes(1, start_method={method!r})))
        before = len(os.listdir("/proc/self/fd"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (before + 9, before + 9))
        try:
            list(run(lambda n: time.sleep(0.05), range(99), executor=processes(9, start_method={method!r})))
        except RunError as error:
            tell(message=str(error), leaked=len(os.listdir("/proc/self/fd")) - before)
        """
    )
    assert "of 9 cannot be started: [Errno 24] Too many open files. Take fewer, processes(n)" in got["message"]
    assert got["leaked"] == 0


def test_a_dask_client_that_is_closed_and_a_cluster_that_is_not_there() -> None:
    got = seen(
        """
        import dask, distributed
        cluster = distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None)
        client = distributed.Client(cluster, set_as_default=False)
        client.close()
        dask.config.set({"distributed.comm.timeouts.connect": "300ms"})
        errors = []
        for where in (client, "tcp://127.0.0.1:9", "nowhere"):
            try:
                list(run(abs, [1], executor=dask_cluster(where)))
            except RunError as error:
                errors.append(str(error))
        cluster.close()
        tell(errors=errors)
        """
    )
    assert len(got["errors"]) == 3
    closed, *unreachable = got["errors"]
    assert "the client of Dask is closed; keep it open" in closed
    for error in unreachable:
        assert error.startswith("cannot connect to a scheduler of Dask at ")
        assert len(error) < 600
