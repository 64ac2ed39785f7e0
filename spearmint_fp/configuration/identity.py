"""Identity: a name for a tree's content that is the same in every process and for years.

The content is encoded as bytes in which every value carries its type, and the bytes are hashed. The encoding's
version is part of what is hashed; the golden vectors in the tests hold it still.
"""

from __future__ import annotations

import enum
import functools
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from operator import add, itemgetter
from typing import Any, Final

from .errors import IdentityError, TreeError
from .fold import Algebra, Choice, fold, show_path
from .late import hashlib
from .messages import repr_with_type
from .models import is_model, is_struct, read_model_fields
from .records import MappingShape, Shape, TupleShape
from .scalars import (
    MOST_BITS,
    SCALARS,
    encode_float,
    encode_text,
    find_scalar,
    unbox_builtin,
    unbox_scalar,
)
from .spacing import COMPUTED_TYPES

VERSION: Final = b"spearmint_fp identity 1\n"


def config_id(tree: Any) -> str:
    """`sha256(canonical(tree)).hexdigest()[:32]`: equal content, equal name.

    Independent of key order, process, PYTHONHASHSEED, platform and Python version. `1`, `1.0`, `True` and `"1"` differ,
    NaN equals itself, lists equal tuples and dicts equal `Config`s as they do when frozen, NumPy scalars equal
    their Python values. A tree with choices has a name too. A `"config_id"` key of the user's own is honoured.

    >>> config_id({"a": 1, "b": [2]}) == config_id({"b": (2,), "a": 1})
    True
    >>> config_id({"a": 1}) == config_id({"a": True})
    False
    >>> config_id({"config_id": "baseline", "a": 1})
    'baseline'

    Raises:
        IdentityError: a value that has no faithful encoding (a lambda, an arbitrary object); names its path.
        TreeError: a cycle, or nesting deeper than 200; names the path.

    See also: `Config.config_id`.
    """
    if isinstance(tree, Mapping) and "config_id" in tree and not isinstance(tree["config_id"], Choice):
        return _read_own_id(tree["config_id"])
    return hashlib.sha256(VERSION + encode_tree(tree)).hexdigest()[:32]


def _read_own_id(name: Any) -> str:
    """The identity that a user gave: text, or a whole number."""
    plain = unbox_scalar(name)
    if isinstance(plain, str) and str.__len__(plain):
        return str.__str__(plain)
    if isinstance(plain, int) and not isinstance(plain, bool) and int.bit_length(plain) < MOST_BITS:
        return int.__repr__(plain)
    raise IdentityError(
        f"a config_id of your own is text or a whole number, no endless one; got {repr_with_type(name)}"
    )


def encode_tree(tree: Any) -> bytes:
    """The tree's content as bytes: a tag for the type, then the value, lengths in front of what may vary in length."""
    try:
        return fold(_ENCODE, tree)
    except IdentityError as error:
        raise _locate_error(tree, error) from None
    except RecursionError:
        raise TreeError("sets, models or keys of it are nested too deeply, or contain themselves") from None


def _locate_error(tree: Any, error: IdentityError) -> IdentityError:
    """The error again, with the path of the first leaf, choice or typed record that causes it, the innermost first."""
    for path, part in fold(_PARTS, tree):
        try:
            fold(_ENCODE, part)
        except IdentityError as cause:
            return IdentityError(f"no identity for {show_path(path)}: {cause}")
    return IdentityError(f"no identity: a key cannot be encoded: {error}")


# --- leaves ----------------------------------------------------------------------------------------


def _encode_str(value: str) -> bytes:
    return _encode_short_str(value) if len(value) < 64 else encode_text(b"s", value)


@functools.lru_cache(maxsize=4096)
def _encode_short_str(value: str) -> bytes:
    # kept, as the same few names and words stand in every configuration of a sweep
    return encode_text(b"s", value)


@functools.lru_cache(maxsize=1024)
def _encode_int(value: int) -> bytes:
    return b"i%x;" % value if value >= 0 else b"i-%x;" % -value


