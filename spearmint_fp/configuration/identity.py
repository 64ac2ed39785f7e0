"""Identity: a name for a tree's content that is the same in every process and for years.

The content is encoded as bytes in which every value carries its type, and the bytes are hashed. The encoding's
version is part of what is hashed; the golden vectors in the tests hold it still.
"""

from __future__ import annotations

import enum
import functools
import struct
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from itertools import takewhile
from operator import add, itemgetter
from typing import Any, Final

from .errors import IdentityError, TreeError, repr_with_type
from .fold import Algebra, Choice, fold, list_leaves, show_path
from .models import is_model, is_struct, read_model_fields
from .records import MappingShape, Shape, TupleShape

__all__ = ["config_id", "encode_tree"]

VERSION: Final = b"spearmint_fp identity 1\n"


def config_id(tree: Any) -> str:
    """`sha256(canonical(tree)).hexdigest()[:32]`: equal content, equal name.

    Independent of key order, process, PYTHONHASHSEED, platform and Python version. `1`, `1.0`, `True` and `"1"` differ,
    NaN equals itself, lists equal tuples and dicts equal `Config`s as they do when frozen, NumPy scalars equal
    their Python values. A tree with choices has a name too. A `"config_id"` key of the user's own is honoured.

    >>> config_id({"a": 1, "b": [2]}) == config_id({"b": (2,), "a": 1})
    True
    >>> config_id({"a": 1}) == config_id({"a": True})
    False
    >>> config_id({"config_id": "baseline", "a": 1})
    'baseline'

    Raises:
        IdentityError: a value that has no faithful encoding (a lambda, an arbitrary object); names its path.
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `Config.config_id`.
    """
    if isinstance(tree, Mapping) and "config_id" in tree and not isinstance(tree["config_id"], Choice):
        return own_name(tree["config_id"])
    from hashlib import sha256  # loads a shared library, so it waits for the first identity

    return sha256(VERSION + encode_tree(tree)).hexdigest()[:32]


def own_name(name: Any) -> str:
    """The name that a user gave: text, or a whole number."""
    plain = name.item() if type(name).__module__ == "numpy" and getattr(name, "shape", None) == () else name
    if isinstance(plain, str) and str.__len__(plain):
        return str.__str__(plain)
    if isinstance(plain, int) and not isinstance(plain, bool) and int.bit_length(plain) < MOST_BITS:
        return int.__repr__(plain)
    raise IdentityError(
        f"a config_id of your own is text or a whole number, no endless one; got {repr_with_type(name)}"
    )


MOST_BITS: Final = 14_000
"""The size of a number that Python still writes out."""


def encode_tree(tree: Any) -> bytes:
    """The tree's content as bytes: a tag for the type, then the value, lengths in front of what may vary in length."""
    try:
        return fold(_CANONICAL, tree)
    except IdentityError as error:
        raise _located(tree, error) from None
    except RecursionError:
        raise TreeError("sets, models or keys of it are nested too deeply, or contain themselves") from None


def _located(tree: Any, error: IdentityError) -> IdentityError:
    """The error again, with the path of the first leaf, choice or typed record that causes it."""
    for path, leaf in (*list_leaves(tree), *_typed(tree)):
        try:
            fold(_CANONICAL, leaf)
        except IdentityError as cause:
            return IdentityError(f"no identity for {show_path(path)}: {cause}")
    return IdentityError(f"no identity: a key cannot be encoded: {error}")


def _typed(tree: Any) -> list[tuple[tuple[Any, ...], Any]]:
    """The typed records of a tree with their paths, the innermost first."""
    return fold(_TYPED, tree)


# --- leaves ----------------------------------------------------------------------------------------


def _sized(tag: bytes, content: bytes) -> bytes:
    return b"%b%d:%b" % (tag, len(content), content)


def _text(tag: bytes, text: str) -> bytes:
    return _sized(tag, text.encode("utf-8", "surrogatepass"))


def _float(value: float) -> bytes:
    return b"f" + struct.pack(">d", value if value == value else float("nan"))  # noqa: PLR0124  # one NaN for all


def _str(value: str) -> bytes:
    return _short_str(value) if len(value) < 64 else _text(b"s", value)


@functools.lru_cache(maxsize=4096)
def _short_str(value: str) -> bytes:
    """The same few names and words stand in every configuration of a sweep."""
    return _text(b"s", value)


@functools.lru_cache(maxsize=1024)
def _int(value: int) -> bytes:
    return b"i%x;" % value if value >= 0 else b"i-%x;" % -value


def _set(values: Any) -> bytes:
    return _many(b"S", sorted(fold(_CANONICAL, value) for value in values))


def _many(tag: bytes, parts: Any) -> bytes:
    return b"%b%d:%b" % (tag, len(parts), b"".join(parts))


