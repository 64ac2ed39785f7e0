"""Files of configurations: YAML, JSON and TOML, read by safe loaders alone, with the place of every mistake."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from ..configuration.choices import DynamicValue, holds_records
from ..configuration.errors import (
    AbsentFileError,
    ArgumentError,
    FileError,
    FormatError,
    MissingExtraError,
    SpearmintError,
)
from ..configuration.extras import require
from ..configuration.fold import MAX_DEPTH, list_leaves, show_path
from ..configuration.freezing import freeze
from ..configuration.messages import repr_with_type, short_repr
from ..configuration.scalars import MOST_BITS


def load(path: str | os.PathLike[str]) -> Any:
    """The tree that a file holds, or a choice among its trees: `expand(load(path))` is the sweep of the file.

    A mapping is one tree, and so is a list or a folder of one. Several, in a list, in the documents of a YAML file, or
    in a folder, whose YAML, JSON and TOML files are read in the order of their names, are a `DynamicValue`. An empty
    list is a choice without alternatives. In YAML `!sweep [a, b]` is
    `DynamicValue([a, b])` and `!range [start, stop, step]` is `DynamicValue(range(start, stop, step))`, with
    alternatives that are trees again. Scalars are those of YAML 1.2: `on` and `no` are text, `1e-3` is a number; dates
    are dates, and underscores may group digits. The loaders are safe: no tag but these and YAML's own makes
    anything. Files are read at once, as UTF-8. YAML needs `spearmint_fp[yaml]`.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.json").write_text('[{"n": 1}, {"n": 2}]')
    >>> _ = (folder / "b.toml").write_text('n = 3')
    >>> load(folder)
    DynamicValue(({'n': 1}, {'n': 2}, {'n': 3}))
    >>> load(folder / "b.toml")
    Config({'n': 3})

    Raises:
        AbsentFileError: nothing stands there.
        FileError: it cannot be read, is larger than 64 MiB, or is a folder without any such file; names the path.
        FormatError: names the file, and line and column where the format has them: what does not parse, a duplicate
            key, an anchor that contains itself or expands without bound, an unknown tag, nesting deeper than 200.
        MissingExtraError: a YAML file, and no YAML library.

    See also: `expand`, which makes the sweep; `Spearmint`, whose `configs` may name files.
    """
    place = _check_path(path)
    with _translate_errors(place):
        files = _list_files(place) if place.is_dir() else [place]
    return _join_trees([tree for file in files for tree in _read_trees(file)])


def _join_trees(trees: Sequence[Any]) -> Any:
    """One tree as it is, of several the choice among them."""
    return trees[0] if len(trees) == 1 else DynamicValue(trees)


_Reader = Callable[[Path, str], Iterator[Any]]


def _check_path(path: Any) -> Path:
    try:
        text = os.fspath(path)
    except TypeError:
        text = None
    if not isinstance(text, str) or not text:
        raise ArgumentError(f"load takes the path of a file or a folder; got {repr_with_type(path)}")
    return Path(text)


def _list_files(folder: Path) -> list[Path]:
    """The files of a folder that hold configurations, by name; hidden ones are left out."""
    found = (file for file in folder.iterdir() if file.suffix.lower() in _READERS and not file.name.startswith("."))
    files = sorted(file for file in found if not file.is_dir())
    if not files:
        raise FileError(f"{folder}: no {_list_suffixes()} file in this folder")
    return files


@contextmanager
def _translate_errors(place: Path) -> Iterator[None]:
    """Raise the errors of the file system as errors of the library."""
    try:
        yield
    except SpearmintError:
        raise
    except FileNotFoundError:
        raise AbsentFileError(f"{place}: no such file or folder{_show_working_folder()}") from None
    except OSError as error:
        raise FileError(f"{short_repr(str(place))[1:-1]}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # characters that no path has
        raise FileError(f"{short_repr(str(place))}: no path: {error}") from error


def _show_working_folder() -> str:
    try:
        return f" (in {Path.cwd()})"
    except OSError:  # the folder that this process is in was deleted
        return ""


def _read_trees(file: Path) -> tuple[Any, ...]:
    reader = _READERS.get(file.suffix.lower())
    if reader is None and file.exists():
        raise FormatError(f"{file}: a configuration file ends in {_list_suffixes()}")
    return _parse_text(file, _read_text(file), reader or _read_json)


def _parse_text(file: Path, text: str, reader: _Reader) -> tuple[Any, ...]:
    try:
        return tuple(freeze(tree) for document in reader(file, text) for tree in _list_trees(file, document))
    except (FormatError, MissingExtraError):
        raise
    except SpearmintError as error:
        raise FormatError(f"{file}: {error}") from error


def load_text(content: bytes, name: str) -> Any:
    """The tree of a text in JSON or in YAML, as `load` gives that of a file; `name` stands in its errors.

    JSON with tabs in it is no YAML, so it is tried first; mistakes are those that the YAML parser finds.

    >>> load_text(b'[{"n": 1}, {"n": 2}]', "standard input")
    DynamicValue(({'n': 1}, {'n': 2}))

    Raises:
        FileError: more than 64 MiB.
        FormatError: as `load`.
        MissingExtraError: no JSON, and no YAML library.

    See also: `load`, for files.
    """
    file = Path(name)
    if len(content) > MOST_BYTES:
        raise FileError(f"{name}: more than {MOST_BYTES:,} bytes. Make it a folder of files")
    text = _decode_text(file, content)
    try:
        return _join_trees(_parse_text(file, text, _read_json))
    except FormatError:
        return _join_trees(_parse_text(file, text, _read_yaml))


def _list_trees(file: Path, document: Any) -> list[Any]:
    trees = document if isinstance(document, list) else [document]
    for number, tree in enumerate(trees):
        if not holds_records(tree):
            item = f" item {number}:" if trees is document else ""
            raise FormatError(
                f"{file}:{item} a configuration is a mapping, or a list of them; got {repr_with_type(tree)}"
            )
    return trees


def _list_suffixes() -> str:
    *others, last = _READERS
    return f"{', '.join(others)} or {last}"


MOST_BYTES: Final = 2**26
"""How large a file may be: 64 MiB of text become gigabytes of values."""


def _read_text(file: Path) -> str:
    """The file's text; a byte order mark is dropped."""
    with _translate_errors(file):
        if file.exists() and not file.is_file():
            raise FileError(f"{file}: not a file")
        if file.stat().st_size > MOST_BYTES:
            raise FileError(
                f"{file}: a file of {file.stat().st_size:,} bytes, more than {MOST_BYTES:,}. Make it a folder of files"
            )
        content = file.read_bytes()
    return _decode_text(file, content)


