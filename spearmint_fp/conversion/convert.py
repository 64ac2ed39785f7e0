"""Conversion at the edge: configurations as instances of the user's own classes, and back.

The one module that knows cattrs, through private converters that are made when something is converted.
"""

from __future__ import annotations

import dataclasses
import enum
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections import abc as abstract
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from inspect import isclass
from threading import RLock
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    NewType,
    TypeVar,
    Union,
    cast,
    final,
    get_args,
    get_origin,
    overload,
)

import attrs

from ..configuration.choices import MAX_ALTERNATIVES
from ..configuration.config import Config, Layout
from ..configuration.errors import ArgumentError, TreeError, cut_text, repr_with_type, short_repr
from ..configuration.fold import Algebra, fold
from ..configuration.freezing import freeze
from ..configuration.models import is_model
from ..configuration.records import FieldsShape, Shape, TupleShape
from .annotations import alias_of, alias_value, is_form, is_typeddict, types_of, union_of
from .diagnosis import aliases_of, problems_of
from .models import complete_model, dump_fields, is_struct, struct_check, struct_fields, struct_tag, validate_model
from .problems import Problem, RefusalError, conversion_error, expected, type_name
from .scalars import Hook, enum_hook, literal_hook, none_hook, scalar_hook, unbox_scalar

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = [
    "Extra",
    "classes_of",
    "field_types",
    "is_structured",
    "make_checker",
    "structure",
    "thaw_plain",
    "unstructure",
]

T = TypeVar("T")
Extra = Literal["forbid", "ignore"]


# --- in --------------------------------------------------------------------------------------------


def is_structured(cls: Any) -> bool:
    """Whether a configuration can become a `cls`: an attrs class, a dataclass, a TypedDict, a model or a struct."""
    origin = get_origin(cls) or cls
    return isclass(origin) and (
        attrs.has(origin) or dataclasses.is_dataclass(origin) or is_typeddict(origin) or is_model(cls) or is_struct(cls)
    )


@overload
def structure(cls: type[T], config: Any, *, extra: Extra = "forbid") -> T: ...
@overload
def structure(cls: Any, config: Any, *, extra: Extra = "forbid") -> Any: ...
def structure(cls: Any, config: Any, *, extra: Extra = "forbid") -> Any:
    """The configuration as an instance of `cls`: `cls(**config)`, converted and checked all the way down.

    `cls` is an attrs class, a dataclass, a TypedDict, a NamedTuple, a msgspec struct, a pydantic model, or any type
    made of them: lists, unions, `Optional`, `Literal`, enums, generics. Scalars are strict: an int may stand for a
    float, and text for a `Path`, a `UUID`, a `Decimal`, a date or a time; nothing else is coerced. Keys that a
    class does not have are refused, unless `extra="ignore"`. What is an instance already is passed on, shared. In
    a union the member of exactly the value's type comes first, then the first that takes it.

    >>> @attrs.frozen
    ... class Llm:
    ...     model: str
    ...     temperature: float = 0.5
    >>> structure(Llm, {"model": "gpt-4", "temperature": 1})
    Llm(model='gpt-4', temperature=1.0)
    >>> structure(dict[str, Llm | None], {"a": {"model": "x"}, "b": None})
    {'a': Llm(model='x', temperature=0.5), 'b': None}

    Raises:
        ConversionError: names every bad path, its value, and what was expected; `.problems` has them as data.
        ArgumentError: `extra` is neither "forbid" nor "ignore".
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `unstructure`, the inverse; `structured`, for a sweep; `validate`, before a run.
    """
    if cls is Config and isinstance(config, Mapping):
        return freeze(config)
    hook, data = _hook_for(cls, extra), thaw_plain(config)
    try:
        return hook(data, cls)
    except ArgumentError:  # the class itself cannot be read
        raise
    except Exception as error:
        problems = problems_of(error, data)
        raise conversion_error(f"not a valid {type_name(cls)}", problems) from _cause(error, problems)


def make_checker(cls: Any, extra: Extra) -> Callable[[Any], tuple[Problem, ...]]:
    """What `structure` would refuse of plain data, as a function that says it instead of raising."""
    hook = _hook_for(cls, extra)

    def check(data: Any) -> tuple[Problem, ...]:
        try:
            hook(data, cls)
        except Exception as error:
            return problems_of(error, data)
        return ()

    return check


