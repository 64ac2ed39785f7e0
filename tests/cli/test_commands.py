"""The command line: what each command writes, where, and how it ends; alone, in pipes, killed and resumed."""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import psutil
import pytest
from click.testing import CliRunner, Result

from spearmint_fp import Config, DynamicValue, Journal, concat, config_id, expand, explain, label, load, run
from spearmint_fp.__main__ import main
from spearmint_fp.cli.commands import _Command, cli
from spearmint_fp.journal import schema

from ..snippets import blocks
from ..waiting import LIMIT_SECONDS, wait_until

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "how-to" / "command-line.md"

SPACE = "lr: !sweep [0.1, 0.01]\nbatch: !sweep [16, 32, 64]\n"
SWEEP = expand({"lr": DynamicValue([0.1, 0.01]), "batch": DynamicValue([16, 32, 64])})
MODULE = """
import asyncio, os, pathlib, sys, time
from typing import Annotated
import attrs
from spearmint_fp import Bind, Config, Spearmint

@attrs.frozen
class Settings:
    lr: float
    batch: int

class Scale:
    def __init__(self, factor): self.factor = factor
    def scaled(self, config): return config.batch * self.factor

scale = Scale(10)
constant = 5

def score(config):
    if config.batch == 32:
        raise ValueError("no 32\\nsecond line")
    return {"loss": round(config.lr * config.batch, 3)}

def typed(settings: Settings, factor: int = 2) -> float:
    return settings.batch * factor

def part(rate: Annotated[float, Bind("lr")]):
    return rate

async def coroutine(config):
    await asyncio.sleep(0)
    return config.batch

@Spearmint(configs=[{"other": 1}]).experiment()
def experiment(config: Config):
    return config.batch

def two(a, b): ...

def none(): ...

def talks(config):
    print("printed")
    os.system("echo shelled")
    return 1

def nan(config):
    return (float("nan"), object)

def hangs(config):
    time.sleep(3600)

def flaky(config):
    path = pathlib.Path(f"tries-{config.batch}-{config.lr}")
    tries = int(path.read_text()) if path.exists() else 0
    path.write_text(str(tries + 1))
    if tries == 0:
        raise ConnectionError("once")
    return tries

def dies(config):
    if config.batch == 32:
        os._exit(9)
    return 1

def logged(config):
    with open("ran.txt", "a") as file:
        file.write(f"{config.n}\\n")
    time.sleep(0.05)
    return config.n * 2

def gated(config):
    while config.n >= 20 and not os.path.exists("open.txt"):
        time.sleep(0.01)
    return logged(config)
"""

