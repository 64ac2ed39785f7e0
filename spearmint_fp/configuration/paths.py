"""Paths into trees: reading, setting and updating what stands at one, and merging records by path."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import reduce
from typing import Any, Final

from .errors import (
    ArgumentError,
    ConflictError,
    ConversionError,
    Missing,
    PathError,
    TreeError,
    repr_with_type,
    short_repr,
)
from .instances import has_fields, instance_shape
from .records import Shape, TupleShape
from .tree import MAX_DEPTH, Algebra, Choice, Config, DynamicValue, Layout, fold, freeze, open_node, show_path

__all__ = [
    "Path",
    "can_set_in",
    "find_in",
    "get_in",
    "merge_disjoint",
    "override",
    "parse_path",
    "path_key",
    "remove_in",
    "set_in",
    "update_in",
]

Path = str | int | tuple[Hashable, ...] | list[Any]
"""`"llm.model"`, or a tuple of keys and indices: `("llm", "model")`, `("layers", 0)`, `("a.b",)`."""


def parse_path(path: Path) -> tuple[Hashable, ...]:
    """`tuple(path.split("."))` for text; a tuple, or a list, of keys and indices as it is.

    >>> parse_path("llm.model"), parse_path(("a.b", 0)), parse_path("")
    (('llm', 'model'), ('a.b', 0), ())

    Raises:
        ArgumentError: neither text nor a tuple; names the value.
    """
    if isinstance(path, str):
        return tuple(path.split(".")) if path else ()
    if isinstance(path, tuple | list):
        return _hashable_steps(tuple(path))
    if isinstance(path, int):
        return (path,)
    raise ArgumentError(f"a path is 'llm.model' or a tuple of keys and indices; got {repr_with_type(path)}")


def _hashable_steps(steps: tuple[Any, ...]) -> tuple[Hashable, ...]:
    try:
        hash(steps)
    except Exception:  # whatever a key's __hash__ raises, it cannot be one
        raise ArgumentError(f"the steps of a path are hashable keys and indices; got {repr_with_type(steps)}") from None
    return steps


def path_key(path: tuple[Hashable, ...]) -> str | tuple[Hashable, ...]:
    """The path as text where `parse_path` brings it back, else as the tuple that it is.

    >>> path_key(("llm", "model")), path_key(("a.b", 3))
    ('llm.model', ('a.b', 3))

    See also: `parse_path`, the inverse.
    """
    if all(isinstance(step, str) and step and "." not in step for step in path):
        return ".".join(map(str, path))
    return path


def _children(node: Any) -> tuple[Shape, tuple[Any, ...]] | None:
    """The shape and children of a record, also of a model or a struct; None for a leaf or a choice."""
    parts = open_node(node)
    if parts is None:
        return instance_shape(node)
    return None if parts[0] is None else (parts[0], parts[1])


def _built(shape: Shape, values: Sequence[Any], path: tuple[Hashable, ...]) -> Any:
    """`shape.build(values)`; where its class refuses them, the error says at which path."""
    try:
        return shape.build(values)
    except ConversionError as error:
        raise ConversionError(f"{show_path(path)}: {error}") from error
    except Exception as error:
        error.add_note(f"at {show_path(path)}")
        raise


def _position(shape: Shape, done: tuple[Hashable, ...], step: object) -> int:
    position = shape.find(step)
    if position is None:
        raise PathError(Missing(f"no {short_repr(step)} at {show_path(done)}", step, shape.keys))
    return position


def get_in(path: Path, config: Any) -> Any:
    """`config[path[0]][path[1]]...`, through mappings, sequences, and fields of instances.

    Instances are those of attrs classes, dataclasses, NamedTuples, pydantic models and msgspec structs. What is
    returned is shared with the config.

    >>> get_in("llm.layers.1", {"llm": {"layers": [64, 32]}})
    32
    >>> get_in((), 5)
    5

    Raises:
        PathError: nothing stands there; names the step, where it is missing, and what there is.

    See also: `set_in`: `get_in(path, set_in(path, value, config)) == value`.
    """
    steps = parse_path(path)
    return reduce(lambda node, depth: _step(node, steps, depth), range(len(steps)), config)


def find_in(path: Path, config: Any) -> tuple[Any, ...]:
    """`(get_in(path, config),)`, or nothing where nothing stands there."""
    try:
        return (get_in(path, config),)
    except PathError:
        return ()


def _step(node: Any, steps: tuple[Hashable, ...], depth: int) -> Any:
    if type(node) is Config:
        slot = node._cell[0].slots.get(steps[depth])
        if slot is not None:
            return node._cell[slot]
    parts = _children(node)
    if parts is None:
        where, kind = show_path(steps[:depth]), "a choice" if isinstance(node, Choice) else repr_with_type(node)
        way = ". Expand the tree first, or ask .axes of its sweep" if isinstance(node, Choice) else ""
        raise PathError(f"no {short_repr(steps[depth])} at {where}: there stands {kind}{way}")
    return parts[1][_position(parts[0], steps[:depth], steps[depth])]


def update_in(path: Path, fn: Callable[[Any], Any], config: Any) -> Any:
    """`set_in(path, fn(get_in(path, config)), config)`, in one walk along the path.

    All that is not on the path is shared with the input. A choice on the path is updated in each of
    its alternatives. A missing key of a mapping is created, with `fn(None)`, as in `toolz.update_in`.

    >>> update_in("llm.n", lambda n: n + 1, {"llm": {"n": 1, "model": "gpt-4"}})
    Config({'llm': {'n': 2, 'model': 'gpt-4'}})
    >>> update_in((), str, 5)
    '5'

    Raises:
        PathError: the path crosses a leaf, or names a field or an index that is not there.
        ConversionError: a model or a struct on the path refuses the value; names the path.

    See also: `set_in`, `get_in`.
    """
    steps = parse_path(path)
    if not callable(fn):
        raise ArgumentError(
            f"update_in takes a path, a function and a config; got {repr_with_type(fn)} as the function"
        )
    if len(steps) > MAX_DEPTH:
        raise TreeError(f"a path of {len(steps)} steps leads deeper than a tree may be, {MAX_DEPTH}")
    try:
        return _update(freeze(config), steps, 0, lambda value: freeze(fn(value)))
    except RecursionError as error:
        raise TreeError(f"cannot set {show_path(steps)}: {_TOO_DEEP}") from error


def set_in(path: Path, value: Any, config: Any) -> Any:
    """The config with `value` at `path`; records on the way are created where they are missing.

    All that is not on the path is shared with the input. A choice on the path is set in each of its alternatives.

    >>> set_in("llm.model", "gpt-4", {"seed": 0})
    Config({'seed': 0, 'llm': {'model': 'gpt-4'}})
    >>> set_in((), {"a": 1}, {"b": 2})
    Config({'a': 1})

    Raises:
        PathError: the path crosses a leaf, or names a field or an index that is not there.
        ConversionError: a model or a struct on the path refuses the value; names the path.

    See also: `get_in`, the inverse; `override` for several paths at once.
    """
    return update_in(path, lambda _: value, config)


def _update(node: Any, steps: tuple[Hashable, ...], depth: int, fn: Callable[[Any], Any]) -> Any:
    if depth == len(steps):
        return fn(node)
    if isinstance(node, Choice):
        return node.over(lambda alternative: _update(alternative, steps, depth, fn))
    parts = _children(Config() if node is None else node)
    if parts is None:
        raise PathError(
            f"cannot set {show_path(steps)}: at {show_path(steps[:depth])} stands {repr_with_type(node)}. "
            f"Set that path itself to a mapping first"
        )
    shape, children = parts
    step = steps[depth]
    if isinstance(shape, Layout) and shape.find(step) is None:
        return Layout((*shape.keys, step)).build((*children, _update(None, steps, depth + 1, fn)))
    position = _position(shape, steps[:depth], step)
    new = _update(children[position], steps, depth + 1, fn)
    return _built(shape, _replaced(children, position, new), steps[:depth])


def can_set_in(path: Path, config: Any) -> bool:
    """True where `set_in(path, ..., config)` finds nothing in its way, in a configuration without choices.

    >>> can_set_in("a.b", {"a": {}}), can_set_in("a.b", {"a": 1})
    (True, False)
    """
    node = config
    for step in parse_path(path):
        parts = _children(Config() if node is None else node)
        if parts is None:
            return False
        position = parts[0].find(step)
        if position is None:
            return isinstance(parts[0], Layout)
        node = parts[1][position]
    return True


def _replaced(children: tuple[Any, ...], position: int, value: Any) -> tuple[Any, ...]:
    return (*children[:position], value, *children[position + 1 :])


def remove_in(path: tuple[Hashable, ...], config: Any, *, prune: bool) -> Any:
    """The config without the key at `path`; `prune` also drops the records that are empty then."""
    parts = _children(config)
    position = parts[0].find(path[0]) if parts is not None and isinstance(parts[0], Layout) and path else None
    if parts is None or position is None:
        return config
    shape, children = parts
    if len(path) > 1:
        rest = remove_in(path[1:], children[position], prune=prune)
        if not prune or not isinstance(rest, Mapping) or rest:
            return shape.build(_replaced(children, position, rest))
    keys = (*shape.keys[:position], *shape.keys[position + 1 :])
    return Layout(keys).build((*children[:position], *children[position + 1 :]))


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
        return _merge(freeze(patch), freeze(tree), (), _wins)
    except RecursionError:
        raise TreeError(f"cannot override: {_TOO_DEEP}") from None


_TOO_DEEP: Final = "choices inside choices, nested too deeply for the stack that is left here. Flatten them"


def merge_disjoint(one: Any, other: Any) -> Any:
    """The deep merge of two configs that share no path; an empty record conflicts with nothing.

    >>> merge(Config({"llm": {"model": "gpt-4"}}), Config({"llm": {"n": 2}, "seed": 0}))
    Config({'llm': {'model': 'gpt-4', 'n': 2}, 'seed': 0})
    >>> merge(Config(), Config())
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
    return _merge(freeze(other), freeze(one), (), _conflicts)


