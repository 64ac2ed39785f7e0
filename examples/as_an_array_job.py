"""A sweep as a SLURM array job: each task takes its shard, and keeps what it has done in a journal of its own.

    python as_an_array_job.py runs     in a task of an array: runs its shard; elsewhere: merges `runs`, and reports
    python as_an_array_job.py          plays an array of three tasks on this machine, and reports

Each task has a file of its own, because network file systems often lack the locks that one SQLite file for all needs;
on a local disk all may share one. A task that was killed is submitted again: its journal replays what was done.

The work is site percolation: whether open cells lead from the top to the bottom of a square. Near a density of 0.59
the answer turns from no to yes.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from toolz import groupby

from spearmint_fp import Config, DynamicValue, Journal, collect, expand, run, shard, successes

SIDE = 24
NAME = "percolation"

sweep = expand({"density": DynamicValue([0.5, 0.55, 0.6, 0.65, 0.7]), "seed": DynamicValue(range(12))})


def leads_through(config: Config) -> bool:
    """True if a path of open cells joins top and bottom."""
    draw = random.Random(config.seed)  # noqa: S311  # the same cells in every process
    opened = {(x, y) for x in range(SIDE) for y in range(SIDE) if draw.random() < config.density}
    reached = [cell for cell in opened if cell[1] == 0]
    opened.difference_update(reached)
    for x, y in reached:  # grows while it is read
        found = {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)} & opened
        opened -= found
        reached += found
    return any(y == SIDE - 1 for _, y in reached)


def find_shard(variables: Mapping[str, str]) -> tuple[int, int]:
    """Which task of how many, counted from 0: 0 to 7 of 8 for --array=1-8, --array=0-7 and --array=10-80:10 alike."""
    number, first, step, count = (int(variables[f"SLURM_ARRAY_TASK_{key}"]) for key in ("ID", "MIN", "STEP", "COUNT"))
    return (number - first) // step, count


def run_task(folder: Path) -> None:
    """One task of the array: run its shard."""
    i, n = find_shard(os.environ)
    folder.mkdir(parents=True, exist_ok=True)
    with Journal(folder / f"{i}-of-{n}.db", name=NAME) as journal:
        outcomes = collect(run(leads_through, shard(i, n, sweep), journal=journal))
    replayed = sum(outcome.replayed for outcome in outcomes)
    print(f"task {i} of {n}: {len(outcomes) - replayed} run, {replayed} replayed")


def report(folder: Path) -> None:
    """Merge the journals of the tasks, and say how far the array has come and what it found."""
    with Journal(folder / "all.db", name=NAME) as journal:
        journal.merge(*folder.glob("*-of-*.db"))
        done = list(successes(journal.outcomes(NAME)))
    print(f"{len(done)} of {sweep.size} configurations are done")
    for density, group in sorted(groupby(lambda outcome: outcome.config.density, done).items()):
        print(f"  density {density:.2f}: {sum(outcome.result for outcome in group)} of {len(group)} lead through")


def play(folder: Path) -> None:
    """The array `--array=1-3`, in processes of this machine."""
    array = {"SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_STEP": "1"}
    command = [sys.executable, __file__, str(folder)]
    variables = [{**os.environ, **array, "SLURM_ARRAY_TASK_ID": str(number)} for number in (1, 2, 3)]
    tasks = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) for env in variables]  # noqa: S603
    print(*(process.communicate()[0] for process in tasks), sep="", end="")
    if any(process.returncode for process in tasks):
        raise RuntimeError(f"tasks ended with {[process.returncode for process in tasks]}")


def main() -> None:
    """A task, the report of a folder, or the whole play."""
    if folder := sys.argv[1:]:
        (run_task if "SLURM_ARRAY_TASK_ID" in os.environ else report)(Path(folder[0]))
        return
    with tempfile.TemporaryDirectory() as temporary:
        play(Path(temporary))
        report(Path(temporary))


if __name__ == "__main__":
    main()
