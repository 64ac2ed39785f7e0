"""YAML as trees: PyYAML's safe loader with the scalars of YAML 1.2, `!sweep` and `!range`, and nothing without bound.

Imported where a YAML file is read; the one module that knows PyYAML. The loader in Python is used, never the one in C,
which crashes the interpreter on deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from .errors import SpearmintError, shown
from .tree import MAX_DEPTH, DynamicValue

__all__ = ["documents"]

MOST_NODES: Final = 1_000_000
"""How many nodes a file may have once every alias is replaced by what it stands for."""

Refuse = Callable[[int, str], NoReturn]


def documents(text: str, refuse: Refuse) -> Iterator[Any]:
    """The documents of a YAML text; `refuse(position, what)` raises the error for what stands at a position."""
    try:
        loader: Any = _Loader(text)
        if not loader.check_data():
            refuse(0, "holds no configuration")
        while loader.check_data():
            yield loader.get_data()
    except RecursionError:
        refuse(0, "choices nested too deeply")
    except yaml.reader.ReaderError as error:
        refuse(error.position, f"the character {chr(error.character)!r} is not allowed in YAML; write it as an escape")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        refuse(mark.index if mark else 0, _words(error))


def _words(error: yaml.MarkedYAMLError) -> str:
    context = f" ({error.context})" if error.context and error.context_mark is not None else ""
    return f"{error.problem or error.context}{context}"


def _at(mark: Any, what: str) -> ConstructorError:
    return ConstructorError(None, None, what, mark)


class _Loader(yaml.SafeLoader):
    """The safe loader, bounded and strict. It resolves scalars by a table of its own."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._open: list[Node | None] = []
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """The next node, within the bounds on depth, on cycles and on what aliases expand to."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if any(node is outer for outer in (*self._open, parent)):
                raise _at(event.start_mark, f"the anchor {event.anchor!r} contains itself")
            return node
        if len(self._open) > MAX_DEPTH:
            raise _at(event.start_mark, f"nested deeper than {MAX_DEPTH}")
        self._open.append(parent)
        node = super().compose_node(parent, index)
        self._open.pop()
        self._measure(node)
        if isinstance(node, MappingNode):
            self._check_keys(node)
        return node

    def _measure(self, node: Any) -> None:
        """How many nodes a node is once every alias in it is replaced."""
        items = node.value if isinstance(node, SequenceNode | MappingNode) else ()
        children = [child for item in items for child in (item if isinstance(item, tuple) else (item,))]
        self._sizes[id(node)] = 1 + sum(self._sizes[id(child)] for child in children)
        if self._sizes[id(node)] > MOST_NODES:
            raise _at(node.start_mark, f"its aliases expand to more than {MOST_NODES} values")

    def _check_keys(self, node: MappingNode) -> None:
        seen = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, ScalarNode):
                raise _at(key_node.start_mark, "a key is a scalar, not a collection")
            key = "<<" if key_node.tag == _MERGE else self.construct_object(key_node)
            if key in seen:
                raise _at(key_node.start_mark, f"the key {shown(key)} stands twice in this mapping")
            seen.add(key)

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        """The value of a node; what its constructor refuses is told with its place."""
        try:
            return super().construct_object(node, deep)
        except ConstructorError:
            raise
        except (ValueError, OverflowError, SpearmintError) as error:
            raise _at(node.start_mark, str(error)) from None


# --- scalars of YAML 1.2, with timestamps and underscores as in 1.1 -----------------------------------------

_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = _TAG + "merge"
_SCALARS: Final = {
    "bool": ("true|True|TRUE|false|False|FALSE", "tTfF"),
    "null": ("~|null|Null|NULL|", ("~", "n", "N", "")),
    "int": ("[-+]?[0-9][0-9_]*|0o[0-7][0-7_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|0b[01][01_]*", "-+0123456789"),
    "float": (
        r"[-+]?(?:\.[0-9][0-9_]*|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    "merge": ("<<", "<"),
}
_Loader.yaml_implicit_resolvers = {}
for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"(?:{_pattern})\\Z"), list(_first))
for _char, _known in yaml.SafeLoader.yaml_implicit_resolvers.items():
    for _tag, _regexp in _known:
        if _tag == _TAG + "timestamp":
            _Loader.add_implicit_resolver(_tag, _regexp, [_char])


def _int(loader: _Loader, node: ScalarNode) -> int:
    text = str(loader.construct_scalar(node)).replace("_", "")
    return int(text, 0 if text[:2] in ("0x", "0o", "0b") else 10)


def _float(loader: _Loader, node: ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _bool(loader: _Loader, node: ScalarNode) -> bool:
    return str(loader.construct_scalar(node)).lower() == "true"


# --- choices -----------------------------------------------------------------------------------------


def _sweep(loader: _Loader, node: Node) -> DynamicValue[Any]:
    if not isinstance(node, SequenceNode):
        raise _at(node.start_mark, "!sweep takes a list of alternatives: !sweep [a, b]")
    return DynamicValue(loader.construct_sequence(node, deep=True))


def _range(loader: _Loader, node: Node) -> DynamicValue[Any]:
    bounds = loader.construct_sequence(node, deep=True) if isinstance(node, SequenceNode) else []
    if len(bounds) not in (1, 2, 3) or any(type(bound) is not int for bound in bounds):
        raise _at(node.start_mark, "!range takes [stop], [start, stop] or [start, stop, step], whole numbers")
    return DynamicValue(range(*bounds))


def _unknown(_: _Loader, node: Node) -> NoReturn:
    tag = node.tag.replace(_TAG, "!!")
    raise _at(node.start_mark, f"unknown tag {tag}: there are !sweep [a, b] and !range [start, stop, step]")


for _tag, _constructor in {
    _TAG + "int": _int,
    _TAG + "float": _float,
    _TAG + "bool": _bool,
    "!sweep": _sweep,
    "!range": _range,
    None: _unknown,
}.items():
    _Loader.add_constructor(_tag, _constructor)
