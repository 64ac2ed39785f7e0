"""Expanding trees: the fold that makes a tree with choices a sweep."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, Final, NamedTuple, TypeVar, overload

from ..configuration.calls import explain_calls
from ..configuration.choices import DynamicValue
from ..configuration.config import Config
from ..configuration.errors import ArgumentError
from ..configuration.fold import Algebra, Choice, fold
from ..configuration.freezing import freeze, rebuild_record
from ..configuration.messages import repr_with_type
from ..configuration.records import Shape
from ..configuration.tables import is_keyed
from .core import Sweep
from .late import record
from .nodes.axis import Axis, make_point
from .nodes.node import Node
from .nodes.union import Union

T = TypeVar("T")

_FILES: Final = (".yaml", ".yml", ".json", ".toml", ".jsonl", ".csv")
"""How the names of files end that `load` reads."""


class _Static(NamedTuple):  # most parts of most trees, and made in a third of the time of a node
    """A part without choices, until it stands beside one that has some."""

    value: Any


def _make_node(part: Node | _Static) -> Node:
    return make_point(part.value) if isinstance(part, _Static) else part


def _list_static(parts: tuple[Node | _Static, ...]) -> tuple[Any, ...] | None:
    """The values of parts of which none has choices."""
    values = [part.value for part in parts if isinstance(part, _Static)]
    return tuple(values) if len(values) == len(parts) else None


def _make_record(shape: Shape, node: Any, parts: tuple[Node | _Static, ...]) -> Node | _Static:
    values = _list_static(parts)
    if values is not None:
        return _Static(rebuild_record(shape, node, values))
    return record.Record(shape, tuple([_make_node(part) for part in parts]))


def _make_choice(node: Any, parts: tuple[Node | _Static, ...]) -> Node | _Static:
    if isinstance(node, Sweep):
        return _Static(node._node.at(0)) if node._node.static else node._node
    if not parts:
        return Axis(node.values, swept=True)
    values = _list_static(parts)
    if values is not None:
        return Axis(values, swept=True)
    return Union.of(tuple(map(_make_node, parts))).as_choice()


_EXPAND: Final[Algebra[Node | _Static]] = Algebra(
    leaf=_Static,
    record=_make_record,
    choice=_make_choice,
    scalars=lambda shape, node, children: _Static(rebuild_record(shape, node, children)),
)


@overload
def expand(tree: Sweep[T]) -> Sweep[T]: ...
@overload
def expand(tree: DynamicValue[Any]) -> Sweep[Any]: ...
@overload
def expand(tree: Mapping[Any, Any]) -> Sweep[Config]: ...
@overload
def expand(tree: list[Any]) -> Sweep[tuple[Any, ...]]: ...
@overload
def expand(tree: T) -> Sweep[T]: ...
@explain_calls
def expand(tree: Any) -> Sweep[Any]:
    """The sweep of every way to take one alternative at each choice of the tree.

    A product of sums becomes a sum of products: records multiply, choices add. Order is author order, the
    leftmost choice slowest. Nothing is enumerated; leaves, static parts and inner records are shared by all
    configurations. Mappings become `Config`; attrs and dataclass instances and NamedTuples are rebuilt as their own
    type.

    >>> list(expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue([1, 2]), "static": "x"}))[1]
    Config({'model': 'a', 'n': 2, 'static': 'x'})
    >>> expand({"opt": DynamicValue([{"name": "sgd", "lr": DynamicValue([1, 2, 3])}, {"name": "adam"}])})
    Sweep(3 + 1 = 4)
    >>> list(expand({}))
    [Config({})]

    Raises:
        TreeError: a cycle, or nesting deeper than 200; names the path.
        ChoiceError: a choice where it would not be seen (see `freeze`); names the path.
        ArgumentError: what is no tree for certain: the path of a file (there is `load`), a function, a data frame.

    See also: `explain`, to look before a run; `concat` and `product`, to combine sweeps.

    Source: the distributive law; counting as in FEAT (Duregard, Jansson, Wang, "Feat: functional enumeration
    of algebraic types", 2012).
    """
    if (way := _advise_caller(tree)) is not None:
        raise ArgumentError(f"expand takes a tree; got {repr_with_type(tree)}. {way}")
    return Sweep(_make_node(fold(_EXPAND, freeze(tree))))


def _advise_caller(tree: Any) -> str | None:
    """How to write what was meant by something that is a leaf by mistake; None for a tree."""
    if isinstance(tree, PathLike) or (isinstance(tree, str) and _is_path(tree)):
        return "For what a file or a folder holds write expand(load(path))"
    if isinstance(tree, FunctionType | MethodType | BuiltinFunctionType):
        return "Call it, or put it under a key: expand({'fn': fn})"
    if is_keyed(tree) and not isinstance(tree, Mapping | Choice):
        return "For a table write expand(DynamicValue(table)), a choice among its rows"
    return None


def _is_path(text: str) -> bool:
    """True for text that names a file: by its ending, or by the folders before it."""
    return text.lower().endswith(_FILES) or "/" in text or "\\" in text
