"""`rows`: the same keys in every row, nothing lost, nothing mixed up."""

from __future__ import annotations

import csv
import io
import math
from typing import Any, NamedTuple

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    ExperimentResult,
    Failure,
    Outcome,
    Success,
    Sweep,
    collect,
    expand,
    get_in,
    mapped,
    rows,
    run,
)
from spearmint_fp.outcomes.cells import format_text
from spearmint_fp.outcomes.outcomes import ErrorInfo
from spearmint_fp.outcomes.rows import make_columns as columns_of

RUN = ["ok", "seconds", "attempts", "replayed", "error"]
ERROR = ErrorInfo("ValueError", "bad", "Traceback")
KEYS = st.sampled_from(["a", "b", "index", "config", "ok", "result", "a.b", ""]) | st.integers(0, 2)
LEAVES = st.none() | st.integers(-2, 2) | st.floats() | st.booleans() | st.text(max_size=3)
TREES = st.dictionaries(KEYS, LEAVES | st.dictionaries(KEYS, LEAVES, max_size=3), max_size=4)


@st.composite
def outcomes(draw: st.DrawFn) -> list[Outcome[Any, Any]]:
    """Outcomes of any configurations, with any results, some of which failed."""
    made: list[Outcome[Any, Any]] = []
    for index, tree in enumerate(draw(st.lists(TREES, max_size=5))):
        result = draw(LEAVES | TREES)
        made.append(
            Success(Config(tree), result, index) if draw(st.booleans()) else Failure(Config(tree), ERROR, index)
        )
    return made


@given(outcomes())
def test_every_row_has_the_same_keys_and_says_how_the_run_went(found: list[Outcome[Any, Any]]) -> None:
    table = rows(iter(found))
    assert len(table) == len(found)
    names = [column.name for column in columns_of(found)]
    assert all(list(row) == [name for name in names if name in row] for row in table)
    for row, outcome in zip(table, found, strict=True):
        assert next(iter(row)) == "index"
        assert list(row)[-5:] == RUN
        assert (row["index"], row["ok"], row["attempts"]) == (outcome.index, outcome.ok, outcome.attempts)
        assert row["error"] == (None if outcome.ok else "ValueError: bad")


@given(outcomes())
def test_no_value_of_a_configuration_is_lost_or_mixed_up(found: list[Outcome[Any, Any]]) -> None:
    """One row shows all paths; their values are those of the leaves, in their order."""
    for outcome in found:
        [row] = rows([outcome])
        result = [value for name, value in row.items() if name.partition(".")[0] == "result"]
        config = list(row.values())[1 : len(row) - len(RUN) - len(result)]
        leaves = [leaf for part in outcome.config.values() for leaf in (part.values() if _full(part) else [part])]
        assert list(map(repr, config)) == list(map(repr, leaves)) or not outcome.config


def _full(part: Any) -> bool:
    return isinstance(part, Config) and len(part) > 0


