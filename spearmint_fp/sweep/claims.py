"""The paths that the points of a sweep set: they decide if sweeps merge, and which part of a merge came from which.

A configuration is its leaves and its empty records by path. An empty record conflicts with nothing: it is what
merging starts from. Records of the user's own types and tuples do not merge, so they are leaves here.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, Final, final

import attrs

from ..configuration.config import Config, Layout, get_layout
from ..configuration.fold import Algebra, Steps, fold
from ..configuration.records import Shape

Flat = dict[Steps, Any]

MOST_EMPTY: Final = 8
"""How many empty records, which a merge may hide, are tried in every combination."""


@final
@attrs.frozen(repr=False)
class Claims:
    """The paths at which some point of a sweep has a leaf, and those at which some point has an empty record.

    Unless they are `exact`, there may be paths among them that no point has, and a leaf may be a record instead. They
    are `uniform` where every point has all of them.
    """

    leaves: frozenset[Steps] = frozenset()
    empties: frozenset[Steps] = frozenset()
    exact: bool = True
    uniform: bool = True

    def below(self, key: Hashable) -> Claims:
        """The claims of a record with these at `key`."""
        leaves = frozenset([(key, *path) for path in self.leaves])
        return attrs.evolve(self, leaves=leaves, empties=frozenset([(key, *path) for path in self.empties]))

    def with_unknown(self, path: Steps) -> Claims:
        """The claims of the points with something unknown at `path`, in place of what they have there."""
        kept = frozenset([leaf for leaf in self.leaves if leaf[: len(path)] != path])
        empties = frozenset([empty for empty in self.empties if empty[: len(path)] != path])
        return Claims(kept | {path}, empties, exact=False, uniform=False)


def overlap(one: Steps, other: Steps) -> bool:
    """True if one path is the other, or leads to a part of it."""
    return one[: len(other)] == other[: len(one)]


NOTHING: Final = Claims()
"""The claims of no point, and of points that are empty."""

UNKNOWN: Final = Claims(frozenset({()}), exact=False, uniform=False)
"""The claims of points of which nothing is known."""

_LEAF: Final = Claims(frozenset({()}))
_EMPTY: Final = Claims(frozenset(), frozenset({()}))


def merge_claims(parts: Iterable[Claims]) -> Claims:
    """The claims of points that have something of each part."""
    many = tuple(parts)
    leaves = frozenset[Steps]().union(*(part.leaves for part in many))
    empties = frozenset[Steps]().union(*(part.empties for part in many))
    exact, uniform = all(part.exact for part in many), all(part.uniform for part in many)
    if empties and uniform:  # else an empty record that another part fills may be left empty by some of its points
        empties -= _list_records(Claims(leaves, empties)) | leaves
    return Claims(leaves, empties, exact, uniform)


def unite_claims(parts: Iterable[Claims]) -> Claims:
    """The claims of the points of all parts."""
    many = frozenset(parts)
    if len(many) == 1:
        return next(iter(many))
    leaves = frozenset[Steps]().union(*(part.leaves for part in many))
    empties = frozenset[Steps]().union(*(part.empties for part in many))
    return Claims(leaves, empties, all(part.exact for part in many), uniform=not many)


def claim_points(points: Iterable[Any]) -> Claims:
    """The claims of points that are known. Points with the same keys claim the same, so few are taken apart."""
    kinds: dict[Hashable, Any] = {}
    for point in points:
        kinds.setdefault(_list_layouts(point), point)
    return unite_claims(fold(_CLAIMS, point) if isinstance(point, Config) else _LEAF for point in kinds.values())


def _list_layouts(point: Any) -> Hashable:
    """The keys of a record, and so for each record in it; None for a leaf."""
    if not isinstance(point, Config):
        return None
    layout, *children = point._cell
    return layout, *[_list_layouts(child) if isinstance(child, Config) else None for child in children]


def _claim_record(shape: Shape, _: Any, parts: tuple[Claims, ...]) -> Claims:
    if not isinstance(shape, Layout):
        return _LEAF
    return merge_claims(part.below(key) for key, part in zip(shape.keys, parts, strict=True)) if parts else _EMPTY


_CLAIMS: Final[Algebra[Claims]] = Algebra(leaf=lambda _: _LEAF, record=_claim_record, choice=lambda *_: _LEAF)


def find_conflict(parts: Sequence[Claims]) -> tuple[Steps, int, int] | None:
    """A path at which one part has a leaf and another one has something, there or below; with the two parts."""
    owners: dict[Steps, list[int]] = {}
    for number, part in enumerate(parts):
        for path in part.leaves:
            owners.setdefault(path, []).append(number)
    for number, part in enumerate(parts):
        above = ((path, len(path) + 1) for path in part.leaves)
        for path, ends in (*above, *((path, len(path)) for path in part.empties)):
            for end in range(ends):
                other = next((owner for owner in owners.get(path[:end], ()) if owner != number), None)
                if other is not None:
                    return path[:end], min(number, other), max(number, other)
    return None


def _list_records(part: Claims) -> frozenset[Steps]:
    """The paths of the records that have something in them."""
    return frozenset([path[:end] for path in part.leaves | part.empties for end in range(len(path))])


def find_filled(parts: Sequence[Claims]) -> list[frozenset[Steps]]:
    """Per part, its empty records that some other part has something in, in every of its points."""
    if not any(part.empties for part in parts):
        return [frozenset() for _ in parts]
    filled = [_list_records(part) | part.leaves if part.uniform else frozenset[Steps]() for part in parts]
    others = [[there for other, there in enumerate(filled) if other != number] for number in range(len(parts))]
    return [part.empties & frozenset[Steps]().union(*there) for part, there in zip(parts, others, strict=True)]


# --- the parts that a merged point came from ----------------------------------------------------------


def make_flattening(is_entered: Callable[[Shape], bool]) -> Algebra[Flat]:
    """The values of a tree by path, where records of some shapes are entered unless empty, and others are values."""

    def flatten_record(shape: Shape, node: Any, parts: tuple[Flat, ...]) -> Flat:
        if not parts or not is_entered(shape):
            return {(): node}
        return {(key, *path): leaf for key, part in zip(shape.keys, parts, strict=True) for path, leaf in part.items()}

    return Algebra(leaf=lambda leaf: {(): leaf}, record=flatten_record, choice=lambda node, _: {(): node})


_FLAT: Final = make_flattening(lambda shape: isinstance(shape, Layout))


def find_origins(value: Config, parts: Sequence[Claims]) -> list[list[Config]] | None:
    """Per part, its points that may have been merged into `value`; None where there may be too many.

    No two parts claim one path, so a leaf came from the part that claims it. An empty record of a part does not show
    where another part has something in it: every such record may have been there or not.
    """
    flat = fold(_FLAT, value)
    owner = {path: number for number, part in enumerate(parts) for path in part.leaves}
    owned: list[Flat] = [{} for _ in parts]
    empty = [path for path, leaf in flat.items() if isinstance(leaf, Config)]
    for path, leaf in flat.items():
        above = (owner.get(path[:end]) for end in range(len(path) + 1))
        number = next((number for number in above if number is not None), None)
        if not isinstance(leaf, Config):
            if number is None:
                return [[] for _ in parts]
            owned[number][path] = leaf
    origins: list[list[Config]] = []
    for part, leaves in zip(parts, owned, strict=True):
        optional = _find_optional(part, leaves, flat, empty)
        if not part.uniform and len(optional) > MOST_EMPTY:
            return None
        counts = (len(optional),) if part.uniform else range(len(optional) + 1)
        chosen = [some for k in counts for some in combinations(optional, k) if part.uniform or _are_apart(some)]
        origins.append([build_config({**leaves, **dict.fromkeys(some, Config())}) for some in chosen])
    return origins


def _find_optional(part: Claims, leaves: Flat, flat: Flat, empty: Sequence[Steps]) -> list[Steps]:
    """The empty records that a point of a part may have, given its leaves and the whole that it is in."""
    unknown = () if part.exact else tuple(part.leaves)
    possible = part.empties | {path for path in empty if any(path[: len(above)] == above for above in unknown)}
    there = {path[:end] for path in flat for end in range(len(path) + 1)}
    filled = {path[:end] for path in leaves for end in range(len(path) + 1)}
    under = [path for path in possible if path in there and path not in filled]
    return [path for path in under if not any(path[:end] in leaves for end in range(len(path)))]


def _are_apart(paths: Sequence[Steps]) -> bool:
    """True if no path leads to a part of another one."""
    return not any(path != other and path[: len(other)] == other for path in paths for other in paths)


def build_config(flat: Mapping[Steps, Any]) -> Any:
    """The configuration that has these leaves and empty records."""
    if () in flat:
        return flat[()]
    groups: dict[Hashable, Flat] = {}
    for path, leaf in flat.items():
        groups.setdefault(path[0], {})[path[1:]] = leaf
    return get_layout(tuple(groups)).build([build_config(group) for group in groups.values()])
