"""Fingerprints: a change of a function's source is warned of, and nothing else is a change."""

from __future__ import annotations

import importlib
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from spearmint_fp import (
    Journal,
)
from spearmint_fp.journal.fingerprints import fingerprint_function, is_changed
from tests.journal.runs import results
from tests.journal.test_function_names import Home


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """A module with this source, loaded anew."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def loaded(source: str) -> ModuleType:
        (tmp_path / "edited.py").write_text(textwrap.dedent(source))
        sys.modules.pop("edited", None)
        importlib.invalidate_caches()
        return importlib.import_module("edited")

    yield loaded
    sys.modules.pop("edited", None)


SOURCE = '''
def score(config):
    """One sentence."""
    return config.n + 1
'''
SAME = [
    SOURCE.replace("What it does", "What it did"),
    SOURCE.replace("    return", "    # a comment\n\n    return"),
    SOURCE.replace("config.n + 1", "(\n        config.n\n        + 1\n    )"),
    "import math\n\n\n" + SOURCE,
    SOURCE + "\ndef other(config):\n    return 0\n",
]
OTHER = [
    SOURCE.replace("+ 1", "+ 2"),
    SOURCE.replace("+ 1", "+ 1.0"),
    SOURCE.replace("+ 1", "- 1"),
    SOURCE.replace("def score(config)", "def score(config, k=0)"),
    "import functools\n\n\n@functools.lru_cache\n" + SOURCE.strip(),
]


@pytest.mark.parametrize("source", SAME)
def test_comments_docstrings_and_layout_are_no_change(module: Any, path: Path, source: str) -> None:
    with Journal(path) as journal:
        results(module(SOURCE).score, journal)
        assert results(module(source).score, journal) == [1, 2, 3]


@pytest.mark.parametrize("source", OTHER)
@pytest.mark.parametrize("name", [None, "mine"])
def test_a_changed_source_is_warned_of_once(module: Any, path: Path, source: str, name: str | None) -> None:
    with Journal(path, name=name) as journal:
        results(module(SOURCE).score, journal)
        results(module(SOURCE).score, journal)
        with pytest.warns(UserWarning, match="has changed since .* give another version") as told:
            assert results(module(source).score, journal) == [1, 2, 3]
        assert len(told) == 1
        results(module(source).score, journal)
    with Journal(path, name=name) as journal:
        results(module(source).score, journal)
    with Journal(path, name=name, version=2) as journal:
        results(module(SOURCE).score, journal)


def test_a_file_that_changed_after_it_was_loaded_says_nothing_of_what_runs(module: Any, tmp_path: Path) -> None:
    score = module(SOURCE).score
    before = fingerprint_function(score)
    (tmp_path / "edited.py").write_text(SOURCE.replace("+ 1", "+ 22222"))
    after = fingerprint_function(score)
    assert before is not None
    assert before.startswith("source:")
    assert after is not None
    assert after.startswith("code ")
    assert not is_changed(before, after)


def test_a_fingerprint_is_the_same_in_every_version_of_python() -> None:
    """Golden: what Python 3.11, 3.12 and 3.13 give for a function with an f-string, defaults and annotations."""
    scope: dict[str, Any] = {}
    source = 'def f(a: int = 1, *, b: str = "x") -> str:\n    return f"{a!r:>{10}}{{}} {b}" if a else [*b][0]\n'
    file = "<golden fingerprint>"
    import linecache

    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec", dont_inherit=True), scope)
    assert fingerprint_function(scope["f"]) == GOLDEN


GOLDEN = "source:3a9da783c8defdf73ee55a837c0bfd03"


def test_builtins_have_no_fingerprint_and_nothing_hostile_ends_it() -> None:
    def looped(config: Any) -> None: ...

    looped.__wrapped__ = looped  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        assert [fingerprint_function(fn) for fn in (len, Home(), looped)] == [None, None, None]
    assert str(fingerprint_function(Home)).startswith("source:")
