"""Files: YAML, JSON and TOML as trees, and the place of every mistake."""

from __future__ import annotations

import datetime
import json
import math
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    AbsentFileError,
    ArgumentError,
    Config,
    DynamicValue,
    FileError,
    FormatError,
    MissingExtraError,
    Spearmint,
    SpearmintError,
    expand,
    load,
    thaw,
)

Folder = Path


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def one(folder: Path, content: str, name: str = "a.yaml") -> Any:
    return load(written(folder, name, content))


# --- what is read ----------------------------------------------------------------------------------


def test_every_format_holds_a_tree_or_a_list_of_them(tmp_path: Folder) -> None:
    assert one(tmp_path, "llm:\n  model: gpt-4\n") == Config({"llm": {"model": "gpt-4"}})
    assert one(tmp_path, '{"llm": {"layers": [1, 2]}}', "a.json") == Config({"llm": {"layers": (1, 2)}})
    assert one(tmp_path, "[llm]\nmodel = 'gpt-4'\n", "a.toml") == Config({"llm": {"model": "gpt-4"}})
    both = DynamicValue([{"a": 1}, {"a": 2}])
    assert load(written(tmp_path, "b.json", '[{"a": 1}, {"a": 2}]')) == both
    assert load(written(tmp_path, "b.yml", "- a: 1\n- a: 2\n")) == both
    assert load(str(written(tmp_path, "c.yaml", "a: 1\n---\na: 2\n"))) == both
    assert load(written(tmp_path, "c.json", "[]")) == DynamicValue([])
    assert load(written(tmp_path, "c.toml", "")) == Config()
    assert load(written(tmp_path, "d.json", '[{"a": 1}]')) == Config({"a": 1})


documents = st.lists(
    st.fixed_dictionaries({"n": st.integers(0, 3)}, optional={"m": st.lists(st.integers(0, 3), max_size=2)}), max_size=3
)


@given(files=st.lists(documents, min_size=1, max_size=3))
def test_the_sweep_of_a_file_is_what_it_holds(tmp_path_factory: pytest.TempPathFactory, files: list[Any]) -> None:
    """A list, a document each, a folder: always the same configurations, one after the other."""
    folder = tmp_path_factory.mktemp("files")
    for number, trees in enumerate(files):
        path = written(folder, f"{number}.json", json.dumps(trees))
        assert [thaw(config) for config in expand(load(path))] == trees
        assert expand(load(path)) == Spearmint(configs=[path]).configs
    assert [thaw(config) for config in expand(load(folder))] == [tree for trees in files for tree in trees]
    every = [tree for trees in files for tree in trees]
    if every:
        stream = written(tmp_path_factory.mktemp("one"), "all.yaml", "\n---\n".join(map(json.dumps, every)))
        assert [thaw(config) for config in expand(load(stream))] == every
        assert isinstance(load(stream), DynamicValue if len(every) > 1 else Config)


def test_choices_in_several_trees_are_alternatives(tmp_path: Folder) -> None:
    written(tmp_path, "a.yaml", "n: !sweep [1, 2]\n---\nm: !sweep [3, 4]\n")
    written(tmp_path, "b.yaml", "!sweep [{n: 5}, {n: !sweep [6, 7]}]")
    assert expand(load(tmp_path)).size == 7
    assert expand({"all": load(tmp_path), "k": DynamicValue([1, 2])}).size == 14


@pytest.mark.parametrize("path", ["a.yaml", "space.TOML", "runs/space", Path("a.yaml"), Path("a"), "configs/"])
def test_expand_of_a_path_names_load(path: Any) -> None:
    with pytest.raises(ArgumentError, match=r"^expand takes a tree; got .* write expand\(load\(path\)\)$"):
        expand(path)
    assert expand({"file": path}).size == expand(DynamicValue([path])).size == 1


