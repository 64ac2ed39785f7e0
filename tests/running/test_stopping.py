"""`stop_when`, and `finish()` of a run: nothing more begins, and all that has begun is told."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spearmint_fp
from spearmint_fp import (
    ArgumentError,
    DynamicValue,
    Failure,
    Journal,
    Outcome,
    Success,
    arun,
    expand,
    run,
    stop_when,
    threads,
)
from spearmint_fp.running.run import Outcomes
from tests.running.executors import ELSEWHERE, HERE, opened
from tests.waiting import LIMIT_SECONDS

wrong: Any = spearmint_fp  # which takes what the types do not
EVERYWHERE = [*HERE, *ELSEWHERE]


def note_call(folder: str, n: int) -> int:
    """Every third one fails; each leaves a file."""
    Path(folder, str(n)).touch()
    if n % 3 == 2:
        raise ValueError(n)
    return n


async def note_call_later(folder: str, n: int) -> int:
    await asyncio.sleep(0)
    return note_call(folder, n)


def list_begun(folder: Path) -> list[int]:
    return sorted(int(path.name) for path in folder.iterdir())


def failed(least: int) -> Callable[[int], bool]:
    return lambda count: count >= least


# --- the specification -----------------------------------------------------------------------------------


@given(st.lists(st.sampled_from("sfr")), st.integers(0, 4))
def test_it_is_the_fold_that_stops(kinds: list[str], least: int) -> None:
    """Successes, failures and replayed ones; from a plain iterable nothing more is taken."""
    outcomes = [_make_outcome(kind, index) for index, kind in enumerate(kinds)]
    expected, count = list[Outcome[Any, Any]](), 0
    for outcome in outcomes:
        if count >= least:
            break
        expected.append(outcome)
        count += not (outcome.ok or outcome.replayed)
    left = iter(outcomes)
    assert list(stop_when(failed(least), left)) == expected
    assert list(left) == outcomes[len(expected) :]


def _make_outcome(kind: str, index: int) -> Any:
    if kind == "s":
        return Success(index, index, index)
    failure = next(run(lambda n: 1 / 0, [index]))
    assert isinstance(failure, Failure)
    return Failure(index, failure.error, index, replayed=kind == "r")


def test_any_fold() -> None:
    def add(total: float, outcome: Outcome[int, int]) -> float:
        return total + outcome.result

    outcomes = run(abs, itertools.count())
    spent = stop_when(lambda total: total >= 10, outcomes, step=add, initial=0.0)
    assert [outcome.result for outcome in spent] == [0, 1, 2, 3, 4]
    assert list(outcomes) == []

    def count_in_a_row(count: int, outcome: Outcome[int, int]) -> int:
        return 0 if outcome.ok else count + 1

    failing = run(lambda n: 1 // n, [0, 1, 0, 0, 1])
    assert len(list(stop_when(failed(2), failing, step=count_in_a_row, initial=0))) == 4


@pytest.mark.parametrize("name", EVERYWHERE)
def test_where_it_is_enough_already_nothing_runs(name: str, tmp_path: Path) -> None:
    with opened(name) as executor:
        assert list(stop_when(failed(0), run(partial(note_call, str(tmp_path)), range(9), executor=executor))) == []
    assert list_begun(tmp_path) == []


# --- everywhere ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("name", EVERYWHERE)
def test_all_that_has_begun_is_told_and_nothing_else(name: str, ordered: bool, tmp_path: Path) -> None:
    with opened(name) as executor:
        endless = run(partial(note_call, str(tmp_path)), itertools.count(), executor=executor, ordered=ordered)
        outcomes = list(stop_when(failed(5), endless))
        told = [outcome.index for outcome in outcomes]
    assert sum(not outcome.ok for outcome in outcomes) >= 5
    assert sorted(told) == list_begun(tmp_path)
    assert told == sorted(told) or not ordered
    if name == "serial":
        assert told == [*range(15)]


@pytest.mark.parametrize("fn", [note_call, note_call_later])
@pytest.mark.parametrize("ordered", [True, False])
def test_in_an_event_loop(fn: Any, ordered: bool, tmp_path: Path) -> None:
    async def main() -> list[Any]:
        endless = arun(partial(fn, str(tmp_path)), itertools.count(), limit=3, ordered=ordered)
        async with stop_when(failed(2), stop_when(failed(5), endless)) as outcomes:
            assert repr(outcomes) == "<0 outcomes of a run so far>"
            return [outcome async for outcome in outcomes]

    outcomes = asyncio.run(main())
    assert sum(not outcome.ok for outcome in outcomes) >= 2
    assert sorted(outcome.index for outcome in outcomes) == list_begun(tmp_path)


def test_configurations_that_never_come_hold_up_nothing() -> None:
    async def configs() -> AsyncIterator[int]:
        yield 0
        await asyncio.Event().wait()

    async def main() -> list[Any]:
        return [outcome async for outcome in stop_when(failed(1), arun(lambda n: 1 / n, configs()))]

    assert [outcome.ok for outcome in asyncio.run(main())] == [False]


def test_an_arun_that_was_finished_before_it_began() -> None:
    async def main() -> list[Any]:
        outcomes = arun(abs, [1, 2])
        outcomes.finish()
        return [outcome async for outcome in outcomes]

    assert asyncio.run(main()) == []


# --- what was running then -------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [True, False])
def test_what_ran_at_the_stop_is_awaited(ordered: bool) -> None:
    begun: list[int] = []
    go_on, both = threading.Event(), threading.Barrier(2)

    def task(n: int) -> int:
        begun.append(n)
        if n < 2:
            both.wait(LIMIT_SECONDS)
        if n == 0:
            raise ValueError(n)
        assert go_on.wait(LIMIT_SECONDS)
        return n

    with stop_when(failed(1), run(task, itertools.count(), executor=threads(2), ordered=ordered)) as outcomes:
        assert not next(outcomes).ok
        go_on.set()
        rest = [outcome.index for outcome in outcomes]
    assert sorted([0, *rest]) == sorted(begun)
    assert len(begun) <= 3  # the failed one's thread may have begun another


def test_leaving_the_block_awaits_nothing(tmp_path: Path) -> None:
    closed: list[bool] = []

    def outcomes() -> Iterator[list[Any]]:
        try:
            yield from ([outcome] for outcome in run(abs, range(9)))
        finally:
            closed.append(True)

    made: Outcomes[int, int] = Outcomes.of(outcomes(), 9)  # type: ignore[arg-type]
    with stop_when(failed(1), made) as stopped:
        next(stopped)
    assert closed == [True]


@pytest.mark.parametrize("name", ["serial", "threads", "forkserver"])
def test_the_journal_has_all_that_was_told_and_replayed_outcomes_count_for_nothing(name: str, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    calls.mkdir()
    journal = Journal(tmp_path / "runs.db")
    task = partial(note_config, str(calls))
    sweep = expand({"n": DynamicValue([*range(40), *range(40)])})  # equal ones wait for one another
    options: dict[str, Any] = {"journal": journal, "ordered": False}
    with opened(name) as executor:
        first = list(stop_when(failed(3), run(task, sweep, executor=executor, **options)))
        assert {outcome.config.n for outcome in first} == set(list_begun(calls))
        again = list(run(task, sweep[:40], executor=executor, **options))
    told = {outcome.config.n for outcome in first if outcome.ok}
    assert told <= {outcome.config.n for outcome in again if outcome.replayed}
    replayed = run(task, sweep[:40], journal=Journal(tmp_path / "runs.db", retry_failures=False))
    assert len(list(stop_when(failed(1), replayed))) == 40


def note_config(folder: str, config: Any) -> int:
    return note_call(folder, config.n)


# --- bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: wrong.stop_when(5, []), r"got 5 \(int\) as enough\. Write stop_when\(lambda failed: failed >= 5, run"),
        (lambda: wrong.stop_when(bool, [], step=3, initial=0), r"got 3 \(int\) as step"),
        (lambda: wrong.stop_when(bool, 5), r"stop_when takes outcomes, as run and arun give them; got 5 \(int\)"),
        (
            lambda: list(wrong.stop_when(bool, [5])),
            r"this takes outcomes, as run\(fn, configs\) gives them; got 5 \(int\)",
        ),
    ],
)
def test_what_it_does_not_take(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()
