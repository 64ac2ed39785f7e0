"""Paths into trees: reading, setting, updating and removing what stands at one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, final

import attrs

from .config import Config
from .errors import ArgumentError, PathError, TreeError
from .fold import MAX_DEPTH, TOO_DEEP, Choice, Steps, show_path
from .freezing import freeze
from .instances import build_at, find_child, make_child_error, open_record
from .messages import repr_with_type, short_repr, suggest_names
from .records import MappingShape, Shape, TupleShape
from .spacing import COMPUTED_TYPES

Path = str | int | tuple[Hashable, ...] | list[Any]
"""`"llm.model"`, or a tuple of keys and indices: `("llm", "model")`, `("layers", 0)`, `("a.b",)`."""


def parse_path(path: Path) -> Steps:
    """`tuple(path.split("."))` for text; a tuple, or a list, of keys and indices as it is.

    >>> parse_path("llm.model"), parse_path(("a.b", 0)), parse_path("")
    (('llm', 'model'), ('a.b', 0), ())

    Raises:
        ArgumentError: neither text nor a tuple; names the value.
    """
    if isinstance(path, str):
        return tuple(path.split(".")) if path else ()
    if isinstance(path, tuple | list):
        try:
            hash(tuple(path))
        except Exception:  # whatever a key's __hash__ raises, it cannot be one
            raise ArgumentError(
                f"the steps of a path are hashable keys and indices; got {repr_with_type(tuple(path))}"
            ) from None
        return tuple(path)
    if isinstance(path, int):
        return (path,)
    raise ArgumentError(f"a path is 'llm.model' or a tuple of keys and indices; got {repr_with_type(path)}")


def join_path(path: Steps) -> str | Steps:
    """The path as text where `parse_path` brings it back, else as the tuple that it is.

    >>> join_path(("llm", "model")), join_path(("a.b", 3))
    ('llm.model', ('a.b', 3))

    See also: `parse_path`, the inverse.
    """
    if all(isinstance(step, str) and step and "." not in step for step in path):
        return ".".join(map(str, path))
    return path


def suggest_paths(path: Steps, known: Iterable[Steps]) -> str:
    """`suggest_names(path, known)` for paths, each as `parse_path` brings it back."""
    names = {show_path(other): join_path(other) or show_path(other) for other in known}
    return suggest_names(show_path(path), names, names.get)


@final
@attrs.frozen
class Bind:
    """`Annotated[T, Bind("a.b")]`: a parameter that takes `get_in("a.b", config)` of the configuration.

    >>> def fit(lr: Annotated[float, Bind("opt.lr")], data: list) -> float: ...
    >>> Bind(("opt", "lr")).path
    ('opt', 'lr')

    Raises:
        Nothing; `inject` raises where the path is none, or leads nowhere.

    See also: `inject`, which reads it; `get_in`.
    """

    path: Path


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
    node, steps = config, parse_path(path)
    for depth, step in enumerate(steps):
        slot = node._cell[0].slots.get(step) if isinstance(node, Config) else None
        node = node._cell[slot] if slot is not None else _read_child(node, steps, depth)
    return node


def _read_child(node: Any, steps: Steps, depth: int) -> Any:
    """The child that the step at `depth` names, in a record of any kind."""
    record = open_record(node)
    if record is None:
        where, kind = show_path(steps[:depth]), "a choice" if isinstance(node, Choice) else repr_with_type(node)
        way = ". Expand the tree first, or ask .axes of its sweep" if isinstance(node, Choice) else ""
        raise PathError(f"no {short_repr(steps[depth])} at {where}: there stands {kind}{way}")
    shape, children = record
    return children[find_child(shape, steps[:depth], steps[depth])]


def find_in(path: Path, config: Any) -> tuple[Any, ...]:
    """`(get_in(path, config),)`, or nothing where nothing stands there."""
    try:
        return (get_in(path, config),)
    except PathError:
        return ()


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
        return _update_below((), steps, lambda value: freeze(fn(value)), freeze(config))
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


def can_set_in(path: Path, config: Any) -> bool:
    """True where `set_in(path, ..., config)` finds nothing in its way, in a configuration without choices.

    >>> can_set_in("a.b", {"a": {}}), can_set_in("a.b", {"a": 1})
    (True, False)
    """
    steps = parse_path(path)
    trail, end = _follow_path(steps, config)
    return len(trail) == len(steps) or isinstance(_open_or_create(end)[0], MappingShape)


def remove_in(path: Path, config: Any) -> Any:
    """The config without what stands at `path`: the inverse of `set_in` at a path that was not there.

    All that is not on the path is shared with the input, and a record stays where it is empty then. Of a tuple the item
    is taken out, so that later ones move up. A choice on the path has it removed from each of its alternatives that
    have it.

    >>> remove_in("llm.model", {"seed": 0, "llm": {"model": "gpt-4", "n": 1}})
    Config({'seed': 0, 'llm': {'n': 1}})
    >>> remove_in("layers.0", {"layers": [64, 32]})
    Config({'layers': (32,)})

    Raises:
        PathError: nothing stands there, in no alternative either; names the step, and what there is. Or it is a field
            of a class, which an instance cannot be without; or the whole config, with an empty path.
        ArgumentError: the path is none.
        ConversionError: a model or a struct on the path refuses what is left; names the path.

    See also: `set_in`; `override`, to change several paths at once.
    """
    steps, node = parse_path(path), freeze(config)
    if not steps:
        raise PathError("remove_in takes a path of at least one step: the whole configuration cannot be removed")
    try:
        return _remove_below((), steps, node)
    except RecursionError as error:
        raise TreeError(f"cannot remove {show_path(steps)}: {TOO_DEEP}") from error


def drop_in(path: Steps, config: Any, *, prune: bool) -> Any:
    """The config without the key at `path`, where it has it; `prune` also drops the records that are empty then."""
    trail, _ = _follow_path(path, config)
    if len(trail) < len(path) or not all(isinstance(shape, MappingShape) for shape, _, _ in trail):
        return config
    without = _remove_last(trail, path)
    return drop_in(path[:-1], without, prune=True) if prune and path[1:] and not get_in(path[:-1], without) else without


# --- one walk along a path -------------------------------------------------------------------------------

_Trail = list[tuple[Shape, tuple[Any, ...], int]]
"""The records on a path, each opened, with the position of the child that the path leads into."""


def _follow_path(steps: Steps, config: Any) -> tuple[_Trail, Any]:
    """The trail of a path as far as it leads, and what stands at its end."""
    trail, node = [], config
    for step in steps:
        shape, children = open_record(node) or (None, ())
        position = None if shape is None else shape.find(step)
        if shape is None or position is None:
            break
        trail.append((shape, children, position))
        node = children[position]
    return trail, node


def _update_below(done: Steps, steps: Steps, fn: Callable[[Any], Any], node: Any) -> Any:
    """The node with `fn` of what stands at `steps` below it; `done` are the steps that lead to the node itself."""
    trail, end = _follow_path(steps, node)
    reached, missing = done + steps[: len(trail)], steps[len(trail) :]
    if not missing:
        new = fn(end)
    elif isinstance(end, Choice):
        new = end.over(lambda alternative: _update_below(reached, missing, fn, alternative))
    else:
        new = _add_child(reached, missing, fn, end)
    for depth, (shape, children, position) in reversed([*enumerate(trail)]):
        new = build_at(shape, _replace_child(children, position, new), done + steps[:depth])
    return new


def _add_child(done: Steps, missing: Steps, fn: Callable[[Any], Any], node: Any) -> Any:
    """The record with a new child for a step that it does not have, as only those from mappings may."""
    shape, children = _open_or_create(node)
    if shape is None:
        raise PathError(
            f"cannot set {show_path(done + missing)}: at {show_path(done)} stands {repr_with_type(node)}. "
            f"Set that path itself to a mapping first"
        )
    if not isinstance(shape, MappingShape):
        raise make_child_error(shape, done, missing[0])
    new = fn(None)
    for step in reversed(missing[1:]):
        new = freeze({step: new})
    return shape.with_keys((*shape.keys, missing[0])).build((*children, new))


def _open_or_create(node: Any) -> tuple[Shape | None, tuple[Any, ...]]:
    """A record's shape and children, those of an empty one for None; no shape for a leaf or a choice."""
    return open_record(Config() if node is None else node) or (None, ())


