"""`html_page` in a real browser that is offline: sorting, filters, brushes, colours, hovering, escaping, many rows."""

from __future__ import annotations

import itertools
import json
import math
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    Failure,
    Outcome,
    Success,
    collect,
    compare,
    expand,
    html_page,
    rows,
    run,
    sample,
    summary,
)
from spearmint_fp.configuration.keys import exact_key
from spearmint_fp.outcomes.outcomes import ErrorInfo
from tests.waiting import LIMIT_SECONDS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Locator, Page

NONE: Final = "\u2013"
EVIL = "<img src=x onerror=alert(1)>"
BREAKS = "</script><script>alert(2)</script><!--\u2028\u2029]]>\\u003c"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

sweep = expand(
    {
        "model": DynamicValue(["small", "large", "rules"]),
        "lr": DynamicValue([0.1, 0.01, 0.001]),
        "depth": DynamicValue(range(1, 21)),
        "seed": 7,
    }
)


def score(config: Config) -> dict[str, float]:
    if config.model == "rules" and config.depth > 15:
        raise ValueError(f"no rules of depth {config.depth}: {EVIL}")
    return {"loss": config.depth * config.lr, "size": config.depth * 10}


OUTCOMES = collect(run(score, sweep))
FAILED = [outcome.index for outcome in OUTCOMES if not outcome.ok]

