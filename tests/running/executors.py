"""The executors that every test of running is held to, and tasks that misbehave."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from spearmint_fp import dask_cluster, processes, ray_cluster, threads
from tests.waiting import LIMIT_SECONDS

HERE = ["serial", "threads", "thread pool"]
"""Executors that share memory with the caller."""

OURS = ["forkserver", "spawn", "fork"]
"""Start methods of worker processes."""

ELSEWHERE = [*OURS, "process pool", "dask", "ray"]
"""Executors behind a boundary of bytes."""


@contextmanager
def opened(name: str) -> Iterator[Any]:
    """The value of `executor=` for a name."""
    if name == "thread pool":
        with ThreadPoolExecutor(2) as threaded:
            yield threaded
    elif name == "process pool":
        with ProcessPoolExecutor(2, mp_context=get_context("forkserver")) as pool:
            yield pool
    else:
        yield _VALUES[name]()


def _dask() -> Any:
    return dask_client()


def _ray() -> Any:
    return ray_ready()


_VALUES: dict[str, Callable[[], Any]] = {
    "serial": lambda: None,
    "threads": lambda: threads(2),
    "forkserver": lambda: processes(2),
    "spawn": lambda: processes(2, start_method="spawn"),
    "fork": lambda: processes(2, start_method="fork"),
    "dask": lambda: dask_cluster(_dask()),
    "ray": lambda: _ray(),
}


PATIENT_DASK = {
    "distributed.scheduler.worker-ttl": None,
    "distributed.deploy.lost-worker-timeout": f"{LIMIT_SECONDS:g}s",
}
"""A late worker is not given up; a local cluster would not have one back that takes 15 s to start again, and hang."""

PATIENT_RAY = {
    "RAY_gcs_server_port_wait_time_s": f"{LIMIT_SECONDS:g}",
    "RAY_worker_register_timeout_seconds": f"{LIMIT_SECONDS:g}",
    "RAY_memory_monitor_refresh_ms": "0",
}
"""No process of Ray is given up because the machine is busy, or ended because others have taken its memory."""

RAY_TRIES = 4
"""How often Ray is started until it starts: it gives its own processes 15 s, which no setting changes."""


@cache
def dask_client() -> Any:
    """A Dask cluster of two worker processes, for as long as the tests run."""
    import dask
    import distributed

    dask.config.set({"distributed.scheduler.allowed-failures": 1, "distributed.worker.daemon": True, **PATIENT_DASK})
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")
    return distributed.Client(cluster, set_as_default=False)


def ray_ready() -> Any:
    """A local Ray of two cores, for as long as the tests run; where it does not start, the test is skipped."""
    if (why := _ray_refusal()) is not None:
        pytest.skip(f"Ray does not start on a machine as busy as this: {why}")
    return ray_cluster()


@cache
def _ray_refusal() -> str | None:
    """Starts Ray; what it says, where it does not start however often it is tried."""
    os.environ.update(PATIENT_RAY)  # which it reads when it is imported

    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    why = None
    for _ in range(RAY_TRIES):
        try:
            with _one_at_a_time():
                ray.init(address="local", num_cpus=2, include_dashboard=False, **quiet)
        except Exception as error:  # a bare one: "The current node timed out during startup"
            if "timed out" not in str(error):
                raise
            ray.shutdown()
            why = str(error)
        else:
            return None
    return why


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """No other process of these tests is in such a block: each start of Ray takes all the processors there are."""
    import fcntl

    with Path(gettempdir(), "spearmint_fp tests start Ray").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def shut_down() -> None:
    """Close the clusters that were opened."""
    if dask_client.cache_info().currsize:
        client = dask_client()
        client.close()
        client.cluster.close()
        dask_client.cache_clear()
    if _ray_refusal.cache_info().currsize:
        import ray

        ray.shutdown()
        _ray_refusal.cache_clear()


# --- tasks -------------------------------------------------------------------------------------------


class NeedsTwo(Exception):
    """Cannot be made again from its arguments, as pickle does it."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one)


class KeywordOnly(Exception):
    def __init__(self, *, code: int) -> None:
        super().__init__(f"code {code}")


class Locked(Exception):
    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


class Unopenable:
    """Pickles, and does not unpickle."""

    def __reduce__(self) -> Any:
        return _refuse, ()


def _refuse() -> Any:
    raise RuntimeError("not here")


FAULTS: dict[str, Callable[[], Any]] = {
    "value": lambda: 7,
    "text": lambda: "seven",
    "tree": lambda: {"a": [1, (2, 3)], "b": None},
    "ValueError": lambda: _raise(ValueError("bad value")),
    "NeedsTwo": lambda: _raise(NeedsTwo("one", "two")),
    "KeywordOnly": lambda: _raise(KeywordOnly(code=3)),
    "Locked": lambda: _raise(Locked()),
    "SystemExit": lambda: _raise(SystemExit(3)),
    "MemoryError": lambda: _raise(MemoryError("too much")),
    "StopIteration": lambda: _raise(StopIteration("none")),
    "GeneratorExit": lambda: _raise(GeneratorExit("none")),
}


def _raise(error: BaseException) -> Any:
    raise error


def faulty(kind: str) -> Any:
    return FAULTS[kind]()


def product_or_fail(config: Any) -> int:
    """Every tenth of a hundred configurations raises."""
    if config.b == 7:
        raise ValueError(f"b is {config.b}")
    return int(config.a * config.b)


def kill_once(folder: str, number: int, when: int) -> int:
    """End the worker, once, at a number; note every call in a file."""
    with Path(folder, "calls").open("a") as calls:
        calls.write(f"{number}\n")
    mark = Path(folder, f"killed {number}")
    if number % when == when - 1 and not mark.exists():
        mark.touch()
        os._exit(9)
    return number


def slept(seconds: float) -> float:
    time.sleep(seconds)
    return seconds
