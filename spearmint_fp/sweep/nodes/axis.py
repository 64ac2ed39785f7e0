"""An axis: one point per value."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, final

import attrs
from toolz import unique

from ...configuration.config import Config
from ...configuration.equality import are_equal
from ...configuration.fold import SCALAR_TYPES, Steps, are_scalars, open_node, show_path
from ...configuration.keys import exact_key
from ...configuration.messages import repr_with_type, short_repr
from ...configuration.paths import can_set_in
from ...configuration.records import TupleShape
from ...configuration.spacing import COMPUTED_TYPES, Spacing
from ..claims import Claims, claim_points
from ..indices import count_items
from ..patterns import Pattern, find_common_pattern
from .columns import (
    A,
    Column,
    Columns,
    Kinds,
    Tables,
    flatten_point,
    join_columns,
    join_kinds,
    list_kinds,
    list_static_columns,
)
from .late import outline, places, probes
from .node import ABSENT, LIMIT, Compound, Node, make_derived_field

if TYPE_CHECKING:
    from ..outline import Outline
    from ..places import Places
    from ..probes import Probe
    from ..spots import Spot


@final
@attrs.frozen(repr=False)
class Axis(Compound):
    """One point per value; a single value that was not declared as a choice is a static part."""

    values: Sequence[Any]
    swept: bool = attrs.field(eq=False)
    size: int = make_derived_field()

    def __attrs_post_init__(self) -> None:  # it stands on no other sweep
        object.__setattr__(self, "size", count_items(self.values))
        object.__setattr__(self, "depth", 1)

    @property
    def stored(self) -> tuple[Any, ...] | None:
        return self.values if isinstance(self.values, tuple) else None

    @property
    def static(self) -> bool:
        return self.size == 1 and not self.swept

    def at(self, index: int) -> Any:
        return self.values[index]

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        if start == 0 and stop == self.size:
            return iter(self.values)
        return map(self.values.__getitem__, range(start, stop))

    @cached_property
    def _positions(self) -> dict[Hashable, list[int]]:
        positions: dict[Hashable, list[int]] = {}
        for index, value in enumerate(self.values):
            positions.setdefault(exact_key(value), []).append(index)
        return positions

    def places(self, value: Any, exact: bool) -> Places:
        if isinstance(self.values, range):
            whole = _find_whole(value, exact, self.values)
            if whole is None or whole not in self.values:
                return places.NOWHERE
            return places.Listed((self.values.index(whole),))
        if isinstance(self.values, Spacing):
            found = self.values.find_indices(value)
            return places.Known(k for k in found if not exact or exact_key(self.values[k]) == exact_key(value))
        if exact:
            return places.Listed(self._positions.get(exact_key(value), ()))
        if type(value) in SCALAR_TYPES and value == value and are_scalars(map(type, self.values)):  # noqa: PLR0124
            return places.Listed([index for index, point in enumerate(self.values) if point == value])
        return places.Listed([index for index, point in enumerate(self.values) if are_equal(point, value)])

    def explain_missing(self, value: Any) -> str:
        if next(self.ranks(value, False), None) is not None:
            return ""
        known = ", ".join(short_repr(point) for point in islice(self.values, 6))
        return f"{repr_with_type(value)}, not one of {known}{', …' if self.size > 6 else ''}"

    def has_same_types(self, other: Node) -> bool:
        if isinstance(self.values, COMPUTED_TYPES):
            return True
        pairs = zip(self.values, other.list_values(()), strict=True)
        return all(exact_key(mine) == exact_key(theirs) for mine, theirs in pairs)

    @property
    def _trees(self) -> Sequence[Any]:
        """The values that may have parts."""
        return self.stored or ()

    @property
    def _holds_records(self) -> bool:
        return not are_scalars(map(type, self._trees)) and self._has_record

    @cached_property
    def _has_record(self) -> bool:
        return any(map(_is_record, self._trees))

    def may_have(self, path: Steps) -> bool:
        return not path or any(value is not ABSENT for value in (self.list_values(path) if self._trees else ()))

    def list_values(self, path: Steps) -> Sequence[Any]:
        return super().list_values(path) if path else self.values

    def distinct(self) -> Axis | None:
        if isinstance(self.values, range) or (isinstance(self.values, Spacing) and self.values.is_distinct):
            return self
        if self.size > LIMIT and isinstance(self.values, Spacing):
            return None
        values = tuple(unique(self.values, key=exact_key))
        return self if len(values) == self.size else attrs.evolve(self, values=values)

    def keep_values(self, kept: Sequence[int]) -> Axis:
        if isinstance(kept, range):  # of which slicing may store less
            return Axis(self.values[kept.start : kept.stop : kept.step], swept=self.swept)
        return Axis(tuple([self.values[k] for k in kept]), swept=self.swept)

    def columns(self) -> Columns:
        if self._holds_records:
            return join_columns(map(list_static_columns, self.values), self.size)
        return {(): Column((self.values,), self.swept)}

    @cached_property
    def _claims(self) -> Claims:
        records = [value for value in self._trees if isinstance(value, Config)]
        return claim_points(records if len(records) == self.size else [*records, None])

    def claims(self, exact: bool) -> Claims:  # noqa: ARG002  # they are always exact here
        return self._claims

    def kinds(self) -> Kinds:
        return join_kinds(map(list_kinds, self.values)) if self._holds_records else {}

    def can_set(self, path: Steps) -> bool:
        return not path or not self.size or any(can_set_in(path, value) for value in self._trees)

    def tabulate(self, tables: Tables[A], rows: Any) -> dict[Steps, A]:
        if self._holds_records:
            return tables.tabulate_points(self, rows)
        return {(): tables.make_array(self.values, rows)}

    @property
    def fields(self) -> dict[Hashable, Node] | None:
        if not self.static or not isinstance(self.at(0), Config):
            return None
        return {key: make_point(value) for key, value in self.at(0).items()}

    def as_choice(self) -> Node:
        return attrs.evolve(self, swept=True)

    def probes(self, spot: Spot) -> Iterator[Probe]:
        yield probes.PointProbe(self, spot, self.values)

    def find_pattern(self) -> Pattern:
        return find_common_pattern(self.values) if 0 < self.size <= probes.MOST_VALUES else None

    def outline(self, path: Steps) -> Outline:
        if not self.static:
            return outline.Outline.of_axis(show_path(path), self.values)
        leaves = (
            (step, leaf) for step, leaf in flatten_point(self.at(0)).items() if isinstance(leaf, str | int | float)
        )
        return outline.Outline(
            "", mark=next((f"{show_path((*path, *step))}={short_repr(leaf)}" for step, leaf in leaves), "")
        )


def make_point(value: Any) -> Node:
    """The sweep of one configuration."""
    return Axis((value,), swept=False)


UNIT: Final = make_point(Config())


def _find_whole(value: Any, exact: bool, positions: range) -> int | None:
    """The int that `value` is or, unless `exact`, equals; a range would search for anything else one by one."""
    if type(value) is int:
        return value
    if exact or isinstance(value, str | bytes) or not positions:
        return None
    try:
        low, high = sorted((positions[0], positions[-1]))
        if not low <= value.real <= high:  # asked first: int(Decimal("1e999999999")) is a number that fills the memory
            return None
        floor = int(value.real)
        return floor if bool(floor == value) else None
    except Exception:  # not a number, not finite, or hostile
        return None


def _is_record(value: Any) -> bool:
    parts = open_node(value)
    return parts is not None and bool(parts[1]) and not isinstance(parts[0], TupleShape)
