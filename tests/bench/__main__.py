"""Speed, as ratios within one run: `python -m tests.bench [--quick] [--only PART] [--json FILE] [--docs DIR]`.

Every figure is a median of rounds in which those that are compared take turns, so a machine that speeds up or slows
down does so for all; what one process does is measured in time of the processor. Peers that are not installed say so;
the extra `[bench]` has them all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from .access import access, memory, peer_imports
from .constrained import constrained, spaces
from .core import constant, converting, expansion, floors, identity, importing, selection
from .designs import designs
from .growth import growth
from .measure import Row
from .pages import fill
from .peers import peers
from .plots import draw
from .reading import everyday, reading
from .running import running
from .show import Report, about, described, lines

PARTS: Final[dict[str, Callable[[int], Iterator[Row]]]] = {
    "expansion": expansion,
    "floors": floors,
    "constant": constant,
    "selection": selection,
    "identity": identity,
    "converting": converting,
    "importing": importing,
    "running": running,
    "growth": growth,
    "spaces": spaces,
    "constrained": constrained,
    "designs": designs,
    "memory": memory,
    "access": access,
    "reading": reading,
    "everyday": everyday,
    "peers": peers,
    "imports": peer_imports,
}
"""In the order in which they are measured: what imports the peers comes last."""

FULL, QUICK = 7, 1


def measured(parts: list[str], *, quick: bool) -> Report:
    """The report of these parts; each is printed as a table while it is measured."""
    rows: list[dict[str, Any]] = []

    def kept(part: str) -> Iterator[Row]:
        for row in PARTS[part](QUICK if quick else FULL):
            rows.append({"part": part, **row._asdict()})
            yield row

    for part in parts:
        for line in lines(part, kept(part)):
            print(line, flush=True)
    report: Report = {"about": about(quick=quick), "rows": rows}
    print(described(report["about"]))
    return report


def asked(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: enough to see that it runs")
    parser.add_argument("--only", action="append", choices=PARTS, help="a part to measure; may be given several times")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what was measured as JSON")
    parser.add_argument("--plots", type=Path, metavar="DIR", help="draw growth.png and peers.png there")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="fill the tables of the pages there, and draw")
    parser.add_argument(
        "--saved",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="measure nothing: take what --json has written, here or under other interpreters",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    chosen = asked(arguments)
    if chosen.saved:
        reports = [json.loads(path.read_text(encoding="utf-8")) for path in chosen.saved]
    else:
        reports = [measured(chosen.only or list(PARTS), quick=chosen.quick)]
    if chosen.json:
        chosen.json.write_text(json.dumps(reports[0], indent=1), encoding="utf-8")
    drawn = [draw(reports[0], folder) for folder in (chosen.plots, chosen.docs and chosen.docs / "images") if folder]
    filled = fill(chosen.docs, reports) if chosen.docs else []
    for path in (*(path for paths in drawn for path in paths), *filled):
        print("written:", path)


if __name__ == "__main__":
    main()