Opened = Callable[..., "Page"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine: the page is not looked at")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium, args=FLAGS.split(), timeout=LIMIT_SECONDS * 1000
        )
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens the page of some outcomes; whatever it asks the network for, or complains of, fails the test."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(LIMIT_SECONDS * 1000)
    wrong: list[str] = []
    file = tmp_path / "page.html"

    def refuse(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def listen(page: Page) -> None:
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", refuse)
        page.on("request", lambda request: None if request.url == file.as_uri() else wrong.append(request.url[:200]))

    def go(outcomes: Any, **options: Any) -> Page:
        file.write_text(html_page(outcomes, **options), encoding="utf-8")
        page = context.new_page()
        listen(page)
        page.goto(file.as_uri())
        settled(page)
        return page

    yield go
    context.close()
    assert wrong == []


def settled(page: Page) -> None:
    """Waits until what has been asked for is drawn."""
    page.evaluate(
        """new Promise((done) => {
      const look = () => document.body.dataset.drawn ? done() : requestAnimationFrame(look);
      requestAnimationFrame(() => requestAnimationFrame(look));
    })"""
    )


def column(page: Page, name: str) -> list[str]:
    """The cells of a column, as far as the table shows rows."""
    names = [head.get_attribute("title") for head in page.locator("thead button").all()]
    return page.locator(f"tr.row td:nth-child({names.index(name) + 1})").all_inner_texts()


def header(page: Page, name: str) -> Locator:
    return page.locator(f'thead button[title="{name}"]')


def sort(page: Page, name: str, **options: Any) -> str | None:
    header(page, name).click(**options)
    return page.locator(f'th:has(button[title="{name}"])').get_attribute("aria-sort")


def keep(page: Page, name: str, text: str) -> None:
    page.get_by_label(f"filter {name}", exact=True).fill(text)
    settled(page)


def counts(page: Page) -> str:
    return page.locator("#counts").inner_text()


def kept(page: Page) -> int:
    """How many outcomes are shown, as the counts say it."""
    numbers = re.findall(r"([\d,]+) outcome", counts(page))
    return int(numbers[-1].replace(",", ""))


def brush(page: Page, name: str, low: float, high: float) -> None:
    """Drags along an axis, from one part of its height to another."""
    grip = page.get_by_role("slider", name=f"range of {name}", exact=True).bounding_box()
    assert grip is not None
    x, length = grip["x"] + grip["width"] / 2, grip["height"] - 16
    page.mouse.move(x, grip["y"] + 8 + (1 - low) * length)
    page.mouse.down()
    page.mouse.move(x, grip["y"] + 8 + (1 - high) * length, steps=4)
    page.mouse.up()
    settled(page)


PIXELS = """(id) => {
  const canvas = document.getElementById(id), {width, height} = canvas, found = {drawn: 0, vivid: 0, blue: 0};
  const copy = new OffscreenCanvas(width, height).getContext("2d", {willReadFrequently: true});
  copy.drawImage(canvas, 0, 0);
  const {data} = copy.getImageData(0, 0, width, height);
  for (let k = 0; k < data.length; k += 4) if (data[k + 3] > 60) {
    const [red, green, blue] = data.slice(k, k + 3);
    const vivid = Math.max(red, green, blue) - Math.min(red, green, blue) > 40;
    found.drawn += 1;
    found.vivid += vivid;
    found.blue += vivid && blue > green && green > red;
  }
  return found;
}"""


def pixels(page: Page, canvas: str = "lines") -> dict[str, int]:
    """How many pixels are drawn on, how many of them in a colour that is no grey, and in blue."""
    found: dict[str, int] = page.evaluate(PIXELS, canvas)
    return found


def test_it_says_how_many_and_shows_the_values(opened: Opened) -> None:
    page = opened(OUTCOMES, title="Runs & <b>more</b>", sweep=sweep)
    assert page.title() == "Runs & <b>more</b>"
    assert page.locator("h1").inner_text() == "Runs & <b>more</b>"
    assert counts(page) == "180 outcomes, 15 failed"
    assert column(page, "model")[:3] == ["small"] * 3
    assert column(page, "result.loss")[:3] == ["0.1", "0.2", "0.3"]
    names = [head.get_attribute("title") for head in page.locator("thead button").all()]
    assert names == ["index", "model", "lr", "depth", "result.loss", "result.size", "ok", "seconds", "error"]


def test_a_header_sorts_up_down_and_back(opened: Opened) -> None:
    page = opened(OUTCOMES)
    assert sort(page, "result.loss") == "ascending"
    losses = [row["result.loss"] for row in rows(OUTCOMES) if row["ok"]]
    first = [float(text) for text in column(page, "result.loss")]
    assert first == pytest.approx(sorted(losses)[: len(first)], rel=1e-4)
    assert sort(page, "result.loss") == "descending"
    assert float(column(page, "result.loss")[0]) == max(losses)
    assert sort(page, "result.loss") == "none"
    assert column(page, "index")[:3] == ["0", "1", "2"]


def test_sorting_is_stable_by_several_columns_and_what_is_absent_is_last(opened: Opened) -> None:
    page = opened(OUTCOMES)
    sort(page, "model")
    assert column(page, "model")[0] == "large"
    assert column(page, "index")[:3] == ["60", "61", "62"]
    sort(page, "depth", modifiers=["Shift"])
    sort(page, "depth", modifiers=["Shift"])
    assert column(page, "depth")[:4] == ["20", "20", "20", "19"]
    assert column(page, "index")[:3] == ["79", "99", "119"]
    assert header(page, "depth").inner_text() == "depth ↓2"
    keep(page, "model", "rules")
    for _ in range(2):
        sort(page, "result.size")
        page.locator("#scroll").evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
        settled(page)
        assert column(page, "result.size")[-15:] == [NONE] * 15


def test_filters(opened: Opened) -> None:
    page = opened(OUTCOMES)
    table = rows(OUTCOMES)

    def alike(name: str, text: str, test: Callable[[Any], bool]) -> None:
        keep(page, name, text)
        assert kept(page) == sum(test(row.get(name)) for row in table), (name, text)
        keep(page, name, "")

    alike("model", "LE", lambda v: "le" in v)
    alike("model", "r", lambda v: "r" in v)
    alike("model", "!r", lambda v: "r" not in v)
    alike("model", "=large", lambda v: v == "large")
    alike("model", "!=large", lambda v: v != "large")
    alike("lr", ">0.01", lambda v: v > 0.01)
    alike("lr", ">= 1e-2", lambda v: v >= 0.01)
    alike("lr", "<0.01", lambda v: v < 0.01)
    alike("depth", "<=3", lambda v: v <= 3)
    alike("depth", "5..7", lambda v: 5 <= v <= 7)
    alike("depth", "..2", lambda v: v <= 2)
    alike("depth", "19..", lambda v: v >= 19)
    alike("depth", "=1", lambda v: v == 1)
    alike("depth", "1", lambda v: "1" in str(v))
    alike("result.loss", "<=0.5", lambda v: v is not None and v <= 0.5)
    alike("ok", "False", lambda v: not v)
    alike("error", "depth 17", lambda v: v is not None and "depth 17" in v)
    alike("result.loss", "=", lambda v: v is None)


def test_filters_join_and_are_taken_back(opened: Opened) -> None:
    page = opened(OUTCOMES)
    keep(page, "lr", ">0.01")
    keep(page, "depth", ">15")
    assert counts(page) == "180 outcomes, 15 failed · showing 15 outcomes, 5 failed"
    assert set(column(page, "lr")) == {"0.1"}
    keep(page, "model", "nothing like it")
    assert page.locator("#none").is_visible()
    assert column(page, "index") == []
    page.get_by_role("button", name="Show all").click()
    assert counts(page) == "180 outcomes, 15 failed"
    assert page.get_by_label("filter depth").input_value() == ""
    assert page.locator("#reset").is_disabled()


def test_a_filter_that_cannot_be_read_is_marked_and_keeps_everything(opened: Opened) -> None:
    page = opened(OUTCOMES)
    keep(page, "depth", "> x")
    field = page.get_by_label("filter depth")
    assert field.get_attribute("aria-invalid") == "true"
    assert kept(page) == 180
    keep(page, "depth", "> 3")
    assert field.get_attribute("aria-invalid") == "false"
    assert kept(page) == 153


def test_a_brush_on_a_number_filters_the_table_and_a_click_takes_it_away(opened: Opened) -> None:
    page = opened(OUTCOMES)
    brush(page, "depth", 0.45, 0.8)  # of 1 to 20: 9.55 to 16.2
    assert {int(text) for text in column(page, "depth")} == set(range(10, 17))
    assert kept(page) == 7 * 9
    brush(page, "lr", -0.02, 0.6)  # a logarithmic axis
    assert kept(page) == 7 * 6
    assert set(column(page, "lr")) == {"0.01", "0.001"}
    keep(page, "model", "rules")
    assert kept(page) == 7 * 2
    brush(page, "depth", 0.5, 0.5)
    assert kept(page) == 20 * 2


def test_names_are_picked_on_their_axis_by_mouse_and_by_keyboard(opened: Opened) -> None:
    page = opened(OUTCOMES)
    large, rules = (page.get_by_role("checkbox", name=name, exact=True) for name in ("large", "rules"))
    large.click()
    settled(page)
    assert set(column(page, "model")) == {"large"}
    assert large.get_attribute("aria-checked") == "true"
    rules.focus()
    page.keyboard.press("Enter")
    settled(page)
    assert kept(page) == 120
    assert rules.evaluate("(node) => node === document.activeElement"), "the focus stays where it was"
    page.keyboard.press(" ")
    large.click()
    settled(page)
    assert kept(page) == 180
    brush(page, "model", 0.3, 1)
    assert kept(page) == 120
    assert large.get_attribute("aria-checked") == "true"


def test_a_range_is_set_by_keyboard(opened: Opened) -> None:
    page = opened(OUTCOMES)
    page.get_by_role("slider", name="range of depth").focus()
    for _ in range(10):
        page.keyboard.press("ArrowUp")
    settled(page)
    assert kept(page) == 90
    page.keyboard.press("Shift+ArrowDown")
    settled(page)
    assert kept(page) == 81
    page.keyboard.press("Escape")
    settled(page)
    assert kept(page) == 180


def test_what_is_filtered_turns_grey(opened: Opened) -> None:
    page = opened(OUTCOMES)
    before = pixels(page)
    assert before["vivid"] > 5000
    keep(page, "index", "=3")
    after = pixels(page)
    assert 100 < after["vivid"] < before["vivid"] / 3
    assert after["drawn"] > 5000, "the others are still there"


def test_the_colour_is_that_of_a_column_that_is_chosen(opened: Opened) -> None:
    page = opened(OUTCOMES, value="result.size")
    colour = page.get_by_label("Colour by")
    assert colour.evaluate("(select) => select.selectedOptions[0].textContent") == "result.size"
    assert page.locator("#legend").inner_text().split() == ["10", "200", "failed"]
    colour.select_option(label="model")
    settled(page)
    assert page.locator("#legend").inner_text().split() == ["small", "large", "rules", "failed"]
    brush(page, "model", 0.9, 1)
    found = pixels(page)
    assert found["blue"] > 0.95 * found["vivid"] > 500, "the colour of the one model that is left"


def test_a_row_and_its_line_light_up_together(opened: Opened) -> None:
    page = opened(OUTCOMES)
    assert pixels(page, "hot")["drawn"] == 0
    row = page.locator("tr.row").nth(4)
    row.hover()
    assert "hot" in (row.get_attribute("class") or "")
    assert pixels(page, "hot")["drawn"] > 0
    page.locator("h1").hover()
    assert pixels(page, "hot")["drawn"] == 0
    keep(page, "index", "=137")
    stage = page.locator("#axes").bounding_box()
    assert stage is not None
    left, right = (
        page.get_by_role("slider", name=name).bounding_box() for name in ("range of depth", "range of result.loss")
    )
    assert left is not None
    assert right is not None
    x = (left["x"] + right["x"]) / 2 + 14
    for y in range(int(stage["y"]) + 40, int(stage["y"] + stage["height"]), 6):
        page.mouse.move(x, y)
        if page.locator("tr.hot").count():
            break
    assert column(page, "index") == ["137"]
    assert page.locator("tr.hot").count() == 1
    page.mouse.click(x, y)
    assert page.locator("#detail-title").inner_text() == "Outcome 137"


def test_a_hovered_line_brings_its_row_into_view(opened: Opened) -> None:
    page = opened(OUTCOMES)
    stage = page.locator("#axes").bounding_box()
    assert stage is not None
    grip = page.get_by_role("slider", name="range of model").bounding_box()
    assert grip is not None
    page.mouse.move(grip["x"] + 40, grip["y"] + grip["height"] - 9)  # near "rules", the last of the models
    assert page.locator("tr.hot").count() == 1
    assert page.locator("tr.hot td:nth-child(2)").inner_text() == "rules"
    row, table = page.locator("tr.hot").bounding_box(), page.locator("#scroll").bounding_box()
    assert row is not None
    assert table is not None
    assert table["y"] <= row["y"] <= table["y"] + table["height"] - row["height"]


def test_a_click_shows_everything_about_an_outcome(opened: Opened) -> None:
    page = opened(OUTCOMES)
    page.locator("tr.row").nth(2).click()
    dialog = page.locator("#detail")
    words = dialog.inner_text()
    assert "Outcome 2" in words
    assert dialog.locator("dt").all_inner_texts()[:6] == ["result.loss", "result.size", "model", "lr", "depth", "seed"]
    assert dialog.locator("dd").all_inner_texts()[:6] == [str(3 * 0.1), "30", "small", "0.1", "3", "7"]
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    keep(page, "ok", "False")
    assert page.locator("tr.bad").count() == len(FAILED)
    page.locator("tr.row").first.click()
    assert f"ValueError: no rules of depth 16: {EVIL}" in dialog.inner_text()
    assert "Traceback (most recent call last):" in dialog.locator("pre").inner_text()
    assert "in score" in dialog.locator("pre").inner_text()
    page.get_by_role("button", name="Close").click()
    assert not dialog.is_visible()


def test_rows_are_chosen_by_keyboard(opened: Opened) -> None:
    page = opened(OUTCOMES)
    page.locator("#scroll").focus()
    for _ in range(40):
        page.keyboard.press("ArrowDown")
    assert page.locator("tr.hot td").first.inner_text() == "39"
    page.keyboard.press("Enter")
    assert page.locator("#detail-title").inner_text() == "Outcome 39"


def test_nothing_is_ever_markup(opened: Opened) -> None:
    evil: list[Outcome[Any, Any]] = [
        Success(Config({EVIL: EVIL, "b": BREAKS, "c": "x"}), {EVIL: EVIL, BREAKS: BREAKS}, 0),
        Success(Config({EVIL: "&lt;", "b": "\ud800", "c": "\x00"}), EVIL, 1),
        Failure(Config({EVIL: 1, "b": "\u0085", "c": "${data}"}), ErrorInfo(EVIL, BREAKS, EVIL + BREAKS), 2),
    ]
    page = opened(evil, title=f"{EVIL}{BREAKS}$data")
    assert page.title().startswith(EVIL)
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert EVIL in page.locator("tr.row").first.inner_text()
    assert "</script><script>alert(2)</script><!--" in page.locator("tr.row").first.inner_text()
    page.get_by_label("Colour by").select_option(label=EVIL)
    for row in range(3):
        page.locator("tr.row").nth(row).click()
        assert EVIL in page.locator("#detail-body").inner_text()
        page.keyboard.press("Escape")
    assert page.evaluate("document.querySelector('#detail-body pre').textContent").startswith(EVIL + "</script>")


def test_numbers_that_json_cannot_hold(opened: Opened) -> None:
    values = [10**30, 3, -math.inf, math.nan, 2.0, math.inf, -(10**400), True, "text", None]
    page = opened([Success(index, value, index) for index, value in enumerate(values)])
    assert column(page, "result") == [
        str(10**30), "3", "-inf", "nan", "2.0", "inf", f"-1{'0' * 197}…", "True", "text", "None",
    ]  # fmt: skip
    sort(page, "result")
    order = [int(text) for text in column(page, "index")]
    assert order[2:] == [4, 1, 0, 5, 7, 8, 9, 3]
    assert set(order[:2]) == {2, 6}
    keep(page, "result", f"={10**30}")
    assert column(page, "index") == ["0"]
    keep(page, "result", ">1e20")
    assert sorted(column(page, "index")) == ["0", "5"]


@pytest.mark.parametrize(
    "outcomes",
    [
        [],
        [Success(1, 2)],
        [Failure(1, ErrorInfo("E", "m", "t"))],
        [Success(Config(), {}), Success(Config(), {}, 1)],
        [Success(Config({"a": 1}), None), Success(Config({"a": math.inf}), math.nan, 1)],
        [Success(Config({f"k{n}": n * k for n in range(40)}), k, k) for k in range(3)],
    ],
    ids=["none", "one", "one failure", "empty ones", "not finite", "forty paths"],
)
def test_few_and_odd_outcomes(opened: Opened, outcomes: list[Outcome[Any, Any]]) -> None:
    page = opened(outcomes)
    assert page.locator("tr.row").count() == len(outcomes)
    assert counts(page).startswith(f"{len(outcomes)} outcome")


def test_dark_mode(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(html_page(OUTCOMES), encoding="utf-8")
    seen = {}
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page = browser.new_page(color_scheme=scheme)
        page.goto(file.as_uri(), timeout=LIMIT_SECONDS * 1000)
        settled(page)
        seen[scheme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.close()
    assert sum(map(int, re.findall(r"\d+", seen["light"]))) > 600
    assert sum(map(int, re.findall(r"\d+", seen["dark"]))) < 120


def many(count: int) -> list[Outcome[Any, Any]]:
    big = expand({"a": DynamicValue(range(100)), "b": DynamicValue(range(500)), "kind": "x"})
    return list(run(lambda c: {"score": (c.a * 7919 + c.b * 104729) % 65537, "name": f"{c.a}/{c.b}"}, big[:count]))


def test_of_many_rows_only_those_in_view_are_in_the_page(opened: Opened) -> None:
    page = opened(many(10_000))
    assert page.locator("tr.row").count() < 60
    page.locator('input[aria-label="filter b"]').fill(">250")
    page.locator("#scroll").evaluate("(box) => { box.scrollTop = 60000; }")
    settled(page)
    assert kept(page) == 20 * 249
    assert 0 < page.locator("tr.row").count() < 60


def test_twenty_thousand_rows_are_right(opened: Opened) -> None:
    outcomes = many(20_000)
    page = opened(outcomes)
    assert counts(page) == "20,000 outcomes"
    sort(page, "result.score")
    sort(page, "result.score")
    scores = [outcome.result["score"] for outcome in outcomes if outcome.ok]
    assert [int(text) for text in column(page, "result.score")[:20]] == sorted(scores, reverse=True)[:20]
    page.locator("#scroll").evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    settled(page)
    assert int(column(page, "result.score")[-1]) == min(scores)
    brush(page, "b", 0.5, 1.1)
    assert kept(page) == 40 * 250


# --- the text of the page ----------------------------------------------------------------------------


def embedded(page: str) -> Any:
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    return json.loads(match[1])


CELLS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.lists(CELLS, max_size=8), st.text())
def test_every_value_comes_back_from_the_page(values: list[Any], title: str) -> None:
    text = html_page([Success(0, value, index) for index, value in enumerate(values)], title=title)
    text.encode("utf-8")
    assert text.count("</script") == 2
    assert "<!--" not in text
    for found in embedded(text)["columns"]:
        if found["name"] == "result":
            codes = found.get("codes", range(len(values)))
            assert [back(found["cells"][code]) for code in codes] == list(map(told, values))


def test_none_and_absent_are_other_cells_and_ticks(opened: Opened) -> None:
    configs: list[dict[str, Any]] = [{"n": 1.5}, {"n": None}, {}, {"n": 2.5}, {"n": "None"}, {"n": math.nan}]
    page = opened([Success(Config(config), n, n) for n, config in enumerate(configs[:4])])
    assert column(page, "n") == ["1.5", "None", NONE, "2.5"]
    script = "nodes => nodes.map((node) => [node.textContent, Number(node.getAttribute('y'))])"
    ticks = dict(page.locator("#axes text").evaluate_all(script))
    assert ticks["2.5"] < ticks["1.5"] < ticks["None"] < ticks["absent"]
    [found] = [c for c in embedded(html_page([Success(Config(c), 0, n) for n, c in enumerate(configs)]))["columns"]
               if c["name"] == "n"]  # fmt: skip
    assert found["cells"] == [1.5, ["None"], None, 2.5, "None", ["nan", None]]


def told(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def back(cell: Any) -> Any:
    if isinstance(cell, list):
        return None if len(cell) == 1 else cell[0]
    return repr(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else cell


def test_the_page_is_small_and_names_no_other() -> None:
    page = html_page([])
    assert len(page) < 42_000
    assert re.findall(r"https?:[^ \"]*", page) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"src=|url\(|@import|import\(", page)
    assert "default-src 'none'" in page
    assert not re.search(
        r"innerHTML|insertAdjacentHTML|outerHTML|document\.write|eval\(|new Function|fetch\(|XMLHttp", page
    )


def test_wrong_arguments() -> None:
    title: Any = 3
    wrong: Any = 5
    with pytest.raises(ArgumentError, match=r"title is text; got 3 \(int\)"):
        html_page([], title=title)
    with pytest.raises(ArgumentError, match=r"no 'accuracy' \(str\); there is: 'index', 'config', 'result'"):
        html_page([Success(1, 2)], value="accuracy")
    with pytest.raises(ArgumentError, match="takes outcomes"):
        html_page(wrong)


# --- what each path does ------------------------------------------------------------------------------


def table_of(page: Page, path: str, number: int) -> list[list[str]]:
    """The texts of a table on the card of a path."""
    card = page.locator("#cards article").filter(has=page.get_by_role("heading", name=path, exact=True))
    lines = card.locator("table").nth(number).locator("tbody tr").all()
    return [[text for text in line.locator("td").all_inner_texts() if text] for line in lines]


def test_the_cards_say_what_summary_and_compare_say(opened: Opened) -> None:
    page = opened(OUTCOMES)
    assert page.locator("#answered").inner_text() == "result.loss"
    for line, row in zip(table_of(page, "model", 0), summary(OUTCOMES, value="result.loss", by="model"), strict=True):
        n = f"{row['n']}, {row['failed']} failed" if row["failed"] else str(row["n"])
        assert [line[0], line[3]] == [row["model"], n]
        assert float(line[1]) == pytest.approx(row["mean"], rel=1e-3)
        assert [float(end) for end in line[2].split(" to ")] == pytest.approx([row["low"], row["high"]], rel=1e-3)
    for line, row in zip(table_of(page, "lr", 1), compare("lr", OUTCOMES, value="result.loss"), strict=True):
        assert line[0] == f"{row['a']} → {row['b']}"
        assert float(line[1]) == pytest.approx(row["mean"], rel=1e-3)
    assert len(table_of(page, "depth", 0)) == 20
    assert page.locator("#cards article").nth(2).locator("table").count() == 1, "too many to compare each with each"


def test_one_swept_path_and_results_that_are_no_numbers_have_no_cards(opened: Opened) -> None:
    for outcomes in (
        collect(run(lambda c: c.a, expand({"a": DynamicValue([1, 2])}))),
        collect(run(lambda c: "text", expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2])}))),
        collect(run(lambda c: 1 / 0, expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2])}))),
    ):
        assert opened(outcomes).locator("#answers").is_hidden()


