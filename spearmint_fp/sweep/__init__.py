"""Sweeps: what a set of configurations is, how sweeps are made, combined and chosen from."""

from .choose import constrain, distinct, sample, shard, shuffled
from .combine import concat, derive, empty, mapped, product, unit, zipped
from .core import Sweep, expand
from .describe import explain, label
from .typed import structured
from .validation import Validation, validate

__all__ = [
    "Sweep",
    "Validation",
    "concat",
    "constrain",
    "derive",
    "distinct",
    "empty",
    "expand",
    "explain",
    "label",
    "mapped",
    "product",
    "sample",
    "shard",
    "shuffled",
    "structured",
    "unit",
    "validate",
    "zipped",
]
