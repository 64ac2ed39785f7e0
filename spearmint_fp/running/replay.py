"""Running with a journal: what it has is replayed, what it has not is run, and kept before it is given out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import Any, final

import attrs

from ..journal.ledger import Ledger
from ..outcomes.outcomes import Failure, Outcome
from ..tasks.event_loops import run_in_thread
from ..tasks.signals import must_propagate
from ..workers.chunks import Chunk, Halt
from ..workers.pools import Came

__all__ = ["Resumption", "resumed", "settled", "settled_async"]


def settled(ledger: Ledger, config: Any, index: int, work: Callable[[], Outcome[Any, Any]]) -> Outcome[Any, Any]:
    """The outcome that the journal has, or else that of `work`, kept."""
    [(name, known)] = ledger.known([config], index)
    if known is not None:
        return known
    [kept] = ledger.keep([(name, work())])
    return kept


@final
class Resumption:
    """A journal beside a crew: chunks lose what is known already, and what comes back is kept.

    A configuration that comes again while it is in flight waits for the outcome of the first.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._names: dict[int, str] = {}
        self._twins: dict[str, list[tuple[int, Any]]] = {}

    def pieces(self, chunk: Chunk) -> Iterator[Chunk | Came]:
        """The chunk in pieces: what is to be run, and what is known; at last where its configurations raise, if so."""
        configs, halt = _computed(chunk)
        known = self._ledger.known(configs, chunk.start)
        named = [(at, name, outcome) for at, (name, outcome) in enumerate(known)]
        for kind, group in groupby(named, lambda item: self._kind(chunk.start + item[0], configs[item[0]], *item[1:])):
            stretch = list(group)
            start, stop = stretch[0][0], stretch[-1][0] + 1
            if kind == "known":
                yield chunk.start + start, [outcome for _, _, outcome in stretch if outcome is not None]
            elif kind == "new":
                yield chunk.cut(start, stop)
        if halt is not None:
            yield halt

    def _kind(self, index: int, config: Any, name: str, outcome: Outcome[Any, Any] | None) -> str:
        """`known`, `new`, or `twin` of a configuration that is in flight; each is noted."""
        if outcome is not None:
            return "known"
        if name in self._twins:
            self._twins[name].append((index, config))
            return "twin"
        self._names[index] = name
        self._twins[name] = []
        return "new"

    def kept(self, came: list[Came]) -> list[Came]:
        """What has come back, committed, with the outcomes of those that waited for it."""
        outcomes = [outcome for one in came if not isinstance(one, Halt) for outcome in one[1]]
        names = [self._names.pop(outcome.index) for outcome in outcomes]
        written = iter(self._ledger.keep(list(zip(names, outcomes, strict=True))))
        kept: list[Came] = [one if isinstance(one, Halt) else (one[0], [next(written) for _ in one[1]]) for one in came]
        by_index = {outcome.index: outcome for one in kept if not isinstance(one, Halt) for outcome in one[1]}
        twins = [
            (index, [attrs.evolve(by_index[first.index], config=config, index=index, replayed=True)])
            for name, first in zip(names, outcomes, strict=True)
            for index, config in self._twins.pop(name)
        ]
        return [*kept, *twins, *(late for one in came if isinstance(one, Halt) for late in self._orphans(one))]

    def _orphans(self, halt: Halt) -> list[Halt]:
        """Those that waited for what a worker could not compute; without them the run would wait for ever."""
        gone = [self._names.pop(at) for at in range(halt.start, halt.start + halt.count) if at in self._names]
        return [Halt(index, 1, halt.error) for name in gone for index, _ in self._twins.pop(name)]


def _computed(chunk: Chunk) -> tuple[list[Any], Halt | None]:
    """The chunk's configurations, up to the first that raises."""
    configs: list[Any] = []
    try:
        configs.extend(chunk.configs)
    except BaseException as error:  # whatever a user's function in a sweep does
        if must_propagate(error):
            raise
        return configs, Halt(chunk.start + len(configs), len(chunk) - len(configs), error)
    return configs, None


Out = Callable[[Chunk], Iterable[Chunk | Came]]
Back = Callable[[list[Came]], list[Came]]


def resumed(ledger: Ledger | None) -> tuple[Out, Back]:
    """How chunks go out and outcomes come back; as they are where there is no journal."""
    if ledger is None:
        return lambda chunk: (chunk,), lambda came: came
    resumption = Resumption(ledger)
    return resumption.pieces, resumption.kept


def settled_async(
    ledger: Ledger, one: Callable[[int, Any], Awaitable[Outcome[Any, Any]]]
) -> Callable[[int, Any], Awaitable[Outcome[Any, Any]]]:
    """`one`, with a journal: equal configurations wait for one another, and the disk does not stop the event loop."""
    import asyncio  # only for those who run it

    at_work: dict[str, asyncio.Event] = {}

    async def settled_one(index: int, config: Any) -> Outcome[Any, Any]:
        name = ledger.named(config, index)
        if isinstance(name, Failure):
            return name
        while name in at_work:
            await at_work[name].wait()
        at_work[name] = asyncio.Event()
        try:
            [(_, known)] = await run_in_thread(partial(ledger.known, [config], index))
            if known is not None:
                return known
            [kept] = await run_in_thread(partial(ledger.keep, [(name, await one(index, config))]))
            return kept
        finally:
            at_work.pop(name).set()

    return settled_one
