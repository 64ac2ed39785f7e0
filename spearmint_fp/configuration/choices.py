"""Choices: `DynamicValue`, how its alternatives are read, and what asks whether a tree still has choices."""

from __future__ import annotations

from collections import UserString
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final, Generic, TypeVar, final

import attrs

from .calls import explain_calls
from .config import Config
from .equality import are_equal, are_values_equal
from .errors import ArgumentError, ChoiceError, CountError, SizeError, TreeError
from .fold import (
    FROZEN_TYPES,
    SCALAR_TYPES,
    Algebra,
    Choice,
    Leaves,
    are_scalars,
    fold,
    list_leaves,
    open_node,
    register_node,
    repr_tree,
    show_path,
)
from .freezing import freeze
from .identity import encode_tree
from .keys import has_hash
from .messages import full_repr, repr_with_type, short_repr
from .models import is_model
from .opaque import find_inside
from .records import TupleShape, join_items
from .spacing import COMPUTED_TYPES, Spacing
from .tables import is_keyed, read_rows

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_ALTERNATIVES: Final = 10**7
"""How many values are read from an iterable that does not tell its length."""


def _read_alternatives(values: Iterable[T]) -> Sequence[T]:
    """A range or a spacing as it is, all else as a tuple of frozen trees."""
    if isinstance(values, DynamicValue):
        return values.values
    kept: Any = values if isinstance(values, COMPUTED_TYPES) else tuple(map(freeze, _list_alternatives(values)))
    return kept  # type: ignore[no-any-return]


@explain_calls
@final
@attrs.frozen(repr=False)
class DynamicValue(Choice, Generic[T_co]):
    """`values`, one of which each configuration takes: a choice node of a tree.

    Alternatives keep their order and are trees again: a choice inside an alternative is a conditional
    sub-space. A `range`, `linspace` or `geomspace` is kept as it is; any other iterable, a generator too, is read once
    into a tuple, so it can be expanded again; arrays give Python scalars; sets are put into an order that does not
    depend on the process. A table (a data frame of pandas, polars, pyarrow or narwhals, a structured array) is a
    choice among its rows, each a record; a Series gives its values. Alternatives are frozen, leaves are shared.

    >>> DynamicValue(i / 10 for i in range(1, 4))
    DynamicValue((0.1, 0.2, 0.3))
    >>> DynamicValue(range(0, 10**12, 3)).values[-1]
    999999999999
    >>> DynamicValue([{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]).values[1]
    Config({'name': 'adam'})

    Raises:
        ChoiceError: a bare `str`, `bytes`, mapping or something that is not iterable; an iterator with nothing left;
            a table with two columns of one name; an alternative that hides a choice. Shows what was probably meant.
        SizeError: an iterable yields more values than its length, or more than 10^7 where it tells none; names
            `itertools.islice`.

    See also: `expand`; `Sweep`, which is a choice too where it stands in a tree.
    """

    values: Sequence[T_co] = attrs.field(converter=_read_alternatives)
    _entered: bool = attrs.field(init=False, eq=False)

    def __attrs_post_init__(self) -> None:
        values = () if isinstance(self.values, COMPUTED_TYPES) else self.values
        entered = not are_scalars(map(type, values)) and any(open_node(value) is not None for value in values)
        object.__setattr__(self, "_entered", entered)

    @property
    def trees(self) -> tuple[Any, ...]:
        return tuple(self.values) if self._entered else ()

    def over(self, fn: Callable[[Any], Any]) -> DynamicValue[Any]:
        return DynamicValue([fn(value) for value in self.values])

    def listed(self) -> Sequence[T_co]:
        return self.values

    @property
    def written(self) -> tuple[str, Any]:
        values: Any = self.values
        if isinstance(values, range):
            return "!range", [values.start, values.stop, values.step]
        if isinstance(values, Spacing) and values == Spacing(values.rule, values.start, values.stop, values.num):
            return f"!{values.rule}", [values.start, values.stop, values.num]
        return "!sweep", values

    @property
    def leaves(self) -> Sequence[T_co] | None:
        return None if self._entered else self.values

    def __len__(self) -> int:
        try:
            return len(self.values)
        except OverflowError:
            raise CountError(
                f"more alternatives than len() can say: {short_repr(self.values)}; ask expand(...).size"
            ) from None

    def __bool__(self) -> bool:
        return bool(self.values)

    def __contains__(self, value: object) -> bool:
        if isinstance(self.values, Spacing):
            return value in self.values
        if isinstance(self.values, range):  # it would look at every one of its numbers for anything but a plain int
            return isinstance(value, int) and int.__int__(value) in self.values
        if type(value) in SCALAR_TYPES and FROZEN_TYPES.issuperset(map(type, self.values)):
            return value in self.values
        return any(are_equal(value, other) for other in self.values)

    def __eq__(self, other: object) -> bool:
        if type(other) is not DynamicValue:
            return NotImplemented
        if isinstance(self.values, COMPUTED_TYPES) or isinstance(other.values, COMPUTED_TYPES):
            return self.values == other.values
        return are_values_equal(self.values, other.values)

    def __hash__(self) -> int:
        try:
            return hash((DynamicValue, self.values))
        except TypeError:
            value = next(value for value in self.values if not has_hash(value))
            raise ArgumentError(f"this choice is not hashable: an alternative is {repr_with_type(value)}") from None

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.values)

    def __repr__(self) -> str:
        if self._entered:
            return repr_tree(self)
        values = self.values
        is_computed = isinstance(values, COMPUTED_TYPES)
        return f"DynamicValue({full_repr(values) if is_computed else join_items(map(full_repr, values))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return DynamicValue, (self.values,)


