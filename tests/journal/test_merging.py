"""Journals put together: a union of sets, in whatever order and however often."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import permutations
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from spearmint_fp import (
    ArgumentError,
    Config,
    Failure,
    Journal,
    JournalError,
    JournalStatus,
    Success,
    run,
    shard,
)
from spearmint_fp.journal import schema
from spearmint_fp.journal.ledger import Ledger
from spearmint_fp.journal.owners import Owner
from spearmint_fp.outcomes.outcomes import ErrorInfo
from tests.examples import examples
from tests.journal.runs import doubled, rising
from tests.workers.programs import finished, started

Content = frozenset[tuple[Any, ...]]

OUTCOME_LENGTH = 5  # a key and a row, with its name, configuration and position


def read_content(path: Path) -> Content:
    """All that a journal says, without the order in which it was said."""
    with Journal(path, sync=False) as journal:
        outcomes = [(key, *row) for key in journal.experiments for row in read_rows(journal, key)]
        sources = journal._database.read(
            "SELECT name, version, function, place, fingerprint, 6 FROM sources JOIN experiments ON experiment = id"
        )
        return frozenset([*journal.experiments, *outcomes, *sources])


def read_rows(journal: Journal, key: tuple[str, str]) -> Iterator[Any]:
    return Ledger(journal._database, Owner(*key)).read_rows()


def merge_all(target: Path, *paths: Path) -> Content:
    with Journal(target, sync=False) as journal:
        journal.merge(*paths)
    return read_content(target)


def keep(path: Path, name: str, version: int, n: int, outcome: Any) -> None:
    with Journal(path, name=name, version=version, sync=False) as journal:
        ledger = journal.ledger(doubled)
        config = Config({"n": n})
        ledger.keep([(ledger.name_config(config), attrs.evolve(outcome, config=config, index=n))])


# --- laws --------------------------------------------------------------------------------------------------

OUTCOMES = st.one_of(
    st.builds(Success, st.none(), st.integers(0, 2), st.just(0), st.sampled_from([0.0, 0.5]), st.integers(1, 2)),
    st.builds(
        Failure,
        st.none(),
        st.builds(ErrorInfo, st.sampled_from(["ValueError", "OSError"]), st.sampled_from("ab"), st.just("")),
        st.just(0),
        st.sampled_from([0.0, 0.5]),
        st.integers(1, 2),
    ),
)


class Merging(RuleBasedStateMachine):
    """Journals that keep outcomes and take in one another, beside sets that do."""

    journals: Bundle[Path] = Bundle("journals")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.model: dict[Path, dict[tuple[str, str, int], Any]] = {}

    def made(self) -> Path:
        path = self.folder / f"{len(self.model)}.db"
        Journal(path, sync=False).close()
        self.model[path] = {}
        return path

    @initialize(target=journals)
    def one(self) -> Path:
        return self.made()

    @rule(target=journals)
    def another(self) -> Path:
        return self.made()

    @rule(path=journals, name=st.sampled_from("ab"), version=st.integers(1, 2), n=st.integers(0, 3), outcome=OUTCOMES)
    def keep(self, path: Path, name: str, version: int, n: int, outcome: Any) -> None:
        keep(path, name, version, n, outcome)
        mine, key = self.model[path], (name, str(version), n)
        if key not in mine or not mine[key].ok:
            mine[key] = attrs.evolve(outcome, config=Config({"n": n}), index=n, replayed=True)

    @rule(into=journals, paths=st.lists(journals, max_size=3))
    def merge(self, into: Path, paths: list[Path]) -> None:
        before = read_content(into)
        with Journal(into, sync=False) as journal:
            changed = journal.merge(*paths)
        now = read_content(into)
        assert changed == len({row for row in now - before if len(row) == OUTCOME_LENGTH})
        for path in paths:
            for key, outcome in self.model[path].items():
                known = self.model[into].get(key)
                if known is None or (outcome.ok and not known.ok):
                    self.model[into][key] = outcome
                elif known.ok == outcome.ok:  # either, but the same for all: the laws below
                    self.model[into][key] = self.read(into)[key]
                    assert self.model[into][key] in (known, outcome)

    def read(self, path: Path) -> dict[tuple[str, str, int], Any]:
        found: dict[tuple[str, str, int], Any] = {}
        with Journal(path, sync=False) as every:
            experiments = every.experiments
        for name, version in experiments:
            with Journal(path, version=version, sync=False) as journal:
                found |= {(name, version, o.index): o for o in journal.outcomes(name)}
        return found

    @rule(a=journals, b=journals, c=journals)
    def laws(self, a: Path, b: Path, c: Path) -> None:
        """Commutative, associative, idempotent: every order and grouping, from nothing or from one of them."""
        with tempfile.TemporaryDirectory() as folder:
            new = (Path(folder, f"{i}.db") for i in range(100))
            every = {merge_all(next(new), *paths) for paths in permutations((a, b, c))}
            copy = next(new)
            shutil.copyfile(a, copy)
            every.add(merge_all(copy, b, c, a, copy, b))
            pair, rest = next(new), next(new)
            merge_all(pair, b, c)
            every.add(merge_all(rest, pair, a))
            every.add(merge_all(rest, pair, a))
            assert len(every) == 1

    @invariant()
    def a_journal_has_what_its_model_has(self) -> None:
        for path, mine in self.model.items():
            assert self.read(path) == mine

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


Merging.TestCase.settings = examples(15, stateful_step_count=12)
TestMerging = Merging.TestCase


def test_what_is_done_is_better_than_what_has_failed(tmp_path: Path) -> None:
    failed, done = tmp_path / "failed.db", tmp_path / "done.db"
    keep(failed, "a", 1, 0, Failure(None, ErrorInfo("A", "", "")))
    keep(done, "a", 1, 0, Success(None, "zzz"))
    for into, other, changed in ((failed, done, 1), (done, failed, 0)):
        copy = tmp_path / f"{into.stem}-copy.db"
        shutil.copyfile(into, copy)
        with Journal(copy, version=1) as journal:
            assert journal.merge(other) == changed
            assert [outcome.result for outcome in journal.outcomes("a")] == ["zzz"]


def test_places_and_sources_go_with_the_outcomes(tmp_path: Path) -> None:
    with Journal(tmp_path / "a.db") as journal:
        list(run(doubled, rising(3), journal=journal))
    with Journal(tmp_path / "b.db") as journal:
        assert journal.merge(tmp_path / "a.db") == 3
        assert all(outcome.replayed for outcome in run(doubled, rising(3), journal=journal))
    assert read_content(tmp_path / "a.db") == read_content(tmp_path / "b.db")


def test_a_source_that_differs_is_told(tmp_path: Path) -> None:
    for name, fingerprint in (("a.db", "source:1"), ("b.db", "source:2")):
        with Journal(tmp_path / name) as journal:
            list(run(doubled, rising(1), journal=journal))
        with closing(sqlite3.connect(tmp_path / name)) as other:
            other.execute("UPDATE sources SET fingerprint = ?", (fingerprint,))
            other.commit()
    with (
        Journal(tmp_path / "a.db") as journal,
        pytest.warns(UserWarning, match=r"source of 'tests.journal.runs.doubled' is not the same.*version=2"),
    ):
        journal.merge(tmp_path / "b.db")


# --- files -------------------------------------------------------------------------------------------------


def test_nothing_and_itself_change_nothing(path: Path) -> None:
    with Journal(path) as journal:
        list(run(doubled, rising(3), journal=journal))
        assert journal.merge() == journal.merge(path, str(path), path.parent / "." / path.name) == 0
        assert journal.status(rising(3), doubled) == JournalStatus(3, 0, 0)


def test_what_is_no_journal_is_refused_by_name_and_nothing_of_it_is_taken(path: Path, tmp_path: Path) -> None:
    good, foreign, damaged = tmp_path / "good.db", tmp_path / "foreign.db", tmp_path / "damaged.db"
    (tmp_path / "text.db").write_text("not a database" * 100)
    (tmp_path / "empty.db").touch()
    with closing(sqlite3.connect(foreign)) as other:
        other.execute("CREATE TABLE mine (x)")
    for one in (good, damaged):
        with Journal(one, name="a") as journal:
            list(run(doubled, rising(3), journal=journal))
    with closing(sqlite3.connect(damaged)) as other:
        other.execute("UPDATE outcomes SET seconds = -1 WHERE position = 2")
        other.commit()
    newer = tmp_path / "newer.db"
    shutil.copyfile(good, newer)
    with closing(sqlite3.connect(newer)) as other:
        other.execute("PRAGMA user_version=99")
    with Journal(path) as journal:
        for name, says in {
            "missing.db": "there is no journal .*missing.db.*no such file",
            "text.db": "text.db.* is not a journal but a file of another kind",
            "empty.db": "empty.db.* is not a journal: the file is empty",
            "foreign.db": "foreign.db.* is not a journal but another program's database",
            "newer.db": "newer.db.* is of a newer version",
            "damaged.db": "content is damaged: seconds is -1",
            "": "it is a folder",
        }.items():
            with pytest.raises(JournalError, match=says):
                journal.merge(tmp_path / name)
            assert journal.status(rising(3), "a") == JournalStatus(0, 0, 3)
        with pytest.raises(ArgumentError, match=r"merge takes the paths of journals; got \["):
            journal.merge([good])  # type: ignore[arg-type]
        with pytest.raises(JournalError, match="missing.db"):
            journal.merge(good, tmp_path / "missing.db")
        assert journal.status(rising(3), "a") == JournalStatus(3, 0, 0)


@pytest.mark.parametrize("version", range(1, len(schema.UPGRADES)))
def test_an_older_journal_is_read_as_it_is(
    path: Path, tmp_path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as old:
        old.setattr(schema, "UPGRADES", schema.UPGRADES[:version])
        with Journal(tmp_path / "old.db") as journal:
            list(run(doubled, rising(3), journal=journal))
    before = (tmp_path / "old.db").read_bytes()
    with Journal(path) as journal:
        assert journal.merge(tmp_path / "old.db") == 3
        assert all(outcome.replayed for outcome in run(doubled, rising(3), journal=journal))
    assert (tmp_path / "old.db").read_bytes() == before


def test_a_journal_in_use_is_read(path: Path, tmp_path: Path, mode: str) -> None:
    with Journal(tmp_path / "other.db") as other, Journal(path) as journal:
        outcomes = run(doubled, rising(10), journal=other)
        for n in range(1, 11):
            next(outcomes)
            assert journal.merge(tmp_path / "other.db") == 1
            assert journal.status(rising(10), doubled) == JournalStatus(n, 0, 10 - n)


def test_what_others_hold_for_too_long_is_told_and_nothing_is_lost(path: Path, tmp_path: Path) -> None:
    with Journal(tmp_path / "other.db") as journal:
        list(run(doubled, rising(3), journal=journal))
    with Journal(path) as journal, closing(sqlite3.connect(path, isolation_level=None)) as other:
        journal._database.lock_seconds = 0.01
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="another process has been writing it for too long"):
            journal.merge(tmp_path / "other.db")
        other.execute("ROLLBACK")
        assert journal.merge(tmp_path / "other.db") == 3


# --- shards ------------------------------------------------------------------------------------------------

SHARD = """
def work(config):
    return config.n * 2

