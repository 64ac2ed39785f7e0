"""Tags of YAML files, CI matrices in files, and trees that are written and read again."""

from __future__ import annotations

import itertools
import math
import pickle
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    Config,
    DynamicValue,
    EncodingError,
    FormatError,
    PathError,
    Spearmint,
    Sweep,
    config_id,
    constrain,
    dump_yaml,
    expand,
    explain,
    freeze,
    geomspace,
    label,
    linspace,
    load,
    mapped,
    override,
    product,
    thaw,
    unit,
)
from spearmint_fp.sweep.files import load_text, parse_value
from tests.sweep.test_include import DOCUMENTED_JOBS


def read(text: str) -> Any:
    return load_text(dedent(text).encode(), "x")


def plain(text: str) -> list[Any]:
    return [thaw(config) for config in expand(read(text))]


# --- tags -------------------------------------------------------------------------------------------


def test_spaced_axes_are_those_of_python() -> None:
    tree = read(
        "a: !linspace [0, 1, 5]\nb: !geomspace [1e-5, 0.1, 5]\nc: !range [0, 0.5, 0.1]\nd: !range [1, 0, -0.25]"
    )
    assert tree["a"] == DynamicValue(linspace(0, 1, 5))
    assert tree["b"] == DynamicValue(geomspace(1e-5, 0.1, 5))
    assert tree["c"].values == (0.0, 0.1, 0.2, 0.3, 0.4)
    assert tree["d"].values == (1.0, 0.75, 0.5, 0.25)
    assert expand(read("a: !linspace [0, 1, 1000000001]")).size == 10**9 + 1
    assert read("a: !range [0.5]")["a"].values == (0.0,)
    assert read("a: !range [1, 0.5]")["a"].values == ()


@given(st.floats(-1e6, 1e6), st.integers(0, 50), st.sampled_from([0.1, 0.25, 0.01, 3.0, -0.1, 1e-3]))
def test_a_range_of_floats_counts_in_decimals(start: float, count: int, step: float) -> None:
    from decimal import Decimal

    exact = [Decimal(repr(start)) + k * Decimal(repr(step)) for k in range(count + 1)]
    stop = float(exact[-1])
    listed = read(f"a: !range [{start!r}, {stop!r}, {step!r}]")["a"].values
    assert abs(len(listed) - count) <= 1  # the stop itself was rounded
    assert list(listed[:count]) == list(map(float, exact[: len(listed)]))[:count]


def test_tied_axes_and_pairs_beside_a_grid() -> None:
    zipped = plain("x: !zip {a: [1, 2, 3], b: !range [3]}\nc: !sweep [u, v]")
    assert zipped == [{"x": {"a": a, "b": a - 1}, "c": c} for a in (1, 2, 3) for c in "uv"]
    pairs = plain(
        """
        seed: !sweep [0, 1]
        <<: !sweep
          - {model: small, batch: 64}
          - {model: large, batch: 16}
        lr: !sweep [0.1, 0.01]
        """
    )
    expected = [
        {"seed": seed, "model": model, "batch": batch, "lr": lr}
        for seed, (model, batch), lr in itertools.product((0, 1), (("small", 64), ("large", 16)), (0.1, 0.01))
    ]
    assert pairs == expected
    assert [list(one) for one in pairs] == [list(one) for one in expected]  # keys in author order
    both = "<<: [{k: 0, a: 7}, !zip {a: [1, 2], b: [3, 4]}, !sweep [{c: 5}, {c: !sweep [6, 7]}]]\nk: 1"
    with pytest.raises(FormatError, match="^x:1:1: what << merges, and the keys beside it: .*a is set by"):
        read(both)
    assert plain(both.replace(", a: 7", ", d: 7")) == [
        {"k": 1, "d": 7, "a": a, "b": a + 2, "c": c} for a in (1, 2) for c in (5, 6, 7)
    ]
    assert expand(read("<<: !zip {a: !range [1000000], b: !range [1000000]}\nc: !range [1000000]")).size == 10**12


def test_concat_is_one_choice_among_all_that_its_parts_hold() -> None:
    assert plain("a: !concat [!range [2], !sweep [10, x], !linspace [0, 1, 2]]") == [
        {"a": a} for a in (0, 1, 10, "x", 0.0, 1.0)
    ]
    assert plain("!concat [{a: !sweep [1, 2]}, !sweep [{b: 3}]]") == [{"a": 1}, {"a": 2}, {"b": 3}]