def test_without_scipy_the_page_says_what_brings_the_cards(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    page = opened(OUTCOMES)
    assert "pip install 'spearmint_fp[stats]'" in page.locator("#cards").inner_text()
    assert kept(page) == 180


def test_none_absent_and_evil_names_stand_on_the_cards(opened: Opened) -> None:
    space = [Config({"a": a, "b": b} if a != 1 else {"b": b}) for a in (None, 1, EVIL) for b in (1, 2)]
    page = opened(collect(run(lambda c: c.b * 1.5, space)))
    assert [line[0] for line in table_of(page, "a", 0)] == [EVIL, "None", "absent"]
    assert table_of(page, "b", 1) == [["1 → 2", "+1.5", "+1.5 to +1.5", "3"]]


def test_names_of_twelve_axes_do_not_overlap_and_more_lie_to_the_right(opened: Opened) -> None:
    space = expand({f"a_rather_long_section_{k}": {"value": DynamicValue([1, 100, "x"][k % 2 :])} for k in range(11)})
    page = opened(collect(run(lambda c: len(str(c)), sample(60, space))))  # 1,280 pixels wide
    edges = "(all) => all.map((name) => name.getBoundingClientRect()).map((box) => [box.left, box.right])"
    boxes = page.locator("#axes .name").evaluate_all(edges)
    assert len(boxes) == 12
    assert all(right[0] - left[1] > 2 for left, right in itertools.pairwise(boxes))
    more = page.locator("#more")
    assert re.fullmatch(r"\d more ax[ei]s →", more.inner_text())
    page.locator("#plot").evaluate("(box) => box.scrollTo({left: box.scrollWidth})")
    page.wait_for_function("document.getElementById('more').hidden")


def test_free_text_is_no_axis(opened: Opened) -> None:
    prompts = [f"tell me, at some length, of {k} things" * 2 for k in range(20)]
    space = expand({"a": DynamicValue([1, 2, 3]), "prompt": DynamicValue(prompts)})
    page = opened(collect(run(lambda c: {"score": c.a, "answer": f"{c.prompt} {c.a}", "kind": "ab"[c.a % 2]}, space)))
    names = page.locator("#axes .name title").evaluate_all("(all) => all.map((title) => title.textContent)")
    assert names == ["a", "result.score", "result.kind"]


# --- cards over odd data --------------------------------------------------------------------------------


def described(outcomes: Any, **options: Any) -> Any:
    return embedded(html_page(outcomes, **options))["answers"]


def test_pairs_on_the_cards_are_equal_in_all_else_whatever_the_sweep_names() -> None:
    space = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2]), "seed": DynamicValue([5, 9])})
    outcomes = collect(run(lambda c: c.a * 100 + c.seed, space))
    shuffled_outcomes = sorted(outcomes, key=lambda outcome: (outcome.index * 7) % 8)
    part = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2])})
    axes = {axis["name"]: axis for axis in described(shuffled_outcomes, sweep=part)["axes"]}
    assert [*axes] == ["a", "b"]
    [[*_, n, failed, mean, low, high]] = axes["a"]["differences"]
    assert (n, failed, abs(mean), abs(low), abs(high)) == (4, 0, 100, 100, 100)


