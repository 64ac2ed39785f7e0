"""Scalars of the standard library, one row a type: their bytes in an identity, their form in text, and the way back.

A type is found by its name, so that its module is loaded only where one of its values comes in.
"""

from __future__ import annotations

import struct
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

from .errors import EncodingError, IdentityError
from .messages import repr_with_type

MOST_BITS: Final = 14_000
"""The size of a whole number that Python still reads and writes as digits."""


class Scalar(NamedTuple):
    """How the values of one type are written down: `row.load(row.write(value)) == value`."""

    name: str
    """Module and name of the class that makes the values."""
    tag: str
    encode: Callable[[Any], bytes]
    """The bytes in an identity. They stay as they are: identities are kept for years."""
    write: Callable[[Any], Any] | None = None
    """Text, or a list of texts and whole numbers; None for a type that has no form in text."""
    read: Callable[[Any, Any], Any] = lambda cls, parts: cls(*parts)
    """The inverse of `write`, given the class."""
    sources: tuple[type, ...] = ()
    """The types of what a configuration may give for such a value."""

    def load(self, written: Any) -> Any:
        """The value that was written."""
        module, _, name = self.name.rpartition(".")
        return self.read(getattr(import_module(module), name), written)


def find_scalar(kind: Any) -> Scalar | None:
    """The row of a type, None where there is none; a subclass is another type."""
    return SCALARS.get(f"{kind.__module__}.{kind.__qualname__}")


def make_scalar(cls: Any, written: Any) -> Any:
    """An instance of a scalar's class from its text, or from another scalar without loss."""
    return cls.fromisoformat(written) if hasattr(cls, "fromisoformat") else cls(written)


def unbox_scalar(value: Any) -> Any:
    """A NumPy scalar as Python's own; all else as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "shape", None) == ():
        return value.item()
    return value


def unbox_builtin(value: Any) -> Any:
    """A NumPy number or text as the builtin that equals it; all else as it is, also what no builtin can hold."""
    single = unbox_scalar(value)
    return single if type(single) is not type(value) and value.dtype.kind in "biufcSU" else value


# --- bytes for identities -----------------------------------------------------------------------------


def join_length(tag: bytes, content: bytes) -> bytes:
    """The content behind its tag and its length, so that no content can be taken for the end of another."""
    return b"%b%d:%b" % (tag, len(content), content)


def encode_text(tag: bytes, text: str) -> bytes:
    """The text behind its tag and its length; halves of surrogate pairs are kept."""
    return join_length(tag, text.encode("utf-8", "surrogatepass"))


_pack_float: Final = struct.Struct(">d").pack


def encode_float(value: float) -> bytes:
    """A float by its bits; every NaN has the same."""
    return b"f" + _pack_float(value if value == value else float("nan"))  # noqa: PLR0124


def encode_range(value: range) -> bytes:
    """A range by its first, last and step, so that equal ranges have equal bytes."""
    start, step = (value.start, value.step) if value else (0, 1)
    last = value[-1] if value else -1
    return encode_text(b"r", f"{start:x} {last:x} {step if last != start else 1:x}")


def _encode_moment(value: Any) -> bytes:
    """A datetime or a time with its fold and, where the standard library made it, its zone."""
    zone = value.tzinfo
    if zone is None or type(zone).__module__ in ("datetime", "zoneinfo"):
        unnamed = zone is not None and (getattr(zone, "key", zone) is None or str(zone) == str(None))
    else:  # a zone of another library counts by its offset, which stands in the text
        unnamed, zone = value.utcoffset() is None, None
    if unnamed:
        raise IdentityError(
            f"{repr_with_type(value)} has a time zone without a name. Use a ZoneInfo by its key, or an offset"
        )
    kind = type(value).__name__
    if type(zone).__name__ == "timezone" and _has_own_name(zone):  # else it could be taken for the place of that name
        text = encode_text(b"s", f"{value.isoformat()} {value.fold}")
        return join_length(b"d", kind.encode() + text + _encode_zone(zone))
    return encode_text(b"d", f"{kind} {value.isoformat()} {value.fold} {zone}")


def _encode_zone(zone: Any) -> bytes:
    """A fixed offset: by its default name, and with both name and offset where the name is the user's own."""
    if not _has_own_name(zone):
        return encode_text(b"d", f"timezone {zone}")
    offset = zone.utcoffset(None)  # before the name, which may hold anything
    return encode_text(b"d", f"timezone {offset.days} {offset.seconds} {offset.microseconds} {zone}")


