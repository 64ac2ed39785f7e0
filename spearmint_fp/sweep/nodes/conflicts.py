"""Checks before sweeps are merged: their points are records from mappings, and no two set one path."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ...configuration.config import Config
from ...configuration.errors import ArgumentError, ConflictError, SizeError
from ...configuration.fold import Steps, show_path
from ...configuration.messages import format_count, repr_with_type
from ..claims import Claims, claim_points, find_conflict
from .node import LIMIT, Node
from .points import walk_possible_points


@attrs.define(eq=False, repr=False)
class _Share:
    """The claims of one of several sweeps that are to merge, the one at `position` in the call."""

    position: int
    part: Node
    claims: Claims

    def refine(self) -> bool:
        """Find the exact claims; false where they are known already."""
        if self.claims.exact:
            return False
        self.claims = self.part.claims(exact=True)
        return True


def check_product(parts: Sequence[tuple[int, Node]]) -> None:
    """An error where sweeps, given with their positions in a call of `product`, cannot be multiplied.

    Raises:
        ArgumentError: a point of one of them is no record from a mapping.
        ConflictError: two of them set the same path.
    """
    shares = _claim_records("product", parts)
    if all(part.size for _, part in parts):
        _check_apart("product", shares)


def check_zip(parts: Sequence[Node]) -> None:
    """An error where sweeps of one size cannot be zipped.

    Raises:
        ArgumentError: a point of one of them is no record from a mapping.
        ConflictError: two of them set the same path at the same index.
        SizeError: that can be told only by looking at more than 10^6 of them.
    """
    shares = _claim_records("zipped", list(enumerate(parts)))
    if _find_clash(shares) is not None:
        _check_pairs(shares)


def _claim_records(function: str, parts: Sequence[tuple[int, Node]]) -> list[_Share]:
    """The claims of the parts that have points; an error where a point is no record from a mapping."""
    shares = [_Share(position, part, part.claims(exact=False)) for position, part in parts if part.size]
    for share in shares:
        if () in share.claims.leaves and (share.claims.exact or share.refine()) and () in share.claims.leaves:
            points = walk_possible_points(share.part, 0, share.part.size)
            other = next(point for point in points if not isinstance(point, Config))
            raise ArgumentError(
                f"{function} merges records from mappings; sweep {share.position} holds {repr_with_type(other)}. "
                f"Put it under a key of its own: expand({{'key': sweep}})"
            )
    return shares


def _find_clash(shares: Sequence[_Share]) -> tuple[Steps, _Share, _Share] | None:
    """A path that two sweeps may both set, and the two."""
    found = find_conflict([share.claims for share in shares])
    return None if found is None else (found[0], shares[found[1]], shares[found[2]])


def _check_apart(function: str, shares: Sequence[_Share]) -> None:
    """An error where two sweeps set the same path in some of their points: in a product each meets each."""
    while (found := _find_clash(shares)) is not None:
        path, one, other = found
        if not any([one.refine(), other.refine()]):
            raise _make_conflict_error(function, path, one.position, other.position)


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
        points = [walk_possible_points(share.part, index, index + 1) for share in shares]
        there = [_Share(s.position, s.part, claim_points(point)) for s, point in zip(shares, points, strict=True)]
        if (found := _find_clash(there)) is not None:
            path, one, other = found
            raise _make_conflict_error("zipped", path, one.position, other.position)


def _make_conflict_error(function: str, path: Steps, one: int, other: int) -> ConflictError:
    return ConflictError(
        f"{function}: {show_path(path)} is set by sweep {one} and by sweep {other}. "
        f"Drop it from one of them, or change one with override(patch, tree) before expanding"
    )