def test_an_alias_of_a_choice_is_an_axis_of_its_own_and_tied_is_the_word_for_the_same() -> None:
    assert expand(read("a: &x !sweep [1, 2]\nb: *x")).size == 4
    tied = expand(read("train: {lr: !sweep [1, 2]}\neval: {lr: !tied train.lr, all: !tied train, n: !tied eval.lr}"))
    assert [thaw(c) for c in tied] == [
        {"train": {"lr": n}, "eval": {"lr": n, "all": {"lr": n}, "n": n}} for n in (1, 2)
    ]
    assert [tied.index(config) for config in tied] == [0, 1]
    assert [label(config, tied) for config in tied] == ["train.lr=1", "train.lr=2"]
    assert plain("a: !sweep [1, 2]\n<<: !sweep [{c: 3}, {c: 4}]\nb: !tied c\nd: &d {e: !tied a}\nf: *d")[1] == {
        "a": 1,
        "c": 4,
        "b": 4,
        "d": {"e": 1},
        "f": {"e": 1},
    }
    assert [c.b for c in expand(read("- {a: &a !sweep [1, 2], b: !tied a}\n- {a: *a, c: 5, b: !tied c}"))] == [
        1,
        2,
        5,
        5,
    ]


def test_a_tie_to_what_some_configurations_lack_is_told() -> None:
    with pytest.raises(PathError, match=r"!tied o.lr: no 'lr' at o; there is: 'name'. Tie what every configuration"):
        plain("o: !sweep [{name: sgd, lr: 1}, {name: adam}]\nx: !tied o.lr")


def test_a_space_takes_the_words_of_python_in_one_order() -> None:
    text = """
        !space
        sweep:
          opt: !sweep [{name: sgd, m: !sweep [0.0, 0.9]}, {name: adam}]
          batch: !range [16, 65, 16]
          eval_batch: !tied batch
          lr: !geomspace [0.001, 1, 4]
        where: {opt.name: !sweep [sgd, adam], lr: !sweep [0.001, 0.01, 0.1]}
        constraints:
          - batch * lr <= 1
          - opt.m == 0 or eval_batch > 16
        exclude: {opt: {name: adam}, batch: 64}
        include:
          - {opt: {name: adam}, note: fast}
          - {opt: {name: lion}}
        """
    space = read(text)
    base = [
        c
        for c in expand(read(text)._source[1]["sweep"])
        if c.lr <= 0.1 and c.batch * c.lr <= 1 and (c.opt.get("m", 0) == 0 or c.batch > 16)
        if not (c.opt.name == "adam" and c.batch == 64)
    ]
    noted = [c | {"note": "fast"} if c.opt.name == "adam" else c for c in base]
    assert list(space) == [*noted, Config({"opt": {"name": "lion"}})]
    assert pickle.loads(pickle.dumps(space)) == space
    assert expand({"x": space, "k": DynamicValue([1, 2])}).size == 2 * space.size
    assert override({"lr": 5}, read("a: 1\nx: !zip {a: [1, 2]}"))["lr"] == 5


def test_a_space_of_any_size_is_counted() -> None:
    assert read("!space\n<<: {sweep: {a: !sweep [1, 2]}}\nwhere: {a: 1}").size == 1
    big = "!space\nsweep: {a: !range [50], b: !range [50], c: !range [1000000000]}\nconstraints: a < b"
    assert expand(read(big)).size == 1225 * 10**9
    assert "a < b: 1275000000000 removed" in explain(expand(read(big)))


def test_files_are_what_spearmint_takes(tmp_path: Path) -> None:
    file = tmp_path / "space.yaml"
    file.write_text("!space\nsweep: {a: !sweep [1, 2, 3]}\nconstraints: a != 2\n---\nb: !sweep [4, 5]\n")
    assert [thaw(c) for c in Spearmint(configs=[file]).configs] == [{"a": 1}, {"a": 3}, {"b": 4}, {"b": 5}]
    assert list(expand(load(file))) == list(Spearmint(configs=[file]).configs)


# --- CI matrices --------------------------------------------------------------------------------------

