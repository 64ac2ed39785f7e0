"""Sweeps: what a set of configurations is, how sweeps are made, combined and chosen from."""

from .choose import constrain, distinct, sample, shard, shuffled
from .combine import concat, derive, empty, mapped, product, unit, zipped
from .core import Sweep, expand
from .describe import explain, label

__all__ = [
    "Sweep",
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
    "unit",
    "zipped",
]