Called = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to be in, with a sweep in `space.yaml` and functions in the module `train`."""
    (tmp_path / "space.yaml").write_text(SPACE)
    (tmp_path / "train.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("train", "broken", "wrong", "leaves"):
        sys.modules.pop(name, None)


def called(*args: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, args, input=stdin)


def refused(*args: str, stdin: str | bytes | None = None) -> str:
    """The message of a call that cannot be done: the one line that stands on standard error, beside the usage."""
    result = called(*args, stdin=stdin)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    *usage, last = result.stderr.splitlines()
    assert usage == [] or usage[0].startswith("Usage: ")
    return last


def lines(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def command(*args: str) -> list[str]:
    return [sys.executable, "-m", "spearmint_fp", *args]


def started(*args: str, **kwargs: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(command(*args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **kwargs)


def done(*args: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, check=False, timeout=LIMIT_SECONDS, **kwargs)


# --- looking -----------------------------------------------------------------------------------------


def test_explain_says_what_explain_says(folder: Path) -> None:
    result = called("explain", "space.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{explain(SWEEP)}\n", "")


def test_list_writes_a_configuration_per_line(folder: Path) -> None:
    result = called("list", "space.yaml")
    assert [Config(line) for line in lines(result)] == list(SWEEP)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("part", [":", ":2", "-2:", "::-1", "1:-1:2", "+1:3", "9:", "-99:99:1"])
def test_a_slice_is_python_s(folder: Path, part: str) -> None:
    wanted = list(SWEEP)[slice(*[int(bound) if bound else None for bound in part.split(":")])]
    assert [Config(line) for line in lines(called("list", "space.yaml", "--slice", part))] == wanted


def test_list_writes_labels_and_ids(folder: Path) -> None:
    assert called("list", "space.yaml", "--labels").stdout.splitlines() == [label(c, SWEEP) for c in SWEEP]
    assert called("list", "space.yaml", "--ids").stdout.splitlines() == [config_id(c) for c in SWEEP]
    both = called("list", "space.yaml", "--ids", "--labels", "--slice", ":1").stdout
    assert both == f"{config_id(SWEEP[0])}\t{label(SWEEP[0], SWEEP)}\n"


def test_what_json_has_no_word_for_is_written_as_in_a_journal(folder: Path) -> None:
    (folder / "odd.yaml").write_text('a: .nan\nb: 2024-05-01\nc: [1, {d: .inf}]\ne: ü\nconfig_id: "two\\nlines"\n')
    (folder / "odd.toml").write_text("t = 07:32:00\n")
    text = called("list", "odd.yaml").stdout
    assert text == (
        '{"a":{"$float":"nan"},"b":{"$date":"2024-05-01"},"c":[1,{"d":{"$float":"inf"}}],"e":"\\u00fc",'
        '"config_id":"two\\nlines"}\n'
    )
    assert called("list", "odd.yaml", "--ids").stdout == "'two\\nlines'\n"
    assert called("list", "odd.toml").stdout == '{"t":{"$time":"07:32:00"}}\n'
    assert called("show", "odd.toml", "0").stdout.endswith("\nt: 07:32:00\n")


def test_several_files_and_folders_are_one_sweep(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "a.json").write_text('[{"n": 1}, {"n": 2}]')
    (folder / "b.toml").write_text("n = 3")
    result = called("list", "more", "space.yaml", "b.toml")
    assert [Config(line) for line in lines(result)] == list(
        concat(expand({"n": DynamicValue([1, 2])}), SWEEP, expand({"n": 3}))
    )
    assert called("show", "more", "space.yaml", "b.toml", "-1", "--json").stdout == '{"n":3}\n'


@pytest.mark.parametrize("text", ["n: !sweep [1, 2]", '[{"n": 1},\n\t{"n": 2}]', b"\xef\xbb\xbfn: !range [1, 3]"])
def test_a_dash_is_standard_input(folder: Path, text: str | bytes) -> None:
    assert called("list", "-", stdin=text).stdout == '{"n":1}\n{"n":2}\n'


@pytest.mark.parametrize("position", [0, 3, -1, -6])
def test_show_writes_yaml_that_is_the_configuration_again(folder: Path, position: int) -> None:
    result = called("show", "space.yaml", str(position))
    (folder / "shown.yaml").write_text(result.stdout)
    assert load(folder / "shown.yaml") == SWEEP[position]
    assert result.stdout.splitlines()[:3] == [
        f"# index: {position % 6} of 6",
        f"# config_id: {config_id(SWEEP[position])}",
        f"# label: {label(SWEEP[position], SWEEP)}",
    ]
    assert (
        called("show", "--json", "space.yaml", str(position)).stdout
        == json.dumps(dict(SWEEP[position]), separators=(",", ":")) + "\n"
    )


def test_a_position_of_any_size(folder: Path) -> None:
    (folder / "huge.yaml").write_text("".join(f"x{k}: !range [10]\n" for k in range(30)))
    assert called("show", "huge.yaml", "-1", "--json").stdout.count(":9") == 30
    assert called("show", "huge.yaml", "1" + 29 * "0", "--json").stdout.startswith('{"x0":1,"x1":0,')
    assert refused("show", "huge.yaml", "1" + 30 * "0").endswith(f"in a sweep of {10**30}")
    assert called("explain", "huge.yaml").stdout.startswith(f"{10**30} configurations = ")


def test_list_is_lazy_and_ends_quietly_when_nobody_reads_on(folder: Path) -> None:
    (folder / "huge.yaml").write_text("a: !range [1000000]\nb: !range [1000000]\n")
    with started("list", "huge.yaml") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert [process.stdout.readline() for _ in range(3)] == [f'{{"a":0,"b":{b}}}\n' for b in range(3)]
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


# --- checking ----------------------------------------------------------------------------------------


def test_check_says_what_fits_and_what_does_not(folder: Path) -> None:
    result = called("check", "space.yaml", "--type", "train:Settings")
    assert (result.exit_code, result.stdout) == (0, "6 configurations: all axis values fit Settings\n")
    result = called("check", "-", "--type", "train:Settings", stdin="lr: !sweep [fast, 1, -1]\nbatch: 1\nmore: 2\n")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "of 3 configurations some are not a valid Settings:",
        "  more: no such field; there is: 'lr', 'batch', in 3 configs",
        "  lr: expected float, got 'fast' (str), in 1 config",
    ]
    result = called("check", "-", "--type", "train:Settings", "--ignore-extra", stdin="{lr: 1, batch: 1, more: 2}")
    assert (result.exit_code, result.stderr) == (0, "")


# --- running -----------------------------------------------------------------------------------------


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
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        result = called("run", "train:typed", "space.yaml", "--dask", cluster.scheduler_address)
    assert sorted(line["index"] for line in lines(result)) == list(range(6))
    assert result.exit_code == 0


# --- results -----------------------------------------------------------------------------------------


@pytest.fixture
def journal(folder: Path) -> Path:
    called("run", "train:score", "space.yaml", "--journal", "runs.db")
    return folder / "runs.db"


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


# --- killed, interrupted, resumed, shared ------------------------------------------------------------


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


# --- bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("list absent.yaml", "Error: absent.yaml: no such file or folder (in {folder})"),
        ("list train.py", "Error: train.py: a configuration file ends in .yaml, .yml, .json or .toml"),
        ("explain bad.yaml", "Error: bad.yaml:2:2: expected ',' or ']', but got ':' (while parsing a flow sequence)"),
        ("list", "Error: Missing argument 'FILE...'."),
        (
            "list space.yaml --slice 3",
            "Error: Invalid value for '--slice': '3' is no slice a:b or a:b:k of whole numbers.",
        ),
        ("list space.yaml --slice 1:2:0", "Error: Invalid value for '--slice': '1:2:0' has a step of 0."),
        (
            "list space.yaml --slice a:b",
            "Error: Invalid value for '--slice': 'a:b' is no slice a:b or a:b:k of whole numbers.",
        ),
        ("list --lables space.yaml", "Error: No such option '--lables'. Did you mean '--labels'?"),
        ("lst space.yaml", "Error: No such command 'lst'. Did you mean 'list'?"),
        ("show space.yaml 6", "Error: no configuration 6 in a sweep of 6"),
        ("show space.yaml -7", "Error: no configuration -7 in a sweep of 6"),
        ("show space.yaml", "Error: Invalid value for 'INDEX': 'space.yaml' is no whole number."),
        ("show 3", "Error: Missing argument 'FILE...'."),
        ("show space.yaml 1.5", "Error: Invalid value for 'INDEX': '1.5' is no whole number."),
        (
            "show space.yaml " + 5000 * "9",
            "Error: Invalid value for 'INDEX': '" + 37 * "9" + "..." + 38 * "9" + "' is no whole number.",
        ),
        ("check space.yaml --type train:Setings", "Error: module 'train' has no 'Setings'; did you mean 'Settings'?"),
        ("check space.yaml", "Error: Missing option '--type'."),
        ("run trian:score space.yaml", "Error: there is no module 'trian'; did you mean 'train'?"),
        ("run train:scroe space.yaml", "Error: module 'train' has no 'scroe'; did you mean 'score'?"),
        ("run train:scale.scald space.yaml", "Error: 'scale' has no 'scald'; did you mean 'scaled'?"),
        ("run train space.yaml", "Error: 'train' is no module:name. Write train:name"),
        ("run train.py space.yaml", "Error: 'train.py' is no module:name. Write train:name"),
        ("run train.py:score space.yaml", "Error: there is no module 'train.py'. Write train:score"),
        ("run ./train.py:score space.yaml", "Error: './train.py:score' is no module:name. Write train:score"),
        ("run train.score space.yaml", "Error: 'train.score' is no module:name. Write train:score"),
        ("run train: space.yaml", "Error: 'train:' is no module:name"),
        (
            "run broken:f space.yaml",
            (
                "Error: module 'broken' cannot be imported: ModuleNotFoundError: No module named 'nowhere' "
                "({folder}/broken.py:1)"
            ),
        ),
        (
            "run wrong:f space.yaml",
            "Error: module 'wrong' cannot be imported: SyntaxError: invalid syntax (wrong.py, line 1)",
        ),
        ("run leaves:f space.yaml", "Error: module 'leaves' cannot be imported: SystemExit: 3 ({folder}/leaves.py:1)"),
        ("run train:constant space.yaml", "Error: train:constant is no function; it is 5 (int)"),
        (
            "run train:two space.yaml",
            (
                "Error: train:two cannot be called with a configuration alone: missing a required argument: "
                "'b'. A function takes the configuration as its one argument, or by parameters whose "
                "annotations say what they take of it"
            ),
        ),
        (
            "run train:none space.yaml",
            (
                "Error: train:none cannot be called with a configuration alone: too many positional arguments. "
                "A function takes the configuration as its one argument, or by parameters whose annotations say "
                "what they take of it"
            ),
        ),
        ("run train:score space.yaml --jobs 0", "Error: Invalid value for '--jobs': 0 is not in the range x>=1."),
        ("run train:score space.yaml --jobs 2 --threads 2", "Error: Give one of --jobs and --threads."),
        (
            "run train:score space.yaml --shard 2/2",
            "Error: Invalid value for '--shard': '2/2' is no shard i/n. Shards count from 0: 0/2 to 1/2.",
        ),
        (
            "run train:score space.yaml --shard -1/2",
            "Error: Invalid value for '--shard': '-1/2' is no shard i/n. Shards count from 0: 0/4.",
        ),
        (
            "run train:score space.yaml --shard 1",
            "Error: Invalid value for '--shard': '1' is no shard i/n. Shards count from 0: 0/4.",
        ),
        ("run train:score space.yaml --experiment x", "Error: --experiment is for a journal: give --journal too."),
        (
            "run train:score space.yaml --function-version 2",
            "Error: --function-version is for a journal: give --journal too.",
        ),
        (
            "run train:score space.yaml --timeout 0",
            "Error: timed_out takes a number of seconds above 0; got 0.0 (float)",
        ),
        (
            "run train:score space.yaml --threads 2 --timeout 1",
            (
                "Error: timed_out ends a task by ending its process, or by cancelling its coroutine; a thread "
                "can do neither. Use --jobs N, or give it a coroutine function"
            ),
        ),
        (
            "run train:score space.yaml --journal space.yaml",
            "Error: 'space.yaml' is not a journal but a file of another kind; it is left untouched. Give another path",
        ),
        (
            "run train:score space.yaml --journal no/runs.db",
            (
                "Error: the journal 'no/runs.db' cannot be opened: unable to open database file: there is no "
                "such folder, or it may not be written. Give a path in a folder that may"
            ),
        ),
        (
            "results space.yaml",
            "Error: 'space.yaml' is not a journal but a file of another kind; it is left untouched. Give another path",
        ),
        ("results .", "Error: the journal '.' cannot be opened: it is a folder. Give the path of a file"),
        ("results good.db --csv --json", "Error: Give one of --csv and --json."),
        ("results good.db --experiment y", "Error: 'good.db' has no experiment 'y'; there is: x"),
        (
            "results good.db --experiment x --function-version 3",
            "Error: 'good.db' has no experiment 'x' in version '3'; there is: x",
        ),
        ("results good.db -o good.db", "Error: 'good.db' is the journal itself. Give another --output"),
        ("results good.db -o no/runs.csv", "Error: no/runs.csv: No such file or directory"),
    ],
)
def test_bad_input_is_one_clear_message(folder: Path, line: str, message: str) -> None:
    (folder / "bad.yaml").write_text("a: [1\nb: 2\n")
    (folder / "broken.py").write_text("import nowhere\n")
    (folder / "wrong.py").write_text("def f(:\n")
    (folder / "leaves.py").write_text("import sys; sys.exit(3)\n")
    with Journal(folder / "good.db", name="x") as good:
        list(run(len, [[1]], journal=good))
    assert refused(*line.split()) == message.format(folder=folder)


def test_a_method_needs_a_name_of_its_own_in_a_journal(folder: Path) -> None:
    told = refused("run", "train:scale.scaled", "space.yaml", "--journal", "runs.db")
    assert told.endswith("Give it a name that stands for it: --experiment NAME")
    named = ["--experiment", "scaled by ten"]
    assert called("run", "train:scale.scaled", "space.yaml", "--journal", "runs.db", *named).exit_code == 0


RAW = "\x1b]0;owned\x07\x1b[2J\u202e"


def test_no_name_and_no_message_reaches_the_terminal_as_it_is(folder: Path) -> None:
    """Names of experiments, versions, files and keys, messages of functions, in every form; YAML has its own way."""
    (folder / "loud.py").write_text(f"def fails(config):\n    raise ValueError({RAW!r})\n")
    (folder / "odd.yaml").write_text(json.dumps({f"a{RAW}": 1, "b": f"x{RAW}"}), encoding="utf-8")
    with Journal(folder / "raw.db", name=f"work {RAW}", version=f"v{RAW}") as journal:
        list(run(len, [[1]], journal=journal))
    with Journal(folder / "raw.db", name="other") as journal:
        list(run(len, [[1], {f"k{RAW}": f"v{RAW}"}], journal=journal))
    for line in (
        "results raw.db",
        "results raw.db --csv",
        "results raw.db --json",
        "results raw.db --html",
        "results raw.db --experiment other --html",
        "results raw.db --experiment absent",
        "results raw.db --function-version absent",
        "run loud:fails odd.yaml",
        "run loud:fails odd.yaml --traceback",
        "explain odd.yaml",
        "list odd.yaml --labels",
        "list odd.yaml",
        "show odd.yaml 0",
        f"results absent{RAW}.db",
        f"list absent{RAW}.yaml",
    ):
        result = called(*line.split())
        for text in (result.stdout, result.stderr):
            assert not set("\x1b\x07" if line.startswith("show") else "\x1b\x07\u202e") & set(text), line


def test_results_of_an_older_journal_change_no_byte_of_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as old:
        old.setattr(schema, "STEPS", schema.STEPS[:1])
        with Journal(folder / "old.db", name="x") as journal:
            list(run(len, [[1]], journal=journal))
    before = {file.name: file.read_bytes() for file in folder.glob("old.db*")}
    assert called("results", "old.db").exit_code == 0
    assert {file.name: file.read_bytes() for file in folder.glob("old.db*")} == before


def test_standard_input_that_is_none(folder: Path) -> None:
    assert refused("list", "-", stdin="") == "Error: standard input:1:1: holds no configuration"
    assert refused("list", "-", stdin='{"n": 1, "n": 2}') == (
        "Error: standard input:1:10: the key 'n' stands twice in this mapping"
    )
    assert refused("list", "-", stdin=b"n: \xff").startswith("Error: standard input:1:4: not UTF-8")


def test_standard_input_is_read_once(folder: Path) -> None:
    assert refused("list", "-", "-", stdin="n: 1") == (
        "Error: - is standard input, which can be read once; it is given 2 times"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="a shell closes the streams")
def test_nothing_runs_where_standard_output_is_closed(folder: Path) -> None:
    line = shlex.join(command("run", "train:logged", "space.yaml"))
    closed = subprocess.run(
        ["sh", "-c", f"{line} >&-"], stderr=subprocess.PIPE, check=False, text=True, timeout=LIMIT_SECONDS
    )
    assert (closed.returncode, closed.stderr) == (2, "Error: standard output is closed\n")
    assert not (folder / "ran.txt").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_what_cannot_be_written_is_an_error(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            command("list", "space.yaml"), stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )
    assert (process.returncode, process.stderr) == (2, "Error: No space left on device\n")


def test_a_traceback_where_it_is_asked_for(folder: Path) -> None:
    (folder / "broken.py").write_text("import nowhere\n")
    for args in (["--traceback", "run", "broken:f", "space.yaml"], ["run", "broken:f", "space.yaml", "--traceback"]):
        result = called(*args)
        assert "Traceback (most recent call last)" in result.stderr
        assert "import nowhere" in result.stderr
        assert result.stderr.splitlines()[-1].startswith("Error: module 'broken' cannot be imported")


def test_an_error_that_nobody_expected_is_a_message_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: Any) -> None:
        raise ZeroDivisionError("by surprise")

    monkeypatch.setattr("spearmint_fp.load", fails)
    assert refused("list", "a") == "Error: ZeroDivisionError: by surprise. --traceback shows where it comes from"


# --- help, start, and the page of the documentation --------------------------------------------------


def test_without_click_it_says_how_to_get_it() -> None:
    code = "import sys; sys.modules['click'] = None; from spearmint_fp.__main__ import main; sys.exit(main())"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr == "Error: the command line needs a package: pip install 'spearmint_fp[cli]'\n"


def test_the_console_script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["spearmint-fp", "--version"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == "spearmint-fp, version 0.1.0\n"


def test_help_starts_without_what_is_heavy() -> None:
    heavy = [
        "cattrs",
        "numpy",
        "pandas",
        "yaml",
        "sqlite3",
        "asyncio",
        "tqdm",
        "spearmint_fp.sweep",
        "spearmint_fp.running",
    ]
    code = f"""