def _range(value: range) -> bytes:
    start, step = (value.start, value.step) if value else (0, 1)
    last = value[-1] if value else -1
    return _text(b"r", f"{start:x} {last:x} {step if last != start else 1:x}")


def _span(value: Any) -> bytes:
    return _text(b"d", f"timedelta {value.days} {value.seconds} {value.microseconds}")


def _clock(kind: str, value: Any) -> bytes:
    """A datetime or a time with its fold and, where it has a name of its own, its zone."""
    zone = value.tzinfo if type(value.tzinfo).__module__ in ("datetime", "zoneinfo") else None
    unnamed = getattr(zone, "key", zone) is None or (zone is None and value.utcoffset() is None)
    unnamed = unnamed or (zone is not None and str(zone) == str(None))  # what stands for no zone at all
    if value.tzinfo is not None and unnamed and (zone is not None or value.utcoffset() is None):
        raise IdentityError(
            f"{repr_with_type(value)} has a time zone without a name. Use a ZoneInfo by its key, or an offset"
        )
    if type(zone).__name__ == "timezone" and _has_own_name(zone):  # else it could be taken for the place of that name
        return _sized(b"d", kind.encode() + _text(b"s", f"{value.isoformat()} {value.fold}") + _zone(zone))
    return _text(b"d", f"{kind} {value.isoformat()} {value.fold} {zone}")


def _has_own_name(zone: Any) -> bool:
    return str(zone) != str(type(zone)(zone.utcoffset(None)))


def _zone(value: Any) -> bytes:
    """A fixed offset: by its name where that says the offset, with both where it is one of the user's own."""
    if not _has_own_name(value):
        return _text(b"d", f"timezone {value}")
    offset = value.utcoffset(None)  # first, in numbers: a name may hold anything
    return _text(b"d", f"timezone {offset.days} {offset.seconds} {offset.microseconds} {value}")


def _function(value: Any) -> bytes:
    """A function by its name, if that is where it is found."""
    name = _named(b"F", value)
    found: Any = sys.modules.get(value.__module__)
    for step in value.__qualname__.split("."):
        found = getattr(found, step, None)
    if found is None and value.__module__ not in ("__main__", "__mp_main__"):  # whose functions travel without it
        raise IdentityError(
            f"{repr_with_type(value)} is not found under its own name. Name what stands at module level"
        )
    if found is not None and found is not value and _behaviour(found) != _behaviour(value):  # defined anew, it is it
        raise IdentityError(
            f"{repr_with_type(value)} has the name of another function. Name what stands at module level"
        )
    return name


def _behaviour(function: Any) -> tuple[Any, ...]:
    """What tells functions of one name apart: the code, the defaults, and the very values that are closed over."""
    cells = getattr(function, "__closure__", None) or ()
    held = [id(cell.cell_contents) if cell != types.CellType() else None for cell in cells]
    defaults = getattr(function, "__defaults__", None), getattr(function, "__kwdefaults__", None)
    return getattr(function, "__code__", None), held, *map(repr, defaults)


def _named(tag: bytes, value: Any) -> bytes:
    name = value.__qualname__
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        raise IdentityError(
            f"{repr_with_type(value)} belongs to an object that its name does not tell. Name a plain function"
        )
    if "<" in name:
        raise IdentityError(
            f"{repr_with_type(value)} is local, so no other process can find it. Name something at module level"
        )
    return _text(tag, f"{_public(str(value.__module__))}:{name}")


def _public(module: str) -> str:
    """The module's name; of the standard library's the public part: `pathlib._local` is `pathlib` elsewhere."""
    top, *below = module.split(".")
    if top not in sys.stdlib_module_names:
        return module
    return ".".join([top, *takewhile(lambda part: not part.startswith("_"), below)])


_EXACT: Final[dict[type, Callable[[Any], bytes]]] = {
    str: _str,
    int: _int,
    float: _float,
    bool: lambda value: b"T" if value else b"F",
    type(None): lambda _: b"N",
    bytes: lambda value: _sized(b"b", value),
    bytearray: lambda value: _sized(b"a", bytes(value)),
    complex: lambda value: b"c" + _float(value.real) + _float(value.imag),
    frozenset: _set,
    set: _set,
    range: _range,
    types.FunctionType: _function,
    types.BuiltinFunctionType: functools.partial(_named, b"F"),
    type(Ellipsis): lambda _: b"E",
}

# Types of modules that are loaded when such a value exists, and need not be before.
_BY_NAME: Final[dict[str, Callable[[Any], bytes]]] = {
    "datetime.date": lambda value: _text(b"d", f"date {value.isoformat()}"),
    "datetime.datetime": lambda value: _clock("datetime", value),
    "datetime.time": lambda value: _clock("time", value),
    "datetime.timedelta": _span,
    "datetime.timezone": _zone,
    "decimal.Decimal": lambda value: _text(b"D", str(value)),
    "fractions.Fraction": lambda value: _text(b"Q", f"{value.numerator:x}/{value.denominator:x}"),
    "uuid.UUID": lambda value: _text(b"u", value.hex),
}


