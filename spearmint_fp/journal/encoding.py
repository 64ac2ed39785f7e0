"""Results and configurations as JSON text, and back: what comes back is equal to what went in, or it is refused.

Builtins stand for themselves. What JSON has no word for is an object with one key that begins with a dollar sign:
`{"$tuple": [1, 2]}`, `{"$float": "nan"}`. Nothing that is read runs code or imports a module: an instance of a class of
the user's is written as its fields, which `structure` makes the class of that is asked for; where that would come back
as anything else, as the name of its class and its parts, and the classes that the asked-for type names may be made.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final, final

import attrs

from ..configuration.config import Config, Layout
from ..configuration.equality import are_equal
from ..configuration.errors import ArgumentError, ConversionError, EncodingError, TreeError, full_repr, repr_with_type
from ..configuration.fold import Algebra, fold, show_path
from ..configuration.models import is_model, read_model_fields
from ..configuration.records import FieldsShape, Shape, TupleShape
from ..conversion.convert import classes_of, structure, unstructure
from ..conversion.models import drop_tag, dump_fields
from ..conversion.problems import ABSENT, type_name

__all__ = ["MOST_BITS", "decoded", "encode_config", "encoded"]

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
    reader = _Reader(cls)
    try:
        plain = json.loads(text, object_hook=reader.opened)
    except (EncodingError, ConversionError, ArgumentError):
        raise
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise EncodingError(f"{repr_with_type(text)} is not what a journal writes: {error}") from error
    return plain if cls is ABSENT or reader.made else structure(cls, plain)


def encode_config(config: Any) -> str:
    """A configuration as text: as `unstructure` has it, and leaves that JSON cannot hold by their `repr`."""
    return json.dumps(fold(_LENIENT, unstructure(config)), separators=(",", ":"))


# --- typed values ------------------------------------------------------------------------------------


def _typed_text(value: Any, cls: Any) -> str:
    """The text that comes back as this very value: as plain data if that does, else with the names of classes."""
    try:
        return _returning(_text(unstructure(value), value), value, cls)
    except EncodingError as error:
        refusal = error
    except (ConversionError, ArgumentError, TreeError) as error:
        refusal = EncodingError(f"it would not come back as {type_name(cls)}: {error}")
        refusal.__cause__ = error
    try:
        return _returning(_text(value, value, _Writer(classes_of(cls))), value, cls)
    except (EncodingError, ConversionError, ArgumentError, TreeError):
        raise refusal from refusal.__cause__


def _returning(text: str, value: Any, cls: Any) -> str:
    """The text, if it comes back as this value."""
    back = decoded(text, cls)
    if not _same(back, value):
        raise EncodingError(
            f"as {type_name(cls)} it would come back as {repr_with_type(back)}, not as {repr_with_type(value)}"
        )
    return text


def _same(one: Any, other: Any) -> bool:
    """True for values that are equal and of the same types all the way down, where NaN equals itself."""
    if type(one) is not type(other):
        return False
    parts, others = _parts(one), _parts(other)
    if parts is None or others is None:
        return are_equal(one, other) and full_repr(one) == full_repr(other)
    return len(parts) == len(others) and all(map(_same, parts, others))


def _parts(value: Any) -> list[Any] | None:
    """What a value is made of, where it is made of other values."""
    kind = type(value)
    if isinstance(value, Enum | type):
        return None
    if (held := read_model_fields(value)) is not None:
        return [*held, getattr(value, "__pydantic_private__", None)]
    if attrs.has(kind):
        return [getattr(value, f.name, ABSENT) for f in attrs.fields(kind) if f.init or f.eq]
    if is_dataclass(kind):
        return [getattr(value, f.name, ABSENT) for f in fields(kind) if f.init or f.compare]
    own = [vars(value)] if hasattr(value, "__dict__") and kind is not Config else []
    if isinstance(value, Mapping):
        return [*own, getattr(value, "default_factory", None), *value.keys(), *value.values()]
    if isinstance(value, set | frozenset):
        return [*own, *sorted(value, key=lambda element: (type(element).__qualname__, full_repr(element)))]
    if isinstance(value, list | tuple | deque):
        return [*own, getattr(value, "maxlen", None), *value]
    base: Any = next((base for base in _EXTENDED if isinstance(value, base) and own), None)
    return None if base is None else [*own, base(value)]  # a number or a text with attributes of its own


# --- writing -----------------------------------------------------------------------------------------


class _Writer:
    """Values as JSON has them, with instances of some classes by these classes' names."""

    def __init__(self, classes: Mapping[str, Any]) -> None:
        self._names = {cls: name for name, cls in classes.items()}
        self.algebra: Algebra[Any] = Algebra(leaf=self.leaf, record=self.record, choice=_choice)
        self.causes: Algebra[_Causes] = Algebra(
            leaf=self._leaf_causes,
            record=self._record_causes,
            choice=lambda node, _: [((), _A_CHOICE.format(repr_with_type(node)))],
        )

    def value(self, value: Any) -> Any:
        return fold(self.algebra, value)

    def leaf(self, value: Any) -> Any:
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
                return self.leaf(plain)
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name in _WRITERS:
            tag, write = _WRITERS[name]
            return {f"${tag}": write(value)}
        if name in _HOLDERS:
            tag, write_parts = _HOLDERS[name]
            return {f"${tag}": write_parts(value, self.value)}
        if kind in self._names:
            return self._instance(value, self._names[kind])
        raise _not_plain(value)

    def record(self, shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
        kind = type(node)
        if isinstance(shape, TupleShape) and kind in (list, tuple):
            return list(parts) if kind is list else {"$tuple": list(parts)}
        if isinstance(shape, Layout) and kind in (dict, Config):
            plain = self._object(shape.keys, parts)
            return plain if kind is dict else {"$config": plain}
        if kind in self._names and not isinstance(shape, Layout | TupleShape):
            keys = shape.arguments if isinstance(shape, FieldsShape) else shape.keys
            return {"$object": [self._names[kind], self._object(keys, parts)]}
        return self.leaf(node)

    def _object(self, keys: tuple[Any, ...], parts: tuple[Any, ...]) -> Any:
        if all(type(key) is str and not key.startswith("$") for key in keys):
            return dict(zip(keys, parts, strict=True))
        return {"$dict": [[self.value(key), part] for key, part in zip(keys, parts, strict=True)]}

    def _instance(self, value: Any, name: str) -> Any:
        """A member of an enum, a model, or an instance of what only extends a builtin."""
        if isinstance(value, Enum):
            known = value.name in type(value).__members__  # flags that are joined have no name of their own
            return {"$member": [name, {"$name": value.name} if known else self.value(value.value)]}
        fields = dump_fields(value)
        if fields is not None:
            return {"$object": [name, self.value(fields)]}
        for base in _EXTENDED:
            if isinstance(value, base):
                return {"$made": [name, self.value(base(value))]}
        raise _not_plain(value)

    def _leaf_causes(self, value: Any) -> _Causes:
        try:
            self.leaf(value)
        except EncodingError as error:
            return [((), str(error))]
        return []

    def _record_causes(self, shape: Shape, node: Any, parts: tuple[_Causes, ...]) -> _Causes:
        inside = [((key, *path), cause) for key, part in zip(shape.keys, parts, strict=True) for path, cause in part]
        return inside if type(node) in (list, tuple, dict, Config) else self._leaf_causes(node)


def _text(plain: Any, value: Any, writer: _Writer | None = None) -> str:
    writer = writer or _PLAINLY
    try:
        return json.dumps(writer.value(plain), separators=(",", ":"), allow_nan=False)
    except EncodingError as error:
        causes = fold(writer.causes, plain)
        where, why = (show_path(causes[0][0]), causes[0][1]) if causes else ("a key", error)
        raise EncodingError(f"{where}: {why}") from None
    except (TreeError, RecursionError) as error:
        raise EncodingError(f"{repr_with_type(value)} is no tree: {error}") from None


def _not_plain(value: Any) -> EncodingError:
    plain = "value.tolist()" if hasattr(type(value), "tolist") else "plain data"
    return EncodingError(
        f"{repr_with_type(value)} is not plain data, which is all that JSON holds. Return {plain}, or say what to make of it: "
        f"annotate what the function returns, or Journal(path, result=Class)"
    )


def _choice(node: Any, _: tuple[Any, ...]) -> Any:
    raise EncodingError(_A_CHOICE.format(repr_with_type(node)))


_A_CHOICE: Final = "{} is a choice, not one value"
_Causes = list[tuple[tuple[Any, ...], str]]
"""What cannot be written: the path and the reason of each."""


def _by_text(value: Any) -> Any:
    try:
        return _PLAINLY.leaf(value)
    except EncodingError:
        return {"$text": repr_with_type(value)}


def _lenient_record(shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
    try:
        return _PLAINLY.record(shape, node, parts)
    except EncodingError:  # a key that JSON cannot hold
        return {"$text": repr_with_type(node)}


_LENIENT: Final[Algebra[Any]] = Algebra(
    leaf=_by_text, record=_lenient_record, choice=lambda node, _: {"$text": repr_with_type(node)}
)

# --- reading -----------------------------------------------------------------------------------------


class _Reader:
    """JSON's objects as what they stand for, with the classes that a type names."""

    def __init__(self, cls: Any) -> None:
        self._cls, self.made = cls, False

    def opened(self, content: dict[str, Any]) -> Any:
        """What an object stands for: itself, unless its only key begins with a dollar sign."""
        if len(content) != 1:
            return content
        [(tag, value)] = content.items()
        if not tag.startswith("$"):
            return content
        if tag in _MAKERS:
            name, inside = value
            if self._cls is not ABSENT:
                return self._make(tag, name, inside)
            return inside.text if isinstance(inside, _Name) else inside  # read without its class
        if tag not in _READERS:
            raise EncodingError(f"{tag!r} is no kind of value that this version knows")
        return _READERS[tag](value)

    def _make(self, tag: str, name: str, inside: Any) -> Any:
        self.made = True
        classes = classes_of(self._cls)
        alike_named = [cls for known, cls in classes.items() if known.partition(":")[2] == name.partition(":")[2]]
        cls = classes.get(name) or (alike_named[0] if len(alike_named) == 1 else None)
        if cls is None:
            raise ConversionError(f"{type_name(self._cls)} names no class {name}")
        try:
            return _MAKERS[tag](cls, inside)
        except Exception as error:  # whatever the class says
            raise ConversionError(f"it is no {type_name(cls)} any more: {type(error).__name__}: {error}") from error


def _object_of(cls: Any, inside: Any) -> Any:
    return cls.model_validate(inside) if is_model(cls) else cls(**drop_tag(cls, inside))


def _member_of(cls: Any, inside: Any) -> Any:
    return cls[inside.text] if isinstance(inside, _Name) else cls(inside)


_MAKERS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "$object": _object_of,
    "$member": _member_of,
    "$made": lambda cls, inside: cls(inside),
}


@final
@attrs.frozen
class _Name:
    """The name of an enum's member."""

    text: str


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
        raise EncodingError(
            f"{repr_with_type(value)} has a time zone of its own. Use an offset: value.astimezone(timezone.utc)"
        )
    if getattr(value, "fold", 0):
        raise EncodingError(
            f"{repr_with_type(value)} stands for the second of two equal times, which its text does not say"
        )
    return str(value.isoformat())


def _elements(values: Any, write: Callable[[Any], Any]) -> list[Any]:
    return [write(element) for element in values]


def _pairs(values: Any, write: Callable[[Any], Any]) -> list[Any]:
    return [[write(key), write(value)] for key, value in values.items()]


def _factory(values: Any) -> str | None:
    factory = values.default_factory
    if factory is None or _FACTORIES.get(getattr(factory, "__name__", "")) is factory:
        return None if factory is None else str(factory.__name__)
    raise EncodingError(
        f"{repr_with_type(values)} makes what it lacks by {repr_with_type(factory)}, which JSON cannot hold. Return a dict"
    )


_FACTORIES: Final = {
    cls.__name__: cls for cls in (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
}


def _whole(value: int) -> Any:
    return _PLAINLY.leaf(value)


_PLAIN: Final = frozenset({str, bool, type(None)})
_PATH: Final = "path", str

# By the names of types: modules that are loaded when such a value exists, and need not be before.
_WRITERS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "builtins.bytes": ("bytes", lambda value: b64encode(value).decode()),
    "builtins.bytearray": ("bytearray", lambda value: b64encode(value).decode()),
    "builtins.complex": ("complex", lambda value: [repr(value.real), repr(value.imag)]),
    "builtins.range": ("range", lambda value: [_whole(value.start), _whole(value.stop), _whole(value.step)]),
    "datetime.date": ("date", _moment),
    "datetime.datetime": ("datetime", _moment),
    "datetime.time": ("time", _moment),
    "datetime.timedelta": ("timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
    "decimal.Decimal": ("decimal", str),
    "fractions.Fraction": ("fraction", lambda value: [_whole(value.numerator), _whole(value.denominator)]),
    "uuid.UUID": ("uuid", str),
    "pathlib.PosixPath": _PATH,
    "pathlib._local.PosixPath": _PATH,
    "pathlib.WindowsPath": _PATH,
    "pathlib._local.WindowsPath": _PATH,
}

# What holds other values, with what writes these.
_HOLDERS: Final[Mapping[str, tuple[str, Callable[[Any, Callable[[Any], Any]], Any]]]] = {
    "builtins.set": ("set", _elements),
    "builtins.frozenset": ("frozenset", _elements),
    "collections.deque": ("deque", lambda value, write: [_elements(value, write), value.maxlen]),
    "collections.OrderedDict": ("ordereddict", _pairs),
    "collections.Counter": ("counter", _pairs),
    "collections.defaultdict": ("defaultdict", lambda value, write: [_factory(value), _pairs(value, write)]),
}

_EXTENDED: Final[tuple[Any, ...]] = (
    int,
    float,
    complex,
    str,
    bytes,
    OrderedDict,
    Counter,
    dict,
    list,
    tuple,
    set,
    frozenset,
    deque,
)
"""What a class may extend so that its instances are made from one of it, the special ones first."""

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
    "$deque": lambda parts: deque(*parts),
    "$ordereddict": OrderedDict,
    "$counter": lambda pairs: Counter(dict(pairs)),
    "$defaultdict": lambda parts: defaultdict(_FACTORIES[parts[0]] if parts[0] else None, parts[1]),
    "$name": lambda text: _Name(text),
    "$date": _named("datetime", "date.fromisoformat"),
    "$datetime": _named("datetime", "datetime.fromisoformat"),
    "$time": _named("datetime", "time.fromisoformat"),
    "$timedelta": lambda parts: _named("datetime", "timedelta")(*parts),
    "$decimal": _named("decimal", "Decimal"),
    "$fraction": lambda parts: _named("fractions", "Fraction")(*parts),
    "$uuid": _named("uuid", "UUID"),
    "$path": _named("pathlib", "Path"),
}

_PLAINLY: Final = _Writer({})
