"""A sweep on a Dask cluster: two worker processes of this machine, or jobs of SLURM.

    python on_a_dask_cluster.py          on this machine
    python on_a_dask_cluster.py slurm    on SLURM; needs dask-jobqueue

Each configuration solves y' = -40 (y - cos t), y(0) = 0, with a method and a step. It is a stiff equation: a step
that is too long for a method blows up. That raises on the worker and is that configuration's `Failure` here; the run
goes on.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from typing import Any

import distributed

from spearmint_fp import Config, DynamicValue, Failure, Outcome, dask_cluster, expand, label, run

STIFFNESS = 40.0

sweep = expand({"method": DynamicValue(["euler", "midpoint", "rk4"]), "steps": DynamicValue([10, 16, 25, 100, 400])})


def slope(t: float, y: float) -> float:
    """The right-hand side."""
    return STIFFNESS * (math.cos(t) - y)


def euler(t: float, y: float, h: float) -> float:
    """One step of the first order."""
    return y + h * slope(t, y)


def midpoint(t: float, y: float, h: float) -> float:
    """One step of the second order."""
    return y + h * slope(t + h / 2, y + h / 2 * slope(t, y))


def rk4(t: float, y: float, h: float) -> float:
    """One step of the fourth order."""
    k1 = slope(t, y)
    k2 = slope(t + h / 2, y + h / 2 * k1)
    k3 = slope(t + h / 2, y + h / 2 * k2)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(t + h, y + h * k3))


METHODS: dict[str, Callable[[float, float, float], float]] = {"euler": euler, "midpoint": midpoint, "rk4": rk4}


def error_at_one(config: Config) -> float:
    """How far the method is from the solution at t = 1."""
    y, h = 0.0, 1 / config.steps
    for k in range(config.steps):
        y = METHODS[config.method](k * h, y, h)
        if abs(y) > 10:
            raise ArithmeticError(f"blew up at t = {(k + 1) * h:.2f}")
    a = STIFFNESS
    exact = (a * a * (math.cos(1) - math.exp(-a)) + a * math.sin(1)) / (a * a + 1)
    return abs(y - exact)


def report(outcomes: Iterable[Outcome[Config, float]]) -> str:
    """A line for each."""
    told = ((o, o.error.message if isinstance(o, Failure) else f"{o.result:.1e}") for o in outcomes)
    return "\n".join(f"{text:>20}  {label(outcome.config, sweep)}" for outcome, text in told)


def open_local_cluster() -> distributed.LocalCluster:
    """Two worker processes on this machine."""
    return distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0")


def open_slurm_cluster() -> Any:
    """Two workers, each a job of SLURM: a core and a gigabyte for an hour at most."""
    from dask_jobqueue import SLURMCluster

    cluster = SLURMCluster(cores=1, memory="1GB", walltime="01:00:00")
    cluster.scale(jobs=2)
    return cluster


def main() -> None:
    """Start a cluster, run the sweep on it, end it."""
    open_cluster = open_slurm_cluster if sys.argv[1:] == ["slurm"] else open_local_cluster
    with open_cluster() as cluster, distributed.Client(cluster) as client:
        print(report(run(error_at_one, sweep, executor=dask_cluster(client))))


if __name__ == "__main__":  # the workers are new interpreters, which read this file too
    main()
