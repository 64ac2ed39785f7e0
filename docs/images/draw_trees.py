"""Pictures of a tree and of its expansion."""

from collections.abc import Sequence
from itertools import groupby
from math import prod
from typing import Any

import attrs
from svg import CHARACTER, box, line, moved, picture, pill, text

from spearmint_fp import DynamicValue, Sweep, config_id, expand
from spearmint_fp.configuration.fold import Algebra, fold

TREE = {
    "optimizer": DynamicValue([{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]),
    "lr": DynamicValue([0.1, 0.01]),
}

# --- the tree: every size is its children's ------------------------------------------------------------------

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


def draw_leaf(value: Any) -> Drawn:
    words = str(value)
    width = len(words) * CHARACTER + 22
    return Drawn(width, width / 2, 0, pill(0, 0, width, words, "leaf"), 1)


def draw_record(_shape: Any, node: Any, parts: tuple[Drawn, ...]) -> Drawn:
    size = prod(part.size for part in parts)
    sizes = " × ".join(str(part.size) for part in parts)
    words = f"{sizes} = {size}" if len(parts) > 1 else str(size)
    return draw_parent("record", words, size, parts, list(node))


def draw_choice(node: Any, parts: tuple[Drawn, ...]) -> Drawn:
    parts = parts or tuple(map(draw_leaf, expand(node)))
    size = sum(part.size for part in parts)
    sizes = " + ".join(str(part.size) for part in parts)
    return draw_parent("choice", f"{sizes} = {size}", size, parts, [""] * len(parts))


def draw_parent(kind: str, words: str, size: int, parts: Sequence[Drawn], names: Sequence[str]) -> Drawn:
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


def draw_tree() -> str:
    drawn = fold(Algebra(leaf=draw_leaf, record=draw_record, choice=draw_choice), TREE)
    assert drawn.size == expand(TREE).size  # noqa: S101  # a wrong picture is not drawn
    wide, below = 720, 28 + 28 + LEVEL * drawn.depth + 34
    shapes = moved((wide - drawn.width) / 2, 28, drawn.shapes)
    for left, (kind, *words) in zip((28, 254, 514), LEGEND, strict=True):
        shapes.append(box(left, below, 26, 22, kind, 11 if kind == "choice" else 5))
        shapes += [text(left + 36, below + 7 + 18 * k, w, "word muted") for k, w in enumerate(words)]
    return picture(wide, below + 50, "A tree of records, choices and leaves, with the size of each part", shapes)


# --- its expansion: a sum of products, the leftmost slowest --------------------------------------------------

ROW = 34


def format_formula(node: Any) -> str:
    """The tree as a product of sums."""

    def product(_shape: Any, _node: Any, parts: tuple[str, ...]) -> str:
        return " × ".join(parts)

    def added(node: Any, parts: tuple[str, ...]) -> str:
        return f"({' + '.join(parts or map(str, expand(node)))})"

    return fold(Algebra(leaf=str, record=product, choice=added), node)


def list_values(sweep: Sweep[Any], path: str) -> list[str | None]:
    """The value of each configuration at a path."""
    first, _, second = path.partition(".")
    found = (config[first] for config in sweep)
    return [str(value) if not second else str(value[second]) if second in value else None for value in found]


def group_rows(columns: Sequence[Sequence[str | None]], column: int) -> list[tuple[int, int, str | None]]:
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


def draw_expansion() -> str:
    sweep = expand(TREE)
    paths = [str(path) for path in sweep.axes]
    columns = [list_values(sweep, path) for path in paths]
    shapes = [
        text(32, 40, format_formula(TREE)),
        text(32, 64, repr(sweep).removeprefix("Sweep(").removesuffix(")"), "muted"),
    ]
    shapes += [text(64, 112, "index", "word muted end"), text(588, 112, "config_id", "word muted")]
    for index, config in enumerate(sweep):
        y = 154 + index * ROW
        shapes += [text(64, y, str(index), "muted end"), text(588, y, f"{config_id(config)[:12]}…", "muted")]
    for k, (left, width) in enumerate(COLUMNS):
        shapes.append(text(left + width / 2, 112, paths[k], "word middle bold"))
        for start, stop, value in group_rows(columns, k):
            y, height = 136 + start * ROW, (stop - start) * ROW - 6
            drawn = pill(left, y, width, value or "-", "choice" if k else "record", height)
            shapes += drawn if value else [drawn[1].replace("middle", "middle muted")]
    return picture(728, 158 + sweep.size * ROW, "The six configurations that the tree expands to", shapes)
