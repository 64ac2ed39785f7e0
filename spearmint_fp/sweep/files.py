"""Files as trees, and trees as files: what the tags of a file ask of sweeps is handed to the readers from here."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..configuration.choices import DynamicValue
from ..configuration.extras import require
from ..configuration.fold import Leaves
from ..configuration.late import LateModule
from ..conversion.late import files
from .core import Sweep
from .expansion import expand

if TYPE_CHECKING:
    from . import tags
else:
    tags = LateModule(f"{__package__}.tags")


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
    return _join_trees(files.read_trees(path, tags.OPERATIONS))


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
    return _join_trees(files.read_text_trees(content, name, tags.OPERATIONS))


def parse_value(text: str, name: str) -> Any:
    """The value of a YAML text, a scalar or a tree with tags; `name` stands in its errors.

    >>> parse_value("!sweep [0.1, 1e-3]", "--set lr"), parse_value("adam", "--set opt")
    (DynamicValue((0.1, 0.001)), 'adam')

    Raises:
        FormatError: as `load`.
        MissingExtraError: no YAML library.

    See also: `load_text`, for whole configurations.
    """
    return files.read_value(text, name, tags.OPERATIONS)


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
        sweep = tags.tie_path(path, tied, sweep)
    return sweep


def _join_trees(trees: Sequence[Any]) -> Any:
    """One tree as it is, of several the choice among them."""
    return trees[0] if len(trees) == 1 else DynamicValue(trees)
