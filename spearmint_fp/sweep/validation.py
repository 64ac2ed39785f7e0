"""The check of a sweep against a type before anything runs: every axis value once, not every configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final, final

import attrs

from ..configuration.convert import Extra, checker, plain
from ..configuration.errors import SizeError, grouped, written
from ..configuration.paths import found_in, get_in
from ..configuration.problems import ABSENT, Problem, Steps, conversion_error, listed, type_name
from ..configuration.records import FieldsShape, NamedShape
from ..configuration.tree import show_path
from .choose import constrained
from .constraints import Constraint
from .core import Sweep, as_sweep
from .indices import Permutation, Span
from .nodes import (
    Axis,
    Derive,
    Image,
    Merge,
    Node,
    Record,
    Select,
    Union,
    Zip,
    exact_key,
    merged,
    overlap,
    points_of,
)

__all__ = ["Validation", "validate"]


MOST_VALUES: Final = 1_000_000
"""How many values of an axis are looked at; of a longer one, the first and the last few."""

FEW: Final = 1_000
"""How many values at either end of a longer axis are looked at, and how many points of a part without axes."""

LISTED: Final = 10_000
"""How many configurations are asked one by one where a problem's number cannot be told from the axes."""

CONTEXTS: Final = (0.0, 1.0, 0.5, 0.25, 0.75)
"""Where in the other axes a value is tried again when the first configuration says nothing certain of it."""


@final
@attrs.frozen
class Validation:
    """What `validate` found: `problems`, each with its `path`, `value`, `reason`, and `spoils`, a number of configs.

    True where there are none. `unseen` says what could not be looked at. Printed, it reads as a report.

    >>> from spearmint_fp import DynamicValue, expand
    >>> found = validate(dict[str, int], expand({"a": DynamicValue([1, "x"]), "b": DynamicValue(range(10**6))}))
    >>> found.ok, found.problems[0].value, found.problems[0].spoils
    (False, 'x', 1000000)
    >>> validate(dict[str, int], expand({})).raise_for_problems().problems
    ()

    Raises:
        ConversionError: by `raise_for_problems`, where there are any.

    See also: `validate`, which makes it.
    """

    cls: Any
    size: int = attrs.field(repr=written)
    problems: tuple[Problem, ...]
    unseen: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def __bool__(self) -> bool:
        return self.ok

    def raise_for_problems(self) -> Validation:
        """The report itself where nothing is wrong.

        Raises:
            ConversionError: what the report says; `.problems` has it as data.
        """
        if self.problems:
            raise conversion_error(self._head(), self.problems)
        return self

    def _head(self) -> str:
        configs = f"{grouped(self.size)} configuration{'' if self.size == 1 else 's'}"
        name = type_name(self.cls)
        return f"{configs}: all axis values fit {name}" if self.ok else f"of {configs} some are not a valid {name}"

    def __str__(self) -> str:
        told = listed([_with_count(problem) for problem in self.problems])
        head = self._head() + ("" if self.ok else ":")
        return "\n  ".join([head, *told, *(f"not looked at: {what}" for what in self.unseen)])


def _with_count(problem: Problem) -> Problem:
    """The problem as it is told: where the number of configurations is not known, it says so."""
    reason = f"{problem.reason}, in configs that cannot be counted without listing them"
    return problem if problem.spoils is not None else attrs.evolve(problem, reason=reason)


def _looks(spot: _Spot) -> int:
    """How many values or points of a part are looked at."""
    return spot.node.size if _is_leaf(spot) else 0


def _one_by_one(check: _Check, node: Node) -> tuple[Problem, ...]:
    """The problems of single values, from every configuration: where these are fewer than the values of the axes."""
    found: dict[Any, Problem] = {}
    counts: Counter[Any] = Counter()
    for _, problems in _listed(check, node) or ():
        for problem in problems:
            if problem.kind != "whole":
                key = (problem.path, problem.reason)
                found.setdefault(key, problem)
                counts[key] += 1
    return tuple(attrs.evolve(problem, spoils=counts[key]) for key, problem in found.items())


