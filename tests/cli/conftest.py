"""Folders with a sweep, a module and a journal, for the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.calls import MODULE, SPACE, called


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to be in, with a sweep in `space.yaml` and functions in the module `train`."""
    (tmp_path / "space.yaml").write_text(SPACE)
    (tmp_path / "train.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("train", "broken", "wrong", "leaves", "naps", "study", "opt", "pack", "pack.spaces"):
        sys.modules.pop(name, None)


@pytest.fixture
def journal(folder: Path) -> Path:
    called("run", "train:score", "space.yaml", "--journal", "runs.db")
    return folder / "runs.db"
