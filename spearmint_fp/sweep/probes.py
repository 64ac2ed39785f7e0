"""Probes: what a type is asked about a sweep, part by part, instead of configuration by configuration.

Every kind of sweep names its probes (`Node.probes`): one for each of its parts that a type may refuse, with the spot
where the part stands in whole configurations. A probe puts points of its part into a few configurations, and tells
from what the check says of these which points are refused whatever stands beside them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Final, NamedTuple, Protocol, final

import attrs

from ..configuration.errors import group_digits
from ..configuration.fold import show_path
from ..configuration.keys import exact_key
from ..configuration.paths import find_in, get_in
from ..conversion.convert import thaw_plain
from ..conversion.problems import Problem
from .claims import Steps
from .indices import Indices

__all__ = ["DerivedProbe", "PathsOf", "PointProbe", "Probe", "RecordProbe", "Refusal", "Scope", "Spot", "ValueProbe"]

MOST_VALUES: Final = 1_000_000
"""How many values of an axis are looked at; of a longer one, the first and the last few."""

FEW: Final = 1_000
"""How many values at either end of a longer axis are looked at, and how many points of a part without axes."""

FRACTIONS: Final = (0.0, 1.0, 0.5, 0.25, 0.75)
"""Where in the other parts a point is tried again when the first configuration says nothing certain of it."""

_UNBUILT: Final = (Problem((), "cannot be built"),)

Check = Callable[[Any], tuple[Problem, ...]]
"""The problems of a configuration that is plain data."""


class Refusal(NamedTuple):
    """A point of a part, by its position among the part's points, and what is wrong with it."""

    place: int
    value: Any
    problem: Problem


class Points(Protocol):
    """What a probe needs of a sweep."""

    @property
    def size(self) -> int: ...
    def at(self, index: int) -> Any: ...
    def columns(self) -> Iterable[Steps]: ...


class Product(Protocol):
    """What a spot needs of a sweep that puts points of several parts together."""

    @property
    def size(self) -> int: ...
    @property
    def parts(self) -> Sequence[Points]: ...
    @property
    def weights(self) -> Sequence[int]: ...


class Selection(Protocol):
    """What a spot needs of a sweep that takes some points of another one."""

    @property
    def size(self) -> int: ...
    @property
    def base(self) -> Points: ...
    @property
    def indices(self) -> Indices: ...


# --- where a part stands -------------------------------------------------------------------------------------


@final
class First:
    """The configuration that has the first point of every part, and what the check says of it.

    It is shared by the parts of a record, so that most of them need not ask about their first point.
    """

    def __init__(self, build: Callable[[], Any], check: Check) -> None:
        self._build, self._check = build, check

    @cached_property
    def problems(self) -> tuple[Problem, ...] | None:
        """The problems of the configuration; None where it cannot be built."""
        return _ask(self._check, self._build)


@final
@attrs.frozen(eq=False)
class Scope:
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
@attrs.frozen(eq=False)
class Factor:
    """A part that is merged with others into the record at a path: its paths, and those of the others."""

    path: Steps
    own: PathsOf
    earlier: Sequence[PathsOf]
    later: Sequence[PathsOf]

    def has_beside(self, path: Steps) -> bool:
        """True if another part may have something at a path."""
        return any(other.has(path[len(self.path) :]) for other in (*self.earlier, *self.later))

    def owns(self, problem: Problem) -> bool:
        """True if a problem is one of this part: of those that two parts have, the first one reports it."""
        path = problem.path[len(self.path) :]
        if problem.kind in ("check", "whole"):
            return not self.has_beside(problem.path)
        if problem.kind == "missing" and not self.own.has(path) and not self.has_beside(problem.path):
            path = path[:-1]  # no part has it in any branch, so it is missing from the record
        return self.own.has(path) and not any(other.has(path) for other in self.earlier)


