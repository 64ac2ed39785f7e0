"""Which paths lead somewhere in a sweep: what an operation that takes a path asks before it does anything."""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator
from itertools import islice
from typing import Final

from ..configuration.errors import PathError, SizeError, format_count, suggest_names
from ..configuration.paths import can_set_in, find_in
from ..configuration.records import find_index
from ..configuration.tree import Layout, list_leaves, show_path
from .claims import Steps
from .nodes.axis import Axis
from .nodes.derive import Derive
from .nodes.image import Image
from .nodes.merge import Merge
from .nodes.node import LIMIT, Node, possible_points
from .nodes.record import Record
from .nodes.select import Select
from .nodes.union import Union

__all__ = ["can_be_set", "check_path"]

SUGGESTED: Final = 1_000
"""Among how many paths the one that was probably meant is looked for."""


def check_path(path: Steps, node: Node) -> None:
    """An error where no configuration of a sweep, nor of the one that it was selected from, has such a path.

    Raises:
        PathError: there is none; names the nearest that there is.
        SizeError: more than 10^6 configurations would have to be looked at.
    """
    if not _stands(node, path):
        known = dict.fromkeys(map(show_path, islice(_known(node), SUGGESTED)))
        near = suggest_names(show_path(path), known) if known else ": they are no records"
        raise PathError(f"no configuration has {show_path(path)}{near}")


def _stands(node: Node, path: Steps) -> bool:
    """True where some point has something at the path; also where a choice without alternatives could have it."""
    if not path:
        return True
    if isinstance(node, Axis):
        return not node.size or (not isinstance(node.values, range) and any(find_in(path, v) for v in node.values))
    if isinstance(node, Record):
        position = node.shape.find(path[0])
        return position is not None and _stands(node.parts[position], path[1:])
    if isinstance(node, Union):
        return not node.parts or any(_stands(part, path) for part in node.parts)
    if isinstance(node, Merge):
        return any(_stands(part, path) for part in node.inner.parts)
    if isinstance(node, Select):
        return _stands(node.base, path) if node.base.exact else _seen(node, path)
    if isinstance(node, Derive):
        if path == node.path[: len(path)] or _stands(node.base, path):
            return True
        return _leads_into(path, node.path) and _seen(node, path)
    return _seen(node, path)


def _seen(node: Node, path: Steps) -> bool:
    """True where a point has something at the path; an error where too many would have to be looked at."""
    any_built = False
    for point in possible_points(node, min(node.size, LIMIT)):
        any_built = True
        if find_in(path, point):
            return True
    if node.size > LIMIT:
        raise SizeError(
            f"the first {LIMIT} of {format_count(node.size)} configurations have no {show_path(path)}, and what a function "
            f"gives for the others is not known. Name a path that the first ones have"
        )
    return not any_built  # then whoever asks for a point is told why there is none


def _leads_into(path: Steps, whole: Steps) -> bool:
    """True where a path may lead to a part of what stands at `whole`: an index may be written in several ways."""
    return len(path) >= len(whole) and all(one == other or _is_index(other) for one, other in zip(path, whole))  # noqa: B905


def _is_index(step: Hashable) -> bool:
    return find_index(step, sys.maxsize) is not None


def _known(node: Node) -> Iterator[Steps]:
    """The paths of a sweep, those of records too; of points where only a function knows them."""
    shown = possible_points(node, min(node.size, 20))
    paths = node.columns() if node.exact else (path for point in shown for path, _ in list_leaves(point))
    return (path[:end] for path in paths for end in range(len(path), 0, -1))


def can_be_set(path: Steps, node: Node) -> bool:
    """False where no point can have a value set at the path: a leaf is in its way, or a class without such a field."""
    if not path:
        return True
    if isinstance(node, Axis):
        return not node.size or (not isinstance(node.values, range) and any(can_set_in(path, v) for v in node.values))
    if isinstance(node, Record):
        position = node.shape.find(path[0])
        return isinstance(node.shape, Layout) if position is None else can_be_set(path[1:], node.parts[position])
    if isinstance(node, Union):
        return not node.parts or any(can_be_set(path, part) for part in node.parts)
    if isinstance(node, Merge):
        return all(can_be_set(path, part) for part in node.inner.parts)
    if isinstance(node, Image):
        return True  # it is told when a point is built
    return all(can_be_set(path, child) for child in node.children)
