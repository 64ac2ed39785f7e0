"""Experiments: functions that run on a main configuration and its variants."""

from .mint import ExperimentResult, Spearmint, experiment

__all__ = ["ExperimentResult", "Spearmint", "experiment"]