@final
@attrs.frozen(eq=False)
class Spot:
    """Where a part of a sweep stands in whole configurations.

    `complete(point, where)` is a configuration with that point of the part, and of every other part the point at the
    fraction `where` of its points. Each point is in so many `copies` of the `scope`, which is a selection around the
    part or else the whole sweep. Inside a selection the `stride` says how far apart in its base the points of the part
    stand, if a digit of the position tells which one it is. `factors` are the parts of merges that this one is inside,
    and `hidden` the paths that are derived over it.
    """

    check: Check
    first: First
    complete: Callable[[Any, float], Any] = lambda point, _: point
    path: Steps = ()
    copies: int = 1
    scope: Scope | None = None
    stride: int | None = None
    factors: tuple[Factor, ...] = ()
    hidden: tuple[Steps, ...] = ()

    @classmethod
    def of_whole(cls, whole: Points, check: Check) -> Spot:
        """The spot of a whole sweep."""
        return cls(check, First(lambda: whole.at(0), check))

    def in_branch(self, part: Points) -> Spot:
        """The spot of a part whose points are some of those that stand here."""
        complete = self.complete
        return attrs.evolve(self, first=First(lambda: complete(part.at(0), 0.0), self.check), stride=None)

    def in_selection(self, selection: Selection) -> Spot:
        """The spot of what a selection that stands here takes its points from."""
        spot = self.in_branch(selection.base)
        if self.scope or selection.size == selection.base.size:
            return spot
        return attrs.evolve(spot, scope=Scope(selection, self.path, self.copies), stride=1)

    def in_product(self, whole: Product, k: int, build: Callable[[list[Any]], Any], step: Steps = ()) -> Spot:
        """The spot of the k-th part of a product that stands here, at a step of what `build` makes of a point each."""
        parts, complete_whole = whole.parts, self.complete

        def complete(point: Any, where: float) -> Any:
            points = [point if j == k else part.at(_find_index(part, where)) for j, part in enumerate(parts)]
            return complete_whole(build(points), where)

        return attrs.evolve(
            self,
            complete=complete,
            path=(*self.path, *step),
            copies=self.copies * whole.size // parts[k].size,
            stride=self.stride and self.stride * whole.weights[k],
        )

    def in_merge(self, whole: Product, k: int, build: Callable[[list[Any]], Any], paths: Sequence[PathsOf]) -> Spot:
        """The spot of the k-th part of a merge that stands here, where the parts have these paths."""
        factor = Factor(self.path, paths[k], paths[:k], paths[k + 1 :])
        return attrs.evolve(self.in_product(whole, k, build), factors=(*self.factors, factor))

    def below_derived(self, path: Steps, derive: Callable[[Any], Any]) -> Spot:
        """The spot of what a function that stands here sets a path of."""
        complete = self.complete
        return attrs.evolve(
            self,
            complete=lambda point, where: complete(derive(point), where),
            hidden=(*self.hidden, (*self.path, *path)),
        )

    def ask(self, point: Any, where: float) -> tuple[Problem, ...] | None:
        """The problems of a configuration with a point here; None where it cannot be built."""
        return _ask(self.check, lambda: self.complete(point, where))

    def ask_at(self, part: Points, where: float) -> tuple[Problem, ...]:
        """The problems of a configuration with a point of a part here; nothing where it cannot be built."""
        return _ask(self.check, lambda: self.complete(part.at(_find_index(part, where)), where)) or ()

    def is_shared(self) -> bool:
        """True if other parts are merged into the points of the part here."""
        return any(factor.has_beside(self.path) for factor in self.factors)

    def owns(self, problem: Problem) -> bool:
        """True if a problem is one of the part here, and not of what is merged with it or derived over it."""
        is_hidden = any(problem.path[: len(path)] == path for path in self.hidden)
        return not is_hidden and all(factor.owns(problem) for factor in self.factors)


def _find_index(part: Points, where: float) -> int:
    """The index of the point at a fraction of a sweep's points."""
    last = part.size - 1
    return int(where * last) if last < 2**53 else last * int(where * 4) // 4


def _ask(check: Check, build: Callable[[], Any]) -> tuple[Problem, ...] | None:
    """The problems of a configuration; None where it cannot be built."""
    try:
        config = thaw_plain(build())
    except Exception:  # of another part or a function: asking about configurations one by one reports it
        return None
    return check(config)


# --- what is asked -------------------------------------------------------------------------------------------


