"""W1, W2 and W3: what is expanded, as loops that a person would write and as data for each library in its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from spearmint_fp import Config, DynamicValue, Sweep, expand

from .measure import TEN

__all__ = [
    "WORKLOADS",
    "Workload",
    "flat",
    "loops_flat",
    "loops_million",
    "loops_nested",
    "read_flat_by_key",
    "read_flat_by_name",
]

MODELS = ["gpt-4", "gpt-3.5", "claude-3", "llama-3"]
DEEP = [1, 2, 3, 4, 5]
DATA = {f"{letter}{digit}": digit for letter in "de" for digit in TEN}

Steps = tuple[str, ...]


def loops_flat() -> Iterator[dict[str, Any]]:
    for a in TEN:
        for b in TEN:
            for c in TEN:
                for d in TEN:
                    yield {"a": a, "b": b, "c": c, "d": d, "w": 1, "x": "x", "y": None, "z": 0.5}


def loops_nested() -> Iterator[dict[str, Any]]:
    for model in MODELS:
        for temperature in TEN:
            for top_k in DEEP:
                for on in (True, False):
                    for depth in DEEP:
                        yield {
                            "llm": {"model": model, "temperature": temperature},
                            "retrieval": {"top_k": top_k, "rerank": {"on": on, "depth": depth}},
                            "data": {
                                "d0": 0, "d1": 1, "d2": 2, "d3": 3, "d4": 4, "d5": 5, "d6": 6, "d7": 7, "d8": 8,
                                "d9": 9, "e0": 0, "e1": 1, "e2": 2, "e3": 3, "e4": 4, "e5": 5, "e6": 6, "e7": 7,
                                "e8": 8, "e9": 9,
                            },
                        }  # fmt: skip


def loops_million() -> Iterator[dict[str, Any]]:
    for a in TEN:
        for b in TEN:
            for c in TEN:
                for d in TEN:
                    for e in TEN:
                        for f in TEN:
                            yield {"a": a, "b": b, "c": c, "d": d, "e": e, "f": f}


class Workload(NamedTuple):
    """A grid by path, with what varies and what does not; `loops` are the same configurations, written by hand."""

    name: str
    what: str
    axes: Mapping[Steps, Sequence[Any]]
    static: Mapping[Steps, Any]
    loops: Callable[[], Iterator[dict[str, Any]]]

    @property
    def size(self) -> int:
        return prod(map(len, self.axes.values()))

    def tree(self, choice: Callable[[list[Any]], Any]) -> dict[str, Any]:
        """The nested dicts, with what a library says for a choice at each axis."""
        tree: dict[str, Any] = {}
        for path, value in {**{p: choice(list(v)) for p, v in self.axes.items()}, **self.static}.items():
            inner = tree
            for step in path[:-1]:
                inner = inner.setdefault(step, {})
            inner[path[-1]] = value
        return tree

    def lists(self, join: str = ".") -> dict[str, list[Any]]:
        """The lists of a flat grid, one for each key, of one value where nothing varies."""
        varying = {join.join(path): list(values) for path, values in self.axes.items()}
        return {**varying, **{join.join(path): [value] for path, value in self.static.items()}}

    def sweep(self) -> Sweep[Config]:
        return expand(self.tree(DynamicValue))

    def cut(self, most: int) -> Workload:
        """The same axes, shortened evenly until there are no more than `most` combinations."""
        if self.size <= most:
            return self
        lengths = dict.fromkeys(self.axes, 1)
        grown = True
        while grown:
            grown = False
            for path in reversed(lengths):
                longer = {**lengths, path: lengths[path] + 1}
                if lengths[path] < len(self.axes[path]) and prod(longer.values()) <= most:
                    lengths, grown = longer, True
        return self._replace(axes={path: self.axes[path][:length] for path, length in lengths.items()})


def flat(workload: Workload, config: Mapping[str, Any]) -> dict[str, Any]:
    """A nested configuration as one dict by dotted path, down to the workload's own paths."""
    return {".".join(path): _inside(config, path) for path in (*workload.axes, *workload.static)}


def _inside(config: Any, path: Steps) -> Any:
    for step in path:
        config = config[step]
    return config


W1 = Workload(
    "W1",
    "flat: 4 axes x 10, 4 static keys",
    {(name,): TEN for name in "abcd"},
    {("w",): 1, ("x",): "x", ("y",): None, ("z",): 0.5},
    loops_flat,
)
W2 = Workload(
    "W2",
    "nested: llm, retrieval, data with 20 static",
    {
        ("llm", "model"): MODELS,
        ("llm", "temperature"): TEN,
        ("retrieval", "top_k"): DEEP,
        ("retrieval", "rerank", "on"): [True, False],
        ("retrieval", "rerank", "depth"): DEEP,
    },
    {("data",): DATA},
    loops_nested,
)
W3 = Workload("W3", "flat: 6 axes x 10 = 10^6", {(name,): TEN for name in "abcdef"}, {}, loops_million)

WORKLOADS = (W1, W2, W3)


def read_flat_by_key(configs: Iterable[Any]) -> None:
    """Each value of each configuration of W1, by key."""
    for c in configs:
        c["a"], c["b"], c["c"], c["d"], c["w"], c["x"], c["y"], c["z"]


def read_flat_by_name(configs: Iterable[Any]) -> None:
    """Each value of each configuration of W1, by attribute."""
    for c in configs:
        c.a, c.b, c.c, c.d, c.w, c.x, c.y, c.z
