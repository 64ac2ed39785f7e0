"""Modules of this room that are loaded when they are first used: each draws or counts for one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..configuration.late import LateModule

__all__ = ["answers", "canvas", "charts", "effects", "heatmap", "lines", "parallel"]

if TYPE_CHECKING:
    from . import answers, canvas, charts, effects, heatmap, lines, parallel
else:
    answers, canvas, charts, effects, heatmap, lines, parallel = (
        LateModule(f"{__package__}.{name}") for name in __all__
    )
