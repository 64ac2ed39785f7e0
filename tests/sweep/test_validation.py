"""Validation: every axis value once, and exact counts of what a bad one spoils."""

from __future__ import annotations

import collections
from typing import Any, Literal

import attrs
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import (
    ArgumentError,
    ConversionError,
    DynamicValue,
    Sweep,
    concat,
    constrain,
    derive,
    expand,
    mapped,
    product,
    sample,
    shard,
    shuffled,
    structure,
    structured,
    validate,
    zipped,
)
from spearmint_fp.conversion.convert import make_checker
from spearmint_fp.sweep.checks import judges_by_types


@attrs.frozen
class Llm:
    model: str
    temperature: float = attrs.field(validator=attrs.validators.le(2))


@attrs.frozen
class Settings:
    llm: Llm
    seed: int
    steps: int = 0


def told(cls: Any, sweep: Sweep[Any], **options: Any) -> list[str]:
    report = validate(cls, sweep, **options)
    assert bool(report) is report.ok is (not report.problems)
    return [str(problem) for problem in report.problems]


def thousand(*last: Any) -> DynamicValue[Any]:
    return DynamicValue([*(k / 1000 for k in range(1000 - len(last))), *last])


BILLION = expand(
    {
        "llm": {"model": DynamicValue([f"m{k}" for k in range(1000)]), "temperature": thousand("hot")},
        "seed": DynamicValue(range(1000)),
    }
)
HOT = "llm.temperature: expected float, got 'hot' (str)"


def test_a_billion_configurations_with_one_bad_value() -> None:
    report = validate(Settings, BILLION)
    assert (
        str(report) == f"of 1,000,000,000 configurations some are not a valid Settings:\n  {HOT}, in 1,000,000 configs"
    )
    (problem,) = report.problems
    assert (problem.path, problem.value, problem.spoils) == (("llm", "temperature"), "hot", 10**6)
    with pytest.raises(ConversionError, match="in 1,000,000 configs") as caught:
        report.raise_for_problems()
    assert caught.value.problems == report.problems


def test_a_good_sweep() -> None:
    report = validate(Llm, expand({"model": "a", "temperature": DynamicValue([1, 2])}))
    assert report.raise_for_problems() is report
    assert str(report) == "2 configurations: all axis values fit Llm"
    assert validate(Llm, expand(DynamicValue([]))).ok


