"""Packages that some tests need beside those of the extra `test`: `test-all` has them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

import pytest

MODULES = {"dask": "distributed"}
"""The module to look for, where a package's name is not that of its module."""


def needs(*packages: str) -> pytest.MarkDecorator:
    """Skips a test, by name, where a package is missing."""
    missing = [package for package in packages if find_spec(MODULES.get(package, package)) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}: of the extra test-all")


def cases(names: Iterable[str], *packages: str) -> list[Any]:
    """Names as parameters of a test, of which each needs the packages that it names."""
    return [pytest.param(name, marks=[needs(package) for package in packages if package in name]) for name in names]
