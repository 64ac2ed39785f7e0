"""Including partial configurations, with the words and the meaning of a CI's matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ..configuration.config import Config
from ..configuration.errors import ConflictError, SizeError
from ..configuration.fold import Steps, show_path
from ..configuration.messages import format_count
from ..configuration.paths import set_in
from .claims import overlap
from .core import Sweep, as_sweep
from .expansion import expand
from .late import counted, extended, merge
from .nodes.axis import Axis, make_point
from .nodes.node import Node, SelectionOf, SumOf
from .nodes.select import Select
from .nodes.union import Union
from .partials import MOST_PARTIALS, Conditions, list_partials, make_tests, parse_key
from .where import keep_agreeing

T = TypeVar("T")

Flat = dict[Steps, Any]


def include(partials: Mapping[Any, Any] | Iterable[Mapping[Any, Any]], sweep: Sweep[T]) -> Sweep[T | Config]:
    """The sweep with each partial configuration added to those that agree with it, or after them as one of its own.

    The meaning is that of `include` in the matrix of GitHub Actions. What a partial configuration names at the sweep's
    own paths says to which configurations it belongs; at other paths it adds values to them, and later partial
    configurations overwrite what earlier ones added, never what the sweep had. One that agrees with no configuration
    becomes one itself; these come last, in order, and nothing is added to them. A partial configuration with choices
    stands for each of its configurations, and a function in it is a value.

    Sizes and positions are exact at any size, and nothing is enumerated. What is left out goes first: `exclude`.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"os": DynamicValue(["linux", "mac"]), "python": DynamicValue([11, 12])})
    >>> for config in include([{"color": "green"}, {"os": "mac", "color": "pink"}, {"os": "windows"}], s):
    ...     print(dict(config))
    {'os': 'linux', 'python': 11, 'color': 'green'}
    {'os': 'linux', 'python': 12, 'color': 'green'}
    {'os': 'mac', 'python': 11, 'color': 'pink'}
    {'os': 'mac', 'python': 12, 'color': 'pink'}
    {'os': 'windows'}
    >>> include([], s) == s, list(include({"a": 1}, s[:0]))
    (True, [Config({'a': 1})])

    Raises:
        ArgumentError: `partials` is neither a mapping nor an iterable of mappings, or `sweep` is not a sweep.
        ConflictError: one partial configuration adds a value where another adds a record; names both paths.
        SizeError: more than 1000 partial configurations, or only more than 10^6 configurations would tell which paths a
            sweep has.

    See also: `exclude`, `where`; `derive`, for a value that is computed; `+`, for whole configurations.
    """
    node = as_sweep(sweep, "include")._node
    rules: dict[Steps, list[extended.Rule]] = {}
    own: list[Config] = []
    for partial in _list_configs(partials):
        flat = dict(_flatten(partial, ()))
        known = {path: value for path, value in flat.items() if node.has_path(path) or not node.can_set(path)}
        tests = tuple(make_tests([(path, (value,)) for path, value in known.items()], node))
        if not node.size or not keep_agreeing(node, [Conditions(tuple(known), tests)]).size:
            own.append(_build_config(flat))
            continue
        keys = tuple([test.keys for test in tests])
        for path, value in flat.items():
            if path not in known:
                rules.setdefault(path, []).append(extended.Rule(tuple(known), keys, value))
    _check_apart(rules)
    found = _add_values(node, [extended.Addition(path, tuple(some)) for path, some in rules.items()])
    return Sweep(Union.of([found, Axis(tuple(own), swept=True)])) if own else Sweep(found)


def _list_configs(partials: Any) -> Iterator[Config]:
    """The partial configurations, those with choices one by one."""
    for partial in list_partials(partials, "include"):
        some = expand(partial)
        if some.size > MOST_PARTIALS:
            raise SizeError(
                f"include takes at most {MOST_PARTIALS} configurations of one partial configuration; got "
                f"{format_count(some.size)}. Multiply the sweep by what is added to all of them"
            )
        yield from some


def _flatten(value: Any, path: Steps) -> Iterator[tuple[Steps, Any]]:
    """The values that a partial configuration names, path by path."""
    if not isinstance(value, Mapping) or (path and not value):
        yield path, value
        return
    for key, inside in value.items():
        yield from _flatten(inside, (*path, *parse_key(key)))


def _build_config(flat: Flat) -> Config:
    config: Any = Config()
    for path, value in flat.items():
        config = set_in(path, value, config)
    return config  # type: ignore[no-any-return]  # a mapping with a key set is one


def _check_apart(paths: Iterable[Steps]) -> None:
    """An error where a value would be added at a path, and another one below it."""
    ordered = sorted(paths, key=len)
    for number, path in enumerate(ordered):
        for longer in ordered[number + 1 :]:
            if overlap(path, longer):
                raise ConflictError(
                    f"include adds a value at {show_path(path)} and another at {show_path(longer)}, which lies in it. "
                    f"Name the same paths in all partial configurations"
                )


def _add_values(node: Node, additions: list[extended.Addition]) -> Node:
    """The sweep with the additions; those for all configurations are a factor of a product, where they are records."""
    constants = [addition for addition in additions if not addition.inputs]
    partly = _extend_node(node, tuple([addition for addition in additions if addition.inputs]))
    if not constants:
        return partly
    if () in node.claims(exact=False).leaves:  # they are no records, or nothing is known of them
        return extended.Extended(partly, tuple(constants))
    fixed = _build_config({addition.path: addition.rules[-1].value for addition in constants})
    return merge.Merge.of_product([partly, make_point(fixed)])


def _extend_node(node: Node, additions: tuple[extended.Addition, ...]) -> Node:
    """The additions as part of the products that the sweep is made of, so that constraints still see the axes."""
    if not additions:
        return node
    match node.composition:
        case SumOf(parts=parts):
            return node.rebuilt([_extend_node(part, additions) for part in parts])
        case SelectionOf(indices=counted.Allowed() as allowed):
            base = _extend_node(allowed.base, additions)
            return Select(base, counted.Allowed(base, allowed.known))
        case SelectionOf(base=base):
            return node.rebuilt([_extend_node(base, additions)])
    return extended.Extended(node, additions)
