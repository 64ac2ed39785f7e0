"""Journals: nothing that was finished is lost, and nothing of it runs again."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
import psutil
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from toolz import curry

from spearmint_fp import (
    ArgumentError,
    Config,
    Failure,
    Journal,
    JournalError,
    JournalStatus,
    SizeError,
    arun,
    collect,
    experiment,
    inject,
    mapped,
    processes,
    retrying,
    run,
    threads,
)
from tests.examples import examples
from tests.journal.runs import doubled, list_outcomes, rising
from tests.running.executors import opened
from tests.waiting import wait_until
from tests.workers.programs import ROOT, finished, started

EVERY = ["serial", "threads", "thread pool", "fork", "forkserver", "process pool"]


def picky(config: Config) -> int:
    if config.n % 3 == 0:
        raise ValueError(f"{config.n} is not for me")
    return int(config.n)


@pytest.fixture(params=EVERY)
def executor(request: pytest.FixtureRequest) -> Iterator[Any]:
    with opened(request.param) as value:
        yield value


# --- replaying -------------------------------------------------------------------------------------------


def test_what_is_finished_is_replayed_and_equal_but_for_that(executor: Any, path: Path, mode: str) -> None:
    first, whole = rising(30)[:12], rising(30)
    with Journal(path) as journal:
        before = collect(run(doubled, first, executor=executor, journal=journal))
    assert not any(outcome.replayed for outcome in before)
    with Journal(path) as journal:
        after = collect(run(doubled, whole, executor=executor, journal=journal))
    assert [outcome.replayed for outcome in after] == [True] * 12 + [False] * 18
    assert tuple(attrs.evolve(outcome, replayed=False) for outcome in after) == collect(run(doubled, whole))
    assert [o.seconds for o in after[:12]] == [o.seconds for o in before]


@pytest.mark.parametrize("ordered", [True, False])
def test_what_is_new_lies_between_what_is_known(executor: Any, path: Path, ordered: bool) -> None:
    with Journal(path) as journal:
        collect(run(doubled, rising(60)[::3], executor=executor, journal=journal))
        outcomes = run(doubled, rising(60), executor=executor, journal=journal, ordered=ordered, in_flight=7)
        given = list(outcomes)
        assert [o.index for o in collect(given)] == list(range(60))
        assert [o.replayed for o in collect(given)] == [n % 3 == 0 for n in range(60)]
        assert all(o.result == 2 * o.config.n for o in given)
        if ordered:
            assert given == list(collect(given))


def test_failures_run_again_unless_told_not_to(executor: Any, path: Path) -> None:
    with Journal(path) as journal:
        first = collect(run(picky, rising(7), executor=executor, journal=journal))
        again = collect(run(picky, rising(7), executor=executor, journal=journal))
    assert [o.replayed for o in again] == [o.ok for o in first]
    with Journal(path, retry_failures=False) as journal:
        kept = collect(run(picky, rising(7), executor=executor, journal=journal))
    assert all(outcome.replayed for outcome in kept)
    assert [attrs.evolve(o, replayed=False) for o in kept] == list(first)
    assert "in picky" in kept[0].error.traceback  # type: ignore[union-attr]
    with pytest.raises(RuntimeError, match="0 is not for me"):
        _ = kept[0].result


def test_a_configuration_that_comes_again_runs_once(executor: Any, path: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"

    def noted(n: int) -> int:
        with calls.open("a") as file:
            file.write(f"{n}\n")
        return n

    with Journal(path, name="noted") as journal:
        got = collect(run(noted, [1, 2, 1, 1, 2, 3] * 5, executor=executor, journal=journal))
    assert [o.result for o in got] == [1, 2, 1, 1, 2, 3] * 5
    assert [o.index for o in got] == list(range(30))
    assert sorted(calls.read_text().split()) == ["1", "2", "3"]


def test_what_the_caller_has_seen_is_on_the_disk(executor: Any, path: Path) -> None:
    with Journal(path) as journal, run(doubled, rising(40), executor=executor, journal=journal) as outcomes:
        for outcome in islice(outcomes, 25):
            with Journal(path) as other:
                assert other.status([outcome.config], doubled).done == 1


def test_configurations_that_raise_end_the_run_where_they_do(executor: Any, path: Path) -> None:
    def checked(config: Config) -> Config:
        if config.n == 20:
            raise LookupError("no twenty")
        return config

    with Journal(path) as journal:
        given: list[int] = []
        with pytest.raises(LookupError, match="no twenty"):
            given.extend(o.index for o in run(doubled, mapped(checked, rising(30)), executor=executor, journal=journal))
        assert given == list(range(20))
        assert journal.status(rising(30), doubled) == JournalStatus(20, 0, 10)


def test_an_interrupt_is_in_no_journal(executor: Any, path: Path) -> None:
    def stop(config: Config) -> int:
        if config.n == 5:
            raise KeyboardInterrupt
        return int(config.n)

    with Journal(path, name="stop") as journal:
        with pytest.raises(KeyboardInterrupt):
            list(run(stop, rising(10), executor=executor, journal=journal))
        assert all(outcome.ok and outcome.result != 5 for outcome in list_outcomes(journal, "stop"))


def test_a_configuration_without_an_identity_costs_itself(executor: Any, path: Path) -> None:
    with Journal(path, name="one") as journal:
        got = collect(run(lambda c: 1, [1, {"f": lambda: 1}, 3], executor=executor, journal=journal))
    assert [o.ok for o in got] == [True, False, True]
    assert "journal finds an outcome by its configuration's" in got[1].error.message  # type: ignore[union-attr]
    assert "f: <function" in got[1].error.message  # type: ignore[union-attr]


# --- results ---------------------------------------------------------------------------------------------


@attrs.frozen(order=True)
class Score:
    value: float
    parts: tuple[int, ...] = ()


def scored(config: Config) -> Score:
    return Score(config.n / 2, (config.n,))


def unsaid(config: Config) -> Any:
    return {"score": [scored(config)]}


def test_typed_results_come_back_as_the_function_says(executor: Any, path: Path) -> None:
    with Journal(path) as journal:
        first = collect(run(scored, rising(3), executor=executor, journal=journal))
        again = collect(run(scored, rising(3), executor=executor, journal=journal))
        assert [o.result for o in again] == [o.result for o in first] == [Score(n / 2, (n,)) for n in range(3)]
        assert sorted(o.result for o in journal.outcomes(scored)) == [o.result for o in first]
        by_name = [o.result for o in journal.outcomes(f"{__name__}.scored")]
        assert {"value": 0.0, "parts": [0]} in by_name


def test_a_result_that_cannot_be_kept_is_a_failure_that_says_where(executor: Any, path: Path) -> None:
    with Journal(path) as journal:
        got = collect(run(unsaid, rising(2), executor=executor, journal=journal))
        assert not got[0].ok
        assert got[0].error.type.endswith("EncodingError")
        assert got[0].error.message.startswith("score.0: Score(value=0.0")
        assert got[0].error.exception.value == {"score": [Score(0.0, (0,))]}  # type: ignore[union-attr]
        assert journal.status(rising(2), unsaid) == JournalStatus(0, 2, 0)
    with Journal(path, result=dict[str, list[Score]]) as journal:
        collect(run(unsaid, rising(2), executor=executor, journal=journal))
        again = collect(run(unsaid, rising(2), executor=executor, journal=journal))
        assert [o.result for o in again] == [{"score": [Score(n / 2, (n,))]} for n in range(2)]
        assert all(o.replayed for o in again)


def test_what_no_longer_fits_its_type_is_a_failure_that_says_so(path: Path) -> None:
    with Journal(path) as journal:
        collect(run(scored, rising(1), journal=journal))
    with Journal(path, result=dict[str, int]) as journal:
        [outcome] = run(scored, rising(1), journal=journal)
        assert isinstance(outcome, Failure)
        assert "change version=" in outcome.error.message
        assert outcome.replayed


# --- names and versions ------------------------------------------------------------------------------------


def test_outcomes_belong_to_a_function_and_its_version(path: Path) -> None:
    with Journal(path) as journal:
        collect(run(doubled, rising(2), journal=journal))
        assert not any(o.replayed for o in run(picky, rising(2), journal=journal))
        assert all(o.replayed for o in run(retrying(2)(doubled), rising(2), journal=journal))
        assert all(o.replayed for o in run(inject(doubled), rising(2), journal=journal))
    with Journal(path, version=2) as journal:
        assert not any(o.replayed for o in run(doubled, rising(2), journal=journal))
    with Journal(path, name="mine") as journal:
        assert not any(o.replayed for o in run(doubled, rising(2), journal=journal))
        assert all(o.replayed for o in run(lambda c: 1, rising(2), journal=journal))
        mine = ("mine", "")
        doubled_, picky_ = f"{doubled.__module__}.doubled", f"{__name__}.picky"
        assert journal.experiments == ((doubled_, ""), (picky_, ""), (doubled_, "2"), mine)


def times(config: Config, k: int) -> int:
    return int(config.n) * k


@attrs.frozen
class Scale:
    k: int

    def scaled(self, config: Config) -> int:
        return int(config.n) * self.k


def test_what_is_bound_to_a_function_makes_it_another(path: Path) -> None:
    with Journal(path) as journal:
        for k in (1, 10, 1):
            assert [o.result for o in run(partial(times, k=k), rising(3), journal=journal)] == [0, k, 2 * k]
            assert [o.result for o in run(Scale(k).scaled, rising(3), journal=journal)] == [0, k, 2 * k]
        assert journal.status(rising(3), partial(times, k=10)) == JournalStatus(3, 0, 0)
        assert journal.status(rising(3), Scale(7).scaled) == JournalStatus(0, 0, 3)
        hidden: Any = times
        with pytest.raises(ArgumentError, match=r"bound to what has no identity.*Journal\(path, name='score'\)"):
            run(partial(hidden, k=object()), rising(3), journal=journal)
    with Journal(path, name="mine") as journal:
        list(run(partial(times, k=1), rising(3), journal=journal))
        assert all(o.replayed for o in run(partial(times, k=2), rising(3), journal=journal))


def multiplied(k: int, config: Config) -> int:
    return int(config.n) * k


def test_what_a_curried_function_waits_with_makes_it_another(path: Path) -> None:
    with Journal(path) as journal:
        for k in (1, 10, 1):
            outcomes = list(run(curry(multiplied)(k), rising(3), journal=journal, executor=processes(1)))
            assert [o.result for o in outcomes] == [0, k, 2 * k]
        assert all(o.replayed for o in outcomes)
        assert journal.status(rising(3), curry(multiplied)(10)) == JournalStatus(3, 0, 0)


def test_an_experiment_is_not_run_as_a_plain_function() -> None:
    @experiment([{"n": 1}])
    def f(config: Config) -> int:
        return 1

    with pytest.raises(ArgumentError, match=r"Use Spearmint.run\(fn\), or run\(inject\(fn.__wrapped__\), configs\)"):
        run(f, rising(2))


def test_a_function_without_a_name_needs_one(path: Path) -> None:
    with Journal(path) as journal, pytest.raises(ArgumentError, match=r"no name .*Journal\(path, name='score'\)"):
        run(lambda c: 1, [1], journal=journal)


# --- reading -----------------------------------------------------------------------------------------------


def test_reading_outcomes_and_status(path: Path) -> None:
    with Journal(path) as journal:
        outcomes = collect(run(picky, rising(7)[1:], journal=journal))
        assert list(journal.outcomes(picky)) == [attrs.evolve(o, replayed=True) for o in outcomes]
        assert journal.status(rising(10), picky) == JournalStatus(done=4, failed=2, left=4)
        assert journal.status(iter([]), picky) == JournalStatus(0, 0, 0)
        assert journal.status(rising(3), "unheard of") == JournalStatus(0, 0, 3)
        with pytest.raises(JournalError, match=r"has no 'x' in version ''; there is: '.*picky' version ''"):
            journal.outcomes("x")
        assert journal.status(rising(10**30), picky) == JournalStatus(done=4, failed=2, left=10**30 - 6)
        with pytest.raises(SizeError, match="Ask for a slice"):
            journal.status(range(10**8), picky)


def test_export_as_json_lines(path: Path, tmp_path: Path) -> None:
    with Journal(path) as journal:
        collect(run(picky, rising(4), journal=journal))
        assert journal.export(tmp_path / "out.jsonl") == 4
        with pytest.raises(JournalError, match="cannot write"):
            journal.export(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["ok"] for line in lines] == [False, True, True, False]
    assert lines[1]["config"] == {"n": 1}
    assert lines[1]["result"] == 1
    assert lines[1]["config_id"] == rising(4)[1].config_id
    assert lines[3]["error"]["message"] == "3 is not for me"
    assert set(lines[1]) == {
        "experiment", "version", "config_id", "config", "ok", "result", "index", "seconds", "attempts",
    }  # fmt: skip


@pytest.mark.slow
def test_thousands_that_are_finished_stream_in_flat_memory(path: Path) -> None:
    with Journal(path) as journal:
        collect(run(doubled, rising(10_000), executor=threads(2), journal=journal))
    seen = finished(
        started(
            f"""
            import resource
            sys.path.insert(0, {str(ROOT)!r})
            from tests.journal.runs import doubled, rising
            def peak():
                return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            for executor in (None, processes(2)):
                with Journal({str(path)!r}) as journal:
                    outcomes = run(doubled, rising(10_000), executor=executor, journal=journal)
                    head = sum(o.replayed for o in islice(outcomes, 5_000))
                    before = peak()
                    tail = sum(o.replayed for o in outcomes)
                    tell(replayed=head + tail, grown=peak() - before)
            """
        )
    )
    assert seen["replayed"] == 10_000
    assert seen["grown"] < 8


# --- arguments ---------------------------------------------------------------------------------------------


def test_wrong_arguments(path: Path) -> None:
    wrong: Any
    for wrong, says in [
        ({"path": 3}, "the path of a file; got 3"),
        ({"name": ""}, "names the experiment"),
        ({"version": 1.5}, "version is a text or a whole number"),
        ({"retry_failures": 1}, "True or False"),
        ({"sync": None}, "sync is True or False"),
    ]:
        with pytest.raises(ArgumentError, match=says):
            Journal(**{"path": path, **wrong})
    with pytest.raises(ArgumentError, match=r"Use journal=Journal\(path\)"):
        run(doubled, rising(1), journal=str(path))  # type: ignore[call-overload]


def test_outcomes_after_the_block_are_an_error(path: Path) -> None:
    with Journal(path) as journal:
        outcomes = run(doubled, rising(3), journal=journal)
        next(outcomes)
    journal.close()
    with pytest.raises(JournalError, match="Ask for outcomes inside its block"):
        next(outcomes)


# --- crashes -----------------------------------------------------------------------------------------------

CRASHING = {
    "serial": "None",
    "serial, sync=False": "None",
    "threads": "threads(3)",
    "processes": "processes(2)",
    "dask": "dask_cluster(sys.argv[4])",
    "async": "'async'",
}

SCRIPT = """
import asyncio, os, sys, time
from spearmint_fp import *

