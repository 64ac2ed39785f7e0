"""Modules by which nodes are shown, searched and validated; each is loaded at its first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...configuration.late import LateModule

__all__ = ["outline", "places", "probes", "spots"]

if TYPE_CHECKING:
    from .. import outline, places, probes, spots
else:
    outline, places, probes, spots = (LateModule(f"spearmint_fp.sweep.{name}") for name in __all__)
