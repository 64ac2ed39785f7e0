"""`Config`, the frozen mapping that one configuration is, and its layout, shared by all configurations of a sweep."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from functools import lru_cache
from itertools import chain, islice, product, repeat, starmap
from math import prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NoReturn, final

import attrs

from .calls import explain_calls
from .equality import are_values_equal
from .errors import ArgumentError, FrozenError, PathError, SpearmintError, TreeError
from .fold import (
    TOO_DEEP,
    Algebra,
    RefusedNodeError,
    fold,
    keep_choice,
    list_leaves,
    register_node,
    repr_tree,
    show_path,
)
from .freezing import freeze, rebuild_record
from .identity import config_id
from .keys import has_hash
from .layout_classes import make_general_class, make_layout_class, refuse_subclass
from .merging import override
from .messages import Missing, repr_with_type, short_repr
from .records import MappingShape, are_text
from .views import show_html


@final
@attrs.frozen(repr=False)
class Layout(MappingShape):
    """The shape of a `Config`: its keys, shared by every configuration of a sweep.

    A configuration is one tuple, its cell: the layout first, then a value per key. So a sweep's
    configurations come out of `itertools.product((layout,), *pools)` without another copy.
    """

    config_class: type[Config] = attrs.field(init=False, eq=False, repr=False, factory=lambda: _general_class)
    listing_class: type[Config] | None = attrs.field(init=False, eq=False, repr=False, default=None)
    """The class of many configurations in a row; it is made when it is needed."""
    key_hash: int = attrs.field(init=False, eq=False, repr=False)
    sort_values: Callable[[tuple[Any, ...]], Hashable] = attrs.field(init=False, eq=False, repr=False)
    """The values of a cell, equal where they are equal at the same keys in another order."""

    def __attrs_post_init__(self) -> None:
        MappingShape.__attrs_post_init__(self)
        object.__setattr__(self, "key_hash", hash(frozenset(self.keys)))
        object.__setattr__(self, "sort_values", _make_sorting(self.slots))

    def __reduce__(self) -> tuple[Any, ...]:
        return get_layout, (self.keys,)

    def with_keys(self, keys: Iterable[Hashable]) -> Layout:
        return get_layout(tuple(keys))

    def build(self, values: Sequence[Any]) -> Config:
        config = _new(self.config_class)
        _set_cell(config, (self, *values))
        return config

    def split(self, value: Any) -> tuple[Any, ...] | None:
        if isinstance(value, Config) and value._cell[0] is self:
            return value._cell[1:]
        return MappingShape.split(self, value)

    def stream(self, pools: Sequence[Sequence[Any]]) -> Iterator[Config]:
        cells, count = product((self,), *pools), prod(map(len, pools))
        cls = self._find_class(count)
        if count < MANY:
            return _build_each(cls, cells)
        return chain.from_iterable(_build_blocks(cls, cells, count))

    def build_all(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[Config]:
        return _build_rows(self._find_class(len(rows)), rows, len(rows))

    def _find_class(self, count: int) -> type[Config]:
        """The class of `count` configurations in a row."""
        if count < MANY:
            return self.config_class
        cls = self.listing_class
        if cls is None:
            has_own = self.config_class is not _general_class
            made = make_layout_class(Config, self, _RESERVED_NAMES, searches=False) if has_own else None
            cls = made or self.config_class
            object.__setattr__(self, "listing_class", cls)
        return cls

    @property
    def row_head(self) -> tuple[Any, ...]:
        return (self,)


def _make_sorting(slots: Mapping[Hashable, int]) -> Callable[[tuple[Any, ...]], Hashable]:
    """`Layout.sort_values`: the values by the hashes of their keys, or in pairs with them where two are equal."""
    sorted_slots = [slot for _, slot in sorted({hash(key): slot for key, slot in slots.items()}.items())]
    if len(sorted_slots) < len(slots):
        return lambda cell: frozenset(zip(slots, cell[1:], strict=True))
    return itemgetter(*sorted_slots) if len(slots) > 1 else itemgetter(slice(1, None))


BLOCK_SIZE: Final = 128
"""How many configurations of a long stream are made at once."""

MANY: Final = BLOCK_SIZE // 4
"""From how many configurations on a stream is worth blocks, and a class of its own."""


def _build_each(cls: type[Config], cells: Iterator[tuple[Any, ...]]) -> Iterator[Config]:
    new, set_cell = _new, _set_cell
    for cell in cells:
        config = new(cls)
        set_cell(config, cell)
        yield config


def _build_blocks(cls: type[Config], cells: Iterator[tuple[Any, ...]], count: int) -> Iterator[list[Config]]:
    """`_build_each(cls, cells)` in blocks, the first of them small: a reader of a few does not wait for many."""
    size = 4
    while count:
        size = min(4 * size, BLOCK_SIZE, count)
        yield _build_rows(cls, cells, size)
        count -= size


def _build_rows(cls: type[Config], cells: Iterable[tuple[Any, ...]], count: int) -> list[Config]:
    """The configurations of `count` cells; a third cheaper than one by one.

    The interpreter takes no step for each configuration, and `starmap` hands on the tuples of `repeat` and `zip` as
    arguments, where a call would make a new one.
    """
    configs = list(starmap(_new, repeat((cls,), count)))
    deque(starmap(_set_cell, zip(configs, cells, strict=False)), 0)
    return configs


if TYPE_CHECKING:
    _Mapping = Mapping[Any, Any]
else:  # registered, not derived: below an ABC, every `isinstance(value, Config)` would run code of the ABC
    _Mapping = object


@explain_calls
@Mapping.register
@final
@attrs.frozen(init=False, eq=False, repr=False, match_args=False)
class Config(_Mapping):
    """`freeze(mapping)`: a frozen mapping whose dicts are `Config`, whose lists are tuples, whose sets are frozensets.

    Keys keep their order; equality and hash do not depend on it. A key is read as `c["llm"]` or `c.llm`;
    a key that collides with a method (`items`) by subscript alone. Leaves are shared with the input, never
    copied. `c | patch` is `override(patch, c)`. Ask `isinstance(c, Config)`, never `type(c) is Config`: each is of a
    subclass, most of them of one for their keys, which is quicker to read.

    >>> c = Config({"llm": {"model": "gpt-4"}, "layers": [64, 64]})
    >>> c["llm"]["model"], c.llm.model, c.layers
    ('gpt-4', 'gpt-4', (64, 64))
    >>> c == {"llm": {"model": "gpt-4"}, "layers": [64, 64]}
    True
    >>> Config()
    Config({})

    Raises:
        ArgumentError: `mapping` is not a mapping; names its type.
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `thaw`, the inverse; `freeze`; `override`.
    """

    _cell: tuple[Any, ...]
    __init_subclass__ = classmethod(refuse_subclass)  # type: ignore[var-annotated]  # attrs takes annotated ones

    def __new__(cls, mapping: Mapping[Any, Any] | None = None, /) -> Config:
        if mapping is not None and not isinstance(mapping, Mapping):
            raise ArgumentError(
                f"Config takes a mapping; got {repr_with_type(mapping)}. For other trees there is freeze(tree)"
            )
        frozen: Config = freeze({} if mapping is None else mapping)
        return frozen

    def __getitem__(self, key: Any) -> Any:
        cell = self._cell
        try:
            return cell[cell[0].slots[key]]
        except KeyError:
            raise PathError(Missing(f"no key {short_repr(key)} in this configuration", key, tuple(self))) from None
        except (TypeError, RecursionError):
            raise _make_key_error(key) from None

    if TYPE_CHECKING:  # in the classes of layouts

        def __getattr__(self, name: str) -> Any: ...

    def __iter__(self) -> Iterator[Any]:
        return iter(self._cell[0].keys)

    def __reversed__(self) -> Iterator[Any]:
        keys: tuple[Any, ...] = self._cell[0].keys
        return iter(keys[::-1])

    def __len__(self) -> int:
        return len(self._cell) - 1

    def __contains__(self, key: object) -> bool:
        try:
            return key in self._cell[0].slots
        except (TypeError, RecursionError):
            raise _make_key_error(key) from None

    def get(self, key: Any, default: Any = None) -> Any:
        try:
            slot = self._cell[0].slots.get(key)
        except (TypeError, RecursionError):
            raise _make_key_error(key) from None
        return default if slot is None else self._cell[slot]

    def _dict(self) -> dict[Any, Any]:
        cell = self._cell
        made: dict[Any, Any] = cell[0].make_dict(*cell[1:])
        return made

    def keys(self) -> KeysView[Any]:
        slots: dict[Any, int] = self._cell[0].slots
        return slots.keys()

    def values(self) -> ValuesView[Any]:
        return self._dict().values()

    def items(self) -> ItemsView[Any, Any]:
        return self._dict().items()

    def __or__(self, patch: Mapping[Any, Any]) -> Config:
        merged: Config = override(patch, self) if isinstance(patch, Mapping) else NotImplemented
        return merged

    def __ror__(self, tree: Mapping[Any, Any]) -> Config:
        merged: Config = override(self, tree) if isinstance(tree, Mapping) else NotImplemented
        return merged

    def __eq__(self, other: object) -> bool:
        mine = self._cell
        layout = mine[0]
        if isinstance(other, Config):
            theirs = other._cell
            if layout is theirs[0]:
                return mine is theirs or are_values_equal(mine[1:], theirs[1:])
            slots = theirs[0].slots
            return layout.slots.keys() == slots.keys() and are_values_equal(
                mine[1:], tuple([theirs[slots[key]] for key in layout.keys])
            )
        if not isinstance(other, Mapping):
            return NotImplemented
        if (is_dict := type(other) is dict) and layout.slots.keys() != other.keys():
            return False
        try:
            frozen = tuple([freeze(other[key]) for key in layout.keys]) if is_dict else freeze(other)
        except SpearmintError:  # a cycle, say: not a tree, so not equal to one
            return False
        return are_values_equal(mine[1:], frozen) if is_dict else self == frozen

    def __hash__(self) -> int:
        cell = self._cell
        layout = cell[0]
        try:
            return hash((layout.key_hash, layout.sort_values(cell)))
        except RecursionError:
            raise TreeError(f"cannot hash: {TOO_DEEP}") from None
        except TypeError:
            parts = (*list_leaves(self), *(((key,), value) for key, value in self.items()))
            path, part = next((path, part) for path, part in parts if not has_hash(part))
            raise ArgumentError(
                f"this configuration is not hashable: {show_path(path)} is {repr_with_type(part)}"
            ) from None

    def __repr__(self) -> str:
        return f"Config({repr_tree(self)})"

    def _repr_html_(self) -> str:
        return show_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return build_config, (self._cell[0], self._cell[1:])

    def __copy__(self) -> Config:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Config:
        copying = Algebra(leaf=lambda leaf: copy.deepcopy(leaf, memo), record=rebuild_record, choice=keep_choice)
        copied: Config = fold(copying, self)
        return copied

    def __dir__(self) -> Iterable[str]:
        keys = (key for key in self if isinstance(key, str))
        return {*object.__dir__(self), *keys}

    def _ipython_key_completions_(self) -> list[Any]:
        return list(self)

    @property
    def config_id(self) -> str:
        """`config_id(self)`, computed when asked; a `"config_id"` key of the user's own is honoured."""
        return config_id(self)


