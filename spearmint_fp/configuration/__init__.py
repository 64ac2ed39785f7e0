"""Configurations: what one configuration is, as a tree of records, choices and leaves."""

from .errors import (
    AbsentError,
    ArgumentError,
    ChoiceError,
    ConflictError,
    ConversionError,
    CountError,
    ExperimentError,
    IdentityError,
    MissingAttributeError,
    PathError,
    PositionError,
    SizeError,
    SpearmintError,
    TreeError,
)
from .identity import config_id
from .paths import get_in, override, set_in, update_in
from .tree import Config, DynamicValue, freeze, thaw

__all__ = [
    "AbsentError",
    "ArgumentError",
    "ChoiceError",
    "Config",
    "ConflictError",
    "ConversionError",
    "CountError",
    "DynamicValue",
    "ExperimentError",
    "IdentityError",
    "MissingAttributeError",
    "PathError",
    "PositionError",
    "SizeError",
    "SpearmintError",
    "TreeError",
    "config_id",
    "freeze",
    "get_in",
    "override",
    "set_in",
    "thaw",
    "update_in",
]
