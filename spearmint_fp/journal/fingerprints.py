"""Fingerprints of functions: they differ where the source has changed since outcomes were kept."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import Any, Final

from .function_names import unwrap_function

_DOCUMENTED_NODES: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IGNORED_FIELDS: Final = frozenset({"ctx", "type_comment", "kind"})


def fingerprint_function(fn: Any) -> str | None:
    """A hash of the source of the function inside the wrappers; None where it has none (a builtin).

    Comments, docstrings and the layout do not count, and it is the same in every version of Python. What the function
    calls does not count either. Where the file has been changed since the function was loaded, or cannot be read, it is
    a hash of the function's code, which only the same version of Python has again.
    """
    try:
        inner = inspect.unwrap(unwrap_function(fn))
    except ValueError:  # it wraps itself
        return None
    if inspect.isclass(inner):
        return _hash_class(inner)
    code = getattr(inner, "__code__", None)
    if not isinstance(code, CodeType):
        return None
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename, getattr(inner, "__globals__", None))
    return _hash_code(code, "".join(lines))


def is_changed(old: Any, new: Any) -> bool:
    """True if the source is another; fingerprints of different kinds cannot be compared, and count as equal.

    >>> is_changed("source:1", "source:2"), is_changed("source:1", "code cpython-311:1")
    (True, False)
    """
    if not (isinstance(old, str) and isinstance(new, str)):  # there is none, or a stranger's file says so
        return False
    return old.partition(":")[0] == new.partition(":")[0] and old != new


def _hash_text(kind: str, text: str) -> str:
    from hashlib import sha256  # for journals alone

    return f"{kind}:{sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


@lru_cache(maxsize=64)
def _hash_code(code: CodeType, text: str) -> str:
    """A hash of the source, if it compiles to the code that runs; else of that code."""
    try:
        tree = ast.parse(text)
        compiled = compile(tree, code.co_filename, "exec", dont_inherit=True)
        if text and any(found == code for found in _walk_codes(compiled)):
            return _hash_text("source", "\n".join(map(_format_syntax, _find_definitions(tree, code))))
    except (SyntaxError, ValueError, RecursionError):
        pass
    return _hash_text(f"code {sys.implementation.cache_tag}", _format_code(code))


def _hash_class(cls: type) -> str | None:
    try:
        return _hash_text("source", _format_syntax(ast.parse(inspect.cleandoc(f"\n{inspect.getsource(cls)}"))))
    except (OSError, TypeError, SyntaxError, ValueError, RecursionError):
        return None


def _walk_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _walk_codes(constant)


def _format_code(code: CodeType) -> str:
    """Code as text; names of files and numbers of lines do not count."""
    constants = [_format_code(c) if isinstance(c, CodeType) else _format_constant(c) for c in code.co_consts]
    return repr((code.co_name, code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars))


def _format_constant(value: Any) -> str:
    """A constant as text that does not depend on the process: sets have an order of their own in each."""
    return repr(sorted(map(repr, value))) if isinstance(value, frozenset) else f"{type(value).__name__} {value!r}"


def _find_definitions(tree: ast.AST, code: CodeType) -> list[ast.AST]:
    """The definitions that begin on the line where the code begins: of a decorator, `def` or `lambda`."""
    kinds = ast.Lambda if code.co_name == "<lambda>" else (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes: list[Any] = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    parts = ((node, [node, *getattr(node, "decorator_list", ())]) for node in nodes)
    return [node for node, lines in parts if min(part.lineno for part in lines) == code.co_firstlineno]


def _format_syntax(node: Any) -> str:
    """A syntax tree as text: no positions, no comments, no docstrings, and nothing that is empty."""
    if isinstance(node, list):
        return f"[{' '.join(map(_format_syntax, node))}]"
    if not isinstance(node, ast.AST):
        return f"{type(node).__name__} {node!r}"
    every = sorted(ast.iter_fields(_join_texts(node) if isinstance(node, ast.JoinedStr) else node))
    fields = [(name, value) for name, value in every if name not in _IGNORED_FIELDS and value not in (None, [])]
    if isinstance(node, _DOCUMENTED_NODES) and ast.get_docstring(node, clean=False) is not None:
        fields = [(name, value[1:] if name == "body" else value) for name, value in fields]
    return f"{type(node).__name__}({' '.join(f'{name}={_format_syntax(value)}' for name, value in fields)})"


def _join_texts(node: ast.JoinedStr) -> ast.JoinedStr:
    """An f-string whose neighbouring texts are one; versions of Python cut them in different places."""
    values: list[Any] = []
    for value in node.values:
        last = values[-1] if values else None
        if isinstance(value, ast.Constant) and isinstance(last, ast.Constant):
            values[-1] = ast.Constant(str(last.value) + str(value.value))
        else:
            values.append(value)
    return ast.JoinedStr([value for value in values if not (isinstance(value, ast.Constant) and value.value == "")])
