"""A serial run with a journal: what it has is looked up some at a time, and nothing else changes by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import Config, DynamicValue, Journal, expand, mapped, run
from spearmint_fp.journal.ledger import Ledger
from spearmint_fp.running import replay
from tests.journal.runs import doubled, rising


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.db"


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many configurations were looked up at a time."""
    counts: list[int] = []
    look_up = Ledger.look_up

    def counted(self: Ledger, configs: Any, start: int) -> Any:
        counts.append(len(configs))
        return look_up(self, configs, start)

    monkeypatch.setattr(Ledger, "look_up", counted)
    return counts


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(replay, "monotonic", lambda: now[0])
    return now


def test_configurations_of_a_sweep_are_looked_up_together_where_tasks_are_quick(
    path: Path, looked_up: list[int], clock: list[float]
) -> None:
    with Journal(path) as journal:
        assert [o.result for o in run(doubled, rising(1500), journal=journal)] == [2 * n for n in range(1500)]
        assert looked_up == [1, 2, 4, 8, 16, 32, 64, 128, 256, 500, 489]


def test_what_was_looked_up_is_looked_up_again_after_a_slow_task(
    path: Path, looked_up: list[int], clock: list[float]
) -> None:
    def slow(config: Config) -> int:
        clock[0] += 1 if config.n >= 3 else 0
        return int(config.n)

    with Journal(path, name="slow") as journal:
        outcomes = run(slow, rising(9), journal=journal)
        taken = [outcome.replayed for outcome in islice(outcomes, 4)]
        with Journal(path, name="slow") as other:
            list(run(slow, rising(9)[4:6], journal=other))
        looked_up.clear()
        taken += [outcome.replayed for outcome in outcomes]
    assert taken == [False] * 4 + [True, True] + [False] * 3
    assert looked_up == [1, 1, 1, 1, 1]


def test_equal_configurations_run_once(path: Path, clock: list[float]) -> None:
    calls: Counter[int] = Counter()

    def work(config: Config) -> int:
        calls[config.n] += 1
        if config.n == 1:
            raise ValueError
        return int(config.n)

    twice = expand({"n": DynamicValue([0, 1, 2] * 4)})
    with Journal(path, name="work") as journal:
        outcomes = list(run(work, twice, journal=journal))
    assert calls == {0: 1, 1: 4, 2: 1}  # failures are tried again
    assert [o.replayed for o in outcomes] == [False] * 3 + [True, False, True] * 3


def test_what_comes_from_an_iterator_is_taken_one_by_one(path: Path) -> None:
    pulled: list[int] = []

    def configs() -> Iterator[Any]:
        for n in range(5):
            pulled.append(n)
            yield {"n": n}

    with Journal(path, name="len") as journal:
        for number, _ in enumerate(run(len, configs(), journal=journal), 1):
            assert len(pulled) == number


def test_configurations_that_raise_do_so_behind_what_comes_before_them(path: Path, clock: list[float]) -> None:
    def only_small(config: Config) -> Config:
        if config.n == 10:
            raise KeyError(config.n)
        return config

    got: list[Any] = []
    with Journal(path) as journal:
        with pytest.raises(KeyError, match="10"):
            got.extend(run(doubled, mapped(only_small, rising(20)), journal=journal))
        assert journal.status(rising(20), doubled).done == 10
    assert [outcome.result for outcome in got] == [2 * n for n in range(10)]


def test_what_is_forgotten_runs_again(path: Path) -> None:
    with Journal(path) as journal:
        list(run(doubled, rising(10), journal=journal))
        assert journal.forget([{"n": 3}, {"n": 4}, {"n": 99}], doubled) == 2
        assert journal.forget(iter(rising(1200)[600:]), doubled) == 0
        assert [o.index for o in run(doubled, rising(10), journal=journal) if not o.replayed] == [3, 4]
