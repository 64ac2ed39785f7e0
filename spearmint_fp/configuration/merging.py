"""Merging of trees by name: `override`, in which the patch wins, and the merge of records that share no path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from .errors import ArgumentError, ConflictError, PathError, TreeError
from .fold import FROZEN_TYPES, SCALAR_TYPES, TOO_DEEP, Algebra, Choice, Steps, fold, open_node, show_path
from .freezing import freeze
from .instances import build_at, find_child, has_fields, open_record
from .messages import repr_with_type
from .records import MappingShape, Shape, TupleShape
from .spacing import COMPUTED_TYPES


def override(patch: Any, tree: Any) -> Any:
    """The deep merge of two trees in which the patch wins: records merge by name, all else is replaced.

    Keys of the tree keep their place, new ones follow. A patch reaches into every alternative of a choice, so expanding
    before or after gives the same set of configurations; a choice among leaves alone is replaced. Fields of attrs and
    dataclass instances, pydantic models and msgspec structs are overridden by name; their class validates the new one.
    An object of any other class with fields cannot be merged into: an error, as the rest of it would be lost.

    >>> override({"llm": {"temperature": 0.5}}, {"llm": {"model": "gpt-4", "temperature": 0.1}})
    Config({'llm': {'model': 'gpt-4', 'temperature': 0.5}})
    >>> override({}, {"a": 1})
    Config({'a': 1})

    Raises:
        PathError: a field or an index that a typed record of the tree does not have, or an object that cannot be merged
            into; names the path.
        ConversionError: a model or a struct refuses the new value; names the path. An attrs class or a dataclass raises
            its own error.

    See also: `set_in` for one path; `product`, which merges records that must not overlap.
    """
    try:
        return _override_at((), freeze(patch), freeze(tree))
    except RecursionError:
        raise TreeError(f"cannot override: {TOO_DEEP}") from None


def merge_disjoint(one: Any, other: Any) -> Any:
    """The deep merge of two configs that share no path; an empty record conflicts with nothing.

    >>> merge_disjoint({"llm": {"model": "gpt-4"}}, {"llm": {"n": 2}, "seed": 0})
    Config({'llm': {'model': 'gpt-4', 'n': 2}, 'seed': 0})
    >>> merge_disjoint({}, {})
    Config({})

    Raises:
        ConflictError: both set the same path; names it and both values.
        ArgumentError: one of them is not a mapping; names its type.
    """
    for config in (one, other):
        if not isinstance(config, Mapping):
            raise ArgumentError(
                f"only records from mappings merge; got {repr_with_type(config)}. Put it under a key of its own first"
            )
    return _merge_at((), freeze(other), freeze(one))


def _merge_at(path: Steps, patch: Any, tree: Any) -> Any:
    """`merge_disjoint(tree, patch)` of what stands at a path."""
    patch, tree = _freeze_mapping(patch), _freeze_mapping(tree)
    if _is_empty(patch) or _is_empty(tree):
        return tree if _is_empty(patch) else patch
    record, items = open_record(tree), _open_mapping(patch)
    if items is None or record is None or not isinstance(record[0], MappingShape):
        raise ConflictError(
            f"{show_path(path)} is set twice: to {repr_with_type(tree)} and to {repr_with_type(patch)}. "
            f"Drop one of them, or merge with override(patch, tree)"
        )
    return _merge_children(_merge_at, path, items, *record)


def _override_at(path: Steps, patch: Any, tree: Any) -> Any:
    """`override(patch, tree)` of what stands at a path."""
    if type(patch) in SCALAR_TYPES:
        return patch
    patch, tree = _freeze_mapping(patch), _freeze_mapping(tree)
    record, items = open_record(tree), _open_mapping(patch)
    if items is not None and record is not None and not isinstance(record[0], TupleShape):
        return _merge_children(_override_at, path, items, *record)
    if _has_records(patch) and (record is not None or _has_records(tree)):
        return patch.over(lambda alternative: _override_at(path, alternative, tree))
    if items is None:
        return patch
    if _has_records(tree):
        trees = bool(tree.trees)  # of a sweep there are none: its points are configurations, and all are merged into
        return tree.over(lambda one: one if trees and fold(_HAS_NO_CONFIGS, one) else _override_at(path, patch, one))
    if has_fields(tree) and not isinstance(tree, Choice):
        raise PathError(
            f"cannot merge into {show_path(path)}: there stands {repr_with_type(tree)}, whose fields are no part of "
            f"the tree, so that those which the patch does not name would be lost. Make it a dict, or replace it whole "
            f"with set_in"
        )
    return patch


def _merge_children(
    merge: Callable[[Steps, Any, Any], Any],
    path: Steps,
    patch: _Items,
    shape: Shape,
    children: tuple[Any, ...],
) -> Any:
    """A record with the patch merged in, name by name; a record from a mapping takes new names too."""
    values, new = list(children), {}
    mapping = shape if isinstance(shape, MappingShape) else None
    for key, value in zip(patch[0].keys, patch[1], strict=True):
        position = mapping.find(key) if mapping else find_child(shape, path, key)
        if position is None:
            new[key] = value
        else:
            values[position] = merge((*path, key), value, values[position])
    if mapping is None:
        return build_at(shape, values, path)
    return mapping.with_keys((*mapping.keys, *new)).build((*values, *new.values())) if new else mapping.build(values)


_Items = tuple[MappingShape, tuple[Any, ...]]
"""The keys and the values of a frozen mapping."""


def _open_mapping(node: Any) -> _Items | None:
    shape, children = open_node(node) or (None, ())
    return (shape, children) if isinstance(shape, MappingShape) else None


def _freeze_mapping(node: Any) -> Any:
    """The node, a mapping frozen: inside a configuration there may be a dict that a `mapped` function gave."""
    return freeze(node) if type(node) not in FROZEN_TYPES and isinstance(node, Mapping) else node


def _is_empty(node: Any) -> bool:
    return isinstance(node, Mapping) and not node


def _has_records(tree: Any) -> bool:
    """True for a choice among more than leaves: among anything that has fields."""
    if not isinstance(tree, Choice):
        return False
    return tree.leaves is None or (not isinstance(tree.leaves, COMPUTED_TYPES) and any(map(has_fields, tree.leaves)))


_HAS_NO_CONFIGS: Final[Algebra[bool]] = Algebra(
    leaf=lambda _: False,
    record=lambda _shape, _node, parts: any(parts),
    choice=lambda node, parts: all(parts) if parts else not node,
)
"""True for an alternative from which no configuration is made, as it has an empty choice in it."""