OS = ("ubuntu", "windows")
MATRICES = [
    ("sweep: {version: !sweep [10, 12, 14]}", [{"version": v} for v in (10, 12, 14)]),
    (
        "sweep: {os: !sweep [ubuntu, windows], version: !sweep [10, 12, 14]}",
        [{"os": os, "version": v} for os in OS for v in (10, 12, 14)],
    ),
    (
        """
        sweep: {fruit: !sweep [apple, pear], animal: !sweep [cat, dog]}
        include:
          - color: green
          - {color: pink, animal: cat}
          - {fruit: apple, shape: circle}
          - {fruit: banana}
          - {fruit: banana, animal: cat}
        """,
        DOCUMENTED_JOBS,
    ),
    (
        "sweep: {os: !sweep [windows, ubuntu], node: !sweep [14, 16]}\ninclude: [{os: windows, node: 16, npm: 6}]",
        [
            {"os": "windows", "node": 14},
            {"os": "windows", "node": 16, "npm": 6},
            {"os": "ubuntu", "node": 14},
            {"os": "ubuntu", "node": 16},
        ],
    ),
    (
        "sweep: {os: !sweep [mac, windows], version: !sweep [12, 14]}\ninclude: {os: windows, version: 17}",
        [*({"os": os, "version": v} for os in ("mac", "windows") for v in (12, 14)), {"os": "windows", "version": 17}],
    ),
    (
        "include:\n  - {site: production, center: a}\n  - {site: staging, center: b}",
        [{"site": "production", "center": "a"}, {"site": "staging", "center": "b"}],
    ),
    (
        """
        sweep: {os: !sweep [mac, windows], version: !sweep [12, 14, 16], env: !sweep [staging, production]}
        exclude:
          - {os: mac, version: 12, env: production}
          - {os: windows, version: 16}
        """,
        [
            {"os": os, "version": v, "env": env}
            for os in ("mac", "windows")
            for v in (12, 14, 16)
            for env in ("staging", "production")
            if (os, v, env) != ("mac", 12, "production") and (os, v) != ("windows", 16)
        ],
    ),
    (
        "sweep: {version: !sweep [6, 7, 8], experimental: !sweep [false]}\ninclude: [{version: 9, experimental: true}]",
        [*({"version": v, "experimental": False} for v in (6, 7, 8)), {"version": 9, "experimental": True}],
    ),
    (
        "sweep: {os: !sweep [ubuntu, windows], n: !sweep [1, 2]}\nexclude: {os: windows}\ninclude: {os: windows, n: 2}",
        [{"os": "ubuntu", "n": 1}, {"os": "ubuntu", "n": 2}, {"os": "windows", "n": 2}],
    ),
    (
        "sweep:\n  os: !sweep [ubuntu, windows]\n  node: !sweep [{version: 14}, {version: 20, env: legacy}]",
        [{"os": os, "node": n} for os in OS for n in ({"version": 14}, {"version": 20, "env": "legacy"})],
    ),
    (
        "sweep: {os: !sweep [ubuntu, windows]}\nexclude: [{os: windows}, {os: ubuntu}]\ninclude: [{a: 1}, {os: mac}]",
        [{"a": 1}, {"os": "mac"}],
    ),
    (
        "sweep: {os: !sweep [ubuntu, windows]}\ninclude: [{tag: a}, {tag: b, os: windows}, {os: mac, tag: c}]",
        [{"os": "ubuntu", "tag": "a"}, {"os": "windows", "tag": "b"}, {"os": "mac", "tag": "c"}],
    ),
]


@pytest.mark.parametrize(("matrix", "jobs"), MATRICES)
def test_a_matrix_has_the_jobs_that_github_documents(matrix: str, jobs: list[Any]) -> None:
    space = load_text(b"!space\n" + dedent(matrix).encode(), "matrix.yaml")
    assert [thaw(config) for config in space] == jobs
    assert load_text(dump_yaml(space).encode(), "x") == space


