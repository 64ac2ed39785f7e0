"""The options of selection: what they keep is what the library keeps, in the order that the help says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import (
    Config,
    DynamicValue,
    Sweep,
    config_id,
    covering,
    exclude,
    expand,
    label,
    product,
    sample,
    set_in,
    spread,
    where,
)
from spearmint_fp.cli.arguments import _split_assignments
from tests.cli.calls import SWEEP, called, lines, refused

OPT = DynamicValue([{"name": "sgd", "m": DynamicValue([0, 0.9])}, {"name": "adam"}])


def listed(*args: str) -> list[Config]:
    result = called("list", *args)
    assert result.exit_code == 0, result.output
    return [Config(line) for line in lines(result)]


@pytest.mark.parametrize(
    ("options", "meaning"),
    [
        (["--set", "lr=1e-3"], lambda _: expand({"lr": 0.001, "batch": DynamicValue([16, 32, 64])})),
        (
            ["--set", "lr=!sweep [1, 2]", "--set", "lr=3"],
            lambda _: expand({"lr": 3, "batch": DynamicValue([16, 32, 64])}),
        ),
        (["--set", "opt.name=x, y"], lambda s: product(s, expand({"opt": {"name": "x, y"}}))),
        (["--set", "n=!range [2]"], lambda s: product(s, expand({"n": DynamicValue(range(2))}))),
        (["--where", "lr=0.1,batch=!sweep [16, 64]"], lambda s: where({"lr": 0.1, "batch": DynamicValue([16, 64])}, s)),
        (["--where", "lr=0.1", "--where", "batch=16"], lambda s: where({"lr": 0.1, "batch": 16}, s)),
        (["--where", "batch=7"], lambda s: s[:0]),
        (["--exclude", "lr=0.1,batch=16"], lambda s: exclude({"lr": 0.1, "batch": 16}, s)),
        (["--exclude", "lr=0.1", "--exclude", "batch=16"], lambda s: exclude([{"lr": 0.1}, {"batch": 16}], s)),
        (["--sample", "4"], lambda s: sample(4, s)),
        (["--sample", "4", "--seed", "-3"], lambda s: sample(4, s, seed=-3)),
        (["--spread", "3", "--seed", "1"], lambda s: spread(3, s, seed=1)),
        (["--covering", "1"], lambda s: covering(1, s)),
        (["--slice", "::-2"], lambda s: s[::-2]),
        (
            [
                "--slice=1:",
                "--sample=3",
                "--exclude=batch=8",
                "--where=lr=5",
                "--set=lr=5",
                "--set=batch=!range [8, 13]",
            ],
            lambda _: sample(3, expand({"lr": 5, "batch": DynamicValue(range(9, 13))}))[1:],
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_mean_what_the_functions_mean(
    folder: Path, options: list[str], meaning: Callable[[Sweep[Any]], Sweep[Any]]
) -> None:
    assert listed("space.yaml", *options) == list(meaning(SWEEP))


@pytest.mark.parametrize("source", ["space", "sweep", "make", "mint", "made"])
def test_a_value_is_set_in_trees_and_sweeps_alike(folder: Path, source: str) -> None:
    for options in (["--set", "lr=5"], ["--set", "lr=!sweep [5, 6]"], ["--set", "new.n=!sweep [1, 2]"]):
        assert {*listed(f"train:{source}", *options)} == {*listed("space.yaml", *options)}


def test_a_value_that_is_set_takes_the_place_of_an_axis(folder: Path) -> None:
    assert listed("train:small", "--set", "lr=5") == [Config({"batch": b, "lr": 5}) for b in (16, 32, 64)]
    assert called("explain", "train:small", "--set", "lr=5").stdout.startswith("3 configurations")
    (folder / "opt.py").write_text(
        f"from spearmint_fp import DynamicValue, expand\nspace = {OPT!r}\nsweep = expand({{'opt': space}})\n"
    )
    assert {*listed("opt:sweep", "--set", "opt.m=1")} == {*expand(set_in("opt.m", 1, {"opt": OPT}))}
    assert listed("opt:sweep", "--set", "opt=!sweep [1, 2]") == [Config({"opt": 1}), Config({"opt": 2})]
    (folder / "list.yaml").write_text("!space {sweep: {layers: !sweep [[1, 2], [3, 2]], n: !range [2]}}")
    assert [config.layers for config in listed("list.yaml", "--set", "layers.0=9")] == [(9, 2), (9, 2)]
    assert "cannot set n.x: at n stands 0 (int)" in called("list", "list.yaml", "--set", "n.x=1").stderr
    assert "Write \"n='#1'\"" in called("list", "list.yaml", "--set", "n=#1").stderr


def test_what_is_tied_to_a_value_that_is_set_follows_it(folder: Path) -> None:
    (folder / "tied.yaml").write_text(
        "- {a: !sweep [1, 2], b: !tied a, in: !space {sweep: {c: !sweep [3, 4], d: 5}}}\n- {a: 6}\n"
    )
    assert listed("tied.yaml", "--set", "a=7", "--set", "in.c=8") == [
        Config({"a": 7, "b": 7, "in": {"c": 8, "d": 5}}),
        Config({"a": 7, "in": {"c": 8}}),
    ]
    [*kept, _] = listed("tied.yaml", "--set", "b=7", "--set", "in=!sweep [0]")
    assert kept == [Config({"a": a, "b": 7, "in": 0}) for a in (1, 2)]
    (folder / "merged.yaml").write_text("<<: !sweep [{a: 1}, {a: 2}]\nb: {c: !tied a}\n")
    assert listed("merged.yaml", "--set", "a=7") == [Config({"a": 7, "b": {"c": 7}})]


def test_a_path_that_is_new_is_told(folder: Path) -> None:
    assert called("list", "space.yaml", "--set", "bacth=1").stderr == (
        "--set adds a path: no configuration has bacth; did you mean 'batch'?\n"
    )
    assert called("list", "space.yaml", "--set", "batch=1").stderr == ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--where", "batch=7"], "--where batch=7 matches none of 6: nothing at batch fits; there is: 16, 32, 64"),
        (
            ["--exclude=lr=.1", "--exclude=batch=99"],
            "--exclude batch=99 matches none of 6: nothing at batch fits; there is: 64, 32, 16",
        ),
        (
            ["--set", "lr=!sweep [small, big]", "--exclude=batch=16,lr=smal"],
            "--exclude batch=16,lr=smal matches none of 6: nothing at lr fits; did you mean 'small'?",
        ),
        (
            ["--set", "batch=!range [10000]", "--where", "batch=10_000"],
            "--where batch=10_000 matches none of 20000: nothing at batch fits; there is: "
            + ", ".join(map(str, range(9_999, 9_987, -1))),
        ),
        (
            ["--set", f"batch=!range [{10**20}]", "--exclude", f"batch={10**20}"],
            f"--exclude batch={10**20} matches none of {2 * 10**20}: nothing at batch fits; there is: "
            + ", ".join(map(str, [*range(10**20 - 1, 10**20 - 7, -1), *range(5, -1, -1)])),
        ),
        (
            ["--where", "lr=.1", "--exclude", "lr=.01"],
            "--exclude lr=.01 matches none of 3: nothing at lr fits; there is: 0.1",
        ),
        (["--slice", "1:", "--where", "lr=.1"], ""),
        (["--where", "lr=.1", "--exclude", "batch=16"], ""),
    ],
)
def test_values_that_match_nothing_are_told(folder: Path, options: list[str], told: str) -> None:
    result = called("list", "space.yaml", *options, *([] if "--slice" in options else ["--slice", ":9"]))
    assert result.stderr.replace(" configurations: ", ": ") == (f"{told}\n" if told else "")
    assert not any("matches" in line for line in result.stdout.splitlines())


def test_values_that_occur_but_not_together_are_told(folder: Path) -> None:
    (folder / "pairs.yaml").write_text("- {a: 1, b: 1}\n- {a: 2, b: 2}\n")
    told = "matches none of 2 configurations: each value occurs, but not with the others\n"
    assert called("list", "pairs.yaml", "--exclude", "a=1,b=2").stderr == f"--exclude a=1,b=2 {told}"
    assert refused("matrix", "pairs.yaml", "--where", "a=1,b=2").endswith(
        "leaves none of 2: each value occurs, but not with the others"
    )


def test_every_command_that_takes_a_sweep_takes_them(folder: Path) -> None:
    options = ["--set", "lr=5", "--where", "batch=!sweep [16, 32]", "--slice", "1:"]
    wanted = {"lr": 5, "batch": 32}
    assert json.loads(called("explain", "space.yaml", *options, "--json").stdout)["size"] == 1
    assert json.loads(called("show", "space.yaml", "-1", *options, "--json").stdout) == wanted
    assert called("check", "space.yaml", *options, "--type", "train:Settings").stdout.startswith("1 configuration:")
    assert json.loads(called("matrix", "space.yaml", *options).stdout) == {"include": [wanted]}
    [outcome] = lines(called("run", "train:typed", "space.yaml", *options, "--journal", "runs.db"))
    assert (outcome["index"], outcome["config"], outcome["result"]) == (0, wanted, 64)
    plan = called("plan", "space.yaml", *options, "--journal", "runs.db", "--experiment", "train.typed", "--json")
    assert json.loads(plan.stdout)["todo"] == 0
    assert called("results", "runs.db", "--sweep", "space.yaml", *options).stderr == (
        "train.typed: 1 of 1 done, 0 failed, 0 left\n"
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a=1,b=2", ["a=1", "b=2"]),
        ("a=!sweep [1, 2],b={c: 1, d: [2, 3]}", ["a=!sweep [1, 2]", "b={c: 1, d: [2, 3]}"]),
        ("t=hello, world,b=2", ["t=hello, world", "b=2"]),
        ("t='a, b=3',c=1", ["t='a, b=3'", "c=1"]),
        ("t='it''s, b=3',c=1", ["t='it''s, b=3'", "c=1"]),
        ("t=it's,b=2", ["t=it's", "b=2"]),
        ('x="a\\",b=1",c=2', ['x="a\\",b=1"', "c=2"]),
        ("a=],b=1", ["a=]", "b=1"]),
        (",", [","]),
        ("", [""]),
    ],
)
def test_commas_part_what_is_not_in_brackets_or_quotes(text: str, parts: list[str]) -> None:
    assert _split_assignments(text) == parts


def test_other_forms_of_a_configuration(folder: Path) -> None:
    result = called("list", "space.yaml", "--slugs", "--labels", "--ids", "--slice", ":1")
    assert result.stdout == f"{config_id(SWEEP[0])}\t{label(SWEEP[0], SWEEP)}\tlr=0.1_batch=16\n"
    explained = json.loads(called("explain", "-", "--json", stdin="a: !range [1000]\nb: {c: !sweep [.nan, x]}").stdout)
    assert [*explained] == ["size", "formula", "axes"]
    assert explained["axes"] == [
        {"path": "a", "size": 1000, "values": [*range(100)]},
        {"path": "b.c", "size": 2, "values": [{"$float": "nan"}, "x"]},
    ]
    checked = called("check", "-", "--type", "train:Settings", "--json", stdin="lr: !sweep [x, 1]\nmore: 1")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout) == {
        "ok": False,
        "size": 2,
        "problems": [
            {"path": "batch", "reason": "missing; expected int", "configs": 2},
            {"path": "more", "value": 1, "reason": "no such field; there is: 'lr', 'batch'", "configs": 2},
            {"path": "lr", "value": "x", "reason": "expected float, got 'x' (str)", "configs": 1},
        ],
        "unseen": [],
    }
