"""Errors, exit codes, and what reaches the terminal."""

from __future__ import annotations

import json
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import BashComplete

from spearmint_fp import Journal, run
from spearmint_fp.cli.commands import cli
from tests.cli.calls import PAGE, called, refused

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


def test_an_attribute_that_no_configuration_has_is_told_with_a_suggestion(folder: Path) -> None:
    (folder / "wrong.py").write_text(
        "from spearmint_fp import DynamicValue, expand, mapped\n"
        "one, many = (mapped(lambda c: {'y': c.lrr}, expand({'lr': DynamicValue(range(n))})) for n in (2, 200))\n"
    )
    for name in ("one", "many"):
        assert refused("list", f"wrong:{name}") == "Error: no key 'lrr' in this configuration; did you mean 'lr'?"


def test_the_codes_of_the_help_are_those_of_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^  (\d+)  ", called("--help").stdout, re.MULTILINE)) == set(
        re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    )


def test_a_warning_is_a_sentence(journal: Path) -> None:
    source = (journal.parent / "train.py").read_text()
    (journal.parent / "train.py").write_text(source.replace("no 32", "no more 32") + "import warnings\n")
    del sys.modules["train"]
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        result = called("run", "train:score", "space.yaml", "--journal", "runs.db")
    assert result.stderr.startswith(
        "Warning: the source of 'train.score' has changed since the journal 'runs.db' noted it;"
    )


HOSTILE = [
    "",
    "=",
    "lr",
    "lr=[",
    "lr=&x [*x]",
    "lr=*x",
    "lr=!!python/object/apply:os.system [ls]",
    "lr=!nope 1",
    "lr=!sweep {a: 1}",
]
HOSTILE += [
    "lr=!range [0, 1, 0]",
    "lr=!space {}",
    "lr=---\n--- 2",
    "lr=1\nbatch: 2",
    "lr=\0",
    "\x1b[2J=\x1b[2J",
    "9" * 5000,
    "lr=" + "9" * 5000,
]
HOSTILE += [
    "lr=" + "[" * 500,
    "lr.x.y=1",
    "..=1",
    "lr=!sweep []",
    "🤡=🤡",
    "lr=\udcff",
    "x" * 5000 + "=1",
    "lr={<<: 1}",
    ",=,",
    "nan",
    "1e400",
    "::",
]


@pytest.mark.parametrize(
    "option", ["--set", "--where", "--exclude", "--sample", "--spread", "--covering", "--seed", "--slice"]
)
def test_no_value_of_an_option_ends_in_more_than_one_sentence(folder: Path, option: str) -> None:
    for value in HOSTILE:
        result = called("list", "space.yaml", option, value)
        assert result.exit_code in (0, 2), (value, result.output)
        assert result.exit_code == 0 or result.stderr.splitlines()[-1].startswith("Error: "), value
        assert not re.search("Traceback|--traceback|[\x1b\x07]", result.output), value


def test_the_shell_completes_commands_options_and_files() -> None:
    def complete(*words: str) -> list[tuple[str, str]]:
        shell = BashComplete(cli, {}, "spearmint-fp", "_SPEARMINT_FP_COMPLETE")
        return [(item.type, item.value) for item in shell.get_completions([*words[:-1]], words[-1])]

    assert complete("pl") == [("plain", "plan")]
    assert complete("list", "--w") == [("plain", "--where")]
    assert complete("list", "sp") == complete("results", "runs.db", "-o", "sp") == [("file", "sp")]
