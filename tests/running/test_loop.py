"""How batches go out and outcomes are given out, against pools that answer in every order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import Success
from spearmint_fp.running.loop import GROWTH, MOST_IN_BATCH, OVERHEAD_SECONDS, SMALLEST_PART, BatchSize, RunLoop
from spearmint_fp.workers.batches import Answer, Batch, SourceError
from spearmint_fp.workers.pools import Pool
from spearmint_fp.workers.sources import Source


class ShufflingPool(Pool):
    """Answers batches in any order; a configuration that is bad raises itself, and ends its batch."""

    workers, seconds = 2, 0.01

    def __init__(self, bad: set[int], chance: random.Random) -> None:
        self._bad, self._chance = bad, chance
        self._batches: list[Batch] = []

    def put(self, batch: Batch) -> None:
        self._batches.append(batch)

    def get(self) -> list[Answer]:
        assert self._batches, "an idle pool would be waited for without end"
        count = self._chance.randint(1, len(self._batches))
        batches = [self._batches.pop(self._chance.randrange(len(self._batches))) for _ in range(count)]
        return [answer for batch in batches for answer in self._answer(batch)]

    def _answer(self, batch: Batch) -> list[Answer]:
        configs = list(batch)
        good = next((k for k, config in enumerate(configs) if config in self._bad), len(configs))
        answers: list[Answer] = [[Success(configs[k], k, batch.start + k) for k in range(good)]] if good else []
        if good < len(configs):
            position = batch.start + good
            answers.append(SourceError(position, len(configs) - good, LookupError(position)))
        return answers

    def stop(self, why: BaseException | None) -> None: ...


@given(
    size=st.integers(0, 80),
    bad=st.sets(st.integers(0, 79), max_size=3),
    in_flight=st.none() | st.integers(1, 20),
    ordered=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_every_outcome_before_the_first_error_is_given_out_once(
    size: int, bad: set[int], in_flight: int | None, ordered: bool, seed: int
) -> None:
    bad = {position for position in bad if position < size}
    loop = RunLoop(ShufflingPool(bad, random.Random(seed)), Source(list(range(size))), in_flight, ordered, None)
    given_out: list[int] = []

    def drain() -> None:
        given_out.extend(outcome.index for group in loop.outcomes() for outcome in group)

    if bad:
        with pytest.raises(LookupError) as raised:
            drain()
        assert raised.value.args[0] in ({min(bad)} if ordered else bad)
    else:
        drain()
    first: Any = min(bad, default=size)
    assert len({*given_out}) == len(given_out)
    assert given_out == list(range(first)) if ordered else {*range(first)} <= {*given_out}


@pytest.mark.parametrize("task_seconds", [1e-6, 1e-4, 1e-2, 10.0])
def test_the_first_tasks_tell_how_large_batches_are_and_the_last_ones_are_worth_their_way(task_seconds: float) -> None:
    size, seconds, workers, many = BatchSize(1.0, 2), 1.0, 2, 10**9
    assert size.choose(many, many) == 1
    size.note_batch(1)
    size.note_tasks(1, task_seconds)
    wanted = max(1, min(int(seconds / (task_seconds + OVERHEAD_SECONDS)), MOST_IN_BATCH))
    assert size.choose(many, many) == min(wanted, GROWTH)
    size.note_batch(MOST_IN_BATCH)
    assert size.choose(many, many) == size.choose(None, many) == wanted
    assert size.choose(None, 40) == min(wanted, 40 // (2 * workers))
    for left in (1, 10, 10**3, 10**5):
        assert min(wanted, max(1, wanted // SMALLEST_PART, left // 4)) <= size.choose(left, many) <= wanted
    size.note_tasks(1, 3 * task_seconds)  # what they took lately counts as much as all before
    assert size.choose(many, many) == max(1, min(int(seconds / (2 * task_seconds + OVERHEAD_SECONDS)), MOST_IN_BATCH))
