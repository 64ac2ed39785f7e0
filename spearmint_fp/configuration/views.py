"""Views of values as HTML, for notebooks: a room above registers them by type, and is loaded when one is asked for."""

from __future__ import annotations

from functools import singledispatch
from importlib import import_module
from typing import Any

_HOMES: list[str] = []


def register_home(module: str) -> None:
    """Name a module that registers views of types (`view_html.register`) when it is imported."""
    _HOMES.append(module)


@singledispatch
def view_html(value: Any) -> str:
    """The view of a value: its `repr`, where no view of its type is registered."""
    from html import escape  # for notebooks alone

    return f"<code>{escape(repr(value))}</code>"


def show_html(value: Any) -> str:
    """`view_html(value)`, with the modules that register views imported."""
    for module in _HOMES:
        import_module(module)
    return view_html(value)