class Probe(ABC):
    """What is asked about one part of a sweep."""

    __slots__ = ()

    spot: Spot
    is_whole: bool = False
    """True if a refusal is one of all points of the part alike."""
    points_seen: int = 0
    """How many points of the part are looked at one by one."""

    @abstractmethod
    def find_refusals(self) -> Iterable[Refusal]:
        """What is wrong with points of the part, whatever stands beside them."""

    @property
    def unseen(self) -> tuple[str, ...]:
        """A text for what is not looked at."""
        return ()

    @property
    def copies(self) -> int | None:
        """How many configurations of the scope a refusal spoils; None where more may be among what is unseen."""
        return None if self.unseen else self.spot.copies

    def count_positions(self, place: int) -> int | None:  # noqa: ARG002  # only positions of single points have digits
        """How many configurations of a selection have the point at `place`; None where no digit of a position says it."""
        return None

    def may_hold(self, path: Steps, key: Hashable) -> bool:  # noqa: ARG002
        """True if some point may have a value at a path: the one with an exact key, or any where the key is None."""
        return path == self.spot.path


@final
@attrs.frozen(eq=False)
class RecordProbe(Probe):
    """Asks about a record that stands for a mapping or a sequence: keys too many or too few, a type that is no record."""

    record: Points
    spot: Spot
    is_whole = True

    @property
    def copies(self) -> int:
        return self.spot.copies * self.record.size

    def find_refusals(self) -> Iterator[Refusal]:
        own = [p for p in self.spot.first.problems or () if self._is_own(p) and self.spot.owns(p)]
        others = [self.spot.ask_at(self.record, where) for where in FRACTIONS[1:]] if own else []
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
@attrs.frozen(eq=False)
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
        for where in FRACTIONS:
            for problem in self.spot.ask_at(self.points, where):
                is_own = problem.path[: len(self._path)] == self._path and problem.kind != "whole"
                if is_own and self.spot.owns(problem):
                    yield Refusal(0, problem.value, problem)

    def may_hold(self, path: Steps, key: Hashable) -> bool:  # noqa: ARG002  # the parts of its base say that
        return False


@final
@attrs.frozen(eq=False)
class ValueProbe(Probe):
    """Asks about the values of an axis."""

    axis: Points
    spot: Spot
    values: Sequence[Any]

    @property
    def points_seen(self) -> int:  # type: ignore[override]
        return self.axis.size

    @property
    def unseen(self) -> tuple[str, ...]:
        if self.axis.size <= MOST_VALUES:
            return ()
        size = group_digits(self.axis.size)
        return (f"{show_path(self.spot.path)}, but for the first and the last {FEW:,} of {size} values",)

    @property
    def copies(self) -> int | None:
        is_distinct = isinstance(self.values, range)  # a value that was refused is not among the unseen ones
        return self.spot.copies if is_distinct or not self.unseen else None

    def find_refusals(self) -> Iterable[Refusal]:
        size = self.axis.size
        places = chain(range(FEW), range(size - FEW, size)) if self.unseen else range(size)
        return _Trial(self.axis, self.spot).find_refusals(places)

    def count_positions(self, place: int) -> int | None:
        return _count_digit(self.spot, self.axis.size, place)

    def may_hold(self, path: Steps, key: Hashable) -> bool:
        own = self.spot.path
        if path[: len(own)] != own or isinstance(self.values, range):
            return path == own
        found = (find_in(path[len(own) :], value) for value in self.values)
        return any(key is None or exact_key(value[0]) == key for value in found if value)


@final
@attrs.frozen(eq=False)
class PointProbe(Probe):
    """Asks about the points of a sweep that has no axes to look at."""

    points: Points
    spot: Spot

    @property
    def points_seen(self) -> int:  # type: ignore[override]
        return self.points.size

    @property
    def unseen(self) -> tuple[str, ...]:
        if self.points.size <= FEW:
            return ()
        size = group_digits(self.points.size)
        return (f"{show_path(self.spot.path)}, but for the first {FEW:,} of {size} points: a function makes them",)

    def find_refusals(self) -> Iterable[Refusal]:
        return _Trial(self.points, self.spot).find_refusals(range(min(self.points.size, FEW)))

    def count_positions(self, place: int) -> int | None:
        return _count_digit(self.spot, self.points.size, place)


