"""The benchmarks run and measure what they say; what they find is not a test."""

from __future__ import annotations

import json

import pytest

from .bench import __main__ as bench
from .bench.measure import Row


def test_the_benchmarks_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "expansion", lambda rounds: [Row("W1", 0.5, "x loops", 1.35, "")] * rounds)
    monkeypatch.setattr(bench, "running", lambda rounds: [Row("run", 1.0, "us", None, "")])  # it starts clusters
    bench.main(["--quick", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert {row["what"] for row in rows} >= {"W1", "s[10**17]", "pickle size", "import spearmint_fp"}
    bench.main(["--quick"])
    assert "| what | measured | must be at most |" in capsys.readouterr().out


def test_both_sides_of_each_pair_list_the_same() -> None:
    assert list(bench.sweep_flat()) == list(bench.loops_flat())
    assert list(bench.sweep_nested()) == list(bench.loops_nested())
    assert bench.sweep_million().size == 10**6
    assert list(bench.sweep_million()[:1000]) == [c for c, _ in zip(bench.loops_million(), range(1000), strict=False)]
