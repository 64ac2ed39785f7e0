"""Results and configurations as JSON text, and back: what comes back is equal to what went in, or it is refused.

Builtins stand for themselves. What JSON has no word for is an object with one key that begins with a dollar sign:
`{"$tuple": [1, 2]}`, `{"$float": "nan"}`. Nothing that is read runs code or imports a module.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..configuration.convert import structure, unstructure
from ..configuration.errors import ArgumentError, ConversionError, EncodingError, TreeError, said
from ..configuration.identity import config_id
from ..configuration.problems import ABSENT, type_name
from ..configuration.records import Shape, TupleShape
from ..configuration.tree import Algebra, Config, Layout, alike, fold, show_path

__all__ = ["MOST_BITS", "decoded", "encoded", "encoded_config"]

MOST_BITS: Final = 14_000
"""The size of a number that Python still reads as digits; a larger one is written in hexadecimal."""


def encoded(value: Any, cls: Any = ABSENT) -> tuple[str, bool]:
    """The value as text, and whether it takes `cls` to read it again: only what is not made of builtins does.

    Raises:
        EncodingError: what cannot be written so that it comes back equal; names the path in the value.
    """
    try:
        return _text(value, value), False
    except EncodingError:
        if cls is ABSENT:
            raise
    return _typed_text(value, cls), True


def decoded(text: str, cls: Any = ABSENT) -> Any:
    """The inverse of `encoded`.

    Raises:
        EncodingError: text that `encoded` has not written.
        ConversionError: what is no `cls` any more.
    """
    try:
        plain = json.loads(text, object_hook=_opened)
    except EncodingError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise EncodingError(f"{said(text)} is not what a journal writes: {error}") from error
    return plain if cls is ABSENT else structure(cls, plain)


def encoded_config(config: Any) -> str:
    """A configuration as text: as `unstructure` has it, and leaves that JSON cannot hold by their `repr`."""
    return json.dumps(fold(_LENIENT, unstructure(config)), separators=(",", ":"))


# --- typed values ------------------------------------------------------------------------------------


def _typed_text(value: Any, cls: Any) -> str:
    """The text of what `structure(cls, …)` makes equal again."""
    try:
        text = _text(unstructure(value), value)
        back = structure(cls, decoded(text))
    except (ConversionError, ArgumentError, TreeError) as error:
        raise EncodingError(f"it would not come back as {type_name(cls)}: {error}") from error
    if not _equal(back, value):
        raise EncodingError(f"as {type_name(cls)} it would come back as {said(back)}, not as {said(value)}")
    return text


def _equal(one: Any, other: Any) -> bool:
    """Whether two values are equal, where NaN equals itself."""
    if type(one) is type(other) and alike(one, other):
        return True
    try:
        return config_id(one) == config_id(other)
    except (TypeError, ValueError):  # no identity, so nothing says that they are equal
        return False


# --- writing -----------------------------------------------------------------------------------------


def _text(plain: Any, value: Any) -> str:
    try:
        return json.dumps(fold(_ENCODE, plain), separators=(",", ":"), allow_nan=False)
    except EncodingError as error:
        causes = fold(_CAUSES, plain)
        where, why = (show_path(causes[0][0]), causes[0][1]) if causes else ("a key", error)
        raise EncodingError(f"{where}: {why}") from None
    except (TreeError, RecursionError) as error:
        raise EncodingError(f"{said(value)} is no tree: {error}") from None


def _leaf(value: Any) -> Any:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is int:
        return value if value.bit_length() < MOST_BITS else {"$int": hex(value)}
    if kind is float:
        return value if value - value == 0 else {"$float": repr(value)}  # finite
    if kind.__module__ == "numpy" and getattr(value, "shape", None) == () and value.dtype.kind in "biufcSU":
        plain = value.item()
        if type(plain) is not kind:  # Python has no number for a long double
            return _leaf(plain)
    name = f"{kind.__module__}.{kind.__qualname__}"
    if name in _WRITERS:
        tag, write = _WRITERS[name]
        return {f"${tag}": write(value)}
    raise _not_plain(value)


def _not_plain(value: Any) -> EncodingError:
    plain = "value.tolist()" if hasattr(type(value), "tolist") else "plain data"
    return EncodingError(
        f"{said(value)} is not plain data, which is all that JSON holds. Return {plain}, or say what to make of it: "
        f"annotate what the function returns, or Journal(path, result=Class)"
    )


def _record(shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
    kind = type(node)
    if isinstance(shape, TupleShape) and kind in (list, tuple):
        return list(parts) if kind is list else {"$tuple": list(parts)}
    if isinstance(shape, Layout) and kind in (dict, Config):
        plain = _object(shape.keys, parts)
        return plain if kind is dict else {"$config": plain}
    return _leaf(node)


def _object(keys: tuple[Any, ...], parts: tuple[Any, ...]) -> Any:
    if all(type(key) is str and not key.startswith("$") for key in keys):
        return dict(zip(keys, parts, strict=True))
    return {"$dict": [[fold(_ENCODE, key), part] for key, part in zip(keys, parts, strict=True)]}


def _choice(node: Any, _: tuple[Any, ...]) -> Any:
    raise EncodingError(_A_CHOICE.format(said(node)))


_A_CHOICE: Final = "{} is a choice, not one value"


_ENCODE: Final[Algebra[Any]] = Algebra(leaf=_leaf, record=_record, choice=_choice)


def _by_text(value: Any) -> Any:
    try:
        return _leaf(value)
    except EncodingError:
        return {"$text": said(value)}


def _lenient_record(shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
    try:
        return _record(shape, node, parts)
    except EncodingError:  # a key that JSON cannot hold
        return {"$text": said(node)}


_LENIENT: Final[Algebra[Any]] = Algebra(
    leaf=_by_text, record=_lenient_record, choice=lambda node, _: {"$text": said(node)}
)

_Causes = list[tuple[tuple[Any, ...], str]]


def _causes_leaf(value: Any) -> _Causes:
    try:
        _leaf(value)
    except EncodingError as error:
        return [((), str(error))]
    return []


def _causes_record(shape: Shape, node: Any, parts: tuple[_Causes, ...]) -> _Causes:
    plain = type(node) in (list, tuple, dict, Config)
    inside = [((key, *path), cause) for key, part in zip(shape.keys, parts, strict=True) for path, cause in part]
    return inside if plain else [((), str(_not_plain(node)))]


_CAUSES: Final[Algebra[_Causes]] = Algebra(
    leaf=_causes_leaf, record=_causes_record, choice=lambda node, _: [((), _A_CHOICE.format(said(node)))]
)
"""What cannot be written: the path and the reason of each."""


# --- reading -----------------------------------------------------------------------------------------


def _opened(content: dict[str, Any]) -> Any:
    """What an object stands for: itself, unless its only key begins with a dollar sign."""
    if len(content) != 1:
        return content
    [(tag, value)] = content.items()
    if not tag.startswith("$"):
        return content
    if tag not in _READERS:
        raise EncodingError(f"{tag!r} is no kind of value that this version knows")
    return _READERS[tag](value)


def _named(module: str, name: str) -> Callable[..., Any]:
    """A class of the standard library, loaded when it is first needed."""

    def made(*values: Any) -> Any:
        from importlib import import_module

        found: Any = import_module(module)
        for step in name.split("."):
            found = getattr(found, step)
        return found(*values)

    return made


def _moment(value: Any) -> str:
    """A date or a time as text, where its zone is an offset or none."""
    zone = getattr(value, "tzinfo", None)
    if zone is not None and (type(zone).__module__, type(zone).__qualname__) != ("datetime", "timezone"):
        raise EncodingError(f"{said(value)} has a time zone of its own. Use an offset: value.astimezone(timezone.utc)")
    if getattr(value, "fold", 0):
        raise EncodingError(f"{said(value)} stands for the second of two equal times, which its text does not say")
    return str(value.isoformat())


def _elements(values: Any) -> list[Any]:
    return [fold(_ENCODE, element) for element in values]


_PLAIN: Final = frozenset({str, bool, type(None)})
_PATH: Final = "path", str

# By the names of types: modules that are loaded when such a value exists, and need not be before.
_WRITERS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "builtins.bytes": ("bytes", lambda value: b64encode(value).decode()),
    "builtins.bytearray": ("bytearray", lambda value: b64encode(value).decode()),
    "builtins.complex": ("complex", lambda value: [repr(value.real), repr(value.imag)]),
    "builtins.range": ("range", lambda value: [_leaf(value.start), _leaf(value.stop), _leaf(value.step)]),
    "builtins.set": ("set", _elements),
    "builtins.frozenset": ("frozenset", _elements),
    "datetime.date": ("date", _moment),
    "datetime.datetime": ("datetime", _moment),
    "datetime.time": ("time", _moment),
    "datetime.timedelta": ("timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    "decimal.Decimal": ("decimal", str),
    "fractions.Fraction": ("fraction", lambda value: [_leaf(value.numerator), _leaf(value.denominator)]),
    "uuid.UUID": ("uuid", str),
    "pathlib.PosixPath": _PATH,
    "pathlib._local.PosixPath": _PATH,
    "pathlib.WindowsPath": _PATH,
    "pathlib._local.WindowsPath": _PATH,
}

_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "$int": lambda text: int(text, 16),
    "$float": float,
    "$text": str,
    "$tuple": tuple,
    "$dict": dict,
    "$config": Config,
    "$bytes": lambda text: b64decode(text, validate=True),
    "$bytearray": lambda text: bytearray(b64decode(text, validate=True)),
    "$complex": lambda parts: complex(*map(float, parts)),
    "$range": lambda parts: range(*parts),
    "$set": set,
    "$frozenset": frozenset,
    "$date": _named("datetime", "date.fromisoformat"),
    "$datetime": _named("datetime", "datetime.fromisoformat"),
    "$time": _named("datetime", "time.fromisoformat"),
    "$timedelta": lambda parts: _named("datetime", "timedelta")(*parts),
    "$decimal": _named("decimal", "Decimal"),
    "$fraction": lambda parts: _named("fractions", "Fraction")(*parts),
    "$uuid": _named("uuid", "UUID"),
    "$path": _named("pathlib", "Path"),
}
