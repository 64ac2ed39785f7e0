"""The file that counts starts, with a clock of the tests: no period holds too many, and none is waited for in vain."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from bisect import bisect_left
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp.configuration.errors import RunError
from spearmint_fp.tasks import starts
from spearmint_fp.tasks.starts import GONE_SECONDS, LOOK_SECONDS, StartFolder, StartLog, open_locked


def drive(log: StartLog, arrivals: list[float], lateness: list[float]) -> list[tuple[float, int]]:
    """The starts of callers that come at these times, and wake so much later than they are told: times and callers."""
    pending: list[tuple[float, int, int | None]] = [(at, caller, None) for caller, at in enumerate(arrivals)]
    started, delays = list[tuple[float, int]](), cycle(lateness)
    while pending:
        pending.sort(key=lambda entry: (entry[0], entry[1]))
        now, caller, number = pending.pop(0)
        number, seconds = log.claim_start(number, now)
        if number is None:
            started.append((now, caller))
        else:
            pending.append((now + seconds + next(delays), caller, number))
    return started


@given(
    rate=st.integers(1, 4),
    per=st.sampled_from([0.25, 1.0, 3.0, 20.0]),
    gaps=st.lists(st.sampled_from([0.0, 0.0, 0.125, 0.5, 4.0, 30.0]), min_size=1, max_size=12),
    lateness=st.lists(st.sampled_from([0.0, 0.0, 0.0625, 2.0, 9.0]), min_size=1, max_size=8),
)
def test_no_period_holds_more_starts(rate: int, per: float, gaps: list[float], lateness: list[float]) -> None:
    arrivals = [sum(gaps[: end + 1]) for end in range(len(gaps))]
    with TemporaryDirectory() as folder:
        started = [at for at, _ in drive(StartLog(Path(folder, "log"), rate, per), arrivals, lateness)]
    assert len(started) == len(arrivals)
    for index, at in enumerate(started):
        assert bisect_left(started, at + per) - index <= rate


@given(
    rate=st.integers(1, 4),
    per=st.sampled_from([0.25, 1.0, 8.0]),
    gaps=st.lists(st.sampled_from([0.0, 0.0, 0.125, 0.5, 4.0, 30.0]), min_size=1, max_size=15),
)
def test_those_who_are_on_time_start_in_their_order_and_as_early_as_they_may(
    rate: int, per: float, gaps: list[float]
) -> None:
    arrivals = [sum(gaps[: end + 1]) for end in range(len(gaps))]
    wanted: list[float] = []
    for at in arrivals:
        wanted.append(max(at, wanted[-rate] + per) if len(wanted) >= rate else at)
    with TemporaryDirectory() as folder:
        started = drive(StartLog(Path(folder, "log"), rate, per), arrivals, [0.0])
    assert started == [(at, caller) for caller, at in enumerate(wanted)]


def test_a_place_is_free_when_it_was_left_or_its_process_has_gone(tmp_path: Path) -> None:
    log = StartLog(tmp_path / "log", 1, 60.0)
    assert log.claim_start(None, 0.0) == (None, 0.0)
    first, _ = log.claim_start(None, 1.0)
    second, _ = log.claim_start(None, 1.0)
    third, seconds = log.claim_start(None, 1.0)
    assert (first, second, third, seconds) == (0, 1, 2, LOOK_SECONDS)
    assert first is not None
    log.leave_queue(first, 2.0)
    log.leave_queue(first, 2.0)
    assert log.claim_start(second, 58.0) == (second, LOOK_SECONDS)
    assert log.claim_start(third, 60.0) == (third, LOOK_SECONDS)  # the second is ahead
    late = 58.0 + GONE_SECONDS
    assert log.claim_start(third, late) == (None, 0.0)
    assert log.claim_start(second, late) == (second, LOOK_SECONDS)
    assert log.claim_start(second, late + 60.0) == (None, 0.0)


def test_the_file_stays_as_small_as_the_rate(tmp_path: Path) -> None:
    log = StartLog(tmp_path / "log", 3, 1.0)
    drive(log, [float(n) for n in range(0, 200, 2)], [0.0])
    drive(log, [1000.0] * 8, [0.0])
    assert (tmp_path / "log").stat().st_size == 16 + 3 * 8


def test_threads_take_the_lock_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder" / "log"
    inside: list[int] = []

    def add() -> None:
        for _ in range(200):
            with open_locked(path):
                inside.append(1)
                assert len(inside) == 1
                inside.pop()

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inside == []
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_worker_counts_with_its_program_and_not_on_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    program, worker = StartFolder(), StartFolder()
    assert program.place != worker.place
    worker.join(program.place)
    assert worker.open_log("f", 2, 1.0) == program.open_log("f", 2, 1.0)
    logs = [program.open_log(name, rate, per) for name, rate, per in (("f", 2, 1.0), ("g", 2, 1.0), ("f", 3, 1.0))]
    assert len({log.path for log in logs}) == 3
    monkeypatch.setattr(starts, "_find_machine", lambda: "elsewhere")
    with pytest.raises(
        RunError, match=r"counts starts on one machine: the program runs on .*, this worker on elsewhere"
    ):
        worker.open_log("f", 2, 1.0)


def test_the_folder_is_removed_by_the_program_that_made_it_and_not_by_a_fork() -> None:
    code = """
import os
from spearmint_fp import throttled
from spearmint_fp.tasks.starts import START_FOLDER
throttled(1)(abs)(1)
path = START_FOLDER.place[1]
if (child := os.fork()) == 0:
    raise SystemExit
os.waitpid(child, 0)
print(path, os.path.exists(path))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    path, existed = done.stdout.split()
    assert existed == "True"
    assert not os.path.exists(path)


def test_a_machine_without_a_folder_for_temporary_files_runs_what_has_no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> str:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr("tempfile.gettempdir", refuse)
    assert StartFolder().place[1].startswith(os.path.abspath(os.sep))
