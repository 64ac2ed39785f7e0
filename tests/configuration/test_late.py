"""Modules that are loaded when they are first used."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spearmint_fp.configuration.late import LateModule, asyncio


def test_a_late_module_is_loaded_once_and_then_is_the_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loaded_late.py").write_text("import sys\nLIMIT = 2\ndef __getattr__(name): return name * LIMIT\n")
    monkeypatch.syspath_prepend(tmp_path)
    late = LateModule("loaded_late")
    assert "loaded_late" not in sys.modules
    assert (late.LIMIT, late.ab, late.__name__) == (2, "abab", "loaded_late")
    monkeypatch.setattr(sys.modules["loaded_late"], "LIMIT", 3)  # what is replaced there is replaced here
    assert (late.LIMIT, late.ab) == (3, "ababab")
    monkeypatch.delitem(sys.modules, "loaded_late")


def test_a_late_module_that_is_not_there_says_so_at_each_use() -> None:
    late = LateModule("no_such_module_anywhere")
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
            late.anything
    with pytest.raises(AttributeError, match="no_such_name"):
        asyncio.no_such_name  # type: ignore[attr-defined]
