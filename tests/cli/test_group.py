"""Errors, exit codes, and what reaches the terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import Journal, run
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


def test_the_codes_of_the_help_are_those_of_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^  (\d+)  ", called("--help").stdout, re.MULTILINE)) == set(
        re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
    )
