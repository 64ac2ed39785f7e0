"""Running with a journal: what it has is replayed, what it has not is run, and kept before it is given out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator
from functools import partial
from itertools import groupby
from math import inf
from time import monotonic
from typing import Any, Final, final

import attrs

from ..configuration.late import asyncio
from ..journal.ledger import MOST_NAMES, Ledger
from ..outcomes.outcomes import Failure, Outcome
from ..tasks.event_loops import run_in_thread
from ..workers.batches import Answer, Batch, Withdrawn
from ..workers.sources import Source

Work = Callable[[Any, int], Outcome[Any, Any]]


FRESH_SECONDS: Final = 0.05
"""How long a serial run takes what it has looked up for true; other processes may have kept more since."""


def replay_or_run(ledger: Ledger, source: Source, work: Work) -> Generator[list[Outcome[Any, Any]]]:
    """The outcomes that the journal has, and those of `work(config, index)`, each kept before it is given out.

    The configurations of a sweep are looked up some at a time, as many as are likely to run before that is too old.
    """
    count = 1
    while (batch := source.cut(count, inf)) is not None:
        failed = batch.make_configs()
        began, ran = monotonic(), set[str]()
        configs = batch.items or ()
        found = zip(configs, ledger.look_up(configs, batch.start), strict=True)
        for index, (config, (name, kept)) in enumerate(found, batch.start):
            known = kept
            if known is None and (name in ran or monotonic() > began + FRESH_SECONDS):
                [(_, known)] = ledger.look_up([config], index)
            if known is None:
                ran.add(name)
                [known] = ledger.keep([(name, work(config, index))])
            yield [known]
        if failed is not None:
            source.end(failed, ordered=True)
        if source.sweep is not None:
            fitting = int(len(batch) * FRESH_SECONDS / (2 * max(monotonic() - began, 1e-6)))
            count = max(1, min(fitting, 2 * count, MOST_NAMES))
    if source.error is not None:
        raise source.error


@final
class Replay:
    """A journal beside a pool: batches lose what it has already, and what comes back is kept.

    A configuration that comes again while an equal one is in flight waits for the outcome of that one.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._names: dict[int, str] = {}  # of what is in flight, by position
        self._twins: dict[str, list[tuple[int, Any]]] = {}  # positions and configurations that wait, by name

    def look_up(self, batch: Batch) -> Iterator[Batch | Answer]:
        """The batch in pieces: what is to be run, and what is known; at last where its configurations raise, if so.

        The configurations are made here, once, for their names; their outcomes get the same ones.
        """
        failed = batch.make_configs()
        start, items = batch.start, batch.items or ()
        known = self._ledger.look_up(items, start)
        positions = range(start, start + len(known))
        for kind, group in groupby(positions, lambda at: self._classify(at, items[at - start], *known[at - start])):
            stretch = list(group)
            if kind == "known":
                yield [outcome for at in stretch if (outcome := known[at - start][1]) is not None]
            elif kind == "new":
                yield batch.part(stretch[0], stretch[-1] + 1)
        if failed is not None:
            yield failed

    def _classify(self, index: int, config: Any, name: str, outcome: Outcome[Any, Any] | None) -> str:
        """`known`, `new`, or `twin` of a configuration that is in flight; each is noted."""
        if outcome is not None:
            return "known"
        if name in self._twins:
            self._twins[name].append((index, config))
            return "twin"
        self._names[index] = name
        self._twins[name] = []
        return "new"

    def keep(self, answers: list[Answer]) -> list[Answer]:
        """Commit what has come back; returns it, with the outcomes of the twins that waited for it.

        The configurations were made by `look_up`, so no answer is the error of one. What was withdrawn has no outcome,
        and neither have its twins.
        """
        withdrawn: list[Answer] = [answer for answer in answers if isinstance(answer, Withdrawn)]
        gone = [self._names.pop(a.start + step) for a in answers if isinstance(a, Withdrawn) for step in range(len(a))]
        withdrawn += [Withdrawn(index, 1) for name in gone for index, _ in self._twins.pop(name)]
        outcomes = [outcome for answer in answers if isinstance(answer, list) for outcome in answer]
        names = [self._names.pop(outcome.index) for outcome in outcomes]
        kept = self._ledger.keep(list(zip(names, outcomes, strict=True)))
        twins: list[Answer] = [
            [attrs.evolve(outcome, config=config, index=index, replayed=True)]
            for name, outcome in zip(names, kept, strict=True)
            for index, config in self._twins.pop(name)
        ]
        return [*_join_neighbours(kept), *twins, *withdrawn]


def _join_neighbours(outcomes: list[Outcome[Any, Any]]) -> Iterator[list[Outcome[Any, Any]]]:
    """Outcomes at neighbouring positions together."""
    for _, group in groupby(enumerate(outcomes), lambda pair: pair[1].index - pair[0]):
        yield [outcome for _, outcome in group]


def replay_or_run_async(
    ledger: Ledger, work: Callable[[int, Any], Awaitable[Outcome[Any, Any]]]
) -> Callable[[int, Any], Awaitable[Outcome[Any, Any]]]:
    """`work`, with a journal: equal configurations wait for one another, and the disk does not stop the event loop."""
    in_work: dict[str, asyncio.Event] = {}

    async def replay_or_work(index: int, config: Any) -> Outcome[Any, Any]:
        name = ledger.try_name(config, index)
        if isinstance(name, Failure):
            return name
        while name in in_work:
            await in_work[name].wait()
        in_work[name] = asyncio.Event()
        try:
            [(_, known)] = await run_in_thread(partial(ledger.look_up, [config], index))
            if known is not None:
                return known
            [kept] = await run_in_thread(partial(ledger.keep, [(name, await work(index, config))]))
            return kept
        finally:
            in_work.pop(name).set()

    return replay_or_work