path, calls, left = sys.argv[1], sys.argv[2], int(sys.argv[3])

def work(config):
    with open(calls, "a") as file:
        file.write(f"{config.n}\\n")
    time.sleep(0.01)
    return config.n * 2

async def awork(config):
    with open(calls, "a") as file:
        file.write(f"{config.n}\\n")
    await asyncio.sleep(0.01)
    return config.n * 2

sweep = expand({"n": DynamicValue(range(120))})

def told(outcome):
    global left
    assert outcome.ok and outcome.result == outcome.config.n * 2
    os.write(1, f"{outcome.config.n}\\n".encode())
    left -= 1
    if not left:
        time.sleep(3600)  # it is killed here, where whoever kills comes late

async def main(journal):
    async for outcome in arun(awork, sweep, limit=3, journal=journal):
        told(outcome)

with Journal(path, name="work", sync=SYNC) as journal:
    executor = EXECUTOR
    if executor == "async":
        asyncio.run(main(journal))
    else:
        for outcome in run(work, sweep, executor=executor, journal=journal, ordered=False):
            told(outcome)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", CRASHING)
def test_kill_nine_at_random_moments(name: str, path: Path, tmp_path: Path) -> None:
    """After five kills: what was finished is not lost and not run again, what was in flight once more per kill."""
    calls = tmp_path / "calls"
    calls.touch()
    address = []
    if name == "dask":
        from tests.running.executors import dask_client

        address = [dask_client().scheduler.address]
    script = SCRIPT.replace("EXECUTOR", CRASHING[name]).replace("SYNC", str("sync=False" not in name))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    chance, finished_so_far = random.Random(name), set[int]()
    snapshots: list[tuple[set[int], Counter[int]]] = []
    for kill in range(6):
        enough = len(finished_so_far) + chance.randrange(1, 12)
        most = 0 if kill == 5 else enough + 5
        command = [sys.executable, "-c", script, str(path), str(calls), str(most), *address]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program:
            assert program.stdout is not None
            if kill < 5:
                seen = list(islice(program.stdout, enough))
                time.sleep(chance.random() * 0.03)
                program.send_signal(signal.SIGKILL)
                seen += list(program.stdout)
            else:
                seen = list(program.stdout)
        killed = {-signal.SIGKILL} if most <= 120 else {-signal.SIGKILL, 0}  # or at its end already
        assert program.returncode in (killed if kill < 5 else {0})
        with Journal(path, name="work") as journal:
            stored = {o.config.n for o in journal.outcomes("work")}
        assert {*map(int, seen)} <= stored
        assert finished_so_far <= stored
        _wait_for_what_was_in_flight(name, calls)
        snapshots.append((stored, Counter(map(int, calls.read_text().split()))))
        finished_so_far = stored
    assert finished_so_far == set(range(120))
    after = snapshots[-1][1]
    assert all(after[n] == called[n] for stored, called in snapshots for n in stored)
    assert all(after[n] <= 1 + sum(n not in stored for stored, _ in snapshots) for n in range(120))


