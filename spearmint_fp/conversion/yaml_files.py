"""YAML as trees: PyYAML's parser, the scalars of YAML 1.2, `!sweep` and `!range`, and nothing without bound.

Imported where a YAML file is read; the one module that imports PyYAML. Its parser in Python is used, never the one in
C, which crashes the interpreter on deep nesting. PyYAML composes nodes; their values are made here, children first,
so that an alias inside a choice is whole when the choice is made.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time
from functools import wraps
from typing import Any, Final, NoReturn

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ..configuration.choices import DynamicValue, holds_records
from ..configuration.errors import EncodingError, SpearmintError
from ..configuration.fold import MAX_DEPTH
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.scalars import MOST_BITS

MOST_NODES: Final = 1_000_000
"""How many nodes a file may have once every alias is replaced by what it stands for."""

Refuse = Callable[[int, int, str], NoReturn]


class _PlaceError(Exception):
    """A mistake in a file, and the mark of its place."""

    def __init__(self, mark: Any, what: str) -> None:
        super().__init__(what)
        self.mark, self.what = mark, what


def read_documents(text: str, refuse: Refuse) -> Iterator[Any]:
    """The documents of a YAML text; `refuse(line, column, what)` raises the error for what stands there."""
    try:
        found = [_Builder().build_root(node) for node in _Loader(text).compose_roots()]
    except yaml.reader.ReaderError as error:
        before = re.split("\r\n|[\n\r\x85\u2028\u2029]", text[: error.position])
        what = f"the character {chr(error.character)!r} is not allowed in YAML; write it as an escape"
        refuse(len(before), len(before[-1]) + 1, what)
    except (yaml.MarkedYAMLError, _PlaceError) as error:
        mark = error.mark if isinstance(error, _PlaceError) else error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        refuse(line, column, error.what if isinstance(error, _PlaceError) else _join_words(error))
    return iter(found)


def _join_words(error: yaml.MarkedYAMLError) -> str:
    context = f" ({error.context})" if error.context and error.context_mark is not None else ""
    return f"{error.problem or error.context}{context}"


# --- nodes -----------------------------------------------------------------------------------------


def _allow_tabs(scan: Any) -> Any:
    """A method of PyYAML's scanner that takes tabs for the white space they are."""

    @wraps(scan)
    def scan_with_tabs(loader: Any, *args: Any) -> Any:
        with loader._tabs_as_spaces():
            return scan(loader, *args)

    return scan_with_tabs


class _Loader(yaml.SafeLoader):
    """The loader of nodes, bounded; it resolves scalars by a table of its own."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._open: list[Node | None] = []  # the parents of the node that is composed
        self._sizes: dict[int, int] = {}  # per node, with its aliases replaced
        self._total = 0

    def compose_roots(self) -> Iterator[Node]:
        """The root of each document."""
        found: list[Any] = []
        try:
            while self.check_node():
                found.append(self.get_node())
        except RecursionError:
            raise _PlaceError(self.get_mark(), "nested too deeply for the stack that is left here") from None
        except (ValueError, OverflowError) as error:  # an escape or a directive with an impossible number
            raise _PlaceError(self.get_mark(), str(error)) from None
        if not found:
            raise _PlaceError(None, "holds no configuration")
        return iter(found)

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """The next node, within the bounds on depth, on cycles and on what aliases expand to."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if any(node is outer for outer in (*self._open, parent)):
                raise _PlaceError(event.start_mark, f"the anchor {short_repr(event.anchor)} contains itself")
            return node
        self.anchors.pop(event.anchor, None)  # an anchor may be given anew; an alias means the latest
        if len(self._open) > MAX_DEPTH:
            raise _PlaceError(event.start_mark, f"nested deeper than {MAX_DEPTH}")
        self._open.append(parent)
        node = super().compose_node(parent, index)
        self._open.pop()
        self._check_size(node)
        return node

    # To PyYAML a tab is no white space; to YAML it is, except where it would indent.

    def scan_to_next_token(self) -> None:
        """Skip white space, comments and the ends of lines."""
        super().scan_to_next_token()
        while self.peek() == "\t" and self._skip_tabs():
            super().scan_to_next_token()

    def _skip_tabs(self) -> bool:
        """Skip tabs and spaces, and return True; tabs that indent what follows stay, and it is False."""
        line = self.buffer[self.pointer - self.column :]
        following = line[self.column :].lstrip(" \t")[:1]
        ends = following in f"#{_ENDS}"
        if not self.flow_level and not ends:
            if not line[: self.column].strip(" \t"):
                return False
            self.allow_simple_key = False  # a mapping or a list that begins here would be indented by tabs
        while self.peek() in " \t":
            self.forward()
        return True

    def scan_plain_spaces(self, indent: Any, start_mark: Any) -> Any:
        """The white space inside a plain scalar, tabs kept."""
        with self._tabs_as_spaces(0 if self.flow_level else indent):
            return super().scan_plain_spaces(indent, start_mark)

    scan_tag = _allow_tabs(yaml.SafeLoader.scan_tag)
    scan_directive = _allow_tabs(yaml.SafeLoader.scan_directive)
    scan_block_scalar_indicators = _allow_tabs(yaml.SafeLoader.scan_block_scalar_indicators)
    scan_block_scalar_ignored_line = _allow_tabs(yaml.SafeLoader.scan_block_scalar_ignored_line)

    @contextmanager
    def _tabs_as_spaces(self, indent: int = 0) -> Iterator[None]:
        """Let PyYAML see a space where a tab stands, from a column on."""
        peek = self.peek

        def spaced(index: int = 0) -> str:
            seen: str = peek(index)
            return " " if seen == "\t" and self.column + index >= indent else seen

        self.peek = spaced  # type: ignore[method-assign]
        try:
            yield
        finally:
            del self.peek

    def _check_size(self, node: Any) -> None:
        """Count the nodes of a node with every alias in it replaced, and refuse more than the bound."""
        size = 1 + sum(self._sizes[id(child)] for child in _list_children(node))
        self._sizes[id(node)] = size
        self._total += 0 if self._open else size
        if max(size, self._total) > MOST_NODES:
            raise _PlaceError(node.start_mark, f"aliases replaced, the file has more than {MOST_NODES} values here")


