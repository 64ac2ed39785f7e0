"""`Spearmint` and `experiment`: what is a configuration, and what can be decorated."""

from __future__ import annotations

import functools
from typing import Annotated, Any

import attrs
import pytest
from pydantic import BaseModel

from spearmint_fp import (
    ArgumentError,
    Bind,
    Config,
    DynamicValue,
    ExperimentError,
    Spearmint,
    concat,
    constrain,
    empty,
    expand,
    experiment,
    shuffled,
    unit,
)
from tests.experiment.samples import Settings, inverse, three

# --- configurations --------------------------------------------------------------------------------


def test_configurations_of_every_kind() -> None:
    sweep = expand({"n": DynamicValue([5, 6])})
    items = [{"n": 1}, Config({"n": 2}), Settings(DynamicValue([3, 4])), sweep, DynamicValue([{"n": 7}])]
    assert [c.n for c in Spearmint(configs=items).configs] == [1, 2, 3, 4, 5, 6, 7]
    assert Spearmint(configs=sweep).configs == sweep
    assert Spearmint(configs=iter([{"n": 1}])).configs.size == 1
    assert Spearmint(configs=[{"n": DynamicValue(range(10**30))}] * 2).configs.size == 2 * 10**30


@pytest.mark.parametrize(
    "bad", [5, None, [1, 2], (1,), b"x", object(), DynamicValue([1, 2]), DynamicValue(range(10**30))]
)
def test_anything_else_names_its_position(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"configs\[1\] is"):
        Spearmint(configs=[{"n": 1}, bad])


@pytest.mark.parametrize("bad", [{"n": 1}, "path", 5, None])
def test_configs_is_a_sequence(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"configs is a sequence"):
        Spearmint(configs=bad)


def test_no_configurations_name_the_empty_choice() -> None:
    def f(config: Config) -> None: ...

    with pytest.raises(ExperimentError, match=r"the choice at 'llm\.model' is empty"):
        Spearmint(configs=[{"llm": {"model": DynamicValue([])}, "n": DynamicValue(range(10**30))}]).experiment()(f)
    with pytest.raises(ExperimentError, match="configs is empty"):
        Spearmint(configs=[]).experiment()(f)
    assert Spearmint(configs=[empty]).configs == empty


def test_a_mint_is_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        three().configs = empty  # type: ignore[misc]


@pytest.mark.parametrize("bad", [len, lambda: 0, 5, None])
def test_only_experiments_run(bad: Any) -> None:
    with pytest.raises(ArgumentError, match=r"Decorate it with @mint\.experiment\(\)"), Spearmint.run(bad):
        pass


def test_the_parentheses_are_asked_for() -> None:
    with pytest.raises(ArgumentError, match="with the parentheses"):

        @three().experiment
        def f(config: Config) -> None: ...


def test_experiments_have_configurations_of_their_own() -> None:
    mint = three()

    @mint.experiment(configs=[{"n": 10}])
    def f(config: Config) -> int:
        return int(config.n)

    assert f() == 10
    with Spearmint.run(f, await_variants=True) as runner:
        assert runner().variant_results == ()


def test_huge_sweeps_make_experiments_at_once() -> None:
    huge = expand({f"x{k}": DynamicValue(range(10)) for k in range(30)})

    @Spearmint(configs=[shuffled(huge)[:3], concat(huge[10**29 : 10**29 + 2])]).experiment()
    def f(config: Config) -> int:
        return int(config.x29)

    with Spearmint.run(f, await_variants=True) as runner:
        assert len(runner().variant_results) == 4


def test_generator_functions_are_refused() -> None:
    with pytest.raises(ArgumentError, match="generator function"):

        @experiment(configs=[{"n": 1}])
        def f(config: Config) -> Any:
            yield config


def test_nothing_left_is_told_as_such() -> None:
    left = constrain(lambda n: n > 5, expand({"n": DynamicValue([1, 2])}), on="n")

    def f(config: Config) -> None: ...

    with pytest.raises(ExperimentError, match=r"nothing is left of Sweep\(constrained\(2\) = 0\)"):
        Spearmint(configs=[left]).experiment()(f)


# --- what a fresh reader found -------------------------------------------------------------------------------


def test_a_function_that_takes_no_configuration_is_told_how() -> None:
    def bare(config, x=1):  # type: ignore[no-untyped-def]
        return config

    with pytest.raises(ArgumentError, match=r"takes no configuration\. Annotate a parameter as Config"):
        three().experiment()(bare)


def test_a_pipeline_has_the_cases_of_the_experiments_that_it_calls() -> None:
    mint = Spearmint()

    @mint.experiment(configs=[{"a": DynamicValue([1, 2])}])
    def first(a: Annotated[int, Bind("a")], x: int) -> int:
        return a * x

    @experiment(configs=[{"b": DynamicValue([10, 20])}])
    def second(config: Config, x: int) -> int:
        return int(config.b) + x

    @mint.experiment()
    def pipeline(x: int) -> int:
        return second(first(x))

    class Study:
        @three().experiment()  # configurations that it does not take
        def outer(self) -> int:
            return -pipeline(1)

    outer = Study().outer

    with Spearmint.run(pipeline, await_variants=True) as runner:
        result = runner(3)
    outcomes = (result.main_result, *result.variant_results)
    assert [outcome.result for outcome in outcomes] == [13, 16, 23, 26]
    assert [dict(outcome.configs) for outcome in outcomes] == [
        {pipeline: {}, second: {"b": b}, first: {"a": a}} for b in (10, 20) for a in (1, 2)
    ]
    assert outcomes[0].config == unit[0]
    assert pipeline(3) == 13
    assert Spearmint.join(pipeline)
    with Spearmint.run(outer, await_variants=True) as runner:
        result = runner()
    assert [outcome.result for outcome in (result.main_result, *result.variant_results)] == [-11, -12, -21, -22]


def test_a_pipeline_that_takes_no_notice_of_its_configurations_is_told_of() -> None:
    assert experiment()(lambda: 5)() == 5
    assert experiment(uses=[inverse])(lambda: 5)() == 5
    with pytest.raises(ArgumentError, match=r"A pipeline, which calls experiments .* with @experiment\(\)"):
        three().experiment()(lambda: 5)
    with pytest.raises(ExperimentError, match="the choice at 'n' is empty"):
        experiment(configs=[{"n": DynamicValue([])}], uses=[inverse])(lambda: 5)


def test_a_decorator_above_the_experiment_is_told_of() -> None:
    def doubled(fn: Any) -> Any:
        @functools.wraps(fn)
        def call(*args: Any) -> Any:
            return 2 * fn(*args)

        return call

    with pytest.raises(ArgumentError, match="another decorator stands above"), Spearmint.run(doubled(inverse)):
        pass


class Model(BaseModel):
    n: int


def test_pydantic_instances_are_configurations() -> None:
    mint = Spearmint(configs=[Model(n=1), Model(n=2)])

    @mint.experiment()
    def f(model: Model) -> int:
        return model.n

    with Spearmint.run(f, await_variants=True) as runner:
        result = runner()
    assert (result.main_result.result, result.variant_results[0].result) == (1, 2)