_Clash = Callable[[Any, Any, tuple[Hashable, ...]], Any]


def _wins(patch: Any, tree: Any, path: tuple[Hashable, ...]) -> Any:
    if _has_records(tree) and type(patch) is Config:
        whole = isinstance(tree, DynamicValue)  # the points of a sweep are configurations: none stands for nothing
        return tree.over(lambda one: one if whole and fold(_NOTHING, one) else _merge(patch, one, path, _wins))
    if type(patch) is Config and has_fields(tree) and not isinstance(tree, Choice):
        raise PathError(
            f"cannot merge into {show_path(path)}: there stands {repr_with_type(tree)}, whose fields are no part of the tree, so "
            f"that those which the patch does not name would be lost. Make it a dict, or replace it whole with set_in"
        )
    return patch


_NOTHING: Final[Algebra[bool]] = Algebra(
    leaf=lambda _: False,
    record=lambda _shape, _node, parts: any(parts),
    choice=lambda node, parts: all(parts) if parts else not node,
)
"""Whether an alternative stands for no configuration: then a patch makes none of it either."""


def _has_records(tree: Any) -> bool:
    """True for a choice among more than leaves: among anything that has fields."""
    if not isinstance(tree, DynamicValue):
        return isinstance(tree, Choice)
    return bool(tree.trees) or (not isinstance(tree.values, range) and any(map(has_fields, tree.values)))


