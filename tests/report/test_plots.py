"""`plot`: which picture, what stands in it, and what it says of failures, means and what it leaves out."""

from __future__ import annotations

import itertools
import math
import pickle
import subprocess
import sys
import warnings
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgba

from spearmint_fp import (
    AbsentError,
    ArgumentError,
    Config,
    DynamicValue,
    Failure,
    MissingExtraError,
    Outcome,
    SizeError,
    Success,
    collect,
    compare,
    expand,
    plot,
    run,
    sample,
    summary,
)
from spearmint_fp.outcomes.outcomes import ErrorInfo
from spearmint_fp.report.parallel import MOST_LINES
from tests.examples import examples

RED = to_rgba("#c0392b")
ERROR = ErrorInfo("ValueError", "bad", "Traceback")
lr_depth = expand({"lr": DynamicValue([0.1, 0.01, 0.0]), "depth": DynamicValue([4, 2]), "seed": DynamicValue([1, 2])})
found = collect(run(lambda c: c.seed * c.depth / c.lr, lr_depth))
first = [outcome for outcome in found if outcome.config.seed == 1]


def drawn(figure: Any) -> int:
    """How many bytes the figure is as a picture: that it can be drawn at all."""
    file = BytesIO()
    figure.savefig(file, format="png")
    return len(file.getvalue())


def points(figure: Any) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in figure.axes[0].lines[0].get_xydata()]


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_two_paths_are_a_heat_map() -> None:
    figure = plot(first, title="Depth over rate")
    axes, bar = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel(), bar.get_ylabel()) == ("depth", "lr", "result")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2", "4"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "0.01", "0.1"]
    cells = axes.images[0].get_array()
    assert cells is not None
    assert cells.tolist() == [[None, None], [200, 400], [20, 40]]
    assert axes.get_title(loc="left") == "Depth over rate"
    assert [text for text in texts(figure) if text.isdecimal()] == ["200", "400", "20", "40"]
    assert [(line.get_xydata().tolist(), to_rgba(line.get_color())) for line in axes.lines] == [  # type: ignore[union-attr]
        ([[0, 0]], RED),
        ([[1, 0]], RED),
    ]
    assert "2 failed (×)" in texts(figure)
    assert drawn(figure) > 5000


def test_outcomes_that_share_a_cell_are_averaged_and_it_is_said() -> None:
    figure = plot(found, on=("depth", "lr"))
    cells = figure.axes[0].images[0].get_array()
    assert cells is not None
    assert cells.tolist() == [[None, 300, 30], [None, 600, 60]]
    assert "each the mean of 2 outcomes, 4 failed (×)" in texts(figure)


def test_a_cell_in_which_some_failed_is_marked_beside_its_number() -> None:
    some = collect(run(lambda c: 1 / (c.seed - 1) if c.lr else 5, lr_depth))
    figure = plot(some, on=("depth", "lr"))
    assert {line.get_color() for line in figure.axes[0].lines} == {"white"}
    assert "each the mean of 1 to 2 outcomes, 4 failed (×)" in texts(figure)


def test_one_path_is_a_line_and_a_failure_is_a_cross_on_the_ground() -> None:
    line, cross = plot([outcome for outcome in first if outcome.config.depth == 2]).axes[0].lines
    assert line.get_xydata().tolist() == [[0.01, 200], [0.1, 20]]  # type: ignore[union-attr]
    assert cross.get_xydata().tolist() == [[0, 0.03]]  # type: ignore[union-attr]
    assert cross.get_marker() == "x"


def test_lines_of_two_paths_are_one_for_each_value_of_the_second() -> None:
    figure = plot(first, kind="lines")
    axes = figure.axes[0]
    lines = [line for line in axes.lines if not str(line.get_label()).startswith("_")]
    assert [line.get_label() for line in lines] == ["2", "4"]
    assert lines[1].get_xydata().tolist() == [[0.01, 400], [0.1, 40]]  # type: ignore[union-attr]
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_title().get_text() == "depth"
    assert axes.get_xlim()[0] < 0.0, "the cross of the failures is inside the picture"
    assert drawn(figure) > 5000


