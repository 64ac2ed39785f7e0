"""Experiments: functions that run on a main configuration and its variants."""

from .mint import Spearmint, experiment
from .result import ExperimentResult

__all__ = ["ExperimentResult", "Spearmint", "experiment"]
