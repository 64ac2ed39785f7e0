"""Sweeps and configurations in words: `explain` before a run, `label` for logs, tables and test ids."""

from __future__ import annotations

from typing import Any

from ..configuration.messages import format_count
from .core import Sweep, as_sweep


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
    size = format_count(sweep.size)
    head = f"{size} configuration{'' if sweep.size == 1 else 's'}"
    if outline.formula not in ("", size):
        head += f" = {outline.formula}"
    return "\n".join([head, *(f"  {line}" for line in outline.lines)])


def label(config: Any, sweep: Sweep[Any]) -> str:
    """`"model=gpt-4, temperature=0.1"`: the values of a configuration at the paths that the sweep varies.

    Different configurations of the sweep have different labels. Paths stand in axis order; a path that this
    configuration does not have is left out. Text is written bare where it cannot be mistaken for something else.
    Where the paths do not tell two configurations apart (after `mapped`, say, or where values are written alike), the
    label ends with a part of its identity: `#1f0e95c2a4d7`. A configuration that is no record is written whole.

    The sweep is looked at once, the first time; every label after that takes time for its own paths alone.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"model": DynamicValue(["gpt-4", "b"]), "temperature": DynamicValue([0.1, 0.5]), "static": 1})
    >>> label(s[0], s)
    'model=gpt-4, temperature=0.1'
    >>> label({"static": 1}, expand({"static": 1}))
    ''
    >>> [label(config, alike) for alike in [s * expand({"n": DynamicValue([1, "1"])})] for config in alike[:2]]
    ['model=gpt-4, temperature=0.1, n=1', "model=gpt-4, temperature=0.1, n='1'"]

    Raises:
        ArgumentError: `sweep` is not a sweep.
        IdentityError: only its identity could tell the configuration from others, and it has none; names the path.

    See also: `explain`; `Sweep.axes`.
    """
    return as_sweep(sweep, "label").labels.write(config)
