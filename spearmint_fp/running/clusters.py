"""Dask and Ray, behind the boundary of every other executor. The one module that knows them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, final

from ..configuration.errors import RunError, shown
from ..configuration.extras import needed
from ..sweep.core import Sweep
from .boundary import Job
from .chunks import Chunk
from .crews import Came, Crew, FutureCrew
from .exceptions import message_of

__all__ = ["dask_crew", "ray_crew"]

SECONDS = 0.2
"""How long a chunk on a cluster should take: sending one costs milliseconds."""


@final
class _Borrowed(Crew):
    """A crew, and what is to be closed after it."""

    def __init__(self, crew: Crew, close: Callable[[], object]) -> None:
        self.workers, self.seconds = crew.workers, crew.seconds
        self._crew, self._close = crew, close

    def put(self, chunk: Chunk) -> None:
        self._crew.put(chunk)

    def get(self) -> list[Came]:
        return self._crew.get()

    def stop(self, why: BaseException | None) -> None:
        try:
            self._crew.stop(why)
        finally:
            self._close()


def dask_crew(address: Any, fn: Callable[[Any], Any], sweep: Sweep[Any] | None) -> Callable[[], Crew]:
    """What opens a crew on a Dask cluster."""
    distributed = needed("distributed", extra="dask", what="dask_cluster")
    job = Job(fn, sweep).sealed()

    def opened() -> Crew:
        try:
            client = distributed.Client(address, set_as_default=False) if isinstance(address, str) else address
            executor, workers = client.get_executor(pure=False), sum(client.nthreads().values())
        except Exception as error:  # whatever a client says that is closed, or cannot connect
            raise _unusable(address, error) from error
        crew = FutureCrew(job, executor, max(1, workers), SECONDS)
        return _Borrowed(crew, client.close) if isinstance(address, str) else crew

    return opened


def _unusable(cluster: Any, error: Exception) -> RunError:
    why = f"{type(error).__qualname__}: {message_of(error)}"
    return RunError(f"the cluster at {shown(cluster)} cannot be used: {why}. It must be up, and its client open")


@final
class _Ray(Executor):
    """Ray's remote functions as an executor."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._remote: dict[Any, Any] = {}

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if fn not in self._remote:
            self._remote[fn] = self._ray.remote(max_retries=1)(fn)
        found: Future[Any] = self._remote[fn].remote(*args, **kwargs).future()
        return found


def ray_crew(address: str | None, fn: Callable[[Any], Any], sweep: Sweep[Any] | None) -> Callable[[], Crew]:
    """What opens a crew on a Ray cluster."""
    ray = needed("ray", extra="ray", what="ray_cluster")
    job = Job(fn, sweep).sealed()

    def opened() -> Crew:
        ours = not ray.is_initialized()
        if ours:
            try:
                ray.init(address=address, include_dashboard=False, log_to_driver=True)
            except Exception as error:  # whatever Ray says where it cannot connect or start
                raise _unusable(address, error) from error
        crew = FutureCrew(job, _Ray(ray), max(1, int(ray.cluster_resources().get("CPU", 1))), SECONDS)
        return _Borrowed(crew, ray.shutdown) if ours else crew

    return opened
