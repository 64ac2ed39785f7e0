"""Which simple forecaster would have predicted the Nile best? A real sweep over a conditional space.

The data are the yearly flows of the Nile at Aswan, 1871 to 1970, in 10^8 cubic metres. Each configuration forecasts
every year from the years before it, and is scored by its mean absolute error over the last sixty. The space has three
branches with axes of their own; a constraint keeps Holt's trend slower than its level. One branch also has a
window that is longer than the history it is given, and fails: that costs its own configuration and nothing else.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from spearmint_fp import Config, DynamicValue, collect, constrain, expand, explain, failures, label, run, successes

SCORED = 60

space = expand(
    {
        "data": {"file": "nile.csv", "column": "flow"},
        "forecaster": DynamicValue(
            [
                {"name": "mean", "window": DynamicValue([1, 2, 3, 5, 8, 13, 21, 34, 55])},
                {"name": "smoothing", "level": DynamicValue([i / 20 for i in range(1, 20)])},
                {
                    "name": "holt",
                    "level": DynamicValue([i / 10 for i in range(1, 10)]),
                    "trend": DynamicValue([0.01, 0.05, 0.1, 0.2, 0.4]),
                },
            ]
        ),
    }
)
slow_trend = constrain(lambda level, trend: trend < level, space, on=("forecaster.level", "forecaster.trend"))


def read(data: Config) -> list[float]:
    """The column of the file beside this script."""
    with (Path(__file__).parent / data.file).open(newline="") as file:
        return [float(row[data.column]) for row in csv.DictReader(file)]


def forecasts(how: Config, flows: Sequence[float]) -> Iterator[float]:
    """The forecast of each of the last years, made from the years before it."""
    first = len(flows) - SCORED
    if how.name == "mean":
        if how.window > first:
            raise ValueError(f"a window of {how.window} years needs {how.window} years of history; there are {first}")
        yield from (fmean(flows[year - how.window : year]) for year in range(first, len(flows)))
        return
    level, slope = flows[0], 0.0
    for year, flow in enumerate(flows[1:], 1):
        if year >= first:
            yield level + slope
        before = level
        level = how.level * flow + (1 - how.level) * (level + slope)
        slope += how.trend * (level - before - slope) if how.name == "holt" else 0.0


def mean_absolute_error(config: Config) -> float:
    """The score of one configuration, in 10^8 cubic metres."""
    flows = read(config.data)
    pairs = zip(forecasts(config.forecaster, flows), flows[-SCORED:], strict=True)
    return fmean(abs(forecast - flow) for forecast, flow in pairs)


def main() -> None:
    """Score every configuration and print what failed and the best."""
    print(explain(slow_trend))
    outcomes = collect(run(mean_absolute_error, slow_trend))
    for failed in failures(outcomes):
        print(f"\nfailed, as it should: {label(failed.config, slow_trend)}: {failed.error.message}")
    scored = sorted(successes(outcomes), key=lambda outcome: outcome.result)
    print(f"\n{len(scored)} of {len(outcomes)} configurations scored; the best five:")
    for outcome in scored[:5]:
        print(f"  {outcome.result:6.1f}  {label(outcome.config, slow_trend)}")


if __name__ == "__main__":
    main()
