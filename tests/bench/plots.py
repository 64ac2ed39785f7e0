"""The growth of costs and the peers' costs as pictures, from a report."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from .measure import Row
from .show import Report, rows_of

__all__ = ["draw"]

OURS, THEIRS, BY_HAND = "#0b6e4f", "#9aa5b1", "#c98b2b"
LINES = ("#0b6e4f", "#1f77b4", "#c98b2b", "#b23a48", "#6a4c93", "#5d6d7e", "#2a9d8f", "#e07a5f")


def draw(report: Report, folder: Path) -> list[Path]:
    """The pictures that the report has rows for, written to the folder."""
    parts = {"growth": _growth, "peers": _peers}
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for part, picture in parts.items():
        if rows := [row for _, row in rows_of(report, part)]:
            path = folder / f"{part}.png"
            _written(picture(rows), path)
            drawn.append(path)
    return drawn


def _written(figure: Any, path: Path) -> None:
    """As a PNG of 64 colours, which are enough for lines and letters and take a third of the bytes."""
    from PIL import Image

    buffer = BytesIO()
    figure.savefig(buffer, dpi=100)
    with Image.open(buffer) as image:
        image.convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)


# --- growth --------------------------------------------------------------------------------------------------------


def _growth(rows: list[Row]) -> Any:
    from matplotlib.figure import Figure

    cases = list(dict.fromkeys(row.case for row in rows if row.note != "bytes"))
    figure = Figure(figsize=(10, 7.6), layout="constrained")
    panels = figure.subplots(2, 3).flat
    for case, panel in zip(cases, panels, strict=False):
        _costs(panel, case, [row for row in rows if row.case == case and row.note != "bytes"])
    memory = [row._replace(what=row.case) for row in rows if row.note == "bytes"]
    _costs(list(figure.axes)[len(cases)], "memory", memory, unit="kB")
    figure.suptitle("Cost at each size; the dotted line grows in proportion", fontsize=11)
    return figure


def _costs(panel: Any, case: str, rows: list[Row], unit: str = "ms") -> None:
    for row, colour in zip(rows, LINES, strict=False):
        sizes, costs = zip(*row.points, strict=True)
        scaled = [cost / 1000 for cost in costs]
        panel.plot(sizes, scaled, marker="o", markersize=3, linewidth=1.3, color=colour, label=_label(row.what))
    panel.set(xscale="log", yscale="log", title=case, ylabel=unit)
    panel.xaxis.set_minor_formatter("")
    _reference(panel, rows)
    panel.tick_params(labelsize=8)
    panel.grid(alpha=0.25)
    panel.legend(fontsize=7, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2)


def _label(what: str) -> str:
    """Short enough for a legend."""
    for long, short in (
        (", each sharing an axis with the last", ", sharing axes"),
        (", one after the other", ""),
        ("a choice among branches", "branches"),
    ):
        what = what.replace(long, short)
    return what


def _reference(panel: Any, rows: list[Row]) -> None:
    """A line in proportion, through the largest of what is measured at the largest size."""
    size, cost = max((row.points[-1] for row in rows), key=lambda point: point[1] / point[0])
    low = min(row.points[0][0] for row in rows)
    bottom, top = panel.get_ylim()
    panel.plot([low, size], [cost / 1000 * low / size, cost / 1000], ":", color="#444444", linewidth=1)
    panel.set_ylim(bottom, top)


# --- peers ---------------------------------------------------------------------------------------------------------


def _peers(rows: list[Row]) -> Any:
    from matplotlib.figure import Figure

    costs = {(row.what, row.case): row.measured for row in rows if row.unit != "x" and row.measured is not None}
    cases = list(dict.fromkeys(case for _, case in costs))
    names = sorted(dict.fromkeys(what for what, _ in costs), key=lambda name: -costs[name, cases[0]])
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    for panel, case in zip(figure.subplots(1, len(cases), sharey=True, squeeze=False).flat, cases, strict=True):
        values = [costs[name, case] for name in names]
        bars = panel.barh(names, values, color=[_colour(name) for name in names], log=True)
        panel.bar_label(bars, labels=[_short(value) for value in values], fontsize=7, padding=2)
        panel.set(title=case, xlabel="microseconds per configuration", xlim=(0.05, max(values) * 100))
        panel.tick_params(labelsize=8)
        panel.grid(axis="x", alpha=0.25)
    return figure


def _colour(name: str) -> str:
    if name.startswith("spearmint_fp"):
        return OURS
    return BY_HAND if name.startswith(("hand-written", "itertools")) else THEIRS


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