def _conflicts(patch: Any, tree: Any, path: tuple[Hashable, ...]) -> Any:
    raise ConflictError(
        f"{show_path(path)} is set twice: to {repr_with_type(tree)} and to {repr_with_type(patch)}. "
        f"Drop one of them, or merge with override(patch, tree)"
    )


def _is_empty(node: Any) -> bool:
    return type(node) is Config and not node


def _merge(patch: Any, tree: Any, path: tuple[Hashable, ...], clash: _Clash) -> Any:
    """`tree` with the records of `patch` merged in; `clash` decides where they meet and are not both records."""
    if isinstance(patch, dict) or isinstance(tree, dict):  # what a mapped function gave, inside a configuration
        patch, tree = freeze(patch), freeze(tree)
    if clash is _conflicts and (_is_empty(patch) or _is_empty(tree)):
        return tree if _is_empty(patch) else patch
    if clash is _wins and _has_records(patch) and (_has_records(tree) or _children(tree) is not None):
        return patch.over(lambda alternative: _merge(alternative, tree, path, clash))
    parts = _children(tree)
    if parts is None or type(patch) is not Config or isinstance(parts[0], TupleShape):
        return clash(patch, tree, path)
    if clash is _conflicts and type(tree) is not Config:
        return clash(patch, tree, path)
    shape, children = parts
    keys, values = list(shape.keys), list(children)
    for key, value in patch.items():
        position = shape.find(key) if isinstance(shape, Layout) else _position(shape, path, key)
        if position is None:
            keys.append(key)
            values.append(value)
        else:
            values[position] = _merge(value, values[position], (*path, key), clash)
    return Layout(tuple(keys)).build(values) if isinstance(shape, Layout) else _built(shape, values, path)