def _encode_set(values: Iterable[Any]) -> bytes:
    return _join_count(b"S", sorted(fold(_ENCODE, value) for value in values))


def _join_count(tag: bytes, parts: Sequence[bytes]) -> bytes:
    """The parts behind a tag and their number."""
    return b"%b%d:%b" % (tag, len(parts), b"".join(parts))


def _encode_function(value: Any) -> bytes:
    """A function by its name, if that is where it is found."""
    name = _encode_name(b"F", value)
    found: Any = sys.modules.get(value.__module__)
    for step in value.__qualname__.split("."):
        found = getattr(found, step, None)
    if found is None and value.__module__ not in ("__main__", "__mp_main__"):  # whose functions travel without it
        raise IdentityError(
            f"{repr_with_type(value)} is not found under its own name. Name what stands at module level"
        )
    defined_anew = found is not None and _list_behaviour(found) == _list_behaviour(value)
    if found is not None and found is not value and not defined_anew:
        raise IdentityError(
            f"{repr_with_type(value)} has the name of another function. Name what stands at module level"
        )
    return name


def _list_behaviour(function: Any) -> tuple[Any, ...]:
    """The code, the defaults, and the very values that are closed over: functions alike in these do the same."""
    cells = getattr(function, "__closure__", None) or ()
    held = [id(cell.cell_contents) if cell != types.CellType() else None for cell in cells]
    defaults = getattr(function, "__defaults__", None), getattr(function, "__kwdefaults__", None)
    return getattr(function, "__code__", None), held, *map(repr, defaults)


def _encode_name(tag: bytes, value: Any) -> bytes:
    name = value.__qualname__
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        raise IdentityError(
            f"{repr_with_type(value)} belongs to an object that its name does not tell. Name a plain function"
        )
    if "<" in name:
        raise IdentityError(
            f"{repr_with_type(value)} is local, so no other process can find it. Name something at module level"
        )
    return encode_text(tag, f"{_find_public_module(str(value.__module__))}:{name}")


def _find_public_module(module: str) -> str:
    """The module's name; of the standard library's the public part: `pathlib._local` is `pathlib` elsewhere."""
    top, *below = module.split(".")
    if top not in sys.stdlib_module_names:
        return module
    return ".".join([top, *takewhile(lambda part: not part.startswith("_"), below)])


_EXACT: Final[dict[type, Callable[[Any], bytes]]] = {
    str: _encode_str,
    int: _encode_int,
    float: encode_float,
    bool: lambda value: b"T" if value else b"F",
    type(None): lambda _: b"N",
    frozenset: _encode_set,
    set: _encode_set,
    types.FunctionType: _encode_function,
    types.BuiltinFunctionType: functools.partial(_encode_name, b"F"),
    type(Ellipsis): lambda _: b"E",
}


def _encode_leaf(value: Any) -> bytes:
    return _EXACT.get(type(value), _encode_other_leaf)(value)


def _encode_other_leaf(value: Any) -> bytes:
    """A leaf of a type that is loaded late, or that is one of a family."""
    kind = type(value)
    scalar = find_scalar(kind)
    if scalar is not None:
        return scalar.encode(value)
    if isinstance(value, enum.Enum):
        return _encode_name(b"e", kind) + _encode_member(value)
    if isinstance(value, type):
        return _encode_name(b"C", value)
    pathlib = sys.modules.get("pathlib")  # loaded, if there is a path
    if pathlib is not None and isinstance(value, pathlib.PurePath):
        return SCALARS["pathlib.PurePath"].encode(value)
    if is_model(kind) or is_struct(kind):
        return _encode_model(value)
    plain = unbox_builtin(value)
    if plain is not value:
        return _encode_leaf(plain)
    raise IdentityError(
        f"{repr_with_type(value)} cannot be told from another of its kind in another process. "
        f"Put in what it is made from: numbers, text, a module-level function or class, an attrs or dataclass instance"
    )


