"""The check of a sweep against a type before anything runs: every axis value once, not every configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, final

import attrs

from ..configuration.errors import SizeError, full_repr, group_digits, short_repr
from ..configuration.keys import exact_key
from ..configuration.paths import find_in, get_in
from ..configuration.records import FieldsShape, NamedShape
from ..configuration.tree import show_path
from ..conversion.convert import Extra, make_checker, thaw_plain
from ..conversion.problems import Problem, Steps, conversion_error, format_problems, type_name
from .checks import sees_several
from .choose import constrained
from .constraints import Constraint
from .core import Sweep, as_sweep
from .indices import Permutation, Span
from .nodes.axis import Axis
from .nodes.derive import Derive, overlap
from .nodes.merge import Merge, merged
from .nodes.node import Node
from .nodes.record import Record
from .nodes.select import Select
from .nodes.union import Union
from .nodes.zip import Zip

__all__ = ["Validation", "validate"]


MOST_VALUES: Final = 1_000_000
"""How many values of an axis are looked at; of a longer one, the first and the last few."""

SPREAD: Final = 1_000
"""How many configurations of a larger sweep are asked one by one, evenly spread."""

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
    size: int = attrs.field(repr=full_repr)
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
        configs = f"{group_digits(self.size)} configuration{'' if self.size == 1 else 's'}"
        name = type_name(self.cls)
        return f"{configs}: all axis values fit {name}" if self.ok else f"of {configs} some are not a valid {name}"

    def __str__(self) -> str:
        told = format_problems([_with_count(problem) for problem in self.problems])
        head = self._head() + ("" if self.ok else ":")
        return "\n  ".join([head, *told, *(f"not looked at: {what}" for what in self.unseen)])


def _with_count(problem: Problem) -> Problem:
    """The problem as it is told: where the number of configurations is not known, it says so."""
    reason = f"{problem.reason}, in configs that cannot be counted without listing them"
    return problem if problem.spoils is not None else attrs.evolve(problem, reason=reason)


def _looks(spot: _Spot) -> int:
    """How many values or points of a part are looked at."""
    return spot.node.size if _is_leaf(spot) else 0


_Told = tuple[Any, tuple[Problem, ...]]
"""A configuration as plain data, and what the check says of it."""


@final
@attrs.frozen(eq=False)
class _Found:
    """A problem as it is told, as the check says it, and its number of configurations where the axes tell it.

    That of a record is told with the first of its values, and is that of all of them.
    """

    told: Problem
    original: Problem
    whole: bool
    spoils: int | None

    @property
    def key(self) -> Any:
        """What a problem of a configuration has in common with it; None where that also depends on the value told."""
        if self.told is not self.original:
            return None
        return self.told.path, self.told.kind, *(() if self.whole else (self.told.reason,))

    def is_of(self, config: Any, problems: tuple[Problem, ...]) -> bool:
        """True if it is among the problems of a configuration, with the value that it is told of."""
        if self.key is not None:
            return any(self.key in _keys(problem) for problem in problems)
        there = find_in(self.told.path, config)
        same = bool(there) and exact_key(there[0]) == exact_key(self.told.value)
        return same and any((p.path, p.kind) == (self.original.path, self.original.kind) for p in problems)


def _keys(problem: Problem) -> tuple[Any, Any]:
    return (problem.path, problem.kind), (problem.path, problem.kind, problem.reason)


def _asked(check: _Check, node: Node, count: int) -> list[_Told]:
    """The configurations that have a problem, among so many that are spread evenly."""
    step = max(1, node.size // max(1, count))
    said = (_ask_at(check, node, position) for position in range(0, node.size if count else 0, step))
    return [one for one in said if one[1]]


def _ask_at(check: _Check, node: Node, position: int) -> _Told:
    try:
        config = thaw_plain(node.at(position))
    except Exception as error:  # whatever a function or a class of the user's raises
        return None, (Problem((), f"cannot be built: {short_repr(str(error))}", kind="type"),)
    return config, check(config)


_Report = tuple[tuple[Problem, ...], tuple[str, ...]]
"""The problems, and what may be one."""


def _counted(refused: Sequence[_Told], found: Sequence[_Found]) -> _Report:
    """The problems with how many of the configurations have them, where these are all that are refused.

    A validator is asked only where all types fit: a value that it refuses spoils the others too.
    """
    keys = Counter(key for _, problems in refused for key in {key for problem in problems for key in _keys(problem)})
    told = []
    for one in found:
        count = sum(one.is_of(*each) for each in refused) if one.key is None else keys[one.key]
        held = one.spoils or 0 if one.told.kind == "check" else 0
        told += [attrs.evolve(one.told, spoils=max(count, held))] if count else []
    return tuple(told), ()


def validate(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Validation:
    """What `structure(cls, config)` would say of the sweep's configurations, from each axis value once.

    The cost is the sum of the axes, not their product. Each bad value is told with its path, the reason, and
    the number of configurations that hold it, exact also through branches, zips, slices and constraints. Of up to
    10^4 configurations every one is asked too, of more of them 10^3. A class's word on one field counts where it is the
    same in several configurations. `unseen` says where it did not look: at the configurations of a function that was
    `mapped`, beyond a few, and at several values together, where a class may refuse these. Where there is no problem
    and nothing unseen, every configuration converts. Those that are refused for several values together are told as
    problems where nothing else is wrong.

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
    check = make_checker(cls, extra)
    spots = tuple(_spots(_Spot(node)))
    is_listed = node.size <= LISTED
    alone = isinstance(node, Select) and node.size <= min(LISTED, sum(map(_looks, spots)))
    refused = _asked(check, node, node.size if is_listed else SPREAD)
    looked_at = () if alone else spots
    found = _found_in(looked_at, check, is_listed)
    more, together = _untold(refused, found, () if alone else ("check", "whole"))
    tell = _counted if is_listed else _witnessed
    problems, doubts = tell(refused, (*found, *more))
    if together and not problems:  # then it is all that is wrong
        more, together = _untold(refused, (), ())
        problems, doubts = tell(refused, more)
    unseen = [*(what for spot in looked_at for what in spot.unseen), *doubts]
    if together or (not is_listed and sees_several(cls)):
        unseen.append(_of_several(cls, together, is_listed))
    return Validation(cls, node.size, problems, tuple(dict.fromkeys(unseen)))


