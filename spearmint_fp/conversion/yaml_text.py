"""Trees as YAML text: what is written is read as the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from io import StringIO
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ..configuration.choices import DynamicValue
from ..configuration.errors import EncodingError, IdentityError
from ..configuration.fold import Algebra, Choice, fold
from ..configuration.messages import repr_with_type
from ..configuration.records import FieldsShape, Shape, TupleShape
from .convert import unstructure
from .operations import MERGE_TAG, Tied
from .yaml_nodes import NodeLoader
from .yaml_scalars import TAG


class _Dumper(yaml.SafeDumper):
    """Writes plain data: text that this reader or one of YAML 1.1 would take for something else stands in quotes."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _choose_style(text: str) -> str | None:
    """Double quotes, the one style that keeps every character, where there are others than one sees."""
    return None if text.isprintable() else '"'


_Dumper.yaml_implicit_resolvers = {
    first: [
        *yaml.SafeDumper.yaml_implicit_resolvers.get(first, ()),
        *NodeLoader.yaml_implicit_resolvers.get(first, ()),
    ]
    for first in {**yaml.SafeDumper.yaml_implicit_resolvers, **NodeLoader.yaml_implicit_resolvers}
}
_Dumper.add_representer(str, lambda dumper, value: dumper.represent_scalar(TAG + "str", value, _choose_style(value)))
_Dumper.add_representer(time, lambda dumper, value: dumper.represent_str(value.isoformat()))
_Dumper.add_representer(Tied, lambda dumper, value: dumper.represent_scalar("!tied", str(value)))


class _Rooted(MappingNode):
    """A `!space` that is there for its tree alone: the paths of ties are counted from the root of that."""


def write_yaml(tree: Any) -> str:
    """The text of a tree; see `spearmint_fp.dump_yaml`."""
    options: dict[str, Any] = {"allow_unicode": True, "width": 2**31}
    return str(yaml.serialize(_unwrap_tree(_Writer().write(tree)), Dumper=_Dumper, **options))


class _Writer:
    """Trees as nodes of YAML."""

    def __init__(self) -> None:
        self._dumper = _Dumper(StringIO(), default_flow_style=False, sort_keys=False)
        self._algebra: Algebra[Node] = Algebra(self._write_leaf, self._write_record, self._write_choice)

    def write(self, tree: Any) -> Node:
        """The node of a tree."""
        return fold(self._algebra, tree)

    def _write_leaf(self, leaf: Any) -> Node:
        plain = unstructure(leaf)
        if isinstance(leaf, set | frozenset):
            elements = DynamicValue([*plain] if isinstance(plain, list) else plain)  # in the order of every process
            return _make_mapping(TAG + "set", [(self._write_key(one), self.write(None)) for one in elements.values])
        if type(plain) in (dict, list):  # the fields of a model, or an enum's value
            return self.write(plain)
        try:
            return self._dumper.represent_data(plain)
        except (yaml.representer.RepresenterError, ValueError) as error:  # the latter of numbers of thousands of digits
            refused = error.args[-1] if isinstance(error, yaml.representer.RepresenterError) else plain
            raise EncodingError(f"{repr_with_type(refused)} has no form in YAML") from error

    def _write_record(self, shape: Shape, _node: Any, parts: Sequence[Node]) -> Node:
        if isinstance(shape, TupleShape):
            return _make_list(TAG + "seq", parts)
        keys = shape.arguments if isinstance(shape, FieldsShape) else shape.keys
        return _make_mapping(TAG + "map", list(zip(map(self._write_key, keys), parts, strict=True)))

    def _write_key(self, key: Any) -> Node:
        """The node of a key, or of an element of a set, which in YAML is one."""
        node = self.write(key)
        if not isinstance(node, ScalarNode):
            raise EncodingError(f"{repr_with_type(key)} has no form in YAML as a key, or in a set. Make it text")
        return node

    def _write_choice(self, node: Choice, parts: Sequence[Node]) -> Node:
        try:
            tag, argument = node.written
        except IdentityError:
            raise EncodingError(
                f"{repr_with_type(node)} is a sweep that no file made, and too large to be listed. Write the tree that "
                f"it was made from"
            ) from None
        if tag == MERGE_TAG:
            return self._write_merge(argument)
        if not tag:
            return _Rooted("!space", [(self._write_key("sweep"), self.write(argument))], flow_style=False)
        inside = _make_list("", parts) if parts else self.write(argument)
        if tag == "!space":
            inside.value = [(key, _unwrap_tree(value)) for key, value in inside.value]
        make = _make_mapping if isinstance(inside, MappingNode) else _make_list
        return make(tag, inside.value)

    def _write_merge(self, parts: Sequence[Any]) -> Node:
        """A mapping into which choices are merged."""
        pairs: list[tuple[Node, Node]] = []
        merged = [self.write(part) for part in parts if isinstance(part, Choice)]
        value = merged[0] if len(merged) == 1 else _make_list(TAG + "seq", merged)
        for part in parts:
            if not isinstance(part, Choice):
                pairs += self.write(part).value
            elif merged:
                pairs.append((ScalarNode(TAG + "merge", "<<"), value))
                merged = []  # one key for all choices, where the first stands
        return _make_mapping(TAG + "map", pairs)


def _unwrap_tree(node: Node) -> Node:
    """The tree alone, where it is the root that its ties are counted from."""
    return node.value[0][1] if isinstance(node, _Rooted) else node


def _make_list(tag: str, parts: Sequence[Node]) -> SequenceNode:
    """A list; choices among scalars stand on one line."""
    flat = tag.startswith("!") and all(isinstance(part, ScalarNode) for part in parts)
    return SequenceNode(tag, parts, flow_style=flat or not parts)


def _make_mapping(tag: str, pairs: Sequence[tuple[Node, Node]]) -> MappingNode:
    return MappingNode(tag, pairs, flow_style=not pairs)