def test_numbers_over_two_decades_are_on_a_log_scale() -> None:
    rates = expand({"lr": DynamicValue([1e-4, 1e-2, 1])})
    assert plot(run(lambda c: c.lr, rates)).axes[0].get_xscale() == "log"
    assert plot(first, kind="lines").axes[0].get_xscale() == "linear"


def test_more_paths_are_parallel_coordinates() -> None:
    figure = plot(found, title="All")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["lr", "depth", "seed", "result"]
    _, failed, good = axes.collections
    assert (len(failed.get_paths()), len(good.get_paths())) == (4, 8)
    assert good.get_array().tolist() == [outcome.result for outcome in found if outcome.ok]  # type: ignore[union-attr]
    assert "4 failed (dashed)" in texts(figure)
    ends = [path.vertices.tolist()[-1][1] for path in failed.get_paths()]  # type: ignore[union-attr]
    assert max(ends) < 0, "what has no value passes below its axis"
    assert drawn(figure) > 5000


def test_a_number_is_placed_by_its_value_and_a_name_by_its_order() -> None:
    sweep = expand({"m": DynamicValue(["a", "b", "c"]), "n": DynamicValue([0, 1, 4]), "x": DynamicValue([True, None])})
    axes = plot(run(lambda c: c.n, sweep)).axes[0]
    starts = {tuple(path.vertices.tolist()[k][1] for k in range(2)) for path in axes.collections[2].get_paths()}  # type: ignore[union-attr]
    assert starts == {(name, number) for name in (1, 0.5, 0) for number in (0, 0.25, 1)}


def test_of_very_many_outcomes_some_are_drawn_and_it_is_said() -> None:
    many = expand({"a": DynamicValue(range(20)), "b": DynamicValue(range(20)), "c": DynamicValue(range(20))})
    figure = plot(run(lambda c: c.a, many))
    assert sum(len(collection.get_paths()) for collection in figure.axes[0].collections) == MOST_LINES
    assert f"{MOST_LINES:,} of 8,000 outcomes drawn" in texts(figure)


def test_a_value_is_a_column_or_a_function() -> None:
    scored = collect(run(lambda c: {"accuracy": c.lr, "by": {"depth": c.depth}}, lr_depth))
    assert plot(scored, value="result.by.depth", on="lr").axes[0].get_ylabel() == "result.by.depth"
    assert plot(scored, value="seconds", on="lr").axes[0].get_ylabel() == "seconds"

    def percent(success: Success[Any, Any]) -> float:
        return 100 * float(success.result["accuracy"])

    axes = plot(scored, value=percent, on="lr").axes[0]
    assert axes.get_ylabel() == "percent"
    assert axes.lines[0].get_xydata().tolist() == [[0.0, 0], [0.01, 1], [0.1, 10]]  # type: ignore[union-attr]


def test_values_that_are_not_finite_are_left_out_and_it_is_said() -> None:
    odd = [
        Success(Config({"n": n}), value, n)
        for n, value in enumerate([1.0, math.nan, math.inf, None, True, 10**400, 1e300])
    ]
    figure = plot(odd)
    assert [x for x, _ in figure.axes[0].lines[0].get_xydata().tolist()] == [0, 4]  # type: ignore[union-attr]
    assert "5 without a number to draw" in texts(figure)


def test_what_a_branch_lacks_has_a_place() -> None:
    branches = [{"name": "sgd", "momentum": DynamicValue([0.0, 0.9])}, {"name": "adam"}]
    figure = plot(run(lambda c: 1, expand({"opt": DynamicValue(branches)})))
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["0", "0.9", "absent"]


