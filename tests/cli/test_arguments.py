"""Files, standard input and output of commands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.calls import command, refused


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
def test_what_cannot_be_written_is_an_error(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            command("list", "space.yaml"), stdout=full, stderr=subprocess.PIPE, check=False, text=True
        )
    assert (process.returncode, process.stderr) == (2, "Error: No space left on device\n")
