"""Probes: a type is asked about each part of a sweep instead of each configuration.

Every kind of sweep answers `Node.probes` with one probe for each of its parts that a type may refuse, at the spot where
the part stands in whole configurations. A probe puts the points of its part into a few configurations. If these are
refused for a point whatever stands beside it, so are all that have the point.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple, final

import attrs

from ..configuration.fold import Steps, show_path
from ..configuration.freezing import thaw_plain
from ..configuration.keys import exact_key
from ..configuration.messages import group_digits
from ..configuration.paths import find_in, get_in
from ..configuration.spacing import COMPUTED_TYPES
from ..conversion.problems import Problem
from .patterns import Pattern, find_pattern
from .spots import Points, Spot, find_point

MOST_VALUES: Final = 1_000_000
"""How many values of an axis are looked at; of a longer one, the first and the last few."""

FEW_POINTS: Final = 1_000
"""How many values at either end of a longer axis are looked at, and how many points of a part without axes."""

QUARTERS: Final = (0, 4, 2, 1, 3)
"""Where in the other parts a point is tried again where its problem in the first configuration is not certain."""

PointCheck = Callable[[Any], tuple[Problem, ...]]
"""The problems of a configuration, from the point of one part."""

_UNBUILT: Final = (Problem((), "cannot be built"),)


class Refusal(NamedTuple):
    """A point of a part, by its position among the part's points, and what is wrong with it."""

    place: int
    value: Any
    problem: Problem


class Probe(ABC):
    """Asks a type about one part of a sweep."""

    __slots__ = ()

    spot: Spot
    is_whole: bool = False
    """True if a refusal is one of all points of the part alike."""
    points_seen: int = 0
    """How many points of the part are looked at one by one."""

    @abstractmethod
    def find_refusals(self) -> Iterable[Refusal]:
        """The points of the part that are refused whatever stands beside them."""

    @property
    def unseen(self) -> tuple[str, ...]:
        """A text for what is not looked at."""
        return ()

    @property
    def copies(self) -> int | None:
        """How many configurations of the outer selection a refusal spoils; None where the unseen may hold more."""
        return None if self.unseen else self.spot.copies

    def count_positions(self, place: int) -> int | None:  # noqa: ARG002  # only positions of single points have digits
        """How many configurations of a selection have the point at `place`; None where its digit is not known."""
        return None

    def may_hold(self, path: Steps, key: Hashable) -> bool:  # noqa: ARG002
        """True if some point may have a value at a path: the one with an exact key, or any where the key is None."""
        return path == self.spot.path


@final
@attrs.frozen(eq=False, repr=False)
class RecordProbe(Probe):
    """Asks about a record that stands for a mapping or a sequence: its type, and keys too many or too few."""

    record: Points
    spot: Spot
    is_whole = True

    @property
    def copies(self) -> int:
        return self.spot.copies * self.record.size

    def find_refusals(self) -> Iterator[Refusal]:
        own = [p for p in self.spot.first.problems or () if self._is_own(p) and self.spot.owns(p)]
        others = [_ask_at(self.spot, self.record, quarter) for quarter in QUARTERS[1:]] if own else []
        for problem in own:
            if all(any((p.path, p.kind) == (problem.path, problem.kind) for p in problems) for problems in others):
                yield Refusal(0, problem.value, problem)

    def _is_own(self, problem: Problem) -> bool:
        if problem.path == self.spot.path:
            return problem.kind in ("type", "tag")
        return problem.path[:-1] == self.spot.path and problem.kind in ("missing", "unknown")

    def may_hold(self, path: Steps, key: Hashable) -> bool:
        return key is None and path == self.spot.path


@final
@attrs.frozen(eq=False, repr=False)
class DerivedProbe(Probe):
    """Asks about what a function computes, in a few configurations."""

    points: Points
    spot: Spot
    path: Steps

    @property
    def unseen(self) -> tuple[str, ...]:
        return (f"{show_path(self._path)}, but in a few configurations: it is derived",)

    @property
    def _path(self) -> Steps:
        return (*self.spot.path, *self.path)

    def find_refusals(self) -> Iterator[Refusal]:
        for quarter in QUARTERS:
            for problem in _ask_at(self.spot, self.points, quarter):
                is_own = problem.path[: len(self._path)] == self._path and problem.kind != "whole"
                if is_own and self.spot.owns(problem):
                    yield Refusal(0, problem.value, problem)

    def may_hold(self, path: Steps, key: Hashable) -> bool:  # noqa: ARG002  # the parts of its base say that
        return False


