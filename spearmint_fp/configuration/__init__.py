"""Configurations: what one configuration is, as a tree of records, choices and leaves."""

from typing import TYPE_CHECKING

from .errors import (
    AbsentError,
    AbsentFileError,
    ArgumentError,
    CallbackError,
    ChoiceError,
    ConflictError,
    ConversionError,
    CountError,
    EncodingError,
    ExperimentError,
    FileError,
    FormatError,
    IdentityError,
    JournalError,
    MissingAttributeError,
    MissingExtraError,
    PathError,
    PositionError,
    RunError,
    SizeError,
    SpearmintError,
    TaskTimeoutError,
    TransferError,
    TreeError,
    WorkerError,
)
from .identity import config_id
from .later import later
from .paths import get_in, override, set_in, update_in
from .tree import Config, DynamicValue, freeze, thaw

if TYPE_CHECKING:
    from .convert import structure, unstructure
    from .files import load
    from .problems import ABSENT, Problem

__all__ = [
    "ABSENT",
    "AbsentError",
    "AbsentFileError",
    "ArgumentError",
    "CallbackError",
    "ChoiceError",
    "Config",
    "ConflictError",
    "ConversionError",
    "CountError",
    "DynamicValue",
    "EncodingError",
    "ExperimentError",
    "FileError",
    "FormatError",
    "IdentityError",
    "JournalError",
    "MissingAttributeError",
    "MissingExtraError",
    "PathError",
    "PositionError",
    "Problem",
    "RunError",
    "SizeError",
    "SpearmintError",
    "TaskTimeoutError",
    "TransferError",
    "TreeError",
    "WorkerError",
    "config_id",
    "freeze",
    "get_in",
    "load",
    "override",
    "set_in",
    "structure",
    "thaw",
    "unstructure",
    "update_in",
]

# Conversion and files are loaded when one of their names is first asked for (PEP 562).
_LATER = {
    "ABSENT": "problems",
    "Problem": "problems",
    "load": "files",
    "structure": "convert",
    "unstructure": "convert",
}


__getattr__, __dir__ = later(globals(), _LATER)
