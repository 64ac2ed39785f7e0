"""How chunks go out and outcomes are given out, against crews that answer in every order."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spearmint_fp import Success
from spearmint_fp.running.run import _Turns
from spearmint_fp.workers.chunks import Chunk, Halt, Source
from spearmint_fp.workers.pools import Came, Crew


class Shuffling(Crew):
    """Answers chunks in any order; a configuration that is bad raises itself, and ends its chunk."""

    workers, seconds = 2, 0.01

    def __init__(self, bad: set[int], chance: random.Random) -> None:
        self._bad, self._chance = bad, chance
        self._chunks: list[Chunk] = []

    def put(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)

    def get(self) -> list[Came]:
        assert self._chunks, "an idle crew would be waited for without end"
        count = self._chance.randint(1, len(self._chunks))
        chunks = [self._chunks.pop(self._chance.randrange(len(self._chunks))) for _ in range(count)]
        return [came for chunk in chunks for came in self._answered(chunk)]

    def _answered(self, chunk: Chunk) -> list[Came]:
        configs = list(chunk.configs)
        good = next((k for k, config in enumerate(configs) if config in self._bad), len(configs))
        came: list[Came] = (
            [(chunk.start, [Success(configs[k], k, chunk.start + k) for k in range(good)])] if good else []
        )
        if good < len(configs):
            at = chunk.start + good
            came.append(Halt(at, len(configs) - good, LookupError(at)))
        return came

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
    turns = _Turns(Shuffling(bad, random.Random(seed)), Source(list(range(size))), in_flight, ordered, None)
    given_out: list[int] = []

    def drain() -> None:
        given_out.extend(outcome.index for batch in turns.batches() for outcome in batch)

    if bad:
        with pytest.raises(LookupError) as raised:
            drain()
        assert raised.value.args[0] in ({min(bad)} if ordered else bad)
    else:
        drain()
    first: Any = min(bad, default=size)
    assert len({*given_out}) == len(given_out)
    assert given_out == list(range(first)) if ordered else {*range(first)} <= {*given_out}
