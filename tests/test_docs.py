"""Every page and example runs, and prints what it promises."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from .snippets import blocks, promised, run

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_prints_what_it_promises(page: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks(page):
        if "DynamicValue(" in block and "import" not in block and block.startswith("# Input"):
            continue  # an expression, shown as such; tests/test_page.py evaluates it
        assert run(block, names).splitlines() == promised(block), block


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_runs(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out.strip()


def test_the_nile_example_finds_its_best_and_keeps_its_failure(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "nile_forecast.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "65 of 66 configurations scored" in printed
    assert "  97.7  forecaster.name=mean, forecaster.window=13" in printed
    assert "failed: forecaster.name=mean, forecaster.window=55: a window of 55 years" in printed


def test_the_typed_example_finds_what_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "typed_space.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "32 configurations: all axis values fit File" in printed
    assert "  run.lr: expected float, got 'fast' (str), in 8 configs" in printed
    assert "24 of 24 runs scored" in printed


def test_every_example_is_in_the_index() -> None:
    index = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert [example.name for example in EXAMPLES if f"]({example.name})" not in index] == []


def test_every_public_name_is_in_the_reference() -> None:
    import spearmint_fp

    reference = (ROOT / "docs" / "reference" / "index.md").read_text(encoding="utf-8")
    errors = spearmint_fp.configuration.errors.__all__
    missing = [name for name in spearmint_fp.__all__ if name not in errors and f":: {name}\n" not in reference]
    assert missing == ["Outcome"]  # a union of two classes that are there