register_node(DynamicValue, lambda choice: (None, choice.trees))


_ONE: Final = (str, bytes, bytearray, UserString, Mapping)
"""Types that can be iterated over, and yet are meant as one alternative."""


def _list_alternatives(values: Any) -> Sequence[Any]:
    """The alternatives of a table, an array, a set, or any other iterable, as Python's own values."""
    if type(values) is list or type(values) is tuple:
        return values
    if isinstance(values, Choice):
        raise ChoiceError(f"{short_repr(values)} is a choice already: put it into the tree without DynamicValue")
    if (rows := read_rows(values)) is not None:
        return rows
    if isinstance(values, _ONE) or is_model(type(values)) or not isinstance(values, Iterable):
        raise ChoiceError(
            f"DynamicValue takes an iterable of alternatives; got {repr_with_type(values)}. "
            f"For this one alternative write DynamicValue([{short_repr(values)}])"
        )
    if isinstance(values, set | frozenset):
        return _sort_set(values)
    if is_keyed(values):
        raise ChoiceError(
            f"DynamicValue takes an iterable of alternatives; {repr_with_type(values)} has keys or columns, and may "
            f"give their names alone. For what it does give write DynamicValue(list(...))"
        )
    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if hasattr(values, "tolist") and kind not in ("m", "M"):  # Python's own times would be less exact
        listed: Any = values.tolist()
        if isinstance(listed, list):
            return listed
        raise ChoiceError(f"DynamicValue takes a one-dimensional array; got the single value {repr_with_type(listed)}")
    return _read_once(values)


def _sort_set(values: Iterable[Any]) -> list[Any]:
    """The elements of a set in an order that is equal in every process."""
    kinds = set(map(type, values))
    comparable = kinds <= {int, float, bool} or kinds in ({str}, {bytes})
    return sorted(values, key=None if comparable else encode_tree)


_SEQUENCE_ITERATORS: Final[tuple[type, ...]] = (type(iter([])), type(iter(())))


def _read_once(values: Iterable[Any]) -> list[Any]:
    """The values, as many as their length says, or up to the bound where they have none."""
    try:
        most = len(values)  # type: ignore[arg-type]  # an iterator has none
    except (TypeError, ValueError, OverflowError):
        most = MAX_ALTERNATIVES
    # an iterator of an empty list was not read before while it still holds the list: function, argument, position
    unread = type(values) in _SEQUENCE_ITERATORS and len(values.__reduce__()) == 3
    read = list(islice(values, most + 1))
    if len(read) > most:
        raise SizeError(
            f"DynamicValue read {most} values from {repr_with_type(values)} and it goes on. "
            f"Cut it with itertools.islice(values, n), or pass a range"
        )
    if not read and isinstance(values, Iterator) and not unread:
        raise ChoiceError(
            f"DynamicValue read nothing from {repr_with_type(values)}: an iterator gives its values once, and this one "
            f"has none left. Keep them in a list; for a choice without alternatives write DynamicValue([])"
        )
    return read


# --- trees that still have choices ---------------------------------------------------------------------

MAX_ENTERED_OBJECTS: Final = 2_000
"""How many objects of something that is about to run are looked at for a choice: it may be of any size and kind."""


def require_expanded(config: Any) -> Any:
    """`config`, or the error that names `expand` where a choice is still in it."""
    if isinstance(config, Config) and are_scalars(map(type, config._cell[1:])):
        return config
    choice = config if isinstance(config, Choice) else find_inside(Choice, config, most=MAX_ENTERED_OBJECTS)
    if choice is None:
        return config
    leaves: Leaves = []
    with suppress(TreeError):
        leaves = list_leaves(config)
    path = next((path for path, leaf in leaves if leaf is choice), ())
    where = f" at {show_path(path)}" if path else ""
    raise ArgumentError(
        f"a configuration was not expanded: there is a choice in it{where}, {short_repr(choice)}. Run over "
        f"expand(tree), or over concat(*map(expand, trees))"
    )


def holds_records(tree: Any, is_record: Callable[[Any], bool] = lambda _: False) -> bool:
    """True for a record other than a list, for a leaf that `is_record`, and for a choice among such.

    That is what a configuration can be.
    """
    algebra = Algebra(
        leaf=is_record,
        record=lambda shape, _node, _parts: not isinstance(shape, TupleShape),
        choice=lambda node, parts: all(parts) and all(map(is_record, node.leaves or ())),
    )
    return fold(algebra, tree)
