"""A `Sweep` is to configurations what `range` is to integers.

Trees of records, choices and leaves (`Config`, `DynamicValue`) expand into sweeps that are lazy, immutable, exactly
sized, indexable, sliceable, comparable, hashable and tiny to pickle, whether they hold six configurations or 10^30.

The public names are declared in `__init__.pyi`. Each is loaded when it is first asked for.
"""

from . import configuration as configuration
from . import experiment
from .configuration.lazy import attach_names
from .configuration.views import register_home

del experiment  # the room, which is imported only once: from here on the name is that of the decorator

register_home(f"{__name__}.report.reprs")

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
