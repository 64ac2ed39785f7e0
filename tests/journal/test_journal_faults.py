"""Journals that cannot be written, and locks of others: nothing is misreported, and Ctrl-C ends every wait."""

from __future__ import annotations

import asyncio
import gc
import marshal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import attrs
import pytest

from spearmint_fp import (
    Config,
    DynamicValue,
    ExperimentError,
    Failure,
    Journal,
    JournalError,
    JournalStatus,
    Outcome,
    Spearmint,
    arun,
    expand,
    experiment,
    run,
    threads,
)
from spearmint_fp.journal import database
from spearmint_fp.running.arun import _Tasks
from spearmint_fp.tasks.task_state import TaskState
from spearmint_fp.workers.batches import Batch
from spearmint_fp.workers.pickling import Job
from spearmint_fp.workers.wire import MessageReader, write_batch
from spearmint_fp.workers.worker import claim_for, run_batch
from tests.waiting import LIMIT_SECONDS
from tests.workers.programs import seen

TEN = expand({"n": DynamicValue(range(10))})


def by_run(fn: Any, journal: Journal, **options: Any) -> tuple[list[Outcome[Any, Any]], BaseException | None]:
    got: list[Outcome[Any, Any]] = []
    try:
        got.extend(run(fn, TEN, journal=journal, **options))
    except JournalError as error:
        return got, error
    return got, None


def by_arun(fn: Any, journal: Journal, **options: Any) -> tuple[list[Outcome[Any, Any]], BaseException | None]:
    async def work(config: Config) -> Any:
        await asyncio.sleep(0)
        return fn(config)

    got: list[Outcome[Any, Any]] = []

    async def main() -> BaseException | None:
        try:
            async for outcome in arun(work, TEN, limit=3, journal=journal, **options):
                got.append(outcome)  # noqa: PERF401  # also those before the error
        except JournalError as error:
            return error
        return None

    return got, asyncio.run(main())


WAYS: dict[str, Callable[..., Any]] = {
    "serial": by_run,
    "threads": lambda fn, journal: by_run(fn, journal, executor=threads(2)),
    "threads, as they come": lambda fn, journal: by_run(fn, journal, executor=threads(2), ordered=False),
    "arun": by_arun,
    "arun, as they come": lambda fn, journal: by_arun(fn, journal, ordered=False),
}


def set_pragma(journal: Journal, pragma: str) -> None:
    with journal._database._lock:  # what another thread asks of a connection would clear the error of a write
        journal._database._connection.execute(f"PRAGMA {pragma}=1")


def full(journal: Journal, path: Path) -> None:
    set_pragma(journal, "max_page_count")


def deleted(journal: Journal, path: Path) -> None:
    path.unlink()


def replaced(journal: Journal, path: Path) -> None:
    Journal(path.with_name("new.db")).close()
    path.with_name("new.db").rename(path)


def closed(journal: Journal, path: Path) -> None:
    journal.close()


def read_only(journal: Journal, path: Path) -> None:
    set_pragma(journal, "query_only")


