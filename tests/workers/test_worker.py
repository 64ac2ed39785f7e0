"""Worker processes serve tasks and end when they should, whatever the caller's process is like."""

from __future__ import annotations

import json
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp.workers.batches import Batch
from spearmint_fp.workers.live_executors import FuturePool
from spearmint_fp.workers.pickling import Job
from spearmint_fp.workers.wire import write_batch
from spearmint_fp.workers.worker import MOST_ANSWER_BYTES, answer_batch
from tests.running.executors import OURS
from tests.waiting import LIMIT_SECONDS
from tests.workers.programs import list_running, seen, started

VARIANTS = """
        import logging
        logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
        @experiment(configs=[{{"k": DynamicValue(range(4))}}])
        def scored(config: Config, n: int) -> int:
            if config.k:
                {variant}
                with open({file!r}, "a") as file:
                    file.write(f"{{n}} {{config.k}}\\n")
            return config.k
        def task(n):
            return scored(n)
"""


def _variants(file: Path, variant: str) -> str:
    return VARIANTS.format(file=str(file), variant=variant)


EVERYWHERE = {method: f"processes(2, start_method={method!r})" for method in OURS} | {
    "process pool": 'ProcessPoolExecutor(2, mp_context=get_context("fork"))',
    "dask": "dask_cluster(dask_client())",
    "ray": "ray_ready()",
}


@pytest.mark.parametrize("name", EVERYWHERE)
def test_the_run_ends_after_the_variants_of_what_its_tasks_call(name: str, tmp_path: Path) -> None:
    got = seen(
        _variants(tmp_path / "ran", "time.sleep(0.3)")
        + f"""
        executor = {EVERYWHERE[name]}
        done = [o.result for o in run(task, range(3), executor=executor)]
        tell(done=done, ran=sorted(open({str(tmp_path / "ran")!r}).read().split("\\n"))[1:], left=len(workers()))
        shut_down()
        getattr(executor, "shutdown", bool)()
        """
    )
    assert got["done"] == [0, 0, 0]
    assert got["ran"] == [f"{n} {k}" for n in range(3) for k in (1, 2, 3)]
    if name in OURS:
        assert got["left"] == 0


@pytest.mark.slow
@pytest.mark.parametrize("method", OURS)
def test_variants_that_take_longer_than_any_patience_are_waited_for(method: str, tmp_path: Path) -> None:
    got = seen(
        _variants(tmp_path / "ran", "time.sleep(2.5)")
        + f"""
        done = [o.result for o in run(task, [0], executor=processes(1, start_method={method!r}))]
        tell(done=done, ran=open({str(tmp_path / "ran")!r}).read())
        """
    )
    assert got == {"done": [0], "ran": "0 1\n0 2\n0 3\n"}


@pytest.mark.slow
@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize("way", ["left early", "killed", "interrupted"])
def test_variants_that_end_with_their_worker_are_told_of(method: str, way: str, tmp_path: Path) -> None:
    fn = "lambda n: task(n) or (os.kill(os.getpid(), 9) if n == 1 else 0)" if way == "killed" else "task"
    end = {
        "left early": "outcomes.close()",
        "killed": "rest = list(outcomes)",
        "interrupted": "try:\n"
        "            threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "            collect(outcomes)\n"
        "        except KeyboardInterrupt: pass",
    }[way]
    variant = "time.sleep(HANG_SECONDS if n == 1 else 0)" if way == "killed" else "time.sleep(HANG_SECONDS)"
    got = seen(
        _variants(tmp_path / "ran", variant)
        + f"""
        told = []
        class Noted(logging.Handler):
            def emit(self, record):
                told.append(record.getMessage())
        logging.getLogger("spearmint_fp").addHandler(Noted())
        outcomes = run({fn}, range(2), executor=processes(1, start_method={method!r}, deaths=1), in_flight=1)
        next(outcomes)
        {end}
        tell(told=[line for line in told if "scored" in line], left=len(workers()))
        """
    )
    assert len(got["told"]) == 1
    assert re.search("before the variants of [12] direct calls had", got["told"][0])
    assert got["left"] == 0


def test_on_outcome_goes_along_to_the_worker_or_it_is_told_that_it_cannot(tmp_path: Path) -> None:
    got = seen(
        f"""
        def noted(outcome):
            with open({str(tmp_path / "told")!r}, "a") as file:
                file.write(f"{{outcome.result}} ")
        lock = threading.Lock()
        @experiment(configs=[{{"k": DynamicValue([0, 1])}}], on_outcome=noted)
        def scored(config: Config) -> int:
            return config.k
        @experiment(configs=[{{"k": DynamicValue([0, 1])}}], on_outcome=lambda outcome: lock.acquire())
        def other(config: Config) -> int:
            return config.k
        done = [o.ok for o in run(lambda n: scored() + other(), [1], executor=processes(1))]
        tell(done=done, told=open({str(tmp_path / "told")!r}).read())
        """
    )
    assert got == {"done": [True], "told": "1 "}


@pytest.mark.slow
def test_threads_that_tasks_have_started_end_before_the_worker(tmp_path: Path) -> None:
    got = seen(
        f"""
        def late(n):
            time.sleep(0.5)
            open(os.path.join({str(tmp_path)!r}, str(n)), "w").close()
        def task(n):
            threading.Thread(target=late, args=(n,)).start()
            return n
        for n, method in enumerate(("forkserver", "spawn", "fork")):
            list(run(task, [n], executor=processes(1, start_method=method)))
        tell(there=sorted(os.listdir({str(tmp_path)!r})))
        """
    )
    assert got == {"there": ["0", "1", "2"]}


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert list_running(lambda: pids) == []


@pytest.mark.slow
@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize(
    "end",
    ["sys.stdout.close()", "sys.stderr.close()", "os.close(1)", "sys.stdout = None", "os.close(0)",
     "sys.stdout = object()",
     "sys.stdout = open('/dev/full', 'w'); print('x', end='')"],
)  # fmt: skip
def test_standard_streams_that_are_closed_or_broken(method: str, end: str) -> None:
    got = seen(
        f"""
        told = os.dup(1)
        {end}
        try:
            got = [o.result for o in run(lambda n: n, range(6), executor=processes(2, start_method={method!r}))]
        except BaseException as error:
            got = repr(error)
        os.write(told, json.dumps({{"got": got}}).encode())
        os._exit(0)
        """
    )
    assert got == {"got": list(range(6))}


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_large_results_do_not_gather_in_a_worker() -> None:
    """A batch of them is answered in parts, so that a worker holds a few at a time."""
    job, batch = Job(_large, None).to_bytes(), Batch(0, 64, None, range(64))
    assert len(answer_batch(job, write_batch(batch), 60.0)) < 2 * MOST_ANSWER_BYTES
    with ThreadPoolExecutor(1) as executor:
        pool = FuturePool(job, executor, 1, 60.0)
        pool.put(batch)
        outcomes: list[Any] = []
        while len(outcomes) < 64:
            outcomes += [outcome for answer in pool.get() if isinstance(answer, list) for outcome in answer]
    assert sorted((outcome.index, outcome.result[:1]) for outcome in outcomes) == [(n, bytes([n])) for n in range(64)]


def _large(n: int) -> bytes:
    return bytes([n]) * (MOST_ANSWER_BYTES // 4 + 1)
