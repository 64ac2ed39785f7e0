"""The abstract node: the questions that every kind of sweep answers, and the general answers.

A kind gives its `size` and `at`; it answers the other questions itself where it can do so without looking at
every point. Points are frozen and shared, nothing is enumerated that was not asked for, and each kind is immutable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, final

import attrs

from ...configuration.errors import SizeError
from ...configuration.fold import Steps, show_path
from ...configuration.messages import format_count
from ...configuration.paths import find_in, get_in
from ...configuration.records import Shape
from ..claims import UNKNOWN, Claims, claim_points
from ..indices import Indices
from ..patterns import Pattern
from .columns import A, Columns, Kinds, Tables, join_columns, join_kinds, list_kinds, list_static_columns
from .late import outline, places, probes
from .points import make_matcher, walk_points, walk_possible_points

if TYPE_CHECKING:
    from ..outline import Outline
    from ..places import Places
    from ..probes import Probe
    from ..spots import Spot

LIMIT: Final = 1_000_000
"""How many points an operation enumerates before it refuses and says how many there are."""

ABSENT: Final = object()
"""Stands for the value at a path that a configuration lacks; it never leaves this room."""


@attrs.frozen(eq=False, repr=False)
class Node(ABC):
    """A finite sequence of points, computed rather than stored.

    A kind of sweep is a frozen attrs class with a `size` and a method `at`. Every other question has a general answer,
    which looks at the points, up to `LIMIT` of them; a kind gives its own answer where it has one without looking.
    """

    depth: int = attrs.field(init=False, eq=False, repr=False)
    """How many sweeps are built upon one another here."""

    def __attrs_post_init__(self) -> None:
        depths = [child.depth for child in self.children]
        object.__setattr__(self, "depth", 1 + max(depths) if depths else 1)

    # --- the points

    @property
    @abstractmethod
    def size(self) -> int:
        """The number of points."""

    @abstractmethod
    def at(self, index: int) -> Any:
        """The point at `index`, which is inside `range(size)`."""

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        """`map(self.at, range(start, stop))`, faster."""
        return map(self.at, range(start, stop))

    @property
    def stored(self) -> tuple[Any, ...] | None:
        """All points, where they are stored rather than computed."""
        return None

    @property
    def static(self) -> bool:
        """True for one point that was not declared as a choice."""
        return False

    # --- how it is made

    @property
    def children(self) -> tuple[Node, ...]:
        """The sweeps that this one is made of."""
        return ()

    @property
    def calls(self) -> bool:
        """True where building a point runs code of the user's, which may refuse points that were not asked for."""
        return True

    @property
    def computed(self) -> bool:
        """True where a function of the user's makes points, which then may be anything."""
        return True

    # --- where a point stands

    def places(self, value: Any, exact: bool) -> Places:
        """The positions of the points that are `value`; `exact` tells 1, 1.0 and True apart.

        Raises:
            SizeError: more than 10^6 points would have to be computed.
        """
        if self.size > LIMIT:
            raise SizeError(
                f"finding a configuration here means computing {format_count(self.size)} points, more than {LIMIT}: "
                f"its function has no inverse. Search the sweep that it was made from"
            )
        same = make_matcher(value, exact)
        return places.Known(index for index, point in enumerate(walk_points(self, 0, self.size)) if same(point))

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        """The positions of the points that are `value`, ascending."""
        return self.places(value, exact).walk(0, 1)

    def explain_absence(self, value: Any) -> str:  # noqa: ARG002
        """The end of a message that this configuration is absent: the part of it that no point has."""
        return ""

    def explain_missing(self, value: Any) -> str:  # noqa: ARG002
        """The value and the values that there are, for a message, where it is not among the values of an axis."""
        return ""

    def has_same_types(self, other: Any) -> bool:
        """True if the values on the axes of an equal node have the same types as those of this one."""
        pairs = zip(self.children, other.children, strict=True)
        return all(mine.has_same_types(theirs) for mine, theirs in pairs)

    # --- what stands at a path

    @property
    def exact(self) -> bool:
        """True if `columns` names every path of every point."""
        return self.size <= LIMIT

    def columns(self) -> Columns:
        """The values that stand at each path."""
        points = list(self._walk_possible()) if self.size <= LIMIT else []
        return join_columns(map(list_static_columns, points), len(points))

    def kinds(self) -> Kinds:
        """The types of the records at each path, as far as the points are seen."""
        return join_kinds(map(list_kinds, self._walk_possible())) if self.exact else {}

    def claims(self, exact: bool) -> Claims:
        """The paths at which points have leaves and empty records; unless `exact`, more than those are possible.

        Raises:
            SizeError: more than 10^6 points would have to be looked at.
        """
        if not exact:
            return UNKNOWN
        if self.size > LIMIT:
            raise SizeError(
                f"which paths a sweep of {format_count(self.size)} configurations sets can be told only by looking at "
                f"all of them, and they are more than {LIMIT}. Combine the sweeps first, then map, derive or select; "
                f"or put this one under a key of its own"
            )
        return claim_points(self._walk_possible())

    def has_path(self, path: Steps) -> bool:
        """True if some point has something at the path, or a choice without alternatives could have it.

        Raises:
            SizeError: more than 10^6 points would have to be looked at.
        """
        made = self.composition
        if path and isinstance(made, ProductOf | SumOf | ZipOf):
            return any(made.parts[part].has_path(rest) for part, rest in self.enter(path))
        if not path or (self.size and not self.may_have(path)):
            return not path
        any_built = False
        for point in self._walk_possible():
            any_built = True
            if find_in(path, point):
                return True
        if self.size > LIMIT:
            raise SizeError(
                f"the first {LIMIT} of {format_count(self.size)} configurations have no {show_path(path)}, and what a "
                f"function gives for the others is not known. Name a path that the first ones have"
            )
        return not any_built  # asking for a point will raise its own error

    def _walk_possible(self) -> Iterator[Any]:
        """The first points, frozen, without those that cannot be built."""
        return walk_possible_points(self, 0, min(self.size, LIMIT))

    @property
    def source(self) -> Node:
        """The sweep that the points were selected from; the sweep itself where they were not."""
        return self

    def can_set(self, path: Steps) -> bool:  # noqa: ARG002  # an error says it when a point is built
        """False where no point can have a value set at the path: a leaf is in its way, or a class has no such field."""
        return True

    def tabulate(self, tables: Tables[A], rows: Any) -> dict[Steps, A]:
        """The points at some positions as one array per path; `rows` is None for all of them."""
        return tables.tabulate_points(self, rows)

    # --- how it is combined with others

    @property
    def terms(self) -> tuple[Node, ...]:
        """The sweeps that this one lists one after the other."""
        return (self,)

    @property
    def factors(self) -> tuple[Node, ...]:
        """The sweeps whose product this one is, each a part of the same record."""
        return (self,)

    @property
    def fields(self) -> dict[Hashable, Node] | None:
        """The children of a record of mappings, by key; None for anything else."""
        return None

    def as_choice(self) -> Node:
        """The same sweep as the alternatives of a choice: a single one is swept too."""
        return self

    def through(self, change: Callable[[Node], Node]) -> Node:
        """`change(self)`, a slice say; where each point is a function of one of a base, the base is changed instead."""
        return change(self)

    # --- in words

    def outline(self, path: Steps) -> Outline:
        """The sizes, as a formula and as lines for `explain`."""
        size, name = format_count(self.size), type(self).__name__
        return outline.Outline(size, lines=outline.Lines(lambda: [f"{show_path(path)}: {size} by {name}"]))

    # --- what a type refuses

    def probes(self, spot: Spot) -> Iterator[Probe]:
        """The probes by which a type is asked about the points, of which there is one at least, where they stand."""
        yield probes.PointProbe(self, spot)

    def find_pattern(self) -> Pattern:
        """The pattern that every point has, as far as it is seen without building points; else None."""
        return None

    @property
    def shuffled(self) -> bool:
        """True if a part stands in a random order, so that constraints are counted by listing it."""
        return any(child.shuffled for child in self.children)

    # --- how it is counted

    @property
    def composition(self) -> Composition | None:
        """How the points are made of those of other sweeps; None where only listing tells."""
        return None

    def rebuilt(self, parts: Sequence[Node]) -> Node:  # noqa: ARG002  # a kind without parts is made of no others
        """The same composition of other parts."""
        return self

    def enter(self, path: Steps) -> Sequence[tuple[int, Steps]]:  # noqa: ARG002
        """The parts that a path leads into, by number, with the path from there on; none where it ends here."""
        return ()

    def inputs(self, path: Steps) -> tuple[Steps, ...] | None:  # noqa: ARG002
        """The paths of the parts whose values decide what stands at a path; None where it is what stands in a part."""
        return None

    def complete(self, point: Any) -> Any:
        """The point with what is computed from the values that it has."""
        return point

    def may_have(self, path: Steps) -> bool:
        """`has_path` as far as it is seen without building points: False where it is certain that no point has it."""
        made = self.composition
        if not path or not isinstance(made, ProductOf | SumOf | ZipOf):
            return True
        return any(made.parts[part].may_have(rest) for part, rest in self.enter(path))

    def peek(self, index: int, path: Steps) -> Any:
        """The value at a path of a point, building no more of it than that; `ABSENT` where there is none."""
        try:
            return get_in(path, self.at(index))
        except Exception:  # there is no such path, or a class refuses this point
            return ABSENT

    def list_values(self, path: Steps) -> Sequence[Any]:
        """The value at a path of each point."""
        return [self.peek(index, path) for index in range(self.size)]

    def keep_values(self, kept: Sequence[int]) -> Node:  # noqa: ARG002
        """A sweep whose columns show the points at these positions alone, where that can be."""
        return self

    def distinct(self) -> Node | None:
        """The first of equal points each; None where only listing or the parts tell."""
        return None

    @property
    def faithful(self) -> bool:
        """True where different points of the parts of a product always make different points."""
        return False

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.__reduce__()[1]}"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, field.name) for field in attrs.fields(type(self)) if field.init)


