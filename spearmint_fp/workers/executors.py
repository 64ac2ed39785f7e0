"""Executors as values: where tasks run. A value holds no thread, no process and no connection; a run opens those."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, cast, final, get_args

import attrs

from ..configuration.calls import explain_calls
from ..configuration.errors import ArgumentError
from ..configuration.late import futures
from ..configuration.messages import repr_with_type, suggest_names
from ..sweep.core import Sweep
from ..tasks.time_limits import TimedOut, explain_refusal
from ..tasks.wrapping import is_async, is_count, is_of_script, walk_wrapped
from .initializers import Initializer, check_initializer

if TYPE_CHECKING:
    from .pools import Pool

    OpenPool = Callable[[], Pool]

Fn = Callable[[Any], Any]


class ExecutorValue(ABC):
    """Where tasks run, as a value: it holds nothing open, and each run opens a pool of its own."""

    @abstractmethod
    def prepare(self, fn: Fn, sweep: Sweep[Any] | None) -> OpenPool:
        """Check that a function, and the sweep if there is one, can go there; what opens the pool for one run.

        Called at once by `run`, so that what cannot work is an error before anything runs. What it returns is called
        when the first outcome is asked for.
        """


def count_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def refuse_time_limit(fn: Fn, where: str) -> None:
    """Raise where a function has a time limit: what runs there cannot be ended from outside."""
    if any(isinstance(inner, TimedOut) and not is_async(inner) for inner in walk_wrapped(fn)):
        raise ArgumentError(explain_refusal(where))


def _check_count(count: Any, made: str, what: str = "how many to use", way: str = "") -> int:
    if count is None:
        return count_cores()
    if not is_count(count):
        raise ArgumentError(f"{made} takes {what}, a whole number above 0; got {repr_with_type(count)}{way}")
    return int(count)


# --- threads -----------------------------------------------------------------------------------------


@final
@attrs.frozen
class Threads(ExecutorValue):
    """`threads(workers)`."""

    workers: int

    def prepare(self, fn: Fn, sweep: Sweep[Any] | None) -> OpenPool:  # noqa: ARG002
        from .thread_pool import ThreadPool

        refuse_time_limit(fn, "a thread")
        return lambda: ThreadPool(fn, self.workers)


@explain_calls
def threads(workers: int | None = None) -> Threads:
    """An executor of so many threads of this process: for tasks that wait, or that let go of the interpreter.

    Functions, configurations and results are shared, not copied, and the caller's context variables are there.
    Nothing can end a thread: an interrupt waits a second for running tasks, and then leaves them behind;
    closing the run early waits for them. By default as many as there are cores.

    >>> from spearmint_fp import run
    >>> [outcome.result for outcome in run(abs, [-1, 2, -3], executor=threads(2))]
    [1, 2, 3]

    Raises:
        ArgumentError: `workers` is no whole number above 0.

    See also: `processes`, for tasks that compute.
    """
    return Threads(_check_count(workers, "threads(workers)"))


# --- processes ---------------------------------------------------------------------------------------

Method = Literal["forkserver", "spawn", "fork"]
METHODS: Final = get_args(Method)


@final
@attrs.frozen
class Processes(ExecutorValue):
    """`processes(workers, start_method=start_method, deaths=deaths, initializer=initializer, ...)`."""

    workers: int
    start_method: Method = "forkserver"
    deaths: int = 3
    initializer: Callable[..., object] | None = None
    initargs: tuple[Any, ...] = ()
    max_tasks: int | None = None

    def prepare(self, fn: Fn, sweep: Sweep[Any] | None) -> OpenPool:
        if not hasattr(os, "fork"):
            raise ArgumentError(
                "processes(n) needs fork, which this system does not have. Take a live executor: "
                "executor=ProcessPoolExecutor(n)"
            )
        from .pickling import Job
        from .process_pool import ProcessPool
        from .processes import explain_no_interpreter
        from .start_methods import LAUNCHERS

        why = None if self.start_method == "fork" else explain_no_interpreter()
        if why is not None:
            raise ArgumentError(
                f"processes(n) cannot start its workers: {why}. Set sys.executable to the path of an interpreter that "
                f'has this library, or take threads(n), start_method="fork", or a live ProcessPoolExecutor(n) after '
                f"multiprocessing.freeze_support()"
            )
        initializer = None if self.initializer is None else Initializer(self.initializer, self.initargs)
        job = Job(fn, sweep, initializer=initializer).to_bytes()
        return lambda: ProcessPool(job, self.workers, LAUNCHERS[self.start_method](), self.deaths, self.max_tasks)


@explain_calls
def processes(  # noqa: PLR0913
    workers: int | None = None,
    *,
    start_method: Method = "forkserver",
    deaths: int = 3,
    initializer: Callable[..., object] | None = None,
    initargs: Iterable[Any] = (),
    max_tasks: int | None = None,
) -> Processes:
    """An executor of so many worker processes: for tasks that compute, crash or hang.

    A worker that ends costs the task that it was running and nothing else: the task is run again by another worker,
    and is a `Failure` with the exit code when it has cost `deaths` workers. A sweep travels as a slice, two numbers.
    Lambdas, closures and functions of `__main__` go too; no script is run again in a worker, so none needs a guard.
    Workers end with the run, and with this process, however it ends. They are given work while outcomes are being
    asked for. By default as many workers as there are cores. Extra: `[processes]` (cloudpickle), without which
    only functions that can be imported go.

    A worker knows its number, 0 to `workers - 1`, by `worker()` and in its environment as `SPEARMINT_WORKER`; the
    successor of one that ended has the same. `initializer(*initargs)` is called in each worker, its successors too,
    before its first task: to take a GPU, load a model, set up logging. Where it raises, the run ends with a
    `RunError`. After `max_tasks` configurations a worker is replaced, for tasks that leave memory behind.

    `start_method` is "forkserver" (a clean process with one thread forks the workers: fast, and safe whatever threads
    this process has), "spawn" (a new interpreter for each) or "fork" (a copy of this process: it
    needs no time, and deadlocks where another thread holds a lock).

    >>> from spearmint_fp import run
    >>> [outcome.result for outcome in run(abs, [-1, 2, -3], executor=processes(2))]
    [1, 2, 3]

    Raises:
        ArgumentError: `workers`, `deaths` or `max_tasks` is no whole number above 0, there is no such start method,
            or the initializer is no plain function that takes `initargs`.
        TransferError: when it runs, and the function or the initializer cannot be pickled; before any task.
        RunError: when it runs, and the initializer raises in a worker.

    See also: `worker`; `threads`; `timed_out`, which ends the worker of a task that takes too long.
    """
    if start_method not in METHODS:
        raise ArgumentError(f"no start method {repr_with_type(start_method)}{suggest_names(start_method, METHODS)}")
    _check_count(0 if deaths is None else deaths, "processes(deaths=)", "how many workers one task may end")
    if max_tasks is not None:
        what = "after how many configurations a worker is replaced"
        _check_count(max_tasks, "processes(max_tasks=)", what, ". Leave it out to keep the workers")
    count, arguments = _check_count(workers, "processes(workers)"), check_initializer(initializer, initargs)
    return Processes(count, start_method, deaths, initializer, arguments, max_tasks)


# --- clusters ----------------------------------------------------------------------------------------


@final
@attrs.frozen
class DaskCluster(ExecutorValue):
    """`dask_cluster(address_or_client)`."""

    address: Any

    def prepare(self, fn: Fn, sweep: Sweep[Any] | None) -> OpenPool:
        from .clusters import prepare_dask

        refuse_time_limit(fn, "a worker of Dask")
        return prepare_dask(self.address, fn, sweep)


def dask_cluster(address: Any) -> DaskCluster:
    """An executor of the workers of a Dask cluster: its scheduler's address, or a `distributed.Client` of it.

    A sweep travels once, and then as slices; results are let go of as soon as they have come. The configuration that
    was running when a worker ended is run again alone: it is a `Failure` when it ends its workers, and costs others two
    reruns at most. The workers need this library. Extra: `[dask]`.

    >>> dask_cluster("tcp://10.0.0.1:8786")
    DaskCluster(address='tcp://10.0.0.1:8786')

    Raises:
        ArgumentError: neither an address nor a client.
        MissingExtraError: when it runs, and Dask is not installed.

    See also: `ray_cluster`; `processes`, on this machine.
    """
    if not isinstance(address, str) and not hasattr(address, "submit"):
        raise ArgumentError(
            f"dask_cluster takes a scheduler's address or a distributed.Client; got {repr_with_type(address)}"
        )
    return DaskCluster(address)


@final
@attrs.frozen
class RayCluster(ExecutorValue):
    """`ray_cluster(address)`."""

    address: str | None = None

    def prepare(self, fn: Fn, sweep: Sweep[Any] | None) -> OpenPool:
        from .clusters import prepare_ray

        refuse_time_limit(fn, "a worker of Ray")
        return prepare_ray(self.address, fn, sweep)


def ray_cluster(address: str | None = None) -> RayCluster:
    """An executor of the workers of a Ray cluster: the one at an address, or the one that is connected.

    Where Ray is not initialised, each run connects and disconnects, or, without an address, starts a local Ray and
    stops it. Batches, reruns and results are as with `dask_cluster`. A process that is connected to Ray must not
    fork: there `processes(n)` needs another start method than "fork". Extra: `[ray]`.

    >>> ray_cluster()
    RayCluster(address=None)

    Raises:
        ArgumentError: the address is no text.
        MissingExtraError: when it runs, and Ray is not installed.

    See also: `dask_cluster`; `processes`, on this machine.
    """
    if address is not None and not isinstance(address, str):
        raise ArgumentError(f"ray_cluster takes the address of a cluster, or nothing; got {repr_with_type(address)}")
    return RayCluster(address)


# --- live executors ----------------------------------------------------------------------------------


@final
class _LiveExecutor(ExecutorValue):
    """An executor that the caller has opened, and will close."""

    def __init__(self, executor: futures.Executor) -> None:
        self.executor = executor

    def prepare(self, fn: Fn, sweep: Sweep[Any] | None) -> OpenPool:
        from .live_executors import BorrowedThreadPool, FuturePool
        from .pickling import Job

        refuse_time_limit(fn, f"a worker of {type(self.executor).__qualname__}")
        workers = getattr(self.executor, "_max_workers", None) or count_cores()
        if isinstance(self.executor, futures.ThreadPoolExecutor):
            return lambda: BorrowedThreadPool(fn, self.executor, workers)
        # Where their initializer is the script's, its workers have the script as their `__main__`.
        initializer = getattr(self.executor, "_initializer", None)
        has_script = callable(initializer) and is_of_script(initializer)
        job = Job(fn, sweep, has_script).to_bytes()
        return lambda: FuturePool(job, self.executor, workers, seconds=0.03, has_script=has_script)


@final
class _PoolClass(ExecutorValue):
    """A class of pools, each made from the function and the sweep of its run."""

    def __init__(self, pool: Callable[[Fn, Sweep[Any] | None], Pool]) -> None:
        self.pool = pool

    def prepare(self, fn: Fn, sweep: Sweep[Any] | None) -> OpenPool:
        return lambda: self.pool(fn, sweep)


def find_executor(executor: Any) -> ExecutorValue:
    """The value that `executor=` stands for; an error that says what it takes."""
    from .pools import Pool

    if isinstance(executor, ExecutorValue):
        return executor
    if isinstance(executor, futures.Executor):
        return _LiveExecutor(executor)
    if isinstance(executor, type) and issubclass(executor, Pool):
        return _PoolClass(cast(Callable[..., Pool], executor))
    calls = [(threads, "threads(8)"), (processes, "processes(8)"), (dask_cluster, "dask_cluster(address)")]
    called = [call for function, call in (*calls, (ray_cluster, "ray_cluster()")) if executor is function]
    way = "Use threads(n), processes(n), dask_cluster(address), ray_cluster(), or a live concurrent.futures.Executor"
    raise ArgumentError(
        f"{repr_with_type(executor)} is no executor. {f'Call it: executor={called[0]}' if called else way}"
    )
