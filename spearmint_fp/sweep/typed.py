"""Sweeps of the user's own types."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import reduce
from inspect import isclass
from itertools import chain
from math import prod
from types import UnionType
from typing import Annotated, Any, Final, TypeVar, Union, final, get_args, get_origin, is_typeddict, overload

import attrs
from toolz import unique

from ..configuration.convert import Extra, checker, structure, unstructure
from ..configuration.errors import ConversionError, PathError, SizeError, SpearmintError, counted
from ..configuration.paths import found_in, set_in
from ..configuration.problems import Steps
from ..configuration.tree import freeze
from .choose import constrained
from .constraints import Constraint
from .core import Sweep, as_sweep
from .indices import length
from .nodes import (
    LIMIT,
    Columns,
    Image,
    Node,
    alike,
    exact_key,
    few,
)
from .nodes import Union as NodeUnion
from .outline import Outline

__all__ = ["structured"]

T = TypeVar("T")


# --- structured ------------------------------------------------------------------------------------


@overload
def structured(cls: type[T], sweep: Sweep[Any], *, extra: Extra = "forbid") -> Sweep[T]: ...
@overload
def structured(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Sweep[Any]: ...
def structured(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Sweep[Any]:
    """`mapped(lambda config: structure(cls, config), sweep)`, searchable: a sweep of instances of `cls`.

    Size, order, slices and positions are those of `sweep`. A configuration is converted when it is asked for, each
    time anew; nothing is converted here. `.index` unstructures what it looks for, so it does not enumerate.

    >>> import attrs
    >>> from spearmint_fp import DynamicValue, expand
    >>> @attrs.frozen
    ... class Llm:
    ...     model: str
    ...     n: float = 1.0
    >>> s = structured(Llm, expand({"model": DynamicValue(["a", "b"]), "n": DynamicValue(range(10**12))}))
    >>> s[-1], s.index(Llm("b", 7.0)) == 10**12 + 7
    (Llm(model='b', n=999999999999.0), True)
    >>> structured(Llm, expand(DynamicValue([]))).size
    0

    Raises:
        ArgumentError: `sweep` is not a sweep, or `extra` is neither "forbid" nor "ignore".
        ConversionError: when a configuration is asked for that does not convert.

    See also: `structure`, for one configuration; `validate`, which finds what does not convert before a run.
    """
    node = as_sweep(sweep, "structured")._node
    checker(cls, extra)
    return Sweep(Typed(cls, extra, node))


@final
@attrs.frozen(repr=False)
class Typed(Image):
    """Each config as an instance of `cls`."""

    cls: Any
    extra: Extra
    base: Node
    size: int = attrs.field(init=False, eq=False, repr=False)
    depth: int = attrs.field(init=False, eq=False, repr=False)

    @property
    def exact(self) -> bool:
        return False

    @property
    def _function(self) -> Any:
        return self.cls

    def _call(self, config: Any) -> Any:
        return structure(self.cls, config, extra=self.extra)

    def ranks(self, value: Any, exact: bool) -> Iterator[int]:
        if not _can_be(self.cls, value):
            return iter(())
        looked_for = (freeze(unstructure(value)), value)  # by alias, and by name
        near, long = self.base, dict[Steps, Any]()
        for path, column in self.base.columns().items():
            if sum(map(length, column.pieces)) > LIMIT:
                long[path] = _whole_at(path, looked_for)
            else:
                near = constrained(near, Constraint(_matches(path, looked_for), (path,)))
        origins = self._origins(near, long)
        ranks = chain.from_iterable(self.base.ranks(origin, False) for origin in origins)
        found = sorted(rank for rank in few(unique(ranks)) if self._is(rank, value, exact))
        if not found and long and near.size > 1 and not _is_one_branch(self.base):
            raise SizeError(
                f"this may stand in another branch, beside axes of more than {LIMIT} values. "
                f"Search the sweep that it was made from"
            )
        if found or self._is_faithful():
            return iter(found)
        if self.size > SCANNED:
            raise SizeError(
                f"finding this means converting {counted(self.size)} configurations, more than {SCANNED}: their class "
                f"changes the values that it is made from. Search the sweep that it was made from"
            )
        return (rank for rank in range(self.size) if self._is(rank, value, exact))

    def _is_faithful(self) -> bool:
        """Whether some configurations, evenly spread, have in their class what the axes have."""
        return all(map(self._is_itself, range(0, self.size, max(1, self.size // FEW))))

    def _is_itself(self, rank: int) -> bool:
        try:
            point, config = self.at(rank), self.base.at(rank)
        except ConversionError:
            return True
        forms = (freeze(unstructure(point)), point)
        found = ((path, _there(path, (config,))) for path in self.base.columns())
        return all(_matches(path, forms)(there[0]) for path, there in found if there)

    def _origins(self, near: Node, long: dict[Steps, Any]) -> Iterator[Any]:
        """The configurations that may have become a value: these, with the numbers of the long axes put in."""
        free = prod(sum(map(length, self.base.columns()[path].pieces)) for path in long)
        if near.size > LIMIT * free:
            raise SizeError(
                f"finding this means converting {counted(near.size)} configurations, more than {LIMIT}: their class "
                f"tells nothing about their axes. Search the sweep that it was made from"
            )
        if not near.size or not long:
            return near.walk(0, near.size)
        ends = (near.at(0), near.at(near.size - 1))  # in a branch with the long axes, or in one without
        return iter((*ends, *(_with(long, end) for end in ends)))

    def _is(self, rank: int, value: Any, exact: bool) -> bool:
        try:
            point = self.at(rank)
        except ConversionError:  # then it became nothing
            return False
        return exact_key(point) == exact_key(value) if exact else alike(point, value)

    def columns(self) -> Columns:
        return self.base.columns()

    def outline(self, path: Steps) -> Outline:
        return self.base.outline(path)


def _with(numbers: dict[Steps, Any], config: Any) -> Any:
    """A config with numbers at the paths of its long axes; as it is, where it has no such path."""
    try:
        return reduce(lambda whole, item: set_in(item[0], item[1], whole), numbers.items(), config)
    except PathError:
        return config


def _is_one_branch(node: Node) -> bool:
    """Whether all points have the same paths, because nothing in a sweep is a union."""
    return not isinstance(node, NodeUnion) and all(map(_is_one_branch, node.children))


def _can_be(kind: Any, value: Any) -> bool:
    """Whether a value may be of a type, before anything is looked up."""
    if get_origin(kind) in (Union, UnionType, Annotated):
        members = get_args(kind)
        return any(_can_be(member, value) for member in (members[:1] if get_origin(kind) is Annotated else members))
    cls = get_origin(kind) or kind
    plain = not isclass(cls) or is_typeddict(cls) or issubclass(cls, Collection)  # frozen, when it is looked for
    return plain or isinstance(value, cls)


def _there(path: Steps, forms: tuple[Any, ...]) -> tuple[Any, ...]:
    """What stands at a path of the first form that has it, as plain data; nothing where none has."""
    found = next(filter(None, (found_in(path, form) for form in forms)), ())
    return tuple(freeze(unstructure(value)) for value in found)


def _reads_as(text: Any, value: Any) -> bool:
    """Whether text is how a value may be written: a path, a date."""
    if not isinstance(text, str) or isinstance(value, str):
        return False
    try:
        return alike(structure(type(value), text), value)
    except SpearmintError:  # it is text for something else
        return False


SCANNED: Final = 10_000
"""Up to this size every configuration is converted where a class hides what it was made from."""

FEW: Final = 32
"""How many configurations are asked whether their class does."""


_VAST: Final = 10**10_000  # a Decimal may stand for more digits than there is memory: it is asked before it is an int


def _whole_at(path: Steps, forms: tuple[Any, ...]) -> Any:
    """The whole number that a long range must have had where a typed config has a number."""
    try:
        (number,) = _there(path, forms)
        return int(number) if abs(number) < _VAST and number == int(number) else number
    except Exception:  # no such path, or no number there: then nothing in a range became it
        return None


def _matches(path: Steps, forms: tuple[Any, ...]) -> Callable[[Any], bool]:
    """Whether an axis value may have become what a typed config has at its path; yes where that cannot be told."""
    found = _there(path, forms)

    def may_be(value: Any) -> bool:
        return not found or alike(freeze(unstructure(value)), found[0]) or _reads_as(value, found[0])

    return may_be
