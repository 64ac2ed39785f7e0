"""Counted filters: which positions of a sweep satisfy predicates over a few of its axes.

Only the axes that a predicate names are enumerated. A configuration is read as a sequence of digits, one per
axis, leftmost slowest. Constraints that share an axis form a component; a component's axes are
compiled into a program, run over all of its digits at once, and kept as a layered graph whose states count
their completions. Everything else is multiplication: the count of a prefix is the product of the free axes to
come and of each component's current count, so counting, rank and unrank need no other enumeration.

Source: counting by dynamic programming over ordered decision diagrams, after Knuth, "The Art of Computer
Programming" 4A, 7.1.4; rank and unrank by counts, after FEAT (Duregard, Jansson, Wang, 2012).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, takewhile
from math import prod
from typing import Any, Final, final

import attrs

from ..configuration.errors import STOPS, SizeError, counted, note, shown, stop_error
from ..configuration.paths import get_in
from ..configuration.tree import show_path
from .nodes import LIMIT, Axis, Merge, Node, Record, Steps, Union

__all__ = ["Allowed", "Constraint", "touches"]


@final
@attrs.frozen(repr=False)
class Constraint:
    """A predicate over the values at some paths; a configuration that lacks one of them satisfies it."""

    predicate: Callable[..., Any]
    paths: tuple[Steps, ...]

    def holds(self, values: Sequence[Any]) -> bool:
        try:
            return bool(self.predicate(*values))
        except (Exception, GeneratorExit) as error:
            told = stop_error(self.predicate, error) if isinstance(error, STOPS) else error
            given = ", ".join(f"{show_path(p)}={shown(v)}" for p, v in zip(self.paths, values, strict=True))
            note(told, "while constraining on ", f"{given}; the predicate takes one argument per path, in their order")
            if told is error:
                raise
            raise told from error


# --- the plan: a sweep as digits ---------------------------------------------------------------------


@final
@attrs.frozen(eq=False, repr=False)
class Free:
    """Digits that no constraint looks at: any of `size` points, `stride` positions apart."""

    size: int
    stride: int


@final
@attrs.frozen(eq=False, repr=False)
class Split:
    """A digit that constraints look at: each point of `node` gives values to `paths`."""

    node: Node
    stride: int
    paths: tuple[tuple[Steps, Steps], ...]  # (the whole path, what is left of it below this node)

    @property
    def size(self) -> int:
        return self.node.size

    def values(self) -> Iterator[dict[Steps, Any]]:
        for index in range(self.node.size):
            peeked = ((path, _peeked(self.node, index, rest)) for path, rest in self.paths)
            yield {path: value[0] for path, value in peeked if value}


def _peeked(node: Node, index: int, path: Steps) -> tuple[Any, ...]:
    """What stands at a path of a point, without building more of the point than that; () where nothing does.

    A class may refuse a point as a whole: a constraint on its parts still sees them.
    """
    if path and isinstance(node, Record):
        position = node.shape.find(path[0])
        if position is None:
            return ()
        part = node.parts[position]
        return _peeked(part, index // node.weights[position] % part.size, path[1:])
    try:
        return (get_in(path, node.at(index)),)
    except Exception:  # no such path here, or a class that refuses this point
        return ()


@final
@attrs.frozen(eq=False, repr=False)
class Branches:
    """A digit that chooses among plans: a union whose parts constraints look into."""

    plans: tuple[tuple[Item, ...], ...]
    offsets: tuple[int, ...]
    size: int
    stride: int


Item = Free | Split | Branches


def _plan(node: Node, wanted: Sequence[tuple[Steps, Steps]], stride: int) -> tuple[Item, ...]:
    """The digits of `node`, most significant first; `wanted` are the constraints' paths below it."""
    here = [(path, rest) for path, rest in wanted if touches(node, rest)]
    if not here or not node.size:
        return (Free(node.size, stride),)
    entered = all(rest for _, rest in here)
    if isinstance(node, Union):
        plans = tuple(_plan(part, here, stride) for part in node.parts)
        return (Branches(plans, tuple(offset * stride for offset in node.offsets[:-1]), node.size, stride),)
    if isinstance(node, Record) and entered:
        inside = _below(node, here)
    elif isinstance(node, Merge) and isinstance(node.inner, Record) and entered and _disjoint(node, here):
        inside, node = [here] * len(node.inner.parts), node.inner
    else:
        return (Split(node, stride, tuple(here)),)
    triples = zip(node.parts, inside, node.weights, strict=True)
    return tuple(item for part, want, weight in triples for item in _plan(part, want, stride * weight))


