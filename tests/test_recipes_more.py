"""The embedding recipes with Hydra, Dask, SLURM and JAX do what their page says."""

from __future__ import annotations

import json
import os
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toolz import groupby

from spearmint_fp import DynamicValue, SizeError, collect, dask_cluster, expand, run, shard

from .needs import needs
from .running.executors import dask_client
from .test_docs import EXAMPLES, ROOT, loaded, printed_by
from .waiting import LIMIT_SECONDS

FOLDER = ROOT / "examples"

pytestmark = pytest.mark.slow


def python(code: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A new interpreter that can import the examples."""
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    env = {**os.environ, "PYTHONPATH": str(FOLDER), **variables}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False)


# --- Hydra and OmegaConf -----------------------------------------------------------------------------


@pytest.fixture
def hydra() -> Any:
    pytest.importorskip("hydra")
    return loaded(FOLDER / "with_hydra.py")


@pytest.fixture
def folder(hydra: Any, tmp_path: Path) -> Path:
    for name, text in hydra.FILES.items():
        (path := tmp_path / name).parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def overrides(config: Any) -> list[str]:
    """The overrides with which Hydra's command line composes this configuration."""
    told = [f"steps={config.steps}", f"optimizer={config.optimizer.kind}", f"optimizer.lr={config.optimizer.lr}"]
    return told + [f"optimizer.momentum={m}" for m in [config.optimizer.get("momentum")] if m is not None]


def test_each_configuration_is_what_hydra_composes_from_the_same_overrides(hydra: Any, folder: Path) -> None:
    from omegaconf import OmegaConf

    sweep = hydra.swept(folder)
    assert sweep.size == 3 + 3 * 2
    for config in sweep:
        theirs = hydra.composed(folder, *overrides(config))
        assert OmegaConf.to_container(OmegaConf.create(hydra.thaw(config)), resolve=True) == OmegaConf.to_container(
            theirs, resolve=True
        )
        assert hydra.typed(config) == hydra.typed(hydra.plain_data(theirs))


def test_configurations_come_back_with_their_types(hydra: Any, folder: Path) -> None:
    from omegaconf import OmegaConf, ValidationError

    base = hydra.plain_data(hydra.composed(folder, "optimizer=heavy"))
    whole = hydra.override({"optimizer": {"lr": DynamicValue([1, 2])}}, base)
    ours: list[Any] = [OmegaConf.to_object(hydra.typed(config)) for config in expand(whole)]
    assert [(type(o), type(o.optimizer), o.optimizer.lr, type(o.optimizer.lr)) for o in ours] == [
        (hydra.Settings, hydra.Optimizer, 1.0, float),
        (hydra.Settings, hydra.Optimizer, 2.0, float),
    ]
    assert [o.name for o in ours] == ["heavy at 1.0", "heavy at 2.0"]  # of the value that is swept, not of the base's
    [wrong] = expand(hydra.override({"optimizer": {"lr": "fast"}}, base))
    with pytest.raises(ValidationError, match="fast"):
        hydra.typed(wrong)


def test_a_mandatory_value_is_an_axis_like_any_other(hydra: Any, folder: Path) -> None:
    from omegaconf import MissingMandatoryValue

    base = hydra.plain_data(hydra.composed(folder, "steps='???'"))
    assert [hydra.typed(config).steps for config in expand(hydra.override({"steps": DynamicValue([1, 2])}, base))] == [
        1,
        2,
    ]
    with pytest.raises(MissingMandatoryValue):
        hydra.typed(expand(base)[0]).steps


def test_hydra_leaves_nothing_open(hydra: Any, folder: Path) -> None:
    from hydra.core.global_hydra import GlobalHydra

    hydra.swept(folder)
    assert not GlobalHydra.instance().is_initialized()


def test_the_hydra_example_ranks_optimizers(hydra: Any, capsys: pytest.CaptureFixture[str]) -> None:
    hydra.main()
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("Sweep(3 + 3 × 2 = 9), the first: Settings(name='plain at 0.05', steps=40")
    assert lines[0].strip() == f"{descended(0.05):.1e}  plain at 0.05, momentum 0"
    assert len(lines) == 9


def descended(lr: float) -> float:
    """The closed form of forty plain steps."""
    return float((1 - lr) ** 80 / 2 + 5 * (1 - 10 * lr) ** 80)


# --- Dask --------------------------------------------------------------------------------------------


def test_outcomes_of_a_dask_cluster_are_those_of_a_serial_run() -> None:
    names = runpy.run_path(str(FOLDER / "on_a_dask_cluster.py"))  # of no module: it travels as `__main__`'s would
    serial = collect(run(names["error_at_one"], names["sweep"]))
    there = collect(run(names["error_at_one"], names["sweep"], executor=dask_cluster(dask_client())))
    assert [(o.config, o.index, o.ok) for o in there] == [(o.config, o.index, o.ok) for o in serial]
    assert [o.result for o in there if o.ok] == [o.result for o in serial if o.ok]
    told = [(o.error.type, o.error.message) for o in there if not o.ok]
    assert told == [(o.error.type, o.error.message) for o in serial if not o.ok]
    assert {kind for kind, _ in told} == {"ArithmeticError"}


def test_the_dask_example_prints_what_a_serial_run_finds() -> None:
    example = loaded(FOLDER / "on_a_dask_cluster.py")
    printed = printed_by(FOLDER / "on_a_dask_cluster.py")
    assert printed == example.report(run(example.error_at_one, example.sweep)) + "\n"
    assert "blew up at t = 0.20  method=rk4, steps=10\n" in printed


# --- SLURM -------------------------------------------------------------------------------------------


@pytest.fixture
def job() -> Any:
    return loaded(FOLDER / "as_an_array_job.py")


def array(numbers: range) -> list[dict[str, str]]:
    """The variables that SLURM sets in each task of an array."""
    same = {"COUNT": len(numbers), "MIN": numbers[0], "MAX": numbers[-1], "STEP": numbers.step}
    return [{f"SLURM_ARRAY_TASK_{key}": str(value) for key, value in {**same, "ID": n}.items()} for n in numbers]


@pytest.mark.parametrize("numbers", [range(1, 9), range(8), range(10, 90, 10), range(3, 19, 2), range(5, 6)], ids=str)
def test_the_tasks_of_an_array_partition_the_sweep(job: Any, numbers: range) -> None:
    parts = [job.find_shard(variables) for variables in array(numbers)]
    assert parts == [(k, len(numbers)) for k in range(len(numbers))]
    indices = [job.sweep.index(config) for i, n in parts for config in shard(i, n, job.sweep)]
    assert sorted(indices) == list(range(job.sweep.size))


def test_an_array_with_holes_is_refused(job: Any) -> None:
    variables = {"ID": "7", "MIN": "1", "STEP": "1", "COUNT": "3"}  # --array=1,3,7
    i, n = job.find_shard({f"SLURM_ARRAY_TASK_{key}": value for key, value in variables.items()})
    with pytest.raises(SizeError, match="i=6, n=3"):
        shard(i, n, job.sweep)


KILLED = """
import itertools, os, signal
import as_an_array_job as job
calls, whole = itertools.count(1), job.leads_through
def leads_through(config):
    if next(calls) == 8:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(config)
job.leads_through = leads_through
job.main()
"""


def test_a_task_that_was_killed_is_submitted_again(job: Any, tmp_path: Path) -> None:
    plain, runs = "import as_an_array_job as job; job.main()", str(tmp_path / "runs")
    first, second = array(range(1, 3))
    assert python(plain, runs, **first).stdout == "task 0 of 2: 30 run, 0 replayed\n"
    assert python(KILLED, runs, **second).returncode == -signal.SIGKILL
    assert python(plain, runs).stdout.startswith("37 of 60 configurations are done\n")
    again = [python(plain, runs, **variables).stdout for variables in (first, second)]
    assert again == ["task 0 of 2: 0 run, 30 replayed\n", "task 1 of 2: 23 run, 7 replayed\n"]
    report = python(plain, runs).stdout.splitlines()
    found = groupby(lambda outcome: outcome.config.density, collect(run(job.leads_through, job.sweep)))
    assert report[0] == "60 of 60 configurations are done"
    assert report[1:] == [
        f"  density {d:.2f}: {sum(o.result for o in found[d])} of 12 lead through" for d in sorted(found)
    ]


def test_the_array_example_plays_three_tasks() -> None:
    lines = printed_by(FOLDER / "as_an_array_job.py").splitlines()
    assert lines[:3] == [f"task {k} of 3: 20 run, 0 replayed" for k in range(3)]
    assert lines[3] == "60 of 60 configurations are done"


# --- JAX ---------------------------------------------------------------------------------------------


def ridge(config: Any, x: Any, y: Any) -> float:
    """The example's score in plain NumPy, by least squares over stacked rows in place of the normal equations."""
    k = np.arange(config.terms)
    features = x[:, None] ** k if config.basis == "powers" else np.cos(np.pi / 2 * k * (x[:, None] + 1))
    stacked = np.vstack([features[::2], np.sqrt(config.penalty) * np.eye(config.terms)])
    weights = np.linalg.lstsq(stacked, np.concatenate([y[::2], np.zeros(config.terms)]), rcond=None)[0]
    return float(np.sqrt(np.mean((features[1::2] @ weights - y[1::2]) ** 2)))


TABLE = """
import json, with_jax as w
print(json.dumps([w.scores().tolist(), w.x.tolist(), w.y.tolist()]))
print(json.dumps([dict(c) for c in w.sweep]))
"""


@needs("jax")
def test_a_whole_axis_in_one_call_gives_what_numpy_gives_for_each_configuration() -> None:
    ended = python(TABLE)
    assert ended.returncode == 0, ended.stderr
    table, configs = ended.stdout.splitlines()
    column, x, y = map(np.array, json.loads(table))
    sweep = expand(DynamicValue(json.loads(configs)))
    assert len(column) == sweep.size == 260
    assert np.allclose(column, [ridge(config, x, y) for config in sweep], rtol=1e-6)
    printed = printed_by(FOLDER / "with_jax.py").splitlines()
    best = sweep[int(column[:130].argmin())]
    assert printed[1] == f"  {column[:130].min():.4f}  powers: {best.terms} terms, penalty {best.penalty:.2g}"
    assert printed[0] == "Sweep(2 × 2 × 65 = 260): 260 scores from 4 calls"
    assert printed[-1] == "one by one they are the same: True"


def test_this_process_may_fork_still() -> None:
    assert "jax" not in sys.modules  # whose threads a fork would leave behind


# --- the page ----------------------------------------------------------------------------------------


def test_the_pages_include_lines_that_are_there() -> None:
    pages = "".join(
        (ROOT / "docs" / "how-to" / f"{name}.md").read_text(encoding="utf-8") for name in ("embed", "clusters")
    )
    found = re.findall(r"{literalinclude} \.\./\.\./examples/(\S+)\n((?::.*\n)*)", pages)
    assert {"with_hydra.py", "on_a_dask_cluster.py", "as_an_array_job.py", "with_jax.py"} <= {name for name, _ in found}
    for name, options in found:
        text = (FOLDER / name).read_text(encoding="utf-8")
        assert FOLDER / name in EXAMPLES
        for value in re.findall(r":pyobject: (.*)\n", options):
            assert re.search(rf"^(def|class) {value}\b", text, re.MULTILINE), value
        for value in re.findall(r":(?:start|end)-\w+: \"(.*)\"\n", options):
            assert text.count(value) == 1, value
