"""Functions of the caller's that raise what ends an iteration, in every executor: an error, and never an end."""

from __future__ import annotations

import asyncio
import faulthandler
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from spearmint_fp import (
    CallbackError,
    DynamicValue,
    Journal,
    Outcome,
    Sweep,
    arun,
    columns,
    derive,
    expand,
    mapped,
    rows,
    run,
)
from spearmint_fp.configuration.errors import STOPS
from tests.waiting import LIMIT_SECONDS

from .executors import HERE, OURS, opened

EVERY = [*HERE, *OURS, "process pool", "dask"]
PLACE = 7


@pytest.fixture(autouse=True)
def _hangs_are_told() -> Iterator[None]:
    faulthandler.dump_traceback_later(LIMIT_SECONDS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def stopping(error: type[BaseException], kind: str) -> Sweep[Any]:
    """A sweep whose configuration at `PLACE` cannot be computed."""
    sweep = expand({"n": DynamicValue(range(20))})

    def function(config: Any) -> Any:
        if config.n == PLACE:
            raise error
        return config if kind == "mapped" else 1

    return mapped(function, sweep) if kind == "mapped" else derive("one", function, sweep)


def taken(outcomes: Any) -> tuple[list[int], int | None]:
    """The items before the error, and the position that it names."""
    found: list[int] = []
    try:
        found.extend(outcome.config.n for outcome in outcomes)
    except CallbackError as error:
        return found, error.position
    return found, None


@pytest.mark.parametrize("kind", ["mapped", "derived"])
@pytest.mark.parametrize("error", STOPS)
@pytest.mark.parametrize("name", EVERY)
def test_a_sweep_that_stops(name: str, error: type[BaseException], kind: str) -> None:
    with opened(name) as executor:
        got = taken(run(lambda config: config.n, stopping(error, kind), executor=executor))
    assert got == (list(range(PLACE)), PLACE)


class Exits(BaseException):
    """As the exits of other libraries are."""


@pytest.mark.parametrize("error", [SystemExit, Exits, asyncio.CancelledError])
@pytest.mark.parametrize("name", EVERY)
def test_a_sweep_that_exits_ends_the_run_after_all_before_it(name: str, error: type[BaseException]) -> None:
    """Where the sweep is computed in workers, it costs none of them."""
    found: list[int] = []
    with opened(name) as executor, pytest.raises(error):
        found.extend(o.config.n for o in run(lambda config: config.n, stopping(error, "mapped"), executor=executor))
    assert found == list(range(PLACE))


@pytest.mark.parametrize("error", STOPS)
@pytest.mark.parametrize("name", ["serial", "threads", "forkserver"])
def test_a_sweep_that_stops_with_a_journal(name: str, error: type[BaseException], tmp_path: Any) -> None:
    def task(config: Any) -> int:
        return int(config.n)

    journal = Journal(tmp_path / "journal.db", name="stops")
    for _ in range(2):
        with opened(name) as executor:
            got = taken(run(task, stopping(error, "mapped"), executor=executor, journal=journal))
        assert got == (list(range(PLACE)), PLACE)


@pytest.mark.parametrize("error", STOPS)
def test_a_sweep_that_stops_under_arun(error: type[BaseException]) -> None:
    async def go(configs: Any, fn: Any) -> tuple[list[int], int | None]:
        found: list[int] = []
        try:
            async for outcome in arun(fn, configs):
                found.append(outcome.config.n)  # noqa: PERF401
        except CallbackError as told:
            return found, told.position
        return found, None

    async def task(config: Any) -> int:
        return int(config.n)

    for fn in (task, lambda config: config.n):
        assert asyncio.run(go(stopping(error, "mapped"), fn)) == (list(range(PLACE)), PLACE)


class Misbehaving:
    """An iterator that raises something of its own at its fifth item."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.count = error, 0

    def __iter__(self) -> Misbehaving:
        return self

    def __next__(self) -> int:
        self.count += 1
        if self.count == 5:
            raise self.error
        return self.count


@pytest.mark.parametrize("error", [StopAsyncIteration, GeneratorExit])
@pytest.mark.parametrize("name", ["serial", "threads", "forkserver"])
def test_an_iterable_that_raises_what_is_no_end_of_its_own(name: str, error: type[BaseException]) -> None:
    found: list[int] = []
    with opened(name) as executor, pytest.raises(CallbackError, match="at configuration 4"):
        found.extend(outcome.result for outcome in run(abs, Misbehaving(error()), executor=executor))
    assert found == [1, 2, 3, 4]

    async def go() -> None:
        async for outcome in arun(abs, Misbehaving(error())):
            found.append(outcome.result)  # noqa: PERF401

    with pytest.raises(CallbackError, match="at configuration 4"):
        asyncio.run(go())
    assert found == [1, 2, 3, 4] * 2


def test_an_async_iterable_of_configurations_still_ends_and_still_raises() -> None:
    async def configs(error: BaseException | None) -> AsyncIterator[int]:
        yield 1
        if error is not None:
            raise error

    async def go(error: BaseException | None) -> list[int]:
        return [outcome.result async for outcome in arun(abs, configs(error))]

    assert asyncio.run(go(None)) == [1]
    for error in (StopIteration(), StopAsyncIteration()):
        with pytest.raises(RuntimeError, match="async generator raised Stop"):
            asyncio.run(go(error))


@pytest.mark.parametrize("error", STOPS)
@pytest.mark.parametrize("name", EVERY)
def test_a_task_that_stops_costs_itself(name: str, error: type[BaseException]) -> None:
    def task(n: int) -> int:
        if n == 3:
            raise error("stopped")
        return n

    with opened(name) as executor:
        outcomes = list(run(task, range(6), executor=executor))
    assert [outcome.ok for outcome in outcomes] == [n != 3 for n in range(6)]
    assert outcomes[3].error.type == error.__name__  # type: ignore[union-attr]
    with pytest.raises(CallbackError, match="stopped"):  # raised as it is, it would end the loop that asks for it
        _ = outcomes[3].result
    with pytest.raises(CallbackError, match="stopped"):
        list(map(_result, outcomes))


def _result(outcome: Outcome[Any, Any]) -> Any:
    return outcome.result


def test_tables_of_a_sweep_that_stops() -> None:
    sweep = stopping(StopIteration, "mapped")
    with pytest.raises(CallbackError, match=f"at configuration {PLACE}"):
        rows(run(lambda config: config.n, sweep))
    with pytest.raises(CallbackError, match=f"at configuration {PLACE}"):
        columns(sweep)
