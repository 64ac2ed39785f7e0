"""Tasks of asyncio: which one runs, whether it is being cancelled, and how others are ended."""

from __future__ import annotations

import sys
from typing import Any, Final, cast

from ..configuration.errors import RunError
from ..configuration.late import asyncio, logging

CANCEL_SECONDS: Final = 0.5
"""How long a cancelled coroutine may take to end, before it is cancelled once more."""

MOST_CANCELS: Final = 4
"""How often a coroutine is cancelled, before it is left running."""


def find_current_task() -> asyncio.Task[Any] | None:
    """The task that is running; None where no event loop is."""
    try:
        return asyncio.current_task()
    except RuntimeError:
        return None


def is_cancelled() -> bool:
    """True if the running task is being cancelled from outside."""
    task = find_current_task()
    return task is not None and task.cancelling() > 0


async def cancel_tasks(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks until they have ended; one that goes on all the same is left running, with a warning in the log.

    A cancellation of the caller counts as one more of theirs, and is passed on when they have ended.
    """
    pending = {task for task in tasks if not task.done()}
    interrupted = None
    for _ in range(MOST_CANCELS if pending else 0):
        for task in pending:
            task.cancel()
        try:
            await asyncio.wait(pending, timeout=CANCEL_SECONDS)
        except asyncio.CancelledError as error:
            interrupted = error
        if not (pending := {task for task in pending if not task.done()}):
            break
    for task in pending:
        asyncio.tasks._unregister_task(cast(Any, task))  # or the end of the event loop would wait for it
        logging.getLogger("spearmint_fp").warning(
            "%s went on after it was cancelled %d times; it is left to itself", task, MOST_CANCELS
        )
    for task in tasks:
        if task.done() and not task.cancelled():
            task.exception()  # asyncio logs an error that nobody has asked for
    if interrupted is not None:
        raise interrupted


def check_asyncio(what: str) -> None:
    """Raise an error that says what is missing where this is not called inside an event loop of asyncio."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        way = "none runs here. Use asyncio.run(main())"
        if library := _find_other_library():
            thread = (
                "trio.to_thread.run_sync(collect, run(fn, configs))" if library == "trio" else "a thread of its own"
            )
            way = f"the one that runs here is {library}'s. There, use run, in a thread: {thread}"
        raise RunError(f"{what} needs an event loop of asyncio; {way}") from None


def _find_other_library() -> str:
    """The name of the library whose task this is called from, if it is not asyncio's."""
    sniffio: Any = sys.modules.get("sniffio")
    if sniffio is None:
        return ""
    try:
        return str(sniffio.current_async_library())
    except Exception:  # no library that it supports
        return ""
