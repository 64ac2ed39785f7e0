"""The check of a path that an operation takes: some configuration of the sweep has something there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from ..configuration.errors import PathError
from ..configuration.fold import list_leaves, show_path
from ..configuration.messages import suggest_names
from .claims import Steps
from .nodes.node import Node
from .nodes.points import walk_possible_points

MOST_SUGGESTED: Final = 1_000
"""How many paths are compared with one that is unknown, to suggest what was probably meant."""


def check_path(path: Steps, node: Node) -> None:
    """An error where no configuration of a sweep, nor of the one that it was selected from, has such a path.

    Raises:
        PathError: there is none; names the nearest that there is.
        SizeError: more than 10^6 configurations would have to be looked at.
    """
    if not node.has_path(path):
        known = dict.fromkeys(map(show_path, islice(_list_paths(node.source), MOST_SUGGESTED)))
        near = suggest_names(show_path(path), known) if known else ": they are no records"
        raise PathError(f"no configuration has {show_path(path)}{near}")


def _list_paths(node: Node) -> Iterator[Steps]:
    """The paths of a sweep, those of records too; of points where only a function knows them."""
    shown = walk_possible_points(node, 0, min(node.size, 20))
    paths = node.columns() if node.exact else (path for point in shown for path, _ in list_leaves(point))
    return (path[:end] for path in paths for end in range(len(path), 0, -1))