with Journal(<PATH>, name="work", sync=<SYNC>) as journal:
    for outcome in run(work, shard(<INDEX>, 8, rising(400)), journal=journal):
        os.write(1, b"x")
        if <KILLED> and outcome.index == 20 + <INDEX>:
            os.kill(os.getpid(), signal.SIGKILL)
print()
tell(done=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("sync", [True, False])
def test_eight_shards_that_are_killed_and_merged_equal_one_run(path: Path, tmp_path: Path, sync: bool) -> None:
    def start(index: int, killed: bool) -> Any:
        values = {"PATH": str(tmp_path / f"{index}.db"), "SYNC": sync}
        code = SHARD
        for word, value in (values | {"INDEX": index, "KILLED": killed}).items():
            code = code.replace(f"<{word}>", repr(value))
        return started(code)

    killed = [start(index, True) for index in range(8)]
    assert [program.wait() for program in killed] == [-signal.SIGKILL] * 8
    assert [len(program.communicate()[0]) for program in killed] == [21 + index for index in range(8)]
    shards = [tmp_path / f"{index}.db" for index in range(8)]
    with Journal(tmp_path / "early.db") as journal:
        assert journal.merge(*shards) == sum(21 + index for index in range(8))
    assert [finished(start(index, False)) for index in range(8)] == [{"done": True}] * 8
    with Journal(path, name="work") as one:
        list(run(doubled, rising(400), journal=one))
    with Journal(tmp_path / "all.db") as journal:
        assert journal.merge(*shards, tmp_path / "early.db") == 400
        assert journal.status(shard(0, 1, rising(400)), "work") == JournalStatus(400, 0, 0)
        with Journal(path) as one:
            mine, theirs = ({o.config: o.result for o in j.outcomes("work")} for j in (journal, one))
        assert mine == theirs
