"""Sweeps merged by name: a product or a zip whose points become one configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, final

import attrs

from ...configuration.config import Config, get_layout
from ...configuration.equality import are_equal
from ...configuration.errors import SizeError
from ...configuration.fold import Steps, show_path
from ...configuration.freezing import freeze
from ...configuration.merging import merge_disjoint
from ...configuration.messages import format_count
from ...configuration.records import TupleShape
from ..claims import NOTHING, Claims, find_conflict, find_filled, find_origins, merge_claims
from .axis import UNIT
from .columns import A, Column, Columns, Kinds, Tables, join_column, join_kinds
from .conflicts import check_product, check_zip
from .late import outline, places, spots
from .node import Compound, Node, ProductOf, ZipOf, make_derived_field
from .points import make_matcher
from .record import Record
from .union import EMPTY

if TYPE_CHECKING:
    from ..outline import Outline
    from ..places import Places
    from ..probes import Probe
    from ..spots import Spot


@final
@attrs.frozen(repr=False)
class Zip(Compound):
    """The tuples of the children's points at the same index."""

    parts: tuple[Node, ...]
    size: int = make_derived_field()

    @size.default
    def _count(self) -> int:
        return self.parts[0].size

    @property
    def children(self) -> tuple[Node, ...]:
        return self.parts

    @property
    def weights(self) -> tuple[int, ...]:
        """Per child, how many points lie from one of its points to the next."""
        return (1,) * len(self.parts)

    def at(self, index: int) -> tuple[Any, ...]:
        return tuple([part.at(index) for part in self.parts])

    def walk(self, start: int, stop: int) -> Iterator[tuple[Any, ...]]:
        return zip(*[part.walk(start, stop) for part in self.parts], strict=True)

    def places(self, value: Any, exact: bool) -> Places:
        return self.combined(part.places(child, exact) for part, child in zip(self.parts, value, strict=True))

    def combined(self, each: Iterable[Places]) -> Places:
        """The places of the tuples whose items stand at these places."""
        return places.Common(tuple(each))

    @property
    def composition(self) -> ZipOf:
        return ZipOf(self.parts)

    def rebuilt(self, parts: Sequence[Node]) -> Zip:
        return Zip(tuple(parts))

    def columns(self) -> Columns:
        return {(str(k), *path): column for k, part in enumerate(self.parts) for path, column in part.columns().items()}

    def outline(self, path: Steps) -> Outline:
        outlines = [part.outline(path) for part in self.parts]
        formula = f"zip({', '.join(one.formula or '1' for one in outlines)})"
        return outline.Outline.nested(
            formula, f"{show_path(path)}: zipped, {format_count(self.size)} together", outlines
        )


