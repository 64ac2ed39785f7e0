"""A sum of sweeps: one after the other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain, groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

import attrs

from ...configuration.fold import Steps, show_path
from ..claims import Claims, unite_claims
from ..patterns import Pattern
from .axis import Axis
from .columns import A, Columns, Tables, join_columns
from .late import outline, places
from .node import Compound, Node, SumOf

if TYPE_CHECKING:
    from ..outline import Outline
    from ..places import Places
    from ..probes import Probe
    from ..spots import Spot


class Growth(NamedTuple):
    """The parts of a sum that grew, not listed yet: the sum that it grew from, and the parts added to it."""

    head: Union
    more: tuple[Node, ...]

    def list_parts(self) -> tuple[Node, ...]:
        """All parts in order; values that meet where it grew are joined."""
        given: tuple[Node, ...] | Growth = self
        added: list[tuple[Node, ...]] = []
        while isinstance(given, Growth):  # a loop may have grown it a million times
            added.append(given.more)
            given = given.head.given
        return (*given[:-1], *_join_values([given[-1], *chain.from_iterable(reversed(added))]))


@attrs.frozen(repr=False, eq=False)
class Union(Compound):
    """The points of each part, one part after the other."""

    given: tuple[Node, ...] | Growth
    size: int = attrs.field(init=False, eq=False, repr=False)

    def __attrs_post_init__(self) -> None:
        head, more = self.given if isinstance(self.given, Growth) else (None, self.given)
        size, depths = sum([part.size for part in more]), [part.depth for part in more]
        depth = 1 + max(depths) if depths else 1
        object.__setattr__(self, "size", head.size + size if head else size)
        object.__setattr__(self, "depth", max(head.depth, depth) if head else depth)

    @staticmethod
    def of(parts: Sequence[Node]) -> Node:
        """The parts one after the other: nested unions opened, empty parts dropped, neighbouring values joined."""
        if parts and isinstance(parts[0], Union) and parts[0].size:
            return Union(Growth(parts[0], tuple(_list_terms(parts[1:]))))
        terms = _list_terms(parts)
        joined = _join_values(terms) or terms[:1]
        return joined[0] if len(joined) == 1 else Union(tuple(joined))

    @property
    def parts(self) -> tuple[Node, ...]:
        """The parts; the first to ask lists those of a sum that grew."""
        given = self.given  # read once: another thread may list them at the same time
        if isinstance(given, Growth):
            given = given.list_parts()
            object.__setattr__(self, "given", given)
        return given

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """The position at which each part begins, and the end of the last."""
        return tuple(accumulate((part.size for part in self.parts), initial=0))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return Union, (self.parts,)

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    @cached_property
    def exact(self) -> bool:  # computed once: there may be very many parts
        return all(part.exact for part in self.parts)

    @cached_property
    def calls(self) -> bool:
        return any(part.calls for part in self.parts)

    def at(self, index: int) -> Any:
        k = bisect_right(self.offsets, index) - 1
        return self.parts[k].at(index - self.offsets[k])

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        if start >= stop:
            return iter(())
        covered = range(bisect_right(self.offsets, start) - 1, bisect_left(self.offsets, stop))
        return chain.from_iterable(
            part.walk(max(start - offset, 0), min(stop - offset, part.size))
            for part, offset in ((self.parts[k], self.offsets[k]) for k in covered)
        )

    def places(self, value: Any, exact: bool) -> Places:
        return places.InOrder(self.offsets, lambda k: self.parts[k].places(value, exact))

    @property
    def composition(self) -> SumOf:
        return SumOf(self.parts, self.offsets)

    def rebuilt(self, parts: Sequence[Node]) -> Union:
        return Union(tuple(parts))

    def enter(self, path: Steps) -> Sequence[tuple[int, Steps]]:
        return [(k, path) for k in range(len(self.parts))]

    def columns(self) -> Columns:
        return join_columns((part.columns() for part in self.parts), len(self.parts))

    def claims(self, exact: bool) -> Claims:
        return unite_claims(part.claims(exact) for part in self.parts if part.size)

    def has_path(self, path: Steps) -> bool:
        return not self.parts or super().has_path(path)

    def can_set(self, path: Steps) -> bool:
        return not path or not self.parts or any(part.can_set(path) for part in self.parts)

    def tabulate(self, tables: Tables[A], rows: Any) -> dict[Steps, A]:
        return tables.tabulate_union(self.parts, self.offsets, rows)

    @property
    def terms(self) -> tuple[Node, ...]:
        return self.parts

    def probes(self, spot: Spot) -> Iterator[Probe]:
        taken: set[Pattern] = set()
        by_types = spot.by_types and spot.outer is None  # in a selection other branches are asked what they may hold
        for part in self.parts:
            pattern = part.find_pattern() if by_types else None
            if part.size and pattern not in taken:
                inner = spot.in_branch(part)
                yield from part.probes(inner)
                taken.update([pattern] if pattern is not None and inner.first.problems == () else [])

    def outline(self, path: Steps) -> Outline:
        return outline.outline_choice(
            show_path(path), [part.outline(path) for part in self.parts[: outline.SHOWN_TERMS]], len(self.parts)
        )


EMPTY: Final = Union(())


@final
@attrs.frozen(repr=False, eq=False)
class Pieces(Union):
    """An axis in pieces, of which constraints take some: to look at, it is the axis."""

    axis: Node

    def __reduce__(self) -> tuple[Any, ...]:
        return Pieces, (self.parts, self.axis)

    def rebuilt(self, parts: Sequence[Node]) -> Union:
        is_whole = [part.size for part in parts] == [part.size for part in self.parts]
        return Pieces(tuple(parts), self.axis) if is_whole else Union(tuple(parts))

    def columns(self) -> Columns:
        return self.axis.columns()

    def distinct(self) -> Node | None:
        return self if self.axis.distinct() == self.axis else None

    def outline(self, path: Steps) -> Outline:
        return self.axis.outline(path)


def _list_terms(parts: Sequence[Node]) -> list[Node]:
    return [term for part in parts for term in part.terms]


def _join_values(parts: Sequence[Node]) -> list[Node]:
    """The parts that are not empty, those whose values are stored joined where they stand side by side."""
    joined: list[Node] = []
    for is_stored, group in groupby((part for part in parts if part.size), key=lambda part: part.stored is not None):
        if is_stored:
            values = tuple(chain.from_iterable(part.stored or () for part in group))
            joined.append(Axis(values, swept=len(values) > 1))
        else:
            joined += group
    return joined