class Compound(Node):
    """A sweep whose points are values, or put together from those of its children: it calls no function of its own.

    It is `exact` where its children are, whatever its size, so it names the paths itself.
    """

    __slots__ = ()

    @abstractmethod
    def columns(self) -> Columns: ...

    @property
    def calls(self) -> bool:
        return any(child.calls for child in self.children)

    @property
    def computed(self) -> bool:
        return any(child.computed for child in self.children)

    @property
    def exact(self) -> bool:
        return all(child.exact for child in self.children)

    def kinds(self) -> Kinds:
        return join_kinds(child.kinds() for child in self.children)


@final
@attrs.frozen(eq=False, repr=False)
class ProductOf:
    """Every combination of points of the parts; `weights` says how far apart neighbouring points of a part lie."""

    parts: tuple[Node, ...]
    weights: tuple[int, ...]
    shape: Shape
    finish: Callable[[Any], Any] | None = None

    def build(self, row: Sequence[Any]) -> Any:
        """The point that one point of each part makes."""
        point = self.shape.build(row)
        return point if self.finish is None else self.finish(point)

    def build_all(self, blocks: Iterable[Sequence[tuple[Any, ...]]]) -> Iterator[Any]:
        """The points that rows of points of the parts make; each row begins with `shape.row_head`."""
        points = chain.from_iterable(map(self.shape.build_all, blocks))
        return points if self.finish is None else map(self.finish, points)


@final
@attrs.frozen(eq=False, repr=False)
class SumOf:
    """The points of each part, one part after the other; those of a part begin at its offset."""

    parts: tuple[Node, ...]
    offsets: tuple[int, ...]


@final
@attrs.frozen(eq=False, repr=False)
class ZipOf:
    """Each point made of the points that stand at the same index of every part."""

    parts: tuple[Node, ...]


@final
@attrs.frozen(eq=False, repr=False)
class ViewOf:
    """Each point of a base, which it equals but for what is at `path`."""

    base: Node
    path: Steps


@final
@attrs.frozen(eq=False, repr=False)
class SelectionOf:
    """Some points of a base."""

    base: Node
    indices: Indices


Composition = ProductOf | SumOf | ZipOf | ViewOf | SelectionOf


def make_derived_field() -> Any:
    """A field that a node computes from the others when it is made."""
    return attrs.field(init=False, eq=False, repr=False)
