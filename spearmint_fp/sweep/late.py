"""Modules of this room that are loaded when they are first used: most programs ask a part of them, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..configuration.late import LateModule

__all__ = ["arrays", "checks", "counted", "descent", "extended", "reordered"]

if TYPE_CHECKING:
    from . import checks, counted
    from .designs import arrays, descent
    from .nodes import extended, reordered
else:
    checks, counted = (LateModule(f"{__package__}.{name}") for name in ("checks", "counted"))
    arrays, descent = (LateModule(f"{__package__}.designs.{name}") for name in ("arrays", "descent"))
    extended, reordered = (LateModule(f"{__package__}.nodes.{name}") for name in ("extended", "reordered"))