def _below(node: Record, wanted: Sequence[tuple[Steps, Steps]]) -> list[list[tuple[Steps, Steps]]]:
    """The paths that lead into each child."""
    inside: list[list[tuple[Steps, Steps]]] = [[] for _ in node.parts]
    for path, rest in wanted:
        position = node.shape.find(rest[0])
        if position is not None:
            inside[position].append((path, rest[1:]))
    return inside


def touches(node: Node, path: Steps) -> bool:
    """Whether some point of `node` has a value at `path`."""
    if not path:
        return True
    if isinstance(node, Record):
        position = node.shape.find(path[0])
        return position is not None and touches(node.parts[position], path[1:])
    if isinstance(node, Union):
        return any(touches(part, path) for part in node.parts)
    if isinstance(node, Merge):
        return any(touches(part, path) for part in node.inner.parts)
    if isinstance(node, Axis):
        return not isinstance(node.values, range) and any(_peeked(node, k, path) for k in range(node.size))
    return True


def _disjoint(node: Merge, wanted: Sequence[tuple[Steps, Steps]]) -> bool:
    """Whether each path lies in one part of the product alone."""
    return all(sum(touches(part, rest) for part in node.inner.parts) == 1 for _, rest in wanted)


# --- programs: a component's digits, compiled --------------------------------------------------------------


@attrs.define(eq=False, repr=False)
class _Instruction:
    """One digit of a component: what it does, to which of the component's items it belongs, and where it goes on."""

    item: Item
    place: int
    then: int  # the next instruction
    entries: tuple[int, ...] = ()  # per branch, its first instruction


def _compiled(items: Sequence[Item]) -> list[_Instruction]:
    """The items, and those inside their branches, as one list in which every jump goes forward."""
    program: list[_Instruction] = []
    for place, item in enumerate(items):
        _compile(item, place, program)
    return program


def _compile(item: Item, place: int, program: list[_Instruction]) -> None:
    at = len(program)
    program.append(_Instruction(item, place, at + 1))
    if not isinstance(item, Branches):
        return
    entries, ends = [], []
    for plan in item.plans:
        entries.append(len(program))
        for inner in plan:
            _compile(inner, place, program)
        ends.append(range(entries[-1], len(program)))
    program[at].entries, program[at].then = tuple(entries), len(program)
    for end in ends:
        for k in end:
            if program[k].then == end.stop:
                program[k].then = len(program)


_Env = tuple[tuple[Steps, int, int], ...]  # the values in force: path, instruction, digit


@attrs.define(eq=False, repr=False)
class _State:
    """A point of a component's graph: how many ways lead on from each digit, and to which state."""

    pc: int
    env: _Env = ()
    offsets: Sequence[int] = ()  # what each edge adds to the position
    targets: Sequence[int] = ()  # the state each edge leads to; -1 where none is allowed
    counts: Sequence[int] = ()  # cumulative completions before each edge, the total last
    count: int = 0

    def copied(self, *, explored: bool) -> _State:
        """The same point before it was counted, and before it was explored unless that can stay."""
        return _State(self.pc, self.env, *((self.offsets, self.targets) if explored else ()))


_DEAD: Final = -1

KEPT: Final = 100_000
"""Up to this many states a component keeps what another one that begins like it can take over."""