def test_none_and_absent_have_a_place_each() -> None:
    branches = [{"m": DynamicValue([0.0, None])}, {"m": DynamicValue([0.9]), "k": None}, {"k": 1}]
    outcomes = list(run(lambda c: len(c), expand({"opt": DynamicValue(branches), "z": DynamicValue([1, 2])})))
    lines = plot(outcomes, on="opt.m")
    assert [label.get_text() for label in lines.axes[0].get_xticklabels()] == ["0", "0.9", "None", "absent"]
    heat = plot(outcomes, on=("opt.m", "opt.k"), kind="heatmap").axes[0]
    assert [label.get_text() for label in heat.get_yticklabels()] == ["0", "0.9", "None", "absent"]
    assert [label.get_text() for label in heat.get_xticklabels()] == ["1", "None", "absent"]
    parallel = plot(outcomes, kind="parallel", on=("opt.m", "opt.k", "z")).axes[0]
    below = [(t.get_text(), t.get_position()[1]) for t in parallel.texts if t.get_text() in ("None", "absent")]
    assert [text for text, _ in below] == ["None", "absent"] * 2
    assert len({place for _, place in below}) == 2
    assert all(parallel.get_ylim()[0] < place < 0 for _, place in below)


LEAVES = st.none() | st.integers() | st.floats() | st.booleans() | st.text(max_size=30) | st.tuples(st.integers())
NUMBERS = st.integers() | st.floats() | st.none()


@examples(25)
@given(st.lists(st.tuples(LEAVES, LEAVES, LEAVES, NUMBERS, st.booleans()), min_size=1, max_size=6), st.integers(1, 3))
def test_whatever_the_axes_hold_there_is_a_picture_or_a_clear_error(rows: list[Any], count: int) -> None:
    made: list[Outcome[Any, Any]] = []
    for index, (*leaves, value, ok) in enumerate(rows):
        config = Config(dict(zip("abc", leaves, strict=True)))
        made.append(Success(config, value, index) if ok else Failure(config, ERROR, index))
    sweep = expand({name: DynamicValue([1, 2]) for name in "abc"})
    try:
        figure = plot(made, sweep=sweep, on=tuple("abc")[:count])
    except AbsentError:
        assert not any(outcome.ok for outcome in made)
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # characters that the font does not have
        assert drawn(figure) > 1000


def test_names_are_drawn_as_they_stand() -> None:
    """No formulas, no entry that is missing in a legend, no line break."""
    sweep = expand({"$a_$": DynamicValue([1, 2]), "_b": DynamicValue(["_x", "$y$", "a\nb", "$"])})
    figure = plot(run(lambda c: 1, sweep), kind="lines", title="$ of $a_$")
    legend = figure.axes[0].get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [" _x", r"\$y\$", r"a\nb", r"\$"]
    assert drawn(figure) > 5000


def test_no_global_state() -> None:
    """Nothing is registered anywhere: pyplot is not even imported."""
    code = (
        "from spearmint_fp import *; import sys;"
        "plot(run(lambda c: c.a, expand({'a': DynamicValue([1, 2])}))); print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_a_figure_is_shown_saved_and_pickled(tmp_path: Path) -> None:
    figure: Any = plot(first)
    figure.savefig(tmp_path / "figure.svg")
    assert "<svg" in (tmp_path / "figure.svg").read_text(encoding="utf-8")
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert len(pickle.loads(pickle.dumps(figure)).axes) == 2


def test_nothing_succeeded() -> None:
    with pytest.raises(AbsentError, match="none of 0 outcomes is a success"):
        plot([])
    with pytest.raises(
        AbsentError, match="none of 2 outcomes is a success; the first failure is ZeroDivisionError: div"
    ):
        plot(run(lambda n: 1 / 0, [1, 2]))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"value": "accuracy"}, r"no column 'accuracy' \(str\); there is: 'index', 'lr', 'depth', 'result'"),
        ({"value": "resutl"}, "did you mean 'result'"),
        ({"value": "error"}, r"column 'error' gives 'ZeroDivisionError: .*, which is no number"),
        ({"value": lambda s: "text"}, r"the function gives 'text' \(str\) for outcome 0, which is no number"),
        ({"value": 3}, "a function of a success; got 3 "),
        ({"on": ("lr", "rate")}, "on= names swept paths; none is 'rate'"),
        ({"on": ()}, "on= names swept paths"),
        ({"on": 3}, "on= names swept paths; none is 3"),
        ({"kind": "pie"}, 'kind is "heatmap", "lines", "parallel", "effects" or "differences"; got \'pie\''),
        ({"kind": ["lines"]}, 'kind is "heatmap"'),
        ({"kind": "heatmap", "on": "lr"}, "heatmap shows two paths, and 1 are given: lr. Choose with on="),
        ({"kind": "lines", "on": ("lr", "depth", "index")}, "lines shows one path or two, and 3 are given"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ArgumentError, match=says):
        plot(first, **options)


