"""The state of a running task: its wrappers at work, the attempts that it took, when it must have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from math import inf
from time import monotonic
from types import CodeType
from typing import Final, final

from ..configuration.errors import RunError
from .signals import NO_HANDLERS

Checkpoint = tuple[tuple[int, float], ...]
"""The place and the number of each running wrapper, the outermost first: how far a task has come."""


@final
class ActiveWrapper:
    """A running wrapper of a task. `place` counts those that began before it in the same attempt of the one around it.

    `number` is the current attempt of a retry (an int), or the deadline of a time limit (a float, by `time.monotonic`).
    `resumed` are the wrappers inside it that were running when a worker was ended.
    """

    __slots__ = ("begun", "number", "place", "resumed")

    def __init__(self, place: int, number: float) -> None:
        self.place, self.number = place, number
        self.begun = 0
        self.resumed: Checkpoint = ()

    def begin_inner(self, number: float) -> ActiveWrapper:
        """Begin the next wrapper inside; where the task is begun again, it takes up the number that it had."""
        inner = ActiveWrapper(self.begun, number)
        self.begun += 1
        if self.resumed and self.resumed[0][0] == inner.place and type(self.resumed[0][1]) is type(number):
            inner.number, inner.resumed, self.resumed = self.resumed[0][1], self.resumed[1:], ()
        return inner


@final
class TaskState:
    """The state that the wrappers of a running task share.

    A worker process can only be ended from outside. So `watch` is called with the state whenever its deadline or its
    attempts change; when the process has been ended at the deadline, another one begins the task again, with `resume`.
    The wrappers then find the deadline that has passed, and no attempt is forgotten.
    `outer_handlers` are the handlers of signals whose errors end the run; `since` is when the first wrapper began,
    later by what the task has waited for its turn. `is_stopped` is set where the run has ended, and the task goes on in
    a thread.
    """

    __slots__ = ("_active", "_waited", "is_stopped", "outer_handlers", "retries", "since", "untouched", "watch")

    def __init__(
        self, watch: Callable[[TaskState], None] | None = None, outer_handlers: frozenset[CodeType] = NO_HANDLERS
    ) -> None:
        self.watch, self.outer_handlers = watch, outer_handlers
        self.since = self._waited = 0.0
        self.untouched, self.is_stopped = True, False
        self.retries = 0
        self._active: list[ActiveWrapper] = []  # the task itself stands first, once it has a wrapper

    @property
    def marks(self) -> Checkpoint:
        """The wrappers that are running."""
        return tuple((wrapper.place, wrapper.number) for wrapper in self._active[1:])

    @property
    def deadline(self) -> float:
        """When the task must have ended; infinity where there is no limit."""
        return min((wrapper.number for wrapper in self._active if isinstance(wrapper.number, float)), default=inf)

    def begin_wrapper(self, number: float) -> ActiveWrapper:
        """Note that a wrapper begins its work."""
        self._note_use()
        wrapper = self._active[-1].begin_inner(number)
        self._active.append(wrapper)
        return wrapper

    def end_wrapper(self, wrapper: ActiveWrapper) -> None:
        """Note that a wrapper has ended its work; a thread may outlive the task to which it belonged."""
        if wrapper in self._active:
            self._active.remove(wrapper)

    def begin_attempt(self, wrapper: ActiveWrapper, number: int) -> None:
        """Note another attempt, also outside this process, so that it is counted if the process is ended."""
        wrapper.number, wrapper.begun, wrapper.resumed = number, 0, ()
        if wrapper in self._active:
            self.retries += 1
            if self.watch is not None and self.deadline < inf:
                self.watch(self)

    def note_wait(self, seconds: float) -> None:
        """Note that the task will wait so long for its turn: no limit and no measure of its time counts that.

        Raises where the run has ended, so that nothing begins after it.
        """
        if self.is_stopped:
            raise RunError("the run has ended while this task waited for its turn")
        self._note_use()
        self._waited += seconds
        self.since += seconds
        self.postpone(seconds)
        if self.watch is not None and self.deadline < inf:
            self.watch(self)

    def postpone(self, seconds: float) -> None:
        """Give the task so much more time: it has waited for something that is not its own."""
        for wrapper in self._active:
            if isinstance(wrapper.number, float):
                wrapper.number += seconds

    def resume(self, retries: int, marks: Checkpoint, since: float = inf) -> None:
        """Begin the next task where a process that was ended had left it."""
        self._note_use()
        self.retries, self._active[0].resumed, self.since = retries, marks, since

    def finish(self, seconds: float) -> tuple[float, int]:
        """The seconds and the attempts of a task that took so many seconds here; the state is that of the next one."""
        if self.untouched:
            return seconds, 1
        # Another process may have begun it, and it may have slept a little less than it had said.
        ending = max(0.0, seconds - self._waited, monotonic() - self.since), self.retries + 1
        self.untouched, self.retries, self._active, self._waited = True, 0, [], 0.0
        return ending

    def _note_use(self) -> None:
        self.untouched = False
        if not self._active:
            self._active, self.since = [ActiveWrapper(0, 0)], monotonic()


TASK_STATE: Final[ContextVar[TaskState | None]] = ContextVar("spearmint_fp_trace", default=None)
"""The state of the task that runs here; a worker sets it once for all of its tasks."""


@contextmanager
def enter_wrapper(number: float) -> Iterator[tuple[TaskState, ActiveWrapper]]:
    """Note a wrapper's work in the state of the task; in one of its own where no run asks for it."""
    state = TASK_STATE.get()
    token = None if state is not None else TASK_STATE.set(TaskState())  # so that those inside find it
    state = state or TASK_STATE.get() or TaskState()
    wrapper = state.begin_wrapper(number)
    try:
        yield state, wrapper
    finally:
        state.end_wrapper(wrapper)
        if token is not None:
            with suppress(ValueError):  # it is closed in another context, where the variable was never set
                TASK_STATE.reset(token)