def _found_in(spots: Sequence[_Spot], check: _Check, is_listed: bool) -> tuple[_Found, ...]:
    """The problems of the parts, one by one."""
    tally = _Tally(spots, is_listed)
    for spot in spots:
        for place, value, problem in spot.bad(check):
            tally.add(spot, place, value, problem)
    return tally.found()


def _witnessed(refused: Sequence[_Told], found: Sequence[_Found]) -> _Report:
    """The problems that some configuration has, as far as that is known, and what may be one."""
    told, doubts = [], []
    for one in found:
        if one.spoils is None and not any(one.is_of(*each) for each in refused):
            doubts.append(f"whether any configuration has {one.told}")
        elif one.spoils != 0:
            told.append(attrs.evolve(one.told, spoils=one.spoils))
    return tuple(told), tuple(doubts)


def _untold(
    refused: Sequence[_Told], found: Sequence[_Found], together: tuple[str, ...]
) -> tuple[list[_Found], list[_Told]]:
    """The problems of configurations that have none of those found, and the configurations of `together` alone."""
    more: dict[Any, Problem] = {}
    several = []
    keys = {one.key for one in found}
    others = [one for one in found if one.key is None]
    for config, problems in refused:
        if any(key in keys for problem in problems for key in _keys(problem)):
            continue
        if any(one.is_of(config, problems) for one in others):
            continue
        own = {_keys(problem)[1]: problem for problem in problems if problem.kind not in together}
        more = {**own, **more}
        several += [] if own else [(config, problems)]
    return [_Found(problem, problem, whole=False, spoils=None) for problem in more.values()], several


def _of_several(cls: Any, refused: Sequence[_Told], is_listed: bool) -> str:
    """What is not told of one value: that a class refuses several together."""
    which = f"what {type_name(cls)} says of several values together"
    if not refused:
        return which
    number = group_digits(len(refused))
    count = f"in {number} config{'' if len(refused) == 1 else 's'}" if is_listed else f"in {number} or more configs"
    return f"{which}, {count}: {format_problems(refused[0][1])[0]}"


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
        elif isinstance(node, Merge) and self.enters:
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

    @property
    def enters(self) -> bool:
        """True if the parts of this one are looked at, not its points: what is merged, only where paths are known."""
        if isinstance(self.node, Merge):
            return self.node.exact
        return isinstance(self.node, Union | Select | Derive) or self.is_record()

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
            return (f"{where}, but for the first and the last {FEW:,} of {group_digits(node.size)} values",)
        if isinstance(node, Derive):
            return (f"{show_path((*self.path, *node.path))}, but in a few configurations: it is derived",)
        if _is_opaque(self) and node.size > FEW:
            return (f"{where}, but for the first {FEW:,} of {group_digits(node.size)} points: a function makes them",)
        return ()

    def bad(self, check: _Check) -> Iterator[_Bad]:
        """What is wrong at this part: per place of a point, its value and the problem."""
        if not self.node.size or (self.enters and not (self.is_record() or isinstance(self.node, Derive))):
            return
        if self.is_record() or isinstance(self.node, Derive):
            yield from self._bad_record(check)
        else:
            yield from _Trial(self, check).bad()

    def _bad_record(self, check: _Check) -> Iterator[_Bad]:
        """The problems of a record itself, and of what is derived in it: those of all its configurations alike."""
        said = [_ask_with(self, check, where) for where in CONTEXTS]
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
    return not spot.enters and not isinstance(spot.node, Axis)


