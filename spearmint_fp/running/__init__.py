"""Running: what happens to configurations, as values."""

from typing import TYPE_CHECKING

from ..configuration.later import later

if TYPE_CHECKING:
    from .asynchronous import arun
    from .engine import run
    from .executors import dask_cluster, processes, ray_cluster, threads
    from .injection import Bind, inject
    from .journal import Journal, JournalStatus
    from .outcomes import ErrorInfo, Failure, Outcome, Success
    from .results import best, collect, failures, successes
    from .wrappers import retrying, timed_out

__all__ = [
    "Bind",
    "ErrorInfo",
    "Failure",
    "Journal",
    "JournalStatus",
    "Outcome",
    "Success",
    "arun",
    "best",
    "collect",
    "dask_cluster",
    "failures",
    "inject",
    "processes",
    "ray_cluster",
    "retrying",
    "run",
    "successes",
    "threads",
    "timed_out",
]

# Each module is loaded when one of its names is first asked for (PEP 562).
_LATER = {
    "Bind": "injection",
    "ErrorInfo": "outcomes",
    "Failure": "outcomes",
    "Journal": "journal",
    "JournalStatus": "journal",
    "Outcome": "outcomes",
    "Success": "outcomes",
    "arun": "asynchronous",
    "best": "results",
    "collect": "results",
    "dask_cluster": "executors",
    "failures": "results",
    "inject": "injection",
    "processes": "executors",
    "ray_cluster": "executors",
    "retrying": "wrappers",
    "run": "engine",
    "successes": "results",
    "threads": "executors",
    "timed_out": "wrappers",
}


__getattr__, __dir__ = later(globals(), _LATER)
