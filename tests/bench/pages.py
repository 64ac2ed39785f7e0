"""The documentation's tables, filled from reports: what stands between `<!-- bench: NAME -->` and `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from .show import Report, columns, described, grown, listed, rows_of, solved

__all__ = ["TABLES", "fill"]

CORE = ("expansion", "constant", "selection", "identity", "converting", "importing")

Tables = Mapping[str, tuple[tuple[str, ...], Callable[[Sequence[Report]], list[str]]]]

TABLES: Tables = {
    "about": ((), lambda reports: [described(report["about"]) for report in reports]),
    "core": (CORE, lambda reports: listed(reports, *CORE)),
    "floors": (("floors",), lambda reports: listed(reports, "floors")),
    "access": (("access",), lambda reports: listed(reports, "access")),
    "reading": (("reading", "everyday"), lambda reports: listed(reports, "reading", "everyday")),
    "memory": (("memory",), lambda reports: listed(reports, "memory")),
    "imports": (("imports",), lambda reports: listed(reports, "imports")),
    "running": (("running",), lambda reports: listed(reports, "running")),
    "growth": (("growth",), lambda reports: grown(reports[0])),
    "spaces": (("spaces",), lambda reports: solved(reports[0])),
    "constrained": (("constrained",), lambda reports: listed(reports, "constrained")),
    "designs": (("designs",), lambda reports: listed(reports, "designs")),
    "peers": (("peers",), lambda reports: columns(reports[0])),
}
"""By name: the parts that a table is of, and how it is written."""

_BLOCK = re.compile(r"(<!-- bench: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill(folder: Path, reports: Sequence[Report]) -> list[Path]:
    """The pages with tables of what the reports have; a table of what none of them has stays as it is."""
    filled = []
    for page in sorted(folder.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        new = _BLOCK.sub(lambda found: _filled(found, reports), text)
        if new != text:
            page.write_text(new, encoding="utf-8")
            filled.append(page)
    return filled


def _filled(found: re.Match[str], reports: Sequence[Report]) -> str:
    begin, name, end = found.groups()
    if name not in TABLES:
        raise ValueError(f"no table is called {name!r}; there are {', '.join(TABLES)}")
    parts, written = TABLES[name]
    having = [report for report in reports if not parts or rows_of(report, *parts)]
    return f"{begin}\n" + "\n".join(written(having)) + f"\n\n{end}" if having else found.group(0)
