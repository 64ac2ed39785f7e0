"""Sweeps filtered by constraints: counted wherever a sweep shows how it is made, and listed up to a bound elsewhere.

A product is counted by its axes (`allowed`). Sums, slices and derived values pass constraints on to what they are made
from; so do other selections and zips where too many configurations would have to be listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Final, final

import attrs

from ..configuration.errors import SizeError
from ..configuration.fold import Steps, show_path
from ..configuration.messages import format_count
from .allowed import Allowed, lift_constraints
from .claims import overlap
from .digits import count_values
from .indices import Chosen, Indices, Remaining, Span
from .nodes.node import LIMIT, Node, ProductOf, SelectionOf, SumOf, ViewOf, ZipOf
from .nodes.points import walk_points
from .nodes.select import Select, slice_node
from .nodes.union import Union
from .predicates import Relation
from .tables import Constraint, join_names, keeps_all

Constraints = Sequence[Constraint]

FEW: Final = 10_000
"""How many points of a shuffled or zipped sweep are listed rather than counted, however large the sweep is."""


def constrain_node(node: Node, *constraints: Constraint) -> Node:
    """The points of a sweep that satisfy constraints; nothing is asked before something is asked of the result."""
    if isinstance(node, Filter):
        return node.narrow(constraints)
    match node.composition:
        case SelectionOf(indices=Allowed() as allowed):
            return _select_allowed(allowed.narrow(*constraints))
        case ProductOf():
            return _filter_node(node, constraints)
    return Filter(node, constraints)


class _Delegated:
    """An attribute that is read from the object in another attribute, `holder`."""

    def __init__(self, holder: str) -> None:
        self._find_holder = attrgetter(holder)

    def __set_name__(self, owner: type, name: str) -> None:
        self._find = attrgetter(name)

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else self._find(self._find_holder(instance))


def _delegate_to(holder: str) -> Any:
    return _Delegated(holder)


@final
@attrs.frozen(eq=False, repr=False)
class Filter(Node):
    """The points of a base that satisfy every constraint: constraints gather, and are asked together.

    So what a predicate raises about a configuration that another one excludes is not seen, in whatever order they came.
    Whether paths can be found is answered by the base; all else by the sweep that the constraints leave.
    """

    base: Node
    constraints: tuple[Constraint, ...]
    _found: list[Node] = attrs.field(init=False, factory=list)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + self.base.depth)  # `children` are asked for later

    @property
    def found(self) -> Node:
        """The same points, as a sweep of another kind."""
        if not self._found:
            self._found.append(_filter_node(self.base, self.constraints))
        return self._found[0]

    def narrow(self, constraints: Constraints) -> Node:
        """The same with more constraints; what has been asked is not asked again."""
        if self._found:
            return constrain_node(self.found, *constraints)
        return Filter(self.base, (*self.constraints, *constraints))

    def has_path(self, path: Steps) -> bool:
        return self.base.has_path(path)

    @property
    def source(self) -> Node:
        return self.base.source

    def can_set(self, path: Steps) -> bool:
        return self.base.can_set(path)

    def may_have(self, path: Steps) -> bool:
        return self.base.may_have(path)

    size = _delegate_to("found")
    stored = _delegate_to("found")
    children = _delegate_to("found")
    has_same_types = _delegate_to("found")
    calls = _delegate_to("found")
    computed = _delegate_to("found")
    exact = _delegate_to("found")
    shuffled = _delegate_to("found")
    composition = _delegate_to("found")
    terms = _delegate_to("found")
    factors = _delegate_to("found")
    fields = _delegate_to("found")
    at = _delegate_to("found")
    walk = _delegate_to("found")
    places = _delegate_to("found")
    explain_absence = _delegate_to("found")
    columns = _delegate_to("found")
    claims = _delegate_to("found")
    kinds = _delegate_to("found")
    tabulate = _delegate_to("found")
    as_choice = _delegate_to("found")
    through = _delegate_to("found")
    probes = _delegate_to("found")
    rebuilt = _delegate_to("found")
    enter = _delegate_to("found")
    outline = _delegate_to("found")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Node):
            return NotImplemented
        return self.found == (other.found if isinstance(other, Filter) else other)

    def __hash__(self) -> int:
        return hash(self.found)

    def __reduce__(self) -> tuple[Any, ...]:
        return self.found.__reduce__()  # predicates need not be picklable, and are not asked again


def _find_answer(constraint: Constraint, node: Node) -> bool | None:
    """The one answer about all configurations where no path that matters is there; None where their values decide."""
    if not node.size:
        return True
    there = map(node.may_have, constraint.paths)
    if constraint.formula is None:
        return None if all(there) else True
    return None if any(there) else constraint.formula.absent


def _filter_node(node: Node, constraints: Constraints) -> Node:
    """The points of a sweep that satisfy all constraints."""
    answers = [_find_answer(constraint, node) for constraint in constraints]
    held = [constraint for constraint, answer in zip(constraints, answers, strict=True) if answer is None]
    if False in answers:
        return slice_node(node, slice(0))
    if not held:
        return node
    match node.composition:
        case ProductOf():
            return _count_allowed(node, held)
        case SumOf(parts=parts):
            return Union.of([_filter_node(part, held) for part in parts])
        case ViewOf(base=base, path=path) if any(not _looks_at(one, path) for one in held):
            return _filter_view(node, base, path, held)
        case SelectionOf(indices=Allowed() as allowed):
            return _select_allowed(allowed.narrow(*held))
        case SelectionOf(base=base, indices=Remaining() as indices) if node.size > LIMIT:
            return _filter_remaining(base, indices, held)
        case SelectionOf(base=base, indices=indices):
            return _filter_selection(node, base, indices, held)
        case ZipOf(parts=parts) if node.size > LIMIT:
            return _filter_aligned(node, parts, held)
    return _list_kept(node, held)


def _looks_at(constraint: Constraint, path: Steps) -> bool:
    """True where a constraint looks at what stands at a path, or in it, or around it."""
    return any(overlap(path, other) for other in constraint.paths)


def _filter_view(node: Node, base: Node, path: Steps, constraints: Constraints) -> Node:
    """The base is filtered by what does not see the value at `path`, and what is left by the others."""
    before = [constraint for constraint in constraints if not _looks_at(constraint, path)]
    after = [constraint for constraint in constraints if _looks_at(constraint, path)]
    try:
        left = node.rebuilt([_filter_node(base, before)])
        _ = left.size  # what a predicate raises, it raises here
    except Exception:  # of a configuration that those after may exclude
        if not after or node.size > LIMIT:
            raise
        return _list_kept(node, constraints)
    return _filter_node(left, after)


def _count_allowed(node: Node, constraints: Constraints) -> Node:
    """Counted by the axes that the constraints name."""
    base, lifted = lift_constraints(node)
    return _select_allowed(Allowed.of(base, lifted, constraints))


def find_product(node: Node) -> Node:
    """The same points as a plain product, where nothing but conditions by value on single axes has narrowed one."""
    if isinstance(node, Filter):  # it is counted when something is asked of it
        return node
    match node.composition:
        case SelectionOf(indices=Allowed() as allowed) if all(one.is_answered for one in allowed.constraints):
            return allowed.find_product() or node
    return node


def _select_allowed(allowed: Allowed) -> Node:
    return Select(allowed.base, allowed)


# --- selections ----------------------------------------------------------------------------------------


def _filter_selection(node: Node, base: Node, indices: Indices, constraints: Constraints) -> Node:
    """A filtered slice is a slice of the filtered base; of other selections, few survivors are looked up one by one."""
    if node.size <= LIMIT and (not isinstance(indices, Span) or _is_listed(base, node.size)):
        return _list_kept(node, constraints)
    try:
        whole = _filter_node(base, constraints)
        if whole.size in (0, base.size):
            return node if whole.size else slice_node(node, slice(0))
    except Exception:  # outside the selection there may be too much, or what a predicate refuses
        if node.size > LIMIT:
            raise
        return _list_kept(node, constraints)
    survivors = _find_survivors(whole, base)
    if survivors is not None and isinstance(indices, Span):
        step, origin = abs(indices.positions.step), survivors.origin
        if step == 1:
            return _cut_survivors(whole, survivors, indices.positions)
        # the diagram of a stride has a state per remainder
        if origin is None and step * count_values(base) <= LIMIT and isinstance(survivors.indices, Allowed):
            every = Constraint(None, ((),), positions=range(indices.positions[0] % step, base.size, step))
            strided = survivors.indices.narrow(every)
            return _cut_survivors(_select_allowed(strided), _Survivors(strided, None), indices.positions)
    if node.size <= LIMIT and (survivors is None or node.size <= whole.size):
        return _list_kept(node, constraints)
    return _look_up_kept(node, whole, base, indices, constraints)


def _filter_remaining(base: Node, indices: Remaining, constraints: Constraints) -> Node:
    """The filtered base without the points that were removed from it."""
    whole = _filter_node(base, constraints)
    survivors = _find_survivors(whole, base)
    if survivors is None:
        raise _make_refusal(base.size, constraints)
    ranks = [(survivors.count_up_to(position, 0), survivors.count_up_to(position, 1)) for position in indices.removed]
    removed = tuple([rank for rank, after in ranks if rank < after])
    return Select(whole, Remaining(whole.size, removed)) if removed else whole


def _is_listed(base: Node, count: int) -> bool:
    """True for a sweep that is filtered by listing it: listing `count` points of it takes less."""
    made = base.composition
    counted = not isinstance(made, SelectionOf | ZipOf) or isinstance(getattr(made, "indices", None), Span | Allowed)
    return not counted and (base.size <= LIMIT or count <= FEW)


@attrs.frozen(eq=False, repr=False)
class _Survivors:
    """The positions that a filter leaves, and how those of the unfiltered sweep are found among the same ones."""

    indices: Allowed | Chosen
    origin: Indices | None

    def count_up_to(self, position: int, more: int) -> int:
        """How many come before a position of the unfiltered sweep, or up to it where `more` is 1."""
        end = more + (position if self.origin is None else self.origin.at(position))
        return self.indices.count_before(end)

    def list_ranks(self) -> Iterator[int]:
        """The positions of the unfiltered sweep that are left."""
        positions = chain.from_iterable(self.indices.runs(0, self.indices.size))
        return positions if self.origin is None else _keep_ranks(self.origin, positions)


def _keep_ranks(indices: Indices, positions: Iterable[int]) -> Iterator[int]:
    """Where these positions stand in a selection, of those that do."""
    return (rank for rank in map(indices.rank, positions) if rank is not None)


def _find_survivors(whole: Node, base: Node) -> _Survivors | None:
    """The positions of what a filter leaves of `base`; None where the filtered sweep has no such positions."""
    match whole.composition, base.composition:
        case ViewOf(base=inner_whole), ViewOf(base=inner_base):
            return _find_survivors(inner_whole, inner_base)
        case SelectionOf(indices=Chosen() as indices, base=listed), _ if listed is base:
            return _Survivors(indices, None)
        case SelectionOf(indices=Allowed() as indices), SelectionOf(indices=Allowed() as origin):
            return _Survivors(indices, origin)
        case SelectionOf(indices=Allowed() as indices), ProductOf():
            axes, lifted = lift_constraints(base)
            return _Survivors(indices, Allowed(axes, lifted) if lifted else None)
    return None


def _cut_survivors(whole: Node, survivors: _Survivors, positions: range) -> Node:
    """The part of a filtered base that lies between the ends of a slice, in its direction."""
    low, high = sorted((positions[0], positions[-1]))
    start, stop = survivors.count_up_to(low, 0), survivors.count_up_to(high, 1)
    part = slice_node(whole, slice(start, stop))
    return part if positions.step > 0 else slice_node(part, slice(None, None, -1))


def _look_up_kept(node: Node, whole: Node, base: Node, indices: Indices | None, constraints: Constraints) -> Node:
    """The points of a sweep whose origins survive in the filtered base, found from these: they must be few."""
    survivors = _find_survivors(whole, base)
    if survivors is None or whole.size > LIMIT:
        raise _make_refusal(node.size if survivors is None else min(node.size, whole.size), constraints)
    ranks = survivors.list_ranks()
    return Select(node, Chosen(tuple(sorted(ranks if indices is None else _keep_ranks(indices, ranks)))))


# --- zips ------------------------------------------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class Carried(Indices):
    """Positions in one part of a zip, as positions in the zip, whose points stand at the same indices.

    `Allowed` builds points of its own base, the part, so it cannot select from the zip itself.
    """

    indices: Indices

    size = _delegate_to("indices")
    ascending = _delegate_to("indices")
    how = _delegate_to("indices")
    at = _delegate_to("indices")
    rank = _delegate_to("indices")
    runs = _delegate_to("indices")


def _filter_aligned(node: Node, parts: Sequence[Node], constraints: Constraints) -> Node:
    """A zip too long to be listed: where all paths lie in one part, its survivors are those of the zip."""
    homes = [_find_home(node, parts, constraint) for constraint in constraints]
    number = homes[0]
    if number is None or any(home != number for home in homes):
        raise _make_refusal(node.size, constraints)
    part = parts[number]
    whole = _filter_node(part, constraints)
    if whole.size == node.size:
        return node
    survivors = _find_survivors(whole, part)
    if survivors is not None and survivors.origin is None:
        return Select(node, Carried(survivors.indices))
    return _look_up_kept(node, whole, part, None, constraints)


def _find_home(node: Node, parts: Sequence[Node], constraint: Constraint) -> int | None:
    """The one part in which all paths of a constraint lie; None where there is none."""
    homes = {
        part if parts[part].may_have(rest) else None for path in constraint.paths for part, rest in node.enter(path)
    }
    homes.discard(None)
    return homes.pop() if len(homes) == 1 and all(constraint.paths) else None


# --- listing ----------------------------------------------------------------------------------------------


def _list_kept(node: Node, constraints: Constraints) -> Node:
    """The filter of a sweep that has no axes to count by: every configuration is looked at, once."""
    if node.size > LIMIT:
        raise _make_refusal(node.size, constraints)
    kept = [k for k, point in enumerate(walk_points(node, 0, node.size)) if keeps_all(constraints, point)]
    return node if len(kept) == node.size else Select(node, Chosen(tuple(kept)))


def _make_refusal(points: int, constraints: Constraints) -> SizeError:
    paths = join_names(show_path(path) for constraint in constraints for path in constraint.paths)
    what, first = f"constraining on {paths}", "Constrain it first"
    if any(constraint.formula for constraint in constraints):
        what, first = f"selecting by {paths}", "Select from it first"
    if any(isinstance(constraint.predicate, Relation) for constraint in constraints):
        what, first = "comparing this sweep with another one", "Compare the sweep that it was made from"
    return SizeError(
        f"{what} takes {format_count(points)} points to enumerate here, more than {LIMIT}: the sweep is shuffled, "
        f"zipped or mapped, or strided over long axes. {first}, or stream with filter(predicate, sweep)"
    )
