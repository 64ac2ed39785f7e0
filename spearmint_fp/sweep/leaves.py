"""The leaves of a sweep's configurations as functions of its digits.

A configuration is its leaves and its empty records by path. A leaf is known by its exact key. Tuples and instances are
leaves, unless some sweep that takes part has choices inside one of their kind: then they are opened as mappings are.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Hashable, Sequence
from typing import Any, Final, final

import attrs

from ..configuration.config import Layout
from ..configuration.equality import are_equal
from ..configuration.errors import ConversionError, TreeError
from ..configuration.fold import Algebra, Steps, fold
from ..configuration.freezing import freeze
from ..configuration.keys import exact_key
from ..configuration.records import FieldsShape, Shape
from .cases import AnyCase, Cases
from .checks import keeps_fields
from .claims import overlap
from .diagrams import FALSE, Diagrams
from .digits import Context, Digit, find_node
from .nodes.node import ABSENT, LIMIT, Node, ProductOf, SelectionOf, SumOf, ViewOf, ZipOf
from .nodes.reordered import Place
from .predicates import Space

Leaves = dict[Steps, Hashable]
"""The exact keys of a configuration's leaves and empty records, by path."""

LONG_AXIS: Final = 256
"""A range of more values is not gone through, but cut into pieces that are in a case as a whole."""

_KIND: Final = object()
"""The step to the leaf that tells the kind of an opened record."""

WHOLE: Final = object()
"""The step to a part of which no leaves are known: its node stands there instead of a key."""

_PROBE: Final = (object(),)
"""A path that no configuration has."""


class Hidden(Exception):  # noqa: N818  # an event, of which `membership` makes an error or another way
    """A part of a sweep shows no leaves unless its points are looked at, and they are too many."""

    def __init__(self, node: Node, path: Steps) -> None:
        super().__init__(node, path)
        self.node, self.path = node, path


# --- records, opened -------------------------------------------------------------------------------------


def find_kind(shape: Shape) -> Any:
    """The class that tells the records of a shape from others."""
    return getattr(shape, "cls", type(shape))


def make_mark(shape: Shape) -> Leaves:
    """The leaf that tells an opened record that is no mapping."""
    return {} if isinstance(shape, Layout) else {(_KIND,): (find_kind(shape), frozenset(shape.keys))}


def make_product_mark(made: ProductOf) -> Leaves:
    """The leaf that tells of which kind the points of a product are."""
    return make_mark(made.shape) if made.finish is None else {}


def make_leaf_algebra(opened: Container[Any]) -> Algebra[Leaves]:
    """The leaves of a tree, where records of these kinds are opened as mappings are."""

    def list_leaves(shape: Shape, node: Any, parts: tuple[Leaves, ...]) -> Leaves:
        if not parts or not (isinstance(shape, Layout) or find_kind(shape) in opened):
            return {(): exact_key(node)}
        pairs = zip(shape.keys, parts, strict=True)
        return {(key, *path): leaf for key, part in pairs for path, leaf in part.items()} | make_mark(shape)

    return Algebra(
        leaf=lambda leaf: {(): exact_key(leaf)}, record=list_leaves, choice=lambda node, _: {(): exact_key(node)}
    )


def find_prefixes(node: Node, made: ProductOf, prefix: Steps) -> list[Steps | None] | None:
    """The paths of a product's parts in its points, None for a part that leaves no trace.

    None for all where a class may change what it is given, or one part may fill what is empty in another.
    """
    if made.finish is None:
        kept = not isinstance(made.shape, FieldsShape) or keeps_fields(made.shape.cls)
        return [(*prefix, key) for key in made.shape.keys] if kept else None
    entered = {part for part, rest in node.enter(_PROBE) if rest == _PROBE}
    if not entered or (len(entered) > 1 and not node.faithful):
        return None
    return [prefix if part in entered else None for part in range(len(made.parts))]


