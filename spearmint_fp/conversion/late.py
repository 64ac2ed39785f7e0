"""Modules of this room that are loaded when they are first used: most programs convert nothing, and read no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..configuration.late import LateModule

__all__ = ["comparisons", "diagnosis", "fields", "files", "hints", "hook_table", "models", "type_schemas"]

if TYPE_CHECKING:
    from . import annotations as hints
    from . import comparisons, diagnosis, fields, files, hook_table, models, type_schemas
else:
    hints = LateModule(f"{__package__}.annotations")
    comparisons, diagnosis, fields, files, hook_table, models, type_schemas = (
        LateModule(f"{__package__}.{name}") for name in __all__ if name != "hints"
    )
