"""Paths into trees: reading, setting and updating and removing what stands at one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import reduce
from typing import Any

from .config import Config
from .errors import ArgumentError, PathError, TreeError, repr_with_type, short_repr
from .fold import MAX_DEPTH, Choice, show_path
from .freezing import freeze
from .instances import build_at, find_child, open_record
from .merging import TOO_DEEP
from .records import MappingShape

__all__ = [
    "Path",
    "can_set_in",
    "find_in",
    "get_in",
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
    parts = open_record(node)
    if parts is None:
        where, kind = show_path(steps[:depth]), "a choice" if isinstance(node, Choice) else repr_with_type(node)
        way = ". Expand the tree first, or ask .axes of its sweep" if isinstance(node, Choice) else ""
        raise PathError(f"no {short_repr(steps[depth])} at {where}: there stands {kind}{way}")
    return parts[1][find_child(parts[0], steps[:depth], steps[depth])]


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
        raise TreeError(f"cannot set {show_path(steps)}: {TOO_DEEP}") from error


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
    parts = open_record(Config() if node is None else node)
    if parts is None:
        raise PathError(
            f"cannot set {show_path(steps)}: at {show_path(steps[:depth])} stands {repr_with_type(node)}. "
            f"Set that path itself to a mapping first"
        )
    shape, children = parts
    step = steps[depth]
    if isinstance(shape, MappingShape) and shape.find(step) is None:
        return shape.with_keys((*shape.keys, step)).build((*children, _update(None, steps, depth + 1, fn)))
    position = find_child(shape, steps[:depth], step)
    new = _update(children[position], steps, depth + 1, fn)
    return build_at(shape, _replaced(children, position, new), steps[:depth])


def can_set_in(path: Path, config: Any) -> bool:
    """True where `set_in(path, ..., config)` finds nothing in its way, in a configuration without choices.

    >>> can_set_in("a.b", {"a": {}}), can_set_in("a.b", {"a": 1})
    (True, False)
    """
    node = config
    for step in parse_path(path):
        parts = open_record(Config() if node is None else node)
        if parts is None:
            return False
        position = parts[0].find(step)
        if position is None:
            return isinstance(parts[0], MappingShape)
        node = parts[1][position]
    return True


def _replaced(children: tuple[Any, ...], position: int, value: Any) -> tuple[Any, ...]:
    return (*children[:position], value, *children[position + 1 :])


def remove_in(path: tuple[Hashable, ...], config: Any, *, prune: bool) -> Any:
    """The config without the key at `path`; `prune` also drops the records that are empty then."""
    shape, children = open_record(config) or (None, ())
    position = shape.find(path[0]) if isinstance(shape, MappingShape) and path else None
    if not isinstance(shape, MappingShape) or position is None:
        return config
    if len(path) > 1:
        rest = remove_in(path[1:], children[position], prune=prune)
        if not prune or not isinstance(rest, Mapping) or rest:
            return shape.build(_replaced(children, position, rest))
    keys = (*shape.keys[:position], *shape.keys[position + 1 :])
    return shape.with_keys(keys).build((*children[:position], *children[position + 1 :]))
