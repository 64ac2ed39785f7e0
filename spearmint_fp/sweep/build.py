"""Smart constructors: nodes in their simplest form, so that equal sweeps are mostly built alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, groupby
from typing import Any, Final

import attrs

from ..configuration.errors import ArgumentError, ConflictError, SizeError, format_count, repr_with_type, short_repr
from ..configuration.records import Shape, TupleShape
from ..configuration.tree import Config, Layout, rebuild_record, show_path
from .claims import Claims, Steps, find_conflict, of_points
from .indices import Span, range_size
from .nodes.axis import Axis
from .nodes.image import Image
from .nodes.merge import Merge
from .nodes.node import LIMIT, Node, possible_point, possible_points
from .nodes.record import Record
from .nodes.select import Select
from .nodes.union import Union
from .nodes.zip import Zip

__all__ = ["EMPTY", "UNIT", "point", "product_of", "record_of", "sliced", "union_of", "zip_of"]


def point(value: Any) -> Node:
    """The sweep of one configuration."""
    return Axis((value,), swept=False)


UNIT: Final = point(Config())
EMPTY: Final = Union(())


def record_of(shape: Shape, node: Any, parts: Sequence[Node]) -> Node:
    """The product of a record's children; one point, built once, where nothing below it varies."""
    if all(isinstance(part, Axis) and part.static for part in parts):
        return point(rebuild_record(shape, node, tuple(part.at(0) for part in parts)))
    return Record(shape, tuple(parts))


def sliced(node: Node, cut: slice) -> Node:
    """`node[cut]`: slices of slices stay one range, and a slice that takes all is the node itself."""
    if isinstance(node, Image):
        return node.rebased(sliced(node.base, cut))
    base, positions = node, range(node.size)
    if isinstance(node, Select) and isinstance(node.indices, Span):
        base, positions = node.base, node.indices.positions
    try:
        taken = positions[cut]
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"cannot slice a sweep by {short_repr(cut)}: {error}") from None
    if range_size(taken) == base.size and taken.step == 1:
        return base
    return Select(base, Span(taken))


def union_of(parts: Sequence[Node]) -> Node:
    """The parts one after the other: nested unions opened, empty parts dropped, neighbouring values joined."""
    if parts and isinstance(parts[0], Union) and parts[0].size:
        head = parts[0]
        return head.ending(_neighbours([head.parts[-1], *_opened_unions(parts[1:])]))
    opened = _opened_unions(parts)
    joined = _neighbours(opened) or opened[:1]
    return joined[0] if len(joined) == 1 else Union(tuple(joined))


def _opened_unions(parts: Sequence[Node]) -> list[Node]:
    return [inner for part in parts for inner in (part.parts if isinstance(part, Union) else (part,))]


def _neighbours(parts: Sequence[Node]) -> list[Node]:
    """The parts that are not empty, those of values that stand side by side joined."""
    joined: list[Node] = []
    for values, group in groupby((part for part in parts if part.size), key=_is_values):
        side_by_side = list(group)
        joined += [_axis(side_by_side)] if values else side_by_side
    return joined


def _is_values(part: Node) -> bool:
    return isinstance(part, Axis) and isinstance(part.values, tuple)


def _axis(axes: Sequence[Any]) -> Axis:
    """One axis of the values of all."""
    values = tuple(chain.from_iterable(axis.values for axis in axes))
    return Axis(values, swept=len(values) > 1)


def product_of(parts: Sequence[Node]) -> Node:
    """Every merge of one point of each part: one record where the order of axes allows it, else a `Merge`."""
    opened = [(position, inner) for position, part in enumerate(parts) for inner in _factors(part)]
    factors = [(position, part) for position, part in opened if not _is_unit(part)]
    if len(factors) < 2:
        return factors[0][1] if factors else UNIT
    shares = _check_records("product", factors)
    if all(part.size for _, part in factors):
        _check_apart("product", shares)
    fused = [factors[0][1]]
    for _, part in factors[1:]:
        record = _fused(fused[-1], part)
        fused[-1:] = [fused[-1], part] if record is None else [record]
    return fused[0] if len(fused) == 1 else Merge(Record(TupleShape(len(fused)), tuple(fused)))


def _is_unit(part: Node) -> bool:
    """`part == UNIT`, without asking a leaf of the user's whether it is equal."""
    return isinstance(part, Axis) and part.size == 1 and type(part.at(0)) is Config and not part.at(0)


def _factors(part: Node) -> tuple[Node, ...]:
    return part.inner.parts if isinstance(part, Merge) and isinstance(part.inner, Record) else (part,)


