"""The file of a journal: what is refused, locks, transactions, full disks, and crashes amid a commit."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from spearmint_fp import (
    Config,
    Journal,
    JournalError,
    JournalStatus,
    Success,
    arun,
    collect,
    run,
    threads,
)
from spearmint_fp.cli.journal_view import JournalView
from spearmint_fp.journal import database
from tests.journal.runs import doubled, list_outcomes, rising
from tests.waiting import LIMIT_SECONDS, wait_until
from tests.workers.programs import ROOT, finished, started


def test_reading_goes_on_while_another_writes(path: Path, mode: str) -> None:
    with Journal(path) as journal, Journal(path) as other:
        collect(run(doubled, rising(1500), executor=threads(2), journal=journal))
        reading = other.outcomes(doubled)
        assert next(reading).config == {"n": 0}
        collect(run(doubled, rising(1510), journal=journal))
        assert len(list(reading)) == 1509


def test_a_journal_stays_with_its_process(path: Path) -> None:
    with Journal(path) as journal:
        assert repr(journal) == f"Journal({str(path)!r})"
        with pytest.raises(TypeError, match="stays with the process that opened it"):
            pickle.dumps(journal)
        child = os.fork()
        if not child:
            try:
                journal.status(rising(1), doubled)
            except JournalError as error:
                os._exit(7 if "opened by another process" in str(error) else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        collect(run(doubled, rising(1), journal=journal))


# --- the file ----------------------------------------------------------------------------------------------


def test_a_file_that_is_no_journal_is_left_untouched(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"not a database " * 100)
    with pytest.raises(JournalError, match="is not a journal but a file of another kind; it is left untouched"):
        Journal(path)
    assert path.read_bytes() == b"not a database " * 100
    foreign = tmp_path / "foreign.db"
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("CREATE TABLE mine (x)")
    content = foreign.read_bytes()
    with pytest.raises(JournalError, match="is not a journal but another program's database"):
        Journal(foreign)
    assert foreign.read_bytes() == content
    assert sorted(p.name for p in tmp_path.iterdir()) == ["foreign.db", "runs.db"]


def test_a_folder_and_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="it is a folder"):
        Journal(tmp_path)
    with pytest.raises(JournalError, match="no such folder, or it may not be written. Give a path in a folder"):
        Journal(tmp_path / "missing" / "runs.db")


def test_a_file_that_may_not_be_written(path: Path) -> None:
    """As somebody who is not root, whom nothing stops."""
    with Journal(path) as journal:
        collect(run(doubled, rising(2), journal=journal))
    folder = Path(tempfile.mkdtemp())
    shutil.copy(path, folder / "runs.db")
    folder.chmod(0o555)
    (folder / "runs.db").chmod(0o444)
    try:
        seen = finished(
            started(
                f"""
                sys.path.insert(0, {str(ROOT)!r})
                from tests.journal.runs import doubled, rising
                with Journal({str(path)!r}) as journal:  # loads what nobody else may read
                    list(run(doubled, rising(3), journal=journal))
                if os.geteuid() == 0:
                    os.setuid(65534)
                told = []
                for name in ("new.db", "runs.db"):
                    try:
                        with Journal({str(folder)!r} + "/" + name) as journal:
                            list(run(doubled, rising(3), journal=journal))
                    except JournalError as error:
                        told.append(str(error))
                tell(told=told)
                """
            )
        )
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert len(seen["told"]) == 2
    assert all("may not be written. Give a path in a folder that may" in message for message in seen["told"])


@pytest.mark.slow
def test_a_full_disk_loses_nothing_that_was_written(path: Path, mode: str) -> None:
    seen = finished(
        started(
            f"""
            import resource
            from spearmint_fp.journal import database
            database.SAFE_WAL_VERSION = {(0,) if mode == "WAL" else (99,)}
            def big(config):
                return "x" * 20_000 + str(config.n)
            seen = 0
            with Journal({str(path)!r}, name="big") as journal:
                resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
                try:
                    for outcome in run(big, rising(100), journal=journal):
                        seen += 1
                except JournalError as error:
                    told = str(error)
                try:
                    next(run(big, rising(100)[90:], journal=journal))
                except JournalError as error:
                    again = str(error)
            tell(seen=seen, told=told, again=again)
            """
        )
    )
    assert 5 < seen["seen"] < 40
    assert "what has been committed is safe. Make room and run again" in seen["told"]
    assert seen["again"] == seen["told"]
    with Journal(path, name="big") as journal:
        status = journal.status(rising(100), "big")
        assert status.done >= seen["seen"]
        results = [o.result for o in journal.outcomes("big")]
        assert results[: seen["seen"]] == ["x" * 20_000 + str(n) for n in range(seen["seen"])]


def test_a_write_ahead_log_that_is_cut_short_loses_the_end_of_it_alone(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that has lost the end of the log: every length of it opens, and gives the first so many outcomes."""
    monkeypatch.setattr(database, "SAFE_WAL_VERSION", (0,))
    with Journal(path) as journal:
        collect(run(doubled, rising(20), journal=journal))
        log = Path(f"{path}-wal").read_bytes()
        base = path.read_bytes()
    assert len(log) > 20 * 4096
    done = []
    for size in [*range(0, len(log), len(log) // 40), len(log)]:
        copy = tmp_path / f"cut-{size}.db"
        copy.write_bytes(base)
        Path(f"{copy}-wal").write_bytes(log[:size])
        with Journal(copy) as journal:
            stored = [o.config.n for o in list_outcomes(journal, doubled)]
            assert stored == list(range(len(stored)))
            done.append(len(stored))
            assert sum(o.replayed for o in run(doubled, rising(20), journal=journal)) == len(stored)
    assert done == sorted(done)
    assert done[0] < 3
    assert done[-1] == 20


# --- without a wait for the disk, and what is left beside the file -----------------------------------------------

WRITING = """
from spearmint_fp.cli.journal_view import JournalView
from spearmint_fp.journal import database
database.SAFE_WAL_VERSION = <VERSION>

def work(config):
    return "x" * (config.n % 50)

with Journal(<PATH>, name="work", sync=False) as journal:
    for outcome in run(work, rising(100_000)[<INDEX>::2], journal=journal):
        os.write(1, f"{outcome.config.n} ".encode())
"""


@pytest.mark.slow
def test_a_process_that_is_killed_amid_its_commits_loses_nothing_of_them(path: Path, mode: str) -> None:
    """Two at a time, killed at any moment, without a sync: what was given out is there, and the file is whole."""
    chance, seen_so_far = random.Random(mode), set[int]()
    for _ in range(4):
        programs = []
        for index in range(2):
            code = WRITING
            for word, value in {"VERSION": database.SAFE_WAL_VERSION, "PATH": str(path), "INDEX": index}.items():
                code = code.replace(f"<{word}>", repr(value))
            programs.append(started(code))
        for program in programs:
            assert program.stdout is not None
            program.stdout.read(chance.randrange(1, 20_000))  # until it is amid its work
            program.kill()
        for program in programs:
            rest = program.communicate()[0]
            seen_so_far |= {int(n) for n in rest.rpartition(" ")[0].split()[1:]}
        with Journal(path, name="work") as journal:
            stored = {o.config.n for o in journal.outcomes("work")}
            assert journal._database.read("PRAGMA integrity_check") == [("ok",)]
        assert seen_so_far <= stored
        assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.slow
@pytest.mark.parametrize("sync", [True, False])
def test_a_process_that_is_killed_as_the_file_grows_leaves_a_journal(path: Path, sync: bool) -> None:
    """The header tells of more pages than the file has: the commit is undone, and the file is not refused."""
    with Journal(path, name="big") as journal:
        list(run(lambda config: "x" * 5000, rising(3), journal=journal))
    code = f"""
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    with Journal({str(path)!r}, name="big", sync={sync}) as journal:
        resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(journal._database.path),) * 2)
        list(run(lambda config: "x" * 5000, rising(4), journal=journal))
    """
    program = started(code)
    program.communicate()
    assert program.returncode == -signal.SIGXFSZ
    copies = [Path(shutil.copy(f"{path}{ending}", f"{path}.copy{ending}")) for ending in ("", "-journal")]
    with Journal(path, name="big") as journal:
        assert journal.status(rising(4), "big") == JournalStatus(3, 0, 1)
        assert journal.merge(copies[0]) == 0
        assert [outcome.replayed for outcome in run(len, rising(4), journal=journal)] == [True, True, True, False]


@pytest.mark.parametrize("sync", [True, False])
def test_no_file_is_left_beside_a_closed_journal(path: Path, mode: str, sync: bool) -> None:
    def beside() -> list[str]:
        return sorted(p.name for p in path.parent.iterdir() if p != path)

    with Journal(path, sync=sync) as journal, Journal(path, sync=not sync) as other:
        list(run(doubled, rising(3), journal=journal))
        list(run(doubled, rising(6), journal=other))
        journal.close()
        list(run(doubled, rising(9), journal=other))
        other._database._connection.execute("BEGIN IMMEDIATE")  # as an interrupt leaves it
    assert beside() == []
    journal = Journal(path, sync=sync)
    list(run(doubled, rising(12), journal=journal))
    del journal
    gc.collect()
    assert beside() == []
    with Journal(path) as journal:
        assert all(outcome.replayed for outcome in run(doubled, rising(12), journal=journal))


@pytest.mark.slow
@pytest.mark.parametrize("sync", [True, False])
def test_no_file_is_left_beside_a_journal_that_a_program_did_not_close(path: Path, mode: str, sync: bool) -> None:
    code = f"journal = Journal({str(path)!r}, name='n', sync={sync})\nlist(run(len, [dict(n=1)], journal=journal))\n"
    assert finished(started(code + "tell(done=True)")) == {"done": True}
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_journal_that_closes_leaves_the_file_alone_that_has_taken_its_place(path: Path) -> None:
    journal = Journal(path, name="n")
    list(run(len, [[1]], journal=journal))
    path.rename(path.with_name("old.db"))
    beside = Path(f"{path}-journal")
    beside.write_bytes(b"another's")
    path.touch()
    journal.close()
    assert beside.read_bytes() == b"another's"


def test_a_reader_makes_and_removes_nothing_beside_a_journal_in_use(path: Path) -> None:
    with Journal(path, name="work", sync=False) as journal:
        list(run(doubled, rising(3), journal=journal))
        before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
        assert len(list(JournalView(path, name=None, version=None, sweep=None))) == 3
        assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before
        list(run(doubled, rising(5), journal=journal))


def test_journals_may_be_opened_while_another_is_looked_for(tmp_path: Path) -> None:
    """Another thread may open one between any two calls; a profiler does so here."""
    paths = [tmp_path / f"{n}.db" for n in range(20)]
    kept = [database.Database(paths[n]) for n in range(3)]

    def open_another(_frame: object, event: str, _arg: object) -> None:
        if event == "call" and len(kept) < len(paths) - 1:
            kept.append(database.Database(paths[len(kept)]))

    previous = sys.getprofile()
    sys.setprofile(open_another)
    try:
        found = database._is_logged(paths[-1])
    finally:
        sys.setprofile(previous)
    assert not found
    assert len(kept) == len(paths) - 1
    for one in kept:
        one.close()


def test_names_of_sqlite_are_files_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=memory", "a?b#c%20d é"):
        with Journal(name) as journal:
            list(run(doubled, rising(2), journal=journal))
        assert (tmp_path / name).stat().st_size
        with Journal(name) as journal:
            assert [outcome.replayed for outcome in run(doubled, rising(2), journal=journal)] == [True, True]


def kept_by(journal: Journal, name: str) -> bool:
    return bool(journal._database.read("SELECT 1 FROM outcomes WHERE config_id = ?", (name,)))


def test_an_interrupt_amid_a_commit_costs_others_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(path, name="work") as journal:
        base, ledger = journal._database, journal.ledger(doubled)
        assert ledger.key[1] == ""  # the file has noted whose outcomes they are
        execute_all = base._execute_all
        others: list[Thread] = []

        def interrupted(work: Any) -> None:
            monkeypatch.setattr(base, "_execute_all", execute_all)
            others.append(Thread(target=ledger.keep, args=([("other", Success(Config(), 1))],)))
            others[0].start()
            wait_until(lambda: len(base._waiting) == 2)
            execute_all(tuple(base._waiting))
            raise KeyboardInterrupt

        monkeypatch.setattr(base, "_execute_all", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ledger.keep([("mine", Success(Config(), 2))])
        others[0].join(LIMIT_SECONDS)
        assert kept_by(journal, "other")


def test_a_transaction_that_an_interrupt_left_open_is_undone(path: Path) -> None:
    with Journal(path) as journal:
        journal._database._connection.execute("BEGIN IMMEDIATE")
        assert [outcome.result for outcome in run(doubled, rising(2), journal=journal)] == [0, 2]


def test_a_journal_goes_on_after_another_has_held_the_file_for_too_long(path: Path) -> None:
    with Journal(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        journal._database.lock_seconds = 0.01
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="another process"):
            list(run(doubled, rising(2), journal=journal))
        other.execute("COMMIT")
        assert [outcome.result for outcome in run(doubled, rising(2), journal=journal)] == [0, 2]


def test_another_process_that_holds_the_file_does_not_stop_the_event_loop(path: Path) -> None:
    async def work(n: int) -> int:
        return n

    async def main() -> tuple[int, list[int]]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while ticks < 30:
                await asyncio.sleep(0.02)
                ticks += 1
            other.execute("ROLLBACK")

        with Journal(path, name="work") as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            ticking = asyncio.create_task(tick())
            got = [o.result async for o in arun(work, range(3), journal=journal)]
            await ticking
        return ticks, got

    ticks, got = asyncio.run(main())
    assert got == [0, 1, 2]
    assert ticks == 30  # it was let go of where the event loop went on, and only there
