"""Functions and scripts that run with a journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spearmint_fp import (
    Config,
    DynamicValue,
    Journal,
    JournalError,
    expand,
    run,
)

ROOT = Path(__file__).parent.parent.parent
THREE = expand({"n": DynamicValue(range(3))})


def results(fn: Any, journal: Journal) -> list[Any]:
    return [outcome.result for outcome in run(fn, THREE, journal=journal)]


def rising(n: int) -> Any:
    return expand({"n": DynamicValue(range(n))})


def doubled(config: Config) -> int:
    return int(config.n) * 2


def list_outcomes(journal: Journal, name: Any) -> list[Any]:
    try:
        return list(journal.outcomes(name))
    except JournalError:  # nothing has been finished
        return []


SCRIPT = """
import json, sys
from spearmint_fp import DynamicValue, Journal, expand, run

K = {k}

def score(config):
    return config.n * K

def main():
    with Journal(sys.argv[1]) as journal:
        outcomes = list(run(score, expand({{"n": DynamicValue(range(3))}}), journal=journal))
        names = [name for name, _ in journal.experiments]
    print(json.dumps([[o.result for o in outcomes], [o.replayed for o in outcomes], names]))

if __name__ == "__main__":
    main()
"""