@final
@attrs.frozen(eq=False, repr=False)
class PointProbe(Probe):
    """Asks about the values of an axis, or about the points of a sweep that has no axes to look at.

    Each is put into its place in the same few configurations.
    """

    points: Points
    spot: Spot
    values: Sequence[Any] | None = None
    """The values of an axis."""

    @property
    def points_seen(self) -> int:  # type: ignore[override]
        return self.points.size

    @property
    def unseen(self) -> tuple[str, ...]:
        size = self.points.size
        if size <= (FEW_POINTS if self.values is None else MOST_VALUES):
            return ()
        which = "the first" if self.values is None else "the first and the last"
        what = "points: a function makes them" if self.values is None else "values"
        return (f"{show_path(self.spot.path)}, but for {which} {FEW_POINTS:,} of {group_digits(size)} {what}",)

    @property
    def copies(self) -> int | None:
        is_distinct = isinstance(self.values, range)  # a value that was refused is not among the unseen ones
        return self.spot.copies if is_distinct or not self.unseen else None

    def count_positions(self, place: int) -> int | None:
        outer, stride = self.spot.outer, self.spot.stride
        if outer is None or stride is None:
            return None
        digit = range(place * stride, (place + 1) * stride)
        count = outer.selection.indices.count_residues(self.points.size * stride, digit)
        return None if count is None else outer.copies * count

    def may_hold(self, path: Steps, key: Hashable) -> bool:
        own = self.spot.path
        if path[: len(own)] != own or self.values is None or isinstance(self.values, COMPUTED_TYPES):
            return path == own
        found = (find_in(path[len(own) :], value) for value in self.values)
        return any(key is None or exact_key(value[0]) == key for value in found if value)

    def find_refusals(self) -> Iterator[Refusal]:
        refusals: list[Refusal] = []
        some_fit = False
        checks: dict[int, PointCheck] = {}
        taken: set[Pattern] = set()
        for place in self._list_places():
            if place == 0 and self.spot.first.problems == ():
                some_fit = True
                continue
            try:
                point = self.points.at(place)
            except Exception as error:
                problem = Problem(self.spot.path, f"cannot be built: {error}", kind="check")
                refusals.append(Refusal(place, None, problem))
                continue
            pattern = find_pattern(point) if self.spot.by_types else None
            if pattern in taken:
                continue
            problems = self._ask(point, 0, checks)
            if pattern is not None and not problems:
                taken.add(pattern)
            certain = [problem for problem in problems if self._is_certain(problem) and self.spot.owns(problem)]
            doubtful = () if certain or not problems else self._find_doubtful(point, checks)
            refusals += [Refusal(place, point, problem) for problem in (*certain, *doubtful)]
            some_fit = some_fit or not doubtful
        for refusal in refusals:
            if self._is_below(refusal.problem) or some_fit:  # else it is no matter of the points at this path
                yield refusal

    def _list_places(self) -> Iterable[int]:
        size = self.points.size
        if not self.unseen:
            return range(size)
        return range(FEW_POINTS) if self.values is None else chain(range(FEW_POINTS), range(size - FEW_POINTS, size))

    def _ask(self, point: Any, quarter: int, checks: dict[int, PointCheck]) -> tuple[Problem, ...]:
        if quarter not in checks:
            checks[quarter] = self._make_check(quarter)
        return checks[quarter](point)

    def _make_check(self, quarter: int) -> PointCheck:
        """The check of a configuration as a function of the point at this path; the rest of it is built once."""
        spot, path = self.spot, self.spot.path
        try:
            tree = thaw_plain(spot.complete(self.points.at(0), quarter))
            parent = _find_parent(path, tree) if path else None
        except Exception:  # a part that cannot be built, or a value inside an instance: then nothing is certain here
            return lambda _: _UNBUILT
        if parent is None or spot.is_shared():
            return lambda point: _UNBUILT if (found := spot.ask(lambda: point, quarter)) is None else found
        step: Any = int(path[-1]) if isinstance(parent, list) else path[-1]  # type: ignore[call-overload]

        def ask(point: Any) -> tuple[Problem, ...]:
            parent[step] = thaw_plain(point)
            return spot.check(tree)

        return ask

    def _is_below(self, problem: Problem) -> bool:
        return problem.path[: len(self.spot.path)] == self.spot.path

    def _is_certain(self, problem: Problem) -> bool:
        """True if a problem is one of this point, whatever stands beside it."""
        path = self.spot.path
        return self._is_below(problem) and (problem.path != path or not path or problem.kind in ("type", "tag"))

    def _find_doubtful(self, point: Any, checks: dict[int, PointCheck]) -> tuple[Problem, ...]:
        """The problems of a point that may depend on what stands beside it, if it is refused in every configuration."""
        found: tuple[Problem, ...] = ()
        for quarter in QUARTERS if self.spot.copies > 1 else QUARTERS[:1]:
            problems = self._ask(point, quarter, checks)
            own = tuple(problem for problem in problems if self._may_be_own(problem))
            if not own and all(problem.kind in ("check", "whole") for problem in problems):
                return ()
            found = found or own
        return found

    def _may_be_own(self, problem: Problem) -> bool:
        if problem.path == self.spot.path:
            return problem.kind == "check"
        return problem.kind == "type" and self.spot.path[: len(problem.path)] == problem.path


def _ask_at(spot: Spot, part: Points, quarter: int) -> tuple[Problem, ...]:
    """The problems of a configuration with some point of a part; nothing where it cannot be built."""
    return spot.ask(lambda: find_point(part, quarter), quarter) or ()


def _find_parent(path: Steps, tree: Any) -> Any:
    """The dict or the list in plain data that has something at a path; None where it is something else."""
    for depth, step in enumerate(path[:-1]):
        if type(tree) is not dict:
            tree = get_in(path[depth:-1], tree)
            break
        tree = tree[step]  # as `get_in` does, only quicker
    if type(tree) is dict:
        return tree if path[-1] in tree else None
    return tree if isinstance(tree, list) and find_in(path[-1:], tree) else None
