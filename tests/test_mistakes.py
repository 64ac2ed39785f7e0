"""Mistakes of the first hour: the table of docs/reference/bad-input.md, each row as it is written there."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from .snippets import blocks, run

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "bad-input.md"
SECTION = PAGE.read_text(encoding="utf-8").partition("\n## Mistakes\n")[2].partition("\n## ")[0]
ROWS = [row.replace("\\|", "|") for row in re.findall(r"^\| `.*` \|$", SECTION, re.MULTILINE)]


def read(row: str) -> tuple[str, str]:
    """The code of a row, and what it says."""
    code, _, says = row.removeprefix("| `").removesuffix("` |").partition("` | `")
    return code, says


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    found: dict[str, Any] = {}
    [setup] = [block for block in blocks(PAGE) if "def fit(config)" in block]
    run(setup, found)
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: read(row)[0])
def test_a_mistake_gets_its_word(row: str, names: dict[str, Any]) -> None:
    code, says = read(row)
    heard = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(heard):
        warnings.simplefilter("always")
        try:
            exec(code, names)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")
    for warning in caught:
        print(f"{warning.category.__name__}: {warning.message}", file=heard)
    text = " ".join(heard.getvalue().split())
    assert re.fullmatch(".*".join(map(re.escape, says.split("…"))), text), text


def test_there_are_forty_mistakes_and_a_way_out_of_each() -> None:
    assert len({read(row)[0] for row in ROWS}) == len(ROWS) >= 40
    assert [row for row in ROWS if len(re.sub(r"…|\W", "", read(row)[1])) < 25] == []