def _leaf(value: Any) -> bytes:
    try:
        encode = _EXACT[type(value)]
    except KeyError:
        return _other_leaf(value)
    return encode(value)


def _other_leaf(value: Any) -> bytes:
    """Leaves that are recognised by what they are, not by a built-in type."""
    kind = type(value)
    named = _BY_NAME.get(f"{kind.__module__}.{kind.__qualname__}")
    if named is not None:
        return named(value)
    if isinstance(value, enum.Enum):
        return _named(b"e", kind) + _member(value)
    if isinstance(value, type):
        return _named(b"C", value)
    pathlib = sys.modules.get("pathlib")  # loaded, if there is a path
    if pathlib is not None and isinstance(value, pathlib.PurePath):
        return _text(b"p", value.as_posix())
    if is_model(kind) or is_struct(kind):
        return _model(value)
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == () and value.dtype.kind in "biufcSU":
        plain = value.item()
        if type(plain) in _EXACT:
            return _EXACT[type(plain)](plain)
    raise IdentityError(
        f"{repr_with_type(value)} cannot be told from another of its kind in another process. "
        f"Put in what it is made from: numbers, text, a module-level function or class, an attrs or dataclass instance"
    )


def _member(value: enum.Enum) -> bytes:
    """A member of an enum by its name; one without a name by its value, marked where that could be taken for a name."""
    if value.name is not None:
        return _str(value.name)
    encoded = fold(_CANONICAL, value.value)
    return b"v" + encoded if encoded.startswith(b"s") else encoded


def _model(value: Any) -> bytes:
    """A pydantic model or a msgspec struct, as an instance of attrs or dataclass is.

    What it holds besides its fields is a second record, and then the tag says that there are two.
    """
    try:
        fields, besides = read_model_fields(value) or ({}, {})
    except AttributeError as error:
        raise IdentityError(f"{type(value).__qualname__} is not whole: {error}") from None
    records = [_many(b"m", sorted(_items_of(part))) for part in (fields, besides) if part or part is fields]
    return _named(b"O" if besides else b"o", type(value)) + b"".join(records)


def _items_of(fields: dict[str, Any]) -> Iterator[bytes]:
    for name, item in fields.items():
        try:
            yield _str(name) + fold(_CANONICAL, item)
        except IdentityError as error:
            raise IdentityError(f"its {name}: {error}") from None


# --- records and choices -----------------------------------------------------------------------------


def _record(shape: Shape, node: Any, parts: tuple[bytes, ...]) -> bytes:
    if isinstance(shape, TupleShape):
        return _many(b"t", parts)
    items = _items(shape.keys, parts)
    return _many(b"m", items) if isinstance(shape, MappingShape) else _named(b"o", type(node)) + _many(b"m", items)


def _items(keys: tuple[Any, ...], parts: tuple[bytes, ...]) -> list[bytes]:
    """Each key with its value, in the order of the keys' encodings: none of these is the beginning of another."""
    if {*map(type, keys)} <= _TEXT:
        return [key + parts[k] for k, key in _in_order(keys)]
    return sorted(map(add, map(_key, keys), parts))


@functools.lru_cache(maxsize=512)
def _in_order(keys: tuple[str, ...]) -> tuple[tuple[int, bytes], ...]:
    """The encodings of a record's keys in order, each with its place; the same few records stand in every config."""
    return tuple(sorted(enumerate(map(_str, keys)), key=itemgetter(1)))


_TEXT: Final = frozenset({str})


def _key(key: Any) -> bytes:
    return _str(key) if type(key) is str else fold(_CANONICAL, key)


def _choice(node: Choice, parts: tuple[bytes, ...]) -> bytes:
    if parts:
        return _many(b"V", parts)
    values = node.listed()
    return b"V" + _range(values) if isinstance(values, range) else _many(b"V", [fold(_CANONICAL, v) for v in values])


def _typed_record(shape: Shape, node: Any, parts: tuple[Any, ...]) -> list[tuple[tuple[Any, ...], Any]]:
    inside = [((key, *path), n) for key, part in zip(shape.keys, parts, strict=True) for path, n in part]
    return inside if isinstance(shape, MappingShape | TupleShape) else [*inside, ((), node)]


_TYPED: Final[Algebra[list[tuple[tuple[Any, ...], Any]]]] = Algebra(
    leaf=lambda _: [], record=_typed_record, choice=lambda *_: []
)
_CANONICAL: Final[Algebra[bytes]] = Algebra(leaf=_leaf, record=_record, choice=_choice)
