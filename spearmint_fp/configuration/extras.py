"""Packages that an extra brings: imported where they are used, with an error that names the extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from .errors import MissingExtraError

PACKAGES: Final = {
    "yaml": ("pyyaml>=6.0.2",),
    "processes": ("cloudpickle>=3.1",),
    "retry": ("tenacity>=9",),
    "progress": ("tqdm>=4.67",),
    "dask": ("distributed>=2024.12", "cloudpickle>=3.1"),
    "ray": ("ray>=2.48", "cloudpickle>=3.1"),
    "numpy": ("numpy>=1.26",),
    "pandas": ("pandas>=2.2",),
    "polars": ("polars>=1.20", "numpy>=1.26"),
    "plot": ("matplotlib>=3.9",),
    "stats": ("scipy>=1.14",),
    "xarray": ("xarray>=2024.10",),
    "cli": ("click>=8.2", "pyyaml>=6.0.2", "cloudpickle>=3.1", "tqdm>=4.67"),
}
"""The packages of each extra, as the package's metadata has it, which a checkout that is not installed lacks."""


def suggest_install(extra: str) -> str:
    """How to get what an extra brings; by name too, for whoever has the library from elsewhere than an index."""
    packages = " ".join(f"'{package}'" for package in PACKAGES[extra])
    return f"pip install 'spearmint_fp[{extra}]', or by name: pip install {packages}"


def require(module: str, *, extra: str, what: str) -> Any:
    """The imported module; where a package is missing, the error says what needs it and which extra brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{what} needs a package that is not installed ({error.name}): {suggest_install(extra)}"
        ) from None