def list_opened(node: Node) -> set[Any]:
    """The kinds of records, other than mappings, that a sweep has choices inside of."""
    found: set[Any] = set()
    waiting = [node]
    while waiting:
        match waiting.pop().composition:
            case ProductOf(parts=parts, shape=shape, finish=finish):
                if finish is None and not isinstance(shape, Layout):
                    found.add(find_kind(shape))
                waiting += parts
            case SumOf(parts=parts) | ZipOf(parts=parts):
                waiting += parts
            case SelectionOf(base=base) | ViewOf(base=base):
                waiting.append(base)
    return found


def list_points(node: Node, path: Steps, *, is_asked: bool) -> Sequence[Any]:
    """The points of a sweep, frozen: as they are stored, or built where they are few; `ABSENT` where one is refused.

    Of the sweep that is asked for its points, a function of the user's may raise.

    Raises:
        Hidden: they are too many, and no range.
    """
    is_axis = node.composition is None and not node.children and not node.calls
    if node.size > LIMIT and not (is_axis and isinstance(node.list_values(()), range)):
        raise Hidden(node, path)
    return node.list_values(()) if is_axis else [_build_point(node, k, is_asked) for k in range(node.size)]


def _build_point(node: Node, index: int, is_asked: bool) -> Any:
    try:
        return freeze(node.at(index))
    except (TreeError, ConversionError):
        return ABSENT
    except Exception:
        if is_asked and node.computed:
            raise
        return ABSENT


def are_alike(one: Node, other: Node) -> bool:
    """True for two sweeps that are made in the same way, of values of the same types."""
    return one is other or (one.size == other.size and are_equal(one, other) and one.has_same_types(other))


# --- the index -------------------------------------------------------------------------------------------


@final
@attrs.frozen(eq=False, repr=False)
class _Source:
    """The origin of leaves at a path: their keys by position in the domain of a digit, None for no leaf.

    Without a digit it is the one key that all configurations in a context have. Of an axis that is too long to go
    through, the values are kept instead, and of a part without leaves its node.
    """

    context: Context
    digit: Digit | None
    keys: Sequence[Any]
    values: range | None = None

    @property
    def number(self) -> int:
        return -1 if self.digit is None else self.digit.number


