"""Objects by name: what is found, and what is said of what is not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spearmint_fp import ArgumentError
from spearmint_fp.cli.objects import look_up


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_names_in_modules_packages_and_objects(folder: Path) -> None:
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "inner.py").write_text("class A:\n  class B:\n    value = 7\n")
    assert look_up("pack.inner:A.B.value") == 7
    assert look_up("pathlib:Path") is Path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'' is no module:name"),
        (":", "':' is no module:name"),
        ("math:", "'math:' is no module:name"),
        (":pi", "':pi' is no module:name"),
        ("math:pi:e", "'math:pi:e' is no module:name"),
        ("ma th:pi", "'ma th:pi' is no module:name"),
        ("math", "'math' is no module:name. Write math:name"),
        ("math.pi", "'math.pi' is no module:name. Write math:pi"),
        (".math:pi", "'.math:pi' is no module:name. Write math:pi"),
        ("a/b.py", "'a/b.py' is no module:name. Write a.b:name"),
        ("math:pie", "module 'math' has no 'pie'"),
        ("math.pi:x", "there is no module 'math.pi'"),
        ("collections:OrderedDict.copi", "'OrderedDict' has no 'copi'; did you mean 'copy'?"),
        ("absent_package.inner:x", "there is no module 'absent_package'"),
    ],
)
def test_what_is_not_there(name: str, message: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        look_up(name)
    assert str(raised.value).startswith(message)


def test_a_module_that_does_not_import_says_where(folder: Path) -> None:
    (folder / "outer.py").write_text("x = 1\nimport helper\n")
    (folder / "helper.py").write_text("\n\n1 / 0\n")
    with pytest.raises(ArgumentError) as raised:
        look_up("outer:x")
    told = "module 'outer' cannot be imported: ZeroDivisionError: division by zero"
    assert str(raised.value) == f"{told} ({folder / 'helper.py'}:3)"
    assert isinstance(raised.value.__cause__, ZeroDivisionError)


def test_an_interrupt_while_it_is_imported_is_one(folder: Path) -> None:
    (folder / "stopped.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        look_up("stopped:x")