def _cause(error: Exception, problems: Iterable[Problem]) -> BaseException | None:
    """What to show as the cause: a class's own error, whose traceback tells more than the problem does."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    own = any(problem.kind in ("check", "whole") for problem in problems)
    return error if own and not isinstance(error, RefusalError) else None


def _plain_record(shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
    if isinstance(shape, Layout):
        return dict(zip(shape.keys, parts, strict=True))
    return list(parts) if isinstance(shape, TupleShape) else node


_PLAIN: Final[Algebra[Any]] = Algebra(
    leaf=lambda leaf: set(leaf) if isinstance(leaf, frozenset) else leaf,
    record=_plain_record,
    choice=lambda node, _: node,
)


def thaw_plain(config: Any) -> Any:
    """`thaw(config)`, with typed instances as they are."""
    return fold(_PLAIN, config)


@cache
def _converter(extra: Extra) -> Converter:
    """The library's own converter: strict, never the global one, with the hooks of the table `_FORMS` and no others."""
    from cattrs import Converter

    class Strict(Converter):
        def get_structure_hook(self, kind: Any, cache_result: bool = True) -> Hook:  # noqa: ARG002  # all are kept
            return hooks.find(kind)

        def structure(self, obj: Any, cl: Any) -> Any:
            return hooks.find(cl)(obj, cl)

    converter = Strict(forbid_extra_keys=extra == "forbid")
    hooks = _Hooks(converter)
    return converter


MOST_OPEN: Final = 100
"""How many types may stand inside one another; what is deeper is a type that grows without end."""


@final
class _Hooks:
    """The hooks of a converter: each is made with those of all types inside it, so that a bad one is told at once."""

    def __init__(self, converter: Converter) -> None:
        self._converter, self._lock = converter, RLock()
        self._ready: dict[Any, Hook] = {}
        self._made: dict[Any, Hook] = {}  # while the outermost is being made
        self._open: list[Any] = []

    def find(self, kind: Any) -> Hook:
        """The hook of a type."""
        key = _key(kind)
        ready = self._ready.get(key)
        return ready if ready is not None else self._make(kind, key)

    def _make(self, kind: Any, key: Any) -> Hook:
        with self._lock:
            if key in self._made:
                return self._made[key]
            if key in self._open:  # a class that contains itself
                return lambda value, _: self._ready[key](value, kind)
            if len(self._open) >= MOST_OPEN:
                raise ArgumentError(f"{type_name(kind)} stands in a type that grows without end")
            self._open.append(key)
            try:
                hook = self._made[key] = _form_of(kind)(kind, self._converter)
            finally:
                self._open.pop()
                if not self._open:
                    made, self._made = self._made, {}
            if not self._open:
                self._ready.update(made)
            return hook


def _key(kind: Any) -> Any:
    """What tells types apart that compare equal: `A | B` and `B | A`, `Literal[1]` and `Literal[True]`."""
    arguments, origin = getattr(kind, "__args__", None), get_origin(kind)
    if origin is None or not isinstance(arguments, tuple):
        return kind
    if origin is Literal:
        return Literal, *((type(one), one) for one in arguments)
    extras = [one for one in getattr(kind, "__metadata__", ()) if type(one).__module__ == "msgspec"]
    return Union if _is_union(kind) else origin, *map(_key, arguments), *extras


def _form_of(kind: Any) -> Factory:
    """What makes the hook of a type: by the first line of the table that fits."""
    return next(factory for fits, factory in _FORMS if fits(kind))


def _converter_for(extra: Any) -> Converter:
    if type(extra) is not str or extra not in ("forbid", "ignore"):
        raise ArgumentError(
            f"extra is 'forbid' or 'ignore', for keys that a class does not have; got {repr_with_type(extra)}"
        )
    return _converter(cast(Extra, extra))


def _hook_for(cls: Any, extra: Any) -> Hook:
    """What makes an instance of `cls`; an error where `cls` is no type, or its fields cannot be read."""
    converter = _converter_for(extra)
    try:
        return converter.get_structure_hook(type(None) if cls is None else cls)
    except ArgumentError:
        raise
    except Exception as error:
        raise ArgumentError(f"{_NO_TYPE}; got {repr_with_type(cls)} as the type: {short_repr(error)}") from error


_NO_TYPE: Final = "structure makes instances of classes, and types of them"


def _config_hook(value: Any, _: Any) -> Config:
    if not isinstance(value, Mapping):
        raise expected("a mapping", value)
    return Config(value)


