"""Projections: the different sub-configurations that the configurations of a sweep have at some paths."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar, final

import attrs
from toolz import unique

from ..configuration.config import Config, get_layout
from ..configuration.errors import SizeError
from ..configuration.fold import Steps, show_path
from ..configuration.freezing import freeze
from ..configuration.instances import open_record
from ..configuration.keys import exact_key
from ..configuration.messages import format_count
from ..configuration.paths import Path, find_in
from ..configuration.spacing import COMPUTED_TYPES
from .choose import check_path, parse_paths
from .claims import Claims, overlap
from .core import Sweep, as_sweep
from .distinct import drop_repetitions
from .late import counted, merge, record
from .nodes.axis import UNIT, Axis, make_point
from .nodes.columns import Columns, Kinds, join_columns, list_static_columns
from .nodes.late import places
from .nodes.node import ABSENT, LIMIT, Compound, Node, ProductOf, SelectionOf, SumOf, ViewOf, ZipOf
from .nodes.points import make_matcher, walk_points
from .nodes.union import EMPTY, Union

if TYPE_CHECKING:
    from .outline import Outline
    from .places import Places

T = TypeVar("T")

Paths = tuple[Steps, ...]


def project(paths: Path | Sequence[Path], sweep: Sweep[Any]) -> Sweep[Config]:
    """`distinct(restrict(paths, c) for c in sweep)`: the different sub-configurations that there are at some paths.

    `restrict` keeps what stands at the paths, under the same keys in nested configurations; a path that a
    configuration lacks is absent in it. They come in the order in which they first appear. Nothing is enumerated but
    the axes that a constraint ties to those that are left out, so sizes and positions are exact at any size; sums whose
    branches may have sub-configurations in common, slices, shuffles, zips, mapped sweeps and those with constraints
    across branches are listed, up to 10^6.

    >>> from spearmint_fp import DynamicValue, expand
    >>> s = expand({"data": DynamicValue(["a", "b"]), "model": {"depth": DynamicValue([1, 2])}, "seed": DynamicValue(range(10**30))})
    >>> list(project("data", s)), project(["data", "seed"], s).size == 2 * 10**30
    ([Config({'data': 'a'}), Config({'data': 'b'})], True)
    >>> list(project("opt.m", expand({"opt": DynamicValue([{"m": DynamicValue([0, 1])}, {"k": 2}]), "n": DynamicValue([1, 2])})))
    [Config({'opt': {'m': 0}}), Config({'opt': {'m': 1}}), Config({})]

    Raises:
        PathError: no configuration has one of the paths; names it and the nearest that there is.
        SizeError: more than 10^6 configurations would have to be listed; says how many.
        ArgumentError: `paths` is not 1 to 1000 paths, or `sweep` is not a sweep.

    See also: `groupby`, with the configurations behind each; `distinct`.
    """  # noqa: E501
    node = as_sweep(sweep, "project")._node
    steps = parse_paths(paths, "project")
    for path in steps:
        check_path(path, node)
    return Sweep(project_node(node, steps))


def project_node(node: Node, paths: Paths) -> Node:
    """The different restrictions of the points of a sweep, in order of appearance."""
    return drop_repetitions(_restrict_node(node, paths))


def restrict(paths: Paths, point: Any) -> Any:
    """The configuration that has what a point has at some paths and nothing else; `ABSENT` where it has none of them.

    >>> restrict((("a", "b"), ("c",)), {"c": 1, "a": {"b": 2, "d": 3}})
    Config({'c': 1, 'a': {'b': 2}})
    """
    if () in paths:
        return point
    shape, children = open_record(point) or (None, ())
    found: dict[Hashable, Any] = {}
    for position, child in enumerate(children):
        for step in dict.fromkeys(path[0] for path in paths if shape is not None and shape.find(path[0]) == position):
            inside = restrict(tuple([path[1:] for path in paths if path[0] == step]), child)
            if inside is not ABSENT:
                found[step] = inside
    return Config(found) if found else ABSENT


def restrict_whole(paths: Paths, point: Any) -> Any:
    """The restriction of a whole configuration, without keys where it has none of the paths."""
    found = restrict(paths, freeze(point))
    return Config() if found is ABSENT else found


# --- by structure ------------------------------------------------------------------------------------------


def _restrict_node(node: Node, paths: Paths) -> Node:
    """The restrictions of the points, repetitions included, so that first ones are in order of appearance."""
    if not node.size:
        return EMPTY
    if () in paths:
        return node
    here = tuple([path for path in paths if node.may_have(path)])
    if not here:
        return UNIT
    made = None
    match node.composition:
        case _ if any(node.inputs(path) is not None for path in here):
            made = _restrict_computed(node, here)
        case ProductOf() as product if node.faithful:
            made = _restrict_product(node, product, here)
        case SumOf(parts=parts):
            made = Union.of([_restrict_node(part, here) for part in parts])
        case ViewOf(base=base, path=seen) if not any(overlap(path, seen) for path in here):
            made = _restrict_node(base, here)
        case SelectionOf(indices=counted.Allowed() as allowed):
            made = _restrict_allowed(allowed, here)
        case ZipOf(parts=parts):
            homes = {part for path in here for part, rest in node.enter(path) if parts[part].may_have(rest)}
            made = _restrict_node(parts[homes.pop()], here) if len(homes) == 1 else None
    return _list_restrictions(node, here) if made is None else made


def _restrict_allowed(allowed: counted.Allowed, paths: Paths) -> Node | None:
    """The restrictions of what constraints leave, each once, unless that is a plain product."""
    whole = allowed.find_product()
    if whole is not None:
        return _restrict_node(whole, paths)
    firsts = counted.find_firsts(allowed, paths)
    return None if firsts is None else Restrict(paths, firsts)


def _restrict_computed(node: Node, paths: Paths) -> Node | None:
    """The restrictions to computed values, listed from those to the values that decide them."""
    inputs = [one for path in paths for one in (node.inputs(path) or [path])]
    if any(node.inputs(path) is not None for path in inputs):
        return None
    known = project_node(node, tuple(dict.fromkeys(inputs)))
    if known.size > LIMIT:
        return None
    points = map(node.complete, walk_points(known, 0, known.size))
    return _make_axis(paths, points)


def _restrict_product(node: Node, product: ProductOf, paths: Paths) -> Node | None:
    """The product of the restricted parts, each under the key that leads to it; None where that is no product."""
    ways: dict[int, dict[Steps, list[Steps]]] = {}  # per part, the steps that lead to it, and the paths from there on
    for path in paths:
        parts = node.enter(path)
        if not parts:  # a record of several parts, whose way leads through none of them
            return None
        for part, rest in parts:
            if product.parts[part].may_have(rest):
                ways.setdefault(part, {}).setdefault(path[: len(path) - len(rest)], []).append(rest)
    factors = []
    for part, inside in sorted(ways.items()):
        if len(inside) > 1:  # one child by several names
            return None
        ((steps, rests),) = inside.items()
        factor: Node | None = _restrict_node(product.parts[part], tuple(rests))
        for level, step in enumerate(reversed(steps)):  # several where the records on the way were opened
            factor = factor and _wrap_node(factor, step, level == 0 and () in rests)
        if factor is None:
            return None
        factors.append(factor)
    return merge.Merge.of_product(factors)


def _wrap_node(node: Node, key: Hashable, whole: bool) -> Node | None:
    """Each point under a key; unless it is `whole`, an empty one stands for a path that is absent."""
    if whole or () not in node.claims(exact=False).empties:
        return record.Record.of(get_layout((key,)), None, (node,))
    if isinstance(node.composition, SumOf):
        found = [_wrap_node(part, key, whole) for part in node.composition.parts]
        return None if None in found else Union.of([part for part in found if part is not None])
    if node.stored is None:
        return None
    return Axis(tuple([Config({key: point}) if point else point for point in node.stored]), swept=not node.static)


def _list_restrictions(node: Node, paths: Paths) -> Node:
    if node.size > LIMIT:
        raise SizeError(
            f"projecting on {counted.join_names(map(show_path, paths))} takes {format_count(node.size)} points to "
            f"enumerate here, more than {LIMIT}: the sweep is shuffled, sliced, zipped or mapped, or constrained "
            f"across branches. Project what it was made from"
        )
    return (
        make_point(restrict_whole(paths, node.at(0)))
        if node.static
        else _make_axis(paths, walk_points(node, 0, node.size))
    )


def _make_axis(paths: Paths, points: Iterable[Any]) -> Node:
    """The different restrictions of some points, listed."""
    return Axis(tuple(unique((restrict_whole(paths, point) for point in points), key=exact_key)), swept=True)


# --- the restrictions of a constrained sweep -----------------------------------------------------------------


@final
@attrs.frozen(repr=False)
class Restrict(Compound):
    """The restriction of each point of a base that has each restriction once."""

    paths: Paths
    base: Node

    @property
    def size(self) -> int:
        return self.base.size

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    def at(self, index: int) -> Any:
        return restrict_whole(self.paths, self.base.at(index))

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        return (restrict_whole(self.paths, point) for point in self.base.walk(start, stop))

    def places(self, value: Any, exact: bool) -> Places:
        return places.Known(self._find_places(value, exact))

    def _find_places(self, value: Any, exact: bool) -> Iterator[int]:
        """The positions of the points from which a restriction comes, found by what it has at the paths."""
        near, same = self.base, make_matcher(value, exact)
        for path in self.paths:
            found = find_in(path, value)
            test = (
                counted.Values.of(found)
                if exact and found
                else make_matcher(found[0], exact)
                if found
                else counted.ANYTHING
            )
            near = counted.constrain_node(
                near, counted.Constraint(counted.Formula.of_all([test], negated=not found), (path,))
            )
        ranks = chain.from_iterable(self.base.ranks(point, True) for point in near.walk(0, min(near.size, LIMIT)))
        yield from sorted(rank for rank in islice(ranks, LIMIT) if same(self.at(rank)))

    def rebuilt(self, parts: Sequence[Node]) -> Restrict:
        return Restrict(self.paths, parts[0])

    def _keep(self, columns: Mapping[Steps, Any]) -> dict[Steps, Any]:
        return {path: some for path, some in columns.items() if any(path[: len(p)] == p for p in self.paths)}

    def columns(self) -> Columns:
        columns = self.base.columns()
        kept, inside = self._keep(columns), list(self._look_inside(columns))
        shared = [{path: kept[path] for part in inside for path in part if path in kept}]
        return {**kept, **join_columns(shared + inside, 0)}

    def _look_inside(self, columns: Columns) -> Iterator[Columns]:
        """The columns of what lies inside of tuples: they are values of a sweep, and parts of a restriction."""
        for path, column in columns.items():
            lists = [piece for piece in column.pieces if not isinstance(piece, COMPUTED_TYPES)]
            for whole in [p for p in self.paths if len(p) > len(path) and overlap(p, path)]:
                for part in chain.from_iterable(find_in(whole[len(path) :], value) for value in chain(*lists)):
                    yield {(*whole, *rest): some for rest, some in list_static_columns(part).items()}

    def kinds(self) -> Kinds:
        return self._keep(self.base.kinds())

    def claims(self, exact: bool) -> Claims:
        claims = self.base.claims(exact=False)
        enters = any(len(p) > len(leaf) and overlap(p, leaf) for leaf in claims.leaves for p in self.paths)
        if enters or not claims.uniform:
            return super().claims(exact)
        return attrs.evolve(
            claims, leaves=frozenset(self._cut(claims.leaves)), empties=frozenset(self._cut(claims.empties))
        )

    def _cut(self, paths: Iterable[Steps]) -> list[Steps]:
        return [path for path in paths if any(path[: len(p)] == p for p in self.paths)]

    def distinct(self) -> Node:
        return self

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path).selected("projected", self.size, tuple)
