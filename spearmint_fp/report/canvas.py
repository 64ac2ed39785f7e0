"""The parts that all pictures share: the frame with its title and note, texts, ticks and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..configuration.extras import require
from ..outcomes.cells import ABSENT, format_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RED: Final = "#c0392b"
"""The colour of failures."""

FONT_POINTS: Final = 9
_NOTE: Final[dict[str, Any]] = {"color": "#6b7280", "fontsize": FONT_POINTS}
_TITLE: Final[dict[str, Any]] = {"fontsize": FONT_POINTS + 3}
_COLOUR_MAP: Final = "viridis"


def load_matplotlib(module: str) -> Any:
    """A module of matplotlib, which is imported when a picture is made."""
    return require(f"matplotlib.{module}".rstrip("."), extra="plot", what="plot")


def add_axes(figure: Figure, title: str | None, note: str, size: tuple[float, float]) -> Axes:
    """The axes of a figure of `size` inches, below a title and a note in small grey letters."""
    figure.set_size_inches(*size)
    axes = figure.add_subplot()
    style_axes(axes)
    if title:
        axes.set_title(escape_text(title), loc="left", fontsize=FONT_POINTS + 3, pad=20 if note else 8)
    if note:
        at = {"xycoords": "axes fraction", "textcoords": "offset points", **_NOTE}
        axes.annotate(note, (0, 1), (0, 6), va="bottom", **at)
    return axes


def style_axes(axes: Axes) -> None:
    """Two thin grey spines, and small letters."""
    axes.tick_params(labelsize=FONT_POINTS, colors="#374151", length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#9ca3af")


def add_note(figure: Figure, title: str | None, note: str) -> None:
    """A title and a note above a figure of several axes."""
    figure.suptitle(escape_text(title) if title else note, x=0.01, ha="left", **(_TITLE if title else _NOTE))
    if title:
        figure.supxlabel(note, x=0.01, ha="left", **_NOTE)


def name_axes(axes: Axes, across: str, up: str) -> None:
    """Write the names of both axes."""
    axes.set_xlabel(escape_text(across), fontsize=FONT_POINTS + 1)
    axes.set_ylabel(escape_text(up), fontsize=FONT_POINTS + 1)


def hide_spines(axes: Axes) -> None:
    """Take away the ticks and the box around the picture; the texts of the ticks stay."""
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def format_tick(value: Any, most: int = 24) -> str:
    """A value as the text of a tick."""
    if value is ABSENT:
        return "absent"
    return escape_text(f"{value:.4g}" if type(value) is float else format_text(value), most)


def escape_text(text: str, most: int = 60) -> str:
    """Text that matplotlib draws as it stands: a dollar sign begins a formula, a low line hides it in a legend."""
    printable = text if text.isprintable() else repr(text)[1:-1]
    short = cut_end(printable, most)
    return f"{' ' if short.startswith('_') else ''}{short}".replace("$", r"\$")


def cut_end(text: str, most: int) -> str:
    """The text, or its beginning and dots where it is longer than that."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def get_colour_map(**extremes: Any) -> Any:
    """The one scale of colours; `bad=` is the colour of what has no number."""
    return load_matplotlib("").colormaps[_COLOUR_MAP].with_extremes(**extremes)


def add_colour_bar(figure: Figure, axes: Axes, drawn: Any, name: str) -> None:
    """The scale of the colours beside the picture, without the transparency of what is drawn."""
    mappable = load_matplotlib("cm").ScalarMappable(drawn.norm, drawn.cmap)
    bar = figure.colorbar(mappable, ax=axes, pad=0.02, fraction=0.05)
    bar.set_label(escape_text(name), fontsize=FONT_POINTS + 1)
    bar.ax.tick_params(labelsize=FONT_POINTS, length=3)
    bar.outline.set_visible(False)
