"""Hooks of collections: lists, tuples, sets, mappings, and the abstract classes of these."""

from __future__ import annotations

from collections import Counter, OrderedDict, abc, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from inspect import isclass
from typing import Any, Final, get_args, get_origin

from ..configuration.choices import MAX_ALTERNATIVES
from ..configuration.errors import ArgumentError
from ..configuration.spacing import COMPUTED_TYPES
from .diagnosis import list_problems
from .hooks import Hook, Hooks
from .problems import Problem, RefusalError, format_type, make_refusal
from .type_forms import find_class, is_form, is_union
from .unwrapping import unwrap_type

Factory = Callable[[Any, Hooks], Hook]


def _make_list_factory(make: Callable[[Any], Any]) -> Factory:
    """The factory of a collection that is made from the list of its converted elements."""

    def factory(kind: Any, hooks: Hooks) -> Hook:
        inner = hooks.make_list(kind)
        return lambda value, _: make(inner(value, kind))

    return factory


def _make_dict_factory(make: Callable[[Any], Any]) -> Factory:
    """The factory of a mapping that is made from the dict of its converted items."""

    def factory(kind: Any, hooks: Hooks) -> Hook:
        arguments = get_args(kind)
        if find_class(kind) is Counter and arguments:
            arguments = (*arguments, int)
        inner = hooks.make_dict(dict.__class_getitem__(arguments or (Any, Any)))
        return lambda value, _: make(inner(value, kind))

    return factory


def _make_defaultdict_hook(kind: Any, hooks: Hooks) -> Hook:
    """The hook of a defaultdict: what it makes for a missing key is of its values' type, where that is a class."""
    held = unwrap_type(get_args(kind)[1]) if get_args(kind) else Any
    factory = find_class(held) if isclass(find_class(held)) and not is_union(held) else None
    return _make_dict_factory(lambda items: defaultdict(factory, items))(kind, hooks)


def _make_tuple_hook(kind: Any, hooks: Hooks) -> Hook:
    if not hasattr(kind, "__args__"):
        return _make_list_factory(tuple)(list, hooks)
    before, repeated, after = split_elements(kind)
    if repeated and not before and not after:
        return _make_list_factory(tuple)(list.__class_getitem__(repeated[0]), hooks)
    first, many, last = ([(hooks.find(t), t) for t in part] for part in (before, repeated, after))
    least = len(first) + len(last)

    def check(value: Any, _: Any) -> Any:
        more = len(value) - least
        if more < 0 or (more and not many):
            raise make_refusal(f"{'at least ' if many else ''}{least} element{'' if least == 1 else 's'}", value)
        return tuple(_convert_each(value, [*first, *many * more, *last]))

    return check


def split_elements(kind: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """The types of a tuple's elements: those at its beginning, the one that repeats, those at its end."""
    before: list[Any] = []
    repeated: list[Any] = []
    after: list[Any] = []
    arguments = get_args(kind)
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return [], [arguments[0]], []
    for argument in arguments:
        inner = get_args(argument)[0] if is_form(get_origin(argument), "Unpack") else argument
        if inner is argument and not getattr(argument, "__unpacked__", False):
            (after if repeated else before).append(argument)
        elif type(inner).__name__ == "TypeVarTuple":  # without arguments
            repeated.append(Any)
        else:
            parts = split_elements(unwrap_type(inner))
            (after if repeated else before).extend(parts[0])
            repeated += parts[1]
            after += parts[2]
    if len(repeated) > 1:
        raise ArgumentError(f"{format_type(kind)} repeats more than one type")
    return before, repeated, after


def _convert_each(values: Iterable[Any], hooks: Iterable[tuple[Hook, Any]]) -> list[Any]:
    """Each value by a hook of its own; the refusal names all that are refused."""
    made: list[Any] = []
    problems: list[Problem] = []
    for place, (value, (hook, kind)) in enumerate(zip(values, hooks, strict=True)):
        try:
            made.append(hook(value, kind))
        except Exception as error:
            problems += [problem.below((str(place),)) for problem in list_problems(error, value)]
    if problems:
        raise RefusalError(*problems)
    return made


_ORDERED: Final = (list, tuple, deque, *COMPUTED_TYPES)
_UNORDERED: Final = (*_ORDERED, set, frozenset)
_MAPPINGS: Final = (Mapping,)
_CONTAINERS: Final[dict[Any, tuple[tuple[type, ...], Factory]]] = {
    list: (_ORDERED, _make_list_factory(list)),
    tuple: (_ORDERED, _make_tuple_hook),
    deque: (_ORDERED, _make_list_factory(deque)),
    set: (_UNORDERED, _make_list_factory(set)),
    frozenset: (_UNORDERED, _make_list_factory(frozenset)),
    abc.MutableSequence: (_ORDERED, _make_list_factory(list)),
    abc.Sequence: (_ORDERED, _make_list_factory(tuple)),
    abc.Reversible: (_ORDERED, _make_list_factory(tuple)),
    abc.Iterable: (_UNORDERED, _make_list_factory(tuple)),
    abc.Collection: (_UNORDERED, _make_list_factory(tuple)),
    abc.Container: (_UNORDERED, _make_list_factory(tuple)),
    abc.MutableSet: (_UNORDERED, _make_list_factory(set)),
    abc.Set: (_UNORDERED, _make_list_factory(frozenset)),
    dict: (_MAPPINGS, _make_dict_factory(dict)),
    abc.Mapping: (_MAPPINGS, _make_dict_factory(dict)),
    abc.MutableMapping: (_MAPPINGS, _make_dict_factory(dict)),
    OrderedDict: (_MAPPINGS, _make_dict_factory(OrderedDict)),
    Counter: (_MAPPINGS, _make_dict_factory(Counter)),
    defaultdict: (_MAPPINGS, _make_defaultdict_hook),
}
"""Per collection: what a value may be (text is no list of letters), and what makes its hook."""


def is_container(kind: Any) -> bool:
    """True for a collection of the table."""
    return isclass(find_class(kind)) and find_class(kind) in _CONTAINERS


def is_mapping_type(kind: Any) -> bool:
    """True for a collection of the table that is made from a mapping."""
    return _CONTAINERS[find_class(kind)][0] is _MAPPINGS


def make_container_hook(kind: Any, hooks: Hooks) -> Hook:
    """The hook of a collection: of what a value may be, NumPy arrays also, each element or item is converted."""
    origin = find_class(kind)
    accepted, factory = _CONTAINERS[origin]
    takes = 2 if accepted is _MAPPINGS and origin is not Counter else 1
    if origin is not tuple and len(get_args(kind)) not in (0, takes):
        raise ArgumentError(
            f"{format_type(kind)} has {len(get_args(kind))} arguments; {format_type(origin)} takes {takes}"
        )
    inner = factory(kind, hooks)

    def check(value: Any, _: Any) -> Any:
        values = value.tolist() if type(value).__module__ == "numpy" and getattr(value, "ndim", None) else value
        if not isinstance(values, accepted):
            raise make_refusal(format_type(kind), value)
        if isinstance(values, COMPUTED_TYPES) and values[MAX_ALTERNATIVES:]:
            raise make_refusal(f"{format_type(kind)} of at most {MAX_ALTERNATIVES} values", value)
        return inner(values, kind)

    return check
