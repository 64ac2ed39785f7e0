"""Journals from strangers, and damaged ones: each is read, or refused with a JournalError; nothing in it is obeyed."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import Config, DynamicValue, Failure, Journal, JournalError, Success, expand, run
from spearmint_fp.cli.formats import FORMATS
from spearmint_fp.cli.journal_view import JournalView
from spearmint_fp.journal import database, schema
from tests.examples import some_of

THREE = expand({"n": DynamicValue(range(3))})
ESCAPE = "\x1b[2J<script>alert(1)</script>\u202e"


def halved(config: Config) -> Any:
    return {"half": 6 // config.n, "text": ("a", 1.5)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "runs.db"
    with Journal(file, name="work") as journal:
        list(run(halved, THREE, journal=journal))
    return file


def look_at(file: Path) -> list[str]:
    """All that can be read of a file, in every form; what is refused is left out."""
    texts: list[str] = []
    for form in FORMATS.values():
        with suppress(JournalError):
            stored = JournalView(file, name=None, version=None, sweep=None)
            texts += form(stored, traceback=True)
            texts += stored.describe_counts()
    with suppress(JournalError):
        stored = JournalView(file, name=None, version=None, sweep=THREE)
        texts += [outcome._repr_html_() for _, outcome in stored]
        texts += stored.describe_counts()
    return texts


def go_on(file: Path) -> list[Any]:
    """All that a run does with a file."""
    with suppress(JournalError), Journal(file, name="work", retry_failures=False) as journal:
        with suppress(JournalError):
            journal.status(THREE, "work")
        with suppress(JournalError):
            list(journal.outcomes("work"))
        with suppress(JournalError):
            journal.export(file.with_suffix(".jsonl"))
        with suppress(JournalError):
            return list(run(halved, THREE, journal=journal))
    return []


# --- values of any kind in any column ----------------------------------------------------------------------

COLUMNS = {
    "experiments": ["name", "version"],
    "outcomes": ["experiment", "config_id", "config", "position", "ok", "typed", "content", "seconds", "attempts"],
    "sources": ["function", "place", "fingerprint"],
}
ODD: list[Any] = [
    ESCAPE, "", "5", "{", "[" * 100_000, '{"a": ' * 5_000, '{"a": 1, "a": 2}', '{"$float": 1}', '{"$set": [[1]]}',
    '{"$config": {"x": {"$tuple": 5}}}', '{"$int": "zz"}', '{"$decimal": "x"}', '{"$fraction": [1, 0]}', '{"$nope": 1}',
    '{"$timedelta": [1e300, 0, 0]}', '{"type": 1, "message": [], "traceback": null}', "NaN", "1" * 5_000, '"\\ud800"',
    b"", b"\xff\xfe", b"4", -1, 2, 2**62, -(2**62), 1.5, 1e300, float("inf"), "\x00", "a\nb",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("where", [f"{table}.{column}" for table, columns in COLUMNS.items() for column in columns])
def test_any_value_in_any_column_is_read_or_refused(where: str, path: Path, tmp_path: Path) -> None:
    table, column = where.split(".")
    for number, odd in enumerate(some_of(ODD)):
        file = tmp_path / f"odd-{number}.db"
        shutil.copy(path, file)
        with closing(sqlite3.connect(file)) as other:
            other.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (odd,))
            other.commit()
        texts = look_at(file)
        for text in texts:
            assert "\x1b" not in text
            assert "<script>alert" not in text.replace("\\u003c", "") or not text.lstrip().startswith("<"), text[:300]
        for outcome in go_on(file):
            assert isinstance(outcome, Success | Failure)
            assert isinstance(outcome.seconds, float)
            assert isinstance(outcome.attempts, int)
            assert isinstance(outcome.index, int)
            assert outcome.ok or type(outcome.error.message) is str


def test_an_invalid_utf_8_text_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE outcomes SET content = CAST(x'ff22' AS TEXT)")
        other.execute("UPDATE experiments SET version = CAST(x'ff' AS TEXT)")
        other.commit()
    with pytest.raises(JournalError, match="UTF-8"):
        JournalView(path, name=None, version=None, sweep=None)


def test_an_export_writes_json_or_refuses(path: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE outcomes SET content = '{\"a\":' || char(10) || '1}' WHERE ok")
        other.commit()
    with Journal(path) as journal:
        journal.export(tmp_path / "out.jsonl")
    assert all(json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines())
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE outcomes SET content = '1, \"ok\": false' WHERE ok")
        other.commit()
    with Journal(path) as journal, pytest.raises(JournalError, match="is not JSON"):
        journal.export(tmp_path / "out.jsonl")


# --- another schema ----------------------------------------------------------------------------------------

ENDLESS = "WITH RECURSIVE e(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM e) SELECT {} FROM e"
ROW = "n id, 1 experiment, n config_id, '1' config, 0 position, 1 ok, 0 typed, '1' content, 0.5 seconds, 1 attempts"
STRANGE = {
    "an endless view of outcomes": f"""
        ALTER TABLE outcomes RENAME TO kept;
        CREATE VIEW outcomes AS {ENDLESS.format(ROW)};""",
    "an endless view of experiments": f"""
        ALTER TABLE experiments RENAME TO begun;
        CREATE VIEW experiments AS {ENDLESS.format("n id, 'x' name, '' version")};""",
    "an endless view of sources": f"""
        DROP TABLE sources;
        CREATE VIEW Sources AS {ENDLESS.format("1 experiment, '' function, 'x' place, 'x' fingerprint")};""",
    "a generated column": "ALTER TABLE outcomes ADD COLUMN more AS (zeroblob(1000000000)) VIRTUAL;",
    "a column more": "ALTER TABLE experiments ADD COLUMN more DEFAULT 'x';",
    "a trigger": "CREATE TRIGGER t AFTER INSERT ON outcomes BEGIN DELETE FROM outcomes; END;",
    "a trigger before": "CREATE TRIGGER t BEFORE UPDATE ON sources BEGIN SELECT randomblob(1000000000); END;",
    "an index over an expression": "CREATE INDEX i ON outcomes (length(config) * 2);",
    "a virtual table": "DROP TABLE sources; CREATE VIRTUAL TABLE sources USING fts5(experiment, function, place);",
    "no table": "DROP TABLE outcomes;",
    "no index": "DROP INDEX outcomes_in_order;",
    "an earlier version": "PRAGMA user_version=1;",
    "version 0": "PRAGMA user_version=0;",
    "a negative version": "PRAGMA user_version=-1;",
}


@pytest.mark.parametrize("kind", STRANGE)
def test_another_schema_is_refused_before_anything_of_it_is_read(kind: str, path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.executescript(STRANGE[kind])
        other.commit()
    before = path.read_bytes()
    for open_it in (lambda: Journal(path), lambda: JournalView(path, name=None, version=None, sweep=None)):
        with pytest.raises(JournalError, match="its tables are not those of version"):
            open_it()
    assert path.read_bytes() == before


def test_tables_of_the_user_s_own_are_nobody_s_business(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.executescript("CREATE TABLE notes (x); CREATE VIEW good AS SELECT * FROM outcomes WHERE ok; ANALYZE;")
    assert len(list(JournalView(path, name=None, version=None, sweep=None))) == 3
    assert [outcome.replayed for outcome in go_on(path)] == [True] * 3


def test_a_query_that_leads_in_circles_ends(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "MOST_STEPS", 3_000_000)
    with Journal(path) as journal, pytest.raises(JournalError, match="leads in circles"):
        journal._database.read(ENDLESS.format("max(n)"))


# --- bytes of any kind -------------------------------------------------------------------------------------


def spoiled(content: bytes, chance: random.Random) -> Iterator[bytes]:
    """Files like this one, but not this one."""
    size = len(content)
    yield from (content[: size * cut // 60] for cut in range(60))
    yield from (content[:cut] for cut in range(1, 120, 7))
    for _ in range(250):
        some = bytearray(content)
        for _ in range(chance.choice([1, 1, 2, 8, 64])):
            some[chance.randrange(size)] = chance.randrange(256)
        yield bytes(some)
    for start in range(0, size, 512):
        yield content[:start] + bytes(512) + content[start + 512 :]
        yield content[:start] + chance.randbytes(512) + content[start + 512 :]
    for _ in range(40):
        one, other = chance.randrange(size // 4096), chance.randrange(size // 4096)
        some = bytearray(content)
        some[one * 4096 : one * 4096 + 4096] = content[other * 4096 : other * 4096 + 4096]
        yield bytes(some)
    yield from (content[:100] + chance.randbytes(chance.randrange(20_000)) for _ in range(20))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")  # a fingerprint may be spoiled too
@pytest.mark.parametrize("look", [look_at, go_on])
def test_junk_is_read_or_refused(look: Callable[[Path], Any], path: Path, tmp_path: Path) -> None:
    file = tmp_path / "junk.db"
    for content in some_of(spoiled(path.read_bytes(), random.Random(7))):
        for other in tmp_path.glob("junk*"):
            other.unlink()
        file.write_bytes(content)
        look(file)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_is_refused(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "odd"
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    else:
        file = Path("/dev/zero")
    for open_it in (lambda: Journal(file), lambda: JournalView(file, name=None, version=None, sweep=None)):
        with pytest.raises(JournalError, match=r"it is a (folder|device or a pipe)"):
            open_it()


# --- reading changes nothing -------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("version", range(1, len(schema.UPGRADES) + 1))
@pytest.mark.parametrize("mode", ["TRUNCATE", "WAL"])
def test_reading_changes_no_byte_and_makes_no_file(
    version: int, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "SAFE_WAL_VERSION", (0,) if mode == "WAL" else (99,))
    with monkeypatch.context() as old:
        old.setattr(schema, "UPGRADES", schema.UPGRADES[:version])
        with Journal(tmp_path / "runs.db", name="work") as journal:
            list(run(halved, THREE, journal=journal))
    before = contents(tmp_path)
    assert len(list(JournalView(tmp_path / "runs.db", name="work", version="", sweep=THREE))) == 3
    assert len(look_at(tmp_path / "runs.db")) > 10
    assert contents(tmp_path) == before


@pytest.mark.parametrize("mode", ["TRUNCATE", "WAL"])
@pytest.mark.parametrize("left", ["all", "without -shm"])
def test_what_a_killed_process_left_is_read_from_a_copy(
    mode: str, left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied amid a transaction, as a crash leaves it: what was committed is read, and the files stay as they are."""
    monkeypatch.setattr(database, "SAFE_WAL_VERSION", (0,) if mode == "WAL" else (99,))
    crashed = tmp_path / "crashed"
    crashed.mkdir()
    with Journal(tmp_path / "runs.db", name="work") as journal:
        list(run(halved, THREE, journal=journal))
        connection = journal._database._connection
        connection.execute("PRAGMA cache_size=1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE outcomes SET content = '7'")
        for _ in range(300):  # more than the cache holds, so that the file itself is written
            connection.execute("INSERT INTO experiments (name, version) VALUES (hex(randomblob(900)), '')")
        for file in tmp_path.glob("runs.db*"):
            if left == "all" or not file.name.endswith("-shm"):
                shutil.copy(file, crashed / file.name)
        connection.execute("ROLLBACK")
    before = contents(crashed)
    found = list(JournalView(crashed / "runs.db", name=None, version=None, sweep=None))
    assert [outcome.result["half"] for _, outcome in found if outcome.ok] == [6, 3]
    assert len(found) == 3
    after = contents(crashed)
    assert {name: text for name, text in after.items() if not name.endswith("-shm")} == {
        name: text for name, text in before.items() if not name.endswith("-shm")
    }
    assert after.keys() == before.keys()
