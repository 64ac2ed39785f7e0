"""The abstract node: the questions that every kind of sweep answers, and the general answers.

A kind gives its `size`, `at` and `walk`; it answers the other questions itself where it can do so without looking at
every point. Points are frozen and shared, nothing is enumerated that was not asked for, and each kind is immutable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Final

import attrs

from ...configuration.errors import CallbackError, SizeError, SpearmintError, format_count, stop_error
from ...configuration.keys import exact_key
from ...configuration.tree import are_equal, freeze
from ..claims import UNKNOWN, Claims, Steps, of_points
from ..outline import Outline
from ..places import Known, Places, list_few
from .columns import Columns, Kinds, join_kinds

__all__ = [
    "LIMIT",
    "Node",
    "count_places",
    "derived_field",
    "few",
    "list_claims",
    "locate_errors",
    "make_matcher",
    "point_of",
    "possible_point",
    "possible_points",
    "scan",
    "set_derived",
    "walk_points",
]

LIMIT: Final = 1_000_000
"""How many points an operation enumerates before it refuses and says how many there are."""


class Node(ABC):
    """A finite sequence of points, computed rather than stored."""

    __slots__ = ()

    size: int
    depth: int

    @property
    @abstractmethod
    def children(self) -> tuple[Node, ...]:
        """The sweeps that this one is made of."""

    @property
    def exact(self) -> bool:
        """Whether `columns` names every path of every point."""
        return all(child.exact for child in self.children)

    @property
    def calls(self) -> bool:
        """Whether building a point runs code of the user's, which may refuse points that were not asked for."""
        return any(child.calls for child in self.children)

    @property
    def computed(self) -> bool:
        """True where a function of the user's makes points, which then may be anything."""
        return any(child.computed for child in self.children)

    @abstractmethod
    def at(self, index: int) -> Any:
        """The point at `index`, which is inside `range(size)`."""

    @abstractmethod
    def walk(self, start: int, stop: int) -> Iterator[Any]:
        """`map(self.at, range(start, stop))`, faster."""

    @abstractmethod
    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        """Every index whose point is `value`, ascending; `exact` tells 1, 1.0 and True apart."""

    def places(self, value: Any, exact: bool) -> Places:
        """`ranks`, from any index on and in both directions."""
        return Known(self.ranks(value, exact))

    @abstractmethod
    def columns(self) -> Columns:
        """What stands at each path."""

    def claims(self, exact: bool) -> Claims:
        """The paths at which points have leaves and empty records; unless `exact`, more than those are possible."""
        return list_claims(self) if exact else UNKNOWN

    def kinds(self) -> Kinds:
        """The types of the records at each path, as far as the points are seen."""
        return join_kinds(child.kinds() for child in self.children)

    @abstractmethod
    def outline(self, path: Steps) -> Outline:
        """The sizes, as a formula and as lines for `explain`."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self.__reduce__()[1]}"

    def __reduce__(self) -> tuple[Any, ...]:
        fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(type(self))  # type: ignore[arg-type]  # every kind is one
        return type(self), tuple(getattr(self, field.name) for field in fields if field.init)


def derived_field() -> Any:
    """A field that a node computes from the others when it is made."""
    return attrs.field(init=False, eq=False, repr=False)


def set_derived(node: Node, **derived: Any) -> None:
    """Set the fields of a node that are computed when it is made, and its depth."""
    deepest = max(map(attrgetter("depth"), node.children), default=0)
    for name, value in {"depth": 1 + deepest, **derived}.items():
        object.__setattr__(node, name, value)


def point_of(node: Node, index: int) -> Any:
    """`node.at(index)`; a `CallbackError` says at which configuration."""
    try:
        return node.at(index)
    except CallbackError as error:
        error.position = index
        raise


def walk_points(node: Node, start: int, stop: int) -> Iterator[Any]:
    """`node.walk(start, stop)`; a `CallbackError` says at which configuration."""
    points = node.walk(start, stop)
    return _locate_errors(points, start) if node.calls else points


def _locate_errors(points: Iterator[Any], start: int) -> Iterator[Any]:
    """The points of a node, whose own functions have been looked after: only the place of an error is to be noted."""
    position = start
    try:
        for point in points:
            yield point
            position += 1
    except CallbackError as error:  # of nested sweeps, the outermost has the last word
        error.position = position
        raise


def locate_errors(points: Iterator[Any], start: int) -> Iterator[Any]:
    """The points of any iterator: all of them, or an error with its place, never an early end without a word."""
    position = start
    while True:
        try:
            point = next(points)
        except StopIteration:
            return
        except (StopAsyncIteration, GeneratorExit) as error:
            told = stop_error(points, error)
            told.position = position
            raise told from error
        except CallbackError as error:
            error.position = position
            raise
        yield point
        position += 1


def scan(node: Node, value: Any, exact: bool) -> Iterator[int]:
    """`node.ranks`, by looking at every point."""
    if node.size > LIMIT:
        raise SizeError(
            f"finding a configuration here means computing {format_count(node.size)} points, more than {LIMIT}: "
            f"its function has no inverse. Search the sweep that it was made from"
        )
    same = make_matcher(value, exact)
    return (index for index, point in enumerate(walk_points(node, 0, node.size)) if same(point))


def make_matcher(value: Any, exact: bool) -> Callable[[Any], bool]:
    """Whether a point is `value`, types told apart or not."""
    if not exact:
        return lambda point: are_equal(point, value) or _is_alike_frozen(point, value)
    key = exact_key(value)
    return lambda point: exact_key(point) == key


def _is_alike_frozen(point: Any, value: Any) -> bool:
    """Whether a point is `value` once it is frozen, as what is looked for was."""
    frozen = freeze(point)
    return frozen is not point and are_equal(frozen, value)


def few(ranks: Iterator[int]) -> Iterator[int]:
    """The ranks, up to a bound: an error where a value stands in too many places to sort or count them."""
    for number, rank in enumerate(ranks):
        if number == LIMIT:
            raise SizeError(f"this configuration stands in more than {LIMIT} places. Make the sweep distinct first")
        yield rank


def count_places(node: Node, value: Any) -> int:
    """How many points are `value`, or equal to it."""
    return sum(1 for _ in list_few(node.places(value, False)))


def list_claims(node: Node) -> Claims:
    """`node.claims`, by looking at every point."""
    if node.size > LIMIT:
        raise SizeError(
            f"which paths a sweep of {format_count(node.size)} configurations sets can be told only by looking at all of "
            f"them, and they are more than {LIMIT}. Combine the sweeps first, then map, derive or select; or put this "
            f"one under a key of its own"
        )
    return of_points(possible_points(node, node.size))


def possible_points(node: Node, stop: int) -> Iterator[Any]:
    """The points before `stop`, frozen, without those that cannot be built: who asks for one of them is told why."""
    index = 0
    while index < stop:
        try:
            for point in node.walk(index, stop):
                index += 1
                yield from _frozen(point)
        except Exception:  # of a function or a class of the user's
            index += 1


def possible_point(node: Node, index: int) -> tuple[Any, ...]:
    """The point at `index`, frozen; nothing where it cannot be built."""
    try:
        return _frozen(node.at(index))
    except Exception:  # of a function or a class of the user's
        return ()


def _frozen(point: Any) -> tuple[Any, ...]:
    """The point as a tree, in a tuple; nothing where it is none."""
    try:
        return (freeze(point),)
    except SpearmintError:
        return ()
