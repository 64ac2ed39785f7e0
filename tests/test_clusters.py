"""The page on clusters does what it says, on a real SLURM of one node."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from spearmint_fp import Journal, collect, run, shard

from .slurm import MISSING, Slurm, open_slurm
from .snippets import blocks
from .test_docs import ROOT, loaded

EXAMPLE = ROOT / "examples" / "as_an_array_job.py"
DASK_EXAMPLE = ROOT / "examples" / "on_a_dask_cluster.py"
SCRIPT, SUBMIT, SUBMIT_BOTH = blocks(ROOT / "docs" / "how-to" / "clusters.md", "bash")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"needs SLURM and MUNGE: there is no {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def slurm() -> Iterator[Slurm]:
    with tempfile.TemporaryDirectory() as folder, open_slurm(Path(folder)) as opened:
        yield opened


WRAPPED = f"""
import importlib.util, os, signal, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("percolation", {str(EXAMPLE)!r})
job = importlib.util.module_from_spec(spec)
spec.loader.exec_module(job)
whole, number, calls = job.leads_through, os.environ.get("SLURM_ARRAY_TASK_ID"), 0
def leads_through(config):
    global calls
    with open(f"calls-{{number}}", "a") as file:
        print(config.config_id, file=file)
    calls += 1
    if number == "2" and calls == 4 and not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(config)
job.leads_through = leads_through
job.main()
"""
"""The example, which writes down its calls; the first time, task 2 is killed in its fourth."""


def test_an_array_job_of_which_one_task_was_killed_equals_one_run(slurm: Slurm, tmp_path: Path) -> None:
    job = loaded(EXAMPLE)
    (tmp_path / "percolation.sbatch").write_text(SCRIPT)
    (tmp_path / "as_an_array_job.py").write_text(WRAPPED)

    def submit(commands: str) -> list[str]:
        """The states in which the tasks of a submitted array end."""
        printed = slurm.call("bash", "-euc", commands, cwd=tmp_path, PATH=path, SBATCH_OUTPUT="out-%A_%a")
        return slurm.wait_for(printed.split()[-1])

    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    assert submit(SUBMIT) == ["COMPLETED"] * 2 + ["FAILED"] + ["COMPLETED"] * 5
    assert (tmp_path / "out-1_2").read_text().endswith("Killed                  python as_an_array_job.py runs\n")
    first = slurm.call(sys.executable, "as_an_array_job.py", "runs", cwd=tmp_path)
    assert first.startswith("55 of 60 configurations are done\n")

    assert submit(SUBMIT_BOTH) == ["COMPLETED"]  # the report, which waits for the array
    whole = collect(run(job.leads_through, job.sweep))
    second = {path.name.partition("_")[0] for path in tmp_path.glob("out-*_0")} - {"out-1"}
    printed = [(tmp_path / f"{array}_{k}").read_text() for array in second for k in range(8)]
    sizes = [shard(k, 8, job.sweep).size for k in range(8)]
    replayed = [3 if k == 2 else size for k, size in enumerate(sizes)]
    assert printed == [
        f"task {k} of 8: {size - before} run, {before} replayed\n"
        for k, (size, before) in enumerate(zip(sizes, replayed, strict=True))
    ]
    with Journal(tmp_path / "runs" / "all.db", name=job.NAME) as journal:
        kept = collect(run(job.leads_through, job.sweep, journal=journal))
    assert all(outcome.replayed for outcome in kept)
    assert [(o.config, o.index, o.result) for o in kept] == [(o.config, o.index, o.result) for o in whole]
    calls = Counter(line for file in tmp_path.glob("calls-*") for line in file.read_text().split())
    in_flight = shard(2, 8, job.sweep)[3].config_id
    assert calls == {**dict.fromkeys((config.config_id for config in job.sweep), 1), in_flight: 2}


def test_dask_workers_that_are_jobs_of_slurm_find_what_a_serial_run_finds(slurm: Slurm, tmp_path: Path) -> None:
    example = loaded(DASK_EXAMPLE)
    printed = slurm.call(sys.executable, DASK_EXAMPLE, "slurm", cwd=tmp_path, HOME=str(tmp_path))
    assert printed == example.report(run(example.error_at_one, example.sweep)) + "\n"
    assert len(list(tmp_path.glob("slurm-*.out"))) == 2, "each worker was a job"
