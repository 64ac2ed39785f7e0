"""Sweeps of the user's own types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property, reduce
from inspect import isclass
from itertools import chain
from math import prod
from typing import TYPE_CHECKING, Any, Final, TypeVar, final, overload

import attrs
from toolz import assoc_in, unique

from ..configuration.config import Layout
from ..configuration.equality import are_equal
from ..configuration.errors import ConversionError, PathError, SizeError, SpearmintError
from ..configuration.fold import Steps
from ..configuration.freezing import freeze
from ..configuration.keys import exact_key
from ..configuration.messages import format_count
from ..configuration.paths import find_in, set_in
from ..configuration.spacing import COMPUTED_TYPES
from ..conversion.convert import make_checker, structure, unstructure
from ..conversion.problems import Extra
from .core import Sweep, as_sweep
from .indices import count_items
from .late import checks, counted
from .nodes.image import Image
from .nodes.late import places
from .nodes.node import LIMIT, Node, make_derived_field
from .patterns import KEPT_SCALARS, find_common_pattern, find_pattern

if TYPE_CHECKING:
    from .places import Places

T = TypeVar("T")


# --- structured ------------------------------------------------------------------------------------


@overload
def structured(cls: type[T], sweep: Sweep[Any], *, extra: Extra = "forbid") -> Sweep[T]: ...
@overload
def structured(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Sweep[Any]: ...
def structured(cls: Any, sweep: Sweep[Any], *, extra: Extra = "forbid") -> Sweep[Any]:
    """`mapped(lambda config: structure(cls, config), sweep)`, searchable: a sweep of instances of `cls`.

    Size, order, slices and positions are those of `sweep`. A configuration is converted when it is asked for, each
    time anew; nothing is converted here. Where `cls` keeps the values that it is given, and all configurations have the
    same paths, `.index` and `in` look for the configuration that an instance was made of. Otherwise they convert all of
    up to 10^5 configurations, once; in larger sweeps they narrow the axes by what they look for, and give a position
    where this stands, and an error where a class of validators or converters may hide it.

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
        SizeError: by `.index`, `in` and `.count`, where only converting more than 10^5 configurations could tell.

    See also: `structure`, for one configuration; `validate`, which finds what does not convert before a run.
    """
    node = as_sweep(sweep, "structured")._node
    make_checker(cls, extra)
    return Sweep(Typed(cls, extra, node))


@final
@attrs.frozen(repr=False)
class Typed(Image):
    """Each config as an instance of `cls`."""

    cls: Any
    extra: Extra
    base: Node
    size: int = make_derived_field()

    @property
    def _function(self) -> Any:
        return self.cls

    def _call(self, config: Any) -> Any:
        return structure(self.cls, config, extra=self.extra)

    def places(self, value: Any, exact: bool) -> Places:
        origin = self._find_origin(value) if isinstance(value, self._kept_class) else None
        if origin is not None:
            return places.Verified(self.base.places(origin, False), lambda rank: self._is_at(rank, value, exact))
        if self.size > MOST_CONVERTED:
            return places.Known(self._find_by_axes(value, exact))
        ranks = self._positions.get(hash(exact_key(value)), ()) if exact else range(self.size)
        return places.Known(rank for rank in ranks if self._is_at(rank, value, exact))

    @cached_property
    def _kept_class(self) -> Any:
        """The class, where an instance tells of which configuration it was made; otherwise no class."""
        claims = self.base.claims(exact=False)
        is_alike = claims.uniform and claims.leaves | claims.empties == self.base.columns().keys()
        return self.cls if is_alike and self._keeps_values else ()

    def _find_origin(self, value: Any) -> Any:
        """The configuration that an instance was made of, or one equal to it; None where its values were given as text.

        There is one at most where every configuration has the same paths.
        """
        forms = (freeze(unstructure(value)), value)
        found = {path: _find_plain(path, forms) for path in self.base.columns()}
        if any(not part or find_pattern(part[0]) is None for part in found.values()):
            return None
        if () in found:  # the points are scalars
            return found[()][0]
        return freeze(reduce(lambda tree, path: assoc_in(tree, path, found[path][0]), found, {}))

    @cached_property
    def _positions(self) -> dict[int, list[int]]:
        """The positions of the points by the hash of their key, to be looked at again: no point is kept."""
        positions: dict[int, list[int]] = {}
        for rank in range(self.size):
            with suppress(ConversionError):  # then it became nothing
                positions.setdefault(hash(exact_key(freeze(self.at(rank)))), []).append(rank)
        return positions

    def _is_at(self, rank: int, value: Any, exact: bool) -> bool:
        try:
            point = self.at(rank)
        except ConversionError:  # then it became nothing
            return False
        frozen = freeze(point)  # as what is looked for was
        equal = not exact and (are_equal(point, value) or are_equal(frozen, value))
        return equal or exact_key(frozen) == exact_key(value)

    def _find_by_axes(self, value: Any, exact: bool) -> Iterator[int]:
        """The positions of what has the value's parts on its axes, then an error where others may become it too.

        Short axes are narrowed to the values that may have become those parts. A value on a long one, which is a range,
        is computed from its part instead.
        """
        if self._keeps_values and not isinstance(value, self.cls):
            return
        forms = (freeze(unstructure(value)), value)  # by alias, and by name
        pieces = {path: column.pieces for path, column in self.base.columns().items()}
        lengths = {path: sum(map(count_items, pieces[path])) for path in pieces}
        long = [path for path, length in lengths.items() if length > LIMIT]
        short = [counted.Constraint(_make_matcher(path, forms), (path,)) for path in pieces if path not in long]
        near = reduce(counted.constrain_node, short, self.base)
        if near.size > LIMIT * prod(lengths[path] for path in long):
            raise SizeError(
                f"finding this means converting {format_count(near.size)} configurations, more than {LIMIT}: their "
                f"class tells nothing about their axes. Search the sweep that it was made from"
            )
        origins = _list_origins(near, {path: _find_whole(path, forms) for path in long})
        ranks = chain.from_iterable(self.base.ranks(origin, False) for origin in origins)
        found = sorted(rank for rank in places.bound_places(unique(ranks)) if self._is_at(rank, value, exact))
        yield from found
        # nothing else can have become the value where instances keep the values of the axes, every long axis was given
        # its one value, and no branch between the two ends of `near` may have other paths than these
        are_given = all(_find_plain(path, forms) and _are_computed(pieces[path]) for path in long)
        are_alike = found or not long or near.size <= 1 or self.base.claims(exact=False).uniform
        if not (self._keeps_values and are_given and are_alike):
            raise SizeError(
                f"finding this means converting {format_count(self.size)} configurations, more than {MOST_CONVERTED}, "
                f"in case their class changes the values that it is made from. Search the sweep that it was made from"
            )

    @cached_property
    def _keeps_values(self) -> bool:
        """True if it is certain that points have the values of their axes: by the class, and by every value."""
        columns = self.base.columns().values()
        return (
            self.extra == "forbid"
            and isclass(self.cls)
            and checks.keeps_values(self.cls)
            and self.base.exact
            and all(types <= {Layout} for types in self.base.kinds().values())
            and not any(column.computed for column in columns)
            and all(_is_kept(piece) for column in columns for piece in column.pieces)
        )


def _list_origins(near: Node, numbers: dict[Steps, Any]) -> Iterable[Any]:
    """The configurations that may have become a value: these, or some of them with the numbers of the long axes."""
    if not near.size or not numbers:
        return near.walk(0, near.size)
    ends = (near.at(0), near.at(near.size - 1))  # in a branch with the long axes, or in one without
    return (*ends, *(_set_numbers(numbers, end) for end in ends))


def _set_numbers(numbers: dict[Steps, Any], config: Any) -> Any:
    """A configuration with numbers at paths; as it is, where it lacks one of these."""
    try:
        return reduce(lambda whole, item: set_in(item[0], item[1], whole), numbers.items(), config)
    except PathError:
        return config


def _find_plain(path: Steps, forms: Sequence[Any]) -> tuple[Any, ...]:
    """The value at a path of the first form that has it, as plain data; nothing where none has."""
    found = next(filter(None, (find_in(path, form) for form in forms)), ())
    return tuple(freeze(unstructure(value)) for value in found)


MOST_CONVERTED: Final = 100_000
"""Up to this size every configuration is converted to find one: a class may hide what it was made from."""

_VAST: Final = 10**10_000
"""A Decimal may stand for more digits than there is memory, so it is compared with this before it becomes an int."""


def _find_whole(path: Steps, forms: Sequence[Any]) -> Any:
    """The whole number that a long range must have had where a typed configuration has a number."""
    try:
        (number,) = _find_plain(path, forms)
        return int(number) if abs(number) < _VAST and number == int(number) else number
    except Exception:  # no such path, or no number there: then nothing in a range became it
        return None


def _make_matcher(path: Steps, forms: Sequence[Any]) -> Callable[[Any], bool]:
    """True for the axis values that may have become what a typed configuration has at a path, if in doubt too."""
    found = _find_plain(path, forms)

    def may_be(value: Any) -> bool:
        if not found or are_equal(value, found[0]):
            return True
        if type(value) in KEPT_SCALARS:
            return type(value) is str and _may_be_text_of(value, found[0])
        plain = freeze(unstructure(value))
        return are_equal(plain, found[0]) or exact_key(plain) == exact_key(found[0])

    return may_be


def _may_be_text_of(text: str, value: Any) -> bool:
    """True if a value may be written as a text: a path, a date."""
    if isinstance(value, str):
        return False
    try:
        return are_equal(structure(type(value), text), value)
    except SpearmintError:  # it is text for something else
        return False


def _are_computed(pieces: Iterable[Sequence[Any]]) -> bool:
    return all(isinstance(piece, COMPUTED_TYPES) for piece in pieces)


def _is_kept(values: Sequence[Any]) -> bool:
    """True if it is certain that all values stay equal: of plain scalars, and whole numbers that floats can be."""
    if isinstance(values, COMPUTED_TYPES):
        return not values or find_common_pattern(values) is not None
    return all(find_pattern(value) is not None for value in values)
