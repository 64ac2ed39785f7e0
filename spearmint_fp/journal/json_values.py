"""Values as JSON has them, and back, with a table of the types that JSON has no word for.

Builtins stand for themselves. What JSON has no word for is an object with one key that begins with a dollar sign:
`{"$tuple": [1, 2]}`, `{"$float": "nan"}`. Nothing that is read runs code or imports a module of the user's: instances
stand as the names of their classes and their parts, and only classes that the asked-for type names are made.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, final

import attrs

from ..configuration.config import Config
from ..configuration.errors import ConversionError, EncodingError, TreeError
from ..configuration.fold import Algebra, fold, show_path
from ..configuration.messages import repr_with_type
from ..configuration.models import is_model
from ..configuration.records import FieldsShape, MappingShape, Shape, TupleShape
from ..configuration.scalars import MOST_BITS, SCALARS, find_scalar, unbox_builtin
from ..conversion.fields import list_classes
from ..conversion.models import drop_tag, dump_fields
from ..conversion.problems import ABSENT, format_type
from .advice import advise_result
from .arrays import is_array, read_array, write_array

_JSON_TYPES: Final = frozenset({str, bool, type(None)})
"""Types whose values JSON has as they are; of whole numbers and floats it has some."""

dump_json: Final[Callable[[Any], str]] = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
"""The text of what JSON holds, as short as it gets."""


# --- writing -----------------------------------------------------------------------------------------


class Writer:
    """Values as JSON has them, with instances of some classes by these classes' names."""

    def __init__(self, classes: Mapping[str, Any]) -> None:
        self._names = {cls: name for name, cls in classes.items()}
        self._algebra: Algebra[Any] = Algebra(leaf=self.write_leaf, record=self.write_record, choice=_refuse_choice)
        self._causes: Algebra[_Causes] = Algebra(
            leaf=self._leaf_causes,
            record=self._record_causes,
            choice=lambda node, _: [((), str(_choice_error(node)))],
        )

    def write_text(self, value: Any, whole: Any) -> str:
        """A value as text; `whole` is what errors show.

        Raises:
            EncodingError: what JSON has no form for; names the path.
        """
        try:
            return dump_json(self.write(value))
        except EncodingError as error:
            causes = fold(self._causes, value)
            where, why = (show_path(causes[0][0]), causes[0][1]) if causes else ("a key", error)
            raise EncodingError(f"{where}: {why}") from None
        except (TreeError, RecursionError) as error:
            raise EncodingError(f"{repr_with_type(whole)} is no tree: {error}") from None

    def write(self, value: Any) -> Any:
        """A value as JSON has it."""
        return fold(self._algebra, value)

    def write_leaf(self, value: Any) -> Any:
        """A leaf as JSON has it: as it is, by the table of scalars, or as an instance of a class that has a name."""
        kind = type(value)
        if kind in _JSON_TYPES:
            return value
        if kind is int:
            return value if value.bit_length() < MOST_BITS else {"$int": hex(value)}
        if kind is float:
            return value if value - value == 0 else {"$float": repr(value)}  # finite
        if is_array(value):
            return {"$array": write_array(value)}
        single = unbox_builtin(value)
        if single is not value:
            return self.write_leaf(single)
        scalar = find_scalar(kind)
        if scalar is not None and scalar.write is not None:
            written = scalar.write(value)
            parts = [self.write_leaf(part) for part in written] if isinstance(written, list) else written
            return {f"${scalar.tag}": parts}
        if kind in _HOLDERS:
            return {f"${kind.__name__.lower()}": _HOLDERS[kind](value, self.write)}
        if kind in self._names:
            return self._write_instance(value, self._names[kind])
        raise _not_plain_error(value)

    def write_record(self, shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
        """A record as JSON has it, given its parts as JSON has them."""
        kind = type(node)
        if isinstance(shape, TupleShape) and kind in (list, tuple):
            return list(parts) if kind is list else {"$tuple": list(parts)}
        if isinstance(shape, MappingShape) and (kind is dict or isinstance(node, Config)):
            plain = self.write_object(shape.keys, parts)
            return plain if kind is dict else {"$config": plain}
        if kind in self._names and not isinstance(shape, MappingShape | TupleShape):
            keys = shape.arguments if isinstance(shape, FieldsShape) else shape.keys
            return {"$object": [self._names[kind], self.write_object(keys, parts)]}
        return self.write_leaf(node)

    def write_object(self, keys: tuple[Any, ...], parts: tuple[Any, ...]) -> Any:
        """A mapping as an object, or as pairs where some key is no text, or could be taken for a tag."""
        if all(type(key) is str and not key.startswith("$") for key in keys):
            return dict(zip(keys, parts, strict=True))
        return {"$dict": [[self.write(key), part] for key, part in zip(keys, parts, strict=True)]}

    def _write_instance(self, value: Any, name: str) -> Any:
        """A member of an enum, a model, or an instance of what only extends a builtin."""
        if isinstance(value, Enum):
            known = value.name in type(value).__members__  # flags that are joined have no name of their own
            return {"$member": [name, {"$name": value.name} if known else self.write(value.value)]}
        fields = dump_fields(value)
        if fields is not None:
            return {"$object": [name, self.write(fields)]}
        for base in EXTENDED:
            if isinstance(value, base):
                return {"$made": [name, self.write(base(value))]}
        raise _not_plain_error(value)

    def _leaf_causes(self, value: Any) -> _Causes:
        try:
            self.write_leaf(value)
        except EncodingError as error:
            return [((), str(error))]
        return []

    def _record_causes(self, shape: Shape, node: Any, parts: tuple[_Causes, ...]) -> _Causes:
        inside = [((key, *path), cause) for key, part in zip(shape.keys, parts, strict=True) for path, cause in part]
        is_plain = type(node) in (list, tuple, dict) or isinstance(node, Config)
        return inside if is_plain else self._leaf_causes(node)


_Causes = list[tuple[tuple[Any, ...], str]]
"""Paths and reasons of values that cannot be written."""


def _not_plain_error(value: Any) -> EncodingError:
    return EncodingError(
        f"{repr_with_type(value)} is not plain data, which is all that JSON holds. {advise_result(type(value))}, or "
        f"say what to make of it: annotate what the function returns, or Journal(path, result=Class)"
    )


def _choice_error(node: Any) -> EncodingError:
    return EncodingError(f"{repr_with_type(node)} is a choice, not one value")


def _refuse_choice(node: Any, _: tuple[Any, ...]) -> Any:
    raise _choice_error(node)


def _write_elements(values: Any, write: Callable[[Any], Any]) -> list[Any]:
    return [write(element) for element in values]


def _write_set(values: Any, write: Callable[[Any], Any]) -> list[Any]:
    """The elements in the order of their texts: that of a set is another one in each process."""
    return sorted(map(write, values), key=dump_json)


def _write_pairs(values: Any, write: Callable[[Any], Any]) -> list[Any]:
    return [[write(key), write(value)] for key, value in values.items()]


def _write_factory(values: Any) -> str | None:
    factory = values.default_factory
    if factory is None or _FACTORIES.get(getattr(factory, "__name__", "")) is factory:
        return None if factory is None else str(factory.__name__)
    raise EncodingError(
        f"{repr_with_type(values)} makes what it lacks by {repr_with_type(factory)}, which JSON cannot hold. "
        f"Return a dict"
    )


_FACTORIES: Final = {
    cls.__name__: cls for cls in (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict)
}


_HOLDERS: Final[Mapping[type, Callable[[Any, Callable[[Any], Any]], Any]]] = {
    set: _write_set,
    frozenset: _write_set,
    deque: lambda value, write: [_write_elements(value, write), value.maxlen],
    OrderedDict: _write_pairs,
    Counter: _write_pairs,
    defaultdict: lambda value, write: [_write_factory(value), _write_pairs(value, write)],
}
"""Collections that are no part of a tree, each with what writes it; their names in small letters are their tags."""

EXTENDED: Final[tuple[Any, ...]] = (
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
"""Builtins that a class may extend; its instances are made from one of these. Subclasses stand before their bases."""


# --- reading -----------------------------------------------------------------------------------------


class Reader:
    """JSON's objects as what they stand for, with the classes that a type names."""

    def __init__(self, cls: Any) -> None:
        self._cls = cls
        self.has_made = False
        """True once an instance of one of these classes was made."""

    def read_object(self, content: dict[str, Any]) -> Any:
        """The value that an object stands for: itself, unless its only key begins with a dollar sign."""
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
        self.has_made = True
        classes = list_classes(self._cls)
        alike_named = [cls for known, cls in classes.items() if known.partition(":")[2] == name.partition(":")[2]]
        cls = classes.get(name) or (alike_named[0] if len(alike_named) == 1 else None)
        if cls is None:
            raise ConversionError(f"{format_type(self._cls)} names no class {name}")
        try:
            return _MAKERS[tag](cls, inside)
        except Exception as error:  # whatever the class raises
            raise ConversionError(f"it is no {format_type(cls)} any more: {type(error).__name__}: {error}") from error


@final
@attrs.frozen
class _Name:
    """The name of an enum's member."""

    text: str


def _make_instance(cls: Any, inside: Any) -> Any:
    return cls.model_validate(inside) if is_model(cls) else cls(**drop_tag(cls, inside))


def _find_member(cls: Any, inside: Any) -> Any:
    return cls[inside.text] if isinstance(inside, _Name) else cls(inside)


_MAKERS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "$object": _make_instance,
    "$member": _find_member,
    "$made": lambda cls, inside: cls(inside),
}
_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **{f"${scalar.tag}": scalar.load for scalar in SCALARS.values() if scalar.write is not None},
    "$int": lambda text: int(text, 16),
    "$float": float,
    "$text": str,
    "$tuple": tuple,
    "$dict": dict,
    "$config": Config,
    "$set": set,
    "$frozenset": frozenset,
    "$deque": lambda parts: deque(*parts),
    "$ordereddict": OrderedDict,
    "$counter": lambda pairs: Counter(dict(pairs)),
    "$defaultdict": lambda parts: defaultdict(_FACTORIES[parts[0]] if parts[0] else None, parts[1]),
    "$name": _Name,
    "$array": read_array,
}
