"""The tables of a journal: older versions are upgraded, newer ones and strangers' are refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from spearmint_fp import (
    Journal,
    JournalError,
    collect,
    run,
)
from spearmint_fp.journal import database, schema
from tests.journal.runs import doubled, rising


def test_a_newer_journal_is_left_untouched(path: Path) -> None:
    Journal(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version=99")
    content = path.read_bytes()
    with pytest.raises(JournalError, match=r"newer version .*schema 99, this one knows 3.*Upgrade spearmint_fp"):
        Journal(path)
    assert path.read_bytes() == content


def test_two_may_make_the_tables_at_the_same_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One has read the version when the other one makes the tables."""
    others: list[Thread] = []

    def describe_late(connection: sqlite3.Connection) -> set[tuple[str, str, str, str]]:
        if not others:
            others.append(Thread(target=lambda: Journal(path).close()))
            others[0].start()
            others[0].join(0.1)  # it is to come in between, if it can
        return schema.describe_tables(connection)

    monkeypatch.setattr(database, "describe_tables", describe_late)
    Journal(path).close()
    others[0].join()
    with Journal(path) as journal:
        assert journal.experiments == ()


@pytest.mark.parametrize("version", range(len(schema.UPGRADES)))
def test_an_older_journal_is_upgraded_and_keeps_its_outcomes(
    path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if version:
        with monkeypatch.context() as old:
            old.setattr(schema, "UPGRADES", schema.UPGRADES[:version])
            with Journal(path) as journal:
                collect(run(doubled, rising(3), journal=journal))
    else:
        path.touch()
    with Journal(path) as journal:
        assert sum(o.replayed for o in run(doubled, rising(4), journal=journal)) == (3 if version else 0)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA user_version").fetchone() == (len(schema.UPGRADES),)
        assert other.execute("SELECT count(*) FROM sqlite_master WHERE name = 'outcomes_in_order'").fetchone() == (1,)
