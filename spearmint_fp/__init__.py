"""A `Sweep` is to configurations what `range` is to integers.

Trees of records, choices and leaves (`Config`, `DynamicValue`) expand into sweeps that are lazy, immutable, exactly
sized, indexable, sliceable, comparable, hashable and tiny to pickle, whether they hold six configurations or 10^30.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .configuration import (
    AbsentError,
    AbsentFileError,
    ArgumentError,
    ChoiceError,
    Config,
    ConflictError,
    ConversionError,
    CountError,
    DynamicValue,
    ExperimentError,
    FileError,
    FormatError,
    IdentityError,
    MissingAttributeError,
    MissingExtraError,
    PathError,
    PositionError,
    SizeError,
    SpearmintError,
    TreeError,
    config_id,
    freeze,
    get_in,
    override,
    set_in,
    thaw,
    update_in,
)
from .experiment import (
    ExperimentResult,
    Spearmint,
    experiment,
)

if TYPE_CHECKING:
    from .configuration import (
        ABSENT,
        Problem,
        load,
        structure,
        unstructure,
    )
    from .running import (
        Bind,
        ErrorInfo,
        Failure,
        Outcome,
        Success,
        inject,
    )
    from .sweep import (
        Sweep,
        Validation,
        concat,
        constrain,
        derive,
        distinct,
        empty,
        expand,
        explain,
        label,
        mapped,
        product,
        sample,
        shard,
        shuffled,
        structured,
        unit,
        validate,
        zipped,
    )

__version__ = "0.1.0"

__all__ = [
    "ABSENT",
    "AbsentError",
    "AbsentFileError",
    "ArgumentError",
    "Bind",
    "ChoiceError",
    "Config",
    "ConflictError",
    "ConversionError",
    "CountError",
    "DynamicValue",
    "ErrorInfo",
    "ExperimentError",
    "ExperimentResult",
    "Failure",
    "FileError",
    "FormatError",
    "IdentityError",
    "MissingAttributeError",
    "MissingExtraError",
    "Outcome",
    "PathError",
    "PositionError",
    "Problem",
    "SizeError",
    "Spearmint",
    "SpearmintError",
    "Success",
    "Sweep",
    "TreeError",
    "Validation",
    "concat",
    "config_id",
    "constrain",
    "derive",
    "distinct",
    "empty",
    "expand",
    "experiment",
    "explain",
    "freeze",
    "get_in",
    "inject",
    "label",
    "load",
    "mapped",
    "override",
    "product",
    "sample",
    "set_in",
    "shard",
    "shuffled",
    "structure",
    "structured",
    "thaw",
    "unit",
    "unstructure",
    "update_in",
    "validate",
    "zipped",
]

# The rooms above the configurations are loaded when one of their names is first asked for (PEP 562).
_LATER = {
    "ABSENT": "configuration",
    "Problem": "configuration",
    "load": "configuration",
    "structure": "configuration",
    "unstructure": "configuration",
    "Bind": "running",
    "ErrorInfo": "running",
    "Failure": "running",
    "Outcome": "running",
    "Success": "running",
    "inject": "running",
    "Sweep": "sweep",
    "Validation": "sweep",
    "concat": "sweep",
    "constrain": "sweep",
    "derive": "sweep",
    "distinct": "sweep",
    "empty": "sweep",
    "expand": "sweep",
    "explain": "sweep",
    "label": "sweep",
    "mapped": "sweep",
    "product": "sweep",
    "sample": "sweep",
    "shard": "sweep",
    "shuffled": "sweep",
    "structured": "sweep",
    "unit": "sweep",
    "validate": "sweep",
    "zipped": "sweep",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f".{_LATER[name]}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
