"""Plans: the work that a journal leaves is counted exactly, over sweeps of any size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from spearmint_fp import (
    ArgumentError,
    Config,
    DynamicValue,
    Journal,
    JournalPlan,
    JournalStatus,
    PathError,
    SizeError,
    expand,
    inject,
    run,
)
from spearmint_fp.journal import plans
from spearmint_fp.outcomes.outcomes import Success

HUGE = expand({"a": DynamicValue(range(10**15)), "b": DynamicValue(range(10**15)), "c": (1, {"d": "x"})})


def ask(config: Config) -> dict[str, Any]:
    if config.a % 5 == 4:
        raise ValueError("not this one")
    return {"usage": {"usd": config.a / 4}}


def test_a_plan_counts_what_there_is_and_extrapolates_it(path: Path) -> None:
    sweep = HUGE[:: 10**15]
    with Journal(path) as journal:
        list(run(ask, sweep[:5], journal=journal))
        plan = journal.plan(sweep[:10], ask, cost="usage.usd")
        mean = sum(outcome.seconds for outcome in journal.outcomes(ask) if outcome.ok) / 4
        assert plan == JournalPlan(4, 1, 5, 6, plan.seconds, 6 * (0 + 1 + 2 + 3) / 4 / 4)
        assert plan.seconds == pytest.approx(6 * mean)
        assert journal.plan(sweep[:10], ask, cost=lambda result: 2).cost == 12.0
        assert journal.plan(sweep[:10], ask).cost is None
        assert journal.plan(iter(sweep[:10]), ask) == journal.plan(sweep[:10], ask)
        assert journal.plan(sweep[:4], ask).seconds == 0
    with Journal(path, retry_failures=False) as journal:
        assert journal.plan(sweep[:10], ask).todo == 5


def test_a_plan_of_nothing_yet(path: Path) -> None:
    with Journal(path) as journal:
        assert journal.plan(HUGE, ask) == JournalPlan(0, 0, HUGE.size, HUGE.size, None, None)
        assert journal.plan([], "unheard of") == JournalPlan(0, 0, 0, 0, None, None)
        assert journal.experiments == ()


def test_sizes_of_any_magnitude_are_counted_exactly(path: Path) -> None:
    with Journal(path) as journal:
        list(run(ask, HUGE[10**20 : 10**20 + 7], journal=journal))
        list(run(ask, [Config({"a": -1, "b": 0, "c": (1, {"d": "x"})})], journal=journal))  # it is not in the sweep
        status = journal.status(HUGE, ask)
        assert status == JournalStatus(7, 0, HUGE.size - 7)
        assert journal.status(HUGE + HUGE, ask) == JournalStatus(14, 0, 2 * HUGE.size - 14)
        assert journal.plan(HUGE, ask, cost="usage.usd").todo == HUGE.size - 7


@attrs.frozen
class Point:
    a: int


@pytest.mark.parametrize("most", [0, 10**7])
def test_the_two_ways_of_counting_agree_or_one_refuses(most: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instances, and calls with arguments, are known by their names alone."""
    monkeypatch.setattr(plans, "MOST_COUNTED", most)
    plain = expand({"a": DynamicValue([1, 1.0, True, float("nan"), None, 1])})
    own = expand({"config_id": DynamicValue(["x", "y"]), "f": DynamicValue([len])})
    typed = expand(Point(DynamicValue(range(3))))  # type: ignore[arg-type]
    with Journal(path, name="plain") as journal:
        list(run(lambda c: 1, plain[:5], journal=journal))
        assert journal.status(plain, "plain") == JournalStatus(6, 0, 0)
    for name, sweep in (("own", own), ("typed", typed)):
        with Journal(path, name=name) as journal:
            list(run(lambda c: 1, sweep[:1], journal=journal))
            if most:
                assert journal.status(sweep, name) == JournalStatus(1, 0, sweep.size - 1)
            else:
                with pytest.raises(SizeError, match="Ask for a slice"):
                    journal.status(sweep, name)


def test_too_many_that_are_no_sweep(path: Path) -> None:
    with Journal(path) as journal, pytest.raises(SizeError, match="Ask for a slice"):
        journal.plan(range(10**8), ask)


def test_a_cost_that_is_no_number(path: Path) -> None:
    with Journal(path) as journal:
        list(run(ask, HUGE[:1], journal=journal))
        with pytest.raises(PathError, match="usd"):
            journal.plan(HUGE[:2], ask, cost="usd")
        with pytest.raises(ArgumentError, match="cost is a function of a result"):
            journal.plan(HUGE[:2], ask, cost="usage")
        with pytest.raises(ArgumentError, match="cost is"):
            journal.plan(HUGE[:2], ask, cost=5)  # type: ignore[arg-type]


@inject
def typed_task(point: Point) -> Point:
    return point


def test_a_cost_reads_typed_results(path: Path) -> None:
    sweep = expand({"a": DynamicValue(range(4))})
    with Journal(path) as journal:
        assert [type(outcome) for outcome in run(typed_task, sweep[1:3], journal=journal)] == [Success] * 2
        assert journal.plan(sweep, typed_task, cost="a").cost == 3.0


@pytest.mark.parametrize("question", [Journal.status, Journal.plan, Journal.forget])
@pytest.mark.parametrize("configs", [{"n": 1}, Config({"n": 1}), "n", {"n": DynamicValue([1])}, DynamicValue([1])])
def test_what_is_no_configurations_is_not_counted(question: Any, configs: Any, path: Path) -> None:
    with Journal(path, name="n") as journal:
        list(run(lambda config: 1, [{"n": 1}], journal=journal))
        with pytest.raises(
            ArgumentError, match=f"journal.{question.__name__} takes an iterable of configurations; got"
        ):
            question(journal, configs, "n")
        with pytest.raises(ArgumentError, match="was not expanded"):
            question(journal, iter([{"n": DynamicValue([1])}]), "n")
        with pytest.raises(ArgumentError, match="is given as its function or its name; got 3"):
            question(journal, [{"n": 1}], 3)
        assert journal.status([{"n": 1}], "n") == JournalStatus(1, 0, 0)