@final
class Component:
    """The constraints that share axes, compiled and counted.

    Constraints are mostly added one by one, so the layers of the graph that are those of a component with fewer
    constraints are taken over from it.
    """

    def __init__(
        self, constraints: Sequence[Constraint], items: Sequence[Item], known: Sequence[Component] = ()
    ) -> None:
        self.program = _compiled(items)
        self.items = items
        self.constraints = constraints
        self._check_scopes()
        self._values: dict[int, list[dict[Steps, Any]]] = {}
        self._needed = list(self._still_needed())
        asking = _positions(c.paths for c in constraints)
        self._asked = [[(k, constraints[k]) for k in _among(asking, _paths(step.item))] for step in self.program]
        self._verdicts: dict[tuple[object, ...], dict[int, bool | Exception]] = {}
        self._raised: list[tuple[int, Exception]] = []
        self._doubts: list[tuple[int, Exception, int]] = []
        self.states = [_State(0)]
        self._ends: list[int] = []  # per layer, how many states there were when it had been explored
        shared = {self._shared(other): other for other in known}
        if count := max(shared, default=0):
            self._take(shared[count], count)
        self._explore()
        self._count()

    def says(self, constraints: Sequence[Constraint], items: Sequence[Item]) -> bool:
        """Whether this is `Component(constraints, items)`."""
        return constraints == self.constraints and _same(items, self.items)

    def _check_scopes(self) -> None:
        """An error where a constraint takes too much, also one that took less before another joined its digits."""
        holding = _positions(map(_all_paths, self.items))
        for constraint in self.constraints:
            points = _points([self.items[k] for k in _among(holding, constraint.paths)], constraint.paths)
            if points > LIMIT:
                paths = ", ".join(map(show_path, constraint.paths))
                raise SizeError(
                    f"constraining on {paths} takes {counted(points)} points to enumerate, more than {LIMIT}. "
                    f"Name fewer or shorter axes, or stream with filter(predicate, sweep)"
                )

    def _shared(self, other: Component) -> int:
        """How many layers another one's graph begins with that are also the first ones of this graph."""
        if self.constraints[: len(other.constraints)] != other.constraints:
            return 0
        alike = map(_same_layer, self._layers(), other._layers())
        return min(len(other._ends), sum(takewhile(bool, alike)))

    def _layers(self) -> Iterator[tuple[_Instruction, frozenset[Steps], list[int]]]:
        """What decides how each layer comes from the one before it."""
        asked = ([number for number, _ in pairs] for pairs in self._asked)
        return zip(self.program, self._needed, asked, strict=True)

    def _take(self, other: Component, count: int) -> None:
        """Begin with the first layers of another one, which has explored them already."""
        found = other.states[: other._ends[count - 1]]
        self.states = [state.copied(explored=state.pc < count) for state in found]
        self._ends = other._ends[:count]
        self._doubts = [doubt for doubt in other._doubts if doubt[0] < count]

    def _explore(self) -> None:
        """Every state that some digits lead to, layer by layer."""
        layers: list[dict[_Env, int]] = [{} for _ in range(len(self.program) + 1)]
        for number, state in enumerate(self.states):
            layers[state.pc][state.env] = number
        edges = sum(len(state.targets) for state in self.states)
        for pc in range(len(self._ends), len(self.program)):
            step = self.program[pc]
            for env, number in layers[pc].items():
                state = self.states[number]
                state.targets = [self._state(layers, *edge) for edge in self._edges(pc, step, env)]
                state.offsets = _offsets(step.item)
                self._doubts += [(pc, error, state.targets[digit]) for digit, error in self._raised]
                self._raised.clear()
                edges += len(state.targets)
                if edges > 2 * LIMIT:
                    raise self._too_many()
            layers[pc] = {}
            self._ends.append(len(self.states))

    def _too_many(self) -> SizeError:
        points = _points(self.items, [path for constraint in self.constraints for path in constraint.paths])
        return SizeError(
            f"these overlapping constraints take up to {counted(points)} points to enumerate, and more than "
            f"{2 * LIMIT} at once. Put the axes that they share next to one another, or constrain fewer"
        )

    def _state(self, layers: list[dict[_Env, int]], pc: int, env: _Env) -> int:
        if pc == _DEAD:
            return _DEAD
        number = layers[pc].setdefault(env, len(self.states))
        if number == len(self.states):
            self.states.append(_State(pc, env))
        return number

    def _edges(self, pc: int, step: _Instruction, env: _Env) -> Iterator[tuple[int, _Env]]:
        if isinstance(step.item, Branches):
            yield from ((entry, env) for entry in step.entries)
            return
        needed = self._needed[pc]
        kept = tuple(entry for entry in env if entry[0] in needed)
        if isinstance(step.item, Free):
            yield step.then, kept
            return
        known = {path: (place, digit) for path, place, digit in env}
        checks = self._checks(pc, known)
        for digit, values in enumerate(self._digits(pc)):
            verdicts = [check(digit, values) for check in checks]
            self._raised += [(digit, verdict) for verdict in verdicts if isinstance(verdict, Exception)][:1]
            if all(verdicts):
                yield step.then, kept + tuple([(path, pc, digit) for path in values if path in needed])
            else:
                yield _DEAD, ()

    def _digits(self, pc: int) -> list[dict[Steps, Any]]:
        """The values that each digit of an instruction gives to its paths."""
        item = self.program[pc].item
        if pc not in self._values and isinstance(item, Split):
            self._values[pc] = list(item.values())
        return self._values[pc]

    def _checks(
        self, pc: int, known: dict[Steps, tuple[int, int]]
    ) -> list[Callable[[int, dict[Steps, Any]], bool | Exception]]:
        """The constraints that a digit here decides, given the values in force."""
        item = self.program[pc].item
        given = {*known, *_paths(item)}
        return [self._check(pc, number, c, known) for number, c in self._asked[pc] if given.issuperset(c.paths)]

    def _check(
        self, pc: int, number: int, constraint: Constraint, known: dict[Steps, tuple[int, int]]
    ) -> Callable[[int, dict[Steps, Any]], bool | Exception]:
        """Whether a constraint holds for a digit; each combination of values is asked about once.

        What the predicate raises is kept: it matters only where the other constraints leave such a configuration.
        """
        fixed = {path: self._digits(place)[digit][path] for path, (place, digit) in known.items()}
        new = [path for path in constraint.paths if path not in known]
        verdicts = self._verdicts.setdefault((pc, number, *(known.get(path) for path in constraint.paths)), {})

        def asked(values: dict[Steps, Any]) -> bool | Exception:
            given = {**fixed, **values}
            try:
                return constraint.holds([given[path] for path in constraint.paths])
            except Exception as error:
                return error

        def holds(digit: int, values: dict[Steps, Any]) -> bool | Exception:
            if digit not in verdicts:
                verdicts[digit] = asked(values) if all(path in values for path in new) else True
            return verdicts[digit]

        return holds

    def _still_needed(self) -> Iterator[frozenset[Steps]]:
        """Per instruction, the paths up to there of the constraints that a later one can decide."""
        last = {path: pc for pc, step in enumerate(self.program) for path in _paths(step.item)}
        decided: dict[Steps, int] = {}
        for constraint in self.constraints:
            at = max((last.get(path, -1) for path in constraint.paths), default=-1)
            decided.update({path: max(at, decided.get(path, -1)) for path in constraint.paths})
        open_: set[Steps] = set()
        for pc, step in enumerate(self.program):
            open_ = {path for path in (*open_, *_paths(step.item)) if decided.get(path, -1) > pc}
            yield frozenset(open_)

    def _count(self) -> None:
        for state in sorted(self.states, key=lambda state: -state.pc):  # what a state leads to comes first
            if state.pc == len(self.program):
                state.count = 1
                continue
            item = self.program[state.pc].item
            onward = [0 if t == _DEAD else self.states[t].count for t in state.targets]
            state.counts = tuple(accumulate(onward, initial=0))
            state.count = state.counts[-1] * (item.size if isinstance(item, Free) else 1)
        for _, error, target in self._doubts:
            if target != _DEAD and self.states[target].count:
                raise error
        self._verdicts.clear()
        self._values.clear()
        if len(self.states) > KEPT:
            self._ends = []
            for state in self.states:
                state.env = ()


