"""`run` and `results`: outcomes, limits, journals, ends."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from spearmint_fp import Config, Journal, run
from spearmint_fp.journal import schema
from tests.cli.calls import SWEEP, called, command, done, lines, refused, started
from tests.waiting import LIMIT_SECONDS, wait_until


def test_run_writes_a_line_per_outcome_and_a_summary(folder: Path) -> None:
    result = called("run", "train:score", "space.yaml")
    assert result.exit_code == 1
    found = lines(result)
    assert [line["index"] for line in found] == list(range(6))
    assert [Config(line["config"]) for line in found] == list(SWEEP)
    assert [*found[0]] == ["index", "config", "ok", "result", "seconds", "attempts", "replayed"]
    assert (found[0]["ok"], found[0]["result"], found[0]["attempts"]) == (True, {"loss": 1.6}, 1)
    assert found[1]["error"] == {"type": "ValueError", "message": "no 32\nsecond line"}
    *told, summary = result.stderr.splitlines()
    assert told == ["failed: 1, lr=0.1, batch=32: ValueError: no 32", "failed: 4, lr=0.01, batch=32: ValueError: no 32"]
    assert re.fullmatch(r"4 of 6 done, 2 failed in \d+\.\d s", summary)


def test_tracebacks_where_they_are_asked_for(folder: Path) -> None:
    found = lines(called("run", "train:score", "space.yaml", "--traceback"))
    assert 'raise ValueError("no 32' in found[1]["error"]["traceback"]


def test_more_than_a_few_failures_are_counted(folder: Path) -> None:
    result = called("run", "train:score", "-", stdin="{lr: 1, batch: 32, n: !range [9]}")
    assert result.stderr.splitlines()[4:6] == ["failed: 4, n=4: ValueError: no 32", "failed: 4 more"]


@pytest.mark.parametrize(
    ("function", "results"),
    [
        ("train:typed", [32, 64, 128, 32, 64, 128]),
        ("train:part", [0.1] * 3 + [0.01] * 3),
        ("train:coroutine", [16, 32, 64] * 2),
        ("train:scale.scaled", [160, 320, 640] * 2),
        ("train:nan", [[{"$float": "nan"}, {"$text": "<class 'object'> (type)"}]] * 6),
        ("builtins:len", [2] * 6),
    ],
)
def test_functions_of_many_kinds(folder: Path, function: str, results: list[Any]) -> None:
    result = called("run", function, "space.yaml")
    assert [line.get("result") for line in lines(result)] == results
    assert result.exit_code == 0


def test_coroutines_run_together_in_one_event_loop(folder: Path) -> None:
    options = ["--limit", "3", "--ordered", "--retries", "1", "--timeout", "900", "--journal", "runs.db"]
    result = called("run", "train:ask", "space.yaml", *options)
    assert result.exit_code == 0, (result.stderr, result.exception)
    assert [line["result"] for line in lines(result)] == [[16, 1], [32, 1], [64, 1]] * 2
    assert [line["index"] for line in lines(result)] == list(range(6))
    assert "6 replayed" in called("run", "train:ask", "space.yaml", *options).stderr
    refused = called("run", "train:score", "space.yaml", "--limit", "3")
    assert refused.stderr.startswith("Error: --limit is for a coroutine function (async def)")
    assert called("run", "train:ask", "space.yaml", "--limit", "3", "--jobs", "2").exit_code == 2


def test_an_interrupt_of_coroutines_ends_all_of_them(folder: Path) -> None:
    with started("run", "train:waits", "space.yaml", "--limit", "6", start_new_session=True) as process:
        assert process.stdout is not None
        for _ in range(2):  # those that do not wait; all have begun by then
            process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 130
    assert (errors.count("waits\n"), errors.count("ended\n")) == (6, 6)
    assert "Interrupted: 2 of 6 done" in errors
    assert "Traceback" not in errors


def test_the_function_of_an_experiment_runs_over_the_file(folder: Path) -> None:
    result = called("run", "train:experiment", "space.yaml")
    assert [line["result"] for line in lines(result)] == [16, 32, 64] * 2
    assert result.stderr.startswith(
        "train:experiment is an experiment: its function is run, over the configurations of"
    )


def test_only_data_on_standard_output(folder: Path) -> None:
    for options in ([], ["--jobs", "1"]):
        result = done("run", "train:talks", "space.yaml", *options)
        assert [json.loads(line)["result"] for line in result.stdout.splitlines()] == [1] * 6
        assert (result.stderr.count("printed\n"), result.stderr.count("shelled\n")) == (6, 6)


def test_limits_retries_and_crashes(folder: Path) -> None:
    result = called("run", "train:hangs", "space.yaml", "--timeout", "0.2", "--shard", "0/6")
    assert lines(result)[0]["error"]["message"] == "took longer than 0.2 s"
    result = called("run", "train:flaky", "space.yaml", "--retries", "1", "--threads", "2", "--ordered")
    assert [(line["result"], line["attempts"], line["index"]) for line in lines(result)] == [
        (1, 2, i) for i in range(6)
    ]
    result = called("run", "train:dies", "space.yaml", "--jobs", "2")
    assert sorted(line["index"] for line in lines(result) if not line["ok"]) == [1, 4]
    assert result.exit_code == 1


def test_a_shard_has_the_positions_of_the_whole(folder: Path) -> None:
    for shard in ("1/4", "0/4"):
        found = lines(called("run", "train:typed", "space.yaml", "--journal", "runs.db", "--shard", shard))
        assert all(Config(line["config"]) == SWEEP[line["index"]] for line in found)
    assert [line["index"] for line in found] == [0, 4]
    kept = lines(called("results", "runs.db", "--json"))
    assert [(line["index"], Config(line["config"])) for line in kept] == [(i, SWEEP[i]) for i in (1, 5, 0, 4)]
    empty = called("run", "train:score", "space.yaml", "--shard", "8/9")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert empty.stderr.startswith("0 of 0 done, 0 failed")


def test_a_version_and_a_name_of_their_own(folder: Path) -> None:
    for options in ([], ["--function-version", "2"], ["--experiment", "again"], ["--experiment", "again"]):
        result = called("run", "train:typed", "space.yaml", "--journal", "runs.db", *options)
        assert result.exit_code == 0
    assert "6 replayed" in result.stderr
    with Journal(folder / "runs.db") as journal:
        assert journal.experiments == (("train.typed", ""), ("train.typed", "2"), ("again", ""))


def test_on_dask(folder: Path) -> None:
    import distributed

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        result = called("run", "train:typed", "space.yaml", "--dask", cluster.scheduler_address)
    assert sorted(line["index"] for line in lines(result)) == list(range(6))
    assert result.exit_code == 0


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
    result = called("results", "begun.db", "--csv")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "'begun.db' holds no outcomes yet\n")


def _written(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def test_a_sweep_in_a_file_is_killed_and_resumed(folder: Path) -> None:
    (folder / "sweep.yaml").write_text("n: !range [40]\n")
    same = ["run", "train:gated", "sweep.yaml", "--jobs", "2", "--journal", "runs.db"]
    with started(*same) as process:
        assert process.stdout is not None
        first = [json.loads(process.stdout.readline()) for _ in range(8)]
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))

    seen = done("results", "runs.db", "--sweep", "sweep.yaml", "--json")
    kept = {line["config"]["n"] for line in map(json.loads, seen.stdout.splitlines())}
    assert {line["config"]["n"] for line in first} <= kept
    assert seen.stderr == f"train.gated: {len(kept)} of 40 done, 0 failed, {40 - len(kept)} left\n"
    assert 8 <= len(kept) < 40

    before = len(_written(folder / "ran.txt"))
    (folder / "open.txt").touch()
    again = done(*same)
    assert again.returncode == 0
    found = [json.loads(line) for line in again.stdout.splitlines()]
    assert sorted((line["index"], line["result"]) for line in found) == [(n, 2 * n) for n in range(40)]
    assert {line["index"] for line in found if line["replayed"]} == kept
    assert sorted(_written(folder / "ran.txt")[before:]) == sorted(set(range(40)) - kept)
    assert re.search(rf"^40 of 40 done, 0 failed, {len(kept)} replayed in \d+\.\d s$", again.stderr, re.MULTILINE)
    assert (
        done("results", "runs.db", "--sweep", "sweep.yaml").stderr == "train.gated: 40 of 40 done, 0 failed, 0 left\n"
    )


@pytest.mark.parametrize("options", [["--jobs", "2", "--journal", "runs.db"], []])
def test_an_interrupt_ends_it_with_130_and_leaves_no_child(folder: Path, options: list[str]) -> None:
    (folder / "sweep.yaml").write_text("n: !range [4000]\n")
    with started("run", "train:logged", "sweep.yaml", *options, start_new_session=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 130
    told = re.search(r"^Interrupted: (\d+) of 4000 done, 0 failed in \d+\.\d s$", errors, re.MULTILINE)
    assert told is not None
    assert int(told[1]) >= 3
    assert "Traceback" not in errors
    wanted = "kept in runs.db. Give the same command again" if options else "With --journal DB"
    assert wanted in errors
    wait_until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children))


def test_shards_in_two_processes_share_a_journal(folder: Path) -> None:
    (folder / "sweep.yaml").write_text("n: !range [30]\n")
    both = [started("run", "train:logged", "sweep.yaml", "--journal", "runs.db", "--shard", f"{i}/2") for i in (0, 1)]
    found = [process.communicate(timeout=LIMIT_SECONDS)[0].splitlines() for process in both]
    assert [[json.loads(line)["index"] for line in part] for part in found] == [[*range(0, 30, 2)], [*range(1, 30, 2)]]
    assert sorted(_written(folder / "ran.txt")) == list(range(30))
    told = called("results", "runs.db", "--sweep", "sweep.yaml", "--csv")
    assert [row["index"] for row in csv.DictReader(io.StringIO(told.stdout))] == [str(n) for n in range(30)]
    assert told.stderr == "train.logged: 30 of 30 done, 0 failed, 0 left\n"


def test_a_run_ends_when_nobody_reads_on(folder: Path) -> None:
    (folder / "sweep.yaml").write_text("n: !range [100000]\n")
    with started("run", "train:logged", "sweep.yaml", "--journal", "runs.db") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_a_method_needs_a_name_of_its_own_in_a_journal(folder: Path) -> None:
    told = refused("run", "train:scale.scaled", "space.yaml", "--journal", "runs.db")
    assert told.endswith("Give it a name that stands for it: --experiment NAME")
    named = ["--experiment", "scaled by ten"]
    assert called("run", "train:scale.scaled", "space.yaml", "--journal", "runs.db", *named).exit_code == 0


def test_results_of_an_older_journal_change_no_byte_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr(schema, "UPGRADES", schema.UPGRADES[:1])
        with Journal(folder / "old.db", name="x") as journal:
            list(run(len, [[1]], journal=journal))
    before = {file.name: file.read_bytes() for file in folder.glob("old.db*")}
    assert called("results", "old.db").exit_code == 0
    assert {file.name: file.read_bytes() for file in folder.glob("old.db*")} == before


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
def test_nothing_runs_where_standard_output_is_closed(folder: Path) -> None:
    line = shlex.join(command("run", "train:logged", "space.yaml"))
    closed = subprocess.run(
        ["sh", "-c", f"{line} >&-"], stderr=subprocess.PIPE, check=False, text=True, timeout=LIMIT_SECONDS
    )
    assert (closed.returncode, closed.stderr) == (2, "Error: standard output is closed\n")
    assert not (folder / "ran.txt").exists()
