"""Equality of values as configurations ask it: NaN equal to itself, arrays and frames by their content."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from numbers import Number
from typing import Any, Final

from .errors import TreeError
from .fold import FROZEN_TYPES, SCALAR_TYPES, TOO_DEEP, open_node
from .keys import find_record_type, have_same_content

_are_frozen: Final = FROZEN_TYPES.issuperset
"""Bound once: Python looks a method of an imported name up as an attribute of a module, which is slower."""


def are_equal(one: Any, other: Any) -> bool:
    """`one == other`, NaN equal to itself; by content where comparing fails, or is done element by element."""
    if one is other:
        return True
    if type(one) in SCALAR_TYPES and type(other) in SCALAR_TYPES:
        return bool(one == other or (one != one and other != other))  # noqa: PLR0124
    if type(one) is tuple and type(other) is tuple:
        return len(one) == len(other) and all(map(are_equal, one, other))
    with suppress(Exception):  # a hostile __eq__ says nothing about equality
        equal = one == other
        if _is_truth_value(equal):
            both = _is_number(one) and _is_number(other) and bool(one != one and other != other)  # noqa: PLR0124
            return bool(equal) or both or _are_parts_equal(one, other)
    return find_record_type(one) is find_record_type(other) and have_same_content(one, other)


def _are_parts_equal(one: Any, other: Any) -> bool:
    """True for two records, models or sets of one type that are not equal only because there is NaN in them."""
    if find_record_type(one) is not find_record_type(other) or type(one) in SCALAR_TYPES:
        return False
    mine, theirs = open_node(one), open_node(other)
    if mine is None or theirs is None:
        return not callable(one) and have_same_content(one, other)
    if mine[0] is None or theirs[0] is None:
        return False
    parts = dict(zip(theirs[0].keys, theirs[1], strict=True))
    return parts.keys() == {*mine[0].keys} and all(map(are_equal, mine[1], map(parts.__getitem__, mine[0].keys)))


def _is_truth_value(equal: Any) -> bool:
    """True for a truth value, also NumPy's: an array of one would have a truth value too."""
    return type(equal) is bool or (type(equal).__module__ == "numpy" and type(equal).__name__ in ("bool", "bool_"))


def _is_number(value: Any) -> bool:
    """True where a value that is not equal to itself is NaN, rather than hostile."""
    return isinstance(value, Number) or type(value).__module__ == "numpy"


def are_values_equal(mine: Sequence[Any], theirs: Sequence[Any]) -> bool:
    """`tuple(mine) == tuple(theirs)`, where arrays and frames are equal by their content.

    Each pair is compared once: to do it twice would double the work at every level of a tree.
    """
    try:
        if _are_frozen(map(type, mine)) and _are_frozen(map(type, theirs)):
            return mine == theirs
        return len(mine) == len(theirs) and all(map(_are_items_equal, mine, theirs))
    except RecursionError:
        raise TreeError(f"cannot compare: {TOO_DEEP}") from None


def _are_items_equal(one: Any, other: Any) -> bool:
    """`one == other` as containers ask it, where arrays and frames are equal by their content."""
    if type(one) is tuple and type(other) is tuple:
        return are_values_equal(one, other)
    if one is other:
        return True
    if type(one) in FROZEN_TYPES and type(other) in FROZEN_TYPES:
        return bool(one == other)
    equal = NotImplemented
    with suppress(Exception):
        equal = one == other
    return bool(equal) if _is_truth_value(equal) else type(one) is type(other) and have_same_content(one, other)
