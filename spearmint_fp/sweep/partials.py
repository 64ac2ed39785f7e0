"""Partial configurations: what a caller names of a configuration, as tests of the values at paths."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice, product
from typing import Any, Final, final, overload

import attrs

from ..configuration.config import Config
from ..configuration.errors import ArgumentError, SizeError
from ..configuration.fold import Choice, Steps, show_path
from ..configuration.freezing import freeze
from ..configuration.messages import format_count, repr_with_type, short_repr
from ..configuration.paths import parse_path
from ..configuration.spacing import COMPUTED_TYPES
from .choose import check_path, try_iterating
from .core import Sweep
from .expansion import expand
from .indices import count_items
from .late import counted
from .nodes.axis import Axis
from .nodes.node import LIMIT, Node

Partial = Mapping[Any, Any]
"""A partial configuration: values, choices of several and predicates, nested or by path."""

Test = Callable[[Any], Any]

_Named = tuple[tuple[Steps, Any], ...]
"""Conditions by path: a tuple of values, a mapping without keys, or a predicate."""

MOST_PARTIALS: Final = 1_000
"""How many partial configurations are taken at once."""


@final
@attrs.frozen(repr=False)
class Conditions:
    """A partial configuration as tests: a configuration agrees where each is true of what stands at its path."""

    paths: tuple[Steps, ...]
    tests: tuple[Test, ...]

    @property
    def by_value(self) -> bool:
        """True if no function of the caller's is among the tests."""
        return all(isinstance(test, counted.Values) for test in self.tests)

    def __str__(self) -> str:
        return ", ".join(map(_describe_test, self.paths, self.tests)) or "anything"


def _describe_test(path: Steps, test: Test) -> str:
    if not isinstance(test, counted.Values):
        return f"{show_path(path)}: {getattr(test, '__name__', None) or short_repr(test)}"
    shown = [short_repr(value) for value in test.values[:6]]
    more = ["…"] if len(test.values) > len(shown) else []
    return f"{show_path(path)}={' or '.join([*shown, *more]) or 'anything'}"


def list_partials(partials: Any, function: str) -> list[Partial]:
    """One partial configuration, or several, as a list.

    Raises:
        ArgumentError: neither a mapping nor an iterable of mappings.
        SizeError: more than 1000 of them.
    """
    if isinstance(partials, Mapping):
        return [partials]
    values = None if isinstance(partials, str | bytes) else try_iterating(partials)
    listed = list(islice(values or (), MOST_PARTIALS + 1))
    if values is None or not all(isinstance(partial, Mapping) for partial in listed):
        wrong = next((one for one in listed if not isinstance(one, Mapping)), partials)
        raise ArgumentError(
            f"{function} takes a partial configuration, or several, and a sweep; got {repr_with_type(wrong)}. Write "
            f"{function}({{'path': value}}, sweep)"
        )
    if len(listed) > MOST_PARTIALS:
        raise SizeError(
            f"{function} takes at most {MOST_PARTIALS} partial configurations. Name several values at once with "
            f"DynamicValue, or a predicate"
        )
    return listed


def read_conditions(partial: Any, node: Node, function: str) -> list[Conditions]:
    """A partial configuration as tests for the configurations of a sweep; several where it is a choice among mappings.

    Raises:
        ArgumentError: not a mapping.
        PathError: no configuration has one of its paths; names the nearest.
        SizeError: more than 10^4 values or alternatives are named.
    """
    if not isinstance(partial, Mapping):
        raise ArgumentError(
            f"{function} takes a partial configuration and a sweep; got {repr_with_type(partial)}. Write "
            f"{function}({{'path': value}}, sweep)"
        )
    found = _list_named((), freeze(partial), function)
    for path in dict.fromkeys(path for named in found for path, _ in named):
        check_path(path, node)
    tests = make_tests([one for named in found for one in named], node)
    return [Conditions(tuple([path for path, _ in named]), tuple([next(tests) for _ in named])) for named in found]


def parse_key(key: Hashable) -> Steps:
    """The path that a key of a partial configuration names: text is split at its dots, as in all paths."""
    return parse_path(key) if isinstance(key, str | tuple) else (key,)


