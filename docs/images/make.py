"""The pictures of results, made by running the page that shows them: `python docs/images/make.py` from the top folder.

It runs the code of `how-to/look-at-results.md` and `how-to/which-is-better.md`, saves the figures that they make under
their names, and the page, as headless Chromium shows it, as `report.png`. It needs the test extra and Chromium.
"""

import sys
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from shutil import which
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from tests.snippets import blocks, run  # noqa: E402  # what reads the pages for the tests

FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"


def run_page(name: str) -> Mapping[str, Any]:
    """The names of a page after its code has run."""
    names: dict[str, Any] = {}
    for block in blocks(HERE.parent / "how-to" / name):
        run(block, names)
    return names


def save(picture: Image.Image, name: str) -> None:
    """The picture in a file beside this one."""
    picture.save(HERE / name, optimize=True)


def reduced(picture: bytes) -> Image.Image:
    """A picture with 256 colours, which are enough for a drawing, and a third of its size."""
    colours = Image.open(BytesIO(picture)).convert("RGB")
    return colours.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE)


def figure(drawn: Any) -> bytes:
    """A figure of matplotlib as a picture."""
    file = BytesIO()
    drawn.savefig(file, format="png", dpi=80)
    return file.getvalue()


def screenshot(page: str) -> bytes:
    """The page with a range on its last axis but one, and one row under the mouse."""
    file = Path(tempfile.mkdtemp(), "page.html")
    file.write_text(page, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=FLAGS.split())
        tab = browser.new_page(viewport={"width": 1200, "height": 720})
        tab.goto(file.as_uri())
        grip = tab.get_by_role("slider", name="range of result.error").bounding_box() or {}
        tab.mouse.move(grip["x"] + 14, grip["y"] + grip["height"] - 4)
        tab.mouse.down()
        tab.mouse.move(grip["x"] + 14, grip["y"] + grip["height"] - 90, steps=4)
        tab.mouse.up()
        tab.locator("tr.row").nth(4).hover()
        tab.wait_for_timeout(500)
        picture = tab.screenshot()
        browser.close()
    return picture


if __name__ == "__main__":
    names = {**run_page("which-is-better.md"), **run_page("look-at-results.md")}
    for name in ("lines", "heatmap", "parallel", "differences"):
        save(reduced(figure(names[name])), f"{name}.png")
    save(reduced(screenshot(names["page"])), "report.png")
