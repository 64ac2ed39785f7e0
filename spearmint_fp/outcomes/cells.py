"""Values as text for a cell of a table, an axis or a page, and as numbers where they are numbers."""

from __future__ import annotations

import math
import sys
from enum import Enum
from numbers import Real
from types import FunctionType
from typing import Any, Final

from ..configuration.late import decimal
from ..configuration.messages import full_repr, short_repr
from ..configuration.scalars import unbox_scalar

_READABLE_MODULES: Final = frozenset({"datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo", "ipaddress"})
"""Modules of the standard library whose values have a `str` that a reader understands without their type."""


class Absent(Enum):
    """The value in a column for a path that a configuration or a result does not have; None is a value."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT


def format_text(value: Any) -> str:
    """The value for a reader: text as it is, what has a name by its name, all else by its `repr`.

    >>> format_text("gpt-4"), format_text(0.1), format_text((1, "a")), format_text(int)
    ('gpt-4', '0.1', "(1, 'a')", 'int')
    """
    try:
        single = unbox_scalar(value)
        kind = type(single)
        if isinstance(single, Enum):
            return f"{kind.__name__}.{single.name}"
        if isinstance(single, str):
            return str.__str__(single)
        if isinstance(single, type | FunctionType):
            return single.__qualname__
        return str(single) if kind.__module__.partition(".")[0] in _READABLE_MODULES else full_repr(single)
    except Exception:  # a hostile __str__ must not hide the other cells
        return short_repr(value)


def format_cell(value: Any) -> str:
    """The value for a cell of a table: nothing where it is absent, a float to six digits, else as `format_text` has it.

    >>> format_cell(ABSENT), format_cell(None), format_cell(1 / 3), format_cell("a")
    ('', 'None', '0.333333', 'a')
    """
    if value is ABSENT:
        return ""
    return f"{value:.6g}" if type(value) is float else format_text(value)


def escape_surrogates(text: str) -> str:
    r"""The text with halves of a pair of surrogates spelled out, which no page and no data frame can hold.

    >>> escape_surrogates("a\ud800")
    'a\\ud800'
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_number(value: Any) -> bool:
    """True for a real number, a `Decimal` too; truth values and members of enums are none."""
    single = unbox_scalar(value)
    return isinstance(single, Real | decimal.Decimal) and not isinstance(single, bool | Enum)


def as_float(value: Any) -> float:
    """A number as a float, the greatest one where it is beyond all of them.

    >>> as_float(3), as_float(-(10**400))
    (3.0, -1.7976931348623157e+308)
    """
    try:
        return float(value)
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max
    except ValueError:  # a signalling NaN
        return math.nan