_new: Final = object.__new__
_set_cell: Final = Config._cell.__set__  # type: ignore[attr-defined]  # the slot itself: Config is frozen


def _refuse_change(_: Config, key: Any, *value: Any) -> NoReturn:
    """`config[key] = value`, `config.key = value`, and `del` of both."""
    what, name = ("set" if value else "delete"), short_repr(key)
    path = name if not isinstance(key, str) or (key and "." not in key) else f"({name},)"
    way = f"config | {{{name}: {short_repr(*value)}}} or set_in({path}, value, config)" if value else ""
    raise FrozenError(
        f"cannot {what} {name}: a configuration is frozen. For another one write {way or f'remove_in({path}, config)'}"
    )


for _name in ("__setitem__", "__delitem__", "__setattr__", "__delattr__"):  # type checkers know of none of them
    type.__setattr__(Config, _name, _refuse_change)
for _name in ("get", "keys", "values", "items"):
    getattr(Config, _name).__doc__ = getattr(Mapping, _name).__doc__


def build_config(layout: Layout, values: tuple[Any, ...]) -> Config:
    """`layout.build(values)`, as pickles name it."""
    return layout.build(values)


def _make_key_error(key: Any) -> ArgumentError:
    return ArgumentError(
        f"a key of a configuration is hashable; got {repr_with_type(key)}. At a path there is get_in(path, config)"
    )


