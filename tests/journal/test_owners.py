"""Owners: a script, its module and its import share one name, and two scripts never do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    Journal,
    run,
)
from spearmint_fp.journal import schema
from tests.journal.runs import ROOT, SCRIPT, THREE, results
from tests.waiting import LIMIT_SECONDS


def plain(config: Config) -> int:
    return int(config.n)


def closure_of(k: int) -> Callable[[Config], int]:
    def inside(config: Config) -> int:
        return int(config.n) * k

    return inside


def test_two_closures_of_one_name_are_the_user_s_word(path: Path) -> None:
    with Journal(path, name="scaled") as journal:
        assert results(closure_of(2), journal) == results(closure_of(5), journal) == [0, 2, 4]
        assert journal.experiments == (("scaled", ""),)


def ran(*arguments: str, cwd: Path) -> tuple[list[int], bool, list[str], str]:
    """The results of a program that runs `score`, whether all were replayed, the names in its journal, its warnings."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    got, replayed, names = json.loads(done.stdout)
    assert len(set(replayed)) == 1
    return got, replayed[0], names, done.stderr


def script(folder: Path, k: int, name: str = "job.py") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(SCRIPT.format(k=k))
    return folder / name


@pytest.mark.slow
def test_a_script_its_module_and_its_import_share_one_name(tmp_path: Path) -> None:
    script(tmp_path / "pkg", 2)
    (tmp_path / "pkg" / "__init__.py").touch()
    by_import = "import sys; sys.path.insert(0, '.'); from pkg.job import main; main()"
    calls = [["pkg/job.py"], ["-m", "pkg.job"], ["-c", by_import]]
    for order in (calls, calls[::-1], [calls[1], calls[0], calls[2]]):
        journal = tmp_path / "runs.db"
        journal.unlink(missing_ok=True)
        seen = [ran(*call, str(journal), cwd=tmp_path) for call in order]
        assert seen == [([0, 2, 4], replayed, ["pkg.job.score"], "") for replayed in (False, True, True)]


@pytest.mark.slow
def test_a_script_in_a_folder_without_init_and_its_import_share_one_name(tmp_path: Path) -> None:
    script(tmp_path / "sub", 2)
    assert ran("sub/job.py", str(tmp_path / "runs.db"), cwd=tmp_path)[1:3] == (False, ["job.score"])
    assert ran("-m", "sub.job", str(tmp_path / "runs.db"), cwd=tmp_path)[1:3] == (True, ["job.score"])


@pytest.mark.slow
def test_two_scripts_never_share_a_name(tmp_path: Path) -> None:
    journal = str(tmp_path / "runs.db")
    one, two, other = script(tmp_path / "a", 1), script(tmp_path / "b", 10), script(tmp_path / "a", 7, "other.py")
    for _ in range(2):
        assert ran(str(one), journal, cwd=tmp_path)[0] == [0, 1, 2]
        assert ran(str(two), journal, cwd=tmp_path)[0] == [0, 10, 20]
        assert ran(str(other), journal, cwd=tmp_path)[0] == [0, 7, 14]
    got, replayed, names, told = ran("-m", "job", journal, cwd=two.parent)
    assert (got, replayed, told) == ([0, 10, 20], True, "")
    assert names == ["job.score", f"{two}:score", "other.score"]


@pytest.mark.slow
def test_the_second_script_of_a_name_is_told_so_once(tmp_path: Path) -> None:
    journal = str(tmp_path / "runs.db")
    one, two = script(tmp_path / "a", 1), script(tmp_path / "b", 10)
    assert ran(str(one), journal, cwd=tmp_path)[3] == ""
    assert (
        "If it is the same function, say so: Journal(path, name='job.score')" in ran(str(two), journal, cwd=tmp_path)[3]
    )
    assert ran(str(two), journal, cwd=tmp_path)[3] == ""


@pytest.mark.slow
def test_programs_in_archives_are_scripts_too(tmp_path: Path) -> None:
    journal = str(tmp_path / "runs.db")
    apps = [tmp_path / "a" / "app.pyz", tmp_path / "b" / "app.pyz"]
    for k, app in enumerate(apps, 1):
        app.parent.mkdir()
        with zipfile.ZipFile(app, "w") as archive:
            archive.writestr("__main__.py", SCRIPT.format(k=k))
    for replayed in (False, True):
        assert [ran(str(app), journal, cwd=tmp_path)[:2] for app in apps] == [
            ([0, 1, 2], replayed),
            ([0, 2, 4], replayed),
        ]


@pytest.mark.slow
def test_a_script_that_has_moved_finds_its_outcomes_again(tmp_path: Path) -> None:
    journal = str(tmp_path / "runs.db")
    ran(str(script(tmp_path / "a", 1)), journal, cwd=tmp_path)
    shutil.move(tmp_path / "a", tmp_path / "b")
    assert ran("b/job.py", journal, cwd=tmp_path) == ([0, 1, 2], True, ["job.score"], "")
    assert ran("b/job.py", journal, cwd=tmp_path) == ([0, 1, 2], True, ["job.score"], "")


def test_what_an_older_version_kept_of_a_script_is_told_of(tmp_path: Path) -> None:
    journal = tmp_path / "runs.db"
    with Journal(journal, name="__main__.score") as old:
        assert results(plain, old) == [0, 1, 2]
    file = script(tmp_path, 2)
    got, replayed, names, told = ran(str(file), str(journal), cwd=tmp_path)
    assert (got, replayed, names) == ([0, 2, 4], False, ["__main__.score", "job.score"])
    assert "say so: Journal(path, name='__main__.score')" in told
    assert ran(str(file), str(journal), cwd=tmp_path)[1::2] == (True, "")


def test_what_an_older_version_kept_of_a_closure_is_told_of(path: Path) -> None:
    former = f"{__name__}.closure_of.<locals>.inside"
    with Journal(path, name=former) as old:
        results(closure_of(2), old)
    with (
        Journal(path) as journal,
        pytest.raises(ArgumentError, match="kept outcomes of it: name='.*inside' gives them"),
    ):
        run(closure_of(2), THREE, journal=journal)


def test_a_journal_of_the_version_before_is_read_and_gone_on_with(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr(schema, "UPGRADES", schema.UPGRADES[:2])
        with Journal(path) as journal:
            results(plain, journal)
    with Journal(path) as journal:
        assert all(outcome.replayed for outcome in run(plain, THREE, journal=journal))
