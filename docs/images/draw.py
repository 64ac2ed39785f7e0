"""The pictures of the pages, drawn from real trees, sweeps and imports: `python docs/images/draw.py` writes them.

Each is what a function gives, the text of an SVG file beside this one. tests/test_pictures.py holds the files to it.
"""

import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from draw_house import draw_rooms, draw_run  # noqa: E402
from draw_sweeps import draw_automaton, draw_covering, draw_odometer, draw_spread  # noqa: E402
from draw_trees import draw_expansion, draw_tree  # noqa: E402

PICTURES: dict[str, Callable[[], str]] = {
    "tree.svg": draw_tree,
    "expansion.svg": draw_expansion,
    "odometer.svg": draw_odometer,
    "automaton.svg": draw_automaton,
    "spread.svg": draw_spread,
    "covering.svg": draw_covering,
    "run.svg": draw_run,
    "rooms.svg": draw_rooms,
}

if __name__ == "__main__":
    for name, draw in PICTURES.items():
        (HERE / name).write_text(draw(), encoding="utf-8")
