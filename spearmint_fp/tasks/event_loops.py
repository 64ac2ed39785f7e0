"""Coroutines from plain code, in an event loop that an interrupt ends at once; plain calls beside an event loop."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from inspect import CORO_CREATED, getcoroutinestate
from typing import TYPE_CHECKING, Any, Generic, TypeVar, final

import attrs

from ..configuration.errors import RunError
from .asyncio_tasks import CANCEL_SECONDS, MOST_CANCELS, cancel_tasks
from .wrapping import Layer

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")


@final
@attrs.frozen(eq=False)
class Blocking(Layer, Generic[T]):
    """A coroutine function as a plain one, also where an event loop is running already."""

    function: Callable[..., Awaitable[T]]

    def __call__(self, *args: Any, **kwargs: Any) -> T:
        return run_to_end(self._await_call(*args, **kwargs))

    async def _await_call(self, *args: Any, **kwargs: Any) -> T:
        return await self.function(*args, **kwargs)


def run_to_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run(coroutine)`, also where an event loop is running already, and interrupted at once.

    `asyncio.run` answers a first Ctrl-C by cancelling the coroutine, and waits: for ever, where that blocks or goes on.
    Here the interrupt is raised where the coroutine is; then what still runs is cancelled, and waited for a little.
    """
    import asyncio

    try:
        if asyncio._get_running_loop() is not None:
            return _run_beside_loop(coroutine)
        with _open_loop() as loop:
            return loop.run_until_complete(loop.create_task(coroutine))
    finally:
        if getcoroutinestate(coroutine) == CORO_CREATED:  # there could be no loop, or no thread, for it
            coroutine.close()


@contextmanager
def _open_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """A new event loop; in the end its tasks are cancelled, and its generators and threads closed."""
    import asyncio

    loop, threads = asyncio.new_event_loop(), ThreadPoolExecutor(thread_name_prefix="asyncio")
    interrupted = False
    try:
        loop.set_default_executor(threads)
        asyncio.set_event_loop(loop)
        yield loop
    except BaseException as error:
        interrupted = not isinstance(error, Exception)
        raise
    finally:
        try:
            loop.run_until_complete(cancel_tasks(*asyncio.all_tasks(loop)))
            closing = loop.create_task(loop.shutdown_asyncgens())
            loop.run_until_complete(asyncio.wait({closing}, timeout=CANCEL_SECONDS if interrupted else None))
            loop.run_until_complete(cancel_tasks(closing))
            threads.shutdown(wait=not interrupted, cancel_futures=interrupted)
        finally:
            asyncio.set_event_loop(None)
            loop.close()


def _run_beside_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a thread, as a loop is running in this one; an interrupt cancels it, and waits a little."""
    import asyncio

    running: list[tuple[asyncio.AbstractEventLoop, Any]] = []

    async def note_task() -> T:
        running.append((asyncio.get_running_loop(), asyncio.current_task()))
        return await coroutine

    future = _start_call(lambda: run_to_end(note_task()))
    try:
        return future.result()
    except BaseException:
        for loop, task in running:
            with suppress(RuntimeError):  # it has ended, and its loop is closed
                loop.call_soon_threadsafe(task.cancel)
        wait([future], CANCEL_SECONDS * MOST_CANCELS)
        raise


async def run_in_thread(call: Callable[[], T]) -> T:
    """`call()` in a thread of its own, with the task's context variables; neither loop nor program waits for its end.

    The threads of `asyncio.to_thread` would be waited for, though they may wait themselves, for a lock for instance.
    """
    import asyncio

    return await asyncio.wrap_future(_start_call(call))


def _start_call(call: Callable[[], T]) -> Future[T]:
    """`call()` in a thread of its own, with the caller's context variables."""
    future: Future[T] = Future()
    future.set_running_or_notify_cancel()  # from now on it cannot be cancelled, as a thread cannot be

    def work() -> None:
        try:
            result = call()
        except BaseException as error:  # raised where the result is asked for
            future.set_exception(error)
        else:
            future.set_result(result)

    start_thread(threading.Thread(target=copy_context().run, args=(work,), name="spearmint_fp", daemon=True))
    return future


def start_thread(thread: threading.Thread) -> None:
    """`thread.start()`, or the error that says what to do where there can be no more threads."""
    try:
        thread.start()
    except RuntimeError as error:
        raise RunError(
            f"a thread cannot be started: {error}. Run fewer at a time, or raise the limit of this process (ulimit -u)"
        ) from error
