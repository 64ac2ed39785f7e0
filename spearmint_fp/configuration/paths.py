"""Paths into trees: reading, setting, updating and removing what stands at one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, final

import attrs

from .config import Config
from .errors import ArgumentError, PathError, TreeError
from .fold import MAX_DEPTH, Choice, Steps, show_path
from .freezing import freeze
from .instances import build_at, find_child, make_child_error, open_record
from .merging import TOO_DEEP
from .messages import repr_with_type, short_repr
from .records import MappingShape, Shape

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
        slot = node._cell[0].slots.get(step) if type(node) is Config else None
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


def remove_in(path: Steps, config: Any, *, prune: bool) -> Any:
    """The config without the key at `path`; `prune` also drops the records that are empty then."""
    trail, _ = _follow_path(path, config)
    if len(trail) < len(path) or not all(isinstance(shape, MappingShape) for shape, _, _ in trail):
        return config
    node, removed = config, True
    for shape, children, position in reversed(trail):
        if removed and isinstance(shape, MappingShape):
            keys = (*shape.keys[:position], *shape.keys[position + 1 :])
            node = shape.with_keys(keys).build((*children[:position], *children[position + 1 :]))
        else:
            node = shape.build(_replace_child(children, position, node))
        removed = prune and not node
    return node


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
