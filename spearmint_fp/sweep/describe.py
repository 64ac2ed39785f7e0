"""Sweeps and configurations in words: `explain` before a run, `label` for logs, tables and test ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from ..configuration.fold import Steps, list_leaves, show_path
from ..configuration.freezing import thaw
from ..configuration.messages import format_count, nest_key, short_repr
from ..configuration.paths import get_in
from .core import Sweep, as_sweep

if TYPE_CHECKING:
    from .labels import Labels

MOST_HINTS: Final = 3
"""How many lists, and how many keys with a dot in them, `explain` points at."""

MOST_LEAVES: Final = 1_000
"""How many values of a configuration `explain` looks at for a list."""


def explain(sweep: Sweep[Any]) -> str:
    """The size as a formula, and a line per axis and branch, for a look before a run.

    Nothing is enumerated. Where nothing varies, lists are pointed at: a list is a value; and so are keys with a dot.

    >>> from spearmint_fp import DynamicValue, expand
    >>> print(explain(expand({"llm": {"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(9))}, "seed": 0})))
    18 configurations = 2 × 9
      llm.model: 2 ('a', 'b')
      llm.n: 9 (range(0, 9))
    >>> print(explain(expand({})))
    1 configuration
    >>> print(explain(expand({"lr": [0.1, 0.01]})))
    1 configuration
      no choices: lr is a list, which is one value; did you mean DynamicValue([0.1, 0.01])? In a file: !sweep [...]

    Raises:
        ArgumentError: not a sweep.

    See also: `Sweep.axes`, the same as data; `label`, for one configuration.
    """
    outline = as_sweep(sweep, "explain")._node.outline(())
    size = format_count(sweep.size)
    head = f"{size} configuration{'' if sweep.size == 1 else 's'}"
    if outline.formula not in ("", size):
        head += f" = {outline.formula}"
    lines = [*outline.lines]
    if sweep._node.exact:  # to look at paths calls no function
        columns = sweep._node.columns()
        calls = any(column.computed for column in columns.values())
        is_static = not outline.formula and sweep.size == 1 and not calls
        lines += [*_list_dotted(columns), *(_list_lists(sweep) if is_static else ())]
    return "\n".join([head, *(f"  {line}" for line in lines)])


def _list_dotted(paths: Iterable[Steps]) -> list[str]:
    """A line for each key with a dot in it, which may have been meant as a path."""
    steps = ((path[: depth + 1], key) for path in paths for depth, key in enumerate(path))
    dotted = {path: key for path, key in steps if type(key) is str and "." in key}
    return [
        f"{show_path(path)} is one key with a dot in it; nested, it is {nest_key(key)}"
        for path, key in islice(dotted.items(), MOST_HINTS)
    ]


def _list_lists(sweep: Sweep[Any]) -> list[str]:
    """A line for each list of several values in a sweep's only configuration, which may have been meant as a choice."""
    config = sweep[0]
    heads = (path[:depth] for path, _ in list_leaves(config)[:MOST_LEAVES] for depth in range(len(path)))
    found = {head: get_in(head, config) for head in dict.fromkeys(heads)}
    lists = {head: value for head, value in found.items() if type(value) is tuple and len(value) > 1}
    outermost = [head for head in lists if not any(head[:depth] in lists for depth in range(len(head)))]
    return [
        f"no choices: {show_path(head)} is a list, which is one value; did you mean "
        f"DynamicValue({short_repr(thaw(lists[head]))})? In a file: !sweep [...]"
        for head in outermost[:MOST_HINTS]
    ]


def explain_emptiness(sweep: Sweep[Any]) -> str:
    """Why a sweep has no configurations, for a message: it names the empty choices.

    >>> from spearmint_fp import DynamicValue, expand
    >>> explain_emptiness(expand({"a": 1, "b": DynamicValue([])}))
    "the choice at 'b' is empty"
    >>> explain_emptiness(expand(DynamicValue([])))
    'the choice at the root is empty'
    """
    # an axis may have more values than len() can say
    empty = [path for path, values in sweep.axes.items() if not any(True for _ in values)]
    blank = [short_repr(path) if path else "the root" for path in empty]
    left = f"nothing is left of {sweep!r}" if sweep.axes else "there is nothing in it"
    return f"the choice at {', '.join(blank)} is empty" if blank else left


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
        AbsentError: a record of another sweep, with nothing at the paths of this one; names what differs.
        IdentityError: only its identity could tell the configuration from others, and it has none; names the path.

    See also: `slug`, the same as a file name; `explain`; `Sweep.axes`.
    """
    return _write_text(as_sweep(sweep, "label").labels, config, sweep)


def _write_text(labels: Labels, config: Any, sweep: Sweep[Any]) -> str:
    """The label of a configuration, by a spelling; an error where a record has nothing at the paths of the sweep."""
    text = labels.write(config)
    if text == labels.blank and isinstance(config, Mapping) and sweep._node.exact and sweep.axes:
        sweep.index(config)  # the error of a configuration of another sweep, which says where they differ
    return text


def slug(config: Any, sweep: Sweep[Any]) -> str:
    """`"model=gpt-4_temperature=0.1"`: the `label` of a configuration as the name of a file or a folder.

    Letters, digits, `.`, `_`, `-` and `=` alone, at most 120, and no name that Windows keeps for itself; a sweep
    that varies nothing has `config`. Different configurations of the sweep have different slugs, also where
    capitals do not count. Other characters become one hyphen; where that, or a cut at the length, could make two alike,
    a slug ends with a part of the configuration's identity: `-1f0e95c2a4d7`. The same configuration has the same slug
    in every process, as long as the sweep is the same.

    The sweep is looked at once, the first time; every slug after that takes time for its own paths alone. There is no
    way back from a cut one, so keep the configuration in its folder, or make all of them for a look-up:
    `{slug(c, sweep): c for c in sweep}`.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"model": DynamicValue(["org/gpt-4", "b"]), "run": {"lr": DynamicValue([0.1, 1e-5])}, "static": 1})
    >>> slug(s[0], s), slug(s[3], s)
    ('model=org-gpt-4_run.lr=0.1', 'model=b_run.lr=1e-05')
    >>> t = expand({"prompt": DynamicValue(["a b", "a, b"])})
    >>> [slug(config, t) for config in t]
    ['prompt=a-b-f15eda2b6dcf', 'prompt=a-b-a838d39a2d8f']

    Raises:
        ArgumentError: `sweep` is not a sweep.
        AbsentError: a record of another sweep, with nothing at the paths of this one; names what differs.
        IdentityError: only its identity could tell the configuration from others, and it has none; names the path.

    See also: `label`, for people; `config_id`, which has no need of a sweep.
    """
    return _write_text(as_sweep(sweep, "slug").slugs, config, sweep)