def zip_of(parts: Sequence[Node]) -> Node:
    """The merge of the parts' points at each index."""
    if len(parts) < 2:
        return parts[0] if parts else EMPTY
    for position, part in enumerate(parts):
        if part.size != parts[0].size:
            raise SizeError(
                f"zipped sweeps have equal sizes; sweep 0 has {format_count(parts[0].size)} configurations and "
                f"sweep {position} has {format_count(part.size)}. Slice the longer one, or multiply them with product"
            )
    shares = _check_records("zipped", list(enumerate(parts)))
    if _conflict_of(shares) is not None:
        _check_pairs(shares)
    return Merge(Zip(tuple(parts)))


@attrs.define(eq=False, repr=False)
class _Share:
    """What one of several sweeps that are to merge, the one at `position`, claims of their points."""

    position: int
    part: Node
    claims: Claims

    def look(self) -> bool:
        """Find the exact claims; false where they are known already."""
        known, self.claims = self.claims.exact, self.claims if self.claims.exact else self.part.claims(exact=True)
        return not known


def _check_records(function: str, parts: Sequence[tuple[int, Node]]) -> list[_Share]:
    """The claims of the parts that have points; an error where a point is no record from a mapping."""
    shares = [_Share(position, part, part.claims(exact=False)) for position, part in parts if part.size]
    for share in shares:
        if () in share.claims.leaves and (share.claims.exact or share.look()) and () in share.claims.leaves:
            raise ArgumentError(
                f"{function} merges records from mappings; sweep {share.position} holds {_said_of_other(share.part)}. "
                f"Put it under a key of its own: expand({{'key': sweep}})"
            )
    return shares


def _said_of_other(part: Node) -> str:
    """A point that is no record from a mapping, for a message."""
    return repr_with_type(next(point for point in possible_points(part, part.size) if type(point) is not Config))


def _conflict_of(shares: Sequence[_Share]) -> tuple[Steps, _Share, _Share] | None:
    """A path that two sweeps may both set, and the two."""
    found = find_conflict([share.claims for share in shares])
    return None if found is None else (found[0], shares[found[1]], shares[found[2]])


def _check_apart(function: str, shares: Sequence[_Share]) -> None:
    """An error where two sweeps set the same path in some of their points: in a product each meets each."""
    while (found := _conflict_of(shares)) is not None:
        path, one, other = found
        looked = [share.look() for share in (one, other)]
        if not any(looked):
            raise _conflict_error(function, path, one.position, other.position)


def _check_pairs(shares: Sequence[_Share]) -> None:
    """An error where two zipped sweeps set the same path at the same index."""
    size = shares[0].part.size
    if all(share.claims.uniform for share in shares):
        _check_apart("zipped", shares)
    if size > LIMIT:
        try:
            _check_apart("zipped", shares)
        except ConflictError as error:
            raise SizeError(
                f"zipped: whether two sweeps set the same path in one configuration can be told only by looking at "
                f"all {format_count(size)}, more than {LIMIT}. {error}"
            ) from None
        return
    for index in range(size):
        points = [possible_point(share.part, index) for share in shares]
        there = [_Share(s.position, s.part, of_points(point)) for s, point in zip(shares, points, strict=True)]
        if (found := _conflict_of(there)) is not None:
            path, one, other = found
            raise _conflict_error("zipped", path, one.position, other.position)


def _conflict_error(function: str, path: Steps, one: int, other: int) -> ConflictError:
    return ConflictError(
        f"{function}: {show_path(path)} is set by sweep {one} and by sweep {other}. "
        f"Drop it from one of them, or change one with override(patch, tree) before expanding"
    )


def _fused(one: Node, other: Node) -> Record | Axis | None:
    """The product of two records as one record, where that keeps all axes of `one` slower than those of `other`."""
    mine, theirs = _opened(one), _opened(other)
    if mine is None or theirs is None:
        return None
    merged = dict(mine)
    for key, child in theirs.items():
        if key not in merged:
            merged[key] = child
            continue
        both = _fused(merged[key], child)
        later = list(merged)[list(merged).index(key) + 1 :]
        if both is None or (child.size != 1 and any(merged[name].size != 1 for name in later)):
            return None
        merged[key] = both
    node = record_of(Layout(tuple(merged)), None, tuple(merged.values()))
    return node if isinstance(node, Record | Axis) else None


def _opened(node: Node) -> dict[Any, Node] | None:
    """The children of a record of mappings by key, also where it is one static point."""
    if isinstance(node, Record) and isinstance(node.shape, Layout):
        return dict(zip(node.shape.keys, node.parts, strict=True))
    if isinstance(node, Axis) and node.static and type(node.at(0)) is Config:
        return {key: point(value) for key, value in node.at(0).items()}
    return None
