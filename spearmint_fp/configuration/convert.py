"""Conversion at the edge: configurations as instances of the user's own classes, and back.

The one module that knows cattrs, through private converters that are made when something is converted.
"""

from __future__ import annotations

import dataclasses
import enum
from collections import Counter, OrderedDict, deque
from collections import abc as abstract
from collections.abc import Callable, Iterable, Mapping
from functools import cache, reduce
from inspect import isclass
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    NotRequired,
    Required,
    TypedDict,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    is_typeddict,
    overload,
)

import attrs
from toolz import keyfilter

from .annotations import types_of
from .diagnosis import aliases_of, problems_of
from .errors import ArgumentError, TreeError, said, shown
from .models import dumped, is_model, is_struct, struct_check, struct_fields, struct_tag, validated
from .problems import Problem, RefusalError, conversion_error, expected, type_name
from .records import FieldsShape, Shape, TupleShape
from .scalars import Hook, enum_hook, literal_hook, none_hook, scalar, scalar_hooks
from .tree import MAX_ALTERNATIVES, Algebra, Config, Layout, fold, freeze

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["Extra", "checker", "is_structured", "plain", "structure", "unstructure"]

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
    hook, data = _hook_for(cls, extra), plain(config)
    try:
        return hook(data, cls)
    except ArgumentError:  # the class itself cannot be read
        raise
    except Exception as error:
        problems = problems_of(error, data)
        raise conversion_error(f"not a valid {type_name(cls)}", problems) from _cause(error, problems)


def checker(cls: Any, extra: Extra) -> Callable[[Any], tuple[Problem, ...]]:
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


def plain(config: Any) -> Any:
    """`thaw(config)`, with typed instances as they are."""
    return fold(_PLAIN, config)


@cache
def _converter(extra: Extra) -> Converter:
    """The library's own converter: strict, and never the global one. The last hook that fits a type is taken."""
    from cattrs import Converter
    from cattrs.cols import is_namedtuple

    converter = Converter(forbid_extra_keys=extra == "forbid", structure_fallback_factory=_instance_hook)
    for kind, hook in scalar_hooks().items():
        converter.register_structure_hook(kind, hook)
    with_converter: list[tuple[Callable[[Any], Any], Callable[[Any, Converter], Hook]]] = [
        (_is_container, _container_hook),
        (lambda t: is_structured(t) and not is_model(t), _record_hook),
        (lambda t: is_namedtuple(t) or hasattr(get_origin(t) or t, "_field_defaults"), _record_hook),
        (is_model, _model_hook),
        (_is_union, _union_hook),
        (lambda t: struct_check(t) is not None, _checked_hook),
        (_is_named_type, _inner_hook),
        (lambda t: not isclass(t) and attrs.has(type(t)), lambda t, _: _instance_hook(t)),
    ]
    for fits, factory in with_converter:
        converter.register_structure_hook_factory(fits, factory)
    converter.register_structure_hook_func(lambda t: t is None or t is type(None), none_hook)
    converter.register_structure_hook_func(_is_literal, literal_hook)
    converter.register_structure_hook_func(lambda t: isclass(t) and issubclass(t, enum.Enum), enum_hook)
    converter.register_structure_hook_func(lambda t: t is Config, _config_hook)
    return converter


def _converter_for(extra: Any) -> Converter:
    if type(extra) is not str or extra not in ("forbid", "ignore"):
        raise ArgumentError(f"extra is 'forbid' or 'ignore', for keys that a class does not have; got {said(extra)}")
    return _converter(cast(Extra, extra))


def _hook_for(cls: Any, extra: Any) -> Hook:
    """What makes an instance of `cls`; an error where `cls` is no type, or its fields cannot be read."""
    converter = _converter_for(extra)
    try:
        return converter.get_structure_hook(type(None) if cls is None else cls)
    except ArgumentError:
        raise
    except Exception as error:
        raise ArgumentError(f"{_NO_TYPE}; got {said(cls)} as the type: {shown(error)}") from error


_NO_TYPE: Final = "structure makes instances of classes, and types of them"