def test_results_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"column 'result' gives 'a' \(str\) for outcome 0"):
        plot(run(lambda c: "a", lr_depth))
    with pytest.raises(ArgumentError, match="nothing to plot by"):
        plot([Success(Config({"a": 1}), 1, 0), Success(Config({"a": 1}), 2, 1)])
    with pytest.raises(SizeError, match="n has 301 values, more than 300"):
        plot(run(lambda c: c.n, expand({"n": DynamicValue(range(301))})))


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"spearmint_fp\[plot\]"):
        plot(first)


@pytest.mark.parametrize("kind", ["lines", "heatmap", "parallel"])
def test_arrays_on_an_axis_are_names(kind: Any) -> None:
    arrays = expand({"mask": DynamicValue([numpy.arange(3), numpy.arange(4)]), "n": DynamicValue([1, 2])})
    figure = plot(run(lambda c: c.n * len(c.mask), arrays), kind=kind, sweep=arrays)
    assert drawn(figure) > 1000


@pytest.mark.parametrize(("value", "height"), [(Decimal("1.5"), 1.5), (numpy.True_, 1.0), (numpy.array(2), 2.0)])
def test_numbers_of_other_kinds_are_drawn(value: Any, height: float) -> None:
    figure = plot(run(lambda _: value, expand({"n": DynamicValue([1, 2])})))
    assert points(figure) == [(1.0, height), (2.0, height)]


def test_decimals_on_an_axis_are_a_line_of_numbers_and_nan_comes_last() -> None:
    exact = expand({"rate": DynamicValue([Decimal("0.3"), Decimal("0.1")])})
    assert points(plot(run(lambda _: 1, exact))) == [(0.1, 1.0), (0.3, 1.0)]
    for nan in (math.nan, Decimal("NaN"), Decimal("sNaN")):
        odd = expand({"n": DynamicValue([3, nan, 1])})
        ticks = plot(run(lambda _: 1, odd), sweep=odd).axes[0].get_xticklabels()
        assert [tick.get_text().lower() for tick in ticks][:2] == ["1", "3"]


# --- effects and differences --------------------------------------------------------------------------


def test_effects_are_the_means_of_the_summary_with_their_intervals() -> None:
    space = expand({"a": DynamicValue([1, 2, 4]), "kind": DynamicValue(["x", None]), "seed": DynamicValue(range(3))})
    outcomes = collect(run(lambda c: c.a * 10 + 6 / c.seed if c.kind else c.a + c.seed, space))
    figure = plot(outcomes, kind="effects", title="Effects")
    assert [axes.get_xlabel() for axes in figure.axes if axes.get_visible()] == ["a", "kind", "seed"]
    for axes, path in zip(figure.axes, ("a", "kind", "seed"), strict=False):
        rows = [row for row in summary(outcomes, by=path) if row["n"]]
        [[dots, _, [bars]]] = axes.containers
        assert dots.get_ydata().tolist() == pytest.approx([row["mean"] for row in rows])
        ends = [segment[:, 1].tolist() for segment in bars.get_segments()]
        assert ends == [pytest.approx([row["low"], row["high"]]) for row in rows]
    assert drawn(figure) > 1000
    assert "3 failed" in "".join(text.get_text() for text in figure.texts)