def test_a_success_without_a_number_is_not_said_to_have_failed(opened: Opened) -> None:
    space = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2, 3])})
    page = opened(collect(run(lambda c: {"x": c.b / 2} if c.a + c.b > 2 else {"y": "no number"}, space)))
    assert [line[-1] for line in table_of(page, "a", 0)] == ["2, 1 without", "3"]


def test_whole_numbers_on_the_cards_differ_exactly() -> None:
    space = expand({"a": DynamicValue([1, 2]), "b": DynamicValue([1, 2])})
    answers = described(run(lambda c: 10**19 + c.a, space))
    assert answers["axes"][0]["differences"] == [[1, 2, 2, 0, 1.0, 1.0, 1.0]]


def test_where_no_axis_has_few_values_there_are_no_cards() -> None:
    space = expand({"a": DynamicValue(range(40)), "b": DynamicValue(range(40))})
    assert described(run(lambda c: c.a + c.b, space[:50])) is not None
    assert described(run(lambda c: c.a + c.b, [{"a": k, "b": -k} for k in range(40)])) is None
    assert described([Success(Config({"a": 1, "b": 2}), 3.0)]) is None


def test_a_value_is_looked_at_once_for_all_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    from spearmint_fp.report import statistics

    asked: list[Any] = []

    def note(value: Any) -> Any:
        asked.append(value)
        return exact_key(value)

    monkeypatch.setattr(statistics, "exact_key", note)
    space = expand({f"a{k}": DynamicValue(["x", "y", "z"]) for k in range(6)})
    described(collect(run(lambda c: len(set(c.values())), space)))
    assert len(asked) <= 6 * 3, "and not once for each of 729 outcomes"
