"""A worker looks after itself while its tasks run: it frees late batches, and keeps time limits while nobody asks."""

from __future__ import annotations

import os
import threading
from collections import deque
from pathlib import Path

import pytest

from spearmint_fp.workers.batches import Batch, claim_positions, take_rest
from spearmint_fp.workers.watch import Watch, Writer
from spearmint_fp.workers.wire import HANDED_BACK, MessageReader
from tests.running.executors import OURS
from tests.waiting import LIMIT_SECONDS
from tests.workers.programs import seen


def test_each_position_is_taken_once_by_one_of_two_threads() -> None:
    for _ in range(200):
        left, taken, begin = deque(range(300)), list[int](), threading.Barrier(2)

        def work(left: deque[int] = left, taken: list[int] = taken, begin: threading.Barrier = begin) -> None:
            begin.wait(LIMIT_SECONDS)
            taken.extend(claim_positions(left))

        thread = threading.Thread(target=work)
        thread.start()
        begin.wait(LIMIT_SECONDS)
        count = take_rest(left)
        thread.join()
        assert taken == list(range(300 - count))


def test_a_late_batch_is_handed_back_but_for_the_task_that_runs() -> None:
    reads, writes = os.pipe()
    watch = Watch(os.getppid(), Writer(writes))
    watch.start()
    with watch.claim(Batch(10, 20, None, range(10))) as claim_next:
        assert [claim_next(), claim_next()] == [10, 11]
        assert MessageReader().read(os.read(reads, 100)) == [(HANDED_BACK, [12])]
        with pytest.raises(IndexError):
            claim_next()
    with watch.claim(Batch(7, 8, None, [7])) as claim_next:
        assert claim_next() == 7


def test_nothing_is_taken_back_while_the_pipe_is_full() -> None:
    """The worker would hold what nobody can be told of."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    filled = 0
    while True:
        try:
            filled += os.write(writes, bytes(4096))
        except BlockingIOError:
            break
    os.set_blocking(writes, True)
    writer, asked = Writer(writes), list[int]()
    assert not writer.write_now(lambda: asked.append(1) or b"x")  # type: ignore[func-returns-value]
    while filled:
        filled -= len(os.read(reads, filled))
    assert writer.write_now(lambda: asked.append(2) or b"x")  # type: ignore[func-returns-value]
    assert asked == [2]
    with writer._lock:
        assert not writer.write_now(lambda: b"x")


@pytest.mark.slow
@pytest.mark.parametrize("method", OURS)
def test_a_limit_is_kept_while_nobody_asks(method: str, tmp_path: Path) -> None:
    """With what the task has started."""
    got = seen(
        f"""
        import subprocess
        def alive(name):
            try:
                return is_running(psutil.Process(int(open(os.path.join({str(tmp_path)!r}, name)).read())))
            except (psutil.NoSuchProcess, ValueError):
                return False
        @timed_out(1)
        def hangs(n):
            child = subprocess.Popen(["sleep", "3600"])
            for name, pid in (("child", child.pid), ("task", os.getpid())):
                with open(os.path.join({str(tmp_path)!r}, name + "_"), "w") as file:
                    file.write(str(pid))
                os.rename(file.name, file.name[:-1])
            time.sleep(HANG_SECONDS)
        outcomes = run(lambda n: hangs(n) if n == 1 else n, range(4), executor=processes(1, start_method={method!r}))
        first = next(outcomes).result
        wait_until(lambda: os.path.exists(os.path.join({str(tmp_path)!r}, "task")))
        wait_until(lambda: not alive("task") and not alive("child"))
        rest = list(outcomes)
        tell(first=first, ok=[o.ok for o in rest], message=rest[0].error.message, attempts=rest[0].attempts)
        """
    )
    assert got == {"first": 0, "ok": [False, True, True], "message": "took longer than 1 s", "attempts": 1}


@pytest.mark.slow
@pytest.mark.parametrize("own", ["signal.SIG_IGN", "lambda *_: None", "lambda *_: 1 / 0"])
def test_a_task_that_has_a_use_for_the_signal_of_a_limit_is_ended_all_the_same(own: str, tmp_path: Path) -> None:
    """It had a timer of its own that sends this signal; the limit is kept a tenth of a second late."""
    got = seen(
        f"""
        def own_timer(n):
            with open({str(tmp_path / "calls")!r}, "a") as file:
                file.write("x")
            signal.signal(signal.SIGVTALRM, {own})
            try:
                time.sleep(HANG_SECONDS)
            except ZeroDivisionError:
                time.sleep(HANG_SECONDS)
        [outcome] = run(timed_out(1)(own_timer), [0], executor=processes(1))
        tell(kind=outcome.error.type.rpartition(".")[2], message=outcome.error.message, attempts=outcome.attempts)
        """
    )
    assert got == {"kind": "TaskTimeoutError", "message": "took longer than 1 s", "attempts": 1}
    assert (tmp_path / "calls").read_text() == "x"


@pytest.mark.slow
def test_healthy_workers_outlive_a_caller_that_pauses(tmp_path: Path) -> None:
    """Their results fill the pipe: each task had ended in time, but nobody had read so."""
    got = seen(
        f"""
        limited = timed_out(1)(lambda n: bytes([n % 256]) * 50_000)
        def task(n):
            with open({str(tmp_path / "calls")!r}, "a") as file:
                file.write(f"{{n}}\\n")
            return limited(n)
        outcomes = run(task, range(400), executor=processes(2))
        given = []
        for outcome in outcomes:
            given.append(outcome)
            if len(given) in (1, 20, 60):
                time.sleep(2)  # twice the limit
        tell(good=[o.result for o in given if o.ok] == [bytes([n % 256]) * 50_000 for n in range(400)],
             attempts=sorted({{o.attempts for o in given}}))
        """
    )
    assert got == {"good": True, "attempts": [1]}
    assert sorted(map(int, (tmp_path / "calls").read_text().split())) == list(range(400))


@pytest.mark.slow
def test_workers_that_wait_to_say_that_a_task_has_ended_outlive_a_caller_that_pauses() -> None:
    """Small messages of several sizes fill the pipes, so that some pause begins when a limit was said, and no end."""
    got = seen(
        """
        from spearmint_fp.workers.batches import Batch
        limited = timed_out(1)(lambda n: f"{os.getpid():0{8 + n // 3000 * 11}}")
        pool = processes(4, start_method="fork").prepare(limited, None)()
        for start in range(0, 36_000, 3000):
            pool.put(Batch(start, start + 3000, None, range(start, start + 3000)))
        given, pauses = [], 6
        while len(given) < 36_000:
            given += [outcome for answer in pool.get() for outcome in answer]
            if pauses:
                time.sleep(1.2)
                pauses -= 1
        pool.stop(None)
        tell(ok=all(o.ok for o in given), workers=len({int(o.result) for o in given if o.ok}))
        """
    )
    assert got == {"ok": True, "workers": 4}


def test_waiting_for_the_caller_is_not_the_tasks_time() -> None:
    from spearmint_fp.tasks.task_state import TaskState

    state = TaskState()
    outer, attempt, inner = state.begin_wrapper(10.0), state.begin_wrapper(2), state.begin_wrapper(5.0)
    state.postpone(1.5)
    assert (outer.number, attempt.number, inner.number) == (11.5, 2, 6.5)
