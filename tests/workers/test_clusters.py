"""Clusters of Dask and Ray: workers that end, and clusters that go away."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from spearmint_fp import RunError, dask_cluster, ray_cluster, run
from spearmint_fp.workers import clusters, pools
from tests.needs import needs
from tests.waiting import HANG_SECONDS
from tests.workers.programs import seen


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
        return {"one": 1} if self.states[0] else {}

    def scheduler_info(self, n_workers: int) -> Any:
        states = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"workers": {str(n): {"status": state} for n, state in enumerate(states)}}

    def submit(self) -> None: ...


@needs("dask")
@pytest.mark.parametrize(
    ("states", "says"),
    [
        ([["running"], ["paused", "paused"]], r"are paused \(2\)"),
        ([["running"], []], "have ended, and none has come back"),
        ([["running"], [], []], "have ended, and none has come back"),
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
    monkeypatch.setattr(clusters, "DASK_LOOK_SECONDS", 0.01)
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


CLUSTERS = {"dask": "dask_cluster(dask_client())", "ray": "ray_ready()"}


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_configuration_that_ends_workers_of_a_cluster_costs_itself(name: str) -> None:
    got = seen(
        f"""
        fn = lambda c: os._exit(3) if c.n == 17 else c.n
        outcomes = collect(run(fn, rising(100), executor={CLUSTERS[name]}))
        tell(failed=[(o.config.n, o.error.type.rpartition(".")[2]) for o in outcomes if not o.ok],
             done=sum(o.ok for o in outcomes))
        shut_down()
        """
    )
    assert got == {"failed": [[17, "WorkerError"]], "done": 99}


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
