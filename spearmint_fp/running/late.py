"""Modules that are loaded when the first run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..configuration.late import LateModule

__all__ = ["event_loops", "loop", "replay", "sources"]

if TYPE_CHECKING:
    from ..tasks import event_loops
    from ..workers import sources
    from . import loop, replay
else:
    loop, replay = (LateModule(f"{__package__}.{name}") for name in ("loop", "replay"))
    event_loops = LateModule("spearmint_fp.tasks.event_loops")
    sources = LateModule("spearmint_fp.workers.sources")
