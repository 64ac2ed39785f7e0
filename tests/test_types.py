"""What type checkers see: mypy reads this file in CI, and running it checks that the values agree."""

from __future__ import annotations

from typing import Any, assert_type

import attrs

from spearmint_fp import (
    Config,
    DynamicValue,
    ExperimentResult,
    Failure,
    Spearmint,
    Success,
    Sweep,
    Validation,
    concat,
    constrain,
    derive,
    distinct,
    expand,
    experiment,
    inject,
    mapped,
    product,
    sample,
    shard,
    shuffled,
    structure,
    structured,
    unit,
    validate,
    zipped,
)
from spearmint_fp.running.outcomes import Outcome, attempt


@attrs.frozen
class Settings:
    n: int


def test_expanding_keeps_the_type_of_the_root() -> None:
    assert_type(expand({"a": DynamicValue([1])}), Sweep[Config])
    assert_type(expand(Settings(1)), Sweep[Settings])
    assert_type(expand([1]), Sweep[tuple[Any, ...]])
    assert_type(expand(expand(Settings(1))), Sweep[Settings])
    assert_type(expand(DynamicValue([1])), Sweep[Any])


def test_sweeps_are_generic() -> None:
    s = expand(Settings(1))
    assert_type(s[0], Settings)
    assert_type(s[:1], Sweep[Settings])
    assert_type(list(s), list[Settings])
    assert_type(s.size, int)
    assert_type(s.index(s[0]), int)
    assert_type(s + s, Sweep[Settings])
    assert_type(s + unit, Sweep[Settings | Config])
    assert_type(unit * unit, Sweep[Config])


def test_combinators_keep_types() -> None:
    s = expand(Settings(1))
    assert_type(mapped(lambda settings: settings.n, s), Sweep[int])
    assert_type(derive("m", lambda c: len(c), unit), Sweep[Config])
    assert_type(constrain(lambda n: True, s, on="n"), Sweep[Settings])
    assert_type(shuffled(s), Sweep[Settings])
    assert_type(sample(1, s), Sweep[Settings])
    assert_type(shard(0, 1, s), Sweep[Settings])
    assert_type(distinct(s), Sweep[Settings])
    assert_type(concat(s, s), Sweep[Settings])
    assert_type(product(unit, unit), Sweep[Config])
    assert_type(zipped(unit), Sweep[Config])


def test_conversion_gives_the_type_that_was_asked_for() -> None:
    assert_type(structure(Settings, {"n": 1}), Settings)
    assert_type(structured(Settings, expand({"n": DynamicValue([1])})), Sweep[Settings])
    assert_type(validate(Settings, unit), Validation)
    assert_type(structure(list[int], [1]), list[int])


def test_outcomes_narrow() -> None:
    outcome = attempt(lambda n: str(n), 5, index=0)
    assert_type(outcome, Success[int, str] | Failure[int])
    if isinstance(outcome, Success):
        assert_type(outcome.result, str)
    else:
        assert_type(outcome.error.type, str)
    same: Outcome[int, str] = outcome
    assert same.ok


def test_experiments_keep_results() -> None:
    @experiment(configs=[{"n": 1}])
    def double(config: Config, x: int) -> int:
        return int(config.n) * x

    assert_type(double(2), int)
    assert_type(inject(lambda: 5)({}), int)
    with Spearmint.run(double, await_variants=True) as runner:
        assert_type(runner(1), ExperimentResult[Any])