def _has_own_name(zone: Any) -> bool:
    return str(zone) != str(type(zone)(zone.utcoffset(None)))


# --- plain data for text ------------------------------------------------------------------------------


def _write_bytes(value: bytes | bytearray) -> str:
    return b2a_base64(value, newline=False).decode()


def _read_bytes(cls: Any, text: str) -> Any:
    return cls(a2b_base64(text, strict_mode=True))


def _write_moment(value: Any) -> str:
    """A date or a time in ISO format, refused where that would lose a part of it."""
    zone = getattr(value, "tzinfo", None)
    if zone is not None and (type(zone).__module__, type(zone).__qualname__) != ("datetime", "timezone"):
        raise EncodingError(
            f"{repr_with_type(value)} has a time zone of its own. Use an offset: value.astimezone(timezone.utc)"
        )
    if getattr(value, "fold", 0):
        raise EncodingError(
            f"{repr_with_type(value)} stands for the second of two equal times, which its text does not say"
        )
    return str(value.isoformat())


_PATH: Final = Scalar("pathlib.Path", "path", lambda v: encode_text(b"p", v.as_posix()), str, make_scalar, (str,))
_ROWS: Final = (
    Scalar("builtins.bytes", "bytes", lambda v: join_length(b"b", v), _write_bytes, _read_bytes),
    Scalar("builtins.bytearray", "bytearray", lambda v: join_length(b"a", bytes(v)), _write_bytes, _read_bytes),
    Scalar(
        "builtins.complex",
        "complex",
        lambda v: b"c" + encode_float(v.real) + encode_float(v.imag),
        lambda v: [repr(v.real), repr(v.imag)],  # as text, which NaN and infinities have too
        lambda cls, parts: cls(*map(float, parts)),
    ),
    Scalar("builtins.range", "range", encode_range, lambda v: [v.start, v.stop, v.step]),
    Scalar(
        "spearmint_fp.configuration.spacing.Spacing",
        "spacing",
        lambda v: encode_text(b"G", f"{v.rule} {v.start.hex()} {v.stop.hex()} {v.num:x} ") + encode_range(v.positions),
        lambda v: [v.rule, v.start.hex(), v.stop.hex(), v.num, v.positions.start, v.positions.stop, v.positions.step],
        lambda cls, p: cls(p[0], *map(float.fromhex, p[1:3]), p[3], range(*p[4:])),
    ),
    Scalar(
        "datetime.date",
        "date",
        lambda v: encode_text(b"d", f"date {v.isoformat()}"),
        _write_moment,
        make_scalar,
        (str,),
    ),
    Scalar("datetime.datetime", "datetime", _encode_moment, _write_moment, make_scalar, (str,)),
    Scalar("datetime.time", "time", _encode_moment, _write_moment, make_scalar, (str,)),
    Scalar(
        "datetime.timedelta",
        "timedelta",
        lambda v: encode_text(b"d", f"timedelta {v.days} {v.seconds} {v.microseconds}"),
        lambda v: [v.days, v.seconds, v.microseconds],
    ),
    Scalar("datetime.timezone", "timezone", _encode_zone),
    Scalar("decimal.Decimal", "decimal", lambda v: encode_text(b"D", str(v)), str, make_scalar, (str, int)),
    Scalar(
        "fractions.Fraction",
        "fraction",
        lambda v: encode_text(b"Q", f"{v.numerator:x}/{v.denominator:x}"),
        lambda v: [v.numerator, v.denominator],
        sources=(str, int),
    ),
    Scalar("uuid.UUID", "uuid", lambda v: encode_text(b"u", v.hex), str, make_scalar, (str,)),
    _PATH,
)
_PATHS: Final = ("Path", "PurePath", "PosixPath", "WindowsPath")
SCALARS: Final[Mapping[str, Scalar]] = {
    **{row.name: row for row in _ROWS},
    **{f"{module}.{name}": _PATH for module in ("pathlib", "pathlib._local") for name in _PATHS},
}
"""The rows by the names of their types; Python 3.13 keeps paths in a private module."""
