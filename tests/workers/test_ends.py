"""How workers begin and end, whatever the caller's process is like: each a program of its own, as in `test_faults`."""

from __future__ import annotations

import re
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from spearmint_fp import RunError, dask_cluster, ray_cluster, run
from spearmint_fp.workers import clusters, pools
from spearmint_fp.workers.batches import Batch
from spearmint_fp.workers.future_pool import FuturePool
from spearmint_fp.workers.pickling import Job
from spearmint_fp.workers.wire import write_batch
from spearmint_fp.workers.worker import MOST_BYTES, answer_batch
from tests.waiting import HANG_SECONDS

from ..running.executors import OURS
from .test_faults import seen
from .test_scripts import program, saw

# --- what tasks leave running ------------------------------------------------------------------------------

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


# --- interrupts --------------------------------------------------------------------------------------------


def test_ctrl_c_while_the_process_that_forks_workers_is_stopped() -> None:
    got = seen(
        """
        outcomes = run(lambda n: time.sleep(0.01) or n, range(10**6), executor=processes(2))
        next(outcomes)
        family = psutil.Process().children(recursive=True)
        [nursery] = psutil.Process().children()
        nursery.suspend()
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        given = 0
        try:
            for given, outcome in enumerate(outcomes):
                pass
        except KeyboardInterrupt:
            tell(given=given > 0, left=[p.pid for p in family if p.is_running() and p.status() != "zombie"])
        """
    )
    assert got == {"given": True, "left": []}


@pytest.mark.parametrize("method", OURS)
def test_interrupts_during_the_stop_leave_nothing(method: str) -> None:
    """A worker that ignores SIGTERM makes the stop take long enough to be interrupted, again and again."""
    got = seen(
        f"""
        def stubborn(n):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if n > 1:
                time.sleep(HANG_SECONDS)
            return n
        before = len(os.listdir("/proc/self/fd"))
        outcomes = run(stubborn, range(8), executor=processes(4, start_method={method!r}), in_flight=8, ordered=False)
        first = [next(outcomes), next(outcomes)]
        family = psutil.Process().children(recursive=True)
        over = threading.Event()
        def hammer():
            while not over.wait(0.02):
                os.kill(os.getpid(), signal.SIGINT)
        thread = threading.Thread(target=hammer)
        interrupts = 0
        while True:
            try:
                if not thread.ident:
                    thread.start()
                outcomes.close()
                break
            except KeyboardInterrupt:
                interrupts += 1
        while True:
            try:
                over.set()
                thread.join()
                break
            except KeyboardInterrupt:
                pass
        left = [p.pid for p in family if p.is_running()]
        tell(left=left, interrupted=interrupts > 0, open=len(os.listdir("/proc/self/fd")) - before)
        """
    )
    assert got == {"left": [], "interrupted": True, "open": 0}


# --- what the caller's process is like -----------------------------------------------------------------------


@pytest.mark.parametrize("method", OURS)
@pytest.mark.parametrize(
    "caller", ["signal.signal(signal.SIGCHLD, signal.SIG_IGN)", "signal.signal(signal.SIGCHLD, reap)"]
)
def test_how_a_worker_ended_is_told_rightly_or_not_at_all(method: str, caller: str) -> None:
    got = seen(
        f"""
        def reap(number, frame):
            try:
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            except ChildProcessError:
                pass
        {caller}
        fn = lambda n: os._exit(2) if n == 3 else n
        outcomes = list(run(fn, range(6), executor=processes(2, start_method={method!r})))
        tell(ok=[o.result for o in outcomes if o.ok], message=outcomes[3].error.message, left=len(workers()))
        """
    )
    assert got["ok"] == [0, 1, 2, 4, 5]
    assert ("exit code 2," if method == "forkserver" else "its exit code is unknown, since") in got["message"]
    assert got["left"] == 0


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


def test_each_fork_has_random_numbers_of_its_own() -> None:
    got = seen(
        """
        import numpy
        numpy.random.seed(0)
        random.seed(0)
        def task(n):
            time.sleep(0.3)  # so that each worker has one
            return os.getpid(), numpy.random.random(), random.random()
        for method in ("fork", "forkserver", "spawn"):
            executor = processes(4, start_method=method)
            pids, ones, others = zip(*(o.result for o in run(task, range(4), executor=executor)))
            assert len({*zip(pids, ones)}) == len(set(ones)) == len(set(others)) == 4, (method, ones, others)
        tell(mine=numpy.random.random() == numpy.random.RandomState(0).random())
        """
    )
    assert got == {"mine": True}


