"""Pictures of how sweeps are counted and chosen from: an odometer, an automaton, a spread, a covering array."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from math import prod
from typing import Any

from svg import arrow, box, line, moved, picture, pill, text

from spearmint_fp import DynamicValue, Sweep, constrain, covering, expand, sample, spread

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


# --- the odometer: a position is a number in mixed radix -----------------------------------------------------


def find_digits(position: int, sizes: Sequence[int]) -> list[int]:
    found: list[int] = []
    for size in reversed(sizes):
        position, digit = divmod(position, size)
        found.insert(0, digit)
    return found


def draw_wheel(path: str, alternatives: Sequence[Any], digit: int, weight: int) -> list[str]:
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


def draw_odometer() -> str:
    axes = [(str(path), axis) for path, axis in GRID.axes.items()]
    sizes = [len(axis) for _, axis in axes]
    weights = [prod(sizes[k + 1 :]) for k in range(len(sizes))]
    shapes = [
        *(box(40 + 150 * k, 66, 112, 126, "leaf", 12) for k in range(len(axes))),
        box(28, 113, 436, 32, "choice", 8),
    ]
    for k, ((path, axis), digit) in enumerate(zip(axes, find_digits(TURN, sizes), strict=True)):
        assert axis[digit] == GRID[TURN][path]  # noqa: S101
        shapes += moved(40 + 150 * k, 66, draw_wheel(path, axis, digit, weights[k]))
        shapes.append(text(171 + 150 * k, 220, "+" if k + 1 < len(axes) else f"= {TURN}", "bold"))
    return picture(920, 266, "An odometer of three wheels at position 11 of 24", [*shapes, *draw_turns(sizes)])


def draw_turns(sizes: Sequence[int]) -> list[str]:
    """The positions around, with the wheels that have turned since the one before."""
    shapes = [text(560, 48, "index", "word muted end"), text(584, 48, "what has turned is yellow", "word muted")]
    for row, position in enumerate(range(TURN - 1, TURN + 3)):
        y, before = 66 + row * 34, find_digits(position - 1, sizes)
        kind = "bold end" if position == TURN else "muted end"
        shapes.append(text(560, y + 18, str(position), kind))
        for k, (digit, value) in enumerate(zip(find_digits(position, sizes), GRID[position].values(), strict=True)):
            turned = digit != before[k]
            shapes += pill(584 + 104 * k, y, 92, str(value), "choice" if turned else "leaf")
    return [
        *shapes,
        text(584, 220, "A wheel that comes round", "word muted"),
        text(584, 240, "turns the one before it.", "word muted"),
    ]


# --- an automaton: how many ways lead on from each value -----------------------------------------------------


def draw_automaton() -> str:
    """The values of `a`, from each the values of `b` that are left, and the way to one index."""
    found = SQUARE[RANK]
    shapes = [text(98, 44, "a", "word middle bold"), text(400, 44, "b, after each", "word middle bold")]
    for a in range(4):
        left = [config.b for config in SQUARE if config.a == a]
        y = 64 + 52 * a
        shapes += pill(52, y, 92, str(a), choose_colour(bool(left), a == found.a), 34)
        if left:
            shapes += arrow((144, y + 17), (276, y + 17))
            words = f"{len(left)} way{'s' * (len(left) > 1)}"
            shapes += [text(206, y + 21, words, "word middle muted halo")]
            for b in range(4):
                colour = choose_colour(b in left, (a, b) == tuple(found.values()))
                shapes += pill(280 + 62 * b, y, 52, str(b), colour, 34)
        else:
            shapes.append(text(160, y + 21, "none is left: cut off the axis, as is 0 from b", "word muted"))
    return picture(
        860,
        292,
        f"The automaton of a < b over four values each, and index {RANK} of {SQUARE.size}",
        [*shapes, *draw_lookup()],
    )


def choose_colour(left: bool, found: bool) -> str:
    return "choice" if found else "kept" if left else "lost"


def draw_lookup() -> list[str]:
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


# --- a spread beside a sample: what falls into each part of an axis ------------------------------------------

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


def draw_points(x: float, y: float, title: str, chosen: Sweep[Any]) -> list[str]:
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


def draw_spread() -> str:
    """The same number of configurations under a constraint: by chance, and evenly."""
    wide, tall = SIDE * CELL, SIDE * CELL
    shapes = draw_points(30, 26, f"sample({CHOSEN}, s)", sample(CHOSEN, HYPERBOLA))
    shapes += draw_points(70 + wide, 26, f"spread({CHOSEN}, s)", spread(CHOSEN, HYPERBOLA))
    words = (
        f"Grey: the {HYPERBOLA.size} configurations that x * y <= {8 * SIDE} leaves. Blue: those that are chosen.",
        "Below: how many of them each strip of x has, and a line at its exact share.",
    )
    shapes += [text(30, tall + 144 + 20 * k, sentence, "word muted") for k, sentence in enumerate(words)]
    return picture(100 + 2 * wide, tall + 184, "A sample and a spread of the same constrained sweep", shapes)


# --- a covering array and its pairs --------------------------------------------------------------------------

TABLE = expand({axis: DynamicValue([0, 1, 2]) for axis in ("os", "python", "db", "cache")})
ARRAY = covering(2, TABLE)
KINDS = ("record", "choice", "kept")
"""The colour of each value."""


def draw_covering() -> str:
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