def _config_hook(value: Any, _: Any) -> Config:
    if not isinstance(value, Mapping):
        raise expected("a mapping", value)
    return Config(value)


def _origin(kind: Any) -> Any:
    origin: Any = get_origin(kind)
    return kind if origin is None else origin


def _instance_hook(kind: Any) -> Hook:
    """The hook of a type that has no other: it takes its instances."""
    origin = _origin(kind)
    if origin in (Any, object) or isinstance(kind, TypeVar):
        return lambda value, _: value
    if not isclass(origin):
        raise ArgumentError(f"{_NO_TYPE}; got {said(kind)} as the type")

    def check(value: Any, _: Any) -> Any:
        wanted = get_args(kind)[0] if origin is type and get_args(kind) else None
        if not _is_instance(value, origin) or (isclass(wanted) and not issubclass(value, wanted)):
            raise expected(type_name(kind), value)
        return value

    return check


def _is_named_type(kind: Any) -> bool:
    """Whether a type only names or marks another: an alias, or `ReadOnly`."""
    origin: Any = get_origin(kind)
    return hasattr(kind, "__value__") or getattr(origin, "_name", None) == "ReadOnly"


def _inner_hook(kind: Any, converter: Converter) -> Hook:
    inner = kind.__value__ if hasattr(kind, "__value__") else get_args(kind)[0]
    return lambda value, _: converter.structure(value, inner)


def _is_instance(value: Any, cls: type) -> bool:
    try:
        return isinstance(value, cls)
    except TypeError:  # a protocol that cannot be asked at run time
        return True


# --- containers --------------------------------------------------------------------------------------


def _is_container(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return isclass(origin) and origin in _CONTAINERS


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
    arguments = get_args(kind)
    if not arguments and kind is not tuple and not _is_bare_tuple(kind):
        return _of_length(0, lambda _value, _kind: ())
    if not arguments or arguments[-1] is Ellipsis:
        of_any = list[arguments[0]] if arguments else list  # type: ignore[valid-type]
        return _of_list(tuple)(of_any, converter)
    from cattrs.gen import make_hetero_tuple_structure_fn

    return _of_length(len(arguments), make_hetero_tuple_structure_fn(kind, converter))


def _is_bare_tuple(kind: Any) -> bool:
    return str(kind) == "typing.Tuple"


def _of_length(count: int, inner: Hook) -> Hook:
    def check(value: Any, kind: Any) -> Any:
        if len(value) != count:
            raise expected(f"{count} elements", value)
        return inner(value, kind)

    return check


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
    abstract.Iterable: (_UNORDERED, _of_list(tuple)),
    abstract.Collection: (_UNORDERED, _of_list(tuple)),
    abstract.MutableSet: (_UNORDERED, _of_list(set)),
    abstract.Set: (_UNORDERED, _of_list(frozenset)),
    dict: ((Mapping,), _of_mapping(dict)),
    abstract.Mapping: ((Mapping,), _of_mapping(dict)),
    abstract.MutableMapping: ((Mapping,), _of_mapping(dict)),
    OrderedDict: ((Mapping,), _of_mapping(OrderedDict)),
    Counter: ((Mapping,), _of_mapping(Counter)),
}
"""Per collection: what a value may be (text is no list of letters), and how its hook is made."""


def _container_hook(kind: Any, converter: Converter) -> Hook:
    accepted, factory = _CONTAINERS[get_origin(kind) or kind]
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
    parameters: tuple[Any, ...] = getattr(cls, "__parameters__", ())
    if kind is cls and parameters:  # a generic class without arguments takes anything there
        kind = cls[tuple(getattr(p, "__bound__", None) or Any for p in parameters)]
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

    if is_typeddict(cls) and not converter.forbid_extra_keys:  # the dict itself is the result
        known = frozenset(types_of(cls))
        return lambda value, _: check(keyfilter(known.__contains__, value) if type(value) is dict else value, _)
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
        raise RefusalError(Problem((key,), f"expected {shown(name)}, got {said(value[key])}", value[key], "tag"))
    return {k: item for k, item in value.items() if k != key}


