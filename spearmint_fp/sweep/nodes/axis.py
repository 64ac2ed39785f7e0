"""An axis: one point per value."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import cached_property
from typing import Any, cast, final

import attrs

from ...configuration.errors import short_repr
from ...configuration.keys import exact_key
from ...configuration.records import TupleShape
from ...configuration.tree import Config, are_equal, open_node, show_path
from ..claims import Claims, Steps, of_points
from ..indices import count_items
from ..outline import Outline
from ..places import Listed, Places
from .columns import Column, Columns, Kinds, flatten_point, join_columns, join_kinds, list_kinds, list_static_columns
from .node import Node, derived_field, set_derived

__all__ = ["Axis"]


@final
@attrs.frozen(repr=False)
class Axis(Node):
    """One point per value; a single value that was not declared as a choice is a static part."""

    values: Sequence[Any]
    swept: bool = attrs.field(eq=False)
    size: int = derived_field()
    depth: int = derived_field()

    def __attrs_post_init__(self) -> None:
        set_derived(self, size=count_items(self.values))

    @property
    def children(self) -> tuple[Node, ...]:
        return ()

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

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        if isinstance(self.values, range):
            return self._range_ranks(value, exact)
        if exact:
            return self.places(value, exact).walk(0, 1)
        return (index for index, point in enumerate(self.values) if are_equal(point, value))

    def places(self, value: Any, exact: bool) -> Places:
        if exact and not isinstance(self.values, range):
            return Listed(self._positions.get(exact_key(value), ()))
        return Listed(tuple(self.ranks(value, exact)))

    def _range_ranks(self, value: Any, exact: bool) -> Iterator[int]:
        positions = cast(range, self.values)
        whole = _whole(value, exact, positions)
        return iter((positions.index(whole),)) if whole is not None and whole in positions else iter(())

    @cached_property
    def _records(self) -> bool:
        return not isinstance(self.values, range) and any(map(_is_record, self.values))

    def columns(self) -> Columns:
        if self._records:
            return join_columns(map(list_static_columns, self.values), self.size)
        return {(): Column((self.values,), self.swept)}

    @cached_property
    def _claims(self) -> Claims:
        records = [] if isinstance(self.values, range) else [value for value in self.values if type(value) is Config]
        return of_points(records if len(records) == self.size else [*records, None])

    def claims(self, exact: bool) -> Claims:  # noqa: ARG002  # they are always exact here
        return self._claims

    def kinds(self) -> Kinds:
        return join_kinds(map(list_kinds, self.values)) if self._records else {}

    def outline(self, path: Steps) -> Outline:
        if not self.static:
            return Outline.of_axis(show_path(path), self.values)
        leaves = (
            (step, leaf) for step, leaf in flatten_point(self.at(0)).items() if isinstance(leaf, str | int | float)
        )
        return Outline("", mark=next((f"{show_path((*path, *step))}={short_repr(leaf)}" for step, leaf in leaves), ""))


def _whole(value: Any, exact: bool, positions: range) -> int | None:
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
