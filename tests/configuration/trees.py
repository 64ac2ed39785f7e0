"""A tree with a record of every kind, for the tests of paths and of merging."""

from __future__ import annotations

from typing import Any, NamedTuple

import attrs


@attrs.frozen
class Settings:
    rate: Any
    sizes: Any = (1, 2)


class Pair(NamedTuple):
    left: Any
    right: Any


TREE = {
    "llm": {"model": "gpt-4"},
    "layers": [64, {"n": 32}],
    "s": Settings(0.1),
    "p": Pair(1, {"q": 2}),
    "a.b": {3: "x"},
}
