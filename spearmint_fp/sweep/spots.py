"""Spots: where the parts of a sweep stand in whole configurations, so that a type can be asked about their points."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol, final

import attrs

from ..configuration.fold import Steps
from ..configuration.freezing import thaw_plain
from ..conversion.problems import Problem

Check = Callable[[Any], tuple[Problem, ...]]
"""The problems of a configuration that is plain data."""

Build = Callable[[list[Any]], Any]
"""Makes a point of a whole from one of each part."""


class Points(Protocol):
    """A sweep: its points, and the paths at which they have something."""

    @property
    def size(self) -> int: ...
    @property
    def calls(self) -> bool:
        """True where building a point runs code of the user's."""

    def at(self, index: int) -> Any: ...
    def walk(self, start: int, stop: int) -> Iterator[Any]: ...
    def columns(self) -> Iterable[Steps]: ...


class Product(Points, Protocol):
    """A sweep whose points are made of a point of each part; a part's next point is its weight further on."""

    @property
    def parts(self) -> Sequence[Points]: ...
    @property
    def weights(self) -> Sequence[int]: ...


@final
@attrs.frozen(eq=False, repr=False)
class OuterSelection:
    """The outermost selection around a part: where it stands, and in how many configurations each of its points is."""

    selection: Any
    path: Steps
    copies: int


@final
class PathsOf:
    """The paths of a part of a merge, read when they are asked for."""

    def __init__(self, part: Points) -> None:
        self._part = part

    @cached_property
    def _ends(self) -> frozenset[Steps]:
        return frozenset(filter(None, self._part.columns()))

    @cached_property
    def _prefixes(self) -> frozenset[Steps]:
        return frozenset(path[:length] for path in self._ends for length in range(1, len(path) + 1))

    def has(self, path: Steps) -> bool:
        """True if the part has something at a path."""
        return not path or path in self._prefixes or any(path[:n] in self._ends for n in range(1, len(path)))


@final
@attrs.frozen(eq=False, repr=False)
class Factor:
    """One of several parts that are merged into the record at a path, by its number among them."""

    path: Steps
    parts: Sequence[PathsOf]
    number: int

    def has_beside(self, path: Steps) -> bool:
        """True if another part may have something at a path."""
        return any(part.has(path[len(self.path) :]) for k, part in enumerate(self.parts) if k != self.number)

    def owns(self, problem: Problem) -> bool:
        """True if a problem is one of this part: of those that two parts have, the first one reports it."""
        path = problem.path[len(self.path) :]
        if problem.kind in ("check", "whole"):
            return not self.has_beside(problem.path)
        if problem.kind == "missing" and not any(part.has(path) for part in self.parts):
            path = path[:-1]  # no part has it in any branch, so it is missing from the record
        return next((k for k, part in enumerate(self.parts) if part.has(path)), None) == self.number


@final
class FirstConfig:
    """The configuration with the first point of every part.

    It is asked about once for all parts of a record: if it has no problem, the first point of each of them has none.
    """

    def __init__(self, check: Check, build: Callable[[], Any]) -> None:
        self._check, self._build = check, build

    @cached_property
    def problems(self) -> tuple[Problem, ...] | None:
        """Its problems; None where it cannot be built."""
        return _find_problems(self._check, self._build)


class Spot(NamedTuple):  # thousands are made, and a tuple is made from another in a tenth of the time
    """Where a part of a sweep stands in whole configurations.

    `complete(point, quarter)` is a configuration with that point of the part, and of every other part the point after
    so many quarters of its points. Each point is in so many `copies` of the `outer` selection around the part, or
    else of the whole sweep. Inside a selection, if the point is a digit of the position in its base, that digit
    counts positions in steps of `stride`. `factors` are the parts of merges that this one is inside,
    and `hidden` the paths that are derived over it. Where the check judges `by_types`, points of one pattern are alike.
    """

    check: Check
    first: FirstConfig
    complete: Callable[[Any, int], Any] = lambda point, _: point
    path: Steps = ()
    copies: int = 1
    outer: OuterSelection | None = None
    stride: int | None = None
    factors: tuple[Factor, ...] = ()
    hidden: tuple[Steps, ...] = ()
    by_types: bool = False

    @classmethod
    def of_whole(cls, whole: Points, check: Check, *, by_types: bool) -> Spot:
        """The spot of a whole sweep."""
        return cls(check, FirstConfig(check, lambda: whole.at(0)), by_types=by_types)

    def in_branch(self, part: Points) -> Spot:
        """The spot of a part whose points are some of those that stand here."""
        first = FirstConfig(self.check, lambda: self.complete(part.at(0), 0))
        return self._replace(first=first, stride=None)

    def in_selection(self, selection: Points, base: Points) -> Spot:
        """The spot of a base, where a selection of its points stands here."""
        spot = self.in_branch(base)
        if self.outer or selection.size == base.size:
            return spot
        return spot._replace(outer=OuterSelection(selection, self.path, self.copies), stride=1)

    def in_product(self, whole: Product, k: int, build: Build, step: Steps = ()) -> Spot:
        """The spot of the k-th part of a product that stands here, and whose points hold those at a step."""
        parts, complete_whole = whole.parts, self.complete

        def complete(point: Any, quarter: int) -> Any:
            points = [point if j == k else find_point(part, quarter) for j, part in enumerate(parts)]
            return complete_whole(build(points), quarter)

        return self._replace(
            complete=complete,
            path=(*self.path, *step),
            copies=self.copies * whole.size // parts[k].size,
            stride=self.stride and self.stride * whole.weights[k],
        )

    def in_merge(self, whole: Product, k: int, build: Build, paths: Sequence[PathsOf]) -> Spot:
        """The spot of the k-th part of a merge that stands here; the paths are those of all parts."""
        factor = Factor(self.path, paths, k)
        return self.in_product(whole, k, build)._replace(factors=(*self.factors, factor))

    def below_derived(self, path: Steps, derive: Callable[[Any], Any]) -> Spot:
        """The spot of what a function that stands here sets a path of."""
        complete = self.complete
        return self._replace(
            complete=lambda point, quarter: complete(derive(point), quarter),
            hidden=(*self.hidden, (*self.path, *path)),
            by_types=False,  # a function may make anything of a value
        )

    def ask(self, point: Callable[[], Any], quarter: int) -> tuple[Problem, ...] | None:
        """The problems of a configuration with a point here; None where it cannot be built."""
        return _find_problems(self.check, lambda: self.complete(point(), quarter))

    def is_shared(self) -> bool:
        """True if other parts are merged into the points of the part here."""
        return any(factor.has_beside(self.path) for factor in self.factors)

    def owns(self, problem: Problem) -> bool:
        """True if a problem is one of the part here, and not of what is merged with it or derived over it."""
        is_hidden = any(problem.path[: len(path)] == path for path in self.hidden)
        return not is_hidden and all(factor.owns(problem) for factor in self.factors)


def find_point(part: Points, quarter: int) -> Any:
    """The point that stands after so many quarters of all points."""
    return part.at((part.size - 1) * quarter // 4)


def _find_problems(check: Check, build: Callable[[], Any]) -> tuple[Problem, ...] | None:
    """The problems of a configuration; None where it cannot be built."""
    try:
        config = thaw_plain(build())
    except Exception:  # of another part or a function: asking about configurations one by one reports it
        return None
    return check(config)
