"""`run`: outcomes, limits, journals, ends."""

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

from spearmint_fp import Config, Journal
from tests.cli.calls import NUDGED, SWEEP, called, command, done, lines, refused, started
from tests.waiting import LIMIT_SECONDS, wait_until
from tests.workers.programs import is_running, read_to_end


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


@pytest.mark.slow
def test_an_interrupt_of_coroutines_ends_all_of_them(folder: Path) -> None:
    with started("run", "train:waits", "space.yaml", "--limit", "6", program=NUDGED, start_new_session=True) as process:
        assert process.stdout is not None
        for _ in range(2):  # those that do not wait; all have begun by then
            process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        _, errors = read_to_end(process)
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


@pytest.mark.slow
def test_only_data_on_standard_output(folder: Path) -> None:
    for options in ([], ["--jobs", "1"]):
        result = done("run", "train:talks", "space.yaml", *options)
        assert [json.loads(line)["result"] for line in result.stdout.splitlines()] == [1] * 6
        assert (result.stderr.count("printed\n"), result.stderr.count("shelled\n")) == (6, 6)


@pytest.mark.slow
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


def _written(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.mark.slow
def test_a_sweep_in_a_file_is_killed_and_resumed(folder: Path) -> None:
    (folder / "sweep.yaml").write_text("n: !range [40]\n")
    same = ["run", "train:gated", "sweep.yaml", "--jobs", "2", "--journal", "runs.db"]
    with started(*same) as process:
        assert process.stdout is not None
        first = [json.loads(process.stdout.readline()) for _ in range(8)]
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    wait_until(lambda: not any(map(is_running, children)))

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


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--jobs", "2", "--journal", "runs.db"], []])
def test_an_interrupt_ends_it_with_130_and_leaves_no_child(folder: Path, options: list[str]) -> None:
    (folder / "sweep.yaml").write_text("n: !range [4000]\n")
    with started("run", "train:logged", "sweep.yaml", *options, program=NUDGED, start_new_session=True) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        children = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = read_to_end(process)
    assert process.returncode == 130
    told = re.search(r"^Interrupted: (\d+) of 4000 done, 0 failed in \d+\.\d s$", errors, re.MULTILINE)
    assert told is not None
    assert int(told[1]) >= 3
    assert "Traceback" not in errors
    wanted = "kept in runs.db. Give the same command again" if options else "With --journal DB"
    assert wanted in errors
    wait_until(lambda: not any(map(is_running, children)))


@pytest.mark.slow
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


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
def test_nothing_runs_where_standard_output_is_closed(folder: Path) -> None:
    line = shlex.join(command("run", "train:logged", "space.yaml"))
    closed = subprocess.run(
        ["sh", "-c", f"{line} >&-"], stderr=subprocess.PIPE, check=False, text=True, timeout=LIMIT_SECONDS
    )
    assert (closed.returncode, closed.stderr) == (2, "Error: standard output is closed\n")
    assert not (folder / "ran.txt").exists()


def test_a_run_ends_after_so_many_failures(folder: Path) -> None:
    many = "{lr: 1, batch: !sweep [16, 32], n: !range [9000]}"  # a thread has more in hand than six quick tasks
    for options in (["space.yaml"], ["-", "--threads", "1", "--set", "batch=32"]):
        result = called("run", "train:score", *options, "--max-failures", "1", "--ordered", stdin=many)
        assert result.exit_code == 1
        assert len(lines(result)) < 9000
        assert not lines(result)[1 if options == ["space.yaml"] else 0]["ok"]
        assert result.stderr.splitlines()[-1].startswith("stopped by --max-failures 1. Nothing of it is kept. With")
    result = called("run", "train:score", "space.yaml", "--max-failures", "2")
    assert "stopped" in result.stderr
    assert "stopped" not in called("run", "train:score", "space.yaml", "--max-failures", "3").stderr
    result = called("run", "train:ask", "space.yaml", "--limit", "3", "--where", "lr=0.1", "--max-failures", "1")
    assert result.exit_code == 0, result.stderr


def test_outcomes_in_a_file(folder: Path) -> None:
    kept = folder / "out.jsonl"
    kept.write_text("precious")
    assert called("run", "train:scroe", "space.yaml", "-o", "out.jsonl").exit_code == 2
    for option in (["--where", "lr=7"], ["--limit", "2"], ["--journal", "space.yaml/runs.db"]):
        assert called("run", "train:score", "space.yaml", *option, "-o", "out.jsonl").exit_code == 2
    assert kept.read_text() == "precious"
    result = called("run", "train:typed", "space.yaml", "-o", "out.jsonl")
    assert (result.exit_code, result.stdout) == (0, "")
    assert [json.loads(line)["result"] for line in kept.read_text().splitlines()] == [32, 64, 128] * 2


def test_an_initializer_is_called_in_each_worker(folder: Path) -> None:
    result = called("run", "train:began", "space.yaml", "--jobs", "1", "--initializer", "train:begin")
    assert [line["result"] for line in lines(result)] == [True] * 6
    assert called("run", "train:began", "space.yaml").exit_code == 1
    assert called("run", "train:began", "space.yaml", "--jobs", "1", "--initializer", "train:constant").exit_code == 2
