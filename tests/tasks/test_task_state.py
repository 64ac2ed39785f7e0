"""The state that the wrappers of a task share, also over the end of a worker."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from spearmint_fp import (
    RunError,
    Success,
    processes,
    retrying,
    run,
    timed_out,
)
from spearmint_fp.tasks.task_state import TaskState
from tests.tasks.calls import count_call, describe_failure, fails, hang, run_one
from tests.waiting import HANG_SECONDS


def test_no_attempt_is_forgotten_when_the_process_is_ended(tmp_path: Path) -> None:
    slow_from_the_fourth = retrying(100, wait=lambda attempt: 0.0 if attempt < 4 else HANG_SECONDS)
    limited = timed_out(1.0)(slow_from_the_fourth(lambda n: fails(count_call(tmp_path, n))))
    warm, outcome = run(lambda n: limited(n) if n else n, [0, 1], executor=processes(1))
    assert (warm.attempts, describe_failure(outcome)) == (1, "TaskTimeoutError: took longer than 1 s")
    assert len(list(tmp_path.iterdir())) <= outcome.attempts <= 4  # both 4, but where a second is not enough for them


def test_wrappers_one_after_the_other_inside_a_function(tmp_path: Path) -> None:
    """The task is begun again where it was ended, and the deadline that has passed is found by whoever set it."""

    def task(n: int) -> str:
        count_call(tmp_path, n)
        timed_out(60)(abs)(n)
        retrying(3)(abs)(n)
        try:
            timed_out(0.2)(hang)(n)
        except TimeoutError:
            return f"{retrying(3)(timed_out(60)(abs))(-7)}, and on it goes"
        return "it did not hang"

    assert run_one(task, executor=processes(1)) == Success(0, "7, and on it goes")
    assert len(list(tmp_path.iterdir())) == 2


def test_a_state_is_ready_for_the_next_task() -> None:
    state = TaskState()
    state.resume(2, ((0, 3), (1, 5.0)))
    outer = state.begin_wrapper(1)
    assert (outer.number, state.marks) == (3, ((0, 3),))
    assert [state.begin_wrapper(9.0).number, state.deadline] == [9.0, 9.0]  # the place of another
    state.end_wrapper(state._active[-1])
    assert state.begin_wrapper(9.0).number == 5.0
    assert state.finish(0.0)[1] == 3
    assert (state.marks, state.deadline, state.finish(0.5)) == ((), math.inf, (0.5, 1))
    state.end_wrapper(outer)
    state.begin_attempt(outer, 4)
    assert state.finish(0.5) == (0.5, 1)


def test_waiting_for_a_turn_moves_every_deadline_and_is_told_outside() -> None:
    told: list[tuple[float, float]] = []
    state = TaskState(lambda state: told.append((state.deadline, state.since)))
    state.resume(0, (), since=100.0)
    state.begin_wrapper(5.0)
    attempts = state.begin_wrapper(1)
    state.begin_wrapper(7.0)
    state.note_wait(2.5)
    assert (state.deadline, state.marks) == (7.5, ((0, 7.5), (0, 1), (0, 9.5)))
    assert attempts.number == 1
    assert told == [(7.5, 102.5)]
    state.resume(0, ())
    assert state.finish(3.0)[0] == 0.5
    assert state.finish(3.0)[0] == 3.0


def test_a_task_whose_run_has_ended_does_not_wait() -> None:
    state = TaskState()
    state.is_stopped = True
    with pytest.raises(RunError, match="the run has ended while this task waited for its turn"):
        state.note_wait(1.0)
