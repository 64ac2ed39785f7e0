"""FILE as a file, standard input, or `module:name`."""

from __future__ import annotations

from pathlib import Path

import pytest

from spearmint_fp import Config
from tests.cli.calls import SWEEP, called, lines, refused


@pytest.mark.parametrize("name", ["space", "sweep", "make", "mint", "made"])
def test_trees_sweeps_and_functions_by_name(folder: Path, name: str) -> None:
    result = called("list", f"train:{name}")
    assert [Config(line) for line in lines(result)] == list(SWEEP)
    assert result.stderr.splitlines() == {"make": ["printed"], "made": ["made"] * 6}.get(name, [])
    assert [line["result"] for line in lines(called("run", "train:typed", f"train:{name}", "--slice", "1:3"))] == [
        64,
        128,
    ]


def test_they_stand_beside_files(folder: Path) -> None:
    result = called("list", "-", "train:small", "space.yaml", stdin="n: 1")
    assert len(lines(result)) == 1 + 5 + 6
    (folder / "train:space").write_text("n: 2")  # a file that is there is a file
    assert refused("list", "train:space").startswith("Error: train:space: a configuration file ends in .yaml")


def test_the_current_folder_comes_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "spaces.py").write_text(
        "space = {'n': 7}\nclass Of: small = {'n': 8}\ndef ends(): raise SystemExit(3)\n"
    )
    monkeypatch.setattr("sys.path", ["/nowhere"])
    assert lines(called("list", "pack.spaces:space", "pack.spaces:Of.small")) == [{"n": 7}, {"n": 8}]
    assert refused("list", "pack.spaces:ends") == "Error: pack.spaces:ends() raised SystemExit: 3"
    assert (
        refused("list", "pack/spaces.py:space")
        == "Error: 'pack/spaces.py:space' is no module:name. Write pack.spaces:space"
    )