import sys
sys.argv = ["spearmint-fp", "--help"]
from spearmint_fp.__main__ import main
try:
    main()
except SystemExit:
    print([name for name in {heavy} if name in sys.modules])
"""
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.splitlines()[-1] == "[]"


COMMANDS: dict[str, click.Command] = {"": cli, **cli.commands}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_examples_that_are_true(folder: Path, name: str) -> None:
    one = COMMANDS[name]
    assert isinstance(one, _Command)
    examples = one.examples
    shown = called(*name.split(), "--help").stdout
    assert examples
    assert [example for example in examples if f"\n  {example}\n" not in shown] == []
    called("run", "train:score", "space.yaml", "--journal", "runs.db")
    for example in examples:
        first, *others = [shlex.split(stage) for stage in example.split(" | ")]
        result = called(*first[1:]) if first[0] == "spearmint-fp" else called(*others[0][1:], stdin=first[1])
        assert result.exit_code == (1 if "train:score" in example and "--shard" not in example else 0), result.output
        assert "Error" not in result.stderr.replace("ValueError", "")


def test_help_is_as_wide_in_a_pipe_as_the_words_allow() -> None:
    text = done("run", "--help", env={**os.environ, "COLUMNS": "300"}).stdout
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_codes_of_the_help_are_those_of_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^  (\d+)  ", called("--help").stdout, re.MULTILINE)) == set(
        re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    )


def test_every_option_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    options = {
        name
        for one in cli.commands.values()
        for option in one.params
        if isinstance(option, click.Option)
        for name in option.opts
        if name.startswith("--")
    }
    assert sorted(name for name in options if name not in page) == []


def _masked(text: str, folder: Path) -> list[str]:
    """Output without what differs from run to run: times, and how wide they make a column."""
    text = re.sub(r'("seconds": |\b(?:True|False)[ ,]+| in )[\d.e-]+', r"\1T", text.replace(str(folder), "…"))
    return [re.sub("-+", "-", re.sub(" +", " ", one)) for one in text.splitlines()]


SHIMS = {
    "spearmint-fp": f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m spearmint_fp "$@"\n',
    # Kills when two outcomes have been written, which no number of seconds is on every machine; the third waits for it.
    "timeout": f"#!{sys.executable}\n"
    "import os, subprocess, sys, time\n"
    "process = subprocess.Popen(sys.argv[4:], env={**os.environ, 'STAYS_AFTER': '2'})\n"
    "while os.fstat(1).st_size < 200:\n"
    "    time.sleep(0.01)\n"
    "process.kill()\n"
    "process.wait()\n",
}


SLEEP = """
from itertools import count
from os import environ
from time import sleep as asleep

