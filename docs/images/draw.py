"""The pictures of the pages, drawn from real trees, sweeps and imports: `python docs/images/draw.py` writes them.

Each picture is a function that gives the text of an SVG file beside this one. tests/test_pictures.py holds the files to
it.
"""

import ast
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from graphlib import TopologicalSorter
from itertools import combinations, groupby
from math import prod
from pathlib import Path
from typing import Any

import attrs

import spearmint_fp
from spearmint_fp import DynamicValue, Sweep, config_id, constrain, covering, expand, sample, spread
from spearmint_fp.configuration.fold import Algebra, fold

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from svg import CHARACTER, arrow, box, line, moved, picture, pill, text  # noqa: E402

TREE = {
    "optimizer": DynamicValue([{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]),
    "lr": DynamicValue([0.1, 0.01]),
}
GRID = expand(
    {
        "model": DynamicValue(["small", "large"]),
        "temperature": DynamicValue([0.1, 0.5, 0.9]),
        "top_k": DynamicValue([3, 5, 10, 20]),
    }
)
SQUARE = constrain(lambda a, b: a < b, expand({x: DynamicValue(range(4)) for x in "ab"}), on=("a", "b"))
RANK = 4
"""The index that the automaton looks up."""
TURN = 11
"""The position that the odometer shows: after it, every wheel turns."""

# --- a tree: every size is its children's ----------------------------------------------------------------

LEVEL = 92
"""How far below its parent a child lies."""

GAP = 26
"""How far apart neighbours are."""


@attrs.frozen
class Drawn:
    """A part of a tree: how wide it is, where its top is, how deep it goes, what is in it, how many it stands for."""

    width: float
    top: float
    depth: int
    shapes: list[str]
    size: int


def leaf(value: Any) -> Drawn:
    words = str(value)
    width = len(words) * CHARACTER + 22
    return Drawn(width, width / 2, 0, pill(0, 0, width, words, "leaf"), 1)


def record(_shape: Any, node: Any, parts: tuple[Drawn, ...]) -> Drawn:
    size = 1
    for part in parts:
        size *= part.size
    sizes = " × ".join(str(part.size) for part in parts)
    words = f"{sizes} = {size}" if len(parts) > 1 else str(size)
    return parent("record", words, size, parts, list(node))


def choice(node: Any, parts: tuple[Drawn, ...]) -> Drawn:
    parts = parts or tuple(map(leaf, expand(node)))
    size = sum(part.size for part in parts)
    sizes = " + ".join(str(part.size) for part in parts)
    return parent("choice", f"{sizes} = {size}", size, parts, [""] * len(parts))


def parent(kind: str, words: str, size: int, parts: Sequence[Drawn], names: Sequence[str]) -> Drawn:
    """A node above its children, which stand beside one another."""
    width = sum(part.width for part in parts) + GAP * (len(parts) - 1)
    lefts = [sum(part.width + GAP for part in parts[:k]) for k in range(len(parts))]
    tops = [left + part.top for left, part in zip(lefts, parts, strict=True)]
    top = (tops[0] + tops[-1]) / 2
    own = len(words) * CHARACTER + 28
    shapes = [line((top, 28), (top, 44), (x, 44), (x, LEVEL)) for x in tops]
    shapes += [text(x, LEVEL - 20, name, "word middle halo bold") for x, name in zip(tops, names, strict=True) if name]
    for left, part in zip(lefts, parts, strict=True):
        shapes += moved(left, LEVEL, part.shapes)
    shapes += pill(top - own / 2, 0, own, words, kind)
    return Drawn(width, top, 1 + max(part.depth for part in parts), shapes, size)


LEGEND = (
    ("record", "record: all of its children,", "sizes multiply"),
    ("choice", "choice: one of its alternatives,", "sizes add"),
    ("leaf", "leaf: any other value,", "size 1"),
)


def tree() -> str:
    drawn = fold(Algebra(leaf=leaf, record=record, choice=choice), TREE)
    assert drawn.size == expand(TREE).size  # noqa: S101  # a picture that lies is none
    wide, below = 720, 28 + 28 + LEVEL * drawn.depth + 34
    shapes = moved((wide - drawn.width) / 2, 28, drawn.shapes)
    for left, (kind, *words) in zip((28, 254, 514), LEGEND, strict=True):
        shapes.append(box(left, below, 26, 22, kind, 11 if kind == "choice" else 5))
        shapes += [text(left + 36, below + 7 + 18 * k, w, "word muted") for k, w in enumerate(words)]
    return picture(wide, below + 50, "A tree of records, choices and leaves, with the size of each part", shapes)


# --- its expansion: a sum of products, the leftmost slowest ----------------------------------------------

ROW = 34


def formula(node: Any) -> str:
    """The tree as a product of sums."""

    def product(_shape: Any, _node: Any, parts: tuple[str, ...]) -> str:
        return " × ".join(parts)

    def added(node: Any, parts: tuple[str, ...]) -> str:
        return f"({' + '.join(parts or map(str, expand(node)))})"

    return fold(Algebra(leaf=str, record=product, choice=added), node)


def values(sweep: Sweep[Any], path: str) -> list[str | None]:
    """The value of each configuration at a path."""
    first, _, second = path.partition(".")
    found = (config[first] for config in sweep)
    return [str(value) if not second else str(value[second]) if second in value else None for value in found]


def runs(columns: Sequence[Sequence[str | None]], column: int) -> list[tuple[int, int, str | None]]:
    """Where neighbouring rows agree in a column and in all those before it: start, stop, value."""
    keys = list(zip(*columns[: column + 1], strict=True))
    found, start = [], 0
    for key, group in groupby(keys):
        stop = start + len(list(group))
        found.append((start, stop, key[-1]))
        start = stop
    return found


COLUMNS = ((96.0, 150.0), (260.0, 180.0), (454.0, 110.0))
"""Where each column begins, and how wide it is."""


def expansion() -> str:
    sweep = expand(TREE)
    paths = [str(path) for path in sweep.axes]
    columns = [values(sweep, path) for path in paths]
    shapes = [text(32, 40, formula(TREE)), text(32, 64, repr(sweep).removeprefix("Sweep(").removesuffix(")"), "muted")]
    shapes += [text(64, 112, "index", "word muted end"), text(588, 112, "config_id", "word muted")]
    for index, config in enumerate(sweep):
        y = 154 + index * ROW
        shapes += [text(64, y, str(index), "muted end"), text(588, y, f"{config_id(config)[:12]}…", "muted")]
    for k, (left, width) in enumerate(COLUMNS):
        shapes.append(text(left + width / 2, 112, paths[k], "word middle bold"))
        for start, stop, value in runs(columns, k):
            y, height = 136 + start * ROW, (stop - start) * ROW - 6
            drawn = pill(left, y, width, value or "-", "choice" if k else "record", height)
            shapes += drawn if value else [drawn[1].replace("middle", "middle muted")]
    return picture(728, 158 + sweep.size * ROW, "The six configurations that the tree expands to", shapes)


# --- the odometer: a position is a number in mixed radix --------------------------------------------------


def digits(position: int, sizes: Sequence[int]) -> list[int]:
    found: list[int] = []
    for size in reversed(sizes):
        position, digit = divmod(position, size)
        found.insert(0, digit)
    return found


def wheel(path: str, alternatives: Sequence[Any], digit: int, weight: int) -> list[str]:
    """The text on a wheel at a digit and its neighbours, and below it what it adds to the position."""
    shapes = [text(56, -18, path, "word middle bold")]
    for step in (-1, 0, 1):
        value = str(alternatives[(digit + step) % len(alternatives)])
        shapes.append(text(56, 68 + 40 * step, value, "middle bold" if step == 0 else "middle faded"))
    return [
        *shapes,
        text(56, 154, f"{digit} × {weight}", "middle"),
        text(56, 174, f"{len(alternatives)} values", "word middle muted"),
    ]


def odometer() -> str:
    axes = [(str(path), axis) for path, axis in GRID.axes.items()]
    sizes = [len(axis) for _, axis in axes]
    weights = [prod(sizes[k + 1 :]) for k in range(len(sizes))]
    shapes = [
        *(box(40 + 150 * k, 66, 112, 126, "leaf", 12) for k in range(len(axes))),
        box(28, 113, 436, 32, "choice", 8),
    ]
    for k, ((path, axis), digit) in enumerate(zip(axes, digits(TURN, sizes), strict=True)):
        assert axis[digit] == GRID[TURN][path]  # noqa: S101
        shapes += moved(40 + 150 * k, 66, wheel(path, axis, digit, weights[k]))
        shapes.append(text(171 + 150 * k, 220, "+" if k + 1 < len(axes) else f"= {TURN}", "bold"))
    return picture(920, 266, "An odometer of three wheels at position 11 of 24", [*shapes, *turning(sizes)])


def turning(sizes: Sequence[int]) -> list[str]:
    """The positions around, with the wheels that have turned since the one before."""
    shapes = [text(560, 48, "index", "word muted end"), text(584, 48, "what has turned is yellow", "word muted")]
    for row, position in enumerate(range(TURN - 1, TURN + 3)):
        y, before = 66 + row * 34, digits(position - 1, sizes)
        kind = "bold end" if position == TURN else "muted end"
        shapes.append(text(560, y + 18, str(position), kind))
        for k, (digit, value) in enumerate(zip(digits(position, sizes), GRID[position].values(), strict=True)):
            turned = digit != before[k]
            shapes += pill(584 + 104 * k, y, 92, str(value), "choice" if turned else "leaf")
    return [
        *shapes,
        text(584, 220, "A wheel that comes round", "word muted"),
        text(584, 240, "turns the one before it.", "word muted"),
    ]


# --- an automaton: how many ways lead on from each value -----------------------------------------------------


def automaton() -> str:
    """The values of `a`, from each the values of `b` that are left, and the way to one index."""
    found = SQUARE[RANK]
    shapes = [text(98, 44, "a", "word middle bold"), text(400, 44, "b, after each", "word middle bold")]
    for a in range(4):
        left = [config.b for config in SQUARE if config.a == a]
        y = 64 + 52 * a
        shapes += pill(52, y, 92, str(a), _shade(bool(left), a == found.a), 34)
        if left:
            shapes += arrow((144, y + 17), (276, y + 17))
            words = f"{len(left)} way{'s' * (len(left) > 1)}"
            shapes += [text(206, y + 21, words, "word middle muted halo")]
            for b in range(4):
                shapes += pill(280 + 62 * b, y, 52, str(b), _shade(b in left, (a, b) == tuple(found.values())), 34)
        else:
            shapes.append(text(160, y + 21, "none is left: cut off the axis, as is 0 from b", "word muted"))
    return picture(
        860,
        292,
        f"The automaton of a < b over four values each, and index {RANK} of {SQUARE.size}",
        [*shapes, *looked_up()],
    )


def _shade(left: bool, found: bool) -> str:
    return "choice" if found else "kept" if left else "lost"


def looked_up() -> list[str]:
    """The steps from an index to its configuration."""
    rest, shapes = RANK, [text(572, 44, f"index {RANK} of {SQUARE.size}", "word bold")]
    for a in SQUARE.axes["a"]:
        left = [config.b for config in SQUARE if config.a == a]
        y = 85 + 52 * a
        if rest < len(left):
            shapes += [
                text(572, y, f"{rest} < {len(left)}, so a = {a},"),
                text(572, y + 22, f"and b is number {rest}: {left[rest]}"),
            ]
            break
        shapes.append(text(572, y, f"{rest} - {len(left)} = {rest - len(left)} after a = {a}"))
        rest -= len(left)
    assert (a, left[rest]) == tuple(SQUARE[RANK].values())  # noqa: S101
    return shapes


# --- a run -----------------------------------------------------------------------------------------------


def titled(x: float, y: float, width: float, height: float, kind: str, *words: str) -> list[str]:
    """A box with a title and lines below it, in its middle."""
    middle, first = x + width / 2, y + height / 2 + 5 - 9.5 * (len(words) - 1)
    heads = [text(middle, first + 19 * k, w, f"word middle{' muted' if k else ' bold'}") for k, w in enumerate(words)]
    return [box(x, y, width, height, kind), *heads]


def flow() -> str:
    shapes = [box(184, 56, 620, 254, "line dashed", 12)]
    shapes.append(text(494, 40, "the window: what was taken, and has not been given out", "word middle muted"))
    shapes += [*titled(24, 164, 124, 60, "record", "sweep", "or any iterable"), *arrow((148, 194), (208, 194))]
    shapes += titled(208, 164, 112, 60, "leaf", "batches", "start, stop")
    for k, kind in enumerate(("leaf", "lost", "leaf")):
        y = 102 + 72 * k
        shapes += [
            *arrow((320, 194), (342, 194), (342, y + 20), (372, y + 20)),
            line((476, y + 20), (500, y + 20), (500, 194)),
        ]
        shapes += titled(372, y, 104, 40, kind, f"worker {k + 1}")
    shapes += [text(424, 232, "killed: replaced", "word middle muted"), *arrow((500, 194), (532, 194))]
    shapes += [*titled(532, 164, 112, 60, "kept", "journal", "one commit"), *arrow((644, 194), (684, 194))]
    shapes += [*titled(684, 164, 104, 60, "leaf", "turns", "in order"), *arrow((788, 194), (836, 194))]
    shapes += titled(836, 164, 112, 60, "choice", "for outcome", "in run(…)")
    shapes += arrow((264, 164), (264, 80), (736, 80), (736, 164), kind="line dashed")
    shapes += [text(500, 85, "what the journal has already: replayed, not sent", "word middle muted halo")]
    shapes += arrow((892, 224), (892, 346), (86, 346), (86, 224))
    shapes += [text(494, 351, "asking for an outcome is what moves it all", "word middle muted halo")]
    return picture(972, 384, "How configurations flow through a run", shapes)


# --- the rooms: who imports whom -------------------------------------------------------------------------

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


def imports_of(room: str) -> set[str]:
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


def rooms() -> str:
    """Each room above all that it imports, with an arrow to those that it reaches through no other."""
    imports = {room: imports_of(room) for room in ROOMS}
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
        shapes += titled(x, y, width, 48, "record", room, doc.partition(":")[0])
    words = (
        "An arrow is an import: rooms",
        "import only rooms below them.",
        "Arrows that follow from others",
        "are left out.",
    )
    shapes += [text(520, 500 + 20 * k, w, "word muted") for k, w in enumerate(words)]
    return picture(762, 78 + 74 * top + 30, "The rooms of the package, each above those that it imports", shapes)


# --- a spread beside a sample: what falls into each part of an axis -----------------------------------------

CELL = 8
"""How wide a configuration is."""
SIDE = 32
"""How many values each of the two axes has."""
CHOSEN = 64
"""How many configurations are chosen."""
STRIP = 4
"""How many values are counted together."""
HYPERBOLA = constrain(
    lambda x, y: x * y <= 8 * SIDE, expand({axis: DynamicValue(range(1, SIDE + 1)) for axis in "xy"}), on=("x", "y")
)


def chosen_points(x: float, y: float, title: str, chosen: Sweep[Any]) -> list[str]:
    """The allowed configurations as a grey area, the chosen ones as dots, and below how many each strip has."""
    bottom = y + 24 + SIDE * CELL
    heights = Counter(config.x for config in HYPERBOLA)
    shapes = [text(x, y + 4, title, "word bold")]
    for value, height in sorted(heights.items()):
        shapes.append(box(x + (value - 1) * CELL, bottom - height * CELL, CELL, height * CELL, "leaf", 0))
    places = [(x + (config.x - 1) * CELL + 1, bottom - config.y * CELL + 1) for config in chosen]
    shapes += [box(left, top, CELL - 2, CELL - 2, "record", 3) for left, top in places]
    counts = Counter((config.x - 1) // STRIP for config in chosen)
    for strip in range(SIDE // STRIP):
        share = sum(heights[strip * STRIP + k + 1] for k in range(STRIP)) / HYPERBOLA.size * chosen.size
        left, wide = x + strip * STRIP * CELL, STRIP * CELL
        shapes.append(box(left + 3, bottom + 12, wide - 6, 2.6 * counts[strip], "record", 0))
        shapes.append(line((left, bottom + 12 + 2.6 * share), (left + wide, bottom + 12 + 2.6 * share)))
    return shapes


def spread_beside_sample() -> str:
    """The same number of configurations under a constraint: by chance, and evenly."""
    wide, tall = SIDE * CELL, SIDE * CELL
    shapes = chosen_points(30, 26, f"sample({CHOSEN}, s)", sample(CHOSEN, HYPERBOLA))
    shapes += chosen_points(70 + wide, 26, f"spread({CHOSEN}, s)", spread(CHOSEN, HYPERBOLA))
    words = (
        f"Grey: the {HYPERBOLA.size} configurations that x * y <= {8 * SIDE} leaves. Blue: those that are chosen.",
        "Below: how many of them each strip of x has, and a line at its exact share.",
    )
    shapes += [text(30, tall + 144 + 20 * k, sentence, "word muted") for k, sentence in enumerate(words)]
    return picture(100 + 2 * wide, tall + 184, "A sample and a spread of the same constrained sweep", shapes)


# --- a covering array and its pairs ------------------------------------------------------------------------

TABLE = expand({axis: DynamicValue([0, 1, 2]) for axis in ("os", "python", "db", "cache")})
ARRAY = covering(2, TABLE)
KINDS = ("record", "choice", "kept")
"""The colour of each value."""


def covering_array() -> str:
    """The rows of a covering array, and for each pair of axes which row has which pair of values."""
    axes, side, wide = list(TABLE.axes), 26, 64
    shapes = [text(24 + 34 + k * wide + wide / 2, 42, str(axis), "word middle bold") for k, axis in enumerate(axes)]
    for number, config in enumerate(ARRAY):
        top = 52 + number * (side + 4)
        shapes.append(text(40, top + 18, str(number + 1), "middle"))
        for k, value in enumerate(config.values()):
            shapes.append(box(58 + k * wide + 2, top, wide - 4, side, KINDS[value]))
            shapes.append(text(58 + k * wide + wide / 2, top + 18, str(value), "middle"))
    for number, (one, other) in enumerate(combinations(axes, 2)):
        left, top = 388 + number % 3 * 132, 62 + number // 3 * 146
        shapes.append(text(left + 1.5 * side, top - 20, f"{one}, {other}", "word middle bold"))
        for value in range(3):
            shapes.append(box(left + value * side + 2, top - 10, side - 4, 6, KINDS[value], 2))
            shapes.append(box(left - 10, top + value * side + 2, 6, side - 4, KINDS[value], 2))
        for row, config in enumerate(ARRAY):
            x, y = left + config[other] * side, top + config[one] * side
            shapes += [
                box(x + 1, y + 1, side - 2, side - 2, "leaf", 3),
                text(x + side / 2, y + 18, str(row + 1), "middle"),
            ]
    words = (
        f"Left: {ARRAY.size} of the {TABLE.size} configurations.",
        "Right: the row in which each pair of values occurs. No cell is empty.",
    )
    shapes += [text(24, 346 + 20 * k, sentence, "word muted") for k, sentence in enumerate(words)]
    return picture(780, 384, "A covering array of four axes with three values each", shapes)


PICTURES: dict[str, Callable[[], str]] = {
    "tree.svg": tree, "expansion.svg": expansion, "odometer.svg": odometer, "automaton.svg": automaton,
    "run.svg": flow, "rooms.svg": rooms, "spread.svg": spread_beside_sample,
    "covering.svg": covering_array,
}  # fmt: skip

if __name__ == "__main__":
    for name, drawn in PICTURES.items():
        (HERE / name).write_text(drawn(), encoding="utf-8")