def _fields_hook(kind: Any, cls: Any, converter: Converter) -> Hook:
    from cattrs.gen import make_dict_structure_fn, override
    from cattrs.gen.typeddicts import make_dict_structure_fn as make_typeddict_structure_fn

    if is_typeddict(cls):
        return make_typeddict_structure_fn(kind if get_args(kind) else _typed_dict(cls), converter)
    if is_struct(cls):
        return _twin_hook(kind, struct_fields(kind), converter)
    if hasattr(cls, "_fields"):
        return _twin_hook(kind, _named_fields(kind, cls), converter)
    if attrs.has(cls):
        _resolve(attrs.fields(cls), types_of(cls))
        hooks = {}
        for field in attrs.fields(cls):
            convert = _own_converter(field)
            if convert is not None:
                hooks[field.name] = override(struct_hook=_converted(convert, converter))
            elif field.type is None:  # without an annotation anything goes
                hooks[field.name] = override(struct_hook=lambda value, _: value)
        return make_dict_structure_fn(kind, converter, **hooks)  # type: ignore[arg-type]
    if any(isinstance(t, dataclasses.InitVar) for t in types_of(cls).values()):
        return _twin_hook(kind, _arguments(kind, cls), converter)
    _resolve(dataclasses.fields(cls), types_of(cls))
    return make_dict_structure_fn(kind, converter)


def _own_converter(field: Any) -> Callable[[Any], Any] | None:
    """The converter of an attrs field, where it takes the value alone."""
    convert: Any = field.converter
    if isinstance(convert, attrs.Converter):
        alone = not (convert.takes_self or convert.takes_field)  # type: ignore[attr-defined]
        return convert.converter if alone else None  # type: ignore[attr-defined]
    return cast("Callable[[Any], Any] | None", convert)


def _arguments(kind: Any, cls: Any) -> list[tuple[str, str, Any, bool]]:
    """What the `__init__` of a dataclass takes, with the fields that it only passes on, as `struct_fields` gives it."""
    types = {name: t.type if isinstance(t, dataclasses.InitVar) else t for name, t in types_of(cls).items()}
    missing = dataclasses.MISSING
    fields = [field for field in cls.__dataclass_fields__.values() if field.init and field.name in types]
    return [
        (f.name, f.name, _filled(types[f.name], kind), f.default is missing and f.default_factory is missing)
        for f in fields
    ]


def _filled(kind: Any, generic: Any) -> Any:
    """A type with the arguments of a generic class in the place of its parameters."""
    known = dict(zip(getattr(get_origin(generic), "__parameters__", ()), get_args(generic), strict=False))
    if isinstance(kind, TypeVar):
        return known.get(kind, kind)
    parameters = getattr(kind, "__parameters__", ())
    return kind[tuple(known.get(p, p) for p in parameters)] if parameters and known else kind


@cache
def _typed_dict(cls: Any) -> Any:
    """The same TypedDict with types for text, and with `Required` where text had hidden it from Python."""
    keys = {}
    for key, hint in types_of(cls).items():
        kind = reduce(_filled, getattr(cls, "__orig_bases__", ()), hint)
        said, required = get_origin(kind) in (Required, NotRequired), key in cls.__required_keys__
        keys[key] = kind if said else (Required if required else NotRequired)[kind]
    made: Any = TypedDict
    return made(cls.__name__, keys)


def _resolve(fields: Iterable[Any], types: Mapping[str, Any]) -> None:
    """Put the types of a class's fields where cattrs reads them, for text: once per class, as `resolve_types` does."""
    for field in fields:
        if isinstance(field.type, str) and field.name in types:
            object.__setattr__(field, "type", types[field.name])


def _converted(convert: Callable[[Any], Any], converter: Converter) -> Hook:
    """The hook of a field that has a converter of its own: asked where the type refuses, for a value of the type."""

    def check(value: Any, kind: Any) -> Any:
        try:
            return converter.structure(value, kind)
        except Exception as refusal:
            try:
                converter.structure(convert(value), kind)
            except Exception:  # then the type has said what was expected
                raise refusal from None
            return value

    return check


