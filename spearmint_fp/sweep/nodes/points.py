"""Points, one by one: with the place of an error, without those that cannot be built, or by what they equal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...configuration.equality import are_equal
from ...configuration.errors import CallbackError, SpearmintError, make_stop_error
from ...configuration.freezing import freeze
from ...configuration.keys import exact_key

if TYPE_CHECKING:
    from ..spots import Points


def get_point(node: Points, index: int) -> Any:
    """`node.at(index)`; a `CallbackError` says at which configuration."""
    try:
        return node.at(index)
    except CallbackError as error:
        error.position = index
        raise


def walk_points(node: Points, start: int, stop: int) -> Iterator[Any]:
    """`node.walk(start, stop)`; a `CallbackError` says at which configuration."""
    points = node.walk(start, stop)
    return _locate_callback_errors(points, start) if node.calls else points


def _locate_callback_errors(points: Iterator[Any], start: int) -> Iterator[Any]:
    """The points of a node, which raises no errors of iteration but `CallbackError`: a position is noted in these."""
    position = start
    try:
        for point in points:
            yield point
            position += 1
    except CallbackError as error:  # of nested sweeps, the outermost has the last word
        error.position = position
        raise


def locate_errors(points: Iterator[Any], start: int) -> Iterator[Any]:
    """The points of any iterator; an error says its place, and StopAsyncIteration and GeneratorExit are errors too."""
    position = start
    while True:
        try:
            point = next(points)
        except StopIteration:
            return
        except (StopAsyncIteration, GeneratorExit) as error:
            stop = make_stop_error(points, error)
            stop.position = position
            raise stop from error
        except CallbackError as error:
            error.position = position
            raise
        yield point
        position += 1


def make_matcher(value: Any, exact: bool) -> Callable[[Any], bool]:
    """A function that is true for points that are `value`, types told apart or not."""
    if not exact:
        return lambda point: are_equal(point, value) or _is_alike_frozen(point, value)
    key = exact_key(value)
    return lambda point: exact_key(point) == key


def _is_alike_frozen(point: Any, value: Any) -> bool:
    """True if a point is `value` once it is frozen, as what is looked for was."""
    frozen = freeze(point)
    return frozen is not point and are_equal(frozen, value)


def walk_possible_points(node: Points, start: int, stop: int) -> Iterator[Any]:
    """The points at `start` to `stop`, frozen, without those that cannot be built: asking for one raises its error."""
    index = start
    while index < stop:
        try:
            for point in node.walk(index, stop):
                index += 1
                with suppress(SpearmintError):  # no tree
                    yield freeze(point)
        except Exception:  # of a function or a class of the user's
            index += 1
