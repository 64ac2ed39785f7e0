"""Hooks of the types whose values are written down: strict, so that nothing is coerced in silence."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from inspect import isclass
from numbers import Complex, Integral, Rational, Real
from typing import Any, get_args

from ..configuration.errors import list_words, short_repr
from .problems import expected

__all__ = ["Hook", "enum_hook", "literal_hook", "none_hook", "scalar_hook", "unbox_scalar"]

Hook = Callable[[Any, Any], Any]
"""What makes a value into one of a type: `hook(value, type)`."""


def unbox_scalar(value: Any) -> Any:
    """A NumPy scalar as Python's own; all else as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    return value


def _strict(kind: type, fits: Callable[[Any], bool], make: Callable[[Any], Any]) -> Hook:
    """The hook of a scalar: what fits is made, all else is refused; a subclass of it is made of what fits its base."""

    def check(value: Any, cls: Any) -> Any:
        if cls is kind and type(value) is kind:
            return value
        if cls is not kind:
            return enum_hook(value, cls) if issubclass(cls, enum.Enum) else _of_subclass(check(value, kind), cls)
        single = unbox_scalar(value)
        if not fits(single):
            raise expected(kind.__name__, value)
        made = make(single)
        if type(single).__module__ == "numpy" and made != single and single == single:  # noqa: PLR0124  # but for NaN
            raise expected(f"{kind.__name__}, which cannot hold all digits of this one", value)
        return made

    return check


def _of_subclass(value: Any, cls: Any) -> Any:
    return value if isinstance(value, cls) else cls(value)


def _is_int(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_float(value: Any) -> bool:
    return _is_int(value) or (isinstance(value, Real) and not isinstance(value, Rational))


def _read_hook(*sources: type) -> Hook:
    """The hook of a type whose values are written as text, or made of other scalars without loss."""

    def read(value: Any, cls: Any) -> Any:
        if isinstance(value, cls) and not _is_other(value, cls):
            return value
        single = unbox_scalar(value)
        if isinstance(single, bool) or not isinstance(single, sources):
            raise expected(_or_as(cls, sources), value)
        if _is_vast(single, cls):
            raise expected(f"{cls.__name__} with an exponent of at most 3 digits", value)
        try:
            return cls.fromisoformat(single) if hasattr(cls, "fromisoformat") else cls(single)
        except Exception:  # each of these types says it in its own way, or in none
            raise expected(_or_as(cls, sources), value) from None

    return read


def _is_vast(text: Any, cls: type) -> bool:
    """Whether a fraction would write out a power of ten that fills the memory: `1e999999999`."""
    _, exponent, power = text.lower().partition("e") if isinstance(text, str) else ("", "", "")
    return bool(exponent) and cls.__name__ == "Fraction" and not re.fullmatch(r"\s*[-+]?0*\d{1,3}\s*", power)


def _is_other(value: Any, cls: type) -> bool:
    """Whether a value is of a subclass that means something else: a datetime is a date by inheritance alone."""
    return cls.__name__ == "date" and hasattr(value, "hour")


def _or_as(cls: type, sources: tuple[type, ...]) -> str:
    return f"{cls.__name__}, also as {' or '.join(source.__name__ for source in sources)}"


def scalar_hook(kind: Any) -> Hook | None:
    """The hook of a scalar type, or of a subclass of one; None for all other types."""
    hooks = _scalar_hooks()
    return next((hooks[base] for base in kind.__mro__ if base in hooks), None) if isclass(kind) else None


@cache
def _scalar_hooks() -> dict[type, Hook]:
    from datetime import date, datetime, time
    from decimal import Decimal
    from fractions import Fraction
    from pathlib import Path, PurePath
    from uuid import UUID

    strict: dict[type, Hook] = {
        int: _strict(int, _is_int, int),
        float: _strict(float, _is_float, float),
        complex: _strict(complex, lambda v: isinstance(v, Complex) and not isinstance(v, bool), complex),
        str: _strict(str, lambda v: isinstance(v, str), lambda v: v if type(v) is str else str.__str__(v)),
        bytes: _strict(bytes, lambda v: isinstance(v, bytes), bytes),
        bool: _strict(bool, lambda v: isinstance(v, bool), bool),
    }
    read: dict[type, Hook] = {kind: _read_hook(str) for kind in (Path, PurePath, UUID, date, datetime, time)}
    return {**strict, **read, **{kind: _read_hook(str, int) for kind in (Decimal, Fraction)}}


def none_hook(value: Any, _: Any) -> None:
    """None, and nothing else."""
    if value is not None:
        raise expected("None", value)


def literal_hook(value: Any, kind: Any) -> Any:
    """The literal that the value is, types told apart; a member of an enum also by its value."""
    single = unbox_scalar(value)
    for literal in get_args(kind):
        known = (literal, literal.value) if isinstance(literal, enum.Enum) else (literal,)
        if any(type(single) is type(one) and single == one for one in known):
            return literal
    raise expected(f"one of {list_words([short_repr(one) for one in get_args(kind)])}", value, "tag")


def enum_hook(value: Any, cls: Any) -> Any:
    """The member that has this value, types told apart, or that the class itself finds for it."""
    if isinstance(value, cls):
        return value
    single = unbox_scalar(value)
    member = None
    for named in (single, tuple(single)) if isinstance(single, list) else (single,):
        with suppress(Exception):  # ValueError, or whatever a _missing_ of the class raises
            member = member or cls(named)
    plain = isinstance(single, bool | int | float)
    if member is None or (plain and member.value == single and type(member.value) is not type(single)):
        raise expected(f"{cls.__name__}, one of {list_words([short_repr(m.value) for m in cls])}", value)
    return member
