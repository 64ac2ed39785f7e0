"""Outcomes in MLflow: a parent run for the sweep, a child run for each outcome, read back with MLflow's client.

The parameters are the paths that the sweep varies. A failure is a run of status FAILED that has its error as a tag.
The client keeps no "active run", so outcomes can be logged as they come, from any executor. The store is an SQLite file
in a temporary folder; a server's address in its place is all that changes.

The work is to learn the yearly flow of the Nile from the years before, by gradient descent. One of its rates is too
fast: the error grows until it is no float any more.
"""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # else MLflow reports its use; it looks when imported

from mlflow import MlflowClient
from mlflow.entities import Metric, Param

from spearmint_fp import Config, DynamicValue, Outcome, PathError, Sweep, expand, get_in, label, run

sweep = expand({"years": DynamicValue([1, 3, 9]), "fit": {"rate": DynamicValue([0.01, 0.1, 10.0]), "epochs": 200}})

with Path(__file__).with_name("nile.csv").open(newline="", encoding="utf-8") as file:
    flows = [(float(row["flow"]) - 900) / 200 for row in csv.DictReader(file)]


def losses(config: Config) -> list[float]:
    """Learn each year's flow from the years before it; the squared error on the second half after each epoch."""
    seen = [(1.0, *flows[year - config.years : year]) for year in range(config.years, len(flows))]
    pairs, weights, curve = list(zip(seen, flows[config.years :], strict=True)), [0.0] * (config.years + 1), []
    for _ in range(config.fit.epochs):
        errors = [sumprod(weights, inputs) - flow for inputs, flow in pairs]
        curve.append(fmean(error**2 for error in errors[50:]))
        slopes = [sumprod(errors[:50], inputs) / 50 for inputs in zip(*seen[:50], strict=True)]
        weights = [weight - config.fit.rate * slope for weight, slope in zip(weights, slopes, strict=True)]
    return curve


def sumprod(one: Iterable[float], other: Iterable[float]) -> float:
    """`math.sumprod`, which Python 3.11 does not have."""
    return sum((a * b for a, b in zip(one, other, strict=True)), 0.0)


def params(config: Config, space: Sweep[Config]) -> list[Param]:
    """The paths that the sweep varies, those that this configuration has, with their values as text."""
    found = []
    for path in space.axes:
        with suppress(PathError):  # an axis of another branch
            found.append(Param(str(path), str(get_in(path, config))))
    return found


def log(outcomes: Iterable[Outcome[Config, list[float]]], space: Sweep[Config], client: Any, experiment: str) -> str:
    """The id of a parent run; under it a run for each outcome, as it comes."""
    parent: str = client.create_run(experiment, run_name=repr(space)).info.run_id
    for outcome in outcomes:
        now = int(time.time() * 1000)
        tags = {"mlflow.parentRunId": parent, "config_id": outcome.config_id}
        tags |= {} if outcome.ok else {"error": f"{outcome.error.type}: {outcome.error.message}"}
        child = client.create_run(experiment, now - int(outcome.seconds * 1000), tags, label(outcome.config, space))
        metrics = [Metric("loss", loss, now, epoch) for epoch, loss in enumerate(outcome.result if outcome.ok else [])]
        client.log_batch(child.info.run_id, metrics, params(outcome.config, space))
        client.set_terminated(child.info.run_id, "FINISHED" if outcome.ok else "FAILED", now)
    client.set_terminated(parent)
    return parent


def main() -> None:
    """Run, log, and read back what MLflow has, the best first."""
    with tempfile.TemporaryDirectory() as folder:
        client = MlflowClient(f"sqlite:///{folder}/runs.db")
        experiment = client.create_experiment("nile", artifact_location=folder)
        parent = log(run(losses, sweep), sweep, client, experiment)
        children = f"tags.`mlflow.parentRunId` = '{parent}'"
        for child in client.search_runs([experiment], children, order_by=["metrics.loss ASC"]):
            told = child.data.tags.get("error") or f"loss {child.data.metrics['loss']:.3f}"
            print(f"{child.info.status:8}  {child.info.run_name}: {told}")


if __name__ == "__main__":
    main()
