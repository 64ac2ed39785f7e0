"""Files as trees, and trees as files: what the tags of a file ask of sweeps is handed to the readers from here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..configuration.choices import DynamicValue
from ..configuration.errors import ArgumentError, PathError, SizeError
from ..configuration.extras import require
from ..configuration.fold import Leaves, Steps, show_path
from ..configuration.freezing import freeze
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.paths import parse_path
from ..conversion.comparisons import Comparison
from ..conversion.files import read_text_trees, read_trees, read_value
from ..conversion.operations import Operations, Tied
from .choose import check_path, constrain
from .claims import overlap
from .combine import derive, product, zipped
from .core import Sweep
from .expansion import expand
from .include import include
from .where import exclude, where

MOST_CONSTRAINTS: Final = 100
"""How many constraints a `!space` may have."""


def load(path: str | os.PathLike[str]) -> Any:
    """The tree that a file holds, or a choice among its trees: `expand(load(path))` is the sweep of the file.

    A mapping is one tree, and so is a list or a folder of one. Several, in a list, in the documents of a YAML file, in
    the rows of a table (CSV, JSON Lines), or in a folder, whose files are read in the order of their names, are a
    `DynamicValue`. An empty list is a choice without alternatives. In YAML `!sweep [a, b]` is `DynamicValue([a, b])`,
    with alternatives that are trees again, and so for `!range`, `!linspace` and `!geomspace`; `!zip`, `!space` and a
    choice behind `<<` are sweeps. Scalars are those of YAML 1.2: `on` and `no` are text, `1e-3` is a number; dates
    are dates, and underscores may group digits. The loaders are safe: no tag but these and YAML's own makes
    anything, and constraints are comparisons in a small language of their own. Files are read at once, as UTF-8. YAML
    needs `spearmint_fp[yaml]`.

    >>> import tempfile
    >>> from pathlib import Path
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.json").write_text('[{"n": 1}, {"n": 2}]')
    >>> _ = (folder / "b.toml").write_text('n = 3')
    >>> load(folder)
    DynamicValue(({'n': 1}, {'n': 2}, {'n': 3}))
    >>> load(folder / "b.toml")
    Config({'n': 3})

    Raises:
        AbsentFileError: nothing stands there.
        FileError: it cannot be read, is larger than 64 MiB, or is a folder without any such file; names the path.
        FormatError: names the file, and line and column where the format has them: what does not parse, a duplicate
            key or column, an anchor that contains itself or expands without bound, an unknown tag, a path that no
            configuration has, nesting deeper than 200.
        MissingExtraError: a YAML file, and no YAML library.

    See also: `expand`, which makes the sweep; `dump_yaml`, the inverse; `Spearmint`, whose `configs` may name files.
    """
    return _join_trees(read_trees(path, _OPERATIONS))


def load_text(content: bytes, name: str) -> Any:
    """The tree of a text in JSON, JSON Lines or YAML, as `load` gives that of a file; `name` stands in its errors.

    >>> load_text(b'[{"n": 1}, {"n": 2}]', "standard input")
    DynamicValue(({'n': 1}, {'n': 2}))

    Raises:
        FileError: more than 64 MiB.
        FormatError: as `load`.
        MissingExtraError: no JSON, and no YAML library.

    See also: `load`, for files.
    """
    return _join_trees(read_text_trees(content, name, _OPERATIONS))


def parse_value(text: str, name: str) -> Any:
    """The value of a YAML text, a scalar or a tree with tags; `name` stands in its errors.

    >>> parse_value("!sweep [0.1, 1e-3]", "--set lr"), parse_value("adam", "--set opt")
    (DynamicValue((0.1, 0.001)), 'adam')

    Raises:
        FormatError: as `load`.
        MissingExtraError: no YAML library.

    See also: `load_text`, for whole configurations.
    """
    return read_value(text, name, _OPERATIONS)


def dump_yaml(tree: Any) -> str:
    """The YAML text from which `load` reads the tree again: `load(path_of(dump_yaml(tree))) == tree`.

    Choices are written as the tags that make them; so are sweeps that `load` has read, constraints and all. Any other
    sweep is written as a choice among its configurations, up to 10^4 of them. Typed instances are written as their
    fields and enums as their values, as `unstructure` has them; a time of day becomes text. Dates, sets and binary
    data are YAML's own.

    >>> from spearmint_fp import DynamicValue, expand
    >>> print(dump_yaml({"lr": DynamicValue([0.1, 0.01]), "n": DynamicValue(range(0, 64, 16))}), end="")
    lr: !sweep [0.1, 0.01]
    n: !range [0, 64, 16]
    >>> print(dump_yaml({}), end="")
    {}

    Raises:
        EncodingError: a leaf that YAML has no word for, a key or an element of a set that is no scalar, or a sweep of
            more than 10^4 configurations that no file made.
        TreeError: a cycle, or nesting deeper than 200; names the path.
        MissingExtraError: no YAML library.

    See also: `load`, the inverse; `json_schema`.
    """
    writer = require("spearmint_fp.conversion.yaml_text", extra="yaml", what="dump_yaml")
    return writer.write_yaml(tree)  # type: ignore[no-any-return]


def open_ties(tree: Any) -> tuple[Leaves, Any]:
    """The values that are tied to others in a tree that `load` gives, and the tree before they were.

    >>> open_ties(load_text(b"{a: !sweep [1, 2], b: !tied a}", "x"))
    ([(('b',), 'a')], Config({'a': DynamicValue((1, 2)), 'b': 'a'}))
    >>> open_ties({"a": 1})
    ([], {'a': 1})
    """
    tag, inner = (tree._source if isinstance(tree, Sweep) else None) or ("!sweep", None)
    if tag:
        return [], tree
    return require("spearmint_fp.conversion.yaml_values", extra="yaml", what="!tied").find_ties(inner), inner


def tie_values(ties: Leaves, tree: Any) -> Sweep[Any]:
    """The sweep of a tree with values tied to others: the inverse of `open_ties`."""
    sweep = expand(tree)
    for path, tied in ties:
        sweep = _tie_path(path, tied, sweep)
    return sweep


def _join_trees(trees: Sequence[Any]) -> Any:
    """One tree as it is, of several the choice among them."""
    return trees[0] if len(trees) == 1 else DynamicValue(trees)


# --- what tags make ------------------------------------------------------------------------------------


def _zip_axes(axes: Mapping[Any, Any]) -> Sweep[Any]:
    return zipped(*(expand({key: choice}) for key, choice in axes.items()))


def _tie_path(path: Steps, tied: Tied, sweep: Sweep[Any]) -> Sweep[Any]:
    """The sweep with the value at a path copied from another one."""
    source = parse_path(str(tied))
    if overlap(path, source):
        raise ArgumentError(f"{show_path(path)} is tied to {tied}, which it is a part of. Name another path")
    check_path(source, sweep._node)
    return derive(path, tied, sweep)


def _constrain_all(texts: Any, sweep: Sweep[Any]) -> Sweep[Any]:
    """The sweep with every comparison as a constraint on the paths that it names."""
    listed = texts if isinstance(texts, list | tuple) else [texts]
    if len(listed) > MOST_CONSTRAINTS:
        raise SizeError(f"more than {MOST_CONSTRAINTS} constraints. Join some with and")
    for text in listed:
        if not isinstance(text, str):
            raise ArgumentError(f"a constraint is text, such as 'batch * lr <= 1'; got {repr_with_type(text)}")
        comparison = Comparison(text)
        try:
            sweep = constrain(comparison, sweep, on=comparison.paths)
        except PathError as error:
            raise PathError(f"{short_repr(text)}: {error} (text stands in quotes, odd names in backticks)") from None
    return sweep


def _describe(sweep: Sweep[Any], tag: str, argument: Any) -> Sweep[Any]:
    return Sweep(sweep._node, (tag, freeze(argument)))


_OPERATIONS: Final = Operations(
    expand=expand,
    product=lambda parts: product(*map(expand, parts)),
    zip=_zip_axes,
    tie=_tie_path,
    steps={"where": where, "constraints": _constrain_all, "exclude": exclude, "include": include},
    describe=_describe,
)
