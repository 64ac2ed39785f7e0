"""Hooks of scalars, literals and enums: strict, so that nothing is coerced in silence."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from inspect import isclass
from numbers import Complex, Integral, Rational, Real
from typing import Any, Final, get_args

from ..configuration.messages import list_words, short_repr
from ..configuration.scalars import find_scalar, make_scalar, unbox_scalar
from .hooks import Hook
from .problems import make_refusal


def _make_strict_hook(kind: type, fits: Callable[[Any], bool], make: Callable[[Any], Any]) -> Hook:
    """The hook of a scalar: what fits is made, all else is refused; a subclass of it is made of what fits its base."""

    def check(value: Any, cls: Any) -> Any:
        if cls is kind and type(value) is kind:
            return value
        if cls is not kind:
            if issubclass(cls, enum.Enum):
                return convert_enum(value, cls)
            plain = check(value, kind)
            return plain if isinstance(plain, cls) else cls(plain)
        single = unbox_scalar(value)
        if not fits(single):
            raise make_refusal(kind.__name__, value)
        made = make(single)
        if type(single).__module__ == "numpy" and made != single and single == single:  # noqa: PLR0124  # but for NaN
            raise make_refusal(f"{kind.__name__}, which cannot hold all digits of this one", value)
        return made

    return check


def _is_int(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_float(value: Any) -> bool:
    return _is_int(value) or (isinstance(value, Real) and not isinstance(value, Rational))


def _read_scalar(value: Any, cls: Any, *, sources: tuple[type, ...]) -> Any:
    """The hook of a scalar that is read from text, or made of another scalar without loss."""
    is_datetime = cls.__name__ == "date" and hasattr(value, "hour")  # a date by inheritance alone
    if isinstance(value, cls) and not is_datetime:
        return value
    single = unbox_scalar(value)
    wanted = f"{cls.__name__}, also as {' or '.join(source.__name__ for source in sources)}"
    if isinstance(single, bool) or not isinstance(single, sources):
        raise make_refusal(wanted, value)
    if cls.__name__ == "Fraction" and isinstance(single, str) and _has_vast_exponent(single):
        raise make_refusal("Fraction with an exponent of at most 3 digits", value)
    try:
        return make_scalar(cls, single)
    except Exception:  # each of these types raises errors of its own
        raise make_refusal(wanted, value) from None


def _has_vast_exponent(text: str) -> bool:
    """True for text whose power of ten would fill the memory when it is written out: `1e999999999`."""
    _, exponent, power = text.lower().partition("e")
    return bool(exponent) and not re.fullmatch(r"\s*[-+]?0*\d{1,3}\s*", power)


_STRICT: Final[dict[type, Hook]] = {
    int: _make_strict_hook(int, _is_int, int),
    float: _make_strict_hook(float, _is_float, float),
    complex: _make_strict_hook(complex, lambda v: isinstance(v, Complex) and not isinstance(v, bool), complex),
    str: _make_strict_hook(str, lambda v: isinstance(v, str), str.__str__),
    bytes: _make_strict_hook(bytes, lambda v: isinstance(v, bytes), bytes),
    bool: _make_strict_hook(bool, lambda v: isinstance(v, bool), bool),
}


def find_scalar_hook(kind: Any) -> Hook | None:
    """The hook of a scalar type, or of a subclass of one; None for all other types."""
    for base in kind.__mro__ if isclass(kind) else ():
        if base in _STRICT:
            return _STRICT[base]
        row = find_scalar(base)
        if row is not None and row.sources:
            return partial(_read_scalar, sources=row.sources)
    return None


def convert_none(value: Any, _: Any) -> None:
    """None, and nothing else."""
    if value is not None:
        raise make_refusal("None", value)


def convert_literal(value: Any, kind: Any) -> Any:
    """The literal that equals the value and has its type; a member of an enum also by its value."""
    single = unbox_scalar(value)
    for literal in get_args(kind):
        known = (literal, literal.value) if isinstance(literal, enum.Enum) else (literal,)
        if any(type(single) is type(one) and single == one for one in known):
            return literal
    raise make_refusal(f"one of {list_words([short_repr(one) for one in get_args(kind)])}", value, "tag")


def convert_enum(value: Any, cls: Any) -> Any:
    """The member with this value, of the same type, or the one that the class itself finds for it."""
    if isinstance(value, cls):
        return value
    single = unbox_scalar(value)
    member = None
    for named in (single, tuple(single)) if isinstance(single, list) else (single,):
        with suppress(Exception):  # ValueError, or whatever a _missing_ of the class raises
            member = member or cls(named)
    plain = isinstance(single, bool | int | float)
    if member is None or (plain and member.value == single and type(member.value) is not type(single)):
        raise make_refusal(f"{cls.__name__}, one of {list_words([short_repr(m.value) for m in cls])}", value)
    return member