@final
@attrs.frozen(repr=False)
class Merge(Compound):
    """The deep merge of each tuple of configs that a product or a zip of sweeps holds."""

    inner: Record | Zip
    size: int = make_derived_field()

    @size.default
    def _count(self) -> int:
        return self.inner.size

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.inner,)

    @staticmethod
    def of_product(parts: Sequence[Node]) -> Node:
        """Every merge of one point of each part: one record where the order of axes allows it, else a `Merge`."""
        numbered = [(position, factor) for position, part in enumerate(parts) for factor in part.factors]
        factors = [(position, factor) for position, factor in numbered if not _is_unit(factor)]
        if len(factors) < 2:
            return factors[0][1] if factors else UNIT
        check_product(factors)
        fused = [factors[0][1]]
        for _, factor in factors[1:]:
            record = _fuse_records(fused[-1], factor)
            fused[-1:] = [fused[-1], factor] if record is None else [record]
        return fused[0] if len(fused) == 1 else Merge(Record(TupleShape(len(fused)), tuple(fused)))

    @staticmethod
    def of_zip(parts: Sequence[Node]) -> Node:
        """The merge of the parts' points at each index."""
        if len(parts) < 2:
            return parts[0] if parts else EMPTY
        for position, part in enumerate(parts):
            if part.size != parts[0].size:
                raise SizeError(
                    f"zipped sweeps have equal sizes; sweep 0 has {format_count(parts[0].size)} configurations and "
                    f"sweep {position} has {format_count(part.size)}. Slice the longer one, or multiply them with "
                    f"product"
                )
        check_zip(parts)
        return Merge(Zip(tuple(parts)))

    def at(self, index: int) -> Config:
        return merge_points(self.inner.at(index))

    def walk(self, start: int, stop: int) -> Iterator[Config]:
        return map(merge_points, self.inner.walk(start, stop))

    def places(self, value: Any, exact: bool) -> Places:
        if not isinstance(value, Mapping) or not self.size:
            return places.NOWHERE
        origins = find_origins(freeze(value), self._shares) if self._shares else None
        if origins is None:
            return super().places(value, exact)
        pairs = zip(self.inner.parts, origins, strict=True)
        possible = self.inner.combined(find_places(part, some, exact) for part, some in pairs)
        if not any(share.empties for share in self._shares) and all(share.exact for share in self._shares):
            whole = all(origins) and are_equal(merge_points(tuple([one for (one,) in origins])), value)
            return possible if whole else places.NOWHERE
        same = make_matcher(value, exact)
        return places.Verified(possible, lambda rank: same(self.at(rank)))

    @cached_property
    def _shares(self) -> tuple[Claims, ...]:
        """The paths that each part sets; none where parts of a zip set one path by turns."""
        for exact in (False, True):
            shares = tuple(part.claims(exact) for part in self.inner.parts)
            if find_conflict(shares) is None:
                return shares
        return ()

    @property
    def composition(self) -> ProductOf | ZipOf:
        inner = self.inner.composition
        return attrs.evolve(inner, finish=merge_points) if isinstance(inner, ProductOf) else inner

    def rebuilt(self, parts: Sequence[Node]) -> Merge:
        return Merge(self.inner.rebuilt(parts))

    def enter(self, path: Steps) -> Sequence[tuple[int, Steps]]:
        return [(k, path) for k in range(len(self.inner.parts))] if path else ()

    @property
    def faithful(self) -> bool:
        shares = [part.claims(exact=False) for part in self.inner.parts]  # one part may fill what is empty in another
        return not any(find_filled([attrs.evolve(share, uniform=True) for share in shares]))

    def columns(self) -> Columns:
        gathered: dict[Steps, list[Column]] = {}
        filled = find_filled([part.claims(exact=False) for part in self.inner.parts])
        for part, hidden in zip(self.inner.parts, filled, strict=True):
            for path, column in part.columns().items():
                if path not in hidden:
                    gathered.setdefault(path, []).append(column)
        return {path: join_column(some, len(some)) if some[1:] else some[0] for path, some in gathered.items()}

    def claims(self, exact: bool) -> Claims:
        return merge_claims(part.claims(exact) for part in self.inner.parts) if self.size else NOTHING

    def kinds(self) -> Kinds:
        return join_kinds(part.kinds() for part in self.inner.parts)

    def can_set(self, path: Steps) -> bool:
        return not path or all(part.can_set(path) for part in self.inner.parts)

    def tabulate(self, tables: Tables[A], rows: Any) -> dict[Steps, A]:
        if not self.exact or not self.faithful:
            return tables.tabulate_points(self, rows)
        return {path: array for part in tables.tabulate_product(self.inner, rows) for path, array in part.items()}

    @property
    def factors(self) -> tuple[Node, ...]:
        return (self,) if isinstance(self.inner, Zip) else self.inner.parts

    def probes(self, spot: Spot) -> Iterator[Probe]:
        if not self.exact:
            yield from super().probes(spot)
            return
        paths = tuple(map(spots.PathsOf, self.inner.parts))
        for k, part in enumerate(self.inner.parts):
            yield from part.probes(spot.in_merge(self.inner, k, merge_points, paths))

    def outline(self, path: Steps) -> Outline:
        if isinstance(self.inner, Zip):
            return self.inner.outline(path)
        return outline.outline_product([part.outline(path) for part in self.inner.parts])


def merge_points(points: Sequence[Config]) -> Config:
    """The configurations merged into one, by name."""
    whole = points[0]
    for point in points[1:]:
        whole = merge_disjoint(whole, point)
    return whole


def find_places(node: Node, values: Iterable[Any], exact: bool) -> Places:
    """The places of several values, in order."""
    each = [node.places(value, exact) for value in values]
    return each[0] if len(each) == 1 else places.AnyOf(each)


def _is_unit(part: Node) -> bool:
    """`part == UNIT`, without asking a leaf of the user's whether it is equal."""
    return part.stored is not None and part.size == 1 and isinstance(part.at(0), Config) and not part.at(0)


def _fuse_records(one: Node, other: Node) -> Node | None:
    """The product of two records as one record, where that keeps all axes of `one` slower than those of `other`."""
    mine, theirs = one.fields, other.fields
    if mine is None or theirs is None:
        return None
    fused = dict(mine)
    for key, child in theirs.items():
        if key not in fused:
            fused[key] = child
            continue
        both = _fuse_records(fused[key], child)
        later = list(fused)[list(fused).index(key) + 1 :]
        if both is None or (child.size != 1 and any(fused[name].size != 1 for name in later)):
            return None
        fused[key] = both
    return Record.of(get_layout(tuple(fused)), None, tuple(fused.values()))
