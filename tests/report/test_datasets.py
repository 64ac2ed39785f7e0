"""`dataset` says what `rows` say, by coordinates."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import ArgumentError, DynamicValue, SizeError, collect, dataset, expand, rows, run

VALUES = st.one_of(
    st.lists(st.integers(-5, 5), min_size=1, max_size=3, unique=True),
    st.lists(st.floats(-5, 5), min_size=1, max_size=3, unique=True),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True),
    st.lists(st.tuples(st.integers(0, 3)), min_size=1, max_size=3, unique=True),
)


def select(data: Any, row: dict[str, Any]) -> Any:
    """The cells at the values of a row."""
    found = data
    for name in data.dims:
        levels = data[name].values.tolist()
        value = row.get(name, math.nan)
        [place] = [k for k, level in enumerate(levels) if level == value or (level != level and value != value)]
        found = found.isel({name: place})
    return found


@given(st.dictionaries(st.sampled_from(["lr", "n", "m.x"]), VALUES, min_size=1), st.integers(0, 3))
def test_each_row_stands_at_its_coordinates(axes: dict[str, Any], failing: int) -> None:
    space = expand({path: DynamicValue(values) for path, values in axes.items()})

    def score(config: Any) -> dict[str, Any]:
        index = space.index(config)
        if index % 4 == failing:
            raise ValueError("failed")
        return {"loss": index / 2, "steps": index, "kind": "x" * index}

    outcomes = collect(run(score, space))
    data = dataset(outcomes, sweep=space)
    assert math.prod(data.sizes.values()) == space.size == len(outcomes)
    for row in rows(outcomes, sweep=space):
        cells = select(data, {name.removeprefix("('").removesuffix("',)"): value for name, value in row.items()})
        assert cells["index"].item() == row["index"]
        assert cells["error"].item() == (row["error"] or "")
        if row["ok"]:
            assert {name: cells[name].item() for name in ("loss", "steps", "kind")} == {
                name: row[f"result.{name}"] for name in ("loss", "steps", "kind")
            }
        elif any(outcome.ok for outcome in outcomes):
            assert all(math.isnan(cells[name].item()) for name in ("loss", "steps", "kind"))


def test_a_conditional_axis_has_a_coordinate_for_where_it_is_absent() -> None:
    opts = DynamicValue([{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}])
    outcomes = collect(
        run(lambda c: c.lr + c.opt.get("momentum", 5.0), expand({"opt": opts, "lr": DynamicValue([1, 2])}))
    )
    data = dataset(outcomes)
    assert dict(data.sizes) == {"opt.name": 2, "opt.momentum": 3, "lr": 2}
    assert data["result"].sel({"opt.name": "adam", "opt.momentum": math.nan}).values.tolist() == [6.0, 7.0]
    assert data["result"].sel({"opt.name": "sgd", "opt.momentum": 0.9, "lr": 2}).item() == 2.9
    assert int((data["index"] >= 0).sum()) == len(outcomes) == int(data["result"].notnull().sum())
    for row in rows(outcomes):
        assert select(data, row)["result"].item() == row["result"]


def test_values_keep_their_types_and_their_order() -> None:
    space = expand(
        {"n": DynamicValue([3, 1, 2]), "layers": DynamicValue([[64, 32], [128]]), "on": DynamicValue([True, False])}
    )
    data = dataset(run(lambda c: c.n, space))
    assert data["n"].dtype == np.dtype("int64")
    assert data["on"].dtype == np.dtype(bool)
    assert data["n"].values.tolist() == [3, 1, 2]
    assert data["layers"].values.tolist() == [(64, 32), (128,)]
    assert data["result"].dtype == np.dtype("int64")
    assert data["result"].sel(layers=[(128,)], on=False).values.tolist() == [[3], [1], [2]]


def test_an_axis_of_several_types_has_their_text() -> None:
    data = dataset(run(lambda c: repr(c.a), expand({"a": DynamicValue([1, True, 1.5, None, "1", "x", [1]])})))
    assert data["a"].values.tolist() == ["1 (int)", "True", "1.5", "None", "1 (str)", "x", "(1,)"]
    assert data["result"].sel(a="None").item() == "None"
    assert data["result"].sel(a="1 (str)").item() == "'1'"


def test_names_that_meet() -> None:
    data = dataset(run(lambda c: {"lr": 5, "error": 1, "x": 2}, expand({"lr": DynamicValue([1, 2])})))
    assert set(data.data_vars) == {"result.lr", "result.error", "x"}
    data = dataset(run(lambda n: n * 2, [3, 4]))
    assert data["result"].sel(config=4).item() == 8


def test_none_and_one_outcome() -> None:
    assert dict(dataset([]).sizes) == {}
    data = dataset(run(lambda c: c.n, expand({"n": 5, "m": {"k": 1}})))
    assert data["result"].sel({"n": 5, "m.k": 1}).item() == 5


def test_what_has_no_array_is_refused() -> None:
    with pytest.raises(ArgumentError, match="outcomes 0 and 1 stand in one place"):
        dataset(run(lambda n: n, [{"a": 1}, {"a": 1}, {"a": 2}]))
    with pytest.raises(ArgumentError, match="a is NaN in some configurations and absent in others"):
        dataset(run(lambda c: 1, [{"a": math.nan}, {"b": 1}, {"a": 1.0}]))
    diagonal = [{f"a{k}": n for k in range(9)} for n in range(9)]
    with pytest.raises(SizeError, match=r"9 outcomes would take 387420489 cells in 9 dimensions \(a0 9 × a1 9"):
        dataset(run(lambda c: 1, diagonal))
    with pytest.raises(ArgumentError, match="this takes outcomes"):
        dataset([1])  # type: ignore[list-item]


def test_without_the_extra_the_error_names_it() -> None:
    program = "import sys; sys.modules['xarray'] = None\nfrom spearmint_fp import dataset, run\ndataset(run(abs, [1]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "dataset needs a package that is not installed (xarray): pip install 'spearmint_fp[xarray]'" in done.stderr


def test_no_field_takes_the_place_of_another() -> None:
    grid = expand({"y": DynamicValue([1, 2])})
    data = dataset(run(lambda c: {"result": 1, "x": 2} if c.y == 1 else 7, grid))
    assert {name: data[name].values.tolist() for name in ("result.result", "x", "result")} == {
        "result.result": [1.0, pytest.approx(math.nan, nan_ok=True)],
        "x": [2.0, pytest.approx(math.nan, nan_ok=True)],
        "result": [pytest.approx(math.nan, nan_ok=True), 7.0],
    }
    data = dataset(run(lambda c: {"y": 1, "result": {"y": 2}, "seconds": 3, "index": 4}, grid))
    assert set(data.data_vars) == {"result.y", "result.result.y", "seconds", "result.index"}


class Alike:
    """Values without a hash, of one text, that differ."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike) and other.n == self.n

    def __repr__(self) -> str:
        return "Alike()"