@pytest.mark.parametrize(
    ("sweep", "count"),
    [
        (BILLION[::7], len(range(0, 10**9, 7)) // 1000 + 1),
        (shard(1, 8, BILLION), 125_000),
        (BILLION[::-997], sum(p // 1000 % 1000 == 999 for p in range(10**9 - 1, -1, -997))),
        (BILLION[999_000:1_000_000], 1000),
        (BILLION[:999_000], 0),
        (shuffled(BILLION), 10**6),
        (constrain(lambda seed, t: t == "hot" or seed > 10, BILLION, on=("seed", "llm.temperature")), 10**6),
        (constrain(lambda seed: seed < 10, BILLION, on="seed"), 10**4),
        (constrain(lambda t: t != "hot", BILLION, on="llm.temperature"), 0),
        (product(BILLION[: 10**6], expand({"steps": DynamicValue(range(5))})), 5000),
    ],
    ids=str,
)
def test_counts_are_those_of_what_is_left(sweep: Sweep[Any], count: int) -> None:
    plural = "config" if count == 1 else "configs"
    assert told(Settings, sweep) == ([f"{HOT}, in {count:,} {plural}"] if count else [])


def test_what_only_listing_could_count_is_said() -> None:
    (problem,) = validate(Settings, shuffled(BILLION)[: 10**8]).problems
    assert problem.spoils is None
    assert "cannot be counted" in str(validate(Settings, shuffled(BILLION)[: 10**8]))
    some = sample(5000, BILLION)
    bad = sum(config.llm.temperature == "hot" for config in some)
    assert told(Settings, some) == ([f"{HOT}, in {bad} config{'' if bad == 1 else 's'}"] if bad else [])


def test_missing_and_unknown_keys_in_branches() -> None:
    sweep = expand(
        {
            "llm": DynamicValue(
                [
                    {"model": "a", "temperature": DynamicValue([1, 5])},
                    {"model": "b"},
                    {"model": DynamicValue(["c", 7]), "temperature": 0.1, "x": DynamicValue([1, 2, 3])},
                ]
            ),
            "seed": DynamicValue([1, 2]),
        }
    )
    assert told(Settings, sweep) == [
        "llm.temperature: 'temperature' must be <= 2: 5.0, in 2 configs",
        "llm.temperature: missing; expected float, in 2 configs",
        "llm.x: no such field; there is: 'model', 'temperature', in 12 configs",
        "llm.model: expected str, got 7 (int), in 6 configs",
    ]
    assert len(told(Settings, sweep, extra="ignore")) == 3


def test_cross_field_checks_stay_per_config() -> None:
    @attrs.frozen
    class Range:
        low: int
        high: int = attrs.field()

        @high.validator
        def _above(self, _: Any, value: int) -> None:
            if value <= self.low:
                raise ValueError("high must be above low")

        def __attrs_post_init__(self) -> None:
            if self.low == 3:
                raise ValueError("3 is reserved")

    sweep = expand({"low": DynamicValue([1, 2, 3]), "high": DynamicValue([0, 2, 3, 4])})
    assert told(Range, sweep) == ["high: high must be above low, got 0 (int), in 3 configs"]


def test_a_bad_first_value_hides_nothing_of_the_others() -> None:
    sweep = expand({"llm": {"model": DynamicValue([5, "a"]), "temperature": DynamicValue([9, 1, "x"])}, "seed": 0})
    assert told(Settings, sweep) == [
        "llm.model: expected str, got 5 (int), in 3 configs",
        "llm.temperature: 'temperature' must be <= 2: 9.0, in 2 configs",
        "llm.temperature: expected float, got 'x' (str), in 2 configs",
    ]


def test_unions_of_classes() -> None:
    @attrs.frozen
    class Sgd:
        lr: float
        momentum: float = 0.0

    @attrs.frozen
    class Adam:
        lr: float
        beta: float = 0.0

    @attrs.frozen
    class Outer:
        opt: Sgd | Adam

    branches = [
        {"lr": DynamicValue([1, "x"]), "momentum": DynamicValue([1, 2])},
        {"lr": 1, "beta": DynamicValue([1, 2])},
    ]
    (problem,) = validate(Outer, expand({"opt": DynamicValue(branches)})).problems
    assert (problem.path, problem.value, problem.spoils) == (("opt", "lr"), "x", 2)
    (problem,) = validate(Outer, expand({"opt": {"lr": 1, "foo": DynamicValue([1, 2])}})).problems
    assert (problem.path, problem.spoils) == (("opt",), 2)


def test_pydantic_models() -> None:
    class Model(pydantic.BaseModel):
        n: int = pydantic.Field(ge=0)
        name: str = "x"

        @pydantic.field_validator("name")
        @classmethod
        def _named(cls, value: str) -> str:
            if value == "bad":
                raise ValueError("no such name")
            return value

    sweep = expand({"n": DynamicValue([1, -1, "3"]), "name": DynamicValue(["bad", "good"])})
    assert told(Model, sweep) == [
        "n: must be greater than or equal to 0, got -1 (int), in 2 configs",
        "n: expected int, got '3' (str), in 2 configs",
        "name: no such name, got 'bad' (str), in 3 configs",
    ] or sorted(told(Model, sweep)) == [
        "n: expected int, got '3' (str), in 2 configs",
        "n: must be greater than or equal to 0, got -1 (int), in 2 configs",
        "name: no such name, got 'bad' (str), in 3 configs",
    ]


def test_what_is_not_looked_at_is_said() -> None:
    settings = {"llm": {"model": "a", "temperature": 1}, "seed": DynamicValue(range(10))}
    derived = validate(Settings, derive("steps", lambda c: str(c.seed), expand(settings)))
    assert "steps: expected int, got '0' (str), in 1 config" in [str(p) for p in derived.problems]
    assert derived.unseen == ("steps, but in a few configurations: it is derived",)
    opaque = validate(Settings, mapped(lambda c: c, BILLION))
    assert opaque.ok
    assert "a function makes them" in str(opaque)
    long = validate(dict[str, int], expand({"n": DynamicValue(range(10**12))}))
    assert long.unseen == ("n, but for the first and the last 1,000 of 1,000,000,000,000 values",)


def test_typed_sweeps_are_built_one_by_one() -> None:
    sweep = expand({"model": DynamicValue(["a", 3]), "temperature": DynamicValue([1, 9])})
    (bad, worse) = validate(Llm, structured(Llm, sweep)).problems[:2]
    assert bad.path == worse.path == ()
    assert validate(Llm, expand(Llm("a", 1.0))).ok


def test_arguments() -> None:
    with pytest.raises(ArgumentError, match="validate takes a sweep"):
        validate(Llm, {"model": "a"})  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="extra is"):
        validate(Llm, BILLION, extra="x")  # type: ignore[arg-type]


# --- against brute force -------------------------------------------------------------------------------


@attrs.frozen
class Loose:
    """No validators: what is wrong with a configuration is wrong with its values."""

    a: int = 0
    b: int = 0
    opt: dict[str, int] = attrs.field(factory=dict)
    pair: tuple[int, int] = (0, 0)


LEAF = st.sampled_from([1, 2, "x", True])
AXIS = st.lists(LEAF, min_size=1, max_size=3).map(DynamicValue)
VALUE = LEAF | AXIS
BRANCH = st.dictionaries(st.sampled_from("pq"), VALUE, max_size=2)
OPT = BRANCH | st.lists(BRANCH, min_size=1, max_size=3).map(DynamicValue)
FIELDS = {"a": VALUE, "b": VALUE, "opt": OPT, "pair": st.tuples(VALUE, VALUE), "zz": VALUE}
TREES = st.fixed_dictionaries({}, optional=FIELDS)


@st.composite
def sweeps(draw: st.DrawFn) -> Sweep[Any]:
    sweep: Sweep[Any] = expand(draw(TREES))
    for number in range(draw(st.integers(0, 2))):
        step = draw(st.sampled_from(["slice", "stride", "back", "shuffle", "constrain", "zip", "product", "concat"]))
        if step == "slice":
            sweep = sweep[draw(st.integers(0, 3)) : draw(st.integers(1, 20))]
        elif step in ("stride", "back"):
            sweep = sweep[draw(st.integers(0, 2)) :: draw(st.integers(1, 3))] if step == "stride" else sweep[::-1]
        elif step == "shuffle":
            sweep = shuffled(sweep)[: draw(st.integers(1, 20))]
        elif step == "concat":
            sweep = concat(sweep, expand(draw(TREES)))
        elif sweep.size and "a" in {path for config in sweep for path in config} and step == "constrain":
            sweep = constrain(lambda value: value != 1, sweep, on="a")
        elif step in ("zip", "product"):
            other = expand({f"extra{number}": DynamicValue(range(sweep.size if step == "zip" else 2))})
            sweep = (zipped if step == "zip" else product)(sweep, other)
    return sweep


def brute(sweep: Sweep[Any]) -> dict[Any, int]:
    counted: collections.Counter[Any] = collections.Counter()
    for config in sweep:
        try:
            structure(Loose, config)
        except ConversionError as error:
            counted.update((problem.path, problem.reason) for problem in error.problems)
    return dict(counted)


@given(sweeps())
def test_the_report_is_that_of_every_configuration(sweep: Sweep[Any]) -> None:
    report = validate(Loose, sweep)
    expected = brute(sweep)
    found = {(problem.path, problem.reason): problem.spoils for problem in report.problems}
    assert found.keys() == expected.keys()
    assert {key: count for key, count in found.items() if count is not None} == {
        key: count for key, count in expected.items() if found[key] is not None
    }


# --- what hostile testing found ----------------------------------------------------------------------------


@attrs.frozen
class Both:
    x: int
    y: int = 1


def test_factors_that_are_lists_of_whole_configurations() -> None:
    pair = DynamicValue([{"y": "bad"}, {"y": 2}])
    sweep = expand(pair) * expand({"x": DynamicValue([3, 4])})
    for part, count in ((sweep, 2), (constrain(lambda x: x == 3, sweep, on="x"), 1), (sweep[1:], 1), (sweep[::-1], 2)):
        (problem,) = validate(Both, part).problems
        assert (problem.path, problem.value, problem.spoils) == (("y",), "bad", count)
    assert validate(Both, expand(DynamicValue([{"y": 1}, {"y": 2}])) * expand({"x": DynamicValue([3, 4])})).ok
    assert validate(Both, zipped(expand({"y": 1}), expand({"x": DynamicValue([3])}))).ok


def test_a_small_sample_of_a_large_sweep_is_looked_at_alone() -> None:
    sweep = expand({"x": DynamicValue(["q", 1, 2, 3]), "y": DynamicValue(range(10**6))})
    some = sample(300, sweep)
    assert told(Both, some) == [f"x: expected int, got 'q' (str), in {sum(c.x == 'q' for c in some)} configs"]


def test_many_bad_values_are_counted_quickly() -> None:
    sweep = expand({"x": DynamicValue([str(k) for k in range(2000)]), "y": DynamicValue(range(100))})
    report = validate(Both, sweep[::3])
    assert len(report.problems) == 2000
    assert str(report).endswith("… and 1,900 more")
    assert sum(problem.spoils or 0 for problem in report.problems) == sweep[::3].size


def test_branches_of_one_pattern_are_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    @attrs.frozen
    class Known:
        x: int | str
        y: float = attrs.field(default=0, validator=attrs.validators.lt(1000))

    asked: list[Any] = []

    def make_counting(cls: Any, extra: Any) -> Any:
        def check(config: Any) -> Any:
            asked.append(config)
            return make_checker(cls, extra)(config)

        return check

    monkeypatch.setattr("spearmint_fp.sweep.validation.make_checker", make_counting)
    branches = [{"x": DynamicValue([k, f"{k}"]), "y": DynamicValue(range(1000))} for k in range(8)]
    cls: Any
    for cls, extra in ((Both, "y"), (dict[str, int | str], "z"), (Known, "y")):
        asked.clear()
        whole = concat(*(expand(branch) for branch in branches), expand({"x": 1, extra: DynamicValue(["bad", 1])}))
        report = validate(cls, whole)
        assert (1000 < len(asked) < 1200) is (cls is not Known)  # of which 1000 are spread evenly
        wrong = [problem.value for problem in report.problems]
        assert wrong == {Both: [*map(str, range(8)), "bad"], Known: ["bad"]}.get(cls, [])


def test_what_may_look_at_a_value_does_not_judge_by_types() -> None:
    @attrs.frozen
    class Computed:
        x: int
        y: int = attrs.Factory(lambda self: 6 // self.x, takes_self=True)

    kinds: list[Any] = [Llm, Computed, Literal["a"], list[Literal[1]], dict[str, complex], dict[str, Any] | Llm]
    assert not any(map(judges_by_types, kinds))
    assert all(map(judges_by_types, [Both, Loose, dict[str, Loose | None], list, tuple[Any, ...]]))


def test_what_is_missing_in_some_branches_of_a_later_factor() -> None:
    @attrs.frozen
    class Inner:
        a: int
        b: float = 0.0

    @attrs.frozen
    class Outer:
        llm: Inner
        n: int = 0

    numbers = expand({"n": DynamicValue([1, 2])})
    for sweep in (
        product(numbers, concat(expand({}), expand({"llm": {"a": 1}}))),
        product(concat(expand({}), expand({"llm": {"a": 1}})), numbers),
    ):
        assert told(Outer, sweep) == ["llm: missing; expected Inner, in 2 configs"]
    branches = expand(DynamicValue([{"llm": {"a": 1}}, {"n": 3}]))
    mixed = product(expand({"llm": {"b": DynamicValue([1.0, 2.0])}}), branches)
    assert told(Outer, mixed) == ["llm.a: missing; expected int, in 2 configs"]


def test_what_may_be_left_out_is_no_problem_but_unseen() -> None:
    sweep = expand({"a": DynamicValue(range(20_000)), "b": DynamicValue([1, "x"])})
    report = validate(dict[str, int], constrain(lambda b: b != "x", shuffled(sweep), on="b"))
    assert report.ok
    assert report.unseen == ("whether any configuration has b: expected int, got 'x' (str)",)


@attrs.frozen
class Needing:
    a: int
    opt: dict[str, int]
    b: int = 0


@given(st.lists(TREES, min_size=1, max_size=3), st.lists(TREES, min_size=1, max_size=2))
def test_products_of_sums_are_those_of_every_configuration(left: list[Any], right: list[Any]) -> None:
    rest = [{key: value for key, value in tree.items() if key in ("b", "zz")} for tree in right]
    kept = [{key: value for key, value in tree.items() if key not in ("b", "zz", "pair")} for tree in left]
    for one, other in ((kept, rest), (rest, kept)):
        sweep = product(concat(*map(expand, one)), concat(*map(expand, other)))
        expected: collections.Counter[Any] = collections.Counter()
        for config in sweep:
            try:
                structure(Needing, config)
            except ConversionError as error:
                expected.update((problem.path, problem.reason) for problem in error.problems)
        found = {(problem.path, problem.reason): problem.spoils for problem in validate(Needing, sweep).problems}
        assert found == dict(expected)


def test_what_a_union_refuses_is_counted_in_selections_too() -> None:
    @attrs.frozen
    class A:
        kind: Literal["a"]
        x: int

    @attrs.frozen
    class B:
        kind: Literal["b"]
        y: int

    @attrs.frozen
    class Root:
        alg: A | B
        m: int
        k: int

    five = DynamicValue(range(5))
    sweep = expand({"alg": {"kind": DynamicValue(["b", "c"]), "y": 1}, "m": five, "k": five})
    unequal = constrain(lambda m, k: m != k, sweep, on=("m", "k"))
    for part in (
        sweep,
        sweep[::-1],
        shuffled(sweep)[:40],
        unequal,
        zipped(sweep, expand({"z": DynamicValue(range(50))})),
    ):
        (problem,) = validate(Root, part, extra="ignore").problems
        assert (problem.path, problem.value) == (("alg", "kind"), "c")
        assert problem.spoils == sum(config.alg.kind == "c" for config in part)


def test_derived_values_that_were_looked_at_are_told() -> None:
    bad = derive("n", lambda c: ["bad", "worse"][c.z], expand({"z": DynamicValue([0, 1])}))
    assert told(dict[str, int], bad) == [
        "n: expected int, got 'bad' (str), in 1 config",
        "n: expected int, got 'worse' (str), in 1 config",
    ]
    some = derive("n", lambda c: "bad" if c.z else 1, expand({"z": DynamicValue([0, 1])}))
    assert told(dict[str, int], some) == ["n: expected int, got 'bad' (str), in 1 config"]


def test_the_first_values_of_a_branch_are_asked_about_together() -> None:
    asked: list[Any] = []

    def note(value: int) -> int:
        asked.append(value)
        return value

    @attrs.frozen
    class Counted:
        a: int = attrs.field(converter=note)
        b: int
        c: int = 0

    many = concat(*[expand({"a": number, "b": DynamicValue([1, 2]), "c": 0}) for number in range(100)])
    assert validate(Counted, many).ok
    assert len(asked) <= 2 * 100 + many.size  # two values of b in each branch, and then every configuration