_Told = tuple[Any, tuple[Problem, ...]]
"""A configuration as plain data, and what the check says of it."""


def _listed(check: _Check, node: Node) -> list[_Told] | None:
    """The configurations that have a problem, by asking each of them; None where they are too many."""
    if node.size > LISTED:
        return None
    said = ((config, check(config)) for config in map(plain, points_of(node, 0, node.size)))
    return [one for one in said if one[1]]


def _seen(check: _Check, node: Node, told: Problem, original: Problem) -> bool:
    """Whether one of some thousand configurations, evenly spread, has a problem."""
    configs = (plain(node.at(k)) for k in range(0, node.size, max(1, node.size // LISTED)))
    return any(_has_it(config, check(config), told, original) for config in configs)


def _has_it(config: Any, problems: tuple[Problem, ...], told: Problem, original: Problem) -> bool:
    """Whether a problem is among those of a configuration, with the value that it is told of."""
    if told is original:
        return any((p.path, p.reason, p.kind) == (told.path, told.reason, told.kind) for p in problems)
    found = found_in(told.path, config)
    same = bool(found) and exact_key(found[0]) == exact_key(told.value)
    return same and any((p.path, p.kind) == (original.path, original.kind) for p in problems)


def validate(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Validation:
    """What `structure(cls, config)` would say of the sweep's configurations, from each axis value once.

    The cost is the sum of the axes, not their product. Each bad value is told with its path, the reason, and
    the number of configurations that hold it, exact also through branches, zips, slices and constraints. A class's
    word on one field counts where it is the same in several configurations; its word on several fields together is not
    looked for, nor are sweeps that a function was `mapped` over, beyond a few. `unseen` names what was not.

    >>> import attrs
    >>> from spearmint_fp import DynamicValue, expand
    >>> @attrs.frozen
    ... class Llm:
    ...     model: str
    ...     temperature: float
    >>> sweep = expand({"model": DynamicValue(["a", "b"]), "temperature": DynamicValue([0.1, "hot", 0.9])})
    >>> print(validate(Llm, sweep))
    of 6 configurations some are not a valid Llm:
      temperature: expected float, got 'hot' (str), in 2 configs
    >>> validate(Llm, expand({"model": "a", "temperature": 1})).ok
    True

    Raises:
        ArgumentError: `sweep` is not a sweep, or `extra` is neither "forbid" nor "ignore".

    See also: `structured`, the typed sweep; `structure`, for one configuration.
    """
    node = as_sweep(sweep, "validate")._node
    check = checker(cls, extra)
    spots = tuple(_spots(_Spot(node)))
    if isinstance(node, Select) and node.size <= min(LISTED, sum(map(_looks, spots))):
        return Validation(cls, node.size, _one_by_one(check, node))
    tally = _Tally(spots, partial(_listed, check, node), partial(_seen, check, node), node.size <= LISTED)
    for spot in spots:
        for place, value, problem in spot.bad(check):
            tally.add(spot, place, value, problem)
    problems = tally.problems()
    unseen = dict.fromkeys([*(what for spot in spots for what in spot.unseen), *tally.unseen])
    return Validation(cls, node.size, problems, tuple(unseen))


@final
@attrs.frozen(eq=False)
class _Factor:
    """One of the parts that are merged into a record: which of them a path belongs to."""

    at: Steps
    own: Node
    earlier: tuple[Node, ...]
    later: tuple[Node, ...]

    def tells(self, problem: Problem) -> bool:
        """Whether a problem is this part's to tell: one that two parts see is the first one's."""
        path = problem.path[len(self.at) :]
        others = (*self.earlier, *self.later)
        if problem.kind == "missing" and not any(_has(part, path) for part in (self.own, *others)):
            path = path[:-1]  # none has it in any branch, so it is missing from the record
        if problem.kind in ("check", "whole"):
            return not any(_has(other, path) for other in others)
        return _has(self.own, path) and not any(_has(other, path) for other in self.earlier)


def _has(node: Node, path: Steps) -> bool:
    """Whether a part of a merge has something at a path."""
    return not path or any(column and overlap(column, path) for column in node.columns())


@final
@attrs.frozen(eq=False)
class _Spot:
    """A part of a sweep: where it stands in a configuration, and how often each of its points does.

    `around(point, where)` is a whole configuration with that point in its place, and every other part at the fraction
    `where` of its points. `scope` is the outermost selection that the part is inside, with its own spot; `stride`, how
    far apart in that selection's base the part's points stand, where a digit of the position tells which one it is.
    `factors` are the parts of merges that it is inside, `hidden` the paths that are derived over it.
    """

    node: Node
    path: Steps = ()
    weight: int = 1
    around: Callable[[Any, float], Any] = lambda point, _: point
    scope: _Spot | None = None
    stride: int | None = None
    factors: tuple[_Factor, ...] = ()
    hidden: tuple[Steps, ...] = ()

    # --- the parts inside

    def inside(self) -> Iterator[_Spot]:
        """The parts that this one is made of; none where its points are looked at one by one."""
        node = self.node
        if isinstance(node, Union):
            yield from (attrs.evolve(self, node=part, stride=None) for part in node.parts)
        elif isinstance(node, Merge):
            yield from (self._factor(node.inner, k) for k in range(len(node.inner.parts)))
        elif self.is_record():
            yield from (self._child(node, k) for k in range(len(node.parts)))  # type: ignore[attr-defined]
        elif isinstance(node, Select):
            if node.size == node.base.size:
                yield attrs.evolve(self, node=node.base, stride=None)
            else:
                stride = None if self.scope else 1
                yield attrs.evolve(self, node=node.base, scope=self.scope or self, stride=stride)
        elif isinstance(node, Derive):
            hidden = (*self.hidden, (*self.path, *node.path))
            around = lambda p, where: self.around(node.seen(p), where)  # noqa: E731
            yield attrs.evolve(self, node=node.base, around=around, hidden=hidden)

    def is_record(self) -> bool:
        """Whether this is a record that a mapping or a sequence stands for, not an instance of a class."""
        return isinstance(self.node, Record) and not isinstance(self.node.shape, FieldsShape | NamedShape)

    def _child(self, node: Any, k: int) -> _Spot:
        def around(point: Any, where: float) -> Any:
            return self.around(node.shape.build(_beside(node.parts, k, point, where)), where)

        part = node.parts[k]
        path = (*self.path, node.shape.keys[k])
        weight = self.weight * node.size // part.size
        stride = self.stride and self.stride * node.weights[k]
        return attrs.evolve(self, node=part, path=path, weight=weight, around=around, stride=stride)

    def _factor(self, inner: Record | Zip, k: int) -> _Spot:
        def around(point: Any, where: float) -> Any:
            return self.around(merged(_beside(inner.parts, k, point, where)), where)

        part = inner.parts[k]
        weight = self.weight * inner.size // part.size
        stride = self.stride and (self.stride * inner.weights[k] if isinstance(inner, Record) else self.stride)
        factors = (*self.factors, _Factor(self.path, part, inner.parts[:k], inner.parts[k + 1 :]))
        return attrs.evolve(self, node=part, weight=weight, around=around, stride=stride, factors=factors)

    # --- what is wrong

    @property
    def unseen(self) -> tuple[str, ...]:
        """What is not looked at here."""
        node, where = self.node, show_path(self.path)
        if isinstance(node, Axis) and node.size > MOST_VALUES:
            return (f"{where}, but for the first and the last {FEW:,} of {grouped(node.size)} values",)
        if isinstance(node, Derive):
            return (f"{show_path((*self.path, *node.path))}, but in a few configurations: it is derived",)
        if _is_opaque(self) and node.size > FEW:
            return (f"{where}, but for the first {FEW:,} of {grouped(node.size)} points: a function makes them",)
        return ()

    def bad(self, check: _Check) -> Iterator[_Bad]:
        """What is wrong at this part: per place of a point, its value and the problem."""
        if not self.node.size or isinstance(self.node, Union | Merge | Select):
            return
        if self.is_record() or isinstance(self.node, Derive):
            yield from self._bad_record(check)
        else:
            yield from _Trial(self, check).bad()

    def _bad_record(self, check: _Check) -> Iterator[_Bad]:
        """The problems of a record itself, and of what is derived in it: those of all its configurations alike."""
        said = [check(plain(self.around(self.node.at(_at(self.node, where)), where))) for where in CONTEXTS]
        if isinstance(self.node, Derive):
            yield from ((0, p.value, p) for problems in said for p in problems if self._is_own(p) and self.tells(p))
            return
        for problem in filter(self._is_own, said[0]):
            if self.tells(problem) and all(any(_alike(problem, other) for other in others) for others in said[1:]):
                yield 0, problem.value, problem

    def tells(self, problem: Problem) -> bool:
        """Whether a problem is this part's to tell, and not that of what is merged with it or derived over it."""
        hidden = any(problem.path[: len(path)] == path for path in self.hidden)
        return not hidden and all(factor.tells(problem) for factor in self.factors)

    def shares(self, path: Steps) -> bool:
        """Whether another part of a merge has something at a path of this one."""
        return any(_has(other, path[len(f.at) :]) for f in self.factors for other in (*f.earlier, *f.later))

    def _is_own(self, problem: Problem) -> bool:
        if isinstance(self.node, Derive):
            path = (*self.path, *self.node.path)
            return problem.path[: len(path)] == path and problem.kind != "whole"
        if problem.path == self.path:
            return problem.kind in ("type", "tag")
        return problem.path[:-1] == self.path and problem.kind in ("missing", "unknown")


_Bad = tuple[int, Any, Problem]
_Check = Callable[[Any], tuple[Problem, ...]]


def _spots(spot: _Spot) -> Iterator[_Spot]:
    """A part and everything inside it, from the outside in."""
    if spot.node.size:
        yield spot
        for inner in spot.inside():
            yield from _spots(inner)


def _is_opaque(spot: _Spot) -> bool:
    """Whether a part's points come from a function or a class: there are no axes to look at."""
    return isinstance(spot.node, Image | Record) and not isinstance(spot.node, Derive) and not spot.is_record()


def _at(node: Node, where: float) -> int:
    return int(where * (node.size - 1)) if node.size < 2**53 else (node.size - 1) * int(where * 4) // 4


def _beside(parts: Sequence[Node], k: int, point: Any, where: float) -> tuple[Any, ...]:
    """A point for each part: this one for the k-th, the one at the fraction `where` for the others."""
    return tuple(point if j == k else part.at(_at(part, where)) for j, part in enumerate(parts))


def _alike(one: Problem, other: Problem) -> bool:
    return one.path == other.path and one.kind == other.kind


@final
class _Trial:
    """The points of one part, each put into its place in the same few configurations."""

    def __init__(self, spot: _Spot, check: _Check) -> None:
        self.spot, self.check, self.path = spot, check, spot.path
        self._contexts: dict[float, Callable[[Any], tuple[Problem, ...]]] = {}

    def bad(self) -> Iterator[_Bad]:
        found: list[_Bad] = []
        accepted = 0
        for place in _places(self.spot):
            try:
                point = self.spot.node.at(place)
            except Exception as error:
                found.append((place, None, Problem(self.path, f"cannot be built: {error}", kind="check")))
                continue
            said = self._ask(0.0, point)
            certain = [problem for problem in said if self._is_certain(problem) and self.spot.tells(problem)]
            doubts = () if certain or not said else self._doubts(point)
            found += [(place, point, problem) for problem in (*certain, *doubts)]
            accepted += not doubts
        for place, point, problem in found:
            if self._is_below(problem) or accepted:
                yield place, point, problem

    def _ask(self, where: float, point: Any) -> tuple[Problem, ...]:
        if where not in self._contexts:
            self._contexts[where] = self._asker(where)
        return self._contexts[where](point)

    def _asker(self, where: float) -> Callable[[Any], tuple[Problem, ...]]:
        """What the check says of a configuration with a point at this path; the rest of it is built once."""
        spot = self.spot
        try:
            tree = plain(spot.around(spot.node.at(0), where))
            parent = get_in(self.path[:-1], tree) if self.path else None
        except Exception:  # a part that cannot be built, or a value inside an instance: then nothing is certain here
            return lambda _: (Problem((), "cannot be built"),)
        if parent is None or self._is_merged():
            return lambda point: self.check(plain(spot.around(point, where)))
        step = int(self.path[-1]) if isinstance(parent, list) else self.path[-1]  # type: ignore[call-overload]

        def ask(point: Any) -> tuple[Problem, ...]:
            parent[step] = plain(point)
            return self.check(tree)

        return ask

    def _is_merged(self) -> bool:
        """Whether other parts are merged into the points of this one."""
        return self.spot.shares(self.path)

    def _is_below(self, problem: Problem) -> bool:
        return problem.path[: len(self.path)] == self.path

    def _is_certain(self, problem: Problem) -> bool:
        """Whether a problem is one of this value, whatever stands beside it."""
        if not self._is_below(problem):
            return False
        return len(problem.path) > len(self.path) or not self.path or problem.kind in ("type", "tag")

    def _doubts(self, point: Any) -> tuple[Problem, ...]:
        """The problems of a value that may depend on what stands beside it, if no configuration tried accepts it."""
        first: tuple[Problem, ...] = ()
        for where in CONTEXTS:
            said = self._ask(where, point)
            own = tuple(problem for problem in said if self._may_be_own(problem))
            if not own and all(problem.kind in ("check", "whole") for problem in said):
                return ()
            first = first or own
        return first

    def _may_be_own(self, problem: Problem) -> bool:
        if problem.path == self.path:
            return problem.kind == "check"
        return problem.kind == "type" and self.path[: len(problem.path)] == problem.path


def _places(spot: _Spot) -> Iterator[int]:
    size = spot.node.size
    if isinstance(spot.node, Axis):
        most, few_last = MOST_VALUES, FEW
    else:
        most, few_last = FEW, 0
    if size <= most:
        return iter(range(size))
    return chain(range(FEW), range(size - few_last, size))


@final
class _Tally:
    """The problems found, each once, with the number of configurations that they spoil."""

    def __init__(
        self,
        spots: Sequence[_Spot],
        listed: Callable[[], list[_Told] | None],
        witness: Callable[[Problem, Problem], bool],
        listable: bool,
    ) -> None:
        self._spots, self._listed, self._witness, self._listable = spots, listed, witness, listable
        self.unseen: list[str] = []
        self._found: dict[Any, tuple[Problem, Problem, dict[Any, int | None]]] = {}
        self._bad: Any = ABSENT

    def add(self, spot: _Spot, place: int, point: Any, problem: Problem) -> None:
        told = problem
        if problem.path != spot.path[: len(problem.path)] or problem.path == spot.path or spot.is_record():
            key: Any = (problem.path, problem.reason, problem.kind)
        else:  # a union around the part refuses what stands here
            reason = f"{show_path(problem.path)}: {problem.reason}"
            told = attrs.evolve(problem, path=spot.path, value=point, reason=reason)
            key = (spot.path, exact_key(point), problem.kind)
        _, _, counts = self._found.setdefault(key, (told, problem, {}))
        whole = spot.is_record() or isinstance(spot.node, Derive)
        if isinstance(spot.node, Derive):
            counts[id(spot)] = None
        elif spot.scope is None:
            counts[id(spot), place] = spot.weight * (spot.node.size if whole else 1)
        else:
            held = None if whole else (point,)
            count = None if whole else _in_span(spot, spot.scope, place)
            if count is None:
                counts[id(spot.scope), spot.path, held and exact_key(point)] = self._holding(spot, spot.scope, held)
            else:
                counts[id(spot), place] = count

    def problems(self) -> tuple[Problem, ...]:
        """Those that spoil any configuration, with how many."""
        told = []
        for problem, original, counts in self._found.values():
            known = [count for count in counts.values() if count is not None]
            spoils = sum(known) if len(known) == len(counts) else self._asked(problem, original)
            if spoils is None and not self._witness(problem, original):
                self.unseen.append(f"whether any configuration has {problem}")
            elif spoils != 0:
                told.append(attrs.evolve(problem, spoils=spoils))
        return tuple(told)

    def _asked(self, told: Problem, original: Problem) -> int | None:
        """How many configurations have a problem, from all of them."""
        if self._bad is ABSENT:
            self._bad = self._listed()
        return None if self._bad is None else sum(_has_it(config, said, told, original) for config, said in self._bad)

    def _holding(self, spot: _Spot, scope: _Spot, held: tuple[Any, ...] | None) -> int | None:
        """How many configurations of the selection around a part hold this point of it; None where that takes listing.

        They are counted by what stands at the part's path, so another branch must not have the same there.
        """
        if self._listable or spot.shares(spot.path) or _is_shuffled(scope.node):
            return None
        path = spot.path[len(scope.path) :]
        key = exact_key(held[0]) if held else None
        rivals = [other for other in self._spots if other is not spot and other.scope is scope]
        if any(_holds(other, spot.path, key) for other in rivals if other.path == spot.path or _is_leaf(other)):
            return None
        try:
            lacking = constrained(scope.node, Constraint(lambda _: False, (path,))).size
            holding = constrained(scope.node, Constraint(lambda v: not held or exact_key(v) == key, (path,))).size
        except SizeError:
            return None
        return scope.weight * (holding - lacking)


def _in_span(spot: _Spot, scope: _Spot, place: int) -> int | None:
    """How many positions of a slice have this point of a part as their digit; None where that is not one digit."""
    indices = scope.node.indices if isinstance(scope.node, Select) else None
    if spot.stride is None or not isinstance(indices, Span):
        return None
    positions = indices.positions if indices.ascending else indices.positions[::-1]
    period = spot.stride * spot.node.size
    from_digit = positions.start - place * spot.stride + period
    sums = [floor_sum(indices.size, period, positions.step, b) for b in (from_digit, from_digit - spot.stride)]
    return scope.weight * (sums[0] - sums[1])


def floor_sum(n: int, m: int, a: int, b: int) -> int:
    """`sum((a * i + b) // m for i in range(n))`, in logarithmic time.

    Source: the AtCoder library; after the lattice points below a line.
    """
    total = 0
    while True:
        total += n * (n - 1) // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        top = a * n + b
        if top < m:
            return total
        n, b = divmod(top, m)
        m, a = a, m


def _is_shuffled(node: Node) -> bool:
    """Whether a selection is of a shuffled sweep, which only listing filters."""
    shuffled = isinstance(node, Select) and isinstance(node.indices, Permutation)
    return shuffled or any(map(_is_shuffled, node.children))


def _is_leaf(spot: _Spot) -> bool:
    return not spot.is_record() and not isinstance(spot.node, Union | Merge | Select | Derive)


def _holds(other: _Spot, path: Steps, key: Any) -> bool:
    """Whether another part may have something at a path, or exactly what `key` tells."""
    if path[: len(other.path)] != other.path or isinstance(other.node, Union | Merge | Select | Derive):
        return False
    if not _is_leaf(other):
        return key is None and other.path == path
    if not isinstance(other.node, Axis) or isinstance(other.node.values, range):
        return other.path == path
    found = (found_in(path[len(other.path) :], value) for value in other.node.values)
    return any(not key or exact_key(value[0]) == key for value in found if value)
