"""Shapes of SVG pictures as text: boxes, lines, arrows and words, in both themes of a page."""

from collections.abc import Iterable

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