def test_more_paths_than_fit_in_a_row_go_on_below() -> None:
    space = expand({f"p{k}": DynamicValue([0, 1]) for k in range(6)})
    figure = plot(run(lambda c: sum(c.values()), space), kind="effects")
    assert [axes.get_visible() for axes in figure.axes] == [True] * 6 + [False] * 2
    assert drawn(figure) > 1000


def test_differences_are_a_matrix_of_the_comparison() -> None:
    space = expand({"a": DynamicValue(["x", "y", "z"]), "seed": DynamicValue(range(3))})
    outcomes = collect(run(lambda c: {"score": "xyz".index(c.a) * c.seed, "name": c.a}, space))
    figure = plot(outcomes, on="a", kind="differences")
    grid: Any = figure.axes[0].images[0].get_array()
    for row in compare("a", outcomes):
        a, b = "xyz".index(row["a"]), "xyz".index(row["b"])
        assert (grid[a, b], grid[b, a]) == (row["mean"], -row["mean"])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "+1\n-1.48 to +3.48" in texts
    assert drawn(figure) > 1000
    with pytest.raises(ArgumentError, match="differences shows one path, and 2 are given: a, seed"):
        plot(outcomes, kind="differences")
    with pytest.raises(AbsentError, match="nothing to compare: no two outcomes differ only at a"):
        plot(run(lambda c: c.a, [Config({"a": 1, "b": 1}), Config({"a": 2, "b": 2})]), on="a", kind="differences")


def test_eleven_axes_fit_a_page() -> None:
    space = expand({f"a_rather_long_name_{k}": DynamicValue(["a long text " * 9, "b", "c"]) for k in range(11)})
    figure = plot(run(lambda c: len(str(c)), sample(50, space)), sweep=space)
    figure.draw_without_rendering()
    assert figure.get_size_inches()[0] <= 11.7
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert all(left.x1 - right.x1 < -40 for left, right in itertools.pairwise(boxes)), "names end one beside the other"


def test_differences_need_a_path_and_draw_what_is_finite() -> None:
    space = expand({"a": DynamicValue(["a name of thirty letters or so", "$x$", "z"]), "b": DynamicValue([1.0, 2.0])})
    outcomes = collect(run(lambda c: math.inf if c.a == "z" else len(c.a) * c.b, space))
    with pytest.raises(ArgumentError, match="differences are those between the values at a path; the index is none"):
        plot(outcomes, kind="differences", on="index")
    figure = plot(outcomes, kind="differences", on="a")
    axes = figure.axes[0]
    [image] = axes.images
    assert image.norm.vmax == 40.5
    assert [text.get_text() for text in axes.texts].count("+inf") == 2
    figure.canvas.draw()
    boxes = [label.get_window_extent() for label in axes.get_xticklabels()]
    assert all(label.get_rotation() == 30 for label in axes.get_xticklabels())
    assert all(box.x1 < other.x1 - 50 for box, other in itertools.pairwise(boxes))


def test_a_dollar_sign_is_one_on_an_axis_of_effects() -> None:
    figure = plot(run(lambda c: len(c.a) * 1.5, expand({"a": DynamicValue(["$x$", "yy"])})), kind="effects")
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["\\$x\\$", "yy"]


def test_a_kind_that_is_no_text_is_refused() -> None:
    kind: Any = numpy.array([1, 2])
    with pytest.raises(ArgumentError, match="kind is"):
        plot(run(lambda c: c.a, expand({"a": DynamicValue([1, 2])})), kind=kind)


def test_a_title_that_is_no_text_is_refused() -> None:
    title: Any = 3
    with pytest.raises(ArgumentError, match=r"title is text; got 3 \(int\)"):
        plot(run(lambda c: c.a, expand({"a": DynamicValue([1, 2])})), title=title)
