"""Configurations: what one configuration is, as a tree of records, choices and leaves."""

from .errors import *  # every error is public
from .errors import __all__ as _errors
from .paths import get_in, override, set_in, update_in
from .tree import Config, DynamicValue, freeze, thaw

__all__ = ["Config", "DynamicValue", "freeze", "get_in", "override", "set_in", "thaw", "update_in", *_errors]
