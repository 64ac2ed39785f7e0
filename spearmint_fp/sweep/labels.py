"""Labels that tell the configurations of one sweep apart."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any, Final, final

import attrs

from ..configuration.config import Config, Layout
from ..configuration.errors import IdentityError
from ..configuration.fold import SCALAR_TYPES, Algebra, Steps, fold, open_node
from ..configuration.freezing import freeze
from ..configuration.identity import encode_tree
from ..configuration.keys import exact_key
from ..configuration.messages import full_repr
from ..configuration.paths import find_in
from ..configuration.records import Shape, TupleShape
from ..configuration.scalars import MOST_BITS
from ..configuration.spacing import COMPUTED_TYPES
from .nodes.columns import Column, Columns
from .nodes.node import ABSENT, Node

MOST_LISTED: Final = 10_000
"""Up to this size a sweep whose paths do not prove its labels different is listed, to see which of them are not."""

ID_DIGITS: Final = 12
"""How many hexadecimal digits of a configuration's identity a label shows: 48 bits."""


@final
@attrs.frozen(repr=False)
class Spelling:
    """How labels are spelled: their paths, their values, and what makes one text of both.

    `key` is equal for texts that may not stand side by side. `is_exact` is true of a value whose text no other value
    has, `tells_apart` of names and columns of which no two configurations have one text. `must_mark` is true of a text
    that takes a digest whatever the others are, and `mark` gives it one.
    """

    noun: str
    format_path: Callable[[Steps], str]
    format_value: Callable[[Any], str]
    join: Callable[[Iterable[str]], str]
    is_exact: Callable[[Any], bool]
    tells_apart: Callable[[Sequence[str], Sequence[Column]], bool]
    mark: Callable[[str, str], str]
    key: Callable[[str], str] = str
    must_mark: Callable[[str], bool] = lambda _: False


@final
class Labels:
    """The labels of a sweep's configurations: the values at its swept paths, and an identity where needed."""

    def __init__(self, node: Node, spelling: Spelling) -> None:
        swept = {path: column for path, column in node.columns().items() if column.swept}
        self._spelling = spelling
        self._paths = [(path, spelling.format_path(path), column.computed) for path, column in swept.items()]
        self._seen = node.exact
        self._proven = (
            self._seen
            and all(len(types) == 1 for types in node.kinds().values())
            and spelling.tells_apart([name for _, name, _ in self._paths], [*swept.values()])
            and all(map(spelling.is_exact, _list_mixed_values(swept)))
        )
        self._shared: frozenset[str] | None = None
        if not self._proven and node.size <= MOST_LISTED:
            self._shared = self._find_shared(node)

    @property
    def blank(self) -> str:
        """The label of a configuration that has nothing at the swept paths."""
        return self._spelling.join(())

    def write(self, config: Any) -> str:
        """The label of one configuration.

        Raises:
            IdentityError: the label needs the configuration's identity, and it has none.
        """
        text, is_certain = self._text(config)
        if is_certain and not self._spelling.must_mark(text):
            if self._proven or (self._shared is not None and self._spelling.key(text) not in self._shared):
                return text
            if self._shared is None and not _is_record(config):
                return text  # a plain value, written whole
        return self._spelling.mark(text, _make_digest(config, text, self._spelling.noun))

    def _text(self, config: Any) -> tuple[str, bool]:
        """The values at the swept paths; and False where a computed one may have the text of another one."""
        texts, is_certain, spelling = [], True, self._spelling
        known: dict[Steps, Any] = {(): config}
        for path, name, computed in self._paths:
            value = _find_value(path, known)
            if value is not ABSENT and (computed or not _is_entered(value)):
                texts.append(f"{name}={spelling.format_value(value)}")
                is_certain = is_certain and not (computed and not spelling.is_exact(value))
        if texts or self._seen or _is_record(config):
            return spelling.join(texts), is_certain
        return spelling.join([spelling.format_value(config)]), self._shared is not None or spelling.is_exact(config)

    def _find_shared(self, node: Node) -> frozenset[str]:
        """The labels that different configurations would have."""
        points = list(_list_points(node))  # all are kept until the keys are compared: some hold the id of an object
        keys: dict[str, Hashable] = {}
        shared = set()
        for point in points:
            text, key = self._spelling.key(self._text(point)[0]), exact_key(freeze(point))
            if keys.setdefault(text, key) != key:
                shared.add(text)
        return frozenset(shared)


def _list_points(node: Node) -> Iterator[Any]:
    """The points of a sweep, without those that a function or a class refuses."""
    for position in range(node.size):
        with suppress(Exception):  # there is no such configuration, so it has no label
            yield node.at(position)


def _make_digest(config: Any, text: str, noun: str) -> str:
    """A part of a configuration's identity, by content alone, as names that users give may be given twice."""
    try:
        encoded = encode_tree(config)
    except IdentityError as error:
        which = f"{text!r} may be the {noun} of several configurations" if text else "the swept paths say nothing of it"
        raise IdentityError(f"no {noun} for this configuration: {which}, and {error}") from None
    from hashlib import sha256  # loads a shared library, so it waits for the first identity

    return sha256(encoded).hexdigest()[:ID_DIGITS]


