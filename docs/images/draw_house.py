"""Pictures of the house: how a run goes, and which room imports which."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

from svg import arrow, box, line, picture, text

import spearmint_fp

# --- a run ---------------------------------------------------------------------------------------------------


def titled_box(x: float, y: float, width: float, height: float, kind: str, *words: str) -> list[str]:
    """A box with a title and lines below it, in its middle."""
    middle, first = x + width / 2, y + height / 2 + 5 - 9.5 * (len(words) - 1)
    heads = [text(middle, first + 19 * k, w, f"word middle{' muted' if k else ' bold'}") for k, w in enumerate(words)]
    return [box(x, y, width, height, kind), *heads]


def draw_run() -> str:
    shapes = [box(184, 56, 620, 254, "line dashed", 12)]
    shapes.append(text(494, 40, "the window: what was taken, and has not been given out", "word middle muted"))
    shapes += [*titled_box(24, 164, 124, 60, "record", "sweep", "or any iterable"), *arrow((148, 194), (208, 194))]
    shapes += titled_box(208, 164, 112, 60, "leaf", "batches", "start, stop")
    for k, kind in enumerate(("leaf", "lost", "leaf")):
        y = 102 + 72 * k
        shapes += [
            *arrow((320, 194), (342, 194), (342, y + 20), (372, y + 20)),
            line((476, y + 20), (500, y + 20), (500, 194)),
        ]
        shapes += titled_box(372, y, 104, 40, kind, f"worker {k + 1}")
    shapes += [text(424, 232, "killed: replaced", "word middle muted"), *arrow((500, 194), (532, 194))]
    shapes += [*titled_box(532, 164, 112, 60, "kept", "journal", "one commit"), *arrow((644, 194), (684, 194))]
    shapes += [*titled_box(684, 164, 104, 60, "leaf", "turns", "in order"), *arrow((788, 194), (836, 194))]
    shapes += titled_box(836, 164, 112, 60, "choice", "for outcome", "in run(…)")
    shapes += arrow((264, 164), (264, 80), (736, 80), (736, 164), kind="line dashed")
    shapes += [text(500, 85, "what the journal has already: replayed, not sent", "word middle muted halo")]
    shapes += arrow((892, 224), (892, 346), (86, 346), (86, 224))
    shapes += [text(494, 351, "asking for an outcome is what moves it all", "word middle muted halo")]
    return picture(972, 384, "How configurations flow through a run", shapes)


# --- the rooms: who imports whom -----------------------------------------------------------------------------

PACKAGE = Path(spearmint_fp.__file__).parent

PLACES = {
    "workers": (30.0, 212.0),
    "journal": (258.0, 212.0),
    "report": (520.0, 212.0),
    "outcomes": (85.0, 647.0),
    "cli": (85.0, 647.0),
}
"""Where the boxes of some rooms begin, and how wide they are."""
COLUMN = (85.0, 330.0)
"""Where those of all others do."""


ROOMS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))


def find_imports(room: str) -> set[str]:
    """The rooms that the modules of a room import, wherever the import stands; the whole package is all rooms."""
    found: set[str] = set()
    for module in (PACKAGE / room).rglob("*.py"):
        inside = module.relative_to(PACKAGE).parts[:-1]
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == len(inside) + 1:
                found.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.Import) and node.names[0].name == "spearmint_fp":
                found |= {*ROOMS}
    return found & {*ROOMS} - {room}


def draw_rooms() -> str:
    """Each room above all that it imports, with an arrow to those that it reaches through no other."""
    imports = {room: find_imports(room) for room in ROOMS}
    below: dict[str, set[str]] = {}
    levels: dict[str, int] = {}
    for room in TopologicalSorter(imports).static_order():  # raises where there is a circle
        below[room] = imports[room].union(*(below[other] for other in imports[room]))
        levels[room] = 1 + max((levels[other] for other in imports[room]), default=-1)
    top = max(levels.values())
    shapes = []
    for room, level in sorted(levels.items()):
        x, width = PLACES.get(room, COLUMN)
        y = 30 + 74 * (top - level)
        for other in sorted(imports[room] - set().union(*(below[between] for between in imports[room]))):
            left, wide = PLACES.get(other, COLUMN)
            middle = x + width / 2 if width < wide else left + wide / 2  # of the narrower one
            shapes += arrow((middle, y + 48), (middle, 30 + 74 * (top - levels[other])))
        doc = ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text(encoding="utf-8"))) or ""
        shapes += titled_box(x, y, width, 48, "record", room, doc.partition(":")[0])
    words = (
        "An arrow is an import: rooms",
        "import only rooms below them.",
        "Arrows that follow from others",
        "are left out.",
    )
    shapes += [text(520, 500 + 20 * k, w, "word muted") for k, w in enumerate(words)]
    return picture(762, 78 + 74 * top + 30, "The rooms of the package, each above those that it imports", shapes)
