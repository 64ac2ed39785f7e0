"""A sweep as the parameter grid of scikit-learn's searches, and the same cross-validation as a run.

The keys are scikit-learn's names of parameters. `gamma` is an axis of one kernel only: as one grid of every axis that
would be 24 candidates, nine of which differ in nothing but a `gamma` that the linear kernel never reads.

The data are the 178 wines that ship with scikit-learn, from three vineyards, each with 13 measurements.
"""

from __future__ import annotations

from typing import Any

from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from spearmint_fp import Config, DynamicValue, Sweep, best, collect, expand, label, processes, run

model = make_pipeline(StandardScaler(), SVC())
wines = load_wine(return_X_y=True)

rbf = {"svc__kernel": "rbf", "svc__gamma": DynamicValue([0.001, 0.01, 0.1, 1.0])}
kernels = expand(DynamicValue([{"svc__kernel": "linear"}, rbf]))
sweep = expand({"svc__C": DynamicValue([0.1, 1.0, 10.0])}) * kernels


def grids(configs: Sweep[Config]) -> list[dict[str, list[Any]]]:
    """Each configuration as a grid of one point for `ParameterGrid`, so candidate `i` is `configs[i]`."""
    return [{name: [value] for name, value in config.items()} for config in configs]


def accuracy(config: Config) -> float:
    """The mean accuracy over five folds."""
    return float(cross_val_score(clone(model).set_params(**config), *wines, cv=5, error_score="raise").mean())


def main() -> None:
    """Search, then run the same in worker processes, where a candidate that fails or crashes is a `Failure`."""
    search = GridSearchCV(model, grids(sweep), cv=5).fit(*wines)
    print(f"{sweep!r}, fitted: {len(search.cv_results_['params'])}")
    print(f"GridSearchCV: {search.best_score_:.3f}  {label(sweep[search.best_index_], sweep)}")

    outcomes = collect(run(accuracy, sweep, executor=processes(2)))
    top = best(lambda success: success.result, outcomes)
    print(f"run:          {top.result:.3f}  {label(top.config, sweep)}")


if __name__ == "__main__":
    main()