_ENDS: Final = "\0\r\n\x85\u2028\u2029"
"""The characters that end a line for PyYAML."""


def _list_children(node: Node) -> list[Node]:
    items: Any = node.value if isinstance(node, SequenceNode | MappingNode) else ()
    return [child for item in items for child in (item if isinstance(item, tuple) else (item,))]


# --- scalars of YAML 1.2, with timestamps, binary numbers and underscores as in 1.1 ----------------------------


def _read_int(text: str) -> int:
    digits = text.replace("_", "")
    number = int(digits, 0 if digits.lstrip("+-")[:2] in ("0x", "0o", "0b") else 10)
    if number.bit_length() > MOST_BITS:
        raise ValueError("a number of more than 4300 digits")
    return number


def _read_float(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_KNOWN: Final = "there are !sweep [a, b] and !range [start, stop, step]"
_TAG: Final = "tag:yaml.org,2002:"
_INT: Final = "[-+]?[0-9][0-9_]*|0o[0-7][0-7_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|0b[01][01_]*"
_FLOAT: Final = r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)"
_TIMESTAMP: Final = next(
    pattern for tag, pattern in yaml.SafeLoader.yaml_implicit_resolvers["0"] if tag == _TAG + "timestamp"
)
_SCALARS: Final[dict[str, tuple[re.Pattern[str], str, Callable[[str], Any]]]] = {
    "bool": (re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), "tTfF", lambda text: text.lower() == "true"),
    "null": (re.compile(r"(?:~|null|Null|NULL|)\Z"), "~nN", lambda _: None),
    "int": (re.compile(rf"(?:{_INT})\Z"), "-+0123456789", _read_int),
    "float": (re.compile(rf"(?:{_FLOAT}|\.(?:nan|NaN|NAN))\Z"), "-+0123456789.", _read_float),
    "timestamp": (_TIMESTAMP, "0123456789", str),
    "merge": (re.compile(r"<<\Z"), "<", str),
    "str": (re.compile(""), "", str),
    "binary": (re.compile(""), "", str),
}
"""Per kind: the text that is such a scalar, the characters that this may begin with, and what reads it."""

_Loader.yaml_implicit_resolvers = {}
for _kind in ("bool", "null", "int", "float", "timestamp", "merge"):
    _pattern, _first, _ = _SCALARS[_kind]
    _Loader.add_implicit_resolver(_TAG + _kind, _pattern, [*_first, *([""] if _kind == "null" else [])])


# --- values of nodes -----------------------------------------------------------------------------------


