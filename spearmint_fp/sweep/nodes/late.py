"""Modules that nodes need to be validated and searched, loaded when one first is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...configuration.late import LateModule

__all__ = ["places", "probes", "spots"]

if TYPE_CHECKING:
    from .. import places, probes, spots
else:
    places, probes, spots = (LateModule(f"spearmint_fp.sweep.{name}") for name in __all__)
