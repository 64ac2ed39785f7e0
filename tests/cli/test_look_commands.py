"""`explain`, `list`, `show` and `check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spearmint_fp import Config, DynamicValue, concat, config_id, expand, explain, json_schema, label, load
from tests.cli.calls import SWEEP, called, lines, refused, started


def test_explain_says_what_explain_says(folder: Path) -> None:
    result = called("explain", "space.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, f"{explain(SWEEP)}\n", "")


def test_list_writes_a_configuration_per_line(folder: Path) -> None:
    result = called("list", "space.yaml")
    assert [Config(line) for line in lines(result)] == list(SWEEP)
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("part", [":", ":2", "-2:", "::-1", "1:-1:2", "+1:3", "9:", "-99:99:1"])
def test_a_slice_is_python_s(folder: Path, part: str) -> None:
    wanted = list(SWEEP)[slice(*[int(bound) if bound else None for bound in part.split(":")])]
    assert [Config(line) for line in lines(called("list", "space.yaml", "--slice", part))] == wanted


def test_list_writes_labels_and_ids(folder: Path) -> None:
    assert called("list", "space.yaml", "--labels").stdout.splitlines() == [label(c, SWEEP) for c in SWEEP]
    assert called("list", "space.yaml", "--ids").stdout.splitlines() == [config_id(c) for c in SWEEP]
    both = called("list", "space.yaml", "--ids", "--labels", "--slice", ":1").stdout
    assert both == f"{config_id(SWEEP[0])}\t{label(SWEEP[0], SWEEP)}\n"


def test_what_json_has_no_word_for_is_written_as_in_a_journal(folder: Path) -> None:
    (folder / "odd.yaml").write_text('a: .nan\nb: 2024-05-01\nc: [1, {d: .inf}]\ne: ü\nconfig_id: "two\\nlines"\n')
    (folder / "odd.toml").write_text("t = 07:32:00\n")
    text = called("list", "odd.yaml").stdout
    assert text == (
        '{"a":{"$float":"nan"},"b":{"$date":"2024-05-01"},"c":[1,{"d":{"$float":"inf"}}],"e":"\\u00fc",'
        '"config_id":"two\\nlines"}\n'
    )
    assert called("list", "odd.yaml", "--ids").stdout == "'two\\nlines'\n"
    assert called("list", "odd.toml").stdout == '{"t":{"$time":"07:32:00"}}\n'
    assert called("show", "odd.toml", "0").stdout.endswith("\nt: 07:32:00\n")


def test_several_files_and_folders_are_one_sweep(folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more" / "a.json").write_text('[{"n": 1}, {"n": 2}]')
    (folder / "b.toml").write_text("n = 3")
    result = called("list", "more", "space.yaml", "b.toml")
    assert [Config(line) for line in lines(result)] == list(
        concat(expand({"n": DynamicValue([1, 2])}), SWEEP, expand({"n": 3}))
    )
    assert called("show", "more", "space.yaml", "b.toml", "-1", "--json").stdout == '{"n":3}\n'


@pytest.mark.parametrize("text", ["n: !sweep [1, 2]", '[{"n": 1},\n\t{"n": 2}]', b"\xef\xbb\xbfn: !range [1, 3]"])
def test_a_dash_is_standard_input(folder: Path, text: str | bytes) -> None:
    assert called("list", "-", stdin=text).stdout == '{"n":1}\n{"n":2}\n'


@pytest.mark.parametrize("position", [0, 3, -1, -6])
def test_show_writes_yaml_that_is_the_configuration_again(folder: Path, position: int) -> None:
    result = called("show", "space.yaml", str(position))
    (folder / "shown.yaml").write_text(result.stdout)
    assert load(folder / "shown.yaml") == SWEEP[position]
    assert result.stdout.splitlines()[:3] == [
        f"# index: {position % 6} of 6",
        f"# config_id: {config_id(SWEEP[position])}",
        f"# label: {label(SWEEP[position], SWEEP)}",
    ]
    assert (
        called("show", "--json", "space.yaml", str(position)).stdout
        == json.dumps(dict(SWEEP[position]), separators=(",", ":")) + "\n"
    )


def test_a_position_of_any_size(folder: Path) -> None:
    (folder / "huge.yaml").write_text("".join(f"x{k}: !range [10]\n" for k in range(30)))
    assert called("show", "huge.yaml", "-1", "--json").stdout.count(":9") == 30
    assert called("show", "huge.yaml", "1" + 29 * "0", "--json").stdout.startswith('{"x0":1,"x1":0,')
    assert refused("show", "huge.yaml", "1" + 30 * "0").endswith(f"in a sweep of {10**30}")
    assert called("explain", "huge.yaml").stdout.startswith(f"{10**30} configurations = ")


def test_list_is_lazy_and_ends_quietly_when_nobody_reads_on(folder: Path) -> None:
    (folder / "huge.yaml").write_text("a: !range [1000000]\nb: !range [1000000]\n")
    with started("list", "huge.yaml") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert [process.stdout.readline() for _ in range(3)] == [f'{{"a":0,"b":{b}}}\n' for b in range(3)]
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_check_says_what_fits_and_what_does_not(folder: Path) -> None:
    result = called("check", "space.yaml", "--type", "train:Settings")
    assert (result.exit_code, result.stdout) == (0, "6 configurations: all axis values fit Settings\n")
    result = called("check", "-", "--type", "train:Settings", stdin="lr: !sweep [fast, 1, -1]\nbatch: 1\nmore: 2\n")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "of 3 configurations some are not a valid Settings:",
        "  more: no such field; there is: 'lr', 'batch', in 3 configs",
        "  lr: expected float, got 'fast' (str), in 1 config",
    ]
    result = called("check", "-", "--type", "train:Settings", "--ignore-extra", stdin="{lr: 1, batch: 1, more: 2}")
    assert (result.exit_code, result.stderr) == (0, "")


def test_schema_is_that_of_the_library(folder: Path) -> None:
    assert json.loads(called("schema").stdout) == json_schema()
    made = json.loads(called("schema", "--type", "train:Settings", "--no-tags").stdout)
    assert made["$defs"]["Settings"]["properties"] == {"lr": {"type": "number"}, "batch": {"type": "integer"}}
    assert refused("schema", "--type", "train:constant").startswith("Error: ")