def _encode_member(value: enum.Enum) -> bytes:
    """A member of an enum by its name; one without a name by its value, marked where that could be taken for a name."""
    if value.name is not None:
        return _encode_str(value.name)
    encoded = fold(_ENCODE, value.value)
    return b"v" + encoded if encoded.startswith(b"s") else encoded


def _encode_model(value: Any) -> bytes:
    """A pydantic model or a msgspec struct, as an instance of attrs or dataclass is.

    What it holds besides its fields is a second record, and then the tag says that there are two.
    """
    try:
        fields, besides = read_model_fields(value) or ({}, {})
    except AttributeError as error:
        raise IdentityError(f"{type(value).__qualname__} is not whole: {error}") from None
    records = [_join_count(b"m", sorted(_encode_fields(part))) for part in (fields, besides) if part or part is fields]
    return _encode_name(b"O" if besides else b"o", type(value)) + b"".join(records)


def _encode_fields(fields: Mapping[str, Any]) -> Iterator[bytes]:
    for name, item in fields.items():
        try:
            yield _encode_str(name) + fold(_ENCODE, item)
        except IdentityError as error:
            raise IdentityError(f"its {name}: {error}") from None


# --- records and choices -----------------------------------------------------------------------------


def _encode_record(shape: Shape, node: Any, parts: tuple[bytes, ...]) -> bytes:
    if isinstance(shape, TupleShape):
        return _join_count(b"t", parts)
    if isinstance(shape, MappingShape) and not shape.has_text_keys:
        return _join_count(b"m", sorted(map(add, (fold(_ENCODE, key) for key in shape.keys), parts)))
    template, sort_parts = _make_template(shape.keys)
    items: bytes = template % sort_parts(parts)
    return items if isinstance(shape, MappingShape) else _encode_name(b"o", type(node)) + items


def _encode_scalars(shape: Shape, node: Any, children: tuple[Any, ...]) -> bytes:
    encode = _EXACT.get
    return _encode_record(shape, node, tuple([encode(type(leaf), _encode_other_leaf)(leaf) for leaf in children]))


def _is_typed(shape: Shape) -> bool:
    """True for the shape of records that have a class of their own."""
    return not isinstance(shape, MappingShape | TupleShape)


@functools.lru_cache(maxsize=512)
def _make_template(keys: tuple[Any, ...]) -> tuple[bytes, Callable[[tuple[bytes, ...]], Any]]:
    """A record's encoding with `%b` for each value, and the values in that order; every configuration has the same.

    The order is that of the keys' encodings, none of which is the beginning of another.
    """
    encoded = sorted((_encode_str(key), place) for place, key in enumerate(keys))
    template = _join_count(b"m", [key.replace(b"%", b"%%") + b"%b" for key, _ in encoded])
    return template, itemgetter(*(place for _, place in encoded)) if keys else tuple


def _encode_choice(node: Choice, parts: tuple[bytes, ...]) -> bytes:
    if parts:
        return _join_count(b"V", parts)
    values = node.listed()
    if isinstance(values, COMPUTED_TYPES):
        return b"V" + fold(_ENCODE, values)
    return _join_count(b"V", [fold(_ENCODE, value) for value in values])


_Parts = list[tuple[tuple[Any, ...], Any]]


def _list_parts(shape: Shape, node: Any, parts: tuple[_Parts, ...]) -> _Parts:
    inside = [((key, *path), leaf) for key, part in zip(shape.keys, parts, strict=True) for path, leaf in part]
    return [*inside, ((), node)] if _is_typed(shape) else inside


_PARTS: Final[Algebra[_Parts]] = Algebra(
    leaf=lambda leaf: [((), leaf)], record=_list_parts, choice=lambda node, _: [((), node)]
)
_ENCODE: Final[Algebra[bytes]] = Algebra(
    leaf=_encode_leaf, record=_encode_record, choice=_encode_choice, scalars=_encode_scalars
)
