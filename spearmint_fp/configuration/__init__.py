"""One configuration: a tree of records, choices and leaves, the fold over trees, paths, merging and identity.

Imports no other room. Its public names are declared in `__init__.pyi`, those of `conversion` beside them.
"""

from . import config as config
from .lazy import attach_names

__getattr__, __dir__, __all__ = attach_names(__name__, __file__)
