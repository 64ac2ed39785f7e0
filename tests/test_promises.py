"""The table of promises names tests that are there, each of them once."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "promises.md"
SECTIONS = ["Errors", "Ends of runs", "Identity", "Positions", "Conversion", "Journals", "Pages"]
ROW = re.compile(r"^\| (?P<promise>[^|]+) \| (?P<held>[^|]+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def sections() -> dict[str, list[tuple[str, str]]]:
    """By the title of each section, its rows: a promise, and the cell that names its tests."""
    _, *parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = {title: ROW.findall(part) for title, part in zip(parts[::2], parts[1::2], strict=True)}
    return {title: [row for row in rows if row != ("promise", "held by")] for title, rows in found.items()}


ROWS = [row for rows in sections().values() for row in rows]
TESTS = [named for _, held in ROWS for named in NAMED.findall(held)]


@cache
def names_of(file: str) -> frozenset[str]:
    """The names of a file's tests, which is read and not run: functions, and classes by whatever statement."""
    names: list[str] = []
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return frozenset(name for name in names if name.startswith(("test_", "Test")))


@pytest.mark.parametrize("file", sorted({file for file, _ in TESTS}))
def test_every_test_that_is_named_is_there(file: str) -> None:
    assert (ROOT / file).is_file()
    assert [name for other, name in TESTS if other == file and name not in names_of(file)] == []


def test_nothing_stands_twice() -> None:
    assert [named for named, count in Counter(TESTS).items() if count > 1] == []
    assert [promise for promise, count in Counter(promise for promise, _ in ROWS).items() if count > 1] == []


def test_each_row_is_a_sentence_and_the_tests_that_hold_it() -> None:
    for promise, held in ROWS:
        assert promise[0].isupper() or promise.startswith("`"), promise
        assert promise.endswith("."), promise
        assert ", ".join(f"`{file}::{name}`" for file, name in NAMED.findall(held)) == held, held
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert len(lines) == len(ROWS) + 2 * len(SECTIONS), "a line of a table that is no row"


def test_the_table_is_about_everything_that_is_promised() -> None:
    found = sections()
    assert [*found] == SECTIONS
    assert all(len(rows) >= 5 for rows in found.values())
