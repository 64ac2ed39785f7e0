"""The ways in which a journal is written."""

from __future__ import annotations

import pytest

from spearmint_fp.journal import database


@pytest.fixture(params=["TRUNCATE", "WAL"])
def mode(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which SQLite keeps what is committed, whichever this SQLite would take."""
    monkeypatch.setattr(database, "SAFE_WAL_VERSION", (0,) if request.param == "WAL" else (99,))
    return str(request.param)
