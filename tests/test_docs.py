"""Every page and example runs, and prints what it promises."""

from __future__ import annotations

import importlib.util
import os
import re
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from .needs import needs
from .snippets import blocks, promised, run
from .waiting import LIMIT_SECONDS

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PAGES = sorted([ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

APART = {"as_an_array_job.py", "on_a_dask_cluster.py", "with_jax.py", "with_mlflow.py"}
"""Examples in a process of their own: one reads its arguments, two leave threads behind, which no fork survives, and
one leaves a database open, and handlers of logs."""

READ = APART | {
    *("evaluate_dataset.py", "nile_forecast.py", "typed_space.py"),
    *("with_hydra.py", "with_optuna.py", "with_pytest.py"),
}
"""Examples that tests here, or those of recipes, run for what they print."""

NEEDED = {
    "look-at-results.md": ["polars"],
    "shared-stages.md": ["joblib"],
    "search_service.py": ["fastapi", "uvicorn"],
    "with_scikit_learn.py": ["sklearn"],
}
"""The packages that pages and examples import beside those of the extra `test`."""


def files(paths: list[Path]) -> list[Any]:
    """Files as parameters of a test."""
    return [
        pytest.param(path, id=str(path.relative_to(ROOT)), marks=needs(*NEEDED.get(path.name, ()))) for path in paths
    ]


THEIRS = ("The ``noload`` loader strategy is deprecated",)
"""How warnings begin that a library owes another: MLflow 3 asks SQLAlchemy 2.1 for what it will not do for ever."""


@pytest.mark.parametrize("page", files(PAGES))
def test_a_page_prints_what_it_promises(page: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks(page):
        if "DynamicValue(" in block and "import" not in block and block.startswith("# Input"):
            continue  # an expression, shown as such; tests/test_page.py evaluates it
        assert run(block, names).splitlines() == promised(block), block


def test_each_block_of_the_readme_runs_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in blocks(README):
        names: dict[str, Any] = {}
        assert run(block, names).splitlines() == promised(block), block
        if "Journal(" in block:  # and again, as the page says: what is finished comes from the file
            assert run(block, names).splitlines() == promised(block)
            assert [outcome.replayed for outcome in names["outcomes"]] == [True] * 3 + [False]


def test_the_readme_is_short_and_begins_with_expand_and_run() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.split()) <= 740  # code, tables and links included
    assert [promised(block) != [] for block in blocks(README)] == [True] * 4
    assert "from spearmint_fp import DynamicValue, expand, run" in blocks(README)[0]
    assert [block.splitlines()[0] for block in blocks(README, "bash")] == [
        "python -m pip install .",
        'python -m pip install -e ".[test]"',
    ]


@pytest.mark.parametrize("example", files([e for e in EXAMPLES if e.name not in READ]))
def test_an_example_runs(example: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out.strip()


@cache
def printed_by(example: Path) -> str:
    """The output of an example in a process of its own."""
    return printed_apart(str(example))


def printed_apart(*arguments: str, **variables: str) -> str:
    """The output of Python called with these arguments, where a warning is an error too."""
    known = [f"-Wignore:{warning}:DeprecationWarning" for warning in THEIRS]
    command, env = [sys.executable, "-Werror", *known, *arguments], {**os.environ, **variables}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_nile_example_finds_its_best_and_keeps_its_failure(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "nile_forecast.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "65 of 66 configurations scored" in printed
    assert "  97.7  forecaster.name=mean, forecaster.window=13" in printed
    assert "failed, as it should: forecaster.name=mean, forecaster.window=55: a window of 55 years" in printed
    assert printed.splitlines()[-5].startswith("    97.7  ")  # it ends on its best


def test_the_typed_example_finds_what_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "typed_space.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "32 configurations: all axis values fit File" in printed
    assert "  run.lr: expected float, got 'fast' (str), in 8 configs" in printed
    assert "24 of 24 runs scored" in printed


def loaded(path: Path) -> Any:
    """A file as a module of its own name."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs("fastapi", "uvicorn")
def test_the_service_answers_over_http_and_keeps_each_user_s_layout() -> None:
    service = loaded(ROOT / "examples" / "search_service.py")
    with service.served() as address, ThreadPoolExecutor(8) as users:
        asked = service.asked
        pages = list(users.map(lambda user: asked(f"{address}/search?q=the+sea&user={user % 20}"), range(60)))
        layouts = [page["layout"] for page in pages]
        assert layouts[:20] == layouts[20:40] == layouts[40:]
        assert {*layouts} == {"list", "line"}
        assert {page["page"].replace(" | ", "\n") for page in pages} == {
            "The Old Man and the Sea\nThe Sea, the Sea\nTwenty Thousand Leagues Under the Sea"
        }
        report = asked(f"{address}/report")
    assert report == {"length=0.0": "1 of 1 the same", "length=0.75": "0 of 1 the same"}


def test_the_evaluation_is_resumed_where_it_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(ROOT / "examples" / "evaluate_dataset.py"), run_name="__main__")
    printed = capsys.readouterr().out
    assert "JournalStatus(done=70, failed=0, left=122)" in printed
    assert "70 tasks were replayed, 122 were run" in printed
    assert "96%  classifier.reach=2, classifier.unsure=False" in printed


def test_every_example_is_in_the_index() -> None:
    index = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert [example.name for example in EXAMPLES if f"]({example.name})" not in index] == []


def test_every_file_that_the_guide_to_the_house_names_is_there() -> None:
    """A module is named from its room on, `room/module.py`, or by its name alone in the row of its room."""
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w./]+/[\w.]+\.(?:py|pyi|md|json))(?:::(\w+))?`", guide)
    named += [
        (f"{room}/{module}", "")
        for room, text in re.findall(r"^\| `(\w+)` \| (.*) \|$", guide, re.MULTILINE)
        for module in re.findall(r"`(\w+\.py)`", text)
    ]
    assert len(named) > 40
    for path, name in named:
        if path == "tests/ROOM/test_MODULE.py":
            continue
        files = [file for file in (ROOT / path, ROOT / "spearmint_fp" / path) if file.is_file()]
        assert files, path
        assert re.search(rf"\b{name}\b", files[0].read_text(encoding="utf-8")), f"{path}::{name}"