def locked(journal: Journal, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with journal._database._lock:  # a write that has begun already would wait for a minute
        journal._database.lock_seconds = 0.01
        other.execute("BEGIN IMMEDIATE")
    HELD.append(other)


HELD: list[sqlite3.Connection] = []
BREAKS = {
    full: "disk is full",
    deleted: "was deleted",
    replaced: "replaced by another file",
    closed: "it is closed",
    read_only: "readonly",
    locked: "another process",
}


@pytest.mark.parametrize("mode", ["TRUNCATE", "WAL"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("break_it", BREAKS, ids=lambda one: one.__name__)
def test_a_journal_that_cannot_be_written_ends_the_run_and_makes_nothing_up(
    break_it: Any, way: str, mode: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SAFE_WAL_VERSION", (0,) if mode == "WAL" else (99,))
    with Journal(path, name="work") as journal:

        def work(config: Config) -> str:
            if config.n == 5:
                break_it(journal, path)
            return "x" * 9_000

        got, error = WAYS[way](work, journal)
        assert isinstance(error, JournalError)
        assert BREAKS[break_it] in str(error)
        assert all(outcome.ok and outcome.result == "x" * 9_000 for outcome in got)
        assert len(got) < 10
        while HELD:
            HELD.pop().close()
    if break_it not in (deleted, replaced):
        with Journal(path, name="work") as journal:
            status = journal.status(TEN, "work")
            assert status.failed == 0
            assert status.done >= len(got)


def sized(config: Config) -> str:
    return "é" * 3_000 if config.n % 3 == 1 else "ok"


@pytest.mark.parametrize("way", WAYS)
def test_a_result_that_sqlite_does_not_take_costs_its_configuration_alone(way: str, path: Path) -> None:
    with Journal(path, name="sized") as journal:
        journal._database._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 5_000)
        got, error = WAYS[way](sized, journal)
        assert error is None
        assert sorted(o.index for o in got if not o.ok) == [1, 4, 7]
        for outcome in got:
            if isinstance(outcome, Failure):
                assert outcome.error.type.endswith("EncodingError")
                assert "a journal has at most" in outcome.error.message
                assert len(outcome.error.message) < 500
                assert outcome.error.exception.value == "é" * 3_000  # type: ignore[union-attr]
        assert journal.status(TEN, "sized") == JournalStatus(7, 3, 0)


@pytest.mark.parametrize("size", [*range(4_400, 5_200, 50), 20_000])
def test_every_size_around_the_limit_is_kept_or_told(size: int, path: Path) -> None:
    with Journal(path, name="sized") as journal:
        journal._database._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 5_000)
        [outcome] = run(lambda c: "x" * size, TEN[:1], journal=journal)
        again = run(lambda c: "x" * size, TEN[:1], journal=journal)
        assert [o.replayed for o in again] == [outcome.ok]
        assert size < 5_000 if outcome.ok else size > 4_600


def test_a_failure_and_a_configuration_of_any_size_are_kept(path: Path) -> None:
    def fails(config: Config) -> int:
        raise ValueError("x" * 20_000)

    with Journal(path, name="big") as journal:
        journal._database._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 5_000)
        [failed] = run(fails, TEN[:1], journal=journal)
        assert failed.error.message == "x" * 20_000  # type: ignore[union-attr]
        big = [{"text": "y" * 20_000}]
        assert [o.result for o in run(len, big, journal=journal)] == [1]
        assert [o.replayed for o in run(len, big, journal=journal)] == [True]


class DeniesItsClass:
    @property
    def __class__(self) -> Any:
        raise RuntimeError("not mine to say")

    @__class__.setter
    def __class__(self, kind: type) -> None:
        raise NotImplementedError


class DeniesAll:
    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(name)


class DeniesItsItems(list[int]):
    def __iter__(self) -> Any:
        raise RuntimeError("not mine to give")


class DeniesItsKeys(dict[str, int]):
    def __iter__(self) -> Any:
        raise RuntimeError("not mine to give")


@attrs.define
class DeniesItsField:
    x: int = 1

    def __getattribute__(self, name: str) -> Any:
        if name == "x":
            raise RuntimeError("not mine to give")
        return object.__getattribute__(self, name)


DENIALS: list[Callable[[], Any]] = [
    DeniesItsClass,
    DeniesAll,
    lambda: DeniesItsItems([1]),
    lambda: DeniesItsKeys(a=1),
    DeniesItsField,
    lambda: [1, {"a": DeniesItsClass()}],
]


@pytest.mark.parametrize("made", DENIALS)
@pytest.mark.parametrize("way", [*WAYS, "arun of a plain function"])
def test_a_result_that_raises_when_it_is_looked_at_costs_itself(way: str, made: Callable[[], Any], path: Path) -> None:
    def task(config: Config) -> Any:
        return made() if config.n == 4 else config.n

    async def plain(journal: Journal) -> Any:
        return [outcome async for outcome in arun(task, TEN, journal=journal)], None

    with Journal(path, name="task") as journal:
        got, error = WAYS[way](task, journal) if way in WAYS else asyncio.run(plain(journal))
        assert error is None
        assert sorted(o.index for o in got) == list(range(10))
        [failed] = [outcome for outcome in got if not outcome.ok]
        assert (failed.config.n, failed.error.type.rpartition(".")[2]) == (4, "EncodingError")
        assert len(failed.error.message) < 500
        assert journal.status(TEN, "task") == JournalStatus(9, 1, 0)


def test_arun_gives_a_result_that_denies_its_class_as_it_is() -> None:
    async def main() -> Any:
        return [outcome async for outcome in arun(lambda _: DeniesItsClass(), range(1))]

    [outcome] = asyncio.run(main())
    assert outcome.ok
    assert type(outcome.result) is DeniesItsClass


def test_a_result_that_marshal_does_not_take_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Results above two gigabytes, with a limit that a test can reach."""
    real = marshal.dumps

    def limited(value: Any, version: int) -> bytes:
        data: bytes = real(value, version)
        if len(data) > 300_000:
            raise ValueError("unmarshallable object")
        return data

    def make(n: int) -> Any:
        if n == 3:
            raise ValueError("z" * 400_000)
        return {0: 1, 1: "x" * 400_000, 2: ["x" * 400_000], 4: b"x" * 400_000}[n]

    monkeypatch.setattr(marshal, "dumps", limited)
    batch, written = Batch(0, 5, None, range(5)), list[bytes]()
    run_batch(Job(make, None), write_batch(batch), written.append, TaskState(), partial(claim_for, 60.0, None))
    unreadable = MessageReader().add_to(batch, b"".join(written))
    [outcomes] = batch.take_answers()
    assert isinstance(outcomes, list)
    assert (unreadable, [o.index for o in outcomes]) == (False, [0, 1, 2, 3, 4])
    assert [o.ok for o in outcomes] == [True, False, False, False, False]
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Failure)]
    assert errors[2].type == "ValueError"
    for error in (*errors[:2], errors[3]):
        assert error.type.endswith("TransferError")
        assert "it is too large. Write it to a file, and return its path" in error.message


@experiment([{"n": 1}, {"n": 2}, {"n": 3}])
def tried(config: Config) -> str:
    return "x" * 9_000


def test_an_error_of_many_tasks_at_once_is_raised_once_and_asyncio_tells_of_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An error that ends `arun` is raised to its caller once; asyncio logs nothing of the other tasks that met it."""

    async def main() -> None:
        together = asyncio.Barrier(3)

        async def one(index: int, config: Any) -> Any:
            await together.wait()
            raise JournalError("full")

        async for _ in _Tasks(one, range(3), 3, 3, True).outcomes():
            raise AssertionError

    with pytest.raises(JournalError, match="full"):
        asyncio.run(main())
    gc.collect()
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize("await_variants", [True, False])
@pytest.mark.parametrize("executor", [None, "threads", "async"])
def test_an_experiment_with_a_full_disk_says_so(await_variants: bool, executor: Any, path: Path) -> None:
    async def awaited(journal: Journal) -> Any:
        async with Spearmint.arun(tried, await_variants=await_variants, journal=journal) as runner:
            return await runner()

    def called(journal: Journal) -> Any:
        if executor == "async":
            return asyncio.run(awaited(journal))
        place = None if executor is None else threads(2)
        with Spearmint.run(tried, await_variants=await_variants, executor=place, journal=journal) as runner:
            result = runner()
            return result.main_result, list(result.variant_results)

    with Journal(path) as journal:
        full(journal, path)
        with pytest.raises((JournalError, ExperimentError)) as raised:
            called(journal)
    assert isinstance(raised.value if isinstance(raised.value, JournalError) else raised.value.__cause__, JournalError)


# --- locks -------------------------------------------------------------------------------------------------

WAITING = """
import sqlite3
from spearmint_fp.journal import database
from spearmint_fp.cli.journal_view import JournalView
database.Database.__init__.__kwdefaults__["lock_seconds"] = 1e6
database.SAFE_WAL_VERSION = (99,)

def work(config):
    return config.n

async def awork(config):
    return config.n

async def collected():
    return [o async for o in arun(awork, rising(3), journal=journal)]

path = PATH
journal = Journal(path, name="work")
list(run(work, rising(2), journal=journal))
other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
other.execute("BEGIN EXCLUSIVE")
told = "nothing"
try:
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    DO
except KeyboardInterrupt:
    told = "interrupt"
except JournalError as error:
    told = str(error)
tell(told=told)
"""
DEEDS = {
    "opens": "Journal(path)",
    "runs": "list(run(work, rising(5), journal=journal))",
    "runs in threads": "list(run(work, rising(5), journal=journal, executor=threads(2)))",
    "awaits": "asyncio.run(collected())",
    "counts": "journal.status(rising(3), 'work')",
    "plans": "journal.plan(rising(3), 'work')",
    "forgets": "journal.forget(rising(3), 'work')",
    "merges": "Journal(path + '2').merge(path)",
    "reads": "list(journal.outcomes('work'))",
    "exports": "journal.export(path + '.jsonl')",
    "shows": "JournalView(path, name=None, version=None, sweep=None)",
}


@pytest.mark.slow
@pytest.mark.parametrize("deed", DEEDS)
def test_ctrl_c_ends_the_wait_for_a_lock_that_another_process_holds(deed: str, path: Path) -> None:
    """With patience for days: without the interrupt the program would be stopped at its limit."""
    assert seen(WAITING.replace("PATH", repr(str(path))).replace("DO", DEEDS[deed])) == {"told": "interrupt"}


def test_closing_ends_the_wait_of_other_threads(path: Path) -> None:
    journal, told, begun = Journal(path, name="work"), list[str](), Event()
    list(run(len, [[1]], journal=journal))
    journal._database.lock_seconds = 1e6
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")

        def wait() -> None:
            begun.set()
            try:
                list(run(len, [[1, 2]], journal=journal))
            except JournalError as error:
                told.append(str(error))

        thread = Thread(target=wait)
        thread.start()
        assert begun.wait(LIMIT_SECONDS)
        journal.close()
        thread.join(LIMIT_SECONDS)
    assert len(told) == 1
    assert "it is closed" in told[0]
