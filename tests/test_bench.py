"""The benchmarks run and measure what they say; what they find is not a test."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Iterator
from itertools import count, product
from pathlib import Path

import pytest

from .bench import __main__ as bench
from .bench import access, constrained, core, designs, growth, measure, pages, peers, reading, show
from .bench.constrained import count_model, feature_model, measure_space, split_groups
from .bench.measure import Row, Way, compared, seconds, turns, worked
from .bench.spaces import SPACES, Space, predicate_of, sweep_of
from .bench.workloads import W1, W2, WORKLOADS, flat

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.slow


def report(*rows: tuple[str, Row]) -> show.Report:
    about = {
        "python": "CPython 3",
        "machine": "here",
        "date": "today",
        "quick": True,
        "versions": {"spearmint_fp": "0"},
    }
    return {"about": about, "rows": [{"part": part, **row._asdict()} for part, row in rows]}


def grown(case: str, what: str, unit: str = "us") -> tuple[str, Row]:
    points = ((1.0, 2.0), (10.0, 20.0), (100.0, 200.0))
    return "growth", Row(what, growth.exponent(points), "exponent", 1.15, unit, case, points=points)


def cost(name: str, cost: float | None, note: str = "") -> tuple[str, Row]:
    return "peers", Row(name, cost, "us per config", None, note, "W1")


REPORT = report(
    ("expansion", Row("W1", 0.5, "x loops", 1.35, spread=(0.4, 0.6))),
    ("memory", Row("kept", 168, "bytes")),
    grown("axes", "expand"),
    grown("axes", "memory kept", "bytes"),
    *[("spaces", Row(what, size, "", case="tiny")) for what, size in (("raw", 10**12), ("valid", 1234))],
    ("spaces", Row("counted", 0.5, "ms", 0.4, case="tiny")),
    ("spaces", Row("pyATF", None, "ms", None, "not installed", "tiny")),
    ("spaces", Row("ratio", 0.25, "x", 0.6, "python-constraint2", "tiny")),
    cost("hand-written loops", 0.25),
    cost("spearmint_fp", 0.2),
    cost("missing", None, "not installed"),
    ("peers", Row("spearmint_fp : the fastest peer", 0.6, "x", 0.5, "missing", "W1", (0.5, 0.7))),
)


@pytest.fixture
def few_objects() -> Iterator[None]:
    """Keep what is loaded already out of collections of garbage: there is one for each figure of memory."""
    gc.freeze()
    yield
    gc.unfreeze()


# --- what is measured --------------------------------------------------------------------------------------


def test_both_sides_of_each_pair_list_the_same() -> None:
    for workload in WORKLOADS:
        sweep, loops = workload.sweep(), workload.loops()
        assert sweep.size == workload.size
        assert list(sweep[:1000]) == [config for config, _ in zip(loops, range(1000), strict=False)]
    assert [workload.size for workload in WORKLOADS] == [10**4, 2000, 10**6]
    assert list(W2.sweep()) == list(W2.loops())


def test_a_workload_is_cut_evenly() -> None:
    assert W1.cut(60).size == 54
    assert W2.cut(1).size == 1
    assert W1.cut(10**9) is W1
    assert flat(W2, W2.sweep()[0])["retrieval.rerank.on"] is True


@pytest.mark.parametrize("peer", peers.PEERS, ids=lambda peer: peer.name)
def test_a_peer_lists_the_configurations_that_it_is_timed_on(peer: peers.Peer, recwarn: object) -> None:
    if peer.make is peers._loops:
        return  # the test above: hand-written loops cannot be cut
    if not peers.installed(peer):
        pytest.skip(f"{peer.package} is not installed")
    for workload in WORKLOADS:
        assert peers.same(peer, workload.cut(2 if peer.most < 10 else 12))


def test_a_peer_that_lists_something_else_is_found_out() -> None:
    wrong = peers.PEERS[1]._replace(make=lambda workload: lambda: list(workload.sweep())[1:])
    assert not peers.same(wrong, W1.cut(12))


def test_who_is_not_installed_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = peers.Peer("nobody", peers._loops, flat, package="nobody", module="nobody_at_all")
    few = [peer for peer in peers.PEERS if not peer.module or peer.package == "spearmint_fp"]
    monkeypatch.setattr(peers, "PEERS", (*few, absent))
    monkeypatch.setattr(peers, "WORKLOADS", (W1,))
    rows = list(peers.peers(1))
    assert [row.note for row in rows if row.what == "nobody"] == ["not installed"]
    assert {row.what for row in rows} >= {peer.name for peer in few}
    assert all(row.measured for row in rows if row.what != "nobody")


@pytest.mark.usefixtures("few_objects")
def test_small_parts_give_a_row_for_each_thing() -> None:
    rows = [row.what for part in (core.constant, core.selection, core.identity, core.converting) for row in part(1)]
    assert {"s[10**17]", "pickle size", "rank and unrank in it", "structure a nested attrs class"} <= {*rows}
    assert {row.what for row in access.memory(1)} >= {"kept W1 config: spearmint_fp", "kept W2 config: spearmint_fp"}


def test_access_is_measured_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "_optional", lambda module: None)
    parts = (access._at, access._rank, access._reading, access._arrays, access._samples)
    rows = [row for part in parts for row in part(1)]
    assert {row.note for row in rows if row.measured is None} >= {"not installed"}
    assert "10^6 as six arrays: numpy, meshgrid(...) and ravel()" in {row.what for row in rows}
    assert [row.what for row in rows if row.note.startswith("OverflowError")] == [
        "a sample of 10^30: random.sample(range(10**30), 1000)"
    ]


def test_one_configuration_is_measured_beside_a_dict() -> None:
    rows = [row.what for part in (reading.reading, reading.everyday) for row in part(1)]
    assert {"W2R by attribute", "one read by key", "hash, nested : of the items, by hand", "config_id, deep"} <= {*rows}


@pytest.mark.usefixtures("few_objects")
def test_growth_measures_every_family(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = [family._replace(sizes=(1, 2, 3, 4)) for family in growth.FAMILIES]
    monkeypatch.setattr(growth, "FAMILIES", tiny)
    rows = list(growth.growth(1))
    assert {row.case for row in rows} == {*(family.name for family in tiny), "configurations, listed"}
    assert all(len(row.points) == 2 for row in rows)


SMALL = Space(
    {"a": [1, 2, 3, 4], "b": [1, 2, 3], "c": [5, 6], "d": [1, 2]},
    ((("b", "a"), "a % b == 0"), (("a",), "a > 1"), (("c", "d"), "c > 5 or d == 1"), (("a", "b"), "a != b")),
    12,
    "",
)


def test_groups_are_what_no_rule_connects() -> None:
    assert [set(part.parameters) for part in split_groups(SMALL)] == [{"a", "b"}, {"c", "d"}]
    assert [sweep_of(part).size for part in split_groups(SMALL)] == [4, 3]
    assert [len(part.constraints) for part in split_groups(SMALL)] == [3, 1]


@pytest.mark.parametrize("way", ["_list_space", "_solve_predicates", "_solve_texts", "_build_with_pyatf"])
@pytest.mark.parametrize("name", ["SMALL", "bat_triad", "convolution_hub"])
def test_each_way_finds_the_size_of_a_space(way: str, name: str) -> None:
    pytest.importorskip({"_list_space": "attrs", "_build_with_pyatf": "pyatf"}.get(way, "constraint"))
    space = SMALL if name == "SMALL" else SPACES[name]
    assert getattr(constrained, way)(space) == space.size


def test_a_space_has_a_row_for_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {row.what: row for row in measure_space("small", SMALL, 1)}
    assert {*rows} >= {"raw", "valid", *show.SOLVERS} - {"ratio"}
    assert (rows["raw"].measured, rows["valid"].measured) == (48, 12)
    monkeypatch.setattr(constrained, "find_spec", lambda module: None)
    absent = [row for row in measure_space("small", SMALL, 1) if row.measured is None]
    assert {row.note for row in absent} == {"not installed"}
    with pytest.raises(AssertionError, match="counted finds 12 configurations in small, where there are 13"):
        list(measure_space("small", SMALL._replace(size=13), 1))
    monkeypatch.setattr(constrained, "LISTED", 11)
    assert [row.note for row in measure_space("small", SMALL, 1) if row.what == "listed"] == ["more than 11"]


@pytest.mark.parametrize("seed", range(5))
def test_a_model_has_the_products_that_brute_force_finds(seed: int) -> None:
    model = feature_model(14, seed)
    holding = [
        bits
        for bits in product((0, 1), repeat=model.features)
        if all(predicate_of(*rule)(*(bits[int(name[1:])] for name in rule[0])) for rule in model.rules)
    ]
    assert count_model(model) == len(holding)
    for module in ("dd.autoref", "dd.cudd"):
        if constrained._can_import(module):
            assert constrained._count_with_dd(model, module) == len(holding)


def test_constraints_are_measured_in_pickles_and_workers() -> None:
    rows = {row.what: row for row in constrained.constrained(1)}
    assert rows["five of a constrained sweep, after unpickling: predicate calls"].measured == 0
    assert rows["first outcome in workers: constrained"].must
    assert len([what for what in rows if "share the last axis" in what]) == 4


def test_arrays_are_made_by_each_way_that_is_installed() -> None:
    rows = {row.what: row for row in designs.designs(1)}
    assert rows["3^4, pairs: spearmint_fp"].note == "9 configurations"
    for way, least in (("allpairspy", 9), ("covertable", 9)):
        row = rows[f"3^4, pairs: {way}"]
        assert row.note == "not installed" or int(row.note.split()[0]) >= least


@pytest.mark.parametrize("power", [0, 1, 2])
def test_the_exponent_is_the_power(power: int) -> None:
    assert growth.exponent([(x, 7.0 * x**power) for x in (1, 10, 100, 1000)]) == pytest.approx(power)


def test_the_exponent_is_that_of_the_larger_sizes() -> None:
    costs = [(x, 1e6 + x**2) for x in (1, 10, 100, 1000, 10**4, 10**5, 10**6)]
    assert growth.exponent(costs) == pytest.approx(2, abs=0.01)
    assert growth.exponent([(1, 5.0)]) == 0


def test_ways_take_turns_and_the_bound_is_of_the_cheapest_other() -> None:
    done: list[str] = []
    ways = [Way(name, lambda name=name: done.append(name)) for name in "abc"]  # type: ignore[misc]
    assert {what: len(costs) for what, costs in turns(ways, 3).items()} == {"a": 3, "b": 3, "c": 3}
    assert "".join(done) == "abcbcacab"
    ours, theirs = compared([Way("ours", lambda: None, most=0.5), Way("theirs", lambda: sum(range(1000)))], 3)
    assert theirs.measured is not None
    assert (ours.must, theirs.must) == (theirs.measured / 2, None)


def test_what_waits_costs_time_and_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """By two clocks: the one goes on between two looks, and the other has not gone on."""
    clock = count()
    monkeypatch.setattr(measure, "perf_counter", lambda: next(clock) * 0.5)
    monkeypatch.setattr(measure, "process_time", lambda: 7.0)
    assert seconds(lambda: None) == 0.5
    assert 0 < worked(lambda: None) < 1e-6


# --- what is shown -----------------------------------------------------------------------------------------


def test_the_command_measures_prints_and_writes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(bench.PARTS, "expansion", lambda rounds: iter([Row("W1", 2.0, "x loops", 1.35)] * rounds))
    bench.main(["--quick", "--only", "expansion", "--only", "constant", "--json", str(tmp_path / "report.json")])
    printed = capsys.readouterr().out
    assert "| W1 | **2 x loops** |  | 1.35 |  |" in printed
    assert "| s[10**17] |" in printed
    written = json.loads((tmp_path / "report.json").read_text())
    assert {row["part"] for row in written["rows"]} == {"expansion", "constant"}
    bench.main(["--saved", str(tmp_path / "report.json"), "--plots", str(tmp_path)])
    assert list(tmp_path.glob("*.png")) == []  # there are no rows to draw


def test_pages_are_filled_and_pictures_drawn(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "\n".join(
            f"<!-- bench: {name} -->\nold\n<!-- end -->" for name in ("core", "peers", "spaces", "growth", "running")
        )
    )
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    bench.main(["--saved", str(tmp_path / "report.json"), "--docs", str(tmp_path)])
    text = page.read_text()
    assert "| W1 | 0.5 x loops | 1.35 |  |" in text
    assert "| spearmint_fp | 0.2 us (0.8) |  |" in text
    assert "| missing | not installed |  |" in text
    assert "| W1, spearmint_fp : the fastest peer | **0.6 x** | 0.5 to 0.7 | 0.5 | missing |" in text
    assert "| axes | expand | 2 us at 1 | 200 us at 100 | 1.00 | 1.15 |" in text
    assert "| tiny | 1e+12 | 1,234 | **0.5 ms** | - | - | - | 0.25 x | not installed |" in text
    assert "median 0.25 x, from 0.25 to 0.25." in text
    assert text.count("old") == 1  # nothing about running was measured
    drawn = sorted((tmp_path / "images").iterdir())
    assert [path.name for path in drawn] == ["growth.png", "peers.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size < 80_000 for path in drawn)
    before = page.read_text()
    assert pages.fill(tmp_path, [REPORT]) == []
    assert page.read_text() == before


def test_a_table_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("<!-- bench: speed -->\n<!-- end -->")
    with pytest.raises(ValueError, match="no table is called 'speed'"):
        pages.fill(tmp_path, [REPORT])


def test_two_interpreters_stand_side_by_side() -> None:
    other = report(("expansion", Row("W1", 0.7, "x loops", 1.35)))
    assert show.listed([REPORT, other], "expansion")[2] == "| W1 | 0.5 x loops | 0.7 x loops | 1.35 |  |"
    assert show.listed([REPORT, report()], "expansion")[2] == "| W1 | 0.5 x loops | - | 1.35 |  |"


def test_every_table_of_the_pages_is_one_that_is_filled(tmp_path: Path) -> None:
    for name in ("performance.md", "peers.md"):
        shutil.copy(ROOT / "docs" / "explanation" / name, tmp_path / name)
    assert {path.name for path in pages.fill(tmp_path, [REPORT])} == {"performance.md", "peers.md"}