def test_choices_in_yaml(tmp_path: Folder) -> None:
    tree = one(
        tmp_path,
        """
        model: !sweep [gpt-4, gpt-3.5]
        n: !range [1, 10, 2]
        stop: !range [3]
        opt: !sweep
          - name: sgd
            momentum: !sweep [0.0, 0.9]
          - name: adam
        """,
    )
    assert tree["model"] == DynamicValue(["gpt-4", "gpt-3.5"])
    assert tree["n"] == DynamicValue(range(1, 10, 2))
    assert tree["stop"] == DynamicValue(range(3))
    assert expand(tree).size == 2 * 5 * 3 * 3
    assert one(tmp_path, "!sweep [{a: 1}, {a: 2}]") == DynamicValue([{"a": 1}, {"a": 2}])
    assert one(tmp_path, "a: !range [5, 0, -2]\nb: !sweep []\nc: &x !sweep [1]\nd: *x") == {
        "a": DynamicValue(range(5, 0, -2)),
        "b": DynamicValue([]),
        "c": DynamicValue([1]),
        "d": DynamicValue([1]),
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("-1.5", -1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("+7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("0b11", 3),
        ("010", 10),
        ("1_000", 1000),
        ("1:30", "1:30"),
        (".inf", math.inf),
        ("-.Inf", -math.inf),
        ("2024-02-29", datetime.date(2024, 2, 29)),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!float 1", 1.0),
        ("gpt-4", "gpt-4"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(tmp_path: Folder, text: str, value: Any) -> None:
    got = one(tmp_path, f"a: {text}\n")["a"]
    assert (got, type(got)) == (value, type(value))
    assert math.isnan(one(tmp_path, "a: .NaN")["a"])


def test_keys_are_not_read_as_booleans(tmp_path: Folder) -> None:
    assert list(one(tmp_path, "on: 1\nno: 2\n")) == ["on", "no"]


def test_anchors_and_merge_keys(tmp_path: Folder) -> None:
    text = "base: &b {x: 1, y: 2}\na: {<<: *b, x: 3}\nc: {<<: [*b, {z: 1}]}\nd: *b\n"
    assert one(tmp_path, text) == {
        "base": {"x": 1, "y": 2},
        "a": {"x": 3, "y": 2},
        "c": {"x": 1, "y": 2, "z": 1},
        "d": {"x": 1, "y": 2},
    }


def test_a_folder_is_its_files_by_name(tmp_path: Folder) -> None:
    written(tmp_path, "b.toml", "n = 2")
    written(tmp_path, "a.YAML", "n: 1")
    written(tmp_path, "c.json", '[{"n": 3}, {"n": 4}]')
    written(tmp_path, "README.md", "# not one of them")
    (tmp_path / "d.yaml").mkdir()
    assert [tree["n"] for tree in expand(load(tmp_path))] == [1, 2, 3, 4]
    assert [c.n for c in Spearmint(configs=[tmp_path, {"n": 5}, str(tmp_path / "b.toml")]).configs] == [
        1,
        2,
        3,
        4,
        5,
        2,
    ]


def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Folder) -> None:
    for name, text in [("a.yaml", "a: 1\r\nb: 2\r\n"), ("a.json", '{"a": 1,\r\n"b": 2}'), ("a.toml", "a = 1\r\nb = 2")]:
        assert load(written(tmp_path, name, b"\xef\xbb\xbf" + text.encode())) == Config({"a": 1, "b": 2})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=4))
def test_what_is_written_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    folder = tmp_path_factory.mktemp("written")
    assert one(folder, json.dumps(data), "a.json") == data
    assert one(folder, json.dumps(data, ensure_ascii=False, indent=1), "b.json") == data
    assert one(folder, yaml.safe_dump(data)) == data


# --- what is refused ---------------------------------------------------------------------------------


BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{here}: &{here} [{','.join([f'*{before}'] * 10)}]\n" for before, here in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "3:1", "the key 'a' stands twice in this mapping"),
        ("x:\n  - {b: 1, b: 2}\n", "2:12", "the key 'b' stands twice"),
        ("1: a\n0x1: b\n", "2:1", "the key 1 stands twice"),
        ("a: {<<: {x: 1}, <<: {y: 1}}", "1:17", "the key '<<' stands twice"),
        ("a: &x [*x]", "1:8", "the anchor 'x' contains itself"),
        ("a: &x {b: [*x]}", "1:12", "the anchor 'x' contains itself"),
        (BOMB, "6:4", "more than 1000000 values here"),
        ("a: *nope", "1:4", "undefined alias 'nope'"),
        ("[" * 50_000, "1:202", "nested deeper than 200"),
        ("- " * 50_000 + "a", "1:403", "nested deeper than 200"),
        ("{a: " * 50_000, "1:", "nested deeper than 200"),
        ("a: !!python/object/apply:os.system [ls]", "1:4", "unknown tag !!python/object/apply:os.system; there is"),
        ("a: !swep [1]", "1:4", r"unknown tag !swep; did you mean '!sweep'\?"),
        ("a: !sweep 1", "1:4", r"!sweep takes a list of alternatives: !sweep \[a, b\]"),
        ("a: !sweep {b: 1}", "1:4", "!sweep takes a list"),
        ("a: !range [.inf, 1]", "1:4", r"!range takes \[stop\]"),
        ("a: !range [1, 2, 0]", "1:4", "and no step of 0"),
        ("a: !range [true, 2]", "1:4", "!range takes"),
        ("a:\n  b: " + "1" * 5000, "2:6", "4300 digits"),
        ("a: [1", "1:6", "expected ',' or ']'"),
        ("a: b: c", "1:5", "mapping values are not allowed here"),
        ("? [1]\n: 2", "1:3", "a key is a scalar"),
        ("a: 2024-13-45", "1:4", "month must be in 1..12"),
        ("é: 1\nb: \x07", "2:4", r"the character '\\x07' is not allowed"),
        ("", "1:1", "holds no configuration"),
        ("# only a comment", "", "holds no configuration"),
        ("5", "1:1", "a configuration is a mapping, or a list of them; got 5"),
        ("- a: 1\n- 5", "2:3", "a configuration is a mapping, or a list of them; got 5"),
        ("a: 1\n---\n", "3:1", "a configuration is a mapping, or a list of them; got None"),
        ("!sweep [1, 2]", "", "a configuration is a mapping"),
        ("<<: !sweep [{a: 1}, 2]", "1:5", "<< merges a mapping, a choice among mappings, or a list"),
        ("<<: [{a: 1}, !range [3]]", "1:14", "<< merges"),
        ("a: !!bool maybe", "1:4", "'maybe' is no !!bool"),
        ("a: !!null x", "1:4", "'x' is no !!null"),
        ("a: !!timestamp x", "1:4", "'x' is no !!timestamp"),
        ("!!map a: 1", "1:1", "!!map is not the tag of a scalar"),
        ("a: !!binary é", "1:4", "not base64"),
        ("a: !!binary '@@'", "1:4", "not base64"),
        ("a: !!int [1]", "1:4", "!!int is not the tag of a sequence"),
        ("a: 1\n---\n!range [3]", "3:1", "a configuration is a mapping"),
        ('a: "\\UFFFFFFFF"', "1:", "arg|range|escape|large"),
        ("%YAML 1." + "9" * 5000 + "\n---\na: 1", "1:", "4300 digits"),
        ("a: 1\rb:\r  c: 1\r  c: 2\r", "4:3", "the key 'c' stands twice"),
        ("a: 0x" + "f" * 5000, "1:4", "a number of more than 4300 digits"),
        (
            "---\n" + "---\n".join(["".join(BOMB.splitlines(keepends=True)[:5])] * 10),
            "",
            "more than 1000000 values here",
        ),
    ],
)
def test_yaml_that_is_refused(tmp_path: Folder, text: str, place: str, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        one(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'a.yaml'}:{place}")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ('{"a": 1, "a": 2}', "1:10", "the key 'a' stands twice in this object"),
        ('{"é": {"b": 1,\n "c": "}", "\\u0062": 2}}', "2:12", "stands twice"),
        ('{"a": ', "1:7", "expecting value"),
        ('{"a": 1,\n "b" 2}', "2:6", "expecting ':' delimiter"),
        ("[" * 100_000, "1:201", "nested deeper than 200"),
        ('{"a": ' + "1" * 5000 + "}", "1:7", "more than 4300 digits"),
        ("", "1:1", "expecting value"),
        ('{"a": "[[' + "[" * 300, "1:7", "unterminated string starting$"),
        ('"' + '\\"' * 100_000, "1:1", "unterminated string"),
        ("1" * 3_999 * 100, "1:1", "more than 4300 digits"),
        ("[1]", " item 0:", "a configuration is a mapping"),
    ],
)
def test_json_that_is_refused(tmp_path: Folder, text: str, place: str, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        one(tmp_path, text, "a.json")
    assert str(caught.value).startswith(f"{tmp_path / 'a.json'}:{place}")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a = 1\na = 2\n", "2:", "cannot overwrite a value"),
        ("a = [1\n", "2:1", "unclosed array"),
        ("a = " + "[" * 5000, "", "nested deeper than 200"),
        (".".join("a" * 300) + " = 1", "", "nested deeper than 200"),
        ("a = " + "1" * 5000, "", "4300 digits"),
        ("a = [1, 0x" + "f" * 5000 + "]", "", "a.1: a number of more than 4300 digits"),
        ("a." * 100_000 + "a = 1", "1:1", "nested deeper than 200"),
    ],
)
def test_toml_that_is_refused(tmp_path: Folder, text: str, place: str, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        one(tmp_path, text, "a.toml")
    assert str(caught.value).startswith(f"{tmp_path / 'a.toml'}:{place}")


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.toml"])
def test_wrong_encodings_name_the_place(tmp_path: Folder, name: str) -> None:
    with pytest.raises(FormatError, match=rf"{name}:2:4: not UTF-8 \(byte 0xff\)"):
        load(written(tmp_path, name, b"a: 1\nb: \xff"))
    with pytest.raises(FormatError, match="not UTF-8"):
        load(written(tmp_path, name, "a: 1".encode("utf-16")))


@pytest.mark.parametrize("name", ["a.yaml", "a.json", "a.toml"])
def test_a_file_cut_anywhere_is_read_or_refused(tmp_path: Folder, name: str) -> None:
    whole = {
        "a.yaml": 'a: &x {b: [1, "é"]}\nc: !sweep [*x, 2]\n',
        "a.json": '{"a": {"b": [1, "é"]}, "c": [true, null]}',
        "a.toml": '[a]\nb = [1, "é"]\n[a.c]\nd = 2024-01-01\n',
    }[name].encode()
    for end in range(len(whole)):
        try:
            load(written(tmp_path, name, whole[:end]))
        except FormatError as error:
            assert str(tmp_path / name) in str(error)  # noqa: PT017  # some beginnings are whole files


def test_files_that_cannot_be_read(tmp_path: Folder) -> None:
    with pytest.raises(AbsentFileError, match="nope.yaml: no such file or folder"):
        load(tmp_path / "nope.yaml")
    with pytest.raises(FileNotFoundError):
        load(str(tmp_path / "nope"))
    with pytest.raises(FileError, match="no .yaml, .yml, .json, .toml, .jsonl or .csv file in this folder"):
        load(tmp_path)
    with pytest.raises(FormatError, match=r"a\.txt: a configuration file ends in"):
        load(written(tmp_path, "a.txt", "a: 1"))
    for bad in (5, "", None, b"a.yaml"):
        with pytest.raises(ArgumentError, match="load takes the path of a file or a folder"):
            load(bad)  # type: ignore[arg-type]


def test_paths_that_no_file_system_has(tmp_path: Folder) -> None:
    class Odd:
        def __fspath__(self) -> Any:
            return 5

    for bad in ("a\0.yaml", "x" * 5000 + ".yaml", "\ud8ff.yaml"):
        with pytest.raises(FileError):
            load(bad)
        with pytest.raises(FileError, match=r"configs\[0\]"):
            Spearmint(configs=[bad])
    with pytest.raises(ArgumentError, match="load takes the path"):
        load(Odd())
    written(tmp_path, ".hidden.yaml", "n: 1")
    written(tmp_path, "seen.yaml", "n: 2")
    assert load(tmp_path) == Config({"n": 2})


def test_aliases_inside_choices_are_whole(tmp_path: Folder) -> None:
    text = "d: &d {x: 1, y: &y [1]}\nopt: !sweep\n  - {name: adam, args: *d}\n  - *d\n  - *y\n"
    text += "s: &s !!set {x}\nt: !sweep [*s]"
    tree = one(tmp_path, text)
    assert tree["opt"] == DynamicValue([{"name": "adam", "args": {"x": 1, "y": [1]}}, {"x": 1, "y": [1]}, [1]])
    assert tree["t"] == DynamicValue([{"x"}])


def test_choices_nest_as_deep_as_trees(tmp_path: Folder) -> None:
    assert expand(one(tmp_path, "a: " + "!sweep [" * 150 + "1" + "]" * 150)).size == 1


def test_a_bad_byte_after_a_byte_order_mark(tmp_path: Folder) -> None:
    with pytest.raises(FormatError, match=r"a\.yaml:1:4: not UTF-8 \(byte 0xff\)"):
        load(written(tmp_path, "a.yaml", b"\xef\xbb\xbfa: \xff"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no pipes in folders")
def test_a_pipe_is_refused_not_waited_for(tmp_path: Folder) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(FileError, match="not a file"):
        load(tmp_path / "pipe.yaml")


def test_experiments_name_the_position_of_a_bad_path(tmp_path: Folder) -> None:
    bad = written(tmp_path, "a.json", "{")
    with pytest.raises(FormatError, match=rf"configs\[1\]: {bad}:1:2"):
        Spearmint(configs=[{"a": 1}, bad])
    with pytest.raises(AbsentFileError, match=r"configs\[0\]: gpt-4: no such file"):
        Spearmint(configs=["gpt-4"])


def test_yaml_without_its_library_names_the_extra(tmp_path: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, "a.yaml", "a: 1")
    monkeypatch.delitem(sys.modules, "spearmint_fp.conversion.yaml_files", raising=False)
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'spearmint_fp\[yaml\]'") as caught:
        load(file)
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, SpearmintError)
    assert load(written(tmp_path, "a.json", "{}")) == Config()


# --- white space and anchors as YAML has them ------------------------------------------------------------------


@pytest.mark.parametrize("white", ["\t", " \t", "\t ", "\t\t"])
@pytest.mark.parametrize(
    "text",
    [
        "a: 1~# note\nb: 2~\n",
        "a:~1\n",
        "a:~[1,~2~]~# note\n",
        "a:~{b:~1,~c:~[2]~}\n",
        "a: [\n~1,\n~2\n]\n",
        "a: !sweep~[1, 2]\n",
        "a: &x~[1]\nb: *x~# note\n",
        "a:~|~# note\n  x\n",
        "a: >-~\n  x\n",
        "a~: 1\n",
        "'a'~:~'b'~\n",
        "~# note\n~\na: 1\n~\n",
        "a:~# note\n  b: 1\n",
        "- a: 1~\n~# note\n- a: 2\n",
        "%YAML~1.2~\n---~# note\na: 1\n...~\n",
    ],
)
def test_a_tab_separates_as_a_space_does(tmp_path: Folder, text: str, white: str) -> None:
    spaced = load(written(tmp_path, "a.yaml", text.replace("~", " ")))
    assert load(written(tmp_path, "b.yaml", text.replace("~", white))) == spaced


def test_tabs_inside_text_stay_and_tabs_that_indent_are_refused(tmp_path: Folder) -> None:
    assert load(written(tmp_path, "a.yaml", "a: b\tc\nd: 'e\tf'\ng: |\n  h\ti\n")) == load(
        written(tmp_path, "a.json", json.dumps({"a": "b\tc", "d": "e\tf", "g": "h\ti\n"}))
    )
    for text in ("\ta: 1\n", "a:\n\tb: 1\n", "a:\n  b: 1\n\tc: 2\n", "-\ta: 1\n", "a: b\n\tc\n"):
        with pytest.raises(FormatError):
            load(written(tmp_path, "a.yaml", text))


def test_an_alias_means_the_latest_of_the_anchors_with_its_name(tmp_path: Folder) -> None:
    text = "a: &x 1\nb: *x\nc: &x [&x 2, *x]\nd: *x\ne: &x {f: *x}\n"
    with pytest.raises(FormatError, match="the anchor 'x' contains itself"):
        load(written(tmp_path, "a.yaml", text))
    assert load(written(tmp_path, "a.yaml", text[: text.index("e:")])) == load(
        written(tmp_path, "a.json", '{"a": 1, "b": 1, "c": [2, 2], "d": 2}')
    )
