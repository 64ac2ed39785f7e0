"""YAML as nodes: PyYAML's parser, with tabs as YAML has them, and bounds on depth, cycles and aliases.

Its parser in Python is used, never the one in C, which crashes the interpreter on deep nesting.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from ..configuration.fold import MAX_DEPTH
from ..configuration.messages import short_repr
from .yaml_scalars import PlaceError, add_resolvers

MOST_NODES: Final = 1_000_000
"""How many nodes a file may have once every alias is replaced by what it stands for."""


def _allow_tabs(scan: Any) -> Any:
    """A method of PyYAML's scanner that takes tabs for the white space they are."""

    @wraps(scan)
    def scan_with_tabs(loader: Any, *args: Any) -> Any:
        with loader._tabs_as_spaces():
            return scan(loader, *args)

    return scan_with_tabs


class NodeLoader(yaml.SafeLoader):
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
            raise PlaceError(self.get_mark(), "nested too deeply for the stack that is left here") from None
        except (ValueError, OverflowError) as error:  # an escape or a directive with an impossible number
            raise PlaceError(self.get_mark(), str(error)) from None
        if not found:
            raise PlaceError(None, "holds no configuration")
        return iter(found)

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """The next node, within the bounds on depth, on cycles and on what aliases expand to."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if any(node is outer for outer in (*self._open, parent)):
                raise PlaceError(event.start_mark, f"the anchor {short_repr(event.anchor)} contains itself")
            return node
        self.anchors.pop(event.anchor, None)  # an anchor may be given anew; an alias means the latest
        if len(self._open) > MAX_DEPTH:
            raise PlaceError(event.start_mark, f"nested deeper than {MAX_DEPTH}")
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

        def peek_space(index: int = 0) -> str:
            seen: str = peek(index)
            return " " if seen == "\t" and self.column + index >= indent else seen

        self.peek = peek_space  # type: ignore[method-assign]
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
            raise PlaceError(node.start_mark, f"aliases replaced, the file has more than {MOST_NODES} values here")


_ENDS: Final = "\0\r\n\x85\u2028\u2029"
"""The characters that end a line for PyYAML."""


def _list_children(node: Node) -> list[Node]:
    items: Any = node.value if isinstance(node, SequenceNode | MappingNode) else ()
    return [child for item in items for child in (item if isinstance(item, tuple) else (item,))]


add_resolvers(NodeLoader)