def _list_named(path: Steps, value: Any, function: str) -> list[_Named]:
    """The conditions of what is named at a path and below; one tuple of them per alternative."""
    if isinstance(value, Mapping):
        if not value:
            return [((path, value),)] if path else [()]
        parts = [_list_named((*path, *parse_key(key)), inside, function) for key, inside in value.items()]
        return [tuple(chain.from_iterable(some)) for some in _bound(product(*parts), function)]
    if callable(value) and not isinstance(value, Choice):
        return [((path, value),)]
    meant = list(_bound(_list_alternatives(value, function), function))
    records = [one for one in meant if isinstance(one, Mapping)]
    if not records:
        return [((path, tuple(meant)),)]
    plain = tuple([one for one in meant if not isinstance(one, Mapping)])
    found = [named for record in records for named in _list_named(path, record, function)]
    return [*found, ((path, plain),)] if plain else found


def _list_alternatives(value: Any, function: str) -> Iterable[Any]:
    sweep: Sweep[Any] = expand(value if isinstance(value, Choice) else Config({"value": value}))
    if sweep.size > counted.MOST_CUTS:
        raise _make_refusal(sweep.size, function)
    return sweep if isinstance(value, Choice) else (config["value"] for config in sweep)


def _bound(alternatives: Iterable[Any], function: str) -> Iterator[Any]:
    for number, alternative in enumerate(alternatives):
        if number == counted.MOST_CUTS:
            raise _make_refusal(None, function)
        yield alternative


def _make_refusal(count: int | None, function: str) -> SizeError:
    many = "" if count is None else f"; got {format_count(count)}"
    return SizeError(
        f"{function} takes at most {counted.MOST_CUTS} values or alternatives{many}. Name them by a predicate"
    )


# --- tests -----------------------------------------------------------------------------------------------


@overload
def make_tests(named: Sequence[tuple[Steps, tuple[Any, ...]]], node: Node) -> Iterator[counted.Values]: ...
@overload
def make_tests(named: Sequence[tuple[Steps, Any]], node: Node) -> Iterator[Test]: ...
def make_tests(named: Sequence[tuple[Steps, Any]], node: Node) -> Iterator[Test]:
    """The tests of conditions by path, for the configurations of a sweep."""
    columns, computed = (node.source.columns(), not node.source.exact) if named else ({}, False)
    for path, condition in named:
        yield _make_test(condition, columns[path].pieces if path in columns else (), computed)


def _make_test(named: Any, pieces: Sequence[Sequence[Any]], computed: bool) -> Test:
    """The test of a condition, given the values on the axes: a function that stands there is a value."""
    if isinstance(named, Mapping):
        return counted.ANYTHING
    if not isinstance(named, tuple):
        listed = chain.from_iterable(piece for piece in pieces if isinstance(piece, tuple))
        return counted.Values.of((named,)) if any(value is named for value in listed) else named
    axes = [Axis(piece, swept=True) for piece in pieces]
    return counted.Values.of(chain.from_iterable(_find_meant(value, axes, computed) for value in named))


def _find_meant(value: Any, axes: Sequence[Axis], computed: bool) -> Iterator[Any]:
    """The value, and where none of its own type is there, those that equal it: 1 for 1.0.

    Where points are computed from the axes, also the number that a class or a function may have made of it.
    """
    yield value
    if _stands_on(axes, value):
        yield from (twin for twin in _list_twins(value) if computed and not _stands_on(axes, twin))
        return
    for axis in axes:
        if isinstance(axis.values, COMPUTED_TYPES) or count_items(axis.values) <= LIMIT:
            yield from (axis.at(rank) for rank in islice(axis.ranks(value, False), counted.MOST_CUTS))


def _stands_on(axes: Sequence[Axis], value: Any) -> bool:
    return any(next(axis.ranks(value, True), None) is not None for axis in axes)


def _list_twins(value: Any) -> tuple[Any, ...]:
    """The same number as a float, or as a whole number."""
    with suppress(OverflowError):
        if type(value) is int and float(value) == value:
            return (float(value),)
    return (int(value),) if type(value) is float and value.is_integer() else ()
