"""Patterns: the keys of plain data and the types of its scalars, which are all that many types ask about.

Where points have a pattern that a type has taken already, they need not be shown to it. Thousands of branches, or of
values, mostly have few patterns.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, Final

from ..configuration.config import Layout
from ..configuration.fold import Algebra, fold
from ..configuration.records import Shape, TupleShape, are_text
from ..configuration.spacing import COMPUTED_TYPES

Pattern = Hashable | None
"""The type of a scalar, or the keys of a record and their patterns; None where a type may look at more."""

KEPT_SCALARS: Final = (str, bool, int, float, bytes, type(None))
"""Types whose values stay what they are, or become an equal number."""

LARGEST_EXACT: Final = 2**53
"""Up to this size a float stands for one whole number alone."""


def find_pattern(value: Any) -> Pattern:
    """The pattern of one point."""
    return fold(_PATTERN, value)


def find_common_pattern(values: Sequence[Any]) -> Pattern:
    """The pattern that all values have, of which there is one at least; None where there is no such."""
    if isinstance(values, COMPUTED_TYPES):  # of numbers, of which the ends are the largest
        values = (values[0], values[-1])
    patterns = map(find_pattern, values)
    first = next(patterns)
    return first if all(pattern == first for pattern in patterns) else None


def join_patterns(shape: Shape, patterns: Iterable[Pattern]) -> Pattern:
    """The pattern of a record with parts of these patterns."""
    parts = tuple(patterns)
    if None in parts:
        return None
    if isinstance(shape, TupleShape):
        return tuple, *parts
    return (*shape.keys, *parts) if isinstance(shape, Layout) and are_text(map(type, shape.keys)) else None


def _find_scalar_pattern(leaf: Any) -> Pattern:
    kind: type = type(leaf)
    is_kept = kind in KEPT_SCALARS and (kind is not int or -LARGEST_EXACT <= leaf <= LARGEST_EXACT)
    return kind if is_kept else None


_PATTERN: Final[Algebra[Pattern]] = Algebra(
    leaf=_find_scalar_pattern,
    record=lambda shape, _node, parts: join_patterns(shape, parts),
    choice=lambda _node, _parts: None,
)
