"""The pages to look things up have every public name, with what its docstring says; so has `help(spearmint_fp)`."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import FunctionType
from typing import Any, Final

import pytest

import spearmint_fp
from spearmint_fp.cli.commands import cli

from .snippets import blocks, promised

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
HOW_TO = REFERENCE.parent / "how-to"

SENTENCES: Final = {
    "Outcome": "`Success | Failure`: what became of one configuration.",
    "unit": "The sweep of one empty configuration: `unit * a == a`.",
    "empty": "The sweep without a configuration: `a + empty == a`.",
}
"""Of names whose values have no docstring of their own."""


def read(page: str) -> str:
    return (REFERENCE / page).read_text(encoding="utf-8")


def value_of(name: str) -> Any:
    return getattr(spearmint_fp, name)


def sentence_of(value: Any) -> str:
    return (inspect.getdoc(value) or "").split("\n")[0]


def test_every_public_name_is_in_the_list_with_the_first_sentence_of_its_docstring() -> None:
    found = re.findall(r"^\| `(\w+)` \| (.+?) \| [^|]+ \|$", read("index.md").partition("## Command line")[0], re.M)
    found += re.findall(r"^\| `(\w+)` \| (.+?) \| [^|]+ \|$", read("index.md").partition("## Errors")[2], re.M)
    rows = [(name, text.replace(r"\|", "|")) for name, text in found]
    expected = {name: SENTENCES.get(name) or sentence_of(value_of(name)) for name in dir(spearmint_fp)}
    assert {*rows} ^ {*expected.items()} == set(), "each pair that is only there or only here is a row to mend"
    assert len(rows) == len(expected)


def test_every_public_name_has_its_full_docstring_on_a_page() -> None:
    documented = re.findall(r"auto\w+:: (\w+)$", read("api.md"), re.M)
    assert sorted([*documented, "Outcome"]) == dir(spearmint_fp)


def test_every_function_is_found_by_its_task() -> None:
    shown = {word for code in re.findall(r"`([^`]+)`", read("which-function.md")) for word in re.findall(r"\w+", code)}
    functions = [name for name in dir(spearmint_fp) if isinstance(value_of(name), FunctionType)]
    assert [name for name in functions if name not in shown] == []


def test_every_command_is_in_the_list() -> None:
    rows = re.findall(r"^\| `([a-z]+) [A-Z\[-]", read("index.md"), re.M)
    assert sorted(rows) == sorted(cli.commands)


def test_help_is_a_table_of_contents() -> None:
    contents = re.findall(r"^    [A-Z][\w ]*: +(.+(?:\n {18}.+)*)$", spearmint_fp.__doc__ or "", re.M)
    names = [name for group in contents for name in re.findall(r"\w+", group)]
    assert sorted(names) == dir(spearmint_fp)


def test_hovering_a_name_shows_a_sentence_and_an_example() -> None:
    """Editors find what the stub imports: the function or the class itself, with its docstring."""
    for name in dir(spearmint_fp):
        value = value_of(name)
        if name in SENTENCES or name == "ABSENT" or name.endswith("Error"):
            continue
        assert (value.__name__, value.__module__.split(".")[0]) == (name, "spearmint_fp")
        first = (value.__doc__ or "").split("\n\n")[0]
        assert first.endswith((".", ".\n")), name
        assert ">>> " in value.__doc__, name


def test_the_glossary_has_ten_words() -> None:
    words = re.findall(r"^\| \*\*([\w ]+)\*\* \|", read("glossary.md"), re.M)
    assert len(words) == len({*words}) == 10


@pytest.mark.parametrize("page", sorted(HOW_TO.glob("*.md")), ids=lambda page: page.stem)
def test_each_how_to_begins_with_a_whole_program(page: Path) -> None:
    """Its first Python uses the library and prints something, which the tests of pages see; or a command does."""
    first = blocks(page)[0]
    assert promised(first) or blocks(page, "console")[0].startswith("$ spearmint-fp run ")
    assert "import" in first
    assert "spearmint_fp" in first or "spearmint-fp" in blocks(page, "console")[0]