def nested() -> Sweep[Config]:
    branches = [{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]
    return expand({"opt": DynamicValue(branches), "seed": DynamicValue([1, 2]), "data": {"file": "x.csv"}})


def test_swept_paths_alone_are_columns_and_what_a_branch_lacks_is_absent() -> None:
    found = collect(run(lambda c: c.seed * 2, nested()))
    for table in (rows(found), rows(found, sweep=nested())):
        assert list(table[0]) == ["index", "opt.name", "opt.momentum", "seed", "result", *RUN]
        assert [row.get("opt.momentum", "absent") for row in table] == [0.0, 0.0, 0.9, 0.9, "absent", "absent"]
        assert [row["result"] for row in table] == [2, 4] * 3
        assert all(row["seed"] == outcome.config.seed for row, outcome in zip(table, found, strict=True))


def test_of_a_part_of_the_run_the_sweep_still_says_what_varies() -> None:
    part = [outcome for outcome in run(lambda c: 0, nested()) if outcome.config.seed == 1]
    assert "seed" not in rows(part)[0]
    assert [row["seed"] for row in rows(part, sweep=nested())] == [1, 1, 1]


def test_equal_values_of_other_types_vary_and_nan_equals_itself() -> None:
    assert "n" in rows(run(lambda c: 0, [{"n": 1}, {"n": True}]))[0]
    assert "n" not in rows(run(lambda c: 0, [{"n": math.nan}, {"n": float("nan")}]))[0]
    assert "n" in rows(run(lambda c: 0, [{"n": None}, {}]))[0]


def test_one_outcome_shows_all_paths() -> None:
    [row] = rows(run(lambda c: 0, nested()[:1]))
    assert list(row)[1:5] == ["opt.name", "opt.momentum", "seed", "data.file"]


def test_lists_are_values_unless_their_items_are_swept() -> None:
    sweep = expand({"layers": [64, DynamicValue([32, 16])], "shape": DynamicValue([(1, 2), (3,)])})
    assert [row["layers"] for row in rows(run(len, sweep))][:3] == [(64, 32), (64, 32), (64, 16)]
    table = rows(run(len, sweep), sweep=sweep)
    assert [(row["layers.1"], row["shape"]) for row in table] == [(32, (1, 2)), (32, (3,)), (16, (1, 2)), (16, (3,))]


@attrs.frozen
class Scores:
    accuracy: float
    loss: dict[str, float]


class Pair(NamedTuple):
    left: int
    right: int


@pytest.mark.parametrize(
    ("result", "fields"),
    [
        (3, {"result": 3}),
        ([1, 2], {"result": [1, 2]}),
        ({}, {"result": {}}),
        ({"accuracy": 1, "by": {"day": 2}}, {"result.accuracy": 1, "result.by.day": 2}),
        (Scores(0.5, {"a": 1.0}), {"result.accuracy": 0.5, "result.loss.a": 1.0}),
        (Pair(1, 2), {"result.left": 1, "result.right": 2}),
        (
            {"ok": 1, "config": {"x": 2}, ("a", "b"): 3},
            {"result.ok": 1, "result.config.x": 2, "result.[('a', 'b')]": 3},
        ),
    ],
)
def test_results_are_flattened(result: Any, fields: dict[str, Any]) -> None:
    [row] = rows([Success(1, result)])
    assert {name: value for name, value in row.items() if name.startswith("result")} == fields


def test_fields_that_only_some_results_have_are_absent_in_the_others() -> None:
    table = rows([Success(0, {"a": 1}, 0), Success(1, 5, 1), Failure(2, ERROR, 2), Success(3, {"a": None}, 3)])
    found = [{name: value for name, value in row.items() if name.startswith("result")} for row in table]
    assert found == [{"result.a": 1}, {"result": 5}, {}, {"result.a": None}]


def test_none_is_a_value_of_a_path() -> None:
    configs: list[dict[str, Any]] = [{"a": None}, {}, {"a": 1}]
    table = rows([Success(Config(config), None, n) for n, config in enumerate(configs)])
    assert [(row.get("a", "absent"), row["result"]) for row in table] == [(None, None), ("absent", None), (1, None)]
    assert list(table[0])[:3] == ["index", "a", "result"]


def test_a_result_that_holds_itself_stands_for_itself() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert rows([Success(1, endless)])[0]["result"] is endless


def test_names_that_other_columns_have_are_those_of_the_configuration() -> None:
    config = {"index": 7, "ok": "yes", "result": {"dir": "/tmp"}, "config": {"index": 8}, "results": 9}
    [row] = rows([Success(Config(config), 3, 5)])
    assert row["index"] == 5
    assert row["config.index"] == 7
    assert row["config.config.index"] == 8
    assert row["config.result.dir"] == "/tmp"
    assert row["results"] == 9
    assert (row["ok"], row["config.ok"], row["result"]) == (True, "yes", 3)


def test_keys_that_a_message_would_cut_alike_stay_apart() -> None:
    config = {"k" * 300 + end: end for end in "xy"}
    [row] = rows([Success(Config(config), 0)])
    assert [value for name, value in row.items() if "kkk" in name] == ["x", "y"]


def test_plain_values_are_the_column_config() -> None:
    assert [row["config"] for row in rows(run(abs, [-1, 2]))] == [-1, 2]
    squares = mapped(lambda c: c.n**2, expand({"n": DynamicValue([1, 2])}))
    table = rows(run(abs, squares), sweep=squares)
    assert [row["config"] for row in table] == [1, 4]


def test_values_are_shared() -> None:
    thing = object()
    assert rows([Success(Config({"a": thing}), thing)])[0]["a"] is thing


def test_rows_go_to_csv() -> None:
    table = rows(run(lambda c: c.seed, nested()))
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(table[0]))
    writer.writeheader()
    writer.writerows(table)
    assert file.getvalue().splitlines()[5].startswith("4,adam,,1,1,True,")


@pytest.mark.parametrize("wrong", [3, None, "text", [1], [{"config": 1}]])
def test_what_is_no_outcomes_is_refused(wrong: Any) -> None:
    with pytest.raises(ArgumentError, match=r"takes outcomes.*run\(fn, configs\)"):
        rows(wrong)


def test_the_way_out_is_said() -> None:
    main: Any = ExperimentResult(Success(1, 2), [])
    single: Any = Success(1, 2)
    sweep: Any = {"n": 1}
    with pytest.raises(ArgumentError, match=r"Write \[result\.main_result, \*result\.variant_results\]"):
        rows(main)
    with pytest.raises(ArgumentError, match=r"Write \[outcome\]"):
        rows(single)
    with pytest.raises(ArgumentError, match="sweep= takes a sweep"):
        rows([single], sweep=sweep)


class Hostile:
    def __repr__(self) -> str:
        raise ValueError

    def __eq__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]


def test_hostile_values_are_carried_along() -> None:
    first, second = Hostile(), Hostile()
    table = rows([Success(Config({"a": first}), second, 0), Success(Config({"a": second}), first, 1)])
    assert table[0]["a"] is first
    assert table[1]["a"] is second
    assert format_text(first).startswith("<Hostile")


def test_paths_lead_where_they_say() -> None:
    found = collect(run(lambda c: 0, nested()))
    for row, outcome in zip(rows(found), found, strict=True):
        for path in ("opt.name", "seed"):
            assert row[path] == get_in(path, outcome.config)