@final
class LeafIndex:
    """Diagrams over the digits of a sweep, by what the part of its configurations at a place has at a path."""

    def __init__(
        self, base: Node, place: Place, space: Space, opened: Collection[Any], fixed: Container[Place] = ()
    ) -> None:
        self.diagrams: Diagrams = space.diagrams
        self.cuts: dict[Place, set[int]] = {}
        self._space, self._opened, self._fixed = space, opened, fixed
        self._algebra = make_leaf_algebra(opened)
        self._sources: dict[Steps, list[_Source]] = {}
        self._hidden: list[tuple[Steps, Node]] = []
        self._has: dict[Steps, int] = {}
        self._add_node(find_node(base, place), place, (), tuple(space.digits.list_choosers(place)))

    @property
    def paths(self) -> frozenset[Steps]:
        """The paths at which some configuration has a leaf."""
        return frozenset(self._sources)

    def list_leaves(self, value: Any, prefix: Steps) -> Leaves:
        """The leaves of what stands at a path; none where it could not be built."""
        if value is ABSENT:
            return {}
        leaves = fold(self._algebra, value)
        return {(*prefix, *path): key for path, key in leaves.items()} if prefix else leaves

    def find_order(self, path: Steps) -> int:
        """The number of the first digit that puts something at a path."""
        return min(source.number for source in self._sources[path])

    def has_path(self, path: Steps) -> bool:
        """True if some configuration has a leaf at the path.

        Raises:
            Hidden: the path may lead into a part without leaves.
        """
        for prefix, node in self._hidden:
            is_known = node.exact and path[-1:] != (WHOLE,)
            own = [(*prefix, *inner) for inner in node.columns()] if is_known else [prefix]
            if path != (*prefix, WHOLE) and any(overlap(path, one) for one in own):
                raise Hidden(node, prefix)
        return path in self._sources

    def split(self, path: Steps, cases: Cases) -> int:
        """The configurations that have at the path one of the keys of some cases, and go on as its case says."""
        if not self.has_path(path):
            return FALSE
        found: dict[Context, list[int]] = {}
        for source in self._sources[path]:
            found.setdefault(source.context, []).append(self._place_source(source, path, cases))
        return self._space.join_branches({branch: self.diagrams.disjoin_all(some) for branch, some in found.items()})

    def find_alike(self, node: Node, path: Steps) -> int:
        """The configurations that have at the path a point of a part without leaves that is alike.

        Raises:
            Hidden: another part may have the points of this node there as well.
        """
        sources = self._sources.get((*path, WHOLE), ())
        if not sources or not all(are_alike(source.keys[0], node) for source in sources):
            raise Hidden(node, path)
        return self.split((*path, WHOLE), AnyCase())

    def find_lack(self, path: Steps) -> int:
        """The configurations that have no leaf at the path.

        Raises:
            Hidden: it leads to a part without leaves.
        """
        if path and path[-1] is WHOLE:
            raise Hidden(self._sources[path][0].keys[0], path[:-1])
        if path not in self._has:
            self._has[path] = self.split(path, AnyCase())
        return self.diagrams.negate(self._has[path])

    def _place_source(self, source: _Source, path: Steps, cases: Cases) -> int:
        if source.digit is None:
            return cases.find_case(source.keys[0])
        if source.values is not None:
            return self._place_long(source.digit, source.values, path, cases)
        row = [FALSE if key is None else cases.find_case(key) for key in source.keys]
        return self.diagrams.place_row(source.number, tuple(row))

    def _place_long(self, digit: Digit, values: range, path: Steps, cases: Cases) -> int:
        """The diagram of a long range: its pieces are in a case as a whole, or it is to be cut."""
        cuts = None if digit.place in self._fixed else cases.list_cuts(values)
        if cuts is None:
            if digit.size > LIMIT:
                raise Hidden(digit.node, path)
            row = [cases.find_case((int, values[value])) for value in self._space.domains[digit.number]]
            return self.diagrams.place_row(digit.number, tuple(row))
        new = {cut for cut in cuts if 0 < cut < digit.size}
        if new:
            self.cuts.setdefault(digit.place, set()).update(new)
            return FALSE  # it is asked again, once it is cut
        return cases.find_case((int, values[0]))

    # --- reading the sweep

    def _add_node(self, node: Node, place: Place, prefix: Steps, context: Context) -> None:
        number = self._space.digits.places.get(place)
        if number is not None:
            digit = self._space.digits.all[number]
            if digit.branches is None:
                self._add_digit(digit, prefix)
                return
        match node.composition:
            case SumOf(parts=parts) if number is not None:
                for k, part in enumerate(parts):
                    self._add_node(part, (*place, k), prefix, (*context, (number, k)))
            case ProductOf() as made:
                prefixes = find_prefixes(node, made, prefix)
                for k, path in enumerate(prefixes or ()):
                    if path is not None:
                        self._add_node(made.parts[k], (*place, k), path, context)
                for path, key in make_product_mark(made).items():
                    self._add_source((*prefix, *path), _Source(context, None, (key,)))
                if prefixes is None:
                    self._hide_node(node, prefix, context)

    def _add_digit(self, digit: Digit, prefix: Steps) -> None:
        try:
            values = list_points(digit.node, prefix, is_asked=False)
        except Hidden:
            self._hide_node(digit.node, prefix, digit.context)
            return
        if isinstance(values, range) and digit.size > LONG_AXIS:
            self._add_source(prefix, _Source(digit.context, digit, (), values))
            return
        domain = self._space.domains[digit.number]
        leaves = [self.list_leaves(values[value], ()) for value in domain]
        for path in dict.fromkeys(path for one in leaves for path in one):
            self._add_source((*prefix, *path), _Source(digit.context, digit, [one.get(path) for one in leaves]))

    def _hide_node(self, node: Node, prefix: Steps, context: Context) -> None:
        self._hidden.append((prefix, node))
        self._add_source((*prefix, WHOLE), _Source(context, None, (node,)))

    def _add_source(self, path: Steps, source: _Source) -> None:
        self._sources.setdefault(path, []).append(source)
