"""The public types: mypy reads this file in CI, and running it checks that the values agree."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, assert_type

import attrs
import pytest
import xarray

from spearmint_fp import (
    Config,
    DynamicValue,
    ExperimentResult,
    Failure,
    Journal,
    JournalPlan,
    JournalStatus,
    Spearmint,
    Success,
    Sweep,
    Validation,
    arun,
    best,
    by_name,
    collect,
    compare,
    concat,
    constrain,
    covering,
    dataset,
    derive,
    difference,
    distinct,
    exclude,
    expand,
    experiment,
    failures,
    geomspace,
    groupby,
    include,
    inject,
    intersection,
    linspace,
    mapped,
    neighbours,
    processes,
    product,
    project,
    reorder,
    retrying,
    run,
    sample,
    shard,
    shuffled,
    spread,
    stop_when,
    structure,
    structured,
    successes,
    summary,
    threads,
    throttled,
    timed_out,
    union,
    unit,
    validate,
    where,
    worker,
    zipped,
)
from spearmint_fp.outcomes.outcomes import Outcome
from spearmint_fp.running.arun import AsyncOutcomes
from spearmint_fp.running.run import Outcomes
from spearmint_fp.tasks.attempts import run_attempt
from spearmint_fp.workers.executors import Processes, Threads

pytestmark = pytest.mark.filterwarnings("ignore:a?run.*never iterated")


@attrs.frozen
class Settings:
    n: int


def test_expanding_keeps_the_type_of_the_root() -> None:
    assert_type(expand({"a": DynamicValue([1])}), Sweep[Config])
    assert_type(expand(Settings(1)), Sweep[Settings])
    assert_type(expand([1]), Sweep[tuple[Any, ...]])
    assert_type(expand(expand(Settings(1))), Sweep[Settings])
    assert_type(expand(DynamicValue([1])), Sweep[Any])


def test_spacings_are_sequences_of_floats() -> None:
    assert_type(DynamicValue(linspace(0, 1, 3)), DynamicValue[float])
    assert_type(linspace(0, 1, 3)[0], float)
    assert_type(list(geomspace(1, 8, 4)[::2]), list[float])


def test_sweeps_are_generic() -> None:
    s = expand(Settings(1))
    assert_type(s[0], Settings)
    assert_type(s[:1], Sweep[Settings])
    assert_type(list(s), list[Settings])
    assert_type(s.size, int)
    assert_type(s.index(s[0]), int)
    assert_type(s + s, Sweep[Settings])
    assert_type(s + unit, Sweep[Settings | Config])
    assert_type(s - unit, Sweep[Settings])
    assert_type(s & unit, Sweep[Settings])
    assert_type(s | unit, Sweep[Settings | Config])
    assert_type(unit * unit, Sweep[Config])


def test_combinators_keep_types() -> None:
    s = expand(Settings(1))
    assert_type(mapped(lambda settings: settings.n, s), Sweep[int])
    assert_type(derive("m", lambda c: len(c), unit), Sweep[Config])
    assert_type(constrain(lambda n: True, s, on="n"), Sweep[Settings])
    assert_type(where({"n": 1}, s), Sweep[Settings])
    assert_type(exclude([{"n": 1}], s), Sweep[Settings])
    assert_type(include({"m": 1}, s), Sweep[Settings | Config])
    assert_type(groupby("n", s), dict[Any, Sweep[Settings]])
    assert_type(project("n", s), Sweep[Config])
    assert_type(reorder(["n"], s), Sweep[Settings])
    assert_type(neighbours(Settings(1), s), Sweep[Settings])
    assert_type(shuffled(s), Sweep[Settings])
    assert_type(sample(1, s), Sweep[Settings])
    assert_type(spread(1, s, seed=2), Sweep[Settings])
    assert_type(covering(2, s, seed=2), Sweep[Settings])
    assert_type(shard(0, 1, s), Sweep[Settings])
    assert_type(distinct(s), Sweep[Settings])
    assert_type(concat(s, s), Sweep[Settings])
    assert_type(product(unit, unit), Sweep[Config])
    assert_type(difference(s, unit, unit), Sweep[Settings])
    assert_type(intersection(s, unit), Sweep[Settings])
    assert_type(union(s, s), Sweep[Settings])
    assert_type(product(unit), Sweep[Config])
    assert_type(product(s), Sweep[Settings])  # one is itself; of several, the records are merged into configurations
    assert_type(zipped(s), Sweep[Settings])
    assert_type(zipped(unit, unit), Sweep[Config])


def test_conversion_gives_the_type_that_was_asked_for() -> None:
    assert_type(structure(Settings, {"n": 1}), Settings)
    assert_type(structured(Settings, expand({"n": DynamicValue([1])})), Sweep[Settings])
    assert_type(validate(Settings, unit), Validation)
    assert_type(structure(list[int], [1]), list[int])


def test_outcomes_narrow() -> None:
    outcome = run_attempt(lambda n: str(n), 5, index=0)
    assert_type(outcome, Success[int, str] | Failure[int])
    if isinstance(outcome, Success):
        assert_type(outcome.result, str)
    else:
        assert_type(outcome.error.type, str)
    same: Outcome[int, str] = outcome
    assert same.ok


def text(n: int) -> str:
    return str(n)


async def later(n: int) -> str:
    return str(n)


def test_runs_keep_types() -> None:
    outcomes = run(text, [1, 2])
    assert_type(outcomes, Outcomes[int, str])
    assert_type(next(outcomes), Success[int, str] | Failure[int])
    assert_type(run(lambda settings: settings.n, expand(Settings(1))), Outcomes[Settings, int])
    assert_type(threads(2), Threads)
    assert_type(by_name(Settings)({"n": 1}), Settings)
    assert_type(run(by_name(Settings), [{"n": 1}]), Outcomes[dict[str, int], Settings])
    assert_type(processes(2), Processes)
    assert_type(processes(2, initializer=print, initargs=[1], max_tasks=3), Processes)
    assert_type(worker(), int | None)


def test_async_runs_keep_types() -> None:
    assert_type(arun(later, [1]), AsyncOutcomes[int, str])
    assert_type(arun(text, [1]), AsyncOutcomes[int, str])
    assert_type(arun(lambda settings: settings.n, expand(Settings(1))), AsyncOutcomes[Settings, int])


def test_the_outcomes_of_a_function_in_a_journal_have_its_results(tmp_path: Path) -> None:
    with Journal(tmp_path / "runs.db", name="text") as journal:
        list(run(later, [1], journal=journal))
        assert_type(journal.outcomes("text"), Iterator[Outcome[Any, Any]])
        assert_type(journal.outcomes(later), Iterator[Outcome[Any, str]])
        assert_type(journal.outcomes(text), Iterator[Outcome[Any, str]])


def test_journals_say_what_they_count(tmp_path: Path) -> None:
    with Journal(tmp_path / "runs.db", name="text", retry_failures=(OSError, ValueError), sync=False) as journal:
        assert_type(journal.status([1], "text"), JournalStatus)
        assert_type(journal.plan([1], "text", cost=float), JournalPlan)
        assert_type(journal.plan([1], "text", cost="usd").seconds, float | None)
        assert_type(journal.forget([1], text), int)
        assert_type(journal.merge(tmp_path / "runs.db", str(tmp_path / "runs.db")), int)


def test_helpers_keep_types() -> None:
    outcomes = collect(run(text, [1, 2]))
    assert_type(outcomes, tuple[Success[int, str] | Failure[int], ...])
    assert_type(successes(outcomes), Iterator[Success[int, str]])
    assert_type(failures(outcomes), Iterator[Failure[int]])
    assert_type(best(lambda success: success.result, outcomes, lowest=True), Success[int, str])
    numbers = collect(run(lambda c: float(c["a"]), expand({"a": DynamicValue([1, 2])})))
    assert_type(summary(numbers, by="a"), tuple[dict[str, Any], ...])
    assert_type(compare("a", numbers), tuple[dict[str, Any], ...])
    assert_type(dataset(numbers), xarray.Dataset)
    assert_type([success.result for success in successes(outcomes)], list[str])
    assert_type(stop_when(lambda failed: failed >= 3, outcomes), Outcomes[int, str])
    assert_type(stop_when(lambda failed: failed >= 3, arun(later, [1])), AsyncOutcomes[int, str])
    assert_type(
        stop_when(lambda size: size >= 9, outcomes, step=lambda size, one: size + len(one.result), initial=0),
        Outcomes[int, str],
    )


def test_wrapped_functions_keep_their_types() -> None:
    @retrying(3, on=ValueError, wait=lambda attempt: 0.1 * attempt)
    @retrying(2)
    def tried(n: int, *, base: int = 10) -> str:
        return str(n + base)

    @timed_out(60)
    @retrying(2)
    async def limited(n: int) -> str:
        return str(n)

    assert_type(tried(3, base=1), str)
    assert_type(retrying(2)(text)(3), str)
    assert_type(throttled(2, per=60, key=())(text)(3), str)
    assert_type(arun(throttled(2)(later), [1]), AsyncOutcomes[int, str])
    retrying(2)(text)("3")  # type: ignore[arg-type]
    assert_type(run(tried, [1]), Outcomes[int, str])
    assert_type(arun(limited, [1]), AsyncOutcomes[int, str])
    coroutine: Coroutine[Any, Any, str] = limited(3)
    coroutine.close()


def test_experiments_keep_results() -> None:
    @experiment(configs=[{"n": 1}])
    def double(config: Config, x: int) -> int:
        return int(config.n) * x

    assert_type(double(2), int)
    assert_type(inject(lambda: 5)({}), int)
    with Spearmint.run(double, await_variants=True) as runner:
        assert_type(runner(1), ExperimentResult[Any])
