"""Modules of this room that are loaded at their first use: most programs need few of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..configuration.late import LateModule

__all__ = [
    "arrays",
    "checks",
    "counted",
    "derivations",
    "descent",
    "extended",
    "labels",
    "merge",
    "record",
    "reordered",
    "slugs",
    "sobol",
]

if TYPE_CHECKING:
    from . import checks, counted, labels, slugs
    from .designs import arrays, descent, sobol
    from .nodes import derive as derivations
    from .nodes import extended, merge, record, reordered
else:
    checks, counted, labels, slugs = (
        LateModule(f"{__package__}.{name}") for name in ("checks", "counted", "labels", "slugs")
    )
    arrays, descent, sobol = (LateModule(f"{__package__}.designs.{name}") for name in ("arrays", "descent", "sobol"))
    derivations, extended, merge, record, reordered = (
        LateModule(f"{__package__}.nodes.{name}") for name in ("derive", "extended", "merge", "record", "reordered")
    )
