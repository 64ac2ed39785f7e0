"""A web service with an A/B test and a shadow run, as production code has them.

The layout of a page is an A/B test: each user sees one of two, always the same. The ranking is a shadow run: users get
the ranking that is trusted, while two candidates rank the same queries behind them, and `/report` says how often they
agree with it. Run as a script, it serves itself, asks for some pages over HTTP, and prints what it has learned; with
uvicorn: `uvicorn search_service:app`.
"""

from __future__ import annotations

import json
import math
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal
from urllib.parse import quote
from urllib.request import urlopen

import attrs
import uvicorn
from fastapi import FastAPI

from spearmint_fp import Bind, DynamicValue, Outcome, Spearmint, experiment, runtime_context, sticky

SHELF = [
    "The Old Man and the Sea",
    "The Sea, the Sea",
    "Twenty Thousand Leagues Under the Sea",
    "The Man Who Was Thursday",
    "The Invisible Man",
    "A Portrait of the Artist as a Young Man",
    "The Sun Also Rises",
    "Around the World in Eighty Days",
    "The Left Hand of Darkness",
    "The World According to Garp",
]


def words(text: str) -> list[str]:
    """The words of a title or a query."""
    return text.lower().replace(",", "").split()


@attrs.frozen
class Overlap:
    """A title is worth as many points as it has words of the query."""

    kind: Literal["overlap"]

    def score(self, query: set[str], title: list[str]) -> float:
        return float(len(query & set(title)))


@attrs.frozen
class Weighted:
    """Rare words count more, and long titles less."""

    kind: Literal["weighted"]
    length: float

    def score(self, query: set[str], title: list[str]) -> float:
        rarity = sum(math.log(len(SHELF) / sum(w in words(t) for t in SHELF)) for w in query & set(title))
        return rarity / (1 - self.length + self.length * len(title) / 5)


# --- the shadow run: what users see, and what they would see ------------------------------------------

seen: dict[str, dict[str, list[str]]] = defaultdict(dict)
"""For each query, the titles that each ranker has found."""


def shadowed(outcome: Outcome[Any, tuple[str, list[str]]]) -> None:
    """Keep what a candidate would have answered; it is called in the thread that ran it."""
    if outcome.ok:
        query, titles = outcome.result
        seen[query][f"length={outcome.config.ranker.length}"] = titles


@experiment(
    configs=[
        {"ranker": DynamicValue([{"kind": "overlap"}, {"kind": "weighted", "length": DynamicValue([0.0, 0.75])}])}
    ],
    on_outcome=shadowed,
)
def rank(query: str, ranker: Annotated[Overlap | Weighted, Bind("ranker")]) -> tuple[str, list[str]]:
    """The query, and the titles that fit it, the best first."""
    scores = {title: ranker.score(set(words(query)), words(title)) for title in SHELF}
    return query, sorted((t for t in SHELF if scores[t] > 0), key=lambda title: -scores[title])[:3]


# --- the A/B test: each user sees one layout, always the same ------------------------------------------


@attrs.frozen
class Layout:
    """How titles are shown."""

    name: str
    separator: str


@experiment(
    configs=[{"name": "list", "separator": "\n"}, {"name": "line", "separator": " | "}],
    branch_strategy=sticky("user_id", salt="layout"),
)
def page(layout: Layout, titles: list[str]) -> dict[str, str]:
    """The page in the user's layout."""
    return {"layout": layout.name, "page": layout.separator.join(titles)}


# --- the service -----------------------------------------------------------------------------------------

app = FastAPI()


@app.get("/search")
def search(q: str, user: int) -> dict[str, str]:
    """Titles that fit a query, in the user's layout."""
    with runtime_context(user_id=user):
        _, titles = rank(q)
        seen[q]["main"] = titles
        return page(titles)


@app.get("/report")
def report() -> dict[str, str]:
    """How often each candidate puts the same title first as the ranking that users see."""
    Spearmint.join(rank)
    candidates = sorted({name for rankings in seen.values() for name in rankings} - {"main"})
    pairs = {c: [(r["main"][:1], r[c][:1]) for r in seen.values() if c in r] for c in candidates}
    return {c: f"{sum(a == b for a, b in found)} of {len(found)} the same" for c, found in pairs.items()}


@contextmanager
def served() -> Iterator[str]:
    """The service on a free port of this machine, for as long as the block; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield "http://{}:{}".format(*listener.getsockname())
        finally:
            server.should_exit = True
            thread.join()


def asked(address: str) -> dict[str, str]:
    """The answer of the service."""
    with urlopen(address) as answer:  # noqa: S310  # this machine's own address
        found: dict[str, str] = json.load(answer)
        return found


def main() -> None:
    """Serve, ask, and print what was learned."""
    with served() as address:
        for user in (1, 2, 3):
            first = asked(f"{address}/search?q=sea&user={user}")
            again = asked(f"{address}/search?q=sea&user={user}")
            print(f"user {user} sees the layout {first['layout']!r}, and again {again['layout']!r}")
        for query in ("the sea", "young man", "the man", "the world", "the sun", "days around the world"):
            titles = asked(f"{address}/search?q={quote(query)}&user=1")["page"]
            print(f"{query}: {titles.splitlines()[0].split(' | ')[0]}")
        for candidate, agreement in asked(f"{address}/report").items():
            print(f"{candidate} ranks first what users see first: {agreement}")


if __name__ == "__main__":
    main()
