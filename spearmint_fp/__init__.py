"""A `Sweep` is to configurations what `range` is to integers."""

from .configuration import *
from .sweep import *

__version__ = "0.1.0"
