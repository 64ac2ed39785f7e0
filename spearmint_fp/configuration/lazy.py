"""Public names of a package, loaded when they are first asked for (PEP 562), as its `__init__.pyi` declares them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from importlib import import_module
from os.path import dirname, join
from typing import Any


def attach_names(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The `__getattr__`, the `__dir__` and the `__all__` of a package: its stub is the one declaration of its names."""
    homes = _read_stub(package, f"{file.removesuffix('.py')}.pyi")
    names = sorted(homes)

    def get_name(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(import_module(package), name, value)
        return value

    return get_name, lambda: names, names


def _read_stub(package: str, stub: str) -> dict[str, str]:
    """The module of each name that a stub imports; `from .room import *` stands for the names of that room's stub."""
    homes: dict[str, str] = {}
    with open(stub, encoding="utf-8") as file:
        lines = ast.parse(file.read()).body
    for line in lines:
        if not isinstance(line, ast.ImportFrom):
            continue
        parts = package.split(".")
        home = ".".join([*parts[: len(parts) - line.level + 1], line.module or ""])
        for name in line.names:
            if name.name == "*":
                homes |= _read_stub(home, join(dirname(stub), home.rpartition(".")[2], "__init__.pyi"))
            else:
                homes[name.name] = home
    return homes