def _origin(kind: Any) -> Any:
    origin: Any = get_origin(kind)
    return kind if origin is None else origin


def _instance_hook(kind: Any, _: Any = None) -> Hook:
    """The hook of a class that has no other: it takes its instances."""
    origin = _origin(kind)
    is_call = origin is abstract.Callable  # what a function takes and gives is not asked
    if not isclass(origin):
        raise ArgumentError(f"{_NO_TYPE}; got {repr_with_type(kind)} as the type")
    if getattr(origin, "_is_protocol", False) and not getattr(origin, "_is_runtime_protocol", False):
        raise ArgumentError(f"{type_name(kind)} is a protocol that cannot be asked. Put @runtime_checkable before it")
    if not is_call and _public(origin) in sys.stdlib_module_names and any(map(_says, get_args(kind))):
        raise ArgumentError(f"what is in a {type_name(kind)} cannot be checked. Write {type_name(origin)}, or object")

    def check(value: Any, _: Any) -> Any:
        if not isinstance(value, origin):
            raise expected(type_name(kind), value)
        return value

    return check


def _public(cls: Any) -> str:
    return str(cls.__module__).partition(".")[0]


def _says(argument: Any) -> bool:
    """True for an argument of a type that says something."""
    return argument not in (Any, object, Ellipsis) and not isinstance(argument, TypeVar)


def _class_hook(kind: Any, _: Any) -> Hook:
    """The hook of `type[C]`: it takes C and its subclasses."""
    wanted = _classes(get_args(kind)[0]) if get_args(kind) else (object,)

    def check(value: Any, _: Any) -> Any:
        if not isinstance(value, type) or not issubclass(value, wanted):
            raise expected(type_name(kind), value)
        return value

    return check


def _classes(kind: Any) -> tuple[type, ...]:
    """The classes that a type is made of."""
    bare = _bare(kind)
    if bare is Any:
        return (object,)
    if _is_union(bare):
        return tuple(cls for member in get_args(bare) for cls in _classes(member))
    origin = type(None) if bare is None else _origin(bare)
    if not isclass(origin) or is_typeddict(origin) or getattr(origin, "_is_protocol", False):
        raise ArgumentError(f"type[C] takes a class; got {repr_with_type(kind)} as C")
    return (origin,)


def _bare(kind: Any) -> Any:
    """A type without the names and the marks around it: aliases, `NewType`, `Annotated`, `Final` and their like."""
    seen: list[Any] = []
    while _is_named(kind):
        if len(seen) > MOST_OPEN or any(kind is one for one in seen):
            raise ArgumentError(f"{type_name(kind)} stands for nothing but itself")
        seen.append(kind)
        kind = _inside(kind)
    return kind


_MARKS: Final = ("Final", "ClassVar", "Required", "NotRequired", "ReadOnly")


def _is_named(kind: Any) -> bool:
    """True for a type that only names or marks another."""
    return (
        alias_of(kind) is not None
        or isinstance(kind, NewType | TypeVar)
        or type(kind).__name__ in ("InitVar", "TypeVar")
        or is_form(kind, "LiteralString", "Final", "ClassVar")
        or is_form(get_origin(kind), *_MARKS)
        or hasattr(kind, "__metadata__")
    )


def _inside(kind: Any) -> Any:
    """The type that a type names or marks."""
    if alias_of(kind) is not None:
        return alias_value(kind)
    if isinstance(kind, NewType):
        return kind.__supertype__
    if type(kind).__name__ == "TypeVar":
        return _unfilled(kind)
    if type(kind).__name__ == "InitVar":
        return kind.type
    if is_form(kind, "LiteralString"):
        return str
    return get_args(kind)[0] if get_args(kind) else Any  # what has no type takes anything


def _unfilled(variable: Any) -> Any:
    """What a type variable stands for that nobody has filled: its default, its bound, or one of its constraints."""
    if getattr(variable, "has_default", bool)():
        return variable.__default__
    if variable.__bound__ is not None:
        return variable.__bound__
    return union_of(variable.__constraints__) if variable.__constraints__ else Any


def _named_hook(kind: Any, converter: Converter) -> Hook:
    _bare(kind)  # an alias that stands for nothing is an error
    inner = _inside(kind)
    hook = converter.get_structure_hook(inner)
    return lambda value, _: hook(value, inner)


