"""Batches: they shrink from the front, and each outcome comes to its own configuration."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import Config, DynamicValue, Failure, Journal, Success, expand, mapped, processes, run, threads
from spearmint_fp.outcomes.outcomes import ErrorInfo
from spearmint_fp.workers.batches import Batch, SourceError

TEN = expand({"n": DynamicValue(range(10))})


def of_items() -> Batch:
    return Batch(2, 8, None, [Config({"n": k}) for k in range(2, 8)])


def of_sweep() -> Batch:
    return Batch(2, 8, TEN)


def made_sweep() -> Batch:
    batch = of_sweep()
    assert batch.make_configs() is None
    return batch


KINDS = [of_items, of_sweep, made_sweep]


@pytest.mark.parametrize("make", KINDS)
def test_parts_hold_the_configurations_at_their_positions(make: Any) -> None:
    batch = make()
    assert [config.n for config in batch] == list(range(2, 8))
    assert [config.n for config in batch.part(3, 5)] == [3, 4]
    assert [(single.start, [config.n for config in single]) for single in batch.split()] == [
        (k, [k]) for k in range(2, 8)
    ]


@pytest.mark.parametrize("make", KINDS)
def test_what_is_divided_grows_from_single_configurations(make: Any) -> None:
    assert [[config.n for config in part] for part in make().divide(2)] == [[2], [3], [4, 5], [6, 7]]
    assert [len(part) for part in make().divide(1)] == [1, 2, 3]
    assert make().part(3, 3).divide(2) == []


@pytest.mark.parametrize("make", KINDS)
def test_a_part_that_is_handed_back_leaves_the_batch(make: Any) -> None:
    batch = make()
    batch.add_results([("two", 0.5, 1)])
    rest = batch.hand_back(5)
    assert ([config.n for config in batch], [config.n for config in rest]) == ([3, 4], [5, 6, 7])
    assert [(piece.start, piece.stop) for piece in rest.split(2)] == [(5, 7), (7, 8)]
    batch.add_results([("three", 0.5, 1), ("four", 0.5, 1)])
    [outcomes] = batch.take_answers()
    assert [(outcome.config.n, outcome.result) for outcome in outcomes] == [(2, "two"), (3, "three"), (4, "four")]
    assert (len(batch), list(batch), batch.split(3)) == (0, [], [])
    rest.add_results([("five", 0.5, 1)])
    assert [config.n for config in rest] == [6, 7]


def test_deaths_are_attempts_of_those_that_are_suspected() -> None:
    batch = of_items()
    batch.deaths, batch.suspects = 2, 3
    batch.add_results([(k, 0.5, 1) for k in range(4)])
    assert [outcome.attempts for answer in batch.take_answers() for outcome in answer] == [3, 3, 3, 1]  # type: ignore[union-attr]


@pytest.mark.parametrize("make", KINDS)
def test_outcomes_come_to_their_configurations_and_what_is_left_goes_on(make: Any) -> None:
    batch = make()
    batch.begin()
    batch.add_results([("two", 0.5, 1), ("three", 0.5, 2)])
    [first] = batch.take_answers()
    assert first == [Success(Config({"n": 2}), "two", 2), Success(Config({"n": 3}), "three", 3, attempts=2)]
    assert (len(batch), [config.n for config in batch]) == (4, [4, 5, 6, 7])
    batch.deaths = 2
    batch.fail(ErrorInfo("WorkerError", "it ended", ""))
    batch.add_ending(("five", None, 0.5, 1))
    [second] = batch.take_answers()
    assert second == [
        Failure(Config({"n": 4}), ErrorInfo("WorkerError", "it ended", ""), 4, attempts=3),
        Success(Config({"n": 5}), "five", 5),
    ]
    assert [config.n for config in batch.part(6, 8)] == [config.n for config in batch] == [6, 7]
    assert batch.take_answers() == []


def test_what_a_task_had_done_before_it_was_ended_is_its_own() -> None:
    """A result of a builtin type takes a shorter way; the task behind it must not begin where that one was ended."""
    batch = of_items()
    batch.resume = (1, ((0, 2),), 0.0)
    batch.add_results([("two", 0.5, 2)])
    taken: Any = batch.resume
    assert taken is None


def test_configurations_that_raise_end_the_batch() -> None:
    def only_low(config: Config) -> Config:
        if config.n > 4:
            raise LookupError(config.n)
        return config

    batch = Batch(2, 8, mapped(only_low, TEN))
    batch.add_results([(k, 0.0, 1) for k in range(2, 8)])
    outcomes, failed = batch.take_answers()
    assert isinstance(outcomes, list)
    assert [outcome.result for outcome in outcomes] == [2, 3, 4]
    assert isinstance(failed, SourceError)
    assert (failed.start, failed.count, len(batch)) == (5, 3, 0)
    batch.add_ending(("late", None, 0.0, 1))
    assert batch.take_answers() == []
    again = Batch(2, 8, mapped(only_low, TEN))
    told = again.make_configs()
    assert told is not None
    assert (told.start, told.count, [config.n for config in again]) == (5, 3, [2, 3, 4])


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("executor", [threads(2), processes(2)])
def test_each_configuration_is_made_once_here(executor: Any, kept: bool, tmp_path: Path) -> None:
    made: Counter[int] = Counter()
    here = os.getpid()

    def noted(config: Config) -> Config:
        if os.getpid() == here:
            made[config.n] += 1
        return config

    journal = Journal(tmp_path / "runs.db", name="noted") if kept else None
    outcomes = list(run(lambda config: config.n, mapped(noted, TEN), executor=executor, journal=journal))
    assert [outcome.result for outcome in outcomes] == list(range(10))
    assert made == Counter(range(10))
