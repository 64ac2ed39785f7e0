"""A designed set from a sweep as the first trials of an Optuna study; its sampler goes on from there, off the grid.

Optuna names parameters flat: a path is such a name (`forecaster.trend`), and a parameter that only one branch has is
asked for in that branch only, as Optuna's conditional spaces are written. Trials are asked for and told in batches, so
`run` does the work between: on any executor, and a trial that fails, or kills its worker, is one failed trial.

The work is to forecast the yearly flow of the Nile by exponential smoothing, with or without a trend.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import reduce
from pathlib import Path
from statistics import fmean
from typing import Any

import optuna
from optuna.trial import TrialState

from spearmint_fp import Config, DynamicValue, expand, run, sample, set_in

level, trend = DynamicValue([0.1, 0.3, 0.5, 0.7]), DynamicValue([0.01, 0.1, 0.5])
kinds = [{"kind": "level", "level": level}, {"kind": "trend", "level": level, "trend": trend}]
sweep = expand({"forecaster": DynamicValue(kinds)})

with Path(__file__).with_name("nile.csv").open(newline="") as file:
    flows = [float(row["flow"]) for row in csv.DictReader(file)]


def flat(config: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """`{"forecaster": {"level": 0.5}}` as `{"forecaster.level": 0.5}`."""
    parts = [flat(v, f"{above}{k}.") if isinstance(v, Mapping) else {above + k: v} for k, v in config.items()]
    return {name: value for part in parts for name, value in part.items()}


def nested(params: Mapping[str, Any]) -> Config:
    """The inverse of `flat`."""
    return reduce(lambda config, name: set_in(name, params[name], config), params, Config({}))


def suggested(trial: optuna.Trial) -> Config:
    """A configuration out of Optuna's space, which holds the sweep's values and all between."""
    kind = trial.suggest_categorical("forecaster.kind", ["level", "trend"])
    trial.suggest_float("forecaster.level", 0.01, 1.0)
    if kind == "trend":
        trial.suggest_float("forecaster.trend", 0.001, 1.0, log=True)
    return nested(trial.params)


def error(config: Config) -> float:
    """The mean absolute error of each year's forecast from the years before it, without the first forty."""
    how, (at, slope), errors = config.forecaster, (flows[0], 0.0), []
    for flow in flows[1:]:
        errors.append(abs(at + slope - flow))
        before, at = at, how.level * flow + (1 - how.level) * (at + slope)
        slope += how.get("trend", 0.0) * (at - before - slope)
    return fmean(errors[39:])


def batch(study: optuna.Study, size: int, **options: Any) -> None:
    """So many trials, run together; the enqueued ones come first. The options are those of `run`."""
    trials = [study.ask() for _ in range(size)]
    for trial, outcome in zip(trials, run(error, map(suggested, trials), **options), strict=True):
        told: dict[str, Any] = {"values": outcome.result} if outcome.ok else {"state": TrialState.FAIL}
        study.tell(trial, **told)


def main() -> None:
    """Eight trials of the sweep, then forty of the sampler."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0, n_startup_trials=8))
    for config in sample(8, sweep, seed=2):
        study.enqueue_trial(flat(config))
    for _ in range(6):
        batch(study, 8)
    for name, trials in {"designed": study.trials[:8], "sampled": study.trials[8:]}.items():
        value, number = min((trial.value, trial.number) for trial in trials if trial.value is not None)
        print(f"{name}, best of {len(trials)}: {value:.1f}  {study.trials[number].params}")


if __name__ == "__main__":
    main()
