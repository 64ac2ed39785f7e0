"""A sweep's results as one HTML page that works offline: a table to sort and filter, linked to parallel coordinates.

Some 230 forecasters of the yearly flow of the Nile, from a space with two branches: a mean of the last years, and
damped exponential smoothing, each with and without logarithms. Two of them ask for more years than there are, and fail.
"""

from __future__ import annotations

import csv
import math
import tempfile
from pathlib import Path
from statistics import fmean

from spearmint_fp import Config, DynamicValue, best, collect, expand, failures, html_page, label, run

SCORED = 60

space = expand(
    {
        "forecaster": DynamicValue(
            [
                {"name": "mean", "window": DynamicValue([1, 2, 3, 5, 8, 13, 21, 34, 55])},
                {
                    "name": "damped",
                    "level": DynamicValue([i / 10 for i in range(1, 10)]),
                    "trend": DynamicValue([0.01, 0.05, 0.1, 0.2]),
                    "damping": DynamicValue([0.8, 0.9, 1.0]),
                },
            ]
        ),
        "logarithm": DynamicValue([False, True]),
    }
)


def read() -> list[float]:
    """The flows of a hundred years, in 10^8 cubic metres."""
    with (Path(__file__).parent / "nile.csv").open(newline="") as file:
        return [float(row["flow"]) for row in csv.DictReader(file)]


def forecasts(how: Config, flows: list[float]) -> list[float]:
    """The forecast of each of the last years, made from the years before it."""
    first = len(flows) - SCORED
    if how.name == "mean":
        if how.window > first:
            raise ValueError(f"a window of {how.window} years needs {how.window} years of history; there are {first}")
        return [fmean(flows[year - how.window : year]) for year in range(first, len(flows))]
    level, slope, made = flows[0], 0.0, []
    for flow in flows[1:]:
        made.append(level + how.damping * slope)
        before, level = level, how.level * flow + (1 - how.level) * (level + how.damping * slope)
        slope = how.trend * (level - before) + (1 - how.trend) * how.damping * slope
    return made[-SCORED:]


def score(config: Config) -> dict[str, float]:
    """How far the forecasts are from what came: on average, at worst, and whether they are too high."""
    flows = read()
    given = [math.log(flow) for flow in flows] if config.logarithm else flows
    made = forecasts(config.forecaster, given)
    errors = [(math.exp(f) if config.logarithm else f) - flow for f, flow in zip(made, flows[-SCORED:], strict=True)]
    return {"error": fmean(map(abs, errors)), "worst": max(map(abs, errors)), "bias": fmean(errors)}


def main() -> None:
    """Score every configuration and write the page."""
    outcomes = collect(run(score, space))
    page = html_page(outcomes, title="Forecasters of the Nile", sweep=space, value="result.error")
    file = Path(tempfile.mkdtemp(), "forecasters.html")
    file.write_text(page, encoding="utf-8")
    failed = sum(1 for _ in failures(outcomes))
    print(f"{file}: {len(outcomes)} outcomes, {failed} failed, {len(page) / 1000:.0f} kB. Open it in a browser")
    leader = best(lambda success: success.result["error"], outcomes, lowest=True)
    print(f"best: {leader.result['error']:.1f}  {label(leader.config, space)}")


if __name__ == "__main__":
    main()
