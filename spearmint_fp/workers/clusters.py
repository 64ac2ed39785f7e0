"""Dask and Ray as executors of `concurrent.futures`. The one module that imports them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from hashlib import sha256
from time import monotonic
from typing import Any, Final, final

import attrs

from ..configuration.errors import ArgumentError, RunError
from ..configuration.extras import require
from ..configuration.messages import repr_with_type
from ..outcomes.exceptions import read_message
from ..sweep.core import Sweep
from .live_executors import FuturePool
from .pickling import Job
from .pools import Pool
from .shared_jobs import keep

BATCH_SECONDS: Final = 0.2
"""How long a batch on a cluster should take: sending one costs milliseconds."""

STUCK_SECONDS: Final = 60.0
"""For how long a Dask cluster may have no worker that takes tasks, once it had one."""

_WARNING: Final = "distributed.admin.large-graph-warning-threshold"

DASK_LOOK_SECONDS: Final = 2.0
"""The time between two looks at the workers of Dask."""


def _make_pool(job: bytes, executor: _Dask | _Ray, cores: int, close: Callable[[], object] | None) -> FuturePool:
    return FuturePool(
        job,
        executor,
        max(1, cores),
        BATCH_SECONDS,
        find_end=executor.find_end,
        share=executor.share,
        close=close,
        cancels=False,
    )


# --- Dask ----------------------------------------------------------------------------------------------


def prepare_dask(address: Any, fn: Callable[[Any], Any], sweep: Sweep[Any] | None) -> Callable[[], Pool]:
    """Check that a function can go to a Dask cluster; returns a function that opens a pool there."""
    distributed = require("distributed", extra="dask", what="dask_cluster")
    if getattr(address, "asynchronous", False):
        raise ArgumentError(
            f"dask_cluster takes a client for plain code; got {repr_with_type(address)}, made as asynchronous"
        )
    job = Job(fn, sweep).to_bytes()

    def open_pool() -> Pool:
        ours = isinstance(address, str)
        try:
            client = distributed.Client(address, set_as_default=False) if ours else address
        except (OSError, ValueError, TypeError) as error:  # nobody listens there, or it is no address
            raise RunError(f"cannot connect to a scheduler of Dask at {address}: {read_message(error)}") from error
        if client.status != "running":
            raise RunError(_CLOSED)
        with _translate_closed(client):
            cores = sum(client.nthreads().values())
        executor = _Dask(client, had_workers=cores > 0)
        return _make_pool(job, executor, cores, client.close if ours else None)

    return open_pool


_CLOSED: Final = "the client of Dask is closed; keep it open until the run has ended"


@contextmanager
def _translate_closed(client: Any) -> Iterator[None]:
    """Whatever a client raises once it is closed, as one RunError."""
    try:
        yield
    except Exception as error:
        if client.status == "running":
            raise
        raise RunError(_CLOSED) from error


@final
class _Dask(Executor):
    """A client of Dask as an executor."""

    def __init__(self, client: Any, had_workers: bool) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)
        self._looked = self._moved = monotonic()
        self._had_workers = had_workers

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        with _translate_closed(self._client):
            found: Future[Any] = self._executor.submit(fn, *args, **kwargs)
            return found

    def share(self, job: bytes) -> tuple[Any, Callable[[], object]]:
        """A job as the result of a task: it goes to the cluster once, from worker to worker, and is not lost with one.

        It is of the size that Dask warns of since it is meant to be sent so, once.
        """
        import dask

        with _translate_closed(self._client), dask.config.set({_WARNING: len(job) * 2}):
            future = self._client.submit(bytes, job, pure=False)
        return future, future.release

    def find_end(self) -> str | None:
        """Why no answer will ever come; None while some may."""
        if self._client.status in ("closing", "closed"):
            return _CLOSED
        now = monotonic()
        if self._client.status != "running" or now - self._looked < DASK_LOOK_SECONDS:
            return None
        self._looked = now
        with _translate_closed(self._client):
            states = [worker["status"] for worker in self._client.scheduler_info(n_workers=-1)["workers"].values()]
        if not self._had_workers or any(state != "paused" for state in states):
            self._moved = now
            self._had_workers = self._had_workers or bool(states)
        if now - self._moved < STUCK_SECONDS:
            return None
        what = f"are paused ({len(states)})" if states else "have ended, and none has come back"
        return (
            f"the run gets no further: all workers of Dask {what}, for {STUCK_SECONDS:g} s. They end, or pause, when "
            f"they hold more than they may: give them more memory, or let tasks return less, for instance the name of "
            f"a file"
        )


# --- Ray -----------------------------------------------------------------------------------------------


@final
@attrs.frozen
class _RayJob:
    """A job in the object store; Ray itself would make new bytes of it for each batch."""

    digest: bytes
    reference: Any = attrs.field(eq=False)

    def load(self) -> bytes:
        import ray

        data: bytes = ray.get(self.reference)
        return data


@final
class _Ray(Executor):
    """Ray's remote functions as an executor, as long as this process is connected as it is now."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._remote: dict[Any, Any] = {}
        self._session = self._connection()

    def _connection(self) -> Any:
        """An identity of this process's connection to Ray; None where there is none."""
        if not self._ray.is_initialized():
            return None
        here = self._ray.get_runtime_context()
        return here.get_job_id(), here.get_node_id()  # jobs are numbered in each cluster, nodes have names of their own

    def find_end(self) -> str | None:
        """Why no answer will ever come; None while some may."""
        if self._connection() == self._session:
            return None
        return "Ray was shut down during the run; keep it connected until the run has ended"

    def share(self, job: bytes) -> tuple[Any, Callable[[], object]]:
        """A job in the object store, from which a worker gets it when it first needs it."""
        return _RayJob(sha256(job).digest(), self._ray.put(job)), keep

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if fn not in self._remote:
            self._remote[fn] = self._ray.remote(max_retries=1)(fn)
        found: Future[Any] = self._remote[fn].remote(*args, **kwargs).future()
        return found


def prepare_ray(address: str | None, fn: Callable[[Any], Any], sweep: Sweep[Any] | None) -> Callable[[], Pool]:
    """Check that a function can go to a Ray cluster; returns a function that opens a pool there."""
    ray = require("ray", extra="ray", what="ray_cluster")
    job = Job(fn, sweep).to_bytes()

    def open_pool() -> Pool:
        ours = not ray.is_initialized()
        if ours:
            try:
                ray.init(address=address, include_dashboard=False, log_to_driver=True)
            except (ConnectionError, ValueError, RuntimeError) as error:  # nobody listens there, or it is no address
                raise RunError(f"cannot connect to Ray at {address}: {read_message(error)}") from error
        cores = int(ray.cluster_resources().get("CPU", 1))
        return _make_pool(job, _Ray(ray), cores, ray.shutdown if ours else None)

    return open_pool
