"""Sweeps and configurations in words: `explain` before a run, `label` for logs, tables and test ids."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ..configuration.errors import PathError, counted, written
from ..configuration.paths import get_in
from ..configuration.tree import dissect, show_path
from .core import Sweep, as_sweep

__all__ = ["explain", "label", "standing"]


def explain(sweep: Sweep[Any]) -> str:
    """The size as a formula, and a line per axis and branch, for a look before a run.

    Nothing is enumerated.

    >>> from spearmint_fp import DynamicValue, expand
    >>> print(explain(expand({"llm": {"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(9))}, "seed": 0})))
    18 configurations = 2 × 9
      llm.model: 2 ('a', 'b')
      llm.n: 9 (range(0, 9))
    >>> print(explain(expand({})))
    1 configuration

    Raises:
        ArgumentError: not a sweep.

    See also: `Sweep.axes`, the same as data; `label`, for one configuration.
    """
    outline = as_sweep(sweep, "explain")._node.outline(())
    size = counted(sweep.size)
    head = f"{size} configuration{'' if sweep.size == 1 else 's'}"
    if outline.formula not in ("", size):
        head += f" = {outline.formula}"
    return "\n".join([head, *(f"  {line}" for line in outline.lines)])


def label(config: Any, sweep: Sweep[Any]) -> str:
    """`"model=gpt-4, temperature=0.1"`: the values of a configuration at the paths that the sweep varies.

    Paths stand in axis order; a path that this configuration does not have is left out. Text is written bare where it
    cannot be mistaken for something else.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"model": DynamicValue(["gpt-4", "b"]), "temperature": DynamicValue([0.1, 0.5]), "static": 1})
    >>> label(s[0], s)
    'model=gpt-4, temperature=0.1'
    >>> label({"static": 1}, expand({"static": 1}))
    ''

    Raises:
        ArgumentError: `sweep` is not a sweep.

    See also: `explain`; `Sweep.axes`.
    """
    columns = as_sweep(sweep, "label")._node.columns()
    pairs = ((path, standing(path, config)) for path, column in columns.items() if column.swept)
    return ", ".join(f"{show_path(path)}={_text(*found)}" for path, found in pairs if found)


def standing(path: tuple[Hashable, ...], config: Any) -> tuple[Any, ...]:
    """`(value,)` where a value stands at the path, nothing where there is none, or a record of others."""
    try:
        value = get_in(path, config)
    except PathError:
        return ()
    parts = dissect(value)
    entered = parts is not None and parts[1] and not isinstance(value, tuple | list)
    return () if entered else (value,)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return written(value)
    bare = value.isprintable() and value.strip() == value and not set(value) & set(",='\"([{<")
    return value if bare and not _literal(value) else repr(value)


def _literal(text: str) -> bool:
    """Whether the text reads as another value: empty, a number, True, False or None."""
    try:
        complex(text.replace("_", ""))
    except ValueError:
        return text in ("", "True", "False", "None")
    return True