@pytest.mark.parametrize(
    ("values", "coordinates"),
    [
        ([1, 1.0], ["1", "1.0"]),
        ([0.0, -0.0], ["0.0", "-0.0"]),
        ([1, "1", "1 (int)"], ["1 (int)*", "1 (str)", "1 (int)"]),
        ([Alike(1), Alike(2)], ["Alike() (Alike)", "Alike() (Alike)*"]),
        (["\ud800", "b"], ["\\ud800", "b"]),
        ([True, 1, None], ["True", "1", "None"]),
    ],
    ids=["numbers", "zeros", "texts", "one text", "half a character", "types"],
)
def test_no_two_values_of_an_axis_have_one_coordinate(values: list[Any], coordinates: list[Any]) -> None:
    data = dataset(run(lambda c: repr(c.a), expand({"a": DynamicValue(values)})))
    assert data["a"].values.tolist() == coordinates
    for coordinate, value in zip(coordinates, values, strict=True):
        assert data["result"].sel(a=coordinate).item() == repr(value)


def test_lists_of_plain_dicts_are_tuples_too() -> None:
    data = dataset(run(lambda c: len(c["a"]), [{"a": [1, [2]]}, {"a": []}]))
    assert data["a"].values.tolist() == [(1, (2,)), ()]


def test_it_merges_with_the_frame_of_pandas() -> None:
    from spearmint_fp import frame

    outcomes = collect(
        run(lambda c: {"x": c.a / 2}, expand({"a": DynamicValue([1, 2]), "b": DynamicValue(["u", "v"])}))
    )
    table = dataset(outcomes).to_dataframe().reset_index().merge(frame(outcomes), on=["a", "b"])
    assert table["x"].tolist() == table["result.x"].tolist() == [0.5, 0.5, 1.0, 1.0]
    assert table["index_x"].tolist() == table["index_y"].tolist() == [0, 1, 2, 3]
