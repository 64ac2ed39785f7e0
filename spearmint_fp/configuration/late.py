"""Modules of the standard library that most programs never need: each is loaded when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, final

__all__ = [
    "asyncio",
    "base64",
    "datetime",
    "decimal",
    "futures",
    "hashlib",
    "html",
    "logging",
    "resources",
    "signal",
    "string",
    "tempfile",
]


@final
class LateModule:
    """A module that is loaded when one of its names is first asked for; from then on it has the module's own names."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        module = import_module(self.__name__)
        self.__dict__ = module.__dict__  # no copy: what is replaced in the module is replaced here
        return getattr(module, name)


if TYPE_CHECKING:
    import asyncio
    import base64
    import datetime
    import decimal
    import hashlib
    import html
    import logging
    import signal
    import string
    import tempfile
    from concurrent import futures
    from importlib import resources
else:
    asyncio, base64, datetime, decimal = map(LateModule, ("asyncio", "base64", "datetime", "decimal"))
    hashlib, html, logging, signal = map(LateModule, ("hashlib", "html", "logging", "signal"))
    string, tempfile = map(LateModule, ("string", "tempfile"))
    futures, resources = map(LateModule, ("concurrent.futures", "importlib.resources"))