# --- containers --------------------------------------------------------------------------------------


def _of_list(make: Callable[[Any], Any]) -> Callable[[Any, Converter], Hook]:
    """The hook of a collection that is made from the list of its converted elements."""

    def factory(kind: Any, converter: Converter) -> Hook:
        from cattrs.cols import list_structure_factory

        inner: Callable[[Any, Any], Any] = list_structure_factory(kind, converter)
        return lambda value, _: make(inner(value, kind))

    return factory


def _of_mapping(make: Callable[[Any], Any]) -> Callable[[Any, Converter], Hook]:
    def factory(kind: Any, converter: Converter) -> Hook:
        from cattrs.cols import mapping_structure_factory

        inner: Callable[[Any, Any], Any] = mapping_structure_factory(_as_dict(kind), converter)
        return lambda value, _: make(inner(value, kind))

    return factory


def _as_dict(kind: Any) -> Any:
    """The type as that of a dict: a counter's values are whole numbers."""
    arguments = get_args(kind)
    if (get_origin(kind) or kind) is Counter:
        arguments = (*arguments, int) if arguments else ()
    return dict.__class_getitem__(arguments) if arguments else dict[Any, Any]


def _tuple_hook(kind: Any, converter: Converter) -> Hook:
    if not hasattr(kind, "__args__"):
        return _of_list(tuple)(list, converter)
    before, repeated, after = _elements(kind)
    if repeated and not before and not after:
        return _of_list(tuple)(list.__class_getitem__(repeated[0]), converter)
    first, many, last = ([(converter.get_structure_hook(t), t) for t in part] for part in (before, repeated, after))
    least = len(first) + len(last)

    def check(value: Any, _: Any) -> Any:
        more = len(value) - least
        if more < 0 or (more and not many):
            raise expected(f"{'at least ' if many else ''}{least} element{'' if least == 1 else 's'}", value)
        return tuple(_each(value, [*first, *many * more, *last]))

    return check


