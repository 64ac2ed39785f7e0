"""`results`, `plan` and `merge`: what journals hold, and what they leave to do."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from spearmint_fp import Journal, run
from spearmint_fp.journal import schema
from tests.cli.calls import SWEEP, called, lines, refused


def test_results_are_a_table(journal: Path) -> None:
    result = called("results", "runs.db")
    head, rule, *rows = result.stdout.splitlines()
    assert head.split() == ["index", "lr", "batch", "result.loss", "ok", "seconds", "attempts", "error"]
    assert set(rule) == {"-", " "}
    assert [row.split()[:3] for row in rows] == [[str(i), str(c.lr), str(c.batch)] for i, c in enumerate(SWEEP)]
    assert rows[1].endswith("ValueError: no 32 second line")
    assert {len(rows[0]) - len(rows[0].lstrip()), len(head) - len(head.lstrip())} == {0, 4}
    assert result.stderr == "train.score: 4 done, 2 failed\n"
    assert result.exit_code == 0


def test_results_are_csv(journal: Path) -> None:
    result = called("results", "runs.db", "--csv", "-o", "runs.csv")
    assert result.stdout == ""
    rows = list(csv.DictReader(io.StringIO((journal.parent / "runs.csv").read_text())))
    assert [(row["lr"], row["batch"], row["result.loss"]) for row in rows[:2]] == [
        ("0.1", "16", "1.6"),
        ("0.1", "32", ""),
    ]
    assert rows[1]["error"] == "ValueError: no 32\nsecond line"


def test_results_are_the_lines_of_the_run(journal: Path) -> None:
    told = lines(called("results", "runs.db", "--json"))
    ran = lines(called("run", "train:score", "space.yaml"))
    changing = {"seconds", "replayed", "experiment", "version"}
    assert [{k: v for k, v in line.items() if k not in changing} for line in told] == [
        {k: v for k, v in line.items() if k not in changing} for line in ran
    ]
    assert all((line["experiment"], line["version"], line["replayed"]) == ("train.score", "", True) for line in told)


def test_results_are_a_page(journal: Path) -> None:
    result = called("results", "runs.db", "--html")
    assert result.stdout.startswith("<!DOCTYPE html>")
    assert "train.score" in result.stdout
    called("run", "train:typed", "space.yaml", "--journal", "runs.db")
    assert refused("results", "runs.db", "--html") == (
        "Error: a page is of one experiment. Choose one with --experiment: train.score, train.typed"
    )
    assert called("results", "runs.db", "--html", "--experiment", "train.typed").exit_code == 0


def test_several_experiments_have_columns_of_their_own(journal: Path) -> None:
    called("run", "train:typed", "space.yaml", "--journal", "runs.db", "--function-version", "2")
    result = called("results", "runs.db")
    assert result.stdout.split()[:4] == ["experiment", "version", "index", "lr"]
    assert result.stderr.splitlines() == ["train.score: 4 done, 2 failed", "train.typed version 2: 6 done, 0 failed"]
    assert called("results", "runs.db", "--function-version", "2").stdout.startswith("index")


def test_swept_paths_stand_beside_the_columns_of_several_experiments(folder: Path) -> None:
    (folder / "models.yaml").write_text("version: !sweep [v1, v2]\nexperiment: !sweep [a, b]\n")
    for function, of in (("hash", ""), ("len", "3")):
        called("run", f"builtins:{function}", "models.yaml", "--journal", "m.db", "--function-version", of)
    rows = list(csv.DictReader(io.StringIO(called("results", "m.db", "--csv").stdout)))
    of_which = [(row["experiment"], row["version"]) for row in rows]
    assert of_which == [("builtins.hash", "")] * 4 + [("builtins.len", "3")] * 4
    swept = [(row["config.version"], row["config.experiment"]) for row in rows]
    assert swept == [("v1", "a"), ("v1", "b"), ("v2", "a"), ("v2", "b")] * 2


def test_half_characters_are_written_as_escapes(folder: Path) -> None:
    (folder / "half.yaml").write_text('text: !sweep ["\\uD800x", "b"]\n')
    called("run", "builtins:len", "half.yaml", "--journal", "half.db")
    assert called("results", "half.db", "--csv", "-o", "half.csv").exit_code == 0
    assert r"\ud800x" in (folder / "half.csv").read_text(encoding="utf-8")


def test_a_sweep_says_what_is_left(journal: Path) -> None:
    (journal.parent / "other.yaml").write_text("batch: !sweep [128, 64, 32]\nlr: 0.1\n")
    result = called("results", "runs.db", "--sweep", "other.yaml", "--json")
    assert [(line["index"], line["config"]["batch"]) for line in lines(result)] == [(2, 32), (1, 64)]
    assert result.stderr == "train.score: 1 of 3 done, 1 failed, 1 left\n"
    (journal.parent / "huge.yaml").write_text("lr: 0.1\nbatch: !range [10000000]\n")
    assert called("results", "runs.db", "--sweep", "huge.yaml").stderr == "train.score: 2 of 10000000 done, 1 failed\n"


def test_reading_makes_and_changes_no_file(journal: Path) -> None:
    before = journal.read_bytes()
    called("results", "runs.db", "--sweep", "space.yaml")
    assert journal.read_bytes() == before
    assert refused("results", "absent.db") == "Error: there is no journal 'absent.db': no such file"
    assert not Path("absent.db").exists()
    Path("empty.db").touch()
    assert refused("results", "empty.db") == "Error: 'empty.db' is not a journal: the file is empty"
    assert Path("empty.db").stat().st_size == 0
    Journal("begun.db").close()
    result = called("results", "begun.db", "--csv", "--sort", "result")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "'begun.db' holds no outcomes yet\n")


def test_results_of_an_older_journal_change_no_byte_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr(schema, "UPGRADES", schema.UPGRADES[:1])
        with Journal(folder / "old.db", name="x") as journal:
            list(run(len, [[1]], journal=journal))
    before = {file.name: file.read_bytes() for file in folder.glob("old.db*")}
    assert called("results", "old.db").exit_code == 0
    assert {file.name: file.read_bytes() for file in folder.glob("old.db*")} == before


def test_results_in_the_order_of_a_column(journal: Path) -> None:
    def sorted_by(*options: str) -> list[int]:
        return [line["index"] for line in lines(called("results", "runs.db", "--json", "--sort", *options))]

    assert sorted_by("result.loss") == [2, 0, 5, 3, 1, 4]  # what has failed has no loss, and comes last
    assert sorted_by("result.loss", "--lowest") == [3, 5, 0, 2, 1, 4]
    assert sorted_by("result.loss", "--highest", "--top", "1") == [2]
    assert sorted_by("result.loss", "--lowest", "--top", "9") == [3, 5, 0, 2]
    assert sorted_by("batch", "--top", "2") == [2, 5]
    table = called("results", "runs.db", "--sort", "result.loss", "--top", "1", "--csv").stdout
    assert table.splitlines()[1].startswith("2,0.1,64,6.4,")
    assert refused("results", "runs.db", "--sort", "result.los") == (
        "Error: there is no column 'result.los'; did you mean 'result.loss'?"
    )
    called("run", "train:mixed", "space.yaml", "--journal", "mixed.db")
    assert refused("results", "mixed.db", "--sort", "result").startswith(
        "Error: the values of 'result' have no order: "
    )


def test_a_plan_is_what_a_run_would_run(journal: Path) -> None:
    function = ["--journal", "runs.db", "--function", "train:score"]
    before = journal.read_bytes()
    found = json.loads(called("plan", "space.yaml", "--set", "lr=!sweep [0.1, 7]", *function, "--json").stdout)
    assert [*found] == ["size", "done", "failed", "left", "todo", "seconds", "cost"]
    assert {name: found[name] for name in ("size", "done", "failed", "left", "todo", "cost")} == {
        "size": 6,
        "done": 2,
        "failed": 1,
        "left": 3,
        "todo": 4,
        "cost": None,
    }
    text = called("plan", "space.yaml", "--set", "lr=!sweep [0.1, 7]", *function, "--cost", "loss").stdout.splitlines()
    assert text[0] == "4 of 6 to run: 2 done, 1 failed, 3 left"
    assert text[1].endswith(" s, one after the other, by the mean of what is done")
    assert text[2:] == ["cost: 16"]
    assert refused("plan", "space.yaml", *function, "--cost", "usd").startswith("Error: ")
    assert called("plan", "space.yaml", "--journal", "runs.db", "--function", "train:typed").stdout == (
        "6 of 6 to run: 0 done, 0 failed, 6 left\n"
    )
    assert journal.read_bytes() == before


def test_a_plan_without_a_journal_so_far_says_so_and_makes_none(journal: Path) -> None:
    def planned(db: str) -> tuple[str, str]:
        result = called("plan", "space.yaml", "--journal", db, "--function", "train:score")
        return result.stdout, result.stderr

    everything = "6 of 6 to run: 0 done, 0 failed, 6 left\n"
    assert planned("other.sqlite") == (
        everything,
        "there is no journal 'other.sqlite' so far, so nothing is done\n",
    )
    assert planned("run.db")[0] == everything
    assert planned("run.db")[1].endswith("so far, so nothing is done; did you mean 'runs.db'?\n")
    assert [file.name for file in journal.parent.glob("*.db")] == ["runs.db"]
    for wrong in (["--journal", "no/runs.db", "--function", "train:score"], ["--journal", "x.db", "--experiment", "x"]):
        assert refused("plan", "space.yaml", *wrong).endswith(": no such file")


def test_journals_are_put_together(journal: Path) -> None:
    for shard in ("0/2", "1/2"):
        called("run", "train:typed", "space.yaml", "--shard", shard, "--journal", f"{shard[0]}.db")
    assert called("merge", "all.db", "0.db", "1.db", "runs.db").stderr == "all.db: 12 new or changed\n"
    again = called("merge", "all.db", "1.db", "--json")
    assert (again.stdout, again.stderr) == ('{"journal":"all.db","changed":0}\n', "")
    assert called("results", "all.db").stderr == "train.typed: 6 done, 0 failed\ntrain.score: 4 done, 2 failed\n"