def _paths(item: Item) -> tuple[Steps, ...]:
    return tuple(path for path, _ in item.paths) if isinstance(item, Split) else ()


def _same_layer(
    one: tuple[_Instruction, frozenset[Steps], list[int]], other: tuple[_Instruction, frozenset[Steps], list[int]]
) -> bool:
    (step, *rest), (step_there, *rest_there) = one, other
    jumps = (step.then, step.entries) == (step_there.then, step_there.entries)
    return jumps and rest == rest_there and _same_item(step.item, step_there.item)


def _same(items: Sequence[Item], others: Sequence[Item]) -> bool:
    """Whether two plans read the same digits of the very same nodes."""
    return len(items) == len(others) and all(map(_same_item, items, others))


def _same_item(one: Item, other: Item) -> bool:
    if isinstance(one, Split) and isinstance(other, Split):
        return one.node is other.node and (one.stride, one.paths) == (other.stride, other.paths)
    if isinstance(one, Branches) and isinstance(other, Branches):
        return (one.offsets, one.stride) == (other.offsets, other.stride) and all(map(_same, one.plans, other.plans))
    return isinstance(one, Free) and isinstance(other, Free) and (one.size, one.stride) == (other.size, other.stride)


def _points(items: Sequence[Item], paths: Sequence[Steps]) -> int:
    """How many combinations these digits have at some paths: a configuration is in one branch, so branches add."""
    points = 1
    for item in items:
        if isinstance(item, Branches) and _mentions(item, paths):
            points *= sum(_points(plan, paths) for plan in item.plans)
        elif isinstance(item, Split) and _mentions(item, paths):
            points *= item.size
    return points


