"""Configurations with values more, which depend on the values at some of their paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, final

import attrs
from toolz import unique

from ...configuration.fold import Steps, show_path
from ...configuration.keys import exact_key
from ...configuration.messages import short_repr
from ...configuration.paths import drop_in, find_in, set_in
from ..claims import Claims, overlap
from .columns import Column, Columns, Kinds
from .late import places
from .merge import find_places
from .node import Composition, Compound, Node, ProductOf, ZipOf, make_derived_field
from .points import make_matcher

if TYPE_CHECKING:
    from ..outline import Outline
    from ..places import Places


@final
@attrs.frozen(repr=False)
class Rule:
    """A value, for the configurations that have one of some values at each of some paths: `keys` are their keys."""

    paths: tuple[Steps, ...]
    keys: tuple[frozenset[Any], ...]
    value: Any

    def agrees(self, config: Any) -> bool:
        """True for a configuration that has these values."""
        pairs = zip(self.paths, self.keys, strict=True)
        return all(found and exact_key(found[0]) in keys for path, keys in pairs for found in [find_in(path, config)])


@final
@attrs.frozen(repr=False)
class Addition:
    """A path that no configuration has yet, and the rules for its value: the last one that agrees decides."""

    path: Steps
    rules: tuple[Rule, ...]

    def add_to(self, config: Any, origin: Any) -> Any:
        """The configuration with the value that `origin` gets."""
        rule = next((rule for rule in reversed(self.rules) if rule.agrees(origin)), None)
        return config if rule is None else set_in(self.path, rule.value, config)

    @property
    def inputs(self) -> tuple[Steps, ...]:
        """The paths that decide about the value."""
        return tuple(dict.fromkeys(path for rule in self.rules for path in rule.paths))

    @property
    def column(self) -> Column:
        """The values that there may be."""
        values = tuple(unique((rule.value for rule in self.rules), key=exact_key))
        return Column((values,), len(values) > 1 or bool(self.inputs))


@final
@attrs.frozen(repr=False)
class Extended(Compound):
    """Each configuration of a base with the values that the rules give it."""

    base: Node
    additions: tuple[Addition, ...]
    size: int = make_derived_field()

    @size.default
    def _count(self) -> int:
        return self.base.size

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base,)

    @cached_property
    def _paths(self) -> tuple[Steps, ...]:
        return tuple([addition.path for addition in self.additions])

    def at(self, index: int) -> Any:
        return self.complete(self.base.at(index))

    def walk(self, start: int, stop: int) -> Iterator[Any]:
        return map(self.complete, self.base.walk(start, stop))

    def complete(self, point: Any) -> Any:
        return reduce(lambda config, addition: addition.add_to(config, point), self.additions, point)

    def inputs(self, path: Steps) -> tuple[Steps, ...] | None:
        read = [addition.inputs for addition in self.additions if overlap(addition.path, path)]
        if not path or not read:
            return None
        beside = [path]  # of a record, what it has beside the value
        if self.base.exact:
            beside = [one for one in self.base.columns() if one[: len(path)] == path]
        return tuple(dict.fromkeys([*beside, *(one for inputs in read for one in inputs)]))

    def places(self, value: Any, exact: bool) -> Places:
        same = make_matcher(value, exact)
        origins: Iterable[Any] = (value,)
        for path in self._paths:
            origins = list(unique((one for config in origins for one in _list_origins(path, config)), key=exact_key))
        return places.Verified(find_places(self.base, origins, exact), lambda rank: same(self.at(rank)))

    @property
    def composition(self) -> Composition | None:
        made = self.base.composition
        if isinstance(made, ProductOf) and all(addition.inputs for addition in self.additions):
            finish = made.finish or _keep_point
            return attrs.evolve(made, finish=lambda point: self.complete(finish(point)))
        return made if isinstance(made, ZipOf) else None

    def rebuilt(self, parts: Sequence[Node]) -> Extended:
        return Extended(self.base.rebuilt(parts), self.additions)

    def enter(self, path: Steps) -> Sequence[tuple[int, Steps]]:
        return self.base.enter(path)

    def may_have(self, path: Steps) -> bool:
        return any(overlap(path, added) for added in self._paths) or self.base.may_have(path)

    def has_path(self, path: Steps) -> bool:
        if any(added[: len(path)] == path for added in self._paths) or self.base.has_path(path):
            return True
        inside = [one for one in self.additions if path[: len(one.path)] == one.path]
        return any(find_in(path[len(one.path) :], rule.value) for one in inside for rule in one.rules)

    def can_set(self, path: Steps) -> bool:
        return self.base.can_set(path)

    @property
    def faithful(self) -> bool:
        return self.base.faithful

    def columns(self) -> Columns:
        return self.base.columns() | {addition.path: addition.column for addition in self.additions}

    def kinds(self) -> Kinds:
        return self.base.kinds()

    def claims(self, exact: bool) -> Claims:
        if exact or not self.size:
            return super().claims(exact=True)
        return reduce(lambda claims, path: claims.with_unknown(path), self._paths, self.base.claims(exact=False))

    def outline(self, path: Steps) -> Outline:
        outline = self.base.outline(path)
        for addition in self.additions:
            values = ", ".join(map(short_repr, addition.column.pieces[0][:6]))
            outline = outline.with_line(f"{show_path((*path, *addition.path))}: included, {values}")
        return outline


def _list_origins(path: Steps, config: Any) -> Iterator[Any]:
    """The configurations without a path: a record that is empty then may have been there, or made for the value."""
    origin = drop_in(path, config, prune=False)
    yield origin
    for end in range(len(path) - 1, 0, -1):
        if find_in(path[:end], origin) != ({},):
            return
        origin = drop_in(path[:end], origin, prune=False)
        yield origin


def _keep_point(point: Any) -> Any:
    return point