def _elements(kind: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """The types of a tuple's elements: those at its beginning, the one that repeats, those at its end."""
    before: list[Any] = []
    repeated: list[Any] = []
    after: list[Any] = []
    arguments = get_args(kind)
    if len(arguments) == 2 and arguments[1] is Ellipsis:  # a type and three dots
        return [], [arguments[0]], []
    for argument in arguments:
        inner = get_args(argument)[0] if is_form(get_origin(argument), "Unpack") else argument
        if inner is argument and not getattr(argument, "__unpacked__", False):
            (after if repeated else before).append(argument)
        elif type(inner).__name__ == "TypeVarTuple":  # that nobody has filled
            repeated.append(Any)
        else:
            parts = _elements(_bare(inner))
            (after if repeated else before).extend(parts[0])
            repeated += parts[1]
            after += parts[2]
    if len(repeated) > 1:
        raise ArgumentError(f"{type_name(kind)} repeats more than one type")
    return before, repeated, after


def _each(values: Iterable[Any], hooks: Iterable[tuple[Hook, Any]]) -> list[Any]:
    """Each value by a hook of its own; the refusal tells of all that are refused."""
    made: list[Any] = []
    problems: list[Problem] = []
    for place, (value, (hook, kind)) in enumerate(zip(values, hooks, strict=True)):
        try:
            made.append(hook(value, kind))
        except Exception as error:
            problems += [problem.below((str(place),)) for problem in problems_of(error, value)]
    if problems:
        raise RefusalError(*problems)
    return made


def _defaultdict_hook(kind: Any, converter: Converter) -> Hook:
    """A defaultdict makes what its type says that it holds, where that is a class."""
    inner = _of_mapping(dict)(kind, converter)
    held = _bare(get_args(kind)[1]) if get_args(kind) else Any
    factory = _origin(held) if isclass(_origin(held)) and not _is_union(held) else None
    return lambda value, _: defaultdict(factory, inner(value, kind))


_ORDERED: Final = (list, tuple, deque, range)
_UNORDERED: Final = (*_ORDERED, set, frozenset)
_CONTAINERS: Final[dict[Any, tuple[tuple[type, ...], Callable[[Any, Converter], Hook]]]] = {
    list: (_ORDERED, _of_list(list)),
    tuple: (_ORDERED, _tuple_hook),
    deque: (_ORDERED, _of_list(deque)),
    set: (_UNORDERED, _of_list(set)),
    frozenset: (_UNORDERED, _of_list(frozenset)),
    abstract.MutableSequence: (_ORDERED, _of_list(list)),
    abstract.Sequence: (_ORDERED, _of_list(tuple)),
    abstract.Reversible: (_ORDERED, _of_list(tuple)),
    abstract.Iterable: (_UNORDERED, _of_list(tuple)),
    abstract.Collection: (_UNORDERED, _of_list(tuple)),
    abstract.Container: (_UNORDERED, _of_list(tuple)),
    abstract.MutableSet: (_UNORDERED, _of_list(set)),
    abstract.Set: (_UNORDERED, _of_list(frozenset)),
    dict: ((Mapping,), _of_mapping(dict)),
    abstract.Mapping: ((Mapping,), _of_mapping(dict)),
    abstract.MutableMapping: ((Mapping,), _of_mapping(dict)),
    OrderedDict: ((Mapping,), _of_mapping(OrderedDict)),
    Counter: ((Mapping,), _of_mapping(Counter)),
    defaultdict: ((Mapping,), _defaultdict_hook),
}
"""Per collection: what a value may be (text is no list of letters), and how its hook is made."""


def _container_hook(kind: Any, converter: Converter) -> Hook:
    accepted, factory = _CONTAINERS[_origin(kind)]
    takes = 2 if accepted == (Mapping,) and _origin(kind) is not Counter else 1
    if _origin(kind) is not tuple and len(get_args(kind)) not in (0, takes):
        raise ArgumentError(
            f"{type_name(kind)} has {len(get_args(kind))} arguments; {type_name(_origin(kind))} takes {takes}"
        )
    inner = factory(kind, converter)

    def check(value: Any, _: Any) -> Any:
        values = value.tolist() if type(value).__module__ == "numpy" and getattr(value, "ndim", None) else value
        if not isinstance(values, accepted):
            raise expected(type_name(kind), value)
        if isinstance(values, range) and values[MAX_ALTERNATIVES:]:
            raise expected(f"{type_name(kind)} of at most {MAX_ALTERNATIVES} values", value)
        return inner(values, kind)

    return check


# --- records -----------------------------------------------------------------------------------------


def _record_hook(kind: Any, converter: Converter) -> Hook:
    """Instances pass, mappings are converted field by field; a sequence too, for a NamedTuple."""
    cls = get_origin(kind) or kind
    inner = _fields_hook(kind, cls, converter)
    aliases, tag = aliases_of(cls), struct_tag(kind) if is_struct(kind) else None
    names = getattr(cls, "_fields", ())

    def check(value: Any, _: Any) -> Any:
        if type(value) is dict and not aliases and not tag:
            return inner(value, kind)
        if not is_typeddict(cls) and isinstance(value, cls):
            return value
        if names and isinstance(value, list | tuple):
            if len(value) > len(names):
                raise expected(f"at most {len(names)} elements for {type_name(kind)}", value)
            value = dict(zip(names, value, strict=False))
        if not isinstance(value, Mapping):
            raise expected(f"a mapping for {type_name(kind)}", value)
        return inner(_untagged(tag, _by_name(aliases, value)), kind)

    return check


def _by_name(aliases: Mapping[str, str], value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The mapping with its fields by name, whether they were given by name or by alias."""
    if not aliases or aliases.keys().isdisjoint(value):
        return value
    twice = [alias for alias, name in aliases.items() if alias in value and name in value and name not in aliases]
    if twice:
        raise RefusalError(*(Problem((a,), f"given twice, also as {aliases[a]!r}", value[a], "unknown") for a in twice))
    return {aliases.get(key, key): item for key, item in value.items()}


def _untagged(tag: tuple[str, Any] | None, value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The fields of a tagged struct, once its tag is found to be the class's own, or is not given."""
    if tag is None or tag[0] not in value:
        return value
    key, name = tag
    if value[key] != name or type(value[key]) is not type(name):
        raise RefusalError(
            Problem((key,), f"expected {short_repr(name)}, got {repr_with_type(value[key])}", value[key], "tag")
        )
    return {k: item for k, item in value.items() if k != key}


@final
@attrs.frozen
class _Field:
    """A field of a class, with its key in a configuration, the name of its argument, and its own converter."""

    name: str
    key: str
    argument: str
    kind: Any
    required: bool
    convert: Callable[[Any], Any] | None = None

    def __str__(self) -> str:
        return type_name(self.kind)


def _fields_of(kind: Any, cls: Any) -> list[_Field]:
    """The fields that a class takes."""
    if attrs.has(cls):
        fields = [field for field in attrs.fields(cls) if field.init]
        types = types_of(kind, {field.name: field.type for field in fields})
        return [
            _Field(f.name, f.name, f.alias or f.name, types[f.name], f.default is attrs.NOTHING, _own_converter(f))
            for f in fields
        ]
    if dataclasses.is_dataclass(cls):
        found = _arguments(cls)
    elif is_struct(cls):
        found = struct_fields(cls)
    elif is_typeddict(cls):
        return _keys(kind, cls)
    else:
        found = [(name, name, name not in cls._field_defaults) for name in cls._fields]
    types = types_of(kind, {name: _declared(cls, name) for name, _, _ in found})
    return [_Field(name, key, name, types[name], required) for name, key, required in found]


def _declared(cls: Any, name: str) -> Any:
    """The annotation of a field as its class keeps it."""
    field = getattr(cls, "__dataclass_fields__", {}).get(name)
    return field.type if field is not None else None


def _arguments(cls: Any) -> list[tuple[str, str, bool]]:
    """What the `__init__` of a dataclass takes, with what it only passes on."""
    missing = dataclasses.MISSING
    taken = [f for f in cls.__dataclass_fields__.values() if f.init and f._field_type.name != "_FIELD_CLASSVAR"]
    return [(f.name, f.name, f.default is missing and f.default_factory is missing) for f in taken]


def _keys(kind: Any, cls: Any) -> list[_Field]:
    """The keys of a TypedDict; text may have hidden from Python which of them are required."""
    types = types_of(kind, dict.fromkeys(getattr(cls, "__annotations__", ())))
    fields = []
    for key, hint in types.items():
        said_so = [mark for mark in ("Required", "NotRequired") if mark in _marks(hint)]
        required = said_so[0] == "Required" if said_so else key in cls.__required_keys__
        fields.append(_Field(key, key, key, hint, required))
    return fields


def _marks(kind: Any) -> list[str]:
    """The marks around a type."""
    found = []
    while is_form(get_origin(kind), *_MARKS) or hasattr(kind, "__metadata__"):
        found += [mark for mark in _MARKS if is_form(get_origin(kind), mark)]
        kind = get_args(kind)[0]
    return found


def _fields_hook(kind: Any, cls: Any, converter: Converter) -> Hook:
    """The hook of a class by its fields, as cattrs makes it from attributes that are only like those of the class."""
    from cattrs.gen import make_dict_structure_fn_from_attrs, override

    attributes: list[Any] = []
    hooks: dict[str, Any] = {}
    for place, field in enumerate(_fields_of(kind, cls)):
        name = field.name if field.name.isidentifier() else f"key_{place}"
        argument = field.argument.replace("\\", "\\\\").replace("'", "\\'")  # cattrs writes it between quotes
        default = attrs.NOTHING if field.required else None
        attribute: Any = attrs.Attribute
        attributes.append(
            attribute(name, default, None, True, None, None, True, False, type=field, alias=argument, kw_only=True)
        )
        hooks[name] = override(rename=field.key, struct_hook=_field_hook(field, converter))
    known = {p.__name__: p for p in getattr(cls, "__parameters__", ())}
    return make_dict_structure_fn_from_attrs(attributes, cls, converter, known, **hooks)


def _field_hook(field: _Field, converter: Converter) -> Hook:
    hook, kind = converter.get_structure_hook(field.kind), field.kind
    if field.convert is None:
        return lambda value, _: hook(value, kind)
    return _converted(field.convert, hook, kind)


def classes_of(kind: Any) -> Mapping[str, Any]:
    """The classes that a type names, its fields' types included, by `module:name`."""
    try:
        return _classes_of(kind)
    except TypeError as error:
        raise ArgumentError(f"{_NO_TYPE}; got {repr_with_type(kind)} as the type") from error


@lru_cache(maxsize=64)
def _classes_of(kind: Any) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    seen: set[Any] = set()
    waiting = [kind]
    while waiting:
        part = waiting.pop()
        key = _key(part)
        if key in seen or len(seen) > MOST_CLASSES:
            continue
        seen.add(key)
        waiting += _parts_of(part)
        cls = _origin(part)
        if isclass(cls):
            found[f"{cls.__module__}:{cls.__qualname__}"] = cls
    return found


MOST_CLASSES: Final = 10_000
"""How many types are looked at for classes; there are more in a type that grows without end."""


def _parts_of(kind: Any) -> list[Any]:
    """The types that stand in a type."""
    if _is_named(kind):
        return [_inside(kind)]
    if _is_literal(kind):
        return [type(literal) for literal in get_args(kind)]
    cls = _origin(kind)
    if cls is abstract.Callable or not (isclass(cls) or get_args(kind)):
        return []
    if is_model(cls):
        return field_types(cls)
    is_record = is_structured(cls) or isinstance(getattr(cls, "_fields", None), tuple)
    return [*get_args(kind), *(field.kind for field in _fields_of(kind, cls))] if is_record else list(get_args(kind))


def field_types(cls: Any) -> list[Any]:
    """The types of the fields of a class that a configuration can become, without arguments for its type variables.

    Raises:
        ArgumentError: an annotation that names what cannot be found; names the class, the field and the text.
    """
    if is_model(cls):
        return [field.annotation for field in cls.model_fields.values()]
    return [field.kind for field in _fields_of(cls, cls)]


def _own_converter(field: Any) -> Callable[[Any], Any] | None:
    """The converter of an attrs field, where it takes the value alone."""
    convert: Any = field.converter
    if isinstance(convert, attrs.Converter):
        alone = not (convert.takes_self or convert.takes_field)  # type: ignore[attr-defined]
        return convert.converter if alone else None  # type: ignore[attr-defined]
    return cast("Callable[[Any], Any] | None", convert)


def _converted(convert: Callable[[Any], Any], hook: Hook, kind: Any) -> Hook:
    """The hook of a field that has a converter of its own: asked where the type refuses, for a value of the type."""

    def check(value: Any, _: Any) -> Any:
        try:
            return hook(value, kind)
        except Exception as refusal:
            try:
                hook(convert(value), kind)
            except Exception:  # then the type has said what was expected
                raise refusal from None
            return value

    return check


def _checked_hook(kind: Any, converter: Converter) -> Hook:
    """The hook of a type that msgspec annotates with bounds."""
    check, base = struct_check(kind), get_args(kind)[0]
    hook = converter.get_structure_hook(base)
    return lambda value, _: (check or thaw_plain)(hook(value, base))


def _model_hook(cls: Any, converter: Converter) -> Hook:
    ignore = not converter.forbid_extra_keys
    complete_model(cls)

    def check(value: Any, _: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping) and not getattr(cls, "__pydantic_root_model__", False):
            raise expected(f"a mapping for {type_name(cls)}", value)
        return validate_model(cls, value, ignore=ignore)

    return check


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


# --- unions ------------------------------------------------------------------------------------------


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)


def _union_hook(union: Any, converter: Converter) -> Hook:
    """The member of exactly the value's type, else the first that takes it, unknown keys refused if any does so."""
    members = _members(union, [])
    converters = dict.fromkeys((_converter("forbid"), converter)) if not converter.forbid_extra_keys else (converter,)
    tables = [[(member, _bare(member), one.get_structure_hook(member)) for member in members] for one in converters]

    def check(value: Any, _: Any) -> Any:
        single = unbox_scalar(value)
        refusals: list[tuple[Any, Exception]] = []
        for table in tables:
            refusals.clear()
            for member, _bare, hook in sorted(table, key=lambda line: not _is_exactly(line[1], single)):
                try:
                    return hook(value, member)
                except Exception as error:
                    refusals.append((member, error))
        raise _refused_by_all(value, sorted(refusals, key=lambda refusal: members.index(refusal[0])))

    return check


def _members(union: Any, around: list[Any]) -> list[Any]:
    """The members of a union, with those of the unions that its members name in their place."""
    found: list[Any] = []
    for member in get_args(union):
        bare = _bare(member)
        nested = _is_union(bare) and not hasattr(member, "__metadata__")
        if nested and not any(_key(bare) == _key(one) for one in (union, *around)):
            found += _members(bare, [*around, union])
        elif not nested:
            found.append(member)
    return found


def _is_exactly(kind: Any, value: Any) -> bool:
    """True where a value is of a type without any conversion."""
    if _is_literal(kind):
        return any(type(one) is type(value) and one == value for one in get_args(kind))
    return (type(None) if kind is None else _origin(kind)) is type(value)


def _refused_by_all(value: Any, refusals: list[tuple[Any, Exception]]) -> Exception:
    """The refusal of the one member that was meant, or one that tells all of them."""
    classes = [(member, error) for member, error in refusals if member is not type(None)]
    if len(classes) == 1:
        return classes[0][1]
    told = [(member, problems_of(error, value)) for member, error in classes]
    meant = [problems for _, problems in told if not any(p.kind == "tag" and len(p.path) == 1 for p in problems)]
    if len(meant) == 1 and isinstance(value, Mapping):
        return RefusalError(*meant[0])
    names = cut_text(" or ".join(type_name(member) for member, _ in refusals), MOST_REASONS)
    if not isinstance(value, Mapping):
        return expected(names, value)
    reasons = "; ".join(f"as {type_name(member)}: {', '.join(map(_brief, problems))}" for member, problems in told)
    reasons = f"{reasons[:MOST_REASONS]}…" if len(reasons) > MOST_REASONS else reasons
    return RefusalError(Problem((), f"expected {names}, got {repr_with_type(value)}. {reasons}", value))


Factory = Callable[[Any, "Converter"], Hook]
_FORMS: Final[list[tuple[Callable[[Any], bool], Factory]]] = [
    (lambda t: t is None or t is type(None), lambda *_: none_hook),
    (lambda t: t is Any or t is object or is_form(t, "Any"), lambda *_: lambda value, _: value),
    (_is_literal, lambda *_: literal_hook),
    (lambda t: struct_check(t) is not None, _checked_hook),
    (_is_named, _named_hook),
    (_is_union, _union_hook),
    (lambda t: t is Config, lambda *_: _config_hook),
    (is_model, _model_hook),
    (lambda t: isclass(t) and issubclass(t, enum.Enum), lambda *_: enum_hook),
    (is_structured, _record_hook),
    (lambda t: isinstance(getattr(_origin(t), "_fields", None), tuple) and isclass(_origin(t)), _record_hook),
    (lambda t: scalar_hook(t) is not None, lambda t, _: scalar_hook(t) or none_hook),
    (lambda t: isclass(_origin(t)) and _origin(t) in _CONTAINERS, _container_hook),
    (lambda t: _origin(t) is type, _class_hook),
    (lambda _: True, _instance_hook),
]
"""What a type is, and what makes its hook; whatever is nothing else is a class, or is refused by its name."""

MOST_REASONS: Final = 1_000
"""How many letters of the reasons of a union's members are told."""


def _brief(problem: Problem) -> str:
    return str(problem) if problem.path else problem.reason


# --- out ---------------------------------------------------------------------------------------------


def unstructure(obj: Any) -> Any:
    """The inverse of `structure`: typed instances as dicts of their `__init__` arguments, all the way down.

    Mappings and NamedTuples become dicts, tuples lists, members of enums their values. As in `thaw` every
    container is new; other leaves are shared. `structure(cls, unstructure(obj)) == obj`.

    >>> @attrs.frozen
    ... class Llm:
    ...     model: str
    ...     layers: tuple[int, ...] = ()
    >>> unstructure({"llm": Llm("gpt-4", (1, 2))})
    {'llm': {'model': 'gpt-4', 'layers': [1, 2]}}
    >>> unstructure(5)
    5

    Raises:
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `structure`, the inverse; `thaw`, which keeps typed instances.
    """
    try:
        return fold(_UNSTRUCTURE, obj)
    except RecursionError:
        raise TreeError("models of it are nested too deeply, or contain themselves") from None


def _unstructured_leaf(leaf: Any) -> Any:
    fields = dump_fields(leaf)
    if fields is not None:
        return unstructure(fields)
    if isinstance(leaf, enum.Enum):
        return unstructure(leaf.value)
    if not isinstance(leaf, set | frozenset):
        return leaf
    elements = [unstructure(element) for element in leaf]
    try:
        return set(elements)
    except TypeError:  # of containers: as text formats write it
        return elements


def _unstructured_record(shape: Shape, _: Any, parts: tuple[Any, ...]) -> Any:
    if isinstance(shape, TupleShape):
        return list(parts)
    keys = shape.arguments if isinstance(shape, FieldsShape) else shape.keys
    return dict(zip(keys, parts, strict=True))


_UNSTRUCTURE: Final[Algebra[Any]] = Algebra(
    leaf=_unstructured_leaf, record=_unstructured_record, choice=lambda node, _: node
)