def _count_digit(spot: Spot, size: int, place: int) -> int | None:
    """How many positions of the selection around a part have `place` as the part's digit; None where it has none."""
    if spot.scope is None or spot.stride is None:
        return None
    digit = range(place * spot.stride, (place + 1) * spot.stride)
    count = spot.scope.selection.indices.count_residues(size * spot.stride, digit)
    return None if count is None else spot.scope.copies * count


def _find_parent(path: Steps, tree: Any) -> Any:
    """`get_in(path[:-1], tree)`, quicker where that is in dicts alone."""
    for depth, step in enumerate(path[:-1]):
        if type(tree) is not dict:
            return get_in(path[depth:-1], tree)
        tree = tree[step]
    return tree


@final
class _Trial:
    """The points of one part, each put into its place in the same few configurations."""

    def __init__(self, part: Points, spot: Spot) -> None:
        self._part, self._spot = part, spot
        self._askers: dict[float, Callable[[Any], tuple[Problem, ...]]] = {}

    def find_refusals(self, places: Iterable[int]) -> Iterator[Refusal]:
        refusals: list[Refusal] = []
        some_fit = False
        for place in places:
            if place == 0 and self._spot.first.problems == ():
                some_fit = True
                continue
            try:
                point = self._part.at(place)
            except Exception as error:
                problem = Problem(self._spot.path, f"cannot be built: {error}", kind="check")
                refusals.append(Refusal(place, None, problem))
                continue
            problems = self._ask(point, 0.0)
            certain = [problem for problem in problems if self._is_certain(problem) and self._spot.owns(problem)]
            doubtful = () if certain or not problems else self._find_doubtful(point)
            refusals += [Refusal(place, point, problem) for problem in (*certain, *doubtful)]
            some_fit = some_fit or not doubtful
        for refusal in refusals:
            if self._is_below(refusal.problem) or some_fit:  # else it is no matter of the points at this path
                yield refusal

    def _ask(self, point: Any, where: float) -> tuple[Problem, ...]:
        if where not in self._askers:
            self._askers[where] = self._make_asker(where)
        return self._askers[where](point)

    def _make_asker(self, where: float) -> Callable[[Any], tuple[Problem, ...]]:
        """The check of a configuration as a function of the point at this path; the rest of it is built once."""
        spot, path = self._spot, self._spot.path
        try:
            tree = thaw_plain(spot.complete(self._part.at(0), where))
            parent: Any = _find_parent(path, tree) if path else None
        except Exception:  # a part that cannot be built, or a value inside an instance: then nothing is certain here
            return lambda _: _UNBUILT
        is_there = (
            path[-1] in parent if type(parent) is dict else isinstance(parent, list) and find_in(path[-1:], parent)
        )
        if not is_there or spot.is_shared():
            return lambda point: _UNBUILT if (problems := spot.ask(point, where)) is None else problems
        step: Any = int(path[-1]) if isinstance(parent, list) else path[-1]  # type: ignore[call-overload]

        def ask(point: Any) -> tuple[Problem, ...]:
            parent[step] = thaw_plain(point)
            return spot.check(tree)

        return ask

    def _is_below(self, problem: Problem) -> bool:
        return problem.path[: len(self._spot.path)] == self._spot.path

    def _is_certain(self, problem: Problem) -> bool:
        """True if a problem is one of this point, whatever stands beside it."""
        path = self._spot.path
        return self._is_below(problem) and (problem.path != path or not path or problem.kind in ("type", "tag"))

    def _find_doubtful(self, point: Any) -> tuple[Problem, ...]:
        """The problems of a point that may depend on what stands beside it, if it is refused in every configuration."""
        found: tuple[Problem, ...] = ()
        for where in FRACTIONS:
            problems = self._ask(point, where)
            own = tuple(problem for problem in problems if self._may_be_own(problem))
            if not own and all(problem.kind in ("check", "whole") for problem in problems):
                return ()
            found = found or own
        return found

    def _may_be_own(self, problem: Problem) -> bool:
        if problem.path == self._spot.path:
            return problem.kind == "check"
        return problem.kind == "type" and self._spot.path[: len(problem.path)] == problem.path
