"""The pictures of the pages, drawn from real trees and sweeps: `python docs/images/draw.py` writes them beside itself.

Each picture is a function that gives the text of an SVG file. tests/test_pictures.py holds the files to it.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from math import prod
from pathlib import Path
from typing import Any

import attrs

from spearmint_fp import DynamicValue, Sweep, config_id, constrain, expand
from spearmint_fp.configuration.fold import Algebra, fold

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

# --- ink ---------------------------------------------------------------------------------------------

STYLE = """
  text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #1f2328 }
  .word { font-family: ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif }
  .title { font-weight: 600; font-size: 15px }
  .muted { fill: #59636e }
  .middle { text-anchor: middle }
  .end { text-anchor: end }
  .bold { font-weight: 600 }
  .panel { fill: #ffffff; stroke: #d1d9e0 }
  .line { fill: none; stroke: #818b98; stroke-width: 1.5 }
  .dashed { stroke-dasharray: 5 4 }
  .record { fill: #ddf4ff; stroke: #0969da; stroke-width: 1.5 }
  .choice { fill: #fff8c5; stroke: #9a6700; stroke-width: 1.5 }
  .leaf { fill: #f6f8fa; stroke: #b7bfc8 }
  .lost { fill: #ffebe9; stroke: #d1242f; stroke-width: 1.5 }
  .kept { fill: #dafbe1; stroke: #1a7f37; stroke-width: 1.5 }
  .halo { paint-order: stroke; stroke: #ffffff; stroke-width: 6px; stroke-linejoin: round }
  .head { fill: #818b98 }
  .faded { opacity: 0.45 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .muted { fill: #9198a1 }
    .panel { fill: #0d1117; stroke: #3d444d }
    .record { fill: #132b4d; stroke: #4493f8 }
    .choice { fill: #352a0d; stroke: #d29922 }
    .leaf { fill: #1c2530; stroke: #4d5763 }
    .lost { fill: #3c1618; stroke: #f85149 }
    .kept { fill: #12301b; stroke: #3fb950 }
    .halo { stroke: #0d1117 }
  }
"""

CHARACTER = 7.83
"""How wide a character of the 13 px monospace font is."""


def number(value: float) -> str:
    """A coordinate, with as few digits as it needs."""
    return f"{value:.1f}".removesuffix(".0")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def text(x: float, y: float, words: str, kind: str = "") -> str:
    """A line of text whose baseline is at `y`."""
    style = f' class="{kind}"' if kind else ""
    return f'<text{style} x="{number(x)}" y="{number(y)}">{escaped(words)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str, radius: float = 6) -> str:  # noqa: PLR0913, PLR0917
    size = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect class="{kind}" {size} rx="{number(radius)}"/>'


def pill(x: float, y: float, width: float, words: str, kind: str, height: float = 28) -> list[str]:  # noqa: PLR0913, PLR0917
    """A box with a text in its middle; `x, y` is its upper left corner."""
    radius = height / 2 if kind == "choice" and height == 28 else 6
    return [box(x, y, width, height, kind, radius), text(x + width / 2, y + height / 2 + 4.5, words, "middle")]


def line(*points: tuple[float, float], kind: str = "line") -> str:
    path = " L".join(f"{number(x)} {number(y)}" for x, y in points)
    return f'<path class="{kind}" d="M{path}"/>'


def arrow(*points: tuple[float, float], kind: str = "line") -> list[str]:
    """A line along the points with a head at its end, which is reached horizontally or vertically."""
    (x0, y0), (x1, y1) = points[-2:]
    across, down = (x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0)
    back = (x1 - 8 * across, y1 - 8 * down)
    one, other = (back[0] + 4 * down, back[1] + 4 * across), (back[0] - 4 * down, back[1] - 4 * across)
    head = " L".join(f"{number(x)} {number(y)}" for x, y in ((x1, y1), one, other))
    return [line(*points[:-1], back, kind=kind), f'<path class="head" d="M{head} Z"/>']


def moved(x: float, y: float, shapes: Iterable[str]) -> list[str]:
    return [f'<g transform="translate({number(x)} {number(y)})">', *(f"  {shape}" for shape in shapes), "</g>"]


def picture(width: float, height: float, title: str, shapes: Iterable[str]) -> str:
    """The file: a panel of its own colour, so that it can be read on any page, and the shapes on it."""
    size = f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escaped(title)}">',
        f"<title>{escaped(title)}</title>",
        f"<style>{STYLE}</style>",
        box(0.5, 0.5, width - 1, height - 1, "panel", 10),
        *shapes,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


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
    """What each configuration has at a path."""
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
    """What is written on a wheel at a digit and its neighbours, and below it what it adds to the position."""
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
    shapes += titled(208, 164, 112, 60, "leaf", "chunks", "start, stop")
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


PICTURES: dict[str, Callable[[], str]] = {
    "tree.svg": tree, "expansion.svg": expansion, "odometer.svg": odometer, "automaton.svg": automaton, "run.svg": flow,
}  # fmt: skip

if __name__ == "__main__":
    for name, drawn in PICTURES.items():
        (Path(__file__).parent / name).write_text(drawn(), encoding="utf-8")
