"""Keys by which values are told apart: by type and content, also for values that have no hash.

A key keeps the value alive wherever the value itself is what tells it from others.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Mapping
from numbers import Number
from typing import Any, Final, final

from .fold import Algebra, fold
from .late import hashlib
from .models import read_model_fields
from .opaque import is_array
from .spacing import COMPUTED_TYPES
from .tables import list_content


def exact_key(value: Any) -> Hashable:
    """A key that is equal for equal points of equal types: 1, 1.0 and True differ, NaN equals itself.

    Arrays, frames, models and other objects without a hash are keyed by their content. What has a hash but no content
    that could be compared, and what cannot be taken apart, equals itself alone.
    """
    return fold(_KEY, value)


def have_same_content(one: Any, other: Any) -> bool:
    """True for values of one type with the same content; meant for those whose `==` gives no truth value, as arrays."""
    try:
        if is_array(one) and is_array(other):
            numpy: Any = sys.modules["numpy"]
            if one.shape == other.shape and numpy.array_equal(one, other):
                return True
        return exact_key(one) == exact_key(other)
    except Exception:  # a tree without end, or hostile in all
        return False


# --- leaves ------------------------------------------------------------------------------------------


@final
class SameObject:
    """The key of an object that only equals itself. It holds the object: an `id` alone may be given to another one."""

    __slots__ = ("held",)

    def __init__(self, held: object) -> None:
        self.held = held

    def __eq__(self, other: object) -> bool:
        return type(other) is SameObject and other.held is self.held

    def __hash__(self) -> int:
        return id(self.held)


_SCALAR_TYPES: Final = frozenset({str, int, bool, type(None), bytes, type, *COMPUTED_TYPES})


def _make_leaf_key(leaf: Any) -> Hashable:
    kind = type(leaf)
    if kind in _SCALAR_TYPES:
        return kind, leaf
    if kind is float:  # 0.0 and -0.0 differ, all NaN are one
        return (float, leaf) if leaf and leaf == leaf else (float, str(leaf))  # noqa: PLR0124
    try:
        return _make_object_key(leaf)
    except Exception:  # hostile, or nothing that could be taken apart
        return SameObject(leaf)


def _make_object_key(leaf: Any) -> Hashable:
    kind = type(leaf)
    if kind is complex:
        return kind, _make_leaf_key(leaf.real), _make_leaf_key(leaf.imag)
    if isinstance(leaf, set | frozenset):
        return frozenset, frozenset(map(exact_key, leaf))
    fields = read_model_fields(leaf)
    if fields is not None:
        return kind, tuple(map(exact_key, (*fields, getattr(leaf, "__pydantic_private__", None))))
    if is_array(leaf) or kind is slice or not has_hash(leaf):  # a slice has a hash from 3.12 on, and its parts' ==
        return _make_content_key(leaf)
    if isinstance(leaf, tuple):  # of a class of its own, whose items may be equal and yet differ
        return kind, tuple(map(exact_key, leaf))
    return (kind, "nan") if is_nan(leaf) else (kind, leaf)


def has_hash(leaf: Any) -> bool:
    """True for a value that can be hashed."""
    try:
        hash(leaf)
    except TypeError:
        return False
    return True


def is_nan(leaf: Any) -> bool:
    """True for a number, or a time of NumPy, that is not equal to itself."""
    decimal = sys.modules.get("decimal")  # loaded where there is a value of it
    if decimal is not None and isinstance(leaf, decimal.Decimal):
        return bool(leaf.is_nan())
    measured = isinstance(leaf, Number) or (type(leaf).__module__ == "numpy" and not is_array(leaf))
    return measured and bool(leaf != leaf)  # noqa: PLR0124


def _make_content_key(leaf: Any) -> Hashable:
    """A key of the content of an object without a hash: of its cells, or of all that a copy would be made of."""
    kind = type(leaf)
    if is_array(leaf) and kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return kind, str(leaf.dtype), leaf.shape, _make_cells_key(leaf)
    table = list_content(leaf)
    if table is not None:
        return kind, exact_key(table)
    if kind in _VIEW_TYPES:
        return kind, frozenset(map(exact_key, leaf))
    equal = leaf == leaf  # noqa: PLR0124
    if equal is False:  # then two copies are even less
        return SameObject(leaf)
    made = leaf.__reduce_ex__(4)
    if isinstance(made, str):
        return kind, made
    make, arguments, state, items, pairs = (*made, None, None, None)[:5]
    parts = tuple(exact_key(part) for part in (make, arguments, state))
    return kind, parts, tuple(map(exact_key, items or ())), tuple(exact_key(tuple(pair)) for pair in pairs or ())


_VIEW_TYPES: Final[tuple[type, ...]] = (type({}.keys()), type({}.items()))


def _make_cells_key(array: Any) -> Hashable:
    """A key of an array's cells: a digest of their bytes, or the cells where equal ones may differ in their bytes."""
    if array.dtype.hasobject or array.dtype.names is not None or array.dtype.char in "gG":
        return tuple(map(exact_key, array.ravel().tolist()))
    if array.dtype.kind in "fc":
        nan = array != array  # noqa: PLR0124
        if nan.any():  # there are many of them, which all mean the same
            array = array.copy()
            array[nan] = float("nan")
    return hashlib.blake2b(array.tobytes(), digest_size=32).digest()


# --- records -----------------------------------------------------------------------------------------


def find_record_type(node: Any) -> type:
    """The type of a record, one for all that freezing makes equal."""
    return Mapping if isinstance(node, Mapping) else tuple if isinstance(node, list) else type(node)


_KEY: Final[Algebra[Hashable]] = Algebra(
    leaf=_make_leaf_key,
    record=lambda shape, node, parts: (find_record_type(node), frozenset(zip(shape.keys, parts, strict=True))),
    choice=lambda node, _: _make_leaf_key(node),
)
