"""Live executors of `concurrent.futures`, which the caller has opened and will close: calls to them, and their ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from time import monotonic
from typing import Any, Final

from ..configuration.errors import RunError, repr_with_type
from .pools import LOOK_SECONDS

__all__ = ["CANCELLED", "cancel_futures", "describe_broken", "has_no_end", "submit_call"]

CANCELLED: Final = "the executor has cancelled tasks of this run; it must stay open until the run has ended"


def has_no_end() -> str | None:
    """Why no answer of an executor will ever come: for one whose futures end when it does, nothing."""
    return None


def submit_call(executor: Executor, fn: Callable[..., Any], *args: Any) -> Future[Any]:
    """`executor.submit(fn, *args)`; a RunError where it takes no calls any more."""
    try:
        return executor.submit(fn, *args)
    except BrokenExecutor as error:
        raise RunError(describe_broken(executor, error)) from error
    except RuntimeError as error:  # it has been shut down
        raise RunError(f"{repr_with_type(executor)} takes no tasks: {error}") from error


def describe_broken(executor: Executor, error: BaseException) -> str:
    """The message for an executor whose worker has ended."""
    return (
        f"{repr_with_type(executor)} is broken: {str(error).rstrip('.')}. A worker of it has ended, and it starts no "
        f"new one; executor=processes(n) does, and loses nothing but the configuration that ended it"
    )


def cancel_futures(
    futures: set[Future[Any]], patience: float | None, find_end: Callable[[], str | None] = has_no_end
) -> None:
    """Cancel what has not begun, and wait so many seconds for the rest, as long as it may still end."""
    running = {future for future in futures if not future.cancel()}
    start = monotonic()
    while running and (patience is None or monotonic() - start < patience) and find_end() is None:
        left = LOOK_SECONDS if patience is None else min(LOOK_SECONDS, patience)
        running = wait(running, left).not_done
