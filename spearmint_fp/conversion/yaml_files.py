"""YAML as trees: the documents of a text, with the place of every mistake.

Imported where a YAML file is read. PyYAML composes nodes (`yaml_nodes`); their values are made of these, children first
(`yaml_values`), so that an alias inside a choice is whole when the choice is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import yaml

from .operations import Operations
from .yaml_nodes import NodeLoader
from .yaml_scalars import PlaceError
from .yaml_values import TreeBuilder

Refuse = Callable[[int, int, str], NoReturn]


def read_documents(text: str, refuse: Refuse, operations: Operations) -> list[Any]:
    """The documents of a YAML text; `refuse(line, column, what)` raises the error for what stands there."""
    with _translate_errors(text, refuse):
        return [TreeBuilder(operations).build_root(node) for node in NodeLoader(text).compose_roots()]


def read_value(text: str, refuse: Refuse, operations: Operations) -> Any:
    """The value of the one document of a YAML text, which need not be a configuration."""
    with _translate_errors(text, refuse):
        root, *more = NodeLoader(text).compose_roots()
        if more:
            raise PlaceError(more[0].start_mark, "one value is expected here, and another document begins")
        return TreeBuilder(operations).build_value(root)


@contextmanager
def _translate_errors(text: str, refuse: Refuse) -> Iterator[None]:
    """Have PyYAML's errors and those of values raised with their line and column."""
    try:
        yield
    except yaml.reader.ReaderError as error:
        before = re.split("\r\n|[\n\r\x85\u2028\u2029]", text[: error.position])
        what = f"the character {chr(error.character)!r} is not allowed in YAML; write it as an escape"
        refuse(len(before), len(before[-1]) + 1, what)
    except (yaml.MarkedYAMLError, PlaceError) as error:
        mark = error.mark if isinstance(error, PlaceError) else error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        refuse(line, column, error.what if isinstance(error, PlaceError) else _join_words(error))


def _join_words(error: yaml.MarkedYAMLError) -> str:
    context = f" ({error.context})" if error.context and error.context_mark is not None else ""
    return f"{error.problem or error.context}{context}"