def _offsets(item: Item) -> Sequence[int]:
    if isinstance(item, Branches):
        return item.offsets
    return range(0, item.size * item.stride, item.stride) if isinstance(item, Split) else (0,)


# --- the filter --------------------------------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class Allowed:
    """The positions of `base`, ascending, whose points satisfy every constraint."""

    base: Node
    constraints: tuple[Constraint, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        return Allowed, (self.base, self.constraints)

    def narrowed(self, constraint: Constraint) -> Allowed:
        """The same with one constraint more; what it does not touch is not counted anew."""
        made = Allowed(self.base, (*self.constraints, constraint))
        object.__setattr__(made, "_graph", _Graph(made.base, made.constraints, self._graph.components))
        return made

    @property
    def ascending(self) -> bool:
        return True

    @property
    def how(self) -> str:
        return "constrained"

    @cached_property
    def _graph(self) -> _Graph:
        return _Graph(self.base, self.constraints)

    @property
    def size(self) -> int:
        return self._graph.size

    def at(self, index: int) -> int:
        return self._graph.unrank(index)

    def rank(self, position: int) -> int | None:
        index, there = self._graph.before(position)
        return index if there else None

    def before(self, position: int) -> int:
        """How many allowed positions are less than `position`."""
        return self.size if position >= self.base.size else self._graph.before(position)[0]

    def runs(self, start: int, stop: int) -> Iterator[range]:
        return self._graph.runs(start, stop)


@final
class _Graph:
    """The digits of a sweep, free or owned by a component, in order."""

    def __init__(self, base: Node, constraints: Sequence[Constraint], known: Sequence[Component] = ()) -> None:
        wanted = list(dict.fromkeys((path, path) for constraint in constraints for path in constraint.paths))
        self.items = _plan(base, wanted, 1)
        self.components, self.owner = _components(self.items, constraints, known)
        free = (item.size for item, owner in zip(self.items, self.owner, strict=True) if owner is None)
        self.size = prod(free) * prod(component.states[0].count for component in self.components)
        owned = [place for place, owner in enumerate(self.owner) if owner is not None]
        self.tail = prod(item.size for item in self.items[max(owned, default=-1) + 1 :])

    def unrank(self, index: int) -> int:
        """The position of the allowed point at `index`."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        position, rest, now = 0, self.size, [0] * len(self.components)
        for item, owner in zip(self.items, self.owner, strict=True):
            if owner is None:
                rest //= item.size
                digit, index = divmod(index, rest)
                position += digit * item.stride
                continue
            number, place = owner
            states = self.components[number].states
            rest //= states[now[number]].count
            rank, index = divmod(index, rest)
            offset, rank, now[number] = self._descend(number, now[number], place, rank)
            position += offset
            index += rank * rest
            rest *= states[now[number]].count
        return position

    def _descend(self, owner: int, number: int, place: int, rank: int) -> tuple[int, int, int]:
        """The digits of one place by rank: what they add to the position, the rank left, the state reached."""
        component, position = self.components[owner], 0
        while self._inside(component, number, place):
            state = component.states[number]
            item = component.program[state.pc].item
            if isinstance(item, Free):
                digit, rank = divmod(rank, state.counts[-1])
                position, number = position + digit * item.stride, state.targets[0]
                continue
            edge = bisect_right(state.counts, rank) - 1
            position, rank, number = position + state.offsets[edge], rank - state.counts[edge], state.targets[edge]
        return position, rank, number

    @staticmethod
    def _inside(component: Component, number: int, place: int) -> bool:
        pc = component.states[number].pc
        return pc < len(component.program) and component.program[pc].place == place

    def before(self, position: int) -> tuple[int, bool]:
        """How many allowed points stand before `position`, and whether the one there is allowed."""
        index, rest, now = 0, self.size, [0] * len(self.components)
        for item, owner in zip(self.items, self.owner, strict=True):
            if not rest:
                return index, False
            digit, position = divmod(position, item.stride)
            if owner is None:
                rest //= item.size
                index += digit * rest
                continue
            number, place = owner
            states = self.components[number].states
            rest //= states[now[number]].count
            rank, now[number] = self._ascend(number, now[number], place, digit * item.stride)
            index += rank * rest
            if now[number] == _DEAD:
                return index, False
            rest *= states[now[number]].count
        return index, bool(rest)

    def _ascend(self, owner: int, number: int, place: int, position: int) -> tuple[int, int]:
        """The inverse of `_descend`: the completions before these digits, and the state they reach."""
        component, rank = self.components[owner], 0
        while number != _DEAD and self._inside(component, number, place):
            state = component.states[number]
            item = component.program[state.pc].item
            if isinstance(item, Free):
                digit, position = divmod(position, item.stride)
                rank, number = rank + digit * state.counts[-1], state.targets[0]
                continue
            edge = bisect_right(state.offsets, position) - 1
            position -= state.offsets[edge]
            rank, number = rank + state.counts[edge], state.targets[edge]
        return rank, number

    def runs(self, start: int, stop: int) -> Iterator[range]:
        """The positions of the allowed points at `start` to `stop`, neighbours joined."""
        run = range(0)
        while start < stop:
            first = self.unrank(start)
            count = min(self.tail - start % self.tail, stop - start)
            if run and run.stop == first:
                run = range(run.start, first + count)
            else:
                if run:
                    yield run
                run = range(first, first + count)
            start += count
        if run:
            yield run


def _components(
    items: Sequence[Item], constraints: Sequence[Constraint], known: Sequence[Component]
) -> tuple[list[Component], list[tuple[int, int] | None]]:
    """The constraints grouped by the digits they share; per digit the group that owns it, and its place there."""
    holding = _positions(map(_all_paths, items))
    scopes = [frozenset(_among(holding, c.paths)) for c in constraints]
    groups: list[tuple[frozenset[int], list[Constraint]]] = []
    for scope, constraint in zip(scopes, constraints, strict=True):
        apart = [group for group in groups if group[0].isdisjoint(scope)]
        joined = [group for group in groups if not group[0].isdisjoint(scope)]
        together = [*(c for group in joined for c in group[1]), constraint]
        groups = [*apart, (scope.union(*(group[0] for group in joined)), together)] if scope else groups
    owner: list[tuple[int, int] | None] = [None] * len(items)
    for number, (digits, _) in enumerate(groups):
        for place, digit in enumerate(sorted(digits)):
            owner[digit] = (number, place)
    return [_component(cs, [items[k] for k in sorted(digits)], known) for digits, cs in groups], owner


def _component(constraints: Sequence[Constraint], items: Sequence[Item], known: Sequence[Component]) -> Component:
    found = (component for component in known if component.says(constraints, items))
    return next(found, None) or Component(constraints, items, known)


def _positions(many: Iterable[Iterable[Steps]]) -> dict[Steps, list[int]]:
    """Per path where it occurs among collections of paths."""
    found: dict[Steps, list[int]] = {}
    for position, paths in enumerate(many):
        for path in paths:
            found.setdefault(path, []).append(position)
    return found


def _among(positions: Mapping[Steps, Sequence[int]], paths: Iterable[Steps]) -> list[int]:
    """Where any of the paths occurs, ascending."""
    return sorted({position for path in paths for position in positions.get(path, ())})


def _all_paths(item: Item) -> frozenset[Steps]:
    """The paths that a digit, or one inside its branches, gives values to."""
    if isinstance(item, Branches):
        return frozenset(path for plan in item.plans for inner in plan for path in _all_paths(inner))
    return frozenset(_paths(item))


def _mentions(item: Item, paths: Sequence[Steps]) -> bool:
    return not _all_paths(item).isdisjoint(paths)
