"""Files of configurations: YAML, JSON and TOML, read by safe loaders alone, with the place of every mistake."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

from .errors import (
    AbsentFileError,
    ArgumentError,
    FileError,
    FormatError,
    MissingExtraError,
    SpearmintError,
    said,
)
from .tree import MAX_DEPTH, Choice, freeze

__all__ = ["load"]


def load(path: str | os.PathLike[str]) -> tuple[Any, ...]:
    """The configurations of a file, or of every YAML, JSON and TOML file of a folder, sorted by name: a tuple of trees.

    A file holds one tree, or a list of trees; a YAML file also several documents. In YAML `!sweep [a, b]` is
    `DynamicValue([a, b])` and `!range [start, stop, step]` is `DynamicValue(range(start, stop, step))`, with
    alternatives that are trees again. Scalars are those of YAML 1.2: `on` and `no` are text, `1e-3` is a number. The
    loaders are safe: no other tag makes anything. Files are read at once, as UTF-8. YAML needs `spearmint_fp[yaml]`.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.json").write_text('[{"n": 1}, {"n": 2}]')
    >>> _ = (folder / "b.toml").write_text('n = 3')
    >>> load(folder)
    (Config({'n': 1}), Config({'n': 2}), Config({'n': 3}))
    >>> load(folder / "b.toml")
    (Config({'n': 3}),)

    Raises:
        AbsentFileError: nothing stands there.
        FileError: it cannot be read, or a folder without any such file; names the path.
        FormatError: names the file, and line and column where the format has them: what does not parse, a duplicate
            key, an anchor that contains itself or expands without bound, an unknown tag, nesting deeper than 200.
        MissingExtraError: a YAML file, and no YAML library.

    See also: `Spearmint`, whose `configs` may name files; `expand`, for each of the trees.
    """
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ArgumentError(f"load takes the path of a file or a folder; got {said(path)}")
    place = Path(path)
    if not place.is_dir():
        return _trees(place)
    files = sorted(file for file in place.iterdir() if file.suffix.lower() in _READERS and not file.is_dir())
    if not files:
        raise FileError(f"{place}: no {_suffixes()} file in this folder")
    return tuple(tree for file in files for tree in _trees(file))


def _trees(file: Path) -> tuple[Any, ...]:
    reader = _READERS.get(file.suffix.lower())
    text = _text(file)
    if reader is None:
        raise FormatError(f"{file}: a configuration file ends in {_suffixes()}")
    try:
        found = tuple(freeze(tree) for document in reader(file, text) for tree in _listed(file, document))
    except (FormatError, MissingExtraError):
        raise
    except SpearmintError as error:
        raise FormatError(f"{file}: {error}") from error
    return found


def _listed(file: Path, document: Any) -> list[Any]:
    trees = document if isinstance(document, list) else [document]
    for tree in trees:
        if not isinstance(tree, Mapping | Choice):
            raise FormatError(f"{file}: a configuration is a mapping, or a list of them; got {said(tree)}")
    return trees


def _suffixes() -> str:
    *others, last = _READERS
    return f"{', '.join(others)} or {last}"


def _text(file: Path) -> str:
    """The file's text; a byte order mark is dropped."""
    if file.exists() and not file.is_file():
        raise FileError(f"{file}: not a file")
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise AbsentFileError(f"{file}: no such file or folder (in {Path.cwd()})") from None
    except OSError as error:
        raise FileError(f"{file}: cannot be read: {error.strerror or error}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        _refuse(file, before, len(before), f"not UTF-8 (byte {content[error.start]:#04x}). Save the file as UTF-8")


def _refuse(file: Path, text: str, position: int, what: str) -> NoReturn:
    """The error for what stands at a position of a file's text."""
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    raise FormatError(f"{file}:{line}:{column}: {what}") from None


_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH}"


# --- JSON ------------------------------------------------------------------------------------------


class _TwiceError(Exception):
    """A key that an object has twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|-?\d{4000,}', re.DOTALL)


def _read_json(file: Path, text: str) -> Iterator[Any]:
    depth = 0
    for token in _JSON_TOKEN.finditer(text):
        depth += (token[0] in "{[") - (token[0] in "}]")
        if depth > MAX_DEPTH:
            _refuse(file, text, token.start(), _TOO_DEEP)
        if token[0][-1].isdigit():
            _refuse(file, text, token.start(), "a number of more than 4000 digits")
    try:
        yield json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        _refuse(file, text, error.pos, f"{error.msg[:1].lower()}{error.msg[1:]}")
    except _TwiceError:
        position, key = _first_twice(text)
        _refuse(file, text, position, f"the key {key} stands twice in this object")


def _first_twice(text: str) -> tuple[int, str]:
    """Where in a valid JSON text a key stands for the second time in its object."""
    seen: list[set[str]] = []
    tokens = list(_JSON_TOKEN.finditer(text))
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token[0] in "{[":
            seen.append(set())
        elif token[0] in "}]":
            seen.pop()
        elif after is not None and after[0] == ":":
            key = json.loads(token[0])
            if key in seen[-1]:
                return token.start(), token[0]
            seen[-1].add(key)
    raise AssertionError("a key stands twice")


# --- TOML ------------------------------------------------------------------------------------------


def _read_toml(file: Path, text: str) -> Iterator[Any]:
    import tomllib

    try:
        yield tomllib.loads(text)
    except RecursionError:
        raise FormatError(f"{file}: {_TOO_DEEP}") from None
    except ValueError as error:
        message, _, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+), column (\d+)", place)
        message = f"{message[:1].lower()}{message[1:]}"
        if place.startswith("end of document"):
            _refuse(file, text, len(text), message)
        raise FormatError(f"{file}{f':{found[1]}:{found[2]}' if found else ''}: {message}") from None


# --- YAML ------------------------------------------------------------------------------------------


def _read_yaml(file: Path, text: str) -> Iterator[Any]:
    try:
        documents = import_module("spearmint_fp.configuration.yaml_files").documents
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{file}: YAML needs a package that is not installed ({error.name}): pip install 'spearmint_fp[yaml]'"
        ) from None
    yield from documents(text, lambda position, what: _refuse(file, text, position, what))


_READERS: Final[dict[str, Callable[[Path, str], Iterator[Any]]]] = {
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".json": _read_json,
    ".toml": _read_toml,
}