def _replace_child(children: tuple[Any, ...], position: int, value: Any) -> tuple[Any, ...]:
    return (*children[:position], value, *children[position + 1 :])


def _remove_below(done: Steps, steps: Steps, node: Any) -> Any:
    """The node without what stands at `steps` below it; `done` are the steps that lead to the node itself."""
    trail, end = _follow_path(steps, node)
    reached, missing = done + steps[: len(trail)], steps[len(trail) :]
    if not missing:
        return _remove_last(trail, done + steps)
    if not isinstance(end, Choice):
        _read_child(end, reached + missing, len(reached))  # raises: there is no such child
    if not _has_below(missing, end):
        raise PathError(f"cannot remove {show_path(reached + missing)}: no alternative at {show_path(reached)} has it")
    new = end.over(lambda one: _remove_below(reached, missing, one) if _has_below(missing, one) else one)
    for depth, (shape, children, position) in reversed([*enumerate(trail)]):
        new = build_at(shape, _replace_child(children, position, new), done + steps[:depth])
    return new


def _has_below(steps: Steps, node: Any) -> bool:
    """True if something stands at `steps`, also in some alternatives; only those of a sweep are not looked at."""
    trail, end = _follow_path(steps, node)
    if len(trail) == len(steps):
        return True
    if not isinstance(end, Choice):
        return False
    alternatives = end.trees or end.leaves
    if isinstance(alternatives, COMPUTED_TYPES):  # of numbers, which have no parts
        return False
    return alternatives is None or any(_has_below(steps[len(trail) :], one) for one in alternatives)


def _remove_last(trail: _Trail, path: Steps) -> Any:
    """The record at the beginning of a trail without the child at its end."""
    *above, (shape, children, position) = trail
    left = (*children[:position], *children[position + 1 :])
    if isinstance(shape, MappingShape):
        node = shape.with_keys((*shape.keys[:position], *shape.keys[position + 1 :])).build(left)
    elif isinstance(shape, TupleShape):
        node = left
    else:
        raise PathError(
            f"cannot remove {show_path(path)}: it is a field of a class, and an instance has all of them. Set it to "
            f"another value, or make the instance a dict with unstructure"
        )
    start = len(path) - len(trail)
    for depth, (outer, outer_children, at) in reversed([*enumerate(above)]):
        node = build_at(outer, _replace_child(outer_children, at, node), path[: start + depth])
    return node