# --- mistakes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: !zip {b: [1, 2], c: [1, 2, 3]}", "1:4", "!zip takes lists of one length; b has 2 and c has 3"),
        ("a: !zip {b: [1, 2], c: 5}", "1:4", r"one value of each at a time; c is 5 \(int\)"),
        ("a: !zip {}", "1:4", "!zip takes a mapping of lists"),
        ("a: !zip [1]", "1:4", "!zip takes a mapping of lists"),
        ("a: !concat [[1, 2]]", "1:13", "!concat takes choices and mappings; got .*Write !sweep"),
        ("!zip {" + ",".join(f"k{n}: [1]" for n in range(101)) + "}", "1:1", "more than 100 axes"),
        ("<<: [" + "!sweep [{}]," * 101 + "]", "1:1", "more than 100 choices are merged"),
        ("a: !linspace [0, 1]", "1:4", r"!linspace takes \[start, stop, number of values\]"),
        ("a: !linspace [0, 1, 1.5]", "1:4", "num is a whole number"),
        ("a: !geomspace [0, 1, 3]", "1:4", "both ends are positive"),
        ("a: !range [0, 1, 0.0]", "1:4", "no step of 0"),
        ("a: !range [0, 1, 1e-9]", "1:4", "at most 1000000 floats; these are 1000000000. Use !linspace"),
        ("a: !range [-1e308, 1e308, 1e-308]", "1:4", r"these are about 10\^616"),
        ("a: !swep [1]", "1:4", r"unknown tag !swep; did you mean '!sweep'\?"),
        ("a: !space {swep: 1}", "1:12", r"!space has no key 'swep'; did you mean 'sweep'\?"),
        ("!space {where: {a: 1}}", "1:1", "!space has a key sweep"),
        ("!space {sweep: 5}", "1:16", "a configuration is a mapping"),
        ("!space\nsweep: {a: !sweep [1]}\nwhere: {b: 1}", "3:8", "where: no configuration has b"),
        ("!space\nsweep: {lr: !sweep [1]}\nexclude: [{lrr: 1}]", "3:10", r"exclude: .* did you mean 'lr'\?"),
        (
            "!space\nsweep: {a: !sweep [1]}\nconstraints: b > 1",
            "3:14",
            "'b > 1': no configuration has b.*in quotes",
        ),
        ("!space {sweep: {a: 1}, constraints: [" + "a < 1," * 101 + "]}", "1:37", "more than 100 constraints"),
        ("!space\nsweep: {a: !sweep [1]}\nconstraints: [5]", "3:14", "a constraint is text"),
        ("!space\nsweep: {a: !sweep [1]}\ninclude: 5", "3:10", "include takes a partial configuration"),
        ("a: !tied b", "1:4", "no configuration has b"),
        ("a: !tied a", "1:4", "a is tied to a, which it is a part of"),
        ("a: {b: !tied a}", "1:8", "a.b is tied to a, which it is a part of"),
        ("a: !tied b\nb: !tied a", "1:4", "values are tied in a circle: a, b"),
        ("a: !tied ''", "1:4", "!tied takes the path"),
        ("a: 1\nb: !sweep [{c: !tied a}, {d: 2}]", "2:16", "!tied stands inside a choice"),
        ("a: 1\nb: !sweep [!tied a]", "2:12", "!tied stands inside a choice"),
        ("a: 1\nb: &b [!tied a]\nc: !sweep [*b]", "2:8", "!tied stands inside a choice"),
        ("a: !zip {b: [!tied a], c: [1]}", "1:14", "!tied stands inside a choice"),
        ("!space {sweep: {a: 1}, include: {b: !tied a}}", "1:37", "!tied stands inside a choice"),
        ("\n".join(f"k{n}: !tied a" for n in range(101)) + "\na: 1", "1:5", "more than 100 values are tied"),
        ("<<: !sweep [{a: 1}, {a: 2}]\na: 3", "1:1", "a"),
        ("a: !!set {<<: !zip {b: !range [1000000000]}}", "1:4", "!!set takes no choice behind <<"),
        ("<<: !range [3]", "1:5", "<< merges a mapping, a choice among mappings"),
    ],
)
def test_mistakes_in_tags_are_told_with_their_place(text: str, place: str, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        load_text(text.encode(), "x")
    assert str(caught.value).startswith(f"x:{place}: ")


# --- writing --------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "lr", "on", "x-y", "<<", "007"])
SCALARS = st.one_of(
    st.integers(-3, 3), st.floats(), st.booleans(), st.none(), st.sampled_from(["a", "no", "1e3", "!tied a"])
)
SPACED = st.sampled_from([linspace(0, 1, 5), geomspace(1e-3, 1.0, 4), range(3), range(5, 0, -2)]).map(DynamicValue)
TREES = st.recursive(
    SCALARS | SPACED,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.lists(inner, max_size=3).map(DynamicValue)
    ),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_a_tree_that_is_written_is_read_as_the_same(tree: dict[str, Any]) -> None:
    back = load_text(dump_yaml(tree).encode(), "x") if tree else freeze(tree)
    assert config_id(back) == config_id(freeze(tree))
    assert [config_id(c) for c in expand(back)[:50]] == [config_id(c) for c in expand(tree)[:50]]


AXES = st.sampled_from(["!sweep [1, 2]", "!range [3]", "!linspace [1, 2, 3]", "!concat [!range [2], !sweep [5]]", "4"])
SPACES = st.builds(
    lambda a, b, pairs, tie, extra, keys: "\n".join(
        [
            "!space",
            f"sweep:\n  a: {a}\n  b: {{c: {b}}}",
            *(["  <<: !sweep [{p: 1, q: 2}, {p: 3, q: !sweep [4, 5]}]"] if pairs else []),
            *(["  z: !zip {k: [1, 2], l: !range [2]}"] if extra else []),
            *(["  t: !tied b.c"] if tie else []),
            *keys,
        ]
    ),
    AXES,
    AXES,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.lists(
        st.sampled_from(
            [
                "constraints: [a * b.c <= 4, 'a != 2 or b[\"c\"] in [1, 2]']",
                "where: {a: !sweep [1, 2, 4]}",
                "exclude: [{a: 1, b.c: 1}]",
                "include: [{a: 1, new: x}, {a: 99}]",
            ]
        ),
        unique=True,
    ),
)


@given(SPACES)
def test_a_space_that_is_written_is_read_as_the_same(text: str) -> None:
    space = load_text(text.encode(), "x")
    written = dump_yaml({"in": space})
    back = load_text(written.encode(), "x")["in"]
    assert back == space
    assert list(back) == list(space)
    assert dump_yaml({"in": back}) == written
    assert back._source == space._source


def test_sweeps_that_no_file_made_are_written_as_their_configurations() -> None:
    sweep = constrain(
        lambda a, b: a < b, expand({"a": DynamicValue(range(3)), "b": DynamicValue(range(3))}), on=["a", "b"]
    )
    back = read(dump_yaml({"x": sweep}))
    assert expand(back) == expand({"x": sweep})
    with pytest.raises(EncodingError, match="no file made, and too large to be listed. Write the tree"):
        dump_yaml(expand({"a": DynamicValue(range(10**5))}))
    with pytest.raises(EncodingError, match="has no form in YAML"):
        dump_yaml({"a": DynamicValue(linspace(0, 1, 5)[1:3])})
    with pytest.raises(EncodingError, match="has no form in YAML"):
        dump_yaml({"n": 10**5000})
    assert dump_yaml(product(unit)) == "!sweep\n- {}\n"
    assert isinstance(read("x: !zip {a: [1, 2]}")["x"], Sweep)
    assert mapped(thaw, read("!zip {a: [1, 2]}"))[1] == {"a": 2}


def test_ties_are_written_with_the_root_that_they_are_counted_from() -> None:
    tied = read("a: !sweep [1, 2]\nb: !tied a")
    for tree in ({"in": tied, "a": 7}, DynamicValue([tied, {"c": 3}]), read("- {a: 1, b: !tied a}\n- {a: 2}")):
        back = read(dump_yaml(tree))
        assert expand(back) == expand(tree)
        assert dump_yaml(back) == dump_yaml(tree)
    assert dump_yaml(tied) == "a: !sweep [1, 2]\nb: !tied 'a'\n"


def test_sets_are_written_in_order_and_keys_that_no_file_has_are_refused() -> None:
    assert dump_yaml({"s": {"d", "b", "c", "a"}}) == "s: !!set\n  a: null\n  b: null\n  c: null\n  d: null\n"
    for tree in ({(1, 2): 3}, {"s": {(1, 2)}}, {"s": {frozenset({1})}}):
        with pytest.raises(EncodingError, match="has no form in YAML as a key, or in a set. Make it text"):
            dump_yaml(tree)
    with pytest.raises(EncodingError, match="has no form in YAML"):
        dump_yaml({"s": {object()}})


def test_a_value_of_an_option_is_a_scalar_or_a_tree() -> None:
    assert parse_value("1e-3", "x") == 0.001
    assert parse_value("!sweep [a, {b: !range [2]}]", "x") == DynamicValue(["a", {"b": DynamicValue(range(2))}])
    assert math.isnan(parse_value(".nan", "x"))
    for text in ("!tied a", "a\n---\nb", "[1", "!sweep 5"):
        with pytest.raises(FormatError, match="^--set lr:"):
            parse_value(text, "--set lr")
