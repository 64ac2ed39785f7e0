"""The embedding recipes with scikit-learn, Optuna, MLflow and pytest do what their page says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spearmint_fp import Config, DynamicValue, best, collect, expand, label, run, sample, threads

from .needs import needs
from .test_docs import ROOT, loaded, printed_apart, printed_by
from .waiting import LIMIT_SECONDS

FOLDER = ROOT / "examples"

pytestmark = pytest.mark.slow


# --- scikit-learn ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scikit() -> Any:
    pytest.importorskip("sklearn")
    return loaded(FOLDER / "with_scikit_learn.py")


def test_the_candidates_of_a_search_are_the_configurations_in_their_order(scikit: Any) -> None:
    search = scikit.GridSearchCV(scikit.model, scikit.grids(scikit.sweep), cv=5).fit(*scikit.wines)
    candidates = search.cv_results_["params"]
    assert len(candidates) == scikit.sweep.size == 3 * (1 + 4)
    assert candidates == [dict(config) for config in scikit.sweep]
    assert sum("svc__gamma" in candidate for candidate in candidates) == 3 * 4
    outcomes = collect(run(scikit.accuracy, scikit.sweep))
    assert search.cv_results_["mean_test_score"].tolist() == pytest.approx([o.result for o in outcomes], abs=1e-12)
    top = best(lambda success: success.result, outcomes)
    assert (top.index, top.config, dict(top.config)) == (
        search.best_index_,
        scikit.sweep[search.best_index_],
        search.best_params_,
    )
    assert search.best_estimator_.get_params()["svc__C"] == top.config.svc__C


def test_a_sample_is_a_grid_too(scikit: Any) -> None:
    from sklearn.model_selection import ParameterGrid

    drawn = sample(5, scikit.sweep, seed=1)
    assert [*ParameterGrid(scikit.grids(drawn))] == [dict(config) for config in drawn]
    assert len(ParameterGrid(scikit.grids(drawn))) == 5


def test_what_grid_search_makes_of_a_sweep_itself_and_of_its_axes(scikit: Any) -> None:
    with pytest.raises(ValueError, match="'param_grid' parameter of GridSearchCV must be an instance of 'dict' or"):
        scikit.GridSearchCV(scikit.model, scikit.sweep).fit(*scikit.wines)
    crossed = scikit.GridSearchCV(scikit.model, scikit.sweep.axes, cv=2).fit(*scikit.wines)
    assert len(crossed.cv_results_["params"]) == 24


def test_a_search_of_ones_own_takes_a_sweep_as_it_is(scikit: Any) -> None:
    from sklearn.model_selection._search import BaseSearchCV

    class Search(BaseSearchCV):  # type: ignore[misc]  # it has no types
        def __init__(self, estimator: Any) -> None:
            super().__init__(estimator, cv=5)

        def _run_search(self, evaluate_candidates: Any) -> None:
            evaluate_candidates(scikit.sweep)

    search = Search(scikit.model).fit(*scikit.wines)
    assert search.cv_results_["params"] == list(scikit.sweep)
    assert search.best_params_ == scikit.sweep[search.best_index_]


def test_a_candidate_that_cannot_be_fitted_costs_itself(scikit: Any) -> None:
    sweep = expand({"svc__C": DynamicValue([1.0, -1.0]), "svc__kernel": "linear"})
    good, bad = collect(run(scikit.accuracy, sweep))
    assert good.result > 0.9
    assert not bad.ok
    assert bad.error.type.endswith("InvalidParameterError")
    assert bad.error.message.endswith("must be a float in the range (0.0, inf]. Got -1.0 instead.")


# --- Optuna ------------------------------------------------------------------------------------------


@pytest.fixture
def optuna() -> Any:
    pytest.importorskip("optuna")
    module = loaded(FOLDER / "with_optuna.py")
    before = module.optuna.logging.get_verbosity()
    module.optuna.logging.set_verbosity(module.optuna.logging.ERROR)
    yield module
    module.optuna.logging.set_verbosity(before)


def studied(optuna: Any, configs: Any, size: int, **options: Any) -> Any:
    """A study of `size` trials, of which the first are enqueued."""
    study = optuna.optuna.create_study(sampler=optuna.optuna.samplers.TPESampler(seed=0, n_startup_trials=8))
    for config in configs:
        study.enqueue_trial(optuna.flat(config))
    optuna.batch(study, size, **options)
    return study


def test_parameters_of_optuna_are_configurations_and_back(optuna: Any) -> None:
    for config in optuna.sweep:
        assert optuna.nested(optuna.flat(config)) == config
    assert optuna.flat({"a": {"b": {"c": 1}, "d": 2}, "e": 3}) == {"a.b.c": 1, "a.d": 2, "e": 3}
    assert optuna.nested({}) == Config({})


@pytest.mark.parametrize("options", [{}, {"executor": threads(3)}], ids=["serial", "threads"])
def test_the_first_trials_are_the_configurations_that_were_enqueued(optuna: Any, options: Any) -> None:
    drawn = sample(10, optuna.sweep, seed=2)
    study = studied(optuna, drawn, 14, **options)
    assert len(study.trials) == 14
    assert [trial.params for trial in study.trials[:10]] == [optuna.flat(config) for config in drawn]
    assert [trial.value for trial in study.trials[:10]] == [optuna.error(config) for config in drawn]
    assert {trial.params["forecaster.kind"] for trial in study.trials[:10]} == {"level", "trend"}
    for trial in study.trials:
        assert ("forecaster.trend" in trial.params) == (trial.params["forecaster.kind"] == "trend")
        assert trial.value == optuna.error(optuna.nested(trial.params))


def test_every_value_of_the_sweep_is_within_the_range_of_its_parameter(optuna: Any) -> None:
    study = studied(optuna, optuna.sweep, optuna.sweep.size)  # Optuna warns of one out of range, an error here
    assert [optuna.nested(trial.params) for trial in study.trials] == list(optuna.sweep)


def test_what_optuna_makes_of_values_that_it_was_not_told_of(optuna: Any) -> None:
    with pytest.warns(UserWarning, match="Fixed parameter forecaster.level with value 5.0 is out of range"):
        study = studied(optuna, [{"forecaster": {"kind": "level", "level": 5.0, "trend": 0.1}}], 1)
    assert study.trials[0].params == {"forecaster.kind": "level", "forecaster.level": 5.0}
    with pytest.raises(ValueError, match="'season' not in"):
        studied(optuna, [{"forecaster": {"kind": "season"}}], 1)


def test_a_trial_that_fails_is_one_failed_trial(optuna: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = optuna.error

    def error(config: Any) -> Any:
        return 1 / 0 if config.forecaster.kind == "trend" else whole(config)

    monkeypatch.setattr(optuna, "error", error)
    study = studied(optuna, optuna.sweep, optuna.sweep.size)
    states = [trial.state.name for trial in study.trials]
    assert states == ["FAIL" if config.forecaster.kind == "trend" else "COMPLETE" for config in optuna.sweep]
    assert study.best_params["forecaster.kind"] == "level"


def test_the_optuna_example_goes_below_what_was_enqueued(optuna: Any, capsys: pytest.CaptureFixture[str]) -> None:
    optuna.main()
    told = dict(re.findall(r"^(\w+), .*?: ([\d.]+) ", capsys.readouterr().out, re.MULTILINE))
    assert float(told["designed"]) == round(min(map(optuna.error, sample(8, optuna.sweep, seed=2))), 1)
    assert float(told["sampled"]) < float(told["designed"])


# --- MLflow ------------------------------------------------------------------------------------------

READ = """
import json, sys
import with_mlflow as w
from spearmint_fp import collect, get_in
client = w.MlflowClient(f"sqlite:///{sys.argv[1]}/runs.db")
experiment = client.create_experiment("other", artifact_location=sys.argv[1])
outcomes = collect(w.run(w.losses, w.sweep))
parent = w.log(iter(outcomes), w.sweep, client, experiment)
wanted = {
    w.label(o.config, w.sweep): {
        "status": "FINISHED" if o.ok else "FAILED",
        "params": {path: str(get_in(path, o.config)) for path in w.sweep.axes},
        "curve": [[epoch, loss] for epoch, loss in enumerate(o.result)] if o.ok else [],
        "error": None if o.ok else f"{o.error.type}: {o.error.message}",
        "parent": parent,
    }
    for o in outcomes
}
found = {
    run.info.run_name: {
        "status": run.info.status,
        "params": run.data.params,
        "curve": [[m.step, m.value] for m in client.get_metric_history(run.info.run_id, "loss")],
        "error": run.data.tags.get("error"),
        "parent": run.data.tags.get("mlflow.parentRunId"),
    }
    for run in client.search_runs([experiment])
}
odd = w.expand({"result": w.DynamicValue([{"index": w.DynamicValue([1, None])}, {"error": 2}])})
told = [[[param.key, param.value] for param in w.params(config, odd)] for config in odd]
print(json.dumps([repr(w.sweep), wanted, found, told]))
"""


@needs("mlflow")
def test_mlflow_has_a_run_for_each_outcome_under_one_parent(tmp_path: Path) -> None:
    printed = printed_apart("-c", READ, str(tmp_path), PYTHONPATH=str(FOLDER))
    name, wanted, found, odd = json.loads(printed)
    assert odd == [[["result.index", "1"]], [["result.index", "None"]], [["result.error", "2"]]]
    assert found.pop(name) == {"status": "FINISHED", "params": {}, "curve": [], "error": None, "parent": None}
    assert found == wanted
    assert sorted(run["status"] for run in found.values()) == ["FAILED"] * 3 + ["FINISHED"] * 6
    assert {len(run["curve"]) for run in found.values()} == {0, 200}


@needs("mlflow")
def test_the_mlflow_example_prints_the_best_first() -> None:
    lines = printed_by(FOLDER / "with_mlflow.py").splitlines()
    losses = [float(line.rpartition(" ")[2]) for line in lines if line.startswith("FINISHED")]
    assert losses == sorted(losses)
    assert len(losses) == 6
    assert [line.split()[0] for line in lines[6:]] == ["FAILED"] * 3


def test_mlflow_was_left_to_processes_of_their_own() -> None:
    assert "mlflow" not in sys.modules  # its handlers of logs, and its open databases, stay there


# --- pytest ------------------------------------------------------------------------------------------


def pytest_in(folder: Path, *options: str) -> str:
    """The output of pytest there, without the settings of this project."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", "-c", os.devnull]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    told = [*command, "--rootdir", str(folder), *options]
    ended = subprocess.run(
        told, cwd=folder, env=env, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )
    return ended.stdout


def test_pytest_runs_each_test_in_every_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    example = loaded(FOLDER / "with_pytest.py")
    names = [label(config, example.sweep) for config in example.sweep]
    assert len({*names}) == example.sweep.size == 12
    example.main()
    _, *lines = capsys.readouterr().out.splitlines()
    tests = ["test_it_comes_back", "test_nothing_comes_back_as_nothing"]
    assert lines == [f"{test}[{name}] PASSED" for test in tests for name in names]


def test_a_failing_configuration_is_named_and_can_be_run_alone(tmp_path: Path) -> None:
    text = (FOLDER / "with_pytest.py").read_text(encoding="utf-8")
    broken = text.replace('if "wbits" in options', "if False")  # the kind of header is forgotten
    (tmp_path / "test_broken.py").write_text(broken, encoding="utf-8")
    one = "test_broken.py::test_it_comes_back[codec.name=zlib, codec.level=9, codec.wbits=31]"
    everything = pytest_in(tmp_path, "test_broken.py")
    assert f"FAILED {one}" in everything
    assert "8 failed, 16 passed" in everything  # two widths, two levels, two tests
    assert "1 failed in" in pytest_in(tmp_path, one)