def _wait_for_what_was_in_flight(name: str, calls: Path) -> None:
    """Tasks of workers that have outlived whoever asked for them may note a little later that they have been called."""
    if name == "processes":
        wait_until(lambda: not any(map(partial(_has_argument, str(calls)), psutil.process_iter())))
    if name == "dask":
        from tests.running.executors import dask_client

        client = dask_client()
        wait_until(lambda: not client.run_on_scheduler(_unfinished))
        client.gather([client.submit(int, workers=[worker], pure=False) for worker in client.nthreads()])


def _has_argument(argument: str, process: psutil.Process) -> bool:
    try:
        return argument in process.cmdline()
    except psutil.Error:  # it has ended, or is somebody else's
        return False


def _unfinished(dask_scheduler: Any) -> bool:
    """Tasks that a Dask scheduler has not seen the end of, or whose client it has not yet seen the end of."""
    return any(task.state not in ("memory", "erred") for task in dask_scheduler.tasks.values())


@pytest.mark.slow
def test_three_shards_write_one_file(path: Path, mode: str) -> None:
    programs = [
        started(
            f"""
            from spearmint_fp.journal import database
            database.SAFE_WAL_VERSION = {(0,) if mode == "WAL" else (99,)}
            def work(config):
                return config.n * 2
            with Journal({str(path)!r}, name="work") as journal:
                mine = collect(run(work, shard({i}, 3, rising(300)), executor={executor}, journal=journal))
                both = collect(run(work, rising(30), journal=journal))  # all three at once
            tell(done=sum(o.ok for o in mine), both=sum(o.ok for o in both))
            """
        )
        for i, executor in enumerate(["None", "threads(2)", "processes(2)"])
    ]
    assert [finished(program) for program in programs] == [{"done": 100, "both": 30}] * 3
    with Journal(path, name="work") as journal:
        assert journal.status(rising(300), "work") == JournalStatus(300, 0, 0)
        assert sorted(o.result for o in journal.outcomes("work")) == [2 * n for n in range(300)]
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# --- against a model ---------------------------------------------------------------------------------------