def _named_fields(kind: Any, cls: Any) -> list[tuple[str, str, Any, bool]]:
    """The fields of a NamedTuple, as `struct_fields` gives those of a struct."""
    hints = types_of(cls)
    types = {name: _filled(hints.get(name, Any), kind) for name in cls._fields}
    return [(name, name, types[name], name not in cls._field_defaults) for name in cls._fields]


def _twin_hook(kind: Any, fields: list[tuple[str, str, Any, bool]], converter: Converter) -> Hook:
    """The hook of a class that cattrs has none for: that of an attrs class with the same fields."""
    from cattrs.gen import make_dict_structure_fn_from_attrs, override

    twin = attrs.make_class(
        "twin",
        {
            name: attrs.field(type=t, kw_only=True, alias=name, default=attrs.NOTHING if required else None)
            for name, _, t, required in fields
        },
    )
    hooks = {name: override(rename=key, struct_hook=converter.structure) for name, key, _, _ in fields}
    origin = get_origin(kind) or kind
    known = {p.__name__: t for p, t in zip(getattr(origin, "__parameters__", ()), get_args(kind), strict=False)}
    return make_dict_structure_fn_from_attrs(attrs.fields(twin), origin, converter, known, **hooks)  # type: ignore[arg-type]


def _checked_hook(kind: Any, converter: Converter) -> Hook:
    """The hook of a type that msgspec annotates with bounds."""
    check, base = struct_check(kind), get_args(kind)[0]
    return lambda value, _: (check or plain)(converter.structure(value, base))


def _model_hook(cls: Any, converter: Converter) -> Hook:
    ignore = not converter.forbid_extra_keys

    def check(value: Any, _: Any) -> Any:
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping) and not getattr(cls, "__pydantic_root_model__", False):
            raise expected(f"a mapping for {type_name(cls)}", value)
        return validated(cls, value, ignore=ignore)

    return check


def _is_literal(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is Literal


# --- unions ------------------------------------------------------------------------------------------


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)


def _union_hook(union: Any, converter: Converter) -> Hook:
    """The member of exactly the value's type, else the first that takes it, unknown keys refused if any does so."""
    members = get_args(union)
    converters = dict.fromkeys((_converter("forbid"), converter)) if not converter.forbid_extra_keys else (converter,)

    def check(value: Any, _: Any) -> Any:
        single = scalar(value)
        if any(type(single) is member for member in members) and not isinstance(single, list | dict | set):
            return single
        refusals: list[tuple[Any, Exception]] = []
        for one in converters:
            refusals.clear()
            for member in sorted(members, key=lambda m: _origin(m) is not type(value)):
                try:
                    return one.structure(value, member)
                except ArgumentError:  # the member itself cannot be read
                    raise
                except Exception as error:
                    refusals.append((member, error))
        raise _refused_by_all(value, sorted(refusals, key=lambda refusal: members.index(refusal[0])))

    return check


def _refused_by_all(value: Any, refusals: list[tuple[Any, Exception]]) -> Exception:
    """The refusal of the one member that was meant, or one that tells all of them."""
    classes = [(member, error) for member, error in refusals if member is not type(None)]
    if len(classes) == 1:
        return classes[0][1]
    told = [(member, problems_of(error, value)) for member, error in classes]
    meant = [problems for _, problems in told if not any(p.kind == "tag" and len(p.path) == 1 for p in problems)]
    if len(meant) == 1 and isinstance(value, Mapping):
        return RefusalError(*meant[0])
    names = " or ".join(type_name(member) for member, _ in refusals)
    if not isinstance(value, Mapping):
        return expected(names, value)
    reasons = "; ".join(f"as {type_name(member)}: {', '.join(map(_brief, problems))}" for member, problems in told)
    reasons = f"{reasons[:MOST_REASONS]}…" if len(reasons) > MOST_REASONS else reasons
    return RefusalError(Problem((), f"expected {names}, got {said(value)}. {reasons}", value))


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
    fields = dumped(leaf)
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
