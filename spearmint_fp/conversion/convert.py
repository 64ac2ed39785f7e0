"""Conversion at the edge: configurations as instances of the user's own classes, and back."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar, overload

from ..configuration.config import Config
from ..configuration.errors import ArgumentError, TreeError
from ..configuration.fold import Algebra, fold, keep_choice
from ..configuration.freezing import freeze, thaw_plain
from ..configuration.records import FieldsShape, Shape, TupleShape
from .late import diagnosis, hook_table, models
from .problems import Extra, Problem, RefusalError, format_type, make_conversion_error

T = TypeVar("T")


# --- in --------------------------------------------------------------------------------------------


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

    >>> import attrs
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
    hook, data = hook_table.find_hook(cls, extra), thaw_plain(config)
    try:
        return hook(data, cls)
    except ArgumentError:  # the class itself cannot be read
        raise
    except Exception as error:
        problems = diagnosis.list_problems(error, data)
        raise make_conversion_error(f"not a valid {format_type(cls)}", problems) from _find_cause(error, problems)


def make_checker(cls: Any, extra: Extra) -> Callable[[Any], tuple[Problem, ...]]:
    """A function that returns the problems for which `structure` would refuse some plain data."""
    hook = hook_table.find_hook(cls, extra)

    def check(data: Any) -> tuple[Problem, ...]:
        try:
            hook(data, cls)
        except Exception as error:
            return diagnosis.list_problems(error, data)
        return ()

    return check


def _find_cause(error: Exception, problems: Iterable[Problem]) -> BaseException | None:
    """The error of a class itself, to be shown as the cause: its traceback leads to the class's own code."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    own = any(problem.kind in ("check", "whole") for problem in problems)
    return error if own and not isinstance(error, RefusalError) else None


# --- out ---------------------------------------------------------------------------------------------


def unstructure(obj: Any) -> Any:
    """The inverse of `structure`: typed instances as dicts of their `__init__` arguments, all the way down.

    Mappings and NamedTuples become dicts, tuples lists, members of enums their values. As in `thaw` every
    container is new; other leaves are shared. `structure(cls, unstructure(obj)) == obj`.

    >>> import attrs
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


def _unstructure_leaf(leaf: Any) -> Any:
    fields = models.dump_fields(leaf)
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


def _unstructure_record(shape: Shape, _: Any, parts: tuple[Any, ...]) -> Any:
    if isinstance(shape, TupleShape):
        return list(parts)
    keys = shape.arguments if isinstance(shape, FieldsShape) else shape.keys
    return dict(zip(keys, parts, strict=True))


_UNSTRUCTURE: Final[Algebra[Any]] = Algebra(leaf=_unstructure_leaf, record=_unstructure_record, choice=keep_choice)
