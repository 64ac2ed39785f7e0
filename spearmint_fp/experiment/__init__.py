"""Experiments: functions that run on a main configuration and its variants."""

from typing import TYPE_CHECKING

from ..configuration.later import later
from .context import runtime_context
from .mint import Spearmint, experiment
from .result import ExperimentResult

if TYPE_CHECKING:
    from .strategies import round_robin, shadow, single, sticky

__all__ = [
    "ExperimentResult",
    "Spearmint",
    "experiment",
    "round_robin",
    "runtime_context",
    "shadow",
    "single",
    "sticky",
]

# Strategies need sweeps, so they are loaded when one of their names is first asked for (PEP 562).
_LATER = {"round_robin": "strategies", "shadow": "strategies", "single": "strategies", "sticky": "strategies"}


__getattr__, __dir__ = later(globals(), _LATER)