def _decode_text(file: Path, content: bytes) -> str:
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        _refuse_position(
            file, before, len(before), f"not UTF-8 (byte {content[error.start]:#04x}). Save the file as UTF-8"
        )


def _refuse_position(file: Path, text: str, position: int, what: str) -> NoReturn:
    """Raise the error for what stands at a position of a file's text."""
    line = text.count("\n", 0, position) + 1
    _refuse_place(file, line, position - (text.rfind("\n", 0, position) + 1) + 1, what)


def _refuse_place(file: Path, line: int, column: int, what: str) -> NoReturn:
    raise FormatError(f"{file}:{line}:{column}: {what}") from None


MOST_DIGITS: Final = 4300
"""How many digits a whole number may have: as many as Python reads and writes by itself."""

_TOO_LONG: Final = f"a number of more than {MOST_DIGITS} digits"
_TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH}"


# --- JSON ------------------------------------------------------------------------------------------


class _TwiceError(Exception):
    """A key that an object has twice."""


def _check_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError
    return found


_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{}\[\]:,]|\d++(?:\.\d++)?(?:[eE][-+]?\d++)?', re.DOTALL)


def _read_json(file: Path, text: str) -> Iterator[Any]:
    import json

    depth = 0
    for token in _JSON_TOKEN.finditer(text):
        depth += (token[0] in "{[") - (token[0] in "}]")
        if depth > MAX_DEPTH:
            _refuse_position(file, text, token.start(), _TOO_DEEP)
        if len(token[0]) > MOST_DIGITS and token[0].isdigit():
            _refuse_position(file, text, token.start(), _TOO_LONG)
    try:
        yield json.loads(text, object_pairs_hook=_check_keys)
    except json.JSONDecodeError as error:
        _refuse_position(file, text, error.pos, f"{error.msg[:1].lower()}{error.msg[1:]}".removesuffix(" at"))
    except _TwiceError:
        position, key = _find_twice(text)
        _refuse_position(file, text, position, f"the key {short_repr(key)} stands twice in this object")


def _find_twice(text: str) -> tuple[int, str]:
    """Where in a valid JSON text a key stands for the second time in its object."""
    import json

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
                return token.start(), key
            seen[-1].add(key)
    raise AssertionError("a key stands twice")


# --- TOML ------------------------------------------------------------------------------------------


_LONG_KEY: Final = re.compile(rf"^[\t \[]*(?:[\w\"'-]++[\t ]*+\.[\t ]*+){{{10 * MAX_DEPTH},}}", re.MULTILINE)


def _read_toml(file: Path, text: str) -> Iterator[Any]:
    import tomllib

    long = _LONG_KEY.search(text)
    if long:
        _refuse_position(file, text, long.start(), _TOO_DEEP)
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise FormatError(f"{file}: {_TOO_DEEP}") from None
    except ValueError as error:
        if "4300 digits" in str(error):
            raise FormatError(f"{file}: {_TOO_LONG}") from None
        message, _, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+), column (\d+)", place)
        message = f"{message[:1].lower()}{message[1:]}"
        if place.startswith("end of document"):
            _refuse_position(file, text, len(text), message)
        raise FormatError(f"{file}{f':{found[1]}:{found[2]}' if found else ''}: {message}") from None
    for path, leaf in list_leaves(document):
        if isinstance(leaf, int) and leaf.bit_length() > MOST_BITS:
            raise FormatError(f"{file}: {show_path(path)}: {_TOO_LONG}")
    yield document


# --- YAML ------------------------------------------------------------------------------------------


def _read_yaml(file: Path, text: str) -> Iterator[Any]:
    read_documents = require("spearmint_fp.conversion.yaml_files", extra="yaml", what=f"{file}: YAML").read_documents
    yield from read_documents(text, lambda line, column, what: _refuse_place(file, line, column, what))


_READERS: Final[dict[str, _Reader]] = {
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".json": _read_json,
    ".toml": _read_toml,
}
