"""Coroutines from plain code, in event loops that are kept for a whole run, and that an interrupt ends at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from inspect import CORO_CREATED, getcoroutinestate
from typing import Any, Generic, TypeVar, final

import attrs

from ..configuration.errors import RunError
from ..configuration.late import asyncio, futures
from .asyncio_tasks import CANCEL_SECONDS, MOST_CANCELS, cancel_tasks
from .signals import hold_signals
from .wrapping import Layer

T = TypeVar("T")


@final
class EventLoops:
    """The event loops of one run: one for each thread that runs its coroutines, or one for all of them.

    What belongs to a loop (a client with its connections, a lock, a queue) can so be shared by the coroutines of a
    thread. A loop is taken out while it is in use: one that is closed meanwhile is closed when it is put back.

    There is no lock: the garbage collector may close the loops at any moment, also in the thread that would hold it.
    Each step is one operation of a dict, so a loop is taken out by one thread alone.
    """

    def __init__(self, *, per_thread: bool = True) -> None:
        """With `per_thread=False`, for coroutines that never run at the same time, there is one loop."""
        self._per_thread = per_thread
        self._idle: dict[tuple[int, int], _KeptLoop] = {}
        self._closed = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine, also where an event loop is running already; interrupted at once.

        `asyncio.run` answers a first Ctrl-C by cancelling the coroutine, and waits: for ever, where that blocks or goes
        on. Here the interrupt is raised where the coroutine is; `close` then cancels what still runs.
        """
        key = self._make_key()
        try:
            if asyncio._get_running_loop() is not None:
                return self._run_beside(key, coroutine)
            return self._run_here(key, coroutine)
        finally:
            if getcoroutinestate(coroutine) == CORO_CREATED:  # there could be no loop, or no thread, for it
                coroutine.close()

    def _make_key(self) -> tuple[int, int]:
        """A fork has copies of its parent's loops, which it must not touch: it shares their files."""
        return os.getpid(), threading.get_ident() if self._per_thread else 0

    def _run_here(self, key: tuple[int, int], coroutine: Coroutine[Any, Any, T]) -> T:
        kept = self._idle.pop(key, None) or _KeptLoop()
        try:
            return kept.run(coroutine)
        finally:
            if self._idle.setdefault(key, kept) is not kept:  # another thread has one there by now
                kept.close(interrupted=self._closed)
            if self._closed:
                self.close(interrupted=True)

    def _run_beside(self, key: tuple[int, int], coroutine: Coroutine[Any, Any, T]) -> T:
        """Run it in a thread, as a loop is running in this one; an interrupt cancels it, and waits a little."""
        running: list[tuple[asyncio.AbstractEventLoop, Any]] = []

        async def note_task() -> T:
            running.append((asyncio.get_running_loop(), asyncio.current_task()))
            return await coroutine

        future = _start_call(lambda: self._run_here(key, note_task()))
        try:
            return future.result()
        except BaseException:
            for loop, task in running:
                with suppress(RuntimeError):  # its loop is closed
                    loop.call_soon_threadsafe(task.cancel)
            futures.wait([future], CANCEL_SECONDS * MOST_CANCELS)
            raise

    def close(self, *, interrupted: bool = False) -> None:
        """Close the loops: their tasks are cancelled and awaited, their generators and threads closed."""
        self._closed = True
        while (kept := self._pop_idle()) is not None:
            if asyncio._get_running_loop() is None:
                kept.close(interrupted)
            else:
                _start_call(partial(kept.close, interrupted)).result()

    def _pop_idle(self) -> _KeptLoop | None:
        for key in list(self._idle):
            if key[0] == os.getpid() and (kept := self._idle.pop(key, None)) is not None:
                return kept
        return None

    def end(self, why: BaseException | None) -> None:
        """Close the loops of a run that has ended by itself or by an error; soon, after an interrupt."""
        try:
            if why is None or isinstance(why, Exception | GeneratorExit):
                self.close()
        finally:
            with hold_signals():
                self.close(interrupted=True)

    def end_after(self, items: Generator[T]) -> Generator[T]:
        """The items of a generator; whichever way it ends, the loops are closed then."""
        why: BaseException | None = None
        try:
            yield from items
        except BaseException as error:
            why = error
            raise
        finally:
            self.end(why)


def _open_threads() -> futures.ThreadPoolExecutor | None:
    """The threads of an event loop; None where the program ends, so that none can begin any more."""
    try:
        return futures.ThreadPoolExecutor(thread_name_prefix="asyncio")
    except RuntimeError:
        return None


@final
class _KeptLoop:
    """An event loop, with threads of its own."""

    def __init__(self) -> None:
        self._loop, self._threads = asyncio.new_event_loop(), _open_threads()
        if self._threads is not None:
            self._loop.set_default_executor(self._threads)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine, which is a task with context variables of its own."""
        asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            return self._loop.run_until_complete(task)
        except Exception:
            if not task.done():  # the handler of a signal has raised it, outside of the task
                self._loop.run_until_complete(cancel_tasks(task))
            raise
        finally:
            asyncio.set_event_loop(None)

    def close(self, interrupted: bool) -> None:
        """End the tasks, generators and threads; after an interrupt nothing is waited for long."""
        loop = self._loop
        try:
            loop.run_until_complete(cancel_tasks(*asyncio.all_tasks(loop)))
            closing = loop.create_task(loop.shutdown_asyncgens())
            loop.run_until_complete(asyncio.wait({closing}, timeout=CANCEL_SECONDS if interrupted else None))
            loop.run_until_complete(cancel_tasks(closing))
            if self._threads is not None:
                self._threads.shutdown(wait=not interrupted, cancel_futures=interrupted)
        finally:
            loop.close()


@final
@attrs.frozen(eq=False, repr=False)
class Blocking(Layer, Generic[T]):
    """A coroutine function as a plain one, for one run: its calls share the event loops of that run.

    In another process it has loops of its own.
    """

    function: Callable[..., Awaitable[T]]
    loops: EventLoops = attrs.field(factory=EventLoops)

    def __call__(self, *args: Any, **kwargs: Any) -> T:
        return self.loops.run(self._await_call(*args, **kwargs))

    async def _await_call(self, *args: Any, **kwargs: Any) -> T:
        return await self.function(*args, **kwargs)

    def __reduce__(self) -> Any:
        return Blocking, (self.function,)


def run_to_end(coroutine: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run(coroutine)`, also where an event loop is running already, and interrupted at once."""
    loops = EventLoops()
    why: BaseException | None = None
    try:
        return loops.run(coroutine)
    except BaseException as error:
        why = error
        raise
    finally:
        loops.end(why)


def find_loops(fn: Callable[..., Any]) -> EventLoops | None:
    """The event loops in which a function of a run runs; None for a plain function."""
    return fn.loops if isinstance(fn, Blocking) else None


async def run_in_thread(call: Callable[[], T]) -> T:
    """`call()` in a thread of its own, with the task's context variables; neither loop nor program waits for its end.

    The threads of `asyncio.to_thread` would be waited for, though they may wait themselves, for a lock for instance.
    """
    return await asyncio.wrap_future(_start_call(call))


def _start_call(call: Callable[[], T]) -> futures.Future[T]:
    """`call()` in a thread of its own, with the caller's context variables."""
    future: futures.Future[T] = futures.Future()
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
