"""Opaque values: what a leaf of any class refers to, found without knowing the class."""

from __future__ import annotations

import gc
import sys
import weakref
from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain, islice
from types import CellType, CodeType, FrameType, FunctionType, ModuleType, TracebackType
from typing import Any, Final

from .models import derives_from, is_struct

MAX_ENTERED: Final = 10_000
"""How many objects are entered below one leaf: a leaf may refer to half of a program."""

_PROGRAM_TYPES: Final = (type, ModuleType, CodeType, FrameType, TracebackType, weakref.ref)
"""Types of objects that refer to programs rather than to data."""

_DATA_TYPES: Final = (list, tuple, dict, set, frozenset, deque, partial)
"""Types of objects that a function may keep and that are data for certain."""

_TRACKED_FLAG: Final = 1 << 14
"""The flag of classes whose instances tell the garbage collector what they refer to."""


def find_inside(wanted: type, value: Any, known: Iterable[Any] = (), most: int = MAX_ENTERED) -> Any | None:
    """The nearest instance of `wanted` that `value` refers to, through objects of any class; None where there is none.

    What is `known` is passed over. No code of the objects runs: the garbage collector says what an object refers to,
    and the elements of a large list or array are told apart by type at once. Classes, modules and the globals of
    functions are not entered, and no more than `most` objects.
    """
    roles = _ROLES.setdefault(wanted, {})
    if _find_role(type(value), wanted, roles) != ENTERED:
        return None
    seen, queue = {id(value), *map(id, known)}, [value]  # what is in the queue stays alive, and so do its ids
    for holder in queue:
        found = _list_referents(holder, wanted)
        types = list(map(type, found))
        # few types stand in a large list: each is judged once, by id as a class may have no hash
        kinds = dict(zip(map(id, types), types, strict=True))
        roles_found = {number: role for number, kind in kinds.items() if (role := _find_role(kind, wanted, roles))}
        if not roles_found:
            continue
        if WANTED in roles_found.values():
            hidden = (each for each in found if roles_found.get(id(type(each))) == WANTED and id(each) not in seen)
            if (first := next(hidden, None)) is not None:
                return first
        if len(queue) <= most:
            new = (each for each in found if id(type(each)) in roles_found and id(each) not in seen)
            for each in islice(new, most):
                seen.add(id(each))
                queue.append(each)
    return None


NOTHING, ENTERED, WANTED = range(3)
"""The role of a class in a search: its instances are passed over, are entered, or are what is searched for."""

_ROLES: Final[dict[type, dict[int, tuple[type, int]]]] = {}
"""Per class that was searched for, the roles of others by `id`, which stays theirs as the class is kept with it."""

_MAX_ROLES: Final = 2_000


def _find_role(kind: type, wanted: type, roles: dict[int, tuple[type, int]]) -> int:
    known = roles.get(id(kind))
    if known is not None:
        return known[1]
    if len(roles) >= _MAX_ROLES:
        roles.clear()
    role = WANTED if derives_from(kind, wanted) else ENTERED if _is_entered(kind) else NOTHING
    roles[id(kind)] = kind, role
    return role


_VALUE_MODULES: Final = frozenset(
    {"datetime", "decimal", "fractions", "ipaddress", "pathlib", "pathlib._local", "uuid", "zoneinfo"}
)
"""Modules of the standard library whose own classes hold numbers and text alone."""


def _is_entered(kind: type) -> bool:
    """True for classes whose instances refer to other objects: what the collector tracks, arrays and structs."""
    if (
        any(derives_from(kind, closed) for closed in _PROGRAM_TYPES)
        or type.__dict__["__module__"].__get__(kind) in _VALUE_MODULES
    ):
        return False
    return bool(kind.__flags__ & _TRACKED_FLAG) or _is_array_type(kind) or is_struct(kind)


def _list_referents(value: Any, wanted: type) -> Sequence[Any]:
    kind = type(value)
    if kind is FunctionType:
        return _list_kept(value, wanted)
    if _is_array_type(kind):
        return [value.tolist()] if value.dtype.hasobject else ()
    if not kind.__flags__ & _TRACKED_FLAG and is_struct(kind):
        return [getattr(value, name) for name in kind.__struct_fields__ if hasattr(value, name)]
    return gc.get_referents(value)


def _list_kept(function: FunctionType, wanted: type) -> list[Any]:
    """The data that a function keeps in its closure and its defaults."""
    # comparing with an empty cell tells whether a variable is set, and compares no values
    cells = (cell.cell_contents for cell in function.__closure__ or () if cell != CellType())
    kept = chain(cells, function.__defaults__ or (), (function.__kwdefaults__ or {}).values())
    return [each for each in kept if any(derives_from(type(each), data) for data in (wanted, *_DATA_TYPES))]


def is_array(value: Any) -> bool:
    """True for a NumPy array; NumPy is loaded where there is one."""
    return _is_array_type(type(value))


def _is_array_type(kind: type) -> bool:
    numpy = sys.modules.get("numpy")
    array = getattr(numpy, "ndarray", None)
    return array is not None and derives_from(kind, array)