class Journals(RuleBasedStateMachine):
    """A journal against a dict: run some, crash, resume, add configurations, fail, mend, change the version."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.size, self.bad, self.version, self.retry = 6, set[int](), 0, True
        self.model: dict[tuple[int, int], tuple[bool, int]] = {}
        self.calls: Counter[tuple[int, int]] = Counter()
        self.journal = self.reopened()

    def reopened(self) -> Journal:
        return Journal(self.folder / "runs.db", name="work", version=self.version, retry_failures=self.retry)

    def work(self, config: Config) -> int:
        self.calls[self.version, config.n] += 1
        if config.n in self.bad:
            raise ValueError(config.n)
        return int(config.n) * 10 + self.calls[self.version, config.n]

    @rule(k=st.integers(1, 12), executor=st.sampled_from(["serial", "threads", "async"]), ordered=st.booleans())
    def run_some(self, k: int, executor: str, ordered: bool) -> None:
        before, known = self.calls.copy(), dict(self.model)
        taken = list(islice(self.outcomes(executor, ordered), k))
        for outcome in taken:
            key = (self.version, outcome.config.n)
            was = known.get(key)
            assert outcome.replayed == (was is not None and (was[0] or not self.retry))
            assert self.calls[key] == before[key] + (not outcome.replayed)
            if outcome.replayed:
                assert was is not None
                assert outcome.ok == was[0]
                assert not outcome.ok or outcome.result == was[1]
            self.model[key] = (outcome.ok, outcome.result if outcome.ok else 0)
        self.learn_what_was_in_flight({(self.version, o.config.n) for o in taken}, known, before)

    def outcomes(self, executor: str, ordered: bool) -> Iterator[Any]:
        sweep = rising(self.size)
        if executor == "async":
            return self.awaited(sweep, ordered)
        place = None if executor == "serial" else threads(2)
        return run(self.work, sweep, executor=place, ordered=ordered, in_flight=3, journal=self.journal)

    def awaited(self, sweep: Any, ordered: bool) -> Iterator[Any]:

        async def work(config: Config) -> int:
            return self.work(config)

        async def all_of_them() -> list[Any]:
            return [o async for o in arun(work, sweep, limit=2, ordered=ordered, journal=self.journal)]

        outcomes = asyncio.run(all_of_them())
        for outcome in outcomes:  # all have been seen
            key = (self.version, outcome.config.n)
            if not outcome.replayed:
                self.model[key] = (outcome.ok, outcome.result if outcome.ok else 0)
        return iter(outcomes)

    def learn_what_was_in_flight(self, taken: set[Any], known: dict[Any, Any], before: Counter[Any]) -> None:
        """A configuration that ran but was not taken may be there or not; nothing else may have changed."""
        for outcome in (
            list_outcomes(self.journal, "work") if (("work", str(self.version)) in self.journal.experiments) else []
        ):
            key = (self.version, outcome.config.n)
            if key not in taken and key not in self.model:
                assert self.calls[key] > before[key]
            if key not in taken and self.calls[key] > before[key]:
                assert key not in known or not known[key][0]
                self.model[key] = (outcome.ok, outcome.result if outcome.ok else 0)

    @rule()
    def crash(self) -> None:
        """Another connection, and the old one is never closed properly."""
        self.journal = self.reopened()

    @rule()
    def close(self) -> None:
        self.journal.close()
        self.journal = self.reopened()

    @rule(n=st.integers(1, 3))
    def add_configurations(self, n: int) -> None:
        self.size = min(self.size + n, 12)

    @rule(bad=st.sets(st.integers(0, 11), max_size=3))
    def fail(self, bad: set[int]) -> None:
        self.bad = bad

    @rule(version=st.integers(0, 2), retry=st.booleans())
    def change(self, version: int, retry: bool) -> None:
        self.version, self.retry = version, retry
        self.journal.close()
        self.journal = self.reopened()

    @invariant()
    def the_journal_has_what_the_model_has(self) -> None:
        status = self.journal.status(rising(12), "work")
        mine = [ok for (version, _), (ok, _) in self.model.items() if version == self.version]
        assert status == JournalStatus(sum(mine), len(mine) - sum(mine), 12 - len(mine))

    def teardown(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)


Journals.TestCase.settings = examples(25, stateful_step_count=20)
TestJournals = Journals.TestCase


# --- what hostile testing found ----------------------------------------------------------------------------


def test_a_journal_that_nobody_names_stays_open_for_its_run(path: Path) -> None:
    outcomes = run(doubled, rising(3), journal=Journal(path))
    gc.collect()
    assert [outcome.result for outcome in outcomes] == [0, 2, 4]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "\udcff"}, "name"),
        ({"version": "\udcff"}, "version"),
        ({"version": 10**5000}, "version"),
        ({"result": 5}, "5"),
        ({"path": "a\0b"}, "path of a file"),
    ],
)
def test_what_no_file_can_hold_is_refused_before_anything_runs(path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        Journal(**{"path": path, **options})


def test_a_name_that_no_file_can_hold_costs_its_configuration(path: Path) -> None:
    configs = [Config({"config_id": "\udcff", "n": 1}), Config({"n": 2})]
    with Journal(path) as journal:
        bad, good = run(doubled, configs, journal=journal)
    assert not bad.ok
    assert "config_id of your own" in bad.error.message
    assert good.result == 4


@pytest.mark.parametrize("to", [1, True, None, b"out.jsonl", "a\0b"])
def test_an_export_takes_the_path_of_a_file(path: Path, to: Any) -> None:
    with Journal(path) as journal, pytest.raises(ArgumentError, match="export takes the path of a file; got"):
        journal.export(to)


def test_an_export_does_not_destroy_its_own_journal(path: Path) -> None:
    with Journal(path) as journal:
        list(run(doubled, rising(2), journal=journal))
        with pytest.raises(JournalError, match="the journal itself"):
            journal.export(path)
        assert journal.status(rising(2), doubled) == JournalStatus(2, 0, 0)


@pytest.mark.parametrize("content", ["nope", "5", '{"type": 1}', '{"$complex": ["1"]}', "[" * 10_000])
def test_a_damaged_row_is_a_failure_that_says_so(path: Path, content: str) -> None:
    with Journal(path, name="work") as journal:
        list(run(lambda c: 1 // c.n, rising(2), journal=journal))
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE outcomes SET content = ? WHERE NOT ok", (content,))
        other.commit()
    with Journal(path, name="work", retry_failures=False) as journal:
        [first, second] = run(lambda c: 1 // c.n, rising(2), journal=journal)
    assert not first.ok
    assert "damaged" in first.error.message
    assert second.result == 1


@pytest.mark.parametrize("ordered", [True, False])
def test_twins_of_what_a_worker_cannot_make_do_not_wait_for_ever(path: Path, ordered: bool) -> None:
    here = os.getpid()

    def only_here(config: Config) -> Config:
        if config.n >= 4 and os.getpid() != here:
            raise ValueError("not in a worker")
        return Config({"n": config.n % 6})

    with Journal(path) as journal:
        outcomes = run(doubled, mapped(only_here, rising(40)), executor=processes(2), journal=journal, ordered=ordered)
        found = [(outcome.index, outcome.config.n, outcome.ok) for outcome in outcomes]
    assert sorted(found) == [(k, k % 6, k % 6 < 4) for k in range(40)]
