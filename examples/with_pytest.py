"""Every configuration a test of its own: a sweep as the parameters of pytest, and its labels as their names.

The file is a module of tests. They hold Python's compressors to what they promise, in each way to set them up: three
libraries, each with parameters of its own. A failure then names what was set, and that name runs it alone:
`pytest "with_pytest.py::test_it_comes_back[codec.name=bz2, codec.compresslevel=9]"`. The script runs pytest on itself.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from spearmint_fp import Config, DynamicValue, expand, label

sweep = expand(
    {
        "codec": DynamicValue(
            [
                {"name": "zlib", "level": DynamicValue([1, 9]), "wbits": DynamicValue([-15, 15, 31])},
                {"name": "bz2", "compresslevel": DynamicValue([1, 9])},
                {"name": "lzma", "preset": DynamicValue([0, 6]), "check": DynamicValue([0, 4])},
            ]
        )
    }
)

each = pytest.mark.parametrize("config", sweep, ids=lambda config: label(config, sweep))
"""The decorator of a test that takes `config`."""

TEXT = b"The sea, the sea. " * 500


def codec(settings: Config) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """A pair of functions: there, and back."""
    module: Any = import_module(settings.name)
    options = {key: value for key, value in settings.items() if key != "name"}
    back = {"wbits": options["wbits"]} if "wbits" in options else {}
    return lambda data: module.compress(data, **options), lambda data: module.decompress(data, **back)


@each
def test_it_comes_back(config: Config) -> None:
    """Compressed data comes back, and has become less."""
    there, back = codec(config.codec)
    assert back(there(TEXT)) == TEXT
    assert len(there(TEXT)) < len(TEXT) / 20


@each
def test_nothing_comes_back_as_nothing(config: Config) -> None:
    """Empty data have a compressed form too."""
    there, back = codec(config.codec)
    assert there(b"") != b""
    assert back(there(b"")) == b""


def main() -> None:
    """Run pytest on this file, and print what it says of each test."""
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--color=no", __file__]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    tests = [line.partition("::")[2].rpartition(" [")[0].strip() for line in ended.stdout.splitlines() if "::" in line]
    print(f"{sweep!r}, {len(tests)} tests, exit code {ended.returncode}", *tests, sep="\n")


if __name__ == "__main__":
    main()
