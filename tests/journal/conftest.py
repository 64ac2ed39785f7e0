"""The file of a journal, and the ways in which it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from spearmint_fp.journal import database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture(params=["TRUNCATE", "WAL"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which SQLite keeps what is committed, whichever this SQLite would take."""
    monkeypatch.setattr(database, "SAFE_WAL_VERSION", (0,) if request.param == "WAL" else (99,))
    return str(request.param)
