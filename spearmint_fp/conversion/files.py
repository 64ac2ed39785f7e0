"""Files of configurations, read by safe loaders alone, with the place of every mistake: one row a format."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from ..configuration.choices import holds_records
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
from .json_text import TOO_DEEP, TOO_LONG, WordError, read_json, read_json_lines
from .operations import Operations
from .tables import read_csv


def read_trees(path: str | os.PathLike[str], operations: Operations) -> list[Any]:
    """The trees of a file, or of all files of a folder by their names; see `spearmint_fp.load`."""
    place = _check_path(path)
    with _translate_errors(place):
        files = _list_files(place) if place.is_dir() else [place]
    return [tree for file in files for tree in _read_file(file, operations)]


def read_text_trees(content: bytes, name: str, operations: Operations) -> list[Any]:
    """The trees of a text in JSON, JSON Lines or YAML; `name` stands in its errors.

    JSON with tabs in it is no YAML, so it is tried first; mistakes are those that the YAML parser finds.
    """
    file, text = Path(name), _decode_content(content, name)
    for reader in (_read_lines, _read_json) if text.strip() else ():
        try:
            return _parse_text(file, text, reader, operations)
        except FormatError as error:
            if isinstance(error.__context__, WordError):  # valid JSON, of which another reader would make plain data
                raise
    return _parse_text(file, text, _read_yaml, operations)


def read_value(text: str, name: str, operations: Operations) -> Any:
    """The value that a YAML text stands for, which need not be a configuration."""
    parse = _import_yaml(name).read_value
    return freeze(parse(text, lambda line, column, what: _refuse_place(Path(name), line, column, what), operations))


def _decode_content(content: bytes, name: str) -> str:
    if len(content) > MOST_BYTES:
        raise FileError(f"{name}: more than {MOST_BYTES:,} bytes. Make it a folder of files")
    return _decode_text(Path(name), content)


_Reader = Callable[[Path, str, Operations], Iterable[Any]]


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


def _read_file(file: Path, operations: Operations) -> list[Any]:
    reader = _READERS.get(file.suffix.lower())
    if reader is None and file.exists():
        raise FormatError(f"{file}: a configuration file ends in {_list_suffixes()}")
    return _parse_text(file, _read_text(file), reader or _read_json, operations)


def _parse_text(file: Path, text: str, reader: _Reader, operations: Operations) -> list[Any]:
    try:
        documents = reader(file, text, operations)
        return [freeze(tree) for document in documents for tree in _list_trees(file, document)]
    except (FormatError, MissingExtraError):
        raise
    except SpearmintError as error:
        raise FormatError(f"{file}: {error}") from error


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


# --- TOML ------------------------------------------------------------------------------------------


_LONG_KEY: Final = re.compile(rf"^[\t \[]*(?:[\w\"'-]++[\t ]*+\.[\t ]*+){{{10 * MAX_DEPTH},}}", re.MULTILINE)


def _read_toml(file: Path, text: str, _operations: Operations) -> Iterator[Any]:
    import tomllib

    long = _LONG_KEY.search(text)
    if long:
        _refuse_position(file, text, long.start(), TOO_DEEP)
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise FormatError(f"{file}: {TOO_DEEP}") from None
    except ValueError as error:
        if "4300 digits" in str(error):
            raise FormatError(f"{file}: {TOO_LONG}") from None
        message, _, place = str(error).partition(" (at ")
        found = re.match(r"line (\d+), column (\d+)", place)
        message = f"{message[:1].lower()}{message[1:]}"
        if place.startswith("end of document"):
            _refuse_position(file, text, len(text), message)
        raise FormatError(f"{file}{f':{found[1]}:{found[2]}' if found else ''}: {message}") from None
    for path, leaf in list_leaves(document):
        if isinstance(leaf, int) and leaf.bit_length() > MOST_BITS:
            raise FormatError(f"{file}: {show_path(path)}: {TOO_LONG}")
    yield document


# --- the other formats -----------------------------------------------------------------------------


def _read_json(file: Path, text: str, _: Operations) -> Iterable[Any]:
    return [read_json(text, lambda position, what: _refuse_position(file, text, position, what))]


def _read_lines(file: Path, text: str, _: Operations) -> Iterable[Any]:
    return [read_json_lines(text, lambda position, what: _refuse_position(file, text, position, what))]


def _read_csv(file: Path, text: str, _: Operations) -> Iterable[Any]:
    return [read_csv(text, lambda line, what: _refuse_place(file, line, 1, what))]


def _read_yaml(file: Path, text: str, operations: Operations) -> Iterable[Any]:
    parse = _import_yaml(str(file)).read_documents
    return parse(text, lambda line, column, what: _refuse_place(file, line, column, what), operations)  # type: ignore[no-any-return]


def _import_yaml(name: str) -> Any:
    return require("spearmint_fp.conversion.yaml_files", extra="yaml", what=f"{name}: YAML")


_READERS: Final[dict[str, _Reader]] = {
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".json": _read_json,
    ".toml": _read_toml,
    ".jsonl": _read_lines,
    ".csv": _read_csv,
}