calls = count(1)

def sleep(seconds):
    asleep(3600 if next(calls) > int(environ.get("STAYS_AFTER", 1000)) else 0)
"""
"""In the place of `from time import sleep`: waits for whoever kills, or not at all."""


def _files_of(page: Path) -> dict[str, str]:
    """The files that a page's sessions are about: as they stand there, or as its prose says that they are made."""
    if page == PAGE:
        functions = blocks(page)[0]
        assert "from time import sleep\n" in functions
        return {
            "space.yaml": blocks(page, "yaml")[0],
            "train.py": functions.replace("from time import sleep", "from naps import sleep"),
            "naps.py": SLEEP,
        }
    [block] = [block for block in blocks(page) if "def loss(" in block]
    [function] = [node for node in ast.parse(block).body if isinstance(node, ast.FunctionDef)]
    [shown] = [output for line, output in _sessions(page) if line == "cat space.yaml"]
    return {"space.yaml": shown, "study.py": ast.unparse(function)}


def _sessions(page: Path) -> list[tuple[str, str]]:
    """The commands of a page's consoles, each with what follows it."""
    return [
        (line, output)
        for block in blocks(page, "console")
        for line, _, output in (part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:])
    ]


@pytest.mark.parametrize("page", [PAGE, ROOT / "README.md"], ids=lambda page: page.name)
def test_the_sessions_of_a_page_are_true(folder: Path, page: Path) -> None:
    for name, text in _files_of(page).items():
        (folder / name).write_text(text)
    for name, text in SHIMS.items():
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    sessions = _sessions(page)
    assert sessions
    for line, promised in sessions:
        process = subprocess.run(
            ["bash", "-c", line],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=LIMIT_SECONDS,
        )
        assert _masked(process.stdout, folder) == _masked(promised, folder), line