# --- every mapping is opened with a layout, so that freezing makes it a Config ---------------------------


_RESERVED_NAMES: Final = frozenset((*dir(Config), *dir(type)))
_general_class: Final[type[Config]] = make_general_class(Config)


@lru_cache(maxsize=1024)
def _get_text_layout(keys: tuple[str, ...]) -> Layout:
    """`Layout(keys)`, with a class of its own while there are few of those."""
    layout = Layout(keys)
    if cls := make_layout_class(Config, layout, _RESERVED_NAMES):
        object.__setattr__(layout, "config_class", cls)
    return layout


def get_layout(keys: tuple[Hashable, ...]) -> Layout:
    """`Layout(keys)`, shared where all keys are text: keys of other types may be equal and yet differ, 1 and True."""
    return _get_text_layout(keys) if are_text(map(type, keys)) else Layout(keys)


def _open_dict(mapping: dict[Hashable, Any]) -> tuple[Layout, tuple[Any, ...]]:
    mapping = mapping.copy()  # in one step, so that keys and values agree whatever another thread does
    return get_layout(tuple(mapping)), tuple(mapping.values())


def _open_mapping(mapping: Mapping[Any, Any]) -> tuple[Layout, tuple[Any, ...]]:
    """The layout and the values of a mapping that is no dict, so that its length and its keys may not agree."""
    keys = tuple(islice(mapping, len(mapping) + 1))
    try:
        distinct = len({*keys})
    except (TypeError, RecursionError):
        raise _refuse_mapping(f"{repr_with_type(mapping)} has a key that is not hashable") from None
    if not distinct == len(keys) == len(mapping):
        raise _refuse_mapping(
            f"{repr_with_type(mapping)} has a length of {len(mapping)} and gives at least {len(keys)} keys, "
            f"{distinct} different"
        )
    try:
        return get_layout(keys), tuple([mapping[key] for key in keys])
    except LookupError as error:
        raise _refuse_mapping(f"{repr_with_type(mapping)} lacks a key that it gives: {short_repr(error)}") from None


def _refuse_mapping(reason: str) -> RefusedNodeError:
    return RefusedNodeError(TreeError, f"{reason}. Make it a dict first")


register_node(dict, _open_dict)
register_node(Mapping, _open_mapping)