def _find_value(path: Steps, known: dict[Steps, Any]) -> Any:
    """The value at a path, or `ABSENT`; `known` keeps the values on the way, for paths that begin alike."""
    if path not in known:
        parent = _find_value(path[:-1], known)
        absent = parent is ABSENT or (isinstance(parent, Config) and path[-1] not in parent)
        known[path] = ABSENT if absent else next(iter(find_in(path[-1:], parent)), ABSENT)
    return known[path]


def find_leaf(path: Steps, config: Any) -> tuple[Any, ...]:
    """`(value,)` where a value stands at the path, nothing where there is none, or a record of others."""
    found = find_in(path, config)
    return () if found and _is_entered(found[0]) else found


def _is_record(config: Any) -> bool:
    parts = open_node(config)
    return parts is not None and not isinstance(parts[0], TupleShape)


def _is_entered(value: Any) -> bool:
    """True for a record that stands for the values in it."""
    parts = open_node(value)
    return parts is not None and bool(parts[1]) and not isinstance(value, tuple | list)


# --- texts -----------------------------------------------------------------------------------------


def format_path(path: Steps) -> str:
    """The path as a label writes it: a step that could be mistaken for something else stands in brackets."""
    return "".join(map(_format_step, path)).removeprefix(".") or "the root"


def _format_step(step: object) -> str:
    bare = type(step) is str and step.isprintable() and step.strip() == step and not set(step) & set(".,=[]'\"")
    return f".{step}" if bare and step else f"[{format_value(step) if type(step) is not str else repr(step)}]"


def format_value(value: Any) -> str:
    """The text of a value: its `repr`, or text without quotes where it cannot be mistaken for another value."""
    if type(value) is int and value.bit_length() > MOST_BITS:
        return f"int('{value:x}', 16)"  # Python does not write out so many decimal digits
    if not isinstance(value, str):
        return full_repr(value)
    bare = value.isprintable() and value.strip() == value and not set(value) & set(",='\"([{<")
    return value if bare and not _is_literal(value) else repr(value)


def _is_literal(text: str) -> bool:
    """True if the text reads as another value: empty, a number, True, False or None."""
    try:
        complex(text.replace("_", ""))
    except ValueError:
        return text in ("", "True", "False", "None")
    return True


# --- values with texts of their own ------------------------------------------------------------------------


def _list_mixed_values(columns: Columns) -> Iterator[Any]:
    """The values at paths of which one leads into a tuple that stands at another as a whole.

    A label shows such a tuple and its parts, of which only the one or the others are in a column.
    """
    outer = {path[:end] for path in columns for end in range(len(path))} & columns.keys()
    tuples = {path for path in outer if any(isinstance(value, tuple) for value in _list_values(columns[path]))}
    inside = {path for path in columns if any(path[:end] in tuples for end in range(len(path)))}
    for path in tuples | inside:
        yield from _list_values(columns[path])


def _list_values(column: Column) -> Iterator[Any]:
    return chain.from_iterable(piece for piece in column.pieces if not isinstance(piece, COMPUTED_TYPES))


def _is_plain_record(shape: Shape, _: Any, parts: tuple[bool, ...]) -> bool:
    if isinstance(shape, Layout):
        return all(parts) and all(type(key) in SCALAR_TYPES for key in shape.keys)
    return isinstance(shape, TupleShape) and all(parts)


_IS_PLAIN: Final[Algebra[bool]] = Algebra(
    leaf=lambda leaf: type(leaf) in SCALAR_TYPES, record=_is_plain_record, choice=lambda _node, _parts: False
)
"""True for a value of plain scalars, whose text is that of no other value."""


def _has_distinct_texts(column: Column) -> bool:
    """True if different values of a column have different texts."""
    lists = [piece for piece in column.pieces if not isinstance(piece, COMPUTED_TYPES)]
    if all(fold(_IS_PLAIN, value) for piece in lists for value in piece):
        return True
    if len(lists) < len(column.pieces):  # a long range beside values whose texts prove nothing
        return False
    keys: dict[str, Hashable] = {}
    pairs = ((format_value(value), exact_key(value)) for piece in lists for value in piece)
    return all(keys.setdefault(text, key) == key for text, key in pairs)


def _tells_apart(names: Sequence[str], columns: Sequence[Column]) -> bool:
    return len({*names}) == len(names) and all(map(_has_distinct_texts, columns))


LABEL: Final = Spelling(
    "label",
    format_path,
    format_value,
    ", ".join,
    is_exact=lambda value: fold(_IS_PLAIN, value),
    tells_apart=_tells_apart,
    mark=lambda text, digest: f"{text} #{digest}".lstrip(),
)
"""Labels for logs, tables and test ids."""
