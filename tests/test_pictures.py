"""The pictures of the pages are what their script draws, from real sweeps, and are well formed."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

IMAGES = Path(__file__).parent.parent / "docs" / "images"
PICTURES: dict[str, Callable[[], str]] = runpy.run_path(str(IMAGES / "draw.py"))["PICTURES"]
PAGES = [
    page.read_text(encoding="utf-8")
    for page in [*IMAGES.parent.rglob("*.md"), IMAGES.parent.parent / "CONTRIBUTING.md"]
]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_the_script_draws(name: str) -> None:
    assert (IMAGES / name).read_text(encoding="utf-8") == PICTURES[name](), "run docs/images/draw.py"


def test_each_drawn_file_has_its_picture_and_its_page() -> None:
    assert {path.name for path in IMAGES.glob("*.svg")} == set(PICTURES)
    assert [name for name in PICTURES if not any(f"images/{name})" in page for page in PAGES)] == []


@pytest.mark.parametrize("name", PICTURES)
def test_texts_stay_inside_and_both_themes_are_drawn(name: str) -> None:
    drawn = (IMAGES / name).read_text(encoding="utf-8")
    root = ET.fromstring(drawn)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert "prefers-color-scheme: dark" in drawn
    assert root.attrib["aria-label"] == root[0].text
    for x, y, words in texts(root, 0, 0):
        assert 0 < x < width, words
        assert 0 < y < height, words


def texts(node: Any, left: float, top: float) -> Any:
    """Where each text stands, through the groups that move it."""
    for child in node:
        x, y = left, top
        if (moved := child.attrib.get("transform")) is not None:
            across, down = map(float, moved.removeprefix("translate(").removesuffix(")").split())
            x, y = left + across, top + down
        if child.tag.endswith("}text"):
            yield x + float(child.attrib["x"]), y + float(child.attrib["y"]), child.text
        yield from texts(child, x, y)


def test_the_odometer_counts_as_the_sweep_does() -> None:
    grid, find_digits = sys.modules["draw_sweeps"].GRID, sys.modules["draw_sweeps"].find_digits
    sizes = [len(axis) for axis in grid.axes.values()]
    for position, config in enumerate(grid):
        digits = find_digits(position, sizes)
        assert [axis[digit] for axis, digit in zip(grid.axes.values(), digits, strict=True)] == list(config.values())
