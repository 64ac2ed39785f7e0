"""Packages that an extra brings: imported where they are used, with an error that names the extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import MissingExtraError


def require(module: str, *, extra: str, what: str) -> Any:
    """The imported module; where a package is missing, the error says what needs it and which extra brings it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{what} needs a package that is not installed ({error.name}): pip install 'spearmint_fp[{extra}]'"
        ) from None
