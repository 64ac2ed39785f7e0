"""Freezing and thawing: a tree without anything that could be changed, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, Final

from .errors import ChoiceError
from .fold import FROZEN_TYPES, SCALAR_TYPES, Algebra, Choice, RefusedNodeError, fold, keep_choice, list_leaves
from .messages import repr_with_type, short_repr
from .opaque import find_inside
from .records import FieldsShape, MappingShape, Shape, TupleShape


def freeze(tree: Any) -> Any:
    """The tree with mappings as `Config`, lists as tuples and sets as frozensets, all the way down.

    attrs and dataclass instances and NamedTuples are rebuilt as their own type where a field changes, through
    their `__init__`; where their class refuses the frozen field they stay as they are. Choices are frozen
    already. Leaves, and everything that is frozen, are shared; no input is changed.

    >>> freeze([1, {"a": {2}}])
    (1, Config({'a': frozenset({2})}))
    >>> freeze("a leaf")
    'a leaf'

    Raises:
        TreeError: a cycle, nesting deeper than 200, or a mapping that is wrong about its keys; names the path.
        ChoiceError: a choice where nothing would expand it: inside a leaf (a set, a deque, an object of a class of its
            own), in a key, or in a field that `__init__` does not take; names the path.

    See also: `thaw`, the inverse.
    """
    return tree if type(tree) in FROZEN_TYPES else fold(_FREEZE, tree)


def _freeze_leaf(leaf: Any) -> Any:
    """The leaf, a set as a frozenset; refused where it hides a choice, which nothing would ever expand."""
    kind = type(leaf)
    if kind in SCALAR_TYPES:
        return leaf
    if hasattr(kind, "__next__") and kind.__module__ in ("builtins", "itertools"):
        raise RefusedNodeError(
            ChoiceError,
            f"{repr_with_type(leaf)} gives its values once, to the first configuration that asks. Keep them in a list, "
            f"or make a choice among them: DynamicValue(...)",
        )
    if (choice := find_inside(Choice, leaf)) is not None:
        raise _make_hidden_choice_error(choice, leaf)
    return frozenset(leaf) if isinstance(leaf, set) else leaf


def _freeze_record(shape: Shape, node: Any, parts: Sequence[Any]) -> Any:
    """The record of frozen parts; refused where its keys hide a choice, or fields that are not its parts."""
    if isinstance(shape, MappingShape):
        if not shape.has_text_keys and (choice := find_inside(Choice, shape.keys)) is not None:
            raise RefusedNodeError(
                ChoiceError,
                f"a choice in a key is not seen: {short_repr(choice)}. Choose among whole mappings instead",
            )
    elif type(shape) is not TupleShape:
        children = shape.split(node) or ()
        if find_inside(Choice, node, known=children) is not None:
            # a field that __init__ does not take may be made of the others, choices and all
            seen = [leaf for _, leaf in list_leaves(children) if isinstance(leaf, Choice)]
            if (choice := find_inside(Choice, node, known=(*children, *seen))) is not None:
                raise _make_hidden_choice_error(choice, node)
    return shape.build(parts) if type(node) in (dict, list) else rebuild_record(shape, node, parts)


def _make_hidden_choice_error(choice: Any, value: Any) -> RefusedNodeError:
    """`a choice inside a deque is not seen: ...`, and the way out."""
    name = type(value).__qualname__
    head = f"a choice inside a {name} is not seen: {short_repr(value)}"
    if isinstance(value, set | frozenset):
        return RefusedNodeError(ChoiceError, f"{head}. Put the choice among the sets themselves")
    return RefusedNodeError(
        ChoiceError,
        f"{head} holds {short_repr(choice)}. Put the choice into a dict, a list, or a field of an attrs class or a "
        f"dataclass that its __init__ takes, or make it a choice of each {name}: DynamicValue([...])",
    )


def rebuild_record(shape: Shape, node: Any, parts: Sequence[Any]) -> Any:
    """`shape.build(parts)`; `node` itself where nothing changed, or where its class refuses frozen fields."""
    becomes_other = isinstance(node, list) or (isinstance(shape, MappingShape) and type(node) not in FROZEN_TYPES)
    children = None if becomes_other else shape.split(node)
    if children is not None and all(map(is_, parts, children)):
        return node
    if not isinstance(shape, FieldsShape):
        return shape.build(parts)
    try:
        return shape.construct(parts)
    except Exception:  # its own validators want a list or a dict: then it stays the leaf that the user gave
        return node


def thaw(config: Any) -> Any:
    """The inverse of `freeze`: mappings as `dict`, tuples as `list`, frozensets as `set`, all the way down.

    Every container is new, so it may be changed; leaves are shared. attrs and dataclass instances and
    NamedTuples stay what they are, and so do choices. `freeze(thaw(config)) == config`.

    >>> thaw(freeze({"llm": {"layers": (64, 64)}}))
    {'llm': {'layers': [64, 64]}}
    >>> thaw(freeze({}))
    {}

    Raises:
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `freeze`, the inverse.
    """
    return fold(_THAW, config)


def thaw_plain(config: Any) -> Any:
    """`thaw(config)`, with typed instances and what is in them as they are."""
    return fold(_THAW_PLAIN, config)


def _make_thawing(thaw_typed: Callable[[Shape, Any, tuple[Any, ...]], Any]) -> Algebra[Any]:
    """The algebra that makes plain containers of mappings, tuples and sets, and `thaw_typed` of other records."""

    def thaw_record(shape: Shape, node: Any, parts: tuple[Any, ...]) -> Any:
        if isinstance(shape, MappingShape):
            return shape.make_dict(*parts)
        return list(parts) if isinstance(shape, TupleShape) else thaw_typed(shape, node, parts)

    return Algebra(
        leaf=lambda leaf: set(leaf) if isinstance(leaf, frozenset) else leaf,
        record=thaw_record,
        choice=keep_choice,
        keeps_scalars=True,
    )


_FREEZE: Final[Algebra[Any]] = Algebra(_freeze_leaf, _freeze_record, keep_choice, keeps_scalars=True)
_THAW: Final = _make_thawing(rebuild_record)
_THAW_PLAIN: Final = _make_thawing(lambda _shape, node, _parts: node)