def _ask_with(spot: _Spot, check: _Check, where: float) -> tuple[Problem, ...]:
    """What is wrong with a configuration that has one of a part's points; nothing where it cannot be built."""
    try:
        config = thaw_plain(spot.around(spot.node.at(_at(spot.node, where)), where))
    except Exception:  # another part, or a function, refuses to be built: asking configurations one by one tells it
        return ()
    return check(config)


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
            tree = thaw_plain(spot.around(spot.node.at(0), where))
            parent = get_in(self.path[:-1], tree) if self.path else None
        except Exception:  # a part that cannot be built, or a value inside an instance: then nothing is certain here
            return lambda _: (Problem((), "cannot be built"),)
        if not isinstance(parent, list | dict) or self._is_merged() or not find_in(self.path, tree):
            return lambda point: self._ask_around(point, where)
        step: Any = int(self.path[-1]) if isinstance(parent, list) else self.path[-1]  # type: ignore[call-overload]

        def ask(point: Any) -> tuple[Problem, ...]:
            parent[step] = thaw_plain(point)
            return self.check(tree)

        return ask

    def _ask_around(self, point: Any, where: float) -> tuple[Problem, ...]:
        try:
            config = thaw_plain(self.spot.around(point, where))
        except Exception:  # a function that is derived refuses this point beside those
            return (Problem((), "cannot be built"),)
        return self.check(config)

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
        listable: bool,
    ) -> None:
        self._spots, self._listable = spots, listable
        self._found: dict[Any, tuple[Problem, Problem, bool, dict[Any, int | None]]] = {}

    def add(self, spot: _Spot, place: int, point: Any, problem: Problem) -> None:
        told = problem
        if problem.path != spot.path[: len(problem.path)] or problem.path == spot.path or spot.is_record():
            key: Any = (problem.path, problem.reason, problem.kind)
        else:  # a union around the part refuses what stands here
            reason = f"{show_path(problem.path)}: {problem.reason}"
            told = attrs.evolve(problem, path=spot.path, value=point, reason=reason)
            key = (spot.path, exact_key(point), problem.kind)
        _, _, _, counts = self._found.setdefault(key, (told, problem, spot.is_record(), {}))
        whole = spot.is_record() or isinstance(spot.node, Derive)
        if spot.unseen and not (isinstance(spot.node, Axis) and isinstance(spot.node.values, range)):
            counts[id(spot)] = None  # more of it may be among what was not looked at
        elif spot.scope is None:
            counts[id(spot), place] = spot.weight * (spot.node.size if whole else 1)
        else:
            held = None if whole else (point,)
            count = None if whole else _in_span(spot, spot.scope, place)
            if count is None:
                counts[id(spot.scope), spot.path, held and exact_key(point)] = self._holding(spot, spot.scope, held)
            else:
                counts[id(spot), place] = count

    def found(self) -> tuple[_Found, ...]:
        """The problems, with how many configurations they spoil where the axes tell it."""
        found = []
        for told, original, whole, counts in self._found.values():
            known = [count for count in counts.values() if count is not None]
            found.append(_Found(told, original, whole, sum(known) if len(known) == len(counts) else None))
        return tuple(found)

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
    return not spot.enters


def _holds(other: _Spot, path: Steps, key: Any) -> bool:
    """Whether another part may have something at a path, or exactly what `key` tells."""
    if path[: len(other.path)] != other.path or (other.enters and not other.is_record()):
        return False
    if not _is_leaf(other):
        return key is None and other.path == path
    if not isinstance(other.node, Axis) or isinstance(other.node.values, range):
        return other.path == path
    found = (find_in(path[len(other.path) :], value) for value in other.node.values)
    return any(not key or exact_key(value[0]) == key for value in found if value)