class _Builder:
    """The values of nodes, each built once, its children before it."""

    def __init__(self) -> None:
        self._built: dict[int, Any] = {}
        self._scalars = yaml.constructor.SafeConstructor()

    def build_root(self, node: Node) -> Any:
        """The value of a document: a tree, or a list of trees."""
        value = self.build(node)
        plain = isinstance(node, SequenceNode) and node.tag == _TAG + "seq"
        for item in node.value if plain else (node,):
            built = self.build(item)
            if not holds_records(built):
                raise _PlaceError(
                    item.start_mark, f"a configuration is a mapping, or a list of them; got {repr_with_type(built)}"
                )
        return value

    def build(self, node: Node) -> Any:
        """The value of a node."""
        if id(node) not in self._built:
            try:
                self._built[id(node)] = self._build_anew(node)
            except RecursionError:
                raise _PlaceError(node.start_mark, "nested too deeply for the stack that is left here") from None
            except (ValueError, OverflowError, SpearmintError) as error:
                what = "a number of more than 4300 digits" if "4300 digits" in str(error) else str(error)
                raise _PlaceError(node.start_mark, what) from None
        return self._built[id(node)]

    def _build_anew(self, node: Any) -> Any:
        kind = node.tag.removeprefix(_TAG)
        if isinstance(node, ScalarNode) and kind in _SCALARS:
            return self._build_scalar(node, kind)
        if isinstance(node, SequenceNode) and kind == "seq":
            return [self.build(item) for item in node.value]
        if isinstance(node, MappingNode) and kind in ("map", "set"):
            items = self._build_mapping(node)
            return items if kind == "map" else set(items)
        if kind in ("!sweep", "!range"):
            return self._build_sweep(node) if kind == "!sweep" else self._build_range(node)
        tag = node.tag if kind == node.tag else f"!!{kind}"
        if kind in _SCALARS or kind in ("seq", "map", "set"):
            raise _PlaceError(node.start_mark, f"{tag} is not the tag of a {node.id}")
        raise _PlaceError(node.start_mark, f"unknown tag {short_repr(tag)[1:-1]}: {_KNOWN}")

    def _build_scalar(self, node: Any, kind: str) -> Any:
        text = node.value
        whole = kind == "float" and _SCALARS["int"][0].match(text)
        if not _SCALARS[kind][0].match(text) and not whole:
            raise _PlaceError(node.start_mark, f"{short_repr(text)} is no !!{kind}")
        if kind == "timestamp":
            return self._scalars.construct_yaml_timestamp(node)
        if kind == "binary":
            try:
                return b64decode("".join(text.split()), validate=True)
            except ValueError:
                raise _PlaceError(node.start_mark, "not base64, as !!binary is") from None
        return _read_int(text) * 1.0 if whole else _SCALARS[kind][2](text)

    def _build_mapping(self, node: Any) -> dict[Any, Any]:
        """The mapping, with what is merged into it; its own keys win."""
        own: dict[Any, Any] = {}
        merged: dict[Any, Any] | None = None
        for key_node, value_node in node.value:
            key = "<<" if key_node.tag == _TAG + "merge" else self._build_key(key_node)
            if key in own or (key == "<<" and merged is not None):
                raise _PlaceError(key_node.start_mark, f"the key {short_repr(key)} stands twice in this mapping")
            if key_node.tag == _TAG + "merge":
                merged = self._merge_mappings(value_node)
            else:
                own[key] = self.build(value_node)
        return {**(merged or {}), **own}

    def _build_key(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode):
            raise _PlaceError(node.start_mark, "a key is a scalar, not a collection")
        return self.build(node)

    def _merge_mappings(self, node: Any) -> dict[Any, Any]:
        """The mapping that `<<` merges, or several of which the first wins."""
        parts = node.value if isinstance(node, SequenceNode) and node.tag == _TAG + "seq" else [node]
        merged: dict[Any, Any] = {}
        for part in reversed(parts):
            if not isinstance(part, MappingNode) or part.tag != _TAG + "map":
                raise _PlaceError(part.start_mark, "<< merges a mapping or a list of mappings, without tags")
            merged.update(self.build(part))
        return merged

    def _build_sweep(self, node: Any) -> DynamicValue[Any]:
        if not isinstance(node, SequenceNode):
            raise _PlaceError(node.start_mark, "!sweep takes a list of alternatives: !sweep [a, b]")
        return DynamicValue([self.build(item) for item in node.value])

    def _build_range(self, node: Any) -> DynamicValue[Any]:
        bounds = [self.build(item) for item in node.value] if isinstance(node, SequenceNode) else []
        if len(bounds) not in (1, 2, 3) or any(type(bound) is not int for bound in bounds) or bounds[2:] == [0]:
            raise _PlaceError(
                node.start_mark,
                "!range takes [stop], [start, stop] or [start, stop, step], whole numbers, and no step of 0",
            )
        return DynamicValue(range(*bounds))


# --- writing -----------------------------------------------------------------------------------------


class _Dumper(yaml.SafeDumper):
    """Writes plain data: text that this reader or one of YAML 1.1 would take for something else stands in quotes."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _choose_style(text: str) -> str | None:
    """Double quotes, the one style that keeps every character, where there are others than one sees."""
    return None if text.isprintable() else '"'


_Dumper.yaml_implicit_resolvers = {
    first: [*yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()), *_Loader.yaml_implicit_resolvers.get(first, ())]
    for first in {**yaml.SafeDumper.yaml_implicit_resolvers, **_Loader.yaml_implicit_resolvers}
}
_Dumper.add_representer(str, lambda dumper, value: dumper.represent_scalar(_TAG + "str", value, _choose_style(value)))
_Dumper.add_representer(time, lambda dumper, value: dumper.represent_str(value.isoformat()))


def dump_yaml(plain: Any) -> str:
    """Plain data as YAML that is read as the same: dicts, lists, sets, scalars, dates. A time becomes text.

    Raises:
        EncodingError: a leaf that YAML has no word for.
    """
    try:
        return str(yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**31))
    except yaml.representer.RepresenterError as error:
        raise EncodingError(f"{repr_with_type(error.args[-1])} has no form in YAML") from error
