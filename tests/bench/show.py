"""Measurements as data (a report) and as tables."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from .constrained import PACKAGES
from .measure import Row
from .peers import versions

__all__ = ["Report", "about", "cell", "columns", "described", "grown", "lines", "listed", "rows_of", "solved"]

Report = dict[str, Any]
"""`about`, a mapping of texts, and `rows`, each a Row as a mapping with the name of its part."""


def about(*, quick: bool) -> dict[str, Any]:
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "date": datetime.now(UTC).date().isoformat(),
        "quick": quick,
        "versions": versions() | {name: version(name) for name, module in PACKAGES.items() if find_spec(module)},
    }


def described(about: Mapping[str, Any]) -> str:
    """One line that says what the numbers are of."""
    packages = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return f"{about['python']}, {about['machine']}, {about['date']}; {packages}."


def rows_of(report: Report, *parts: str) -> list[tuple[str, Row]]:
    """The rows of some parts, each with the name of its part."""
    rows = ({**row} for row in report["rows"] if row["part"] in parts)
    return [(row.pop("part"), Row(**{**row, "points": tuple(map(tuple, row["points"]))})) for row in rows]


# --- tables ------------------------------------------------------------------------------------------------------


def cell(row: Row) -> str:
    """A measurement; in bold with its bound where it is above it."""
    if row.measured is None:
        return row.note
    text = f"{_number(row.measured)} {row.unit}"
    return f"**{text}**" if row.must is not None and row.measured > row.must else text


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _must(row: Row) -> str:
    return "-" if row.must is None else _number(row.must)


def lines(part: str, rows: Iterable[Row]) -> Iterator[str]:
    """A part as a table of all there is to know, written while it is measured."""
    yield f"### {part}"
    yield ""
    yield "| what | measured | half of the rounds | must be at most | note |"
    yield "|---|---|---|---|---|"
    for row in rows:
        what = f"{row.case}: {row.what}" if row.case else row.what
        spread = "" if row.spread is None else f"{_number(row.spread[0])} to {_number(row.spread[1])}"
        measured = "" if row.measured is None else cell(row)
        yield f"| {what} | {measured} | {spread} | {_must(row)} | {_note(row)} |"
    yield ""


def _note(row: Row) -> str:
    sizes = ", ".join(f"{x:g}: {_number(y)}" for x, y in row.points)
    return f"{row.note} at {sizes}" if sizes else row.note


def listed(reports: Sequence[Report], *parts: str, spread: bool = False) -> list[str]:
    """Rows downwards, one column for each report."""
    pythons = [report["about"]["python"] for report in reports]
    table = [f"| what | {' | '.join(pythons)} | must be at most | |", f"|---|{'---|' * len(pythons)}---|---|"]
    found = [{row.what: row for _, row in rows_of(report, *parts)} for report in reports]
    for what in dict.fromkeys(what for rows in found for what in rows):
        here = [rows.get(what) for rows in found]
        first = next(row for row in here if row is not None)
        note = "" if first.measured is None else first.note
        cells = ["-" if row is None else cell(row) for row in here]
        table.append(f"| {what} | {' | '.join(cells)} | {_must(first)} | {note} |")
    return table


def columns(report: Report) -> list[str]:
    """The peers downwards, the cheapest first; one column for each workload: per configuration, and times the loops."""
    rows = [row for _, row in rows_of(report, "peers")]
    cases = list(dict.fromkeys(row.case for row in rows))
    found = {(row.what, row.case): row for row in rows if row.unit != "x"}
    loops = {case: found["hand-written loops", case].measured or 1.0 for case in cases}
    names = sorted(dict.fromkeys(what for what, _ in found), key=lambda name: found[name, cases[0]].measured or 1e9)
    table = [f"| | {' | '.join(cases)} | what it gives |", f"|---|{'---|' * len(cases)}---|"]
    for name in names:
        here = [found[name, case] for case in cases]
        cells = [_beside(row, loops[row.case]) for row in here]
        note = "" if here[0].measured is None else here[0].note
        table.append(f"| {name} | {' | '.join(cells)} | {note} |")
    return [*table, "", *_ratios(rows)]


def _beside(row: Row, loops: float) -> str:
    if row.measured is None:
        return row.note
    return f"{_number(row.measured)} us ({_number(row.measured / loops)})"


def _ratios(rows: Sequence[Row]) -> Iterator[str]:
    yield "| ratios within the rounds | measured | half of the rounds | must be at most | |"
    yield "|---|---|---|---|---|"
    for row in rows:
        if row.unit == "x" and row.spread is not None:
            low, high = row.spread
            yield f"| {row.case}, {row.what} | {cell(row)} | {low:.3g} to {high:.3g} | {_must(row)} | {row.note} |"


SOLVERS = ("counted", "listed", "python-constraint2", "python-constraint2, texts", "ratio", "pyATF")
"""The columns of the table of spaces: what is measured of each."""


def solved(report: Report) -> list[str]:
    """A line for each constrained space: its sizes, and what each way takes."""
    found: dict[str, dict[str, Row]] = {}
    for _, row in rows_of(report, "spaces"):
        found.setdefault(row.case, {})[row.what] = row
    heads = ("space", "raw", "valid", "counted", "counted and listed", "python-constraint2: functions", ": texts")
    table = [f"| {' | '.join((*heads, 'listed : its quicker', 'pyATF: counted'))} |", f"|{'---|' * 9}"]
    for case, rows in found.items():
        cells = [cell(rows[what]) if what in rows else "-" for what in SOLVERS]
        table.append(f"| {case} | {_size(rows['raw'])} | {_size(rows['valid'])} | {' | '.join(cells)} |")
    ratios = sorted(rows["ratio"].measured or 0.0 for rows in found.values() if "ratio" in rows)
    if ratios:
        middle = ratios[len(ratios) // 2]
        table += [
            "",
            f"Listed : its quicker, over the spaces: median {middle:.2g} x, from {ratios[0]:.2g} to {ratios[-1]:.2g}.",
        ]
    return table


def _size(row: Row) -> str:
    size = row.measured or 0
    return f"{size:,.0f}" if size < 10**10 else f"{size:.2g}"


def grown(report: Report) -> list[str]:
    """A line for each cost that grows: at its smallest, one in between, its largest, and the exponent."""
    table = ["| with the number of | cost | from | to | exponent | must be at most |", "|---|---|---|---|---|---|"]
    for _, row in rows_of(report, "growth"):
        (small, least), (large, most) = row.points[0], row.points[-1]
        ends = f"{_amount(least, row.note)} at {small:,.0f} | {_amount(most, row.note)} at {large:,.0f}"
        over = row.measured is not None and row.must is not None and row.measured > row.must
        slope = f"{row.measured:.2f}" if row.measured is not None else "-"
        table.append(f"| {row.case} | {row.what} | {ends} | {f'**{slope}**' if over else slope} | {_must(row)} |")
    return table


def _amount(value: float, unit: str) -> str:
    """Microseconds or bytes, in the unit that a person would choose."""
    names = ("bytes", "kB", "MB") if unit == "bytes" else ("us", "ms", "s")
    for name in names[:-1]:
        if value < 1000:
            return f"{_number(value)} {name}"
        value /= 1000
    return f"{_number(value)} {names[-1]}"