@pytest.mark.parametrize("method", OURS)
def test_more_open_files_than_select_takes(method: str) -> None:
    got = seen(
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        files = [open(os.devnull) for _ in range(1500)]
        tell(got=[o.result for o in run(abs, range(6), executor=processes(2, start_method={method!r}))])
        """
    )
    assert got == {"got": list(range(6))}


# --- where interpreters are started --------------------------------------------------------------------------

PATHS = {
    "chdir": "import helper; os.chdir('elsewhere')",
    "an entry that was there for an import": "sys.path.insert(0, 'lib'); import helper; sys.path.pop(0)",
    "a relative entry": "sys.path.insert(0, 'lib'); import helper; os.chdir('elsewhere')",
    "a folder that is there no more": "import helper; os.mkdir('x'); os.chdir('x'); os.rmdir('../x')",
    "an entry after the start": "sys.path.append(os.path.abspath('lib')); import helper",
    "a namespace": "import spaced.inner as helper; os.chdir('elsewhere')",
}


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("how", ["-c", "-"])
def test_what_was_imported_here_is_imported_there(name: str, how: str, tmp_path: Path) -> None:
    if "no more" in name and sys.version_info[:3] == (3, 13, 0):
        pytest.skip("this Python cannot import socket in a folder that is there no more")
    for folder in ("lib", "elsewhere", "spaced"):
        (tmp_path / folder).mkdir()
    for file in ("lib/helper.py", "spaced/inner.py", *([] if "entry" in name else ["helper.py"])):
        (tmp_path / file).write_text("def task(n):\n    return n + 1\n")
    (tmp_path / "elsewhere" / "random.py").write_text("raise ImportError('this is not the one')\n")
    code = program(
        f"""
        {PATHS[name]}
        executors = [processes(2, start_method=method) for method in ("forkserver", "spawn", "fork")]
        tell(got=[[o.result for o in run(helper.task, [1, 2], executor=executor)] for executor in executors])
        """
    )
    got = (
        saw([sys.executable, "-c", code], tmp_path) if how == "-c" else saw([sys.executable, "-"], tmp_path, input=code)
    )
    assert got == {"got": [[2, 3]] * 3}


@pytest.mark.parametrize(
    "setting", ["sys.frozen = True", "sys.executable = None", "sys.executable = ''", "sys.executable = '/bin/true'",
                "sys.executable = '/no/python'"],
)  # fmt: skip
def test_without_an_interpreter_to_start_it_says_so_at_once(setting: str) -> None:
    got = seen(
        f"""
        {setting}
        said = []
        for method in ("forkserver", "spawn"):
            try:
                run(abs, [1], executor=processes(1, start_method=method))
            except ArgumentError as error:
                said.append(str(error))
        tell(said=said, fork=[o.result for o in run(abs, [-1], executor=processes(1, start_method="fork"))])
        """
    )
    assert got["fork"] == [1]
    assert len(got["said"]) == 2
    for message in got["said"]:
        assert "processes(n) cannot start its workers: " in message
        assert "threads(n)" in message
        assert "freeze_support()" in message


def test_a_program_that_is_started_in_place_of_an_interpreter_does_not_go_on_for_ever(tmp_path: Path) -> None:
    """A script with the name of an interpreter, as a program that Python is a part of may have it."""
    (tmp_path / "main.py").write_text(
        program(
            f"""
            with open({str(tmp_path / "starts")!r}, "a") as file:
                file.write("start ")
            sys.executable = {str(tmp_path / "mypython")!r}
            try:
                list(run(abs, [1], executor=processes(1)))
            except (ArgumentError, RunError) as error:
                tell(said=str(error), kind=type(error).__name__)
            """
        )
    )
    (tmp_path / "mypython").write_text(f"#!/bin/sh\nexec {sys.executable} {tmp_path / 'main.py'}\n")
    (tmp_path / "mypython").chmod(0o755)
    got = saw([sys.executable, "main.py"], tmp_path)
    assert got["kind"] == "RunError"
    assert (tmp_path / "starts").read_text() == "start " * 3  # and two attempts to have a process that forks


# --- clusters that go away -----------------------------------------------------------------------------------


def test_a_client_of_dask_that_is_closed_or_never_was_open_is_a_run_error() -> None:
    got = seen(
        """
        import dask, distributed
        dask.config.set({"distributed.comm.timeouts.connect": "3s"})
        client = dask_client()
        outcomes = run(lambda n: time.sleep(0.05) or n, range(1000), executor=dask_cluster(client))
        next(outcomes)
        client.close()
        said = []
        for going in (lambda: outcomes, lambda: run(abs, [1], executor=dask_cluster(client)),
                      lambda: run(abs, [1], executor=dask_cluster("tcp://127.0.0.1:1")),
                      lambda: run(abs, [1], executor=dask_cluster("nonsense://x"))):
            try:
                list(going())
            except RunError as error:
                said.append(str(error))
        client.cluster.close()
        tell(said=said)
        """
    )
    assert len(got["said"]) == 4
    assert "keep it open until the run has ended" in got["said"][1]
    assert all("cannot connect to a scheduler of Dask" in message for message in got["said"][2:])


class _Line:
    """A client of Dask whose workers are what a test says."""

    status = "running"
    asynchronous = False

    def __init__(self, states: list[list[str]]) -> None:
        self.states = states

    def get_executor(self, pure: bool) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1)

    def nthreads(self) -> dict[str, int]:
        return {"one": 1}

    def scheduler_info(self, n_workers: int) -> Any:
        states = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"workers": {str(n): {"status": state} for n, state in enumerate(states)}}

    def submit(self) -> None: ...


@pytest.mark.parametrize(
    ("states", "says"),
    [
        ([["running"], ["paused", "paused"]], r"are paused \(2\)"),
        ([["running"], []], "have ended, and none has come back"),
        ([[]], None),  # a cluster that is still to come
        ([["running", "paused"]], None),
        ([["running"], ["paused"], ["running"]], None),
    ],
)
def test_a_cluster_without_a_worker_that_goes_on_ends_the_run(
    states: list[list[str]], says: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = _Line(states)
    monkeypatch.setattr(pools, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(clusters, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(clusters, "STUCK_SECONDS", 0.1 if says else HANG_SECONDS)
    GO_ON.clear()
    if says is None:
        threading.Timer(1.0, GO_ON.set).start()
        assert [outcome.ok for outcome in run(_held, [1], executor=dask_cluster(client))] == [True]
    else:
        with pytest.raises(RunError, match=says):
            list(run(_held, [1], executor=dask_cluster(client)))
    GO_ON.set()


GO_ON = threading.Event()


def _held(n: int) -> int:
    GO_ON.wait(60)
    return n


class _Rays:
    """Ray, as far as a run uses it; what is submitted never ends."""

    def __init__(self) -> None:
        self.session: str | None = "one"
        self.calls = 0

    def is_initialized(self) -> bool:
        return self.session is not None

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(get_job_id=lambda: "01", get_node_id=lambda: self.session)

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0}

    def remote(self, **options: Any) -> Any:
        def call(*args: Any) -> Any:
            self.calls += 1
            return SimpleNamespace(future=Future)

        return lambda fn: SimpleNamespace(remote=call)


@pytest.mark.parametrize("later", [None, "two"])
@pytest.mark.parametrize("close", [True, False])
def test_ray_that_is_shut_down_during_a_run_ends_it(
    later: str | None, close: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it was started again since: what was submitted before is nowhere, and nothing is submitted there."""
    rays = _Rays()
    monkeypatch.setitem(sys.modules, "ray", rays)
    threading.Timer(0.5, setattr, (rays, "session", later)).start()
    outcomes = run(abs, range(100), executor=ray_cluster(), in_flight=2)
    with pytest.raises(RunError, match=r"Ray was shut down during the run"):
        next(outcomes)
    calls = rays.calls
    if close:
        outcomes.close()
    assert rays.calls == calls


def test_large_results_do_not_gather_in_a_worker() -> None:
    """A batch of them is answered in parts, so that a worker holds a few at a time."""
    job, batch = Job(_large, None).to_bytes(), Batch(0, 64, None, range(64))
    assert len(answer_batch(job, write_batch(batch))) < 2 * MOST_BYTES
    with ThreadPoolExecutor(1) as executor:
        pool = FuturePool(job, executor, 1, 0.03)
        pool.put(batch)
        answers = [answer for _ in range(16) for answer in pool.get()]
    outcomes = [outcome for answer in answers if isinstance(answer, list) for outcome in answer]
    assert [(outcome.index, outcome.result[:1]) for outcome in outcomes] == [(n, bytes([n])) for n in range(64)]


def _large(n: int) -> bytes:
    return bytes([n]) * (MOST_BYTES // 4 + 1)
